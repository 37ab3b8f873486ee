//! Asterisk `app_queue`: what `queues.conf` and `queuerules.conf` say.
//!
//! Facts from its source, `apps/app_queue.c`, and the sample files. Callers go by priority
//! ([`Goto::with_priority`](crate::setup::Goto::with_priority)), which waiting never outweighs; members by penalty, then by
//! strategy.
//!
//! Differs on purpose:
//! - a caller at the head whom nobody free may serve holds up nobody behind;
//! - rules of penalties are not frozen when a caller joins: what is configured applies;
//! - a member who did not answer is not the best again at once under `leastrecent` and `fewestcalls`;
//! - under `leastrecent` a penalty is never outweighed by idleness; there it is after eleven days;
//! - `rrmemory` goes by the members' names, there by the hash table's order; `rrordered` by the order of the file in both;
//! - without weights, an agent of several queues takes the caller who has waited longest
//!   (`force_longest_waiting_caller = yes`); there it is a race. With weights, the points decide between equal weights;
//! - the ring of `ringall` goes beyond the lowest penalty when that has fewer than ten members ready.
//!
//! Cannot be expressed, and told: `autofill = no` (callers would wait for those who are called first to be answered) and a rule's
//! raised penalty. `ringinuse = yes` neither: an agent has one call at a time. `autopause` is
//! [`missed_max`](crate::engine::Builder::missed_max); `joinempty`, `leavewhenempty` and announcements have no counterpart yet.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{MANY, Preset, RING_ALL, limit, seconds};
use crate::routing::{Between, Membership, Order, Ring};
use crate::setup;

/// `strategy`: which member gets a caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Strategy {
    /// All at once; here at most ten.
    #[default]
    RingAll,
    /// Whose last call ended first.
    LeastRecent,
    /// Fewest calls taken.
    FewestCalls,
    /// Anybody.
    Random,
    /// Anybody, less likely the greater the penalty.
    WRandom,
    /// Goes on after whoever was rung last.
    RrMemory,
    /// The same in the order of the file.
    RrOrdered,
    /// In the order of the file, from the top.
    Linear,
}

/// One number of a `penaltychange`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Penalty {
    /// This from now on.
    To(u32),
    /// Changed by so much.
    By(i32),
}

impl Penalty {
    fn of(self, was: u32) -> u32 {
        match self {
            Self::To(to) => to,
            Self::By(by) => was.saturating_add_signed(by),
        }
    }
}

/// A line `penaltychange => time,max,min,raise` of `queuerules.conf`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PenaltyChange {
    /// After which time in the queue, whole seconds.
    #[serde(with = "seconds")]
    pub time: Duration,
    /// The greatest penalty allowed from then on.
    pub max: Option<Penalty>,
    /// The least penalty allowed from then on.
    pub min: Option<Penalty>,
    /// Raises lower penalties to this: cannot be expressed.
    pub raise: Option<Penalty>,
}

/// A line `member =>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Member {
    /// The member's name, the same in all queues.
    pub name: String,
    /// Penalty; lower ones are rung first.
    pub penalty: u32,
}

/// A section of `queues.conf`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Queue {
    /// The section's name.
    pub name: String,
    /// `strategy`.
    pub strategy: Strategy,
    /// `timeout`: how long a member is rung, whole seconds, 5 to 600.
    #[serde(with = "seconds")]
    pub timeout: Duration,
    /// `wrapuptime`, whole seconds.
    #[serde(with = "seconds")]
    pub wrapuptime: Duration,
    /// `weight` among queues that share members.
    pub weight: u32,
    /// `maxlen`: most callers waiting; 0: no limit.
    pub maxlen: u32,
    /// `autofill`: whether callers behind the first are served while that is being called; `no` cannot be expressed.
    pub autofill: bool,
    /// `servicelevel`, whole seconds; 0: none.
    #[serde(with = "seconds")]
    pub servicelevel: Duration,
    /// The timeout given to `Queue()`, whole seconds; 0: a day.
    #[serde(with = "seconds")]
    pub queue_timeout: Duration,
    /// `penaltymemberslimit`: with no more members than this, penalties are ignored; 0: never.
    pub penaltymemberslimit: u32,
    /// `QUEUE_MAX_PENALTY` that callers come with.
    pub queue_max_penalty: Option<u32>,
    /// `QUEUE_MIN_PENALTY` that callers come with.
    pub queue_min_penalty: Option<u32>,
    /// The rule named by `defaultrule`.
    pub rule: Vec<PenaltyChange>,
    /// Members in the order of the file.
    pub members: Vec<Member>,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            name: String::new(),
            strategy: Strategy::default(),
            timeout: Duration::from_secs(15),
            wrapuptime: Duration::ZERO,
            weight: 0,
            maxlen: 0,
            autofill: true,
            servicelevel: Duration::ZERO,
            queue_timeout: Duration::ZERO,
            penaltymemberslimit: 0,
            queue_max_penalty: None,
            queue_min_penalty: None,
            rule: Vec::new(),
            members: Vec::new(),
        }
    }
}

