//! What a `Say` holds: words, and markup around and between them (SSML; Twilio docs: TwiML `<Say>`, SSML elements).

use super::check::{Refused, Why, shown};
use super::element::{Content, Element, Node, OneOf, Value, element, one_of};
use super::parse::ParseError;
use super::text::{Language, Plain};
use super::words::words;
use super::write::replaced;

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
    Words(String),
    Markup(Ssml),
}

one_of! {
    /// An element of speech markup.
    Ssml {
        /// A pause.
        Break,
        /// Stress.
        Emphasis,
        /// Words of another language.
        Lang,
        /// A paragraph.
        Paragraph,
        /// A sentence.
        Sentence,
        /// The sounds of a word.
        Phoneme,
        /// Volume, speed and pitch.
        Prosody,
        /// The kind of a text.
        SayAs,
        /// Words instead of others.
        Sub,
        /// The role of a word.
        Word,
    }
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
        self.push(&words.into());
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
        let mut element = Element::new("");
        self.write_into(&mut element);
        let mut text = String::new();
        gather_text(&element, &mut text);
        text
    }

    /// The markup of the first level, in its order.
    pub fn markups(&self) -> impl Iterator<Item = &Ssml> {
        self.0.iter().filter_map(|part| match part {
            SpeechPart::Words(_) => None,
            SpeechPart::Markup(markup) => Some(markup),
        })
    }

    /// How many characters the tags have, which Google's voices count.
    pub(super) fn tags(&self) -> usize {
        let mut element = Element::new("");
        self.write_into(&mut element);
        tags_in(&element)
    }

    /// One text reads back as one text, so that neighbours are joined.
    fn push(&mut self, words: &str) {
        match self.0.last_mut() {
            _ if words.is_empty() => {}
            Some(SpeechPart::Words(last)) => last.push_str(&replaced(words)),
            _ => self.0.push(SpeechPart::Words(replaced(words))),
        }
    }
}

fn gather_text(element: &Element, text: &mut String) {
    for node in &element.nodes {
        match node {
            Node::Text(more) => text.push_str(more),
            Node::Element(child) => gather_text(child, text),
        }
    }
}

fn tags_in(element: &Element) -> usize {
    let children = element.nodes.iter().filter_map(|node| match node {
        Node::Text(_) => None,
        Node::Element(child) => Some(child),
    });
    let of = |child: &Element| {
        let attributes = child.attributes.iter().map(|(name, value)| name.len() + value.chars().count() + 4);
        let own = if child.nodes.is_empty() { child.name.len() + 3 } else { 2 * child.name.len() + 5 };
        own + attributes.sum::<usize>() + tags_in(child)
    };
    children.map(of).sum()
}

impl<S: Into<String>> From<S> for Speech {
    fn from(words: S) -> Self {
        Self::new().words(words)
    }
}

impl Content for Speech {
    fn write_into(&self, element: &mut Element) {
        for part in &self.0 {
            match part {
                SpeechPart::Words(words) => element.text(words.as_str()),
                SpeechPart::Markup(markup) => element.nodes.push(Node::Element(markup.to_element())),
            }
        }
    }

    fn read_from(element: &mut Element, place: &str) -> Result<Self, ParseError> {
        let (mut speech, mut count) = (Self::new(), 0);
        for node in element.nodes.drain(..) {
            match node {
                Node::Text(words) => speech.push(&words),
                Node::Element(child) => {
                    let place = format!("{place}/{}[{count}]", child.name);
                    count += 1;
                    speech = speech.markup(Ssml::from_element(child, &place)?);
                }
            }
        }
        Ok(speech)
    }

