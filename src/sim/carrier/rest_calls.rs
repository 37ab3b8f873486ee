//! The Call resource (Twilio docs, Call resource).

use std::collections::BTreeSet;
use std::time::Duration;

use super::Carrier;
use super::account::Later;
use super::form::is_web_url;
use super::render::{rest_status, within};
use super::rest::{Answer, Refusal, Request, not_allowed, not_found, page_of, refuse};
pub(super) use super::rest_fields::{number, subscription};
use super::rest_terms::is_address;
use super::state::{Call, Due, Subscription, Target};
use super::types::{CallStatus, Direction, EndCause};

/// Twilio docs: the `Twiml` parameter holds at most 4000 characters.
const TWIML_LIMIT: usize = 4000;
/// Twilio docs: what a call's callback can be told.
const EVENTS: [&str; 4] = ["initiated", "ringing", "answered", "completed"];
/// Twilio docs: states of a call in REST, which does not know `initiated`.
const STATUSES: [&str; 8] =
    ["queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"];

impl Carrier {
    pub(super) fn calls_resource(&mut self, request: &Request<'_>) -> Answer {
        match request.method {
            "GET" => self.list_calls(request),
            "POST" => self.create_call(request),
            _ => not_allowed(),
        }
    }

    fn list_calls(&self, request: &Request<'_>) -> Answer {
        // A filter that is none is refused whether there are calls or not.
        within(request, "StartTime", None)?;
        within(request, "EndTime", None)?;
        if request.filter("Status").is_some_and(|status| !STATUSES.contains(&status)) {
            return refuse(20_001, format!("Status must be one of {}", STATUSES.join(", ")));
        }
        let mut items = Vec::new();
        let shown = |call: &&Call| !call.deleted && call.created + self.config.faults.list_lag <= self.now;
        for call in self.order.iter().rev().filter_map(|sid| self.calls.get(sid)).filter(shown) {
            let is = |filter: &str, value: &str| request.filter(filter).is_none_or(|wanted| wanted == value);
            let equal = is("To", &call.to)
                && is("From", &call.from)
                && is("Status", rest_status(call).as_str())
                && is("ParentCallSid", call.parent.as_deref().unwrap_or_default());
            let start = Some(call.placed.unwrap_or(call.created));
            if equal && within(request, "StartTime", start)? && within(request, "EndTime", call.ended)? {
                items.push((call.sid.clone(), call));
            }
        }
        page_of(request, "calls", &items, |call| self.call_json(call))
    }

    fn create_call(&mut self, request: &Request<'_>) -> Answer {
        let mut call = self.new_leg(request)?;
        if request.given("To").is_some_and(|to| !is_address(to)) {
            return refuse(21_211, "'To' must be a phone number, a client or a SIP address");
        }
        match (request.target("Url", "Method")?, request.given("Twiml"), request.given("ApplicationSid")) {
            (Some(target), twiml, _) => {
                if twiml.is_some() {
                    self.notify(32_019, Some(&call.sid), "Url and Twiml given; Url wins", &target.url);
                }
                call.target = Some(target);
            }
            (None, Some(twiml), _) if twiml.chars().count() > TWIML_LIMIT => {
                return refuse(32_018, "Twiml must not be longer than 4000 characters");
            }
            (None, Some(twiml), _) => call.twiml = Some(twiml.to_owned()),
            (None, None, Some(sid)) => self.drive_by_application(&mut call, sid)?,
            (None, None, None) => return refuse(21_205, "Url parameter is required."),
        }
        if call.terms.application.is_none() {
            call.fallback = request.given("FallbackUrl").map(|url| Target::new(url, request.field("FallbackMethod")));
        }
        if self.config.account.test_credentials {
            // Twilio docs, test credentials: nothing is placed and nobody is told.
            return Ok((201, Some(self.call_json(&call))));
        }
        self.judge_line()?;
        let sid = self.add_call(call);
        self.queue_call(&sid);
        self.show_call(&sid, 201)
    }

