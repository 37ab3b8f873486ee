//! What the reference store keeps, and how a request reads or changes it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::store::{
    Arm, Body, Claim, Commit, CommitError, Cursor, Expect, IndexEntry, Key, Lease, Page, Put, Rearm, Record, Scan,
    Task, TaskId, Version,
};
use crate::time::Timestamp;

/// A record's place: everything of one index and partition lies side by side.
type Place = ([i64; 2], Key);

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    records: BTreeMap<Key, Row>,
    index: BTreeMap<(String, String), BTreeSet<Place>>,
    tasks: BTreeMap<TaskId, Errand>,
    /// Tasks that nobody holds, by due time.
    open: BTreeSet<(Timestamp, TaskId)>,
    /// Claimed tasks, by the time from which another claim may take them.
    held: BTreeSet<(Timestamp, TaskId)>,
    /// The last fence given out. It belongs to the store, not to a task: a task that is removed and armed again would
    /// otherwise honour a lease of its former life.
    fence: u64,
}

#[derive(Clone, Debug)]
struct Row {
    version: Version,
    body: Body,
    index: Vec<IndexEntry>,
}

/// A task as kept.
#[derive(Clone, Debug)]
struct Errand {
    due: Timestamp,
    work: Body,
    rev: u64,
    hold: Option<Hold>,
}

#[derive(Clone, Copy, Debug)]
struct Hold {
    fence: u64,
    until: Timestamp,
}

impl State {
    pub(super) fn record(&self, key: &Key) -> Option<Record> {
        self.records.get(key).map(|row| row.record(key))
    }

    pub(super) fn records(&self) -> Vec<Record> {
        self.records.iter().map(|(key, row)| row.record(key)).collect()
    }

    pub(super) fn tasks(&self) -> Vec<(TaskId, Timestamp, Body)> {
        self.tasks.iter().map(|(id, errand)| (id.clone(), errand.due, errand.work.clone())).collect()
    }

    pub(super) fn has_task(&self, id: &TaskId) -> bool {
        self.tasks.contains_key(id)
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        [self.open.first(), self.held.first()].into_iter().flatten().map(|(at, _)| *at).min()
    }

    pub(super) fn scan(&self, scan: &Scan) -> Page {
        let Some(places) = self.index.get(&(scan.index.clone(), scan.partition.clone())) else {
            return Page { records: Vec::new(), next: None };
        };
        let from =
            scan.after.as_ref().map_or(Bound::Unbounded, |after| Bound::Excluded((after.sort, after.key.clone())));
        let mut rest = places.range((from, Bound::Unbounded));
        let mut records = Vec::new();
        let mut last = None;
        for (sort, key) in rest.by_ref().take(usize::from(scan.limit)) {
            records.extend(self.record(key));
            last = Some(Cursor { sort: *sort, key: key.clone() });
        }
        Page { records, next: if rest.next().is_some() { last } else { None } }
    }

    /// `Ok` when everything `commit` expects is so. Changes nothing.
    pub(super) fn check(&self, commit: &Commit) -> Result<(), CommitError> {
        for (key, version) in &commit.checks {
            self.expect(key, Expect::Version(*version))?;
        }
        for put in &commit.puts {
            self.expect(&put.key, put.expect)?;
        }
        for (key, version) in &commit.deletes {
            self.expect(key, Expect::Version(*version))?;
        }
        for lease in &commit.settle {
            let fence = self.tasks.get(&lease.id).and_then(|errand| errand.hold).map(|hold| hold.fence);
            if fence != Some(lease.fence) {
                return Err(CommitError::LeaseLost(lease.id.clone()));
            }
        }
        Ok(())
    }

    fn expect(&self, key: &Key, expect: Expect) -> Result<(), CommitError> {
        let met = match (self.records.get(key), expect) {
            (None, Expect::Absent) => true,
            (Some(row), Expect::Version(version)) => row.version == version,
            (Some(_), Expect::Absent) | (None, Expect::Version(_)) => false,
        };
        if met { Ok(()) } else { Err(CommitError::Conflict(key.clone())) }
    }

