//! What cannot be opened, and is left as it was.

use std::fs;
use std::time::Duration;

use switchboard::store::{Claim, Commit, Durability, Key, PAGE_MAX, SqliteStore, Store, StoreErrorKind, TaskId};
use switchboard::time::Timestamp;

use super::{is_there, kind, pair, raw, tamper};
use crate::scratch::Scratch;

#[tokio::test]
async fn what_was_committed_is_there_when_it_is_opened_again() {
    let scratch = Scratch::new();
    let path = scratch.file("calls.db");
    let mut fences = Vec::new();
    let claim = |now| Claim { now: Timestamp::from_secs(now), limit: PAGE_MAX, hold: Duration::from_secs(5) };
    for round in 0..5_i64 {
        let store = SqliteStore::open(&path).await.expect("our own file");
        for before in 0..round {
            assert!(is_there(&store, &format!("{before}")).await, "{before} is gone in round {round}");
        }
        store.commit(&pair(&round.to_string(), 10)).await.expect("a new pair");
        let claimed = store.claim(&claim(10 + round * 10)).await.expect("tasks");
        assert_eq!(claimed.len(), usize::try_from(round).unwrap() + 1, "tasks outlive the handle, and so do holds");
        fences.extend(claimed.into_iter().map(|task| task.lease.fence));
        if round % 2 == 0 {
            store.close().await.expect("a file that can be closed");
            let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().flatten().map(|e| e.file_name()).collect();
            assert_eq!(left, ["calls.db"], "closed, it is one file");
        }
    }
    let all = fences.len();
    fences.sort_unstable();
    fences.dedup();
    assert_eq!(fences.len(), all, "a fence was given out twice over the life of the file");
}

#[tokio::test]
async fn many_open_a_new_file_at_once() {
    for round in 0..10 {
        let scratch = Scratch::new();
        let path = scratch.file("calls.db");
        let opening = (0..8).map(|_| tokio::spawn(SqliteStore::open(path.clone())));
        let opened = futures_util::future::join_all(opening).await;
        for (n, store) in opened.into_iter().enumerate() {
            let store = store.unwrap().unwrap_or_else(|error| panic!("round {round}: {error}"));
            store.commit(&pair(&n.to_string(), 10)).await.expect("a new pair");
        }
    }
}

#[tokio::test]
async fn a_newer_schema() {
    let scratch = Scratch::new();
    let path = scratch.file("calls.db");
    SqliteStore::open(&path).await.expect("a new file").close().await.expect("closed");
    tamper(&path, "PRAGMA user_version = 99").await;
    let before = fs::read(&path).unwrap();
    let (kind, told) = kind(SqliteStore::open(&path).await);
    assert_eq!(kind, StoreErrorKind::Other);
    assert!(told.contains("schema 99") && told.contains("calls.db"), "{told}");
    assert!(fs::read(&path).unwrap() == before, "a file that was refused has changed");
}

#[tokio::test]
async fn another_application_s_file() {
    let scratch = Scratch::new();
    for (name, theirs) in [
        ("app.db", "CREATE TABLE users (name TEXT)"),
        ("versioned.db", "PRAGMA user_version = 1"),
        ("marked.db", "PRAGMA application_id = 7"),
    ] {
        let path = scratch.file(name);
        tamper(&path, theirs).await;
        let before = fs::read(&path).unwrap();
        let (kind, told) = kind(SqliteStore::open(&path).await);
        assert_eq!(kind, StoreErrorKind::Other, "{told}");
        assert!(told.contains("another application") && told.contains(name), "{told}");
        assert!(fs::read(&path).unwrap() == before, "{name} has changed");
        assert!(!scratch.file(&format!("{name}-wal")).exists(), "{name} was given a log");
    }
}

#[tokio::test]
async fn no_database_at_all() {
    let scratch = Scratch::new();
    let path = scratch.file("calls.db");
    for bytes in [&b"This is a letter, and no database at all. ".repeat(100)[..], &[0xff; 4096][..]] {
        fs::write(&path, bytes).unwrap();
        let (kind, told) = kind(SqliteStore::open(&path).await);
        assert_eq!(kind, StoreErrorKind::Corrupt, "{told}");
        assert!(told.contains("no SQLite database") && told.contains("calls.db"), "{told}");
        assert!(fs::read(&path).unwrap() == bytes, "a file that was refused has changed");
    }
}

