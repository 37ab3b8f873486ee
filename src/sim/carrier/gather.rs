//! Gather: prompts, keys, and what comes of them (Twilio docs, TwiML Gather).

use std::time::Duration;

use super::Carrier;
use super::callback::pair;
use super::speech::takes;
use super::state::{Doing, Gathering, Role};
use super::types::Hearing;
use super::xml::Element;

impl Carrier {
    pub(super) fn gather(&mut self, sid: &str, verb: &Element) {
        let prompts = verb.children.clone();
        let gathering =
            Gathering { verb: verb.clone(), prompts, digits: String::new(), listening: false, speech: None };
        if verb.flag("bargeIn", true) && self.overheard(sid, &gathering) {
            return;
        }
        self.gather_on(sid, gathering);
    }

    /// The next prompt, or listening.
    fn gather_on(&mut self, sid: &str, mut gathering: Gathering) {
        if gathering.prompts.is_empty() || gathering.listening {
            self.listen(sid, gathering);
            return;
        }
        let prompt = gathering.prompts.remove(0);
        let (what, ms) = self.sound_of(sid, &prompt, false);
        self.set_doing(sid, Doing::Gathering(Box::new(gathering)));
        if let Hearing::Say(words) = &what {
            self.is_read_to(sid, words, Duration::from_millis(ms));
        }
        self.hear(sid, what);
        self.wake(sid, Duration::from_millis(ms));
    }

    fn listen(&mut self, sid: &str, mut gathering: Gathering) {
        if !gathering.listening && self.overheard(sid, &gathering) {
            return;
        }
        gathering.listening = true;
        let timeout = gathering.verb.number("timeout", 5).max(1);
        self.set_doing(sid, Doing::Gathering(Box::new(gathering)));
        self.hear(sid, Hearing::Pause);
        self.wake(sid, Duration::from_secs(timeout));
    }

    /// A prompt has ended, or the timeout has.
    pub(super) fn gather_step(&mut self, sid: &str, gathering: Gathering) {
        match (gathering.speech.is_some(), gathering.listening) {
            (true, _) => self.speech_step(sid, gathering),
            (false, true) => self.gathered(sid, &gathering, ""),
            (false, false) => self.gather_on(sid, gathering),
        }
    }

    /// A key was pressed: it stops the prompts, and the timeout starts again.
    pub(super) fn key_in_gather(&mut self, sid: &str, mut gathering: Gathering, key: char) {
        // The first kind of input that is heard wins.
        if !takes(&gathering.verb, "dtmf") || gathering.speech.is_some() {
            return;
        }
        let finish = gathering.verb.attr("finishOnKey").unwrap_or("#").to_owned();
        if finish.contains(key) {
            return self.gathered(sid, &gathering, &key.to_string());
        }
        gathering.digits.push(key);
        let wanted = gathering.verb.number("numDigits", 0);
        if wanted > 0 && u64::try_from(gathering.digits.len()).unwrap_or(u64::MAX) >= wanted {
            return self.gathered(sid, &gathering, "");
        }
        self.listen(sid, gathering);
    }

    /// Input: the action is asked and the rest of the document dropped. None: the next verb, unless
    /// actionOnEmptyResult.
    pub(super) fn gathered(&mut self, sid: &str, gathering: &Gathering, finished: &str) {
        let speech = self.speech_facts(gathering);
        let wanted =
            speech.is_some() || !gathering.digits.is_empty() || gathering.verb.flag("actionOnEmptyResult", false);
        let target = if wanted { self.target_or_self(sid, &gathering.verb) } else { None };
        let Some(target) = target else {
            self.set_doing(sid, Doing::Ready);
            return self.run(sid);
        };
        let extra = speech.unwrap_or_else(|| {
            vec![pair("Digits", gathering.digits.clone()), pair("FinishedOnKey", finished), pair("msg", "Gather End")]
        });
        self.hear(sid, Hearing::Silence);
        let role = self.live(sid).and_then(|c| c.top()).map(|f| f.role.clone());
        match role {
            None | Some(Role::Main) => self.fetch_main(sid, target, extra),
            Some(role) => {
                if let Some(call) = self.live_mut(sid) {
                    call.frames.pop();
                }
                self.fetch(sid, role, target, extra);
            }
        }
    }
}
