//! How well waits were foretold. Callers who hung up are right-censored: how long they would have waited is not known, and those
//! who were answered stand for them, each by one over the chance of not having hung up by then (inverse probability of censoring
//! weights; Robins and Rotnitzky 1992).

use std::collections::VecDeque;
use std::time::Duration;

use super::shadows::Predictor;
use crate::time::Timestamp;

/// Calls that the account goes back.
const KEPT_MAX: usize = 200;
/// By how much lower the error of another predictor must be before it takes over, beyond chance.
const HYSTERESIS: f64 = 0.10;
/// Mean errors that differ by so little are equal, s.
const A_SECOND: f64 = 1.0;
/// Below so many answered calls nothing changes hands.
const JUDGED_FROM: usize = 30;
/// No caller stands for more than so many others.
const WEIGHT_MAX: f64 = 10.0;

/// How well waits were foretold, over the last 200 calls that had to wait.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Accuracy {
    /// Mean of foretold minus true, s.
    pub bias_s: f64,
    /// Mean distance, s.
    pub mae_s: f64,
    /// Root of the mean squared distance, s.
    pub rmse_s: f64,
    /// Part that was off by at most 30 s or a quarter of the wait, whichever is more.
    pub within: f64,
    /// Part that waited no longer than the 80 % quantile that was foretold.
    pub p80_coverage: f64,
    /// Mean wait, s.
    pub wait_s: f64,
    /// Answered calls it is computed from.
    pub answered: usize,
    /// Calls that hung up first, for which the answered ones stand.
    pub censored: usize,
}

/// Nobody tells times apart that differ by less, s.
const A_MS: f64 = 0.001;

/// What was foretold to one caller, s.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Foretold {
    pub(super) by: [Option<f64>; Predictor::ALL.len()],
    pub(super) told_s: f64,
    pub(super) p80_s: f64,
}

#[derive(Clone, Copy, Debug)]
struct Resolved {
    foretold: Foretold,
    wait_s: f64,
    at: Timestamp,
    /// 0: hung up.
    weight: f64,
}

/// The account of one queue.
#[derive(Debug)]
pub(super) struct Account {
    resolved: VecDeque<Resolved>,
    pub(super) in_use: Predictor,
    /// What the 80 % quantile is stretched by, so that it is one.
    pub(super) stretch: f64,
}

impl Account {
    pub(super) fn new() -> Self {
        Self { resolved: VecDeque::new(), in_use: Predictor::Played, stretch: 1.0 }
    }

    /// An answer at `at` after `wait_s`; `stays`: the chance that a caller is still there by then; `handle_s`: how long a call takes.
    pub(super) fn answered(&mut self, foretold: Foretold, (at, wait_s): (Timestamp, f64), stays: f64, handle_s: f64) {
        let weight = (1.0 / stays.max(1e-6)).min(WEIGHT_MAX);
        self.keep(Resolved { foretold, wait_s, at, weight });
        // A quantile that is tracked (Gibbs and Candès 2021): in balance where a fifth exceeds it.
        let over = if wait_s > foretold.p80_s + A_MS { 0.8 } else { -0.2 };
        self.stretch = (self.stretch * (0.03 * over * weight.min(3.0)).exp()).clamp(0.5, 2.0);
        self.choose(handle_s);
    }

    pub(super) fn hung_up(&mut self, foretold: Foretold, (at, wait_s): (Timestamp, f64)) {
        self.keep(Resolved { foretold, wait_s, at, weight: 0.0 });
    }

    fn keep(&mut self, one: Resolved) {
        self.resolved.push_back(one);
        if self.resolved.len() > KEPT_MAX {
            self.resolved.pop_front();
        }
    }

    fn mae(&self, predictor: Predictor) -> Option<f64> {
        let at = predictor as usize;
        let (mut sum, mut weights, mut n) = (0.0, 0.0, 0);
        for one in self.resolved.iter().filter(|one| one.weight > 0.0) {
            let foretold = one.foretold.by[at]?;
            sum += one.weight * (foretold - one.wait_s).abs();
            weights += one.weight;
            n += 1;
        }
        (n >= JUDGED_FROM).then(|| sum / weights)
    }

