//! What the outside world hands to the carrier and gets from it.

use std::time::Duration;

use super::account::AccountConfig;
use super::rules::Rules;
use super::voice_types::Answerer;
pub(super) use super::wire_types::{HttpFault, HttpReply, Webhook, WebhookKind};
use crate::time::Timestamp;

/// How a carrier is set up.
#[derive(Clone, Debug)]
pub struct CarrierConfig {
    /// The account: `AC` and 32 hex digits.
    pub account_sid: String,
    /// Signs webhooks, and opens the REST API.
    pub auth_token: String,
    /// Decides every id and every fault.
    pub seed: u64,
    /// Where virtual time begins.
    pub start: Timestamp,
    /// How many calls the REST API places in a second; the rest waits in a queue. 0: no limit.
    pub calls_per_second: u32,
    /// What goes wrong by itself.
    pub faults: Faults,
    /// What the sources disagree on.
    pub rules: Rules,
    /// The account besides.
    pub account: AccountConfig,
}

impl Default for CarrierConfig {
    fn default() -> Self {
        Self {
            account_sid: format!("AC{}", "0123456789abcdef".repeat(2)),
            auth_token: "12345".to_owned(),
            seed: 1,
            start: Timestamp::from_secs(1_735_689_600),
            calls_per_second: 0,
            faults: Faults::default(),
            rules: Rules::default(),
            account: AccountConfig::default(),
        }
    }
}

/// How often something goes wrong, per mille of the chances it has. All 0 by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// A callback is never delivered.
    pub callback_lost: u16,
    /// A callback is delivered twice, with the same idempotency token.
    pub callback_doubled: u16,
    /// A callback is delivered late, by [`Faults::late_by`].
    pub callback_late: u16,
    /// How late a late callback is.
    pub late_by: Duration,
    /// A callback is overtaken by what happens in the next second.
    pub callback_reordered: u16,
    /// A document is asked for twice; the second reply is ignored.
    pub document_doubled: u16,
    /// A REST request is lost before it has any effect.
    pub rest_lost_before: u16,
    /// The reply to a REST request is lost; its effect is there.
    pub rest_lost_after: u16,
    /// A REST request takes too long; its effect is there.
    pub rest_timeout: u16,
    /// How long a new call is missing from the list of calls. Twilio docs: GET Calls after POST may lag.
    pub list_lag: Duration,
    /// A REST request is refused with 429 and code 20429.
    pub rest_429: u16,
    /// A REST request is answered with 500 and code 20500, without effect.
    pub rest_500: u16,
}

/// A number of ours.
#[derive(Clone, Debug, Default)]
pub struct NumberConfig {
    /// E.164.
    pub number: String,
    /// Asked for a document when somebody dials the number.
    pub voice_url: String,
    /// How: `GET`, or POST by default.
    pub voice_method: Option<String>,
    /// Asked when that fails.
    pub voice_fallback_url: Option<String>,
    /// How: `GET`, or POST by default.
    pub voice_fallback_method: Option<String>,
    /// Told once, when an inbound call has ended.
    pub status_callback: Option<String>,
    /// How: `GET`, or POST by default.
    pub status_callback_method: Option<String>,
    /// Whether the caller's name is looked up and told (`VoiceCallerIdLookup`).
    pub caller_id_lookup: bool,
}

/// The answer to a REST request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestReply {
    /// HTTP status.
    pub status: u16,
    /// JSON, or empty.
    pub body: String,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// The body where it is no text: the audio of a recording. `body` is empty then.
    pub bytes: Option<Vec<u8>>,
    /// How the transport is to lose this reply.
    pub fault: Option<RestFault>,
}

/// How a REST exchange is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestFault {
    /// The request never arrived: no effect.
    LostBefore,
    /// It had its effect; the reply never arrived.
    LostAfter,
    /// It had its effect; the client waits until it gives up.
    Timeout,
}

/// What is to go wrong with the next REST request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextRest {
    /// Nothing: it is let through, and what is queued behind waits for the one after it.
    Fine,
    /// It is lost so.
    Fault(RestFault),
    /// It is answered with this HTTP status, without effect.
    Status(u16),
}

impl From<RestFault> for NextRest {
    fn from(fault: RestFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<u16> for NextRest {
    fn from(status: u16) -> Self {
        Self::Status(status)
    }
}

/// How an endpoint behaves when it is rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointScript {
    /// What it does about the ringing.
    pub on_ring: Ring,
    /// How long it talks before it hangs up; `None`: until the other side does.
    pub then: Option<Duration>,
    /// Keys it presses, each at a time after its answer.
    pub presses: Vec<(Duration, String)>,
    /// What it says, each at a time after its answer. Words take a fifteenth of a second per character. Empty: it
    /// talks whenever somebody else is on the line, and leaves a message of [`VoiceRules::message_length`](super::VoiceRules::message_length) in a
    /// `<Record>`.
    pub says: Vec<(Duration, String)>,
    /// Who or what picks up.
    pub who: Answerer,
    /// When after its answer it sends a SIP REFER, and the URI to which it wants the other side transferred.
    pub refers: Option<(Duration, String)>,
    /// The SIP status with which it declines a REFER of ours; `None`: it accepts.
    pub declines_refer: Option<u16>,
}

impl Default for EndpointScript {
    fn default() -> Self {
        Self {
            on_ring: Ring::Answers { after: Duration::from_secs(2) },
            then: None,
            presses: Vec::new(),
            says: Vec::new(),
            who: Answerer::default(),
            refers: None,
            declines_refer: None,
        }
    }
}

/// What an endpoint does about being rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ring {
    /// Answers after this much ringing.
    Answers {
        /// Counted from the first ring.
        after: Duration,
    },
    /// Declines after this much ringing.
    Declines {
        /// Counted from the first ring.
        after: Duration,
    },
    /// Is busy.
    Busy,
    /// Never answers.
    RingsOut,
    /// Cannot be reached at all.
    Fails,
    /// Waits for [`super::Carrier::answers`] or [`super::Carrier::declines`].
    Manual,
}

