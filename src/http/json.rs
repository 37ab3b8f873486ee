//! Reading and writing JSON bodies.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::BODY_BYTES_MAX;
use super::fault::Fault;

pub(crate) fn reply(status: StatusCode, body: &serde_json::Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    TooLarge,
    Broken,
}

/// The whole body. A longer one than allowed is refused by its announced length, before anything is read of it, or as
/// soon as it has grown too long.
pub(crate) async fn bytes(headers: &HeaderMap, body: Body) -> Result<axum::body::Bytes, Unread> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > BODY_BYTES_MAX as u64) {
        return Err(Unread::TooLarge);
    }
    axum::body::to_bytes(body, BODY_BYTES_MAX).await.map_err(|error| {
        let too_large = std::error::Error::source(&error).is_some_and(|source| source.to_string().contains("limit"));
        if too_large { Unread::TooLarge } else { Unread::Broken }
    })
}

/// The body as `T`.
pub(crate) async fn read<T: DeserializeOwned>(request: Request) -> Result<T, Fault> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Fault::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "send JSON, with the header Content-Type: application/json",
        ));
    }
    let bytes = bytes(&parts.headers, body).await.map_err(|unread| match unread {
        Unread::TooLarge => Fault::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("a body may have at most {BODY_BYTES_MAX} bytes"),
        ),
        Unread::Broken => Fault::bad("the body broke off"),
    })?;
    serde_json::from_slice(&bytes).map_err(|error| Fault::bad(format!("the body is not what is expected: {error}")))
}