    fn check_in(&self, place: &str, refused: &mut Vec<Refused>) {
        if self.markups().next().is_none() && self.text().trim().is_empty() {
            let why = Why::new("no words", "Twilio refuses an empty Say (error 13520)", "leave the element out");
            refused.push(why.at(place));
        }
        for (i, markup) in self.markups().enumerate() {
            let place = format!("{place}/{}[{i}]", markup.name());
            let tag = place.rsplit("Say[").next().unwrap_or_default().matches('/').count();
            if tag > MOST_LEVELS {
                let why = format!("markup has at most {MOST_LEVELS} levels");
                refused.push(Why::new("markup in markup in markup", why, "use fewer levels").at(place));
                return;
            }
            markup.check(&place, refused);
        }
    }
}

/// Words without markup in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording(String);

impl Wording {
    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<S: Into<String>> From<S> for Wording {
    fn from(words: S) -> Self {
        Self(replaced(&words.into()))
    }
}

impl Content for Wording {
    fn write_into(&self, element: &mut Element) {
        element.text(self.0.as_str());
    }
    fn read_from(element: &mut Element, place: &str) -> Result<Self, ParseError> {
        element.take_text(place).map(Self)
    }
    fn check_in(&self, place: &str, refused: &mut Vec<Refused>) {
        if self.0.trim().is_empty() {
            refused.push(Why::new("no words", "there is nothing to speak", "leave the element out").at(place));
        }
    }
}

words! {
    /// How long a break is, in words.
    BreakStrength {
        /// None, where one would be.
        None = "none",
        /// Very short.
        XWeak = "x-weak",
        /// Short.
        Weak = "weak",
        /// As after a comma.
        Medium = "medium",
        /// As after a sentence.
        Strong = "strong",
        /// As after a paragraph.
        XStrong = "x-strong",
    }

    /// How words are stressed.
    EmphasisLevel {
        /// Louder and slower.
        Strong = "strong",
        /// A little louder and slower.
        Moderate = "moderate",
        /// Softer and faster.
        Reduced = "reduced",
    }

    /// What sounds are written in.
    PhoneticAlphabet {
        /// The international phonetic alphabet.
        Ipa = "ipa",
        /// X-SAMPA.
        XSampa = "x-sampa",
        /// Cantonese, Jyutping.
        Jyutping = "x-amazon-jyutping",
        /// Mandarin, Pinyin.
        Pinyin = "x-amazon-pinyin",
        /// Japanese, pronunciation kana.
        PronKana = "x-amazon-pron-kana",
        /// Japanese, yomigana.
        Yomigana = "x-amazon-yomigana",
    }

    /// What a text is.
    InterpretAs {
        /// Letters, one by one.
        Characters = "characters",
        /// Letters, one by one.
        SpellOut = "spell-out",
        /// A number.
        Cardinal = "cardinal",
        /// A number.
        Number = "number",
        /// A rank.
        Ordinal = "ordinal",
        /// Digits, one by one.
        Digits = "digits",
        /// A fraction.
        Fraction = "fraction",
        /// A number with its unit.
        Unit = "unit",
        /// A date.
        Date = "date",
        /// A length of time.
        Time = "time",
        /// A street address.
        Address = "address",
        /// A swear word, beeped out.
        Expletive = "expletive",
        /// A telephone number.
        Telephone = "telephone",
    }

    /// The order of a date's parts.
    DateFormat {
        /// Month, day, year.
        Mdy = "mdy",
        /// Day, month, year.
        Dmy = "dmy",
        /// Year, month, day.
        Ymd = "ymd",
        /// Month and day.
        Md = "md",
        /// Day and month.
        Dm = "dm",
        /// Year and month.
        Ym = "ym",
        /// Month and year.
        My = "my",
        /// Day.
        D = "d",
        /// Month.
        M = "m",
        /// Year.
        Y = "y",
        /// Eight digits, and `?` for what is not said.
        Yyyymmdd = "yyyymmdd",
    }
}

/// A length of time in speech: written in milliseconds, read in seconds (`1s`) too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BreakTime(u32);

impl BreakTime {
    /// This many milliseconds.
    #[must_use]
    pub fn from_millis(time_ms: u32) -> Self {
        Self(time_ms)
    }

