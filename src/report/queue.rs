use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::report::interval::count;
use crate::report::{Callbacks, DEFINITIONS, Durations, Handling, Offers, Ratio, Survival};

/// Which interval a stay in a queue belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribution {
    /// The one in which it began. The figures of an interval are final once none of its stays is open. For service levels.
    #[default]
    ByEntry,
    /// The one in which it ended, or the one that is not over while it is open. The figures of an interval that is over
    /// never change. For what happens now.
    ByOutcome,
}

/// Definitions of the service level, with a threshold T that counts as kept: waits are compared by ≤.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceLevel {
    /// `SL_A`: answered ≤ T ÷ answered.
    A,
    /// `SL_B`: answered ≤ T ÷ (answered + abandoned).
    #[default]
    B,
    /// `SL_C`: answered ≤ T ÷ (answered + abandoned > T). Whoever abandons within T is left out.
    C,
    /// `SL_D`: (answered ≤ T + abandoned ≤ T) ÷ (answered + abandoned).
    D,
    /// `SL_E`: left the queue within T for whatever reason ÷ offered.
    E,
    /// `SL_F`: answered ≤ T ÷ (answered + abandoned + overflowed).
    F,
    /// `SL_live`: answered ≤ T ÷ (answered + abandoned + waiting > T now). A miss counts when it happens.
    Live,
}

impl ServiceLevel {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::A, Self::B, Self::C, Self::D, Self::E, Self::F, Self::Live];

    /// Its name, as in `SL_B`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "SL_A",
            Self::B => "SL_B",
            Self::C => "SL_C",
            Self::D => "SL_D",
            Self::E => "SL_E",
            Self::F => "SL_F",
            Self::Live => "SL_live",
        }
    }
}

impl fmt::Display for ServiceLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no service level of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no service level {0:?}: use SL_A to SL_F or SL_live")]
pub struct UnknownServiceLevel(String);

impl FromStr for ServiceLevel {
    type Err = UnknownServiceLevel;
    fn from_str(name: &str) -> Result<Self, UnknownServiceLevel> {
        let found = Self::ALL.into_iter().find(|level| level.name() == name);
        found.ok_or_else(|| UnknownServiceLevel(name.chars().take(60).collect()))
    }
}

/// Definitions of the abandon rate. A short abandon has a wait < s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum AbandonRate {
    /// `AR1`: abandoned ÷ (answered + abandoned).
    #[default]
    Ar1,
    /// `AR2`: abandoned ÷ offered.
    Ar2,
    /// `AR1s`: `AR1` with short abandons left out above and below.
    Ar1s,
    /// `AR2s`: `AR2` with short abandons left out above and below.
    Ar2s,
}

impl AbandonRate {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ar1, Self::Ar2, Self::Ar1s, Self::Ar2s];

    /// Its name, as in `AR1s`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ar1 => "AR1",
            Self::Ar2 => "AR2",
            Self::Ar1s => "AR1s",
            Self::Ar2s => "AR2s",
        }
    }
}

/// Why figures cannot be added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unmergeable {
    /// They were computed by other definitions.
    #[error("figures of definitions {ours} and {theirs} do not mean the same: compute both anew")]
    Definitions {
        /// Version of these.
        ours: u32,
        /// Version of the others.
        theirs: u32,
    },
    /// The ones are by entry, the others by outcome.
    #[error("figures by entry and figures by outcome would count some stays twice and others never")]
    Attribution,
}

/// How many waited, weighted with how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueLength {
    /// Σ of all waits inside the interval, in ms.
    pub waiting_ms: i64,
    /// Length of the interval, as far as it is over, in ms.
    pub span_ms: i64,
    /// Most callers who waited at once.
    pub max: u64,
    /// Callers waiting now; 0 when the interval is over.
    pub now: u64,
}

impl QueueLength {
    /// The mean over time: waiting ÷ span. Nothing is sampled.
    #[must_use]
    pub fn mean(&self) -> Ratio {
        Ratio::of(self.waiting_ms, self.span_ms)
    }
}

