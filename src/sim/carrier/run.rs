//! Executing a document, verb after verb.

use std::time::Duration;

use super::Carrier;
use super::state::{Doing, Frame, Role, Target};
use super::types::{CallStatus, EndCause, Hearing};
use super::voice::speaking_ms;
use super::xml::Element;

/// Twilio docs, TwiML Say and Play: a loop of 0 repeats until hang-up, capped at 1000.
const LOOP_CAP: u64 = 1000;

impl Carrier {
    /// Executes verbs until one takes time or the leg is over.
    pub(super) fn run(&mut self, sid: &str) {
        // A verb that ends at once calls this again: the loop below goes on, so that a long document needs no stack.
        let Some(call) = self.live_mut(sid).filter(|call| !call.running) else { return };
        call.running = true;
        while let Some(call) = self.live_mut(sid) {
            let Some(frame) = call.frames.last_mut().filter(|frame| matches!(frame.doing, Doing::Ready)) else { break };
            let verb = frame.verbs.get(frame.next).cloned();
            frame.next += 1;
            match verb {
                Some(verb) => self.verb(sid, &verb),
                None => self.document_over(sid),
            }
        }
        if let Some(call) = self.calls.get_mut(sid) {
            call.running = false;
        }
    }

    /// What the leg was doing has lasted long enough.
    pub(super) fn step(&mut self, sid: &str) {
        let Some(frame) = self.live(sid).and_then(|c| c.top()).cloned() else { return };
        match frame.doing {
            Doing::Sounding | Doing::Ready => {
                self.set_doing(sid, Doing::Ready);
                self.run(sid);
            }
            Doing::Gathering(gathering) => self.gather_step(sid, *gathering),
            Doing::Recording(record) => self.record_step(sid, *record),
            Doing::Paying(paying) => self.pay_step(sid, *paying),
            Doing::Referring(referring) => self.after_refer(sid, *referring),
            Doing::Dialling(_) => self.queue_dial_timeout(sid),
            Doing::Idle if frame.role == Role::Wait => self.wait_again(sid),
            _ => {}
        }
    }

    /// No verbs left (Twilio docs, TwiML: a live leg never idles).
    fn document_over(&mut self, sid: &str) {
        let Some(call) = self.live(sid) else { return };
        let (parent, failing) = (call.parent.clone(), call.failing);
        let Some(frame) = call.top().cloned() else { return };
        match frame.role {
            Role::Main => {
                self.answered(sid);
                let cause = if failing { EndCause::ApplicationError } else { EndCause::Document };
                self.end(sid, CallStatus::Completed, cause);
            }
            Role::Screen => {
                if let Some(call) = self.live_mut(sid) {
                    call.frames.clear();
                    call.epoch += 1;
                }
                match parent {
                    Some(parent) => self.bridge_child(&parent, sid),
                    None => self.end(sid, CallStatus::Completed, EndCause::Document),
                }
            }
            Role::QueueScreen(agent) => self.bridge_queued(sid, &agent),
            Role::Wait => self.wait_document_over(sid, &frame),
            Role::Announce => self.announced(sid, true),
            Role::Music => {
                // Twilio docs, TwiML Conference: waitUrl plays once, then silence.
                self.set_doing(sid, Doing::Idle);
                self.hear(sid, Hearing::Silence);
            }
        }
    }

    /// Twilio docs, TwiML Enqueue: the wait document is asked for again when it ends.
    fn wait_document_over(&mut self, sid: &str, frame: &Frame) {
        if frame.began == self.now {
            // One that takes no time would be asked for without end.
            self.set_doing(sid, Doing::Idle);
            self.hear(sid, Hearing::Silence);
            self.wake(sid, Duration::from_secs(1));
        } else {
            self.wait_again(sid);
        }
    }

    fn verb(&mut self, sid: &str, verb: &Element) {
        let Some(role) = self.live(sid).and_then(|c| c.top()).map(|f| f.role.clone()) else { return };
        let url = self.document_url(sid);
        if needs_answer(verb) {
            self.answered(sid);
        }
        match verb.name.as_str() {
            "Say" | "Play" | "Pause" => {
                let music = matches!(role, Role::Wait | Role::Music);
                let (what, ms) = self.sound_of(sid, verb, music);
                self.sound(sid, what, ms)
            }
            "Gather" => self.gather(sid, verb),
            "Dial" => self.dial(sid, verb),
            "Enqueue" if verb.attr("workflowSid").is_some() => self.enqueue_task(sid, verb),
            "Enqueue" if verb.text.trim().chars().count() > 64 => {
                self.fails(sid, 14_205, "the name of a queue has at most 64 characters", &url);
            }
            "Enqueue" => self.enqueue(sid, verb),
            "Leave" if role == Role::Wait => self.leave_queue(sid),
            "Redirect" => self.redirect(sid, verb),
            "Record" => self.record(sid, verb),
            "Refer" => self.refer(sid, verb),
            "Pay" => self.pay(sid, verb),
            "Sms" => self.sms(sid, verb),
            "Echo" => {
                self.set_doing(sid, Doing::Echoing);
                self.hear(sid, Hearing::Echo);
            }
            "Start" => self.start_verb(sid, verb),
            "Stop" => self.stop_verb(sid, verb),
            "Hangup" => self.hang_up_by_document(sid),
            "Reject" => self.reject(sid, verb),
            "Connect" => self.connect(sid, verb),
            other => {
                self.notify(12_200, Some(sid), format!("<{other}> does nothing here; skipped"), &url);
            }
        }
    }

