//! What verbs ask when they are over, or on their way (Twilio docs, TwiML verbs: request parameters).

use std::time::Duration;

use super::call::CallParams;
use super::kinds::{Code, Count, Flag, Json, Kind, Plain, Private, PrivateOrBlank, Seconds, Share, Somebody};
use super::party::Party;
use super::table::table;
use super::words::{CallStatus, DialStatus, PayOutcome, QueueResult, SessionStatus, TranscribeStatus};

table! {
    /// A `<Gather>` got keys or words, or got none and asks all the same.
    GatherResult(extra) {
        parts {
            /// The call.
            call: CallParams,
        }
        reads {
            /// `Digits`: the keys that were pressed, without the finishing one. Blank if none was.
            digits: String = PrivateOrBlank("Digits"),
            /// `FinishedOnKey`: the key that ended it. Blank if the timeout or the number of keys did (seen in the field).
            finished_on_key: String = PrivateOrBlank("FinishedOnKey"),
            /// `SpeechResult`: what was said. Blank if nothing was understood.
            speech: String = PrivateOrBlank("SpeechResult"),
            /// `Confidence`: how sure the recogniser is of that, from 0 to 1. Often missing.
            confidence: f32 = Share("Confidence"),
            /// `Language`: what was spoken. Unverified.
            language: String = Plain("Language"),
            /// `msg`: `Gather End` (seen in the field).
            msg: String = Plain("msg"),
        }
    }
}

table! {
    /// A `<Gather>` heard a piece of speech. The reply is ignored.
    ///
    /// That there is a stable part and a number is unverified: both were seen in code that reads them.
    PartialSpeech(extra) {
        parts {
            /// The call.
            call: CallParams,
        }
        reads {
            /// `UnstableSpeechResult`: what may still change.
            unstable: String = Private("UnstableSpeechResult"),
            /// `StableSpeechResult`: what will not change any more.
            stable: String = Private("StableSpeechResult"),
            /// `SequenceNumber`: counts from 0.
            sequence_number: u64 = Count("SequenceNumber"),
            /// `Stability`: how sure the recogniser is, from 0 to 1. Unverified.
            stability: f32 = Share("Stability"),
            /// `Language`: what is spoken. Unverified.
            language: String = Plain("Language"),
        }
    }
}

table! {
    /// A `<Record>` is over.
    RecordResult(extra) {
        parts {
            /// The call.
            call: CallParams,
        }
        reads {
            /// `RecordingUrl`, without extension. Nothing may be there to fetch yet.
            recording_url: String = Plain("RecordingUrl"),
            /// `RecordingDuration`, in seconds.
            recording_duration: Duration = Seconds("RecordingDuration"),
            /// `RecordingSid` (seen in the field).
            recording_sid: String = Plain("RecordingSid"),
            /// `Digits`: the key that ended it; `hangup` if the caller hung up; missing after silence.
            digits: String = PrivateOrBlank("Digits"),
        }
    }
}

table! {
    /// A recording by `<Record transcribe>` was transcribed, or could not be.
    RecordingTranscribed(extra) {
        parts {
            /// The call.
            call: CallParams,
        }
        needs {
            /// `TranscriptionSid`: `TR` and 32 hex digits.
            transcription_sid: String = Plain("TranscriptionSid"),
        }
        reads {
            /// `TranscriptionText`: what was said.
            text: String = Private("TranscriptionText"),
            /// `TranscriptionStatus`.
            status: TranscribeStatus = TranscribeStatus("TranscriptionStatus"),
            /// `TranscriptionUrl`: where it can be fetched.
            url: String = Plain("TranscriptionUrl"),
            /// `TranscriptionType`: `fast`. Unverified.
            kind: String = Plain("TranscriptionType"),
            /// `RecordingSid` of what was transcribed.
            recording_sid: String = Plain("RecordingSid"),
            /// `RecordingUrl` of that.
            recording_url: String = Plain("RecordingUrl"),
        }
    }
}

