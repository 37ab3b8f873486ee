use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::QueueId;
use crate::model::{Announcements, CallbackPolicy};
use crate::phone::PhoneNumber;
use crate::script::Prompt;

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
        skills: BTreeSet<String>,
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
        skills: BTreeSet<String>,
        /// Where callers go who are not called back: they do not want it, or it is not possible.
        otherwise: Box<Self>,
    },
    /// Is refused as busy when not answered yet, so that the call costs nothing; otherwise hears these words and is hung up.
    Refuse(String),
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
    pub skills: BTreeSet<String>,
    /// Most callers waiting.
    pub waiting_max: u32,
    /// Longest wait.
    pub wait_max: Duration,
    /// How long an agent is rung.
    pub ring_timeout: Duration,
    /// How many agents are rung at once for one call.
    pub ring_at_once: u32,
    /// Time to finish after a call.
    pub wrap_up: Duration,
    /// Where callers go when it is full, closed, or they waited too long.
    pub overflow: Target,
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

/// What changes about a queue while it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueState {
    /// Whether callers go to the overflow at once.
    pub closed: bool,
}
