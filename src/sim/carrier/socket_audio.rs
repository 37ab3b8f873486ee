//! What a leg's audio is: a steady tone for each kind of sound, and one for each voice.
//!
//! Nobody's audio is real here; but it is the same each time, differs between people, and is silence when nobody speaks.

use std::time::Duration;

use super::Carrier;
use super::types::{Direction, Hearing};
use crate::media::g711::{self, FRAME_BYTES, SILENCE};
use crate::media::stream::Track;

/// How loud: about a third of full scale.
const LOUDNESS: i64 = 10_000;
/// Audio played to a leg that is remembered, a minute of it.
const PLAYED_MAX: usize = 480_000;

/// How long it takes to say so many words, at 15 characters a second, as `<Say>` takes.
pub(super) fn speaking_time(words: &str) -> Duration {
    Duration::from_millis(u64::try_from(words.chars().count()).unwrap_or(0).saturating_mul(1000) / 15)
}

/// One frame of a tone: a triangle wave, in whole numbers, so that it is the same on each machine.
fn tone(hz: u64, frame: u64) -> Vec<u8> {
    let rate = u64::from(g711::SAMPLE_RATE);
    let first = frame.wrapping_mul(FRAME_BYTES as u64);
    let sample = |n: u64| {
        // Where in its period the wave is, from 0 to 7999.
        let phase = i64::try_from(first.wrapping_add(n).wrapping_mul(hz) % rate).unwrap_or(0);
        let height = (phase - 4000).abs() - 2000;
        g711::encode(i16::try_from(height * LOUDNESS / 2000).unwrap_or(0))
    };
    (0..FRAME_BYTES as u64).map(sample).collect()
}

/// A voice's pitch: 200 to 975 Hz, by who it is.
fn pitch(endpoint: &str) -> u64 {
    let mixed = endpoint.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    200 + mixed % 32 * 25
}

impl Carrier {
    /// The audio that servers had played to this leg over `<Connect><Stream>`, μ-law, the last minute of it.
    #[must_use]
    pub fn audio_played(&self, call: &str) -> Vec<u8> {
        self.sockets.played.get(call).cloned().unwrap_or_default()
    }

    pub(super) fn remember_played(&mut self, call: &str, audio: &[u8]) {
        let played = self.sockets.played.entry(call.to_owned()).or_default();
        played.extend_from_slice(audio);
        played.drain(..played.len().saturating_sub(PLAYED_MAX));
    }

    /// The person on this leg speaks from now on, for as long as the words take.
    pub(super) fn speaks(&mut self, sid: &str, words: &str) {
        let until = self.now + speaking_time(words);
        let known = self.sockets.speaking.entry(sid.to_owned()).or_insert(until);
        *known = (*known).max(until);
    }

    fn voice(&self, sid: &str) -> Option<u64> {
        let call = self.calls.get(sid)?;
        Some(pitch(if call.direction == Direction::Inbound { &call.from } else { &call.to }))
    }

    /// Whom this leg hears in a bridge or a conference: the first of them.
    fn other_party(&self, sid: &str) -> Option<&str> {
        if let Some(bridged) = self.live(sid).and_then(|call| call.bridge.as_deref()) {
            return Some(bridged);
        }
        let room = self.conferences.get(self.room_of(sid)?)?;
        room.people.iter().find(|p| p.call != sid && p.joined && !p.muted && !p.hold).map(|p| p.call.as_str())
    }

    /// The frame of audio that has just gone over this track of the leg.
    pub(super) fn audio(&self, sid: &str, track: &Track, frame: u64) -> Vec<u8> {
        let hearing = self.calls.get(sid).and_then(|call| call.heard.last()).filter(|heard| heard.to.is_none());
        let hearing = hearing.map(|heard| &heard.what);
        let hz = if *track == Track::Inbound {
            let speaks = self.sockets.speaking.get(sid).is_some_and(|until| *until > self.now);
            // In a conversation everybody is taken to talk.
            if speaks || hearing == Some(&Hearing::Party) { self.voice(sid) } else { None }
        } else {
            match hearing {
                Some(Hearing::Ringback) => Some(425),
                Some(Hearing::Say(_)) => Some(525),
                Some(Hearing::Play(_)) => Some(625),
                Some(Hearing::Music(_)) => Some(725),
                Some(Hearing::Party) => self.other_party(sid).and_then(|other| self.voice(other)),
                Some(Hearing::Echo) => self.voice(sid),
                Some(Hearing::Stream(_)) => return self.stream_audio(sid),
                Some(Hearing::Pause | Hearing::Silence | Hearing::Nothing) | None => None,
            }
        };
        hz.map_or_else(|| vec![SILENCE; FRAME_BYTES], |hz| tone(hz, frame))
    }
}
