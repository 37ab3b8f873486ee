//! The turn of a place that is kept: the floor has come to it, or is about to.

use std::time::Duration;

use crate::core::callback::{ASKED_EVERY, dial, hold, may_dial, policy};
use crate::core::draft::Draft;
use crate::core::{Stop, Timer, announce};
use crate::id::{CallId, QueueId};
use crate::model::{Call, CallbackFirst, CallbackState};
use crate::store::Rearm;

/// When as many customers are being rung as agents are free, the next place is looked at again after this time.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The floor has come to this call, and so many agents who may have it are free. Returns whether it is to be offered now; if
/// not, the call has been written: its customer is rung first, or may not be rung at this hour.
pub(crate) fn turn_came(draft: &mut Draft<'_>, call: &mut Call, free: usize) -> Result<bool, Stop> {
    let is_held = call.callback.as_ref().is_some_and(|callback| callback.state == CallbackState::Holding);
    if !is_held || (call.is_offerable() && may_dial(draft, call)) {
        return Ok(true);
    }
    let queue = call.queue.clone();
    let rung = queue.map_or(Ok(0), |queue| count_rung(draft, &queue))?;
    if may_dial(draft, call) && rung >= free {
        // Whoever is being rung has an agent to talk to; one more would wait for nobody.
        if let Some(callback) = &mut call.callback {
            callback.look_again_at = Some(draft.now + LOOK_AGAIN);
        }
    } else {
        ring(draft, call)?;
    }
    draft.put_call(call.clone())?;
    Ok(false)
}

/// Rings a customer who is rung first, or takes the place out of the line until that is allowed.
fn ring(draft: &mut Draft<'_>, call: &mut Call) -> Result<(), Stop> {
    if !may_dial(draft, call) {
        return hold(draft, call);
    }
    draft.arm(&Timer::Wait(call.id), draft.now + ASKED_EVERY, Rearm::Replace);
    dial(draft, call);
    Ok(())
}

/// Customers of this queue who are being rung for a callback.
fn count_rung(draft: &Draft<'_>, queue: &QueueId) -> Result<usize, Stop> {
    let (mut count, mut after) = (0, None);
    loop {
        let page = draft.callbacks(queue, after.clone())?;
        count += page.records.iter().filter_map(super::stage).filter(|stage| stage == "dialling").count();
        after.clone_from(&page.next);
        if after.is_none() {
            return Ok(count);
        }
    }
}

/// Rings the first customer who is rung first and whose turn is expected within the lead time. Returns whether there is one.
/// `near`: whose it is, as a node has foretold; without it each place costs the same time, and those who are being rung come back
/// to their places, and count as ahead.
pub(crate) fn turn_is_near(draft: &mut Draft<'_>, id: &QueueId, near: Option<&[CallId]>) -> Result<bool, Stop> {
    let Some(queue) = draft.rules.queues.get(id) else { return Ok(false) };
    let Some(policy) = queue.callback.as_ref().filter(|policy| policy.first == CallbackFirst::Customer) else {
        return Ok(false);
    };
    if let Some(near) = near {
        for call in near {
            if ring_if_held(draft, id, *call)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    let rung = u32::try_from(count_rung(draft, id)?).unwrap_or(u32::MAX);
    let page = draft.waiting(id, None)?;
    for (ahead, record) in (rung..).zip(&page.records) {
        if announce::estimate(queue, ahead).is_none_or(|wait| wait > policy.lead) {
            break;
        }
        // One damaged record must not stop the line; whoever touches that call is told.
        let Ok(seen) = Draft::parse::<Call>(record) else { continue };
        if !seen.is_offerable() && ring_if_held(draft, id, seen.id)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Rings the customer of a place that is kept in the line of this queue for somebody who is rung first.
fn ring_if_held(draft: &mut Draft<'_>, queue: &QueueId, id: CallId) -> Result<bool, Stop> {
    let Some(mut call) = draft.call(id)? else { return Ok(false) };
    if !call.is_in_line() || call.is_offerable() || call.queue.as_ref() != Some(queue) {
        return Ok(false);
    }
    ring(draft, &mut call)?;
    draft.put_call(call)?;
    Ok(true)
}

/// A call has left the line of its queue: somebody who is to be rung first may be near.
pub(crate) fn line_moved(draft: &mut Draft<'_>, call: &Call) {
    if policy(draft, call).is_some_and(|policy| policy.first == CallbackFirst::Customer) {
        draft.arm_match();
    }
}
