//! How a queue chooses: configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Needs, Skills, Strategy};
use crate::id::{AgentId, QueueId};

/// Which of a queue's calls goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// By priority points plus the time waited: each minute counts as so many points, at least 1. Every call's turn comes
    /// (Kleinrock's delay-dependent discipline; Genesys Cloud scores one point a minute).
    Aged {
        /// Points that a minute of waiting is worth.
        points_per_minute: u32,
    },
    /// By points alone, then by time waited: those with few points may wait for ever (TaskRouter, app_queue).
    Strict,
    /// By points alone, then the one who came last (TaskRouter's LIFO, save that ours heeds points).
    LastFirst,
}

impl Default for Order {
    fn default() -> Self {
        Self::Aged { points_per_minute: 1 }
    }
}

/// Which call an agent of several queues takes next, once calls for one agent alone and the agent's own order of queues have
/// been heeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Between {
    /// The one with most points, those of waiting included.
    #[default]
    Score,
    /// The one who has waited longest.
    Oldest,
    /// The one of the queue with the greatest weight, as long as that queue has no fewer callers than ready agents
    /// (app_queue's `weight`).
    Weight,
    /// The one of the queue that is furthest below its service level, if the caller can still be answered in time; a caller
    /// who has waited longer than the queue's bound goes first. Each node goes by the calls it has seen itself.
    ServiceLevel,
}

/// One step of relaxing what a call needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ring {
    /// After which time in the queue it applies.
    pub after: Duration,
    /// Skills no longer needed. They stay on the call for reports.
    pub drop: BTreeSet<String>,
    /// Skills needed from now on, after what this step drops: how one requirement takes the place of another. A level that is
    /// needed already is narrowed.
    pub need: Needs,
    /// By how much the least level of a skill sinks.
    pub lower: BTreeMap<String, u8>,
    /// Agents who may have the call from now on, whether or not they serve the queue.
    pub add: BTreeSet<AgentId>,
    /// The penalties, least and most, that an agent may have from now on.
    pub penalties: Option<(u32, u32)>,
    /// Points added to the call.
    pub points: i32,
}

/// How a queue chooses.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Which call goes first.
    pub order: Order,
    /// Which agent gets it.
    pub strategy: Strategy,
    /// Needed by every call of the queue.
    pub needs: Needs,
    /// After which time in the queue each tier of agents may be offered a call; tiers without an entry at once.
    pub tiers: BTreeMap<u16, Duration>,
    /// What is relaxed as a call waits, by ascending `after`.
    pub rings: Vec<Ring>,
    /// Tiers and rings that nobody signed in could serve are passed over at once.
    pub skip_unstaffed: bool,
    /// Whether agents of an earlier ring go before those of a later one.
    pub inner_first: bool,
    /// For [`Between::Weight`].
    pub weight: u32,
    /// For [`Between::ServiceLevel`]: answered within this time counts as in time.
    pub answer_within: Duration,
    /// For [`Between::ServiceLevel`]: of a thousand calls, how many should be.
    pub target_per_mille: u32,
}

/// An agent's place in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Tier; lower ones are asked first.
    pub tier: u16,
    /// Place within the tier, for orders that go by it.
    pub position: u32,
    /// The agent's order of queues, 1 to 99; the lower is served first.
    pub priority: u8,
    /// A call must have waited this long before the agent may have it.
    pub delay: Duration,
    /// Penalty; the lower is asked first within a tier.
    pub penalty: u32,
    /// Whether the agent serves the queue at all.
    pub enabled: bool,
}

impl Default for Membership {
    fn default() -> Self {
        Self { tier: 0, position: 0, priority: 5, delay: Duration::ZERO, penalty: 0, enabled: true }
    }
}

/// An agent, as far as choosing goes: configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Skills held.
    pub skills: Skills,
    /// Queues served.
    pub queues: BTreeMap<QueueId, Membership>,
    /// For [`Strategy::Rank`]: the higher is asked first.
    pub rank: i32,
    /// For [`Strategy::OrderBy`].
    pub attributes: BTreeMap<String, i64>,
    /// How much the agent can do at once, in units of [`Waiting::weight`](super::Waiting::weight).
    pub capacity: u16,
}

/// Everything that choosing goes by and that does not change from call to call.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// Changes whenever anything here does.
    pub version: u64,
    /// What chance is drawn from.
    pub seed: u64,
    /// Queues by name.
    pub queues: BTreeMap<QueueId, Policy>,
    /// Agents by name.
    pub agents: BTreeMap<AgentId, Member>,
    /// Which call goes first at an agent of several queues.
    pub between: Between,
}
