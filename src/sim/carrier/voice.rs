//! What people say on a line, and who listens: recordings, detection, Gather and transcription.

use std::time::Duration;

use super::Carrier;
use super::detection::Detection;
use super::form::Pairs;
use super::recording::{RecordPlan, Recording};
use super::siprec::Siprec;
use super::state::{Doing, Due, Sid};
use super::transcription::Transcription;
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
    /// Digits that it is sent once it answers.
    pub(super) digits: Option<String>,
    /// Custom parameters, or SIP headers.
    pub(super) parameters: Pairs,
    /// What the documents of a dialled application are told as To.
    pub(super) shown_to: Option<String>,
    /// Where a Refer sent it.
    pub(super) transferred: Option<String>,
}

/// What voices leave behind.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    pub(super) recordings: Vec<Recording>,
    /// Places of those that still run.
    pub(super) running: Vec<usize>,
    pub(super) transcriptions: Vec<Transcription>,
    /// Places of those that still run.
    pub(super) writing: Vec<usize>,
    pub(super) siprecs: Vec<Siprec>,
    /// Places of those that still run.
    pub(super) forking: Vec<usize>,
}

/// What is due at some time where voices are concerned.
#[derive(Clone, Debug)]
pub(super) enum VoiceDue {
    /// Somebody begins to say something.
    Says(Sid, String),
    /// Somebody has said something: which of their utterances.
    Uttered(Sid, usize),
    /// Its device asks for a transfer to this URI.
    Refers(Sid, String),
    /// Half of it.
    HalfUttered(Sid, usize),
    /// A leg has been read a text to, while it did what it did then.
    Read(Sid, u64, String),
    /// The text of a recording is there.
    Transcribed(Sid),
    /// A recording that is over has been worked up.
    Developed(Sid),
    /// It is known who answered.
    Detected(Sid, &'static str),
}

/// How long a machine takes to say these words: a fifteenth of a second per character.
pub(super) fn speaking_ms(words: &str) -> u64 {
    u64::try_from(words.chars().count()).unwrap_or(0).saturating_mul(1000) / 15
}

/// How long a person takes: as a machine, and never less than 0.3 s.
pub(super) fn spoken(words: &str) -> Duration {
    Duration::from_millis(speaking_ms(words).max(300))
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
        let at = leg.voice.said.len();
        leg.voice.said.push(utterance.clone());
        self.awaits_its_end(call, at, &utterance);
        let doing = self.live(call).and_then(|c| c.top()).map(|frame| frame.doing.clone());
        match doing {
            Some(Doing::Recording(record)) => self.voice_in_record(call, *record),
            Some(Doing::Gathering(gathering)) => self.speech_in_gather(call, *gathering, &utterance),
            Some(Doing::Connecting(connecting)) => self.said_in_connect(connecting.socket, &utterance),
            _ => {}
        }
    }

    /// Whoever writes down what is said is told when it has been said.
    fn awaits_its_end(&mut self, call: &str, at: usize, utterance: &Utterance) {
        let (wait, length) = (utterance.from.since(self.now), utterance.to.since(utterance.from));
        if !self.shelf.writing.is_empty() {
            self.after(wait + length, Due::Voice(VoiceDue::Uttered(call.to_owned(), at)));
        }
        if self.writing().any(Transcription::wants_partial) {
            self.after(wait + length / 2, Due::Voice(VoiceDue::HalfUttered(call.to_owned(), at)));
        }
    }

    /// A leg is over: what listens to it ends.
    pub(super) fn voice_ends(&mut self, sid: &str) {
        self.stop_recordings_of(sid);
        self.detection_ends(sid);
        self.stop_transcriptions(sid, None);
        self.stop_siprecs(sid, None);
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
        if let Some((wait, uri)) = script.refers.clone() {
            self.after(wait, Due::Voice(VoiceDue::Refers(sid.to_owned(), uri)));
        }
        for (wait, words) in script.says.clone() {
            self.after(wait, Due::Voice(VoiceDue::Says(sid.to_owned(), words)));
        }
    }

    pub(super) fn voice_matters(&self, due: &VoiceDue) -> bool {
        match due {
            VoiceDue::Says(sid, _)
            | VoiceDue::Refers(sid, _)
            | VoiceDue::Uttered(sid, _)
            | VoiceDue::HalfUttered(sid, _) => self.live(sid).is_some(),
            VoiceDue::Read(sid, epoch, _) => self.live(sid).is_some_and(|c| c.epoch == *epoch),
            VoiceDue::Transcribed(sid) => self.recording(sid).is_some_and(|r| r.deleted.is_none()),
            VoiceDue::Detected(sid, _) => self.is_being_detected(sid),
            VoiceDue::Developed(sid) => self.recording(sid).is_some_and(Recording::is_developing),
        }
    }

    pub(super) fn voice_happens(&mut self, due: VoiceDue) {
        match due {
            VoiceDue::Says(sid, words) => self.says(&sid, &words),
            VoiceDue::Refers(sid, uri) => self.refers(&sid, &uri),
            VoiceDue::Uttered(sid, at) => self.uttered(&sid, at, true),
            VoiceDue::HalfUttered(sid, at) => self.uttered(&sid, at, false),
            VoiceDue::Read(sid, _, words) => self.was_read(&sid, &words),
            VoiceDue::Transcribed(sid) => self.transcribed(&sid),
            VoiceDue::Detected(sid, verdict) => self.detected(&sid, verdict),
            VoiceDue::Developed(sid) => self.developed(&sid),
        }
    }
}
