//! Twilio's REST API (2010-04-01) as values: operations that become requests, and what is answered, typed.
//!
//! Nothing here sends, waits or reads a clock. An [`Operation`] becomes an [`ApiRequest`] for an account, and reads the
//! [`Answer`] to it; the client in `rest` (feature `twilio`) does no more than carry the two over HTTPS.
//!
//! ```
//! use std::time::Duration;
//! use switchboard::telephony::twilio::api::{AccountSid, Answer, CallEvent, CallStatus, Operation, calls};
//!
//! let account: AccountSid = "AC0123456789abcdef0123456789abcdef".parse().unwrap();
//! let call = calls::Create::new("+14155550123", "+14155550100")
//!     .url("https://centre.example/answered")
//!     .status_callback_event([CallEvent::Answered, CallEvent::Completed])
//!     .timeout(Duration::from_secs(20));
//! let request = call.request(&account).unwrap();
//! assert_eq!(request.to_string(), format!("POST /2010-04-01/Accounts/{}/Calls.json", account.as_str()));
//!
//! let body = br#"{"sid":"CA0123456789abcdef0123456789abcdef","status":"queued","duration":null}"#;
//! let placed = call.read(&Answer::new(201, body)).unwrap();
//! assert_eq!((placed.status, placed.duration_secs), (Some(CallStatus::Queued), None));
//! ```
//!
//! Field and parameter names are Twilio's, in the spelling of Rust; units are added where Twilio leaves them out. What
//! is marked unverified comes from field reports, and is not in Twilio's own documents.

mod draft;
mod error;
mod field;
mod macros;
mod page;
mod words;

pub mod account;
pub mod applications;
pub mod available_numbers;
pub mod caller_ids;
pub mod calls;
pub mod codes;
pub mod conferences;
pub mod custom;
pub mod keys;
pub mod live_transcriptions;
pub mod messages;
pub mod notifications;
pub mod numbers;
pub mod participants;
pub mod payments;
pub mod queues;
pub mod recordings;
pub mod siprec;
pub mod streams;
pub mod transcriptions;
pub mod usage;
pub mod user_messages;

pub use codes::{Class, ErrorCode, Group};
pub use draft::{Day, When};
pub use error::{Error, ErrorKind};
pub use field::Decimal;
pub use page::{Page, Pages};
pub use words::*;

pub use super::request::{AccountSid, AccountSidError, ApiRequest, Method};

/// What an operation does, as far as sending it is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `POST`: makes something new. Twice makes two.
    Create,
    /// `POST`: makes something happen, which happens twice when it is sent twice.
    Act,
    /// `POST`: sets something to a state. Twice is no more than once.
    Update,
    /// `GET`: reads one thing.
    Fetch,
    /// `GET`: reads a page of a list.
    List,
    /// `DELETE`: takes something away.
    Delete,
}

impl Kind {
    /// The method it is sent with.
    #[must_use]
    pub fn method(self) -> Method {
        match self {
            Self::Create | Self::Act | Self::Update => Method::Post,
            Self::Fetch | Self::List => Method::Get,
            Self::Delete => Method::Delete,
        }
    }

    /// Whether sending it twice does no more than once.
    #[must_use]
    pub fn is_harmless_again(self) -> bool {
        !matches!(self, Self::Create | Self::Act)
    }
}

/// One thing that can be asked of Twilio.
pub trait Operation {
    /// What is answered.
    type Reply: Reply;
    /// What it is called in messages, as in "creation of a call".
    const WHAT: &'static str;
    /// What it does.
    const KIND: Kind;

    /// The request that asks for it in this account. An error is [`ErrorKind::Unsendable`]: an id or name that may not
    /// stand in a path, or too many of something.
    fn request(&self, account: &AccountSid) -> Result<ApiRequest, Error>;

    /// Reads the answer. `Err`: Twilio refused, or what it wrote is not what this operation is answered with.
    ///
    /// Fields that Twilio does not know yet, or that are not of their type, are no error: see each field.
    fn read(&self, answer: &Answer<'_>) -> Result<Self::Reply, Error> {
        if !answer.is_success() {
            return Err(Error::refused(Self::WHAT, Self::KIND, answer));
        }
        Self::Reply::read(answer.body).ok_or_else(|| Error::unreadable(Self::WHAT, Self::KIND, answer))
    }
}

impl<O: Operation + ?Sized> Operation for &O {
    type Reply = O::Reply;
    const WHAT: &'static str = O::WHAT;
    const KIND: Kind = O::KIND;

    fn request(&self, account: &AccountSid) -> Result<ApiRequest, Error> {
        (**self).request(account)
    }

    fn read(&self, answer: &Answer<'_>) -> Result<Self::Reply, Error> {
        (**self).read(answer)
    }
}

/// An operation that reads a list, page by page.
pub trait Listing: Operation<Reply = Page<Self::Item>> {
    /// What is listed.
    type Item: Item;

    /// How many items are wanted in all; `None`: every one.
    fn items_max(&self) -> Option<usize>;
}

impl<L: Listing + ?Sized> Listing for &L {
    type Item = L::Item;

    fn items_max(&self) -> Option<usize> {
        (**self).items_max()
    }
}

/// What an operation is answered with.
pub trait Reply: Sized {
    /// Reads the body of a success; `None`: it is something else.
    fn read(body: &[u8]) -> Option<Self>;
}

/// A deletion is answered with no body (Twilio docs: 204).
impl Reply for () {
    fn read(_body: &[u8]) -> Option<Self> {
        Some(())
    }
}

/// Any JSON at all.
impl Reply for serde_json::Value {
    fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }
}

/// What stands in a list.
pub trait Item: Reply {
    /// The name that a page gives the list.
    const KEY: &'static str;

    /// Reads one; `None`: it is something else.
    fn item(value: serde_json::Value) -> Option<Self>;
}

/// What Twilio answered to a request. `Debug` does not show the body: it holds telephone numbers.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    /// The body, as it came.
    pub body: &'a [u8],
    /// The header `Retry-After`, as it came.
    pub retry_after: Option<&'a str>,
    /// The header `Twilio-Request-Id`, which Twilio's support asks for.
    pub request_id: Option<&'a str>,
}

impl<'a> Answer<'a> {
    /// An answer without headers.
    #[must_use]
    pub fn new(status: u16, body: &'a [u8]) -> Self {
        Self { status, body, retry_after: None, request_id: None }
    }

    /// The same, with these headers.
    #[must_use]
    pub fn with_headers(mut self, retry_after: Option<&'a str>, request_id: Option<&'a str>) -> Self {
        (self.retry_after, self.request_id) = (retry_after, request_id);
        self
    }

    /// Whether it says that the thing was done.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl std::fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

impl ApiRequest {
    /// The path, without query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }

    /// The parameters, from query and body, decoded and in order.
    #[must_use]
    pub fn pairs(&self) -> Vec<(String, String)> {
        let query = self.path_and_query.split_once('?').map_or("", |(_, query)| query);
        let forms = [query, self.body.as_deref().unwrap_or_default()];
        let pairs =
            forms.iter().filter_map(|form| crate::webhook::form::decode(form.as_bytes(), usize::MAX).ok()).flatten();
        pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }
}
