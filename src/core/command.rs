//! Commands to the provider: one at a time on each leg, in order; a dial is never sent twice unless it is known not to
//! have been done.

use std::time::Duration;

use crate::core::draft::Draft;
use crate::core::{CommandResult, Reply, Stop, Timer, call as calls, callback};
use crate::id::{CallId, LegId};
use crate::model::{
    Call, CallState, CallbackState, CommandState, EventKind, Leg, LegCommand, LegProgress, LegRole, LegVerb, OfferState,
};
use crate::store::Rearm;
use crate::telephony::{EndCause, Failure};

/// First wait before a command is tried again; doubles up to [`BACKOFF_MAX`].
const BACKOFF: Duration = Duration::from_millis(500);
/// Longest wait before a command is tried again.
const BACKOFF_MAX: Duration = Duration::from_secs(8);
/// Longest wait that the provider may ask for: callers and telephones wait for the command.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);
/// Longest message of the provider that is kept, in characters.
const MESSAGE_CHARS_MAX: usize = 200;
/// Wait before the provider is asked about a command of unknown outcome.
pub(crate) const UNSURE_PAUSE: Duration = Duration::from_secs(2);
/// After a hang-up the end should be heard within this time, or the provider is asked.
const HUNG_UP_PAUSE: Duration = Duration::from_secs(5);

/// Gives a leg a command.
pub(crate) fn give(draft: &mut Draft<'_>, call: &mut Call, id: LegId, verb: LegVerb) {
    let (now, call_id) = (draft.now, call.id);
    let Some(leg) = call.leg_mut(id) else { return };
    if !leg.is_live() {
        return;
    }
    let seq = leg.command_seq;
    // Nothing waits for an announcement, not even for one that is being sent.
    leg.commands.retain(|command| !is_announcement(command));
    if let Some(first) = leg.commands.first_mut().filter(|first| first.verb == verb && verb == LegVerb::Redirect) {
        // It may be under way, and lead to where the leg has been: another one has to follow.
        first.seq = seq;
        leg.command_seq += 1;
        draft.arm(&Timer::Command(call_id, id), now, Rearm::Replace);
        return;
    }
    if leg.commands.iter().any(|command| command.verb == verb) {
        return;
    }
    if matches!(verb, LegVerb::Cancel | LegVerb::HangUp) {
        // What has not been sent need not be: the leg is about to end.
        leg.commands.retain(|command| command.state != CommandState::Queued);
        if leg.commands.is_empty() && leg.sid.is_none() {
            leg.progress = LegProgress::Ended(EndCause::Canceled);
            leg.heard_at = now;
            draft.disarm(&Timer::Command(call_id, id));
            call.note(now, EventKind::Leg { leg: id, state: "canceled".to_owned() });
            return;
        }
    }
    leg.commands.push(LegCommand { seq: leg.command_seq, verb, state: CommandState::Queued, attempts: 0 });
    leg.command_seq += 1;
    if leg.commands.len() == 1 {
        draft.arm(&Timer::Command(call_id, id), now, Rearm::Replace);
    }
}

fn is_announcement(command: &LegCommand) -> bool {
    matches!(command.verb, LegVerb::Announce(_))
}

/// Ends a leg that was believed never to have been placed.
pub(crate) fn hang_up_zombie(draft: &mut Draft<'_>, call: &mut Call, id: LegId) {
    let call_id = call.id;
    let Some(leg) = call.leg_mut(id) else { return };
    leg.progress = LegProgress::Ringing;
    leg.heard_at = draft.now;
    give(draft, call, id, LegVerb::HangUp);
    draft.arm(&Timer::Upkeep(call_id), draft.now + HUNG_UP_PAUSE, Rearm::Earliest);
}

/// Whether a dial still serves a purpose.
fn is_wanted(draft: &Draft<'_>, call: &Call, leg: &Leg) -> bool {
    if let (LegRole::Customer, Some(number)) = (leg.role, &call.callback) {
        let is_last = call.customer_leg().is_some_and(|last| last.id == leg.id);
        return is_last && number.state == CallbackState::Dialling && callback::may_dial(draft, call);
    }
    match leg.role {
        LegRole::Agent => call.offers.iter().any(|offer| offer.leg == leg.id && offer.state == OfferState::Offered),
        LegRole::Customer => matches!(call.state, CallState::Placing | CallState::Connecting),
    }
}