    fn choose(&mut self, handle_s: f64) {
        let Some(now) = self.mae(self.in_use) else { return };
        // The first is the best where nothing is odd: it leaves for what is clearly better, and comes back once it is not worse.
        if self.in_use != Predictor::Played && self.mae(Predictor::Played).is_some_and(|first| first <= now + A_SECOND)
        {
            self.in_use = Predictor::Played;
            return;
        }
        let all = Predictor::ALL.into_iter().filter_map(|one| Some((one, self.mae(one)?)));
        let best = all.min_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((best, mae)) = best
            && mae < (now * (1.0 - HYSTERESIS)).min(now - A_SECOND)
            && self.is_beyond_chance(best, handle_s)
        {
            self.in_use = best;
        }
    }

    /// Whether the predictor's error is lower than that of the one in use by more than two standard errors. Calls that wait together
    /// share their luck: eight count as one, and all of those within one handle time.
    fn is_beyond_chance(&self, other: Predictor, handle_s: f64) -> bool {
        let gains = self.resolved.iter().filter(|one| one.weight > 0.0).filter_map(|one| {
            let off = |of: Predictor| Some((one.foretold.by[of as usize]? - one.wait_s).abs());
            Some((one.weight, off(self.in_use)? - off(other)?))
        });
        let gains: Vec<(f64, f64)> = gains.collect();
        let weights: f64 = gains.iter().map(|(weight, _)| weight).sum();
        let squares: f64 = gains.iter().map(|(weight, _)| weight * weight).sum();
        let mean = gains.iter().map(|(weight, gain)| weight * gain).sum::<f64>() / weights;
        let variance = gains.iter().map(|(weight, gain)| weight * (gain - mean).powi(2)).sum::<f64>() / weights;
        let (first, last) = (self.resolved.front().map(|one| one.at), self.resolved.back().map(|one| one.at));
        let span_s = last.zip(first).map_or(0.0, |(last, first)| last.since(first).as_secs_f64());
        let equals = (weights * weights / squares / 8.0).min(span_s / handle_s.max(0.001));
        mean > 2.0 * (variance / equals).sqrt()
    }

    /// `None`: of what was told. Calls for which the predictor had nothing to say do not count.
    pub(super) fn accuracy(&self, of: Option<Predictor>) -> Accuracy {
        let (mut sums, mut weights) = (Accuracy::default(), 0.0);
        for one in &self.resolved {
            let foretold = of.map_or(Some(one.foretold.told_s), |of| one.foretold.by[of as usize]);
            let Some(foretold) = foretold else { continue };
            if one.weight <= 0.0 {
                sums.censored += 1;
                continue;
            }
            let (off, weight) = (foretold - one.wait_s, one.weight);
            weights += weight;
            sums.answered += 1;
            sums.bias_s += weight * off;
            sums.mae_s += weight * off.abs();
            sums.rmse_s += weight * off * off;
            sums.within += if off.abs() <= (one.wait_s / 4.0).max(30.0) { weight } else { 0.0 };
            sums.p80_coverage += if one.wait_s <= one.foretold.p80_s + A_MS { weight } else { 0.0 };
            sums.wait_s += weight * one.wait_s;
        }
        if weights <= 0.0 {
            return Accuracy { censored: sums.censored, ..Accuracy::default() };
        }
        Accuracy {
            bias_s: sums.bias_s / weights,
            mae_s: sums.mae_s / weights,
            rmse_s: (sums.rmse_s / weights).sqrt(),
            within: sums.within / weights,
            p80_coverage: sums.p80_coverage / weights,
            wait_s: sums.wait_s / weights,
            ..sums
        }
    }
}

impl Accuracy {
    /// Whether estimates are too far off to be told: the mean error is more than 60 % of the mean wait. Not before 30 answered
    /// calls have been seen.
    #[must_use]
    pub fn is_too_low(&self) -> bool {
        self.answered >= JUDGED_FROM && self.mae_s > 0.6 * self.wait_s
    }

    /// Mean wait of those answered, hung-up ones accounted for.
    #[must_use]
    pub fn wait(&self) -> Duration {
        Duration::from_secs_f64(self.wait_s.clamp(0.0, 1e9))
    }
}
