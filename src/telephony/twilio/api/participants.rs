//! Participants of conferences (Twilio docs, Participant resource).

use super::draft::Shape;
use super::macros::{listings, operations, parameters, resources};
use super::{
    Beep, CallEvent, ConferenceEvent, ConferenceRecord, JitterBufferSize, MachineDetection, Method, ParticipantStatus,
    RecordingChannels, RecordingEvent, RecordingTrack, Trim,
};
use crate::time::Timestamp;

const ROOM: Shape = Shape::name("conference");
const PARTICIPANT: Shape = Shape::name("participant");

resources! {
    /// Somebody in a conference.
    Participant in "participants" {
        id {
            /// The call that is in it, `CA…`.
            call_sid
        }
        shown {
            /// The conference, `CF…`.
            conference_sid: String,
            /// The account it is in.
            account_sid: String,
            /// What it is called, where it was given a label.
            label: String,
            /// How far it is.
            status: ParticipantStatus,
            /// Nobody hears it.
            muted: bool,
            /// It hears music, and nobody hears it.
            hold: bool,
            /// It is heard by the one it coaches alone.
            coaching: bool,
            /// Whom it coaches.
            call_sid_to_coach: String,
            /// The conference begins when it comes.
            start_conference_on_enter: bool,
            /// The conference ends when it goes.
            end_conference_on_exit: bool,
            /// How long it waited to be called, in milliseconds.
            queue_time_ms: u64 = "queue_time",
            /// When it was created.
            date_created: Timestamp,
            /// When it changed last.
            date_updated: Timestamp,
            /// Where it is, from the host's root.
            uri: String,
        }
        hidden {}
    }
}

operations! {
    /// Calls somebody into a conference, named by its id or its friendly name. With a name the conference is made where
    /// there is none; by its id it must be running (16022).
    ///
    /// Sent twice it calls twice.
    Create(conference: ROOM) = Create "/Conferences/{}/Participants.json" as "creation of a participant" -> Participant
    { to: String = "To", from: String = "From" }

    /// Reads a participant, by the id of its call or its label.
    Fetch(conference: ROOM, participant: PARTICIPANT) = Fetch "/Conferences/{}/Participants/{}.json"
    as "reading of a participant" -> Participant {}

    /// Mutes, holds, or sets how a participant comes, goes and coaches.
    Update(conference: ROOM, participant: PARTICIPANT) = Update "/Conferences/{}/Participants/{}.json"
    as "update of a participant" -> Participant {}

    /// Plays something to one participant: the document at a URL, or the audio.
    Announce(conference: ROOM, participant: PARTICIPANT) = Act "/Conferences/{}/Participants/{}.json"
    as "announcement to a participant" -> Participant { announce_url: String = "AnnounceUrl" }

    /// Takes a participant out of the conference. Its call goes on with what follows its `Dial`.
    Delete(conference: ROOM, participant: PARTICIPANT) = Delete "/Conferences/{}/Participants/{}.json"
    as "removal of a participant" -> () {}
}

listings! {
    /// Who is in a conference now; nobody once it is over.
    List(conference: ROOM) = "/Conferences/{}/Participants.json" as "list of participants" -> Participant
}

