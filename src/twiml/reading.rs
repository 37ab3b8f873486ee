//! Reading with or without forgiveness.
//!
//! A strict reader stops at the first fault. A lenient one does what Twilio does: it notes the fault and goes on
//! without the attribute, element or text that has it.

use std::fmt;

use super::check::{Refused, Report};
use super::codes;
use super::element::{Part, Value};
use super::parse::ParseError;
use super::place::Place;
use super::tree::{Element, Node};

/// A fault that does not keep Twilio from running a document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The code under which Twilio's debugger lists it; 12200, the schema warning, where there is no other.
    pub code: u32,
    /// Where: `Response/Gather[0]/Say[1]@loop`. The number counts all elements of the same parent, from 0.
    pub place: String,
    /// What is wrong there, in one sentence.
    pub message: String,
    /// What of the element at [`path`](Self::path) it is about.
    pub subject: Subject,
    /// The way from the root to the element: at each level how many elements stand before it in the same parent. Empty
    /// for the root.
    pub path: Vec<usize>,
}

/// What of an element a warning is about, and with that what the document is left without.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// An attribute of this name, which nobody knows.
    UnknownAttribute(String),
    /// The value of the attribute of this name.
    Value(String),
    /// A part of the value of the attribute of this name; the rest of it counts.
    PartOfValue(String),
    /// The element, which nobody knows in its place.
    UnknownElement,
    /// The element, which is known in its place, and not taken as it is.
    Element,
    /// The text in it.
    Text,
    /// The text in it, which counts although it should be in an element of its own.
    LooseText,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.place, self.message, self.code)
    }
}

impl Warning {
    fn of_error(error: ParseError, subject: Subject, element: &Place<'_>) -> Self {
        Self { code: error.code, place: error.place, message: error.problem, subject, path: element.path() }
    }

    fn of_refusal(refused: Refused, subject: Subject, element: &Place<'_>) -> Self {
        let message = format!("{}: {}; {}", refused.what, refused.why, refused.fix);
        Self { code: refused.code, place: refused.place, message, subject, path: element.path() }
    }
}

/// A document as Twilio would run it, and what its debugger would list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Interpreted<D> {
    /// What is left without all that is warned about: it can be built, its size aside.
    pub document: D,
    /// The faults, in the order in which they were met.
    pub warnings: Vec<Warning>,
}

impl<D> Interpreted<D> {
    pub(super) fn new(document: D, warnings: Vec<Warning>) -> Self {
        Self { document, warnings }
    }
}

/// More repetitions than 1000 are 1000 (Twilio docs: TwiML `<Say>` and `<Play>`, loop).
fn capped(loops: String) -> String {
    if loops.trim().parse().is_ok_and(|loops: u64| loops > 1000) { "1000".to_owned() } else { loops }
}

/// One pass over a tree.
#[derive(Debug, Default)]
pub(super) struct Reading {
    lenient: bool,
    pub(super) warnings: Vec<Warning>,
}

impl Reading {
    pub(super) fn strict() -> Self {
        Self::default()
    }

    pub(super) fn lenient() -> Self {
        Self { lenient: true, warnings: Vec::new() }
    }

    pub(super) fn is_lenient(&self) -> bool {
        self.lenient
    }

    /// An error to a strict reader, a warning about the element at this place to a lenient one.
    pub(super) fn wrong(&mut self, error: ParseError, subject: Subject, element: &Place<'_>) -> Result<(), ParseError> {
        if !self.lenient {
            return Err(error);
        }
        self.warnings.push(Warning::of_error(error, subject, element));
        Ok(())
    }

    /// An element that may not stand at this place.
    pub(super) fn stranger(&mut self, place: &Place<'_>) -> Result<(), ParseError> {
        self.wrong(ParseError::element(place), Subject::UnknownElement, place)
    }

    /// A text that may not stand in the element at this place.
    pub(super) fn no_text(&mut self, place: &Place<'_>, text: &str) -> Result<(), ParseError> {
        self.wrong(ParseError::text(place, text), Subject::Text, place)
    }

    /// Removes the attribute under the first of these names that is there, and reads it.
    pub(super) fn take<V: Value>(
        &mut self,
        element: &mut Element,
        names: &[&str],
        place: &Place<'_>,
    ) -> Result<Option<V>, ParseError> {
        for (spelling, name) in names.iter().enumerate() {
            let Some(text) = element.take(name) else { continue };
            let text = if self.lenient && *name == "loop" { capped(text) } else { text };
            let read = V::read_spelled(&text, spelling);
            // Space around a value does no harm unless the value is any text, which a check takes as it is.
            let spaced = self.lenient && read.as_ref().is_none_or(|value| value.check().is_err());
            let read = if spaced { V::read_spelled(text.trim(), spelling).or(read) } else { read };
            if read.is_some() {
                return Ok(read);
            }
            let code = codes::of_attribute(place, name);
            let some = V::read_some(&text);
            let name = (*name).to_owned();
            let error = ParseError::value(place.attribute(&name), &text, V::EXPECTED).coded(code);
            self.wrong(error, if some.is_some() { Subject::PartOfValue(name) } else { Subject::Value(name) }, place)?;
            return Ok(some);
        }
        Ok(None)
    }

    /// Removes all text; elements in between are a fault.
    pub(super) fn take_text(&mut self, element: &mut Element, place: &Place<'_>) -> Result<String, ParseError> {
        let (mut text, mut count) = (String::new(), 0);
        for node in element.nodes.drain(..) {
            match node {
                Node::Text(more) => text.push_str(&more),
                Node::Element(child) => {
                    self.stranger(&place.child(&child.name, count))?;
                    count += 1;
                }
            }
        }
        Ok(text)
    }

    /// Whatever has not been taken is a fault.
    pub(super) fn finish(&mut self, mut element: Element, place: &Place<'_>) -> Result<(), ParseError> {
        for (name, _) in &element.attributes {
            let error = ParseError::attribute(place.attribute(name));
            self.wrong(error, Subject::UnknownAttribute(name.clone()), place)?;
        }
        let (children, text) = element.take_children();
        for (i, child) in children.iter().enumerate() {
            self.stranger(&place.child(&child.name, i))?;
        }
        if !text.is_empty() {
            self.no_text(place, &text)?;
        }
        Ok(())
    }

    /// Takes out of the element what Twilio refuses; false when the element itself is refused. A strict reader judges
    /// nothing.
    pub(super) fn settle(&mut self, part: &mut impl Part, place: &Place<'_>) -> bool {
        while self.lenient {
            let mut report = Report::default();
            part.check(place, &mut report);
            let Some(refused) = report.refused.into_iter().next() else { break };
            // No name in XML has an @ in it.
            let cleared = refused.place.rsplit_once('@').map(|(_, name)| name).filter(|name| part.clear(name));
            let subject = cleared.map_or(Subject::Element, |name| Subject::Value(name.to_owned()));
            let stays = subject != Subject::Element;
            self.warnings.push(Warning::of_refusal(refused, subject, place));
            if !stays {
                return false;
            }
        }
        true
    }
}
