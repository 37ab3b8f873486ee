//! Every word about an agent's leaving the room is lost: the caller's own next question tells of it. I-29, E05, B08.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use switchboard::Queue;
use switchboard::model::{AgentStatus, CallState, EndReason};
use switchboard::sim::carrier::{CarrierConfig, Faults};
use switchboard::sim::{Ringing, Sim};

use crate::acme::{CALLER, NUMBER, ana_and_ben, only_ana, secs};

/// From now on no callback arrives.
fn goes_deaf(sim: &Sim) {
    let faults = Faults { callback_lost: 1000, ..Faults::default() };
    sim.world().carrier(|carrier| carrier.set_faults(faults));
}

fn hears_again(sim: &Sim) {
    sim.world().carrier(|carrier| carrier.set_faults(Faults::default()));
}

/// The application itself asks the provider for something.
fn rest(sim: &Sim, method: &str, path: &str, form: &str) {
    let config = CarrierConfig::default();
    let credentials = STANDARD.encode(format!("{}:{}", config.account_sid, config.auth_token));
    let path = format!("/2010-04-01/Accounts/{}/{path}", config.account_sid);
    let world = sim.world();
    let reply =
        world.carrier(|carrier| carrier.rest(method, &path, Some(&format!("Basic {credentials}")), form.as_bytes()));
    assert!(reply.status < 300, "{method} {path}: {} {}", reply.status, reply.body);
}

fn room(sim: &Sim) -> String {
    sim.last_call().room_sid.expect("the room has started")
}

fn lost(sim: &Sim) -> Vec<String> {
    sim.world().carrier(|carrier| carrier.lost().iter().map(|lost| format!("{lost:?}")).collect())
}

/// The caller is off the line within a moment, and the agent is let go.
#[test]
fn and_the_call_is_over() {
    let sim = Sim::start(&only_ana(Queue::new("sales").wrap_up(secs(5))));
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(5));
    ana.answers();
    caller.talks_for(secs(20));
    goes_deaf(&sim);
    ana.hangs_up();
    sim.waits(secs(1));
    assert!(!caller.is_on_the_line(), "{}", sim.story());
    assert_eq!(sim.last_call().reason, Some(EndReason::AgentHungUp));
    hears_again(&sim);
    let next = sim.caller("+14155550124").dials(NUMBER);
    sim.agent("ana").rings_within(secs(8)).answers();
    next.talks_for(secs(5)).hangs_up();
    sim.rests();
}

/// When words do arrive, nothing fails: no command goes to a leg that is over.
#[test]
fn and_nothing_is_asked_of_a_leg_that_is_over() {
    for seed in 0..20 {
        let sim = Sim::start_with(
            &only_ana(Queue::new("sales").wrap_up(secs(5))),
            CarrierConfig { seed, ..CarrierConfig::default() },
            2,
        );
        let caller = sim.caller(CALLER).dials(NUMBER);
        let ana = sim.agent("ana").rings_within(secs(5));
        ana.answers();
        caller.talks_for(secs(5));
        if seed % 2 == 1 {
            goes_deaf(&sim);
        }
        ana.hangs_up();
        sim.waits(secs(2));
        assert!(!caller.is_on_the_line(), "seed {seed}");
        let told = format!("{:?}", sim.last_call().events);
        assert!(!told.contains("CommandFailed"), "seed {seed}: {told}");
        hears_again(&sim);
        sim.rests();
    }
}

/// The store falls silent too: the caller is told to wait a little, again and again, and is let go when it is back.
#[test]
fn while_the_store_is_silent() {
    let sim = Sim::start(&only_ana(Queue::new("sales")));
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(5));
    ana.answers();
    caller.talks_for(secs(5));
    goes_deaf(&sim);
    sim.world().store().set_down(true);
    ana.hangs_up();
    sim.waits(secs(60));
    assert!(caller.is_on_the_line());
    sim.world().store().set_down(false);
    hears_again(&sim);
    sim.waits(secs(10));
    assert!(!caller.is_on_the_line());
    assert_eq!(sim.last_call().reason, Some(EndReason::AgentHungUp));
    sim.waits(secs(120));
    assert_eq!(lost(&sim), [""; 0]);
}

