//! The waiting line: entering, keeping the place, overflow.

use crate::core::draft::Draft;
use crate::core::{Stop, Timer, announce, call as calls, callback, command, offer, overflow};
use crate::id::{AgentId, CallId, LegId, QueueId};
use crate::model::{Call, CallState, CallbackState, EndReason, EventKind, LegRole, LegVerb, Prefer, Queue, Target};
use crate::routing::Needs;
use crate::routing::skills::both;
use crate::script::{Prompt, Script, Step};
use crate::store::{Cursor, Rearm};
use crate::time::Timestamp;

/// Calls of a customer that are looked through for the agent of the last conversation.
const LAST_CALLS: u16 = 4;

/// Places that are counted where nothing depends on the number but what is told of it.
const COUNTED_MAX: u32 = 256;

/// What is asked of a queue for one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) priority: i32,
    pub(crate) needs: &'a Needs,
    pub(crate) prefer: Option<&'a Prefer>,
}

/// The agent whom the customer talked with last, if that was lately enough, and until when the call is kept for them.
pub(crate) fn last_agent(draft: &Draft<'_>, call: &Call, queue: &Queue) -> Result<Option<(AgentId, Timestamp)>, Stop> {
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
        return to_overflow(draft, call, queue, "closed");
    }
    // Whoever has a place already has it although others find the queue full.
    let resumed = callback::resume(draft, call, queue)?;
    let points = queue.priority.saturating_add(asked.priority);
    let Counted { live: ahead, kept, before } = count_waiting(draft, id, points, overflow::counted(queue))?;
    if resumed.is_none() && ahead >= queue.waiting_max {
        return to_overflow(draft, call, queue, "full");
    }
    let is_too_long = |most| announce::estimate(queue, ahead + kept).is_some_and(|wait| wait > most);
    if resumed.is_none() && queue.expected_wait_max.is_some_and(is_too_long) {
        return to_overflow(draft, call, queue, "too_long");
    }
    let line = overflow::Line { waiting: ahead, before, is_resumed: resumed.is_some() };
    if let Some(rule) = overflow::on_joining(draft, queue, &line)? {
        return lead_to(draft, call, queue, rule.when.cause(), &rule.to);
    }
    let last_agent = last_agent(draft, call, queue)?;
    wait_in(draft, call, queue, asked, ahead);
    if call.only.is_none() && call.held_for.is_none() {
        call.held_for = last_agent;
    }
    let room = room_script(draft, call, LegRole::Customer);
    let Some(priority) = resumed else { return Ok(room) };
    call.priority = call.priority.max(priority);
    let mut steps = vec![Step::Prompt(Prompt::Say("Welcome back. Your place in the line was kept.".to_owned()))];
    steps.extend(room.0);
    Ok(Script(steps))
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
    stand_in(call, queue, asked, draft.now);
    call.note(draft.now, EventKind::Queued { queue: queue.id.clone(), ahead, priority: call.priority });
    draft.arm_match();
    draft.arm(&Timer::Wait(call.id), draft.now + queue.wait_max, Rearm::Replace);
    announce::begin(draft, call, queue);
    overflow::begin(draft, call, queue);
}

/// The place of a call in the line of a queue.
pub(crate) fn stand_in(call: &mut Call, queue: &Queue, asked: &Asked<'_>, since: Timestamp) {
    call.queue = Some(queue.id.clone());
    call.visited.insert(queue.id.clone());
    call.priority = queue.priority.saturating_add(asked.priority);
    call.needs = both(&queue.needs, asked.needs);
    call.entered_at = Some(since);
    call.offers_elsewhere = call.offer_seq;
    (call.only, call.held_for) = (None, None);
    match asked.prefer {
        Some(Prefer { agent, hold_for: None }) => call.only = Some(agent.clone()),
        Some(Prefer { agent, hold_for: Some(time) }) => call.held_for = Some((agent.clone(), since + *time)),
        None => {}
    }
    // The first moment counts: a place is kept through overflow and through lost agents.
    call.queued_at.get_or_insert(since);
}

/// What stands in a line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    /// Customers who wait on the line.
    pub(crate) live: u32,
    /// Places that are kept for callbacks, which take no room in it.
    pub(crate) kept: u32,
    /// Of both, those who have so many points or more.
    pub(crate) before: u32,
}

