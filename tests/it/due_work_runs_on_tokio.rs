//! `Switchboard::run`: due work is done as it comes, survives a failing store, and stops in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use switchboard::core::Request;
use switchboard::model::Target;
use switchboard::setup::hang_up;
use switchboard::store::{
    Claim, Commit, CommitError, Key, MemoryStore, Page, Record, Scan, Store, StoreError, StoreErrorKind, Task,
};
use switchboard::telephony::FakeTelephony;
use switchboard::{Agent, Flow, Queue, Switchboard};
use tokio::sync::{Semaphore, oneshot};

/// A store whose claims fail while it is down, and that lets commits of due work through one permit at a time.
#[derive(Debug, Default)]
struct Shaky {
    inner: MemoryStore,
    is_down: AtomicBool,
    failed: AtomicUsize,
    gate: Option<Arc<Semaphore>>,
    waiting: Arc<tokio::sync::Notify>,
}

#[async_trait]
impl Store for Shaky {
    async fn load(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.inner.load(keys).await
    }
    async fn scan(&self, scan: &Scan) -> Result<Page, StoreError> {
        self.inner.scan(scan).await
    }
    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        if let Some(gate) = self.gate.as_ref().filter(|_| !commit.settle.is_empty()) {
            self.waiting.notify_one();
            gate.acquire().await.expect("the gate stays").forget();
        }
        self.inner.commit(commit).await
    }
    async fn claim(&self, claim: &Claim) -> Result<Vec<Task>, StoreError> {
        if self.is_down.load(Ordering::SeqCst) {
            self.failed.fetch_add(1, Ordering::SeqCst);
            return Err(StoreError::new(StoreErrorKind::Unavailable, "down"));
        }
        self.inner.claim(claim).await
    }
}

struct Running {
    switchboard: Switchboard,
    telephony: FakeTelephony,
    stop: oneshot::Sender<()>,
    running: tokio::task::JoinHandle<()>,
}

fn run(store: Arc<dyn Store>) -> Running {
    let telephony = FakeTelephony::new();
    let switchboard = Switchboard::builder()
        .queue(Queue::new("sales"))
        .agent(Agent::new("ana").serves(["sales"]))
        .number("+14155550100", Flow::say("Hello.").then(hang_up("Goodbye.")))
        .public_base("https://calls.example.com")
        .account("AC0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef")
        .store(store)
        .telephony(Arc::new(telephony.clone()))
        .build()
        .unwrap();
    let (stop, stopped) = oneshot::channel();
    let shutdown = async move { drop(stopped.await) };
    // So rare that only a commit on this node can be what wakes it.
    let running = tokio::spawn(switchboard.clone().run_every(Duration::from_secs(3600), shutdown));
    Running { switchboard, telephony, stop, running }
}

impl Running {
    async fn asks_for_a_call(&self) {
        let target = Target::HangUp("Goodbye.".to_owned());
        let to = "+12015550143".parse().unwrap();
        let request = Request::PlaceCall { id: "one".to_owned(), to, from: None, target };
        self.switchboard.request_call(request).await.unwrap();
    }

    async fn has_dialled(&self) {
        let dialled = async {
            let mut changes = 0;
            while self.telephony.commands().is_empty() {
                changes = self.switchboard.feed().changed(changes).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), dialled).await.expect("a dial in time");
    }

    async fn stops(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(10), self.running).await.expect("an end in time").unwrap();
    }
}

#[tokio::test]
async fn work_is_done_as_soon_as_it_is_asked_for() {
    let running = run(Arc::new(MemoryStore::default()));
    tokio::task::yield_now().await;
    running.asks_for_a_call().await;
    running.has_dialled().await;
    running.stops().await;
}

#[tokio::test]
async fn work_goes_on_when_the_store_is_back() {
    let store = Arc::new(Shaky { is_down: AtomicBool::new(true), ..Shaky::default() });
    let running = run(Arc::<Shaky>::clone(&store));
    running.asks_for_a_call().await;
    while store.failed.load(Ordering::SeqCst) < 4 {
        tokio::task::yield_now().await;
    }
    assert!(running.telephony.commands().is_empty());
    store.is_down.store(false, Ordering::SeqCst);
    running.has_dialled().await;
    running.stops().await;
}

#[tokio::test]
async fn it_does_not_return_before_the_turn_under_way_is_over() {
    let gate = Arc::new(Semaphore::new(0));
    let store = Arc::new(Shaky { gate: Some(Arc::clone(&gate)), ..Shaky::default() });
    let mut running = run(Arc::<Shaky>::clone(&store));
    running.asks_for_a_call().await;
    store.waiting.notified().await;
    running.stop.send(()).unwrap();
    let early = tokio::time::timeout(Duration::from_millis(50), &mut running.running).await;
    assert!(early.is_err(), "it returned while a turn was under way");
    gate.add_permits(1000);
    tokio::time::timeout(Duration::from_secs(10), running.running).await.expect("an end in time").unwrap();
}
