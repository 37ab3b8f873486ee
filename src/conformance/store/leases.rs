//! Leases: settling, fences, and what happens to a task while somebody holds it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::given::*;
use crate::store::{Commit, Lease, Rearm, Store};

/// A settled task is gone for good.
pub async fn a_settled_task_is_gone(store: &dyn Store) {
    done(store, arms(&[("a", at(0)), ("b", at(1))]), "arming tasks").await;
    let claimed = claim_for(store, at(0), 1, HOLD).await;
    done(store, settles(&claimed.iter().map(|task| &task.lease).collect::<Vec<_>>()), "settling a claimed task").await;
    let claimed = claim(store, at(9999)).await;
    assert_eq!(names(&claimed), ["b"], "settling did not remove exactly the one task");
}

/// A task may be settled also after its hold ended, while nobody else has claimed it.
pub async fn an_ended_hold_still_settles_when_unclaimed(store: &dyn Store) {
    done(store, arms(&[("a", at(0))]), "arming a task").await;
    let task = claim_one(store, at(0), "a", "a task that is due was not given out").await;
    claims_nothing(store, at(1), "a task was given out during a hold").await;
    done(store, settles(&[&task.lease]), "settling a task that nobody else claimed").await;
    claims_nothing(store, at(9999), "a settled task came back").await;
}

/// A lease cannot be settled twice.
pub async fn settling_twice_loses_the_lease(store: &dyn Store) {
    done(store, arms(&[("a", at(0))]), "arming a task").await;
    let task = claim_one(store, at(0), "a", "a task that is due was not given out").await;
    done(store, settles(&[&task.lease]), "settling a claimed task").await;
    loses(store, settles(&[&task.lease]), "a", "settling a task twice").await;
}

/// A lease that was never given out settles nothing: neither a task that is free nor one that does not exist.
pub async fn a_made_up_lease_is_refused(store: &dyn Store) {
    done(store, arms(&[("a", at(0))]), "arming a task").await;
    for fence in [0, 1, 77] {
        for name in ["a", "never"] {
            let lease = Lease { id: id(name), fence, rev: 1 };
            loses(store, settles(&[&lease]), name, "settling a task that nobody claimed").await;
        }
    }
    claim_one(store, at(0), "a", "a made-up lease settled a task").await;
}

/// Once another claim has taken a task, the earlier lease is lost, and the later one is good.
pub async fn a_lease_taken_over_is_lost(store: &dyn Store) {
    done(store, arms(&[("a", at(0))]), "arming a task").await;
    let slow = claim_one(store, at(0), "a", "a task that is due was not given out").await;
    let quick = claim_one(store, at(0) + HOLD, "a", "a task did not come back when its hold ended").await;
    loses(store, settles(&[&slow.lease]), "a", "settling a task that somebody else claimed since").await;
    done(store, settles(&[&quick.lease]), "settling with the latest lease").await;
}

/// A lease on a task that was settled, armed again and claimed again does not settle its new life.
pub async fn a_lease_of_a_former_life_is_refused(store: &dyn Store) {
    done(store, arms(&[("a", at(0))]), "arming a task").await;
    let former = claim_one(store, at(0), "a", "a task that is due was not given out").await;
    done(store, settles(&[&former.lease]), "settling a claimed task").await;
    done(store, arms(&[("a", at(1))]), "arming a settled task").await;
    loses(store, settles(&[&former.lease]), "a", "settling a task of a new life, unclaimed, with an old lease").await;
    let present = claim_one(store, at(1), "a", "a task armed after settling was not given out").await;
    loses(store, settles(&[&former.lease]), "a", "settling a task of a new life, claimed, with an old lease").await;
    done(store, settles(&[&present.lease]), "settling with the latest lease").await;
}

