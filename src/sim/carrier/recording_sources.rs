//! What begins and ends recordings besides `<Record>` and the Recording resource: calls with `Record`, Dial,
//! conferences, and `<Start><Recording>`.

use super::Carrier;
use super::conference::Person;
use super::form::Pairs;
use super::recording::{RecordPlan, Source, Subject, Track};
use super::recording_rest::plan_of;
use super::rest::{Refusal, Request, refuse};
use super::rest_calls::subscription;
use super::state::{Call, Sid};
use super::xml::Element;

/// Whether a leg that REST places is recorded from its answer (Twilio docs, Call and Participant resources: `Record`).
pub(super) fn plan_of_leg(request: &Request<'_>) -> Result<Option<RecordPlan>, Refusal> {
    match request.given("Record").map(str::to_ascii_lowercase).as_deref() {
        None | Some("false") => Ok(None),
        Some("true") => plan_of(request, true).map(Some),
        Some(other) => refuse(20_001, format!("Record must be true or false, not {other:?}")),
    }
}

/// Whether a conference that REST adds somebody to is recorded (Twilio docs, Participant resource).
pub(super) fn plan_of_conference(request: &Request<'_>) -> Option<RecordPlan> {
    let wanted = matches!(request.given("ConferenceRecord"), Some("true" | "record-from-start"));
    wanted.then(|| RecordPlan {
        channels: 1,
        track: Track::Both,
        trim: request.given("ConferenceTrim") != Some("do-not-trim"),
        callback: subscription(request, "ConferenceRecordingStatusCallback", "completed"),
    })
}

impl Carrier {
    /// `<Conference record="record-from-start">`.
    pub(super) fn conference_record(&mut self, sid: &str, noun: &Element) -> Option<RecordPlan> {
        if noun.attr("record") != Some("record-from-start") {
            return None;
        }
        Some(RecordPlan {
            channels: 1,
            track: Track::Both,
            trim: noun.attr("trim") != Some("do-not-trim"),
            callback: self.recording_callback(sid, noun),
        })
    }

    /// A conference has started.
    pub(super) fn records_conference(&mut self, at: usize) {
        let Some((sid, plan)) =
            self.conferences.get(at).and_then(|room| Some((room.sid.clone(), room.record.clone()?)))
        else {
            return;
        };
        self.start_recording(Subject::Conference(sid), Source::Conference, plan);
    }

    /// Who is in a conference has changed, or what they may say.
    pub(super) fn conference_heard(&mut self, room: &str, people: &[Person]) {
        for sid in self.running_recordings(|r| r.subject == Subject::Conference(room.to_owned())) {
            let Some(recording) = self.recording_mut(&sid) else { continue };
            recording.people.extend(people.iter().map(|person| person.call.clone()));
            let coaches = people.iter().filter(|person| person.coach.is_some());
            recording.coaches.extend(coaches.map(|person| person.call.clone()));
        }
    }

    /// A conference is over.
    pub(super) fn conference_recorded(&mut self, room: &str) {
        for sid in self.running_recordings(|r| r.subject == Subject::Conference(room.to_owned())) {
            self.stop_recording(&sid);
        }
    }

    /// A leg that REST placed was answered.
    pub(super) fn records_answered(&mut self, sid: &str) {
        let Some(plan) = self.live(sid).and_then(|c| c.voice.record.clone()) else { return };
        let recording = self.start_recording(Subject::Call(sid.to_owned()), Source::OutboundApi, plan);
        if let Some(call) = self.live_mut(sid) {
            call.voice.own_recording = Some(recording);
        }
    }

    /// A Dial rings somebody (`ringing`), or two legs hear each other.
    pub(super) fn records_dial(&mut self, sid: &str, ringing: bool) {
        let Some(call) = self.live(sid).filter(|c| c.voice.dial_recording.is_none()) else { return };
        let Some(verb) = call.dialling().map(|dial| dial.verb.clone()) else { return };
        let (from_ringing, channels) = match verb.attr("record").map(str::trim) {
            Some("record-from-answer" | "true") => (false, 1),
            Some("record-from-answer-dual") => (false, 2),
            Some("record-from-ringing") => (true, 1),
            Some("record-from-ringing-dual") => (true, 2),
            _ => return,
        };
        if ringing && !from_ringing {
            return;
        }
        let plan = RecordPlan {
            channels,
            track: verb.attr("recordingTrack").and_then(Track::of).unwrap_or(Track::Both),
            trim: verb.attr("trim") == Some("trim-silence"),
            callback: self.recording_callback(sid, &verb),
        };
        let recording = self.start_recording(Subject::Call(sid.to_owned()), Source::DialVerb, plan);
        if let Some(call) = self.live_mut(sid) {
            call.voice.dial_recording = Some(recording);
        }
    }

    /// The Dial of a leg is over; gives what its action is told about the recording.
    pub(super) fn dial_recorded(&mut self, sid: &str) -> Pairs {
        let Some(recording) = self.calls.get_mut(sid).and_then(|c| c.voice.dial_recording.take()) else {
            return Vec::new();
        };
        self.stop_recording(&recording);
        self.recording_facts(&recording, self.config.rules.voice.actions_name_the_recording)
    }

    /// What the last callback of a call tells of its voice.
    pub(super) fn last_facts(&self, call: &Call) -> Pairs {
        let recording = call.voice.own_recording.as_ref();
        let mut facts = recording.map(|sid| self.recording_facts(sid, true)).unwrap_or_default();
        facts.extend(call.verdict(true));
        facts
    }

    /// `<Start><Recording>`.
    pub(super) fn start_recording_noun(&mut self, sid: &str, noun: &Element) -> Sid {
        let callback = self.background_callback(sid, noun, "recordingStatusCallback", "recordingStatusCallbackEvent");
        let always = self.config.rules.voice.started_recordings_are_dual;
        let plan = RecordPlan {
            channels: if always || noun.attr("channels") != Some("mono") { 2 } else { 1 },
            // Measured by a third party: `track` has no effect here.
            track: if always { Track::Both } else { noun.attr("track").and_then(Track::of).unwrap_or(Track::Both) },
            trim: noun.attr("trim") != Some("do-not-trim"),
            callback,
        };
        let recording = self.start_recording(Subject::Call(sid.to_owned()), Source::StartCallRecordingTwiml, plan);
        if let Some(recording) = self.recording_mut(&recording) {
            recording.name = noun.attr("name").map(str::to_owned);
        }
        recording
    }

    /// `<Stop><Recording>`: the one of that name, or all that `<Start>` began on this leg.
    pub(super) fn stop_recording_noun(&mut self, sid: &str, name: Option<&str>) -> bool {
        let stopped = self.running_recordings(|r| {
            let started = r.source == Source::StartCallRecordingTwiml && r.call().is_some_and(|c| c == sid);
            started && name.is_none_or(|name| r.name.as_deref() == Some(name))
        });
        for recording in &stopped {
            self.stop_recording(recording);
        }
        !stopped.is_empty()
    }
}
