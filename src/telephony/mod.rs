//! Carrying out commands at a provider: the [`Telephony`] trait, and what crosses it.

pub mod fake;
pub mod twilio;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use fake::FakeTelephony;

use crate::phone::Endpoint;
use crate::time::Timestamp;

/// One thing to be done at the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Stays the same when the command is carried out again; at most 160 bytes of printable ASCII.
    pub id: String,
    /// How long the attempt may take.
    pub deadline: Duration,
    /// What is to be done.
    pub action: Action,
}

/// What can be done at a provider. Legs and conferences are named by the provider's ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Action {
    /// Rings an endpoint. The new leg asks `document_url` what to do once it is answered.
    Dial {
        /// Who is rung.
        to: Endpoint,
        /// Who seems to call.
        from: Endpoint,
        /// Asked for a document by POST when the leg is answered.
        document_url: String,
        /// Told of ringing, answer and end by POST.
        status_url: String,
        /// How long it rings, whole seconds.
        ring_timeout: Duration,
        /// How long the leg may last, whole seconds: the last fence against a leg that nobody ends.
        time_limit: Duration,
    },
    /// Takes a live leg out of whatever it does; it asks `document_url` what to do next.
    Redirect {
        /// Which leg.
        leg: String,
        /// Asked for a document by POST.
        document_url: String,
    },
    /// Ends a leg that has not been answered. Done also when it has been, or has ended: nothing changes then.
    Cancel {
        /// Which leg.
        leg: String,
    },
    /// Ends a leg, ringing or answered. Done also when it has ended already.
    HangUp {
        /// Which leg.
        leg: String,
    },
    /// Mutes a participant of a conference, or lets it be heard again.
    Mute {
        /// Which conference.
        conference: String,
        /// Which leg.
        leg: String,
        /// Whether it is to be muted.
        muted: bool,
    },
    /// Puts a participant on hold (it hears `music_url`, nobody hears it), or takes it back.
    Hold {
        /// Which conference.
        conference: String,
        /// Which leg.
        leg: String,
        /// Whether it is to be on hold.
        held: bool,
        /// What it hears meanwhile; `None`: the provider's music.
        music_url: Option<String>,
    },
    /// Takes a participant out of a conference; the leg goes on with its document.
    Remove {
        /// Which conference.
        conference: String,
        /// Which leg.
        leg: String,
    },
    /// Ends a conference for all. Done also when it has ended already.
    EndConference {
        /// Which conference.
        conference: String,
    },
}

impl Action {
    /// Whether carrying it out twice does no more than once. [`Action::Dial`] alone does not.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        !matches!(self, Self::Dial { .. })
    }
}

/// What is known after a command was carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Performed {
    /// The provider's id of the leg that was created.
    pub leg: Option<String>,
}

impl Performed {
    /// Done, and this leg came of it.
    #[must_use]
    pub fn leg(sid: impl Into<String>) -> Self {
        Self { leg: Some(sid.into()) }
    }
}

/// How much is known about a command that failed. The engine's next step depends on nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// Not done, and never will be: the provider refuses it.
    Rejected,
    /// Not done: try again, after this long if the provider said so.
    Unavailable {
        /// How long the provider asks to wait.
        retry_after: Option<Duration>,
    },
    /// May have been done: ask the provider, do not send it again.
    Unknown,
}

/// A command that was not carried out, or not known to be.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct TelephonyError {
    failure: Failure,
    code: Option<u32>,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TelephonyError {
    /// An error of this kind; `message` says what happened, why, and what to do.
    #[must_use]
    pub fn new(failure: Failure, message: impl Into<String>) -> Self {
        Self { failure, code: None, message: message.into(), source: None }
    }
    /// The same, with the provider's own error code.
    #[must_use]
    pub fn with_code(mut self, code: u32) -> Self {
        self.code = Some(code);
        self
    }
    /// The same, with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
    /// How much is known.
    #[must_use]
    pub fn failure(&self) -> Failure {
        self.failure
    }
    /// The provider's own error code, as in 21211.
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        self.code
    }
}

/// Which leg is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LegRef {
    /// One whose id is known.
    Id(String),
    /// One that a [`Action::Dial`] of unknown outcome may have created.
    Dialled {
        /// Who was rung.
        to: Endpoint,
        /// Who seemed to call.
        from: Endpoint,
        /// When the command was sent. Legs placed before it are not meant.
        sent_at: Timestamp,
    },
}

/// What the provider believes about a leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegReport {
    /// The provider's id, where there is such a leg.
    pub id: Option<String>,
    /// Its state.
    pub state: LegState,
}

/// State of a leg at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LegState {
    /// There is no such leg.
    Absent,
    /// Waits to be placed, or rings.
    Ringing,
    /// Answered and live.
    Answered,
    /// Over.
    Ended(EndCause),
}

/// Why a leg ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// Answered, then hung up by either side.
    Completed,
    /// The other side was busy, or declined.
    Busy,
    /// Nobody answered in time.
    NoAnswer,
    /// Ended before it was answered, by us or by the caller.
    Canceled,
    /// The network could not place it.
    Failed,
}

/// Carries out commands at a provider.
///
/// Prove an implementation with `telephony_conformance!` (feature `conformance`).
#[async_trait]
pub trait Telephony: fmt::Debug + Send + Sync + 'static {
    /// Carries out one command within `command.deadline`.
    ///
    /// # On return
    /// `Ok`: done. `Err`: see [`Failure`]; only [`Failure::Unknown`] may have been done.
    /// # May
    /// Be called twice with the same `command.id`, on different nodes.
    /// # Never
    /// Sends anything again that may have been done already.
    async fn perform(&self, command: &Command) -> Result<Performed, TelephonyError>;

    /// What the provider believes about a leg now. Reading only.
    async fn probe(&self, leg: &LegRef) -> Result<LegReport, TelephonyError>;
}
