//! Dial: who is rung, and how the bridge comes about (Twilio docs, TwiML Dial).

use std::time::Duration;

use super::Carrier;
use super::dial_nouns::{ALONE, callee, nouns};
use super::form::is_web_url;
use super::state::{Call, Dialling, Doing, Due, Subscription, Target};
use super::types::{CallStatus, Direction, EndCause, Hearing};
use super::xml::Element;

/// Twilio docs, TwiML Dial: at most ten nouns.
const NOUN_CAP: usize = 10;

impl Carrier {
    pub(super) fn dial(&mut self, sid: &str, verb: &Element) {
        let url = self.document_url(sid);
        let nouns = nouns(verb);
        let single = nouns.iter().find(|n| ALONE.contains(&n.name.as_str())).cloned();
        if let Some(noun) = single.as_ref().filter(|_| nouns.len() > 1) {
            self.fails(sid, 13_000, &format!("<{}> stands alone in its Dial", noun.name), &url);
            return;
        }
        match single {
            Some(noun) if noun.name == "Conference" => self.enter_by_verb(sid, verb, &noun),
            Some(noun) if noun.name == "Queue" => match noun.text.trim().chars().count() {
                0 => self.fails(sid, 14_212, "a queue needs a name", &url),
                1..=64 => self.dial_queue(sid, verb, &noun),
                _ => self.fails(sid, 14_213, "the name of a queue has at most 64 characters", &url),
            },
            _ => self.dial_people(sid, verb, nouns, &url),
        }
    }

    fn dial_people(&mut self, sid: &str, verb: &Element, nouns: Vec<Element>, url: &str) {
        if nouns.len() > NOUN_CAP {
            self.notify(13_215, Some(sid), format!("more than {NOUN_CAP} nouns; the rest is not dialled"), url);
        }
        let mut good = self.callees(&sid.to_owned(), nouns.into_iter().take(NOUN_CAP).collect(), url);
        if !self.caller_id_allowed(sid, verb) {
            self.notify(13_214, Some(sid), "callerId is neither a number of ours nor the caller's", url);
            good.clear();
        }
        let now_count = if verb.flag("sequential", false) { 1 } else { good.len() };
        let rest = good.split_off(now_count.min(good.len()));
        let dial = Dialling {
            verb: verb.clone(),
            rest,
            children: Vec::new(),
            bridged: None,
            bridged_at: None,
            last: CallStatus::Failed,
            queue: None,
        };
        self.set_doing(sid, Doing::Dialling(Box::new(dial)));
        if good.is_empty() {
            self.dial_over(sid);
            return;
        }
        self.hear(sid, Hearing::Ringback);
        for noun in &good {
            self.ring_noun(sid, verb, noun);
        }
        self.records_dial(sid, true);
    }

    /// Twilio docs, error 13214. Without callerId the caller's own From is shown.
    fn caller_id_allowed(&self, sid: &str, verb: &Element) -> bool {
        let Some(id) = verb.attr("callerId") else { return true };
        let own = self.live(sid).is_some_and(|c| c.from == id || c.to == id);
        own || self.may_show(id) || id.starts_with("client:") || id.starts_with("sip:")
    }

    fn ring_noun(&mut self, sid: &str, verb: &Element, noun: &Element) {
        let Some((from, called)) = self.live(sid).map(|c| (c.from.clone(), c.to.clone())) else { return };
        let Ok(callee) = callee(noun) else { return };
        let from = verb.attr("callerId").map_or(from, str::to_owned);
        let child = self.sid("CA");
        let mut call = Call::new(child, Direction::OutboundDial, &from, &callee.to, self.now);
        // Twilio docs, TwiML Application: To is its sid, unless the parent's is to be copied.
        let copied = noun.flag("copyParentTo", false).then_some(called);
        call.voice.shown_to = callee.application.map(|sid| copied.unwrap_or(sid));
        call.voice.parameters = callee.parameters;
        call.voice.digits = noun.attr("sendDigits").filter(|digits| !digits.is_empty()).map(str::to_owned);
        call.parent = Some(sid.to_owned());
        call.depth = self.live(sid).map_or(0, |parent| parent.depth);
        call.timeout = Duration::from_secs(verb.number("timeout", 30));
        call.screen = self.target_of(sid, noun, "url", "method");
        if matches!(noun.name.as_str(), "Number" | "Sip") {
            call.voice.detection = self.detection_of_noun(sid, noun);
        }
        let target = self.target_of(sid, noun, "statusCallback", "statusCallbackMethod");
        call.callback = target.filter(|t| is_web_url(&t.url)).map(|to| {
            let events = noun.attr("statusCallbackEvent").unwrap_or("completed");
            Subscription { to, events: events.split_whitespace().map(str::to_owned).collect() }
        });
        let child = self.add_call(call);
        if let Some(dial) = self.live_mut(sid).and_then(Call::dialling_mut) {
            dial.children.push(child.clone());
        }
        self.after(Duration::ZERO, Due::Place(child));
    }

