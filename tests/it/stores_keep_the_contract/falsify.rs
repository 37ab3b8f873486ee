//! How each sabotage changes a commit, its outcome, and what a claim gives.

use serde_json::Value;
use switchboard::store::{
    Body, COMMIT_OPERATIONS_MAX, Commit, CommitError, Expect, IndexEntry, KEY_BYTES_MAX, Key, Lease, Put, Rearm,
    Record, Store, StoreError, StoreErrorKind, Task, TaskId, Version,
};
use switchboard::time::Timestamp;

use super::sabotage::{Sabotaged, Wrong, give_way};

/// A name cut to the length of a column that is one byte too short.
pub(super) fn cut(key: &Key) -> Key {
    Key::new(key.as_str().get(..KEY_BYTES_MAX - 1).unwrap_or_else(|| key.as_str()))
}

/// What a store that knows no absence finds.
pub(super) fn null(key: &Key) -> Record {
    Record { key: key.clone(), version: Version(0), body: Body::new(Value::Null) }
}

/// Changes a commit before it is applied.
pub(super) async fn commit(store: &Sabotaged, commit: &mut Commit) -> Result<(), CommitError> {
    expectations(store, commit).await?;
    places(store, commit);
    contents(store, commit);
    leases(store, commit);
    arming(store, commit);
    parts(store, commit).await
}

async fn expectations(store: &Sabotaged, commit: &mut Commit) -> Result<(), CommitError> {
    match store.wrong {
        Wrong::IgnoresChecks | Wrong::SkewsChecks => commit.checks.clear(),
        Wrong::MissingRecordsPassChecks => {
            let known: Vec<_> = store.honest.records().into_iter().map(|record| record.key).collect();
            commit.checks.retain(|(key, _)| known.contains(key));
        }
        Wrong::ChecksThenWrites => {
            let expectations = Commit { puts: Vec::new(), ..commit.clone() };
            store.honest.commit(&Commit { checks: expectations.checks, ..Commit::default() }).await?;
            for put in &commit.puts {
                let expected = match put.expect {
                    Expect::Absent => None,
                    Expect::Version(version) => Some(version),
                };
                if store.version(&put.key).await != expected {
                    return Err(CommitError::Conflict(put.key.clone()));
                }
            }
            give_way().await;
            for put in &mut commit.puts {
                put.expect = store.version(&put.key).await.map_or(Expect::Absent, Expect::Version);
            }
        }
        Wrong::IgnoresPutVersions | Wrong::IgnoresAbsent | Wrong::VersionStaysOne => {
            for put in &mut commit.puts {
                let absent = put.expect == Expect::Absent;
                let Some(version) = store.version(&put.key).await else { continue };
                if absent == (store.wrong == Wrong::IgnoresAbsent) {
                    put.expect = Expect::Version(version);
                }
            }
        }
        Wrong::CreatesOnWrite => {
            for put in &mut commit.puts {
                if store.version(&put.key).await.is_none() {
                    put.expect = Expect::Absent;
                }
            }
        }
        Wrong::VersionsStartAtZero => {
            for put in &mut commit.puts {
                if let Expect::Version(version) = put.expect {
                    put.expect = Expect::Version(Version(version.0 + 1));
                }
            }
        }
        Wrong::IgnoresDeleteVersions => {
            for (key, version) in &mut commit.deletes {
                *version = store.version(key).await.unwrap_or(*version);
            }
        }
        Wrong::DeletesMissingRecords => {
            let known: Vec<_> = store.honest.records().into_iter().map(|record| record.key).collect();
            commit.deletes.retain(|(key, _)| known.contains(key));
        }
        _ => {}
    }
    Ok(())
}

