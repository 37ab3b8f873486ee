//! Who may ever serve a call, and from when on: asked of the production floor, so that there is one answer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::line::Reach;
use crate::id::{AgentId, CallId};
use crate::routing::{Floor, Roster, Standing, Waiting};
use crate::time::Timestamp;

/// A floor on which everybody is free and nobody waits.
#[derive(Debug)]
pub(super) struct Probe {
    floor: Floor,
    agents: Vec<AgentId>,
}

/// Late enough that a call may have entered long before.
const NOW: Timestamp = Timestamp::from_secs(1 << 32);

impl Probe {
    pub(super) fn new(roster: &Arc<Roster>) -> Self {
        let mut floor = Floor::new(Arc::clone(roster));
        let agents: Vec<AgentId> = roster.agents.keys().cloned().collect();
        for agent in &agents {
            floor.set_agent(agent, Standing { staffed: true, free: u16::MAX, ..Standing::default() }, NOW);
        }
        Self { floor, agents }
    }

    /// The agents, in the roster's order, who may serve such a call once it has been in the queue for each of these times.
    pub(super) fn reach(&mut self, waiting: &Waiting) -> Reach {
        let roster = Arc::clone(self.floor.roster());
        let mut stages = BTreeSet::from([Duration::ZERO]);
        if let Some(policy) = roster.queues.get(&waiting.queue) {
            stages.extend(policy.rings.iter().map(|ring| ring.after));
            stages.extend(policy.tiers.values().copied());
        }
        stages.extend(roster.agents.values().filter_map(|member| Some(member.queues.get(&waiting.queue)?.delay)));
        let call = CallId(uuid::Uuid::nil());
        let mut reach: Vec<(f64, Vec<bool>)> = Vec::new();
        for stage in stages {
            let entered = NOW - stage;
            let asked = Waiting {
                since: entered,
                entered,
                wanted: 1,
                wanted_more_at: None,
                excluded: std::collections::BTreeMap::new(),
                held_for: None,
                offers: 0,
                ..waiting.clone()
            };
            self.floor.set_call(call, asked, NOW);
            let may = |agent| matches!(self.floor.why_not(call, agent, NOW), Ok(None));
            let who: Vec<bool> = self.agents.iter().map(may).collect();
            self.floor.remove_call(call);
            if reach.last().is_none_or(|(_, before)| *before != who) {
                reach.push((stage.as_secs_f64(), who));
            }
        }
        Arc::new(reach)
    }
}
