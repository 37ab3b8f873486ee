//! The estimates themselves: ours and the shadows'.

use std::time::Duration;

use super::accuracy::Foretold;
use super::draw::{Draws, Strata};
use super::gamma::wait_quantile;
use super::line::{Claims, Hand, Lane, Learned, Scene, Server, Waiter};
use super::shadows::{Predictor, queue_length};
use super::wait::{Caller, Estimate, Waits};
use crate::id::CallId;
use crate::routing::{Between, Order};
use crate::time::Timestamp;

/// Of no queue is an agent taken to spend less.
const SHARE_MIN: f64 = 0.02;
/// Of a floor with more callers and agents fewer plays are made, so that an estimate costs no more than so many of them do.
const PLAYED_IN_FULL: usize = 1024;
/// Before a queue has been seen for so long, arrivals are counted as over so long, s.
const SEEN_MIN_S: f64 = 600.0;

fn seconds(s: f64) -> Duration {
    Duration::from_secs_f64(s.clamp(0.0, 1e9))
}

impl Waits {
    /// What each predictor says of a call that has to wait; `None`: somebody is free for it, or nobody serves it.
    pub(super) fn foretell(&mut self, call: CallId, now: Timestamp) -> Option<Foretold> {
        let stream = self.callers.get(&call)?.stream;
        if self.is_anybody_free(stream, call, now) {
            return None;
        }
        Some(self.estimated(call, now)?.1)
    }

    pub(super) fn is_anybody_free(&self, stream: usize, call: CallId, now: Timestamp) -> bool {
        let Some(caller) = self.callers.get(&call) else { return false };
        let reach = &self.streams[stream].reach;
        let waited = now.since(caller.entered).as_secs_f64();
        let stage = reach.iter().rposition(|(from, _)| *from <= waited).unwrap_or(0);
        let Some((_, may)) = reach.get(stage) else { return false };
        let free = self.desks.iter().zip(may).filter(|(desk, may)| {
            **may && desk.staffed && desk.busy.is_none() && desk.rests_until.is_none_or(|until| until <= now)
        });
        // Those who are free will be offered the calls ahead first.
        free.count() > self.ahead(call)
    }

    /// Agents signed in who may ever serve calls of the stream.
    pub(super) fn staffed_for(&self, stream: usize) -> usize {
        (0..self.desks.len()).filter(|at| self.desks[*at].staffed && self.serves(stream, *at)).count()
    }

    fn serves(&self, stream: usize, agent: usize) -> bool {
        self.streams[stream].reach.iter().any(|(_, may)| may.get(agent) == Some(&true))
    }

    /// Calls of the same queue that go first.
    pub(super) fn ahead(&self, call: CallId) -> usize {
        let Some(caller) = self.callers.get(&call) else { return 0 };
        let queue = self.streams[caller.stream].queue;
        let streams = self.streams.iter().filter(|stream| stream.queue == queue);
        streams.map(|stream| stream.line.range(..(caller.place, call)).count()).sum()
    }

