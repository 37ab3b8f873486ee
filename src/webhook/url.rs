//! Which URLs a signature may have been made for.

use std::fmt;

use super::Refusal;
use super::form::{self, RawPair};

/// The public base in its parts, checked.
#[derive(Clone)]
pub(super) struct Base {
    secure: bool,
    /// `user` or `user:password`, without the `@`; blank if there is none.
    userinfo: String,
    host: String,
    /// Digits; blank if the URL has no port.
    port: String,
    /// Blank, or `/` and more without a `/` at the end.
    path: String,
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let userinfo = if self.userinfo.is_empty() { "" } else { "<secret>@" };
        let colon = if self.port.is_empty() { "" } else { ":" };
        let Self { host, port, path, .. } = self;
        write!(f, "{}://{userinfo}{host}{colon}{port}{path}", self.scheme(false))
    }
}

impl Base {
    /// Reads `http(s)://[user[:password]@]host[:port][/path]`; the error says what is wrong without repeating the URL,
    /// which may hold a password.
    pub(super) fn parse(url: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = url.split_once("://").ok_or("it does not begin with https:// or http://")?;
        let secure = match () {
            () if scheme.eq_ignore_ascii_case("https") => true,
            () if scheme.eq_ignore_ascii_case("http") => false,
            () => return Err("its scheme is neither https nor http"),
        };
        if rest.contains(['?', '#']) {
            return Err("it has a query or a fragment");
        }
        if rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("it contains white space or control characters");
        }
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let (userinfo, host_port) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (host, port) = split_host_port(host_port).ok_or("its host or port is not valid")?;
        Ok(Self {
            secure,
            userinfo: userinfo.to_owned(),
            host: host.to_owned(),
            port: port.to_owned(),
            path: path.trim_end_matches('/').to_owned(),
        })
    }

    /// The same base reached by the scheme that a trusted proxy names.
    pub(super) fn with_proto(mut self, proto: &str) -> Result<Self, Refusal> {
        self.secure = match () {
            () if proto.eq_ignore_ascii_case("https") || proto.eq_ignore_ascii_case("wss") => true,
            () if proto.eq_ignore_ascii_case("http") || proto.eq_ignore_ascii_case("ws") => false,
            () => return Err(Refusal::ForwardedHeader),
        };
        Ok(self)
    }

    /// The same base under the host (and port, if it has one) that a trusted proxy names.
    pub(super) fn with_host(mut self, host_port: &str) -> Result<Self, Refusal> {
        let (host, port) = split_host_port(host_port).ok_or(Refusal::ForwardedHeader)?;
        (self.host, self.port) = (host.to_owned(), port.to_owned());
        Ok(self)
    }

    fn scheme(&self, websocket: bool) -> &'static str {
        match (self.secure, websocket) {
            (true, false) => "https",
            (false, false) => "http",
            (true, true) => "wss",
            (false, true) => "ws",
        }
    }

    /// What of `path` lies below the base's path; `None` if `path` is elsewhere.
    fn strip<'t>(&self, path: &'t str) -> Option<&'t str> {
        path.strip_prefix(self.path.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

fn split_host_port(authority: &str) -> Option<(&str, &str)> {
    let host_end = if authority.starts_with('[') { authority.find(']')? + 1 } else { 0 };
    let (host, port) = match authority.get(host_end..)?.find(':') {
        Some(at) => {
            let (host, colon_port) = authority.split_at(host_end + at);
            (host, colon_port.strip_prefix(':')?)
        }
        None => (authority, ""),
    };
    let has_port = host.len() < authority.len();
    let port_fits = !has_port || (port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|p| p > 0));
    let host_fits = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
    };
    (port_fits && host_fits).then_some((host, port))
}

/// A received request target, cut at its first `?`.
#[derive(Clone, Copy)]
pub(super) struct Target<'t> {
    pub(super) path: &'t str,
    pub(super) query: Option<&'t str>,
}

