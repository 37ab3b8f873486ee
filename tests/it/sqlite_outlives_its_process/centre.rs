//! A call centre is killed in the middle of its calls and started again on its file. The network is another process, as it
//! always is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use switchboard::core::Request;
use switchboard::engine::Builder;
use switchboard::http::{Access, router};
use switchboard::model::{AgentStatus, Call, CallState};
use switchboard::report::{Attribution, Interval};
use switchboard::sim::carrier::{CarrierConfig, EndpointScript, Hearing, NumberConfig, Ring};
use switchboard::simulator::{Simulator, SimulatorConfig};
use switchboard::store::SqliteStore;
use switchboard::telephony::FakeTelephony;
use switchboard::telephony::twilio::TwilioClient;
use switchboard::time::{Clock, SystemClock, Timestamp};
use switchboard::{Queue, Switchboard};

use crate::acme::{NUMBER, ana_and_ben};
use crate::processes::{Process, given, say};
use crate::scratch::Scratch;
use crate::sqlite_tables;

const AGENTS: [&str; 2] = ["ana", "ben"];

fn acme() -> Builder {
    ana_and_ben(Queue::new("sales").wrap_up(Duration::from_secs(1)))
}

/// The part of a process: serves the call centre on its file until it is killed.
pub(crate) async fn serve() {
    let (base, account, token) = (given("BASE"), given("ACCOUNT"), given("TOKEN"));
    let store = SqliteStore::open(given("FILE")).await.expect("the file");
    let client = TwilioClient::builder().account_sid(&account).auth_token(&token).base_url(given("TWILIO"));
    let client = client.calls_per_second(1000).build().expect("a client");
    let address: SocketAddr = base.trim_start_matches("http://").parse().expect("an address");
    let listener = tokio::net::TcpListener::bind(address).await.expect("the port that is kept for us");
    let board = acme().public_base(base).account(account, token).store(Arc::new(store)).telephony(Arc::new(client));
    let board = board.build().expect("a call centre");
    for agent in board.agents().await.expect("the store") {
        if agent.status() == AgentStatus::Offline {
            board.request(Request::Ready(agent.spec.id)).await.expect("an agent who signs in");
        }
    }
    let working = tokio::spawn(board.clone().run(std::future::pending()));
    say("serves");
    axum::serve(listener, router(board, Access::closed())).await.expect("a server");
    working.abort();
}

/// The network, and what the application has stored, read beside it.
struct World {
    simulator: Simulator,
    books: Switchboard,
    path: std::path::PathBuf,
    values: Vec<(&'static str, String)>,
    _scratch: Scratch,
}

impl World {
    async fn start() -> Self {
        let scratch = Scratch::new();
        let path = scratch.file("calls.db");
        let carrier = CarrierConfig { start: SystemClock.now(), ..CarrierConfig::default() };
        let (account, token) = (carrier.account_sid.clone(), carrier.auth_token.clone());
        let simulator = Simulator::start(SimulatorConfig { carrier, ..SimulatorConfig::default() }).await.unwrap();
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let base = format!("http://{free}");
        let store = SqliteStore::open(&path).await.expect("a new file");
        let books = acme().public_base(&base).account(&account, &token).store(Arc::new(store));
        let books = books.telephony(Arc::new(FakeTelephony::new())).build().expect("a call centre");
        simulator.number(NumberConfig {
            number: NUMBER.to_owned(),
            voice_url: books.voice_url(),
            status_callback: Some(books.status_url()),
            ..NumberConfig::default()
        });
        for agent in AGENTS {
            let script = EndpointScript { on_ring: Ring::Manual, ..EndpointScript::default() };
            simulator.with(|carrier| carrier.script(&format!("client:{agent}"), script));
        }
        let twilio = simulator.base_url();
        let values = vec![("BASE", base), ("ACCOUNT", account), ("TOKEN", token), ("TWILIO", twilio)];
        Self { simulator, books, path, values, _scratch: scratch }
    }

    fn application(&self) -> Process {
        let values: Vec<(&str, &str)> = self.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let process = Process::start("centre", &self.path, &values);
        assert_eq!(process.hear(), "serves");
        process
    }

