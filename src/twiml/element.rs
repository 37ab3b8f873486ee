//! The tree below the typed verbs, and the macros every verb is made with.
//!
//! `element!` makes a struct whose name is the element's name, with one optional public field and one builder method
//! per attribute; `as` gives the element's name where the type has another, and `|` an attribute's second spelling,
//! which is read and not written. `one_of!` makes the closed list of elements that a parent may hold.

use std::borrow::Cow;

use super::check::{Refused, Why};
use super::parse::ParseError;
use super::write::trimmed;

/// An element as XML knows it.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: Cow<'static, str>,
    pub(super) attributes: Vec<(Cow<'static, str>, String)>,
    pub(super) nodes: Vec<Node>,
}

/// What stands between two tags.
#[derive(Debug)]
pub(super) enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    pub(super) fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), attributes: Vec::new(), nodes: Vec::new() }
    }

    pub(super) fn text(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.nodes.push(Node::Text(text));
        }
    }

    /// Removes the attribute and reads it.
    pub(super) fn take<V: Value>(&mut self, name: &str, place: &str) -> Result<Option<V>, ParseError> {
        let Some(at) = self.attributes.iter().position(|(n, _)| n == name) else { return Ok(None) };
        let (_, text) = self.attributes.remove(at);
        match V::read(&text) {
            Some(value) => Ok(Some(value)),
            None => Err(ParseError::value(format!("{place}@{name}"), &text, V::EXPECTED)),
        }
    }

    /// Removes the attribute under the first of these names that is there, and reads it.
    pub(super) fn take_any<V: Value>(&mut self, names: &[&str], place: &str) -> Result<Option<V>, ParseError> {
        for name in names {
            if let Some(value) = self.take(name, place)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Removes all text; elements in between are an error.
    pub(super) fn take_text(&mut self, place: &str) -> Result<String, ParseError> {
        let mut text = String::new();
        for node in self.nodes.drain(..) {
            match node {
                Node::Text(more) => text.push_str(&more),
                Node::Element(child) => return Err(ParseError::element(format!("{place}/{}[0]", child.name))),
            }
        }
        Ok(text)
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

    /// An error if anything has not been taken.
    pub(super) fn finish(&mut self, place: &str) -> Result<(), ParseError> {
        if let Some((name, _)) = self.attributes.first() {
            return Err(ParseError::attribute(format!("{place}@{name}")));
        }
        let (children, text) = self.take_children();
        match children.first() {
            Some(child) => Err(ParseError::element(format!("{place}/{}[0]", child.name))),
            None if text.is_empty() => Ok(()),
            None => Err(ParseError::text(place, &text)),
        }
    }
}

/// What an attribute or a text can hold.
pub(super) trait Value: Sized {
    /// Ends the sentence "expected …".
    const EXPECTED: &'static str;
    fn write(&self) -> String;
    fn read(text: &str) -> Option<Self>;
    fn check(&self) -> Result<(), Why> {
        Ok(())
    }
}

/// What stands between the tags of one kind of element.
pub(super) trait Content: Sized {
    fn write_into(&self, element: &mut Element);
    fn read_from(element: &mut Element, place: &str) -> Result<Self, ParseError>;
    fn check_in(&self, place: &str, refused: &mut Vec<Refused>);
}

/// One typed element.
pub(super) trait Part: Sized {
    const NAME: &'static str;
    fn to_element(&self) -> Element;
    fn from_element(element: Element, place: &str) -> Result<Self, ParseError>;
    fn check(&self, place: &str, refused: &mut Vec<Refused>);
}

/// One of several typed elements.
pub(super) trait OneOf: Sized {
    fn name(&self) -> &'static str;
    fn to_element(&self) -> Element;
    fn from_element(element: Element, place: &str) -> Result<Self, ParseError>;
    fn from_text(text: &str) -> Option<Self>;
    fn check(&self, place: &str, refused: &mut Vec<Refused>);
}

impl<V: OneOf> Content for Vec<V> {
    fn write_into(&self, element: &mut Element) {
        element.nodes.extend(self.iter().map(|child| Node::Element(child.to_element())));
    }

    fn read_from(element: &mut Element, place: &str) -> Result<Self, ParseError> {
        let (children, text) = element.take_children();
        if !text.is_empty() {
            return match V::from_text(&text) {
                Some(child) if children.is_empty() => Ok(vec![child]),
                _ => Err(ParseError::text(place, &text)),
            };
        }
        let read = |(i, child): (usize, Element)| {
            let place = format!("{place}/{}[{i}]", child.name);
            V::from_element(child, &place)
        };
        children.into_iter().enumerate().map(read).collect()
    }

    fn check_in(&self, place: &str, refused: &mut Vec<Refused>) {
        for (i, child) in self.iter().enumerate() {
            child.check(&format!("{place}/{}[{i}]", child.name()), refused);
        }
    }
}

/// Checks one attribute: the type's own rule, then the verb's.
pub(super) fn check_attribute<V: Value>(
    value: Option<&V>,
    place: &str,
    name: &str,
    rule: impl Fn(&V) -> Result<(), Why>,
    refused: &mut Vec<Refused>,
) {
    let Some(value) = value else { return };
    if let Err(why) = value.check().and_then(|()| rule(value)) {
        refused.push(why.at(format!("{place}@{name}")));
    }
}

/// The rule of attributes that have none of their own.
pub(super) fn any<V>(_: &V) -> Result<(), Why> {
    Ok(())
}

macro_rules! element {
    ($(#[$meta:meta])* $name:ident $(as $tag:literal)? $(($(#[$content_meta:meta])* $content:ident: $content_type:ty))? {
        $($(#[$attr_meta:meta])* $field:ident: $type:ty = $attr:literal $(| $alias:literal)* $(if $rule:expr)?;)*
    } $(check $whole:path)?) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$content_meta])* pub $content: $content_type,)?
            $($(#[$attr_meta])* pub $field: Option<$type>,)*
        }

        impl $name {
            fn bare($($content: $content_type)?) -> Self {
                Self { $($content,)? $($field: None,)* }
            }

            $($(#[$attr_meta])*
            #[must_use]
            pub fn $field(mut self, $field: impl Into<$type>) -> Self {
                self.$field = Some($field.into());
                self
            })*
        }

        impl $crate::twiml::element::Part for $name {
            const NAME: &'static str = element!(@name $name $($tag)?);

            fn to_element(&self) -> $crate::twiml::element::Element {
                #[allow(unused_mut, reason = "some elements have neither attributes nor content")]
                let mut element = $crate::twiml::element::Element::new(Self::NAME);
                $(if let Some(value) = &self.$field {
                    element.attributes.push(($attr.into(), $crate::twiml::element::Value::write(value)));
                })*
                $($crate::twiml::element::Content::write_into(&self.$content, &mut element);)?
                element
            }

            fn from_element(
                mut element: $crate::twiml::element::Element,
                place: &str,
            ) -> Result<Self, $crate::twiml::parse::ParseError> {
                let read = Self {
                    $($field: element.take_any(&[$attr $(, $alias)*], place)?,)*
                    $($content: $crate::twiml::element::Content::read_from(&mut element, place)?,)?
                };
                element.finish(place)?;
                Ok(read)
            }

            #[allow(unused_variables, reason = "some elements have neither attributes nor content")]
            fn check(&self, place: &str, refused: &mut Vec<$crate::twiml::check::Refused>) {
                $($crate::twiml::element::check_attribute(
                    self.$field.as_ref(), place, $attr, element!(@rule $($rule)?), refused,
                );)*
                $($crate::twiml::element::Content::check_in(&self.$content, place, refused);)?
                $($whole(self, place, refused);)?
            }
        }
    };
    (@name $name:ident) => { stringify!($name) };
    (@name $name:ident $tag:literal) => { $tag };
    (@rule) => { $crate::twiml::element::any };
    (@rule $rule:expr) => { $rule };
}

macro_rules! one_of {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident,)* } $(text $from_text:expr)?) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant, reason = "a document holds a handful of verbs, and matching stays plain")]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant($variant),)*
        }

        $(impl From<$variant> for $name {
            fn from(part: $variant) -> Self {
                Self::$variant(part)
            }
        })*

        impl $crate::twiml::element::OneOf for $name {
            fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$variant as $crate::twiml::element::Part>::NAME,)*
                }
            }

            fn to_element(&self) -> $crate::twiml::element::Element {
                match self {
                    $(Self::$variant(part) => $crate::twiml::element::Part::to_element(part),)*
                }
            }

            fn from_element(
                element: $crate::twiml::element::Element,
                place: &str,
            ) -> Result<Self, $crate::twiml::parse::ParseError> {
                match element.name.as_ref() {
                    $(<$variant as $crate::twiml::element::Part>::NAME => {
                        $crate::twiml::element::Part::from_element(element, place).map(Self::$variant)
                    })*
                    _ => Err($crate::twiml::parse::ParseError::element(place)),
                }
            }

            fn from_text(_text: &str) -> Option<Self> {
                one_of!(@text _text $($from_text)?)
            }

            fn check(&self, place: &str, refused: &mut Vec<$crate::twiml::check::Refused>) {
                match self {
                    $(Self::$variant(part) => $crate::twiml::element::Part::check(part, place, refused),)*
                }
            }
        }
    };
    (@text $text:ident) => { None };
    (@text $text:ident $from_text:expr) => { Some($from_text($text)) };
}

/// Makes an element the only kind that a list of children holds.
macro_rules! only_kind {
    ($($name:ident)*) => {$(
        impl $crate::twiml::element::OneOf for $name {
            fn name(&self) -> &'static str {
                <Self as $crate::twiml::element::Part>::NAME
            }

            fn to_element(&self) -> $crate::twiml::element::Element {
                $crate::twiml::element::Part::to_element(self)
            }

            fn from_element(
                element: $crate::twiml::element::Element,
                place: &str,
            ) -> Result<Self, $crate::twiml::parse::ParseError> {
                if element.name == <Self as $crate::twiml::element::Part>::NAME {
                    $crate::twiml::element::Part::from_element(element, place)
                } else {
                    Err($crate::twiml::parse::ParseError::element(place))
                }
            }

            fn from_text(_text: &str) -> Option<Self> {
                None
            }

            fn check(&self, place: &str, refused: &mut Vec<$crate::twiml::check::Refused>) {
                $crate::twiml::element::Part::check(self, place, refused);
            }
        }
    )*};
}

pub(super) use {element, one_of, only_kind};
