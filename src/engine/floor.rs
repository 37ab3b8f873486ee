//! The floor of this node: what it knows of who waits and who is free. What is stored is the truth; this is a hint that is made
//! anew from it, and each pick is looked at again before it is committed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use crate::core::{Change, FLOOR, Input, Picked, Reply};
use crate::engine::Switchboard;
use crate::error::Error;
use crate::id::{AgentId, CallId};
use crate::model::{Agent, Call, CallbackFirst, Queue};
use crate::routing::{Floor, Roster, Standing};
use crate::store::{Cursor, Key, Lease, PAGE_MAX, Record, Scan, StoreError, Version};
use crate::time::Timestamp;

/// How far apart the clocks of nodes may be, and how long a commit may take, before a change is first seen when everything is read.
const OVERLAP: Duration = Duration::from_secs(5);
/// How often everything is read.
const REREAD: Duration = Duration::from_secs(30);

struct Known {
    floor: Floor,
    calls: BTreeMap<CallId, (Version, u64)>,
    agents: BTreeMap<AgentId, (Version, u64)>,
    /// Counts what was learned.
    learned: u64,
    /// Everything that changed before then has been read.
    seen: Timestamp,
    /// When everything was read.
    read_at: Option<Timestamp>,
}

/// What this node knows.
pub(crate) struct NodeFloor(Mutex<Known>);

impl fmt::Debug for NodeFloor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeFloor").finish_non_exhaustive()
    }
}

impl Known {
    fn learn(&mut self, change: Change, now: Timestamp) {
        self.learned += 1;
        let stamp = self.learned;
        match change {
            Change::Call { id, version, waiting } => {
                if self.calls.get(&id).is_some_and(|(known, _)| *known > version) {
                    return;
                }
                match waiting {
                    Some(waiting) => {
                        self.calls.insert(id, (version, stamp));
                        self.floor.set_call(id, waiting, now);
                    }
                    None => {
                        self.calls.remove(&id);
                        self.floor.remove_call(id);
                    }
                }
            }
            Change::Answered { queue, in_time } => self.floor.note_answered(&queue, in_time),
            Change::Agent { id, version, standing } => {
                if self.agents.get(&id).is_some_and(|(known, _)| *known > version) {
                    return;
                }
                self.agents.insert(id.clone(), (version, stamp));
                self.floor.set_agent(&id, standing, now);
            }
        }
    }

    /// Drops what was not found when everything was read and has not been heard of since.
    fn forget(&mut self, found: &Found, before: u64, now: Timestamp) {
        let gone: Vec<CallId> = self
            .calls
            .iter()
            .filter(|(id, (_, stamp))| *stamp <= before && !found.calls.contains(id))
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            self.calls.remove(&id);
            self.floor.remove_call(id);
        }
        let left: Vec<AgentId> = self
            .agents
            .iter()
            .filter(|(id, (_, stamp))| *stamp <= before && !found.agents.contains(id))
            .map(|(id, _)| id.clone())
            .collect();
        for id in left {
            self.agents.remove(&id);
            self.floor.set_agent(&id, Standing::default(), now);
        }
    }
}

#[derive(Default)]
struct Found {
    calls: BTreeSet<CallId>,
    agents: BTreeSet<AgentId>,
}

impl NodeFloor {
    pub(crate) fn new(roster: Arc<Roster>) -> Self {
        Self(Mutex::new(Known {
            floor: Floor::new(roster),
            calls: BTreeMap::new(),
            agents: BTreeMap::new(),
            learned: 0,
            seen: Timestamp::from_micros(i64::MIN),
            read_at: None,
        }))
    }

    /// Whatever a panic left half done is read again.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(|poisoned: PoisonError<_>| {
            self.0.clear_poison();
            let mut known = poisoned.into_inner();
            known.read_at = None;
            known
        })
    }

    /// What is known now.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&Floor) -> T) -> T {
        question(&self.known().floor)
    }

    pub(crate) fn learn(&self, changes: Vec<Change>, now: Timestamp) {
        if changes.is_empty() {
            return;
        }
        let mut known = self.known();
        changes.into_iter().for_each(|change| known.learn(change, now));
    }

    /// What is to be offered next; it counts as offered here until the store says otherwise.
    fn pick(&self, now: Timestamp) -> Option<Picked> {
        let mut known = self.known();
        let floor = &mut known.floor;
        let pick = floor.next(now)?;
        let picked = Picked {
            call: pick.call,
            queue: floor.queue(&pick).clone(),
            agents: floor.agents(&pick).cloned().collect(),
            reached: floor.reached(pick.call).unwrap_or_default(),
            considered: floor.considered(&pick, now),
        };
        floor.take(&pick, now);
        Some(picked)
    }
}

