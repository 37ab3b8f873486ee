//! A hostile reader's attempts on the rules: each test once showed a fault.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::prelude::*;
use switchboard::core::{CommandResult, Input, Outcome, Picked, Refusal, Reply, Request, Stop, Timer, View, decide};
use switchboard::engine::{Builder, Switchboard};
use switchboard::id::{AgentId, CallId, LegId, TenantId};
use switchboard::model::{Agent as AgentRecord, Call, CallState, EventKind, LegProgress, LegVerb};
use switchboard::routing::Floor;
use switchboard::setup::hang_up;
use switchboard::sim::Sim;
use switchboard::store::{
    BODY_BYTES_MAX, Body, COMMIT_OPERATIONS_MAX, Commit, Expect, IndexEntry, Key, MemoryStore, Put, Store,
};
use switchboard::telephony::{EndCause, Failure, LegState};
use switchboard::time::Timestamp;
use switchboard::{Agent, Flow, Queue};

use crate::acme::{CALLER, NUMBER, ana_and_ben, only_ana, secs};

/// The rules alone, over a store: no carrier, no nodes, no time but the one that is set.
struct Desk {
    board: Switchboard,
    store: MemoryStore,
    now: Timestamp,
    largest: usize,
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

impl Desk {
    fn of(app: &Builder) -> Self {
        let board = Sim::start(app).world().switchboard();
        Self { board, store: MemoryStore::new(), now: Timestamp::from_secs(1_700_000_000), largest: 0 }
    }

    /// The same books under another configuration.
    fn reconfigured(&mut self, app: &Builder) {
        self.board = Sim::start(app).world().switchboard();
    }

    fn decide(&self, input: &Input) -> Result<Outcome, Refusal> {
        let mut view = View::default();
        loop {
            match decide(input, &view, self.board.rules(), self.now, 7) {
                Ok(outcome) => return Ok(outcome),
                Err(Stop::Missing(missing)) => {
                    let records = block_on(self.store.load(&missing.keys)).expect("records");
                    for (key, record) in missing.keys.into_iter().zip(records) {
                        view.add_record(key, record);
                    }
                    for scan in missing.scans {
                        let page = block_on(self.store.scan(&scan)).expect("a page");
                        view.add_page(scan, page);
                    }
                }
                Err(Stop::Refused(refusal)) => return Err(refusal),
                Err(Stop::Unreadable(key)) => panic!("unreadable: {key:?}"),
            }
        }
    }

    fn try_feed(&mut self, input: &Input) -> Result<Reply, Refusal> {
        let outcome = self.decide(input)?;
        assert!(outcome.commit.operations() <= COMMIT_OPERATIONS_MAX, "{input:?}");
        for put in &outcome.commit.puts {
            let bytes = put.body.as_json().len();
            assert!(bytes <= BODY_BYTES_MAX, "{:?} would have {bytes} bytes after {input:?}", put.key);
            self.largest = self.largest.max(bytes);
        }
        if outcome.commit.operations() > 0 {
            block_on(self.store.commit(&outcome.commit)).expect("nobody else writes");
        }
        Ok(outcome.reply)
    }

    fn feed(&mut self, input: &Input) -> Reply {
        self.try_feed(input).unwrap_or_else(|refusal| panic!("{input:?}: {refusal}"))
    }

    fn ready(&mut self, agent: &str) {
        self.feed(&Input::Requested(Request::Ready(AgentId::new(agent).expect("a name"))));
    }

    fn arrives(&mut self, sid: &str) -> Reply {
        self.feed(&Input::Arrived { sid: sid.to_owned(), from: CALLER.to_owned(), to: NUMBER.to_owned() })
    }

    fn matches(&mut self) {
        let rules = self.board.rules();
        let mut floor = Floor::new(std::sync::Arc::clone(&rules.roster));
        for record in self.store.records() {
            if let Ok(agent) = record.body.read::<AgentRecord>() {
                floor.set_agent(&agent.spec.id, agent.standing(), self.now);
            } else if let Ok(call) = record.body.read::<Call>()
                && let Some(queue) = call.queue.as_ref().and_then(|id| rules.queues.get(id))
                && let Some(waiting) = call.waiting(queue, self.now)
            {
                floor.set_call(call.id, waiting, self.now);
            }
        }
        let Some(pick) = floor.next(self.now) else { return };
        let agents: Vec<AgentId> = floor.agents(&pick).cloned().collect();
        let (queue, reached) = (floor.queue(&pick).clone(), floor.reached(pick.call).expect("it waits"));
        let considered = floor.considered(&pick, self.now);
        self.feed(&Input::Picked(Picked { call: pick.call, queue, agents, reached, considered }));
    }

