//! Ten restarts, one after the other, under load: real nodes over one store, behind a load balancer that asks for health.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use switchboard::engine::Builder;
use switchboard::http::{Access, router};
use switchboard::setup::queue;
use switchboard::sim::carrier::{CarrierConfig, NumberConfig};
use switchboard::simulator::{Simulator, SimulatorConfig, Traffic, staff};
use switchboard::store::MemoryStore;
use switchboard::telephony::twilio::TwilioClient;
use switchboard::time::{Clock, SystemClock};
use switchboard::{Agent, Flow, Queue, Switchboard};
use tokio::sync::{Notify, oneshot};
use tower::ServiceExt;

const RESTARTS: usize = 10;
/// Webhooks that are answered between two restarts.
const BETWEEN: usize = 12;
const SPEED: u32 = 4;
const AGENTS: [&str; 4] = ["ana", "ben", "cleo", "dora"];

/// Sends each request to a node that is not about to stop.
#[derive(Default)]
struct Balancer {
    nodes: Mutex<Vec<(Switchboard, Router)>>,
    served: AtomicUsize,
    failed: AtomicUsize,
    changed: Notify,
}

async fn forward(State(balancer): State<Arc<Balancer>>, request: Request) -> Response {
    let node = {
        let nodes = balancer.nodes.lock().unwrap();
        let ready: Vec<&Router> =
            nodes.iter().filter(|(node, _)| !node.is_draining()).map(|(_, router)| router).collect();
        let at = balancer.served.load(Ordering::SeqCst);
        // One that is about to stop answers yet.
        if ready.is_empty() { nodes[at % nodes.len()].1.clone() } else { ready[at % ready.len()].clone() }
    };
    let response = node.oneshot(request).await.unwrap();
    if !response.status().is_success() {
        balancer.failed.fetch_add(1, Ordering::SeqCst);
    }
    balancer.served.fetch_add(1, Ordering::SeqCst);
    balancer.changed.notify_waiters();
    response
}

impl Balancer {
    async fn serves(&self, more: usize) {
        let enough = self.served.load(Ordering::SeqCst) + more;
        loop {
            let changed = self.changed.notified();
            if self.served.load(Ordering::SeqCst) >= enough {
                return;
            }
            changed.await;
        }
    }
}

struct Centre {
    simulator: Simulator,
    store: Arc<MemoryStore>,
    balancer: Arc<Balancer>,
    base: String,
}

struct Running {
    switchboard: Switchboard,
    stop: oneshot::Sender<()>,
    running: tokio::task::JoinHandle<()>,
}

impl Centre {
    fn builder(&self) -> Builder {
        let config = CarrierConfig::default();
        let client = TwilioClient::builder()
            .account_sid(&config.account_sid)
            .auth_token(&config.auth_token)
            .base_url(self.simulator.base_url())
            .calls_per_second(1000)
            .clock(self.simulator.clock())
            .build()
            .unwrap();
        let client = Arc::new(client);
        let builder = Switchboard::builder()
            .queue(Queue::new("sales"))
            .number("+14155550100", Flow::say("Welcome.").then(queue("sales")))
            .public_base(&self.base)
            .account(config.account_sid, config.auth_token)
            .live_legs(Arc::<TwilioClient>::clone(&client))
            .telephony(client)
            .store(Arc::<MemoryStore>::clone(&self.store))
            .clock(self.simulator.clock());
        AGENTS.iter().fold(builder, |builder, name| builder.agent(Agent::new(*name).serves(["sales"])))
    }

    fn starts_node(&self) -> Running {
        let switchboard = self.builder().build().unwrap();
        let routes = Router::new().nest("/calls", router(switchboard.clone(), Access::closed()));
        self.balancer.nodes.lock().unwrap().push((switchboard.clone(), routes));
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(switchboard.clone().run(async move { drop(stopped.await) }));
        Running { switchboard, stop, running }
    }

    async fn stops_node(&self, node: Running) {
        node.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(10), node.running).await.expect("stops within 10 s").unwrap();
        assert!(node.switchboard.is_draining());
        let mut nodes = self.balancer.nodes.lock().unwrap();
        if nodes.len() > 1 {
            nodes.retain(|(other, _)| !other.is_draining());
        }
    }
}

async fn starts() -> Centre {
    let carrier = CarrierConfig { start: SystemClock.now(), ..CarrierConfig::default() };
    let agents = AGENTS.iter().map(|name| format!("client:{name}")).collect();
    let config = SimulatorConfig { carrier, speed: SPEED, agents, ..SimulatorConfig::default() };
    let simulator = Simulator::start(config).await.unwrap();
    let balancer = Arc::new(Balancer::default());
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let base = format!("http://{}/calls", listener.local_addr().unwrap());
    let app = Router::new().fallback(forward).with_state(Arc::clone(&balancer));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Centre { simulator, store: Arc::new(MemoryStore::new()), balancer, base }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_restarts_under_load_lose_no_call_and_leave_no_webhook_unanswered() {
    let centre = starts().await;
    let mut oldest = centre.starts_node();
    centre.simulator.number(NumberConfig {
        number: "+14155550100".to_owned(),
        voice_url: oldest.switchboard.voice_url(),
        status_callback: Some(oldest.switchboard.status_url()),
        ..NumberConfig::default()
    });
    let desk = centre.builder().build().unwrap();
    let signs_in = tokio::spawn(staff(desk, SPEED));
    centre.simulator.traffic(Traffic::Rush, "+14155550100");
    for _ in 0..RESTARTS {
        let next = centre.starts_node();
        let served = centre.balancer.serves(BETWEEN);
        tokio::time::timeout(Duration::from_secs(60), served).await.expect("calls go on");
        centre.stops_node(oldest).await;
        oldest = next;
    }
    let served = centre.balancer.serves(BETWEEN);
    tokio::time::timeout(Duration::from_secs(60), served).await.expect("calls go on");
    let (tally, lost) = (centre.simulator.tally(), centre.simulator.with(|carrier| carrier.lost()));
    signs_in.abort();
    centre.stops_node(oldest).await;
    assert_eq!(tally.lost, 0, "{tally:?}: {lost:?}");
    assert_eq!((tally.signature_failures, centre.balancer.failed.load(Ordering::SeqCst)), (0, 0), "{tally:?}");
    assert!(tally.joined > 0, "{tally:?}");
}
