//! How a Dial ends, and what its action is told (Twilio docs, TwiML Dial, action parameters).

use super::Carrier;
use super::callback::pair;
use super::form::{Pairs, resolve};
use super::state::{Dialling, Doing, Frame, Target};
use super::types::{CallStatus, EndCause};

impl Carrier {
    /// The Dial of this leg is over: its action, or the next verb.
    pub(super) fn dial_over(&mut self, sid: &str) {
        let Some(dial) = self.live(sid).and_then(|c| c.dialling()).cloned() else { return };
        let recorded = self.dial_recorded(sid);
        let mut extra = self.dial_facts(&dial, if dial.bridged.is_some() { CallStatus::Completed } else { dial.last });
        extra.extend(recorded);
        self.after_dial(sid, &dial.verb, extra);
    }

    pub(super) fn after_dial(&mut self, sid: &str, verb: &super::xml::Element, extra: Pairs) {
        self.drop_upper(sid);
        let action = self.action_of(sid, verb);
        self.set_doing(sid, Doing::Ready);
        self.hear_bridge_end(sid);
        match action {
            Some(action) => self.fetch_main(sid, action, extra),
            None => self.run(sid),
        }
    }

    pub(super) fn dial_facts(&self, dial: &Dialling, status: CallStatus) -> Pairs {
        let mut pairs = vec![pair("DialCallStatus", status.as_str())];
        let child = dial.bridged.as_ref().or_else(|| dial.children.last()).and_then(|sid| self.calls.get(sid));
        if let Some(child) = child {
            pairs.push(pair("DialCallSid", &child.sid));
            pairs.push(pair("DialBridged", if dial.bridged.is_some() { "true" } else { "false" }));
            if child.answered.is_some() && child.ended.is_some() {
                pairs.push(pair("DialCallDuration", child.seconds().to_string()));
            }
            if child.to.starts_with("sip:") && child.ended.is_some() {
                pairs.push(pair("DialSipResponseCode", child.sip_code.to_string()));
                // Made up: there is no SIP here.
                pairs.push(pair("DialSipCallId", format!("{}@carrier.invalid", child.sid)));
            }
        }
        if let Some(queue) = &dial.queue {
            let sid = self.queues.get(&queue.name).map(|q| q.sid.clone()).unwrap_or_default();
            let result = if dial.bridged.is_some() { "bridged" } else { "error" };
            pairs.push(pair("QueueSid", sid));
            pairs.push(pair("QueueResult", result));
            pairs.push(pair("QueueTime", queue.queue_time.to_string()));
        }
        pairs
    }

    /// The dialling leg has ended: its dialled legs end too, and the action is requested although nobody is there.
    pub(super) fn dial_abandoned(&mut self, sid: &str, frame: &Frame, dial: &Dialling) {
        self.end_children(dial);
        let status = if dial.bridged.is_some() { CallStatus::Completed } else { CallStatus::Canceled };
        let recorded = self.dial_recorded(sid);
        self.tell_action(sid, frame, dial, status, recorded);
    }

    /// REST took the leg out of its Dial. Twilio docs: the dialled leg is hung up, unless redirected itself.
    pub(super) fn dial_interrupted(&mut self, sid: &str, frame: &Frame, dial: &Dialling) {
        self.end_children(dial);
        let recorded = self.dial_recorded(sid);
        if self.config.rules.interrupted_dial_asks_action {
            // Measured by a third party; its reply changes nothing.
            self.tell_action(sid, frame, dial, CallStatus::Completed, recorded);
        }
    }

    fn end_children(&mut self, dial: &Dialling) {
        for child in &dial.children {
            self.end(child, CallStatus::Canceled, EndCause::Parent);
        }
    }

    fn tell_action(&mut self, sid: &str, frame: &Frame, dial: &Dialling, status: CallStatus, recorded: Pairs) {
        let Some(reference) = dial.verb.attr("action").filter(|v| !v.trim().is_empty()) else { return };
        let Some(url) = resolve(frame.url.as_deref(), reference) else { return };
        let mut extra = self.dial_facts(dial, status);
        extra.extend(recorded);
        self.farewell(&sid.to_owned(), &Target::new(url, dial.verb.attr("method")), extra);
    }
}
