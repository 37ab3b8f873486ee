//! Carrying out commands at a provider: the [`Telephony`] trait, and what crosses it.

pub mod action;
pub mod fake;
pub mod live;
pub mod numbers;
pub mod place;
pub mod recordings;
pub mod settings;
pub mod twilio;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use action::Action;
pub use fake::FakeTelephony;
pub use live::{LegOrigin, LiveLeg, LiveLegs, LivePage};
pub use numbers::{AvailableNumber, NumberBinding, NumberPage, NumberSearch, Numbers, OwnedNumber};
pub use place::{AddParticipant, Beeps, ConferenceRef, DetectUntil, Detection, Dial, Extras};
pub use recordings::{Audio, AudioFormat, AudioRequest, RecordingMedia};
pub use settings::{
    Channels, PauseGap, Recorded, RecordingSettings, SendMessage, SiprecSettings, StreamSettings, Track,
    TranscriptionSettings,
};

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

/// What is known after a command was carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Performed {
    /// The provider's id of the leg that was placed, or taken out of a queue.
    pub leg: Option<String>,
    /// The provider's id of the conference that somebody was added to.
    pub conference: Option<String>,
    /// The provider's id of the recording that began.
    pub recording: Option<String>,
    /// The provider's id of the transcription that began.
    pub transcription: Option<String>,
    /// The provider's id of the stream that began.
    pub stream: Option<String>,
    /// The provider's id of the SIPREC session that began.
    pub siprec: Option<String>,
    /// The provider's id of the queue that was made.
    pub queue: Option<String>,
    /// The provider's id of the message that was sent.
    pub message: Option<String>,
}

impl Performed {
    /// Done, and this leg came of it.
    #[must_use]
    pub fn leg(sid: impl Into<String>) -> Self {
        Self { leg: Some(sid.into()), ..Self::default() }
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
    /// One that an [`Action::Dial`] or [`Action::AddParticipant`] of unknown outcome may have created.
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