    async fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let began = Instant::now();
        while !is_so() {
            let calls = self.simulator.with(|carrier| carrier.calls());
            assert!(began.elapsed() < Duration::from_secs(60), "not in time: {what}; at the carrier: {calls:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn calls(&self) -> Vec<Call> {
        self.books.calls(None, 256).await.expect("the file").calls
    }

    fn dials(&self, from: &str) -> String {
        self.simulator.with(|carrier| carrier.caller_dials(from, NUMBER))
    }

    /// Waits until a telephone of an agent other than `but` rings; whose, and the leg.
    async fn rings(&self, but: &str) -> (&'static str, String) {
        let mut ringing = None;
        self.until("an agent is rung", || {
            let at = |agent: &&str| self.simulator.with(|carrier| carrier.ringing_at(&format!("client:{agent}")));
            let others = AGENTS.into_iter().filter(|agent| *agent != but);
            ringing = others.filter_map(|agent| Some((agent, at(&agent).pop()?))).next();
            ringing.is_some()
        })
        .await;
        ringing.unwrap()
    }

    fn are_joined(&self, one: &str, other: &str) -> bool {
        let joined = self.simulator.with(|carrier| carrier.joined());
        let mut now = joined.iter().filter(|pair| pair.to.is_none());
        now.any(|pair| [(&*pair.a, &*pair.b), (&*pair.b, &*pair.a)].contains(&(one, other)))
    }

    fn hears_music(&self, caller: &str) -> bool {
        let heard = self.simulator.with(|carrier| carrier.heard(caller).pop());
        heard.is_some_and(|heard| matches!(heard.what, Hearing::Music(_)))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_who_wait_ring_and_talk_are_served_after_it() {
    let world = World::start().await;
    let began = SystemClock.now();
    let first = world.application();
    let talking = world.dials("+14155550121");
    let (busy, leg) = world.rings("nobody").await;
    world.simulator.with(|carrier| carrier.answers(&leg));
    world.until("the first caller talks", || world.are_joined(&talking, &leg)).await;
    let ringing = world.dials("+14155550122");
    let (_, second_leg) = world.rings(busy).await;
    let waiting = world.dials("+14155550123");
    world.until("the third caller waits", || world.hears_music(&waiting)).await;
    let states = |calls: Vec<Call>| calls.into_iter().map(|call| call.state).collect::<Vec<_>>();
    assert_eq!(states(world.calls().await), [CallState::Waiting, CallState::Waiting, CallState::Talking]);

    first.kill();
    sqlite_tables::show_what_the_centre_knows(&world.path, &world.books).await;
    assert!(world.are_joined(&talking, &leg), "who talks needs no application");
    assert!(world.hears_music(&waiting) && world.hears_music(&ringing), "who waits is held by the network");
    let second = world.application();

    world.simulator.with(|carrier| carrier.answers(&second_leg));
    world.until("the second caller is joined", || world.are_joined(&ringing, &second_leg)).await;
    assert!(world.are_joined(&talking, &leg));
    world.simulator.with(|carrier| carrier.hangs_up(&talking));
    let (agent, third_leg) = world.rings("nobody").await;
    assert_eq!(agent, busy, "whoever has become free");
    world.simulator.with(|carrier| carrier.answers(&third_leg));
    world.until("the third caller is joined", || world.are_joined(&waiting, &third_leg)).await;
    for caller in [&ringing, &waiting] {
        world.simulator.with(|carrier| carrier.hangs_up(caller));
    }
    let mut open = world.calls().await;
    while open.iter().any(|call| call.state != CallState::Ended) {
        assert!(SystemClock.now().since(began) < Duration::from_secs(90), "not over in time: {open:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        open = world.calls().await;
    }
    second.kill();
    let lost = world.simulator.with(|carrier| carrier.lost());
    assert!(lost.is_empty(), "{lost:?}");
    figures_are_whole(&world, began).await;
}

/// What was done before the kill and after it is in one book.
async fn figures_are_whole(world: &World, began: Timestamp) {
    let sales = "sales".parse().unwrap();
    let interval = Interval::since(began);
    let figures = world.books.queue_figures(&sales, &interval, Attribution::ByEntry).await.expect("figures");
    assert_eq!((figures.offered, figures.answered, figures.abandoned), (3, 3, 0), "{figures:?}");
    let connected = world.calls().await.iter().filter(|call| call.connected_at.is_some()).count();
    assert_eq!(connected, 3);
}
