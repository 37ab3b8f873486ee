//! Twilio's REST API (2010-04-01) as values: requests that can be sent, and what is answered.
