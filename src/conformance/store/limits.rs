//! What is just allowed works; what is just beyond is refused and changes nothing.

use std::time::Duration;

use serde_json::json;

use super::given::*;
use crate::store::{
    BODY_BYTES_MAX, BODY_DEPTH_MAX, Body, COMMIT_OPERATIONS_MAX, Claim, Commit, CommitError, INDEX_ENTRIES_MAX,
    KEY_BYTES_MAX, PAGE_MAX, Put, Scan, Store, StoreErrorKind,
};

/// Applies `commit`, with one more record, which must be refused for breaking a limit.
async fn breaks_a_limit(store: &dyn Store, mut commit: Commit, what: &str) {
    commit.puts.insert(0, create("beside/t/1", "x"));
    match store.commit(&commit).await {
        Ok(()) => panic!("{what}: accepted"),
        Err(CommitError::Store(error)) if error.kind() == StoreErrorKind::Limit => {}
        Err(error) => panic!("{what}: refused, but not as a broken limit: {error}"),
    }
    is_absent(store, "beside/t/1", "a commit that broke a limit was applied in part").await;
}

/// A body of exactly `bytes` bytes of JSON.
fn heavy(bytes: usize) -> Body {
    Body::new(json!("x".repeat(bytes.saturating_sub(2))))
}

/// A key and a task id of the greatest length are kept whole.
pub async fn the_longest_name_is_kept(store: &dyn Store) {
    let stem = "k".repeat(KEY_BYTES_MAX - 1);
    let (one, two) = (format!("{stem}1"), format!("{stem}2"));
    let put = |name: &str| placed(create(name, name), &[("i", "t", [0, 0])]);
    let commit = Commit { puts: vec![put(&one), put(&two)], ..arms(&[(&one, at(0)), (&two, at(1))]) };
    done(store, commit, "creating records and tasks with the longest names").await;
    holds(store, &one, 1, &one, "a record with the longest key was cut or lost").await;
    let claimed = claim(store, at(1)).await;
    assert_eq!(names(&claimed), [one.as_str(), two.as_str()], "a task with the longest id was cut or lost");
    let listed = super::indexes::listed(store, "i", "t").await;
    assert_eq!(listed, [one, two], "a record with the longest key was cut in the index");
}

/// A longer key or task id is refused.
pub async fn too_long_a_name_is_refused(store: &dyn Store) {
    let name = "k".repeat(KEY_BYTES_MAX + 1);
    breaks_a_limit(store, puts(vec![create(&name, "")]), "a key that is one byte too long").await;
    breaks_a_limit(store, arms(&[(&name, at(0))]), "a task id that is one byte too long").await;
    claims_nothing(store, at(0), "a refused task id was armed").await;
}

/// A key or task id with anything but printable ASCII is refused.
pub async fn a_name_beyond_ascii_is_refused(store: &dyn Store) {
    for name in ["call/t/\u{e9}", "call/t/\n", "call/t/\u{7f}", "call/t/\u{0}"] {
        breaks_a_limit(store, puts(vec![create(name, "")]), "a key that is not printable ASCII").await;
        breaks_a_limit(store, arms(&[(name, at(0))]), "a task id that is not printable ASCII").await;
    }
}

/// A body and work of the greatest size are kept.
pub async fn the_largest_body_is_kept(store: &dyn Store) {
    let body = heavy(BODY_BYTES_MAX);
    let put = Put { body: body.clone(), ..create("call/t/1", "") };
    let mut commit = arms(&[("a", at(0))]);
    commit.puts.push(put);
    commit.arm.iter_mut().for_each(|arm| arm.work = body.clone());
    done(store, commit, "creating a record and a task with the largest body").await;
    let found = load(store, "call/t/1").await.map(|record| record.body);
    assert!(found.as_ref() == Some(&body), "the largest body came back different");
    let task = claim_one(store, at(0), "a", "a task with the largest work was not given out").await;
    assert!(task.work == body, "the largest work came back different");
}

/// A larger body or work is refused.
pub async fn too_large_a_body_is_refused(store: &dyn Store) {
    let put = Put { body: heavy(BODY_BYTES_MAX + 1), ..create("call/t/1", "") };
    breaks_a_limit(store, puts(vec![put]), "a body that is one byte too large").await;
    let mut commit = arms(&[("a", at(0))]);
    commit.arm.iter_mut().for_each(|arm| arm.work = heavy(BODY_BYTES_MAX + 1));
    breaks_a_limit(store, commit, "work that is one byte too large").await;
}

/// A body of lists or objects that stand in each other `depth` deep.
fn nested(depth: usize) -> Body {
    Body::new((0..depth).fold(json!(" the bottom "), |inner, level| {
        if level % 2 == 0 { json!({ "in": inner }) } else { json!([inner]) }
    }))
}

