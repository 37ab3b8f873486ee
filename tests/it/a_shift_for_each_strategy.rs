//! A shift on a big floor for each way of choosing, on the carrier, with faults: 200 agents, 20 queues of different orders, 50
//! skills. No invariant broken, nobody lost, nobody starved, nobody overtaken beyond the bound.
//!
//! `SHIFT_CALLS` sets the number of callers of each shift: see `docs/simulation.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use switchboard::engine::Builder;
use switchboard::id::AgentId;
use switchboard::routing::{Between, Membership, Order, ReadyAgent, Ring, RoutingStrategy, Strategy, WaitingCall};
use switchboard::sim::{Chaos, Habits, Shift, ShiftReport};
use switchboard::time::Timestamp;

use crate::acme::secs;

mod floors;
mod line;

use floors::{equals, floor, floor_of, usual_place};
use line::Befell;

/// Callers of each shift, unless said otherwise.
const CALLS: u32 = 100;

fn calls() -> u32 {
    option_env!("SHIFT_CALLS").and_then(|calls| calls.parse().ok()).unwrap_or(CALLS)
}

/// A strategy of one's own: by name, from the end.
#[derive(Debug)]
struct LastByName;

impl RoutingStrategy for LastByName {
    fn name(&self) -> &'static str {
        "last_by_name"
    }

    fn rank(&self, _: WaitingCall<'_>, agents: &[ReadyAgent<'_>]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..agents.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(agents[*at].id));
        order
    }
}

/// Arrivals that 200 agents are just not enough for, with every kind of fault.
fn rough(seed: u64) -> Shift {
    let usual = Shift::rough(seed);
    Shift {
        // A second of this floor is a thousand steps: a node dies every ten seconds or so.
        chaos: Chaos { die_per_million: 100, shuffle: true, ..Chaos::default() },
        callers: calls(),
        gap: Duration::from_millis(if calls() < 1_000 { 80 } else { 250 }),
        habits: Habits {
            keys: vec!['1', '2', '3', '1', '9'],
            patience: (secs(30), secs(240)),
            regulars: calls() / 2,
            leaves_after: Some((secs(120), secs(600))),
            away: (secs(20), secs(60)),
            ..Habits::default()
        },
        ..usual
    }
}

/// What a shift came to, in a line.
fn told(name: &str, shift: &Shift, report: &ShiftReport, seen: &line::Seen) -> String {
    format!(
        "{name}, seed {}: {} callers, {} joined, {} offers ({} declined, {} rang out, {} failed), {} commands refused, \
         longest wait {:?}, {} pairs compared, passed by {:?} at most, {} steps, {} lost",
        shift.seed,
        report.arrived,
        report.joined,
        seen.offers,
        seen.ended("declined"),
        seen.ended("ring_no_answer"),
        seen.ended("failed"),
        seen.commands_failed,
        seen.longest,
        seen.compared,
        seen.ahead,
        report.steps,
        report.lost.len(),
    )
}

/// Runs a shift on this floor and judges it.
fn holds(name: &str, seed: u64, app: &Builder, strategy: Option<&str>) {
    let shift = rough(seed);
    let (report, world) = shift.play(app);
    let board = world.switchboard();
    let seen = line::look(&world, board.rules());
    let told = told(name, &shift, &report, &seen);
    println!("{told}");
    let violations: Vec<String> = report.violations.iter().map(ToString::to_string).collect();
    assert!(violations.is_empty(), "{told}\nviolations: {violations:#?}");
    assert!(report.lost.is_empty(), "{told}\nlost: {:?}\n{}", report.lost, report.story);
    assert!(seen.overtaken.is_empty(), "{told}\novertaken: {:#?}", seen.overtaken);
    assert!(seen.beyond.is_empty(), "{told}\novertaken beyond the bound: {:#?}", seen.beyond);
    assert!(report.joined * 2 > report.arrived, "{told}");
    assert_eq!(report.arrived, shift.callers as usize, "{told}");
    if let Some(strategy) = strategy {
        assert!(seen.strategies.keys().eq([strategy]), "{told}: {:?}", seen.strategies);
    }
}