    /// The first to get here wins; the others are cancelled.
    pub(super) fn bridge_child(&mut self, parent: &str, child: &str) {
        let now = self.now;
        let free = self
            .live_mut(parent)
            .and_then(Call::dialling_mut)
            .filter(|dial| dial.bridged.is_none() && dial.children.iter().any(|c| c == child));
        let Some(dial) = free else {
            self.end(child, CallStatus::Canceled, EndCause::Parent);
            return;
        };
        dial.bridged = Some(child.to_owned());
        dial.bridged_at = Some(now);
        let limit = dial.verb.attr("timeLimit").and_then(|v| v.trim().parse::<u64>().ok());
        let others: Vec<String> = dial.children.iter().filter(|c| *c != child).cloned().collect();
        for other in others {
            self.end(&other, CallStatus::Canceled, EndCause::Parent);
        }
        self.answered(parent);
        self.bridge(parent, child);
        if let Some(limit) = limit.filter(|limit| (1..=86_400).contains(limit)) {
            self.after(Duration::from_secs(limit), Due::DialLimit(parent.to_owned(), child.to_owned()));
        }
    }

    /// Two legs hear each other from now on.
    pub(super) fn bridge(&mut self, a: &str, b: &str) {
        if self.live(a).is_none() || self.live(b).is_none() {
            return;
        }
        for (one, other) in [(a, b), (b, a)] {
            if let Some(call) = self.live_mut(one) {
                call.bridge = Some(other.to_owned());
            }
            self.hear(one, Hearing::Party);
        }
        self.talk_pair(a, b, true);
        self.records_dial(a, false);
    }

    /// A dialled leg is over, or was taken away by REST.
    pub(super) fn child_over(&mut self, parent: &str, child: &str) {
        let status = self.calls.get(child).map_or(CallStatus::Failed, |c| c.status);
        let children = self.live(parent).and_then(Call::dialling).map(|d| d.children.clone()).unwrap_or_default();
        let others = children.iter().any(|c| c != child && self.live(c).is_some());
        let Some(dial) = self.live_mut(parent).and_then(Call::dialling_mut) else { return };
        if !dial.children.iter().any(|c| c == child) || dial.bridged.as_deref().is_some_and(|c| c != child) {
            return;
        }
        dial.last = if status.is_over() { status } else { CallStatus::Completed };
        if dial.bridged.is_none() {
            if others {
                return;
            }
            if !dial.rest.is_empty() {
                let (next, verb) = (dial.rest.remove(0), dial.verb.clone());
                return self.ring_noun(parent, &verb, &next);
            }
        }
        if dial.bridged.is_none() {
            // The leg that counts in the action is the last one.
            dial.children.retain(|c| c != child);
            dial.children.push(child.to_owned());
        }
        self.dial_over(parent);
    }

    pub(super) fn hear_bridge_end(&mut self, sid: &str) {
        let answered = self.live(sid).is_some_and(|c| c.answered.is_some());
        self.hear(sid, if answered { Hearing::Silence } else { Hearing::Ringback });
    }

    pub(super) fn action_of(&mut self, sid: &str, verb: &Element) -> Option<Target> {
        self.target_of(sid, verb, "action", "method")
    }
}
