//! Who calls and who is called, and how far that can be trusted.

use std::fmt;

use super::kinds::Kind;
use crate::phone::{Endpoint, PhoneNumber};

/// Somebody who calls or is called. `Display` gives the text that came; `Debug` the kind alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Party {
    /// A telephone number in E.164 form.
    Phone(PhoneNumber),
    /// A browser or app under this identity: what follows `client:`.
    Client(String),
    /// A SIP address, `sip:` or `sips:` and all.
    Sip(String),
    /// A TwiML application: what follows `app:`, or a bare `AP` sid.
    Application(String),
    /// A caller who does not show a number.
    Withheld {
        /// In which way.
        how: Withheld,
        /// The word or keypad spelling that came.
        text: String,
    },
    /// Anything else: a short code, `whatsapp:…`, a name.
    Other(String),
}

/// Why a caller's number is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Withheld {
    /// `anonymous`, or `+266696687`, the keys on which that is spelt (seen in a real payload).
    Anonymous,
    /// `restricted`, or `+7378742833` (unverified).
    Restricted,
    /// `unavailable`, or `+86282452253` (unverified).
    Unavailable,
    /// `unknown`, or `+8656696` (unverified).
    Unknown,
    /// `blocked`, or `+2562533` (unverified).
    Blocked,
    /// `private`, or `+7748283` (unverified).
    Private,
}

/// Words for a caller without a number, and the keys on which they are spelt.
const WITHHELD: &[(&str, &str, Withheld)] = &[
    ("anonymous", "266696687", Withheld::Anonymous),
    ("restricted", "7378742833", Withheld::Restricted),
    ("unavailable", "86282452253", Withheld::Unavailable),
    ("unknown", "8656696", Withheld::Unknown),
    ("blocked", "2562533", Withheld::Blocked),
    ("private", "7748283", Withheld::Private),
];

impl Withheld {
    /// In which way a number is withheld that is shown as `text`; `None` if it is not. Case does not count, nor a `+`
    /// before a keypad spelling; a SIP address counts if its user is such a word, as in `sip:anonymous@anonymous.invalid`
    /// (RFC 3261 §8.1.1.3).
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let user = text.strip_prefix("sip:").and_then(|rest| rest.split('@').next()).unwrap_or(text);
        let digits = text.strip_prefix('+').unwrap_or(text);
        let found = WITHHELD.iter().find(|(word, keys, _)| user.eq_ignore_ascii_case(word) || digits == *keys);
        found.map(|(_, _, how)| *how)
    }
}

impl Party {
    /// Who `text` is. Any text is somebody.
    #[must_use]
    pub fn read(text: &str) -> Self {
        if let Some(how) = Withheld::read(text) {
            return Self::Withheld { how, text: text.to_owned() };
        }
        let is_app =
            |sid: &str| sid.len() == 34 && sid.starts_with("AP") && sid.bytes().all(|b| b.is_ascii_alphanumeric());
        match text.split_once(':') {
            Some(("client", identity)) if !identity.is_empty() => Self::Client(identity.to_owned()),
            Some(("sip" | "sips", rest)) if !rest.is_empty() => Self::Sip(text.to_owned()),
            Some(("app", sid)) if is_app(sid) => Self::Application(sid.to_owned()),
            Some(_) => Self::Other(text.to_owned()),
            None => text.parse().map_or_else(|_| Self::Other(text.to_owned()), Self::Phone),
        }
    }

    /// Whether the number is withheld.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        matches!(self, Self::Withheld { .. })
    }

    /// Where they can be called back; `None` if they cannot.
    #[must_use]
    pub fn endpoint(&self) -> Option<Endpoint> {
        match self {
            Self::Phone(number) => Some(Endpoint::Phone(number.clone())),
            Self::Client(_) | Self::Sip(_) => self.to_string().parse().ok(),
            Self::Application(_) | Self::Withheld { .. } | Self::Other(_) => None,
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(number) => number.fmt(f),
            Self::Client(identity) => write!(f, "client:{identity}"),
            Self::Application(sid) => write!(f, "app:{sid}"),
            Self::Sip(text) | Self::Withheld { text, .. } | Self::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(_) => f.write_str("Phone(…)"),
            Self::Client(_) => f.write_str("Client(…)"),
            Self::Sip(_) => f.write_str("Sip(…)"),
            Self::Application(sid) => f.debug_tuple("Application").field(sid).finish(),
            Self::Withheld { how, .. } => f.debug_tuple("Withheld").field(how).finish(),
            Self::Other(_) => f.write_str("Other(…)"),
        }
    }
}

/// How well the calling carrier knows its customer (STIR/SHAKEN, ATIS-1000074).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attestation {
    /// Full: it knows the customer, and the number is theirs.
    A,
    /// Partial: it knows the customer, not the number.
    B,
    /// Gateway: it only knows where the call came in.
    C,
}

impl Kind for Attestation {
    type Value = Self;
    fn read(text: &str) -> Option<Self> {
        match text {
            "A" => Some(Self::A),
            "B" => Some(Self::B),
            "C" => Some(Self::C),
            _ => None,
        }
    }
}

/// What the provider found out about the caller's number (Twilio docs, StirVerstat).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StirVerstat {
    /// `TN-Validation-Passed-…`: the signature is good.
    Passed {
        /// What was attested.
        attestation: Attestation,
        /// `-Diverted`: the call was forwarded.
        diverted: bool,
        /// `-Passthrough`: judged by a carrier before.
        passthrough: bool,
    },
    /// `TN-Validation-Failed…`: the signature is bad, or could not be checked if nothing was attested.
    Failed {
        /// What was attested.
        attestation: Option<Attestation>,
        /// `-Diverted`: the call was forwarded.
        diverted: bool,
        /// `-Passthrough`: judged by a carrier before.
        passthrough: bool,
    },
    /// `No-TN-Validation`: the signature is malformed, or of an unknown kind.
    NotValidated,
    /// `NULL`.
    Null,
    /// A value that is not known here, as it came.
    Other(String),
}

impl Kind for StirVerstat {
    type Value = Self;
    fn read(text: &str) -> Option<Self> {
        Some(Self::of(text).unwrap_or_else(|| Self::Other(text.to_owned())))
    }
}

impl StirVerstat {
    fn of(text: &str) -> Option<Self> {
        match text {
            "No-TN-Validation" => return Some(Self::NotValidated),
            "NULL" => return Some(Self::Null),
            _ => {}
        }
        let mut parts = text.strip_prefix("TN-Validation-")?.split('-');
        let verdict = parts.next()?;
        let attestation = parts.next().map(|letter| Attestation::read(letter).ok_or(())).transpose().ok()?;
        let (diverted, passthrough) = match (parts.next(), parts.next()) {
            (None, None) => (false, false),
            (Some("Diverted"), None) => (true, false),
            (Some("Passthrough"), None) => (false, true),
            _ => return None,
        };
        match (verdict, attestation) {
            ("Passed", Some(attestation)) => Some(Self::Passed { attestation, diverted, passthrough }),
            ("Failed", attestation) => Some(Self::Failed { attestation, diverted, passthrough }),
            _ => None,
        }
    }
}
