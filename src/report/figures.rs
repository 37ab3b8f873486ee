use std::collections::{BTreeMap, BTreeSet};

use crate::id::{AgentId, CallId, QueueId};
use crate::model::Fact;
use crate::report::interval::ms;
use crate::report::journey::{Journey, Track};
use crate::report::reading::{Histories, Reading};
use crate::report::{AgentFigures, Attribution, Interval, QueueFigures};
use crate::time::Timestamp;

/// What is known of calls and agents, and all figures that follow from it.
///
/// It is a set of facts: in whatever order they are applied, however often, in one collection or in several that are
/// merged, the figures are the same. So what was read of the store is followed live by applying what the switchboard's
/// feed tells, from a moment before it was read.
///
/// Its size grows with the calls it has been told of; [`Figures::forget`] drops those that are long over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    calls: BTreeMap<CallId, Track>,
    agents: Histories,
}

impl Figures {
    /// Knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a fact in. One that is known already changes nothing.
    pub fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::Call { call, event, .. } => self.calls.entry(*call).or_default().add(event),
            Fact::Agent { agent, event } => {
                self.agents.entry(agent.clone()).or_default().entry(event.seq).or_insert_with(|| event.clone());
            }
        }
    }

    /// Takes in all that the other knows.
    pub fn merge(&mut self, other: &Self) {
        for (call, track) in &other.calls {
            self.calls.entry(*call).or_default().merge(track);
        }
        for (agent, entries) in &other.agents {
            let ours = self.agents.entry(agent.clone()).or_default();
            for (seq, entry) in entries {
                ours.entry(*seq).or_insert_with(|| entry.clone());
            }
        }
    }

    /// Drops what no interval that begins at `before` or later can show: calls that ended before, unless they are still
    /// finished up, and entries of agents before the one in force then. Facts of them that come late would count again.
    pub fn forget(&mut self, before: Timestamp) {
        let mut kept = BTreeSet::new();
        for entries in self.agents.values_mut() {
            let in_force = entries.iter().filter(|(_, entry)| entry.at < before).map(|(seq, _)| *seq).max();
            entries.retain(|seq, _| in_force.is_none_or(|first| *seq >= first));
            kept.extend(entries.values().filter_map(|entry| entry.call));
        }
        self.calls.retain(|call, track| kept.contains(call) || track.ended().is_none_or(|at| at >= ms(before)));
    }

    /// How many calls it knows of.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    fn reading(&self, interval: &Interval, now: Timestamp) -> Reading<'_> {
        let journeys = self.calls.iter().map(|(call, track)| (*call, Journey::of(track, ms(now)))).collect();
        Reading::new(*interval, ms(now), journeys, &self.agents)
    }

    /// The figures of a queue in the interval, as of `now`: facts after it are left out.
    #[must_use]
    pub fn queue(&self, queue: &QueueId, interval: &Interval, by: Attribution, now: Timestamp) -> QueueFigures {
        self.reading(interval, now).queue(queue, by)
    }

    /// The same of all queues that any of the calls came to, by name.
    #[must_use]
    pub fn queues(&self, interval: &Interval, by: Attribution, now: Timestamp) -> BTreeMap<QueueId, QueueFigures> {
        let reading = self.reading(interval, now);
        let names: BTreeSet<&QueueId> = reading.queues().collect();
        names.into_iter().map(|queue| (queue.clone(), reading.queue(queue, by))).collect()
    }

    /// The figures of an agent in the interval, as of `now`: facts after it are left out.
    #[must_use]
    pub fn agent(&self, agent: &AgentId, interval: &Interval, now: Timestamp) -> AgentFigures {
        self.reading(interval, now).agents(Some(agent)).remove(agent).unwrap_or_default()
    }

    /// The same of all agents that there are facts of, by name.
    #[must_use]
    pub fn agents(&self, interval: &Interval, now: Timestamp) -> BTreeMap<AgentId, AgentFigures> {
        self.reading(interval, now).agents(None)
    }
}
