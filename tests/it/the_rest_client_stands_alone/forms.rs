//! What is sent, byte by byte.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use switchboard::telephony::twilio::api::*;
use switchboard::time::Timestamp;

use super::operations::{Ids, Make, all};
use super::{account, sid};

/// Every operation of the example as it is sent: bare, then full. Each line was compared with Twilio's own description
/// of the API when it was written.
const GOLDEN: &str = include_str!("golden.txt");

fn written(name: &str, make: Make, is_full: bool) -> String {
    let request = make(&Ids::default(), is_full).request(&account()).expect("it can be sent");
    let path = request.path_and_query.replace("/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef", "");
    let body = match request.body.as_deref() {
        None => "-",
        Some("") => "(empty)",
        Some(form) => form,
    };
    format!("{name} {} {path} {body}", request.method)
}

#[test]
fn every_operation_is_written_as_twilio_reads_it() {
    let written: Vec<String> =
        all().into_iter().flat_map(|(name, make)| [written(name, make, false), written(name, make, true)]).collect();
    for (written, golden) in written.iter().zip(GOLDEN.lines()) {
        assert_eq!(written, golden);
    }
    assert_eq!(written.len(), GOLDEN.lines().count());
}

/// Operations and optional parameters as the sources declare them: `module::Name`, and `Wire` of it.
fn declared() -> (BTreeSet<String>, Vec<(String, String)>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/telephony/twilio/api");
    let (mut operations, mut parameters) = (BTreeSet::new(), Vec::new());
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let is_source = path.extension().is_some_and(|extension| extension == "rs");
        let module = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if !is_source || ["macros", "mod"].contains(&module.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source");
        let mut owners: Vec<String> = Vec::new();
        for line in text.lines() {
            let line = line.trim();
            let head = line.split('(').next().unwrap_or_default();
            let is_name = head.starts_with(|c: char| c.is_ascii_uppercase()) && head.chars().all(char::is_alphanumeric);
            if is_name && line.contains(") = ") {
                operations.insert(format!("{module}::{head}"));
            } else if let Some(names) = line.strip_prefix("parameters!(") {
                let names = names.trim_end_matches('{').split(',');
                owners = names.map(|name| format!("{module}::{}", name.trim())).collect();
            } else if line == "});" {
                owners.clear();
            } else if let Some(wire) = line.strip_suffix("\";").and_then(|line| line.split(" = \"").nth(1)) {
                parameters.extend(owners.iter().map(|owner| (owner.clone(), wire.to_owned())));
            }
        }
    }
    (operations, parameters)
}

#[test]
fn the_example_knows_every_operation_and_every_parameter() {
    let (operations, parameters) = declared();
    assert!(operations.len() > 90 && parameters.len() > 300, "{} {}", operations.len(), parameters.len());
    let tried: BTreeSet<&str> = all().iter().map(|(name, _)| *name).collect();
    let missing: Vec<_> = operations.iter().filter(|name| !tried.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for (owner, wire) in parameters {
        let (_, make) = all().into_iter().find(|(name, _)| *name == owner).expect("it is tried");
        let request = make(&Ids::default(), true).request(&account()).expect("it can be sent");
        assert!(request.pairs().iter().any(|(name, _)| *name == wire), "{owner}: {wire} is not tried");
    }
}

#[test]
fn a_parameter_that_is_set_again_replaces_the_value_and_a_list_all_of_it() {
    let call = calls::Create::new("+15550002000", "+15550001000")
        .url("https://a.example")
        .status_callback_event([CallEvent::Answered, CallEvent::Ringing])
        .url("https://b.example")
        .status_callback_event(["completed"]);
    let pairs = call.request(&account()).expect("it can be sent").pairs();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        pairs,
        [
            ("To", "+15550002000"),
            ("From", "+15550001000"),
            ("Url", "https://b.example"),
            ("StatusCallbackEvent", "completed")
        ]
    );
}

