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
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.place, self.message, self.code)
    }
}

impl From<ParseError> for Warning {
    fn from(error: ParseError) -> Self {
        Self { code: error.code, place: error.place, message: error.problem }
    }
}

impl From<Refused> for Warning {
    fn from(refused: Refused) -> Self {
        let message = format!("{}: {}; {}", refused.what, refused.why, refused.fix);
        Self { code: refused.code, place: refused.place, message }
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

    /// An error to a strict reader, a warning to a lenient one.
    pub(super) fn wrong(&mut self, error: ParseError) -> Result<(), ParseError> {
        if !self.lenient {
            return Err(error);
        }
        self.warnings.push(error.into());
        Ok(())
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
            self.wrong(ParseError::value(place.attribute(name), &text, V::EXPECTED).coded(code))?;
            return Ok(V::read_some(&text));
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
                    self.wrong(ParseError::element(&place.child(&child.name, count)))?;
                    count += 1;
                }
            }
        }
        Ok(text)
    }

    /// Whatever has not been taken is a fault.
    pub(super) fn finish(&mut self, mut element: Element, place: &Place<'_>) -> Result<(), ParseError> {
        for (name, _) in &element.attributes {
            self.wrong(ParseError::attribute(place.attribute(name)))?;
        }
        let (children, text) = element.take_children();
        for (i, child) in children.iter().enumerate() {
            self.wrong(ParseError::element(&place.child(&child.name, i)))?;
        }
        if !text.is_empty() {
            self.wrong(ParseError::text(place, &text))?;
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
            let stays = refused.place.rsplit_once('@').is_some_and(|(_, name)| part.clear(name));
            self.warnings.push(refused.into());
            if !stays {
                return false;
            }
        }
        true
    }
}
