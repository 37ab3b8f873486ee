//! Conferences (Twilio docs, Conference resource). There is no creating one: it is born with its first participant.

use std::collections::BTreeMap;

use super::draft::{Day, Shape};
use super::macros::{listings, operations, parameters, resources};
use super::{ConferenceEndReason, ConferenceStatus, Method};
use crate::time::Timestamp;

pub(super) const CONFERENCE: Shape = Shape::sid("conference", &["CF"]);

resources! {
    /// A conference.
    Conference in "conferences" {
        id {
            /// Its id, `CF…`.
            sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// Its name. Two conferences may have the same, one after the other.
            friendly_name: String,
            /// How far it is.
            status: ConferenceStatus,
            /// Where it is mixed, as in `us1`.
            region: String,
            /// The version of the API that it belongs to.
            api_version: String,
            /// Why it ended.
            reason_conference_ended: ConferenceEndReason,
            /// Whose leaving ended it.
            call_sid_ending_conference: String,
            /// When it was created.
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
    /// Reads a conference.
    Fetch(conference_sid: CONFERENCE) = Fetch "/Conferences/{}.json" as "reading of a conference" -> Conference {}

    /// Ends a conference for everybody.
    End(conference_sid: CONFERENCE) = Update "/Conferences/{}.json" as "end of a conference" -> Conference {};
    always "Status" = "completed"

    /// Plays something to everybody in a conference: the document at a URL, or the audio.
    Announce(conference_sid: CONFERENCE) = Act "/Conferences/{}.json" as "announcement to a conference" -> Conference
    { announce_url: String = "AnnounceUrl" }
}

listings! {
    /// The account's conferences, the newest first.
    List() = "/Conferences.json" as "list of conferences" -> Conference
}

parameters!(Announce {
    /// How the URL is asked; `POST` unless set.
    announce_method: Method = "AnnounceMethod";
});

parameters!(List {
    /// Created on this day.
    date_created: Day = "DateCreated";
    /// Created before or on this day.
    date_created_before: Day = "DateCreated<";
    /// Created on or after this day.
    date_created_after: Day = "DateCreated>";
    /// Changed last on this day.
    date_updated: Day = "DateUpdated";
    /// Changed last before or on this day.
    date_updated_before: Day = "DateUpdated<";
    /// Changed last on or after this day.
    date_updated_after: Day = "DateUpdated>";
    /// Of this name alone.
    friendly_name: String = "FriendlyName";
    /// In this state alone.
    status: ConferenceStatus = "Status";
});