impl<'t> Target<'t> {
    /// Refuses what is not a path with an optional query (RFC 9112 §3.2.1): an absolute URL would name its own host.
    pub(super) fn read(target: &'t str) -> Result<Self, Refusal> {
        let shaped = target.is_empty() || target.starts_with(['/', '?']);
        if !shaped || target.chars().any(|c| c == '#' || c == ' ' || c.is_control()) {
            return Err(Refusal::TargetMalformed);
        }
        Ok(match target.split_once('?') {
            Some((path, query)) => Self { path, query: Some(query) },
            None => Self { path: target, query: None },
        })
    }

    /// The path below the base's path, always beginning with `/`.
    pub(super) fn path_below(&self, base: &Base) -> &'t str {
        let path = base.strip(self.path).unwrap_or(self.path);
        if path.is_empty() { "/" } else { path }
    }
}

/// All spellings under which Twilio may have signed one URL, each part without repetition, the likeliest first.
pub(super) struct Spellings<'u> {
    scheme: &'static str,
    userinfos: Vec<&'u str>,
    host: &'u str,
    ports: Vec<&'u str>,
    base_path: &'u str,
    /// Path, and what follows it.
    paths: Vec<(&'u str, &'static str)>,
    query: Option<&'u str>,
    /// The pairs of `query`, decoded.
    query_pairs: &'u [RawPair<'u>],
}

impl<'u> Spellings<'u> {
    pub(super) fn new(base: &'u Base, target: Target<'u>, websocket: bool, query_pairs: &'u [RawPair<'u>]) -> Self {
        let default_port = if base.secure { "443" } else { "80" };
        // Twilio docs: over https a voice webhook is signed without the port, over http with the port as written.
        let ports = if base.secure { ["", &base.port, default_port] } else { [&base.port, "", default_port] };
        let mut paths = vec![(target.path, "")];
        if websocket {
            // Twilio docs, Media Streams: the handshake may be signed with a slash that the URL does not have.
            paths.push(target.path.strip_suffix('/').map_or((target.path, "/"), |path| (path, "")));
        }
        Self {
            scheme: base.scheme(websocket),
            userinfos: unique(["", base.userinfo.as_str()]),
            host: &base.host,
            ports: unique(ports),
            base_path: if base.strip(target.path).is_some() { "" } else { &base.path },
            paths,
            query: target.query,
            query_pairs,
        }
    }

    /// Whether `is_match` holds for one of the spellings, given as parts to be read one after the other. The query is
    /// tried as received, with `'` as `%27`, and as Node's `querystring` writes it: twilio-node 6.2 accepts all three.
    pub(super) fn any(&self, is_match: impl Fn(&[&str]) -> bool) -> bool {
        if self.any_with(self.query, &is_match) {
            return true;
        }
        let Some(query) = self.query.filter(|query| !query.is_empty()) else { return false };
        let quoted = query.replace('\'', "%27");
        if quoted != query && self.any_with(Some(&quoted), &is_match) {
            return true;
        }
        let legacy = form::encode_legacy(self.query_pairs);
        legacy != query && legacy != quoted && self.any_with(Some(&legacy), &is_match)
    }

    fn any_with(&self, query: Option<&str>, is_match: &impl Fn(&[&str]) -> bool) -> bool {
        let (question, query) = query.map_or(("", ""), |query| ("?", query));
        let (scheme, host, base_path) = (self.scheme, self.host, self.base_path);
        self.paths.iter().any(|(path, slash)| {
            self.userinfos.iter().any(|userinfo| {
                let at = if userinfo.is_empty() { "" } else { "@" };
                self.ports.iter().any(|port| {
                    let colon = if port.is_empty() { "" } else { ":" };
                    is_match(&[scheme, "://", userinfo, at, host, colon, port, base_path, path, slash, question, query])
                })
            })
        })
    }
}

fn unique<const N: usize>(parts: [&str; N]) -> Vec<&str> {
    let mut unique = Vec::with_capacity(N);
    for part in parts {
        if !unique.contains(&part) {
            unique.push(part);
        }
    }
    unique
}
