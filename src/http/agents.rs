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
use crate::model::{Agent, AgentEvent, Intent};

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
    /// What was read: the request is refused if somebody else was faster.
    intent_version: Option<u64>,
}

impl Act {
    fn request(self, id: AgentId) -> Result<Asked, Fault> {
        if self.reason.is_some() && self.action != Action::Break {
            return Err(Fault::bad("only a break has a reason"));
        }
        let agent = id.clone();
        let request = match self.action {
            Action::Ready => Asked::Ready(id),
            Action::Break => Asked::Break(id, self.reason.unwrap_or_default()),
            Action::SignOut => Asked::SignOut(id),
            Action::Decline => Asked::Decline(id),
            Action::FinishWrapUp => Asked::FinishWrapUp(id),
        };
        Ok(match self.intent_version {
            Some(intent_version) => Asked::IfUnchanged { agent, intent_version, request: Box::new(request) },
            None => request,
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
        "intent_version": agent.intent_version,
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

pub(super) fn event_json(agent: &AgentId, event: &AgentEvent) -> Value {
    json!({
        "agent": agent.as_str(),
        "seq": event.seq,
        "at": event.at.to_string(),
        "status": event.status,
        "break_reason": event.reason,
        "call": event.call.map(|call| call.to_string()),
        "queue": event.queue,
    })
}

pub(super) fn named(path: Result<Path<String>, PathRejection>) -> Result<AgentId, Fault> {
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
