//! Cookies, kept for as long as a call lasts (RFC 6265; Twilio docs, TwiML: cookies).

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::form::Parts;
use crate::time::Timestamp;

/// RFC 6265 §6.1.
const COOKIES_MAX: usize = 50;
const COOKIE_BYTES_MAX: usize = 4096;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Cookie {
    name: String,
    value: String,
    domain: String,
    /// Only for this very host, and none below it.
    host_only: bool,
    path: String,
    secure: bool,
    until: Option<Timestamp>,
}

impl Cookie {
    fn is_for(&self, url: &Parts<'_>, now: Timestamp) -> bool {
        let host = url.host.to_ascii_lowercase();
        let path = url.path();
        let host_fits = host == self.domain || (!self.host_only && is_below(&host, &self.domain));
        let path_fits = path == self.path
            || path.strip_prefix(self.path.as_str()).is_some_and(|r| self.path.ends_with('/') || r.starts_with('/'));
        host_fits && path_fits && (!self.secure || url.scheme == "https") && self.until.is_none_or(|until| until > now)
    }
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')) && host.parse::<std::net::IpAddr>().is_err()
}

/// What a call has been given.
#[derive(Clone, Debug, Default)]
pub(super) struct Jar(Vec<Cookie>);

impl Jar {
    /// Takes what the reply to `url` sets.
    pub(super) fn keep(&mut self, url: &str, set_cookie: &str, now: Timestamp) {
        let Some(url) = Parts::of(url) else { return };
        let Some(cookie) = read(&url, set_cookie, now).filter(|_| set_cookie.len() <= COOKIE_BYTES_MAX) else { return };
        let is_same =
            |old: &Cookie| (&old.name, &old.domain, &old.path) == (&cookie.name, &cookie.domain, &cookie.path);
        let over = cookie.until.is_some_and(|until| until <= now);
        match self.0.iter().position(is_same) {
            Some(at) if over => drop(self.0.remove(at)),
            Some(at) => self.0[at] = cookie,
            None if over => {}
            None if self.0.len() == COOKIES_MAX => {
                self.0.remove(0);
                self.0.push(cookie);
            }
            None => self.0.push(cookie),
        }
    }

    /// The value of `Cookie` in a request to `url`: longer paths first, then older ones.
    pub(super) fn header(&self, url: &str, now: Timestamp) -> Option<String> {
        let url = Parts::of(url)?;
        let mut fits: Vec<&Cookie> = self.0.iter().filter(|cookie| cookie.is_for(&url, now)).collect();
        fits.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = fits.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

fn read(url: &Parts<'_>, set_cookie: &str, now: Timestamp) -> Option<Cookie> {
    let mut parts = set_cookie.split(';');
    let (name, value) = parts.next()?.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let host = url.host.to_ascii_lowercase();
    let directory = url.path().rsplit_once('/').map_or("", |(directory, _)| directory);
    let mut cookie = Cookie {
        name: name.to_owned(),
        value: value.to_owned(),
        domain: host.clone(),
        host_only: true,
        path: if directory.is_empty() { "/" } else { directory }.to_owned(),
        secure: false,
        until: None,
    };
    let mut max_age = None;
    for part in parts {
        let (attribute, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim();
        match attribute.trim().to_ascii_lowercase().as_str() {
            "domain" if !value.is_empty() => {
                cookie.domain = value.trim_start_matches('.').to_ascii_lowercase();
                cookie.host_only = false;
            }
            "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
            "secure" => cookie.secure = true,
            "max-age" => max_age = value.parse::<i64>().ok().or(max_age),
            "expires" => {
                let at = DateTime::parse_from_rfc2822(value).ok().map(|at| at.with_timezone(&Utc).into());
                cookie.until = at.or(cookie.until);
            }
            _ => {}
        }
    }
    if let Some(seconds) = max_age {
        cookie.until = Some(now + Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
    }
    // Nobody sets cookies for others.
    let own = host == cookie.domain || is_below(&host, &cookie.domain);
    (own && !name.is_empty()).then_some(cookie)
}
