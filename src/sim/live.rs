//! Lists what lives at the carrier, and names the history of the simulated store.

use async_trait::async_trait;

use crate::sim::nodes::SimTelephony;
use crate::sim::store::SimStore;
use crate::store::{Epoch, StoreError};
use crate::telephony::{LiveLegs, LivePage, TelephonyError};

#[async_trait]
impl LiveLegs for SimTelephony {
    async fn live(&self, after: Option<&str>) -> Result<LivePage, TelephonyError> {
        self.list_live(after).await
    }
}

#[async_trait]
impl Epoch for SimStore {
    /// Counts how often commits were lost.
    async fn epoch(&self) -> Result<String, StoreError> {
        self.history()
    }
}
