//! Two versions over one store, as in a rolling upgrade: what the newer one wrote or issued is left to it, and whoever is
//! on the line is held until one of its nodes answers.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use switchboard::core::Request;
use switchboard::engine::WebhookReply;
use switchboard::error::Error;
use switchboard::id::AgentId;
use switchboard::model::{Agent as AgentRecord, AgentHistory, Call, QueueState, Reconciliation, SCHEMA};
use switchboard::setup::queue;
use switchboard::sim::Shift;
use switchboard::store::{Arm, Body, Commit, Expect, MemoryStore, Put, Rearm, Record, Store, TaskId};
use switchboard::telephony::FakeTelephony;
use switchboard::time::{Clock, ManualClock, Timestamp};
use switchboard::webhook::{Algorithm, Method, WebhookRequest, form, sign};
use switchboard::{Agent, Flow, Queue, Switchboard};

use crate::acme::{CALLER, NUMBER, secs};

const HOST: &str = "https://app.example.com";
const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const FIRST: &str = "CA00000000000000000000000000000001";

struct Desk {
    board: Switchboard,
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    telephony: FakeTelephony,
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing here has to wait"),
    }
}

fn desk() -> Desk {
    let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(Timestamp::from_secs(1_700_000_000))));
    let telephony = FakeTelephony::new();
    let board = Switchboard::builder()
        .queue(Queue::new("sales"))
        .agent(Agent::new("ana").serves(["sales"]))
        .number(NUMBER, Flow::say("Hello.").then(queue("sales")))
        .public_base(HOST)
        .account(ACCOUNT, TOKEN)
        .url_secret(*b"the secret of our own URLs")
        .store(Arc::<MemoryStore>::clone(&store))
        .telephony(Arc::new(telephony.clone()))
        .clock(Arc::<ManualClock>::clone(&clock))
        .build()
        .expect("a configuration");
    Desk { board, store, clock, telephony }
}

