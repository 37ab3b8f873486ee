//! Whatever comes out of a socket, nobody panics, and what is written is read as it was.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use switchboard::media::{g711, relay, stream};

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!(1e300)),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z]{0,12}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Objects that look like messages: known kinds and names, with anything under them.
fn message_like() -> impl Strategy<Value = Value> {
    let kinds = "event|type";
    let words = "connected|start|media|dtmf|mark|stop|clear|setup|prompt|interrupt|error|info|text|play|sendDigits\
                 |language|end|other";
    let names = "sequenceNumber|streamSid|start|media|mark|dtmf|stop|payload|name|token|last|digit|sessionId|callSid\
                 |voicePrompt|source|loop|digits|interruptible|preemptible|handoffData|customParameters|ts|value";
    let fields = prop::collection::btree_map(names, json_value(), 0..6);
    (kinds, words, fields).prop_map(|(kind, word, fields)| {
        let mut message: Map<String, Value> = fields.into_iter().collect();
        message.insert(kind, Value::from(word));
        Value::Object(message)
    })
}

fn feed(frame: &str) {
    let _ = (stream::Event::read(frame), stream::Command::read(frame));
    let _ = (relay::Event::read(frame), relay::Command::read(frame));
    let mut session = stream::Session::new();
    let _ = session.receive(r#"{"event":"connected"}"#);
    let _ = (session.receive(frame), session.receive(frame), session.play(&[1]));
    let mut session = relay::Session::new();
    let _ = session.receive(r#"{"type":"setup","sessionId":"VX1","callSid":"CA1"}"#);
    let _ = (session.receive(frame), session.last("x"));
}

fn texts() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map(".{0,8}", ".{0,8}", 0..3)
}

fn stream_event() -> impl Strategy<Value = stream::Event> {
    let track = prop_oneof![
        Just(stream::Track::Inbound),
        Just(stream::Track::Outbound),
        "[a-z]{9,12}".prop_map(stream::Track::Other)
    ];
    let media = (any::<u64>(), any::<u64>(), any::<u64>(), track, ".{0,8}", prop::collection::vec(any::<u8>(), 0..200));
    let media = media.prop_map(|(sequence_number, chunk, timestamp, track, stream_sid, payload)| {
        let media = stream::Chunk { track, chunk, timestamp, payload };
        stream::Event::Media(stream::Media { sequence_number, media, stream_sid })
    });
    let start = (any::<u64>(), ".{0,8}", texts()).prop_map(|(sequence_number, stream_sid, custom_parameters)| {
        stream::Event::Start(stream::Start {
            sequence_number,
            start: stream::StartDetail {
                account_sid: "AC1".to_owned(),
                stream_sid: stream_sid.clone(),
                call_sid: "CA1".to_owned(),
                tracks: vec![stream::Track::Inbound],
                media_format: stream::MediaFormat::default(),
                custom_parameters,
                other: BTreeMap::from([("later".to_owned(), json!([1]))]),
            },
            stream_sid,
        })
    });
    let mark = (any::<u64>(), ".{0,8}", ".{0,8}").prop_map(|(sequence_number, stream_sid, name)| {
        stream::Event::Mark(stream::Marked { sequence_number, stream_sid, mark: stream::MarkName { name } })
    });
    prop_oneof![media, start, mark]
}

fn relay_command() -> impl Strategy<Value = relay::Command> {
    use relay::{Command, End, Interruptible, Language, Play, Text};
    let word = prop_oneof![
        Just(Interruptible::Any),
        Just(Interruptible::None),
        Just(Interruptible::Dtmf),
        Just(Interruptible::Speech)
    ];
    let text = (".{0,20}", any::<bool>(), prop::option::of(".{0,5}"), prop::option::of(word), any::<Option<bool>>());
    let text = text.prop_map(|(token, last, lang, interruptible, preemptible)| {
        Command::Text(Text { token, last, lang, interruptible, preemptible })
    });
    let play = (".{0,20}", any::<Option<u32>>())
        .prop_map(|(source, times)| Command::Play(Play { source, times, ..Play::default() }));
    let end = prop::option::of(".{0,20}").prop_map(|handoff_data| Command::End(End { handoff_data }));
    let language = prop::option::of(".{0,5}")
        .prop_map(|tts_language| Command::Language(Language { tts_language, ..Language::default() }));
    prop_oneof![text, play, end, language]
}

proptest! {
    #[test]
    fn arbitrary_bytes_panic_nobody(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        feed(&String::from_utf8_lossy(&bytes));
        let _ = g711::encode_all(&g711::decode_all(&bytes));
    }

    #[test]
    fn arbitrary_json_panics_nobody(value in prop_oneof![json_value(), message_like()]) {
        feed(&value.to_string());
    }

    #[test]
    fn what_was_read_once_is_written_and_read_the_same(value in message_like()) {
        let frame = value.to_string();
        if let Ok(event) = stream::Event::read(&frame) {
            prop_assert_eq!(stream::Event::read(&event.write()), Ok(event));
        }
        if let Ok(event) = relay::Event::read(&frame) {
            prop_assert_eq!(relay::Event::read(&event.write()), Ok(event));
        }
        if let Ok(command) = stream::Command::read(&frame) {
            prop_assert_eq!(stream::Command::read(&command.write()), Ok(command));
        }
        if let Ok(command) = relay::Command::read(&frame) {
            prop_assert_eq!(relay::Command::read(&command.write()), Ok(command));
        }
    }

    #[test]
    fn a_stream_event_is_read_as_it_was_written(event in stream_event()) {
        prop_assert_eq!(stream::Event::read(&event.write()), Ok(event));
    }

    #[test]
    fn a_relay_command_is_read_as_it_was_written(command in relay_command()) {
        prop_assert_eq!(relay::Command::read(&command.write()), Ok(command));
    }
}
