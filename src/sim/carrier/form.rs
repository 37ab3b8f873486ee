//! Form bodies, query strings and URLs, as Twilio writes and reads them.

use std::borrow::Cow;

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

/// What stands where in an absolute http(s) URL without a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts<'u> {
    /// `http` or `https`.
    pub(super) scheme: &'u str,
    /// User and password as written, without `@`.
    pub(super) userinfo: Option<&'u str>,
    /// Name or address; an IPv6 address in its brackets.
    pub(super) host: &'u str,
    pub(super) port: Option<&'u str>,
    /// Path and query as written; may be empty.
    pub(super) rest: &'u str,
}

impl<'u> Parts<'u> {
    /// `None` if it is not one. Twilio docs: host names with `_` are not allowed.
    pub(super) fn of(url: &'u str) -> Option<Self> {
        let url = split_fragment(url).0;
        let (scheme, rest) = url.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"))?;
        let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (userinfo, address) = authority.rsplit_once('@').map_or((None, authority), |(user, a)| (Some(user), a));
        let colon = address.rfind(':').filter(|at| address.rfind(']').is_none_or(|bracket| bracket < *at));
        let (host, port) = colon.map_or((address, None), |at| (&address[..at], Some(&address[at + 1..])));
        let good = !host.is_empty()
            && !host.contains('_')
            && port.is_none_or(|port| port.parse::<u16>().is_ok())
            && !url.contains(|c: char| c.is_whitespace() || c.is_control());
        good.then_some(Self { scheme, userinfo, host, port, rest })
    }

    /// The URL again, with or without what can be left out.
    pub(super) fn written(&self, userinfo: bool, port: bool) -> String {
        let user = self.userinfo.filter(|_| userinfo).map_or_else(String::new, |user| format!("{user}@"));
        let port = self.port.filter(|_| port).map_or_else(String::new, |port| format!(":{port}"));
        format!("{}://{user}{}{port}{}", self.scheme, self.host, self.rest)
    }

    /// The path alone, `/` if there is none.
    pub(super) fn path(&self) -> &'u str {
        let path = self.rest.split('?').next().unwrap_or_default();
        if path.is_empty() { "/" } else { path }
    }
}

/// Whether it is an absolute http(s) URL with a host, and may have a fragment.
pub(super) fn is_web_url(url: &str) -> bool {
    Parts::of(url).is_some()
}

/// The URL with these pairs added to its query.
pub(super) fn with_query(url: &str, pairs: &[(String, String)]) -> String {
    match (pairs.is_empty(), url.contains('?')) {
        (true, _) => url.to_owned(),
        (false, true) => format!("{url}&{}", encode_pairs(pairs)),
        (false, false) => format!("{url}?{}", encode_pairs(pairs)),
    }
}

/// Resolves a reference against the URL of the current document; `None` when a base is needed and there is none.
pub(super) fn resolve(base: Option<&str>, reference: &str) -> Option<String> {
    let reference = reference.trim();
    if has_scheme(reference) {
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

/// Whether it begins with a scheme (RFC 3986 §3.1). A URL in the query of a relative reference makes it none.
fn has_scheme(reference: &str) -> bool {
    reference.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    })
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
