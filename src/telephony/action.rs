//! What can be commanded at a provider, in no provider's words.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::place::{AddParticipant, Dial};
use super::settings::{
    PauseGap, Recorded, RecordingSettings, SendMessage, SiprecSettings, StreamSettings, TranscriptionSettings,
};

/// What can be done at a provider. Legs, conferences, recordings and the like are named by the provider's ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Action {
    /// Rings an endpoint. The new leg asks [`Dial::document_url`] what to do once it is answered.
    Dial(Box<Dial>),
    /// Rings an endpoint and puts it into a conference once it is answered. No document is asked for.
    AddParticipant(Box<AddParticipant>),
    /// Takes a live leg out of whatever it does; it asks `document_url` what to do next.
    Redirect {
        /// Which leg.
        leg: String,
        /// Asked for a document by POST.
        document_url: String,
    },
    /// Takes a live leg out of whatever it does, and has it carry out this document.
    Instruct {
        /// Which leg.
        leg: String,
        /// The document, in the provider's words; at most 4000 characters.
        document: String,
    },
    /// Sets how long a live leg may last in all, counted from its answer.
    LimitTime {
        /// Which leg.
        leg: String,
        /// Whole seconds, at least one.
        time_limit: Duration,
    },
    /// Ends a leg that has not been answered. Done also when it has been, or has ended: nothing changes then.
    Cancel {
        /// Which leg.
        leg: String,
    },
    /// Ends a leg, ringing or answered. Done also when it has ended already.
    HangUp {
        /// Which leg.
        leg: String,
    },
    /// Mutes a participant of a conference, or lets it be heard again.
    Mute {
        /// Which conference.
        conference: String,
        /// Which leg.
        leg: String,
        /// Whether it is to be muted.
        muted: bool,
    },
    /// Puts a participant on hold (it hears `music_url`, nobody hears it), or takes it back.
    Hold {
        /// Which conference.
        conference: String,
        /// Which leg.
        leg: String,
        /// Whether it is to be on hold.
        held: bool,
        /// What it hears meanwhile, asked by GET; `None`: the provider's music.
        music_url: Option<String>,
    },
    /// Has a supervisor heard by one participant alone, or by all again. The supervisor hears the conference throughout.
    Coach {
        /// Which conference.
        conference: String,
        /// The supervisor's leg.
        leg: String,
        /// The leg that hears the supervisor; `None`: everybody does.
        coached: Option<String>,
    },
    /// Plays a document or sound to a conference, or to one participant of it.
    Announce {
        /// Which conference.
        conference: String,
        /// Which leg hears it; `None`: all.
        leg: Option<String>,
        /// Asked by POST for the document or sound.
        document_url: String,
    },
    /// Sets whether a conference ends for all when this participant leaves.
    SetEndOnExit {
        /// Which conference.
        conference: String,
        /// Which leg.
        leg: String,
        /// Whether it ends.
        ends: bool,
    },
    /// Sets whether the others hear a beep when this participant leaves.
    SetBeepOnExit {
        /// Which conference.
        conference: String,
        /// Which leg.
        leg: String,
        /// Whether there is a beep.
        beeps: bool,
    },
    /// Sets what a participant hears until its conference starts.
    SetWaitMusic {
        /// Which conference.
        conference: String,
        /// Which leg.
        leg: String,
        /// Asked by POST for a document or sound.
        music_url: String,
    },
    /// Takes a participant out of a conference; the leg goes on with its document. Done also when it is out already.
    Remove {
        /// Which conference.
        conference: String,
        /// Which leg.
        leg: String,
    },
    /// Ends a conference for all. Done also when it has ended already.
    EndConference {
        /// Which conference.
        conference: String,
    },
    /// Begins to record an answered leg. [`Performed::recording`](super::Performed::recording) names the recording.
    StartRecording {
        /// Which leg.
        leg: String,
        /// How it is recorded.
        settings: RecordingSettings,
    },
    /// Pauses a recording, for card numbers and the like. Paused already: nothing changes.
    PauseRecording {
        /// Where it is made.
        of: Recorded,
        /// Which recording; `None`: the only one that runs there.
        recording: Option<String>,
        /// What the recording holds for the pause; `None`: as the provider does it.
        gap: Option<PauseGap>,
    },
    /// Takes up a paused recording. Running already: nothing changes.
    ResumeRecording {
        /// Where it is made.
        of: Recorded,
        /// Which recording; `None`: the only one that is paused there.
        recording: Option<String>,
    },
    /// Ends a recording for good. Done also when it, or its call, has ended already.
    StopRecording {
        /// Where it is made.
        of: Recorded,
        /// Which recording; `None`: the only one that runs there.
        recording: Option<String>,
    },
    /// Deletes a finished recording with its sound. Done also when there is none of this id.
    DeleteRecording {
        /// Which recording.
        recording: String,
    },
    /// Begins to transcribe what is said on a leg, while it is said.
    StartTranscription {
        /// Which leg.
        leg: String,
        /// How it is transcribed.
        settings: Box<TranscriptionSettings>,
    },
    /// Ends a transcription. Done also when it, or its call, has ended already.
    StopTranscription {
        /// Which leg.
        leg: String,
        /// Which transcription: its id, or the name it was given.
        transcription: String,
    },
    /// Begins to send a leg's sound to a web socket. The leg goes on with its document.
    StartStream {
        /// Which leg.
        leg: String,
        /// Where it is sent, and how.
        settings: Box<StreamSettings>,
    },
    /// Ends a stream. Done also when it, or its call, has ended already.
    StopStream {
        /// Which leg.
        leg: String,
        /// Which stream: its id, or the name it was given.
        stream: String,
    },
    /// Begins to send a leg's sound to a recorder outside by SIPREC (RFC 7866).
    StartSiprec {
        /// Which leg.
        leg: String,
        /// Which recorder, and how.
        settings: Box<SiprecSettings>,
    },
    /// Ends a SIPREC session. Done also when it, or its call, has ended already.
    StopSiprec {
        /// Which leg.
        leg: String,
        /// Which session: its id, or the name it was given.
        siprec: String,
    },
    /// Makes a queue of the provider's. [`Performed::queue`](super::Performed::queue) names it.
    CreateQueue {
        /// Its name: 1 to 64 characters, one of a kind in the account.
        name: String,
        /// How many legs may wait in it; `None`: as many as the provider allows.
        size_max: Option<u32>,
    },
    /// Deletes an empty queue. Done also when there is none of this id.
    DeleteQueue {
        /// Which queue.
        queue: String,
    },
    /// Takes a leg out of a provider's queue; it asks `document_url` what to do next.
    /// [`Performed::leg`](super::Performed::leg) says which it was.
    Dequeue {
        /// Which queue.
        queue: String,
        /// Which leg; `None`: the one that has waited longest.
        leg: Option<String>,
        /// Asked for a document by POST.
        document_url: String,
    },
    /// Sends a text message. [`Performed::message`](super::Performed::message) names it.
    SendMessage(Box<SendMessage>),
}

