//! The order of waiting calls.
//!
//! With ageing, a call's score is `points + rate · waited`. Two calls that age at one rate never change places, so the order is
//! that of `since − points / rate`, which stays as it is while they wait.

use std::time::Duration;

use super::Order;
use crate::time::Timestamp;

const MINUTE_MICROS: i64 = 60_000_000;

/// Place of a call among those of its queue; the smallest goes first.
#[must_use]
pub fn place(order: Order, points: i32, since: Timestamp) -> [i64; 2] {
    let since = since.as_micros();
    match order {
        Order::Aged { points_per_minute } => {
            let ahead = i64::from(points).saturating_mul(MINUTE_MICROS).div_euclid(i64::from(points_per_minute.max(1)));
            [since.saturating_sub(ahead), since]
        }
        Order::Strict => [-i64::from(points), since],
        Order::LastFirst => [-i64::from(points), -since],
    }
}

/// Points and what waiting adds to them, in millionths of a point: what calls of different queues are compared by.
#[must_use]
pub fn score(order: Order, points: i32, since: Timestamp, now: Timestamp) -> i64 {
    let points = i64::from(points).saturating_mul(1_000_000);
    match order {
        Order::Aged { points_per_minute } => {
            let waited = now.as_micros().saturating_sub(since.as_micros());
            points.saturating_add(waited.saturating_mul(i64::from(points_per_minute.max(1))) / 60)
        }
        Order::Strict | Order::LastFirst => points,
    }
}

/// How much later than a call with `points` another with at most `points_max` may come and still go first. `None`: there is no
/// bound, such a call may wait for ever.
#[must_use]
pub fn overtaken_by_at_most(order: Order, points: i32, points_max: i32) -> Option<Duration> {
    match order {
        Order::Aged { points_per_minute } => {
            let ahead = i64::from(points_max) - i64::from(points);
            let micros = u64::try_from(ahead.max(0).saturating_mul(MINUTE_MICROS)).unwrap_or(0);
            Some(Duration::from_micros(micros.div_ceil(u64::from(points_per_minute.max(1)))))
        }
        Order::Strict if points_max <= points => Some(Duration::ZERO),
        Order::Strict | Order::LastFirst => None,
    }
}
