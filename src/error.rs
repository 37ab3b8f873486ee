//! What an application sees when something it asked for did not happen.

use crate::core::{Refusal, RefusalKind};
use crate::store::{Key, StoreError};

/// Why something that was asked for did not happen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is refused; nothing changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed: it may or may not have happened. Asking again is safe.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Others changed the same records again and again; nothing changed. Ask again.
    #[error("others kept changing the same records; nothing was done, ask again")]
    Contended,
    /// A stored record cannot be understood: it is damaged, or a newer version wrote it.
    #[error("{0} cannot be read: it is damaged, or a newer version of the program wrote it")]
    Unreadable(Key),
}

impl Error {
    /// Whether asking again may help, and is safe.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Store(_) | Self::Contended)
    }

    /// What kind of refusal it is, if it is one.
    #[must_use]
    pub fn refusal(&self) -> Option<RefusalKind> {
        match self {
            Self::Refused(refusal) => Some(refusal.kind),
            _ => None,
        }
    }
}
