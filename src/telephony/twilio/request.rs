//! What is sent for a command, and what the reply to it means. Pure: nothing here sends, waits or reads a clock.

use std::fmt;
use std::time::Duration;

use super::outcome::name;
pub use super::outcome::outcome;
use super::profile::{Account, Feature, Form, IdShape, Resource};
use super::{fork, place};
use crate::telephony::{Action, Command, Failure, PauseGap, Recorded, RecordingSettings, SendMessage, TelephonyError};

/// Most characters of a document inside a request (Twilio docs, Calls resource: `Twiml`).
pub const DOCUMENT_CHARS_MAX: usize = 4000;
/// Most characters of a message (Twilio docs, Messages resource: `Body`).
pub const MESSAGE_CHARS_MAX: usize = 1600;

/// Method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`: reads.
    Get,
    /// `POST`: creates or updates.
    Post,
    /// `DELETE`: takes away.
    Delete,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        })
    }
}

/// A request to the REST API, without host and credentials.
///
/// `Debug` and `Display` show neither body nor query: both hold telephone numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiRequest {
    /// The method.
    pub method: Method,
    /// Begins with the path that the provider's profile says, `/2010-04-01/` with Twilio; printable ASCII.
    pub path_and_query: String,
    /// The parameters, `application/x-www-form-urlencoded`; `None` for [`Method::Get`] and [`Method::Delete`].
    pub body: Option<String>,
}

impl fmt::Display for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path_and_query.split('?').next().unwrap_or_default();
        write!(f, "{} {path}", self.method)
    }
}

impl fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiRequest({self})")
    }
}

/// Whether `text` is an id of Twilio: these two capitals, then 32 lower-case hexadecimal digits.
///
/// Nothing else is ever put into a path, so an id cannot lead a request to another resource.
#[must_use]
pub fn is_sid(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

/// Whose account it is: `AC` and 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountSid(String);

/// A text that is not an account's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an account SID: it is AC and 32 hexadecimal digits, at the top of the Twilio console")]
pub struct AccountSidError;

impl AccountSid {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for AccountSid {
    type Err = AccountSidError;
    fn from_str(text: &str) -> Result<Self, AccountSidError> {
        if is_sid("AC", text) { Ok(Self(text.to_owned())) } else { Err(AccountSidError) }
    }
}

/// An error that is [`Failure::Rejected`]: nothing was sent, and never will be.
pub(super) fn refused(message: impl fmt::Display) -> TelephonyError {
    TelephonyError::new(Failure::Rejected, format!("nothing was sent: {message}"))
}

/// `id`, when it may stand in a path; otherwise an error that is [`Failure::Rejected`].
pub(super) fn checked<'a>(shape: IdShape, what: &str, id: &'a str) -> Result<&'a str, TelephonyError> {
    if shape.fits(id) {
        return Ok(id);
    }
    Err(refused(format_args!("the id of the {what} is not {shape}")))
}

