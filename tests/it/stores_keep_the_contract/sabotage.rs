//! A store that is wrong in one way: the honest one, with one request or answer falsified.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use switchboard::store::{
    Claim, Commit, CommitError, Cursor, IndexEntry, Key, Lease, MemoryStore, Page, Record, Scan, Store, StoreError,
    Task, TaskId, Version,
};

use super::falsify;

/// In which way a store is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Not at all.
    Honest,
    // Expectations.
    IgnoresChecks,
    MissingRecordsPassChecks,
    IgnoresPutVersions,
    IgnoresAbsent,
    IgnoresDeleteVersions,
    DeletesMissingRecords,
    CreatesOnWrite,
    NamesTheFirstKey,
    NamesTheFirstTask,
    // Half a commit.
    PutsDespiteConflict,
    DeletesDespiteConflict,
    ArmsDespiteConflict,
    DisarmsDespiteConflict,
    SettlesDespiteConflict,
    AppliesDespiteLostLease,
    PutsOneByOne,
    DeletesNothing,
    ChecksCountAsWrites,
    RefusesEmptyCommits,
    DropsOperations,
    // What is kept and read.
    VersionStaysOne,
    VersionsStartAtZero,
    MissingIsNull,
    LoadsSomethingForNothing,
    MergesBodies,
    DropsNulls,
    EmptiesLargeBodies,
    LoadsInKeyOrder,
    LeavesOutMissing,
    NumbersAreFloats,
    TextIsTrimmed,
    KeysIgnoreCase,
    // Indexes.
    KeepsOldPlaces,
    ListsTheUnlisted,
    EmptyPagesGoOn,
    DeletedStaysListed,
    ListsDescending,
    ListsByKey,
    ListsUnsigned,
    IgnoresSecondNumber,
    ListsIgnoringCase,
    PagesRepeat,
    PagesSkip,
    PagesEndEarly,
    IgnoresCursor,
    OnePartition,
    OneIndex,
    KeepsFewPlaces,
    PagesTooLarge,
    // Claims.
    ClaimsEarly,
    ClaimsLate,
    IgnoresHold,
    HoldsTooLong,
    HoldsTooShort,
    IgnoresClaimLimit,
    ClaimsNewestFirst,
    ClaimsById,
    ClaimsLoseMicroseconds,
    InventsTasks,
    // Leases.
    IgnoresFences,
    FencesPerTask,
    FencesPerLife,
    IgnoresLostLeases,
    IgnoresSettling,
    SettlingDropsRearmed,
    SettlingKeepsTheHold,
    SettlingKeepsTasksArmedTwice,
    // Arming.
    EarliestMovesLater,
    EarliestArmsNothingNew,
    EarliestNeverMoves,
    EarliestTakesLaterWork,
    EarliestKeepsEqualWork,
    ReplaceNeverMovesLater,
    ArmingEndsTheHold,
    ArmsBeforeSettling,
    ArmsBeforeDisarming,
    IgnoresDisarming,
    DisarmingSparesHeld,
    DisarmingUnknownFails,
    // Limits.
    RefusesSilently,
    SplitsLargeCommits,
    ClampsLimits,
    CutsNames,
    // Races.
    ChecksThenWrites,
    SkewsChecks,
    ClaimsWhatOthersTake,
}

/// What a falsification must remember.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Places of each record.
    pub(super) places: BTreeMap<Key, Vec<IndexEntry>>,
    /// Records that were deleted in name only.
    pub(super) ghosts: BTreeSet<Key>,
    /// Good leases.
    pub(super) held: BTreeMap<TaskId, Lease>,
    /// Tasks armed since they were claimed.
    pub(super) rearmed: BTreeSet<TaskId>,
    /// Claims per task, for fences that count tasks one by one.
    pub(super) claims: BTreeMap<TaskId, u64>,
    /// Everything ever claimed.
    pub(super) claimed: Vec<Task>,
}

/// The honest store, made wrong.
#[derive(Debug)]
pub(super) struct Sabotaged {
    pub(super) wrong: Wrong,
    pub(super) honest: MemoryStore,
    memory: Mutex<Memory>,
}

impl Sabotaged {
    pub(super) fn new(wrong: Wrong) -> Self {
        Self { wrong, honest: MemoryStore::new(), memory: Mutex::default() }
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no case panics while it holds the memory")
    }

    pub(super) async fn version(&self, key: &Key) -> Option<Version> {
        let found = self.honest.load(std::slice::from_ref(key)).await.ok()?;
        found.into_iter().flatten().map(|record| record.version).next()
    }

    /// Remembers what an applied commit changed.
    fn learn(&self, commit: &Commit) {
        let mut memory = self.memory();
        for lease in &commit.settle {
            memory.held.remove(&lease.id);
            memory.rearmed.remove(&lease.id);
            if self.wrong == Wrong::FencesPerLife {
                memory.claims.remove(&lease.id);
            }
        }
        for id in &commit.disarm {
            memory.held.remove(id);
        }
        for arm in &commit.arm {
            memory.rearmed.insert(arm.id.clone());
        }
        for put in &commit.puts {
            memory.places.insert(put.key.clone(), put.index.clone());
        }
    }
}

