//! The JSON API: what it does, and how it refuses.

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{CUSTOMER, app, arrival, authorized, json, send, with_json};

async fn get(app: &Router, path: &str) -> (StatusCode, Value) {
    let response = send(app, authorized("GET", path).body(Body::empty()).unwrap()).await;
    (response.status(), json(response).await)
}

async fn post(app: &Router, path: &str, body: &str) -> (StatusCode, Value) {
    let response = send(app, with_json("POST", path, body)).await;
    (response.status(), json(response).await)
}

#[tokio::test]
async fn a_caller_is_found_shown_and_hung_up() {
    let app = app();
    send(&app, arrival("", "")).await;
    let (_, page) = get(&app, "/api/v1/calls").await;
    let call = &page["calls"][0];
    assert_eq!((&call["customer"], &call["direction"]), (&CUSTOMER.into(), &"inbound".into()));
    assert!(call["started_at"].as_str().unwrap().ends_with('Z'));
    let path = format!("/api/v1/calls/{}", call["id"].as_str().unwrap());
    let (status, whole) = get(&app, &path).await;
    assert_eq!((status, &whole["legs"][0]["role"]), (StatusCode::OK, &"customer".into()));
    let events: Vec<&str> = whole["events"].as_array().unwrap().iter().filter_map(|e| e["event"].as_str()).collect();
    assert!(events.contains(&"arrived"), "{events:?}");
    for _ in 0..2 {
        let (status, _) = post(&app, &format!("{path}/hang_up"), "").await;
        assert_eq!(status, StatusCode::ACCEPTED);
    }
    assert_eq!(get(&app, &path).await.1["reason"], "requested");
}