fn places(store: &Sabotaged, commit: &mut Commit) {
    let mut memory = store.memory();
    match store.wrong {
        Wrong::KeepsOldPlaces => {
            for put in &mut commit.puts {
                put.index.extend(memory.places.get(&put.key).cloned().unwrap_or_default());
            }
        }
        Wrong::DeletedStaysListed => {
            for (key, version) in std::mem::take(&mut commit.deletes) {
                let index = memory.places.get(&key).cloned().unwrap_or_default();
                memory.ghosts.insert(key.clone());
                commit.puts.push(Put { key, expect: Expect::Version(version), body: Body::new(Value::Null), index });
            }
        }
        Wrong::OnePartition | Wrong::OneIndex => {
            for entry in commit.puts.iter_mut().flat_map(|put| &mut put.index) {
                let name = if store.wrong == Wrong::OneIndex { &mut entry.index } else { &mut entry.partition };
                "one".clone_into(name);
            }
        }
        Wrong::ListsTheUnlisted => {
            let sales = || IndexEntry { index: "waiting".to_owned(), partition: "t/sales".to_owned(), sort: [0, 0] };
            commit.puts.iter_mut().filter(|put| put.index.is_empty()).for_each(|put| put.index.push(sales()));
        }
        Wrong::KeepsFewPlaces => commit.puts.iter_mut().for_each(|put| put.index.truncate(4)),
        _ => {}
    }
}

fn contents(store: &Sabotaged, commit: &mut Commit) {
    for body in commit.puts.iter_mut().map(|put| &mut put.body).chain(commit.arm.iter_mut().map(|arm| &mut arm.work)) {
        match store.wrong {
            Wrong::NumbersAreFloats => *body = Body::new(mapped(&body.value(), &through_floats)),
            Wrong::DropsNulls => *body = Body::new(without_nulls(&body.value())),
            Wrong::EmptiesLargeBodies if body.as_json().len() > 60_000 => *body = Body::new(Value::Null),
            Wrong::TextIsTrimmed => *body = Body::new(mapped(&body.value(), &trimmed)),
            _ => {}
        }
    }
    let records = if store.wrong == Wrong::MergesBodies { store.honest.records() } else { Vec::new() };
    for put in &mut commit.puts {
        if let Some(old) = records.iter().find(|record| record.key == put.key) {
            put.body = Body::new(merged(&old.body.value(), &put.body.value()));
        }
        match store.wrong {
            Wrong::KeysIgnoreCase => put.key = Key::new(put.key.as_str().to_lowercase()),
            Wrong::CutsNames => put.key = cut(&put.key),
            _ => {}
        }
    }
    let mut seen = Vec::new();
    commit.puts.retain(|put| {
        !matches!(store.wrong, Wrong::KeysIgnoreCase | Wrong::CutsNames) || {
            let new = !seen.contains(&put.key);
            seen.push(put.key.clone());
            new
        }
    });
}

fn without_nulls(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| !field.is_null());
    }
    value
}

/// The fields of the record that stands there, overlaid with those of the new body.
fn merged(old: &Value, new: &Value) -> Value {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else { return new.clone() };
    Value::Object(old.iter().chain(new).map(|(name, field)| (name.clone(), field.clone())).collect())
}

fn mapped(value: &Value, leaf: &dyn Fn(&Value) -> Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(|item| mapped(item, leaf)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, field)| (name.clone(), mapped(field, leaf))).collect())
        }
        other => leaf(other),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "losing digits is the sabotage")]
fn through_floats(value: &Value) -> Value {
    match (value.as_i64(), value.as_f64()) {
        (Some(_), Some(float)) => Value::from(float as i64),
        _ => value.clone(),
    }
}

fn trimmed(value: &Value) -> Value {
    value.as_str().map_or_else(|| value.clone(), |text| Value::from(text.trim_end()))
}

fn leases(store: &Sabotaged, commit: &mut Commit) {
    let memory = store.memory();
    match store.wrong {
        Wrong::IgnoresFences => {
            for lease in &mut commit.settle {
                *lease = memory.held.get(&lease.id).unwrap_or(lease).clone();
            }
        }
        Wrong::FencesPerTask | Wrong::FencesPerLife => {
            for lease in &mut commit.settle {
                // A fence that does not count for this task must not pass by being some other task's.
                let real = memory.held.get(&lease.id).filter(|_| memory.claims.get(&lease.id) == Some(&lease.fence));
                *lease = real.cloned().unwrap_or_else(|| Lease { fence: u64::MAX, ..lease.clone() });
            }
        }
        Wrong::IgnoresSettling => commit.settle.clear(),
        Wrong::SettlingKeepsTheHold => {
            commit
                .settle
                .retain(|lease| memory.held.get(&lease.id) != Some(lease) || !memory.rearmed.contains(&lease.id));
        }
        Wrong::IgnoresDisarming => commit.disarm.clear(),
        Wrong::DisarmingSparesHeld => commit.disarm.retain(|id| !memory.held.contains_key(id)),
        _ => {}
    }
}

