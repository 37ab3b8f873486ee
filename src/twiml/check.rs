//! What a document may not be, said so that its author can mend it.

use std::fmt;
use std::time::Duration;

use super::codes;
use super::element::Value;
use super::place::Place;

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
    /// The code under which Twilio's debugger would list it; 12200, the schema warning, where there is no other.
    pub code: u32,
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
    /// Twilio's code where the place alone does not tell.
    pub(super) code: Option<u32>,
}

impl Why {
    #[cold]
    pub(super) fn new(what: impl Into<String>, why: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into(), fix: fix.into(), code: None }
    }

    pub(super) fn coded(self, code: u32) -> Self {
        Self { code: Some(code), ..self }
    }

    pub(super) fn at(self, place: &Place<'_>) -> Refused {
        let code = codes::of_text(place, self.code);
        Refused { place: place.to_string(), what: self.what, why: self.why, fix: self.fix, code }
    }

    pub(super) fn at_attribute(self, place: &Place<'_>, name: &str) -> Refused {
        let code = self.code.unwrap_or_else(|| codes::of_attribute(place, name));
        Refused { place: place.attribute(name), what: self.what, why: self.why, fix: self.fix, code }
    }
}

/// What a check has found so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) refused: Vec<Refused>,
    /// About as many bytes the document has once it is written, and seldom fewer.
    pub(super) bytes: usize,
    /// There is no URL that the document's own URLs could be relative to.
    pub(super) baseless: bool,
}

impl Report {
    #[cold]
    pub(super) fn refuse(&mut self, place: &Place<'_>, why: Why) {
        self.refused.push(why.at(place));
    }

    #[cold]
    pub(super) fn refuse_attribute(&mut self, place: &Place<'_>, name: &str, why: Why) {
        self.refused.push(why.at_attribute(place, name));
    }

    /// Checks one attribute: the type's own rule, then the verb's.
    #[inline]
    pub(super) fn attribute<V: Value>(
        &mut self,
        value: &V,
        place: &Place<'_>,
        name: &str,
        rule: impl Fn(&V) -> Result<(), Why>,
    ) {
        self.bytes += name.len() + 4 + value.size();
        if let Err(why) = value.check().and_then(|()| rule(value)) {
            self.refuse_attribute(place, name, why);
        } else if self.baseless && value.is_relative() {
            self.refuse_attribute(place, name, baseless());
        }
    }

    /// Checks the text of an element.
    #[inline]
    pub(super) fn text<V: Value>(&mut self, value: &V, place: &Place<'_>) {
        self.bytes += value.size();
        if let Err(why) = value.check() {
            self.refuse(place, why);
        } else if self.baseless && value.is_relative() {
            self.refuse(place, baseless());
        }
    }
}

#[cold]
fn baseless() -> Why {
    let why = "a document given as a parameter has no URL to be relative to (error 15004)";
    Why::new("a relative URL", why, "write https://…").coded(15_004)
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
#[inline]
pub(super) fn within<T: Measured>(least: u64, most: u64) -> impl Fn(&T) -> Result<(), Why> {
    move |value| match value.amount() {
        Some(amount) if !(least..=most).contains(&amount) => Err(outside(amount, least, most, T::UNIT)),
        _ => Ok(()),
    }
}

#[cold]
fn outside(amount: u64, least: u64, most: u64, unit: &str) -> Why {
    let fix =
        if most == u64::MAX { format!("give at least {least}{unit}") } else { format!("give {least} to {most}{unit}") };
    Why::new(format!("{amount}{unit} was given"), "it is outside what Twilio takes", fix)
}

/// The rule of attributes that have none of their own.
#[inline]
pub(super) fn any<V>(_: &V) -> Result<(), Why> {
    Ok(())
}

/// Shows the head of a value in a message, without characters that would disturb a log.
pub(super) fn shown(text: &str) -> String {
    let head: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() { format!("\"{head}…\"") } else { format!("\"{head}\"") }
}
