//! The check: limits first, then the signature, then the account.

use std::collections::BTreeMap;
use std::fmt;

use super::config::VerifierBuilder;
use super::form;
use super::header::{Header, Headers};
use super::reading::{self, Reading};
use super::scheme::Scheme;
use super::signature::{self, Algorithm, Key, PADDING_BYTES, Signature};
use super::url::{Base, Spelling, Spellings, Target};
use super::{Method, Refusal, Verified, WebhookRequest};
use crate::time::{Clock as _, SystemClock, Timestamp};

const FORM: &str = "application/x-www-form-urlencoded";
/// As Twilio writes it.
const FORM_IN_UTF8: &str = "application/x-www-form-urlencoded; charset=UTF-8";
const BODY_HASH: &[u8] = b"bodySHA256";

/// Longest request target that is looked at; common HTTP servers stop at 8 or 16 KiB.
const TARGET_BYTES_MAX: usize = 16 * 1024;

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
    pub(super) base: Base,
    pub(super) account_sid: String,
    pub(super) scheme: Scheme,
    pub(super) secrets: Secrets,
    pub(super) trusts_proto: bool,
    pub(super) trusts_host: bool,
    pub(super) accepts_get: bool,
    pub(super) body_bytes_max: usize,
    pub(super) params_max: usize,
}

/// What signatures are checked with.
#[derive(Clone)]
pub(super) enum Secrets {
    /// Secrets that both sides know.
    Keyed {
        /// Those that sign unless a request names another.
        tokens: Vec<Key>,
        /// Those that requests name.
        shared: BTreeMap<String, SharedKey>,
    },
    #[cfg(feature = "telnyx")]
    Telnyx(super::telnyx::Telnyx),
}

#[derive(Clone)]
pub(super) struct SharedKey {
    pub(super) sha1: Key,
    pub(super) sha256: Key,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Verifier");
        shown.field("base", &self.base).field("account_sid", &self.account_sid).field("scheme", &self.scheme);
        match &self.secrets {
            Secrets::Keyed { tokens, shared } => {
                shown.field("tokens", &tokens.len()).field("shared_keys", &shared.keys());
            }
            #[cfg(feature = "telnyx")]
            Secrets::Telnyx(telnyx) => {
                shown.field("public_keys", &telnyx.keys.len()).field("tolerance", &telnyx.tolerance);
            }
        }
        shown
            .field("trusts_proto", &self.trusts_proto)
            .field("trusts_host", &self.trusts_host)
            .field("accepts_get", &self.accepts_get)
            .field("body_bytes_max", &self.body_bytes_max)
            .field("params_max", &self.params_max)
            .finish()
    }
}

/// What carries the parameters, decided by method and content type, never by what the URL claims.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Form,
    Query,
    Json,
}

/// The signature of a request, as far as it can be judged before the request is read.
enum Claim {
    /// It has been read.
    Keyed,
    #[cfg(feature = "telnyx")]
    Telnyx(super::telnyx::Claim),
}

