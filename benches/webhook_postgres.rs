//! A whole webhook over HTTP with PostgreSQL: what our call centre costs beside a bare statement.
//!
//! Two servers take turns on one PostgreSQL: the floor ([`floor`]) and the whole call centre ([`ours`]). Each round puts the
//! same load on both (`load`): sixteen connections, 1,000 agents with 5 of 50 skills; a call is a signed "ringing", which ends
//! in an agent being reserved, and a signed "completed", which frees the agent. Ours also dials each agent through the outbox,
//! cancels the dial when the caller is gone and is told so by one more signed webhook; it is charged for all of that.
//!
//! Each line is one JSON object; figures are medians over the rounds, ratios medians of the rounds' ratios. `cpu`:
//! microseconds of the server and of all of PostgreSQL for each webhook, until everything that it caused is done.
//! `throughput`: webhooks a second, also until all is done. `p99`: milliseconds to the reply. `wal`: bytes of write-ahead log
//! for each webhook; `transactions` the same way, each of ours being one statement and one round trip. `resident`: MB of the
//! server. Each with `sync=on` and `sync=off` (`synchronous_commit`). `churn`: the CPU of ours at the end beside that at the
//! beginning, with an hour's worth of calls at ten webhooks a second in between.
//!
//! `cargo bench --bench webhook_postgres -- [--rounds N] [--seconds N]`

#[path = "webhook_postgres/cluster.rs"]
mod cluster;
#[path = "webhook_postgres/floor.rs"]
mod floor;
#[path = "webhook_postgres/load.rs"]
mod load;
#[path = "webhook_postgres/measure.rs"]
mod measure;
#[path = "webhook_postgres/ours.rs"]
mod ours;

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cluster::Cluster;
use measure::{cpu_us, median, resident_mb};
use tokio_postgres::NoTls;

const HOST: &str = "https://calls.example.com";
const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const AGENTS: usize = 1_000;
const SKILLS: usize = 50;
const SKILLS_EACH: usize = 5;
/// Connections of a server to PostgreSQL.
const POOL: usize = 8;
/// Webhooks of an hour at ten a second.
const CHURN: u64 = 36_000;

fn number(skill: usize) -> String {
    format!("+1415555{skill:04}")
}

fn skill_of(number: &str) -> usize {
    number.get(8..).and_then(|digits| digits.parse().ok()).unwrap_or(0) % SKILLS
}

fn agent(at: usize) -> String {
    format!("agent{at}")
}

/// A server in a process of its own.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start(kind: &str, url: &str, durable: bool) -> Self {
        let this = env::current_exe().expect("this program");
        let mut command = Command::new(this);
        command.args(["serve", kind, url, if durable { "on" } else { "off" }]);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process");
        let mut line = String::new();
        let out = process.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut line).expect("a port");
        let port = line.trim().parse().unwrap_or_else(|_| panic!("{kind} did not start"));
        Self { process, port }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn serve(kind: &str, url: &str, durable: bool) {
    let router = if kind == "ours" { ours::router_of(url, durable).await } else { floor::router(url).await };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address").port());
    let app = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    axum::serve(listener, app).await.expect("a server that lasts");
}

struct Database {
    client: tokio_postgres::Client,
}

impl Database {
    async fn connect(url: &str) -> Self {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("PostgreSQL");
        tokio::spawn(connection);
        Self { client }
    }

    /// Bytes of write-ahead log, and transactions of this database, so far.
    async fn written(&self) -> (f64, f64) {
        let sql = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8, xact_commit::float8
                   FROM pg_stat_database WHERE datname = current_database()";
        let row = self.client.query_one(sql, &[]).await.expect("statistics");
        (row.get(0), row.get(1))
    }

    /// Waits until nobody else does anything: three looks in a row without a transaction but for looking around.
    async fn comes_to_rest(&self) {
        let (mut still, mut before) = (0, self.written().await.0);
        while still < 3 {
            tokio::time::sleep(Duration::from_millis(60)).await;
            let now = self.written().await.0;
            still = if now - before < 4_096.0 { still + 1 } else { 0 };
            before = now;
        }
    }
}

/// One server's figures of one round, for each webhook.
#[derive(Clone, Copy, Default)]
struct Round {
    cpu: f64,
    throughput: f64,
    p99: f64,
    wal: f64,
    transactions: f64,
    dialled: f64,
}

async fn dialled_by_ours(port: u16) -> u64 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.expect("the server listens");
    let request = b"GET /stats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.expect("a request");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.expect("a reply");
    reply.rsplit("\r\n").next().and_then(|count| count.parse().ok()).expect("a count")
}

