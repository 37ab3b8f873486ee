//! The router works wherever it is mounted, lets in whom it should, and refuses bad input in words.

mod access;
mod api;
mod bad_webhooks;
mod callbacks;
mod figures;
mod forecasts;
mod live;
mod silence;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode};
use axum::response::Response;
use serde_json::Value;
use switchboard::http::{Access, Guard, ROUTES, router};
use switchboard::setup::{Callback, queue};
use switchboard::store::Store;
use switchboard::telephony::FakeTelephony;
use switchboard::webhook::{Algorithm, form, sign};
use switchboard::{Agent, Flow, Queue, Switchboard};
use tower::ServiceExt;

const HOST: &str = "https://calls.example.com";
const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const TWILIO_TOKEN: &str = "0123456789abcdef0123456789abcdef";
const API_TOKEN: &str = "correct horse battery";
const NUMBER: &str = "+14155550100";
const CUSTOMER: &str = "+12015550142";

fn switchboard_with(mount: &str, store: Option<Arc<dyn Store>>) -> Switchboard {
    let builder = Switchboard::builder()
        .queue(Queue::new("sales"))
        .queue(Queue::new("support").callback(Callback::new()))
        .agent(Agent::new("ana").serves(["sales"]))
        .number(NUMBER, Flow::say("Thanks for calling.").then(queue("sales")))
        .public_base(format!("{HOST}{mount}"))
        .account(ACCOUNT, TWILIO_TOKEN)
        .telephony(Arc::new(FakeTelephony::new()));
    match store {
        Some(store) => builder.store(store),
        None => builder,
    }
    .build()
    .unwrap()
}

fn switchboard(mount: &str) -> Switchboard {
    switchboard_with(mount, None)
}

/// The router at the root of an application, for whoever has the token.
fn app() -> Router {
    router(switchboard(""), Access::token(API_TOKEN).unwrap())
}

fn request(method: &str, path: &str) -> axum::http::request::Builder {
    let peer: SocketAddr = "127.0.0.1:5555".parse().unwrap();
    Request::builder().method(method).uri(path).header("Host", "localhost:3000").extension(ConnectInfo(peer))
}

fn authorized(method: &str, path: &str) -> axum::http::request::Builder {
    request(method, path).header("Authorization", format!("Bearer {API_TOKEN}"))
}

fn with_json(method: &str, path: &str, body: &str) -> Request<Body> {
    authorized(method, path).header("Content-Type", "application/json").body(Body::from(body.to_owned())).unwrap()
}

async fn send(app: &Router, request: Request<Body>) -> Response {
    app.clone().oneshot(request).await.unwrap()
}

async fn text(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn json(response: Response) -> Value {
    let text = text(response).await;
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text:?}"))
}

/// A caller's first webhook, signed as Twilio signs it.
fn arrival(mount: &str, query: &str) -> Request<Body> {
    let params = [
        ("AccountSid", ACCOUNT),
        ("CallSid", "CA0123456789abcdef0123456789abcdef"),
        ("CallStatus", "ringing"),
        ("Direction", "inbound"),
        ("From", CUSTOMER),
        ("To", NUMBER),
    ];
    webhook(&format!("{mount}/hooks/voice{query}"), &params)
}

/// A webhook with these parameters, signed as Twilio signs it.
fn webhook(target: &str, params: &[(&str, &str)]) -> Request<Body> {
    let signature = sign(&format!("{HOST}{target}"), params, TWILIO_TOKEN, Algorithm::HmacSha1);
    request("POST", target)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("X-Twilio-Signature", signature)
        .body(Body::from(form::encode(params.iter().copied())))
        .unwrap()
}

async fn holds_at(app: &Router, mount: &str) {
    for path in ["/health", "/health/"] {
        let response = send(app, request("GET", &format!("{mount}{path}")).body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK, "{mount}{path}");
    }
    for path in ["/api/v1/queues", "/api/v1/queues/"] {
        let response = send(app, authorized("GET", &format!("{mount}{path}")).body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK, "{mount}{path}");
        assert_eq!(json(response).await["queues"][0]["id"], "sales");
    }
    // The signature covers prefix and raw query: both must reach the check byte for byte.
    for query in ["", "?a=%7e&b=%7E+%20"] {
        let response = send(app, arrival(mount, query)).await;
        assert_eq!(response.status(), StatusCode::OK, "{mount} {query}");
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(kind.starts_with("text/xml"), "{kind}");
        let document = text(response).await;
        assert!(document.contains("Thanks for calling."), "{document}");
        assert!(document.contains(&format!("{HOST}{mount}/hooks/")), "{document}");
    }
}

