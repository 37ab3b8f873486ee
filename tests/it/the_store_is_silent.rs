//! The store, or every node, is away while callers are on the line. A10, A11, A12, I-29, I-40: nobody is lost, and
//! everybody is served afterwards.

use switchboard::Queue;
use switchboard::sim::Sim;

use crate::acme::{CALLER, NUMBER, acme, ana_and_ben, only_ana, secs};

fn set_down(sim: &Sim, down: bool) {
    sim.world().store().set_down(down);
}

/// Everything comes to rest, books and truth agree, and nobody was lost. That callbacks failed is no surprise here.
fn ends_well(sim: &Sim) {
    sim.waits(secs(120));
    sim.world_mut().audit_at_rest();
    let world = sim.world();
    assert_eq!(world.violations(), [], "{}", sim.story());
    let lost = world.carrier(|carrier| carrier.lost());
    assert!(lost.is_empty(), "lost: {lost:?}");
}

/// A11: a caller arrives while the store is down, and hears the greeting when it is back.
#[test]
fn when_a_caller_arrives() {
    for outage in [1, 20, 120] {
        let sim = Sim::start(&acme());
        set_down(&sim, true);
        let caller = sim.caller(CALLER).dials(NUMBER);
        sim.waits(secs(outage));
        assert!(caller.is_on_the_line(), "after {outage} s");
        assert!(sim.world().store().records().iter().all(|record| !record.key.as_str().starts_with("call/")));
        set_down(&sim, false);
        caller.hears("Thanks for calling Acme").presses("1");
        sim.agent("ana").rings_within(secs(10)).answers();
        caller.talks_for(secs(20)).hangs_up();
        ends_well(&sim);
    }
}

/// A11: a caller who gives up while the store is down leaves nothing behind that would be served.
#[test]
fn when_a_caller_gives_up() {
    let sim = Sim::start(&acme());
    set_down(&sim, true);
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.waits(secs(30));
    caller.hangs_up();
    sim.waits(secs(5));
    set_down(&sim, false);
    sim.agent("ana").does_not_ring_for(secs(30));
    ends_well(&sim);
}

/// A10: the key that was pressed meanwhile counts.
#[test]
fn when_a_key_is_pressed() {
    let sim = Sim::start(&acme());
    sim.agent("cleo").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("Thanks for calling Acme");
    set_down(&sim, true);
    caller.presses("2");
    sim.waits(secs(60));
    assert!(caller.is_on_the_line());
    set_down(&sim, false);
    sim.agent("ben").rings_within(secs(10)).answers();
    caller.talks_for(secs(20));
    assert!(caller.is_joined_with("ben"), "2 is support");
    caller.hangs_up();
    ends_well(&sim);
}

/// A11: who waits hears music all the while, and keeps the place.
#[test]
fn while_callers_wait() {
    let sim = Sim::start(&only_ana(Queue::new("sales").wait_max(secs(900))));
    sim.agent("ana").busy();
    let first = sim.caller("+14155550121").dials(NUMBER);
    first.hears_music();
    let second = sim.caller("+14155550122").dials(NUMBER);
    second.hears_music();
    set_down(&sim, true);
    sim.waits(secs(300));
    set_down(&sim, false);
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(10)).answers();
    first.talks_for(secs(20)).hangs_up();
    sim.agent("ana").finishes_wrap_up();
    sim.agent("ana").rings_within(secs(10)).answers();
    second.talks_for(secs(20)).hangs_up();
    ends_well(&sim);
}

/// The store falls silent while an agent rings, and is back after the ring has timed out: the next one is rung.
#[test]
fn while_an_agent_rings() {
    let sim = Sim::start(&ana_and_ben(Queue::new("sales")));
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(10));
    set_down(&sim, true);
    sim.waits(secs(60));
    assert!(caller.is_on_the_line());
    set_down(&sim, false);
    sim.agent("ben").rings_within(secs(20)).answers();
    assert!(ana.is_over());
    caller.talks_for(secs(20)).hangs_up();
    ends_well(&sim);
}

/// A conversation needs no store: it goes on, and its end is noted afterwards.
#[test]
fn while_people_talk() {
    let sim = Sim::start(&only_ana(Queue::new("sales").wait_max(secs(900))));
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(10)).answers();
    caller.talks_for(secs(5));
    set_down(&sim, true);
    caller.talks_for(secs(300));
    caller.hangs_up();
    sim.waits(secs(30));
    set_down(&sim, false);
    sim.waits(secs(90));
    assert_eq!(sim.live_calls(), 0);
    ends_well(&sim);
}

/// A12, I-40: the whole fleet is away for five minutes. Callers who wait are held by the carrier's conference, which asks
/// us for nothing; afterwards they are served in their order.
#[test]
fn while_the_whole_fleet_is_away() {
    let sim = Sim::start(&only_ana(Queue::new("sales").wait_max(secs(900))));
    sim.agent("ana").busy();
    let mut callers = Vec::new();
    for n in 1..=3 {
        let caller = sim.caller(&format!("+1415555012{n}")).dials(NUMBER);
        caller.hears_music();
        callers.push(caller);
    }
    let unanswered = sim.world_mut().fleet_away_for(secs(300));
    assert_eq!(unanswered, 0, "callers who wait need nobody");
    assert!(callers.iter().all(|caller| caller.is_on_the_line()));
    sim.agent("ana").is_ready();
    for caller in &callers {
        sim.agent("ana").rings_within(secs(10)).answers();
        caller.talks_for(secs(10)).hangs_up();
        sim.agent("ana").finishes_wrap_up();
    }
    ends_well(&sim);
}
