//! Breaks a call centre that runs on three nodes and PostgreSQL, under load, by a seeded plan; and counts what was lost by the
//! telephone network's own knowledge. `docs/chaos.md` says what is broken and how each figure is defined.
//!
//! `scripts/chaos --node-kills 100 --postgres-kills 20 --restarts 10 --seed 1`

mod balancer;
mod breaking;
mod centre;
mod chance;
mod desk;
mod fallback;
mod link;
mod nodes;
mod options;
mod people;
mod plan;
mod postgres;
mod verdict;
mod watch;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use balancer::Balancer;
use breaking::{Broken, Target};
use desk::Desk;
use link::Link;
use nodes::{Node, Setup};
use options::{Options, USAGE};
use people::People;
use postgres::{Bouncer, Postgres};
use switchboard::Switchboard;
use switchboard::sim::carrier::{CarrierConfig, Faults, NumberConfig};
use switchboard::simulator::{Simulator, SimulatorConfig, audit};
use switchboard::store::{MemoryStore, PgStore, Store};
use switchboard::telephony::FakeTelephony;
use switchboard::time::{Clock as _, SystemClock};
use tokio::sync::watch as signals;
use tokio::task::JoinSet;
use verdict::{Truth, Verdict};
use watch::Stalls;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Opens the API of the nodes; they listen on this machine only.
const API_TOKEN: &str = "chaos, on this machine only";
/// How long nodes may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// How long callers may take to be served and gone once all is whole again.
const REST_WITHIN: Duration = Duration::from_secs(120);
/// After the last call: time for what is done afterwards.
const SETTLED: Duration = Duration::from_secs(8);
const LOOK_EVERY: Duration = Duration::from_millis(100);
const PROGRESS_EVERY: Duration = Duration::from_secs(15);
/// Legs that were owed something for so long are written about.
const STALLED_FOR: Duration = Duration::from_secs(4);
const TRACES_MAX: usize = 40;
/// Most lines of one kind of mistake that are shown.
const SHOWN_MAX: usize = 12;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("chaos: {error}");
            return ExitCode::from(2);
        }
    };
    match chaos(options).await {
        Ok((verdict, broken)) => {
            println!("{}", verdict.summary(&broken));
            if verdict.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("chaos: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The network, the people and the call centre.
struct Rig {
    simulator: Arc<Simulator>,
    target: Arc<Target>,
    desk: Arc<Desk>,
    agents: Vec<String>,
    carrier: CarrierConfig,
    fallbacks: fallback::Served,
    home: PathBuf,
}

async fn chaos(options: Options) -> Result<(Verdict, Broken), Failure> {
    let plan = plan::plan(&options);
    println!("seed {}; {} faults in {:?}:", options.seed, plan.len(), plan::length(&options));
    plan.iter().for_each(|planned| println!("{planned}"));
    let rig = rig(&options).await?;
    let (calling, is_calling) = signals::channel(true);
    let mut tasks = JoinSet::new();
    let people = People::new(options.seed, options.calls_per_minute, &rig.agents, rig.simulator.clock().now());
    tasks.spawn(people.live(Arc::clone(&rig.simulator), is_calling.clone()));
    let stalls = Stalls::default();
    tasks.spawn(watch::watch(Arc::clone(&rig.simulator), Arc::clone(&rig.desk), Arc::clone(&stalls)));
    tasks.spawn(progress(Arc::clone(&rig.simulator), Arc::clone(&rig.target)));
    let working = {
        let (desk, simulator) = (Arc::clone(&rig.desk), Arc::clone(&rig.simulator));
        let every = Duration::from_secs(600) / options.calls_per_minute;
        tokio::spawn(async move { desk.work(&simulator, options.seed, every, is_calling).await })
    };

    let start = Instant::now();
    let broken = breaking::carry_out(&plan, start, &rig.target).await?;
    tokio::time::sleep_until((start + plan::length(&options)).into()).await;
    calling.send_replace(false);
    working.await?;
    rest(&rig).await?;
    let stalls = std::mem::take(&mut *stalls.lock().unwrap_or_else(PoisonError::into_inner));
    for stall in stalls.iter().filter(|stall| stall.to - stall.from > STALLED_FOR) {
        let (at, time) = ((stall.from - start).as_secs_f64(), (stall.to - stall.from).as_secs_f64());
        eprintln!("chaos: from {at:.2} s on {:?} was owed for {time:.2} s to {:?}", stall.owed, stall.whom);
    }
    let verdict = judge(&rig, &broken, &stalls).await?;
    tasks.abort_all();
    Ok((verdict, broken))
}

async fn rig(options: &Options) -> Result<Rig, Failure> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/chaos");
    std::fs::create_dir_all(&home)?;
    let carrier = CarrierConfig {
        seed: options.seed,
        start: SystemClock.now(),
        faults: Faults { callback_doubled: 20, document_doubled: 20, ..Faults::default() },
        ..CarrierConfig::default()
    };
    let simulator =
        Simulator::start(SimulatorConfig { carrier: carrier.clone(), ..SimulatorConfig::default() }).await?;
    let postgres = if options.memory { None } else { Some(Postgres::start(&home)?) };
    let bouncer = match &postgres {
        Some(postgres) => Bouncer::start(&home, postgres)?,
        None => None,
    };
    if postgres.is_some() && bouncer.is_none() {
        eprintln!("chaos: pgbouncer is not installed; all nodes go to the server itself");
    }
    let count = if options.memory { 1 } else { plan::NODES };
    let addresses = (0..count).map(|_| nodes::address()).collect::<Result<Vec<_>, _>>()?;
    let balancer = Balancer::start(&addresses).await?;
    let (mut to_database, mut to_provider, mut running) = (Vec::new(), Vec::new(), Vec::new());
    for (at, address) in addresses.iter().enumerate() {
        let provider = Link::to(simulator.address()).await?;
        let mut arguments = arguments(options, &balancer.url, &format!("http://{}", provider.address));
        to_provider.push(provider);
        if let Some(postgres) = &postgres {
            let bouncer = bouncer.as_ref().filter(|_| at + 1 == count);
            let database = Link::to(bouncer.map_or(postgres.address, |bouncer| bouncer.address)).await?;
            arguments.extend(["--database".to_owned(), database_url(database.address)]);
            arguments.extend(bouncer.map(|_| "--through-pgbouncer".to_owned()));
            to_database.push(database);
        }
        let setup = Setup {
            program: std::env::current_exe()?.with_file_name("node"),
            arguments,
            environment: vec![
                ("TWILIO_ACCOUNT_SID", carrier.account_sid.clone()),
                ("TWILIO_AUTH_TOKEN", carrier.auth_token.clone()),
                ("SWITCHBOARD_API_TOKEN", API_TOKEN.to_owned()),
            ],
            output: home.join(format!("node-{at}.log")),
        };
        let _ = std::fs::remove_file(&setup.output);
        running.push(Node::start(*address, setup)?);
    }
    let agents = centre::agents(options.agents);
    let (fallback_url, fallbacks) = fallback::serve().await?;
    let paper = board(&agents, &balancer.url, &carrier, Arc::new(MemoryStore::default()))?;
    simulator.number(NumberConfig {
        number: centre::NUMBER.to_owned(),
        voice_url: paper.voice_url(),
        voice_fallback_url: Some(fallback_url),
        status_callback: Some(paper.status_url()),
        ..NumberConfig::default()
    });
    let desk = Arc::new(Desk::new(&balancer.url, API_TOKEN, &agents)?);
    let database = tokio::sync::Mutex::default();
    let target = Target { nodes: running, to_database, to_provider, postgres, bouncer, balancer, database };
    let rig = Rig { simulator: Arc::new(simulator), target: Arc::new(target), desk, agents, carrier, fallbacks, home };
    rig.wait_for_nodes().await?;
    rig.desk.open(Instant::now() + READY_WITHIN).await?;
    Ok(rig)
}

fn arguments(options: &Options, public_base: &str, provider: &str) -> Vec<String> {
    let agents = options.agents.to_string();
    ["--public-base", public_base, "--twilio", provider, "--agents", &agents].map(str::to_owned).into()
}

fn database_url(address: std::net::SocketAddr) -> String {
    format!("postgres://switchboard@{address}/postgres?sslmode=disable")
}

/// The call centre as the nodes have it, to ask it for its URLs and to read its records.
fn board(
    agents: &[String],
    base: &str,
    carrier: &CarrierConfig,
    store: Arc<dyn Store>,
) -> Result<Switchboard, Failure> {
    let builder = centre::builder(agents).public_base(base).account(&carrier.account_sid, &carrier.auth_token);
    Ok(builder.telephony(Arc::new(FakeTelephony::new())).store(store).build()?)
}

impl Rig {
    async fn wait_for_nodes(&self) -> Result<(), Failure> {
        let until = Instant::now() + READY_WITHIN;
        while self.target.balancer.ready() < self.target.nodes.len() {
            if Instant::now() > until {
                return Err(format!(
                    "{} of {} nodes are ready; see {}",
                    self.target.balancer.ready(),
                    self.target.nodes.len(),
                    self.home.display()
                )
                .into());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    fn live_legs(&self) -> usize {
        self.simulator.with(|carrier| carrier.calls().iter().filter(|call| !call.status.is_over()).count())
    }
}

/// Waits until all is whole, nobody is on the line and nothing is left to be done.
async fn rest(rig: &Rig) -> Result<(), Failure> {
    rig.wait_for_nodes().await?;
    let until = Instant::now() + REST_WITHIN;
    while rig.live_legs() > 0 && Instant::now() < until {
        tokio::time::sleep(LOOK_EVERY * 5).await;
    }
    tokio::time::sleep(SETTLED).await;
    Ok(())
}

async fn judge(rig: &Rig, broken: &Broken, stalls: &[watch::Stall]) -> Result<Verdict, Failure> {
    let mut verdict = Verdict::default();
    let truth = Truth::of(&rig.simulator);
    verdict.callers(&truth);
    let calls = rig.desk.calls().await?;
    let journal = std::mem::take(&mut *rig.target.balancer.journal());
    let (lost, acknowledged) = rig.desk.read_back(&calls, &journal).await;
    verdict.facts(lost, acknowledged, &calls, &truth, &journal);
    verdict.dials(&journal);
    let outages = rig.target.postgres.as_ref().map(Postgres::outages).unwrap_or_default();
    verdict.takeover(broken, &outages, stalls);
    verdict.answers(&journal, &outages);
    if let Some(postgres) = &rig.target.postgres {
        let store = PgStore::connect(&database_url(postgres.address)).await?;
        let board = board(&rig.agents, &rig.target.balancer.url, &rig.carrier, Arc::new(store))?;
        verdict.wrong.insert("disagreements", audit(&rig.simulator, &board).await?);
    }
    let cuts = rig.target.to_database.iter().map(Link::cuts).fold((0, 0), |sum, cuts| (sum.0 + cuts.0, sum.1 + cuts.1));
    verdict.figures.insert("writes_cut_before_and_after".to_owned(), serde_json::json!([cuts.0, cuts.1]));
    let fallbacks = rig.fallbacks.load(std::sync::atomic::Ordering::Relaxed);
    verdict.figures.insert("fallback_documents".to_owned(), fallbacks.into());
    for (at, node) in rig.target.nodes.iter().enumerate().filter(|(_, node)| !node.runs()) {
        verdict.wrong.entry("nodes_ended").or_default().push(format!("node {at} at {} ended by itself", node.address));
    }
    for (kind, what) in &verdict.wrong {
        what.iter().take(SHOWN_MAX).for_each(|what| eprintln!("chaos: {kind}: {what}"));
    }
    let lost = verdict.wrong.get("lost").into_iter().flatten().filter_map(|line| line.split(':').next());
    let long = stalls.iter().filter(|stall| stall.to - stall.from > STALLED_FOR && !stall.whom.is_empty());
    let sids: BTreeSet<String> = lost.map(str::to_owned).chain(long.map(|stall| stall.whom.clone())).collect();
    keep_traces(rig, &sids)?;
    Ok(verdict)
}

/// What these legs heard, and what crossed the network about them, to be read by people.
fn keep_traces(rig: &Rig, sids: &BTreeSet<String>) -> Result<(), Failure> {
    for sid in sids.iter().take(TRACES_MAX) {
        let mut lines: Vec<String> =
            rig.simulator.with(|carrier| carrier.heard(sid)).iter().map(|heard| format!("{heard:?}")).collect();
        lines.extend(rig.simulator.trace(sid).iter().map(|entry| format!("\n{entry:?}")));
        std::fs::write(rig.home.join(format!("{sid}.txt")), lines.join("\n"))?;
    }
    Ok(())
}

async fn progress(simulator: Arc<Simulator>, target: Arc<Target>) {
    let start = Instant::now();
    loop {
        tokio::time::sleep(PROGRESS_EVERY).await;
        let tally = simulator.tally();
        let (secs, ready) = (start.elapsed().as_secs(), target.balancer.ready());
        println!(
            "{secs:5} s  {ready} nodes ready, {} arrived, {} joined, {} lost",
            tally.arrived, tally.joined, tally.lost
        );
    }
}
