//! Why.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::fault::Fault;
use super::{Centre, calls, json as body};
use crate::id::{AgentId, CallId};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    agent: Option<String>,
    before: Option<String>,
}

/// Why a call waits; with `agent`, why that agent is not offered it; with `before`, which of the two goes first.
pub(super) async fn call(
    State(centre): State<Centre>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<Question>, QueryRejection>,
) -> Result<Response, Fault> {
    let id = calls::named(path)?;
    let Query(question) = query.map_err(|error| Fault::bad(error.body_text()))?;
    let board = &centre.switchboard;
    let value = match (question.agent, question.before) {
        (None, None) => serde_json::to_value(board.why(id).await?),
        (Some(agent), None) => {
            let agent = AgentId::new(agent).map_err(|error| Fault::bad(format!("`agent`: {error}")))?;
            serde_json::to_value(board.why_not(id, &agent).await?)
        }
        (None, Some(other)) => {
            let other: CallId =
                other.parse().map_err(|_| Fault::bad("`before` is not the id of a call: 32 hexadecimal digits"))?;
            serde_json::to_value(board.why_first(id, other).await?)
        }
        (Some(_), Some(_)) => return Err(Fault::bad("give `agent` or `before`, not both")),
    };
    Ok(body::reply(StatusCode::OK, &value.unwrap_or_default()))
}
