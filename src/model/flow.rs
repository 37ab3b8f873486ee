use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, QueueId};
use crate::model::{Announcements, CallbackPolicy, OverflowRule};
use crate::phone::PhoneNumber;
use crate::routing::Needs;
use crate::script::Prompt;
use crate::time::Timestamp;

/// Where a caller goes next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// Waits for an agent of this queue.
    Queue {
        /// Which queue.
        queue: QueueId,
        /// Added to the queue's own priority; the higher is served first.
        priority: i32,
        /// Skills needed besides the queue's own.
        needs: Needs,
        /// The agent the call is kept for, and how long, if any.
        prefer: Option<Prefer>,
    },
    /// Hears these words and is hung up.
    HangUp(String),
    /// Is joined with an outside number.
    Forward(PhoneNumber),
    /// Is offered to be called back, with the place in the line of this queue kept.
    Callback {
        /// Which queue.
        queue: QueueId,
        /// Added to the queue's own priority; the higher is served first.
        priority: i32,
        /// Skills needed besides the queue's own.
        needs: Needs,
        /// Where callers go who are not called back: they do not want it, or it is not possible.
        otherwise: Box<Self>,
    },
    /// Is refused as busy when not answered yet, so that the call costs nothing; otherwise hears these words and is hung up.
    Refuse(String),
}

impl Target {
    /// This place, and where it leads those who do not stay.
    pub(crate) fn and_otherwise(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |target| match target {
            Self::Callback { otherwise, .. } => Some(&**otherwise),
            _ => None,
        })
    }
}

/// An agent whom a call is meant for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prefer {
    /// Who.
    pub agent: AgentId,
    /// How long the call is kept for that agent, who may be busy; `None`: nobody else may have it.
    pub hold_for: Option<Duration>,
}

/// A spoken menu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    /// Where each key leads: `0`–`9`, `*`, `#`.
    pub keys: BTreeMap<char, Target>,
    /// How long to wait for a key.
    pub timeout: Duration,
    /// How often the menu is heard before `otherwise` applies.
    pub tries: u32,
    /// Where no key, or a wrong one, leads in the end.
    pub otherwise: Target,
}

/// What a caller to a number meets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Heard first.
    pub greeting: Vec<Prompt>,
    /// The menu; `None`: straight to `then`.
    pub menu: Option<Menu>,
    /// Where a caller goes when there is no menu.
    pub then: Target,
}

/// A queue and its policy: configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Unique name.
    pub id: QueueId,
    /// Priority of its calls; the higher is served first.
    pub priority: i32,
    /// Skills that every agent needs for its calls.
    pub needs: Needs,
    /// Most callers waiting; `u32::MAX`: any.
    pub waiting_max: u32,
    /// Longest wait.
    pub wait_max: Duration,
    /// How long an agent is rung.
    pub ring_timeout: Duration,
    /// How many agents are rung at once for one call.
    pub ring_at_once: u32,
    /// With a time, ringing begins with one agent, and one more is added each time it has passed.
    pub ring_more_after: Option<Duration>,
    /// A customer who calls again within the first time is kept for the agent of the last conversation for the second.
    pub last_agent: Option<(Duration, Duration)>,
    /// Time to finish after a call.
    pub wrap_up: Duration,
    /// Where callers go when it is full, closed, or they waited too long.
    pub overflow: Target,
    /// When callers go elsewhere before that; the first rule that applies is followed.
    pub overflows: Vec<OverflowRule>,
    /// Offers of one call after which its caller goes to the overflow instead of being offered once more.
    pub offers_max: u32,
    /// What waiting callers hear; `None`: the provider's music.
    pub music_url: Option<String>,
    /// Name of the routing strategy.
    pub strategy: String,
    /// The longest wait that may be expected when joining, where it can be estimated; `None`: any.
    pub expected_wait_max: Option<Duration>,
    /// How long the place of a customer is kept whose call broke off while waiting; zero: not at all.
    pub resume_window: Duration,
    /// How its callers are called back; `None`: they are not.
    pub callback: Option<CallbackPolicy>,
    /// What its callers are told while they wait; `None`: nothing.
    pub announcements: Option<Announcements>,
}

impl Queue {
    /// How many more agents a call may be offered to now, with `live` offers of which the first was made at `first`, and when it
    /// may be offered to one more.
    pub(crate) fn wanted(&self, live: u32, first: Option<Timestamp>, now: Timestamp) -> (u16, Option<Timestamp>) {
        let Some((every, first)) = self.ring_more_after.zip(first) else {
            let most = if self.ring_more_after.is_some() { 1 } else { self.ring_at_once };
            return (u16::try_from(most.saturating_sub(live)).unwrap_or(u16::MAX), None);
        };
        let passed = now.since(first).as_micros() / every.as_micros().max(1);
        let allowed = u32::try_from(passed).unwrap_or(u32::MAX).saturating_add(1).min(self.ring_at_once);
        let wanted = u16::try_from(allowed.saturating_sub(live)).unwrap_or(u16::MAX);
        let more = (wanted == 0 && allowed < self.ring_at_once).then(|| first + every * allowed);
        (wanted, more)
    }
}
