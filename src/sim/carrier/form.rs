//! Form bodies, query strings and URLs, as Twilio writes and reads them.

use std::borrow::Cow;
use std::time::Duration;

use crate::webhook::form;

pub(super) type Pairs = Vec<(String, String)>;

pub(super) fn encode_pairs(pairs: &[(String, String)]) -> String {
    form::encode(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

pub(super) fn decode_pairs(text: &[u8]) -> Pairs {
    // NUL and all: what was sent is judged, not what could be stored of it.
    let text_of = |bytes: Cow<'_, [u8]>| String::from_utf8_lossy(&bytes).into_owned();
    let pairs = form::decode_raw(text, usize::MAX).unwrap_or_default();
    pairs.into_iter().map(|(name, value)| (text_of(name), text_of(value))).collect()
}

/// The decoded text of one part of a path, where `+` is itself.
pub(super) fn decode_part(part: &str) -> String {
    let escaped = part.replace('+', "%2B").replace('=', "%3D").replace('&', "%26");
    decode_pairs(escaped.as_bytes()).pop().map(|(name, _)| name).unwrap_or_default()
}

/// First value of this name.
pub(super) fn get<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
}

/// The URL without its fragment, and the fragment.
pub(super) fn split_fragment(url: &str) -> (&str, &str) {
    url.split_once('#').unwrap_or((url, ""))
}

/// Whether it is an absolute http(s) URL with a host. Twilio docs: host names with `_` are not allowed.
pub(super) fn is_web_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or("");
    !host.is_empty() && !host.contains('_') && !url.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Resolves a reference against the URL of the current document; `None` when a base is needed and there is none.
pub(super) fn resolve(base: Option<&str>, reference: &str) -> Option<String> {
    let reference = reference.trim();
    if reference.contains("://") {
        return Some(reference.to_owned());
    }
    let base = split_fragment(base?).0;
    let (scheme, rest) = base.split_once("://")?;
    let path_start = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path_query) = rest.split_at(path_start);
    let path = path_query.split('?').next().unwrap_or("");
    if reference.is_empty() {
        return Some(base.to_owned());
    }
    if let Some(other) = reference.strip_prefix("//") {
        return Some(format!("{scheme}://{other}"));
    }
    if reference.starts_with('?') || reference.starts_with('#') {
        return Some(format!("{scheme}://{host}{path}{reference}"));
    }
    let joined = if reference.starts_with('/') {
        reference.to_owned()
    } else {
        format!("{}/{reference}", path.rsplit_once('/').map_or("", |(dir, _)| dir))
    };
    Some(format!("{scheme}://{host}{}", without_dots(&joined)))
}

fn without_dots(path: &str) -> String {
    let (path, tail) = path.split_at(path.find(['?', '#']).unwrap_or(path.len()));
    if !path.contains("/.") {
        return format!("{path}{tail}");
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    format!("/{}{tail}", parts.join("/"))
}

/// Connection overrides of a webhook URL (Twilio docs, webhooks connection overrides).
#[derive(Clone, Debug)]
pub(super) struct Overrides {
    pub(super) read: Duration,
    pub(super) total: Duration,
    pub(super) retries: u32,
    pub(super) on_4xx: bool,
    pub(super) on_5xx: bool,
    pub(super) on_connect: bool,
    pub(super) on_read: bool,
    /// 11240: a value that is not allowed; the default holds instead.
    pub(super) bad: bool,
}

impl Overrides {
    pub(super) fn of(fragment: &str) -> Self {
        let cap = Duration::from_secs(15);
        let mut it = Self {
            read: cap,
            total: cap,
            retries: 1,
            on_4xx: false,
            on_5xx: false,
            on_connect: true,
            on_read: false,
            bad: false,
        };
        for (key, value) in decode_pairs(fragment.as_bytes()) {
            let number = value.parse::<u64>().ok();
            match (key.as_str(), number) {
                ("ct", Some(100..=10_000)) => {}
                ("rt", Some(ms @ 100..=15_000)) => it.read = Duration::from_millis(ms),
                ("tt", Some(ms @ 100..=15_000)) => it.total = Duration::from_millis(ms),
                ("rc", Some(n @ 0..=5)) => it.retries = u32::try_from(n).unwrap_or(0),
                ("rp", _) => it.policy(&value),
                ("ct" | "rt" | "tt" | "rc", _) => it.bad = true,
                _ => {}
            }
        }
        it
    }

    fn policy(&mut self, value: &str) {
        let has = |what: &str| value.split(',').any(|part| part.trim() == what || part.trim() == "all");
        (self.on_4xx, self.on_5xx) = (has("4xx"), has("5xx"));
        (self.on_connect, self.on_read) = (has("ct"), has("rt"));
        self.bad |= !(self.on_4xx || self.on_5xx || self.on_connect || self.on_read);
    }
}
