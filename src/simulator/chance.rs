//! Chance, from a seed.

use std::time::Duration;

use crate::sim::rng::SplitMix64;

/// Draws as robots need them.
#[derive(Clone, Debug)]
pub(super) struct Chance(SplitMix64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(SplitMix64::new(seed))
    }

    /// Above 0, at most 1.
    fn unit(&mut self) -> f64 {
        ((self.0.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    /// True in so many of 100 draws.
    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.0.next() % 100 < percent
    }

    /// Between `from` and `to`, each as likely.
    pub(super) fn between(&mut self, from: Duration, to: Duration) -> Duration {
        from + to.saturating_sub(from).mul_f64(self.unit())
    }

    /// The gap between arrivals that know nothing of each other (Poisson): exponential, at most 10 times the mean.
    pub(super) fn gap(&mut self, mean: Duration) -> Duration {
        mean.mul_f64((-self.unit().ln()).clamp(0.0, 10.0))
    }
}
