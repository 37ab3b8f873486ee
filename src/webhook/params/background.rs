//! What goes on beside the documents: conferences, recordings, detection, transcription, streams, errors.

use std::time::Duration;

use serde_json::Value;

use super::kinds::{Code, Count, Flag, Json, Millis, Plain, Private, Seconds, Share, Time};
use super::table::table;
use super::verbs::SpokenText;
use super::words::{
    AnsweredBy, CallStatus, ConferenceEndReason, ConferenceEventKind, DebuggerLevel, LeaveReason, RecordingSource,
    RecordingStatus, RecordingTrack, StreamEventKind, TranscriptionEventKind, TranscriptionTrack,
};
use crate::time::Timestamp;

table! {
    /// The participant that a conference's event is about; all missing if it is about none.
    ParticipantParams {
        reads {
            /// `CallSid`: the participant's leg.
            call_sid: String = Plain("CallSid"),
            /// `ParticipantLabel`: the label it came in with.
            label: String = Private("ParticipantLabel"),
            /// `Muted`.
            muted: bool = Flag("Muted"),
            /// `Hold`.
            hold: bool = Flag("Hold"),
            /// `Coaching`: heard by one other participant alone.
            coaching: bool = Flag("Coaching"),
            /// `CallSidToCoach`: that other one. Unverified.
            call_sid_to_coach: String = Plain("CallSidToCoach"),
            /// `EndConferenceOnExit`.
            end_on_exit: bool = Flag("EndConferenceOnExit"),
            /// `StartConferenceOnEnter`.
            start_on_enter: bool = Flag("StartConferenceOnEnter"),
        }
    }
}

table! {
    /// Something happened in a conference (Twilio docs, Conference statusCallback).
    ///
    /// The order of arrival means nothing, `sequence_number` does; that a participant joined may be told after the
    /// start that this brought about.
    ConferenceEvent(extra) {
        parts {
            /// Whom it happened to.
            participant: ParticipantParams,
        }
        needs {
            /// `ConferenceSid`.
            conference_sid: String = Plain("ConferenceSid"),
            /// `StatusCallbackEvent`: what happened.
            kind: ConferenceEventKind = ConferenceEventKind("StatusCallbackEvent"),
        }
        reads {
            /// `AccountSid`.
            account_sid: String = Plain("AccountSid"),
            /// `FriendlyName`: the conference's name.
            name: String = Private("FriendlyName"),
            /// `SequenceNumber`: counts the conference's events.
            sequence_number: u64 = Count("SequenceNumber"),
            /// `Timestamp`: when it happened.
            at: Timestamp = Time("Timestamp"),
            /// `CallSidEndingConference`: whose leaving ended it.
            ended_by: String = Plain("CallSidEndingConference"),
            /// `ParticipantLabelEndingConference`: that one's label.
            ended_by_label: String = Private("ParticipantLabelEndingConference"),
            /// `ReasonConferenceEnded`.
            end_reason: ConferenceEndReason = ConferenceEndReason("ReasonConferenceEnded"),
            /// `Reason`: the same in words.
            reason: String = Plain("Reason"),
            /// `ParticipantCallStatus`: state of the leg that left.
            participant_status: CallStatus = CallStatus("ParticipantCallStatus"),
            /// `ReasonParticipantLeft`.
            leave_reason: LeaveReason = LeaveReason("ReasonParticipantLeft"),
            /// `AnnounceUrl`: what was announced.
            announce_url: String = Plain("AnnounceUrl"),
            /// `ReasonAnnouncementFailed`.
            announce_failure: String = Plain("ReasonAnnouncementFailed"),
            /// `EventName`: of the deprecated recording event.
            event_name: String = Plain("EventName"),
            /// `RecordingUrl`: of that.
            recording_url: String = Plain("RecordingUrl"),
            /// `Duration`, in seconds: of that.
            recording_duration: Duration = Seconds("Duration"),
            /// `RecordingFileSize`, in bytes: of that.
            recording_bytes: u64 = Count("RecordingFileSize"),
        }
    }
}

table! {
    /// A recording began, ended, or came to nothing. It may be told seconds after the end of the call.
    RecordingEvent(extra) {
        needs {
            /// `RecordingSid`.
            recording_sid: String = Plain("RecordingSid"),
        }
        reads {
            /// `AccountSid`.
            account_sid: String = Plain("AccountSid"),
            /// `CallSid`: the recorded leg; of a `<Dial>` the dialling one.
            call_sid: String = Plain("CallSid"),
            /// `ConferenceSid`: the recorded conference.
            conference_sid: String = Plain("ConferenceSid"),
            /// `RecordingUrl`, without extension.
            url: String = Plain("RecordingUrl"),
            /// `RecordingStatus`.
            status: RecordingStatus = RecordingStatus("RecordingStatus"),
            /// `RecordingDuration`, in seconds, of one that is completed.
            duration: Duration = Seconds("RecordingDuration"),
            /// `RecordingChannels`: 1 or 2.
            channels: u64 = Count("RecordingChannels"),
            /// `RecordingStartTime`.
            started_at: Timestamp = Time("RecordingStartTime"),
            /// `RecordingSource`: what began it.
            source: RecordingSource = RecordingSource("RecordingSource"),
            /// `RecordingTrack`; `both` even where tracks mean nothing (seen in the field).
            track: RecordingTrack = RecordingTrack("RecordingTrack"),
            /// `ErrorCode`; 0 if all went well (seen in the field).
            error_code: u32 = Code("ErrorCode"),
        }
    }
}

