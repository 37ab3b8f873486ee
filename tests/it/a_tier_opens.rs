//! Tiers of agents open one after the other: the lowest at once, a higher one when its time has come or nobody is below it.

use switchboard::engine::Builder;
use switchboard::routing::Membership;
use switchboard::setup::queue;
use switchboard::sim::Sim;
use switchboard::{Agent, Flow, Queue, Switchboard};

use crate::acme::{CALLER, NUMBER, secs};

/// Ana is of tier 3, Ben of tier 7; both have times.
fn app(sales: Queue) -> Builder {
    let of = |tier| Membership { tier, ..Membership::default() };
    Switchboard::builder()
        .queue(sales.tier_opens_after(3, secs(40)).tier_opens_after(7, secs(90)))
        .agent(Agent::new("ana").serves_as("sales", of(3)))
        .agent(Agent::new("ben").serves_as("sales", of(7)))
        .number(NUMBER, Flow::say("Welcome.").then(queue("sales")))
}

#[test]
fn the_lowest_at_once_whatever_its_number() {
    let sim = Sim::start(&app(Queue::new("sales")));
    let first = sim.caller("+14155550121").dials(NUMBER);
    sim.agent("ana").rings_within(secs(3)).answers();
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ben").does_not_ring_for(secs(85));
    sim.agent("ben").rings_within(secs(10)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ben"));
    first.hangs_up();
    caller.hangs_up();
    sim.rests();
}

#[test]
fn the_lowest_after_its_time_where_that_is_asked_for() {
    let sim = Sim::start(&app(Queue::new("sales").lowest_tier_waits()));
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").does_not_ring_for(secs(38));
    sim.agent("ana").rings_within(secs(5)).answers();
    caller.talks_for(secs(5));
    caller.hangs_up();
    sim.rests();
}

/// `no_agent_no_wait`: when the last one below goes home, the next tier is asked at once.
#[test]
fn a_higher_one_as_soon_as_nobody_below_is_there() {
    let sim = Sim::start(&app(Queue::new("sales").skip_unstaffed()));
    let first = sim.caller("+14155550121").dials(NUMBER);
    sim.agent("ana").rings_within(secs(3)).answers();
    first.talks_for(secs(5));
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").signs_out();
    sim.agent("ben").does_not_ring_for(secs(20));
    first.hangs_up();
    sim.agent("ben").rings_within(secs(15)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ben"));
    caller.hangs_up();
    sim.rests();
}

/// Ana and Ben are of the first tier, Cleo of the second, which is open from the start.
fn rings_together(sales: Queue) -> Sim {
    let second = Membership { tier: 1, ..Membership::default() };
    let app = Switchboard::builder()
        .queue(sales.ring_at_once(3))
        .agent(Agent::new("ana").serves(["sales"]))
        .agent(Agent::new("ben").serves(["sales"]))
        .agent(Agent::new("cleo").serves_as("sales", second))
        .number(NUMBER, Flow::say("Welcome.").then(queue("sales")));
    Sim::start(&app)
}

/// Ring-all is all of the best tier: nobody of a later one is rung with them, and who comes back to theirs is.
#[test]
fn those_rung_together_are_of_one() {
    let sim = rings_together(Queue::new("sales"));
    sim.agent("ben").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(3));
    sim.agent("cleo").does_not_ring_for(secs(5));
    sim.agent("ben").is_ready();
    let ben = sim.agent("ben").rings_within(secs(2));
    assert!(ana.still_rings());
    ana.declines();
    sim.agent("cleo").does_not_ring_for(secs(5));
    // Nobody of the first tier may have it now.
    ben.declines();
    sim.agent("cleo").rings_within(secs(2)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("cleo"));
    caller.hangs_up();
    sim.rests();
}

/// One more at a time is whoever comes next, of whichever tier is open.
#[test]
fn one_more_at_a_time_may_be_of_the_next() {
    let sim = rings_together(Queue::new("sales").ring_one_more_every(secs(5)));
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("cleo").does_not_ring_for(secs(8));
    let cleo = sim.agent("cleo").rings_within(secs(4));
    assert!(sim.agent("ana").rings() && sim.agent("ben").rings());
    cleo.answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("cleo"));
    caller.hangs_up();
    sim.rests();
}
