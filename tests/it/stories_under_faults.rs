//! The stories again, with every webhook doubled, with webhooks reordered, with replies of the provider lost, with the store
//! failing, and with the node dying at every await. Judged by the carrier's truth.

use switchboard::core::Request;
use switchboard::engine::Builder;
use switchboard::id::{AgentId, QueueId};
use switchboard::model::{AgentStatus, CallState, CallbackState, Target};
use switchboard::setup::{self, Announcements, Callback, hang_up};
use switchboard::sim::carrier::{CarrierConfig, EndpointScript, Faults, NextRest, RestFault, Ring};
use switchboard::sim::{Chaos, Sim, StoreFault};
use switchboard::{Agent, Flow, Queue, Switchboard};

use crate::acme::{CALLER, NUMBER, acme, ana_and_ben, only_ana, secs};

type Tell = fn(&Sim);

/// A dead node's work waits for its lease to end, and a lost reply for the question about it.
const PATIENT: std::time::Duration = secs_const(40);

const fn secs_const(secs: u64) -> std::time::Duration {
    std::time::Duration::from_secs(secs)
}

fn stories() -> Vec<(&'static str, Builder, Tell)> {
    let sales = || Queue::new("sales").wait_max(secs(600));
    vec![
        ("by the menu", acme(), by_the_menu as Tell),
        ("declined", ana_and_ben(sales()), declined),
        ("rings out", ana_and_ben(sales()), rings_out),
        ("two at once", ana_and_ben(sales().ring_at_once(2)), two_at_once),
        ("caller leaves", only_ana(sales()), caller_leaves),
        ("agent hangs up", only_ana(sales()), agent_hangs_up),
        ("waits too long", only_ana(Queue::new("sales").wait_max(secs(20)).overflow(hang_up("Sorry."))), too_long),
        ("click to call", only_ana(sales()), click_to_call),
        ("outbound", only_ana(sales()), outbound),
        ("hung up by request", only_ana(sales()), hung_up_by_request),
        ("signs out during a call", only_ana(sales()), signs_out_during_a_call),
        ("signs out while ringing", ana_and_ben(sales()), signs_out_while_ringing),
        ("full", only_ana(Queue::new("sales").waiting_max(1).overflow(hang_up("Full."))), full),
        ("closed", only_ana(Queue::new("sales").overflow(hang_up("Closed."))), closed),
        ("in order", only_ana(sales().wrap_up(secs(0))), in_order),
        ("called back", callable(Callback::new()), called_back),
        ("called back, rung first", callable(Callback::new().customer_first(secs(30))), called_back_first),
        ("offered a callback while waiting", offered(), offered_a_callback),
        ("has the place again", only_ana(sales()), has_the_place_again),
    ]
}

fn by_the_menu(sim: &Sim) {
    sim.agent("cleo").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("Thanks for calling Acme").presses("2");
    sim.agent("ben").rings_within(PATIENT).answers();
    caller.talks_for(secs(20));
    assert!(caller.is_joined_with("ben"));
    caller.hangs_up();
}

fn declined(sim: &Sim) {
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(PATIENT).declines();
    sim.agent("ben").rings_within(PATIENT).answers();
    caller.talks_for(secs(20));
    assert!(caller.is_joined_with("ben"));
    caller.hangs_up();
}

fn rings_out(sim: &Sim) {
    let caller = sim.caller(CALLER).dials(NUMBER);
    let _unanswered = sim.agent("ana").rings_within(PATIENT);
    sim.agent("ben").rings_within(secs(60)).answers();
    caller.talks_for(secs(20));
    assert!(caller.is_joined_with("ben"));
    caller.hangs_up();
}

fn two_at_once(sim: &Sim) {
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(PATIENT);
    let ben = sim.agent("ben").rings_within(PATIENT);
    sim.world().carrier(|carrier| {
        carrier.answers(ana.sid());
        carrier.answers(ben.sid());
    });
    sim.world_mut().settle();
    caller.talks_for(secs(20));
    assert_eq!(caller.hears_people().len(), 1, "exactly one agent is joined");
    caller.hangs_up();
}

fn caller_leaves(sim: &Sim) {
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(PATIENT);
    caller.hangs_up();
    sim.waits(PATIENT);
    assert!(ana.is_over(), "her telephone rings for nobody");
}

