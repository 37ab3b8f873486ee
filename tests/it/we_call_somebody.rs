//! Outbound calls and click-to-call.

use switchboard::core::{RefusalKind, Request};
use switchboard::id::{AgentId, QueueId};
use switchboard::model::{AgentStatus, CallState, EndReason, Target};
use switchboard::sim::Sim;
use switchboard::sim::carrier::{EndpointScript, Ring};
use switchboard::{Agent, Queue, Switchboard};

use crate::acme::{only_ana, secs};

const CUSTOMER: &str = "+14155550150";

fn to_sales(id: &str) -> Request {
    Request::PlaceCall {
        id: id.to_owned(),
        to: CUSTOMER.parse().expect("a number"),
        from: None,
        target: Target::Queue {
            queue: QueueId::new("sales").expect("a name"),
            priority: 0,
            needs: switchboard::routing::Needs::new(),
            prefer: None,
        },
    }
}

fn click(id: &str) -> Request {
    Request::ClickToCall {
        id: id.to_owned(),
        agent: AgentId::new("ana").expect("a name"),
        to: CUSTOMER.parse().expect("a number"),
        from: None,
    }
}

fn joined_with_ana(sim: &Sim) -> bool {
    let world = sim.world();
    world.carrier(|carrier| {
        let leg = |sid: &str| carrier.call(sid).map(|leg| leg.to).unwrap_or_default();
        carrier.joined().iter().filter(|joined| joined.to.is_none()).any(|joined| {
            let ends = [leg(&joined.a), leg(&joined.b)];
            ends.contains(&CUSTOMER.to_owned()) && ends.contains(&"client:ana".to_owned())
        })
    })
}

/// C1, C2: the customer answers and is joined with an agent; asking twice is asking once.
#[test]
fn the_customer_answers_and_talks_to_an_agent() {
    let sim = Sim::start(&only_ana(Queue::new("sales")));
    sim.request(to_sales("order 7"));
    sim.request(to_sales("order 7"));
    sim.agent("ana").rings_within(secs(10)).answers();
    sim.waits(secs(5));
    assert!(joined_with_ana(&sim));
    assert_eq!(sim.calls().len(), 1);
    let dials = sim.world().sent().iter().filter(|sent| sent.what == "dial").count();
    assert_eq!(dials, 2, "one for the customer, one for the agent");
    sim.request(Request::HangUp(sim.last_call().id));
    sim.request(Request::HangUp(sim.last_call().id));
    sim.waits(secs(2));
    assert!(!sim.is_engaged(&CUSTOMER.parse().expect("a number")));
    assert_eq!(sim.last_call().reason, Some(EndReason::Requested));
    sim.rests();
}

/// C6, C11: busy, no answer, unreachable.
#[test]
fn the_customer_cannot_be_had() {
    let cases =
        [(Ring::Busy, EndReason::Busy), (Ring::RingsOut, EndReason::NoAnswer), (Ring::Fails, EndReason::Failed)];
    for (on_ring, reason) in cases {
        let sim = Sim::start(&only_ana(Queue::new("sales")));
        sim.phone(CUSTOMER, EndpointScript { on_ring, ..EndpointScript::default() });
        sim.request(to_sales("order 7"));
        sim.waits(secs(60));
        assert_eq!(sim.last_call().reason, Some(reason));
        assert!(!sim.agent("ana").rings());
        sim.rests();
    }
}

/// C3: the agent is rung first, then the customer, and both hear each other.
#[test]
fn click_to_call_rings_the_agent_first() {
    let sim = Sim::start(&only_ana(Queue::new("sales")));
    sim.request(click("click 1"));
    let ana = sim.agent("ana").rings_within(secs(2));
    let customer = CUSTOMER.parse().expect("a number");
    sim.waits(secs(3));
    assert!(!sim.is_engaged(&customer), "the customer is rung before the agent has answered");
    ana.answers();
    sim.waits(secs(10));
    assert!(joined_with_ana(&sim));
    assert_eq!((sim.last_call().state, sim.last_call().agent()), (CallState::Talking, Some("ana")));
    ana.hangs_up();
    sim.waits(secs(3));
    assert!(!sim.is_engaged(&customer));
    sim.rests();
}