    /// Twilio docs, Call resource: with an ApplicationSid its URLs hold, and Method, Fallback and StatusCallback
    /// parameters are ignored.
    fn drive_by_application(&self, call: &mut Call, sid: &str) -> Result<(), Refusal> {
        let Some(application) = self.application(sid) else { return refuse(21_218, "Invalid ApplicationSid") };
        let settings = &application.settings;
        let Some(target) = settings.target("voice_url", "voice_method") else {
            return refuse(21_218, "The application of ApplicationSid has no VoiceUrl");
        };
        call.target = Some(target);
        call.fallback = settings.target("voice_fallback_url", "voice_fallback_method");
        call.callback = settings
            .target("status_callback", "status_callback_method")
            .map(|to| Subscription { to, events: ["completed".to_owned()].into() });
        call.terms.application = Some(sid.to_owned());
        Ok(())
    }

    fn show_call(&self, sid: &str, status: u16) -> Answer {
        match self.calls.get(sid) {
            Some(call) => Ok((status, Some(self.call_json(call)))),
            None => not_found(sid),
        }
    }

    /// What POST Calls and POST Participants have in common.
    pub(super) fn new_leg(&mut self, request: &Request<'_>) -> Result<Call, Refusal> {
        let Some(to) = request.given("To") else { return refuse(21_201, "No 'To' number is specified") };
        if !is_address(to) && !self.is_application_address(to) {
            return refuse(21_211, format!("The phone number you are attempting to call, {to}, is not valid."));
        }
        let Some(from) = request.given("From") else { return refuse(21_213, "'From' phone number is required") };
        if !is_address(from) {
            return refuse(21_212, format!("'From' phone number {from} is not valid"));
        }
        self.may_place(request, to, from)?;
        let timeout = number(request, "Timeout", 60);
        let Some(timeout) = timeout.filter(|t| (1..=600).contains(t)) else { return refuse(21_208, "Invalid Timeout") };
        let terms = self.terms_of(request)?;
        let sid = self.sid("CA");
        let mut call = Call::new(sid, Direction::OutboundApi, from, to, self.now);
        call.timeout = Duration::from_secs(timeout);
        call.terms = terms;
        if let Some(limit) = number(request, "TimeLimit", 14_400).filter(|limit| *limit > 0) {
            call.limit = Duration::from_secs(limit);
        }
        call.voice.record = super::recording_sources::plan_of_leg(request)?;
        call.voice.detection = super::detection::of_request(request)?;
        call.callback = subscription(request, "StatusCallback", "completed");
        if let Some(bad) = call.callback.take_if(|s| !is_web_url(&s.to.url)) {
            self.notify(15_000, Some(&call.sid), "StatusCallback is not a valid URL; ignored", &bad.to.url);
        }
        let strange = |events: &BTreeSet<String>| events.iter().any(|event| !EVENTS.contains(&event.as_str()));
        if call.callback.as_ref().is_some_and(|callback| strange(&callback.events)) {
            self.notify(21_626, Some(&call.sid), "StatusCallbackEvent names an event that is none", "");
        }
        Ok(call)
    }

    /// Twilio docs: calls beyond the rate are queued for a day at most.
    pub(super) fn judge_line(&self) -> Result<(), Refusal> {
        let ahead = u32::try_from(self.account.queued.len()).unwrap_or(u32::MAX);
        let gap = Duration::from_secs(1).checked_div(self.config.calls_per_second).unwrap_or_default();
        if gap.saturating_mul(ahead) > self.config.account.queued_for_max {
            return Err(Refusal(429, 20_429, "Too many calls are queued already.".to_owned()));
        }
        Ok(())
    }

    /// Twilio docs: calls beyond the rate are queued, not refused.
    pub(super) fn queue_call(&mut self, sid: &str) {
        if self.config.calls_per_second == 0 {
            self.after(Duration::ZERO, Due::Place(sid.to_owned()));
            return;
        }
        self.account.queued.push_back(sid.to_owned());
        if self.account.queued.len() == 1 {
            self.await_slot();
        }
    }

    fn await_slot(&mut self) {
        self.after(self.next_slot.since(self.now), Due::Account(Later::Slot));
    }

