//! The carrier in a box, and a deterministic world around it: for tests of this crate and of applications. Outside semver.
//!
//! [`carrier`] is a model of Twilio Voice. [`Sim`] puts an application's call centre on it, in virtual time: callers dial,
//! hear, press keys; agents ring, answer, decline. What really happened is read from the carrier, not from the books of
//! the call centre.

pub mod audit;
pub mod carrier;
mod fault;
mod fnv;
mod live;
mod node;
mod nodes;
mod pause;
mod people;
mod plan;
pub(crate) mod rng;
mod run;
mod shift;
mod shrink;
mod store;
mod story;
mod world;

pub use fault::{FaultEvent, FaultKind, UnknownFault};
pub use plan::{Plan, PlanError, Profile, Strength};
pub use run::{PlanReport, Planned};
pub use shift::{Habits, Shift, ShiftReport};
pub use store::{SimStore, StoreFault, Tamper};

pub use node::Sabotage;
pub use nodes::Sent;
pub use story::{Agent, Caller, Ringing, Sim};
pub use world::{Chaos, World};
