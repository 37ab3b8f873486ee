//! Sending requests to Twilio, or to a provider that speaks its language.

mod live;
mod media;
mod numbers;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};

use super::budget::Budget;
use super::config::TwilioClientBuilder;
use super::outcome;
use super::probe::Probe;
use super::profile::Account;
use super::request::{self, ApiRequest, Method};
use crate::telephony::{Command, Failure, LegRef, LegReport, Performed, Telephony, TelephonyError};
use crate::time::Clock;

pub(super) use media::public_names;

/// Largest reply that is read, in bytes.
pub const REPLY_BYTES_MAX: usize = 1024 * 1024;
/// Longest deadline: more would overflow the runtime's clock, and is of no use.
const DEADLINE_MAX: Duration = Duration::from_secs(3600);
/// How many commands that must not be done twice a client remembers.
const COMMANDS_REMEMBERED: usize = 4096;

/// User and password of HTTP Basic, or a token alone.
#[derive(Clone)]
pub(super) struct Credentials {
    user: Option<String>,
    secret: String,
}

impl Credentials {
    pub(super) fn new(user: String, secret: String) -> Self {
        Self { user: Some(user), secret }
    }

    pub(super) fn bearer(secret: String) -> Self {
        Self { user: None, secret }
    }

    pub(super) fn authorize(&self, builder: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.user {
            Some(user) => builder.basic_auth(user, Some(&self.secret)),
            None => builder.bearer_auth(&self.secret),
        }
    }
}

/// What sends, and where to.
pub(super) struct Http {
    pub(super) api: reqwest::Client,
    /// For where the provider keeps sound; resolves public names alone, unless the provider is on this machine.
    pub(super) storage: reqwest::Client,
    pub(super) base_url: String,
    pub(super) is_local: bool,
}

/// Carries out commands over HTTPS at Twilio, or at a provider whose [`Profile`](super::Profile) says how it differs. Needs
/// a Tokio runtime. It also manages the account's [`Numbers`](crate::telephony::Numbers) and fetches the sound of
/// recordings ([`RecordingMedia`](crate::telephony::RecordingMedia)).
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
///   or a connection that breaks is [`Failure::Unknown`] for what must not be done twice (see
///   [`Action::is_idempotent`](crate::telephony::Action::is_idempotent)) and [`Failure::Unavailable`] for anything else.
/// - A dial, or an addition of a participant, that the account's [`Budget`] has no room for is [`Failure::Unavailable`] at once, with the time to wait.
/// - Twilio cannot tell that a dial is sent twice. This client remembers what became of its last 4096 commands that must
///   not be done twice, and answers such a command id again without sending; other nodes do not know of it.
pub struct TwilioClient {
    http: Http,
    account: Account,
    credentials: Credentials,
    budget: Budget,
    clock: Arc<dyn Clock>,
    probe_deadline: Duration,
    done: Mutex<Done>,
}

impl fmt::Debug for TwilioClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioClient")
            .field("provider", &self.account.profile().name)
            .field("base_url", &self.http.base_url)
            .field("account", &self.account.id())
            .finish_non_exhaustive()
    }
}

/// What became of commands, by their ids; the oldest forgotten first.
#[derive(Default)]
struct Done {
    commands: BTreeMap<String, Performed>,
    order: VecDeque<String>,
}

