//! Who speaks in a `<ConversationRelay>`: the server's text, the caller's words, and who cuts whom short.
//!
//! The text of a talk cycle is spoken sentence by sentence, as its tokens come; when real speech begins is not
//! documented. A token whose sentence does not go on for a second is spoken as it is.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::Carrier;
use super::run::tones_ms;
use super::socket::SocketDue;
use super::state::Due;
use super::types::Hearing;
use super::voice::speaking_ms;
use crate::media::relay::{Dtmf, Event, Info, Interrupt, Interruptible, Play, Prompt, Text};
use crate::time::Timestamp;

/// How long an unfinished sentence waits for the rest of it.
const SENTENCE_WAIT: Duration = Duration::from_secs(1);
/// Twilio docs, ConversationRelay: `loop` 0 means so many times.
const LOOP_MAX: u32 = 1000;

/// What the server has said, and what is spoken of it.
#[derive(Debug, Default)]
pub(super) struct Speech {
    queue: VecDeque<Utterance>,
    /// Since when the first of the queue is spoken.
    since: Option<Timestamp>,
    /// Which utterance it is.
    pub(super) serial: u64,
    /// Tokens whose sentence has not ended.
    pending: String,
    manner: Option<Manner>,
    /// Counts tokens, to know whether more came.
    pub(super) tokens: u64,
    /// Counts talk cycles.
    cycle: u64,
    is_open: bool,
    /// Of the cycle that is being spoken: which, since when, and what of it is over.
    spoken: Option<(u64, Timestamp, String)>,
}

#[derive(Clone, Copy, Debug)]
struct Manner {
    interruptible: Interruptible,
    preemptible: bool,
}

#[derive(Debug)]
struct Utterance {
    what: Hearing,
    length: Duration,
    manner: Manner,
    cycle: u64,
}

/// Something the caller is saying.
#[derive(Clone, Debug)]
pub(super) struct Saying {
    words: String,
    since: Timestamp,
    length: Duration,
}

impl Saying {
    pub(super) fn so_far(&self, now: Timestamp) -> String {
        said_within(&self.words, self.length, now.since(self.since))
    }
}

impl Speech {
    pub(super) fn is_silent(&self) -> bool {
        self.queue.is_empty()
    }
}

/// The whole words that are said within `time`, of those that take `all`.
fn said_within(words: &str, all: Duration, time: Duration) -> String {
    if time >= all {
        return words.to_owned();
    }
    let chars = words.chars().count();
    let said = usize::try_from(time.as_micros() * chars as u128 / all.as_micros().max(1)).unwrap_or(chars);
    let text: String = words.chars().take(said).collect();
    // A word that is not over has not been said.
    let is_whole = words.chars().nth(said).is_none_or(char::is_whitespace);
    let end = if is_whole { text.len() } else { text.rfind(char::is_whitespace).unwrap_or(0) };
    text.get(..end).unwrap_or_default().trim_end().to_owned()
}

/// Where the first sentence ends: behind its mark, when white space follows.
fn sentence_end(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let goes_on = chars.peek().is_none_or(|(_, next)| !next.is_whitespace());
        if matches!(c, '.' | '!' | '?' | ';' | ':' | '…' | '。' | '！' | '？') && !goes_on {
            return Some(at + c.len_utf8());
        }
    }
    None
}

impl Carrier {
    pub(super) fn relay_greets(&mut self, id: u64, greeting: &str, interruptible: Interruptible) {
        let Some(relay) = self.relay_at(id) else { return };
        let manner = Manner { interruptible, preemptible: relay.preemptible };
        relay.speech.cycle += 1;
        self.relay_utters(id, Hearing::Say(greeting.to_owned()), Duration::from_millis(speaking_ms(greeting)), manner);
    }

    pub(super) fn relay_token(&mut self, id: u64, text: &Text) {
        let Some(relay) = self.relay_at(id) else { return };
        let manner = Manner {
            interruptible: text.interruptible.unwrap_or(relay.interruptible),
            preemptible: text.preemptible.unwrap_or(relay.preemptible),
        };
        if !relay.speech.is_open {
            self.relay_flushes(id);
            self.relay_begins_cycle(id);
        }
        let Some(relay) = self.relay_at(id) else { return };
        relay.speech.is_open = !text.last;
        relay.speech.pending.push_str(&text.token);
        relay.speech.manner = Some(manner);
        relay.speech.tokens += 1;
        let tokens = relay.speech.tokens;
        while let Some(end) = self.relay_at(id).and_then(|relay| sentence_end(&relay.speech.pending)) {
            let Some(relay) = self.relay_at(id) else { return };
            let sentence: String = relay.speech.pending.drain(..end).collect();
            self.relay_speaks(id, sentence.trim(), manner);
        }
        if text.last {
            self.relay_flushes(id);
        } else {
            self.after(SENTENCE_WAIT, Due::Socket(id, SocketDue::Flush(tokens)));
        }
    }

