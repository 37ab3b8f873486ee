//! Sockets of calls, without any I/O: what is to be opened, said and closed, and what came back.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::Carrier;
use super::relay::{Ending, Relay};
use super::state::{Due, Sid};
use super::stream::{Stream, StreamEnd};
use super::stream_rest::Record;
use crate::time::Timestamp;

/// Frames of audio that wait to be taken, a minute of them; what comes after them is dropped.
const UNTAKEN_MAX: usize = 3000;

/// What the transport is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketEvent {
    /// Connects: a GET with an upgrade to a WebSocket, then [`Carrier::socket_opened`] or [`Carrier::socket_failed`].
    Open {
        /// Hand it back with everything about this connection.
        id: u64,
        /// Where; `wss://…`.
        url: String,
        /// What the handshake carries, the signature among it.
        headers: Vec<(String, String)>,
        /// The leg it belongs to.
        call_sid: String,
        /// How long the server may take.
        timeout: Duration,
    },
    /// Sends one text frame.
    Text {
        /// Over which connection.
        id: u64,
        /// The frame.
        text: String,
    },
    /// Closes the connection, or gives up connecting. Nothing about it is said or expected afterwards.
    Close {
        /// Which connection.
        id: u64,
        /// Close code (RFC 6455 §7.4).
        code: u16,
    },
}

/// Why a connection did not come about or did not last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketFault {
    /// The server did not answer in time.
    Timeout,
    /// Nobody listens there.
    Refused,
    /// The server answered with this HTTP status instead of 101.
    Handshake(u16),
    /// The server broke the WebSocket protocol, or sent a frame beyond the limit.
    Protocol,
    /// The connection broke off.
    Broken,
}

impl SocketFault {
    /// Twilio's code for a stream with this fault (Twilio docs, errors 31901 to 31924).
    #[must_use]
    pub fn code(self) -> u32 {
        match self {
            Self::Timeout => 31_901,
            Self::Refused => 31_902,
            Self::Handshake(_) => 31_920,
            Self::Broken => 31_921,
            Self::Protocol => 31_924,
        }
    }

    pub(super) fn why(self) -> String {
        match self {
            Self::Timeout => "the server did not answer in time".to_owned(),
            Self::Refused => "nobody listens there".to_owned(),
            Self::Handshake(status) => format!("the server answered with HTTP status {status} instead of 101"),
            Self::Protocol => "the server broke the WebSocket protocol".to_owned(),
            Self::Broken => "the connection broke off".to_owned(),
        }
    }
}

/// All that the carrier knows of sockets.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    out: Vec<SocketEvent>,
    /// Those that are being opened, or are open.
    pub(super) by_id: BTreeMap<u64, Socket>,
    /// Frames of audio in `out`.
    untaken: BTreeMap<u64, usize>,
    pub(super) played: BTreeMap<Sid, VecDeque<u8>>,
    /// Of those, the legs that are over, in the order of their ends.
    pub(super) silent: VecDeque<Sid>,
    pub(super) records: Vec<Record>,
}

#[derive(Debug)]
pub(super) struct Socket {
    pub(super) call: Sid,
    pub(super) opened: Option<Timestamp>,
    line: Line,
}

#[derive(Debug)]
enum Line {
    Stream(Box<Stream>),
    Relay(Box<Relay>),
}

/// What is due on a socket.
#[derive(Clone, Debug)]
pub(super) enum SocketDue {
    /// The server has had its time to accept.
    Handshake,
    /// The next frame of audio.
    Frame,
    /// What is being played or spoken has come to its end, unless something else is by now.
    Played(u64),
    /// Tokens waited for the end of their sentence.
    Flush(u64),
    /// The caller begins to say this, for so long.
    Says(String, Duration),
    /// The caller has said this.
    Prompt(String, bool),
}

impl Carrier {
    /// What is to be done with sockets now, in order. Each is handed out once. Frames of audio beyond a minute that were
    /// not taken are dropped, with warning 31930.
    pub fn take_sockets(&mut self) -> Vec<SocketEvent> {
        self.sockets.untaken.clear();
        std::mem::take(&mut self.sockets.out)
    }

    /// The server accepted the connection. Nothing happens for an unknown id.
    pub fn socket_opened(&mut self, id: u64) {
        let now = self.now;
        let Some(socket) = self.sockets.by_id.get_mut(&id).filter(|socket| socket.opened.is_none()) else { return };
        socket.opened = Some(now);
        match socket.line {
            Line::Stream(_) => self.stream_opened(id),
            Line::Relay(_) => self.relay_opened(id),
        }
    }

