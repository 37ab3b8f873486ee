//! Records: creation, versions, deletion, checks.

use super::given::*;
use crate::store::{Commit, Key, Store};

/// A record that was never written loads as `None`.
pub async fn a_missing_record_loads_as_none(store: &dyn Store) {
    is_absent(store, "call/t/1", "a record that was never written was found").await;
}

/// Loading no keys gives no answers.
pub async fn loading_nothing_gives_nothing(store: &dyn Store) {
    let found = store.load(&[]).await.unwrap_or_else(|error| panic!("loading no keys: {error}"));
    assert!(found.is_empty(), "loading no keys gave {} answers", found.len());
}

/// A record that was just created has version 1 and the body it was given.
pub async fn a_created_record_has_version_one(store: &dyn Store) {
    done(store, puts(vec![create("call/t/1", "new")]), "creating a record").await;
    holds(store, "call/t/1", 1, "new", "a created record is not what was written").await;
}

/// `Expect::Absent` refuses a record that exists.
pub async fn creating_twice_conflicts(store: &dyn Store) {
    done(store, puts(vec![create("call/t/1", "first")]), "creating a record").await;
    conflicts(store, puts(vec![create("call/t/1", "second")]), "call/t/1", "creating an existing record").await;
    holds(store, "call/t/1", 1, "first", "a refused creation changed the record").await;
}

/// Every write adds one to the version.
pub async fn each_write_adds_one_to_the_version(store: &dyn Store) {
    done(store, puts(vec![create("call/t/1", "1")]), "creating a record").await;
    for version in 1..6 {
        let text = (version + 1).to_string();
        done(store, puts(vec![write("call/t/1", version, &text)]), "writing the current version").await;
        holds(store, "call/t/1", version + 1, &text, "a write did not add one to the version").await;
    }
}

/// A write that expects an older version is refused.
pub async fn writing_an_old_version_conflicts(store: &dyn Store) {
    done(store, puts(vec![create("call/t/1", "1")]), "creating a record").await;
    done(store, puts(vec![write("call/t/1", 1, "2")]), "writing the current version").await;
    conflicts(store, puts(vec![write("call/t/1", 1, "3")]), "call/t/1", "writing over a newer version").await;
    holds(store, "call/t/1", 2, "2", "a refused write changed the record").await;
}

/// A write that expects a version that is yet to come is refused.
pub async fn writing_a_future_version_conflicts(store: &dyn Store) {
    done(store, puts(vec![create("call/t/1", "1")]), "creating a record").await;
    conflicts(store, puts(vec![write("call/t/1", 2, "3")]), "call/t/1", "writing a version that never was").await;
    holds(store, "call/t/1", 1, "1", "a refused write changed the record").await;
}

/// A write that expects some version of a record that does not exist is refused.
pub async fn writing_a_missing_record_conflicts(store: &dyn Store) {
    for version in [0, 1] {
        let commit = puts(vec![write("call/t/1", version, "x")]);
        conflicts(store, commit, "call/t/1", "writing a version of a record that is missing").await;
    }
    is_absent(store, "call/t/1", "a refused write created the record").await;
}

/// Answers come one per key, in the order asked, also for keys that are missing or asked twice.
pub async fn load_answers_in_the_order_asked(store: &dyn Store) {
    done(store, puts(vec![create("a/t/1", "a"), create("b/t/1", "b"), create("c/t/1", "c")]), "creating three").await;
    let asked = ["c/t/1", "missing/t/1", "a/t/1", "b/t/1", "a/t/1"];
    let keys: Vec<Key> = asked.iter().map(|name| key(name)).collect();
    let found = store.load(&keys).await.unwrap_or_else(|error| panic!("loading five keys: {error}"));
    let found: Vec<_> = found.iter().map(|record| record.as_ref().map(|record| record.key.as_str())).collect();
    let expected = [Some("c/t/1"), None, Some("a/t/1"), Some("b/t/1"), Some("a/t/1")];
    assert_eq!(found, expected, "the answers are not one per key in the order asked");
}

/// Keys that differ only in case, or of which one begins with the other, are different records.
pub async fn keys_are_compared_bytewise(store: &dyn Store) {
    let keys = ["call/t/a", "call/t/A", "call/t/a ", "call/t/a%", "call/t/_", "call/t"];
    done(store, puts(keys.iter().map(|name| create(name, name)).collect()), "creating similar keys").await;
    for name in keys {
        holds(store, name, 1, name, "two similar keys were taken for one").await;
    }
}

