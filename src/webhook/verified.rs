//! What may be read of a request once its signature has been checked.

use std::fmt;

use super::Method;
use super::reading::{Pairs, Reading};

/// A request that bears a valid signature of the configured account. Only [`Verifier::verify`](super::Verifier::verify)
/// makes one.
///
/// It holds the decoded parameters itself, in 3 KiB: those of an ordinary webhook without memory from the heap, as
/// [`Verifier::verify`](super::Verifier::verify) says. `Debug` shows no values, for they are personal data.
pub struct Verified<'a> {
    pub(super) account_sid: &'a str,
    pub(super) method: Method,
    pub(super) websocket: bool,
    pub(super) path: &'a str,
    pub(super) url_is_signed: bool,
    /// Whether the parameters are the form's and not the query's.
    pub(super) has_form: bool,
    pub(super) json: Option<&'a [u8]>,
    pub(super) reading: Reading,
}

impl<'a> Verified<'a> {
    /// The value of the parameter called `name`: from the form of a POST, from the query of a GET or WebSocket. `None` if
    /// it is missing, and also if it was given several different values: which of them counts is not for their order to
    /// say, because the signature does not cover it.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        sole(&self.own_params(), name)
    }

    /// All parameters, blank values included: those of a form sorted by name and value and each pair once, which is
    /// what was signed; those of a query in its order. None if the body is JSON.
    pub fn params(&self) -> impl Iterator<Item = (&str, &str)> {
        self.own_params().map(|(name, value)| (text(name), text(value)))
    }

    /// The value of `name` in the query of the URL, under the rule of [`param`](Self::param). Always `None` if the
    /// signature does not cover the URL: see [`url_is_signed`](Self::url_is_signed).
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        if self.url_is_signed { sole(&self.reading.query_pairs(), name) } else { None }
    }

    /// The raw path below the path of the public base, beginning with `/`: under the base `https://example.com/phone`, the
    /// path of `/phone/voice` is `/voice`. The signature covers it only if [`url_is_signed`](Self::url_is_signed).
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// Whether the signature covers the URL. It does with Twilio and SignalWire. Telnyx signs the time and the body alone:
    /// whoever gets hold of such a webhook can send it to another path of yours while it is fresh.
    #[must_use]
    pub fn url_is_signed(&self) -> bool {
        self.url_is_signed
    }

    /// The body of a POST that is not a form, byte for byte; it, or its hash, was signed. `None` for any other request.
    #[must_use]
    pub fn json(&self) -> Option<&'a [u8]> {
        self.json
    }

    /// The account whose secret signed the request. A parameter `AccountSid`, if there is one, says the same.
    #[must_use]
    pub fn account_sid(&self) -> &'a str {
        self.account_sid
    }

    /// The method of the request.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// Whether the request is a WebSocket handshake.
    #[must_use]
    pub fn is_websocket(&self) -> bool {
        self.websocket
    }

    /// Whether a signed `AccountSid` names another account.
    #[inline]
    pub(super) fn names_another_account(&self) -> bool {
        let mut is_another = self.reading.names_another_account();
        if self.url_is_signed && !is_another {
            self.reading.query_pairs().each_named("AccountSid", |account| {
                is_another = account != self.account_sid.as_bytes();
                is_another
            });
        }
        is_another
    }

    fn reads_query(&self) -> bool {
        !self.has_form && self.json.is_none()
    }

    fn own_params(&self) -> Pairs<'_> {
        // There are no pairs of a form where the body is JSON.
        if self.reads_query() { self.reading.query_pairs() } else { self.reading.form_pairs() }
    }
}

impl fmt::Debug for Verified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("account_sid", &self.account_sid)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("params", &self.own_params().count())
            .field("json_bytes", &self.json.map(<[u8]>::len))
            .field("websocket", &self.websocket)
            .finish()
    }
}

/// [`Reading::make_text`] has made it text.
fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_default()
}

/// The value on which all pairs called `name` agree.
fn sole<'p>(pairs: &Pairs<'p>, name: &str) -> Option<&'p str> {
    let (mut sole, mut differ) = (None, false);
    pairs.each_named(name, |value| {
        differ = sole.is_some_and(|sole| sole != value);
        sole = Some(value);
        differ
    });
    sole.filter(|_| !differ).map(text)
}
