//! Callbacks are promised, listed and cancelled.

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use serde_json::Value;

use super::{CUSTOMER, app, authorized, json, send, with_json};

async fn open(app: &Router) -> Vec<Value> {
    let response = send(app, authorized("GET", "/api/v1/callbacks").body(Body::empty()).unwrap()).await;
    json(response).await["callbacks"].as_array().unwrap().clone()
}

async fn post(app: &Router, path: &str, body: &str) -> (StatusCode, Value) {
    let response = send(app, with_json("POST", path, body)).await;
    (response.status(), json(response).await)
}

fn wish(more: &str) -> String {
    format!(r#"{{"to":"{CUSTOMER}","queue":"support"{more}}}"#)
}

#[tokio::test]
async fn one_for_each_number_however_often_it_is_asked_for() {
    let app = app();
    let (status, first) = post(&app, "/api/v1/callbacks", &wish("")).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{first}");
    let (_, second) = post(&app, "/api/v1/callbacks", &wish(r#","at":"2999-01-01T00:00:00+01:00""#)).await;
    assert_eq!(first, second, "asking again is asking once");
    let all = open(&app).await;
    assert_eq!((all.len(), &all[0]["state"], &all[0]["customer"]), (1, &"holding".into(), &CUSTOMER.into()));
    assert_eq!(all[0]["id"], first["id"]);
    for field in ["place", "not_before", "expires_at"] {
        assert!(all[0][field].as_str().unwrap().ends_with('Z'), "{field}");
    }
    let cancel = format!("/api/v1/callbacks/{}/cancel", first["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(post(&app, &cancel, "").await.0, StatusCode::ACCEPTED);
    }
    assert!(open(&app).await.is_empty());
    let (_, third) =
        post(&app, "/api/v1/callbacks", &wish(r#","at":"2999-01-01T00:00:00Z","utc_offset_mins":60"#)).await;
    assert_ne!(first, third);
    let all = open(&app).await;
    assert_eq!((&all[0]["state"], &all[0]["not_before"]), (&"later".into(), &"2999-01-01T00:00:00.000Z".into()));
}

#[tokio::test]
async fn what_cannot_be_promised_is_refused() {
    let app = app();
    let elsewhere = format!(r#"{{"to":"{CUSTOMER}","queue":"sales"}}"#);
    for (body, status) in [
        (elsewhere, StatusCode::CONFLICT),
        (format!(r#"{{"to":"{CUSTOMER}","queue":"none"}}"#), StatusCode::NOT_FOUND),
        (r#"{"to":"911","queue":"support"}"#.to_owned(), StatusCode::BAD_REQUEST),
        (wish(r#","at":"tomorrow""#), StatusCode::BAD_REQUEST),
        (wish(r#","utc_offset_mins":900"#), StatusCode::BAD_REQUEST),
        (wish(r#","why":1"#), StatusCode::BAD_REQUEST),
    ] {
        let (found, answer) = post(&app, "/api/v1/callbacks", &body).await;
        assert_eq!(found, status, "{body}: {answer}");
    }
    let (status, _) = post(&app, "/api/v1/callbacks/00000000000000000000000000000000/cancel", "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(open(&app).await.is_empty());
}
