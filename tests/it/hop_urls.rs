//! One-time URLs under attack: every request here is signed as the carrier would sign it. S08, S11, S12, S13.

use std::sync::Arc;

use switchboard::engine::{Switchboard, WebhookReply};
use switchboard::setup::queue;
use switchboard::sim::Sim;
use switchboard::store::{MemoryStore, Record};
use switchboard::telephony::FakeTelephony;
use switchboard::time::{ManualClock, Timestamp};
use switchboard::webhook::{Algorithm, Method, WebhookRequest, form, sign};
use switchboard::{Agent, Flow, Queue};

use crate::acme::{CALLER, NUMBER, secs};

const HOST: &str = "https://app.example.com";
const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const FIRST: &str = "CA00000000000000000000000000000001";
const SECOND: &str = "CA00000000000000000000000000000002";

struct Desk {
    board: Switchboard,
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
}

fn desk_of(tenant: &str) -> Desk {
    let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(Timestamp::from_secs(1_700_000_000))));
    let flow = Flow::say("Press 1.").key('1', queue("sales")).otherwise(queue("sales"));
    let board = Switchboard::builder()
        .tenant(tenant)
        .queue(Queue::new("sales"))
        .agent(Agent::new("ana").serves(["sales"]))
        .number(NUMBER, flow)
        .public_base(format!("{HOST}/phone"))
        .account(ACCOUNT, TOKEN)
        .store(Arc::clone(&store) as Arc<dyn switchboard::store::Store>)
        .telephony(Arc::new(FakeTelephony::new()))
        .clock(Arc::clone(&clock) as Arc<dyn switchboard::time::Clock>)
        .build()
        .expect("a configuration");
    Desk { board, store, clock }
}

fn desk() -> Desk {
    desk_of("default")
}

