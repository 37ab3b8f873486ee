//! A client of Twilio's REST API that needs nothing else of this crate.
