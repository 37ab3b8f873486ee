//! Schemas and settings: nodes that start at once, that may not migrate, that are too old, or that meet a server which forgets.

use switchboard::store::{PgError, PgStore, Store as _};

use super::given::creates;
use super::server::{Role, Schema, run, server};

#[tokio::test]
async fn nodes_that_start_at_once_do_not_fight() {
    for _ in 0..3 {
        let schema = Schema::new();
        let starts = (0..6).map(|_| schema.builder(&server().direct).connect());
        for (number, started) in futures_util::future::join_all(starts).await.into_iter().enumerate() {
            let store = started.unwrap_or_else(|error| panic!("node {number}: {error}"));
            store.commit(&creates(&format!("call/t/{number}"))).await.expect("a commit");
        }
    }
}

#[tokio::test]
async fn a_node_that_may_not_migrate_says_what_is_missing() {
    let schema = Schema::new();
    let role = Role::new(&schema).await;
    let node = || schema.builder(&role.url(&server().direct)).migrate(false).connect();
    let error = node().await.expect_err("there is no schema");
    assert!(matches!(error, PgError::NotMigrated { found: 0, .. }), "{error}");
    drop(schema.builder(&server().direct).connect().await.expect("the owner migrates"));
    run(&format!("SELECT {0}.grant_node('{1}'); SELECT {0}.grant_node('{1}')", schema.0, role.name)).await;
    let store = node().await.expect("a schema that was migrated");
    store.commit(&creates("call/t/1")).await.expect("a commit without the right to create anything");
}

#[tokio::test]
async fn a_newer_schema_is_used_while_it_serves_this_version_and_refused_after() {
    let schema = Schema::new();
    drop(schema.builder(&server().direct).connect().await.expect("a schema"));
    let insert = |version, from| {
        let table = format!("{}.schema_version", schema.0);
        async move { run(&format!("INSERT INTO {table} (version, serves_from) VALUES ({version}, {from})")).await }
    };
    insert(8, 1).await;
    drop(schema.builder(&server().direct).connect().await.expect("a schema that still serves this version"));
    insert(9, 7).await;
    let error = schema.builder(&server().direct).connect().await.expect_err("a schema that does not");
    assert!(matches!(error, PgError::TooNew { found: 9, serves_from: 7, .. }), "{error}");
    assert!(error.to_string().contains("serves nodes of version 7"), "{error}");
}

#[tokio::test]
async fn a_server_that_forgets_is_refused_by_all_that_is_wrong() {
    let schema = Schema::new();
    drop(schema.builder(&server().direct).connect().await.expect("a schema, where that is allowed"));
    let role = Role::new(&schema).await;
    run(&format!(
        "SELECT {}.grant_node('{1}'); ALTER ROLE {1} SET synchronous_commit = off; \
         ALTER ROLE {1} SET default_transaction_read_only = on",
        schema.0, role.name
    ))
    .await;
    let builder = PgStore::builder(&role.url(&server().direct)).schema(&schema.0).migrate(false);
    let error = builder.clone().connect().await.expect_err("it forgets");
    let PgError::Unsafe(wrong) = &error else { panic!("{error}") };
    for setting in ["synchronous_commit", "default_transaction_read_only"] {
        assert!(wrong.iter().any(|what| what.contains(setting)), "{setting} is not told: {wrong:?}");
    }
    let store = builder.allow_unsafe_settings().connect().await.expect("it was allowed");
    assert!(store.commit(&creates("call/t/1")).await.is_err(), "a read-only server took a commit");
}
