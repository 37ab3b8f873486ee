//! What a reply of Twilio says about a command. The codes themselves are in [`super::api::codes`].

use std::time::Duration;

use serde::Deserialize;

use super::api::{Class, ErrorCode};
use crate::telephony::{Failure, TelephonyError};

/// Longest wait that a `Retry-After` is believed: a wrong header must not park a lane for a day.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);

/// A reply that is not a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Twilio's code, where the body is an error of Twilio.
    pub code: Option<u32>,
    /// How long it asks to wait.
    pub retry_after: Option<Duration>,
}

impl Reply {
    /// Reads a reply. A body that is not an error of Twilio leaves `code` empty; a `Retry-After` that is not a number
    /// of seconds is ignored, a longer one than [`RETRY_AFTER_MAX`] is cut to it.
    #[must_use]
    pub fn read(status: u16, body: &[u8], retry_after: Option<&str>) -> Self {
        #[derive(Deserialize)]
        struct Body {
            code: u32,
        }
        let code = serde_json::from_slice::<Body>(body).ok().map(|body| body.code);
        let secs = retry_after.and_then(|text| text.trim().parse::<u64>().ok());
        Self { status, code, retry_after: secs.map(|secs| Duration::from_secs(secs).min(RETRY_AFTER_MAX)) }
    }
}

use Class::{Rejected, Retryable, Unknown};

/// Codes of Twilio, and of those that speak its language, have five digits (Twilio docs, error and warning dictionary).
const LEAST_CODE: u32 = 10_000;

/// What the code says. Codes that are only told of in reports refuse for good where they answer a request after all.
fn meaning(code: u32) -> Option<(Class, &'static str)> {
    let known = ErrorCode::find(code)?;
    Some((if known.class == Class::Reported { Rejected } else { known.class }, known.advice))
}

/// What a status says where the code says nothing.
fn by_status(status: u16) -> (Class, &'static str) {
    match status {
        401 => (Retryable, "the credentials were refused; check account SID, token or API key, and their region"),
        404 => (Rejected, "there is nothing at that address, and it was not Twilio that said so; check the base URL"),
        // A server or proxy that gave up waiting may have passed the request on.
        408 => (Unknown, "the server gave up waiting for the request"),
        429 => (Retryable, "too many requests at once; it was not processed"),
        // Proxies also say so where the connection behind them broke after the request had gone through it.
        503 => (Unknown, "it was not Twilio that said so, and the request may have reached it"),
        400..500 => (Rejected, "look the code up in Twilio's error dictionary"),
        300..400 => (Unknown, "a redirection was answered, which is not followed; check the base URL"),
        _ => (Unknown, "Twilio failed while it worked on the request"),
    }
}

/// How much is known after this reply to `what`, with a sentence on what to do.
///
/// # On return
/// - a status of 401 or 429, a 503 with a code of five digits, or a code that says the same: [`Failure::Unavailable`], with
///   the delay asked for. Refused credentials count as this, so that commands are kept while they are being rotated;
/// - any other status of 500 and above, or a redirection: [`Failure::Unknown`] where `resend_is_harmless` is false
///   (Twilio may have placed the call), otherwise [`Failure::Unavailable`];
/// - a 404 without Twilio's code is [`Failure::Unavailable`] where `resend_is_harmless`: it was a proxy that spoke;
/// - the rest: [`Failure::Rejected`].
///
/// The message never repeats what Twilio wrote: that text holds telephone numbers.
#[must_use]
pub fn classify(what: &str, resend_is_harmless: bool, reply: &Reply) -> TelephonyError {
    let status = reply.status;
    let Verdict { failure, verb, advice } = Verdict::of(reply, resend_is_harmless);
    let Some(code) = reply.code else {
        return TelephonyError::new(failure, format!("the {what} {verb} (HTTP {status}): {advice}"));
    };
    TelephonyError::new(failure, format!("the {what} {verb} (HTTP {status}, Twilio {code}): {advice}")).with_code(code)
}

/// What a reply says, without what it answers.
pub(super) struct Verdict {
    pub(super) failure: Failure,
    pub(super) verb: &'static str,
    pub(super) advice: &'static str,
}

impl Verdict {
    /// See [`classify`].
    pub(super) fn of(reply: &Reply, resend_is_harmless: bool) -> Self {
        let (class, advice) = match reply.code {
            // A code that we do not know is a provider's all the same; proxies repeat the status at most.
            Some(code) if reply.status == 503 && code >= LEAST_CODE => {
                meaning(code).unwrap_or((Retryable, "Twilio is unavailable for the moment"))
            }
            code => code.and_then(meaning).unwrap_or_else(|| by_status(reply.status)),
        };
        // The status overrides a code that would have a command given up.
        let class = match (class, reply.status) {
            (Rejected, 401 | 429 | 503) => Retryable,
            (Rejected, 500..) => Unknown,
            (Rejected, 404) if reply.code.is_none() && resend_is_harmless => Retryable,
            (class, _) => class,
        };
        let later = Failure::Unavailable { retry_after: reply.retry_after };
        let (failure, verb) = match class {
            Retryable => (later, "was not taken"),
            Unknown if resend_is_harmless => (later, "was not confirmed"),
            Unknown => (Failure::Unknown, "was not confirmed"),
            Rejected | Class::Reported => (Failure::Rejected, "was refused"),
        };
        Self { failure, verb, advice }
    }
}

/// A success whose body cannot be read.
pub(super) fn unreadable(what: &str, resend_is_harmless: bool, status: u16) -> TelephonyError {
    let failure = if resend_is_harmless { Failure::Unavailable { retry_after: None } } else { Failure::Unknown };
    TelephonyError::new(
        failure,
        format!(
            "the {what} was answered with HTTP {status}, but the body is not what Twilio sends; check the base URL"
        ),
    )
}