/// The strategies by their names, a quarter of them: four tests, so that they run side by side.
fn by_name(quarter: usize) {
    for (seed, name) in (100..).zip(Strategy::NAMES).skip(quarter).step_by(4) {
        holds(name, seed, &floor(|queue| queue.strategy(name)), Some(name));
    }
}

#[test]
fn each_strategy_by_its_name() {
    by_name(0);
}

#[test]
fn each_strategy_by_its_name_second_quarter() {
    by_name(1);
}

#[test]
fn each_strategy_by_its_name_third_quarter() {
    by_name(2);
}

#[test]
fn each_strategy_by_its_name_last_quarter() {
    by_name(3);
}

#[test]
fn a_strategy_of_ones_own() {
    holds("own", 200, &floor(|queue| queue.strategy("last_by_name")).strategy(LastByName), Some("last_by_name"));
}

#[test]
fn many_telephones_at_once() {
    holds("ring all", 210, &floor(|queue| queue.ring_at_once(4)), None);
    let widens = |queue: switchboard::Queue| queue.ring_at_once(4).ring_one_more_every(secs(3));
    holds("ring progressively", 211, &floor(widens), None);
}

#[test]
fn tiers_and_rings_open_as_calls_wait() {
    let tiers = |queue: switchboard::Queue| queue.tier_opens_after(1, secs(10)).tier_opens_after(2, secs(25));
    let place = |at: usize| {
        let tier = u16::try_from(at % 3).unwrap_or(0);
        Membership { tier, delay: secs(if at % 11 == 1 { 8 } else { 0 }), ..usual_place(at) }
    };
    holds("tiers", 220, &floor_of(tiers, place), None);
    let helpers: BTreeSet<AgentId> =
        (0..10).filter_map(|at| AgentId::new(format!("agent-{:03}", at * 19 + 1)).ok()).collect();
    let rings = |queue: switchboard::Queue| {
        let first = Ring { after: secs(10), points: 2, ..Ring::default() };
        queue.ring(first).ring(Ring { after: secs(20), add: helpers.clone(), ..Ring::default() })
    };
    holds("rings", 221, &floor(rings), None);
    holds("rings, those of nobody skipped", 222, &floor(|queue| rings(queue).skip_unstaffed()), None);
}

#[test]
fn callers_who_come_back() {
    holds("last agent", 230, &floor(|queue| queue.last_agent(secs(600), secs(20))), None);
}

#[test]
fn each_way_between_queues() {
    let ways = [Between::Score, Between::Oldest, Between::Weight, Between::ServiceLevel];
    for (seed, between) in (240..).zip(ways) {
        let app = floor(|queue| queue.weight(2).service_level(800, secs(20))).between_queues(between);
        holds(&format!("{between:?}"), seed, &app, None);
    }
}

/// More callers than can be served, so that those without points wait for longer than the bound: they are passed by, nearly for as
/// long as it allows, and no longer. A queue that does not age fails the same judgement.
#[test]
fn waiting_counts_where_there_are_too_many_callers() {
    let full = calls() >= 1_000;
    let agents = if full { floors::AGENTS } else { 10 };
    let usual = rough(260);
    let shift = Shift {
        gap: Duration::from_millis(if full { 150 } else { 2_000 }),
        habits: Habits { patience: (secs(300), secs(600)), leaves_after: None, ..usual.habits.clone() },
        ..usual
    };
    let aged = Order::Aged { points_per_minute: 6 };
    let app = floors::with_points(agents, aged);
    let (report, world) = shift.play(&app);
    let board = world.switchboard();
    let rules = board.rules();
    let seen = line::look(&world, rules);
    let told = told("points", &shift, &report, &seen);
    println!("{told}");
    assert!(
        report.violations.is_empty() && report.lost.is_empty(),
        "{told}: {:?} {:?}",
        report.violations,
        report.lost
    );
    assert!(seen.overtaken.is_empty() && seen.beyond.is_empty(), "{told}: {:?} {:?}", seen.overtaken, seen.beyond);
    let queue = rules.queues.keys().next().expect("there is one queue");
    let bound = rules.overtaken_by_at_most(queue).expect("it ages");
    assert_eq!(bound, secs(60));
    assert!(seen.ahead > bound * 3 / 4, "{told}: nobody came near the bound, so that nothing was judged");

    let (_, world) = shift.play(&floors::with_points(agents, Order::Strict));
    let strict = line::look(&world, rules);
    assert!(!strict.beyond.is_empty(), "a queue that does not age passes too: {:?} at most", strict.ahead);
}

