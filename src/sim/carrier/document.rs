//! Fetching documents, judging replies, and what happens when one is no good.

use std::time::Duration;

use super::callback::pair;
use super::form::{self, Pairs};
use super::judgement::judged;
use super::overrides::Overrides;
use super::state::{Doing, Frame, Role, Sid, Target};
use super::types::{CallStatus, Hearing, HttpFault, HttpReply, Loss, Webhook};
use super::webhook::{Purpose, why};
use super::xml::Element;
use super::{Carrier, state};
use crate::twiml;

/// Twilio docs, error 11750.
const BODY_LIMIT: usize = 64 * 1024;
/// Documents of one leg at one instant, after which the carrier gives up.
const HOP_CAP: u32 = 50;

impl Carrier {
    /// Asks for a document that drives the leg; whatever it did before is dropped.
    pub(super) fn fetch_main(&mut self, sid: &str, target: Target, extra: Pairs) {
        if self.live(sid).is_some_and(|call| call.frames.iter().any(|f| f.role != Role::Main || held(&f.doing))) {
            self.take_over(sid);
        }
        if let Some(call) = self.live_mut(sid) {
            call.frames.clear();
        }
        self.fetch(sid, Role::Main, target, extra);
    }

    /// Asks for a document on top of what the leg does.
    pub(super) fn fetch(&mut self, sid: &str, role: Role, target: Target, extra: Pairs) {
        let now = self.now;
        let Some(call) = self.live_mut(sid) else { return };
        call.hops = if call.hops.0 == now { (now, call.hops.1 + 1) } else { (now, 1) };
        let call = call.clone();
        if call.hops.1 > HOP_CAP {
            self.push_frame(sid, role, &target, Doing::Idle);
            self.fails(sid, 12_400, "documents lead to one another without end", &target.url);
            return;
        }
        if !form::is_web_url(&target.url) {
            self.push_frame(sid, role, &target, Doing::Idle);
            self.fails(sid, 11_100, "not an absolute http(s) URL", &target.url);
            return;
        }
        let overrides = Overrides::of(form::split_fragment(&target.url).1, self.config.rules.wire.interconnect);
        if let Some(fault) = self.forbidding(&overrides) {
            self.push_frame(sid, role, &target, Doing::Idle);
            self.fails(sid, fault.code, &fault.message, &target.url);
            return;
        }
        let mut pairs = self.standard(&call, call.status);
        pairs.extend(extra);
        let id = self.send(&target, &pairs, Some(sid), Purpose::Document(sid.to_owned()));
        self.push_frame(sid, role, &target, Doing::Fetching { webhook: id, fallback: false });
        self.hear(sid, if call.answered.is_some() { Hearing::Silence } else { Hearing::Ringback });
    }

    fn push_frame(&mut self, sid: &str, role: Role, target: &Target, doing: Doing) {
        let now = self.now;
        let Some(call) = self.live_mut(sid) else { return };
        call.epoch += 1;
        let url = Some(target.url.clone());
        call.frames.push(Frame { role, verbs: Vec::new(), next: 0, url, doing, began: now });
    }

    /// Takes away the documents above the one that drives the leg.
    pub(super) fn drop_upper(&mut self, sid: &str) {
        let Some(call) = self.live_mut(sid) else { return };
        if call.frames.len() > 1 {
            call.frames.truncate(1);
            call.epoch += 1;
        }
    }

    /// A document request was sent again under another id.
    pub(super) fn renumber(&mut self, sid: &str, old: u64, new: u64) {
        let Some(call) = self.live_mut(sid) else { return };
        for frame in &mut call.frames {
            if let Doing::Fetching { webhook, .. } = &mut frame.doing
                && *webhook == old
            {
                *webhook = new;
            }
        }
    }

    /// The document comes from elsewhere: that is what URLs in it are relative to.
    pub(super) fn relocate(&mut self, sid: &str, id: u64, url: &str) {
        let Some(call) = self.live_mut(sid) else { return };
        let waits = |f: &&mut Frame| matches!(f.doing, Doing::Fetching { webhook, .. } if webhook == id);
        if let Some(frame) = call.frames.iter_mut().find(waits) {
            frame.url = Some(url.to_owned());
        }
    }

