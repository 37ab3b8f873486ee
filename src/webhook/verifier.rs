//! The check: limits first, then the signature, then the account.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::form::{self, RawPair};
use super::signature::{self, Algorithm, Key, Signature};
use super::url::{Base, Spellings, Target};
use super::{Method, Refusal, Verified, WebhookRequest};

const SIGNATURE: &str = "X-Twilio-Signature";
const SETTINGS: &str = "X-Twilio-Webhooks-Signature-Settings";
const FORWARDED_PROTO: &str = "X-Forwarded-Proto";
const FORWARDED_HOST: &str = "X-Forwarded-Host";
const FORM: &str = "application/x-www-form-urlencoded";
const BODY_HASH: &str = "bodySHA256";

/// Longest request target that is looked at; common HTTP servers stop at 8 or 16 KiB.
const TARGET_BYTES_MAX: usize = 16 * 1024;
const BODY_BYTES_MAX: usize = 64 * 1024;
const PARAMS_MAX: usize = 1000;

/// Checks webhooks of one account against its secrets and the public URL at which the application is reached.
///
/// The URL that must have been signed is the scheme and authority of the public base, then the received path and query
/// byte for byte. Where the base has a path and the received path does not lie below it, a proxy has stripped it, and it
/// is put in front again: under the base `https://example.com/phone`, both `/phone/voice` and `/voice` stand for
/// `https://example.com/phone/voice`. `Host` is never looked at, and a forwarded header only if it was named with
/// [`trust_forwarded`](VerifierBuilder::trust_forwarded).
///
/// Twilio and its libraries do not always agree on how that URL is written. Accepted are: with and without the user and
/// password of the base; with the base's port, without a port, and with the default port; with the query as received, with
/// `'` as `%27`, and as Node's `querystring` writes it; and for a WebSocket with and without a `/` at the end of the path.
#[derive(Clone)]
pub struct Verifier {
    base: Base,
    account_sid: Arc<str>,
    tokens: Vec<Key>,
    shared: BTreeMap<String, SharedKey>,
    trusts_proto: bool,
    trusts_host: bool,
    accepts_get: bool,
    body_bytes_max: usize,
    params_max: usize,
}

#[derive(Clone)]
struct SharedKey {
    sha1: Key,
    sha256: Key,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("base", &self.base)
            .field("account_sid", &self.account_sid)
            .field("tokens", &self.tokens.len())
            .field("shared_keys", &self.shared.keys())
            .field("trusts_proto", &self.trusts_proto)
            .field("trusts_host", &self.trusts_host)
            .field("accepts_get", &self.accepts_get)
            .field("body_bytes_max", &self.body_bytes_max)
            .field("params_max", &self.params_max)
            .finish()
    }
}

