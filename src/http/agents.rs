//! Agents.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::Fault;
use super::{Centre, json as body};
use crate::core::Request as Asked;
use crate::id::AgentId;
use crate::model::{Agent, Intent};

/// Most characters of a break's reason.
const REASON_CHARS_MAX: usize = 200;

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Ready,
    Break,
    SignOut,
    Decline,
    FinishWrapUp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    action: Action,
    reason: Option<String>,
}

impl Act {
    fn request(self, id: AgentId) -> Result<Asked, Fault> {
        if self.reason.is_some() && self.action != Action::Break {
            return Err(Fault::bad("only a break has a reason"));
        }
        Ok(match self.action {
            Action::Ready => Asked::Ready(id),
            Action::Break => {
                let reason = self.reason.unwrap_or_default();
                if reason.chars().count() > REASON_CHARS_MAX {
                    return Err(Fault::bad(format!("a reason may have at most {REASON_CHARS_MAX} characters")));
                }
                Asked::Break(id, reason)
            }
            Action::SignOut => Asked::SignOut(id),
            Action::Decline => Asked::Decline(id),
            Action::FinishWrapUp => Asked::FinishWrapUp(id),
        })
    }
}

fn agent_json(agent: &Agent) -> Value {
    let break_reason = match &agent.intent {
        Intent::Break(reason) => Some(reason.as_str()),
        _ => None,
    };
    json!({
        "id": agent.spec.id.as_str(),
        "status": agent.status(),
        "break_reason": break_reason,
        "call": agent.work.as_ref().map(|work| work.call.to_string()),
        "endpoint": agent.spec.endpoint.to_string(),
        "queues": agent.spec.queues,
        "skills": agent.spec.skills,
        "idle_since": agent.idle_since.to_string(),
        "wrap_until": agent.wrap_until.map(|at| at.to_string()),
        "missed": agent.missed,
        "answered": agent.answered,
    })
}

fn named(path: Result<Path<String>, PathRejection>) -> Result<AgentId, Fault> {
    path.ok()
        .and_then(|Path(name)| AgentId::new(name).ok())
        .ok_or_else(|| Fault::not_found("there is no agent of this name"))
}

pub(super) async fn list(State(centre): State<Centre>) -> Result<Response, Fault> {
    let agents = centre.switchboard.agents().await?;
    let agents: Vec<Value> = agents.iter().map(agent_json).collect();
    Ok(body::reply(StatusCode::OK, &json!({"agents": agents})))
}

async fn shown(centre: &Centre, id: &AgentId) -> Result<Response, Fault> {
    let agent = centre.switchboard.agent(id).await?;
    let agent = agent.ok_or_else(|| Fault::not_found(format!("there is no agent {id}")))?;
    Ok(body::reply(StatusCode::OK, &agent_json(&agent)))
}

pub(super) async fn one(
    State(centre): State<Centre>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Fault> {
    shown(&centre, &named(path)?).await
}

pub(super) async fn act(
    State(centre): State<Centre>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Fault> {
    let id = named(path)?;
    let act: Act = body::read(request).await?;
    centre.switchboard.request(act.request(id.clone())?).await?;
    shown(&centre, &id).await
}
