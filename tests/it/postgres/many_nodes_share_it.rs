//! Connections apart for answers, work and reports; hints between nodes; nothing left behind in a pooler's sessions.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use serde_json::json;
use sqlx::postgres::PgListener;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use switchboard::core::Request;
use switchboard::model::Target;
use switchboard::store::{Key, Scan, Store, StoreErrorKind, Wake as _};
use switchboard::telephony::FakeTelephony;
use switchboard::{Agent, Queue, Switchboard};

use super::given::{arms, at, creates, listed, put, puts};
use super::server::{Schema, run, server};

fn page() -> Scan {
    Scan { index: "calls".to_owned(), partition: "default".to_owned(), after: None, limit: 10 }
}

/// Makes every page of an index take as long as the server allows.
async fn slow_pages(schema: &Schema) {
    let s = &schema.0;
    run(&format!(
        "CREATE OR REPLACE FUNCTION {s}.scan(p_scope text, p_tenant text, p_place text, p_major bigint, p_minor bigint, \
         p_after_key text, p_limit integer) RETURNS TABLE (key text, version bigint, body text, major bigint, minor bigint) \
         LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); END $$"
    ))
    .await;
}

#[tokio::test]
async fn answers_flow_while_every_report_connection_is_busy() {
    let schema = Schema::new();
    let store = schema.builder(&server().direct).connections(2).report_connections(2).connect().await.expect("a store");
    slow_pages(&schema).await;
    let reports: Arc<dyn Store> = Arc::new(store.for_reports());
    let switchboard = Switchboard::builder()
        .queue(Queue::new("sales"))
        .agent(Agent::new("ana").serves(["sales"]))
        .number("+14155550100", switchboard::Flow::say("Hello.").then(switchboard::setup::hang_up("Bye.")))
        .public_base("https://calls.example.com")
        .account("AC0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef")
        .store(Arc::new(store.clone()))
        .works_from(Arc::new(store.for_work()))
        .reports_from(reports)
        .telephony(Arc::new(FakeTelephony::new()))
        .build()
        .expect("a call centre");
    let mut lists = Box::pin(join_all((0..8).map(|_| switchboard.calls(None, 10))));
    assert!(lists.as_mut().now_or_never().is_none(), "a list that takes 60 s was there at once");
    for number in 0..30 {
        let target = Target::HangUp("Goodbye.".to_owned());
        let to = "+12015550143".parse().expect("a number");
        let request = Request::PlaceCall { id: number.to_string(), to, from: None, target };
        let asked = switchboard.request_call(request);
        tokio::select! {
            answered = tokio::time::timeout(Duration::from_secs(3), asked) => {
                answered.expect("an answer while reports run").expect("an answer");
            }
            _ = &mut lists => panic!("the lists came to an end, so nothing was tried"),
        }
    }
}

#[tokio::test]
async fn who_finds_every_connection_busy_is_told_so() {
    let schema = Schema::new();
    let builder = schema.builder(&server().direct).report_connections(1).acquire_timeout(Duration::from_millis(200));
    let store = builder.connect().await.expect("a store").for_reports();
    slow_pages(&schema).await;
    let first = page();
    let mut busy = Box::pin(store.scan(&first));
    assert!(busy.as_mut().now_or_never().is_none());
    let second = page();
    let error = tokio::select! {
        refused = store.scan(&second) => refused.expect_err("the only connection is busy"),
        _ = &mut busy => panic!("the slow page came to an end, so nothing was tried"),
    };
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(error.to_string().contains("busy"), "{error}");
}

#[tokio::test]
async fn a_node_wakes_when_another_makes_work_due_and_hints_are_few() {
    let schema = Schema::new();
    let store = schema.builder(&server().direct).connect().await.expect("a store");
    let other = schema.builder(&server().direct).connect().await.expect("a store");
    let (mine, theirs) = (store.wake().expect("hints"), other.wake().expect("hints"));
    let pool = sqlx::postgres::PgPoolOptions::new().connect_lazy(&server().direct).expect("a pool");
    let mut ear = PgListener::connect_with(&pool).await.expect("a listener");
    ear.listen(&format!("{} due", schema.0)).await.expect("a channel");
    // The first hints may come before the other one listens.
    let woken = async {
        loop {
            store.commit(&arms("match/t", at(0))).await.expect("a task");
            if tokio::time::timeout(Duration::from_millis(200), theirs.wait()).await.is_ok() {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), woken).await.expect("a hint from the other node");
    assert!(mine.wait().now_or_never().is_none(), "a node was woken by its own hint");
    while tokio::time::timeout(Duration::from_millis(300), ear.recv()).await.is_ok() {}
    let started = tokio::time::Instant::now();
    for number in 0..200 {
        store.commit(&arms(&format!("ring/t/{number}"), at(0))).await.expect("a task");
    }
    let most = started.elapsed().as_millis() / 20 + 3;
    let mut hints = 0;
    while tokio::time::timeout(Duration::from_millis(300), ear.recv()).await.is_ok() {
        hints += 1;
    }
    assert!(hints >= 1, "no hint of 200 tasks");
    assert!(hints <= most, "{hints} hints of 200 tasks, more than one in 20 ms");
}

#[tokio::test]
async fn through_a_pooler_nothing_is_left_in_a_session() {
    let schema = Schema::new();
    let store = schema.builder(&server().pooled).through_pgbouncer().connect().await.expect("a store");
    assert!(store.wake().is_none(), "a pooler gives no session that stays");
    join_all((0..40).map(|number| {
        let store = store.clone();
        async move {
            let call = listed(put(&format!("call/t/{number}"), 0, json!("it's \\ 1")), "calls", "default", [number, 0]);
            store.commit(&puts(vec![call])).await.expect("a commit");
            // A refused one as well.
            store.commit(&creates(&format!("call/t/{number}"))).await.expect_err("it is there");
            store.load(&[Key::new("call/t/1")]).await.expect("a read");
            store.scan(&page()).await.expect("a page");
        }
    }))
    .await;
    let mut session = PgConnection::connect(&server().direct).await.expect("a session");
    let locks = format!(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND (classid::bigint << 32 | objid::bigint) \
         = hashtextextended('switchboard schema {}', 0)",
        schema.0
    );
    let held: i64 = sqlx::query_scalar(AssertSqlSafe(locks)).fetch_one(&mut session).await.expect("locks");
    assert_eq!(held, 0, "an advisory lock was left");
    let ask = "SELECT concat(current_setting('switchboard.tenants', true), current_setting('switchboard.claiming', true), \
        current_setting('statement_timeout'), current_setting('enable_seqscan'), \
        (SELECT count(*) FROM pg_prepared_statements WHERE from_sql OR statement LIKE '%switchboard%'))";
    for _ in 0..40 {
        let mut pooled = PgConnection::connect_with(&pooled_options()).await.expect("a session of the pooler");
        let row = sqlx::raw_sql(ask).fetch_one(&mut pooled).await.expect("settings");
        let left: String = sqlx::Row::get(&row, 0);
        assert_eq!(left, "0on0", "settings were left in a session of the pooler");
    }
}

fn pooled_options() -> sqlx::postgres::PgConnectOptions {
    let options: sqlx::postgres::PgConnectOptions = server().pooled.parse().expect("a URL");
    options.extra_float_digits(None).statement_cache_capacity(0)
}
