//! The Recording resource and its audio (Twilio docs, Recording resource).

use std::time::Duration;

use serde_json::{Value, json};

use super::Carrier;
use super::callback::rfc2822;
use super::form::{Pairs, decode_pairs, get};
use super::recording::{RecordPlan, Recording, Source, Stage, Subject, Track};
use super::recording_audio::{mp3, wav};
use super::render::within;
use super::rest::{Answer, Refusal, Request, not_allowed, not_found, page_of, refuse};
use super::rest_calls::subscription;
use super::state::{Call, Doing, Sid};
use super::types::{CallStatus, RestReply};

/// Twilio docs: what is deleted keeps its metadata for 40 days.
const METADATA: Duration = Duration::from_secs(40 * 24 * 3600);

/// Whose recordings a path is about.
#[derive(Clone, Copy, Debug)]
enum Of<'a> {
    Account,
    Call(&'a str),
    Conference(&'a str),
}

impl Of<'_> {
    fn holds(self, recording: &Recording) -> bool {
        match self {
            Self::Account => true,
            Self::Call(sid) => recording.call().is_some_and(|call| call == sid),
            Self::Conference(sid) => recording.subject == Subject::Conference(sid.to_owned()),
        }
    }
}

/// How the fields of a request want something recorded.
pub(super) fn plan_of(request: &Request<'_>, trim: bool) -> Result<RecordPlan, Refusal> {
    let channels = match request.given("RecordingChannels") {
        None | Some("mono" | "1") => 1,
        Some("dual" | "2") => 2,
        Some(other) => return refuse(20_001, format!("Invalid RecordingChannels {other:?}")),
    };
    let track = request.given("RecordingTrack").unwrap_or("both");
    let Some(track) = Track::of(track) else { return refuse(20_001, format!("Invalid RecordingTrack {track:?}")) };
    let trim = match request.given("Trim") {
        None => trim,
        Some("trim-silence") => true,
        Some("do-not-trim") => false,
        Some(other) => return refuse(20_001, format!("Invalid Trim {other:?}")),
    };
    let events = request.all("RecordingStatusCallbackEvent");
    if let Some(event) = events.iter().find(|e| !matches!(**e, "in-progress" | "completed" | "absent")) {
        return refuse(20_001, format!("Invalid RecordingStatusCallbackEvent {event:?}"));
    }
    Ok(RecordPlan { channels, track, trim, callback: subscription(request, "RecordingStatusCallback", "completed") })
}

impl Carrier {
    /// The answer of a path about recordings; `None`: the path is about something else.
    pub(super) fn recording_resources(&mut self, request: &Request<'_>, rest: &[&str], last: &str) -> Option<Answer> {
        Some(match (rest, last) {
            ([], "Recordings") => self.recordings_resource(request, Of::Account),
            (["Calls", call], "Recordings") => self.recordings_resource(request, Of::Call(call)),
            (["Conferences", room], "Recordings") => self.recordings_resource(request, Of::Conference(room)),
            (["Recordings"], sid) => self.recording_resource(request, Of::Account, sid),
            (["Calls", call, "Recordings"], sid) => self.recording_resource(request, Of::Call(call), sid),
            (["Conferences", room, "Recordings"], sid) => self.recording_resource(request, Of::Conference(room), sid),
            _ => return None,
        })
    }

    fn recordings_resource(&mut self, request: &Request<'_>, of: Of<'_>) -> Answer {
        let known = match of {
            Of::Account => true,
            Of::Call(sid) => self.calls.contains_key(sid),
            Of::Conference(sid) => self.conferences.iter().any(|room| room.sid == sid),
        };
        match (request.method, of) {
            _ if !known => not_found(request.path),
            ("GET", _) => self.list_recordings(request, of),
            ("POST", Of::Call(call)) => self.record_call(request, call),
            _ => not_allowed(),
        }
    }

    /// Whether it is shown: what was deleted only to those who ask for it, and for 40 days.
    fn is_shown(&self, request: &Request<'_>, recording: &Recording) -> bool {
        let asked = get(&request.query, "IncludeSoftDeleted").is_some_and(|v| v.eq_ignore_ascii_case("true"));
        recording.deleted.is_none_or(|at| asked && at + METADATA > self.now)
    }

    fn list_recordings(&self, request: &Request<'_>, of: Of<'_>) -> Answer {
        within(request, "DateCreated", None)?;
        let mut items = Vec::new();
        for recording in self.shelf.recordings.iter().rev().filter(|r| of.holds(r) && self.is_shown(request, r)) {
            let equal = request.filter("CallSid").is_none_or(|sid| Of::Call(sid).holds(recording))
                && request.filter("ConferenceSid").is_none_or(|sid| Of::Conference(sid).holds(recording));
            if equal && within(request, "DateCreated", Some(recording.started))? {
                items.push((recording.sid.clone(), recording));
            }
        }
        page_of(request, "recordings", &items, |recording| self.recording_json(recording, of))
    }

