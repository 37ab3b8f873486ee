//! The demo itself.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use switchboard::Switchboard;
use switchboard::http::{Access, router};
use switchboard::sim::carrier::{CarrierConfig, NumberConfig};
use switchboard::simulator::{Simulator, SimulatorConfig, Tally, Traffic, audit, staff};
use switchboard::telephony::twilio::TwilioClient;
use switchboard::time::{Clock as _, SystemClock};

use super::keep::Kept;
use super::options::Options;
use super::{centre, page};

/// Why the demo cannot go on.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs the demo until its time is up; whether all went well.
pub(crate) async fn demo(options: Options) -> Result<bool, Failure> {
    let taken = |error| format!("cannot listen at {}: {error}; choose another with --listen", options.listen);
    let listener = tokio::net::TcpListener::bind(options.listen).await.map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    let agents = centre::agents(options.traffic);
    let kept = match &options.keep {
        Some(path) => Some(Kept::open(path).await?),
        None => None,
    };
    let carrier = CarrierConfig {
        account_sid: options.account_sid.clone(),
        auth_token: options.auth_token.clone(),
        seed: kept.as_ref().map_or(options.seed, |kept| kept.seed(options.seed)),
        start: kept.as_ref().map_or_else(|| SystemClock.now(), |kept| kept.start),
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
    let mut builder = centre::builder(&agents)
        .public_base(format!("http://{address}"))
        .account(&options.account_sid, &options.auth_token)
        .telephony(Arc::new(client))
        .clock(simulator.clock());
    if let Some(kept) = &kept {
        builder = builder.store(kept.store());
    }
    let switchboard = builder.build()?;
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
    banner(&options, kept.as_ref(), address, simulator.address());
    // Due work is looked for four times in a second of the simulator's time.
    let poll = Duration::from_millis(250) / options.speed;
    tokio::spawn(switchboard.clone().run_every(poll, std::future::pending()));
    tokio::spawn(staff(switchboard.clone(), options.speed));
    if let Some(kept) = &kept {
        tokio::spawn(kept.clone().note_time(simulator.clock()));
    }
    simulator.traffic(options.traffic, centre::NUMBER);
    serve(&options, &simulator, &switchboard).await
}

/// Until the time is up, or somebody presses Ctrl-C.
async fn serve(options: &Options, simulator: &Simulator, switchboard: &Switchboard) -> Result<bool, Failure> {
    let Some(time) = options.run_for else {
        tokio::signal::ctrl_c().await?;
        return Ok(true);
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
    Ok(tally.lost == 0 && tally.signature_failures == 0 && wrong.is_empty())
}

/// Writes a line to stdout. Nobody reads it any more when that is closed, as by `| head`: no reason to stop.
pub(crate) fn say(line: impl std::fmt::Display) {
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

fn banner(options: &Options, kept: Option<&Kept>, app: SocketAddr, twilio: SocketAddr) {
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
    match kept {
        Some(kept) => say(format_args!("    Store      {kept}")),
        None => say(format_args!("    Store      memory (gone at exit; --keep FILE keeps it)")),
    }
    say(format_args!(
        "    Traffic    {profile}; agents played by robots    speed {}x    seed {}\n",
        options.speed, options.seed
    ));
    say(format_args!("    Twilio's REST API, simulated: base URL http://{twilio}"));
    say(format_args!("    Account    {}    auth token {}\n", options.account_sid, options.auth_token));
}
