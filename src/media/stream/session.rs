//! The server's half of a stream.

use std::collections::VecDeque;

use super::{Audio, Clear, Command, Event, MarkAsked, MarkName, Play, Start};
use crate::media::{FRAME_BYTES_MAX, ReadError};

/// Why a frame or a command does not fit into the session. The session is as it was, and goes on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The frame is no message.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It came before `start`, or a command was asked for before it.
    #[error("{0:?} before the stream has started")]
    NotStarted(String),
    /// A second `connected` or `start`.
    #[error("a second {0:?} in one stream")]
    Again(&'static str),
    /// It belongs to another stream.
    #[error("the message is of stream {got:?}; this is {expected:?}")]
    OtherStream {
        /// The stream of this session.
        expected: String,
        /// The one it names.
        got: String,
    },
    /// Its number is not above that of the message before it.
    #[error("message {got} came after message {last}")]
    Backwards {
        /// The number of the message before it.
        last: u64,
        /// Its own.
        got: u64,
    },
    /// It came after `stop`, or a command was asked for after it.
    #[error("the stream is over")]
    Over,
}

/// The server's half of one stream, without a socket: text frames go in and come out as [`Event`]s in order, and commands
/// come out as text frames.
///
/// ```
/// use switchboard::media::stream::{Event, Session};
///
/// let mut session = Session::new();
/// let connected = r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#;
/// let start = r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"accountSid":"AC1","streamSid":"MZ1",
///     "callSid":"CA1","tracks":["inbound"],"customParameters":{"table":"7"}}}"#;
/// session.receive(connected)?;
/// let Event::Start(start) = session.receive(start)? else { unreachable!("it says start") };
/// assert_eq!(start.start.custom_parameters["table"], "7");
///
/// let audio = session.play(&[0xff; 160])?;
/// let told_when_played = session.mark("greeting")?;
/// assert_eq!(session.outstanding().collect::<Vec<_>>(), ["greeting"]);
/// # assert!(audio.starts_with(r#"{"event":"media","streamSid":"MZ1""#) && told_when_played.contains("greeting"));
/// # Ok::<(), switchboard::media::stream::SessionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    frame_bytes_max: usize,
    is_connected: bool,
    start: Option<Start>,
    is_over: bool,
    last: u64,
    missed: u64,
    marks: VecDeque<String>,
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// A session that has received nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            frame_bytes_max: FRAME_BYTES_MAX,
            is_connected: false,
            start: None,
            is_over: false,
            last: 0,
            missed: 0,
            marks: VecDeque::new(),
        }
    }

    /// The same, reading no frame of more than `bytes`. [`FRAME_BYTES_MAX`] unless called.
    #[must_use]
    pub fn frame_bytes_max(mut self, bytes: usize) -> Self {
        self.frame_bytes_max = bytes;
        self
    }

    /// Takes one text frame of Twilio's.
    ///
    /// # On return
    /// The message, which fits to those before it: `connected` first, `start` second and once, all of one stream, each
    /// with a higher number. Numbers that were left out are counted in [`missed`](Self::missed).
    ///
    /// # Errors
    /// Those of [`SessionError`]. The frame is then as if it had not come.
    pub fn receive(&mut self, frame: &str) -> Result<Event, SessionError> {
        if frame.len() > self.frame_bytes_max {
            let (bytes, bytes_max) = (frame.len(), self.frame_bytes_max);
            return Err(ReadError::TooLong { bytes, bytes_max }.into());
        }
        let event = Event::read(frame)?;
        self.check(&event)?;
        if let Some(number) = event.sequence_number() {
            self.missed += number.saturating_sub(self.last).saturating_sub(1);
            self.last = number;
        }
        match &event {
            Event::Connected(_) => self.is_connected = true,
            Event::Start(start) => self.start = Some(start.clone()),
            Event::Mark(mark) => {
                if let Some(at) = self.marks.iter().position(|name| *name == mark.mark.name) {
                    self.marks.remove(at);
                }
            }
            Event::Stop(_) => self.is_over = true,
            Event::Media(_) | Event::Dtmf(_) | Event::Unknown(_) => {}
        }
        Ok(event)
    }

    fn check(&self, event: &Event) -> Result<(), SessionError> {
        if self.is_over {
            return Err(SessionError::Over);
        }
        match (event, &self.start) {
            (Event::Connected(_), _) if self.is_connected => return Err(SessionError::Again("connected")),
            (Event::Start(_), Some(_)) => return Err(SessionError::Again("start")),
            (Event::Connected(_) | Event::Unknown(_), _) => {}
            (Event::Start(start), None) if start.start.stream_sid != start.stream_sid => {
                let (expected, got) = (start.stream_sid.clone(), start.start.stream_sid.clone());
                return Err(SessionError::OtherStream { expected, got });
            }
            (Event::Start(_), None) if self.is_connected => {}
            (other, None) => return Err(SessionError::NotStarted(other.kind().to_owned())),
            (_, Some(_)) => {}
        }
        if let (Some(start), Some(got)) = (&self.start, event.stream_sid())
            && start.stream_sid != got
        {
            return Err(SessionError::OtherStream { expected: start.stream_sid.clone(), got: got.to_owned() });
        }
        match event.sequence_number() {
            Some(got) if got <= self.last => Err(SessionError::Backwards { last: self.last, got }),
            _ => Ok(()),
        }
    }

    fn sid(&self, command: &str) -> Result<String, SessionError> {
        match &self.start {
            _ if self.is_over => Err(SessionError::Over),
            Some(start) => Ok(start.stream_sid.clone()),
            None => Err(SessionError::NotStarted(command.to_owned())),
        }
    }

    /// The frame that plays `audio` (μ-law, 8000 Hz, any length) after all that was sent before. Under `<Start>` Twilio
    /// does not play it, and warns.
    ///
    /// # Errors
    /// If the stream has not started, or is over.
    pub fn play(&self, audio: &[u8]) -> Result<String, SessionError> {
        let stream_sid = self.sid("media")?;
        Ok(Command::Media(Play { stream_sid, media: Audio { payload: audio.to_vec() } }).write())
    }

    /// The frame that sets a mark: Twilio sends it back when the audio before it has been played or dropped. Until then
    /// it is among the [`outstanding`](Self::outstanding).
    ///
    /// # Errors
    /// If the stream has not started, or is over.
    pub fn mark(&mut self, name: &str) -> Result<String, SessionError> {
        let stream_sid = self.sid("mark")?;
        self.marks.push_back(name.to_owned());
        Ok(Command::Mark(MarkAsked { stream_sid, mark: MarkName { name: name.to_owned() } }).write())
    }

    /// The frame that drops all audio that has not been played, as when the caller interrupts. Twilio then sends all
    /// outstanding marks back.
    ///
    /// # Errors
    /// If the stream has not started, or is over.
    pub fn clear(&self) -> Result<String, SessionError> {
        Ok(Command::Clear(Clear { stream_sid: self.sid("clear")? }).write())
    }

    /// What is streamed; `None` before `start`.
    #[must_use]
    pub fn start(&self) -> Option<&Start> {
        self.start.as_ref()
    }

    /// The marks that Twilio has not sent back yet, in the order in which they were set.
    pub fn outstanding(&self) -> impl Iterator<Item = &str> {
        self.marks.iter().map(String::as_str)
    }

    /// How many messages never came, by their numbers. Twilio's own examples leave numbers out, so this is no error.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Whether `stop` has come.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over
    }
}
