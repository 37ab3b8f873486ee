//! The stories again, with every webhook doubled, with webhooks reordered, with replies of the provider lost, with the store
//! failing, and with the node dying at every await. Judged by the carrier's truth.

use switchboard::Queue;
use switchboard::core::Request;
use switchboard::engine::Builder;
use switchboard::id::AgentId;
use switchboard::model::CallState;
use switchboard::setup::hang_up;
use switchboard::sim::carrier::{CarrierConfig, NextRest, RestFault};
use switchboard::sim::{Chaos, Sim, StoreFault};

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
#[test]
fn with_the_node_dying_at_every_await() {
    for (name, app, tell) in stories() {
        let steps = tell_one(name, &app, tell, &|_| {});
        for at in 0..steps {
            tell_one(&format!("{name}, dying at step {at} of {steps}"), &app, tell, &|sim: &Sim| {
                sim.world_mut().set_chaos(Chaos { die_at: Some(at), ..Chaos::default() });
            });
        }
    }
}
