//! Speech in Gather: which words are heard, when somebody has finished, and what is told meanwhile (Twilio docs, TwiML
//! Gather).

use std::time::Duration;

use super::Carrier;
use super::callback::pair;
use super::form::Pairs;
use super::state::{Doing, Gathering};
use super::types::Hearing;
use super::voice::Utterance;
use super::webhook::Purpose;
use super::xml::Element;
use crate::time::Timestamp;

/// Twilio docs, TwiML Gather: speech is limited to 60 seconds.
const LONGEST: Duration = Duration::from_secs(60);
/// Unverified: how much silence ends speech where `speechTimeout` is `auto`.
const PAUSE: Duration = Duration::from_secs(1);

/// What a Gather has heard of somebody's speech.
#[derive(Clone, Debug)]
pub(super) struct Speech {
    began: Timestamp,
    /// Each with the time at which it has been said.
    words: Vec<(Timestamp, String)>,
    /// How many of them the partial results have told.
    told: usize,
    sequence: u64,
}

impl Speech {
    fn text(&self, until: Timestamp) -> String {
        let words = self.words.iter().filter(|(at, _)| *at <= until).map(|(_, word)| word.as_str());
        words.collect::<Vec<_>>().join(" ")
    }
}

/// Whether a Gather listens to this kind of input.
pub(super) fn takes(verb: &Element, kind: &str) -> bool {
    verb.attr("input").unwrap_or("dtmf").split_whitespace().any(|k| k == kind)
}

/// The words that are still to be heard at `now`, each with its end.
fn words(utterance: &Utterance, now: Timestamp) -> Vec<(Timestamp, String)> {
    let whole = u32::try_from(utterance.words.chars().count()).unwrap_or(u32::MAX).max(1);
    let length = utterance.to.since(utterance.from);
    let mut said = 0_u32;
    let mut words = Vec::new();
    for word in utterance.words.split_whitespace() {
        said = said.saturating_add(u32::try_from(word.chars().count()).unwrap_or(0)).saturating_add(1);
        words.push((utterance.from + length * said.min(whole) / whole, word.to_owned()));
    }
    words.retain(|(at, _)| *at > now);
    words
}

impl Carrier {
    /// Somebody speaks while a Gather listens or plays its prompts.
    pub(super) fn speech_in_gather(&mut self, sid: &str, mut gathering: Gathering, utterance: &Utterance) {
        // The first kind of input that is heard wins.
        let ignored = !takes(&gathering.verb, "speech") || !gathering.digits.is_empty();
        // Whether speech cuts prompts without `bargeIn` is not documented; the libraries' default is that it does.
        let talked_over = !gathering.listening && !gathering.verb.flag("bargeIn", true);
        let words = words(utterance, self.now);
        if ignored || talked_over || words.is_empty() {
            return;
        }
        gathering.listening = true;
        let began = self.now.max(utterance.from);
        let speech = gathering.speech.get_or_insert(Speech { began, words: Vec::new(), told: 0, sequence: 0 });
        speech.words.extend(words);
        self.hear(sid, Hearing::Pause);
        self.speech_on(sid, gathering);
    }

    /// Somebody was speaking already when a Gather began to listen.
    pub(super) fn overheard(&mut self, sid: &str, gathering: &Gathering) -> bool {
        let now = self.now;
        let last = self.live(sid).and_then(|c| c.voice.said.last()).filter(|said| said.to > now).cloned();
        let Some(utterance) = last.filter(|_| gathering.speech.is_none() && takes(&gathering.verb, "speech")) else {
            return false;
        };
        if words(&utterance, now).is_empty() || !gathering.digits.is_empty() {
            return false;
        }
        let mut gathering = gathering.clone();
        gathering.listening = true;
        self.speech_in_gather(sid, gathering, &utterance);
        true
    }

    /// When the speech is over, unless more is said.
    fn speech_ends(&self, gathering: &Gathering, speech: &Speech) -> Timestamp {
        let verb = &gathering.verb;
        let timeout = Duration::from_secs(verb.number("timeout", 5).max(1));
        let pause = match verb.attr("speechTimeout").map(str::trim) {
            // Twilio docs, error 13335: not together with an explicit model.
            Some("auto") if verb.attr("speechModel").is_none() => PAUSE,
            Some(text) => text.parse().map_or(timeout, Duration::from_secs),
            None => timeout,
        };
        let last = speech.words.last().map_or(speech.began, |(at, _)| *at);
        (last + pause).min(speech.began + LONGEST)
    }

    /// Waits for the next partial result, or for the end.
    fn speech_on(&mut self, sid: &str, gathering: Gathering) {
        let Some(speech) = gathering.speech.clone() else { return };
        let end = self.speech_ends(&gathering, &speech);
        let partial = gathering.verb.attr("partialResultCallback").is_some_and(|url| !url.trim().is_empty());
        let next = speech.words.get(speech.told).filter(|_| partial).map_or(end, |(at, _)| (*at).min(end));
        self.set_doing(sid, Doing::Gathering(Box::new(gathering)));
        self.wake(sid, next.since(self.now));
    }

    /// A word has been said, or nothing more was.
    pub(super) fn speech_step(&mut self, sid: &str, mut gathering: Gathering) {
        let now = self.now;
        let Some(mut speech) = gathering.speech.clone() else { return };
        if now >= self.speech_ends(&gathering, &speech) {
            self.gathered(sid, &gathering, "");
            return;
        }
        let said = speech.words.iter().take_while(|(at, _)| *at <= now).count();
        if said > speech.told {
            self.tell_partial(sid, &gathering.verb, &speech, said);
            speech.told = said;
            speech.sequence += 1;
        }
        gathering.speech = Some(speech);
        self.speech_on(sid, gathering);
    }

    /// Field names as seen in users' code; the reply is ignored.
    fn tell_partial(&mut self, sid: &str, verb: &Element, speech: &Speech, said: usize) {
        let Some(to) = self.target_of(sid, verb, "partialResultCallback", "partialResultCallbackMethod") else {
            return;
        };
        let Some(call) = self.live(sid).cloned() else { return };
        let text = |n: usize| speech.words.iter().take(n).map(|(_, w)| w.as_str()).collect::<Vec<_>>().join(" ");
        let mut pairs = self.standard(&call, call.status);
        pairs.push(pair("UnstableSpeechResult", text(said)));
        pairs.push(pair("StableSpeechResult", text(said.saturating_sub(1))));
        pairs.push(pair("SequenceNumber", speech.sequence.to_string()));
        self.send(&to, &pairs, Some(sid), Purpose::Callback(15_003));
    }

    /// What the action is told of the speech; `None` without any.
    pub(super) fn speech_facts(&self, gathering: &Gathering) -> Option<Pairs> {
        let speech = gathering.speech.as_ref()?;
        let text = speech.text(speech.began + LONGEST);
        let hinted = gathering.verb.attr("hints").is_some_and(|hints| {
            let said = text.to_lowercase();
            hints.split(',').map(|hint| hint.trim().to_lowercase()).any(|hint| !hint.is_empty() && said.contains(&hint))
        });
        let mut pairs = vec![
            pair("SpeechResult", text),
            // Made up: what was hinted at is understood better.
            pair("Confidence", if hinted { "0.97" } else { "0.9" }),
        ];
        if self.config.rules.voice.gather_tells_language {
            pairs.push(pair("Language", gathering.verb.attr("language").unwrap_or("en-US")));
        }
        Some(pairs)
    }
}
