//! Amazon Connect: queues, routing profiles, users with proficiencies, routing criteria.
//!
//! Facts from the administrator guide: "How routing works", "Routing profiles", "Set routing criteria". An agent takes from the
//! queue of the lowest priority number that has a contact old enough for the profile's delay; contacts of a queue go by their own
//! priority ([`points`]), which age never outweighs, then by age; the agent available longest gets one.
//!
//! Differs on purpose: a change of priority acts at once, there after a minute; queue limits hold exactly; metrics are ours.
//!
//! Cannot be expressed: routing age adjustment; `TIME_SINCE_LAST_INBOUND` (any conversation counts); criteria that name a contact
//! rather than a queue, but for [`Goto::needing_at`](crate::setup::Goto::needing_at); channels other than voice. An agent's own
//! queue is [`Goto::only_for`](crate::setup::Goto::only_for).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{FOREVER, MANY, Preset, seconds};
use crate::routing::{Between, Levels, Membership, Needs, Order, Ring};
use crate::setup;

/// Points of a contact of this priority, 1 first; 5 is what contacts have by default. For
/// [`Goto::with_priority`](crate::setup::Goto::with_priority).
#[must_use]
pub fn points(priority: i32) -> i32 {
    5_i32.saturating_sub(priority)
}

/// A queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Queue {
    /// Name.
    pub name: String,
    /// Maximum contacts in queue; 0: ten thousand.
    pub max_contacts: u32,
    /// Routing criteria of its contacts: while a step lasts, only agents who meet it.
    pub routing_criteria: Vec<Step>,
}

/// A step of routing criteria. All that it asks for is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    /// Attributes, each with the least proficiency, 1 to 5.
    pub at_least: BTreeMap<String, u8>,
    /// Attributes, each with the proficiencies from and to, 1 to 5.
    pub ranges: BTreeMap<String, (u8, u8)>,
    /// Only these agents, if any are named.
    pub agents: BTreeSet<String>,
    /// After how many whole seconds the next step replaces it; after the last, any agent of the queue. `None`: never.
    pub expiry: Option<u64>,
}

/// A queue of a routing profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoutingProfileQueue {
    /// Which queue.
    pub queue: String,
    /// 1 to 99; the lower is served first.
    pub priority: u8,
    /// A contact must have waited so long before agents of the profile may have it, whole seconds.
    #[serde(with = "seconds")]
    pub delay: Duration,
}

impl Default for RoutingProfileQueue {
    fn default() -> Self {
        Self { queue: String::new(), priority: 1, delay: Duration::ZERO }
    }
}

/// A routing profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoutingProfile {
    /// Name.
    pub name: String,
    /// Queues with priority and delay.
    pub queues: Vec<RoutingProfileQueue>,
}

/// A user: an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct User {
    /// Name.
    pub name: String,
    /// Name of the routing profile.
    pub routing_profile: String,
    /// Proficiencies by attribute, 1 to 5.
    pub proficiencies: BTreeMap<String, u8>,
}

/// An instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Instance {
    /// Queues.
    pub queues: Vec<Queue>,
    /// Routing profiles.
    pub routing_profiles: Vec<RoutingProfile>,
    /// Users.
    pub users: Vec<User>,
}

impl From<Instance> for Preset {
    fn from(instance: Instance) -> Self {
        let mut preset = Self { between: Between::Score, ..Self::default() };
        for user in &instance.users {
            let profile = instance.routing_profiles.iter().find(|profile| profile.name == user.routing_profile);
            let Some(profile) = profile else {
                let (name, profile) = (&user.name, &user.routing_profile);
                preset.mistakes.push(format!("user {name:?}: there is no routing profile {profile:?}"));
                continue;
            };
            let mut agent = setup::Agent::new(&*user.name);
            for RoutingProfileQueue { queue, priority, delay } in &profile.queues {
                let place = Membership { priority: *priority, delay: *delay, ..Membership::default() };
                agent = agent.serves_as(&**queue, place);
            }
            for (attribute, level) in &user.proficiencies {
                if !(1..=5).contains(level) {
                    preset.mistakes.push(format!("user {:?}: {attribute:?} is {level}, it must be 1 to 5", user.name));
                }
                agent = agent.skill_at(&**attribute, *level);
            }
            preset.agents.push(agent);
        }
        for queue in &instance.queues {
            queue.add_to(&mut preset);
        }
        preset
    }
}

impl Queue {
    fn add_to(&self, preset: &mut Preset) {
        let mut queue = setup::Queue::new(&*self.name)
            .order(Order::Strict)
            .wait_max(FOREVER)
            .waiting_max(if self.max_contacts == 0 { MANY } else { self.max_contacts })
            .strategy("longest_idle");
        let (mut after, mut before) = (Duration::ZERO, Needs::new());
        for (at, step) in (0..).zip(&self.routing_criteria) {
            let need = self.needs_of(at, step, preset);
            if at == 0 {
                queue = need.iter().fold(queue, |queue, (skill, levels)| queue.needs_at(&**skill, *levels));
            } else {
                let drop = before.keys().cloned().collect();
                queue = queue.ring(Ring { after, drop, need: need.clone(), ..Ring::default() });
            }
            before = need;
            let Some(expiry) = step.expiry else {
                if at + 1 < self.routing_criteria.len() {
                    let place = format!("queue {:?}", self.name);
                    preset.mistakes.push(format!("{place}: step {} never expires, and others follow", at + 1));
                }
                preset.queues.push(queue);
                return;
            };
            after += Duration::from_secs(expiry);
        }
        if !before.is_empty() {
            queue = queue.ring(Ring { after, drop: before.into_keys().collect(), ..Ring::default() });
        }
        preset.queues.push(queue);
    }

    /// What a step asks for. Named agents have a skill that only this step asks for.
    fn needs_of(&self, at: usize, step: &Step, preset: &mut Preset) -> Needs {
        let mut needs: Needs = step
            .at_least
            .iter()
            .map(|(attribute, least)| (attribute.clone(), Levels::at_least(*least)))
            .chain(
                step.ranges.iter().map(|(name, (least, most))| (name.clone(), Levels { least: *least, most: *most })),
            )
            .collect();
        if !step.agents.is_empty() {
            let skill = format!("{} step {}", self.name, at + 1);
            for name in &step.agents {
                if preset.agents.iter().any(|agent| agent.name == *name) {
                    preset.agent(name, |agent| agent.skill(&*skill));
                } else {
                    preset.mistakes.push(format!("queue {:?}: step {}: there is no user {name:?}", self.name, at + 1));
                }
            }
            needs.insert(skill, Levels::ANY);
        }
        needs
    }
}
