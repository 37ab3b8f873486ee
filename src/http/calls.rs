//! Calls.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::Fault;
use super::{Centre, json as body};
use crate::core::Request as Asked;
use crate::id::{AgentId, CallId, QueueId};
use crate::model::{Call, Event, EventKind, Leg, LegProgress, Target};
use crate::phone::PhoneNumber;
use crate::routing::Needs;
use crate::store::{Cursor, Key, PAGE_MAX};

/// Calls of a page unless asked otherwise.
const PAGE: u16 = 50;
/// Most characters of an idempotency key.
const REQUEST_CHARS_MAX: usize = 255;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    after: Option<String>,
    limit: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Placing {
    to: String,
    from: Option<String>,
    queue: Option<String>,
    agent: Option<String>,
}

pub(super) fn number(field: &str, text: &str) -> Result<PhoneNumber, Fault> {
    text.parse().map_err(|error| Fault::bad(format!("`{field}`: {error}")))
}

impl Placing {
    fn request(self, id: String) -> Result<Asked, Fault> {
        let to = number("to", &self.to)?;
        let from = self.from.as_deref().map(|from| number("from", from)).transpose()?;
        match (self.queue, self.agent) {
            (Some(queue), None) => {
                let queue = QueueId::new(queue).map_err(|error| Fault::bad(format!("`queue`: {error}")))?;
                let target = Target::Queue { queue, priority: 0, needs: Needs::new(), prefer: None };
                Ok(Asked::PlaceCall { id, to, from, target })
            }
            (None, Some(agent)) => {
                let agent = AgentId::new(agent).map_err(|error| Fault::bad(format!("`agent`: {error}")))?;
                Ok(Asked::ClickToCall { id, agent, to, from })
            }
            _ => Err(Fault::bad(
                "give either `queue`, whose agents get the answered call, or `agent`, who is rung first",
            )),
        }
    }
}

/// A place in the list, opaque to clients.
fn cursor_text(cursor: &Cursor) -> String {
    let [major, minor] = cursor.sort;
    URL_SAFE_NO_PAD.encode(format!("{major} {minor} {}", cursor.key.as_str()))
}

fn cursor(text: &str) -> Option<Cursor> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let mut parts = text.splitn(3, ' ');
    let sort = [parts.next()?.parse().ok()?, parts.next()?.parse().ok()?];
    Some(Cursor { sort, key: Key::new(parts.next()?) })
}

pub(super) fn event_json(event: &Event) -> Value {
    // Only texts and numbers: it can be written. Times are told as text, like everywhere in the API.
    let mut value = serde_json::to_value(event).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("at".to_owned(), event.at.to_string().into());
    }
    if let (EventKind::CallbackPostponed { until }, Some(fields)) = (&event.kind, value.as_object_mut()) {
        fields.insert("until".to_owned(), until.to_string().into());
    }
    if let EventKind::Offered { decision, .. } = &event.kind {
        let considered = value.pointer_mut("/decision/considered").and_then(Value::as_array_mut);
        for (shown, agent) in considered.into_iter().flatten().zip(&decision.considered) {
            if let Some(fields) = shown.as_object_mut() {
                fields.insert("idle_since".to_owned(), agent.idle_since.to_string().into());
            }
        }
    }
    value
}

fn leg_json(leg: &Leg) -> Value {
    let (progress, end) = match leg.progress {
        LegProgress::Planned => ("planned", None),
        LegProgress::Ringing => ("ringing", None),
        LegProgress::Answered => ("answered", None),
        LegProgress::Ended(cause) => ("ended", Some(cause)),
    };
    json!({
        "id": leg.id,
        "role": leg.role,
        "endpoint": leg.endpoint,
        "sid": leg.sid,
        "progress": progress,
        "end_cause": end,
        "offer": leg.offer,
        "in_conference": leg.in_room,
    })
}

fn call_json(call: &Call) -> Value {
    json!({
        "id": call.id.to_string(),
        "direction": call.direction,
        "state": call.state,
        "customer": call.customer,
        "number": call.number,
        "queue": call.queue,
        "priority": call.priority,
        "needs": call.needs,
        "agent": call.agent,
        "started_at": call.started_at.to_string(),
        "queued_at": call.queued_at.map(|at| at.to_string()),
        "connected_at": call.connected_at.map(|at| at.to_string()),
        "ended_at": call.ended_at.map(|at| at.to_string()),
        "reason": call.reason,
        "callback": call.callback.as_ref().map(|callback| callback.state),
        "waited_ms": u64::try_from(call.waited().as_millis()).unwrap_or(u64::MAX),
    })
}

