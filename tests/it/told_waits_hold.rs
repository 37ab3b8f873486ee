//! The waits that callers are told, measured: on the simulated carrier each is compared with what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use switchboard::core::Request;
use switchboard::engine::Builder;
use switchboard::forecast::Predictor;
use switchboard::id::QueueId;
use switchboard::model::{Call, EndReason, EventKind, Foretold, Notice, Setback};
use switchboard::routing::Order;
use switchboard::setup::{Announcements, Callback, callback, queue};
use switchboard::sim::carrier::{EndpointScript, Ring};
use switchboard::sim::{Habits, Shift, Sim, World};
use switchboard::store::{Commit, Expect, IndexEntry, MemoryStore, Put, Store};
use switchboard::telephony::FakeTelephony;
use switchboard::time::{ManualClock, Timestamp};
use switchboard::{Agent, Flow, Queue, Switchboard};

use crate::acme::{CALLER, NUMBER, only_ana, secs};

fn sales() -> QueueId {
    QueueId::new("sales").expect("a name")
}

fn told() -> Announcements {
    Announcements::after(secs(3), secs(25)).position().wait()
}

fn with_agents(queue: Queue, agents: usize) -> Builder {
    let names = (0..agents).map(|number| format!("a{number}"));
    names.fold(only_ana(queue), |builder, name| builder.agent(Agent::new(name).serves(["sales"])))
}

/// Five agents, a little less than they can do.
fn shift(seed: u64) -> Shift {
    Shift {
        callers: 220,
        gap: secs(11),
        habits: Habits {
            keys: vec!['5'],
            patience: (secs(120), secs(1200)),
            talks: (secs(15), secs(75)),
            declines_of_10: 0,
            ignores_of_10: 1,
            leaves_after: None,
            ..Habits::default()
        },
        ..Shift::quiet(seed)
    }
}

fn calls(world: &World) -> Vec<Call> {
    let records = world.store().records().into_iter().filter(|record| record.key.as_str().starts_with("call/"));
    records.map(|record| record.body.read::<Call>().expect("a call")).collect()
}

/// What a call was told while it waited, each with its time.
fn told_to(call: &Call) -> Vec<(Timestamp, Notice, Option<Foretold>)> {
    let told = call.events.iter().filter_map(|event| match &event.kind {
        EventKind::Announced { notice, foretold } => Some((event.at, *notice, *foretold)),
        _ => None,
    });
    told.collect()
}

#[derive(Default)]
struct Tally {
    n: f64,
    within: f64,
    below_p80: f64,
    kept: f64,
    bias_s: f64,
    off_s: f64,
}

/// Told waits against what came of them, by predictor; those who hung up are left out, of whom nobody knows.
fn measured(calls: &[Call]) -> BTreeMap<Predictor, Tally> {
    let mut by = BTreeMap::<Predictor, Tally>::new();
    for call in calls {
        let Some(joined) = call.connected_at else { continue };
        for (at, notice, foretold) in told_to(call).into_iter().filter(|(at, ..)| *at <= joined) {
            let (Some(mins), Some(foretold)) = (notice.wait_mins, foretold) else { continue };
            let wait_s = joined.since(at).as_secs_f64();
            let off_s = foretold.mean_ms as f64 / 1000.0 - wait_s;
            let tally = by.entry(foretold.by).or_default();
            tally.n += 1.0;
            tally.bias_s += off_s;
            tally.off_s += off_s.abs();
            tally.within += f64::from(u8::from(off_s.abs() <= (wait_s / 4.0).max(30.0)));
            tally.below_p80 += f64::from(u8::from(wait_s <= foretold.p80_ms as f64 / 1000.0));
            tally.kept += f64::from(u8::from(wait_s <= 60.0 * f64::from(mins)));
        }
    }
    by
}

/// A worse number is told with the reason, and a wait never longer than what was left of the one told before without it.
fn worse_without_reason(call: &Call) -> Option<String> {
    let mut before: Option<(Timestamp, u32)> = None;
    for (at, notice, _) in told_to(call) {
        let Some(mins) = notice.wait_mins else { continue };
        if let Some((then, told)) = before {
            let left_s = (60 * u64::from(told)).saturating_sub(at.since(then).as_secs());
            if u64::from(mins) > left_s.div_ceil(60).max(1) && notice.setback.is_none() {
                return Some(format!("{} told {mins} min with {left_s} s left", call.id));
            }
        }
        before = Some((at, mins));
    }
    None
}

