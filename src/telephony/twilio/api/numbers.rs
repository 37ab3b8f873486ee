//! The account's telephone numbers (Twilio docs, IncomingPhoneNumber resource).

use std::collections::BTreeMap;

use serde_json::Value;

use super::draft::Shape;
use super::field::Field;
use super::macros::{listings, operations, parameters, resources};
use super::{AddressRequirement, EmergencyStatus, Method, VoiceReceiveMode};
use crate::time::Timestamp;

const NUMBER: Shape = Shape::sid("number", &["PN"]);
/// A word of [`super::NumberKind`].
const KIND: Shape = Shape::name("kind of number");

/// What a number can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Calls.
    pub voice: bool,
    /// Text messages.
    pub sms: bool,
    /// Messages with media.
    pub mms: bool,
    /// Fax.
    pub fax: bool,
}

/// Twilio spells the names in capitals or not, depending on the resource.
impl Field for Capabilities {
    fn read(value: Value) -> Option<Self> {
        let said: BTreeMap<String, bool> = Field::read(value)?;
        let can = |name: &str| said.iter().any(|(known, able)| known.eq_ignore_ascii_case(name) && *able);
        Some(Self { voice: can("voice"), sms: can("sms"), mms: can("mms"), fax: can("fax") })
    }
}

resources! {
    /// A number of the account.
    Number in "incoming_phone_numbers" {
        id {
            /// Its id, `PN…`.
            sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// The number, as in `+14155550100`.
            phone_number: String,
            /// What it is called.
            friendly_name: String,
            /// What it can do.
            capabilities: Capabilities,
            /// Who provides it, as in `twilio` or `hosted`.
            origin: String,
            /// What kind of number it is.
            kind: String = "type",
            /// Whether it works, as in `in-use`.
            status: String,
            /// It is new to Twilio, and may behave otherwise.
            beta: bool,
            /// Asked what to do with a call.
            voice_url: String,
            /// How that is asked.
            voice_method: Method,
            /// Asked where that fails.
            voice_fallback_url: String,
            /// How that is asked.
            voice_fallback_method: Method,
            /// The application whose URLs are asked instead.
            voice_application_sid: String,
            /// Whether the caller's name is looked up.
            voice_caller_id_lookup: bool,
            /// What it takes calls as.
            voice_receive_mode: VoiceReceiveMode,
            /// Told when a call is over.
            status_callback: String,
            /// How that is told.
            status_callback_method: Method,
            /// The trunk that calls go to; the voice URL is not asked then.
            trunk_sid: String,
            /// Asked what to do with a message.
            sms_url: String,
            /// How that is asked.
            sms_method: Method,
            /// Asked where that fails.
            sms_fallback_url: String,
            /// How that is asked.
            sms_fallback_method: Method,
            /// The application whose URLs are asked instead.
            sms_application_sid: String,
            /// What address must be given for it.
            address_requirements: AddressRequirement,
            /// The address that was given for it.
            address_sid: String,
            /// The person or company it is registered for.
            identity_sid: String,
            /// The papers that were given for it.
            bundle_sid: String,
            /// Whether emergency calls from it are set up.
            emergency_status: EmergencyStatus,
            /// The address that is told in an emergency.
            emergency_address_sid: String,
            /// How far the registration of that address is.
            emergency_address_status: String,
            /// The version of the API that its calls use.
            api_version: String,
            /// When it was bought.
            date_created: Timestamp,
            /// When it changed last.
            date_updated: Timestamp,
            /// Where it is, from the host's root.
            uri: String,
            /// Where what belongs to it is.
            subresource_uris: BTreeMap<String, String>,
        }
        hidden {}
    }
}

operations! {
    /// Buys a number: give `phone_number` or `area_code`. Sent twice it may buy two.
    Create() = Create "/IncomingPhoneNumbers.json" as "purchase of a number" -> Number {}

    /// Buys a number of one kind, a [`super::NumberKind`].
    CreateOfKind(kind: KIND) = Create "/IncomingPhoneNumbers/{}.json" as "purchase of a number" -> Number
    { phone_number: String = "PhoneNumber" }

    /// Reads a number.
    Fetch(number_sid: NUMBER) = Fetch "/IncomingPhoneNumbers/{}.json" as "reading of a number" -> Number {}

    /// Sets what happens with a number's calls and messages.
    Update(number_sid: NUMBER) = Update "/IncomingPhoneNumbers/{}.json" as "update of a number" -> Number {}

    /// Gives a number back. It may never come again.
    Delete(number_sid: NUMBER) = Delete "/IncomingPhoneNumbers/{}.json" as "release of a number" -> () {}
}

listings! {
    /// The account's numbers.
    List() = "/IncomingPhoneNumbers.json" as "list of numbers" -> Number

    /// The account's numbers of one kind, a [`super::NumberKind`].
    ListOfKind(kind: KIND) = "/IncomingPhoneNumbers/{}.json" as "list of numbers" -> Number
}

parameters!(Create {
    /// This number.
    phone_number: String = "PhoneNumber";
    /// Any number with this area code (United States and Canada).
    area_code: String = "AreaCode";
});

parameters!(Update {
    /// Moves it to this account.
    account_sid: String = "AccountSid";
});

parameters!(Create, CreateOfKind, Update {
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
    /// The application whose URLs are asked instead; `voice_url` is not asked then.
    voice_application_sid: String = "VoiceApplicationSid";
    /// Whether the caller's name is looked up, for a fee.
    voice_caller_id_lookup: bool = "VoiceCallerIdLookup";
    /// What it takes calls as; speech unless set.
    voice_receive_mode: VoiceReceiveMode = "VoiceReceiveMode";
    /// Told when a call is over.
    status_callback: String = "StatusCallback";
    /// How that is told; `POST` unless set.
    status_callback_method: Method = "StatusCallbackMethod";
    /// The trunk that calls go to; voice URL and application are not asked then.
    trunk_sid: String = "TrunkSid";
    /// Asked what to do with a message.
    sms_url: String = "SmsUrl";
    /// How that is asked; `POST` unless set.
    sms_method: Method = "SmsMethod";
    /// Asked where that fails.
    sms_fallback_url: String = "SmsFallbackUrl";
    /// How that is asked; `POST` unless set.
    sms_fallback_method: Method = "SmsFallbackMethod";
    /// The application whose URLs are asked instead.
    sms_application_sid: String = "SmsApplicationSid";
    /// The address that is given for it.
    address_sid: String = "AddressSid";
    /// The person or company it is registered for.
    identity_sid: String = "IdentitySid";
    /// The papers that are given for it.
    bundle_sid: String = "BundleSid";
    /// Whether emergency calls from it are set up.
    emergency_status: EmergencyStatus = "EmergencyStatus";
    /// The address that is told in an emergency.
    emergency_address_sid: String = "EmergencyAddressSid";
    /// The version of the API that its calls use.
    api_version: String = "ApiVersion";
});

parameters!(List, ListOfKind {
    /// Those that look like this; `*` stands for any digit, and a part will do.
    phone_number: String = "PhoneNumber";
    /// Of this name alone.
    friendly_name: String = "FriendlyName";
    /// Of this provider alone, as in `twilio`.
    origin: String = "Origin";
    /// Also, or not, those that are new to Twilio.
    beta: bool = "Beta";
});
