//! A TCP connection that can be made slow, silent or cut: between a node and the database, or a node and the provider.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A message of so many bytes is one that writes records: what asks for work is shorter.
const WRITES_FROM_BYTES: usize = 700;

#[derive(Debug, Default)]
struct State {
    delay_ms: AtomicU64,
    silent: watch::Sender<bool>,
    /// Connections of an earlier generation are cut.
    generation: watch::Sender<u64>,
    cut_before: AtomicU32,
    cut_after: AtomicU32,
    were_cut_before: AtomicU32,
    were_cut_after: AtomicU32,
}

/// One link. Dropping it stops new connections only.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

impl Link {
    /// A link to `upstream` that does nothing to what it carries.
    pub(crate) async fn to(upstream: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let link = Self { address: listener.local_addr()?, state: Arc::new(State::default()) };
        let state = Arc::clone(&link.state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, upstream, Arc::clone(&state)));
            }
        });
        Ok(link)
    }

    /// From now on each message takes so much longer, in either direction.
    pub(crate) fn delay(&self, delay: Duration) {
        let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.state.delay_ms.store(delay_ms, Ordering::Relaxed);
    }

    /// While `on`, nothing arrives any more, and nobody is told.
    pub(crate) fn silence(&self, on: bool) {
        self.state.silent.send_replace(on);
    }

    /// Cuts all connections.
    pub(crate) fn cut(&self) {
        self.state.generation.send_modify(|generation| *generation += 1);
    }

    /// Cuts the connection that next writes records: before the message arrives, or when it has and its answer has not.
    pub(crate) fn cut_next_write(&self, has_arrived: bool) {
        let armed = if has_arrived { &self.state.cut_after } else { &self.state.cut_before };
        armed.fetch_add(1, Ordering::Relaxed);
    }

    /// How many connections were cut at a write: before it arrived, and after.
    pub(crate) fn cuts(&self) -> (u32, u32) {
        (self.state.were_cut_before.load(Ordering::Relaxed), self.state.were_cut_after.load(Ordering::Relaxed))
    }
}

fn take(armed: &AtomicU32, count: &AtomicU32) -> bool {
    let taken = armed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
    count.fetch_add(u32::from(taken), Ordering::Relaxed);
    taken
}

async fn carry(client: TcpStream, upstream: SocketAddr, state: Arc<State>) {
    let mut silent = state.silent.subscribe();
    let mut generation = state.generation.subscribe();
    // Whoever connects while it is silent is accepted by the machine, and hears nothing.
    let _ = silent.wait_for(|silent| !silent).await;
    let Ok(server) = TcpStream::connect(upstream).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let deaf = Arc::new(AtomicBool::new(false));
    generation.mark_unchanged();
    tokio::select! {
        () = requests(from_client, to_server, &state, &deaf) => {}
        () = answers(from_server, to_client, &state, &deaf) => {}
        _ = generation.changed() => {}
    }
}

async fn pass(to: &mut OwnedWriteHalf, bytes: &[u8], state: &State) -> bool {
    let delay = state.delay_ms.load(Ordering::Relaxed);
    if delay > 0 {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let mut silent = state.silent.subscribe();
    let _ = silent.wait_for(|silent| !silent).await;
    to.write_all(bytes).await.is_ok()
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State, deaf: &AtomicBool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if read >= WRITES_FROM_BYTES {
            if take(&state.cut_before, &state.were_cut_before) {
                return;
            }
            if take(&state.cut_after, &state.were_cut_after) {
                deaf.store(true, Ordering::Relaxed);
            }
        }
        if !pass(&mut to, buffer.get(..read).unwrap_or_default(), state).await {
            return;
        }
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State, deaf: &AtomicBool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if deaf.load(Ordering::Relaxed) || !pass(&mut to, buffer.get(..read).unwrap_or_default(), state).await {
            return;
        }
    }
}
