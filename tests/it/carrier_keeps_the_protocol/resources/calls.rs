//! What POST Calls says about a call besides whom to ring.

use super::*;
use switchboard::sim::carrier::Display;

const GOOD: &str = "To=%2B15550003000&From=%2B15550001000&Url=https%3A%2F%2Fapp.test%2Fout";

#[test]
fn digits_are_sent_before_the_document_is_asked_for() {
    let mut world = World::new();
    world.page("/out", "<Say>Hi</Say>");
    let call = world.places(BOB, "&SendDigits=ww12");
    world.run(Duration::from_millis(2500));
    assert_eq!(world.hears(&call), Hearing::Play("digits:ww12".to_owned()));
    assert!(!world.asked().contains(&"/out"));
    world.run(secs(1));
    assert_eq!(world.hears(&call), say("Hi"));
}

#[test]
fn digits_are_pressed_at_the_number_of_ours_that_answers() {
    let mut world = World::new();
    world.carrier.number(NumberConfig {
        number: FAR.to_owned(),
        voice_url: "https://app.test/menu".to_owned(),
        ..NumberConfig::default()
    });
    world.page("/menu", "<Gather numDigits=\"2\" action=\"/chosen\"/>");
    world.page("/out", "<Pause length=\"60\"/>");
    world.places(FAR, "&SendDigits=w4W2");
    world.run(secs(4));
    assert_eq!(world.told("/chosen", "Digits"), ["42"]);
}

#[test]
fn the_other_end_sees_the_caller_id_the_reason_and_its_parameters() {
    let mut world = World::new();
    world.page("/out", "<Pause/>");
    world.carrier.number(NumberConfig { number: FAR.to_owned(), ..NumberConfig::default() });
    let call = world.places("client%3Aana%3Fcase%3D7%26vip%3Dyes", "&CallerId=%2B15550009000&CallReason=Your+order");
    world.run(secs(1));
    assert_eq!(world.carrier.ringing_at("client:ana"), std::slice::from_ref(&call));
    let Display { caller, reason, parameters, .. } = world.carrier.display(&call).expect("a call");
    assert_eq!((caller.as_str(), reason.as_deref()), (FAR, Some("Your order")));
    assert_eq!(parameters, [("case".to_owned(), "7".to_owned()), ("vip".to_owned(), "yes".to_owned())]);
    assert_eq!(text(&world.rest("GET", &format!("Calls/{call}.json"), "").1, "from"), LINE);
    for (more, expected) in [
        ("&CallerId=%2B15550007777", 21_210),
        ("&CallerId=nobody", 21_212),
        (&*format!("&CallReason={}", "x".repeat(51)), 20_001),
        ("&SendDigits=123456789012345678901234567890123", 21_206),
        ("&Byoc=BY1", 20_001),
        ("&Record=perhaps", 20_001),
        ("&RecordingChannels=stereo", 20_001),
        ("&RecordingStatusCallbackMethod=PUT", 21_209),
        ("&AsyncAmdStatusCallbackMethod=PUT", 21_209),
    ] {
        assert_eq!(code(world.rest("POST", "Calls.json", &format!("{GOOD}{more}"))), (400, expected), "{more}");
    }
}

#[test]
fn a_caller_s_number_is_kept_with_the_token_of_its_call() {
    let mut world = World::new();
    world.page("/voice", "<Pause length=\"60\"/>");
    world.dials();
    let token = world.log[0].body.split('&').find_map(|pair| pair.strip_prefix("CallToken=")).expect("a token");
    let form = format!("To=%2B15550003000&From=%2B15550002000&Url=https%3A%2F%2Fapp.test%2Fout&CallToken={token}");
    assert_eq!(code(world.rest("POST", "Calls.json", &form.replace("&CallToken", "&Other"))), (400, 21_210));
    let (status, call) = world.rest("POST", "Calls.json", &form);
    assert_eq!((status, text(&call, "from")), (201, ANN.to_owned()));
    let stolen = form.replace("From=%2B15550002000", "From=%2B15550004000");
    assert_eq!(code(world.rest("POST", "Calls.json", &stolen)), (400, 21_210));
    assert_eq!(code(world.rest("POST", "Calls.json", &stolen.replace("CallToken=", "CallToken=x"))), (400, 20_001));
}

