//! Callers who do not wait on the line: their place is kept, and they are joined with an agent when it has come up.

use std::time::Duration;

use switchboard::core::Request;
use switchboard::engine::Builder;
use switchboard::id::{CallId, QueueId};
use switchboard::model::{AgentStatus, Call, CallState, CallbackState, EndReason, EventKind};
use switchboard::setup::{Announcements, Callback, callback, hang_up, queue};
use switchboard::sim::Sim;
use switchboard::sim::carrier::{EndpointScript, Ring};
use switchboard::time::Timestamp;
use switchboard::{Agent, Flow, Queue, Switchboard};

use crate::acme::{CALLER, NUMBER, secs};

/// Ana alone; key 1 waits, key 2 is called back.
fn app(sales: Queue) -> Builder {
    Switchboard::builder().queue(sales).agent(Agent::new("ana").serves(["sales"])).number(
        NUMBER,
        Flow::say("Welcome.").key('1', queue("sales")).key('2', callback("sales")).otherwise(queue("sales")),
    )
}

fn sales() -> Queue {
    Queue::new("sales").wait_max(secs(3600)).wrap_up(secs(0)).callback(Callback::new().greeting("This is Acme."))
}

fn sales_id() -> QueueId {
    QueueId::new("sales").expect("a name")
}

/// A telephone that somebody answers who presses these keys, each so long after answering.
fn person(keys: &[(u64, &str)]) -> EndpointScript {
    EndpointScript {
        on_ring: Ring::Answers { after: secs(4) },
        presses: keys.iter().map(|(at, key)| (secs(*at), (*key).to_owned())).collect(),
        ..EndpointScript::default()
    }
}

fn does(on_ring: Ring) -> EndpointScript {
    EndpointScript { on_ring, ..EndpointScript::default() }
}

/// Asks for a callback by the menu, and hangs up.
fn asks(sim: &Sim, number: &str) -> Call {
    // The last call is the one that began last.
    sim.waits(secs(1));
    let caller = sim.caller(number).dials(NUMBER);
    caller.hears("Welcome").presses("2");
    caller.hears("press 1").presses("1");
    caller.hears("Your place in the line is kept");
    sim.waits(secs(10));
    assert!(!caller.is_on_the_line(), "{}", sim.story());
    let call = sim.last_call();
    assert_eq!(state(&call), CallbackState::Holding);
    call
}

fn state(call: &Call) -> CallbackState {
    call.callback.as_ref().expect("a callback").state
}

fn get(sim: &Sim, id: CallId) -> Call {
    sim.calls().into_iter().find(|call| call.id == id).expect("the call")
}

/// Numbers and addresses of those who are joined now, by the carrier's truth.
fn joined(sim: &Sim) -> Vec<(String, String)> {
    sim.world().carrier(|carrier| {
        let now: Vec<_> = carrier.joined().iter().filter(|joined| joined.to.is_none()).cloned().collect();
        let to = |sid: &str| carrier.call(sid).map(|leg| leg.to).unwrap_or_default();
        let mut pairs: Vec<_> = now.iter().map(|joined| (to(&joined.a), to(&joined.b))).collect();
        for pair in &mut pairs {
            if pair.0 > pair.1 {
                *pair = (pair.1.clone(), pair.0.clone());
            }
        }
        pairs.sort();
        pairs
    })
}

fn talks(sim: &Sim, customer: &str, agent: &str) -> bool {
    joined(sim).contains(&(customer.to_owned(), format!("client:{agent}")))
}

/// How often this number was rung.
fn rung(sim: &Sim, number: &str) -> usize {
    let legs = sim.world().carrier(|carrier| carrier.calls());
    legs.iter().filter(|leg| leg.to == number).count()
}

fn missed(call: &Call) -> Vec<(u32, &str)> {
    let missed = call.events.iter().filter_map(|event| match &event.kind {
        EventKind::CallbackMissed { attempt, why } => Some((*attempt, why.as_str())),
        _ => None,
    });
    missed.collect()
}

