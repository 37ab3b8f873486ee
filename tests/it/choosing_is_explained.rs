//! Who gets a call and which call goes first, on the line; and the answers to "why?".

use std::time::Duration;

use switchboard::core::Request;
use switchboard::id::{AgentId, CallId};
use switchboard::model::{AgentStatus, CallState};
use switchboard::routing::{Between, Levels, Membership, Order, Ring, Rule};
use switchboard::setup::queue;
use switchboard::sim::Sim;
use switchboard::sim::carrier::CarrierConfig;
use switchboard::{Agent, Flow, Queue, Switchboard};

use crate::acme::{CALLER, NUMBER, ana_and_ben, only_ana, secs};

const OTHER: &str = "+14155550124";

fn name(name: &str) -> AgentId {
    AgentId::new(name).expect("a name")
}

fn call_of(sim: &Sim, number: &str) -> CallId {
    let call = sim.calls().into_iter().find(|call| call.customer == number && call.state != CallState::Ended);
    call.expect("a call of this number").id
}

fn spanish(ring: Ring) -> switchboard::engine::Builder {
    Switchboard::builder()
        .queue(Queue::new("sales").needs_at("spanish", Levels::at_least(3)).ring(ring))
        .agent(Agent::new("ana").serves(["sales"]).skill_at("spanish", 2))
        .agent(Agent::new("ben").serves(["sales"]))
        .agent(Agent::new("cleo").serves(["sales"]).skill_at("spanish", 5))
        .number(NUMBER, Flow::say("Welcome.").then(queue("sales")))
}

/// A need sinks after half a minute: Ana, whose level did not do, is rung, and is told of as such until then.
#[test]
fn a_need_is_relaxed_while_the_caller_waits() {
    let relaxed = Ring { after: secs(30), lower: [("spanish".to_owned(), 1)].into(), ..Ring::default() };
    let sim = Sim::start(&spanish(relaxed));
    sim.agent("cleo").signs_out();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears_music();
    let (board, call) = (sim.world().switchboard(), call_of(&sim, CALLER));
    let why_not = |agent: &str| sim.world().block_on(board.why_not(call, &name(agent))).expect("an answer");
    assert_eq!(
        why_not("ana").rule,
        Some(Rule::Level { skill: "spanish".to_owned(), has: 2, least: 3, most: Levels::ANY.most })
    );
    assert_eq!(why_not("ben").rule, Some(Rule::LacksSkill("spanish".to_owned())));
    assert_eq!(why_not("ben").words, "ben lacks the skill spanish");
    assert_eq!(why_not("cleo").rule, Some(Rule::NotReady));
    let why = sim.world().block_on(board.why(call)).expect("an answer");
    assert_eq!((why.ahead, why.agents.len()), (0, 3));
    sim.agent("ana").does_not_ring_for(secs(25));
    sim.agent("ana").rings_within(secs(10)).answers();
    caller.talks_for(secs(2));
    assert!(caller.is_joined_with("ana"));
    // What was found then can still be asked.
    assert_eq!(why_not("ben").rule, Some(Rule::LacksSkill("spanish".to_owned())));
    assert!(why_not("ana").words.contains("was offered"));
    caller.hangs_up();
    sim.rests();
}

/// The second tier is asked only when the first has nobody for a while, or nobody signed in.
#[test]
fn the_second_tier_waits_its_time() {
    let second = Membership { tier: 1, ..Membership::default() };
    let app = |sales: Queue| {
        Switchboard::builder()
            .queue(sales.tier_opens_after(1, secs(20)))
            .agent(Agent::new("ana").serves(["sales"]))
            .agent(Agent::new("ben").serves_as("sales", second))
            .number(NUMBER, Flow::say("Welcome.").then(queue("sales")))
    };
    let sim = Sim::start(&app(Queue::new("sales")));
    sim.agent("ana").takes_break("tea");
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ben").does_not_ring_for(secs(18));
    sim.agent("ben").rings_within(secs(5)).answers();
    caller.talks_for(secs(5)).hangs_up();
    sim.rests();

    let sim = Sim::start(&app(Queue::new("sales").skip_unstaffed()));
    sim.agent("ana").signs_out();
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ben").rings_within(secs(3)).answers();
    caller.talks_for(secs(5)).hangs_up();
    sim.rests();
}

