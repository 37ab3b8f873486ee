//! Markup around and between spoken words (SSML; Twilio docs: TwiML `<Say>`, SSML elements).

use super::check::{Report, Why};
use super::element::{element, one_of};
use super::place::Place;
use super::speech::{Speech, Wording};
use super::ssml_values::{BreakStrength, BreakTime, DateFormat, EmphasisLevel, InterpretAs, PhoneticAlphabet, measure};
use super::text::{Language, Plain};

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

impl Ssml {
    /// What stands between its tags.
    pub(super) fn inner(&self) -> Inner<'_> {
        match self {
            Self::Break(_) => Inner::Nothing,
            Self::Emphasis(part) => Inner::Speech(&part.speech),
            Self::Lang(part) => Inner::Speech(&part.speech),
            Self::Paragraph(part) => Inner::Speech(&part.speech),
            Self::Sentence(part) => Inner::Speech(&part.speech),
            Self::Prosody(part) => Inner::Speech(&part.speech),
            Self::Word(part) => Inner::Speech(&part.speech),
            Self::Phoneme(part) => Inner::Words(part.words.as_str()),
            Self::SayAs(part) => Inner::Words(part.words.as_str()),
            Self::Sub(part) => Inner::Words(part.words.as_str()),
        }
    }
}

/// What an element of speech markup is put around.
#[derive(Debug)]
pub(super) enum Inner<'a> {
    Speech(&'a Speech),
    Words(&'a str),
    Nothing,
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

fn required(present: bool, place: &Place<'_>, attribute: &str, report: &mut Report) {
    if !present {
        let why = Why::new(format!("no {attribute}"), "without it the element says nothing", "give it");
        report.refuse_attribute(place, attribute, why);
    }
}

fn whole_lang(lang: &Lang, place: &Place<'_>, report: &mut Report) {
    required(lang.language.is_some(), place, "xml:lang", report);
}

fn whole_phoneme(phoneme: &Phoneme, place: &Place<'_>, report: &mut Report) {
    required(phoneme.sounds.is_some(), place, "ph", report);
}

fn whole_say_as(say_as: &SayAs, place: &Place<'_>, report: &mut Report) {
    required(say_as.interpret_as.is_some(), place, "interpret-as", report);
    if say_as.format.is_some() && say_as.interpret_as != Some(InterpretAs::Date) {
        let why = Why::new("a format without a date", "only a date has one", "leave it out, or interpret as date");
        report.refuse_attribute(place, "format", why);
    }
}

fn whole_sub(sub: &Sub, place: &Place<'_>, report: &mut Report) {
    required(sub.alias.is_some(), place, "alias", report);
}

fn no_paragraph(paragraph: &Paragraph, place: &Place<'_>, report: &mut Report) {
    if paragraph.speech.markups().any(|markup| matches!(markup, Ssml::Paragraph(_))) {
        let why = Why::new("a paragraph in a paragraph", "SSML allows none (SSML 1.1 §3.1.8.1)", "end the first one");
        report.refuse(place, why);
    }
}

fn no_paragraph_or_sentence(spoken: &impl Spoken, place: &Place<'_>, report: &mut Report) {
    if spoken.spoken().markups().any(|markup| matches!(markup, Ssml::Paragraph(_) | Ssml::Sentence(_))) {
        let why = "SSML allows only smaller parts of speech here (SSML 1.1 §3.1.8)";
        report.refuse(place, Why::new("a paragraph or sentence in it", why, "turn it inside out"));
    }
}
