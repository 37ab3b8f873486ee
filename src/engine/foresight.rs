//! What this node foretells of waits: it learns from its own commits and from what others have stored. Like its floor it is a hint,
//! made anew from what is stored.
//!
//! What happened is kept aside and worked off when there is nothing to offer, or when somebody asks: no caller waits for it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::witness::{Seen, Witness};
use crate::core::{CALLS, Change, ENDED, ExpectedWait, Rules};
use crate::engine::Switchboard;
use crate::engine::read::parse;
use crate::error::Error;
use crate::forecast::{Accuracy, Day, Estimate, Predictor, Silence, Waits};
use crate::id::{CallId, QueueId};
use crate::model::{self, Call, CallState, Foretold};
use crate::routing::{Roster, Waiting};
use crate::store::{Cursor, Key, PAGE_MAX, Scan, StoreError};
use crate::time::Timestamp;

/// What a call keeps an agent for before any has been seen.
const ASSUMED: Duration = Duration::from_secs(240);
/// How far back a node that starts looks for calls to learn from.
const RECALLED: Duration = Duration::from_secs(24 * 3600);
/// How many of them at most.
const RECALLED_MAX: usize = 2048;
/// What may be kept aside; when there is more, all is learned anew.
const ASIDE_MAX: usize = 8192;
/// A node that was not asked for longer learns as if it had just started.
const UNASKED_MAX: Duration = Duration::from_secs(600);
/// How often the calls that have ended are read.
const ENDED_EVERY: Duration = Duration::from_secs(5);
/// How far apart the clocks of nodes may be, and how long a commit may take.
const OVERLAP: Duration = Duration::from_secs(5);

struct Known {
    waits: Waits,
    witness: Witness,
    /// Calls that ended before then have been read; `None`: none has.
    ended: Option<Timestamp>,
}

/// What this node knows of waits.
pub(crate) struct NodeWaits {
    roster: Arc<Roster>,
    known: Mutex<Known>,
    aside: Mutex<Vec<(Seen, Timestamp)>>,
}

impl fmt::Debug for NodeWaits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeWaits").finish_non_exhaustive()
    }
}

/// What is foretold of the next caller of a queue, and how well waits of the queue were foretold.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WaitFigures {
    /// Whether this node has seen enough calls of the queue for nothing of what is assumed beforehand to be left: thirty.
    pub has_learned: bool,
    /// The wait of somebody who would join now; `None`: nobody who is signed in could serve them.
    pub next: Option<Estimate>,
    /// Why waits are not told to callers at the moment.
    pub silence: Option<Silence>,
    /// Whose estimates are told.
    pub by: Predictor,
    /// How well waits were foretold by what was told.
    pub told: Accuracy,
    /// How well each way to foretell did, or would have done.
    pub ways: BTreeMap<Predictor, Accuracy>,
    /// Mean time that a call keeps an agent.
    pub handle: Duration,
}

impl NodeWaits {
    pub(crate) fn new(roster: Arc<Roster>) -> Self {
        Self { known: Mutex::new(Known::new(&roster)), aside: Mutex::new(Vec::new()), roster }
    }

