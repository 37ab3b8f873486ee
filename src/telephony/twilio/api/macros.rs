//! What every resource is made with: operations, their parameters, the objects that are answered, open lists of words.

/// How an argument is taken: plain where a literal would otherwise have no type, `Into` where that spares a `to_owned`.
macro_rules! argument {
    (u32) => { u32 };
    (bool) => { bool };
    (Duration) => { std::time::Duration };
    (Millis) => { std::time::Duration };
    ([$item:ident]) => { impl IntoIterator<Item = impl Into<$item>> };
    ($ty:ident) => { impl Into<$ty> };
}

/// The draft with the parameter set.
macro_rules! store {
    ($draft:expr, $wire:literal, $value:ident, [$item:ident]) => {
        $value.into_iter().fold($draft.without($wire), |draft, one| {
            let one: $item = one.into();
            draft.with($wire, &one)
        })
    };
    ($draft:expr, $wire:literal, $value:ident, Millis) => {
        $draft.set($wire, &$crate::telephony::twilio::api::draft::Millis($value))
    };
    ($draft:expr, $wire:literal, $value:ident, u32) => {
        $draft.set($wire, &$value)
    };
    ($draft:expr, $wire:literal, $value:ident, bool) => {
        $draft.set($wire, &$value)
    };
    ($draft:expr, $wire:literal, $value:ident, Duration) => {
        $draft.set($wire, &$value)
    };
    ($draft:expr, $wire:literal, $value:ident, $ty:ident) => {{
        let value: $ty = $value.into();
        $draft.set($wire, &value)
    }};
}

/// `Name(id: SHAPE) = Kind "/Path/{}.json" as "what it is called in messages" -> Reply { required: Type = "Wire" }`, and
/// `; always "Wire" = "value"` where one parameter is what the operation is about.
macro_rules! operations {
    ($(
        $(#[$meta:meta])*
        $name:ident($($id:ident: $shape:ident),*) = $kind:ident $template:literal as $what:literal -> $reply:ty
        { $($need:ident: $ty:tt = $wire:literal),* $(,)? } $(; always $fixed_wire:literal = $fixed:literal)?
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq)]
        #[must_use = "it does nothing until a client sends it"]
        pub struct $name {
            draft: $crate::telephony::twilio::api::draft::Draft,
        }

        impl $name {
            /// The operation with what it cannot do without, and nothing else. Nothing is checked yet.
            pub fn new($($id: impl Into<String>,)* $($need: $crate::telephony::twilio::api::macros::argument!($ty)),*)
            -> Self {
                let draft = $crate::telephony::twilio::api::draft::Draft::new(vec![$($id.into()),*]);
                $(let draft = $crate::telephony::twilio::api::macros::store!(draft, $wire, $need, $ty);)*
                $(let draft = draft.set($fixed_wire, &$fixed.to_owned());)?
                Self { draft }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.draft.show(stringify!($name), f)
            }
        }

        impl $crate::telephony::twilio::api::Operation for $name {
            type Reply = $reply;
            const WHAT: &'static str = $what;
            const KIND: $crate::telephony::twilio::api::Kind = $crate::telephony::twilio::api::Kind::$kind;

            fn request(
                &self,
                account: &$crate::telephony::twilio::request::AccountSid,
            ) -> Result<$crate::telephony::twilio::request::ApiRequest, $crate::telephony::twilio::api::Error> {
                self.draft.request::<Self>(account, $template, &[$($shape),*])
            }
        }

        $crate::telephony::twilio::api::macros::operations!(@default $name ($($id)* $($need)*));
    )*};
    (@default $name:ident ()) => {
        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
    };
    (@default $name:ident ($($any:tt)+)) => {};
}

