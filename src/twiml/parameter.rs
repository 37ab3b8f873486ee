//! Values that travel with a verb, and elements that are one text, or one text and such values.

use super::check::{Refused, Why};
use super::element::{Content, Element, Node, Part, Value, element, only_kind};
use super::parse::ParseError;
use super::text::{Plain, name};
use super::values::check_text;

element! {
    /// A custom parameter (Twilio docs: TwiML `<Parameter>`).
    Parameter {
        /// Its name, 1 to 256 characters.
        name: Plain = "name" if |text: &Plain| name(text.as_str(), 256);
        /// Its value.
        value: Plain = "value";
    } check whole_parameter
}

impl Parameter {
    /// This value under this name.
    #[must_use]
    pub fn new(name: impl Into<Plain>, value: impl Into<Plain>) -> Self {
        Self::bare().name(name).value(value)
    }

    /// How many characters name and value have together.
    pub(super) fn length(&self) -> usize {
        [&self.name, &self.value].into_iter().flatten().map(|text| text.as_str().chars().count()).sum()
    }
}

only_kind!(Parameter);

fn whole_parameter(parameter: &Parameter, place: &str, refused: &mut Vec<Refused>) {
    if parameter.name.is_none() || parameter.value.is_none() {
        refused.push(Why::new("name or value is missing", "a parameter has both", "give both").at(place));
    }
}

/// Gives elements with a list of parameters the method that adds one.
macro_rules! parameters {
    ($($name:ident)*) => {$(
        impl $name {
            /// Sends one more value under this name.
            #[must_use]
            pub fn parameter(
                mut self,
                name: impl Into<$crate::twiml::Plain>,
                value: impl Into<$crate::twiml::Plain>,
            ) -> Self {
                self.parameters.push($crate::twiml::Parameter::new(name, value).into());
                self
            }
        }
    )*};
}

pub(super) use parameters;

/// Writes a text by itself, or under its tag before the parameters.
pub(super) fn write_named<V: Value>(text: &V, tag: &'static str, parameters: &[Parameter], element: &mut Element) {
    if parameters.is_empty() {
        element.text(text.write());
        return;
    }
    let mut inner = Element::new(tag);
    inner.text(text.write());
    element.nodes.push(Node::Element(inner));
    element.nodes.extend(parameters.iter().map(|parameter| Node::Element(Part::to_element(parameter))));
}

/// Reads what `write_named` writes.
pub(super) fn read_named<V: Value + Content>(
    element: &mut Element,
    tag: &str,
    place: &str,
) -> Result<(V, Vec<Parameter>), ParseError> {
    let (children, text) = element.take_children();
    if children.is_empty() {
        let text = V::read(&text).ok_or_else(|| ParseError::value(place, &text, V::EXPECTED))?;
        return Ok((text, Vec::new()));
    }
    if !text.is_empty() {
        return Err(ParseError::text(place, &text));
    }
    let (mut named, mut parameters) = (None, Vec::new());
    for (i, mut child) in children.into_iter().enumerate() {
        let place = format!("{place}/{}[{i}]", child.name);
        if child.name == tag && named.is_none() {
            named = Some(<V as Content>::read_from(&mut child, &place)?);
            child.finish(&place)?;
        } else if child.name == <Parameter as Part>::NAME {
            parameters.push(<Parameter as Part>::from_element(child, &place)?);
        } else {
            return Err(ParseError::element(place));
        }
    }
    let named = named.ok_or_else(|| ParseError::new(place, format!("there is no {tag}")))?;
    Ok((named, parameters))
}

/// Checks the text and the parameters after it.
pub(super) fn check_named<V: Value>(text: &V, parameters: &[Parameter], place: &str, refused: &mut Vec<Refused>) {
    check_text(text, place, refused);
    for (i, parameter) in parameters.iter().enumerate() {
        Part::check(parameter, &format!("{place}/Parameter[{}]", i + 1), refused);
    }
}
