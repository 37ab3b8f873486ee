//! Tasks: arming, order, holds, re-arming, disarming.

use std::time::Duration;

use super::given::*;
use crate::store::{Commit, Rearm, Store};
use crate::time::Timestamp;

/// Without tasks, a claim gives nothing.
pub async fn claiming_nothing_gives_nothing(store: &dyn Store) {
    claims_nothing(store, at(0), "the store is empty").await;
}

/// A task is not given out before its due time, by no microsecond, and is at that time.
pub async fn a_task_is_claimed_when_due(store: &dyn Store) {
    done(store, arms(&[("a", at(10))]), "arming a task").await;
    let micros = at(10).as_micros();
    claims_nothing(store, Timestamp::from_micros(micros - 1), "a task was given out before it was due").await;
    claim_one(store, at(10), "a", "a task was not given out at its due time").await;
}

/// A claimed task carries the due time and work it was armed with.
pub async fn a_claim_carries_the_task(store: &dyn Store) {
    let due = Timestamp::from_micros(at(10).as_micros() + 123_457);
    done(store, rearms(arm("a", due, Rearm::Replace, "dial")), "arming a task").await;
    let task = claim_one(store, at(60), "a", "a task that is due was not given out").await;
    assert_eq!(task.due, due, "a claimed task does not carry its due time to the microsecond");
    assert_eq!(task.work, body("dial"), "a claimed task does not carry its work");
}

/// Tasks come by due time, then by id, bytewise.
pub async fn the_oldest_task_comes_first(store: &dyn Store) {
    let tasks = [("b", at(3)), ("c", at(1)), ("a", at(3)), ("z", at(2)), ("B", at(3)), ("late", at(9))];
    done(store, arms(&tasks), "arming tasks").await;
    let claimed = claim(store, at(5)).await;
    assert_eq!(names(&claimed), ["c", "z", "B", "a", "b"], "tasks are not given out oldest first, then by id");
}

/// A claim gives no more than its limit, and the oldest at that; the next claim goes on.
pub async fn a_claim_takes_at_most_its_limit(store: &dyn Store) {
    done(store, arms(&[("e", at(1)), ("d", at(2)), ("c", at(3)), ("b", at(4)), ("a", at(5))]), "arming tasks").await;
    for expected in [vec!["e", "d"], vec!["c", "b"], vec!["a"], vec![]] {
        let claimed = claim_for(store, at(9), 2, HOLD).await;
        assert_eq!(names(&claimed), expected, "claims of two do not take the two oldest that are free");
    }
}

/// A held task is not given out until its hold ends, by no microsecond, and is at that time.
pub async fn a_claim_returns_after_the_hold(store: &dyn Store) {
    done(store, arms(&[("a", at(0))]), "arming a task").await;
    let first = claim_one(store, at(5), "a", "a task that is due was not given out").await;
    claims_nothing(store, at(5), "a task was given out twice at once").await;
    let end = at(5) + HOLD;
    claims_nothing(store, end - Duration::from_micros(1), "a task was given out during a hold").await;
    let second = claim_one(store, end, "a", "a task did not come back when its hold ended").await;
    assert_eq!(second.due, first.due, "a task that came back has another due time");
    assert_eq!(second.work, first.work, "a task that came back has other work");
}

/// Each claim brings its own hold, and a task that came back is held by its latest claim.
pub async fn each_claim_has_its_own_hold(store: &dyn Store) {
    done(store, arms(&[("a", at(0)), ("b", at(1))]), "arming tasks").await;
    let secs = Duration::from_secs;
    assert_eq!(names(&claim_for(store, at(10), 1, secs(100)).await), ["a"], "the oldest task was not given out");
    assert_eq!(names(&claim_for(store, at(10), 1, secs(10)).await), ["b"], "the next task was not given out");
    assert_eq!(names(&claim_for(store, at(20), 9, secs(50)).await), ["b"], "the shorter hold did not end alone");
    assert!(claim_for(store, at(69), 9, secs(1)).await.is_empty(), "the hold of the latest claim was cut short");
    assert_eq!(names(&claim_for(store, at(70), 9, secs(1)).await), ["b"], "the latest hold did not end");
    assert_eq!(names(&claim_for(store, at(110), 9, secs(9)).await), ["a", "b"], "ended holds are not oldest first");
}

/// Tasks that came back after a hold compete by due time with others.
pub async fn returned_tasks_keep_their_place(store: &dyn Store) {
    done(store, arms(&[("old", at(1))]), "arming a task").await;
    claim_one(store, at(2), "old", "a task that is due was not given out").await;
    done(store, arms(&[("new", at(3)), ("older", at(0))]), "arming tasks").await;
    let claimed = claim_for(store, at(2) + HOLD, 2, HOLD).await;
    assert_eq!(names(&claimed), ["older", "old"], "a task that came back is not given out by its due time");
}

