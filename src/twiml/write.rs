//! The only place that turns a document into XML text, and the only place that escapes.
//!
//! Characters that XML 1.0 has no way to write (control characters other than tab, line feed and carriage return,
//! U+FFFE, U+FFFF; XML 1.0 §2.2) do not get here: what is spoken has U+FFFD for them from the beginning, so that a
//! listener notices that something was there, and in all other texts they are refused.

use super::element::Value;

const PROLOGUE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

/// By how many bytes each byte grows when it is escaped in an attribute, where more is escaped than in text. A reader turns
/// a bare carriage return into a line feed, and tab and line feed in an attribute into a space (XML 1.0 §2.11, §3.3.3):
/// as numbers they survive.
const GROWTH: [u8; 256] = {
    let mut growth = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        growth[byte] = match byte as u8 {
            b'&' | b'\r' | b'\n' | b'\'' => 4,
            b'<' | b'>' | b'\t' => 3,
            b'"' => 5,
            _ => 0,
        };
        byte += 1;
    }
    growth
};

/// Whether XML 1.0 can hold the character (§2.2, `Char`).
pub(super) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Whether XML 1.0 can hold the text.
pub(super) fn is_xml(text: &str) -> bool {
    // 0xEF begins U+FFFE and U+FFFF.
    let suspect = text.bytes().fold(false, |found, byte| found | (byte < 0x20) | (byte == 0xEF));
    !suspect || text.chars().all(is_xml_char)
}

/// How many bytes more the text has at most once it is escaped; 0 when it can stand anywhere in a document as it is.
pub(super) fn growth(text: &str) -> usize {
    text.bytes().map(|byte| usize::from(GROWTH[usize::from(byte)])).sum()
}

/// The text without the space, as XML knows it (§2.3), at its ends.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

/// The text with U+FFFD for each character that XML 1.0 cannot hold.
pub(super) fn replaced(text: String) -> String {
    if is_xml(&text) {
        return text;
    }
    text.chars().map(|c| if is_xml_char(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// A document's text under construction.
#[derive(Debug)]
pub(super) struct Writer {
    out: String,
    /// A start tag has not got its `>` yet.
    open: bool,
}

impl Writer {
    /// A document with its XML declaration and room for this many bytes after it.
    pub(super) fn document(bytes: usize) -> Self {
        let mut out = String::with_capacity(PROLOGUE.len() + bytes);
        out.push_str(PROLOGUE);
        Self { out, open: false }
    }

    /// A part of a document.
    pub(super) fn part() -> Self {
        Self { out: String::new(), open: false }
    }

    pub(super) fn into_string(self) -> String {
        self.out
    }

    /// Begins an element; `head` is `<` and its name.
    #[inline]
    pub(super) fn start(&mut self, head: &'static str) {
        self.close();
        self.out.push_str(head);
        self.open = true;
    }

    /// Writes an attribute of the element just begun; `lead` is a space, its name, `=` and a quote.
    #[inline]
    pub(super) fn attribute(&mut self, lead: &'static str, value: &impl Value) {
        self.out.push_str(lead);
        value.write(self);
        self.out.push('"');
    }

    /// Ends the element; `tail` is its end tag.
    #[inline]
    pub(super) fn end(&mut self, tail: &'static str) {
        if self.open {
            self.out.push_str("/>");
            self.open = false;
        } else {
            self.out.push_str(tail);
        }
    }

    /// Writes text between two tags.
    #[inline]
    pub(super) fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.close();
            escape::<false>(text, &mut self.out);
        }
    }

    /// Writes text that needs no escape between two tags.
    #[inline]
    pub(super) fn plain_text(&mut self, text: &str) {
        if !text.is_empty() {
            self.close();
            self.out.push_str(text);
        }
    }

    /// Writes a part of an attribute's value.
    #[inline]
    pub(super) fn value(&mut self, text: &str) {
        escape::<true>(text, &mut self.out);
    }

    /// Writes a part of an attribute's value that needs no escape.
    #[inline]
    pub(super) fn plain_value(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Writes a number as an attribute's value, or as a part of one.
    #[inline]
    pub(super) fn number(&mut self, number: u64) {
        if number >= 100 {
            self.number(number / 100);
        }
        let pair = (number % 100) as usize * 2;
        let from = if number < 10 { pair + 1 } else { pair };
        self.out.push_str(&PAIRS[from..pair + 2]);
    }

    #[inline]
    fn close(&mut self) {
        if self.open {
            self.out.push('>');
            self.open = false;
        }
    }
}

/// `00` to `99`.
const PAIRS: &str = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051\
                     52535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697\
                     9899";

/// As many bytes as are looked at together.
const STRIDE: usize = 16;

fn escape<const ATTRIBUTE: bool>(text: &str, out: &mut String) {
    let (strides, rest) = text.as_bytes().as_chunks::<STRIDE>();
    let mut from = 0;
    for (nth, stride) in strides.iter().enumerate() {
        // A loop of fixed length without branches, which becomes a few instructions.
        if stride.iter().fold(false, |found, byte| found | is_special::<ATTRIBUTE>(*byte)) {
            from = escape_bytes::<ATTRIBUTE>(text, nth * STRIDE, stride, from, out);
        }
    }
    let from = escape_bytes::<ATTRIBUTE>(text, text.len() - rest.len(), rest, from, out);
    out.push_str(&text[from..]);
}

/// Escapes these bytes of the text, which stand at that offset; what comes before `from` is written. Gives what then is.
fn escape_bytes<const ATTRIBUTE: bool>(
    text: &str,
    offset: usize,
    bytes: &[u8],
    mut from: usize,
    out: &mut String,
) -> usize {
    for (at, byte) in (offset..).zip(bytes) {
        if is_special::<ATTRIBUTE>(*byte) {
            out.push_str(&text[from..at]);
            out.push_str(escaped(*byte));
            from = at + 1;
        }
    }
    from
}

#[inline]
fn is_special<const ATTRIBUTE: bool>(byte: u8) -> bool {
    let anywhere = (byte == b'&') | (byte == b'<') | (byte == b'>') | (byte == b'\r');
    let quoted = (byte == b'"') | (byte == b'\'') | (byte == b'\n') | (byte == b'\t');
    anywhere | (ATTRIBUTE & quoted)
}

fn escaped(special: u8) -> &'static str {
    match special {
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'>' => "&gt;",
        b'"' => "&quot;",
        b'\'' => "&#39;",
        b'\r' => "&#13;",
        b'\n' => "&#10;",
        _ => "&#9;",
    }
}
