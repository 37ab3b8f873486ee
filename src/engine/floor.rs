//! The floor of this node: what it knows of who waits and who is free. What is stored is the truth; this is a hint that is made
//! anew from it, and each pick is looked at again before it is committed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::iter::from_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;

use crate::core::{Change, Expected, FLOOR, Input, Picked, Reply, is_newer, of_agent};
use crate::engine::Switchboard;
use crate::engine::witness::Seen;
use crate::error::Error;
use crate::id::{AgentId, CallId, QueueId};
use crate::model::{Agent, AgentStatus, Call, CallbackFirst};
use crate::routing::{Floor, Roster, Standing};
use crate::store::{Cursor, Key, Lease, PAGE_MAX, Record, Scan, StoreError, Task, Version};
use crate::time::Timestamp;

/// How far apart the clocks of nodes may be, and how long a commit may take, before a change is first seen when everything is read.
const OVERLAP: Duration = Duration::from_secs(5);
/// How often it is read what others have changed, while there is something to do. What this node changes it knows at once.
const LOOK: Duration = Duration::from_millis(250);
/// Callers of a line who may be near their turn and are looked at for it.
const NEAR_MAX: usize = 8;
/// How often everything is read.
const REREAD: Duration = Duration::from_secs(30);

struct Known {
    floor: Floor,
    calls: BTreeMap<CallId, (Version, u64)>,
    agents: BTreeMap<AgentId, (Version, u64)>,
    /// What those agents do.
    statuses: BTreeMap<AgentId, AgentStatus>,
    /// Calls that somebody has declined, each with the time from which the earliest decline may lapse.
    declined: BTreeMap<CallId, Timestamp>,
    /// Counts what was learned.
    learned: u64,
    /// Everything that changed before then has been read.
    seen: Timestamp,
    /// When it was last read what others have changed.
    looked_at: Option<Timestamp>,
    /// When everything was read.
    read_at: Option<Timestamp>,
    /// Records that a newer version wrote: its nodes offer those.
    newer: BTreeSet<Key>,
}

/// What this node knows.
pub(crate) struct NodeFloor(Mutex<Known>);

impl fmt::Debug for NodeFloor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeFloor").finish_non_exhaustive()
    }
}

impl Known {
    fn new(roster: Arc<Roster>) -> Self {
        Self {
            floor: Floor::new(roster),
            calls: BTreeMap::new(),
            agents: BTreeMap::new(),
            learned: 0,
            seen: Timestamp::from_micros(i64::MIN),
            statuses: BTreeMap::new(),
            declined: BTreeMap::new(),
            looked_at: None,
            read_at: None,
            newer: BTreeSet::new(),
        }
    }

    fn learn(&mut self, change: Change, now: Timestamp) {
        self.learned += 1;
        let stamp = self.learned;
        match change {
            Change::Call { id, version, waiting, lapses_at, .. } => {
                if self.calls.get(&id).is_some_and(|(known, _)| *known > version) {
                    return;
                }
                match lapses_at {
                    Some(at) => drop(self.declined.insert(id, at)),
                    None => drop(self.declined.remove(&id)),
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
            Change::Agent { id, version, status, standing, .. } => {
                if self.agents.get(&id).is_some_and(|(known, _)| *known > version) {
                    return;
                }
                self.agents.insert(id.clone(), (version, stamp));
                self.statuses.insert(id.clone(), status);
                self.floor.set_agent(&id, standing, now);
            }
        }
    }

    /// Drops what was not found when everything was read and has not been heard of since. Returns the calls and the agents among it.
    fn forget(&mut self, found: &Found, before: u64, now: Timestamp) -> (Vec<CallId>, Vec<AgentId>) {
        let gone: Vec<CallId> = self
            .calls
            .iter()
            .filter(|(id, (_, stamp))| *stamp <= before && !found.calls.contains(id))
            .map(|(id, _)| *id)
            .collect();
        for id in &gone {
            self.calls.remove(id);
            self.declined.remove(id);
            self.floor.remove_call(*id);
        }
        let left: Vec<AgentId> = self
            .agents
            .iter()
            .filter(|(id, (_, stamp))| *stamp <= before && !found.agents.contains(id))
            .map(|(id, _)| id.clone())
            .collect();
        for id in &left {
            self.agents.remove(id);
            self.statuses.remove(id);
            self.floor.set_agent(id, Standing::default(), now);
        }
        (gone, left)
    }
}

#[derive(Default)]
struct Found {
    calls: BTreeSet<CallId>,
    agents: BTreeSet<AgentId>,
}

impl Found {
    fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.agents.is_empty()
    }
}

impl NodeFloor {
    pub(crate) fn new(roster: Arc<Roster>) -> Self {
        Self(Mutex::new(Known::new(roster)))
    }

