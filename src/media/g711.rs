//! G.711 μ-law: 8000 samples a second, one byte each (ITU-T G.711). Twilio docs, Media Streams: `audio/x-mulaw`.

/// Samples in a second.
pub const SAMPLE_RATE: u32 = 8000;
/// How long a frame of Twilio's lasts. Commonly seen; Twilio's documentation does not promise it.
pub const FRAME_MS: u64 = 20;
/// Bytes of such a frame.
pub const FRAME_BYTES: usize = 160;
/// The byte of silence: the sample 0.
pub const SILENCE: u8 = 0xff;

/// Added before the logarithm is taken, so that each segment begins at a power of two.
const BIAS: i32 = 0x84;
/// The largest magnitude that has a code.
const CLIP: i32 = 0x7fff - BIAS;

/// The code of a 16-bit sample: the one between whose decision values it lies.
#[must_use]
pub const fn encode(sample: i16) -> u8 {
    let sign: u8 = if sample < 0 { 0x80 } else { 0 };
    let size = (sample as i32).abs();
    let biased = if size > CLIP { CLIP + BIAS } else { size + BIAS };
    // `biased` has its highest bit at 7 to 14: that is the segment.
    let segment = 24 - biased.leading_zeros();
    let step = (biased >> (segment + 3)) & 0x0f;
    !(sign | (segment as u8) << 4 | step as u8)
}

/// The 16-bit sample that a code stands for.
#[must_use]
pub const fn decode(code: u8) -> i16 {
    let bits = !code;
    let segment = (bits >> 4) & 0x07;
    let step = (bits & 0x0f) as i32;
    let size = (((step << 3) + BIAS) << segment) - BIAS;
    (if bits & 0x80 == 0 { size } else { -size }) as i16
}

/// The codes of `samples`, one byte for each.
#[must_use]
pub fn encode_all(samples: &[i16]) -> Vec<u8> {
    samples.iter().map(|sample| encode(*sample)).collect()
}

/// The samples of `codes`.
#[must_use]
pub fn decode_all(codes: &[u8]) -> Vec<i16> {
    codes.iter().map(|code| decode(*code)).collect()
}

/// `audio` in pieces of [`FRAME_BYTES`]; the last one may be shorter.
pub fn frames(audio: &[u8]) -> impl Iterator<Item = &[u8]> {
    audio.chunks(FRAME_BYTES)
}

/// How long so many bytes of audio last.
#[must_use]
pub fn duration(bytes: usize) -> std::time::Duration {
    std::time::Duration::from_micros(u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(125))
}