/// `Rearm::Replace` moves a task later and earlier, with the new work.
pub async fn replacing_moves_a_task(store: &dyn Store) {
    done(store, rearms(arm("a", at(10), Rearm::Replace, "1")), "arming a task").await;
    done(store, rearms(arm("a", at(20), Rearm::Replace, "2")), "moving a task later").await;
    claims_nothing(store, at(19), "a task that was moved later was given out at its old time").await;
    done(store, rearms(arm("a", at(15), Rearm::Replace, "3")), "moving a task earlier").await;
    let task = claim_one(store, at(15), "a", "a task that was moved earlier was not given out").await;
    assert_eq!((task.due, task.work), (at(15), body("3")), "a replaced task has not its last due time and work");
}

/// `Rearm::Earliest` arms a task that is not armed.
pub async fn earliest_arms_a_new_task(store: &dyn Store) {
    done(store, rearms(arm("a", at(10), Rearm::Earliest, "1")), "arming a task").await;
    let task = claim_one(store, at(10), "a", "a task armed with `Earliest` was not given out").await;
    assert_eq!(task.work, body("1"), "a task armed with `Earliest` has other work");
}

/// `Rearm::Earliest` never moves a task later, and leaves its work alone then.
pub async fn earliest_never_moves_later(store: &dyn Store) {
    done(store, rearms(arm("a", at(10), Rearm::Replace, "early")), "arming a task").await;
    done(store, rearms(arm("a", at(20), Rearm::Earliest, "late")), "arming with a later time").await;
    let task = claim_one(store, at(10), "a", "`Earliest` moved a task later").await;
    assert_eq!(task.due, at(10), "`Earliest` with a later time changed the due time");
    assert_eq!(task.work, body("early"), "`Earliest` with a later time took the later work");
}

/// `Rearm::Earliest` moves a task earlier, with the new work; equal times take the new work.
pub async fn earliest_moves_earlier(store: &dyn Store) {
    done(store, rearms(arm("a", at(20), Rearm::Replace, "late")), "arming a task").await;
    done(store, rearms(arm("a", at(10), Rearm::Earliest, "early")), "arming with an earlier time").await;
    done(store, rearms(arm("a", at(10), Rearm::Earliest, "equal")), "arming with an equal time").await;
    let task = claim_one(store, at(10), "a", "`Earliest` did not move a task earlier").await;
    assert_eq!(task.due, at(10), "`Earliest` with an earlier time did not change the due time");
    assert_eq!(task.work, body("equal"), "`Earliest` with an equal time did not take the new work");
}

/// A disarmed task does not happen; other tasks do.
pub async fn disarming_removes_a_task(store: &dyn Store) {
    done(store, arms(&[("a", at(1)), ("b", at(1)), ("ab", at(1))]), "arming tasks").await;
    done(store, disarms("a"), "disarming a task").await;
    let claimed = claim(store, at(9)).await;
    assert_eq!(names(&claimed), ["ab", "b"], "disarming did not remove exactly the one task");
}

/// Disarming a task that does not exist is no error and does not stop the rest.
pub async fn disarming_an_unknown_task_is_ignored(store: &dyn Store) {
    let commit = Commit { puts: vec![create("call/t/1", "x")], ..disarms("never") };
    done(store, commit, "disarming a task that was never armed").await;
    holds(store, "call/t/1", 1, "x", "disarming an unknown task lost the rest of the commit").await;
}

/// A disarmed task may be armed again, as new.
pub async fn a_disarmed_task_can_be_armed_again(store: &dyn Store) {
    done(store, rearms(arm("a", at(1), Rearm::Replace, "old")), "arming a task").await;
    done(store, disarms("a"), "disarming a task").await;
    done(store, rearms(arm("a", at(5), Rearm::Earliest, "new")), "arming a disarmed task").await;
    claims_nothing(store, at(4), "a disarmed task lent its due time to a new one").await;
    let task = claim_one(store, at(5), "a", "a task armed after disarming was not given out").await;
    assert_eq!(task.work, body("new"), "a disarmed task lent its work to a new one");
}

/// Within one commit, tasks are disarmed before they are armed.
pub async fn disarming_comes_before_arming(store: &dyn Store) {
    done(store, rearms(arm("a", at(1), Rearm::Replace, "old")), "arming a task").await;
    let both = Commit { arm: vec![arm("a", at(5), Rearm::Earliest, "new")], ..disarms("a") };
    done(store, both, "disarming and arming a task at once").await;
    claims_nothing(store, at(4), "a task was armed before it was disarmed").await;
    let task = claim_one(store, at(5), "a", "a task was armed before it was disarmed, and is gone").await;
    assert_eq!(task.work, body("new"), "a task armed after disarming has not its new work");
}

/// Within one commit, a task armed twice is armed in that order.
pub async fn arming_keeps_its_order(store: &dyn Store) {
    let arm = vec![
        arm("a", at(5), Rearm::Replace, "first"),
        arm("a", at(9), Rearm::Replace, "second"),
        arm("a", at(12), Rearm::Earliest, "third"),
    ];
    done(store, Commit { arm, ..Commit::default() }, "arming a task three times at once").await;
    claims_nothing(store, at(8), "a task armed twice at once kept its first due time").await;
    let task = claim_one(store, at(9), "a", "a task armed twice at once was not given out").await;
    assert_eq!(task.work, body("second"), "a task armed twice at once has not the work that belongs to its time");
}
