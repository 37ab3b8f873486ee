//! Messages (Twilio docs, Message and Media resources).

use std::collections::BTreeMap;

use super::draft::{Shape, When};
use super::macros::{listings, open_words, operations, parameters, resources};
use super::{Decimal, MessageDirection, MessageEnd, MessageStatus};
use crate::time::Timestamp;

const MESSAGE: Shape = Shape::sid("message", &["SM", "MM"]);
const MEDIUM: Shape = Shape::sid("medium", &["ME"]);

open_words! {
    /// Whether something is kept at Twilio.
    ContentRetention {
        /// It is.
        Retain = "retain",
        /// It is thrown away.
        Discard = "discard",
    }

    /// Whether the recipient's number is kept at Twilio.
    AddressRetention {
        /// It is.
        Retain = "retain",
        /// Its last digits are blotted out.
        Obfuscate = "obfuscate",
    }

    /// When a message is sent.
    ScheduleType {
        /// At one point in time.
        Fixed = "fixed",
    }

    /// What the traffic is counted as.
    TrafficType {
        /// As free.
        Free = "free",
    }

    /// Whether a message is checked for being sent to harm the account.
    RiskCheck {
        /// It is.
        Enable = "enable",
        /// It is not.
        Disable = "disable",
    }

    /// What came of a message, as far as the application knows.
    Outcome {
        /// The recipient did what it asked for.
        Confirmed = "confirmed",
        /// The recipient has not.
        Unconfirmed = "unconfirmed",
    }
}

