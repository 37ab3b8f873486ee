//! The books are compared with what lives at the provider: after a loss of everything, after a loss of the latest commits,
//! and when words about legs were lost.

use switchboard::Queue;
use switchboard::model::{AgentStatus, CallState, EventKind};
use switchboard::setup::hang_up;
use switchboard::sim::Sim;
use switchboard::sim::carrier::{CarrierConfig, EndpointScript, NumberConfig, Ring};

use crate::acme::{CALLER, NUMBER, ana_and_ben, only_ana, secs};

fn sales() -> Queue {
    Queue::new("sales").overflow(hang_up("All our lines are busy.")).wait_max(secs(600))
}

/// Legs that live at the carrier and are in no call, by the carrier's truth.
fn unowned(sim: &Sim) -> Vec<String> {
    let known: Vec<String> = sim
        .calls()
        .iter()
        .flat_map(|call| &call.legs)
        .filter(|leg| leg.is_live())
        .filter_map(|leg| leg.sid.clone())
        .collect();
    let live = sim.world().carrier(|carrier| carrier.calls());
    live.into_iter().filter(|leg| !leg.status.is_over() && !known.contains(&leg.sid)).map(|leg| leg.sid).collect()
}

/// An amnesia start: one waits, one is being offered, one talks. Within 30 s all are in a call again, in their order.
#[test]
fn after_everything_was_lost_while_callers_wait_ring_and_talk() {
    let sim = Sim::start(&ana_and_ben(sales()));
    let talking = sim.caller("+14155550121").dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).answers();
    talking.talks_for(secs(20));
    let ringing = sim.caller("+14155550122").dials(NUMBER);
    let ben = sim.agent("ben").rings_within(secs(5));
    let waiting = sim.caller("+14155550123").dials(NUMBER);
    waiting.hears_music().waits(secs(12));
    assert_eq!(unowned(&sim), [""; 0]);

    sim.world_mut().lose_everything();
    sim.waits(secs(15));
    assert_eq!(unowned(&sim), [""; 0], "some leg is nobody's");
    assert!(ben.is_over(), "rings for a call that nobody knows");
    for caller in [&talking, &ringing, &waiting] {
        assert!(caller.is_on_the_line());
        caller.hears("We are sorry for the interruption.");
        caller.hears_music();
    }
    let adopted = sim.calls().iter().filter(|call| call.state == CallState::Waiting).count();
    assert_eq!(adopted, 3);

    // Whoever has been on the line longest is served first.
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(5)).answers();
    talking.talks_for(secs(5));
    assert!(talking.is_joined_with("ana"));
    sim.agent("ben").is_ready();
    sim.agent("ben").rings_within(secs(5)).answers();
    ringing.talks_for(secs(5));
    talking.hangs_up();
    ringing.hangs_up();
    sim.agent("ana").rings_within(secs(20)).answers();
    waiting.talks_for(secs(5));
    waiting.hangs_up();
    sim.rests();
}

/// The latest commits are lost, those of an answered offer: nobody is rung before the legs were compared, the agent's leg
/// is known again or ended, and the caller talks.
#[test]
fn after_the_latest_commits_were_lost_since_the_caller_waited() {
    let sim = Sim::start(&ana_and_ben(sales()));
    sim.agent("ana").busy();
    sim.agent("ben").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears_music();
    let earlier = sim.world().keep_history();
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(5)).answers();
    caller.talks_for(secs(30));

    sim.world_mut().lose_history_since(&earlier);
    sim.waits(secs(30));
    assert_eq!(unowned(&sim), [""; 0]);
    assert!(caller.is_on_the_line());
    assert_eq!(caller.hears_people(), [""; 0], "nobody has taken the call, by the books");
    caller.hears_music();
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(5)).answers();
    caller.talks_for(secs(5));
    caller.hangs_up();
    sim.rests();
}

/// The same, with the offer kept and its answer lost: the agent's leg asks anew, and both talk on.
#[test]
fn after_the_latest_commits_were_lost_since_the_agent_rang() {
    let sim = Sim::start(&only_ana(sales()));
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(5));
    sim.waits(secs(1));
    let earlier = sim.world().keep_history();
    ana.answers();
    caller.talks_for(secs(4));

    sim.world_mut().lose_history_since(&earlier);
    sim.waits(secs(5));
    caller.talks_for(secs(30));
    assert!(caller.is_joined_with("ana"));
    assert!(!ana.is_over(), "the agent was rung again");
    assert_eq!(sim.agent("ana").status(), AgentStatus::Talking);
    caller.hangs_up();
    sim.rests();
}

