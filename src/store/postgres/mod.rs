//! A store in PostgreSQL, shared by any number of nodes.

mod builder;
mod fault;
mod hints;
mod pool;
mod schema;
mod settings;
mod tape;
mod wire;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use sqlx::Row as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use tokio::sync::Notify;

pub use builder::{PgError, PgStoreBuilder};
pub use hints::PgWake;

use self::fault::Fault;
use self::pool::Pool;
use self::tape::{Scope, Tape, place, tenant_of_partition};
use self::wire::{Arg, How, Statement};
use super::{
    Body, Claim, Commit, CommitError, Cursor, Key, Lease, Page, Record, Scan, Store, StoreError, StoreErrorKind, Task,
    TaskId, Version, limits,
};
use crate::time::Timestamp;

/// Times a request is made again at once, because PostgreSQL undid it for the sake of another.
const AGAIN_MAX: u32 = 3;

/// Keeps everything in one schema of a PostgreSQL database. Any number of nodes may share it; cloning shares the
/// connections.
///
/// Each request is one statement in one round trip. What [`Store::commit`] acknowledged is on the server's disk, and
/// survives the death of node and server alike. A request never waits without end: for a connection at most the time given
/// to the builder, for an answer at most another.
///
/// It needs a tokio runtime with timers and I/O.
#[derive(Clone)]
pub struct PgStore {
    shared: Arc<Shared>,
    lane: Lane,
}

struct Shared {
    schema: String,
    how: How,
    /// How to reach the server itself, where hints are told; `None`: only a pooler is known.
    hints: Option<PgConnectOptions>,
    /// Notified when a commit made something due.
    made_due: Arc<Notify>,
    answers: Pool,
    work: Pool,
    reports: Pool,
    load: Statement,
    scan: Statement,
    commit: Statement,
    claim: Statement,
}

/// Whose connections are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    Answers,
    Work,
    Reports,
}

impl fmt::Debug for PgStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schema = &self.shared.schema;
        f.debug_struct("PgStore").field("schema", schema).field("lane", &self.lane).finish_non_exhaustive()
    }
}

impl PgStore {
    /// The store in schema `switchboard` of the database at `url` (`postgres://user:password@host:port/database`), created
    /// or migrated where necessary; [`builder`](Self::builder) has everything else.
    ///
    /// # Errors
    /// When the database cannot be reached, cannot be migrated, is newer than this version can serve, or is set up in a way
    /// that loses what was acknowledged.
    pub async fn connect(url: &str) -> Result<Self, PgError> {
        Self::builder(url).connect().await
    }

    /// Collects how to connect to the database at `url`.
    pub fn builder(url: &str) -> PgStoreBuilder {
        PgStoreBuilder::new(url)
    }

    /// The same store over the connections for due work: what waits for those does not keep answers waiting.
    #[must_use]
    pub fn for_work(&self) -> Self {
        Self { lane: Lane::Work, ..self.clone() }
    }

    /// The same store over the connections for lists and reports: however many run, they do not keep answers waiting.
    #[must_use]
    pub fn for_reports(&self) -> Self {
        Self { lane: Lane::Reports, ..self.clone() }
    }

    /// Applies `commit` in your own transaction, with your own rows: it takes effect when, and only when, you commit.
    ///
    /// `connection` belongs to a transaction at the default isolation level, `READ COMMITTED`, of the same database. Keep
    /// that short: until it ends, whoever wants to write the same records waits.
    ///
    /// # Errors
    /// As [`Store::commit`]. After any error roll your transaction back: parts of it may be gone, or others wait for it.
    pub async fn commit_in(&self, connection: &mut PgConnection, commit: &Commit) -> Result<(), CommitError> {
        limits::commit(commit)?;
        let tape = Tape::of(commit)?;
        let args = [Arg::Text(&tape.scope), Arg::Owned(&tape.texts), Arg::Numbers(&tape.numbers)];
        let rows = self.shared.commit.on(connection, &args, self.shared.how).await;
        outcome(rows.map_err(Fault::from))
    }

