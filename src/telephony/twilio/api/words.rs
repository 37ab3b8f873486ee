//! The words that parameters take and answers hold. Lists are open: Twilio adds words.

use super::Method;
use super::draft::Parameter;
use super::field::Field;
use super::macros::open_words;

impl Parameter for Method {
    fn write(&self) -> String {
        self.to_string()
    }
}

impl Field for Method {
    fn read(value: serde_json::Value) -> Option<Self> {
        match value.as_str()? {
            "GET" => Some(Self::Get),
            "POST" => Some(Self::Post),
            "DELETE" => Some(Self::Delete),
            _ => None,
        }
    }
}

open_words! {
    /// How far a call is (Twilio docs, Calls resource).
    CallStatus {
        /// Waits to be placed.
        Queued = "queued",
        /// Rings.
        Ringing = "ringing",
        /// Was answered and is live.
        InProgress = "in-progress",
        /// Was answered and is over.
        Completed = "completed",
        /// Met a busy signal, or was declined.
        Busy = "busy",
        /// Could not be placed.
        Failed = "failed",
        /// Was not answered in time.
        NoAnswer = "no-answer",
        /// Was ended before it was answered.
        Canceled = "canceled",
    }

    /// Who began a call.
    CallDirection {
        /// Somebody called a number of the account.
        Inbound = "inbound",
        /// A request to the API.
        OutboundApi = "outbound-api",
        /// A `Dial`.
        OutboundDial = "outbound-dial",
        /// Somebody on a trunk called out.
        TrunkingOriginating = "trunking-originating",
        /// Somebody called a number of a trunk.
        TrunkingTerminating = "trunking-terminating",
    }

    /// Who answered, as far as it was found out (Twilio docs, answering machine detection).
    AnsweredBy {
        /// A person.
        Human = "human",
        /// A machine, told at the start of its greeting.
        MachineStart = "machine_start",
        /// A machine, told at its beep.
        MachineEndBeep = "machine_end_beep",
        /// A machine, told at the silence after its greeting.
        MachineEndSilence = "machine_end_silence",
        /// A machine, told when the time was over.
        MachineEndOther = "machine_end_other",
        /// A fax machine.
        Fax = "fax",
        /// It was not found out.
        Unknown = "unknown",
    }

    /// What of a call a status callback tells.
    CallEvent {
        /// It is being placed.
        Initiated = "initiated",
        /// It rings.
        Ringing = "ringing",
        /// It was answered.
        Answered = "answered",
        /// It is over.
        Completed = "completed",
    }

    /// How a live call is ended.
    CallEnd {
        /// Only if it has not been answered; an answered call goes on.
        Canceled = "canceled",
        /// In any live state.
        Completed = "completed",
    }

    /// Whether it is found out who answers, and when it is told.
    MachineDetection {
        /// As soon as it is known.
        Enable = "Enable",
        /// At the end of a machine's greeting.
        DetectMessageEnd = "DetectMessageEnd",
    }

    /// How many channels a recording has.
    RecordingChannels {
        /// One, with everybody in it.
        Mono = "mono",
        /// Two, one for each side.
        Dual = "dual",
    }

    /// Which side of a call is recorded, or was.
    RecordingTrack {
        /// What arrives at Twilio.
        Inbound = "inbound",
        /// What Twilio sends.
        Outbound = "outbound",
        /// Both.
        Both = "both",
    }

    /// Whether silence at the ends of a recording is cut.
    Trim {
        /// Cut.
        Silence = "trim-silence",
        /// Keep.
        Nothing = "do-not-trim",
    }

    /// What of a recording a callback tells.
    RecordingEvent {
        /// It began.
        InProgress = "in-progress",
        /// It can be fetched.
        Completed = "completed",
        /// There is none.
        Absent = "absent",
    }

    /// How far a recording is (Twilio docs, Recordings resource).
    RecordingStatus {
        /// It runs.
        InProgress = "in-progress",
        /// It is paused.
        Paused = "paused",
        /// It was stopped.
        Stopped = "stopped",
        /// It is being made ready.
        Processing = "processing",
        /// It can be fetched.
        Completed = "completed",
        /// There was nothing to keep.
        Absent = "absent",
        /// Its audio was deleted; what is known of it stays for 40 days.
        Deleted = "deleted",
    }

    /// What began a recording.
    RecordingSource {
        /// The `record` of a `Dial`.
        DialVerb = "DialVerb",
        /// The `record` of a `Conference`.
        Conference = "Conference",
        /// `Record` of a call that was placed.
        OutboundApi = "OutboundAPI",
        /// A trunk.
        Trunking = "Trunking",
        /// A `Record`.
        RecordVerb = "RecordVerb",
        /// A request for a live call.
        StartCallRecordingApi = "StartCallRecordingAPI",
        /// A request for a live conference.
        StartConferenceRecordingApi = "StartConferenceRecordingAPI",
        /// A `Start` with `Recording` (unverified: seen in live calls, not in Twilio's list).
        StartCallRecordingTwiml = "StartCallRecordingTwiML",
    }

    /// What becomes of the time that a recording is paused.
    PauseBehavior {
        /// It is cut out.
        Skip = "skip",
        /// It is silent.
        Silence = "silence",
    }

    /// What a recording is asked to do.
    RecordingAction {
        /// Go on.
        Resume = "in-progress",
        /// Pause.
        Pause = "paused",
        /// End. Not for conferences.
        Stop = "stopped",
    }

    /// How far a conference is.
    ConferenceStatus {
        /// Nobody has begun it.
        Init = "init",
        /// It runs.
        InProgress = "in-progress",
        /// It is over.
        Completed = "completed",
    }

    /// Why a conference ended.
    ConferenceEndReason {
        /// A request ended it.
        EndedViaApi = "conference-ended-via-api",
        /// Somebody left who was to end it.
        EndingParticipantLeft = "participant-with-end-conference-on-exit-left",
        /// Somebody was removed who was to end it.
        EndingParticipantKicked = "participant-with-end-conference-on-exit-kicked",
        /// The last one was removed.
        LastParticipantKicked = "last-participant-kicked",
        /// The last one left.
        LastParticipantLeft = "last-participant-left",
    }

    /// What of a conference its callback tells.
    ConferenceEvent {
        /// It began.
        Start = "start",
        /// It ended.
        End = "end",
        /// Somebody joined.
        Join = "join",
        /// Somebody left.
        Leave = "leave",
        /// Somebody was muted or is heard again.
        Mute = "mute",
        /// Somebody was put on hold or taken back.
        Hold = "hold",
        /// Somebody's settings changed.
        Modify = "modify",
        /// Somebody began or ceased to speak.
        Speaker = "speaker",
        /// An announcement began, ended or failed.
        Announcement = "announcement",
    }

    /// When a participant's coming and going is heard.
    Beep {
        /// At both.
        True = "true",
        /// At neither.
        False = "false",
        /// When coming.
        OnEnter = "onEnter",
        /// When going.
        OnExit = "onExit",
    }

    /// Whether a conference is recorded.
    ConferenceRecord {
        /// It is, from its start.
        True = "true",
        /// It is not.
        False = "false",
        /// It is, from its start.
        FromStart = "record-from-start",
        /// It is not.
        Nothing = "do-not-record",
    }

    /// How much of the jitter of a participant's packets is evened out, at the price of delay.
    JitterBufferSize {
        /// Least delay.
        Small = "small",
        /// In between.
        Medium = "medium",
        /// Least loss.
        Large = "large",
        /// None at all.
        Off = "off",
    }

    /// How far a participant is (Twilio docs, Participants resource).
    ParticipantStatus {
        /// Waits to be called.
        Queued = "queued",
        /// Is being called.
        Connecting = "connecting",
        /// It rings.
        Ringing = "ringing",
        /// Is in the conference.
        Connected = "connected",
        /// Has left.
        Complete = "complete",
        /// Could not be reached.
        Failed = "failed",
    }

    /// Which side of a call is heard by a stream, a recorder or a transcription.
    Track {
        /// What arrives at Twilio.
        Inbound = "inbound_track",
        /// What Twilio sends.
        Outbound = "outbound_track",
        /// Both.
        Both = "both_tracks",
    }

    /// Whether something that runs beside a call still runs.
    SessionStatus {
        /// It runs.
        InProgress = "in-progress",
        /// It was stopped.
        Stopped = "stopped",
    }

    /// How far a transcription of a recording is.
    TranscriptionStatus {
        /// It is being written.
        InProgress = "in-progress",
        /// It can be read.
        Completed = "completed",
        /// There is none.
        Failed = "failed",
    }

    /// What kind of number it is.
    NumberKind {
        /// Of a place.
        Local = "Local",
        /// Of a mobile network.
        Mobile = "Mobile",
        /// Free for who calls.
        TollFree = "TollFree",
    }

    /// What kind of number is searched for.
    AvailableKind {
        /// Of a place.
        Local = "Local",
        /// Of a mobile network.
        Mobile = "Mobile",
        /// Free for who calls.
        TollFree = "TollFree",
        /// Of a whole country.
        National = "National",
        /// Of an internet service.
        Voip = "Voip",
        /// Of which both sides pay a share.
        SharedCost = "SharedCost",
        /// Of machines.
        MachineToMachine = "MachineToMachine",
    }

    /// What a number takes calls as.
    VoiceReceiveMode {
        /// Speech.
        Voice = "voice",
        /// Fax.
        Fax = "fax",
    }

    /// Whether emergency calls from a number are set up.
    EmergencyStatus {
        /// They are.
        Active = "Active",
        /// They are not.
        Inactive = "Inactive",
    }

    /// What address must be given for a number.
    AddressRequirement {
        /// None.
        None = "none",
        /// Any.
        Any = "any",
        /// One of the number's place.
        Local = "local",
        /// One of another country than the number's.
        Foreign = "foreign",
    }

    /// How far a message is (Twilio docs, Messages resource).
    MessageStatus {
        /// Was taken by a messaging service.
        Accepted = "accepted",
        /// Waits for its time.
        Scheduled = "scheduled",
        /// Waits to be sent.
        Queued = "queued",
        /// Is being sent.
        Sending = "sending",
        /// Was sent.
        Sent = "sent",
        /// Has arrived.
        Delivered = "delivered",
        /// Has not arrived.
        Undelivered = "undelivered",
        /// Has arrived at some of its recipients.
        PartiallyDelivered = "partially_delivered",
        /// Could not be sent.
        Failed = "failed",
        /// Was taken back.
        Canceled = "canceled",
        /// Is coming in.
        Receiving = "receiving",
        /// Came in.
        Received = "received",
        /// Was read.
        Read = "read",
    }

    /// Who wrote a message, and how.
    MessageDirection {
        /// It came in.
        Inbound = "inbound",
        /// A request to the API.
        OutboundApi = "outbound-api",
        /// A verb in a call.
        OutboundCall = "outbound-call",
        /// A document that answered a message.
        OutboundReply = "outbound-reply",
    }

    /// How a message is taken back.
    MessageEnd {
        /// Before its time has come.
        Canceled = "canceled",
    }

    /// How grave a notification is.
    Log {
        /// Something did not work.
        Error = "0",
        /// Something may be meant differently.
        Warning = "1",
    }

    /// Whether an account may be used.
    AccountStatus {
        /// It may.
        Active = "active",
        /// It may not for the moment.
        Suspended = "suspended",
        /// It never may again.
        Closed = "closed",
    }

    /// What kind of account it is.
    AccountType {
        /// For trying out.
        Trial = "Trial",
        /// Paid.
        Full = "Full",
    }
}
