//! A shift on a big floor for each way of choosing, on the carrier, with faults: 200 agents, 20 queues of different orders, 50
//! skills. No invariant broken, nobody lost, nobody starved, nobody overtaken beyond the bound.
//!
//! `SHIFT_CALLS` sets the number of callers of each shift: see `docs/simulation.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use switchboard::engine::Builder;
use switchboard::id::AgentId;
use switchboard::routing::{Between, Membership, ReadyAgent, Ring, RoutingStrategy, Strategy, WaitingCall};
use switchboard::sim::carrier::{Hearing, Loss, LostCall};
use switchboard::sim::{Chaos, Habits, Shift, ShiftReport, World};

use crate::acme::secs;

mod floors;
mod line;

use floors::{equals, floor, floor_of, usual_place};

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
         longest wait {:?}, {} pairs compared, passed by {:?} at most, {} steps, {} left unheard",
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

/// Whether this caller sat in silence after the other side had hung up: two words tell of that, and both can be lost or late.
fn was_left_unheard(world: &World, lost: &LostCall) -> bool {
    let heard = world.carrier(|carrier| carrier.heard(&lost.call));
    let silence = heard.iter().position(|one| one.from == lost.at && one.what == Hearing::Silence);
    let before = silence.and_then(|at| heard.get(at.checked_sub(1)?));
    lost.loss == Loss::Silence && before.is_some_and(|before| before.what == Hearing::Party)
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
    let unheard = report.lost.iter().filter(|lost| was_left_unheard(&world, lost)).count();
    let as_few_as_chance = unheard <= 1 + report.arrived / 400;
    assert!(unheard == report.lost.len() && as_few_as_chance, "{told}\nlost: {:?}\n{}", report.lost, report.story);
    assert!(seen.overtaken.is_empty(), "{told}\novertaken: {:#?}", seen.overtaken);
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

/// All agents are equal, stay ready, accept every call and handle it alike: at no time has one been offered two calls more than
/// another.
#[test]
fn the_longest_idle_share_alike() {
    let full = calls() >= 1_000;
    let agents = if full { floors::AGENTS } else { 40 };
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
        ..Shift::quiet(250)
    };
    let (report, world) = shift.play(&equals(agents));
    assert!(report.violations.is_empty() && report.lost.is_empty(), "{:?} {:?}", report.violations, report.lost);
    let offers = line::offers(&world);
    let mut counts: BTreeMap<&AgentId, u32> = BTreeMap::new();
    let board = world.switchboard();
    for agent in board.rules().agents.keys() {
        counts.insert(agent, 0);
    }
    let mut most_apart = 0;
    for (at, agent) in &offers {
        *counts.entry(agent).or_default() += 1;
        let (least, most) = (counts.values().min(), counts.values().max());
        let apart = most.zip(least).map_or(0, |(most, least)| most - least);
        assert!(apart <= 1, "seed {}: {apart} apart at {at}: {counts:?}", shift.seed);
        most_apart = most_apart.max(apart);
    }
    println!("equals, seed {}: {} offers to {agents} agents, {most_apart} apart at most", shift.seed, offers.len());
    assert!(offers.len() >= shift.callers as usize, "{} offers", offers.len());
}
