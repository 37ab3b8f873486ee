use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, CallId, QueueId};
use crate::model::AgentEvent;
use crate::phone::Endpoint;
use crate::routing::{Member, Membership, Skills, Standing};
use crate::time::Timestamp;

/// Who an agent is and what they can do: configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentSpec {
    /// Unique name.
    pub id: AgentId,
    /// Where the agent is rung.
    pub endpoint: Endpoint,
    /// Queues served, each with the agent's place in it.
    pub queues: BTreeMap<QueueId, Membership>,
    /// Skills held, each with its level.
    pub skills: Skills,
    /// For the strategy `rank`: the higher is asked first.
    pub rank: i32,
    /// For strategies that order by attributes.
    pub attributes: BTreeMap<String, i64>,
    /// Whether the agent must press 1 to accept: keeps an agent's voicemail from taking calls.
    pub confirm: bool,
}

impl AgentSpec {
    /// What choosing goes by. An agent has one call at a time.
    #[must_use]
    pub fn member(&self) -> Member {
        Member {
            skills: self.skills.clone(),
            queues: self.queues.clone(),
            rank: self.rank,
            attributes: self.attributes.clone(),
            capacity: 1,
        }
    }
}

/// What an agent wants to be. The engine never overwrites it, save for [`Intent::Break`] after missed offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Intent {
    /// Signed out; takes effect after the current work.
    Offline,
    /// Wants calls.
    Ready,
    /// Wants no calls, for this reason; takes effect after the current work.
    Break(String),
}

/// How far an agent's current work has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkState {
    /// Is being rung.
    Offered,
    /// Has accepted; audio is on its way.
    Accepted,
    /// Talks with the customer.
    Talking,
}

/// The one call an agent is busy with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Which call.
    pub call: CallId,
    /// Which offer of it: the fence against stale answers and timers.
    pub offer: u32,
    /// How far it has come.
    pub state: WorkState,
    /// The queue that the call came by.
    #[serde(default)]
    pub queue: Option<QueueId>,
}

/// What an agent is doing, derived from intent, work and wrap-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentStatus {
    /// Signed out.
    Offline,
    /// On a break.
    Break,
    /// Waits for a call.
    Ready,
    /// Is being rung or joined.
    Offered,
    /// Talks with a customer.
    Talking,
    /// Finishes the last call.
    WrapUp,
}

/// An agent's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Schema number of this body.
    pub schema: u32,
    /// Who the agent is.
    pub spec: AgentSpec,
    /// What the agent wants.
    pub intent: Intent,
    /// Counts changes of `intent`.
    pub intent_version: u64,
    /// The call the agent is busy with. Capacity is this option: there is no counter that could drift.
    pub work: Option<Work>,
    /// End of the wrap-up, while there is one.
    pub wrap_until: Option<Timestamp>,
    /// Counts wrap-ups: the fence against stale wrap-up timers.
    pub wrap_epoch: u64,
    /// When the agent last became free.
    pub idle_since: Timestamp,
    /// Offers missed in a row.
    pub missed: u32,
    /// Calls talked to since signing in for the first time.
    pub answered: u64,
    /// When `status` last changed.
    pub since: Timestamp,
    /// When the last conversation ended.
    pub last_ended: Option<Timestamp>,
    /// When the last offer was made.
    pub last_offered: Option<Timestamp>,
    /// Of which queue the last offer was.
    pub last_queue: Option<QueueId>,
    /// When the last offer of each queue was made whose agents take turns.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub offered_in: BTreeMap<QueueId, Timestamp>,
    /// Time talked until `since`, ms.
    pub talk_ms: i64,
    /// Time talked or finishing up until `since`, ms.
    pub busy_ms: i64,
    /// Time signed in until `since`, breaks excluded, ms.
    pub staffed_ms: i64,
    /// The latest entries of the history, at most 8: whoever looks for a free agent reads this record. Older ones are
    /// records of their own.
    #[serde(default)]
    pub history: Vec<AgentEvent>,
    /// Entries of the history so far.
    #[serde(default)]
    pub history_seq: u64,
}

/// Entries of the history kept in an agent's record.
pub(crate) const HISTORY_MAX: usize = 8;

/// Older entries of an agent's history. The first one is the last of those before, so that the entry in force at any time
/// is found together with those that follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentHistory {
    /// Schema number of this body.
    pub schema: u32,
    /// Whose.
    pub agent: AgentId,
    /// In order.
    pub entries: Vec<AgentEvent>,
}

