//! Who is let in.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use switchboard::http::{Access, AccessError, router};

use super::{API_TOKEN, app, json, request, send, switchboard, with_json};

async fn status(app: &Router, request: Request<Body>) -> StatusCode {
    send(app, request).await.status()
}

#[test]
fn a_token_that_could_be_guessed_or_not_be_sent_is_refused() {
    assert_eq!(Access::token("fifteen letters").unwrap_err(), AccessError::TokenTooShort);
    assert_eq!(Access::token("ends with a line\n").unwrap_err(), AccessError::TokenUnwritable);
    assert_eq!(Access::token("größer als sechzehn").unwrap_err(), AccessError::TokenUnwritable);
    let access = Access::token(API_TOKEN).unwrap();
    assert!(!format!("{access:?}").contains("horse"));
}

#[tokio::test]
async fn only_the_whole_token_opens() {
    let app = app();
    let with =
        |value: &str| request("GET", "/api/v1/agents").header("Authorization", value).body(Body::empty()).unwrap();
    assert_eq!(status(&app, with(&format!("Bearer {API_TOKEN}"))).await, StatusCode::OK);
    assert_eq!(status(&app, with(&format!("bearer {API_TOKEN}"))).await, StatusCode::OK);
    for wrong in ["", "Bearer", "Bearer ", "Bearer correct horse batter", "Bearer correct horse batteryy", API_TOKEN] {
        assert_eq!(status(&app, with(wrong)).await, StatusCode::UNAUTHORIZED, "{wrong:?}");
    }
    let twice = request("GET", "/api/v1/agents")
        .header("Authorization", format!("Bearer {API_TOKEN}"))
        .header("Authorization", "Bearer other")
        .body(Body::empty())
        .unwrap();
    assert_eq!(status(&app, twice).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn nobody_is_let_in_by_default() {
    let app = router(switchboard(""), Access::default());
    let any = request("GET", "/api/v1/agents").header("Authorization", "Bearer ").body(Body::empty()).unwrap();
    assert_eq!(status(&app, any).await, StatusCode::UNAUTHORIZED);
    let health = request("GET", "/health").body(Body::empty()).unwrap();
    assert_eq!(status(&app, health).await, StatusCode::OK);
}

fn from(peer: &str, host: &str) -> axum::http::request::Builder {
    let peer: SocketAddr = peer.parse().unwrap();
    Request::builder().uri("/api/v1/agents").header("Host", host).extension(ConnectInfo(peer))
}

#[tokio::test]
async fn loopback_means_this_machine_and_nobody_in_between() {
    let app = router(switchboard(""), Access::loopback_only());
    for (peer, host) in [
        ("127.0.0.1:5000", "localhost:3000"),
        ("127.0.0.1:5000", "127.0.0.1"),
        ("[::1]:5000", "[::1]:3000"),
        ("[::ffff:127.0.0.1]:5000", "LOCALHOST"),
    ] {
        assert_eq!(status(&app, from(peer, host).body(Body::empty()).unwrap()).await, StatusCode::OK, "{peer} {host}");
    }
    for (peer, host) in [
        ("192.0.2.7:5000", "localhost:3000"),
        ("127.0.0.1:5000", "evil.example"),
        ("127.0.0.1:5000", "localhost.evil.example:3000"),
        ("127.0.0.1:5000", "127.0.0.1.evil.example"),
        ("127.0.0.1:5000", ""),
    ] {
        let refused = status(&app, from(peer, host).body(Body::empty()).unwrap()).await;
        assert_eq!(refused, StatusCode::UNAUTHORIZED, "{peer} {host}");
    }
    for header in ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Via"] {
        let passed_on =
            from("127.0.0.1:5000", "localhost").header(header, "for=192.0.2.7").body(Body::empty()).unwrap();
        assert_eq!(status(&app, passed_on).await, StatusCode::UNAUTHORIZED, "{header}");
    }
    // Served without the peer's address.
    let unknown = Request::builder().uri("/api/v1/agents").header("Host", "localhost").body(Body::empty()).unwrap();
    assert_eq!(status(&app, unknown).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing() {
    let app = app();
    let change = |headers: &[(&'static str, &str)]| {
        let mut request = with_json("POST", "/api/v1/queues/sales", r#"{"open":false}"#);
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        request
    };
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "http://localhost:3001")],
        &[("origin", "http://localhost:3000"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "cross-site")],
    ] {
        let response = send(&app, change(headers)).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{headers:?}");
        assert_eq!(json(response).await["error"]["code"], "cross_origin");
    }
    let still = super::authorized("GET", "/api/v1/queues/sales").body(Body::empty()).unwrap();
    assert_eq!(json(send(&app, still).await).await["open"], true);
    let own = send(&app, change(&[("origin", "http://localhost:3000")])).await;
    assert_eq!(json(own).await["open"], false);
}