    pub(super) fn document_url(&self, sid: &str) -> String {
        self.live(sid).and_then(|c| c.top()).and_then(|f| f.url.clone()).unwrap_or_default()
    }

    /// The leg hears this for so long, then goes on.
    pub(super) fn sound(&mut self, sid: &str, what: Hearing, length_ms: u64) {
        self.set_doing(sid, Doing::Sounding);
        let rings = self.live(sid).is_some_and(|c| c.answered.is_none());
        if let Hearing::Say(words) = &what {
            self.is_read_to(sid, words, Duration::from_millis(length_ms));
        }
        self.hear(sid, if rings { Hearing::Ringback } else { what });
        self.wake(sid, Duration::from_millis(length_ms));
    }

    /// What a Say, Play or Pause sounds like, and its length in milliseconds.
    pub(super) fn sound_of(&mut self, sid: &str, verb: &Element, music: bool) -> (Hearing, u64) {
        let times = match verb.number("loop", 1) {
            0 => LOOP_CAP,
            n => n.min(LOOP_CAP),
        };
        match verb.name.as_str() {
            "Say" => {
                let words = verb.words();
                let length = speaking_ms(&words).saturating_mul(times);
                (Hearing::Say(words), length)
            }
            "Play" => match verb.attr("digits") {
                Some(digits) => (Hearing::Play(format!("digits:{digits}")), tones_ms(digits).saturating_mul(times)),
                None => {
                    let reference = verb.words();
                    let url = self.resolved(sid, &reference).unwrap_or(reference);
                    let length = u64::try_from(self.config.rules.play_length.as_millis()).unwrap_or(u64::MAX);
                    let what = if music { Hearing::Music(url) } else { Hearing::Play(url) };
                    (what, length.saturating_mul(times))
                }
            },
            _ => (Hearing::Pause, verb.number("length", 1).saturating_mul(1000)),
        }
    }

    fn redirect(&mut self, sid: &str, verb: &Element) {
        let Some(url) = self.resolved(sid, &verb.words()) else {
            self.fails(sid, 13_710, "a Redirect that leads nowhere", "");
            return;
        };
        let Some(call) = self.live(sid) else { return };
        let role = call.top().map(|f| f.role.clone());
        let extra = match (&role, call.queueing().map(|q| q.queue.clone())) {
            (Some(Role::Wait), Some(queue)) => self.queue_facts(sid, &queue),
            _ => Vec::new(),
        };
        if let (Some(role), Some(call)) = (role, self.live_mut(sid)) {
            call.frames.pop();
            self.fetch(sid, role, Target::new(url, verb.attr("method")), extra);
        }
    }

    /// TaskRouter is no part of this carrier: what it would refuse is refused, and the rest is not supported.
    fn enqueue_task(&mut self, sid: &str, verb: &Element) {
        let url = self.document_url(sid);
        let workflow = verb.attr("workflowSid").unwrap_or_default();
        let task = verb.children.iter().find(|c| c.name == "Task").map(|c| c.text.trim().to_owned());
        let is_json = |text: &String| serde_json::from_str::<serde_json::Value>(text).is_ok_and(|v| v.is_object());
        let (code, why) = match () {
            () if !workflow.starts_with("WW") || workflow.len() != 34 => {
                (14_220, "workflowSid is no sid of a workflow")
            }
            () if task.as_ref().is_some_and(|task| !is_json(task)) => {
                (14_221, "the attributes of the task are no JSON")
            }
            () => (14_226, "TaskRouter is no part of this carrier"),
        };
        self.notify(code, Some(sid), why, &url);
        if let Some(action) = self.target_of(sid, verb, "action", "method") {
            self.fetch_main(sid, action, vec![super::callback::pair("QueueResult", "error")]);
        }
    }

    fn hang_up_by_document(&mut self, sid: &str) {
        self.end(sid, CallStatus::Completed, EndCause::Document);
    }

    /// Twilio docs, TwiML Reject: never answered, not billed. On an answered leg it is a hang-up.
    fn reject(&mut self, sid: &str, verb: &Element) {
        let busy = verb.attr("reason") == Some("busy") || self.config.rules.rejected_is_busy;
        let status = if busy { CallStatus::Busy } else { CallStatus::NoAnswer };
        self.end(sid, status, EndCause::Document);
    }
}

/// Length of DTMF: `w` 0.5 s, `W` 1 s (Twilio docs, TwiML Play), a key 0.2 s.
pub(super) fn tones_ms(digits: &str) -> u64 {
    digits
        .chars()
        .map(|key| match key {
            'w' => 500,
            'W' => 1000,
            _ => 200,
        })
        .sum()
}

/// Twilio docs, TwiML: answered by the first verb that needs media; a Pause first delays the answer, a Reject prevents
/// it, a Dial with answerOnBridge leaves it to the callee, and Connect answers once it has noted that the call rings.
fn needs_answer(verb: &Element) -> bool {
    match verb.name.as_str() {
        "Say" | "Play" | "Gather" | "Record" | "Enqueue" | "Hangup" | "Pay" | "Echo" | "Refer" => true,
        "Dial" => !verb.flag("answerOnBridge", false),
        _ => false,
    }
}
