//! A day as it was: who came, how each wait ended, how long each call took, and who was there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::draw::Draws;
use super::rehearsal::{Conduct, Customer, Presence, Rehearsal, Ringing, Spread};
use super::survival::Survival;
use crate::id::{AgentId, CallId, QueueId};
use crate::model::{Call, EndReason, EventKind};
use crate::routing::skills::both;
use crate::routing::{Needs, Roster, Waiting};
use crate::time::Timestamp;

/// From so many calls of an agent in a queue on, they stand for themselves.
const OWN_MIN: usize = 30;
/// An agent with fewer is drawn towards the queue's mean as if by so many calls.
const DRAWN_BY: f64 = 20.0;
/// From so many hang-ups on, a queue's callers stand for themselves.
const HUNG_UP_MIN: usize = 20;
/// Names of streams.
const PATIENCE: u64 = 3;

/// How a wait ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// By being joined with this agent, whom the call kept for so long, wrap-up included.
    Answered {
        /// Who.
        agent: AgentId,
        /// From joining until free again.
        handle: Duration,
    },
    /// The customer hung up.
    Abandoned,
    /// Otherwise: overflow, the day's end, or a conversation that is not over.
    Left,
}

/// One wait in one queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Which call.
    pub call: CallId,
    /// In which queue.
    pub queue: QueueId,
    /// What the call needs besides what its queue needs.
    pub needs: Needs,
    /// Priority points.
    pub points: i32,
    /// When it entered.
    pub entered: Timestamp,
    /// How long it waited.
    pub wait: Duration,
    /// How the wait ended.
    pub ending: Ending,
}

/// A day as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// The waits, by when they began.
    pub visits: Vec<Visit>,
    /// Who was there.
    pub presences: Vec<Presence>,
    /// Times from the offer until joined.
    pub rings: Vec<Duration>,
    /// Offers made to each agent that could have been taken, and those missed or declined.
    pub offers: BTreeMap<AgentId, (u32, u32)>,
}

/// A policy and staffing to play a day under.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What routing goes by.
    pub roster: Arc<Roster>,
    /// How each queue rings, and what counts as in time; [`Ringing::default`] where nothing is said.
    pub ringing: BTreeMap<QueueId, Ringing>,
    /// Who is there.
    pub presences: Vec<Presence>,
}

impl Day {
    /// The day that these stored calls were, with the agents' times from sign-ins; `wrap_up`: how long each queue gives for
    /// finishing up (none where nothing is said). A call that waited twice is two visits; one that never waited is none, nor is a wait
    /// that is not over. A call whose conversation is not over counts as [`Ending::Left`].
    #[must_use]
    pub fn from_calls(calls: &[Call], presences: Vec<Presence>, wrap_up: &BTreeMap<QueueId, Duration>) -> Self {
        let mut day = Self { presences, ..Self::default() };
        for call in calls {
            day.add(call, wrap_up);
        }
        day.visits.sort_by_key(|visit| (visit.entered, visit.call));
        day.rings.sort_unstable();
        day
    }

    fn add(&mut self, call: &Call, wrap_up: &BTreeMap<QueueId, Duration>) {
        let mut waits: Option<(QueueId, Timestamp)> = None;
        let mut offered: BTreeMap<u32, Timestamp> = BTreeMap::new();
        for event in &call.events {
            let at = event.at;
            match &event.kind {
                EventKind::Queued { queue, .. } => waits = Some((queue.clone(), at)),
                EventKind::Offered { offer, .. } => {
                    offered.insert(*offer, at);
                }
                EventKind::OfferEnded { agent, why, .. } => {
                    let missed = matches!(why.as_str(), "declined" | "ring_no_answer" | "failed");
                    if missed {
                        let counts = self.offers.entry(agent.clone()).or_default();
                        *counts = (counts.0 + 1, counts.1 + 1);
                    }
                }
                EventKind::Connected { offer, agent } => {
                    self.rings.extend(offered.get(offer).map(|from| at.since(*from)));
                    self.offers.entry(agent.clone()).or_default().0 += 1;
                    if let Some((queue, entered)) = waits.take() {
                        let wrap_up = wrap_up.get(&queue).copied().unwrap_or_default();
                        // How long one takes that is not over is not known.
                        let ending = call.ended_at.map_or(Ending::Left, |ended| {
                            let handle = ended.since(at) + wrap_up;
                            Ending::Answered { agent: agent.clone(), handle }
                        });
                        self.visits.push(visit(call, queue, entered, at, ending));
                    }
                }
                EventKind::Overflowed { .. } => {
                    if let Some((queue, entered)) = waits.take() {
                        self.visits.push(visit(call, queue, entered, at, Ending::Left));
                    }
                }
                EventKind::Ended { reason } => {
                    if let Some((queue, entered)) = waits.take() {
                        let hung_up = matches!(reason, EndReason::Abandoned | EndReason::CustomerHungUp);
                        let ending = if hung_up { Ending::Abandoned } else { Ending::Left };
                        self.visits.push(visit(call, queue, entered, at, ending));
                    }
                }
                _ => {}
            }
        }
    }

