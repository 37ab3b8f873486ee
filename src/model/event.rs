use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, LegId, QueueId};
use crate::model::EndReason;
use crate::routing::Considered;
use crate::time::Timestamp;

/// The record of one routing choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Name of the strategy.
    pub strategy: String,
    /// Version of the configuration that was in force.
    pub configuration: u64,
    /// How far the call's needs had been relaxed: the time in the queue that counted as reached.
    pub reached: Duration,
    /// Who was looked at, at most 20; those chosen always among them.
    pub considered: Vec<Considered>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
#[non_exhaustive]
pub enum EventKind {
    /// A customer called.
    Arrived,
    /// The application asked for the call.
    Requested,
    /// The customer pressed a key in the menu, or none.
    Chose {
        /// The key; empty: none in time.
        key: String,
    },
    /// Joined the waiting line.
    Queued {
        /// Which queue.
        queue: QueueId,
        /// How many callers waited already.
        ahead: u32,
    },
    /// Left the queue for its overflow.
    Overflowed {
        /// Which queue.
        queue: QueueId,
        /// Why: `full`, `closed` or `timed_out`.
        why: String,
    },
    /// An agent is rung.
    Offered {
        /// The offer's number.
        offer: u32,
        /// Who.
        agent: AgentId,
        /// Why this agent.
        decision: Decision,
    },
    /// An agent took the call.
    Accepted {
        /// The offer's number.
        offer: u32,
        /// Who.
        agent: AgentId,
    },
    /// An offer ended without the agent and the customer being joined.
    OfferEnded {
        /// The offer's number.
        offer: u32,
        /// Who.
        agent: AgentId,
        /// Why: `declined`, `ring_no_answer`, `withdrawn`, `taken`, `failed`, `audio_lost`.
        why: String,
    },
    /// Agent and customer hear each other.
    Connected {
        /// The offer's number.
        offer: u32,
        /// Who.
        agent: AgentId,
    },
    /// A leg rings, is answered or is over.
    Leg {
        /// Which leg.
        leg: LegId,
        /// `ringing`, `answered`, or the cause of its end.
        state: String,
    },
    /// The provider refused a command.
    CommandFailed {
        /// Which leg.
        leg: LegId,
        /// The provider's error code.
        code: Option<u32>,
        /// What it means.
        message: String,
    },
    /// The call is over.
    Ended {
        /// Why.
        reason: EndReason,
    },
}

/// One entry of a call's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Counts up within the call from 0.
    pub seq: u32,
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}
