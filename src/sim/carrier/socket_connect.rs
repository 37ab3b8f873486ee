//! `<Connect>`: a document waits for a socket (Twilio docs, TwiML Connect).

use std::time::Duration;

use super::Carrier;
use super::form::Pairs;
use super::relay::Ending;
use super::socket::SocketDue;
use super::state::{Call, Doing, Due, Target};
use super::stream::StreamEnd;
use super::types::{CallStatus, Direction, Hearing};
use super::voice::Utterance;
use super::xml::Element;

/// A document that waits for a socket to close.
#[derive(Clone, Debug)]
pub(super) struct Connecting {
    pub(super) socket: u64,
    pub(super) action: Option<Target>,
}

impl Carrier {
    /// The document waits until the session is over. Without one that can begin, the next verb is executed.
    pub(super) fn connect(&mut self, sid: &str, verb: &Element) {
        let url = self.document_url(sid);
        let action = self.target_of(sid, verb, "action", "method");
        self.answered(sid);
        let Some(call) = self.live(sid) else { return };
        // The state in which the document was asked for: this verb may be what answered the leg.
        let answers = call.direction == Direction::Inbound && call.answered == Some(self.now);
        let status = if answers { CallStatus::Ringing } else { call.status };
        let Some(noun) = verb.children.first() else {
            self.notify(12_200, Some(sid), "<Connect> without anything to connect to", &url);
            return;
        };
        let begun = match noun.name.as_str() {
            "Stream" => self.connect_stream(sid, noun, &url),
            "ConversationRelay" => self.connect_relay(sid, noun, status, &url),
            other => {
                self.notify(12_200, Some(sid), format!("<{other}> is not connected to by this carrier; skipped"), &url);
                return;
            }
        };
        match begun {
            Ok(socket) => {
                self.set_doing(sid, Doing::Connecting(Connecting { socket, action }));
                self.hear(sid, Hearing::Silence);
            }
            Err(_) if action.is_none() && noun.name == "ConversationRelay" => self.relay_ends_call(sid),
            Err(facts) => self.after_connect(sid, action, facts),
        }
    }

    /// The session of the leg's `<Connect>` is over: its action, or the next verb.
    pub(super) fn connect_over(&mut self, sid: &str, socket: u64, facts: Pairs) {
        let Some(action) = self.connecting(sid, socket).map(|connecting| connecting.action.clone()) else { return };
        self.set_doing(sid, Doing::Ready);
        self.hear(sid, Hearing::Silence);
        self.after_connect(sid, action, facts);
    }

    fn after_connect(&mut self, sid: &str, action: Option<Target>, facts: Pairs) {
        match action {
            Some(action) => self.fetch_main(sid, action, facts),
            None => self.run(sid),
        }
    }

    pub(super) fn connecting(&self, sid: &str, socket: u64) -> Option<&Connecting> {
        match self.live(sid).and_then(Call::main).map(|frame| &frame.doing) {
            Some(Doing::Connecting(connecting)) if connecting.socket == socket => Some(connecting),
            _ => None,
        }
    }

    /// The person hung up, or the leg ended otherwise, in its `<Connect>`.
    pub(super) fn connect_abandoned(&mut self, sid: &str, connecting: &Connecting) {
        let facts = self.relay_over(connecting.socket, Ending::Completed, Some(1000));
        self.stream_over(connecting.socket, StreamEnd::Stopped);
        if let Some(action) = connecting.action.as_ref().filter(|_| self.config.rules.sockets.hang_up_asks_action) {
            self.farewell(&sid.to_owned(), action, facts.unwrap_or_default());
        }
    }

    /// REST took the leg out of its `<Connect>`.
    pub(super) fn connect_interrupted(&mut self, connecting: &Connecting) {
        self.relay_over(connecting.socket, Ending::Completed, Some(1000));
        self.stream_over(connecting.socket, StreamEnd::Stopped);
    }

    /// A key in `<Connect>`.
    pub(super) fn key_in_connect(&mut self, socket: u64, key: char) {
        self.stream_key(socket, key);
        self.relay_key(socket, key);
    }

    /// The person in `<Connect>` says something, now or when what was said before is over.
    pub(super) fn said_in_connect(&mut self, socket: u64, utterance: &Utterance) {
        let due = SocketDue::Says(utterance.words.clone(), utterance.to.since(utterance.from));
        match utterance.from.since(self.now) {
            Duration::ZERO => self.socket_due(socket, due),
            wait => self.after(wait, Due::Socket(socket, due)),
        }
    }
}
