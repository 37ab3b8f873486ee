//! What is to be heard in a recording, worked out from who truly talked when, and written as a file.

use std::time::Duration;

use super::Carrier;
use super::recording::{Recording, Subject, Track};
use super::state::{Call, Sid};
use super::types::{Direction, Hearing, Joined};
use super::voice_types::FirstChannel;
use crate::time::Timestamp;

/// Twilio docs, Recording resource: 16-bit PCM at 8 kHz.
const RATE: u64 = 8000;
/// Of one voice; five may talk at once without distortion.
const AMPLITUDE: i32 = 6000;

/// Somebody or something that is to be heard for a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tone {
    from: Timestamp,
    to: Timestamp,
    /// 0 or 1 where the two sides are kept apart.
    channel: u8,
    hz: u32,
}

/// The part of a recording that is left after trimming, from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    from: Duration,
    to: Duration,
}

impl Cut {
    pub(super) fn length(self) -> Duration {
        self.to.saturating_sub(self.from)
    }
}

/// Where a stretch of time lies in the file: pieces, each from its offset in the file.
fn placed(recording: &Recording, from: Timestamp, to: Timestamp) -> Vec<(Duration, Duration)> {
    let mut offset = Duration::ZERO;
    let mut pieces = Vec::new();
    for span in &recording.spans {
        let end = span.to.unwrap_or(span.from);
        let (a, b) = (from.max(span.from), to.min(end));
        if a < b && !span.silent {
            pieces.push((offset + a.since(span.from), offset + b.since(span.from)));
        }
        offset += end.since(span.from);
    }
    pieces
}

/// What is left of a recording that is over; `None`: nothing but silence, which was to be trimmed.
pub(super) fn lengths(recording: &Recording, tones: &[Tone]) -> Option<Cut> {
    let whole = recording.spans.iter().map(|span| span.to.unwrap_or(span.from).since(span.from)).sum();
    if !recording.plan.trim {
        return Some(Cut { from: Duration::ZERO, to: whole });
    }
    let heard: Vec<_> = tones.iter().flat_map(|tone| placed(recording, tone.from, tone.to)).collect();
    let from = heard.iter().map(|(from, _)| *from).min()?;
    let to = heard.iter().map(|(_, to)| *to).max()?;
    Some(Cut { from, to })
}

/// A pitch of its own for each leg: 220 to 469 Hz.
pub(super) fn pitch(sid: &str) -> u32 {
    220 + sid.bytes().fold(0, |sum: u32, byte| (sum * 31 + u32::from(byte)) % 250)
}

/// The pitch of what the network plays; `None`: it plays nothing.
pub(super) fn pitch_of(what: &Hearing) -> Option<u32> {
    match what {
        Hearing::Ringback => Some(440),
        Hearing::Say(_) => Some(523),
        Hearing::Play(_) => Some(587),
        Hearing::Music(_) => Some(659),
        Hearing::Stream(_) => Some(784),
        _ => None,
    }
}

impl Carrier {
    /// With whom a leg was joined, oldest first.
    fn joins_of(&self, sid: &str) -> impl Iterator<Item = &Joined> {
        self.joins.get(sid).into_iter().flatten().filter_map(|at| self.joined.get(*at))
    }

    /// When the person on a leg is to be heard by whoever listens.
    fn talks(&self, call: &Call) -> Vec<(Timestamp, Timestamp)> {
        let mut times: Vec<_> = call.voice.said.iter().map(|said| (said.from, said.to)).collect();
        if !call.voice.scripted && !call.voice.silent {
            times.extend(self.joins_of(&call.sid).map(|j| (j.from, j.to.unwrap_or(self.now))));
        }
        let end = call.ended.unwrap_or(self.now);
        merged(times.into_iter().map(|(from, to)| (from, to.min(end))).collect())
    }

    /// When two legs heard each other, and the other one was to be heard.
    fn others(&self, call: &Call) -> Vec<(Timestamp, Timestamp, u32)> {
        let mut times = Vec::new();
        for joined in self.joins_of(&call.sid) {
            let other = if joined.a == call.sid { &joined.b } else { &joined.a };
            let Some(other) = self.calls.get(other) else { continue };
            for (from, to) in self.talks(other) {
                let (from, to) = (from.max(joined.from), to.min(joined.to.unwrap_or(self.now)));
                if from < to {
                    times.push((from, to, pitch(&other.sid)));
                }
            }
        }
        times
    }

    /// What the network plays to a leg.
    fn played(&self, call: &Call) -> Vec<(Timestamp, Timestamp, u32)> {
        let sounds = call.heard.iter().filter_map(|heard| {
            let hz = pitch_of(&heard.what)?;
            Some((heard.from, heard.to.unwrap_or(self.now), hz))
        });
        sounds.collect()
    }

    /// All that a recording heard, also what a pause then took out.
    pub(super) fn tones(&self, recording: &Recording) -> Vec<Tone> {
        match &recording.subject {
            Subject::Conference(_) => self.room_tones(recording),
            Subject::Caller(sid) => {
                let Some(call) = self.calls.get(sid) else { return Vec::new() };
                let hz = pitch(sid);
                self.talks(call).into_iter().map(|(from, to)| Tone { from, to, channel: 0, hz }).collect()
            }
            Subject::Call(sid) => self.calls.get(sid).map(|call| self.call_tones(recording, call)).unwrap_or_default(),
        }
    }