/// C35: asks by the menu, hangs up, and is joined with the agent who accepts. The agent is rung first.
#[test]
fn by_the_menu() {
    let sim = Sim::start(&app(sales()));
    sim.agent("ana").busy();
    sim.phone(CALLER, person(&[(3, "1")]));
    let call = asks(&sim, CALLER);
    sim.waits(secs(300));
    assert_eq!(rung(&sim, CALLER), 0, "rung while nobody is free");
    sim.agent("ana").is_ready();
    let ana = sim.agent("ana").rings_within(secs(2));
    assert_eq!(rung(&sim, CALLER), 0, "rung before an agent has accepted");
    ana.answers().hears("called back");
    sim.waits(secs(15));
    assert!(talks(&sim, CALLER, "ana"), "{}", sim.story());
    sim.waits(secs(60));
    assert!(talks(&sim, CALLER, "ana"));
    let call = get(&sim, call.id);
    assert_eq!((call.state, state(&call)), (CallState::Talking, CallbackState::Confirmed));
    assert!(call.waited() >= secs(300), "the wait for a callback is a wait");
    ana.hangs_up();
    sim.waits(secs(5));
    assert_eq!(get(&sim, call.id).reason, Some(EndReason::AgentHungUp));
    assert_eq!(rung(&sim, CALLER), 1);
    sim.rests();
}

/// The customer who is called back hears who calls, and the agent nothing of it.
#[test]
fn the_customer_hears_who_calls() {
    let sim = Sim::start(&app(sales()));
    sim.agent("ana").busy();
    sim.phone(CALLER, person(&[(12, "1")]));
    asks(&sim, CALLER);
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    sim.waits(secs(10));
    let heard = sim.story();
    assert!(heard.contains("This is Acme.") && heard.contains("Press 1 to be connected"), "{heard}");
    assert!(!talks(&sim, CALLER, "ana"), "joined before the customer confirmed");
    sim.waits(secs(15));
    assert!(talks(&sim, CALLER, "ana"), "{}", sim.story());
    sim.request(Request::HangUp(sim.last_call().id));
    sim.rests();
}

/// I-36: a placeholder is served in its turn among those who wait on the line: neither before nor after.
#[test]
fn in_the_order_of_the_line() {
    let sim = Sim::start(&app(sales()));
    sim.agent("ana").busy();
    let first = sim.caller("+14155550121").dials(NUMBER);
    first.hears("Welcome").presses("1").hears_music();
    sim.phone(CALLER, person(&[(3, "1")]));
    asks(&sim, CALLER);
    let third = sim.caller("+14155550122").dials(NUMBER);
    third.hears("Welcome").presses("1").hears_music();
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    first.talks_for(secs(10));
    assert!(first.is_joined_with("ana"));
    first.hangs_up();
    sim.agent("ana").rings_within(secs(2)).answers();
    sim.waits(secs(15));
    assert!(talks(&sim, CALLER, "ana"), "the place was not kept: {}", sim.story());
    assert!(third.hears_people().is_empty());
    sim.request(Request::HangUp(sim.calls()[1].id));
    sim.agent("ana").rings_within(secs(2)).answers();
    third.talks_for(secs(5));
    third.hangs_up();
    sim.rests();
}

/// C34, C35: a queue whose callers wait too long offers it as the overflow, and the place from before is kept.
#[test]
fn when_the_wait_is_too_long() {
    let sim = Sim::start(&app(sales().wait_max(secs(60)).overflow(callback("sales"))));
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("Welcome").presses("1").hears_music();
    let queued_at = sim.last_call().queued_at;
    caller.waits(secs(60)).hears("press 1").presses("1");
    caller.hears("Your place in the line is kept");
    let second = sim.caller("+14155550122").dials(NUMBER);
    second.hears("Welcome").presses("1").hears_music();
    sim.waits(secs(10));
    assert_eq!(sim.calls()[0].queued_at, queued_at);
    sim.phone(CALLER, person(&[(3, "1")]));
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    sim.waits(secs(15));
    assert!(talks(&sim, CALLER, "ana"), "{}", sim.story());
    sim.request(Request::HangUp(sim.calls()[0].id));
    second.hangs_up();
    assert_ne!(sim.calls()[0].reason, Some(EndReason::Abandoned));
    sim.rests();
}

