//! The texts of recordings, as the Transcription resource keeps them.

use super::Carrier;
use super::state::Sid;

/// The text of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordingText {
    /// Its TR sid.
    pub sid: String,
    /// The RE sid of the recording.
    pub recording: String,
    /// What was said.
    pub text: String,
    /// Length of the recording in seconds.
    pub seconds: u64,
}

impl Carrier {
    /// The text of a recording of so many seconds is there from now on. Gives its TR sid.
    pub fn transcribes(&mut self, recording: &str, text: &str, seconds: u64) -> Sid {
        let sid = self.sid("TR");
        let (recording, text) = (recording.to_owned(), text.to_owned());
        self.shelf.texts.push(RecordingText { sid: sid.clone(), recording, text, seconds });
        sid
    }

    /// The texts of recordings, in the order in which they were there.
    #[must_use]
    pub fn recording_texts(&self) -> Vec<RecordingText> {
        self.shelf.texts.clone()
    }
}
