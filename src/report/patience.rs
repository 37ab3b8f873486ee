use std::collections::BTreeMap;

use crate::report::Durations;

/// A survival curve by Kaplan and Meier (1958): the estimated share for whom something has not happened yet after so long,
/// when others were lost from sight before it could happen to them. Callers who are answered never tell how long they
/// would have waited; leaving them out would make callers look less patient than they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survival {
    steps: Vec<(i64, f64)>,
}

impl Survival {
    /// The curve of those to whom it happened after `events`, and of those who were out of sight after `censored`.
    ///
    /// `S(t) = Π (1 − dᵢ ÷ nᵢ)` over the times tᵢ ≤ t at which it happened to dᵢ of the nᵢ who were in sight. Whoever goes
    /// out of sight at the same ms counts as in sight then.
    #[must_use]
    pub fn estimate(events: &Durations, censored: &[&Durations]) -> Self {
        let mut at: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
        for (ms, times) in events.iter() {
            at.entry(ms).or_default().0 += times;
        }
        for (ms, times) in censored.iter().flat_map(|durations| durations.iter()) {
            at.entry(ms).or_default().1 += times;
        }
        let mut in_sight: u64 = at.values().map(|(happened, gone)| happened + gone).sum();
        let (mut share, mut steps) = (1.0, Vec::new());
        for (ms, (happened, gone)) in at {
            if happened > 0 {
                share *= (in_sight - happened) as f64 / in_sight as f64;
                steps.push((ms, share));
            }
            in_sight -= happened + gone;
        }
        Self { steps }
    }

    /// The share for whom it has not happened yet after so many ms; 1 before the first time it happened.
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
}
