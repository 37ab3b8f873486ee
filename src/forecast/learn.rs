//! What is learned online from facts, older ones counting less.

use std::collections::VecDeque;
use std::time::Duration;

use super::draw::Draws;
use crate::time::Timestamp;

/// Handle times kept of each queue.
const KEPT_MAX: usize = 2000;
/// Below so many, what was assumed beforehand still counts.
const KEPT_TRUSTED: usize = 30;
/// Below so many that lasted longer, what remains is drawn from the tail.
const LONGER_MIN: usize = 8;

/// A sum that halves every half-life.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fading {
    sum: f64,
    at: Timestamp,
    half_life_s: f64,
}

impl Fading {
    pub(super) fn new(half_life: Duration) -> Self {
        Self { sum: 0.0, at: Timestamp::default(), half_life_s: half_life.as_secs_f64() }
    }

    pub(super) fn add(&mut self, amount: f64, now: Timestamp) {
        self.sum = self.value(now) + amount;
        self.at = self.at.max(now);
    }

    pub(super) fn value(&self, now: Timestamp) -> f64 {
        self.sum * (-now.since(self.at).as_secs_f64() / self.half_life_s * std::f64::consts::LN_2).exp()
    }
}

/// How long calls of one queue keep an agent: from the offer until the agent is free again, wrap-up included.
#[derive(Clone, Debug)]
pub(super) struct Works {
    recent: VecDeque<f64>,
    /// The same, ascending.
    sorted: Vec<f64>,
    assumed: usize,
    sum: f64,
    squares: f64,
    lately_s: Fading,
    lately_n: Fading,
    lately_n2: Fading,
}

impl Works {
    /// Before anything is known: exponential with this mean.
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    pub(super) fn assumed(mean_s: f64, half_life: Duration) -> Self {
        let mut works = Self {
            recent: VecDeque::new(),
            sorted: Vec::new(),
            assumed: 0,
            sum: 0.0,
            squares: 0.0,
            lately_s: Fading::new(half_life),
            lately_n: Fading::new(half_life),
            lately_n2: Fading::new(half_life / 2),
        };
        let quantiles: Vec<f64> = (0..12).map(|k| -((f64::from(k) + 0.5) / 12.0).ln()).collect();
        let scale = mean_s * quantiles.len() as f64 / quantiles.iter().sum::<f64>();
        for quantile in quantiles {
            works.keep(quantile * scale);
            works.assumed += 1;
        }
        works
    }

    fn keep(&mut self, seconds: f64) {
        self.recent.push_back(seconds);
        let at = self.sorted.partition_point(|known| *known < seconds);
        self.sorted.insert(at, seconds);
        self.sum += seconds;
        self.squares += seconds * seconds;
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.recent.pop_front() else { return };
        let at = self.sorted.partition_point(|known| *known < oldest);
        if at < self.sorted.len() {
            self.sorted.remove(at);
        }
        self.sum -= oldest;
        self.squares -= oldest * oldest;
    }

    pub(super) fn add(&mut self, seconds: f64, now: Timestamp) {
        self.keep(seconds);
        self.lately_s.add(seconds, now);
        self.lately_n.add(1.0, now);
        self.lately_n2.add(1.0, now);
        while self.assumed > 0 && self.recent.len() >= KEPT_TRUSTED {
            self.assumed -= 1;
            self.forget_oldest();
        }
        if self.recent.len() > KEPT_MAX {
            self.forget_oldest();
        }
    }

    /// How many have been seen, as far as they are kept.
    pub(super) fn seen(&self) -> usize {
        self.recent.len() - self.assumed
    }

    #[expect(clippy::cast_precision_loss, reason = "at most two thousand")]
    fn kept_mean(&self) -> f64 {
        (self.sum / self.recent.len().max(1) as f64).max(0.001)
    }

    /// By how much the last half hour differs from all that is kept, beyond what chance explains (two standard errors): a mean
    /// over 30 minutes of a small queue is mostly noise, and a change of the work is not.
    #[expect(clippy::cast_precision_loss, reason = "at most two thousand")]
    pub(super) fn drift(&self, now: Timestamp) -> f64 {
        let lately = self.lately_n.value(now);
        if self.assumed > 0 || lately < 5.0 {
            return 1.0;
        }
        let mean = self.kept_mean();
        let variance = (self.squares / self.recent.len().max(1) as f64 - mean * mean).max(0.0);
        // Weights fade as w, their squares as w²: the number of equals is (Σw)²/Σw².
        let equals = lately * lately / self.lately_n2.value(now).max(1e-9);
        let error = (variance / equals).sqrt() / mean;
        let off = (self.lately_s.value(now) / lately / mean).max(0.01).ln();
        (off.signum() * (off.abs() - 2.0 * error).max(0.0)).exp()
    }

    /// Mean handle time, s.
    pub(super) fn mean(&self, now: Timestamp) -> f64 {
        self.kept_mean() * self.drift(now)
    }