/// As long as it is not known whether a pick was stored, dropping this has everything read again.
struct Unsure<'a> {
    floor: &'a NodeFloor,
    is_known: bool,
}

impl Drop for Unsure<'_> {
    fn drop(&mut self) {
        if !self.is_known {
            self.floor.known().read_at = None;
        }
    }
}

impl Switchboard {
    /// Makes the next offer, or sets the time to look again. One offer a turn, which settles the turn: a node that dies leaves
    /// nothing half done.
    pub(crate) async fn match_calls(&self, lease: &Lease) -> Result<(), Error> {
        self.read_floor().await?;
        self.ring_those_near().await?;
        if let Some(picked) = self.0.floor.pick(self.now()) {
            let mut unsure = Unsure { floor: &self.0.floor, is_known: false };
            unsure.is_known = matches!(self.drive(&Input::Picked(picked), Some(lease)).await?, Reply::Proceed(_));
            return Ok(());
        }
        let until = self.0.floor.ask(Floor::due);
        self.drive(&Input::NothingToOffer { until }, Some(lease)).await.map(drop)
    }

    /// Rings the customers whose callbacks begin with them and whose turn is near, where a wait can be estimated.
    async fn ring_those_near(&self) -> Result<(), Error> {
        let is_estimated = |queue: &&Queue| {
            let first = queue.callback.as_ref().map(|policy| policy.first);
            let per_place = queue.announcements.as_ref().and_then(|policy| policy.per_place);
            first == Some(CallbackFirst::Customer) && per_place.is_some()
        };
        for queue in self.0.rules.queues.values().filter(is_estimated) {
            while matches!(self.drive(&Input::Nearing(queue.id.clone()), None).await?, Reply::Proceed(true)) {}
        }
        Ok(())
    }

    /// Learns what other nodes have changed: what is new since the last time, now and then everything.
    pub(crate) async fn read_floor(&self) -> Result<(), StoreError> {
        let now = self.now();
        let (all, from, before) = {
            let known = self.0.floor.known();
            let all = known.read_at.is_none_or(|at| now.since(at) >= REREAD);
            (all, known.seen, known.learned)
        };
        let mut after = (!all).then(|| Cursor { sort: [from.as_micros(), 0], key: Key::new("") });
        let mut found = Found::default();
        loop {
            let tenant = self.0.rules.tenant.to_string();
            let scan = Scan { index: FLOOR.to_owned(), partition: tenant, after, limit: PAGE_MAX };
            let page = self.0.work.scan(&scan).await?;
            let mut known = self.0.floor.known();
            for record in &page.records {
                self.read_record(&mut known, record, all, &mut found, now);
            }
            after = page.next;
            if after.is_some() {
                continue;
            }
            known.seen = known.seen.max(now - OVERLAP);
            if all {
                known.forget(&found, before, now);
                known.read_at = Some(now);
            }
            return Ok(());
        }
    }

    /// When everything is read, what is known counts for nothing: a pick may not have been stored. One damaged record must
    /// not stop the others: whoever touches it is told.
    fn read_record(&self, known: &mut Known, record: &Record, all: bool, found: &mut Found, now: Timestamp) {
        let version = record.version;
        let Some((kind, name)) = record.key.as_str().split_once('/').zip(record.key.as_str().rsplit('/').next()) else {
            return;
        };
        match kind.0 {
            "agent" => {
                let Ok(id) = AgentId::new(name) else { return };
                if all || known.agents.get(&id).is_none_or(|(seen, _)| *seen < version) {
                    let Ok(agent) = Agent::deserialize(&*record.body.0) else { return };
                    known.learn(Change::Agent { id: id.clone(), version, standing: agent.standing() }, now);
                }
                found.agents.insert(id);
            }
            _ => {
                let Ok(id) = name.parse::<CallId>() else { return };
                if all || known.calls.get(&id).is_none_or(|(seen, _)| *seen < version) {
                    let Ok(call) = Call::deserialize(&*record.body.0) else { return };
                    let queue = call.queue.as_ref().and_then(|id| self.0.rules.queues.get(id));
                    let waiting = queue.and_then(|queue| call.waiting(queue, now));
                    known.learn(Change::Call { id, version, waiting }, now);
                }
                found.calls.insert(id);
            }
        }
    }
}
