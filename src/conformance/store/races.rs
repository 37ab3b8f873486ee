//! Races, each run [`ROUNDS`] times: two or more requests at once, of which the store must make a sequence.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use serde_json::json;

use super::ROUNDS;
use super::given::*;
use crate::conformance::join_all;
use crate::store::{Body, Commit, CommitError, Expect, Put, Store, Task, Version};

type Attempt<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Applies all commits at once and says which were applied; every other one must have been refused.
async fn at_once(store: &dyn Store, commits: Vec<Commit>) -> Vec<bool> {
    let attempt = |commit: Commit| -> Attempt<'_, bool> {
        Box::pin(async move {
            match store.commit(&commit).await {
                Ok(()) => true,
                Err(CommitError::Conflict(_) | CommitError::LeaseLost(_)) => false,
                Err(error) => panic!("one of several commits at once met a fault: {error}"),
            }
        })
    };
    join_all(commits.into_iter().map(attempt).collect()).await
}

fn winners(applied: &[bool]) -> usize {
    applied.iter().filter(|applied| **applied).count()
}

/// Of several that create one record at once, one succeeds, and its body is kept.
pub async fn concurrent_creators_have_one_winner(store: &dyn Store) {
    for round in 0..ROUNDS {
        let name = format!("call/t/{round}");
        let applied = at_once(store, (0..4).map(|who| puts(vec![create(&name, &who.to_string())])).collect()).await;
        assert_eq!(winners(&applied), 1, "round {round}: several that created one record did not have one winner");
        let winner = applied.iter().position(|applied| *applied).unwrap_or_default();
        holds(store, &name, 1, &winner.to_string(), "a record does not hold what its winner wrote").await;
    }
}

/// Of several that write one version at once, one succeeds, and its body is kept.
pub async fn concurrent_writers_have_one_winner(store: &dyn Store) {
    done(store, puts(vec![create("agent/t/1", "")]), "creating a record").await;
    for round in 0..ROUNDS {
        let version = u64::from(round) + 1;
        let commits = (0..4).map(|who| puts(vec![write("agent/t/1", version, &who.to_string())])).collect();
        let applied = at_once(store, commits).await;
        assert_eq!(winners(&applied), 1, "round {round}: several that wrote one version did not have one winner");
        let winner = applied.iter().position(|applied| *applied).unwrap_or_default();
        let what = "a record does not hold what its winner wrote";
        holds(store, "agent/t/1", version + 1, &winner.to_string(), what).await;
    }
}

/// One that writes and one that deletes a version at once do not both succeed.
pub async fn a_writer_and_a_deleter_have_one_winner(store: &dyn Store) {
    for round in 0..ROUNDS {
        let name = format!("call/t/{round}");
        done(store, puts(vec![create(&name, "")]), "creating a record").await;
        let mut commits = vec![puts(vec![write(&name, 1, "x")]), deletes(&name, 1)];
        if round % 2 == 1 {
            commits.reverse();
        }
        let applied = at_once(store, commits).await;
        assert_eq!(
            winners(&applied),
            1,
            "round {round}: a writer and a deleter of one version did not have one winner"
        );
    }
}

/// Two that each read what the other writes, and say so with checks, do not both succeed.
pub async fn write_skew_is_refused(store: &dyn Store) {
    for round in 0..ROUNDS {
        let (a, b) = (format!("a/t/{round}"), format!("b/t/{round}"));
        done(store, puts(vec![create(&a, "on"), create(&b, "on")]), "creating two records").await;
        let off = |read: &str, written: &str| Commit { puts: vec![write(written, 1, "off")], ..checks(read, 1) };
        let applied = at_once(store, vec![off(&a, &b), off(&b, &a)]).await;
        let count = winners(&applied);
        assert!(count <= 1, "round {round}: two that each read what the other wrote were both accepted");
        if count == 0 {
            done(store, off(&a, &b), "a commit tried again after both of two were refused").await;
        }
    }
}

/// Commits that touch the same records in different orders come to an end, and none is half applied.
pub async fn crossing_commits_are_whole(store: &dyn Store) {
    for round in 0..ROUNDS {
        let (a, b) = (format!("a/t/{round}"), format!("b/t/{round}"));
        done(store, puts(vec![create(&a, ""), create(&b, "")]), "creating two records").await;
        let forth = puts(vec![write(&a, 1, "forth"), write(&b, 1, "forth")]);
        let back = puts(vec![write(&b, 1, "back"), write(&a, 1, "back")]);
        at_once(store, vec![forth, back]).await;
        let (a, b) = (load(store, &a).await, load(store, &b).await);
        let (a, b) = (a.map(|record| record.body), b.map(|record| record.body));
        assert_eq!(a, b, "round {round}: of two commits that crossed, each was applied in part");
    }
}