#[tokio::test]
async fn it_mounts_at_any_path_and_in_any_way() {
    for mount in ["/calls", "/a/b-c"] {
        let inner = || router(switchboard(mount), Access::token(API_TOKEN).unwrap());
        holds_at(&Router::new().nest(mount, inner()), mount).await;
        holds_at(&Router::new().nest(&format!("{mount}/"), inner()), mount).await;
        holds_at(&Router::new().nest_service(mount, inner()), mount).await;
        holds_at(&Router::new().nest_service(&format!("{mount}/"), inner()), mount).await;
        // Beside the host's own routes and fallback.
        let host = Router::new().fallback(|| async { "the host's" }).nest(mount, inner());
        holds_at(&host, mount).await;
        let other = send(&host, request("GET", "/other").body(Body::empty()).unwrap()).await;
        assert_eq!(text(other).await, "the host's");
    }
    holds_at(&app(), "").await;
    holds_at(&Router::new().fallback(|| async { "the host's" }).merge(app()), "").await;
}

/// A path of the route, with something in place of its parameters.
fn filled(path: &str) -> String {
    path.replace("{id}", "ana").replace("{*rest}", "voice")
}

#[tokio::test]
async fn every_route_refuses_those_whom_it_is_not_for() {
    let app = app();
    assert_eq!(ROUTES.iter().filter(|route| route.guard == Guard::Public).count(), 1, "only health is for everybody");
    for route in ROUTES {
        let methods = if route.methods.is_empty() { &["GET", "POST", "DELETE"] } else { route.methods };
        for method in methods {
            for slash in ["", "/"] {
                let path = format!("{}{slash}", filled(route.path));
                let response = send(&app, request(method, &path).body(Body::empty()).unwrap()).await;
                let refused = match route.guard {
                    Guard::Authenticated => Some(StatusCode::UNAUTHORIZED),
                    Guard::Signed if *method == "GET" => Some(StatusCode::METHOD_NOT_ALLOWED),
                    Guard::Signed => Some(StatusCode::FORBIDDEN),
                    Guard::Public => None,
                };
                assert_eq!(response.status(), refused.unwrap_or(StatusCode::OK), "{method} {path}");
                if route.guard == Guard::Authenticated {
                    assert_eq!(response.headers()["cache-control"], "no-store", "{method} {path}");
                    assert_eq!(json(response).await["error"]["code"], "unauthorized", "{method} {path}");
                } else {
                    assert!(!text(response).await.contains("+1"), "{method} {path} tells a number");
                }
            }
        }
    }
}

#[tokio::test]
async fn every_route_refuses_other_methods() {
    let app = app();
    for route in ROUTES.iter().filter(|route| !route.methods.is_empty()) {
        for method in ["PUT", "PATCH", "DELETE", "OPTIONS"] {
            let path = filled(route.path);
            let response = send(&app, authorized(method, &path).body(Body::empty()).unwrap()).await;
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            let allowed = response.headers()["allow"].to_str().unwrap().to_owned();
            assert!(route.methods.iter().all(|known| allowed.contains(known)), "{path}: {allowed}");
        }
    }
    let head = send(&app, request(Method::HEAD.as_str(), "/hooks/voice").body(Body::empty()).unwrap()).await;
    assert_eq!(head.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_webhook_that_is_too_long_is_refused_before_it_is_read() {
    let app = app();
    let announced =
        request("POST", "/hooks/voice").header("Content-Length", "65537").body(Body::from("short")).unwrap();
    assert_eq!(send(&app, announced).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let stream = futures_util::stream::iter((0..70).map(|_| Ok::<_, std::io::Error>(vec![b'a'; 1024])));
    let unannounced = request("POST", "/hooks/voice").body(Body::from_stream(stream)).unwrap();
    assert_eq!(send(&app, unannounced).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let broken = futures_util::stream::iter([Err::<Vec<u8>, _>(std::io::Error::other("the line is cut"))]);
    let broken = request("POST", "/hooks/voice").body(Body::from_stream(broken)).unwrap();
    assert_eq!(send(&app, broken).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_webhook_with_a_second_signature_that_is_no_text_is_refused() {
    let app = app();
    let mut twice = arrival("", "");
    let garbage = axum::http::HeaderValue::from_bytes(b"\xff\xfe").unwrap();
    twice.headers_mut().append("X-Twilio-Signature", garbage);
    assert_eq!(send(&app, twice).await.status(), StatusCode::FORBIDDEN);
}
