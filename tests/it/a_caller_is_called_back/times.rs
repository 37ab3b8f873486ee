//! Not before, not after, and at which place then.

use switchboard::core::Request;
use switchboard::model::CallbackState;
use switchboard::setup::Callback;
use switchboard::sim::Sim;
use switchboard::sim::carrier::Ring;
use switchboard::time::Timestamp;

use super::{app, asks, does, get, person, rung, sales, state, talks, wish};
use crate::acme::{CALLER, NUMBER, secs};

/// At a time that was agreed on, not before, and at the place of that time.
#[test]
fn at_a_time_that_was_agreed_on() {
    let sim = Sim::start(&app(sales()));
    sim.phone(CALLER, person(&[(3, "1")]));
    let at = sim.world().now() + secs(3600);
    sim.request(wish("order 7", Some(at)));
    sim.request(wish("order 7", Some(at)));
    assert_eq!(sim.calls().len(), 1);
    sim.agent("ana").does_not_ring_for(secs(3590));
    sim.agent("ana").rings_within(secs(12)).answers();
    sim.waits(secs(15));
    assert!(talks(&sim, CALLER, "ana"), "{}", sim.story());
    assert_eq!(sim.last_call().queued_at, Some(at));
    sim.request(Request::HangUp(sim.last_call().id));
    sim.rests();
}

/// D10: never rung outside the hours: neither before they begin, nor so late that the ringing would outlast them.
#[test]
fn within_the_hours() {
    let start = Sim::start(&app(sales())).world().now();
    let minute = (start.as_secs() / 60).rem_euclid(24 * 60);
    let clock = |mins: i64| u16::try_from((minute + mins).rem_euclid(24 * 60)).expect("minutes");
    // Open from 60 to 120 minutes from now, told in a local time that is 5:30 ahead.
    let hours = |from: i64, to: i64| sales().callback(Callback::new().hours(clock(from + 330), clock(to + 330), 330));
    let sim = Sim::start(&app(hours(60, 120)));
    sim.phone(CALLER, does(Ring::Busy));
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("Welcome").presses("2");
    caller.hears("press 1").presses("1").hears("as soon as our lines are open");
    sim.agent("ana").does_not_ring_for(secs(55 * 60));
    sim.agent("ana").rings_within(secs(6 * 60)).answers();
    sim.waits(secs(10));
    assert_eq!(rung(&sim, CALLER), 1);
    sim.agent("ana").busy();
    sim.waits(secs(70 * 60));
    assert_eq!(state(&sim.last_call()), CallbackState::Later, "in the line after hours");
    sim.agent("ana").is_ready();
    sim.agent("ana").does_not_ring_for(secs(3600));
    assert_eq!(rung(&sim, CALLER), 1);
    sim.request(Request::CancelCallback(sim.last_call().id));
    sim.rests();
}

/// The hours end while an agent's telephone rings: the offer is taken back, and nobody is called.
#[test]
fn the_hours_end_while_an_agent_is_rung() {
    let start = Sim::start(&app(sales())).world().now();
    let minute = (start.as_secs() / 60).rem_euclid(24 * 60);
    let clock = |mins: i64| u16::try_from((minute + mins).rem_euclid(24 * 60)).expect("minutes");
    let sim =
        Sim::start(&app(sales().ring_timeout(secs(120)).callback(Callback::new().hours(clock(-60), clock(5), 0))));
    sim.agent("ana").busy();
    sim.phone(CALLER, person(&[(3, "1")]));
    asks(&sim, CALLER);
    let closes = start.as_secs().div_euclid(60) * 60 + 5 * 60;
    let until = Timestamp::from_secs(closes - 35);
    let time = until.since(sim.world().now());
    sim.waits(time);
    sim.agent("ana").is_ready();
    let ana = sim.agent("ana").rings_within(secs(2));
    sim.waits(secs(10));
    assert!(ana.is_over(), "rings for a call that may not be made");
    assert_eq!(state(&sim.last_call()), CallbackState::Later);
    sim.agent("ana").does_not_ring_for(secs(600));
    assert_eq!(rung(&sim, CALLER), 0);
    sim.request(Request::CancelCallback(sim.last_call().id));
    sim.rests();
}

/// The second attempt has the old place; after the grace the place moves back.
#[test]
fn the_place_is_kept_through_attempts_for_a_while() {
    let sim = Sim::start(&app(sales().callback(Callback::new().attempts(5, secs(600)).grace(secs(900), secs(600)))));
    sim.agent("ana").busy();
    sim.phone(CALLER, does(Ring::Busy));
    let call = asks(&sim, CALLER);
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    sim.waits(secs(10));
    sim.agent("ana").busy();
    sim.waits(secs(700));
    let place = get(&sim, call.id).line_time();
    assert_eq!(place, get(&sim, call.id).queued_at, "the first retry lost its place");
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    sim.waits(secs(10));
    sim.agent("ana").busy();
    sim.waits(secs(700));
    let later = get(&sim, call.id).line_time();
    assert_eq!(later, place.map(|place| place + secs(600)));
    sim.request(Request::CancelCallback(call.id));
    sim.rests();
}
