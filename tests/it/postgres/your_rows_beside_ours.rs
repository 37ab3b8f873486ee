//! A commit inside the application's own transaction.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use switchboard::store::{CommitError, Key, PgStore, Store as _};

use super::given::creates;
use super::server::{Schema, server};

async fn yours(schema: &Schema) -> (PgStore, PgConnection) {
    let store = schema.builder(&server().direct).connect().await.expect("a store");
    let mut connection = PgConnection::connect(&server().direct).await.expect("a session");
    let table = format!("CREATE TABLE {}.yours (n integer)", schema.0);
    sqlx::raw_sql(AssertSqlSafe(table)).execute(&mut connection).await.expect("a table");
    (store, connection)
}

async fn count(connection: &mut PgConnection, schema: &Schema) -> i64 {
    let text = format!("SELECT count(*) FROM {}.yours", schema.0);
    sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(connection).await.expect("a count")
}

#[tokio::test]
async fn both_happen_or_neither() {
    let schema = Schema::new();
    let (store, mut connection) = yours(&schema).await;
    let insert = format!("INSERT INTO {}.yours VALUES (1)", schema.0);
    for is_kept in [false, true] {
        let mut transaction = connection.begin().await.expect("a transaction");
        sqlx::raw_sql(AssertSqlSafe(insert.clone())).execute(&mut *transaction).await.expect("a row");
        store.commit_in(&mut transaction, &creates("call/t/1")).await.expect("a commit");
        let seen = store.load(&[Key::new("call/t/1")]).await.expect("a read");
        assert!(seen[0].is_none(), "it is seen before the transaction ends");
        if is_kept {
            transaction.commit().await.expect("an end");
        } else {
            transaction.rollback().await.expect("an end");
        }
        let found = store.load(&[Key::new("call/t/1")]).await.expect("a read");
        assert_eq!(found[0].is_some(), is_kept);
        assert_eq!(count(&mut connection, &schema).await, i64::from(is_kept));
    }
}

#[tokio::test]
async fn a_conflict_is_told_and_leaves_the_transaction_to_you() {
    let schema = Schema::new();
    let (store, mut connection) = yours(&schema).await;
    store.commit(&creates("call/t/1")).await.expect("a record");
    let mut transaction = connection.begin().await.expect("a transaction");
    let refused = store.commit_in(&mut transaction, &creates("call/t/1")).await;
    assert!(matches!(refused, Err(CommitError::Conflict(key)) if key == Key::new("call/t/1")));
    transaction.rollback().await.expect("an end");
}
