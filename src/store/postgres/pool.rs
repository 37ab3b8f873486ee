//! Connections: at most so many, opened when needed, kept, and never used again when they were left in the middle.
//!
//! No pool of sqlx's: it asks the server at each return whether it is still there, which is one more round trip per
//! request, on its own task.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::{Semaphore, SemaphorePermit};

/// A connection that lay idle for so long is asked whether it is still there before it is used.
const ASK_AFTER: Duration = Duration::from_secs(10);
/// A connection is closed after so long, so that each server's memory, and a balancer's view of the nodes, stay fresh.
const AGE_MAX: Duration = Duration::from_secs(1800);
/// The pause after a failed connect: doubled each time up to the most, and up to as much again by chance.
const PAUSE: Duration = Duration::from_millis(25);
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoConnection {
    #[error("all {0} connections were busy for too long")]
    Busy(u32),
    #[error("no connection in time; the last attempt: {0}")]
    Refused(#[source] sqlx::Error),
    #[error("no connection in time")]
    Late,
    #[error("the store was closed")]
    Closed,
}

struct Idle {
    connection: PgConnection,
    since: tokio::time::Instant,
    opened: tokio::time::Instant,
}

/// When connecting is tried again after it failed.
#[derive(Default)]
struct Failing {
    until: Option<tokio::time::Instant>,
    times: u32,
}

#[derive(Default)]
struct Kept {
    idle: Vec<Idle>,
    failing: Failing,
    /// Raised when a connection broke: those opened before are probably broken as well.
    broken_at: Option<tokio::time::Instant>,
}

pub(super) struct Pool {
    options: PgConnectOptions,
    most: u32,
    patience: Duration,
    permits: Semaphore,
    kept: Mutex<Kept>,
}

/// A connection in use. Dropped, it is closed; give it back when it is in the middle of nothing.
pub(super) struct Lent<'a> {
    pub(super) connection: PgConnection,
    opened: tokio::time::Instant,
    pool: &'a Pool,
    _permit: SemaphorePermit<'a>,
}

impl Pool {
    pub(super) fn new(options: PgConnectOptions, most: u32, patience: Duration) -> Self {
        let most = most.max(1);
        Self { options, most, patience, permits: Semaphore::new(most as usize), kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that nobody else uses. Who asks first gets it first.
    pub(super) async fn lend(&self) -> Result<Lent<'_>, NoConnection> {
        let deadline = tokio::time::Instant::now() + self.patience;
        let permit = tokio::time::timeout_at(deadline, self.permits.acquire());
        let permit = permit.await.map_err(|_| NoConnection::Busy(self.most))?.map_err(|_| NoConnection::Closed)?;
        while let Some(Idle { mut connection, since, opened }) = self.pop() {
            if since.elapsed() > ASK_AFTER {
                let ping = tokio::time::timeout_at(deadline, sqlx::Connection::ping(&mut connection));
                if !matches!(ping.await, Ok(Ok(()))) {
                    self.broke(opened);
                    continue;
                }
            }
            return Ok(Lent { connection, opened, pool: self, _permit: permit });
        }
        let connection = self.open(deadline).await?;
        Ok(Lent { connection, opened: tokio::time::Instant::now(), pool: self, _permit: permit })
    }

    fn pop(&self) -> Option<Idle> {
        let mut kept = self.kept();
        let broken_at = kept.broken_at;
        loop {
            let idle = kept.idle.pop()?;
            let is_fresh = idle.opened.elapsed() < AGE_MAX && broken_at.is_none_or(|at| idle.opened > at);
            if is_fresh {
                return Some(idle);
            }
        }
    }

    async fn open(&self, deadline: tokio::time::Instant) -> Result<PgConnection, NoConnection> {
        let mut last = None;
        loop {
            let until = self.kept().failing.until;
            let pause = until.filter(|until| *until > tokio::time::Instant::now());
            if let Some(until) = pause {
                tokio::time::sleep_until(until.min(deadline)).await;
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(last.map_or(NoConnection::Late, NoConnection::Refused));
            }
            if pause.is_some() {
                continue;
            }
            match tokio::time::timeout_at(deadline, self.options.connect()).await {
                Ok(Ok(connection)) => {
                    self.kept().failing = Failing::default();
                    return Ok(connection);
                }
                Ok(Err(error)) => {
                    self.failed();
                    // A wrong password does not become right by asking again.
                    if !is_passing(&error) {
                        return Err(NoConnection::Refused(error));
                    }
                    last = Some(error);
                }
                // Slow is not refused: the next may have more time.
                Err(_) => {
                    return Err(last.map_or(NoConnection::Late, NoConnection::Refused));
                }
            }
        }
    }

    /// Nobody tries again before a pause that grows with each failure and differs between nodes.
    fn failed(&self) {
        let mut kept = self.kept();
        let now = tokio::time::Instant::now();
        if kept.failing.until.is_some_and(|until| until > now) {
            return;
        }
        let pause = PAUSE.saturating_mul(1 << kept.failing.times.min(10)).min(PAUSE_MAX);
        kept.failing.times = kept.failing.times.saturating_add(1);
        kept.failing.until = Some(now + pause + by_chance(pause));
    }

    /// A connection broke that was opened then: those as old are not used again without a new start.
    fn broke(&self, opened: tokio::time::Instant) {
        let mut kept = self.kept();
        kept.broken_at = kept.broken_at.max(Some(opened));
    }

    /// Waits until none is in use, and closes them all; none is lent afterwards.
    pub(super) async fn close(&self) {
        let Ok(all) = self.permits.acquire_many(self.most).await else { return };
        self.permits.close();
        let idle = std::mem::take(&mut self.kept().idle);
        drop(all);
        for one in idle {
            // It is over either way.
            drop(sqlx::Connection::close(one.connection).await);
        }
    }
}

impl Lent<'_> {
    /// Takes back a connection that is in the middle of nothing.
    pub(super) fn give_back(self) {
        let Self { connection, opened, pool, _permit } = self;
        if !pool.permits.is_closed() {
            pool.kept().idle.push(Idle { connection, since: tokio::time::Instant::now(), opened });
        }
    }

    /// It broke in use.
    pub(super) fn broke(self) {
        self.pool.broke(self.opened);
    }
}

/// Up to `most`, unlike what other nodes get.
fn by_chance(most: Duration) -> Duration {
    let chance = uuid::Uuid::now_v7().as_u128() & 0xffff;
    most.mul_f64(chance as f64 / 65536.0)
}

/// Whether asking again may help.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            // Starting up, shutting down, too many connections (PostgreSQL docs: error codes, classes 53 and 57, 08).
            error.code().is_some_and(|code| ["53", "57", "08"].iter().any(|class| code.starts_with(class)))
        }
        sqlx::Error::Configuration(_) | sqlx::Error::Tls(_) => false,
        _ => true,
    }
}
