//! What comes of a rehearsal.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::id::{AgentId, CallId, QueueId};
use crate::time::Timestamp;

/// How a call ended its wait.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// By being joined with this agent.
    Answered(AgentId),
    /// The customer hung up.
    Abandoned,
    /// It had waited as long as it may.
    TimedOut,
    /// It did not: nobody came to serve it.
    Open,
}

/// What became of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// Which call.
    pub call: CallId,
    /// In which queue.
    pub queue: QueueId,
    /// When it came.
    pub entered: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it waited.
    pub wait: Duration,
    /// How long it would have waited, had the customer stayed. `None`: not followed, or not known.
    pub offered_wait: Option<Duration>,
}

/// Figures of a rehearsal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Calls that entered.
    pub offered: u64,
    /// Those answered.
    pub answered: u64,
    /// Those answered in time.
    pub in_time: u64,
    /// Those that hung up.
    pub abandoned: u64,
    /// Waits of those answered, in all, s.
    pub waited_s: f64,
    /// Agents' time with calls, wrap-up included, s.
    pub busy_s: f64,
    /// Agents' time in which they could have been offered a call, s. Ringing counts for neither.
    pub idle_s: f64,
}

fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

#[expect(clippy::cast_precision_loss, reason = "no day has 2^53 calls")]
impl Figures {
    /// Answered in time ÷ (answered + abandoned). `None`: 0 ÷ 0.
    #[must_use]
    pub fn service_level(&self) -> Option<f64> {
        ratio(self.in_time as f64, (self.answered + self.abandoned) as f64)
    }

    /// Abandoned ÷ (answered + abandoned).
    #[must_use]
    pub fn abandon_rate(&self) -> Option<f64> {
        ratio(self.abandoned as f64, (self.answered + self.abandoned) as f64)
    }

    /// Busy ÷ (busy + idle).
    #[must_use]
    pub fn occupancy(&self) -> Option<f64> {
        ratio(self.busy_s, self.busy_s + self.idle_s)
    }

    /// Mean wait of those answered, s.
    #[must_use]
    pub fn answer_speed_s(&self) -> Option<f64> {
        ratio(self.waited_s, self.answered as f64)
    }
}

/// How a rehearsal went.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// Each customer who came, in the order given.
    pub fates: Vec<Fate>,
    /// All queues together.
    pub all: Figures,
    /// By queue; agents' time is in `all` alone.
    pub queues: BTreeMap<QueueId, Figures>,
}