    fn record_call(&mut self, request: &Request<'_>, call: &str) -> Answer {
        if self.live(call).is_none_or(|c| c.status != CallStatus::InProgress) {
            return refuse(21_220, "Requested resource is not eligible for recording: the call is not in-progress");
        }
        if self.is_relayed(call) {
            // Measured by a third party: `<Start><Recording>` before the Connect is the way.
            return refuse(21_220, "Requested resource is not eligible for recording");
        }
        let plan = plan_of(request, false)?;
        // Measured by a third party: a second start is answered as the first, and nothing more is recorded.
        let same = |r: &Recording| r.source == Source::StartCallRecordingApi && r.call().is_some_and(|c| c == call);
        let sid = match self.running_recordings(same).pop() {
            Some(running) => running,
            None => self.start_recording(Subject::Call(call.to_owned()), Source::StartCallRecordingApi, plan),
        };
        self.show_recording(request, &sid, Of::Call(call), 201)
    }

    /// Whether the leg is connected to a ConversationRelay.
    fn is_relayed(&self, call: &str) -> bool {
        let frame = self.live(call).and_then(Call::main).filter(|frame| matches!(frame.doing, Doing::Connecting(_)));
        let verb = frame.and_then(|frame| frame.verbs.get(frame.next.checked_sub(1)?));
        verb.is_some_and(|verb| verb.children.iter().any(|noun| noun.name == "ConversationRelay"))
    }

    fn show_recording(&self, request: &Request<'_>, sid: &str, of: Of<'_>, status: u16) -> Answer {
        match self.recording(sid).filter(|r| of.holds(r) && self.is_shown(request, r)) {
            Some(recording) => Ok((status, Some(self.recording_json(recording, of)))),
            None => not_found(request.path),
        }
    }

    fn recording_resource(&mut self, request: &Request<'_>, of: Of<'_>, name: &str) -> Answer {
        let sid = self.recording_named(request, of, name)?;
        match (request.method, of) {
            ("GET", _) => self.show_recording(request, &sid, of, 200),
            ("POST", Of::Call(_) | Of::Conference(_)) => self.update_recording(request, of, &sid),
            ("DELETE", _) => self.delete_recording(request, of, &sid),
            _ => not_allowed(),
        }
    }

    /// Twilio docs: `Twilio.CURRENT` is the recording that runs, and fails when there are several.
    fn recording_named(&self, request: &Request<'_>, of: Of<'_>, name: &str) -> Result<Sid, Refusal> {
        if name != "Twilio.CURRENT" || matches!(of, Of::Account) {
            return Ok(name.to_owned());
        }
        let mut running = self.running_recordings(|r| of.holds(r));
        match (running.pop(), running.is_empty()) {
            (Some(sid), true) => Ok(sid),
            (Some(_), false) => refuse(16_108, "Twilio.CURRENT is ambiguous: several recordings run"),
            (None, _) => not_found(request.path),
        }
    }

    fn update_recording(&mut self, request: &Request<'_>, of: Of<'_>, sid: &str) -> Answer {
        let Some(stage) = self.recording(sid).filter(|r| of.holds(r) && r.deleted.is_none()).map(|r| r.stage) else {
            return not_found(request.path);
        };
        let skip = match request.given("PauseBehavior") {
            None | Some("silence") => false,
            Some("skip") => true,
            Some(other) => return refuse(20_001, format!("Invalid PauseBehavior {other:?}")),
        };
        let wanted = match request.given("Status") {
            Some("paused") => Stage::Paused,
            Some("in-progress") => Stage::InProgress,
            // Twilio docs: the recording of a conference cannot be stopped so.
            Some("stopped") if matches!(of, Of::Call(_)) => Stage::Stopped,
            other => return refuse(20_001, format!("Invalid Status {:?}", other.unwrap_or_default())),
        };
        if !matches!(stage, Stage::InProgress | Stage::Paused) {
            return refuse(16_114, "The recording is over");
        }
        match wanted {
            Stage::Paused => self.pause_recording(sid, skip),
            Stage::InProgress => self.resume_recording(sid),
            _ => {
                self.stop_recording(sid);
                if let Some(recording) = self.recording_mut(sid).filter(|r| r.stage == Stage::Processing) {
                    recording.stage = Stage::Stopped;
                }
            }
        }
        self.show_recording(request, sid, of, 200)
    }

    /// The audio is gone at once.
    fn delete_recording(&mut self, request: &Request<'_>, of: Of<'_>, sid: &str) -> Answer {
        let now = self.now;
        let Some(recording) = self.recording_mut(sid).filter(|r| of.holds(r) && r.deleted.is_none()) else {
            return not_found(request.path);
        };
        if recording.is_running() {
            // Unverified: the code for this.
            return refuse(16_114, "A recording that runs cannot be deleted");
        }
        recording.deleted = Some(now);
        recording.updated = now;
        Ok((204, None))
    }

