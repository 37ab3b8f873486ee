//! The figures say what really happened, by the carrier's truth.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use switchboard::core::Request;
use switchboard::engine::Builder;
use switchboard::model::AgentStatus;
use switchboard::report::{AgentFigures, Attribution, Interval, QueueFigures, ServiceLevel};
use switchboard::setup::{hang_up, queue as to_queue};
use switchboard::sim::Sim;
use switchboard::sim::carrier::{CallView, CarrierConfig, Direction, Joined};
use switchboard::time::Timestamp;
use switchboard::{Agent, Flow, Queue, Switchboard};

use super::{agent, outcomes, queue};
use crate::acme::{CALLER, NUMBER, only_ana, secs};

/// What a webhook may be late.
const SOON_MS: i64 = 1_500;

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).expect("a short time")
}

/// One caller by the carrier's truth.
struct Truth {
    came: Timestamp,
    went: Option<Timestamp>,
    /// With whom, from when to when.
    joined: Vec<(String, Timestamp, Option<Timestamp>)>,
}

fn truth(sim: &Sim) -> Vec<Truth> {
    let (legs, joined): (Vec<CallView>, Vec<Joined>) =
        sim.world().carrier(|carrier| (carrier.calls(), carrier.joined()));
    let to: BTreeMap<&str, &str> = legs.iter().map(|leg| (leg.sid.as_str(), leg.to.as_str())).collect();
    let callers = legs.iter().filter(|leg| leg.direction == Direction::Inbound);
    let with = |sid: &str| {
        let mine = joined.iter().filter_map(|pair| match (pair.a == sid, pair.b == sid) {
            (true, _) => Some((&pair.b, pair)),
            (_, true) => Some((&pair.a, pair)),
            _ => None,
        });
        mine.map(|(other, pair)| (to[other.as_str()].to_owned(), pair.from, pair.to)).collect()
    };
    callers.map(|leg| Truth { came: leg.started, went: leg.ended_at, joined: with(&leg.sid) }).collect()
}

fn of_sales(sim: &Sim, since: Timestamp, by: Attribution) -> QueueFigures {
    let world = sim.world();
    let board = world.switchboard();
    world.block_on(board.queue_figures(&queue("sales"), &Interval::since(since), by)).expect("figures")
}

fn of_agent(sim: &Sim, name: &str, interval: &Interval) -> AgentFigures {
    let world = sim.world();
    let board = world.switchboard();
    world.block_on(board.agent_figures(&agent(name), interval)).expect("figures")
}

fn near(found: i64, expected: i64) {
    assert!((found - expected).abs() <= SOON_MS, "{found} ms, not {expected} ms");
}

