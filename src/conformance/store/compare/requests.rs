//! Draws requests: most of them such that they can succeed, and the rest such that they just cannot.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::draw::Draw;
use super::{Answer, Asked, Held, values};
use crate::store::{
    Arm, COMMIT_OPERATIONS_MAX, Claim, Commit, Cursor, Expect, INDEX_ENTRIES_MAX, IndexEntry, Key, Lease, PAGE_MAX,
    Put, Rearm, Scan, TaskId, Version,
};
use crate::time::Timestamp;

/// Leases that are remembered: the latest, good or long lost.
const LEASES_MAX: usize = 24;
/// Of a hundred requests, how many break a limit.
const BEYOND_LIMITS: usize = 3;

/// How far time goes on from one request to the next, in microseconds.
const STEPS: [i64; 6] = [0, 1, 999, 1_000_000, 10_000_000, 100_000_000];
/// How long claims hold.
const HOLDS: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_micros(1),
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(60),
    Duration::MAX,
];
/// When tasks are due, in microseconds from now.
const DUES: [i64; 8] = [-100_000_000, -1, 0, 0, 1, 1_000_000, 60_000_000, 86_400_000_000];

/// What has been drawn so far, as far as it tells what can succeed.
#[derive(Debug)]
pub(super) struct Requests {
    draw: Draw,
    now: Timestamp,
    versions: BTreeMap<Key, u64>,
    leases: Vec<Held>,
}

impl Requests {
    pub(super) fn new(seed: u64) -> Self {
        let now = Timestamp::from_secs(1_700_000_000);
        Self { draw: Draw::new(seed), now, versions: BTreeMap::new(), leases: Vec::new() }
    }

    /// The next request.
    pub(super) fn next(&mut self) -> Asked {
        let step = *self.draw.one(&STEPS);
        // Nodes' clocks differ, so that now and then an earlier time is told after a later one.
        let micros = self.now.as_micros() + if self.draw.chance(5) { -step } else { step };
        self.now = Timestamp::from_micros(micros);
        match self.draw.below(100) {
            0..=9 => self.load(),
            10..=24 => self.scan(),
            25..=44 => self.claim(),
            _ => self.commit(),
        }
    }

    /// Notes what both stores answered, and the leases that they gave.
    pub(super) fn learn(&mut self, asked: &Asked, answer: &Answer, held: Vec<Held>) {
        self.leases.extend(held);
        let excess = self.leases.len().saturating_sub(LEASES_MAX);
        self.leases.drain(..excess);
        if let (Asked::Commit(commit, _), Answer::Done) = (asked, answer) {
            for (key, _) in &commit.deletes {
                self.versions.remove(key);
            }
            for put in &commit.puts {
                *self.versions.entry(put.key.clone()).or_default() += 1;
            }
        }
    }

    /// A size that a page may have; small ones are frequent, so that there is a next page.
    pub(super) fn page_size(&mut self) -> u16 {
        *self.draw.one(&[1, 2, 3, 5, 100, PAGE_MAX])
    }

    fn limit(&mut self) -> u16 {
        if self.draw.chance(BEYOND_LIMITS) { *self.draw.one(&[0, PAGE_MAX + 1, u16::MAX]) } else { self.page_size() }
    }

    fn key(&mut self) -> Key {
        Key::new(values::name(&mut self.draw))
    }

    fn load(&mut self) -> Asked {
        let mut keys: Vec<Key> = (0..self.draw.below(6)).map(|_| self.key()).collect();
        if self.draw.chance(BEYOND_LIMITS) {
            keys.push(Key::new(values::bad_name(&mut self.draw)));
        }
        Asked::Load(keys)
    }

    fn scan(&mut self) -> Asked {
        let (index, partition) = *self.draw.one(values::parts());
        let after = self.draw.chance(40).then(|| Cursor { sort: values::sort(&mut self.draw), key: self.key() });
        let limit = self.limit();
        Asked::Scan(Scan { index: index.to_owned(), partition: partition.to_owned(), after, limit })
    }

    fn claim(&mut self) -> Asked {
        // One that holds for ever leaves nothing to see, so that it is rare.
        let holds = if self.draw.chance(3) { &HOLDS[..] } else { &HOLDS[..HOLDS.len() - 1] };
        let hold = *self.draw.one(holds);
        let limit = self.limit();
        Asked::Claim(Claim { now: self.now, limit, hold })
    }

