//! Short ways to say what a case is about.

use std::time::Duration;

use serde_json::json;

use crate::store::{
    Arm, Body, Claim, Commit, CommitError, Expect, IndexEntry, Key, Lease, Put, Rearm, Record, Store, Task, TaskId,
    Version,
};
use crate::time::Timestamp;

/// How long a claim of [`claim`] holds.
pub(super) const HOLD: Duration = Duration::from_secs(30);

/// The point `secs` seconds into the case.
pub(super) fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_700_000_000 + secs)
}

pub(super) fn key(name: &str) -> Key {
    Key::new(name)
}

pub(super) fn id(name: &str) -> TaskId {
    TaskId::new(name)
}

pub(super) fn body(text: &str) -> Body {
    Body::new(json!({ "text": text }))
}

pub(super) fn create(name: &str, text: &str) -> Put {
    Put { key: key(name), expect: Expect::Absent, body: body(text), index: Vec::new() }
}

pub(super) fn write(name: &str, version: u64, text: &str) -> Put {
    Put { expect: Expect::Version(Version(version)), ..create(name, text) }
}

/// `put`, with places `(index, partition, sort)`.
pub(super) fn placed(put: Put, places: &[(&str, &str, [i64; 2])]) -> Put {
    let entry = |place: &(&str, &str, [i64; 2])| IndexEntry {
        index: place.0.to_owned(),
        partition: place.1.to_owned(),
        sort: place.2,
    };
    Put { index: places.iter().map(entry).collect(), ..put }
}

pub(super) fn puts(puts: Vec<Put>) -> Commit {
    Commit { puts, ..Commit::default() }
}

pub(super) fn deletes(name: &str, version: u64) -> Commit {
    Commit { deletes: vec![(key(name), Version(version))], ..Commit::default() }
}

pub(super) fn checks(name: &str, version: u64) -> Commit {
    Commit { checks: vec![(key(name), Version(version))], ..Commit::default() }
}

pub(super) fn settles(leases: &[&Lease]) -> Commit {
    Commit { settle: leases.iter().map(|lease| (*lease).clone()).collect(), ..Commit::default() }
}

pub(super) fn disarms(name: &str) -> Commit {
    Commit { disarm: vec![id(name)], ..Commit::default() }
}

pub(super) fn arm(name: &str, due: Timestamp, rearm: Rearm, work: &str) -> Arm {
    Arm { id: id(name), due, rearm, work: body(work) }
}

/// A commit that arms tasks `(id, due)`, each with its name as work.
pub(super) fn arms(tasks: &[(&str, Timestamp)]) -> Commit {
    let arm = tasks.iter().map(|(name, due)| arm(name, *due, Rearm::Replace, name)).collect();
    Commit { arm, ..Commit::default() }
}

pub(super) fn rearms(arm: Arm) -> Commit {
    Commit { arm: vec![arm], ..Commit::default() }
}

/// Applies `commit`, which must succeed.
pub(super) async fn done(store: &dyn Store, commit: Commit, what: &str) {
    if let Err(error) = store.commit(&commit).await {
        panic!("{what}: refused, though nothing stood against it: {error}");
    }
}

/// Applies `commit`, which must be refused because of the record `name`.
pub(super) async fn conflicts(store: &dyn Store, commit: Commit, name: &str, what: &str) {
    match store.commit(&commit).await {
        Ok(()) => panic!("{what}: accepted"),
        Err(CommitError::Conflict(named)) => {
            assert_eq!(named, key(name), "{what}: refused, but the conflict names the wrong record");
        }
        Err(error) => panic!("{what}: refused for another reason: {error}"),
    }
}

/// Applies `commit`, which must be refused because of the lease on `name`.
pub(super) async fn loses(store: &dyn Store, commit: Commit, name: &str, what: &str) {
    match store.commit(&commit).await {
        Ok(()) => panic!("{what}: accepted"),
        Err(CommitError::LeaseLost(named)) => {
            assert_eq!(named, id(name), "{what}: refused, but the lost lease names the wrong task");
        }
        Err(error) => panic!("{what}: refused for another reason: {error}"),
    }
}

pub(super) async fn load(store: &dyn Store, name: &str) -> Option<Record> {
    let mut found = store.load(&[key(name)]).await.unwrap_or_else(|error| panic!("loading {name}: {error}"));
    assert_eq!(found.len(), 1, "loading one key must give one answer");
    found.pop().flatten()
}

/// The record `name` must be there with this version and text.
pub(super) async fn holds(store: &dyn Store, name: &str, version: u64, text: &str, what: &str) {
    let expected = Record { key: key(name), version: Version(version), body: body(text) };
    assert_eq!(load(store, name).await, Some(expected), "{what}");
}

pub(super) async fn is_absent(store: &dyn Store, name: &str, what: &str) {
    assert_eq!(load(store, name).await, None, "{what}");
}

/// Up to `limit` tasks due at `now`, held for `hold`.
pub(super) async fn claim_for(store: &dyn Store, now: Timestamp, limit: u16, hold: Duration) -> Vec<Task> {
    store.claim(&Claim { now, limit, hold }).await.unwrap_or_else(|error| panic!("claiming: {error}"))
}

/// Up to 100 tasks due at `now`, held for [`HOLD`].
pub(super) async fn claim(store: &dyn Store, now: Timestamp) -> Vec<Task> {
    claim_for(store, now, 100, HOLD).await
}

/// The only task due at `now`, which must be `name`.
pub(super) async fn claim_one(store: &dyn Store, now: Timestamp, name: &str, what: &str) -> Task {
    let mut tasks = claim(store, now).await;
    assert_eq!(names(&tasks), [name], "{what}");
    tasks.pop().unwrap_or_else(|| panic!("{what}: no task"))
}

pub(super) async fn claims_nothing(store: &dyn Store, now: Timestamp, what: &str) {
    let tasks = claim(store, now).await;
    assert!(tasks.is_empty(), "{what}: {:?} was given out", names(&tasks));
}

pub(super) fn names(tasks: &[Task]) -> Vec<&str> {
    tasks.iter().map(|task| task.lease.id.as_str()).collect()
}