/// C30: a full queue offers it, and the place takes no room in it.
#[test]
fn when_the_queue_is_full() {
    let sim = Sim::start(&app(sales().waiting_max(1).overflow(callback("sales"))));
    sim.agent("ana").busy();
    let first = sim.caller("+14155550121").dials(NUMBER);
    first.hears("Welcome").presses("1").hears_music();
    sim.phone(CALLER, person(&[(3, "1")]));
    let second = sim.caller(CALLER).dials(NUMBER);
    second.hears("Welcome").presses("1");
    second.hears("press 1").presses("1").hears("Your place in the line is kept");
    sim.waits(secs(10));
    first.hangs_up();
    let third = sim.caller("+14155550122").dials(NUMBER);
    third.hears("Welcome").presses("1").hears_music();
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    sim.waits(secs(15));
    assert!(talks(&sim, CALLER, "ana"), "{}", sim.story());
    sim.request(Request::HangUp(sim.calls()[1].id));
    third.hangs_up();
    sim.rests();
}

fn offering() -> Queue {
    sales().announcements(
        Announcements::after(secs(20), secs(30)).comfort("Thank you for waiting.").offers_after(secs(40), 1).key(
            '3',
            "To hear our hours, press 3.",
            hang_up("We are open all day."),
        ),
    )
}

/// C35: a waiting caller is offered it, presses the key, is hung up politely and called back at the old place.
#[test]
fn by_a_key_while_waiting() {
    let sim = Sim::start(&app(offering()));
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("Welcome").presses("1").hears_music();
    let queued_at = sim.last_call().queued_at;
    caller.hears("keep your place and call you back").presses("1").hears("Your place in the line is kept");
    sim.waits(secs(10));
    assert!(!caller.is_on_the_line());
    sim.phone(CALLER, person(&[(3, "1")]));
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    sim.waits(secs(15));
    assert!(talks(&sim, CALLER, "ana"), "{}", sim.story());
    assert_eq!(sim.last_call().queued_at, queued_at);
    sim.request(Request::HangUp(sim.last_call().id));
    sim.rests();
}

/// Whoever presses nothing goes back to the music, and is joined as before.
#[test]
fn not_when_no_key_is_pressed() {
    let sim = Sim::start(&app(offering()));
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("Welcome").presses("1").hears_music();
    caller.hears("keep your place and call you back");
    sim.waits(secs(25));
    caller.hears_music();
    assert!(sim.last_call().callback.is_none());
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    caller.talks_for(secs(10));
    assert!(caller.is_joined_with("ana"));
    caller.hangs_up();
    sim.rests();
}

/// An agent accepts while the offer is heard: the caller is led to the room at once.
#[test]
fn not_when_an_agent_accepts_meanwhile() {
    let sim = Sim::start(&app(offering()));
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("Welcome").presses("1").hears_music();
    caller.hears("keep your place and call you back");
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    sim.waits(secs(1));
    assert!(caller.is_joined_with("ana"), "the caller was left in the menu: {}", sim.story());
    caller.presses("1").talks_for(secs(30));
    caller.hangs_up();
    assert_eq!(sim.last_call().reason, Some(EndReason::CustomerHungUp));
    sim.rests();
}

