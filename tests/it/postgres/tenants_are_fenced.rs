//! Row-level security: whoever forgets to say whose rows are meant finds none.

use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use switchboard::store::{Key, PgStore, Store as _};

use super::given::{arms, at, claim, creates, listed, put, puts};
use super::server::{Role, Schema, run, server};

/// A schema with records and tasks of two tenants, and a store that works in it as a node's role.
async fn two_tenants() -> (PgStore, Role, Schema) {
    let schema = Schema::new();
    let owner = schema.builder(&server().direct).connect().await.expect("a store");
    let node = Role::new(&schema).await;
    run(&format!("SELECT {}.grant_node('{}')", schema.0, node.name)).await;
    for tenant in ["acme", "umbrella"] {
        let call =
            put(&format!("call/{tenant}/1"), 0, json!({ "id": "1", "state": "waiting", "legs": [], "events": [] }));
        owner.commit(&puts(vec![listed(call, "live", tenant, [1, 0])])).await.expect("a record");
        owner.commit(&arms(&format!("match/{tenant}"), at(0))).await.expect("a task");
    }
    let store =
        schema.builder(&node.url(&server().direct)).migrate(false).connect().await.expect("a store for the node");
    (store, node, schema)
}

async fn count(connection: &mut PgConnection, of: &str) -> i64 {
    let text = format!("SELECT count(*) FROM {of}");
    sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(connection).await.expect("a count")
}

#[tokio::test]
async fn a_node_that_forgets_the_tenant_sees_nothing() {
    let (store, node, schema) = two_tenants().await;
    let mut session = PgConnection::connect(&node.url(&server().direct)).await.expect("a session");
    for table in ["records", "places", "tasks"] {
        assert_eq!(
            count(&mut session, &format!("{}.{table}", schema.0)).await,
            0,
            "{table} shows rows of a tenant nobody named"
        );
    }
    // Nor does a request of the store leave anything to see behind in its session.
    store.commit_in(&mut session, &creates("call/acme/2")).await.expect("a commit as the node");
    assert_eq!(
        count(&mut session, &format!("{}.records", schema.0)).await,
        0,
        "a request left its tenant in the session"
    );
}

#[tokio::test]
async fn a_node_sees_the_tenant_of_its_request_and_claims_for_all() {
    let (store, _node, _schema) = two_tenants().await;
    let found = store.load(&[Key::new("call/acme/1"), Key::new("call/umbrella/1")]).await.expect("records");
    assert!(found.iter().all(Option::is_some), "a node does not see the records that it asks for by name");
    assert_eq!(store.claim(&claim(at(5))).await.expect("tasks").len(), 2, "a node does not claim for every tenant");
}

#[tokio::test]
async fn a_reader_sees_its_own_tenant_whatever_it_says() {
    let (_store, _node, schema) = two_tenants().await;
    let reader = Role::new(&schema).await;
    run(&format!("SELECT {}.grant_reader('{}', '{{acme}}')", schema.0, reader.name)).await;
    let mut session = PgConnection::connect(&reader.url(&server().direct)).await.expect("a session");
    let calls = format!("{}.calls", schema.0);
    assert_eq!(count(&mut session, &calls).await, 1, "a reader does not see exactly its tenant's calls");
    let claims_more = "SELECT set_config('switchboard.tenants', '/umbrella/', false)";
    sqlx::raw_sql(claims_more).execute(&mut session).await.expect("a setting");
    assert_eq!(count(&mut session, &calls).await, 1, "a reader sees another tenant's calls by saying so");
    let others = format!("{calls} WHERE tenant = 'umbrella'");
    assert_eq!(count(&mut session, &others).await, 0, "a reader sees another tenant's calls");
    let tasks = format!("SELECT count(*) FROM {}.tasks", schema.0);
    assert!(sqlx::raw_sql(AssertSqlSafe(tasks)).execute(&mut session).await.is_err(), "a reader may read tasks");
    run(&format!("SELECT {}.grant_reader('{}', '{{}}')", schema.0, reader.name)).await;
    let text = format!("SELECT count(*) FROM {calls}");
    assert!(
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut session).await.is_err(),
        "a reader kept what was taken away"
    );
}
