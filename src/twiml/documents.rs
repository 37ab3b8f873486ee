//! The kinds of documents: each holds only the verbs that Twilio runs in its place.

use super::Twiml;
use super::background::{Start, Stop};
use super::check::{Refused, Report};
use super::codes::{self, SCHEMA};
use super::dial::Dial;
use super::element::{Content, one_of};
use super::enqueue::Enqueue;
use super::parse::{ParseError, tree};
use super::pay::{Echo, Pay, PayPrompt, Sms};
use super::place::Place;
use super::reading::{Interpreted, Reading};
use super::sessions::Connect;
use super::sip::Refer;
use super::verbs::{Gather, Hangup, Leave, Pause, Play, Record, Redirect, Reject, Say};
use super::write::Writer;

/// The root of every document.
pub(super) const ROOT: &str = "Response";

/// The verbs of a text, read strictly or not.
fn read<V: Content>(text: &str, reading: &mut Reading) -> Result<Option<V>, ParseError> {
    let mut root = tree(text)?;
    if root.name != ROOT {
        let problem = "the root must be <Response> (Twilio error 12102)";
        return Err(ParseError::new(root.name, problem).coded(codes::ROOT));
    }
    let place = Place::root(ROOT);
    let verbs = V::read(&mut root, &place, reading)?;
    reading.finish(root, &place)?;
    Ok(verbs)
}

/// What Twilio would refuse, or the text, which may be too long.
fn written<V: Content>(verbs: &V, baseless: bool) -> Result<String, Vec<Refused>> {
    let mut report = Report { baseless, ..Report::default() };
    verbs.check(&Place::root(ROOT), &mut report);
    if !report.refused.is_empty() {
        return Err(report.refused);
    }
    let mut out = Writer::document(report.bytes + 2 * ROOT.len() + 5);
    out.start("<Response");
    verbs.write(&mut out);
    out.end("</Response>");
    Ok(out.into_string())
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
                let mut report = Report::default();
                Content::check(&self.verbs, &Place::root(ROOT), &mut report);
                report.refused
            }

            /// The document as XML.
            ///
            /// # Errors
            /// Everything that [`check`](Self::check) finds; with nothing found, a size above
            /// [`MOST_BYTES`](crate::twiml::MOST_BYTES).
            pub fn build(&self) -> Result<Twiml, Vec<Refused>> {
                let text = written(&self.verbs, false)?;
                Twiml::sized(text).map_err(|refused| vec![refused])
            }

            /// The document as XML for the `Twiml` parameter of a call that is made or changed by REST, where it has no
            /// URL of its own.
            ///
            /// # Errors
            /// As [`build`](Self::build), and URLs that are relative (Twilio error 15004) and a length above
            /// [`MOST_PARAMETER_CHARACTERS`](crate::twiml::MOST_PARAMETER_CHARACTERS).
            pub fn build_parameter(&self) -> Result<Twiml, Vec<Refused>> {
                let text = written(&self.verbs, true)?;
                let twiml = Twiml::sized(text).map_err(|refused| vec![refused])?;
                twiml.as_parameter().map_err(|refused| vec![refused])?;
                Ok(twiml)
            }

            /// Reads a document of these verbs; see [`parse`](crate::twiml::parse).
            ///
            /// # Errors
            /// As [`parse`](crate::twiml::parse).
            pub fn parse(text: &str) -> Result<Self, ParseError> {
                let verbs = read(text, &mut Reading::strict())?;
                Ok(Self { verbs: verbs.unwrap_or_default() })
            }

            /// Reads a document as forgivingly as Twilio does. An unknown element is skipped, an unknown attribute and
            /// one with a value that Twilio refuses is left out, so that its default holds, and an element that Twilio
            /// refuses as a whole is skipped; each is warned about with its place and Twilio's code. What is left can
            /// be built, its size aside.
            ///
            /// Which of its warnings Twilio raises for a document that breaks several rules at once, and what it does
            /// with an element refused as a whole, is unverified.
            ///
            /// # Errors
            /// What keeps Twilio from running the document at all: a text above 64 kB (code 11750), that is not XML
            /// (12100), not XML 1.0 (12101), or has another root than `Response` (12102).
            pub fn interpret(text: &str) -> Result<Interpreted<Self>, ParseError> {
                let mut reading = Reading::lenient();
                let verbs = read(text, &mut reading)?;
                Ok(Interpreted::new(Self { verbs: verbs.unwrap_or_default() }, reading.warnings))
            }
        }
    )*};
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
    stranger |_| 13_238;
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
    stranger |name| if name == "Dial" { 13_201 } else { SCHEMA };
}

