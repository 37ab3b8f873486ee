//! The server's half of a stream and of a relay.

use switchboard::media::ReadError;
use switchboard::media::relay::{self, Command, SendDigits};
use switchboard::media::stream::{self, Event};

const CONNECTED: &str = r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#;

fn start(number: u64, sid: &str) -> String {
    format!(
        r#"{{"event":"start","sequenceNumber":"{number}","streamSid":"{sid}",
            "start":{{"accountSid":"AC1","streamSid":"{sid}","callSid":"CA1","tracks":["inbound"]}}}}"#
    )
}

fn mark(number: u64, name: &str) -> String {
    format!(r#"{{"event":"mark","sequenceNumber":"{number}","streamSid":"MZ1","mark":{{"name":"{name}"}}}}"#)
}

const STOP: &str = r#"{"event":"stop","sequenceNumber":"99","streamSid":"MZ1","stop":{}}"#;

fn started() -> stream::Session {
    let mut session = stream::Session::new();
    session.receive(CONNECTED).expect("the first message");
    session.receive(&start(1, "MZ1")).expect("the second message");
    session
}

#[test]
fn marks_are_outstanding_until_they_come_back() {
    let mut session = started();
    for name in ["a", "b", "a"] {
        session.mark(name).expect("it has started");
    }
    session.receive(&mark(2, "a")).expect("in order");
    assert_eq!(session.outstanding().collect::<Vec<_>>(), ["b", "a"]);
    session.receive(&mark(3, "nobody set it")).expect("it is a message all the same");
    session.receive(&mark(4, "b")).expect("in order");
    session.receive(&mark(5, "a")).expect("in order");
    assert_eq!(session.outstanding().count(), 0);
}

#[test]
fn numbers_left_out_are_counted_and_numbers_gone_back_are_refused() {
    let mut session = started();
    session.receive(&mark(4, "x")).expect("Twilio's own example leaves numbers out");
    assert_eq!(session.missed(), 2);
    for number in [4, 1] {
        let error = session.receive(&mark(number, "x")).expect_err("it went back");
        assert_eq!(error, stream::SessionError::Backwards { last: 4, got: number });
    }
    session.receive(&mark(5, "x")).expect("the refused ones changed nothing");
    assert_eq!(session.missed(), 2);
}

#[test]
fn a_stream_is_one_stream_from_start_to_stop() {
    let mut session = stream::Session::new();
    let early = session.receive(&start(1, "MZ1")).expect_err("nothing connected");
    assert_eq!(early, stream::SessionError::NotStarted("start".to_owned()));
    assert_eq!(session.play(&[0]), Err(stream::SessionError::NotStarted("media".to_owned())));
    session.receive(CONNECTED).expect("the first message");
    assert_eq!(session.receive(CONNECTED), Err(stream::SessionError::Again("connected")));
    assert!(session.receive(&mark(2, "x")).is_err(), "not started");
    session.receive(&start(1, "MZ1")).expect("the second message");
    assert_eq!(session.receive(&start(2, "MZ1")), Err(stream::SessionError::Again("start")));
    let foreign = mark(2, "x").replace("MZ1", "MZ2");
    assert!(matches!(session.receive(&foreign), Err(stream::SessionError::OtherStream { .. })));
    assert!(matches!(session.receive("nonsense"), Err(stream::SessionError::Read(ReadError::NotJson(_)))));
    assert!(matches!(session.receive(r#"{"event":"new"}"#), Ok(Event::Unknown(_))));
    session.receive(STOP).expect("the last message");
    assert!(session.is_over());
    assert_eq!(session.receive(&mark(100, "x")), Err(stream::SessionError::Over));
    assert_eq!(session.mark("x"), Err(stream::SessionError::Over));
}

#[test]
fn a_frame_beyond_the_limit_is_refused_by_its_size() {
    let mut session = stream::Session::new().frame_bytes_max(CONNECTED.len());
    session.receive(CONNECTED).expect("as long as allowed");
    let error = session.receive(&start(1, "MZ1")).expect_err("longer");
    assert!(error.to_string().contains(&format!("more than the {}", CONNECTED.len())), "{error}");
    let mut session = relay::Session::new().frame_bytes_max(3);
    assert!(matches!(session.receive("{   }"), Err(relay::SessionError::Read(ReadError::TooLong { .. }))));
}

#[test]
fn a_relay_is_set_up_once_and_ended_once() {
    let mut session = relay::Session::new();
    let prompt = r#"{"type":"prompt","voicePrompt":"Hi","lang":"en-US","last":true}"#;
    assert_eq!(session.receive(prompt), Err(relay::SessionError::NotSetUp("prompt".to_owned())));
    assert_eq!(session.last("Hi"), Err(relay::SessionError::NotSetUp("text".to_owned())));
    let setup = r#"{"type":"setup","sessionId":"VX1","callSid":"CA1"}"#;
    session.receive(setup).expect("the first message");
    assert_eq!(session.receive(setup), Err(relay::SessionError::Again));
    session.receive(prompt).expect("after setup");
    session.end(None).expect("it is set up");
    assert!(session.is_ended());
    assert_eq!(session.last("Hi"), Err(relay::SessionError::Ended));
    assert_eq!(session.end(None), Err(relay::SessionError::Ended));
    session.receive(prompt).expect("the caller may still speak");
}

#[test]
fn an_interruption_closes_the_talk_cycle() {
    let mut session = relay::Session::new();
    session.receive(r#"{"type":"setup","sessionId":"VX1","callSid":"CA1"}"#).expect("the first message");
    session.token("One ").expect("set up");
    session.token("two ").expect("set up");
    assert_eq!((session.is_talking(), session.talk_cycles()), (true, 1));
    session.receive(r#"{"type":"interrupt","utteranceUntilInterrupt":"One"}"#).expect("a message");
    assert!(!session.is_talking());
    session.last("Yes?").expect("set up");
    assert_eq!((session.is_talking(), session.talk_cycles()), (false, 2));
}

#[test]
fn keys_that_cannot_be_sent_are_refused() {
    let mut session = relay::Session::new();
    session.receive(r#"{"type":"setup","sessionId":"VX1","callSid":"CA1"}"#).expect("the first message");
    assert!(session.send_digits("12w#*").is_ok());
    for digits in ["", "1W", "a", "1 2"] {
        assert_eq!(session.send_digits(digits), Err(relay::SessionError::Digits(digits.to_owned())));
    }
    let any = Command::SendDigits(SendDigits { digits: "7".to_owned() });
    assert_eq!(session.command(&any).expect("a key"), r#"{"type":"sendDigits","digits":"7"}"#);
}