/// One is answered after 8 s of ringing, one gives up behind them, one waits too long, one is missed and answered later,
/// one still waits.
#[test]
fn a_while_with_one_agent() {
    let sales = Queue::new("sales").wrap_up(secs(10)).wait_max(secs(60)).overflow(hang_up("Sorry."));
    let sim = Sim::start(&only_ana(sales));
    let began = sim.world().now();
    let answered = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).is_let_ring_for(secs(8)).answers();
    answered.talks_for(secs(20));
    let gives_up = sim.caller("+14155550124").dials(NUMBER);
    gives_up.waits(secs(40)).hangs_up();
    answered.talks_for(secs(40));
    answered.hangs_up();
    sim.agent("ana").takes_break("lunch");
    let too_long = sim.caller("+14155550125").dials(NUMBER);
    too_long.waits(secs(55)).hears("Sorry.");
    sim.waits(secs(10));
    let lunch_over = sim.world().now();
    sim.agent("ana").is_ready();
    let missed = sim.caller("+14155550126").dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).is_let_ring_for(secs(22));
    sim.agent("ana").rings_within(secs(60)).answers();
    missed.talks_for(secs(30));
    let waits = sim.caller("+14155550127").dials(NUMBER);
    waits.waits(secs(12));

    let callers = truth(&sim);
    let figures = of_sales(&sim, began, Attribution::ByEntry);
    assert_eq!((figures.offered, outcomes(&figures)), (callers.len() as u64, 5));
    assert_eq!((figures.answered, figures.abandoned, figures.open), (2, 1, 1));
    assert_eq!(figures.overflowed, BTreeMap::from([("timed_out".to_owned(), 1)]));
    let waited = |caller: &Truth| ms(caller.joined[0].1.since(caller.came));
    near(figures.answered_after.sum_ms(), waited(&callers[0]) + waited(&callers[3]));
    near(figures.abandoned_after.sum_ms(), ms(callers[1].went.expect("gone").since(callers[1].came)));
    near(figures.overflowed_after.sum_ms(), 60_000);
    near(figures.longest_waiting_ms.expect("one waits"), ms(sim.world().now().since(callers[4].came)));
    assert_eq!((figures.length.now, figures.length.max), (1, 1));
    let level = figures.service_level(ServiceLevel::B, 20_000);
    assert_eq!((level.numerator, level.denominator), (1, 3));
    // Ringing for 8 s is no answer: the wait ends when both hear each other.
    assert!(figures.answered_after.at_most(8_000) == 0, "{:?}", figures.answered_after);
    let (offers, handling) = (figures.offers, figures.handling);
    assert_eq!((offers.made, offers.connected, offers.no_answer), (3, 2, 1));
    assert_eq!((handling.handled, handling.open), (1, 1));
    let talked = |caller: &Truth| ms(caller.joined[0].2.unwrap_or_else(|| sim.world().now()).since(caller.joined[0].1));
    near(handling.talk_ms, talked(&callers[0]));
    near(handling.open_talk_ms, talked(&callers[3]));
    near(handling.wrap_up_ms, 10_000);

    let ana = of_agent(&sim, "ana", &Interval::since(began));
    assert_eq!(ana.offers, offers);
    near(ana.talking_ms, talked(&callers[0]) + talked(&callers[3]));
    near(ana.wrap_up_ms, 10_000);
    // The break begins after the wrap-up that it was asked for in.
    let lunch = ms(lunch_over.since(callers[0].went.expect("gone"))) - 10_000;
    near(ana.breaks_ms["lunch"], lunch);
    assert_eq!((ana.offline_ms, ana.unknown_ms), (0, 0));
    assert_eq!(ana.logged_in_ms(), ms(sim.world().now().since(began)));
    assert_eq!(ana.now, BTreeMap::from([(AgentStatus::Talking, 1)]));
    missed.hangs_up();
    waits.hangs_up();
    sim.rests();
}

/// Four agents, two queues that overflow, a number with priority.
fn floor() -> Builder {
    let app = Switchboard::builder()
        .queue(Queue::new("support").wait_max(secs(25)).wrap_up(secs(3)).overflow(to_queue("sales")))
        .queue(Queue::new("sales").wait_max(secs(90)).wrap_up(secs(5)).waiting_max(6).overflow(hang_up("Sorry.")))
        .number("+14155550100", Flow::say("Acme.").then(to_queue("sales")))
        .number("+14155550101", Flow::say("Help.").then(to_queue("support")));
    ["ana", "ben", "cleo"]
        .into_iter()
        .fold(app, |app, name| app.agent(Agent::new(name).serves(["sales"])))
        .agent(Agent::new("dora").serves(["support"]))
}

/// People come, give up, answer, let it ring, decline, hang up and take breaks for so many seconds.
fn live_through(sim: &Sim, seconds: u64) {
    let mut will: BTreeMap<String, Timestamp> = BTreeMap::new();
    let mut answers: BTreeMap<String, Timestamp> = BTreeMap::new();
    let mut settled: BTreeSet<String> = BTreeSet::new();
    for second in 0..seconds {
        sim.waits(secs(1));
        let now = sim.world().now();
        let draw = |below: u64| sim.world_mut().random(below);
        if second < seconds * 3 / 4 && draw(7) == 0 {
            let to = if draw(3) == 0 { "+14155550101" } else { "+14155550100" };
            let from = format!("+1415555{:04}", 1_000 + second);
            let caller = sim.caller(&from).dials(to);
            let patience = secs(10 + draw(120));
            will.insert(caller.sid().to_owned(), now + patience);
        }
        let ringing: Vec<String> = ["ana", "ben", "cleo", "dora"]
            .iter()
            .flat_map(|name| sim.world().carrier(|carrier| carrier.ringing_at(&format!("client:{name}"))))
            .collect();
        for sid in ringing.into_iter().filter(|sid| settled.insert(sid.clone())) {
            match draw(8) {
                0 => {}
                1 => sim.world().carrier(|carrier| carrier.declines(&sid)),
                _ => drop(answers.insert(sid, now + secs(1 + draw(6)))),
            }
        }
        let due = |plan: &mut BTreeMap<String, Timestamp>| {
            let due: Vec<String> = plan.iter().filter(|(_, at)| **at <= now).map(|(sid, _)| sid.clone()).collect();
            plan.retain(|_, at| *at > now);
            due
        };
        for sid in due(&mut answers) {
            sim.world().carrier(|carrier| carrier.answers(&sid));
        }
        for sid in due(&mut will) {
            sim.world().carrier(|carrier| carrier.hangs_up(&sid));
        }
        if draw(40) == 0 {
            let name = ["ana", "ben", "cleo", "dora"][usize::try_from(draw(4)).expect("small")];
            let wish = match draw(4) {
                0 => Request::Break(agent(name), "tea".to_owned()),
                1 => Request::SignOut(agent(name)),
                _ => Request::Ready(agent(name)),
            };
            sim.request(wish);
        }
        sim.world_mut().settle();
    }
    for sid in will.into_keys() {
        sim.world().carrier(|carrier| carrier.hangs_up(&sid));
    }
    sim.waits(secs(60));
}

