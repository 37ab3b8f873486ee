//! Messages of the application to and from the browser or app in a call (Twilio docs, UserDefinedMessages resource).

use super::Method;
use super::calls::CALL;
use super::draft::Shape;
use super::macros::{operations, parameters, resources};
use crate::time::Timestamp;

const SUBSCRIPTION: Shape = Shape::sid("subscription", &["ZY"]);

resources! {
    /// A message that was sent to the browser or app.
    UserMessage {
        id {
            /// Its id, `KX…`.
            sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// The call it went to.
            call_sid: String,
            /// When it was sent.
            date_created: Timestamp,
        }
        hidden {}
    }

    /// A URL that is told what the browser or app sends.
    Subscription {
        id {
            /// Its id, `ZY…`.
            sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// The call it is of.
            call_sid: String,
            /// When it was made.
            date_created: Timestamp,
            /// Where it is, from the host's root.
            uri: String,
        }
        hidden {}
    }
}

operations! {
    /// Sends JSON, at most 10000 characters of it, to the browser or app in a live call.
    Create(call_sid: CALL) = Create "/Calls/{}/UserDefinedMessages.json" as "sending of a message to an app"
    -> UserMessage { content: String = "Content" }

    /// Has a URL told what the browser or app in a live call sends.
    Subscribe(call_sid: CALL) = Create "/Calls/{}/UserDefinedMessageSubscriptions.json"
    as "subscription to an app's messages" -> Subscription { callback: String = "Callback" }

    /// Ends that.
    Unsubscribe(call_sid: CALL, subscription_sid: SUBSCRIPTION) = Delete
    "/Calls/{}/UserDefinedMessageSubscriptions/{}.json" as "end of a subscription to an app's messages" -> () {}
}

parameters!(Create, Subscribe {
    /// Sent twice under the same key it is done once (Twilio docs).
    idempotency_key: String = "IdempotencyKey";
});

parameters!(Subscribe {
    /// How the URL is told; `POST` unless set.
    method: Method = "Method";
});
