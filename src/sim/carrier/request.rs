//! Writing a request: URL, headers, signature, body.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Carrier;
use super::form::{self, Pairs, Parts};
use super::overrides::Overrides;
use super::state::Sid;
use super::types::{Webhook, WebhookKind};
use crate::webhook::{Algorithm, sign};

/// What is asked of whom.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    /// `GET` or `POST`.
    pub(super) method: String,
    /// With the parameters of a GET, and without a fragment.
    pub(super) url: String,
    /// The parameters of a POST.
    pub(super) form: Pairs,
    pub(super) kind: WebhookKind,
    pub(super) call: Option<Sid>,
    /// One for a request and all that it takes to get a reply to it.
    pub(super) token: String,
}

impl Carrier {
    /// The request as it goes out, to be answered within `left`.
    pub(super) fn compose(&self, id: u64, ask: &Ask, how: &Overrides, tries: u32, left: Duration) -> Webhook {
        let rules = &self.config.rules.wire;
        let parts = Parts::of(&ask.url);
        let url = parts.map_or_else(|| ask.url.clone(), |parts| parts.written(false, true));
        let signed_url = parts.map_or_else(
            || ask.url.clone(),
            |parts| parts.written(rules.userinfo_signed, parts.scheme == "http" || rules.https_port_signed),
        );
        let mut headers = self.signature(&signed_url, &ask.form);
        headers.push(("I-Twilio-Idempotency-Token".to_owned(), ask.token.clone()));
        headers.push(("User-Agent".to_owned(), rules.user_agent.clone()));
        headers.push(("Accept".to_owned(), "*/*".to_owned()));
        if ask.method == "POST" {
            let form_type = "application/x-www-form-urlencoded; charset=UTF-8";
            headers.push(("Content-Type".to_owned(), form_type.to_owned()));
        }
        if let Some(userinfo) = parts.and_then(|parts| parts.userinfo) {
            headers.push(("Authorization".to_owned(), basic(userinfo)));
        }
        if ask.kind == WebhookKind::Document || rules.callbacks_have_cookies {
            let jar = ask.call.as_ref().and_then(|call| self.wire.jars.get(call));
            let cookies = jar.and_then(|jar| jar.header(&url, self.now));
            headers.extend(cookies.map(|cookies| ("Cookie".to_owned(), cookies)));
        }
        if ask.method == "GET" && ask.kind == WebhookKind::Document && rules.documents_cached {
            headers.extend(self.wire.cache.conditions(&url));
        }
        Webhook {
            id,
            method: ask.method.clone(),
            url,
            headers,
            body: form::encode_pairs(&ask.form),
            kind: ask.kind,
            call_sid: ask.call.clone(),
            timeout: how.read.min(left),
            connect_timeout: how.connect.min(left),
            sni: how.sni,
            edge: how.edge(tries),
        }
    }

    /// The headers that sign a request to `url` with this form.
    pub(super) fn signature(&self, url: &str, form: &Pairs) -> Pairs {
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let name = "X-Twilio-Signature".to_owned();
        let Some(key) = &self.config.rules.wire.shared_key else {
            return vec![(name, sign(url, &pairs, &self.config.auth_token, Algorithm::HmacSha1))];
        };
        let algorithm = match key.algorithm {
            Algorithm::HmacSha1 => "HMAC_SHA1",
            Algorithm::HmacSha256 => "HMAC_SHA256",
        };
        vec![
            (name, sign(url, &pairs, &key.secret, key.algorithm)),
            ("X-Twilio-Webhooks-Signature-Settings".to_owned(), format!("key={},algorithm={algorithm}", key.id)),
        ]
    }
}

/// `Authorization` of user and password as they stand in a URL (RFC 7617).
fn basic(userinfo: &str) -> String {
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    format!("Basic {}", STANDARD.encode(format!("{}:{}", form::decode_part(user), form::decode_part(password))))
}