/// What carries the parameters, decided by method and content type, never by what the URL claims.
enum Content<'a> {
    Form(Vec<RawPair<'a>>),
    Query,
    Json(&'a [u8]),
}

impl Verifier {
    /// A builder in which nothing is set.
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder {
            base: None,
            account_sid: String::new(),
            tokens: Vec::new(),
            shared: Vec::new(),
            forwarded: Vec::new(),
            accepts_get: false,
            body_bytes_max: BODY_BYTES_MAX,
            params_max: PARAMS_MAX,
        }
    }

    /// The request, readable, if it was signed with one of the configured secrets for its public URL and body, and names
    /// no other account. Size limits are enforced before anything is parsed. Comparison takes the same time whichever
    /// bytes of a wrong signature differ; a right one may be found sooner or later, which its owner may know.
    pub fn verify<'a>(&self, request: &WebhookRequest<'a>) -> Result<Verified<'a>, Refusal> {
        self.check_shape(request)?;
        let signature = read_signature(request.headers)?;
        let target = Target::read(request.target)?;
        let keys = self.keys_named(request.headers)?;
        let base = self.base_seen(request.headers)?;
        let query = form::decode_raw(target.query.unwrap_or_default().as_bytes(), self.params_max)?;
        let content = self.content(request, &query)?;

        let pairs = if let Content::Form(pairs) = &content { pairs.as_slice() } else { &[] };
        let spellings = Spellings::new(&base, target, request.websocket, &query);
        let is_signed = |url: &[&str]| keys.iter().any(|key| key.signs(url, pairs, signature.bytes()));
        if !spellings.any(is_signed) {
            return Err(Refusal::SignatureMismatch);
        }

        let (form, json) = match content {
            Content::Form(pairs) => (Some(pairs.into_iter().map(form::to_text).collect()), None),
            Content::Query => (None, None),
            Content::Json(body) => (None, Some(body)),
        };
        let verified = Verified {
            account_sid: Arc::clone(&self.account_sid),
            method: request.method,
            websocket: request.websocket,
            path: target.path_below(&base),
            query: query.into_iter().map(form::to_text).collect(),
            form,
            json,
        };
        let stated = verified.form.iter().flatten().chain(&verified.query).filter(|(name, _)| name == "AccountSid");
        if stated.into_iter().any(|(_, account)| *account != *self.account_sid) {
            return Err(Refusal::OtherAccount);
        }
        Ok(verified)
    }

    fn check_shape(&self, request: &WebhookRequest<'_>) -> Result<(), Refusal> {
        let declared = match request.method {
            Method::Get => request.websocket || self.accepts_get,
            Method::Post => !request.websocket,
        };
        match () {
            () if !declared => Err(Refusal::Method),
            () if request.body.len() > self.body_bytes_max => Err(Refusal::BodyTooLarge),
            () if request.target.len() > TARGET_BYTES_MAX => Err(Refusal::TargetTooLong),
            () if request.method == Method::Get && !request.body.is_empty() => Err(Refusal::BodyOnGet),
            () => Ok(()),
        }
    }

    /// The keys that the signature settings header speaks of: those of the account, if it is absent or names no algorithm.
    fn keys_named(&self, headers: &[(&str, &str)]) -> Result<Vec<&Key>, Refusal> {
        let settings = sole_header(headers, SETTINGS).map_err(|Repeated| Refusal::SignatureSettings)?;
        let (mut id, mut algorithm) = (None, None);
        for setting in settings.unwrap_or_default().split(',') {
            let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
            let known = match name.trim() {
                "key" => &mut id,
                "algorithm" => &mut algorithm,
                _ => continue,
            };
            if known.replace(value.trim()).is_some() {
                return Err(Refusal::SignatureSettings);
            }
        }
        let Some(algorithm) = algorithm else { return Ok(self.tokens.iter().collect()) };
        let key = id.and_then(|id| self.shared.get(id)).ok_or(Refusal::SignatureSettings)?;
        match Algorithm::named(algorithm) {
            Some(Algorithm::HmacSha1) => Ok(vec![&key.sha1]),
            Some(Algorithm::HmacSha256) => Ok(vec![&key.sha256]),
            None => Err(Refusal::SignatureSettings),
        }
    }

    fn base_seen(&self, headers: &[(&str, &str)]) -> Result<Cow<'_, Base>, Refusal> {
        let forwarded = |trusted: bool, name: &str| match trusted {
            true => sole_header(headers, name).map_err(|Repeated| Refusal::ForwardedHeader),
            false => Ok(None),
        };
        let mut base = Cow::Borrowed(&self.base);
        if let Some(proto) = forwarded(self.trusts_proto, FORWARDED_PROTO)? {
            base = Cow::Owned(base.into_owned().with_proto(proto.trim())?);
        }
        if let Some(host) = forwarded(self.trusts_host, FORWARDED_HOST)? {
            base = Cow::Owned(base.into_owned().with_host(host.trim())?);
        }
        Ok(base)
    }

    fn content<'a>(&self, request: &WebhookRequest<'a>, query: &[RawPair<'_>]) -> Result<Content<'a>, Refusal> {
        if request.method == Method::Get {
            return Ok(Content::Query);
        }
        let content_type =
            sole_header(request.headers, "Content-Type").map_err(|Repeated| Refusal::ContentTypeRepeated)?;
        let is_form = match content_type {
            Some(content_type) => content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM),
            None => request.body.is_empty(),
        };
        if is_form {
            let mut pairs = form::decode_raw(request.body, self.params_max)?;
            signature::sort_for_signing(&mut pairs);
            return Ok(Content::Form(pairs));
        }
        let mut hashes = query.iter().filter(|(name, _)| **name == *BODY_HASH.as_bytes()).map(|(_, hash)| hash);
        match (hashes.next(), hashes.next()) {
            (Some(hash), None) if **hash == *signature::sha256_hex(request.body).as_bytes() => {
                Ok(Content::Json(request.body))
            }
            _ => Err(Refusal::BodyHash),
        }
    }
}

