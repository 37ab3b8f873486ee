//! Numbers of others that the account may call from, because their owner agreed (Twilio docs, OutgoingCallerId).

use super::Method;
use super::draft::Shape;
use super::macros::{listings, operations, parameters, resources};
use crate::time::Timestamp;

const CALLER_ID: Shape = Shape::sid("caller id", &["PN"]);

resources! {
    /// A number that was verified.
    CallerId in "outgoing_caller_ids" {
        id {
            /// Its id, `PN…`.
            sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// When it was verified.
            date_created: Timestamp,
            /// When it changed last.
            date_updated: Timestamp,
            /// Where it is, from the host's root.
            uri: String,
        }
        hidden {
            /// What it is called.
            friendly_name: String,
            /// The number.
            phone_number: String,
        }
    }

    /// A call that was placed to verify a number. Tell its owner the code: it is to be keyed in during the call.
    Validation {
        id {
            /// The call, `CA…`.
            call_sid
        }
        shown {
            /// The account it is for.
            account_sid: String,
        }
        hidden {
            /// What the number will be called.
            friendly_name: String,
            /// The number.
            phone_number: String,
            /// The code.
            validation_code: String,
        }
    }
}

operations! {
    /// Calls a number, so that its owner can agree. Sent twice it calls twice.
    Validate() = Create "/OutgoingCallerIds.json" as "verification of a number" -> Validation
    { phone_number: String = "PhoneNumber" }

    /// Reads a verified number.
    Fetch(caller_id_sid: CALLER_ID) = Fetch "/OutgoingCallerIds/{}.json" as "reading of a caller id" -> CallerId {}

    /// Renames a verified number.
    Update(caller_id_sid: CALLER_ID) = Update "/OutgoingCallerIds/{}.json" as "update of a caller id" -> CallerId {}

    /// Removes a verified number.
    Delete(caller_id_sid: CALLER_ID) = Delete "/OutgoingCallerIds/{}.json" as "deletion of a caller id" -> () {}
}

listings! {
    /// The account's verified numbers.
    List() = "/OutgoingCallerIds.json" as "list of caller ids" -> CallerId
}

parameters!(Validate {
    /// What the number will be called; at most 64 characters.
    friendly_name: String = "FriendlyName";
    /// How long the call waits before it is placed; at once unless set, 60 s at most.
    call_delay: Duration = "CallDelay";
    /// Keys to press to reach the owner.
    extension: String = "Extension";
    /// Told whether it was verified.
    status_callback: String = "StatusCallback";
    /// How it is told; `POST` unless set.
    status_callback_method: Method = "StatusCallbackMethod";
});

parameters!(Update {
    /// What it is called; at most 64 characters.
    friendly_name: String = "FriendlyName";
});

parameters!(List {
    /// This number alone.
    phone_number: String = "PhoneNumber";
    /// Of this name alone.
    friendly_name: String = "FriendlyName";
});
