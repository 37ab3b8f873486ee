//! Access tokens: what a browser or app hands to the provider's voice SDK, so that it may call and be called.
//!
//! A token is a JWT signed with HMAC-SHA-256. It is made of the `hmac` and `sha2` that are in the centre already: a
//! crate for JWTs would bring a second crypto stack into it, for one algorithm and two small objects.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;

use super::request::is_sid;
use crate::phone::{AddressError, Endpoint};
use crate::time::Timestamp;

/// How long a token is good unless told otherwise (Twilio's own libraries: 3600 s).
pub const TTL: Duration = Duration::from_secs(60 * 60);
/// The longest that a token may be good (Twilio docs: 24 hours; a longer one is refused with error 20157).
pub const TTL_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Why a token could not be signed. Never holds a secret, nor what was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccessTokenError {
    /// The account's id is missing or not one.
    #[error("account_sid: give the AC… id at the top of the Twilio console, AC and 32 hexadecimal digits")]
    BadAccount,
    /// The id of the API key is missing or not one.
    #[error("api_key: the id of a key is SK and 32 hexadecimal digits; the account's own token signs no access token")]
    BadKeySid,
    /// The secret of the API key is missing, or has spaces or line ends around or in it.
    #[error("api_key: the secret is empty or holds a space or line end; Twilio shows it once, when the key is made")]
    BadSecret,
    /// The identity cannot be rung as `client:…`.
    #[error("identity: {0}")]
    BadIdentity(AddressError),
    /// It would not be good for a whole second, or for too long.
    #[error("ttl: {0:?} is not between 1 s and 24 h")]
    BadTtl(Duration),
    /// It would end before it begins.
    #[error("not_before: the token would be over before it is good; choose an earlier start or a longer ttl")]
    NeverGood,
    /// The region is not one.
    #[error("region: write the short name in lower case, as in ie1 or au1, or leave it out for us1")]
    BadRegion,
    /// The id of the application is not one.
    #[error("outgoing: the id of a TwiML application is AP and 32 hexadecimal digits")]
    BadApplication,
    /// There are parameters, and no application to send them to.
    #[error("outgoing_param: parameters go to the application of outgoing calls; call outgoing too")]
    ParamsWithoutApplication,
    /// A parameter has no name.
    #[error("outgoing_param: a parameter has an empty name")]
    UnnamedParam,
    /// The id of the push credential is not one.
    #[error("push_credential: the id of a push credential is CR and 32 hexadecimal digits")]
    BadPushCredential,
    /// The token would let its bearer do nothing.
    #[error("nothing is granted: call incoming, outgoing, or both")]
    NothingGranted,
}

/// An access token in the making: who may call and be called, for how long. `Debug` shows no secret.
///
/// Whoever holds the signed text is the agent until it is over: make one for each signed-in user, and only for the
/// identity that is theirs.
///
/// ```
/// use switchboard::telephony::twilio::AccessToken;
/// use switchboard::time::{Clock, SystemClock};
///
/// let token = AccessToken::builder()
///     .account_sid("AC00000000000000000000000000000001")
///     .api_key("SK00000000000000000000000000000002", "shown-once-when-the-key-is-made")
///     .identity("ana")
///     .incoming(true)
///     .sign(SystemClock.now());
/// assert!(token.is_ok_and(|jwt| jwt.starts_with("eyJ")));
/// ```
#[derive(Clone)]
#[must_use = "call sign"]
pub struct AccessToken {
    account: String,
    key_sid: String,
    secret: String,
    identity: String,
    ttl: Duration,
    not_before: Option<Timestamp>,
    region: Option<String>,
    incoming: bool,
    application: Option<String>,
    params: BTreeMap<String, String>,
    push_credential: Option<String>,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("identity", &self.identity).field("ttl", &self.ttl).finish_non_exhaustive()
    }
}

/// Twilio docs: access tokens; `twr` names the region, and is absent for the default one.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    cty: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    twr: Option<&'a str>,
    typ: &'static str,
}

// Structs, not `json!`: the order of the keys stays as written, whatever features serde_json is built with elsewhere.
#[derive(Serialize)]
struct Claims<'a> {
    jti: String,
    grants: Grants<'a>,
    iss: &'a str,
    exp: i64,
    nbf: i64,
    sub: &'a str,
}

#[derive(Serialize)]
struct Grants<'a> {
    identity: &'a str,
    voice: Voice<'a>,
}

#[derive(Serialize)]
struct Voice<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    incoming: Option<Incoming>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outgoing: Option<Outgoing<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    push_credential_sid: Option<&'a str>,
}

#[derive(Serialize)]
struct Incoming {
    allow: bool,
}

#[derive(Serialize)]
struct Outgoing<'a> {
    application_sid: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    params: &'a BTreeMap<String, String>,
}

impl AccessToken {
    /// A token that grants nothing yet, good for [`TTL`].
    pub fn builder() -> Self {
        Self {
            account: String::new(),
            key_sid: String::new(),
            secret: String::new(),
            identity: String::new(),
            ttl: TTL,
            not_before: None,
            region: None,
            incoming: false,
            application: None,
            params: BTreeMap::new(),
            push_credential: None,
        }
    }

    /// Whose account: `AC` and 32 hexadecimal digits.
    pub fn account_sid(mut self, sid: impl Into<String>) -> Self {
        self.account = sid.into();
        self
    }

