//! Copies of live calls to recorders that speak SIPREC (Twilio docs, Siprec resource).

use super::calls::CALL;
use super::draft::Shape;
use super::macros::{operations, parameters, resources};
use super::{Method, SessionStatus, Track};
use crate::time::Timestamp;

/// A name that was given will do too.
const SESSION: Shape = Shape::name("SIPREC session");

resources! {
    /// A copy that runs beside a call.
    Siprec {
        id {
            /// Its id, `SR…`.
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
    /// Begins to send a copy of a live call to a recorder.
    Start(call_sid: CALL) = Create "/Calls/{}/Siprec.json" as "start of a SIPREC session" -> Siprec {}

    /// Ends a copy: its id, `SR…`, or the name it was given.
    Stop(call_sid: CALL, session: SESSION) = Update "/Calls/{}/Siprec/{}.json" as "stop of a SIPREC session" -> Siprec
    {}; always "Status" = "stopped"
}

parameters!(Start {
    /// What it is called; once per call.
    name: String = "Name";
    /// The connector that is installed in the account.
    connector_name: String = "ConnectorName";
    /// Which side is sent; both unless set.
    track: Track = "Track";
    /// Told when it begins and ends.
    status_callback: String = "StatusCallback";
    /// How it is told; `POST` unless set.
    status_callback_method: Method = "StatusCallbackMethod";
});

impl Start {
    /// Adds a parameter that the recorder is told. There are 99 at most: one more cannot be sent.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.draft = self.draft.numbered(name, value);
        self
    }
}
