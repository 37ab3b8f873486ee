use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Most parts that an interval is divided into at once.
const PARTS_MAX: usize = 100_000;

/// Whole ms since the epoch, rounded down. Times are rounded, not durations: so durations that follow each other add up.
pub(crate) fn ms(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(1_000)
}

/// A count as a term of a ratio.
pub(crate) fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Ms from `from` to `to`. A clock that was behind would make it negative: then it is 0, and `skew` counts it.
pub(crate) fn span(from: i64, to: i64, skew: &mut u64) -> i64 {
    if to < from {
        *skew += 1;
    }
    to.saturating_sub(from).max(0)
}

/// Why two times are no interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntervalError {
    /// It would end before it begins.
    #[error("an interval cannot end at {to}, before it begins at {from}")]
    Backwards {
        /// Its beginning.
        from: Timestamp,
        /// Its end.
        to: Timestamp,
    },
}

/// A stretch of time: its beginning belongs to it, its end to the next one. Two instants, so that a day of a time zone may
/// have 23, 24 or 25 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Interval {
    from: Timestamp,
    to: Timestamp,
}

impl Interval {
    /// From `from`, inclusive, to `to`, exclusive. It may be empty; refused when it ends before it begins.
    pub fn new(from: Timestamp, to: Timestamp) -> Result<Self, IntervalError> {
        if to < from { Err(IntervalError::Backwards { from, to }) } else { Ok(Self { from, to }) }
    }

    /// From `from` on: it is never over.
    #[must_use]
    pub fn since(from: Timestamp) -> Self {
        Self { from, to: Timestamp::from_micros(i64::MAX) }
    }

    /// Its beginning.
    #[must_use]
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// Its end, which does not belong to it.
    #[must_use]
    pub fn to(&self) -> Timestamp {
        self.to
    }

    /// Its length in ms.
    #[must_use]
    pub fn length_ms(&self) -> i64 {
        ms(self.to).saturating_sub(ms(self.from))
    }

    /// The interval cut into parts of this width, in order; the last may be shorter. A width of 0, or one that would make
    /// more than 100,000 parts, gives the whole as one.
    #[must_use]
    pub fn parts(&self, width: Duration) -> Vec<Self> {
        let length = u128::try_from(self.to.as_micros().saturating_sub(self.from.as_micros())).unwrap_or(0);
        if width.as_micros() == 0 || length.div_ceil(width.as_micros()) > PARTS_MAX as u128 {
            return vec![*self];
        }
        let (mut parts, mut from) = (Vec::new(), self.from);
        while from < self.to {
            let to = (from + width).min(self.to);
            parts.push(Self { from, to });
            from = to;
        }
        parts
    }

    /// Whether this ms belongs to it.
    pub(crate) fn has(&self, at: i64) -> bool {
        ms(self.from) <= at && at < ms(self.to)
    }

    /// Ms of it that lie between `from` and `to`.
    pub(crate) fn overlap(&self, from: i64, to: i64) -> i64 {
        to.min(ms(self.to)).saturating_sub(from.max(ms(self.from))).max(0)
    }
}

/// A share or a mean, as what is divided and by what: figures are added up before they are divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratio {
    /// What is divided.
    pub numerator: i64,
    /// By what; 0: there is nothing to tell.
    pub denominator: i64,
}

impl Ratio {
    pub(crate) fn of(numerator: i64, denominator: i64) -> Self {
        Self { numerator, denominator }
    }

    /// The quotient; `None` when it is a share of nothing, which is not 0.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        (self.denominator != 0).then(|| self.numerator as f64 / self.denominator as f64)
    }
}
