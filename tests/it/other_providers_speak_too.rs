//! Providers that speak Twilio's language, by configuration.