    pub(super) fn document_arrived(
        &mut self,
        sid: &str,
        id: u64,
        webhook: &Webhook,
        result: Result<HttpReply, HttpFault>,
    ) {
        let waits = self
            .live(sid)
            .and_then(state::Call::top)
            .is_some_and(|frame| matches!(frame.doing, Doing::Fetching { webhook, .. } if webhook == id));
        if !waits {
            return;
        }
        let url = webhook.url.clone();
        let reply = match result {
            Ok(reply) if (200..300).contains(&reply.status) => reply,
            bad => return self.fails(sid, self.fetch_error(&bad), &format!("fetching failed: {}", why(&bad)), &url),
        };
        if reply.body.len() > BODY_LIMIT {
            return self.fails(sid, 11_750, "the body is larger than 64 kB", &url);
        }
        match self.judge(sid, &reply, &url) {
            Ok(verbs) => self.load(sid, verbs),
            Err((code, message)) => self.fails(sid, code, &message, &url),
        }
    }

    /// Twilio docs, TwiML: which Content-Type is executed, played or read.
    fn judge(&mut self, sid: &str, reply: &HttpReply, url: &str) -> Result<Vec<Element>, (u32, String)> {
        let kind = reply.content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        if kind.starts_with("audio/") {
            let text = self.document_url(sid);
            // In a conference it is music until it starts or the hold ends.
            let endless = self.live(sid).and_then(state::Call::top).is_some_and(|f| f.role == Role::Music);
            let attributes = if endless { vec![pair("loop", "0")] } else { Vec::new() };
            return Ok(vec![Element { name: "Play".to_owned(), attributes, text, ..Element::default() }]);
        }
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        if text.trim().is_empty() {
            if reply.status != 204 {
                self.notify(11_770, Some(sid), "empty body", url);
            }
            return Ok(Vec::new());
        }
        match kind.as_str() {
            "text/xml" | "application/xml" | "text/html" => self.verbs(sid, &text, url),
            "text/plain" => Ok(self.verbs(sid, &text, url).unwrap_or_else(|_| self.read_aloud(sid, text, url))),
            other => Err((12_300, format!("Content-Type {other:?} is neither TwiML nor audio"))),
        }
    }

    /// The verbs of a document's text that can be executed; whatever else is in it is a warning, and the default holds.
    fn verbs(&mut self, sid: &str, text: &str, url: &str) -> Result<Vec<Element>, (u32, String)> {
        let role = self.live(sid).and_then(state::Call::top).map_or(Role::Main, |frame| frame.role.clone());
        let (verbs, warnings) = judged(&role, text)?;
        for warning in warnings {
            self.notify(warning.code, Some(sid), format!("{}: {}", warning.place, warning.message), url);
        }
        Ok(verbs)
    }

    fn read_aloud(&mut self, sid: &str, text: String, url: &str) -> Vec<Element> {
        for refused in twiml::Response::new().say(twiml::Say::new(text.as_str())).check() {
            self.notify(refused.code, Some(sid), refused.to_string(), url);
        }
        vec![Element { name: "Say".to_owned(), text, ..Element::default() }]
    }

    /// Executes a document given as text by REST.
    pub(super) fn load_text(&mut self, sid: &str, text: &str) {
        match self.verbs(sid, text, "") {
            Ok(verbs) => self.load(sid, verbs),
            Err((code, message)) => self.fails(sid, code, &message, ""),
        }
    }

    fn load(&mut self, sid: &str, verbs: Vec<Element>) {
        if let Some(frame) = self.live_mut(sid).and_then(|call| call.frames.last_mut()) {
            frame.verbs = verbs;
            frame.next = 0;
        }
        self.set_doing(sid, Doing::Ready);
        self.run(sid);
    }

