//! Callback in queue: a caller leaves the line, the place in it is kept, and customer and agent are joined when it has come
//! up. The place is the call itself without a leg, so that the line, its order and the match see one kind of thing.

mod ask;
mod turn;

use std::time::Duration;

use serde::Deserialize;

pub(crate) use ask::{Wish, begin, offer, requested};
pub(crate) use turn::{line_moved, turn_came, turn_is_near};

use crate::core::draft::{Draft, conflict, not_found};
use crate::core::{Stop, Timer, announce, call as calls, command, offer as offers, overflow, queue};
use crate::id::{AgentId, CallId, LegId};
use crate::model::{
    Call, CallState, Callback, CallbackFirst, CallbackPolicy, CallbackState, EndReason, EventKind, LegProgress,
    LegRole, LegVerb, OfferState, Queue,
};
use crate::phone::PhoneNumber;
use crate::script::{Prompt, Script, Step};
use crate::store::Rearm;
use crate::telephony::EndCause;
use crate::time::Timestamp;

/// A leg that should have been released, or has been rung, is asked about as often as this: what is said of it may be lost.
const ASKED_EVERY: Duration = Duration::from_secs(20);
/// A leg that should have been released by then is hung up.
const RELEASED_WITHIN: Duration = Duration::from_secs(60);
/// How long a customer may take to press a key after the words.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(6);
/// How often a customer hears the words before nobody, or a machine, is taken to be there.
const CONFIRM_TRIES: usize = 2;

/// What an agent hears when the customer could not be had.
pub(crate) const MISSED: &str = "The customer could not be reached.";
/// How long an agent has to hear that.
pub(crate) const MISSED_PAUSE: Duration = Duration::from_secs(5);

pub(crate) fn policy<'a>(draft: &Draft<'a>, call: &Call) -> Option<&'a CallbackPolicy> {
    call.queue.as_ref().and_then(|id| draft.rules.queues.get(id))?.callback.as_ref()
}

/// Whether waiting customers of this queue have a choice of keys, and this one was not called back already.
pub(crate) fn can_offer(call: &Call, queue: &Queue) -> bool {
    let has_keys = queue.announcements.as_ref().is_some_and(|policy| !policy.keys.is_empty());
    call.callback.is_none() && (queue.callback.is_some() || has_keys)
}

pub(crate) fn new(draft: &Draft<'_>, policy: Option<&CallbackPolicy>, state: CallbackState) -> Callback {
    let now = draft.now;
    Callback {
        state,
        ask: None,
        number: None,
        first: policy.map_or(CallbackFirst::Agent, |policy| policy.first),
        attempts: 0,
        first_attempt_at: None,
        not_before: now,
        expires_at: now + policy.map_or(Duration::ZERO, |policy| policy.expiry),
        penalty: Duration::ZERO,
        active_at: now,
        utc_offset_mins: None,
        look_again_at: None,
    }
}

/// The first moment not before `at` at which the customer may be rung, so that the ringing ends in time too.
fn allowed_at(draft: &Draft<'_>, call: &Call, at: Timestamp) -> Timestamp {
    let hours = policy(draft, call).and_then(|policy| policy.hours);
    let Some(mut hours) = hours else { return at };
    if let Some(offset) = call.callback.as_ref().and_then(|callback| callback.utc_offset_mins) {
        hours.utc_offset_mins = offset;
    }
    hours.next(at, draft.rules.customer_ring_timeout)
}

/// Whether a customer may be rung now.
pub(crate) fn may_dial(draft: &Draft<'_>, call: &Call) -> bool {
    allowed_at(draft, call, draft.now) == draft.now
}

/// Puts the placeholder into the line, or keeps it out of it until it may be rung.
pub(crate) fn hold(draft: &mut Draft<'_>, call: &mut Call) -> Result<(), Stop> {
    let now = draft.now;
    let Some(callback) = &call.callback else { return Ok(()) };
    if callback.expires_at <= now {
        return calls::end(draft, call, EndReason::Expired);
    }
    let due = allowed_at(draft, call, callback.not_before.max(now));
    let closes = closes_at(draft, call);
    let late = policy(draft, call).filter(|policy| {
        callback.first_attempt_at.is_some_and(|first| now.since(first) > policy.grace) && callback.attempts > 0
    });
    let penalty = late.map_or(Duration::ZERO, |policy| policy.penalty);
    let since = call.queued_at.unwrap_or(now);
    let kept_for = if due > now { None } else { kept_for(draft, call)? };
    call.state = CallState::Waiting;
    let Some(callback) = &mut call.callback else { return Ok(()) };
    let expires_at = callback.expires_at;
    if due > now {
        callback.state = CallbackState::Later;
        call.note(now, EventKind::CallbackPostponed { until: due });
        draft.arm(&Timer::Wait(call.id), due.min(expires_at), Rearm::Replace);
        return Ok(());
    }
    callback.state = CallbackState::Holding;
    callback.active_at = now;
    if kept_for.is_some() {
        call.held_for = kept_for;
    }
    // A place is never in the future.
    callback.penalty = (callback.penalty + penalty).min(now.since(since));
    draft.arm(&Timer::Wait(call.id), closes.min(expires_at), Rearm::Replace);
    draft.arm_match();
    Ok(())
}

