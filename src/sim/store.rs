//! A store for the world: memory, with a pause before and after each call, and faults.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::sim::pause::Pause;
use crate::store::{
    Claim, Commit, CommitError, Key, MemoryStore, Page, Record, Scan, Store, StoreError, StoreErrorKind, Task, TaskId,
};
use crate::time::Timestamp;

/// What goes wrong with the next commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// It is not applied, and the store says that it failed.
    Refused,
    /// It is applied, and the store says that it failed.
    AppliedButFailed,
}

/// What commits have changed.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    /// Keys that were written or deleted.
    pub(crate) keys: BTreeSet<Key>,
    /// Tasks that were settled or disarmed.
    pub(crate) gone: BTreeSet<TaskId>,
}

impl Changed {
    fn note(&mut self, commit: &Commit) {
        let deleted = commit.deletes.iter().map(|(key, _)| key);
        self.keys.extend(commit.puts.iter().map(|put| &put.key).chain(deleted).cloned());
        self.gone.extend(commit.settle.iter().map(|lease| &lease.id).chain(&commit.disarm).cloned());
    }
}

/// Changes a commit on its way: how a bug is planted. Is shown what is stored so far under the keys that the commit puts.
pub type Tamper = Arc<dyn Fn(&mut Commit, &[Record]) + Send + Sync>;

/// The store of a [`super::World`].
pub struct SimStore {
    inner: MemoryStore,
    commits: AtomicU64,
    down: AtomicBool,
    faults: Mutex<VecDeque<StoreFault>>,
    tamper: Mutex<Option<Tamper>>,
    changed: Mutex<Changed>,
    /// How often commits were lost.
    histories: AtomicU64,
    /// As it was when scans began to be behind.
    stale: Mutex<Option<MemoryStore>>,
}

impl fmt::Debug for SimStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimStore").field("commits", &self.commits()).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for SimStore {
    fn default() -> Self {
        Self {
            inner: MemoryStore::new(),
            commits: AtomicU64::new(0),
            down: AtomicBool::new(false),
            faults: Mutex::default(),
            tamper: Mutex::default(),
            changed: Mutex::default(),
            histories: AtomicU64::new(0),
            stale: Mutex::default(),
        }
    }
}

impl SimStore {
    /// Commits applied so far.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// While down, every call fails.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }

    /// The next commit goes wrong so. More calls queue up.
    pub fn fault_next_commit(&self, fault: StoreFault) {
        lock(&self.faults).push_back(fault);
    }

    /// Changes every commit from now on.
    pub fn plant(&self, tamper: Tamper) {
        *lock(&self.tamper) = Some(tamper);
    }

    /// When the next task can be claimed.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        if self.down.load(Ordering::Relaxed) { None } else { self.inner.next_due() }
    }

    /// Everything that is stored.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.inner.records()
    }

    /// The names of all tasks.
    #[must_use]
    pub fn tasks(&self) -> Vec<String> {
        self.inner.tasks().into_iter().map(|(id, ..)| id.as_str().to_owned()).collect()
    }

    /// The task that is due first of those whose names begin so, and when that is.
    #[must_use]
    pub fn due_of(&self, kind: &str) -> Option<(String, Timestamp)> {
        let tasks = self.inner.tasks().into_iter().filter(|(id, ..)| id.as_str().starts_with(kind));
        tasks.min_by_key(|(_, due, _)| *due).map(|(id, due, _)| (id.as_str().to_owned(), due))
    }

    /// What is stored under `key`.
    #[must_use]
    pub fn record(&self, key: &Key) -> Option<Record> {
        self.inner.record(key)
    }

    /// Whether there is a task of this name.
    #[must_use]
    pub fn has_task(&self, id: &str) -> bool {
        self.inner.has_task(&TaskId::new(id))
    }

    /// What has changed since this was last asked.
    pub(crate) fn take_changed(&self) -> Changed {
        std::mem::take(&mut lock(&self.changed))
    }

    /// From now on scans are answered as the store is now; `false`: as it is.
    pub(crate) fn set_scans_stale(&self, stale: bool) {
        *lock(&self.stale) = stale.then(|| self.inner.copied());
    }

    /// The store as it is now.
    pub(crate) fn copied(&self) -> MemoryStore {
        self.inner.copied()
    }

    /// Loses every commit since `earlier` was copied.
    pub(crate) fn rewind(&self, earlier: &MemoryStore) {
        self.inner.becomes(earlier);
        *lock(&self.stale) = None;
        self.histories.fetch_add(1, Ordering::Relaxed);
        // Whatever is there now may be another than it was.
        let keys = self.inner.records().into_iter().map(|record| record.key).collect();
        *lock(&self.changed) = Changed { keys, ..Changed::default() };
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    /// Names the history that began when commits were lost last.
    pub(crate) fn history(&self) -> Result<String, StoreError> {
        self.check()?;
        Ok(self.histories.load(Ordering::Relaxed).to_string())
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.down.load(Ordering::Relaxed) {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "the simulated store is down"));
        }
        Ok(())
    }
}

fn failed() -> CommitError {
    StoreError::new(StoreErrorKind::Unavailable, "the connection to the simulated store broke").into()
}

#[async_trait]
impl Store for SimStore {
    async fn load(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        Pause::default().await;
        self.check()?;
        let records = self.inner.load(keys).await;
        Pause::default().await;
        records
    }

    async fn scan(&self, scan: &Scan) -> Result<Page, StoreError> {
        Pause::default().await;
        self.check()?;
        let stale = lock(&self.stale).as_ref().map(MemoryStore::copied);
        let page = match stale {
            Some(stale) => stale.scan(scan).await,
            None => self.inner.scan(scan).await,
        };
        Pause::default().await;
        page
    }

    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        Pause::default().await;
        self.check()?;
        let fault = lock(&self.faults).pop_front();
        if fault == Some(StoreFault::Refused) {
            return Err(failed());
        }
        let tamper = lock(&self.tamper).clone();
        let mut commit = Cow::Borrowed(commit);
        if let Some(tamper) = tamper {
            let stored: Vec<Record> = commit.puts.iter().filter_map(|put| self.inner.record(&put.key)).collect();
            tamper(commit.to_mut(), &stored);
        }
        let result = self.inner.commit(&commit).await;
        if result.is_ok() {
            lock(&self.changed).note(&commit);
            self.commits.fetch_add(1, Ordering::Relaxed);
        }
        Pause::default().await;
        if fault == Some(StoreFault::AppliedButFailed) {
            return Err(failed());
        }
        result
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Task>, StoreError> {
        Pause::default().await;
        self.check()?;
        let tasks = self.inner.claim(claim).await;
        Pause::default().await;
        tasks
    }
}