#[test]
fn on_a_shift_of_the_carrier_within_bounds() {
    let app = with_agents(Queue::new("sales").wrap_up(secs(5)).wait_max(secs(3600)).announcements(told()), 4);
    let (mut all, mut early) = (Vec::new(), 0);
    for seed in [3] {
        let (report, world) = shift(seed).play(&app);
        assert!(report.violations.is_empty(), "{:?}", report.violations);
        let calls = calls(&world);
        let first = calls.iter().filter(|call| call.connected_at.is_some()).map(|call| call.started_at).min();
        early += calls
            .iter()
            .filter(|call| Some(call.started_at) <= first)
            .flat_map(told_to)
            .filter(|one| one.1.wait_mins.is_some())
            .count();
        let figures = world.block_on(world.switchboard().wait_figures(&sales())).expect("figures");
        assert!(figures.has_learned && figures.next.is_some(), "{figures:?}");
        // Ringing, talking, finishing up: 3.5 + 45 + 5 s, and the missed ones beside.
        assert!((45..70).contains(&figures.handle.as_secs()), "{:?}", figures.handle);
        assert!(figures.told.answered >= 50 && figures.told.mae_s > 1.0, "{:?}", figures.told);
        println!("seed {seed}, by the node: {:?} {:?}", figures.by, figures.told);
        for (way, accuracy) in &figures.ways {
            println!(
                "  {way:12} n {} mae {:5.1} rmse {:5.1} bias {:5.1}",
                accuracy.answered, accuracy.mae_s, accuracy.rmse_s, accuracy.bias_s
            );
        }
        let best =
            figures.ways.values().filter(|one| one.answered > 0).map(|one| one.mae_s).fold(f64::INFINITY, f64::min);
        assert!(figures.told.mae_s <= best * 1.25 + 2.0, "{:?}", figures.ways);
        assert!((0.6..=0.95).contains(&figures.told.p80_coverage), "{:?}", figures.told);
        all.extend(calls);
    }
    assert_eq!(early, 0, "a wait was told before anything was known");
    let worse: Vec<String> = all.iter().filter_map(worse_without_reason).collect();
    assert!(worse.is_empty(), "{worse:?}");
    let by = measured(&all);
    let mut sum = Tally::default();
    for (way, one) in &by {
        println!(
            "{way}: {} told, bias {:.1} s, mean error {:.1} s, within {:.2}, below p80 {:.2}, kept {:.2}",
            one.n,
            one.bias_s / one.n,
            one.off_s / one.n,
            one.within / one.n,
            one.below_p80 / one.n,
            one.kept / one.n
        );
        sum.n += one.n;
        sum.within += one.within;
        sum.below_p80 += one.below_p80;
        sum.kept += one.kept;
    }
    assert!(sum.n >= 150.0, "{} waits were told", sum.n);
    assert!(sum.within / sum.n >= 0.6, "{} of {} within bounds", sum.within, sum.n);
    assert!((0.65..=0.95).contains(&(sum.below_p80 / sum.n)), "{} of {}", sum.below_p80, sum.n);
    assert!(sum.kept / sum.n >= 0.8, "{} of {} kept", sum.kept, sum.n);
}

/// Ana serves so many callers, each for so long; the wait of nobody is known before that.
fn serves(sim: &Sim, callers: u32, talk: Duration) {
    sim.agent("ana").is_ready();
    for number in 0..callers {
        let caller = sim.caller(&format!("+14155560{number:03}")).dials(NUMBER);
        sim.agent("ana").rings_within(secs(10)).answers();
        caller.talks_for(talk).hangs_up();
        sim.waits(secs(1));
    }
}

