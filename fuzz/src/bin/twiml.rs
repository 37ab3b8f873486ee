#![no_main]

#[path = "../../checks/twiml.rs"]
mod twiml;

libfuzzer_sys::fuzz_target!(|data: &[u8]| twiml::check(data));
