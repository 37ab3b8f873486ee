//! Callers are asked whether, and at which number, they want to be called back.

use std::time::Duration;

use crate::core::callback::{self, ASKED_EVERY, is_free, take_place};
use crate::core::draft::{Draft, conflict, not_found};
use crate::core::{Refusal, RefusalKind, Reply, Stop, Timer, call as calls, offer as offers, queue};
use crate::id::{CallId, LegId, QueueId};
use crate::model::{
    Ask, AskStep, Call, CallState, CallbackPolicy, CallbackState, Direction, EndReason, EventKind, Queue, Target,
};
use crate::phone::PhoneNumber;
use crate::routing::Needs;
use crate::script::{Prompt, Script, Step};
use crate::store::Rearm;
use crate::time::Timestamp;

/// How long a caller may take to press a key after the words.
const KEY_TIMEOUT: Duration = Duration::from_secs(6);
/// How often each question is asked of a caller who has nothing else to do.
const TRIES: u32 = 3;

/// The number of the call, where it can be called back.
fn own_number(call: &Call, policy: &CallbackPolicy) -> Option<PhoneNumber> {
    call.customer.parse().ok().filter(|number| policy.allows(number, false))
}

/// A number, digit by digit.
fn spoken(number: &PhoneNumber) -> String {
    let digits: Vec<String> = number.as_str().chars().filter(char::is_ascii_digit).map(String::from).collect();
    digits.join(" ")
}

/// The customer is led to a callback by the flow or by an overflow. The script is for the customer's leg.
pub(crate) fn begin(draft: &mut Draft<'_>, call: &mut Call, target: &Target) -> Result<Script, Stop> {
    let Target::Callback { queue, otherwise, .. } = target else { return Ok(Script(vec![Step::HangUp])) };
    let policy = draft.rules.queues.get(queue).and_then(|queue| queue.callback.as_ref());
    call.callback = None;
    let Some(policy) = policy else { return elsewhere(draft, call, otherwise) };
    call.note(draft.now, EventKind::CallbackOffered { queue: queue.clone() });
    let own = own_number(call, policy);
    let earlier = match &own {
        Some(number) => promised(draft, call, queue, number)?,
        None => None,
    };
    let is_full = earlier.is_none() && count_open(draft, queue, policy.open_max)? >= policy.open_max;
    if is_full || own.is_none() && policy.prefixes.is_empty() {
        call.note(draft.now, EventKind::CallbackDeclined { queue: queue.clone() });
        let mut steps = vec![Step::Prompt(Prompt::Say("We are sorry, we cannot call you back.".to_owned()))];
        steps.extend(elsewhere(draft, call, otherwise)?.0);
        return Ok(Script(steps));
    }
    let step = match (earlier, own) {
        (Some(_), _) => AskStep::Again,
        (None, Some(_)) => AskStep::Own,
        (None, None) => AskStep::Number,
    };
    draft.disarm(&Timer::Wait(call.id));
    draft.disarm(&Timer::Announce(call.id));
    if call.customer_leg().is_some_and(|leg| leg.sent_to_room == Some(call.room_number)) {
        // The conference ends behind the only one in it.
        queue::new_room(call);
    }
    call.state = CallState::Menu;
    ask(draft, call, step, Some(target.clone()))
}

/// The customer is not called back. A second visit to a queue ends in an apology.
fn elsewhere(draft: &mut Draft<'_>, call: &mut Call, otherwise: &Target) -> Result<Script, Stop> {
    match otherwise {
        Target::Queue { queue, .. } if call.visited.contains(queue) => {
            call.state = CallState::Closing;
            call.reason = Some(EndReason::Policy);
            Ok(Script(calls::apology()))
        }
        target => calls::enter(draft, call, target),
    }
}

/// The customer is led out of the room for a moment, to be offered a callback and other ways out of the line.
pub(crate) fn offer(draft: &mut Draft<'_>, call: &mut Call, queue: &Queue, leg: LegId) -> Result<(), Stop> {
    let policy = queue.callback.as_ref();
    let is_possible = match policy {
        Some(policy) => {
            let has_number = own_number(call, policy).is_some() || !policy.prefixes.is_empty();
            has_number && count_open(draft, &queue.id, policy.open_max)? < policy.open_max
        }
        None => false,
    };
    let has_keys = queue.announcements.as_ref().is_some_and(|policy| !policy.keys.is_empty());
    if !is_possible && !has_keys {
        return Ok(());
    }
    if is_possible {
        call.note(draft.now, EventKind::CallbackOffered { queue: queue.id.clone() });
    }
    let script = ask(draft, call, AskStep::Own, None)?;
    // The conference ends behind the only one in it.
    queue::new_room(call);
    queue::redirect(draft, call, leg, script);
    Ok(())
}

