//! The REST client: requests as values, answers as types, lists page by page; over the carrier and over sockets.

#[cfg(feature = "conformance")]
mod adapter;
mod answers;
#[cfg(feature = "sim")]
mod carrier;
mod errors;
mod forms;
mod hostile_answers;
mod lists;
#[cfg(feature = "twilio")]
mod media;
#[path = "../../examples/rest_client/operations.rs"]
mod operations;
#[cfg(feature = "simulator")]
mod over_the_simulator;
#[cfg(feature = "twilio")]
mod sockets;

use switchboard::telephony::twilio::api::{AccountSid, Answer, Operation};

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

fn account() -> AccountSid {
    ACCOUNT.parse().expect("an account")
}

/// An id of this prefix.
fn sid(prefix: &str, number: u32) -> String {
    format!("{prefix}{number:032x}")
}

/// What `operation` reads out of this body.
fn read<O: Operation>(operation: O, body: &str) -> O::Reply {
    operation.read(&Answer::new(200, body.as_bytes())).expect("it is what the operation is answered with")
}
