//! Which URLs a signature may have been made for.

use std::fmt;

use super::Refusal;
use super::pieces::{self, HIGH, WORD_BYTES};

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
    /// Scheme and authority as they may have been signed, the likeliest first, none twice.
    origins: Vec<String>,
    /// The same for WebSockets.
    socket_origins: Vec<String>,
    /// How much the longest of them and the path are together, with room for a `/`.
    bytes_max: usize,
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
        let base = Self {
            secure,
            userinfo: userinfo.to_owned(),
            host: host.to_owned(),
            port: port.to_owned(),
            path: path.trim_end_matches('/').to_owned(),
            origins: Vec::new(),
            socket_origins: Vec::new(),
            bytes_max: 0,
        };
        Ok(base.with_origins())
    }

    fn with_origins(mut self) -> Self {
        self.origins = self.origins(false);
        self.socket_origins = self.origins(true);
        let longest = self.origins.iter().chain(&self.socket_origins).map(String::len).max();
        self.bytes_max = longest.unwrap_or(0) + self.path.len() + 1;
        self
    }

    /// How long a spelling of the URL of a request to `target` is at most, with its query as received.
    #[inline]
    pub(super) fn url_bytes_max(&self, target: &str) -> usize {
        self.bytes_max + target.len()
    }

    fn origins(&self, websocket: bool) -> Vec<String> {
        let default_port = if self.secure { "443" } else { "80" };
        // Twilio docs: over https a voice webhook is signed without the port, over http with the port as written.
        let ports = if self.secure { ["", &self.port, default_port] } else { [&self.port, "", default_port] };
        let mut origins = Vec::new();
        for userinfo in ["", self.userinfo.as_str()] {
            let at = if userinfo.is_empty() { "" } else { "@" };
            for port in ports {
                let colon = if port.is_empty() { "" } else { ":" };
                let origin = format!("{}://{userinfo}{at}{}{colon}{port}", self.scheme(websocket), self.host);
                if !origins.contains(&origin) {
                    origins.push(origin);
                }
            }
        }
        origins
    }

    /// The same base reached by the scheme that a trusted proxy names.
    pub(super) fn with_proto(mut self, proto: &str) -> Result<Self, Refusal> {
        self.secure = match () {
            () if proto.eq_ignore_ascii_case("https") || proto.eq_ignore_ascii_case("wss") => true,
            () if proto.eq_ignore_ascii_case("http") || proto.eq_ignore_ascii_case("ws") => false,
            () => return Err(Refusal::ForwardedHeader),
        };
        Ok(self.with_origins())
    }

    /// The same base under the host (and port, if it has one) that a trusted proxy names.
    pub(super) fn with_host(mut self, host_port: &str) -> Result<Self, Refusal> {
        let (host, port) = split_host_port(host_port).ok_or(Refusal::ForwardedHeader)?;
        (self.host, self.port) = (host.to_owned(), port.to_owned());
        Ok(self.with_origins())
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
    #[inline]
    fn strip<'t>(&self, path: &'t str) -> Option<&'t str> {
        // Most bases have no path.
        let rest = if self.path.is_empty() { Some(path) } else { path.strip_prefix(self.path.as_str()) };
        rest.filter(|rest| rest.is_empty() || rest.starts_with('/'))
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
    /// The `?` and what follows it.
    pub(super) question_query: &'t str,
}

impl<'t> Target<'t> {
    /// Refuses what is not a path with an optional query (RFC 9112 §3.2.1): an absolute URL would name its own host.
    #[inline(always)]
    pub(super) fn read(target: &'t str) -> Result<Self, Refusal> {
        let (is_plain, question) = survey(target.as_bytes());
        let shaped = matches!(target.as_bytes().first(), None | Some(b'/' | b'?'));
        if !shaped || (!is_plain && target.chars().any(|c| c == '#' || c == ' ' || c.is_control())) {
            return Err(Refusal::TargetMalformed);
        }
        let (path, question_query) = question.and_then(|at| target.split_at_checked(at)).unwrap_or((target, ""));
        Ok(Self { path, question_query })
    }

