//! Why, and why not: the first rule that keeps a call from an agent, and what lets one call go before another.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Member, Needs, Policy, Standing, Waiting};
use crate::id::{AgentId, CallId, QueueId};
use crate::time::Timestamp;

/// A rule that keeps a call from an agent. They are looked at in this order; the first that fails is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// Signed out, or on a break.
    NotReady,
    /// Rings, talks or wraps up.
    Busy,
    /// Rests until then, after a missed or refused offer.
    RestsUntil(Timestamp),
    /// Does not serve the queue.
    DoesNotServe,
    /// The agent's own delay in this queue: from then on.
    DelayedUntil(Timestamp),
    /// The agent's tier opens then.
    TierOpensAt(Timestamp),
    /// The agent's penalty is not among those allowed now.
    Penalty(u32),
    /// Lacks this skill.
    LacksSkill(String),
    /// Has this skill at a level that will not do.
    Level {
        /// Which skill.
        skill: String,
        /// The agent's level.
        has: u8,
        /// What would do.
        least: u8,
        /// What would do.
        most: u8,
    },
    /// Is of this tier, and agents of an earlier one are being rung together.
    LaterTier(u16),
    /// Declined this call.
    Declined,
    /// Missed this call; may have it again then.
    MissedUntil(Timestamp),
    /// The call is for one agent alone.
    ForAnother(AgentId),
    /// The call is kept for another agent until then.
    HeldFor(AgentId, Timestamp),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReady => f.write_str("is not ready for calls"),
            Self::Busy => f.write_str("is busy with another call, or wraps up"),
            Self::RestsUntil(at) => write!(f, "rests until {at}"),
            Self::DoesNotServe => f.write_str("does not serve the queue"),
            Self::DelayedUntil(at) => write!(f, "takes calls of this queue only after a delay, this one from {at}"),
            Self::TierOpensAt(at) => write!(f, "is of a tier that opens at {at}"),
            Self::Penalty(penalty) => write!(f, "has penalty {penalty}, which is not allowed now"),
            Self::LacksSkill(skill) => write!(f, "lacks the skill {skill}"),
            Self::Level { skill, has, least, most } => {
                write!(f, "has the skill {skill} at level {has}; {least} to {most} is needed")
            }
            Self::LaterTier(tier) => {
                write!(f, "is of tier {tier}, and agents of an earlier one are being rung together")
            }
            Self::Declined => f.write_str("has declined this call"),
            Self::MissedUntil(at) => write!(f, "has missed this call and may have it again at {at}"),
            Self::ForAnother(agent) => write!(f, "is not {agent}, for whom alone the call is"),
            Self::HeldFor(agent, until) => write!(f, "is not {agent}, for whom the call is kept until {until}"),
        }
    }
}

/// What came of an agent when a call was offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Is offered the call.
    Chosen,
    /// Might have had it, but others come first.
    Outranked,
    /// This rule keeps the call from the agent.
    Refused(Rule),
}

/// One agent who was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Considered {
    /// Who.
    pub agent: AgentId,
    /// Free since when.
    pub idle_since: Timestamp,
    /// What is compared, the smallest first: tier, ring, penalty, and two figures of the strategy.
    pub compared: [i64; 5],
    /// With which result.
    pub verdict: Verdict,
}

/// Why one waiting call goes before another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Precedence {
    /// Which goes first.
    pub first: CallId,
    /// Which comes after it.
    pub then: CallId,
    /// Why, in words.
    pub why: String,
}

/// How far a call's relaxing has come: the time in the queue that counts as reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reached(pub(super) Duration);

/// What the rules of a queue look at in a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking<'a> {
    pub(super) queue: &'a QueueId,
    pub(super) needs: &'a Needs,
    pub(super) entered: Timestamp,
}

impl Policy {
    /// What a call needs that has come this far.
    pub(super) fn needs_at(&self, needs: &Needs, reached: Reached) -> Needs {
        let mut needs = needs.clone();
        for ring in self.rings.iter().filter(|ring| ring.after <= reached.0) {
            needs.retain(|skill, _| !ring.drop.contains(skill));
            for (skill, by) in &ring.lower {
                if let Some(levels) = needs.get_mut(skill) {
                    levels.least = levels.least.saturating_sub(*by).max(1);
                }
            }
            needs = super::skills::both(&needs, &ring.need);
        }
        needs
    }

    /// Which ring lets the agent in: 0 for whoever may have the call from the start.
    pub(super) fn ring_of(&self, agent: &AgentId, serves: bool) -> Option<u16> {
        if serves {
            return Some(0);
        }
        let at = self.rings.iter().position(|ring| ring.add.contains(agent))?;
        Some(u16::try_from(at + 1).unwrap_or(u16::MAX))
    }

