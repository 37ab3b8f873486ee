//! Is the server set up to keep what it acknowledges?

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row as _};

use super::builder::PgError;

/// The oldest server: views with the rights of their reader came with it (PostgreSQL docs: release notes of 15).
const OLDEST: i64 = 150_000;

const ASK: &str = "SELECT current_setting('server_version_num')::bigint, current_setting('fsync'), \
    current_setting('full_page_writes'), current_setting('synchronous_commit'), pg_is_in_recovery(), \
    current_setting('default_transaction_read_only'), current_setting('default_transaction_isolation')";

/// Refuses a server that is too old or, unless `allows_unsafe`, one that loses what it acknowledged when it dies, or that
/// cannot be written: with all that is wrong at once.
pub(super) async fn check(connection: &mut PgConnection, allows_unsafe: bool) -> Result<(), PgError> {
    let asked = sqlx::raw_sql(AssertSqlSafe(ASK)).fetch_one(connection).await;
    let row = asked.map_err(|error| PgError::Unreachable(error.into()))?;
    let get = |place: usize| row.try_get::<String, _>(place).unwrap_or_default();
    let version: i64 = row.try_get(0).unwrap_or_default();
    if version < OLDEST {
        return Err(PgError::Configuration(format!("PostgreSQL {} is too old: 15 at least", version / 10_000)));
    }
    if get(6) != "read committed" {
        let what =
            "default_transaction_isolation is not `read committed`: set it so for this role, `ALTER ROLE ... SET`";
        return Err(PgError::Configuration(format!("{what}; it is `{}`", get(6))));
    }
    if allows_unsafe {
        return Ok(());
    }
    let mut wrong = Vec::new();
    let mut unless = |is_right: bool, what: &str| {
        if !is_right {
            wrong.push(what.to_owned());
        }
    };
    unless(get(1) == "on", "fsync is off: a crash of the machine loses or damages everything");
    unless(get(2) == "on", "full_page_writes is off: a crash of the machine may damage pages");
    unless(get(3) != "off", "synchronous_commit is off: a crash of the server loses what it acknowledged last");
    unless(!row.try_get(4).unwrap_or(false), "pg_is_in_recovery(): it is a standby, and cannot be written");
    unless(get(5) == "off", "default_transaction_read_only is on: it cannot be written");
    if wrong.is_empty() { Ok(()) } else { Err(PgError::Unsafe(wrong)) }
}
