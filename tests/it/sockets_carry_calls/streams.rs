//! `<Stream>` on the carrier: what a server gets, and what the caller hears of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use switchboard::media::g711::SILENCE;
use switchboard::sim::carrier::{CallStatus, CarrierConfig, Hearing, SocketEvent, SocketFault, SocketRules};
use switchboard::webhook::{Algorithm, sign};

use super::world::{ANN, BOB, World, ms, secs};

const CONNECT: &str = r#"<Connect><Stream url="wss://app.test/audio" statusCallback="https://app.test/stream"/>
    </Connect><Say>Goodbye.</Say>"#;
const START: &str = r#"<Start><Stream name="ear" url="wss://app.test/audio" track="both_tracks"
    statusCallback="https://app.test/stream"/></Start><Say>This call is listened to by somebody.</Say>
    <Stop><Stream name="ear"/></Stop><Pause length="3"/>"#;

fn payload(media: &Value) -> Vec<u8> {
    STANDARD.decode(media["media"]["payload"].as_str().expect("a payload")).expect("base64")
}

fn number(message: &Value) -> u64 {
    message["sequenceNumber"].as_str().expect("numbers are text").parse().expect("a number")
}

fn play(sid: &str, audio: &[u8]) -> Value {
    json!({"event": "media", "streamSid": sid, "media": {"payload": STANDARD.encode(audio)}})
}

fn mark(sid: &str, name: &str) -> Value {
    json!({"event": "mark", "streamSid": sid, "mark": {"name": name}})
}

/// A two-way stream that stands: the world, Ann's leg, the connection and the stream's sid.
fn connected() -> (World, String, u64, String) {
    let mut world = World::new(CONNECT);
    let ann = world.dials();
    let id = world.id();
    let sid = world.said(id)[1]["streamSid"].as_str().expect("it has started").to_owned();
    (world, ann, id, sid)
}

#[test]
fn a_handshake_is_signed_for_its_wss_url() {
    for (slash, signed) in [(false, "wss://app.test/audio"), (true, "wss://app.test/audio/")] {
        let rules = SocketRules { signed_with_slash: slash, ..SocketRules::default() };
        let mut world = World::with(rules, CONNECT);
        let ann = world.dials();
        let Some(SocketEvent::Open { url, headers, call_sid, timeout, .. }) = world.sockets.first() else {
            panic!("nothing was opened: {:?}", world.sockets)
        };
        assert_eq!((url.as_str(), call_sid, *timeout), ("wss://app.test/audio", &ann, secs(5)));
        let signature = sign(signed, &[], &CarrierConfig::default().auth_token, Algorithm::HmacSha1);
        assert_eq!(headers, &[("x-twilio-signature".to_owned(), signature)]);
    }
}