table! {
    /// A `<Dial>` is over.
    DialResult(extra) {
        parts {
            /// The dialling call.
            call: CallParams,
        }
        reads {
            /// `DialCallStatus`: how it ended.
            status: DialStatus = DialStatus("DialCallStatus"),
            /// `DialCallSid`: the leg that answered, or else the last one. Not for a conference.
            child_sid: String = Plain("DialCallSid"),
            /// `DialCallDuration`, in seconds: how long that leg lasted, if it was answered.
            duration: Duration = Seconds("DialCallDuration"),
            /// `DialBridged`: whether the two were connected. Not for a conference or a queue.
            bridged: bool = Flag("DialBridged"),
            /// `RecordingUrl`, without extension, if it was recorded.
            recording_url: String = Plain("RecordingUrl"),
            /// `RecordingSid` of that (seen in the field).
            recording_sid: String = Plain("RecordingSid"),
            /// `RecordingDuration` of that, in seconds (seen in the field).
            recording_duration: Duration = Seconds("RecordingDuration"),
            /// `QueueSid`: the queue that was dialled.
            queue_sid: String = Plain("QueueSid"),
            /// `QueueResult`: how that went.
            queue_result: QueueResult = QueueResult("QueueResult"),
            /// `QueueTime`, in seconds: how long the queued caller had waited.
            queue_time: Duration = Seconds("QueueTime"),
            /// `DialSipCallId`: the `Call-ID` of a SIP leg.
            sip_call_id: String = Plain("DialSipCallId"),
            /// `DialSipResponseCode`: the final response to its INVITE.
            sip_response_code: u32 = Code("DialSipResponseCode"),
            /// `ErrorCode`: of some failures. Unverified.
            error_code: u32 = Code("ErrorCode"),
            /// `ErrorMessage`: of some failures. Unverified.
            error_message: String = Plain("ErrorMessage"),
        }
        prefixed {
            /// Headers of that response by name: what follows `DialSipHeader_`.
            sip_headers = "DialSipHeader_",
        }
    }
}

table! {
    /// The other party of a `<Dial>` asks by SIP REFER to be connected elsewhere. The document goes on with the call.
    ReferRequest(extra) {
        parts {
            /// The call. Headers of the REFER are in its `sip`.
            call: CallParams,
        }
        reads {
            /// `ReferTransferTarget`: where to.
            target: Party = Somebody("ReferTransferTarget"),
        }
    }
}

table! {
    /// A queued caller is to be entertained.
    QueueWait(extra) {
        parts {
            /// The caller's call.
            call: CallParams,
        }
        reads {
            /// `QueuePosition`: 1 is next.
            position: u64 = Count("QueuePosition"),
            /// `QueueSid`.
            queue_sid: String = Plain("QueueSid"),
            /// `QueueTime`, in seconds: how long the caller has waited.
            waited: Duration = Seconds("QueueTime"),
            /// `AvgQueueTime`, in seconds: how long callers wait there.
            average_wait: Duration = Seconds("AvgQueueTime"),
            /// `CurrentQueueSize`.
            size: u64 = Count("CurrentQueueSize"),
            /// `MaxQueueSize`.
            size_max: u64 = Count("MaxQueueSize"),
        }
    }
}

table! {
    /// A queued caller is about to be connected: what is answered is executed on the caller's side before.
    QueueScreening(extra) {
        parts {
            /// The queued caller's call.
            call: CallParams,
        }
        reads {
            /// `QueueSid`.
            queue_sid: String = Plain("QueueSid"),
            /// `QueueTime`, in seconds: how long the caller has waited.
            waited: Duration = Seconds("QueueTime"),
            /// `DequeingCallSid`, which is how the provider spells it: the leg that takes the caller.
            dequeuing_sid: String = Plain("DequeingCallSid"),
        }
    }
}

table! {
    /// A caller is out of the queue, or never was in.
    EnqueueResult(extra) {
        parts {
            /// The caller's call.
            call: CallParams,
        }
        reads {
            /// `QueueResult`: how it ended.
            result: QueueResult = QueueResult("QueueResult"),
            /// `QueueSid`.
            queue_sid: String = Plain("QueueSid"),
            /// `QueueTime`, in seconds: how long the caller waited.
            waited: Duration = Seconds("QueueTime"),
        }
    }
}

