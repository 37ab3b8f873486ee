//! Being written.
pub mod telephony;
