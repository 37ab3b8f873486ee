//! The carrier in a box, and a deterministic world around it: for tests of this crate and of applications. Outside semver.
//!
//! [`carrier`] is a model of Twilio Voice. [`Sim`] puts an application's call centre on it, in virtual time: callers dial,
//! hear, press keys; agents ring, answer, decline. What really happened is read from the carrier, not from the books of
//! the call centre.

pub mod audit;
pub mod carrier;
mod fnv;
mod live;
mod nodes;
pub(crate) mod rng;
mod shift;
mod store;
mod story;
mod world;

pub use shift::{Habits, Shift, ShiftReport};
pub use store::{SimStore, StoreFault, Tamper};

pub use nodes::Sent;
pub use story::{Agent, Caller, Ringing, Sim};
pub use world::{Chaos, World};
