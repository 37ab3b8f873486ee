//! Brings a file to the schema of this version, step by step, or refuses it.

use std::path::Path;

use sqlx::{AssertSqlSafe, SqliteConnection};

use super::fault::{fault, trouble};
use crate::store::{StoreError, StoreErrorKind};

/// Marks a file as a store of ours (SQLite docs: `PRAGMA application_id`): "SwBd".
const APPLICATION_ID: i64 = 0x5377_4264;

/// Each step takes a file from its number to the next one. A step that was released is never changed.
const STEPS: &[&str] = &[include_str!("schema/0001_tables.sql"), include_str!("schema/0002_views.sql")];

/// One statement, so that it is one moment: somebody else may be at it.
const FOUND: &str = "\
    SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), \
    (SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%')";

const DOING: &str = "preparing";

/// How many steps the file has taken.
///
/// # Errors
/// If it is another application's, or has taken more steps than are known here.
pub(super) async fn taken(connection: &mut SqliteConnection, path: &Path) -> Result<usize, StoreError> {
    let found = sqlx::query_as::<_, (i64, i64, i64)>(FOUND).fetch_one(connection).await;
    let (application, version, tables) = found.map_err(|error| fault(path, DOING, error))?;
    if (application, version, tables) == (0, 0, 0) {
        return Ok(0);
    }
    if application != APPLICATION_ID {
        let what = "the file belongs to another application; give the store a file of its own";
        return Err(trouble(StoreErrorKind::Other, path, what));
    }
    match usize::try_from(version) {
        Ok(version) if version <= STEPS.len() => Ok(version),
        _ => {
            let known = STEPS.len();
            let what = format!(
                "the file has schema {version}, and this version of the program knows none above {known}: run the newer one"
            );
            Err(trouble(StoreErrorKind::Other, path, what))
        }
    }
}

/// On return the file has the schema of this version. Any number of processes may do this at once.
///
/// # Errors
/// If it is another application's, or of a newer schema; then nothing changed.
pub(super) async fn bring_up(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let is_fault = |error| fault(path, DOING, error);
    if taken(connection, path).await? == STEPS.len() {
        return Ok(());
    }
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await.map_err(is_fault)?;
    // Somebody else may have done it meanwhile.
    let from = taken(connection, path).await?;
    for (done, step) in STEPS.iter().enumerate().skip(from) {
        sqlx::raw_sql(*step).execute(&mut *connection).await.map_err(is_fault)?;
        // A pragma takes no parameters; these are numbers of ours.
        let number = AssertSqlSafe(format!("PRAGMA user_version = {}", done + 1));
        sqlx::query(number).execute(&mut *connection).await.map_err(is_fault)?;
    }
    let mark = AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}"));
    sqlx::query(mark).execute(&mut *connection).await.map_err(is_fault)?;
    sqlx::query("COMMIT").execute(&mut *connection).await.map_err(is_fault)?;
    Ok(())
}