resources! {
    /// A message.
    Message in "messages" {
        id {
            /// Its id, `SM…` or `MM…`.
            sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// How far it is.
            status: MessageStatus,
            /// Who wrote it, and how.
            direction: MessageDirection,
            /// The messaging service it was sent by.
            messaging_service_sid: String,
            /// In how many parts it is sent.
            num_segments: u32,
            /// How many media it has.
            num_media: u32,
            /// Why it has not arrived.
            error_code: u32,
            /// What it cost, negative; `None` until that is known.
            price: Decimal,
            /// In which currency.
            price_unit: String,
            /// The version of the API that sent it.
            api_version: String,
            /// When it was created.
            date_created: Timestamp,
            /// When it changed last.
            date_updated: Timestamp,
            /// When it was sent.
            date_sent: Timestamp,
            /// Where it is, from the host's root.
            uri: String,
            /// Where what belongs to it is.
            subresource_uris: BTreeMap<String, String>,
        }
        hidden {
            /// Who gets it.
            to: String,
            /// Who sends it.
            from: String,
            /// The words.
            body: String,
            /// Why it has not arrived, in Twilio's words.
            error_message: String,
        }
    }

    /// A picture or other medium of a message.
    Medium in "media_list" {
        id {
            /// Its id, `ME…`.
            sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// The message it is of.
            parent_sid: String,
            /// What it is, as in `image/jpeg`.
            content_type: String,
            /// When it was created.
            date_created: Timestamp,
            /// When it changed last.
            date_updated: Timestamp,
            /// Where it is, from the host's root.
            uri: String,
        }
        hidden {}
    }

    /// What the application told of a message.
    Feedback {
        id {
            /// The message.
            message_sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// What came of it.
            outcome: Outcome,
            /// When it was told.
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
    /// Sends a message. Give `from` or `messaging_service_sid`, and `body`, `media_url` or `content_sid`.
    ///
    /// Sent twice it arrives twice.
    Create() = Create "/Messages.json" as "creation of a message" -> Message { to: String = "To" }

    /// Reads a message.
    Fetch(message_sid: MESSAGE) = Fetch "/Messages/{}.json" as "reading of a message" -> Message {}

    /// Blots out a message's words (an empty `body`), or takes back one whose time has not come.
    Update(message_sid: MESSAGE) = Update "/Messages/{}.json" as "update of a message" -> Message {}

    /// Removes a message that is over.
    Delete(message_sid: MESSAGE) = Delete "/Messages/{}.json" as "deletion of a message" -> () {}

    /// Tells what came of a message that was sent with `provide_feedback`.
    TellOutcome(message_sid: MESSAGE) = Update "/Messages/{}/Feedback.json" as "feedback on a message" -> Feedback {}

    /// Reads what is known of a medium.
    FetchMedium(message_sid: MESSAGE, medium_sid: MEDIUM) = Fetch "/Messages/{}/Media/{}.json"
    as "reading of a medium" -> Medium {}

    /// Removes a medium.
    DeleteMedium(message_sid: MESSAGE, medium_sid: MEDIUM) = Delete "/Messages/{}/Media/{}.json"
    as "deletion of a medium" -> () {}
}

listings! {
    /// The account's messages, the newest first.
    List() = "/Messages.json" as "list of messages" -> Message

    /// A message's media.
    ListMedia(message_sid: MESSAGE) = "/Messages/{}/Media.json" as "list of a message's media" -> Medium
}

parameters!(Create {
    /// Who sends it: a number of the account, or a name where that is allowed.
    from: String = "From";
    /// The service that chooses who sends it, `MG…`.
    messaging_service_sid: String = "MessagingServiceSid";
    /// Who sends it where the service has nobody who can.
    fallback_from: String = "FallbackFrom";
    /// The words; at most 1600 characters.
    body: String = "Body";
    /// Media to go with it; 10 at most.
    media_url: [String] = "MediaUrl";
    /// A template, `HX…`.
    content_sid: String = "ContentSid";
    /// What stands in the template's blanks, as JSON.
    content_variables: String = "ContentVariables";
    /// Told how it goes.
    status_callback: String = "StatusCallback";
    /// The application that is told how it goes.
    application_sid: String = "ApplicationSid";
    /// The most it may cost, as in `0.05`.
    max_price: String = "MaxPrice";
    /// The application will tell what came of it.
    provide_feedback: bool = "ProvideFeedback";
    /// Which attempt this is, for redundancy across services.
    attempt: u32 = "Attempt";
    /// How long it may wait to be sent, in seconds; 36000 unless set.
    validity_period: Duration = "ValidityPeriod";
    /// Not used by Twilio any more.
    force_delivery: bool = "ForceDelivery";
    /// Whether its words are kept at Twilio.
    content_retention: ContentRetention = "ContentRetention";
    /// Whether the recipient's number is kept at Twilio.
    address_retention: AddressRetention = "AddressRetention";
    /// Replaces signs that would make it longer.
    smart_encoded: bool = "SmartEncoded";
    /// What a tap on it does, in rich channels.
    persistent_action: [String] = "PersistentAction";
    /// What the traffic is counted as.
    traffic_type: TrafficType = "TrafficType";
    /// Shortens the links in it.
    shorten_urls: bool = "ShortenUrls";
    /// It is sent at `send_at`.
    schedule_type: ScheduleType = "ScheduleType";
    /// When it is sent; 5 minutes to 35 days from now (Twilio docs).
    send_at: When = "SendAt";
    /// Sends it as one with media even if it has none.
    send_as_mms: bool = "SendAsMms";
    /// What it is for.
    message_intent: String = "MessageIntent";
    /// Whether it is checked for being sent to harm the account.
    risk_check: RiskCheck = "RiskCheck";
});

parameters!(Update {
    /// The words; an empty text blots them out.
    body: String = "Body";
    /// Takes it back before its time has come.
    status: MessageEnd = "Status";
});

parameters!(TellOutcome {
    /// What came of it.
    outcome: Outcome = "Outcome";
});

parameters!(List {
    /// To this number alone.
    to: String = "To";
    /// From this number alone.
    from: String = "From";
    /// Sent on this day.
    date_sent: When = "DateSent";
    /// Sent before then, or on that day.
    date_sent_before: When = "DateSent<";
    /// Sent after then, or on that day.
    date_sent_after: When = "DateSent>";
});

parameters!(ListMedia {
    /// Created on this day.
    date_created: When = "DateCreated";
    /// Created before then, or on that day.
    date_created_before: When = "DateCreated<";
    /// Created after then, or on that day.
    date_created_after: When = "DateCreated>";
});
