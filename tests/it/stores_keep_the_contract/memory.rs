//! What the store in memory adds to the contract, and what only threads can show.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use serde_json::json;
use switchboard::conformance::block_on;
use switchboard::store::{
    Arm, Body, Claim, Commit, CommitError, Expect, Key, MemoryStore, Put, Rearm, Store, StoreErrorKind, Task, TaskId,
    Version,
};
use switchboard::time::Timestamp;

const HOLD: Duration = Duration::from_micros(40);

fn arm(name: &str, due: i64) -> Commit {
    let arm = Arm {
        id: TaskId::new(name),
        due: Timestamp::from_micros(due),
        rearm: Rearm::Replace,
        work: Body::new(json!(due)),
    };
    Commit { arm: vec![arm], ..Commit::default() }
}

fn put(name: &str, expect: Expect) -> Commit {
    let put = Put { key: Key::new(name), expect, body: Body::new(json!(1)), index: Vec::new() };
    Commit { puts: vec![put], ..Commit::default() }
}

fn claim(store: &MemoryStore, now: i64, limit: u16) -> Vec<Task> {
    block_on(store.claim(&Claim { now: Timestamp::from_micros(now), limit, hold: HOLD }))
        .expect("a claim in its limits")
}

fn commit(store: &MemoryStore, commit: &Commit) {
    block_on(store.commit(commit)).expect("a commit that nothing stands against");
}

#[test]
fn next_due_is_the_due_time_or_the_end_of_the_hold() {
    let store = MemoryStore::new();
    assert_eq!(store.next_due(), None);
    commit(&store, &arm("a", 10));
    commit(&store, &arm("b", 30));
    assert_eq!(store.next_due(), Some(Timestamp::from_micros(10)));
    let held = claim(&store, 10, 1);
    assert_eq!(store.next_due(), Some(Timestamp::from_micros(30)), "a held task counts before its hold ends");
    claim(&store, 30, 1);
    assert_eq!(
        store.next_due(),
        Some(Timestamp::from_micros(50)),
        "the end of the first hold is not the next due time"
    );
    commit(&store, &Commit { settle: held.into_iter().map(|task| task.lease).collect(), ..Commit::default() });
    assert_eq!(store.next_due(), Some(Timestamp::from_micros(70)), "a settled task still counts");
    commit(&store, &arm("b", 90));
    assert_eq!(store.next_due(), Some(Timestamp::from_micros(90)), "a held task armed for later counts by its hold");
    commit(&store, &Commit { disarm: vec![TaskId::new("b")], ..Commit::default() });
    assert_eq!(store.next_due(), None);
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn time(&mut self) -> i64 {
        i64::try_from(self.roll(200)).expect("small")
    }
}

/// Whatever was done before: nothing can be claimed before `next_due`, and something can be claimed then.
#[test]
fn next_due_is_exact_after_any_history() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let store = MemoryStore::new();
        let mut claimed: Vec<Task> = Vec::new();
        for step in 0..40 {
            let name = format!("task-{}", dice.roll(6));
            match dice.roll(6) {
                0 | 1 => commit(&store, &arm(&name, dice.time())),
                2 => {
                    let mut earliest = arm(&name, dice.time());
                    earliest.arm.iter_mut().for_each(|arm| arm.rearm = Rearm::Earliest);
                    commit(&store, &earliest);
                }
                3 => commit(&store, &Commit { disarm: vec![TaskId::new(name)], ..Commit::default() }),
                4 => {
                    let limit = u16::try_from(dice.roll(3) + 1).expect("small");
                    claimed.extend(claim(&store, dice.time(), limit));
                }
                _ => {
                    let settle = claimed.pop().map(|task| task.lease).into_iter().collect();
                    match block_on(store.commit(&Commit { settle, ..Commit::default() })) {
                        Ok(()) | Err(CommitError::LeaseLost(_)) => {}
                        Err(error) => panic!("seed {seed}, step {step}: {error}"),
                    }
                }
            }
            let Some(due) = store.next_due() else {
                assert!(store.tasks().is_empty(), "seed {seed}, step {step}: tasks, but none is ever due");
                continue;
            };
            let early = claim(&store, due.as_micros() - 1, 256);
            assert!(early.is_empty(), "seed {seed}, step {step}: claimed before the next due time: {early:?}");
            if dice.roll(4) == 0 {
                let now = claim(&store, due.as_micros(), 256);
                assert!(!now.is_empty(), "seed {seed}, step {step}: nothing to claim at the next due time {due}");
                claimed.extend(now);
            }
        }
    }
}

#[test]
fn audits_see_every_record_and_task() {
    let store = MemoryStore::new();
    commit(&store, &put("b/t/1", Expect::Absent));
    commit(&store, &put("a/t/1", Expect::Absent));
    commit(&store, &put("b/t/1", Expect::Version(Version(1))));
    let seen: Vec<_> = store.records().into_iter().map(|record| (record.key.to_string(), record.version.0)).collect();
    assert_eq!(seen, [("a/t/1".to_owned(), 1), ("b/t/1".to_owned(), 2)]);
    commit(&store, &arm("z", 1));
    commit(&store, &arm("y", 2));
    claim(&store, 1, 1);
    let task = |name, due: i64| (TaskId::new(name), Timestamp::from_micros(due), Body::new(json!(due)));
    assert_eq!(store.tasks(), [task("y", 2), task("z", 1)], "held tasks are listed as well");
}

#[test]
fn a_key_written_twice_in_one_commit_is_refused() {
    let store = MemoryStore::new();
    commit(&store, &put("a/t/1", Expect::Absent));
    let mut twice = put("a/t/1", Expect::Version(Version(1)));
    twice.deletes.push((Key::new("a/t/1"), Version(1)));
    match block_on(store.commit(&twice)) {
        Err(CommitError::Store(error)) => assert_eq!(error.kind(), StoreErrorKind::Limit),
        other => panic!("a key written and deleted at once: {other:?}"),
    }
    assert_eq!(store.records().len(), 1, "a refused commit changed something");
}

/// What four threads make of `attempt`, all starting together.
fn together<T: Send>(attempt: impl Fn(u16) -> T + Sync) -> Vec<T> {
    let (start, attempt) = (Barrier::new(4), &attempt);
    let start = &start;
    thread::scope(|scope| {
        let run = |who| {
            scope.spawn(move || {
                start.wait();
                attempt(who)
            })
        };
        let threads: Vec<_> = (0..4).map(run).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread that does not panic")).collect()
    })
}

#[test]
fn of_threads_that_write_one_version_one_wins() {
    let store = MemoryStore::new();
    commit(&store, &put("a/t/1", Expect::Absent));
    for round in 1..=60 {
        let won = together(|_| block_on(store.commit(&put("a/t/1", Expect::Version(Version(round))))).is_ok());
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "round {round}");
    }
}

#[test]
fn threads_that_claim_share_nothing() {
    let store = MemoryStore::new();
    for round in 0..60_i64 {
        for number in 0..8 {
            commit(&store, &arm(&format!("task-{round}-{number}"), round));
        }
        let claimed: Vec<_> = together(|_| claim(&store, round, 3)).into_iter().flatten().collect();
        let distinct: BTreeSet<_> = claimed.iter().map(|task| task.lease.id.clone()).collect();
        assert_eq!((distinct.len(), claimed.len()), (8, 8), "round {round}");
        commit(&store, &Commit { settle: claimed.into_iter().map(|task| task.lease).collect(), ..Commit::default() });
    }
}