/// A shift in which agents stay ready, accept every call and take as long as each other.
fn of_equals(seed: u64) -> (usize, Shift) {
    let full = calls() >= 1_000;
    let shift = Shift {
        callers: if full { calls() } else { 320 },
        gap: Duration::from_millis(if full { 220 } else { 1_100 }),
        habits: Habits {
            patience: (secs(3_000), secs(3_001)),
            answers_after: (secs(1), secs(1)),
            declines_of_10: 0,
            ignores_of_10: 0,
            talks: (secs(30), secs(30)),
            leaves_after: None,
            ..Habits::default()
        },
        ..Shift::quiet(seed)
    };
    (if full { floors::AGENTS } else { 40 }, shift)
}

/// P11. Whoever has been free longest is offered the next call, and so at no time has one been offered two calls more than
/// another. That follows only if one who was asked first is free first, so handling must take equally long to the microsecond.
#[test]
fn the_longest_idle_share_alike() {
    let (agents, shift) = of_equals(250);
    let (report, world) = shift.play(&equals(agents));
    assert!(report.violations.is_empty() && report.lost.is_empty(), "{:?} {:?}", report.violations, report.lost);
    let board = world.switchboard();
    let names: Vec<&AgentId> = board.rules().agents.keys().collect();
    let mut free: BTreeMap<&AgentId, Option<Timestamp>> =
        names.iter().map(|agent| (*agent, Some(Timestamp::from_secs(0)))).collect();
    let mut counts: BTreeMap<&AgentId, u32> = names.iter().map(|agent| (*agent, 0)).collect();
    let mut began: BTreeMap<&AgentId, Timestamp> = BTreeMap::new();
    let (mut offers, mut most_apart, mut took) = (0_u32, 0, BTreeSet::new());
    for (at, befell, agent) in &line::days(&world, secs(5)) {
        let told = format!("seed {}: {agent} at {at}", shift.seed);
        if *befell == Befell::Freed {
            free.insert(agent, Some(*at));
            took.extend(began.get(agent).map(|began| at.since(*began)));
            continue;
        }
        let since = free.insert(agent, None).flatten();
        assert!(since.is_some(), "{told} was offered a call and was not free");
        let passed = free.iter().find(|(_, other)| other.zip(since).is_some_and(|(other, since)| other < since));
        assert_eq!(passed, None, "{told} was offered a call, free since {since:?}, and this one was passed by");
        began.insert(agent, *at);
        offers += 1;
        *counts.entry(agent).or_default() += 1;
        let (least, most) = (counts.values().min(), counts.values().max());
        let apart = most.zip(least).map_or(0, |(most, least)| most - least);
        assert!(apart <= 1, "{told}: {apart} apart: {counts:?}");
        most_apart = most_apart.max(apart);
    }
    println!("equals, seed {}: {offers} offers to {agents} agents, {most_apart} apart at most", shift.seed);
    assert_eq!(took.len(), 1, "handling was not equal: {took:?}");
    assert_eq!((offers, most_apart), (shift.callers, 1));
}
