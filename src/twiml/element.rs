//! What every element, attribute and list of children can do, and the macros every verb is made with.
//!
//! `element!` makes a struct whose name is the element's name, with one optional public field and one builder method
//! per attribute; `as` gives the element's name where the type has another, and `|` an attribute's second spelling,
//! which is read, and written only by values that remember it. `one_of!` makes the closed list of elements that a
//! parent may hold.
//!
//! Elements write themselves straight into the text. Only the reader makes a tree first.

use super::check::{Report, Why};
use super::parse::ParseError;
use super::place::Place;
use super::reading::Reading;
use super::tree::Element;
use super::write::Writer;

/// What an attribute or a text can hold.
pub(super) trait Value: Sized {
    /// Ends the sentence "expected …".
    const EXPECTED: &'static str;
    /// Writes it as the value of an attribute.
    fn write(&self, out: &mut Writer);
    /// About as many bytes as it has once it is written, and seldom fewer.
    fn size(&self) -> usize;
    fn read(text: &str) -> Option<Self>;
    /// What of a text that cannot be read still can.
    fn read_some(_text: &str) -> Option<Self> {
        None
    }
    fn check(&self) -> Result<(), Why> {
        Ok(())
    }
    /// Whether it is a URL that only a document's own URL completes.
    fn is_relative(&self) -> bool {
        false
    }
    /// Reads it from the attribute's spelling of this number; 0 is the one before all `|`.
    fn read_spelled(text: &str, _spelling: usize) -> Option<Self> {
        Self::read(text)
    }
    /// Under which spelling it is written.
    fn spelling(&self) -> usize {
        0
    }
}

