//! Who picks up, and on what sources disagree where voices are concerned.

use std::time::Duration;

/// Who or what answers a call, for answering machine detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answerer {
    /// A person, who greets and then listens.
    Human {
        /// How long the greeting is; zero: the person says nothing.
        greeting: Duration,
    },
    /// A voice mailbox.
    Machine {
        /// How long its announcement is.
        greeting: Duration,
        /// What follows the announcement.
        then: AfterGreeting,
    },
    /// A fax machine.
    Fax,
    /// Nothing is to be heard.
    Silent,
}

impl Default for Answerer {
    fn default() -> Self {
        Self::Human { greeting: Duration::from_secs(1) }
    }
}

/// What follows the announcement of a voice mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AfterGreeting {
    /// A beep, half a second later.
    #[default]
    Beep,
    /// Silence.
    Silence,
    /// Something that is neither a beep nor silence.
    Other,
}

/// Which of two parties the first channel of a recording with two channels holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FirstChannel {
    /// The first, or parent, leg. Twilio docs, Recording resource.
    #[default]
    Parent,
    /// The party that was called. Measured by a third party for all recordings but those of trunks.
    Called,
}

/// Points on which sources disagree, or that a test wants to vary, where voices are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VoiceRules {
    /// How long somebody whose script says nothing talks into a `<Record>`; zero: not at all.
    pub message_length: Duration,
    /// How long it takes until a recording that is over is `completed`, and its audio can be fetched.
    pub recording_delay: Duration,
    /// How long it takes until the transcription of a completed recording is there.
    pub transcription_delay: Duration,
    /// How long the beep before a `<Record>` lasts.
    pub beep_length: Duration,
    /// Whom the first channel of a recording with two channels holds. Sources disagree.
    pub first_channel: FirstChannel,
    /// Whether `<Start><Recording>` has two channels whatever its `channels` says. Measured by a third party.
    pub started_recordings_are_dual: bool,
    /// Whether the actions of Record and Dial tell `RecordingSid`. Seen in practice, not in the documented table.
    pub actions_name_the_recording: bool,
    /// Whether a Record that heard nothing but silence still asks for its action. Unverified: by default the empty
    /// recording is dropped, and the next verb runs.
    pub silent_record_asks_action: bool,
    /// Whether the audio of a recording is kept from those who do not authenticate. Twilio lets each account choose.
    pub media_needs_auth: bool,
    /// Whether the request that synchronous answering machine detection held back tells `MachineDetectionDuration`
    /// beside `AnsweredBy`. Unverified.
    pub detected_request_tells_duration: bool,
    /// Whether a Gather that heard speech tells `Language`. Unverified.
    pub gather_tells_language: bool,
    /// The connector of `<Pay>` charges and tokenizes; `false`: it refuses (`payment-connector-error`).
    pub payments_succeed: bool,
    /// Scheme and host of `RecordingUrl` and its like. A simulator puts its own address in place of the default.
    pub media_base: String,
}

impl Default for VoiceRules {
    fn default() -> Self {
        Self {
            message_length: Duration::from_secs(10),
            recording_delay: Duration::from_secs(2),
            transcription_delay: Duration::from_secs(10),
            beep_length: Duration::from_millis(400),
            first_channel: FirstChannel::default(),
            started_recordings_are_dual: true,
            actions_name_the_recording: true,
            silent_record_asks_action: false,
            media_needs_auth: true,
            detected_request_tells_duration: true,
            gather_tells_language: false,
            payments_succeed: true,
            media_base: "https://api.twilio.com".to_owned(),
        }
    }
}
