//! Whole shifts drawn from seeds, with and without faults: no invariant broken, and the same seed gives the same run.

use std::time::Duration;

use switchboard::engine::Builder;
use switchboard::setup::queue;
use switchboard::sim::carrier::CarrierConfig;
use switchboard::sim::{Shift, ShiftReport, Sim};
use switchboard::{Agent, Flow, Queue, Switchboard};

/// Six agents, one queue that rings two at once, short waits: every rule gets its turn.
pub(crate) fn floor() -> Builder {
    let agents = ["ana", "ben", "cleo", "dora", "eva", "finn"];
    let app = Switchboard::builder()
        .queue(Queue::new("sales").wrap_up(Duration::from_secs(5)).wait_max(Duration::from_secs(60)))
        .queue(
            Queue::new("support")
                .needs("tech")
                .ring_at_once(2)
                .wrap_up(Duration::from_secs(3))
                .waiting_max(4)
                .overflow(queue("sales")),
        )
        .number(
            "+14155550100",
            Flow::say("Acme. Press 1 or 2.")
                .key('1', queue("sales"))
                .key('2', queue("support"))
                .otherwise(queue("sales")),
        )
        .number("+14155550101", Flow::say("Gold.").then(queue("sales").with_priority(3)));
    agents.iter().enumerate().fold(app, |app, (at, name)| {
        let agent = Agent::new(*name).serves(["sales"]);
        app.agent(if at % 2 == 0 { agent.serves(["support"]).skill("tech") } else { agent })
    })
}

fn report(report: &ShiftReport, shift: &Shift) -> String {
    let violations: Vec<String> = report.violations.iter().map(ToString::to_string).collect();
    format!(
        "seed {}: {} arrived, {} joined, {} steps\nviolations: {violations:#?}\nlost: {:?}\ncomplaints: {:?}\n{}",
        shift.seed, report.arrived, report.joined, report.steps, report.lost, report.complaints, report.story
    )
}

#[test]
fn quiet_shifts_lose_nobody() {
    for seed in 0..10 {
        let shift = Shift::quiet(seed);
        let result = shift.run(&floor());
        let told = report(&result, &shift);
        assert!(result.violations.is_empty() && result.lost.is_empty(), "{told}");
        assert!(result.complaints.is_empty(), "{told}");
        assert!(result.joined * 2 > result.arrived, "{told}");
    }
}

#[test]
fn rough_shifts_break_no_invariant() {
    for seed in 0..40 {
        let shift = Shift::rough(seed);
        let result = shift.run(&floor());
        let told = report(&result, &shift);
        assert!(result.violations.is_empty() && result.lost.is_empty(), "{told}");
        assert!(result.joined * 4 > result.arrived, "{told}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let (first, second) = (Shift::rough(7).run(&floor()), Shift::rough(7).run(&floor()));
    assert_eq!((first.steps, first.fingerprint), (second.steps, second.fingerprint));
}

#[test]
fn a_call_that_left_on_one_node_costs_the_other_no_agent() {
    let waits = Queue::new("sales").wait_max(Duration::from_secs(600));
    let app = Switchboard::builder()
        .queue(waits)
        .agent(Agent::new("ana").serves(["sales"]))
        .number("+14155550100", Flow::say("Acme.").then(queue("sales")));
    for seed in 0..24 {
        let sim = Sim::start_with(&app, CarrierConfig { seed, ..CarrierConfig::default() }, 2);
        sim.agent("ana").takes_break("tea");
        let first = sim.caller("+14155550123").dials("+14155550100");
        first.hears_music().waits(Duration::from_secs(5)).hangs_up();
        sim.agent("ana").is_ready();
        let second = sim.caller("+14155550124").dials("+14155550100");
        second.hears_music();
        sim.agent("ana").rings_within(Duration::from_secs(3)).answers();
        second.talks_for(Duration::from_secs(5)).hangs_up();
    }
}

#[test]
fn a_call_kept_for_an_agent_who_is_away_goes_to_another_and_holds_up_nobody() {
    let app = Switchboard::builder()
        .queue(Queue::new("sales"))
        .agent(Agent::new("ana").serves(["sales"]))
        .agent(Agent::new("ben").serves(["sales"]))
        .number("+14155550100", Flow::say("Acme.").then(queue("sales").kept_for("ana", Duration::from_secs(60))));
    let sim = Sim::start(&app);
    sim.agent("ana").takes_break("tea");
    let caller = sim.caller("+14155550123").dials("+14155550100");
    caller.hears_music();
    sim.agent("ben").rings_within(Duration::from_secs(3)).answers();
    caller.talks_for(Duration::from_secs(5)).hangs_up();
}
