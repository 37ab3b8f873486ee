//! Lists what lives at the carrier, and names the history of the simulated store, as a node reaches both.

use async_trait::async_trait;

use crate::sim::node::{NodeStore, NodeTelephony};
use crate::store::{Epoch, StoreError};
use crate::telephony::{LiveLegs, LivePage, TelephonyError};

#[async_trait]
impl LiveLegs for NodeTelephony {
    async fn live(&self, after: Option<&str>) -> Result<LivePage, TelephonyError> {
        self.telephony.list_live(after, || self.queue_fault()).await
    }
}

#[async_trait]
impl Epoch for NodeStore {
    /// Counts how often commits were lost.
    async fn epoch(&self) -> Result<String, StoreError> {
        self.reach().await?;
        self.store.history()
    }
}
