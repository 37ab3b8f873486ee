//! What goes wrong, and whoever changes their mind.

use std::time::Duration;

use switchboard::Agent;
use switchboard::core::Request;
use switchboard::model::{AgentStatus, CallState, CallbackState, EndReason, EventKind};
use switchboard::setup::Callback;
use switchboard::sim::Sim;
use switchboard::sim::carrier::{EndpointScript, Ring};

use super::{app, asks, does, get, joined, missed, person, rung, sales, state, talks};
use crate::acme::{CALLER, NUMBER, secs};

/// Voicemail presses no key: nobody talks to it. Three attempts, 10 minutes apart, then it is over.
#[test]
fn but_nobody_is_there() {
    let voicemail = person(&[]);
    for (phone, why, reason) in [
        (voicemail, "not_confirmed", EndReason::NoAnswer),
        (does(Ring::RingsOut), "no_answer", EndReason::NoAnswer),
        (does(Ring::Busy), "busy", EndReason::Busy),
        (does(Ring::Fails), "failed", EndReason::Failed),
    ] {
        let sim = Sim::start(&app(sales()));
        sim.agent("ana").busy();
        sim.phone(CALLER, phone);
        let call = asks(&sim, CALLER);
        sim.agent("ana").is_ready();
        for attempt in 1..=3 {
            let ana = sim.agent("ana").rings_within(secs(2));
            ana.answers();
            if attempt < 3 {
                ana.hears("could not be reached");
                sim.waits(secs(5));
            } else {
                sim.waits(secs(60));
            }
            assert!(ana.is_over());
            assert_eq!(sim.agent("ana").status(), AgentStatus::Ready, "{why}: free for others");
            assert_eq!(rung(&sim, CALLER), attempt, "{why}: {}", sim.story());
            if attempt < 3 {
                sim.agent("ana").does_not_ring_for(secs(580));
                sim.waits(secs(14));
            }
        }
        sim.agent("ana").does_not_ring_for(secs(3600));
        let call = get(&sim, call.id);
        assert_eq!(missed(&call), [(1, why), (2, why), (3, why)]);
        assert_eq!((call.state, call.reason), (CallState::Ended, Some(reason)), "{}", sim.story());
        assert!(joined(&sim).is_empty());
        sim.rests();
    }
}

/// An agent who accepts and is lost: the customer is not rung for nobody, and it costs no attempt.
#[test]
fn the_agent_is_lost_while_the_customer_is_rung() {
    let app = app(sales()).agent(Agent::new("ben").serves(["sales"]));
    let sim = Sim::start(&app);
    sim.agent("ana").busy();
    sim.agent("ben").busy();
    sim.phone(CALLER, EndpointScript { on_ring: Ring::Manual, ..EndpointScript::default() });
    let call = asks(&sim, CALLER);
    sim.agent("ana").is_ready();
    let ana = sim.agent("ana").rings_within(secs(2));
    ana.answers();
    sim.waits(secs(5));
    assert_eq!(rung(&sim, CALLER), 1);
    ana.hangs_up();
    sim.waits(secs(2));
    assert!(sim.world().carrier(|carrier| carrier.ringing_at(CALLER)).is_empty(), "rung for nobody");
    sim.phone(CALLER, person(&[(3, "1")]));
    sim.agent("ben").is_ready();
    sim.agent("ben").rings_within(secs(2)).answers();
    sim.waits(secs(15));
    assert!(talks(&sim, CALLER, "ben"), "{}", sim.story());
    let call = get(&sim, call.id);
    assert_eq!(missed(&call), [(1, "withdrawn")]);
    let attempts = call.events.iter().filter_map(|event| match event.kind {
        EventKind::CallbackDialled { attempt } => Some(attempt),
        _ => None,
    });
    assert_eq!(attempts.collect::<Vec<_>>(), [1, 1], "an attempt was counted that was none");
    sim.request(Request::HangUp(call.id));
    sim.rests();
}

/// The same when the customer has answered: they wait for the next agent, at the old place.
#[test]
fn the_agent_is_lost_while_the_customer_confirms() {
    let app = app(sales()).agent(Agent::new("ben").serves(["sales"]));
    let sim = Sim::start(&app);
    sim.agent("ana").busy();
    sim.agent("ben").busy();
    sim.phone(CALLER, person(&[(9, "1")]));
    let call = asks(&sim, CALLER);
    sim.agent("ana").is_ready();
    let ana = sim.agent("ana").rings_within(secs(2));
    ana.answers();
    sim.waits(secs(8));
    ana.hangs_up();
    sim.waits(secs(10));
    let waiting = get(&sim, call.id);
    assert_eq!((waiting.state, state(&waiting)), (CallState::Waiting, CallbackState::Confirmed), "{}", sim.story());
    sim.agent("ben").is_ready();
    sim.agent("ben").rings_within(secs(2)).answers();
    sim.waits(secs(3));
    assert!(talks(&sim, CALLER, "ben"), "{}", sim.story());
    sim.request(Request::HangUp(call.id));
    sim.rests();
}