parameters!(Create {
    /// Told how the call goes.
    status_callback: String = "StatusCallback";
    /// How it is told; `POST` unless set.
    status_callback_method: Method = "StatusCallbackMethod";
    /// What it is told; the end alone unless set.
    status_callback_event: [CallEvent] = "StatusCallbackEvent";
    /// What the participant is called; good in place of its call's id. Once per conference (16025, 16026).
    label: String = "Label";
    /// How long it rings; 60 s unless set, 5 to 600 s. Twilio may add 5 s.
    timeout: Duration = "Timeout";
    /// How long the call may last.
    time_limit: Duration = "TimeLimit";
    /// Comes in muted.
    muted: bool = "Muted";
    /// Is heard by the one it coaches alone; needs `call_sid_to_coach`.
    coaching: bool = "Coaching";
    /// Whom it coaches, `CA…`.
    call_sid_to_coach: String = "CallSidToCoach";
    /// When its coming and going is heard; at both unless set.
    beep: Beep = "Beep";
    /// Whether the conference begins when it comes; it does unless set.
    start_conference_on_enter: bool = "StartConferenceOnEnter";
    /// Whether the conference ends when it goes; it does not unless set.
    end_conference_on_exit: bool = "EndConferenceOnExit";
    /// Whether the conference hears the ringing and the network's announcements; it does unless set.
    early_media: bool = "EarlyMedia";
    /// How many the conference takes; 2 to 250, 250 unless set.
    max_participants: u32 = "MaxParticipants";
    /// How much jitter is evened out; `large` unless set.
    jitter_buffer_size: JitterBufferSize = "JitterBufferSize";
    /// Where the conference is mixed, as in `us1`.
    region: String = "Region";
    /// What is heard until the conference begins; Twilio's music unless set, silence for an empty text.
    wait_url: String = "WaitUrl";
    /// How `wait_url` is asked; `POST` unless set. Files want `GET`.
    wait_method: Method = "WaitMethod";
    /// Records this participant's call.
    record: bool = "Record";
    /// How many channels that recording has; one unless set.
    recording_channels: RecordingChannels = "RecordingChannels";
    /// Which side is recorded; both unless set.
    recording_track: RecordingTrack = "RecordingTrack";
    /// Whether silence at the ends of the recording is cut; it is unless set.
    trim: Trim = "Trim";
    /// Told how that recording goes.
    recording_status_callback: String = "RecordingStatusCallback";
    /// How it is told; `POST` unless set.
    recording_status_callback_method: Method = "RecordingStatusCallbackMethod";
    /// What it is told; that it can be fetched alone unless set.
    recording_status_callback_event: [RecordingEvent] = "RecordingStatusCallbackEvent";
    /// Records the conference. `True` and `False` are taken everywhere; the longer words were refused once (unverified).
    conference_record: ConferenceRecord = "ConferenceRecord";
    /// Whether silence at the ends of the conference's recording is cut; it is unless set.
    conference_trim: Trim = "ConferenceTrim";
    /// Told how the conference's recording goes.
    conference_recording_status_callback: String = "ConferenceRecordingStatusCallback";
    /// How it is told; `POST` unless set.
    conference_recording_status_callback_method: Method = "ConferenceRecordingStatusCallbackMethod";
    /// What it is told; that it can be fetched alone unless set.
    conference_recording_status_callback_event: [RecordingEvent] = "ConferenceRecordingStatusCallbackEvent";
    /// Told how the conference goes.
    conference_status_callback: String = "ConferenceStatusCallback";
    /// How it is told; `POST` unless set.
    conference_status_callback_method: Method = "ConferenceStatusCallbackMethod";
    /// What it is told; start and end unless set.
    conference_status_callback_event: [ConferenceEvent] = "ConferenceStatusCallbackEvent";
    /// The number or client that seems to call, where it is not `from`.
    caller_id: String = "CallerId";
    /// The name that seems to call, to clients and SIP ends; 2 to 255 characters.
    caller_display_name: String = "CallerDisplayName";
    /// Why the call is made, shown to who is called where the network can; at most 50 characters.
    call_reason: String = "CallReason";
    /// What came with an inbound call, so that its number may be shown when it is passed on.
    call_token: String = "CallToken";
    /// The trunk of one's own carrier, `BY…`.
    byoc: String = "Byoc";
    /// User name at a SIP end.
    sip_auth_username: String = "SipAuthUsername";
    /// Password at a SIP end.
    sip_auth_password: String = "SipAuthPassword";
    /// Told of what a client is notified of (field of the description; unexplained by Twilio).
    client_notification_url: String = "ClientNotificationUrl";
    /// Finds out who answers.
    machine_detection: MachineDetection = "MachineDetection";
    /// How long that may take; 30 s unless set, 3 to 59 s.
    machine_detection_timeout: Duration = "MachineDetectionTimeout";
    /// Speech that is longer is a machine's; 2400 ms unless set.
    machine_detection_speech_threshold: Millis = "MachineDetectionSpeechThreshold";
    /// Silence that ends speech; 1200 ms unless set.
    machine_detection_speech_end_threshold: Millis = "MachineDetectionSpeechEndThreshold";
    /// Silence at the start after which it is given up; 5000 ms unless set.
    machine_detection_silence_timeout: Millis = "MachineDetectionSilenceTimeout";
    /// Told who answered; the participant is in the conference meanwhile.
    amd_status_callback: String = "AmdStatusCallback";
    /// How it is told; `POST` unless set.
    amd_status_callback_method: Method = "AmdStatusCallbackMethod";
    /// Signed statements about the caller (STIR/SHAKEN), in Base64; several separated by commas, five at most.
    passports: String = "Passports";
    /// Settings of the recording that are kept at Twilio.
    recording_configuration_id: String = "RecordingConfigurationId";
    /// In an emergency: where the caller is, in degrees, latitude and longitude with a space between.
    emergency_caller_position: String = "EmergencyCallerPosition";
    /// In an emergency: where in the building the caller is; 20 characters are used.
    emergency_caller_location: String = "EmergencyCallerLocation";
    /// In an emergency: the caller's organization; 20 characters are used.
    emergency_name: String = "EmergencyName";
    /// In an emergency: street and number; 60 characters are used.
    emergency_address: String = "EmergencyAddress";
    /// In an emergency: the postal code; 20 characters are used.
    emergency_zip_code: String = "EmergencyZipCode";
    /// In an emergency: the town.
    emergency_city: String = "EmergencyCity";
    /// In an emergency: the state or province.
    emergency_state: String = "EmergencyState";
    /// In an emergency: the country.
    emergency_country: String = "EmergencyCountry";
});

parameters!(Update {
    /// Nobody hears it, or it is heard again.
    muted: bool = "Muted";
    /// It hears music and nobody hears it, or it is taken back.
    hold: bool = "Hold";
    /// What it hears on hold; Twilio's music unless set.
    hold_url: String = "HoldUrl";
    /// How `hold_url` is asked; `GET` unless set.
    hold_method: Method = "HoldMethod";
    /// What it hears until the conference begins; silence for an empty text.
    wait_url: String = "WaitUrl";
    /// How `wait_url` is asked; `POST` unless set.
    wait_method: Method = "WaitMethod";
    /// Whether its going is heard.
    beep_on_exit: bool = "BeepOnExit";
    /// Whether the conference ends when it goes.
    end_conference_on_exit: bool = "EndConferenceOnExit";
    /// It is heard by the one it coaches alone, or by everybody again.
    coaching: bool = "Coaching";
    /// Whom it coaches, `CA…`.
    call_sid_to_coach: String = "CallSidToCoach";
});

parameters!(Announce {
    /// How the URL is asked; `POST` unless set.
    announce_method: Method = "AnnounceMethod";
});

parameters!(List {
    /// Muted ones alone, or the others alone.
    muted: bool = "Muted";
    /// Those on hold alone, or the others alone.
    hold: bool = "Hold";
    /// Those who coach alone, or the others alone.
    coaching: bool = "Coaching";
});
