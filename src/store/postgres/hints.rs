//! Hints between nodes that something is due, by LISTEN and NOTIFY. Everything is right without them, only later.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::store::Wake;

/// A node tells the others once in so long at most: every notification takes a lock of the whole database when it is
/// committed (PostgreSQL source, `PreCommit_Notify`), so it never rides on a commit and never comes in floods.
const APART: Duration = Duration::from_millis(20);
/// How long is waited after a fault.
const PAUSE: Duration = Duration::from_secs(1);

/// Wakes when another node has made work due. Dropped, it stops listening and telling.
pub struct PgWake {
    heard: Arc<Notify>,
    tasks: [JoinHandle<()>; 2],
}

impl fmt::Debug for PgWake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgWake").finish_non_exhaustive()
    }
}

impl PgWake {
    /// Starts to tell others, whenever `made_due` is notified, and to listen to them.
    pub(super) fn start(options: PgConnectOptions, schema: &str, made_due: Arc<Notify>) -> Self {
        let heard = Arc::new(Notify::new());
        let node = uuid::Uuid::now_v7().simple().to_string();
        let channel = format!("{schema} due");
        let tell = tell(options.clone(), channel.clone(), node.clone(), made_due);
        let listen = listen(options, channel, node, Arc::clone(&heard));
        Self { heard, tasks: [tokio::spawn(tell), tokio::spawn(listen)] }
    }
}

impl Drop for PgWake {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

#[async_trait]
impl Wake for PgWake {
    async fn wait(&self) {
        self.heard.notified().await;
    }
}

async fn tell(options: PgConnectOptions, channel: String, node: String, made_due: Arc<Notify>) {
    let mut connection: Option<PgConnection> = None;
    // A hint that is lost is no loss, so its commit need not wait for the disk.
    let text: Arc<str> = format!("SET LOCAL synchronous_commit = off; SELECT pg_notify('{channel}', '{node}')").into();
    let mut next = tokio::time::Instant::now();
    loop {
        made_due.notified().await;
        tokio::time::sleep_until(next).await;
        next = tokio::time::Instant::now() + APART;
        let mut open = match connection.take() {
            Some(open) => open,
            None => match options.connect().await {
                Ok(open) => open,
                Err(_) => {
                    next = tokio::time::Instant::now() + PAUSE;
                    continue;
                }
            },
        };
        if sqlx::raw_sql(AssertSqlSafe(Arc::clone(&text))).execute(&mut open).await.is_ok() {
            connection = Some(open);
        }
    }
}

async fn listen(options: PgConnectOptions, channel: String, node: String, heard: Arc<Notify>) {
    // The listener takes its connections from a pool; this one is its own.
    let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
    loop {
        if let Ok(mut listener) = PgListener::connect_with(&pool).await
            && listener.listen(&channel).await.is_ok()
        {
            loop {
                match listener.try_recv().await {
                    Ok(Some(note)) if note.payload() == node => {}
                    // `None`: the connection broke and is there again, so hints may have been lost.
                    Ok(_) => heard.notify_one(),
                    Err(_) => break,
                }
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}
