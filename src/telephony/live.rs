//! The legs that live at the provider: the [`LiveLegs`] trait, an ability that a telephony may have.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{LegState, TelephonyError};
use crate::time::Timestamp;

/// Who began a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LegOrigin {
    /// Somebody called a number of the account.
    Inbound,
    /// A request to the provider placed it.
    Placed,
    /// A document of another leg placed it: it ends with that one.
    Child,
}

/// A leg that lives at the provider, as a list of it says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LiveLeg {
    /// The provider's id.
    pub id: String,
    /// Who began it.
    pub origin: LegOrigin,
    /// Who calls, as the provider writes it.
    pub from: String,
    /// Who is called.
    pub to: String,
    /// [`LegState::Ringing`] or [`LegState::Answered`].
    pub state: LegState,
    /// When it began; `None`: it has not been placed yet.
    pub started_at: Option<Timestamp>,
}

/// Without the numbers.
impl fmt::Debug for LiveLeg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveLeg")
            .field("id", &self.id)
            .field("origin", &self.origin)
            .field("state", &self.state)
            .field("started_at", &self.started_at)
            .finish_non_exhaustive()
    }
}

impl LiveLeg {
    /// A leg that was begun so, from one address to another.
    #[must_use]
    pub fn new(
        id: impl Into<String>,
        origin: LegOrigin,
        from: impl Into<String>,
        to: impl Into<String>,
        state: LegState,
    ) -> Self {
        Self { id: id.into(), origin, from: from.into(), to: to.into(), state, started_at: None }
    }

    /// The same, begun at `at`.
    #[must_use]
    pub fn started_at(mut self, at: Timestamp) -> Self {
        self.started_at = Some(at);
        self
    }
}

/// A page of the legs that live.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LivePage {
    /// The legs.
    pub legs: Vec<LiveLeg>,
    /// What to ask the next page with; `None`: this was the last.
    pub next: Option<String>,
}

/// Lists the legs of an account that live: an ability beside [`Telephony`](super::Telephony).
#[async_trait]
pub trait LiveLegs: fmt::Debug + Send + Sync + 'static {
    /// A page of the legs that are placed and not over, those that have been answered first. Reading only.
    ///
    /// `after` is the `next` of the page before. It may have been kept for minutes, by another node: one that is no good
    /// any more is [`Failure::Rejected`](super::Failure::Rejected).
    ///
    /// # On return
    /// `Ok`: a page of what the provider lists. The list may be some seconds behind: a leg may be missing that has just
    /// begun, and one may be there that has just ended. Never an answered leg without its `started_at`.
    async fn live(&self, after: Option<&str>) -> Result<LivePage, TelephonyError>;
}