/// A dial is about to be sent: noted first, so that nobody sends it a second time. The reply says whether to go on.
pub(crate) fn sending(draft: &mut Draft<'_>, call: CallId, leg: LegId, seq: u32) -> Result<Reply, Stop> {
    let Some(mut call) = draft.call(call)? else { return Ok(Reply::Proceed(false)) };
    let now = draft.now;
    let wanted = call.leg(leg).is_some_and(|leg| is_wanted(draft, &call, leg));
    let Some(found) = call.leg_mut(leg) else { return Ok(Reply::Proceed(false)) };
    let Some(command) = found.commands.first_mut().filter(|c| c.seq == seq && c.state == CommandState::Queued) else {
        return Ok(Reply::Proceed(false));
    };
    if !wanted {
        calls::leg_ended(draft, call, leg, EndCause::Canceled)?;
        return Ok(Reply::Proceed(false));
    }
    command.state = CommandState::Sending(now);
    draft.put_call(call)?;
    Ok(Reply::Proceed(true))
}

/// A command was tried.
pub(crate) fn performed(
    draft: &mut Draft<'_>,
    call: CallId,
    leg: LegId,
    seq: u32,
    result: &CommandResult,
) -> Result<Reply, Stop> {
    let Some(mut call) = draft.call(call)? else { return Ok(Reply::None) };
    let now = draft.now;
    let Some(found) = call.leg_mut(leg) else { return Ok(Reply::None) };
    let Some(command) = found.commands.first_mut().filter(|command| command.seq == seq) else {
        return Ok(Reply::None);
    };
    let verb = command.verb;
    if is_announcement(command) {
        // Heard or not, it is over: a later one is fresher.
        pop(draft, &mut call, leg);
        draft.put_call(call)?;
        return Ok(Reply::None);
    }
    match result {
        CommandResult::Done(sid) => {
            if let (None, Some(sid)) = (&found.sid, sid) {
                found.sid = Some(sid.clone());
            }
            done(draft, &mut call, leg, verb);
        }
        CommandResult::Failed { failure: Failure::Unavailable { retry_after }, .. } => {
            command.attempts += 1;
            command.state = CommandState::Queued;
            let wait = retry_after.unwrap_or_else(|| backoff(command.attempts)).min(RETRY_AFTER_MAX);
            draft.arm(&Timer::Command(call.id, leg), now + wait, Rearm::Replace);
        }
        CommandResult::Failed { failure: Failure::Unknown, .. } if verb == LegVerb::Dial => {
            let sent_at = if let CommandState::Sending(at) = command.state { at } else { now };
            command.state = CommandState::Unsure(sent_at);
            draft.arm(&Timer::Command(call.id, leg), now + UNSURE_PAUSE, Rearm::Replace);
        }
        CommandResult::Failed { failure: Failure::Unknown, .. } => {
            // Doing it twice does no more than once.
            command.attempts += 1;
            let wait = backoff(command.attempts);
            draft.arm(&Timer::Command(call.id, leg), now + wait, Rearm::Replace);
        }
        CommandResult::Failed { failure: Failure::Rejected, code, message } => {
            let message = message.chars().take(MESSAGE_CHARS_MAX).collect();
            call.note(now, EventKind::CommandFailed { leg, code: *code, message });
            if verb == LegVerb::Dial {
                calls::leg_ended(draft, call, leg, EndCause::Failed)?;
                return Ok(Reply::None);
            }
            pop(draft, &mut call, leg);
            if verb != LegVerb::Probe {
                give(draft, &mut call, leg, LegVerb::Probe);
            }
        }
    }
    draft.put_call(call)?;
    Ok(Reply::None)
}

fn done(draft: &mut Draft<'_>, call: &mut Call, leg: LegId, verb: LegVerb) {
    let now = draft.now;
    if let Some(found) = call.leg_mut(leg) {
        found.heard_at = now;
        if verb == LegVerb::Dial {
            found.progress = found.progress.max(LegProgress::Ringing);
        }
    }
    if matches!(verb, LegVerb::Cancel | LegVerb::HangUp) {
        draft.arm(&Timer::Upkeep(call.id), now + HUNG_UP_PAUSE, Rearm::Earliest);
    }
    pop(draft, call, leg);
}

/// Takes a leg's first command off, and lets the next one be carried out.
pub(crate) fn pop(draft: &mut Draft<'_>, call: &mut Call, leg: LegId) {
    let call_id = call.id;
    let Some(found) = call.leg_mut(leg) else { return };
    if !found.commands.is_empty() {
        found.commands.remove(0);
    }
    if !found.commands.is_empty() {
        draft.arm_command(call_id, leg);
    }
}

/// The leg has been heard of: a dial under way, or of unknown outcome, was done.
pub(crate) fn learnt(draft: &mut Draft<'_>, call: &mut Call, leg: LegId) {
    let under_way = call
        .leg(leg)
        .and_then(|leg| leg.commands.first())
        .is_some_and(|command| command.verb == LegVerb::Dial && command.state != CommandState::Queued);
    if under_way {
        pop(draft, call, leg);
    }
}

/// Wait before attempt number `attempts` + 1.
pub(crate) fn backoff(attempts: u32) -> Duration {
    BACKOFF.saturating_mul(1 << attempts.saturating_sub(1).min(8)).min(BACKOFF_MAX)
}
