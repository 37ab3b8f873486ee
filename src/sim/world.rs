//! One carrier, one store, some nodes, one clock, one seed. Futures are polled one step at a time, so that a node can die at
//! every await.

mod deliver;
mod fleet;
mod history;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::core::Request;
use crate::engine::{Builder, ConfigErrors, Switchboard, WebhookReply};
use crate::id::CallId;
use crate::sim::audit::{Audit, Violation};
use crate::sim::carrier::{Carrier, CarrierConfig, EndpointScript, HttpFault, NumberConfig, Ring, Webhook};
use crate::sim::fault::{Dice, Window};
use crate::sim::node::{Commons, Sabotage, Site};
use crate::sim::nodes::{Sent, Shared, SimTelephony, lock};
use crate::sim::rng::SplitMix64;
use crate::sim::store::SimStore;
use crate::store::MemoryStore;
use crate::telephony::twilio::request::AccountSid;
use crate::time::{Clock, ManualClock, Timestamp};

use fleet::Node;

/// Where the simulated application seems to be mounted.
const BASE: &str = "https://app.example.com/phone";
/// How long an answer may take until the shell says [`Switchboard::hold`] instead.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// Steps within one moment before the world is taken to spin.
const STEPS_MAX: u32 = 200_000;

/// What else goes wrong, besides the carrier's own faults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chaos {
    /// The node that does this step (counted from 0 over the whole run) dies in it. Another one takes over.
    pub die_at: Option<u64>,
    /// Of a thousand steps, in how many the node dies.
    pub die_per_mille: u16,
    /// Of a million steps, in how many more the node dies: for big floors, which take thousands of steps in a second.
    pub die_per_million: u32,
    /// Steps are taken in an order drawn from the seed instead of first come first.
    pub shuffle: bool,
}

enum Doing {
    Turn(Pin<Box<dyn Future<Output = Option<usize>>>>),
    Answer(Box<Webhook>, Pin<Box<dyn Future<Output = WebhookReply>>>),
    Request(Pin<Box<dyn Future<Output = bool>>>, Request),
}

struct Running {
    node: usize,
    doing: Doing,
    /// When it goes on by itself; `None`: at once.
    wakes: Option<Timestamp>,
    /// When the shell gives it up.
    deadline: Option<Timestamp>,
}

/// The world of a simulation.
pub struct World {
    carrier: Shared,
    clock: Arc<ManualClock>,
    store: Arc<SimStore>,
    telephony: Arc<SimTelephony>,
    commons: Arc<Commons>,
    builder: Builder,
    nodes: Vec<Node>,
    running: Vec<Running>,
    chaos: Chaos,
    dice: Option<Arc<Dice>>,
    /// Times in which something is wrong, that are yet to begin, last first.
    coming: Vec<Window>,
    /// Those that have begun, by their end.
    open: BTreeMap<(Timestamp, u64), Window>,
    /// How the store was when commits began that will be lost.
    earlier: BTreeMap<u64, MemoryStore>,
    /// Webhooks on their way.
    on_their_way: BTreeMap<(Timestamp, u64), Webhook>,
    /// Those that find no node to connect to, by when that is noticed.
    nobody_there: BTreeMap<(Timestamp, u64), u64>,
    serial: u64,
    /// Legs of which nothing is told; and those of whose end, or of whose leaving, a word was lost or late.
    mute: BTreeMap<String, bool>,
    unheard: BTreeSet<String>,
    refused_in_a_row: BTreeMap<String, u8>,
    /// When calls could not be served: the store or all nodes were away.
    troubles: Vec<(Timestamp, Timestamp)>,
    steps: u64,
    audited: u64,
    /// Commands that the audit has heard of.
    heard: usize,
    audit: Audit,
    random: SplitMix64,
    answers: BTreeMap<String, String>,
    violations: Vec<Violation>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("now", &self.now()).field("steps", &self.steps).finish_non_exhaustive()
    }
}