    /// How long, in milliseconds.
    #[must_use]
    pub fn as_millis(self) -> u32 {
        self.0
    }
}

impl Value for BreakTime {
    const EXPECTED: &'static str = "a time such as 1s or 200ms";
    fn write(&self) -> String {
        format!("{}ms", self.0)
    }
    fn read(text: &str) -> Option<Self> {
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
        match text.strip_suffix("ms") {
            Some(ms) => digits(ms).map(Self),
            None => digits(text.strip_suffix('s')?)?.checked_mul(1000).map(Self),
        }
    }
}

element! {
    /// A pause in a speech (Twilio docs: SSML `<break>`).
    Break as "break" {
        /// How long, in words; `medium` by default.
        strength: BreakStrength = "strength";
        /// How long, in milliseconds.
        time: BreakTime = "time";
    }
}

element! {
    /// Stressed words (Twilio docs: SSML `<emphasis>`).
    Emphasis as "emphasis" (
        /// What is stressed.
        speech: Speech
    ) {
        /// How; `moderate` by default.
        level: EmphasisLevel = "level";
    } check no_paragraph_or_sentence
}

element! {
    /// Words of another language (Twilio docs: SSML `<lang>`).
    Lang as "lang" (
        /// What is said in it.
        speech: Speech
    ) {
        /// Which language.
        language: Language = "xml:lang";
    } check whole_lang
}

element! {
    /// A paragraph (Twilio docs: SSML `<p>`).
    Paragraph as "p" (
        /// What is said in it.
        speech: Speech
    ) {} check no_paragraph
}

element! {
    /// A sentence (Twilio docs: SSML `<s>`).
    Sentence as "s" (
        /// What is said in it.
        speech: Speech
    ) {} check no_paragraph_or_sentence
}

element! {
    /// The sounds of a word (Twilio docs: SSML `<phoneme>`).
    Phoneme as "phoneme" (
        /// The word.
        words: Wording
    ) {
        /// What the sounds are written in; `ipa` by default.
        alphabet: PhoneticAlphabet = "alphabet";
        /// The sounds.
        sounds: Plain = "ph";
    } check whole_phoneme
}

element! {
    /// Words with another volume, speed or pitch (Twilio docs: SSML `<prosody>`).
    Prosody as "prosody" (
        /// What is said so.
        speech: Speech
    ) {
        /// How loud: `silent` to `x-loud`, or decibels such as `+6dB`.
        volume: Plain = "volume" if measure;
        /// How fast: `x-slow` to `x-fast`, or a share such as `90%`.
        rate: Plain = "rate" if measure;
        /// How high: `x-low` to `x-high`, or a difference such as `-10%`.
        pitch: Plain = "pitch" if measure;
    }
}

element! {
    /// A text of a known kind (Twilio docs: SSML `<say-as>`).
    SayAs as "say-as" (
        /// The text.
        words: Wording
    ) {
        /// Its kind.
        interpret_as: InterpretAs = "interpret-as";
        /// The order of its parts; for dates.
        format: DateFormat = "format";
    } check whole_say_as
}

element! {
    /// A text for which other words are said (Twilio docs: SSML `<sub>`).
    Sub as "sub" (
        /// The text that is not said.
        words: Wording
    ) {
        /// What is said.
        alias: Plain = "alias";
    } check whole_sub
}

element! {
    /// A word with the role it has (Twilio docs: SSML `<w>`).
    Word as "w" (
        /// The word.
        speech: Speech
    ) {
        /// Its role, such as `amazon:VB`.
        role: Plain = "role";
    } check no_paragraph_or_sentence
}

impl Break {
    /// A pause of the voice's usual length.
    #[must_use]
    pub fn new() -> Self {
        Self::bare()
    }
}

impl Default for Break {
    fn default() -> Self {
        Self::new()
    }
}

macro_rules! around {
    ($($name:ident)*) => {$(
        impl $name {
            /// This, around what is said.
            #[must_use]
            pub fn new(speech: impl Into<Speech>) -> Self {
                Self::bare(speech.into())
            }
        }

        impl Spoken for $name {
            fn spoken(&self) -> &Speech {
                &self.speech
            }
        }
    )*};
}

around!(Emphasis Paragraph Sentence Prosody Word);

/// An element with a speech in it.
trait Spoken {
    fn spoken(&self) -> &Speech;
}

impl Lang {
    /// Says this in that language.
    #[must_use]
    pub fn new(language: impl Into<Language>, speech: impl Into<Speech>) -> Self {
        Self::bare(speech.into()).language(language)
    }
}

impl Phoneme {
    /// Says the word with these sounds.
    #[must_use]
    pub fn new(words: impl Into<Wording>, sounds: impl Into<Plain>) -> Self {
        Self::bare(words.into()).sounds(sounds)
    }
}

impl SayAs {
    /// Says the text as what it is.
    #[must_use]
    pub fn new(words: impl Into<Wording>, interpret_as: InterpretAs) -> Self {
        Self::bare(words.into()).interpret_as(interpret_as)
    }
}

impl Sub {
    /// Says the alias where the text stands.
    #[must_use]
    pub fn new(words: impl Into<Wording>, alias: impl Into<Plain>) -> Self {
        Self::bare(words.into()).alias(alias)
    }
}

fn required(present: bool, place: &str, attribute: &str, refused: &mut Vec<Refused>) {
    if !present {
        let why = Why::new(format!("no {attribute}"), "without it the element says nothing", "give it");
        refused.push(why.at(format!("{place}@{attribute}")));
    }
}

fn whole_lang(lang: &Lang, place: &str, refused: &mut Vec<Refused>) {
    required(lang.language.is_some(), place, "xml:lang", refused);
}

fn whole_phoneme(phoneme: &Phoneme, place: &str, refused: &mut Vec<Refused>) {
    required(phoneme.sounds.is_some(), place, "ph", refused);
}

fn whole_say_as(say_as: &SayAs, place: &str, refused: &mut Vec<Refused>) {
    required(say_as.interpret_as.is_some(), place, "interpret-as", refused);
    if say_as.format.is_some() && say_as.interpret_as != Some(InterpretAs::Date) {
        let why = Why::new("a format without a date", "only a date has one", "leave it out, or interpret as date");
        refused.push(why.at(format!("{place}@format")));
    }
}

fn whole_sub(sub: &Sub, place: &str, refused: &mut Vec<Refused>) {
    required(sub.alias.is_some(), place, "alias", refused);
}

fn measure(text: &Plain) -> Result<(), Why> {
    let clean = |c: char| c.is_ascii_alphanumeric() || "+-.%".contains(c);
    if !text.as_str().is_empty() && text.as_str().chars().all(clean) {
        return Ok(());
    }
    Err(Why::new(shown(text.as_str()), "it is neither a word nor a number of SSML", "write such as loud, 90% or +6dB"))
}

fn no_paragraph(paragraph: &Paragraph, place: &str, refused: &mut Vec<Refused>) {
    if paragraph.speech.markups().any(|markup| matches!(markup, Ssml::Paragraph(_))) {
        let why = Why::new("a paragraph in a paragraph", "SSML allows none (SSML 1.1 §3.1.8.1)", "end the first one");
        refused.push(why.at(place));
    }
}

fn no_paragraph_or_sentence(spoken: &impl Spoken, place: &str, refused: &mut Vec<Refused>) {
    if spoken.spoken().markups().any(|markup| matches!(markup, Ssml::Paragraph(_) | Ssml::Sentence(_))) {
        let why = "SSML allows only smaller parts of speech here (SSML 1.1 §3.1.8)";
        refused.push(Why::new("a paragraph or sentence in it", why, "turn it inside out").at(place));
    }
}