    /// What is told of the wait of a call for which nobody is free, and what each predictor says.
    pub(super) fn estimated(&mut self, call: CallId, now: Timestamp) -> Option<(Estimate, Foretold)> {
        let caller = self.callers.get(&call)?.clone();
        if self.staffed_for(caller.stream) == 0 {
            return None;
        }
        self.asked += 1;
        let mut draws = Draws::of(self.seed, &[self.asked]);
        let scene = self.scene(call, &caller, now);
        let plays = (self.plays * PLAYED_IN_FULL / scene.size().max(PLAYED_IN_FULL)).max(8);
        let waits = scene.play(Strata::new(draws.bits(), plays.ilog2()), &mut draws);
        let queue = self.streams[caller.stream].queue;
        let mut by = self.shadows(call, &caller, now);
        let served = waits.iter().filter(|wait| wait.is_finite()).count();
        let played = (served * 2 > waits.len()).then(|| played_mean(&waits));
        let shares = self.shares(&caller, now);
        let ahead = self.ahead(call);
        let theta = self.learned[queue].patience.rate(now);
        let joined_s = self.joined_after(queue, now);
        let variance = shares.and_then(|rate| queue_length(ahead, rate, theta));
        by[Predictor::Played as usize] = played;
        by[Predictor::Shares as usize] = variance.map(|(mean, _)| mean + joined_s);
        let account = &self.learned[queue].account;
        // Somebody who knows nothing yet leaves it to the next.
        let using = Some(account.in_use).filter(|one| by[*one as usize].is_some());
        let using = using.or_else(|| Predictor::ALL.into_iter().find(|one| by[*one as usize].is_some()))?;
        let mean = by[using as usize]?;
        let at = |p: f64| match using {
            Predictor::Played => quantile(&waits, p),
            Predictor::Shares => wait_quantile(mean, variance.map_or(0.0, |(_, variance)| variance), p),
            // The variance of the error, as it was lately.
            other => wait_quantile(mean, account.accuracy(Some(other)).rmse_s.powi(2), p),
        };
        let p50 = at(0.5);
        let p80 = (at(0.8) * account.stretch).max(p50);
        let foretold = Foretold { by, told_s: mean, p80_s: p80 };
        let estimate = Estimate { mean: seconds(mean), p50: seconds(p50), p80: seconds(p80), by: using };
        Some((estimate, foretold))
    }

    fn joined_after(&self, queue: usize, now: Timestamp) -> f64 {
        let learned = &self.learned[queue];
        let joined = learned.joined.value(now);
        if joined < 1e-6 { 0.0 } else { learned.joined_s.value(now) / joined }
    }

    /// Rate at which the agents signed in serve the caller's queue: Σ share ÷ handle time.
    fn shares(&self, caller: &Caller, now: Timestamp) -> Option<f64> {
        let queue = self.streams[caller.stream].queue;
        let handle_s = self.learned[queue].works.mean(now);
        let share = |at: usize| {
            let spent: Vec<f64> = self.desks[at].spent.iter().map(|one| one.value(now)).collect();
            let all: f64 = spent.iter().sum();
            let others = (0..self.streams.len()).filter(|stream| self.serves(*stream, at));
            let queues: std::collections::BTreeSet<usize> = others.map(|stream| self.streams[stream].queue).collect();
            let even = 1.0 / f64::from(u32::try_from(queues.len().max(1)).unwrap_or(1));
            // An hour of handling time is as good as what is assumed beforehand.
            let prior = 600.0;
            ((spent[queue] + prior * even) / (all + prior)).max(SHARE_MIN)
        };
        let agents = (0..self.desks.len()).filter(|at| self.desks[*at].staffed && self.serves(caller.stream, *at));
        let rate: f64 = agents.map(|at| share(at) / handle_s).sum();
        (rate > 0.0).then_some(rate)
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of callers and agents")]
    fn shadows(&self, call: CallId, caller: &Caller, now: Timestamp) -> [Option<f64>; Predictor::ALL.len()] {
        let queue = self.streams[caller.stream].queue;
        let learned = &self.learned[queue];
        let ahead = self.ahead(call);
        let agents = self.staffed_for(caller.stream) as f64;
        let handle_s = learned.works.mean_lately(now);
        let theta = learned.patience.rate(now);
        let lines = || self.streams.iter().filter(|stream| stream.queue == queue).flat_map(|stream| &stream.line);
        let waited =
            |(_, id): &([i64; 2], CallId)| self.callers.get(id).map_or(0.0, |one| now.since(one.entered).as_secs_f64());
        let head = lines().min().filter(|(_, id)| *id != call).map(waited);
        let history = &learned.history;
        let mut by = [None; Predictor::ALL.len()];
        by[Predictor::QueueLength as usize] =
            queue_length(ahead, agents / handle_s, theta).map(|(mean, _)| mean + self.joined_after(queue, now));
        by[Predictor::HeadOfLine as usize] = Some(head.unwrap_or(0.0));
        by[Predictor::LastServed as usize] = history.last_served();
        by[Predictor::Answered as usize] = history.answered();
        by[Predictor::LastFive as usize] = history.last_five(lines().map(waited));
        by[Predictor::Position as usize] = Some((ahead as f64 + 1.0) * handle_s / agents.max(0.0001));
        by
    }

    fn scene(&self, call: CallId, caller: &Caller, now: Timestamp) -> Scene<'_> {
        let claims = if self.roster.between == Between::Oldest { Claims::Oldest } else { Claims::Score };
        let asked_queue = self.streams[caller.stream].queue;
        let connected = self.connected(caller.stream);
        let lanes: Vec<Lane> = connected.iter().map(|stream| self.lane(*stream, call, caller, now)).collect();
        let learned = self.learned.iter().enumerate().map(|(queue, learned)| {
            let offers = learned.offers.value(now);
            let missed = learned.missed.value(now);
            let each = |sum: f64| if missed < 1e-6 { 0.0 } else { sum / missed };
            Learned {
                works: &learned.works,
                drift: learned.works.drift(now),
                hazard: learned.patience.hazard(now),
                missed: if offers < 1e-6 { 0.0 } else { (missed / (offers + 2.0)).min(0.95) },
                missed_s: each(learned.missed_s.value(now)),
                rung_s: each(learned.rung_s.value(now)),
                joined_after_s: self.joined_after(queue, now),
            }
        });
        let queues: Vec<Learned<'_>> = learned.collect();
        let lane = connected.iter().position(|stream| *stream == caller.stream).unwrap_or(0);
        let servers = (0..self.desks.len()).filter_map(|at| self.server(at, &connected, &queues, now)).collect();
        debug_assert!(lanes.get(lane).is_some_and(|lane| lane.queue == asked_queue), "the caller's own lane");
        Scene { claims, lanes, servers, queues, lane }
    }