#[tokio::test]
async fn agents_sign_in_take_breaks_and_leave() {
    let app = app();
    assert_eq!(get(&app, "/api/v1/agents").await.1["agents"][0]["status"], "offline");
    let (status, agent) = post(&app, "/api/v1/agents/ana", r#"{"action":"ready"}"#).await;
    assert_eq!((status, &agent["status"]), (StatusCode::OK, &"ready".into()));
    assert_eq!(get(&app, "/api/v1/queues/sales").await.1["ready"], 1);
    assert_eq!(get(&app, "/api/v1/queues/sales").await.1["overtaken_by_at_most_ms"], 0);
    let (_, agent) = post(&app, "/api/v1/agents/ana", r#"{"action":"break","reason":"lunch"}"#).await;
    assert_eq!((&agent["status"], &agent["break_reason"]), (&"break".into(), &"lunch".into()));
    let late =
        format!(r#"{{"action":"ready","intent_version":{}}}"#, agent["intent_version"].as_u64().unwrap_or(0) - 1);
    assert_eq!(post(&app, "/api/v1/agents/ana", &late).await.0, StatusCode::CONFLICT, "I-5: a screen that is behind");
    assert_eq!(get(&app, "/api/v1/agents/ana").await.1["status"], "break");
    post(&app, "/api/v1/agents/ana", r#"{"action":"sign_out"}"#).await;
    assert_eq!(get(&app, "/api/v1/agents/ana").await.1["status"], "offline");
}

#[tokio::test]
async fn a_call_asked_for_twice_under_one_key_is_one_call() {
    let app = app();
    let place = |key: Option<&'static str>| {
        let mut request = with_json("POST", "/api/v1/calls", r#"{"to":"+12015550143","queue":"sales"}"#);
        if let Some(key) = key {
            request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        }
        request
    };
    let first = send(&app, place(Some("order 7"))).await;
    assert_eq!(first.status(), StatusCode::ACCEPTED);
    let first = json(first).await["id"].clone();
    assert_eq!(json(send(&app, place(Some("order 7"))).await).await["id"], first);
    assert_ne!(json(send(&app, place(None)).await).await["id"], first);
    assert_eq!(get(&app, "/api/v1/calls").await.1["calls"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let app = app();
    for _ in 0..5 {
        post(&app, "/api/v1/calls", r#"{"to":"+12015550143","queue":"sales"}"#).await;
    }
    let (mut seen, mut path) = (std::collections::BTreeSet::new(), "/api/v1/calls?limit=2".to_owned());
    for expected in [2, 2, 1] {
        let (_, page) = get(&app, &path).await;
        let calls = page["calls"].as_array().unwrap();
        assert_eq!(calls.len(), expected);
        seen.extend(calls.iter().map(|call| call["id"].to_string()));
        path = format!("/api/v1/calls?limit=2&after={}", page["next"].as_str().unwrap_or_default());
    }
    assert_eq!(seen.len(), 5);
}

#[tokio::test]
async fn an_agent_who_is_away_cannot_begin_a_call() {
    let app = app();
    let body = r#"{"to":"+12015550143","agent":"ana"}"#;
    let (status, error) = post(&app, "/api/v1/calls", body).await;
    assert_eq!((status, &error["error"]["code"]), (StatusCode::CONFLICT, &"conflict".into()));
    post(&app, "/api/v1/agents/ana", r#"{"action":"ready"}"#).await;
    assert_eq!(post(&app, "/api/v1/calls", body).await.0, StatusCode::ACCEPTED);
    assert_eq!(get(&app, "/api/v1/agents/ana").await.1["status"], "offered");
}

/// Everything in `value` that is called like a time is a text.
fn times_are_text(value: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_time =
                    name == "at" || name.ends_with("_at") || name.ends_with("_since") || name.ends_with("_until");
                let is_text = value.as_str().is_some_and(|text| text.ends_with('Z'));
                assert!(!is_time || value.is_null() || is_text, "{name}: {value}");
                times_are_text(value);
            }
        }
        Value::Array(values) => values.iter().for_each(times_are_text),
        _ => {}
    }
}

#[tokio::test]
async fn a_routing_decision_is_shown_with_whom_it_considered() {
    let switchboard = super::switchboard("");
    let app =
        switchboard::http::router(switchboard.clone(), switchboard::http::Access::token(super::API_TOKEN).unwrap());
    post(&app, "/api/v1/agents/ana", r#"{"action":"ready"}"#).await;
    send(&app, arrival("", "")).await;
    while switchboard.turn().await.unwrap().claimed > 0 {}
    let (_, page) = get(&app, "/api/v1/calls").await;
    let (_, call) = get(&app, &format!("/api/v1/calls/{}", page["calls"][0]["id"].as_str().unwrap())).await;
    let events = call["events"].as_array().unwrap();
    let offered = events.iter().find(|event| event["event"] == "offered").expect("an offer");
    let considered = &offered["decision"]["considered"][0];
    assert_eq!((&considered["agent"], &considered["verdict"]), (&"ana".into(), &"chosen".into()));
    times_are_text(&call);
    times_are_text(&get(&app, "/api/v1/agents").await.1);
    times_are_text(&get(&app, "/api/v1/queues").await.1);
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let app = app();
    let nobody = "01890000000070008000000000000000";
    for path in [
        format!("/api/v1/calls/{nobody}"),
        "/api/v1/calls/not-an-id".to_owned(),
        "/api/v1/calls/%FF%FE".to_owned(),
        "/api/v1/agents/nobody".to_owned(),
        "/api/v1/agents/No%20Name".to_owned(),
        "/api/v1/queues/none".to_owned(),
        "/api/v1/other".to_owned(),
        "/api/v2/calls".to_owned(),
    ] {
        let (status, error) = get(&app, &path).await;
        assert_eq!((status, &error["error"]["code"]), (StatusCode::NOT_FOUND, &"not_found".into()), "{path}");
    }
    for (path, body) in [
        (format!("/api/v1/calls/{nobody}/hang_up"), ""),
        ("/api/v1/agents/nobody".to_owned(), r#"{"action":"ready"}"#),
        ("/api/v1/queues/none".to_owned(), r#"{"open":true}"#),
        ("/api/v1/calls".to_owned(), r#"{"to":"+12015550143","queue":"none"}"#),
        ("/api/v1/calls".to_owned(), r#"{"to":"+12015550143","agent":"nobody"}"#),
    ] {
        assert_eq!(post(&app, &path, body).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn bad_input_is_refused_in_words_and_changes_nothing() {
    let app = app();
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for (path, body) in [
        ("/api/v1/calls", ""),
        ("/api/v1/calls", "{"),
        ("/api/v1/calls", "null"),
        ("/api/v1/calls", deep.as_str()),
        ("/api/v1/calls", r#"{"to":"+12015550143"}"#),
        ("/api/v1/calls", r#"{"to":"+12015550143","queue":"sales","agent":"ana"}"#),
        ("/api/v1/calls", r#"{"to":"+12015550143","queue":"sales","color":"red"}"#),
        ("/api/v1/calls", r#"{"to":"+12015550143","to":"+12015550144","queue":"sales"}"#),
        ("/api/v1/calls", r#"{"to":"12015550143","queue":"sales"}"#),
        ("/api/v1/calls", r#"{"to":"+1201555014<Say>","queue":"sales"}"#),
        ("/api/v1/calls", r#"{"to":12015550143,"queue":"sales"}"#),
        ("/api/v1/calls", r#"{"to":"+12015550143","from":"anonymous","queue":"sales"}"#),
        ("/api/v1/calls", r#"{"to":"+12015550143","queue":"Not A Name"}"#),
        ("/api/v1/agents/ana", r#"{"action":"fly"}"#),
        ("/api/v1/agents/ana", r#"{"action":"ready","reason":"x"}"#),
        ("/api/v1/queues/sales", r#"{"open":"yes"}"#),
        ("/api/v1/queues/sales", r#"{"open":true,"why":1}"#),
    ] {
        let (status, error) = post(&app, path, body).await;
        assert_eq!(
            (status, &error["error"]["code"]),
            (StatusCode::BAD_REQUEST, &"bad_request".into()),
            "{path} {body}"
        );
        assert!(error["error"]["message"].as_str().unwrap().len() > 10);
    }
    let long = format!(r#"{{"action":"break","reason":"{}"}}"#, "x".repeat(201));
    assert_eq!(post(&app, "/api/v1/agents/ana", &long).await.0, StatusCode::BAD_REQUEST);
    for query in ["limit=0", "limit=257", "limit=-1", "limit=x", "after=!!", "after=YWJj", "page=2", "limit=1&limit=2"]
    {
        assert_eq!(get(&app, &format!("/api/v1/calls?{query}")).await.0, StatusCode::BAD_REQUEST, "{query}");
    }
    // Cursors of the right form that no page ever gave: beyond every call, and before all.
    for (major, minor) in [(i64::MAX, i64::MAX), (i64::MIN, i64::MIN), (0, i64::MAX)] {
        let after = URL_SAFE_NO_PAD.encode(format!("{major} {minor} calls/\u{0}\u{10ffff}"));
        let (status, page) = get(&app, &format!("/api/v1/calls?after={after}")).await;
        assert_eq!((status, page["calls"].as_array().map(Vec::len)), (StatusCode::OK, Some(0)), "{major} {minor}");
    }
    assert!(get(&app, "/api/v1/calls").await.1["calls"].as_array().unwrap().is_empty());
    assert_eq!(get(&app, "/api/v1/agents/ana").await.1["status"], "offline");
}

#[tokio::test]
async fn bodies_have_a_kind_and_a_limit() {
    let app = app();
    let body = r#"{"open":false}"#;
    for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
        let mut request = authorized("POST", "/api/v1/queues/sales");
        if let Some(kind) = kind {
            request = request.header("Content-Type", kind);
        }
        let response = send(&app, request.body(Body::from(body)).unwrap()).await;
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind:?}");
    }
    let (status, error) = post(&app, "/api/v1/queues/sales", &" ".repeat(64 * 1024 + 1)).await;
    assert_eq!((status, &error["error"]["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &"too_large".into()));
    let mut key = with_json("POST", "/api/v1/calls", r#"{"to":"+12015550143","queue":"sales"}"#);
    key.headers_mut().insert("idempotency-key", "k".repeat(256).parse().unwrap());
    assert_eq!(send(&app, key).await.status(), StatusCode::BAD_REQUEST);
}
