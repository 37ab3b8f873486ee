//! What Twilio refuses is not built; the refusal names the place.

use super::*;

/// Exactly one thing is refused, at this place.
#[track_caller]
fn refused(verb: impl Into<Verb>, place: &str) {
    let document = Response::new().pause(Pause::new(Duration::from_secs(1))).verb(verb);
    let all = document.build().expect_err(place);
    let places: Vec<_> = all.iter().map(|one| one.place.as_str()).collect();
    assert_eq!(places, [format!("Response/{place}")], "{all:?}");
    assert!(all.iter().all(|one| !one.what.is_empty() && !one.why.is_empty() && !one.fix.is_empty()), "{all:?}");
}

#[track_caller]
fn allowed(verb: impl Into<Verb>) {
    if let Err(refused) = Response::new().verb(verb).build() {
        panic!("{refused:?}");
    }
}

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn speech() {
    allowed(Say::new("a".repeat(4096)));
    refused(Say::new("a".repeat(4097)), "Say[1]");
    refused(Say::new("a".repeat(3001)).voice("Polly.Joanna"), "Say[1]");
    allowed(Say::new("a".repeat(3000)).voice("Polly.Joanna"));
    allowed(Say::new("a".repeat(4500)).voice("Google.en-US-Standard-A"));
    refused(Say::new("a".repeat(5001)).voice("Google.en-US-Standard-A"), "Say[1]");
    allowed(Say::new("é".repeat(750)));
    refused(Say::new("é".repeat(750) + "a"), "Say[1]");
    refused(Say::new(" \n"), "Say[1]");
    refused(Say::new("a").loops(1001u32), "Say[1]@loop");
    for voice in ["", "robot", "Polly.", "Polly.a b", "man\" x=\"", "Google.<"] {
        refused(Say::new("a").voice(voice), "Say[1]@voice");
    }
    for language in ["", "e", "en_US", "en-", "12", "en-US\" x=\"", "en-\u{202E}US"] {
        refused(Say::new("a").language(language), "Say[1]@language");
    }
}

#[test]
fn audio_and_pauses() {
    refused(Play::new("/a").tones("1"), "Play[1]");
    refused(Play::keys(""), "Play[1]@digits");
    refused(Play::keys("1,2"), "Play[1]@digits");
    refused(Play::new("/a").loops(1001u32), "Play[1]@loop");
    refused(Pause::new(s(0)), "Pause[1]@length");
    refused(Pause::new(Duration::from_millis(1500)), "Pause[1]@length");
}

#[test]
fn addresses() {
    for bad in [
        "",
        "javascript:alert(1)",
        "JavaScript:x",
        "ftp://a/b",
        "data:text/xml,x",
        "//evil.example/a",
        "https:/a",
        "https://",
        "https:a",
        "https://a_b.example/",
        "https://:80/",
        "https://a.example:x/",
        "/a\r\nHost: b",
        "/a b",
        "/a\u{0}",
        "/ä",
        "/a\"><Dial>",
        "\\\\evil\\a",
        "https://a.example\\@b/",
        "mailto:a@b",
        "/\u{202E}a",
        "https://u@/",
    ] {
        refused(Redirect::new(bad), "Redirect[1]");
        refused(Gather::new().action(bad), "Gather[1]@action");
    }
    for good in
        ["a", "?b=c:d", "#", "../a:b", "/a:b?c=https://d", "HTTPS://A.example", "https://u:p@a-b.example:80/?q#f"]
    {
        allowed(Redirect::new(good));
    }
    let conference = |conference| Dial::new().conference(conference);
    refused(conference(Conference::new("a").wait_url("")), "Dial[1]/Conference[0]@waitUrl");
    allowed(conference(Conference::new("a").wait_url(WaitUrl::Silence)));
}

#[test]
fn gathers() {
    refused(Gather::new().timeout(s(0)), "Gather[1]@timeout");
    refused(Gather::new().timeout(Duration::from_millis(2500)), "Gather[1]@timeout");
    refused(Gather::new().timeout(GatherTimeout::Auto), "Gather[1]@timeout");
    allowed(Gather::new().timeout(GatherTimeout::Auto).input(Input::Speech));
    refused(Gather::new().num_digits(0u32), "Gather[1]@numDigits");
    for keys in ["##", "a", "A", "w"] {
        refused(Gather::new().finish_on_key(keys), "Gather[1]@finishOnKey");
    }
    let model = Gather::new().input(Input::Speech).speech_model(SpeechModel::PhoneCall);
    refused(model.speech_timeout(GatherTimeout::Auto), "Gather[1]@speechTimeout");
    refused(Gather::new().enhanced(true), "Gather[1]@enhanced");
    refused(Gather::new().hints(["a,b"]), "Gather[1]@hints");
    refused(Gather::new().hints(["a".repeat(101)]), "Gather[1]@hints");
    refused(Gather::new().hints(vec!["a"; 501]), "Gather[1]@hints");
    refused(Gather::new().hints(Vec::<String>::new()), "Gather[1]@hints");
    refused(Gather::new().pause(Pause::new(s(1))).play(Play::keys("1")), "Gather[1]/Play[1]");
    refused(Gather::new().play(Play::new("/a")).say(Say::new("a").loops(1001u32)), "Gather[1]/Say[1]@loop");
}

