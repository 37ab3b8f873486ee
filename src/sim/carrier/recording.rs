//! Recordings: what is recorded, their states, and who is told (Twilio docs, Recording resource and its callback).

use std::collections::BTreeSet;
use std::time::Duration;

use super::Carrier;
use super::callback::{pair, rfc2822};
use super::form::{Pairs, is_web_url};
use super::recording_audio::{Cut, lengths};
use super::state::{Due, Sid, Subscription};
use super::voice::VoiceDue;
use super::webhook::Purpose;
use crate::time::Timestamp;

/// Unverified: what is shorter is `absent`, with error 16101.
const SHORTEST: Duration = Duration::from_secs(1);

/// Who asked for a recording, in Twilio's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    RecordVerb,
    DialVerb,
    Conference,
    OutboundApi,
    StartCallRecordingApi,
    /// Seen in live tests; the documented list lacks it.
    StartCallRecordingTwiml,
}

impl Source {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::RecordVerb => "RecordVerb",
            Self::DialVerb => "DialVerb",
            Self::Conference => "Conference",
            Self::OutboundApi => "OutboundAPI",
            Self::StartCallRecordingApi => "StartCallRecordingAPI",
            Self::StartCallRecordingTwiml => "StartCallRecordingTwiML",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Track {
    Both,
    Inbound,
    Outbound,
}

impl Track {
    pub(super) fn of(text: &str) -> Option<Self> {
        match text {
            "both" => Some(Self::Both),
            "inbound" => Some(Self::Inbound),
            "outbound" => Some(Self::Outbound),
            _ => None,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// How something is to be recorded.
#[derive(Clone, Debug)]
pub(super) struct RecordPlan {
    pub(super) channels: u8,
    pub(super) track: Track,
    pub(super) trim: bool,
    pub(super) callback: Option<Subscription>,
}

/// What a recording listens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// Both sides of a leg.
    Call(Sid),
    /// Only what the person on a leg says.
    Caller(Sid),
    /// All who are in a conference, by its CF sid.
    Conference(Sid),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    InProgress,
    Paused,
    Stopped,
    Processing,
    Completed,
    Absent,
}

impl Stage {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in-progress",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Absent => "absent",
        }
    }
}

/// A stretch of a recording. Time that a pause skipped is in none.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) from: Timestamp,
    pub(super) to: Option<Timestamp>,
    /// Paused with silence: it lasts, and nothing is to be heard.
    pub(super) silent: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Recording {
    pub(super) sid: Sid,
    pub(super) subject: Subject,
    pub(super) source: Source,
    pub(super) plan: RecordPlan,
    /// The name that `<Start><Recording>` gave it.
    pub(super) name: Option<String>,
    pub(super) stage: Stage,
    pub(super) started: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) spans: Vec<Span>,
    /// What is left after trimming; `None` while it runs.
    pub(super) cut: Option<Cut>,
    pub(super) error: Option<u32>,
    /// Everybody who was in the conference while it was recorded.
    pub(super) people: BTreeSet<Sid>,
    /// Those of them who coached. Measured by a third party: a coach is not in the recording.
    pub(super) coaches: BTreeSet<Sid>,
    pub(super) deleted: Option<Timestamp>,
    /// Whether it is to be transcribed, and who is told.
    pub(super) transcribe: Option<Option<super::state::Target>>,
}

impl Recording {
    pub(super) fn is_running(&self) -> bool {
        matches!(self.stage, Stage::InProgress | Stage::Paused)
    }

    pub(super) fn is_developing(&self) -> bool {
        matches!(self.stage, Stage::Stopped | Stage::Processing | Stage::Absent)
    }

    pub(super) fn call(&self) -> Option<&Sid> {
        match &self.subject {
            Subject::Call(sid) | Subject::Caller(sid) => Some(sid),
            Subject::Conference(_) => None,
        }
    }

    /// Whole seconds, rounded to the nearest.
    pub(super) fn seconds(&self) -> u64 {
        let length = self.cut.map(|cut| cut.length()).unwrap_or_default();
        (length + Duration::from_millis(500)).as_secs()
    }

    fn close(&mut self, at: Timestamp) {
        if let Some(span) = self.spans.last_mut().filter(|span| span.to.is_none()) {
            span.to = Some(at);
        }
    }
}

impl Carrier {
    pub(super) fn recording(&self, sid: &str) -> Option<&Recording> {
        self.shelf.recordings.iter().rev().find(|r| r.sid == sid)
    }

    pub(super) fn recording_mut(&mut self, sid: &str) -> Option<&mut Recording> {
        self.shelf.recordings.iter_mut().rev().find(|r| r.sid == sid)
    }

    /// Sids of the recordings that run and fit, oldest first.
    pub(super) fn running_recordings(&self, fits: impl Fn(&Recording) -> bool) -> Vec<Sid> {
        let running = self.shelf.running.iter().filter_map(|at| self.shelf.recordings.get(*at));
        running.filter(|r| fits(r)).map(|r| r.sid.clone()).collect()
    }

    /// Recording begins now; gives its RE sid.
    pub(super) fn start_recording(&mut self, subject: Subject, source: Source, plan: RecordPlan) -> Sid {
        let sid = self.sid("RE");
        let now = self.now;
        self.shelf.running.push(self.shelf.recordings.len());
        self.shelf.recordings.push(Recording {
            sid: sid.clone(),
            subject,
            source,
            plan,
            name: None,
            stage: Stage::InProgress,
            started: now,
            updated: now,
            spans: vec![Span { from: now, to: None, silent: false }],
            cut: None,
            error: None,
            people: BTreeSet::new(),
            coaches: BTreeSet::new(),
            deleted: None,
            transcribe: None,
        });
        self.tell_recording(&sid);
        sid
    }

