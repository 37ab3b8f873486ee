//! An embeddable call centre.

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod core;
pub mod engine;
pub mod error;
#[cfg(feature = "axum")]
pub mod http;
pub mod id;
pub mod model;
pub mod phone;
pub mod routing;
#[cfg(feature = "runtime")]
pub mod runtime;
pub mod script;
pub mod setup;
#[cfg(feature = "sim")]
pub mod sim;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod store;
pub mod telephony;
pub mod time;
pub mod twiml;
pub mod webhook;

pub use engine::{Builder, Switchboard};
pub use error::Error;
pub use setup::{Agent, Flow, Queue};
