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

#[test]
fn it_notices_in_a_spoilt_document_what_this_crate_does_and_nothing_else() {
    let (mut noticed, mut executed) = (0, 0);
    for seed in 0..2000 {
        let mut dice = Dice(seed);
        let mut text = dice.document().build().expect("allowed").into_string();
        for _ in 0..3 {
            text = forgiving::spoilt(&text, &mut dice);
        }
        let Ok(read) = interpret(&text) else { continue };
        let told = |warning: &Warning| (warning.code, format!("{}: {}", warning.place, warning.message));
        let found: Vec<_> = notices(&text).into_iter().filter(of_form).map(|it| (it.code, it.message)).collect();
        // What is left depends on the execution, and is judged by it.
        let (mut certain, mut rest) = (Vec::new(), found.clone());
        for warning in &read.warnings {
            if let Some(at) = rest.iter().position(|it| *it == told(warning)) {
                rest.remove(at);
                noticed += 1;
            } else if matches!(warning.subject, Subject::Value(_) | Subject::PartOfValue(_) | Subject::Element) {
                executed += 1;
            } else {
                certain.push(told(warning));
            }
        }
        assert_eq!((rest, certain), (Vec::new(), Vec::new()), "{text}\n{found:?}");
    }
    assert!(noticed > 100 && executed > 10, "too little was spoilt: {noticed} {executed}");
}