    /// The server sent a text frame. Nothing happens for an unknown id, or one that is not open.
    pub fn socket_text(&mut self, id: u64, text: &str) {
        match self.sockets.by_id.get(&id).filter(|socket| socket.opened.is_some()).map(|socket| &socket.line) {
            Some(Line::Stream(_)) => self.stream_text(id, text),
            Some(Line::Relay(_)) => self.relay_text(id, text),
            None => {}
        }
    }

    /// The server sent a frame of bytes, which neither protocol knows. Nothing happens for an unknown id.
    pub fn socket_binary(&mut self, id: u64) {
        match self.sockets.by_id.get(&id).filter(|socket| socket.opened.is_some()).map(|socket| &socket.line) {
            Some(Line::Stream(_)) => self.stream_warns(id, 31_950, "a frame of bytes: all frames are text"),
            Some(Line::Relay(_)) => self.relay_refuses(id, "a frame of bytes: all frames are text"),
            None => {}
        }
    }

    /// The server closed the connection, with this code if it gave one. Nothing happens for an unknown id.
    pub fn socket_closed(&mut self, id: u64, code: Option<u16>) {
        match self.sockets.by_id.get(&id).map(|socket| (&socket.line, socket.opened)) {
            Some((_, None)) => self.socket_failed(id, SocketFault::Broken),
            Some((Line::Stream(_), _)) => self.stream_over(id, StreamEnd::Closed(code)),
            Some((Line::Relay(_), _)) => {
                let code = code.map_or_else(|| "without a code".to_owned(), |code| format!("with code {code}"));
                self.relay_over(id, Ending::Failed(64_105, format!("the server closed the connection {code}")), None);
            }
            None => {}
        }
    }

    /// The connection did not come about, or broke. Nothing happens for an unknown id.
    pub fn socket_failed(&mut self, id: u64, fault: SocketFault) {
        match self.sockets.by_id.get(&id).map(|socket| (&socket.line, socket.opened)) {
            Some((Line::Stream(_), _)) => self.stream_over(id, StreamEnd::Failed(fault)),
            Some((Line::Relay(_), opened)) => {
                // Twilio docs, errors 64102 and 64105: it could not connect, or the connection ended.
                let code = if opened.is_none() { 64_102 } else { 64_105 };
                self.relay_over(id, Ending::Failed(code, fault.why()), None);
            }
            None => {}
        }
    }

    /// Asks for a connection; gives its id.
    fn open_socket(&mut self, call: &str, url: &str, line: Line) -> u64 {
        self.serial += 1;
        let id = self.serial;
        let rules = &self.config.rules.sockets;
        let timeout = rules.handshake_timeout;
        let slash = if rules.signed_with_slash && !url.ends_with('/') { "/" } else { "" };
        let signature = self.signature(&format!("{url}{slash}"), &Vec::new());
        // Twilio docs, webhooks security: the name of the header arrives in lower case.
        let headers = signature.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        self.sockets.by_id.insert(id, Socket { call: call.to_owned(), opened: None, line });
        let (url, call_sid) = (url.to_owned(), call.to_owned());
        self.sockets.out.push(SocketEvent::Open { id, url, headers, call_sid, timeout });
        self.after(timeout, Due::Socket(id, SocketDue::Handshake));
        id
    }

    pub(super) fn open_stream(&mut self, call: &str, url: &str, stream: Stream) -> u64 {
        self.open_socket(call, url, Line::Stream(Box::new(stream)))
    }

    pub(super) fn open_relay(&mut self, call: &str, url: &str, relay: Relay) -> u64 {
        self.open_socket(call, url, Line::Relay(Box::new(relay)))
    }

    pub(super) fn stream_at(&mut self, id: u64) -> Option<&mut Stream> {
        match &mut self.sockets.by_id.get_mut(&id)?.line {
            Line::Stream(stream) => Some(stream),
            Line::Relay(_) => None,
        }
    }

    pub(super) fn relay_at(&mut self, id: u64) -> Option<&mut Relay> {
        match &mut self.sockets.by_id.get_mut(&id)?.line {
            Line::Relay(relay) => Some(relay),
            Line::Stream(_) => None,
        }
    }

