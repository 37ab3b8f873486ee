//! Answering machine detection: who has picked up, when that is known, and who is told (Twilio docs, Answering Machine
//! Detection).

use std::time::Duration;

use super::Carrier;
use super::callback::pair;
use super::form::{Pairs, is_web_url};
use super::rest::{Refusal, Request, refuse};
use super::state::{Call, Due, Target};
use super::types::{CallStatus, Direction, Hearing};
use super::voice::VoiceDue;
use super::voice_types::{AfterGreeting, Answerer};
use super::webhook::Purpose;
use super::xml::Element;
use crate::time::Timestamp;

/// A mailbox beeps so long after its announcement.
const BEEP_GAP: Duration = Duration::from_millis(500);
/// A fax machine is known by its tone after this long.
const FAX_TONE: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Enable,
    DetectMessageEnd,
}

/// How somebody's greeting is judged (Twilio docs: defaults 30 s, 2.4 s, 1.2 s, 5 s).
#[derive(Clone, Copy, Debug)]
struct Limits {
    mode: Mode,
    timeout: Duration,
    speech: Duration,
    speech_end: Duration,
    silence: Duration,
}

/// The detection of one leg.
#[derive(Clone, Debug)]
pub(super) struct Detection {
    limits: Limits,
    /// The document is held back until the verdict.
    holds: bool,
    told: Option<Target>,
    since: Option<Timestamp>,
    verdict: Option<(&'static str, Duration)>,
}

impl Detection {
    fn waits(&self) -> bool {
        self.since.is_some() && self.verdict.is_none()
    }
}

/// When the verdict falls, counted from the answer, and what it is.
fn judged(limits: &Limits, who: Answerer) -> (Duration, &'static str) {
    let message_end = limits.mode == Mode::DetectMessageEnd;
    let (at, verdict) = match who {
        Answerer::Fax => (FAX_TONE, "fax"),
        Answerer::Silent => (limits.silence, "unknown"),
        Answerer::Human { greeting } | Answerer::Machine { greeting, .. } if greeting.is_zero() => {
            (limits.silence, "unknown")
        }
        // A greeting that is short is taken for a person's, and a long one for a machine's, whoever it is.
        Answerer::Human { greeting } | Answerer::Machine { greeting, .. } if greeting <= limits.speech => {
            (greeting + limits.speech_end, "human")
        }
        _ if !message_end => (limits.speech, "machine_start"),
        Answerer::Machine { greeting, then: AfterGreeting::Beep } => (greeting + BEEP_GAP, "machine_end_beep"),
        Answerer::Machine { greeting, then: AfterGreeting::Other } => {
            (greeting + limits.speech_end, "machine_end_other")
        }
        Answerer::Human { greeting } | Answerer::Machine { greeting, then: AfterGreeting::Silence } => {
            (greeting + limits.speech_end, "machine_end_silence")
        }
    };
    match at > limits.timeout {
        false => (at, verdict),
        // Twilio docs: `machine_end_other` also when the timeout hits during the announcement.
        true if verdict.starts_with("machine_end") && limits.speech <= limits.timeout => {
            (limits.timeout, "machine_end_other")
        }
        true => (limits.timeout, "unknown"),
    }
}

/// A setting in milliseconds or seconds within its range; its default when absent, `None` when it is out of range.
fn setting(text: Option<&str>, range: std::ops::RangeInclusive<u64>, default: u64) -> Option<u64> {
    text.map_or(Some(default), |text| text.trim().parse().ok().filter(|n| range.contains(n)))
}

/// Names of the settings; the same in REST and, with a small `m`, in TwiML.
const NAMES: [&str; 4] = ["Timeout", "SpeechThreshold", "SpeechEndThreshold", "SilenceTimeout"];

/// The limits that `value` gives by name; the name of the first setting that is wrong.
fn limits<'a>(mode: Mode, longest: u64, value: impl Fn(&str) -> Option<&'a str>) -> Result<Limits, &'static str> {
    let ranges = [(3..=longest, 30), (1000..=6000, 2400), (500..=5000, 1200), (2000..=10_000, 5000)];
    let mut found = [0; 4];
    for ((slot, name), (range, default)) in found.iter_mut().zip(NAMES).zip(ranges) {
        *slot = setting(value(name), range, default).ok_or(name)?;
    }
    let [timeout, speech, speech_end, silence] = found;
    let ms = Duration::from_millis;
    Ok(Limits {
        mode,
        timeout: Duration::from_secs(timeout),
        speech: ms(speech),
        speech_end: ms(speech_end),
        silence: ms(silence),
    })
}

fn mode(text: Option<&str>) -> Result<Option<Mode>, String> {
    match text {
        None => Ok(None),
        Some("Enable") => Ok(Some(Mode::Enable)),
        Some("DetectMessageEnd") => Ok(Some(Mode::DetectMessageEnd)),
        Some(other) => Err(format!("Invalid MachineDetection {other:?}")),
    }
}

