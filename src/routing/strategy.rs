//! The strategies by their names in the field: which agent gets a call.

use std::fmt;
use std::sync::Arc;

use super::{Member, RoutingStrategy, Standing};

/// Which of the agents who may have a call gets it. The tier goes first, then the ring, then the penalty, then this, then the
/// agent's name.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Strategy {
    /// Free longest (TaskRouter, Connect, `longest-idle-agent`). Signing in and coming back from a break begin anew.
    #[default]
    LongestIdle,
    /// Whose last conversation ended first (`leastrecent`, `oldest_call_finish`); signing in does not count.
    LeastRecent,
    /// Who was last offered a call the longest time ago (`oldest_call_start`).
    OldestOffer,
    /// Fewest conversations since signing in for the first time (`fewestcalls`, `agent-with-fewest-calls`).
    FewestContacts,
    /// Least time talked (`agent-with-least-talk-time`).
    LeastTalkTime,
    /// Smallest part of the time signed in spent with calls, when last freed.
    LeastOccupied,
    /// The next by name after whoever was last offered a call of the queue (`rrmemory`).
    RoundRobin,
    /// The next by position after whoever was last offered a call of the queue (`rrordered`, `round-robin`).
    RoundRobinOrdered,
    /// By position, always from the top (`linear`, `top-down`, `sequentially-by-agent-order`); whoever was offered this call and
    /// did not take it is left out of the next attempt.
    Linear,
    /// Any, equally likely (`random`).
    Random,
    /// Any; one of penalty `p` is `1 / (1 + p)` times as likely (`wrandom`).
    WeightedRandom,
    /// Highest mean level of the skills needed (Genesys: best available skills), then free longest.
    BestFit,
    /// Who serves the fewest queues, so that those who can help elsewhere stay free; then free longest.
    LeastFlexible,
    /// Highest rank (`campaign_rank`), then free longest.
    Rank,
    /// By attributes of the agents, in turn (TaskRouter's `order_by`); a missing one counts as 0. Then free longest.
    OrderBy(Vec<OrderBy>),
    /// Your own.
    Own(Arc<dyn RoutingStrategy>),
}

/// One attribute to order by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderBy {
    /// Name of the attribute.
    pub attribute: String,
    /// Whether greater ones go first.
    pub descending: bool,
}

/// A place in an order; the smallest is asked first.
pub(super) type Key = [i64; 2];

impl Strategy {
    /// The strategy with this name in the field; `None`: there is none. `ring_all` and `ring_progressive` are no strategies but
    /// ways to ring: see [`Queue::ring`](crate::setup::Queue).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "longest_idle" => Self::LongestIdle,
            "least_recent" => Self::LeastRecent,
            "oldest_offer" => Self::OldestOffer,
            "fewest_contacts" => Self::FewestContacts,
            "least_talk_time" => Self::LeastTalkTime,
            "least_occupied" => Self::LeastOccupied,
            "round_robin" => Self::RoundRobin,
            "round_robin_ordered" => Self::RoundRobinOrdered,
            "linear" => Self::Linear,
            "random" => Self::Random,
            "weighted_random" => Self::WeightedRandom,
            "best_fit" => Self::BestFit,
            "least_flexible" => Self::LeastFlexible,
            "rank" => Self::Rank,
            _ => return None,
        })
    }

    /// All names that [`named`](Self::named) knows.
    pub const NAMES: [&str; 14] = [
        "longest_idle",
        "least_recent",
        "oldest_offer",
        "fewest_contacts",
        "least_talk_time",
        "least_occupied",
        "round_robin",
        "round_robin_ordered",
        "linear",
        "random",
        "weighted_random",
        "best_fit",
        "least_flexible",
        "rank",
    ];

    /// Its name, as in configuration and decision records.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::LongestIdle => "longest_idle",
            Self::LeastRecent => "least_recent",
            Self::OldestOffer => "oldest_offer",
            Self::FewestContacts => "fewest_contacts",
            Self::LeastTalkTime => "least_talk_time",
            Self::LeastOccupied => "least_occupied",
            Self::RoundRobin => "round_robin",
            Self::RoundRobinOrdered => "round_robin_ordered",
            Self::Linear => "linear",
            Self::Random => "random",
            Self::WeightedRandom => "weighted_random",
            Self::BestFit => "best_fit",
            Self::LeastFlexible => "least_flexible",
            Self::Rank => "rank",
            Self::OrderBy(_) => "order_by",
            Self::Own(own) => own.name(),
        }
    }

    /// Where an agent stands among those of equal tier, ring and penalty.
    pub(super) fn key(&self, standing: &Standing, compared: &Compared) -> Key {
        let idle = standing.idle_since.as_micros();
        match self {
            Self::LongestIdle | Self::Own(_) => [idle, 0],
            Self::LeastRecent => [standing.last_ended.map_or(i64::MIN, |at| at.as_micros()), idle],
            Self::OldestOffer => [standing.last_offered.map_or(i64::MIN, |at| at.as_micros()), idle],
            Self::FewestContacts => [i64::try_from(standing.contacts).unwrap_or(i64::MAX), idle],
            Self::LeastTalkTime => [standing.talk_ms, idle],
            Self::LeastOccupied => [per_million(standing.busy_ms, standing.staffed_ms), idle],
            Self::RoundRobin | Self::Random | Self::WeightedRandom => [0, 0],
            Self::RoundRobinOrdered | Self::Linear => [i64::from(compared.position), 0],
            Self::BestFit => [compared.mean_level.saturating_neg(), idle],
            Self::LeastFlexible => [i64::from(compared.queues), idle],
            Self::Rank => [-i64::from(compared.rank), idle],
            Self::OrderBy(_) => [i64::from(compared.by_attributes), idle],
        }
    }

    /// Whether choosing goes on from where it last stopped, or from where chance says.
    pub(super) fn goes_round(&self) -> bool {
        matches!(self, Self::RoundRobin | Self::RoundRobinOrdered | Self::Random)
    }

    /// Whether it matters who was last offered a call of the queue.
    pub(crate) fn remembers_the_last(&self) -> bool {
        matches!(self, Self::RoundRobin | Self::RoundRobinOrdered)
    }

    /// Whether a penalty is drawn before an agent is.
    pub(super) fn goes_by_grade(&self) -> bool {
        matches!(self, Self::WeightedRandom)
    }
}

/// What an agent is compared by, besides how the agent stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Compared {
    pub(super) position: u32,
    /// Place by the attributes that are ordered by.
    pub(super) by_attributes: u32,
    pub(super) rank: i32,
    /// Queues served.
    pub(super) queues: u32,
    /// Of the skills needed, in thousandths.
    pub(super) mean_level: i64,
}

impl OrderBy {
    /// What is compared, the smallest first.
    pub(super) fn value(&self, member: &Member) -> i128 {
        let value = i128::from(member.attributes.get(&self.attribute).copied().unwrap_or(0));
        if self.descending { -value } else { value }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn per_million(part: i64, whole: i64) -> i64 {
    if whole <= 0 { 0 } else { part.saturating_mul(1_000_000) / whole }
}
