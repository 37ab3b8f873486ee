//! Requests to the application: parameters, signature, retries, and what becomes of the replies.

use std::time::Duration;

use super::Carrier;
use super::form::{self, Overrides, Pairs};
use super::state::{Due, Sid, Target};
use super::types::{HttpFault, HttpReply, Webhook, WebhookKind};
use crate::time::Timestamp;
use crate::webhook::{Algorithm, sign};

/// What a reply is good for.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    /// The document of the frame of this call that waits for it.
    Document(Sid),
    /// A document that nobody can execute any more.
    Farewell,
    /// A status callback; not 2xx gives this warning.
    Callback(u32),
    /// The document that answers a text.
    Text { message: Sid, fallback: bool },
}

/// A request without a reply yet.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) purpose: Purpose,
    pub(super) webhook: Webhook,
    pub(super) overrides: Overrides,
    pub(super) tries: u32,
    pub(super) since: Timestamp,
}

impl Carrier {
    /// Sends a request; gives its id.
    pub(super) fn send(&mut self, to: &Target, params: &Pairs, call: Option<&str>, purpose: Purpose) -> u64 {
        let (bare, fragment) = form::split_fragment(&to.url);
        let overrides = Overrides::of(fragment);
        if overrides.bad {
            self.notify(11_240, call, "a connection override is out of range", &to.url);
        }
        let get = to.method == "GET";
        let url = match (get, bare.contains('?')) {
            (false, _) => bare.to_owned(),
            (true, true) => format!("{bare}&{}", form::encode_pairs(params)),
            (true, false) => format!("{bare}?{}", form::encode_pairs(params)),
        };
        let signed: Vec<(&str, &str)> =
            params.iter().filter(|_| !get).map(|(name, value)| (&**name, &**value)).collect();
        let mut headers = vec![
            ("X-Twilio-Signature".to_owned(), sign(&url, &signed, &self.config.auth_token, Algorithm::HmacSha1)),
            ("I-Twilio-Idempotency-Token".to_owned(), self.rng.hex32()),
            ("User-Agent".to_owned(), "TwilioProxy/1.1".to_owned()),
            ("Accept".to_owned(), "*/*".to_owned()),
        ];
        if !get {
            let form_type = "application/x-www-form-urlencoded; charset=UTF-8";
            headers.push(("Content-Type".to_owned(), form_type.to_owned()));
        }
        let callback = matches!(purpose, Purpose::Callback(_));
        self.serial += 1;
        let webhook = Webhook {
            id: self.serial,
            method: to.method.clone(),
            url,
            headers,
            body: if get { String::new() } else { form::encode_pairs(params) },
            kind: if callback { WebhookKind::Callback } else { WebhookKind::Document },
            call_sid: call.map(str::to_owned),
            timeout: overrides.read,
        };
        let id = webhook.id;
        let pending = Pending { purpose, webhook, overrides, tries: 0, since: self.now };
        if callback {
            self.deliver_callback(pending)
        } else {
            self.deliver_document(pending)
        }
        id
    }

    fn deliver_document(&mut self, pending: Pending) {
        let twice = self.doubles.documents || self.rng.happens(self.config.faults.document_doubled);
        let again = pending.webhook.clone();
        self.transmit(pending, Duration::ZERO);
        if twice {
            self.transmit_copy(again);
        }
    }

    fn deliver_callback(&mut self, pending: Pending) {
        let faults = self.config.faults.clone();
        if self.rng.happens(faults.callback_lost) {
            return;
        }
        let mut wait = Duration::ZERO;
        if self.rng.happens(faults.callback_late) {
            wait = faults.late_by;
        }
        if self.doubles.reorder {
            self.overtaken = !self.overtaken;
        }
        if (self.doubles.reorder && self.overtaken) || self.rng.happens(faults.callback_reordered) {
            wait += Duration::from_secs(1);
        }
        let twice = self.doubles.callbacks || self.rng.happens(faults.callback_doubled);
        let again = pending.webhook.clone();
        self.transmit(pending, wait);
        if twice {
            self.transmit_copy(again);
        }
    }

