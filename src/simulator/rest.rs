//! The carrier's REST API on a listener.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use futures_util::stream;
use serde_json::json;

use super::Shared;
use crate::sim::carrier::{RestFault, RestReply};

/// Most bytes of a request's body; a document given inline has 4000 characters at most.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// How long a client is kept waiting for a reply that never comes.
const SILENT_FOR: Duration = Duration::from_secs(60);

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(answer).with_state(shared)
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        let message = format!("a request has at most {BODY_BYTES_MAX} bytes, all of which arrive");
        let body = json!({"code": null, "message": message, "more_info": null, "status": 413});
        return (StatusCode::PAYLOAD_TOO_LARGE, Json(body)).into_response();
    };
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let authorization =
        parts.headers.get(AUTHORIZATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let reply = {
        let mut world = shared.world();
        let world = &mut *world;
        let now = shared.clock.reading();
        world.carrier.advance(now);
        let reply = world.carrier.rest(parts.method.as_str(), target, authorization.as_deref(), &body);
        world.traces.command(now, parts.method.as_str(), target, &body, &reply);
        reply
    };
    shared.wake.notify_one();
    match reply.fault {
        None => written(reply),
        Some(RestFault::Timeout) => {
            tokio::time::sleep(SILENT_FOR).await;
            broken()
        }
        Some(RestFault::LostBefore | RestFault::LostAfter) => broken(),
    }
}

fn written(reply: RestReply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = reply.bytes.map_or_else(|| Body::from(reply.body), Body::from);
    let mut response = (status, body).into_response();
    response.headers_mut().remove(CONTENT_TYPE);
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// A reply that breaks off at once.
fn broken() -> Response {
    let lost = stream::iter([Err::<Vec<u8>, _>(std::io::Error::other("the reply is lost"))]);
    Response::new(Body::from_stream(lost))
}
