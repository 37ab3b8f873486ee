//! `ConversationRelay`: what Twilio and a server say to each other under `<ConversationRelay>` (Twilio docs,
//! ConversationRelay, WebSocket messages).
//!
//! Twilio understands the caller's speech and speaks the server's text. It sends an [`Event`] in each text frame: `setup`
//! once, then what the caller says and presses. The server answers with a [`Command`]: text in tokens, as a language model
//! gives them, files to play, keys to send, a change of language, and `end`, which hands the call back to the document.
//!
//! Tokens form a *talk cycle*, which the token with `last` closes. [`Session`] is the server's half: it knows whether a
//! cycle is open, and that nothing may follow `end`.

mod session;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
pub use session::{Session, SessionError};

use super::wire;

/// What Twilio sends. Reads and writes; see [`Event::read`] and [`Event::write`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Which call it is. Comes first, once.
    Setup(Box<Setup>),
    /// What the caller said.
    Prompt(Prompt),
    /// A key the caller pressed; with `dtmfDetection` only.
    Dtmf(Dtmf),
    /// The caller cut the speech short.
    Interrupt(Interrupt),
    /// Twilio could not use what the server sent.
    Error(Fault),
    /// What `events` and `debug` ask for. Not in Twilio's documentation; as seen in servers that people run.
    Info(Info),
    /// A kind that is not known here, as it came.
    Unknown(Map<String, Value>),
}

wire::messages! { Event by "type" {
    Setup = "setup",
    Prompt = "prompt",
    Dtmf = "dtmf",
    Interrupt = "interrupt",
    Error = "error",
    Info = "info",
}}

/// The first message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Setup {
    /// The session, `VX…`.
    pub session_id: String,
    /// The account, `AC…`.
    #[serde(default, deserialize_with = "wire::text")]
    pub account_sid: String,
    /// The leg whose `<Dial>` placed this one; empty when there is none.
    #[serde(default, deserialize_with = "wire::text")]
    pub parent_call_sid: String,
    /// The leg, `CA…`.
    pub call_sid: String,
    /// Who calls.
    #[serde(default, deserialize_with = "wire::text")]
    pub from: String,
    /// Who is called.
    #[serde(default, deserialize_with = "wire::text")]
    pub to: String,
    /// Who forwarded the call; empty when nobody did.
    #[serde(default, deserialize_with = "wire::text")]
    pub forwarded_from: String,
    /// `PSTN` and the like.
    #[serde(default, deserialize_with = "wire::text")]
    pub call_type: String,
    /// The caller's name; empty when it is not known.
    #[serde(default, deserialize_with = "wire::text")]
    pub caller_name: String,
    /// `inbound` and the like.
    #[serde(default, deserialize_with = "wire::text")]
    pub direction: String,
    /// The state of the leg in upper case, such as `RINGING`.
    #[serde(default, deserialize_with = "wire::text")]
    pub call_status: String,
    /// The `<Parameter>`s of the `<ConversationRelay>`.
    #[serde(default, deserialize_with = "wire::texts")]
    pub custom_parameters: BTreeMap<String, String>,
    /// What else came, as it came.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// What the caller said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Prompt {
    /// The words.
    pub voice_prompt: String,
    /// Their language.
    #[serde(default, deserialize_with = "wire::text")]
    pub lang: String,
    /// Whether the caller has finished. `false` with `partialPrompts` only: the same words come again, and more.
    #[serde(default = "yes")]
    pub last: bool,
    /// What else came, as it came: `includeInPrompt` asks for more.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

fn yes() -> bool {
    true
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dtmf {
    /// `0` to `9`, `*` or `#`.
    pub digit: String,
}

/// How far the speech had come when the caller cut it short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interrupt {
    /// What the caller has heard of it.
    #[serde(default, deserialize_with = "wire::text")]
    pub utterance_until_interrupt: String,
    /// For how many milliseconds. Fractions are dropped.
    #[serde(default, deserialize_with = "wire::millis")]
    pub duration_until_interrupt_ms: u64,
}

/// What was wrong with a message of the server's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// For people.
    #[serde(default, deserialize_with = "wire::text")]
    pub description: String,
}

