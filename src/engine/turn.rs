//! Due work: claim some, do it, settle it. Kill it anywhere, and another node carries on.

use std::time::Duration;

use futures_util::future::join_all;

use crate::core::{CommandResult, Input, Reply, Timer, call_key};
use crate::engine::Switchboard;
use crate::engine::read::parse;
use crate::error::Error;
use crate::id::{CallId, LegId};
use crate::model::{Call, CommandState, Leg, LegCommand, LegVerb};
use crate::store::{Arm, Claim, Commit, CommitError, Key, Lease, Rearm, StoreError, Task};
use crate::telephony::twilio::dialect;
use crate::telephony::{Action, Command, Dial, Failure, LegRef};

/// Tasks claimed at once.
const CLAIM_MAX: u16 = 16;
/// How long one command may take.
const DEADLINE: Duration = Duration::from_secs(3);
/// How long nobody else gets them: longer than a command may take, as they are carried out side by side; short, because it
/// is how long work waits after a node has died, and a caller whose agent has left may be met with no more than 5 s of silence.
const HOLD: Duration = Duration::from_secs(4);

/// How long what rings somebody is put off while the books are compared with the provider.
const PUT_OFF: Duration = Duration::from_millis(250);

/// How long work is left alone that only a newer version understands.
const LEFT_FOR: Duration = Duration::from_millis(500);

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
        if self.is_draining() {
            return Ok(Turned::default());
        }
        self.look_at_history().await?;
        let claim = Claim { now: self.now(), limit: CLAIM_MAX, hold: HOLD };
        let tasks = self.0.work.claim(&claim).await?;
        self.held().extend(tasks.iter().map(|task| (task.lease.id.clone(), task.clone())));
        let results = join_all(tasks.iter().map(|task| self.work(task))).await;
        Ok(Turned { claimed: tasks.len(), left: results.iter().filter(|result| result.is_err()).count() })
    }

    async fn work(&self, task: &Task) -> Result<(), Error> {
        let result = match self.carry_out(task).await {
            Err(error @ Error::Unreadable(_)) => {
                // A newer version's work, or about its records: a newer node gets its turn.
                self.put_off(task, LEFT_FOR).await?;
                Err(error)
            }
            result => result,
        };
        self.held().remove(&task.lease.id);
        result
    }

    async fn carry_out(&self, task: &Task) -> Result<(), Error> {
        let Ok(timer) = task.work.read::<Timer>() else {
            return Err(Error::Unreadable(Key::new(task.lease.id.as_str())));
        };
        match timer {
            Timer::Command(call, leg) => self.command(call, leg, task).await,
            Timer::Reconcile => self.reconcile(&task.lease).await,
            Timer::Match if !self.may_dispatch() => self.put_off(task, PUT_OFF).await,
            Timer::Announce(call) => self.tell_waiting(call, &task.lease).await,
            Timer::Match => self.match_calls(task).await,
            Timer::Line(queue) => self.see_queue(queue, &task.lease).await,
            timer => self.drive(&Input::Due(timer), Some(&task.lease)).await.map(drop),
        }
    }

    /// Carries out the first command of a leg.
    async fn command(&self, call_id: CallId, leg_id: LegId, task: &Task) -> Result<(), Error> {
        let lease = &task.lease;
        let Some(call) = self.call_to_act_on(call_id).await? else { return self.settle(lease).await };
        if call.schema > self.0.rules.schema {
            // What came of the command could not be noted.
            return Err(Error::Unreadable(call_key(&self.0.rules.tenant, call_id)));
        }
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
                if verb == LegVerb::Dial && !self.may_dispatch() {
                    return self.put_off(task, PUT_OFF).await;
                }
                if verb == LegVerb::Dial {
                    let sending = Input::Sending { call: call_id, leg: leg_id, seq };
                    if self.drive(&sending, None).await? != Reply::Proceed(true) {
                        return self.sent_by_another(call_id, leg_id, seq, lease).await;
                    }
                }
                let result = self.perform(&call, leg, command).await;
                Input::Performed { call: call_id, leg: leg_id, seq, result }
            }
        };
        self.drive(&input, Some(lease)).await.map(drop)
    }

    /// The call as it is stored now. What is decided about it next is decided by this.
    async fn call_to_act_on(&self, id: CallId) -> Result<Option<Call>, Error> {
        let records = self.0.work.load(&[call_key(&self.0.rules.tenant, id)]).await?;
        let Some(record) = records.into_iter().next().flatten() else { return Ok(None) };
        self.0.recent.read(&record, self.now());
        parse(&record).map(Some)
    }

    /// A dial that somebody else is sending stays to be done until the result is noted: whoever sends it may die, and finds the
    /// claim lost. One that is not wanted any more is settled.
    async fn sent_by_another(&self, call: CallId, leg: LegId, seq: u32, lease: &Lease) -> Result<(), Error> {
        let call = self.call(call).await?;
        let first = call.as_ref().and_then(|call| call.leg(leg)?.commands.first());
        if first.is_some_and(|command| command.seq == seq && command.state != CommandState::Queued) {
            return Ok(());
        }
        self.settle(lease).await
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

    /// Gives a task back, to be claimed again after `by`.
    pub(super) async fn put_off(&self, task: &Task, by: Duration) -> Result<(), Error> {
        let (id, work) = (task.lease.id.clone(), task.work.clone());
        let again = Arm { id, due: self.now() + by, rearm: Rearm::Earliest, work };
        let commit = Commit { settle: vec![task.lease.clone()], arm: vec![again], ..Commit::default() };
        match self.0.work.commit(&commit).await {
            Err(CommitError::Store(error)) => Err(error.into()),
            _ => Ok(()),
        }
    }

    pub(super) async fn settle(&self, lease: &Lease) -> Result<(), Error> {
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
