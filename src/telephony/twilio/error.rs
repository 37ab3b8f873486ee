//! Twilio's error codes: what each says about a command, and what to do.

use std::time::Duration;

use serde::Deserialize;

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

/// What a code says about the command it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Not processed, and the same request will be refused again.
    Refused,
    /// Not processed; the same request may be accepted later.
    Later,
    /// May have been processed.
    Unsure,
}

use Class::{Later, Refused, Unsure};

/// First code, last code, class, what it means and what to do. Twilio docs, Error and Warning Dictionary.
const CODES: &[(u32, u32, Class, &str)] = &[
    (16001, 16001, Refused, "the leg is not in a conference; wait until it has joined"),
    (16002, 16002, Refused, "an attribute of the participant is not valid; check the command"),
    (16003, 16003, Refused, "there is no such conference; it has probably ended"),
    (16010, 16011, Refused, "the conference's callback address is not valid; check the public URL"),
    (16020, 16020, Refused, "the conference is full; use another one"),
    (16021, 16021, Refused, "too many conferences run in this account; end some, or have the limit raised"),
    (16022, 16022, Refused, "the conference is missing or completed"),
    (16023, 16024, Refused, "the participant's label is not valid"),
    (16025, 16026, Refused, "the participant's label is taken"),
    (16027, 16027, Refused, "the coached participant is on hold; take it back first"),
    (16028, 16028, Refused, "the coached participant is not in the conference"),
    (16101, 16102, Refused, "the recording is too short or silent"),
    (16104, 16107, Refused, "the recording cannot be encrypted; check the account's public key"),
    (16108, 16108, Refused, "too many recordings run at once"),
    (16113, 16113, Refused, "two channels were asked for, but the recording has one"),
    (20001, 20001, Refused, "a parameter is unknown"),
    (20003, 20003, Later, "the credentials were refused; check account SID, token or API key, and their region"),
    (20004, 20004, Refused, "the method is not allowed; check the base URL"),
    (20005, 20005, Later, "the account is not active; look into the Twilio console"),
    (20006, 20006, Refused, "access was denied; give the API key the permission"),
    (20007, 20007, Refused, "the page is too large; ask for 1000 at most"),
    (20101, 20107, Later, "the access token was refused; check the credentials"),
    (20151, 20161, Later, "the access token was refused; check the credentials"),
    (20403, 20403, Refused, "it is forbidden for these credentials; give the API key the permission"),
    (20404, 20404, Refused, "there is no such leg or conference; it has probably ended, or is of another account"),
    (20409, 20409, Refused, "it conflicts with the state of the leg or conference; ask for its state first"),
    (20422, 20422, Refused, "a parameter is not valid"),
    (20423, 20423, Refused, "an id is not valid"),
    (20426, 20426, Refused, "the protocol is too old; check what stands between here and Twilio"),
    (20429, 20429, Later, "too many requests at once; it was not processed"),
    (20500, 20500, Unsure, "Twilio failed while it worked on the request"),
    (20503, 20503, Later, "Twilio is unavailable for the moment"),
    (21201, 21201, Refused, "the number to call is missing"),
    (21202, 21202, Refused, "the number to call is a premium number, which is not allowed"),
    (21203, 21203, Refused, "calls to that country are not allowed; allow it in the console's geographic permissions"),
    (21204, 21204, Refused, "the call cannot be placed as asked"),
    (21205, 21205, Refused, "a callback address is not valid; check the public URL"),
    (21206, 21206, Refused, "the digits to send are not valid"),
    (21207, 21207, Refused, "the setting for answering machines is not valid"),
    (21208, 21208, Refused, "the ringing time is not valid; choose 1 to 600 s"),
    (21209, 21209, Refused, "a method is not valid; use GET or POST"),
    (21210, 21210, Refused, "the caller's number is neither bought nor verified; call from a number of this account"),
    (21211, 21211, Refused, "the number to call is not valid; write it as +14155550100"),
    (21212, 21212, Refused, "the caller's number is not valid; write it as +14155550100"),
    (21213, 21213, Refused, "the caller's number is missing"),
    (21214, 21214, Refused, "the number to call cannot be reached"),
    (21215, 21215, Refused, "calls to that country are not allowed; allow it in the console's geographic permissions"),
    (21216, 21216, Refused, "the number to call is blocked"),
    (21217, 21217, Refused, "the number to call does not look valid"),
    (21218, 21218, Refused, "the application id is not valid"),
    (21219, 21219, Refused, "a trial account calls verified numbers only; verify it, or upgrade the account"),
    (21220, 21220, Refused, "the call is not live any more"),
    (21221, 21229, Refused, "the SIP credentials or headers are not valid"),
    (21234, 21234, Refused, "the answering machine settings are not valid"),
    (21262, 21263, Refused, "the answering machine settings are not valid"),
    (21401, 21409, Refused, "the telephone number cannot be bought or set up as asked"),
    (21420, 21422, Refused, "the telephone number cannot be bought or set up as asked"),
    (21450, 21458, Refused, "the telephone number cannot be validated"),
];

