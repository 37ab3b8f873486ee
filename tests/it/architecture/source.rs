//! A reader of Rust source that knows just enough: it blanks comments, literals and test code, keeping every line
//! where it was, so that a rule can search what is left and name the right line.

/// One file, as the rules see it.
pub(super) struct Source {
    /// Path from the crate's root, with `/`.
    pub(super) path: String,
    /// The text, with comments and the insides of literals blanked.
    pub(super) whole: String,
    /// The same, with items under `#[cfg(test)]` blanked as well.
    pub(super) code: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let whole = blank_words(text);
        let code = if is_test_file(path) { blank(&whole, 0, whole.len()) } else { blank_tests(&whole) };
        Self { path: path.to_owned(), whole, code }
    }

    /// Whether the file is `prefix`, or lies in it when `prefix` ends in `/`.
    pub(super) fn is_in(&self, prefix: &str) -> bool {
        self.path == prefix || (prefix.ends_with('/') && self.path.starts_with(prefix))
    }
}

fn is_test_file(path: &str) -> bool {
    path.starts_with("src/") && (path.ends_with("/tests.rs") || path.contains("/tests/"))
}

/// The line of byte `at`, counted from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Where `needle` stands in `text` as whole words.
pub(super) fn find_words(text: &str, needle: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let (first, last) = (needle.bytes().next().is_some_and(is_word), needle.bytes().last().is_some_and(is_word));
    text.match_indices(needle)
        .map(|(at, _)| at)
        .filter(|at| {
            let before = at.checked_sub(1).and_then(|i| bytes.get(i)).is_some_and(|b| is_word(*b));
            let after = bytes.get(at + needle.len()).is_some_and(|b| is_word(*b));
            !(first && before || last && after)
        })
        .collect()
}

/// `text` with the bytes `from..to` turned into spaces; line ends stay.
fn blank(text: &str, from: usize, to: usize) -> String {
    let blanked = text.bytes().enumerate().map(|(i, b)| if (from..to).contains(&i) && b != b'\n' { b' ' } else { b });
    String::from_utf8_lossy(&blanked.collect::<Vec<u8>>()).into_owned()
}

