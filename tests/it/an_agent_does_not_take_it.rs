//! Declines, ring-no-answer, two at once, and the caller gone at every step.

use switchboard::core::Request;
use switchboard::id::AgentId;
use switchboard::model::{AgentStatus, EndReason, EventKind};
use switchboard::sim::Sim;
use switchboard::{Agent, Queue};

use crate::acme::{CALLER, NUMBER, ana_and_ben, only_ana, secs};

fn endings(sim: &Sim) -> Vec<(String, String)> {
    let ended = sim.last_call().events.into_iter().filter_map(|event| match event.kind {
        EventKind::OfferEnded { agent, why, .. } => Some((agent.to_string(), why)),
        _ => None,
    });
    ended.collect()
}

/// C15.
#[test]
fn declines_and_the_next_is_rung() {
    let sim = Sim::start(&ana_and_ben(Queue::new("sales")));
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).declines();
    sim.agent("ben").rings_within(secs(2)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ben"));
    assert_eq!(endings(&sim), [("ana".to_owned(), "declined".to_owned())]);
    caller.hangs_up();
    sim.rests();
}

/// C15: declining by the application, and never being offered that call again while somebody else could have it, though busy.
#[test]
fn declines_by_request_and_is_not_rung_again() {
    let sim = Sim::start(&ana_and_ben(Queue::new("sales")));
    let first = sim.caller("+14155550121").dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(5));
    sim.request(Request::Decline(AgentId::new("ana").expect("a name")));
    sim.waits(secs(1));
    assert!(ana.is_over(), "her telephone still rings");
    sim.agent("ben").rings_within(secs(5)).answers();
    first.talks_for(secs(5));
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).declines();
    sim.agent("ana").does_not_ring_for(secs(120));
    assert_eq!(sim.agent("ana").status(), AgentStatus::Ready);
    first.hangs_up();
    sim.agent("ben").rings_within(secs(15)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ben"));
    caller.hangs_up();
    sim.rests();
}

/// E6: nobody else could ever have the call, so that a decline lapses after a rest, the earliest first: not never, and not at once.
#[test]
fn all_decline_and_the_first_is_asked_again() {
    let sim = Sim::start(&ana_and_ben(Queue::new("sales")));
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).declines();
    sim.waits(secs(1));
    sim.agent("ben").rings_within(secs(2)).is_let_ring_for(secs(10)).declines();
    sim.agent("ana").does_not_ring_for(secs(15));
    sim.agent("ana").rings_within(secs(8)).declines();
    sim.agent("ben").rings_within(secs(15)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ben"));
    caller.hangs_up();
    sim.rests();
}

/// The other one goes, and whoever has declined is the only one left.
#[test]
fn declines_and_is_the_only_one_left() {
    let sim = Sim::start(&ana_and_ben(Queue::new("sales")));
    let first = sim.caller("+14155550121").dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).declines();
    sim.agent("ben").rings_within(secs(5)).answers();
    first.talks_for(secs(5));
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).declines();
    sim.agent("ana").does_not_ring_for(secs(60));
    sim.agent("ben").signs_out();
    first.hangs_up();
    sim.agent("ana").rings_within(secs(15)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ana"));
    caller.hangs_up();
    sim.rests();
}

/// E6: a lone agent who did not answer is offered the call again after the rest, not never.
#[test]
fn misses_it_alone_and_is_asked_again() {
    let sim = Sim::start(&only_ana(Queue::new("sales")));
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).is_let_ring_for(secs(22));
    sim.agent("ana").does_not_ring_for(secs(25));
    sim.agent("ana").rings_within(secs(8)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ana"));
    caller.hangs_up();
    sim.rests();
}

/// C6, ring-no-answer after 20 s to the next agent; the caller's place is kept.
#[test]
fn lets_it_ring_and_the_caller_keeps_the_place() {
    let sim = Sim::start(&ana_and_ben(Queue::new("sales")));
    sim.agent("ben").busy();
    let first = sim.caller("+14155550121").dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(5));
    let second = sim.caller("+14155550122").dials(NUMBER);
    ana.is_let_ring_for(secs(17));
    assert!(ana.still_rings());
    sim.waits(secs(4));
    assert!(ana.is_over(), "rings longer than 20 s");
    sim.agent("ben").is_ready();
    sim.agent("ben").rings_within(secs(2)).answers();
    first.talks_for(secs(5));
    assert!(first.is_joined_with("ben"), "the first caller lost the place");
    assert!(!second.is_joined_with("ben"));
    first.hangs_up();
    second.hangs_up();
    sim.rests();
}

/// An agent who misses three offers in a row is put on a break, and says so.
#[test]
fn misses_three_and_is_put_on_a_break() {
    let sim = Sim::start(&only_ana(Queue::new("sales").wait_max(secs(600))));
    let caller = sim.caller(CALLER).dials(NUMBER);
    for _ in 0..3 {
        sim.agent("ana").rings_within(secs(60)).is_let_ring_for(secs(22));
    }
    assert_eq!(sim.agent("ana").status(), AgentStatus::Break);
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(60)).answers();
    caller.talks_for(secs(5));
    caller.hangs_up();
    sim.rests();
}

