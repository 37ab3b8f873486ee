//! What goes wrong while it is open.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use serde_json::json;
use switchboard::store::{
    Body, Claim, Commit, Durability, Expect, IndexEntry, Key, PAGE_MAX, Put, Scan, SqliteStore, Store, StoreErrorKind,
};
use switchboard::time::Timestamp;

use super::{commit_kind, is_there, kind, load, pair, raw, tamper};
use crate::scratch::Scratch;

fn claim() -> Claim {
    Claim { now: Timestamp::from_secs(100), limit: PAGE_MAX, hold: Duration::from_secs(5) }
}

fn scan() -> Scan {
    Scan { index: "pairs".to_owned(), partition: "t".to_owned(), after: None, limit: PAGE_MAX }
}

#[tokio::test]
async fn when_it_is_full() {
    let scratch = Scratch::new();
    let path = scratch.file("calls.db");
    let store = SqliteStore::builder(&path).size_max(600_000).open().await.expect("a new file");
    let mut kept = 0;
    let told = loop {
        assert!(kept < 200, "it never became full");
        match store.commit(&pair(&kept.to_string(), 5000)).await {
            Ok(()) => kept += 1,
            other => break commit_kind(other),
        }
    };
    assert_eq!(told.0, StoreErrorKind::Unavailable, "{}", told.1);
    assert!(told.1.contains("full"), "{}", told.1);
    assert!(kept > 20, "full after {kept}");
    for n in 0..kept {
        assert!(is_there(&store, &n.to_string()).await, "{n} was committed and is gone");
    }
    assert!(!is_there(&store, &kept.to_string()).await, "what was refused is there");
    // What takes no room goes on, and makes room.
    let found = load(&store, &["0/a", "0/b", "1/a", "1/b", "2/a", "2/b"]).await;
    let deletes = found.into_iter().flatten().map(|record| (record.key, record.version)).collect();
    store.commit(&Commit { deletes, ..Commit::default() }).await.expect("room is made");
    store.commit(&pair("again", 5000)).await.expect("there is room again");
    assert!(fs::metadata(&path).unwrap().len() <= 600_000);
}

#[cfg(unix)]
#[tokio::test]
async fn when_it_is_removed() {
    let scratch = Scratch::new();
    let path = scratch.file("calls.db");
    for file in ["calls.db", "calls.db-wal"] {
        let store = SqliteStore::open(&path).await.expect("a new file");
        store.commit(&pair(file, 10)).await.expect("a new pair");
        let aside = scratch.file("aside");
        fs::rename(scratch.file(file), &aside).unwrap();
        let faults = [
            commit_kind(store.commit(&pair("late", 10)).await),
            kind(store.load(&[Key::new("1/a")]).await),
            kind(store.scan(&scan()).await),
            kind(store.claim(&claim()).await),
        ];
        for (kind, told) in faults {
            assert_eq!(kind, StoreErrorKind::Unavailable, "{told}");
            assert!(told.contains("gone") && told.contains(file), "{told}");
        }
        fs::write(scratch.file(file), b"").unwrap();
        let (kind, told) = commit_kind(store.commit(&pair("late", 10)).await);
        assert_eq!(kind, StoreErrorKind::Unavailable, "{told}");
        assert!(told.contains("another file"), "{told}");
        // Back in its place, it is as good as before.
        fs::rename(&aside, scratch.file(file)).unwrap();
        assert!(is_there(&store, file).await && !is_there(&store, "late").await);
        store.commit(&pair(&format!("after {file}"), 10)).await.expect("a new pair");
        store.close().await.expect("closed");
    }
}

#[tokio::test]
async fn when_a_page_is_damaged() {
    let scratch = Scratch::new();
    let path = scratch.file("calls.db");
    let store = SqliteStore::open(&path).await.expect("a new file");
    for n in 0..40 {
        store.commit(&pair(&n.to_string(), 3000)).await.expect("a new pair");
    }
    store.close().await.expect("closed");
    let bytes = fs::metadata(&path).unwrap().len();
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    // Everything after the pages that tell what tables there are.
    file.seek(SeekFrom::Start(bytes / 2)).unwrap();
    file.write_all(&vec![0xff; usize::try_from(bytes / 2).unwrap()]).unwrap();
    drop(file);
    let store = SqliteStore::open(&path).await.expect("the first pages are whole");
    let mut corrupt = 0;
    for n in 0..40 {
        let key = Key::new(format!("{n}/a"));
        match store.load(std::slice::from_ref(&key)).await {
            Ok(found) => {
                let body = found.into_iter().flatten().next().map(|record| record.body);
                let expected = pair(&n.to_string(), 3000).puts.remove(0).body;
                assert!(body.is_none_or(|body| body == expected), "{key} came back wrong");
            }
            Err(error) => {
                assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
                corrupt += 1;
            }
        }
    }
    assert!(corrupt > 0, "nothing was damaged");
}

