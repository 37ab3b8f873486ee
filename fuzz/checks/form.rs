//! Form bodies: read as the WHATWG's own reader reads them, and what is written reads the same.

use switchboard::webhook::form::{Pair, decode, encode};

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
}

fn owned(pairs: &[Pair<'_>]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| (name.clone().into_owned(), value.clone().into_owned())).collect()
}