    /// Hints from other nodes that work is due, and to them from this one, each node once in 20 ms at most: give it to
    /// [`Builder::wake`](crate::Builder::wake). It keeps two connections of its own, and has hints only of nodes that call
    /// this as well. `None` through a pooler, unless [`hints_at`](PgStoreBuilder::hints_at) says where the server is.
    #[must_use]
    pub fn wake(&self) -> Option<PgWake> {
        let options = self.shared.hints.clone()?;
        Some(PgWake::start(options, &self.shared.schema, Arc::clone(&self.shared.made_due)))
    }

    /// Closes every connection when the requests under way are done. Later requests are refused as unavailable.
    pub async fn close(&self) {
        for pool in [&self.shared.answers, &self.shared.work, &self.shared.reports] {
            pool.close().await;
        }
    }

    fn pool(&self) -> &Pool {
        match self.lane {
            Lane::Answers => &self.shared.answers,
            Lane::Work => &self.shared.work,
            Lane::Reports => &self.shared.reports,
        }
    }

    /// The rows of a statement that may be made again: it changes nothing, or what it changed ends by itself.
    async fn rows(&self, statement: &Statement, args: &[Arg<'_>]) -> Result<Vec<PgRow>, Fault> {
        let mut times = 0;
        loop {
            let fault = match self.pool().rows(statement, args, self.shared.how).await {
                Ok(rows) => return Ok(rows),
                Err(fault) => fault,
            };
            times += 1;
            let broke = matches!(fault, Fault::Broken(_));
            if times > AGAIN_MAX || (broke && times > 1) || !(broke || fault.is_retryable()) {
                return Err(fault);
            }
        }
    }
}

/// What the function `commit` said.
fn outcome(rows: Result<Vec<PgRow>, Fault>) -> Result<(), CommitError> {
    let rows = rows.map_err(|fault| fault.named().unwrap_or_else(|| CommitError::Store(fault.into())))?;
    let said: Option<&str> = column(&rows, 0)?;
    let Some(said) = said else { return Ok(()) };
    match said.split_at_checked(1) {
        Some(("c", key)) => Err(CommitError::Conflict(Key::new(key))),
        Some(("l", id)) => Err(CommitError::LeaseLost(TaskId::new(id))),
        _ => Err(StoreError::new(StoreErrorKind::Corrupt, format!("the function `commit` said {said:?}")).into()),
    }
}

/// A column of the only row.
fn column(rows: &[PgRow], column: usize) -> Result<Option<&str>, StoreError> {
    let row = rows.first().ok_or_else(|| StoreError::new(StoreErrorKind::Corrupt, "no row came back"))?;
    row.try_get(column).map_err(|error| Fault::from(error).into())
}

fn get<'r, T>(row: &'r PgRow, column: usize) -> Result<T, StoreError>
where
    T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    row.try_get(column).map_err(|error| Fault::from(error).into())
}

fn body(of: &str, text: &str) -> Result<Body, StoreError> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| StoreError::new(StoreErrorKind::Corrupt, format!("the body of {of}: {error}")))?;
    Ok(Body::new(value))
}

fn count(of: &str, number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::new(StoreErrorKind::Corrupt, format!("{of} counts {number}")))
}

#[async_trait]
impl Store for PgStore {
    async fn load(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        for key in keys {
            limits::name(key.as_str())?;
        }
        let mut records: Vec<Option<Record>> = keys.iter().map(|_| None).collect();
        if keys.is_empty() {
            return Ok(records);
        }
        let names: Vec<&str> = keys.iter().map(Key::as_str).collect();
        let scope = Scope::of(names.iter().copied());
        for row in self.rows(&self.shared.load, &[Arg::Text(&scope), Arg::Texts(&names)]).await? {
            let place = usize::try_from(get::<i32>(&row, 0)? - 1).unwrap_or(usize::MAX);
            let (Some(key), Some(record)) = (keys.get(place), records.get_mut(place)) else { continue };
            let version = Version(count(key.as_str(), get(&row, 1)?)?);
            let body = body(key.as_str(), get(&row, 2)?)?;
            *record = Some(Record { key: key.clone(), version, body });
        }
        Ok(records)
    }