    /// Knows nothing any more: everything is read again.
    pub(crate) fn forget_everything(&self, roster: Arc<Roster>) {
        *self.known() = Known::new(roster);
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

    /// When it was last read what others have changed; `None` when everything is to be read.
    fn looked_at(&self) -> Option<Timestamp> {
        let known = self.known();
        known.read_at.and(known.looked_at)
    }

    /// How many of the agents who may ever have calls of the queue are in each state.
    fn count_agents(&self, queue: &QueueId) -> BTreeMap<AgentStatus, u32> {
        let known = self.known();
        let roster = known.floor.roster();
        let added = |agent| {
            roster.queues.get(queue).is_some_and(|policy| policy.rings.iter().any(|ring| ring.add.contains(agent)))
        };
        let mut count: BTreeMap<AgentStatus, u32> = BTreeMap::new();
        for (agent, member) in &roster.agents {
            if member.queues.get(queue).is_some_and(|place| place.enabled) || added(agent) {
                let status = known.statuses.get(agent).copied().unwrap_or(AgentStatus::Offline);
                *count.entry(status).or_default() += 1;
            }
        }
        count
    }

    /// A call that everybody who could have it has declined, and who that is; the earliest decline may lapse by now. Otherwise
    /// when to look again, if some decline may lapse later.
    fn declined_by_all(&self, now: Timestamp) -> Result<(CallId, Vec<AgentId>), Option<Timestamp>> {
        let known = self.known();
        let mut next: Option<Timestamp> = None;
        for (call, at) in &known.declined {
            if *at > now {
                next = next.map_or(Some(*at), |next| Some(next.min(*at)));
                continue;
            }
            let agents = known.floor.declined_by_all(*call);
            if !agents.is_empty() {
                return Ok((*call, agents));
            }
        }
        Err(next)
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

/// Offers that are stored at once.
const PICKS_AT_ONCE: usize = 8;
/// Rounds of these before other work gets its turn: well within the time for which a task is held.
const ROUNDS_MAX: usize = 16;

impl Switchboard {
    /// Makes offers until there is none to be made, and sets the time to look again. The task is settled by the last of it: a
    /// node that dies leaves the rest to others.
    pub(crate) async fn match_calls(&self, task: &Task) -> Result<(), Error> {
        let now = self.now();
        let looked_at = self.0.floor.looked_at().filter(|at| now.since(*at) < LOOK);
        if looked_at.is_none() {
            self.read_floor().await?;
        }
        self.ring_those_near().await?;
        for _ in 0..ROUNDS_MAX {
            // Each is taken from the floor as it is picked; so they are stored side by side.
            let picks: Vec<Picked> = from_fn(|| self.0.floor.pick(self.now())).take(PICKS_AT_ONCE).collect();
            if picks.is_empty() {
                return self.rest_until_due(looked_at, &task.lease).await;
            }
            let stored = join_all(picks.into_iter().map(|picked| self.offer(picked))).await;
            stored.into_iter().collect::<Result<(), Error>>()?;
        }
        self.put_off(task, Duration::ZERO).await
    }

    async fn offer(&self, picked: Picked) -> Result<(), Error> {
        let mut unsure = Unsure { floor: &self.0.floor, is_known: false };
        unsure.is_known = matches!(self.drive(&Input::Picked(picked), None).await?, Reply::Proceed(_));
        Ok(())
    }

    /// Nothing is to be offered: sets the time to look again.
    async fn rest_until_due(&self, looked_at: Option<Timestamp>, lease: &Lease) -> Result<(), Error> {
        self.0.waits.work_off();
        if let Some(key) = self.0.floor.known().newer.first().cloned() {
            // Somebody waits, or is free, whom only a newer node can offer: it gets its turn.
            return Err(Error::Unreadable(key));
        }
        let (later, lease) = match self.0.floor.declined_by_all(self.now()) {
            Ok((call, agents)) => match self.drive(&Input::DeclinedByAll { call, agents }, Some(lease)).await? {
                Reply::Proceed(false) => (None, None),
                // It may be offered again, by a turn that has been set.
                _ => return Ok(()),
            },
            Err(later) => (later, Some(lease)),
        };
        // Whoever set this task may have changed what has not been read here yet: then there is one more look.
        let look = looked_at.map(|at| at + LOOK);
        let until = self.0.floor.ask(Floor::due).into_iter().chain(later).chain(look).min();
        self.drive(&Input::NothingToOffer { until }, lease).await.map(drop)
    }

    /// Something has changed that rules of a queue's overflow go by.
    pub(crate) async fn see_queue(&self, queue: QueueId, lease: &Lease) -> Result<(), Error> {
        self.read_floor().await?;
        let agents = self.0.floor.count_agents(&queue);
        self.drive(&Input::QueueSeen { queue, agents }, Some(lease)).await.map(drop)
    }

    /// Rings the customers whose callbacks begin with them and whose turn is near, where a wait can be estimated.
    async fn ring_those_near(&self) -> Result<(), Error> {
        for queue in self.0.rules.queues.values() {
            let Some(policy) = queue.callback.as_ref().filter(|policy| policy.first == CallbackFirst::Customer) else {
                continue;
            };
            let line = self.0.floor.ask(|floor| floor.line(&queue.id, NEAR_MAX));
            if line.is_empty() {
                continue;
            }
            self.read_ended().await?;
            let near = self.0.waits.near(&queue.id, &line, policy.lead, self.now());
            let is_by_place = queue.announcements.as_ref().is_some_and(|policy| policy.per_place.is_some());
            if near.as_ref().map_or(is_by_place, |near| !near.is_empty()) {
                let input = Input::Nearing { queue: queue.id.clone(), near };
                while matches!(self.drive(&input, None).await?, Reply::Proceed(true)) {}
            }
        }
        Ok(())
    }

    /// Tells a waiting caller what there is to tell, with what this node knows of the wait.
    pub(crate) async fn tell_waiting(&self, id: CallId, lease: &Lease) -> Result<(), Error> {
        let queue = self.call(id).await?.and_then(|call| call.queue);
        let policy =
            queue.as_ref().and_then(|id| self.0.rules.queues.get(id)).and_then(|one| one.announcements.as_ref());
        let mut expected = Expected::default();
        if let (Some(queue), Some(policy)) = (&queue, policy)
            && (policy.position || policy.wait)
        {
            self.read_waits().await?;
            expected.ahead = self.ahead(id);
            if policy.wait {
                expected.wait = self.0.waits.expected(id, queue, self.now());
            }
        }
        if self.drive(&Input::Telling { call: id, expected }, Some(lease)).await? == Reply::Proceed(true) {
            self.0.waits.told(id, self.now());
        }
        Ok(())
    }

    /// Calls that go before this one in its queue, those included for which an agent is being rung. `None`: it does not wait here.
    fn ahead(&self, call: CallId) -> Option<u32> {
        let rung = self.0.waits.rung();
        let ahead = self.0.floor.ask(|floor| {
            let is_first = |other: &&CallId| {
                **other != call && floor.why_first(**other, call).is_ok_and(|order| order.first == **other)
            };
            Some(floor.ahead(call)? + rung.iter().filter(is_first).count())
        })?;
        u32::try_from(ahead).ok()
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
            if all && found.is_empty() {
                known.newer.clear();
            }
            // Calls first: an agent who is rung is rung for a call that waits.
            let is_call = |record: &&Record| record.key.as_str().starts_with("call/");
            let (calls, others): (Vec<_>, Vec<_>) = page.records.iter().partition(is_call);
            for record in calls.into_iter().chain(others) {
                self.read_record(&mut known, record, all, &mut found, now);
            }
            after = page.next;
            if after.is_some() {
                continue;
            }
            known.seen = known.seen.max(now - OVERLAP);
            known.looked_at = Some(now);
            if all {
                let (gone, left) = known.forget(&found, before, now);
                let seen = gone.into_iter().map(Seen::Gone).chain(left.into_iter().map(Seen::Away));
                seen.for_each(|seen| self.0.waits.saw(seen, now));
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
        let newer = &mut known.newer;
        let mut is_newer = || {
            let is_newer = is_newer(&record.body, &self.0.rules);
            if is_newer {
                newer.insert(record.key.clone());
            }
            is_newer
        };
        match kind.0 {
            "agent" => {
                let Ok(id) = AgentId::new(name) else { return };
                let is_new = all || known.agents.get(&id).is_none_or(|(seen, _)| *seen < version);
                if is_new && is_newer() {
                    let (status, standing) = (AgentStatus::Offline, Standing::default());
                    let history = Vec::new();
                    known.learn(Change::Agent { id: id.clone(), version, status, standing, history }, now);
                    found.agents.insert(id);
                    return;
                }
                if is_new {
                    let Ok(agent) = record.body.read::<Agent>() else { return };
                    let change = of_agent(&agent, version);
                    self.0.waits.learn(std::slice::from_ref(&change), &[], now);
                    known.learn(change, now);
                }
                found.agents.insert(id);
            }
            _ => {
                let Ok(id) = name.parse::<CallId>() else { return };
                let is_new = all || known.calls.get(&id).is_none_or(|(seen, _)| *seen < version);
                if is_new && is_newer() {
                    known.learn(Change::Call { id, version, waiting: None, lapses_at: None, joined: None }, now);
                    found.calls.insert(id);
                    return;
                }
                if is_new {
                    let Ok(call) = record.body.read::<Call>() else { return };
                    let queue = call.queue.as_ref().and_then(|id| self.0.rules.queues.get(id));
                    let waiting = queue.and_then(|queue| call.waiting(queue, now));
                    let lapses_at = call.decline_lapses_at(self.0.rules.missed_rest).filter(|_| waiting.is_some());
                    for event in &call.events {
                        if let Some(seen @ Seen::Missed(..)) = Seen::of_event(id, event) {
                            self.0.waits.saw(seen, event.at);
                        }
                    }
                    let change = Change::Call { id, version, waiting, lapses_at, joined: call.joined() };
                    self.0.waits.learn(std::slice::from_ref(&change), &[], now);
                    known.learn(change, now);
                }
                found.calls.insert(id);
            }
        }
    }
}
