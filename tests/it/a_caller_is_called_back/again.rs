//! Asks again, calls again.

use switchboard::model::{CallbackState, EndReason};
use switchboard::sim::Sim;
use switchboard::sim::carrier::{EndpointScript, Ring};

use super::{app, asks, get, rung, sales, state, wish};
use crate::acme::{CALLER, NUMBER, secs};

/// Who calls again meanwhile has the place, and is not called back too.
#[test]
fn calls_again_and_has_the_place() {
    let sim = Sim::start(&app(sales()));
    sim.agent("ana").busy();
    let call = asks(&sim, CALLER);
    let other = sim.caller("+14155550122").dials(NUMBER);
    other.hears("Welcome").presses("1").hears_music();
    let again = sim.caller(CALLER).dials(NUMBER);
    again.hears("Welcome").presses("1").hears("Your place in the line was kept").hears_music();
    // Both began in the same moment, so that neither is the last.
    let resumed = sim.calls().into_iter().rfind(|call| call.customer == CALLER && call.resumed_by.is_none());
    assert_eq!(resumed.and_then(|call| call.queued_at), call.queued_at);
    assert_eq!(get(&sim, call.id).reason, Some(EndReason::Resumed));
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    again.talks_for(secs(5));
    assert!(again.is_joined_with("ana"), "{}", sim.story());
    again.hangs_up();
    other.hangs_up();
    sim.agent("ana").does_not_ring_for(secs(60));
    assert_eq!(rung(&sim, CALLER), 0);
    sim.rests();
}

/// The same while an agent already rings for the callback, and while the customer's other telephone rings.
#[test]
fn calls_again_while_the_agent_is_rung() {
    for accepted in [false, true] {
        let sim = Sim::start(&app(sales()));
        sim.agent("ana").busy();
        sim.phone(CALLER, EndpointScript { on_ring: Ring::Manual, ..EndpointScript::default() });
        asks(&sim, CALLER);
        sim.agent("ana").is_ready();
        let ana = sim.agent("ana").rings_within(secs(2));
        if accepted {
            ana.answers();
            sim.waits(secs(3));
        }
        let again = sim.caller(CALLER).dials(NUMBER);
        again.hears("Welcome").presses("1").hears("Your place in the line was kept");
        sim.waits(secs(2));
        assert!(sim.world().carrier(|carrier| carrier.ringing_at(CALLER)).is_empty(), "still rung: {}", sim.story());
        sim.agent("ana").rings_within(secs(5)).answers();
        again.talks_for(secs(5));
        assert!(again.is_joined_with("ana"), "{}", sim.story());
        again.hangs_up();
        sim.rests();
    }
}

/// Asking again is asking once, by the menu and by the application; the second time it can be cancelled.
#[test]
fn asks_twice_and_is_called_once() {
    let sim = Sim::start(&app(sales()));
    sim.agent("ana").busy();
    let call = asks(&sim, CALLER);
    let again = sim.caller(CALLER).dials(NUMBER);
    again.hears("Welcome").presses("2").hears("We will call you back already");
    again.hangs_up();
    let asked = |id: &str| {
        let world = sim.world();
        let request = wish(id, None);
        world.block_on(world.switchboard().request_call(request)).expect("a call")
    };
    assert_eq!(asked("one"), call.id);
    assert_eq!(asked("two"), call.id);
    assert_eq!(state(&get(&sim, call.id)), CallbackState::Holding);
    let third = sim.caller(CALLER).dials(NUMBER);
    third.hears("Welcome").presses("2").hears("already").presses("2").hears("You will not be called back");
    sim.waits(secs(10));
    assert_eq!(get(&sim, call.id).reason, Some(EndReason::Cancelled));
    let records = sim.world().store().records();
    assert!(!records.iter().any(|record| record.key.as_str().starts_with("promise/")), "a promise is left over");
    sim.agent("ana").is_ready();
    sim.agent("ana").does_not_ring_for(secs(60));
    assert_eq!(rung(&sim, CALLER), 0);
    sim.rests();
}

/// A call that breaks off while waiting keeps its place for a minute, for the same number.
#[test]
fn breaks_off_and_calls_again() {
    for (pause, is_kept) in [(secs(30), true), (secs(90), false)] {
        let sim = Sim::start(&app(sales()));
        sim.agent("ana").busy();
        let caller = sim.caller(CALLER).dials(NUMBER);
        caller.hears("Welcome").presses("1").hears_music();
        let broke_off = sim.last_call();
        let other = sim.caller("+14155550122").dials(NUMBER);
        other.hears("Welcome").presses("1").hears_music();
        caller.hangs_up();
        sim.waits(pause - secs(10));
        let again = sim.caller(CALLER).dials(NUMBER);
        again.hears("Welcome").presses("1").hears_music();
        let resumed = sim.last_call();
        assert_eq!(resumed.queued_at == broke_off.queued_at, is_kept, "{pause:?}");
        // A place is had once.
        sim.waits(secs(1));
        let third = sim.caller(CALLER).dials(NUMBER);
        third.hears("Welcome").presses("1").hears_music();
        assert!(sim.last_call().queued_at > resumed.queued_at, "two have one place");
        third.hangs_up();
        sim.agent("ana").is_ready();
        sim.agent("ana").rings_within(secs(2)).answers();
        sim.waits(secs(5));
        assert_eq!((again.is_joined_with("ana"), other.is_joined_with("ana")), (is_kept, !is_kept), "{}", sim.story());
        again.hangs_up();
        other.hangs_up();
        sim.rests();
    }
}

/// Who calls before that time does not wait longer for it.
#[test]
fn calls_before_the_time_that_was_agreed_on() {
    let sim = Sim::start(&app(sales()));
    let at = sim.world().now() + secs(3600);
    sim.request(wish("order 7", Some(at)));
    sim.agent("ana").busy();
    sim.waits(secs(1));
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("Welcome").presses("1").hears_music();
    let queued_at = sim.last_call().queued_at.expect("a place");
    assert!(queued_at <= sim.world().now());
    let second = sim.caller("+14155550122").dials(NUMBER);
    second.hears("Welcome").presses("1").hears_music();
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ana"));
    caller.hangs_up();
    second.hangs_up();
    sim.rests();
    sim.waits(secs(4000));
    assert_eq!(rung(&sim, CALLER), 0);
}
