//! What requests carry: names, numbers and bodies on which stores have differed.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::draw::Draw;
use crate::store::{BODY_BYTES_MAX, BODY_DEPTH_MAX, Body, KEY_BYTES_MAX, Key};

/// Names of records and tasks. Some differ in case, blanks, or what a language would overlook; some mean something to SQL,
/// to JSON or to a pattern.
const NAMES: [&str; 22] = [
    "call/t/1",
    "call/t/2",
    "call/t/9",
    "call/t/10",
    "Call/t/1",
    "call/t/a-b",
    "call/t/a_b",
    "call/t/ab",
    "call/t/a b",
    "agent/t/ana",
    "",
    " ",
    "~",
    "%",
    "call/t/%",
    "\"quoted\"",
    "back\\slash\\u0041",
    "'; DROP TABLE records; --",
    "[1]",
    "null",
    "{}",
    "?1 $1 :a @b",
];

/// Names that no store may take.
const BAD_NAMES: [&str; 5] = ["call/t/\u{e9}", "call/t/\n", "\u{7f}", "\u{1F4DE}", "call/t/\u{0}"];

/// Indexes and parts of them. Some begin alike, some look alike.
const PARTS: [(&str, &str); 12] = [
    ("waiting", "t/sales"),
    ("waiting", "t/sales2"),
    ("waiting", "t/sales "),
    ("waiting", "t"),
    ("waiting", "T/sales"),
    ("wait", "t/sales"),
    ("Waiting", "t/sales"),
    ("ready", "t/gr\u{f6}\u{df}e"),
    ("ready", "t/gro\u{308}\u{df}e"),
    ("ready", "t/\u{4e16}\u{754c} \u{1F4DE}"),
    ("", ""),
    ("'\"\\%_", "'\"\\%_"),
];

const TEXTS: [&str; 12] = [
    "",
    "Gr\u{fc}\u{df}e, \u{4e16}\u{754c}",
    "\u{1F469}\u{200D}\u{1F4BB}",
    "e\u{301}",
    "\u{e9}",
    "  blanks \t\r\n ",
    "'; DROP TABLE records; -- \" \\ \\u0041 %s $1 ?1 {}",
    "\u{1}\u{1f}\u{7f}\u{2028}\u{fffd}\u{10ffff}",
    "null",
    "1e400",
    "NaN",
    "A",
];

const WHOLE: [i64; 10] =
    [0, 1, -1, 42, 9_007_199_254_740_993, -9_007_199_254_740_993, i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX];

const BROKEN: [f64; 10] = [0.1, -0.25, 100.0, 1e15, 1e16, 1e21, 1e300, 5e-324, f64::MAX, 2.225_073_858_507_201e-308];

/// Places by which records are sorted.
const SORTS: [i64; 9] = [0, 1, 2, -1, 1_700_000_000_000_000, i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX];

/// Two names of the greatest length, which differ at their end.
fn longest() -> [String; 2] {
    let stem = "k".repeat(KEY_BYTES_MAX - 1);
    [format!("{stem}1"), format!("{stem}2")]
}

fn names() -> &'static [String] {
    static ALL: LazyLock<Vec<String>> =
        LazyLock::new(|| NAMES.iter().map(|name| (*name).to_owned()).chain(longest()).collect());
    &ALL
}

/// Every key that requests are about.
pub(super) fn keys() -> Vec<Key> {
    names().iter().map(|name| Key::new(name.as_str())).collect()
}

/// Every part of an index that requests are about.
pub(super) fn parts() -> &'static [(&'static str, &'static str)] {
    &PARTS
}

pub(super) fn name(draw: &mut Draw) -> String {
    draw.one(names()).clone()
}

/// A name that is not one.
pub(super) fn bad_name(draw: &mut Draw) -> String {
    match draw.below(BAD_NAMES.len() + 1) {
        0 => "k".repeat(KEY_BYTES_MAX + 1),
        at => BAD_NAMES[at - 1].to_owned(),
    }
}

pub(super) fn sort(draw: &mut Draw) -> [i64; 2] {
    let mut number = || if draw.chance(80) { SORTS[draw.below(4)] } else { *draw.one(&SORTS) };
    [number(), number()]
}

/// A body within the limits.
pub(super) fn body(draw: &mut Draw) -> Body {
    Body::new(match draw.below(40) {
        0 => long(BODY_BYTES_MAX),
        1 => deep(draw, BODY_DEPTH_MAX),
        _ => value(draw, 3),
    })
}

/// A body just beyond a limit.
pub(super) fn bad_body(draw: &mut Draw) -> Body {
    let is_long = draw.chance(50);
    Body::new(if is_long { long(BODY_BYTES_MAX + 1) } else { deep(draw, BODY_DEPTH_MAX + 1) })
}

/// A text that takes `bytes` bytes as JSON.
fn long(bytes: usize) -> Value {
    json!("x".repeat(bytes.saturating_sub(2)))
}

fn deep(draw: &mut Draw, depth: usize) -> Value {
    let mut inner = value(draw, 0);
    for _ in 0..depth {
        inner = if draw.chance(50) { json!([inner]) } else { json!({ "in": inner }) };
    }
    inner
}

/// A value in which lists and objects stand in each other at most `depth` deep.
fn value(draw: &mut Draw, depth: usize) -> Value {
    let kinds = if depth == 0 { 6 } else { 8 };
    match draw.below(kinds) {
        0 => Value::Null,
        1 => json!(draw.chance(50)),
        2 => json!(*draw.one(&WHOLE)),
        3 => json!(u64::MAX - u64::try_from(draw.below(2)).unwrap_or_default()),
        4 => json!(*draw.one(&BROKEN)),
        5 => json!(*draw.one(&TEXTS)),
        6 => (0..draw.below(4)).map(|_| value(draw, depth - 1)).collect(),
        _ => {
            let fields = (0..draw.below(4)).map(|_| ((*draw.one(&TEXTS)).to_owned(), value(draw, depth - 1)));
            Value::Object(fields.collect())
        }
    }
}
