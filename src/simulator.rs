//! The carrier in a box, served over HTTP in real or accelerated time. Outside semver.
//!
//! [`Simulator::start`] serves Twilio's REST API on loopback, sends the webhooks of its calls over real HTTP, connects their
//! streams and conversations over real WebSockets, and plays callers and agents; [`Simulator::play`] puts an application's
//! call centre on it. Nothing leaves this machine: a webhook or a socket to another one fails to connect. A `wss://` URL of
//! this machine is connected to without TLS; its signature is that of the `wss://` URL.

mod audit;
mod chance;
mod clock;
mod play;
mod post;
mod rest;
mod robots;
mod sockets;
mod staff;
mod trace;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use audit::audit;
use axum::Router;
pub use clock::SimulatorClock;
pub use play::PlayError;
use post::Post;
use robots::Robots;
pub use robots::Traffic;
use serde::Serialize;
use sockets::Lines;
pub use staff::staff;
use tokio::sync::Notify;
use tokio::task::JoinSet;
pub use trace::TraceEntry;
use trace::Traces;

use crate::http::Access;
use crate::sim::carrier::{Carrier, CarrierConfig, Direction, EndCause, NumberConfig, VoiceRules};

/// Most times faster than real.
pub const SPEED_MAX: u32 = 60;
/// The longest the driver sleeps.
const STEP: Duration = Duration::from_millis(20);

/// How a simulator is set up.
#[derive(Clone, Debug)]
pub struct SimulatorConfig {
    /// The account, its faults and its rules.
    pub carrier: CarrierConfig,
    /// Where the REST API listens; port 0: any free one.
    pub listen: SocketAddr,
    /// How many times faster than real its time goes, 1 to [`SPEED_MAX`].
    pub speed: u32,
    /// Endpoints that robots answer as agents, such as `client:ana`.
    pub agents: Vec<String>,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self {
            // Twilio docs: the rate of an account that has not asked for more.
            carrier: CarrierConfig { calls_per_second: 1, ..CarrierConfig::default() },
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            speed: 1,
            agents: Vec::new(),
        }
    }
}

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The speed is out of range.
    #[error("speed {0} is not 1 to {SPEED_MAX}")]
    Speed(u32),
    /// Its port could not be listened at.
    #[error("the REST API cannot listen at {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// No webhook could be sent from this machine.
    #[error("webhooks cannot be sent: {0}")]
    Http(String),
}

/// What has happened so far, by the carrier's own knowledge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Callers who dialled.
    pub arrived: usize,
    /// Callers who were heard by somebody, and heard them.
    pub joined: usize,
    /// Callers who hung up before that.
    pub abandoned: usize,
    /// Callers who met more than 5 s of silence that no document asked for, an application error, or a cut that nobody
    /// chose.
    pub lost: usize,
    /// Webhooks that got a reply.
    pub webhooks: usize,
    /// Webhooks that were answered with 403.
    pub signature_failures: usize,
    /// 99 of 100 webhooks were answered within this many real milliseconds.
    pub webhook_p99_ms: u64,
}

#[derive(Debug)]
pub(crate) struct World {
    carrier: Carrier,
    robots: Robots,
    traces: Traces,
    post: Post,
}

#[derive(Debug)]
pub(crate) struct Shared {
    world: Mutex<World>,
    clock: Arc<SimulatorClock>,
    wake: Notify,
    http: post::Clients,
}

impl Shared {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A telephone network that runs until it is dropped.
#[derive(Debug)]
pub struct Simulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    tasks: JoinSet<()>,
}