fn meaning(code: u32) -> Option<(Class, &'static str)> {
    CODES.iter().find(|row| (row.0..=row.1).contains(&code)).map(|row| (row.2, row.3))
}

/// What a status says where the code says nothing.
fn by_status(status: u16) -> (Class, &'static str) {
    match status {
        401 => (Later, "the credentials were refused; check account SID, token or API key, and their region"),
        404 => (Refused, "there is nothing at that address, and it was not Twilio that said so; check the base URL"),
        // A server or proxy that gave up waiting may have passed the request on.
        408 => (Unsure, "the server gave up waiting for the request"),
        429 => (Later, "too many requests at once; it was not processed"),
        503 => (Later, "Twilio is unavailable for the moment"),
        400..500 => (Refused, "look the code up in Twilio's error dictionary"),
        300..400 => (Unsure, "a redirection was answered, which is not followed; check the base URL"),
        _ => (Unsure, "Twilio failed while it worked on the request"),
    }
}

/// How much is known after this reply to `what`, with a sentence on what to do.
///
/// # On return
/// - a status of 401, 429 or 503, or a code that says the same: [`Failure::Unavailable`], with the delay asked for.
///   Refused credentials count as this, so that commands are kept while they are being rotated;
/// - a status of 500 and above, or a redirection: [`Failure::Unknown`] where `resend_is_harmless` is false (Twilio may
///   have placed the call), otherwise [`Failure::Unavailable`];
/// - a 404 without Twilio's code is [`Failure::Unavailable`] where `resend_is_harmless`: it was a proxy that spoke;
/// - the rest: [`Failure::Rejected`].
///
/// The message never repeats what Twilio wrote: that text holds telephone numbers.
#[must_use]
pub fn classify(what: &str, resend_is_harmless: bool, reply: &Reply) -> TelephonyError {
    let status = reply.status;
    let (class, sentence) = reply.code.and_then(meaning).unwrap_or_else(|| by_status(status));
    // The status overrides a code that would have a command given up.
    let class = match (class, status) {
        (Refused, 401 | 429 | 503) => Later,
        (Refused, 500..) => Unsure,
        (Refused, 404) if reply.code.is_none() && resend_is_harmless => Later,
        (class, _) => class,
    };
    let (failure, verb) = match class {
        Refused => (Failure::Rejected, "refused"),
        Later => (Failure::Unavailable { retry_after: reply.retry_after }, "not taken"),
        Unsure if resend_is_harmless => (Failure::Unavailable { retry_after: reply.retry_after }, "not confirmed"),
        Unsure => (Failure::Unknown, "not confirmed"),
    };
    let Some(code) = reply.code else {
        return TelephonyError::new(failure, format!("the {what} was {verb} (HTTP {status}): {sentence}"));
    };
    TelephonyError::new(failure, format!("the {what} was {verb} (HTTP {status}, Twilio {code}): {sentence}"))
        .with_code(code)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_no_code_stands_in_it_twice() {
        for pair in CODES.windows(2) {
            assert!(pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0, "{} is out of order", pair[1].0);
        }
    }
}
