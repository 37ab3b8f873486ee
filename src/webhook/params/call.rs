//! What every request about a call says, and those that say little more (Twilio docs, TwiML voice request and call status callback).

use std::time::Duration;

use serde_json::Value;

use super::fields::Fields;
use super::kinds::{Code, Count, Json, Millis, Plain, Private, Seconds, Somebody, Time};
use super::party::{Attestation, Party, StirVerstat};
use super::table::table;
use super::words::{AnsweredBy, CallDirection, CallStatus};
use super::{MissingParam, Part};
use crate::time::Timestamp;

/// A guess where a number belongs. Often nothing is known, and never where its owner is.
///
/// `Debug` shows no values.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// `FromCity` or `ToCity`.
    pub city: Option<String>,
    /// `FromState` or `ToState`.
    pub state: Option<String>,
    /// `FromZip` or `ToZip`.
    pub zip: Option<String>,
    /// `FromCountry` or `ToCountry`: two letters.
    pub country: Option<String>,
}

impl Place {
    fn take(fields: &mut Fields, side: &str, twin: &str) -> Self {
        let mut part = |what: &str| fields.take_twin::<Private>(&format!("{side}{what}"), &format!("{twin}{what}"));
        Self { city: part("City"), state: part("State"), zip: part("Zip"), country: part("Country") }
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").finish_non_exhaustive()
    }
}

/// Both ends' [`Place`]s.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Places {
    /// Of `From`; said again as that of `Caller`.
    pub from: Place,
    /// Of `To`; said again as that of `Called`.
    pub to: Place,
}

impl std::fmt::Debug for Places {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Places").finish_non_exhaustive()
    }
}

impl Part for Places {
    fn take(fields: &mut Fields) -> Result<Self, MissingParam> {
        Ok(Self { from: Place::take(fields, "From", "Caller"), to: Place::take(fields, "To", "Called") })
    }

    fn show(&self, _shown: &mut std::fmt::DebugStruct<'_, '_>) {}
}

table! {
    /// What is known of the caller's number by its carrier's signature. All missing: nothing is known.
    StirParams {
        reads {
            /// `StirVerstat`: the verdict on an inbound call.
            verstat: StirVerstat = StirVerstat("StirVerstat"),
            /// `StirPassportToken`: the signed statement itself.
            passport_token: String = Private("StirPassportToken"),
            /// `StirStatus`: what was attested for an outbound call.
            status: Attestation = Attestation("StirStatus"),
        }
    }
}

table! {
    /// What is known of a call that came over SIP.
    SipParams {
        reads {
            /// `SipCallId`: the `Call-ID`.
            call_id: String = Plain("SipCallId"),
            /// `SipDomain`: the host that was called.
            domain: String = Plain("SipDomain"),
            /// `SipDomainSid`: the SIP domain of ours.
            domain_sid: String = Plain("SipDomainSid"),
            /// `SipSourceIp`: where the INVITE came from.
            source_ip: String = Private("SipSourceIp"),
        }
        prefixed {
            /// Headers of the INVITE by name, such as `X-Account` or `User-to-User`: what follows `SipHeader_`.
            headers = "SipHeader_",
        }
    }
}

table! {
    /// What every request about a call says.
    CallParams {
        parts {
            /// Where the numbers belong.
            places: Places,
            /// The caller's signature.
            stir: StirParams,
            /// SIP.
            sip: SipParams,
        }
        needs {
            /// `CallSid`: the leg that the request is about.
            sid: String = Plain("CallSid"),
        }
        reads {
            /// `AccountSid`: its account.
            account_sid: String = Plain("AccountSid"),
            /// `ApiVersion`: `2010-04-01`.
            api_version: String = Plain("ApiVersion"),
            /// `From`, or else `Caller`: who calls.
            from: Party = Somebody("From", "Caller"),
            /// `To`, or else `Called`: who is called.
            to: Party = Somebody("To", "Called"),
            /// `CallStatus`: its state at the time of the request.
            status: CallStatus = CallStatus("CallStatus"),
            /// `Direction`: how it came about.
            direction: CallDirection = CallDirection("Direction"),
            /// `ForwardedFrom`: the number that was dialled, if its carrier forwarded the call and says so.
            forwarded_from: Party = Somebody("ForwardedFrom"),
            /// `CallerName`: the name to the caller's number, if the number of ours looks it up.
            caller_name: String = Private("CallerName"),
            /// `ParentCallSid`: the leg whose `<Dial>` placed this one.
            parent_sid: String = Plain("ParentCallSid"),
            /// `CallToken`: to be handed back when a call is placed that shows the same caller.
            token: String = Private("CallToken"),
            /// `ApplicationSid`: the TwiML application that is asked.
            application_sid: String = Plain("ApplicationSid"),
        }
    }
}

