//! `<Record>`: a beep, somebody's voice, and what ends it (Twilio docs, TwiML Record).

use std::time::Duration;

use super::Carrier;
use super::callback::pair;
use super::form::{Pairs, resolve};
use super::recording::{RecordPlan, Source, Subject, Track};
use super::state::{Doing, Frame, Sid, Subscription, Target};
use super::types::Hearing;
use super::voice::Utterance;
use super::xml::Element;
use crate::time::Timestamp;

/// Twilio docs, TwiML Record: an hour at most unless `maxLength` says otherwise; two minutes when transcribed.
const LONGEST_S: u64 = 3600;
const LONGEST_TRANSCRIBED_S: u64 = 120;

/// A Record that runs.
#[derive(Clone, Debug)]
pub(super) struct RecordVerb {
    pub(super) verb: Element,
    /// Its recording, once the beep is over.
    pub(super) recording: Option<Sid>,
    /// When it has lasted as long as it may.
    until: Timestamp,
}

impl Carrier {
    pub(super) fn record(&mut self, sid: &str, verb: &Element) {
        let record = RecordVerb { verb: verb.clone(), recording: None, until: self.now };
        let beep = self.config.rules.voice.beep_length;
        if beep.is_zero() || !verb.flag("playBeep", true) {
            return self.record_begins(sid, record);
        }
        self.set_doing(sid, Doing::Recording(Box::new(record)));
        self.hear(sid, Hearing::Play("beep".to_owned()));
        self.wake(sid, beep);
    }

    /// The beep is over, or the recording is.
    pub(super) fn record_step(&mut self, sid: &str, record: RecordVerb) {
        if record.recording.is_some() { self.record_over(sid, &record, "") } else { self.record_begins(sid, record) }
    }

    fn record_begins(&mut self, sid: &str, mut record: RecordVerb) {
        let now = self.now;
        let transcribed = record.verb.flag("transcribe", false);
        let default = if transcribed { LONGEST_TRANSCRIBED_S } else { LONGEST_S };
        let longest = record.verb.number("maxLength", default).clamp(1, 86_400);
        record.until =
            now + Duration::from_secs(if transcribed { longest.min(LONGEST_TRANSCRIBED_S) } else { longest });
        let plan = RecordPlan {
            channels: 1,
            track: Track::Both,
            trim: record.verb.attr("trim") != Some("do-not-trim"),
            callback: self.recording_callback(sid, &record.verb),
        };
        let recording = self.start_recording(Subject::Caller(sid.to_owned()), Source::RecordVerb, plan);
        if transcribed {
            let told = self.target_of(sid, &record.verb, "transcribeCallback", "transcribeCallbackMethod");
            if let Some(recording) = self.recording_mut(&recording) {
                recording.transcribe = Some(told);
            }
        }
        record.recording = Some(recording);
        let message = self.config.rules.voice.message_length;
        let until = record.until;
        if let Some(call) = self.live_mut(sid).filter(|c| !c.voice.scripted && !c.voice.silent && !message.is_zero()) {
            call.voice.said.push(Utterance { from: now, to: until.min(now + message), words: String::new() });
        }
        self.hear(sid, Hearing::Pause);
        self.record_on(sid, record);
    }

    /// Waits for silence, or for the longest time.
    fn record_on(&mut self, sid: &str, record: RecordVerb) {
        let quiet = self.live(sid).and_then(|c| c.voice.said.last()).map_or(self.now, |said| said.to.max(self.now));
        // Twilio docs: seconds of silence; 0 means never.
        let end = match record.verb.number("timeout", 5) {
            0 => record.until,
            silence => record.until.min(quiet + Duration::from_secs(silence)),
        };
        self.set_doing(sid, Doing::Recording(Box::new(record)));
        self.wake(sid, end.since(self.now));
    }

    /// Somebody whose voice is being recorded speaks.
    pub(super) fn voice_in_record(&mut self, sid: &str, record: RecordVerb) {
        if record.recording.is_some() {
            self.record_on(sid, record);
        }
    }

    /// A Record has ended; verbs after one with an action are not reached.
    pub(super) fn record_over(&mut self, sid: &str, record: &RecordVerb, key: &str) {
        let facts = self.record_facts(sid, record, key);
        let target = if facts.is_some() { self.target_or_self(sid, &record.verb) } else { None };
        self.hear(sid, Hearing::Silence);
        match (target, facts) {
            (Some(target), Some(facts)) => self.fetch_main(sid, target, facts),
            _ => {
                self.set_doing(sid, Doing::Ready);
                self.run(sid);
            }
        }
    }

    /// Ends the recording; gives what the action is told, and `None` when the empty recording is dropped.
    fn record_facts(&mut self, sid: &str, record: &RecordVerb, key: &str) -> Option<Pairs> {
        let now = self.now;
        let recording = record.recording.as_ref()?;
        // The announcement of a mailbox goes on: it does not listen.
        if let Some(said) = self.calls.get_mut(sid).filter(|c| !c.voice.scripted).and_then(|c| c.voice.said.last_mut())
            && said.words.is_empty()
        {
            // A message lasts no longer than somebody listens.
            said.to = said.to.min(now);
        }
        self.stop_recording(recording);
        let rules = self.config.rules.voice.clone();
        let mut facts = self.recording_facts(recording, rules.actions_name_the_recording);
        if facts.is_empty() && !rules.silent_record_asks_action {
            return None;
        }
        if facts.is_empty() {
            facts = vec![pair("RecordingUrl", ""), pair("RecordingDuration", "0")];
        }
        facts.push(pair("Digits", key));
        Some(facts)
    }

    /// Twilio docs, TwiML Record: the action is requested with `Digits=hangup`; its document cannot do anything.
    pub(super) fn record_abandoned(&mut self, sid: &str, frame: &Frame, record: &RecordVerb) {
        let Some(facts) = self.record_facts(sid, record, "hangup") else { return };
        let reference = record.verb.attr("action").unwrap_or("");
        let Some(url) = resolve(frame.url.as_deref(), reference) else { return };
        self.farewell(&sid.to_owned(), &Target::new(url, record.verb.attr("method")), facts);
    }

    /// REST took the leg away: its recording is kept, and nobody is asked.
    pub(super) fn record_interrupted(&mut self, sid: &str, record: &RecordVerb) {
        self.record_facts(sid, record, "");
    }

    /// Who is told the states of what a verb or noun records.
    pub(super) fn recording_callback(&mut self, sid: &str, element: &Element) -> Option<Subscription> {
        let to = self.target_of(sid, element, "recordingStatusCallback", "recordingStatusCallbackMethod")?;
        let events = element.attr("recordingStatusCallbackEvent").unwrap_or("completed");
        Some(Subscription { to, events: events.split_whitespace().map(str::to_owned).collect() })
    }
}
