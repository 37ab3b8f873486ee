//! How providers that speak Twilio's language differ from it, as data.