    /// A fatal fault of the innermost document: its fallback, or an application error.
    pub(super) fn fails(&mut self, sid: &str, code: u32, message: &str, url: &str) {
        self.notify(code, Some(sid), message, url);
        let Some(call) = self.live(sid) else { return };
        let Some(role) = call.top().map(|f| f.role.clone()) else { return };
        let tried = call.top().is_some_and(|f| matches!(f.doing, Doing::Fetching { fallback: true, .. }));
        match role {
            Role::Main => {
                let fallback =
                    call.fallback.clone().filter(|f| !tried && f.url != url && !call.failing && call.hops.1 <= HOP_CAP);
                match fallback {
                    Some(fallback) => self.fetch_fallback(sid, &fallback, code, url),
                    None => self.application_error(sid),
                }
            }
            Role::Screen => self.end(sid, CallStatus::Completed, super::EndCause::ApplicationError),
            Role::QueueScreen(agent) => self.bridge_queued(sid, &agent),
            Role::Announce => self.announced(sid, false),
            // What a caller hears when a wait document fails is not documented: silence here, which counts.
            Role::Wait | Role::Music => {
                self.set_doing(sid, Doing::Idle);
                self.hear(sid, Hearing::Silence);
                if role == Role::Wait {
                    self.wake(sid, Duration::from_secs(10));
                }
            }
        }
    }

    /// Twilio docs: the fallback URL gets the standard parameters, ErrorCode and ErrorUrl.
    fn fetch_fallback(&mut self, sid: &str, fallback: &Target, code: u32, url: &str) {
        let Some(call) = self.live_mut(sid) else { return };
        call.frames.clear();
        let extra = vec![pair("ErrorCode", code.to_string()), pair("ErrorUrl", url)];
        self.fetch(sid, Role::Main, fallback.clone(), extra);
        if let Some(Doing::Fetching { fallback, .. }) =
            self.live_mut(sid).and_then(|c| c.frames.last_mut()).map(|f| &mut f.doing)
        {
            *fallback = true;
        }
    }

    fn application_error(&mut self, sid: &str) {
        self.answered(sid);
        self.lose(sid, Loss::ApplicationError);
        let Some(call) = self.live_mut(sid) else { return };
        call.failing = true;
        call.frames.truncate(1);
        if let Some(frame) = call.frames.last_mut() {
            frame.verbs.clear();
            frame.next = 0;
        }
        self.sound(sid, Hearing::Say(self.config.rules.wire.apology.clone()), 4_000);
    }

    /// The URL that `reference` means in the leg's innermost document; 15004 when that came by REST.
    pub(super) fn resolved(&mut self, sid: &str, reference: &str) -> Option<String> {
        let base = self.live(sid).and_then(state::Call::top).and_then(|f| f.url.clone());
        let found = form::resolve(base.as_deref(), reference);
        if found.is_none() {
            self.notify(15_004, Some(sid), "a relative URL in a document without a URL", reference);
        }
        found
    }

    /// URL and method of an attribute of a verb; `None` without it, or when it cannot be resolved.
    pub(super) fn target_of(&mut self, sid: &str, verb: &Element, url: &str, method: &str) -> Option<Target> {
        let reference = verb.attr(url).filter(|v| !v.trim().is_empty())?.to_owned();
        let url = self.resolved(sid, &reference)?;
        Some(Target::new(url, verb.attr(method)))
    }

    /// `target_of`, or the URL of the document itself, as Gather and Record do without `action`.
    pub(super) fn target_or_self(&mut self, sid: &str, verb: &Element) -> Option<Target> {
        if verb.attr("action").is_some_and(|v| !v.trim().is_empty()) {
            return self.target_of(sid, verb, "action", "method");
        }
        let url = self.resolved(sid, "")?;
        Some(Target::new(url, verb.attr("method")))
    }

    /// Asks for a document although its leg is gone.
    pub(super) fn farewell(&mut self, sid: &Sid, target: &Target, extra: Pairs) {
        let Some(call) = self.calls.get(sid).cloned() else { return };
        let mut pairs = self.standard(&call, call.status);
        pairs.extend(extra);
        self.send(target, &pairs, Some(sid), Purpose::Farewell);
    }
}

/// Whether a leg doing this must be taken out of something first.
fn held(doing: &Doing) -> bool {
    matches!(doing, Doing::Dialling(_) | Doing::Conferencing(_) | Doing::Queueing(_) | Doing::Connecting(_))
}