fn whole_call_json(call: &Call) -> Value {
    let mut value = call_json(call);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("legs".to_owned(), call.legs.iter().map(leg_json).collect());
        fields.insert("events".to_owned(), call.events.iter().map(event_json).collect());
    }
    value
}

pub(super) fn named(path: Result<Path<String>, PathRejection>) -> Result<CallId, Fault> {
    let id = path.ok().and_then(|Path(id)| id.parse().ok());
    id.ok_or_else(|| Fault::not_found("there is no such call"))
}

pub(super) async fn list(
    State(centre): State<Centre>,
    query: Result<Query<Listing>, QueryRejection>,
) -> Result<Response, Fault> {
    let Query(listing) = query.map_err(|error| Fault::bad(error.body_text()))?;
    let limit = listing.limit.unwrap_or(PAGE);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(Fault::bad(format!("`limit` is 1 to {PAGE_MAX}")));
    }
    let after = match listing.after {
        None => None,
        Some(text) => Some(cursor(&text).ok_or_else(|| Fault::bad("`after` is not the `next` of a page"))?),
    };
    let page = centre.switchboard.calls(after, limit).await?;
    let calls: Vec<Value> = page.calls.iter().map(call_json).collect();
    let next = page.next.as_ref().map(cursor_text);
    Ok(body::reply(StatusCode::OK, &json!({"calls": calls, "next": next})))
}

pub(super) fn request_id(headers: &HeaderMap) -> Result<String, Fault> {
    let mut keys = headers.get_all("idempotency-key").iter();
    let (first, more) = (keys.next(), keys.next());
    let Some(key) = first else { return Ok(uuid::Uuid::now_v7().to_string()) };
    let key = key.to_str().ok().filter(|key| (1..=REQUEST_CHARS_MAX).contains(&key.len()) && more.is_none());
    key.map(str::to_owned).ok_or_else(|| {
        Fault::bad(format!("Idempotency-Key is given once, with 1 to {REQUEST_CHARS_MAX} visible ASCII characters"))
    })
}

pub(super) async fn place(State(centre): State<Centre>, request: Request) -> Result<Response, Fault> {
    let id = request_id(request.headers())?;
    let placing: Placing = body::read(request).await?;
    let call = centre.switchboard.request_call(placing.request(id)?).await?;
    Ok(body::reply(StatusCode::ACCEPTED, &json!({"id": call.to_string()})))
}

pub(super) async fn one(
    State(centre): State<Centre>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Fault> {
    let id = named(path)?;
    let call = centre.switchboard.call(id).await?;
    let call = call.ok_or_else(|| Fault::not_found(format!("there is no call {id}")))?;
    Ok(body::reply(StatusCode::OK, &whole_call_json(&call)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    priority: Option<i32>,
    waited_more_secs: Option<i64>,
    queue: Option<String>,
}

/// Gives a waiting call another place: `priority`, `waited_more_secs` or `queue`.
pub(super) async fn replace(
    State(centre): State<Centre>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Fault> {
    let id = named(path)?;
    let place: Place = body::read(request).await?;
    let asked = match (place.priority, place.waited_more_secs, place.queue) {
        (Some(points), None, None) => Asked::SetPriority(id, points),
        (None, Some(secs), None) => Asked::AdjustWait(id, secs),
        (None, None, Some(queue)) => {
            let queue = QueueId::new(queue).map_err(|error| Fault::bad(format!("`queue`: {error}")))?;
            Asked::MoveCall(id, Target::Queue { queue, priority: 0, needs: Needs::new(), prefer: None })
        }
        _ => return Err(Fault::bad("give one of `priority`, `waited_more_secs` and `queue`")),
    };
    centre.switchboard.request(asked).await?;
    one(State(centre), Ok(Path(id.to_string()))).await
}

pub(super) async fn hang_up(
    State(centre): State<Centre>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Fault> {
    let id = named(path)?;
    centre.switchboard.request(Asked::HangUp(id)).await?;
    Ok(body::reply(StatusCode::ACCEPTED, &json!({"id": id.to_string()})))
}