impl Done {
    fn remember(&mut self, id: &str, performed: &Performed) {
        if self.commands.insert(id.to_owned(), performed.clone()).is_some() {
            return;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > COMMANDS_REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.commands.remove(&oldest);
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
        http: Http,
        (account, credentials): (Account, Credentials),
        budget: Budget,
        clock: Arc<dyn Clock>,
        probe_deadline: Duration,
    ) -> Self {
        Self { http, account, credentials, budget, clock, probe_deadline, done: Mutex::default() }
    }

    /// The account's budget, to be shared with its other clients in this process.
    #[must_use]
    pub fn budget(&self) -> Budget {
        self.budget.clone()
    }

    /// The account, and how its provider is spoken to.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    fn done(&self) -> std::sync::MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends `request` once and reads the reply, all within `deadline`.
    async fn send(&self, request: &ApiRequest, deadline: Duration) -> Result<Received, Lost> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
        };
        let url = format!("{}{}", self.http.base_url, request.path_and_query);
        let mut builder = self.credentials.authorize(self.http.api.request(method, url));
        builder = builder.header(ACCEPT, "application/json");
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
        let body = tokio::time::timeout_at(ends_at, read(&mut response, REPLY_BYTES_MAX))
            .await
            .ok()
            .flatten()
            .unwrap_or_default();
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

/// The body; `None` when it breaks off or is larger than `bytes_max`.
async fn read(response: &mut reqwest::Response, bytes_max: usize) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > bytes_max {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

fn unavailable(message: String) -> TelephonyError {
    TelephonyError::new(Failure::Unavailable { retry_after: None }, message)
}

impl TwilioClient {
    fn lost(&self, what: &str, resend_is_harmless: bool, lost: Lost) -> TelephonyError {
        let provider = self.account.profile().name;
        match lost {
            Lost::NotSent(error) => unavailable(format!(
                "the {what} was not sent: no connection to {provider}; check the network and the base URL"
            ))
            .with_source(error),
            Lost::AfterSending(error) => {
                let later = Failure::Unavailable { retry_after: None };
                let failure = if resend_is_harmless { later } else { Failure::Unknown };
                let why = if error.is_some() { "the connection broke" } else { "the deadline passed" };
                let message = format!("the {what} has no reply: {why} before {provider} answered");
                let lost = TelephonyError::new(failure, message);
                match error {
                    Some(error) => lost.with_source(error),
                    None => lost,
                }
            }
        }
    }
}

#[async_trait]
impl Telephony for TwilioClient {
    async fn perform(&self, command: &Command) -> Result<Performed, TelephonyError> {
        let request = request::request(&self.account, command)?;
        let action = &command.action;
        let (places_leg, is_idempotent) = (action.places_leg(), action.is_idempotent());
        let what = outcome::name(action);
        if command.deadline.is_zero() {
            return Err(unavailable(format!("the {what} was not sent: its deadline is 0 s")));
        }
        if !is_idempotent && let Some(performed) = self.done().commands.get(&command.id) {
            return Ok(performed.clone());
        }
        if places_leg && let Err(wait) = self.budget.dial(self.clock.now()) {
            let later = Failure::Unavailable { retry_after: Some(wait) };
            let why = format!("the {what} was not sent: the account's calls per second are used up");
            return Err(TelephonyError::new(later, why));
        }
        let sent = self.send(&request, command.deadline).await;
        let received = sent.map_err(|error| self.lost(what, is_idempotent, error))?;
        let retry_after = received.retry_after.as_deref();
        let result = outcome::outcome(&self.account, action, received.status, &received.body, retry_after);
        if let Ok(performed) = &result {
            if places_leg {
                self.budget.accepted();
            }
            if !is_idempotent {
                self.done().remember(&command.id, performed);
            }
        }
        result.map_err(|error| self.paced(places_leg, error, received.status))
    }

    async fn probe(&self, leg: &LegRef) -> Result<LegReport, TelephonyError> {
        let mut probe = Probe::new(&self.account, leg)?;
        let ends_at = tokio::time::Instant::now() + self.probe_deadline.min(DEADLINE_MAX);
        loop {
            let left = ends_at.saturating_duration_since(tokio::time::Instant::now());
            let sent = self.send(probe.request(), left).await;
            let received = sent.map_err(|error| self.lost("question", true, error))?;
            let read = probe.read(received.status, &received.body, received.retry_after.as_deref());
            if let Some(report) = read.map_err(|error| self.paced(false, error, received.status))? {
                return Ok(report);
            }
        }
    }
}