#[test]
fn permissions_decide_who_may_be_called() {
    let mut world = account(|account| {
        account.geo_permissions = Some(["+1".to_owned()].into());
        account.blocked = [BOB.to_owned()].into();
    });
    assert_eq!(code(world.rest("POST", "Calls.json", GOOD)), (400, 21_216));
    assert_eq!(code(world.rest("POST", "Calls.json", &GOOD.replace("%2B1555000", "%2B4930"))), (400, 21_210));
    let abroad = GOOD.replace("To=%2B1555000", "To=%2B4930");
    assert_eq!(code(world.rest("POST", "Calls.json", &abroad)), (400, 21_215));
    let people = "Conferences/room/Participants.json";
    assert_eq!(code(world.rest("POST", people, &abroad)), (400, 21_215));
    assert_eq!(world.rest("POST", "Calls.json", &GOOD.replace("%2B15550003000", "client%3Aana")).0, 201);
}

#[test]
fn calls_beyond_the_rate_wait_and_say_how_long() {
    let mut world = World::with(CarrierConfig { calls_per_second: 1, ..CarrierConfig::default() });
    world.page("/out", "<Pause length=\"60\"/>");
    world.places(BOB, "");
    let (_, person) = world.rest("POST", "Conferences/room/Participants.json", GOOD);
    let call = world.places("client:ana", "");
    let path = format!("Calls/{call}.json");
    let seen = |world: &mut World| {
        let (_, call) = world.rest("GET", &path, "");
        (text(&call, "status"), text(&call, "queue_time"))
    };
    world.run(Duration::from_millis(1500));
    assert_eq!(seen(&mut world), ("queued".to_owned(), "1500".to_owned()));
    assert_eq!(world.status(&text(&person, "call_sid")), "ringing");
    world.run(secs(1));
    assert_eq!(seen(&mut world), ("ringing".to_owned(), "2000".to_owned()));
}

#[test]
fn a_call_cancelled_while_it_waits_holds_up_nobody() {
    let mut world = World::with(CarrierConfig { calls_per_second: 1, ..CarrierConfig::default() });
    world.page("/out", "<Pause length=\"60\"/>");
    let calls: Vec<String> = (0..5).map(|_| world.places(BOB, "")).collect();
    for call in &calls[1..4] {
        world.rest("POST", &format!("Calls/{call}.json"), "Status=canceled");
    }
    world.run(Duration::from_millis(1500));
    assert_eq!((world.status(&calls[0]), world.status(&calls[4])), ("ringing", "ringing"));
    world.run(secs(60));
    let later = world.places(BOB, "");
    world.run(Duration::from_millis(200));
    assert_eq!(world.status(&later), "ringing", "nobody waits, and the rate was not used");
}

#[test]
fn any_number_calls_and_texts_where_that_is_allowed() {
    let mut world = account(|account| account.any_caller_id = true);
    let from = "To=%2B15550003000&From=%2B15550008888&Twiml=x&Body=x";
    for path in ["Calls.json", "Messages.json", "Conferences/room/Participants.json"] {
        assert_eq!(world.rest("POST", path, from).0, 201, "{path}");
    }
}

#[test]
fn a_url_and_a_document_given_together_are_a_warning() {
    let mut world = World::new();
    world.page("/out", "<Say>From the URL</Say>");
    let call = world.places(
        BOB,
        "&Twiml=%3CResponse%2F%3E&StatusCallbackEvent=answered&StatusCallbackEvent=odd\
                                  &StatusCallback=https%3A%2F%2Fapp.test%2Fstatus",
    );
    world.run(secs(3));
    assert!(world.has_heard(&call, "From the URL"));
    let warned = listed(&mut world, &format!("Calls/{call}/Notifications.json?Log=1"), "notifications", "error_code");
    assert_eq!(warned, ["32019", "21626"]);
}