    fn asks(&mut self, call: CallId, leg: LegId, hop: u32, sid: &str) -> Reply {
        self.feed(&Input::Asked { call, leg, hop, sid: sid.to_owned(), digits: String::new(), over: false })
    }

    fn performed(&mut self, call: CallId, leg: LegId, seq: u32, result: CommandResult) {
        self.feed(&Input::Performed { call, leg, seq, result });
    }

    /// A dial goes out and is done.
    fn dials(&mut self, call: CallId, leg: LegId, sid: &str) {
        assert_eq!(self.feed(&Input::Sending { call, leg, seq: 0 }), Reply::Proceed(true));
        self.performed(call, leg, 0, CommandResult::Done(Some(sid.to_owned())));
    }

    fn id(&self, sid: &str) -> CallId {
        CallId::of_leg(&TenantId::default(), &self.board.rules().account, sid)
    }

    fn call(&self, id: CallId) -> Option<Call> {
        let key = Key::new(format!("call/{}/{id}", TenantId::default()));
        let record = block_on(self.store.load(&[key])).expect("a record").pop().flatten()?;
        Some(record.body.read::<Call>().expect("a call"))
    }

    fn has_task(&self, id: &str) -> bool {
        self.store.tasks().iter().any(|(task, ..)| task.as_str() == id)
    }
}

fn sales() -> Queue {
    Queue::new("sales").wait_max(secs(3600))
}

/// The goodbye overtakes the hello: nobody is rung for a caller who has gone.
#[test]
fn a_goodbye_before_the_hello() {
    let mut desk = Desk::of(&only_ana(sales()));
    desk.ready("ana");
    desk.feed(&Input::LineEnded { sid: "CA1".to_owned(), cause: EndCause::Completed });
    desk.arrives("CA1");
    desk.matches();
    let call = desk.call(desk.id("CA1")).expect("it is remembered");
    assert_eq!(call.state, CallState::Ended);
    assert!(call.offers.is_empty());
    // Twice is once.
    desk.feed(&Input::LineEnded { sid: "CA1".to_owned(), cause: EndCause::Completed });
    assert_eq!(desk.call(desk.id("CA1")), Some(call));
}

/// A caller of a number that nobody configured leaves no call behind in the history.
#[test]
fn a_goodbye_alone_is_not_in_the_history() {
    let sim = Sim::start(&only_ana(sales()));
    let caller = sim.caller(CALLER).dials("+14155550199");
    sim.waits(secs(5));
    assert!(!caller.is_on_the_line());
    assert_eq!(sim.calls(), []);
}

/// A call that is offered hundreds of times in a long wait stays within what a store takes.
#[test]
fn hundreds_of_offers() {
    let names: Vec<String> = (0..20).map(|n| format!("agent-with-a-rather-long-name-{n:02}")).collect();
    let app = only_ana(sales().ring_at_once(10).offers_max(1000)).missed_max(1_000_000);
    let app = names.iter().fold(app, |app, name| app.agent(Agent::new(name.as_str()).serves(["sales"])));
    let mut desk = Desk::of(&app);
    names.iter().for_each(|name| desk.ready(name));
    desk.arrives("CA1");
    let id = desk.id("CA1");
    for round in 0..60 {
        desk.matches();
        let call = desk.call(id).expect("the call");
        assert!(!call.offers.is_empty(), "round {round}: nobody is rung");
        for offer in call.offers {
            desk.dials(id, offer.leg, &format!("CA2-{}", offer.number));
            desk.now = desk.now + secs(1);
            desk.feed(&Input::Due(Timer::Ring(id, offer.number)));
            let (sid, state) = (format!("CA2-{}", offer.number), LegState::Ended(EndCause::NoAnswer));
            desk.feed(&Input::LegChanged { call: id, leg: offer.leg, sid, state });
        }
        desk.now = desk.now + secs(600);
    }
    let call = desk.call(id).expect("the call");
    assert_eq!(call.offer_seq, 600);
    let mut ids: Vec<LegId> = call.legs.iter().map(|leg| leg.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), call.legs.len(), "two legs have one number");
    assert!(call.customer_leg().is_some());
    // The end is told, however long the history.
    desk.feed(&Input::LineEnded { sid: "CA1".to_owned(), cause: EndCause::Completed });
    let call = desk.call(id).expect("the call");
    assert!(matches!(call.events.last().map(|event| &event.kind), Some(EventKind::Ended { .. })));
}

