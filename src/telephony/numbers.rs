//! Telephone numbers of an account: the [`Numbers`] trait, an ability that a telephony may have.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::TelephonyError;
use crate::phone::PhoneNumber;

/// A number that belongs to the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OwnedNumber {
    /// The provider's id of it.
    pub id: String,
    /// The number.
    pub number: PhoneNumber,
    /// What people call it.
    pub name: String,
    /// What happens when it is called or written to.
    pub binding: NumberBinding,
    /// Whether it can be called.
    pub takes_calls: bool,
    /// Whether it can be written to.
    pub takes_messages: bool,
}

impl OwnedNumber {
    /// A number that takes calls and messages, under its digits as name.
    #[must_use]
    pub fn new(id: impl Into<String>, number: PhoneNumber, binding: NumberBinding) -> Self {
        let name = number.as_str().to_owned();
        Self { id: id.into(), number, name, binding, takes_calls: true, takes_messages: true }
    }
}

/// What happens when a number is called or written to. Binding sets all of it: what is `None` is taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NumberBinding {
    /// Asked for a document by POST when the number is called: the voice URL of the call centre, which knows the flow of
    /// each number.
    pub voice_url: Option<String>,
    /// Asked instead when that one fails.
    pub fallback_url: Option<String>,
    /// Told of the end of each call by POST.
    pub status_url: Option<String>,
    /// Told of each message by POST.
    pub message_url: Option<String>,
}

impl NumberBinding {
    /// Calls go to `voice_url`; nothing else is asked or told.
    #[must_use]
    pub fn voice(voice_url: impl Into<String>) -> Self {
        Self { voice_url: Some(voice_url.into()), ..Self::default() }
    }
    /// The same, asking `url` when the first one fails.
    #[must_use]
    pub fn fallback_url(mut self, url: impl Into<String>) -> Self {
        self.fallback_url = Some(url.into());
        self
    }
    /// The same, telling `url` of the end of each call.
    #[must_use]
    pub fn status_url(mut self, url: impl Into<String>) -> Self {
        self.status_url = Some(url.into());
        self
    }
    /// The same, telling `url` of each message.
    #[must_use]
    pub fn message_url(mut self, url: impl Into<String>) -> Self {
        self.message_url = Some(url.into());
        self
    }
}

/// Some of the account's numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberPage {
    /// The numbers.
    pub numbers: Vec<OwnedNumber>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<String>,
}

/// What kind of number is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NumberSearch {
    /// ISO 3166 code of the country, as in `US`.
    pub country: String,
    /// Digits it has to contain, `*` for any; `None`: any number.
    pub contains: Option<String>,
    /// Area code, in countries that have them.
    pub area_code: Option<u32>,
    /// Whether callers do not pay for it.
    pub toll_free: bool,
    /// How many are wanted, 1 to 100.
    pub count_max: u32,
}

impl NumberSearch {
    /// Up to 20 local numbers of this country.
    #[must_use]
    pub fn local(country: impl Into<String>) -> Self {
        Self { country: country.into(), contains: None, area_code: None, toll_free: false, count_max: 20 }
    }
    /// Up to 20 numbers of this country that callers do not pay for.
    #[must_use]
    pub fn toll_free(country: impl Into<String>) -> Self {
        Self { toll_free: true, ..Self::local(country) }
    }
    /// The same, with these digits in it.
    #[must_use]
    pub fn containing(mut self, digits: impl Into<String>) -> Self {
        self.contains = Some(digits.into());
        self
    }
    /// The same, in this area.
    #[must_use]
    pub fn area_code(mut self, area_code: u32) -> Self {
        self.area_code = Some(area_code);
        self
    }
}

/// A number that could be bought.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AvailableNumber {
    /// The number.
    pub number: PhoneNumber,
    /// Town or the like, where the provider says so.
    pub locality: Option<String>,
    /// State or province, where the provider says so.
    pub region: Option<String>,
}

impl AvailableNumber {
    /// A number of which nothing else is known.
    #[must_use]
    pub fn new(number: PhoneNumber) -> Self {
        Self { number, locality: None, region: None }
    }
}

/// Lists, buys, binds and releases telephone numbers: an ability beside [`Telephony`](super::Telephony).
///
/// Errors say how much is known, as there: of buying alone [`Failure::Unknown`](super::Failure::Unknown) can be said,
/// and [`Numbers::list`] then tells whether the number is owned.
#[async_trait]
pub trait Numbers: fmt::Debug + Send + Sync + 'static {
    /// A page of the account's numbers; `after` is [`NumberPage::next`] of the page before. Reading only.
    async fn list(&self, after: Option<&str>) -> Result<NumberPage, TelephonyError>;

    /// Numbers that could be bought now. Reading only; anybody may be faster.
    async fn search(&self, wanted: &NumberSearch) -> Result<Vec<AvailableNumber>, TelephonyError>;

    /// Buys a number and binds it.
    ///
    /// # On return
    /// `Ok`: it belongs to the account, and costs money from now on.
    /// # Never
    /// Sends anything again that may have been done already.
    async fn buy(&self, number: &PhoneNumber, binding: &NumberBinding) -> Result<OwnedNumber, TelephonyError>;

    /// Sets what happens when the number of this id is called or written to; a SIP trunk or application that was set for
    /// it is taken away, as it would win. Done twice, nothing changes.
    async fn bind(&self, id: &str, binding: &NumberBinding) -> Result<OwnedNumber, TelephonyError>;

    /// Gives the number of this id up. Done also when it is not owned any more.
    async fn release(&self, id: &str) -> Result<(), TelephonyError>;
}