/// C3: the agent does not answer, so the customer is never rung.
#[test]
fn click_to_call_without_the_agent() {
    let sim = Sim::start(&only_ana(Queue::new("sales")));
    sim.request(click("click 1"));
    sim.agent("ana").rings_within(secs(2)).declines();
    sim.waits(secs(30));
    assert!(!sim.is_engaged(&CUSTOMER.parse().expect("a number")));
    assert_eq!(sim.last_call().reason, Some(EndReason::AgentUnreachable));
    assert_eq!(sim.agent("ana").status(), AgentStatus::Ready);
    sim.rests();
}

/// C3: the customer is busy; the agent is let go.
#[test]
fn click_to_call_and_the_customer_is_busy() {
    let sim = Sim::start(&only_ana(Queue::new("sales")));
    sim.phone(CUSTOMER, EndpointScript { on_ring: Ring::Busy, ..EndpointScript::default() });
    sim.request(click("click 1"));
    let ana = sim.agent("ana").rings_within(secs(2));
    ana.answers();
    sim.waits(secs(10));
    assert!(ana.is_over());
    assert_eq!(sim.last_call().reason, Some(EndReason::Busy));
    assert_eq!(sim.agent("ana").status(), AgentStatus::Ready);
    sim.rests();
}

/// C5: refusals name what is wrong, and change nothing.
#[test]
fn what_does_not_fit_is_refused() {
    let sim = Sim::start(&only_ana(Queue::new("sales")));
    let refusal = |request| sim.try_request(request).expect_err("is refused").refusal();
    sim.agent("ana").signs_out();
    assert_eq!(refusal(click("click 1")), Some(RefusalKind::Conflict));
    let nobody = AgentId::new("nobody").expect("a name");
    assert_eq!(refusal(Request::Ready(nobody)), Some(RefusalKind::NotFound));
    let nothing = QueueId::new("nothing").expect("a name");
    assert_eq!(refusal(Request::SetQueueOpen(nothing, true)), Some(RefusalKind::NotFound));
    assert!(sim.calls().is_empty());
    let bare = Switchboard::builder().queue(Queue::new("sales"));
    let sim = Sim::start(&bare);
    let error = sim.try_request(to_sales("order 7")).expect_err("is refused");
    assert_eq!(error.refusal(), Some(RefusalKind::NotConfigured));
    assert!(error.to_string().contains("caller_id"), "{error}");
}

/// I-5: a request that names what it has read takes effect only while that is so.
#[test]
fn a_screen_that_is_behind_changes_nothing() {
    let sim = Sim::start(&only_ana(Queue::new("sales")));
    let ana = AgentId::new("ana").expect("a name");
    let version = || {
        let world = sim.world();
        world.block_on(world.switchboard().agent(&ana)).expect("the store answers").expect("an agent").intent_version
    };
    let read = version();
    let take_break = |intent_version| Request::IfUnchanged {
        agent: ana.clone(),
        intent_version,
        request: Box::new(Request::Break(ana.clone(), "tea".to_owned())),
    };
    sim.agent("ana").is_ready();
    let refused = sim.try_request(take_break(read)).expect_err("somebody else was faster");
    assert_eq!(refused.refusal(), Some(RefusalKind::Conflict));
    assert_eq!(sim.agent("ana").status(), AgentStatus::Ready);
    sim.request(take_break(version()));
    assert_eq!(sim.agent("ana").status(), AgentStatus::Break);
}

/// C3: the agent's voicemail answers and presses nothing; the call is over, and the customer was never rung.
#[test]
fn click_to_call_and_voicemail_answers_for_the_agent() {
    let app = Switchboard::builder()
        .queue(Queue::new("sales"))
        .agent(Agent::new("ana").at("+14155550177").serves(["sales"]))
        .caller_id("+14155550100");
    let sim = Sim::start(&app);
    sim.request(click("click 1"));
    sim.agent("ana").rings_within(secs(2)).answers().hears("Press 1 to accept");
    sim.waits(secs(60));
    let call = sim.last_call();
    assert_eq!((call.state, call.reason), (CallState::Ended, Some(EndReason::AgentUnreachable)), "{}", sim.story());
    assert!(!sim.is_engaged(&CUSTOMER.parse().expect("a number")));
    assert_eq!(sim.agent("ana").status(), AgentStatus::Ready);
    sim.rests();
}