/// What `events` or `debug` ask for: `agentSpeaking` and `clientSpeaking` with `on` or `off` for `speaker-events`, and
/// `tokensPlayed` with the words for `tokens-played`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Info {
    /// What is told.
    #[serde(default, deserialize_with = "wire::text")]
    pub name: String,
    /// How it is; a text wherever it was seen.
    #[serde(default)]
    pub value: Value,
    /// When, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts: Option<i64>,
    /// What else came, as it came.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// What a server may send. Reads and writes; see [`Command::read`] and [`Command::write`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// Speaks text.
    Text(Text),
    /// Plays a file.
    Play(Play),
    /// Sends keys to the caller's side.
    SendDigits(SendDigits),
    /// Changes the language.
    Language(Language),
    /// Ends the session.
    End(End),
    /// A kind that is not known here: Twilio answers it with `error` and 64107.
    Unknown(Map<String, Value>),
}

wire::messages! { Command by "type" {
    Text = "text",
    Play = "play",
    SendDigits = "sendDigits",
    Language = "language",
    End = "end",
}}

/// What may cut speech short. Written as `true` or `false` where there is such a word, for every message takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Interruptible {
    /// Speech and keys.
    Any,
    /// Nothing.
    None,
    /// Keys.
    Dtmf,
    /// Speech.
    Speech,
}

impl Interruptible {
    /// What `any`, `none`, `dtmf`, `speech`, `true` and `false` mean; `None` for any other word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Some(match word {
            "any" | "true" => Self::Any,
            "none" | "false" => Self::None,
            "dtmf" => Self::Dtmf,
            "speech" => Self::Speech,
            _ => return None,
        })
    }

    /// Whether the caller's speech cuts it short.
    #[must_use]
    pub fn by_speech(self) -> bool {
        matches!(self, Self::Any | Self::Speech)
    }

    /// Whether a key cuts it short.
    #[must_use]
    pub fn by_dtmf(self) -> bool {
        matches!(self, Self::Any | Self::Dtmf)
    }
}

impl Serialize for Interruptible {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Any => serializer.serialize_bool(true),
            Self::None => serializer.serialize_bool(false),
            Self::Dtmf => serializer.serialize_str("dtmf"),
            Self::Speech => serializer.serialize_str("speech"),
        }
    }
}

impl<'de> Deserialize<'de> for Interruptible {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let word = match &value {
            Value::Bool(true) => "any",
            Value::Bool(false) => "none",
            Value::String(word) => word,
            _ => "",
        };
        Self::named(word)
            .ok_or_else(|| serde::de::Error::custom(format!("{value} is not true, false or one of its words")))
    }
}

/// A piece of text to speak.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The piece: a word or a whole answer. Spaces between pieces are part of them.
    pub token: String,
    /// Whether it is the last of its talk cycle.
    #[serde(default)]
    pub last: bool,
    /// Its language, when it is not that of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// What may cut it short, when it is not as the session has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interruptible: Option<Interruptible>,
    /// Whether the next talk cycle may cut it short, when it is not as the session has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preemptible: Option<bool>,
}

impl Text {
    /// This piece, with more to come.
    #[must_use]
    pub fn token(token: impl Into<String>) -> Self {
        Self { token: token.into(), ..Self::default() }
    }

    /// A whole answer, or the end of one.
    #[must_use]
    pub fn last(token: impl Into<String>) -> Self {
        Self { token: token.into(), last: true, ..Self::default() }
    }
}

/// A file to play.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Play {
    /// Its URL.
    pub source: String,
    /// How often; once when it is missing, and 0 means 1000 times.
    #[serde(rename = "loop", default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Whether the next talk cycle may cut it short, when it is not as the session has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preemptible: Option<bool>,
    /// What may cut it short, when it is not as the session has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interruptible: Option<Interruptible>,
}

impl Play {
    /// This file, once.
    #[must_use]
    pub fn once(source: impl Into<String>) -> Self {
        Self { source: source.into(), ..Self::default() }
    }
}

/// Keys to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendDigits {
    /// `0` to `9`, `*`, `#`, and `w` for half a second of silence.
    pub digits: String,
}

impl SendDigits {
    /// Whether each character is one of those that are allowed.
    #[must_use]
    pub fn is_sendable(&self) -> bool {
        !self.digits.is_empty() && self.digits.chars().all(|key| key.is_ascii_digit() || matches!(key, 'w' | '#' | '*'))
    }
}

/// A change of language; what is missing stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Language {
    /// What is spoken to the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tts_language: Option<String>,
    /// What the caller speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcription_language: Option<String>,
    /// What else came, or is to be sent: Twilio takes more settings than are documented everywhere.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// The end of the session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct End {
    /// What the `action` of the `<Connect>` gets as `HandoffData`: a text, JSON most often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handoff_data: Option<String>,
}
