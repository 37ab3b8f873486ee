//! What is sent for a command, and what the reply to it means. Pure: nothing here sends, waits or reads a clock.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::error::{self, Reply};
use crate::phone::Endpoint;
use crate::telephony::{Action, Command, Failure, Performed, TelephonyError};
use crate::webhook::form;

/// Longest time a call may ring (Twilio docs, Calls resource: `Timeout` is at most 600 seconds).
pub const RING_TIMEOUT_SECS_MAX: u64 = 600;

/// Method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`: reads.
    Get,
    /// `POST`: creates or updates.
    Post,
    /// `DELETE`: takes away.
    Delete,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        })
    }
}

/// A request to the REST API, without host and credentials.
///
/// `Debug` and `Display` show neither body nor query: both hold telephone numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiRequest {
    /// The method.
    pub method: Method,
    /// Begins with `/2010-04-01/`; printable ASCII.
    pub path_and_query: String,
    /// The parameters, `application/x-www-form-urlencoded`; `None` for [`Method::Get`] and [`Method::Delete`].
    pub body: Option<String>,
}

impl fmt::Display for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path_and_query.split('?').next().unwrap_or_default();
        write!(f, "{} {path}", self.method)
    }
}

impl fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiRequest({self})")
    }
}

/// Whether `text` is an id of Twilio: these two capitals, then 32 lower-case hexadecimal digits.
///
/// Nothing else is ever put into a path, so an id cannot lead a request to another resource.
#[must_use]
pub fn is_sid(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

/// Whose account it is: `AC` and 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountSid(String);

/// A text that is not an account's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an account SID: it is AC and 32 hexadecimal digits, at the top of the Twilio console")]
pub struct AccountSidError;

impl AccountSid {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of `resource` in this account.
    pub(super) fn path(&self, resource: &str) -> String {
        format!("/2010-04-01/Accounts/{}/{resource}", self.0)
    }
}

impl std::str::FromStr for AccountSid {
    type Err = AccountSidError;
    fn from_str(text: &str) -> Result<Self, AccountSidError> {
        if is_sid("AC", text) { Ok(Self(text.to_owned())) } else { Err(AccountSidError) }
    }
}

fn refused(message: String) -> TelephonyError {
    TelephonyError::new(Failure::Rejected, message)
}

/// `sid`, when it may stand in a path; otherwise an error that is [`Failure::Rejected`].
pub(super) fn checked<'a>(prefix: &str, what: &str, sid: &'a str) -> Result<&'a str, TelephonyError> {
    if is_sid(prefix, sid) {
        return Ok(sid);
    }
    Err(refused(format!(
        "nothing was sent: the id of the {what} is not a Twilio {prefix} SID ({prefix} and 32 hexadecimal digits)"
    )))
}

