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
//! An attribute that is not set is not written, and then Twilio's default holds. What the types let through and Twilio
//! refuses, `build` refuses with the place, the reason and the remedy. What is said is text: markup in it is spoken,
//! unless it is given as [`Ssml`].

mod background;
mod check;
mod conference;
mod dial;
mod element;
mod nouns;
mod parameter;
mod parse;
mod pay;
mod relay;
mod sessions;
mod sip;
mod ssml;
mod text;
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
pub use nouns::{Application, ApplicationTarget, Sim, WhatsApp};
pub use parameter::Parameter;
pub use parse::ParseError;
pub use pay::{
    BankAccountType, CardType, Echo, Pay, PayInput, PayPrompt, PaySetting, PaymentMethod, PromptError, PromptFor, Sms,
    TokenType,
};
pub use relay::{
    ConversationRelay, Interruption, PromptDetail, RelayDebug, RelayLanguage, RelaySetting, Sensitivity,
    TextNormalization, TranscriptionProvider, TtsProvider,
};
pub use sessions::{
    AgentSetting, AiSession, Config, Connect, Conversation, ConversationEvent, ConversationRelaySession, Room, Service,
    VirtualAgent,
};
pub use sip::{Header, Headers, Refer, Sip, SipPart, SipTarget, Uri};
pub use ssml::{
    Break, BreakStrength, BreakTime, DateFormat, Emphasis, EmphasisLevel, InterpretAs, Lang, Paragraph, Phoneme,
    PhoneticAlphabet, Prosody, SayAs, Sentence, Speech, Ssml, Sub, Word, Wording,
};
pub use text::{
    CallerId, ConferenceName, Decimal, DialledNumber, FinishOnKey, Identity, Json, Label, Language, Message, Plain,
    QueueName, Sid, SipUri, SocketUrl, Tones, Url, Voice,
};
pub use values::{Events, GatherTimeout, Hints, Millis, WaitUrl};
pub use verbs::{
    Enqueue, EnqueueTarget, Gather, Hangup, Leave, Pause, Play, Prompt, Record, Redirect, Reject, Say, Task,
};
pub use words::{
    Beep, CallEvent, ConferenceEvent, ConferenceRecord, DialRecord, Input, JitterBuffer, MachineDetection, Method,
    Reason, RecordingEvent, RecordingTrack, Region, RingTone, SpeechModel, Trim,
};

use check::Why;
use element::{Content, Element, one_of};

/// The most a document may have, in bytes: Twilio takes 64 kB (error 11750), counted here in thousands.
pub const MOST_BYTES: usize = 64_000;

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

macro_rules! documents {
    ($($(#[$meta:meta])* $name:ident of $verb:ident { $($method:ident: $part:ident = $what:literal;)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {
            /// The verbs, in the order in which they run.
            pub verbs: Vec<$verb>,
        }

        impl $name {
            /// A document without verbs.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            $(#[doc = $what]
            #[must_use]
            pub fn $method(self, $method: $part) -> Self {
                self.verb($method)
            })*

            /// Adds a verb after those so far.
            #[must_use]
            pub fn verb(mut self, verb: impl Into<$verb>) -> Self {
                self.verbs.push(verb.into());
                self
            }

            /// What Twilio would refuse or not do as written, size aside; empty when all is well.
            #[must_use]
            pub fn check(&self) -> Vec<Refused> {
                let mut refused = Vec::new();
                Content::check_in(&self.verbs, ROOT, &mut refused);
                refused
            }

            /// The document as XML.
            ///
            /// # Errors
            /// Everything that [`check`](Self::check) finds; with nothing found, a size above [`MOST_BYTES`].
            pub fn build(&self) -> Result<Twiml, Vec<Refused>> {
                let refused = self.check();
                if !refused.is_empty() {
                    return Err(refused);
                }
                let mut root = Element::new(ROOT);
                self.verbs.write_into(&mut root);
                sized(write::document(&root)).map_err(|refused| vec![refused])
            }

            /// Reads a document of these verbs; see [`parse`].
            ///
            /// # Errors
            /// As [`parse`].
            pub fn parse(text: &str) -> Result<Self, ParseError> {
                let mut root = parse::tree(text)?;
                if root.name != ROOT {
                    return Err(ParseError::new(root.name, "the root must be <Response> (Twilio error 12102)"));
                }
                let verbs = Content::read_from(&mut root, ROOT)?;
                root.finish(ROOT)?;
                Ok(Self { verbs })
            }
        }
    )*};
}

const ROOT: &str = "Response";

fn sized(text: String) -> Result<Twiml, Refused> {
    if text.len() <= MOST_BYTES {
        return Ok(Twiml(text));
    }
    let what = format!("{} bytes", text.len());
    Err(Why::new(what, "Twilio takes at most 64 kB (error 11750)", "say less, or go on in a second document").at(ROOT))
}

