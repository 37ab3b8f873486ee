//! Whatever comes out of a socket, nobody panics, and what is written is read as it was.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use switchboard::media::{g711, relay, stream};
use switchboard::sim::carrier::SocketEvent;

use super::world::{World, ms};

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

/// What a server does next, whatever it means.
#[derive(Clone, Debug)]
enum Move {
    Says(String),
    /// A message of the protocol that fits the stream.
    Right(u8, u16),
    Binary,
    Waits(u16),
    CallerSays(String),
    CallerPresses,
    Closes(Option<u16>),
}

fn server_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        3 => message_like().prop_map(|value| Move::Says(value.to_string())),
        1 => ".{0,20}".prop_map(Move::Says),
        6 => (0_u8..9, any::<u16>()).prop_map(|(kind, n)| Move::Right(kind, n)),
        1 => Just(Move::Binary),
        4 => (0_u16..3000).prop_map(Move::Waits),
        2 => "[a-z ]{0,20}".prop_map(Move::CallerSays),
        1 => Just(Move::CallerPresses),
        1 => any::<Option<u16>>().prop_map(Move::Closes),
    ]
}

fn right(kind: u8, n: u16, sid: &str) -> Value {
    match kind {
        0 => json!({"event": "media", "streamSid": sid, "media": {"payload": "/".repeat(usize::from(n / 64) * 4)}}),
        1 => json!({"event": "mark", "streamSid": sid, "mark": {"name": n.to_string()}}),
        2 => json!({"event": "clear", "streamSid": sid}),
        3 => {
            json!({"type": "text", "token": "One. Two", "last": n.is_multiple_of(2), "preemptible": n.is_multiple_of(3)})
        }
        4 => json!({"type": "text", "token": "", "last": true}),
        5 => json!({"type": "play", "source": "https://app.test/a", "loop": n}),
        6 => json!({"type": "sendDigits", "digits": n.to_string()}),
        7 => json!({"type": "language", "ttsLanguage": n.to_string()}),
        _ => json!({"type": "end", "handoffData": n.to_string()}),
    }
}

const RELAY: &str = r#"<Connect action="/after"><ConversationRelay url="wss://app.test/a" welcomeGreeting="Hi there."
    dtmfDetection="true" partialPrompts="true" events="speaker-events tokens-played"/></Connect>"#;
const STREAM: &str = r#"<Start><Stream url="wss://app.test/b" track="both_tracks"/></Start>
    <Connect action="/after"><Stream url="wss://app.test/a"/></Connect>"#;

/// Plays the moves of a server on the last connection of a document, to the end of the call.
fn play(document: &str, moves: &[Move]) -> World {
    let mut world = World::new(document);
    world.page("/after", "<Say>Goodbye.</Say>");
    let ann = world.dials();
    let id = *world.ids().last().expect("it connects");
    let sid = world.said(id).get(1).and_then(|start| start["streamSid"].as_str().map(str::to_owned));
    for step in moves {
        match step {
            Move::Says(text) => world.carrier.socket_text(id, text),
            Move::Right(kind, n) => {
                let message = right(*kind, *n, sid.as_deref().unwrap_or_default());
                world.carrier.socket_text(id, &message.to_string());
            }
            Move::Binary => world.carrier.socket_binary(id),
            Move::Waits(wait) => world.run(ms(u64::from(*wait))),
            Move::CallerSays(words) => world.carrier.says(&ann, words),
            Move::CallerPresses => world.carrier.presses(&ann, "5"),
            Move::Closes(code) => world.carrier.socket_closed(id, *code),
        }
        world.pump();
    }
    world.carrier.hangs_up(&ann);
    world.pump();
    world
}

/// What holds whatever a server does.
fn check(world: &World) {
    for id in world.ids() {
        let about = |event: &&SocketEvent| match event {
            SocketEvent::Open { id: other, .. }
            | SocketEvent::Text { id: other, .. }
            | SocketEvent::Close { id: other, .. } => *other == id,
            _ => false,
        };
        let events: Vec<&SocketEvent> = world.sockets.iter().filter(about).collect();
        let opened = events.iter().filter(|event| matches!(event, SocketEvent::Open { .. })).count();
        let closed = events.iter().position(|event| matches!(event, SocketEvent::Close { .. }));
        assert_eq!(opened, 1);
        assert!(closed.is_none_or(|at| at + 1 == events.len()), "something was said after the end: {events:?}");
        // An application's half accepts all that the carrier says.
        let mut streaming = stream::Session::new();
        let mut relaying = relay::Session::new();
        for message in world.said(id) {
            let text = message.to_string();
            match message.get("event") {
                Some(_) => drop(streaming.receive(&text).expect("the carrier keeps the protocol")),
                None => drop(relaying.receive(&text).expect("the carrier keeps the protocol")),
            }
        }
        assert_eq!(streaming.missed(), 0);
    }
    assert!(world.told("/after", "CallSid").len() <= 1, "the action is asked once");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_carrier_keeps_the_protocol_whatever_a_server_does(moves in prop::collection::vec(server_move(), 0..30)) {
        for document in [RELAY, STREAM] {
            check(&play(document, &moves));
        }
    }
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
