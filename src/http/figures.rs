//! Figures of queues and agents.

use std::time::Duration;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::{Centre, agents, json as body, queues};
use crate::engine::{StaffFigures, WaitFigures};
use crate::forecast::{Accuracy, Silence};
use crate::report::{
    AbandonRate, AgentFigures, Attribution, Callbacks, Durations, Handling, Interval, Offers, QueueFigures, Ratio,
    SERVICE_LEVEL_MS, SHORT_ABANDON_MS, ServiceLevel,
};
use crate::time::Timestamp;

/// Interval that is told of unless asked otherwise: the last 24 h.
const LAST: Duration = Duration::from_secs(24 * 3600);
/// Longest interval.
const INTERVAL_MAX: Duration = Duration::from_secs(31 * 24 * 3600);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfQueue {
    from: Option<String>,
    to: Option<String>,
    sl_ms: Option<i64>,
    short_ms: Option<i64>,
    by: Option<Attribution>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfAgent {
    from: Option<String>,
    to: Option<String>,
}

pub(super) fn time(field: &str, text: &str) -> Result<Timestamp, Fault> {
    let at = DateTime::parse_from_rfc3339(text);
    at.map(|at| at.with_timezone(&Utc).into())
        .map_err(|_| Fault::bad(format!("`{field}` is a time like 2026-01-31T09:00:00Z")))
}

/// Without an end it is not over.
pub(super) fn interval(from: Option<&str>, to: Option<&str>, now: Timestamp) -> Result<Interval, Fault> {
    let to = to.map(|to| time("to", to)).transpose()?;
    let until = to.unwrap_or(now);
    let from = from.map(|from| time("from", from)).transpose()?.unwrap_or(until - LAST);
    if until.since(from) > INTERVAL_MAX {
        return Err(Fault::bad("an interval has at most 31 days: ask for several, and add them up"));
    }
    match to {
        Some(to) => Interval::new(from, to).map_err(|error| Fault::bad(error.to_string())),
        None => Ok(Interval::since(from)),
    }
}

fn threshold(field: &str, ms: Option<i64>, otherwise: i64) -> Result<i64, Fault> {
    let ms = ms.unwrap_or(otherwise);
    if ms < 0 { Err(Fault::bad(format!("`{field}` is a time in ms, 0 or more"))) } else { Ok(ms) }
}

fn ratio(ratio: Ratio) -> Value {
    json!({"numerator": ratio.numerator, "denominator": ratio.denominator, "value": ratio.value()})
}

fn durations(durations: &Durations) -> Value {
    json!({
        "count": durations.count(),
        "sum_ms": durations.sum_ms(),
        "mean_ms": durations.mean().value(),
        "p50_ms": durations.percentile_ms(50),
        "p90_ms": durations.percentile_ms(90),
        "p95_ms": durations.percentile_ms(95),
        "max_ms": durations.max_ms(),
    })
}

fn offers_json(offers: &Offers) -> Value {
    json!({
        "made": offers.made,
        "accepted": offers.accepted,
        "connected": offers.connected,
        "rejected": offers.rejected,
        "no_answer": offers.no_answer,
        "rescinded": offers.rescinded,
        "canceled": offers.canceled,
        "failed": offers.failed,
        "open": offers.open,
        "accept_rate": ratio(offers.accept_rate()),
    })
}

fn callbacks_json(callbacks: &Callbacks) -> Value {
    json!({
        "offered": callbacks.offered,
        "declined": callbacks.declined,
        "promised": callbacks.promised,
        "kept": callbacks.kept,
        "abandoned": callbacks.abandoned,
        "unreached": callbacks.unreached,
        "expired": callbacks.expired,
        "cancelled": callbacks.cancelled,
        "resumed": callbacks.resumed,
        "elsewhere": callbacks.elsewhere,
        "open": callbacks.open,
        "attempts": callbacks.attempts,
        "kept_after": durations(&callbacks.kept_after),
    })
}

fn handling_json(handling: &Handling) -> Value {
    json!({
        "handled": handling.handled,
        "talk_ms": handling.talk_ms,
        "wrap_up_ms": handling.wrap_up_ms,
        "open": handling.open,
        "aht_ms": ratio(handling.aht()),
        "aht_live_ms": ratio(handling.aht_live()),
    })
}

fn interval_json(interval: &Interval, now: Timestamp) -> Map<String, Value> {
    let to = (interval.to() <= now).then(|| interval.to().to_string());
    let mut fields = Map::new();
    fields.insert("from".to_owned(), interval.from().to_string().into());
    fields.insert("to".to_owned(), to.into());
    fields.insert("as_of".to_owned(), now.to_string().into());
    fields
}

fn joined(mut fields: Map<String, Value>, more: Value) -> Value {
    if let Value::Object(more) = more {
        fields.extend(more);
    }
    Value::Object(fields)
}

fn queue_json(figures: &QueueFigures, staff: &StaffFigures, sl_ms: i64, short_ms: i64) -> Value {
    let mut levels = Map::new();
    levels.insert("threshold_ms".to_owned(), sl_ms.into());
    for level in ServiceLevel::ALL {
        levels.insert(level.name().to_owned(), ratio(figures.service_level(level, sl_ms)));
    }
    let mut rates = Map::new();
    rates.insert("short_ms".to_owned(), short_ms.into());
    for rate in AbandonRate::ALL {
        rates.insert(rate.name().to_owned(), ratio(figures.abandon_rate(rate, short_ms)));
    }
    let theta = figures.theta();
    json!({
        "definitions": figures.definitions,
        "by": figures.attribution,
        "offered": figures.offered,
        "returned": figures.returned,
        "blocked": figures.blocked,
        "answered": figures.answered,
        "abandoned": figures.abandoned,
        "short_abandons": figures.short_abandons(short_ms),
        "overflowed": figures.overflowed,
        "requested": figures.requested,
        "failed": figures.failed,
        "open": figures.open,
        "service_level": levels,
        "abandon_rate": rates,
        "answered_after": durations(&figures.answered_after),
        "answered_after_arrival": durations(&figures.answered_after_arrival),
        "abandoned_after": durations(&figures.abandoned_after),
        "overflowed_after": durations(&figures.overflowed_after),
        "connect_delay": durations(&figures.connect_delay),
        "longest_waiting_ms": figures.longest_waiting_ms,
        "longest_waiting_since_arrival_ms": figures.longest_waiting_since_arrival_ms,
        "patience": {
            "median_ms": figures.patience().percentile_ms(50),
            "abandons_per_ms_waited": ratio(theta),
        },
        "offered_wait": {
            "p50_ms": figures.offered_wait().percentile_ms(50),
            "p90_ms": figures.offered_wait().percentile_ms(90),
        },
        "handling": handling_json(&figures.handling),
        "load_erlangs": figures.load_erlangs(),
        "offers": offers_json(&figures.offers),
        "callbacks": callbacks_json(&figures.callbacks),
        "length": {
            "mean": ratio(figures.length.mean()),
            "max": figures.length.max,
            "now": figures.length.now,
        },
        "overtakes": figures.overtakes,
        "wait_jain": figures.answered_after.jain(),
        "staff": agent_json(&staff.team),
        "fairness": {
            "agents": staff.fairness.agents,
            "gini": staff.fairness.gini,
            "spread_per_hour": staff.fairness.spread,
        },
        "skew": figures.skew,
        "unrecorded": figures.unrecorded,
    })
}

fn accuracy_json(accuracy: &Accuracy) -> Value {
    let counted = accuracy.answered > 0;
    // Of nobody there is no error.
    let of = |value: f64| counted.then_some(value);
    json!({
        "answered": accuracy.answered,
        "censored": accuracy.censored,
        "wait_s": of(accuracy.wait_s),
        "bias_s": of(accuracy.bias_s),
        "mae_s": of(accuracy.mae_s),
        "rmse_s": of(accuracy.rmse_s),
        "within": of(accuracy.within),
        "p80_coverage": of(accuracy.p80_coverage),
    })
}

/// The wait of the next caller, and how well waits of the queue are foretold by this node: as of now, whatever the interval.
fn expected_wait(figures: &WaitFigures) -> Value {
    let ways = figures.ways.iter().map(|(way, accuracy)| (way.name().to_owned(), accuracy_json(accuracy)));
    let ms = |wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    json!({
        "has_learned": figures.has_learned,
        "next": figures.next.map(|next| json!({
            "mean_ms": ms(next.mean),
            "p50_ms": ms(next.p50),
            "p80_ms": ms(next.p80),
            "predictor": next.by.name(),
        })),
        "silence": figures.silence.map(|silence| match silence {
            Silence::NobodyServes => "nobody_serves",
            Silence::NotAccurate => "not_accurate",
            Silence::LongerThanTold => "longer_than_told",
        }),
        "predictor": figures.by.name(),
        "handle_ms": ms(figures.handle),
        "accuracy": accuracy_json(&figures.told),
        "predictors": ways.collect::<Map<String, Value>>(),
    })
}

fn agent_json(figures: &AgentFigures) -> Value {
    json!({
        "definitions": figures.definitions,
        "now": figures.now,
        "ready_ms": figures.ready_ms,
        "alerting_ms": figures.alerting_ms,
        "talking_ms": figures.talking_ms,
        "wrap_up_ms": figures.wrap_up_ms,
        "breaks_ms": figures.breaks_ms,
        "offline_ms": figures.offline_ms,
        "unknown_ms": figures.unknown_ms,
        "logged_in_ms": figures.logged_in_ms(),
        "staffed_ms": figures.staffed_ms(),
        "not_ready_ms": figures.not_ready_ms(),
        "occupancy": ratio(figures.occupancy()),
        "answered": figures.answered,
        "offers": offers_json(&figures.offers),
        "connect_delay": durations(&figures.connect_delay),
        "handling": handling_json(&figures.handling),
        "skew": figures.skew,
        "unrecorded": figures.unrecorded,
    })
}

pub(super) async fn queue(
    State(centre): State<Centre>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<OfQueue>, QueryRejection>,
) -> Result<Response, Fault> {
    let id = queues::named(path)?;
    let Query(asked) = query.map_err(|error| Fault::bad(error.body_text()))?;
    let board = &centre.switchboard;
    let now = board.now();
    let interval = interval(asked.from.as_deref(), asked.to.as_deref(), now)?;
    let sl_ms = threshold("sl_ms", asked.sl_ms, SERVICE_LEVEL_MS)?;
    let short_ms = threshold("short_ms", asked.short_ms, SHORT_ABANDON_MS)?;
    if !board.rules().queues.contains_key(&id) {
        return Err(Fault::not_found(format!("there is no queue {id}")));
    }
    let known = board.figures(&interval).await?;
    let figures = known.queue(&id, &interval, asked.by.unwrap_or_default(), now);
    let staff = board.staff_of(&known, &id, &interval, now);
    let mut fields = interval_json(&interval, now);
    fields.insert("queue".to_owned(), id.as_str().into());
    fields.insert("expected_wait".to_owned(), expected_wait(&board.wait_figures(&id).await?));
    Ok(body::reply(StatusCode::OK, &joined(fields, queue_json(&figures, &staff, sl_ms, short_ms))))
}

pub(super) async fn agent(
    State(centre): State<Centre>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<OfAgent>, QueryRejection>,
) -> Result<Response, Fault> {
    let id = agents::named(path)?;
    let Query(asked) = query.map_err(|error| Fault::bad(error.body_text()))?;
    let board = &centre.switchboard;
    let now = board.now();
    let interval = interval(asked.from.as_deref(), asked.to.as_deref(), now)?;
    let figures = board.figures_with(&id, &interval).await?.agent(&id, &interval, now);
    let mut fields = interval_json(&interval, now);
    fields.insert("agent".to_owned(), id.as_str().into());
    Ok(body::reply(StatusCode::OK, &joined(fields, agent_json(&figures))))
}
