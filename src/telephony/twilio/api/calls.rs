//! Calls (Twilio docs, Calls resource): placing, steering, listing; what happened in them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::draft::{Shape, When};
use super::macros::{listings, operations, parameters, resources};
use super::{
    AnsweredBy, CallDirection, CallEnd, CallEvent, CallStatus, Decimal, MachineDetection, Method, RecordingChannels,
    RecordingEvent, RecordingTrack, Trim,
};
use crate::time::Timestamp;

pub(super) const CALL: Shape = Shape::sid("call", &["CA"]);

resources! {
    /// A call.
    Call in "calls" {
        id {
            /// Its id, `CA…`.
            sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// The call that dialled it.
            parent_call_sid: String,
            /// How far it is.
            status: CallStatus,
            /// Who began it.
            direction: CallDirection,
            /// The number of ours that is in it, `PN…`.
            phone_number_sid: String,
            /// When it was placed or came in; `None` while it waits to be placed.
            start_time: Timestamp,
            /// When it ended.
            end_time: Timestamp,
            /// How long it lasted, in seconds; `None` until it is over.
            duration_secs: u64 = "duration",
            /// What it cost, negative; `None` until that is known.
            price: Decimal,
            /// In which currency, as in `USD`.
            price_unit: String,
            /// Who answered, where that was to be found out.
            answered_by: AnsweredBy,
            /// The version of the API that placed it.
            api_version: String,
            /// The group it is in.
            group_sid: String,
            /// How long it waited to be placed, in milliseconds.
            queue_time_ms: u64 = "queue_time",
            /// The trunk it came or went over.
            trunk_sid: String,
            /// When it was created; `None` for one that was just made (seen in live answers).
            date_created: Timestamp,
            /// When it changed last.
            date_updated: Timestamp,
            /// Where it is, from the host's root.
            uri: String,
            /// Where what belongs to it is.
            subresource_uris: BTreeMap<String, String>,
        }
        hidden {
            /// Who is called.
            to: String,
            /// The same, as people write it.
            to_formatted: String,
            /// Who calls.
            from: String,
            /// The same, as people write it.
            from_formatted: String,
            /// Who was called first, where the network tells of a diversion.
            forwarded_from: String,
            /// The name of who calls, where it is looked up.
            caller_name: String,
            /// A note that Twilio has always left empty.
            annotation: String,
        }
    }

    /// A request that was made for a call, to Twilio or by it, and how it was answered.
    Event in "events" {
        shown {}
        hidden {
            /// What was asked.
            request: EventRequest,
            /// What was answered.
            response: EventResponse,
        }
    }

    /// What was asked.
    EventRequest {
        shown {
            /// How.
            method: Method,
        }
        hidden {
            /// Where.
            url: String,
            /// With which parameters.
            parameters: BTreeMap<String, Value>,
        }
    }

    /// What was answered.
    EventResponse {
        shown {
            /// HTTP status.
            response_code: u32,
            /// How long it took, in milliseconds.
            request_duration_ms: u64 = "request_duration",
            /// What kind of body it is.
            content_type: String,
            /// When.
            date_created: Timestamp,
        }
        hidden {
            /// The body.
            response_body: String,
        }
    }
}

operations! {
    /// Places a call from one number or address to another. Give one of `url`, `twiml` and `application_sid`.
    ///
    /// Sent twice it places two calls: after a lost answer, list the calls to that number first.
    Create() = Create "/Calls.json" as "creation of a call" -> Call { to: String = "To", from: String = "From" }

    /// Reads a call.
    Fetch(call_sid: CALL) = Fetch "/Calls/{}.json" as "reading of a call" -> Call {}

    /// Sends a live call to another document, or ends it. A parent that is redirected leaves its `Dial`, and the child
    /// is hung up.
    Update(call_sid: CALL) = Update "/Calls/{}.json" as "update of a call" -> Call {}

    /// Removes what is known of a call that is over.
    Delete(call_sid: CALL) = Delete "/Calls/{}.json" as "deletion of a call" -> () {}
}

listings! {
    /// The account's calls, the newest first.
    List() = "/Calls.json" as "list of calls" -> Call

    /// What was asked for a call and answered, in order; complete 15 minutes after its end (Twilio docs).
    Events(call_sid: CALL) = "/Calls/{}/Events.json" as "list of a call's events" -> Event
}

