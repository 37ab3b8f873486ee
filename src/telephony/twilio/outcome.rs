//! What the reply to a request means. Pure.

use serde_json::Value;

use super::error::{self, Reply};
use super::profile::{Account, IdShape};
use crate::telephony::{Action, Performed, TelephonyError};

/// Something that is said of what was asked, for messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spoken<'a> {
    pub(super) account: &'a Account,
    pub(super) what: &'static str,
    pub(super) is_idempotent: bool,
}

impl Spoken<'_> {
    /// A reply that is not a success.
    pub(super) fn failed(&self, reply: &Reply) -> TelephonyError {
        self.account.profile().named(error::classify(self.what, self.is_idempotent, reply))
    }

    /// A success whose body cannot be read.
    pub(super) fn unreadable(&self, status: u16) -> TelephonyError {
        self.account.profile().named(error::unreadable(self.what, self.is_idempotent, status))
    }
}

/// What the reply to `action` means: `status` and `body` as they came, `retry_after` the header of that name.
///
/// # On return
/// `Ok`: done, also when what was to be ended is gone already. `Err`: see [`error::classify`]. A success whose body
/// cannot be read is [`Failure::Unavailable`](crate::telephony::Failure::Unavailable) where the action may be sent again,
/// otherwise [`Failure::Unknown`](crate::telephony::Failure::Unknown).
pub fn outcome(
    account: &Account,
    action: &Action,
    status: u16,
    body: &[u8],
    retry_after: Option<&str>,
) -> Result<Performed, TelephonyError> {
    let spoken = Spoken { account, what: name(action), is_idempotent: action.is_idempotent() };
    if !(200..300).contains(&status) {
        let reply = account.profile().reply(status, body, retry_after);
        return if is_gone(action, &reply) { Ok(Performed::default()) } else { Err(spoken.failed(&reply)) };
    }
    // Twilio answers a DELETE with 204 and no body.
    if matches!(action, Action::Remove { .. } | Action::DeleteRecording { .. } | Action::DeleteQueue { .. }) {
        return Ok(Performed::default());
    }
    let object = serde_json::from_slice::<Value>(body).ok().filter(Value::is_object);
    object.and_then(|object| performed(account, action, &object)).ok_or_else(|| spoken.unreadable(status))
}

/// The ids that a success tells; `None` where one is missing that has to be there.
fn performed(account: &Account, action: &Action, object: &Value) -> Option<Performed> {
    let ids = &account.profile().ids;
    let id = |field: &str, shape: IdShape| {
        object.get(field).and_then(Value::as_str).filter(|id| shape.fits(id)).map(str::to_owned)
    };
    let mut done = Performed::default();
    match action {
        // Twilio calls it `sid`; TeXML replies in the field say `call_sid`.
        Action::Dial(_) => done.leg = Some(id("sid", ids.leg).or_else(|| id("call_sid", ids.leg))?),
        Action::AddParticipant(_) => {
            done.leg = Some(id("call_sid", ids.leg)?);
            done.conference = id("conference_sid", ids.conference);
        }
        Action::Dequeue { .. } => done.leg = id("call_sid", ids.leg),
        Action::StartRecording { .. } => done.recording = Some(id("sid", ids.recording)?),
        Action::StartTranscription { .. } => done.transcription = Some(id("sid", ids.transcription)?),
        Action::StartStream { .. } => done.stream = Some(id("sid", ids.stream)?),
        Action::StartSiprec { .. } => done.siprec = Some(id("sid", ids.siprec)?),
        Action::CreateQueue { .. } => done.queue = Some(id("sid", ids.queue)?),
        Action::SendMessage(_) => {
            done.message = Some(id("sid", ids.message).or_else(|| id("sid", ids.media_message))?);
        }
        _ => {}
    }
    Some(done)
}

/// Whether the reply says that what `action` was to end does not exist any more.
///
/// Only a reply with the provider's own code counts: a bare 404 may come from a proxy, and a hang-up that was never
/// carried out would be taken for done. 21220: the call is not live. 16003, 16022: no such conference, or completed.
fn is_gone(action: &Action, reply: &Reply) -> bool {
    match action {
        // 21220 also says that an answered call cannot be cancelled.
        Action::Cancel { .. }
        | Action::HangUp { .. }
        | Action::StopRecording { .. }
        | Action::StopTranscription { .. }
        | Action::StopStream { .. }
        | Action::StopSiprec { .. } => matches!(reply.code, Some(20404 | 21220)),
        Action::Remove { .. } => matches!(reply.code, Some(20404 | 21220 | 16003 | 16022)),
        Action::EndConference { .. } => matches!(reply.code, Some(20404 | 16003 | 16022)),
        Action::DeleteRecording { .. } | Action::DeleteQueue { .. } => reply.code == Some(20404),
        _ => false,
    }
}

/// What `action` is called in messages.
pub(super) fn name(action: &Action) -> &'static str {
    match action {
        Action::Dial(_) => "dial",
        Action::AddParticipant(_) => "addition of a participant",
        Action::Redirect { .. } => "redirect",
        Action::Instruct { .. } => "instruction",
        Action::LimitTime { .. } => "time limit",
        Action::Cancel { .. } => "cancel",
        Action::HangUp { .. } => "hang-up",
        Action::Mute { .. } => "mute",
        Action::Hold { .. } => "hold",
        Action::Coach { .. } => "coaching",
        Action::Announce { .. } => "announcement",
        Action::SetEndOnExit { .. } => "change of what a leaving ends",
        Action::SetBeepOnExit { .. } => "change of the beep",
        Action::SetWaitMusic { .. } => "change of the music",
        Action::Remove { .. } => "removal",
        Action::EndConference { .. } => "end of the conference",
        Action::StartRecording { .. } => "start of the recording",
        Action::PauseRecording { .. } => "pause of the recording",
        Action::ResumeRecording { .. } => "resumption of the recording",
        Action::StopRecording { .. } => "end of the recording",
        Action::DeleteRecording { .. } => "deletion of the recording",
        Action::StartTranscription { .. } => "start of the transcription",
        Action::StopTranscription { .. } => "end of the transcription",
        Action::StartStream { .. } => "start of the stream",
        Action::StopStream { .. } => "end of the stream",
        Action::StartSiprec { .. } => "start of the SIPREC session",
        Action::StopSiprec { .. } => "end of the SIPREC session",
        Action::CreateQueue { .. } => "making of the queue",
        Action::DeleteQueue { .. } => "deletion of the queue",
        Action::Dequeue { .. } => "dequeueing",
        Action::SendMessage(_) => "message",
    }
}