/// A long greeting heard again and again stays within what a store takes, and a repeated request gets the same answer.
#[test]
fn a_long_greeting_heard_often() {
    let long = "a".repeat(4_000);
    let flow = Flow::say(long);
    let flow = flow.key('1', hang_up("Well.")).tries(20).otherwise(hang_up("Goodbye."));
    let app = Switchboard::builder().queue(sales()).agent(Agent::new("ana").serves(["sales"])).number(NUMBER, flow);
    let mut desk = Desk::of(&app);
    let id = desk.id("CA1");
    desk.arrives("CA1");
    for hop in 1..20 {
        let told = desk.asks(id, LegId(0), hop, "CA1");
        assert_eq!(desk.asks(id, LegId(0), hop, "CA1"), told, "hop {hop}");
    }
}

/// The first of ten to answer frees nine agents. If each served two dozen queues of their own, that would be more than one
/// commit takes: it is refused before it happens.
#[test]
fn ten_agents_of_two_dozen_queues() {
    let mut app = Switchboard::builder()
        .queue(sales().ring_at_once(10))
        .number(NUMBER, Flow::say("Welcome.").then(switchboard::setup::queue("sales")));
    for agent in 0..10 {
        let names: Vec<String> = (0..23).map(|queue| format!("queue-{agent}-{queue}")).collect();
        app = names.iter().fold(app, |app, name| app.queue(Queue::new(name.as_str())));
        let serves = names.iter().map(String::as_str).chain(["sales"]);
        app = app.agent(Agent::new(format!("agent-{agent}").as_str()).serves(serves));
    }
    let mut desk = Desk::of(&app);
    (0..10).for_each(|agent| desk.ready(&format!("agent-{agent}")));
    desk.arrives("CA1");
    desk.matches();
    let call = desk.id("CA1");
    assert_eq!(desk.call(call).expect("it waits").offers.len(), 10);
    desk.dials(call, LegId(4), "CA5");
    // The first to answer frees the other nine in one commit, whose size is looked at.
    desk.asks(call, LegId(4), 0, "CA5");
    let taken = desk.call(call).expect("it is taken");
    assert_eq!((taken.offers.len(), taken.state), (1, CallState::Connecting));
}

/// A customer who is moved again while the reply to the first move is still under way is moved again.
#[test]
fn a_second_redirect_while_the_first_is_under_way() {
    let mut desk = Desk::of(&ana_and_ben(sales()));
    desk.ready("ana");
    desk.ready("ben");
    let id = desk.id("CA1");
    desk.arrives("CA1");
    let customer = LegId(0);
    for (round, sid) in ["CA-ana", "CA-ben"].into_iter().enumerate() {
        desk.matches();
        let leg = desk.call(id).expect("the call").offers[0].leg;
        desk.dials(id, leg, sid);
        desk.asks(id, leg, 0, sid);
        desk.feed(&Input::LegChanged {
            call: id,
            leg,
            sid: sid.to_owned(),
            state: LegState::Ended(EndCause::Completed),
        });
        if round == 0 {
            // The redirect has been sent and has led the customer on; its own reply is not in yet.
            let hop = desk.call(id).expect("the call").customer_leg().expect("a leg").hop;
            desk.asks(id, customer, hop, "CA1");
        }
    }
    let leg = desk.call(id).expect("the call").customer_leg().expect("a leg").clone();
    assert!(leg.then.is_some());
    desk.performed(id, customer, 0, CommandResult::Done(None));
    let leg = desk.call(id).expect("the call").customer_leg().expect("a leg").clone();
    assert!(leg.commands.iter().any(|command| command.verb == LegVerb::Redirect), "the customer sits in an empty room");
    assert!(desk.has_task(&format!("do/default/{id}/0")));
}