parameters!(Create {
    /// The document for who answers. It wins over `twiml`.
    url: String = "Url";
    /// The document itself, at most 4000 characters.
    twiml: String = "Twiml";
    /// The application (`AP…`) whose URLs are asked. Methods, fallback and status callback given here are ignored then.
    application_sid: String = "ApplicationSid";
    /// How `url` is asked; `POST` unless set.
    method: Method = "Method";
    /// Asked where `url` fails.
    fallback_url: String = "FallbackUrl";
    /// How `fallback_url` is asked; `POST` unless set.
    fallback_method: Method = "FallbackMethod";
    /// Told how the call goes.
    status_callback: String = "StatusCallback";
    /// What it is told; the end alone unless set.
    status_callback_event: [CallEvent] = "StatusCallbackEvent";
    /// How it is told; `POST` unless set.
    status_callback_method: Method = "StatusCallbackMethod";
    /// Keys to press after the answer, `w` for half a second's wait; at most 32.
    send_digits: String = "SendDigits";
    /// How long it rings; 60 s unless set, 600 s at most. Twilio may add 5 s.
    timeout: Duration = "Timeout";
    /// How long the call may last.
    time_limit: Duration = "TimeLimit";
    /// Records the call.
    record: bool = "Record";
    /// How many channels the recording has; one unless set.
    recording_channels: RecordingChannels = "RecordingChannels";
    /// Which side is recorded; both unless set.
    recording_track: RecordingTrack = "RecordingTrack";
    /// Whether silence at the ends of the recording is cut; it is unless set.
    trim: Trim = "Trim";
    /// Told how the recording goes.
    recording_status_callback: String = "RecordingStatusCallback";
    /// How it is told; `POST` unless set.
    recording_status_callback_method: Method = "RecordingStatusCallbackMethod";
    /// What it is told; that it can be fetched alone unless set.
    recording_status_callback_event: [RecordingEvent] = "RecordingStatusCallbackEvent";
    /// Settings of the recording that are kept at Twilio.
    recording_configuration_id: String = "RecordingConfigurationId";
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
    /// Lets the call go on meanwhile; it waits for the verdict unless set.
    async_amd: bool = "AsyncAmd";
    /// Told who answered, where the call does not wait.
    async_amd_status_callback: String = "AsyncAmdStatusCallback";
    /// How it is told; `POST` unless set.
    async_amd_status_callback_method: Method = "AsyncAmdStatusCallbackMethod";
    /// The number or client that seems to call, where it is not `from`.
    caller_id: String = "CallerId";
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
    /// Signed statements about the caller (STIR/SHAKEN), in Base64; several separated by commas, five at most.
    passports: String = "Passports";
});

parameters!(Update {
    /// The document that the call goes on with.
    url: String = "Url";
    /// How `url` is asked; `POST` unless set.
    method: Method = "Method";
    /// The document itself, at most 4000 characters.
    twiml: String = "Twiml";
    /// Ends the call.
    status: CallEnd = "Status";
    /// Asked where `url` fails.
    fallback_url: String = "FallbackUrl";
    /// How `fallback_url` is asked; `POST` unless set.
    fallback_method: Method = "FallbackMethod";
    /// Told when the call is over.
    status_callback: String = "StatusCallback";
    /// How it is told; `POST` unless set.
    status_callback_method: Method = "StatusCallbackMethod";
    /// How long the call may last, counted from its start.
    time_limit: Duration = "TimeLimit";
});

parameters!(List {
    /// To this number or address alone.
    to: String = "To";
    /// From this number or address alone.
    from: String = "From";
    /// Dialled by this call alone.
    parent_call_sid: String = "ParentCallSid";
    /// In this state alone.
    status: CallStatus = "Status";
    /// Placed on this day.
    start_time: When = "StartTime";
    /// Placed before then, or on that day.
    start_time_before: When = "StartTime<";
    /// Placed after then, or on that day.
    start_time_after: When = "StartTime>";
    /// Ended on this day.
    end_time: When = "EndTime";
    /// Ended before then, or on that day.
    end_time_before: When = "EndTime<";
    /// Ended after then, or on that day.
    end_time_after: When = "EndTime>";
});