    /// Whatever a panic left half done is learned again.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(|poisoned: PoisonError<_>| {
            self.known.clear_poison();
            let mut known = poisoned.into_inner();
            *known = Known::new(&self.roster);
            known
        })
    }

    fn aside(&self) -> MutexGuard<'_, Vec<(Seen, Timestamp)>> {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps aside what a commit has changed.
    pub(crate) fn learn(&self, changes: &[Change], facts: &[model::Fact], now: Timestamp) {
        let mut aside = self.aside();
        // Another node may have joined them.
        for change in changes {
            if let Change::Call { id, waiting: None, joined: Some((agent, at)), .. } = change {
                aside.push((Seen::Joined(*id, agent.clone()), *at));
            }
        }
        for fact in facts {
            if let model::Fact::Call { call, event, .. } = fact {
                aside.extend(Seen::of_event(*call, event).map(|seen| (seen, event.at)));
            }
        }
        for change in changes {
            if let Change::Call { id, waiting: Some(waiting), .. } = change {
                aside.push((Seen::Waits(*id, waiting.clone()), now));
            }
        }
        for change in changes {
            if let Change::Agent { id, history, .. } = change {
                aside.push((Seen::Agent(id.clone(), history.clone()), now));
            }
        }
        if aside.len() > ASIDE_MAX {
            aside.clear();
            drop(aside);
            *self.known() = Known::new(&self.roster);
        }
    }

    /// Keeps aside what a record of the floor says.
    pub(crate) fn saw(&self, seen: Seen, at: Timestamp) {
        let mut aside = self.aside();
        if aside.len() <= ASIDE_MAX {
            aside.push((seen, at));
        }
    }

    /// Works off what was kept aside.
    pub(crate) fn work_off(&self) {
        drop(self.up_to_date());
    }

    fn up_to_date(&self) -> MutexGuard<'_, Known> {
        let mut known = self.known();
        let aside = std::mem::take(&mut *self.aside());
        let Known { waits, witness, .. } = &mut *known;
        witness.tell(waits, aside);
        known
    }

    /// Calls for which agents are being rung.
    pub(crate) fn rung(&self) -> Vec<CallId> {
        self.up_to_date().witness.rung()
    }

    /// How long the call will wait from now on.
    pub(crate) fn expected(&self, call: CallId, queue: &QueueId, now: Timestamp) -> ExpectedWait {
        let waits = &mut self.up_to_date().waits;
        if !waits.has_learned(queue) || !waits.knows(call) {
            return ExpectedWait::Unknown;
        }
        let Some(estimate) = waits.estimate(call, now) else { return ExpectedWait::Silent(Silence::NobodyServes) };
        if waits.accuracy(queue).is_none_or(|accuracy| accuracy.is_too_low()) {
            return ExpectedWait::Silent(Silence::NotAccurate);
        }
        let ms = |wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let foretold = Foretold { mean_ms: ms(estimate.mean), p80_ms: ms(estimate.p80), by: estimate.by };
        ExpectedWait::Foretold(foretold, waits.reason(call, now))
    }

    /// The call has been told its wait.
    pub(crate) fn told(&self, call: CallId, now: Timestamp) {
        self.up_to_date().waits.announced(call, now);
    }

    /// Those of a line who wait no longer than `lead`, in order; `None`: nothing has been learned of the queue.
    pub(crate) fn near(&self, queue: &QueueId, line: &[CallId], lead: Duration, now: Timestamp) -> Option<Vec<CallId>> {
        let waits = &mut self.up_to_date().waits;
        if !waits.has_learned(queue) {
            return None;
        }
        let is_near = |call: &&CallId| waits.estimate(**call, now).is_some_and(|estimate| estimate.mean <= lead);
        Some(line.iter().take_while(is_near).copied().collect())
    }

    /// What is foretold of a call that joined now, waiting so.
    pub(crate) fn figures(&self, waiting: &Waiting, now: Timestamp) -> Option<WaitFigures> {
        let waits = &mut self.up_to_date().waits;
        let queue = &waiting.queue;
        let next = waits.estimate_next(waiting, now);
        let told = waits.accuracy(queue)?;
        let silence = match &next {
            None => Some(Silence::NobodyServes),
            Some(_) => told.is_too_low().then_some(Silence::NotAccurate),
        };
        let ways = Predictor::ALL.into_iter().filter_map(|way| Some((way, waits.accuracy_of(queue, way)?)));
        Some(WaitFigures {
            has_learned: waits.has_learned(queue),
            next,
            silence,
            by: waits.in_use(queue)?,
            told,
            ways: ways.collect(),
            handle: waits.handle_time(queue, now)?,
        })
    }
}

impl Known {
    fn new(roster: &Arc<Roster>) -> Self {
        let waits = Waits::new(Arc::clone(roster), ASSUMED, roster.seed);
        Self { waits, witness: Witness::default(), ended: None }
    }

    /// Learns from calls that have ended how long they took and how patient callers were, unless that was seen here. Who was signed
    /// in, and so what would have been foretold, is not known: the account of errors goes by what was foretold here.
    fn recall(&mut self, mut calls: Vec<Call>, rules: &Rules) {
        calls.retain(|call| !self.witness.has_seen(call.id) && !self.witness.is_with_agent(call.id));
        calls.iter().for_each(|call| self.witness.has_ended(call.id));
        let wrap_up = rules.queues.iter().map(|(id, queue)| (id.clone(), queue.wrap_up)).collect();
        self.waits.recall(&Day::from_calls(&calls, Vec::new(), &wrap_up));
    }
}

