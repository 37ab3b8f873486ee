//! Text frames of JSON: one object each, with a text that names its kind.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// Why a text frame is no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is longer than is read at all.
    #[error("the frame has {bytes} bytes, more than the {bytes_max} that are read")]
    TooLong {
        /// How long it is.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// It is no JSON.
    #[error("the frame is no JSON: {0}")]
    NotJson(String),
    /// It is no object, or has no text under the name that tells its kind.
    #[error("the frame is no object with a text under {0:?}")]
    NoKind(&'static str),
    /// It is of a known kind, and lacks something or has something else in its place.
    #[error("a {kind:?} message is not so: {why}")]
    Malformed {
        /// Its kind.
        kind: String,
        /// What is wrong.
        why: String,
    },
}

/// The kind and the fields of a frame; an error names the first thing that is wrong.
pub(super) fn read(frame: &str, tag: &'static str) -> Result<(String, Map<String, Value>), ReadError> {
    let value: Value = serde_json::from_str(frame).map_err(|error| ReadError::NotJson(error.to_string()))?;
    split(value, tag)
}

pub(super) fn split(value: Value, tag: &'static str) -> Result<(String, Map<String, Value>), ReadError> {
    let Value::Object(mut fields) = value else { return Err(ReadError::NoKind(tag)) };
    match fields.remove(tag) {
        Some(Value::String(kind)) => Ok((kind, fields)),
        _ => Err(ReadError::NoKind(tag)),
    }
}

pub(super) fn body<T: serde::de::DeserializeOwned>(kind: &str, fields: Map<String, Value>) -> Result<T, ReadError> {
    let malformed = |error: serde_json::Error| ReadError::Malformed { kind: kind.to_owned(), why: error.to_string() };
    serde_json::from_value(Value::Object(fields)).map_err(malformed)
}

/// The text of a message: its kind first, as Twilio writes it.
pub(super) fn write(tag: &str, kind: &str, body: &impl Serialize) -> String {
    // Structs of texts, numbers and maps with text keys always have a text.
    let body = serde_json::to_string(body).unwrap_or_default();
    let fields = body.strip_prefix('{').unwrap_or("}");
    let separator = if fields.starts_with('}') { "" } else { "," };
    format!("{{{}:{}{separator}{fields}", Value::from(tag), Value::from(kind))
}

/// Reading and writing of a set of messages that are told apart by the text under one name.
macro_rules! messages {
    ($set:ident by $tag:literal { $($variant:ident = $kind:literal),* $(,)? }) => {
        impl $set {
            /// Reads one text frame. The length is for the caller to limit.
            ///
            /// # Errors
            /// If it is no JSON object with a kind, or is of a known kind and not as documented. Unknown kinds and
            /// unknown fields are no error.
            pub fn read(frame: &str) -> Result<Self, $crate::media::ReadError> {
                let (kind, fields) = $crate::media::wire::read(frame, $tag)?;
                Self::of(kind, fields)
            }

            fn of(
                kind: String,
                mut fields: serde_json::Map<String, serde_json::Value>,
            ) -> Result<Self, $crate::media::ReadError> {
                match kind.as_str() {
                    $($kind => $crate::media::wire::body($kind, fields).map(Self::$variant),)*
                    _ => {
                        fields.insert($tag.to_owned(), kind.into());
                        Ok(Self::Unknown(fields))
                    }
                }
            }

            /// The text frame, with the kind first.
            #[must_use]
            pub fn write(&self) -> String {
                match self {
                    $(Self::$variant(body) => $crate::media::wire::write($tag, $kind, body),)*
                    Self::Unknown(fields) => serde_json::Value::Object(fields.clone()).to_string(),
                }
            }

            /// What kind of message it is, in Twilio's word.
            #[must_use]
            pub fn kind(&self) -> &str {
                match self {
                    $(Self::$variant(_) => $kind,)*
                    Self::Unknown(fields) => fields.get($tag).and_then(|kind| kind.as_str()).unwrap_or_default(),
                }
            }
        }

        impl serde::Serialize for $set {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let value: serde_json::Value = serde_json::from_str(&self.write()).map_err(serde::ser::Error::custom)?;
                value.serialize(serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $set {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = serde_json::Value::deserialize(deserializer)?;
                let read = $crate::media::wire::split(value, $tag).and_then(|(kind, fields)| Self::of(kind, fields));
                read.map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(super) use messages;

/// A whole number that Twilio writes as text. Read from a number as well.
pub(super) mod counted {
    use super::{Deserialize, Deserializer, Serializer, Value, whole};

    pub(in crate::media) fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(in crate::media) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let value = Value::deserialize(deserializer)?;
        whole(&value).ok_or_else(|| serde::de::Error::custom(format!("{value} is no whole number")))
    }
}

/// Whole milliseconds. Fractions have been seen where whole ones are documented; they are dropped.
pub(super) fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    counted::deserialize(deserializer)
}

fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.as_u64().or_else(|| {
            let number = number.as_f64().filter(|n| (0.0..9_007_199_254_740_992.0).contains(n))?;
            // Within the range in which each whole number has a value of its own.
            Some(number as u64)
        }),
        _ => None,
    }
}

/// A text that may be missing or null: then it is empty.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default())
}

/// Texts by name. Values that are no text are read as their JSON, for they belong to the application.
pub(super) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let values = Option::<BTreeMap<String, Value>>::deserialize(deserializer)?.unwrap_or_default();
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(values.into_iter().map(|(name, value)| (name, text(value))).collect())
}

/// Bytes as base64 with padding. Read without padding as well.
pub(super) mod bytes {
    use base64::Engine as _;
    use base64::alphabet;
    use base64::engine::DecodePaddingMode;
    use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

    use super::{Deserialize, Deserializer, Serializer};

    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );

    pub(in crate::media) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(in crate::media) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        LENIENT.decode(text).map_err(|error| serde::de::Error::custom(format!("the payload is no base64: {error}")))
    }
}
