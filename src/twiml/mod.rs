//! Typed TwiML for voice calls: documents that Twilio accepts, written and read.
//!
//! ```
//! use switchboard::twiml::{Beep, Conference, ConferenceEvent, Dial, Response, Say};
//!
//! let document = Response::new()
//!     .say(Say::new("Tom & Jerry"))
//!     .dial(Dial::new().conference(
//!         Conference::new("room")
//!             .beep(Beep::False)
//!             .status_callback("/conference", [ConferenceEvent::Start, ConferenceEvent::End]),
//!     ))
//!     .build()
//!     .expect("every value is allowed");
//! assert!(document.as_str().contains("<Say>Tom &amp; Jerry</Say>"));
//! ```
//!
//! An attribute that is not set is not written, and then Twilio's default holds; where none is named, nobody is asked or
//! told, and nothing is limited. What may not stand in a place does not compile there, and what the types let through and
//! Twilio refuses, `build` refuses with the place, the reason, the remedy and Twilio's code. What is said is text: markup
//! in it is spoken, unless it is given as [`Ssml`].
//!
//! | Document | Type |
//! |---|---|
//! | drives a call | [`Response`] |
//! | `Conference` `wait_url`, hold and announcements | [`WaitResponse`] |
//! | `Enqueue` `wait_url` | [`QueueResponse`] |
//! | `Number`, `Client`, `Sip` `url` | [`ScreenResponse`] |
//! | `Queue` `url` | [`BridgeResponse`] |
//!
//! Each is read back strictly by `parse`, which names the first thing that is not TwiML, and forgivingly by `interpret`,
//! which does what Twilio does and lists what its debugger would.

mod background;
mod check;
mod codes;
mod conference;
mod dial;
mod documents;
mod element;
mod enqueue;
mod nouns;
mod parameter;
mod parse;
mod pay;
mod place;
mod reading;
mod relay;
mod sessions;
mod sip;
mod speech;
mod ssml;
mod ssml_values;
mod text;
mod tree;
mod values;
mod verbs;
mod words;
mod write;

use std::fmt;

pub use background::{
    Background, Channels, Recording, Siprec, Start, Stop, Stream, Track, Transcription, TranscriptionEngine,
};
pub use check::Refused;
pub use conference::Conference;
pub use dial::{Client, ClientTarget, Dial, Noun, Number, Queue};
pub use documents::{
    BridgeResponse, BridgeVerb, QueueResponse, QueueVerb, Response, ScreenResponse, ScreenVerb, Verb, WaitResponse,
    WaitVerb,
};
pub use enqueue::{Enqueue, EnqueueTarget, Task};
pub use nouns::{Application, ApplicationTarget, Sim, WhatsApp};
pub use parameter::Parameter;
pub use parse::ParseError;
pub use pay::{
    BankAccountType, CardType, Echo, Pay, PayInput, PayPrompt, PaySetting, PaymentMethod, PromptError, PromptFor, Sms,
    TokenType,
};
pub use reading::{Interpreted, Subject, Warning};
pub use relay::{
    ConversationRelay, Interruption, PromptDetail, RelayDebug, RelayLanguage, RelaySetting, Sensitivity, Spelled,
    Spelling, TextNormalization, TranscriptionProvider, TtsProvider,
};
pub use sessions::{
    AgentSetting, AiSession, Config, Connect, Conversation, ConversationEvent, ConversationRelaySession, Room, Service,
    VirtualAgent,
};
pub use sip::{Header, Headers, Refer, Sip, SipPart, SipTarget, Uri};
pub use speech::{Speech, Wording};
pub use ssml::{Break, Emphasis, Lang, Paragraph, Phoneme, Prosody, SayAs, Sentence, Ssml, Sub, Word};
pub use ssml_values::{BreakStrength, BreakTime, DateFormat, EmphasisLevel, InterpretAs, PhoneticAlphabet};
pub use text::{
    CallerId, ConferenceName, Decimal, DialledNumber, FinishOnKey, Identity, Json, Label, Language, Message, Plain,
    QueueName, Sid, SipUri, SocketUrl, Tones, Url, Voice,
};
pub use values::{Events, GatherTimeout, Hints, Millis, WaitUrl};
pub use verbs::{Gather, Hangup, Leave, Pause, Play, Prompt, Record, Redirect, Reject, Say};
pub use words::{
    Beep, CallEvent, ConferenceEvent, ConferenceRecord, DialEvent, DialRecord, Input, JitterBuffer, MachineDetection,
    Method, Reason, RecordingEvent, RecordingTrack, Region, RingTone, SpeechModel, Trim,
};

