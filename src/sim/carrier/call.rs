//! The life of a leg: placed, ringing, answered, over.

use std::time::Duration;

use super::Carrier;
use super::state::{Call, Doing, Due, Frame, Role, Sid};
use super::types::{CallStatus, Direction, EndCause, EndpointScript, Heard, Hearing, Loss, LostCall, Ring};

/// Calls to numbers of ours that lead to one another, after which the carrier gives up.
const DEPTH_CAP: u32 = 10;

impl Carrier {
    pub(super) fn add_call(&mut self, call: Call) -> Sid {
        let sid = call.sid.clone();
        self.order.push(sid.clone());
        self.living.push(sid.clone());
        self.calls.insert(sid.clone(), call);
        sid
    }

    pub(super) fn live(&self, sid: &str) -> Option<&Call> {
        self.calls.get(sid).filter(|call| !call.status.is_over())
    }

    pub(super) fn live_mut(&mut self, sid: &str) -> Option<&mut Call> {
        self.calls.get_mut(sid).filter(|call| !call.status.is_over())
    }

    /// What the leg hears from now on.
    pub(super) fn hear(&mut self, sid: &str, what: Hearing) {
        let now = self.now;
        let Some(call) = self.calls.get_mut(sid) else { return };
        if call.status.is_over() && what != Hearing::Nothing {
            return;
        }
        if let Some(last) = call.heard.last_mut().filter(|last| last.to.is_none()) {
            if last.what == what {
                return;
            }
            last.to = Some(now);
        }
        // Nobody hears what lasts no time; what it parted is one.
        call.heard.pop_if(|last| last.from == now);
        if let Some(last) = call.heard.last_mut().filter(|last| last.what == what && last.to == Some(now)) {
            last.to = None;
            return;
        }
        if what != Hearing::Nothing {
            call.heard.push(Heard { what, from: now, to: None });
        }
    }

    /// What the leg's innermost document does from now on; timers of what it did before die.
    pub(super) fn set_doing(&mut self, sid: &str, doing: Doing) {
        let Some(call) = self.live_mut(sid) else { return };
        call.epoch += 1;
        if let Some(frame) = call.frames.last_mut() {
            frame.doing = doing;
        }
    }

    /// Wakes the leg after `wait`, unless it does something else by then.
    pub(super) fn wake(&mut self, sid: &str, wait: Duration) {
        let Some(epoch) = self.live(sid).map(|call| call.epoch) else { return };
        self.after(wait, Due::Step(sid.to_owned(), epoch));
    }

    pub(super) fn script_of(&self, endpoint: &str) -> EndpointScript {
        let bare = endpoint.split('?').next().unwrap_or(endpoint);
        self.scripts.get(bare).cloned().unwrap_or_default()
    }

    /// A leg to a number of ours: the call that comes in there.
    pub(super) fn comes_in(&mut self, from: &str, to: &str) -> Sid {
        self.comes_in_as(from, to, to)
    }

    /// It comes in at `to`, and its documents are told that it is to `shown`.
    fn comes_in_as(&mut self, from: &str, to: &str, shown: &str) -> Sid {
        let sid = self.sid("CA");
        let inbound = self.inbound(to).unwrap_or_default();
        let mut call = Call::new(sid, Direction::Inbound, from, shown, self.now);
        call.status = CallStatus::Ringing;
        call.placed = Some(self.now);
        call.target.clone_from(&inbound.voice);
        call.fallback = inbound.fallback;
        call.terms.application = inbound.application;
        let sid = self.add_call(call);
        self.note_forwarding(&sid);
        self.hear(&sid, Hearing::Ringback);
        match inbound.voice {
            // Seen in the field: an own number with an empty voice URL fails, without diagnostics.
            Some(voice) => {
                let facts = [inbound.parameters, self.first_facts(from)].concat();
                self.fetch_main(&sid, voice, facts);
            }
            None => self.end(&sid, CallStatus::Failed, EndCause::Failed),
        }
        sid
    }

    pub(super) fn place(&mut self, sid: &str) {
        let now = self.now;
        let Some(call) = self.live_mut(sid) else { return };
        call.status = CallStatus::Initiated;
        call.placed = Some(now);
        let (from, to) = (call.terms.caller_id.clone().unwrap_or_else(|| call.from.clone()), call.to.clone());
        self.fire(sid, "initiated");
        if self.leads_home(&to) {
            self.place_at_own_number(sid, &from, &to);
            return;
        }
        self.after(self.config.rules.ring_delay, Due::Rings(sid.to_owned()));
    }

