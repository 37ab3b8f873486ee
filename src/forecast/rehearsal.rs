//! A call centre played on the production floor, event by event.

mod run;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use run::{Fate, Figures, Outcome, Played};

use super::draw::Draws;
use crate::id::{AgentId, CallId, QueueId};
use crate::routing::{Roster, Waiting};
use crate::time::Timestamp;

/// How long something takes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Spread {
    /// Always this, s.
    Always(f64),
    /// Exponential.
    Exponential {
        /// Mean, s.
        mean_s: f64,
    },
    /// Log-normal.
    LogNormal {
        /// Mean, s.
        mean_s: f64,
        /// Standard deviation ÷ mean.
        cv: f64,
    },
    /// One of these, s, ascending; times the factor.
    Among(Arc<[f64]>, f64),
}

impl Spread {
    /// Draws one, s; never negative. The same place in a stream gives a longer time in a longer spread of the same kind.
    #[must_use]
    pub fn draw(&self, draws: &mut Draws) -> f64 {
        let drawn = match self {
            Self::Always(s) => *s,
            Self::Exponential { mean_s } => draws.exponential(*mean_s),
            Self::LogNormal { mean_s, cv } => draws.lognormal(*mean_s, *cv),
            Self::Among(all, factor) => all.get(draws.below(all.len())).map_or(0.0, |s| s * factor),
        };
        if drawn.is_finite() { drawn.max(0.0) } else { 0.0 }
    }

    /// Draws what remains of one that has lasted `age_s`, s.
    #[must_use]
    pub fn draw_rest(&self, age_s: f64, draws: &mut Draws) -> f64 {
        match self {
            Self::Always(s) => (s - age_s).max(0.0),
            Self::Exponential { mean_s } => draws.exponential(*mean_s),
            Self::Among(all, factor) => {
                let over = all.partition_point(|s| s * factor <= age_s);
                let longer = all.len() - over;
                // Longer than any: as a fresh one, for want of better.
                let whole = all.get(over + draws.below(longer)).filter(|_| longer > 0);
                whole.map_or_else(|| self.draw(draws), |s| s * factor - age_s)
            }
            Self::LogNormal { .. } => {
                for _ in 0..1000 {
                    let whole = self.draw(draws);
                    if whole > age_s {
                        return whole - age_s;
                    }
                }
                self.draw(draws)
            }
        }
    }
}

/// A customer of a rehearsal.
#[derive(Clone, Debug)]
pub struct Customer {
    /// Which call.
    pub call: CallId,
    /// How it waits; `entered` is when it comes, and may be before the rehearsal begins.
    pub waiting: Waiting,
    /// How long after `entered` the customer hangs up if nobody has answered. `None`: never.
    pub patience: Option<Duration>,
    /// What is this customer's is drawn by this: the same in every rehearsal with the same seed.
    pub key: u64,
}

/// A span in which an agent wants calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// Who.
    pub agent: AgentId,
    /// From when.
    pub from: Timestamp,
    /// Until when; a call under way is finished.
    pub until: Timestamp,
}

/// How a queue rings its agents, and what counts as in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ringing {
    /// Answered within this time, ends included, is in time.
    pub answer_within: Duration,
    /// Agents rung at once.
    pub at_once: u16,
    /// How long an agent is rung.
    pub timeout: Duration,
    /// How long an agent who missed a call is not offered any.
    pub rest: Duration,
    /// Customers who have waited this long leave the queue.
    pub wait_max: Option<Duration>,
}

impl Default for Ringing {
    /// Within 20 s; one agent at a time, for 20 s; 10 s of rest; no longest wait.
    fn default() -> Self {
        let (twenty, ten) = (Duration::from_secs(20), Duration::from_secs(10));
        Self { answer_within: twenty, at_once: 1, timeout: twenty, rest: ten, wait_max: None }
    }
}

/// How agents work.
#[derive(Clone, Debug)]
pub struct Conduct {
    /// From joining a customer until free again, wrap-up included.
    pub handle: Spread,
    /// The same by queue, where it differs.
    pub handle_of: BTreeMap<QueueId, Spread>,
    /// The same by agent and queue, where it differs.
    pub handle_by: BTreeMap<(AgentId, QueueId), Spread>,
    /// From the offer until both are joined, if the agent takes it.
    pub ring: Spread,
    /// Part of the offers that are missed.
    pub missed: f64,
    /// The same by agent, where it differs.
    pub missed_by: BTreeMap<AgentId, f64>,
}

impl Conduct {
    /// Everybody handles calls so long, and takes every offer at once.
    #[must_use]
    pub fn new(handle: Spread) -> Self {
        Self {
            handle,
            handle_of: BTreeMap::new(),
            handle_by: BTreeMap::new(),
            ring: Spread::Always(0.0),
            missed: 0.0,
            missed_by: BTreeMap::new(),
        }
    }

    /// The spread of handle times of an agent in a queue.
    #[must_use]
    pub fn handle(&self, agent: &AgentId, queue: &QueueId) -> &Spread {
        self.handle_by
            .get(&(agent.clone(), queue.clone()))
            .or_else(|| self.handle_of.get(queue))
            .unwrap_or(&self.handle)
    }
}

/// A call centre to be played: who comes, who is there, how they behave, and what is gone by.
///
/// What a customer brings along (patience, the work, the ringing) is drawn from a stream of the customer's own, so that two
/// rehearsals with one seed and different policies differ by the policies alone.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// What routing goes by.
    pub roster: Arc<Roster>,
    /// When it begins.
    pub from: Timestamp,
    /// Until when figures are taken. Customers who wait by then are played to their end.
    pub until: Timestamp,
    /// Who comes.
    pub customers: Vec<Customer>,
    /// Who is there.
    pub presences: Vec<Presence>,
    /// Who is busy when it begins: with a call of which queue, and for how long already.
    pub busy: BTreeMap<AgentId, (QueueId, Duration)>,
    /// How each queue rings; [`Ringing::default`] where nothing is said.
    pub ringing: BTreeMap<QueueId, Ringing>,
    /// How agents work.
    pub conduct: Conduct,
    /// What chance is drawn from.
    pub seed: u64,
    /// Whether those who hung up keep their place unseen, so that it is known how long they would have waited.
    pub follow_abandoned: bool,
}
