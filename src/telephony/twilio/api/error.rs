//! Why an operation was not carried out, or is not known to be.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::codes::ErrorCode;
use super::field::Field;
use super::{Answer, Kind};
use crate::telephony::Failure;
use crate::telephony::twilio::error::{Reply, Verdict};

/// Where it went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Before anything was sent: an id, a name or a number of parameters that cannot be.
    Unsendable,
    /// No connection was made: nothing was sent.
    NotConnected,
    /// It was sent, and the time was over before all of the answer was there.
    TimedOut,
    /// It was sent, and the connection broke before all of the answer was there.
    Broken,
    /// Twilio, or something that stands before it, answered with a status that is no success.
    Refused,
    /// A success was answered, with a body that is not what Twilio sends.
    Unreadable,
    /// The answer is larger than the client reads.
    TooLarge,
    /// The answer leads to another host or account, or in a circle. Nothing was sent there.
    Astray,
}

/// What is inside; boxed, as results are handed on often.
#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    failure: Failure,
    what: &'static str,
    verb: &'static str,
    advice: Cow<'static, str>,
    status: Option<u16>,
    code: Option<u32>,
    message: Option<String>,
    more_info: Option<String>,
    details: Option<Value>,
    request_id: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// An operation that was not carried out, or is not known to be.
///
/// `Display` and `Debug` never repeat what Twilio wrote, as that text holds telephone numbers: it is in
/// [`Error::message`] and [`Error::details`].
pub struct Error(Box<Inner>);

impl Error {
    fn new(kind: ErrorKind, failure: Failure, what: &'static str, verb: &'static str) -> Self {
        Self(Box::new(Inner {
            kind,
            failure,
            what,
            verb,
            advice: Cow::Borrowed(""),
            status: None,
            code: None,
            message: None,
            more_info: None,
            details: None,
            request_id: None,
            source: None,
        }))
    }

    fn advise(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        self.0.advice = advice.into();
        self
    }

    pub(crate) fn unsendable(what: &'static str, why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Unsendable, Failure::Rejected, what, "was not sent").advise(why)
    }

    pub(super) fn refused(what: &'static str, kind: Kind, answer: &Answer<'_>) -> Self {
        let problem = Problem::read(answer.body);
        let mut reply = Reply::read(answer.status, &[], answer.retry_after);
        reply.code = problem.code;
        let Verdict { failure, verb, advice } = Verdict::of(&reply, kind.is_harmless_again());
        let mut error = Self::new(ErrorKind::Refused, failure, what, verb).advise(advice);
        error.0.status = Some(answer.status);
        error.0.request_id = answer.request_id.map(str::to_owned);
        (error.0.code, error.0.message) = (problem.code, problem.message);
        (error.0.more_info, error.0.details) = (problem.more_info, problem.details);
        error
    }

    fn unsure(kind: Kind) -> Failure {
        if kind.is_harmless_again() { Failure::Unavailable { retry_after: None } } else { Failure::Unknown }
    }

    pub(crate) fn unreadable(what: &'static str, kind: Kind, answer: &Answer<'_>) -> Self {
        let mut error = Self::new(ErrorKind::Unreadable, Self::unsure(kind), what, "was answered")
            .advise("but the body is not what Twilio sends; check the base URL");
        error.0.status = Some(answer.status);
        error.0.request_id = answer.request_id.map(str::to_owned);
        error
    }

    pub(super) fn astray(what: &'static str, kind: Kind) -> Self {
        Self::new(ErrorKind::Astray, Self::unsure(kind), what, "leads astray")
            .advise("the next page is not of the same host and account, or was read already; check the base URL")
    }