fn agent_hangs_up(sim: &Sim) {
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(PATIENT);
    ana.answers();
    caller.talks_for(secs(20));
    ana.hangs_up();
    sim.waits(PATIENT);
    assert!(!caller.is_on_the_line());
}

fn too_long(sim: &Sim) {
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears_music().hears("Sorry.");
    sim.waits(secs(10));
    assert!(!caller.is_on_the_line());
}

fn click_to_call(sim: &Sim) {
    sim.request(Request::ClickToCall {
        id: "click 1".to_owned(),
        agent: AgentId::new("ana").expect("a name"),
        to: "+14155550150".parse().expect("a number"),
        from: None,
    });
    sim.agent("ana").rings_within(PATIENT).answers();
    sim.waits(PATIENT);
    let joined = sim.world().carrier(|carrier| carrier.joined());
    assert!(joined.iter().any(|joined| joined.to.is_none()), "agent and customer do not hear each other");
    sim.request(Request::HangUp(sim.last_call().id));
}

fn outbound(sim: &Sim) {
    sim.request(Request::PlaceCall {
        id: "order 7".to_owned(),
        to: "+14155550150".parse().expect("a number"),
        from: None,
        target: Target::Queue { queue: sales(), priority: 0, needs: switchboard::routing::Needs::new(), prefer: None },
    });
    let ana = sim.agent("ana").rings_within(PATIENT + PATIENT);
    ana.answers();
    sim.waits(secs(20));
    let joined = sim.world().carrier(|carrier| carrier.joined());
    assert!(joined.iter().any(|joined| joined.to.is_none()), "agent and customer do not hear each other");
    ana.hangs_up();
    sim.waits(PATIENT);
}

fn hung_up_by_request(sim: &Sim) {
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(PATIENT);
    ana.answers();
    caller.talks_for(secs(10));
    sim.request(Request::HangUp(sim.last_call().id));
    sim.waits(PATIENT);
    assert!(!caller.is_on_the_line() && ana.is_over());
}

fn signs_out_during_a_call(sim: &Sim) {
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(PATIENT).answers();
    caller.talks_for(secs(10));
    sim.agent("ana").signs_out();
    caller.talks_for(secs(30));
    assert!(caller.is_joined_with("ana"));
    caller.hangs_up();
    sim.waits(PATIENT);
    assert_eq!(sim.agent("ana").status(), AgentStatus::Offline);
}

fn signs_out_while_ringing(sim: &Sim) {
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(PATIENT);
    sim.agent("ana").signs_out();
    sim.agent("ben").rings_within(PATIENT).answers();
    caller.talks_for(secs(20));
    assert!(ana.is_over() && caller.is_joined_with("ben"));
    caller.hangs_up();
}

fn full(sim: &Sim) {
    sim.agent("ana").busy();
    let first = sim.caller("+14155550121").dials(NUMBER);
    first.hears_music();
    let second = sim.caller("+14155550122").dials(NUMBER);
    second.hears("Full.");
    sim.waits(secs(10));
    assert!(first.is_on_the_line() && !second.is_on_the_line());
    first.hangs_up();
}

fn closed(sim: &Sim) {
    sim.request(Request::SetQueueOpen(sales(), false));
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("Closed.");
    sim.waits(secs(10));
    assert!(!caller.is_on_the_line());
}

fn in_order(sim: &Sim) {
    sim.agent("ana").busy();
    let callers = ["+14155550121", "+14155550122"].map(|number| {
        let caller = sim.caller(number).dials(NUMBER);
        caller.hears_music();
        sim.waits(secs(10));
        caller
    });
    sim.agent("ana").is_ready();
    for caller in &callers {
        sim.agent("ana").rings_within(PATIENT).answers();
        caller.talks_for(secs(10));
        assert!(caller.is_joined_with("ana"), "the second was served before the first");
        caller.hangs_up();
    }
}

/// Callers who do not wait.
fn callable(callback: Callback) -> Builder {
    Switchboard::builder()
        .queue(Queue::new("sales").wait_max(secs(600)).callback(callback))
        .agent(Agent::new("ana").serves(["sales"]))
        .number(NUMBER, Flow::say("Welcome.").then(setup::callback("sales")))
}

