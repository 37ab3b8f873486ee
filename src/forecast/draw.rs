//! Numbers drawn from a seed: the same for the same, whatever else is drawn. What belongs to one customer is drawn from a
//! stream of that customer's own, so that two runs that differ elsewhere agree on it (common random numbers).

use crate::routing::{GOLDEN, mixed};

/// A stream of numbers (SplitMix64, Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Draws(u64);

impl Draws {
    /// The stream of `seed` that is named by these numbers, in this order.
    #[must_use]
    pub fn of(seed: u64, names: &[u64]) -> Self {
        let state = names.iter().fold(mixed(seed.wrapping_add(GOLDEN)), |state, name| {
            mixed(state.rotate_left(23) ^ mixed(name.wrapping_mul(GOLDEN).wrapping_add(1)))
        });
        Self(state)
    }

    /// Equally likely among all 64-bit numbers.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mixed(self.0)
    }

    /// Equally likely between 0 and 1, both excluded.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds")]
    pub fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }

    /// Equally likely below `end`; 0 if `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let wide = u128::from(self.bits()) * (end as u128);
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// Exponential with this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.unit().ln()
    }

    /// Normal with mean 0 and variance 1 (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.unit().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Log-normal with this mean and this coefficient of variation, as handle times are (Brown et al. 2005).
    pub fn lognormal(&mut self, mean: f64, cv: f64) -> f64 {
        let variance = (cv * cv).ln_1p();
        mean * (variance.sqrt() * self.normal() - variance / 2.0).exp()
    }
}

/// One number between 0 and 1 for each of so many plays, drawn so that every equal part of the range is hit once (Latin hypercube
/// sampling; McKay, Beckman and Conover 1979): what is a sum of parts has next to no variance left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strata {
    seed: u64,
    /// Plays are two to this power.
    bits: u32,
}

impl Strata {
    pub(super) fn new(seed: u64, bits: u32) -> Self {
        Self { seed, bits: bits.min(16) }
    }

    pub(super) fn plays(self) -> usize {
        1 << self.bits
    }

    /// Number `dimension` of play `play`.
    #[expect(clippy::cast_precision_loss, reason = "16 bits")]
    pub(super) fn unit(self, dimension: u64, play: usize) -> f64 {
        let key = mixed(self.seed ^ dimension.wrapping_mul(GOLDEN));
        let mask = (1_u64 << self.bits) - 1;
        // Each step is one to one on so many bits, and so is the whole.
        let mut at = play as u64 & mask;
        for turn in [0_u32, 21, 42] {
            at = (at ^ (key >> turn)) & mask;
            at = at.wrapping_mul((key >> (turn + 7)) | 1) & mask;
            at ^= at >> (self.bits / 2).max(1);
        }
        let jitter = (mixed(key ^ (play as u64).rotate_left(40)) >> 11) as f64 / 9_007_199_254_740_992.0;
        ((at as f64 + jitter) / (mask + 1) as f64).clamp(1e-12, 1.0 - 1e-12)
    }
}
