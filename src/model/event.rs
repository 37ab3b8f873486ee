use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, CallId, LegId, QueueId};
use crate::model::{AgentStatus, Call, EndReason, Foretold, Notice};
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
        /// How many callers waited already; where the queue has no limit, not many more than 256 are counted.
        ahead: u32,
        /// Priority in this line; the higher is served first.
        #[serde(default)]
        priority: i32,
    },
    /// Left the queue for its overflow.
    Overflowed {
        /// Which queue.
        queue: QueueId,
        /// Why: `full`, `closed`, `too_long` (the wait that was to be expected), `timed_out`, `offers` (too many came to
        /// nothing), `removed` from the configuration, or what a [rule](crate::model::OverflowWhen::cause) says.
        why: String,
    },
    /// The books knew nothing of the customer, who was on the line: the call was adopted.
    Adopted {
        /// When it began at the provider.
        began_at: Timestamp,
    },
    /// A leg that we placed was in no call: it was ended.
    Unowned,
    /// A waiting customer pressed a key that leads elsewhere, and left the queue.
    LeftByKey {
        /// Which queue.
        queue: QueueId,
        /// Which key.
        key: char,
    },
    /// A waiting customer was told something.
    Announced {
        /// What.
        #[serde(flatten)]
        notice: Notice,
        /// What the wait that was told was foretold from; `None`: no wait was told, or it was so much for each place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        foretold: Option<Foretold>,
    },
    /// The customer was asked whether to be called back.
    CallbackOffered {
        /// For which queue.
        queue: QueueId,
    },
    /// The customer does not want to be called back, or cannot be.
    CallbackDeclined {
        /// For which queue.
        queue: QueueId,
    },
    /// A callback was promised: the customer leaves the line, and the place in it is kept.
    CallbackPromised {
        /// For which queue.
        queue: QueueId,
    },
    /// The callback stays out of the line until then.
    CallbackPostponed {
        /// Until when.
        until: Timestamp,
    },
    /// The customer is being rung for a callback.
    CallbackDialled {
        /// Counts from 1.
        attempt: u32,
    },
    /// The customer answered a callback and confirmed.
    CallbackConfirmed {
        /// Which attempt.
        attempt: u32,
    },
    /// The customer was not had.
    CallbackMissed {
        /// Which attempt.
        attempt: u32,
        /// Why: `busy`, `no_answer`, `failed`, `not_confirmed`, or `withdrawn`, which does not count.
        why: String,
    },
    /// The customer has the place of an earlier call.
    Resumed {
        /// Which one.
        call: CallId,
    },
    /// A later call of the customer has the place of this one.
    ResumedBy {
        /// Which one.
        call: CallId,
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
        /// Why: `declined`, `ring_no_answer`, `withdrawn`, `taken`, `canceled`, `failed`, `audio_lost`, `customer_missed`.
        why: String,
    },
    /// An agent who declined the call may have it again: whoever else could have it has declined it too, later.
    DeclineLapsed {
        /// Who.
        agent: AgentId,
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

/// One entry of an agent's history: what the agent has been doing since then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentEvent {
    /// Counts up within the agent from 0.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What the agent does from then on.
    pub status: AgentStatus,
    /// Why, on a break.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The call rung for, talked in or finished up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
    /// The queue that the call came by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueId>,
}

/// One entry of the log that figures are computed from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "of")]
#[non_exhaustive]
pub enum Fact {
    /// Of a call.
    Call {
        /// Which call.
        call: CallId,
        /// The queue it was in or had been in last; `None`: it has been in none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queue: Option<QueueId>,
        /// What happened.
        event: Event,
    },
    /// Of an agent.
    Agent {
        /// Which agent.
        agent: AgentId,
        /// What the agent does from then on.
        event: AgentEvent,
    },
}

impl Fact {
    /// The facts of a stored call numbered `from` and above, in order.
    pub fn of_call(call: &Call, from: u32) -> impl Iterator<Item = Self> + '_ {
        let mut queue = None;
        call.events.iter().filter_map(move |event| {
            if let EventKind::Queued { queue: entered, .. } = &event.kind {
                queue = Some(entered.clone());
            }
            (event.seq >= from).then(|| Self::Call { call: call.id, queue: queue.clone(), event: event.clone() })
        })
    }
}