fn arming(store: &Sabotaged, commit: &mut Commit) {
    let tasks = store.honest.tasks();
    let due = |id: &TaskId| -> Option<(Timestamp, Body)> {
        tasks.iter().find(|(known, ..)| known == id).map(|(_, due, work)| (*due, work.clone()))
    };
    if store.wrong == Wrong::EarliestArmsNothingNew {
        commit.arm.retain(|arm| arm.rearm == Rearm::Replace || due(&arm.id).is_some());
    }
    if store.wrong == Wrong::SettlingDropsRearmed {
        commit.disarm.extend(commit.settle.iter().map(|lease| lease.id.clone()));
    }
    if store.wrong == Wrong::ArmingEndsTheHold {
        let held = store.memory().held.clone();
        commit.disarm.extend(commit.arm.iter().map(|arm| arm.id.clone()).filter(|id| held.contains_key(id)));
    }
    for arm in &mut commit.arm {
        let known = due(&arm.id);
        match (store.wrong, known) {
            (Wrong::EarliestMovesLater, _) => arm.rearm = Rearm::Replace,
            (Wrong::ReplaceNeverMovesLater, _) => arm.rearm = Rearm::Earliest,
            (Wrong::EarliestNeverMoves, Some((at, work))) if arm.rearm == Rearm::Earliest => {
                (arm.due, arm.work) = (at, work);
            }
            (Wrong::EarliestTakesLaterWork, Some((at, _))) if arm.rearm == Rearm::Earliest && at < arm.due => {
                arm.due = at;
            }
            (Wrong::EarliestKeepsEqualWork, Some((at, work))) if arm.rearm == Rearm::Earliest && at == arm.due => {
                arm.work = work;
            }
            _ => {}
        }
    }
}

/// Applies a part of the commit ahead of the rest.
async fn parts(store: &Sabotaged, commit: &mut Commit) -> Result<(), CommitError> {
    match store.wrong {
        Wrong::ArmsBeforeSettling | Wrong::ArmsBeforeDisarming => {
            let clash = match store.wrong {
                Wrong::ArmsBeforeSettling => !commit.settle.is_empty(),
                _ => !commit.disarm.is_empty(),
            };
            if clash {
                let arm = std::mem::take(&mut commit.arm);
                store.honest.commit(&Commit { arm, ..Commit::default() }).await?;
            }
        }
        Wrong::PutsOneByOne => {
            for put in std::mem::take(&mut commit.puts) {
                store.honest.commit(&Commit { puts: vec![put], ..Commit::default() }).await?;
                give_way().await;
            }
        }
        Wrong::DeletesNothing => commit.checks.append(&mut commit.deletes),
        Wrong::ChecksCountAsWrites => {
            for record in store.honest.records() {
                if commit.checks.contains(&(record.key.clone(), record.version)) {
                    let expect = Expect::Version(record.version);
                    commit.puts.push(Put { key: record.key, expect, body: record.body, index: Vec::new() });
                }
            }
        }
        Wrong::RefusesEmptyCommits if commit.operations() == 0 => {
            return Err(StoreError::new(StoreErrorKind::Other, "nothing to do").into());
        }
        Wrong::DropsOperations if commit.operations() <= COMMIT_OPERATIONS_MAX => commit.arm.truncate(20),
        Wrong::SplitsLargeCommits => {
            while commit.operations() > 64 && commit.puts.len() > 1 {
                let rest = commit.puts.split_off(commit.puts.len() / 2);
                store.honest.commit(&Commit { puts: rest, ..Commit::default() }).await?;
            }
        }
        Wrong::DisarmingUnknownFails => {
            let tasks = store.honest.tasks();
            if let Some(id) = commit.disarm.iter().find(|id| !tasks.iter().any(|(known, ..)| known == *id)) {
                return Err(CommitError::LeaseLost(id.clone()));
            }
        }
        _ => {}
    }
    Ok(())
}

