//! Two processes write to one file, each is killed in the middle of it, again and again.

use std::path::Path;

use serde_json::json;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use switchboard::store::{
    Arm, Body, Commit, CommitError, Expect, IndexEntry, Key, Put, Rearm, Record, SqliteStore, Store, StoreErrorKind,
    TaskId,
};
use switchboard::time::Timestamp;

use crate::processes::{Process, given, say};
use crate::scratch::Scratch;

/// The record that all writers count in.
const ALL: &str = "count/t/all";

fn put(key: String, before: Option<&Record>, count: u64) -> Put {
    let expect = before.map_or(Expect::Absent, |record| Expect::Version(record.version));
    let index = vec![IndexEntry { index: "counts".to_owned(), partition: "t".to_owned(), sort: [0, 0] }];
    Put { key: Key::new(key), expect, body: Body::new(json!(count)), index }
}

async fn find(store: &SqliteStore, names: &[&str]) -> Vec<Option<Record>> {
    let keys: Vec<Key> = names.iter().map(|name| Key::new(*name)).collect();
    store.load(&keys).await.expect("a file that can be read")
}

fn count(record: Option<&Record>) -> u64 {
    record.and_then(|record| record.body.value().as_u64()).unwrap_or_default()
}

/// The part of a process: raises its own count and the common one, with an entry and a task for each, and says so when the
/// commit has returned; ends when the store fails, and says how.
pub(crate) async fn write() {
    let (file, name) = (given("FILE"), given("NAME"));
    // All begin at once: one may keep the others from opening a file that is being made.
    let mut opened = SqliteStore::open(file.clone()).await;
    while opened.as_ref().is_err_and(|error| error.kind() == StoreErrorKind::Unavailable) {
        opened = SqliteStore::open(file.clone()).await;
    }
    let store = opened.expect("the common file");
    let own = format!("count/t/{name}");
    loop {
        let found = find(&store, &[&own, ALL]).await;
        let (mine, all) = (found[0].as_ref(), found[1].as_ref());
        let number = count(mine) + 1;
        let puts = vec![
            put(own.clone(), mine, number),
            put(ALL.to_owned(), all, count(all) + 1),
            put(format!("entry/t/{name}/{number}"), None, number),
        ];
        let id = TaskId::new(format!("task/t/{name}/{number}"));
        let arm = Arm { id, due: Timestamp::from_secs(1), rearm: Rearm::Replace, work: Body::new(json!(number)) };
        match store.commit(&Commit { puts, arm: vec![arm], ..Commit::default() }).await {
            Ok(()) => say(number),
            Err(CommitError::Conflict(key)) if key.as_str() == ALL => {}
            Err(CommitError::Store(error)) => return say(format_args!("{:?}", error.kind())),
            Err(error) => panic!("{name} at {number}: {error}"),
        }
    }
}

fn last(said: &[String]) -> Option<u64> {
    said.last().map(|line| line.parse().unwrap())
}

async fn asked(path: &Path, what: &'static str) -> String {
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    sqlx::query_scalar(what).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_commit_that_returned_is_gone() {
    let scratch = Scratch::new();
    let path = scratch.file("calls.db");
    let mut acknowledged = [0, 0];
    for round in 0..8_u64 {
        let writers = ["a", "b"].map(|name| Process::start("writer", &path, &[("NAME", name)]));
        let [a, b] = writers;
        // Each is killed after another number of commits; the last of them has just returned, or is just being made.
        for _ in 0..=round * 3 {
            acknowledged[0] = a.hear().parse().unwrap();
        }
        acknowledged[0] = last(&a.kill()).unwrap_or(acknowledged[0]);
        // Whatever lock it died with, the other one goes on.
        for _ in 0..3 {
            acknowledged[1] = b.hear().parse().unwrap();
        }
        acknowledged[1] = last(&b.kill()).unwrap_or(acknowledged[1]);
        all_is_there(&path, acknowledged, &format!("round {round}")).await;
    }
    assert!(acknowledged.iter().all(|count| *count > 20), "too little was written: {acknowledged:?}");
}

/// The operating system refuses to write more: what was acknowledged is there, and the file goes on where there is room.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_commit_that_returned_is_gone_when_there_is_no_room() {
    let scratch = Scratch::new();
    let path = scratch.file("calls.db");
    let mut acknowledged = 0;
    for bytes in [600_000, 900_000, 1_200_000] {
        let (ended, mut said) = Process::start_confined(bytes, "writer", &path, &[("NAME", "a")]).ends();
        assert!(ended, "the process broke down: {said:?}");
        assert_eq!(said.pop().as_deref(), Some("Unavailable"), "{said:?}");
        assert!(!said.is_empty(), "nothing was written with {bytes} bytes");
        acknowledged = last(&said).unwrap_or(acknowledged);
        all_is_there(&path, [acknowledged, 0], &format!("{bytes} bytes")).await;
    }
}

/// Everything that was acknowledged is in the file, and nothing is in it by half.
async fn all_is_there(path: &Path, acknowledged: [u64; 2], when: &str) {
    let store = SqliteStore::open(path).await.expect("the file of those who are gone");
    let (mut all, mut counted) = (0, 1);
    for (name, acknowledged) in ["a", "b"].into_iter().zip(acknowledged) {
        let stored = count(find(&store, &[&format!("count/t/{name}")]).await[0].as_ref());
        let what = format!("{when}: {name} was told of {acknowledged}, and {stored} are there");
        assert!((acknowledged..=acknowledged + 1).contains(&stored), "{what}");
        let entries: Vec<String> = (1..=stored + 1).map(|number| format!("entry/t/{name}/{number}")).collect();
        let found = find(&store, &entries.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let numbers: Vec<u64> = found.iter().flatten().map(|record| count(Some(record))).collect();
        assert_eq!(numbers, (1..=stored).collect::<Vec<_>>(), "{what}");
        all += stored;
        counted += u64::from(stored > 0);
    }
    assert_eq!(count(find(&store, &[ALL]).await[0].as_ref()), all, "{when}: a step was lost or half");
    assert_eq!(asked(path, "SELECT CAST(count(*) AS TEXT) FROM tasks").await, all.to_string(), "{when}");
    let places = asked(path, "SELECT CAST(count(*) AS TEXT) FROM places").await;
    assert_eq!(places, (all + counted).to_string(), "{when}");
    assert_eq!(asked(path, "PRAGMA integrity_check").await, "ok", "{when}");
}
