//! Full, closed, timed out.

use switchboard::core::Request;
use switchboard::id::QueueId;
use switchboard::model::{EndReason, EventKind};
use switchboard::setup::{forward, hang_up, queue};
use switchboard::sim::Sim;
use switchboard::{Agent, Flow, Queue, Switchboard};

use crate::acme::{CALLER, NUMBER, only_ana, secs};

fn overflows(sim: &Sim) -> Vec<String> {
    let why = sim.last_call().events.into_iter().filter_map(|event| match event.kind {
        EventKind::Overflowed { why, .. } => Some(why),
        _ => None,
    });
    why.collect()
}

/// C30, C34.
#[test]
fn when_it_is_full() {
    let sim = Sim::start(&only_ana(Queue::new("sales").waiting_max(2).overflow(hang_up("We are full."))));
    sim.agent("ana").busy();
    let first = sim.caller("+14155550121").dials(NUMBER);
    let second = sim.caller("+14155550122").dials(NUMBER);
    sim.waits(secs(5));
    let third = sim.caller("+14155550124").dials(NUMBER);
    third.hears("We are full.");
    sim.waits(secs(5));
    assert!(!third.is_on_the_line());
    assert_eq!(overflows(&sim), ["full"]);
    assert_eq!(sim.last_call().reason, Some(EndReason::Policy));
    assert!(first.is_on_the_line() && second.is_on_the_line());
    first.hangs_up();
    second.hangs_up();
    sim.rests();
}

/// C29: a caller to an inactive queue goes to its overflow; those who wait already stay.
#[test]
fn when_it_is_closed() {
    let sim = Sim::start(&only_ana(Queue::new("sales").overflow(hang_up("We are closed."))));
    sim.agent("ana").busy();
    let before = sim.caller("+14155550121").dials(NUMBER);
    before.hears_music();
    let sales = QueueId::new("sales").expect("a name");
    sim.request(Request::SetQueueOpen(sales.clone(), false));
    let after = sim.caller("+14155550122").dials(NUMBER);
    after.hears("We are closed.");
    assert_eq!(overflows(&sim), ["closed"]);
    sim.request(Request::SetQueueOpen(sales, true));
    let later = sim.caller(CALLER).dials(NUMBER);
    later.hears_music();
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    before.talks_for(secs(5));
    before.hangs_up();
    later.hangs_up();
    sim.rests();
}

/// C31: after the longest wait the caller hears the overflow's words, at that time.
#[test]
fn when_the_wait_is_too_long() {
    let sim = Sim::start(&only_ana(Queue::new("sales").wait_max(secs(60)).overflow(hang_up("Sorry for the wait."))));
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears_music();
    sim.waits(secs(57));
    assert!(caller.is_on_the_line());
    caller.hears("Sorry for the wait.");
    sim.waits(secs(5));
    assert!(!caller.is_on_the_line());
    assert_eq!(overflows(&sim), ["timed_out"]);
    sim.rests();
}

/// C34: into a second queue, where the place in time is kept.
#[test]
fn into_a_second_queue() {
    let app = Switchboard::builder()
        .queue(Queue::new("sales").wait_max(secs(30)).overflow(queue("everybody")))
        .queue(Queue::new("everybody"))
        .agent(Agent::new("ana").serves(["sales"]))
        .agent(Agent::new("ben").serves(["everybody"]))
        .number(NUMBER, Flow::say("Welcome.").then(queue("sales")));
    let sim = Sim::start(&app);
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ben").does_not_ring_for(secs(25));
    sim.agent("ben").rings_within(secs(10)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ben"));
    assert!(sim.last_call().waited() >= secs(30));
    caller.hangs_up();
    sim.rests();
}

/// C34: to an outside number, where the parties are joined.
#[test]
fn to_an_outside_number() {
    let sim = Sim::start(&only_ana(Queue::new("sales").wait_max(secs(10)).overflow(forward("+14155550188"))));
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.waits(secs(20));
    caller.talks_for(secs(10));
    assert_eq!(caller.hears_people(), ["+14155550188"]);
    caller.hangs_up();
    assert_eq!(sim.last_call().reason, Some(EndReason::Forwarded));
    sim.rests();
}

/// An agent rings when the wait runs out: the offer is taken back.
#[test]
fn while_an_agent_rings() {
    let sim = Sim::start(&only_ana(Queue::new("sales").wait_max(secs(10)).overflow(hang_up("Sorry."))));
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(5));
    caller.hears("Sorry.");
    sim.waits(secs(1));
    assert!(ana.is_over());
    sim.rests();
}

/// C38: a caller who is moved to another queue hears that queue's music.
#[test]
fn into_a_queue_with_other_music() {
    let app = Switchboard::builder()
        .queue(
            Queue::new("sales").wait_max(secs(10)).overflow(queue("jazz")).music_url("https://music.example.com/a.mp3"),
        )
        .queue(Queue::new("jazz").music_url("https://music.example.com/b.mp3"))
        .agent(Agent::new("ana").serves(["jazz"]))
        .number(NUMBER, Flow::say("Welcome.").then(queue("sales")));
    let sim = Sim::start(&app);
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.waits(secs(20));
    let heard = sim.world().carrier(|carrier| carrier.heard(caller.sid()));
    let heard = format!("{heard:?}");
    assert!(heard.contains("a.mp3") && heard.contains("b.mp3"), "{heard}");
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    caller.talks_for(secs(5));
    caller.hangs_up();
    sim.waits(secs(60));
    assert_eq!(sim.last_call().agent(), Some("ana"));
}
