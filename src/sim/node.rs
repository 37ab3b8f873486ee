//! What lies between a node and the rest of the world: its own clock, its way to the store, its way to the provider.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::sim::carrier::{NextRest, RestFault};
use crate::sim::fault::{Dice, FaultKind};
use crate::sim::nodes::{SimTelephony, lock};
use crate::sim::pause::Until;
use crate::sim::store::SimStore;
use crate::store::{
    Claim, Commit, CommitError, Key, Page, Record, Scan, Store, StoreError, StoreErrorKind, Task, TaskId,
};
use crate::telephony::{Action, Command, LegRef, LegReport, LegState, Performed, Telephony, TelephonyError};
use crate::time::{Clock, ManualClock, Timestamp};

/// A bug that a node has at its seams: one that no change of a commit could express.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sabotage {
    /// Claimed work is taken for done at once.
    SettlesAtClaim,
    /// A claim is never given up, even if its node dies.
    HoldsForEver,
    /// A commit of unknown outcome is taken for applied.
    TakesUnknownForDone,
    /// A lost claim does not keep the commit from being made.
    IgnoresLostClaims,
    /// A conflict does not keep the commit from being taken for made.
    IgnoresConflicts,
    /// What the provider says of a leg is not heeded.
    ProbesBlind,
    /// A dial that failed is sent again on the spot.
    DialsAgain,
    /// Every record is read as it was when the node first read it.
    ReadsStale,
}

/// What all nodes share that is no part of the call centre: the dice, and what has been seen to happen.
#[derive(Debug, Default)]
pub(crate) struct Commons {
    dice: Mutex<Option<Arc<Dice>>>,
    /// How long calls to the store take at most, in milliseconds; 0: no time.
    pub(crate) slow_ms: AtomicI64,
    /// Who has claimed a task and not settled it: the node, and in which of its lives.
    claims: Mutex<BTreeMap<TaskId, (usize, u32)>>,
    reached: Mutex<BTreeMap<&'static str, u64>>,
    paused: Mutex<BTreeSet<usize>>,
    sabotage: Mutex<Option<Sabotage>>,
    /// Records as they were first read, for [`Sabotage::ReadsStale`].
    stale: Mutex<BTreeMap<Key, Option<Record>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Commons {
    pub(crate) fn set_dice(&self, dice: Arc<Dice>) {
        *locked(&self.dice) = Some(dice);
    }

    pub(crate) fn dice(&self) -> Option<Arc<Dice>> {
        locked(&self.dice).clone()
    }

    pub(crate) fn happens(&self, kind: FaultKind) -> Option<u64> {
        locked(&self.dice).as_ref().and_then(|dice| dice.happens(kind))
    }

    pub(crate) fn sabotage(&self, sabotage: Sabotage) {
        *locked(&self.sabotage) = Some(sabotage);
    }

    fn has(&self, sabotage: Sabotage) -> bool {
        *locked(&self.sabotage) == Some(sabotage)
    }

    /// Counts a situation that was reached.
    pub(crate) fn reach(&self, situation: &'static str) {
        *locked(&self.reached).entry(situation).or_default() += 1;
    }

    pub(crate) fn reached(&self) -> BTreeMap<&'static str, u64> {
        locked(&self.reached).clone()
    }

    /// The node has stood still: tasks that it holds may be taken from it.
    pub(crate) fn note_paused(&self, node: usize) {
        locked(&self.paused).insert(node);
    }
}

/// How a node is placed.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) number: usize,
    /// Microseconds that its clock is ahead.
    pub(crate) ahead_us: AtomicI64,
    pub(crate) store_cut: AtomicBool,
    pub(crate) provider_cut: AtomicBool,
    /// How often it has died.
    pub(crate) lives: AtomicU32,
    clock: Arc<ManualClock>,
    commons: Arc<Commons>,
}

impl Site {
    pub(crate) fn new(number: usize, clock: Arc<ManualClock>, commons: Arc<Commons>) -> Self {
        Self {
            number,
            ahead_us: AtomicI64::new(0),
            store_cut: AtomicBool::new(false),
            provider_cut: AtomicBool::new(false),
            lives: AtomicU32::new(0),
            clock,
            commons,
        }
    }

