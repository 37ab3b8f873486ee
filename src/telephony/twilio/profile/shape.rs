//! What ids look like. Nothing else is ever put into a path, so an id cannot lead a request to another resource.

use std::fmt;

use crate::telephony::twilio::request::is_sid;

/// Longest id, in characters.
const ID_CHARS_MAX: usize = 128;

/// What an id looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum IdShape {
    /// These two capitals, then 32 lower-case hexadecimal digits.
    Sid(&'static str),
    /// A UUID in its lower-case text form.
    Uuid,
    /// This prefix, then letters, digits, `_` and `-`.
    Prefixed(&'static str),
    /// Letters, digits, `_` and `-`.
    Opaque,
}

impl IdShape {
    /// Whether `text` is an id of this shape. Whatever fits may stand in a path as it is.
    #[must_use]
    pub fn fits(self, text: &str) -> bool {
        let is_word = |text: &str| {
            (1..=ID_CHARS_MAX).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        };
        match self {
            Self::Sid(prefix) => is_sid(prefix, text),
            Self::Uuid => {
                let is_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
                let fits = |(at, b): (usize, u8)| if matches!(at, 8 | 13 | 18 | 23) { b == b'-' } else { is_hex(b) };
                text.len() == 36 && text.bytes().enumerate().all(fits)
            }
            Self::Prefixed(prefix) => text.strip_prefix(prefix).is_some_and(is_word),
            Self::Opaque => is_word(text),
        }
    }
}

impl fmt::Display for IdShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sid(prefix) => write!(f, "{prefix} and 32 hexadecimal digits"),
            Self::Uuid => f.write_str("a UUID in lower case"),
            Self::Prefixed(prefix) => write!(f, "{prefix} and letters, digits, _ or -"),
            Self::Opaque => f.write_str("1 to 128 letters, digits, _ or -"),
        }
    }
}

/// What the ids of a provider look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ids {
    /// Of a leg.
    pub leg: IdShape,
    /// Of a conference.
    pub conference: IdShape,
    /// Of a recording.
    pub recording: IdShape,
    /// Of a live transcription.
    pub transcription: IdShape,
    /// Of a stream.
    pub stream: IdShape,
    /// Of a SIPREC session.
    pub siprec: IdShape,
    /// Of a queue.
    pub queue: IdShape,
    /// Of a message with text alone.
    pub message: IdShape,
    /// Of a message with media.
    pub media_message: IdShape,
    /// Of a number.
    pub number: IdShape,
}

impl Ids {
    /// Twilio's (Twilio docs, String Identifiers).
    pub const SIDS: Self = Self {
        leg: IdShape::Sid("CA"),
        conference: IdShape::Sid("CF"),
        recording: IdShape::Sid("RE"),
        transcription: IdShape::Sid("GT"),
        stream: IdShape::Sid("MZ"),
        siprec: IdShape::Sid("SR"),
        queue: IdShape::Sid("QU"),
        message: IdShape::Sid("SM"),
        media_message: IdShape::Sid("MM"),
        number: IdShape::Sid("PN"),
    };

    /// The same shape for all.
    #[must_use]
    pub const fn all(shape: IdShape) -> Self {
        Self {
            leg: shape,
            conference: shape,
            recording: shape,
            transcription: shape,
            stream: shape,
            siprec: shape,
            queue: shape,
            message: shape,
            media_message: shape,
            number: shape,
        }
    }
}
