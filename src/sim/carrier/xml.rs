//! The XML tree that is executed.

use crate::twiml::{self, Node, Tree};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Self>,
    pub(super) text: String,
    /// How many bytes of the text around it stand before it.
    pub(super) after: usize,
}

impl Element {
    pub(super) fn attr(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    /// `true` and `false` as TwiML writes them; anything else is the default.
    pub(super) fn flag(&self, name: &str, default: bool) -> bool {
        match self.attr(name).map(str::trim) {
            Some("true") => true,
            Some("false") => false,
            _ => default,
        }
    }

    pub(super) fn number(&self, name: &str, default: u64) -> u64 {
        self.attr(name).and_then(|v| v.trim().parse().ok()).unwrap_or(default)
    }

    /// All text inside, in document order for plain text and SSML alike.
    pub(super) fn words(&self) -> String {
        let mut out = String::new();
        self.add_words(&mut out);
        out.trim().to_owned()
    }

    fn add_words(&self, out: &mut String) {
        let mut from = 0;
        for child in &self.children {
            out.push_str(self.text.get(from..child.after).unwrap_or_default());
            from = child.after;
            // Where a voice pauses, two words do not become one.
            let pauses = matches!(child.name.as_str(), "break" | "p" | "s");
            out.push_str(if pauses { " " } else { "" });
            child.add_words(out);
            out.push_str(if pauses { " " } else { "" });
        }
        out.push_str(self.text.get(from..).unwrap_or_default());
    }
}

impl From<Tree> for Element {
    fn from(tree: Tree) -> Self {
        let mut element = Self { name: tree.name, attributes: tree.attributes, ..Self::default() };
        for node in tree.nodes {
            match node {
                Node::Text(text) => element.text.push_str(&text),
                Node::Element(child) => element.children.push(Self { after: element.text.len(), ..child.into() }),
            }
        }
        element
    }
}

/// The root element, or code and sentence of why the text is no document.
pub(super) fn parse(text: &str) -> Result<Element, (u32, String)> {
    let root: Element = twiml::tree(text).map_err(|error| (error.code, error.to_string()))?.into();
    if root.name == "Response" {
        return Ok(root);
    }
    Err((12_102, format!("the root element is {:?}, not Response", root.name)))
}