    /// How far its clock is from the true time, as a time of the world at which the clock shows `shown`.
    pub(crate) fn when_it_shows(&self, shown: Timestamp) -> Timestamp {
        Timestamp::from_micros(shown.as_micros().saturating_sub(self.ahead_us.load(Ordering::Relaxed)))
    }
}

impl Clock for Site {
    fn now(&self) -> Timestamp {
        let now = self.clock.now().as_micros();
        Timestamp::from_micros(now.saturating_add(self.ahead_us.load(Ordering::Relaxed)))
    }
}

/// The store, as a node reaches it.
pub(crate) struct NodeStore {
    pub(crate) site: Arc<Site>,
    pub(crate) store: Arc<SimStore>,
}

impl fmt::Debug for NodeStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeStore").field("site", &self.site.number).finish_non_exhaustive()
    }
}

fn broken() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the connection to the simulated store broke")
}

impl NodeStore {
    /// Reaches the store, which may take time.
    pub(crate) async fn reach(&self) -> Result<(), StoreError> {
        let commons = &self.site.commons;
        let slow = commons.slow_ms.load(Ordering::Relaxed);
        if slow > 0
            && let Some(dice) = commons.dice()
        {
            let word = dice.word(FaultKind::StoreSlow);
            let clock = &self.site.clock;
            let wait = dice.up_to(Duration::from_millis(u64::try_from(slow).unwrap_or(0)), word);
            Until { at: clock.now() + wait, now: || clock.now() }.await;
        }
        self.connected()
    }

    fn connected(&self) -> Result<(), StoreError> {
        if self.site.store_cut.load(Ordering::Relaxed) { Err(broken()) } else { Ok(()) }
    }

    fn reads(&self) -> Result<(), StoreError> {
        if self.site.commons.happens(FaultKind::ReadFails).is_some() { Err(broken()) } else { Ok(()) }
    }

    fn note_claimed(&self, tasks: &[Task]) {
        let commons = &self.site.commons;
        let me = (self.site.number, self.site.lives.load(Ordering::Relaxed));
        let mut claims = locked(&commons.claims);
        for task in tasks {
            let Some((node, life)) = claims.insert(task.lease.id.clone(), me) else { continue };
            if (node, life) == me {
                continue;
            }
            let was_paused = locked(&commons.paused).contains(&node);
            if node == me.0 || !was_paused {
                commons.reach("taken over after a crash or a failure");
            } else {
                commons.reach("taken over after a pause");
            }
        }
    }

    fn note_committed(&self, commit: &Commit, result: &Result<(), CommitError>) {
        let commons = &self.site.commons;
        match result {
            Ok(()) => {
                let mut claims = locked(&commons.claims);
                for lease in &commit.settle {
                    claims.remove(&lease.id);
                }
            }
            Err(CommitError::Conflict(key)) if key.as_str().starts_with("agent/") => {
                commons.reach("an agent was taken by another commit first");
            }
            Err(CommitError::Conflict(_)) => commons.reach("a decision was made again"),
            Err(CommitError::LeaseLost(_)) => commons.reach("a claim was lost"),
            Err(CommitError::Store(_)) => {}
        }
    }
}

#[async_trait]
impl Store for NodeStore {
    async fn load(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.reach().await?;
        self.reads()?;
        let mut records = self.store.load(keys).await?;
        self.connected()?;
        if self.site.commons.has(Sabotage::ReadsStale) {
            let mut stale = locked(&self.site.commons.stale);
            for (key, record) in keys.iter().zip(&mut records).filter(|(key, _)| key.as_str().starts_with("agent/")) {
                *record = stale.entry(key.clone()).or_insert_with(|| record.clone()).clone();
            }
        }
        Ok(records)
    }

