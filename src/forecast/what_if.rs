//! What if: a day, or the next hour, played many times as it is and as it might be.

use std::collections::BTreeMap;
use std::time::Duration;

use super::day::{Day, Scenario, joining};
use super::draw::Draws;
use super::estimate::quantile;
use super::gamma::t95;
use super::rehearsal::{Customer, Figures, Played, Presence, Rehearsal};
use super::survival::Survival;
use crate::id::{AgentId, CallId, QueueId};
use crate::routing::skills::both;
use crate::routing::{Needs, Waiting};
use crate::time::Timestamp;

/// Names of streams.
const ARRIVALS: u64 = 4;
const STAYS: u64 = 5;
/// Most calls of a stream that are expected in an hour.
const PER_HOUR_MAX: f64 = 1e6;
/// How long agents go on serving those who wait at the end of what is played.
const GOES_ON: Duration = Duration::from_secs(7200);

/// What replications say about a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interval {
    /// Mean.
    pub mean: f64,
    /// Lower end of the 95 % confidence interval of the mean (Student's t).
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// One day in forty is below.
    pub day_low: f64,
    /// One day in forty is above.
    pub day_high: f64,
    /// Replications in which the figure was defined.
    pub n: usize,
}

impl Interval {
    /// Of the values of replications.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "numbers of replications")]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let n = values.len();
        if n == 0 {
            return Self::default();
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        // One value says nothing about its spread.
        let half = if n < 2 { f64::INFINITY } else { t95(n) * (squares / (n - 1) as f64 / n as f64).sqrt() };
        let (day_low, day_high) = (quantile(&values, 0.025), quantile(&values, 0.975));
        Self { mean, low: mean - half, high: mean + half, day_low, day_high, n }
    }

    /// Whether the confidence interval of the mean contains `value`.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Whether a single day with this value is nothing unusual.
    #[must_use]
    pub fn is_usual(&self, value: f64) -> bool {
        self.day_low <= value && value <= self.day_high
    }
}

/// Figures of some replications, or how much they change.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measures {
    /// Answered in time ÷ (answered + abandoned).
    pub service_level: Interval,
    /// Abandoned ÷ (answered + abandoned).
    pub abandon_rate: Interval,
    /// Agents' time with calls ÷ (that + time free).
    pub occupancy: Interval,
    /// Mean wait of those answered, s.
    pub answer_speed_s: Interval,
}

/// As it is, as it might be, and the difference, in pairs: what customers bring along is the same in both of a pair.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// As it is.
    pub base: Measures,
    /// As it might be.
    pub other: Measures,
    /// `other` minus `base`, pair by pair.
    pub change: Measures,
    /// The same by queue; agents' time is not told apart by queue.
    pub queues: BTreeMap<QueueId, (Measures, Measures, Measures)>,
}

fn measures(figures: &[Figures]) -> Measures {
    let of = |figure: fn(&Figures) -> Option<f64>| Interval::of(figures.iter().filter_map(figure));
    Measures {
        service_level: of(Figures::service_level),
        abandon_rate: of(Figures::abandon_rate),
        occupancy: of(Figures::occupancy),
        answer_speed_s: of(Figures::answer_speed_s),
    }
}

fn changes(base: &[Figures], other: &[Figures]) -> Measures {
    let of = |figure: fn(&Figures) -> Option<f64>| {
        Interval::of(base.iter().zip(other).filter_map(|(base, other)| Some(figure(other)? - figure(base)?)))
    };
    Measures {
        service_level: of(Figures::service_level),
        abandon_rate: of(Figures::abandon_rate),
        occupancy: of(Figures::occupancy),
        answer_speed_s: of(Figures::answer_speed_s),
    }
}

fn compared(pairs: &[(Played, Played)]) -> Comparison {
    let all =
        |pick: fn(&(Played, Played)) -> &Played| -> Vec<Figures> { pairs.iter().map(|pair| pick(pair).all).collect() };
    let (base, other) = (all(|pair| &pair.0), all(|pair| &pair.1));
    let names = pairs.iter().flat_map(|(base, other)| base.queues.keys().chain(other.queues.keys()));
    let names: std::collections::BTreeSet<&QueueId> = names.collect();
    let of = |played: &Played, name: &QueueId| played.queues.get(name).copied().unwrap_or_default();
    let queues = names.into_iter().map(|name| {
        let base: Vec<Figures> = pairs.iter().map(|pair| of(&pair.0, name)).collect();
        let other: Vec<Figures> = pairs.iter().map(|pair| of(&pair.1, name)).collect();
        (name.clone(), (measures(&base), measures(&other), changes(&base, &other)))
    });
    Comparison {
        base: measures(&base),
        other: measures(&other),
        change: changes(&base, &other),
        queues: queues.collect(),
    }
}

/// How a day would have gone under another policy or staffing, from so many paired replications: the same arrivals; patience
/// drawn for those who were answered; handle times and rings drawn from those of the day, by agent and queue. Under one seed the
/// customers of a pair are the same, so that the difference is that of the scenarios.
#[must_use]
pub fn what_if(day: &Day, base: &Scenario, other: &Scenario, replications: usize, seed: u64) -> Comparison {
    let conduct = day.conduct();
    let pair = |replication: usize| {
        let seed = Draws::of(seed, &[replication as u64]).bits();
        (day.rehearsal_of(base, &conduct, seed).run(), day.rehearsal_of(other, &conduct, seed).run())
    };
    compared(&(0..replications).map(pair).collect::<Vec<_>>())
}

/// What an agent does at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Doing {
    /// Wants calls and has none.
    Free,
    /// With a call of this queue since then; rung for one counts too.
    Busy {
        /// Which queue.
        queue: QueueId,
        /// Since when.
        since: Timestamp,
    },
}