    /// When it began and ended: the first wait's beginning, or who came first; the last wait's end, or who left last.
    #[must_use]
    pub fn span(&self) -> (Timestamp, Timestamp) {
        let begins = self.visits.iter().map(|visit| visit.entered).chain(self.presences.iter().map(|one| one.from));
        let ends = self.visits.iter().map(|visit| visit.entered + visit.wait);
        let ends = ends.chain(self.presences.iter().map(|one| one.until));
        (begins.min().unwrap_or_default(), ends.max().unwrap_or_default())
    }

    /// Part of the calls that were answered within the time of their queue's [`Ringing`], of those answered or abandoned, as it was.
    /// `None`: there were none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "numbers of calls")]
    pub fn service_level(&self, ringing: &BTreeMap<QueueId, Ringing>) -> Option<f64> {
        let (mut in_time, mut all) = (0, 0);
        for visit in &self.visits {
            let within = ringing.get(&visit.queue).copied().unwrap_or_default().answer_within;
            match visit.ending {
                Ending::Answered { .. } => {
                    in_time += usize::from(visit.wait <= within);
                    all += 1;
                }
                Ending::Abandoned => all += 1,
                Ending::Left => {}
            }
        }
        (all > 0).then(|| in_time as f64 / all as f64)
    }

    /// How patient its callers were: of a queue, or of all where few of the queue hung up.
    #[must_use]
    pub fn patience(&self, queue: &QueueId) -> Survival {
        let wait = |visit: &Visit| (visit.wait.as_secs_f64(), visit.ending == Ending::Abandoned);
        let own = self.visits.iter().filter(|visit| visit.queue == *queue);
        let hung_up = own.clone().filter(|visit| visit.ending == Ending::Abandoned).count();
        if hung_up >= HUNG_UP_MIN { Survival::of(own.map(wait)) } else { Survival::of(self.visits.iter().map(wait)) }
    }

    /// How its agents worked: handle times by agent and queue, those with few calls drawn towards their queue's; rings; and the
    /// part of offers that each misses, drawn towards everybody's.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "numbers of calls")]
    pub fn conduct(&self) -> Conduct {
        let mut all: Vec<f64> = Vec::new();
        let mut by_queue: BTreeMap<QueueId, Vec<f64>> = BTreeMap::new();
        let mut by_agent: BTreeMap<(AgentId, QueueId), Vec<f64>> = BTreeMap::new();
        for visit in &self.visits {
            let Ending::Answered { agent, handle } = &visit.ending else { continue };
            let handle_s = handle.as_secs_f64();
            all.push(handle_s);
            by_queue.entry(visit.queue.clone()).or_default().push(handle_s);
            by_agent.entry((agent.clone(), visit.queue.clone())).or_default().push(handle_s);
        }
        let mut conduct = Conduct::new(if all.is_empty() { Spread::Always(180.0) } else { among(all, 1.0) });
        for ((agent, queue), own) in by_agent {
            let Some(pool) = by_queue.get(&queue) else { continue };
            let mean = pool.iter().sum::<f64>() / pool.len() as f64;
            let spread = if own.len() >= OWN_MIN {
                among(own, 1.0)
            } else {
                let drawn = (own.iter().sum::<f64>() + DRAWN_BY * mean) / (own.len() as f64 + DRAWN_BY);
                among(pool.clone(), if mean > 0.0 { drawn / mean } else { 1.0 })
            };
            conduct.handle_by.insert((agent, queue), spread);
        }
        conduct.handle_of = by_queue.into_iter().map(|(queue, pool)| (queue, among(pool, 1.0))).collect();
        if !self.rings.is_empty() {
            conduct.ring = among(self.rings.iter().map(Duration::as_secs_f64).collect(), 1.0);
        }
        let (made, missed) = self.offers.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        conduct.missed = if made == 0 { 0.0 } else { f64::from(missed) / f64::from(made) };
        for (agent, (made, missed)) in &self.offers {
            let drawn = (f64::from(*missed) + DRAWN_BY * conduct.missed) / (f64::from(*made) + DRAWN_BY);
            conduct.missed_by.insert(agent.clone(), drawn);
        }
        conduct
    }