/// Counters raised by reading, writing and trying again lose no step.
pub async fn concurrent_steps_are_not_lost(store: &dyn Store) {
    let counter = |version: u64, count: u64| {
        let expect = if version == 0 { Expect::Absent } else { Expect::Version(Version(version)) };
        puts(vec![Put { key: key("sum/t/1"), expect, body: Body::new(json!(count)), index: Vec::new() }])
    };
    done(store, counter(0, 0), "creating a counter").await;
    let step = |_| -> Attempt<'_, bool> {
        Box::pin(async move {
            for _ in 0..100 {
                let Some(read) = load(store, "sum/t/1").await else { return false };
                let count = read.body.value().as_u64().unwrap_or_default();
                if store.commit(&counter(read.version.0, count + 1)).await.is_ok() {
                    return true;
                }
            }
            false
        })
    };
    for round in 1..=u64::from(ROUNDS) {
        let stepped = join_all((0..3).map(step).collect()).await;
        assert_eq!(winners(&stepped), 3, "round {round}: a step was refused a hundred times");
        let count = load(store, "sum/t/1").await.and_then(|record| record.body.value().as_u64());
        assert_eq!(count, Some(round * 3), "round {round}: a step was lost");
    }
}

/// Claims at once share no task and leave none out.
pub async fn concurrent_claims_share_nothing(store: &dyn Store) {
    for round in 0..ROUNDS {
        let now = at(i64::from(round) * 1000);
        let tasks: Vec<_> = (0..8).map(|number| format!("task-{number}")).collect();
        done(store, arms(&tasks.iter().map(|name| (name.as_str(), now)).collect::<Vec<_>>()), "arming tasks").await;
        let attempt = |_| -> Attempt<'_, Vec<Task>> { Box::pin(claim_for(store, now, 3, HOLD)) };
        let mut claimed: Vec<_> = join_all((0..4).map(attempt).collect()).await.into_iter().flatten().collect();
        let distinct: BTreeSet<_> = claimed.iter().map(|task| task.lease.id.clone()).collect();
        assert_eq!(distinct.len(), claimed.len(), "round {round}: two claims at once got the same task");
        // A claim may pass over tasks that another one is just taking; they must not be lost by that.
        claimed.extend(claim(store, now).await);
        assert_eq!(claimed.len(), tasks.len(), "round {round}: claims at once lost a task or gave one out twice");
        let leases: Vec<_> = claimed.iter().map(|task| &task.lease).collect();
        done(store, settles(&leases), "settling every claimed task").await;
    }
}

/// Of several that settle one lease at once, one succeeds.
pub async fn concurrent_settlers_have_one_winner(store: &dyn Store) {
    for round in 0..ROUNDS {
        let now = at(i64::from(round) * 1000);
        done(store, arms(&[("a", now)]), "arming a task").await;
        let task = claim_one(store, now, "a", "a task that is due was not given out").await;
        let settle = |who: u32| {
            let mark = create(&format!("done/t/{round}/{who}"), "");
            Commit { puts: vec![mark], ..settles(&[&task.lease]) }
        };
        let applied = at_once(store, (0..3).map(settle).collect()).await;
        assert_eq!(winners(&applied), 1, "round {round}: several that settled one lease did not have one winner");
    }
}

/// Arming a task while it is settled loses nothing: the task is there afterwards, whichever came first.
pub async fn arming_during_settling_is_not_lost(store: &dyn Store) {
    for round in 0..ROUNDS {
        let now = at(i64::from(round) * 1000);
        done(store, arms(&[("a", now)]), "arming a task").await;
        let task = claim_one(store, now, "a", "a task that is due was not given out").await;
        let mut commits = vec![settles(&[&task.lease]), arms(&[("a", now)])];
        if round % 2 == 1 {
            commits.reverse();
        }
        let applied = at_once(store, commits).await;
        assert_eq!(winners(&applied), 2, "round {round}: settling a task, or arming it, was refused");
        let task = claim_one(store, now, "a", "the wake-up during settling was lost, or is still held").await;
        done(store, settles(&[&task.lease]), "settling the wake-up").await;
    }
}
