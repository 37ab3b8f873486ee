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

/// How long an answer may take before the caller is put on hold: less than half of what the provider is asked to wait, so that
/// it is there within 2 s on a busy machine too.
const ANSWER_WITHIN: Duration = Duration::from_millis(1500);
/// How long it is tried to take note of what we are told: nobody hears it, and the provider gives up after a few tries.
const NOTED_WITHIN: Duration = Duration::from_millis(2500);
/// Between two of those tries, while the store is away.
const AGAIN_EVERY: Duration = Duration::from_millis(200);

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
    respond(reply(&centre, &request).await)
}

async fn reply(centre: &Centre, request: &WebhookRequest<'_>) -> WebhookReply {
    let patience = tokio::time::sleep(NOTED_WITHIN);
    let answered = tokio::time::timeout(ANSWER_WITHIN, centre.switchboard.answer(request)).await;
    // What only tells us something is never put on hold: nobody has noted it yet.
    let first = answered.unwrap_or_else(|_| centre.switchboard.hold(request));
    if first.status != 503 {
        return first;
    }
    let noted = async {
        loop {
            tokio::time::sleep(AGAIN_EVERY).await;
            let reply = centre.switchboard.answer(request).await;
            if reply.status != 503 {
                return reply;
            }
        }
    };
    tokio::select! {
        reply = noted => reply,
        () = patience => first,
    }
}

fn respond(reply: WebhookReply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match reply.content_type {
        Some(kind) => (status, [(CONTENT_TYPE, kind)], reply.body).into_response(),
        None => status.into_response(),
    }
}
