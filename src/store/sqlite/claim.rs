//! `claim`: a look without a lock, and the lock only when something is due.

use std::path::Path;

use sqlx::SqliteConnection;

use super::commit::Writing;
use super::fault::{fault, trouble};
use super::read::{body, count};
use crate::store::{Claim, Lease, StoreError, StoreErrorKind, Task, TaskId};
use crate::time::Timestamp;

const IS_ANY_DUE: &str = "\
    SELECT EXISTS (SELECT 1 FROM tasks WHERE due <= ?1 AND (held_until IS NULL OR held_until <= ?1))";
const DUE: &str = "\
    SELECT id, due, rev, work FROM tasks WHERE due <= ?1 AND (held_until IS NULL OR held_until <= ?1) \
    ORDER BY due, id LIMIT ?2";
const FENCES: &str = "UPDATE fences SET last = last + ?1 RETURNING last";
const HOLD: &str = "UPDATE tasks SET fence = ?2, held_until = ?3 WHERE id = ?1";

/// Whether a claim made now would find something.
pub(super) async fn is_any_due(
    connection: &mut SqliteConnection,
    path: &Path,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let query = sqlx::query_scalar::<_, bool>(IS_ANY_DUE).bind(now.as_micros());
    query.fetch_one(connection).await.map_err(|error| fault(path, "reading", error))
}

impl Writing<'_> {
    /// Takes the tasks that `claim` asks for.
    pub(super) async fn claim(&mut self, claim: &Claim) -> Result<Vec<Task>, StoreError> {
        let path = self.path;
        let is_fault = |error| fault(path, "claiming from", error);
        let rows = sqlx::query_as::<_, (String, i64, i64, String)>(DUE)
            .bind(claim.now.as_micros())
            .bind(i64::from(claim.limit))
            .fetch_all(&mut *self.connection)
            .await
            .map_err(is_fault)?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let last: i64 =
            sqlx::query_scalar(FENCES).bind(wanted).fetch_one(&mut *self.connection).await.map_err(is_fault)?;
        let until = claim.now + claim.hold;
        let mut tasks = Vec::with_capacity(rows.len());
        for (fence, (id, due, rev, text)) in (last - wanted + 1..=last).zip(rows) {
            let query = sqlx::query(HOLD).bind(&id).bind(fence).bind(until.as_micros());
            query.execute(&mut *self.connection).await.map_err(is_fault)?;
            let (rev, work) = (count(path, &id, rev)?, body(path, &id, &text)?);
            let fence =
                u64::try_from(fence).map_err(|_| trouble(StoreErrorKind::Corrupt, path, "the fences were set back"))?;
            let lease = Lease { id: TaskId::new(id), fence, rev };
            tasks.push(Task { lease, due: Timestamp::from_micros(due), work });
        }
        Ok(tasks)
    }
}
