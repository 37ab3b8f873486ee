//! Recordings (Twilio docs, Recordings resource): of the account, of a call, of a conference, and their audio.

use std::collections::BTreeMap;

use super::calls::CALL;
use super::conferences::CONFERENCE;
use super::draft::{Day, Shape, When, built};
use super::macros::{listings, operations, parameters, resources};
use super::{
    AccountSid, Answer, ApiRequest, Decimal, Error, Kind, Method, PauseBehavior, RecordingAction, RecordingChannels,
    RecordingEvent, RecordingSource, RecordingStatus, RecordingTrack, Trim,
};
use crate::time::Timestamp;

pub(super) const RECORDING: Shape = Shape::sid("recording", &["RE"]);
const LIVE: Shape = Shape::sid_or("recording", &["RE"], &["Twilio.CURRENT"]);

/// In place of a recording's id: the one that runs. Refused where several do.
pub const CURRENT: &str = "Twilio.CURRENT";

resources! {
    /// A recording.
    Recording in "recordings" {
        id {
            /// Its id, `RE…`.
            sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// The call it is of.
            call_sid: String,
            /// The conference it is of.
            conference_sid: String,
            /// How far it is.
            status: RecordingStatus,
            /// How many channels it has. Which side is first is told differently by Twilio and by those who tried
            /// (unverified): look at one of your own before relying on it.
            channels: u32,
            /// What began it.
            source: RecordingSource,
            /// Which side it is of; calls alone.
            track: RecordingTrack,
            /// When it began.
            start_time: Timestamp,
            /// How long it is, in seconds; `None` until it is over.
            duration_secs: u64 = "duration",
            /// What it cost, negative.
            price: Decimal,
            /// In which currency.
            price_unit: String,
            /// Why there is none.
            error_code: u32,
            /// When it was created.
            date_created: Timestamp,
            /// When it changed last.
            date_updated: Timestamp,
            /// The version of the API that it belongs to.
            api_version: String,
            /// Where it is, from the host's root.
            uri: String,
            /// Where what belongs to it is.
            subresource_uris: BTreeMap<String, String>,
        }
        hidden {
            /// Where its audio is, as Twilio tells it. To fetch it use [`Media`], which goes to no address but Twilio's.
            media_url: String,
            /// How it is encrypted.
            encryption_details: Encryption,
        }
    }

    /// How a recording is encrypted (Twilio docs, voice recording encryption).
    Encryption {
        shown {
            /// The account's public key, `CR…`.
            encryption_public_key_sid: String,
        }
        hidden {
            /// The content's key, encrypted with the public key, in Base64.
            encryption_cek: String,
            /// The start value, in Base64.
            encryption_iv: String,
        }
    }
}

operations! {
    /// Begins to record a live call.
    Start(call_sid: CALL) = Create "/Calls/{}/Recordings.json" as "start of a recording" -> Recording {}

    /// Reads a recording of the account.
    Fetch(recording_sid: RECORDING) = Fetch "/Recordings/{}.json" as "reading of a recording" -> Recording {}

    /// Deletes a recording. Its audio is gone at once; what is known of it stays for 40 days.
    Delete(recording_sid: RECORDING) = Delete "/Recordings/{}.json" as "deletion of a recording" -> () {}

    /// Reads a recording of a call.
    FetchOfCall(call_sid: CALL, recording_sid: RECORDING) = Fetch "/Calls/{}/Recordings/{}.json"
    as "reading of a recording" -> Recording {}

    /// Pauses, goes on with or stops a call's recording: its id, or [`CURRENT`].
    UpdateOfCall(call_sid: CALL, recording_sid: LIVE) = Update "/Calls/{}/Recordings/{}.json"
    as "update of a recording" -> Recording { status: RecordingAction = "Status" }

    /// Deletes a recording of a call.
    DeleteOfCall(call_sid: CALL, recording_sid: RECORDING) = Delete "/Calls/{}/Recordings/{}.json"
    as "deletion of a recording" -> () {}

    /// Reads a recording of a conference.
    FetchOfConference(conference_sid: CONFERENCE, recording_sid: RECORDING) = Fetch "/Conferences/{}/Recordings/{}.json"
    as "reading of a recording" -> Recording {}

    /// Pauses or goes on with a conference's recording: its id, or [`CURRENT`]. It is not stopped this way.
    UpdateOfConference(conference_sid: CONFERENCE, recording_sid: LIVE) = Update "/Conferences/{}/Recordings/{}.json"
    as "update of a recording" -> Recording { status: RecordingAction = "Status" }

    /// Deletes a recording of a conference.
    DeleteOfConference(conference_sid: CONFERENCE, recording_sid: RECORDING) = Delete
    "/Conferences/{}/Recordings/{}.json" as "deletion of a recording" -> () {}
}

