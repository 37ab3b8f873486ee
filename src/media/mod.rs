//! Audio and words of a call over a WebSocket: Media Streams and `ConversationRelay`, both sides.
//!
//! Twilio connects to the application's server and sends text frames of JSON. [`stream`] has the messages of a
//! `<Stream>`, which carry the audio itself; [`relay`] those of a `<ConversationRelay>`, which carry words. Both have the
//! messages of either side, to read and to write, and a `Session`: the application's half of a conversation, without any
//! socket. [`g711`] turns the audio into samples and back.
//!
//! The handshake is a GET that Twilio signs: check it with [`webhook::Verifier`](crate::webhook::Verifier) and
//! `websocket: true` before the connection is upgraded. A server then reads text frames, and writes what the session
//! gives:
//!
//! ```
//! use switchboard::media::stream::{Event, Session};
//!
//! // What a server does with each text frame: here, the caller hears itself.
//! fn echo(session: &mut Session, frame: &str) -> Vec<String> {
//!     match session.receive(frame) {
//!         Ok(Event::Media(media)) => session.play(&media.media.payload).into_iter().collect(),
//!         Ok(_) => Vec::new(),
//!         Err(error) => {
//!             eprintln!("skipped: {error}");
//!             Vec::new()
//!         }
//!     }
//! }
//! # let mut session = Session::new();
//! # assert!(echo(&mut session, r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#).is_empty());
//! ```
//!
//! Kinds of messages that are not known here are kept as JSON, and unknown fields are no mistake: Twilio adds some at any
//! time. What is no message at all gives a [`ReadError`], and the session goes on.

pub mod g711;
pub mod relay;
pub mod stream;
mod wire;

pub use wire::ReadError;

/// Longest text frame that is read unless a session is told otherwise, in bytes. A frame of audio has about 400 bytes; an
/// application may send more at once, as Twilio takes any size.
pub const FRAME_BYTES_MAX: usize = 1024 * 1024;
