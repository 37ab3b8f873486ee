//! Each callback of Twilio's is read as a type; what is unknown is kept.
