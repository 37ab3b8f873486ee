//! Texts, and other things that come up beside calls (Twilio docs, Message resource and TwiML messaging; verbs).

use super::call::{CallParams, Places};
use super::kinds::{Code, Count, Flag, Plain, Private, PrivateOrBlank, Somebody, Time};
use super::party::Party;
use super::table::table;
use super::words::{SiprecEventKind, TextStatus, VerificationStatus};
use crate::time::Timestamp;

table! {
    /// Somebody texts a number of ours: a messaging document is asked for. Media are in `extra`, as `MediaUrl0` and so on.
    TextReceived(extra) {
        parts {
            /// Where the numbers belong.
            places: Places,
        }
        needs {
            /// `MessageSid`: `SM` or `MM` and 32 hex digits.
            sid: String = Plain("MessageSid"),
        }
        reads {
            /// `SmsSid`: the same.
            sms_sid: String = Plain("SmsSid"),
            /// `SmsMessageSid`: the same.
            sms_message_sid: String = Plain("SmsMessageSid"),
            /// `SmsStatus`: `received`.
            status: TextStatus = TextStatus("SmsStatus"),
            /// `AccountSid`.
            account_sid: String = Plain("AccountSid"),
            /// `MessagingServiceSid`: the service that the number belongs to.
            service_sid: String = Plain("MessagingServiceSid"),
            /// `ApiVersion`: `2010-04-01`.
            api_version: String = Plain("ApiVersion"),
            /// `From`: who texts.
            from: Party = Somebody("From"),
            /// `To`: the number that was texted.
            to: Party = Somebody("To"),
            /// `Body`: the text; blank if it is media alone.
            body: String = PrivateOrBlank("Body"),
            /// `NumMedia`: how many media there are.
            media: u64 = Count("NumMedia"),
            /// `NumSegments`: how many messages the network made of it.
            segments: u64 = Count("NumSegments"),
            /// `ErrorCode`: on the fallback URL, why the document before failed.
            error_code: u32 = Code("ErrorCode"),
            /// `ErrorUrl`: the URL of that document.
            error_url: String = Plain("ErrorUrl"),
        }
    }
}

table! {
    /// A text of ours went on: it was sent, delivered, or failed.
    TextStatusEvent(extra) {
        needs {
            /// `MessageSid`: `SM` or `MM` and 32 hex digits.
            sid: String = Plain("MessageSid"),
        }
        reads {
            /// `SmsSid`: the same.
            sms_sid: String = Plain("SmsSid"),
            /// `MessageStatus`: what happened.
            status: TextStatus = TextStatus("MessageStatus", "SmsStatus"),
            /// `AccountSid`.
            account_sid: String = Plain("AccountSid"),
            /// `MessagingServiceSid`: the service that sent it.
            service_sid: String = Plain("MessagingServiceSid"),
            /// `ApiVersion`: `2010-04-01`.
            api_version: String = Plain("ApiVersion"),
            /// `From`: the number it is from.
            from: Party = Somebody("From"),
            /// `To`: whom it is for.
            to: Party = Somebody("To"),
            /// `ErrorCode` of one that failed or was not delivered.
            error_code: u32 = Code("ErrorCode"),
            /// `ErrorMessage` of that. Unverified.
            error_message: String = Plain("ErrorMessage"),
            /// `RawDlrDoneDate`: when its carrier says it arrived. Unverified.
            done_at: Timestamp = Time("RawDlrDoneDate"),
        }
    }
}

table! {
    /// An `<Sms>` in a call is over.
    SmsResult(extra) {
        parts {
            /// The call.
            call: CallParams,
        }
        reads {
            /// `SmsSid`: the text.
            sms_sid: String = Plain("SmsSid"),
            /// `SmsStatus`: whether it was sent.
            status: TextStatus = TextStatus("SmsStatus"),
        }
    }
}

table! {
    /// A `<Pay>` goes on: an item was asked for or typed in, or is wrong, or all is done. Unverified whether there are
    /// more parameters; they would be in `extra`.
    PayProgress(extra) {
        parts {
            /// The call and, once it is over, how it ended. Its own `extra` stays empty.
            result: super::PayResult,
        }
        needs {
            /// `PaymentSid`: `PK` and 32 hex digits.
            sid: String = Plain("PaymentSid"),
        }
        reads {
            /// `For`: the item, such as `payment-card-number`.
            item: String = Plain("For"),
            /// `Attempt`: the how many-eth time it is asked for, from 1.
            attempt: u64 = Count("Attempt"),
            /// `PartialResult`: whether only a part is there yet.
            is_partial: bool = Flag("PartialResult"),
            /// `Required`: the items that are still missing. Unverified.
            required: String = Plain("Required"),
            /// `Capture`: the item that is asked for by REST. Unverified.
            capture: String = Plain("Capture"),
        }
    }
}

table! {
    /// A fork of a call's audio to a SIPREC server started, stopped or failed.
    SiprecEvent(extra) {
        needs {
            /// `SiprecSid`: `SR` and 32 hex digits.
            sid: String = Plain("SiprecSid"),
            /// `SiprecEvent`: what happened.
            kind: SiprecEventKind = SiprecEventKind("SiprecEvent"),
        }
        reads {
            /// `AccountSid`.
            account_sid: String = Plain("AccountSid"),
            /// `CallSid`.
            call_sid: String = Plain("CallSid"),
            /// `SiprecName`: what the document or REST called it.
            name: String = Plain("SiprecName"),
            /// `SiprecError`: what went wrong, in words. Unverified.
            error: String = Plain("SiprecError"),
            /// `Timestamp`: when it happened.
            at: Timestamp = Time("Timestamp"),
        }
    }
}

table! {
    /// The call is over that asked for a code to verify a caller id.
    CallerIdVerification(extra) {
        parts {
            /// The call that asked.
            progress: super::CallStatusEvent,
        }
        reads {
            /// `VerificationStatus`: whether the code was right.
            status: VerificationStatus = VerificationStatus("VerificationStatus"),
            /// `OutgoingCallerIdSid`: the caller id that is verified now.
            caller_id_sid: String = Plain("OutgoingCallerIdSid"),
        }
    }
}

table! {
    /// A browser or app sends a message of its own during a call (Twilio docs, UserDefinedMessageSubscription).
    UserMessage(extra) {
        needs {
            /// `CallSid`.
            call_sid: String = Plain("CallSid"),
        }
        reads {
            /// `AccountSid`.
            account_sid: String = Plain("AccountSid"),
            /// `Content`: the message, JSON as it was sent.
            content: String = Private("Content"),
        }
    }
}