    /// An error of whoever carries requests: `kind` says how far it came.
    #[must_use]
    pub fn transport(what: &'static str, kind: Kind, how: ErrorKind) -> Self {
        let later = Failure::Unavailable { retry_after: None };
        match how {
            ErrorKind::NotConnected => Self::new(how, later, what, "was not sent")
                .advise("no connection to Twilio; check the network and the base URL"),
            ErrorKind::TimedOut => Self::new(how, Self::unsure(kind), what, "has no answer")
                .advise("the time was over before Twilio answered"),
            ErrorKind::TooLarge => Self::new(how, Self::unsure(kind), what, "was answered")
                .advise("but the body is larger than is read; ask for smaller pages"),
            ErrorKind::Astray => Self::new(how, Self::unsure(kind), what, "leads astray")
                .advise("the answer points to a place that is not gone to; check the base URL"),
            _ => Self::new(how, Self::unsure(kind), what, "has no answer")
                .advise("the connection broke before Twilio answered"),
        }
    }

    /// The same, with what caused it. It must name no secret and no telephone number.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Where it went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// How much is known: refused for good, not done and worth another try, or perhaps done.
    #[must_use]
    pub fn failure(&self) -> Failure {
        self.0.failure
    }

    /// HTTP status, where there is an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Twilio's code, as in 21211.
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        self.0.code
    }

    /// What is known of [`Error::code`].
    #[must_use]
    pub fn error_code(&self) -> Option<&'static ErrorCode> {
        self.0.code.and_then(ErrorCode::find)
    }

    /// What Twilio wrote. It may hold telephone numbers.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The page about the code, as Twilio named it.
    #[must_use]
    pub fn more_info(&self) -> Option<&str> {
        self.0.more_info.as_deref()
    }

    /// What Twilio added: `details`, or `errors` of a body after RFC 9457. It may hold telephone numbers.
    #[must_use]
    pub fn details(&self) -> Option<&Value> {
        self.0.details.as_ref()
    }

    /// What it means and what to do, in our words.
    #[must_use]
    pub fn advice(&self) -> &str {
        &self.0.advice
    }

    /// How long Twilio asks to wait before another try.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.0.failure {
            Failure::Unavailable { retry_after } => retry_after,
            Failure::Rejected | Failure::Unknown => None,
        }
    }

    /// `Twilio-Request-Id` of the answer.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Whether Twilio says that there is no such thing (404 with one of its codes).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0.status == Some(404) && self.0.code.is_some()
    }

    /// Whether it was not processed because there were too many requests.
    #[must_use]
    pub fn is_too_many(&self) -> bool {
        self.0.status == Some(429) || self.0.code == Some(20429)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { what, verb, advice, .. } = &*self.0;
        match (self.0.status, self.0.code) {
            (Some(status), Some(code)) => write!(f, "the {what} {verb} (HTTP {status}, Twilio {code}): {advice}"),
            (Some(status), None) => write!(f, "the {what} {verb} (HTTP {status}): {advice}"),
            (None, _) => write!(f, "the {what} {verb}: {advice}"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("failure", &self.0.failure)
            .field("status", &self.0.status)
            .field("code", &self.0.code)
            .field("advice", &format_args!("the {} {}: {}", self.0.what, self.0.verb, self.0.advice))
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

/// An error body: of the 2010 API (`code`, `message`, `more_info`, `details`), or after RFC 9457 as Twilio's newest
/// products write it (`title`, `detail`, `type`, `errors`).
#[derive(Default)]
struct Problem {
    code: Option<u32>,
    message: Option<String>,
    more_info: Option<String>,
    details: Option<Value>,
}

impl Problem {
    fn read(body: &[u8]) -> Self {
        let Ok(Value::Object(mut map)) = serde_json::from_slice(body) else { return Self::default() };
        let code = map.remove("code").and_then(u32::read);
        let mut text = |name: &str| map.remove(name).and_then(String::read);
        let (title, detail) = (text("title"), text("detail"));
        let said = match (title, detail) {
            (Some(title), Some(detail)) => Some(format!("{title}: {detail}")),
            (title, detail) => title.or(detail),
        };
        let message = text("message").or(said);
        let more_info = text("more_info").or_else(|| text("type"));
        let mut value = |name: &str| map.remove(name).and_then(Value::read);
        let details = value("details").or_else(|| value("errors"));
        Self { code, message, more_info, details }
    }
}
