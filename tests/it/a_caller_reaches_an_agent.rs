//! The first thing that works: a caller dials, hears, presses, waits, is joined with the right agent, talks, hangs up.

use switchboard::model::{AgentStatus, CallState, EndReason, EventKind};
use switchboard::routing::Verdict;
use switchboard::setup::queue;
use switchboard::sim::Sim;
use switchboard::{Agent, Flow, Queue, Switchboard};

use crate::acme::{CALLER, NUMBER, acme, only_ana, secs};

/// C12, C13, C18, C36, C42, C54.
#[test]
fn by_the_menu_and_the_agent_wraps_up() {
    let sim = Sim::start(&acme());
    sim.agent("cleo").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("Thanks for calling Acme").presses("2");
    let ben = sim.agent("ben").rings_within(secs(2));
    caller.hears_music();
    assert!(caller.hears_people().is_empty(), "nobody has answered yet");
    ben.answers();
    caller.talks_for(secs(180));
    assert!(caller.is_joined_with("ben"));
    assert_eq!(sim.agent("ben").status(), AgentStatus::Talking);
    caller.hangs_up();
    assert_eq!(sim.agent("ben").status(), AgentStatus::WrapUp);
    sim.waits(secs(9));
    assert_eq!(sim.agent("ben").status(), AgentStatus::WrapUp);
    sim.waits(secs(2));
    assert_eq!(sim.agent("ben").status(), AgentStatus::Ready);
    let call = sim.last_call();
    assert_eq!((call.agent(), call.state), (Some("ben"), CallState::Ended));
    assert_eq!(call.reason, Some(EndReason::CustomerHungUp));
    assert!(call.waited() < secs(3), "waited {:?}", call.waited());
    sim.rests();
}

/// C22: the agent hangs up, and no leg is left behind.
#[test]
fn the_agent_hangs_up_and_the_caller_is_let_go() {
    let sim = Sim::start(&only_ana(Queue::new("sales")));
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(5));
    ana.answers();
    caller.talks_for(secs(10));
    ana.hangs_up();
    sim.waits(secs(2));
    assert!(!caller.is_on_the_line());
    assert_eq!(sim.last_call().reason, Some(EndReason::AgentHungUp));
    sim.rests();
}

/// C41: of two waiting calls the higher priority is served first; equal ones by arrival.
#[test]
fn priority_first_then_arrival() {
    let app = Switchboard::builder()
        .queue(Queue::new("sales"))
        .agent(Agent::new("ana").serves(["sales"]))
        .number(NUMBER, Flow::say("Welcome.").then(queue("sales")))
        .number("+14155550101", Flow::say("Welcome, gold.").then(queue("sales").with_priority(5)));
    let sim = Sim::start(&app);
    sim.agent("ana").busy();
    let first = sim.caller("+14155550121").dials(NUMBER);
    sim.waits(secs(10));
    let second = sim.caller("+14155550122").dials(NUMBER);
    sim.waits(secs(10));
    let gold = sim.caller("+14155550123").dials("+14155550101");
    sim.waits(secs(10));
    sim.agent("ana").is_ready();
    for caller in [&gold, &first, &second] {
        let ana = sim.agent("ana").rings_within(secs(15));
        ana.answers();
        caller.talks_for(secs(5));
        assert!(caller.is_joined_with("ana"));
        caller.hangs_up();
    }
    sim.rests();
}

/// C44: the agent idle longest gets the call, and the decision record says why.
#[test]
fn the_agent_idle_longest_and_why() {
    let sim = Sim::start(&acme());
    sim.agent("ben").busy();
    sim.waits(secs(5));
    sim.agent("ben").is_ready();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("Thanks").presses("1");
    let _ana = sim.agent("ana").rings_within(secs(2));
    assert!(!sim.agent("ben").rings());
    let call = sim.last_call();
    let decision = call.events.iter().find_map(|event| match &event.kind {
        EventKind::Offered { decision, .. } => Some(decision.clone()),
        _ => None,
    });
    let decision = decision.expect("an offer has a decision");
    assert_eq!(decision.strategy, "longest_idle");
    let verdicts: Vec<_> = decision.considered.iter().map(|one| (one.agent.as_str(), one.verdict.clone())).collect();
    assert_eq!(verdicts, [("ana", Verdict::Chosen), ("ben", Verdict::Outranked)]);
    caller.hangs_up();
    sim.rests();
}

/// C42: an agent without the skill is passed over, and the record names the skill.
#[test]
fn an_agent_without_the_skill_is_passed_over() {
    let app = Switchboard::builder()
        .queue(Queue::new("support"))
        .agent(Agent::new("ana").serves(["support"]))
        .agent(Agent::new("ben").serves(["support"]).skill("tech"))
        .number(NUMBER, Flow::say("Welcome.").then(queue("support").needing("tech")));
    let sim = Sim::start(&app);
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ben").rings_within(secs(5)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ben"));
    let considered = format!("{:?}", sim.last_call().events);
    assert!(considered.contains("LacksSkill(\"tech\")"), "{considered}");
    caller.hangs_up();
    sim.rests();
}

/// A caller who presses nothing hears the menu three times, then goes where the flow leads.
#[test]
fn a_silent_caller_is_led_on() {
    let sim = Sim::start(&acme());
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(90)).answers();
    caller.talks_for(secs(5));
    assert_eq!(sim.last_call().menu_heard, 3);
    caller.hangs_up();
    sim.rests();
}
