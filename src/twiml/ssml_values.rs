//! What the attributes of speech markup hold.

use super::check::{Why, shown};
use super::element::Value;
use super::text::Plain;
use super::words::words;
use super::write::Writer;

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
    #[inline]
    fn write(&self, out: &mut Writer) {
        out.number(u64::from(self.0));
        out.plain_value("ms");
    }
    #[inline]
    fn size(&self) -> usize {
        12
    }
    fn read(text: &str) -> Option<Self> {
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
        match text.strip_suffix("ms") {
            Some(ms) => digits(ms).map(Self),
            None => digits(text.strip_suffix('s')?)?.checked_mul(1000).map(Self),
        }
    }
}

/// The rule of volume, speed and pitch.
pub(super) fn measure(text: &Plain) -> Result<(), Why> {
    let clean = |c: char| c.is_ascii_alphanumeric() || "+-.%".contains(c);
    if !text.as_str().is_empty() && text.as_str().chars().all(clean) {
        return Ok(());
    }
    Err(Why::new(shown(text.as_str()), "it is neither a word nor a number of SSML", "write such as loud, 90% or +6dB"))
}
