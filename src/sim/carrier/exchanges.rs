//! What was asked of the application about each call, and what it said (Twilio docs, Call Events and Notifications).

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::callback::rfc2822;
use super::form;
use super::types::{HttpFault, HttpReply, Webhook};
use crate::time::Timestamp;

/// How many exchanges are remembered, of all calls together; older ones are forgotten.
const KEPT_MAX: usize = 20_000;

/// One request to the application, and the reply to it.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    id: u64,
    call: Option<String>,
    pub(super) method: String,
    pub(super) url: String,
    /// The parameters as they were sent, in the body or in the query.
    pub(super) parameters: String,
    at: Timestamp,
    reply: Option<(Timestamp, Result<HttpReply, HttpFault>)>,
}

#[derive(Debug, Default)]
pub(super) struct Exchanges(VecDeque<Exchange>);

impl Exchanges {
    pub(super) fn sent(&mut self, webhook: &Webhook, now: Timestamp) {
        if self.0.len() >= KEPT_MAX {
            self.0.pop_front();
        }
        let query = webhook.url.split_once('?').map_or("", |(_, query)| query);
        self.0.push_back(Exchange {
            id: webhook.id,
            call: webhook.call_sid.clone(),
            method: webhook.method.clone(),
            url: webhook.url.clone(),
            parameters: if webhook.method == "GET" { query.to_owned() } else { webhook.body.clone() },
            at: now,
            reply: None,
        });
    }

    pub(super) fn answered(&mut self, id: u64, result: &Result<HttpReply, HttpFault>, now: Timestamp) {
        if let Some(exchange) = self.0.iter_mut().rev().find(|exchange| exchange.id == id) {
            exchange.reply = Some((now, result.clone()));
        }
    }

    /// Those about one call, oldest first.
    pub(super) fn of<'a>(&'a self, call: &'a str) -> impl Iterator<Item = &'a Exchange> {
        self.0.iter().filter(move |exchange| exchange.call.as_deref() == Some(call))
    }

    /// The last one with this URL that was sent until `at`.
    pub(super) fn about(&self, call: Option<&str>, url: &str, at: Timestamp) -> Option<&Exchange> {
        self.0.iter().rev().find(|e| e.call.as_deref() == call && e.url == url && e.at <= at)
    }
}

impl Exchange {
    pub(super) fn id(&self) -> String {
        self.id.to_string()
    }

    pub(super) fn json(&self) -> Value {
        let parameters: Map<String, Value> = form::decode_pairs(self.parameters.as_bytes())
            .into_iter()
            .map(|(name, value)| (name, Value::String(value)))
            .collect();
        let request = json!({"method": self.method, "url": self.url, "parameters": parameters});
        let took = self.reply.as_ref().map_or(0, |(at, _)| at.since(self.at).as_millis());
        let response = json!({
            "response_code": self.status(),
            "request_duration": u64::try_from(took).unwrap_or(u64::MAX),
            "content_type": self.reply().map(|reply| reply.content_type.clone()),
            "response_body": self.body(),
            "date_created": self.reply.as_ref().map(|(at, _)| rfc2822(*at)),
        });
        json!({"request": request, "response": response})
    }

    fn reply(&self) -> Option<&HttpReply> {
        self.reply.as_ref().and_then(|(_, result)| result.as_ref().ok())
    }

    /// HTTP status of the reply; `None` where there is none.
    pub(super) fn status(&self) -> Option<u16> {
        self.reply().map(|reply| reply.status)
    }

    pub(super) fn body(&self) -> Option<String> {
        self.reply().map(|reply| String::from_utf8_lossy(&reply.body).into_owned())
    }

    /// Its headers as a form, as notifications carry them.
    pub(super) fn headers(&self) -> Option<String> {
        let reply = self.reply()?;
        let pairs = [
            ("Content-Type".to_owned(), reply.content_type.clone()),
            ("Content-Length".to_owned(), reply.body.len().to_string()),
        ];
        Some(form::encode_pairs(&pairs))
    }
}
