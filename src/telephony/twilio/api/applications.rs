//! TwiML applications: URLs under one id (Twilio docs, Application resource).

use super::Method;
use super::draft::Shape;
use super::macros::{listings, operations, parameters, resources};
use crate::time::Timestamp;

const APPLICATION: Shape = Shape::sid("application", &["AP"]);

resources! {
    /// An application.
    Application in "applications" {
        id {
            /// Its id, `AP…`.
            sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// What it is called.
            friendly_name: String,
            /// Asked what to do with a call.
            voice_url: String,
            /// How that is asked.
            voice_method: Method,
            /// Asked where that fails.
            voice_fallback_url: String,
            /// How that is asked.
            voice_fallback_method: Method,
            /// Whether the caller's name is looked up.
            voice_caller_id_lookup: bool,
            /// Told when a call is over.
            status_callback: String,
            /// How that is told.
            status_callback_method: Method,
            /// Asked what to do with a message.
            sms_url: String,
            /// How that is asked.
            sms_method: Method,
            /// Asked where that fails.
            sms_fallback_url: String,
            /// How that is asked.
            sms_fallback_method: Method,
            /// Told how a message goes.
            sms_status_callback: String,
            /// Told how a message goes; the newer name.
            message_status_callback: String,
            /// Whether other accounts may dial it.
            public_application_connect_enabled: bool,
            /// The version of the API that its calls use.
            api_version: String,
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
    /// Makes an application.
    Create() = Create "/Applications.json" as "creation of an application" -> Application {}

    /// Reads an application.
    Fetch(application_sid: APPLICATION) = Fetch "/Applications/{}.json" as "reading of an application" -> Application {}

    /// Sets an application's URLs.
    Update(application_sid: APPLICATION) = Update "/Applications/{}.json" as "update of an application"
    -> Application {}

    /// Removes an application. Numbers that use it have no URL then.
    Delete(application_sid: APPLICATION) = Delete "/Applications/{}.json" as "deletion of an application" -> () {}
}

listings! {
    /// The account's applications.
    List() = "/Applications.json" as "list of applications" -> Application
}

parameters!(Create, Update {
    /// What it is called; at most 64 characters.
    friendly_name: String = "FriendlyName";
    /// Asked what to do with a call.
    voice_url: String = "VoiceUrl";
    /// How that is asked; `POST` unless set.
    voice_method: Method = "VoiceMethod";
    /// Asked where that fails.
    voice_fallback_url: String = "VoiceFallbackUrl";
    /// How that is asked; `POST` unless set.
    voice_fallback_method: Method = "VoiceFallbackMethod";
    /// Whether the caller's name is looked up, for a fee.
    voice_caller_id_lookup: bool = "VoiceCallerIdLookup";
    /// Told when a call is over.
    status_callback: String = "StatusCallback";
    /// How that is told; `POST` unless set.
    status_callback_method: Method = "StatusCallbackMethod";
    /// Asked what to do with a message.
    sms_url: String = "SmsUrl";
    /// How that is asked; `POST` unless set.
    sms_method: Method = "SmsMethod";
    /// Asked where that fails.
    sms_fallback_url: String = "SmsFallbackUrl";
    /// How that is asked; `POST` unless set.
    sms_fallback_method: Method = "SmsFallbackMethod";
    /// Told how a message goes; the older name.
    sms_status_callback: String = "SmsStatusCallback";
    /// Told how a message goes.
    message_status_callback: String = "MessageStatusCallback";
    /// Lets other accounts dial it.
    public_application_connect_enabled: bool = "PublicApplicationConnectEnabled";
    /// The version of the API that its calls use.
    api_version: String = "ApiVersion";
});

parameters!(List {
    /// Of this name alone.
    friendly_name: String = "FriendlyName";
});
