//! What numbers and applications are set to: the same fields, read from a request and shown in JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::form::is_web_url;
use super::rest::{Refusal, Request, refuse};
use super::state::Target;

/// What a setting holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A web URL, or null.
    Url,
    /// `GET` or `POST`.
    Method,
    /// A sid, or null. Its shape was judged with the request.
    Sid,
    /// True or false.
    Flag,
    /// Text of at most so many characters.
    Text(usize),
    /// A word; this one unless set.
    Word(&'static str),
}

/// A setting: the request's parameter, the field in JSON, and what it holds.
pub(super) type Setting = (&'static str, &'static str, Kind);

/// Values by their JSON name; what is not there has its default.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings(BTreeMap<&'static str, String>);

impl Settings {
    /// Takes over what the request gives; nothing when one value is wrong. An empty value takes a setting away.
    pub(super) fn change(&mut self, request: &Request<'_>, table: &[Setting]) -> Result<(), Refusal> {
        let mut changed = self.clone();
        for (parameter, name, kind) in table {
            let Some(value) = request.field(parameter) else { continue };
            match kind {
                Kind::Url if !value.is_empty() && !is_web_url(value) => {
                    return refuse(21_205, format!("{parameter} is not a valid URL: {value}"));
                }
                Kind::Text(most) if value.chars().count() > *most => {
                    return refuse(20_001, format!("{parameter} must not be longer than {most} characters"));
                }
                _ => {}
            }
            changed.set(name, value);
        }
        *self = changed;
        Ok(())
    }

    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        if value.is_empty() {
            self.0.remove(name);
        } else {
            self.0.insert(name, value.to_owned());
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether a flag is set.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// URL and method of a pair of settings.
    pub(super) fn target(&self, url: &str, method: &str) -> Option<Target> {
        self.get(url).map(|url| Target::new(url, self.get(method)))
    }

    /// Adds every setting of the table to a resource.
    pub(super) fn show(&self, table: &[Setting], into: &mut Map<String, Value>) {
        for (_, name, kind) in table {
            let value = self.get(name);
            let shown = match kind {
                Kind::Url | Kind::Sid | Kind::Text(_) => json!(value),
                Kind::Method => json!(value.unwrap_or("POST")),
                Kind::Flag => json!(self.is_on(name)),
                Kind::Word(default) => json!(value.unwrap_or(default)),
            };
            into.insert((*name).to_owned(), shown);
        }
    }
}

/// The members of an object; empty for anything else.
pub(super) fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
