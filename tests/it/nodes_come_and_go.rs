//! A node dies with work in its hands, stops in order, or is replaced under load: its work goes on, and nobody is lost.

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use switchboard::core::Request;
use switchboard::id::AgentId;
use switchboard::model::Target;
use switchboard::setup::Announcements;
use switchboard::sim::Sim;
use switchboard::store::{Arm, Claim, Commit, MemoryStore, Rearm, Store};
use switchboard::telephony::{Command, FakeTelephony, LegRef, LegReport, Performed, Telephony, TelephonyError};
use switchboard::time::{ManualClock, Timestamp};
use switchboard::{Agent, Flow, Queue, Switchboard};

use crate::acme::{CALLER, NUMBER, only_ana, secs};

/// How long work of any kind may lie in a dead node's hands.
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(5);

fn sales() -> Queue {
    Queue::new("sales").wait_max(secs(60)).announcements(Announcements::after(secs(20), secs(30)).comfort("Thank you."))
}

/// A node claims the next work of this kind at the moment it is due, and dies. Returns the work's name and when it was due.
fn dies_with(sim: &Sim, kind: &str) -> (String, Timestamp) {
    let world = sim.world();
    let store = world.store();
    let (id, due) = store.due_of(kind).unwrap_or_else(|| panic!("no {kind} is armed: {:?}", store.tasks()));
    let claim = Claim { now: due, limit: 256, hold: secs(4) };
    let tasks = world.block_on(store.claim(&claim)).expect("a claim");
    assert!(tasks.iter().any(|task| task.lease.id.as_str() == id), "{id} was not claimed");
    // What else was due by then is none of its business.
    for task in tasks.into_iter().filter(|task| task.lease.id.as_str() != id) {
        let again = Arm { id: task.lease.id.clone(), due: task.due, rearm: Rearm::Earliest, work: task.work };
        let commit = Commit { settle: vec![task.lease], arm: vec![again], ..Commit::default() };
        world.block_on(store.commit(&commit)).expect("a commit");
    }
    (id, due)
}

/// Another node does that work soon enough.
fn is_taken_over(sim: &Sim, kind: &str) {
    let (id, due) = dies_with(sim, kind);
    let is_done = |store: &switchboard::sim::SimStore| store.due_of(&id).is_none_or(|(_, armed)| armed > due);
    let done = sim.world_mut().run_until(due + TAKEN_OVER_WITHIN, |world| is_done(world.store()));
    assert!(done, "{id} was due at {due} and nobody took it over by {}", sim.world().now());
    assert!(sim.world().now() >= due + secs(4), "{id} was taken from a node that held it");
}

fn ana() -> AgentId {
    AgentId::new("ana").expect("a name")
}

/// Asks without letting anybody do what comes of it.
fn asks(sim: &Sim, request: Request) {
    let world = sim.world();
    world.block_on(world.switchboard().request(request)).expect("a request");
}

#[test]
fn taken_over_while_an_agent_is_rung() {
    let sim = Sim::start(&only_ana(sales()));
    let caller = sim.caller(CALLER).dials(NUMBER);
    let rung = sim.agent("ana").rings_within(secs(5));
    is_taken_over(&sim, "ring/");
    sim.waits(secs(1));
    assert!(rung.is_over(), "rings on");
    caller.hangs_up();
    sim.rests();
}

#[test]
fn taken_over_while_callers_wait() {
    for kind in ["announce/", "wait/", "upkeep/", "reconcile/"] {
        let sim = Sim::start(&only_ana(sales()));
        sim.agent("ana").busy();
        let caller = sim.caller(CALLER).dials(NUMBER);
        caller.hears_music();
        is_taken_over(&sim, kind);
        caller.hangs_up();
        sim.rests();
    }
}

#[test]
fn taken_over_while_an_agent_finishes_up() {
    let sim = Sim::start(&only_ana(sales().wrap_up(secs(10))));
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).answers();
    caller.talks_for(secs(5)).hangs_up();
    is_taken_over(&sim, "wrap/");
    let next = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(2)).answers();
    next.talks_for(secs(2)).hangs_up();
    sim.rests();
}

/// The offer, then the dial.
#[test]
fn taken_over_before_an_agent_is_rung() {
    for kind in ["match/", "do/"] {
        let sim = Sim::start(&only_ana(sales()));
        sim.agent("ana").busy();
        let caller = sim.caller(CALLER).dials(NUMBER);
        caller.hears_music();
        asks(&sim, Request::Ready(ana()));
        if kind == "do/" {
            // One step at a time, until the offer is made and nothing has been sent.
            while sim.world().store().due_of("do/").is_none() {
                let world = sim.world();
                world.block_on(world.switchboard().turn()).expect("a turn");
            }
        }
        is_taken_over(&sim, kind);
        sim.agent("ana").rings_within(secs(1)).answers();
        caller.talks_for(secs(2)).hangs_up();
        sim.rests();
    }
}

/// Never answers a command.
#[derive(Debug, Default)]
struct Stuck {
    asked: AtomicBool,
}

#[async_trait]
impl Telephony for Stuck {
    async fn perform(&self, _: &Command) -> Result<Performed, TelephonyError> {
        self.asked.store(true, Ordering::SeqCst);
        pending().await
    }
    async fn probe(&self, _: &LegRef) -> Result<LegReport, TelephonyError> {
        pending().await
    }
}

fn node(store: &Arc<MemoryStore>, clock: &Arc<ManualClock>, telephony: Arc<dyn Telephony>) -> Switchboard {
    Switchboard::builder()
        .queue(Queue::new("sales"))
        .agent(Agent::new("ana").serves(["sales"]))
        .number(NUMBER, Flow::say("Hello.").then(switchboard::setup::queue("sales")))
        .public_base("https://calls.example.com")
        .account("AC0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef")
        .store(Arc::<MemoryStore>::clone(store))
        .clock(Arc::<ManualClock>::clone(clock))
        .telephony(telephony)
        .build()
        .expect("a configuration")
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing here has to wait"),
    }
}

/// What a node that stops cannot finish is there for others at once, not when its lease ends.
#[test]
fn what_a_node_cannot_finish_it_gives_back() {
    let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(Timestamp::from_secs(1_700_000_000))));
    let (stuck, telephony) = (Arc::new(Stuck::default()), FakeTelephony::new());
    let leaving = node(&store, &clock, Arc::<Stuck>::clone(&stuck));
    let other = node(&store, &clock, Arc::new(telephony.clone()));
    let target = Target::HangUp("Goodbye.".to_owned());
    let to = "+12015550143".parse().expect("a number");
    now(other.request_call(Request::PlaceCall { id: "one".to_owned(), to, from: None, target })).expect("a call");
    {
        let mut turn = pin!(leaving.turn());
        assert!(turn.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert!(stuck.asked.load(Ordering::SeqCst), "it did not begin");
    }
    assert_eq!(now(other.turn()).expect("a turn").claimed, 0, "the leaving node holds it");

    leaving.drain();
    assert_eq!(now(leaving.turn()).expect("a turn").claimed, 0, "it claims though it leaves");
    assert_eq!(now(leaving.hand_back()), 1);
    assert_eq!(now(other.turn()).expect("a turn").claimed, 1, "nobody has it");
    assert_eq!(now(leaving.hand_back()), 0, "given back twice");
    // Whether the dial was sent is not known: it is asked about, never sent a second time.
    let sent: BTreeMap<_, _> = telephony.legs();
    assert!(sent.is_empty(), "dialled a second time");
}
