//! An operation before it is a request: what stands in its path, and its parameters.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

use super::{Error, Operation};
use crate::telephony::twilio::request::{AccountSid, ApiRequest, Method, is_sid, segment, whole_secs};
use crate::time::Timestamp;
use crate::webhook::form;

/// Largest page (Twilio docs, REST API paging).
const PAGE_SIZE_MAX: usize = 1000;

/// How many parameters of its own a stream takes (Twilio docs: `Parameter1` to `Parameter99`).
const NUMBERED_MAX: usize = 99;

/// What may stand for a `{}` of a path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// What it is the id of.
    what: &'static str,
    prefixes: &'static [&'static str],
    words: &'static [&'static str],
    /// Whether any other text is a name for it.
    named: bool,
}

impl Shape {
    /// The id of something: one of these prefixes and 32 hexadecimal digits.
    pub(super) const fn sid(what: &'static str, prefixes: &'static [&'static str]) -> Self {
        Self { what, prefixes, words: &[], named: false }
    }

    /// Such an id, or one of these words.
    pub(super) const fn sid_or(
        what: &'static str,
        prefixes: &'static [&'static str],
        words: &'static [&'static str],
    ) -> Self {
        Self { what, prefixes, words, named: false }
    }

    /// Any text that names it.
    pub(super) const fn name(what: &'static str) -> Self {
        Self { what, prefixes: &[], words: &[], named: true }
    }

    /// `text` as it stands in the path, or why it cannot. A name is encoded whole: it leads to no other resource.
    pub(super) fn segment(&self, text: &str) -> Result<String, String> {
        let fits = self.prefixes.iter().any(|prefix| is_sid(prefix, text)) || self.words.contains(&text);
        if fits {
            return Ok(text.to_owned());
        }
        if self.named {
            // A parser of URLs takes these two for steps, encoded or not.
            return if matches!(text, "" | "." | "..") {
                Err(format!("the name of the {} is empty or made of points", self.what))
            } else {
                Ok(segment(text))
            };
        }
        let prefixes = self.prefixes.join(" or ");
        let words: String = self.words.iter().map(|word| format!(", or {word}")).collect();
        Err(format!("the id of the {} is {prefixes} and 32 lower-case hexadecimal digits{words}", self.what))
    }
}

/// What a parameter can hold.
pub(super) trait Parameter {
    fn write(&self) -> String;
}

impl Parameter for String {
    fn write(&self) -> String {
        self.clone()
    }
}

impl Parameter for bool {
    fn write(&self) -> String {
        self.to_string()
    }
}

impl Parameter for u32 {
    fn write(&self) -> String {
        self.to_string()
    }
}

/// Whole seconds, rounded up.
impl Parameter for Duration {
    fn write(&self) -> String {
        whole_secs(*self).to_string()
    }
}

/// Whole milliseconds.
pub(super) struct Millis(pub(super) Duration);

impl Parameter for Millis {
    fn write(&self) -> String {
        self.0.as_millis().to_string()
    }
}

/// A point in time that a list is narrowed by: a moment, or a whole day in UTC.
///
/// A text is sent as it is. A moment is written in ISO 8601, as Twilio's own libraries do; for the account's calls the
/// documentation knows days alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When(String);