    /// Mean handle time of late (half-life 30 min), s; of all that is kept, as long as there is nothing newer.
    pub(super) fn mean_lately(&self, now: Timestamp) -> f64 {
        let lately = self.lately_n.value(now);
        if lately < 1.0 { self.kept_mean() } else { self.lately_s.value(now) / lately }
    }

    /// A handle time, s.
    pub(super) fn draw(&self, draws: &mut Draws) -> f64 {
        self.sorted.get(draws.below(self.sorted.len())).copied().unwrap_or(0.0)
    }

    /// How many lasted at most so long.
    pub(super) fn over_by(&self, age_s: f64) -> usize {
        self.sorted.partition_point(|known| *known <= age_s)
    }

    /// What remains of a handle time that has lasted `age_s` already, `over` of those known having been over by then, s: the
    /// greater the `unit`, between 0 and 1, the longer.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    pub(super) fn rest(&self, age_s: f64, over: usize, unit: f64) -> f64 {
        let longer = self.sorted.len().saturating_sub(over);
        if longer >= LONGER_MIN {
            return self.sorted.get(over + (unit * longer as f64) as usize).map_or(0.0, |whole| whole - age_s);
        }
        // Few ever lasted so long. Beyond the longest 5 %, what remains grows with what has been, as with any heavy tail.
        let from = self.sorted.len() - (self.sorted.len() / 20).max(1);
        let edge = self.sorted.get(from.saturating_sub(1)).copied().unwrap_or(1.0).max(0.001);
        let tail = self.sorted.get(from..).unwrap_or_default();
        let beyond = tail.iter().map(|whole| whole - edge).sum::<f64>() / tail.len().max(1) as f64;
        -(1.0 - unit).ln() * beyond.max(0.05 * edge) * (age_s / edge).max(1.0)
    }
}

/// Ends of the spans of waiting in which the hazard of hanging up is taken as even, s.
const SPANS_S: [f64; 8] = [10.0, 25.0, 50.0, 100.0, 200.0, 400.0, 800.0, f64::INFINITY];
/// As many abandoned calls as this are assumed to have been as likely at any time.
const EVEN: f64 = 25.0;

/// How callers give up: abandonments by time waited, censored by answers (Mandelbaum and Zeltyn 2005: abandonments ÷ total
/// waiting time estimates the rate).
#[derive(Clone, Debug)]
pub(super) struct Patience {
    gave_up: [Fading; SPANS_S.len()],
    waited_s: [Fading; SPANS_S.len()],
}

impl Patience {
    pub(super) fn new(half_life: Duration) -> Self {
        let none = Fading::new(half_life);
        Self { gave_up: [none; SPANS_S.len()], waited_s: [none; SPANS_S.len()] }
    }

    pub(super) fn add(&mut self, waited_s: f64, gave_up: bool, now: Timestamp) {
        let mut from = 0.0;
        for (span, end) in SPANS_S.into_iter().enumerate() {
            if waited_s > from {
                self.waited_s[span].add(waited_s.min(end) - from, now);
            }
            if gave_up && waited_s >= from && waited_s < end {
                self.gave_up[span].add(1.0, now);
            }
            from = end;
        }
    }

    /// The rate θ at which a waiting caller gives up, per second: abandonments ÷ total waiting time.
    pub(super) fn rate(&self, now: Timestamp) -> f64 {
        let all = |sums: &[Fading]| sums.iter().map(|sum| sum.value(now)).sum::<f64>();
        let waited = all(&self.waited_s);
        if waited <= 0.0 { 0.0 } else { all(&self.gave_up) / waited }
    }

    /// The rates by time waited, drawn towards θ where little is known.
    pub(super) fn hazard(&self, now: Timestamp) -> Hazard {
        let rate = self.rate(now);
        let one = |span: usize| {
            let (gave_up, waited) = (self.gave_up[span].value(now), self.waited_s[span].value(now));
            if rate <= 0.0 { 0.0 } else { (gave_up + EVEN) / (waited + EVEN / rate) }
        };
        Hazard(std::array::from_fn(one))
    }
}

/// Rates of giving up, per second, by time waited.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hazard([f64; SPANS_S.len()]);

impl Hazard {
    /// How much longer somebody who has waited `waited_s` goes on waiting, s: the greater the `unit`, between 0 and 1, the longer.
    pub(super) fn rest(&self, waited_s: f64, unit: f64) -> f64 {
        let mut left = -(1.0 - unit).ln();
        let mut at = waited_s;
        for (rate, end) in self.0.into_iter().zip(SPANS_S) {
            if at >= end {
                continue;
            }
            if rate * (end - at) >= left {
                return at + left / rate - waited_s;
            }
            left -= if rate > 0.0 { rate * (end - at) } else { 0.0 };
            at = end;
        }
        f64::INFINITY
    }

    /// Chance that somebody is still there after `waited_s`.
    pub(super) fn stays(&self, waited_s: f64) -> f64 {
        let mut from = 0.0;
        let mut sum = 0.0;
        for (rate, end) in self.0.into_iter().zip(SPANS_S) {
            if waited_s > from {
                sum += rate * (waited_s.min(end) - from);
            }
            from = end;
        }
        (-sum).exp()
    }
}