async fn round(cluster: &Cluster, server: &Server, is_ours: bool, number: usize, time: Duration) -> Round {
    let database = Database::connect(&cluster.url(if is_ours { "ours" } else { "floor" })).await;
    database.comes_to_rest().await;
    let dialled = if is_ours { dialled_by_ours(server.port).await } else { 0 };
    let (pid, postmaster) = (server.process.id(), cluster.postmaster());
    let ((wal, transactions), cpu, began) = (database.written().await, cpu_us(pid, postmaster), Instant::now());
    let mut load = load::put(server.port, number, time).await;
    let loaded = began.elapsed();
    database.comes_to_rest().await;
    // What was still to be done when the last reply came counts, the looking around for rest does not.
    let took = began.elapsed().saturating_sub(Duration::from_millis(180)).max(loaded);
    let (cpu, (wal_now, transactions_now)) = (cpu_us(pid, postmaster) - cpu, database.written().await);
    let dialled = if is_ours { dialled_by_ours(server.port).await - dialled } else { load.dialled };
    let each = load.webhooks as f64;
    Round {
        cpu: cpu / each,
        throughput: each / took.as_secs_f64(),
        p99: load.p99_ms(),
        wal: (wal_now - wal) / each,
        transactions: (transactions_now - transactions) / each,
        dialled: dialled as f64 * 2.0 / each,
    }
}

fn line(case: &str, pairs: &[(f64, f64)], unit: &str) {
    let ours = median(pairs.iter().map(|pair| pair.0).collect());
    let floor = median(pairs.iter().map(|pair| pair.1).collect());
    let ratio = median(pairs.iter().map(|pair| pair.0 / pair.1).collect());
    println!(
        "{{\"case\":\"{case}\",\"ours\":{ours:.2},\"floor\":{floor:.2},\"ratio\":{ratio:.3},\"unit\":\"{unit}\"}}"
    );
}

async fn measure(cluster: &Cluster, sync: &str, rounds: usize, time: Duration) {
    let admin = Database::connect(&cluster.url("postgres")).await;
    for name in ["ours", "floor"] {
        for sql in [
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            format!("CREATE DATABASE {name}"),
            format!("ALTER DATABASE {name} SET synchronous_commit = {sync}"),
        ] {
            admin.client.batch_execute(&sql).await.expect("a database");
        }
    }
    let ours = Server::start("ours", &cluster.url("ours"), sync == "on");
    let floor = Server::start("floor", &cluster.url("floor"), true);
    // The first round of each fills caches and makes plans.
    let mut number = 0;
    let mut pairs = Vec::new();
    for at in 0..=rounds {
        let time = if at == 0 { Duration::from_secs(1) } else { time };
        let pair =
            (round(cluster, &ours, true, number, time).await, round(cluster, &floor, false, number + 1, time).await);
        number += 2;
        if at > 0 {
            pairs.push(pair);
        }
    }
    let pick = |of: fn(&Round) -> f64| pairs.iter().map(|(ours, floor)| (of(ours), of(floor))).collect::<Vec<_>>();
    line(&format!("cpu/sync={sync}"), &pick(|round| round.cpu), "us/webhook");
    line(&format!("throughput/sync={sync}"), &pick(|round| round.throughput), "webhooks/s");
    line(&format!("p99/sync={sync}"), &pick(|round| round.p99), "ms");
    line(&format!("wal/sync={sync}"), &pick(|round| round.wal), "bytes/webhook");
    line(&format!("transactions/sync={sync}"), &pick(|round| round.transactions), "transactions/webhook");
    line(&format!("dialled/sync={sync}"), &pick(|round| round.dialled), "agents/call");
    let resident = (resident_mb(ours.process.id()), resident_mb(floor.process.id()));
    line(&format!("resident/sync={sync}"), &[resident], "MB");
    if sync == "on" {
        let before = median(pairs.iter().map(|(ours, _)| ours.cpu).collect());
        let mut webhooks = 0.0;
        while webhooks < CHURN as f64 {
            let churned = round(cluster, &ours, true, number, time).await;
            webhooks += churned.throughput * time.as_secs_f64();
            number += 1;
        }
        let mut after = Vec::new();
        for _ in 0..rounds.max(3) {
            after.push((round(cluster, &ours, true, number, time).await.cpu, before));
            number += 1;
        }
        line("churn/sync=on", &after, "us/webhook");
        line("resident/churned", &[(resident_mb(ours.process.id()), resident.1)], "MB");
    }
}

fn option(args: &[String], name: &str, otherwise: u64) -> u64 {
    let at = args.iter().position(|arg| arg == name);
    at.and_then(|at| args.get(at + 1)?.parse().ok()).unwrap_or(otherwise)
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    if let [serving, kind, url, sync] = args.as_slice()
        && serving == "serve"
    {
        return serve(kind, url, sync == "on").await;
    }
    let (rounds, seconds) = (option(&args, "--rounds", 5), option(&args, "--seconds", 3));
    let cluster = Cluster::start();
    for sync in ["on", "off"] {
        measure(&cluster, sync, rounds as usize, Duration::from_secs(seconds)).await;
    }
}