one_of! {
    /// What may stand in a document for a call.
    Verb {
        /// Speaks.
        Say,
        /// Plays a file or tones.
        Play,
        /// Waits.
        Pause,
        /// Collects keys or speech.
        Gather,
        /// Connects.
        Dial,
        /// Puts into a queue.
        Enqueue,
        /// Takes out of the queue.
        Leave,
        /// Goes on elsewhere.
        Redirect,
        /// Records.
        Record,
        /// Ends the call.
        Hangup,
        /// Turns the caller away.
        Reject,
        /// Hands the call to a service.
        Connect,
        /// Begins something beside the document.
        Start,
        /// Ends what was begun beside the document.
        Stop,
        /// Hands a SIP call over.
        Refer,
        /// Takes a payment.
        Pay,
        /// What a payer hears; useful only inside `Pay`.
        PayPrompt,
        /// Sends a text message.
        Sms,
        /// Sends the audio back.
        Echo,
    }
}

one_of! {
    /// What may stand in a document for people who wait in a conference (Twilio error 13238 otherwise).
    WaitVerb {
        /// Speaks.
        Say,
        /// Plays a file or tones.
        Play,
        /// Waits.
        Pause,
        /// Goes on elsewhere; with the document's own URL it begins again.
        Redirect,
    }
}

one_of! {
    /// What may stand in a document for a caller who waits in a queue (Twilio docs: `<Enqueue>` `waitUrl`).
    QueueVerb {
        /// Speaks.
        Say,
        /// Plays a file or tones.
        Play,
        /// Waits.
        Pause,
        /// Collects keys or speech.
        Gather,
        /// Goes on elsewhere.
        Redirect,
        /// Ends the call.
        Hangup,
        /// Takes out of the queue.
        Leave,
    }
}

one_of! {
    /// What may stand in a document for a dialled leg before it is connected (Twilio docs: `<Number>` `url`).
    ScreenVerb {
        /// Speaks.
        Say,
        /// Plays a file or tones.
        Play,
        /// Waits.
        Pause,
        /// Collects keys or speech.
        Gather,
        /// Goes on elsewhere.
        Redirect,
        /// Ends the dialled leg; the caller goes on.
        Hangup,
    }
}

documents! {
    /// A document that drives a call. When its verbs are done, the call ends.
    Response of Verb {
        say: Say = "Speaks next.";
        play: Play = "Plays next.";
        pause: Pause = "Waits next.";
        gather: Gather = "Collects keys or speech next.";
        dial: Dial = "Connects next.";
        enqueue: Enqueue = "Puts the caller into a queue next.";
        leave: Leave = "Takes the caller out of the queue; only in a queue's wait document.";
        redirect: Redirect = "Goes on elsewhere; nothing after it runs.";
        record: Record = "Records next.";
        hangup: Hangup = "Ends the call; nothing after it runs.";
        reject: Reject = "Turns the caller away; nothing after it runs.";
        connect: Connect = "Hands the call to a service next.";
        start: Start = "Begins something beside the document next.";
        stop: Stop = "Ends something beside the document next.";
        refer: Refer = "Hands a SIP call over; nothing after it runs.";
        pay: Pay = "Takes a payment next.";
        sms: Sms = "Sends a text message next.";
        echo: Echo = "Sends the caller's audio back next.";
    }

    /// A document for people who wait in a conference: its `wait_url`, and what is heard on hold. It runs once, and
    /// then there is silence; end it with a `Redirect` to itself to repeat it.
    WaitResponse of WaitVerb {
        say: Say = "Speaks next.";
        play: Play = "Plays next.";
        pause: Pause = "Waits next.";
        redirect: Redirect = "Goes on elsewhere; nothing after it runs.";
    }

    /// A document for a caller who waits in a queue. Twilio fetches it again whenever it ends.
    QueueResponse of QueueVerb {
        say: Say = "Speaks next.";
        play: Play = "Plays next.";
        pause: Pause = "Waits next.";
        gather: Gather = "Collects keys or speech next.";
        redirect: Redirect = "Goes on elsewhere; nothing after it runs.";
        hangup: Hangup = "Ends the call; nothing after it runs.";
        leave: Leave = "Takes the caller out of the queue.";
    }

    /// A document for a dialled leg before it is connected. When it ends, the two are connected.
    ScreenResponse of ScreenVerb {
        say: Say = "Speaks next.";
        play: Play = "Plays next.";
        pause: Pause = "Waits next.";
        gather: Gather = "Collects keys or speech next.";
        redirect: Redirect = "Goes on elsewhere; nothing after it runs.";
        hangup: Hangup = "Ends the dialled leg; nothing after it runs.";
    }
}
