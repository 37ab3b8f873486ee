//! Where a leg can be reached: telephone numbers, browser clients, SIP addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A telephone number in E.164 form: `+`, then 8 to 15 digits, the first not zero (ITU-T E.164 §6).
///
/// `Debug` masks the middle digits, so that a log does not carry personal data; `Display` shows all.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// Why a text is not an address that can be dialled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Not `+` and 8 to 15 digits.
    #[error("not an E.164 number: write + and 8 to 15 digits, as in +14155550100")]
    NotE164,
    /// Not a client identity of 1 to 121 letters, digits, `_`, `.`, `-`.
    #[error("not a client identity: use 1 to 121 letters, digits, `_`, `.` or `-`")]
    NotClient,
    /// Not `sip:user@host`.
    #[error("not a SIP address: write sip:user@host, below 255 characters, without spaces")]
    NotSip,
}

impl PhoneNumber {
    /// The number as text, `+14155550100`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PhoneNumber {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let digits = text.strip_prefix('+').ok_or(AddressError::NotE164)?;
        let fits =
            (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        if fits { Ok(Self(text.to_owned())) } else { Err(AddressError::NotE164) }
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, tail) = (&self.0[..3], &self.0[self.0.len() - 2..]);
        write!(f, "{head}{}{tail}", "•".repeat(self.0.len() - 5))
    }
}

/// Where a leg can be reached.
///
/// As text: `+14155550100`, `client:ana`, `sip:ana@example.com`. Parsing accepts nothing else, so that a value from
/// outside cannot smuggle another kind of target into a command.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Endpoint {
    /// A telephone.
    Phone(PhoneNumber),
    /// A browser or app that runs the provider's voice SDK under this identity.
    Client(String),
    /// A SIP address, `sip:user@host`.
    Sip(String),
}

impl FromStr for Endpoint {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        if let Some(identity) = text.strip_prefix("client:") {
            let fits = (1..=121).contains(&identity.len())
                && identity.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
            return if fits { Ok(Self::Client(identity.to_owned())) } else { Err(AddressError::NotClient) };
        }
        if let Some(rest) = text.strip_prefix("sip:") {
            let fits = text.len() < 255
                && rest.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
                && rest.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"'&,".contains(&b));
            return if fits { Ok(Self::Sip(text.to_owned())) } else { Err(AddressError::NotSip) };
        }
        text.parse().map(Self::Phone)
    }
}

impl TryFrom<String> for Endpoint {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.to_string()
    }
}

impl From<PhoneNumber> for Endpoint {
    fn from(number: PhoneNumber) -> Self {
        Self::Phone(number)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(number) => number.fmt(f),
            Self::Client(identity) => write!(f, "client:{identity}"),
            Self::Sip(address) => f.write_str(address),
        }
    }
}
