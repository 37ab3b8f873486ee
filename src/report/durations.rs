use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::report::Ratio;
use crate::report::interval::count;

/// Durations in ms, all of them: each different one is kept with how often it occurred, so that percentiles are exact and
/// two collections are merged without loss. Its size is the number of different durations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Durations(BTreeMap<i64, u64>);

impl Durations {
    /// Adds one of so many ms.
    pub fn add(&mut self, ms: i64) {
        *self.0.entry(ms).or_default() += 1;
    }

    /// Adds all of the other collection.
    pub fn merge(&mut self, other: &Self) {
        for (ms, times) in &other.0 {
            *self.0.entry(*ms).or_default() += times;
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// Their sum in ms.
    #[must_use]
    pub fn sum_ms(&self) -> i64 {
        self.0.iter().fold(0, |sum: i64, (ms, times)| sum.saturating_add(ms.saturating_mul(count(*times))))
    }

    /// Their mean in ms: the sum by the count.
    #[must_use]
    pub fn mean(&self) -> Ratio {
        Ratio::of(self.sum_ms(), count(self.count()))
    }

    /// The longest, in ms; `None`: there is none.
    #[must_use]
    pub fn max_ms(&self) -> Option<i64> {
        self.0.keys().next_back().copied()
    }

    /// The percentile by nearest rank, in ms: the least duration that at least `percent` % of them do not exceed. Always one
    /// that occurred, never an interpolation. `percent` above 100 is 100; `None`: there are no durations.
    #[must_use]
    pub fn percentile_ms(&self, percent: u32) -> Option<i64> {
        let wanted = (u128::from(self.count()) * u128::from(percent.min(100))).div_ceil(100).max(1);
        let mut so_far = 0_u128;
        self.0.iter().find_map(|(ms, times)| {
            so_far += u128::from(*times);
            (so_far >= wanted).then_some(*ms)
        })
    }

    /// How many are at most so long.
    #[must_use]
    pub fn at_most(&self, ms: i64) -> u64 {
        self.0.range(..=ms).map(|(_, times)| times).sum()
    }

    /// How many are shorter.
    #[must_use]
    pub fn below(&self, ms: i64) -> u64 {
        self.0.range(..ms).map(|(_, times)| times).sum()
    }

    /// Jain's index of fairness, `(Σx)² ÷ (n·Σx²)` (Jain, Chiu, Hawe 1984): 1 when all are equal, 1/n when one has
    /// everything. `None`: there are none, or all are 0.
    #[must_use]
    pub fn jain(&self) -> Option<f64> {
        let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for (ms, times) in &self.0 {
            let (x, times) = (*ms as f64, *times as f64);
            n += times;
            sum += x * times;
            squares += x * x * times;
        }
        (squares > 0.0).then(|| sum * sum / (n * squares))
    }

    /// Each different duration in ms with how often it occurred, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (i64, u64)> + '_ {
        self.0.iter().map(|(ms, times)| (*ms, *times))
    }
}
