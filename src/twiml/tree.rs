//! The tree that a reader makes of a text before the verbs are judged.

use super::write::trimmed;

/// An element as XML knows it.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) nodes: Vec<Node>,
}

/// What stands between two tags.
#[derive(Debug)]
pub(crate) enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    pub(super) fn new(name: String) -> Self {
        Self { name, attributes: Vec::new(), nodes: Vec::new() }
    }

    pub(super) fn text(&mut self, text: &str) {
        match self.nodes.last_mut() {
            _ if text.is_empty() => {}
            Some(Node::Text(last)) => last.push_str(text),
            _ => self.nodes.push(Node::Text(text.to_owned())),
        }
    }

    /// Whether there is an element of this name in it.
    pub(super) fn has_child(&self, name: &str) -> bool {
        self.nodes.iter().any(|node| matches!(node, Node::Element(child) if child.name == name))
    }

    /// Removes the attribute.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.attributes.iter().position(|(n, _)| n == name)?;
        Some(self.attributes.remove(at).1)
    }

    /// Removes all text; `None` when there was none but space.
    pub(super) fn take_text(&mut self) -> Option<String> {
        let mut text = String::new();
        self.nodes.retain(|node| match node {
            Node::Text(more) => {
                text.push_str(more);
                false
            }
            Node::Element(_) => true,
        });
        Some(trimmed(&text).to_owned()).filter(|text| !text.is_empty())
    }

    /// Removes all child elements and the text around them, which is empty when it was only space.
    pub(super) fn take_children(&mut self) -> (Vec<Self>, String) {
        let (mut children, mut text) = (Vec::new(), String::new());
        for node in self.nodes.drain(..) {
            match node {
                Node::Text(more) => text.push_str(&more),
                Node::Element(child) => children.push(child),
            }
        }
        (children, trimmed(&text).to_owned())
    }
}