/// Waiting counts: an older call with few points goes before a new one with some, and it can be asked why; moved up, the other
/// goes first at once.
#[test]
fn the_order_of_calls_is_told_and_changed() {
    let sim = Sim::start(&only_ana(Queue::new("sales").wait_max(secs(600))));
    let board = sim.world().switchboard();
    sim.agent("ana").takes_break("tea");
    let first = sim.caller(CALLER).dials(NUMBER);
    sim.waits(secs(90));
    let second = sim.caller(OTHER).dials(NUMBER);
    second.hears_music();
    let (one, other) = (call_of(&sim, CALLER), call_of(&sim, OTHER));
    sim.request(Request::SetPriority(other, 1));
    let told = sim.world().block_on(board.why_first(other, one)).expect("an answer");
    assert_eq!((told.first, told.then), (one, other), "a point is worth a minute, and it is 90 s behind: {}", told.why);
    sim.request(Request::SetPriority(other, 2));
    let told = sim.world().block_on(board.why_first(one, other)).expect("an answer");
    assert_eq!(told.first, other, "{}", told.why);
    assert!(told.why.contains("2 priority points"), "{}", told.why);
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(5)).answers();
    second.talks_for(secs(2));
    assert!(second.is_joined_with("ana"));
    second.hangs_up();
    sim.agent("ana").rings_within(secs(20)).answers();
    first.talks_for(secs(3)).hangs_up();
    assert!(sim.try_request(Request::SetPriority(one, 1)).is_err(), "it does not wait any more");
    sim.rests();
}

/// Without ageing, points alone decide.
#[test]
fn strict_queues_heed_points_alone() {
    let app = Switchboard::builder()
        .queue(Queue::new("sales").order(Order::Strict).wait_max(secs(900)))
        .agent(Agent::new("ana").serves(["sales"]))
        .number(NUMBER, Flow::say("Welcome.").then(queue("sales")))
        .number("+14155550101", Flow::say("Gold.").then(queue("sales").with_priority(1)));
    let sim = Sim::start(&app);
    sim.agent("ana").takes_break("tea");
    let first = sim.caller(CALLER).dials(NUMBER);
    sim.waits(secs(300));
    let gold = sim.caller(OTHER).dials("+14155550101");
    gold.hears_music();
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(5)).answers();
    gold.talks_for(secs(2));
    assert!(gold.is_joined_with("ana"));
    gold.hangs_up();
    sim.agent("ana").rings_within(secs(20)).answers();
    first.talks_for(secs(3)).hangs_up();
    sim.rests();
    let rules = sim.world().switchboard();
    let sales = "sales".parse().expect("a name");
    assert_eq!(rules.rules().overtaken_by_at_most(&sales), None, "those without points may wait for ever");
}

/// Two queues share an agent. The one that has lost its callers lately, and is below its service level, is served first, though
/// the other's caller has waited longer.
#[test]
fn the_queue_that_is_short_of_its_service_level_goes_first() {
    let app = Switchboard::builder()
        .queue(Queue::new("sales").service_level(800, secs(20)))
        .queue(Queue::new("support").service_level(800, secs(20)))
        .between_queues(Between::ServiceLevel)
        .agent(Agent::new("ana").serves(["sales", "support"]))
        .number(NUMBER, Flow::say("Sales.").then(queue("sales")))
        .number("+14155550101", Flow::say("Support.").then(queue("support")));
    // One node: each goes by what it has seen itself.
    let sim = Sim::start_with(&app, CarrierConfig::default(), 1);
    sim.agent("ana").takes_break("tea");
    for _ in 0..6 {
        let gives_up = sim.caller("+14155550130").dials(NUMBER);
        sim.waits(secs(25));
        gives_up.hangs_up();
    }
    let longer = sim.caller(OTHER).dials("+14155550101");
    sim.waits(secs(3));
    let shorter = sim.caller(CALLER).dials(NUMBER);
    shorter.hears_music();
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(5)).answers();
    shorter.talks_for(secs(2));
    assert!(shorter.is_joined_with("ana"));
    shorter.hangs_up();
    sim.agent("ana").rings_within(secs(20)).answers();
    longer.talks_for(secs(3)).hangs_up();
    sim.rests();
}