    /// The queues in which somebody waited.
    #[must_use]
    pub fn queues(&self) -> BTreeSet<QueueId> {
        self.visits.iter().map(|visit| visit.queue.clone()).collect()
    }

    /// Its customers, to be played again: who hung up does so after the same time, and who did not is given patience drawn from that
    /// of those who did, beyond the wait they had. What each needs is the queue's needs of `roster` and their own.
    #[must_use]
    pub fn customers(&self, roster: &Roster, seed: u64) -> Vec<Customer> {
        let patience: BTreeMap<QueueId, Survival> =
            self.queues().into_iter().map(|queue| (queue.clone(), self.patience(&queue))).collect();
        let customer = |(at, visit): (usize, &Visit)| {
            let key = u64::try_from(at).unwrap_or(0);
            let wait_s = visit.wait.as_secs_f64();
            let until_s = match visit.ending {
                Ending::Abandoned => wait_s,
                _ => {
                    let unit = Draws::of(seed, &[key, PATIENCE]).unit();
                    patience.get(&visit.queue).map_or(f64::INFINITY, |patience| patience.beyond(wait_s, unit))
                }
            };
            let needs = roster
                .queues
                .get(&visit.queue)
                .map_or_else(|| visit.needs.clone(), |policy| both(&policy.needs, &visit.needs));
            Customer {
                call: visit.call,
                waiting: joining(visit.queue.clone(), needs, visit.points, visit.entered),
                patience: until_s.is_finite().then(|| Duration::from_secs_f64(until_s.min(1e7))),
                key,
            }
        };
        // A call that waited twice waits as two: their ids must differ.
        let mut seen = BTreeMap::<CallId, u8>::new();
        let customers = self.visits.iter().enumerate().map(customer).map(|mut one| {
            let times = seen.entry(one.call).or_default();
            let (high, low) = one.call.0.as_u64_pair();
            one.call = CallId(uuid::Uuid::from_u64_pair(high ^ u64::from(*times), low));
            *times = times.saturating_add(1);
            one
        });
        customers.collect()
    }

    /// The day to be played under a scenario. Everything drawn, the patience of those who were answered, handle times and rings, is
    /// the same for the same seed whatever the scenario.
    #[must_use]
    pub fn rehearsal(&self, scenario: &Scenario, seed: u64) -> Rehearsal {
        self.rehearsal_of(scenario, &self.conduct(), seed)
    }

    pub(super) fn rehearsal_of(&self, scenario: &Scenario, conduct: &Conduct, seed: u64) -> Rehearsal {
        let (from, until) = self.span();
        Rehearsal {
            from,
            until,
            customers: self.customers(&scenario.roster, seed),
            presences: scenario.presences.clone(),
            busy: BTreeMap::new(),
            ringing: scenario.ringing.clone(),
            conduct: conduct.clone(),
            seed,
            follow_abandoned: false,
            roster: Arc::clone(&scenario.roster),
        }
    }
}

/// How a call waits that joined a queue then, with one agent to be rung at a time and nobody excluded.
#[must_use]
pub fn joining(queue: QueueId, needs: Needs, points: i32, entered: Timestamp) -> Waiting {
    Waiting {
        queue,
        needs,
        points,
        since: entered,
        entered,
        wanted: 1,
        wanted_more_at: None,
        weight: 1,
        excluded: BTreeMap::new(),
        held_for: None,
        only: None,
        offers: 0,
        rung_tier: None,
    }
}

fn among(mut seconds: Vec<f64>, factor: f64) -> Spread {
    seconds.sort_by(f64::total_cmp);
    Spread::Among(seconds.into(), factor)
}

fn visit(call: &Call, queue: QueueId, entered: Timestamp, until: Timestamp, ending: Ending) -> Visit {
    Visit {
        call: call.id,
        queue,
        needs: call.needs.clone(),
        points: call.priority,
        entered,
        wait: until.since(entered),
        ending,
    }
}
