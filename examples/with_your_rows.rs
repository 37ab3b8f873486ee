//! Your own rows and a change of the call centre's in one transaction: both happen, or neither.
//!
//! `cargo run --example with_your_rows --features postgres -- postgres://user@localhost/database`

use serde_json::json;
use sqlx::{Connection, PgConnection};
use switchboard::store::{Body, Commit, Expect, Key, PgStore, Put};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("give the URL of a database")?;
    let store = PgStore::connect(&url).await?;
    let mut connection = PgConnection::connect(&url).await?;
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS invoices (call text PRIMARY KEY, cents bigint)")
        .execute(&mut connection)
        .await?;

    let call = uuid::Uuid::now_v7();
    let note = Put {
        key: Key::new(format!("invoice/default/{call}")),
        expect: Expect::Absent,
        body: Body::new(json!({ "cents": 1250 })),
        index: Vec::new(),
    };
    let mut transaction = connection.begin().await?;
    sqlx::query("INSERT INTO invoices VALUES ($1, 1250)").bind(call.to_string()).execute(&mut *transaction).await?;
    store.commit_in(&mut transaction, &Commit { puts: vec![note], ..Commit::default() }).await?;
    transaction.commit().await?;

    println!("call {call} is invoiced, in your table and in the call centre's records");
    Ok(())
}