table! {
    /// A document is asked for: a call came in, a dialled leg answered, or a verb without words of its own is over.
    ///
    /// Parameters of your own, such as those that a browser passes when it connects, are in `extra`.
    VoiceRequest(extra) {
        parts {
            /// The call.
            call: CallParams,
        }
        reads {
            /// `AnsweredBy`: the verdict of synchronous machine detection.
            answered_by: AnsweredBy = AnsweredBy("AnsweredBy"),
            /// `MachineDetectionDuration`, in milliseconds: how long that took. Unverified for this request.
            detection_took: Duration = Millis("MachineDetectionDuration"),
            /// `AddOns`: what add-ons from the marketplace found out.
            add_ons: Value = Json("AddOns"),
            /// `ErrorCode`: present if this URL serves as fallback URL too, and the document before failed.
            error_code: u32 = Code("ErrorCode"),
            /// `ErrorUrl`: the URL of that document.
            error_url: String = Plain("ErrorUrl"),
        }
    }
}

table! {
    /// A document could not be fetched or executed: what is answered here goes on instead.
    FallbackRequest(extra) {
        parts {
            /// The call.
            call: CallParams,
        }
        reads {
            /// `ErrorCode`: why; 11xxx fetching, 12xxx the document, 13xxx a verb.
            error_code: u32 = Code("ErrorCode"),
            /// `ErrorUrl`: the URL of the document that failed.
            error_url: String = Plain("ErrorUrl"),
        }
    }
}

table! {
    /// A TwiML application was dialled by `<Dial><Application>`. The `<Parameter>`s are in `extra`.
    ApplicationRequest(extra) {
        parts {
            /// The call; `to` is the application, unless `copyParentTo` is set.
            call: CallParams,
        }
        reads {
            /// `customerId`: the noun's attribute.
            customer_id: String = Private("customerId"),
        }
    }
}

table! {
    /// A call went on: it was placed, rings, was answered, or is over.
    ///
    /// Callbacks are independent requests and may overtake one another: the highest `sequence_number` is the latest, and
    /// a final status always holds.
    CallStatusEvent(extra) {
        parts {
            /// The call; its `status` is what happened.
            call: CallParams,
        }
        reads {
            /// `Timestamp`: when it happened.
            at: Timestamp = Time("Timestamp"),
            /// `CallbackSource`: `call-progress-events`.
            callback_source: String = Plain("CallbackSource"),
            /// `SequenceNumber`: counts a call's events from 0, those too that nobody asked to be told (seen in a real
            /// payload): a gap is no loss.
            sequence_number: u64 = Count("SequenceNumber"),
            /// `CallDuration`, in seconds: how long it lasted after the answer. Once it is over.
            duration: Duration = Seconds("CallDuration"),
            /// `Duration`: minutes that are billed. Once it is over.
            billed_minutes: u64 = Count("Duration"),
            /// `SipResponseCode`: 200, 486 busy, 487 cancelled or timed out, 404, 480, 603 and so on.
            sip_response_code: u32 = Code("SipResponseCode"),
            /// `RecordingUrl`, without extension, if the call was recorded from its start.
            recording_url: String = Plain("RecordingUrl"),
            /// `RecordingSid` of that.
            recording_sid: String = Plain("RecordingSid"),
            /// `RecordingDuration` of that, in seconds.
            recording_duration: Duration = Seconds("RecordingDuration"),
            /// `AnsweredBy`: the verdict of machine detection.
            answered_by: AnsweredBy = AnsweredBy("AnsweredBy"),
            /// `MachineDetectionDuration`, in milliseconds: how long that took.
            detection_took: Duration = Millis("MachineDetectionDuration"),
            /// `ErrorCode` of a call that failed. Unverified.
            error_code: u32 = Code("ErrorCode"),
            /// `ErrorMessage` of that. Unverified.
            error_message: String = Plain("ErrorMessage"),
        }
    }
}

table! {
    /// A call to a number or application of ours is over: its own status callback, sent once.
    ///
    /// Whether `at`, `callback_source` and `sequence_number` are always there is unverified.
    NumberStatusEvent(extra) {
        parts {
            /// The call, which is over.
            call: CallParams,
        }
        reads {
            /// `CallDuration`, in seconds: how long it lasted after the answer.
            duration: Duration = Seconds("CallDuration"),
            /// `Duration`: minutes that are billed.
            billed_minutes: u64 = Count("Duration"),
            /// `RecordingUrl`, without extension, if there is one.
            recording_url: String = Plain("RecordingUrl"),
            /// `RecordingSid` of that.
            recording_sid: String = Plain("RecordingSid"),
            /// `RecordingDuration` of that, in seconds.
            recording_duration: Duration = Seconds("RecordingDuration"),
            /// `SipResponseCode`.
            sip_response_code: u32 = Code("SipResponseCode"),
            /// `Timestamp`: when it ended.
            at: Timestamp = Time("Timestamp"),
            /// `CallbackSource`: `call-progress-events`.
            callback_source: String = Plain("CallbackSource"),
            /// `SequenceNumber`: counts a call's events from 0.
            sequence_number: u64 = Count("SequenceNumber"),
        }
    }
}
