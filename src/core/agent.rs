//! Agents: what they want, and when they are free.

use std::time::Duration;

use crate::core::draft::{Draft, conflict, not_found};
use crate::core::{Stop, Timer, offer};
use crate::id::AgentId;
use crate::model::{Agent, AgentStatus, Intent, WorkState};
use crate::store::Rearm;

/// The agent, from the store or, the first time, from the configuration.
pub(crate) fn find(draft: &mut Draft<'_>, id: &AgentId) -> Result<Agent, Stop> {
    let configured = draft.rules.agents.get(id).cloned();
    match (draft.agent(id)?, configured) {
        (Some(mut agent), Some(spec)) => {
            agent.spec = spec;
            Ok(agent)
        }
        (Some(agent), None) => Ok(agent),
        (None, Some(spec)) => Ok(Agent::new(spec, draft.now)),
        (None, None) => Err(not_found("agent", id)),
    }
}

/// Stores an agent whose work or wrap-up has ended. `worked`: idleness counts from now.
pub(crate) fn freed(draft: &mut Draft<'_>, mut agent: Agent, worked: bool) -> Result<(), Stop> {
    if worked {
        agent.idle_since = draft.now;
    }
    if agent.status() == AgentStatus::Ready {
        draft.arm_match();
    }
    draft.put_agent(agent)
}

/// The agent's conversation is over: wrap-up, or free at once when there is none.
pub(crate) fn finish(draft: &mut Draft<'_>, mut agent: Agent, wrap_up: Duration) -> Result<(), Stop> {
    if wrap_up.is_zero() {
        return freed(draft, agent, true);
    }
    let until = draft.now + wrap_up;
    agent.wrap_until = Some(until);
    agent.wrap_epoch += 1;
    draft.arm(&Timer::WrapUp(agent.spec.id.clone(), agent.wrap_epoch), until, Rearm::Replace);
    draft.put_agent(agent)
}

/// The wrap-up is over. A timer of an earlier one changes nothing.
pub(crate) fn wrap_up_over(draft: &mut Draft<'_>, id: &AgentId, epoch: u64) -> Result<(), Stop> {
    let Some(mut agent) = draft.agent(id)? else { return Ok(()) };
    if agent.wrap_epoch != epoch || agent.wrap_until.take().is_none() {
        return Ok(());
    }
    freed(draft, agent, true)
}

/// The agent has finished the wrap-up early.
pub(crate) fn finish_wrap_up(draft: &mut Draft<'_>, id: &AgentId) -> Result<(), Stop> {
    let mut agent = find(draft, id)?;
    if agent.wrap_until.take().is_none() {
        return Err(conflict(format!("agent {id} is not in wrap-up")));
    }
    draft.disarm(&Timer::WrapUp(id.clone(), agent.wrap_epoch));
    freed(draft, agent, true)
}

/// The agent wants something else from now on. Work under way is finished first; a ringing offer is taken back from an
/// agent who signs out.
pub(crate) fn want(draft: &mut Draft<'_>, id: &AgentId, intent: Intent) -> Result<(), Stop> {
    let mut agent = find(draft, id)?;
    let was = agent.status();
    let leaves = intent == Intent::Offline;
    agent.intent = intent;
    agent.intent_version += 1;
    agent.missed = 0;
    let ringing = agent.work.clone().filter(|work| work.state == WorkState::Offered);
    if agent.status() == AgentStatus::Ready && was != AgentStatus::Ready {
        freed(draft, agent, true)?;
    } else {
        draft.put_agent(agent)?;
    }
    match ringing {
        Some(work) if leaves => take_back(draft, &work, "withdrawn"),
        _ => Ok(()),
    }
}

/// The agent does not want the call that rings.
pub(crate) fn decline(draft: &mut Draft<'_>, id: &AgentId) -> Result<(), Stop> {
    let agent = find(draft, id)?;
    match agent.work.filter(|work| work.state == WorkState::Offered) {
        Some(work) => take_back(draft, &work, "declined"),
        None => Err(conflict(format!("no call rings at agent {id}"))),
    }
}

fn take_back(draft: &mut Draft<'_>, work: &crate::model::Work, why: &str) -> Result<(), Stop> {
    let Some(mut call) = draft.call(work.call)? else { return Ok(()) };
    offer::end_offer(draft, &mut call, work.offer, why)?;
    draft.put_call(call)
}
