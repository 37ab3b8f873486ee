//! What people say on a line, and who listens: recordings, detection, Gather and transcription.

use std::time::Duration;

use super::Carrier;
use super::detection::Detection;
use super::recording::{RecordPlan, Recording};
use super::state::{Doing, Due, Sid};
use super::types::{CallStatus, EndpointScript};
use super::voice_types::Answerer;
use crate::time::Timestamp;

/// Something somebody said.
#[derive(Clone, Debug)]
pub(super) struct Utterance {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// Empty where only the sound is known: a message, an announcement.
    pub(super) words: String,
}

/// What a leg says, and what is done with its voice.
#[derive(Clone, Debug, Default)]
pub(super) struct Voice {
    pub(super) said: Vec<Utterance>,
    /// Its script says what it says: it does not talk otherwise.
    pub(super) scripted: bool,
    /// Whether it is a fax or nobody at all, which says nothing whoever is on the line.
    pub(super) silent: bool,
    /// REST wants it recorded from its answer.
    pub(super) record: Option<RecordPlan>,
    /// The recording of the whole leg, which its last callback names.
    pub(super) own_recording: Option<Sid>,
    /// The recording of the Dial that runs.
    pub(super) dial_recording: Option<Sid>,
    /// Whether a person or a machine answered, where somebody wants to know.
    pub(super) detection: Option<Detection>,
}

/// What voices leave behind.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    pub(super) recordings: Vec<Recording>,
    /// Places of those that still run.
    pub(super) running: Vec<usize>,
}

/// What is due at some time where voices are concerned.
#[derive(Clone, Debug)]
pub(super) enum VoiceDue {
    /// Somebody begins to say something.
    Says(Sid, String),
    /// A recording that is over has been worked up.
    Developed(Sid),
    /// It is known who answered.
    Detected(Sid, &'static str),
}

/// Words take a fifteenth of a second per character, and never less than 0.3 s.
pub(super) fn spoken(words: &str) -> Duration {
    let ms = u64::try_from(words.chars().count()).unwrap_or(0).saturating_mul(1000) / 15;
    Duration::from_millis(ms.max(300))
}

impl Carrier {
    /// The person on this leg says something, from now on. Nothing happens on a leg that is not in progress.
    pub fn says(&mut self, call: &str, words: &str) {
        let now = self.now;
        let Some(leg) = self.live_mut(call).filter(|c| c.status == CallStatus::InProgress) else { return };
        // Somebody who is still speaking finishes first.
        let from = leg.voice.said.last().map_or(now, |last| last.to.max(now));
        let utterance = Utterance { from, to: from + spoken(words), words: words.to_owned() };
        leg.voice.scripted = true;
        leg.voice.said.push(utterance.clone());
        self.speaks(call, words);
        let doing = self.live(call).and_then(|c| c.top()).map(|frame| frame.doing.clone());
        match doing {
            Some(Doing::Recording(record)) => self.voice_in_record(call, *record),
            Some(Doing::Gathering(gathering)) => self.speech_in_gather(call, *gathering, &utterance),
            Some(Doing::Connecting(connecting)) => self.said_in_connect(connecting.socket, words),
            _ => {}
        }
    }

    /// What the script of an endpoint says about its voice, from now on.
    pub(super) fn lends_voice(&mut self, sid: &str, script: &EndpointScript) {
        let now = self.now;
        let Some(call) = self.live_mut(sid) else { return };
        call.voice.scripted = !script.says.is_empty();
        match script.who {
            Answerer::Machine { greeting, .. } => {
                call.voice.scripted = true;
                call.voice.said.push(Utterance { from: now, to: now + greeting, words: String::new() });
            }
            Answerer::Fax | Answerer::Silent => call.voice.silent = true,
            Answerer::Human { .. } => {}
        }
        for (wait, words) in script.says.clone() {
            self.after(wait, Due::Voice(VoiceDue::Says(sid.to_owned(), words)));
        }
    }

    pub(super) fn voice_matters(&self, due: &VoiceDue) -> bool {
        match due {
            VoiceDue::Says(sid, _) => self.live(sid).is_some(),
            VoiceDue::Detected(sid, _) => self.is_being_detected(sid),
            VoiceDue::Developed(sid) => self.recording(sid).is_some_and(Recording::is_developing),
        }
    }

    pub(super) fn voice_happens(&mut self, due: VoiceDue) {
        match due {
            VoiceDue::Says(sid, words) => self.says(&sid, &words),
            VoiceDue::Detected(sid, verdict) => self.detected(&sid, verdict),
            VoiceDue::Developed(sid) => self.developed(&sid),
        }
    }
}
