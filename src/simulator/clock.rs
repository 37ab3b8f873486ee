//! The simulator's time: accelerated, or real.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::time::{Clock, Timestamp};

/// Time stands still when the simulator has not run for so long: a machine that stalls makes nobody wait. A little longer
/// than the simulator ever sleeps.
const STALL: Duration = Duration::from_millis(25);

#[derive(Debug)]
struct State {
    virtual_base: Timestamp,
    real_base: tokio::time::Instant,
    rate: u32,
}

/// The simulator's time: faster than real, but no faster than the machine. While a webhook has been waiting for its reply
/// for more than a second of this time, or the machine has just let the simulator itself wait, it goes at the real rate, so
/// that an answer that would be in time on a real network is in time here.
///
/// At speed 1 it is real time, whatever the machine does: other processes with clocks of their own may take part.
#[derive(Debug)]
pub struct SimulatorClock {
    state: Mutex<State>,
    speed: u32,
}

impl SimulatorClock {
    pub(super) fn new(start: Timestamp, speed: u32) -> Self {
        let state = State { virtual_base: start, real_base: tokio::time::Instant::now(), rate: speed };
        Self { state: Mutex::new(state), speed }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many times faster than real it goes at best.
    #[must_use]
    pub fn speed(&self) -> u32 {
        self.speed
    }

    /// Now.
    pub(super) fn reading(&self) -> Timestamp {
        self.at(&self.state(), tokio::time::Instant::now())
    }

    fn at(&self, state: &State, real: tokio::time::Instant) -> Timestamp {
        let passed = real.duration_since(state.real_base);
        let passed = if self.speed == 1 { passed } else { passed.min(STALL) };
        state.virtual_base + passed * state.rate
    }

    /// Now; and how fast it goes on.
    pub(super) fn tick(&self, is_behind: bool) -> Timestamp {
        let mut state = self.state();
        let real = tokio::time::Instant::now();
        let now = self.at(&state, real);
        // Whoever else runs on this machine, the application too, was then kept from running as well.
        let is_late = real.duration_since(state.real_base) > STALL;
        *state = State { virtual_base: now, real_base: real, rate: if is_behind || is_late { 1 } else { self.speed } };
        now
    }
}

impl Clock for SimulatorClock {
    fn now(&self) -> Timestamp {
        self.reading()
    }
}
