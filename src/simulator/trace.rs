//! What crossed the network about a leg, for people who want to understand a call.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::{Shared, post};
use crate::http::{Access, guarded};
use crate::sim::carrier::{HttpFault, HttpReply, RestReply, Webhook, WebhookKind};
use crate::time::Timestamp;
use crate::webhook::form;

/// Legs that are remembered.
const LEGS_MAX: usize = 4000;
/// Entries of one leg that are remembered.
const ENTRIES_MAX: usize = 200;
/// Most characters of a reply that are shown.
const REPLY_CHARS_MAX: usize = 4000;

/// One exchange about a leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceEntry {
    /// When it was over, in the simulator's time, RFC 3339.
    pub at: String,
    /// `document` or `callback`: a webhook to the application; `command`: a request of the application.
    pub kind: &'static str,
    /// Method and path, query and one-time signature left out.
    pub request: String,
    /// Its parameters, telephone numbers masked.
    pub params: Vec<(String, String)>,
    /// HTTP status of the reply; 0: none came.
    pub status: u16,
    /// The reply: TwiML or JSON.
    pub reply: String,
    /// How long the application took, in real milliseconds.
    pub took_ms: u64,
}

#[derive(Debug, Default)]
pub(super) struct Traces {
    by_leg: BTreeMap<String, Vec<TraceEntry>>,
    order: VecDeque<String>,
}

pub(super) fn shortened(text: &str) -> String {
    text.chars().take(REPLY_CHARS_MAX).collect()
}

/// A telephone number without its middle.
fn masked(value: &str) -> String {
    let is_number = value.len() > 6 && value.starts_with('+') && value.bytes().skip(1).all(|b| b.is_ascii_digit());
    if !is_number {
        return shortened(value);
    }
    let chars = value.chars().count();
    value.chars().enumerate().map(|(at, c)| if (2..chars - 4).contains(&at) { '•' } else { c }).collect()
}

/// The path without query; the signature of a one-time URL, its last part, is left out.
fn path(target: &str) -> String {
    let path = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        None => target,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match path.rsplit_once('/') {
        Some((before, last)) if path.contains("/hooks/") && last.len() > 16 => format!("{before}/…"),
        _ => path.to_owned(),
    }
}

fn params(body: &[u8]) -> Vec<(String, String)> {
    let pairs = form::decode(body, usize::MAX).unwrap_or_default();
    pairs.iter().map(|(name, value)| (name.to_string(), masked(value))).collect()
}

/// The leg a command is about: named by its path, or by the reply that created it.
fn leg_of(target: &str, reply: &RestReply) -> Option<String> {
    let named = target.split(['/', '.', '?']).find(|part| part.starts_with("CA") && part.len() == 34);
    let created = || {
        let body: serde_json::Value = serde_json::from_str(&reply.body).ok()?;
        let field = |name: &str| body.get(name).and_then(|sid| sid.as_str()).filter(|sid| sid.starts_with("CA"));
        field("call_sid").or_else(|| field("sid")).map(str::to_owned)
    };
    named.map(str::to_owned).or_else(created)
}

impl Traces {
    pub(super) fn of(&self, leg: &str) -> Vec<TraceEntry> {
        self.by_leg.get(leg).cloned().unwrap_or_default()
    }

    fn note(&mut self, leg: String, entry: TraceEntry) {
        if !self.by_leg.contains_key(&leg) {
            self.order.push_back(leg.clone());
            if self.order.len() > LEGS_MAX {
                self.order.pop_front().map(|oldest| self.by_leg.remove(&oldest));
            }
        }
        let entries = self.by_leg.entry(leg).or_default();
        if entries.len() < ENTRIES_MAX {
            entries.push(entry);
        }
    }

    pub(super) fn webhook(
        &mut self,
        at: Timestamp,
        webhook: &Webhook,
        result: &Result<HttpReply, HttpFault>,
        took: Duration,
    ) {
        let params = params(webhook.body.as_bytes());
        let named = || params.iter().find(|(name, _)| name == "CallSid").map(|(_, sid)| sid.clone());
        let Some(leg) = webhook.call_sid.clone().or_else(named) else { return };
        let (status, reply) = post::told(result);
        let kind = match webhook.kind {
            WebhookKind::Document => "document",
            WebhookKind::Callback => "callback",
        };
        let request = format!("{} {}", webhook.method, path(&webhook.url));
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.note(leg, TraceEntry { at: at.to_string(), kind, request, params, status, reply, took_ms });
    }

    pub(super) fn command(&mut self, at: Timestamp, method: &str, target: &str, body: &[u8], reply: &RestReply) {
        // Reading changes nothing, and is asked often.
        if method == "GET" {
            return;
        }
        let Some(leg) = leg_of(target, reply) else { return };
        let entry = TraceEntry {
            at: at.to_string(),
            kind: "command",
            request: format!("{method} {}", path(target)),
            params: params(body),
            status: reply.status,
            reply: if reply.status < 400 { String::new() } else { shortened(&reply.body) },
            took_ms: 0,
        };
        self.note(leg, entry);
    }
}

pub(super) fn router(shared: Arc<Shared>, access: Access) -> Router {
    let routes = Router::new().route("/sim/calls/{call_sid}/trace", get(show)).with_state(shared);
    guarded(routes, access)
}

async fn show(State(shared): State<Arc<Shared>>, Path(call_sid): Path<String>) -> Json<Vec<TraceEntry>> {
    Json(shared.world().traces.of(&call_sid))
}
