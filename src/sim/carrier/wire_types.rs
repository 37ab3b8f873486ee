//! Webhooks and their replies, how they are signed and sent where sources disagree, and what is known of who calls.

use std::time::Duration;

use crate::webhook::Algorithm;

/// Points of the transport on which sources disagree, or that a test wants to vary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireRules {
    /// Whether a port that is written in an https URL is signed. Twilio docs: it is dropped. The official libraries
    /// accept both. A port of an http URL is always signed.
    pub https_port_signed: bool,
    /// Whether the user and password of a URL are signed. Twilio docs: they are dropped. The libraries' tests: they are
    /// kept. They are sent as `Authorization: Basic` either way.
    pub userinfo_signed: bool,
    /// Sign with this key, and say so in a header. `None`: with the account's Auth Token.
    pub shared_key: Option<SharedKey>,
    /// Whether a POST that is redirected by 301 or 302 stays a POST. Unverified; HTTP clients make it a GET, as they do
    /// for 303. 307 always keeps the method.
    pub redirect_keeps_post: bool,
    /// Whether the parameters of a POST that a redirect made a GET go into the query. Unverified; HTTP clients drop them.
    pub redirect_carries_params: bool,
    /// Whether a callback that is answered with 4xx or 5xx is tried again although no `rp` says so. Twilio docs: only a
    /// failed connect is. A field report: recording callbacks are on any answer but 200.
    pub failed_callbacks_retried: bool,
    /// Whether a document request that is answered with 4xx or 5xx is told as 11217. Twilio's dictionary has both that
    /// code and 11200, under which it always used to be told.
    pub status_error_is_11217: bool,
    /// Whether a bad `e` or `rp` in a URL fails the request, as Twilio's dictionary says (11240 to 11243). Otherwise it is
    /// told, and the default holds.
    pub bad_overrides_fail: bool,
    /// Whether the account may use private edges, `…-ix`. Otherwise they are 11242.
    pub interconnect: bool,
    /// Whether `Caller…` and `Called…` say again what `From…` and `To…` say. In every real payload, and no longer in
    /// Twilio's table of parameters.
    pub caller_and_called: bool,
    /// Whether places that are not known are sent blank, as in real payloads, rather than left out.
    pub blank_places: bool,
    /// Whether a number's own status callback has `Timestamp`, `CallbackSource` and `SequenceNumber`. Unverified: no
    /// payload was found.
    pub number_status_has_progress: bool,
    /// Whether the cookies of a call go with its status callbacks too, and are taken from their replies. Unverified.
    pub callbacks_have_cookies: bool,
    /// Whether replies to GET are kept and asked for by ETag and Last-Modified.
    pub documents_cached: bool,
    /// Whether a reply with 429 tells `Retry-After`. Unverified: one unofficial page says that it does.
    pub retry_after: bool,
    /// `User-Agent`. Seen in the field; unverified.
    pub user_agent: String,
    /// What is said before a call ends for want of a document. The wording varies in field reports.
    pub apology: String,
}

impl Default for WireRules {
    fn default() -> Self {
        Self {
            https_port_signed: false,
            userinfo_signed: false,
            shared_key: None,
            redirect_keeps_post: false,
            redirect_carries_params: false,
            failed_callbacks_retried: false,
            status_error_is_11217: false,
            bad_overrides_fail: true,
            interconnect: false,
            caller_and_called: true,
            blank_places: true,
            number_status_has_progress: true,
            callbacks_have_cookies: false,
            documents_cached: true,
            retry_after: false,
            user_agent: "TwilioProxy/1.1".to_owned(),
            apology: "We are sorry, an application error has occurred. Goodbye.".to_owned(),
        }
    }
}

/// A key of the webhooks configuration API (Twilio docs, SharedKeys; public beta).
#[derive(Clone, PartialEq, Eq)]
pub struct SharedKey {
    /// `webhooks_sharedkey_…`.
    pub id: String,
    /// Signs.
    pub secret: String,
    /// How.
    pub algorithm: Algorithm,
}

impl std::fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedKey").field("id", &self.id).field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// What the network knows of a number, client or SIP address, and says in requests about its calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The name that `CallerName` gives where the called number looks names up.
    pub name: Option<String>,
    /// `FromCity` or `ToCity`.
    pub city: String,
    /// `FromState` or `ToState`.
    pub state: String,
    /// `FromZip` or `ToZip`.
    pub zip: String,
    /// `FromCountry` or `ToCountry`.
    pub country: String,
    /// `StirVerstat` of its inbound calls, such as `TN-Validation-Passed-A`.
    pub stir_verstat: Option<String>,
    /// `StirPassportToken` of its inbound calls.
    pub stir_passport: Option<String>,
    /// `StirStatus` in the status callbacks of outbound calls from it: `A`, `B` or `C`.
    pub stir_status: Option<String>,
    /// `AddOns` of its inbound calls: JSON.
    pub add_ons: Option<String>,
    /// Headers of its SIP INVITEs by name: `SipHeader_…` of the first request.
    pub sip_headers: Vec<(String, String)>,
    /// What its Voice SDK passes when it connects: parameters of the first request.
    pub parameters: Vec<(String, String)>,
}

