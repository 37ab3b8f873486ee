//! Gathers what a decision changes into one commit. The only place that computes index entries and task ids.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::core::{Change, Missing, Refusal, RefusalKind, Rules, Stop, Timer, View, callback, overflow};
use crate::id::{AgentId, CallId, LegId, QueueId, TenantId};
use crate::model::{
    Agent, AgentHistory, AgentStatus, Call, CallState, EndReason, EventKind, Fact, QueueState, Reconciliation,
};
use crate::phone::PhoneNumber;
use crate::store::{
    Arm, Body, Commit, Cursor, Expect, IndexEntry, Key, PAGE_MAX, Page, Put, Rearm, Scan, TaskId, Version,
};
use crate::time::Timestamp;

/// Calls in a page of the waiting line.
const WAITING_PAGE: u16 = 64;
/// Broken-off calls of one number that are looked at.
const DROPPED_PAGE: u16 = 4;

enum Draftable {
    Call(Box<Call>),
    Agent(Box<Agent>),
    Queue(QueueState),
    History(Box<AgentHistory>),
    /// Whose callback a number has in a queue; `None`: it has none any more.
    Promise(Option<CallId>),
    Reconciliation(Box<Reconciliation>),
}

/// The mark that bodies carry of the version that wrote them.
#[derive(Deserialize)]
struct Marked {
    #[serde(default)]
    schema: u64,
}

/// A decision in the making.
pub(crate) struct Draft<'a> {
    view: &'a View,
    pub(crate) rules: &'a Rules,
    pub(crate) now: Timestamp,
    changed: BTreeMap<Key, (Expect, Draftable)>,
    arms: BTreeMap<TaskId, Arm>,
    disarms: Vec<TaskId>,
    events_before: BTreeMap<CallId, u32>,
    learned: Vec<Change>,
    agent_facts: Vec<Fact>,
}

/// Key of a call's record.
pub(crate) fn call_key(tenant: &TenantId, call: CallId) -> Key {
    Key::new(format!("call/{tenant}/{call}"))
}

/// Key of an agent's record.
pub(crate) fn agent_key(tenant: &TenantId, agent: &AgentId) -> Key {
    Key::new(format!("agent/{tenant}/{agent}"))
}

/// Key of a queue's record.
pub(crate) fn queue_key(tenant: &TenantId, queue: &QueueId) -> Key {
    Key::new(format!("queue/{tenant}/{queue}"))
}

/// Key of the record that a number is promised a callback by a queue: there can be one at most.
pub(crate) fn promise_key(tenant: &TenantId, queue: &QueueId, number: &PhoneNumber) -> Key {
    Key::new(format!("promise/{tenant}/{queue}/{number}"))
}

/// Key of the record of how the books were compared with the provider.
pub(crate) fn reconciliation_key(tenant: &TenantId) -> Key {
    Key::new(format!("reconciliation/{tenant}"))
}

/// The task that a timer is.
pub(crate) fn task_id(tenant: &TenantId, timer: &Timer) -> TaskId {
    TaskId::new(match timer {
        Timer::Match => format!("match/{tenant}"),
        Timer::Command(call, leg) => format!("do/{tenant}/{call}/{leg}"),
        Timer::Ring(call, offer) => format!("ring/{tenant}/{call}/{offer}"),
        Timer::Claim(call, offer) => format!("claim/{tenant}/{call}/{offer}"),
        Timer::Wait(call) => format!("wait/{tenant}/{call}"),
        Timer::CustomerRing(call) => format!("ring/{tenant}/{call}/customer"),
        Timer::WrapUp(agent, _) => format!("wrap/{tenant}/{agent}"),
        Timer::Upkeep(call) => format!("upkeep/{tenant}/{call}"),
        Timer::Announce(call) => format!("announce/{tenant}/{call}"),
        Timer::Reconcile => format!("reconcile/{tenant}"),
        Timer::Overflow(call) => format!("overflow/{tenant}/{call}"),
        Timer::Line(queue) => format!("line/{tenant}/{queue}"),
    })
}

fn entry(index: &str, partition: String, sort: [i64; 2]) -> IndexEntry {
    IndexEntry { index: index.to_owned(), partition, sort }
}