fn count_open(draft: &Draft<'_>, queue: &QueueId, enough: u32) -> Result<u32, Stop> {
    let (mut count, mut after) = (0u32, None);
    loop {
        let page = draft.callbacks(queue, after.clone())?;
        count = count.saturating_add(u32::try_from(page.records.len()).unwrap_or(u32::MAX));
        after.clone_from(&page.next);
        if count >= enough || after.is_none() {
            return Ok(count);
        }
    }
}

/// The open callback of this number that another call keeps.
fn promised(draft: &mut Draft<'_>, call: &Call, queue: &QueueId, number: &PhoneNumber) -> Result<Option<Call>, Stop> {
    let Some(other) = draft.promise(queue, number)? else { return Ok(None) };
    Ok(draft.call(other)?.filter(|other| is_free(call, other)))
}

/// Asks a question.
fn ask(draft: &Draft<'_>, call: &mut Call, step: AskStep, target: Option<Target>) -> Result<Script, Stop> {
    let queue = match &target {
        Some(Target::Callback { queue, .. }) => Some(queue.clone()),
        _ => call.queue.clone(),
    };
    let queue = queue.as_ref().and_then(|id| draft.rules.queues.get(id));
    let policy = queue.and_then(|queue| queue.callback.as_ref());
    let before = call.callback.take();
    let heard = before.as_ref().and_then(|before| before.ask.as_ref()).filter(|ask| ask.step == step);
    let heard = heard.map_or(0, |ask| ask.heard) + 1;
    let mut callback = before.unwrap_or_else(|| callback::new(draft, policy, CallbackState::Asking));
    callback.state = CallbackState::Asking;
    let words = question(call, queue, step, target.is_none(), callback.number.as_ref());
    callback.ask = Some(Ask { step, heard, target });
    call.callback = Some(callback);
    let prompts = vec![Prompt::Say(words)];
    let step = match step {
        AskStep::Number => Step::Digits { prompts, timeout: KEY_TIMEOUT },
        _ => Step::Menu { prompts, timeout: KEY_TIMEOUT },
    };
    Ok(Script(vec![step, Step::AskAgain]))
}

fn question(
    call: &Call,
    queue: Option<&Queue>,
    step: AskStep,
    is_waiting: bool,
    keyed: Option<&PhoneNumber>,
) -> String {
    match step {
        AskStep::Number => "Please key in your number, with the country code, and then press the hash key.".to_owned(),
        AskStep::Check => {
            let number = keyed.map(spoken).unwrap_or_default();
            format!("You have keyed in {number}. If this is right, press 1. To key it in again, press 2.")
        }
        AskStep::Again => "We will call you back already, and your place in the line is kept. To wait on the line \
                           instead, press 1. If you do not want to be called any more, press 2. Otherwise just hang up."
            .to_owned(),
        AskStep::Own => {
            let mut words = Vec::new();
            if let Some(policy) = queue.and_then(|queue| queue.callback.as_ref()) {
                let own = own_number(call, policy);
                if own.is_some() || !policy.prefixes.is_empty() {
                    words.push("You need not wait on the line: we can keep your place and call you back.".to_owned());
                }
                words.extend(own.map(|own| format!("To be called back at {}, press 1.", spoken(&own))));
                if !policy.prefixes.is_empty() {
                    words.push("To be called back at another number, press 2.".to_owned());
                }
            }
            let keys = queue.and_then(|queue| queue.announcements.as_ref()).filter(|_| is_waiting);
            words.extend(keys.into_iter().flat_map(|policy| policy.keys.values().map(|way| way.words.clone())));
            if is_waiting {
                words.push("Otherwise stay on the line.".to_owned());
            }
            words.join(" ")
        }
    }
}