impl Agent {
    /// A signed-out agent.
    #[must_use]
    pub fn new(spec: AgentSpec, now: Timestamp) -> Self {
        Self {
            schema: super::SCHEMA,
            spec,
            intent: Intent::Offline,
            intent_version: 0,
            work: None,
            wrap_until: None,
            wrap_epoch: 0,
            idle_since: now,
            missed: 0,
            answered: 0,
            since: now,
            last_ended: None,
            last_offered: None,
            last_queue: None,
            offered_in: BTreeMap::new(),
            talk_ms: 0,
            busy_ms: 0,
            staffed_ms: 0,
            history: Vec::new(),
            history_seq: 0,
        }
    }

    /// What the agent is doing.
    #[must_use]
    pub fn status(&self) -> AgentStatus {
        match (&self.work, self.wrap_until, &self.intent) {
            (Some(work), _, _) if work.state == WorkState::Talking => AgentStatus::Talking,
            (Some(_), _, _) => AgentStatus::Offered,
            (None, Some(_), _) => AgentStatus::WrapUp,
            (None, None, Intent::Offline) => AgentStatus::Offline,
            (None, None, Intent::Break(_)) => AgentStatus::Break,
            (None, None, Intent::Ready) => AgentStatus::Ready,
        }
    }

    /// How the agent stands, for choosing.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let status = self.status();
        Standing {
            staffed: !matches!(status, AgentStatus::Offline | AgentStatus::Break),
            free: u16::from(status == AgentStatus::Ready),
            not_before: None,
            idle_since: self.idle_since,
            last_ended: self.last_ended,
            last_offered: self.last_offered,
            last_queue: self.last_queue.clone(),
            offered_in: self.offered_in.clone(),
            contacts: self.answered,
            talk_ms: self.talk_ms,
            busy_ms: self.busy_ms,
            staffed_ms: self.staffed_ms,
        }
    }

    /// Counts the time of what the agent did before, when that is something else from now on.
    pub(crate) fn keep_count(&mut self, before: Option<&Self>, now: Timestamp) {
        let Some(before) = before else { return };
        (self.since, self.last_ended) = (before.since, before.last_ended);
        (self.talk_ms, self.busy_ms, self.staffed_ms) = (before.talk_ms, before.busy_ms, before.staffed_ms);
        let was = before.status();
        if was == self.status() {
            return;
        }
        let ms = i64::try_from(now.since(self.since).as_millis()).unwrap_or(i64::MAX);
        if was == AgentStatus::Talking {
            self.talk_ms = self.talk_ms.saturating_add(ms);
            self.last_ended = Some(now);
        }
        if matches!(was, AgentStatus::Talking | AgentStatus::WrapUp) {
            self.busy_ms = self.busy_ms.saturating_add(ms);
        }
        if !matches!(was, AgentStatus::Offline | AgentStatus::Break) {
            self.staffed_ms = self.staffed_ms.saturating_add(ms);
        }
        self.since = now;
    }

    /// Notes what the agent does now, if that is something new; returns the entry, and the older ones that have to be stored
    /// elsewhere.
    pub(crate) fn note(&mut self, now: Timestamp) -> (Option<AgentEvent>, Option<AgentHistory>) {
        let (status, last) = (self.status(), self.history.last());
        let reason = match &self.intent {
            Intent::Break(reason) if status == AgentStatus::Break => Some(reason.clone()),
            _ => None,
        };
        let (call, queue) = match (&self.work, status, last) {
            (Some(work), _, _) => (Some(work.call), work.queue.clone()),
            // Finishes what was talked about.
            (None, AgentStatus::WrapUp, Some(last)) => (last.call, last.queue.clone()),
            _ => (None, None),
        };
        let same = |last: &AgentEvent| (last.status, &last.reason, last.call) == (status, &reason, call);
        if last.map_or(status == AgentStatus::Offline, same) {
            return (None, None);
        }
        let event = AgentEvent { seq: self.history_seq, at: now, status, reason, call, queue };
        self.history_seq += 1;
        self.history.push(event.clone());
        let older = (self.history.len() > HISTORY_MAX).then(|| {
            let entries = self.history.drain(..HISTORY_MAX - 1).collect::<Vec<_>>();
            self.history.insert(0, entries.last().cloned().unwrap_or_else(|| event.clone()));
            AgentHistory { schema: super::SCHEMA, agent: self.spec.id.clone(), entries }
        });
        (Some(event), older)
    }

    /// Whether the agent is busy with this offer of this call.
    #[must_use]
    pub fn works_on(&self, call: CallId, offer: u32) -> bool {
        self.work.as_ref().is_some_and(|work| work.call == call && work.offer == offer)
    }
}
