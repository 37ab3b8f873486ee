//! A leg went quiet: the provider is asked, and its answer believed.

use std::time::Duration;

use crate::core::draft::Draft;
use crate::core::{Reply, Stop, Timer, call as calls, command, offer};
use crate::id::{CallId, LegId};
use crate::model::{CallState, CommandState, LegProgress, LegRole, LegVerb};
use crate::store::Rearm;
use crate::telephony::{EndCause, LegReport, LegState};

/// Times in a row that a question about a leg may go unanswered before it is put off.
const PROBES_MAX: u32 = 5;
/// After its call has ended a leg is asked about this soon.
const ENDED_QUIET: Duration = Duration::from_secs(5);

/// Asks about each leg that has been quiet for too long.
pub(crate) fn due(draft: &mut Draft<'_>, call: CallId) -> Result<(), Stop> {
    let Some(mut call) = draft.call(call)? else { return Ok(()) };
    let (now, ended) = (draft.now, call.state == CallState::Ended);
    let live: Vec<LegId> = call.legs.iter().filter(|leg| leg.is_live()).map(|leg| leg.id).collect();
    // A place that is kept for a callback may be without legs for a day.
    if live.is_empty() && (ended || call.is_placeholder()) {
        return Ok(());
    }
    let mut again = if ended { ENDED_QUIET } else { draft.rules.quiet_max };
    for id in live {
        let Some(leg) = call.leg(id) else { continue };
        // Nobody wants it any more: the call has ended, or the agent's offer has.
        let unwanted = ended || leg.role == LegRole::Agent && !call.offers.iter().any(|offer| offer.leg == id);
        let quiet_max = if unwanted { ENDED_QUIET } else { draft.rules.quiet_max };
        again = again.min(quiet_max);
        if leg.sid.is_none() || !leg.commands.is_empty() || now.since(leg.heard_at) < quiet_max {
            continue;
        }
        let unasked = leg.then.is_some();
        if unwanted {
            // A hang-up is never given up while the leg may be alive. It comes first: it drops what has not been sent.
            command::give(draft, &mut call, id, LegVerb::HangUp);
        } else if unasked {
            // It was to ask for its next document and did not: the provider accepted the command without effect.
            command::give(draft, &mut call, id, LegVerb::Redirect);
        }
        command::give(draft, &mut call, id, LegVerb::Probe);
    }
    draft.arm(&Timer::Upkeep(call.id), now + again, Rearm::Replace);
    draft.put_call(call)
}

/// The provider was asked about a leg.
pub(crate) fn probed(
    draft: &mut Draft<'_>,
    call: CallId,
    leg: LegId,
    seq: u32,
    report: Option<&LegReport>,
) -> Result<Reply, Stop> {
    let Some(mut call) = draft.call(call)? else { return Ok(Reply::None) };
    let (now, call_id, in_use) = (draft.now, call.id, call.room_number);
    let absent_for = draft.rules.absent_for;
    let Some(found) = call.leg_mut(leg) else { return Ok(Reply::None) };
    let Some(asked) = found.commands.first_mut().filter(|command| command.seq == seq) else {
        return Ok(Reply::None);
    };
    let Some(report) = report else {
        asked.attempts += 1;
        if asked.verb == LegVerb::Probe && asked.attempts >= PROBES_MAX {
            command::pop(draft, &mut call, leg);
        } else {
            draft.arm(&Timer::Command(call_id, leg), now + command::UNSURE_PAUSE, Rearm::Replace);
        }
        draft.put_call(call)?;
        return Ok(Reply::None);
    };
    if let (LegState::Absent, CommandState::Unsure(sent_at)) = (report.state, asked.state) {
        let mut wait = command::UNSURE_PAUSE;
        if now.since(sent_at) >= absent_for {
            // Absent for so long that it was never done: it may be sent after all, if it is still wanted.
            asked.state = CommandState::Queued;
            wait = Duration::ZERO;
        }
        draft.arm(&Timer::Command(call_id, leg), now + wait, Rearm::Replace);
        draft.put_call(call)?;
        return Ok(Reply::None);
    }
    if let (None, Some(id)) = (&found.sid, &report.id) {
        found.sid = Some(id.clone());
    }
    found.heard_at = now;
    match report.state {
        LegState::Ended(cause) => calls::leg_ended(draft, call, leg, cause)?,
        LegState::Absent => calls::leg_ended(draft, call, leg, EndCause::Failed)?,
        LegState::Ringing | LegState::Answered => {
            let answered = report.state == LegState::Answered;
            let progress = if answered { LegProgress::Answered } else { LegProgress::Ringing };
            found.progress = found.progress.max(progress);
            if answered && found.sent_to_room == Some(in_use) && !found.in_room {
                // It was told to enter the room and is live: the word that it did was lost.
                found.in_room = true;
                offer::joined(draft, &mut call)?;
            }
            command::pop(draft, &mut call, leg);
            draft.put_call(call)?;
        }
    }
    Ok(Reply::None)
}
