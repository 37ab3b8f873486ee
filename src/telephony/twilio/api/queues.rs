//! Queues and who waits in them (Twilio docs, Queue and Member resources).

use super::Method;
use super::draft::Shape;
use super::macros::{listings, operations, parameters, resources};
use crate::time::Timestamp;

const QUEUE: Shape = Shape::sid("queue", &["QU"]);
const MEMBER: Shape = Shape::sid_or("waiting call", &["CA"], &["Front"]);

/// In place of a call's id: whoever has waited longest.
pub const FRONT: &str = "Front";

resources! {
    /// A queue.
    Queue in "queues" {
        id {
            /// Its id, `QU…`.
            sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// Its name, once per account.
            friendly_name: String,
            /// How many wait in it.
            current_size: u32,
            /// How many it takes.
            max_size: u32,
            /// How long those who wait in it have waited on average, in seconds.
            average_wait_time_secs: u64 = "average_wait_time",
            /// When it was created.
            date_created: Timestamp,
            /// When it changed last.
            date_updated: Timestamp,
            /// Where it is, from the host's root.
            uri: String,
        }
        hidden {}
    }

    /// A call that waits in a queue.
    Member in "queue_members" {
        id {
            /// The call, `CA…`.
            call_sid
        }
        shown {
            /// The queue, `QU…`.
            queue_sid: String,
            /// When it came.
            date_enqueued: Timestamp,
            /// Its place, from 1.
            position: u32,
            /// How long it has waited, in seconds.
            wait_time_secs: u64 = "wait_time",
            /// Where it is, from the host's root.
            uri: String,
        }
        hidden {}
    }
}

operations! {
    /// Makes a queue. Its name, at most 64 characters, is the one that `Enqueue` uses; one that is taken is refused.
    Create() = Create "/Queues.json" as "creation of a queue" -> Queue { friendly_name: String = "FriendlyName" }

    /// Reads a queue.
    Fetch(queue_sid: QUEUE) = Fetch "/Queues/{}.json" as "reading of a queue" -> Queue {}

    /// Renames or resizes a queue.
    Update(queue_sid: QUEUE) = Update "/Queues/{}.json" as "update of a queue" -> Queue {}

    /// Removes a queue, which must be empty.
    Delete(queue_sid: QUEUE) = Delete "/Queues/{}.json" as "deletion of a queue" -> () {}

    /// Reads one who waits: a call's id, or [`FRONT`].
    FetchMember(queue_sid: QUEUE, call_sid: MEMBER) = Fetch "/Queues/{}/Members/{}.json"
    as "reading of a queue's member" -> Member {}

    /// Takes one out of the queue, a call's id or [`FRONT`], and sends it to a document. With [`FRONT`], sent twice it
    /// takes two.
    Dequeue(queue_sid: QUEUE, call_sid: MEMBER) = Act "/Queues/{}/Members/{}.json" as "dequeueing of a call" -> Member
    { url: String = "Url" }
}

listings! {
    /// The account's queues.
    List() = "/Queues.json" as "list of queues" -> Queue

    /// Who waits in a queue, the longest first.
    ListMembers(queue_sid: QUEUE) = "/Queues/{}/Members.json" as "list of a queue's members" -> Member
}

parameters!(Create, Update {
    /// How many it takes; 1000 unless set, 5000 at most.
    max_size: u32 = "MaxSize";
});

parameters!(Update {
    /// Its name, at most 64 characters.
    friendly_name: String = "FriendlyName";
});

parameters!(Dequeue {
    /// How the URL is asked; `POST` unless set.
    method: Method = "Method";
});
