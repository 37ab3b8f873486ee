//! Sockets of an application under axum: nobody but the provider opens them.
//!
//! ```no_run
//! # async fn stream() {}
//! use std::sync::Arc;
//!
//! use axum::Router;
//! use axum::routing::any;
//! use switchboard::http::media::signed_sockets;
//! use switchboard::webhook::Verifier;
//!
//! let verifier = Verifier::builder()
//!     .public_base("https://calls.example.com")
//!     .account("AC00000000000000000000000000000001")
//!     .auth_token("12345")
//!     .build()
//!     .map_err(|errors| format!("{errors:?}"))?;
//! // A handler upgrades with `axum::extract::ws` (axum's feature `ws`), and feeds its text frames to a
//! // `media::stream::Session` or `media::relay::Session`.
//! let sockets = Router::new().route("/audio", any(stream));
//! let app: Router = Router::new().merge(signed_sockets(sockets, Arc::new(verifier)));
//! # Ok::<(), String>(())
//! ```

use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, Request, State};
use axum::http::header::ALLOW;
use axum::http::{Method as HttpMethod, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use crate::webhook::{Method, Verifier, WebhookRequest};

/// Lets only handshakes through to `routes` that `verifier` finds signed for the URL they came to, with or without a `/`
/// at its end (Twilio docs, webhooks security: WebSocket handshakes). Others get 403 and reach no handler; methods other
/// than GET get 405. Paths that are none of `routes` are left to the rest of the application.
///
/// The public base of the verifier names scheme, host, and the path at which the routes are mounted.
pub fn signed_sockets<S: Clone + Send + Sync + 'static>(routes: Router<S>, verifier: Arc<Verifier>) -> Router<S> {
    routes.route_layer(from_fn_with_state(verifier, check))
}

async fn check(
    State(verifier): State<Arc<Verifier>>,
    OriginalUri(uri): OriginalUri,
    request: Request,
    next: Next,
) -> Response {
    if request.method() != HttpMethod::GET {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET")]).into_response();
    }
    // A value that is not text can match no signature, but it must still be counted as there.
    let headers: Vec<(String, String)> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let is_signed = {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let handshake = WebhookRequest { method: Method::Get, target, headers: &headers, body: b"", websocket: true };
        verifier.verify(&handshake).is_ok()
    };
    if is_signed { next.run(request).await } else { StatusCode::FORBIDDEN.into_response() }
}