    /// A call to a number of ours is two calls with two documents, bridged (seen in the field).
    fn place_at_own_number(&mut self, sid: &str, from: &str, to: &str) {
        let depth = self.live(sid).map_or(0, |call| call.depth + 1);
        if depth > DEPTH_CAP {
            self.notify(12_400, Some(sid), "numbers of ours call one another without end", "");
            self.end(sid, CallStatus::Failed, EndCause::Failed);
            return;
        }
        let shown = self.live(sid).and_then(|c| c.voice.shown_to.clone()).unwrap_or_else(|| to.to_owned());
        let twin = self.comes_in_as(from, to, &shown);
        if let Some(call) = self.live_mut(&twin) {
            call.depth = depth;
        } else {
            self.end(sid, CallStatus::Failed, EndCause::Failed);
            return;
        }
        for (a, b) in [(sid, twin.as_str()), (twin.as_str(), sid)] {
            if let Some(call) = self.live_mut(a) {
                call.twin = Some(b.to_owned());
            }
        }
        self.rings(sid);
    }

    pub(super) fn rings(&mut self, sid: &str) {
        let grace = self.config.rules.ring_grace;
        let Some(call) = self.live(sid) else { return };
        let (to, timeout, twin) = (call.to.clone(), call.timeout, call.twin.is_some());
        let script = self.script_of(&to);
        match script.on_ring {
            _ if twin => {}
            Ring::Fails => return self.end(sid, CallStatus::Failed, EndCause::Failed),
            Ring::Busy => return self.end(sid, CallStatus::Busy, EndCause::Busy),
            _ => {}
        }
        if let Some(call) = self.live_mut(sid) {
            call.status = CallStatus::Ringing;
        }
        self.fire(sid, "ringing");
        self.after(timeout + grace, Due::RingsOut(sid.to_owned()));
        match script.on_ring {
            _ if twin => {}
            Ring::Answers { after } => self.after(after, Due::Answers(sid.to_owned())),
            Ring::Declines { after } => self.after(after, Due::Declines(sid.to_owned())),
            Ring::Busy | Ring::Fails | Ring::RingsOut | Ring::Manual => {}
        }
    }

    /// The person at the other end picked up a leg of ours.
    pub(super) fn picked_up(&mut self, sid: &str) {
        if !self.live(sid).is_some_and(|c| matches!(c.status, CallStatus::Ringing | CallStatus::Initiated)) {
            return;
        }
        self.answered(sid);
        let Some(call) = self.live(sid) else { return };
        let script = self.script_of(&call.to);
        self.lends_voice(sid, &script);
        for (wait, digits) in script.presses {
            self.after(wait, Due::Presses(sid.to_owned(), digits));
        }
        if let Some(talk) = script.then {
            self.after(talk, Due::HangsUp(sid.to_owned()));
        }
        if !self.sends_digits(sid) {
            self.begin(sid);
        }
    }

    /// What an answered leg of ours does first.
    pub(super) fn begin(&mut self, sid: &str) {
        if self.detects(sid) {
            return;
        }
        let Some(call) = self.live(sid) else { return };
        let (parent, entry, target, twiml) =
            (call.parent.clone(), call.entry.clone(), call.target.clone(), call.twiml.clone());
        self.hear(sid, Hearing::Silence);
        if let Some(parent) = parent {
            self.child_answered(&parent, sid);
        } else if let Some(entry) = entry {
            self.enter_by_api(sid, &entry);
        } else if let Some(target) = target {
            let facts = self.detected_facts(sid);
            self.fetch_main(sid, target, facts);
        } else if let Some(twiml) = twiml {
            self.take_over(sid);
            self.load_text(sid, &twiml);
        }
    }

    /// The leg is connected from now on. Nothing changes when it is already.
    pub(super) fn answered(&mut self, sid: &str) {
        let now = self.now;
        let Some(call) = self.live_mut(sid).filter(|call| call.answered.is_none()) else { return };
        call.status = CallStatus::InProgress;
        call.answered = Some(now);
        call.updated = now;
        let (limit, twin, inbound) = (call.limit, call.twin.clone(), call.direction == Direction::Inbound);
        self.after(limit, Due::TimeLimit(sid.to_owned()));
        self.records_answered(sid);
        self.fire(sid, "answered");
        if inbound && self.calls.get(sid).is_some_and(|c| c.heard.last().is_none_or(|h| h.what == Hearing::Ringback)) {
            self.hear(sid, Hearing::Silence);
        }
        if let (true, Some(twin)) = (inbound, twin) {
            self.picked_up(&twin);
        }
    }

