//! The only source of chance: SplitMix64 (Steele, Lea, Flood 2014), seeded.

use crate::routing::{GOLDEN, mixed};

/// A stream of numbers that a seed decides wholly.
#[derive(Clone, Debug)]
pub(crate) struct SplitMix64(u64);

impl SplitMix64 {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mixed(self.0)
    }

    /// True in `per_mille` of 1000 draws. Draws nothing when it is 0, so that a fault switched off changes no other.
    pub(crate) fn happens(&mut self, per_mille: u16) -> bool {
        per_mille > 0 && self.next() % 1000 < u64::from(per_mille)
    }

    /// 32 lower-case hex digits.
    pub(crate) fn hex32(&mut self) -> String {
        format!("{:016x}{:016x}", self.next(), self.next())
    }
}
