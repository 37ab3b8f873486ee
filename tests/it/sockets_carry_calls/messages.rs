//! Each message as Twilio documents it, read and written by both sides.

use serde_json::{Value, json};
use switchboard::media::ReadError;
use switchboard::media::relay::{self, Interruptible};
use switchboard::media::stream::{self, Track};

fn same(text: &str, json: &Value) {
    assert_eq!(&serde_json::from_str::<Value>(text).expect("it is JSON"), json);
}

#[test]
fn what_a_stream_sends_is_read_and_written_back() {
    let frames = [
        json!({"event": "connected", "protocol": "Call", "version": "1.0.0"}),
        json!({"event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": {
            "accountSid": "AC1", "streamSid": "MZ1", "callSid": "CA1", "tracks": ["inbound", "outbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"k": "v"}, "fromTheFuture": 7}}),
        json!({"event": "media", "sequenceNumber": "3", "streamSid": "MZ1",
            "media": {"track": "inbound", "chunk": "1", "timestamp": "5", "payload": "AQID/w=="}}),
        json!({"event": "dtmf", "streamSid": "MZ1", "sequenceNumber": "5",
            "dtmf": {"track": "inbound_track", "digit": "1"}}),
        json!({"event": "mark", "sequenceNumber": "4", "streamSid": "MZ1", "mark": {"name": "x"}}),
        json!({"event": "stop", "sequenceNumber": "9", "streamSid": "MZ1",
            "stop": {"accountSid": "AC1", "callSid": "CA1"}}),
        json!({"event": "weather", "sequenceNumber": "10", "sun": true}),
    ];
    for frame in &frames {
        let event = stream::Event::read(&frame.to_string()).expect("it is documented");
        assert_eq!(event.kind(), frame["event"]);
        let number = frame["sequenceNumber"].as_str().map(|n| n.parse().expect("a number"));
        assert_eq!(event.sequence_number(), number);
        same(&event.write(), frame);
        assert_eq!(&serde_json::to_value(&event).expect("JSON"), frame);
        assert_eq!(serde_json::from_value::<stream::Event>(frame.clone()).expect("JSON"), event);
    }
    let stream::Event::Media(media) = stream::Event::read(&frames[2].to_string()).expect("media") else {
        panic!("it says media")
    };
    assert_eq!((media.sequence_number, media.media.chunk, media.media.timestamp), (3, 1, 5));
    assert_eq!((media.media.track, media.media.payload), (Track::Inbound, vec![1, 2, 3, 255]));
}

#[test]
fn what_a_stream_takes_is_read_and_written_back() {
    let frames = [
        json!({"event": "media", "streamSid": "MZ1", "media": {"payload": "AQID/w=="}}),
        json!({"event": "mark", "streamSid": "MZ1", "mark": {"name": "x"}}),
        json!({"event": "clear", "streamSid": "MZ1"}),
        json!({"event": "pause"}),
    ];
    for frame in &frames {
        let command = stream::Command::read(&frame.to_string()).expect("it is documented");
        same(&command.write(), frame);
    }
}

#[test]
fn what_a_relay_sends_is_read_and_written_back() {
    let frames = [
        json!({"type": "setup", "sessionId": "VX1", "accountSid": "AC1", "parentCallSid": "", "callSid": "CA1",
            "from": "+14155550101", "to": "+14155550100", "forwardedFrom": "", "callType": "PSTN", "callerName": "",
            "direction": "inbound", "callStatus": "RINGING", "customParameters": {"table": "7"}, "later": [1]}),
        json!({"type": "prompt", "voicePrompt": "Are you open?", "lang": "en-US", "last": true, "turn": "end"}),
        json!({"type": "dtmf", "digit": "#"}),
        json!({"type": "interrupt", "utteranceUntilInterrupt": "We are", "durationUntilInterruptMs": 460}),
        json!({"type": "error", "description": "Invalid message"}),
        json!({"type": "info", "name": "agentSpeaking", "value": "on", "ts": 1_752_091_234_567_i64}),
        json!({"type": "info", "name": "tokensPlayed", "value": "Hi, "}),
        json!({"type": "weather", "sun": true}),
    ];
    for frame in &frames {
        let event = relay::Event::read(&frame.to_string()).expect("it is documented");
        assert_eq!(event.kind(), frame["type"]);
        same(&event.write(), frame);
        assert_eq!(serde_json::from_value::<relay::Event>(frame.clone()).expect("JSON"), event);
    }
}

#[test]
fn what_a_relay_takes_is_read_and_written_back() {
    let frames = [
        json!({"type": "text", "token": "Hel", "last": false, "lang": "en-US", "interruptible": true,
            "preemptible": false}),
        json!({"type": "text", "token": "lo", "last": true, "interruptible": "speech"}),
        json!({"type": "play", "source": "https://app.test/a.mp3", "loop": 0, "preemptible": true,
            "interruptible": false}),
        json!({"type": "sendDigits", "digits": "1w2#"}),
        json!({"type": "language", "ttsLanguage": "es-ES", "transcriptionLanguage": "es-MX", "voice": "Lucia"}),
        json!({"type": "end", "handoffData": "{\"reason\":\"agent\"}"}),
        json!({"type": "end"}),
        json!({"type": "dance"}),
    ];
    for frame in &frames {
        let command = relay::Command::read(&frame.to_string()).expect("it is documented");
        same(&command.write(), frame);
    }
}

#[test]
fn the_kind_comes_first_as_twilio_writes_it() {
    let text = relay::Command::Text(relay::Text::last("Hi \"you\" {"));
    assert_eq!(text.write(), r#"{"type":"text","token":"Hi \"you\" {","last":true}"#);
    assert_eq!(relay::Command::End(relay::End::default()).write(), r#"{"type":"end"}"#);
    let mark = stream::MarkName { name: "a".to_owned() };
    let mark = stream::Marked { sequence_number: 4, stream_sid: "MZ1".to_owned(), mark };
    let text = r#"{"event":"mark","sequenceNumber":"4","streamSid":"MZ1","mark":{"name":"a"}}"#;
    assert_eq!(stream::Event::Mark(mark).write(), text);
}

#[test]
fn what_was_seen_on_the_wire_besides_the_documentation_is_read() {
    // Decimals where whole numbers are documented, values that are no text, nulls, numbers as numbers.
    let event = relay::Event::read(r#"{"type":"interrupt","durationUntilInterruptMs":460.75}"#).expect("a decimal");
    assert!(matches!(event, relay::Event::Interrupt(i) if i.duration_until_interrupt_ms == 460));
    let setup = r#"{"type":"setup","sessionId":"VX1","callSid":"CA1","forwardedFrom":null,"customParameters":{"n":7}}"#;
    let relay::Event::Setup(setup) = relay::Event::read(setup).expect("nulls") else { panic!("it says setup") };
    assert_eq!((setup.custom_parameters["n"].as_str(), setup.forwarded_from.as_str()), ("7", ""));
    let media = r#"{"event":"media","sequenceNumber":3,"streamSid":"MZ1",
        "media":{"track":"inbound","chunk":1,"timestamp":5,"payload":"AQ"}}"#;
    let stream::Event::Media(media) = stream::Event::read(media).expect("numbers") else { panic!("it says media") };
    assert_eq!((media.sequence_number, media.media.payload), (3, vec![1]));
}

#[test]
fn what_is_no_message_is_told_by_name() {
    let read = |frame: &str| stream::Event::read(frame).expect_err(frame);
    assert!(matches!(read("hello"), ReadError::NotJson(_)));
    for frame in ["[]", "7", "null", "{}", r#"{"type":"media"}"#, r#"{"event":7}"#] {
        assert_eq!(read(frame), ReadError::NoKind("event"), "{frame}");
    }
    for (frame, part) in [
        (r#"{"event":"media","sequenceNumber":"1","streamSid":"MZ1"}"#, "media"),
        (r#"{"event":"mark","sequenceNumber":"-1","streamSid":"MZ1","mark":{"name":"x"}}"#, "-1"),
        (r#"{"event":"mark","sequenceNumber":"x","streamSid":"MZ1","mark":{"name":"x"}}"#, "whole number"),
    ] {
        let error = read(frame).to_string();
        assert!(error.contains(part), "{error}");
    }
    let bad = r#"{"event":"media","streamSid":"MZ1","media":{"payload":"?"}}"#;
    let error = stream::Command::read(bad).expect_err("no base64").to_string();
    assert!(error.contains("base64"), "{error}");
    let deep = "[".repeat(100_000);
    assert!(matches!(read(&deep), ReadError::NotJson(_)));
    let bad = r#"{"type":"text","token":"x","interruptible":"sometimes"}"#;
    let error = relay::Command::read(bad).expect_err("no such word").to_string();
    assert!(error.contains("sometimes"), "{error}");
}

#[test]
fn each_word_of_interruptible_means_what_it_says() {
    let words = ["any", "true", "none", "false", "dtmf", "speech", "Any", ""];
    let means = words.map(|word| Interruptible::named(word).map(|i| (i.by_speech(), i.by_dtmf())));
    let (all, none) = (Some((true, true)), Some((false, false)));
    assert_eq!(means, [all, all, none, none, Some((false, true)), Some((true, false)), None, None]);
}