/// Lists: `Name(id: SHAPE) = "/Path/{}.json" as "what it is called" -> Item { }`.
macro_rules! listings {
    ($(
        $(#[$meta:meta])*
        $name:ident($($id:ident: $shape:ident),*) = $template:literal as $what:literal -> $item:ident
    )*) => {$(
        $crate::telephony::twilio::api::macros::operations! {
            $(#[$meta])*
            $name($($id: $shape),*) = List $template as $what -> $crate::telephony::twilio::api::Page<$item> {}
        }

        impl $name {
            /// How many items Twilio puts on a page: 50 unless set, 1000 at most (beyond that it refuses with 20007).
            pub fn page_size(mut self, items: u32) -> Self {
                self.draft = self.draft.set("PageSize", &items);
                self
            }

            /// How many items are read in all; every one unless set. Pages beyond it are not asked for, and where no
            /// page size is set, no page is larger than it.
            pub fn limit(mut self, items: usize) -> Self {
                self.draft = self.draft.limit(items);
                self
            }
        }

        impl $crate::telephony::twilio::api::Listing for $name {
            type Item = $item;

            fn items_max(&self) -> Option<usize> {
                self.draft.items_max()
            }
        }
    )*};
}

/// Optional parameters of one or several operations.
macro_rules! parameters {
    (@one $name:ident { $($(#[$meta:meta])* $param:ident: $ty:tt = $wire:literal;)* }) => {
        impl $name {$(
            $(#[$meta])*
            pub fn $param(mut self, $param: $crate::telephony::twilio::api::macros::argument!($ty)) -> Self {
                self.draft = $crate::telephony::twilio::api::macros::store!(self.draft, $wire, $param, $ty);
                self
            }
        )*}
    };
    ($($name:ident),+ { $($body:tt)* }) => {
        $crate::telephony::twilio::api::macros::parameters!(@each [$($name)+] { $($body)* });
    };
    (@each [$($name:ident)+] $body:tt) => {
        $($crate::telephony::twilio::api::macros::parameters!(@one $name $body);)+
    };
}

/// Objects that are answered. A field is `None` where Twilio says null or nothing, or something that is not of its type.
/// `hidden` ones are personal or secret: `Debug` does not show them.
macro_rules! resources {
    ($(
        $(#[$meta:meta])*
        $name:ident $(in $key:literal)? {
            $(id { $(#[$id_meta:meta])* $id:ident })?
            shown { $($(#[$shown_meta:meta])* $shown:ident: $shown_ty:ty $(= $shown_wire:literal)?,)* }
            hidden { $($(#[$hidden_meta:meta])* $hidden:ident: $hidden_ty:ty $(= $hidden_wire:literal)?,)* }
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, serde::Deserialize)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$id_meta])* pub $id: String,)?
            $(
                $(#[$shown_meta])*
                #[serde(default, deserialize_with = "super::field::lenient" $(, rename = $shown_wire)?)]
                pub $shown: Option<$shown_ty>,
            )*
            $(
                $(#[$hidden_meta])*
                #[serde(default, deserialize_with = "super::field::lenient" $(, rename = $hidden_wire)?)]
                pub $hidden: Option<$hidden_ty>,
            )*
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($id), &self.$id))?
                    $(.field(stringify!($shown), &self.$shown))*
                    .finish_non_exhaustive()
            }
        }

        impl $crate::telephony::twilio::api::field::Field for $name {
            fn read(value: serde_json::Value) -> Option<Self> {
                value.is_object().then(|| serde_json::from_value(value).ok()).flatten()
            }
        }

        impl $crate::telephony::twilio::api::Reply for $name {
            fn read(body: &[u8]) -> Option<Self> {
                serde_json::from_slice(body).ok().and_then(<Self as $crate::telephony::twilio::api::field::Field>::read)
            }
        }

        $(impl $crate::telephony::twilio::api::Item for $name {
            const KEY: &'static str = $key;

            fn item(value: serde_json::Value) -> Option<Self> {
                <Self as $crate::telephony::twilio::api::field::Field>::read(value)
            }
        })?
    )*};
}

/// Open lists of words: one that is not known here is kept as it came.
macro_rules! open_words {
    ($(
        $(#[$meta:meta])*
        $name:ident { $($(#[$word_meta:meta])* $variant:ident = $word:literal,)+ }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$word_meta])* $variant,)+
            /// A word that is not known here, as it came.
            Other(String),
        }

        impl $name {
            /// Every word that is known here.
            pub const KNOWN: &[&str] = &[$($word),+];

            /// The word as Twilio writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $($word => Self::$variant,)+
                    _ => Self::Other(word),
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                Self::from(word.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.as_str().to_owned()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::telephony::twilio::api::draft::Parameter for $name {
            fn write(&self) -> String {
                self.as_str().to_owned()
            }
        }

        impl $crate::telephony::twilio::api::field::Field for $name {
            fn read(value: serde_json::Value) -> Option<Self> {
                match value {
                    serde_json::Value::String(word) => Some(Self::from(word)),
                    _ => None,
                }
            }
        }
    )*};
}

pub(super) use {argument, listings, open_words, operations, parameters, resources, store};
