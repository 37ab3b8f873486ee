//! Media Streams: what Twilio and a server say to each other under `<Stream>` (Twilio docs, Media Streams, WebSocket
//! messages).
//!
//! Twilio sends an [`Event`] in each text frame: `connected`, `start`, then the call's audio as `media` until `stop`. Under
//! `<Connect>` the server may answer with a [`Command`]: audio to play, marks to be told of when the audio before them has
//! been played, and `clear` to drop what has not been played yet. Under `<Start>` it only listens.
//!
//! [`Session`] is the server's half: it reads the frames in order, writes commands, and knows which marks are outstanding.

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
    /// The connection stands. Comes first, without a number.
    Connected(Connected),
    /// What is streamed. Comes second.
    Start(Start),
    /// A piece of audio.
    Media(Media),
    /// Somebody pressed a key; under `<Connect>` only.
    Dtmf(Dtmf),
    /// The audio before this mark has been played or dropped; under `<Connect>` only.
    Mark(Marked),
    /// The stream is over. Comes last.
    Stop(Stop),
    /// A kind that is not known here, as it came.
    Unknown(Map<String, Value>),
}

wire::messages! { Event by "event" {
    Connected = "connected",
    Start = "start",
    Media = "media",
    Dtmf = "dtmf",
    Mark = "mark",
    Stop = "stop",
}}

impl Event {
    /// The number of the message within its stream, from 1 on; `None` where there is none.
    #[must_use]
    pub fn sequence_number(&self) -> Option<u64> {
        match self {
            Self::Start(start) => Some(start.sequence_number),
            Self::Media(media) => Some(media.sequence_number),
            Self::Dtmf(dtmf) => Some(dtmf.sequence_number),
            Self::Mark(mark) => Some(mark.sequence_number),
            Self::Stop(stop) => Some(stop.sequence_number),
            Self::Unknown(fields) => {
                let number = fields.get("sequenceNumber")?;
                number.as_u64().or_else(|| number.as_str()?.parse().ok())
            }
            Self::Connected(_) => None,
        }
    }

    /// The stream it belongs to; `None` where it names none.
    #[must_use]
    pub fn stream_sid(&self) -> Option<&str> {
        match self {
            Self::Start(start) => Some(&start.stream_sid),
            Self::Media(media) => Some(&media.stream_sid),
            Self::Dtmf(dtmf) => Some(&dtmf.stream_sid),
            Self::Mark(mark) => Some(&mark.stream_sid),
            Self::Stop(stop) => Some(&stop.stream_sid),
            Self::Unknown(fields) => fields.get("streamSid")?.as_str(),
            Self::Connected(_) => None,
        }
    }
}

/// The first message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connected {
    /// `Call`.
    #[serde(default, deserialize_with = "wire::text")]
    pub protocol: String,
    /// `1.0.0`.
    #[serde(default, deserialize_with = "wire::text")]
    pub version: String,
}

/// The second message: what is streamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// 1.
    #[serde(with = "wire::counted")]
    pub sequence_number: u64,
    /// What there is to know.
    pub start: StartDetail,
    /// The stream, `MZ…`.
    pub stream_sid: String,
}

/// What is streamed, and from which call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartDetail {
    /// The account, `AC…`.
    pub account_sid: String,
    /// The stream, `MZ…`.
    pub stream_sid: String,
    /// The leg, `CA…`.
    pub call_sid: String,
    /// Whose audio comes.
    #[serde(default)]
    pub tracks: Vec<Track>,
    /// How the audio is coded.
    #[serde(default)]
    pub media_format: MediaFormat,
    /// The `<Parameter>`s of the `<Stream>`.
    #[serde(default, deserialize_with = "wire::texts")]
    pub custom_parameters: BTreeMap<String, String>,
    /// What else came, as it came.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// How audio is coded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaFormat {
    /// `audio/x-mulaw`: see [`g711`](crate::media::g711).
    pub encoding: String,
    /// Samples in a second: 8000.
    pub sample_rate: u32,
    /// 1.
    pub channels: u32,
}

