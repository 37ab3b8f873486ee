//! What attributes and texts hold: addresses, numbers, lists.

use std::collections::BTreeSet;
use std::time::Duration;

use super::check::{Measured, Refused, Why, shown};
use super::element::{Content, Element, Value};
use super::parse::ParseError;
use super::write::trimmed;

impl Value for bool {
    const EXPECTED: &'static str = "true or false";
    fn write(&self) -> String {
        self.to_string()
    }
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Value for u32 {
    const EXPECTED: &'static str = "a whole number";
    fn write(&self) -> String {
        self.to_string()
    }
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Value for Duration {
    const EXPECTED: &'static str = "a number of whole seconds";
    fn write(&self) -> String {
        self.as_secs().to_string()
    }
    fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(Self::from_secs)
    }
    fn check(&self) -> Result<(), Why> {
        if self.subsec_nanos() == 0 {
            return Ok(());
        }
        Err(Why::new(format!("{self:?} was given"), "TwiML counts whole seconds here", "round to seconds"))
    }
}

/// A length of time that TwiML counts in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u32);

impl From<u32> for Millis {
    fn from(ms: u32) -> Self {
        Self(ms)
    }
}

impl Measured for Millis {
    const UNIT: &'static str = " ms";
    fn amount(&self) -> Option<u64> {
        Some(u64::from(self.0))
    }
}

impl Value for Millis {
    const EXPECTED: &'static str = "a number of milliseconds";
    fn write(&self) -> String {
        self.0.to_string()
    }
    fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

/// How long a `Gather` waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatherTimeout {
    /// Twilio decides from the speech.
    Auto,
    /// This long, in whole seconds, at least one.
    After(Duration),
}

impl From<Duration> for GatherTimeout {
    fn from(wait: Duration) -> Self {
        Self::After(wait)
    }
}

impl Measured for GatherTimeout {
    const UNIT: &'static str = " s";
    fn amount(&self) -> Option<u64> {
        match self {
            Self::Auto => None,
            Self::After(wait) => wait.amount(),
        }
    }
}

impl Value for GatherTimeout {
    const EXPECTED: &'static str = "auto or a number of whole seconds";
    fn write(&self) -> String {
        match self {
            Self::Auto => "auto".to_owned(),
            Self::After(wait) => wait.write(),
        }
    }
    fn read(text: &str) -> Option<Self> {
        if text == "auto" { Some(Self::Auto) } else { Duration::read(text).map(Self::After) }
    }
    fn check(&self) -> Result<(), Why> {
        match self {
            Self::Auto => Ok(()),
            Self::After(wait) => wait.check(),
        }
    }
}

/// Where the music of a waiting caller comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitUrl {
    /// No music: the attribute is written, and empty.
    Silence,
    /// A TwiML document or an audio file.
    At(super::Url),
}

impl<T: Into<super::Url>> From<T> for WaitUrl {
    fn from(url: T) -> Self {
        Self::At(url.into())
    }
}

impl Value for WaitUrl {
    const EXPECTED: &'static str = "a URL, or nothing for silence";
    fn write(&self) -> String {
        match self {
            Self::Silence => String::new(),
            Self::At(url) => url.write(),
        }
    }
    fn read(text: &str) -> Option<Self> {
        if text.is_empty() { Some(Self::Silence) } else { super::Url::read(text).map(Self::At) }
    }
    fn check(&self) -> Result<(), Why> {
        match self {
            Self::Silence => Ok(()),
            Self::At(url) => url.check(),
        }
    }
}

/// A set of words of one list, written with spaces between, each once, in the order of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events<E>(BTreeSet<E>);

impl<E: Ord> Events<E> {
    /// Whether the word is in the set.
    pub fn contains(&self, event: &E) -> bool {
        self.0.contains(event)
    }

    /// All words, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        self.0.iter()
    }
}

impl<E: Ord, const N: usize> From<[E; N]> for Events<E> {
    fn from(events: [E; N]) -> Self {
        Self(events.into())
    }
}

impl<E: Ord> From<Vec<E>> for Events<E> {
    fn from(events: Vec<E>) -> Self {
        events.into_iter().collect()
    }
}

impl<E: Ord> FromIterator<E> for Events<E> {
    fn from_iter<I: IntoIterator<Item = E>>(events: I) -> Self {
        Self(events.into_iter().collect())
    }
}

impl<E: Value + Ord> Value for Events<E> {
    const EXPECTED: &'static str = E::EXPECTED;
    fn write(&self) -> String {
        self.0.iter().map(Value::write).collect::<Vec<_>>().join(" ")
    }
    fn read(text: &str) -> Option<Self> {
        text.split_ascii_whitespace().map(E::read).collect()
    }
    fn check(&self) -> Result<(), Why> {
        if self.0.is_empty() {
            return Err(Why::new(
                "an empty list of events",
                "Twilio then sends its default events",
                "name the events, or leave the attribute out",
            ));
        }
        Ok(())
    }
}

/// Words and phrases a caller is likely to say, for speech recognition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hints(Vec<String>);

impl Hints {
    /// The phrases, in the order given.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

impl<S: Into<String>, const N: usize> From<[S; N]> for Hints {
    fn from(phrases: [S; N]) -> Self {
        Self(phrases.into_iter().map(Into::into).collect())
    }
}

impl<S: Into<String>> From<Vec<S>> for Hints {
    fn from(phrases: Vec<S>) -> Self {
        Self(phrases.into_iter().map(Into::into).collect())
    }
}

impl Value for Hints {
    const EXPECTED: &'static str = "phrases with commas between";
    fn write(&self) -> String {
        self.0.join(",")
    }
    fn read(text: &str) -> Option<Self> {
        Some(Self(text.split(',').map(|phrase| phrase.trim().to_owned()).collect()))
    }
    fn check(&self) -> Result<(), Why> {
        if self.0.is_empty() || self.0.len() > 500 {
            return Err(Why::new(
                format!("{} phrases", self.0.len()),
                "Twilio takes 1 to 500 hints",
                "leave the attribute out, or shorten the list",
            ));
        }
        match self.0.iter().find(|phrase| phrase.contains(',')) {
            Some(phrase) => {
                Err(Why::new(shown(phrase), "a comma separates two hints", "give the parts as phrases of their own"))
            }
            None => self.0.iter().try_for_each(|phrase| super::text::name(phrase, 100)),
        }
    }
}

/// Reads the whole text of an element, without the space around it.
pub(super) fn read_text<V: Value>(element: &mut Element, place: &str) -> Result<V, ParseError> {
    let text = element.take_text(place)?;
    V::read(trimmed(&text)).ok_or_else(|| ParseError::value(place, &text, V::EXPECTED))
}

/// Checks the text of an element.
pub(super) fn check_text<V: Value>(value: &V, place: &str, refused: &mut Vec<Refused>) {
    if let Err(why) = value.check() {
        refused.push(why.at(place));
    }
}

/// An audio address, or nothing where tones are played instead.
impl Content for Option<super::Url> {
    fn write_into(&self, element: &mut Element) {
        if let Some(url) = self {
            element.text(url.write());
        }
    }
    fn read_from(element: &mut Element, place: &str) -> Result<Self, ParseError> {
        let text = element.take_text(place)?;
        Ok(Some(trimmed(&text)).filter(|text| !text.is_empty()).map(super::Url::from))
    }
    fn check_in(&self, place: &str, refused: &mut Vec<Refused>) {
        if let Some(url) = self {
            check_text(url, place, refused);
        }
    }
}
