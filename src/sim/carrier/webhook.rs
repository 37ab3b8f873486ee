//! Requests to the application: when they are sent, tried again and given up, and what becomes of the replies.

use std::time::Duration;

use super::Carrier;
use super::form::{self, Pairs};
use super::overrides::{OverrideFault, Overrides};
use super::request::Ask;
use super::state::{Due, Sid, Target};
use super::types::{HttpFault, HttpReply, Webhook, WebhookKind};
use crate::time::Timestamp;
use crate::webhook::sign_json;

/// Twilio docs, error 11215.
const REDIRECTS_MAX: u32 = 10;

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
    pub(super) ask: Ask,
    pub(super) overrides: Overrides,
    pub(super) tries: u32,
    pub(super) redirects: u32,
    pub(super) since: Timestamp,
}

impl Pending {
    fn is_callback(&self) -> bool {
        matches!(self.purpose, Purpose::Callback(_))
    }
}

impl Carrier {
    /// Sends a request; gives its id. A callback to what is no URL, or with overrides that forbid it, is told and not
    /// sent; a document like that is refused before.
    pub(super) fn send(&mut self, to: &Target, params: &Pairs, call: Option<&str>, purpose: Purpose) -> u64 {
        let (bare, fragment) = form::split_fragment(&to.url);
        let overrides = Overrides::of(fragment, self.config.rules.wire.interconnect);
        for fault in &overrides.faults {
            self.notify(fault.code, call, fault.message.clone(), &to.url);
        }
        let token = self.rng.hex32();
        self.serial += 1;
        let id = self.serial;
        let callback = matches!(purpose, Purpose::Callback(_));
        if !form::is_web_url(bare) || self.forbidding(&overrides).is_some() {
            if overrides.faults.is_empty() {
                self.notify(11_100, call, "not an absolute http(s) URL", &to.url);
            }
            return id;
        }
        let get = to.method == "GET";
        let ask = Ask {
            method: to.method.clone(),
            url: if get { form::with_query(bare, params) } else { bare.to_owned() },
            form: if get { Vec::new() } else { params.clone() },
            kind: if callback { WebhookKind::Callback } else { WebhookKind::Document },
            call: call.map(str::to_owned),
            token,
        };
        let webhook = self.compose(id, &ask, &overrides, 0, overrides.total);
        let pending = Pending { purpose, webhook, ask, overrides, tries: 0, redirects: 0, since: self.now };
        if callback {
            self.deliver_callback(pending)
        } else {
            self.deliver_document(pending)
        }
        id
    }

    /// Sends a JSON body to `url`, signed as Twilio signs one: its hash in the query, and no pairs. Gives the request's id.
    /// Nothing hangs on the reply: it is there to be judged by an application.
    pub fn sends_json(&mut self, url: &str, body: &serde_json::Value) -> u64 {
        let (overrides, token) = (Overrides::of("", false), self.rng.hex32());
        let ask = Ask {
            method: "POST".to_owned(),
            url: url.to_owned(),
            form: Vec::new(),
            kind: WebhookKind::Callback,
            call: None,
            token,
        };
        self.serial += 1;
        let id = self.serial;
        let mut webhook = self.compose(id, &ask, &overrides, 0, overrides.total);
        webhook.body = body.to_string();
        let signature;
        (webhook.url, signature) = sign_json(url, webhook.body.as_bytes(), &self.config.auth_token);
        for (name, value) in &mut webhook.headers {
            match name.as_str() {
                "Content-Type" => "application/json".clone_into(value),
                "X-Twilio-Signature" => value.clone_from(&signature),
                _ => {}
            }
        }
        self.out.push(webhook);
        id
    }

