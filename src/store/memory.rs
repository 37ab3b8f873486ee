//! The reference store: everything in memory, behind one lock.

mod limits;
mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use self::state::State;
use super::{
    Body, Claim, Commit, CommitError, Key, Page, Record, Scan, Store, StoreError, StoreErrorKind, Task, TaskId,
};
use crate::time::Timestamp;

/// Keeps everything in memory, and is the reference for what a [`Store`] does. What it holds ends with it.
///
/// Its futures never wait, so any executor drives them. A commit that writes or deletes one key twice is refused with
/// [`StoreErrorKind::Limit`], because no order among them could be right.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// When the next task may be claimed: its due time, or the end of its hold if that is later; `None` without tasks.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.lock().next_due()
    }

    /// All records, ascending by key: for audits in tests.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.lock().records()
    }

    /// The record under `key`: for audits in tests.
    #[must_use]
    pub fn record(&self, key: &Key) -> Option<Record> {
        self.lock().record(key)
    }

    /// Whether there is a task of this name, held or not: for audits in tests.
    #[must_use]
    pub fn has_task(&self, id: &TaskId) -> bool {
        self.lock().has_task(id)
    }

    /// All tasks with due time and work, ascending by id, held or not: for audits in tests.
    #[must_use]
    pub fn tasks(&self) -> Vec<(TaskId, Timestamp, Body)> {
        self.lock().tasks()
    }

    /// The store as it is now, as a store of its own: bodies are shared, nothing else is.
    #[cfg(feature = "sim")]
    pub(crate) fn copied(&self) -> Self {
        Self { state: Mutex::new(self.lock().clone()) }
    }

    /// Makes this store be as `other` is, whatever was kept or given out since.
    #[cfg(feature = "sim")]
    pub(crate) fn becomes(&self, other: &Self) {
        let state = other.lock().clone();
        *self.lock() = state;
    }

    /// A panic elsewhere cannot leave the state half changed: everything is checked before anything is written.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn load(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        for key in keys {
            limits::name(key.as_str())?;
        }
        let state = self.lock();
        Ok(keys.iter().map(|key| state.record(key)).collect())
    }

    async fn scan(&self, scan: &Scan) -> Result<Page, StoreError> {
        limits::page(scan.limit)?;
        Ok(self.lock().scan(scan))
    }

    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        limits::commit(commit)?;
        let mut state = self.lock();
        state.check(commit)?;
        state.apply(commit);
        Ok(())
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Task>, StoreError> {
        limits::page(claim.limit)?;
        Ok(self.lock().claim(claim))
    }
}

/// A refusal that says which limit was broken.
fn refused(why: String) -> StoreError {
    StoreError::new(StoreErrorKind::Limit, why)
}
