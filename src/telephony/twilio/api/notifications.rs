//! What went wrong or was odd, in calls and documents (Twilio docs, Notifications resource).

use super::calls::CALL;
use super::draft::{Day, Shape};
use super::macros::{listings, operations, parameters, resources};
use super::{Log, Method};
use crate::time::Timestamp;

const NOTIFICATION: Shape = Shape::sid("notification", &["NO"]);

resources! {
    /// An error or a warning.
    Notification in "notifications" {
        id {
            /// Its id, `NO…`.
            sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// The call it is about.
            call_sid: String,
            /// How grave it is.
            log: Log,
            /// The code; see [`super::ErrorCode::find`].
            error_code: u32,
            /// The page about the code.
            more_info: String,
            /// When it happened.
            message_date: Timestamp,
            /// How the URL was asked.
            request_method: Method,
            /// The version of the API that it belongs to.
            api_version: String,
            /// When it was created.
            date_created: Timestamp,
            /// When it changed last.
            date_updated: Timestamp,
            /// Where it is, from the host's root.
            uri: String,
        }
        hidden {
            /// What happened, in Twilio's words.
            message_text: String,
            /// The URL that was asked.
            request_url: String,
            /// With which parameters; only where one is read alone.
            request_variables: String,
            /// The headers that were answered; only where one is read alone.
            response_headers: String,
            /// The body that was answered; only where one is read alone.
            response_body: String,
        }
    }
}

operations! {
    /// Reads a notification of the account, with request and answer.
    Fetch(notification_sid: NOTIFICATION) = Fetch "/Notifications/{}.json" as "reading of a notification"
    -> Notification {}

    /// Reads a notification of a call, with request and answer.
    FetchOfCall(call_sid: CALL, notification_sid: NOTIFICATION) = Fetch "/Calls/{}/Notifications/{}.json"
    as "reading of a notification" -> Notification {}
}

listings! {
    /// The account's notifications, the newest first.
    List() = "/Notifications.json" as "list of notifications" -> Notification

    /// A call's notifications.
    ListOfCall(call_sid: CALL) = "/Calls/{}/Notifications.json" as "list of a call's notifications" -> Notification
}

parameters!(List, ListOfCall {
    /// As grave as this alone.
    log: Log = "Log";
    /// Of this day.
    message_date: Day = "MessageDate";
    /// Of this day or earlier.
    message_date_before: Day = "MessageDate<";
    /// Of this day or later.
    message_date_after: Day = "MessageDate>";
});