/// The agent whom the customer talked with last, if the queue keeps its calls for them: from when the place joins the line for the
/// first attempt, as for a caller who joins it.
fn kept_for(draft: &Draft<'_>, call: &Call) -> Result<Option<(AgentId, Timestamp)>, Stop> {
    let is_first = call.callback.as_ref().is_some_and(|callback| callback.attempts == 0);
    let is_kept = call.only.is_some() || call.held_for.as_ref().is_some_and(|(_, until)| *until > draft.now);
    let queue = call.queue.as_ref().and_then(|id| draft.rules.queues.get(id));
    match queue.filter(|_| is_first && !is_kept) {
        Some(queue) => queue::last_agent(draft, call, queue),
        None => Ok(None),
    }
}

/// When the customer may not be rung any more, if that is allowed now.
fn closes_at(draft: &Draft<'_>, call: &Call) -> Timestamp {
    let never = Timestamp::from_micros(i64::MAX);
    let Some(mut hours) = policy(draft, call).and_then(|policy| policy.hours) else { return never };
    if let Some(offset) = call.callback.as_ref().and_then(|callback| callback.utc_offset_mins) {
        hours.utc_offset_mins = offset;
    }
    let closes = hours.closes_at(draft.now).unwrap_or(draft.now);
    // One moment later the ringing could not end in time.
    if closes == never { never } else { closes - draft.rules.customer_ring_timeout + Duration::from_micros(1) }
}

/// The timer of a placeholder: it joins the line, leaves it for the night, or has expired.
pub(crate) fn due(draft: &mut Draft<'_>, call: &mut Call) -> Result<(), Stop> {
    let now = draft.now;
    let Some(callback) = call.callback.clone() else { return Ok(()) };
    match callback.state {
        CallbackState::Holding | CallbackState::Later if callback.expires_at <= now => {
            calls::end(draft, call, EndReason::Expired)?;
        }
        CallbackState::Later => hold(draft, call)?,
        CallbackState::Holding => {
            offers::release_all(draft, call)?;
            hold(draft, call)?;
        }
        CallbackState::Promised | CallbackState::Dialling => {
            let live = call.customer_leg().filter(|leg| leg.is_live()).map(|leg| leg.id);
            match live {
                Some(leg) => {
                    let released =
                        callback.state == CallbackState::Promised && now.since(callback.active_at) >= RELEASED_WITHIN;
                    let verb = if released { LegVerb::HangUp } else { LegVerb::Probe };
                    command::give(draft, call, leg, verb);
                    draft.arm(&Timer::Wait(call.id), now + ASKED_EVERY, Rearm::Replace);
                }
                None => hold(draft, call)?,
            }
        }
        CallbackState::Asking | CallbackState::Confirmed => {}
    }
    Ok(())
}

/// Rings the customer.
fn dial(draft: &mut Draft<'_>, call: &mut Call) {
    let (now, timeout) = (draft.now, draft.rules.customer_ring_timeout);
    let Some(callback) = &mut call.callback else { return };
    let Some(number) = callback.number.clone() else { return };
    callback.state = CallbackState::Dialling;
    callback.attempts += 1;
    callback.first_attempt_at.get_or_insert(now);
    callback.active_at = now;
    let attempt = callback.attempts;
    let mut leg = calls::new_leg(call, LegRole::Customer, number.to_string(), now);
    leg.ring_timeout = timeout;
    let id = leg.id;
    call.add_leg(leg);
    call.note(now, EventKind::CallbackDialled { attempt });
    command::give(draft, call, id, LegVerb::Dial);
    // The provider adds some seconds to its own limit; ours speaks only when that one is lost.
    draft.arm(&Timer::CustomerRing(call.id), now + timeout + Duration::from_secs(10), Rearm::Replace);
    draft.arm(&Timer::Upkeep(call.id), now + draft.rules.quiet_max, Rearm::Earliest);
}

