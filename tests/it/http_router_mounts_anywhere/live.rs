//! Live events.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::StatusCode;
use futures_util::StreamExt as _;

use super::{app, arrival, authorized, send, with_json};

struct Reading(BodyDataStream);

impl Reading {
    async fn begin(app: &Router, last: Option<&str>) -> Self {
        let mut request = authorized("GET", "/api/v1/events");
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let response = send(app, request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self(response.into_body().into_data_stream())
    }

    async fn next(&mut self) -> String {
        let chunk = tokio::time::timeout(Duration::from_secs(10), self.0.next()).await.expect("an event in time");
        String::from_utf8(chunk.unwrap().unwrap().to_vec()).unwrap()
    }
}

#[tokio::test]
async fn what_happens_is_told_and_told_again_to_one_who_comes_back() {
    let app = app();
    let mut reading = Reading::begin(&app, None).await;
    send(&app, arrival("", "")).await;
    let first = reading.next().await;
    assert!(first.contains("event: event\n") && first.contains("id: 0\n"), "{first}");
    assert!(first.contains(r#""event":"arrived""#), "{first}");
    let second = reading.next().await;
    assert!(second.contains("id: 1\n"), "{second}");
    let mut again = Reading::begin(&app, Some("0")).await;
    assert_eq!(again.next().await, second);
}

#[tokio::test]
async fn a_change_without_an_event_is_told_too() {
    let app = app();
    let mut reading = Reading::begin(&app, None).await;
    send(&app, with_json("POST", "/api/v1/queues/sales", r#"{"open":false}"#)).await;
    assert!(reading.next().await.contains("event: changed\n"));
}

#[tokio::test]
async fn what_an_agent_does_is_told() {
    let app = app();
    let mut reading = Reading::begin(&app, None).await;
    send(&app, with_json("POST", "/api/v1/agents/ana", r#"{"action":"break","reason":"tea"}"#)).await;
    let told = reading.next().await;
    assert!(told.contains("event: agent\n") && told.contains(r#""agent":"ana""#), "{told}");
    assert!(told.contains(r#""status":"break""#) && told.contains(r#""break_reason":"tea""#), "{told}");
}

#[tokio::test]
async fn one_who_was_on_another_run_is_told_to_read_anew() {
    let app = app();
    assert!(Reading::begin(&app, Some("4711")).await.next().await.contains("event: reset\n"));
    let max = u64::MAX.to_string();
    assert!(Reading::begin(&app, Some(&max)).await.next().await.contains("event: reset\n"));
    let bad = authorized("GET", "/api/v1/events").header("Last-Event-ID", "x").body(Body::empty()).unwrap();
    assert_eq!(send(&app, bad).await.status(), StatusCode::BAD_REQUEST);
}
