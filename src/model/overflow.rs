//! When callers of a queue go elsewhere before their wait is over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{AgentStatus, Target};
use crate::time::Timestamp;

/// What must be so for callers to be led elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OverflowWhen {
    /// Nothing but that they have waited for [`OverflowRule::after`].
    Waited,
    /// Every agent who may ever have calls of the queue has been in one of these states for so long, nobody in any other.
    AllIn {
        /// Which states.
        states: BTreeSet<AgentStatus>,
        /// For how long.
        lasting: Duration,
    },
    /// The wait that is still to be expected is so long, or longer; never where it cannot be estimated.
    ExpectedWait(Duration),
    /// So many stand in the line up to and with the caller, or more; places that are kept for callbacks count.
    Position(u32),
    /// When joining: so many wait, or so many have waited and the line has not come down yet.
    Line {
        /// From so many callers on.
        from: u32,
        /// Until no more than so many are left.
        until: u32,
    },
}

impl OverflowWhen {
    /// The cause in events and figures: `waited`, `unstaffed` (nobody signed in), `unavailable`, `expected_wait`, `position` or
    /// `line`.
    #[must_use]
    pub fn cause(&self) -> &'static str {
        let is_away = |state: &AgentStatus| matches!(state, AgentStatus::Offline | AgentStatus::Break);
        match self {
            Self::Waited => "waited",
            Self::AllIn { states, .. } if states.iter().all(is_away) => "unstaffed",
            Self::AllIn { .. } => "unavailable",
            Self::ExpectedWait(_) => "expected_wait",
            Self::Position(_) => "position",
            Self::Line { .. } => "line",
        }
    }

    /// The name under which the queue remembers since when it is so; `None`: it need not. The same condition in another version
    /// of the configuration has the same name.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::AllIn { states, .. } => Some(format!("all_in {states:?}")),
            Self::Line { from, until } => Some(format!("line {from} {until}")),
            Self::Waited | Self::ExpectedWait(_) | Self::Position(_) => None,
        }
    }
}

/// One rule of a queue's overflow. The first that applies to a caller is followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverflowRule {
    /// What must be so.
    pub when: OverflowWhen,
    /// How long the caller must have been in the queue.
    pub after: Duration,
    /// Whether it applies to those who are about to join the line; only without `after`.
    pub joining: bool,
    /// Whether it applies to those who wait.
    pub waiting: bool,
    /// Where they go.
    pub to: Target,
}

/// What changes about a queue while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueState {
    /// Schema number of this body.
    #[serde(default = "first_schema")]
    pub schema: u32,
    /// Whether callers go to the overflow at once.
    pub closed: bool,
    /// Since when what rules of the overflow ask for is so.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub since: BTreeMap<String, Timestamp>,
    /// The version of the configuration by which the agents were last looked at: of another, nothing is known of them.
    #[serde(default)]
    pub configuration: u64,
}

/// Bodies of the first schema did not always say so.
fn first_schema() -> u32 {
    1
}

impl Default for QueueState {
    /// An open queue.
    fn default() -> Self {
        Self { schema: super::SCHEMA, closed: false, since: BTreeMap::new(), configuration: 0 }
    }
}