#[tokio::test]
async fn when_a_body_is_no_json() {
    let scratch = Scratch::new();
    let path = scratch.file("calls.db");
    let store = SqliteStore::open(&path).await.expect("a new file");
    store.commit(&pair("1", 10)).await.expect("a new pair");
    tamper(&path, "UPDATE records SET body = '{\"half' WHERE key = '1/a'; UPDATE tasks SET work = ''").await;
    for (kind, told) in
        [kind(store.load(&[Key::new("1/a")]).await), kind(store.scan(&scan()).await), kind(store.claim(&claim()).await)]
    {
        assert_eq!(kind, StoreErrorKind::Corrupt, "{told}");
        assert!(told.contains("calls.db") && told.contains('1'), "{told}");
    }
    assert!(load(&store, &["1/b"]).await[0].is_some(), "another record is read all the same");
    tamper(&path, "UPDATE records SET version = -3 WHERE key = '1/b'").await;
    let (kind, told) = kind(store.load(&[Key::new("1/b")]).await);
    assert_eq!(kind, StoreErrorKind::Corrupt, "{told}");
}

#[tokio::test]
async fn while_somebody_else_holds_the_lock() {
    let scratch = Scratch::new();
    let path = scratch.file("calls.db");
    let patience = Duration::from_millis(50);
    let store = SqliteStore::builder(&path).busy_timeout(patience).open().await.expect("a new file");
    store.commit(&pair("1", 10)).await.expect("a new pair");
    let mut other = raw(&path).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("the lock");
    let began = Instant::now();
    let (kind, told) = commit_kind(store.commit(&pair("2", 10)).await);
    assert_eq!(kind, StoreErrorKind::Unavailable, "{told}");
    assert!(told.contains("locked") && began.elapsed() >= patience, "{told}");
    assert!(is_there(&store, "1").await, "a reader does not wait for a writer");
    sqlx::query("COMMIT").execute(&mut other).await.expect("the lock");
    store.commit(&pair("2", 10)).await.expect("the lock is free");
}

/// A node may be dropped at any await: what it was in the middle of is done or not done, and nothing is left locked.
#[tokio::test]
async fn when_a_request_is_dropped() {
    let scratch = Scratch::new();
    let store = SqliteStore::open(scratch.file("calls.db")).await.expect("a new file");
    let (mut done, mut undone, mut polls) = (0, 0, 0);
    while done == 0 || polls < 60 {
        let name = format!("dropped-{polls}");
        {
            let commit = pair(&name, 100);
            let mut committing = pin!(store.commit(&commit));
            let mut context = Context::from_waker(Waker::noop());
            for _ in 0..polls {
                if committing.as_mut().poll(&mut context).is_ready() {
                    break;
                }
                std::thread::yield_now();
            }
        }
        store.commit(&pair(&format!("after-{polls}"), 10)).await.expect("nothing is locked");
        if is_there(&store, &name).await {
            done += 1
        } else {
            undone += 1
        }
        polls += 1 + polls / 4;
        assert!(polls < 100_000_000, "no commit ever came to its end");
    }
    assert!(undone > 0, "every commit was done before it was dropped");
    let claimed = store.claim(&claim()).await.expect("tasks");
    assert_eq!(claimed.iter().filter(|task| task.lease.id.as_str().starts_with("dropped")).count(), done);
}

#[tokio::test]
async fn after_it_was_closed() {
    let scratch = Scratch::new();
    let store = SqliteStore::open(scratch.file("calls.db")).await.expect("a new file");
    let other = store.clone();
    store.commit(&pair("1", 10)).await.expect("a new pair");
    let under_way = tokio::spawn(async move { other.commit(&pair("2", 10)).await });
    store.close().await.expect("closed");
    store.close().await.expect("closed twice");
    let late = under_way.await.unwrap();
    for (kind, told) in [commit_kind(store.commit(&pair("3", 10)).await), kind(store.load(&[Key::new("1/a")]).await)] {
        assert_eq!(kind, StoreErrorKind::Unavailable, "{told}");
    }
    let again = SqliteStore::open(store.path()).await.expect("the same file");
    assert!(is_there(&again, "1").await && !is_there(&again, "3").await);
    assert_eq!(
        is_there(&again, "2").await,
        late.is_ok(),
        "a commit that returned is there, one that was refused is not"
    );
}

/// What other databases refuse, this one keeps.
#[tokio::test]
async fn texts_with_nul_come_back() {
    let scratch = Scratch::new();
    let options = SqliteStore::builder(scratch.file("calls.db")).durability(Durability::Normal);
    let store = options.open().await.expect("a new file");
    let parts = ["t", "t\u{0}", "t\u{0}a", "\u{0}"];
    for (n, part) in parts.iter().enumerate() {
        let index = vec![IndexEntry { index: "odd\u{0}".to_owned(), partition: (*part).to_owned(), sort: [0, 0] }];
        let body = Body::new(json!({ "a\u{0}b": "c\u{0}d" }));
        let put = Put { key: Key::new(n.to_string()), expect: Expect::Absent, body, index };
        store.commit(&Commit { puts: vec![put], ..Commit::default() }).await.expect("a new record");
    }
    for (n, part) in parts.iter().enumerate() {
        let scan = Scan { index: "odd\u{0}".to_owned(), partition: (*part).to_owned(), after: None, limit: 9 };
        let found = store.scan(&scan).await.expect("a page").records;
        assert_eq!(found.iter().map(|record| record.key.as_str()).collect::<Vec<_>>(), [n.to_string()]);
        assert_eq!(found[0].body, Body::new(json!({ "a\u{0}b": "c\u{0}d" })));
    }
}
