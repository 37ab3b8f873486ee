//! `application/x-www-form-urlencoded`, as the WHATWG URL Standard (§5) reads and writes it.
//!
//! Reading never fails on what a form contains: `+` is a space, `%` without two hexadecimal digits stands for itself, a
//! pair without `=` has a blank value, blank values are kept, nothing is trimmed. Bytes that are not UTF-8 read as
//! U+FFFD, and NUL is left out, because no database text holds it. Signatures are computed over the decoded bytes before
//! those two steps, so that two different bodies never share a signature through them.

use std::borrow::Cow;

/// A decoded name and value before they are made text: what a signature covers.
pub(crate) type RawPair<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// A decoded name and value as text; borrowed from the form where nothing had to be decoded.
pub type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The form has more pairs than the reader allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the form has more than {pairs_max} pairs")]
pub struct TooManyPairs {
    /// How many pairs were allowed.
    pub pairs_max: usize,
}

/// The pairs of `form` in the order they were written, repeated names included. Stops with [`TooManyPairs`] at the first
/// pair beyond `pairs_max`, so a hostile form costs no more memory than an honest one.
pub fn decode(form: &[u8], pairs_max: usize) -> Result<Vec<Pair<'_>>, TooManyPairs> {
    Ok(decode_raw(form, pairs_max)?.into_iter().map(to_text).collect())
}

pub(crate) fn decode_raw(form: &[u8], pairs_max: usize) -> Result<Vec<RawPair<'_>>, TooManyPairs> {
    let mut pairs = Vec::new();
    for piece in form.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty()) {
        if pairs.len() == pairs_max {
            return Err(TooManyPairs { pairs_max });
        }
        let mut halves = piece.splitn(2, |byte| *byte == b'=');
        let name = halves.next().unwrap_or_default();
        let value = halves.next().unwrap_or_default();
        pairs.push((decode_component(name), decode_component(value)));
    }
    Ok(pairs)
}

fn to_text((name, value): RawPair<'_>) -> Pair<'_> {
    (text(name), text(value))
}

pub(super) fn text(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    let text = match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(
            String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        ),
    };
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { text }
}

fn decode_component(encoded: &[u8]) -> Cow<'_, [u8]> {
    match encoded.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        true => Cow::Owned(Decoded::new(encoded).collect()),
        false => Cow::Borrowed(encoded),
    }
}

/// The bytes that a name or value stands for.
pub(super) struct Decoded<'f> {
    rest: &'f [u8],
    encoded_bytes: usize,
}

impl<'f> Decoded<'f> {
    pub(super) fn new(encoded: &'f [u8]) -> Self {
        Self { rest: encoded, encoded_bytes: encoded.len() }
    }

    /// How many bytes of what is encoded have been read.
    pub(super) fn read_bytes(&self) -> usize {
        self.encoded_bytes - self.rest.len()
    }
}

impl Iterator for Decoded<'_> {
    type Item = u8;

    #[inline(always)]
    fn next(&mut self) -> Option<u8> {
        let (first, tail) = self.rest.split_first()?;
        self.rest = tail;
        match (first, tail) {
            (b'+', _) => Some(b' '),
            (b'%', [high, low, after @ ..]) => {
                let (high, low) = (hex_digit(*high), hex_digit(*low));
                if high | low == NO_DIGIT {
                    return Some(b'%');
                }
                self.rest = after;
                Some(high << 4 | low)
            }
            _ => Some(*first),
        }
    }
}

/// What a hexadecimal digit stands for, or [`NO_DIGIT`].
fn hex_digit(byte: u8) -> u8 {
    HEX_DIGITS.get(usize::from(byte)).copied().unwrap_or(NO_DIGIT)
}

const NO_DIGIT: u8 = 0xff;
static HEX_DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut digit = 0;
    while digit < 16 {
        let upper = if digit < 10 { b'0' + digit } else { b'A' + digit - 10 };
        digits[upper as usize] = digit;
        digits[upper.to_ascii_lowercase() as usize] = digit;
        digit += 1;
    }
    digits
};

/// The pairs as one form, in the order given: letters, digits and `*-._` stand for themselves, a space is `+`, every
/// other byte of the UTF-8 text is `%` and two upper-case hexadecimal digits. [`decode`] gives the same pairs back, but
/// for NUL.
#[must_use]
pub fn encode<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
    let mut form = String::new();
    for (name, value) in pairs {
        if !form.is_empty() {
            form.push('&');
        }
        encode_component(&mut form, name.as_bytes(), "+", b"*-._");
        form.push('=');
        encode_component(&mut form, value.as_bytes(), "+", b"*-._");
    }
    form
}

/// A decoded query written again the way Node's `querystring.stringify` does: a space is `%20`, and `-_.!~*'()` stand
/// for themselves.
pub(super) fn encode_legacy<'p>(pairs: impl Iterator<Item = (&'p [u8], &'p [u8])>) -> String {
    let mut rewritten = String::new();
    for (name, value) in pairs {
        if !rewritten.is_empty() {
            rewritten.push('&');
        }
        encode_component(&mut rewritten, name, "%20", LEGACY_PLAIN);
        rewritten.push('=');
        encode_component(&mut rewritten, value, "%20", LEGACY_PLAIN);
    }
    rewritten
}

const LEGACY_PLAIN: &[u8] = b"-_.!~*'()";

/// Whether [`encode_legacy`] would write `query` as it stands, as far as can be told without doing it.
pub(super) fn is_legacy(query: &[u8]) -> bool {
    let is_plain = |part: &[u8]| part.iter().all(|byte| byte.is_ascii_alphanumeric() || LEGACY_PLAIN.contains(byte));
    query.split(|byte| *byte == b'&').all(|piece| {
        let mut parts = piece.split(|byte| *byte == b'=');
        matches!((parts.next(), parts.next(), parts.next()), (Some(name), Some(value), None) if is_plain(name) && is_plain(value))
    })
}

fn encode_component(into: &mut String, bytes: &[u8], space: &str, plain: &[u8]) {
    for byte in bytes {
        match byte {
            b' ' => into.push_str(space),
            byte if byte.is_ascii_alphanumeric() || plain.contains(byte) => into.push(char::from(*byte)),
            byte => {
                into.push('%');
                push_hex_digit(into, byte >> 4);
                push_hex_digit(into, byte & 15);
            }
        }
    }
}

fn push_hex_digit(into: &mut String, digit: u8) {
    into.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
}
