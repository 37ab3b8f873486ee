//! Webhooks: everything as it was received, byte for byte, for the signature covers it.

use std::time::Duration;

use axum::extract::{OriginalUri, Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{Method as HttpMethod, StatusCode};
use axum::response::{IntoResponse, Response};

use super::Centre;
use super::json::{Unread, bytes};
use crate::engine::WebhookReply;
use crate::webhook::{Method, WebhookRequest};

/// How long an answer may take before the caller is put on hold: half of what the provider is asked to wait.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

pub(super) async fn hook(State(centre): State<Centre>, OriginalUri(uri): OriginalUri, request: Request) -> Response {
    let method = match *request.method() {
        HttpMethod::GET => Method::Get,
        HttpMethod::POST => Method::Post,
        _ => return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, POST")]).into_response(),
    };
    let (parts, body) = request.into_parts();
    let body = match bytes(&parts.headers, body).await {
        Ok(body) => body,
        Err(Unread::TooLarge) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(Unread::Broken) => return StatusCode::BAD_REQUEST.into_response(),
    };
    // A value that is not text can match no signature, but it must still be counted as there.
    let headers: Vec<(&str, String)> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let request = WebhookRequest { method, target, headers: &headers, body: &body, websocket: false };
    let reply = match tokio::time::timeout(ANSWER_WITHIN, centre.switchboard.answer(&request)).await {
        Ok(reply) => reply,
        Err(_) => centre.switchboard.hold(&request),
    };
    respond(reply)
}

fn respond(reply: WebhookReply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match reply.content_type {
        Some(kind) => (status, [(CONTENT_TYPE, kind)], reply.body).into_response(),
        None => status.into_response(),
    }
}
