//! Where state is kept: the [`Store`] trait and the values that cross it.
//!
//! A store keeps records and tasks and understands neither. A change is a value, a [`Commit`]; no transaction handle
//! ever crosses the trait, so no network call can happen inside one.

mod epoch;
mod limits;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use epoch::Epoch;
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::{PgError, PgStore, PgStoreBuilder, PgWake};
#[cfg(feature = "sqlite")]
pub use sqlite::{Durability, SqliteOptions, SqliteStore};

use crate::time::Timestamp;

/// Longest key or task id, in bytes.
pub const KEY_BYTES_MAX: usize = 160;
/// Largest body, in bytes of JSON.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Deepest nesting of lists and objects in a body: a scalar has none, `[[]]` has two.
pub const BODY_DEPTH_MAX: usize = 100;
/// Most index entries of one record.
pub const INDEX_ENTRIES_MAX: usize = 32;
/// Most operations in one commit, over all its lists: ten agents who are let go at once, each serving 24 other queues.
pub const COMMIT_OPERATIONS_MAX: usize = 512;
/// Largest page or claim.
pub const PAGE_MAX: u16 = 256;

/// Name of a record: at most [`KEY_BYTES_MAX`] bytes of printable ASCII. The tenant is its first part after the kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key(pub Arc<str>);

/// Name of a task, with the same limits as a [`Key`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId(pub Arc<str>);

impl Key {
    /// The key called `name`.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TaskId {
    /// The task id called `name`.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How often a record has been written: 1 when created, then one more for each write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version(pub u64);

/// What a record holds, opaque to the store: JSON of at most [`BODY_BYTES_MAX`] bytes, nested at most [`BODY_DEPTH_MAX`] deep, as
/// text. Cloning shares it. Two bodies are equal when their values are, however they are written.
#[derive(Clone, Debug)]
pub struct Body(Arc<str>);

impl Body {
    /// A body that holds `value`.
    #[must_use]
    pub fn new(value: serde_json::Value) -> Self {
        Self(value.to_string().into())
    }
    /// A body that holds `value`.
    ///
    /// # Errors
    /// When `value` has no form in JSON: a map whose keys are no texts, or a failing `Serialize`.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self(serde_json::to_string(value)?.into()))
    }
    /// A body that holds what `json` says. For stores, which get back what they were given: it is not read here.
    #[must_use]
    pub fn from_json(json: impl Into<Arc<str>>) -> Self {
        Self(json.into())
    }
    /// Its text.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0
    }
    /// Its value; `Null` when the text is not JSON.
    #[must_use]
    pub fn value(&self) -> serde_json::Value {
        self.read().unwrap_or_default()
    }
    /// What it holds, as a `T`.
    ///
    /// # Errors
    /// When it holds no `T`.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.value() == other.value()
    }
}

/// A stored record.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its name.
    pub key: Key,
    /// How often it has been written.
    pub version: Version,
    /// What it holds.
    pub body: Body,
}

/// One place of a record in an index: ascending by `(sort, key)` within `(index, partition)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexEntry {
    /// Name of the index, as in `waiting`.
    pub index: String,
    /// Part of the index, the tenant first, as in `default/sales`.
    pub partition: String,
    /// Position.
    pub sort: [i64; 2],
}

/// A place in an index to go on after.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cursor {
    /// Position of the last record seen.
    pub sort: [i64; 2],
    /// Key of the last record seen.
    pub key: Key,
}

/// A request for one page of an index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scan {
    /// Which index.
    pub index: String,
    /// Which part of it.
    pub partition: String,
    /// Where to go on; `None`: from the start.
    pub after: Option<Cursor>,
    /// Most records wanted, 1 to [`PAGE_MAX`].
    pub limit: u16,
}

/// One page of an index.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The records, ascending by `(sort, key)`.
    pub records: Vec<Record>,
    /// Where the next page starts; `None`: this was the last.
    pub next: Option<Cursor>,
}

/// What must be true of a record for it to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// There is none.
    Absent,
    /// There is one, of this version.
    Version(Version),
}

/// Writes one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Put {
    /// Its name.
    pub key: Key,
    /// What must be true of it.
    pub expect: Expect,
    /// What it will hold.
    pub body: Body,
    /// All its places in indexes; earlier ones are dropped.
    pub index: Vec<IndexEntry>,
}

/// Whether arming may move a due time later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rearm {
    /// The new due time and work replace the old ones.
    Replace,
    /// The earlier of both due times holds, with the work that belongs to it (equal times: the new work).
    Earliest,
}

/// Makes a task due.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Its name; arming an existing task changes it.
    pub id: TaskId,
    /// When it may be claimed.
    pub due: Timestamp,
    /// What happens when it is armed already.
    pub rearm: Rearm,
    /// What is to be done, opaque to the store.
    pub work: Body,
}