/// Blanks comments and the insides of string, byte and character literals; the quotes stay.
fn blank_words(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let (inside, end) = if rest.starts_with(b"//") {
            let end = rest.iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| at + n);
            (at..end, end)
        } else if rest.starts_with(b"/*") {
            let end = end_of_block(bytes, at);
            (at..end, end)
        } else if let Some((start, stop, end)) = raw_string(bytes, at) {
            (start..stop, end)
        } else if rest[0] == b'"' {
            let end = end_of_quoted(bytes, at + 1, b'"');
            (at + 1..end.saturating_sub(1), end)
        } else if rest[0] == b'\'' && is_char_literal(rest) {
            let end = end_of_quoted(bytes, at + 1, b'\'');
            (at + 1..end.saturating_sub(1), end)
        } else {
            (at..at, at + 1)
        };
        for byte in out.iter_mut().take(inside.end).skip(inside.start).filter(|b| **b != b'\n') {
            *byte = b' ';
        }
        at = end;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn end_of_block(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if bytes[at..].starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// Start and end of the inside, and the end, of a raw string that begins at `at`: `r"…"`, `br#"…"#`.
fn raw_string(bytes: &[u8], at: usize) -> Option<(usize, usize, usize)> {
    if at.checked_sub(1).and_then(|i| bytes.get(i)).is_some_and(|b| is_word(*b)) {
        return None;
    }
    let mut open = at + usize::from(matches!(bytes.get(at), Some(b'b' | b'c')));
    if bytes.get(open) != Some(&b'r') {
        return None;
    }
    open += 1;
    let hashes = bytes.get(open..)?.iter().take_while(|b| **b == b'#').count();
    if bytes.get(open + hashes) != Some(&b'"') {
        return None;
    }
    let start = open + hashes + 1;
    let close = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
    let stop = bytes[start..].windows(close.len()).position(|w| w == close).map_or(bytes.len(), |n| start + n);
    Some((start, stop, (stop + close.len()).min(bytes.len())))
}

fn end_of_quoted(bytes: &[u8], mut at: usize, quote: u8) -> usize {
    while let Some(byte) = bytes.get(at) {
        match *byte {
            b'\\' => at += 2,
            b if b == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Tells `'x'` and `'\n'` from the lifetime `'x`.
fn is_char_literal(rest: &[u8]) -> bool {
    match rest.get(1) {
        Some(b'\\') => true,
        Some(first) => {
            let width = match *first {
                0..=0x7f => 1,
                0x80..=0xdf => 2,
                0xe0..=0xef => 3,
                _ => 4,
            };
            rest.get(1 + width) == Some(&b'\'')
        }
        None => false,
    }
}

/// Blanks every item under `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn blank_tests(whole: &str) -> String {
    let mut code = whole.to_owned();
    for (at, opening) in whole.match_indices("#[cfg(") {
        let from = at + opening.len();
        let Some(width) = whole.get(from..).and_then(|rest| rest.find(']')) else { continue };
        let condition = &whole[from..from + width];
        if find_words(condition, "test").is_empty() || condition.contains("not(test") {
            continue;
        }
        if let Some(end) = end_of_item(whole, from + width + 1) {
            code = blank(&code, at, end);
        }
    }
    code
}

/// Where the item that starts at `from` ends: after its first `;` or its matched `{…}`, outside brackets.
pub(super) fn end_of_item(text: &str, from: usize) -> Option<usize> {
    match body_or_end(text, from)? {
        (at, b'{') => end_of_braces(text, at),
        (at, _) => Some(at + 1),
    }
}

/// The first `{` or `;` after `from` that stands in no bracket.
pub(super) fn body_or_end(text: &str, from: usize) -> Option<(usize, u8)> {
    let mut depth = 0_i32;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' | b';' if depth == 0 => return Some((at, byte)),
            _ => {}
        }
    }
    None
}

/// After the brace that closes the one at `open`.
pub(super) fn end_of_braces(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// A path from the crate's root, as in `store::Key`.
pub(super) struct CratePath {
    /// Where its last part stands.
    pub(super) at: usize,
    /// Its parts; a macro's name ends in `!`.
    pub(super) parts: Vec<String>,
    /// Whether it was written with `crate::` in plain code: `super::` and `$crate::` leave room for doubt.
    pub(super) plain: bool,
}

/// Every path that begins with `crate` or `super` in `code`. Groups in braces give one path for each member.
pub(super) fn crate_paths(path: &str, code: &str) -> Vec<CratePath> {
    let here = module_of(path);
    let mut found = Vec::new();
    let mut keep = |leaves: Vec<(usize, Vec<String>)>, plain: bool| {
        found.extend(leaves.into_iter().map(|(at, parts)| CratePath { at, parts, plain }));
    };
    for at in find_words(code, "crate::") {
        let mut leaves = Vec::new();
        path_tree(code, at + 7, &mut Vec::new(), &mut leaves);
        keep(leaves, !code[..at].ends_with('$'));
    }
    for at in find_words(code, "super::") {
        if code[..at].ends_with("::") {
            continue;
        }
        let (mut up, mut next) = (0, at);
        while code.get(next..).is_some_and(|rest| rest.starts_with("super::")) {
            (up, next) = (up + 1, next + 7);
        }
        let mut leaves = Vec::new();
        path_tree(code, next, &mut here[..here.len().saturating_sub(up)].to_vec(), &mut leaves);
        keep(leaves, false);
    }
    found
}

/// The module a file is, from the crate's root: `src/store/memory.rs` is `store::memory`.
pub(super) fn module_of(path: &str) -> Vec<String> {
    let inner = path.strip_prefix("src/").unwrap_or(path).trim_end_matches(".rs");
    inner.split('/').filter(|part| !matches!(*part, "mod" | "lib")).map(str::to_owned).collect()
}

fn path_tree(code: &str, from: usize, base: &mut Vec<String>, found: &mut Vec<(usize, Vec<String>)>) {
    let rest = code.get(from..).unwrap_or_default();
    let pad = rest.len() - rest.trim_start().len();
    let rest = rest.trim_start();
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '*').collect();
    if !word.is_empty() {
        let after = &rest[word.len()..];
        let grown = base.len() + 1;
        base.push(if after.starts_with('!') { format!("{word}!") } else { word.clone() });
        if after.starts_with("::") {
            path_tree(code, from + pad + word.len() + 2, base, found);
        } else {
            found.push((from + pad, base.clone()));
        }
        base.truncate(grown - 1);
    } else if rest.starts_with('{') {
        let open = from + pad;
        let close = end_of_braces(code, open).unwrap_or(code.len());
        for start in members(code, open, close) {
            path_tree(code, start, &mut base.clone(), found);
        }
    }
}

/// Where each member of the group `{a, b::{c, d}}` starts.
fn members(code: &str, open: usize, close: usize) -> Vec<usize> {
    let mut starts = vec![open + 1];
    let mut depth = 0_i32;
    for (at, byte) in code.bytes().enumerate().take(close).skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b',' if depth == 1 => starts.push(at + 1),
            _ => {}
        }
    }
    starts
}
