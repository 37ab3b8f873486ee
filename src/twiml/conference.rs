//! A conference, as one participant enters it.

use super::check::within;
use super::element::element;
use super::text::{ConferenceName, Label, Plain, Sid, Url, kind};
use super::values::{Events, WaitUrl};
use super::words::{Beep, ConferenceEvent, ConferenceRecord, JitterBuffer, Method, RecordingEvent, Region, Trim};

element! {
    /// A conference (Twilio docs: TwiML `<Conference>`). One with this name is joined or begun.
    Conference (
        /// Its name.
        name: ConferenceName
    ) {
        /// Whether the participant enters muted; false by default.
        muted: bool = "muted";
        /// When it beeps; when anybody joins or leaves by default.
        beep: Beep = "beep";
        /// Whether this participant starts it; true by default. Before, everybody hears the music.
        start_on_enter: bool = "startConferenceOnEnter";
        /// Whether it ends when this participant leaves; false by default.
        end_on_exit: bool = "endConferenceOnExit";
        /// The participant's name in it.
        label: Label = "participantLabel";
        /// How much is buffered; much by default.
        jitter_buffer_size: JitterBuffer = "jitterBufferSize";
        /// What is heard before it starts; Twilio's classical music by default. Such a document is a `WaitResponse`.
        wait_url: WaitUrl = "waitUrl";
        /// How `wait_url` is requested; `POST` by default, and `GET` for the default music.
        wait_method: Method = "waitMethod";
        /// How many participants it takes, 2 to 250; 250 by default.
        max_participants: u32 = "maxParticipants" if within(2, 250);
        /// Whether it is recorded; it is not by default.
        record: ConferenceRecord = "record";
        /// Whether silence at the ends of the recording is cut; it is by default.
        trim: Trim = "trim";
        /// Where it is mixed; near the first participant by default.
        region: Region = "region";
        /// The call this participant whispers to, which is in the conference (Twilio error 13240).
        coach: Sid = "coach" if kind("CA");
        /// Who is told about the conference; only the first participant's value counts.
        status_callback_url: Url = "statusCallback";
        /// How that URL is requested; `POST` by default.
        status_callback_method: Method = "statusCallbackMethod";
        /// What is told about; only the first participant's value counts. That it is nothing by default is unverified.
        status_callback_event: Events<ConferenceEvent> = "statusCallbackEvent";
        /// Who is told about the recording.
        recording_status_callback_url: Url = "recordingStatusCallback";
        /// How that URL is requested; `POST` by default.
        recording_status_callback_method: Method = "recordingStatusCallbackMethod";
        /// What is told about; `completed` by default.
        recording_status_callback_event: Events<RecordingEvent> = "recordingStatusCallbackEvent";
        /// Who is told when it ends; Twilio has replaced it by the two callbacks above.
        event_callback_url: Url = "eventCallbackUrl";
        /// The account's recording configuration.
        recording_configuration_id: Plain = "recordingConfigurationId";
    }
}

impl Conference {
    /// The conference of this name.
    #[must_use]
    pub fn new(name: impl Into<ConferenceName>) -> Self {
        Self::bare(name.into())
    }

    /// Tells this URL about these events of the conference.
    #[must_use]
    pub fn status_callback(self, url: impl Into<Url>, events: impl Into<Events<ConferenceEvent>>) -> Self {
        self.status_callback_url(url).status_callback_event(events)
    }

    /// Tells this URL about these events of the recording.
    #[must_use]
    pub fn recording_status_callback(self, url: impl Into<Url>, events: impl Into<Events<RecordingEvent>>) -> Self {
        self.recording_status_callback_url(url).recording_status_callback_event(events)
    }
}
