//! The demo's parts together: callers are joined with agents over loopback HTTP, with signed webhooks.

#[path = "../../examples/demo/centre.rs"]
mod centre;
#[path = "../../examples/demo/keep.rs"]
mod keep;
#[path = "../../examples/demo/options.rs"]
mod options;
#[path = "../../examples/demo/page.rs"]
mod page;
#[path = "../../examples/demo/run.rs"]
mod run;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use switchboard::Switchboard;
use switchboard::http::{Access, router};
use switchboard::id::CallId;
use switchboard::model::{Call, CallState};
use switchboard::sim::carrier::{CarrierConfig, NumberConfig};
use switchboard::simulator::{Simulator, SimulatorConfig, StartError, Traffic, audit, staff};
use switchboard::store::SqliteStore;
use switchboard::telephony::FakeTelephony;
use switchboard::telephony::twilio::TwilioClient;
use tokio::task::JoinSet;

use crate::processes::{Process, given};
use crate::scratch::Scratch;
use crate::sqlite_tables;
use options::{Options, USAGE, parse};

struct Demo {
    simulator: Simulator,
    switchboard: Switchboard,
    tasks: JoinSet<()>,
}

/// A demo of which the application believes `token` and the carrier signs with `12345`.
async fn demo(token: &str) -> Demo {
    let agents = centre::agents(Traffic::Rush);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let carrier = CarrierConfig { seed: 7, ..CarrierConfig::default() };
    let (account, auth_token) = (carrier.account_sid.clone(), carrier.auth_token.clone());
    let robots = agents.iter().map(|agent| format!("client:{agent}")).collect();
    let config = SimulatorConfig { carrier, speed: 60, agents: robots, ..SimulatorConfig::default() };
    let simulator = Simulator::start(config).await.unwrap();
    let client = TwilioClient::builder()
        .account_sid(&account)
        .auth_token(auth_token)
        .base_url(simulator.base_url())
        .calls_per_second(1000)
        .clock(simulator.clock())
        .build()
        .unwrap();
    let switchboard = centre::builder(&agents)
        .public_base(base)
        .account(account, token)
        .telephony(Arc::new(client))
        .clock(simulator.clock())
        .build()
        .unwrap();
    simulator.number(NumberConfig {
        number: centre::NUMBER.to_owned(),
        voice_url: switchboard.voice_url(),
        status_callback: Some(switchboard.status_url()),
        ..NumberConfig::default()
    });
    let app = router(switchboard.clone(), Access::closed());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
    tasks.spawn(staff(switchboard.clone(), 60));
    tasks.spawn(switchboard.clone().run_every(Duration::from_millis(5), std::future::pending()));
    simulator.traffic(Traffic::Rush, centre::NUMBER);
    Demo { simulator, switchboard, tasks }
}