/// The queue in which a caller waits is taken out of the configuration.
#[test]
fn a_queue_that_is_no_more() {
    let mut desk = Desk::of(&only_ana(sales()));
    desk.arrives("CA1");
    let id = desk.id("CA1");
    let other = Switchboard::builder()
        .queue(Queue::new("support"))
        .agent(Agent::new("ana").serves(["support"]))
        .number(NUMBER, Flow::say("Welcome.").then(switchboard::setup::queue("support")));
    desk.reconfigured(&other);
    desk.now = desk.now + secs(3600);
    desk.feed(&Input::Due(Timer::Wait(id)));
    let call = desk.call(id).expect("the call");
    assert_eq!(call.state, CallState::Closing, "the caller waits for nobody, for ever");
    assert!(call.customer_leg().is_some_and(|leg| leg.then.is_some() && !leg.commands.is_empty()));
}

/// A provider that asks for patience without end does not get it.
#[test]
fn a_retry_after_of_ages() {
    let mut desk = Desk::of(&only_ana(sales()));
    desk.ready("ana");
    desk.arrives("CA1");
    desk.matches();
    let id = desk.id("CA1");
    let offer = desk.call(id).expect("the call").offers[0].clone();
    desk.dials(id, offer.leg, "CA2");
    desk.feed(&Input::Due(Timer::Ring(id, offer.number)));
    let failure = Failure::Unavailable { retry_after: Some(Duration::MAX) };
    let result = CommandResult::Failed { failure, code: None, message: "wait".to_owned() };
    desk.performed(id, offer.leg, 1, result);
    let task = format!("do/default/{id}/{}", offer.leg);
    let due = desk.store.tasks().into_iter().find(|(task_id, ..)| task_id.as_str() == task).map(|(_, due, ..)| due);
    assert!(due.is_some_and(|due| due <= desk.now + secs(60)), "the hang-up is put off to {due:?}");
}

/// What an application passes on from a form is not stored whatever it is.
#[test]
fn a_reason_without_end() {
    let mut desk = Desk::of(&only_ana(sales()));
    let ana = AgentId::new("ana").expect("a name");
    for reason in ["x".repeat(100_000), "a\0b".to_owned()] {
        let refused = desk.try_feed(&Input::Requested(Request::Break(ana.clone(), reason)));
        assert!(refused.is_err_and(|refusal| refusal.message.contains("reason")));
    }
    assert!(desk.store.records().is_empty());
}

/// Skills are those of the configuration in force, not those when the agent signed in.
#[test]
fn an_agent_who_lost_a_skill() {
    let app = |skilled: bool| {
        let ana = Agent::new("ana").serves(["sales"]);
        Switchboard::builder()
            .queue(sales().needs("tech"))
            .agent(if skilled { ana.skill("tech") } else { ana })
            .agent(Agent::new("ben").serves(["sales"]).skill("tech"))
            .number(NUMBER, Flow::say("Welcome.").then(switchboard::setup::queue("sales")))
    };
    let mut desk = Desk::of(&app(true));
    desk.ready("ana");
    desk.reconfigured(&app(false));
    desk.arrives("CA1");
    desk.matches();
    assert!(desk.call(desk.id("CA1")).expect("the call").offers.is_empty(), "ana cannot do that any more");
}

/// `*` and `#` pressed while the store is silent are not forgotten.
#[test]
fn a_star_while_the_store_is_silent() {
    for key in ['*', '#', '7'] {
        let flow =
            Flow::say("Press a key.").key(key, hang_up("You chose well.")).otherwise(hang_up("You did not choose."));
        let app = Switchboard::builder().queue(sales()).agent(Agent::new("ana").serves(["sales"])).number(NUMBER, flow);
        let sim = Sim::start(&app);
        let caller = sim.caller(CALLER).dials(NUMBER);
        caller.hears("Press a key.");
        sim.world().store().set_down(true);
        caller.presses(&key.to_string());
        sim.waits(secs(5));
        sim.world().store().set_down(false);
        caller.hears("You chose well.");
        sim.rests();
    }
}

