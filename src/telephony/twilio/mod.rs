//! Twilio: building its REST requests and reading its replies (always compiled), and sending them (feature `twilio`).

pub mod api;
pub mod budget;
#[cfg(feature = "twilio")]
pub mod client;
#[cfg(feature = "twilio")]
pub mod config;
pub mod dialect;
pub mod error;
mod fork;
pub mod hop;
pub mod live;
pub mod media;
pub mod number;
mod outcome;
mod place;
pub mod probe;
pub mod profile;
pub mod request;
#[cfg(feature = "twilio")]
pub mod rest;
pub mod token;

pub use budget::Budget;
#[cfg(feature = "twilio")]
pub use client::TwilioClient;
#[cfg(feature = "twilio")]
pub use config::{ConfigError, TwilioClientBuilder};
pub use profile::{Account, Profile};
pub use token::{AccessToken, AccessTokenError};

#[cfg(test)]
mod tests;
