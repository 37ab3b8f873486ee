//! What people do: dial, answer, press keys, hang up.

use super::Carrier;
use super::state::{Call, Doing, Due};
use super::types::{CallStatus, EndCause, EndpointScript, Hearing};
use crate::time::Timestamp;

impl Carrier {
    /// Somebody at `from` dials `to`. Gives the CA sid of the inbound leg. A number that is not ours fails at once.
    pub fn caller_dials(&mut self, from: &str, to: &str) -> String {
        let sid = self.comes_in(from, to);
        let script = self.scripts.get(from).cloned().unwrap_or_default();
        self.lends_voice(&sid, &script);
        for (wait, digits) in script.presses {
            self.after(wait, Due::Presses(sid.clone(), digits));
        }
        if let Some(talk) = script.then {
            self.after(talk, Due::HangsUp(sid.clone()));
        }
        sid
    }

    /// How `endpoint` (`+1…`, `client:ana`, `sip:…`) behaves from now on. For a caller, `then`, `presses` and `says`
    /// count from dialling. Without a script: rings 2 s, is answered, stays until hung up on.
    pub fn script(&mut self, endpoint: &str, script: EndpointScript) {
        self.scripts.insert(endpoint.to_owned(), script);
    }

    /// The person on this leg presses keys, one after another. Nothing happens on a leg that is over.
    pub fn presses(&mut self, call: &str, digits: &str) {
        for key in digits.chars().filter(|key| key.is_ascii_digit() || matches!(key, '*' | '#' | 'A'..='D')) {
            if self.validation_key(call, key) {
                continue;
            }
            let Some(frame) = self.live(call).and_then(|c| c.top()).cloned() else { return };
            match frame.doing {
                Doing::Gathering(gathering) => self.key_in_gather(call, *gathering, key),
                Doing::Recording(record) if record.recording.is_some() => {
                    let finish = record.verb.attr("finishOnKey").unwrap_or("1234567890*#").to_owned();
                    if finish.contains(key) {
                        self.record_over(call, &record, &key.to_string());
                    }
                }
                Doing::Paying(paying) => self.key_in_pay(call, *paying, key),
                Doing::Dialling(dial) if key == '*' && dial.verb.flag("hangupOnStar", false) => {
                    // Twilio docs, TwiML Dial: the caller's star ends the dialled leg.
                    if let Some(callee) = dial.bridged {
                        self.end(&callee, CallStatus::Completed, EndCause::Parent);
                    }
                }
                Doing::Connecting(connecting) => self.key_in_connect(connecting.socket, key),
                // Twilio docs, TwiML Conference: keys go into the audio.
                _ => {}
            }
        }
    }

    /// The person on this leg hangs up: a caller, a callee, or one whose telephone still rings for us. Nothing
    /// happens on a leg that is over.
    pub fn hangs_up(&mut self, call: &str) {
        let inbound = self.live(call).is_some_and(|c| c.direction == super::Direction::Inbound);
        let status = if inbound { CallStatus::Canceled } else { CallStatus::Busy };
        self.end(call, status, EndCause::HungUp);
    }

    /// The person at a ringing leg of ours answers. Nothing happens when it does not ring.
    pub fn answers(&mut self, call: &str) {
        if self.live(call).is_some_and(|c| c.status == CallStatus::Ringing && c.direction != super::Direction::Inbound)
        {
            self.picked_up(call);
        }
    }

    /// The person at a ringing leg of ours declines. Nothing happens when it does not ring.
    pub fn declines(&mut self, call: &str) {
        if self.live(call).is_some_and(|c| c.status == CallStatus::Ringing && c.direction != super::Direction::Inbound)
        {
            self.end(call, CallStatus::Busy, EndCause::Declined);
        }
    }

    /// CA sids of the legs that ring at `endpoint` now, oldest first.
    #[must_use]
    pub fn ringing_at(&self, endpoint: &str) -> Vec<String> {
        let here = self.ringing().filter(|(at, ..)| *at == endpoint);
        here.map(|(_, sid, _)| sid.to_owned()).collect()
    }

    /// Where telephones ring for us now, with the CA sids of the legs and since when, oldest first.
    pub(crate) fn ringing(&self) -> impl Iterator<Item = (&str, &str, Timestamp)> {
        let since = |call: &Call| call.placed.unwrap_or(call.created) + self.config.rules.ring_delay;
        self.living
            .iter()
            .filter_map(|sid| self.live(sid))
            .filter(|c| c.status == CallStatus::Ringing && c.direction != super::Direction::Inbound)
            .map(move |c| (c.to.split('?').next().unwrap_or_default(), c.sid.as_str(), since(c)))
    }

    /// The other side of a bridge outside of Dial's own legs is gone.
    pub(super) fn other_side_gone(&mut self, sid: &str, gone: &str) {
        self.talk_pair(sid, gone, false);
        if self.live(sid).is_none_or(|c| c.bridge.as_deref() != Some(gone)) {
            return;
        }
        if let Some(call) = self.live_mut(sid) {
            call.bridge = None;
        }
        self.hear(sid, Hearing::Silence);
        if self.live(sid).is_some_and(|c| c.queueing().is_some()) {
            self.queued_freed(sid);
        } else if self.live(sid).and_then(|c| c.dialling()).is_some_and(|d| d.queue.is_some()) {
            self.queue_dial_over(sid);
        }
    }

    /// Two bridged legs begin or cease to hear each other.
    pub(super) fn talk_pair(&mut self, a: &str, b: &str, on: bool) {
        let pair = if a < b { (a.to_owned(), b.to_owned()) } else { (b.to_owned(), a.to_owned()) };
        let scope = format!("{} {}", pair.0, pair.1);
        let pairs = if on { [pair].into_iter().collect() } else { std::collections::BTreeSet::new() };
        self.talk(&scope, &pairs);
    }
}
