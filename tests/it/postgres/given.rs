//! Commits in few words.

use std::time::Duration;

use serde_json::{Value, json};
use switchboard::store::{Arm, Body, Claim, Commit, Expect, IndexEntry, Key, Put, Rearm, TaskId, Version};
use switchboard::time::Timestamp;

pub(crate) fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_700_000_000 + secs)
}

pub(crate) fn put(name: &str, expect: u64, body: Value) -> Put {
    let expect = if expect == 0 { Expect::Absent } else { Expect::Version(Version(expect)) };
    Put { key: Key::new(name), expect, body: Body::new(body), index: Vec::new() }
}

pub(crate) fn listed(put: Put, index: &str, partition: &str, sort: [i64; 2]) -> Put {
    let entry = IndexEntry { index: index.to_owned(), partition: partition.to_owned(), sort };
    Put { index: put.index.iter().cloned().chain([entry]).collect(), ..put }
}

pub(crate) fn puts(puts: Vec<Put>) -> Commit {
    Commit { puts, ..Commit::default() }
}

/// Creates the record.
pub(crate) fn creates(name: &str) -> Commit {
    puts(vec![put(name, 0, json!({ "name": name }))])
}

pub(crate) fn arms(name: &str, due: Timestamp) -> Commit {
    let arm = Arm { id: TaskId::new(name), due, rearm: Rearm::Replace, work: Body::new(json!(name)) };
    Commit { arm: vec![arm], ..Commit::default() }
}

pub(crate) fn claim(now: Timestamp) -> Claim {
    Claim { now, limit: 10, hold: Duration::from_secs(30) }
}
