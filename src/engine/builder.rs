//! Putting a call centre together. Every mistake is found when it is built, and all of them are told at once.

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::engine::checked::Checked;
use crate::engine::floor::NodeFloor;
use crate::engine::foresight::NodeWaits;
use crate::engine::mistakes::keep;
use crate::engine::recent::Recent;
use crate::engine::reconcile::Reconciler;
use crate::engine::{Feed, Inner, Seeds, Switchboard};
use crate::id::TenantId;
use crate::model::SCHEMA;
use crate::routing::{Between, RoutingStrategy};
use crate::setup::preset::Preset;
use crate::setup::{Agent, Flow, Queue};
#[cfg(feature = "runtime")]
use crate::store::Wake;
use crate::store::{Epoch, MemoryStore, Store};
use crate::telephony::twilio::hop::Urls;
use crate::telephony::{LiveLegs, Telephony};
use crate::time::{Clock, SystemClock};
use crate::webhook::{Scheme, Verifier};

/// Everything that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<String>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        writeln!(f, "{count} mistake{} in the configuration:", if count == 1 { "" } else { "s" })?;
        self.0.iter().try_for_each(|mistake| writeln!(f, "  - {mistake}"))
    }
}

impl std::error::Error for ConfigErrors {}

/// Collects a call centre; nothing is checked before [`build`](Self::build).
#[derive(Clone)]
#[must_use]
pub struct Builder {
    tenant: String,
    pub(super) queues: Vec<Queue>,
    pub(super) agents: Vec<Agent>,
    pub(super) numbers: Vec<(String, Flow)>,
    pub(super) strategies: Vec<Arc<dyn RoutingStrategy>>,
    pub(super) between: Between,
    /// What is wrong with what a preset was given.
    pub(super) preset_mistakes: Vec<String>,
    pub(super) caller_id: Option<String>,
    pub(super) customer_ring_timeout: Duration,
    pub(super) missed_max: u32,
    pub(super) reconcile_every: Duration,
    pub(super) api_requests_per_second: u32,
    pub(super) ends_unowned: bool,
    public_base: Option<String>,
    account: Option<String>,
    tokens: Vec<String>,
    shared_keys: Vec<(String, String)>,
    scheme: Scheme,
    public_keys: Vec<String>,
    forwarded: Vec<String>,
    url_secret: Option<Vec<u8>>,
    store: Option<Arc<dyn Store>>,
    work: Option<Arc<dyn Store>>,
    reports: Option<Arc<dyn Store>>,
    #[cfg(feature = "runtime")]
    wake: Option<Arc<dyn Wake>>,
    telephony: Option<Arc<dyn Telephony>>,
    live_legs: Option<Arc<dyn LiveLegs>>,
    epoch: Option<Arc<dyn Epoch>>,
    clock: Option<Arc<dyn Clock>>,
    seeds: Option<Seeds>,
    schema: Option<Arc<dyn Fn() -> u32 + Send + Sync>>,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("queues", &self.queues).field("agents", &self.agents).finish_non_exhaustive()
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            tenant: TenantId::default().to_string(),
            queues: Vec::new(),
            agents: Vec::new(),
            numbers: Vec::new(),
            strategies: Vec::new(),
            between: Between::default(),
            preset_mistakes: Vec::new(),
            caller_id: None,
            customer_ring_timeout: Duration::from_secs(30),
            missed_max: 3,
            reconcile_every: Duration::from_secs(20),
            api_requests_per_second: 50,
            ends_unowned: true,
            public_base: None,
            account: None,
            tokens: Vec::new(),
            shared_keys: Vec::new(),
            scheme: Scheme::default(),
            public_keys: Vec::new(),
            forwarded: Vec::new(),
            url_secret: None,
            store: None,
            work: None,
            reports: None,
            #[cfg(feature = "runtime")]
            wake: None,
            telephony: None,
            live_legs: None,
            epoch: None,
            clock: None,
            seeds: None,
            schema: None,
        }
    }
}

impl Builder {
    /// Adds a queue.
    pub fn queue(mut self, queue: Queue) -> Self {
        self.queues.push(queue);
        self
    }

    /// Adds an agent, signed out.
    pub fn agent(mut self, agent: Agent) -> Self {
        self.agents.push(agent);
        self
    }

    /// Says what callers to one of our numbers meet.
    pub fn number(mut self, number: impl Into<String>, flow: Flow) -> Self {
        self.numbers.push((number.into(), flow));
        self
    }

    /// Adds the queues and agents of another call centre's configuration, and chooses between queues as it does.
    pub fn preset(mut self, preset: impl Into<Preset>) -> Self {
        let Preset { queues, agents, between, mistakes } = preset.into();
        self.queues.extend(queues);
        self.agents.extend(agents);
        self.between = between;
        self.preset_mistakes.extend(mistakes);
        self
    }

