//! More bugs, planted in whole worlds with every kind of fault: each is found, and it is told how many seeds it takes.

use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::sim::{Plan, Planned, Profile, Sabotage, Tamper};
use switchboard::store::{Arm, Commit, Record};

use crate::acme::secs;
use crate::planted_bugs::{bodies, each, is_ended};

/// Seeds tried for each bug.
const SEEDS: u64 = 24;

enum Bug {
    OnTheWay(Tamper),
    AtTheSeam(Sabotage),
}

fn plan(seed: u64) -> Plan {
    let mut plan = Plan::drawn(seed, Profile::Rough);
    (plan.callers, plan.agents, plan.nodes) = (10, 4, plan.nodes.max(2));
    plan.gap = secs(5);
    plan
}

fn arms(prefix: &'static str, change: impl Fn(&mut Arm) + Send + Sync + 'static) -> Bug {
    Bug::OnTheWay(Arc::new(move |commit: &mut Commit, _: &[Record]| {
        commit.arm.iter_mut().filter(|arm| arm.id.as_str().starts_with(prefix)).for_each(&change);
    }))
}

fn late(prefix: &'static str, secs_late: u64) -> Bug {
    arms(prefix, move |arm| arm.due = arm.due + secs(secs_late))
}

fn calls(change: impl Fn(&mut Value, Option<&Value>) + Send + Sync + 'static) -> Bug {
    Bug::OnTheWay(bodies("call/", change))
}

fn agents(change: impl Fn(&mut Value, Option<&Value>) + Send + Sync + 'static) -> Bug {
    Bug::OnTheWay(bodies("agent/", change))
}

fn at_the_seams() -> Vec<(&'static str, Bug)> {
    [
        ("work is settled before its effect", Sabotage::SettlesAtClaim),
        ("the lease of a dead node never ends", Sabotage::HoldsForEver),
        ("a commit of unknown outcome is taken for done", Sabotage::TakesUnknownForDone),
        ("a conflict is taken for done", Sabotage::IgnoresConflicts),
        ("what the provider says of a leg is ignored", Sabotage::ProbesBlind),
        ("a dial of unknown outcome is sent again on the spot", Sabotage::DialsAgain),
        ("decisions are made on stale records", Sabotage::ReadsStale),
    ]
    .into_iter()
    .map(|(name, sabotage)| (name, Bug::AtTheSeam(sabotage)))
    .collect()
}

fn late_timers() -> Vec<(&'static str, Bug)> {
    vec![
        ("the floor is looked at three quarters of a minute late", late("match/", 45)),
        ("upkeep comes once a day", late("upkeep/", 86_400)),
        (
            "every twentieth commit is acknowledged and lost",
            Bug::OnTheWay(Arc::new(|commit: &mut Commit, _: &[Record]| {
                let draw = commit.puts.iter().map(|put| put.body.as_json().to_owned().len()).sum::<usize>();
                if draw % 20 == 7 {
                    *commit = Commit::default();
                }
            })),
        ),
    ]
}

fn wrong_worlds() -> Vec<(&'static str, Bug)> {
    vec![
        (
            "a customer who falls silent is taken for gone",
            calls(|call, old| {
                let asked = |leg: &Value| leg["commands"][0]["verb"] == "Probe";
                let was = old.is_some_and(|old| old["legs"].as_array().is_some_and(|legs| legs.iter().any(asked)));
                if was && call["state"] == "talking" {
                    call["legs"][0]["progress"] = json!({"ended": "completed"});
                }
            }),
        ),
        ("an agent's wish has no version", agents(|agent, _| agent["intent_version"] = json!(1))),
        (
            "the end has no reason",
            calls(|call, _| {
                if call["state"] == "ended" {
                    call["reason"] = Value::Null;
                }
            }),
        ),
        ("no conversation is counted", agents(|agent, _| agent["answered"] = json!(0))),
        ("an agent who works on a call looks free", agents(|agent, _| agent["work"] = Value::Null)),
        (
            "a repeated question gets the next answer",
            calls(|call, _| {
                each(call, "legs", |leg| {
                    each(leg, "said", |said| said["next"] = json!(said["next"].as_u64().unwrap_or(0) + 1));
                });
            }),
        ),
        (
            "an ended leg may ring again",
            calls(|call, old| {
                let was_ended = |leg: &Value| {
                    let legs = old.and_then(|old| old["legs"].as_array());
                    legs.into_iter().flatten().any(|was| was["id"] == leg["id"] && is_ended(was))
                };
                each(call, "legs", |leg| {
                    if leg["role"] == "agent" && was_ended(leg) {
                        leg["progress"] = json!("ringing");
                    }
                });
            }),
        ),
        (
            "waiting has no limit once a call has been offered",
            Bug::OnTheWay(Arc::new(|commit: &mut Commit, _: &[Record]| {
                let is_offered = commit.arm.iter().any(|arm| arm.id.as_str().starts_with("ring/"));
                let waits = commit.arm.iter().find(|arm| arm.id.as_str().starts_with("ring/")).map(|arm| {
                    let call = arm.id.as_str().split('/').nth(2).unwrap_or_default();
                    switchboard::store::TaskId::new(format!("wait/default/{call}"))
                });
                if is_offered {
                    commit.disarm.extend(waits);
                }
            })),
        ),
    ]
}

fn found(bug: &Bug) -> Option<(u64, String)> {
    (0..SEEDS).find_map(|seed| {
        let mut planned = Planned::from(plan(seed));
        match bug {
            Bug::OnTheWay(tamper) => planned.tamper = Some(Arc::clone(tamper)),
            Bug::AtTheSeam(sabotage) => planned.sabotage = Some(*sabotage),
        }
        let report = planned.run();
        let lost = report.lost.first().map(|lost| format!("I-29: {lost:?}"));
        report.violations.first().map(ToString::to_string).or(lost).map(|what| (seed + 1, what))
    })
}

fn each_is_found(bugs: &[(&str, Bug)]) {
    let mut unseen = Vec::new();
    for (name, bug) in bugs {
        match found(bug) {
            Some((seeds, what)) => println!("{name}: {seeds} seeds: {what}"),
            None => unseen.push(*name),
        }
    }
    assert!(unseen.is_empty(), "never found within {SEEDS} seeds: {unseen:?}");
}

#[test]
fn bugs_at_the_seams_are_found() {
    each_is_found(&at_the_seams());
}

#[test]
fn late_timers_and_lost_commits_are_found() {
    each_is_found(&late_timers());
}

#[test]
fn wrong_worlds_are_found() {
    each_is_found(&wrong_worlds());
}

#[test]
fn with_those_of_the_shifts_there_are_at_least_forty() {
    let here = at_the_seams().len() + late_timers().len() + wrong_worlds().len();
    assert!(here + crate::planted_bugs::count() >= 40);
}
