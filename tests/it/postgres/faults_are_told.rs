//! What goes wrong has the right kind, and what can be tried again is.

use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use switchboard::store::{CommitError, Key, PgError, PgStore, Store as _, StoreErrorKind};

use super::given::{creates, put, puts};
use super::server::{Role, Schema, run, server};

async fn fresh() -> (PgStore, Schema) {
    let schema = Schema::new();
    let builder = schema.builder(&server().direct).statement_timeout(Duration::from_millis(400));
    (builder.connect().await.expect("a store"), schema)
}

/// Every write of a record fails with `code`, the first `times` of them.
async fn fails(schema: &Schema, code: &str, times: u32) {
    let s = &schema.0;
    run(&format!(
        "CREATE SEQUENCE {s}.tried; CREATE FUNCTION {s}.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF nextval('{s}.tried') <= {times} THEN RAISE EXCEPTION USING ERRCODE = '{code}'; END IF; RETURN new; END $$; \
         CREATE TRIGGER fail BEFORE INSERT ON {s}.records FOR EACH ROW EXECUTE FUNCTION {s}.fail()"
    ))
    .await;
}

fn kind(done: Result<(), CommitError>) -> StoreErrorKind {
    match done {
        Err(CommitError::Store(error)) => error.kind(),
        other => panic!("expected a fault of the store: {other:?}"),
    }
}

#[tokio::test]
async fn each_trouble_of_the_server_has_its_kind() {
    for (code, expected) in [
        ("53100", StoreErrorKind::Unavailable),
        ("53200", StoreErrorKind::Unavailable),
        ("25006", StoreErrorKind::Unavailable),
        ("57P01", StoreErrorKind::Unavailable),
        ("40001", StoreErrorKind::Unavailable),
        ("XX001", StoreErrorKind::Corrupt),
        ("42501", StoreErrorKind::Other),
    ] {
        let (store, schema) = fresh().await;
        fails(&schema, code, 100).await;
        assert_eq!(kind(store.commit(&creates("call/t/1")).await), expected, "{code}");
        run(&format!("DROP TRIGGER fail ON {}.records", schema.0)).await;
        store.commit(&creates("call/t/1")).await.unwrap_or_else(|error| panic!("after {code}: {error}"));
    }
}

#[tokio::test]
async fn what_gave_way_to_another_is_tried_again() {
    for code in ["40001", "40P01"] {
        let (store, schema) = fresh().await;
        fails(&schema, code, 2).await;
        store.commit(&creates("call/t/1")).await.unwrap_or_else(|error| panic!("{code} twice: {error}"));
    }
}

#[tokio::test]
async fn a_commit_that_waits_too_long_is_given_up() {
    let (store, schema) = fresh().await;
    store.commit(&creates("call/t/1")).await.expect("a record");
    let mut other = PgConnection::connect(&server().direct).await.expect("a session");
    let lock = format!("BEGIN; UPDATE {}.records SET body = body", schema.0);
    sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut other).await.expect("a lock");
    let write = puts(vec![put("call/t/1", 1, serde_json::json!("x"))]);
    let started = Instant::now();
    assert_eq!(kind(store.commit(&write).await), StoreErrorKind::Unavailable);
    assert!(started.elapsed() < Duration::from_secs(3), "it was given up after {:?} only", started.elapsed());
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("an end");
    store.commit(&write).await.expect("the same commit, when nobody is in its way");
}

#[tokio::test]
async fn a_store_outlives_its_sessions() {
    let (store, schema) = fresh().await;
    store.commit(&creates("call/t/1")).await.expect("a record");
    let role = Role::new(&schema).await;
    run(&format!("SELECT {}.grant_node('{}')", schema.0, role.name)).await;
    let builder = schema.builder(&role.url(&server().direct)).migrate(false);
    let node = builder.connect().await.expect("a store");
    for round in 0..10 {
        assert!(node.load(&[Key::new("call/t/1")]).await.expect("a record")[0].is_some());
        let kill = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{}'", role.name);
        run(&kill).await;
        let found = node.load(&[Key::new("call/t/1")]).await;
        assert!(found.is_ok(), "round {round}: a read after every session was ended: {found:?}");
    }
    // A commit may not be sent twice: it says that it does not know, or it is done.
    run(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{}'", role.name)).await;
    match node.commit(&creates("call/t/2")).await {
        Ok(()) => {}
        Err(CommitError::Store(error)) => {
            assert!(error.to_string().contains("outcome is unknown"), "{error}");
            let is_there = node.load(&[Key::new("call/t/2")]).await.expect("a read")[0].is_some();
            let again = node.commit(&creates("call/t/2")).await;
            assert_eq!(again.is_err(), is_there, "asking again does not tell what became of it: {again:?}");
        }
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn nobody_there_is_told_in_time() {
    let started = Instant::now();
    let builder = PgStore::builder("postgres://nobody@127.0.0.1:1/none").acquire_timeout(Duration::from_millis(300));
    let error = builder.connect().await.expect_err("there is no server");
    assert!(matches!(error, PgError::Unreachable(_)), "{error}");
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_wrong_configuration_is_told_without_the_password() {
    for builder in [
        PgStore::builder("postgres://u:secret@127.0.0.1:1/x").schema("no; drop"),
        PgStore::builder("postgres://u:secret@127.0.0.1:bad/x"),
        PgStore::builder("postgres://u:secret@127.0.0.1:1/x").connections(0),
    ] {
        let shown = format!("{builder:?}");
        let error = builder.connect().await.expect_err("it cannot be used");
        assert!(matches!(error, PgError::Configuration(_)), "{error}");
        assert!(!format!("{error} {error:?} {shown}").contains("secret"), "the password is shown");
    }
}
