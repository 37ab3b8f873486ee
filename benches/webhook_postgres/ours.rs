//! The whole call centre: signatures checked, repeats answered alike, agents reserved and dialled through the outbox, history
//! kept. The telephone company is played by [`Line`], which does at once what it is told and says so in a signed webhook.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::routing::get;
use switchboard::core::Request;
use switchboard::http::{Access, router};
use switchboard::setup::queue;
use switchboard::store::PgStore;
use switchboard::telephony::{
    Action, Command, EndCause, LegRef, LegReport, LegState, Performed, Telephony, TelephonyError,
};
use switchboard::webhook::{Algorithm, Method, WebhookRequest, form, sign};
use switchboard::{Agent, Flow, Queue, Switchboard};
use tokio::sync::mpsc;

use super::{ACCOUNT, AGENTS, HOST, SKILLS, SKILLS_EACH, TOKEN};

/// Carries out commands at once.
#[derive(Debug)]
struct Line {
    legs: AtomicU64,
    /// Where the end of a leg is told, and which leg: the URL is kept in the leg's own id, so that nothing is remembered.
    ended: mpsc::UnboundedSender<String>,
}

#[async_trait]
impl Telephony for Line {
    async fn perform(&self, command: &Command) -> Result<Performed, TelephonyError> {
        match &command.action {
            Action::Dial(_) => {
                let leg = self.legs.fetch_add(1, Ordering::Relaxed);
                Ok(Performed::leg(format!("CA{:032x}", u128::from(leg) | 1 << 100)))
            }
            Action::Cancel { leg } | Action::HangUp { leg } => {
                let _ = self.ended.send(leg.clone());
                Ok(Performed::default())
            }
            _ => Ok(Performed::default()),
        }
    }

    async fn probe(&self, _: &LegRef) -> Result<LegReport, TelephonyError> {
        Ok(LegReport { id: None, state: LegState::Ended(EndCause::Completed) })
    }
}

/// Tells that legs have ended, as the provider does: by a signed webhook for each.
async fn tell(switchboard: Switchboard, mut ended: mpsc::UnboundedReceiver<String>) {
    let path = "/hooks/status";
    while let Some(leg) = ended.recv().await {
        let params = [("AccountSid", ACCOUNT), ("CallSid", leg.as_str()), ("CallStatus", "canceled")];
        let signature = sign(&format!("{HOST}{path}"), &params, TOKEN, Algorithm::HmacSha1);
        let headers =
            [("X-Twilio-Signature", signature.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        let body = form::encode(params.iter().copied());
        let body = body.as_bytes();
        switchboard
            .answer(&WebhookRequest { method: Method::Post, target: path, headers: &headers, body, websocket: false })
            .await;
    }
}

fn switchboard(store: PgStore, line: Arc<Line>) -> Switchboard {
    let mut builder = Switchboard::builder();
    for skill in 0..SKILLS {
        let name = format!("q{skill}");
        let waits = Queue::new(&name).needs(format!("s{skill}")).wrap_up(Duration::ZERO);
        builder = builder.queue(waits).number(super::number(skill), Flow::say("Please hold.").then(queue(&name)));
    }
    for agent in 0..AGENTS {
        let skills = (0..SKILLS_EACH).map(|n| (agent + n * 10) % SKILLS);
        let served: Vec<String> = skills.clone().map(|skill| format!("q{skill}")).collect();
        let made = Agent::new(super::agent(agent)).serves(served);
        builder = builder.agent(skills.fold(made, |made, skill| made.skill(format!("s{skill}"))));
    }
    let built = builder.public_base(HOST).account(ACCOUNT, TOKEN).store(Arc::new(store)).telephony(line).build();
    built.expect("a configuration without mistakes")
}

/// Our router, with `GET /stats` beside it: agents dialled so far.
pub(crate) async fn router_of(url: &str, durable: bool) -> Router {
    let builder = PgStore::builder(url);
    let builder = if durable { builder } else { builder.allow_unsafe_settings() };
    let store = builder.connect().await.expect("a store");
    let (ended, telling) = mpsc::unbounded_channel();
    let line = Arc::new(Line { legs: AtomicU64::new(0), ended });
    let switchboard = switchboard(store, Arc::clone(&line));
    for agent in 0..AGENTS {
        let ready = Request::Ready(super::agent(agent).parse().expect("an agent's name"));
        switchboard.request(ready).await.expect("an agent is ready");
    }
    tokio::spawn(tell(switchboard.clone(), telling));
    tokio::spawn(switchboard.clone().run(std::future::pending()));
    let stats = get(move || async move { line.legs.load(Ordering::Relaxed).to_string() });
    router(switchboard, Access::loopback_only()).route("/stats", stats)
}