    /// The streams that compete for agents with this one, by however many steps; those without callers only if some may come
    /// first.
    fn connected(&self, stream: usize) -> Vec<usize> {
        let mut agents: Vec<bool> = (0..self.desks.len()).map(|at| self.serves(stream, at)).collect();
        let mut found = vec![stream];
        loop {
            let shares = |one: usize| (0..agents.len()).any(|at| agents[at] && self.serves(one, at));
            let next = (0..self.streams.len()).find(|one| {
                let counts = !self.streams[*one].line.is_empty() || self.may_overtake(*one, stream);
                counts && !found.contains(one) && shares(*one)
            });
            let Some(next) = next else { break };
            found.push(next);
            for (at, agent) in agents.iter_mut().enumerate() {
                *agent |= self.serves(next, at);
            }
        }
        found
    }

    /// Whether calls still to come to one stream may be served before calls that wait in the other.
    fn may_overtake(&self, one: usize, other: usize) -> bool {
        let (a, b) = (&self.streams[one], &self.streams[other]);
        let order = |queue: usize| self.roster.queues.get(&self.queues[queue]).map(|policy| policy.order);
        if a.queue == b.queue && order(a.queue) == Some(Order::LastFirst) && a.points >= b.points {
            return true;
        }
        let urgent =
            if a.queue == b.queue || self.roster.between != Between::Oldest { a.points > b.points } else { false };
        let preferred = self.agents.iter().enumerate().any(|(at, id)| {
            let place = |queue: usize| {
                let member = self.roster.agents.get(id)?;
                member.queues.get(&self.queues[queue]).map(|place| place.priority)
            };
            self.desks[at].staffed
                && self.serves(one, at)
                && self.serves(other, at)
                && matches!((place(a.queue), place(b.queue)), (Some(first), Some(then)) if first < then)
        });
        urgent || preferred
    }

