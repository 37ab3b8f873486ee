//! What a leg's audio is: a steady tone for each kind of sound, and one for each voice.
//!
//! Nobody's audio is real here; but it is the same each time, differs between people, and is silence when nobody speaks.

use std::time::Duration;

use super::Carrier;
use super::recording_audio::{pitch, pitch_of, wave};
use super::types::Hearing;
use crate::media::g711::{self, FRAME_BYTES, FRAME_MS, SILENCE};
use crate::media::stream::Track;
use crate::time::Timestamp;

/// Audio played to a leg that is remembered, a minute of it.
const PLAYED_MAX: usize = 480_000;
/// Legs that are over and whose audio is remembered.
const LEGS_MAX: usize = 100;

/// One frame of a tone.
fn tone(hz: u32, frame: u64) -> Vec<u8> {
    let first = usize::try_from(frame).unwrap_or(0).saturating_mul(FRAME_BYTES);
    (first..first + FRAME_BYTES).map(|at| g711::encode(wave(at, hz))).collect()
}

impl Carrier {
    /// The audio that servers had played to this leg over `<Connect><Stream>`, μ-law, the last minute of it. Empty for an
    /// unknown leg, and for one that ended before the last 100 of those that had any.
    #[must_use]
    pub fn audio_played(&self, call: &str) -> Vec<u8> {
        self.sockets.played.get(call).map(|played| played.iter().copied().collect()).unwrap_or_default()
    }

    /// The leg is over: what was played to it is kept for a while.
    pub(super) fn forget_played(&mut self, call: &str) {
        if !self.sockets.played.contains_key(call) {
            return;
        }
        self.sockets.silent.push_back(call.to_owned());
        if self.sockets.silent.len() > LEGS_MAX {
            self.sockets.silent.pop_front().map(|oldest| self.sockets.played.remove(&oldest));
        }
    }

    pub(super) fn remember_played(&mut self, call: &str, audio: &[u8]) {
        if audio.is_empty() {
            return;
        }
        let played = self.sockets.played.entry(call.to_owned()).or_default();
        played.extend(audio);
        played.drain(..played.len().saturating_sub(PLAYED_MAX));
    }

    /// The pitch in which the person on this leg speaks at that time; `None`: they do not. Where no script says what they
    /// say, they talk when somebody else is on the line, as in recordings.
    fn voice_at(&self, sid: &str, at: Timestamp) -> Option<u32> {
        let call = self.calls.get(sid)?;
        let said = call.voice.said.iter().rev().any(|said| said.from <= at && at < said.to);
        let is_joined = || call.heard.last().is_some_and(|heard| heard.to.is_none() && heard.what == Hearing::Party);
        let talks = said || (!call.voice.scripted && !call.voice.silent && is_joined());
        talks.then(|| pitch(sid))
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
        let began = self.now - Duration::from_millis(FRAME_MS);
        let hz = if *track == Track::Inbound {
            self.voice_at(sid, began)
        } else {
            match hearing.map(|heard| &heard.what) {
                Some(Hearing::Party) => self.other_party(sid).and_then(|other| self.voice_at(other, began)),
                Some(Hearing::Echo) => self.voice_at(sid, began),
                Some(Hearing::Stream(_)) => return self.stream_audio(sid),
                what => what.and_then(pitch_of),
            }
        };
        hz.map_or_else(|| vec![SILENCE; FRAME_BYTES], |hz| tone(hz, frame))
    }
}
