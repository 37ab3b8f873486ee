//! The forms that place legs. Pure.

use std::time::Duration;

use super::profile::{Account, Feature, Form};
use super::request::{checked, inline, limit_secs, put_recording, refused, segment, truth, whole_secs};
use crate::phone::Endpoint;
use crate::telephony::{
    AddParticipant, Beeps, Channels, ConferenceRef, DetectUntil, Detection, Dial, Extras, TelephonyError, Track,
};

/// Most characters of a conference's name or a participant's label (Twilio docs, Conference noun).
const NAME_CHARS_MAX: usize = 128;

pub(super) fn channels(channels: Channels) -> &'static str {
    match channels {
        Channels::Mono => "mono",
        Channels::Dual => "dual",
    }
}

pub(super) fn side(track: Track) -> &'static str {
    match track {
        Track::Both => "both",
        Track::Inbound => "inbound",
        Track::Outbound => "outbound",
    }
}

pub(super) fn trim(trims_silence: bool) -> &'static str {
    if trims_silence { "trim-silence" } else { "do-not-trim" }
}

/// The form of a call.
pub(super) fn dial(account: &Account, dial: &Dial) -> Result<Form, TelephonyError> {
    if dial.extras.caller_name.is_some() {
        account.can(Feature::DialCallerName)?;
    }
    let mut form = ends(account, &dial.to, &dial.from, &dial.extras)?;
    match &dial.document {
        Some(document) => form.put(account.profile().inline_document, inline(account, document)?),
        None => {
            form.put("Url", &dial.document_url);
            form.put("Method", "POST");
        }
    }
    put_times(account, &mut form, &dial.status_url, dial.ring_timeout, dial.time_limit)?;
    put_extras(account, &mut form, &dial.extras)?;
    if let Some(digits) = &dial.extras.digits {
        account.can(Feature::Digits)?;
        let fits = |key: char| key.is_ascii_digit() || "ABCD#*wW".contains(key);
        if !(1..=32).contains(&digits.len()) || !digits.chars().all(fits) {
            return Err(refused("keys are 1 to 32 of 0-9 A-D # * w W"));
        }
        form.put("SendDigits", digits);
    }
    if let Some(detection) = &dial.extras.detection {
        put_detection(&mut form, detection)?;
        if let Some(url) = &detection.status_url {
            form.put("AsyncAmd", "true");
            form.put("AsyncAmdStatusCallback", url);
            form.put("AsyncAmdStatusCallbackMethod", "POST");
        }
    }
    Ok(form)
}

/// The conference in the path of a new participant.
pub(super) fn conference(account: &Account, conference: &ConferenceRef) -> Result<String, TelephonyError> {
    account.can(Feature::AddParticipant)?;
    let shape = account.profile().ids.conference;
    match conference {
        ConferenceRef::Id(id) => Ok(checked(shape, "conference", id)?.to_owned()),
        ConferenceRef::Name(name) => {
            account.can(Feature::ConferenceByName)?;
            let count = name.chars().count();
            if !(1..=NAME_CHARS_MAX).contains(&count) || shape.fits(name) || matches!(name.as_str(), "." | "..") {
                return Err(refused(format_args!(
                    "a conference's name has 1 to {NAME_CHARS_MAX} characters, and is not {shape}"
                )));
            }
            Ok(segment(name))
        }
    }
}

/// The form of a new participant.
pub(super) fn participant(account: &Account, added: &AddParticipant) -> Result<Form, TelephonyError> {
    if added.extras.caller_name.is_some() {
        account.can(Feature::ParticipantCallerName)?;
    }
    if added.extras.digits.is_some() {
        return Err(refused("keys can be pressed by a dial alone, not by a new participant"));
    }
    let ids = &account.profile().ids;
    let mut form = ends(account, &added.to, &added.from, &added.extras)?;
    put_times(account, &mut form, &added.status_url, added.ring_timeout, added.time_limit)?;
    put_extras(account, &mut form, &added.extras)?;
    if let Some(detection) = &added.extras.detection {
        put_detection(&mut form, detection)?;
        // Twilio docs, error 21262: a participant's detection needs a callback.
        let Some(url) = &detection.status_url else {
            return Err(refused("the verdict on a participant needs a status_url"));
        };
        form.put("AmdStatusCallback", url);
        form.put("AmdStatusCallbackMethod", "POST");
    }
    if let Some(label) = &added.label {
        let count = label.chars().count();
        if !(1..=NAME_CHARS_MAX).contains(&count) || label.contains('/') || ids.leg.fits(label) {
            return Err(refused(format_args!(
                "a label has 1 to {NAME_CHARS_MAX} characters, no `/`, and is not the id of a leg"
            )));
        }
        form.put("Label", label);
    }
    form.put("Muted", truth(added.muted));
    if let Some(coached) = &added.coached {
        account.can(Feature::Coaching)?;
        form.put("Coaching", "true");
        form.put("CallSidToCoach", checked(ids.leg, "coached leg", coached)?);
    }
    form.put("Beep", beep(added.beep));
    form.put("StartConferenceOnEnter", truth(added.starts_on_enter));
    form.put("EndConferenceOnExit", truth(added.ends_on_exit));
    form.put("EarlyMedia", truth(added.early_media));
    put_conference(&mut form, added)?;
    Ok(form)
}

fn beep(beep: Beeps) -> &'static str {
    match beep {
        Beeps::Never => "false",
        Beeps::OnEnter => "onEnter",
        Beeps::OnExit => "onExit",
        Beeps::Both => "true",
    }
}