/// The figures of one queue, or of several that were merged, in one interval.
///
/// What is counted are stays: from entering a queue to leaving it. A transfer or an overflow into another queue begins
/// another stay; so does the wait of a customer whose conversation was lost. Whatever the end, each stay has one:
/// `offered = answered + abandoned + Σ overflowed + requested + failed + open`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QueueFigures {
    /// Version of the definitions.
    pub definitions: u32,
    /// Which stays are counted.
    pub attribution: Attribution,
    /// Stays: by entry, those that began in the interval; by outcome, those that ended in it and, when it is not over, those
    /// open now.
    pub offered: u64,
    /// Of these, stays that began because a conversation was lost.
    pub returned: u64,
    /// Customers who were not let in, by cause (`full`, `closed`, `too_long`, `removed`); not among those offered.
    pub blocked: BTreeMap<String, u64>,
    /// Customer and agent were joined: audio both ways, not ringing or accepting.
    pub answered: u64,
    /// The customer left while waiting or while agents were rung.
    pub abandoned: u64,
    /// The queue's rules led the customer elsewhere, by cause (`timed_out`, `removed`, `moved`, `policy`), or the
    /// customer chose so (`callback`, `key`).
    pub overflowed: BTreeMap<String, u64>,
    /// The application ended the call.
    pub requested: u64,
    /// The customer's line failed.
    pub failed: u64,
    /// Not ended yet.
    pub open: u64,
    /// Waits of those answered: from entering this queue to being joined. Announcements to the agent are part of it.
    pub answered_after: Durations,
    /// Waits of those answered, from entering the call's first queue.
    pub answered_after_arrival: Durations,
    /// Waits of those who abandoned.
    pub abandoned_after: Durations,
    /// Waits of those who overflowed.
    pub overflowed_after: Durations,
    /// Waits of those whose call was ended by the application or by a fault.
    pub ended_after: Durations,
    /// Waits so far of those open.
    pub open_for: Durations,
    /// From accepting to being joined; part of the wait.
    pub connect_delay: Durations,
    /// Work with the customers of this queue that was finished in the interval.
    pub handling: Handling,
    /// Offers made in the interval to customers of this queue.
    pub offers: Offers,
    /// Callbacks of this queue.
    #[serde(default)]
    pub callbacks: Callbacks,
    /// How many waited.
    pub length: QueueLength,
    /// The longest wait so far of those who wait now, in ms; `None`: nobody, or the interval is over.
    pub longest_waiting_ms: Option<i64>,
    /// The same from entering the call's first queue.
    pub longest_waiting_since_arrival_ms: Option<i64>,
    /// Answered stays whose winning offer was made while somebody with an earlier place waited unoffered in the same queue,
    /// by reason: `refused` when each of those had refused or missed this agent, `skill` otherwise (the rules of the queue
    /// kept the agent from them). A higher priority is an earlier place, and no overtaking.
    pub overtakes: BTreeMap<String, u64>,
    /// Durations that would have been negative, for the clocks of two nodes differ, and were taken as 0.
    pub skew: u64,
    /// Events of these calls that were not kept: offers may be missing.
    pub unrecorded: u64,
}

impl QueueFigures {
    /// Figures of nothing.
    #[must_use]
    pub fn new(attribution: Attribution) -> Self {
        Self {
            definitions: DEFINITIONS,
            attribution,
            offered: 0,
            returned: 0,
            blocked: BTreeMap::new(),
            answered: 0,
            abandoned: 0,
            overflowed: BTreeMap::new(),
            requested: 0,
            failed: 0,
            open: 0,
            answered_after: Durations::default(),
            answered_after_arrival: Durations::default(),
            abandoned_after: Durations::default(),
            overflowed_after: Durations::default(),
            ended_after: Durations::default(),
            open_for: Durations::default(),
            connect_delay: Durations::default(),
            handling: Handling::default(),
            offers: Offers::default(),
            callbacks: Callbacks::default(),
            length: QueueLength::default(),
            longest_waiting_ms: None,
            longest_waiting_since_arrival_ms: None,
            overtakes: BTreeMap::new(),
            skew: 0,
            unrecorded: 0,
        }
    }

    /// Adds the figures of another queue, or of another interval. Sums are exact. `length.max` becomes the greater of both,
    /// which is exact for intervals of one queue; its span becomes the sum, so that a mean over queues is a mean per queue.
    ///
    /// # Errors
    /// When the two do not mean the same; nothing changed.
    pub fn merge(&mut self, other: &Self) -> Result<(), Unmergeable> {
        if self.definitions != other.definitions {
            return Err(Unmergeable::Definitions { ours: self.definitions, theirs: other.definitions });
        }
        if self.attribution != other.attribution {
            return Err(Unmergeable::Attribution);
        }
        self.offered += other.offered;
        self.returned += other.returned;
        self.answered += other.answered;
        self.abandoned += other.abandoned;
        self.requested += other.requested;
        self.failed += other.failed;
        self.open += other.open;
        add(&mut self.blocked, &other.blocked);
        add(&mut self.overflowed, &other.overflowed);
        add(&mut self.overtakes, &other.overtakes);
        self.answered_after.merge(&other.answered_after);
        self.answered_after_arrival.merge(&other.answered_after_arrival);
        self.abandoned_after.merge(&other.abandoned_after);
        self.overflowed_after.merge(&other.overflowed_after);
        self.ended_after.merge(&other.ended_after);
        self.open_for.merge(&other.open_for);
        self.connect_delay.merge(&other.connect_delay);
        self.handling.merge(&other.handling);
        self.offers.merge(&other.offers);
        self.callbacks.merge(&other.callbacks);
        self.length.waiting_ms += other.length.waiting_ms;
        self.length.span_ms += other.length.span_ms;
        self.length.max = self.length.max.max(other.length.max);
        self.length.now += other.length.now;
        self.longest_waiting_ms = self.longest_waiting_ms.max(other.longest_waiting_ms);
        self.longest_waiting_since_arrival_ms =
            self.longest_waiting_since_arrival_ms.max(other.longest_waiting_since_arrival_ms);
        self.skew += other.skew;
        self.unrecorded += other.unrecorded;
        Ok(())
    }

