//! Figures over HTTP.

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use serde_json::{Value, json as value};

use super::{app, arrival, authorized, json, send, with_json};

async fn get(app: &Router, path: &str) -> (StatusCode, Value) {
    let response = send(app, authorized("GET", path).body(Body::empty()).unwrap()).await;
    (response.status(), json(response).await)
}

#[tokio::test]
async fn of_a_queue_in_which_somebody_waits() {
    let app = app();
    send(&app, with_json("POST", "/api/v1/agents/ana", r#"{"action":"break","reason":"tea"}"#)).await;
    send(&app, arrival("", "")).await;
    let (status, figures) = get(&app, "/api/v1/queues/sales/figures?sl_ms=30000&by=by_entry").await;
    assert_eq!(status, StatusCode::OK, "{figures}");
    assert_eq!(figures["queue"], "sales");
    assert_eq!((&figures["offered"], &figures["open"], &figures["answered"]), (&value!(1), &value!(1), &value!(0)));
    assert_eq!(figures["length"]["now"], 1);
    assert!(figures["longest_waiting_ms"].as_i64().is_some_and(|ms| (0..60_000).contains(&ms)), "{figures}");
    assert_eq!(figures["service_level"]["threshold_ms"], 30_000);
    // Nobody was answered, nobody abandoned: there is no share, and it is not 0.
    assert_eq!(figures["service_level"]["SL_B"], value!({"numerator": 0, "denominator": 0, "value": null}));
    assert_eq!(figures["service_level"]["SL_E"], value!({"numerator": 0, "denominator": 1, "value": 0.0}));
    assert_eq!(figures["staff"]["now"], value!({"break": 1}));
    assert_eq!(figures["to"], Value::Null);
    let (_, past) = get(&app, "/api/v1/queues/sales/figures?from=2001-01-01T00:00:00Z&to=2001-01-02T00:00:00Z").await;
    assert_eq!((&past["offered"], &past["to"]), (&value!(0), &value!("2001-01-02T00:00:00.000Z")));
}

#[tokio::test]
async fn of_an_agent() {
    let app = app();
    send(&app, with_json("POST", "/api/v1/agents/ana", r#"{"action":"break","reason":"tea"}"#)).await;
    let (status, figures) = get(&app, "/api/v1/agents/ana/figures").await;
    assert_eq!((status, &figures["agent"]), (StatusCode::OK, &value!("ana")), "{figures}");
    assert_eq!(figures["now"], value!({"break": 1}));
    assert_eq!(figures["occupancy"]["value"], Value::Null);
    let day: i64 = ["logged_in_ms", "offline_ms", "unknown_ms"].iter().filter_map(|name| figures[name].as_i64()).sum();
    assert_eq!(day, 24 * 3_600_000);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_words() {
    let app = app();
    let refused = [
        ("queues/sales/figures?from=yesterday", "`from` is a time like"),
        ("queues/sales/figures?to=2026-13-01T00:00:00Z", "`to` is a time like"),
        ("queues/sales/figures?sl_ms=-1", "`sl_ms` is a time in ms"),
        ("queues/sales/figures?short_ms=x", "short_ms"),
        ("queues/sales/figures?by=whim", "by"),
        ("queues/sales/figures?sl=20", "unknown field"),
        ("queues/sales/figures?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "cannot end"),
        ("agents/ana/figures?from=2001-01-01T00:00:00Z", "at most 31 days"),
        ("agents/ana/figures?from=0000-01-01T00:00:00Z&to=9999-12-31T00:00:00Z", "at most 31 days"),
    ];
    for (path, why) in refused {
        let (status, error) = get(&app, &format!("/api/v1/{path}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {error}");
        assert!(error["error"]["message"].as_str().unwrap().contains(why), "{path}: {error}");
    }
    for path in ["queues/nobody/figures", "queues/NOBODY/figures", "agents/nobody/figures"] {
        assert_eq!(get(&app, &format!("/api/v1/{path}")).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}
