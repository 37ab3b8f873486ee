//! What cannot be seen from outside: how connections are set.

use std::path::PathBuf;
use std::{env, fs, process};

use super::{Durability, Lent, SqliteStore};

struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn asked(lent: &mut Lent<'_>, what: &'static str) -> i64 {
    sqlx::query_scalar(what).fetch_one(&mut lent.connection).await.unwrap()
}

/// SQLite docs, `PRAGMA synchronous`: 1 is NORMAL, 2 is FULL.
#[tokio::test]
async fn a_commit_waits_for_the_disk_unless_asked_not_to() {
    let scratch = Scratch(env::temp_dir().join(format!("switchboard-{}", process::id())));
    fs::create_dir_all(&scratch.0).unwrap();
    for (durability, synchronous) in [(Durability::default(), 2), (Durability::Full, 2), (Durability::Normal, 1)] {
        let store = SqliteStore::builder(scratch.0.join("calls.db")).durability(durability).open().await.unwrap();
        let mut writer = store.begin().await.unwrap();
        assert_eq!(asked(&mut writer, "PRAGMA synchronous").await, synchronous);
        assert_eq!(asked(&mut writer, "PRAGMA fullfsync").await, 1);
        store.leave(writer).await.unwrap();
        let mut reader = store.reading().await.unwrap();
        assert_eq!(asked(&mut reader, "PRAGMA query_only").await, 1, "a reader that can write");
    }
}