impl Simulator {
    /// Starts a network without numbers and callers.
    ///
    /// # On return
    /// Its REST API listens, and its time goes.
    ///
    /// # Errors
    /// If the speed is out of range, or the address cannot be listened at.
    pub async fn start(config: SimulatorConfig) -> Result<Self, StartError> {
        if !(1..=SPEED_MAX).contains(&config.speed) {
            return Err(StartError::Speed(config.speed));
        }
        let listen = |error| StartError::Listen(config.listen, error);
        let listener = tokio::net::TcpListener::bind(config.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let http = post::Clients::new().map_err(|error| StartError::Http(error.to_string()))?;
        let clock = Arc::new(SimulatorClock::new(config.carrier.start, config.speed));
        let robots = Robots::new(config.carrier.seed, config.agents, config.carrier.start);
        let mut setup = config.carrier;
        if setup.rules.voice.media_base == VoiceRules::default().media_base {
            // Whoever follows a RecordingUrl comes here.
            setup.rules.voice.media_base = format!("http://{address}");
        }
        let carrier = Carrier::new(setup);
        let world = World { carrier, robots, traces: Traces::default(), post: Post::default() };
        let shared = Arc::new(Shared { world: Mutex::new(world), clock, wake: Notify::new(), http });
        let mut tasks = JoinSet::new();
        tasks.spawn(drive(Arc::clone(&shared)));
        let api = rest::router(Arc::clone(&shared));
        tasks.spawn(async move {
            // Ends only with its task.
            let _ = axum::serve(listener, api).await;
        });
        Ok(Self { shared, address, tasks })
    }

    /// Where the REST API listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL to give to a Twilio library in place of `https://api.twilio.com`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its time, for the call centre that is tried out on it.
    #[must_use]
    pub fn clock(&self) -> Arc<SimulatorClock> {
        Arc::clone(&self.shared.clock)
    }

    /// Adds a number of ours, or changes how it is set up.
    pub fn number(&self, number: NumberConfig) {
        self.shared.world().carrier.number(number);
    }

    /// From now on callers arrive so, at `number`. Callers who are there stay.
    pub fn traffic(&self, traffic: Traffic, number: &str) {
        let mut world = self.shared.world();
        let now = self.shared.clock.reading();
        world.robots.traffic(traffic, number, now);
        drop(world);
        self.shared.wake.notify_one();
    }

    /// Does something to the network, or looks at it, as it is now.
    pub fn with<R>(&self, act: impl FnOnce(&mut Carrier) -> R) -> R {
        let mut world = self.shared.world();
        let now = self.shared.clock.reading();
        world.carrier.advance(now);
        let result = act(&mut world.carrier);
        drop(world);
        self.shared.wake.notify_one();
        result
    }

    /// What has happened so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let world = self.shared.world();
        let joined = world.carrier.joined();
        let joined: std::collections::BTreeSet<&str> =
            joined.iter().flat_map(|pair| [pair.a.as_str(), pair.b.as_str()]).collect();
        let calls = world.carrier.calls();
        let callers = || calls.iter().filter(|call| call.direction == Direction::Inbound);
        let was_joined = |sid: &str| joined.contains(sid);
        Tally {
            arrived: callers().count(),
            joined: callers().filter(|call| was_joined(&call.sid)).count(),
            abandoned: callers()
                .filter(|call| call.end_cause == Some(EndCause::HungUp) && !was_joined(&call.sid))
                .count(),
            lost: world.carrier.lost().iter().map(|lost| &lost.call).collect::<std::collections::BTreeSet<_>>().len(),
            webhooks: world.post.answered(),
            signature_failures: world.post.refused(),
            webhook_p99_ms: world.post.p99_ms(),
        }
    }

    /// What crossed the network about one leg, oldest first; telephone numbers masked. Empty for an unknown leg.
    #[must_use]
    pub fn trace(&self, call_sid: &str) -> Vec<TraceEntry> {
        self.shared.world().traces.of(call_sid)
    }

    /// `GET /sim/calls/{call_sid}/trace`, for those whom `access` lets in.
    pub fn router(&self, access: Access) -> Router {
        trace::router(Arc::clone(&self.shared), access)
    }
}

/// Lets time go, people act, and webhooks out.
async fn drive(shared: Arc<Shared>) {
    let mut sending = JoinSet::new();
    let mut lines = Lines::default();
    loop {
        let (webhooks, sockets, wait) = {
            let mut world = shared.world();
            let world = &mut *world;
            let now =
                shared.clock.tick(world.post.is_behind(shared.clock.speed()) || lines.is_behind(shared.clock.speed()));
            world.carrier.advance(now);
            world.robots.step(&mut world.carrier, now);
            let webhooks = world.carrier.take_webhooks();
            webhooks.iter().for_each(|webhook| world.post.sent(webhook.id));
            let sockets = world.carrier.take_sockets();
            let wait = world.carrier.next_due().map(|due| due.since(now) / shared.clock.speed());
            (webhooks, sockets, wait.map_or(STEP, |wait| wait.clamp(Duration::from_millis(1), STEP)))
        };
        for webhook in webhooks {
            sending.spawn(post::send(Arc::clone(&shared), webhook));
        }
        lines.carry(&shared, sockets);
        while sending.try_join_next().is_some() {}
        tokio::select! {
            () = shared.wake.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}
