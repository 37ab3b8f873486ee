//! The suite passes, straight and through a pooler.

use switchboard::store::PgStore;

use super::server::{Schema, server};

async fn straight() -> (PgStore, Schema) {
    let schema = Schema::new();
    (schema.builder(&server().direct).connect().await.expect("a store"), schema)
}

async fn through_pgbouncer() -> (PgStore, Schema) {
    let schema = Schema::new();
    let builder = schema.builder(&server().pooled).through_pgbouncer();
    (builder.connect().await.expect("a store"), schema)
}

mod straight {
    switchboard::store_conformance!(tokio::test, super::straight);
}

mod through_pgbouncer {
    switchboard::store_conformance!(tokio::test, super::through_pgbouncer);
}