    /// What is so wrong with these overrides that it fails a request.
    pub(super) fn forbidding(&self, overrides: &Overrides) -> Option<OverrideFault> {
        let error = overrides.faults.iter().find(|fault| fault.is_error);
        error.filter(|_| self.config.rules.wire.bad_overrides_fail).cloned()
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

    fn transmit(&mut self, mut pending: Pending, wait: Duration) {
        // One that is held back has its time from when it goes out.
        if !wait.is_zero() {
            pending.since = self.now + wait;
        }
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

    /// Sends a request again, at once and under a new id: because it failed, or to where it was redirected. Not if its
    /// time is over.
    fn transmit_again(&mut self, mut next: Pending) -> bool {
        let left = next.overrides.total.saturating_sub(self.now.since(next.since));
        if left.is_zero() {
            return false;
        }
        let old = next.webhook.id;
        self.serial += 1;
        next.webhook = self.compose(self.serial, &next.ask, &next.overrides, next.tries, left);
        if let Purpose::Document(sid) = &next.purpose {
            self.renumber(&sid.clone(), old, next.webhook.id);
        }
        self.transmit(next, Duration::ZERO);
        true
    }

    /// What became of a webhook. A result for an unknown id, a second one, or one after the timeout changes nothing.
    pub fn webhook_result(&mut self, id: u64, result: Result<HttpReply, HttpFault>) {
        let Some(pending) = self.pending.remove(&id) else { return };
        let call = pending.ask.call.clone();
        self.replied(id, pending, result);
        if let Some(call) = call {
            self.forget_cookies(&call);
        }
    }

    /// Cookies last as long as a call and what is still asked about it.
    pub(super) fn forget_cookies(&mut self, call: &str) {
        let is_asked = || self.pending.values().any(|pending| pending.ask.call.as_deref() == Some(call));
        if self.wire.jars.contains_key(call) && self.live(call).is_none() && !is_asked() {
            self.wire.jars.remove(call);
        }
    }

    fn replied(&mut self, id: u64, pending: Pending, result: Result<HttpReply, HttpFault>) {
        self.account.exchanges.answered(id, &result, self.now);
        if let Ok(reply) = &result {
            self.keep_cookies(&pending, reply);
        }
        let result = self.still_held(&pending, result);
        if self.retried(&pending, &result) {
            return;
        }
        let result = match result {
            Ok(reply) if (300..400).contains(&reply.status) => match self.redirected(&pending, &reply) {
                Ok(()) => return,
                Err(fault) => Err(fault),
            },
            result => result,
        };
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

    fn keep_cookies(&mut self, pending: &Pending, reply: &HttpReply) {
        if pending.is_callback() && !self.config.rules.wire.callbacks_have_cookies {
            return;
        }
        let Some(call) = &pending.ask.call else { return };
        for (_, cookie) in reply.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Set-Cookie")) {
            self.wire.jars.entry(call.clone()).or_default().keep(&pending.webhook.url, cookie, self.now);
        }
    }

    /// The document that is kept, where the reply says that it still holds; otherwise the reply, which is kept.
    fn still_held(&mut self, pending: &Pending, result: Result<HttpReply, HttpFault>) -> Result<HttpReply, HttpFault> {
        let reply = result?;
        if pending.ask.method != "GET" || pending.is_callback() || !self.config.rules.wire.documents_cached {
            return Ok(reply);
        }
        let url = &pending.webhook.url;
        if reply.status == 304 {
            return Ok(self.wire.cache.get(url).cloned().unwrap_or(reply));
        }
        self.wire.cache.keep(url, &reply);
        Ok(reply)
    }

    /// Twilio docs, connection overrides: by default only a failed connect is tried again, once. A reply that broke
    /// off is never tried again.
    fn retried(&mut self, pending: &Pending, result: &Result<HttpReply, HttpFault>) -> bool {
        let rules = &pending.overrides;
        let anyway = pending.is_callback() && self.config.rules.wire.failed_callbacks_retried;
        let wanted = match result {
            Ok(reply) if (400..500).contains(&reply.status) => rules.on_4xx || anyway,
            Ok(reply) if reply.status >= 500 => rules.on_5xx || anyway,
            Err(HttpFault::ConnectFailed | HttpFault::ConnectTimeout | HttpFault::Refused) => rules.on_connect,
            Err(HttpFault::ReadTimeout) => rules.on_read,
            Ok(_) | Err(_) => false,
        };
        if !wanted || pending.tries >= rules.retries {
            return false;
        }
        let mut next = pending.clone();
        next.tries += 1;
        if !self.config.rules.retries_keep_the_token {
            next.ask.token = self.rng.hex32();
        }
        self.transmit_again(next)
    }

    /// Follows a redirect. Twilio docs, errors 11215 and 11216: 301, 302, 303 and 307 with a good `Location`, ten in a
    /// row.
    fn redirected(&mut self, pending: &Pending, reply: &HttpReply) -> Result<(), HttpFault> {
        let location = reply.header("Location").filter(|_| matches!(reply.status, 301 | 302 | 303 | 307));
        let to = location.and_then(|location| form::resolve(Some(&pending.ask.url), location));
        let to = to.filter(|to| form::is_web_url(to)).ok_or(HttpFault::BadRedirect)?;
        if pending.redirects == REDIRECTS_MAX {
            return Err(HttpFault::TooManyRedirects);
        }
        let rules = &self.config.rules.wire;
        let mut next = pending.clone();
        next.redirects += 1;
        next.ask.url = form::split_fragment(&to).0.to_owned();
        let stays = reply.status == 307 || (rules.redirect_keeps_post && reply.status != 303);
        if next.ask.method == "POST" && !stays {
            "GET".clone_into(&mut next.ask.method);
            let form = std::mem::take(&mut next.ask.form);
            if rules.redirect_carries_params {
                next.ask.url = form::with_query(&next.ask.url, &form);
            }
        }
        if let Purpose::Document(sid) = &next.purpose {
            self.relocate(&sid.clone(), pending.webhook.id, form::split_fragment(&to).0);
        }
        if self.transmit_again(next) { Ok(()) } else { Err(HttpFault::ReadTimeout) }
    }

    /// Twilio's code for a document that could not be fetched (Twilio docs, errors 112xx).
    pub(super) fn fetch_error(&self, result: &Result<HttpReply, HttpFault>) -> u32 {
        match result {
            Ok(reply) if reply.status >= 400 && self.config.rules.wire.status_error_is_11217 => 11_217,
            Ok(_) => 11_200,
            Err(fault) => fault.code(),
        }
    }
}

pub(super) fn why(result: &Result<HttpReply, HttpFault>) -> String {
    match result {
        Ok(reply) => format!("HTTP status {}", reply.status),
        Err(fault) => fault.to_string(),
    }
}
