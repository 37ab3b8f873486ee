//! Queues.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::Fault;
use super::{Centre, json as body};
use crate::core::Request as Asked;
use crate::engine::QueueView;
use crate::id::QueueId;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    open: bool,
}

/// The bound is absent where the queue has none: a caller with few points may wait for ever.
fn queue_json(centre: &Centre, queue: &QueueView) -> Value {
    let overtaken = centre.switchboard.rules().overtaken_by_at_most(&queue.queue);
    json!({
        "id": queue.queue.as_str(),
        "open": queue.open,
        "waiting": queue.waiting,
        "callbacks": queue.callbacks,
        "longest_since": queue.longest_since.map(|at| at.to_string()),
        "ready": queue.ready,
        "overtaken_by_at_most_ms": overtaken.map(|by| u64::try_from(by.as_millis()).unwrap_or(u64::MAX)),
    })
}

pub(super) fn named(path: Result<Path<String>, PathRejection>) -> Result<QueueId, Fault> {
    path.ok()
        .and_then(|Path(name)| QueueId::new(name).ok())
        .ok_or_else(|| Fault::not_found("there is no queue of this name"))
}

pub(super) async fn list(State(centre): State<Centre>) -> Result<Response, Fault> {
    let queues = centre.switchboard.queues().await?;
    let queues: Vec<Value> = queues.iter().map(|queue| queue_json(&centre, queue)).collect();
    Ok(body::reply(StatusCode::OK, &json!({"queues": queues})))
}

async fn shown(centre: &Centre, id: &QueueId) -> Result<Response, Fault> {
    let queues = centre.switchboard.queues().await?;
    let queue = queues.iter().find(|queue| queue.queue == *id);
    let queue = queue.ok_or_else(|| Fault::not_found(format!("there is no queue {id}")))?;
    Ok(body::reply(StatusCode::OK, &queue_json(centre, queue)))
}

pub(super) async fn one(
    State(centre): State<Centre>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Fault> {
    shown(&centre, &named(path)?).await
}

pub(super) async fn change(
    State(centre): State<Centre>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Fault> {
    let id = named(path)?;
    let change: Change = body::read(request).await?;
    centre.switchboard.request(Asked::SetQueueOpen(id.clone(), change.open)).await?;
    shown(&centre, &id).await
}