/// A header that may be given once was given several times.
struct Repeated;

fn sole_header<'a>(headers: &[(&str, &'a str)], name: &str) -> Result<Option<&'a str>, Repeated> {
    let mut values = headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Repeated),
        (value, None) => Ok(value),
    }
}

fn read_signature(headers: &[(&str, &str)]) -> Result<Signature, Refusal> {
    let header = sole_header(headers, SIGNATURE).map_err(|Repeated| Refusal::SignatureRepeated)?;
    let header = header.filter(|header| !header.is_empty()).ok_or(Refusal::SignatureMissing)?;
    Signature::read(header).ok_or(Refusal::SignatureMalformed)
}

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
}

impl fmt::Debug for VerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierBuilder")
            .field("account_sid", &self.account_sid)
            .field("tokens", &self.tokens.len())
            .field("shared_keys", &self.shared.len())
            .field("forwarded", &self.forwarded)
            .finish_non_exhaustive()
    }
}

impl VerifierBuilder {
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

    /// Refuses bodies longer than `bytes`; 64 KiB unless called.
    pub fn body_bytes_max(mut self, bytes: usize) -> Self {
        self.body_bytes_max = bytes;
        self
    }

    /// Refuses forms and queries with more than `params` pairs, repeated ones counted; 1000 unless called.
    pub fn params_max(mut self, params: usize) -> Self {
        self.params_max = params;
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
        let tokens = read_tokens(&self.tokens, &mut errors);
        let shared = read_shared_keys(self.shared, &mut errors);
        if self.tokens.is_empty() && shared.is_empty() {
            errors.push(ConfigError::SecretMissing);
        }
        let trusts = |name: &str| self.forwarded.iter().any(|header| header.eq_ignore_ascii_case(name));
        let (trusts_proto, trusts_host) = (trusts(FORWARDED_PROTO), trusts(FORWARDED_HOST));
        let known = |header: &str| [FORWARDED_PROTO, FORWARDED_HOST].iter().any(|k| k.eq_ignore_ascii_case(header));
        errors.extend(self.forwarded.iter().filter(|h| !known(h)).cloned().map(ConfigError::ForwardedUnknown));
        for (limit, name) in [(self.body_bytes_max, "body_bytes_max"), (self.params_max, "params_max")] {
            if limit == 0 {
                errors.push(ConfigError::LimitZero(name));
            }
        }
        match base {
            Some(base) if errors.is_empty() => Ok(Verifier {
                base,
                account_sid: self.account_sid.into(),
                tokens,
                shared,
                trusts_proto,
                trusts_host,
                accepts_get: self.accepts_get,
                body_bytes_max: self.body_bytes_max,
                params_max: self.params_max,
            }),
            _ => Err(errors),
        }
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

fn read_shared_keys(keys: Vec<(String, String)>, errors: &mut Vec<ConfigError>) -> BTreeMap<String, SharedKey> {
    let mut shared = BTreeMap::new();
    for (id, secret) in keys {
        if id.trim().is_empty() || secret.trim().is_empty() {
            errors.push(ConfigError::SharedKeyEmpty(id));
            continue;
        }
        let [sha1, sha256] = [Algorithm::HmacSha1, Algorithm::HmacSha256].map(|a| Key::new(secret.as_bytes(), a));
        if shared.insert(id.clone(), SharedKey { sha1, sha256 }).is_some() {
            errors.push(ConfigError::SharedKeyRepeated(id));
        }
    }
    shared
}
