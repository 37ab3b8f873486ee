//! Worlds drawn from seeds, with every kind of fault: nobody is lost, nothing is broken, and what is to be reached is reached.

use std::collections::BTreeMap;

use switchboard::sim::{FaultKind, Plan, PlanReport, Planned, Profile, Sabotage};

use crate::acme::secs;

/// Small worlds, so that there can be many.
pub(crate) fn small(seed: u64) -> Plan {
    let mut plan = Plan::drawn(seed, Profile::Rough);
    (plan.callers, plan.agents) = (6, plan.agents.min(4));
    plan.gap = secs(4);
    plan
}

fn told(plan: &Plan, report: &PlanReport) -> String {
    let violations: Vec<String> = report.violations.iter().map(ToString::to_string).collect();
    format!("plan: {plan}\nviolations: {violations:#?}\nlost: {:?}\n{}", report.lost, report.story)
}

/// What many runs came to.
#[derive(Default)]
struct Sum {
    calls: usize,
    joined: usize,
    reached: BTreeMap<&'static str, u64>,
    faults: BTreeMap<FaultKind, u64>,
}

fn run_all(seeds: std::ops::Range<u64>) -> Sum {
    let mut sum = Sum::default();
    for seed in seeds {
        let plan = small(seed);
        let report = plan.run();
        assert!(report.is_good(), "{}", told(&plan, &report));
        sum.calls += report.calls;
        sum.joined += report.joined;
        for (situation, times) in &report.reached {
            *sum.reached.entry(situation).or_default() += times;
        }
        for (kind, times) in report.faults_by_kind() {
            *sum.faults.entry(kind).or_default() += times;
        }
    }
    // Some calls are never meant to be joined: their callers leave early, or press nothing.
    assert!(sum.joined * 4 > sum.calls, "{} of {} were joined", sum.joined, sum.calls);
    sum
}

/// V-1: a set of runs in which nothing came to the worst would prove nothing.
fn everything_is_reached(sum: &Sum) {
    for situation in [
        "a caller was held without the store",
        "a claim was lost",
        "a commit of unknown outcome had been applied",
        "a commit of unknown outcome had not been applied",
        "a decision was made again",
        "an agent was taken by another commit first",
        "taken over after a crash or a failure",
        "taken over after a pause",
    ] {
        assert!(sum.reached.contains_key(situation), "never reached: {situation}; only {:?}", sum.reached);
    }
    for kind in FaultKind::ALL.iter().filter(|kind| **kind != FaultKind::Rewind) {
        assert!(sum.faults.contains_key(kind), "never happened: {kind}");
    }
}

#[test]
fn seeds_of_the_first_half_break_nothing() {
    everything_is_reached(&run_all(0..seeds() / 2));
}

#[test]
fn seeds_of_the_second_half_break_nothing() {
    everything_is_reached(&run_all(seeds() / 2..seeds()));
}

/// Worlds that are run with every change: `WORLD_SEEDS` sets how many. `scripts/soak` runs as many as one likes, faster.
fn seeds() -> u64 {
    option_env!("WORLD_SEEDS").and_then(|seeds| seeds.parse().ok()).unwrap_or(400)
}

#[test]
fn without_faults_almost_everybody_is_served() {
    for seed in 0..10 {
        let plan = Plan::quiet(seed);
        let report = plan.run();
        assert!(report.is_good() && report.silenced == 0, "{}", told(&plan, &report));
        assert!(report.joined * 10 > report.calls * 4, "{} of {}", report.joined, report.calls);
    }
}

#[test]
fn the_same_plan_gives_the_same_run() {
    let plan = small(11);
    let again: Plan = plan.to_string().parse().expect("a plan that was printed");
    assert_eq!(plan, again);
    let (first, second) = (plan.run(), again.run());
    assert_eq!((first.steps, first.fingerprint), (second.steps, second.fingerprint));
    assert_eq!(first.faults, second.faults);
}

#[test]
fn one_kind_of_fault_less_shifts_no_other() {
    let mut plan = small(5);
    plan.callers = 4;
    let mut without = plan.clone();
    without.faults.remove(&FaultKind::CallbackDoubled);
    let clocks = |report: &PlanReport| {
        let by_the_clock = |kind: &FaultKind| {
            matches!(kind, FaultKind::StoreDown | FaultKind::NodePaused | FaultKind::StoreCut | FaultKind::FleetAway)
        };
        let events: Vec<_> = report.faults.iter().filter(|event| by_the_clock(&event.kind)).copied().collect();
        events
    };
    assert_eq!(clocks(&plan.run()), clocks(&without.run()));
}

#[test]
fn what_is_no_plan_is_refused_with_the_word_that_is_wrong() {
    for (text, word) in [
        ("seed=x", "seed=x"),
        ("seed=1 agents=0", "agents=0"),
        ("seed=1 nodes=0", "nodes=0"),
        ("seed=1 meteor=heavy", "meteor=heavy"),
        ("seed=1 store-down=often", "store-down=often"),
        ("seed=1 spared=store-down", "spared=store-down"),
        ("seed", "seed"),
    ] {
        let error = text.parse::<Plan>().expect_err("no plan");
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn a_plan_that_fails_is_made_small() {
    let sabotaged = |seed| Planned { sabotage: Some(Sabotage::SettlesAtClaim), ..Planned::from(small(seed)) };
    let (plan, report) = (0..10).find_map(|seed| sabotaged(seed).shrunk(120)).expect("it is found");
    assert!(!report.is_good());
    assert!(plan.callers <= 3, "{plan}");
    assert!(plan.to_string().len() < 200, "{plan}");
    let again: Plan = plan.to_string().parse().expect("a plan that was printed");
    let again = Planned { sabotage: Some(Sabotage::SettlesAtClaim), ..Planned::from(again) }.run();
    assert_eq!(again.broken(), report.broken());
}
