//! An embeddable call centre.

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod id;
pub mod phone;
#[cfg(feature = "sim")]
pub mod sim;
pub mod store;
pub mod telephony;
pub mod time;
pub mod twiml;
pub mod webhook;
