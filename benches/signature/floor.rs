//! The floor: a check of a form POST for one URL that is known beforehand, with one key, as fast as it was once known to be
//! written in safe Rust. It does what a right check of the ordinary case cannot leave out, and nothing else:
//!
//! - the method is POST, the target the known one, the body not too long;
//! - signature and content type are found among the headers, each once, and the content type is that of a form;
//! - the form is decoded, and sorted by name and value, each pair once;
//! - the HMAC is computed from a keyed state and compared in constant time;
//! - an `AccountSid` names the account, and names and values can be read as text.
//!
//! It keeps its buffers from one check to the next, knows one spelling of the URL, one key and no settings, and trusts
//! that there are 64 pairs and 2 KiB at most.
//!
//! It stays as it is, so that figures of different days can be compared. Two of its parts the verifier has since overtaken:
//! the search for the ends of the pairs, and the decoding of the signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::block_api::compress;
use switchboard::webhook::{Method, WebhookRequest};

const PAIRS: usize = 64;
const TEXT: usize = 4096;
const START: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

/// Offsets of one pair in the form: start, end of the name, end, and where the last `%` or `+` of the value ends.
#[derive(Clone, Copy, Default)]
struct Raw(u16, u16, u16, u16);

/// Buffers and key of one URL.
pub(crate) struct Floor {
    inner: [u32; 5],
    outer: [u32; 5],
    target: String,
    account: String,
    url_bytes: usize,
    text: [u8; TEXT],
    raw: [Raw; PAIRS],
    keys: [u64; PAIRS],
    /// Ends of each name and value in `text`.
    ends: [(u16, u16); PAIRS],
    pairs: usize,
}

impl Floor {
    /// For a token that fits in a block.
    pub(crate) fn new(url: &str, target: &str, account: &str, token: &str) -> Self {
        let mut block = [0; 64];
        block[..token.len()].copy_from_slice(token.as_bytes());
        let keyed = |pad: u8| {
            let mut state = START;
            compress(&mut state, &[block.map(|byte| byte ^ pad)]);
            state
        };
        let mut text = [0; TEXT];
        text[..url.len()].copy_from_slice(url.as_bytes());
        Self {
            inner: keyed(0x36),
            outer: keyed(0x5c),
            target: target.to_owned(),
            account: account.to_owned(),
            url_bytes: url.len(),
            text,
            raw: [Raw::default(); PAIRS],
            keys: [0; PAIRS],
            ends: [(0, 0); PAIRS],
            pairs: 0,
        }
    }

    /// Whether the request is signed, and of the account.
    pub(crate) fn verify(&mut self, request: &WebhookRequest<'_>) -> bool {
        let form = request.body;
        if request.method != Method::Post || request.websocket || form.len() > 2048 || request.target != self.target {
            return false;
        }
        let (mut signature, mut content_type) = (None, None);
        for (name, value) in request.headers {
            let (slot, known) = match name.len() {
                12 => (&mut content_type, "Content-Type"),
                18 => (&mut signature, "X-Twilio-Signature"),
                _ => continue,
            };
            if name.eq_ignore_ascii_case(known) && slot.replace(*value).is_some() {
                return false;
            }
        }
        let (Some(signature), Some("application/x-www-form-urlencoded; charset=UTF-8")) = (signature, content_type)
        else {
            return false;
        };
        let mut sent = [0; 24];
        if STANDARD.decode_slice(signature, &mut sent) != Ok(20) {
            return false;
        }
        let (count, is_plain) = self.scan(form);
        self.sort(form, count);
        let Some(end) = self.write(form) else { return false };
        let code = self.hash(end);
        let is_same =
            std::hint::black_box(code.iter().zip(&sent).fold(0, |differing, (a, b)| differing | (a ^ b))) == 0;
        is_same && (is_plain || self.is_text())
    }

    /// Whether all names and values are UTF-8.
    #[cold]
    fn is_text(&self) -> bool {
        let mut start = self.url_bytes;
        self.ends[..self.pairs].iter().all(|(name, value)| {
            let (name_start, name, value) = (start, usize::from(*name), usize::from(*value));
            start = value;
            let parts = [&self.text[name_start..name], &self.text[name..value]];
            parts.iter().all(|part| std::str::from_utf8(part).is_ok())
        })
    }

