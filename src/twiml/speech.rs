//! What a `Say` holds: words, and markup around and between them.

use super::check::{Report, Why};
use super::element::{Content, OneOf};
use super::parse::ParseError;
use super::place::Place;
use super::reading::Reading;
use super::ssml::{Inner, Ssml};
use super::tree::{Element, Node};
use super::write::{Writer, growth, replaced};

/// Deeper markup would not be read back, and no voice needs it.
const MOST_LEVELS: usize = 10;

/// What is spoken: words, which are spoken as they are, and markup that only a builder or a reader makes.
///
/// Markup in a plain text is read aloud, not obeyed. Characters that XML 1.0 cannot hold are U+FFFD from the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Speech(Vec<SpeechPart>);

/// One part of a speech.
#[derive(Clone, Debug, PartialEq, Eq)]
enum SpeechPart {
    Words(Words),
    Markup(Ssml),
}

impl Speech {
    /// Nothing yet; `build` refuses it in this state.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Speaks these words next.
    #[must_use]
    pub fn words(mut self, words: impl Into<String>) -> Self {
        self.push(words.into());
        self
    }

    /// Speaks this markup next.
    #[must_use]
    pub fn markup(mut self, markup: impl Into<Ssml>) -> Self {
        self.0.push(SpeechPart::Markup(markup.into()));
        self
    }

    /// All words, without the markup around them.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.each_words(&mut |words| text.push_str(words));
        text
    }

    /// The markup of the first level, in its order.
    pub fn markups(&self) -> impl Iterator<Item = &Ssml> {
        self.0.iter().filter_map(|part| match part {
            SpeechPart::Words(_) => None,
            SpeechPart::Markup(markup) => Some(markup),
        })
    }

    /// Shows all words, without the markup around them, piece by piece.
    pub(super) fn each_words(&self, show: &mut dyn FnMut(&str)) {
        for part in &self.0 {
            match part {
                SpeechPart::Words(words) => show(words.as_str()),
                SpeechPart::Markup(markup) => match markup.inner() {
                    Inner::Speech(speech) => speech.each_words(show),
                    Inner::Words(words) => show(words),
                    Inner::Nothing => {}
                },
            }
        }
    }

    /// A number of bytes that words and tags do not exceed.
    pub(super) fn most_bytes(&self) -> usize {
        let place = Place::root("");
        let of = |part: &SpeechPart| match part {
            SpeechPart::Words(words) => words.text.len(),
            SpeechPart::Markup(markup) => {
                let mut report = Report::default();
                markup.check(&place, 0, &mut report);
                report.bytes
            }
        };
        self.0.iter().map(of).sum()
    }

    /// How many characters the tags have, which Google's voices count.
    pub(super) fn tags(&self) -> usize {
        if self.markups().next().is_none() {
            return 0;
        }
        let mut out = Writer::part();
        self.write(&mut out);
        let whole = out.into_string();
        // Between the tags stands what is escaped; the rest are the tags.
        let mut between = 0;
        self.each_words(&mut |words| {
            let mut out = Writer::part();
            out.text(words);
            between += out.into_string().chars().count();
        });
        whole.chars().count() - between
    }

    /// One text reads back as one text, so that neighbours are joined.
    fn push(&mut self, words: String) {
        match self.0.last_mut() {
            _ if words.is_empty() => {}
            Some(SpeechPart::Words(last)) => last.push(&words),
            _ => self.0.push(SpeechPart::Words(Words::new(words))),
        }
    }
}

/// Words that have been looked at once.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Words {
    text: String,
    /// By how many bytes they grow when they are escaped.
    growth: usize,
}

impl Words {
    fn new(text: String) -> Self {
        let text = replaced(text);
        let growth = growth(&text);
        Self { text, growth }
    }

    fn push(&mut self, more: &str) {
        let more = Self::new(more.to_owned());
        self.text.push_str(&more.text);
        self.growth += more.growth;
    }

    fn as_str(&self) -> &str {
        &self.text
    }

    fn size(&self) -> usize {
        self.text.len() + self.growth
    }

    fn is_blank(&self) -> bool {
        self.text.trim_start().is_empty()
    }

    #[inline]
    fn write(&self, out: &mut Writer) {
        if self.growth == 0 {
            out.plain_text(&self.text);
        } else {
            out.text(&self.text);
        }
    }
}

impl<S: Into<String>> From<S> for Speech {
    fn from(words: S) -> Self {
        Self::new().words(words)
    }
}

impl Content for Speech {
    #[inline]
    fn write(&self, out: &mut Writer) {
        for part in &self.0 {
            match part {
                SpeechPart::Words(words) => words.write(out),
                SpeechPart::Markup(markup) => markup.write(out),
            }
        }
    }

    fn read(element: &mut Element, place: &Place<'_>, reading: &mut Reading) -> Result<Option<Self>, ParseError> {
        let (mut speech, mut count) = (Self::new(), 0);
        for node in element.nodes.drain(..) {
            match node {
                Node::Text(words) => speech.push(words),
                Node::Element(child) => {
                    let name = child.name.clone();
                    let markup = Ssml::read(child, &place.child(&name, count), reading)?;
                    speech.0.extend(markup.map(SpeechPart::Markup));
                    count += 1;
                }
            }
        }
        Ok(Some(speech))
    }

    #[inline]
    fn check(&self, place: &Place<'_>, report: &mut Report) {
        let (mut count, mut blank) = (0, true);
        for part in &self.0 {
            match part {
                SpeechPart::Words(words) => {
                    report.bytes += words.size();
                    blank &= words.is_blank();
                }
                SpeechPart::Markup(markup) => {
                    blank = false;
                    if place.levels_below("Say") >= MOST_LEVELS {
                        let why = format!("markup has at most {MOST_LEVELS} levels");
                        let why = Why::new("markup in markup in markup", why, "use fewer levels");
                        return report.refuse(place, why);
                    }
                    markup.check(place, count, report);
                    count += 1;
                }
            }
        }
        if blank {
            report.refuse(place, Why::new("no words", "Twilio refuses an empty Say (error 13520)", "leave it out"));
        }
    }
}

/// Words without markup in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording(Words);

impl Wording {
    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl<S: Into<String>> From<S> for Wording {
    fn from(words: S) -> Self {
        Self(Words::new(words.into()))
    }
}

impl Content for Wording {
    #[inline]
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
    }
    fn read(element: &mut Element, place: &Place<'_>, reading: &mut Reading) -> Result<Option<Self>, ParseError> {
        Ok(Some(reading.take_text(element, place)?.into()))
    }
    #[inline]
    fn check(&self, place: &Place<'_>, report: &mut Report) {
        report.bytes += self.0.size();
        if self.0.is_blank() {
            report.refuse(place, Why::new("no words", "there is nothing to speak", "leave the element out"));
        }
    }
}
