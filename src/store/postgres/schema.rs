//! The schema: which version it is at, whom it still serves, and how it comes to the version that is needed.
//!
//! Versions expand, then contract: a version adds what the next node needs and leaves what the last one uses, and says the
//! oldest that it serves. So nodes of two versions run side by side.

use std::time::Duration;

use sqlx::postgres::{PgConnection, PgDatabaseError};
use sqlx::{AssertSqlSafe, Row as _};

use super::builder::PgError;

/// A version of the schema.
struct Step {
    version: i32,
    /// The oldest version of nodes that it serves.
    serves_from: i32,
    /// Statements; `{s}` stands for the schema.
    text: &'static [&'static str],
}

const STEPS: &[Step] = &[Step {
    version: 1,
    serves_from: 1,
    text: &[
        include_str!("schema/0001_tables.sql"),
        include_str!("schema/0002_functions.sql"),
        include_str!("schema/0003_policies.sql"),
        include_str!("schema/0004_views.sql"),
    ],
}];

/// The version that this crate's requests need.
const OURS: i32 = 1;

/// How long a migration may wait for a table that others use; while it waits they wait behind it.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
/// How often a migration is tried, when others used a table for too long.
const TRIES: u32 = 5;
/// How long it may wait for another node that migrates, and how long one statement of it may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a schema says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stand {
    version: i32,
    serves_from: i32,
}

fn unreachable(error: sqlx::Error) -> PgError {
    PgError::Unreachable(error.into())
}

/// The schema is there and serves this version; with `migrates` it is brought there.
pub(super) async fn prepare(connection: &mut PgConnection, schema: &str, migrates: bool) -> Result<(), PgError> {
    let mut stand = stand(connection, schema).await.map_err(unreachable)?;
    if stand.version < OURS && migrates {
        migrate(connection, schema).await?;
        stand = self::stand(connection, schema).await.map_err(unreachable)?;
    }
    judge(stand, schema)
}

fn judge(stand: Stand, schema: &str) -> Result<(), PgError> {
    let (schema, found) = (schema.to_owned(), stand.version);
    if found < OURS {
        return Err(PgError::NotMigrated { schema, found, needed: OURS });
    }
    if stand.serves_from > OURS {
        return Err(PgError::TooNew { schema, found, serves_from: stand.serves_from, ours: OURS });
    }
    Ok(())
}

/// Where the schema stands; at 0 when there is none.
async fn stand(connection: &mut PgConnection, schema: &str) -> Result<Stand, sqlx::Error> {
    let there = format!("SELECT to_regclass('\"{schema}\".schema_version') IS NOT NULL");
    let row = one(connection, there).await?;
    if !row.is_some_and(|row| row.try_get(0).unwrap_or(false)) {
        return Ok(Stand { version: 0, serves_from: 0 });
    }
    match one(connection, newest(schema)).await? {
        Some(row) => Ok(Stand { version: row.try_get(0)?, serves_from: row.try_get(1)? }),
        None => Ok(Stand { version: 0, serves_from: 0 }),
    }
}

fn newest(schema: &str) -> String {
    format!("SELECT version, serves_from FROM \"{schema}\".schema_version ORDER BY version DESC LIMIT 1")
}

async fn one(connection: &mut PgConnection, text: String) -> Result<Option<sqlx::postgres::PgRow>, sqlx::Error> {
    // Plain text, without parameters: nothing is prepared, for a pooler may be between.
    let rows = sqlx::raw_sql(AssertSqlSafe(text)).fetch_all(connection).await?;
    Ok(rows.into_iter().next())
}

async fn migrate(connection: &mut PgConnection, schema: &str) -> Result<(), PgError> {
    for step in STEPS {
        let mut tries = 0;
        loop {
            let Err(error) = apply(connection, schema, step).await else { break };
            drop(run(connection, "ROLLBACK".to_owned()).await);
            tries += 1;
            let waited = matches!(&error, sqlx::Error::Database(error)
                if error.try_downcast_ref::<PgDatabaseError>().is_some_and(|error| error.code() == "55P03"));
            if !waited || tries >= TRIES {
                return Err(PgError::Migration { version: step.version, source: error.into() });
            }
        }
    }
    Ok(())
}

async fn run(connection: &mut PgConnection, text: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(text)).execute(connection).await.map(drop)
}

/// Brings the schema to a version, in one transaction, unless it is there already. Of several that start at once one does
/// it and the others wait.
async fn apply(connection: &mut PgConnection, schema: &str, step: &Step) -> Result<(), sqlx::Error> {
    let (patience, wait) = (PATIENCE.as_millis(), LOCK_TIMEOUT.as_millis());
    // A limit holds from the next message on: the clock of this one runs already.
    let limits = format!(
        "BEGIN; SET LOCAL statement_timeout = {patience}; SET LOCAL idle_in_transaction_session_timeout = {patience}"
    );
    run(connection, limits).await?;
    let alone = format!("SELECT pg_advisory_xact_lock(hashtextextended('switchboard schema {schema}', 0))");
    run(connection, alone).await?;
    run(connection, format!("SET LOCAL lock_timeout = {wait}")).await?;
    let quoted = format!("\"{schema}\"");
    // `IF NOT EXISTS` asks for the right to create one even if it is there.
    let there = format!("SELECT to_regnamespace('{quoted}') IS NOT NULL");
    if !one(connection, there).await?.is_some_and(|row| row.try_get(0).unwrap_or(false)) {
        run(connection, format!("CREATE SCHEMA IF NOT EXISTS {quoted}")).await?;
    }
    let table = format!(
        "CREATE TABLE IF NOT EXISTS {quoted}.schema_version (version integer PRIMARY KEY, serves_from integer NOT NULL, \
         at timestamptz NOT NULL DEFAULT now())"
    );
    run(connection, table).await?;
    // Only now: what this session knew of the catalog before it waited may be old until it locks a table.
    if one(connection, newest(schema)).await?.is_some_and(|row| row.try_get(0).is_ok_and(|at: i32| at >= step.version))
    {
        return run(connection, "ROLLBACK".to_owned()).await;
    }
    for text in step.text {
        run(connection, text.replace("{s}", &quoted)).await?;
    }
    let (version, serves_from) = (step.version, step.serves_from);
    let done =
        format!("INSERT INTO {quoted}.schema_version (version, serves_from) VALUES ({version}, {serves_from}); COMMIT");
    run(connection, done).await
}