impl Switchboard {
    /// Learns what other nodes have changed.
    pub(crate) async fn read_waits(&self) -> Result<(), Error> {
        self.read_floor().await?;
        self.read_ended().await
    }

    /// Learns from calls that others have ended. A node that starts, or was not asked for long, learns from the calls of the last day,
    /// at most 2,048 of them.
    pub(crate) async fn read_ended(&self) -> Result<(), Error> {
        let now = self.now();
        let ended = self.0.waits.known().ended;
        let Some(ended) = ended.filter(|ended| now.since(*ended) < UNASKED_MAX) else {
            let calls = self.ended_lately(now).await?;
            let mut known = self.0.waits.up_to_date();
            if ended.is_some() {
                known.waits.forget_works();
                known.witness.forget_seen();
            }
            known.recall(calls, &self.0.rules);
            known.ended = Some(now - OVERLAP);
            return Ok(());
        };
        if now.since(ended) < ENDED_EVERY + OVERLAP {
            return Ok(());
        }
        let tenant = self.0.rules.tenant.to_string();
        let mut after = Some(Cursor { sort: [ended.as_micros(), 0], key: Key::new("") });
        while let Some(cursor) = after {
            let scan =
                Scan { index: ENDED.to_owned(), partition: tenant.clone(), after: Some(cursor), limit: PAGE_MAX };
            let page = self.0.reports.scan(&scan).await?;
            let mut known = self.0.waits.up_to_date();
            let mut unseen = Vec::new();
            for record in &page.records {
                let id = record.key.as_str().rsplit('/').next().and_then(|name| name.parse::<CallId>().ok());
                let Some(id) = id.filter(|id| !known.witness.has_seen(*id)) else { continue };
                // One damaged record must not stop the others: whoever touches it is told.
                let Ok(call) = parse::<Call>(record) else { continue };
                if known.witness.is_waiting(id) {
                    let events = call.events.iter().filter_map(|event| Some((Seen::of_event(id, event)?, event.at)));
                    self.0.waits.aside().extend(events);
                } else {
                    unseen.push(call);
                }
            }
            known.recall(unseen, &self.0.rules);
            after = page.next;
        }
        self.0.waits.known().ended = Some(now - OVERLAP);
        Ok(())
    }

    async fn ended_lately(&self, now: Timestamp) -> Result<Vec<Call>, StoreError> {
        let tenant = self.0.rules.tenant.to_string();
        let (mut calls, mut after, mut read) = (Vec::new(), None, 0);
        loop {
            let scan = Scan { index: CALLS.to_owned(), partition: tenant.clone(), after, limit: PAGE_MAX };
            let page = self.0.reports.scan(&scan).await?;
            read += page.records.len();
            let found = page.records.iter().filter_map(|record| parse::<Call>(record).ok());
            calls.extend(found.filter(|call| call.state == CallState::Ended));
            let is_over = calls.last().is_some_and(|call| now.since(call.started_at) > RECALLED);
            after = page.next.filter(|_| !is_over && read < RECALLED_MAX);
            if after.is_none() {
                return Ok(calls);
            }
        }
    }

    /// What is foretold of the next caller of a queue, and how well waits of the queue were foretold: as this node has seen it since
    /// it started. Reads what others have changed.
    ///
    /// # Errors
    /// `NotFound` when the configuration has no such queue; the store's.
    pub async fn wait_figures(&self, queue: &QueueId) -> Result<WaitFigures, Error> {
        let rules = &self.0.rules;
        let not_found = || super::figures::not_found("queue", queue);
        let found = rules.queues.get(queue).ok_or_else(not_found)?;
        self.read_waits().await?;
        let now = self.now();
        let waiting = crate::forecast::joining(queue.clone(), found.needs.clone(), found.priority, now);
        self.0.waits.figures(&waiting, now).ok_or_else(not_found)
    }
}