/// A call centre as it stands: what the next hour is played from.
#[derive(Clone, Debug, Default)]
pub struct Now {
    /// When.
    pub at: Timestamp,
    /// Who waits.
    pub waiting: Vec<(CallId, Waiting)>,
    /// The agents who are signed in and not on a break.
    pub agents: BTreeMap<AgentId, Doing>,
    /// Calls expected in an hour, by queue and what they need besides what the queue needs.
    pub arrivals: Vec<(QueueId, Needs, f64)>,
}

impl Now {
    /// Expects as many calls of each queue, with the same needs, as came in the hour before.
    #[must_use]
    pub fn expecting_as_before(mut self, day: &Day) -> Self {
        let hour = Duration::from_secs(3600);
        let mut counts: BTreeMap<(QueueId, Needs), f64> = BTreeMap::new();
        for visit in day.visits.iter().filter(|one| one.entered <= self.at && one.entered + hour > self.at) {
            *counts.entry((visit.queue.clone(), visit.needs.clone())).or_default() += 1.0;
        }
        self.arrivals = counts.into_iter().map(|((queue, needs), n)| (queue, needs, n)).collect();
        self
    }
}

/// How the time from now until `horizon` may go, as things stand and if `away` happens: each of these agents wants no calls in that
/// span. `past` is what is known of patience, handle times and rings. The presences of the scenarios are not heeded: who is
/// signed in now stays.
#[must_use]
pub fn outlook(
    now: &Now,
    past: &Day,
    (base, other): (&Scenario, &Scenario),
    away: &[Presence],
    (horizon, replications, seed): (Duration, usize, u64),
) -> Comparison {
    let conduct = past.conduct();
    let until = now.at + horizon;
    let pair = |replication: usize| {
        let seed = Draws::of(seed, &[replication as u64]).bits();
        let play = |scenario: &Scenario, away: &[Presence]| Rehearsal {
            from: now.at,
            until,
            customers: customers(now, past, scenario, until, seed),
            presences: now.agents.keys().flat_map(|agent| present(agent, now.at, until + GOES_ON, away)).collect(),
            busy: busy(now),
            ringing: scenario.ringing.clone(),
            conduct: conduct.clone(),
            seed,
            follow_abandoned: false,
            roster: std::sync::Arc::clone(&scenario.roster),
        };
        (play(base, &[]).run(), play(other, away).run())
    };
    compared(&(0..replications).map(pair).collect::<Vec<_>>())
}

fn busy(now: &Now) -> BTreeMap<AgentId, (QueueId, Duration)> {
    let busy = now.agents.iter().filter_map(|(agent, doing)| match doing {
        Doing::Busy { queue, since } => Some((agent.clone(), (queue.clone(), now.at.since(*since)))),
        Doing::Free => None,
    });
    busy.collect()
}

/// The spans of an agent who is there from `from` to `until`, but for those away.
fn present(agent: &AgentId, from: Timestamp, until: Timestamp, away: &[Presence]) -> Vec<Presence> {
    let mut spans: Vec<(Timestamp, Timestamp)> =
        away.iter().filter(|one| one.agent == *agent).map(|one| (one.from, one.until)).collect();
    spans.sort_unstable();
    let mut found = Vec::new();
    let mut at = from;
    for (leaves, comes) in spans {
        if leaves > at {
            found.push(Presence { agent: agent.clone(), from: at, until: leaves.min(until) });
        }
        at = at.max(comes);
    }
    if at < until {
        found.push(Presence { agent: agent.clone(), from: at, until });
    }
    found
}

fn customers(now: &Now, past: &Day, scenario: &Scenario, until: Timestamp, seed: u64) -> Vec<Customer> {
    let mut all = Vec::new();
    let queues = now.waiting.iter().map(|(_, waiting)| &waiting.queue).chain(now.arrivals.iter().map(|one| &one.0));
    let known: BTreeMap<&QueueId, Survival> = queues.map(|queue| (queue, past.patience(queue))).collect();
    let patience = |queue: &QueueId, waited_s: f64, key: u64| {
        let until_s = known.get(queue)?.beyond(waited_s, Draws::of(seed, &[key, STAYS]).unit());
        until_s.is_finite().then(|| Duration::from_secs_f64(until_s.min(1e7)))
    };
    for (at, (call, waiting)) in now.waiting.iter().enumerate() {
        let key = (1 << 40) | at as u64;
        let patience = patience(&waiting.queue, now.at.since(waiting.entered).as_secs_f64(), key);
        all.push(Customer { call: *call, waiting: waiting.clone(), patience, key });
    }
    for (stream, (queue, own, per_hour)) in now.arrivals.iter().enumerate() {
        // No call centre has more, and a mistake must not take all memory.
        let per_hour = per_hour.clamp(0.0, PER_HOUR_MAX);
        if per_hour.is_nan() || per_hour <= 0.0 {
            continue;
        }
        let mut draws = Draws::of(seed, &[ARRIVALS, stream as u64]);
        let needs = scenario.roster.queues.get(queue).map_or_else(|| own.clone(), |policy| both(&policy.needs, own));
        let mut at_s = draws.exponential(3600.0 / per_hour);
        for n in 0_u64.. {
            let at = now.at + Duration::from_secs_f64(at_s);
            if at >= until {
                break;
            }
            let key = ((stream as u64 + 2) << 40) | n;
            let waiting = joining(queue.clone(), needs.clone(), 0, at);
            let call = CallId(uuid::Uuid::from_u64_pair(seed, key));
            all.push(Customer { call, waiting, patience: patience(queue, 0.0, key), key });
            at_s += draws.exponential(3600.0 / per_hour);
        }
    }
    all
}
