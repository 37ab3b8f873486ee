//! Whatever is answered, nothing panics.

use proptest::prelude::*;
use serde_json::{Map, Value};
use switchboard::telephony::twilio::api::Answer;

use super::operations::{Ids, all};

/// Names that answers use, so that arbitrary values meet the code that reads them.
const NAMES: &[&str] = &[
    "sid",
    "call_sid",
    "account_sid",
    "phone_number",
    "country_code",
    "category",
    "status",
    "duration",
    "price",
    "date_created",
    "start_date",
    "subresource_uris",
    "capabilities",
    "voice",
    "ice_servers",
    "encryption_details",
    "calls",
    "events",
    "request",
    "response",
    "parameters",
    "conferences",
    "participants",
    "queues",
    "queue_members",
    "recordings",
    "transcriptions",
    "messages",
    "keys",
    "usage_records",
    "notifications",
    "applications",
    "incoming_phone_numbers",
    "available_phone_numbers",
    "next_page_uri",
    "page",
    "page_size",
    "code",
    "message",
    "details",
    "errors",
    "title",
    "type",
    "error_code",
    "channels",
    "latitude",
    "message_sid",
    "media_list",
];

const TEXTS: &[&str] = &[
    "CA00000000000000000000000000000001",
    "-0.00850",
    "99999999999999999999999999.5",
    "Tue, 24 Nov 2026 06:00:00 +0000",
    "Tue, 31 Feb 9999 25:61:61 +9999",
    "2026-13-45",
    "GET",
    "in-progress",
    "",
    "\u{0}",
    "é",
    "/2010-04-01/Accounts/",
];

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(TEXTS).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((prop::sample::select(NAMES), inner), 0..8).prop_map(|pairs| Value::Object(
                pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Map<_, _>>()
            )),
        ]
    })
}

/// Reads the answer with every operation, and says what came of it.
fn everybody_reads(status: u16, body: &[u8], header: Option<&str>) {
    // The example takes ids out of answers.
    Ids::default().learn(body);
    for (_, make) in all() {
        let answer = Answer::new(status, body).with_headers(header, header);
        match make(&Ids::default(), false).read(&answer) {
            Ok(()) => assert!(answer.is_success()),
            Err(error) => {
                let said = format!("{error} {error:?} {:?} {:?}", error.retry_after(), error.error_code());
                assert!(!said.is_empty() && !error.advice().is_empty());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_is_an_answer_or_an_error(status in 100..600_u16, body in json(), header in any::<Option<String>>()) {
        everybody_reads(status, body.to_string().as_bytes(), header.as_deref());
    }

    #[test]
    fn any_bytes_are_an_answer_or_an_error(status in any::<u16>(), body in prop::collection::vec(any::<u8>(), 0..200)) {
        everybody_reads(status, &body, None);
    }
}

#[test]
fn deep_and_long_answers_are_errors() {
    let deep = "[".repeat(100_000);
    everybody_reads(200, deep.as_bytes(), None);
    let nested = format!("{{\"sid\":\"x\",\"details\":{}{}}}", "[".repeat(1000), "]".repeat(1000));
    everybody_reads(200, nested.as_bytes(), None);
    everybody_reads(400, nested.as_bytes(), None);
}
