//! How a file is opened.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};

use super::connections::Connections;
use super::fault::{fault, trouble};
use super::file::OpenFiles;
use super::{Inner, SqliteStore, schema};
use crate::store::{StoreError, StoreErrorKind};

/// SQLite's own size of a page since 3.12.
const PAGE_BYTES: u64 = 4096;
/// What the write-ahead log is cut back to after it has grown.
const LOG_BYTES: u64 = 64 * 1024 * 1024;
/// The longest wait that SQLite can be told.
const BUSY_TIMEOUT_MAX: Duration = Duration::from_millis(i32::MAX as u64);

/// What is still there after the machine has lost its power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// Every commit that returned: each one waits until the disk says that it is written.
    #[default]
    Full,
    /// A consistent state of some seconds ago: commits that returned last may be gone, as in a failover to a copy that lags
    /// behind. A crash of the process alone still loses nothing. Faster by the time that the disk takes.
    Normal,
}

/// How a [`SqliteStore`] is opened: begun by [`SqliteStore::builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct SqliteOptions {
    path: PathBuf,
    durability: Durability,
    busy_timeout: Duration,
    readers: u16,
    size_max: Option<u64>,
    create: bool,
}

impl SqliteOptions {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            durability: Durability::Full,
            busy_timeout: Duration::from_secs(5),
            readers: 4,
            size_max: None,
            create: true,
        }
    }

    /// What is still there after a loss of power; [`Durability::Full`] unless said.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// How long to wait while another process writes, before a request is [`StoreErrorKind::Unavailable`]; 5 s unless said.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout.min(BUSY_TIMEOUT_MAX);
        self
    }

    /// How many reads may be under way at once, at least 1; 4 unless said. Writes are made one after the other.
    pub fn readers(mut self, readers: u16) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// The greatest size of the file, in bytes, rounded down to whole pages of 4 KiB: what would make it larger is
    /// [`StoreErrorKind::Unavailable`], as on a full disk. The write-ahead log comes on top of it. Not less than the file
    /// has already. Unbounded unless said.
    pub fn size_max(mut self, bytes: u64) -> Self {
        self.size_max = Some(bytes);
        self
    }

    /// Whether to create the file where there is none; it is, unless said.
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    fn connecting(&self) -> SqliteConnectOptions {
        let synchronous = match self.durability {
            Durability::Full => SqliteSynchronous::Full,
            Durability::Normal => SqliteSynchronous::Normal,
        };
        let options = SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(self.create)
            .busy_timeout(self.busy_timeout)
            .synchronous(synchronous)
            // Where the system's own call leaves the disk's cache alone (SQLite docs: `fullfsync`); no effect elsewhere.
            .pragma("fullfsync", "ON")
            .pragma("checkpoint_fullfsync", "ON")
            .pragma("journal_size_limit", LOG_BYTES.to_string())
            .thread_name(|number| format!("switchboard-sqlite-{number}"))
            .disable_statement_logging();
        match self.size_max {
            Some(bytes) => options.pragma("max_page_count", (bytes / PAGE_BYTES).max(1).to_string()),
            None => options,
        }
    }

    /// Opens the file.
    ///
    /// # On return
    /// It is there, has the schema of this version, and answers.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`]: it can neither be opened nor created, may not be written, or is locked.
    /// [`StoreErrorKind::Corrupt`]: it is no SQLite database, or a damaged one.
    /// [`StoreErrorKind::Other`]: it belongs to another application, or a newer version of the program has written it.
    /// Nothing changed in a file that is refused.
    pub async fn open(mut self) -> Result<SqliteStore, StoreError> {
        // SQLite gives some relative names a meaning of their own, such as `:memory:`.
        let absolute = std::path::absolute(&self.path);
        self.path = absolute.map_err(|error| trouble(StoreErrorKind::Other, &self.path, error))?;
        let options = self.connecting();
        let path = self.path.as_path();
        let mut anchor = options.connect().await.map_err(|error| fault(path, "opening", error))?;
        schema::taken(&mut anchor, path).await?;
        write_ahead(&mut anchor, path).await?;
        schema::bring_up(&mut anchor, path).await?;
        let files = OpenFiles::at(path).map_err(|error| trouble(StoreErrorKind::Unavailable, path, error))?;
        let options = options.create_if_missing(false);
        let inner = Inner {
            files,
            writer: Connections::new(options.clone(), 1),
            readers: Connections::new(options.pragma("query_only", "ON"), u32::from(self.readers)),
            anchor: Mutex::new(Some(anchor)),
            path: self.path,
        };
        Ok(SqliteStore(Arc::new(inner)))
    }
}

/// Has the file written ahead of itself, for good (SQLite docs: write-ahead logging): readers and a writer do not wait for
/// each other.
async fn write_ahead(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let set = "PRAGMA journal_mode = WAL";
    let mode: String =
        sqlx::query_scalar(set).fetch_one(connection).await.map_err(|error| fault(path, "preparing", error))?;
    if mode == "wal" {
        return Ok(());
    }
    let what = "the file system has no shared memory, as a network drive: keep the file on a local disk";
    Err(trouble(StoreErrorKind::Other, path, what))
}
