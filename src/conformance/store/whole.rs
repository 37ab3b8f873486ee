//! All of a commit or none of it, list by list.

use super::given::*;
use crate::store::{Commit, Rearm, Store, Task, Version};

/// What stands in the store before a commit that must fail: records `kept` and `gone`, task `later`, and a claim.
async fn stage(store: &dyn Store) -> Task {
    let kept = placed(create("kept/t/1", "before"), &[("i", "t", [1, 0])]);
    let commit =
        Commit { puts: vec![kept, create("gone/t/1", "before")], ..arms(&[("held", at(0)), ("later", at(50))]) };
    done(store, commit, "creating records and tasks").await;
    claim_one(store, at(0), "held", "a task that is due was not given out").await
}

/// A commit in which everything is possible but a check.
fn doomed(part: Commit) -> Commit {
    Commit { checks: vec![(key("kept/t/1"), Version(9))], ..part }
}

/// A refused commit creates and writes nothing.
pub async fn a_refused_commit_puts_nothing(store: &dyn Store) {
    stage(store).await;
    let part = puts(vec![create("new/t/1", "x"), write("kept/t/1", 1, "x")]);
    conflicts(store, doomed(part), "kept/t/1", "a commit with a check that fails").await;
    is_absent(store, "new/t/1", "a refused commit created a record").await;
    holds(store, "kept/t/1", 1, "before", "a refused commit wrote a record").await;
    let last_fails = puts(vec![create("new/t/1", "x"), write("kept/t/1", 1, "x"), write("gone/t/1", 9, "x")]);
    conflicts(store, last_fails, "gone/t/1", "a commit whose last put fails").await;
    is_absent(store, "new/t/1", "a commit that failed at its last put had created a record").await;
    holds(store, "kept/t/1", 1, "before", "a commit that failed at its last put had written a record").await;
}

/// A refused commit deletes nothing.
pub async fn a_refused_commit_deletes_nothing(store: &dyn Store) {
    stage(store).await;
    conflicts(store, doomed(deletes("gone/t/1", 1)), "kept/t/1", "a commit with a check that fails").await;
    holds(store, "gone/t/1", 1, "before", "a refused commit deleted a record").await;
}

/// A refused commit leaves the index as it was.
pub async fn a_refused_commit_leaves_the_index(store: &dyn Store) {
    stage(store).await;
    let moved = placed(write("kept/t/1", 1, "x"), &[("i", "other", [2, 0])]);
    conflicts(store, doomed(puts(vec![moved])), "kept/t/1", "a commit with a check that fails").await;
    assert_eq!(
        super::indexes::listed(store, "i", "t").await,
        ["kept/t/1"],
        "a refused commit took a record from the index"
    );
    let other = super::indexes::listed(store, "i", "other").await;
    assert!(other.is_empty(), "a refused commit put a record into the index");
}

/// A refused commit arms nothing, neither new tasks nor known ones.
pub async fn a_refused_commit_arms_nothing(store: &dyn Store) {
    stage(store).await;
    let part = arms(&[("new", at(1)), ("later", at(1))]);
    conflicts(store, doomed(part), "kept/t/1", "a commit with a check that fails").await;
    claims_nothing(store, at(1), "a refused commit armed a task").await;
}

/// A refused commit disarms nothing.
pub async fn a_refused_commit_disarms_nothing(store: &dyn Store) {
    stage(store).await;
    conflicts(store, doomed(disarms("later")), "kept/t/1", "a commit with a check that fails").await;
    let tasks = claim(store, at(50)).await;
    assert!(names(&tasks).contains(&"later"), "a refused commit disarmed a task");
}

/// A refused commit settles nothing: the lease is still good.
pub async fn a_refused_commit_settles_nothing(store: &dyn Store) {
    let held = stage(store).await;
    conflicts(store, doomed(settles(&[&held.lease])), "kept/t/1", "a commit with a check that fails").await;
    done(store, settles(&[&held.lease]), "settling a task after a refused commit").await;
}

/// A lost lease refuses everything else in the commit.
pub async fn a_lost_lease_refuses_the_whole_commit(store: &dyn Store) {
    let held = stage(store).await;
    done(store, settles(&[&held.lease]), "settling a claimed task").await;
    let commit = Commit {
        puts: vec![create("new/t/1", "x")],
        deletes: vec![(key("gone/t/1"), Version(1))],
        settle: vec![held.lease],
        disarm: vec![id("later")],
        arm: vec![arm("new", at(1), Rearm::Replace, "x")],
        ..Commit::default()
    };
    loses(store, commit, "held", "a commit that settles a task twice").await;
    is_absent(store, "new/t/1", "a commit with a lost lease created a record").await;
    holds(store, "gone/t/1", 1, "before", "a commit with a lost lease deleted a record").await;
    let tasks = claim(store, at(50)).await;
    assert_eq!(names(&tasks), ["later"], "a commit with a lost lease changed tasks");
}

/// A lost lease refuses the leases settled beside it.
pub async fn a_lost_lease_keeps_the_others(store: &dyn Store) {
    done(store, arms(&[("a", at(0)), ("b", at(1))]), "arming two tasks").await;
    let tasks = claim(store, at(1)).await;
    let [a, b] = tasks.as_slice() else { panic!("two tasks were due, {} were given out", tasks.len()) };
    done(store, settles(&[&b.lease]), "settling a claimed task").await;
    loses(store, settles(&[&a.lease, &b.lease]), "b", "settling two tasks of which one is gone").await;
    done(store, settles(&[&a.lease]), "settling the other task after that was refused").await;
}

/// A commit that uses every list is applied whole.
pub async fn a_commit_applies_every_list(store: &dyn Store) {
    let held = stage(store).await;
    let commit = Commit {
        checks: Vec::new(),
        puts: vec![create("new/t/1", "after"), write("kept/t/1", 1, "after")],
        deletes: vec![(key("gone/t/1"), Version(1))],
        settle: vec![held.lease.clone()],
        disarm: vec![id("later")],
        arm: vec![arm("next", at(60), Rearm::Earliest, "next")],
    };
    done(store, commit, "a commit that uses every list").await;
    holds(store, "new/t/1", 1, "after", "a commit with every list did not create").await;
    holds(store, "kept/t/1", 2, "after", "a commit with every list did not write").await;
    is_absent(store, "gone/t/1", "a commit with every list did not delete").await;
    claim_one(store, at(500), "next", "a commit with every list did not settle, disarm and arm").await;
}