/// Text as one segment of a path: everything but letters, digits and `-._~` is escaped (RFC 3986).
pub(super) fn segment(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            byte => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// Whole seconds, rounded up.
pub(super) fn whole_secs(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

/// How long a leg may last, as text.
pub(super) fn limit_secs(account: &Account, time_limit: Duration) -> Result<String, TelephonyError> {
    let (range, secs) = (&account.profile().limit_secs, whole_secs(time_limit));
    if range.contains(&secs) {
        return Ok(secs.to_string());
    }
    Err(refused(format_args!("a leg cannot be limited to {secs} s; choose {} to {} s", range.start(), range.end())))
}

pub(super) fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// A document inside a request.
pub(super) fn inline(account: &Account, document: &str) -> Result<String, TelephonyError> {
    account.can(Feature::InlineDocument)?;
    let count = document.chars().count();
    if count > DOCUMENT_CHARS_MAX {
        return Err(refused(format_args!(
            "the document has {count} characters; {DOCUMENT_CHARS_MAX} are possible, or give its address"
        )));
    }
    if let Some(verb) = account.profile().unsupported_verb(document) {
        return Err(refused(format_args!("{} does not know <{verb}>", account.profile().name)));
    }
    Ok(document.to_owned())
}

pub(super) fn post(account: &Account, resource: Resource, path: &str, form: Form) -> ApiRequest {
    let body = Some(form.encode(account.profile(), resource));
    ApiRequest { method: Method::Post, path_and_query: account.path(resource, path), body }
}

fn delete(account: &Account, resource: Resource, path: &str) -> ApiRequest {
    ApiRequest { method: Method::Delete, path_and_query: account.path(resource, path), body: None }
}

/// The one request that carries `command` out. An error is [`Failure::Rejected`]: such a command can never be sent.
///
/// Twilio docs, Calls, Conferences, Participants, Recordings, Queues, Messages, Streams, Siprec and Transcriptions resources
/// (2010-04-01). A hang-up asks for `completed`, which ends a call in any live state; `canceled` would leave an answered
/// one alone, which is what a cancel is for. Hold music is asked by GET, everything else by POST.
pub fn request(account: &Account, command: &Command) -> Result<ApiRequest, TelephonyError> {
    match &command.action {
        Action::Dial(dial) => Ok(post(account, Resource::Calls, "Calls", place::dial(account, dial)?)),
        Action::AddParticipant(added) => {
            let conference = place::conference(account, &added.conference)?;
            let path = format!("Conferences/{conference}/Participants");
            Ok(post(account, Resource::Participants, &path, place::participant(account, added)?))
        }
        Action::Redirect { leg, .. }
        | Action::Instruct { leg, .. }
        | Action::LimitTime { leg, .. }
        | Action::Cancel { leg }
        | Action::HangUp { leg } => {
            let path = format!("Calls/{}", checked(account.profile().ids.leg, "leg", leg)?);
            Ok(post(account, Resource::Call, &path, call_change(account, &command.action)?))
        }
        Action::Mute { .. }
        | Action::Hold { .. }
        | Action::Coach { .. }
        | Action::Announce { .. }
        | Action::SetEndOnExit { .. }
        | Action::SetBeepOnExit { .. }
        | Action::SetWaitMusic { .. }
        | Action::Remove { .. }
        | Action::EndConference { .. } => in_conference(account, &command.action),
        Action::StartRecording { .. }
        | Action::PauseRecording { .. }
        | Action::ResumeRecording { .. }
        | Action::StopRecording { .. }
        | Action::DeleteRecording { .. } => recording(account, &command.action),
        Action::CreateQueue { .. } | Action::DeleteQueue { .. } | Action::Dequeue { .. } => {
            queue(account, &command.action)
        }
        Action::SendMessage(sent) => Ok(post(account, Resource::Messages, "Messages", message(account, sent)?)),
        Action::StartTranscription { .. }
        | Action::StopTranscription { .. }
        | Action::StartStream { .. }
        | Action::StopStream { .. }
        | Action::StartSiprec { .. }
        | Action::StopSiprec { .. } => fork::fork(account, &command.action),
    }
}

fn call_change(account: &Account, action: &Action) -> Result<Form, TelephonyError> {
    Ok(match action {
        Action::Redirect { document_url, .. } => Form::new().with("Url", document_url).with("Method", "POST"),
        Action::Instruct { document, .. } => {
            Form::new().with(account.profile().inline_document, inline(account, document)?)
        }
        Action::LimitTime { time_limit, .. } => {
            account.can(Feature::TimeLimitChange)?;
            Form::new().with("TimeLimit", limit_secs(account, *time_limit)?)
        }
        Action::Cancel { .. } => Form::new().with("Status", "canceled"),
        _ => Form::new().with("Status", "completed"),
    })
}

fn in_conference(account: &Account, action: &Action) -> Result<ApiRequest, TelephonyError> {
    let ids = &account.profile().ids;
    let (room, leg, form) = match action {
        Action::EndConference { conference } => (conference, None, Form::new().with("Status", "completed")),
        Action::Mute { conference, leg, muted } => (conference, Some(leg), Form::new().with("Muted", truth(*muted))),
        Action::Hold { conference, leg, held, music_url } => {
            let mut form = Form::new().with("Hold", truth(*held));
            if let Some(url) = music_url.as_deref().filter(|_| *held) {
                form = form.with("HoldUrl", url).with("HoldMethod", "GET");
            }
            (conference, Some(leg), form)
        }
        Action::Coach { conference, leg, coached } => {
            account.can(Feature::Coaching)?;
            let mut form = Form::new().with("Coaching", truth(coached.is_some()));
            if let Some(coached) = coached {
                form.put("CallSidToCoach", checked(ids.leg, "coached leg", coached)?);
            }
            (conference, Some(leg), form)
        }
        Action::Announce { conference, leg, document_url } => {
            account.can(Feature::Announcements)?;
            (conference, leg.as_ref(), Form::new().with("AnnounceUrl", document_url).with("AnnounceMethod", "POST"))
        }
        Action::SetEndOnExit { conference, leg, ends } => {
            account.can(Feature::EndOnExit)?;
            (conference, Some(leg), Form::new().with("EndConferenceOnExit", truth(*ends)))
        }
        Action::SetBeepOnExit { conference, leg, beeps } => {
            account.can(Feature::BeepOnExit)?;
            (conference, Some(leg), Form::new().with("BeepOnExit", truth(*beeps)))
        }
        Action::SetWaitMusic { conference, leg, music_url } => {
            account.can(Feature::WaitMusic)?;
            (conference, Some(leg), Form::new().with("WaitUrl", music_url).with("WaitMethod", "POST"))
        }
        Action::Remove { conference, leg } => (conference, Some(leg), Form::new()),
        other => return Err(refused(format_args!("the {} is for no conference", name(other)))),
    };
    let room = format!("Conferences/{}", checked(ids.conference, "conference", room)?);
    let Some(leg) = leg else { return Ok(post(account, Resource::Conference, &room, form)) };
    let path = format!("{room}/Participants/{}", checked(ids.leg, "leg", leg)?);
    Ok(match action {
        Action::Remove { .. } => delete(account, Resource::Participant, &path),
        _ => post(account, Resource::Participant, &path, form),
    })
}

pub(super) fn put_recording(form: &mut Form, settings: &RecordingSettings) {
    form.put("RecordingChannels", place::channels(settings.channels));
    form.put("RecordingTrack", place::side(settings.track));
    form.put("Trim", place::trim(settings.trims_silence));
    if let Some(url) = &settings.status_url {
        form.put("RecordingStatusCallback", url);
        form.put("RecordingStatusCallbackMethod", "POST");
        for event in ["in-progress", "completed", "absent"] {
            form.put("RecordingStatusCallbackEvent", event);
        }
    }
}

fn recording(account: &Account, action: &Action) -> Result<ApiRequest, TelephonyError> {
    let ids = &account.profile().ids;
    let (of, recording, form) = match action {
        Action::StartRecording { leg, settings } => {
            let path = format!("Calls/{}/Recordings", checked(ids.leg, "leg", leg)?);
            let mut form = Form::new();
            put_recording(&mut form, settings);
            return Ok(post(account, Resource::CallRecordings, &path, form));
        }
        Action::DeleteRecording { recording } => {
            let path = format!("Recordings/{}", checked(ids.recording, "recording", recording)?);
            return Ok(delete(account, Resource::Recording, &path));
        }
        Action::PauseRecording { of, recording, gap } => {
            let mut form = Form::new().with("Status", "paused");
            if let Some(gap) = gap {
                account.can(Feature::PauseGap)?;
                form.put("PauseBehavior", if *gap == PauseGap::Silence { "silence" } else { "skip" });
            }
            (of, recording, form)
        }
        Action::ResumeRecording { of, recording } => (of, recording, Form::new().with("Status", "in-progress")),
        Action::StopRecording { of, recording } => {
            if matches!(of, Recorded::Conference(_)) {
                account.can(Feature::ConferenceRecordingStop)?;
            }
            (of, recording, Form::new().with("Status", "stopped"))
        }
        other => return Err(refused(format_args!("the {} is for no recording", name(other)))),
    };
    let recording = match (recording, account.profile().current_recording) {
        (Some(recording), _) => checked(ids.recording, "recording", recording)?,
        (None, Some(current)) => current,
        (None, None) => return Err(account.can(Feature::CurrentRecording).err().unwrap_or_else(no_current)),
    };
    match of {
        Recorded::Leg(leg) => {
            let path = format!("Calls/{}/Recordings/{recording}", checked(ids.leg, "leg", leg)?);
            Ok(post(account, Resource::CallRecording, &path, form))
        }
        Recorded::Conference(conference) => {
            account.can(Feature::ConferenceRecordingPause)?;
            let conference = checked(ids.conference, "conference", conference)?;
            let path = format!("Conferences/{conference}/Recordings/{recording}");
            Ok(post(account, Resource::ConferenceRecording, &path, form))
        }
    }
}

fn no_current() -> TelephonyError {
    refused("the recording's id is missing")
}

fn queue(account: &Account, action: &Action) -> Result<ApiRequest, TelephonyError> {
    let ids = &account.profile().ids;
    match action {
        Action::CreateQueue { name, size_max } => {
            account.can(Feature::Queues)?;
            let count = name.chars().count();
            if !(1..=64).contains(&count) {
                return Err(refused(format_args!("the queue's name has {count} characters; 1 to 64 are possible")));
            }
            let mut form = Form::new().with("FriendlyName", name);
            form.put_some("MaxSize", size_max.map(|size| size.to_string()).as_deref());
            Ok(post(account, Resource::Queues, "Queues", form))
        }
        Action::Dequeue { queue, leg, document_url } => {
            account.can(Feature::Dequeue)?;
            let queue = checked(ids.queue, "queue", queue)?;
            let member = match leg {
                Some(leg) => checked(ids.leg, "leg", leg)?,
                None => "Front",
            };
            let form = Form::new().with("Url", document_url).with("Method", "POST");
            Ok(post(account, Resource::Member, &format!("Queues/{queue}/Members/{member}"), form))
        }
        Action::DeleteQueue { queue } => {
            account.can(Feature::Queues)?;
            Ok(delete(account, Resource::Queue, &format!("Queues/{}", checked(ids.queue, "queue", queue)?)))
        }
        other => Err(refused(format_args!("the {} is for no queue", name(other)))),
    }
}

fn message(account: &Account, message: &SendMessage) -> Result<Form, TelephonyError> {
    account.can(Feature::Messages)?;
    let (count, media) = (message.body.chars().count(), message.media_urls.len());
    if count > MESSAGE_CHARS_MAX || media > 10 {
        return Err(refused(format_args!(
            "the message has {count} characters and {media} media; {MESSAGE_CHARS_MAX} and 10 are possible"
        )));
    }
    if count == 0 && media == 0 {
        return Err(refused("the message is empty"));
    }
    let mut form = Form::new().with("To", message.to.as_str()).with("From", message.from.as_str());
    form.put_some("Body", Some(message.body.as_str()).filter(|body| !body.is_empty()));
    for url in &message.media_urls {
        form.put("MediaUrl", url);
    }
    form.put_some("StatusCallback", message.status_url.as_deref());
    Ok(form)
}
