//! Replies of a REST API: whatever comes, something is known about the command, and nothing breaks.

use std::time::Duration;

use switchboard::telephony::twilio::api::{self, Answer, Operation};
use switchboard::telephony::twilio::request::outcome;
use switchboard::telephony::twilio::{Account, Profile};
use switchboard::telephony::{Action, Failure};

/// The input: two bytes of status, a byte that chooses the command and the provider, the body.
pub(crate) fn check(data: &[u8]) {
    let Some(([high, low, which], body)) = data.split_first_chunk::<3>() else { return };
    let status = 100 + u16::from_be_bytes([*high, *low]) % 500;
    let leg = "CA00000000000000000000000000000001".to_owned();
    let conference = "CF00000000000000000000000000000001".to_owned();
    let action = match which % 4 {
        0 => Action::HangUp { leg },
        1 => Action::Mute { conference, leg, muted: true },
        2 => Action::Remove { conference, leg },
        _ => Action::EndConference { conference },
    };
    let (profile, id) = match which / 4 % 3 {
        0 => (Profile::twilio(), "AC00000000000000000000000000000001"),
        1 => (Profile::signalwire("acme"), "00000000-0000-4000-8000-000000000001"),
        _ => (Profile::telnyx("1"), "1"),
    };
    let account = Account::new(profile, id).expect("an account of that provider");
    let after = std::str::from_utf8(body).ok();
    let answer = Answer::new(status, body).with_headers(after, None);
    match which % 8 {
        0 => typed(&api::calls::List::new(), &answer),
        1 => typed(&api::calls::Fetch::new("CA1"), &answer),
        2 => typed(&api::participants::Fetch::new("CF1", "CA1"), &answer),
        3 => typed(&api::recordings::Fetch::new("RE1"), &answer),
        4 => typed(&api::numbers::List::new(), &answer),
        5 => typed(&api::messages::Fetch::new("SM1"), &answer),
        6 => typed(&api::usage::List::new(), &answer),
        _ => typed(&api::calls::Events::new("CA1"), &answer),
    }
    match outcome(&account, &action, status, body, after) {
        Ok(_) => {}
        Err(error) => {
            assert!(!error.to_string().is_empty());
            if let Failure::Unavailable { retry_after: Some(wait) } = error.failure() {
                assert!(wait <= Duration::from_secs(u64::from(u32::MAX)), "an absurd wait: {wait:?}");
            }
        }
    }
}

/// A typed reply is one of a success, and an error says something.
fn typed<O: Operation>(operation: &O, answer: &Answer<'_>) {
    match operation.read(answer) {
        Ok(_) => assert!(answer.is_success()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
