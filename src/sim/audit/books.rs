//! The books as they are, with what is looked up in them, so that judging a commit costs what it has changed.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{AgentId, CallId};
use crate::model::{Agent, Call, CallState, EventKind, OfferState};
use crate::sim::audit::Violation;
use crate::store::Record;
use crate::time::Timestamp;

/// Whose rules may have been broken by what has changed.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub(super) calls: BTreeSet<CallId>,
    pub(super) agents: BTreeSet<AgentId>,
}

/// The books as they are.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// All calls but those that are over and done with.
    pub(super) calls: BTreeMap<CallId, Call>,
    pub(super) agents: BTreeMap<AgentId, Agent>,
    /// Live offers of each agent.
    offers: BTreeMap<AgentId, BTreeSet<(CallId, u32)>>,
    /// Live offers that are not bridged, by their own deadlines.
    deadlines: BTreeSet<(Timestamp, CallId, u32)>,
    /// Conversations of each agent, by the histories of all calls.
    talks: BTreeMap<AgentId, u64>,
    talked: BTreeMap<CallId, Vec<AgentId>>,
}

impl Books {
    /// Takes in what is stored under a key now. `Err`: it cannot be read, and counts as not there.
    pub(super) fn read(&mut self, key: &str, record: Option<&Record>, touched: &mut Touched) -> Result<(), Violation> {
        let unreadable = |error: serde_json::Error| Violation::new("books", format!("{key}: {error}"));
        let name = key.rsplit('/').next().unwrap_or_default();
        if key.starts_with("call/") {
            let call = record.map(|record| record.body.read::<Call>()).transpose();
            let id = call.as_ref().ok().and_then(Option::as_ref).map(|call| call.id).or_else(|| name.parse().ok());
            let Some(id) = id else { return Ok(()) };
            let (call, result) = call.map_or_else(|error| (None, Err(unreadable(error))), |call| (call, Ok(())));
            self.replace_call(id, call, touched);
            result
        } else if key.starts_with("agent/") {
            let agent = record.map(|record| record.body.read::<Agent>()).transpose();
            let Ok(id) = name.parse::<AgentId>() else { return Ok(()) };
            let (agent, result) = agent.map_or_else(|error| (None, Err(unreadable(error))), |agent| (agent, Ok(())));
            self.replace_agent(id, agent, touched);
            result
        } else {
            Ok(())
        }
    }

    fn replace_call(&mut self, id: CallId, call: Option<Call>, touched: &mut Touched) {
        let before = self.calls.remove(&id);
        for offer in before.iter().flat_map(|call| &call.offers) {
            if let Some(offers) = self.offers.get_mut(&offer.agent) {
                offers.remove(&(id, offer.number));
            }
            self.deadlines.remove(&(offer.until, id, offer.number));
            touched.agents.insert(offer.agent.clone());
        }
        for offer in call.iter().flat_map(|call| &call.offers) {
            self.offers.entry(offer.agent.clone()).or_default().insert((id, offer.number));
            if offer.state != OfferState::Bridged {
                self.deadlines.insert((offer.until, id, offer.number));
            }
            touched.agents.insert(offer.agent.clone());
        }
        let connected = call.iter().flat_map(|call| &call.events).filter_map(|event| match &event.kind {
            EventKind::Connected { agent, .. } => Some(agent.clone()),
            _ => None,
        });
        let talked: Vec<AgentId> = connected.collect();
        let before = self.talked.insert(id, talked.clone()).unwrap_or_default();
        if before != talked {
            for agent in &before {
                let count = self.talks.entry(agent.clone()).or_default();
                *count = count.saturating_sub(1);
            }
            for agent in &talked {
                *self.talks.entry(agent.clone()).or_default() += 1;
            }
            touched.agents.extend(before.into_iter().chain(talked));
        }
        touched.calls.insert(id);
        if let Some(call) = call {
            self.calls.insert(id, call);
        }
    }

    fn replace_agent(&mut self, id: AgentId, agent: Option<Agent>, touched: &mut Touched) {
        match agent {
            Some(agent) => drop(self.agents.insert(id.clone(), agent)),
            None => drop(self.agents.remove(&id)),
        }
        touched.calls.extend(self.offers.get(&id).into_iter().flatten().map(|(call, _)| *call));
        touched.agents.insert(id);
    }

    /// Live offers of an agent, each with its call and state.
    pub(super) fn offers_of<'a>(&'a self, agent: &AgentId) -> impl Iterator<Item = (CallId, u32, OfferState)> + 'a {
        self.offers.get(agent).into_iter().flatten().filter_map(|(call, number)| {
            let offer = self.calls.get(call)?.offer(*number)?;
            Some((*call, *number, offer.state))
        })
    }

    /// Conversations of an agent, by the histories of all calls.
    pub(super) fn talks_of(&self, agent: &AgentId) -> u64 {
        self.talks.get(agent).copied().unwrap_or_default()
    }

    /// Offers whose own deadline was at `until` or before. Each is given once, until its call changes.
    pub(super) fn overdue(&mut self, until: Timestamp) -> Vec<(CallId, u32)> {
        let mut overdue = Vec::new();
        while let Some((due, call, number)) = self.deadlines.first().copied().filter(|(due, ..)| *due <= until) {
            self.deadlines.remove(&(due, call, number));
            overdue.push((call, number));
        }
        overdue
    }

    /// Forgets those of these calls that are over and done with: nothing but their own change could break a rule.
    pub(super) fn let_go(&mut self, calls: &BTreeSet<CallId>) {
        for id in calls {
            let done = self.calls.get(id).is_some_and(|call| {
                let idle = call.legs.iter().all(|leg| leg.commands.is_empty());
                call.state == CallState::Ended && call.offers.is_empty() && idle
            });
            if done {
                self.calls.remove(id);
            }
        }
    }
}
