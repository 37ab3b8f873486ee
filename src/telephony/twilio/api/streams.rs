//! Media streams beside live calls (Twilio docs, Stream resource).

use super::calls::CALL;
use super::draft::Shape;
use super::macros::{operations, parameters, resources};
use super::{Method, SessionStatus, Track};
use crate::time::Timestamp;

/// A name that was given will do too.
const STREAM: Shape = Shape::name("stream");

resources! {
    /// A stream that runs beside a call.
    Stream {
        id {
            /// Its id, `MZ…`.
            sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// The call it is of.
            call_sid: String,
            /// What it is called.
            name: String,
            /// Whether it runs.
            status: SessionStatus,
            /// When it changed last.
            date_updated: Timestamp,
            /// Where it is, from the host's root.
            uri: String,
        }
        hidden {}
    }
}

operations! {
    /// Begins to send a live call's audio to a WebSocket, `wss://…`.
    Start(call_sid: CALL) = Create "/Calls/{}/Streams.json" as "start of a stream" -> Stream { url: String = "Url" }

    /// Ends a stream: its id, `MZ…`, or the name it was given.
    Stop(call_sid: CALL, stream: STREAM) = Update "/Calls/{}/Streams/{}.json" as "stop of a stream" -> Stream
    {}; always "Status" = "stopped"
}

parameters!(Start {
    /// What it is called; once per call.
    name: String = "Name";
    /// Which side is sent; what arrives at Twilio unless set.
    track: Track = "Track";
    /// Told when it begins and ends.
    status_callback: String = "StatusCallback";
    /// How it is told; `POST` unless set.
    status_callback_method: Method = "StatusCallbackMethod";
});

impl Start {
    /// Adds a parameter that the socket is told at its start. There are 99 at most: one more cannot be sent.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.draft = self.draft.numbered(name, value);
        self
    }
}
