//! Setting up a client: all mistakes at once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use super::budget::Budget;
use super::client::{Credentials, Http, TwilioClient};
use super::profile::{Account, AccountIdError, Auth, Profile};
use super::request::{AccountSid, AccountSidError};
use crate::time::{Clock, SystemClock};

/// Where requests to Twilio go unless told otherwise (Twilio docs: the US1 region).
pub const BASE_URL: &str = "https://api.twilio.com";
/// Calls per second unless told otherwise (Twilio docs: the limit of an account that has not been raised).
pub const CALLS_PER_SECOND: u32 = 1;
/// How long a question about a leg may take, all its pages together, or a request about numbers, unless told otherwise.
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
    /// The account's id is not one of this provider.
    #[error("account_sid: {0}")]
    BadAccountId(AccountIdError),
    /// The profile needs to know something that was given wrongly, by its name in [`Profile::settings`].
    #[error("profile: {provider} needs `{name}`: 1 to 63 letters, digits and hyphens, without a domain")]
    BadSetting {
        /// The provider.
        provider: &'static str,
        /// What was given wrongly.
        name: &'static str,
    },
    /// A field of the profile that cannot be used, by its name.
    #[error("profile: `{0}` cannot be used; a path begins with / and has {{account}} in it, a range is not empty")]
    BadProfile(&'static str),
    /// The provider has no keys beside the token.
    #[error("api_key: {0} has no keys of that kind; call auth_token")]
    NoKeys(&'static str),
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
    profile: Option<Profile>,
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
        let base_url = self.base_url.as_deref().map(shown);
        f.debug_struct("TwilioClientBuilder").field("base_url", &base_url).finish_non_exhaustive()
    }
}

impl TwilioClientBuilder {
    /// Which provider is spoken to, and how it differs from Twilio; [`Profile::twilio`] unless set.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Whose account: with Twilio `AC` and 32 hexadecimal digits. Needed with an API key too.
    pub fn account_sid(mut self, sid: impl Into<String>) -> Self {
        self.account = Some(sid.into());
        self
    }

    /// Authenticates with the account's token; with a provider of [`Auth::Bearer`] this is what it calls an API key.
    pub fn auth_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Authenticates with an API key, `SK…`, and its secret.
    pub fn api_key(mut self, sid: impl Into<String>, secret: impl Into<String>) -> Self {
        self.key = Some((sid.into(), secret.into()));
        self
    }

    /// Where requests go; [`Profile::base_url`] unless set. Another region, or a simulator on this machine.
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

    /// How long a question about a leg, or a request about numbers, may take; [`PROBE_DEADLINE`] unless set.
    pub fn probe_deadline(mut self, deadline: Duration) -> Self {
        self.probe_deadline = Some(deadline);
        self
    }

    /// The client, or everything that is wrong.
    pub fn build(mut self) -> Result<TwilioClient, Vec<ConfigError>> {
        let profile = self.profile.take().unwrap_or_else(Profile::twilio);
        let mut errors = wrong_in(&profile);
        let credentials = self.credentials(&profile);
        let base_url = self.base_url.take().unwrap_or_else(|| profile.filled(&profile.base_url));
        let account = keep(self.account(profile), &mut errors);
        let credentials = keep(credentials, &mut errors);
        let is_setting_bad = errors.iter().any(|error| matches!(error, ConfigError::BadSetting { .. }));
        // With a wrong setting in it, the address is wrong for that reason alone.
        let base = if is_setting_bad { None } else { keep(base(&base_url), &mut errors) };
        if self.calls_per_second == Some(0) {
            errors.push(ConfigError::NoCallsPerSecond);
        }
        let is_local = base.as_ref().is_some_and(is_loopback);
        let api = keep(http(transport(is_local)), &mut errors);
        let storage = transport(is_local).dns_resolver(super::client::public_names(is_local));
        let storage = keep(http(storage), &mut errors);
        let (Some(account), Some(credentials), Some(base), Some(api), Some(storage), true) =
            (account, credentials, base, api, storage, errors.is_empty())
        else {
            return Err(errors);
        };
        let per_second = self.calls_per_second.unwrap_or(CALLS_PER_SECOND);
        let base_url = base.as_str().trim_end_matches('/').to_owned();
        Ok(TwilioClient::assemble(
            Http { api, storage, base_url, is_local },
            (account, credentials),
            self.budget.unwrap_or_else(|| Budget::new(per_second)),
            self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
            self.probe_deadline.unwrap_or(PROBE_DEADLINE),
        ))
    }

    fn account(&self, profile: Profile) -> Result<Account, ConfigError> {
        let id = self.account.as_deref().ok_or(ConfigError::NoAccount)?;
        Account::new(profile, id).map_err(ConfigError::BadAccountId)
    }

    pub(super) fn account_sid_checked(&self) -> Result<AccountSid, ConfigError> {
        Ok(self.account.as_deref().ok_or(ConfigError::NoAccount)?.parse::<AccountSid>()?)
    }

    pub(super) fn credentials(&self, profile: &Profile) -> Result<Credentials, ConfigError> {
        let (user, secret) = match (&self.token, &self.key) {
            (None, None) => return Err(ConfigError::NoCredentials),
            (Some(_), Some(_)) => return Err(ConfigError::TwoCredentials),
            (Some(token), None) => (self.account.clone().unwrap_or_default(), token),
            (None, Some((sid, secret))) => match profile.auth {
                Auth::Basic { key: Some(shape) } if shape.fits(sid) => (sid.clone(), secret),
                Auth::Basic { key: Some(_) } => return Err(ConfigError::BadKeySid),
                _ => return Err(ConfigError::NoKeys(profile.name)),
            },
        };
        if secret.is_empty() || !secret.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(ConfigError::BadSecret);
        }
        Ok(match profile.auth {
            Auth::Bearer => Credentials::bearer(secret.clone()),
            Auth::Basic { .. } => Credentials::new(user, secret.clone()),
        })
    }
}

/// Everything that is wrong in the profile itself.
fn wrong_in(profile: &Profile) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    for (name, value) in &profile.settings {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if !(1..=63).contains(&value.len()) || !value.bytes().all(fits) || value.starts_with('-') {
            errors.push(ConfigError::BadSetting { provider: profile.name, name });
        }
    }
    let path = profile.path;
    if !path.starts_with('/') || !path.contains("{account}") || !path.bytes().all(|b| b.is_ascii_graphic()) {
        errors.push(ConfigError::BadProfile("path"));
    }
    if profile.ring_secs.is_empty() {
        errors.push(ConfigError::BadProfile("ring_secs"));
    }
    if profile.limit_secs.is_empty() {
        errors.push(ConfigError::BadProfile("limit_secs"));
    }
    errors
}

pub(super) fn keep<T>(result: Result<T, ConfigError>, errors: &mut Vec<ConfigError>) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}

pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A base URL for `Debug`: one that cannot be used may hold a password, and is not shown.
pub(super) fn shown(base_url: &str) -> &str {
    if base(base_url).is_ok() { base_url } else { "…" }
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