/// How a call came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Somebody dialled a number of ours.
    Inbound,
    /// The REST API placed it.
    OutboundApi,
    /// A `<Dial>` placed it.
    OutboundDial,
}

impl Direction {
    /// Twilio's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::OutboundApi => "outbound-api",
            Self::OutboundDial => "outbound-dial",
        }
    }
}

/// State of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallStatus {
    /// Waits to be placed.
    Queued,
    /// Placed; not ringing yet. Only webhooks know the word; REST shows `queued`.
    Initiated,
    /// Rings.
    Ringing,
    /// Answered.
    InProgress,
    /// Over, after an answer.
    Completed,
    /// Over: busy or declined.
    Busy,
    /// Over: could not be placed.
    Failed,
    /// Over: nobody answered.
    NoAnswer,
    /// Over before an answer, by the caller or by REST.
    Canceled,
}

impl CallStatus {
    /// Twilio's word in webhooks.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::NoAnswer => "no-answer",
            Self::Canceled => "canceled",
        }
    }

    /// Whether the call is over.
    #[must_use]
    pub fn is_over(self) -> bool {
        self >= Self::Completed
    }
}

/// Why a call ended, in truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndCause {
    /// The person on this leg hung up.
    HungUp,
    /// Its document ended it: `<Hangup>`, `<Reject>`, or no verb left.
    Document,
    /// The REST API ended it.
    Rest,
    /// "An application error has occurred".
    ApplicationError,
    /// The leg it belonged to ended, or another leg was faster.
    Parent,
    /// It was busy.
    Busy,
    /// It declined.
    Declined,
    /// Nobody answered in time.
    NoAnswer,
    /// It could not be reached.
    Failed,
    /// It lasted as long as allowed.
    TimeLimit,
}

/// What a leg hears.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hearing {
    /// Nothing yet, or no longer: there is no line.
    Nothing,
    /// Ringing.
    Ringback,
    /// A voice reads this text.
    Say(String),
    /// This audio file, or the tones of these `digits:`.
    Play(String),
    /// Music; the URL, or `default`.
    Music(String),
    /// Silence that its document asks for: `<Pause>`, waiting in `<Gather>`, `<Record>`, listening in `<Connect>`.
    Pause,
    /// The audio that a server sends over this stream, `MZ…`; see [`super::Carrier::audio_played`].
    Stream(String),
    /// Silence that nobody asked for.
    Silence,
    /// Another person.
    Party,
    /// Its own voice, in `<Echo>`.
    Echo,
}

/// What a leg heard, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What.
    pub what: Hearing,
    /// From when.
    pub from: Timestamp,
    /// Until when; `None`: still.
    pub to: Option<Timestamp>,
}

/// A leg as it truly is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallView {
    /// Its CA sid.
    pub sid: String,
    /// Who calls.
    pub from: String,
    /// Who is called.
    pub to: String,
    /// How it came about.
    pub direction: Direction,
    /// The leg whose `<Dial>` placed it.
    pub parent: Option<String>,
    /// Its state.
    pub status: CallStatus,
    /// When it was dialled or asked for.
    pub started: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    pub end_cause: Option<EndCause>,
    /// Name of the conference it is in.
    pub in_conference: Option<String>,
    /// What it hears now.
    pub hearing: Hearing,
}

/// Two legs that heard each other: `a` < `b`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// One CA sid.
    pub a: String,
    /// The other.
    pub b: String,
    /// From when.
    pub from: Timestamp,
    /// Until when; `None`: still.
    pub to: Option<Timestamp>,
}

/// A warning or error about a document or a webhook of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Twilio's error code.
    pub code: u32,
    /// The call it is about.
    pub call_sid: Option<String>,
    /// What is wrong.
    pub message: String,
    /// The URL it is about; empty when the document came by REST.
    pub url: String,
    /// When.
    pub at: Timestamp,
}

/// Why a caller counts as lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// More than 5 s of silence that no document asked for.
    Silence,
    /// "An application error has occurred".
    ApplicationError,
    /// A cut that neither the caller nor a document nor REST chose.
    Cut,
}

/// A caller who was let down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostCall {
    /// The inbound leg.
    pub call: String,
    /// How.
    pub loss: Loss,
    /// When it began.
    pub at: Timestamp,
}