    /// One more call of REST may be placed: the oldest that still waits. One that was cancelled holds up nobody.
    pub(super) fn slot(&mut self) {
        let waits = |carrier: &Self, sid: &str| carrier.calls.get(sid).is_some_and(|c| c.status == CallStatus::Queued);
        while let Some(sid) = self.account.queued.front().cloned() {
            if waits(self, &sid) {
                let gap = 1_000_000_u64.checked_div(u64::from(self.config.calls_per_second)).unwrap_or(0);
                self.next_slot = self.now + Duration::from_micros(gap);
                self.account.queued.pop_front();
                self.place(&sid);
                break;
            }
            self.account.queued.pop_front();
        }
        if !self.account.queued.is_empty() {
            self.await_slot();
        }
    }

    pub(super) fn call_resource(&mut self, request: &Request<'_>, sid: &str) -> Answer {
        let Some(call) = self.calls.get(sid).filter(|c| !c.deleted) else { return not_found(request.path) };
        let over = call.status.is_over();
        match request.method {
            "GET" => self.show_call(sid, 200),
            "POST" => self.update_call(request, sid),
            "DELETE" if !over => refuse(20_009, "Cannot delete a call that is not over"),
            "DELETE" => {
                if let Some(call) = self.calls.get_mut(sid) {
                    call.deleted = true;
                }
                Ok((204, None))
            }
            _ => not_allowed(),
        }
    }

    fn update_call(&mut self, request: &Request<'_>, sid: &str) -> Answer {
        let Some(status) = self.live(sid).map(|c| c.status) else {
            return refuse(21_220, "Call is not in-progress. Cannot redirect.");
        };
        match request.given("Status") {
            None => {}
            Some("completed") => {
                self.end_by_rest(sid, status);
                return self.show_call(sid, 200);
            }
            Some("canceled") if status < CallStatus::InProgress => {
                self.end_by_rest(sid, status);
                return self.show_call(sid, 200);
            }
            Some("canceled") => return refuse(21_220, "Call is in-progress. Cannot cancel."),
            Some(other) => return refuse(20_001, format!("Invalid Status {other:?}")),
        }
        let (target, twiml) = (request.target("Url", "Method")?, request.given("Twiml"));
        if twiml.is_some_and(|t| t.chars().count() > TWIML_LIMIT) {
            return refuse(32_018, "Twiml must not be longer than 4000 characters");
        }
        if (target.is_some() || twiml.is_some()) && status != CallStatus::InProgress {
            return refuse(21_220, "Call is not in-progress. Cannot redirect.");
        }
        self.reconfigure(request, sid);
        if let Some(target) = target {
            if twiml.is_some() {
                self.notify(32_019, Some(sid), "Url and Twiml given; Url wins", &target.url);
            }
            self.take_over(sid);
            self.fetch_main(sid, target, Vec::new());
        } else if let Some(twiml) = twiml {
            self.take_over(sid);
            self.load_text(sid, twiml);
        }
        self.show_call(sid, 200)
    }

    fn reconfigure(&mut self, request: &Request<'_>, sid: &str) {
        let now = self.now;
        let Some(call) = self.live_mut(sid) else { return };
        call.updated = now;
        if let Some(url) = request.given("FallbackUrl") {
            call.fallback = Some(Target::new(url, request.field("FallbackMethod")));
        }
        if let Some(new) = subscription(request, "StatusCallback", "completed") {
            call.callback = Some(new);
        }
        if let (Some(limit), Some(answered)) =
            (number(request, "TimeLimit", 0).filter(|limit| *limit > 0), call.answered)
        {
            let at = answered + Duration::from_secs(limit);
            self.after(at.since(now), Due::TimeLimit(sid.to_owned()));
        }
    }

    pub(super) fn end_by_rest(&mut self, sid: &str, status: CallStatus) {
        if status == CallStatus::Queued
            && let Some(call) = self.live_mut(sid)
        {
            // Twilio docs: one cancelled while still queued produces no callbacks.
            call.callback = None;
        }
        self.end(sid, CallStatus::Canceled, EndCause::Rest);
    }
}