/// No fence is given out twice: not over tasks, claims, or lives of a task.
pub async fn fences_never_repeat(store: &dyn Store) {
    let mut fences = BTreeSet::new();
    for round in 0..20_i64 {
        let now = at(round * 1000);
        done(store, arms(&[("a", now), ("b", now), ("c", now)]), "arming tasks").await;
        for later in [Duration::ZERO, HOLD] {
            let claimed = claim(store, now + later).await;
            assert_eq!(names(&claimed), ["a", "b", "c"], "three tasks that are due and free were not given out");
            for task in &claimed {
                let fence = task.lease.fence;
                assert!(fences.insert(fence), "fence {fence} was given out twice, now for {}", task.lease.id);
            }
            if later == HOLD {
                done(store, settles(&claimed.iter().map(|task| &task.lease).collect::<Vec<_>>()), "settling").await;
            }
        }
    }
}

/// A lost lease names its task, among others that are good.
pub async fn a_lost_lease_names_the_task(store: &dyn Store) {
    done(store, arms(&[("a", at(0)), ("b", at(1)), ("c", at(2))]), "arming tasks").await;
    let claimed = claim(store, at(2)).await;
    assert_eq!(names(&claimed), ["a", "b", "c"], "three tasks that are due were not given out");
    done(store, disarms("b"), "disarming a held task").await;
    let all: Vec<_> = claimed.iter().map(|task| &task.lease).collect();
    loses(store, settles(&all), "b", "settling three tasks of which one is gone").await;
}

/// A task armed while somebody works on it survives settling, with its new due time and work, and is free.
pub async fn rearm_while_held_is_not_lost(store: &dyn Store) {
    for rearm in [Rearm::Replace, Rearm::Earliest] {
        done(store, rearms(arm("a", at(10), Rearm::Replace, "first")), "arming a task").await;
        let task = claim_one(store, at(10), "a", "a task that is due was not given out").await;
        done(store, rearms(arm("a", at(5), rearm, "again")), "arming a held task").await;
        done(store, settles(&[&task.lease]), "settling a task that was armed meanwhile").await;
        let task = claim_one(store, at(11), "a", "the wake-up during the work was lost, or is still held").await;
        assert_eq!((task.due, task.work), (at(5), body("again")), "the wake-up during the work lost its time or work");
        done(store, settles(&[&task.lease]), "settling the wake-up").await;
        claims_nothing(store, at(9999), "a wake-up that was worked on and settled came back").await;
    }
}

/// A task armed for later while somebody works on it is given out at that time, and not at once.
pub async fn a_rearmed_task_waits_for_its_due_time(store: &dyn Store) {
    done(store, rearms(arm("a", at(10), Rearm::Replace, "first")), "arming a task").await;
    let task = claim_one(store, at(10), "a", "a task that is due was not given out").await;
    done(store, rearms(arm("a", at(500), Rearm::Replace, "later")), "arming a held task for later").await;
    done(store, settles(&[&task.lease]), "settling a task that was armed meanwhile").await;
    claims_nothing(store, at(499), "a task armed for later during the work was given out at once").await;
    let task = claim_one(store, at(500), "a", "the wake-up during the work was lost").await;
    assert_eq!(task.work, body("later"), "the wake-up during the work lost its work");
}

/// `Rearm::Earliest` with a later time keeps a held task as well: it will be worked on once more.
pub async fn earliest_while_held_is_not_lost(store: &dyn Store) {
    done(store, rearms(arm("a", at(10), Rearm::Replace, "first")), "arming a task").await;
    let task = claim_one(store, at(10), "a", "a task that is due was not given out").await;
    done(store, rearms(arm("a", at(20), Rearm::Earliest, "later")), "arming a held task").await;
    done(store, settles(&[&task.lease]), "settling a task that was armed meanwhile").await;
    let task = claim_one(store, at(20), "a", "the wake-up during the work was lost").await;
    assert_eq!((task.due, task.work), (at(10), body("first")), "`Earliest` did not keep the earlier time and its work");
}

/// Arming a held task does not end the hold, and the lease stays good.
pub async fn arming_does_not_end_a_hold(store: &dyn Store) {
    done(store, arms(&[("a", at(0))]), "arming a task").await;
    let task = claim_one(store, at(0), "a", "a task that is due was not given out").await;
    done(store, rearms(arm("a", at(1), Rearm::Replace, "again")), "arming a held task").await;
    claims_nothing(store, at(29), "arming a held task gave it out to somebody else").await;
    done(store, settles(&[&task.lease]), "settling a task that was armed meanwhile").await;
}