listings! {
    /// The account's recordings, the newest first.
    List() = "/Recordings.json" as "list of recordings" -> Recording

    /// A call's recordings.
    ListOfCall(call_sid: CALL) = "/Calls/{}/Recordings.json" as "list of recordings" -> Recording

    /// A conference's recordings.
    ListOfConference(conference_sid: CONFERENCE) = "/Conferences/{}/Recordings.json" as "list of recordings"
    -> Recording
}

parameters!(Start {
    /// Told how the recording goes.
    recording_status_callback: String = "RecordingStatusCallback";
    /// How it is told; `POST` unless set.
    recording_status_callback_method: Method = "RecordingStatusCallbackMethod";
    /// What it is told; that it can be fetched alone unless set.
    recording_status_callback_event: [RecordingEvent] = "RecordingStatusCallbackEvent";
    /// Whether silence at its ends is cut; it is not unless set.
    trim: Trim = "Trim";
    /// How many channels it has; one unless set.
    recording_channels: RecordingChannels = "RecordingChannels";
    /// Which side is recorded; both unless set.
    recording_track: RecordingTrack = "RecordingTrack";
    /// Settings of the recording that are kept at Twilio.
    recording_configuration_id: String = "RecordingConfigurationId";
});

parameters!(UpdateOfCall, UpdateOfConference {
    /// What becomes of the time of a pause; it is silent unless set.
    pause_behavior: PauseBehavior = "PauseBehavior";
});

parameters!(Fetch {
    /// Also one whose audio was deleted in the last 40 days.
    include_soft_deleted: bool = "IncludeSoftDeleted";
});

parameters!(List {
    /// Created on this day.
    date_created: When = "DateCreated";
    /// Created before then, or on that day.
    date_created_before: When = "DateCreated<";
    /// Created after then, or on that day.
    date_created_after: When = "DateCreated>";
    /// Of this call alone.
    call_sid: String = "CallSid";
    /// Of this conference alone.
    conference_sid: String = "ConferenceSid";
    /// Also those whose audio was deleted in the last 40 days.
    include_soft_deleted: bool = "IncludeSoftDeleted";
});

parameters!(ListOfCall, ListOfConference {
    /// Created on this day.
    date_created: Day = "DateCreated";
    /// Created before or on this day.
    date_created_before: Day = "DateCreated<";
    /// Created on or after this day.
    date_created_after: Day = "DateCreated>";
});

/// How audio is wrapped (Twilio docs, Recordings resource).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// 16-bit PCM at 8 kHz.
    Wav,
    /// 32 kbit/s.
    Mp3,
}

/// The audio of a recording. Its address is made of the account's and the recording's ids alone, never of a URL that
/// somebody sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it does nothing until a client sends it"]
pub struct Media {
    recording_sid: String,
    format: Format,
    channels: Option<u32>,
}

impl Media {
    /// The audio of a recording, `RE…`. Until it is ready Twilio says that there is none.
    pub fn new(recording_sid: impl Into<String>, format: Format) -> Self {
        Self { recording_sid: recording_sid.into(), format, channels: None }
    }

    /// As many channels, 1 or 2; as many as it has unless set. Two of a recording with one are refused (16113).
    pub fn requested_channels(mut self, channels: u32) -> Self {
        self.channels = Some(channels);
        self
    }

    /// The request in this account. An error is [`super::ErrorKind::Unsendable`].
    pub fn request(&self, account: &AccountSid) -> Result<ApiRequest, Error> {
        let sid = RECORDING.segment(&self.recording_sid).map_err(|why| Error::unsendable(Self::WHAT, why))?;
        let extension = match self.format {
            Format::Wav => "wav",
            Format::Mp3 => "mp3",
        };
        let channels = self.channels.map(|channels| channels.to_string());
        let pairs: Vec<(&str, &str)> = channels.iter().map(|text| ("RequestedChannels", text.as_str())).collect();
        Ok(built(account, Method::Get, &format!("/Recordings/{sid}.{extension}"), &pairs))
    }

    /// Whether audio was answered, by the status alone: any other than success is an error.
    pub fn accept(&self, answer: &Answer<'_>) -> Result<(), Error> {
        if answer.is_success() { Ok(()) } else { Err(Error::refused(Self::WHAT, Kind::Fetch, answer)) }
    }

    pub(crate) const WHAT: &'static str = "fetching of a recording's audio";
}
