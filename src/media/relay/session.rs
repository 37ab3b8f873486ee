//! The server's half of a conversation.

use super::{Command, End, Event, Language, Play, SendDigits, Setup, Text};
use crate::media::{FRAME_BYTES_MAX, ReadError};

/// Why a frame or a command does not fit into the session. The session is as it was, and goes on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The frame is no message.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It came before `setup`, or a command was asked for before it.
    #[error("{0:?} before the session was set up")]
    NotSetUp(String),
    /// A second `setup`.
    #[error("a second setup in one session")]
    Again,
    /// A command was asked for after `end`.
    #[error("the session has been ended")]
    Ended,
    /// There is a key that cannot be sent.
    #[error("{0:?} cannot be sent: keys are 0 to 9, * and #, and w for a pause")]
    Digits(String),
}

/// The server's half of one conversation, without a socket: text frames go in and come out as [`Event`]s, and commands
/// come out as text frames.
///
/// ```
/// use switchboard::media::relay::{Event, Session};
///
/// let mut session = Session::new();
/// session.receive(r#"{"type":"setup","sessionId":"VX1","callSid":"CA1","from":"+14155550123"}"#)?;
/// let Event::Prompt(prompt) = session.receive(r#"{"type":"prompt","voicePrompt":"Are you open?","last":true}"#)? else {
///     unreachable!("it says prompt")
/// };
/// assert_eq!(prompt.voice_prompt, "Are you open?");
///
/// let first = session.token("Until ")?; // as a language model gives them
/// let last = session.last("six.")?;
/// let goodbye = session.end(Some("{\"reason\":\"answered\"}"))?;
/// # assert_eq!(first, r#"{"type":"text","token":"Until ","last":false}"#);
/// # assert_eq!(last, r#"{"type":"text","token":"six.","last":true}"#);
/// # assert_eq!(goodbye, r#"{"type":"end","handoffData":"{\"reason\":\"answered\"}"}"#);
/// # Ok::<(), switchboard::media::relay::SessionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    frame_bytes_max: usize,
    setup: Option<Box<Setup>>,
    cycles: u64,
    is_talking: bool,
    is_ended: bool,
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
        Self { frame_bytes_max: FRAME_BYTES_MAX, setup: None, cycles: 0, is_talking: false, is_ended: false }
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
    /// The message; `setup` is the first. After `interrupt` no talk cycle is open: what the server still has to say of it
    /// is not to be sent any more.
    ///
    /// # Errors
    /// Those of [`SessionError`]. The frame is then as if it had not come.
    pub fn receive(&mut self, frame: &str) -> Result<Event, SessionError> {
        if frame.len() > self.frame_bytes_max {
            let (bytes, bytes_max) = (frame.len(), self.frame_bytes_max);
            return Err(ReadError::TooLong { bytes, bytes_max }.into());
        }
        let event = Event::read(frame)?;
        match (&event, &self.setup) {
            (Event::Setup(_), Some(_)) => return Err(SessionError::Again),
            (Event::Setup(setup), None) => self.setup = Some(setup.clone()),
            // Twilio may have something to complain about before all else.
            (Event::Error(_) | Event::Info(_) | Event::Unknown(_), None) | (_, Some(_)) => {}
            (other, None) => return Err(SessionError::NotSetUp(other.kind().to_owned())),
        }
        if matches!(event, Event::Interrupt(_)) {
            self.is_talking = false;
        }
        Ok(event)
    }

    fn may(&self, command: &Command) -> Result<(), SessionError> {
        match self.setup {
            _ if self.is_ended => Err(SessionError::Ended),
            None => Err(SessionError::NotSetUp(command.kind().to_owned())),
            Some(_) => Ok(()),
        }
    }

    /// The frame of any command.
    ///
    /// # Errors
    /// Before `setup`, after `end`, and for keys that cannot be sent.
    pub fn command(&mut self, command: &Command) -> Result<String, SessionError> {
        self.may(command)?;
        match command {
            Command::SendDigits(keys) if !keys.is_sendable() => return Err(SessionError::Digits(keys.digits.clone())),
            Command::Text(text) => {
                self.cycles += u64::from(!self.is_talking);
                self.is_talking = !text.last;
            }
            Command::End(_) => self.is_ended = true,
            _ => {}
        }
        Ok(command.write())
    }

    /// The frame that speaks one more piece of the open talk cycle, or opens one.
    ///
    /// # Errors
    /// Before `setup`, and after `end`.
    pub fn token(&mut self, token: &str) -> Result<String, SessionError> {
        self.command(&Command::Text(Text::token(token)))
    }

    /// The frame that speaks the last piece of the open talk cycle, or a whole one.
    ///
    /// # Errors
    /// Before `setup`, and after `end`.
    pub fn last(&mut self, token: &str) -> Result<String, SessionError> {
        self.command(&Command::Text(Text::last(token)))
    }

    /// The frame that plays the file at `source` once, after what is being spoken.
    ///
    /// # Errors
    /// Before `setup`, and after `end`.
    pub fn play(&mut self, source: &str) -> Result<String, SessionError> {
        self.command(&Command::Play(Play::once(source)))
    }

    /// The frame that sends keys to the caller's side.
    ///
    /// # Errors
    /// Before `setup`, after `end`, and for keys that cannot be sent.
    pub fn send_digits(&mut self, digits: &str) -> Result<String, SessionError> {
        self.command(&Command::SendDigits(SendDigits { digits: digits.to_owned() }))
    }

    /// The frame that changes what is spoken to the caller, and what the caller speaks; `None` leaves it.
    ///
    /// # Errors
    /// Before `setup`, and after `end`.
    pub fn language(&mut self, spoken: Option<&str>, understood: Option<&str>) -> Result<String, SessionError> {
        let (tts_language, transcription_language) = (spoken.map(str::to_owned), understood.map(str::to_owned));
        self.command(&Command::Language(Language { tts_language, transcription_language, ..Language::default() }))
    }

    /// The frame that ends the session and hands the call back to the document: `handoff` becomes the `HandoffData` of the
    /// `<Connect>`'s action. Nothing may follow it.
    ///
    /// # Errors
    /// Before `setup`, and a second time.
    pub fn end(&mut self, handoff: Option<&str>) -> Result<String, SessionError> {
        self.command(&Command::End(End { handoff_data: handoff.map(str::to_owned) }))
    }

    /// Which call it is; `None` before `setup`.
    #[must_use]
    pub fn setup(&self) -> Option<&Setup> {
        self.setup.as_deref()
    }

    /// Whether a talk cycle is open: tokens were sent, the last one was not, and the caller has not cut them short.
    #[must_use]
    pub fn is_talking(&self) -> bool {
        self.is_talking
    }

    /// How many talk cycles were begun. A server that makes its answers elsewhere notes it, to know late ones.
    #[must_use]
    pub fn talk_cycles(&self) -> u64 {
        self.cycles
    }

    /// Whether `end` was sent.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.is_ended
    }
}
