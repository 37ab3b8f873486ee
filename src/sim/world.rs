//! One carrier, one store, some nodes, one clock, one seed. Futures are polled one step at a time, so that a node can die at
//! every await.

mod history;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::core::call_key;
use crate::engine::{Builder, ConfigErrors, Switchboard, WebhookReply};
use crate::sim::audit::{Audit, Violation};
use crate::sim::carrier::{Carrier, CarrierConfig, EndpointScript, HttpFault, HttpReply, NumberConfig, Ring, Webhook};
use crate::sim::nodes::{Sent, Shared, SimTelephony, lock};
use crate::sim::rng::SplitMix64;
use crate::sim::store::SimStore;
use crate::telephony::twilio::request::AccountSid;
use crate::time::{Clock, ManualClock, Timestamp};
use crate::webhook::{Method, WebhookRequest};

/// Where the simulated application seems to be mounted.
const BASE: &str = "https://app.example.com/phone";
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
    Turn(Pin<Box<dyn Future<Output = bool>>>),
    Answer(u64, String, Pin<Box<dyn Future<Output = WebhookReply>>>),
}

struct Running {
    node: usize,
    doing: Doing,
}

/// The world of a simulation.
pub struct World {
    carrier: Shared,
    clock: Arc<ManualClock>,
    store: Arc<SimStore>,
    telephony: Arc<SimTelephony>,
    nodes: Vec<Switchboard>,
    running: Vec<Running>,
    chaos: Chaos,
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
        let mut boards = Vec::new();
        for _ in 0..nodes.max(1) {
            let counter = Arc::clone(&counter);
            let board = builder
                .clone()
                .public_base(BASE)
                .account(account.as_str(), token.as_str())
                .store(Arc::clone(&store) as Arc<dyn crate::store::Store>)
                .telephony(Arc::clone(&telephony) as Arc<dyn crate::telephony::Telephony>)
                .live_legs(Arc::clone(&telephony) as Arc<dyn crate::telephony::LiveLegs>)
                .epoch(Arc::clone(&store) as Arc<dyn crate::store::Epoch>)
                .clock(Arc::clone(&clock) as Arc<dyn Clock>)
                .seeds(move || u128::from(counter.fetch_add(1, Ordering::Relaxed)))
                .build()?;
            boards.push(board);
        }
        let audit = boards.first().cloned().map(Audit::by).unwrap_or_default();
        let world = Self {
            carrier,
            clock,
            store,
            telephony,
            nodes: boards,
            running: Vec::new(),
            chaos: Chaos::default(),
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
        let Some(node) = self.nodes.first() else { return };
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
        self.nodes[0].clone()
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
            if self.running.is_empty() {
                return;
            }
            self.step();
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
            let next = [self.carrier(|carrier| carrier.next_due()), self.store.next_due()].into_iter().flatten().min();
            let to = next.map_or(deadline, |next| next.max(self.now())).min(deadline);
            let at_end = to >= deadline;
            self.clock.set(to);
            self.carrier(|carrier| carrier.advance(to));
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
        (0..self.nodes.len()).for_each(|node| self.kill(node));
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

    /// Answers what is asked of somebody else's host: a file of music.
    fn is_elsewhere(&self, webhook: &Webhook) -> bool {
        let is_ours = webhook.url.starts_with(BASE);
        if !is_ours {
            let music = HttpReply { status: 200, content_type: "audio/mpeg".to_owned(), ..HttpReply::default() };
            self.carrier(|carrier| carrier.webhook_result(webhook.id, Ok(music)));
        }
        !is_ours
    }

    fn begin_work(&mut self) {
        let webhooks = self.carrier(Carrier::take_webhooks);
        for webhook in webhooks {
            if self.is_elsewhere(&webhook) {
                continue;
            }
            let node = self.pick_node();
            let future = answer(self.nodes[node].clone(), webhook.clone());
            let name = format!("{} {}", webhook.url, webhook.body);
            self.running.push(Running { node, doing: Doing::Answer(webhook.id, name, Box::pin(future)) });
        }
        let turning = self.running.iter().filter(|one| matches!(one.doing, Doing::Turn(_))).count();
        if turning < self.nodes.len() && self.store.next_due().is_some_and(|due| due <= self.now()) {
            let node = self.pick_node();
            let board = self.nodes[node].clone();
            let future = async move { board.turn().await.is_ok() };
            self.running.push(Running { node, doing: Doing::Turn(Box::pin(future)) });
        }
    }

    fn pick_node(&mut self) -> usize {
        let nodes = self.nodes.len() as u64;
        usize::try_from(self.random(nodes)).unwrap_or(0)
    }

    fn step(&mut self) {
        let at = if self.chaos.shuffle { self.random(self.running.len() as u64) } else { 0 };
        let at = usize::try_from(at).unwrap_or(0).min(self.running.len() - 1);
        let step = self.steps;
        self.steps += 1;
        let dies = self.chaos.die_at == Some(step)
            || (self.chaos.die_per_mille > 0 && self.random(1000) < u64::from(self.chaos.die_per_mille))
            || (self.chaos.die_per_million > 0 && self.random(1_000_000) < u64::from(self.chaos.die_per_million));
        if dies {
            self.kill(self.running[at].node);
            return;
        }
        let mut context = Context::from_waker(Waker::noop());
        match &mut self.running[at].doing {
            Doing::Turn(future) => {
                if future.as_mut().poll(&mut context).is_ready() {
                    self.running.remove(at);
                }
            }
            Doing::Answer(id, name, future) => {
                if let Poll::Ready(reply) = future.as_mut().poll(&mut context) {
                    let (id, name) = (*id, name.clone());
                    self.running.remove(at);
                    self.answered(id, &name, reply);
                }
            }
        }
        self.look();
    }

    fn answered(&mut self, id: u64, name: &str, reply: WebhookReply) {
        let is_hold = reply.body.contains("<Pause length=\"2\"/>");
        if reply.content_type.is_some() && !is_hold {
            // I-10: the same request gets the same bytes.
            let before = self.answers.insert(name.to_owned(), reply.body.clone());
            if before.is_some_and(|before| before != reply.body) {
                self.violations.push(Violation::new("I-10", format!("another answer to the same request: {name}")));
            }
        }
        if reply.content_type.is_some() && !is_hold && !self.is_stored(name) {
            let what = format!("an answer that is not stored: {name}");
            self.violations.push(Violation::new("I-16", what));
        }
        let reply = HttpReply {
            status: reply.status,
            content_type: reply.content_type.unwrap_or_default().to_owned(),
            body: reply.body.into_bytes(),
            ..HttpReply::default()
        };
        self.carrier(|carrier| carrier.webhook_result(id, Ok(reply)));
    }

    /// I-16: what a leg was told at a hop of a known call is stored. A leg that nobody knows is told nothing of consequence.
    fn is_stored(&self, name: &str) -> bool {
        let Some((_, path)) = name.split_once("/hooks/hop/") else { return true };
        let mut parts = path.split('/');
        let Some(call) = parts.next() else { return true };
        let mut number = || parts.next().and_then(|part| part.parse::<u64>().ok());
        let (Some(leg), Some(hop)) = (number(), number()) else { return true };
        let Some(id) = call.parse().ok() else { return true };
        let tenant = &self.nodes[0].rules().tenant;
        let Some(record) = self.store.record(&call_key(tenant, id)) else { return true };
        let legs = record.body.value().get("legs").and_then(|legs| legs.as_array()).cloned().unwrap_or_default();
        let told = legs.iter().filter(|one| one["id"].as_u64() == Some(leg));
        told.into_iter().all(|leg| {
            let over = leg["progress"].get("ended").is_some();
            over || leg["said"].as_array().is_some_and(|said| said.iter().any(|said| said["hop"].as_u64() == Some(hop)))
        })
    }

    /// The node stops where it is; its connections break.
    fn kill(&mut self, node: usize) {
        let (dead, alive): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.running).into_iter().partition(|r| r.node == node);
        self.running = alive;
        for one in dead {
            if let Doing::Answer(id, ..) = one.doing {
                self.carrier(|carrier| carrier.webhook_result(id, Err(HttpFault::ReadTimeout)));
            }
        }
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

async fn answer(board: Switchboard, webhook: Webhook) -> WebhookReply {
    let after_scheme = webhook.url.find("://").map_or(0, |at| at + 3);
    let path_at = webhook.url[after_scheme..].find('/').map_or(webhook.url.len(), |at| at + after_scheme);
    let headers: Vec<(&str, &str)> = webhook.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    let request = WebhookRequest {
        method: if webhook.method == "GET" { Method::Get } else { Method::Post },
        target: &webhook.url[path_at..],
        headers: &headers,
        body: webhook.body.as_bytes(),
        websocket: false,
    };
    board.answer(&request).await
}
