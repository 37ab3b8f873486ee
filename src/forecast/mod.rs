//! What is to be expected: how long a caller will wait, how a day would have gone otherwise, and how the next hour may go.
//!
//! [`Waits`] foretells waits from facts and keeps account of how well it does. [`Rehearsal`] plays a call centre on the production
//! [`Floor`](crate::routing::Floor), event by event, in no time. [`Day`] is a day as it was, [`what_if`] plays it under another
//! policy or other staffing, and [`outlook`] plays the next hour from the state of now.
//!
//! All of it is computed from what is handed in and a seed: no clock, no I/O, no state elsewhere. Figures are floats, since they
//! are estimates; what is decided by them is decided by whole numbers that are written down.

mod accuracy;
mod announce;
mod ask;
mod day;
mod draw;
mod estimate;
mod gamma;
mod learn;
mod line;
mod reach;
mod rehearsal;
mod shadows;
mod survival;
mod wait;
mod what_if;

pub use accuracy::Accuracy;
pub use announce::{Announced, Announcement, Reason, Silence, announce, told_now};
pub use day::{Day, Ending, Scenario, Visit, joining};
pub use draw::Draws;
pub use gamma::{gamma_p, gamma_quantile, t95, wait_quantile};
pub use rehearsal::{Conduct, Customer, Fate, Figures, Outcome, Played, Presence, Rehearsal, Ringing, Spread};
pub use shadows::Predictor;
pub use survival::Survival;
pub use wait::{Estimate, Waits};
pub use what_if::{Comparison, Doing, Interval, Measures, Now, outlook, what_if};

use crate::id::{AgentId, CallId, QueueId};
use crate::routing::Waiting;
use crate::time::Timestamp;

/// What happened on a floor, as far as forecasts go by it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fact {
    /// The agent wants calls: signed in, or came back from a break.
    SignedIn(AgentId),
    /// The agent wants no more calls: signed out, or began a break. A call under way goes on.
    SignedOut(AgentId),
    /// The call joined a queue.
    Entered(CallId, Waiting),
    /// The agent is rung for the call.
    Offered(CallId, AgentId),
    /// The agent did not take the call, and is not offered another before this time.
    Missed(CallId, AgentId, Timestamp),
    /// The agent is not rung for the call any more, and has not missed it; or is done with it, nobody knows since when.
    Withdrawn(CallId, AgentId),
    /// The agent is with a call of this queue that did not wait here, or left the line unseen.
    Busy(AgentId, CallId, QueueId),
    /// Customer and agent hear each other.
    Joined(CallId, AgentId),
    /// The customer hung up while waiting.
    Abandoned(CallId),
    /// The call left the queue otherwise: it overflowed, or was taken elsewhere.
    Left(CallId),
    /// The agent is done with the call, wrap-up included.
    Finished(AgentId),
}