    async fn scan(&self, scan: &Scan) -> Result<Page, StoreError> {
        limits::page(scan.limit)?;
        let tenant = tenant_of_partition(&scan.partition);
        let place = place(&scan.index, &scan.partition)?;
        let scope = format!("/{tenant}/");
        let (sort, key) = match &scan.after {
            Some(after) => (after.sort, Some(after.key.as_str())),
            None => ([0, 0], None),
        };
        let args = [
            Arg::Text(&scope),
            Arg::Text(tenant),
            Arg::Text(&place),
            Arg::Number(sort[0]),
            Arg::Number(sort[1]),
            Arg::Maybe(key),
            // One more tells whether there is a next page.
            Arg::Small(i32::from(scan.limit) + 1),
        ];
        let rows = self.rows(&self.shared.scan, &args).await?;
        let limit = usize::from(scan.limit);
        let mut page = Page { records: Vec::with_capacity(rows.len().min(limit)), next: None };
        for row in rows.iter().take(limit) {
            let key = Key::new(get::<&str>(row, 0)?);
            // A record that is gone since its place was read is passed over.
            let (Some(version), Some(text)) = (get::<Option<i64>>(row, 1)?, get::<Option<&str>>(row, 2)?) else {
                continue;
            };
            let version = Version(count(key.as_str(), version)?);
            page.records.push(Record { version, body: body(key.as_str(), text)?, key });
        }
        if let (Some(_), Some(row)) = (rows.get(limit), rows.get(limit - 1)) {
            page.next = Some(Cursor { sort: [get(row, 3)?, get(row, 4)?], key: Key::new(get::<&str>(row, 0)?) });
        }
        Ok(page)
    }

    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        limits::commit(commit)?;
        if commit.operations() == 0 {
            return Ok(());
        }
        let tape = Tape::of(commit)?;
        let args = [Arg::Text(&tape.scope), Arg::Owned(&tape.texts), Arg::Numbers(&tape.numbers)];
        let mut times = 0;
        loop {
            let rows = self.pool().rows(&self.shared.commit, &args, self.shared.how).await;
            times += 1;
            if times <= AGAIN_MAX && rows.as_ref().is_err_and(Fault::is_retryable) {
                continue;
            }
            let done = outcome(rows);
            if done.is_ok() && !commit.arm.is_empty() {
                self.shared.made_due.notify_one();
            }
            return done;
        }
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Task>, StoreError> {
        limits::page(claim.limit)?;
        let until = claim.now + claim.hold;
        let args =
            [Arg::Number(claim.now.as_micros()), Arg::Number(until.as_micros()), Arg::Small(i32::from(claim.limit))];
        let rows = self.rows(&self.shared.claim, &args).await?;
        let mut tasks = Vec::with_capacity(rows.len());
        for row in &rows {
            let id = TaskId::new(get::<&str>(row, 0)?);
            let (rev, fence) = (count(id.as_str(), get(row, 2)?)?, count(id.as_str(), get(row, 3)?)?);
            let work = body(id.as_str(), get(row, 4)?)?;
            tasks.push(Task { lease: Lease { id, fence, rev }, due: Timestamp::from_micros(get(row, 1)?), work });
        }
        Ok(tasks)
    }
}

impl Shared {
    fn new(schema: String, how: How, hints: Option<PgConnectOptions>, pools: [Pool; 3]) -> Self {
        let [answers, work, reports] = pools;
        let load = Statement::table(&schema, "load", "ord, version, body", &["text", "text[]"]);
        let types = &["text", "text", "text", "bigint", "bigint", "text", "integer"];
        let scan = Statement::table(&schema, "scan", "key, version, body, major, minor", types);
        let commit = Statement::value(&schema, "commit", &["text", "text[]", "bigint[]"]);
        let types = &["bigint", "bigint", "integer"];
        let claim = Statement::table(&schema, "claim", "id, due, rev, fence, work", types);
        let made_due = Arc::new(Notify::new());
        Self { schema, how, hints, made_due, answers, work, reports, load, scan, commit, claim }
    }
}