/// An agent has accepted: the customer is rung, or led into the room. The script is for the agent's leg.
pub(crate) fn accepted(draft: &mut Draft<'_>, call: &mut Call, offer: u32) -> Result<Script, Stop> {
    let room = queue::room_script(draft, call, LegRole::Agent);
    match call.callback.as_ref().map(|callback| callback.state) {
        Some(CallbackState::Asking) => {
            call.callback = None;
            let leg = call.customer_leg().map(|leg| leg.id);
            let script = queue::room_script(draft, call, LegRole::Customer);
            leg.into_iter().for_each(|leg| queue::redirect(draft, call, leg, script.clone()));
            Ok(room)
        }
        Some(CallbackState::Holding) if may_dial(draft, call) => {
            dial(draft, call);
            let mut steps = vec![Step::Prompt(Prompt::Say("The customer is being called back.".to_owned()))];
            steps.extend(room.0);
            Ok(Script(steps))
        }
        Some(CallbackState::Holding) => {
            // The window closed while the agent's telephone rang.
            call.state = CallState::Waiting;
            offers::end_offer(draft, call, offer, "withdrawn")?;
            hold(draft, call)?;
            Ok(Script::goodbye("It is too late to call the customer."))
        }
        _ => Ok(room),
    }
}

/// The customer's leg asks, and the callback has the answer; `None`: it is a caller like any other.
pub(crate) fn customer_asked(
    draft: &mut Draft<'_>,
    call: &mut Call,
    leg: LegId,
    digits: &str,
) -> Result<Option<Script>, Stop> {
    let state = call.callback.as_ref().map(|callback| callback.state);
    let Some(state) = state.filter(|_| call.state != CallState::Ended) else { return Ok(None) };
    Ok(match state {
        CallbackState::Asking => Some(ask::answered(draft, call, leg, digits)?),
        CallbackState::Dialling if call.customer_leg().is_some_and(|last| last.id == leg) => {
            Some(confirm(draft, call, leg, digits)?)
        }
        CallbackState::Confirmed => None,
        _ => Some(Script(vec![Step::HangUp])),
    })
}

/// The customer has answered. A key tells people from machines that answer telephones.
fn confirm(draft: &mut Draft<'_>, call: &mut Call, leg: LegId, digits: &str) -> Result<Script, Stop> {
    draft.disarm(&Timer::CustomerRing(call.id));
    match digits {
        "1" => return confirmed(draft, call, leg),
        "2" => {
            calls::end(draft, call, EndReason::Cancelled)?;
            return Ok(Script::goodbye("You will not be called back. Goodbye."));
        }
        _ => {}
    }
    if call.leg(leg).is_some_and(|leg| leg.said.len() >= CONFIRM_TRIES) {
        attempt_ended(draft, call, "not_confirmed")?;
        return Ok(Script(vec![Step::HangUp]));
    }
    let mut prompts = policy(draft, call).map(|policy| policy.greeting.clone()).unwrap_or_default();
    let words = "Press 1 to be connected, or 2 if you do not need to be called any more.";
    prompts.push(Prompt::Say(words.to_owned()));
    Ok(Script(vec![Step::Menu { prompts, timeout: CONFIRM_TIMEOUT }, Step::AskAgain]))
}

/// The customer is there: into the room with the agent, or into the line, at the old place.
fn confirmed(draft: &mut Draft<'_>, call: &mut Call, leg: LegId) -> Result<Script, Stop> {
    keep_no_promise(draft, call)?;
    let Some(callback) = &mut call.callback else { return Ok(Script(vec![Step::HangUp])) };
    callback.state = CallbackState::Confirmed;
    let attempt = callback.attempts;
    call.note(draft.now, EventKind::CallbackConfirmed { attempt });
    let queue = call.queue.as_ref().and_then(|id| draft.rules.queues.get(id));
    if let (CallState::Waiting, Some(queue)) = (call.state, queue) {
        draft.arm(&Timer::Wait(call.id), draft.now + queue.wait_max, Rearm::Replace);
        draft.arm_match();
        announce::begin(draft, call, queue);
        overflow::begin(draft, call, queue);
    }
    Ok(queue::enter_room(draft, call, leg))
}