/// A customer who calls again gets the agent of before, though another has been free longer; not one who has left.
#[test]
fn the_last_agent_is_asked_first() {
    let sim = Sim::start(&ana_and_ben(Queue::new("sales").last_agent(secs(3600), secs(20)).wrap_up(Duration::ZERO)));
    sim.agent("ana").takes_break("tea");
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ben").rings_within(secs(5)).answers();
    caller.talks_for(secs(20)).hangs_up();
    sim.agent("ana").is_ready();
    sim.waits(secs(60));
    // Somebody else makes Ben the one who has been free for a shorter time.
    let again = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ben").rings_within(secs(5)).answers();
    again.talks_for(secs(2));
    assert!(again.is_joined_with("ben"));
    again.hangs_up();
    sim.agent("ben").signs_out();
    let third = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).answers();
    third.talks_for(secs(5)).hangs_up();
    sim.rests();
}

/// Kept for an agent who is busy, for so long; then anybody.
#[test]
fn a_call_is_kept_for_an_agent_for_a_while() {
    let app = ana_and_ben(Queue::new("sales"))
        .number("+14155550102", Flow::say("Ana's.").then(queue("sales").kept_for("ana", secs(30))));
    let sim = Sim::start(&app);
    let first = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).answers();
    let kept = sim.caller(OTHER).dials("+14155550102");
    sim.agent("ben").does_not_ring_for(secs(28));
    sim.agent("ben").rings_within(secs(5)).answers();
    kept.talks_for(secs(5)).hangs_up();
    first.hangs_up();
    sim.rests();
}

/// One more telephone rings each five seconds; the first to answer is joined, the others stop.
#[test]
fn ringing_widens() {
    let sales = Queue::new("sales").ring_at_once(3).ring_one_more_every(secs(5));
    let sim = Sim::start(&ana_and_ben(sales).agent(Agent::new("cleo").serves(["sales"])));
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(1));
    sim.agent("ben").does_not_ring_for(secs(3));
    let ben = sim.agent("ben").rings_within(secs(3));
    sim.agent("cleo").does_not_ring_for(secs(3));
    let cleo = sim.agent("cleo").rings_within(secs(3));
    assert!(ana.still_rings() && ben.still_rings());
    cleo.answers();
    caller.talks_for(secs(2));
    assert!(caller.is_joined_with("cleo"));
    sim.waits(secs(3));
    assert!(!ana.still_rings() && !ben.still_rings());
    caller.hangs_up();
    sim.rests();
}

/// When the telephones of many do not ring, not everybody is put on a break, one after the other.
#[test]
fn not_everybody_is_put_on_a_break() {
    let app = (0..4).fold(
        Switchboard::builder()
            .queue(Queue::new("sales").wait_max(secs(1800)).ring_timeout(secs(10)))
            .missed_max(1)
            .number(NUMBER, Flow::say("Welcome.").then(queue("sales"))),
        |app, at| app.agent(Agent::new(format!("agent-{at}")).serves(["sales"])),
    );
    let sim = Sim::start(&app);
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.waits(secs(120));
    let away = (0..4).filter(|at| sim.agent(&format!("agent-{at}")).status() == AgentStatus::Break).count();
    assert_eq!(away, 1, "a quarter of them is more than the part that may be put on a break");
    caller.hangs_up();
    sim.rests();
}