/// A deleted record is gone; its neighbours are not.
pub async fn deleting_removes_the_record(store: &dyn Store) {
    done(store, puts(vec![create("call/t/1", "1"), create("call/t/2", "2")]), "creating two records").await;
    done(store, deletes("call/t/1", 1), "deleting a record").await;
    is_absent(store, "call/t/1", "a deleted record is still there").await;
    holds(store, "call/t/2", 1, "2", "deleting one record changed another").await;
}

/// A deletion that expects another version is refused.
pub async fn deleting_an_old_version_conflicts(store: &dyn Store) {
    done(store, puts(vec![create("call/t/1", "1")]), "creating a record").await;
    done(store, puts(vec![write("call/t/1", 1, "2")]), "writing the current version").await;
    conflicts(store, deletes("call/t/1", 1), "call/t/1", "deleting a record that is newer than expected").await;
    holds(store, "call/t/1", 2, "2", "a refused deletion changed the record").await;
}

/// Deleting a record that does not exist is refused.
pub async fn deleting_a_missing_record_conflicts(store: &dyn Store) {
    conflicts(store, deletes("call/t/1", 1), "call/t/1", "deleting a record that is missing").await;
}

/// A deleted record may be created again, with version 1.
pub async fn a_deleted_record_can_be_created_again(store: &dyn Store) {
    done(store, puts(vec![create("call/t/1", "1")]), "creating a record").await;
    done(store, puts(vec![write("call/t/1", 1, "2")]), "writing the current version").await;
    done(store, deletes("call/t/1", 2), "deleting a record").await;
    conflicts(store, puts(vec![write("call/t/1", 2, "x")]), "call/t/1", "writing a deleted record").await;
    done(store, puts(vec![create("call/t/1", "again")]), "creating a deleted record again").await;
    holds(store, "call/t/1", 1, "again", "a record created again did not start at version 1").await;
}

/// A commit without operations succeeds.
pub async fn an_empty_commit_succeeds(store: &dyn Store) {
    done(store, Commit::default(), "an empty commit").await;
}

/// A check of the current version lets the commit pass and does not count as a write.
pub async fn a_check_passes_and_writes_nothing(store: &dyn Store) {
    done(store, puts(vec![create("agent/t/1", "read")]), "creating a record").await;
    let commit = Commit { puts: vec![create("call/t/1", "written")], ..checks("agent/t/1", 1) };
    done(store, commit, "a commit whose check holds").await;
    holds(store, "agent/t/1", 1, "read", "a check changed the record it read").await;
    holds(store, "call/t/1", 1, "written", "a commit with a check lost its write").await;
}

/// A check of another version than the current one refuses the commit.
pub async fn a_check_of_an_old_version_conflicts(store: &dyn Store) {
    done(store, puts(vec![create("agent/t/1", "1")]), "creating a record").await;
    done(store, puts(vec![write("agent/t/1", 1, "2")]), "writing the current version").await;
    let commit = Commit { puts: vec![create("call/t/1", "x")], ..checks("agent/t/1", 1) };
    conflicts(store, commit, "agent/t/1", "a commit whose check is out of date").await;
    is_absent(store, "call/t/1", "a commit whose check failed was applied").await;
}

/// A check of a record that does not exist refuses the commit.
pub async fn a_check_of_a_missing_record_conflicts(store: &dyn Store) {
    let commit = Commit { puts: vec![create("call/t/1", "x")], ..checks("agent/t/1", 1) };
    conflicts(store, commit, "agent/t/1", "a commit that checks a missing record").await;
    is_absent(store, "call/t/1", "a commit whose check failed was applied").await;
}

/// A conflict names the record that is not as expected, among others that are.
pub async fn a_conflict_names_the_record(store: &dyn Store) {
    done(store, puts(vec![create("b/t/1", "1")]), "creating a record").await;
    let commit = puts(vec![create("a/t/1", "x"), create("b/t/1", "x"), create("c/t/1", "x")]);
    conflicts(store, commit, "b/t/1", "creating three records of which the second exists").await;
    let commit = Commit { puts: vec![create("a/t/1", "x")], ..deletes("b/t/1", 7) };
    conflicts(store, commit, "b/t/1", "creating a record while deleting another with a wrong version").await;
}
