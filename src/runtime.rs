//! Tokio tasks around [`Switchboard::turn`].

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::engine::Switchboard;

/// Turns under way at once: one that waits for the provider must not keep timers waiting.
const LOOPS: usize = 4;
/// How soon due work is looked for when nothing happens on this node.
const POLL: Duration = Duration::from_millis(250);
/// The first pause after the store failed; doubled each time, up to [`BACK_OFF_MAX`].
const BACK_OFF: Duration = Duration::from_millis(50);
const BACK_OFF_MAX: Duration = Duration::from_secs(1);

impl Switchboard {
    /// Does due work until `shutdown` is ready. On return no turn is under way. Dropping it stops at once, which is safe:
    /// what was under way is done again by whoever runs next.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        self.run_every(POLL, shutdown).await;
    }

    /// Like [`run`](Self::run), looking for due work every `poll` at the latest. What happens on this node is noticed at
    /// once either way; `poll` is for timers and for what other nodes store.
    pub async fn run_every(self, poll: Duration, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let mut loops = JoinSet::new();
        for _ in 0..LOOPS {
            loops.spawn(work(self.clone(), poll, stopped.clone()));
        }
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(ended) = loops.join_next() => {
                    // A loop ends by itself only by a panic, in a store or telephony of the application.
                    if ended.is_err() {
                        tokio::time::sleep(BACK_OFF_MAX).await;
                    }
                    loops.spawn(work(self.clone(), poll, stopped.clone()));
                }
            }
        }
        stop.send_replace(true);
        while loops.join_next().await.is_some() {}
    }
}

async fn work(switchboard: Switchboard, poll: Duration, mut stopped: watch::Receiver<bool>) {
    let mut back_off = BACK_OFF;
    while !*stopped.borrow() {
        let changes = switchboard.feed().changes();
        match switchboard.turn().await {
            Ok(turned) => {
                back_off = BACK_OFF;
                if turned.claimed > 0 {
                    continue;
                }
                tokio::select! {
                    _ = stopped.changed() => {}
                    _ = switchboard.feed().changed(changes) => {}
                    () = woken(&switchboard) => {}
                    () = tokio::time::sleep(poll) => {}
                }
            }
            Err(_) => {
                tokio::select! {
                    _ = stopped.changed() => {}
                    () = tokio::time::sleep(back_off) => {}
                }
                back_off = (back_off * 2).min(BACK_OFF_MAX);
            }
        }
    }
}

/// Ready when another node says that something is due; never, where nobody says so.
async fn woken(switchboard: &Switchboard) {
    match &switchboard.0.wake {
        Some(wake) => wake.wait().await,
        None => std::future::pending().await,
    }
}