/// The caller has answered a question, or not.
pub(super) fn answered(draft: &mut Draft<'_>, call: &mut Call, leg: LegId, digits: &str) -> Result<Script, Stop> {
    let asked = call.callback.as_ref().and_then(|callback| callback.ask.clone());
    let Some(Ask { step, heard, target }) = asked else { return decline(draft, call, leg, None) };
    let queue = match &target {
        Some(Target::Callback { queue, .. }) => Some(queue),
        _ => call.queue.as_ref(),
    };
    let queue = queue.and_then(|id| draft.rules.queues.get(id));
    let policy = queue.and_then(|queue| queue.callback.as_ref());
    let (Some(queue), key) = (queue, digits) else { return decline(draft, call, leg, target) };
    if let (AskStep::Own, None, Some(to)) = (step, &target, way_out(queue, key)) {
        return leave_by_key(draft, call, queue, key, &to);
    }
    let Some(policy) = policy else { return decline(draft, call, leg, target) };
    let own = own_number(call, policy);
    match (step, key) {
        (AskStep::Own, "1") if own.is_some() => return promise(draft, call, queue, policy, own),
        (AskStep::Own, "2") if !policy.prefixes.is_empty() => return ask(draft, call, AskStep::Number, target),
        (AskStep::Number, digits) => {
            let number = format!("+{digits}").parse::<PhoneNumber>().ok();
            if let Some(number) = number.filter(|number| policy.allows(number, true)) {
                if let Some(callback) = &mut call.callback {
                    callback.number = Some(number);
                }
                return ask(draft, call, AskStep::Check, target);
            }
        }
        (AskStep::Check, "1") => {
            let number = call.callback.as_ref().and_then(|callback| callback.number.clone());
            return promise(draft, call, queue, policy, number);
        }
        (AskStep::Check, "2") => return ask(draft, call, AskStep::Number, target),
        (AskStep::Again, key) => return again(draft, call, queue, own, key, target),
        _ => {}
    }
    // Whoever waits goes back to the music soon; whoever was led here has nothing else to do.
    let is_asked_once = target.is_none() && step == AskStep::Own;
    if heard < TRIES && !is_asked_once {
        return ask(draft, call, step, target);
    }
    decline(draft, call, leg, target)
}

fn way_out(queue: &Queue, key: &str) -> Option<Target> {
    let key = key.chars().next()?;
    Some(queue.announcements.as_ref()?.keys.get(&key)?.to.clone())
}

/// The customer leaves the line by a key.
fn leave_by_key(draft: &mut Draft<'_>, call: &mut Call, queue: &Queue, key: &str, to: &Target) -> Result<Script, Stop> {
    call.callback = None;
    let key = key.chars().next().unwrap_or_default();
    call.note(draft.now, EventKind::LeftByKey { queue: queue.id.clone(), key });
    offers::release_all(draft, call)?;
    draft.disarm(&Timer::Wait(call.id));
    draft.disarm(&Timer::Announce(call.id));
    calls::enter(draft, call, to)
}

/// The caller does not want a callback: on to where they go otherwise, or back into the room.
fn decline(draft: &mut Draft<'_>, call: &mut Call, leg: LegId, target: Option<Target>) -> Result<Script, Stop> {
    call.callback = None;
    let queue = match &target {
        Some(Target::Callback { queue, .. }) => Some(queue.clone()),
        _ => call.queue.clone(),
    };
    if let Some(queue) = queue {
        call.note(draft.now, EventKind::CallbackDeclined { queue });
    }
    match target {
        Some(Target::Callback { otherwise, .. }) => elsewhere(draft, call, &otherwise),
        _ => Ok(queue::enter_room(draft, call, leg)),
    }
}

/// The caller has been promised a callback before, and has said what about it.
fn again(
    draft: &mut Draft<'_>,
    call: &mut Call,
    queue: &Queue,
    own: Option<PhoneNumber>,
    key: &str,
    target: Option<Target>,
) -> Result<Script, Stop> {
    call.callback = None;
    let earlier = match &own {
        Some(number) => promised(draft, call, &queue.id, number)?,
        None => None,
    };
    let (priority, needs) = match target {
        Some(Target::Callback { priority, needs, .. }) => (priority, needs),
        _ => (0, Needs::new()),
    };
    match (key, earlier) {
        // Joining the line, the caller gets the place of the callback.
        ("1", _) => {
            return queue::enter(draft, call, &queue.id, &queue::Asked { priority, needs: &needs, prefer: None });
        }
        ("2", Some(mut earlier)) => {
            calls::end(draft, &mut earlier, EndReason::Cancelled)?;
            draft.put_call(earlier)?;
            call.state = CallState::Closing;
            call.reason = Some(EndReason::Policy);
            return Ok(Script::goodbye("You will not be called back. Goodbye."));
        }
        _ => {}
    }
    call.state = CallState::Closing;
    call.reason = Some(EndReason::Policy);
    Ok(Script::goodbye("We will call you back. Goodbye."))
}

