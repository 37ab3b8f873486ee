//! The shape of a callback, written as a table: one line for each parameter.

/// A word of a fixed list, of which the provider may add more at any time.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$word_doc])* $variant,)+
            /// A word that is not known here, as it came.
            Other(String),
        }

        impl $name {
            /// The words that are known here, in the order of the variants.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The provider's word.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::webhook::params::kinds::Kind for $name {
            type Value = Self;
            fn read(text: &str) -> Option<Self> { Some(Self::from(text)) }
        }
    )+};
}

/// The fields of a struct: `parts` are read as groups of their own, `needs` must be there, `reads` may be missing,
/// `twins` are said under two names. Each line is `field: type = Kind("Parameter")`.
macro_rules! table {
    (
        $(#[$doc:meta])* $name:ident $(($extra:ident))? {
            $(parts { $($(#[$part_doc:meta])* $part:ident: $part_type:ty,)+ })?
            $(needs { $($(#[$need_doc:meta])* $need:ident: $need_type:ty = $need_kind:ident($need_name:literal),)+ })?
            $(reads { $($(#[$read_doc:meta])* $read:ident: $read_type:ty = $read_kind:ident($read_name:literal $(, $twin:literal)?),)+ })?
            $(prefixed { $($(#[$all_doc:meta])* $all:ident = $prefix:literal,)+ })?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($($(#[$part_doc])* pub $part: $part_type,)+)?
            $($($(#[$need_doc])* pub $need: $need_type,)+)?
            $($($(#[$read_doc])* pub $read: Option<$read_type>,)+)?
            $($($(#[$all_doc])* pub $all: $crate::webhook::params::NamedValues,)+)?
            $(
                /// What was not read: parameters of your own, those that are not known here, and those whose value is
                /// not of its kind.
                pub $extra: $crate::webhook::params::NamedValues,
            )?
        }

        impl $crate::webhook::params::Part for $name {
            fn take(
                fields: &mut $crate::webhook::params::fields::Fields,
            ) -> Result<Self, $crate::webhook::params::MissingParam> {
                Ok(Self {
                    $($($part: $crate::webhook::params::Part::take(fields)?,)+)?
                    $($($need: fields.need::<$need_kind>($need_name)?,)+)?
                    $($($read: table!(@take fields $read_kind $read_name $(, $twin)?),)+)?
                    $($($all: fields.take_prefixed($prefix),)+)?
                    $($extra: $crate::webhook::params::NamedValues::default(),)?
                })
            }

            fn show(&self, shown: &mut std::fmt::DebugStruct<'_, '_>) {
                $($($crate::webhook::params::Part::show(&self.$part, shown);)+)?
                $($(table!(@show shown $need_kind self.$need, stringify!($need));)+)?
                $($(if let Some(value) = &self.$read {
                    table!(@show shown $read_kind *value, stringify!($read));
                })+)?
                $($(if !self.$all.is_empty() {
                    shown.field(stringify!($all), &self.$all);
                })+)?
                $(if !self.$extra.is_empty() {
                    shown.field(stringify!($extra), &self.$extra);
                })?
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut shown = f.debug_struct(stringify!($name));
                $crate::webhook::params::Part::show(self, &mut shown);
                shown.finish()
            }
        }

        $(
            impl $crate::webhook::params::Callback for $name {
                fn with_rest(mut self, rest: $crate::webhook::params::NamedValues) -> Self {
                    self.$extra = rest;
                    self
                }
            }
        )?
    };
    (@take $fields:ident $kind:ident $name:literal) => { $fields.take::<$kind>($name) };
    (@take $fields:ident $kind:ident $name:literal, $twin:literal) => { $fields.take_twin::<$kind>($name, $twin) };
    (@show $shown:ident $kind:ident $value:expr, $name:expr) => {
        if <$kind as $crate::webhook::params::kinds::Kind>::SHOWN {
            $shown.field($name, &$value);
        } else {
            $shown.field($name, &format_args!("…"));
        }
    };
}

pub(super) use {table, words};
