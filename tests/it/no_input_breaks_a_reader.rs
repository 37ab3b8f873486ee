//! The corpora of the fuzzer, replayed: `scripts/fuzz` looks for more.

use std::path::Path;

#[path = "../../fuzz/checks/form.rs"]
mod form;
#[path = "../../fuzz/checks/frames.rs"]
mod frames;
#[path = "../../fuzz/checks/json.rs"]
mod json;
#[path = "../../fuzz/checks/signature.rs"]
mod signature;
#[path = "../../fuzz/checks/twiml.rs"]
mod twiml;

/// Replays a corpus, each input whole and cut short, and gives how many inputs there are.
fn replayed(target: &str, check: fn(&[u8])) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in &files {
        let input = std::fs::read(file).unwrap();
        for length in [input.len(), input.len() / 2, input.len().saturating_sub(1)] {
            check(&input[..length]);
        }
    }
    files.len()
}

#[test]
fn forms() {
    assert!(replayed("form", form::check) >= 5);
}

#[test]
fn signatures() {
    assert!(replayed("signature", signature::check) >= 5);
}

#[test]
fn documents() {
    assert!(replayed("twiml", twiml::check) >= 5);
}

#[test]
fn replies() {
    assert!(replayed("json", json::check) >= 5);
}

#[test]
fn frames_of_sockets() {
    assert!(replayed("frames", frames::check) >= 5);
}
