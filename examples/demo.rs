//! A call centre with callers in it: on this machine only, with no account and no real calls.
//!
//! `cargo demo`, then open the page it names. `cargo demo -- --help` lists the options.

#[path = "demo/centre.rs"]
mod centre;
#[path = "demo/options.rs"]
mod options;
#[path = "demo/page.rs"]
mod page;

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use options::{Options, USAGE};
use switchboard::Switchboard;
use switchboard::http::{Access, router};
use switchboard::sim::carrier::{CarrierConfig, NumberConfig};
use switchboard::simulator::{Simulator, SimulatorConfig, Tally, Traffic, audit, staff};
use switchboard::telephony::twilio::TwilioClient;
use switchboard::time::{Clock, SystemClock};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    // What is not text becomes a text that no option has.
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let options = match options::parse(arguments) {
        Ok(Some(options)) => options,
        Ok(None) => {
            say(USAGE);
            return ExitCode::SUCCESS;
        }
        Err(mistake) => {
            eprintln!("{mistake}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match demo(options).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn demo(options: Options) -> Result<ExitCode, Failure> {
    let taken = |error| format!("cannot listen at {}: {error}; choose another with --listen", options.listen);
    let listener = tokio::net::TcpListener::bind(options.listen).await.map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    let agents = centre::agents(options.traffic);
    let carrier = CarrierConfig {
        account_sid: options.account_sid.clone(),
        auth_token: options.auth_token.clone(),
        seed: options.seed,
        start: SystemClock.now(),
        ..CarrierConfig::default()
    };
    let simulator = Simulator::start(SimulatorConfig {
        carrier,
        listen: options.twilio,
        speed: options.speed,
        agents: agents.iter().map(|agent| format!("client:{agent}")).collect(),
    })
    .await
    .map_err(|error| format!("{error}; choose another address with --twilio"))?;

    let client = TwilioClient::builder()
        .account_sid(&options.account_sid)
        .auth_token(&options.auth_token)
        .base_url(simulator.base_url())
        .calls_per_second(1000)
        .clock(simulator.clock())
        .build()
        .map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
    let switchboard = centre::builder(&agents)
        .public_base(format!("http://{address}"))
        .account(&options.account_sid, &options.auth_token)
        .telephony(Arc::new(client))
        .clock(simulator.clock())
        .build()?;
    simulator.number(NumberConfig {
        number: centre::NUMBER.to_owned(),
        voice_url: switchboard.voice_url(),
        status_callback: Some(switchboard.status_url()),
        ..NumberConfig::default()
    });

    let access = Access::loopback_only();
    let app = page::router().merge(router(switchboard.clone(), access)).merge(simulator.router(access));
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, app).await {
            eprintln!("demo: the application stopped serving: {error}");
        }
    });
    banner(&options, address, simulator.address());
    // Due work is looked for four times in a second of the simulator's time.
    let poll = Duration::from_millis(250) / options.speed;
    tokio::spawn(switchboard.clone().run_every(poll, std::future::pending()));
    tokio::spawn(staff(switchboard.clone(), options.speed));
    simulator.traffic(options.traffic, centre::NUMBER);
    serve(&options, &simulator, &switchboard).await
}

/// Until the time is up, or somebody presses Ctrl-C.
async fn serve(options: &Options, simulator: &Simulator, switchboard: &Switchboard) -> Result<ExitCode, Failure> {
    let Some(time) = options.run_for else {
        tokio::signal::ctrl_c().await?;
        return Ok(ExitCode::SUCCESS);
    };
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    simulator.traffic(Traffic::None, centre::NUMBER);
    let wrong = audit(simulator, switchboard).await?;
    for violation in &wrong {
        eprintln!("demo: {violation}");
    }
    for lost in simulator.with(|carrier| carrier.lost()) {
        eprintln!("demo: caller {} was lost at {}: {:?}", lost.call, lost.at, lost.loss);
    }
    let tally = simulator.tally();
    say(summary(&tally, wrong.len()));
    let is_well = tally.lost == 0 && tally.signature_failures == 0 && wrong.is_empty();
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes a line to stdout. Nobody reads it any more when that is closed, as by `| head`: no reason to stop.
fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn summary(tally: &Tally, violations: usize) -> serde_json::Value {
    serde_json::json!({
        "arrived": tally.arrived,
        "joined": tally.joined,
        "abandoned": tally.abandoned,
        "lost": tally.lost,
        "webhooks": tally.webhooks,
        "signature_failures": tally.signature_failures,
        "invariant_violations": violations,
        "webhook_p99_ms": tally.webhook_p99_ms,
    })
}

fn banner(options: &Options, app: SocketAddr, twilio: SocketAddr) {
    let profile = match options.traffic {
        Traffic::None => "none",
        Traffic::Steady => "\"steady\": a caller about every 8 s",
        Traffic::Rush => "\"rush\": a caller about every 2 s",
    };
    say(format_args!(
        "\n  switchboard {}   SIMULATOR (no real calls, nothing leaves this machine)\n",
        env!("CARGO_PKG_VERSION")
    ));
    say(format_args!("    Floor      http://{app}/          this machine only"));
    say(format_args!(
        "    API        http://{app}/api/v1/calls, agents, queues      curl -N http://{app}/api/v1/events   to watch"
    ));
    say(format_args!("    Health     http://{app}/health"));
    say(format_args!("    Number     {}   press 1 for sales, 2 for support", centre::NUMBER));
    say(format_args!("    Store      memory (gone at exit)"));
    say(format_args!(
        "    Traffic    {profile}; agents played by robots    speed {}x    seed {}\n",
        options.speed, options.seed
    ));
    say(format_args!("    Twilio's REST API, simulated: base URL http://{twilio}"));
    say(format_args!("    Account    {}    auth token {}\n", options.account_sid, options.auth_token));
}