/// The customer does not need it any more when rung: the agent is told, and nobody is rung again.
#[test]
fn does_not_need_it_any_more() {
    let sim = Sim::start(&app(sales()));
    sim.agent("ana").busy();
    sim.phone(CALLER, person(&[(3, "2")]));
    let call = asks(&sim, CALLER);
    sim.agent("ana").is_ready();
    let ana = sim.agent("ana").rings_within(secs(2));
    ana.answers();
    sim.waits(secs(20));
    assert!(ana.is_over());
    assert_eq!(get(&sim, call.id).reason, Some(EndReason::Cancelled), "{}", sim.story());
    sim.rests();
}

/// The application takes it back at every step; then nobody is rung, and asking anew is a new promise.
#[test]
fn is_cancelled_by_the_application_at_every_step() {
    for step in 0..20 {
        let sim = Sim::start(&app(sales()));
        sim.agent("ana").busy();
        sim.phone(CALLER, person(&[(3, "1")]));
        let call = asks(&sim, CALLER);
        sim.agent("ana").is_ready();
        let ringing = sim.agent("ana").rings_within(secs(2));
        ringing.answers();
        sim.waits(Duration::from_millis(step * 700));
        let talks = get(&sim, call.id).state == CallState::Talking;
        let confirmed = state(&get(&sim, call.id)) == CallbackState::Confirmed;
        let result = sim.try_request(Request::CancelCallback(call.id));
        assert_eq!(result.is_err(), confirmed, "step {step}: talks {talks}");
        if confirmed {
            sim.request(Request::HangUp(call.id));
        }
        sim.waits(secs(5));
        assert!(ringing.is_over(), "step {step}");
        assert_eq!(sim.agent("ana").status(), AgentStatus::Ready, "step {step}");
        sim.agent("ana").does_not_ring_for(secs(30));
        sim.rests();
        assert!(rung(&sim, CALLER) <= 1, "step {step}");
    }
}

/// D12: who shows no number is not called back, unless numbers that can be keyed in are named; others are refused.
#[test]
fn shows_no_number() {
    let sim = Sim::start(&app(sales()));
    sim.agent("ana").busy();
    let caller = sim.caller("anonymous").dials(NUMBER);
    caller.hears("Welcome").presses("2").hears("we cannot call you back").hears("Please call again later");
    sim.waits(secs(10));
    assert!(!caller.is_on_the_line());

    let sim = Sim::start(&app(sales().callback(Callback::new().numbers_beginning("+1415"))));
    sim.agent("ana").busy();
    sim.phone(CALLER, person(&[(3, "1")]));
    let caller = sim.caller("anonymous").dials(NUMBER);
    caller.hears("Welcome").presses("2").hears("Please key in your number").presses("19005550123#");
    sim.waits(secs(2));
    assert!(sim.last_call().callback.is_some_and(|callback| callback.number.is_none()), "a number of another kind");
    caller.presses("14155550123#").hears("4 1 5 5 5 5 0 1 2 3").presses("1");
    caller.hears("Your place in the line is kept");
    sim.waits(secs(10));
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    sim.waits(secs(15));
    assert!(talks(&sim, CALLER, "ana"), "{}", sim.story());
    sim.request(Request::HangUp(sim.last_call().id));
    sim.rests();
}

/// Every promise survives a restart: all nodes are away when it is due, and the call is made when they are back.
#[test]
fn after_a_restart() {
    let sim = Sim::start(&app(sales()));
    sim.agent("ana").busy();
    sim.phone(CALLER, does(Ring::Busy));
    let call = asks(&sim, CALLER);
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    sim.waits(secs(5));
    assert_eq!(state(&get(&sim, call.id)), CallbackState::Later);
    sim.phone(CALLER, person(&[(3, "1")]));
    sim.world_mut().fleet_away_for(secs(900));
    sim.agent("ana").rings_within(secs(5)).answers();
    sim.waits(secs(15));
    assert!(talks(&sim, CALLER, "ana"), "{}", sim.story());
    sim.request(Request::HangUp(call.id));
    sim.rests();
}

/// A promise that could not be kept expires, and says so.
#[test]
fn not_after_the_promise_has_expired() {
    let sim = Sim::start(&app(sales().callback(Callback::new().expires_after(secs(3600)))));
    sim.agent("ana").busy();
    let call = asks(&sim, CALLER);
    sim.waits(secs(3700));
    let call = get(&sim, call.id);
    assert_eq!((call.state, call.reason), (CallState::Ended, Some(EndReason::Expired)));
    sim.agent("ana").is_ready();
    sim.agent("ana").does_not_ring_for(secs(60));
    sim.rests();
}
