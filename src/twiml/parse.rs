//! Reads text into a tree of XML elements.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::check::shown;
use super::codes;
use super::place::Place;
use super::tree::{Element, Node};
use super::write::{is_xml_char, trimmed};

/// Twilio takes at most 64 kB (error 11750); more is not read.
const MOST_BYTES: usize = 64 * 1024;
/// Four levels are the deepest any voice document needs.
const MOST_LEVELS: usize = 16;

/// Why a text is not a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
#[non_exhaustive]
pub struct ParseError {
    /// Where: `Response/Gather[0]@timeout`; `byte 37 of the text` where there is no tree yet.
    pub place: String,
    /// What is wrong there, and what was expected.
    pub problem: String,
    /// The code under which Twilio's debugger would list it: 11750 (too large), 12100 (not XML), 12101 (not XML 1.0)
    /// and 12102 (the root) keep a document from running, all others do not.
    pub code: u32,
}

impl ParseError {
    pub(super) fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into(), code: codes::SCHEMA }
    }

    pub(super) fn coded(self, code: u32) -> Self {
        Self { code, ..self }
    }

    pub(super) fn element(place: &Place<'_>) -> Self {
        let problem = "this element is not known here (names are case-sensitive)";
        Self::new(place.to_string(), problem).coded(codes::of_stranger(place.parent()))
    }

    pub(super) fn attribute(place: impl Into<String>) -> Self {
        Self::new(place, "this attribute is not known here (names are case-sensitive)")
    }

    pub(super) fn value(place: impl Into<String>, text: &str, expected: &str) -> Self {
        Self::new(place, format!("found {}, expected {expected}", shown(text)))
    }

    pub(super) fn text(place: &Place<'_>, text: &str) -> Self {
        Self::new(place.to_string(), format!("text {} may not stand here", shown(text)))
    }
}

/// The tree under construction: the elements whose end has not come yet.
#[derive(Default)]
struct Growing {
    open: Vec<Element>,
    root: Option<Element>,
}

impl Growing {
    fn start(&mut self, element: Element) -> Result<(), String> {
        if self.root.is_some() {
            return Err("a second root element".to_owned());
        }
        if self.open.len() >= MOST_LEVELS {
            return Err(format!("more than {MOST_LEVELS} levels of elements"));
        }
        self.open.push(element);
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let element = self.open.pop().ok_or("an end tag without a start tag")?;
        match self.open.last_mut() {
            Some(parent) => parent.nodes.push(Node::Element(element)),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        if let Some(bad) = text.chars().find(|c| !is_xml_char(*c)) {
            return Err(format!("U+{:04X}, which XML 1.0 does not allow", u32::from(bad)));
        }
        match self.open.last_mut() {
            Some(parent) => parent.text(text),
            None if trimmed(text).is_empty() => {}
            None => return Err("text outside the root element".to_owned()),
        }
        Ok(())
    }
}

/// The XML tree of the text; names are not judged yet.
pub(crate) fn tree(text: &str) -> Result<Element, ParseError> {
    if text.len() > MOST_BYTES {
        let problem = format!("{} bytes, more than 64 kB (Twilio error 11750)", text.len());
        return Err(ParseError::new("document", problem).coded(codes::TOO_LARGE));
    }
    well_formed(text).map_err(|error| if error.code == codes::SCHEMA { error.coded(codes::NOT_XML) } else { error })
}

fn well_formed(text: &str) -> Result<Element, ParseError> {
    let mut reader = Reader::from_str(text.strip_prefix('\u{FEFF}').unwrap_or(text));
    reader.config_mut().check_comments = true;
    let (mut growing, mut first) = (Growing::default(), true);
    loop {
        let from = reader.buffer_position();
        let place = || format!("byte {from} of the text");
        let outcome = match reader.read_event() {
            Err(error) => Err(error.to_string()),
            Ok(Event::Eof) => break,
            Ok(Event::Decl(decl)) if first && !decl.version().is_ok_and(|version| version == "1.0") => {
                let problem = "only XML 1.0 is read (Twilio error 12101)";
                return Err(ParseError::new(place(), problem).coded(codes::VERSION));
            }
            Ok(event) => grow(&mut growing, event, first),
        };
        outcome.map_err(|problem| ParseError::new(place(), problem))?;
        first = false;
    }
    match (growing.root, growing.open.last()) {
        (_, Some(open)) => Err(ParseError::new("end of the text", format!("<{}> is still open", open.name))),
        (Some(root), None) => Ok(root),
        (None, None) => Err(ParseError::new("document", "there is no root element <Response>")),
    }
}

fn grow(growing: &mut Growing, event: Event<'_>, first: bool) -> Result<(), String> {
    match event {
        Event::Start(start) => growing.start(opened(&start)?),
        Event::Empty(start) => {
            growing.start(opened(&start)?)?;
            growing.end()
        }
        Event::End(_) => growing.end(),
        Event::Text(text) if text.contains("]]>") => Err("]]> in text; write ]]&gt;".to_owned()),
        Event::Text(text) => growing.text(&text.xml10_content()),
        Event::CData(_) if growing.open.is_empty() => Err("text outside the root element".to_owned()),
        Event::CData(text) => growing.text(&text.xml10_content()),
        Event::GeneralRef(_) if growing.open.is_empty() => Err("text outside the root element".to_owned()),
        Event::GeneralRef(name) => match name.resolve_char_ref().map_err(|error| error.to_string())? {
            Some(c) => growing.text(c.encode_utf8(&mut [0; 4])),
            None => growing.text(predefined(&name).ok_or_else(|| unknown_entity(&name))?),
        },
        Event::Comment(_) => Ok(()),
        Event::Decl(_) if first => Ok(()),
        Event::Decl(_) => Err("an XML declaration that is not at the start".to_owned()),
        Event::PI(_) => Err("processing instructions are not read".to_owned()),
        Event::DocType(_) => Err("document type declarations are not read".to_owned()),
        Event::Eof => Ok(()),
    }
}

fn predefined(name: &str) -> Option<&'static str> {
    match name {
        "amp" => Some("&"),
        "lt" => Some("<"),
        "gt" => Some(">"),
        "quot" => Some("\""),
        "apos" => Some("'"),
        _ => None,
    }
}

fn unknown_entity(name: &str) -> String {
    format!("unknown entity {}; XML has only amp, lt, gt, quot and apos", shown(name))
}

fn opened(start: &BytesStart<'_>) -> Result<Element, String> {
    let mut element = Element::new(start.name().as_ref().to_owned());
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let name = attribute.key.as_ref().to_owned();
        if attribute.value.contains('<') {
            return Err(format!("< in attribute {}; write &lt;", shown(&name)));
        }
        let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|error| error.to_string())?;
        if let Some(bad) = value.chars().find(|c| !is_xml_char(*c)) {
            return Err(format!("U+{:04X}, which XML 1.0 does not allow, in {}", u32::from(bad), shown(&name)));
        }
        element.attributes.push((name, value.into_owned()));
    }
    Ok(element)
}
