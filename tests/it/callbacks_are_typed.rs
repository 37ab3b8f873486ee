//! Each callback of Twilio's is read as a type; what is unknown is kept.

#[cfg(feature = "sim")]
mod by_the_carrier;
mod in_full;
mod in_part;
mod whatever_comes;
mod words_of_the_provider;

use std::fmt::Debug;

use switchboard::webhook::form;
use switchboard::webhook::params::{Callback, MissingParam};

const CALL: &str = "CallSid=CA00000000000000000000000000000001";

fn pairs(form: &str) -> Vec<(String, String)> {
    let pairs = form::decode(form.as_bytes(), 1000).expect("a form of few pairs");
    pairs.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn try_read<T: Callback>(form: &str) -> Result<T, MissingParam> {
    T::read(pairs(form))
}

/// What `more` says about a call.
fn read<T: Callback + Debug>(more: &str) -> T {
    try_read(&format!("{CALL}&{more}")).expect("a webhook about a call")
}