impl Action {
    /// Whether carrying it out twice does no more than once, and the second time says so. What places, sends, makes or
    /// begins something does more; so does an announcement, which is heard again; and a leg that is no longer in its queue
    /// cannot be told from one that was never there.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        match self {
            Self::Dial(_)
            | Self::AddParticipant(_)
            | Self::Announce { .. }
            | Self::StartRecording { .. }
            | Self::StartTranscription { .. }
            | Self::StartStream { .. }
            | Self::StartSiprec { .. }
            | Self::CreateQueue { .. }
            | Self::Dequeue { .. }
            | Self::SendMessage(_) => false,
            Self::Redirect { .. }
            | Self::Instruct { .. }
            | Self::LimitTime { .. }
            | Self::Cancel { .. }
            | Self::HangUp { .. }
            | Self::Mute { .. }
            | Self::Hold { .. }
            | Self::Coach { .. }
            | Self::SetEndOnExit { .. }
            | Self::SetBeepOnExit { .. }
            | Self::SetWaitMusic { .. }
            | Self::Remove { .. }
            | Self::EndConference { .. }
            | Self::PauseRecording { .. }
            | Self::ResumeRecording { .. }
            | Self::StopRecording { .. }
            | Self::DeleteRecording { .. }
            | Self::StopTranscription { .. }
            | Self::StopStream { .. }
            | Self::StopSiprec { .. }
            | Self::DeleteQueue { .. } => true,
        }
    }

    /// Whether it rings somebody: such actions are counted by what a provider lets an account place per second.
    #[must_use]
    pub fn places_leg(&self) -> bool {
        matches!(self, Self::Dial(_) | Self::AddParticipant(_))
    }

    /// Whether it asks to end, take out or delete something, so that it is done when that is gone already.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        matches!(
            self,
            Self::Cancel { .. }
                | Self::HangUp { .. }
                | Self::Remove { .. }
                | Self::EndConference { .. }
                | Self::StopRecording { .. }
                | Self::DeleteRecording { .. }
                | Self::StopTranscription { .. }
                | Self::StopStream { .. }
                | Self::StopSiprec { .. }
                | Self::DeleteQueue { .. }
        )
    }
}

impl From<Dial> for Action {
    fn from(dial: Dial) -> Self {
        Self::Dial(Box::new(dial))
    }
}

impl From<AddParticipant> for Action {
    fn from(participant: AddParticipant) -> Self {
        Self::AddParticipant(Box::new(participant))
    }
}

impl From<SendMessage> for Action {
    fn from(message: SendMessage) -> Self {
        Self::SendMessage(Box::new(message))
    }
}
