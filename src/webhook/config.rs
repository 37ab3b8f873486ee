//! The configuration of a verifier, and what can be wrong with it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::header::{FORWARDED_HOST, FORWARDED_PROTO};
use super::scheme::Scheme;
use super::signature::{Algorithm, Key};
use super::url::Base;
use super::verifier::{Secrets, SharedKey, Verifier};

const BODY_BYTES_MAX: usize = 64 * 1024;
/// Places in a body are counted in 32 bits; nobody's webhook comes near it.
const BODY_BYTES_CEILING: usize = 1 << 30;
const PARAMS_MAX: usize = 1000;
/// Telnyx's SDKs refuse what was signed more than 300 seconds before or after now.
const TOLERANCE: Duration = Duration::from_secs(300);

/// What is wrong with the configuration of a [`Verifier`]. No variant repeats a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No public base was given.
    #[error("the public base is missing: write the URL at which Twilio reaches you, as in https://calls.example.com")]
    BaseMissing,
    /// The public base is not a URL to build on.
    #[error("the public base is not usable: {0}; write it as in https://calls.example.com/phone")]
    BaseInvalid(&'static str),
    /// No account was given.
    #[error("the account is missing: write its SID, AC and 32 hexadecimal digits")]
    AccountMissing,
    /// Neither an auth token nor a shared key was given, so that no request could be checked.
    #[error("there is no auth token and no shared key: without one, no webhook can be checked")]
    SecretMissing,
    /// An auth token is empty or nothing but white space: an environment variable that is not set, most likely.
    #[error("auth token number {0} is empty")]
    TokenEmpty(usize),
    /// An auth token begins or ends with white space: the line feed of a file, most likely.
    #[error("auth token number {0} begins or ends with white space")]
    TokenPadded(usize),
    /// A shared key has no id or no secret.
    #[error("shared key {0:?} has an empty id or secret")]
    SharedKeyEmpty(String),
    /// A shared key was given twice.
    #[error("shared key {0:?} is given twice")]
    SharedKeyRepeated(String),
    /// A forwarded header that is not one of the two which can be trusted.
    #[error("{0:?} cannot be trusted: only X-Forwarded-Proto and X-Forwarded-Host can")]
    ForwardedUnknown(String),
    /// No public key was given for a scheme that has one.
    #[error("the public key is missing: copy it from the provider's portal, as base64")]
    PublicKeyMissing,
    /// A public key is not the base64 of an Ed25519 key, or of a weak one.
    #[error("public key number {0} is not the base64 of an Ed25519 key of 32 bytes")]
    PublicKeyInvalid(usize),
    /// A secret of another scheme was given: it would never be used.
    #[error("{scheme} does not sign with {secret}")]
    NotOfScheme {
        /// The configured scheme.
        scheme: Scheme,
        /// What was given.
        secret: &'static str,
    },
    /// The scheme needs a feature without which this was compiled.
    #[error("webhooks of {0} cannot be checked: compile switchboard with the feature {feature:?}", feature = "telnyx")]
    SchemeNotCompiled(Scheme),
    /// A limit of zero, under which no webhook could be accepted.
    #[error("{0} must be at least 1")]
    LimitZero(&'static str),
}

/// Collects the configuration of a [`Verifier`]; nothing is checked before [`build`](Self::build).
#[derive(Clone)]
#[must_use]
pub struct VerifierBuilder {
    base: Option<String>,
    account_sid: String,
    tokens: Vec<String>,
    shared: Vec<(String, String)>,
    forwarded: Vec<String>,
    accepts_get: bool,
    body_bytes_max: usize,
    params_max: usize,
    scheme: Scheme,
    public_keys: Vec<String>,
    tolerance: Duration,
}

impl fmt::Debug for VerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierBuilder")
            .field("account_sid", &self.account_sid)
            .field("scheme", &self.scheme)
            .field("tokens", &self.tokens.len())
            .field("shared_keys", &self.shared.len())
            .field("forwarded", &self.forwarded)
            .finish_non_exhaustive()
    }
}

