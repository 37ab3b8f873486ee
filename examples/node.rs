//! One node of a call centre that runs on many: it answers webhooks, does due work, and keeps everything in PostgreSQL.
//!
//! Start as many as you like behind a load balancer, all with the same arguments but `--listen`. Each may be killed at any
//! time: the others carry on. SIGTERM ends it in order: the balancer is told first (`GET /live` is 503), then requests under
//! way are answered and work under way is finished.
//!
//! ```text
//! TWILIO_ACCOUNT_SID=AC… TWILIO_AUTH_TOKEN=… SWITCHBOARD_API_TOKEN=… cargo run --release --example node \
//!     --features simulator,postgres -- --listen 127.0.0.1:3001 --public-base https://calls.example.com \
//!     --database postgres://switchboard@localhost/switchboard
//! ```

#[path = "chaos/centre.rs"]
mod centre;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use switchboard::Builder;
use switchboard::http::{Access, router};
use switchboard::store::PgStore;
use switchboard::telephony::twilio::TwilioClient;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

type Failure = Box<dyn std::error::Error>;

/// How long a balancer may take to see that no more requests are wanted.
const NOTICED_WITHIN: Duration = Duration::from_secs(1);
/// How long an orderly end may take.
const END_WITHIN: Duration = Duration::from_secs(10);
/// Between two tries to reach the database at the start.
const RECONNECT_EVERY: Duration = Duration::from_millis(250);

struct Options {
    listen: SocketAddr,
    public_base: String,
    /// Where Twilio's REST API is; `None`: where it really is.
    twilio: Option<String>,
    /// `None`: in memory, for a single node.
    database: Option<String>,
    through_pgbouncer: bool,
    agents: usize,
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, Failure> {
    let mut options = Options {
        listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
        public_base: String::new(),
        twilio: None,
        database: None,
        through_pgbouncer: false,
        agents: 8,
    };
    while let Some(name) = arguments.next() {
        if name == "--through-pgbouncer" {
            options.through_pgbouncer = true;
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--listen" => options.listen = value.parse().map_err(|_| format!("--listen {value}: 127.0.0.1:3000"))?,
            "--public-base" => options.public_base = value,
            "--twilio" => options.twilio = Some(value),
            "--database" => options.database = Some(value),
            "--agents" => options.agents = value.parse().map_err(|_| format!("--agents {value}: a number"))?,
            _ => return Err(format!("unknown option {name}").into()),
        }
    }
    Ok(options)
}

#[allow(clippy::disallowed_methods, reason = "a secret is no argument, which others on the machine could read")]
fn secret(name: &str) -> Result<String, Failure> {
    std::env::var(name).map_err(|_| format!("the environment variable {name} is missing").into())
}

#[tokio::main]
async fn main() -> ExitCode {
    match node().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("node: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The database, as soon as it can be used; `None`: none is wanted.
async fn database(options: &Options) -> Option<PgStore> {
    let url = options.database.as_ref()?;
    loop {
        let mut builder = PgStore::builder(url);
        if options.through_pgbouncer {
            builder = builder.through_pgbouncer();
        }
        match builder.connect().await {
            Ok(store) => return Some(store),
            Err(error) => eprintln!("node: the database cannot be used yet: {error}"),
        }
        tokio::time::sleep(RECONNECT_EVERY).await;
    }
}

/// Answers, due work and reports each have connections of their own, so that none waits for another.
fn kept_in(database: &PgStore, builder: Builder) -> Builder {
    let builder = builder
        .store(Arc::new(database.clone()))
        .works_from(Arc::new(database.for_work()))
        .reports_from(Arc::new(database.for_reports()));
    match database.wake() {
        Some(wake) => builder.wake(Arc::new(wake)),
        None => builder,
    }
}

async fn node() -> Result<(), Failure> {
    // First of all: who is told to end while the database is not there yet ends in order too.
    let (mut terminated, mut interrupted) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let told_to_end = async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    };
    tokio::pin!(told_to_end);
    let options = options(std::env::args().skip(1))?;
    let (account, token) = (secret("TWILIO_ACCOUNT_SID")?, secret("TWILIO_AUTH_TOKEN")?);
    let mut client = TwilioClient::builder().account_sid(&account).auth_token(&token).calls_per_second(100);
    if let Some(base) = &options.twilio {
        client = client.base_url(base);
    }
    let client =
        client.build().map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
    let database = tokio::select! {
        database = database(&options) => database,
        () = &mut told_to_end => return Ok(()),
    };
    let mut builder = centre::builder(&centre::agents(options.agents))
        .public_base(&options.public_base)
        .account(&account, &token)
        .telephony(Arc::new(client));
    if let Some(database) = &database {
        builder = kept_in(database, builder);
    }
    let switchboard = builder.build()?;

    let leaving = Arc::new(AtomicBool::new(false));
    let live = {
        let leaving = Arc::clone(&leaving);
        get(move || async move {
            if leaving.load(Ordering::Relaxed) { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::NO_CONTENT }
        })
    };
    let access = Access::token(&secret("SWITCHBOARD_API_TOKEN")?)?;
    let app = Router::new().route("/live", live).merge(router(switchboard.clone(), access));
    let listener = tokio::net::TcpListener::bind(options.listen).await?;
    let (stop, stopped) = watch::channel(false);
    let until = |mut stopped: watch::Receiver<bool>| async move {
        // An error means that the sender is gone, which ends it too.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    let serving = axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(until(stopped.clone()));
    let serving = tokio::spawn(async move { serving.await });
    let working = tokio::spawn(switchboard.run(until(stopped)));

    told_to_end.await;
    leaving.store(true, Ordering::Relaxed);
    tokio::time::sleep(NOTICED_WITHIN).await;
    stop.send_replace(true);
    // Whatever takes longer is done again by another node.
    let _ = tokio::time::timeout(END_WITHIN, async { tokio::join!(serving, working) }).await;
    Ok(())
}
