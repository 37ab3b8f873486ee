//! Values that travel with a verb, and elements that are one text, or one text and such values.

use super::check::{Report, Why};
use super::element::{Content, Part, Value, element, only_kind};
use super::parse::ParseError;
use super::place::Place;
use super::reading::{Reading, Subject};
use super::text::{Plain, name};
use super::tree::Element;
use super::values::read_text;
use super::write::Writer;

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
    fn length(&self) -> usize {
        [&self.name, &self.value].into_iter().flatten().map(|text| text.as_str().chars().count()).sum()
    }
}

only_kind!(Parameter);

fn whole_parameter(parameter: &Parameter, place: &Place<'_>, report: &mut Report) {
    if parameter.name.is_none() || parameter.value.is_none() {
        report.refuse(place, Why::new("name or value is missing", "a parameter has both", "give both"));
    }
    if place.parent() == "Stream" && parameter.length() >= 500 {
        let why = "a Stream takes name and value below 500 characters together";
        report.refuse(place, Why::new(format!("{} characters", parameter.length()), why, "shorten it"));
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

/// Writes a text by itself, or under the tag (`<Identity`, `</Identity>`) before the parameters.
pub(super) fn write_named<V: Content>(
    text: &V,
    tag: (&'static str, &'static str),
    parameters: &[Parameter],
    out: &mut Writer,
) {
    if parameters.is_empty() {
        Content::write(text, out);
        return;
    }
    out.start(tag.0);
    Content::write(text, out);
    out.end(tag.1);
    for parameter in parameters {
        Part::write(parameter, out);
    }
}

/// Reads what `write_named` writes.
pub(super) fn read_named<V: Value + Content>(
    element: &mut Element,
    tag: &str,
    place: &Place<'_>,
    reading: &mut Reading,
) -> Result<Option<(V, Vec<Parameter>)>, ParseError> {
    let mut parameters = Vec::new();
    let has_tag = element.has_child(tag);
    if !has_tag && !element.has_child(<Parameter as Part>::NAME) {
        return Ok(read_text(element, place, reading)?.map(|text| (text, parameters)));
    }
    let (children, text) = element.take_children();
    if !text.is_empty() {
        let subject = if has_tag { Subject::Text } else { Subject::LooseText };
        reading.wrong(ParseError::text(place, &text), subject, place)?;
    }
    let mut named = if has_tag || text.is_empty() { None } else { <V as Value>::read(&text) };
    for (i, mut child) in children.into_iter().enumerate() {
        let name = child.name.clone();
        let place = place.child(&name, i);
        if name == tag && named.is_none() {
            named = <V as Content>::read(&mut child, &place, reading)?;
            reading.finish(child, &place)?;
        } else if name == <Parameter as Part>::NAME {
            parameters.extend(<Parameter as Part>::read(child, &place, reading)?);
        } else {
            reading.stranger(&place)?;
        }
    }
    if named.is_none() {
        let error = ParseError::new(place.to_string(), format!("there is no {tag}"));
        reading.wrong(error, Subject::Element, place)?;
    }
    Ok(named.map(|named| (named, parameters)))
}

/// Checks the text and the parameters after it.
pub(super) fn check_named<V: Value>(text: &V, parameters: &[Parameter], place: &Place<'_>, report: &mut Report) {
    report.text(text, place);
    if !parameters.is_empty() {
        // The longest tag around the text is that of ApplicationSid.
        report.bytes += 2 * "<ApplicationSid>".len() + 1;
    }
    for (i, parameter) in parameters.iter().enumerate() {
        Part::check(parameter, &place.child(<Parameter as Part>::NAME, i + 1), report);
    }
}