    fn recording_json(&self, recording: &Recording, of: Of<'_>) -> Value {
        let account = &self.config.account_sid;
        let base = format!("/2010-04-01/Accounts/{account}");
        let sid = &recording.sid;
        let own = match of {
            Of::Account => format!("{base}/Recordings/{sid}"),
            Of::Call(call) => format!("{base}/Calls/{call}/Recordings/{sid}"),
            Of::Conference(room) => format!("{base}/Conferences/{room}/Recordings/{sid}"),
        };
        let room = match &recording.subject {
            Subject::Conference(room) => Some(room),
            _ => None,
        };
        let status = if recording.deleted.is_some() { "deleted" } else { recording.stage.as_str() };
        let mut json = json!({
            "sid": sid,
            "account_sid": account,
            "call_sid": recording.call(),
            "conference_sid": room,
            "status": status,
            "channels": recording.plan.channels,
            "source": recording.source.as_str(),
            "start_time": rfc2822(recording.started),
            "duration": recording.cut.map(|_| recording.seconds().to_string()),
            "price": null,
            "price_unit": "USD",
            "error_code": recording.error,
            "encryption_details": null,
            "date_created": rfc2822(recording.started),
            "date_updated": rfc2822(recording.updated),
            "api_version": "2010-04-01",
            "uri": format!("{own}.json"),
        });
        match of {
            Of::Account => {
                json["media_url"] = json!(self.recording_url(sid));
                json["subresource_uris"] = json!({
                    "add_on_results": format!("{own}/AddOnResults.json"),
                    "transcriptions": format!("{own}/Transcriptions.json"),
                });
            }
            Of::Call(_) => json["track"] = json!(recording.plan.track.as_str()),
            Of::Conference(_) => {}
        }
        json
    }

    /// The audio of a recording, where the path asks for one: `RE….wav`, `RE….mp3`, or no suffix, which is WAV
    /// (Twilio docs; a third party measured metadata). `None`: the path asks for something else.
    pub(super) fn recording_media(
        &mut self,
        method: &str,
        target: &str,
        authorization: Option<&str>,
    ) -> Option<Result<RestReply, Refusal>> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (account, name) = media_path(path)?;
        let sid = name.split('.').next().unwrap_or_default();
        if method == "DELETE" {
            return None;
        }
        let known = account == self.config.account_sid
            && (!self.config.rules.voice.media_needs_auth || self.is_known(authorization));
        if !known {
            return Some(Err(Refusal(401, 20_003, "Authenticate".to_owned())));
        }
        if method != "GET" {
            return Some(not_allowed());
        }
        Some(self.media_reply(path, sid, name.ends_with(".mp3"), &decode_pairs(query.as_bytes())))
    }

    fn media_reply(&mut self, path: &str, sid: &str, is_mp3: bool, query: &Pairs) -> Result<RestReply, Refusal> {
        let ready = |r: &&Recording| r.stage == Stage::Completed && r.deleted.is_none();
        let Some(recording) = self.recording(sid).filter(ready) else { return not_found(path) };
        let channels = match get(query, "RequestedChannels") {
            None => recording.plan.channels,
            Some("1") => 1,
            Some("2") if recording.plan.channels == 2 => 2,
            Some("2") => return refuse(16_113, "A recording of one channel cannot be had with two"),
            Some(other) => return refuse(20_001, format!("Invalid RequestedChannels {other:?}")),
        };
        let bytes = if is_mp3 { mp3(recording, channels) } else { wav(recording, &self.tones(recording), channels) };
        let kind = if is_mp3 { "audio/mpeg" } else { "audio/x-wav" };
        let headers = vec![
            ("Twilio-Request-Id".to_owned(), self.sid("RQ")),
            ("Content-Type".to_owned(), kind.to_owned()),
            (
                "Content-Disposition".to_owned(),
                format!("attachment; filename=\"{sid}.{}\"", if is_mp3 { "mp3" } else { "wav" }),
            ),
            ("X-Content-Type-Options".to_owned(), "nosniff".to_owned()),
        ];
        Ok(RestReply { status: 200, headers, bytes: Some(bytes), ..RestReply::default() })
    }
}

/// Account and file name of a path to the audio of a recording.
fn media_path(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("/2010-04-01/Accounts/")?;
    let (account, name) = rest.split_once("/Recordings/")?;
    let (sid, suffix) = name.split_once('.').unwrap_or((name, ""));
    let is_sid = sid.len() == 34 && sid.starts_with("RE") && sid.bytes().skip(2).all(|b| b.is_ascii_hexdigit());
    (!account.contains('/') && is_sid && matches!(suffix, "" | "wav" | "mp3")).then_some((account, name))
}
