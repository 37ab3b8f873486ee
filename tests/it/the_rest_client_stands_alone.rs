//! Twilio's REST API without the rest of this crate.