    /// The value of the first pair called `name`.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let mut start = self.url_bytes;
        for (name_end, end) in &self.ends[..self.pairs] {
            let (name_end, end) = (usize::from(*name_end), usize::from(*end));
            if &self.text[start..name_end] == name.as_bytes() {
                return std::str::from_utf8(&self.text[name_end..end]).ok();
            }
            start = end;
        }
        None
    }

    /// How many pairs there are, and whether they are written in ASCII alone.
    fn scan(&mut self, form: &[u8]) -> (usize, bool) {
        let (words, rest) = form.as_chunks::<8>();
        let mut last = [b'0'; 8];
        last[..rest.len()].copy_from_slice(rest);
        let (mut open, mut count, mut all) = (Raw(0, u16::MAX, 0, 0), 0, 0);
        for (at, word) in words.iter().chain([&last]).enumerate() {
            let word = u64::from_le_bytes(*word);
            all |= word;
            let (mut marks, equals) = marks(word);
            while marks != 0 {
                let bit = marks.trailing_zeros();
                let at = at * 8 + (bit / 8) as usize;
                marks &= marks - 1;
                if equals >> bit & 1 != 0 {
                    open.1 = open.1.min(at as u16);
                    continue;
                }
                match (word >> (bit & !7)) as u8 {
                    b'&' => {
                        self.raw[count] = Raw(open.0, open.1.min(at as u16), at as u16, open.3);
                        count += usize::from(at as u16 > open.0);
                        open = Raw(at as u16 + 1, u16::MAX, 0, 0);
                    }
                    b'%' | b'+' => open.3 = at as u16 + 1,
                    _ => {}
                }
            }
        }
        let end = form.len() as u16;
        self.raw[count] = Raw(open.0, open.1.min(end), end, open.3);
        (count + usize::from(end > open.0), all & HIGH == 0)
    }

    /// By the first seven bytes of the name, then, where those are the same, by the whole pair.
    fn sort(&mut self, form: &[u8], count: usize) {
        for (at, (key, raw)) in self.keys.iter_mut().zip(&self.raw[..count]).enumerate() {
            let start = usize::from(raw.0);
            let word = form.get(start..start + 8).map_or(0, |word| u64::from_be_bytes(word.try_into().expect("eight")));
            let word = if start + 8 > form.len() { short(&form[start..]) } else { word };
            let length = usize::from(raw.1 - raw.0).min(7);
            let kept = if length == 0 { 0 } else { u64::MAX << (64 - 8 * length) };
            *key = word & kept | at as u64;
        }
        let keys = &mut self.keys[..count];
        keys.sort_unstable();
        for at in 1..keys.len() {
            let mut at = at;
            while at > 0 && keys[at] ^ keys[at - 1] <= 0xff && {
                let [a, b] = [at, at - 1].map(|at| pair(form, self.raw[(keys[at] & 0xff) as usize]));
                a < b
            } {
                keys.swap(at, at - 1);
                at -= 1;
            }
        }
        self.pairs = count;
    }

    /// Where the text ends; `None` if it names another account.
    fn write(&mut self, form: &[u8]) -> Option<usize> {
        let mut at = self.url_bytes;
        let (mut pairs, mut before) = (0, u64::MAX);
        for key in &self.keys[..self.pairs] {
            let raw = self.raw[(key & 0xff) as usize];
            if before != u64::MAX
                && key ^ before <= 0xff
                && pair(form, raw) == pair(form, self.raw[(before & 0xff) as usize])
            {
                continue;
            }
            before = *key;
            let (start, name_end, end) = (usize::from(raw.0), usize::from(raw.1), usize::from(raw.2));
            let name_start = at;
            at = copy(&mut self.text, at, form, start, name_end);
            let name = at as u16;
            let mut from = (name_end + 1).min(end);
            while from < usize::from(raw.3) {
                let (byte, read) = unescape(form, from, end);
                self.text[at] = byte;
                (at, from) = (at + 1, from + read);
            }
            at = copy(&mut self.text, at, form, from, end);
            self.ends[pairs] = (name, at as u16);
            pairs += 1;
            if usize::from(name) - name_start == 10
                && &self.text[name_start..usize::from(name)] == b"AccountSid"
                && &self.text[usize::from(name)..at] != self.account.as_bytes()
            {
                return None;
            }
        }
        self.pairs = pairs;
        Some(at)
    }

    fn hash(&mut self, end: usize) -> [u8; 20] {
        let padded = (end + 9).div_ceil(64) * 64;
        self.text[end] = 0x80;
        self.text[end + 1..padded].fill(0);
        self.text[padded - 8..padded].copy_from_slice(&((64 + end as u64) * 8).to_be_bytes());
        let mut inner = self.inner;
        compress(&mut inner, self.text[..padded].as_chunks().0);
        let mut block = [0; 64];
        for (bytes, word) in block.chunks_exact_mut(4).zip(inner) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        block[20] = 0x80;
        block[56..].copy_from_slice(&(84_u64 * 8).to_be_bytes());
        let mut outer = self.outer;
        compress(&mut outer, &[block]);
        let mut code = [0; 20];
        for (bytes, word) in code.chunks_exact_mut(4).zip(outer) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        code
    }
}

fn pair(form: &[u8], raw: Raw) -> (&[u8], &[u8]) {
    form[usize::from(raw.0)..usize::from(raw.2)].split_at(usize::from(raw.1 - raw.0))
}

const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bit of each byte that is `=` or below `,`, and of each that is `=`.
fn marks(word: u64) -> (u64, u64) {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let low = word & !HIGH;
    let equals = !((low ^ (EACH * 0x3d)) + !HIGH) & !word & HIGH;
    (!((low | HIGH) - EACH * 0x2c) & !word & HIGH | equals, equals)
}

fn short(rest: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes[..rest.len()].copy_from_slice(rest);
    u64::from_be_bytes(bytes)
}

fn unescape(form: &[u8], at: usize, end: usize) -> (u8, usize) {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    match form[at] {
        b'+' => (b' ', 1),
        b'%' if at + 2 < end => match (digit(form[at + 1]), digit(form[at + 2])) {
            (Some(high), Some(low)) => (high << 4 | low, 3),
            _ => (b'%', 1),
        },
        byte => (byte, 1),
    }
}

/// Copies `form[start..end]` in steps of sixteen bytes where it can: what is written too much is overwritten.
#[inline(always)]
fn copy(text: &mut [u8; TEXT], at: usize, form: &[u8], start: usize, end: usize) -> usize {
    let length = end - start;
    if length <= 16
        && let (Some(from), Some(to)) = (form.get(start..start + 16), text.get_mut(at..at + 16))
    {
        to.copy_from_slice(from);
    } else if length <= 32
        && let (Some(from), Some(to)) = (form.get(start..start + 32), text.get_mut(at..at + 32))
    {
        to.copy_from_slice(from);
    } else {
        text[at..at + length].copy_from_slice(&form[start..end]);
    }
    at + length
}
