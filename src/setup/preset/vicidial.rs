//! VICIdial: in-groups, their next-agent method, and users with ranks and grades.
//!
//! Facts from its source, `agi/inbound` scripts (`agi-VDAD_ALL_inbound.agi`), and its manager manual. Calls go by the queue priority
//! of their in-group, then by call time, over all in-groups of an agent.
//!
//! Differs on purpose: a call at the head of an in-group whom nobody free may serve holds up nobody behind; calls are matched
//! when something changes, there about once a second; ties end in who waits longest, then in the agent's name.
//!
//! Differs since ours has no more: `ingroup_grade_random` draws with weights 1, 1/2, 1/3 and so on, the nearest to grade/10;
//! `fewest_calls` counts all calls of the agent, there those of the in-group today.
//!
//! Cannot be expressed: `campaign_grade_random` and `fewest_calls_campaign` (calls and grades are not kept by campaign), `no_agent_no_queue` and the actions of drop, wait-time and hold-time options (ours is
//! [`Queue::overflow`](crate::setup::Queue::overflow)), inbound-only and filtered variants of the methods, agents who choose
//! their in-groups when they sign in, dialling.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{MANY, Preset, RING_ALL, limit, seconds};
use crate::routing::{Between, Membership, Order, OrderBy};
use crate::setup;

/// `next_agent_call`: which agent gets a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NextAgentCall {
    /// Anybody.
    Random,
    /// Whose last call began first.
    OldestCallStart,
    /// Whose last call ended first.
    OldestCallFinish,
    /// Highest user level.
    OverallUserLevel,
    /// Highest rank in the in-group.
    InboundGroupRank,
    /// Highest rank in the campaign.
    CampaignRank,
    /// Anybody, more likely the higher the grade in the in-group.
    IngroupGradeRandom,
    /// Fewest calls.
    FewestCalls,
    /// Waits longest.
    #[default]
    LongestWaitTime,
    /// All at once; here at most ten.
    RingAll,
}

/// An in-group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InGroup {
    /// Group id.
    pub group_id: String,
    /// Next agent call.
    pub next_agent_call: NextAgentCall,
    /// Queue priority, -99 to 99; the higher is served first.
    pub queue_priority: i32,
    /// Drop call seconds, whole seconds; 0: a day.
    #[serde(with = "seconds")]
    pub drop_call_seconds: Duration,
}

impl Default for InGroup {
    fn default() -> Self {
        Self {
            group_id: String::new(),
            next_agent_call: NextAgentCall::default(),
            queue_priority: 0,
            drop_call_seconds: Duration::from_secs(360),
        }
    }
}

/// A user's place in an in-group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InGroupUser {
    /// Which in-group.
    pub group_id: String,
    /// Rank, -9 to 9; the higher is asked first.
    pub rank: i32,
    /// Grade, 1 to 10; the higher is drawn more often.
    pub grade: u8,
}

impl Default for InGroupUser {
    fn default() -> Self {
        Self { group_id: String::new(), rank: 0, grade: 1 }
    }
}

/// A user: an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct User {
    /// User id.
    pub user: String,
    /// User level, 1 to 9.
    pub user_level: u8,
    /// Rank in the campaign, -9 to 9.
    pub campaign_rank: i32,
    /// In-groups selected.
    pub in_groups: Vec<InGroupUser>,
}

impl Default for User {
    fn default() -> Self {
        Self { user: String::new(), user_level: 1, campaign_rank: 0, in_groups: Vec::new() }
    }
}

/// In-groups and users.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Inbound {
    /// In-groups.
    pub in_groups: Vec<InGroup>,
    /// Users.
    pub users: Vec<User>,
}

fn rank_in(group_id: &str) -> String {
    format!("rank in {group_id}")
}

impl From<Inbound> for Preset {
    fn from(inbound: Inbound) -> Self {
        let mut preset = Self { between: Between::Score, ..Self::default() };
        for group in &inbound.in_groups {
            if !(-99..=99).contains(&group.queue_priority) {
                let (id, priority) = (&group.group_id, group.queue_priority);
                preset.mistakes.push(format!("in-group {id:?}: queue priority is {priority}, it must be -99 to 99"));
            }
            preset.queues.push(group.in_our_words());
        }
        for user in &inbound.users {
            let place = format!("user {:?}", user.user);
            let mut agent = setup::Agent::new(&*user.user)
                .attribute("user level", i64::from(user.user_level))
                .rank(user.campaign_rank);
            for InGroupUser { group_id, rank, grade } in &user.in_groups {
                if !(-9..=9).contains(rank) {
                    preset.mistakes.push(format!("{place}: rank {rank} in {group_id:?}, it must be -9 to 9"));
                }
                if !(1..=10).contains(grade) {
                    preset.mistakes.push(format!("{place}: grade {grade} in {group_id:?}, it must be 1 to 10"));
                }
                let draws = inbound.in_groups.iter().any(|group| group.group_id == *group_id && group.draws_by_grade());
                let penalty = if draws { penalty_of(*grade) } else { 0 };
                agent = agent
                    .serves_as(&**group_id, Membership { penalty, ..Membership::default() })
                    .attribute(rank_in(group_id), i64::from(*rank));
            }
            preset.agents.push(agent);
        }
        preset
    }
}

/// A penalty of `p` weighs `1 / (1 + p)`; grades are to weigh a tenth each.
fn penalty_of(grade: u8) -> u32 {
    let grade = u32::from(grade.clamp(1, 10));
    (10 + grade / 2) / grade - 1
}

impl InGroup {
    fn draws_by_grade(&self) -> bool {
        self.next_agent_call == NextAgentCall::IngroupGradeRandom
    }

    fn in_our_words(&self) -> setup::Queue {
        let queue = setup::Queue::new(&*self.group_id)
            .order(Order::Strict)
            .priority(self.queue_priority)
            .wait_max(limit(self.drop_call_seconds))
            .waiting_max(MANY);
        let by = |attribute: String| [OrderBy { attribute, descending: true }];
        match self.next_agent_call {
            NextAgentCall::Random => queue.strategy("random"),
            NextAgentCall::OldestCallStart => queue.strategy("oldest_offer"),
            NextAgentCall::OldestCallFinish => queue.strategy("least_recent"),
            NextAgentCall::OverallUserLevel => queue.order_by(by("user level".to_owned())),
            NextAgentCall::InboundGroupRank => queue.order_by(by(rank_in(&self.group_id))),
            NextAgentCall::CampaignRank => queue.strategy("rank"),
            NextAgentCall::IngroupGradeRandom => queue.strategy("weighted_random"),
            NextAgentCall::FewestCalls => queue.strategy("fewest_contacts"),
            NextAgentCall::LongestWaitTime => queue.strategy("longest_idle"),
            NextAgentCall::RingAll => queue.strategy("longest_idle").ring_at_once(RING_ALL),
        }
    }
}