    /// What follows the `?`; blank if there is none.
    #[inline]
    pub(super) fn query(&self) -> &'t str {
        self.question_query.get(1..).unwrap_or_default()
    }

    /// The path below the base's path, always beginning with `/`.
    #[inline]
    pub(super) fn path_below(&self, base: &Base) -> &'t str {
        let path = base.strip(self.path).unwrap_or(self.path);
        if path.is_empty() { "/" } else { path }
    }
}

/// Whether `target` is of letters, digits and such signs alone as every URL may have, and where its first `?` is.
#[inline(always)]
fn survey(target: &[u8]) -> (bool, Option<usize>) {
    let (words, rest) = target.as_chunks::<WORD_BYTES>();
    let mut last = [b'0'; WORD_BYTES];
    last.iter_mut().zip(rest).for_each(|(slot, byte)| *slot = *byte);
    let (mut odd, mut question) = (0, None);
    for (at, word) in words.iter().chain([&last]).enumerate() {
        let word = u64::from_le_bytes(*word);
        // Not ASCII, a control character, a space, `!`, `"` or `#`, or one of the last signs, DEL among them.
        odd |= word | pieces::below(word, b'$') | !pieces::below(word, b'{');
        let marks = pieces::equal(word, b'?') & HIGH;
        if marks != 0 && question.is_none() {
            question = Some(at * WORD_BYTES + (marks.trailing_zeros() / 8) as usize);
        }
    }
    (odd & HIGH == 0, question)
}

/// One spelling of a URL, in parts to be read one after the other.
#[derive(Clone, Copy)]
pub(super) struct Spelling<'u>([&'u str; 5]);

impl Spelling<'_> {
    /// Writes the URL into `text` so that it ends at `end`; where it begins, or `None` if there is no room for it.
    #[inline]
    pub(super) fn write_before(&self, text: &mut [u8], end: usize) -> Option<usize> {
        let mut start = end;
        for part in self.0.iter().rev().filter(|part| !part.is_empty()) {
            let end = start;
            start = end.checked_sub(part.len())?;
            text.get_mut(start..end)?.copy_from_slice(part.as_bytes());
        }
        Some(start)
    }

    pub(super) fn append_to(&self, text: &mut Vec<u8>) {
        self.0.iter().for_each(|part| text.extend_from_slice(part.as_bytes()));
    }
}

/// All spellings under which Twilio may have signed one URL, but for those of its query.
pub(super) struct Spellings<'u> {
    origins: &'u [String],
    base_path: &'u str,
    /// Path, and what follows it.
    paths: [Option<(&'u str, &'static str)>; 2],
}

impl<'u> Spellings<'u> {
    #[inline(always)]
    pub(super) fn new(base: &'u Base, target: Target<'u>, websocket: bool) -> Self {
        // Twilio docs, Media Streams: the handshake may be signed with a slash that the URL does not have.
        let other = websocket.then(|| target.path.strip_suffix('/').map_or((target.path, "/"), |path| (path, "")));
        Self {
            origins: if websocket { &base.socket_origins } else { &base.origins },
            base_path: if base.strip(target.path).is_some() { "" } else { &base.path },
            paths: [Some((target.path, "")), other],
        }
    }

    /// Whether `is_right` holds for one of the spellings with `question_query`, a `?` and a query, behind them. The
    /// likeliest comes first.
    #[inline(always)]
    pub(super) fn any(&self, question_query: &str, mut is_right: impl FnMut(&Spelling<'_>) -> bool) -> bool {
        for (path, slash) in self.paths.iter().flatten() {
            for origin in self.origins {
                if is_right(&Spelling([origin, self.base_path, path, slash, question_query])) {
                    return true;
                }
            }
        }
        false
    }
}
