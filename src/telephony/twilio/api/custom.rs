//! Requests for what has no type here: any path of the account, answered as JSON.

use std::fmt;

use serde_json::Value;

use super::draft::Draft;
use super::{AccountSid, ApiRequest, Error, Kind, Operation};

/// `path` as a path below the account that leads nowhere else.
fn checked(path: &str) -> Result<&str, String> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"/-._~%".contains(&b);
    let steps = path.to_ascii_lowercase().replace("%2e", ".");
    let is_path = path.starts_with('/')
        && path.bytes().all(is_plain)
        && !steps.split('/').skip(1).any(|step| matches!(step, "" | "." | ".."));
    if is_path {
        return Ok(path);
    }
    Err("the path begins with / and has letters, digits and -._~% alone, as in /SIP/Domains.json".to_owned())
}

macro_rules! custom {
    ($($(#[$meta:meta])* $name:ident: $kind:ident as $what:literal -> $reply:ty;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq)]
        #[must_use = "it does nothing until a client sends it"]
        pub struct $name {
            path: String,
            draft: Draft,
        }

        impl $name {
            /// A request for this path below the account, as in `/SIP/Domains.json`.
            pub fn new(path: impl Into<String>) -> Self {
                Self { path: path.into(), draft: Draft::new(Vec::new()) }
            }

            /// Adds a parameter. One that was given already is kept too: that is how lists are written.
            pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
                self.draft = self.draft.with(name.into(), &value.into());
                self
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.draft.show(stringify!($name), f)
            }
        }

        impl Operation for $name {
            type Reply = $reply;
            const WHAT: &'static str = $what;
            const KIND: Kind = Kind::$kind;

            fn request(&self, account: &AccountSid) -> Result<ApiRequest, Error> {
                let path = checked(&self.path).map_err(|why| Error::unsendable(Self::WHAT, why))?;
                self.draft.request::<Self>(account, path, &[])
            }
        }
    )*};
}

custom! {
    /// Reads something.
    Get: Fetch as "reading of a resource" -> Value;
    /// Makes or changes something. It is taken for something that happens twice when it is sent twice.
    Post: Act as "request for a resource" -> Value;
    /// Takes something away.
    Delete: Delete as "deletion of a resource" -> ();
}
