//! Form bodies: read as the WHATWG's own reader reads them, what is written reads the same, and callbacks can be read.

use switchboard::webhook::form::{Pair, decode, encode};
use switchboard::webhook::params::{CallStatusEvent, Callback, ConferenceEvent, GatherResult, VoiceRequest};

const PAIRS_MAX: usize = 1000;

/// Fails when the two readers differ, or reading does not undo writing.
pub(crate) fn check(data: &[u8]) {
    let theirs: Vec<(String, String)> =
        form_urlencoded::parse(data).map(|(name, value)| (name.replace('\0', ""), value.replace('\0', ""))).collect();
    let Ok(ours) = decode(data, PAIRS_MAX) else {
        assert!(theirs.len() > PAIRS_MAX, "refused for its number of pairs, which is {}", theirs.len());
        return;
    };
    assert_eq!(owned(&ours), theirs);
    let written = encode(ours.iter().map(|(name, value)| (&**name, &**value)));
    let again = decode(written.as_bytes(), PAIRS_MAX).expect("no more pairs than before");
    assert_eq!(owned(&again), owned(&ours));
    reads::<VoiceRequest>(&ours);
    reads::<GatherResult>(&ours);
    reads::<CallStatusEvent>(&ours);
    reads::<ConferenceEvent>(&ours);
}

fn owned(pairs: &[Pair<'_>]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| (name.clone().into_owned(), value.clone().into_owned())).collect()
}

/// Whatever is said, and in whatever order, is read as the same.
fn reads<C: Callback + std::fmt::Debug>(pairs: &[Pair<'_>]) {
    let forwards = C::read(pairs.iter().map(|(name, value)| (name, value)));
    let backwards = C::read(pairs.iter().rev().map(|(name, value)| (name, value)));
    assert_eq!(format!("{forwards:?}"), format!("{backwards:?}"));
}
