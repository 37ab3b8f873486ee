//! Transcriptions of recordings, written after the fact (Twilio docs, Recording Transcription resource).

use super::draft::Shape;
use super::macros::{listings, operations, resources};
use super::recordings::RECORDING;
use super::{Decimal, TranscriptionStatus};
use crate::time::Timestamp;

const TRANSCRIPTION: Shape = Shape::sid("transcription", &["TR"]);

resources! {
    /// What was said in a recording.
    Transcription in "transcriptions" {
        id {
            /// Its id, `TR…`.
            sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// The recording it is of.
            recording_sid: String,
            /// How far it is.
            status: TranscriptionStatus,
            /// Which kind it is, as in `fast`.
            kind: String = "type",
            /// How long the recording is, in seconds.
            duration_secs: u64 = "duration",
            /// What it cost, negative.
            price: Decimal,
            /// In which currency.
            price_unit: String,
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
            /// The words.
            transcription_text: String,
        }
    }
}

operations! {
    /// Reads a transcription of the account.
    Fetch(transcription_sid: TRANSCRIPTION) = Fetch "/Transcriptions/{}.json" as "reading of a transcription"
    -> Transcription {}

    /// Deletes a transcription of the account.
    Delete(transcription_sid: TRANSCRIPTION) = Delete "/Transcriptions/{}.json" as "deletion of a transcription"
    -> () {}

    /// Reads a transcription of a recording.
    FetchOfRecording(recording_sid: RECORDING, transcription_sid: TRANSCRIPTION) = Fetch
    "/Recordings/{}/Transcriptions/{}.json" as "reading of a transcription" -> Transcription {}

    /// Deletes a transcription of a recording.
    DeleteOfRecording(recording_sid: RECORDING, transcription_sid: TRANSCRIPTION) = Delete
    "/Recordings/{}/Transcriptions/{}.json" as "deletion of a transcription" -> () {}
}

listings! {
    /// The account's transcriptions, the newest first.
    List() = "/Transcriptions.json" as "list of transcriptions" -> Transcription

    /// A recording's transcriptions.
    ListOfRecording(recording_sid: RECORDING) = "/Recordings/{}/Transcriptions.json" as "list of transcriptions"
    -> Transcription
}
