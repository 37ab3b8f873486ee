//! The server that these tests use, and a schema of its own for each test.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, process};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use switchboard::store::{PgStore, PgStoreBuilder};

/// Where the server is, or the pooler before it.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) direct: String,
    pub(crate) pooled: String,
}

/// The server: the one that the environment names, or the one that `scripts/postgres` starts for this checkout.
///
/// # Panics
/// When there is none and none can be started: a test of PostgreSQL without PostgreSQL has shown nothing.
#[allow(clippy::disallowed_methods, reason = "which server to use is for the environment to say")]
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        if let (Ok(direct), Ok(pooled)) =
            (env::var("SWITCHBOARD_TEST_POSTGRES"), env::var("SWITCHBOARD_TEST_PGBOUNCER"))
        {
            return Server { direct, pooled };
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/postgres");
        let output = process::Command::new(script).arg("start").output().expect("scripts/postgres can be run");
        let said = String::from_utf8_lossy(&output.stdout);
        let url = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        match (url("SWITCHBOARD_TEST_POSTGRES"), url("SWITCHBOARD_TEST_PGBOUNCER"), output.status.success()) {
            (Some(direct), Some(pooled), true) => Server { direct: direct.to_owned(), pooled: pooled.to_owned() },
            _ => panic!(
                "these tests need PostgreSQL: `scripts/postgres start` failed, so install postgresql and pgbouncer, or set \
                 SWITCHBOARD_TEST_POSTGRES and SWITCHBOARD_TEST_PGBOUNCER\n{said}{}",
                String::from_utf8_lossy(&output.stderr)
            ),
        }
    })
}

/// A name that nothing else on the server has.
pub(crate) fn unique(stem: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let start = uuid::Uuid::now_v7().simple().to_string();
    format!("{stem}_{start}_{count}")
}

/// A schema of its own, dropped with this.
#[derive(Debug)]
pub(crate) struct Schema(pub(crate) String);

impl Schema {
    pub(crate) fn new() -> Self {
        Self(unique("t"))
    }

    pub(crate) fn builder(&self, url: &str) -> PgStoreBuilder {
        PgStore::builder(url).schema(&self.0).allow_unsafe_settings()
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let sql = format!("SET client_min_messages = warning; DROP SCHEMA IF EXISTS \"{}\" CASCADE", self.0);
        // A test may be over in the middle of a runtime, which cannot wait for another one.
        let dropping = std::thread::spawn(move || on_server(&sql));
        drop(dropping.join());
    }
}

/// Runs statements on the server, as its superuser.
pub(crate) fn on_server(sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(sql));
}

/// Runs statements on the server, as its superuser.
pub(crate) async fn run(sql: &str) {
    let mut connection = PgConnection::connect(&server().direct).await.expect("the server is there");
    let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// A role that may log in and nothing else, gone with this; make it after the schema, so that it goes before it.
#[derive(Debug)]
pub(crate) struct Role {
    pub(crate) name: String,
}

impl Role {
    pub(crate) async fn new(schema: &Schema) -> Self {
        let name = unique("r");
        run(&format!("CREATE ROLE {name} LOGIN; COMMENT ON ROLE {name} IS '{}'", schema.0)).await;
        Self { name }
    }

    /// `url` for this role.
    pub(crate) fn url(&self, url: &str) -> String {
        url.replace("postgres@", &format!("{}@", self.name))
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let sql = format!("DROP OWNED BY {0} CASCADE; DROP ROLE {0}", self.name);
        drop(std::thread::spawn(move || on_server(&sql)).join());
    }
}
