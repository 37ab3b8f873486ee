use std::fmt;

use async_trait::async_trait;

use super::StoreError;

/// Names the history of a store: an ability beside [`Store`](super::Store), for stores that can lose what they have
/// acknowledged, through a failover to a replica that was behind or a restore from a backup.
#[async_trait]
pub trait Epoch: fmt::Debug + Send + Sync + 'static {
    /// The name of the store's present history, at most 160 bytes.
    ///
    /// # On return
    /// The same name as before, unless commits that were acknowledged meanwhile may have been lost. Another name costs a
    /// comparison with the provider, in which every caller on the line is led anew to where the books have them: a name
    /// that changes at each restart of the store is too eager.
    async fn epoch(&self) -> Result<String, StoreError>;
}
