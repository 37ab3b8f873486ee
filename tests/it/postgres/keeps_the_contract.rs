//! The suite passes, straight and through a pooler.

use switchboard::store::PgStore;

use super::server::{Role, Schema, run, server};

async fn straight() -> (PgStore, Schema) {
    let schema = Schema::new();
    (schema.builder(&server().direct).connect().await.expect("a store"), schema)
}

async fn through_pgbouncer() -> (PgStore, Schema) {
    let schema = Schema::new();
    let builder = schema.builder(&server().pooled).through_pgbouncer();
    (builder.connect().await.expect("a store"), schema)
}

/// As a role that may neither create nor alter, fenced by row-level security.
async fn as_a_node() -> (PgStore, (Role, Schema)) {
    let schema = Schema::new();
    drop(schema.builder(&server().direct).connect().await.expect("a schema"));
    let role = Role::new(&schema).await;
    run(&format!("SELECT {}.grant_node('{}')", schema.0, role.name)).await;
    let builder = schema.builder(&role.url(&server().direct)).migrate(false);
    (builder.connect().await.expect("a store"), (role, schema))
}

mod straight {
    switchboard::store_conformance!(tokio::test, super::straight);
}

mod through_pgbouncer {
    switchboard::store_conformance!(tokio::test, super::through_pgbouncer);
}

mod as_a_node {
    switchboard::store_conformance!(tokio::test, super::as_a_node);
}