impl Default for MediaFormat {
    /// The only one Twilio documents.
    fn default() -> Self {
        Self { encoding: "audio/x-mulaw".to_owned(), sample_rate: super::g711::SAMPLE_RATE, channels: 1 }
    }
}

/// Whose audio it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Track {
    /// What Twilio hears from the leg: the person on it.
    Inbound,
    /// What Twilio plays to the leg.
    Outbound,
    /// A word that is not known here.
    Other(String),
}

impl Track {
    /// Twilio's word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Other(word) => word,
        }
    }
}

impl Serialize for Track {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Track {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Ok(match word.as_str() {
            "inbound" => Self::Inbound,
            "outbound" => Self::Outbound,
            _ => Self::Other(word),
        })
    }
}

/// A piece of audio from Twilio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Media {
    /// Counts the messages of the stream.
    #[serde(with = "wire::counted")]
    pub sequence_number: u64,
    /// The audio.
    pub media: Chunk,
    /// The stream.
    pub stream_sid: String,
}

/// Audio, and when it was heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Whose audio.
    pub track: Track,
    /// Counts the pieces of the stream, from 1 on.
    #[serde(with = "wire::counted")]
    pub chunk: u64,
    /// When it began, in milliseconds since the stream did.
    #[serde(with = "wire::counted")]
    pub timestamp: u64,
    /// The audio, decoded from base64: one byte for each sample. Commonly 160 bytes, which is not promised.
    #[serde(with = "wire::bytes")]
    pub payload: Vec<u8>,
}

/// A key that was pressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dtmf {
    /// The stream.
    pub stream_sid: String,
    /// Counts the messages of the stream.
    #[serde(with = "wire::counted")]
    pub sequence_number: u64,
    /// The key.
    pub dtmf: Key,
}

/// A key, and who pressed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// `inbound_track`.
    #[serde(default, deserialize_with = "wire::text")]
    pub track: String,
    /// `0` to `9`, `*` or `#`.
    pub digit: String,
}

/// A mark that was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Marked {
    /// Counts the messages of the stream.
    #[serde(with = "wire::counted")]
    pub sequence_number: u64,
    /// The stream.
    pub stream_sid: String,
    /// Which.
    pub mark: MarkName,
}

/// The name of a mark, which the server chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkName {
    /// The name.
    pub name: String,
}

/// The last message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stop {
    /// Counts the messages of the stream.
    #[serde(with = "wire::counted")]
    pub sequence_number: u64,
    /// The stream.
    pub stream_sid: String,
    /// Which call it was.
    pub stop: StopDetail,
}

/// Which call a stream belonged to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopDetail {
    /// The account, `AC…`.
    #[serde(default, deserialize_with = "wire::text")]
    pub account_sid: String,
    /// The leg, `CA…`.
    #[serde(default, deserialize_with = "wire::text")]
    pub call_sid: String,
}

/// What a server may send, under `<Connect>` only. Reads and writes; see [`Command::read`] and [`Command::write`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// Plays audio after what was sent before.
    Media(Play),
    /// Asks to be told when the audio before it has been played.
    Mark(MarkAsked),
    /// Drops the audio that has not been played; all outstanding marks come back.
    Clear(Clear),
    /// A kind that is not known here: Twilio answers it with warning 31951.
    Unknown(Map<String, Value>),
}

wire::messages! { Command by "event" {
    Media = "media",
    Mark = "mark",
    Clear = "clear",
}}

/// Audio to play.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Play {
    /// The stream.
    pub stream_sid: String,
    /// The audio.
    pub media: Audio,
}

/// Audio of any length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audio {
    /// μ-law, 8000 Hz, without any file header.
    #[serde(with = "wire::bytes")]
    pub payload: Vec<u8>,
}

/// A mark to be set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarkAsked {
    /// The stream.
    pub stream_sid: String,
    /// Which.
    pub mark: MarkName,
}

/// Audio to be dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Clear {
    /// The stream.
    pub stream_sid: String,
}
