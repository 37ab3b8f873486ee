use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, CallId, QueueId};
use crate::phone::Endpoint;
use crate::time::Timestamp;

/// Who an agent is and what they can do: configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentSpec {
    /// Unique name.
    pub id: AgentId,
    /// Where the agent is rung.
    pub endpoint: Endpoint,
    /// Queues served, at most 24.
    pub queues: BTreeSet<QueueId>,
    /// Skills held.
    pub skills: BTreeSet<String>,
    /// Whether the agent must press 1 to accept: keeps an agent's voicemail from taking calls.
    pub confirm: bool,
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
}

/// What an agent is doing, derived from intent, work and wrap-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    /// Whether the agent is busy with this offer of this call.
    #[must_use]
    pub fn works_on(&self, call: CallId, offer: u32) -> bool {
        self.work.as_ref().is_some_and(|work| work.call == call && work.offer == offer)
    }
}