    /// Another talk cycle. Twilio docs, ConversationRelay: it takes the place of what is preemptible.
    fn relay_begins_cycle(&mut self, id: u64) {
        let Some(relay) = self.relay_at(id) else { return };
        relay.speech.cycle += 1;
        let is_cut = relay.speech.queue.front().is_some_and(|utterance| utterance.manner.preemptible);
        relay.speech.queue.retain(|utterance| !utterance.manner.preemptible);
        if is_cut {
            self.relay_goes_on(id);
        }
    }

    /// What has come of a sentence is spoken now, whether it is whole or not.
    pub(super) fn relay_flushes(&mut self, id: u64) {
        let Some(relay) = self.relay_at(id) else { return };
        let rest = std::mem::take(&mut relay.speech.pending);
        if let Some(manner) = relay.speech.manner {
            self.relay_speaks(id, rest.trim(), manner);
        }
    }

    fn relay_speaks(&mut self, id: u64, words: &str, manner: Manner) {
        if !words.is_empty() {
            self.relay_utters(id, Hearing::Say(words.to_owned()), Duration::from_millis(speaking_ms(words)), manner);
        }
    }

    /// A message that stands for itself: what is pending comes first.
    fn relay_adds(&mut self, id: u64, what: Hearing, length: Duration, manner: Manner) {
        self.relay_flushes(id);
        let Some(relay) = self.relay_at(id) else { return };
        if !relay.speech.is_open {
            self.relay_begins_cycle(id);
        }
        self.relay_utters(id, what, length, manner);
    }

    pub(super) fn relay_plays(&mut self, id: u64, play: &Play) {
        let length = self.config.rules.play_length;
        let Some(relay) = self.relay_at(id) else { return };
        let manner = Manner {
            interruptible: play.interruptible.unwrap_or(relay.interruptible),
            preemptible: play.preemptible.unwrap_or(relay.preemptible),
        };
        let times = match play.times.unwrap_or(1) {
            0 => LOOP_MAX,
            times => times.min(LOOP_MAX),
        };
        self.relay_adds(id, Hearing::Play(play.source.clone()), length.saturating_mul(times), manner);
    }

    pub(super) fn relay_sends_keys(&mut self, id: u64, digits: &str) {
        let manner = Manner { interruptible: Interruptible::None, preemptible: false };
        let length = Duration::from_millis(tones_ms(digits));
        self.relay_adds(id, Hearing::Play(format!("digits:{digits}")), length, manner);
    }

    fn relay_utters(&mut self, id: u64, what: Hearing, length: Duration, manner: Manner) {
        let Some(relay) = self.relay_at(id) else { return };
        let cycle = relay.speech.cycle;
        relay.speech.queue.push_back(Utterance { what, length, manner, cycle });
        if relay.speech.since.is_none() {
            self.relay_goes_on(id);
        }
    }

    /// Speaks what is first in the queue, or falls silent.
    fn relay_goes_on(&mut self, id: u64) {
        let (Some(call), now) = (self.socket_call(id), self.now) else { return };
        let Some(relay) = self.relay_at(id) else { return };
        let speech = &mut relay.speech;
        let was_silent = speech.spoken.is_none();
        speech.serial += 1;
        let Some(next) = speech.queue.front() else {
            (speech.since, speech.spoken) = (None, None);
            self.hear(&call, Hearing::Pause);
            if !was_silent {
                self.relay_tells_speaker(id, "agentSpeaking", "off");
            }
            return;
        };
        speech.since = Some(now);
        let (what, length, cycle, serial) = (next.what.clone(), next.length, next.cycle, speech.serial);
        if speech.spoken.as_ref().is_none_or(|(spoken, ..)| *spoken != cycle) {
            speech.spoken = Some((cycle, now, String::new()));
        }
        self.hear(&call, what);
        self.after(length, Due::Socket(id, SocketDue::Played(serial)));
        if was_silent {
            self.relay_tells_speaker(id, "agentSpeaking", "on");
        }
    }