/// The index of calls, newest first.
pub(crate) const CALLS: &str = "calls";
/// The index of agents, by name.
pub(crate) const AGENTS: &str = "agents";
/// The index of the callbacks that a queue has promised, by the time from which they are due.
pub(crate) const CALLBACKS: &str = "callbacks";
/// The index of calls that broke off while waiting, by the customer's number, newest first.
const DROPPED: &str = "dropped";
/// The index of an agent's calls, newest first.
pub(crate) const AGENT_CALLS: &str = "agent_calls";

/// The index of what a floor must know: calls that wait and agents who are signed in, by when they last changed.
pub(crate) const FLOOR: &str = "floor";
/// The index of a customer's conversations, newest first.
const CUSTOMER: &str = "customer";
/// The index of calls that have ended, by their end.
pub(crate) const ENDED: &str = "ended";
/// The index of calls that have not ended, by their beginning.
pub(crate) const LIVE: &str = "live";
/// The index of the older histories of an agent, by the time of their last entry.
pub(crate) const AGENT_HISTORY: &str = "agent_history";

fn call_index(call: &Call, now: Timestamp) -> Vec<IndexEntry> {
    let tenant = &call.tenant;
    if call.number.is_empty() {
        // Known by its end alone.
        return Vec::new();
    }
    let newest_first = [-call.started_at.as_micros(), 0];
    let mut index = vec![entry(CALLS, tenant.to_string(), newest_first)];
    if let Some(agent) = &call.agent {
        index.push(entry(AGENT_CALLS, format!("{tenant}/{agent}"), newest_first));
        if call.customer.starts_with('+') {
            index.push(entry(CUSTOMER, format!("{tenant}/{}", call.customer), newest_first));
        }
    }
    if let (CallState::Ended, Some(ended_at)) = (call.state, call.ended_at) {
        index.push(entry(ENDED, tenant.to_string(), [ended_at.as_micros(), 0]));
    } else {
        index.push(entry(LIVE, tenant.to_string(), [call.started_at.as_micros(), 0]));
    }
    if let (true, Some(queue), Some(since)) = (call.is_in_line(), &call.queue, call.line_time()) {
        let first = [-i64::from(call.priority), since.as_micros()];
        index.push(entry("waiting", format!("{tenant}/{queue}"), first));
        index.push(entry(FLOOR, tenant.to_string(), [now.as_micros(), 0]));
    }
    if let (true, Some(queue), Some(callback)) = (call.is_placeholder(), &call.queue, &call.callback) {
        index.push(entry(CALLBACKS, format!("{tenant}/{queue}"), [callback.not_before.as_micros(), 0]));
    }
    if let (Some(number), Some(ended_at)) = (callback::dropped(call), call.ended_at) {
        index.push(entry(DROPPED, format!("{tenant}/{number}"), [-ended_at.as_micros(), 0]));
    }
    index
}

/// Those who have signed out stay in the index of the floor: other nodes are to see that they have.
fn agent_index(tenant: &TenantId, now: Timestamp) -> Vec<IndexEntry> {
    vec![entry(AGENTS, tenant.to_string(), [0, 0]), entry(FLOOR, tenant.to_string(), [now.as_micros(), 0])]
}

fn history_index(tenant: &TenantId, history: &AgentHistory) -> Vec<IndexEntry> {
    let last = history.entries.last().map_or(0, |entry| entry.at.as_micros());
    vec![entry(AGENT_HISTORY, format!("{tenant}/{}", history.agent), [last, 0])]
}

/// Whether a newer version wrote it: it is not written over, and nothing is decided by it.
pub(crate) fn is_newer(body: &Body, rules: &Rules) -> bool {
    body.read::<Marked>().is_ok_and(|marked| marked.schema > u64::from(rules.schema))
}

fn body(value: &impl Serialize) -> Body {
    // Our own types always serialize: string keys, no failing implementations.
    Body::of(value).expect("models serialize to JSON")
}

/// How an agent is as of a version of the record.
pub(crate) fn of_agent(agent: &Agent, version: Version) -> Change {
    let (status, standing, history) = (agent.status(), agent.standing(), agent.history.clone());
    Change::Agent { id: agent.spec.id.clone(), version, status, standing, history }
}

impl<'a> Draft<'a> {
    pub(crate) fn new(view: &'a View, rules: &'a Rules, now: Timestamp) -> Self {
        Self {
            view,
            rules,
            now,
            changed: BTreeMap::new(),
            arms: BTreeMap::new(),
            disarms: Vec::new(),
            events_before: BTreeMap::new(),
            learned: Vec::new(),
            agent_facts: Vec::new(),
        }
    }

