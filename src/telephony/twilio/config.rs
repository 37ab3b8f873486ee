//! Setting up a client: all mistakes at once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use super::budget::Budget;
use super::client::{Credentials, TwilioClient};
use super::request::{AccountSid, AccountSidError, is_sid};
use crate::time::{Clock, SystemClock};

/// Where requests go unless told otherwise (Twilio docs: the US1 region).
pub const BASE_URL: &str = "https://api.twilio.com";
/// Calls per second unless told otherwise (Twilio docs: the limit of an account that has not been raised).
pub const CALLS_PER_SECOND: u32 = 1;
/// How long a question about a leg may take, all its pages together, unless told otherwise.
pub const PROBE_DEADLINE: Duration = Duration::from_secs(10);
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a client could not be built. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No account was named.
    #[error("no account: call account_sid with the AC… id at the top of the Twilio console")]
    NoAccount,
    /// The account's id is not one.
    #[error("account_sid: {0}")]
    BadAccount(#[from] AccountSidError),
    /// No credentials.
    #[error("no credentials: call auth_token, or api_key")]
    NoCredentials,
    /// Both kinds of credentials.
    #[error("two kinds of credentials: call either auth_token or api_key")]
    TwoCredentials,
    /// The id of the API key is not one.
    #[error("api_key: the id of a key is SK and 32 hexadecimal digits; the AC… id goes to account_sid")]
    BadKeySid,
    /// The secret is empty, or has spaces or line ends around or in it.
    #[error("the token or secret is empty or holds a space or line end; copy it again from the Twilio console")]
    BadSecret,
    /// The base URL cannot be used.
    #[error(
        "base_url: write scheme and host, as in https://api.dublin.ie1.twilio.com, without user, query or fragment"
    )]
    BadBaseUrl,
    /// The base URL would send the credentials in the clear.
    #[error("base_url: credentials go over https only, except to this machine (http://127.0.0.1:…)")]
    InsecureBaseUrl,
    /// No call could ever be placed.
    #[error("calls_per_second: 0 would place no call; write the limit of your account, 1 unless it was raised")]
    NoCallsPerSecond,
    /// The region is not one.
    #[error("region: write the short name in lower case, as in ie1 or au1, or leave it out for us1")]
    BadRegion,
    /// The edge is not one.
    #[error("edge: write the name in lower case, as in dublin or ashburn")]
    BadEdge,
    /// The host is given twice.
    #[error("base_url names the host already: call either base_url, or region and edge")]
    TwoHosts,
    /// Nothing could ever be answered in no time.
    #[error("a timeout of 0 s would let nothing be answered")]
    NoTime,
    /// The HTTP client cannot be set up on this machine.
    #[error("the HTTP client cannot be set up: {0}")]
    Http(String),
}

/// Builds a [`TwilioClient`]; made by [`TwilioClient::builder`]. `Debug` shows no secret.
#[derive(Clone, Default)]
#[must_use = "call build"]
pub struct TwilioClientBuilder {
    account: Option<String>,
    token: Option<String>,
    key: Option<(String, String)>,
    base_url: Option<String>,
    calls_per_second: Option<u32>,
    budget: Option<Budget>,
    clock: Option<Arc<dyn Clock>>,
    probe_deadline: Option<Duration>,
}

impl fmt::Debug for TwilioClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioClientBuilder").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl TwilioClientBuilder {
    /// Whose account: `AC` and 32 hexadecimal digits. Needed with an API key too.
    pub fn account_sid(mut self, sid: impl Into<String>) -> Self {
        self.account = Some(sid.into());
        self
    }

    /// Authenticates with the account's token.
    pub fn auth_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Authenticates with an API key, `SK…`, and its secret.
    pub fn api_key(mut self, sid: impl Into<String>, secret: impl Into<String>) -> Self {
        self.key = Some((sid.into(), secret.into()));
        self
    }

    /// Where requests go; [`BASE_URL`] unless set. Another region, or a simulator on this machine.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// How many calls the account may place per second; [`CALLS_PER_SECOND`] unless set. No use with
    /// [`Self::budget`].
    pub fn calls_per_second(mut self, calls_per_second: u32) -> Self {
        self.calls_per_second = Some(calls_per_second);
        self
    }

    /// Shares the budget of another client of the same account.
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Tells the time; the machine's clock unless set.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// How long a question about a leg may take; [`PROBE_DEADLINE`] unless set.
    pub fn probe_deadline(mut self, deadline: Duration) -> Self {
        self.probe_deadline = Some(deadline);
        self
    }

    /// The client, or everything that is wrong.
    pub fn build(self) -> Result<TwilioClient, Vec<ConfigError>> {
        let mut errors = Vec::new();
        let account = keep(self.account_sid_checked(), &mut errors);
        let credentials = keep(self.credentials(), &mut errors);
        let base = keep(base(self.base_url.as_deref().unwrap_or(BASE_URL)), &mut errors);
        if self.calls_per_second == Some(0) {
            errors.push(ConfigError::NoCallsPerSecond);
        }
        let is_local = base.as_ref().is_some_and(is_loopback);
        let http = keep(http(transport(is_local)), &mut errors);
        let (Some(account), Some(credentials), Some(base), Some(http), true) =
            (account, credentials, base, http, errors.is_empty())
        else {
            return Err(errors);
        };
        let per_second = self.calls_per_second.unwrap_or(CALLS_PER_SECOND);
        Ok(TwilioClient::assemble(
            http,
            base.as_str().trim_end_matches('/').to_owned(),
            (account, credentials),
            self.budget.unwrap_or_else(|| Budget::new(per_second)),
            self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
            self.probe_deadline.unwrap_or(PROBE_DEADLINE),
        ))
    }

    pub(super) fn account_sid_checked(&self) -> Result<AccountSid, ConfigError> {
        Ok(self.account.as_deref().ok_or(ConfigError::NoAccount)?.parse::<AccountSid>()?)
    }

    pub(super) fn credentials(&self) -> Result<Credentials, ConfigError> {
        let (user, secret) = match (&self.token, &self.key) {
            (None, None) => return Err(ConfigError::NoCredentials),
            (Some(_), Some(_)) => return Err(ConfigError::TwoCredentials),
            (Some(token), None) => (self.account.clone().unwrap_or_default(), token),
            (None, Some((sid, _))) if !is_sid("SK", sid) => return Err(ConfigError::BadKeySid),
            (None, Some((sid, secret))) => (sid.clone(), secret),
        };
        if secret.is_empty() || !secret.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(ConfigError::BadSecret);
        }
        Ok(Credentials::new(user, secret.clone()))
    }
}

pub(super) fn keep<T>(result: Result<T, ConfigError>, errors: &mut Vec<ConfigError>) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}

pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

pub(super) fn base(text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).map_err(|_| ConfigError::BadBaseUrl)?;
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.has_host();
    match url.scheme() {
        "https" | "http" if !is_plain => Err(ConfigError::BadBaseUrl),
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(ConfigError::InsecureBaseUrl),
        _ => Err(ConfigError::BadBaseUrl),
    }
}

/// A transport that sends each request once and follows nothing.
pub(super) fn transport(is_local: bool) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("switchboard/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .connect_timeout(CONNECT_TIMEOUT);
    if is_local { builder.no_proxy() } else { builder }
}

pub(super) fn http(transport: reqwest::ClientBuilder) -> Result<reqwest::Client, ConfigError> {
    transport.build().map_err(|error| ConfigError::Http(error.to_string()))
}