/// The detection that a new leg of REST asks for. Errors: 21234 for a value out of range, 21262 for a participant
/// without a callback (Twilio docs, error dictionary).
pub(super) fn of_request(request: &Request<'_>) -> Result<Option<Detection>, Refusal> {
    let participant = request.path.ends_with("/Participants.json");
    let Some(mode) = mode(request.given("MachineDetection")).or_else(|why| refuse(21_234, why))? else {
        return Ok(None);
    };
    let value = |name: &str| request.given(&format!("MachineDetection{name}"));
    let limits =
        limits(mode, 59, value).or_else(|name| refuse(21_234, format!("MachineDetection{name} is out of range")))?;
    let (url, method) = if participant {
        ("AmdStatusCallback", "AmdStatusCallbackMethod")
    } else {
        ("AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod")
    };
    let told = request.given(url).map(|to| Target::new(to, request.field(method)));
    if participant && told.is_none() {
        return refuse(21_262, "AmdStatusCallback is required with MachineDetection");
    }
    if let Some(told) = told.as_ref().filter(|to| !is_web_url(&to.url)) {
        return refuse(21_205, format!("{url} is not a valid URL: {}", told.url));
    }
    let holds = !participant && request.flag("AsyncAmd") != Some(true);
    Ok(Some(Detection { limits, holds, told, since: None, verdict: None }))
}

impl Carrier {
    /// The detection that a Number or Sip noun asks for.
    pub(super) fn detection_of_noun(&mut self, sid: &str, noun: &Element) -> Option<Detection> {
        let url = self.document_url(sid);
        let found = mode(noun.attr("machineDetection")).map_err(|why| (21_234, why)).and_then(|mode| {
            let Some(mode) = mode else { return Ok(None) };
            let value = |name: &str| noun.attr(&format!("machineDetection{name}"));
            let wrong = |name: &str| (21_234, format!("machineDetection{name} is out of range"));
            limits(mode, 60, value).map(Some).map_err(wrong)
        });
        let limits = match found {
            Ok(limits) => limits?,
            Err((code, why)) => {
                self.notify(code, Some(sid), why, &url);
                return None;
            }
        };
        let told = self.target_of(sid, noun, "amdStatusCallback", "amdStatusCallbackMethod");
        if told.is_none() {
            self.notify(21_262, Some(sid), "machineDetection without amdStatusCallback; nobody is detected", &url);
            return None;
        }
        Some(Detection { limits, holds: false, told, since: None, verdict: None })
    }

    /// Begins to listen to who answered; `true`: the document of the leg waits for the verdict.
    pub(super) fn detects(&mut self, sid: &str) -> bool {
        let now = self.now;
        let Some(call) = self.live(sid).filter(|c| c.direction != Direction::Inbound) else { return false };
        let who = self.script_of(&call.to).who;
        let Some(detection) = self.live_mut(sid).and_then(|c| c.voice.detection.as_mut()) else { return false };
        if detection.since.is_some() {
            return false;
        }
        detection.since = Some(now);
        let holds = detection.holds;
        let (wait, verdict) = judged(&detection.limits, who);
        self.after(wait, Due::Voice(VoiceDue::Detected(sid.to_owned(), verdict)));
        if holds {
            self.hear(sid, Hearing::Silence);
        }
        holds
    }

    pub(super) fn is_being_detected(&self, sid: &str) -> bool {
        let call = self.live(sid).filter(|c| c.status == CallStatus::InProgress);
        call.is_some_and(|c| c.voice.detection.as_ref().is_some_and(Detection::waits))
    }

    /// The verdict is there: who asked is told, and a document that was held back is asked for.
    pub(super) fn detected(&mut self, sid: &str, verdict: &'static str) {
        let now = self.now;
        let Some(call) = self.calls.get_mut(sid) else { return };
        let Some(detection) = call.voice.detection.as_mut().filter(|d| d.waits()) else { return };
        let took = now.since(detection.since.unwrap_or(now));
        detection.verdict = Some((verdict, took));
        let detection = detection.clone();
        let call = call.clone();
        if let Some(to) = &detection.told {
            let mut pairs = vec![pair("CallSid", sid), pair("AccountSid", &self.config.account_sid)];
            pairs.extend(call.verdict(true));
            self.send(to, &pairs, Some(sid), Purpose::Callback(15_003));
        }
        // A redirect by REST was faster than the verdict when there is a document already.
        if detection.holds && call.frames.is_empty() {
            self.begin(sid);
        }
    }

    /// The leg is over before the verdict. Unverified: `unknown` is told then.
    pub(super) fn detection_ends(&mut self, sid: &str) {
        self.detected(sid, "unknown");
    }

    /// What a held-back document request tells of who answered.
    pub(super) fn detected_facts(&self, sid: &str) -> Pairs {
        let long = self.config.rules.voice.detected_request_tells_duration;
        self.calls.get(sid).map(|call| call.verdict(long)).unwrap_or_default()
    }
}

impl Call {
    /// `AnsweredBy`, and how long it took to know; empty without a verdict.
    pub(super) fn verdict(&self, long: bool) -> Pairs {
        let Some((verdict, took)) = self.voice.detection.as_ref().and_then(|d| d.verdict) else { return Vec::new() };
        let mut pairs = vec![pair("AnsweredBy", verdict)];
        if long {
            pairs.push(pair("MachineDetectionDuration", took.as_millis().to_string()));
        }
        pairs
    }

    /// REST's `answered_by`.
    pub(super) fn answered_by(&self) -> Option<&'static str> {
        self.voice.detection.as_ref().and_then(|d| d.verdict).map(|(verdict, _)| verdict)
    }
}
