//! The signature itself: HMAC over the URL and the sorted pairs, in base64.

use std::fmt;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Digest;
use sha2::Sha256;

use super::hmac_sha1::HmacSha1;

/// Which HMAC makes the signature. The classic signature with an account's Auth Token is always `HmacSha1` (Twilio docs,
/// "Webhooks security"); a SharedKey names its own in `X-Twilio-Webhooks-Signature-Settings`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC-SHA1: 20 bytes, 28 characters of base64.
    HmacSha1,
    /// HMAC-SHA256: 32 bytes, 44 characters of base64.
    HmacSha256,
}

impl Algorithm {
    /// The algorithm that the settings header calls `name` (compared without regard to case, as twilio-python does), or
    /// `None` if there is no such algorithm.
    pub(super) fn named(name: &str) -> Option<Self> {
        match () {
            () if name.eq_ignore_ascii_case("HMAC_SHA1") => Some(Self::HmacSha1),
            () if name.eq_ignore_ascii_case("HMAC_SHA256") => Some(Self::HmacSha256),
            () => None,
        }
    }
}

/// How many bytes must follow a text that is signed.
pub(super) const PADDING_BYTES: usize = super::hmac_sha1::PADDING_BYTES;

/// A secret, prepared once: each signature starts from a copy of the keyed state.
#[derive(Clone)]
pub(super) enum Key {
    Sha1(HmacSha1),
    Sha256(Box<Hmac<Sha256>>),
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha1(_) => "HmacSha1(<secret>)",
            Self::Sha256(_) => "HmacSha256(<secret>)",
        })
    }
}

impl Key {
    pub(super) fn new(secret: &[u8], algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::HmacSha1 => Self::Sha1(HmacSha1::new(secret)),
            Algorithm::HmacSha256 => Self::Sha256(Box::new(Hmac::new((&block_key(secret)).into()))),
        }
    }

    /// Whether `signature` is this key's for `text[signed]`; takes the same time whichever bytes of the signature differ.
    /// Overwrites the [`PADDING_BYTES`] after what is signed.
    #[inline(always)]
    pub(super) fn signs(&self, text: &mut [u8], signed: Range<usize>, signature: &[u8]) -> bool {
        match self {
            Self::Sha1(key) => key.mac(text, signed).is_some_and(|mac| is_same(&mac, signature)),
            Self::Sha256(key) => {
                let mut mac = Hmac::clone(key);
                mac.update(text.get(signed).unwrap_or_default());
                mac.verify_slice(signature).is_ok()
            }
        }
    }

    fn sign(&self, mut text: Vec<u8>) -> String {
        let signed = 0..text.len();
        match self {
            Self::Sha1(key) => {
                text.resize(signed.end + PADDING_BYTES, 0);
                STANDARD.encode(key.mac(&mut text, signed).unwrap_or_default())
            }
            Self::Sha256(key) => STANDARD.encode(Hmac::clone(key).chain_update(&text).finalize().into_bytes()),
        }
    }
}

/// Compares without a branch on what is compared.
fn is_same(a: &[u8; 20], b: &[u8]) -> bool {
    let Ok(b) = <&[u8; 20]>::try_from(b) else { return false };
    std::hint::black_box(a.iter().zip(b).fold(0, |differing, (a, b)| differing | (a ^ b))) == 0
}

/// The secret as one block of the hash: RFC 2104 §2 pads a short key with zeros and hashes a long one first.
fn block_key(secret: &[u8]) -> [u8; 64] {
    let mut block = [0; 64];
    if secret.len() > block.len() {
        block.iter_mut().zip(Sha256::digest(secret)).for_each(|(slot, byte)| *slot = byte);
    } else {
        block.iter_mut().zip(secret).for_each(|(slot, byte)| *slot = *byte);
    }
    block
}

/// Longest signature there is, in bytes.
const SIGNATURE_BYTES_MAX: usize = 32;

/// What is in no sextet, for bytes that stand for none.
const NO_SEXTET: u8 = 0xc0;
/// RFC 4648 §4.
static SEXTETS: [u8; 256] = {
    let mut sextets = [NO_SEXTET; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut sextet = 0;
    while sextet < alphabet.len() {
        sextets[alphabet[sextet] as usize] = sextet as u8;
        sextet += 1;
    }
    sextets
};

#[inline]
fn sextet(byte: u8) -> u8 {
    SEXTETS.get(usize::from(byte)).copied().unwrap_or(NO_SEXTET)
}

/// A signature as sent, decoded. Only canonical base64 is read, so one signature has one spelling.
#[derive(Default)]
pub(super) struct Signature {
    bytes: [u8; SIGNATURE_BYTES_MAX],
    len: usize,
}

impl Signature {
    /// Fills itself from `header`; whether that is the base64 of 20 or 32 bytes.
    // Not the crate's: its readers are for texts of any length, and cost three times as much for one this short.
    pub(super) fn read(&mut self, header: &str) -> bool {
        self.len = 0;
        let bytes = match header.len() {
            28 => 20,
            44 => 32,
            _ => return false,
        };
        let Some(([a, b, c, b'='], quads)) = header.as_bytes().as_chunks::<4>().0.split_last() else { return false };
        let mut seen = 0;
        for (quad, triple) in quads.iter().zip(self.bytes.as_chunks_mut::<3>().0) {
            let [a, b, c, d] = quad.map(sextet);
            seen |= a | b | c | d;
            *triple = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
        }
        let [a, b, c] = [*a, *b, *c].map(sextet);
        if let Some(end) = self.bytes.get_mut(bytes - 2..bytes) {
            end.copy_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2]);
        }
        // The two lowest bits of the last sextet belong to no byte: were they not 0, a signature had four spellings.
        if (seen | a | b | c) & NO_SEXTET != 0 || c & 3 != 0 {
            return false;
        }
        self.len = bytes;
        true
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// The base64 signature that Twilio would send for a request to `url` with these form parameters (decoded, any order;
/// none for a GET or a WebSocket). Everything from `#` on is left out, for Twilio neither sends nor signs it.
///
/// For tests, and for whoever plays the carrier. `key` is the Auth Token, or the secret of a SharedKey.
///
/// ```
/// use switchboard::webhook::{Algorithm, sign};
/// let signature = sign("https://example.com/voice", &[("CallSid", "CA1")], "12345", Algorithm::HmacSha1);
/// assert_eq!(signature.len(), 28);
/// ```
#[must_use]
pub fn sign(url: &str, params: &[(&str, &str)], key: &str, algorithm: Algorithm) -> String {
    // twilio-python and twilio-node: the values of a repeated name are made unique and sorted.
    let mut pairs = params.to_vec();
    pairs.sort_unstable();
    pairs.dedup();
    let text = pairs.iter().fold(without_fragment(url).to_owned(), |text, (name, value)| text + name + value);
    Key::new(key.as_bytes(), algorithm).sign(text.into_bytes())
}

/// The URL that Twilio would request to deliver the JSON `body` to `url`, and the signature it would send with it: the
/// URL with the query parameter `bodySHA256` added (lower-case hexadecimal SHA-256 of the body), without a fragment,
/// signed with HMAC-SHA1 and no pairs.
#[must_use]
pub fn sign_json(url: &str, body: &[u8], token: &str) -> (String, String) {
    let url = without_fragment(url);
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{separator}bodySHA256={}", sha256_hex(body));
    let signature = sign(&url, &[], token, Algorithm::HmacSha1);
    (url, signature)
}

fn without_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(before, _)| before)
}

/// SHA-256 of `bytes` in lower-case hexadecimal.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}