impl VerifierBuilder {
    pub(super) fn new() -> Self {
        Self {
            base: None,
            account_sid: String::new(),
            tokens: Vec::new(),
            shared: Vec::new(),
            forwarded: Vec::new(),
            accepts_get: false,
            body_bytes_max: BODY_BYTES_MAX,
            params_max: PARAMS_MAX,
            scheme: Scheme::Twilio,
            public_keys: Vec::new(),
            tolerance: TOLERANCE,
        }
    }

    /// The URL under which Twilio reaches the application, written as in the number's configuration: scheme, host, and
    /// port, user and password if the configured URL has them; a path if the application is mounted below one. Required.
    pub fn public_base(mut self, url: impl Into<String>) -> Self {
        self.base = Some(url.into());
        self
    }

    /// The account (or subaccount) that owns the calls, `AC…`: it signs, and `AccountSid` must name it. Required.
    pub fn account(mut self, account_sid: impl Into<String>) -> Self {
        self.account_sid = account_sid.into();
        self
    }

    /// Accepts signatures made with this Auth Token; call it again for each further one while tokens are rotated.
    pub fn auth_token(mut self, token: impl Into<String>) -> Self {
        self.tokens.push(token.into());
        self
    }

    /// Accepts signatures whose settings header names the SharedKey `key_id` (`webhooks_sharedkey_…`), with either
    /// algorithm.
    pub fn shared_key(mut self, key_id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.shared.push((key_id.into(), secret.into()));
        self
    }

    /// Takes the scheme from `X-Forwarded-Proto`, or the host and port from `X-Forwarded-Host`, where a request has that
    /// header. Only safe if a proxy of yours always overwrites the header. Off unless called.
    pub fn trust_forwarded(mut self, header: impl Into<String>) -> Self {
        self.forwarded.push(header.into());
        self
    }

    /// Accepts GET as well as POST. Signatures do not cover the method, so leave it off unless a URL is configured so.
    pub fn accept_get(mut self) -> Self {
        self.accepts_get = true;
        self
    }

    /// Refuses bodies longer than `bytes`; 64 KiB unless called, and 1 GiB at most.
    pub fn body_bytes_max(mut self, bytes: usize) -> Self {
        self.body_bytes_max = bytes;
        self
    }

    /// Refuses forms and queries with more than `params` pairs, repeated ones counted; 1000 unless called.
    pub fn params_max(mut self, params: usize) -> Self {
        self.params_max = params;
        self
    }

