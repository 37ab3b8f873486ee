//! Webhooks: nothing of a request can be read before its signature has been checked.
//!
//! A [`Verifier`] is built once per account and turns a [`WebhookRequest`] into [`Verified`], or refuses it:
//!
//! ```
//! use switchboard::webhook::{Algorithm, Method, Verifier, WebhookRequest, sign};
//!
//! let verifier = Verifier::builder()
//!     .public_base("https://calls.example.com")
//!     .account("AC00000000000000000000000000000001")
//!     .auth_token("12345")
//!     .build()
//!     .map_err(|errors| format!("{errors:?}"))?;
//! let signature = sign("https://calls.example.com/voice", &[("CallSid", "CA1")], "12345", Algorithm::HmacSha1);
//! let request = WebhookRequest {
//!     method: Method::Post,
//!     target: "/voice",
//!     headers: &[("Content-Type", "application/x-www-form-urlencoded"), ("X-Twilio-Signature", &signature)],
//!     body: b"CallSid=CA1",
//!     websocket: false,
//! };
//! let webhook = verifier.verify(&request)?;
//! assert_eq!(webhook.param("CallSid"), Some("CA1"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An unverified request has no parameters to read:
//!
//! ```compile_fail,E0599
//! use switchboard::webhook::{Method, WebhookRequest};
//! let request = WebhookRequest { method: Method::Post, target: "/", headers: &[], body: b"CallSid=CA1", websocket: false };
//! let call = request.param("CallSid"); // only `Verified` has `param`
//! ```
//!
//! and [`Verified`] cannot be made by hand, nor is there a switch which turns the check off:
//!
//! ```compile_fail,E0451
//! use switchboard::webhook::{Method, Verified};
//! let forged = Verified {
//!     account_sid: "AC1".into(), // a private field, like the others
//!     method: Method::Post,
//!     websocket: false,
//!     path: "/",
//!     url_is_signed: true,
//!     json: None,
//! };
//! ```
//!
//! # What a signature does not cover
//!
//! The method, the headers and the time. So the method must be the declared one (POST, unless
//! [`VerifierBuilder::accept_get`]), no header but those named here is looked at, and a captured request can be sent
//! again: whoever acts on a webhook must make acting twice the same as acting once.

mod config;
pub mod form;
mod header;
mod hmac_sha1;
pub mod params;
mod pieces;
mod reading;
mod scheme;
mod signature;
#[cfg(feature = "telnyx")]
mod telnyx;
mod url;
mod verified;
mod verifier;

use std::fmt;

pub use config::{ConfigError, VerifierBuilder};
pub use scheme::Scheme;
pub use signature::{Algorithm, sign, sign_json};
pub use verified::Verified;
pub use verifier::Verifier;

/// The HTTP methods with which a webhook can arrive; an adapter answers any other with 405 itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`: the parameters are in the query.
    Get,
    /// `POST`: the parameters are in the body.
    Post,
}

/// A request as it came from the network, not to be trusted and not to be read: see [`Verifier::verify`].
///
/// `Debug` shows neither the query nor headers nor body, for they hold personal data.
#[derive(Clone, Copy)]
pub struct WebhookRequest<'a> {
    /// The method of the request line. Method override headers must not have been applied to it.
    pub method: Method,
    /// Raw path, `?` and raw query as received, byte for byte: nothing decoded, nothing normalised.
    pub target: &'a str,
    /// All headers as received, repeated ones repeated; names in any case.
    pub headers: &'a [(&'a str, &'a str)],
    /// The whole body as received; empty for a WebSocket handshake.
    pub body: &'a [u8],
    /// Whether it is a WebSocket handshake: it is signed as `wss://` (`ws://`).
    pub websocket: bool,
}

impl fmt::Debug for WebhookRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookRequest")
            .field("method", &self.method)
            .field("path", &self.target.split('?').next().unwrap_or_default())
            .field("headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .field("websocket", &self.websocket)
            .finish()
    }
}