/// A way out by a key is an outcome of its own.
#[test]
fn or_leaves_by_another_key() {
    let sim = Sim::start(&app(offering()));
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("Welcome").presses("1").hears_music();
    caller.hears("press 3").presses("3").hears("We are open all day.");
    sim.waits(secs(10));
    let call = sim.last_call();
    assert_eq!(call.reason, Some(EndReason::Policy));
    let left = call.events.iter().any(|event| event.kind == EventKind::LeftByKey { queue: sales_id(), key: '3' });
    assert!(left, "{}", sim.story());
    sim.rests();
}

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
    assert_eq!(missed(&get(&sim, call.id)), [(1, "withdrawn")]);
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

/// Customer first: rung when an agent is free, waits as anybody else, and is joined.
#[test]
fn the_customer_is_rung_first() {
    let sim = Sim::start(&app(sales().callback(Callback::new().customer_first(secs(30)))));
    sim.agent("ana").busy();
    sim.phone(CALLER, person(&[(3, "1")]));
    let call = asks(&sim, CALLER);
    sim.waits(secs(120));
    assert_eq!(rung(&sim, CALLER), 0, "rung although nobody is near");
    sim.agent("ana").is_ready();
    sim.agent("ana").does_not_ring_for(secs(5));
    assert_eq!(rung(&sim, CALLER), 1);
    sim.agent("ana").rings_within(secs(15)).answers();
    sim.waits(secs(3));
    assert!(talks(&sim, CALLER, "ana"), "{}", sim.story());
    assert_eq!(state(&get(&sim, call.id)), CallbackState::Confirmed);
    sim.request(Request::HangUp(call.id));
    sim.rests();
}

/// Customer first, with an estimate: rung while the turn is near and the agent still talks; then served in order.
#[test]
fn the_customer_is_rung_when_the_turn_is_near() {
    let told = Announcements::after(secs(20), secs(60)).per_place(secs(20));
    let queue = sales().announcements(told).callback(Callback::new().customer_first(secs(30)));
    let sim = Sim::start(&app(queue));
    sim.agent("ana").busy();
    let first = sim.caller("+14155550121").dials(NUMBER);
    first.hears("Welcome").presses("1").hears_music();
    sim.phone(CALLER, person(&[(3, "1")]));
    let call = asks(&sim, CALLER);
    sim.waits(secs(30));
    assert_eq!(rung(&sim, CALLER), 0, "one is ahead: 40 s");
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    first.talks_for(secs(20));
    assert_eq!(rung(&sim, CALLER), 1, "next in line: {}", sim.story());
    let waiting = get(&sim, call.id);
    assert_eq!((waiting.state, state(&waiting)), (CallState::Waiting, CallbackState::Confirmed), "{}", sim.story());
    first.hangs_up();
    sim.agent("ana").rings_within(secs(2)).answers();
    sim.waits(secs(3));
    assert!(talks(&sim, CALLER, "ana"), "{}", sim.story());
    sim.request(Request::HangUp(call.id));
    sim.rests();
}

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
    assert_eq!(sim.last_call().queued_at, call.queued_at);
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
    sim.agent("ana").is_ready();
    sim.agent("ana").does_not_ring_for(secs(60));
    assert_eq!(rung(&sim, CALLER), 0);
    sim.rests();
}

fn wish(id: &str, at: Option<Timestamp>) -> Request {
    let to = CALLER.parse().expect("a number");
    Request::Callback { id: id.to_owned(), queue: sales_id(), to, at, utc_offset_mins: None }
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
        sim.agent("ana").is_ready();
        sim.agent("ana").rings_within(secs(2)).answers();
        sim.waits(secs(5));
        assert_eq!((again.is_joined_with("ana"), other.is_joined_with("ana")), (is_kept, !is_kept), "{}", sim.story());
        again.hangs_up();
        other.hangs_up();
        sim.rests();
        if is_kept {
            // A place is had once.
            let third = sim.caller(CALLER).dials(NUMBER);
            third.hears("Welcome").presses("1");
            sim.waits(secs(2));
            assert!(sim.last_call().queued_at > resumed.queued_at);
            third.hangs_up();
            sim.rests();
        }
    }
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
