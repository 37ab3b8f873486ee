//! Connections to one file. One that was left in the middle of something is never used again.

use std::sync::{Mutex, MutexGuard, PoisonError};

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::sync::{Semaphore, SemaphorePermit};

/// At most so many connections, opened when they are needed and kept.
///
/// No pool of sqlx's: its time-outs need a runtime, and fail where a test pauses the runtime's clock.
pub(super) struct Connections {
    options: SqliteConnectOptions,
    most: u32,
    permits: Semaphore,
    idle: Mutex<Vec<SqliteConnection>>,
}

/// A connection in use. Dropped, it is closed, and SQLite rolls back what it was in the middle of; give it back when it is
/// in the middle of nothing.
pub(super) struct Lent<'a> {
    pub(super) connection: SqliteConnection,
    permit: SemaphorePermit<'a>,
}

impl Connections {
    pub(super) fn new(options: SqliteConnectOptions, most: u32) -> Self {
        let most = most.max(1);
        Self { options, most, permits: Semaphore::new(most as usize), idle: Mutex::default() }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that nobody else uses, as soon as there is one; those who ask first get it first.
    pub(super) async fn lend(&self) -> Result<Lent<'_>, sqlx::Error> {
        let permit = self.permits.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        Ok(Lent { connection, permit })
    }

    /// Takes back a connection that is in the middle of nothing.
    pub(super) fn take_back(&self, lent: Lent<'_>) {
        let Lent { connection, permit } = lent;
        if !self.permits.is_closed() {
            self.idle().push(connection);
        }
        drop(permit);
    }

    /// Waits until none is in use, and closes them all; none is lent afterwards.
    pub(super) async fn close(&self) -> Result<(), sqlx::Error> {
        // Nobody left to wait for: it has been closed.
        let Ok(all) = self.permits.acquire_many(self.most).await else { return Ok(()) };
        self.permits.close();
        let idle = std::mem::take(&mut *self.idle());
        drop(all);
        for connection in idle {
            sqlx::Connection::close(connection).await?;
        }
        Ok(())
    }
}