impl From<Timestamp> for When {
    fn from(at: Timestamp) -> Self {
        let at: DateTime<Utc> = at.into();
        Self(at.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

impl From<NaiveDate> for When {
    fn from(day: NaiveDate) -> Self {
        Self(day.to_string())
    }
}

impl From<String> for When {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for When {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Parameter for When {
    fn write(&self) -> String {
        self.0.clone()
    }
}

/// A day in UTC. A text is sent as it is: usage records know `-30days` too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day(String);

impl From<Timestamp> for Day {
    fn from(at: Timestamp) -> Self {
        let at: DateTime<Utc> = at.into();
        Self(at.date_naive().to_string())
    }
}

impl From<NaiveDate> for Day {
    fn from(day: NaiveDate) -> Self {
        Self(day.to_string())
    }
}

impl From<String> for Day {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Day {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Parameter for Day {
    fn write(&self) -> String {
        self.0.clone()
    }
}

/// Ids of a path and parameters, in the order they were given.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Draft {
    ids: Vec<String>,
    pairs: Vec<(Cow<'static, str>, String)>,
    items_max: Option<usize>,
}

impl Draft {
    pub(super) fn new(ids: Vec<String>) -> Self {
        Self { ids, pairs: Vec::new(), items_max: None }
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.pairs.retain(|(known, _)| known != name);
        self
    }

    /// With this value and no other of the name.
    pub(super) fn set(self, name: &'static str, value: &impl Parameter) -> Self {
        self.without(name).with(name, value)
    }

    /// With this value too.
    pub(super) fn with(mut self, name: impl Into<Cow<'static, str>>, value: &impl Parameter) -> Self {
        self.pairs.push((name.into(), value.write()));
        self
    }

    /// With the next of `Parameter1.Name`, `Parameter1.Value` and so on.
    pub(super) fn numbered(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let number = self.numbers() + 1;
        let named = self.with(format!("Parameter{number}.Name"), &name.into());
        named.with(format!("Parameter{number}.Value"), &value.into())
    }

    fn numbers(&self) -> usize {
        self.pairs.iter().filter(|(name, _)| name.ends_with(".Name")).count()
    }

    pub(super) fn limit(mut self, items: usize) -> Self {
        self.items_max = Some(items);
        self
    }

    pub(super) fn items_max(&self) -> Option<usize> {
        self.items_max
    }

    /// Names alone: values hold telephone numbers, and some are passwords.
    pub(super) fn show(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.pairs.iter().map(|(name, _)| name.as_ref()).collect();
        f.debug_struct(name).field("parameters", &names).finish_non_exhaustive()
    }

    fn path(&self, template: &str, shapes: &[Shape]) -> Result<String, String> {
        let mut pieces = template.split("{}");
        let mut path = pieces.next().unwrap_or_default().to_owned();
        for ((piece, id), shape) in pieces.zip(&self.ids).zip(shapes) {
            path.push_str(&shape.segment(id)?);
            path.push_str(piece);
        }
        Ok(path)
    }

    pub(super) fn request<O: Operation>(
        &self,
        account: &AccountSid,
        template: &str,
        shapes: &[Shape],
    ) -> Result<ApiRequest, Error> {
        let path = self.path(template, shapes).map_err(|why| Error::unsendable(O::WHAT, why))?;
        if self.numbers() > NUMBERED_MAX {
            let why = format!("it has {} parameters of its own; give {NUMBERED_MAX} at most", self.numbers());
            return Err(Error::unsendable(O::WHAT, why));
        }
        let mut pairs: Vec<(&str, &str)> =
            self.pairs.iter().map(|(name, value)| (name.as_ref(), value.as_str())).collect();
        let page_size = self.items_max.map(|most| most.clamp(1, PAGE_SIZE_MAX).to_string());
        if let Some(size) = page_size.as_deref().filter(|_| !pairs.iter().any(|(name, _)| *name == "PageSize")) {
            pairs.push(("PageSize", size));
        }
        Ok(built(account, O::KIND.method(), &path, &pairs))
    }
}

/// The request for a path below the account.
pub(super) fn built(account: &AccountSid, method: Method, path: &str, pairs: &[(&str, &str)]) -> ApiRequest {
    let path = format!("/2010-04-01/Accounts/{}{path}", account.as_str());
    let form = form::encode(pairs.iter().copied());
    match method {
        Method::Post => ApiRequest { method, path_and_query: path, body: Some(form) },
        Method::Get | Method::Delete if form.is_empty() => ApiRequest { method, path_and_query: path, body: None },
        Method::Get | Method::Delete => ApiRequest { method, path_and_query: format!("{path}?{form}"), body: None },
    }
}
