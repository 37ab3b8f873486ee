//! `commit` within a transaction that nobody else can write beside: everything is checked, then everything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sqlx::SqliteConnection;

use super::fault::{fault, trouble};
use super::read::{count, list};
use crate::store::{
    Arm, Body, Commit, CommitError, Expect, IndexEntry, Key, Lease, Put, Rearm, StoreError, StoreErrorKind, TaskId,
    Version,
};

const VERSIONS: &str = "SELECT key, version FROM records WHERE key IN (SELECT value FROM json_each(?1))";
const HOLDS: &str = "SELECT id, rev, fence FROM tasks WHERE id IN (SELECT value FROM json_each(?1))";

const FINISH: &str = "DELETE FROM tasks WHERE id IN (SELECT value FROM json_each(?1))";
const RELEASE: &str = "\
    UPDATE tasks SET fence = NULL, held_until = NULL WHERE id IN (SELECT value FROM json_each(?1))";
// A hold outlives arming: whoever works on the task keeps it, and learns of the change when it settles.
const ARM: &str = "\
    INSERT INTO tasks (id, due, rev, work) VALUES (?1, ?2, 1, ?3) \
    ON CONFLICT (id) DO UPDATE SET rev = rev + 1, due = excluded.due, work = excluded.work";
const ARM_EARLIEST: &str = "\
    INSERT INTO tasks (id, due, rev, work) VALUES (?1, ?2, 1, ?3) \
    ON CONFLICT (id) DO UPDATE SET rev = rev + 1, due = min(due, excluded.due), \
    work = CASE WHEN due < excluded.due THEN work ELSE excluded.work END";

const DELETE: &str = "DELETE FROM records WHERE key IN (SELECT value FROM json_each(?1))";
const PUT: &str = "\
    INSERT INTO records (key, version, body) VALUES (?1, ?2, ?3) \
    ON CONFLICT (key) DO UPDATE SET version = excluded.version, body = excluded.body";
const UNLIST_ALL: &str = "DELETE FROM places WHERE key IN (SELECT value FROM json_each(?1))";
const LISTED: &str = "\
    SELECT index_name, part, major, minor, key FROM places WHERE key IN (SELECT value FROM json_each(?1))";
const UNLIST: &str = "\
    DELETE FROM places WHERE index_name = ?1 AND part = ?2 AND major = ?3 AND minor = ?4 AND key = ?5";
const ENLIST: &str = "INSERT INTO places (index_name, part, major, minor, key) VALUES (?1, ?2, ?3, ?4, ?5)";

/// A record's place in an index, as it is a row.
type Place = (String, String, i64, i64, String);

/// What is stored of the records and tasks that a commit is about.
struct Stored {
    versions: BTreeMap<Key, Version>,
    /// By task: how often it was armed, and the fence of whoever holds it.
    holds: BTreeMap<TaskId, (u64, Option<u64>)>,
}

/// One transaction's work.
pub(super) struct Writing<'a> {
    pub(super) connection: &'a mut SqliteConnection,
    pub(super) path: &'a Path,
}

/// Names that a statement is about; none: it need not be asked.
fn names<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let mut names = names.into_iter().peekable();
    names.peek().is_some().then(|| list(names))
}

