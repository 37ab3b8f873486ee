//! Sockets of an application under axum are opened by the provider only.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::any;
use switchboard::http::media::signed_sockets;
use switchboard::webhook::{Algorithm, Verifier, sign};
use tower::ServiceExt;

const TOKEN: &str = "12345";

fn app() -> Router {
    let builder = Verifier::builder().public_base("https://calls.test/phone").auth_token(TOKEN);
    let verifier = builder.account("AC0123456789abcdef0123456789abcdef").build().expect("it is whole");
    let sockets = Router::new().route("/audio", any(|| async { "opened" }));
    let open = Router::new().route("/about", any(|| async { "free" }));
    Router::new().nest("/phone", signed_sockets(sockets, Arc::new(verifier)).merge(open))
}

async fn asks(method: &str, path: &str, signature: Option<String>) -> StatusCode {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(signature) = signature {
        request = request.header("x-twilio-signature", signature);
    }
    app().oneshot(request.body(Body::empty()).expect("a request")).await.expect("it answers").status()
}

fn signed(url: &str) -> Option<String> {
    Some(sign(url, &[], TOKEN, Algorithm::HmacSha1))
}

#[tokio::test]
async fn only_a_signed_handshake_reaches_the_handler() {
    let right = "wss://calls.test/phone/audio";
    assert_eq!(asks("GET", "/phone/audio", signed(right)).await, StatusCode::OK);
    assert_eq!(asks("GET", "/phone/audio", signed(&format!("{right}/"))).await, StatusCode::OK);
    for wrong in [None, Some(String::new()), signed("https://calls.test/phone/audio"), signed("wss://calls.test/audio")]
    {
        assert_eq!(asks("GET", "/phone/audio", wrong.clone()).await, StatusCode::FORBIDDEN, "{wrong:?}");
    }
    assert_eq!(asks("POST", "/phone/audio", signed(right)).await, StatusCode::METHOD_NOT_ALLOWED);
    let other = "wss://calls.test/phone/audio?token=1";
    assert_eq!(asks("GET", "/phone/audio?token=1", signed(right)).await, StatusCode::FORBIDDEN);
    assert_eq!(asks("GET", "/phone/audio?token=1", signed(other)).await, StatusCode::OK);
}

#[tokio::test]
async fn other_paths_are_left_to_the_application() {
    assert_eq!(asks("GET", "/phone/about", None).await, StatusCode::OK);
    assert_eq!(asks("GET", "/phone/nothing", None).await, StatusCode::NOT_FOUND);
}