/// Lets whatever runs at the same time go first.
pub(super) async fn give_way() {
    let mut waited = false;
    poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[async_trait]
impl Store for Sabotaged {
    async fn load(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        let mut keys = keys.to_vec();
        match self.wrong {
            Wrong::LoadsInKeyOrder => keys.sort(),
            Wrong::KeysIgnoreCase => keys.iter_mut().for_each(|key| *key = Key::new(key.as_str().to_lowercase())),
            Wrong::CutsNames => keys.iter_mut().for_each(|key| *key = falsify::cut(key)),
            _ => {}
        }
        let mut found = self.honest.load(&keys).await?;
        let memory = self.memory();
        for record in &mut found {
            if record.as_ref().is_some_and(|record| memory.ghosts.contains(&record.key)) {
                *record = None;
            }
            match (self.wrong, record) {
                (Wrong::VersionStaysOne, Some(record)) => record.version = Version(1),
                (Wrong::VersionsStartAtZero, Some(record)) => record.version = Version(record.version.0 - 1),
                _ => {}
            }
        }
        match self.wrong {
            Wrong::LeavesOutMissing if found.len() > 1 => found.retain(Option::is_some),
            Wrong::LoadsSomethingForNothing if found.is_empty() => found.push(None),
            Wrong::MissingIsNull => {
                for (key, record) in keys.iter().zip(&mut found) {
                    record.get_or_insert_with(|| falsify::null(key));
                }
            }
            _ => {}
        }
        Ok(found)
    }

    async fn scan(&self, scan: &Scan) -> Result<Page, StoreError> {
        let mut asked = scan.clone();
        match self.wrong {
            Wrong::IgnoresCursor => asked.after = None,
            Wrong::PagesRepeat => asked.after.iter_mut().for_each(|after| after.key = Key::new("")),
            Wrong::PagesSkip => asked.limit = (asked.limit + 1).min(256),
            Wrong::PagesTooLarge => asked.limit = 256,
            Wrong::OnePartition => "one".clone_into(&mut asked.partition),
            Wrong::OneIndex => "one".clone_into(&mut asked.index),
            Wrong::ClampsLimits => asked.limit = asked.limit.clamp(1, 256),
            _ => {}
        }
        let mut page = self.honest.scan(&asked).await?;
        let memory = self.memory();
        let sort = |record: &Record| {
            let places = memory.places.get(&record.key)?;
            places.iter().find(|place| place.index == scan.index && place.partition == scan.partition).map(|p| p.sort)
        };
        match self.wrong {
            Wrong::ListsDescending => page.records.reverse(),
            Wrong::ListsByKey => page.records.sort_by_key(|record| record.key.clone()),
            Wrong::ListsUnsigned => page.records.sort_by_key(|record| {
                let unsigned = sort(record).map(|sort| sort.map(i64::cast_unsigned));
                (unsigned, record.key.clone())
            }),
            Wrong::IgnoresSecondNumber => {
                page.records.sort_by_key(|record| (sort(record).map(|[first, _]| first), record.key.clone()));
            }
            Wrong::ListsIgnoringCase => {
                page.records.sort_by_key(|record| (sort(record), record.key.as_str().to_lowercase()));
            }
            Wrong::PagesSkip if page.records.len() > usize::from(scan.limit) => {
                page.records.truncate(scan.limit.into())
            }
            Wrong::PagesEndEarly => page.next = None,
            Wrong::EmptyPagesGoOn if page.records.is_empty() => {
                page.next = Some(Cursor { sort: [0, 0], key: Key::new("") });
            }
            _ => {}
        }
        Ok(page)
    }

    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        if self.wrong == Wrong::SkewsChecks {
            let checks = Commit { checks: commit.checks.clone(), ..Commit::default() };
            self.honest.commit(&checks).await?;
            give_way().await;
        }
        let mut falsified = commit.clone();
        falsify::commit(self, &mut falsified).await?;
        let result = self.honest.commit(&falsified).await;
        let result = falsify::outcome(self, commit, &falsified, result).await;
        if result.is_ok() {
            self.learn(commit);
        }
        result
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Task>, StoreError> {
        let mut asked = *claim;
        match self.wrong {
            Wrong::ClaimsEarly => asked.now = asked.now + Duration::from_micros(1),
            Wrong::ClaimsLate => asked.now = asked.now - Duration::from_micros(1),
            Wrong::IgnoresHold => asked.hold = Duration::ZERO,
            Wrong::HoldsTooLong => asked.hold *= 2,
            Wrong::HoldsTooShort => asked.hold = asked.hold.saturating_sub(Duration::from_micros(1)),
            Wrong::IgnoresClaimLimit => asked.limit = 256,
            Wrong::ClampsLimits => asked.limit = asked.limit.clamp(1, 256),
            _ => {}
        }
        let before = self.memory().claimed.len();
        if self.wrong == Wrong::ClaimsWhatOthersTake {
            give_way().await;
        }
        let mut tasks = self.honest.claim(&asked).await?;
        falsify::claimed(self, &mut tasks, before);
        Ok(tasks)
    }
}
