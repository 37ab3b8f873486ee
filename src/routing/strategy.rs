//! The strategies by their names in the field: which agent gets a call.

use std::fmt;
use std::sync::Arc;

use super::{Member, Membership, Needs, RoutingStrategy, Standing};

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
    /// By attributes of the agents, in turn (TaskRouter's `order_by`); a missing one counts as 0.
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
    pub(super) fn key(&self, member: &Member, place: &Membership, standing: &Standing, needs: &Needs) -> Key {
        let idle = standing.idle_since.as_micros();
        match self {
            Self::LongestIdle | Self::Own(_) => [idle, 0],
            Self::LeastRecent => [standing.last_ended.map_or(i64::MIN, |at| at.as_micros()), idle],
            Self::OldestOffer => [standing.last_offered.map_or(i64::MIN, |at| at.as_micros()), idle],
            Self::FewestContacts => [i64::try_from(standing.contacts).unwrap_or(i64::MAX), idle],
            Self::LeastTalkTime => [standing.talk_ms, idle],
            Self::LeastOccupied => [per_million(standing.busy_ms, standing.staffed_ms), idle],
            Self::RoundRobin | Self::Random | Self::WeightedRandom => [0, 0],
            Self::RoundRobinOrdered | Self::Linear => [i64::from(place.position), 0],
            Self::BestFit => [mean_level(member, needs).saturating_neg(), idle],
            Self::LeastFlexible => [i64::try_from(member.queues.len()).unwrap_or(i64::MAX), idle],
            Self::Rank => [-i64::from(member.rank), idle],
            Self::OrderBy(all) => {
                let value = |at: usize| {
                    all.get(at).map_or(0, |one| {
                        let value = member.attributes.get(&one.attribute).copied().unwrap_or(0);
                        if one.descending { value.saturating_neg() } else { value }
                    })
                };
                [value(0), if all.len() > 1 { value(1) } else { idle }]
            }
        }
    }

    /// Whether choosing goes on from where it last stopped.
    pub(super) fn is_cyclic(&self) -> bool {
        matches!(self, Self::RoundRobin | Self::RoundRobinOrdered | Self::Random)
    }

    /// Whether each choice looks at some of the first agents together.
    pub(super) fn looks_at_many(&self) -> bool {
        matches!(self, Self::WeightedRandom | Self::Own(_))
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

/// In thousandths.
fn mean_level(member: &Member, needs: &Needs) -> i64 {
    let levels = needs.keys().filter_map(|skill| member.skills.get(skill));
    let (sum, count) = levels.fold((0, 0), |(sum, count), level| (sum + i64::from(*level), count + 1));
    if count == 0 { 0 } else { sum * 1000 / count }
}