impl Demo {
    /// Waits until `is_so` after some commit.
    async fn until(&self, is_so: impl Fn(&Simulator) -> bool) {
        let mut changes = 0;
        let reached = async {
            while !is_so(&self.simulator) {
                changes = self.switchboard.feed().changed(changes).await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(60), reached).await;
        assert!(in_time.is_ok(), "not in time: {:?}", self.simulator.tally());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_are_joined_with_agents_and_none_is_lost() {
    let mut demo = demo("12345").await;
    demo.until(|simulator| simulator.tally().joined >= 20).await;
    demo.simulator.traffic(Traffic::None, centre::NUMBER);
    let wrong = audit(&demo.simulator, &demo.switchboard).await.unwrap();
    assert!(wrong.is_empty(), "{wrong:?}");
    let tally = demo.simulator.tally();
    let lost = demo.simulator.with(|carrier| carrier.lost());
    assert_eq!((tally.lost, tally.signature_failures), (0, 0), "{lost:?}");
    assert!(tally.arrived >= tally.joined && tally.webhooks > 100, "{tally:?}");
    let notes = demo.simulator.with(|carrier| carrier.notifications());
    assert!(notes.is_empty(), "the carrier complains: {notes:?}");
    trace_tells(&demo).await;
    demo.tasks.abort_all();
}

/// The trace of a finished call shows what was asked, answered and commanded, and no caller's number.
async fn trace_tells(demo: &Demo) {
    let calls = demo.switchboard.calls(None, 256).await.unwrap().calls;
    let call = calls.iter().find(|call| call.connected_at.is_some()).expect("a call that was joined");
    let sid = |at: usize| call.legs.get(at).and_then(|leg| leg.sid.clone()).unwrap_or_default();
    let customer = demo.simulator.trace(&sid(0));
    assert!(customer.iter().any(|e| e.kind == "document" && e.request == "POST /hooks/voice"), "{customer:?}");
    assert!(customer.iter().any(|e| e.reply.contains("<Conference")), "{customer:?}");
    let whole = format!("{customer:?}");
    assert!(!whole.contains(&call.customer), "{whole}");
    let legs = 1..call.legs.len();
    assert!(legs.flat_map(|at| demo.simulator.trace(&sid(at))).any(|e| e.kind == "command" && e.status == 201));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_with_a_foreign_signature_are_counted_and_join_nobody() {
    let mut demo = demo("another token").await;
    let refused = async {
        while demo.simulator.tally().signature_failures == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), refused).await.expect("a refusal in time");
    assert_eq!(demo.simulator.tally().joined, 0);
    assert!(demo.switchboard.calls(None, 10).await.unwrap().calls.is_empty());
    demo.tasks.abort_all();
}

#[tokio::test]
async fn the_audit_finds_a_leg_that_belongs_to_no_call() {
    let simulator = Simulator::start(SimulatorConfig::default()).await.unwrap();
    let account = CarrierConfig::default().account_sid;
    let url = format!("{}/2010-04-01/Accounts/{account}/Calls.json", simulator.base_url());
    let form =
        "To=%2B12015550143&From=%2B14155550100&Twiml=%3CResponse%3E%3CPause+length%3D%2260%22%2F%3E%3C%2FResponse%3E";
    simulator.number(NumberConfig { number: centre::NUMBER.to_owned(), ..NumberConfig::default() });
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.post(&url).basic_auth(&account, Some("12345")).body(form);
    let placed = request.header("Content-Type", "application/x-www-form-urlencoded").send().await.unwrap();
    assert_eq!(placed.status().as_u16(), 201);
    let switchboard = centre::builder(&[])
        .public_base("http://127.0.0.1:1")
        .account(&account, "12345")
        .telephony(Arc::new(FakeTelephony::new()))
        .clock(simulator.clock())
        .build()
        .unwrap();
    let wrong = audit(&simulator, &switchboard).await.unwrap();
    assert!(wrong.iter().any(|words| words.ends_with("belongs to no call")), "{wrong:?}");
}

#[tokio::test]
async fn a_simulator_that_cannot_run_says_why() {
    let first = Simulator::start(SimulatorConfig::default()).await.unwrap();
    let taken = SimulatorConfig { listen: first.address(), ..SimulatorConfig::default() };
    let error = Simulator::start(taken).await.unwrap_err();
    assert!(error.to_string().contains(&first.address().to_string()), "{error}");
    for speed in [0, 61] {
        let config = SimulatorConfig { speed, ..SimulatorConfig::default() };
        assert!(matches!(Simulator::start(config).await, Err(StartError::Speed(wrong)) if wrong == speed));
    }
}

#[tokio::test]
async fn the_rest_api_answers_in_twilios_words() {
    let simulator = Simulator::start(SimulatorConfig::default()).await.unwrap();
    let account = CarrierConfig::default().account_sid;
    let url = format!("{}/2010-04-01/Accounts/{account}/Calls.json", simulator.base_url());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let refused = http.get(&url).basic_auth(&account, Some("wrong")).send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 401);
    assert!(refused.text().await.unwrap().contains("20003"));
    let listed = http.get(&url).basic_auth(&account, Some("12345")).send().await.unwrap();
    assert_eq!(listed.status().as_u16(), 200);
    assert_eq!(listed.headers()["content-type"], "application/json");
    assert!(listed.text().await.unwrap().contains("\"calls\""));
}

#[tokio::test]
async fn the_rest_api_refuses_bodies_that_are_no_form_or_too_long() {
    let simulator = Simulator::start(SimulatorConfig::default()).await.unwrap();
    let account = CarrierConfig::default().account_sid;
    let url = format!("{}/2010-04-01/Accounts/{account}/Calls.json", simulator.base_url());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let send = |body: Vec<u8>| http.post(&url).basic_auth(&account, Some("12345")).body(body).send();
    for (body, status, says) in [
        (vec![0xff; 1000], 400, "21201"),
        (b"To=%2B15550003000&From=%FF%FE".to_vec(), 400, "21212"),
        (b"{\"To\":\"+15550003000\"}".to_vec(), 400, "21201"),
        (vec![b'a'; 256 * 1024 + 1], 413, "262144 bytes"),
    ] {
        let reply = send(body).await.unwrap();
        assert_eq!(reply.status().as_u16(), status, "{says}");
        let text = reply.text().await.unwrap();
        assert!(text.contains(says), "{text}");
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
    }
    assert!(simulator.with(|carrier| carrier.calls()).is_empty());
}

fn parsed(line: &str) -> Result<Option<Options>, String> {
    parse(line.split_whitespace().map(str::to_owned))
}

#[test]
fn the_command_line_is_read() {
    let options =
        parsed("--listen 127.0.0.1:1 --twilio=[::1]:2 --traffic rush --speed 20 --seed 9 --for 60").unwrap().unwrap();
    assert_eq!((options.listen.port(), options.twilio.port(), options.traffic), (1, 2, Traffic::Rush));
    assert_eq!((options.speed, options.seed, options.run_for), (20, 9, Some(Duration::from_secs(60))));
    let keep = parsed("--keep calls.db").unwrap().unwrap().keep;
    assert_eq!(keep.as_deref(), Some(Path::new("calls.db")));
    let account = parsed("--account-sid AC5b0d1c2e3f4a596877869504132231fe --auth-token secret").unwrap().unwrap();
    assert_eq!((&*account.account_sid, &*account.auth_token), ("AC5b0d1c2e3f4a596877869504132231fe", "secret"));
    let default = parsed("").unwrap().unwrap();
    assert_eq!((default.listen.port(), default.twilio.port(), default.speed), (3000, 4010, 5));
    assert!(parsed("--help").unwrap().is_none());
}

#[test]
fn a_wrong_command_line_is_refused_in_words() {
    for line in [
        "--fast",
        "extra",
        "--listen",
        "--listen here",
        "--listen 0.0.0.0:3000",
        "--twilio 192.0.2.1:4010",
        "--traffic wild",
        "--speed 0",
        "--speed 61",
        "--speed -1",
        "--seed x",
        "--keep=",
        "--for 0",
        "--for 1e9",
        "--account-sid AC1",
        "--auth-token=",
    ] {
        let mistake = parsed(line).expect_err(line);
        let option = line.split([' ', '=']).next().unwrap();
        assert!(mistake.contains(option), "{line}: {mistake}");
        assert!(USAGE.contains(option) || mistake.starts_with("unknown option"), "{line}: {mistake}");
    }
}

/// The part of a process: the demo, as it is started on the command line.
pub(crate) async fn run_to_its_end() {
    let options = parsed(&given("LINE")).expect("a command line").expect("a demo");
    let options = Options { keep: Some(given("FILE").into()), ..options };
    assert!(run::demo(options).await.expect("a demo that runs"), "the demo found something wrong");
}

/// What a demo has stored, read beside it.
struct Books {
    path: std::path::PathBuf,
    centre: Switchboard,
}

impl Books {
    async fn open(path: &Path) -> Self {
        let store = Arc::new(SqliteStore::open(path).await.unwrap());
        let builder = centre::builder(&centre::agents(Traffic::Rush)).public_base("http://127.0.0.1:1").store(store);
        let builder = builder.account(Options::default().account_sid, "12345");
        let centre = builder.telephony(Arc::new(FakeTelephony::new())).build().unwrap();
        Self { path: path.to_owned(), centre }
    }

    async fn calls(&self) -> BTreeMap<CallId, Call> {
        let (mut calls, mut after) = (BTreeMap::new(), None);
        loop {
            let page = self.centre.calls(after, 256).await.unwrap();
            calls.extend(page.calls.into_iter().map(|call| (call.id, call)));
            after = page.next;
            if after.is_none() {
                return calls;
            }
        }
    }

    async fn answered(&self) -> u64 {
        self.centre.agents().await.unwrap().iter().map(|agent| agent.answered).sum()
    }

    fn demo(&self, line: &str) -> Process {
        let line = format!("--listen 127.0.0.1:0 --twilio 127.0.0.1:0 --speed 20 --traffic rush {line}");
        Process::start("demo", &self.path, &[("LINE", &line)])
    }
}

/// Calls of one state.
fn count(calls: &BTreeMap<CallId, Call>, state: CallState) -> usize {
    calls.values().filter(|call| call.state == state).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_that_keeps_goes_on_where_it_was_killed() {
    let scratch = Scratch::new();
    let books = Books::open(&scratch.file("demo.db")).await;
    let first = books.demo("");
    let in_time = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            let calls = books.calls().await;
            if count(&calls, CallState::Ended) >= 10 && count(&calls, CallState::Talking) >= 2 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    in_time.await.expect("calls that end, and calls that go on");
    first.kill();
    let (before, answered) = (books.calls().await, books.answered().await);
    let open = before.values().filter(|call| call.state != CallState::Ended).count();
    let last = before.values().map(|call| call.started_at).max().unwrap();
    assert!(open > 0 && answered > 0, "{open} calls are open, {answered} were answered");

    let (is_well, said) = books.demo("--for 8").ends();
    assert!(is_well, "the second run did not end well: {said:?}");
    let after = books.calls().await;
    for (id, call) in &before {
        let now = after.get(id).unwrap_or_else(|| panic!("call {id} is gone"));
        assert_eq!(now.state, CallState::Ended, "its line went with the network: {now:?}");
        assert!(now.events.starts_with(&call.events), "what is past has changed: {call:?} {now:?}");
        let outcome = |call: &Call| (call.reason, call.ended_at, call.connected_at, call.agent.clone());
        assert!(call.state != CallState::Ended || outcome(now) == outcome(call), "the end of {id} has changed");
    }
    let fresh: Vec<&Call> = after.values().filter(|call| !before.contains_key(&call.id)).collect();
    assert!(fresh.iter().filter(|call| call.connected_at.is_some()).count() > 5, "{} calls came anew", fresh.len());
    assert!(fresh.iter().all(|call| call.started_at > last), "time went back");
    assert!(books.answered().await > answered);
    sqlite_tables::show_what_the_centre_knows(&books.path, &books.centre).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_demos_do_not_keep_in_one_file() {
    let scratch = Scratch::new();
    let path = scratch.file("demo.db");
    let kept = keep::Kept::open(&path).await.unwrap();
    let (run, seeds) = (kept.to_string(), [kept.seed(1), kept.seed(2)]);
    assert!(run.ends_with("run 1") && seeds == [1, 2], "{run}: {seeds:?}");
    let noting = tokio::spawn(kept.note_time(Arc::new(switchboard::time::SystemClock)));
    let refused = keep::Kept::open(&path).await.expect_err("another demo").to_string();
    assert!(refused.contains("another demo") && refused.contains("demo.db"), "{refused}");
    noting.abort();
    let again = keep::Kept::open(&path).await.expect("the other one is gone");
    assert!(again.to_string().ends_with("run 2") && again.seed(1) != 1, "{again}");
}