impl World {
    /// Puts the call centre of `builder` on a carrier with `config`, on `nodes` nodes over one store.
    ///
    /// # Errors
    /// The builder's.
    pub fn new(builder: &Builder, config: CarrierConfig, nodes: usize) -> Result<Self, ConfigErrors> {
        let (account, token, seed) = (config.account_sid.clone(), config.auth_token.clone(), config.seed);
        let clock = Arc::new(ManualClock::at(config.start));
        let carrier: Shared = Arc::new(std::sync::Mutex::new(Carrier::new(config)));
        let store = Arc::new(SimStore::default());
        let bad = |error: crate::telephony::twilio::request::AccountSidError| ConfigErrors(vec![error.to_string()]);
        let sid: AccountSid = account.parse().map_err(bad)?;
        let telephony = Arc::new(SimTelephony::new(Arc::clone(&carrier), sid, &token));
        let counter = Arc::new(AtomicU64::new(seed));
        let builder = builder
            .clone()
            .public_base(BASE)
            .account(account.as_str(), token.as_str())
            .seeds(move || u128::from(counter.fetch_add(1, Ordering::Relaxed)));
        let commons = Arc::new(Commons::default());
        let mut fleet = Vec::new();
        for number in 0..nodes.max(1) {
            let site = Arc::new(Site::new(number, Arc::clone(&clock), Arc::clone(&commons)));
            fleet.push(Node::new(&builder, site, &store, &telephony)?);
        }
        let audit = fleet.first().map(|node| Audit::by(node.board.clone())).unwrap_or_default();
        let world = Self {
            carrier,
            clock,
            store,
            telephony,
            commons,
            builder,
            nodes: fleet,
            running: Vec::new(),
            chaos: Chaos::default(),
            dice: None,
            coming: Vec::new(),
            open: BTreeMap::new(),
            earlier: BTreeMap::new(),
            on_their_way: BTreeMap::new(),
            nobody_there: BTreeMap::new(),
            serial: 0,
            mute: BTreeMap::new(),
            unheard: BTreeSet::new(),
            refused_in_a_row: BTreeMap::new(),
            troubles: Vec::new(),
            steps: 0,
            audited: 0,
            heard: 0,
            audit,
            random: SplitMix64::new(seed ^ 0x9e37_79b9_7f4a_7c15),
            answers: BTreeMap::new(),
            violations: Vec::new(),
        };
        world.set_up_carrier();
        Ok(world)
    }

    fn set_up_carrier(&self) {
        let Some(node) = self.nodes.first().map(|node| &node.board) else { return };
        let mut carrier = lock(&self.carrier);
        for number in node.rules().numbers.keys() {
            carrier.number(NumberConfig {
                number: number.clone(),
                voice_url: node.voice_url(),
                status_callback: Some(node.status_url()),
                ..NumberConfig::default()
            });
        }
        for agent in node.rules().agents.values() {
            let script = EndpointScript { on_ring: Ring::Manual, ..EndpointScript::default() };
            carrier.script(&agent.endpoint.to_string(), script);
        }
    }

    /// What else goes wrong from now on.
    pub fn set_chaos(&mut self, chaos: Chaos) {
        self.chaos = chaos;
    }

    /// Does something to the carrier, or reads its truth.
    pub fn carrier<T>(&self, act: impl FnOnce(&mut Carrier) -> T) -> T {
        act(&mut lock(&self.carrier))
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &SimStore {
        &self.store
    }

    /// A node.
    #[must_use]
    pub fn switchboard(&self) -> Switchboard {
        self.nodes[0].board.clone()
    }

    /// Commands that reached the carrier.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.telephony.sent()
    }

