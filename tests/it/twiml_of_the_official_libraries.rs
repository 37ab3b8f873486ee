//! Documents that Twilio's own libraries write.