/// Callers who are told where they stand, and offered a callback.
fn offered() -> Builder {
    let told = Announcements::after(secs(15), secs(20)).position().offers_after(secs(40), 1);
    only_ana(Queue::new("sales").wait_max(secs(600)).callback(Callback::new()).announcements(told))
}

/// The customer's telephone, which is answered after 4 s and on which 1 is pressed 12 s later.
fn answers_and_confirms(sim: &Sim) {
    let presses = (12..40).step_by(4).map(|at| (secs(at), "1".to_owned())).collect();
    sim.phone(
        CALLER,
        EndpointScript { on_ring: Ring::Answers { after: secs(4) }, presses, ..EndpointScript::default() },
    );
}

fn promised(sim: &Sim) {
    let call = sim.last_call();
    let callback = call.callback.filter(|callback| callback.state == CallbackState::Holding);
    assert!(callback.is_some(), "no place is kept: {}", sim.story());
}

/// Whether customer and agent hear each other, by the carrier's truth.
fn are_joined(sim: &Sim) -> bool {
    sim.world().carrier(|carrier| {
        carrier.joined().iter().filter(|joined| joined.to.is_none()).any(|joined| {
            let mut to = [&joined.a, &joined.b].map(|sid| carrier.call(sid).map(|leg| leg.to).unwrap_or_default());
            to.sort();
            to == [CALLER, "client:ana"]
        })
    })
}

fn called_back(sim: &Sim) {
    sim.agent("ana").busy();
    answers_and_confirms(sim);
    sim.caller(CALLER).dials(NUMBER).hears("press 1").presses("1").hears("Your place in the line is kept");
    sim.waits(PATIENT);
    promised(sim);
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(PATIENT).answers();
    sim.waits(PATIENT + PATIENT);
    assert!(are_joined(sim), "{}", sim.story());
    sim.request(Request::HangUp(sim.last_call().id));
}

fn called_back_first(sim: &Sim) {
    sim.agent("ana").busy();
    answers_and_confirms(sim);
    sim.caller(CALLER).dials(NUMBER).hears("press 1").presses("1").hears("Your place in the line is kept");
    sim.waits(PATIENT);
    promised(sim);
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(PATIENT + PATIENT).answers();
    sim.waits(secs(20));
    assert!(are_joined(sim), "{}", sim.story());
    sim.request(Request::HangUp(sim.last_call().id));
}

fn offered_a_callback(sim: &Sim) {
    sim.agent("ana").busy();
    answers_and_confirms(sim);
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears_music();
    caller
        .waits(secs(20))
        .hears("keep your place and call you back")
        .presses("1")
        .hears("Your place in the line is kept");
    sim.waits(PATIENT);
    promised(sim);
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(PATIENT).answers();
    sim.waits(PATIENT + PATIENT);
    assert!(are_joined(sim), "{}", sim.story());
    sim.request(Request::HangUp(sim.last_call().id));
}

fn has_the_place_again(sim: &Sim) {
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears_music().hangs_up();
    sim.waits(secs(20));
    let queued_at = sim.last_call().queued_at;
    let again = sim.caller(CALLER).dials(NUMBER);
    again.hears("Your place in the line was kept").hears_music();
    assert_eq!(sim.last_call().queued_at, queued_at);
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(PATIENT).answers();
    again.talks_for(secs(20));
    assert!(again.is_joined_with("ana"));
    again.hangs_up();
}

fn sales() -> QueueId {
    QueueId::new("sales").expect("a name")
}

/// Tells each story after `prepare`; at the end nobody was lost, nothing is broken, every call is over.
fn tell_all(how: &str, prepare: impl Fn(&Sim)) {
    for (name, app, tell) in stories() {
        tell_one(&format!("{name}, {how}"), &app, tell, &prepare);
    }
}

fn tell_one(what: &str, app: &Builder, tell: Tell, prepare: &impl Fn(&Sim)) -> u64 {
    // Shown when the story fails.
    println!("the story: {what}");
    let sim = Sim::start_with(app, CarrierConfig { seed: 3, ..CarrierConfig::default() }, 2);
    prepare(&sim);
    tell(&sim);
    sim.rests();
    assert!(sim.calls().iter().all(|call| call.state == CallState::Ended), "{}", sim.story());
    sim.world().steps()
}