    /// The streams of a leg that are not over, with their sockets.
    pub(super) fn streams_of<'a>(&'a self, call: &'a str) -> impl Iterator<Item = (u64, &'a Stream)> {
        self.sockets.by_id.iter().filter(move |(_, socket)| socket.call == call).filter_map(
            |(id, socket)| match &socket.line {
                Line::Stream(stream) => Some((*id, &**stream)),
                Line::Relay(_) => None,
            },
        )
    }

    /// The socket is done with; gives what it was. A server that is still there is told by `code`.
    fn drop_socket(&mut self, id: u64, code: Option<u16>) -> Option<Socket> {
        let socket = self.sockets.by_id.remove(&id)?;
        self.sockets.untaken.remove(&id);
        self.sockets.out.extend(code.map(|code| SocketEvent::Close { id, code }));
        Some(socket)
    }

    pub(super) fn drop_stream(&mut self, id: u64, code: Option<u16>) -> Option<(Sid, Option<Timestamp>, Stream)> {
        self.stream_at(id)?;
        let socket = self.drop_socket(id, code)?;
        match socket.line {
            Line::Stream(stream) => Some((socket.call, socket.opened, *stream)),
            Line::Relay(_) => None,
        }
    }

    pub(super) fn drop_relay(&mut self, id: u64, code: Option<u16>) -> Option<(Sid, Option<Timestamp>, Relay)> {
        self.relay_at(id)?;
        let socket = self.drop_socket(id, code)?;
        match socket.line {
            Line::Relay(relay) => Some((socket.call, socket.opened, *relay)),
            Line::Stream(_) => None,
        }
    }

    pub(super) fn socket_call(&self, id: u64) -> Option<Sid> {
        self.sockets.by_id.get(&id).map(|socket| socket.call.clone())
    }

    pub(super) fn socket_says(&mut self, id: u64, text: String) {
        self.sockets.out.push(SocketEvent::Text { id, text });
    }

    /// Whether one more frame of audio may wait to be taken.
    pub(super) fn socket_takes_audio(&mut self, id: u64) -> bool {
        let untaken = self.sockets.untaken.entry(id).or_default();
        *untaken += usize::from(*untaken <= UNTAKEN_MAX);
        *untaken <= UNTAKEN_MAX
    }

    /// Whether what is due would still change anything.
    pub(super) fn socket_waits_for(&self, id: u64, due: &SocketDue) -> bool {
        let Some(socket) = self.sockets.by_id.get(&id) else { return false };
        match (due, &socket.line) {
            (SocketDue::Handshake, _) => socket.opened.is_none(),
            (SocketDue::Frame, Line::Stream(_)) | (SocketDue::Says(..) | SocketDue::Prompt(..), Line::Relay(_)) => true,
            (SocketDue::Played(serial), Line::Stream(stream)) => stream.playback.serial == *serial,
            (SocketDue::Played(serial), Line::Relay(relay)) => relay.speech.serial == *serial,
            (SocketDue::Flush(serial), Line::Relay(relay)) => relay.speech.tokens == *serial,
            _ => false,
        }
    }

    pub(super) fn socket_due(&mut self, id: u64, due: SocketDue) {
        let is_stream = self.stream_at(id).is_some();
        match due {
            SocketDue::Handshake => {
                // The transport's own attempt is of no use any more.
                self.sockets.out.push(SocketEvent::Close { id, code: 1000 });
                self.socket_failed(id, SocketFault::Timeout);
            }
            SocketDue::Frame => self.stream_frame(id),
            SocketDue::Played(_) if is_stream => self.stream_played(id),
            SocketDue::Played(_) => self.relay_spoken(id),
            SocketDue::Flush(_) => self.relay_flushes(id),
            SocketDue::Says(words, length) => self.relay_hears(id, &words, length),
            SocketDue::Prompt(words, last) => self.relay_prompts(id, words, last),
        }
    }

    /// The leg is over: so are its sockets.
    pub(super) fn close_sockets(&mut self, sid: &str) {
        let ids: Vec<u64> = self.sockets.by_id.iter().filter(|(_, s)| s.call == sid).map(|(id, _)| *id).collect();
        for id in ids {
            self.stream_over(id, StreamEnd::Stopped);
            self.relay_over(id, Ending::Completed, Some(1000));
        }
        self.forget_played(sid);
    }
}