    /// Applies a commit that [`State::check`] has passed.
    pub(super) fn apply(&mut self, commit: &Commit) {
        let Commit { checks: _, puts, deletes, settle, disarm, arm } = commit;
        for lease in settle {
            self.settle(lease);
        }
        for id in disarm {
            self.take(id);
        }
        for arm in arm {
            self.arm(arm);
        }
        for (key, _) in deletes {
            self.remove(key);
        }
        for put in puts {
            self.put(put);
        }
    }

    fn put(&mut self, put: &Put) {
        let before = self.remove(&put.key).map_or(0, |row| row.version.0);
        for entry in &put.index {
            let part = self.index.entry((entry.index.clone(), entry.partition.clone())).or_default();
            part.insert((entry.sort, put.key.clone()));
        }
        let version = Version(before.saturating_add(1));
        self.records.insert(put.key.clone(), Row { version, body: put.body.clone(), index: put.index.clone() });
    }

    fn remove(&mut self, key: &Key) -> Option<Row> {
        let row = self.records.remove(key)?;
        for entry in &row.index {
            let part = (entry.index.clone(), entry.partition.clone());
            if let Some(places) = self.index.get_mut(&part) {
                places.remove(&(entry.sort, key.clone()));
                if places.is_empty() {
                    self.index.remove(&part);
                }
            }
        }
        Some(row)
    }

    fn settle(&mut self, lease: &Lease) {
        if let Some(errand) = self.take(&lease.id)
            && errand.rev != lease.rev
        {
            self.keep(lease.id.clone(), Errand { hold: None, ..errand });
        }
    }

    fn arm(&mut self, arm: &Arm) {
        let fresh = Errand { due: arm.due, work: arm.work.clone(), rev: 1, hold: None };
        let errand = match self.take(&arm.id) {
            None => fresh,
            // A hold outlives arming: whoever works on the task keeps it, and learns of the change when it settles.
            Some(old) => {
                let rev = old.rev.saturating_add(1);
                match arm.rearm {
                    Rearm::Earliest if old.due < arm.due => Errand { rev, ..old },
                    Rearm::Earliest | Rearm::Replace => Errand { rev, hold: old.hold, ..fresh },
                }
            }
        };
        self.keep(arm.id.clone(), errand);
    }

    pub(super) fn claim(&mut self, claim: &Claim) -> Vec<Task> {
        let limit = usize::from(claim.limit);
        let is_due = |entry: &&(Timestamp, TaskId)| entry.0 <= claim.now;
        let mut due: BTreeSet<_> = self.open.iter().take_while(is_due).take(limit).cloned().collect();
        // Ended holds are the work of nodes that died, so they are few; they are old, so they compete by due time.
        for (_, id) in self.held.iter().take_while(is_due) {
            due.extend(self.tasks.get(id).map(|errand| (errand.due, id.clone())));
        }
        let mut tasks = Vec::new();
        for (_, id) in due.into_iter().take(limit) {
            let Some(errand) = self.take(&id) else { continue };
            self.fence += 1;
            let lease = Lease { id: id.clone(), fence: self.fence, rev: errand.rev };
            tasks.push(Task { lease, due: errand.due, work: errand.work.clone() });
            let hold = Some(Hold { fence: self.fence, until: claim.now + claim.hold });
            self.keep(id, Errand { hold, ..errand });
        }
        tasks
    }

    /// Takes a task out of the map and of the set that lists it.
    fn take(&mut self, id: &TaskId) -> Option<Errand> {
        let errand = self.tasks.remove(id)?;
        let place = (errand.claimable(), id.clone());
        if errand.hold.is_some() {
            self.held.remove(&place)
        } else {
            self.open.remove(&place)
        };
        Some(errand)
    }

    fn keep(&mut self, id: TaskId, errand: Errand) {
        let place = (errand.claimable(), id.clone());
        if errand.hold.is_some() {
            self.held.insert(place)
        } else {
            self.open.insert(place)
        };
        self.tasks.insert(id, errand);
    }
}

impl Row {
    fn record(&self, key: &Key) -> Record {
        Record { key: key.clone(), version: self.version, body: self.body.clone() }
    }
}

impl Errand {
    /// From when a claim may take it.
    fn claimable(&self) -> Timestamp {
        self.hold.map_or(self.due, |hold| hold.until.max(self.due))
    }
}
