//! What attributes and texts hold: addresses, numbers, lists.

use std::time::Duration;

use super::check::{Measured, Report, Why, shown};
use super::element::{Content, Value};
use super::parse::ParseError;
use super::place::Place;
use super::reading::{Reading, Subject};
use super::tree::Element;
use super::write::{Writer, growth, trimmed};

impl Value for bool {
    const EXPECTED: &'static str = "true or false";
    #[inline]
    fn write(&self, out: &mut Writer) {
        out.plain_value(if *self { "true" } else { "false" });
    }
    #[inline]
    fn size(&self) -> usize {
        "false".len()
    }
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Value for u32 {
    const EXPECTED: &'static str = "a whole number";
    #[inline]
    fn write(&self, out: &mut Writer) {
        out.number(u64::from(*self));
    }
    #[inline]
    fn size(&self) -> usize {
        10
    }
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Value for Duration {
    const EXPECTED: &'static str = "a number of whole seconds";
    #[inline]
    fn write(&self, out: &mut Writer) {
        out.number(self.as_secs());
    }
    #[inline]
    fn size(&self) -> usize {
        20
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
    #[inline]
    fn write(&self, out: &mut Writer) {
        out.number(u64::from(self.0));
    }
    #[inline]
    fn size(&self) -> usize {
        10
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
    #[inline]
    fn write(&self, out: &mut Writer) {
        match self {
            Self::Auto => out.plain_value("auto"),
            Self::After(wait) => wait.write(out),
        }
    }
    #[inline]
    fn size(&self) -> usize {
        20
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
    #[inline]
    fn write(&self, out: &mut Writer) {
        if let Self::At(url) = self {
            Value::write(url, out);
        }
    }
    #[inline]
    fn size(&self) -> usize {
        match self {
            Self::Silence => 0,
            Self::At(url) => url.size(),
        }
    }
    fn is_relative(&self) -> bool {
        matches!(self, Self::At(url) if url.is_relative())
    }
    fn read(text: &str) -> Option<Self> {
        if text.is_empty() { Some(Self::Silence) } else { <super::Url as Value>::read(text).map(Self::At) }
    }
    fn check(&self) -> Result<(), Why> {
        match self {
            Self::Silence => Ok(()),
            Self::At(url) => Value::check(url),
        }
    }
}

/// A set of words of one list, written with spaces between, each once, in the order of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events<E>(Vec<E>);

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
        Vec::from(events).into()
    }
}

impl<E: Ord> From<Vec<E>> for Events<E> {
    fn from(mut events: Vec<E>) -> Self {
        events.sort_unstable();
        events.dedup();
        Self(events)
    }
}

impl<E: Ord> FromIterator<E> for Events<E> {
    fn from_iter<I: IntoIterator<Item = E>>(events: I) -> Self {
        events.into_iter().collect::<Vec<_>>().into()
    }
}

impl<E: Value + Ord> Value for Events<E> {
    const EXPECTED: &'static str = E::EXPECTED;
    fn write(&self, out: &mut Writer) {
        for (i, event) in self.0.iter().enumerate() {
            if i > 0 {
                out.plain_value(" ");
            }
            event.write(out);
        }
    }
    fn size(&self) -> usize {
        self.0.iter().map(|event| event.size() + 1).sum()
    }
    fn read(text: &str) -> Option<Self> {
        text.split_ascii_whitespace().map(E::read).collect()
    }
    fn read_some(text: &str) -> Option<Self> {
        Some(text.split_ascii_whitespace().filter_map(E::read).collect()).filter(|some: &Self| !some.0.is_empty())
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
    fn write(&self, out: &mut Writer) {
        for (i, phrase) in self.0.iter().enumerate() {
            if i > 0 {
                out.plain_value(",");
            }
            out.value(phrase);
        }
    }
    fn size(&self) -> usize {
        self.0.iter().map(|phrase| phrase.len() + growth(phrase) + 1).sum()
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
pub(super) fn read_text<V: Value>(
    element: &mut Element,
    place: &Place<'_>,
    reading: &mut Reading,
) -> Result<Option<V>, ParseError> {
    let text = reading.take_text(element, place)?;
    let read = V::read(trimmed(&text));
    if read.is_none() {
        reading.wrong(ParseError::value(place.to_string(), &text, V::EXPECTED), Subject::Element, place)?;
    }
    Ok(read)
}

/// An audio address, or nothing where tones are played instead.
impl Content for Option<super::Url> {
    #[inline]
    fn write(&self, out: &mut Writer) {
        if let Some(url) = self {
            Content::write(url, out);
        }
    }
    fn read(element: &mut Element, place: &Place<'_>, reading: &mut Reading) -> Result<Option<Self>, ParseError> {
        let text = reading.take_text(element, place)?;
        let text = Some(trimmed(&text)).filter(|text| !text.is_empty());
        // With tones Twilio does not look at the file (Twilio docs: TwiML `<Play>`, digits).
        let ignored =
            text.filter(|_| reading.is_lenient() && element.attributes.iter().any(|(name, _)| name == "digits"));
        match ignored {
            Some(text) => reading.no_text(place, text).map(|()| Some(None)),
            None => Ok(Some(text.map(super::Url::from))),
        }
    }
    #[inline]
    fn check(&self, place: &Place<'_>, report: &mut Report) {
        if let Some(url) = self {
            report.text(url, place);
        }
    }
}
