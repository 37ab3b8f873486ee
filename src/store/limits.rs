//! What a request may ask for; every store checks it before anything is looked at.

use std::collections::BTreeSet;

use super::{
    BODY_BYTES_MAX, BODY_DEPTH_MAX, Body, COMMIT_OPERATIONS_MAX, Commit, INDEX_ENTRIES_MAX, KEY_BYTES_MAX, PAGE_MAX,
    StoreError, StoreErrorKind,
};

/// `Ok` when `name` may name a record or a task.
pub(super) fn name(name: &str) -> Result<(), StoreError> {
    if name.len() > KEY_BYTES_MAX {
        return Err(refused(format!("a name of {} bytes; at most {KEY_BYTES_MAX} are kept", name.len())));
    }
    if !name.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return Err(refused(format!("{name:?} is not printable ASCII")));
    }
    Ok(())
}

/// `Ok` when `limit` is a page size.
pub(super) fn page(limit: u16) -> Result<(), StoreError> {
    if (1..=PAGE_MAX).contains(&limit) {
        return Ok(());
    }
    Err(refused(format!("a limit of {limit}; it must be 1 to {PAGE_MAX}")))
}

/// `Ok` when `commit` keeps every limit and names no record twice among its puts and deletes.
pub(super) fn commit(commit: &Commit) -> Result<(), StoreError> {
    let operations = commit.operations();
    if operations > COMMIT_OPERATIONS_MAX {
        return Err(refused(format!("{operations} operations in one commit; at most {COMMIT_OPERATIONS_MAX}")));
    }
    for (key, _) in commit.checks.iter().chain(&commit.deletes) {
        name(key.as_str())?;
    }
    for put in &commit.puts {
        name(put.key.as_str())?;
        body(put.key.as_str(), &put.body)?;
        if put.index.len() > INDEX_ENTRIES_MAX {
            let entries = put.index.len();
            return Err(refused(format!("{entries} index entries for {}; at most {INDEX_ENTRIES_MAX}", put.key)));
        }
    }
    for lease in &commit.settle {
        name(lease.id.as_str())?;
    }
    for id in &commit.disarm {
        name(id.as_str())?;
    }
    for arm in &commit.arm {
        name(arm.id.as_str())?;
        body(arm.id.as_str(), &arm.work)?;
    }
    let mut written = BTreeSet::new();
    for key in commit.puts.iter().map(|put| &put.key).chain(commit.deletes.iter().map(|(key, _)| key)) {
        if !written.insert(key) {
            return Err(refused(format!("{key} is written twice in one commit")));
        }
    }
    Ok(())
}

fn body(of: &str, body: &Body) -> Result<(), StoreError> {
    let json = body.as_json();
    if json.len() > BODY_BYTES_MAX {
        return Err(refused(format!("a body of {} bytes for {of}; at most {BODY_BYTES_MAX}", json.len())));
    }
    // Whatever descends into it without a bound could exhaust its stack.
    if is_deeper_than(json, BODY_DEPTH_MAX) {
        return Err(refused(format!("a body nested more than {BODY_DEPTH_MAX} deep for {of}")));
    }
    Ok(())
}

/// Whether lists and objects stand in each other more than `most` deep.
fn is_deeper_than(json: &str, most: usize) -> bool {
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
    json.bytes().any(|byte| {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > most
    })
}

/// A refusal that says which limit was broken.
fn refused(why: String) -> StoreError {
    StoreError::new(StoreErrorKind::Limit, why)
}
