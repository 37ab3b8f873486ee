//! Configurations of other call centres, by their own names, turned into ours.
//!
//! Each module takes the knobs of one system and gives queues and agents that choose as that system does, quirks included where
//! they can be configured; its page says what differs and why. What cannot be expressed is told by
//! [`build`](crate::engine::Builder::build), never passed over:
//!
//! ```
//! use switchboard::setup::preset::asterisk::{Member, Queue, Queues, Strategy};
//! use switchboard::Switchboard;
//!
//! let sales = Queue {
//!     name: "sales".into(),
//!     strategy: Strategy::LeastRecent,
//!     members: vec![Member { name: "ana".into(), ..Member::default() }],
//!     ..Queue::default()
//! };
//! let builder = Switchboard::builder().preset(Queues { queues: vec![sales], ..Queues::default() });
//! ```

pub mod asterisk;
pub mod connect;
pub mod freeswitch;
pub mod genesys;
pub mod taskrouter;
pub mod vicidial;

use std::time::Duration;

use crate::routing::Between;
use crate::setup::{Agent, Queue};

/// Longest wait where the other system knows none: a day.
const FOREVER: Duration = Duration::from_secs(86_400);
/// Most callers waiting where the other system knows no limit.
const MANY: u32 = u32::MAX;
/// Most agents that are rung at once.
const RING_ALL: u32 = 10;

/// Another call centre's configuration, in our words. Made from the types of the modules here.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Preset {
    pub(crate) queues: Vec<Queue>,
    pub(crate) agents: Vec<Agent>,
    pub(crate) between: Between,
    pub(crate) mistakes: Vec<String>,
}

impl Preset {
    /// Changes one of its queues further: overflow, music, a bound. A queue that is not there is a mistake, told by `build`.
    pub fn with_queue(mut self, name: &str, change: impl FnOnce(Queue) -> Queue) -> Self {
        match self.queues.iter_mut().find(|queue| queue.name == name) {
            Some(queue) => *queue = change(queue.clone()),
            None => self.mistakes.push(format!("preset: there is no queue {name:?} to change")),
        }
        self
    }

    /// Changes one of its agents further: where the agent is rung. An agent who is not there is a mistake, told by `build`.
    pub fn with_agent(mut self, name: &str, change: impl FnOnce(Agent) -> Agent) -> Self {
        match self.agents.iter_mut().find(|agent| agent.name == name) {
            Some(agent) => *agent = change(agent.clone()),
            None => self.mistakes.push(format!("preset: there is no agent {name:?} to change")),
        }
        self
    }

    /// The agent of this name, made if there is none yet.
    fn agent(&mut self, name: &str, change: impl FnOnce(Agent) -> Agent) {
        match self.agents.iter_mut().find(|agent| agent.name == name) {
            Some(agent) => *agent = change(agent.clone()),
            None => self.agents.push(change(Agent::new(name))),
        }
    }

    fn cannot(&mut self, place: &str, knob: &str, why: &str) {
        self.mistakes.push(format!("{place}: {knob} cannot be expressed: {why}"));
    }
}

/// 0 stands for no limit.
fn limit(wait: Duration) -> Duration {
    if wait.is_zero() { FOREVER } else { wait }
}

/// Durations in files: whole seconds, as all these systems write them.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(time.as_secs())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Ok(Duration::from_secs(u64::deserialize(from)?))
    }
}
