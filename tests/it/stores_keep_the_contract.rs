//! The store in memory passes the suite, and the suite catches stores that are wrong.
#![cfg(feature = "conformance")]

use switchboard::conformance::block_on;
use switchboard::store::MemoryStore;

mod memory {
    use super::{MemoryStore, block_on};

    async fn fresh() -> (MemoryStore, ()) {
        (MemoryStore::new(), ())
    }

    switchboard::store_conformance!(block_on = block_on, fresh);
}
