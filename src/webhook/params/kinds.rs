//! How the text of a parameter is read: one type for each kind of value.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::party::Party;
use crate::time::Timestamp;

/// A way to read a parameter.
pub(super) trait Kind {
    /// What it is read as.
    type Value;
    /// Whether a blank value means something. Otherwise it is as good as none.
    const KEEPS_BLANK: bool = false;
    /// Whether the value may be shown in `Debug`.
    const SHOWN: bool = true;
    /// The value; `None` if the text is not one.
    fn read(text: &str) -> Option<Self::Value>;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident($text:ident) -> $value:ty = $read:expr $(, { $($set:tt)* })?;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(super) struct $name;
        impl Kind for $name {
            type Value = $value;
            $($($set)*)?
            fn read($text: &str) -> Option<Self::Value> { $read }
        }
    )*};
}

kinds! {
    /// An id, or another text that says nothing about a person.
    Plain(text) -> String = Some(text.to_owned());
    /// A text that may be about a person.
    Private(text) -> String = Some(text.to_owned()), { const SHOWN: bool = false; };
    /// Such a text, of which also a blank one means something.
    PrivateOrBlank(text) -> String = Some(text.to_owned()), {
        const SHOWN: bool = false;
        const KEEPS_BLANK: bool = true;
    };
    /// Somebody who calls or is called.
    Somebody(text) -> Party = Some(Party::read(text));
    /// A whole number.
    Count(text) -> u64 = digits(text);
    /// A small whole number: an error code, an HTTP or SIP status.
    Code(text) -> u32 = digits(text).and_then(|code| u32::try_from(code).ok());
    /// `true` or `false`.
    Flag(text) -> bool = text.parse().ok();
    /// A share from 0 to 1.
    Share(text) -> f32 = text.parse::<f32>().ok().filter(|share| (0.0..=1.0).contains(share));
    /// Whole seconds.
    Seconds(text) -> Duration = digits(text).map(Duration::from_secs);
    /// Whole milliseconds.
    Millis(text) -> Duration = digits(text).map(Duration::from_millis);
    /// A point in time, in RFC 2822 or ISO 8601 whichever of them it is.
    Time(text) -> Timestamp = time(text);
    /// JSON.
    Json(text) -> Value = serde_json::from_str(text).ok(), { const SHOWN: bool = false; };
}

/// Twilio docs: numbers are text of digits. `+1` and ` 1`, which `parse` would or would not take, are none.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn time(text: &str) -> Option<Timestamp> {
    let at = DateTime::parse_from_rfc2822(text).or_else(|_| DateTime::parse_from_rfc3339(text)).ok()?;
    Some(at.with_timezone(&Utc).into())
}