/// What is said of the conference by who enters it.
fn put_conference(form: &mut Form, added: &AddParticipant) -> Result<(), TelephonyError> {
    if let Some(most) = added.participants_max {
        if !(2..=250).contains(&most) {
            return Err(refused(format_args!("a conference holds 2 to 250 participants, not {most}")));
        }
        form.put("MaxParticipants", most.to_string());
    }
    if let Some(url) = &added.wait_url {
        form.put("WaitUrl", url);
        form.put("WaitMethod", "POST");
    }
    if let Some(url) = &added.conference_status_url {
        form.put("ConferenceStatusCallback", url);
        form.put("ConferenceStatusCallbackMethod", "POST");
        for event in ["start", "end", "join", "leave"] {
            form.put("ConferenceStatusCallbackEvent", event);
        }
    }
    if let Some(settings) = &added.conference_recording {
        form.put("ConferenceRecord", "record-from-start");
        form.put("ConferenceTrim", trim(settings.trims_silence));
        if let Some(url) = &settings.status_url {
            form.put("ConferenceRecordingStatusCallback", url);
            form.put("ConferenceRecordingStatusCallbackMethod", "POST");
            for event in ["in-progress", "completed", "absent"] {
                form.put("ConferenceRecordingStatusCallbackEvent", event);
            }
        }
    }
    Ok(())
}

/// Both ends of a leg. Parameters go along as a query (Twilio docs, Calls resource: `To`; SIP headers likewise).
fn ends(account: &Account, to: &Endpoint, from: &Endpoint, extras: &Extras) -> Result<Form, TelephonyError> {
    let mut address = account.profile().address(to);
    if !extras.parameters.is_empty() {
        account.can(Feature::Parameters)?;
        if matches!(to, Endpoint::Phone(_)) {
            return Err(refused("a telephone takes no parameters; clients and SIP devices do"));
        }
        let mut mark = if address.contains('?') { '&' } else { '?' };
        for (name, value) in &extras.parameters {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            if name.is_empty() || !name.chars().all(fits) {
                return Err(refused("a parameter's name has letters, digits, _ and - alone"));
            }
            address.push(mark);
            address.push_str(&format!("{name}={}", segment(value)));
            mark = '&';
        }
    }
    Ok(Form::new().with("To", address).with("From", account.profile().address(from)))
}

fn put_times(
    account: &Account,
    form: &mut Form,
    status_url: &str,
    ring_timeout: Duration,
    time_limit: Duration,
) -> Result<(), TelephonyError> {
    let (range, ring_secs) = (&account.profile().ring_secs, whole_secs(ring_timeout));
    if !range.contains(&ring_secs) {
        return Err(refused(format_args!(
            "it cannot ring for {ring_secs} s; choose {} to {} s",
            range.start(),
            range.end()
        )));
    }
    form.put("StatusCallback", status_url);
    form.put("StatusCallbackMethod", "POST");
    // Without these Twilio tells of the end alone.
    for event in ["initiated", "ringing", "answered", "completed"] {
        form.put("StatusCallbackEvent", event);
    }
    form.put("Timeout", ring_secs.to_string());
    form.put("TimeLimit", limit_secs(account, time_limit)?);
    Ok(())
}

fn put_extras(account: &Account, form: &mut Form, extras: &Extras) -> Result<(), TelephonyError> {
    if let Some(caller) = &extras.caller_id {
        account.can(Feature::CallerId)?;
        form.put("CallerId", account.profile().address(caller));
    }
    if let Some(name) = &extras.caller_name {
        if !(2..=255).contains(&name.chars().count()) {
            return Err(refused("a caller's name has 2 to 255 characters"));
        }
        form.put("CallerDisplayName", name);
    }
    if let Some(reason) = &extras.reason {
        account.can(Feature::CallReason)?;
        if !(1..=50).contains(&reason.chars().count()) {
            return Err(refused("a reason has 1 to 50 characters"));
        }
        form.put("CallReason", reason);
    }
    if let Some(settings) = &extras.recording {
        form.put("Record", "true");
        put_recording(form, settings);
    }
    Ok(())
}

/// Twilio docs, Answering Machine Detection: the ranges.
fn put_detection(form: &mut Form, detection: &Detection) -> Result<(), TelephonyError> {
    form.put(
        "MachineDetection",
        match detection.until {
            DetectUntil::Known => "Enable",
            DetectUntil::GreetingEnds => "DetectMessageEnd",
        },
    );
    if let Some(timeout) = detection.timeout {
        let secs = whole_secs(timeout);
        if !(3..=59).contains(&secs) {
            return Err(refused(format_args!("detection cannot take {secs} s; choose 3 to 59 s")));
        }
        form.put("MachineDetectionTimeout", secs.to_string());
    }
    for (field, wanted, least_ms, most_ms) in [
        ("MachineDetectionSpeechThreshold", detection.speech_max, 1000, 6000),
        ("MachineDetectionSpeechEndThreshold", detection.speech_end, 500, 5000),
        ("MachineDetectionSilenceTimeout", detection.silence_max, 2000, 10_000),
    ] {
        let Some(millis) = wanted.map(|wanted| wanted.as_millis()) else { continue };
        if !(least_ms..=most_ms).contains(&millis) {
            return Err(refused(format_args!("{field} cannot be {millis} ms; choose {least_ms} to {most_ms} ms")));
        }
        form.put(field, millis.to_string());
    }
    Ok(())
}