/// A claim on a task: valid until its hold ends or another claim takes the task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Which task.
    pub id: TaskId,
    /// A number that this store never gave out before, over all tasks.
    pub fence: u64,
    /// Another number when the task is armed while it is held, so that settling finds out. Says nothing else: a store need not
    /// count what changes nothing.
    pub rev: u64,
}

/// A claimed task.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The claim.
    pub lease: Lease,
    /// When it was due.
    pub due: Timestamp,
    /// What is to be done.
    pub work: Body,
}

/// A request for due tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The time by which tasks must be due.
    pub now: Timestamp,
    /// Most tasks wanted, 1 to [`PAGE_MAX`].
    pub limit: u16,
    /// How long nobody else gets them.
    pub hold: Duration,
}

/// One change, applied whole or not at all; at most [`COMMIT_OPERATIONS_MAX`] operations.
///
/// Exhaustive on purpose: a store that overlooks a list would be silently wrong, so a new list must not compile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Commit {
    /// Records that were read and not written, and must still have this version.
    pub checks: Vec<(Key, Version)>,
    /// Records to write.
    pub puts: Vec<Put>,
    /// Records to delete, with the version they must have.
    pub deletes: Vec<(Key, Version)>,
    /// Claimed tasks that are done: removed, or kept and released when they were armed again meanwhile.
    pub settle: Vec<Lease>,
    /// Tasks that need not happen any more. Unknown ones are ignored.
    pub disarm: Vec<TaskId>,
    /// Tasks to make due.
    pub arm: Vec<Arm>,
}

impl Commit {
    /// Operations over all lists.
    #[must_use]
    pub fn operations(&self) -> usize {
        self.checks.len()
            + self.puts.len()
            + self.deletes.len()
            + self.settle.len()
            + self.disarm.len()
            + self.arm.len()
    }
}

/// Why a commit was not applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// Nothing changed: this record is not as expected. Read again and decide again.
    #[error("{0} changed since it was read")]
    Conflict(Key),
    /// Nothing changed: this task has been claimed by somebody else, or is gone.
    #[error("the lease of task {0} is lost")]
    LeaseLost(TaskId),
    /// Unknown: the change may or may not have been applied.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What kind of fault a store met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// Out of reach or overloaded: ask again later.
    Unavailable,
    /// What is stored cannot be read.
    Corrupt,
    /// The request breaks a limit of this module; nothing changed.
    Limit,
    /// Anything else.
    Other,
}

/// A fault of a store.
#[derive(Debug, thiserror::Error)]
#[error("store {kind:?}: {source}")]
pub struct StoreError {
    kind: StoreErrorKind,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    /// A fault of `kind`, with what caused it.
    #[must_use]
    pub fn new(kind: StoreErrorKind, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind, source: source.into() }
    }
    /// What kind of fault it is.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

/// Keeps records and tasks. It understands neither.
///
/// Prove an implementation with `store_conformance!` (feature `conformance`).
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Reads records by key: one entry per key, in the order asked, `None` where there is none.
    ///
    /// # On return
    /// Every commit that returned before this call began is visible.
    async fn load(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError>;

    /// Reads one page of an index, ascending by `(sort, key)`.
    ///
    /// # May
    /// Lag behind [`Store::load`]: the engine takes a page as a hint and checks every version when it commits.
    /// # Never
    /// Repeats or skips, across pages, a record that nobody wrote meanwhile.
    async fn scan(&self, scan: &Scan) -> Result<Page, StoreError>;

    /// Applies all of it or none of it.
    ///
    /// Order: every expectation is checked (checks, puts, deletes, settles); then leases are settled, tasks disarmed,
    /// tasks armed, records deleted, records put.
    /// # On return
    /// `Ok`: durable, and visible to `load` and `claim`.
    /// `Conflict` / `LeaseLost`: nothing changed, and the named record or task is why.
    /// `Store(e)`: unknown, unless `e` is [`StoreErrorKind::Limit`], which changed nothing.
    async fn commit(&self, commit: &Commit) -> Result<(), CommitError>;

    /// Takes up to `limit` due tasks for `hold`, oldest due first (then by id).
    ///
    /// # On return
    /// No other claim gets these tasks before `now + hold`. Each lease carries a fence that this store has never
    /// given out before.
    async fn claim(&self, claim: &Claim) -> Result<Vec<Task>, StoreError>;
}

/// Tells that work may have become due elsewhere: shortens the wait for it, and nothing else. What is never told is found by
/// looking, one poll later.
#[async_trait]
pub trait Wake: fmt::Debug + Send + Sync + 'static {
    /// Waits until something may be due. May return without a cause, and may miss one.
    async fn wait(&self);
}
