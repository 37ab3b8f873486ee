//! How rows are kept: few index writes, no plans from an empty table, and indexes for the questions that are asked.

use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};
use switchboard::store::{Commit, Store as _};

use super::given::{arms, at, claim, listed, put, puts};
use super::server::{Schema, run, server};

const TABLES: [&str; 3] = ["records", "places", "tasks"];

/// A number that the server counts of a table of the schema.
async fn counted(schema: &Schema, column: &str, table: &str) -> i64 {
    let mut session = PgConnection::connect(&server().direct).await.expect("a session");
    let text =
        format!("SELECT {column} FROM pg_stat_all_tables WHERE schemaname = '{}' AND relname = '{table}'", schema.0);
    sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(&mut session).await.expect("a count")
}

#[tokio::test]
async fn a_record_that_keeps_its_places_touches_no_index() {
    let schema = Schema::new();
    let store = schema.builder(&server().direct).connect().await.expect("a store");
    let call = |version: u64| listed(put("call/t/1", version, json!({ "at": version })), "live", "t", [1, 0]);
    for version in 0..=200 {
        store.commit(&puts(vec![call(version)])).await.expect("a write");
    }
    for round in 0..50 {
        let now = at(round * 100);
        store.commit(&arms("wait/t/1", now)).await.expect("a task");
        let task = store.claim(&claim(now)).await.expect("a claim").pop().expect("a task");
        store.commit(&Commit { settle: vec![task.lease], ..Commit::default() }).await.expect("a settlement");
    }
    // The sessions tell what they did when they end.
    store.close().await;
    let told = async {
        while counted(&schema, "n_tup_upd", "tasks").await < 50 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), told).await.expect("what the sessions did");
    let (all, hot) =
        (counted(&schema, "n_tup_upd", "records").await, counted(&schema, "n_tup_hot_upd", "records").await);
    assert_eq!(all, 200);
    assert!(hot >= 190, "of {all} writes only {hot} touched no index");
    assert_eq!(counted(&schema, "n_tup_ins", "places").await, 1, "a place that did not change was written again");
    let (all, hot) = (counted(&schema, "n_tup_upd", "tasks").await, counted(&schema, "n_tup_hot_upd", "tasks").await);
    assert!(hot * 10 >= all * 9, "of {all} claims only {hot} touched no index");
}

#[tokio::test]
async fn plans_made_while_tables_were_empty_do_not_read_all_rows() {
    let schema = Schema::new();
    let store = schema.builder(&server().direct).connections(1).connect().await.expect("a store");
    let s = &schema.0;
    // An empty table that was vacuumed is known to be empty.
    run(&format!("VACUUM ANALYZE {s}.records; ")).await;
    run(&format!("VACUUM ANALYZE {s}.places; ")).await;
    run(&format!("VACUUM ANALYZE {s}.tasks; ")).await;
    // Making an index reads its table once.
    let mut before = Vec::new();
    for table in TABLES {
        before.push(counted(&schema, "seq_scan", table).await);
    }
    for number in 0..300 {
        let name = format!("call/t/{number}");
        let call = listed(put(&name, 0, json!({})), "live", "t", [number, 0]);
        store.commit(&Commit { puts: vec![call], ..arms(&format!("wait/t/{number}"), at(0)) }).await.expect("a commit");
        store.load(&[switchboard::store::Key::new(name)]).await.expect("a read");
        let page = switchboard::store::Scan { index: "live".into(), partition: "t".into(), after: None, limit: 2 };
        store.scan(&page).await.expect("a page");
        store.claim(&claim(at(1))).await.expect("a claim");
    }
    store.close().await;
    let told = async {
        while counted(&schema, "n_tup_ins", "tasks").await < 300 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), told).await.expect("what the sessions did");
    for (table, before) in TABLES.into_iter().zip(before) {
        let scans = counted(&schema, "seq_scan", table).await - before;
        assert_eq!(scans, 0, "{table} was read as a whole {scans} times");
    }
}

/// How the server would answer.
async fn plan(session: &mut PgConnection, question: &str) -> String {
    let rows = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN {question}"))).fetch_all(session).await.expect(question);
    rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn questions_of_people_use_indexes() {
    let schema = Schema::new();
    let s = &schema.0;
    let store = schema.builder(&server().direct).connect().await.expect("a store");
    for tenant in ["acme", "umbrella"] {
        for from in (0..600).step_by(100) {
            let call = |number: i64| {
                let body = json!({
                    "id": number.to_string(), "tenant": tenant, "state": "ended", "customer": "+1", "direction": "inbound",
                    "started_at": at(number).as_micros(), "legs": [{ "role": "customer", "sid": format!("CA{number}") }],
                    "events": [], "number": "+2", "priority": 0, "offer_seq": 0
                });
                let call = put(&format!("call/{tenant}/{number}"), 0, body);
                let call = listed(call, "calls", tenant, [-at(number).as_micros(), 0]);
                let call = listed(call, "customer", &format!("{tenant}/+1{}", number % 50), [-number, 0]);
                listed(call, "ended", tenant, [at(number + 60).as_micros(), 0])
            };
            store.commit(&puts((from..from + 100).map(call).collect())).await.expect("calls");
        }
    }
    run(&format!("ANALYZE {s}.records, {s}.places")).await;
    let mut session = PgConnection::connect(&server().direct).await.expect("a session");
    for question in [
        format!("SELECT * FROM {s}.newest_calls('acme') LIMIT 20"),
        format!("SELECT * FROM {s}.calls_between('acme', '2023-11-14 22:13:30Z', '2023-11-14 22:13:40Z')"),
        format!("SELECT * FROM {s}.live_calls('acme') LIMIT 20"),
        format!("SELECT * FROM {s}.ended_calls('acme') LIMIT 20"),
        format!("SELECT * FROM {s}.customer_calls('acme', '+17') LIMIT 20"),
        format!("SELECT * FROM {s}.agent_calls('acme', 'ana') LIMIT 20"),
        format!("SELECT * FROM {s}.waiting_calls('acme', 'sales') LIMIT 20"),
        format!("SELECT * FROM {s}.calls WHERE tenant = 'acme' AND key = 'call/acme/7'"),
    ] {
        let plan = plan(&mut session, &question).await;
        assert!(!plan.contains("Seq Scan"), "{question} reads a whole table:\n{plan}");
    }
    let count = |question: String| {
        let text = format!("SELECT count(*) FROM {question}");
        async move {
            let mut session = PgConnection::connect(&server().direct).await.expect("a session");
            let count: i64 = sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(&mut session).await.expect("a count");
            count
        }
    };
    assert_eq!(count(format!("{s}.newest_calls('acme')")).await, 600);
    let span = format!("{s}.calls_between('acme', '2023-11-14 22:13:30Z', '2023-11-14 22:13:40Z')");
    assert_eq!(count(span).await, 10, "a span of ten seconds, with a call in each");
    assert_eq!(count(format!("{s}.customer_calls('acme', '+17')")).await, 12);
    let newest = format!("SELECT id FROM {s}.newest_calls('umbrella') LIMIT 1");
    let newest: String = sqlx::query_scalar(AssertSqlSafe(newest)).fetch_one(&mut session).await.expect("a call");
    assert_eq!(newest, "599");
}