    /// The first rule, but for the state of the two, that keeps such a call from the agent. `Err` carries it.
    pub(super) fn admits(
        &self,
        agent: &AgentId,
        member: &Member,
        asking: Asking<'_>,
        reached: Reached,
    ) -> Result<(), Rule> {
        let place = member.queues.get(asking.queue).filter(|place| place.enabled);
        match place {
            None => {
                let added = |ring: &super::Ring| ring.after <= reached.0 && ring.add.contains(agent);
                if !self.rings.iter().any(added) {
                    return Err(Rule::DoesNotServe);
                }
            }
            Some(place) => {
                if place.delay > reached.0 {
                    return Err(Rule::DelayedUntil(asking.entered + place.delay));
                }
                let opens = self.tiers.get(&place.tier).copied().unwrap_or_default();
                if opens > reached.0 {
                    return Err(Rule::TierOpensAt(asking.entered + opens));
                }
            }
        }
        let penalty = place.map_or(0, |place| place.penalty);
        let mut windows = self.rings.iter().filter(|ring| ring.after <= reached.0).filter_map(|ring| ring.penalties);
        if windows.next_back().is_some_and(|(least, most)| penalty < least || penalty > most) {
            return Err(Rule::Penalty(penalty));
        }
        let needs = self.needs_at(asking.needs, reached);
        match super::skills::unmet(&needs, &member.skills) {
            None => Ok(()),
            Some((skill, levels)) => Err(match member.skills.get(skill) {
                None => Rule::LacksSkill(skill.to_owned()),
                Some(&has) => Rule::Level { skill: skill.to_owned(), has, least: levels.least, most: levels.most },
            }),
        }
    }
}

/// The first rule that keeps the call from the agent now; `None`: the agent may have it. `reached`: how far the call's relaxing
/// has come, at least the time it has been in the queue. Whether the call is kept for another is not looked at: that depends on
/// how the other stands, which a floor knows.
pub(crate) fn refusal(
    policy: &Policy,
    waiting: &Waiting,
    agent: &AgentId,
    member: &Member,
    standing: &Standing,
    reached: Duration,
    now: Timestamp,
) -> Option<Rule> {
    if !standing.staffed {
        return Some(Rule::NotReady);
    }
    if let Some(at) = standing.not_before.filter(|at| *at > now) {
        return Some(Rule::RestsUntil(at));
    }
    if standing.free < waiting.weight.max(1) {
        return Some(Rule::Busy);
    }
    if let Some(only) = waiting.only.as_ref() {
        return (only != agent)
            .then(|| Rule::ForAnother(only.clone()))
            .or_else(|| excluded(&waiting.excluded, agent, now));
    }
    let asking = Asking { queue: &waiting.queue, needs: &waiting.needs, entered: waiting.entered };
    if let Err(rule) = policy.admits(agent, member, asking, Reached(reached)) {
        return Some(rule);
    }
    let tier = member.queues.get(&waiting.queue).filter(|place| place.enabled).map_or(0, |place| place.tier);
    let is_kept = waiting.held_for.as_ref().is_some_and(|(kept, until)| kept == agent && *until > now);
    if !is_kept && waiting.rung_tier.is_some_and(|rung| tier > rung) {
        return Some(Rule::LaterTier(tier));
    }
    excluded(&waiting.excluded, agent, now)
}

/// The rule that keeps the call from an agent whom it excludes.
pub(super) fn excluded(
    excluded: &BTreeMap<AgentId, Option<Timestamp>>,
    agent: &AgentId,
    now: Timestamp,
) -> Option<Rule> {
    match excluded.get(agent) {
        Some(None) => Some(Rule::Declined),
        Some(Some(until)) if *until > now => Some(Rule::MissedUntil(*until)),
        _ => None,
    }
}

impl Policy {
    /// Whether the agent could have the call once all is relaxed: only then is a call kept for an agent.
    pub(crate) fn is_kept_for(&self, waiting: &Waiting, agent: &AgentId, member: &Member) -> bool {
        let asking = Asking { queue: &waiting.queue, needs: &waiting.needs, entered: waiting.entered };
        self.admits(agent, member, asking, Reached(Duration::MAX)).is_ok()
    }

    /// Whether a call of the queue with such needs could ever be offered to the agent, however long it waits.
    #[must_use]
    pub fn could_have(&self, queue: &QueueId, needs: &Needs, agent: &AgentId, member: &Member) -> bool {
        let place = member.queues.get(queue).filter(|place| place.enabled);
        let opens = place
            .map_or(Duration::ZERO, |place| place.delay.max(self.tiers.get(&place.tier).copied().unwrap_or_default()));
        let penalty = place.map_or(0, |place| place.penalty);
        let later = self.rings.iter().map(|ring| ring.after).filter(|after| *after > opens);
        // Each step by itself: a later one may shut out whom an earlier one let in.
        std::iter::once(opens).chain(later).any(|step| {
            let reached = || self.rings.iter().filter(|ring| ring.after <= step);
            let here = place.is_some() || reached().any(|ring| ring.add.contains(agent));
            let window = reached().filter_map(|ring| ring.penalties).next_back();
            here && window.is_none_or(|(least, most)| (least..=most).contains(&penalty))
                && super::skills::unmet(&self.needs_at(needs, Reached(step)), &member.skills).is_none()
        })
    }
}