    /// Adds a routing strategy, to be named by queues.
    pub fn strategy(mut self, strategy: impl RoutingStrategy) -> Self {
        self.strategies.push(Arc::new(strategy));
        self
    }

    /// Which call goes first at an agent of several queues: the one with most points unless said.
    pub fn between_queues(mut self, between: Between) -> Self {
        self.between = between;
        self
    }

    /// Caller id of outbound calls and of the legs to agents: one of our numbers. Default: the first number.
    pub fn caller_id(mut self, number: impl Into<String>) -> Self {
        self.caller_id = Some(number.into());
        self
    }

    /// How long a customer is rung, 5 s to 600 s, whole seconds; 30 s unless said.
    pub fn customer_ring_timeout(mut self, timeout: Duration) -> Self {
        self.customer_ring_timeout = timeout;
        self
    }

    /// Offers an agent may miss in a row before being put on a break; 3 unless said.
    pub fn missed_max(mut self, offers: u32) -> Self {
        self.missed_max = offers;
        self
    }

    /// Whose call centre it is, when several share a store.
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// The URL at which the provider reaches the router: scheme, host and the path where it is mounted.
    pub fn public_base(mut self, url: impl Into<String>) -> Self {
        self.public_base = Some(url.into());
        self
    }

    /// The provider's account and its auth token, which signs webhooks, unless the scheme signs with a public key.
    pub fn account(mut self, sid: impl Into<String>, auth_token: impl Into<String>) -> Self {
        self.account = Some(sid.into());
        self.tokens.push(auth_token.into());
        self
    }

    /// One more auth token that may sign, during rotation.
    pub fn also_auth_token(mut self, token: impl Into<String>) -> Self {
        self.tokens.push(token.into());
        self
    }

    /// A shared key that may sign (Twilio docs: webhook signature settings).
    pub fn shared_key(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.shared_keys.push((id.into(), secret.into()));
        self
    }

