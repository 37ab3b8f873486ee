//! How long something lasts for those to whom it has not happened yet: patience, above all, on a day on which most callers were
//! answered first.

use std::collections::BTreeMap;

/// A survival curve by Kaplan and Meier (1958): the estimated share for whom something has not happened yet after so long, when
/// others were lost from sight before it could happen to them. Callers who are answered never tell how long they would have waited;
/// leaving them out would make callers look less patient than they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survival {
    /// Times at which it happened, ms, ascending, and the share left after each.
    steps: Vec<(i64, f64)>,
    /// How often it happened ÷ time in sight, per second.
    rate: f64,
}

fn seconds(ms: i64) -> f64 {
    // Times of one day.
    f64::from(u32::try_from(ms.max(0)).unwrap_or(u32::MAX)) / 1000.0
}

impl Survival {
    /// Of times, s, to the ms, each with whether it ended by happening. Ones that are negative or no number are passed over.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "below 1e12 ms")]
    pub fn of(times: impl IntoIterator<Item = (f64, bool)>) -> Self {
        let mut at: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
        for (time_s, happened) in times.into_iter().filter(|(time_s, _)| time_s.is_finite() && *time_s >= 0.0) {
            let counts = at.entry((time_s.min(1e9) * 1000.0).round() as i64).or_default();
            *(if happened { &mut counts.0 } else { &mut counts.1 }) += 1;
        }
        Self::counted(&at)
    }

    /// By time in ms: to how many it happened then, and how many went out of sight.
    ///
    /// `S(t) = Π (1 − dᵢ ÷ nᵢ)` over the times tᵢ ≤ t at which it happened to dᵢ of the nᵢ who were in sight. Whoever goes
    /// out of sight at the same ms counts as in sight then.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "numbers of people")]
    pub fn counted(at: &BTreeMap<i64, (u64, u64)>) -> Self {
        let mut in_sight: u64 = at.values().map(|(happened, gone)| happened + gone).sum();
        let total_s: f64 = at.iter().map(|(ms, (happened, gone))| seconds(*ms) * (happened + gone) as f64).sum();
        let (mut share, mut steps, mut all) = (1.0, Vec::new(), 0);
        for (&ms, (happened, gone)) in at {
            if *happened > 0 {
                share *= (in_sight - happened) as f64 / in_sight as f64;
                steps.push((ms, share));
                all += happened;
            }
            in_sight -= happened + gone;
        }
        Self { steps, rate: if total_s > 0.0 { all as f64 / total_s } else { 0.0 } }
    }

    /// The share for whom it has not happened yet after so many ms; 1 before the first time it happened, and after the last one as
    /// after that.
    #[must_use]
    pub fn at(&self, ms: i64) -> f64 {
        let known = self.steps.partition_point(|(at, _)| *at <= ms);
        known.checked_sub(1).and_then(|last| self.steps.get(last)).map_or(1.0, |(_, share)| *share)
    }

    /// The least time in ms by which it has happened to at least `percent` %; `None` when it did not happen to so many: all
    /// that is known then is that it takes longer.
    #[must_use]
    pub fn percentile_ms(&self, percent: u32) -> Option<i64> {
        let left = 1.0 - f64::from(percent.min(100)) / 100.0;
        // Products of exact quotients may miss the bound by a rounding.
        self.steps.iter().find(|(_, share)| *share <= left + 1e-12).map(|(ms, _)| *ms)
    }

    /// Times in ms at which it happened, ascending, with the share left after each.
    #[must_use]
    pub fn steps(&self) -> &[(i64, f64)] {
        &self.steps
    }

    /// As [`at`](Self::at), after so many s; beyond the last time it happened the rate is taken as even.
    #[must_use]
    pub fn after(&self, wait_s: f64) -> f64 {
        let at = self.steps.partition_point(|(ms, _)| seconds(*ms) <= wait_s);
        let Some(&(ms, share)) = at.checked_sub(1).and_then(|at| self.steps.get(at)) else { return 1.0 };
        if at < self.steps.len() { share } else { share * (-self.rate * (wait_s - seconds(ms))).exp() }
    }

    /// How often it happened ÷ time in sight, per second: θ, where it is patience.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// When it happens to somebody to whom it had not happened after `waited_s`, s from the beginning: the smaller the `unit`, between
    /// 0 and 1, the later. Infinite if it never happened to anybody.
    #[must_use]
    pub fn beyond(&self, waited_s: f64, unit: f64) -> f64 {
        let share = self.after(waited_s) * unit.clamp(1e-12, 1.0);
        let at = self.steps.partition_point(|(_, still)| *still > share);
        match self.steps.get(at) {
            Some((ms, _)) => seconds(*ms).max(waited_s),
            None if self.rate > 0.0 => {
                let (last, still) = self.steps.last().map_or((0.0, 1.0), |(ms, still)| (seconds(*ms), *still));
                let (from, still) = if waited_s > last { (waited_s, self.after(waited_s)) } else { (last, still) };
                from + (still.max(1e-300) / share.max(1e-300)).ln().max(0.0) / self.rate
            }
            None => f64::INFINITY,
        }
    }
}
