//! Genesys Cloud: queues with scoring, evaluation method and bullseye rings; users with skills.
//!
//! Facts from the resource centre: "Specify routing settings", "Bullseye routing overview", "Evaluation and routing methods". By
//! conversation score, a minute of waiting is worth a point; by priority score, only priority counts, and such queues are served
//! before the others. Rings are cumulative; who is of an inner ring goes first; leaving a ring drops skills, which an agent of an
//! outer ring then does not need.
//!
//! Differs on purpose: idleness begins anew after a break; ties end in the agent's name.
//!
//! Cannot be expressed: predictive routing (give a [`RoutingStrategy`](crate::routing::RoutingStrategy)), conditional group
//! routing, preferred agents by score (one is [`Goto::kept_for`](crate::setup::Goto::kept_for)), utilization over channels.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{FOREVER, MANY, Preset, seconds};
use crate::routing::{Between, Membership, Order, Ring};
use crate::setup;

/// Most rings of a queue (Bullseye routing overview).
const RINGS_MAX: usize = 6;
/// Highest proficiency.
const STARS_MAX: u8 = 5;

/// What calls of a queue are ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scoring {
    /// Minutes waited plus priority.
    #[default]
    ConversationScore,
    /// Priority, then time waited.
    PriorityScore,
}

/// Which agent gets a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EvaluationMethod {
    /// Whoever has all skills and is free longest.
    #[default]
    AllSkillsMatching,
    /// Whoever has all skills, the highest mean proficiency first, then free longest.
    BestAvailableSkills,
    /// Whoever is free longest.
    DisregardSkills,
}

/// A ring. Each has its members, named by [`Member::ring`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BullseyeRing {
    /// How long a call stays in it, whole seconds.
    #[serde(with = "seconds")]
    pub wait: Duration,
    /// Skills no longer needed once it is left.
    pub skills_to_remove: BTreeSet<String>,
}

/// A member of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Member {
    /// Which user.
    pub user: String,
    /// Ring, from 1; without bullseye routing it is left alone.
    pub ring: u16,
}

impl Default for Member {
    fn default() -> Self {
        Self { user: String::new(), ring: 1 }
    }
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Queue {
    /// Name.
    pub name: String,
    /// Scoring method.
    pub scoring: Scoring,
    /// Evaluation method.
    pub evaluation: EvaluationMethod,
    /// Skills that its calls need.
    pub skills: BTreeSet<String>,
    /// Rings of bullseye routing, at most 6; none: all members at once. Nothing happens when the last is left, but its skills
    /// are dropped.
    pub bullseye_rings: Vec<BullseyeRing>,
    /// Alerting timeout, whole seconds, 5 to 600.
    #[serde(with = "seconds")]
    pub alerting_timeout: Duration,
    /// Members.
    pub members: Vec<Member>,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            name: String::new(),
            scoring: Scoring::default(),
            evaluation: EvaluationMethod::default(),
            skills: BTreeSet::new(),
            bullseye_rings: Vec::new(),
            alerting_timeout: Duration::from_secs(8),
            members: Vec::new(),
        }
    }
}

/// A user: an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct User {
    /// Name.
    pub name: String,
    /// Skills by name, with proficiency 0 to 5. Ours begin at 1: each is one more here.
    pub skills: BTreeMap<String, u8>,
}

/// An organization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Organization {
    /// Queues.
    pub queues: Vec<Queue>,
    /// Users.
    pub users: Vec<User>,
}

impl From<Organization> for Preset {
    fn from(org: Organization) -> Self {
        let mut preset = Self { between: Between::Score, ..Self::default() };
        for user in &org.users {
            let mut agent = setup::Agent::new(&*user.name);
            for (skill, stars) in &user.skills {
                if *stars > STARS_MAX {
                    preset.mistakes.push(format!("user {:?}: {skill:?} is {stars}, it must be 0 to 5", user.name));
                }
                agent = agent.skill_at(&**skill, stars.saturating_add(1));
            }
            preset.agents.push(agent);
        }
        for queue in &org.queues {
            queue.add_to(&mut preset);
        }
        preset
    }
}

impl Queue {
    fn add_to(&self, preset: &mut Preset) {
        let place = format!("queue {:?}", self.name);
        let rings = self.bullseye_rings.len();
        if rings > RINGS_MAX {
            preset.mistakes.push(format!("{place}: {rings} rings, at most {RINGS_MAX}"));
        }
        let mut queue = setup::Queue::new(&*self.name)
            .wait_max(FOREVER)
            .waiting_max(MANY)
            .ring_timeout(self.alerting_timeout)
            .order(match self.scoring {
                Scoring::ConversationScore => Order::Aged { points_per_minute: 1 },
                Scoring::PriorityScore => Order::Strict,
            })
            .strategy(match self.evaluation {
                EvaluationMethod::BestAvailableSkills => "best_fit",
                EvaluationMethod::AllSkillsMatching | EvaluationMethod::DisregardSkills => "longest_idle",
            });
        if self.evaluation != EvaluationMethod::DisregardSkills {
            queue = self.skills.iter().fold(queue, |queue, skill| queue.needs(&**skill));
        }
        let mut after = Duration::ZERO;
        for (at, ring) in (1..).zip(&self.bullseye_rings) {
            after += ring.wait;
            if usize::from(at) < rings && self.members.iter().any(|member| member.ring == at + 1) {
                queue = queue.tier_opens_after(at + 1, after);
            }
            if !ring.skills_to_remove.is_empty() {
                queue = queue.ring(Ring { after, drop: ring.skills_to_remove.clone(), ..Ring::default() });
            }
        }
        preset.queues.push(queue);
        // Queues by priority score are served before the others.
        let priority = if self.scoring == Scoring::PriorityScore { 1 } else { 2 };
        for Member { user, ring } in &self.members {
            if rings > 0 && !(1..=rings).contains(&usize::from(*ring)) {
                preset.mistakes.push(format!("{place}: {user:?} is of ring {ring}, there are {rings}"));
            }
            if !preset.agents.iter().any(|agent| agent.name == *user) {
                preset.mistakes.push(format!("{place}: there is no user {user:?}"));
                continue;
            }
            let tier = if rings > 0 { *ring } else { 1 };
            let place = Membership { tier, priority, ..Membership::default() };
            preset.agent(user, |agent| agent.serves_as(&*self.name, place));
        }
    }
}