    async fn scan(&self, scan: &Scan) -> Result<Page, StoreError> {
        self.reach().await?;
        self.reads()?;
        let page = self.store.scan(scan).await?;
        self.connected()?;
        Ok(page)
    }

    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        self.reach().await?;
        let commons = &self.site.commons;
        let first = commit.puts.first().map(|put| put.key.clone());
        if let Some(key) = first
            && commons.happens(FaultKind::CommitAborted).is_some()
        {
            return Err(CommitError::Conflict(key));
        }
        if commons.happens(FaultKind::CommitRefused).is_some() {
            commons.reach("a commit of unknown outcome had not been applied");
            return if commons.has(Sabotage::TakesUnknownForDone) { Ok(()) } else { Err(broken().into()) };
        }
        let unsettled = Commit { settle: Vec::new(), ..commit.clone() };
        let result =
            match self.store.commit(if commons.has(Sabotage::SettlesAtClaim) { &unsettled } else { commit }).await {
                Err(CommitError::LeaseLost(_)) if commons.has(Sabotage::IgnoresLostClaims) => {
                    self.store.commit(&unsettled).await
                }
                Err(CommitError::Conflict(_)) if commons.has(Sabotage::IgnoresConflicts) => Ok(()),
                result => result,
            };
        self.note_committed(commit, &result);
        let is_lost = commons.happens(FaultKind::CommitUnknown).is_some() || self.connected().is_err();
        if is_lost {
            if result.is_ok() {
                commons.reach("a commit of unknown outcome had been applied");
            }
            return Err(broken().into());
        }
        result
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Task>, StoreError> {
        self.reach().await?;
        self.reads()?;
        let mut claim = *claim;
        if self.site.commons.has(Sabotage::HoldsForEver) {
            claim.hold = Duration::from_secs(86_400);
        }
        let tasks = self.store.claim(&claim).await?;
        if self.site.commons.has(Sabotage::SettlesAtClaim) {
            let settle = tasks.iter().map(|task| task.lease.clone()).collect();
            self.store.commit(&Commit { settle, ..Commit::default() }).await.map_err(|_| broken())?;
        }
        self.note_claimed(&tasks);
        self.connected()?;
        Ok(tasks)
    }
}

/// The provider, as a node reaches it.
#[derive(Debug)]
pub(crate) struct NodeTelephony {
    pub(crate) site: Arc<Site>,
    pub(crate) telephony: Arc<SimTelephony>,
}

impl NodeTelephony {
    /// What goes wrong with the next request.
    fn fault(&self) -> Option<NextRest> {
        let dice = self.site.commons.dice()?;
        if self.site.provider_cut.load(Ordering::Relaxed) {
            return Some(RestFault::LostBefore.into());
        }
        let kinds = [
            (FaultKind::RestLostBefore, NextRest::Fault(RestFault::LostBefore)),
            (FaultKind::RestLostAfter, NextRest::Fault(RestFault::LostAfter)),
            (FaultKind::RestTimeout, NextRest::Fault(RestFault::Timeout)),
            (FaultKind::RestBusy, NextRest::Status(429)),
            (FaultKind::RestFailed, NextRest::Status(500)),
            (FaultKind::RestNoEffect, NextRest::Status(200)),
        ];
        kinds.into_iter().find(|(kind, _)| dice.happens(*kind).is_some()).map(|(_, fault)| fault)
    }

    pub(crate) fn queue_fault(&self) {
        if let Some(fault) = self.fault() {
            lock(self.telephony.carrier()).fault_next_rest(fault);
        }
    }
}

#[async_trait]
impl Telephony for NodeTelephony {
    async fn perform(&self, command: &Command) -> Result<Performed, TelephonyError> {
        let commons = &self.site.commons;
        let result = self.telephony.perform_with(command, || self.queue_fault()).await;
        match result {
            Err(_) if commons.has(Sabotage::DialsAgain) && matches!(command.action, Action::Dial { .. }) => {
                self.telephony.perform_with(command, || self.queue_fault()).await
            }
            result => result,
        }
    }

    async fn probe(&self, leg: &LegRef) -> Result<LegReport, TelephonyError> {
        let report = self.telephony.probe_with(leg, || self.queue_fault()).await?;
        let is_blind = self.site.commons.has(Sabotage::ProbesBlind);
        Ok(if is_blind { LegReport { state: LegState::Answered, ..report } } else { report })
    }
}