    fn lane(&self, at: usize, call: CallId, caller: &Caller, now: Timestamp) -> Lane {
        let stream = &self.streams[at];
        let same_queue = stream.queue == self.streams[caller.stream].queue;
        let ahead = stream.line.iter().filter(|place| !same_queue || **place < (caller.place, call));
        let asked = (at == caller.stream).then_some(call);
        let waiter = |id: CallId| {
            let one = self.callers.get(&id)?;
            let since = |from: Timestamp| now.since(from).as_secs_f64();
            Some(Waiter { waited_s: since(one.since), entered_s: since(one.entered) })
        };
        let waiting = ahead.map(|(_, id)| *id).chain(asked).filter_map(waiter).collect();
        let order = self.roster.queues.get(&self.queues[stream.queue]).map(|policy| policy.order).unwrap_or_default();
        let ageing = match order {
            Order::Aged { points_per_minute } => f64::from(points_per_minute.max(1)) / 60.0,
            Order::Strict | Order::LastFirst => 0.0,
        };
        let arrivals = if self.may_overtake(at, caller.stream) { self.arrivals(at, now) } else { 0.0 };
        Lane {
            reach: std::sync::Arc::clone(&stream.reach),
            waiting,
            points: f64::from(stream.points),
            ageing,
            last_first: order == Order::LastFirst,
            arrivals,
            queue: stream.queue,
        }
    }

    /// Arrivals of a stream per second: a sum that fades with half-life h stands for h ÷ ln 2 of time, less before so much has
    /// passed.
    fn arrivals(&self, at: usize, now: Timestamp) -> f64 {
        let stream = &self.streams[at];
        let life = super::wait::WORK_HALF_LIFE.as_secs_f64() / std::f64::consts::LN_2;
        let seen = now.since(stream.first_at).as_secs_f64().max(SEEN_MIN_S);
        stream.arrivals.value(now) / (life * (1.0 - (-seen / life).exp()))
    }

    fn server(&self, at: usize, connected: &[usize], queues: &[Learned<'_>], now: Timestamp) -> Option<Server> {
        let desk = &self.desks[at];
        if !desk.staffed {
            return None;
        }
        let member = self.roster.agents.get(&self.agents[at])?;
        let lanes: Vec<(u8, usize)> = connected
            .iter()
            .enumerate()
            .filter(|(_, stream)| self.serves(**stream, at))
            .map(|(lane, stream)| {
                let place = member.queues.get(&self.queues[self.streams[*stream].queue]).copied().unwrap_or_default();
                (place.priority, lane)
            })
            .collect();
        if lanes.is_empty() {
            return None;
        }
        let hand = match &desk.busy {
            Some(busy) => {
                let age_s = now.since(busy.since).as_secs_f64();
                let learned = &queues[busy.queue];
                Hand::Busy { queue: busy.queue, age_s, over: learned.works.over_by(age_s / learned.drift) }
            }
            None => Hand::FreeIn(desk.rests_until.map_or(0.0, |until| until.since(now).as_secs_f64())),
        };
        Some(Server { agent: at, hand, lanes })
    }
}

/// Mean of the plays in which the caller is served.
fn played_mean(waits: &[f64]) -> f64 {
    let served = waits.iter().filter(|wait| wait.is_finite());
    let (sum, n) = served.fold((0.0, 0.0_f64), |(sum, n), wait| (sum + wait, n + 1.0));
    sum / n.max(1.0)
}

/// Quantile of sorted values, between the two nearest.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
pub(super) fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let at = p.clamp(0.0, 1.0) * last as f64;
    let low = at.floor() as usize;
    let (a, b) = (sorted[low], sorted[(low + 1).min(last)]);
    if b.is_finite() { a + (b - a) * (at - at.floor()) } else { a.min(1e9) }
}