    fn commit(&mut self) -> Asked {
        let mut commit = Commit::default();
        let mut written = BTreeSet::new();
        for _ in 0..self.draw.below(4) {
            let put = self.put();
            // A key that is written twice breaks a limit.
            if written.insert(put.key.clone()) || self.draw.chance(BEYOND_LIMITS) {
                commit.puts.push(put);
            }
        }
        for _ in 0..self.draw.below(3) {
            let key = self.key();
            if self.draw.chance(60) && written.insert(key.clone()) {
                let version = self.version(&key);
                commit.deletes.push((key, version));
            }
        }
        for _ in 0..self.draw.below(3) {
            let key = self.key();
            // One of a record that is there more often than not, or nothing would ever be applied.
            if self.versions.contains_key(&key) || self.draw.chance(5) {
                let version = self.version(&key);
                commit.checks.push((key, version));
            }
        }
        commit.arm = (0..self.draw.below(4)).map(|_| self.arm()).collect();
        commit.disarm = (0..self.draw.below(8) / 5).map(|_| TaskId::new(values::name(&mut self.draw))).collect();
        let settle = (0..self.draw.below(3)).filter_map(|_| self.lease()).collect();
        self.go_to_limits(&mut commit);
        Asked::Commit(commit, settle)
    }

    fn put(&mut self) -> Put {
        let key = self.key();
        let expect = match (self.versions.get(&key), self.draw.chance(92)) {
            (Some(_), true) => Expect::Version(self.version(&key)),
            (None, true) | (Some(_), false) => Expect::Absent,
            (None, false) => Expect::Version(self.version(&key)),
        };
        let entries = if self.draw.chance(2) { INDEX_ENTRIES_MAX } else { self.draw.below(4) };
        let index = (0..entries).map(|_| self.entry()).collect();
        Put { key, expect, body: values::body(&mut self.draw), index }
    }

    fn entry(&mut self) -> IndexEntry {
        let (index, partition) = *self.draw.one(values::parts());
        let sort = values::sort(&mut self.draw);
        IndexEntry { index: index.to_owned(), partition: partition.to_owned(), sort }
    }

    /// The version of a record, or now and then another one.
    fn version(&mut self, key: &Key) -> Version {
        let known = self.versions.get(key).copied().unwrap_or(1);
        if self.draw.chance(95) {
            return Version(known);
        }
        Version(*self.draw.one(&[0, known.saturating_sub(1), known + 1, u64::MAX, 1 << 63]))
    }

    fn arm(&mut self) -> Arm {
        let due = match self.draw.below(60) {
            0 => i64::MAX,
            1 => i64::MIN,
            _ => self.now.as_micros() + *self.draw.one(&DUES),
        };
        let rearm = if self.draw.chance(50) { Rearm::Replace } else { Rearm::Earliest };
        let id = TaskId::new(values::name(&mut self.draw));
        Arm { id, due: Timestamp::from_micros(due), rearm, work: values::body(&mut self.draw) }
    }

    /// A lease that was given out, mostly one of the latest; now and then one that never was.
    fn lease(&mut self) -> Option<Held> {
        let last = self.leases.len().checked_sub(1)?;
        let back = if self.draw.chance(80) { self.draw.below(3) } else { self.draw.below(LEASES_MAX) };
        let mut held = self.leases.get(last.saturating_sub(back))?.clone();
        if self.draw.chance(8) {
            let [left, right] = [&mut held.left, &mut held.right];
            match self.draw.below(4) {
                0 => (left.fence, right.fence) = (0, 0),
                1 => (left.fence, right.fence) = (u64::MAX, u64::MAX),
                2 => (left.rev, right.rev) = (left.rev + 1, right.rev + 1),
                _ => {
                    let id = TaskId::new(values::name(&mut self.draw));
                    (left.id, right.id) = (id.clone(), id);
                }
            }
        } else if self.draw.chance(70) {
            // Whoever settles does it once.
            let is_same = |other: &Lease| *other == held.left;
            self.leases.retain(|other| !is_same(&other.left));
        }
        Some(held)
    }

    /// Now and then exactly as much as a limit allows, or one more.
    fn go_to_limits(&mut self, commit: &mut Commit) {
        if !self.draw.chance(BEYOND_LIMITS) {
            return;
        }
        let bad = values::bad_name(&mut self.draw);
        match self.draw.below(7) {
            0 => commit.disarm.push(TaskId::new(bad)),
            1 => commit.checks.push((Key::new(bad), Version(1))),
            2 => commit.puts.extend([Put { body: values::bad_body(&mut self.draw), ..self.put() }]),
            3 => commit.arm.extend([Arm { work: values::bad_body(&mut self.draw), ..self.arm() }]),
            4 => {
                let index = (0..=INDEX_ENTRIES_MAX).map(|_| self.entry()).collect();
                commit.puts.extend([Put { index, ..self.put() }]);
            }
            more => {
                let free = COMMIT_OPERATIONS_MAX.saturating_sub(commit.operations());
                let fill = free + usize::from(more == 5);
                let arms = self.draw.below(fill);
                commit.arm.extend((0..arms).map(|_| self.arm()));
                commit.disarm.extend((arms..fill).map(|_| TaskId::new("never/armed")));
            }
        }
    }
}
