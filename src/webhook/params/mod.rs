//! What each webhook says, as types.
//!
//! [`Verified::read`] reads a webhook as the type of its kind; [`Callback::read`] does the same with names and values
//! from anywhere:
//!
//! ```
//! use std::time::Duration;
//! use switchboard::webhook::params::{Callback, CallStatus, CallStatusEvent, Party};
//!
//! let event = CallStatusEvent::read([
//!     ("CallSid", "CA00000000000000000000000000000001"),
//!     ("From", "+14155550100"),
//!     ("CallStatus", "completed"),
//!     ("CallDuration", "49"),
//!     ("NewParameter", "of next year"),
//! ])?;
//! assert_eq!(event.call.status, Some(CallStatus::Completed));
//! assert_eq!(event.duration, Some(Duration::from_secs(49)));
//! assert!(matches!(event.call.from, Some(Party::Phone(_))));
//! assert_eq!(event.extra.get("NewParameter"), Some("of next year"));
//! # Ok::<(), switchboard::webhook::params::MissingParam>(())
//! ```
//!
//! | request | type |
//! | --- | --- |
//! | a call came in or goes on: voice URL, a noun's `url`, the action of `<Connect><Stream>`, a wait document of a conference | [`VoiceRequest`] |
//! | the document before failed: fallback URL | [`FallbackRequest`] |
//! | `<Dial><Application>` | [`ApplicationRequest`] |
//! | `<Gather>`: action, partial results | [`GatherResult`], [`PartialSpeech`] |
//! | `<Record>`: action, transcription | [`RecordResult`], [`RecordingTranscribed`] |
//! | `<Dial>`: action, `referUrl` | [`DialResult`], [`ReferRequest`] |
//! | `<Enqueue>`: `waitUrl`, action; `<Queue>`: `url` | [`QueueWait`], [`EnqueueResult`], [`QueueScreening`] |
//! | `<Refer>`, `<Pay>`, `<Connect><ConversationRelay>`: action | [`ReferResult`], [`PayResult`], [`RelayResult`] |
//! | progress of a call; end of a call to a number | [`CallStatusEvent`], [`NumberStatusEvent`] |
//! | a conference | [`ConferenceEvent`] |
//! | a recording | [`RecordingEvent`] |
//! | who answered, asynchronously | [`MachineDetection`] |
//! | real-time transcription | [`TranscriptionEvent`] |
//! | a media stream | [`StreamEvent`] |
//! | a SIPREC fork | [`SiprecEvent`] |
//! | `<Pay>`: status | [`PayProgress`] |
//! | a text came in, or went on; `<Sms>`: action | [`TextReceived`], [`TextStatusEvent`], [`SmsResult`] |
//! | a caller id was verified | [`CallerIdVerification`] |
//! | a message of a browser's own | [`UserMessage`] |
//! | an error or warning of the account | [`DebuggerEvent`] |
//!
//! # What holds for all of them
//!
//! Everything but what the request is about may be missing: it is an `Option`, and reading fails only for that
//! [missing name](MissingParam). A blank value is as good as none, unless the field says otherwise. A word that is not
//! known here is kept in the `Other` of its enum; a parameter that is not known here, that has several different values,
//! or whose number, date or flag is none, is kept in `extra`. So nothing is lost, and nothing that the provider adds
//! breaks a reader. Dates are read in RFC 2822 and in ISO 8601 alike, for compatible providers differ in that.
//!
//! `Debug` shows ids, states, numbers and dates, but neither who calls whom nor what was said, pressed or typed in.

mod background;
mod call;
mod fields;
mod kinds;
mod party;
mod table;
mod texts;
mod verbs;
mod words;

use std::fmt;

pub use background::{
    ConferenceEvent, DebuggerEvent, MachineDetection, ParticipantParams, RecordingEvent, StreamEvent,
    TranscriptionEvent,
};
pub use call::{
    ApplicationRequest, CallParams, CallStatusEvent, FallbackRequest, NumberStatusEvent, Place, Places, SipParams,
    StirParams, VoiceRequest,
};
use fields::Fields;
pub use fields::{MissingParam, NamedValues};
pub use party::{Attestation, Party, StirVerstat, Withheld};
pub use texts::{
    CallerIdVerification, PayProgress, SiprecEvent, SmsResult, TextReceived, TextStatusEvent, UserMessage,
};
pub use verbs::{
    DialResult, EnqueueResult, GatherResult, PartialSpeech, PayResult, QueueScreening, QueueWait, RecordResult,
    RecordingTranscribed, ReferRequest, ReferResult, RelayResult, SpokenText,
};
pub use words::{
    AnsweredBy, CallDirection, CallStatus, ConferenceEndReason, ConferenceEventKind, DebuggerLevel, DialStatus,
    LeaveReason, PayOutcome, QueueResult, RecordingSource, RecordingStatus, RecordingTrack, SessionStatus,
    SiprecEventKind, StreamEventKind, TextStatus, TranscribeStatus, TranscriptionEventKind, TranscriptionTrack,
    VerificationStatus,
};

use super::Verified;

/// A group of parameters.
pub trait Part: Sized {
    /// Takes what belongs to the group.
    fn take(fields: &mut Fields) -> Result<Self, MissingParam>;
    /// Adds what may be shown.
    fn show(&self, shown: &mut fmt::DebugStruct<'_, '_>);
}

/// A webhook that can be read as a type; those of this module, and no others.
pub trait Callback: Part {
    /// Keeps what was not read.
    #[doc(hidden)]
    #[must_use]
    fn with_rest(self, rest: NamedValues) -> Self;

    /// The callback that these names and values say, in whatever order they come.
    ///
    /// # Errors
    /// If what the request is about is missing or blank, or has several different values.
    fn read<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<Self, MissingParam> {
        let mut fields = Fields::of(pairs);
        let read = Self::take(&mut fields)?;
        Ok(read.with_rest(fields.rest()))
    }
}

impl Verified<'_> {
    /// The webhook as the type of its kind, from the form of a POST or the query of a GET.
    ///
    /// # Errors
    /// If what the request is about is missing, as in [`Callback::read`]; so for a JSON body.
    pub fn read<T: Callback>(&self) -> Result<T, MissingParam> {
        T::read(self.params())
    }
}