/// A conversation that the books knew goes on: both legs are led anew into one room.
#[test]
fn after_the_latest_commits_were_lost_since_they_talk() {
    let sim = Sim::start(&only_ana(sales()));
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).answers();
    caller.talks_for(secs(30));
    let earlier = sim.world().keep_history();
    caller.talks_for(secs(30));
    sim.world_mut().lose_history_since(&earlier);
    sim.waits(secs(5));
    caller.talks_for(secs(30));
    assert!(caller.is_joined_with("ana"));
    assert_eq!(sim.calls().len(), 1);
    caller.hangs_up();
    sim.rests();
}

/// The dial was done and its commit lost: the leg that rings is taken for it, and nobody is rung twice.
#[test]
fn a_dial_whose_commit_was_lost_is_not_done_again() {
    let sim = Sim::start(&only_ana(sales()));
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears_music();
    sim.agent("ana").is_ready();
    let earlier = loop {
        // The offer is made, and its dial not sent.
        let kept = sim.world().keep_history();
        if sim.last_call().legs.len() > 1 {
            break kept;
        }
        sim.world_mut().run_for(std::time::Duration::from_millis(1));
    };
    let ana = sim.agent("ana").rings_within(secs(5));
    sim.waits(secs(12));
    sim.world_mut().lose_history_since(&earlier);
    sim.waits(secs(3));
    ana.answers();
    caller.talks_for(secs(5));
    let dialled = sim.world().carrier(|carrier| carrier.calls()).iter().filter(|leg| leg.to == "client:ana").count();
    assert_eq!(dialled, 1, "ana was rung twice");
    caller.hangs_up();
    sim.rests();
}

/// What another application does on the same account is nobody's business here.
#[test]
fn legs_of_another_application_are_left_alone() {
    let sim = Sim::start(&only_ana(sales()));
    let (theirs, to_them) = sim.world().carrier(|carrier| {
        carrier.number(NumberConfig {
            number: "+14155550999".to_owned(),
            voice_url: "https://other.example.com/voice".to_owned(),
            ..Default::default()
        });
        let body = "To=%2B12015550143&From=%2B14155550999&Url=https%3A%2F%2Fother.example.com%2Fvoice";
        let path = format!("/2010-04-01/Accounts/{}/Calls.json", CarrierConfig::default().account_sid);
        let reply = carrier.rest("POST", &path, Some(&authorization()), body.as_bytes());
        assert_eq!(reply.status, 201, "{}", reply.body);
        let before = carrier.calls().len();
        (carrier.calls()[before - 1].sid.clone(), carrier.caller_dials("+12015550144", "+14155550999"))
    });
    sim.waits(secs(1));
    sim.waits(secs(60));
    let known = sim.calls().iter().flat_map(|call| call.legs.clone()).filter_map(|leg| leg.sid).collect::<Vec<_>>();
    assert!(!known.contains(&theirs) && !known.contains(&to_them));
    assert!(sim.world().sent().is_empty());
}

fn authorization() -> String {
    use base64::Engine as _;
    let config = CarrierConfig::default();
    let pair = format!("{}:{}", config.account_sid, config.auth_token);
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

/// A leg from our own number that is in no call is ended, once, and that is kept.
#[test]
fn a_leg_from_our_number_that_nobody_owns_is_ended() {
    let sim = Sim::start(&only_ana(sales()));
    sim.phone("+12015550143", EndpointScript { on_ring: Ring::Manual, ..EndpointScript::default() });
    let leg = sim.world().carrier(|carrier| {
        let body = "To=%2B12015550143&From=%2B14155550100&Url=https%3A%2F%2Fother.example.com%2Fvoice";
        let path = format!("/2010-04-01/Accounts/{}/Calls.json", CarrierConfig::default().account_sid);
        let reply = carrier.rest("POST", &path, Some(&authorization()), body.as_bytes());
        assert_eq!(reply.status, 201, "{}", reply.body);
        carrier.calls().last().expect("a leg").sid.clone()
    });
    sim.waits(secs(45));
    let is_over = sim.world().carrier(|carrier| carrier.call(&leg)).expect("the leg").status.is_over();
    assert!(is_over, "it lives on");
    let call = sim.last_call();
    assert!(call.events.iter().any(|event| event.kind == EventKind::Unowned));
    assert_eq!(sim.calls().len(), 1);
}
