//! A carrier, an application with fixed documents, and a transport that accepts each socket.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use serde_json::Value;
use switchboard::sim::carrier::{
    Carrier, CarrierConfig, EndpointScript, HttpReply, Joined, NumberConfig, SocketEvent, SocketFault, SocketRules,
    Webhook,
};
use switchboard::webhook::form;

pub(super) const LINE: &str = "+15550001000";
pub(super) const ANN: &str = "+15550002000";
pub(super) const BOB: &str = "+15550003000";

pub(super) fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub(super) fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub(super) struct World {
    pub(super) carrier: Carrier,
    pages: BTreeMap<String, String>,
    pub(super) hooks: Vec<Webhook>,
    /// What the carrier did with its sockets.
    pub(super) sockets: Vec<SocketEvent>,
    /// How the transport fails to connect.
    pub(super) refuses: Option<SocketFault>,
    /// Whether the transport does nothing about connecting.
    pub(super) stalls: bool,
}

impl World {
    pub(super) fn new(document: &str) -> Self {
        Self::with(SocketRules::default(), document)
    }

    pub(super) fn with(sockets: SocketRules, document: &str) -> Self {
        let mut config = CarrierConfig::default();
        config.rules.sockets = sockets;
        let mut carrier = Carrier::new(config);
        carrier.number(NumberConfig {
            number: LINE.to_owned(),
            voice_url: "https://app.test/voice".to_owned(),
            ..NumberConfig::default()
        });
        let mut world = Self {
            carrier,
            pages: BTreeMap::new(),
            hooks: Vec::new(),
            sockets: Vec::new(),
            refuses: None,
            stalls: false,
        };
        world.page("/voice", document);
        world
    }

    pub(super) fn page(&mut self, path: &str, verbs: &str) {
        self.pages.insert(path.to_owned(), format!("<Response>{verbs}</Response>"));
    }

    pub(super) fn pump(&mut self) {
        loop {
            let (hooks, sockets) = (self.carrier.take_webhooks(), self.carrier.take_sockets());
            if hooks.is_empty() && sockets.is_empty() {
                return;
            }
            for hook in hooks {
                let path = hook.url.trim_start_matches("https://app.test").split('?').next().unwrap_or_default();
                let reply = self.pages.get(path).map_or_else(HttpReply::empty, HttpReply::twiml);
                self.hooks.push(hook.clone());
                self.carrier.webhook_result(hook.id, Ok(reply));
            }
            for event in sockets {
                if let SocketEvent::Open { id, .. } = event {
                    match self.refuses {
                        _ if self.stalls => {}
                        Some(fault) => self.carrier.socket_failed(id, fault),
                        None => self.carrier.socket_opened(id),
                    }
                }
                self.sockets.push(event);
            }
        }
    }

    pub(super) fn run(&mut self, time: Duration) {
        let until = self.carrier.now() + time;
        self.pump();
        while let Some(due) = self.carrier.next_due().filter(|due| *due <= until) {
            self.carrier.advance(due);
            self.pump();
        }
        self.carrier.advance(until);
        self.pump();
    }

    /// Ann dials; gives her leg.
    pub(super) fn dials(&mut self) -> String {
        let sid = self.carrier.caller_dials(ANN, LINE);
        self.pump();
        sid
    }

    pub(super) fn ann_says(&mut self, says: &[(Duration, &str)]) {
        let says = says.iter().map(|(at, words)| (*at, (*words).to_owned())).collect();
        self.carrier.script(ANN, EndpointScript { says, ..EndpointScript::default() });
    }

    /// The connections so far, by their ids.
    pub(super) fn ids(&self) -> Vec<u64> {
        let id = |event: &SocketEvent| if let SocketEvent::Open { id, .. } = event { Some(*id) } else { None };
        self.sockets.iter().filter_map(id).collect()
    }

    /// The only connection so far.
    pub(super) fn id(&self) -> u64 {
        let ids = self.ids();
        assert_eq!(ids.len(), 1, "{:?}", self.sockets);
        ids[0]
    }

    /// What was said over a connection, as JSON.
    pub(super) fn said(&self, socket: u64) -> Vec<Value> {
        let said = |event: &SocketEvent| match event {
            SocketEvent::Text { id, text } if *id == socket => Some(serde_json::from_str(text).expect("it is JSON")),
            _ => None,
        };
        self.sockets.iter().filter_map(said).collect()
    }

    /// Of what was said over a connection, the messages of this kind.
    pub(super) fn said_of(&self, socket: u64, kind: &str) -> Vec<Value> {
        self.said(socket).into_iter().filter(|m| m["event"] == kind || m["type"] == kind).collect()
    }

    pub(super) fn closed(&self, socket: u64) -> Option<u16> {
        self.sockets.iter().find_map(|event| match event {
            SocketEvent::Close { id, code } if *id == socket => Some(*code),
            _ => None,
        })
    }

    /// The server says this over the connection.
    pub(super) fn server(&mut self, socket: u64, message: &Value) {
        self.carrier.socket_text(socket, &message.to_string());
        self.pump();
    }

    pub(super) fn codes(&self) -> Vec<u32> {
        self.carrier.notifications().iter().map(|n| n.code).collect()
    }

    /// The value of a parameter of each request to `path`.
    pub(super) fn told(&self, path: &str, name: &str) -> Vec<Option<String>> {
        let to = |hook: &&Webhook| hook.url == format!("https://app.test{path}");
        let value = |hook: &Webhook| {
            let pairs = form::decode(hook.body.as_bytes(), 1000).expect("a form");
            pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.to_string())
        };
        self.hooks.iter().filter(to).map(value).collect()
    }

    pub(super) fn rest(&mut self, path: &str, form: &str) -> (u16, Value) {
        let config = CarrierConfig::default();
        let token =
            base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", config.account_sid, config.auth_token));
        let path = format!("/2010-04-01/Accounts/{}/{path}", config.account_sid);
        let reply = self.carrier.rest("POST", &path, Some(&format!("Basic {token}")), form.as_bytes());
        self.pump();
        (reply.status, serde_json::from_str(&reply.body).unwrap_or(Value::Null))
    }

    pub(super) fn joined(&self) -> Vec<Joined> {
        self.carrier.joined()
    }
}
