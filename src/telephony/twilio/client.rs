//! Sending requests to Twilio.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};

use super::budget::Budget;
use super::config::TwilioClientBuilder;
use super::probe::Probe;
use super::request::{self, AccountSid, ApiRequest, Method};
use crate::telephony::{Action, Command, Failure, LegRef, LegReport, Performed, Telephony, TelephonyError};
use crate::time::Clock;

/// Largest reply that is read, in bytes.
pub const REPLY_BYTES_MAX: usize = 1024 * 1024;
/// Longest deadline: more would overflow the runtime's clock, and is of no use.
const DEADLINE_MAX: Duration = Duration::from_secs(3600);
/// How many dials a client remembers the legs of.
const DIALS_REMEMBERED: usize = 4096;

/// User and password of HTTP Basic. `Debug` shows no secret.
#[derive(Clone)]
pub(super) struct Credentials {
    pub(super) user: String,
    pub(super) secret: String,
}

impl Credentials {
    pub(super) fn new(user: String, secret: String) -> Self {
        Self { user, secret }
    }
}

/// Carries out commands at Twilio over HTTPS. Needs a Tokio runtime.
///
/// Each command is one request that is sent once: nothing is followed, nothing is sent again. `Debug` shows no secret.
///
/// ```
/// use switchboard::telephony::twilio::{ConfigError, TwilioClient};
///
/// let builder = TwilioClient::builder().account_sid("AC0123456789abcdef0123456789abcdef");
/// assert_eq!(builder.clone().build().unwrap_err(), [ConfigError::NoCredentials]);
/// let client = builder.auth_token("secret").calls_per_second(5).build().unwrap();
/// assert!(!format!("{client:?}").contains("secret"));
/// ```
///
/// - A connection that cannot be made is [`Failure::Unavailable`]: nothing was sent. After that, a deadline that passes
///   or a connection that breaks is [`Failure::Unknown`] for a dial and [`Failure::Unavailable`] for anything else.
/// - A dial that the account's [`Budget`] has no room for is [`Failure::Unavailable`] at once, with the time to wait.
/// - Twilio cannot tell that a dial is sent twice. This client remembers the legs of its last 4096 dials and answers a
///   command id again without dialling; other nodes do not know of it.
pub struct TwilioClient {
    http: reqwest::Client,
    base_url: String,
    account: AccountSid,
    credentials: Credentials,
    budget: Budget,
    clock: Arc<dyn Clock>,
    probe_deadline: Duration,
    dialled: Mutex<Dialled>,
}

impl fmt::Debug for TwilioClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioClient")
            .field("base_url", &self.base_url)
            .field("account", &self.account.as_str())
            .finish_non_exhaustive()
    }
}

/// Legs by command id, the oldest forgotten first.
#[derive(Default)]
struct Dialled {
    legs: BTreeMap<String, Performed>,
    order: VecDeque<String>,
}

impl Dialled {
    fn remember(&mut self, id: &str, performed: &Performed) {
        if self.legs.insert(id.to_owned(), performed.clone()).is_some() {
            return;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > DIALS_REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.legs.remove(&oldest);
        }
    }
}

/// A reply; a body that could not be read to its end, or is too large, is empty.
struct Received {
    status: u16,
    retry_after: Option<String>,
    body: Vec<u8>,
}

/// Why there is no reply.
enum Lost {
    /// No connection was made: nothing was sent.
    NotSent(reqwest::Error),
    /// It may have been sent.
    AfterSending(Option<reqwest::Error>),
}

impl TwilioClient {
    /// Begins to set up a client.
    pub fn builder() -> TwilioClientBuilder {
        TwilioClientBuilder::default()
    }

    pub(super) fn assemble(
        http: reqwest::Client,
        base_url: String,
        (account, credentials): (AccountSid, Credentials),
        budget: Budget,
        clock: Arc<dyn Clock>,
        probe_deadline: Duration,
    ) -> Self {
        Self { http, base_url, account, credentials, budget, clock, probe_deadline, dialled: Mutex::default() }
    }

    /// The account's budget, to be shared with its other clients in this process.
    #[must_use]
    pub fn budget(&self) -> Budget {
        self.budget.clone()
    }