#[cfg(feature = "sim")]
pub(crate) use parse::tree;
#[cfg(feature = "sim")]
pub(crate) use tree::{Element as Tree, Node};

use check::Why;
use documents::ROOT;
use place::Place;

/// The most a document may have, in bytes: Twilio takes 64 kB (error 11750), counted here in thousands.
pub const MOST_BYTES: usize = 64_000;

/// The most the `Twiml` parameter of Twilio's REST API may have, in characters (error 32018).
pub const MOST_PARAMETER_CHARACTERS: usize = 4000;

/// A document Twilio accepts, as XML text in UTF-8. Serve it as `text/xml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twiml(String);

impl Twiml {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// The text, for the `Twiml` parameter of a call that is made or changed by REST. There a document has no URL, so
    /// that its own URLs must be absolute: `build_parameter` of the document sees to both.
    ///
    /// # Errors
    /// More than [`MOST_PARAMETER_CHARACTERS`] (Twilio error 32018).
    pub fn as_parameter(&self) -> Result<&str, Refused> {
        let characters = self.0.chars().count();
        if characters <= MOST_PARAMETER_CHARACTERS {
            return Ok(&self.0);
        }
        let why = format!("the Twiml parameter takes at most {MOST_PARAMETER_CHARACTERS} (error 32018)");
        let why = Why::new(format!("{characters} characters"), why, "serve the document at a URL").coded(32_018);
        Err(why.at(&Place::root(ROOT)))
    }

    /// The text of a document, when it is not too large.
    fn sized(text: String) -> Result<Self, Refused> {
        if text.len() <= MOST_BYTES {
            return Ok(Self(text));
        }
        let what = format!("{} bytes", text.len());
        let fix = "say less, or go on in a second document";
        let why = Why::new(what, "Twilio takes at most 64 kB (error 11750)", fix).coded(codes::TOO_LARGE);
        Err(why.at(&Place::root(ROOT)))
    }
}

impl fmt::Display for Twiml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Twiml {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Reads a voice document.
///
/// Comments are ignored, and so is space between elements. A bare text in `Dial` reads as a `Number`. The values'
/// ranges are not judged: ask [`Response::check`].
///
/// # Errors
/// The first place where the text is not XML, or not TwiML of the verbs here: unknown elements and attributes, values
/// of another kind, document types and entities, more than 64 kB, more than 16 levels.
pub fn parse(text: &str) -> Result<Response, ParseError> {
    Response::parse(text)
}

/// Reads a voice document as forgivingly as Twilio does; see [`Response::interpret`].
///
/// ```
/// let read = switchboard::twiml::interpret("<Response><Dial timeout='soon' loop='1'>+14155550100</Dial></Response>")
///     .expect("it is XML, and its root is Response");
/// let found: Vec<_> = read.warnings.iter().map(|warning| (warning.code, warning.place.as_str())).collect();
/// assert_eq!(found, [(13212, "Response/Dial[0]@timeout"), (12200, "Response/Dial[0]@loop")]);
/// assert_eq!(read.document.verbs.len(), 1);
/// ```
///
/// # Errors
/// As [`Response::interpret`].
pub fn interpret(text: &str) -> Result<Interpreted<Response>, ParseError> {
    Response::interpret(text)
}
