//! Telnyx's signature: Ed25519 (RFC 8032) over the time of signing and the body (Telnyx docs, "Webhook signing").

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};

use super::Refusal;
use super::header::{Header, Headers};
use crate::time::Timestamp;

/// The keys of an account, and how far the time of signing may be away.
#[derive(Clone, Debug)]
pub(super) struct Telnyx {
    pub(super) keys: Vec<VerifyingKey>,
    pub(super) tolerance: Duration,
}

/// The key that `text` is the base64 of; `None` if it is not one, or a weak one, under which anything would be signed.
pub(super) fn read_key(text: &str) -> Option<VerifyingKey> {
    let bytes = STANDARD.decode(text).ok()?;
    let key = VerifyingKey::from_bytes(bytes.as_slice().try_into().ok()?).ok()?;
    (!key.is_weak()).then_some(key)
}

/// A signature that is fresh, if it is one.
pub(super) struct Claim(Signature);

impl Telnyx {
    /// Reads the headers, and compares the time of signing with `now`.
    pub(super) fn claim(&self, signature: &str, headers: &Headers<'_>, now: Timestamp) -> Result<Claim, Refusal> {
        let bytes = STANDARD.decode(signature).map_err(|_| Refusal::SignatureMalformed)?;
        let bytes = bytes.as_slice().try_into().map_err(|_| Refusal::SignatureMalformed)?;
        let timestamp = headers.sole(Header::Timestamp, Refusal::TimestampMalformed)?;
        let signed_at = timestamp.and_then(read_time).ok_or(Refusal::TimestampMalformed)?;
        if now.since(signed_at) > self.tolerance || signed_at.since(now) > self.tolerance {
            return Err(Refusal::TimestampTooFar);
        }
        Ok(Claim(Signature::from_bytes(bytes)))
    }

    /// Whether one of the keys signed the time that the headers tell, and `body`.
    pub(super) fn signs(&self, claim: &Claim, headers: &Headers<'_>, body: &[u8]) -> bool {
        let Ok(Some(timestamp)) = headers.sole(Header::Timestamp, Refusal::TimestampMalformed) else { return false };
        let message = [timestamp.as_bytes(), b"|", body].concat();
        self.keys.iter().any(|key| key.verify_strict(&message, &claim.0).is_ok())
    }
}

/// Whole seconds since 1970, in digits alone: a sign or a space would be another spelling of what was signed.
fn read_time(text: &str) -> Option<Timestamp> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let secs = text.parse::<i64>().ok().filter(|_| is_number)?;
    Some(Timestamp::from_secs(secs))
}
