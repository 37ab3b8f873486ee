//! What the application asks for.

use crate::core::draft::{Draft, conflict, not_found};
use crate::core::{Refusal, RefusalKind, Reply, Request, Stop, Timer, agent, call as calls, callback, offer, queue};
use crate::id::{AgentId, CallId};
use crate::model::{
    AgentStatus, Call, CallState, Decision, Direction, EndReason, EventKind, Intent, LegRole, QueueState, Target,
};
use crate::phone::PhoneNumber;
use crate::store::Rearm;
use crate::time::Timestamp;

/// Longest reason of a break, in characters.
const REASON_CHARS_MAX: usize = 200;

fn is_short_text(text: &str) -> bool {
    text.chars().count() <= REASON_CHARS_MAX && !text.chars().any(char::is_control)
}

pub(crate) fn requested(draft: &mut Draft<'_>, request: &Request, seed: u128) -> Result<Reply, Stop> {
    match request {
        Request::Ready(id) => agent::want(draft, id, Intent::Ready)?,
        Request::Break(_, reason) if !is_short_text(reason) => {
            let message =
                format!("the reason of a break is at most {REASON_CHARS_MAX} characters, none of them control");
            return Err(Refusal { kind: RefusalKind::Invalid, message }.into());
        }
        Request::Break(id, reason) => agent::want(draft, id, Intent::Break(reason.clone()))?,
        Request::SignOut(id) => agent::want(draft, id, Intent::Offline)?,
        Request::Decline(id) => agent::decline(draft, id)?,
        Request::FinishWrapUp(id) => agent::finish_wrap_up(draft, id)?,
        Request::HangUp(id) => hang_up(draft, *id)?,
        Request::IfUnchanged { agent: id, intent_version, request } => {
            let now = agent::find(draft, id)?.intent_version;
            if now != *intent_version {
                return Err(conflict(format!("agent {id} is at version {now}, not {intent_version}: read again")));
            }
            return requested(draft, request, seed);
        }
        Request::Callback { id, queue, to, at, utc_offset_mins } => {
            let id = CallId::of_request(&draft.rules.tenant, id);
            let wish = callback::Wish { id, queue, to, at: *at, utc_offset_mins: *utc_offset_mins };
            return callback::requested(draft, &wish, seed);
        }
        Request::CancelCallback(id) => callback::cancel(draft, *id)?,
        Request::SetQueueOpen(id, open) => {
            if !draft.rules.queues.contains_key(id) {
                return Err(not_found("queue", id));
            }
            let state = QueueState { closed: !open, ..draft.queue_state(id)? };
            draft.put_queue_state(id, state)?;
        }
        Request::SetPriority(id, points) => {
            let mut call = waiting(draft, *id)?;
            call.priority = *points;
            draft.arm_match();
            draft.put_call(call)?;
        }
        Request::AdjustWait(id, secs) => {
            let mut call = waiting(draft, *id)?;
            let since = call.queued_at.unwrap_or(draft.now).as_micros();
            let since = since.saturating_sub(secs.saturating_mul(1_000_000)).clamp(0, draft.now.as_micros());
            call.queued_at = Some(Timestamp::from_micros(since));
            draft.arm_match();
            draft.put_call(call)?;
        }
        Request::MoveCall(id, target) => {
            known_queue(draft, target)?;
            let mut call = waiting(draft, *id)?;
            if call.is_placeholder() {
                let why = "it keeps a place for a callback, which was promised by its queue; cancel that instead";
                return Err(conflict(format!("call {id} cannot be moved: {why}")));
            }
            queue::lead_away(draft, &mut call, |draft, call| calls::enter(draft, call, target))?;
            draft.put_call(call)?;
        }
        Request::PlaceCall { id, to, from, target } => {
            let call = CallId::of_request(&draft.rules.tenant, id);
            return place(draft, call, to, from.as_ref(), target, seed);
        }
        Request::ClickToCall { id, agent, to, from } => {
            let call = CallId::of_request(&draft.rules.tenant, id);
            return click(draft, call, agent, to, from.as_ref(), seed);
        }
    }
    Ok(Reply::None)
}