/// An agent's audio is lost before anybody has heard that they came in: the caller is back in the line, with music.
#[test]
fn before_anybody_knew_of_the_agent_in_the_room() {
    let sim = Sim::start(&ana_and_ben(Queue::new("sales")));
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears_music();
    let ana = sim.agent("ana").rings_within(secs(5));
    goes_deaf(&sim);
    ana.answers();
    sim.waits(secs(1));
    assert_eq!(sim.last_call().state, CallState::Connecting);
    ana.hangs_up();
    hears_again(&sim);
    sim.agent("ben").rings_within(secs(10)).answers();
    caller.talks_for(secs(10));
    assert!(caller.is_joined_with("ben"));
    caller.hangs_up();
    sim.rests();
}

fn talks(sim: &Sim) -> (switchboard::sim::Caller, Ringing) {
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(5));
    ana.answers();
    caller.talks_for(secs(5));
    (caller, ana)
}

fn are_joined_again(sim: &Sim, caller: &switchboard::sim::Caller, ana: &Ringing) {
    sim.waits(secs(5));
    assert!(caller.is_on_the_line() && !ana.is_over(), "{}", sim.story());
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ana"), "{}", sim.story());
    assert_eq!(sim.agent("ana").status(), AgentStatus::Talking);
    hears_again(sim);
    ana.hangs_up();
    sim.waits(secs(2));
    assert!(!caller.is_on_the_line());
    sim.rests();
}

/// B08, E05: the agent is taken out of the room, and hangs up on nobody: both are led into a new one.
#[test]
fn was_only_taken_out_of_the_room() {
    for deaf in [false, true] {
        let sim = Sim::start(&only_ana(Queue::new("sales")));
        let (caller, ana) = talks(&sim);
        if deaf {
            goes_deaf(&sim);
        }
        rest(&sim, "DELETE", &format!("Conferences/{}/Participants/{}.json", room(&sim), ana.sid()), "");
        are_joined_again(&sim, &caller, &ana);
    }
}

/// Somebody ends the conference: the same.
#[test]
fn or_the_room_was_ended() {
    for deaf in [false, true] {
        let sim = Sim::start(&only_ana(Queue::new("sales")));
        let (caller, ana) = talks(&sim);
        if deaf {
            goes_deaf(&sim);
        }
        rest(&sim, "POST", &format!("Conferences/{}.json", room(&sim)), "Status=completed");
        are_joined_again(&sim, &caller, &ana);
    }
}

/// The caller is taken out: the agent has not left, and is led after them.
#[test]
fn or_the_caller_was_taken_out() {
    for deaf in [false, true] {
        let sim = Sim::start(&only_ana(Queue::new("sales")));
        let (caller, ana) = talks(&sim);
        if deaf {
            goes_deaf(&sim);
        }
        rest(&sim, "DELETE", &format!("Conferences/{}/Participants/{}.json", room(&sim), caller.sid()), "");
        are_joined_again(&sim, &caller, &ana);
    }
}

/// E05: two answer at once. The one who comes too late was in no room, and ends none by hanging up.
#[test]
fn and_was_not_the_one_who_talks() {
    for deaf in [false, true] {
        let sim = Sim::start(&ana_and_ben(Queue::new("sales").ring_at_once(2)));
        let caller = sim.caller(CALLER).dials(NUMBER);
        let ana = sim.agent("ana").rings_within(secs(5));
        let ben = sim.agent("ben").rings_within(secs(1));
        {
            let world = sim.world();
            world.carrier(|carrier| {
                carrier.answers(ana.sid());
                carrier.answers(ben.sid());
            });
        }
        sim.world_mut().settle();
        if deaf {
            goes_deaf(&sim);
        }
        sim.waits(secs(1));
        let (winner, loser) = if caller.is_joined_with("ana") { ("ana", &ben) } else { ("ben", &ana) };
        if !loser.is_over() {
            loser.hangs_up();
        }
        sim.waits(secs(3));
        caller.talks_for(secs(10));
        assert!(caller.is_joined_with(winner));
        hears_again(&sim);
        caller.hangs_up();
        sim.rests();
    }
}