#[test]
fn learned_from_thirty_calls_and_then_told() {
    let queue = Queue::new("sales").wrap_up(secs(0)).wait_max(secs(3600)).announcements(told().per_place(secs(600)));
    let sim = Sim::start(&only_ana(queue));
    sim.agent("ana").is_ready();
    let talking = sim.caller("+14155550121").dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).answers();
    // Nothing is known: the time of the queue's configuration for each place.
    let early = sim.caller("+14155550122").dials(NUMBER);
    early.hears("You are next in line. The wait is about 10 minutes.");
    talking.hangs_up();
    sim.agent("ana").rings_within(secs(5)).answers();
    early.talks_for(secs(40)).hangs_up();
    sim.waits(secs(2));
    serves(&sim, 31, secs(40));
    let talking = sim.caller("+14155550123").dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).answers();
    sim.waits(secs(5));
    let caller = sim.caller("+14155550124").dials(NUMBER);
    caller.hears("You are next in line. The wait is about one minute.");
    let foretold = told_to(&sim.last_call()).first().and_then(|one| one.2).expect("foretold");
    assert!((20_000..50_000).contains(&foretold.mean_ms) && foretold.p80_ms >= foretold.mean_ms, "{foretold:?}");
    let behind = sim.caller("+14155550125").dials(NUMBER);
    behind.hears("You are number 2 in line. The wait is about 2 minutes.");
    // Nobody is there to serve them: nothing of a wait is told any more.
    talking.hangs_up();
    sim.agent("ana").rings_within(secs(5)).answers();
    sim.agent("ana").signs_out();
    caller.hangs_up();
    sim.waits(secs(70));
    let call = sim.calls().into_iter().find(|call| call.customer == "+14155550125").expect("the call");
    let last = told_to(&call).last().map(|one| one.1).expect("told");
    assert_eq!((last.position, last.wait_mins), (Some(1), None), "{}", sim.story());
    behind.hangs_up();
    sim.rests();
}

#[test]
fn no_longer_than_before_without_the_reason() {
    let builder = with_agents(Queue::new("sales").wrap_up(secs(0)).wait_max(secs(3600)).announcements(told()), 1);
    let sim = Sim::start(&builder);
    sim.agent("a0").busy();
    serves(&sim, 31, secs(100));
    sim.agent("a0").is_ready();
    for number in ["+14155550121", "+14155550122"] {
        let talks = sim.caller(number).dials(NUMBER);
        sim.waits(secs(2));
        let rings = if sim.agent("ana").rings() { "ana" } else { "a0" };
        sim.agent(rings).rings_within(secs(1)).answers();
        assert!(talks.is_on_the_line());
    }
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("You are next in line. The wait is about");
    // One of the two goes after this call, and the other talks on and on.
    sim.agent("a0").takes_break("lunch");
    sim.waits(secs(240));
    let call = sim.calls().into_iter().find(|call| call.customer == CALLER).expect("the call");
    assert_eq!(worse_without_reason(&call), None, "{}", sim.story());
    let setbacks: Vec<Setback> = told_to(&call).iter().filter_map(|one| one.1.setback).collect();
    assert!(setbacks.iter().all(|why| *why == Setback::FewerAgents || *why == Setback::LongerCalls), "{setbacks:?}");
    caller.hangs_up();
}

/// 0 points that have aged go before 5 that came later: callers hear the order in which they are served.
#[test]
fn places_are_those_of_the_order_in_which_callers_are_served() {
    let queue_of = Queue::new("sales")
        .wait_max(secs(7200))
        .order(Order::Aged { points_per_minute: 1 })
        .announcements(Announcements::after(secs(450), secs(60)).position());
    let app = only_ana(queue_of).number("+14155550101", Flow::say("Welcome.").then(queue("sales").with_priority(5)));
    let sim = Sim::start(&app);
    sim.agent("ana").busy();
    let old = sim.caller("+14155550121").dials(NUMBER);
    sim.waits(secs(420));
    let urgent = sim.caller("+14155550122").dials("+14155550101");
    sim.waits(secs(20));
    old.hears("You are next in line.");
    sim.waits(secs(400));
    urgent.hears("You are number 2 in line.");
    // And so it is.
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    sim.waits(secs(2));
    assert!(old.is_joined_with("ana"), "{}", sim.story());
    old.hangs_up();
    urgent.hangs_up();
    sim.rests();
}

/// Whoever rings an agent is still ahead: nobody is next twice.
#[test]
fn the_caller_for_whom_an_agent_is_rung_is_ahead() {
    let sim =
        Sim::start(&only_ana(Queue::new("sales").wait_max(secs(3600)).ring_timeout(secs(60)).announcements(told())));
    sim.agent("ana").is_ready();
    let first = sim.caller("+14155550121").dials(NUMBER);
    let rings = sim.agent("ana").rings_within(secs(5));
    let second = sim.caller("+14155550122").dials(NUMBER);
    second.hears("You are number 2 in line.");
    assert!(rings.still_rings());
    second.hangs_up();
    first.hangs_up();
    sim.rests();
}