/// Counts what stands in the line of a queue, until `enough` customers have been counted or [`COUNTED_MAX`] places have: whoever
/// sets no limit does not pay for one. `points`: of whoever would like to know who is before them.
pub(crate) fn count_waiting(draft: &Draft<'_>, queue: &QueueId, points: i32, enough: u32) -> Result<Counted, Stop> {
    let (mut counted, mut after): (Counted, Option<Cursor>) = (Counted::default(), None);
    loop {
        let page = draft.waiting(queue, after.clone())?;
        for record in &page.records {
            let count = if callback::is_held(record) { &mut counted.kept } else { &mut counted.live };
            *count += 1;
            let has = record.body.value().pointer("/priority").and_then(serde_json::Value::as_i64);
            counted.before += u32::from(has.is_none_or(|has| has >= i64::from(points)));
        }
        after.clone_from(&page.next);
        let is_beyond = enough == u32::MAX && counted.live.saturating_add(counted.kept) >= COUNTED_MAX;
        if counted.live >= enough || is_beyond || after.is_none() {
            return Ok(counted);
        }
    }
}

/// The customer goes where the queue's overflow leads.
pub(crate) fn to_overflow(draft: &mut Draft<'_>, call: &mut Call, queue: &Queue, why: &str) -> Result<Script, Stop> {
    lead_to(draft, call, queue, why, &queue.overflow)
}

/// The customer leaves the queue for `to`; a second visit to a queue ends in an apology.
pub(crate) fn lead_to(
    draft: &mut Draft<'_>,
    call: &mut Call,
    queue: &Queue,
    why: &str,
    to: &Target,
) -> Result<Script, Stop> {
    call.note(draft.now, EventKind::Overflowed { queue: queue.id.clone(), why: why.to_owned() });
    match to {
        Target::Queue { queue: next, .. } if call.visited.contains(next) => {
            call.state = CallState::Closing;
            call.reason = Some(EndReason::Policy);
            Ok(Script(calls::apology()))
        }
        target => calls::enter(draft, call, target),
    }
}

/// Into the call's room in use, with the music of its queue. An agent's exit ends the room: should every word about it be lost,
/// the customer's own next question tells of it.
pub(crate) fn room_script(draft: &Draft<'_>, call: &Call, role: LegRole) -> Script {
    let queue = call.queue.as_ref().and_then(|id| draft.rules.queues.get(id));
    let music_url = queue.and_then(|queue| queue.music_url.clone());
    Script(vec![Step::Room { room: call.room_number, music_url, ends_on_exit: role == LegRole::Agent }])
}

/// The script that leads a leg into the room. A leg that comes out of the room in use finds it ended, or would find it
/// silent: then a new one is taken, and whoever is left in the old one follows.
pub(crate) fn enter_room(draft: &mut Draft<'_>, call: &mut Call, id: LegId) -> Script {
    let was = call.leg(id).and_then(|leg| leg.sent_to_room);
    if was == Some(call.room_number) {
        new_room(call);
        let others: Vec<(LegId, LegRole)> = call
            .legs
            .iter()
            .filter(|leg| leg.id != id && leg.is_live() && leg.sent_to_room == was)
            .map(|leg| (leg.id, leg.role))
            .collect();
        for (other, role) in others {
            if role == LegRole::Agent {
                // Most likely it is over, and that is why the room has ended: nothing is asked of a leg that is no more.
                command::give(draft, call, other, LegVerb::Probe);
            }
            let script = room_script(draft, call, role);
            redirect(draft, call, other, script);
        }
    }
    let role = call.leg(id).map_or(LegRole::Customer, |leg| leg.role);
    room_script(draft, call, role)
}

/// A new room for the call: the one in use has been left, or is about to be.
pub(crate) fn new_room(call: &mut Call) {
    call.room_number += 1;
    call.room_sid = None;
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
    if call.is_placeholder() {
        callback::due(draft, &mut call)?;
        return draft.put_call(call);
    }
    lead_away(draft, &mut call, |draft, call| match queue {
        Some(queue) => to_overflow(draft, call, queue, "timed_out"),
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
    // Whoever was being asked about a callback is led elsewhere.
    call.callback = call.callback.take().filter(|callback| callback.state != CallbackState::Asking);
    offer::release_all(draft, call)?;
    let music = room_script(draft, call, LegRole::Customer);
    let mut script = enter(draft, call)?;
    if call.state == CallState::Waiting && script != music {
        // Another queue, with music of its own.
        new_room(call);
        script = room_script(draft, call, LegRole::Customer);
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
        // Somebody who was called back has waited for that, not on the line.
        let since = call.queued_at.filter(|_| call.callback.is_none()).unwrap_or(draft.now);
        announce::begin(draft, call, queue);
        overflow::begin(draft, call, queue);
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
    let script = room_script(draft, call, LegRole::Customer);
    redirect(draft, call, customer, script);
}