    /// Virtual time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Steps taken so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// What was found broken so far.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Waits for a future of the application itself, while the world stands still.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return value;
            }
        }
    }

    /// A number below `below`, from the seed.
    pub fn random(&mut self, below: u64) -> u64 {
        self.random.next() % below.max(1)
    }

    /// Does everything that is to be done at this moment.
    pub fn settle(&mut self) {
        for _ in 0..STEPS_MAX {
            self.begin_work();
            if !self.step() {
                return;
            }
        }
        self.violations.push(Violation::new("spin", "the world does not come to rest within one moment"));
        self.running.clear();
    }

    /// Lets `by` go by.
    pub fn run_for(&mut self, by: Duration) {
        let until = self.now() + by;
        self.run_until(until, |_| false);
    }

    /// Goes on until `done`, or until `deadline`. Returns whether it was done.
    pub fn run_until(&mut self, deadline: Timestamp, done: impl Fn(&Self) -> bool) -> bool {
        loop {
            self.settle();
            if done(self) {
                return true;
            }
            let to = self.next_event().map_or(deadline, |next| next.max(self.now())).min(deadline);
            let at_end = to >= deadline;
            self.clock.set(to);
            self.carrier(|carrier| carrier.advance(to));
            self.windows();
            if at_end {
                self.settle();
                return done(self);
            }
        }
    }

    /// Lets `by` go by in which every node is away: what ran dies, and nobody answers the carrier or does due work. Returns
    /// how many webhooks found nobody.
    pub fn fleet_away_for(&mut self, by: Duration) -> usize {
        let (until, mut unanswered) = (self.now() + by, 0);
        (0..self.nodes.len()).for_each(|node| self.kill(node, Duration::ZERO));
        loop {
            for webhook in self.carrier(Carrier::take_webhooks) {
                if self.is_elsewhere(&webhook) {
                    continue;
                }
                unanswered += 1;
                self.carrier(|carrier| carrier.webhook_result(webhook.id, Err(HttpFault::ConnectFailed)));
            }
            if self.now() >= until {
                return unanswered;
            }
            let next = self.carrier(|carrier| carrier.next_due());
            let to = next.map_or(until, |next| next.max(self.now())).min(until);
            self.clock.set(to);
            self.carrier(|carrier| carrier.advance(to));
        }
    }

    /// Calls that are not over, by the books.
    pub(crate) fn live_calls(&self) -> Vec<CallId> {
        self.audit.live_calls()
    }

    /// How long a call may wait beside a free agent from now on.
    pub(crate) fn set_patience(&mut self, patience: Duration) {
        self.audit.set_patience(patience);
    }

    /// Plants a bug at the seams of the nodes.
    pub(crate) fn sabotage(&self, sabotage: Sabotage) {
        self.commons.sabotage(sabotage);
    }

    /// What was reached, and how often.
    pub(crate) fn reached(&self) -> BTreeMap<&'static str, u64> {
        self.commons.reached()
    }

    /// When the store or all nodes were away.
    pub(crate) fn troubles(&self) -> &[(Timestamp, Timestamp)] {
        &self.troubles
    }

    /// Legs of which a word was lost or late.
    pub(crate) fn unheard(&self) -> &BTreeSet<String> {
        &self.unheard
    }

    /// When something happens next by itself.
    fn next_event(&self) -> Option<Timestamp> {
        let runs = |one: &&Running| !self.nodes.get(one.node).is_some_and(Node::is_still);
        let wakes = self.running.iter().filter(runs).filter_map(|one| one.wakes).min();
        let given_up = self.running.iter().filter(runs).filter_map(|one| one.deadline).min();
        let all = [
            self.carrier(|carrier| carrier.next_due()),
            self.next_turn(),
            self.on_their_way.first_key_value().map(|((at, _), _)| *at),
            self.nobody_there.first_key_value().map(|((at, _), _)| *at),
            self.next_window(),
            wakes,
            given_up,
        ];
        all.into_iter().flatten().min()
    }

    fn look(&mut self) {
        let commits = self.store.commits();
        if commits == self.audited {
            return;
        }
        self.audited = commits;
        let sent = self.telephony.sent_after(self.heard);
        self.heard += sent.len();
        let now = self.now();
        if self.is_troubled() {
            self.audit.excuse(now);
        }
        let found = self.audit.look(&self.store, &lock(&self.carrier), &sent, now);
        self.violations.extend(found);
    }

    /// Compares the books with the truth. For a world at rest, after the last fault.
    pub fn audit_at_rest(&mut self) {
        let now = self.now();
        let found = self.audit.at_rest(&self.store, &lock(&self.carrier), now);
        self.violations.extend(found);
    }
}