fn known_queue(draft: &Draft<'_>, target: &Target) -> Result<(), Stop> {
    match target {
        Target::Queue { queue, .. } | Target::Callback { queue, .. } if !draft.rules.queues.contains_key(queue) => {
            Err(not_found("queue", queue))
        }
        _ => Ok(()),
    }
}

/// The call, if it waits.
fn waiting(draft: &mut Draft<'_>, id: CallId) -> Result<Call, Stop> {
    let Some(call) = draft.call(id)? else { return Err(not_found("call", id)) };
    if call.state != CallState::Waiting {
        return Err(conflict(format!("call {id} does not wait in a queue: it is {:?}", call.state)));
    }
    Ok(call)
}

fn hang_up(draft: &mut Draft<'_>, id: CallId) -> Result<(), Stop> {
    let Some(mut call) = draft.call(id)? else { return Err(not_found("call", id)) };
    calls::end(draft, &mut call, EndReason::Requested)?;
    draft.put_call(call)
}

fn caller_id(draft: &Draft<'_>, from: Option<&PhoneNumber>) -> Result<PhoneNumber, Stop> {
    from.or(draft.rules.caller_id.as_ref()).cloned().ok_or_else(|| {
        let message = "no caller id: give `from`, or set `caller_id` when the switchboard is built".to_owned();
        Refusal { kind: RefusalKind::NotConfigured, message }.into()
    })
}

fn place(
    draft: &mut Draft<'_>,
    id: CallId,
    to: &PhoneNumber,
    from: Option<&PhoneNumber>,
    target: &Target,
    seed: u128,
) -> Result<Reply, Stop> {
    if draft.call(id)?.is_some() {
        return Ok(Reply::Call(id));
    }
    known_queue(draft, target)?;
    let from = caller_id(draft, from)?;
    let mut call = calls::new_call(draft, id, Direction::Outbound, to.as_str(), from.as_str(), seed);
    call.target = Some(target.clone());
    let leg = calls::new_leg(&call, LegRole::Customer, to.to_string(), draft.now);
    call.legs.push(leg);
    call.note(draft.now, EventKind::Requested);
    draft.arm(&Timer::Upkeep(id), draft.now + draft.rules.quiet_max, Rearm::Replace);
    offer::dial_customer(draft, &mut call);
    draft.put_call(call)?;
    Ok(Reply::Call(id))
}

fn click(
    draft: &mut Draft<'_>,
    id: CallId,
    name: &AgentId,
    to: &PhoneNumber,
    from: Option<&PhoneNumber>,
    seed: u128,
) -> Result<Reply, Stop> {
    if draft.call(id)?.is_some() {
        return Ok(Reply::Call(id));
    }
    let agent = agent::find(draft, name)?;
    if !matches!(agent.status(), AgentStatus::Ready | AgentStatus::Break) {
        return Err(conflict(format!("agent {name} cannot call now: they are {:?}", agent.status())));
    }
    let from = caller_id(draft, from)?;
    let mut call = calls::new_call(draft, id, Direction::Outbound, to.as_str(), from.as_str(), seed);
    let leg = calls::new_leg(&call, LegRole::Customer, to.to_string(), draft.now);
    call.legs.push(leg);
    call.note(draft.now, EventKind::Requested);
    draft.arm(&Timer::Upkeep(id), draft.now + draft.rules.quiet_max, Rearm::Replace);
    let decision = Decision {
        strategy: "requested".to_owned(),
        configuration: draft.rules.version,
        reached: std::time::Duration::ZERO,
        considered: Vec::new(),
    };
    let ring_timeout = draft.rules.customer_ring_timeout;
    offer::make(draft, &mut call, ring_timeout, agent, decision)?;
    draft.put_call(call)?;
    Ok(Reply::Call(id))
}
