//! What is said, as text.

use super::*;

const TEXT: &str = "https://app.test/text";

fn says(words: &[(u64, &str)]) -> EndpointScript {
    let says = words.iter().map(|(at, words)| (secs(*at), (*words).to_owned())).collect();
    EndpointScript { says, ..EndpointScript::default() }
}

/// Track and words of each piece of content, in the order in which they were told.
fn content(world: &World) -> Vec<(String, String)> {
    let hooks = world.log.iter().filter(|h| path_of(h) == "/text");
    let content = hooks.filter(|h| field(h, "TranscriptionEvent").as_deref() == Some("transcription-content"));
    let pieces = content.map(|h| {
        let data = h.body.split('&').find_map(|p| p.strip_prefix("TranscriptionData=")).unwrap_or_default();
        let data = data
            .replace('+', " ")
            .replace("%7B", "{")
            .replace("%7D", "}")
            .replace("%22", "\"")
            .replace("%3A", ":")
            .replace("%2C", ",");
        let data: Value = serde_json::from_str(&data).expect("JSON");
        (field(h, "Track").unwrap_or_default(), text(&data, "transcript"))
    });
    pieces.collect()
}

#[test]
fn speech_of_both_sides_is_written_down_in_order_from_start_to_stop() {
    let mut world = World::new();
    let start = format!(
        "<Start><Transcription name=\"mine\" statusCallbackUrl=\"{TEXT}\" inboundTrackLabel=\"caller\"/></Start>"
    );
    world.page("/voice", &format!("{start}<Say>Welcome to Acme</Say><Dial timeLimit=\"20\">+15550003000</Dial><Stop><Transcription name=\"mine\"/></Stop><Pause length=\"60\"/>"));
    world.carrier.script(ANN, says(&[(5, "I need help"), (9, "with my modem"), (40, "anybody there")]));
    world.carrier.script(BOB, says(&[(4, "tell me more")]));
    world.dials();
    world.run(secs(60));
    let own = |words: &str| ("inbound_track".to_owned(), words.to_owned());
    let other = |words: &str| ("outbound_track".to_owned(), words.to_owned());
    let expected = [other("Welcome to Acme"), own("I need help"), other("tell me more"), own("with my modem")];
    assert_eq!(content(&world), expected);
    let events = world.told("/text", "TranscriptionEvent");
    assert_eq!(
        (events[0].as_str(), events[5].as_str(), events.len()),
        ("transcription-started", "transcription-stopped", 6)
    );
    assert_eq!(world.told("/text", "SequenceId"), ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(world.told("/text", "Final"), ["", "true", "true", "true", "true", ""]);
    let started = world.log.iter().find(|h| path_of(h) == "/text").cloned().expect("told");
    let fields = [
        ("Name", "mine"),
        ("LanguageCode", "en-US"),
        ("TranscriptionEngine", "google"),
        ("Track", "both_tracks"),
        ("InboundTrackLabel", "caller"),
        ("PartialResults", "false"),
        ("Timestamp", "2025-01-01T00:00:00.000Z"),
    ];
    for (name, value) in fields {
        assert_eq!(field(&started, name).as_deref(), Some(value), "{name}");
    }
    assert!(field(&started, "TranscriptionSid").is_some_and(|sid| sid.starts_with("GT")));
    assert!(started.body.contains("ProviderConfiguration=%7B"));
}

#[test]
fn only_the_track_that_is_wanted_is_written_down_and_partial_results_come_before_the_whole() {
    let mut world = World::new();
    world.page("/voice", &format!("<Start><Transcription track=\"inbound_track\" partialResults=\"true\" statusCallbackUrl=\"{TEXT}\"/></Start><Say>Welcome to Acme</Say><Dial>+15550003000</Dial>"));
    world.carrier.script(ANN, says(&[(2, "one two three four")]));
    world.carrier.script(BOB, says(&[(3, "not wanted")]));
    let sid = world.dials();
    world.run(secs(9));
    assert_eq!(
        content(&world).iter().map(|(_, words)| words.as_str()).collect::<Vec<_>>(),
        ["one two", "one two three four"]
    );
    assert_eq!(world.told("/text", "Final"), ["", "false", "true"]);
    world.carrier.hangs_up(&sid);
    world.pump();
    assert_eq!(
        world.told("/text", "TranscriptionEvent").pop().as_deref(),
        Some("transcription-stopped"),
        "with the call"
    );
}

#[test]
fn a_callback_that_is_not_absolute_is_never_told() {
    let mut world = World::new();
    world.page("/voice", "<Start><Transcription statusCallbackUrl=\"/text\"/><Siprec statusCallback=\"/siprec\"/></Start><Say>Hello</Say>");
    world.dials();
    world.run(secs(3));
    assert_eq!(world.codes(), [11_200, 11_200]);
    assert!(!world.asked().contains(&"/text") && !world.asked().contains(&"/siprec"));
}

#[test]
fn a_message_is_transcribed_after_its_recording_is_completed() {
    let mut world = World::new();
    world.page(
        "/voice",
        "<Record transcribe=\"true\" transcribeCallback=\"/text\" action=\"/recorded\" timeout=\"3\"/>",
    );
    world.carrier.script(ANN, says(&[(2, "please call me back")]));
    let sid = world.dials();
    world.run(secs(17));
    assert!(world.told("/text", "TranscriptionSid").is_empty());
    world.run(secs(2));
    let hook = world.log.iter().find(|h| path_of(h) == "/text").cloned().expect("told");
    let re = world.told("/recorded", "RecordingSid").remove(0);
    // 1.3 s of words are too few.
    assert_eq!((field(&hook, "TranscriptionStatus").as_deref(), world.codes()), (Some("failed"), vec![13_617]));
    assert_eq!((field(&hook, "RecordingSid"), field(&hook, "CallSid")), (Some(re), Some(sid)));

    world.carrier.script(ANN, says(&[(2, "please call me back as soon as you can")]));
    world.dials();
    world.run(secs(20));
    let hook = world.log.iter().rfind(|h| path_of(h) == "/text").cloned().expect("told");
    let tr = field(&hook, "TranscriptionSid").unwrap_or_default();
    let expected = [
        ("TranscriptionStatus", "completed"),
        ("TranscriptionText", "please call me back as soon as you can"),
        ("TranscriptionType", "fast"),
        ("From", ANN),
        ("Direction", "inbound"),
    ];
    for (name, value) in expected {
        assert_eq!(field(&hook, name).as_deref(), Some(value), "{name}");
    }
    assert!(
        tr.starts_with("TR")
            && field(&hook, "TranscriptionUrl").is_some_and(|url| url.ends_with(&format!("/Transcriptions/{tr}")))
    );
}

#[test]
fn a_fork_to_a_recorder_is_told_its_beginning_and_its_end() {
    let mut world = World::new();
    world.page("/voice", "<Start><Siprec name=\"fork\" connectorName=\"rec\" statusCallback=\"https://app.test/siprec\"/></Start><Say>Hello</Say><Stop><Siprec name=\"fork\"/></Stop><Stop><Siprec name=\"fork\"/></Stop><Pause length=\"9\"/>");
    world.dials();
    world.run(secs(3));
    assert_eq!(world.told("/siprec", "SiprecEvent"), ["siprec-started", "siprec-stopped"]);
    assert!(world.told("/siprec", "SiprecSid").iter().all(|sid| sid.starts_with("SR")));
    assert_eq!(world.codes(), [12_200], "what has been stopped cannot be stopped");
}

#[test]
fn rest_begins_and_ends_what_a_document_could_and_ends_what_a_document_began() {
    let mut world = World::new();
    world.page("/voice", &format!("<Start><Transcription name=\"mine\" statusCallbackUrl=\"{TEXT}\"/></Start><Say>Hello</Say><Pause length=\"60\"/>"));
    world.carrier.script(ANN, says(&[(5, "are you there")]));
    let sid = world.dials();
    world.run(secs(1));
    let (status, stopped) = world.rest("POST", &format!("Calls/{sid}/Transcriptions/mine.json"), "Status=stopped");
    assert_eq!(
        (status, text(&stopped, "status"), text(&stopped, "name")),
        (200, "stopped".to_owned(), "mine".to_owned())
    );
    let form = "Name=yours&Track=inbound_track&StatusCallbackUrl=https%3A%2F%2Fapp.test%2Fyours&LanguageCode=de-DE";
    let (_, begun) = world.rest("POST", &format!("Calls/{sid}/Transcriptions.json"), form);
    assert_eq!((text(&begun, "status"), text(&begun, "name")), ("in-progress".to_owned(), "yours".to_owned()));
    world.run(secs(9));
    assert_eq!(world.told("/yours", "TranscriptionEvent"), ["transcription-started", "transcription-content"]);
    assert_eq!(world.told("/yours", "LanguageCode"), ["de-DE", "de-DE"]);
    assert_eq!(world.told("/yours", "TranscriptionSid"), vec![text(&begun, "sid"); 2]);
    assert_eq!(world.told("/text", "TranscriptionEvent").last().map(String::as_str), Some("transcription-stopped"));

    let form = "Name=fork&ConnectorName=rec&StatusCallback=https%3A%2F%2Fapp.test%2Fsiprec";
    let (_, fork) = world.rest("POST", &format!("Calls/{sid}/Siprec.json"), form);
    world.carrier.hangs_up(&sid);
    world.pump();
    assert_eq!(world.told("/siprec", "SiprecEvent"), ["siprec-started", "siprec-stopped"]);
    assert_eq!(world.told("/siprec", "SiprecSid"), vec![text(&fork, "sid"); 2]);
}

#[test]
fn the_text_of_a_message_is_a_resource_of_its_recording() {
    let mut world = World::new();
    world.page("/voice", "<Record transcribe=\"true\" action=\"/recorded\" timeout=\"3\"/>");
    world.carrier.script(ANN, says(&[(2, "please call me back as soon as you can")]));
    world.dials();
    world.run(secs(30));
    let re = world.told("/recorded", "RecordingSid").remove(0);
    let (_, list) = world.rest("GET", &format!("Recordings/{re}/Transcriptions.json"), "");
    assert_eq!(text(&list["transcriptions"][0], "transcription_text"), "please call me back as soon as you can");
}