#[test]
fn a_two_way_stream_is_introduced_and_then_heard_each_20_ms() {
    let parameters = r#"<Parameter name="table" value="7"/><Parameter name="who" value="Ann &amp; Bob"/>"#;
    let document = format!(r#"<Connect><Stream url="wss://app.test/audio">{parameters}</Stream></Connect>"#);
    let mut world = World::new(&document);
    let ann = world.dials();
    world.run(ms(100));
    let said = world.said(world.id());
    assert_eq!(said[0], json!({"event": "connected", "protocol": "Call", "version": "1.0.0"}));
    let sid = said[1]["streamSid"].clone();
    assert!(sid.as_str().is_some_and(|sid| sid.starts_with("MZ") && sid.len() == 34), "{sid}");
    let account = CarrierConfig::default().account_sid;
    assert_eq!(
        said[1],
        json!({"event": "start", "sequenceNumber": "1", "streamSid": sid, "start": {
            "accountSid": account, "streamSid": sid, "callSid": ann, "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"table": "7", "who": "Ann & Bob"}}})
    );
    let media = &said[2..];
    assert_eq!(media.len(), 5);
    for (n, message) in media.iter().enumerate() {
        let counts = [&message["sequenceNumber"], &message["media"]["chunk"], &message["media"]["timestamp"]];
        assert_eq!(counts, [&json!((n + 2).to_string()), &json!((n + 1).to_string()), &json!((n * 20).to_string())]);
        assert_eq!((&message["media"]["track"], payload(message)), (&json!("inbound"), vec![SILENCE; 160]));
    }
    assert_eq!(world.carrier.call(&ann).expect("a leg").hearing, Hearing::Pause, "it is listened to");
}

#[test]
fn a_voice_is_heard_while_somebody_speaks_and_each_has_its_own() {
    let mut world = World::new(CONNECT);
    let callers = [ANN, BOB].map(|caller| world.carrier.caller_dials(caller, super::world::LINE));
    world.pump();
    world.run(ms(100));
    callers.iter().for_each(|call| world.carrier.says(call, "Hello there, you!"));
    world.run(secs(3));
    let voices = [0, 1].map(|n| {
        let media = world.said_of(world.ids()[n], "media");
        let loud: Vec<usize> = (0..media.len()).filter(|n| payload(&media[*n]) != [SILENCE; 160]).collect();
        // 17 characters at 15 a second: from 100 ms on for 1133 ms.
        assert_eq!((loud.len(), loud.first(), loud.last()), (57, Some(&5), Some(&61)));
        media.iter().flat_map(payload).collect::<Vec<u8>>()
    });
    assert_ne!(voices[0], voices[1]);
}

#[test]
fn what_a_server_sends_is_heard_by_the_caller_and_its_marks_come_back_in_time() {
    let (mut world, ann, id, sid) = connected();
    let audio: Vec<u8> = (0..800).map(|n| u8::try_from(n % 251).expect("small")).collect();
    world.server(id, &mark(&sid, "before"));
    assert_eq!(world.said_of(id, "mark").len(), 1, "there is nothing to wait for");
    world.server(id, &play(&sid, &audio));
    world.server(id, &play(&sid, &audio));
    world.server(id, &mark(&sid, "after"));
    world.run(ms(199));
    assert_eq!(world.carrier.call(&ann).expect("a leg").hearing, Hearing::Stream(sid.clone()));
    assert_eq!(world.said_of(id, "mark").len(), 1, "not played yet");
    world.run(ms(1));
    let marks = world.said_of(id, "mark");
    assert_eq!((marks.len(), &marks[1]["mark"]["name"], &marks[1]["streamSid"]), (2, &json!("after"), &json!(sid)));
    assert_eq!(world.carrier.audio_played(&ann), [audio.clone(), audio].concat());
    assert_eq!(world.carrier.call(&ann).expect("a leg").hearing, Hearing::Pause);
    let numbers: Vec<u64> = world.said(id)[1..].iter().map(number).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "each message has the next number");
}

#[test]
fn clearing_drops_what_was_not_heard_and_returns_the_marks() {
    let (mut world, ann, id, sid) = connected();
    world.server(id, &play(&sid, &[1; 8000]));
    for name in ["a", "b"] {
        world.server(id, &mark(&sid, name));
        world.server(id, &play(&sid, &[2; 8000]));
    }
    world.run(ms(250));
    world.server(id, &json!({"event": "clear", "streamSid": sid}));
    let names: Vec<Value> = world.said_of(id, "mark").iter().map(|m| m["mark"]["name"].clone()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(world.carrier.audio_played(&ann), [1; 2000], "a quarter of a second of it");
    assert_eq!(world.carrier.call(&ann).expect("a leg").hearing, Hearing::Pause);
    world.server(id, &play(&sid, &[3; 80]));
    world.run(secs(5));
    assert_eq!(world.carrier.audio_played(&ann), [vec![1; 2000], vec![3; 80]].concat(), "nothing old comes back");
}

#[test]
fn the_document_goes_on_when_the_server_closes_a_two_way_stream() {
    let (mut world, ann, id, _) = connected();
    world.run(secs(2));
    world.carrier.socket_closed(id, Some(1000));
    world.pump();
    assert_eq!(world.carrier.call(&ann).expect("a leg").hearing, Hearing::Say("Goodbye.".to_owned()));
    let events = world.told("/stream", "StreamEvent");
    assert_eq!(events, [Some("stream-started".to_owned()), Some("stream-stopped".to_owned())]);
    assert!(world.codes().is_empty(), "{:?}", world.codes());
    let frames = world.said(id).len();
    world.run(secs(2));
    assert_eq!(world.said(id).len(), frames, "nothing more is said");
}

#[test]
fn an_action_is_asked_when_the_server_closes() {
    let mut world = World::new(r#"<Connect action="/next"><Stream url="wss://app.test/a"/></Connect><Say>No.</Say>"#);
    world.page("/next", "<Say>And now?</Say>");
    let ann = world.dials();
    world.carrier.socket_closed(world.id(), None);
    world.pump();
    assert_eq!(world.carrier.call(&ann).expect("a leg").hearing, Hearing::Say("And now?".to_owned()));
    assert_eq!(world.told("/next", "CallSid"), [Some(ann)]);
}

#[test]
fn hanging_up_stops_the_stream_and_closes_the_connection() {
    let (mut world, ann, id, sid) = connected();
    world.run(ms(40));
    world.carrier.hangs_up(&ann);
    world.pump();
    let said = world.said(id);
    let account = CarrierConfig::default().account_sid;
    let stop = json!({"event": "stop", "sequenceNumber": "4", "streamSid": sid,
        "stop": {"accountSid": account, "callSid": ann}});
    assert_eq!((said.last(), world.closed(id)), (Some(&stop), Some(1000)));
    let events = world.told("/stream", "StreamEvent");
    assert_eq!(events, [Some("stream-started".to_owned()), Some("stream-stopped".to_owned())]);
    assert_eq!(world.told("/stream", "StreamSid"), [Some(sid.clone()), Some(sid.clone())]);
    assert_eq!(world.told("/stream", "StreamName"), [Some(sid.clone()), Some(sid)], "the default name");
    let at = world.told("/stream", "Timestamp");
    assert_eq!(at[1].as_deref(), Some("2025-01-01T00:00:00.040Z"), "ISO 8601");
    assert_eq!(world.carrier.next_due(), None, "nothing goes on");
}

#[test]
fn a_fork_hears_both_sides_while_the_document_goes_on() {
    let mut world = World::new(START);
    let ann = world.dials();
    let id = world.id();
    assert!(matches!(world.carrier.call(&ann).expect("a leg").hearing, Hearing::Say(_)), "it goes on at once");
    world.carrier.says(&ann, "Oh!");
    world.run(secs(4));
    let said = world.said(id);
    assert_eq!(said[1]["start"]["tracks"], json!(["inbound", "outbound"]));
    let frames = world.said_of(id, "media");
    let of =
        |track: &str| -> Vec<Vec<u8>> { frames.iter().filter(|m| m["media"]["track"] == track).map(payload).collect() };
    let (inbound, outbound) = (of("inbound"), of("outbound"));
    // 37 characters take 2.466 s: 123 frames of each side.
    assert_eq!((inbound.len(), outbound.len()), (123, 123));
    assert!(inbound[..15].iter().all(|frame| *frame != [SILENCE; 160]), "the shortest word takes 300 ms");
    assert!(inbound[15..].iter().all(|frame| *frame == [SILENCE; 160]));
    assert!(outbound.iter().all(|frame| *frame != [SILENCE; 160]), "the sentence is heard by her");
    assert_eq!((said.last().map(|m| m["event"].clone()), world.closed(id)), (Some(json!("stop")), Some(1000)));
    assert_eq!(world.told("/stream", "StreamName"), [Some("ear".to_owned()), Some("ear".to_owned())]);
    assert!(world.codes().is_empty(), "{:?}", world.codes());
}

#[test]
fn a_fork_ends_with_the_call() {
    let mut world = World::new(START);
    let ann = world.dials();
    world.run(ms(20));
    world.carrier.hangs_up(&ann);
    world.pump();
    let last = world.said(world.id()).pop();
    assert_eq!((last.map(|m| m["event"].clone()), world.closed(world.id())), (Some(json!("stop")), Some(1000)));
    assert_eq!(world.told("/stream", "StreamEvent").len(), 2);
    assert_eq!(world.carrier.next_due(), None, "nothing goes on");
}

#[test]
fn a_fork_of_a_conversation_hears_two_voices() {
    let fork = r#"<Start><Stream url="wss://app.test/a" track="both_tracks"/></Start><Dial><Number>+15550003000</Number>
        </Dial>"#;
    let mut world = World::new(fork);
    world.dials();
    world.run(secs(4));
    assert_eq!(world.joined().len(), 1);
    let media = world.said_of(world.id(), "media");
    let last = &media[media.len() - 2..];
    assert_ne!(payload(&last[0]), [SILENCE; 160]);
    assert_ne!(payload(&last[1]), [SILENCE; 160]);
    assert_ne!(payload(&last[0]), payload(&last[1]));
}

#[test]
fn a_server_that_leaves_a_fork_changes_nothing_for_the_caller() {
    let mut world = World::new(START);
    let ann = world.dials();
    world.run(secs(1));
    let before = world.carrier.call(&ann);
    world.carrier.socket_closed(world.id(), Some(1000));
    world.pump();
    assert_eq!(world.carrier.call(&ann), before);
    assert_eq!(world.codes(), [31_921]);
    let events: Vec<_> = world.told("/stream", "StreamEvent").into_iter().flatten().collect();
    assert_eq!(events, ["stream-started", "stream-error", "stream-stopped"]);
    assert!(world.told("/stream", "StreamError")[1].as_ref().is_some_and(|error| error.contains("31921")));
    assert_eq!(world.carrier.next_due().map(|_| ()), Some(()), "the document goes on");
    world.run(secs(2));
    assert_eq!(world.codes(), [31_921, 12_200], "there is nothing to stop any more");
}

#[test]
fn a_connection_that_does_not_come_about_is_told_and_the_document_goes_on() {
    for (fault, code) in [
        (SocketFault::Timeout, 31_901),
        (SocketFault::Refused, 31_902),
        (SocketFault::Handshake(404), 31_920),
        (SocketFault::Protocol, 31_924),
    ] {
        let mut world = World::new(CONNECT);
        world.refuses = Some(fault);
        let ann = world.dials();
        assert_eq!(world.codes(), [code]);
        assert_eq!(world.told("/stream", "StreamEvent"), [Some("stream-error".to_owned())], "it never started");
        assert_eq!(world.carrier.call(&ann).expect("a leg").hearing, Hearing::Say("Goodbye.".to_owned()));
    }
}

#[test]
fn a_server_that_does_not_answer_the_handshake_is_given_up() {
    let mut world = World::new(CONNECT);
    world.stalls = true;
    let ann = world.dials();
    world.run(ms(4_999));
    assert_eq!(world.carrier.call(&ann).expect("a leg").hearing, Hearing::Silence);
    world.run(ms(1));
    assert_eq!((world.codes(), world.closed(world.id())), (vec![31_901], Some(1000)));
    assert_eq!(world.carrier.call(&ann).expect("a leg").hearing, Hearing::Say("Goodbye.".to_owned()));
    world.carrier.socket_opened(world.id());
    world.pump();
    assert_eq!(world.said(world.id()), [] as [Value; 0], "it comes too late");
}

#[test]
fn each_wrong_message_is_warned_of_once_in_a_stream() {
    let (mut world, ann, id, sid) = connected();
    for wrong in ["no json", "{}", r#"{"event":"dance"}"#, r#"{"event":"media","streamSid":"x"}"#] {
        world.carrier.socket_text(id, wrong);
    }
    assert_eq!(world.codes(), [31_951]);
    world.server(id, &play("MZ00000000000000000000000000000000", &[1; 160]));
    world.carrier.socket_binary(id);
    world.carrier.socket_binary(id);
    assert_eq!(world.codes(), [31_951, 31_950]);
    world.server(id, &play(&sid, &vec![7; 600 * 8000]));
    world.server(id, &play(&sid, &[7]));
    world.server(id, &play(&sid, &[7]));
    assert_eq!(world.codes(), [31_951, 31_950, 31_931], "more than ten minutes of audio");
    world.run(secs(1));
    assert_eq!(world.carrier.call(&ann).expect("a leg").hearing, Hearing::Stream(sid), "the stream goes on");
}

#[test]
fn a_fork_only_listens() {
    let mut world = World::new(START);
    let ann = world.dials();
    let sid = world.said(world.id())[1]["streamSid"].as_str().expect("started").to_owned();
    world.server(world.id(), &play(&sid, &[1; 160]));
    world.run(secs(1));
    assert_eq!((world.codes(), world.carrier.audio_played(&ann)), (vec![31_951], Vec::new()));
}

#[test]
fn keys_are_told_to_a_two_way_stream_only() {
    let (mut world, ann, id, sid) = connected();
    world.carrier.presses(&ann, "1#");
    world.pump();
    let keys = world.said_of(id, "dtmf");
    assert_eq!(keys.len(), 2);
    assert_eq!(
        keys[1],
        json!({"event": "dtmf", "streamSid": sid, "sequenceNumber": "3",
        "dtmf": {"track": "inbound_track", "digit": "#"}})
    );
    let mut world = World::new(START);
    let ann = world.dials();
    world.carrier.presses(&ann, "1");
    world.pump();
    assert_eq!(world.said_of(world.id(), "dtmf"), [] as [Value; 0]);
}

#[test]
fn what_a_document_asks_for_wrongly_is_refused_by_its_code() {
    let long = "x".repeat(498);
    for (noun, codes, opened) in [
        (r#"<Stream url="ws://app.test/a"/>"#.to_owned(), vec![11_100], 0),
        (r#"<Stream url="/a"/>"#.to_owned(), vec![11_100], 0),
        ("<Stream/>".to_owned(), vec![11_100], 0),
        (r#"<Stream url="wss://app.test/a?b=c"/>"#.to_owned(), vec![12_200], 1),
        (r#"<Stream url="wss://app.test/a" track="both"/>"#.to_owned(), vec![31_941], 0),
        (r#"<Stream url="wss://app.test/a" statusCallback="/cb"/>"#.to_owned(), vec![11_200], 1),
        (format!(r#"<Stream url="wss://app.test/a"><Parameter name="ab" value="{long}"/></Stream>"#), vec![12_200], 1),
        (format!(r#"<Stream url="wss://app.test/a"><Parameter name="a" value="{long}"/></Stream>"#), vec![], 1),
        (r#"<Stream name="a" url="wss://app.test/a"/>"#.repeat(2), vec![12_200], 1),
        (r#"<Stream url="wss://app.test/a"/>"#.repeat(5), vec![31_941], 4),
        (r#"<Stream url="wss://app.test/a" track="both_tracks"/>"#.repeat(3), vec![31_941], 2),
        ("<Tea/>".to_owned(), vec![14_300], 0),
    ] {
        let mut world = World::new(&format!("<Start>{noun}</Start><Pause/>"));
        world.dials();
        assert_eq!((world.codes(), world.ids().len()), (codes, opened), "{noun}");
    }
    let mut world = World::new(r#"<Connect><Stream track="outbound_track" url="wss://a.test/"/></Connect><Pause/>"#);
    world.dials();
    assert_eq!((world.codes(), world.ids().len()), (vec![31_941], 0));
    let mut world = World::new("<Connect></Connect><Pause/>");
    world.dials();
    assert_eq!(world.codes(), [12_200]);
}

#[test]
fn a_query_is_left_out_and_a_plain_url_can_be_allowed() {
    let mut world = World::new(r#"<Start><Stream url="wss://app.test/a?b=c"/></Start><Pause/>"#);
    world.dials();
    assert!(matches!(&world.sockets[0], SocketEvent::Open { url, .. } if url == "wss://app.test/a"));
    let rules = SocketRules { plain_urls: true, ..SocketRules::default() };
    let mut world = World::with(rules, r#"<Start><Stream url="ws://localhost:1/a"/></Start><Pause/>"#);
    world.dials();
    assert!(matches!(&world.sockets[0], SocketEvent::Open { url, .. } if url == "ws://localhost:1/a"));
}

#[test]
fn rest_starts_a_fork_and_stops_it_by_sid_or_name() {
    for by_name in [false, true] {
        let mut world = World::new("<Pause length=\"60\"/><Say>Hi.</Say><Pause length=\"60\"/>");
        let ann = world.dials();
        let path = format!("Calls/{ann}/Streams.json");
        let form = "Url=wss%3A%2F%2Fapp.test%2Fa&Name=ear&Track=both_tracks&StatusCallback=https%3A%2F%2Fapp.test%2Fstream\
                    &Parameter1.Name=table&Parameter1.Value=7&Parameter3.Name=x&Parameter3.Value=";
        let (status, body) = world.rest(&path, form);
        assert_eq!((status, &body["code"]), (400, &json!(21_220)), "it rings");
        world.run(secs(61));
        let (status, stream) = world.rest(&path, form);
        assert_eq!((status, &stream["status"], &stream["name"]), (200, &json!("in-progress"), &json!("ear")));
        assert_eq!(stream["call_sid"], json!(ann));
        let start = &world.said(world.id())[1];
        assert_eq!(start["streamSid"], stream["sid"]);
        assert_eq!(start["start"]["customParameters"], json!({"table": "7", "x": ""}));
        assert_eq!(world.rest(&path, form).0, 400, "the name is taken");
        let name = if by_name { "ear".to_owned() } else { stream["sid"].as_str().expect("a sid").to_owned() };
        let path = format!("Calls/{ann}/Streams/{name}.json");
        assert_eq!(world.rest(&path, "Status=paused").0, 400);
        let (status, stopped) = world.rest(&path, "Status=stopped");
        assert_eq!((status, &stopped["status"], &stopped["sid"]), (200, &json!("stopped"), &stream["sid"]));
        assert_eq!(world.closed(world.id()), Some(1000));
        assert_eq!(world.told("/stream", "StreamEvent").len(), 2);
        assert_eq!(world.rest(&format!("Calls/{ann}/Streams/MZ1.json"), "Status=stopped").0, 404);
    }
}

#[test]
fn what_rest_asks_for_wrongly_is_refused() {
    let mut world = World::new("<Say>Hello, this is a long sentence indeed.</Say>");
    let ann = world.dials();
    let path = format!("Calls/{ann}/Streams.json");
    for form in ["", "Url=https%3A%2F%2Fapp.test", "Url=wss%3A%2F%2Fapp.test&Track=x"] {
        assert_eq!(world.rest(&path, form).0, 400, "{form}");
    }
    assert_eq!(world.rest(&path, "Url=wss%3A%2F%2Fapp.test&StatusCallback=%2Fx").0, 400);
    assert_eq!(world.rest("Calls/CA1/Streams.json", "Url=wss%3A%2F%2Fapp.test").0, 404);
    assert!(world.ids().is_empty());
}

#[test]
fn a_redirect_by_rest_takes_the_caller_out_of_the_stream() {
    let (mut world, ann, id, _) = connected();
    world.page("/other", "<Say>Elsewhere.</Say>");
    let (status, _) = world.rest(&format!("Calls/{ann}.json"), "Url=https%3A%2F%2Fapp.test%2Fother");
    assert_eq!((status, world.closed(id)), (200, Some(1000)));
    assert_eq!(world.carrier.call(&ann).expect("a leg").hearing, Hearing::Say("Elsewhere.".to_owned()));
    world.run(secs(3));
    assert_eq!(world.carrier.call(&ann).expect("a leg").status, CallStatus::Completed);
}

#[test]
fn audio_that_nobody_takes_is_dropped_after_a_minute_of_it() {
    let (mut world, _, id, _) = connected();
    let before = world.said(id).len();
    world.carrier.advance(world.carrier.now() + secs(3600));
    world.pump();
    assert_eq!((world.said(id).len() - before, world.codes()), (3000, vec![31_930]));
    world.run(ms(20));
    let media = world.said_of(id, "media");
    assert_eq!(media.last().expect("it goes on")["media"]["timestamp"], json!("3600000"), "time has gone on");
}

#[test]
fn the_same_calls_give_the_same_frames() {
    let run = || {
        let mut world = World::new(START);
        let ann = world.dials();
        world.carrier.says(&ann, "Hello.");
        world.run(secs(3));
        world.sockets
    };
    assert_eq!(run(), run());
}

#[test]
fn what_was_played_is_remembered_of_the_last_hundred_legs() {
    let mut world = World::new(CONNECT);
    let mut legs = Vec::new();
    for at in 0..102 {
        legs.push(world.dials());
        let id = world.ids()[at];
        let sid = world.said(id)[1]["streamSid"].as_str().expect("it has started").to_owned();
        world.server(id, &play(&sid, &[0x55; 160]));
        world.run(ms(30));
        world.carrier.hangs_up(&legs[at]);
        world.pump();
        world.sockets.retain(|event| matches!(event, SocketEvent::Open { .. }));
    }
    let kept: Vec<bool> = legs.iter().map(|leg| !world.carrier.audio_played(leg).is_empty()).collect();
    assert_eq!(kept.iter().filter(|kept| **kept).count(), 100);
    assert!(!kept[0] && !kept[1]);
}

#[test]
fn a_recording_hears_what_a_server_plays() {
    let document = format!(r#"<Start><Recording trim="do-not-trim"/></Start>{CONNECT}"#);
    let mut world = World::new(&document);
    let ann = world.dials();
    let id = world.id();
    let sid = world.said(id)[1]["streamSid"].as_str().expect("it has started").to_owned();
    world.run(ms(1000));
    world.server(id, &play(&sid, &[0x55; 16_000]));
    world.run(ms(4000));
    world.carrier.hangs_up(&ann);
    world.run(secs(3));
    let account = CarrierConfig::default().account_sid;
    let token = STANDARD.encode(format!("{account}:{}", CarrierConfig::default().auth_token));
    let mut get = |path: &str| {
        let path = format!("/2010-04-01/Accounts/{account}/{path}");
        world.carrier.rest("GET", &path, Some(&format!("Basic {token}")), b"")
    };
    let list: Value = serde_json::from_str(&get("Recordings.json").body).expect("a list");
    let recording = list["recordings"][0]["sid"].as_str().expect("a recording").to_owned();
    let wav = get(&format!("Recordings/{recording}.wav")).bytes.expect("audio");
    // Two channels of 16 bits: 32,000 bytes a second, behind 44 of the header.
    let loud = |second: usize| wav[44 + second * 32_000..][..32_000].iter().any(|byte| *byte != 0);
    assert_eq!((0..5).map(loud).collect::<Vec<_>>(), [false, true, true, false, false]);
}
