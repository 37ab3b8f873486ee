//! How legs are recorded, transcribed and sent elsewhere, and what a message says.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::phone::PhoneNumber;

/// Where a recording is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recorded {
    /// On one leg.
    Leg(String),
    /// In a conference.
    Conference(String),
}

/// What a recording holds for the time that it was paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PauseGap {
    /// Silence, as long as the pause.
    Silence,
    /// Nothing: the recording is shorter than the call.
    Skip,
}

/// How many channels a recording has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Channels {
    /// One, with everybody.
    #[default]
    Mono,
    /// Two, one for each side. Which side comes first: sources disagree.
    Dual,
}

/// Which side of a leg is meant, seen from the provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Track {
    /// Both sides.
    #[default]
    Both,
    /// What the other end of the leg says.
    Inbound,
    /// What is said or played to it.
    Outbound,
}

/// How a leg is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordingSettings {
    /// Its channels.
    pub channels: Channels,
    /// Which side is recorded.
    pub track: Track,
    /// Whether silence at both ends is cut off.
    pub trims_silence: bool,
    /// Told of its start, its end and its failure by POST; `None`: nobody is.
    pub status_url: Option<String>,
}

impl RecordingSettings {
    /// Both sides on one channel, uncut; nobody is told.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// The same, with one channel for each side.
    #[must_use]
    pub fn dual(mut self) -> Self {
        self.channels = Channels::Dual;
        self
    }
    /// The same, and `url` is told of its start, end and failure.
    #[must_use]
    pub fn status_url(mut self, url: impl Into<String>) -> Self {
        self.status_url = Some(url.into());
        self
    }
}

/// How a leg is transcribed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TranscriptionSettings {
    /// Gets what was said by POST.
    pub status_url: String,
    /// A name to end it by; one of a kind on its leg.
    pub name: Option<String>,
    /// Which side is transcribed.
    pub track: Track,
    /// BCP 47 tag, as in `en-US`; `None`: the provider's default.
    pub language: Option<String>,
    /// The provider's name of the engine, as in `google`.
    pub engine: Option<String>,
    /// The engine's name of its model, as in `telephony`.
    pub model: Option<String>,
    /// Whether results are told while they may still change.
    pub partial_results: bool,
    /// Words to expect.
    pub hints: Vec<String>,
}

impl TranscriptionSettings {
    /// Both sides, final results alone, told to `status_url`.
    #[must_use]
    pub fn new(status_url: impl Into<String>) -> Self {
        Self { status_url: status_url.into(), ..Self::default() }
    }
}

/// Where a leg's sound is sent, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamSettings {
    /// A web socket, `wss://…`, without a query.
    pub url: String,
    /// A name to end it by; one of a kind on its leg.
    pub name: Option<String>,
    /// Which side is sent.
    pub track: Track,
    /// Told to the socket when it opens; at most 99.
    pub parameters: BTreeMap<String, String>,
    /// Told of its start, end and failure by POST.
    pub status_url: Option<String>,
}

impl StreamSettings {
    /// Both sides to this socket, with no parameters.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }
    /// The same, with a name to end it by.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
    /// The same, and the socket is told `value` under `name`.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }
}

/// Which recorder hears a leg by SIPREC, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SiprecSettings {
    /// The name under which the recorder is known at the provider.
    pub connector: String,
    /// A name to end it by; one of a kind on its leg.
    pub name: Option<String>,
    /// Which side is sent.
    pub track: Track,
    /// Told to the recorder; at most 99.
    pub parameters: BTreeMap<String, String>,
    /// Told of its start, end and failure by POST.
    pub status_url: Option<String>,
}

impl SiprecSettings {
    /// Both sides to this recorder, with no parameters.
    #[must_use]
    pub fn new(connector: impl Into<String>) -> Self {
        Self { connector: connector.into(), ..Self::default() }
    }
}

/// A text message. `Debug` shows how long it is, not what it says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SendMessage {
    /// Who gets it.
    pub to: PhoneNumber,
    /// One of our numbers.
    pub from: PhoneNumber,
    /// What it says; at most 1600 characters.
    pub body: String,
    /// Pictures and the like that go with it, at most 10; they make it an MMS.
    pub media_urls: Vec<String>,
    /// Told what becomes of it by POST; `None`: nobody is.
    pub status_url: Option<String>,
}

impl SendMessage {
    /// A message that says `body`.
    #[must_use]
    pub fn new(to: PhoneNumber, from: PhoneNumber, body: impl Into<String>) -> Self {
        Self { to, from, body: body.into(), media_urls: Vec::new(), status_url: None }
    }
    /// The same, and `url` is told what becomes of it.
    #[must_use]
    pub fn status_url(mut self, url: impl Into<String>) -> Self {
        self.status_url = Some(url.into());
        self
    }
}

impl fmt::Debug for SendMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendMessage")
            .field("to", &self.to)
            .field("from", &self.from)
            .field("body_chars", &self.body.chars().count())
            .field("media", &self.media_urls.len())
            .finish_non_exhaustive()
    }
}
