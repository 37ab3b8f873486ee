//! What a client is told when a request was not carried out.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::json;
use crate::core::RefusalKind;
use crate::error::Error;

/// An error body: `{"error":{"code","message"}}`.
#[derive(Debug)]
pub(crate) struct Fault {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Fault {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match (error.refusal(), error) {
            (Some(RefusalKind::NotFound), _) => Self::not_found(message),
            (Some(RefusalKind::Invalid), _) => Self::bad(message),
            (Some(RefusalKind::NotConfigured), _) => Self::new(StatusCode::CONFLICT, "not_configured", message),
            (Some(_), _) => Self::new(StatusCode::CONFLICT, "conflict", message),
            (None, Error::Contended) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "contended", message),
            // What a store says may hold addresses and statements: for the operator's log, not for clients.
            (None, _) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "store_unavailable",
                "the store failed: it may or may not have happened; asking again is safe",
            ),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        json::reply(self.status, &serde_json::json!({"error": {"code": self.code, "message": self.message}}))
    }
}
