//! How to connect.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

use super::pool::Pool;
use super::wire::How;
use super::{Lane, PgStore, Shared};
use super::{schema, settings};

/// Why there is no store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PgError {
    /// The URL, the name of the schema or a number cannot be used.
    #[error("the configuration of the PostgreSQL store: {0}")]
    Configuration(String),
    /// The server could not be reached, or refused the connection.
    #[error("PostgreSQL cannot be reached: {0}")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The schema is not there, or older than this version needs, and migrating was not allowed.
    #[error("schema {schema} is at version {found}, this needs {needed}: migrate it first, with a role that may")]
    NotMigrated {
        /// Its name.
        schema: String,
        /// What it is at; 0: there is none.
        found: i32,
        /// What this version of the crate needs.
        needed: i32,
    },
    /// The schema has moved on and serves this version no more.
    #[error(
        "schema {schema} is at version {found} and serves nodes of version {serves_from} and later; this is {ours}"
    )]
    TooNew {
        /// Its name.
        schema: String,
        /// What it is at.
        found: i32,
        /// The oldest version that it serves.
        serves_from: i32,
        /// Ours.
        ours: i32,
    },
    /// A migration failed; nothing of it was applied.
    #[error("migrating to version {version}: {source}")]
    Migration {
        /// To which version.
        version: i32,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server is set up in a way that loses what was acknowledged, or cannot be written: everything that is wrong.
    #[error("PostgreSQL is not set up to keep what it acknowledges: {}", .0.join("; "))]
    Unsafe(Vec<String>),
}

/// Collects how to connect to a database; nothing is asked of it before [`connect`](Self::connect).
#[derive(Clone)]
#[must_use]
pub struct PgStoreBuilder {
    url: String,
    hints_url: Option<String>,
    schema: String,
    answers: u32,
    work: u32,
    reports: u32,
    patience: Duration,
    timeout: Duration,
    is_pooled: bool,
    allows_unsafe: bool,
    migrates: bool,
}

impl std::fmt::Debug for PgStoreBuilder {
    /// Without the URLs, which hold passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PgStoreBuilder").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl PgStoreBuilder {
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            hints_url: None,
            schema: "switchboard".to_owned(),
            answers: 16,
            work: 8,
            reports: 4,
            patience: Duration::from_secs(2),
            timeout: Duration::from_secs(5),
            is_pooled: false,
            allows_unsafe: false,
            migrates: true,
        }
    }

    /// The schema that everything is in: lower-case letters, digits and `_`, at most 48; `switchboard` unless said.
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// Most connections for answering webhooks and requests, 1 to 1000; 16 unless said.
    pub fn connections(mut self, most: u32) -> Self {
        self.answers = most;
        self
    }

    /// Most connections for due work ([`PgStore::for_work`]); 8 unless said.
    pub fn work_connections(mut self, most: u32) -> Self {
        self.work = most;
        self
    }

    /// Most connections for lists and reports ([`PgStore::for_reports`]); 4 unless said.
    pub fn report_connections(mut self, most: u32) -> Self {
        self.reports = most;
        self
    }

    /// How long a request waits for a connection, over all attempts to open one; 2 s unless said.
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.patience = timeout;
        self
    }

    /// How long the server may work on one request; half a second later it counts as silent. 5 s unless said.
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The URL leads to pgbouncer, or another pooler, that gives each transaction another session: nothing is kept in a
    /// session then, and no statement is prepared. Each request is still one round trip.
    pub fn through_pgbouncer(mut self) -> Self {
        self.is_pooled = true;
        self
    }

    /// Where the server itself is, for [`PgStore::wake`], when the URL leads to a pooler: sessions that listen must stay.
    pub fn hints_at(mut self, url: impl Into<String>) -> Self {
        self.hints_url = Some(url.into());
        self
    }

    /// Connects also to a server that loses acknowledged commits when it dies: for tests.
    pub fn allow_unsafe_settings(mut self) -> Self {
        self.allows_unsafe = true;
        self
    }

    /// Whether the schema is created and migrated on connecting, which it is unless said. `false`: for a role that may
    /// neither create nor alter; then the schema must be there.
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.migrates = migrate;
        self
    }

    /// The store.
    ///
    /// # Errors
    /// See [`PgError`].
    pub async fn connect(self) -> Result<PgStore, PgError> {
        let options = self.options()?;
        let hints = match (&self.hints_url, self.is_pooled) {
            (Some(url), _) => Some(parse(url)?),
            (None, true) => None,
            (None, false) => Some(options.clone()),
        };
        let how = How { is_plain: self.is_pooled, timeout: self.timeout };
        let mut connection = self.first(&options).await?;
        settings::check(&mut connection, self.allows_unsafe).await?;
        schema::prepare(&mut connection, &self.schema, self.migrates).await?;
        drop(sqlx::Connection::close(connection).await);
        let pool = |most| Pool::new(options.clone(), most, self.patience);
        let pools = [pool(self.answers), pool(self.work), pool(self.reports)];
        let shared = Shared::new(self.schema, how, hints, pools);
        Ok(PgStore { shared: Arc::new(shared), lane: Lane::Answers })
    }

    async fn first(&self, options: &PgConnectOptions) -> Result<sqlx::PgConnection, PgError> {
        match tokio::time::timeout(self.patience, options.connect()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(PgError::Unreachable(error.into())),
            Err(_) => Err(PgError::Unreachable(format!("no answer in {:?}", self.patience).into())),
        }
    }

    fn options(&self) -> Result<PgConnectOptions, PgError> {
        let wrong = |what: String| Err(PgError::Configuration(what));
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let first_is_letter = self.schema.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
        if self.schema.len() > 48
            || !first_is_letter
            || !self.schema.bytes().all(is_plain)
            || self.schema.starts_with("pg_")
        {
            return wrong(format!(
                "{:?} cannot be the name of a schema: use lower-case letters, digits and `_`",
                self.schema
            ));
        }
        if [self.answers, self.work, self.reports].iter().any(|most| !(1..=1000).contains(most)) {
            return wrong("a number of connections must be 1 to 1000".to_owned());
        }
        if self.timeout < Duration::from_millis(10) || self.patience < Duration::from_millis(10) {
            return wrong("a time-out must be 10 ms at least".to_owned());
        }
        let options = parse(&self.url)?;
        // A pooler knows only some parameters of a connection, and keeps none of them apart by client.
        if self.is_pooled {
            return Ok(options.statement_cache_capacity(0).extra_float_digits(None));
        }
        let timeout = self.timeout.as_millis().to_string();
        Ok(options.options([
            ("statement_timeout", timeout.as_str()),
            ("idle_in_transaction_session_timeout", timeout.as_str()),
            ("default_transaction_isolation", "read committed"),
        ]))
    }
}

fn parse(url: &str) -> Result<PgConnectOptions, PgError> {
    // The error may repeat the URL, and with it the password.
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        PgError::Configuration("the URL cannot be read: `postgres://user:password@host:port/database`".to_owned())
    })?;
    Ok(options.disable_statement_logging().application_name("switchboard"))
}
