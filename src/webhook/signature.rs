//! The signature itself: HMAC over the URL and the sorted pairs, in base64.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::digest::{Digest, FixedOutput};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

use super::form::RawPair;

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

/// A secret, prepared once: each signature starts from a copy of the keyed state.
#[derive(Clone)]
pub(super) enum Key {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
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
            Algorithm::HmacSha1 => Self::Sha1(Hmac::new((&block_key::<Sha1>(secret)).into())),
            Algorithm::HmacSha256 => Self::Sha256(Hmac::new((&block_key::<Sha256>(secret)).into())),
        }
    }

    /// Whether `signature` is this key's for the text `url` followed by `pairs`; takes the same time whichever bytes of
    /// the signature differ.
    pub(super) fn signs(&self, url: &[&str], pairs: &[RawPair<'_>], signature: &[u8]) -> bool {
        match self {
            Self::Sha1(mac) => fed(mac, url, pairs).verify_slice(signature).is_ok(),
            Self::Sha256(mac) => fed(mac, url, pairs).verify_slice(signature).is_ok(),
        }
    }

    fn sign(&self, url: &[&str], pairs: &[RawPair<'_>]) -> String {
        match self {
            Self::Sha1(mac) => STANDARD.encode(fed(mac, url, pairs).finalize_fixed()),
            Self::Sha256(mac) => STANDARD.encode(fed(mac, url, pairs).finalize_fixed()),
        }
    }
}

/// The secret as one block of the hash: RFC 2104 §2 pads a short key with zeros and hashes a long one first.
fn block_key<D: Digest>(secret: &[u8]) -> [u8; 64] {
    let mut block = [0; 64];
    if secret.len() > block.len() {
        block.iter_mut().zip(D::digest(secret)).for_each(|(slot, byte)| *slot = byte);
    } else {
        block.iter_mut().zip(secret).for_each(|(slot, byte)| *slot = *byte);
    }
    block
}

fn fed<M: Mac + FixedOutput + Clone>(mac: &M, url: &[&str], pairs: &[RawPair<'_>]) -> M {
    let mut mac = mac.clone();
    url.iter().for_each(|part| Mac::update(&mut mac, part.as_bytes()));
    for (name, value) in pairs {
        Mac::update(&mut mac, name);
        Mac::update(&mut mac, value);
    }
    mac
}

/// Puts the pairs into the order in which they are signed: by the bytes of the name, then of the value, each pair once
/// (twilio-python and twilio-node: the values of a repeated name are made unique and sorted).
pub(super) fn sort_for_signing(pairs: &mut Vec<RawPair<'_>>) {
    pairs.sort_unstable();
    pairs.dedup();
}

/// Longest signature there is, in bytes.
const SIGNATURE_BYTES_MAX: usize = 32;

/// A signature as sent, decoded. Only canonical base64 is read, so one signature has one spelling.
pub(super) struct Signature {
    bytes: [u8; SIGNATURE_BYTES_MAX + 4],
    len: usize,
}

impl Signature {
    /// `None` if `header` is not the base64 of 20 or 32 bytes.
    pub(super) fn read(header: &str) -> Option<Self> {
        let mut bytes = [0; SIGNATURE_BYTES_MAX + 4];
        let len = STANDARD.decode_slice(header, &mut bytes).ok()?;
        matches!(len, 20 | 32).then_some(Self { bytes, len })
    }

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
    let mut pairs = params.iter().map(|(name, value)| (name.as_bytes().into(), value.as_bytes().into())).collect();
    sort_for_signing(&mut pairs);
    Key::new(key.as_bytes(), algorithm).sign(&[without_fragment(url)], &pairs)
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
