//! The store in memory passes the suite, and the suite catches stores that are wrong.
#![cfg(feature = "conformance")]

mod caught;
mod compared;
mod falsify;
mod memory;
mod sabotage;

use switchboard::conformance::block_on;
use switchboard::store::MemoryStore;

async fn fresh() -> (MemoryStore, ()) {
    (MemoryStore::new(), ())
}

mod in_memory {
    switchboard::store_conformance!(block_on = super::block_on, super::fresh);
}

#[cfg(feature = "runtime")]
mod in_memory_with_a_runtime {
    switchboard::store_conformance!(tokio::test, super::fresh);
}
