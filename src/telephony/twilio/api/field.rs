//! Reading what Twilio answers: never an error over a field, as the thing may have been done already.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, NaiveDate};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::time::Timestamp;

/// What a field can hold. `None`: it is null, or not of this type.
pub(super) trait Field: Sized {
    fn read(value: Value) -> Option<Self>;
}

pub(super) fn lenient<'de, D: Deserializer<'de>, T: Field>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(T::read(Value::deserialize(deserializer)?))
}

impl Field for String {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(truth) => Some(truth.to_string()),
            _ => None,
        }
    }
}

impl Field for bool {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Bool(truth) => Some(truth),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }
}

/// Twilio writes durations and counts as texts, and positions as numbers.
impl Field for u64 {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

impl Field for u32 {
    fn read(value: Value) -> Option<Self> {
        u64::read(value).and_then(|number| number.try_into().ok())
    }
}

/// RFC 2822, or ISO 8601 as newer products write.
impl Field for Timestamp {
    fn read(value: Value) -> Option<Self> {
        let text = value.as_str()?;
        let at = DateTime::parse_from_rfc2822(text).or_else(|_| DateTime::parse_from_rfc3339(text)).ok()?;
        Some(at.to_utc().into())
    }
}

impl Field for NaiveDate {
    fn read(value: Value) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl Field for Value {
    fn read(value: Value) -> Option<Self> {
        (!value.is_null()).then_some(value)
    }
}

impl<T: Field> Field for Vec<T> {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Array(items) => Some(items.into_iter().filter_map(T::read).collect()),
            _ => None,
        }
    }
}

impl<T: Field> Field for BTreeMap<String, T> {
    fn read(value: Value) -> Option<Self> {
        let Value::Object(map) = value else { return None };
        Some(map.into_iter().filter_map(|(name, value)| Some((name, T::read(value)?))).collect())
    }
}

/// A decimal number exactly as Twilio wrote it, as in `-0.00850`: prices and amounts are not rounded to a float.
///
/// Two are equal when they are written the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal(String);

impl Decimal {
    /// The number as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number in millionths, cut towards zero; `None` beyond 64 bits.
    #[must_use]
    pub fn micros(&self) -> Option<i64> {
        let (negative, digits) = match self.0.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, self.0.strip_prefix('+').unwrap_or(&self.0)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let millionths: String = fraction.chars().chain("000000".chars()).take(6).collect();
        let micros = whole.checked_mul(1_000_000)?.checked_add(millionths.parse().ok()?)?;
        Some(if negative { -micros } else { micros })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Field for Decimal {
    fn read(value: Value) -> Option<Self> {
        let text = String::read(value)?;
        let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
        let points = digits.bytes().filter(|b| *b == b'.').count();
        let is_number = digits.bytes().any(|b| b.is_ascii_digit())
            && points <= 1
            && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        is_number.then_some(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_price_is_read_exactly_or_not_at_all() {
        let micros = |value: Value| Decimal::read(value).and_then(|price| price.micros());
        assert_eq!(micros(json!("-0.00850")), Some(-8_500));
        assert_eq!(micros(json!("2192.84855")), Some(2_192_848_550));
        assert_eq!(micros(json!(0.1)), Some(100_000));
        assert_eq!(micros(json!("7")), Some(7_000_000));
        assert_eq!(micros(json!(".5")), Some(500_000));
        assert_eq!(micros(json!("0.0000019")), Some(1));
        assert_eq!(micros(json!("99999999999999999999")), None, "it does not fit");
        for odd in
            [json!(null), json!(""), json!("-"), json!("."), json!("1.2.3"), json!("1e5"), json!("$1"), json!([])]
        {
            assert_eq!(Decimal::read(odd.clone()), None, "{odd}");
        }
    }

    #[test]
    fn a_field_of_another_type_is_none() {
        assert_eq!(u32::read(json!("12")), Some(12));
        assert_eq!(u32::read(json!(12)), Some(12));
        for odd in [json!(-1), json!("x"), json!(1.5), json!(null), json!({}), json!(5_000_000_000_u64)] {
            assert_eq!(u32::read(odd.clone()), None, "{odd}");
        }
        assert_eq!(
            Timestamp::read(json!("Tue, 24 Nov 2026 06:00:00 +0000")),
            Some(Timestamp::from_secs(1_795_500_000))
        );
        assert_eq!(Timestamp::read(json!("2026-11-24T06:00:00Z")), Some(Timestamp::from_secs(1_795_500_000)));
        assert_eq!(Timestamp::read(json!("yesterday")), None);
    }
}