/// What a webhook is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookKind {
    /// Its reply is a document that drives a call.
    Document,
    /// Tells something; the body of its reply is ignored.
    Callback,
}

/// An HTTP request that the carrier sends to the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Hand it back to [`super::Carrier::webhook_result`].
    pub id: u64,
    /// `GET` or `POST`.
    pub method: String,
    /// Full URL, without fragment, user and password.
    pub url: String,
    /// Header names and values, the signature among them.
    pub headers: Vec<(String, String)>,
    /// Form text; empty for GET.
    pub body: String,
    /// What it is for.
    pub kind: WebhookKind,
    /// The call it is about.
    pub call_sid: Option<String>,
    /// How long the application may take.
    pub timeout: Duration,
    /// How long the connection may take.
    pub connect_timeout: Duration,
    /// Whether the TLS handshake names the server.
    pub sni: bool,
    /// The edge it comes from, such as `ashburn`.
    pub edge: String,
}

/// An application's reply to a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpReply {
    /// HTTP status.
    pub status: u16,
    /// Value of `Content-Type`; empty when there is none.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
    /// Names and values of the other headers that count: `Location`, `Set-Cookie`, `ETag`, `Last-Modified`,
    /// `Cache-Control`. Names in any case.
    pub headers: Vec<(String, String)>,
}

impl HttpReply {
    /// 200 with a TwiML document.
    #[must_use]
    pub fn twiml(document: impl Into<String>) -> Self {
        Self { status: 200, content_type: "text/xml".to_owned(), body: document.into().into_bytes(), ..Self::default() }
    }

    /// A redirect with this status to this `Location`.
    #[must_use]
    pub fn redirect(status: u16, location: impl Into<String>) -> Self {
        Self { status, ..Self::default() }.with_header("Location", location)
    }

    /// The same with one header more.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The value of a header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// 204 without a body.
    #[must_use]
    pub fn empty() -> Self {
        Self { status: 204, ..Self::default() }
    }
}

/// Why there is no reply to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpFault {
    /// No connection came about, for whatever reason: 11205.
    #[error("no connection")]
    ConnectFailed,
    /// No connection came about in time: 11201.
    #[error("no connection in time")]
    ConnectTimeout,
    /// The connection was refused: 11202.
    #[error("the connection was refused")]
    Refused,
    /// Connected, but no reply in time: 11203.
    #[error("no reply in time")]
    ReadTimeout,
    /// The reply broke off, or is no HTTP: 11206.
    #[error("the reply broke off")]
    Broken,
    /// The host's name is not known: 11210.
    #[error("the host is not known")]
    UnknownHost,
    /// Redirects led to one another: 11215.
    #[error("too many redirects")]
    TooManyRedirects,
    /// A redirect that leads nowhere, or a status from 300 to 399 that is none: 11216.
    #[error("the redirect is not valid")]
    BadRedirect,
    /// The TLS handshake failed: 11220.
    #[error("the TLS handshake failed")]
    Tls,
    /// The certificate is of another host: 11235.
    #[error("the certificate is of another host")]
    CertificateName,
    /// The certificate has expired: 11236.
    #[error("the certificate has expired")]
    CertificateExpired,
    /// The certificate is signed by nobody who is trusted: 11237.
    #[error("the certificate is not trusted")]
    CertificateUntrusted,
}

impl HttpFault {
    /// Twilio's code of a document request that failed so (Twilio docs, errors 112xx).
    #[must_use]
    pub fn code(self) -> u32 {
        match self {
            Self::ConnectFailed => 11_205,
            Self::ConnectTimeout => 11_201,
            Self::Refused => 11_202,
            Self::ReadTimeout => 11_203,
            Self::Broken => 11_206,
            Self::UnknownHost => 11_210,
            Self::TooManyRedirects => 11_215,
            Self::BadRedirect => 11_216,
            Self::Tls => 11_220,
            Self::CertificateName => 11_235,
            Self::CertificateExpired => 11_236,
            Self::CertificateUntrusted => 11_237,
        }
    }
}