impl Verifier {
    /// A builder in which nothing is set.
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder::new()
    }

    /// The request, readable, if it was signed with one of the configured secrets for its public URL and body, and names
    /// no other account. Size limits are enforced before anything is parsed. Comparison takes the same time whichever
    /// bytes of a wrong signature differ; a right one may be found sooner or later, which its owner may know.
    ///
    /// Takes no memory from the heap for an ordinary webhook, signed or forged: a form of 2 KiB at most, as long as an
    /// incoming call with a `CallToken` or 64 parameters is, under a URL of 180 bytes at most. It does take some for a
    /// longer one, for a text that is not ASCII, for a pair that is repeated, for more than a few names that begin with the
    /// same seven bytes, for JSON, for a trusted forwarded header, and to refuse where a query or a form may be signed in
    /// another spelling.
    ///
    /// Schemes with a time of signing compare it with the system's clock: see [`verify_at`](Self::verify_at).
    // What is verified is large: inlined, it is filled where the caller keeps it.
    #[inline(always)]
    pub fn verify<'a>(&'a self, request: &WebhookRequest<'a>) -> Result<Verified<'a>, Refusal> {
        let mut verified = self.unread(request);
        match self.read(request, &|| SystemClock.now(), &mut verified) {
            Ok(()) => Ok(verified),
            Err(refusal) => Err(refusal),
        }
    }

    /// What [`verify`](Self::verify) would say at `now`.
    #[inline(always)]
    pub fn verify_at<'a>(&'a self, request: &WebhookRequest<'a>, now: Timestamp) -> Result<Verified<'a>, Refusal> {
        let mut verified = self.unread(request);
        self.read(request, &|| now, &mut verified)?;
        Ok(verified)
    }

    #[inline(always)]
    fn unread<'a>(&'a self, request: &WebhookRequest<'a>) -> Verified<'a> {
        Verified {
            account_sid: &self.account_sid,
            method: request.method,
            websocket: request.websocket,
            path: "/",
            url_is_signed: self.scheme.signs_url(),
            has_form: false,
            json: None,
            reading: Reading::new(),
        }
    }

    /// Fills `verified`, which may be let out of here only if that succeeds.
    #[inline(never)]
    fn read<'a>(
        &self,
        request: &WebhookRequest<'a>,
        now: &dyn Fn() -> Timestamp,
        verified: &mut Verified<'a>,
    ) -> Result<(), Refusal> {
        self.check_shape(request)?;
        let mut headers = Headers::new();
        headers.read(request.headers);
        let mut signature = Signature::default();
        let claim = self.claim(&headers, now, &mut signature)?;
        let target = Target::read(request.target)?;
        let keys = self.keys_named(&headers)?;
        let forwarded = self.base_forwarded(&headers)?;
        let base = forwarded.as_deref().unwrap_or(&self.base);
        let spellings = Spellings::new(base, target, request.websocket);
        let url_bytes = base.url_bytes_max(request.target);
        let reading = &mut verified.reading;
        reading.read_query(target.query().as_bytes(), url_bytes, request.body.len(), self.params_max)?;
        let content = self.content(request, &headers, reading)?;
        if content == Content::Form {
            reading.read_form(request.body, &self.account_sid, self.params_max)?;
        }

        let is_signed = match (&claim, &self.secrets) {
            (Claim::Keyed, Secrets::Keyed { .. }) => {
                let signed = Signed { keys, signature: signature.bytes(), spellings: &spellings, target };
                signed.is_as_received(reading)
                    || signed.is_respelled(reading, self.form_otherwise(content, request.body).as_deref())
            }
            #[cfg(feature = "telnyx")]
            (Claim::Telnyx(claim), Secrets::Telnyx(telnyx)) => telnyx.signs(claim, &headers, request.body),
            #[cfg(feature = "telnyx")]
            _ => false,
        };
        if !is_signed {
            return Err(Refusal::SignatureMismatch);
        }

        reading.make_text(&self.account_sid);
        verified.path = target.path_below(base);
        verified.has_form = content == Content::Form;
        verified.json = (content == Content::Json).then_some(request.body);
        if verified.names_another_account() { Err(Refusal::OtherAccount) } else { Ok(()) }
    }

    fn check_shape(&self, request: &WebhookRequest<'_>) -> Result<(), Refusal> {
        let declared = match request.method {
            // Where the URL is not signed, neither are the parameters that it carries.
            Method::Get => (request.websocket || self.accepts_get) && self.scheme.signs_url(),
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

    /// Reads the signature, into `keyed` if it is one that keys make.
    fn claim(
        &self,
        headers: &Headers<'_>,
        now: &dyn Fn() -> Timestamp,
        keyed: &mut Signature,
    ) -> Result<Claim, Refusal> {
        let header = headers.signature(self.scheme)?;
        match &self.secrets {
            Secrets::Keyed { .. } => {
                let _no_time_is_signed = now;
                if keyed.read(header) { Ok(Claim::Keyed) } else { Err(Refusal::SignatureMalformed) }
            }
            #[cfg(feature = "telnyx")]
            Secrets::Telnyx(telnyx) => telnyx.claim(header, headers, now()).map(Claim::Telnyx),
        }
    }

    /// The keys that the signature settings header speaks of: those of the account, if it is absent or names no algorithm.
    fn keys_named(&self, headers: &Headers<'_>) -> Result<&[Key], Refusal> {
        let (tokens, shared) = match &self.secrets {
            Secrets::Keyed { tokens, shared } => (tokens, shared),
            #[cfg(feature = "telnyx")]
            Secrets::Telnyx(_) => return Ok(&[]),
        };
        let settings = match self.scheme {
            Scheme::Twilio => headers.sole(Header::Settings, Refusal::SignatureSettings)?,
            _ => None,
        };
        let Some(settings) = settings else { return Ok(tokens) };
        let (mut id, mut algorithm) = (None, None);
        for setting in settings.split(',') {
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
        let Some(algorithm) = algorithm else { return Ok(tokens) };
        let key = id.and_then(|id| shared.get(id)).ok_or(Refusal::SignatureSettings)?;
        match Algorithm::named(algorithm) {
            Some(Algorithm::HmacSha1) => Ok(std::slice::from_ref(&key.sha1)),
            Some(Algorithm::HmacSha256) => Ok(std::slice::from_ref(&key.sha256)),
            None => Err(Refusal::SignatureSettings),
        }
    }

    /// The base as a trusted proxy says that it was reached, where it says so. In a box, so that nothing large is moved
    /// where there is none.
    fn base_forwarded(&self, headers: &Headers<'_>) -> Result<Option<Box<Base>>, Refusal> {
        let mut base = None;
        if self.trusts_proto
            && let Some(proto) = headers.sole(Header::ForwardedProto, Refusal::ForwardedHeader)?
        {
            base = Some(Box::new(self.base.clone().with_proto(proto.trim())?));
        }
        if self.trusts_host
            && let Some(host) = headers.sole(Header::ForwardedHost, Refusal::ForwardedHeader)?
        {
            let seen = base.map_or_else(|| self.base.clone(), |base| *base);
            base = Some(Box::new(seen.with_host(host.trim())?));
        }
        Ok(base)
    }

    fn content(
        &self,
        request: &WebhookRequest<'_>,
        headers: &Headers<'_>,
        reading: &Reading,
    ) -> Result<Content, Refusal> {
        if request.method == Method::Get {
            return Ok(Content::Query);
        }
        let is_form = match headers.sole(Header::ContentType, Refusal::ContentTypeRepeated)? {
            Some(content_type) => {
                let kind = || content_type.split(';').next().unwrap_or_default().trim();
                content_type == FORM || content_type == FORM_IN_UTF8 || kind().eq_ignore_ascii_case(FORM)
            }
            None => request.body.is_empty(),
        };
        if is_form {
            return Ok(Content::Form);
        }
        // Where the body itself is signed, its hash need not be.
        if !self.scheme.signs_url() {
            return Ok(Content::Json);
        }
        let mut hashes = reading.query_pairs().filter(|(name, _)| *name == BODY_HASH).map(|(_, hash)| hash);
        match (hashes.next(), hashes.next()) {
            (Some(hash), None) if hash == signature::sha256_hex(request.body).as_bytes() => Ok(Content::Json),
            _ => Err(Refusal::BodyHash),
        }
    }

    /// The form's pairs in the other order in which they may have been signed, where there is one.
    fn form_otherwise(&self, content: Content, body: &[u8]) -> Option<Vec<u8>> {
        let has_another = self.scheme == Scheme::SignalWire && content == Content::Form;
        has_another.then(|| reading::in_order_of_names(body))
    }
}

/// What must have been signed with one of `keys`, if `signature` is right.
struct Signed<'k, 'u> {
    keys: &'k [Key],
    signature: &'k [u8],
    spellings: &'k Spellings<'u>,
    target: Target<'u>,
}

impl Signed<'_, '_> {
    /// Whether it is, with the query as received and the form in Twilio's order.
    fn is_as_received(&self, reading: &mut Reading) -> bool {
        let (text, form) = reading.signed_text();
        self.spellings.any(self.target.question_query, |url| {
            let start = url.write_before(text, form.start);
            start.is_some_and(|start| self.keys.iter().any(|key| key.signs(text, start..form.end, self.signature)))
        })
    }

    /// Whether it is, with the query written otherwise, with `'` as `%27` or as Node's `querystring` writes it, for
    /// twilio-node 6.2 accepts all three; or with the form as `form_otherwise`.
    #[cold]
    fn is_respelled(&self, reading: &Reading, form_otherwise: Option<&[u8]>) -> bool {
        let query = self.target.query();
        let quoted = query.contains('\'').then(|| format!("?{}", query.replace('\'', "%27")));
        let legacy = (!query.is_empty() && !form::is_legacy(query.as_bytes()))
            .then(|| format!("?{}", form::encode_legacy(reading.query_pairs())))
            .filter(|legacy| legacy != self.target.question_query && quoted.as_ref() != Some(legacy));
        let respelled = || [&quoted, &legacy].into_iter().flatten().map(String::as_str);
        if quoted.is_none() && legacy.is_none() && form_otherwise.is_none() {
            return false;
        }
        let form = reading.form_pairs().flat_map(|(name, value)| [name, value]).collect::<Vec<_>>().concat();
        let mut text = Vec::new();
        let mut is_signed = |url: &Spelling<'_>, form: &[u8]| {
            text.clear();
            url.append_to(&mut text);
            text.extend_from_slice(form);
            let end = text.len();
            text.resize(end + PADDING_BYTES, 0);
            self.keys.iter().any(|key| key.signs(&mut text, 0..end, self.signature))
        };
        let mut with_form = |form: &[u8], query: &str| self.spellings.any(query, |url| is_signed(url, form));
        if respelled().any(|query| with_form(&form, query)) {
            return true;
        }
        form_otherwise.filter(|otherwise| *otherwise != form).is_some_and(|otherwise| {
            std::iter::once(self.target.question_query).chain(respelled()).any(|query| with_form(otherwise, query))
        })
    }
}