/// What the provider may say about one agent's leg.
#[derive(Clone, Copy, Debug)]
enum Fact {
    Ringing,
    Answered,
    Ended,
    Joined(u64),
    Left(u64),
}

fn tell(desk: &mut Desk, call: CallId, leg: LegId, fact: Fact) {
    let sid = "CA2".to_owned();
    let changed = |state| Input::LegChanged { call, leg, sid: sid.clone(), state };
    let room = |joined, seq| Input::RoomChanged {
        call,
        room: 0,
        conference: None,
        sid: sid.clone(),
        joined,
        hung_up: false,
        seq,
    };
    desk.feed(&match fact {
        Fact::Ringing => changed(LegState::Ringing),
        Fact::Answered => changed(LegState::Answered),
        Fact::Ended => changed(LegState::Ended(EndCause::Completed)),
        Fact::Joined(seq) => room(true, seq),
        Fact::Left(seq) => room(false, seq),
    });
}

fn facts() -> impl Strategy<Value = (Vec<Fact>, Vec<Fact>)> {
    let all = vec![Fact::Ringing, Fact::Answered, Fact::Ended, Fact::Joined(1), Fact::Left(2), Fact::Joined(3)];
    proptest::sample::subsequence(all, 1..=6).prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle()))
}

/// The state of the agent's leg after these facts: how far it has come, and whether it is in the room.
fn after(facts: &[Fact]) -> (LegProgress, bool) {
    let mut desk = Desk::of(&only_ana(sales()));
    desk.ready("ana");
    desk.arrives("CA1");
    desk.matches();
    let id = desk.id("CA1");
    let leg = desk.call(id).expect("the call").offers[0].leg;
    desk.dials(id, leg, "CA2");
    facts.iter().for_each(|fact| tell(&mut desk, id, leg, *fact));
    let call = desk.call(id).expect("the call");
    let leg = call.leg(leg).expect("the leg");
    (leg.progress, leg.in_room)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// I-12: what is believed of a leg does not depend on the order in which it was said.
    #[test]
    fn facts_in_any_order((in_order, shuffled) in facts()) {
        prop_assert_eq!(after(&in_order), after(&shuffled));
    }
}

/// One damaged record of a waiting call must not stop the whole line.
#[test]
fn a_damaged_call_does_not_stop_the_line() {
    let mut desk = Desk::of(&only_ana(sales()));
    desk.arrives("CA1");
    desk.now = desk.now + secs(1);
    desk.arrives("CA2");
    let key = Key::new(format!("call/{}/{}", TenantId::default(), desk.id("CA1")));
    let record =
        block_on(desk.store.load(std::slice::from_ref(&key))).expect("a record").pop().flatten().expect("a record");
    let first = IndexEntry { index: "waiting".to_owned(), partition: "default/sales".to_owned(), sort: [0, 0] };
    let rubbish = Put {
        key,
        expect: Expect::Version(record.version),
        body: Body::new(serde_json::json!({"rubbish": true})),
        index: vec![first],
    };
    let commit = Commit { puts: vec![rubbish], ..Commit::default() };
    block_on(desk.store.commit(&commit)).expect("nobody else writes");
    desk.ready("ana");
    desk.matches();
    let second = desk.call(desk.id("CA2")).expect("it waits");
    assert_eq!(second.offers.len(), 1, "the second caller is not offered");
}

/// The time to ring is over just as an agent has answered, before the telephone has asked what to do: nobody declined.
#[test]
fn answered_at_the_last_moment_is_not_declined() {
    let mut desk = Desk::of(&only_ana(sales()));
    desk.ready("ana");
    desk.arrives("CA1");
    desk.matches();
    let call = desk.id("CA1");
    desk.dials(call, LegId(1), "CA2");
    desk.feed(&Input::LegChanged { call, leg: LegId(1), sid: "CA2".to_owned(), state: LegState::Answered });
    desk.now = desk.now + secs(20);
    desk.feed(&Input::Due(Timer::Ring(call, 0)));
    let waiting = desk.call(call).expect("it waits");
    assert!(waiting.offers.is_empty());
    let excluded: Vec<_> = waiting.excluded.values().collect();
    assert!(excluded.iter().all(|until| until.is_some()), "ana would never be offered this call again");
}