#[test]
fn with_every_callback_doubled() {
    tell_all("every callback doubled", |sim| {
        sim.world().carrier(|carrier| carrier.double_every_callback(true));
    });
}

#[test]
fn with_every_document_asked_for_twice() {
    tell_all("every document asked for twice", |sim| {
        sim.world().carrier(|carrier| carrier.double_every_document(true));
    });
}

#[test]
fn with_callbacks_reordered_and_doubled() {
    tell_all("callbacks reordered", |sim| {
        sim.world().carrier(|carrier| {
            carrier.reorder_callbacks(true);
            carrier.double_every_callback(true);
        });
    });
}

#[test]
fn with_each_reply_of_the_provider_lost() {
    for fault in [RestFault::LostBefore, RestFault::LostAfter, RestFault::Timeout] {
        for at in 0..4 {
            tell_all(&format!("{fault:?} at request {at}"), |sim| {
                sim.world().carrier(|carrier| {
                    for _ in 0..at {
                        carrier.fault_next_rest(NextRest::Fine);
                    }
                    carrier.fault_next_rest(fault);
                });
            });
        }
    }
}

#[test]
fn with_the_provider_refusing_or_doing_nothing() {
    // 200 with the body of an error: accepted, and nothing came of it.
    for status in [200, 429, 500, 503] {
        tell_all(&format!("status {status}"), |sim| {
            sim.world().carrier(|carrier| carrier.fault_next_rest(status));
        });
    }
}

#[test]
fn with_each_commit_failing() {
    for fault in [StoreFault::Refused, StoreFault::AppliedButFailed] {
        tell_all(&format!("a commit {fault:?}"), |sim| sim.world().store().fault_next_commit(fault));
    }
}

/// Decision 4 of the design: kill a node at any await, and another one carries on.
fn with_the_node_dying_at_every_await(part: usize) {
    for (_, (name, app, tell)) in stories().into_iter().enumerate().filter(|(at, _)| at % 4 == part) {
        let steps = tell_one(name, &app, tell, &|_| {});
        for at in 0..steps {
            tell_one(&format!("{name}, dying at step {at} of {steps}"), &app, tell, &|sim: &Sim| {
                sim.world_mut().set_chaos(Chaos { die_at: Some(at), ..Chaos::default() });
            });
        }
    }
}

#[test]
fn with_the_node_dying_at_every_await_1() {
    with_the_node_dying_at_every_await(0);
}

#[test]
fn with_the_node_dying_at_every_await_2() {
    with_the_node_dying_at_every_await(1);
}

#[test]
fn with_the_node_dying_at_every_await_3() {
    with_the_node_dying_at_every_await(2);
}

#[test]
fn with_the_node_dying_at_every_await_4() {
    with_the_node_dying_at_every_await(3);
}

/// Not one callback arrives: agents are still joined, and upkeep finds out who has left.
#[test]
fn with_every_callback_lost() {
    let faults = Faults { callback_lost: 1000, ..Faults::default() };
    for (name, app, tell) in [
        ("by the menu", acme(), by_the_menu as Tell),
        ("agent hangs up", leave_alone(), leaves),
        ("called back", callable(Callback::new()), called_back),
    ] {
        println!("the story: {name}, every callback lost");
        let config = CarrierConfig { seed: 3, faults: faults.clone(), ..CarrierConfig::default() };
        let sim = Sim::start_with(&app, config, 2);
        tell(&sim);
        sim.waits(secs(120));
        sim.world_mut().audit_at_rest();
        assert!(sim.world().violations().is_empty(), "{:?}\n{}", sim.world().violations(), sim.story());
        assert!(sim.calls().iter().all(|call| call.state == CallState::Ended), "{}", sim.story());
        assert_eq!(sim.last_call().agent(), Some(if name == "by the menu" { "ben" } else { "ana" }));
    }
}

fn leave_alone() -> Builder {
    only_ana(Queue::new("sales"))
}

fn leaves(sim: &Sim) {
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(PATIENT);
    ana.answers();
    caller.talks_for(secs(60));
    ana.hangs_up();
}