/// A task armed for later while held is not given out when only its hold has ended.
pub async fn an_ended_hold_does_not_hasten_a_task(store: &dyn Store) {
    done(store, arms(&[("a", at(0))]), "arming a task").await;
    claim_one(store, at(0), "a", "a task that is due was not given out").await;
    done(store, rearms(arm("a", at(500), Rearm::Replace, "later")), "arming a held task for later").await;
    claims_nothing(store, at(499), "a task was given out before it was due because a hold had ended").await;
    claim_one(store, at(500), "a", "a task armed for later was not given out").await;
}

/// A lease taken after arming settles for good: only arming since the claim keeps a task.
pub async fn arming_before_the_claim_does_not_keep_a_task(store: &dyn Store) {
    for due in [at(3), at(2), at(1)] {
        done(store, rearms(arm("a", due, Rearm::Replace, "x")), "arming a task").await;
    }
    let task = claim_one(store, at(5), "a", "a task that is due was not given out").await;
    done(store, settles(&[&task.lease]), "settling a claimed task").await;
    claims_nothing(store, at(9999), "a task that was armed only before the claim came back").await;
}

/// A rearmed task that was settled is released: its old lease is lost.
pub async fn settling_a_rearmed_task_ends_its_lease(store: &dyn Store) {
    done(store, arms(&[("a", at(0))]), "arming a task").await;
    let task = claim_one(store, at(0), "a", "a task that is due was not given out").await;
    done(store, rearms(arm("a", at(1), Rearm::Replace, "again")), "arming a held task").await;
    done(store, settles(&[&task.lease]), "settling a task that was armed meanwhile").await;
    loses(store, settles(&[&task.lease]), "a", "settling a released task with its old lease").await;
    claim_one(store, at(1), "a", "the wake-up during the work was lost").await;
}

/// Disarming a held task removes it: the lease is lost and the task does not come back.
pub async fn disarming_a_held_task_loses_the_lease(store: &dyn Store) {
    done(store, arms(&[("a", at(0))]), "arming a task").await;
    let task = claim_one(store, at(0), "a", "a task that is due was not given out").await;
    done(store, disarms("a"), "disarming a held task").await;
    loses(store, settles(&[&task.lease]), "a", "settling a disarmed task").await;
    claims_nothing(store, at(9999), "a disarmed task came back after its hold").await;
}

/// Within one commit, leases are settled before tasks are armed: work may set its own next time.
pub async fn settling_comes_before_arming(store: &dyn Store) {
    for rearm in [Rearm::Replace, Rearm::Earliest] {
        done(store, rearms(arm("a", at(0), Rearm::Replace, "now")), "arming a task").await;
        let task = claim_one(store, at(0), "a", "a task that is due was not given out").await;
        let both = Commit { arm: vec![arm("a", at(100), rearm, "next")], ..settles(&[&task.lease]) };
        done(store, both, "settling and arming a task at once").await;
        claims_nothing(store, at(99), "a task was armed before it was settled, and kept its old time").await;
        let task = claim_one(store, at(100), "a", "work that set its own next time was lost").await;
        assert_eq!(task.work, body("next"), "work that set its own next time lost its new work");
        done(store, settles(&[&task.lease]), "settling the next time").await;
    }
}

/// Settling and disarming one task in the same commit removes it, also when it was armed meanwhile.
pub async fn settling_comes_before_disarming(store: &dyn Store) {
    done(store, arms(&[("a", at(0))]), "arming a task").await;
    let task = claim_one(store, at(0), "a", "a task that is due was not given out").await;
    done(store, rearms(arm("a", at(1), Rearm::Replace, "again")), "arming a held task").await;
    let both = Commit { settle: vec![task.lease], ..disarms("a") };
    done(store, both, "settling and disarming a task at once").await;
    claims_nothing(store, at(9999), "a task that was settled and disarmed at once came back").await;
}
