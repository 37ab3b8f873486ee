//! The only place that turns a tree into XML text, and the only place that escapes.
//!
//! Characters that XML 1.0 has no way to write (control characters other than tab, line feed and carriage return,
//! U+FFFE, U+FFFF; XML 1.0 §2.2) become U+FFFD, so that a listener of the document sees that something was there.

use super::element::{Element, Node};

const PROLOGUE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

/// Whether XML 1.0 can hold the character (§2.2, `Char`).
pub(super) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// The text without the space, as XML knows it (§2.3), at its ends.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

/// The text with U+FFFD for each character that XML 1.0 cannot hold.
pub(super) fn replaced(text: &str) -> String {
    text.chars().map(|c| if is_xml_char(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// The whole document as text, with its XML declaration.
pub(super) fn document(root: &Element) -> String {
    let mut out = String::from(PROLOGUE);
    element(root, &mut out);
    out
}

fn element(element_: &Element, out: &mut String) {
    out.push('<');
    out.push_str(&element_.name);
    for (name, value) in &element_.attributes {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        escape(value, true, out);
        out.push('"');
    }
    if element_.nodes.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    for node in &element_.nodes {
        match node {
            Node::Text(text) => escape(text, false, out),
            Node::Element(child) => element(child, out),
        }
    }
    out.push_str("</");
    out.push_str(&element_.name);
    out.push('>');
}

/// A reader turns a bare carriage return into a line feed, and tab and line feed in an attribute into a space
/// (XML 1.0 §2.11, §3.3.3): as numbers they survive.
fn escape(text: &str, attribute: bool, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if attribute => out.push_str("&quot;"),
            '\'' if attribute => out.push_str("&#39;"),
            '\r' => out.push_str("&#13;"),
            '\n' if attribute => out.push_str("&#10;"),
            '\t' if attribute => out.push_str("&#9;"),
            c if is_xml_char(c) => out.push(c),
            _ => out.push(char::REPLACEMENT_CHARACTER),
        }
    }
}
