//! Frames of WebSockets: any text is a message, an unknown one, or an error, and a message is written as it is read.

use switchboard::media::{g711, relay, stream};

/// The input: frames of one session, a line each. Each is read as each kind of message, and fed to both sessions.
pub(crate) fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (mut streaming, mut relaying) = (stream::Session::new(), relay::Session::new());
    for frame in text.lines() {
        if let Ok(read) = stream::Event::read(frame) {
            assert_eq!(stream::Event::read(&read.write()).expect("what we write we read"), read);
        }
        if let Ok(read) = stream::Command::read(frame) {
            assert_eq!(stream::Command::read(&read.write()).expect("what we write we read"), read);
        }
        if let Ok(read) = relay::Event::read(frame) {
            assert_eq!(relay::Event::read(&read.write()).expect("what we write we read"), read);
        }
        if let Ok(read) = relay::Command::read(frame) {
            assert_eq!(relay::Command::read(&read.write()).expect("what we write we read"), read);
        }
        let before = streaming.outstanding().count();
        if streaming.receive(frame).is_err() {
            assert_eq!(streaming.outstanding().count(), before, "a refused frame changes nothing");
        }
        let marked = streaming.mark(frame).is_ok();
        assert_eq!(marked, streaming.start().is_some() && !streaming.is_over());
        let cycles = relaying.talk_cycles();
        if relaying.receive(frame).is_err() {
            assert_eq!(relaying.talk_cycles(), cycles, "a refused frame changes nothing");
        }
        let said = relaying.last(frame);
        assert!(said.is_err() || relay::Command::read(&said.unwrap_or_default()).is_ok());
    }
    // Companding loses only what it must: what was decoded encodes to a code of the same sample.
    let samples = g711::decode_all(data);
    assert_eq!(g711::decode_all(&g711::encode_all(&samples)), samples);
}