table! {
    /// A `<Refer>` is over.
    ReferResult(extra) {
        parts {
            /// The call.
            call: CallParams,
        }
        reads {
            /// `ReferCallStatus`: how the call ended that it led to.
            status: CallStatus = CallStatus("ReferCallStatus"),
            /// `ReferSipResponseCode`: the response to the REFER.
            sip_response_code: u32 = Code("ReferSipResponseCode"),
            /// `NotifySipResponseCode`: what the NOTIFY after it said.
            notify_sip_response_code: u32 = Code("NotifySipResponseCode"),
        }
    }
}

table! {
    /// A `<Pay>` is over. Whether there are more parameters is unverified; they would be in `extra`.
    PayResult(extra) {
        parts {
            /// The call.
            call: CallParams,
        }
        reads {
            /// `Result`: how it ended.
            outcome: PayOutcome = PayOutcome("Result"),
            /// `PaymentToken`: what the connector made, of a tokenizing one.
            token: String = Private("PaymentToken"),
            /// `PaymentConfirmationCode`: of a charging one.
            confirmation_code: String = Private("PaymentConfirmationCode"),
            /// `PaymentMethod`: `credit-card` or `ach-debit`.
            method: String = Plain("PaymentMethod"),
            /// `PaymentCardNumber`: masked but for its last digits.
            card_number: String = Private("PaymentCardNumber"),
            /// `PaymentCardType`: `visa` and so on.
            card_type: String = Plain("PaymentCardType"),
            /// `ExpirationDate`: `MMYY`.
            expiration_date: String = Private("ExpirationDate"),
            /// `SecurityCode`: masked.
            security_code: String = Private("SecurityCode"),
            /// `PaymentCardPostalCode`.
            postal_code: String = Private("PaymentCardPostalCode"),
            /// `BankAccountNumber`: masked but for its last digits. Unverified.
            bank_account_number: String = Private("BankAccountNumber"),
            /// `BankRoutingNumber`. Unverified.
            bank_routing_number: String = Private("BankRoutingNumber"),
            /// `PaymentError`: what went wrong, in words.
            error: String = Plain("PaymentError"),
            /// `ErrorType`: what the caller did wrong last, such as `invalid-card-number`. Unverified.
            error_type: String = Plain("ErrorType"),
            /// `ConnectorError`: what the connector said.
            connector_error: String = Plain("ConnectorError"),
            /// `ProfileId`: of the customer, at the connector.
            profile_id: String = Private("ProfileId"),
        }
    }
}

table! {
    /// A `<Connect><ConversationRelay>` is over.
    RelayResult(extra) {
        parts {
            /// The call.
            call: CallParams,
        }
        reads {
            /// `SessionId`: `VX` and 32 hex digits.
            session_id: String = Plain("SessionId"),
            /// `SessionStatus`: how it ended.
            session_status: SessionStatus = SessionStatus("SessionStatus"),
            /// `SessionDuration`; that it is in seconds is unverified.
            session_duration: Duration = Seconds("SessionDuration"),
            /// `HandoffData`: what the application said when it ended the session.
            handoff_data: String = Private("HandoffData"),
            /// `ErrorCode` of one that failed.
            error_code: u32 = Code("ErrorCode"),
            /// `ErrorMessage` of that.
            error_message: String = Plain("ErrorMessage"),
        }
    }
}

/// A piece of recognised speech: `TranscriptionData` of a real-time transcription. `Debug` shows no words.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct SpokenText {
    /// The words.
    pub transcript: String,
    /// How sure the recogniser is, from 0 to 1.
    pub confidence: Option<f32>,
}

impl std::fmt::Debug for SpokenText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpokenText").field("confidence", &self.confidence).finish_non_exhaustive()
    }
}

impl Kind for SpokenText {
    type Value = Self;
    fn read(text: &str) -> Option<Self> {
        let data = Json::read(text)?;
        let data = data.as_object()?;
        // Whatever else it held would be lost: then it is not read, but kept.
        if data.keys().any(|key| !matches!(key.as_str(), "transcript" | "confidence")) {
            return None;
        }
        let transcript = data.get("transcript")?.as_str()?.to_owned();
        let confidence = match data.get("confidence") {
            None => None,
            Some(number) => Some(Share::read(&number.to_string())?),
        };
        Some(Self { transcript, confidence })
    }
}