/// A leg of a customer is over. Returns whether that was the callback's affair; if not, the customer has hung up.
pub(crate) fn leg_ended(draft: &mut Draft<'_>, call: &mut Call, leg: LegId, cause: EndCause) -> Result<bool, Stop> {
    let Some(state) = call.callback.as_ref().map(|callback| callback.state) else { return Ok(false) };
    let is_last = call.customer_leg().is_some_and(|last| last.id == leg);
    let was_answered = call.leg(leg).is_some_and(|leg| !leg.said.is_empty());
    match state {
        _ if call.state == CallState::Ended => {}
        CallbackState::Asking => return Ok(false),
        CallbackState::Confirmed => return Ok(!is_last),
        CallbackState::Promised => hold(draft, call)?,
        CallbackState::Dialling if is_last => {
            let given_up = call.state == CallState::Waiting && is_agent_first(call);
            let why = match cause {
                _ if was_answered => "not_confirmed",
                _ if given_up => "withdrawn",
                EndCause::Canceled => "withdrawn",
                EndCause::Busy => "busy",
                EndCause::Failed => "failed",
                EndCause::NoAnswer | EndCause::Completed => "no_answer",
            };
            attempt_ended(draft, call, why)?;
        }
        CallbackState::Dialling | CallbackState::Later | CallbackState::Holding => {}
    }
    Ok(true)
}

fn is_agent_first(call: &Call) -> bool {
    call.callback.as_ref().is_some_and(|callback| callback.first == CallbackFirst::Agent)
}

/// The customer was not had: the agent is let go, and another attempt is made later unless it was the last.
fn attempt_ended(draft: &mut Draft<'_>, call: &mut Call, why: &str) -> Result<(), Stop> {
    draft.disarm(&Timer::CustomerRing(call.id));
    let waiting: Vec<u32> =
        call.offers.iter().filter(|offer| offer.state != OfferState::Bridged).map(|offer| offer.number).collect();
    call.state = CallState::Waiting;
    let (now, policy) = (draft.now, policy(draft, call));
    let Some(callback) = &mut call.callback else { return Ok(()) };
    // Not in the line, whatever comes of the agent's end.
    callback.state = CallbackState::Later;
    let attempt = callback.attempts;
    if why == "withdrawn" {
        // Nobody was rung, or not for long enough: it does not count.
        callback.attempts -= 1;
    } else {
        callback.not_before = now + policy.map_or(Duration::ZERO, |policy| policy.gap);
    }
    let is_last = policy.is_none_or(|policy| callback.attempts >= policy.attempts_max);
    call.note(now, EventKind::CallbackMissed { attempt, why: why.to_owned() });
    for offer in waiting {
        offers::end_offer(draft, call, offer, "customer_missed")?;
    }
    // The agent's conference has ended, or is about to.
    queue::new_room(call);
    match why {
        _ if !is_last => hold(draft, call),
        "busy" => calls::end(draft, call, EndReason::Busy),
        "failed" => calls::end(draft, call, EndReason::Failed),
        _ => calls::end(draft, call, EndReason::NoAnswer),
    }
}

/// The agent who had accepted is gone. Returns whether the customer is still being rung, so that nobody waits in the room:
/// who has answered already waits for the next agent, the others are not rung any longer.
pub(crate) fn agent_lost(draft: &mut Draft<'_>, call: &mut Call) -> Result<bool, Stop> {
    if call.callback.as_ref().is_none_or(|callback| callback.state != CallbackState::Dialling) {
        return Ok(false);
    }
    call.state = CallState::Waiting;
    queue::new_room(call);
    draft.arm(&Timer::Wait(call.id), draft.now + ASKED_EVERY, Rearm::Replace);
    let ringing = call.customer_leg().filter(|leg| leg.progress < LegProgress::Answered).map(|leg| leg.id);
    let Some(leg) = ringing else { return Ok(true) };
    command::give(draft, call, leg, LegVerb::Cancel);
    if call.leg(leg).is_none_or(|leg| !leg.is_live()) {
        attempt_ended(draft, call, "withdrawn")?;
    }
    Ok(true)
}

/// The customer has been rung long enough. Returns whether it was for a callback.
pub(crate) fn ring_timed_out(draft: &mut Draft<'_>, call: &mut Call) -> Result<bool, Stop> {
    if call.callback.as_ref().is_none_or(|callback| callback.state != CallbackState::Dialling) {
        return Ok(false);
    }
    let leg = call.customer_leg().map(|leg| leg.id);
    leg.into_iter().for_each(|leg| command::give(draft, call, leg, LegVerb::HangUp));
    attempt_ended(draft, call, "no_answer")?;
    Ok(true)
}

