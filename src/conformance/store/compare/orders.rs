//! Requests at once: what comes of them must be what some order of them gives on the store in memory.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::draw::Draw;
use super::{Agreed, Answer, Asked, Difference, Held, answer, shortened, values};
use crate::conformance::join_all;
use crate::store::{
    Arm, Claim, Commit, Expect, IndexEntry, Key, Lease, MemoryStore, PAGE_MAX, Put, Rearm, Store, TaskId, Version,
};
use crate::time::Timestamp;

/// Scripts that run at once.
const SCRIPTS: usize = 3;
/// Records and tasks that a round is about: few, so that the scripts meet.
const NAMES: usize = 3;
const HOLD: Duration = Duration::from_secs(30);

/// What one script was answered, request by request; and what all of them left behind.
#[derive(Clone, Debug, PartialEq)]
struct Outcome {
    answers: Vec<Vec<Answer>>,
    records: Answer,
    tasks: Answer,
}

/// What a round is about.
#[derive(Debug)]
struct Round {
    keys: Vec<Key>,
    ids: Vec<TaskId>,
    /// Makes some of the records and all of the tasks.
    setup: Commit,
    claim: Claim,
    scripts: Vec<Vec<Asked>>,
}

/// Runs three scripts of one or two requests at once, `rounds` times, and compares what came of it with what the store in
/// memory makes of the same requests one after the other, in each order that keeps the order within the scripts: one of
/// them must give the same answers, and leave the same records and tasks behind. Scripts read and write the same few
/// records, check what others write, and settle, arm and disarm the same few tasks. Claims are not raced: one may pass over
/// what another one is just taking.
///
/// No task may be armed in the store beside those of this comparison.
///
/// # Errors
/// The first round whose outcome no order gives.
pub async fn compare_at_once(store: &dyn Store, seed: u64, rounds: u32) -> Result<Agreed, Box<Difference>> {
    let mut agreed = Agreed::default();
    let mut draw = Draw::new(seed);
    for step in 0..rounds {
        let mut round = draw_round(&mut draw, seed, step);
        let held = begin(store, &round).await;
        settle_with(&mut draw, &mut round, &held);
        let outcome = at_once(store, &round).await;
        if !is_some_order(&round, &outcome).await {
            return Err(Box::new(Difference {
                seed,
                step,
                asked: shortened(format!("at once: {:?}", round.scripts)),
                left: "no order of these requests, one after the other, comes to this".to_owned(),
                right: shortened(format!("{outcome:?}")),
            }));
        }
        for answer in outcome.answers.iter().flatten() {
            agreed.applied += u32::from(*answer == Answer::Done);
            agreed.conflicts += u32::from(matches!(answer, Answer::Conflict(_)));
            agreed.lost_leases += u32::from(matches!(answer, Answer::LeaseLost(_)));
        }
        let commit = Commit { disarm: round.ids.clone(), ..Commit::default() };
        answer(store, &Asked::Commit(commit, Vec::new()), |held| &held.right).await;
    }
    Ok(agreed)
}

fn draw_round(draw: &mut Draw, seed: u64, step: u32) -> Round {
    let keys: Vec<Key> = (0..NAMES).map(|n| Key::new(format!("call/t/{seed}-{step}-{n}"))).collect();
    let ids: Vec<TaskId> = (0..NAMES).map(|n| TaskId::new(format!("wait/t/{seed}-{step}-{n}"))).collect();
    let now = Timestamp::from_secs(1_700_000_000);
    let known = &keys[..NAMES - 1];
    let puts = known.iter().map(|key| put(draw, key, Expect::Absent)).collect();
    let arm = ids.iter().map(|id| arm(draw, id, now)).collect();
    let scripts = (0..SCRIPTS).map(|_| {
        let length = 1 + draw.below(2);
        (0..length).map(|_| request(draw, &keys, &ids, now)).collect()
    });
    let scripts = scripts.collect();
    let claim = Claim { now: now + HOLD, limit: 2, hold: HOLD };
    Round { keys, ids, setup: Commit { puts, arm, ..Commit::default() }, claim, scripts }
}

fn put(draw: &mut Draw, key: &Key, expect: Expect) -> Put {
    let entry = || IndexEntry { index: "waiting".to_owned(), partition: "t/sales".to_owned(), sort: [0, 0] };
    let index = draw.chance(50).then(entry).into_iter().collect();
    Put { key: key.clone(), expect, body: values::body(draw), index }
}

fn arm(draw: &mut Draw, id: &TaskId, now: Timestamp) -> Arm {
    let due = now + Duration::from_secs(u64::try_from(draw.below(5)).unwrap_or_default());
    let rearm = if draw.chance(50) { Rearm::Replace } else { Rearm::Earliest };
    Arm { id: id.clone(), due, rearm, work: values::body(draw) }
}