/// Whatever people do: those counted as answered are those who were joined, for as long as they were.
#[test]
fn a_while_on_a_busy_floor() {
    for seed in [1, 2] {
        let config = CarrierConfig { seed, ..CarrierConfig::default() };
        let sim = Sim::start_with(&floor(), config, 2);
        let began = sim.world().now();
        live_through(&sim, 300);
        let board = sim.world().switchboard();
        let interval = Interval::since(began);
        let known = sim.world().block_on(board.figures(&interval)).expect("figures");
        let now = sim.world().now();
        let queues = known.queues(&interval, Attribution::ByEntry, now);
        let callers = truth(&sim);
        let count = |what: &dyn Fn(&QueueFigures) -> u64| queues.values().map(what).sum::<u64>();
        for (name, figures) in &queues {
            assert_eq!(outcomes(figures), figures.offered, "{name}");
            assert_eq!((figures.open, figures.skew, figures.unrecorded), (0, 0, 0), "{name}");
        }
        // Every caller came into one queue or was not let in; overflowing into the second is another stay.
        let moved = queues[&queue("support")].overflowed_after.count();
        let blocked: u64 = count(&|figures| figures.blocked.values().sum());
        assert_eq!(count(&|figures| figures.offered) + blocked, callers.len() as u64 + moved, "seed {seed}");
        let joined: Vec<&Truth> = callers.iter().filter(|caller| !caller.joined.is_empty()).collect();
        assert!(joined.len() > 8, "seed {seed}: the floor is idle");
        assert_eq!(count(&|figures| figures.answered), joined.len() as u64, "seed {seed}");
        let slack = i64::try_from(joined.len()).expect("few") * 500;
        let waited: i64 = joined.iter().map(|caller| ms(caller.joined[0].1.since(caller.came))).sum();
        let told: i64 = queues.values().map(|figures| figures.answered_after_arrival.sum_ms()).sum();
        assert!((waited - told).abs() <= slack, "seed {seed}: waited {waited} ms, told {told} ms");
        let lasted = |from: &Timestamp, to: &Option<Timestamp>| ms(to.unwrap_or(now).since(*from));
        let talked: i64 = joined.iter().flat_map(|caller| &caller.joined).map(|(_, from, to)| lasted(from, to)).sum();
        let told: i64 = queues.values().map(|figures| figures.handling.talk_ms).sum();
        assert!((talked - told).abs() <= slack, "seed {seed}: talked {talked} ms, told {told} ms");
        for name in ["ana", "ben", "cleo", "dora"] {
            let figures = known.agent(&agent(name), &interval, now);
            let talks = joined.iter().flat_map(|caller| &caller.joined);
            let mine: Vec<i64> = talks
                .filter(|(to, ..)| *to == format!("client:{name}"))
                .map(|(_, from, to)| lasted(from, to))
                .collect();
            assert_eq!(figures.answered, mine.len() as u64, "seed {seed}: {name}");
            assert!((figures.talking_ms - mine.iter().sum::<i64>()).abs() <= slack, "seed {seed}: {name}");
            assert_eq!(figures.logged_in_ms() + figures.offline_ms, ms(now.since(began)), "seed {seed}: {name}");
        }
    }
}