/// A body and work of the deepest nesting are kept.
pub async fn the_deepest_body_is_kept(store: &dyn Store) {
    let body = nested(BODY_DEPTH_MAX);
    let mut commit = arms(&[("a", at(0))]);
    commit.puts.push(Put { body: body.clone(), ..create("call/t/1", "") });
    commit.arm.iter_mut().for_each(|arm| arm.work = body.clone());
    done(store, commit, "creating a record and a task with the deepest body").await;
    let found = load(store, "call/t/1").await.map(|record| record.body);
    assert!(found.as_ref() == Some(&body), "the deepest body came back different");
    let task = claim_one(store, at(0), "a", "a task with the deepest work was not given out").await;
    assert!(task.work == body, "the deepest work came back different");
}

/// A body or work that is nested deeper is refused: whoever reads it could exhaust its stack.
pub async fn too_deep_a_body_is_refused(store: &dyn Store) {
    let put = Put { body: nested(BODY_DEPTH_MAX + 1), ..create("call/t/1", "") };
    breaks_a_limit(store, puts(vec![put]), "a body that is nested too deep").await;
    let mut commit = arms(&[("a", at(0))]);
    commit.arm.iter_mut().for_each(|arm| arm.work = nested(BODY_DEPTH_MAX + 1));
    breaks_a_limit(store, commit, "work that is nested too deep").await;
}

/// One index entry more than allowed is refused; `a_record_has_many_places` shows that the most allowed is kept.
pub async fn too_many_index_entries_are_refused(store: &dyn Store) {
    let parts: Vec<_> = (0..=INDEX_ENTRIES_MAX).map(|number| format!("t/queue-{number}")).collect();
    let places: Vec<_> = parts.iter().map(|part| ("ready", part.as_str(), [7, 0])).collect();
    let put = placed(create("agent/t/1", ""), &places);
    breaks_a_limit(store, puts(vec![put]), "a record with one index entry too many").await;
}

/// A commit of the most operations is applied whole.
pub async fn the_largest_commit_is_applied(store: &dyn Store) {
    let half = COMMIT_OPERATIONS_MAX / 2;
    let names: Vec<_> = (0..half).map(|number| format!("n/t/{number:03}")).collect();
    let tasks: Vec<_> = names.iter().map(|name| (name.as_str(), at(0))).collect();
    let commit = Commit { puts: names.iter().map(|name| create(name, name)).collect(), ..arms(&tasks) };
    done(store, commit, "a commit of the most operations").await;
    for name in &names {
        holds(store, name, 1, name, "a commit of the most operations lost a record").await;
    }
    let claimed = claim_for(store, at(0), PAGE_MAX, HOLD).await;
    assert_eq!(claimed.len(), half, "a commit of the most operations lost a task");
}

/// A commit of one operation more is refused, whatever lists they are in.
pub async fn too_many_operations_are_refused(store: &dyn Store) {
    let names: Vec<_> = (0..COMMIT_OPERATIONS_MAX).map(|number| format!("n/t/{number:03}")).collect();
    let all_puts = puts(names.iter().map(|name| create(name, name)).collect());
    breaks_a_limit(store, all_puts, "a commit with one put too many").await;
    let all_disarms = Commit { disarm: names.iter().map(|name| id(name)).collect(), ..Commit::default() };
    breaks_a_limit(store, all_disarms, "a commit with one operation too many over two lists").await;
}

/// A scan of the largest page works; of none, or of one more, it is refused.
pub async fn a_scan_keeps_its_limits(store: &dyn Store) {
    for (limit, allowed) in [(1, true), (PAGE_MAX, true), (0, false), (PAGE_MAX + 1, false)] {
        let scan = Scan { index: "i".to_owned(), partition: "t".to_owned(), after: None, limit };
        match store.scan(&scan).await {
            Ok(_) => assert!(allowed, "a scan of {limit} records was accepted"),
            Err(error) => {
                assert!(!allowed, "a scan of {limit} records was refused: {error}");
                assert_eq!(error.kind(), StoreErrorKind::Limit, "a scan of {limit} was refused as something else");
            }
        }
    }
}

/// A claim of the most tasks works; of none, or of one more, it is refused.
pub async fn a_claim_keeps_its_limits(store: &dyn Store) {
    for (limit, allowed) in [(1, true), (PAGE_MAX, true), (0, false), (PAGE_MAX + 1, false)] {
        match store.claim(&Claim { now: at(0), limit, hold: Duration::from_secs(1) }).await {
            Ok(_) => assert!(allowed, "a claim of {limit} tasks was accepted"),
            Err(error) => {
                assert!(!allowed, "a claim of {limit} tasks was refused: {error}");
                assert_eq!(error.kind(), StoreErrorKind::Limit, "a claim of {limit} was refused as something else");
            }
        }
    }
}
