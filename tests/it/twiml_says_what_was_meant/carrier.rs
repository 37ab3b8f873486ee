//! The carrier in a box reads our documents as they were meant: none of their attributes is unknown to it, and none has
//! a value that it does not take.
#![cfg(feature = "sim")]

use switchboard::sim::carrier::{Carrier, CarrierConfig, HttpReply, Notification, NumberConfig};

use super::*;

const LINE: &str = "+15550001000";

/// What the carrier has to say about a call whose document is this text.
pub(crate) fn notices(text: &str) -> Vec<Notification> {
    let mut carrier = Carrier::new(CarrierConfig::default());
    carrier.number(NumberConfig {
        number: LINE.to_owned(),
        voice_url: "https://app.test/voice".to_owned(),
        ..NumberConfig::default()
    });
    carrier.caller_dials("+15550002000", LINE);
    for hook in carrier.take_webhooks() {
        carrier.webhook_result(hook.id, Ok(HttpReply::twiml(text)));
    }
    carrier.notifications()
}

/// Whether the notice is about how the document is written, and not about what the carrier is asked to do: whom it
/// cannot reach, what is not there to be stopped.
pub(crate) fn of_form(notice: &Notification) -> bool {
    notice.message.starts_with("Response") || matches!(notice.code, 12_100 | 12_101 | 12_102 | 11_750)
}

#[test]
fn no_attribute_of_ours_is_unknown_to_it() {
    for seed in 0..1000 {
        let verb = Dice(seed).any_verb();
        let text = Response::new().verb(verb).build().expect("allowed").into_string();
        let found: Vec<Notification> = notices(&text).into_iter().filter(of_form).collect();
        assert!(found.is_empty(), "{found:?}\n{text}");
    }
}

#[test]
fn an_attribute_nobody_knows_is_noticed() {
    let found = notices("<Response><Gather patience=\"1\"><Say tone=\"kind\">a</Say></Gather></Response>");
    let places: Vec<u32> = found.iter().filter(|notice| of_form(notice)).map(|notice| notice.code).collect();
    assert_eq!(places, [12_200, 12_200], "{found:?}");
}