#[test]
fn dials() {
    let number = || Number::new("+14155550100");
    let one = || Dial::new().number(number());
    refused(Dial::new(), "Dial[1]");
    allowed((0..10).fold(Dial::new(), |dial, _| dial.number(number())));
    refused((0..11).fold(Dial::new(), |dial, _| dial.number(number())), "Dial[1]");
    refused(one().conference(Conference::new("a")), "Dial[1]");
    refused(one().queue(Queue::new("a")), "Dial[1]");
    refused(Dial::new().conference(Conference::new("a")).conference(Conference::new("b")), "Dial[1]");
    for seconds in [0, 4, 601] {
        refused(one().timeout(s(seconds)), "Dial[1]@timeout");
    }
    allowed(one().timeout(s(5)).time_limit(s(86_400)));
    allowed(one().timeout(s(600)));
    refused(one().time_limit(s(0)), "Dial[1]@timeLimit");
    refused(one().time_limit(s(86_401)), "Dial[1]@timeLimit");
    for id in ["", "a b", "client:", "client:a b", "<x>", "sip:a@b"] {
        refused(one().caller_id(id), "Dial[1]@callerId");
    }
    refused(one().recording_status_callback("/a", []), "Dial[1]@recordingStatusCallbackEvent");
    for text in ["", "4155550100", "+0155550100", "+1415555", "sip:a@b", "+14155550100,,,1", "+１４１５５５５０１００"]
    {
        refused(Dial::new().number(Number::new(text)), "Dial[1]/Number[0]");
    }
    let parsed: switchboard::phone::PhoneNumber = "+14155550100".parse().expect("a number");
    allowed(Dial::new().caller_id(&parsed).number(Number::new(parsed)));
    refused(one().number(number().send_digits("1-2")), "Dial[1]/Number[1]@sendDigits");
    refused(Dial::new().number(number().byoc(sid("CA"))), "Dial[1]/Number[0]@byoc");
    refused(Dial::new().number(number().machine_detection_timeout(s(2))), "Dial[1]/Number[0]@machineDetectionTimeout");
    let slow = number().machine_detection_silence_timeout(10_001u32);
    refused(Dial::new().number(slow), "Dial[1]/Number[0]@machineDetectionSilenceTimeout");
}

#[test]
fn clients_and_sip_addresses() {
    refused(Dial::new().client(Client::new("")), "Dial[1]/Client[0]");
    refused(Dial::new().client(Client::new("a".repeat(257))), "Dial[1]/Client[0]");
    let unnamed = Client::new("a").parameter("a", "b").parameter("", "b");
    refused(Dial::new().client(unnamed), "Dial[1]/Client[0]/Parameter[2]@name");
    refused(Dial::new().client(Client::new("a").parameter("a", "\u{0}")), "Dial[1]/Client[0]/Parameter[1]@value");
    let long = format!("sip:{}@example.com", "a".repeat(240));
    let headers = format!("sip:a@example.com?x-a={}", "a".repeat(1024));
    for uri in
        ["", "a@b", "sip:a", "sip:@b", "sip:a@", "sip:a@b@c", "sip:a b@c", "sip:a@b\r\nc", "tel:+1", &long, &headers]
    {
        refused(Dial::new().sip(Sip::new(uri)), "Dial[1]/Sip[0]");
    }
    allowed(Dial::new().sip(Sip::new(format!("sip:{}@example.com", "a".repeat(238)))));
}

#[test]
fn conferences_and_queues() {
    let refuse = |conference, attribute: &str| {
        refused(Dial::new().conference(conference), &format!("Dial[1]/Conference[0]{attribute}"));
    };
    let room = || Conference::new("a");
    allowed(Dial::new().conference(Conference::new("é".repeat(128)).label("l".repeat(128)).max_participants(250u32)));
    for name in ["", " a", "a\n", "a\u{0}b", &"a".repeat(129)] {
        refuse(Conference::new(name), "");
    }
    for label in ["", "a/b", &sid("CA"), &"a".repeat(129)] {
        refuse(room().label(label), "@participantLabel");
    }
    refuse(room().max_participants(1u32), "@maxParticipants");
    refuse(room().max_participants(251u32), "@maxParticipants");
    refuse(room().coach("CA1"), "@coach");
    refuse(room().coach(sid("CF")), "@coach");
    refuse(room().status_callback("/a", vec![]), "@statusCallbackEvent");
    allowed(Enqueue::new("a".repeat(64)));
    refused(Enqueue::new("a".repeat(65)), "Enqueue[1]");
    refused(Enqueue::new(""), "Enqueue[1]");
    refused(Enqueue::new("a").workflow_sid(sid("WW")), "Enqueue[1]");
    refused(Enqueue::new("a").max_queue_size(0u32), "Enqueue[1]@maxQueueSize");
    refused(Enqueue::workflow(sid("WW"), Task::new("{")), "Enqueue[1]/Task[0]");
    let mut spaced = Task::new(" {}\n");
    allowed(Enqueue::workflow(sid("WW"), spaced.clone()));
    spaced.attributes = " {}".into();
    refused(Enqueue::workflow(sid("WW"), spaced), "Enqueue[1]/Task[0]");
    refused(Enqueue::workflow(sid("WF"), Task::new("{}")), "Enqueue[1]@workflowSid");
    refused(Dial::new().queue(Queue::new("a".repeat(65))), "Dial[1]/Queue[0]");
}

