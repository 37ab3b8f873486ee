//! Callers who do not wait on the line: their place is kept, and they are joined with an agent when it has come up.

mod again;
mod order;
mod times;
mod troubles;

use switchboard::core::Request;
use switchboard::engine::Builder;
use switchboard::id::{CallId, QueueId};
use switchboard::model::{Call, CallState, CallbackState, EndReason, EventKind};
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

fn wish(id: &str, at: Option<Timestamp>) -> Request {
    let to = CALLER.parse().expect("a number");
    Request::Callback { id: id.to_owned(), queue: sales_id(), to, at, utc_offset_mins: None }
}

/// The wait runs out while the offer is heard: the overflow holds, and a key that comes then changes nothing.
#[test]
fn not_when_the_wait_runs_out_meanwhile() {
    let jazz = Queue::new("jazz").wait_max(secs(3600));
    let app = app(offering().wait_max(secs(45)).overflow(queue("jazz")))
        .queue(jazz)
        .agent(Agent::new("ben").serves(["jazz"]));
    let sim = Sim::start(&app);
    sim.agent("ana").busy();
    sim.agent("ben").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("Welcome").presses("1").hears_music();
    caller.hears("keep your place and call you back");
    sim.waits(secs(6));
    caller.hears_music().presses("1");
    sim.waits(secs(30));
    let call = sim.last_call();
    assert!(call.callback.is_none() && call.queue.as_ref().is_some_and(|queue| queue.as_str() == "jazz"));
    sim.agent("ben").is_ready();
    sim.agent("ben").rings_within(secs(2)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ben"));
    caller.hangs_up();
    sim.rests();
}

/// A queue that keeps callers for the agent of their last conversation does so when it calls back, too.
#[test]
fn by_the_agent_of_the_last_conversation() {
    let app = app(sales().last_agent(secs(3600), secs(120))).agent(Agent::new("ben").serves(["sales"]));
    let sim = Sim::start(&app);
    sim.agent("ana").busy();
    for number in [CALLER, "+14155550121"] {
        let caller = sim.caller(number).dials(NUMBER);
        caller.hears("Welcome").presses("1");
        sim.agent("ben").rings_within(secs(5)).answers();
        sim.waits(secs(5));
        if number == CALLER {
            caller.hangs_up();
            sim.waits(secs(2));
        }
    }
    sim.phone(CALLER, person(&[(3, "1")]));
    let call = asks(&sim, CALLER);
    // Ana has been free for longer, and Ben still talks.
    sim.agent("ana").is_ready();
    sim.agent("ana").does_not_ring_for(secs(20));
    let other = sim.calls().into_iter().find(|call| call.customer == "+14155550121").expect("the other call");
    sim.request(Request::HangUp(other.id));
    sim.agent("ben").rings_within(secs(5)).answers();
    sim.waits(secs(15));
    assert!(talks(&sim, CALLER, "ben"), "{}", sim.story());
    sim.request(Request::HangUp(call.id));
    sim.rests();
}
