//! A store in one file, for the processes of one machine (feature `sqlite`).

mod claim;
mod commit;
mod connections;
mod fault;
mod file;
mod options;
mod read;
mod schema;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sqlx::sqlite::SqliteConnection;

pub use self::options::{Durability, SqliteOptions};

use self::commit::Writing;
use self::connections::{Connections, Lent};
use self::fault::fault;
use self::file::OpenFiles;
use super::{Claim, Commit, CommitError, Key, Page, Record, Scan, Store, StoreError, Task, limits};

struct Inner {
    path: PathBuf,
    files: OpenFiles,
    writer: Connections,
    readers: Connections,
    /// While one connection has the file open, SQLite does not remove the log, which the others may leave and join.
    anchor: Mutex<Option<SqliteConnection>>,
}

/// Keeps everything in one file. A handle: cloning shares it.
///
/// A commit that returned is on the disk, unless [`Durability::Normal`] was asked for. Several processes of one machine may
/// open the same file: they see each other's commits and claim from the same tasks. Needs no runtime: any executor drives
/// its futures, and each may be dropped at any `await`.
#[derive(Clone)]
pub struct SqliteStore(Arc<Inner>);

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.0.path).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the file at `path`, or creates it.
    ///
    /// # Errors
    /// Those of [`SqliteOptions::open`].
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        Self::builder(path).open().await
    }

    /// Begins to open the file at `path` another way.
    pub fn builder(path: impl Into<PathBuf>) -> SqliteOptions {
        SqliteOptions::new(path.into())
    }

    /// Where the file is, as an absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Closes the file once nothing is under way in it: all that was committed is then in the one file, without a log beside
    /// it, unless another process has it open. Requests that come later are
    /// [`StoreErrorKind::Unavailable`](super::StoreErrorKind::Unavailable). Dropping the last handle is as safe, and leaves
    /// the closing to a thread.
    ///
    /// # Errors
    /// If SQLite could not close it; what was committed is there all the same.
    pub async fn close(&self) -> Result<(), StoreError> {
        let is_fault = |error| fault(&self.0.path, "closing", error);
        self.0.writer.close().await.map_err(is_fault)?;
        self.0.readers.close().await.map_err(is_fault)?;
        let anchor = self.0.anchor.lock().unwrap_or_else(PoisonError::into_inner).take();
        match anchor {
            Some(anchor) => sqlx::Connection::close(anchor).await.map_err(is_fault),
            None => Ok(()),
        }
    }

    async fn reading(&self) -> Result<Lent<'_>, StoreError> {
        self.0.files.are_in_place()?;
        self.0.readers.lend().await.map_err(|error| fault(&self.0.path, "opening", error))
    }

    /// Begins a transaction that nobody else can write beside.
    async fn begin(&self) -> Result<Lent<'_>, StoreError> {
        self.0.files.are_in_place()?;
        let mut lent = self.0.writer.lend().await.map_err(|error| fault(&self.0.path, "opening", error))?;
        self.carry_out(&mut lent, "BEGIN IMMEDIATE").await?;
        Ok(lent)
    }

    /// Makes the transaction last.
    async fn keep(&self, mut lent: Lent<'_>) -> Result<(), StoreError> {
        self.carry_out(&mut lent, "COMMIT").await?;
        self.0.writer.take_back(lent);
        // Whoever removed the file meanwhile has removed this too.
        self.0.files.are_in_place()
    }

    /// Ends the transaction without a change.
    async fn leave(&self, mut lent: Lent<'_>) -> Result<(), StoreError> {
        self.carry_out(&mut lent, "ROLLBACK").await?;
        self.0.writer.take_back(lent);
        Ok(())
    }

    async fn carry_out(&self, lent: &mut Lent<'_>, statement: &'static str) -> Result<(), StoreError> {
        let done = sqlx::query(statement).execute(&mut lent.connection).await;
        done.map(drop).map_err(|error| fault(&self.0.path, "writing", error))
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn load(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        for key in keys {
            limits::name(key.as_str())?;
        }
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut lent = self.reading().await?;
        let records = read::load(&mut lent.connection, &self.0.path, keys).await?;
        self.0.readers.take_back(lent);
        Ok(records)
    }

    async fn scan(&self, scan: &Scan) -> Result<Page, StoreError> {
        limits::page(scan.limit)?;
        let mut lent = self.reading().await?;
        let page = read::scan(&mut lent.connection, &self.0.path, scan).await?;
        self.0.readers.take_back(lent);
        Ok(page)
    }

    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        limits::commit(commit)?;
        if commit.operations() == 0 {
            return Ok(());
        }
        let mut lent = self.begin().await?;
        let applied = Writing { connection: &mut lent.connection, path: &self.0.path }.commit(commit).await;
        match applied {
            Ok(()) => Ok(self.keep(lent).await?),
            // The connection is in the middle of something, and is closed.
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(refusal) => {
                self.leave(lent).await?;
                Err(refusal)
            }
        }
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Task>, StoreError> {
        limits::page(claim.limit)?;
        let mut reading = self.reading().await?;
        let is_any_due = claim::is_any_due(&mut reading.connection, &self.0.path, claim.now).await?;
        self.0.readers.take_back(reading);
        if !is_any_due {
            return Ok(Vec::new());
        }
        let mut lent = self.begin().await?;
        let tasks = Writing { connection: &mut lent.connection, path: &self.0.path }.claim(claim).await?;
        if tasks.is_empty() {
            self.leave(lent).await?;
        } else {
            self.keep(lent).await?;
        }
        Ok(tasks)
    }
}
