//! What queues and agents did, in figures: service level, waits, abandons, occupancy, fairness, and how many agents a
//! load needs. Pure: a figure is a function of the facts, an interval and the time.
//!
//! [`Figures`] gathers facts, in any order and any number of times; [`Figures::queue`] and [`Figures::agent`] read the
//! figures of an interval. Figures of consecutive intervals, or of several queues or agents, are merged by addition.
//! Nothing is sampled and nothing is estimated, unless its name says so: percentiles are exact.
//!
//! Every figure has one definition, written at its field or method; [`DEFINITIONS`] numbers them all. What another system
//! calls by the same name may be something else, so that service levels and abandon rates are asked for by variant.

mod agent;
mod callbacks;
mod durations;
mod fairness;
mod figures;
mod interval;
mod journey;
mod offers;
mod patience;
mod queue;
mod reading;
pub mod staffing;

pub use crate::forecast::Survival;
pub use agent::AgentFigures;
pub use callbacks::Callbacks;
pub use durations::Durations;
pub use fairness::Fairness;
pub use figures::Figures;
pub use interval::{Interval, IntervalError, Ratio};
pub use offers::{Handling, Offers};
pub use queue::{AbandonRate, Attribution, QueueFigures, QueueLength, ServiceLevel, Unmergeable};

pub use crate::model::Fact;

/// Version of the definitions of all figures. It rises when one of them changes its meaning: what was computed before
/// keeps its number.
pub const DEFINITIONS: u32 = 1;

/// An abandon is short below this wait, in ms, unless asked otherwise.
pub const SHORT_ABANDON_MS: i64 = 5_000;
/// Threshold of the service level, in ms, unless asked otherwise.
pub const SERVICE_LEVEL_MS: i64 = 20_000;