table! {
    /// Who answered: asynchronous machine detection, or that of a noun or participant.
    MachineDetection(extra) {
        needs {
            /// `CallSid`: the leg that was answered.
            call_sid: String = Plain("CallSid"),
        }
        reads {
            /// `AccountSid`.
            account_sid: String = Plain("AccountSid"),
            /// `AnsweredBy`: the verdict.
            answered_by: AnsweredBy = AnsweredBy("AnsweredBy"),
            /// `MachineDetectionDuration`, in milliseconds: how long it took.
            took: Duration = Millis("MachineDetectionDuration"),
        }
    }
}

table! {
    /// A real-time transcription started, heard something, stopped or failed. Order holds within a track alone.
    TranscriptionEvent(extra) {
        needs {
            /// `TranscriptionSid`: `GT` and 32 hex digits.
            transcription_sid: String = Plain("TranscriptionSid"),
            /// `TranscriptionEvent`: what happened.
            kind: TranscriptionEventKind = TranscriptionEventKind("TranscriptionEvent"),
        }
        reads {
            /// `AccountSid`.
            account_sid: String = Plain("AccountSid"),
            /// `CallSid`.
            call_sid: String = Plain("CallSid"),
            /// `Timestamp`: when it happened.
            at: Timestamp = Time("Timestamp"),
            /// `SequenceId`: counts the events.
            sequence_id: u64 = Count("SequenceId"),
            /// `ProviderConfiguration`: how the recogniser is set up. At the start.
            provider_configuration: Value = Json("ProviderConfiguration"),
            /// `TranscriptionEngine`. At the start.
            engine: String = Plain("TranscriptionEngine"),
            /// `Name`: what the document or REST called it. At the start.
            name: String = Plain("Name"),
            /// `Track`: whose words.
            track: TranscriptionTrack = TranscriptionTrack("Track"),
            /// `InboundTrackLabel`. At the start.
            inbound_label: String = Private("InboundTrackLabel"),
            /// `OutboundTrackLabel`. At the start.
            outbound_label: String = Private("OutboundTrackLabel"),
            /// `PartialResults`: whether what may still change is told too. At the start.
            partial_results: bool = Flag("PartialResults"),
            /// `LanguageCode`, such as `en-US`.
            language: String = Plain("LanguageCode"),
            /// `TranscriptionData`: what was said.
            data: SpokenText = SpokenText("TranscriptionData"),
            /// `Final`: whether that will not change any more.
            is_final: bool = Flag("Final"),
            /// `Stability`: how sure the recogniser is of a part, from 0 to 1.
            stability: f32 = Share("Stability"),
            /// `TranscriptionProviderData`: what the recogniser said besides.
            provider_data: Value = Json("TranscriptionProviderData"),
            /// `TranscriptionErrorCode`. Its name is unverified.
            error_code: u32 = Code("TranscriptionErrorCode"),
            /// `TranscriptionError`: the same in words. Its name is unverified.
            error: String = Plain("TranscriptionError"),
        }
    }
}

table! {
    /// A media stream started, stopped or failed.
    StreamEvent(extra) {
        needs {
            /// `StreamSid`: `MZ` and 32 hex digits.
            stream_sid: String = Plain("StreamSid"),
            /// `StreamEvent`: what happened.
            kind: StreamEventKind = StreamEventKind("StreamEvent"),
        }
        reads {
            /// `AccountSid`.
            account_sid: String = Plain("AccountSid"),
            /// `CallSid`.
            call_sid: String = Plain("CallSid"),
            /// `StreamName`: what the document or REST called it.
            name: String = Plain("StreamName"),
            /// `StreamError`: what went wrong, in words.
            error: String = Plain("StreamError"),
            /// `Timestamp`: when it happened.
            at: Timestamp = Time("Timestamp"),
        }
    }
}

table! {
    /// An error or warning of the account (Twilio docs, Debugging Events Webhook).
    DebuggerEvent(extra) {
        needs {
            /// `Sid`: `NO` and 32 hex digits.
            sid: String = Plain("Sid"),
        }
        reads {
            /// `AccountSid`.
            account_sid: String = Plain("AccountSid"),
            /// `ParentAccountSid`: of a subaccount.
            parent_account_sid: String = Plain("ParentAccountSid"),
            /// `Timestamp`: when it happened.
            at: Timestamp = Time("Timestamp"),
            /// `Level`: how bad it is.
            level: DebuggerLevel = DebuggerLevel("Level"),
            /// `PayloadType`: `application/json`.
            payload_type: String = Plain("PayloadType"),
            /// `Payload`: what is known of it, among others `error_code` and `resource_sid`.
            payload: Value = Json("Payload"),
        }
    }
}
