//! FreeSWITCH `mod_callcenter`: what `callcenter.conf` says.
//!
//! Facts from its source, `src/mod/applications/mod_callcenter/mod_callcenter.c`, and its documentation. A caller's score is the
//! seconds waited plus the base score: here 60 points a minute, with the base score as points
//! ([`Goto::with_priority`](crate::setup::Goto::with_priority)). Over all queues the greatest score goes first.
//!
//! Differs on purpose:
//! - agents on a break do not count as found when `tier_rule_no_agent_no_wait` looks for somebody in a level; there they do;
//! - calls and time talked are not counted anew each time an agent becomes available;
//! - times are exact, there whole seconds; ties end in the agent's name, there in the row order of the database;
//! - an agent is chosen again after a wait for what was missed, for all causes alike.
//!
//! Cannot be expressed: `wrap-up-time`, `max-no-answer` and the delays of each agent (ours belong to the queue and the call
//! centre), `max-wait-time-with-no-agent` and its grace time, `skip-agents-with-external-calls` (agents are rung where only we
//! ring them), `time-base-score=system` (set the base score), `discard-abandoned-after`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{MANY, Preset, RING_ALL, limit, seconds};
use crate::routing::{Between, Membership, Order};
use crate::setup;

/// `strategy`: which agent gets a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Strategy {
    /// Whose last bridge ended first; coming back from a break does not begin anew.
    #[default]
    LongestIdleAgent,
    /// Least time talked.
    AgentWithLeastTalkTime,
    /// Fewest calls answered.
    AgentWithFewestCalls,
    /// The next position after whoever was offered a call last.
    RoundRobin,
    /// By position, from the top; who did not take this call is left out next time.
    TopDown,
    /// By position, from the top.
    SequentiallyByAgentOrder,
    /// Anybody of the level.
    Random,
    /// All at once; here at most ten.
    RingAll,
    /// One more each `ring_progressively_delay`; here at most ten.
    RingProgressively,
}

/// A `<queue>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Queue {
    /// Name.
    pub name: String,
    /// `strategy`.
    pub strategy: Strategy,
    /// `tier-rules-apply`: whether levels open one after the other.
    pub tier_rules_apply: bool,
    /// `tier-rule-wait-second`, whole seconds.
    #[serde(with = "seconds")]
    pub tier_rule_wait_second: Duration,
    /// `tier-rule-wait-multiply-level`: level n opens after n times that; otherwise all after it.
    pub tier_rule_wait_multiply_level: bool,
    /// `tier-rule-no-agent-no-wait`: a level that nobody signed in could serve is passed over.
    pub tier_rule_no_agent_no_wait: bool,
    /// `ring-progressively-delay`, whole seconds.
    #[serde(with = "seconds")]
    pub ring_progressively_delay: Duration,
    /// `max-wait-time`, whole seconds; 0: a day.
    #[serde(with = "seconds")]
    pub max_wait_time: Duration,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            name: String::new(),
            strategy: Strategy::default(),
            tier_rules_apply: false,
            tier_rule_wait_second: Duration::ZERO,
            tier_rule_wait_multiply_level: false,
            tier_rule_no_agent_no_wait: true,
            ring_progressively_delay: Duration::from_secs(10),
            max_wait_time: Duration::ZERO,
        }
    }
}

/// A `<tier>`: an agent's place in a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tier {
    /// Which agent.
    pub agent: String,
    /// Which queue.
    pub queue: String,
    /// Level; the lower is asked first.
    pub level: u16,
    /// Position within the level.
    pub position: u32,
}

impl Default for Tier {
    fn default() -> Self {
        Self { agent: String::new(), queue: String::new(), level: 1, position: 1 }
    }
}

/// `callcenter.conf`. Agents are those of the tiers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Callcenter {
    /// `<queues>`.
    pub queues: Vec<Queue>,
    /// `<tiers>`.
    pub tiers: Vec<Tier>,
}

impl From<Callcenter> for Preset {
    fn from(conf: Callcenter) -> Self {
        let mut preset = Self { between: Between::Score, ..Self::default() };
        for queue in &conf.queues {
            let levels = conf.tiers.iter().filter(|tier| tier.queue == queue.name).map(|tier| tier.level);
            preset.queues.push(queue.in_our_words(levels));
        }
        for Tier { agent, queue, level, position } in conf.tiers {
            let place = Membership { tier: level, position, ..Membership::default() };
            preset.agent(&agent, |agent| agent.serves_as(queue, place));
        }
        preset
    }
}

impl Queue {
    fn in_our_words(&self, levels: impl Iterator<Item = u16>) -> setup::Queue {
        let mut queue = setup::Queue::new(&*self.name)
            .order(Order::Aged { points_per_minute: 60 })
            .wait_max(limit(self.max_wait_time))
            .waiting_max(MANY)
            .strategy(match self.strategy {
                Strategy::LongestIdleAgent => "least_recent",
                Strategy::AgentWithLeastTalkTime => "least_talk_time",
                Strategy::AgentWithFewestCalls => "fewest_contacts",
                Strategy::RoundRobin => "round_robin_ordered",
                Strategy::Random => "random",
                Strategy::TopDown
                | Strategy::SequentiallyByAgentOrder
                | Strategy::RingAll
                | Strategy::RingProgressively => "linear",
            });
        if matches!(self.strategy, Strategy::RingAll | Strategy::RingProgressively) {
            queue = queue.ring_at_once(RING_ALL);
        }
        if self.strategy == Strategy::RingProgressively {
            queue = queue.ring_one_more_every(self.ring_progressively_delay);
        }
        queue = queue.lowest_tier_waits();
        if !self.tier_rules_apply {
            return queue;
        }
        // The walk begins at level 0, so that level 1 waits too.
        for level in levels.filter(|level| *level > 0) {
            let times = if self.tier_rule_wait_multiply_level { u32::from(level) } else { 1 };
            queue = queue.tier_opens_after(level, self.tier_rule_wait_second.saturating_mul(times));
        }
        if self.tier_rule_no_agent_no_wait { queue.skip_unstaffed() } else { queue }
    }
}