#[tokio::test]
async fn an_empty_file_is_a_new_one() {
    let scratch = Scratch::new();
    let path = scratch.file("calls.db");
    fs::write(&path, b"").unwrap();
    let store = SqliteStore::open(&path).await.expect("an empty file");
    store.commit(&pair("1", 10)).await.expect("a new pair");
}

#[tokio::test]
async fn places_where_no_file_can_be() {
    let scratch = Scratch::new();
    fs::write(scratch.file("file"), b"").unwrap();
    let mut places = vec![scratch.file("no/such/folder/calls.db"), scratch.file("file/calls.db"), scratch.file("")];
    if cfg!(target_os = "linux") {
        // Nobody can create a file here, not even root.
        places.push("/proc/calls.db".into());
    }
    for place in places {
        let (kind, told) = kind(SqliteStore::open(&place).await);
        assert_eq!(kind, StoreErrorKind::Unavailable, "{told}");
        assert!(told.contains("folder") && told.contains(&place.display().to_string()), "{told}");
    }
    let (kind, told) = kind(SqliteStore::open("").await);
    assert_eq!(kind, StoreErrorKind::Other, "{told}");
}

#[tokio::test]
async fn a_file_that_must_be_there_already() {
    let scratch = Scratch::new();
    let path = scratch.file("calls.db");
    let (kind, told) = kind(SqliteStore::builder(&path).create(false).open().await);
    assert_eq!(kind, StoreErrorKind::Unavailable, "{told}");
    assert!(!path.exists(), "it was created");
}

/// SQLite itself takes these for databases in memory, of which each connection has its own.
#[tokio::test]
async fn names_that_mean_something_to_sqlite() {
    let scratch = Scratch::new();
    for name in [":memory:", "file:calls.db?mode=memory", "a?b#c%20d", "größe 世界.db"] {
        let path = scratch.file(name);
        let store = SqliteStore::open(&path).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        store.commit(&pair("1", 10)).await.expect("a new pair");
        assert!(is_there(&store, "1").await, "{name}");
        assert!(path.is_file(), "{name} is no file");
    }
}

#[tokio::test]
async fn a_step_of_the_schema_is_made_up_for() {
    let scratch = Scratch::new();
    let path = scratch.file("calls.db");
    let store = SqliteStore::open(&path).await.expect("a new file");
    store.commit(&pair("1", 10)).await.expect("a new pair");
    store.close().await.expect("closed");
    // As the first version left it, before there were tables for people.
    let mut connection = raw(&path).await;
    let views: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'view'")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert!(views.len() > 5, "{views:?}");
    drop(connection);
    for view in &views {
        tamper(&path, &format!("DROP VIEW {view}")).await;
    }
    tamper(&path, "PRAGMA user_version = 1").await;
    let store = SqliteStore::open(&path).await.expect("an older file");
    assert!(is_there(&store, "1").await, "what was there is gone");
    store.close().await.expect("closed");
    let mut connection = raw(&path).await;
    let after: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'view'")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(after, views);
}

#[tokio::test]
async fn a_looser_file_is_the_same_file() {
    let scratch = Scratch::new();
    let path = scratch.file("calls.db");
    let loose = SqliteStore::builder(&path).durability(Durability::Normal).readers(0).open().await.expect("a new file");
    let strict = SqliteStore::open(&path).await.expect("the same file");
    loose.commit(&pair("1", 10)).await.expect("a new pair");
    assert!(is_there(&strict, "1").await);
    assert_eq!(loose.path(), strict.path());
    let disarm = Commit { disarm: vec![TaskId::new("1")], ..Commit::default() };
    strict.commit(&disarm).await.expect("a task that is there");
    let claim = Claim { now: Timestamp::from_secs(9), limit: 1, hold: Duration::ZERO };
    assert!(loose.claim(&claim).await.expect("nothing").is_empty());
    assert_eq!(loose.load(&[Key::new("none")]).await.expect("an answer"), [None]);
}
