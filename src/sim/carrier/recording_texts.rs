//! The texts of recordings, as the Transcription resource keeps them.

use super::Carrier;

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
    /// The texts of recordings, in the order in which they were there.
    #[must_use]
    pub fn recording_texts(&self) -> Vec<RecordingText> {
        let texts = self.account.transcriptions.iter();
        texts
            .map(|it| RecordingText {
                sid: it.sid.clone(),
                recording: it.recording.clone(),
                text: it.text.clone(),
                seconds: it.seconds,
            })
            .collect()
    }
}
