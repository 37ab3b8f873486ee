//! What if, and what next, over HTTP: of a day that people on the simulated carrier made.

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use serde_json::{Value, json as value};
use switchboard::http::{Access, router};
use switchboard::setup::queue;
use switchboard::sim::{Habits, Shift, World};
use switchboard::{Agent, Flow, Queue, Switchboard};

use super::{API_TOKEN, NUMBER, app, authorized, json, send, with_json};

async fn get(app: &Router, path: &str) -> (StatusCode, Value) {
    let response = send(app, authorized("GET", path).body(Body::empty()).unwrap()).await;
    (response.status(), json(response).await)
}

async fn ask(app: &Router, body: &Value) -> (StatusCode, Value) {
    let response = send(app, with_json("POST", "/api/v1/what-if", &body.to_string())).await;
    (response.status(), json(response).await)
}

/// Two agents, and more callers than they can serve in time.
fn a_day() -> (World, Router) {
    let secs = std::time::Duration::from_secs;
    let builder = Switchboard::builder()
        .queue(Queue::new("sales").wrap_up(secs(5)).wait_max(secs(900)))
        .agent(Agent::new("ana").serves(["sales"]))
        .agent(Agent::new("ben").serves(["sales"]))
        .number(NUMBER, Flow::say("Hello.").then(queue("sales")));
    let shift = Shift {
        callers: 60,
        gap: secs(22),
        habits: Habits {
            keys: vec!['5'],
            patience: (secs(60), secs(400)),
            talks: (secs(15), secs(60)),
            declines_of_10: 0,
            ignores_of_10: 0,
            leaves_after: None,
            ..Habits::default()
        },
        ..Shift::quiet(7)
    };
    let (report, world) = shift.play(&builder);
    assert!(report.joined > 40, "{report:?}");
    let app = router(world.switchboard(), Access::token(API_TOKEN).unwrap());
    (world, app)
}

fn mean(of: &Value, figure: &str) -> f64 {
    of[figure]["mean"].as_f64().unwrap_or_else(|| panic!("{figure} of {of}"))
}

#[tokio::test]
async fn of_a_day_with_other_people_and_another_policy() {
    let (_world, app) = a_day();
    let (status, more) = ask(&app, &value!({"add": [{"count": 2, "serves": ["sales"]}], "seed": 3})).await;
    assert_eq!((status, &more["replications"]), (StatusCode::OK, &value!(20)), "{more}");
    assert!(more["calls"].as_u64().is_some_and(|calls| calls >= 55), "{more}");
    // As it was is within the range of its replays, and two more agents are worth something: beyond chance.
    let (was, base) = (more["service_level_was"].as_f64().unwrap(), &more["base"]["service_level"]);
    assert!(base["day_low"].as_f64().unwrap() <= was && was <= base["day_high"].as_f64().unwrap(), "{was}: {base}");
    assert!(more["change"]["service_level"]["low"].as_f64().unwrap() > 0.0, "{more}");
    assert!(more["change"]["abandon_rate"]["high"].as_f64().unwrap() <= 0.0, "{more}");
    assert!(more["change"]["occupancy"]["high"].as_f64().unwrap() < 0.0, "{more}");
    assert_eq!(more["queues"]["sales"]["change"]["service_level"], more["change"]["service_level"]);
    // The same question, the same answer; nothing asked, nothing changed.
    let (_, again) = ask(&app, &value!({"add": [{"count": 2, "serves": ["sales"]}], "seed": 3})).await;
    assert_eq!(again["change"], more["change"]);
    let (_, same) = ask(&app, &value!({"replications": 4})).await;
    assert_eq!((mean(&same["change"], "service_level"), mean(&same["change"], "occupancy")), (0.0, 0.0));
    let (_, fewer) = ask(&app, &value!({"away": [{"agent": "ben"}], "replications": 6})).await;
    assert!(mean(&fewer["change"], "service_level") < 0.0, "{fewer}");
    let other = value!({"queues": {"sales": {"strategy": "fewest_contacts", "order": "last_first", "answer_within_ms": 200_000}},
        "between": "oldest", "serves": {"ana": ["sales"]}, "replications": 6});
    let (status, other) = ask(&app, &other).await;
    assert_eq!(status, StatusCode::OK, "{other}");
    assert!(mean(&other["change"], "service_level") > 0.0, "in time is later: {other}");
}