fn request(draw: &mut Draw, keys: &[Key], ids: &[TaskId], now: Timestamp) -> Asked {
    if draw.chance(20) {
        return Asked::Load(keys.to_vec());
    }
    let mut commit = Commit::default();
    for (n, key) in keys.iter().enumerate() {
        // The last one was not created; the version of the others is 1, until a script writes them.
        let version = if draw.chance(80) { Version(1) } else { Version(2) };
        let expect = if n + 1 == keys.len() && draw.chance(80) { Expect::Absent } else { Expect::Version(version) };
        match draw.below(5) {
            0 | 1 => {
                let put = put(draw, key, expect);
                commit.puts.push(put);
            }
            2 => commit.checks.push((key.clone(), version)),
            3 if draw.chance(40) => commit.deletes.push((key.clone(), version)),
            _ => {}
        }
    }
    for id in ids {
        match draw.below(6) {
            0 => commit.arm.push(arm(draw, id, now)),
            1 if draw.chance(30) => commit.disarm.push(id.clone()),
            _ => {}
        }
    }
    Asked::Commit(commit, Vec::new())
}

/// Sets a round up; the leases of the tasks that were claimed then.
async fn begin(store: &dyn Store, round: &Round) -> Vec<Lease> {
    answer(store, &Asked::Commit(round.setup.clone(), Vec::new()), |held| &held.right).await;
    answer(store, &Asked::Claim(round.claim), |held| &held.right).await.1
}

/// Has some of the commits settle what was claimed. The store in memory gives its own leases for the same tasks.
fn settle_with(draw: &mut Draw, round: &mut Round, claimed: &[Lease]) {
    for asked in round.scripts.iter_mut().flatten() {
        let Asked::Commit(_, settle) = asked else { continue };
        for lease in claimed.iter().filter(|_| draw.chance(30)) {
            settle.push(Held { left: lease.clone(), right: lease.clone() });
        }
    }
}

async fn at_once(store: &dyn Store, round: &Round) -> Outcome {
    type Script<'a> = Pin<Box<dyn Future<Output = Vec<Answer>> + Send + 'a>>;
    let run = |script: &'_ [Asked]| -> Script<'_> {
        let script = script.to_vec();
        Box::pin(async move {
            let mut answers = Vec::new();
            for asked in &script {
                answers.push(answer(store, asked, |held| &held.right).await.0);
            }
            answers
        })
    };
    let answers = join_all(round.scripts.iter().map(|script| run(script)).collect()).await;
    end(store, round, answers).await
}

/// Reads what a round left behind. Every hold has ended by then, so that every task is given out.
async fn end(store: &dyn Store, round: &Round, answers: Vec<Vec<Answer>>) -> Outcome {
    let records = answer(store, &Asked::Load(round.keys.clone()), |held| &held.right).await.0;
    let claim = Claim { now: round.claim.now + HOLD * 2, limit: PAGE_MAX, hold: HOLD };
    let tasks = answer(store, &Asked::Claim(claim), |held| &held.right).await.0;
    Outcome { answers, records, tasks }
}

async fn is_some_order(round: &Round, outcome: &Outcome) -> bool {
    let lengths: Vec<usize> = round.scripts.iter().map(Vec::len).collect();
    for order in orders(&lengths) {
        if in_order(round, &order).await == *outcome {
            return true;
        }
    }
    false
}

/// Every order in which scripts of these lengths may be interleaved: for each step, whose turn it is.
fn orders(lengths: &[usize]) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for _ in 0..lengths.iter().sum::<usize>() {
        let longer = orders.iter().flat_map(|order: &Vec<usize>| {
            let has_more = |script: &usize| order.iter().filter(|turn| *turn == script).count() < lengths[*script];
            (0..lengths.len()).filter(has_more).map(|script| [order.as_slice(), &[script]].concat()).collect::<Vec<_>>()
        });
        orders = longer.collect();
    }
    orders
}

/// What the store in memory makes of the requests of a round in this order.
async fn in_order(round: &Round, order: &[usize]) -> Outcome {
    let memory = MemoryStore::new();
    let claimed = begin(&memory, round).await;
    let mut answers: Vec<Vec<Answer>> = round.scripts.iter().map(|_| Vec::new()).collect();
    for script in order {
        let Some(asked) = round.scripts[*script].get(answers[*script].len()) else { continue };
        let mut asked = asked.clone();
        if let Asked::Commit(_, settle) = &mut asked {
            for held in settle {
                let own = claimed.iter().find(|lease| lease.id == held.right.id);
                held.right = own.cloned().unwrap_or_else(|| held.right.clone());
            }
        }
        let given = answer(&memory, &asked, |held| &held.right).await.0;
        answers[*script].push(given);
    }
    end(&memory, round, answers).await
}