/// Why a request was refused. Answer with [`status`](Self::status) and an empty body: a caller must not learn which check
/// failed. The variants are for counters and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// GET where only POST is declared, or a WebSocket handshake that is not GET.
    #[error("the method is not the declared one")]
    Method,
    /// The body is longer than the limit; nothing of it was read.
    #[error("the body is too large")]
    BodyTooLarge,
    /// The request target is longer than 16 KiB.
    #[error("the request target is too long")]
    TargetTooLong,
    /// Query or form has more pairs than the limit.
    #[error("there are too many parameters")]
    TooManyParams,
    /// The target is not a path with an optional query, or contains a fragment, a space or a control character.
    #[error("the request target is not a path and a query")]
    TargetMalformed,
    /// A GET with a body: it would not be covered by the signature.
    #[error("a GET must not have a body")]
    BodyOnGet,
    /// More than one `Content-Type`.
    #[error("the content type is repeated")]
    ContentTypeRepeated,
    /// No header with a signature, or an empty one.
    #[error("the signature is missing")]
    SignatureMissing,
    /// More than one header with a signature.
    #[error("the signature is repeated")]
    SignatureRepeated,
    /// The signature is not the canonical base64 of 20 or 32 bytes, or of the 64 bytes of Telnyx's.
    #[error("the signature is malformed")]
    SignatureMalformed,
    /// The signature settings name an algorithm or a key that is not known, or are repeated.
    #[error("the signature settings are not known")]
    SignatureSettings,
    /// The signature is not that of this request under any configured secret.
    #[error("the signature does not match")]
    SignatureMismatch,
    /// A body that is not a form, and no `bodySHA256` in the query that is exactly its hash.
    #[error("the hash of the body does not match")]
    BodyHash,
    /// A trusted forwarded header is repeated or not a scheme or host.
    #[error("a forwarded header is malformed")]
    ForwardedHeader,
    /// The time of signing, in a scheme that has one, is missing, repeated or not a number of seconds.
    #[error("the time of signing is malformed")]
    TimestampMalformed,
    /// The time of signing is further away from now than is tolerated: an old request sent again, or a clock that is wrong.
    #[error("the time of signing is too far away")]
    TimestampTooFar,
    /// The signature is valid, but `AccountSid` names another account.
    #[error("the webhook is of another account")]
    OtherAccount,
}

impl Refusal {
    /// The HTTP status to answer with: 403 for everything that concerns the signature, so that all forgeries look alike;
    /// 405, 413, 414 or 400 for what is refused before a signature is looked at.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Method => 405,
            Self::BodyTooLarge | Self::TooManyParams => 413,
            Self::TargetTooLong => 414,
            Self::TargetMalformed | Self::BodyOnGet | Self::ContentTypeRepeated => 400,
            Self::SignatureMissing
            | Self::SignatureRepeated
            | Self::SignatureMalformed
            | Self::SignatureSettings
            | Self::SignatureMismatch
            | Self::BodyHash
            | Self::ForwardedHeader
            | Self::TimestampMalformed
            | Self::TimestampTooFar
            | Self::OtherAccount => 403,
        }
    }

    /// A short constant name for a counter's label, such as `signature_mismatch`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::BodyTooLarge => "body_too_large",
            Self::TargetTooLong => "target_too_long",
            Self::TooManyParams => "too_many_params",
            Self::TargetMalformed => "target_malformed",
            Self::BodyOnGet => "body_on_get",
            Self::ContentTypeRepeated => "content_type_repeated",
            Self::SignatureMissing => "signature_missing",
            Self::SignatureRepeated => "signature_repeated",
            Self::SignatureMalformed => "signature_malformed",
            Self::SignatureSettings => "signature_settings",
            Self::SignatureMismatch => "signature_mismatch",
            Self::BodyHash => "body_hash",
            Self::ForwardedHeader => "forwarded_header",
            Self::TimestampMalformed => "timestamp_malformed",
            Self::TimestampTooFar => "timestamp_too_far",
            Self::OtherAccount => "other_account",
        }
    }
}

impl From<form::TooManyPairs> for Refusal {
    fn from(_: form::TooManyPairs) -> Self {
        Self::TooManyParams
    }
}
