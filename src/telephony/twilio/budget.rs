//! How fast an account may be asked to place calls. One budget is shared by everything that uses the account.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::time::Timestamp;

/// First pause after too many requests, in microseconds; it doubles with each that follows.
const PAUSE_FIRST_US: i64 = 250_000;
/// Longest pause that nobody asked for, in microseconds.
const PAUSE_MAX_US: i64 = 30_000_000;
/// Longest wait of a command that is no dial, in microseconds: the first fence against a hang-up that comes late.
const URGENT_PAUSE_MAX_US: i64 = 1_000_000;

/// Calls per second of an account, and its pause after too many requests. Clones share one state.
///
/// Only what rings somebody is held back, a dial or an addition to a conference: a hang-up or a redirect never waits
/// behind them. Twilio docs: one call per second unless raised; a faster one is queued by Twilio for up to a day, so that
/// a telephone would ring long after it should.
#[derive(Clone, Debug)]
pub struct Budget {
    interval_us: i64,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// When the next dial may leave.
    next_us: i64,
    paused_until_us: i64,
    /// How long the pause was: no wait is longer, whatever the clock does.
    pause_us: i64,
    /// Refusals since a dial was last accepted.
    refusals: u32,
}

impl Budget {
    /// A budget of so many calls per second, evenly spaced; 0 counts as 1, and there is no more than a million.
    #[must_use]
    pub fn new(calls_per_second: u32) -> Self {
        let interval_us = 1_000_000 / i64::from(calls_per_second.clamp(1, 1_000_000));
        Self { interval_us, state: Arc::default() }
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes leave to dial at `now`. `Err`: how long until it makes sense to ask again; nothing was taken.
    ///
    /// A clock that goes back delays a dial by no more than one interval, or by one pause.
    pub fn dial(&self, now: Timestamp) -> Result<(), Duration> {
        let now_us = now.as_micros();
        self.with(|state| {
            let spaced_us = state.next_us.saturating_sub(now_us).min(self.interval_us);
            let paused_us = state.paused_until_us.saturating_sub(now_us).min(state.pause_us);
            let wait_us = spaced_us.max(paused_us);
            if wait_us > 0 {
                return Err(micros(wait_us));
            }
            state.next_us = now_us.saturating_add(self.interval_us);
            Ok(())
        })
    }

    /// A dial was accepted: the next pause is a short one again.
    pub fn accepted(&self) {
        self.with(|state| state.refusals = 0);
    }

    /// Too many requests at `now`: dials pause for `asked`, or for 250 ms that double with each refusal up to 30 s.
    ///
    /// Returns how long the refused request should wait: a dial as long as the pause, anything else 1 s at most unless
    /// `asked`. An `asked` of zero counts as none.
    pub fn too_many(&self, now: Timestamp, is_dial: bool, asked: Option<Duration>) -> Duration {
        // A wait of nothing would be a storm.
        let asked = asked.filter(|asked| !asked.is_zero());
        self.with(|state| {
            let grown_us = PAUSE_FIRST_US.saturating_mul(1 << state.refusals.min(10)).min(PAUSE_MAX_US);
            state.refusals = state.refusals.saturating_add(1);
            let pause_us = asked.map_or(grown_us, |asked| i64::try_from(asked.as_micros()).unwrap_or(i64::MAX));
            let until_us = now.as_micros().saturating_add(pause_us);
            if until_us > state.paused_until_us {
                (state.paused_until_us, state.pause_us) = (until_us, pause_us);
            }
            match (asked, is_dial) {
                (Some(asked), _) => asked,
                (None, true) => micros(pause_us),
                (None, false) => micros(pause_us.min(URGENT_PAUSE_MAX_US)),
            }
        })
    }
}

fn micros(us: i64) -> Duration {
    Duration::from_micros(u64::try_from(us).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Clock, ManualClock};

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn in_no_second_do_more_calls_leave_than_allowed() {
        let (clock, budget) = (ManualClock::at(Timestamp::from_secs(1_000)), Budget::new(5));
        let mut left = Vec::new();
        for _ in 0..10_000 {
            if budget.clone().dial(clock.now()).is_ok() {
                left.push(clock.now());
            }
            clock.advance(MS);
        }
        assert_eq!(left.len(), 50, "ten seconds at five a second");
        for pair in left.windows(6) {
            assert!(pair[5].since(pair[0]) >= Duration::from_secs(1), "six calls within a second: {pair:?}");
        }
    }

    #[test]
    fn a_refused_dial_takes_nothing_and_learns_when_to_come_back() {
        let (clock, budget) = (ManualClock::at(Timestamp::from_secs(1_000)), Budget::new(1));
        assert_eq!(budget.dial(clock.now()), Ok(()));
        for _ in 0..5 {
            assert_eq!(budget.dial(clock.now()), Err(Duration::from_secs(1)));
        }
        clock.advance(MS * 400);
        assert_eq!(budget.dial(clock.now()), Err(MS * 600));
        clock.advance(MS * 600);
        assert_eq!(budget.dial(clock.now()), Ok(()));
    }

    #[test]
    fn a_clock_that_goes_back_delays_a_dial_by_one_interval_at_most() {
        let budget = Budget::new(1);
        assert_eq!(budget.dial(Timestamp::from_secs(9_000)), Ok(()));
        assert_eq!(budget.dial(Timestamp::from_secs(1_000)), Err(Duration::from_secs(1)));
        budget.too_many(Timestamp::from_secs(9_000), true, Some(Duration::from_secs(5)));
        assert_eq!(budget.dial(Timestamp::from_secs(1_000)), Err(Duration::from_secs(5)));
    }

    #[test]
    fn the_pause_doubles_until_a_dial_is_accepted_and_hang_ups_wait_a_second_at_most() {
        let (clock, budget) = (ManualClock::at(Timestamp::from_secs(1_000)), Budget::new(1));
        let pauses: Vec<_> = (0..9).map(|_| budget.too_many(clock.now(), true, None).as_millis()).collect();
        assert_eq!(pauses, [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(budget.too_many(clock.now(), false, None), Duration::from_secs(1));
        assert_eq!(budget.dial(clock.now()), Err(Duration::from_secs(30)));
        clock.advance(Duration::from_secs(30));
        assert_eq!(budget.dial(clock.now()), Ok(()));
        budget.accepted();
        assert_eq!(budget.too_many(clock.now(), true, Some(Duration::ZERO)), MS * 250);
        assert_eq!(budget.too_many(clock.now(), true, Some(Duration::from_secs(7))), Duration::from_secs(7));
        assert_eq!(budget.dial(clock.now()), Err(Duration::from_secs(7)));
    }
}
