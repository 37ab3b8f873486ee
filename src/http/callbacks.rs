//! Callbacks that have been promised.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::{named, number, request_id};
use super::fault::Fault;
use super::{Centre, json as body};
use crate::core::Request as Asked;
use crate::id::QueueId;
use crate::model::Call;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Promise {
    to: String,
    queue: String,
    at: Option<String>,
    utc_offset_mins: Option<i16>,
}

impl Promise {
    fn request(self, id: String) -> Result<Asked, Fault> {
        let to = number("to", &self.to)?;
        let queue = QueueId::new(self.queue).map_err(|error| Fault::bad(format!("`queue`: {error}")))?;
        let at = self.at.map(|at| {
            let at = DateTime::parse_from_rfc3339(&at);
            at.map(|at| at.with_timezone(&Utc).into())
                .map_err(|_| Fault::bad("`at` is a time with its offset, as in 2026-11-24T15:30:00Z"))
        });
        Ok(Asked::Callback { id, queue, to, at: at.transpose()?, utc_offset_mins: self.utc_offset_mins })
    }
}

fn callback_json(call: &Call) -> Option<Value> {
    let callback = call.callback.as_ref()?;
    Some(json!({
        "id": call.id.to_string(),
        "queue": call.queue,
        "customer": callback.number.as_ref().map(ToString::to_string),
        "state": callback.state,
        "attempts": callback.attempts,
        "place": call.line_time().map(|at| at.to_string()),
        "not_before": callback.not_before.to_string(),
        "expires_at": callback.expires_at.to_string(),
    }))
}

pub(super) async fn list(State(centre): State<Centre>) -> Result<Response, Fault> {
    let calls = centre.switchboard.callbacks().await?;
    let callbacks: Vec<Value> = calls.iter().filter_map(callback_json).collect();
    Ok(body::reply(StatusCode::OK, &json!({"callbacks": callbacks})))
}

pub(super) async fn promise(State(centre): State<Centre>, request: Request) -> Result<Response, Fault> {
    let id = request_id(request.headers())?;
    let promise: Promise = body::read(request).await?;
    let call = centre.switchboard.request_call(promise.request(id)?).await?;
    Ok(body::reply(StatusCode::ACCEPTED, &json!({"id": call.to_string()})))
}

pub(super) async fn cancel(
    State(centre): State<Centre>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Fault> {
    let id = named(path)?;
    centre.switchboard.request(Asked::CancelCallback(id)).await?;
    Ok(body::reply(StatusCode::ACCEPTED, &json!({"id": id.to_string()})))
}