/// Customer first, without a time for each place: the wait that is foretold is what counts, once there is one.
#[test]
fn a_customer_who_is_called_back_first_is_rung_when_the_turn_is_foretold() {
    let app = |lead: Duration| {
        let queue_of =
            Queue::new("sales").wrap_up(secs(0)).wait_max(secs(3600)).callback(Callback::new().customer_first(lead));
        Switchboard::builder().queue(queue_of).agent(Agent::new("ana").serves(["sales"])).number(
            NUMBER,
            Flow::say("Welcome.").key('2', callback("sales")).otherwise(queue("sales")).tries(1).timeout(secs(1)),
        )
    };
    for (handled, lead, early) in [(31, secs(45), true), (31, secs(2), false), (0, secs(45), false)] {
        let sim = Sim::start(&app(lead));
        serves(&sim, handled, secs(60));
        sim.phone(
            CALLER,
            EndpointScript {
                on_ring: Ring::Answers { after: secs(4) },
                presses: vec![(secs(3), "1".to_owned())],
                ..EndpointScript::default()
            },
        );
        sim.agent("ana").is_ready();
        let talking = sim.caller("+14155550121").dials(NUMBER);
        sim.agent("ana").rings_within(secs(10)).answers();
        sim.waits(secs(1));
        let asks = sim.caller(CALLER).dials(NUMBER);
        asks.hears("Welcome").presses("2");
        asks.hears("press 1").presses("1");
        // Somebody else comes and goes, so that the floor is looked at.
        sim.waits(secs(25));
        sim.caller("+14155550129").dials(NUMBER).waits(secs(5)).hangs_up();
        sim.waits(secs(5));
        let rung = sim.world().carrier(|carrier| carrier.calls()).iter().filter(|leg| leg.to == CALLER).count();
        assert_eq!(rung > 0, early, "{handled} handled, lead {lead:?}: {}", sim.story());
        talking.hangs_up();
        for call in sim.calls().into_iter().filter(|call| call.reason.is_none()) {
            sim.request(Request::HangUp(call.id));
        }
        sim.waits(secs(60));
    }
}

/// A node that starts reads what has ended lately, and knows how long calls take; how well it foretells it learns anew.
#[test]
fn a_node_that_starts_learns_from_what_is_stored() {
    let app = with_agents(Queue::new("sales").wrap_up(secs(5)).wait_max(secs(3600)).announcements(told()), 4);
    let (_, world) = Shift { callers: 70, ..shift(5) }.play(&app);
    let before = world.block_on(world.switchboard().wait_figures(&sales())).expect("figures");
    let store = MemoryStore::new();
    for record in world.store().records() {
        let Some(call) = record.key.as_str().starts_with("call/").then(|| record.body.read::<Call>()) else {
            continue;
        };
        let call = call.expect("a call");
        assert!(call.reason != Some(EndReason::Expired));
        let sort = [-call.started_at.as_micros(), 0];
        let index = vec![IndexEntry { index: "calls".to_owned(), partition: call.tenant.to_string(), sort }];
        let put = Put { key: record.key, expect: Expect::Absent, body: record.body, index };
        world.block_on(store.commit(&Commit { puts: vec![put], ..Commit::default() })).expect("stored");
    }
    let again = app
        .public_base("https://calls.example.com")
        .account("AC0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef")
        .telephony(Arc::new(FakeTelephony::new()))
        .store(Arc::new(store))
        .clock(Arc::new(ManualClock::at(world.now())))
        .build()
        .expect("a call centre");
    let after = world.block_on(again.wait_figures(&sales())).expect("figures");
    assert!(before.has_learned && after.has_learned, "{after:?}");
    let (was, is) = (before.handle.as_secs_f64(), after.handle.as_secs_f64());
    // What is stored of calls does not tell how long each rang.
    assert!((was - is).abs() < 8.0, "{was} s, then {is} s");
    assert_eq!((after.told.answered, after.next, before.told.answered > 0), (0, None, true));
}