#[test]
fn a_page_goes_on_although_what_it_followed_was_deleted() {
    let mut world = World::new();
    let mut sids: Vec<String> = (0..5).map(|_| world.places(BOB, "")).collect();
    for sid in &sids {
        world.rest("POST", &format!("Calls/{sid}.json"), "Status=canceled");
    }
    sids.reverse();
    let (mut seen, mut next) = (Vec::new(), Some("Calls.json?PageSize=2".to_owned()));
    while let Some(path) = next {
        let (_, page) = world.rest("GET", &path, "");
        for call in page["calls"].as_array().expect("calls") {
            let sid = text(call, "sid");
            assert_eq!(world.rest("DELETE", &format!("Calls/{sid}.json"), "").0, 204);
            seen.push(sid);
        }
        next = page["next_page_uri"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, sids);
}

#[test]
fn a_list_is_filtered_by_state_and_by_when_calls_ended() {
    let mut world = World::new();
    world.page("/out", "<Pause length=\"30\"/>");
    world.script("client:busy", Ring::Busy);
    world.places("client:busy", "");
    let call = world.places(BOB, "");
    world.run(secs(60));
    let found = |world: &mut World, query: &str| listed(world, &format!("Calls.json?{query}"), "calls", "sid").len();
    assert_eq!(found(&mut world, "Status=busy"), 1);
    assert_eq!(found(&mut world, "EndTime%3E=2025-01-01T00:00:30Z"), 1);
    assert_eq!(found(&mut world, "EndTime%3C=2025-01-01T00:00:05Z"), 1);
    assert_eq!(found(&mut world, &format!("ParentCallSid={call}")), 0);
    assert_eq!(code(world.rest("GET", "Calls.json?Status=initiated", "")), (400, 20_001));
    assert_eq!(text(&world.rest("GET", &format!("Calls/{call}.json"), "").1, "from_formatted"), "(555) 000-1000");
}

#[test]
fn what_runs_beside_a_call_is_begun_and_stopped_by_rest() {
    let mut world = World::new();
    world.page("/out", "<Pause length=\"600\"/>");
    let call = world.places(BOB, "");
    let path = |kind: &str| format!("Calls/{call}/{kind}.json");
    assert_eq!(code(world.rest("POST", &path("Siprec"), "")), (400, 21_220), "it is not in progress yet");
    world.run(secs(3));
    let track = "Track=both_tracks&LanguageCode=de-DE&StatusCallbackUrl=https%3A%2F%2Fapp.test%2Fwords";
    for (kind, form, prefix) in [("Siprec", "Name=s&ConnectorName=c", "SR"), ("Transcriptions", track, "GT")] {
        let (status, json) = world.rest("POST", &path(kind), form);
        let sid = text(&json, "sid");
        assert_eq!((status, text(&json, "status"), sid.starts_with(prefix)), (200, "in-progress".to_owned(), true));
        world.carrier.says(&call, "Hello");
        world.run(secs(2));
        let one = format!("Calls/{call}/{kind}/{sid}.json");
        assert_eq!(code(world.rest("POST", &one, "Status=paused")), (400, 20_001));
        assert_eq!(text(&world.rest("POST", &one, "Status=stopped").1, "status"), "stopped");
    }
    let events = ["transcription-started", "transcription-content", "transcription-stopped"];
    assert_eq!(world.told("/words", "TranscriptionEvent"), events);
    assert_eq!(world.told("/words", "LanguageCode")[1], "de-DE");
    assert_eq!(code(world.rest("POST", &path("Siprec"), "Track=sideways")), (400, 20_001));
    assert_eq!(code(world.rest("POST", &path("Siprec"), "Parameter100.Name=x")), (400, 20_001));
    assert_eq!(world.rest("POST", &path("Siprec"), "Name=s").0, 200, "the name is free again");
    assert_eq!(code(world.rest("POST", &path("Siprec"), "Name=s")), (400, 20_001));
}

#[test]
fn a_browser_and_an_application_exchange_messages() {
    let mut world = World::new();
    world.page("/out", "<Pause length=\"600\"/>");
    let call = world.places("client:ana", "");
    world.run(secs(3));
    let (status, it) = world.rest(
        "POST",
        &format!("Calls/{call}/UserDefinedMessageSubscriptions.json"),
        "Callback=https://app.test/said",
    );
    assert_eq!(status, 201);
    world.carrier.browser_sends(&call, "[1]");
    world.pump();
    assert_eq!(world.told("/said", "CallSid"), std::slice::from_ref(&call));
    let messages = format!("Calls/{call}/UserDefinedMessages.json");
    assert_eq!(world.rest("POST", &messages, "Content=%7B%22a%22%3A1%7D").0, 201);
    assert_eq!(code(world.rest("POST", &messages, "Content=%7B")), (400, 20_001));
    let path = format!("Calls/{call}/UserDefinedMessageSubscriptions/{}.json", text(&it, "sid"));
    assert_eq!(world.rest("DELETE", &path, "").0, 204);
    world.carrier.browser_sends(&call, "[2]");
    world.pump();
    assert_eq!(world.told("/said", "CallSid").len(), 1);
}
