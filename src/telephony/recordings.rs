//! The sound of recordings: the [`RecordingMedia`] trait, an ability that a telephony may have.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use super::TelephonyError;

/// Most bytes of a recording that are taken unless told otherwise: an hour of WAV with two channels is 115 MB.
pub const BYTES_MAX: usize = 128 * 1024 * 1024;
/// How long fetching may take unless told otherwise.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// A format of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum AudioFormat {
    /// RIFF WAVE.
    Wav,
    /// MPEG audio, layer 3.
    Mp3,
}

impl AudioFormat {
    /// What these bytes are, from how they begin; `None`: neither. What a server says of them is not asked.
    ///
    /// ```
    /// use switchboard::telephony::AudioFormat;
    ///
    /// assert_eq!(AudioFormat::sniff(b"RIFF\x24\0\0\0WAVEfmt "), Some(AudioFormat::Wav));
    /// assert_eq!(AudioFormat::sniff(b"ID3\x04"), Some(AudioFormat::Mp3));
    /// assert_eq!(AudioFormat::sniff(b"<!DOCTYPE html>"), None);
    /// ```
    #[must_use]
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(Self::Wav),
            [b'I', b'D', b'3', 2..=4, ..] => Some(Self::Mp3),
            // ISO/IEC 11172-3: eleven bits of sync, any version but the reserved one, layer 3, no reserved bit rate.
            [0xff, second, third, ..]
                if second & 0xe0 == 0xe0
                    && second & 0x18 != 0x08
                    && second & 0x06 == 0x02
                    && third & 0xf0 != 0xf0
                    && third & 0x0c != 0x0c =>
            {
                Some(Self::Mp3)
            }
            _ => None,
        }
    }

    /// The end of a file's name, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Mp3 => "mp3",
        }
    }
}

/// What sound is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AudioRequest {
    /// The provider's id of the recording. Never an address: what a webhook calls the recording's URL is not fetched.
    pub recording: String,
    /// In which format.
    pub format: AudioFormat,
    /// One channel or two; `None`: as many as there are.
    pub channels: Option<u8>,
    /// Most bytes that are taken: a longer recording is refused, not cut.
    pub bytes_max: usize,
    /// How long it may take in all.
    pub deadline: Duration,
}

impl AudioRequest {
    /// All channels as WAV, at most [`BYTES_MAX`] within [`DEADLINE`].
    #[must_use]
    pub fn wav(recording: impl Into<String>) -> Self {
        let format = AudioFormat::Wav;
        Self { recording: recording.into(), format, channels: None, bytes_max: BYTES_MAX, deadline: DEADLINE }
    }
    /// The same as MP3.
    #[must_use]
    pub fn mp3(recording: impl Into<String>) -> Self {
        Self { format: AudioFormat::Mp3, ..Self::wav(recording) }
    }
    /// The same, with so many channels.
    #[must_use]
    pub fn channels(mut self, channels: u8) -> Self {
        self.channels = Some(channels);
        self
    }
    /// The same, at most so many bytes.
    #[must_use]
    pub fn bytes_max(mut self, bytes_max: usize) -> Self {
        self.bytes_max = bytes_max;
        self
    }
    /// The same, within this time.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }
}

/// Sound, whole. `Debug` shows how much, not what.
#[derive(Clone, PartialEq, Eq)]
pub struct Audio {
    /// What it is, from its bytes.
    pub format: AudioFormat,
    /// The file.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Audio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audio").field("format", &self.format).field("bytes", &self.bytes.len()).finish()
    }
}

/// Fetches the sound of recordings: an ability beside [`Telephony`](super::Telephony).
#[async_trait]
pub trait RecordingMedia: fmt::Debug + Send + Sync + 'static {
    /// The sound of one recording. Reading only.
    ///
    /// # On return
    /// `Ok`: the whole file, at most `bytes_max`, of a format that its bytes show. `Err`:
    /// [`Failure::Rejected`](super::Failure::Rejected) for an id that cannot be one, for more bytes than wanted, and for
    /// what the provider refuses for good; [`Failure::Unavailable`](super::Failure::Unavailable) for the rest, also while
    /// the recording is not ready and when what came is no sound.
    /// # Never
    /// Gives credentials to another host than the provider's, fetches from inside a private network, or returns part of
    /// a file.
    async fn fetch(&self, wanted: &AudioRequest) -> Result<Audio, TelephonyError>;
}