/// `force_longest_waiting_caller`: who goes first at a member of several queues of one weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ForceLongestWaitingCaller {
    /// Whoever has waited longest.
    #[default]
    Yes,
    /// Whoever has the highest priority, then whoever has waited longest.
    Prio,
}

/// `queues.conf`. Agents are the members of its queues.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Queues {
    /// `force_longest_waiting_caller`; goes unheeded when a queue has a weight.
    pub force_longest_waiting_caller: ForceLongestWaitingCaller,
    /// The queues.
    pub queues: Vec<Queue>,
}

impl From<Queues> for Preset {
    fn from(conf: Queues) -> Self {
        let between = match conf.force_longest_waiting_caller {
            _ if conf.queues.iter().any(|queue| queue.weight > 0) => Between::Weight,
            ForceLongestWaitingCaller::Yes => Between::Oldest,
            ForceLongestWaitingCaller::Prio => Between::Score,
        };
        let mut preset = Self { between, ..Self::default() };
        for queue in &conf.queues {
            queue.add_to(&mut preset);
        }
        preset
    }
}

impl Queue {
    fn add_to(&self, preset: &mut Preset) {
        let place = format!("queue {:?}", self.name);
        if !self.autofill {
            preset.cannot(&place, "`autofill = no`", "a caller who can be served never waits for one who cannot");
        }
        let is_flat = u32::try_from(self.members.len()).is_ok_and(|members| members <= self.penaltymemberslimit);
        let mut queue = setup::Queue::new(&*self.name)
            .order(Order::Strict)
            .ring_timeout(self.timeout)
            .wrap_up(self.wrapuptime)
            .wait_max(limit(self.queue_timeout))
            .waiting_max(if self.maxlen == 0 { MANY } else { self.maxlen })
            .weight(self.weight)
            .strategy(match self.strategy {
                Strategy::RingAll | Strategy::Linear => "linear",
                Strategy::LeastRecent => "least_recent",
                Strategy::FewestCalls => "fewest_contacts",
                Strategy::Random => "random",
                Strategy::WRandom => "weighted_random",
                Strategy::RrMemory => "round_robin",
                Strategy::RrOrdered => "round_robin_ordered",
            });
        if self.strategy == Strategy::RingAll {
            queue = queue.ring_at_once(RING_ALL);
        }
        if !self.servicelevel.is_zero() {
            queue = queue.service_level(800, self.servicelevel);
        }
        for ring in if is_flat { Vec::new() } else { self.rings(&place, preset) } {
            queue = queue.ring(ring);
        }
        preset.queues.push(queue);
        for (position, member) in (0..).zip(&self.members) {
            let penalty = if is_flat { 0 } else { member.penalty };
            let place = Membership { position, penalty, ..Membership::default() };
            preset.agent(&member.name, |agent| agent.serves_as(&*self.name, place));
        }
    }

    /// What is allowed from when on: each change begins from what the ones before left.
    fn rings(&self, place: &str, preset: &mut Preset) -> Vec<Ring> {
        let (mut min, mut max) = (self.queue_min_penalty.unwrap_or(0), self.queue_max_penalty.unwrap_or(u32::MAX));
        let mut rings = Vec::new();
        if self.queue_min_penalty.is_some() || self.queue_max_penalty.is_some() {
            rings.push(Ring { penalties: Some((min, max)), ..Ring::default() });
        }
        let mut changes: Vec<&PenaltyChange> = self.rule.iter().collect();
        changes.sort_by_key(|change| change.time);
        for change in changes {
            if change.raise.is_some() {
                preset.cannot(
                    place,
                    "a raised penalty in a rule",
                    "a ring allows or shuts out, and leaves penalties as they are",
                );
            }
            max = change.max.map_or(max, |to| to.of(max));
            min = change.min.map_or(min, |to| to.of(min)).min(max);
            rings.push(Ring { after: change.time, penalties: Some((min, max)), ..Ring::default() });
        }
        rings
    }
}
