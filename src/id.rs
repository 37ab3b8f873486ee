//! Names of things. A call's id is derived from the provider's id, so that facts about it find the same record in any order.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a text is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a name: use 1 to 48 lower-case letters, digits, `_` or `-`")]
pub struct NameError(pub String);

fn check(name: &str) -> Result<(), NameError> {
    let fits = (1..=48).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
    if fits { Ok(()) } else { Err(NameError(name.chars().take(60).collect())) }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name called `name`; refuses what is not 1 to 48 lower-case letters, digits, `_` or `-`.
            pub fn new(name: impl Into<String>) -> Result<Self, NameError> {
                let name = name.into();
                check(&name)?;
                Ok(Self(name.into()))
            }
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(name: String) -> Result<Self, NameError> {
                Self::new(name)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;
            fn from_str(name: &str) -> Result<Self, NameError> {
                Self::new(name)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.as_str().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// Whose call centre it is. A single-tenant application never sees it: [`TenantId::default`] is used.
    TenantId
}
name! {
    /// Name of an agent.
    AgentId
}
name! {
    /// Name of a queue.
    QueueId
}

impl Default for TenantId {
    fn default() -> Self {
        Self("default".into())
    }
}

/// A customer's contact, from the first ring to the last hang-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(pub Uuid);

impl CallId {
    /// The id of the call that the provider's leg `leg` of account `account` began (UUID v5).
    #[must_use]
    pub fn of_leg(tenant: &TenantId, account: &str, leg: &str) -> Self {
        Self(Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("switchboard:{tenant}/{account}/{leg}").as_bytes()))
    }

    /// The id of the call that an application asks for under `request` (UUID v5): asking twice is asking once.
    #[must_use]
    pub fn of_request(tenant: &TenantId, request: &str) -> Self {
        Self(Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("switchboard-request:{tenant}/{request}").as_bytes()))
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.simple())
    }
}

impl std::str::FromStr for CallId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::parse_str(text).map(Self)
    }
}

/// A leg of a call: unique within it, counted from 0 (the customer's leg of an inbound call).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LegId(pub u32);

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