/// Promises the callback: the caller leaves the line, and the place in it is kept.
fn promise(
    draft: &mut Draft<'_>,
    call: &mut Call,
    queue: &Queue,
    policy: &CallbackPolicy,
    number: Option<PhoneNumber>,
) -> Result<Script, Stop> {
    let Some(number) = number else { return Ok(Script(vec![Step::HangUp])) };
    if let Some(earlier) = promised(draft, call, &queue.id, &number)? {
        take_place(draft, call, earlier)?;
    }
    offers::release_all(draft, call)?;
    let now = draft.now;
    let asked = call.callback.as_mut().and_then(|callback| callback.ask.take());
    if let Some(Target::Callback { priority, needs, .. }) = asked.and_then(|ask| ask.target)
        && call.queue.as_ref() != Some(&queue.id)
    {
        let points = queue.priority.saturating_add(priority);
        let ahead = queue::count_waiting(draft, &queue.id, points, u32::MAX)?.live;
        queue::stand_in(call, queue, &queue::Asked { priority, needs: &needs, prefer: None }, now);
        call.note(now, EventKind::Queued { queue: queue.id.clone(), ahead, priority: call.priority });
    }
    keep(draft, call, queue, policy, number)?;
    call.state = CallState::Waiting;
    draft.disarm(&Timer::Announce(call.id));
    draft.arm(&Timer::Wait(call.id), now + ASKED_EVERY, Rearm::Replace);
    // Whatever is still on its way to the leg is for somebody who waits.
    queue::new_room(call);
    let when = if callback::may_dial(draft, call) { "when it is your turn" } else { "as soon as our lines are open" };
    let words = format!("Thank you. Your place in the line is kept, and we will call you back {when}. Goodbye.");
    Ok(Script::goodbye(&words))
}

/// Notes a promise: one for each number in a queue.
fn keep(
    draft: &mut Draft<'_>,
    call: &mut Call,
    queue: &Queue,
    policy: &CallbackPolicy,
    number: PhoneNumber,
) -> Result<(), Stop> {
    let now = draft.now;
    draft.put_promise(&queue.id, &number, Some(call.id))?;
    let mut callback =
        call.callback.take().unwrap_or_else(|| callback::new(draft, Some(policy), CallbackState::Promised));
    callback.state = CallbackState::Promised;
    callback.number = Some(number);
    callback.active_at = now;
    callback.not_before = callback.not_before.max(now);
    callback.expires_at = callback.not_before + policy.expiry;
    call.callback = Some(callback);
    call.queue = Some(queue.id.clone());
    call.note(now, EventKind::CallbackPromised { queue: queue.id.clone() });
    Ok(())
}

/// The application promises a customer a callback.
pub(crate) struct Wish<'a> {
    pub(crate) id: CallId,
    pub(crate) queue: &'a QueueId,
    pub(crate) to: &'a PhoneNumber,
    pub(crate) at: Option<Timestamp>,
    pub(crate) utc_offset_mins: Option<i16>,
}

/// The same by the application, for a customer who is not on the line.
pub(crate) fn requested(draft: &mut Draft<'_>, wish: &Wish<'_>, seed: u128) -> Result<Reply, Stop> {
    let Some(queue) = draft.rules.queues.get(wish.queue) else { return Err(not_found("queue", wish.queue)) };
    let Some(policy) = &queue.callback else {
        return Err(conflict(format!("queue {} calls nobody back: give it `callback(...)`", wish.queue)));
    };
    let Some(from) = draft.rules.caller_id.clone() else {
        let message = "no caller id: set `caller_id` when the switchboard is built".to_owned();
        return Err(Refusal { kind: RefusalKind::NotConfigured, message }.into());
    };
    if draft.call(wish.id)?.is_some() {
        return Ok(Reply::Call(wish.id));
    }
    if wish.utc_offset_mins.is_some_and(|mins| !(-14 * 60..=14 * 60).contains(&mins)) {
        let message = "the offset of a local time is at most 14 hours".to_owned();
        return Err(Refusal { kind: RefusalKind::Invalid, message }.into());
    }
    let mut call = calls::new_call(draft, wish.id, Direction::Outbound, wish.to.as_str(), from.as_str(), seed);
    if let Some(other) = draft.promise(&queue.id, wish.to)?
        && draft.call(other)?.is_some_and(|other| other.is_placeholder())
    {
        return Ok(Reply::Call(other));
    }
    if count_open(draft, &queue.id, policy.open_max)? >= policy.open_max {
        return Err(conflict(format!("queue {} has promised all the callbacks that it may", wish.queue)));
    }
    let now = draft.now;
    let since = wish.at.map_or(now, |at| at.max(now));
    queue::stand_in(&mut call, queue, &queue::Asked { priority: 0, needs: &Needs::new(), prefer: None }, since);
    call.note(now, EventKind::Requested);
    let mut callback = callback::new(draft, Some(policy), CallbackState::Promised);
    callback.not_before = since;
    callback.utc_offset_mins = wish.utc_offset_mins;
    call.callback = Some(callback);
    keep(draft, &mut call, queue, policy, wish.to.clone())?;
    callback::hold(draft, &mut call)?;
    draft.put_call(call)?;
    Ok(Reply::Call(wish.id))
}
