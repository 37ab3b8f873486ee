//! What a waiting caller is told.

use std::time::Duration;

use super::accuracy::Accuracy;
use super::wait::Estimate;
use crate::time::Timestamp;

/// Steps in which waits are told: minutes.
const STEP: Duration = Duration::from_secs(60);

/// Why a wait may be longer than was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Fewer agents can serve the call than when it was told.
    FewerAgents,
    /// More callers are ahead than when it was told: more urgent ones came.
    MoreAhead,
    /// Calls take longer than when it was told.
    LongerCalls,
}

/// Why nothing is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Silence {
    /// Nobody signed in can serve the call.
    NobodyServes,
    /// Estimates of this queue are off by more than 60 % of the mean wait.
    NotAccurate,
    /// It takes longer than was told, and there is no reason to give.
    LongerThanTold,
}

/// What was told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announced {
    /// When.
    pub at: Timestamp,
    /// How long from then on.
    pub wait: Duration,
}

/// What to tell a waiting caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Announcement {
    /// It will take at most so long, in four cases of five; whole minutes. Zero: an agent is free.
    Wait(Duration),
    /// The same, longer than what was told last: say why.
    Longer(Duration, Reason),
    /// Nothing.
    Nothing(Silence),
}

/// What to tell a caller now: the 80 % quantile, rounded up to whole minutes; never more than what is left of the wait told
/// last, unless there is a reason to tell with it; nothing where estimates are not good enough to be told.
#[must_use]
pub fn announce(
    estimate: Option<&Estimate>,
    accuracy: &Accuracy,
    told: Option<Announced>,
    reason: Option<Reason>,
    now: Timestamp,
) -> Announcement {
    let Some(estimate) = estimate else { return Announcement::Nothing(Silence::NobodyServes) };
    if accuracy.is_too_low() {
        return Announcement::Nothing(Silence::NotAccurate);
    }
    told_now(estimate.p80, told, reason, now)
}

/// What to tell a caller who will wait at most `wait` in four cases of five: rounded up to whole minutes, and never more than what
/// is left of the wait told last, unless there is a reason to tell with it.
#[must_use]
pub fn told_now(wait: Duration, told: Option<Announced>, reason: Option<Reason>, now: Timestamp) -> Announcement {
    let wait = rounded_up(wait);
    let Some(told) = told else { return Announcement::Wait(wait) };
    let left = told.wait.saturating_sub(now.since(told.at));
    match reason {
        _ if wait <= rounded_up(left) && (wait.is_zero() || !left.is_zero()) => Announcement::Wait(wait),
        Some(reason) => Announcement::Longer(wait, reason),
        None => Announcement::Nothing(Silence::LongerThanTold),
    }
}

fn rounded_up(wait: Duration) -> Duration {
    let steps = wait.as_millis().div_ceil(STEP.as_millis());
    STEP * u32::try_from(steps).unwrap_or(u32::MAX / 60)
}
