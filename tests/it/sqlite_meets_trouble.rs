//! The file is full, gone, damaged, locked, somebody else's or of the future: the store says which, and nothing is half.

mod at_opening;
mod under_way;

use std::path::Path;

use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use switchboard::store::{
    Arm, Body, Commit, CommitError, Expect, IndexEntry, Key, Put, Rearm, Record, SqliteStore, Store, StoreError,
    StoreErrorKind, TaskId,
};
use switchboard::time::Timestamp;

/// Creates `name` and its fellow, each listed, and arms a task of that name: all of it or none.
fn pair(name: &str, filling: usize) -> Commit {
    let put = |key: String| Put {
        key: Key::new(key),
        expect: Expect::Absent,
        body: Body::new(json!({ "of": name, "filling": "x".repeat(filling) })),
        index: vec![IndexEntry { index: "pairs".to_owned(), partition: "t".to_owned(), sort: [0, 0] }],
    };
    let arm = Arm {
        id: TaskId::new(name),
        due: Timestamp::from_secs(1),
        rearm: Rearm::Replace,
        work: Body::new(json!(name)),
    };
    let puts = vec![put(format!("{name}/a")), put(format!("{name}/b"))];
    Commit { puts, arm: vec![arm], ..Commit::default() }
}

async fn load(store: &SqliteStore, names: &[&str]) -> Vec<Option<Record>> {
    let keys: Vec<Key> = names.iter().map(|name| Key::new(*name)).collect();
    store.load(&keys).await.expect("a store that can be read")
}

/// Whether the pair `name` is there; it may not be there by half.
async fn is_there(store: &SqliteStore, name: &str) -> bool {
    let found = load(store, &[&format!("{name}/a"), &format!("{name}/b")]).await;
    let count = found.iter().flatten().count();
    assert!(count != 1, "{name} is there by half");
    count == 2
}

fn kind<T: std::fmt::Debug>(result: Result<T, StoreError>) -> (StoreErrorKind, String) {
    let error = result.expect_err("a fault");
    (error.kind(), error.to_string())
}

fn commit_kind(result: Result<(), CommitError>) -> (StoreErrorKind, String) {
    match result {
        Err(CommitError::Store(error)) => (error.kind(), error.to_string()),
        other => panic!("no fault: {other:?}"),
    }
}

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.expect("a file")
}

/// What somebody does to the file from outside.
async fn tamper(path: &Path, statements: &str) {
    let mut connection = raw(path).await;
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.expect("SQL");
    connection.close().await.expect("a file that can be closed");
}