one_of! {
    /// What may stand in a document for a queued caller before somebody speaks to them (Twilio docs: `<Queue>` `url`).
    BridgeVerb {
        /// Speaks.
        Say,
        /// Plays a file or tones.
        Play,
        /// Waits.
        Pause,
        /// Goes on elsewhere.
        Redirect,
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

    /// A document for people who wait in a conference: what its `wait_url` leads to, what is heard on hold, and what is
    /// announced. It runs once, and then there is silence; end it with a `Redirect` to itself to repeat it. Another verb
    /// in it would be Twilio error 13238.
    ///
    /// ```compile_fail
    /// use switchboard::twiml::{Dial, Number, WaitResponse};
    ///
    /// let document = WaitResponse::new().verb(Dial::new().number(Number::new("+14155550100")));
    /// ```
    ///
    /// ```compile_fail
    /// use switchboard::twiml::{Gather, WaitResponse};
    ///
    /// let document = WaitResponse::new().verb(Gather::new());
    /// ```
    WaitResponse of WaitVerb {
        say: Say = "Speaks next.";
        play: Play = "Plays next.";
        pause: Pause = "Waits next.";
        redirect: Redirect = "Goes on elsewhere; nothing after it runs.";
    }

    /// A document for a caller who waits in a queue: what an `Enqueue`'s `wait_url` leads to. Twilio fetches it again
    /// whenever it ends.
    ///
    /// ```compile_fail
    /// use switchboard::twiml::{QueueResponse, Record};
    ///
    /// let document = QueueResponse::new().verb(Record::new());
    /// ```
    QueueResponse of QueueVerb {
        say: Say = "Speaks next.";
        play: Play = "Plays next.";
        pause: Pause = "Waits next.";
        gather: Gather = "Collects keys or speech next.";
        redirect: Redirect = "Goes on elsewhere; nothing after it runs.";
        hangup: Hangup = "Ends the call; nothing after it runs.";
        leave: Leave = "Takes the caller out of the queue.";
    }

    /// A document for a dialled leg before it is connected: what the `url` of a `Number`, `Client` or `Sip` leads to. When
    /// it ends, the two are connected. A `Dial` in it would be Twilio error 13201. That a `Redirect` works is unverified.
    ///
    /// ```compile_fail
    /// use switchboard::twiml::{Dial, Number, ScreenResponse};
    ///
    /// let document = ScreenResponse::new().verb(Dial::new().number(Number::new("+14155550100")));
    /// ```
    ScreenResponse of ScreenVerb {
        say: Say = "Speaks next.";
        play: Play = "Plays next.";
        pause: Pause = "Waits next.";
        gather: Gather = "Collects keys or speech next.";
        redirect: Redirect = "Goes on elsewhere; nothing after it runs.";
        hangup: Hangup = "Ends the dialled leg; nothing after it runs.";
    }
    /// A document for a queued caller before somebody speaks to them: what the `url` of a `Queue` leads to. When it ends,
    /// the two are connected.
    ///
    /// ```compile_fail
    /// use switchboard::twiml::{BridgeResponse, Hangup};
    ///
    /// let document = BridgeResponse::new().verb(Hangup::new());
    /// ```
    BridgeResponse of BridgeVerb {
        say: Say = "Speaks next.";
        play: Play = "Plays next.";
        pause: Pause = "Waits next.";
        redirect: Redirect = "Goes on elsewhere; nothing after it runs.";
    }
}