/// Changes what came of a commit.
pub(super) async fn outcome(
    store: &Sabotaged,
    asked: &Commit,
    applied: &Commit,
    result: Result<(), CommitError>,
) -> Result<(), CommitError> {
    let Err(error) = result else { return result };
    match (store.wrong, error) {
        (Wrong::NamesTheFirstKey, CommitError::Conflict(key)) => {
            let first = asked.puts.first().map_or(key, |put| put.key.clone());
            Err(CommitError::Conflict(first))
        }
        (Wrong::NamesTheFirstTask, CommitError::LeaseLost(id)) => {
            let first = asked.settle.first().map_or(id, |lease| lease.id.clone());
            Err(CommitError::LeaseLost(first))
        }
        (Wrong::IgnoresLostLeases, CommitError::LeaseLost(_)) => {
            store.honest.commit(&Commit { settle: Vec::new(), ..applied.clone() }).await
        }
        (Wrong::AppliesDespiteLostLease, error @ CommitError::LeaseLost(_)) => {
            store.honest.commit(&Commit { settle: Vec::new(), ..applied.clone() }).await?;
            Err(error)
        }
        (Wrong::RefusesSilently, CommitError::Store(error)) if error.kind() == StoreErrorKind::Limit => Ok(()),
        (_, error @ CommitError::Conflict(_)) => {
            for part in despite(store.wrong, applied) {
                // A part that is refused as well leaves the others standing: that is the sabotage.
                let _refused_as_well = store.honest.commit(&part).await;
            }
            Err(error)
        }
        (_, error) => Err(error),
    }
}

/// The parts of a refused commit that are applied all the same.
fn despite(wrong: Wrong, commit: &Commit) -> Vec<Commit> {
    let none = Commit::default;
    match wrong {
        Wrong::PutsDespiteConflict => {
            commit.puts.iter().map(|put| Commit { puts: vec![put.clone()], ..none() }).collect()
        }
        Wrong::DeletesDespiteConflict => vec![Commit { deletes: commit.deletes.clone(), ..none() }],
        Wrong::ArmsDespiteConflict => vec![Commit { arm: commit.arm.clone(), ..none() }],
        Wrong::DisarmsDespiteConflict => vec![Commit { disarm: commit.disarm.clone(), ..none() }],
        Wrong::SettlesDespiteConflict => vec![Commit { settle: commit.settle.clone(), ..none() }],
        _ => Vec::new(),
    }
}

/// Changes what a claim gives; `before` tasks had been claimed when it began.
pub(super) fn claimed(store: &Sabotaged, tasks: &mut Vec<Task>, before: usize) {
    let mut memory = store.memory();
    if store.wrong == Wrong::ClaimsWhatOthersTake {
        let taken = memory.claimed.get(before..).unwrap_or_default().to_vec();
        tasks.extend(taken);
    }
    if store.wrong == Wrong::InventsTasks && tasks.is_empty() {
        let lease = Lease { id: TaskId::new("ping"), fence: 0, rev: 0 };
        tasks.push(Task { lease, due: Timestamp::default(), work: Body::new(Value::Null) });
    }
    memory.claimed.extend(tasks.iter().cloned());
    for task in tasks.iter_mut() {
        memory.held.insert(task.lease.id.clone(), task.lease.clone());
        memory.rearmed.remove(&task.lease.id);
        let count = memory.claims.entry(task.lease.id.clone()).or_insert(0);
        *count += 1;
        match store.wrong {
            Wrong::FencesPerTask | Wrong::FencesPerLife => task.lease.fence = *count,
            Wrong::SettlingKeepsTasksArmedTwice => task.lease.rev = 1,
            Wrong::ClaimsLoseMicroseconds => task.due = Timestamp::from_secs(task.due.as_secs()),
            _ => {}
        }
    }
    match store.wrong {
        Wrong::ClaimsNewestFirst => tasks.reverse(),
        Wrong::ClaimsById => tasks.sort_by_key(|task| task.lease.id.clone()),
        _ => {}
    }
}
