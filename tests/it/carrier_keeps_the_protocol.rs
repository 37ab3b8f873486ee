//! The carrier in a box does what the provider's documentation says.
#![cfg(feature = "sim")]

mod bad_requests;
mod bridges;
mod calls;
mod conferences;
mod detection;
mod documents;
mod payments;
mod queues;
mod recorded_sound;
mod recordings;
mod recordings_over_a_socket;
mod resources;
mod rest;
mod speech;
mod storms;
mod storms_of_sound;
mod transcriptions;
mod transport;
mod verbs;
mod webhooks;

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use serde_json::Value;
use switchboard::sim::carrier::{
    CallView, Carrier, CarrierConfig, EndpointScript, Hearing, HttpFault, HttpReply, NumberConfig, Ring, Webhook,
};

const LINE: &str = "+15550001000";
const ANN: &str = "+15550002000";
const BOB: &str = "+15550003000";

/// A carrier, and an application that answers each path with a fixed reply.
struct World {
    carrier: Carrier,
    pages: BTreeMap<String, Result<HttpReply, HttpFault>>,
    log: Vec<Webhook>,
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

impl World {
    fn new() -> Self {
        Self::with(CarrierConfig::default())
    }

    fn with(config: CarrierConfig) -> Self {
        let mut carrier = Carrier::new(config);
        carrier.number(NumberConfig {
            number: LINE.to_owned(),
            voice_url: "https://app.test/voice".to_owned(),
            voice_fallback_url: Some("https://app.test/fallback".to_owned()),
            status_callback: Some("https://app.test/line-status".to_owned()),
            ..NumberConfig::default()
        });
        Self { carrier, pages: BTreeMap::new(), log: Vec::new() }
    }

    /// The document at `path`: what stands in its `<Response>`.
    fn page(&mut self, path: &str, verbs: &str) {
        self.reply(path, Ok(HttpReply::twiml(format!("<Response>{verbs}</Response>"))));
    }

    fn reply(&mut self, path: &str, reply: Result<HttpReply, HttpFault>) {
        self.pages.insert(path.to_owned(), reply);
    }

    fn script(&mut self, endpoint: &str, on_ring: Ring) {
        self.carrier.script(endpoint, EndpointScript { on_ring, ..EndpointScript::default() });
    }

    fn pump(&mut self) {
        loop {
            let hooks = self.carrier.take_webhooks();
            if hooks.is_empty() {
                return;
            }
            for hook in hooks {
                let reply = self.pages.get(path_of(&hook)).cloned().unwrap_or_else(|| Ok(HttpReply::empty()));
                self.log.push(hook.clone());
                self.carrier.webhook_result(hook.id, reply);
            }
        }
    }

    fn run(&mut self, time: Duration) {
        let until = self.carrier.now() + time;
        self.pump();
        while let Some(due) = self.carrier.next_due().filter(|due| *due <= until) {
            self.carrier.advance(due);
            self.pump();
        }
        self.carrier.advance(until);
        self.pump();
    }

    fn dials(&mut self) -> String {
        let sid = self.carrier.caller_dials(ANN, LINE);
        self.pump();
        sid
    }

    fn rest(&mut self, method: &str, path: &str, form: &str) -> (u16, Value) {
        let config = CarrierConfig::default();
        let token =
            base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", config.account_sid, config.auth_token));
        let path = if path.starts_with("/2010") {
            path.to_owned()
        } else {
            format!("/2010-04-01/Accounts/{}/{path}", config.account_sid)
        };
        let reply = self.carrier.rest(method, &path, Some(&format!("Basic {token}")), form.as_bytes());
        self.pump();
        (reply.status, serde_json::from_str(&reply.body).unwrap_or(Value::Null))
    }

    /// Places a call to `to` that runs `/out`; gives its sid.
    fn places(&mut self, to: &str, more: &str) -> String {
        let form = format!("To={}&From=%2B15550001000&Url=https%3A%2F%2Fapp.test%2Fout{more}", to.replace('+', "%2B"));
        let (status, call) = self.rest("POST", "Calls.json", &form);
        assert_eq!(status, 201, "{call}");
        text(&call, "sid")
    }

    fn call(&self, sid: &str) -> CallView {
        self.carrier.call(sid).expect("a call of this sid")
    }

    fn hears(&self, sid: &str) -> Hearing {
        self.call(sid).hearing
    }

    fn has_heard(&self, sid: &str, words: &str) -> bool {
        self.carrier.heard(sid).iter().any(|heard| heard.what == say(words))
    }

    fn status(&self, sid: &str) -> &'static str {
        self.call(sid).status.as_str()
    }

    /// Paths asked so far.
    fn asked(&self) -> Vec<&str> {
        self.log.iter().map(path_of).collect()
    }

    /// Values of `name` in the requests to `path`, in order.
    fn told(&self, path: &str, name: &str) -> Vec<String> {
        self.log.iter().filter(|h| path_of(h) == path).map(|h| field(h, name).unwrap_or_default()).collect()
    }

    fn codes(&self) -> Vec<u32> {
        self.carrier.notifications().iter().map(|n| n.code).collect()
    }

    fn leg_to(&self, to: &str) -> String {
        self.carrier.calls().into_iter().rev().find(|c| c.to == to).expect("a leg to this endpoint").sid
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn path_of(hook: &Webhook) -> &str {
    let rest = hook.url.split_once("://").map_or("", |(_, rest)| rest);
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    path.split('?').next().unwrap_or("")
}

fn field(hook: &Webhook, name: &str) -> Option<String> {
    let source = if hook.method == "GET" { hook.url.split_once('?').map_or("", |(_, q)| q) } else { &hook.body };
    let raw = source.split('&').filter_map(|p| p.split_once('=')).find(|(k, _)| *k == name)?.1;
    Some(
        raw.replace("%2B", "+")
            .replace('+', if raw.contains("%2B") { "+" } else { " " })
            .replace("%3A", ":")
            .replace("%2F", "/"),
    )
}

fn say(words: &str) -> Hearing {
    Hearing::Say(words.to_owned())
}