    /// The first of the queue has been spoken.
    pub(super) fn relay_spoken(&mut self, id: u64) {
        let Some(relay) = self.relay_at(id) else { return };
        let tells = relay.tells_tokens;
        if let Some(Utterance { what: Hearing::Say(words), .. }) = relay.speech.queue.pop_front() {
            if let Some((.., spoken)) = &mut relay.speech.spoken {
                *spoken = format!("{spoken} {words}").trim_start().to_owned();
            }
            if tells {
                self.relay_informs(id, "tokensPlayed", &words, None);
            }
        }
        self.relay_goes_on(id);
        let ending = self.relay_at(id).filter(|relay| relay.speech.is_silent()).and_then(|relay| relay.ending.take());
        if let Some(ending) = ending {
            self.relay_over(id, ending, Some(1000));
        }
    }

    fn relay_informs(&mut self, id: u64, name: &str, value: &str, ts: Option<i64>) {
        let info = Info { name: name.to_owned(), value: value.into(), ts, other: BTreeMap::new() };
        self.socket_says(id, Event::Info(info).write());
    }

    fn relay_tells_speaker(&mut self, id: u64, who: &str, how: &str) {
        let ts = self.now.as_micros() / 1000;
        if self.relay_at(id).is_some_and(|relay| relay.tells_speakers) {
            self.relay_informs(id, who, how, Some(ts));
        }
    }

    /// The caller cuts short what may be cut short so; gives whether what is being spoken was.
    fn relay_interrupts(&mut self, id: u64, may: fn(Interruptible) -> bool) -> bool {
        let now = self.now;
        let Some(relay) = self.relay_at(id) else { return false };
        let speech = &mut relay.speech;
        let (Some(front), Some(since)) = (speech.queue.front(), speech.since) else { return false };
        if !may(front.manner.interruptible) {
            return false;
        }
        let (_, began, mut spoken) = speech.spoken.take().unwrap_or((0, since, String::new()));
        if let Hearing::Say(words) = &front.what {
            spoken = format!("{spoken} {}", said_within(words, front.length, now.since(since))).trim().to_owned();
        }
        speech.queue.retain(|utterance| !may(utterance.manner.interruptible));
        speech.pending.clear();
        speech.is_open = false;
        let duration = u64::try_from(now.since(began).as_millis()).unwrap_or(u64::MAX);
        let interrupt = Interrupt { utterance_until_interrupt: spoken, duration_until_interrupt_ms: duration };
        self.socket_says(id, Event::Interrupt(interrupt).write());
        self.relay_tells_speaker(id, "agentSpeaking", "off");
        self.relay_goes_on(id);
        true
    }

    /// Whether what the caller does is told: it is not while the server speaks and may not be cut short, unless asked for.
    fn relay_lets_in(&mut self, id: u64, may: fn(Interruptible) -> bool) -> bool {
        let Some(relay) = self.relay_at(id) else { return false };
        let report = may(relay.report);
        relay.speech.is_silent() || self.relay_interrupts(id, may) || report
    }

    /// The caller begins to say something.
    pub(super) fn relay_hears(&mut self, id: u64, words: &str, length: Duration) {
        let is_open = self.sockets.by_id.get(&id).is_some_and(|socket| socket.opened.is_some());
        let pause = self.config.rules.sockets.speech_pause;
        let now = self.now;
        if !is_open || words.trim().is_empty() || !self.relay_lets_in(id, Interruptible::by_speech) {
            return;
        }
        let Some(relay) = self.relay_at(id) else { return };
        relay.saying = Some(Saying { words: words.to_owned(), since: now, length });
        let (partial, pause) = (relay.partial, relay.pause.unwrap_or(pause));
        self.relay_tells_speaker(id, "clientSpeaking", "on");
        let half = said_within(words, length, length / 2);
        if partial && !half.is_empty() && half != words {
            self.after(length / 2, Due::Socket(id, SocketDue::Prompt(half, false)));
        }
        self.after(length + pause, Due::Socket(id, SocketDue::Prompt(words.to_owned(), true)));
    }

    /// The server is told what the caller has said.
    pub(super) fn relay_prompts(&mut self, id: u64, words: String, last: bool) {
        let Some(relay) = self.relay_at(id) else { return };
        let lang = relay.language.clone();
        if last {
            relay.saying = None;
            self.relay_tells_speaker(id, "clientSpeaking", "off");
        }
        self.socket_says(id, Event::Prompt(Prompt { voice_prompt: words, lang, last, other: BTreeMap::new() }).write());
    }

    /// The caller presses a key.
    pub(super) fn relay_key(&mut self, id: u64, key: char) {
        let is_open = self.sockets.by_id.get(&id).is_some_and(|socket| socket.opened.is_some());
        let wants = self.relay_at(id).is_some_and(|relay| relay.keys);
        if is_open && wants && self.relay_lets_in(id, Interruptible::by_dtmf) {
            self.socket_says(id, Event::Dtmf(Dtmf { digit: key.to_string() }).write());
        }
    }
}
