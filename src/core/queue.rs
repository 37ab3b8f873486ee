//! The waiting line: entering, keeping the place, overflow.

use crate::core::draft::Draft;
use crate::core::{Stop, Timer, call as calls, command, offer};
use crate::id::{AgentId, CallId, LegId, QueueId};
use crate::model::{Call, CallState, EndReason, EventKind, LegVerb, Prefer, Queue, Target};
use crate::routing::Needs;
use crate::routing::skills::both;
use crate::script::{Script, Step};
use crate::store::{Cursor, Rearm};
use crate::time::Timestamp;

/// Calls of a customer that are looked through for the agent of the last conversation.
const LAST_CALLS: u16 = 4;

/// What is asked of a queue for one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) priority: i32,
    pub(crate) needs: &'a Needs,
    pub(crate) prefer: Option<&'a Prefer>,
}

/// The agent whom the customer talked with last, if that was lately enough, and until when the call is kept for them.
fn last_agent(draft: &Draft<'_>, call: &Call, queue: &Queue) -> Result<Option<(AgentId, Timestamp)>, Stop> {
    let Some((within, hold_for)) = queue.last_agent else { return Ok(None) };
    for record in &draft.calls_of(&call.customer, LAST_CALLS)?.records {
        let Ok(earlier) = Draft::parse::<Call>(record) else { continue };
        let recent = earlier.ended_at.is_some_and(|at| draft.now.since(at) <= within);
        if let Some(agent) = earlier.agent.filter(|_| recent && earlier.id != call.id) {
            return Ok(Some((agent, draft.now + hold_for)));
        }
    }
    Ok(None)
}

/// The customer joins the waiting line of a queue, or goes where its overflow leads.
pub(crate) fn enter(draft: &mut Draft<'_>, call: &mut Call, id: &QueueId, asked: &Asked<'_>) -> Result<Script, Stop> {
    let Some(queue) = draft.rules.queues.get(id) else {
        return Ok(no_such_queue(draft, call, Some(id.clone())));
    };
    call.visited.insert(id.clone());
    if draft.queue_state(id)?.closed {
        return overflow(draft, call, queue, "closed");
    }
    let ahead = count_waiting(draft, id, queue.waiting_max)?;
    if ahead >= queue.waiting_max {
        return overflow(draft, call, queue, "full");
    }
    let last_agent = last_agent(draft, call, queue)?;
    wait_in(draft, call, queue, asked, ahead);
    if call.only.is_none() && call.held_for.is_none() {
        call.held_for = last_agent;
    }
    Ok(room_script(draft, call))
}

/// The queue was taken out of the configuration while calls still led there, or waited there.
fn no_such_queue(draft: &Draft<'_>, call: &mut Call, queue: Option<QueueId>) -> Script {
    if let Some(queue) = queue {
        call.note(draft.now, EventKind::Overflowed { queue, why: "removed".to_owned() });
    }
    call.state = CallState::Closing;
    call.reason = Some(EndReason::Policy);
    Script(calls::apology())
}

fn wait_in(draft: &mut Draft<'_>, call: &mut Call, queue: &Queue, asked: &Asked<'_>, ahead: u32) {
    call.state = CallState::Waiting;
    call.queue = Some(queue.id.clone());
    call.priority = queue.priority.saturating_add(asked.priority);
    call.needs = both(&queue.needs, asked.needs);
    call.entered_at = Some(draft.now);
    (call.only, call.held_for) = (None, None);
    match asked.prefer {
        Some(Prefer { agent, hold_for: None }) => call.only = Some(agent.clone()),
        Some(Prefer { agent, hold_for: Some(time) }) => call.held_for = Some((agent.clone(), draft.now + *time)),
        None => {}
    }
    // The first moment counts: a place is kept through overflow and through lost agents.
    call.queued_at.get_or_insert(draft.now);
    call.note(draft.now, EventKind::Queued { queue: queue.id.clone(), ahead, priority: call.priority });
    draft.arm_match();
    draft.arm(&Timer::Wait(call.id), draft.now + queue.wait_max, Rearm::Replace);
}

fn count_waiting(draft: &Draft<'_>, queue: &QueueId, enough: u32) -> Result<u32, Stop> {
    let (mut count, mut after): (u32, Option<Cursor>) = (0, None);
    loop {
        let page = draft.waiting(queue, after.clone())?;
        count = count.saturating_add(u32::try_from(page.records.len()).unwrap_or(u32::MAX));
        after.clone_from(&page.next);
        if count >= enough || after.is_none() {
            return Ok(count);
        }
    }
}

