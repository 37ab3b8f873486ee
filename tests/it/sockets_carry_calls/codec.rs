//! G.711 μ-law against its formula.

use std::time::Duration;

use switchboard::media::g711::{FRAME_BYTES, SILENCE, decode, decode_all, duration, encode, encode_all, frames};

/// ITU-T G.711, μ-law: in units of a 14-bit sample, segment s and step q stand for (2q + 33)·2^s − 33.
fn by_formula(code: u8) -> i32 {
    let bits = !code;
    let (segment, step) = (u32::from(bits >> 4 & 7), i32::from(bits & 15));
    let size = ((2 * step + 33) * 2_i32.pow(segment) - 33) * 4;
    if bits & 0x80 == 0 { size } else { -size }
}

#[test]
fn each_code_stands_for_what_the_formula_says() {
    for code in 0..=u8::MAX {
        assert_eq!(i32::from(decode(code)), by_formula(code), "{code:#04x}");
    }
    // Corners of the published table.
    assert_eq!((decode(0x80), decode(0x00), decode(0xff), decode(0x7f)), (32_124, -32_124, 0, 0));
    assert_eq!((decode(0xef), decode(0xf0), decode(0xfe)), (132, 120, 8));
}

#[test]
fn a_code_survives_but_for_the_second_zero() {
    for code in 0..=u8::MAX {
        assert_eq!(encode(decode(code)), if code == 0x7f { SILENCE } else { code }, "{code:#04x}");
    }
}

/// ITU-T G.711, μ-law: the decision values around segment s and step q are (q + 16)·2^(s+1) − 33 and
/// (q + 17)·2^(s+1) − 33, in units of a 14-bit sample.
#[test]
fn each_sample_gets_the_code_between_whose_decision_values_it_lies() {
    for sample in i16::MIN..=i16::MAX {
        let bits = !encode(sample);
        let (segment, step) = (u32::from(bits >> 4 & 7), i32::from(bits & 15));
        let decision = |step: i32| ((step + 16) * 2_i32.pow(segment + 1) - 33) * 4;
        let size = i32::from(sample).abs();
        let is_loudest = segment == 7 && step == 15;
        assert!(decision(step) <= size && (size < decision(step + 1) || is_loudest), "{sample}: {segment}, {step}");
        assert_eq!(bits & 0x80 != 0, sample < 0, "{sample}");
    }
}

#[test]
fn louder_is_never_quieter() {
    let codes: Vec<i16> = (0..=i16::MAX).map(|sample| decode(encode(sample))).collect();
    assert!(codes.is_sorted());
    for sample in 1..=i16::MAX {
        assert_eq!(decode(encode(-sample)), -decode(encode(sample)));
    }
}

#[test]
fn a_frame_is_twenty_milliseconds() {
    let audio = encode_all(&[1000; 400]);
    let lengths: Vec<usize> = frames(&audio).map(<[u8]>::len).collect();
    assert_eq!(lengths, [FRAME_BYTES, FRAME_BYTES, 80]);
    assert_eq!(duration(FRAME_BYTES), Duration::from_millis(20));
    assert_eq!(decode_all(&audio), vec![decode(encode(1000)); 400]);
}
