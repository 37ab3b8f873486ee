//! A call is offered to agents whom the floor has picked. What the floor knows may be behind, so that everything is looked at
//! again here, by the same rules, in what the commit stands on.

use std::time::Duration;

use crate::core::draft::Draft;
use crate::core::{Stop, callback, offer, queue as queues};
use crate::id::{AgentId, CallId, QueueId};
use crate::model::{Agent, Call, Decision, Queue};
use crate::routing::{Considered, Verdict, refusal};

/// What a floor has picked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    /// Which call.
    pub call: CallId,
    /// The queue it waits in.
    pub queue: QueueId,
    /// Who is to be offered it, best first.
    pub agents: Vec<AgentId>,
    /// How far its needs had been relaxed: the time in the queue that counts as reached.
    pub reached: Duration,
    /// Who was looked at.
    pub considered: Vec<Considered>,
}

/// Whether so many offers came to nothing that the caller is told, or joined elsewhere: nobody is rung for ever.
fn has_had_its_offers(call: &Call, queue: &Queue) -> bool {
    let offers = call.offer_seq.saturating_sub(call.offers_elsewhere);
    offers >= queue.offers_max && call.offers.is_empty() && !call.is_placeholder()
}

/// Makes the offers that still fit, or rings a customer who is rung before an agent. Returns whether the pick came to something.
/// Whoever picked it looks on until there is nothing to pick.
pub(crate) fn picked(draft: &mut Draft<'_>, picked: &Picked) -> Result<bool, Stop> {
    let rules = draft.rules;
    let mut agents: Vec<Agent> = Vec::new();
    for id in &picked.agents {
        if let Some(agent) = draft.agent(id)? {
            // To the floor that picked them they count as taken, whatever comes of it.
            draft.learn_agent(&agent);
            agents.push(agent);
        }
    }
    let Some(mut call) = draft.call(picked.call)? else { return Ok(false) };
    draft.learn_call(&call);
    let (Some(queue), Some(policy)) = (rules.queues.get(&picked.queue), rules.roster.queues.get(&picked.queue)) else {
        return Ok(false);
    };
    let Some(mut waiting) = call.waiting(queue, draft.now) else { return Ok(false) };
    if has_had_its_offers(&call, queue) {
        queues::lead_away(draft, &mut call, |draft, call| queues::to_overflow(draft, call, queue, "offers"))?;
        draft.put_call(call)?;
        return Ok(true);
    }
    if let Some((agent, _)) = waiting.held_for.clone() {
        // Nobody waits for an agent who has left, or who could not have the call: as the floor that picked it saw it too.
        let stays = draft.agent(&agent)?.is_some_and(|found| {
            draft.learn_agent(&found);
            found.standing().staffed
        });
        let member = rules.roster.agents.get(&agent);
        if !stays || !member.is_some_and(|member| policy.is_kept_for(&waiting, &agent, member)) {
            waiting.held_for = None;
        }
    }
    let widens = waiting.wanted_more_at.is_some_and(|at| at <= draft.now);
    let wanted = usize::from(waiting.wanted.max(u16::from(widens)));
    let mut considered = picked.considered.clone();
    let free = considered.iter().filter(|one| !matches!(one.verdict, Verdict::Refused(_))).count();
    let mut chosen: Vec<Agent> = Vec::new();
    for mut agent in agents {
        let id = &agent.spec.id.clone();
        let Some(member) = rules.roster.agents.get(id) else { continue };
        let rule = refusal(policy, &waiting, id, member, &agent.standing(), picked.reached, draft.now)
            .or_else(|| waiting.kept_from(id, draft.now));
        if rule.is_none() && chosen.len() < wanted {
            // The configuration may have changed since the agent signed in.
            if let Some(spec) = rules.agents.get(id) {
                agent.spec = spec.clone();
            }
            chosen.push(agent);
        } else if let Some(one) = considered.iter_mut().find(|one| one.agent == *id) {
            one.verdict = rule.map_or(Verdict::Outranked, Verdict::Refused);
        }
    }
    if chosen.is_empty() {
        return Ok(false);
    }
    if !callback::turn_came(draft, &mut call, free)? {
        return Ok(true);
    }
    let strategy = policy.strategy.name().to_owned();
    let decision = Decision { strategy, configuration: rules.version, reached: picked.reached, considered };
    for agent in chosen {
        offer::make(draft, &mut call, queue.ring_timeout, agent, decision.clone())?;
    }
    draft.put_call(call)?;
    Ok(true)
}