    /// Signs with an API key, `SK…`, and its secret. The account's token does not do (Twilio docs: access tokens).
    pub fn api_key(mut self, sid: impl Into<String>, secret: impl Into<String>) -> Self {
        (self.key_sid, self.secret) = (sid.into(), secret.into());
        self
    }

    /// Who bears it: 1 to 121 letters, digits, `_`, `.` or `-`. An agent at `client:ana` is rung where `ana` registers.
    pub fn identity(mut self, identity: impl Into<String>) -> Self {
        self.identity = identity.into();
        self
    }

    /// How long it is good, counted from when it is signed: 1 s to [`TTL_MAX`], cut to whole seconds; [`TTL`] unless
    /// set.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// From when it is good; from when it is signed unless set. A little earlier forgives a clock that is ahead.
    pub fn not_before(mut self, at: Timestamp) -> Self {
        self.not_before = Some(at);
        self
    }

    /// Where it is used, as in `ie1`; the default region (`us1`) unless set. The API key must be one of that region
    /// (Twilio docs: access tokens in other regions).
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Whether its bearer may be called; not unless set. The SDK registers for calls only with it.
    pub fn incoming(mut self, allow: bool) -> Self {
        self.incoming = allow;
        self
    }

    /// Lets its bearer call: the voice URL of this TwiML application, `AP…`, is asked what to do.
    pub fn outgoing(mut self, application_sid: impl Into<String>) -> Self {
        self.application = Some(application_sid.into());
        self
    }

    /// Sent along with each request for a document of an outgoing call. The bearer can read it; a name that is given
    /// again replaces the value.
    pub fn outgoing_param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.params.insert(name.into(), value.into());
        self
    }

    /// Wakes a mobile app by this push credential, `CR…`, when it is called. Browsers need none.
    pub fn push_credential(mut self, sid: impl Into<String>) -> Self {
        self.push_credential = Some(sid.into());
        self
    }

    /// The signed token, as text for the SDK's `Device`; or everything that is wrong, and nothing is signed.
    ///
    /// The same token signed in the same second is the same text.
    pub fn sign(&self, now: Timestamp) -> Result<String, Vec<AccessTokenError>> {
        let now_s = now.as_secs();
        let expires_s = now_s.saturating_add(i64::try_from(self.ttl.as_secs()).unwrap_or(i64::MAX));
        let not_before_s = self.not_before.map_or(now_s, Timestamp::as_secs);
        let mut errors = self.mistakes();
        // A ttl of nothing is told once.
        if not_before_s >= expires_s && self.ttl >= Duration::from_secs(1) {
            errors.push(AccessTokenError::NeverGood);
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        // Twilio docs: access tokens; the names and the content type are theirs.
        let header = Header { alg: "HS256", cty: "twilio-fpa;v=1", twr: self.region.as_deref(), typ: "JWT" };
        let claims = Claims {
            jti: format!("{}-{now_s}", self.key_sid),
            grants: Grants { identity: &self.identity, voice: self.voice() },
            iss: &self.key_sid,
            exp: expires_s,
            nbf: not_before_s,
            sub: &self.account,
        };
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut mac =
            <Hmac<Sha256> as KeyInit>::new_from_slice(self.secret.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        Ok(format!("{signed}.{signature}"))
    }

    fn voice(&self) -> Voice<'_> {
        let outgoing =
            self.application.as_deref().map(|application_sid| Outgoing { application_sid, params: &self.params });
        Voice {
            incoming: self.incoming.then_some(Incoming { allow: true }),
            outgoing,
            push_credential_sid: self.push_credential.as_deref(),
        }
    }

    /// Everything that is wrong whatever the time is.
    fn mistakes(&self) -> Vec<AccessTokenError> {
        let is_other = |prefix: &str, sid: &Option<String>| sid.as_deref().is_some_and(|sid| !is_sid(prefix, sid));
        let has_secret = !self.secret.is_empty() && self.secret.bytes().all(|b| b.is_ascii_graphic());
        let identity = format!("client:{}", self.identity).parse::<Endpoint>().err();
        let region = self.region.as_deref();
        let found = [
            (!is_sid("AC", &self.account)).then_some(AccessTokenError::BadAccount),
            (!is_sid("SK", &self.key_sid)).then_some(AccessTokenError::BadKeySid),
            (!has_secret).then_some(AccessTokenError::BadSecret),
            identity.map(AccessTokenError::BadIdentity),
            (!(Duration::from_secs(1)..=TTL_MAX).contains(&self.ttl)).then_some(AccessTokenError::BadTtl(self.ttl)),
            region.is_some_and(|name| !is_region(name)).then_some(AccessTokenError::BadRegion),
            is_other("AP", &self.application).then_some(AccessTokenError::BadApplication),
            (self.application.is_none() && !self.params.is_empty())
                .then_some(AccessTokenError::ParamsWithoutApplication),
            self.params.contains_key("").then_some(AccessTokenError::UnnamedParam),
            is_other("CR", &self.push_credential).then_some(AccessTokenError::BadPushCredential),
            (!self.incoming && self.application.is_none()).then_some(AccessTokenError::NothingGranted),
        ];
        found.into_iter().flatten().collect()
    }
}

/// Two letters and a number, as all of Twilio's regions are called (Twilio docs: regions).
pub(super) fn is_region(name: &str) -> bool {
    let number = name.trim_start_matches(|c: char| c.is_ascii_lowercase());
    name.len() == number.len() + 2 && (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
}

fn part(content: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(content).expect("texts and whole numbers are always JSON"))
}