    /// How the provider signs; [`Scheme::Twilio`] unless called.
    pub fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self
    }

    /// Accepts signatures that this key verifies, the base64 of its 32 bytes as the provider's portal shows it; call it
    /// again for each further one while keys are rotated. For [`Scheme::Telnyx`].
    pub fn public_key(mut self, base64: impl Into<String>) -> Self {
        self.public_keys.push(base64.into());
        self
    }

    /// Refuses requests signed longer ago, or later in the future, than `tolerance`; 300 seconds unless called, which is
    /// what Telnyx's SDKs allow. For schemes with a time of signing.
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// The verifier, or everything that is wrong with its configuration.
    pub fn build(self) -> Result<Verifier, Vec<ConfigError>> {
        let mut errors = Vec::new();
        let base = match self.base.as_deref().map(Base::parse) {
            Some(Ok(base)) => Some(base),
            Some(Err(why)) => {
                errors.push(ConfigError::BaseInvalid(why));
                None
            }
            None => {
                errors.push(ConfigError::BaseMissing);
                None
            }
        };
        if self.account_sid.trim().is_empty() {
            errors.push(ConfigError::AccountMissing);
        }
        let secrets = self.secrets(&mut errors);
        let trusts = |name: &str| self.forwarded.iter().any(|header| header.eq_ignore_ascii_case(name));
        let (trusts_proto, trusts_host) = (trusts(FORWARDED_PROTO), trusts(FORWARDED_HOST));
        let known = |header: &str| [FORWARDED_PROTO, FORWARDED_HOST].iter().any(|k| k.eq_ignore_ascii_case(header));
        errors.extend(self.forwarded.iter().filter(|h| !known(h)).cloned().map(ConfigError::ForwardedUnknown));
        let has_tolerance = usize::from(!self.tolerance.is_zero());
        for (limit, name) in
            [(self.body_bytes_max, "body_bytes_max"), (self.params_max, "params_max"), (has_tolerance, "tolerance")]
        {
            if limit == 0 {
                errors.push(ConfigError::LimitZero(name));
            }
        }
        match (base, secrets) {
            (Some(base), Some(secrets)) if errors.is_empty() => Ok(Verifier {
                base,
                account_sid: self.account_sid,
                scheme: self.scheme,
                secrets,
                trusts_proto,
                trusts_host,
                accepts_get: self.accepts_get,
                body_bytes_max: self.body_bytes_max.min(BODY_BYTES_CEILING),
                params_max: self.params_max,
            }),
            _ => Err(errors),
        }
    }

    /// What the scheme checks with; `None`, and why, if it is not complete.
    fn secrets(&self, errors: &mut Vec<ConfigError>) -> Option<Secrets> {
        let scheme = self.scheme;
        let has_keyed = !self.tokens.is_empty();
        let foreign: &[(bool, &str)] = match scheme {
            Scheme::Twilio => &[(!self.public_keys.is_empty(), "a public key")],
            Scheme::SignalWire => {
                &[(!self.shared.is_empty(), "a shared key"), (!self.public_keys.is_empty(), "a public key")]
            }
            Scheme::Telnyx => &[(has_keyed, "an auth token"), (!self.shared.is_empty(), "a shared key")],
        };
        let foreign = foreign.iter().filter(|(given, _)| *given);
        errors.extend(foreign.map(|(_, secret)| ConfigError::NotOfScheme { scheme, secret }));
        if scheme == Scheme::Telnyx {
            return self.telnyx(errors);
        }
        let tokens = read_tokens(&self.tokens, errors);
        let shared = read_shared_keys(&self.shared, errors);
        if self.tokens.is_empty() && shared.is_empty() {
            errors.push(ConfigError::SecretMissing);
        }
        Some(Secrets::Keyed { tokens, shared })
    }

    #[cfg(feature = "telnyx")]
    fn telnyx(&self, errors: &mut Vec<ConfigError>) -> Option<Secrets> {
        if self.public_keys.is_empty() {
            errors.push(ConfigError::PublicKeyMissing);
        }
        let mut keys = Vec::new();
        for (at, key) in self.public_keys.iter().enumerate() {
            match super::telnyx::read_key(key) {
                Some(key) => keys.push(key),
                None => errors.push(ConfigError::PublicKeyInvalid(at + 1)),
            }
        }
        Some(Secrets::Telnyx(super::telnyx::Telnyx { keys, tolerance: self.tolerance }))
    }

    #[cfg(not(feature = "telnyx"))]
    fn telnyx(&self, errors: &mut Vec<ConfigError>) -> Option<Secrets> {
        errors.push(ConfigError::SchemeNotCompiled(self.scheme));
        None
    }
}

fn read_tokens(tokens: &[String], errors: &mut Vec<ConfigError>) -> Vec<Key> {
    for (at, token) in tokens.iter().enumerate() {
        match token.trim() {
            "" => errors.push(ConfigError::TokenEmpty(at + 1)),
            trimmed if trimmed != token => errors.push(ConfigError::TokenPadded(at + 1)),
            _ => {}
        }
    }
    tokens.iter().map(|token| Key::new(token.as_bytes(), Algorithm::HmacSha1)).collect()
}

fn read_shared_keys(keys: &[(String, String)], errors: &mut Vec<ConfigError>) -> BTreeMap<String, SharedKey> {
    let mut shared = BTreeMap::new();
    for (id, secret) in keys {
        if id.trim().is_empty() || secret.trim().is_empty() {
            errors.push(ConfigError::SharedKeyEmpty(id.clone()));
            continue;
        }
        let [sha1, sha256] = [Algorithm::HmacSha1, Algorithm::HmacSha256].map(|a| Key::new(secret.as_bytes(), a));
        if shared.insert(id.clone(), SharedKey { sha1, sha256 }).is_some() {
            errors.push(ConfigError::SharedKeyRepeated(id.clone()));
        }
    }
    shared
}