/// Whole seconds, rounded up.
fn whole_secs(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

fn dial_body(
    (to, from): (&Endpoint, &Endpoint),
    (document_url, status_url): (&str, &str),
    ring_timeout: Duration,
    time_limit: Duration,
) -> Result<String, TelephonyError> {
    let ring_secs = whole_secs(ring_timeout);
    if !(1..=RING_TIMEOUT_SECS_MAX).contains(&ring_secs) {
        return Err(refused(format!(
            "nothing was sent: it cannot ring for {ring_secs} s; choose 1 to {RING_TIMEOUT_SECS_MAX} s"
        )));
    }
    if time_limit.is_zero() {
        return Err(refused("nothing was sent: a leg cannot be limited to 0 s; choose at least 1 s".to_owned()));
    }
    let (ring_text, limit_text) = (ring_secs.to_string(), whole_secs(time_limit).to_string());
    let (to, from) = (to.to_string(), from.to_string());
    Ok(form::encode([
        ("To", to.as_str()),
        ("From", from.as_str()),
        ("Url", document_url),
        ("Method", "POST"),
        ("StatusCallback", status_url),
        ("StatusCallbackMethod", "POST"),
        // Without these Twilio tells of the end alone.
        ("StatusCallbackEvent", "initiated"),
        ("StatusCallbackEvent", "ringing"),
        ("StatusCallbackEvent", "answered"),
        ("StatusCallbackEvent", "completed"),
        ("Timeout", ring_text.as_str()),
        ("TimeLimit", limit_text.as_str()),
    ]))
}

fn participant(account: &AccountSid, conference: &str, leg: &str) -> Result<String, TelephonyError> {
    let (conference, leg) = (checked("CF", "conference", conference)?, checked("CA", "leg", leg)?);
    Ok(account.path(&format!("Conferences/{conference}/Participants/{leg}.json")))
}

fn call(account: &AccountSid, leg: &str) -> Result<String, TelephonyError> {
    Ok(account.path(&format!("Calls/{}.json", checked("CA", "leg", leg)?)))
}

fn post(path_and_query: String, body: String) -> ApiRequest {
    ApiRequest { method: Method::Post, path_and_query, body: Some(body) }
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// The one request that carries `command` out. An error is [`Failure::Rejected`]: such a command can never be sent.
///
/// Twilio docs, Calls, Conferences and Participants resources (2010-04-01). A hang-up asks for `completed`, which ends
/// a call in any live state; `canceled` would leave an answered one alone, which is what a cancel is for. Hold music is fetched by GET, the default.
pub fn request(account: &AccountSid, command: &Command) -> Result<ApiRequest, TelephonyError> {
    match &command.action {
        Action::Dial { to, from, document_url, status_url, ring_timeout, time_limit } => Ok(post(
            account.path("Calls.json"),
            dial_body((to, from), (document_url, status_url), *ring_timeout, *time_limit)?,
        )),
        Action::Redirect { leg, document_url } => {
            Ok(post(call(account, leg)?, form::encode([("Url", document_url.as_str()), ("Method", "POST")])))
        }
        Action::Cancel { leg } => Ok(post(call(account, leg)?, form::encode([("Status", "canceled")]))),
        Action::HangUp { leg } => Ok(post(call(account, leg)?, form::encode([("Status", "completed")]))),
        Action::Mute { conference, leg, muted } => {
            Ok(post(participant(account, conference, leg)?, form::encode([("Muted", truth(*muted))])))
        }
        Action::Hold { conference, leg, held, music_url } => {
            let mut pairs = vec![("Hold", truth(*held))];
            if let Some(url) = music_url.as_deref().filter(|_| *held) {
                pairs.push(("HoldUrl", url));
            }
            Ok(post(participant(account, conference, leg)?, form::encode(pairs)))
        }
        Action::Remove { conference, leg } => Ok(ApiRequest {
            method: Method::Delete,
            path_and_query: participant(account, conference, leg)?,
            body: None,
        }),
        Action::EndConference { conference } => Ok(post(
            account.path(&format!("Conferences/{}.json", checked("CF", "conference", conference)?)),
            form::encode([("Status", "completed")]),
        )),
    }
}

/// What the reply to `action` means: `status` and `body` as they came, `retry_after` the header of that name.
///
/// # On return
/// `Ok`: done, also when what was to be ended is gone already. `Err`: see [`error::classify`]. A success whose body
/// cannot be read is [`Failure::Unknown`] for a dial and [`Failure::Unavailable`] for the rest, which may be sent again.
pub fn outcome(
    action: &Action,
    status: u16,
    body: &[u8],
    retry_after: Option<&str>,
) -> Result<Performed, TelephonyError> {
    if !(200..300).contains(&status) {
        let reply = Reply::read(status, body, retry_after);
        return if is_gone(action, &reply) {
            Ok(Performed::default())
        } else {
            Err(error::classify(name(action), action.is_idempotent(), &reply))
        };
    }
    // Twilio answers a DELETE with 204 and no body.
    if matches!(action, Action::Remove { .. }) {
        return Ok(Performed::default());
    }
    let object = serde_json::from_slice::<Value>(body).ok().filter(Value::is_object);
    let sid = object.as_ref().and_then(|value| value.get("sid")).and_then(Value::as_str);
    match (action, &object, sid) {
        (Action::Dial { .. }, _, Some(sid)) if is_sid("CA", sid) => Ok(Performed::leg(sid)),
        (Action::Dial { .. }, ..) => Err(error::unreadable(name(action), false, status)),
        (_, Some(_), _) => Ok(Performed::default()),
        (_, None, _) => Err(error::unreadable(name(action), true, status)),
    }
}

/// Whether the reply says that what `action` was to end does not exist any more.
///
/// Only a reply with Twilio's own code counts: a bare 404 may come from a proxy, and a hang-up that was never carried
/// out would be taken for done. 21220: the call is not live. 16003, 16022: no such conference, or completed.
fn is_gone(action: &Action, reply: &Reply) -> bool {
    match action {
        // 21220 also says that an answered call cannot be cancelled.
        Action::Cancel { .. } | Action::HangUp { .. } => matches!(reply.code, Some(20404 | 21220)),
        Action::Remove { .. } => matches!(reply.code, Some(20404 | 21220 | 16003 | 16022)),
        Action::EndConference { .. } => matches!(reply.code, Some(20404 | 16003 | 16022)),
        _ => false,
    }
}

/// What `action` is called in messages.
pub(super) fn name(action: &Action) -> &'static str {
    match action {
        Action::Dial { .. } => "dial",
        Action::Redirect { .. } => "redirect",
        Action::Cancel { .. } => "cancel",
        Action::HangUp { .. } => "hang-up",
        Action::Mute { .. } => "mute",
        Action::Hold { .. } => "hold",
        Action::Remove { .. } => "removal",
        Action::EndConference { .. } => "end of the conference",
    }
}
