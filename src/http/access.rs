//! Who may use the API. Closed unless opened.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, HOST, ORIGIN, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::Shared;
use super::fault::Fault;

/// Least characters of a token.
const TOKEN_CHARS_MIN: usize = 16;

/// Why a way in was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// The token could be guessed.
    #[error("the token is too short: use at least 16 characters, best 32 or more of chance")]
    TokenTooShort,
    /// The token cannot stand in a header.
    #[error("the token may hold visible ASCII characters and spaces inside only")]
    TokenUnwritable,
}

#[derive(Clone, Copy, Default)]
enum Way {
    #[default]
    Closed,
    Token([u8; 32]),
    Loopback,
}

/// Who may use the API. By default nobody. `Debug` shows no secret.
#[derive(Clone, Copy, Default)]
pub struct Access(Way);

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Way::Closed => "Access::closed",
            Way::Token(_) => "Access::token",
            Way::Loopback => "Access::loopback_only",
        })
    }
}

impl Access {
    /// Nobody may use the API; webhooks and health still work.
    #[must_use]
    pub fn closed() -> Self {
        Self(Way::Closed)
    }

    /// Whoever sends `Authorization: Bearer <token>`. Compared in constant time.
    ///
    /// # Errors
    /// If the token has fewer than 16 characters, or cannot be sent in a header.
    pub fn token(token: impl AsRef<str>) -> Result<Self, AccessError> {
        let token = token.as_ref();
        if token.chars().count() < TOKEN_CHARS_MIN {
            return Err(AccessError::TokenTooShort);
        }
        if token.trim() != token || !token.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(AccessError::TokenUnwritable);
        }
        Ok(Self(Way::Token(Sha256::digest(token).into())))
    }

    /// Whoever sits at this machine: for trying things out. The peer's address must be a loopback one, `Host` must name
    /// this machine (so that a web site whose name was made to point here is refused), and no proxy may have passed the
    /// request on. In a build without debug assertions nobody is let in.
    #[must_use]
    pub fn loopback_only() -> Self {
        Self(if cfg!(debug_assertions) { Way::Loopback } else { Way::Closed })
    }

    fn admits(&self, headers: &HeaderMap, peer: Option<SocketAddr>) -> bool {
        match &self.0 {
            Way::Closed => false,
            Way::Token(expected) => bearer(headers).is_some_and(|token| {
                let given: [u8; 32] = Sha256::digest(token).into();
                given.iter().zip(expected).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
            }),
            Way::Loopback => {
                peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback())
                    && sole(headers, HOST.as_str()).is_some_and(names_this_machine)
                    && !headers
                        .keys()
                        .any(|name| name == "forwarded" || name == "via" || name.as_str().starts_with("x-forwarded-"))
            }
        }
    }
}

/// The value of a header that is there exactly once.
fn sole<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = sole(headers, AUTHORIZATION.as_str())?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn names_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]"
}

/// Whether another site's page makes a browser change something here.
fn is_foreign(method: &Method, headers: &HeaderMap) -> bool {
    if method.is_safe() {
        return false;
    }
    if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return true;
    }
    if !headers.contains_key(ORIGIN) {
        return false;
    }
    let origin = sole(headers, ORIGIN.as_str()).and_then(|origin| origin.split_once("://"));
    match (origin, sole(headers, HOST.as_str())) {
        (Some((_, origin)), Some(host)) => !origin.eq_ignore_ascii_case(host),
        _ => true,
    }
}

/// Gives the access rules to the guard.
pub(crate) trait Guarded {
    fn access(&self) -> Access;
}

impl Guarded for Arc<Shared> {
    fn access(&self) -> Access {
        self.access
    }
}

impl Guarded for Access {
    fn access(&self) -> Access {
        *self
    }
}

/// Lets a request through, or refuses it before anything of it is read.
pub(crate) async fn guard<G: Guarded + Clone + Send + Sync + 'static>(
    State(guarded): State<G>,
    request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let mut response = if !guarded.access().admits(request.headers(), peer) {
        let mut response = Fault::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "send the header Authorization: Bearer <token>, with the token given to Access",
        )
        .into_response();
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        response
    } else if is_foreign(request.method(), request.headers()) {
        Fault::new(StatusCode::FORBIDDEN, "cross_origin", "a page of another origin may not change anything here")
            .into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