impl Desk {
    /// A request as the carrier would send it.
    fn post(&self, path: &str, params: &[(&str, &str)]) -> WebhookReply {
        let mut all = vec![("AccountSid", ACCOUNT)];
        all.extend(params);
        let signature = sign(&format!("{HOST}{path}"), &all, TOKEN, Algorithm::HmacSha1);
        let body = form::encode(all.iter().copied());
        let headers =
            [("X-Twilio-Signature", signature.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        let request = WebhookRequest {
            method: Method::Post,
            target: path,
            headers: &headers,
            body: body.as_bytes(),
            websocket: false,
        };
        wait(self.board.answer(&request))
    }

    fn arrives(&self, sid: &str) -> WebhookReply {
        let params = [("CallSid", sid), ("From", CALLER), ("To", NUMBER), ("CallStatus", "ringing")];
        self.post("/phone/hooks/voice", &params)
    }

    fn asks(&self, path: &str, sid: &str, digits: &str) -> WebhookReply {
        self.post(path, &[("CallSid", sid), ("CallStatus", "in-progress"), ("Digits", digits)])
    }

    fn books(&self) -> Vec<Record> {
        self.store.records()
    }

    /// The reply is a refusal, and the books are as they were.
    fn refuses(&self, path: &str, sid: &str) {
        let before = self.books();
        let reply = self.asks(path, sid, "1");
        assert_eq!((reply.status, reply.body.as_str()), (403, ""), "{path}");
        assert_eq!(self.books(), before, "{path}");
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    Sim::start(&crate::acme::acme()).world().block_on(future)
}

/// The path of the one-time URL in a document.
fn hop(reply: &WebhookReply) -> String {
    let from = reply.body.find("/phone/hooks/hop/").unwrap_or_else(|| panic!("no hop in {}", reply.body));
    let rest = &reply.body[from..];
    rest[..rest.find(['#', '"', '<']).unwrap_or(rest.len())].to_owned()
}

/// S08: the leg of another call, or one that nobody knows, asks at this call's URL.
#[test]
fn asked_by_another_leg() {
    let desk = desk();
    let url = hop(&desk.arrives(FIRST));
    desk.arrives(SECOND);
    desk.refuses(&url, SECOND);
    desk.refuses(&url, "CA00000000000000000000000000000009");
    assert_eq!(desk.asks(&url, FIRST, "1").status, 200);
}

/// S08: another leg says that it is over, at this call's URL: the call goes on.
#[test]
fn ended_by_another_leg() {
    let desk = desk();
    let url = hop(&desk.arrives(FIRST));
    let before = desk.books();
    let reply = desk.post(&url, &[("CallSid", SECOND), ("CallStatus", "completed")]);
    assert_eq!(reply.status, 403);
    assert_eq!(desk.books(), before);
}

/// S11: the same request later gets the same answer and does nothing; after the URL has expired it gets none.
#[test]
fn replayed() {
    let desk = desk();
    let url = hop(&desk.arrives(FIRST));
    let first = desk.asks(&url, FIRST, "1");
    assert!(first.body.contains("<Conference"), "{}", first.body);
    let after = desk.books();
    for later in [1, 3_600] {
        desk.clock.advance(secs(later));
        assert_eq!(desk.asks(&url, FIRST, "1"), first, "{later} s later");
        assert_eq!(desk.books(), after, "{later} s later");
    }
    desk.clock.advance(secs(48 * 3_600));
    desk.refuses(&url, FIRST);
    desk.clock.advance(secs(365 * 24 * 3_600));
    desk.refuses(&url, FIRST);
}

/// S11: a hop that was answered is not answered differently, whatever key a replay claims was pressed.
#[test]
fn replayed_with_another_key() {
    let desk = desk();
    let url = hop(&desk.arrives(FIRST));
    let first = desk.asks(&url, FIRST, "1");
    let after = desk.books();
    assert_eq!(desk.asks(&url, FIRST, "9"), first);
    assert_eq!(desk.books(), after);
}

/// S12: what is replayed after the end of the call is without effect.
#[test]
fn replayed_after_the_end() {
    let desk = desk();
    let first = hop(&desk.arrives(FIRST));
    let second = hop(&desk.asks(&first, FIRST, "1"));
    let over = [("CallSid", FIRST), ("CallStatus", "completed")];
    assert_eq!(desk.post("/phone/hooks/status", &over).status, 204);
    let ended = desk.books();
    desk.clock.advance(secs(60));
    assert_eq!(desk.arrives(FIRST).status, 200);
    assert_eq!(desk.asks(&first, FIRST, "1").status, 200);
    let unheard = desk.asks(&second, FIRST, "1");
    assert_eq!(unheard.body, desk.asks(&second, FIRST, "").body);
    assert!(unheard.body.contains("<Hangup/>") && !unheard.body.contains("<Conference"), "{}", unheard.body);
    assert_eq!(desk.post("/phone/hooks/status", &over).status, 204);
    assert_eq!(desk.books(), ended);
}

/// S13: each part of the path, and each character of its signature, is what we issued.
#[test]
fn altered() {
    let desk = desk();
    let url = hop(&desk.arrives(FIRST));
    let parts: Vec<&str> = url.split('/').collect();
    let with = |at: usize, part: &str| {
        let mut parts = parts.clone();
        parts[at] = part;
        parts.join("/")
    };
    // "", phone, hooks, hop, call, leg, hop, good until, signature
    assert_eq!(parts.len(), 9, "{url}");
    for (at, part) in [(3, "leg"), (3, "room"), (4, &"0".repeat(32)), (5, "1"), (6, "2"), (6, "0"), (7, "99999999999")]
    {
        desk.refuses(&with(at, part), FIRST);
    }
    let mac = parts[8];
    for at in 0..mac.len() {
        let other = if &mac[at..=at] == "A" { "B" } else { "A" };
        desk.refuses(&with(8, &format!("{}{other}{}", &mac[..at], &mac[at + 1..])), FIRST);
    }
    for wrong in ["", "A", &mac[1..], &format!("{mac}A"), &format!("{mac}=")] {
        desk.refuses(&with(8, wrong), FIRST);
    }
    desk.refuses(&format!("{url}/more"), FIRST);
}

/// S13: a URL of one call centre means nothing to another, though the account and its token be the same.
#[test]
fn of_another_tenant() {
    let (ours, theirs) = (desk_of("acme"), desk_of("umbrella"));
    let url = hop(&ours.arrives(FIRST));
    theirs.arrives(FIRST);
    theirs.refuses(&url, FIRST);
}

/// S13: the signature of one call's URL does not open another's.
#[test]
fn with_the_signature_of_another_call() {
    let desk = desk();
    let (first, second) = (hop(&desk.arrives(FIRST)), hop(&desk.arrives(SECOND)));
    let (bare, _) = first.rsplit_once('/').expect("a path");
    let (_, mac) = second.rsplit_once('/').expect("a path");
    desk.refuses(&format!("{bare}/{mac}"), FIRST);
}