/// The number has no callback any more, if it was this one.
pub(crate) fn keep_no_promise(draft: &mut Draft<'_>, call: &Call) -> Result<(), Stop> {
    let number = call.callback.as_ref().and_then(|callback| callback.number.as_ref());
    if let (Some(queue), Some(number)) = (&call.queue, number)
        && draft.promise(queue, number)? == Some(call.id)
    {
        draft.put_promise(queue, number, None)?;
    }
    Ok(())
}

/// The number of a call that broke off while waiting, and whose place nobody has taken yet.
pub(crate) fn dropped(call: &Call) -> Option<PhoneNumber> {
    let broke_off = call.reason == Some(EndReason::Abandoned)
        && call.queue.is_some()
        && call.connected_at.is_none()
        && call.resumed_by.is_none();
    call.customer.parse().ok().filter(|_| broke_off)
}

/// A caller joins the line of a queue: the place of an open callback, or of a call that broke off a moment ago, is theirs.
/// Returns the priority of that place.
pub(crate) fn resume(draft: &mut Draft<'_>, call: &mut Call, queue: &Queue) -> Result<Option<i32>, Stop> {
    let Some(number) = call.customer.parse::<PhoneNumber>().ok().filter(|_| call.queued_at.is_none()) else {
        return Ok(None);
    };
    if queue.callback.is_some()
        && let Some(other) = draft.promise(&queue.id, &number)?
        && let Some(other) = draft.call(other)?.filter(|other| is_free(call, other))
    {
        return take_place(draft, call, other).map(Some);
    }
    if queue.resume_window.is_zero() {
        return Ok(None);
    }
    for record in &draft.dropped(&number)?.records {
        let Ok(seen) = Draft::parse::<Call>(record) else { continue };
        // The page is a hint: it may have been taken meanwhile.
        let Some(other) = draft.call(seen.id)? else { continue };
        let in_time = other.ended_at.is_some_and(|at| draft.now.since(at) <= queue.resume_window);
        if in_time && other.queue.as_ref() == Some(&queue.id) && dropped(&other).is_some() {
            return take_place(draft, call, other).map(Some);
        }
    }
    Ok(None)
}

/// Whether the place of `other` can be taken: it is a promise, and its customer is not on the telephone with us already.
fn is_free(call: &Call, other: &Call) -> bool {
    let on_the_line = other.customer_leg().is_some_and(|leg| leg.is_live() && leg.progress == LegProgress::Answered);
    other.id != call.id && other.is_placeholder() && !on_the_line
}

fn take_place(draft: &mut Draft<'_>, call: &mut Call, mut other: Call) -> Result<i32, Stop> {
    let now = draft.now;
    // Never in the future: a callback for tomorrow is no reason to wait longer.
    let since = other.line_time().unwrap_or(now).min(now);
    call.queued_at.get_or_insert(since);
    call.note(now, EventKind::Resumed { call: other.id });
    other.note(now, EventKind::ResumedBy { call: call.id });
    other.resumed_by = Some(call.id);
    let priority = other.priority;
    calls::end(draft, &mut other, EndReason::Resumed)?;
    draft.put_call(other)?;
    Ok(priority)
}

/// The application takes a callback back.
pub(crate) fn cancel(draft: &mut Draft<'_>, id: CallId) -> Result<(), Stop> {
    let Some(mut call) = draft.call(id)? else { return Err(not_found("callback", id)) };
    if call.state == CallState::Ended {
        return Ok(());
    }
    if !call.is_placeholder() {
        return Err(conflict(format!("call {id} keeps no place for a callback; hang it up instead")));
    }
    calls::end(draft, &mut call, EndReason::Cancelled)?;
    draft.put_call(call)
}

/// Of a call's record, as far as its callback has come: the rest need not be read.
#[derive(Deserialize)]
struct Promised {
    callback: Option<Stage>,
}

#[derive(Deserialize)]
struct Stage {
    state: String,
}

/// How far the callback of a call's record has come; `None`: it has none.
fn stage(record: &crate::store::Record) -> Option<String> {
    Some(record.body.read::<Promised>().ok()?.callback?.state)
}

/// Whether a record of a waiting line is a place that is kept for somebody who is not on the line.
pub(crate) fn is_held(record: &crate::store::Record) -> bool {
    stage(record).is_some_and(|stage| stage == "holding")
}