impl Desk {
    fn post(&self, path: &str, params: &[(&str, &str)]) -> WebhookReply {
        let mut all = vec![("AccountSid", ACCOUNT)];
        all.extend(params);
        let signature = sign(&format!("{HOST}{path}"), &all, TOKEN, Algorithm::HmacSha1);
        let body = form::encode(all.iter().copied());
        let headers =
            [("X-Twilio-Signature", signature.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        let (method, body) = (Method::Post, body.as_bytes());
        now(self.board.answer(&WebhookRequest { method, target: path, headers: &headers, body, websocket: false }))
    }

    fn arrives(&self) -> WebhookReply {
        let params = [("CallSid", FIRST), ("From", CALLER), ("To", NUMBER), ("CallStatus", "ringing")];
        self.post("/hooks/voice", &params)
    }

    fn record(&self, kind: &str) -> Record {
        let found = self.store.records().into_iter().find(|record| record.key.as_str().starts_with(kind));
        found.unwrap_or_else(|| panic!("no {kind} is stored"))
    }

    /// A newer version writes over a record: more fields, and words that this one does not know.
    fn newer_writes(&self, kind: &str, change: impl FnOnce(&mut Value)) -> Record {
        let record = self.record(kind);
        let mut body = record.body.value();
        body["schema"] = json!(SCHEMA + 1);
        body["mood"] = json!({"of": "tomorrow"});
        change(&mut body);
        let index = Vec::new();
        let put = Put { key: record.key, expect: Expect::Version(record.version), body: Body::new(body), index };
        now(self.store.commit(&Commit { puts: vec![put], ..Commit::default() })).expect("a commit");
        self.record(kind)
    }
}

/// The path of the one-time URL in a document.
fn hop(reply: &WebhookReply) -> String {
    let from = reply.body.find("/hooks/hop/").unwrap_or_else(|| panic!("no hop in {}", reply.body));
    let rest = &reply.body[from..];
    rest[..rest.find(['#', '"', '<']).unwrap_or(rest.len())].to_owned()
}

fn is_hold_for(reply: &WebhookReply, path: &str) {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(reply.body.contains("<Pause") && reply.body.contains(&format!("{HOST}{path}")), "{}", reply.body);
}

#[test]
fn a_newer_call_is_left_alone_and_its_caller_held() {
    let desk = desk();
    let url = hop(&desk.arrives());
    let before = desk.newer_writes("call/", |body| body["state"] = json!("musing"));
    is_hold_for(&desk.post(&url, &[("CallSid", FIRST), ("CallStatus", "in-progress")]), &url);
    // The provider tells it again, to a newer node perhaps.
    assert_eq!(desk.post("/hooks/status", &[("CallSid", FIRST), ("CallStatus", "completed")]).status, 503);
    let id = before.key.as_str().rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
    assert!(matches!(now(desk.board.request(Request::HangUp(id))), Err(Error::Unreadable(_))));
    assert_eq!(desk.record("call/"), before, "it was written over");
}

#[test]
fn work_about_a_newer_call_stays_for_a_newer_node() {
    let desk = desk();
    now(desk.board.request(Request::Ready(AgentId::new("ana").expect("a name")))).expect("a request");
    desk.arrives();
    while now(desk.board.turn()).expect("a turn").claimed > 0 {}
    let dialled = desk.telephony.take_commands().len();
    assert_eq!(dialled, 1);
    // Still readable, and yet not ours to write.
    let call = desk.newer_writes("call/", |_| {});
    let tasks = |desk: &Desk| desk.store.tasks().into_iter().map(|(id, ..)| id).collect::<Vec<TaskId>>();
    let before = tasks(&desk);
    for _ in 0..120 {
        desk.clock.advance(secs(1));
        let turned = now(desk.board.turn()).expect("a turn");
        assert!(turned.left <= turned.claimed);
    }
    assert_eq!(desk.record("call/"), call, "it was written over");
    assert_eq!(desk.telephony.take_commands(), [], "a command whose result cannot be noted was sent");
    for id in before.iter().filter(|id| !id.as_str().starts_with("match/")) {
        assert!(tasks(&desk).contains(id), "{id} was dropped");
    }
    // A newer node gets its turn soon: nobody holds any of it for long.
    let at = desk.clock.now();
    assert!(desk.store.next_due().is_some_and(|due| due <= at + secs(1)));
}

#[test]
fn unknown_work_is_left_and_the_rest_is_done() {
    let desk = desk();
    let work = Body::new(json!({"Hum": ["a tune", 3]}));
    let due = desk.clock.now();
    let arm = Arm { id: TaskId::new("hum/default/1"), due, rearm: Rearm::Earliest, work: work.clone() };
    now(desk.store.commit(&Commit { arm: vec![arm], ..Commit::default() })).expect("a commit");
    now(desk.board.request(Request::Ready(AgentId::new("ana").expect("a name")))).expect("a request");
    desk.arrives();
    let mut left = 0;
    for _ in 0..8 {
        left += now(desk.board.turn()).expect("a turn").left;
    }
    assert_eq!(left, 1, "tried again and again in one moment");
    assert_eq!(desk.telephony.take_commands().len(), 1, "ana is not rung");
    let kept = desk.store.tasks().into_iter().find(|(id, ..)| id.as_str() == "hum/default/1").expect("the work");
    assert_eq!(kept.2, work);
    assert!(kept.1 <= desk.clock.now() + secs(1));
}

/// Our own signature under words that this version does not know.
fn newer_url(bare: &str) -> String {
    let mut mac = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(b"the secret of our own URLs").expect("a key");
    mac.update(b"switchboard-url\0default\0");
    mac.update(bare.as_bytes());
    let mac = mac.finalize().into_bytes();
    format!("{bare}/{}", URL_SAFE_NO_PAD.encode(&mac[..16]))
}

#[test]
fn a_url_of_a_newer_version_is_answered_with_hold() {
    let desk = desk();
    let call = "0123456789abcdef0123456789abcdef";
    for bare in [format!("/hooks/dream/{call}/7"), format!("/hooks/hop/{call}/0/3/2000000000/deep")] {
        let url = newer_url(&bare);
        is_hold_for(&desk.post(&url, &[("CallSid", FIRST), ("CallStatus", "in-progress")]), &url);
        let told = [("CallSid", FIRST), ("CallStatus", "completed"), ("CallbackSource", "call-progress-events")];
        assert_eq!(desk.post(&url, &told).status, 503, "told what is not understood, and lost");
        // Without our signature it is nobody's.
        let forged = url.replace("/hooks/", "/hooks/x");
        assert_eq!(desk.post(&forged, &told).status, 403);
    }
}

fn reads<T: DeserializeOwned + Serialize>(name: &str) -> Value {
    let path = format!("{}/tests/data/bodies/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let stored: Value = serde_json::from_str(&text).expect("JSON");
    let read: T = serde_json::from_value(stored.clone()).unwrap_or_else(|error| panic!("{path}: {error}"));
    let written = serde_json::to_value(read).expect("JSON");
    for (field, value) in stored.as_object().expect("an object") {
        assert_eq!(written.get(field), Some(value), "{path}: {field} did not survive");
    }
    written
}

/// Bodies as each schema wrote them, kept for as long as one of its nodes or backups may be about.
#[test]
fn every_past_body_is_read_and_none_of_it_is_lost() {
    reads::<Call>("1/call.json");
    reads::<Call>("1/call_without_later_fields.json");
    reads::<AgentRecord>("1/agent.json");
    reads::<AgentRecord>("1/agent_without_history.json");
    reads::<AgentHistory>("1/agent_history.json");
    assert_eq!(reads::<QueueState>("1/queue_without_schema.json")["schema"], 1);
    reads::<Reconciliation>("1/reconciliation.json");
}

/// Both versions do work and answer webhooks, now one, now the other: two nodes have been replaced, and one has not.
#[test]
fn a_shift_with_both_breaks_no_invariant() {
    for seed in 0..4 {
        let built = AtomicU32::new(0);
        // The application asks the newer one.
        let schema = move || SCHEMA + u32::from(built.fetch_add(1, Ordering::SeqCst) != 1);
        let floor = crate::shifts_with_faults::floor().schema_of_each(schema);
        let (older, newer) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let written = (Arc::clone(&older), Arc::clone(&newer));
        let count: switchboard::sim::Tamper = Arc::new(move |commit, stored| {
            for put in &commit.puts {
                let is_newer = put.body.value()["schema"] == SCHEMA + 1;
                (if is_newer { &written.1 } else { &written.0 }).fetch_add(1, Ordering::SeqCst);
                let before = stored.iter().find(|record| record.key == put.key);
                let was_newer = before.is_some_and(|record| record.body.value()["schema"] == SCHEMA + 1);
                assert!(is_newer || !was_newer, "{} was written over", put.key);
            }
        });
        let shift = Shift { tamper: Some(count), nodes: 3, ..Shift::quiet(seed) };
        let report = shift.run(&floor);
        let violations: Vec<String> = report.violations.iter().map(ToString::to_string).collect();
        assert!(violations.is_empty() && report.lost.is_empty(), "seed {seed}: {violations:#?}\n{:?}", report.lost);
        assert!(report.joined * 3 > report.arrived, "seed {seed}: {} of {}", report.joined, report.arrived);
        let (older, newer) = (older.load(Ordering::SeqCst), newer.load(Ordering::SeqCst));
        assert!(newer > 0 && older > 0, "seed {seed}: {newer} newer and {older} older writes");
    }
}
