//! How webhooks are signed and sent where sources disagree, and what the network knows of who calls.

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