#[test]
fn recordings() {
    refused(Record::new().max_length(s(1)), "Record[1]@maxLength");
    refused(Record::new().max_length(s(86_401)), "Record[1]@maxLength");
    refused(Record::new().max_length(s(121)).transcribe(true), "Record[1]@maxLength");
    refused(Record::new().timeout(Duration::from_millis(1)), "Record[1]@timeout");
    refused(Record::new().finish_on_key("a"), "Record[1]@finishOnKey");
}

#[test]
fn every_fault_is_told_and_explained() {
    let faults = Response::new()
        .say(Say::new("a").loops(5000u32).voice("x"))
        .dial(Dial::new().timeout(s(1)))
        .build()
        .expect_err("four faults");
    assert_eq!(faults.len(), 4, "{faults:?}");
    assert_eq!(
        faults.last().map(ToString::to_string).as_deref(),
        Some(
            "Response/Dial[1]: nobody to dial: Twilio refuses an empty Dial; add a number, client, SIP address, conference or queue"
        )
    );
    assert!(faults.iter().any(|one| one.to_string()
        == "Response/Dial[1]@timeout: 1 s was given: it is outside what Twilio takes; give 5 to 600 s"));
}

#[test]
fn a_document_too_large_is_refused_at_its_root() {
    let many = |n: usize| (0..n).fold(Response::new(), |document, _| document.say(Say::new("&".repeat(1000))));
    assert!(many(12).build().is_ok());
    let all = many(13).build().expect_err("too large");
    assert_eq!(all.iter().map(|one| one.place.as_str()).collect::<Vec<_>>(), ["Response"]);
}

#[test]
fn every_typed_endpoint_can_be_dialled() {
    for text in ["+14155550100", "client:ana", "sip:ana@example.com"] {
        let endpoint: switchboard::phone::Endpoint = text.parse().expect("an endpoint");
        allowed(Dial::new().noun(&endpoint));
    }
}

#[test]
fn each_refusal_has_twilios_code() {
    let codes = |verb: Verb| Response::new().verb(verb).check().iter().map(|one| one.code).collect::<Vec<_>>();
    assert_eq!(codes(Say::new("").into()), [13_520]);
    assert_eq!(codes(Say::new("a".repeat(4097)).into()), [13_521]);
    assert_eq!(codes(Say::new("a").voice("x").language("x").into()), [13_511, 13_512]);
    assert_eq!(codes(Dial::new().number(Number::new("1")).timeout(s(1)).into()), [13_212, 13_223]);
    assert_eq!(codes(Dial::new().queue(Queue::new("a")).client(Client::new("a")).into()), [13_000]);
    assert_eq!(codes(Dial::new().queue(Queue::new("a".repeat(65))).into()), [14_213]);
    assert_eq!(codes(Enqueue::new("a".repeat(65)).into()), [14_205]);
    assert_eq!(codes(Enqueue::new("").into()), [14_204]);
    assert_eq!(codes(Pay::new().currency("x").into()), [12_200]);
}

#[test]
fn a_document_given_as_a_parameter_is_short_and_needs_no_base() {
    let long = |words: usize| Response::new().say(Say::new("a".repeat(words)));
    // The declaration, the root and the tags of Say have 70 characters.
    assert_eq!(long(3930).build_parameter().expect("4000 characters").as_parameter().map(str::len), Ok(4000));
    let refused = long(3931).build_parameter().expect_err("4001 characters");
    assert_eq!(refused.iter().map(|one| (one.code, one.place.as_str())).collect::<Vec<_>>(), [(32_018, "Response")]);
    assert_eq!(long(3931).build().expect("a document").as_parameter().expect_err("too long").code, 32_018);
    // Characters are counted, not bytes.
    let say = |words: String| Response::new().say(Say::new(words).voice("Polly.Vicki")).build_parameter();
    assert!(say("ü".repeat(700)).is_ok());

    let gather = Gather::new().action("/a").say(Say::new("a"));
    let document = Response::new()
        .play(Play::new("b.mp3"))
        .gather(gather)
        .dial(Dial::new().conference(Conference::new("a").wait_url("?c")).action("https://a.example/d"))
        .redirect(Redirect::new("https://a.example/e"));
    assert!(document.build().is_ok());
    let refused = document.build_parameter().expect_err("three relative URLs");
    let found: Vec<_> = refused.iter().map(|one| (one.code, one.place.as_str())).collect();
    let places = ["Response/Play[0]", "Response/Gather[1]@action", "Response/Dial[2]/Conference[0]@waitUrl"];
    assert_eq!(found, places.map(|place| (15_004, place)));
}
