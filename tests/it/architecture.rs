//! The house keeps its own rules: layers, purity, sizes, names, the front page, the changelog.
//!
//! Each failure names the place, the rule and the remedy. A rule that a machine can check belongs here, not in a
//! comment on a review.

mod planted;
mod rules;
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use rules::{check, check_changelog};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below `folder`, with its path from the crate's root, in order.
fn rust_files(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).expect("source is UTF-8");
                let name = path.strip_prefix(root()).expect("it lies below the root");
                files.push((name.to_string_lossy().replace('\\', "/"), text));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn the_source_keeps_the_rules() {
    let files: Vec<_> = ["src", "tests", "examples"].iter().flat_map(|f| rust_files(&root().join(f))).collect();
    assert!(files.iter().any(|(path, _)| path == "src/lib.rs"), "the source was not found");
    let broken: Vec<String> =
        files.iter().flat_map(|(path, text)| check(path, text)).map(|violation| violation.to_string()).collect();
    assert!(broken.is_empty(), "{} broken rules:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn the_changelog_has_its_form() {
    let text = fs::read_to_string(root().join("CHANGELOG.md")).expect("CHANGELOG.md can be read");
    let broken: Vec<String> = check_changelog(&text).iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