    fn read<T: DeserializeOwned + Clone + Send + Sync + 'static>(&self, key: &Key) -> Result<Option<T>, Stop> {
        let missing = || Stop::Missing(Missing { keys: vec![key.clone()], scans: Vec::new() });
        let Some(record) = self.view.records.get(key).ok_or_else(missing)? else { return Ok(None) };
        if let Some(value) = self.view.value(key) {
            return Ok(Some(value));
        }
        if is_newer(&record.body, self.rules) {
            return Err(Stop::Unreadable(key.clone()));
        }
        let value: T = record.body.read().map_err(|_| Stop::Unreadable(key.clone()))?;
        self.view.keep(key, value.clone());
        Ok(Some(value))
    }

    /// The call as it is in this draft.
    pub(crate) fn call(&mut self, id: CallId) -> Result<Option<Call>, Stop> {
        let key = call_key(&self.rules.tenant, id);
        if let Some((_, Draftable::Call(call))) = self.changed.get(&key) {
            return Ok(Some((**call).clone()));
        }
        let found = self.read::<Call>(&key)?;
        self.events_before.entry(id).or_insert_with(|| found.as_ref().map_or(0, |call| call.event_seq));
        Ok(found)
    }

    /// The agent as it is in this draft.
    pub(crate) fn agent(&mut self, id: &AgentId) -> Result<Option<Agent>, Stop> {
        let key = agent_key(&self.rules.tenant, id);
        if let Some((_, Draftable::Agent(agent))) = self.changed.get(&key) {
            return Ok(Some((**agent).clone()));
        }
        self.read::<Agent>(&key)
    }

    /// What changes about a queue; a queue that was never touched is open.
    pub(crate) fn queue_state(&mut self, id: &QueueId) -> Result<QueueState, Stop> {
        let key = queue_key(&self.rules.tenant, id);
        Ok(self.read::<QueueState>(&key)?.unwrap_or_default())
    }

    fn put(&mut self, key: Key, value: Draftable) -> Result<(), Stop> {
        if let Some(slot) = self.changed.get_mut(&key) {
            slot.1 = value;
            return Ok(());
        }
        let missing = || Stop::Missing(Missing { keys: vec![key.clone()], scans: Vec::new() });
        let expect = match self.view.records.get(&key).ok_or_else(missing)? {
            Some(record) => Expect::Version(record.version),
            None => Expect::Absent,
        };
        self.changed.insert(key, (expect, value));
        Ok(())
    }

    pub(crate) fn put_call(&mut self, call: Call) -> Result<(), Stop> {
        self.put(call_key(&self.rules.tenant, call.id), Draftable::Call(Box::new(call)))
    }

    /// Stores an agent. Whatever has changed about what the agent does is noted here, so that no path can forget it.
    pub(crate) fn put_agent(&mut self, mut agent: Agent) -> Result<(), Stop> {
        let id = agent.spec.id.clone();
        // The caller's copy may be older than what this draft has noted.
        let before = self.agent(&id)?;
        agent.keep_count(before.as_ref(), self.now);
        let was = before.as_ref().map_or(AgentStatus::Offline, Agent::status);
        overflow::agent_changed(self, &id, was, agent.status());
        if before.as_ref().is_some_and(|before| before.standing().staffed) && !agent.standing().staffed {
            // Whatever was left to this agent is somebody else's now: what is passed over because nobody is there, declines.
            self.arm_match();
        }
        (agent.history, agent.history_seq) =
            before.map_or_else(Default::default, |before| (before.history, before.history_seq));
        let (event, older) = agent.note(self.now);
        self.agent_facts.extend(event.map(|event| Fact::Agent { agent: id.clone(), event }));
        if let Some(older) = older {
            let last = older.entries.last().map_or(0, |entry| entry.seq);
            let key = Key::new(format!("history/{}/{id}/{last}", self.rules.tenant));
            // Nobody else writes it: whoever noted the same entry lost the race for the agent's own record.
            self.changed.insert(key, (Expect::Absent, Draftable::History(Box::new(older))));
        }
        self.put(agent_key(&self.rules.tenant, &id), Draftable::Agent(Box::new(agent)))
    }

    pub(crate) fn put_queue_state(&mut self, id: &QueueId, state: QueueState) -> Result<(), Stop> {
        self.put(queue_key(&self.rules.tenant, id), Draftable::Queue(state))
    }

    /// How the books were compared with the provider.
    pub(crate) fn reconciliation(&self) -> Result<Reconciliation, Stop> {
        let key = reconciliation_key(&self.rules.tenant);
        Ok(self.read::<Reconciliation>(&key)?.unwrap_or_default())
    }

    pub(crate) fn put_reconciliation(&mut self, record: Reconciliation) -> Result<(), Stop> {
        self.put(reconciliation_key(&self.rules.tenant), Draftable::Reconciliation(Box::new(record)))
    }

    /// A page of an index; its records are in the view afterwards.
    fn page(&self, index: &str, partition: String, after: Option<Cursor>, limit: u16) -> Result<&'a Page, Stop> {
        let scan = Scan { index: index.to_owned(), partition, after, limit };
        let view = self.view;
        view.pages.get(&scan).ok_or_else(|| Stop::Missing(Missing { keys: Vec::new(), scans: vec![scan] }))
    }

    /// A page of the calls that wait in a queue, first come first.
    pub(crate) fn waiting(&self, queue: &QueueId, after: Option<Cursor>) -> Result<&'a Page, Stop> {
        self.page("waiting", format!("{}/{queue}", self.rules.tenant), after, WAITING_PAGE)
    }

    /// A page of the calls that wait and the agents who are signed in.
    pub(crate) fn floor(&self, after: Option<Cursor>) -> Result<&'a Page, Stop> {
        self.page(FLOOR, self.rules.tenant.to_string(), after, PAGE_MAX)
    }

    /// The customer's latest conversations, the newest first.
    pub(crate) fn calls_of(&self, customer: &str, most: u16) -> Result<&'a Page, Stop> {
        self.page(CUSTOMER, format!("{}/{customer}", self.rules.tenant), None, most)
    }

    /// A page of the callbacks that a queue has promised.
    pub(crate) fn callbacks(&self, queue: &QueueId, after: Option<Cursor>) -> Result<&'a Page, Stop> {
        self.page(CALLBACKS, format!("{}/{queue}", self.rules.tenant), after, WAITING_PAGE)
    }

    /// The latest calls of a number that broke off while waiting.
    pub(crate) fn dropped(&self, number: &PhoneNumber) -> Result<&'a Page, Stop> {
        self.page(DROPPED, format!("{}/{number}", self.rules.tenant), None, DROPPED_PAGE)
    }

    /// The call that keeps the promise of a callback to this number.
    pub(crate) fn promise(&self, queue: &QueueId, number: &PhoneNumber) -> Result<Option<CallId>, Stop> {
        let key = promise_key(&self.rules.tenant, queue, number);
        if let Some((_, Draftable::Promise(promise))) = self.changed.get(&key) {
            return Ok(*promise);
        }
        self.read::<CallId>(&key)
    }

    pub(crate) fn put_promise(
        &mut self,
        queue: &QueueId,
        number: &PhoneNumber,
        call: Option<CallId>,
    ) -> Result<(), Stop> {
        self.put(promise_key(&self.rules.tenant, queue, number), Draftable::Promise(call))
    }

    /// The value of a record found in a page.
    pub(crate) fn parse<T: DeserializeOwned>(record: &crate::store::Record) -> Result<T, Stop> {
        record.body.read().map_err(|_| Stop::Unreadable(record.key.clone()))
    }

    pub(crate) fn arm(&mut self, timer: &Timer, due: Timestamp, rearm: Rearm) {
        let id = task_id(&self.rules.tenant, timer);
        self.disarms.retain(|other| *other != id);
        if let (Some(armed), Rearm::Earliest) = (self.arms.get(&id), rearm)
            && armed.due <= due
        {
            return;
        }
        self.arms.insert(id.clone(), Arm { id, due, rearm, work: body(timer) });
    }

    pub(crate) fn disarm(&mut self, timer: &Timer) {
        let id = task_id(&self.rules.tenant, timer);
        self.arms.remove(&id);
        self.disarms.push(id);
    }

    /// Lets a leg's first command be carried out.
    pub(crate) fn arm_command(&mut self, call: CallId, leg: LegId) {
        self.arm(&Timer::Command(call, leg), self.now, Rearm::Earliest);
    }

    /// Has the floor looked at.
    pub(crate) fn arm_match(&mut self) {
        self.arm(&Timer::Match, self.now, Rearm::Earliest);
    }

    /// Tells floors how a call is, though it is not written.
    pub(crate) fn learn_call(&mut self, call: &Call) {
        if let Some(version) = self.version(&call_key(&self.rules.tenant, call.id)) {
            self.learned.push(self.learned_call(call, version));
        }
    }

    /// Tells floors how an agent is, though the record is not written.
    pub(crate) fn learn_agent(&mut self, agent: &Agent) {
        if let Some(version) = self.version(&agent_key(&self.rules.tenant, &agent.spec.id)) {
            self.learned.push(of_agent(agent, version));
        }
    }

    fn version(&self, key: &Key) -> Option<Version> {
        self.view.records.get(key)?.as_ref().map(|record| record.version)
    }

    /// Whether a call was answered in time, when that is told by its events from `before` on. Whoever left before the time was over
    /// is no sign of anything.
    fn answered(&self, call: &Call, before: u32) -> Option<Change> {
        let (queue, entered) = call.queue.clone().zip(call.entered_at)?;
        let within = self.rules.roster.queues.get(&queue)?.answer_within;
        let told = call.events.iter().filter(|event| event.seq >= before).find_map(|event| match event.kind {
            EventKind::Accepted { .. } => Some((true, event.at)),
            EventKind::Ended { reason: EndReason::Abandoned } => Some((false, event.at)),
            _ => None,
        });
        let (was_taken, at) = told?;
        let is_late = at.since(entered) > within;
        (was_taken || is_late).then_some(Change::Answered { queue, in_time: was_taken && !is_late })
    }

    fn learned_call(&self, call: &Call, version: Version) -> Change {
        let queue = call.queue.as_ref().and_then(|id| self.rules.queues.get(id));
        let waiting = queue.and_then(|queue| call.waiting(queue, self.now));
        let lapses_at = call.decline_lapses_at(self.rules.missed_rest).filter(|_| waiting.is_some());
        Change::Call { id: call.id, version, waiting, lapses_at, joined: call.joined() }
    }

    /// The whole change, the facts that are new in it, and what floors learn.
    pub(crate) fn finish(mut self) -> (Commit, Vec<Fact>, Vec<Change>) {
        let mut commit = Commit { disarm: std::mem::take(&mut self.disarms), ..Commit::default() };
        commit.arm = std::mem::take(&mut self.arms).into_values().collect();
        let mut facts = Vec::new();
        let mut changes = std::mem::take(&mut self.learned);
        for (key, (expect, mut value)) in std::mem::take(&mut self.changed) {
            let version = match expect {
                Expect::Absent => Version(1),
                Expect::Version(version) => Version(version.0 + 1),
            };
            let schema = self.rules.schema;
            let (body, index) = match &mut value {
                Draftable::Call(call) => {
                    call.schema = schema;
                    let before = self.events_before.get(&call.id).copied().unwrap_or(0);
                    facts.extend(Fact::of_call(call, before));
                    changes.push(self.learned_call(call, version));
                    changes.extend(self.answered(call, before));
                    (body(call), call_index(call, self.now))
                }
                Draftable::Agent(agent) => {
                    agent.schema = schema;
                    changes.push(of_agent(agent, version));
                    (body(agent), agent_index(&self.rules.tenant, self.now))
                }
                Draftable::Queue(state) => {
                    state.schema = schema;
                    (body(state), Vec::new())
                }
                Draftable::History(history) => {
                    history.schema = schema;
                    (body(history), history_index(&self.rules.tenant, history))
                }
                Draftable::Reconciliation(record) => {
                    record.schema = schema;
                    (body(record), Vec::new())
                }
                Draftable::Promise(Some(call)) => (body(call), Vec::new()),
                Draftable::Promise(None) => {
                    if let Expect::Version(version) = expect {
                        commit.deletes.push((key, version));
                    }
                    continue;
                }
            };
            commit.puts.push(Put { key, expect, body, index });
        }
        facts.extend(self.agent_facts);
        (commit, facts, changes)
    }
}

pub(crate) fn not_found(what: &str, name: impl std::fmt::Display) -> Stop {
    Refusal { kind: RefusalKind::NotFound, message: format!("there is no {what} {name}") }.into()
}

pub(crate) fn conflict(message: impl Into<String>) -> Stop {
    Refusal { kind: RefusalKind::Conflict, message: message.into() }.into()
}
