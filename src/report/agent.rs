use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::AgentStatus;
use crate::report::{DEFINITIONS, Durations, Handling, Offers, Ratio, Unmergeable};

/// The figures of one agent, or of several who were merged, in one interval.
///
/// Times are of the clock on the wall: at any moment an agent is in one status, so
/// `ready + alerting + talking + wrap-up + Σ breaks = logged in`, and `logged in + offline + unknown` is the interval, as
/// far as it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentFigures {
    /// Version of the definitions.
    pub definitions: u32,
    /// Idle: ready, and nothing to do, in ms.
    pub ready_ms: i64,
    /// Being rung or joined, in ms.
    pub alerting_ms: i64,
    /// Joined with a customer, in ms.
    pub talking_ms: i64,
    /// Finishing up, in ms.
    pub wrap_up_ms: i64,
    /// Not ready, by reason, in ms.
    pub breaks_ms: BTreeMap<String, i64>,
    /// Signed out, in ms.
    pub offline_ms: i64,
    /// Before the first fact that is known, in ms; 0 unless facts are missing.
    pub unknown_ms: i64,
    /// Agents by what they do now; empty when the interval is over.
    pub now: BTreeMap<AgentStatus, u64>,
    /// Conversations that began in the interval.
    pub answered: u64,
    /// Offers made in the interval.
    pub offers: Offers,
    /// From accepting to being joined, for conversations that began in the interval.
    pub connect_delay: Durations,
    /// Work finished in the interval.
    pub handling: Handling,
    /// Durations that would have been negative, for the clocks of two nodes differ, and were taken as 0.
    pub skew: u64,
    /// Events of these calls that were not kept: offers may be missing.
    pub unrecorded: u64,
}

impl Default for AgentFigures {
    fn default() -> Self {
        Self {
            definitions: DEFINITIONS,
            ready_ms: 0,
            alerting_ms: 0,
            talking_ms: 0,
            wrap_up_ms: 0,
            breaks_ms: BTreeMap::new(),
            offline_ms: 0,
            unknown_ms: 0,
            now: BTreeMap::new(),
            answered: 0,
            offers: Offers::default(),
            connect_delay: Durations::default(),
            handling: Handling::default(),
            skew: 0,
            unrecorded: 0,
        }
    }
}

impl AgentFigures {
    /// Time logged in, in ms: all but signed out and unknown.
    #[must_use]
    pub fn logged_in_ms(&self) -> i64 {
        self.staffed_ms() + self.not_ready_ms()
    }

    /// Staffed time in ms: ready, alerting, talking, wrap-up. Without breaks. By the length of the interval it is the mean
    /// number of agents.
    #[must_use]
    pub fn staffed_ms(&self) -> i64 {
        self.ready_ms + self.alerting_ms + self.talking_ms + self.wrap_up_ms
    }

    /// Time on breaks, whatever the reason, in ms.
    #[must_use]
    pub fn not_ready_ms(&self) -> i64 {
        self.breaks_ms.values().sum()
    }

    /// Occupancy: B ÷ (B + ready), with B = talking + wrap-up. Alerting is in neither part.
    #[must_use]
    pub fn occupancy(&self) -> Ratio {
        let busy_ms = self.talking_ms + self.wrap_up_ms;
        Ratio::of(busy_ms, busy_ms + self.ready_ms)
    }

    /// Adds the figures of another agent, or of another interval.
    ///
    /// # Errors
    /// When the two do not mean the same; nothing changed.
    pub fn merge(&mut self, other: &Self) -> Result<(), Unmergeable> {
        if self.definitions != other.definitions {
            return Err(Unmergeable::Definitions { ours: self.definitions, theirs: other.definitions });
        }
        self.ready_ms += other.ready_ms;
        self.alerting_ms += other.alerting_ms;
        self.talking_ms += other.talking_ms;
        self.wrap_up_ms += other.wrap_up_ms;
        for (reason, ms) in &other.breaks_ms {
            *self.breaks_ms.entry(reason.clone()).or_default() += ms;
        }
        self.offline_ms += other.offline_ms;
        self.unknown_ms += other.unknown_ms;
        for (status, agents) in &other.now {
            *self.now.entry(*status).or_default() += agents;
        }
        self.answered += other.answered;
        self.offers.merge(&other.offers);
        self.connect_delay.merge(&other.connect_delay);
        self.handling.merge(&other.handling);
        self.skew += other.skew;
        self.unrecorded += other.unrecorded;
        Ok(())
    }

    pub(crate) fn add_time(&mut self, status: AgentStatus, reason: Option<&str>, ms: i64) {
        match status {
            AgentStatus::Offline => self.offline_ms += ms,
            AgentStatus::Ready => self.ready_ms += ms,
            AgentStatus::Offered => self.alerting_ms += ms,
            AgentStatus::Talking => self.talking_ms += ms,
            AgentStatus::WrapUp => self.wrap_up_ms += ms,
            AgentStatus::Break if ms == 0 => {}
            AgentStatus::Break => *self.breaks_ms.entry(reason.unwrap_or_default().to_owned()).or_default() += ms,
        }
    }
}