/// The customer goes where the queue's overflow leads; a second visit to a queue ends in an apology.
fn overflow(draft: &mut Draft<'_>, call: &mut Call, queue: &Queue, why: &str) -> Result<Script, Stop> {
    call.note(draft.now, EventKind::Overflowed { queue: queue.id.clone(), why: why.to_owned() });
    match &queue.overflow {
        Target::Queue { queue: next, .. } if call.visited.contains(next) => {
            call.state = CallState::Closing;
            call.reason = Some(EndReason::Policy);
            Ok(Script(calls::apology()))
        }
        target => calls::enter(draft, call, target),
    }
}

/// Into the call's room in use, with the music of its queue.
pub(crate) fn room_script(draft: &Draft<'_>, call: &Call) -> Script {
    let queue = call.queue.as_ref().and_then(|id| draft.rules.queues.get(id));
    let music_url = queue.and_then(|queue| queue.music_url.clone());
    Script(vec![Step::Room { room: call.room_number, music_url }])
}

/// The script that leads a leg into the room. A leg that comes out of the room in use finds it ended, or would find it
/// silent: then a new one is taken, and whoever is left in the old one follows.
pub(crate) fn enter_room(draft: &mut Draft<'_>, call: &mut Call, id: LegId) -> Script {
    let was = call.leg(id).and_then(|leg| leg.sent_to_room);
    if was == Some(call.room_number) {
        new_room(call);
        let others: Vec<LegId> = call
            .legs
            .iter()
            .filter(|leg| leg.id != id && leg.is_live() && leg.sent_to_room == was)
            .map(|leg| leg.id)
            .collect();
        for other in others {
            let script = room_script(draft, call);
            redirect(draft, call, other, script);
        }
    }
    room_script(draft, call)
}

fn new_room(call: &mut Call) {
    call.room_number += 1;
    for leg in &mut call.legs {
        leg.in_room = false;
        leg.room_seq = None;
    }
}

/// The customer has waited as long as the queue allows. Ringing offers are taken back.
pub(crate) fn wait_timed_out(draft: &mut Draft<'_>, call: CallId) -> Result<(), Stop> {
    let Some(mut call) = draft.call(call)? else { return Ok(()) };
    let queue = call.queue.as_ref().and_then(|id| draft.rules.queues.get(id));
    if call.state != CallState::Waiting {
        return Ok(());
    }
    lead_away(draft, &mut call, |draft, call| match queue {
        Some(queue) => overflow(draft, call, queue, "timed_out"),
        None => {
            let gone = call.queue.clone();
            Ok(no_such_queue(draft, call, gone))
        }
    })?;
    draft.put_call(call)
}

/// Takes a waiting customer out of the line and to where `enter` leads.
pub(crate) fn lead_away<'a>(
    draft: &mut Draft<'a>,
    call: &mut Call,
    enter: impl FnOnce(&mut Draft<'a>, &mut Call) -> Result<Script, Stop>,
) -> Result<(), Stop> {
    offer::release_all(draft, call)?;
    let music = room_script(draft, call);
    let mut script = enter(draft, call)?;
    if call.state == CallState::Waiting && script != music {
        // Another queue, with music of its own.
        new_room(call);
        script = room_script(draft, call);
    }
    if script != music {
        let leg = call.customer_leg().map(|leg| leg.id);
        leg.into_iter().for_each(|leg| redirect(draft, call, leg, script.clone()));
    }
    Ok(())
}

/// Takes a leg out of what it does, to hear `script`. The hop moves on, so that the interrupted document's own request is
/// superseded.
pub(crate) fn redirect(draft: &mut Draft<'_>, call: &mut Call, id: LegId, script: Script) {
    let Some(leg) = call.leg_mut(id) else { return };
    leg.then = Some(script);
    leg.hop = leg.hop.saturating_add(1);
    command::give(draft, call, id, LegVerb::Redirect);
}

/// The customer goes back into the waiting line, at the old place.
pub(crate) fn wait_again(draft: &mut Draft<'_>, call: &mut Call) {
    call.state = CallState::Waiting;
    let mut due = draft.now;
    if let Some(queue) = call.queue.as_ref().and_then(|id| draft.rules.queues.get(id)) {
        draft.arm_match();
        let since = call.queued_at.unwrap_or(draft.now);
        // Whoever was as good as served gets one more ring before the limit applies.
        due = (since + queue.wait_max).max(draft.now + queue.ring_timeout);
    }
    draft.arm(&Timer::Wait(call.id), due, Rearm::Replace);
}

/// The same for a customer who is in a room that an agent may have been in: it would be silent now.
pub(crate) fn wait_again_with_music(draft: &mut Draft<'_>, call: &mut Call) {
    wait_again(draft, call);
    let Some(customer) = call.customer_leg().filter(|leg| leg.sent_to_room.is_some()).map(|leg| leg.id) else { return };
    new_room(call);
    let script = room_script(draft, call);
    redirect(draft, call, customer, script);
}