    /// The service level by this definition, with a threshold of so many ms.
    #[must_use]
    pub fn service_level(&self, level: ServiceLevel, threshold_ms: i64) -> Ratio {
        let kept = self.answered_after.at_most(threshold_ms);
        let given_up = self.abandoned_after.at_most(threshold_ms);
        let both = self.answered + self.abandoned;
        let (part, whole) = match level {
            ServiceLevel::A => (kept, self.answered),
            ServiceLevel::B => (kept, both),
            ServiceLevel::C => (kept, both - given_up),
            ServiceLevel::D => (kept + given_up, both),
            ServiceLevel::E => {
                let elsewhere = self.overflowed_after.at_most(threshold_ms) + self.ended_after.at_most(threshold_ms);
                (kept + given_up + elsewhere, self.offered)
            }
            ServiceLevel::F => (kept, both + self.overflowed_after.count()),
            ServiceLevel::Live => {
                let late = self.open_for.count() - self.open_for.at_most(threshold_ms);
                (kept, both + late)
            }
        };
        Ratio::of(count(part), count(whole))
    }

    /// Abandons with a wait < `short_ms`: reported beside the others, never left out in silence.
    #[must_use]
    pub fn short_abandons(&self, short_ms: i64) -> u64 {
        self.abandoned_after.below(short_ms)
    }

    /// The abandon rate by this definition; an abandon is short below `short_ms`.
    #[must_use]
    pub fn abandon_rate(&self, rate: AbandonRate, short_ms: i64) -> Ratio {
        let short = self.short_abandons(short_ms);
        let both = self.answered + self.abandoned;
        let (part, whole) = match rate {
            AbandonRate::Ar1 => (self.abandoned, both),
            AbandonRate::Ar2 => (self.abandoned, self.offered),
            AbandonRate::Ar1s => (self.abandoned - short, both - short),
            AbandonRate::Ar2s => (self.abandoned - short, self.offered - short),
        };
        Ratio::of(count(part), count(whole))
    }

    /// Average speed of answer in ms, `ASA`: mean of (joined − entered) over those answered.
    #[must_use]
    pub fn asa(&self) -> Ratio {
        self.answered_after.mean()
    }

    /// How long callers would wait before they abandon, by Kaplan and Meier: an answer, an overflow, an end by others, and
    /// being still there only tell that they would have waited longer.
    #[must_use]
    pub fn patience(&self) -> Survival {
        let others = [&self.answered_after, &self.overflowed_after, &self.ended_after, &self.open_for];
        Survival::estimate(&self.abandoned_after, &others)
    }

    /// How long callers would have to wait for an agent if nobody abandoned: the same with the parts changed over. The waits
    /// of those answered alone look too short, as whoever would have waited longest has left.
    #[must_use]
    pub fn offered_wait(&self) -> Survival {
        let others = [&self.abandoned_after, &self.overflowed_after, &self.ended_after, &self.open_for];
        Survival::estimate(&self.answered_after, &others)
    }

    /// Rate of abandonment θ, per ms of waiting: abandons ÷ total wait of all stays, the maximum-likelihood estimate when
    /// patience is exponential. Its reciprocal is the mean patience.
    #[must_use]
    pub fn theta(&self) -> Ratio {
        let waits =
            [&self.answered_after, &self.abandoned_after, &self.overflowed_after, &self.ended_after, &self.open_for];
        Ratio::of(count(self.abandoned), waits.iter().map(|waits| waits.sum_ms()).sum())
    }

    /// Offered load in erlangs: offered × AHT ÷ length of the interval, as far as it is over; for
    /// [`crate::report::staffing`]. Of several queues: the mean per queue. `None` until somebody was handled.
    #[must_use]
    pub fn load_erlangs(&self) -> Option<f64> {
        let aht = self.handling.aht().value()?;
        (self.length.span_ms > 0).then(|| self.offered as f64 * aht / self.length.span_ms as f64)
    }
}

fn add(ours: &mut BTreeMap<String, u64>, theirs: &BTreeMap<String, u64>) {
    for (cause, times) in theirs {
        *ours.entry(cause.clone()).or_default() += times;
    }
}
