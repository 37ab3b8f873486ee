//! Records as this node wrote or read them last, so that a decision need not ask for what it most likely knows.
//!
//! Only ever a guess: whatever was decided by it is committed with the version of each record that was guessed, and what changes
//! nothing is decided again from what is stored. Where several nodes write the same records, guesses go wrong; so the age up to
//! which a record is taken for what is stored is halved by each that did and grows with each that did not.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::core::View;
use crate::store::{Commit, Expect, Key, Record, Version};
use crate::time::Timestamp;

/// Bytes of bodies that are kept.
const BYTES_MAX: usize = 2 * 1024 * 1024;
/// Records that are kept.
const RECORDS_MAX: usize = 2_048;
/// A command's result is noted within this time of its sending, mostly.
const AGE_MIN: Duration = Duration::from_millis(500);
const AGE_MAX: Duration = Duration::from_secs(60);

/// The records that a node has seen last.
#[derive(Debug)]
pub(crate) struct Recent(Mutex<Seen>);

#[derive(Debug)]
struct Seen {
    records: BTreeMap<Key, (u64, Timestamp, Record)>,
    /// In the order of their coming; those that have been replaced since are passed over.
    order: VecDeque<(u64, Key)>,
    count: u64,
    bytes: usize,
    age_max: Duration,
}

/// What of a view was not read but guessed: the version, or that there is no record.
pub(crate) type Guessed = BTreeMap<Key, Option<Version>>;

impl Default for Recent {
    fn default() -> Self {
        let (records, order) = (BTreeMap::new(), VecDeque::new());
        Self(Mutex::new(Seen { records, order, count: 0, bytes: 0, age_max: AGE_MIN }))
    }
}

impl Recent {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to `view` what of `keys` can be guessed, and notes it in `guessed`; on return `keys` are those to be read. `newcomer`:
    /// the record of what has only just come, of which there is none yet unless somebody repeats himself.
    pub(crate) fn guess(
        &self,
        keys: &mut Vec<Key>,
        newcomer: Option<&Key>,
        now: Timestamp,
        view: &mut View,
        guessed: &mut Guessed,
    ) {
        let seen = self.seen();
        keys.retain(|key| {
            let known = seen.records.get(key).filter(|(_, at, _)| now.since(*at) <= seen.age_max);
            let record = match known {
                Some((_, _, record)) => Some(record.clone()),
                None if newcomer == Some(key) => None,
                None => return true,
            };
            guessed.insert(key.clone(), record.as_ref().map(|record| record.version));
            view.add_record(key.clone(), record);
            false
        });
    }

    /// Keeps what was read.
    pub(crate) fn read(&self, record: &Record, now: Timestamp) {
        if is_kept(&record.key) {
            self.seen().keep(record.clone(), now);
        }
    }

    /// Keeps what was written.
    pub(crate) fn written(&self, commit: &Commit, guessed: &Guessed, now: Timestamp) {
        let mut seen = self.seen();
        for put in commit.puts.iter().filter(|put| is_kept(&put.key)) {
            let version = match put.expect {
                Expect::Absent => Version(1),
                Expect::Version(version) => Version(version.0 + 1),
            };
            seen.keep(Record { key: put.key.clone(), version, body: put.body.clone() }, now);
        }
        if !guessed.is_empty() {
            seen.age_max = (seen.age_max + seen.age_max / 16).min(AGE_MAX);
        }
    }

    /// Forgets what was guessed wrong, or may not be as it was any more.
    pub(crate) fn forget(&self, commit: &Commit, guessed: &Guessed) {
        let mut seen = self.seen();
        for key in commit.puts.iter().map(|put| &put.key).chain(guessed.keys()) {
            seen.remove(key);
        }
        if !guessed.is_empty() {
            seen.age_max = (seen.age_max / 2).max(AGE_MIN);
        }
    }

    /// Forgets all: what is stored has been replaced.
    pub(crate) fn clear(&self) {
        let mut seen = self.seen();
        (seen.records, seen.order, seen.bytes) = (BTreeMap::new(), VecDeque::new(), 0);
    }
}

/// Calls and agents are read to be written, nearly always. Of the rest a check would cost what reading it does.
fn is_kept(key: &Key) -> bool {
    key.as_str().starts_with("call/") || key.as_str().starts_with("agent/")
}

impl Seen {
    fn keep(&mut self, record: Record, now: Timestamp) {
        if self.records.get(&record.key).is_some_and(|(_, _, known)| known.version > record.version) {
            return;
        }
        self.remove(&record.key);
        self.count += 1;
        self.bytes += record.body.as_json().len();
        self.order.push_back((self.count, record.key.clone()));
        self.records.insert(record.key.clone(), (self.count, now, record));
        while self.bytes > BYTES_MAX || self.order.len() > RECORDS_MAX {
            let Some((count, key)) = self.order.pop_front() else { break };
            if self.records.get(&key).is_some_and(|(latest, ..)| *latest == count) {
                self.remove(&key);
            }
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some((_, _, record)) = self.records.remove(key) {
            self.bytes -= record.body.as_json().len();
        }
    }
}
