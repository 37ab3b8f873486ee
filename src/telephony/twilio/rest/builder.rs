//! Setting up a client: all mistakes at once, as [`ConfigError`] tells them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Client, Inner, RetryTooMany};
use crate::telephony::twilio::Profile;
use crate::telephony::twilio::client::public_names;
use crate::telephony::twilio::config::{
    BASE_URL, ConfigError, TwilioClientBuilder, base, http, is_loopback, keep, shown, transport,
};
use crate::telephony::twilio::token::is_region;

/// How long an operation may take, all of its answer included, unless told otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(30);
/// How long fetching audio may take in all, unless told otherwise.
pub const MEDIA_TIMEOUT: Duration = Duration::from_secs(600);
/// Longest timeout: more would overflow the runtime's clock, and is of no use.
const TIMEOUT_MAX: Duration = Duration::from_secs(24 * 3600);

/// Builds a [`Client`]; made by [`Client::builder`]. `Debug` shows no secret.
#[derive(Clone, Default)]
#[must_use = "call build"]
pub struct ClientBuilder {
    common: TwilioClientBuilder,
    base_url: Option<String>,
    region: Option<String>,
    edge: Option<String>,
    timeout: Option<Duration>,
    media_timeout: Option<Duration>,
    retry: Option<RetryTooMany>,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("base_url", &self.base_url.as_deref().map(shown))
            .field("region", &self.region)
            .field("edge", &self.edge)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// Whose account: `AC` and 32 hexadecimal digits. Needed with an API key too.
    pub fn account_sid(mut self, sid: impl Into<String>) -> Self {
        self.common = self.common.account_sid(sid);
        self
    }

    /// Authenticates with the account's token.
    pub fn auth_token(mut self, token: impl Into<String>) -> Self {
        self.common = self.common.auth_token(token);
        self
    }

    /// Authenticates with an API key, `SK…`, and its secret. Standard keys may not manage keys and accounts.
    pub fn api_key(mut self, sid: impl Into<String>, secret: impl Into<String>) -> Self {
        self.common = self.common.api_key(sid, secret);
        self
    }

    /// Where requests go; [`BASE_URL`] unless set. A simulator on this machine, or a provider that speaks as Twilio does.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// The region whose data is used, as in `ie1`; `us1` unless set. Credentials are of one region.
    ///
    /// Set the edge too: without it requests go to `api.REGION.twilio.com`, which was seen to lead to `us1`, where the
    /// region's keys are refused (unverified).
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Where requests enter Twilio's network, as in `dublin`. Alone it is an edge of `us1` (Twilio docs: regions).
    pub fn edge(mut self, edge: impl Into<String>) -> Self {
        self.edge = Some(edge.into());
        self
    }

    /// How long an operation may take, all of its answer included; [`TIMEOUT`] unless set. Each page and each try has
    /// its own.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long fetching audio may take in all; [`MEDIA_TIMEOUT`] unless set.
    pub fn media_timeout(mut self, timeout: Duration) -> Self {
        self.media_timeout = Some(timeout);
        self
    }

    /// Sends what was one too many again; it is not unless set.
    pub fn retry_too_many(mut self, retry: RetryTooMany) -> Self {
        self.retry = Some(retry);
        self
    }

    /// The client, or everything that is wrong.
    pub fn build(self) -> Result<Client, Vec<ConfigError>> {
        let mut errors = Vec::new();
        let account = keep(self.common.account_sid_checked(), &mut errors);
        let credentials = keep(self.common.credentials(&Profile::twilio()), &mut errors);
        let base = self.host(&mut errors).and_then(|url| keep(base(&url), &mut errors));
        if [self.timeout, self.media_timeout].contains(&Some(Duration::ZERO)) {
            errors.push(ConfigError::NoTime);
        }
        let is_local = base.as_ref().is_some_and(is_loopback);
        let plain = keep(http(transport(is_local)), &mut errors);
        let storage = keep(http(transport(is_local).dns_resolver(public_names(is_local))), &mut errors);
        let (Some(account), Some(credentials), Some(base), Some(http), Some(storage), true) =
            (account, credentials, base, plain, storage, errors.is_empty())
        else {
            return Err(errors);
        };
        let inner = Inner {
            http,
            storage,
            base_url: base.as_str().trim_end_matches('/').to_owned(),
            is_local,
            credentials,
            timeout: self.timeout.unwrap_or(TIMEOUT).min(TIMEOUT_MAX),
            media_timeout: self.media_timeout.unwrap_or(MEDIA_TIMEOUT).min(TIMEOUT_MAX),
            retry: self.retry,
        };
        Ok(Client { inner: Arc::new(inner), account })
    }

    /// The base URL from what was set; `None` when it cannot be told.
    fn host(&self, errors: &mut Vec<ConfigError>) -> Option<String> {
        let is_edge = |name: &str| {
            (1..=63).contains(&name.len())
                && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
                && !name.starts_with('-')
                && !name.ends_with('-')
        };
        let region = self.region.as_deref();
        let edge = self.edge.as_deref();
        let found = [
            region.is_some_and(|name| !is_region(name)).then_some(ConfigError::BadRegion),
            edge.is_some_and(|name| !is_edge(name)).then_some(ConfigError::BadEdge),
            (self.base_url.is_some() && (region.is_some() || edge.is_some())).then_some(ConfigError::TwoHosts),
        ];
        let is_right = found.iter().all(Option::is_none);
        errors.extend(found.into_iter().flatten());
        let url = match (&self.base_url, edge, region) {
            (Some(url), ..) => url.clone(),
            (None, None, None) => BASE_URL.to_owned(),
            (None, Some(edge), region) => format!("https://api.{edge}.{}.twilio.com", region.unwrap_or("us1")),
            (None, None, Some(region)) => format!("https://api.{region}.twilio.com"),
        };
        // A wrong base URL is told too; one made of wrong names would be told twice.
        (is_right || self.base_url.is_some()).then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(region: Option<&str>, edge: Option<&str>) -> Result<String, Vec<ConfigError>> {
        let builder = Client::builder().account_sid("AC0123456789abcdef0123456789abcdef").auth_token("t");
        let builder = region.into_iter().fold(builder, |builder, name| builder.region(name));
        let builder = edge.into_iter().fold(builder, |builder, name| builder.edge(name));
        builder.build().map(|client| client.inner.base_url.clone())
    }

    #[test]
    fn a_region_and_an_edge_make_the_host() {
        assert_eq!(host(None, None).as_deref(), Ok("https://api.twilio.com"));
        assert_eq!(host(Some("au1"), Some("sydney")).as_deref(), Ok("https://api.sydney.au1.twilio.com"));
        assert_eq!(host(None, Some("dublin")).as_deref(), Ok("https://api.dublin.us1.twilio.com"));
        assert_eq!(host(Some("ie1"), None).as_deref(), Ok("https://api.ie1.twilio.com"));
        assert_eq!(host(Some("IE1"), Some("evil.example/")), Err(vec![ConfigError::BadRegion, ConfigError::BadEdge]));
        assert_eq!(host(Some("ie1"), Some("")), Err(vec![ConfigError::BadEdge]));
    }
}