    fn dialled(&self) -> std::sync::MutexGuard<'_, Dialled> {
        self.dialled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends `request` once and reads the reply, all within `deadline`.
    async fn send(&self, request: &ApiRequest, deadline: Duration) -> Result<Received, Lost> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = self
            .http
            .request(method, format!("{}{}", self.base_url, request.path_and_query))
            .basic_auth(&self.credentials.user, Some(&self.credentials.secret))
            .header(ACCEPT, "application/json");
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body.clone());
        }
        let ends_at = tokio::time::Instant::now() + deadline.min(DEADLINE_MAX);
        let sent = tokio::time::timeout_at(ends_at, builder.send()).await;
        // The address of a request holds telephone numbers: it is taken out of every error.
        let mut response = match sent {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_connect() || error.is_builder() => {
                return Err(Lost::NotSent(error.without_url()));
            }
            Ok(Err(error)) => return Err(Lost::AfterSending(Some(error.without_url()))),
            Err(_) => return Err(Lost::AfterSending(None)),
        };
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        // The status alone says much: a reply without a body is read as such, not thrown away.
        let body = tokio::time::timeout_at(ends_at, read(&mut response)).await.ok().flatten().unwrap_or_default();
        Ok(Received { status, retry_after, body })
    }

    /// The delay of a command that met too many requests comes from the budget, where Twilio named none.
    fn paced(&self, is_dial: bool, error: TelephonyError, status: u16) -> TelephonyError {
        match error.failure() {
            Failure::Unavailable { retry_after } if status == 429 || error.code() == Some(20429) => {
                let wait = self.budget.too_many(self.clock.now(), is_dial, retry_after);
                let later = TelephonyError::new(Failure::Unavailable { retry_after: Some(wait) }, error.to_string());
                match error.code() {
                    Some(code) => later.with_code(code),
                    None => later,
                }
            }
            _ => error,
        }
    }
}

/// The body; `None` when it breaks off or is larger than [`REPLY_BYTES_MAX`].
async fn read(response: &mut reqwest::Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > REPLY_BYTES_MAX {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

fn lost(what: &str, resend_is_harmless: bool, lost: Lost) -> TelephonyError {
    let later = Failure::Unavailable { retry_after: None };
    match lost {
        Lost::NotSent(error) => TelephonyError::new(
            later,
            format!("the {what} was not sent: no connection to Twilio; check the network and the base URL"),
        )
        .with_source(error),
        Lost::AfterSending(error) => {
            let failure = if resend_is_harmless { later } else { Failure::Unknown };
            let why = if error.is_some() { "the connection broke" } else { "the deadline passed" };
            let lost = TelephonyError::new(failure, format!("the {what} has no reply: {why} before Twilio answered"));
            match error {
                Some(error) => lost.with_source(error),
                None => lost,
            }
        }
    }
}

#[async_trait]
impl Telephony for TwilioClient {
    async fn perform(&self, command: &Command) -> Result<Performed, TelephonyError> {
        let request = request::request(&self.account, command)?;
        let action = &command.action;
        let is_dial = matches!(action, Action::Dial { .. });
        let what = request::name(action);
        if command.deadline.is_zero() {
            let later = Failure::Unavailable { retry_after: None };
            return Err(TelephonyError::new(later, format!("the {what} was not sent: its deadline is 0 s")));
        }
        if is_dial {
            if let Some(performed) = self.dialled().legs.get(&command.id) {
                return Ok(performed.clone());
            }
            if let Err(wait) = self.budget.dial(self.clock.now()) {
                let later = Failure::Unavailable { retry_after: Some(wait) };
                return Err(TelephonyError::new(
                    later,
                    "the dial was not sent: the account's calls per second are used up",
                ));
            }
        }
        let received =
            self.send(&request, command.deadline).await.map_err(|error| lost(what, action.is_idempotent(), error))?;
        let result = request::outcome(action, received.status, &received.body, received.retry_after.as_deref());
        if let (true, Ok(performed)) = (is_dial, &result) {
            self.budget.accepted();
            self.dialled().remember(&command.id, performed);
        }
        result.map_err(|error| self.paced(is_dial, error, received.status))
    }

    async fn probe(&self, leg: &LegRef) -> Result<LegReport, TelephonyError> {
        let mut probe = Probe::new(&self.account, leg)?;
        let ends_at = tokio::time::Instant::now() + self.probe_deadline.min(DEADLINE_MAX);
        loop {
            let left = ends_at.saturating_duration_since(tokio::time::Instant::now());
            let received = self.send(probe.request(), left).await.map_err(|error| lost("question", true, error))?;
            let read = probe.read(received.status, &received.body, received.retry_after.as_deref());
            if let Some(report) = read.map_err(|error| self.paced(false, error, received.status))? {
                return Ok(report);
            }
        }
    }
}
