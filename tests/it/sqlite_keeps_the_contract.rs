//! The store in a file passes the suite, in each of the ways in which it may be opened and driven.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use switchboard::store::{Durability, SqliteStore};

use crate::scratch::Scratch;

async fn fresh() -> (SqliteStore, Scratch) {
    let scratch = Scratch::new();
    let store = SqliteStore::open(scratch.file("calls.db")).await.expect("a new file");
    (store, scratch)
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The output of `future`, driven by this thread alone: there is no runtime to be found.
fn parked<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::park();
    }
}

/// One reader, so that reads wait for each other, and no waiting for the disk.
async fn narrow() -> (SqliteStore, Scratch) {
    let scratch = Scratch::new();
    let options = SqliteStore::builder(scratch.file("calls.db")).readers(1).durability(Durability::Normal);
    (options.open().await.expect("a new file"), scratch)
}

mod on_a_new_file {
    switchboard::store_conformance!(tokio::test, super::fresh);
}

mod without_a_runtime {
    switchboard::store_conformance!(block_on = super::parked, super::narrow);
}