    /// Twilio docs, Recording resource: `skip` takes the pause out, `silence` keeps its time.
    pub(super) fn pause_recording(&mut self, sid: &str, skip: bool) {
        let now = self.now;
        let Some(recording) = self.recording_mut(sid).filter(|r| r.stage == Stage::InProgress) else { return };
        recording.close(now);
        if !skip {
            recording.spans.push(Span { from: now, to: None, silent: true });
        }
        recording.stage = Stage::Paused;
        recording.updated = now;
    }

    pub(super) fn resume_recording(&mut self, sid: &str) {
        let now = self.now;
        let Some(recording) = self.recording_mut(sid).filter(|r| r.stage == Stage::Paused) else { return };
        recording.close(now);
        recording.spans.push(Span { from: now, to: None, silent: false });
        recording.stage = Stage::InProgress;
        recording.updated = now;
    }

    /// Recording ends now. What it holds is known at once; who subscribed is told a while later.
    pub(super) fn stop_recording(&mut self, sid: &str) {
        let now = self.now;
        let Some(at) = self.shelf.recordings.iter().rposition(|r| r.sid == sid && r.is_running()) else { return };
        self.shelf.running.retain(|other| *other != at);
        let Some(recording) = self.shelf.recordings.get_mut(at) else { return };
        recording.close(now);
        recording.updated = now;
        let recording = recording.clone();
        let tones = self.tones(&recording);
        let cut = lengths(&recording, &tones);
        let error = match cut {
            None => Some(16_102),
            Some(cut) if cut.length() < SHORTEST => Some(16_101),
            Some(_) => None,
        };
        if let Some(recording) = self.shelf.recordings.get_mut(at) {
            recording.cut = cut.filter(|_| error.is_none());
            recording.error = error;
            recording.stage = if error.is_some() { Stage::Absent } else { Stage::Processing };
        }
        let delay = self.config.rules.voice.recording_delay;
        self.after(delay, Due::Voice(VoiceDue::Developed(sid.to_owned())));
    }

    /// A leg is over: what is recorded of it ends.
    pub(super) fn stop_recordings_of(&mut self, call: &str) {
        for sid in self.running_recordings(|r| r.call().is_some_and(|c| c == call)) {
            self.stop_recording(&sid);
        }
    }

    pub(super) fn developed(&mut self, sid: &str) {
        let now = self.now;
        let Some(recording) = self.recording_mut(sid) else { return };
        if recording.stage != Stage::Absent {
            recording.stage = Stage::Completed;
        }
        recording.updated = now;
        let recording = recording.clone();
        self.tell_recording(sid);
        self.recording_to_text(&recording);
    }

    /// Tells the state of a recording to who subscribed to it.
    fn tell_recording(&mut self, sid: &str) {
        let Some(recording) = self.recording(sid).cloned() else { return };
        let Some(subscription) = &recording.plan.callback else { return };
        let status = recording.stage.as_str();
        if !subscription.events.contains(status) || recording.deleted.is_some() {
            return;
        }
        let mut pairs = vec![
            pair("AccountSid", &self.config.account_sid),
            pair("RecordingSid", &recording.sid),
            pair("RecordingUrl", self.recording_url(sid)),
            pair("RecordingStatus", status),
            pair("RecordingChannels", recording.plan.channels.to_string()),
            pair("RecordingStartTime", rfc2822(recording.started)),
            pair("RecordingSource", recording.source.as_str()),
            pair("RecordingTrack", recording.plan.track.as_str()),
            // Measured by a third party: `0` on success.
            pair("ErrorCode", recording.error.unwrap_or(0).to_string()),
        ];
        match &recording.subject {
            Subject::Call(call) | Subject::Caller(call) => pairs.push(pair("CallSid", call)),
            Subject::Conference(room) => pairs.push(pair("ConferenceSid", room)),
        }
        if recording.stage == Stage::Completed {
            pairs.push(pair("RecordingDuration", recording.seconds().to_string()));
        }
        self.send(&subscription.to, &pairs, recording.call().map(String::as_str), Purpose::Callback(15_003));
    }

    pub(super) fn recording_url(&self, sid: &str) -> String {
        let (base, account) = (&self.config.rules.voice.media_base, &self.config.account_sid);
        format!("{base}/2010-04-01/Accounts/{account}/Recordings/{sid}")
    }

    /// What an action or the last callback of a call tells about a recording; empty when there is nothing in it.
    pub(super) fn recording_facts(&self, sid: &str, named: bool) -> Pairs {
        let Some(recording) = self.recording(sid).filter(|r| r.error.is_none()) else { return Vec::new() };
        let mut pairs = vec![
            pair("RecordingUrl", self.recording_url(sid)),
            pair("RecordingDuration", recording.seconds().to_string()),
        ];
        if named {
            pairs.push(pair("RecordingSid", sid));
        }
        pairs
    }

    /// A subscription to the states of a recording, if its URL is one. Measured by a third party: a callback of
    /// `<Start>` that is not absolute gives 11200 and is never told.
    pub(super) fn absolute(&mut self, call: &str, callback: Option<Subscription>) -> Option<Subscription> {
        let callback = callback?;
        if is_web_url(&callback.to.url) {
            return Some(callback);
        }
        self.notify(11_200, Some(call), "a status callback that is no absolute URL; never told", &callback.to.url);
        None
    }
}