    /// How the provider signs its webhooks; [`Scheme::Twilio`] unless said. A
    /// [`Profile`](crate::telephony::twilio::Profile) names that of its provider.
    pub fn webhook_scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self
    }

    /// A public key that verifies webhooks, in base64, for [`Scheme::Telnyx`]; once more while keys are rotated.
    pub fn webhook_public_key(mut self, base64: impl Into<String>) -> Self {
        self.public_keys.push(base64.into());
        self
    }

    /// Believes this header about the URL that was called (`X-Forwarded-Proto`, `X-Forwarded-Host`): only behind a proxy
    /// that always sets it.
    pub fn trust_forwarded(mut self, header: impl Into<String>) -> Self {
        self.forwarded.push(header.into());
        self
    }

    /// The secret that signs our own one-time URLs. Default: derived from the first auth token, so that a rotation makes
    /// the URLs of calls in progress invalid; give one to avoid that.
    pub fn url_secret(mut self, secret: impl Into<Vec<u8>>) -> Self {
        self.url_secret = Some(secret.into());
        self
    }

    /// Where state is kept. Default: in memory, gone at exit.
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Where due work is kept: the same as [`store`](Self::store) by other connections, so that what waits for them keeps
    /// no answer waiting, as in `PgStore::for_work`. The store itself unless said.
    pub fn works_from(mut self, store: Arc<dyn Store>) -> Self {
        self.work = Some(store);
        self
    }

    /// Where lists and figures are read: the same as [`store`](Self::store) by other connections, as in
    /// `PgStore::for_reports`. The store itself unless said.
    pub fn reports_from(mut self, store: Arc<dyn Store>) -> Self {
        self.reports = Some(store);
        self
    }

    /// Hints from other nodes that work is due, as in `PgStore::wake`. Without it due work is looked for as often as `run`
    /// polls.
    #[cfg(feature = "runtime")]
    pub fn wake(mut self, wake: Arc<dyn Wake>) -> Self {
        self.wake = Some(wake);
        self
    }

    /// What carries out commands.
    pub fn telephony(mut self, telephony: Arc<dyn Telephony>) -> Self {
        self.telephony = Some(telephony);
        self
    }

    /// What lists the legs that live, commonly the same as the telephony. With it the books are compared with the provider
    /// at the start, after a failover and all the time: callers whom the books do not know are adopted, legs from our
    /// numbers that nobody owns are ended, and no call is offered before that is done after a loss of history.
    ///
    /// The numbers of this call centre, and its caller id, must then be its own: see
    /// [`leave_unowned_legs`](Self::leave_unowned_legs).
    pub fn live_legs(mut self, live_legs: Arc<dyn LiveLegs>) -> Self {
        self.live_legs = Some(live_legs);
        self
    }

    /// What names the history of the store, for one that can lose what it has acknowledged; commonly the store.
    pub fn epoch(mut self, epoch: Arc<dyn Epoch>) -> Self {
        self.epoch = Some(epoch);
        self
    }

    /// How often the books are compared with the legs that live, whole seconds; 20 s unless said.
    pub fn reconcile_every(mut self, every: Duration) -> Self {
        self.reconcile_every = every;
        self
    }

    /// Requests that the provider's account may be asked in a second, 50 unless said: comparing takes a fifth of them at most.
    pub fn api_requests_per_second(mut self, requests: u32) -> Self {
        self.api_requests_per_second = requests;
        self
    }

    /// Leaves legs alone that were placed from one of our numbers and that no call owns: another application uses the
    /// same numbers. Unless said they are ended, for nobody else would.
    pub fn leave_unowned_legs(mut self) -> Self {
        self.ends_unowned = false;
        self
    }

    /// The clock. Default: the machine's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Where unguessable names come from. Default: the system's randomness. A simulation gives its own, to be repeatable.
    pub fn seeds(mut self, seeds: impl Fn() -> u128 + Send + Sync + 'static) -> Self {
        self.seeds = Some(Arc::new(seeds));
        self
    }

    /// The schema number of bodies that each node built from this writes, for tests of versions side by side.
    #[cfg(feature = "sim")]
    #[doc(hidden)]
    pub fn schema_of_each(mut self, schema: impl Fn() -> u32 + Send + Sync + 'static) -> Self {
        self.schema = Some(Arc::new(schema));
        self
    }

    /// The call centre.
    ///
    /// # Errors
    /// Every mistake, each by the name of what it is about.
    pub fn build(self) -> Result<Switchboard, ConfigErrors> {
        let mut mistakes = self.preset_mistakes.clone();
        let verifier = self.verifier(&mut mistakes);
        let tenant = keep(TenantId::new(self.tenant.clone()), "tenant", &mut mistakes).unwrap_or_default();
        let checked = Checked::new(&self, &mut mistakes);
        if self.telephony.is_none() {
            mistakes.push(
                "no telephony: nothing could place a call; give `telephony(...)`, as in TwilioClient, or run the \
                 simulator"
                    .to_owned(),
            );
        }
        let (Some(verifier), Some(telephony), true) = (verifier, self.telephony.clone(), mistakes.is_empty()) else {
            return Err(ConfigErrors(mistakes));
        };
        let base = self.public_base.clone().unwrap_or_default();
        let token = self.tokens.first().cloned().unwrap_or_default();
        let secret = self.url_secret.clone().unwrap_or_else(|| Sha256::digest(format!("urls:{token}")).to_vec());
        let version = self.version();
        let account = self.account.clone().unwrap_or_default();
        let mut rules = checked.rules(self.clone(), tenant.clone(), account, version);
        rules.schema = self.schema.as_ref().map_or(SCHEMA, |schema| schema());
        let floor = NodeFloor::new(Arc::clone(&rules.roster));
        let waits = NodeWaits::new(Arc::clone(&rules.roster));
        let store = self.store.unwrap_or_else(|| Arc::new(MemoryStore::default()));
        Ok(Switchboard(Arc::new(Inner {
            rules,
            urls: Urls::new(&base, tenant, &secret),
            verifier,
            work: self.work.unwrap_or_else(|| Arc::clone(&store)),
            reports: self.reports.unwrap_or_else(|| Arc::clone(&store)),
            #[cfg(feature = "runtime")]
            wake: self.wake,
            store,
            telephony,
            reconciler: self.live_legs.map(|live| Reconciler::new(live, self.epoch)),
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
            seeds: self.seeds.unwrap_or_else(|| Arc::new(|| uuid::Uuid::now_v7().as_u128())),
            feed: Feed::default(),
            floor,
            draining: AtomicBool::new(false),
            held: Mutex::default(),
            waits,
            recent: Recent::default(),
        })))
    }

    fn verifier(&self, mistakes: &mut Vec<String>) -> Option<Verifier> {
        let mut builder = Verifier::builder();
        if let Some(base) = &self.public_base {
            builder = builder.public_base(base.as_str());
        }
        if let Some(account) = &self.account {
            builder = builder.account(account.as_str());
        }
        // Telnyx signs with no secret that we know.
        let tokens = if self.scheme == Scheme::Telnyx { &[] } else { &self.tokens[..] };
        builder = tokens.iter().fold(builder, |builder, token| builder.auth_token(token.as_str()));
        builder = self.shared_keys.iter().fold(builder, |builder, (id, key)| builder.shared_key(id, key));
        builder = self.public_keys.iter().fold(builder.scheme(self.scheme), |builder, key| builder.public_key(key));
        builder = self.forwarded.iter().fold(builder, |builder, header| builder.trust_forwarded(header));
        builder.build().map_err(|errors| mistakes.extend(errors.iter().map(ToString::to_string))).ok()
    }

    /// Changes whenever the configuration does.
    fn version(&self) -> u64 {
        let text = format!("{:?}{:?}{:?}{:?}", self.queues, self.agents, self.numbers, self.between);
        let digest = Sha256::digest(text.as_bytes());
        digest.iter().take(8).fold(0, |version, byte| version << 8 | u64::from(*byte))
    }
}