#[test]
fn units_are_twilios_and_times_are_in_utc() {
    let call = calls::Create::new("a", "b")
        .timeout(Duration::from_millis(19_001))
        .machine_detection_speech_threshold(Duration::from_micros(2_400_900));
    let body = call.request(&account()).expect("it can be sent").body.expect("a form");
    assert_eq!(body, "To=a&From=b&Timeout=20&MachineDetectionSpeechThreshold=2400");
    let at = Timestamp::from_secs(1_795_500_000);
    let calls = calls::List::new().start_time_after(at).end_time_before("2026-11-25");
    assert_eq!(
        calls.request(&account()).expect("it can be sent").path_and_query,
        "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Calls.json\
         ?StartTime%3E=2026-11-24T06%3A00%3A00Z&EndTime%3C=2026-11-25"
    );
    let rooms = conferences::List::new().date_created_before(at).request(&account()).expect("it can be sent");
    assert_eq!(rooms.pairs(), [("DateCreated<".to_owned(), "2026-11-24".to_owned())]);
}

#[test]
fn a_word_that_is_not_known_here_is_sent_as_it_is() {
    let call = calls::Create::new("a", "b").trim("trim-music").status_callback_event(["humming"]);
    let body = call.request(&account()).expect("it can be sent").body.expect("a form");
    assert_eq!(body, "To=a&From=b&Trim=trim-music&StatusCallbackEvent=humming");
    assert_eq!(Trim::from("do-not-trim"), Trim::Nothing, "a known word is never an unknown one");
}

#[test]
fn an_id_or_name_leads_to_no_other_resource() {
    let hostile = ["", "../Calls", "RE0/../..", "CA%2e%2e", "CA\0", "CA0123456789ABCDEF0123456789ABCDEF", "?", "#"];
    for id in hostile {
        let error = calls::Fetch::new(id).request(&account()).expect_err(id);
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unsendable, None), "{id}");
        assert!(error.to_string().contains("was not sent"), "{error}");
        let media = recordings::Media::new(id, recordings::Format::Mp3).request(&account());
        assert_eq!(media.expect_err(id).kind(), ErrorKind::Unsendable, "{id}");
    }
    for name in ["", ".", ".."] {
        assert!(participants::Fetch::new(name, sid("CA", 1)).request(&account()).is_err(), "{name}");
        assert!(participants::Fetch::new(sid("CF", 1), name).request(&account()).is_err(), "{name}");
    }
    for (name, segment) in
        [("a room", "a%20room"), ("a/../b", "a%2F..%2Fb"), ("ü?#%", "%C3%BC%3F%23%25"), ("a\\b\n", "a%5Cb%0A")]
    {
        let path = participants::List::new(name).request(&account()).expect("it can be sent").path_and_query;
        assert!(path.ends_with(&format!("/Conferences/{segment}/Participants.json")), "{path}");
    }
    for path in ["", "Calls.json", "/../AC1.json", "/a/%2e%2E/b", "//evil.example", "/a?b", "/a b", "/a#b", "/a/"] {
        assert!(custom::Get::new(path).request(&account()).is_err(), "{path}");
    }
}

#[test]
fn a_stream_takes_ninety_nine_parameters_and_no_more() {
    let stream = |count: usize| {
        (0..count).fold(streams::Start::new(sid("CA", 1), "wss://a.example"), |s, n| s.parameter(n.to_string(), "v"))
    };
    let full = stream(99).request(&account()).expect("it can be sent").pairs();
    assert_eq!(full[full.len() - 2], ("Parameter99.Name".to_owned(), "98".to_owned()));
    let error = stream(100).request(&account()).expect_err("one too many");
    assert_eq!(
        error.to_string(),
        "the start of a stream was not sent: it has 100 parameters of its own; give 99 at most"
    );
}

#[test]
fn no_number_and_no_password_is_shown() {
    let call = calls::Create::new("+15550002000", "+15550001000").sip_auth_password("s3cret");
    let request = call.request(&account()).expect("it can be sent");
    let shown = format!("{call:?} {request:?} {request}");
    assert!(shown.contains("SipAuthPassword") && !shown.contains("s3cret") && !shown.contains("5550"), "{shown}");
}