impl Writing<'_> {
    fn fault(&self, error: sqlx::Error) -> StoreError {
        fault(self.path, "writing", error)
    }

    /// Carries out a statement about several names.
    async fn about(&mut self, statement: &'static str, names: Option<String>) -> Result<(), StoreError> {
        let Some(names) = names else { return Ok(()) };
        let done = sqlx::query(statement).bind(names).execute(&mut *self.connection).await;
        done.map(drop).map_err(|error| self.fault(error))
    }

    /// Applies `commit`, or tells why it may not be applied; then nothing was written.
    pub(super) async fn commit(&mut self, commit: &Commit) -> Result<(), CommitError> {
        let stored = self.stored(commit).await?;
        check(commit, &stored)?;
        let Commit { checks: _, puts, deletes, settle, disarm, arm } = commit;
        let still = |lease: &&Lease| stored.holds.get(&lease.id).is_some_and(|(rev, _)| *rev == lease.rev);
        let (finished, armed_again): (Vec<&Lease>, Vec<&Lease>) = settle.iter().partition(still);
        self.about(FINISH, names(finished.iter().map(|lease| lease.id.as_str()))).await?;
        self.about(RELEASE, names(armed_again.iter().map(|lease| lease.id.as_str()))).await?;
        self.about(FINISH, names(disarm.iter().map(TaskId::as_str))).await?;
        for arm in arm {
            self.arm(arm).await?;
        }
        let deleted = names(deletes.iter().map(|(key, _)| key.as_str()));
        self.about(DELETE, deleted.clone()).await?;
        self.about(UNLIST_ALL, deleted).await?;
        for put in puts {
            self.put(put, stored.versions.get(&put.key)).await?;
        }
        self.list(puts, &stored).await?;
        Ok(())
    }

    async fn stored(&mut self, commit: &Commit) -> Result<Stored, StoreError> {
        let mut stored = Stored { versions: BTreeMap::new(), holds: BTreeMap::new() };
        let read = commit.checks.iter().chain(&commit.deletes).map(|(key, _)| key.as_str());
        let keys = names(read.chain(commit.puts.iter().map(|put| put.key.as_str())));
        if let Some(keys) = keys {
            let query = sqlx::query_as::<_, (String, i64)>(VERSIONS).bind(keys);
            let rows = query.fetch_all(&mut *self.connection).await.map_err(|error| self.fault(error))?;
            for (key, version) in rows {
                let version = Version(count(self.path, &key, version)?);
                stored.versions.insert(Key::new(key), version);
            }
        }
        if let Some(ids) = names(commit.settle.iter().map(|lease| lease.id.as_str())) {
            let query = sqlx::query_as::<_, (String, i64, Option<i64>)>(HOLDS).bind(ids);
            let rows = query.fetch_all(&mut *self.connection).await.map_err(|error| self.fault(error))?;
            for (id, rev, fence) in rows {
                let rev = count(self.path, &id, rev)?;
                let fence = fence.map(|fence| count(self.path, &id, fence)).transpose()?;
                stored.holds.insert(TaskId::new(id), (rev, fence));
            }
        }
        Ok(stored)
    }

    async fn arm(&mut self, arm: &Arm) -> Result<(), StoreError> {
        let statement = match arm.rearm {
            Rearm::Replace => ARM,
            Rearm::Earliest => ARM_EARLIEST,
        };
        let query = sqlx::query(statement).bind(arm.id.as_str()).bind(arm.due.as_micros()).bind(text(&arm.work));
        query.execute(&mut *self.connection).await.map(drop).map_err(|error| self.fault(error))
    }

    async fn put(&mut self, put: &Put, before: Option<&Version>) -> Result<(), StoreError> {
        let version = before.map_or(1, |version| version.0.saturating_add(1));
        let version = i64::try_from(version).map_err(|_| {
            let what = format!("{} was written more often than can be counted", put.key);
            trouble(StoreErrorKind::Other, self.path, what)
        })?;
        let query = sqlx::query(PUT).bind(put.key.as_str()).bind(version).bind(text(&put.body));
        query.execute(&mut *self.connection).await.map(drop).map_err(|error| self.fault(error))
    }

    /// Lists the records that are put at their places and at no others. A place that is kept is not written again.
    async fn list(&mut self, puts: &[Put], stored: &Stored) -> Result<(), StoreError> {
        let known = puts.iter().filter(|put| stored.versions.contains_key(&put.key));
        let mut before = BTreeSet::new();
        if let Some(keys) = names(known.map(|put| put.key.as_str())) {
            let query = sqlx::query_as::<_, Place>(LISTED).bind(keys);
            let rows = query.fetch_all(&mut *self.connection).await.map_err(|error| self.fault(error))?;
            before.extend(rows);
        }
        let after: BTreeSet<Place> =
            puts.iter().flat_map(|put| put.index.iter().map(|entry| place(entry, &put.key))).collect();
        for place in before.difference(&after) {
            self.move_place(UNLIST, place).await?;
        }
        for place in after.difference(&before) {
            self.move_place(ENLIST, place).await?;
        }
        Ok(())
    }

    async fn move_place(&mut self, statement: &'static str, place: &Place) -> Result<(), StoreError> {
        let (index, part, major, minor, key) = place;
        let query = sqlx::query(statement).bind(index).bind(part).bind(major).bind(minor).bind(key);
        query.execute(&mut *self.connection).await.map(drop).map_err(|error| self.fault(error))
    }
}

fn text(body: &Body) -> String {
    body.as_json().to_owned()
}

fn place(entry: &IndexEntry, key: &Key) -> Place {
    let [major, minor] = entry.sort;
    (entry.index.clone(), entry.partition.clone(), major, minor, key.as_str().to_owned())
}

/// `Ok` when everything that `commit` expects is so; otherwise the first that is not, in the order of the lists.
fn check(commit: &Commit, stored: &Stored) -> Result<(), CommitError> {
    let is_at = |key: &Key, version: Version| stored.versions.get(key) == Some(&version);
    for (key, version) in &commit.checks {
        met(is_at(key, *version), key)?;
    }
    for put in &commit.puts {
        let is_met = match put.expect {
            Expect::Absent => !stored.versions.contains_key(&put.key),
            Expect::Version(version) => is_at(&put.key, version),
        };
        met(is_met, &put.key)?;
    }
    for (key, version) in &commit.deletes {
        met(is_at(key, *version), key)?;
    }
    for lease in &commit.settle {
        let fence = stored.holds.get(&lease.id).and_then(|(_, fence)| *fence);
        if fence != Some(lease.fence) {
            return Err(CommitError::LeaseLost(lease.id.clone()));
        }
    }
    Ok(())
}

fn met(is_met: bool, key: &Key) -> Result<(), CommitError> {
    if is_met { Ok(()) } else { Err(CommitError::Conflict(key.clone())) }
}