    fn transmit_copy(&mut self, mut webhook: Webhook) {
        self.serial += 1;
        webhook.id = self.serial;
        self.out.push(webhook);
    }

    fn transmit(&mut self, pending: Pending, wait: Duration) {
        let webhook = pending.webhook.clone();
        let id = webhook.id;
        self.after(wait + webhook.timeout, Due::Deadline(id));
        self.pending.insert(id, pending);
        self.account.exchanges.sent(&webhook, self.now);
        if wait.is_zero() {
            self.out.push(webhook);
        } else {
            self.held.insert(id, webhook);
            self.after(wait, Due::Emit(id));
        }
    }

    /// What became of a webhook. A result for an unknown id, a second one, or one after the timeout changes nothing.
    pub fn webhook_result(&mut self, id: u64, result: Result<HttpReply, HttpFault>) {
        let Some(pending) = self.pending.remove(&id) else { return };
        self.account.exchanges.answered(id, &result, self.now);
        if self.retried(&pending, &result) {
            return;
        }
        match pending.purpose.clone() {
            Purpose::Document(sid) => self.document_arrived(&sid, id, &pending.webhook, result),
            Purpose::Farewell => {}
            Purpose::Text { message, fallback } => {
                self.text_answered(&message, fallback, &pending.webhook.url, result);
            }
            Purpose::Callback(code) => {
                if !result.as_ref().is_ok_and(|reply| (200..300).contains(&reply.status)) {
                    let call = pending.webhook.call_sid.as_deref();
                    self.notify(code, call, format!("a callback failed: {}", why(&result)), &pending.webhook.url);
                }
            }
        }
    }

    /// Twilio docs, connection overrides: by default only a failed connect is tried again, once. A reply that broke
    /// off is never tried again.
    fn retried(&mut self, pending: &Pending, result: &Result<HttpReply, HttpFault>) -> bool {
        let rules = &pending.overrides;
        let wanted = match result {
            Ok(reply) if (400..500).contains(&reply.status) => rules.on_4xx,
            Ok(reply) if reply.status >= 500 => rules.on_5xx,
            Err(HttpFault::ConnectFailed) => rules.on_connect,
            Err(HttpFault::ReadTimeout) => rules.on_read,
            Ok(_) | Err(HttpFault::Broken) => false,
        };
        let left = rules.total.saturating_sub(self.now.since(pending.since));
        if !wanted || pending.tries >= rules.retries || left.is_zero() {
            return false;
        }
        let mut next = pending.clone();
        let old = next.webhook.id;
        self.serial += 1;
        next.webhook.id = self.serial;
        next.webhook.timeout = rules.read.min(left);
        next.tries += 1;
        let token = next.webhook.headers.iter_mut().find(|(name, _)| name == "I-Twilio-Idempotency-Token");
        if let Some((_, token)) = token.filter(|_| !self.config.rules.retries_keep_the_token) {
            *token = self.rng.hex32();
        }
        if let Purpose::Document(sid) = &next.purpose {
            self.renumber(&sid.clone(), old, next.webhook.id);
        }
        self.transmit(next, Duration::ZERO);
        true
    }
}

/// Twilio's code for a fetch that failed (Twilio docs, errors 112xx).
pub(super) fn fetch_error(result: &Result<HttpReply, HttpFault>) -> u32 {
    match result {
        Ok(_) => 11_200,
        Err(HttpFault::ConnectFailed) => 11_205,
        Err(HttpFault::ReadTimeout) => 11_203,
        Err(HttpFault::Broken) => 11_206,
    }
}

pub(super) fn why(result: &Result<HttpReply, HttpFault>) -> String {
    match result {
        Ok(reply) => format!("HTTP status {}", reply.status),
        Err(HttpFault::ConnectFailed) => "no connection".to_owned(),
        Err(HttpFault::ReadTimeout) => "no reply in time".to_owned(),
        Err(HttpFault::Broken) => "the reply broke off".to_owned(),
    }
}