    /// The leg is over. An answered one is `completed`, whatever ended it.
    pub(super) fn end(&mut self, sid: &str, status: CallStatus, cause: EndCause) {
        let now = self.now;
        let Some(call) = self.live_mut(sid) else { return };
        call.status = if call.answered.is_some() { CallStatus::Completed } else { status };
        call.sip_code = sip_code(call.status, cause);
        call.ended = Some(now);
        call.updated = now;
        call.cause = Some(cause);
        call.epoch += 1;
        let frames = std::mem::take(&mut call.frames);
        let (inbound, parent, bridge, twin) =
            (call.direction == Direction::Inbound, call.parent.clone(), call.bridge.take(), call.twin.clone());
        self.living.retain(|other| other != sid);
        self.hear(sid, Hearing::Nothing);
        if inbound && matches!(cause, EndCause::TimeLimit | EndCause::Failed | EndCause::Parent) {
            self.lose(sid, Loss::Cut);
        }
        self.leave_all(sid, &frames);
        self.close_sockets(sid);
        self.leave_conference(sid, "participant_hung_up");
        self.voice_ends(sid);
        self.fire(sid, "completed");
        self.validation_over(sid);
        if let Some(other) = bridge {
            self.other_side_gone(&other, sid);
        }
        if let Some(parent) = parent {
            self.child_over(&parent, sid);
        }
        if let Some(twin) = twin {
            let status = if inbound { status } else { CallStatus::Canceled };
            self.end(&twin, status, EndCause::HungUp);
        }
        self.forget_cookies(sid);
    }

    /// Lets go of whatever the documents of an ended leg held.
    fn leave_all(&mut self, sid: &str, frames: &[Frame]) {
        for frame in frames {
            match &frame.doing {
                Doing::Dialling(dial) => self.dial_abandoned(sid, frame, dial),
                Doing::Conferencing(_) => self.leave_conference(sid, "participant_hung_up"),
                Doing::Queueing(queueing) => self.queue_abandoned(sid, frame, queueing),
                Doing::Recording(record) => self.record_abandoned(sid, frame, record),
                Doing::Paying(paying) => self.pay_abandoned(sid, frame, paying),
                Doing::Connecting(connecting) => self.connect_abandoned(sid, connecting),
                _ => {}
            }
        }
    }

    pub(super) fn lose(&mut self, sid: &str, loss: Loss) {
        let lost = LostCall { call: sid.to_owned(), loss, at: self.now };
        self.losses.entry(sid.to_owned()).or_default().push(lost);
    }

    /// Takes the leg out of whatever its documents do, to drive it by a new one.
    pub(super) fn take_over(&mut self, sid: &str) {
        let now = self.now;
        let Some(call) = self.live_mut(sid) else { return };
        call.epoch += 1;
        call.failing = false;
        let frames = std::mem::take(&mut call.frames);
        let (parent, bridge) = (call.parent.clone(), call.bridge.take());
        call.frames.push(Frame {
            role: Role::Main,
            verbs: Vec::new(),
            next: 0,
            url: None,
            doing: Doing::Idle,
            began: now,
        });
        for frame in &frames {
            match &frame.doing {
                Doing::Dialling(dial) => self.dial_interrupted(sid, frame, dial),
                Doing::Conferencing(_) => self.leave_conference(sid, "participant_updated_via_api"),
                Doing::Queueing(queueing) => self.queue_redirected(sid, frame, queueing),
                Doing::Recording(record) => self.record_interrupted(sid, record),
                Doing::Connecting(connecting) => self.connect_interrupted(connecting),
                _ => {}
            }
        }
        if let Some(other) = bridge {
            self.other_side_gone(&other, sid);
        }
        if let Some(parent) = parent {
            self.child_over(&parent, sid);
        }
        let rings = self.live(sid).is_some_and(|c| c.answered.is_none());
        self.hear(sid, if rings { Hearing::Ringback } else { Hearing::Silence });
    }
}

/// SipResponseCode of the terminal callback (Twilio docs, call status callback).
fn sip_code(status: CallStatus, cause: EndCause) -> u16 {
    match (status, cause) {
        (CallStatus::Busy, EndCause::Declined) => 603,
        (CallStatus::Busy, _) => 486,
        (CallStatus::NoAnswer | CallStatus::Canceled, _) => 487,
        (CallStatus::Failed, _) => 404,
        _ => 200,
    }
}
