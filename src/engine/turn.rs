//! Due work: claim some, do it, settle it. Kill it anywhere, and another node carries on.

use std::time::Duration;

use futures_util::future::join_all;
use serde::Deserialize;

use crate::core::{CommandResult, Input, Reply, Timer};
use crate::engine::Switchboard;
use crate::error::Error;
use crate::id::{CallId, LegId};
use crate::model::{Call, CommandState, Leg, LegCommand, LegVerb};
use crate::store::{Claim, Commit, CommitError, Lease, StoreError, StoreErrorKind, Task};
use crate::telephony::twilio::dialect;
use crate::telephony::{Action, Command, Dial, Failure, LegRef};

/// Tasks claimed at once.
const CLAIM_MAX: u16 = 16;
/// How long one command may take.
const DEADLINE: Duration = Duration::from_secs(3);
/// How long nobody else gets them: longer than a command may take, as they are carried out side by side; short, because it
/// is how long work waits after a node has died, and a caller whose agent has left may be met with no more than 5 s of silence.
const HOLD: Duration = Duration::from_secs(4);

/// What a turn did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turned {
    /// Tasks claimed. Zero: nothing was due.
    pub claimed: usize,
    /// Tasks that were left to be claimed again, because the store or the records failed.
    pub left: usize,
}

impl Switchboard {
    /// Does a bounded amount of due work.
    ///
    /// # Errors
    /// The store's, if no work could be claimed. A task that fails is left to be claimed again when its hold ends.
    pub async fn turn(&self) -> Result<Turned, StoreError> {
        let claim = Claim { now: self.now(), limit: CLAIM_MAX, hold: HOLD };
        let tasks = self.0.work.claim(&claim).await?;
        let results = join_all(tasks.iter().map(|task| self.work(task))).await;
        Ok(Turned { claimed: tasks.len(), left: results.iter().filter(|result| result.is_err()).count() })
    }

    async fn work(&self, task: &Task) -> Result<(), Error> {
        let Ok(timer) = Timer::deserialize(&*task.work.0) else {
            // A newer version's work: left for a newer node.
            return Err(StoreError::new(StoreErrorKind::Corrupt, "unknown work").into());
        };
        match timer {
            Timer::Command(call, leg) => self.command(call, leg, &task.lease).await,
            Timer::Match => self.match_calls(&task.lease).await,
            timer => self.drive(&Input::Due(timer), Some(&task.lease)).await.map(drop),
        }
    }

    /// Carries out the first command of a leg.
    async fn command(&self, call_id: CallId, leg_id: LegId, lease: &Lease) -> Result<(), Error> {
        let Some(call) = self.call(call_id).await? else { return self.settle(lease).await };
        let Some((leg, command)) = call.leg(leg_id).and_then(|leg| Some((leg, leg.commands.first()?))) else {
            return self.settle(lease).await;
        };
        let seq = command.seq;
        let input = match (command.verb, command.state) {
            (LegVerb::Probe, _) | (_, CommandState::Unsure(_)) => {
                let report = match leg_ref(&call, leg, command) {
                    Some(leg) => self.0.telephony.probe(&leg).await.ok(),
                    None => None,
                };
                Input::Probed { call: call_id, leg: leg_id, seq, report }
            }
            (LegVerb::Dial, CommandState::Sending(_)) => {
                // Another node sent it and was not heard of again.
                let message = "the node that sent it stopped before noting the result".to_owned();
                let result = CommandResult::Failed { failure: Failure::Unknown, code: None, message };
                Input::Performed { call: call_id, leg: leg_id, seq, result }
            }
            (verb, _) => {
                if verb == LegVerb::Dial {
                    let sending = Input::Sending { call: call_id, leg: leg_id, seq };
                    if self.drive(&sending, None).await? != Reply::Proceed(true) {
                        return self.settle(lease).await;
                    }
                }
                let result = self.perform(&call, leg, command).await;
                Input::Performed { call: call_id, leg: leg_id, seq, result }
            }
        };
        self.drive(&input, Some(lease)).await.map(drop)
    }

    async fn perform(&self, call: &Call, leg: &Leg, command: &LegCommand) -> CommandResult {
        let Some(action) = self.action(call, leg, command.verb) else {
            let message = "the leg has no address that can be dialled, or no id yet".to_owned();
            return CommandResult::Failed { failure: Failure::Rejected, code: None, message };
        };
        let id = format!("{}/{}/{}", call.id, leg.id, command.seq);
        match self.0.telephony.perform(&Command { id, deadline: DEADLINE, action }).await {
            Ok(performed) => CommandResult::Done(performed.leg),
            Err(error) => {
                CommandResult::Failed { failure: error.failure(), code: error.code(), message: error.to_string() }
            }
        }
    }

    fn action(&self, call: &Call, leg: &Leg, verb: LegVerb) -> Option<Action> {
        let good_until = call.urls_from() + crate::core::URLS_GOOD_FOR;
        let route = |hop| dialect::hop_url(&self.0.urls, call.id, leg.id, hop, good_until);
        Some(match verb {
            LegVerb::Dial => {
                let (document_url, status_url) = (route(0), dialect::leg_url(&self.0.urls, call.id, leg.id));
                let dial = Dial::new(leg.endpoint.parse().ok()?, self.caller_id(call)?, document_url, status_url);
                dial.ring_timeout(leg.ring_timeout).time_limit(self.0.rules.leg_time_limit).into()
            }
            LegVerb::Redirect => Action::Redirect { leg: leg.sid.clone()?, document_url: route(leg.hop) },
            LegVerb::Cancel => Action::Cancel { leg: leg.sid.clone()? },
            LegVerb::HangUp => Action::HangUp { leg: leg.sid.clone()? },
            LegVerb::Announce(notice) => {
                let queue = call.queue.clone()?;
                Action::Announce {
                    conference: call.room_sid.clone()?,
                    leg: Some(leg.sid.clone()?),
                    document_url: dialect::announcement_url(&self.0.urls, call.id, queue, notice, good_until),
                }
            }
            LegVerb::Probe => return None,
        })
    }

    /// Our number: the one the customer called or is called from.
    fn caller_id(&self, call: &Call) -> Option<crate::phone::Endpoint> {
        let ours = call.number.parse().ok();
        ours.or_else(|| self.0.rules.caller_id.clone().map(Into::into))
    }

    async fn settle(&self, lease: &Lease) -> Result<(), Error> {
        let commit = Commit { settle: vec![lease.clone()], ..Commit::default() };
        match self.0.work.commit(&commit).await {
            Err(CommitError::Store(error)) => Err(error.into()),
            _ => Ok(()),
        }
    }
}

fn leg_ref(call: &Call, leg: &Leg, command: &LegCommand) -> Option<LegRef> {
    if let Some(sid) = &leg.sid {
        return Some(LegRef::Id(sid.clone()));
    }
    let CommandState::Unsure(sent_at) = command.state else { return None };
    Some(LegRef::Dialled { to: leg.endpoint.parse().ok()?, from: call.number.parse().ok()?, sent_at })
}
