//! The forms of what goes on beside a leg: transcription, streams, SIPREC. Pure.

use std::collections::BTreeMap;

use super::outcome::name;
use super::profile::{Account, Feature, Form, Resource};
use super::request::{ApiRequest, checked, post, refused, segment, truth};
use crate::telephony::{Action, SiprecSettings, StreamSettings, TelephonyError, Track, TranscriptionSettings};

/// Most parameters of a stream (Twilio docs, Streams resource: `Parameter1` to `Parameter99`).
const PARAMETERS_MAX: usize = 99;

/// An id, or a name that was given to what is meant: 1 to 128 characters, and no step in a path.
fn id_or_name(what: &str, text: &str) -> Result<String, TelephonyError> {
    let count = text.chars().count();
    if (1..=128).contains(&count) && !matches!(text, "." | "..") {
        return Ok(segment(text));
    }
    Err(refused(format_args!("the name of the {what} has {count} characters; 1 to 128 are possible")))
}

/// The request that begins or ends something beside a leg.
pub(super) fn fork(account: &Account, action: &Action) -> Result<ApiRequest, TelephonyError> {
    let stop = || Form::new().with("Status", "stopped");
    let (feature, leg, resource, tail, form) = match action {
        Action::StartTranscription { leg, settings } => {
            let form = transcription(settings);
            (Feature::Transcriptions, leg, Resource::Transcriptions, "Transcriptions".to_owned(), form)
        }
        Action::StartStream { leg, settings } => {
            (Feature::Streams, leg, Resource::Streams, "Streams".to_owned(), stream(settings)?)
        }
        Action::StartSiprec { leg, settings } => {
            (Feature::Siprec, leg, Resource::SiprecSessions, "Siprec".to_owned(), siprec(settings)?)
        }
        Action::StopTranscription { leg, transcription } => {
            let tail = format!("Transcriptions/{}", id_or_name("transcription", transcription)?);
            (Feature::Transcriptions, leg, Resource::Transcription, tail, stop())
        }
        Action::StopStream { leg, stream } => {
            let tail = format!("Streams/{}", id_or_name("stream", stream)?);
            (Feature::Streams, leg, Resource::Stream, tail, stop())
        }
        Action::StopSiprec { leg, siprec } => {
            let tail = format!("Siprec/{}", id_or_name("SIPREC session", siprec)?);
            (Feature::Siprec, leg, Resource::SiprecSession, tail, stop())
        }
        other => return Err(refused(format_args!("the {} is for nothing beside a leg", name(other)))),
    };
    account.can(feature)?;
    let leg = checked(account.profile().ids.leg, "leg", leg)?;
    Ok(post(account, resource, &format!("Calls/{leg}/{tail}"), form))
}

fn tracks(track: Track) -> &'static str {
    match track {
        Track::Both => "both_tracks",
        Track::Inbound => "inbound_track",
        Track::Outbound => "outbound_track",
    }
}

fn transcription(settings: &TranscriptionSettings) -> Form {
    let mut form = Form::new();
    form.put_some("Name", settings.name.as_deref());
    form.put("Track", tracks(settings.track));
    form.put("StatusCallbackUrl", &settings.status_url);
    form.put("StatusCallbackMethod", "POST");
    form.put_some("LanguageCode", settings.language.as_deref());
    form.put_some("TranscriptionEngine", settings.engine.as_deref());
    form.put_some("SpeechModel", settings.model.as_deref());
    form.put("PartialResults", truth(settings.partial_results));
    form.put_some("Hints", Some(settings.hints.join(",").as_str()).filter(|hints| !hints.is_empty()));
    form
}

fn stream(settings: &StreamSettings) -> Result<Form, TelephonyError> {
    // Twilio docs, Streams resource: `wss` alone, and no query.
    if !settings.url.starts_with("wss://") || settings.url.contains('?') {
        return Err(refused("a stream goes to wss://… without a query; send what it would say as parameters"));
    }
    let mut form = Form::new();
    form.put("Url", &settings.url);
    form.put_some("Name", settings.name.as_deref());
    form.put("Track", tracks(settings.track));
    put_status(&mut form, settings.status_url.as_deref());
    put_parameters(&mut form, &settings.parameters)?;
    Ok(form)
}

fn siprec(settings: &SiprecSettings) -> Result<Form, TelephonyError> {
    let mut form = Form::new();
    form.put_some("Name", settings.name.as_deref());
    form.put("ConnectorName", &settings.connector);
    form.put("Track", tracks(settings.track));
    put_status(&mut form, settings.status_url.as_deref());
    put_parameters(&mut form, &settings.parameters)?;
    Ok(form)
}

fn put_status(form: &mut Form, url: Option<&str>) {
    if let Some(url) = url {
        form.put("StatusCallback", url);
        form.put("StatusCallbackMethod", "POST");
    }
}

fn put_parameters(form: &mut Form, parameters: &BTreeMap<String, String>) -> Result<(), TelephonyError> {
    let count = parameters.len();
    if count > PARAMETERS_MAX {
        return Err(refused(format_args!("there are {count} parameters; {PARAMETERS_MAX} are possible")));
    }
    for (number, (name, value)) in (1..).zip(parameters) {
        form.put(&format!("Parameter{number}.Name"), name);
        form.put(&format!("Parameter{number}.Value"), value);
    }
    Ok(())
}
