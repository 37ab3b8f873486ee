//! Mistakes that would show only while callers wait: what could never open, never apply, never choose, or break a promise.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::core::overtaken;
use crate::engine::Builder;
use crate::engine::checked::Checked;
use crate::engine::mistakes::unknown;
use crate::id::QueueId;
use crate::model;
use crate::routing::skills::LEVEL_MAX;
use crate::routing::{Policy, Ring, Strategy};
use crate::setup::Queue;

impl Checked {
    /// Tells what in the queues could never come about.
    pub(super) fn never(&self, builder: &Builder, mistakes: &mut Vec<String>) {
        for queue in &builder.queues {
            let found = QueueId::new(queue.name.clone()).ok().and_then(|id| self.queues.get(&id));
            let Some((found, policy)) = found.and_then(|found| Some((found, self.policies.get(&found.id)?))) else {
                continue;
            };
            let place = format!("queue {:?}", queue.name);
            self.opens(found, policy, &place, mistakes);
            self.windows(found, policy, &place, mistakes);
            self.attributes(policy, &place, mistakes);
            ringing(queue, &place, mistakes);
            self.bound(queue, found, policy, &place, mistakes);
        }
    }

    /// Whatever comes only after the longest wait never comes, but for what is passed over because nobody is signed in.
    fn opens(&self, queue: &model::Queue, policy: &Policy, place: &str, mistakes: &mut Vec<String>) {
        let wait_max = queue.wait_max;
        let is_late = |after: Duration| after >= wait_max && !policy.skip_unstaffed;
        let why = format!("but nobody waits longer than {wait_max:?}");
        for (tier, after) in policy.tiers.iter().filter(|(_, after)| is_late(**after)) {
            mistakes.push(format!("{place}: tier {tier} opens after {after:?}, {why}"));
        }
        for ring in &policy.rings {
            if is_late(ring.after) {
                mistakes.push(format!("{place}: a ring applies after {:?}, {why}", ring.after));
            }
            if *ring == (Ring { after: ring.after, ..Ring::default() }) {
                mistakes.push(format!("{place}: the ring after {:?} changes nothing", ring.after));
            }
        }
        for agent in self.agents.values() {
            let late = agent.queues.get(&queue.id).filter(|membership| is_late(membership.delay));
            if let Some(membership) = late {
                let (name, delay) = (agent.id.as_str(), membership.delay);
                mistakes.push(format!("agent {name:?}: takes calls of {place} after {delay:?}, {why}"));
            }
        }
    }

    /// Penalties, levels and skills of the rings that nobody has.
    fn windows(&self, queue: &model::Queue, policy: &Policy, place: &str, mistakes: &mut Vec<String>) {
        let mut penalties: BTreeSet<u32> =
            self.agents.values().filter_map(|agent| agent.queues.get(&queue.id)).map(|place| place.penalty).collect();
        if policy.rings.iter().any(|ring| !ring.add.is_empty()) {
            penalties.insert(0);
        }
        for ring in &policy.rings {
            if let Some((least, most)) = ring.penalties
                && !penalties.is_empty()
                && !penalties.iter().any(|penalty| least <= *penalty && *penalty <= most)
            {
                let after = ring.after;
                mistakes.push(format!(
                    "{place}: the ring after {after:?} allows penalties {least} to {most}, and no agent has one of those"
                ));
            }
            for (skill, levels) in &ring.need {
                if levels.least == 0 || levels.most > LEVEL_MAX || levels.least > levels.most {
                    let (least, most) = (levels.least, levels.most);
                    mistakes.push(format!(
                        "{place}: a ring needs skill {skill:?} at levels {least} to {most}, which nobody can have"
                    ));
                } else if !self.agents.values().any(|agent| agent.skills.contains_key(skill)) {
                    let known: BTreeSet<&String> = self.agents.values().flat_map(|agent| agent.skills.keys()).collect();
                    let known: Vec<String> = known.into_iter().cloned().collect();
                    mistakes.push(unknown(&format!("{place}: ring"), "agent with the skill", skill, &known));
                }
            }
        }
    }

    /// A misspelt attribute would count as 0 for all and choose by nothing.
    fn attributes(&self, policy: &Policy, place: &str, mistakes: &mut Vec<String>) {
        let Strategy::OrderBy(all) = &policy.strategy else { return };
        if all.is_empty() {
            mistakes.push(format!("{place}: orders agents by no attribute"));
        }
        let known: BTreeSet<&String> = self.agents.values().flat_map(|agent| agent.attributes.keys()).collect();
        let known: Vec<String> = known.into_iter().cloned().collect();
        for one in all.iter().filter(|one| !known.contains(&one.attribute)) {
            mistakes.push(unknown(&format!("{place}: order"), "agent with the attribute", &one.attribute, &known));
        }
    }

    fn bound(&self, queue: &Queue, found: &model::Queue, policy: &Policy, place: &str, mistakes: &mut Vec<String>) {
        let Some(asked) = queue.overtaken_max else { return };
        match overtaken(policy, &found.id, &self.queues, &self.numbers) {
            Some(bound) if bound <= asked => {}
            Some(bound) => mistakes.push(format!(
                "{place}: a caller may be overtaken by one who came {bound:?} later, more than the {asked:?} asked for; \
                 more points a minute, or points closer together, would help"
            )),
            None => mistakes.push(format!(
                "{place}: a caller may be overtaken for ever, and {asked:?} was asked for; only `Order::Aged` has a bound, \
                 or `Order::Strict` when all calls have the same points"
            )),
        }
    }
}

fn ringing(queue: &Queue, place: &str, mistakes: &mut Vec<String>) {
    if queue.ring_more_after.is_some() && queue.ring_at_once == 1 {
        mistakes.push(format!(
            "{place}: `ring_one_more_every` never adds anybody, since `ring_at_once` is 1; raise that too"
        ));
    }
    if queue.policy.target_per_mille > 1000 {
        let target = queue.policy.target_per_mille;
        mistakes.push(format!("{place}: its service level is {target} of a thousand calls, it must be 0 to 1000"));
    }
}