#[tokio::test]
async fn of_the_next_hour() {
    let (world, app) = a_day();
    // The last hour is that of the shift.
    let (status, next) = get(&app, "/api/v1/queues/sales/outlook?replications=6&seed=2&away=ben").await;
    assert_eq!((status, &next["queue"]), (StatusCode::OK, &value!("sales")), "{next}");
    assert_eq!((&next["agents"], &next["waiting"], &next["away"]), (&value!(2), &value!(0), &value!(["ben"])));
    assert!(next["expected_per_hour"].as_f64().is_some_and(|n| (40.0..=62.0).contains(&n)), "{next}");
    assert!(mean(&next["change"], "service_level") < 0.0 && mean(&next["change"], "occupancy") > 0.0, "{next}");
    let (_, alone) = get(&app, "/api/v1/queues/sales/outlook?horizon_s=600&replications=3").await;
    assert_eq!((&alone["horizon_s"], &alone["change"]), (&value!(600), &Value::Null));
    // And what the next caller may expect: somebody is free.
    let (_, figures) = get(&app, "/api/v1/queues/sales/figures").await;
    let wait = &figures["expected_wait"];
    assert_eq!((&wait["has_learned"], &wait["next"]["p80_ms"]), (&value!(true), &value!(0)), "{wait}");
    assert!(wait["accuracy"]["answered"].as_u64().is_some_and(|n| n > 0), "{wait}");
    assert!(wait["predictors"]["head_of_line"]["mae_s"].is_number(), "{wait}");
    drop(world);
}

#[tokio::test]
async fn what_nobody_can_play_is_refused_in_words() {
    let app = app();
    let refused = [
        (value!({"add": [{"count": 501, "serves": ["sales"]}]}), "at most 500 agents"),
        (value!({"add": [{"count": 1, "serves": ["nobody"]}]}), "there is no queue"),
        (value!({"away": [{"agent": "zoe"}]}), "there is no agent"),
        (
            value!({"away": [{"agent": "ana", "from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}]}),
            "cannot end",
        ),
        (value!({"serves": {"ana": ["nobody"]}}), "there is no queue"),
        (value!({"queues": {"sales": {"strategy": "by_whim"}}}), "knows no strategy"),
        (value!({"queues": {"sales": {"ring_at_once": 0}}}), "`ring_at_once`"),
        (value!({"queues": {"sales": {"ring_timeout_ms": 1}}}), "`ring_timeout_ms`"),
        (value!({"queues": {"sales": {"order": "whim"}}}), "unknown variant"),
        (value!({"replications": 1}), "`replications` is 2 to"),
        (value!({"replications": 1_000_000}), "`replications` is 2 to"),
        (value!({"from": "2026-01-01T00:00:00Z", "to": "2026-01-03T00:00:00Z"}), "at most 25 hours"),
        (value!({"surprise": 1}), "unknown field"),
    ];
    for (body, why) in refused {
        let (status, error) = ask(&app, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {error}");
        assert!(error["error"]["message"].as_str().unwrap().contains(why), "{body}: {error}");
    }
    for (path, why) in [
        ("sales/outlook?horizon_s=1", "`horizon_s`"),
        ("sales/outlook?replications=0", "`replications`"),
        ("sales/outlook?away=zoe", "there is no agent"),
        ("sales/outlook?hour=1", "unknown field"),
    ] {
        let (status, error) = get(&app, &format!("/api/v1/queues/{path}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {error}");
        assert!(error["error"]["message"].as_str().unwrap().contains(why), "{path}: {error}");
    }
    assert_eq!(get(&app, "/api/v1/queues/nobody/outlook").await.0, StatusCode::NOT_FOUND);
    // An empty day has no figures, and is no fault.
    let (status, empty) = ask(&app, &value!({})).await;
    assert_eq!(
        (status, &empty["calls"], &empty["base"]["service_level"]["n"]),
        (StatusCode::OK, &value!(0), &value!(0))
    );
}