    fn call_tones(&self, recording: &Recording, call: &Call) -> Vec<Tone> {
        // The person on an outbound leg is the called one; on an inbound leg that is who it was joined with.
        let called = call.direction != Direction::Inbound;
        let own = match self.config.rules.voice.first_channel {
            FirstChannel::Parent => 0,
            FirstChannel::Called => u8::from(!called),
        };
        let hz = pitch(&call.sid);
        let mut tones = Vec::new();
        if recording.plan.track != Track::Outbound {
            let talks = self.talks(call).into_iter();
            tones.extend(talks.map(|(from, to)| Tone { from, to, channel: own, hz }));
        }
        if recording.plan.track != Track::Inbound {
            let heard = self.others(call).into_iter().chain(self.played(call));
            tones.extend(heard.map(|(from, to, hz)| Tone { from, to, channel: 1 - own, hz }));
        }
        tones
    }

    fn room_tones(&self, recording: &Recording) -> Vec<Tone> {
        let heard = |sid: &Sid| recording.people.contains(sid) && !recording.coaches.contains(sid);
        let mut tones = Vec::new();
        for call in recording.people.iter().filter(|sid| heard(sid)).filter_map(|sid| self.calls.get(sid)) {
            let within =
                self.joins_of(&call.sid).filter(|j| recording.people.contains(&j.a) && recording.people.contains(&j.b));
            let audible = merged(within.map(|j| (j.from, j.to.unwrap_or(self.now))).collect());
            for (from, to) in self.talks(call) {
                for (a, b) in &audible {
                    let (from, to) = (from.max(*a), to.min(*b));
                    if from < to {
                        tones.push(Tone { from, to, channel: 0, hz: pitch(&call.sid) });
                    }
                }
            }
        }
        tones
    }
}

/// The same times without overlaps.
fn merged(mut times: Vec<(Timestamp, Timestamp)>) -> Vec<(Timestamp, Timestamp)> {
    times.retain(|(from, to)| from < to);
    times.sort_unstable();
    let mut out: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (from, to) in times {
        match out.last_mut().filter(|last| from <= last.1) {
            Some(last) => last.1 = last.1.max(to),
            None => out.push((from, to)),
        }
    }
    out
}

fn samples(time: Duration) -> usize {
    usize::try_from(time.as_micros() * u128::from(RATE) / 1_000_000).unwrap_or(usize::MAX)
}

/// The audio as a WAV file of one or two channels.
pub(super) fn wav(recording: &Recording, tones: &[Tone], channels: u8) -> Vec<u8> {
    let cut = recording.cut.unwrap_or(Cut { from: Duration::ZERO, to: Duration::ZERO });
    let frames = samples(cut.length());
    let width = usize::from(channels);
    let mut sound = vec![0_i16; frames * width];
    for tone in tones {
        for (from, to) in placed(recording, tone.from, tone.to) {
            let from = samples(from.saturating_sub(cut.from));
            let to = samples(to.saturating_sub(cut.from)).min(frames);
            let channel = if channels == 1 { 0 } else { usize::from(tone.channel) };
            for at in from..to {
                if let Some(sample) = sound.get_mut(at * width + channel) {
                    *sample = sample.saturating_add(wave(at, tone.hz));
                }
            }
        }
    }
    let mut file = header(sound.len() * 2, channels);
    file.extend(sound.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}

/// A triangle wave, in whole numbers.
pub(super) fn wave(at: usize, hz: u32) -> i16 {
    let phase = (u64::try_from(at).unwrap_or(0) * u64::from(hz) * 4 * 1000 / RATE) % 4000;
    let phase = i32::try_from(phase).unwrap_or(0);
    let height = match phase {
        0..1000 => phase,
        1000..3000 => 2000 - phase,
        _ => phase - 4000,
    };
    i16::try_from(height * AMPLITUDE / 1000).unwrap_or(0)
}

/// The 44 bytes before the samples: RIFF, one `fmt ` chunk of plain PCM, and the head of `data`.
fn header(data: usize, channels: u8) -> Vec<u8> {
    let data = u32::try_from(data).unwrap_or(u32::MAX);
    let rate = u32::try_from(RATE).unwrap_or(0);
    let width = u32::from(channels) * 2;
    let mut out = Vec::with_capacity(44);
    out.extend(b"RIFF");
    out.extend(data.saturating_add(36).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16_u32.to_le_bytes());
    out.extend(1_u16.to_le_bytes());
    out.extend(u16::from(channels).to_le_bytes());
    out.extend(rate.to_le_bytes());
    out.extend((rate * width).to_le_bytes());
    out.extend(u16::from(channels * 2).to_le_bytes());
    out.extend(16_u16.to_le_bytes());
    out.extend(b"data");
    out.extend(data.to_le_bytes());
    out
}

/// An MP3 file of the right length in which nothing is to be heard: MPEG 2.5 layer III frames at 8 kHz and 32 kbit/s,
/// 576 samples (72 ms) in 288 bytes each, with empty side information.
pub(super) fn mp3(recording: &Recording, channels: u8) -> Vec<u8> {
    let length = recording.cut.map(Cut::length).unwrap_or_default();
    let frames = samples(length).div_ceil(576);
    // Mono, or stereo; the original; no emphasis.
    let mode = if channels == 1 { 0xC4 } else { 0x04 };
    let mut frame = [0_u8; 288];
    frame[..4].copy_from_slice(&[0xFF, 0xE3, 0x48, mode]);
    frame.repeat(frames)
}
