//! What a document may not be, said so that its author can mend it.

use std::fmt;
use std::time::Duration;

/// One reason why a document was not built.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// Where: `Response/Gather[0]/Say[1]@loop`. The number counts all elements of the same parent, from 0.
    pub place: String,
    /// What is there.
    pub what: String,
    /// Why it may not be there.
    pub why: String,
    /// What to write instead.
    pub fix: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}; {}", self.place, self.what, self.why, self.fix)
    }
}

impl std::error::Error for Refused {}

/// A refusal that does not know its place yet.
#[derive(Clone, Debug)]
pub(super) struct Why {
    pub(super) what: String,
    pub(super) why: String,
    pub(super) fix: String,
}

impl Why {
    pub(super) fn new(what: impl Into<String>, why: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into(), fix: fix.into() }
    }

    pub(super) fn at(self, place: impl Into<String>) -> Refused {
        Refused { place: place.into(), what: self.what, why: self.why, fix: self.fix }
    }
}

/// A value that can be compared with a range; `None` when no number was given (`auto`).
pub(super) trait Measured {
    const UNIT: &'static str;
    fn amount(&self) -> Option<u64>;
}

impl Measured for u32 {
    const UNIT: &'static str = "";
    fn amount(&self) -> Option<u64> {
        Some(u64::from(*self))
    }
}

impl Measured for Duration {
    const UNIT: &'static str = " s";
    fn amount(&self) -> Option<u64> {
        Some(self.as_secs())
    }
}

/// The rule that an amount lies between two limits, both allowed.
pub(super) fn within<T: Measured>(least: u64, most: u64) -> impl Fn(&T) -> Result<(), Why> {
    move |value| match value.amount() {
        Some(amount) if !(least..=most).contains(&amount) => Err(Why::new(
            format!("{amount}{unit} was given", unit = T::UNIT),
            "it is outside what Twilio takes",
            if most == u64::MAX {
                format!("give at least {least}{}", T::UNIT)
            } else {
                format!("give {least} to {most}{}", T::UNIT)
            },
        )),
        _ => Ok(()),
    }
}

/// Shows the head of a value in a message, without characters that would disturb a log.
pub(super) fn shown(text: &str) -> String {
    let head: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() { format!("\"{head}…\"") } else { format!("\"{head}\"") }
}
