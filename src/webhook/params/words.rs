//! The provider's words.

use super::table::words;

words! {
    /// State of a call (Twilio docs, Call resource; `initiated` is a word of webhooks alone).
    CallStatus {
        /// Waits to be placed.
        Queued = "queued",
        /// Placed, and not ringing yet.
        Initiated = "initiated",
        /// Rings.
        Ringing = "ringing",
        /// Answered.
        InProgress = "in-progress",
        /// Over, after an answer, however short.
        Completed = "completed",
        /// Over: busy or declined.
        Busy = "busy",
        /// Over: it could not be placed.
        Failed = "failed",
        /// Over: nobody answered in time.
        NoAnswer = "no-answer",
        /// Over before an answer, by the caller or by REST.
        Canceled = "canceled",
    }

    /// How a call came about.
    CallDirection {
        /// Somebody dialled a number, a client or a SIP domain of ours.
        Inbound = "inbound",
        /// The REST API placed it.
        OutboundApi = "outbound-api",
        /// A `<Dial>` placed it.
        OutboundDial = "outbound-dial",
    }

    /// How a `<Dial>` ended. One whose callee hung up while being asked by a document may be `completed` too: whether
    /// the two were connected is said by `DialBridged` alone (seen in the field).
    DialStatus {
        /// The dialled leg was answered, and is over.
        Completed = "completed",
        /// The leg was in a conference.
        Answered = "answered",
        /// Busy or declined.
        Busy = "busy",
        /// Nobody answered in time.
        NoAnswer = "no-answer",
        /// It could not be placed.
        Failed = "failed",
        /// The caller hung up before an answer: the request is made although nobody is there.
        Canceled = "canceled",
    }

    /// How a stay in a queue ended.
    QueueResult {
        /// Connected by `<Dial><Queue>`, and that connection is over; or taken out by REST.
        Bridged = "bridged",
        /// Hung up or redirected while being connected.
        BridgingInProcess = "bridging-in-process",
        /// Taken out by REST with another document.
        Redirected = "redirected",
        /// Taken by REST out of the connection that the queue led to.
        RedirectedFromBridged = "redirected-from-bridged",
        /// Left by `<Leave>`.
        Leave = "leave",
        /// Hung up while waiting.
        Hangup = "hangup",
        /// Never in: the queue was full.
        QueueFull = "queue-full",
        /// Never in: the arguments of `<Enqueue>` were bad.
        Error = "error",
        /// Never in: a fault at the provider.
        SystemError = "system-error",
    }

    /// Who or what answered, by machine detection. The second half comes with `DetectMessageEnd` only.
    AnsweredBy {
        /// A person.
        Human = "human",
        /// A fax machine.
        Fax = "fax",
        /// It could not be told in time.
        Unknown = "unknown",
        /// A machine, told at the beginning of its greeting.
        MachineStart = "machine_start",
        /// A machine whose greeting ended with a beep.
        MachineEndBeep = "machine_end_beep",
        /// A machine whose greeting ended in silence.
        MachineEndSilence = "machine_end_silence",
        /// A machine whose greeting went on beyond the timeout.
        MachineEndOther = "machine_end_other",
    }

    /// What happened in a conference.
    ConferenceEventKind {
        /// It started.
        Start = "conference-start",
        /// It ended.
        End = "conference-end",
        /// Somebody came in.
        Join = "participant-join",
        /// Somebody left.
        Leave = "participant-leave",
        /// Somebody was muted.
        Mute = "participant-mute",
        /// Somebody is no longer muted.
        Unmute = "participant-unmute",
        /// Somebody was put on hold.
        Hold = "participant-hold",
        /// Somebody is no longer on hold.
        Unhold = "participant-unhold",
        /// A participant's exit beep, exit rule, coaching or wait URL was changed.
        Modify = "participant-modify",
        /// Somebody began to speak.
        SpeechStart = "participant-speech-start",
        /// Somebody fell silent.
        SpeechStop = "participant-speech-stop",
        /// An announcement was played to its end.
        AnnouncementEnd = "announcement-end",
        /// An announcement could not be played.
        AnnouncementFail = "announcement-fail",
        /// Its recording is there; deprecated in favour of the recording's own callback.
        RecordEnd = "conference-record-end",
    }

    /// Why a conference ended.
    ConferenceEndReason {
        /// REST ended it.
        ViaApi = "conference-ended-via-api",
        /// Somebody left whose exit ends it.
        EndOnExitLeft = "participant-with-end-conference-on-exit-left",
        /// Somebody was removed whose exit ends it.
        EndOnExitKicked = "participant-with-end-conference-on-exit-kicked",
        /// The last one was removed.
        LastKicked = "last-participant-kicked",
        /// The last one left.
        LastLeft = "last-participant-left",
    }

    /// Why somebody left a conference.
    LeaveReason {
        /// They hung up.
        HungUp = "participant_hung_up",
        /// REST removed or redirected them.
        UpdatedViaApi = "participant_updated_via_api",
        /// They never got in.
        AddFailed = "participant_add_failed",
        /// Somebody whose exit ends the conference left.
        ModeratorEnded = "moderator_ended_conference",
        /// REST ended the conference.
        EndedViaApi = "conference_ended_via_api",
    }

    /// State of a recording.
    RecordingStatus {
        /// It goes on.
        InProgress = "in-progress",
        /// It can be fetched.
        Completed = "completed",
        /// There is nothing to fetch: it was too short or silent.
        Absent = "absent",
        /// It was lost.
        Failed = "failed",
        /// It is paused.
        Paused = "paused",
        /// It was stopped.
        Stopped = "stopped",
        /// It ended, and cannot be fetched yet.
        Processing = "processing",
    }

    /// What began a recording.
    RecordingSource {
        /// `<Record>`.
        RecordVerb = "RecordVerb",
        /// `<Dial record>`.
        DialVerb = "DialVerb",
        /// `<Conference record>`, or a participant's `ConferenceRecord`.
        Conference = "Conference",
        /// `Record=true` where REST placed the call.
        OutboundApi = "OutboundAPI",
        /// REST, on a call.
        StartCallRecordingApi = "StartCallRecordingAPI",
        /// REST, on a conference.
        StartConferenceRecordingApi = "StartConferenceRecordingAPI",
        /// A trunk.
        Trunking = "Trunking",
        /// `<Start><Recording>`; unverified: seen in live tests of a third party, and in no list of Twilio's.
        StartCallRecordingTwiml = "StartCallRecordingTwiML",
    }

    /// Which side was recorded.
    RecordingTrack {
        /// What the leg says.
        Inbound = "inbound",
        /// What the leg hears.
        Outbound = "outbound",
        /// Both.
        Both = "both",
    }

    /// Whether a recording was transcribed.
    TranscribeStatus {
        /// It was.
        Completed = "completed",
        /// It was not.
        Failed = "failed",
    }

    /// What happened to a real-time transcription.
    TranscriptionEventKind {
        /// It started.
        Started = "transcription-started",
        /// Somebody said something.
        Content = "transcription-content",
        /// It stopped.
        Stopped = "transcription-stopped",
        /// It failed.
        Error = "transcription-error",
    }

    /// Whose words a real-time transcription is of.
    TranscriptionTrack {
        /// What the leg says.
        Inbound = "inbound_track",
        /// What the leg hears.
        Outbound = "outbound_track",
        /// Both.
        Both = "both_tracks",
    }

    /// What happened to a media stream.
    StreamEventKind {
        /// It started.
        Started = "stream-started",
        /// It stopped.
        Stopped = "stream-stopped",
        /// It failed.
        Error = "stream-error",
    }

    /// How a conversation over a socket ended.
    SessionStatus {
        /// The application ended it.
        Ended = "ended",
        /// It failed.
        Failed = "failed",
        /// The call ended.
        Completed = "completed",
    }

    /// How a `<Pay>` ended; unverified whether these are all words.
    PayOutcome {
        /// Paid, or a token was made.
        Success = "success",
        /// The caller failed too often.
        TooManyFailedAttempts = "too-many-failed-attempts",
        /// The payment connector failed.
        PaymentConnectorError = "payment-connector-error",
        /// The caller pressed `*`.
        CallerInterruptedWithStar = "caller-interrupted-with-star",
        /// The caller hung up.
        CallerHungUp = "caller-hung-up",
        /// An attribute of the verb was bad.
        ValidationError = "validation-error",
    }

    /// How bad it is.
    DebuggerLevel {
        /// It did not work.
        Error = "Error",
        /// It worked, with something left out.
        Warning = "Warning",
    }
    /// State of a text (Twilio docs, Message resource; `invalid` is a word of `<Sms>` alone).
    TextStatus {
        /// It will be given to a number of a messaging service.
        Accepted = "accepted",
        /// It will be sent later.
        Scheduled = "scheduled",
        /// It was taken back before.
        Canceled = "canceled",
        /// It waits to be sent.
        Queued = "queued",
        /// It is being sent.
        Sending = "sending",
        /// The network took it.
        Sent = "sent",
        /// The network did not take it.
        Failed = "failed",
        /// It arrived.
        Delivered = "delivered",
        /// It did not arrive.
        Undelivered = "undelivered",
        /// It is coming in.
        Receiving = "receiving",
        /// It came in.
        Received = "received",
        /// It was read.
        Read = "read",
        /// It could not be sent as the document said.
        Invalid = "invalid",
    }

    /// What happened to a SIPREC fork.
    SiprecEventKind {
        /// It started.
        Started = "siprec-started",
        /// It stopped.
        Stopped = "siprec-stopped",
        /// It failed.
        Error = "siprec-error",
    }

    /// Whether a caller id was verified.
    VerificationStatus {
        /// The code was right.
        Success = "success",
        /// It was not.
        Failed = "failed",
    }
}