/// What stands between the tags of one kind of element.
pub(super) trait Content: Sized {
    fn write(&self, out: &mut Writer);
    /// `None` when the element is skipped.
    fn read(element: &mut Element, place: &Place<'_>, reading: &mut Reading) -> Result<Option<Self>, ParseError>;
    fn check(&self, place: &Place<'_>, report: &mut Report);
}

/// One typed element.
pub(super) trait Part: Sized {
    const NAME: &'static str;
    fn write(&self, out: &mut Writer);
    /// `None` when the element is skipped.
    fn read(element: Element, place: &Place<'_>, reading: &mut Reading) -> Result<Option<Self>, ParseError>;
    fn check(&self, place: &Place<'_>, report: &mut Report);
    /// Leaves the attribute out; false when it was not there.
    fn clear(&mut self, attribute: &str) -> bool;
}

/// One of several typed elements.
pub(super) trait OneOf: Sized {
    fn write(&self, out: &mut Writer);
    /// `None` when the element is skipped.
    fn read(element: Element, place: &Place<'_>, reading: &mut Reading) -> Result<Option<Self>, ParseError>;
    fn from_text(text: &str) -> Option<Self>;
    fn check(&self, above: &Place<'_>, at: usize, report: &mut Report);
}

impl<V: OneOf> Content for Vec<V> {
    #[inline]
    fn write(&self, out: &mut Writer) {
        for child in self {
            child.write(out);
        }
    }

    fn read(element: &mut Element, place: &Place<'_>, reading: &mut Reading) -> Result<Option<Self>, ParseError> {
        let (children, text) = element.take_children();
        if !text.is_empty() {
            match V::from_text(&text) {
                Some(child) if children.is_empty() => return Ok(Some(vec![child])),
                _ => reading.no_text(place, &text)?,
            }
        }
        let mut read = Self::with_capacity(children.len());
        for (i, child) in children.into_iter().enumerate() {
            let name = child.name.clone();
            read.extend(V::read(child, &place.child(&name, i), reading)?);
        }
        Ok(Some(read))
    }

    #[inline]
    fn check(&self, place: &Place<'_>, report: &mut Report) {
        for (i, child) in self.iter().enumerate() {
            child.check(place, i, report);
        }
    }
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

            fn write(&self, out: &mut $crate::twiml::write::Writer) {
                out.start(concat!("<", element!(@name $name $($tag)?)));
                $(if let Some(value) = &self.$field {
                    const LEADS: &[&str] =
                        &[concat!(" ", $attr, "=\"") $(, concat!(" ", $alias, "=\""))*];
                    out.attribute(element!(@lead value $($alias)*), value);
                })*
                $($crate::twiml::element::Content::write(&self.$content, out);)?
                out.end(concat!("</", element!(@name $name $($tag)?), ">"));
            }

            fn read(
                element: $crate::twiml::tree::Element,
                place: &$crate::twiml::place::Place<'_>,
                reading: &mut $crate::twiml::reading::Reading,
            ) -> Result<Option<Self>, $crate::twiml::parse::ParseError> {
                #[allow(unused_mut, reason = "some elements have neither attributes nor content")]
                let mut element = element;
                $(let $content = $crate::twiml::element::Content::read(&mut element, place, reading)?;)?
                let mut read = Self {
                    $($field: reading.take(&mut element, &[$attr $(, $alias)*], place)?,)*
                    $($content: match $content {
                        Some(content) => content,
                        None => return Ok(None),
                    },)?
                };
                reading.finish(element, place)?;
                Ok(reading.settle(&mut read, place).then_some(read))
            }

            #[allow(unused_variables, reason = "some elements have neither attributes nor content")]
            fn check(&self, place: &$crate::twiml::place::Place<'_>, report: &mut $crate::twiml::check::Report) {
                report.bytes += 2 * Self::NAME.len() + 5;
                $(if let Some(value) = &self.$field {
                    report.attribute(value, place, $attr, element!(@rule $($rule)?));
                })*
                $($crate::twiml::element::Content::check(&self.$content, place, report);)?
                $($whole(self, place, report);)?
            }

            #[allow(unused_variables, reason = "some elements have no attributes")]
            fn clear(&mut self, attribute: &str) -> bool {
                match attribute {
                    $($attr => self.$field.take().is_some(),)*
                    _ => false,
                }
            }
        }
    };
    (@name $name:ident) => { stringify!($name) };
    (@name $name:ident $tag:literal) => { $tag };
    (@lead $value:ident) => { LEADS[0] };
    (@lead $value:ident $($alias:literal)+) => { LEADS[$crate::twiml::element::Value::spelling($value).min(LEADS.len() - 1)] };
    (@rule) => { $crate::twiml::check::any };
    (@rule $rule:expr) => { $rule };
}

macro_rules! one_of {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident,)* }
        $(text $from_text:expr;)? $(stranger $stranger:expr;)?) => {
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
            #[inline]
            fn write(&self, out: &mut $crate::twiml::write::Writer) {
                match self {
                    $(Self::$variant(part) => $crate::twiml::element::Part::write(part, out),)*
                }
            }

            fn read(
                element: $crate::twiml::tree::Element,
                place: &$crate::twiml::place::Place<'_>,
                reading: &mut $crate::twiml::reading::Reading,
            ) -> Result<Option<Self>, $crate::twiml::parse::ParseError> {
                match element.name.as_str() {
                    $(<$variant as $crate::twiml::element::Part>::NAME => {
                        Ok($crate::twiml::element::Part::read(element, place, reading)?.map(Self::$variant))
                    })*
                    _name => {
                        let stranger = $crate::twiml::parse::ParseError::element(place);
                        $(let stranger = stranger.coded($stranger(_name));)?
                        reading.wrong(stranger, $crate::twiml::reading::Subject::UnknownElement, place)?;
                        Ok(None)
                    }
                }
            }

            fn from_text(_text: &str) -> Option<Self> {
                one_of!(@text _text $($from_text)?)
            }

            #[inline]
            fn check(
                &self,
                above: &$crate::twiml::place::Place<'_>,
                at: usize,
                report: &mut $crate::twiml::check::Report,
            ) {
                match self {
                    $(Self::$variant(part) => {
                        let place = above.child(<$variant as $crate::twiml::element::Part>::NAME, at);
                        $crate::twiml::element::Part::check(part, &place, report);
                    })*
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
            #[inline]
            fn write(&self, out: &mut $crate::twiml::write::Writer) {
                $crate::twiml::element::Part::write(self, out);
            }

            fn read(
                element: $crate::twiml::tree::Element,
                place: &$crate::twiml::place::Place<'_>,
                reading: &mut $crate::twiml::reading::Reading,
            ) -> Result<Option<Self>, $crate::twiml::parse::ParseError> {
                if element.name == <Self as $crate::twiml::element::Part>::NAME {
                    return $crate::twiml::element::Part::read(element, place, reading);
                }
                reading.stranger(place)?;
                Ok(None)
            }

            fn from_text(_text: &str) -> Option<Self> {
                None
            }

            #[inline]
            fn check(
                &self,
                above: &$crate::twiml::place::Place<'_>,
                at: usize,
                report: &mut $crate::twiml::check::Report,
            ) {
                let place = above.child(<Self as $crate::twiml::element::Part>::NAME, at);
                $crate::twiml::element::Part::check(self, &place, report);
            }
        }
    )*};
}

pub(super) use {element, one_of, only_kind};
