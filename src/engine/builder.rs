//! Putting a call centre together. Every mistake is found when it is built, and all of them are told at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::core::Rules;
use crate::engine::{Feed, Inner, Seeds, Switchboard};
use crate::id::{AgentId, QueueId, TenantId};
use crate::model;
use crate::phone::{Endpoint, PhoneNumber};
use crate::routing::{LongestIdle, RoutingStrategy};
use crate::script::Prompt;
use crate::setup::{Agent, Flow, Goto, Place, Queue};
use crate::store::{MemoryStore, Store};
use crate::telephony::Telephony;
use crate::telephony::twilio::hop::Urls;
use crate::time::{Clock, SystemClock};
use crate::twiml::{Play, Response, Say};
use crate::webhook::{Scheme, Verifier};

/// Most queues one agent can serve: each is an index entry of the agent's record.
const AGENT_QUEUES_MAX: usize = 24;
/// Most queues that agents who are rung together may serve: a commit has room for no more.
const FREED_QUEUES_MAX: usize = 64;

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
    queues: Vec<Queue>,
    agents: Vec<Agent>,
    numbers: Vec<(String, Flow)>,
    strategies: Vec<Arc<dyn RoutingStrategy>>,
    caller_id: Option<String>,
    customer_ring_timeout: Duration,
    missed_max: u32,
    public_base: Option<String>,
    account: Option<String>,
    tokens: Vec<String>,
    shared_keys: Vec<(String, String)>,
    scheme: Scheme,
    public_keys: Vec<String>,
    forwarded: Vec<String>,
    url_secret: Option<Vec<u8>>,
    store: Option<Arc<dyn Store>>,
    telephony: Option<Arc<dyn Telephony>>,
    clock: Option<Arc<dyn Clock>>,
    seeds: Option<Seeds>,
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
            strategies: vec![Arc::new(LongestIdle)],
            caller_id: None,
            customer_ring_timeout: Duration::from_secs(30),
            missed_max: 3,
            public_base: None,
            account: None,
            tokens: Vec::new(),
            shared_keys: Vec::new(),
            scheme: Scheme::default(),
            public_keys: Vec::new(),
            forwarded: Vec::new(),
            url_secret: None,
            store: None,
            telephony: None,
            clock: None,
            seeds: None,
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

    /// Adds a routing strategy, to be named by queues.
    pub fn strategy(mut self, strategy: impl RoutingStrategy) -> Self {
        self.strategies.push(Arc::new(strategy));
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

    /// What carries out commands.
    pub fn telephony(mut self, telephony: Arc<dyn Telephony>) -> Self {
        self.telephony = Some(telephony);
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

    /// The call centre.
    ///
    /// # Errors
    /// Every mistake, each by the name of what it is about.
    pub fn build(self) -> Result<Switchboard, ConfigErrors> {
        let mut mistakes = Vec::new();
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
        let rules = checked.rules(self.clone(), tenant.clone(), account, version);
        Ok(Switchboard(Arc::new(Inner {
            rules,
            urls: Urls::new(&base, tenant, &secret),
            verifier,
            store: self.store.unwrap_or_else(|| Arc::new(MemoryStore::default())),
            telephony,
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
            seeds: self.seeds.unwrap_or_else(|| Arc::new(|| uuid::Uuid::now_v7().as_u128())),
            feed: Feed::default(),
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
        let text = format!("{:?}{:?}{:?}", self.queues, self.agents, self.numbers);
        let digest = Sha256::digest(text.as_bytes());
        digest.iter().take(8).fold(0, |version, byte| version << 8 | u64::from(*byte))
    }
}

fn keep<T, E: fmt::Display>(result: Result<T, E>, place: &str, mistakes: &mut Vec<String>) -> Option<T> {
    result.map_err(|error| mistakes.push(format!("{place}: {error}"))).ok()
}

/// The parts of a configuration that have been checked so far.
#[derive(Default)]
struct Checked {
    queues: BTreeMap<QueueId, model::Queue>,
    agents: BTreeMap<AgentId, model::AgentSpec>,
    numbers: BTreeMap<String, model::Flow>,
    caller_id: Option<PhoneNumber>,
}

impl Checked {
    fn new(builder: &Builder, mistakes: &mut Vec<String>) -> Self {
        let names: Vec<String> = builder.queues.iter().map(|queue| queue.name.clone()).collect();
        let mut checked = Self::default();
        for queue in &builder.queues {
            checked.queue(builder, queue, &names, mistakes);
        }
        for agent in &builder.agents {
            checked.agent(agent, &names, mistakes);
        }
        for (number, flow) in &builder.numbers {
            checked.number(number, flow, &names, mistakes);
        }
        let caller_id = builder.caller_id.clone().or_else(|| builder.numbers.first().map(|(number, _)| number.clone()));
        checked.caller_id = caller_id.and_then(|number| keep(number.parse(), "caller id", mistakes));
        seconds("customer ring timeout", builder.customer_ring_timeout, 5..=600, mistakes);
        if builder.missed_max == 0 {
            mistakes.push("missed_max is 0: it must be at least 1".to_owned());
        }
        checked.skills(mistakes);
        checked.overflow_loops(mistakes);
        checked.freed_at_once(mistakes);
        checked
    }

    /// The first of several agents to answer frees the others in one commit, and each queue of theirs is looked at again.
    fn freed_at_once(&self, mistakes: &mut Vec<String>) {
        for queue in self.queues.values() {
            let serving = self.agents.values().filter(|agent| agent.queues.contains(&queue.id));
            let all: BTreeSet<&QueueId> = serving.clone().flat_map(|agent| &agent.queues).collect();
            let mut counts: Vec<usize> = serving.map(|agent| agent.queues.len()).collect();
            counts.sort_unstable_by(|a, b| b.cmp(a));
            let most: usize = counts.into_iter().take(queue.ring_at_once as usize).sum();
            if most.min(all.len()) > FREED_QUEUES_MAX {
                mistakes.push(format!(
                    "queue {:?}: `ring_at_once` is {}, and the agents it may ring together serve up to {} queues, at most \
                     {FREED_QUEUES_MAX}; ring fewer at once, or let them serve fewer queues",
                    queue.id.as_str(),
                    queue.ring_at_once,
                    most.min(all.len()),
                ));
            }
        }
    }

    fn queue(&mut self, builder: &Builder, queue: &Queue, names: &[String], mistakes: &mut Vec<String>) {
        let place = format!("queue {:?}", queue.name);
        seconds(&format!("{place}: ring timeout"), queue.ring_timeout, 5..=600, mistakes);
        if queue.waiting_max == 0 || queue.wait_max.is_zero() {
            mistakes.push(format!("{place}: nobody could wait; `waiting_max` and `wait_max` must be above 0"));
        }
        if !(1..=10).contains(&queue.ring_at_once) {
            mistakes.push(format!("{place}: `ring_at_once` is {}, it must be 1 to 10", queue.ring_at_once));
        }
        let strategies: Vec<String> = builder.strategies.iter().map(|one| one.name().to_owned()).collect();
        if !strategies.contains(&queue.strategy) {
            mistakes.push(unknown(&place, "strategy", &queue.strategy, &strategies));
        }
        if let Some(url) = &queue.music_url {
            sayable(&place, &[Prompt::Play(url.clone())], mistakes);
        }
        let overflow = goto(&queue.overflow, &format!("{place}: overflow"), names, mistakes);
        let (Some(id), Some(overflow)) = (keep(QueueId::new(queue.name.clone()), "queue", mistakes), overflow) else {
            return;
        };
        let checked = model::Queue {
            id: id.clone(),
            priority: queue.priority,
            skills: queue.skills.iter().cloned().collect(),
            waiting_max: queue.waiting_max,
            wait_max: queue.wait_max,
            ring_timeout: queue.ring_timeout,
            ring_at_once: queue.ring_at_once,
            wrap_up: queue.wrap_up,
            overflow,
            music_url: queue.music_url.clone(),
            strategy: queue.strategy.clone(),
        };
        if self.queues.insert(id, checked).is_some() {
            mistakes.push(format!("{place} is given twice"));
        }
    }

    fn agent(&mut self, agent: &Agent, names: &[String], mistakes: &mut Vec<String>) {
        let place = format!("agent {:?}", agent.name);
        for queue in agent.queues.iter().filter(|queue| !names.contains(queue)) {
            mistakes.push(unknown(&place, "queue", queue, names));
        }
        if agent.queues.len() > AGENT_QUEUES_MAX {
            mistakes.push(format!("{place} serves {} queues, at most {AGENT_QUEUES_MAX}", agent.queues.len()));
        }
        let endpoint = agent.endpoint.clone().unwrap_or_else(|| format!("client:{}", agent.name));
        let endpoint = keep(endpoint.parse::<Endpoint>(), &place, mistakes);
        let (Some(id), Some(endpoint)) = (keep(AgentId::new(agent.name.clone()), "agent", mistakes), endpoint) else {
            return;
        };
        let confirm = agent.confirm.unwrap_or(matches!(endpoint, Endpoint::Phone(_)));
        let queues = agent.queues.iter().filter_map(|name| QueueId::new(name.clone()).ok()).collect();
        let skills = agent.skills.iter().cloned().collect();
        let spec = model::AgentSpec { id: id.clone(), endpoint, queues, skills, confirm };
        if self.agents.insert(id, spec).is_some() {
            mistakes.push(format!("{place} is given twice"));
        }
    }

    fn number(&mut self, number: &str, flow: &Flow, names: &[String], mistakes: &mut Vec<String>) {
        let place = format!("number {number:?}");
        let number = keep(number.parse::<PhoneNumber>(), &place, mistakes);
        sayable(&place, &flow.greeting, mistakes);
        let Some(otherwise) = &flow.otherwise else {
            mistakes.push(format!("{place}: no place for callers who press no key; add `.otherwise(...)`"));
            return;
        };
        let otherwise = goto(otherwise, &format!("{place}: otherwise"), names, mistakes);
        let mut keys = BTreeMap::new();
        for (key, to) in &flow.keys {
            if !key.is_ascii_digit() && !"*#".contains(*key) {
                mistakes.push(format!("{place}: {key:?} is no key of a telephone; use 0-9, * or #"));
            }
            if let Some(target) = goto(to, &format!("{place}: key {key:?}"), names, mistakes)
                && keys.insert(*key, target).is_some()
            {
                mistakes.push(format!("{place}: key {key:?} leads to two places"));
            }
        }
        if !flow.keys.is_empty() {
            seconds(&format!("{place}: timeout"), flow.timeout, 1..=60, mistakes);
        }
        let (Some(number), Some(otherwise)) = (number, otherwise) else { return };
        let menu = model::Menu { keys, timeout: flow.timeout, tries: flow.tries.max(1), otherwise: otherwise.clone() };
        let menu = (!flow.keys.is_empty()).then_some(menu);
        let checked = model::Flow { greeting: flow.greeting.clone(), menu, then: otherwise };
        if self.numbers.insert(number.to_string(), checked).is_some() {
            mistakes.push(format!("{place} is given twice"));
        }
    }

    /// A queue whose calls no configured agent could ever take is a mistake, not a long wait.
    fn skills(&self, mistakes: &mut Vec<String>) {
        let mut wanted: Vec<(&QueueId, BTreeSet<String>, String)> = Vec::new();
        for queue in self.queues.values() {
            wanted.push((&queue.id, queue.skills.clone(), format!("queue {:?}", queue.id.as_str())));
        }
        let menus = self.numbers.iter().flat_map(|(number, flow)| {
            let keys = flow.menu.iter().flat_map(|menu| menu.keys.values());
            keys.chain([&flow.then]).map(move |target| (number, target))
        });
        for (number, target) in menus {
            if let model::Target::Queue { queue, skills, .. } = target
                && let Some(found) = self.queues.get(queue)
                && !skills.is_empty()
            {
                let all = found.skills.union(skills).cloned().collect();
                wanted.push((queue, all, format!("number {number:?} leading to queue {:?}", queue.as_str())));
            }
        }
        for (queue, skills, place) in wanted {
            let serving: Vec<_> = self.agents.values().filter(|agent| agent.queues.contains(queue)).collect();
            if !serving.is_empty() && !serving.iter().any(|agent| agent.skills.is_superset(&skills)) {
                let skills: Vec<_> = skills.into_iter().collect();
                mistakes.push(format!("{place}: no agent who serves it has the skills {}", skills.join(", ")));
            }
        }
    }

    fn overflow_loops(&self, mistakes: &mut Vec<String>) {
        for start in self.queues.values() {
            let (mut at, mut steps) = (start, 0);
            while let model::Target::Queue { queue, .. } = &at.overflow {
                let Some(next) = self.queues.get(queue) else { break };
                (at, steps) = (next, steps + 1);
                if at.id == start.id || steps > self.queues.len() {
                    mistakes.push(format!("queue {:?}: its overflow leads back to itself", start.id.as_str()));
                    break;
                }
            }
        }
    }

    fn rules(self, builder: Builder, tenant: TenantId, account: String, version: u64) -> Rules {
        Rules {
            tenant,
            version,
            account,
            queues: self.queues,
            agents: self.agents,
            numbers: self.numbers,
            caller_id: self.caller_id,
            strategies: builder.strategies.into_iter().map(|one| (one.name().to_owned(), one)).collect(),
            customer_ring_timeout: builder.customer_ring_timeout,
            missed_max: builder.missed_max,
            missed_rest: Duration::from_secs(30),
            claim_timeout: Duration::from_secs(10),
            quiet_max: Duration::from_secs(25),
            absent_for: Duration::from_secs(10),
            leg_time_limit: Duration::from_secs(4 * 3600),
        }
    }
}

fn seconds(what: &str, given: Duration, allowed: std::ops::RangeInclusive<u64>, mistakes: &mut Vec<String>) {
    if given.subsec_nanos() != 0 || !allowed.contains(&given.as_secs()) {
        let (least, most) = (allowed.start(), allowed.end());
        mistakes.push(format!("{what} is {given:?}; it must be {least} to {most} whole seconds"));
    }
}

fn goto(to: &Goto, place: &str, names: &[String], mistakes: &mut Vec<String>) -> Option<model::Target> {
    match &to.0 {
        Place::Queue { queue, priority, skills } => {
            if !names.contains(queue) {
                mistakes.push(unknown(place, "queue", queue, names));
                return None;
            }
            let queue = QueueId::new(queue.clone()).ok()?;
            Some(model::Target::Queue { queue, priority: *priority, skills: skills.iter().cloned().collect() })
        }
        Place::HangUp(words) => {
            sayable(place, &[Prompt::Say(words.clone())], mistakes);
            Some(model::Target::HangUp(words.clone()))
        }
        Place::Forward(number) => keep(number.parse(), place, mistakes).map(model::Target::Forward),
    }
}

/// What will be said or played is tried on the document builder now, not on a caller.
fn sayable(place: &str, prompts: &[Prompt], mistakes: &mut Vec<String>) {
    for prompt in prompts {
        let response = match prompt {
            Prompt::Say(text) => Response::new().say(Say::new(text.as_str())),
            Prompt::Play(url) => Response::new().play(Play::new(url.as_str())),
        };
        mistakes.extend(response.check().iter().map(|refused| format!("{place}: {refused}")));
    }
}

fn unknown(place: &str, what: &str, name: &str, known: &[String]) -> String {
    let nearest = known.iter().min_by_key(|other| distance(name, other)).filter(|other| distance(name, other) <= 2);
    let hint = nearest.map_or_else(String::new, |other| format!(" Did you mean {other:?}?"));
    let list = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("{place}: there is no {what} {name:?}.{hint} There are: {list}")
}

/// Edits between two names (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut before = i;
        let mut next = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let swap = before + usize::from(from != *to);
            before = row.get(j + 1).copied().unwrap_or(swap);
            let least = swap.min(before + 1).min(next.last().copied().unwrap_or(swap) + 1);
            next.push(least);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
