//! A lenient XML tree: what a provider sees of a document before it judges the verbs.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Self>,
    pub(super) text: String,
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
        let mut out = self.text.trim().to_owned();
        for child in &self.children {
            out = format!("{out} {}", child.words()).trim().to_owned();
        }
        out
    }
}

fn open(tag: &BytesStart<'_>) -> Result<Element, String> {
    let name = tag.name().as_ref().to_owned();
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|e| e.to_string())?;
        let value = quick_xml::escape::unescape(&attribute.value).map_err(|e| e.to_string())?;
        attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Ok(Element { name, attributes, ..Element::default() })
}

fn close(stack: &mut [Element], root: &mut Option<Element>, element: Element) -> Result<(), String> {
    match stack.last_mut() {
        Some(parent) => parent.children.push(element),
        None if root.is_some() => return Err("more than one root element".to_owned()),
        None => *root = Some(element),
    }
    Ok(())
}

fn add_text(stack: &mut [Element], text: &str) -> Result<(), String> {
    match stack.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().trim_start_matches('\u{feff}').is_empty() => {}
        None => return Err("text outside the root element".to_owned()),
    }
    Ok(())
}

/// The root element, or why the text is not XML.
pub(super) fn parse(text: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(text);
    let mut stack: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event().map_err(|e| e.to_string())? {
            Event::Start(tag) if stack.len() >= 64 => return Err(format!("nested too deeply at {:?}", tag.name())),
            Event::Start(tag) => stack.push(open(&tag)?),
            Event::Empty(tag) => {
                let element = open(&tag)?;
                close(&mut stack, &mut root, element)?;
            }
            Event::End(_) => {
                let element = stack.pop().ok_or("an end tag without its start")?;
                close(&mut stack, &mut root, element)?;
            }
            Event::Text(part) => add_text(&mut stack, &part)?,
            Event::CData(part) => add_text(&mut stack, &part)?,
            Event::GeneralRef(part) => {
                let value =
                    quick_xml::escape::unescape(&format!("&{};", &*part)).map_err(|e| e.to_string())?.into_owned();
                add_text(&mut stack, &value)?;
            }
            Event::Eof if stack.is_empty() => return root.ok_or_else(|| "no root element".to_owned()),
            Event::Eof => return Err("the document ends inside an element".to_owned()),
            _ => {}
        }
    }
}