/// C17: two agents ring, both answer; one is joined, the other is told and stops ringing.
#[test]
fn two_answer_at_once_and_one_wins() {
    let sim = Sim::start(&ana_and_ben(Queue::new("sales").ring_at_once(2)));
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(5));
    let ben = sim.agent("ben").rings_within(secs(1));
    {
        // Both pick up before either document has been asked for.
        let world = sim.world();
        world.carrier(|carrier| {
            carrier.answers(ana.sid());
            carrier.answers(ben.sid());
        });
    }
    sim.world_mut().settle();
    caller.talks_for(secs(5));
    let joined = [caller.is_joined_with("ana"), caller.is_joined_with("ben")];
    assert_eq!(joined.iter().filter(|joined| **joined).count(), 1, "{joined:?}");
    let loser = if joined[0] { &ben } else { &ana };
    loser.hears("already been taken");
    sim.waits(secs(2));
    assert!(loser.is_over());
    caller.hangs_up();
    sim.rests();
}

/// C17: the first answers, the second stops ringing within a second.
#[test]
fn the_first_answers_and_the_second_stops_ringing() {
    let sim = Sim::start(&ana_and_ben(Queue::new("sales").ring_at_once(2)));
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(5));
    let ben = sim.agent("ben").rings_within(secs(1));
    ben.answers();
    sim.waits(secs(1));
    assert!(ana.is_over(), "ana still rings");
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ben"));
    assert_eq!(sim.agent("ana").status(), AgentStatus::Ready);
    caller.hangs_up();
    sim.rests();
}

/// C39: the caller leaves in the menu, while waiting, while an agent rings, just as the agent answers.
#[test]
fn the_caller_leaves_at_every_step() {
    for step in 0..60 {
        let sim = Sim::start(&only_ana(Queue::new("sales").wrap_up(secs(1))));
        let caller = sim.caller(CALLER).dials(NUMBER);
        let at = std::time::Duration::from_millis(step * 150);
        let mut answered = false;
        let until = sim.world().now() + at;
        while sim.world().now() < until {
            sim.waits(std::time::Duration::from_millis(50));
            let ringing = sim.world().carrier(|carrier| carrier.ringing_at("client:ana"));
            if let (false, Some(sid)) = (answered, ringing.first()) {
                sim.waits(secs(1));
                sim.world().carrier(|carrier| carrier.answers(sid));
                answered = true;
            }
        }
        caller.hangs_up();
        sim.waits(secs(10));
        assert!(!sim.agent("ana").rings(), "step {step}: her telephone rings for nobody");
        assert_eq!(sim.agent("ana").status(), AgentStatus::Ready, "step {step}");
        assert!(sim.last_call().reason.is_some(), "step {step}");
        sim.rests();
    }
}

/// The winner's telephone dies before the audio arrives: the caller is offered to the next, at the old place.
#[test]
fn the_winner_is_cut_off_before_the_audio_arrives() {
    let sim = Sim::start(&ana_and_ben(Queue::new("sales")));
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(5));
    {
        let world = sim.world();
        world.carrier(|carrier| {
            carrier.answers(ana.sid());
            carrier.hangs_up(ana.sid());
        });
    }
    sim.agent("ben").rings_within(secs(5)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ben"));
    caller.hangs_up();
    sim.rests();
}

/// C50: signing out while the telephone rings takes the offer back; during a call it takes effect after it.
#[test]
fn signs_out_while_ringing_and_during_a_call() {
    let sim = Sim::start(&ana_and_ben(Queue::new("sales").wrap_up(secs(0))));
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(5));
    sim.agent("ana").signs_out();
    let ben = sim.agent("ben").rings_within(secs(2));
    assert!(ana.is_over());
    ben.answers();
    caller.talks_for(secs(5));
    sim.agent("ben").signs_out();
    caller.talks_for(secs(60));
    assert_eq!(sim.agent("ben").status(), AgentStatus::Talking);
    caller.hangs_up();
    assert_eq!(sim.agent("ben").status(), AgentStatus::Offline);
    let next = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ben").does_not_ring_for(secs(30));
    next.hangs_up();
    assert_eq!(sim.last_call().reason, Some(EndReason::Abandoned));
    sim.rests();
}

/// C51, C52: a break during a call takes effect after it.
#[test]
fn takes_a_break_during_a_call() {
    let sim = Sim::start(&only_ana(Queue::new("sales")));
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).answers();
    caller.talks_for(secs(5));
    sim.agent("ana").takes_break("lunch");
    assert_eq!(sim.agent("ana").status(), AgentStatus::Talking);
    caller.hangs_up();
    sim.agent("ana").finishes_wrap_up();
    assert_eq!(sim.agent("ana").status(), AgentStatus::Break);
    sim.rests();
}

/// C20 of the failure notes: an agent at a telephone must press 1, so that voicemail takes no calls.
#[test]
fn voicemail_does_not_take_a_call() {
    let app = only_ana(Queue::new("sales")).agent(Agent::new("dan").at("+14155550177").serves(["sales"]));
    let sim = Sim::start(&app);
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    let voicemail = sim.agent("dan").rings_within(secs(5));
    voicemail.answers().hears("Press 1 to accept");
    sim.waits(secs(20));
    assert!(voicemail.is_over());
    assert!(caller.hears_people().is_empty());
    sim.agent("dan").does_not_ring_for(secs(15));
    caller.hangs_up();
    let second = sim.caller("+14155550124").dials(NUMBER);
    sim.agent("dan").rings_within(secs(5)).answers().hears("Press 1").presses("1");
    second.talks_for(secs(5));
    assert!(second.is_joined_with("dan"));
    second.hangs_up();
    sim.rests();
}
