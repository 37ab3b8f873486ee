//! The shell around the rules: reads, decides, commits once, then acts. No rule of the call centre is here.

mod answer;
mod builder;
mod checked;
mod days;
mod drain;
mod drive;
mod feed;
mod figures;
mod floor;
mod foresight;
mod mistakes;
mod never;
mod overflows;
mod read;
mod recent;
mod reconcile;
mod request;
mod turn;
mod waiting;
mod why;
mod witness;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use answer::WebhookReply;
pub use builder::{Builder, ConfigErrors};
pub use days::DAY_CALLS_MAX;
pub use feed::{Feed, FeedEntry};
pub use figures::StaffFigures;
use floor::NodeFloor;
use foresight::NodeWaits;
pub use foresight::WaitFigures;
pub use read::{CallPage, QueueView};
pub use turn::Turned;
pub use why::{Why, WhyNot};

use crate::core::Rules;
#[cfg(feature = "runtime")]
use crate::store::Wake;
use crate::store::{Store, Task, TaskId};
use crate::telephony::Telephony;
use crate::telephony::twilio::hop::{Route, Urls};
use crate::time::{Clock, Timestamp};
use crate::webhook::Verifier;

pub(crate) type Seeds = Arc<dyn Fn() -> u128 + Send + Sync>;

pub(crate) struct Inner {
    pub(crate) rules: Rules,
    pub(crate) urls: Urls,
    pub(crate) verifier: Verifier,
    /// For answers.
    pub(crate) store: Arc<dyn Store>,
    /// The same store, for due work.
    pub(crate) work: Arc<dyn Store>,
    /// The same store, for lists and figures.
    pub(crate) reports: Arc<dyn Store>,
    #[cfg(feature = "runtime")]
    pub(crate) wake: Option<Arc<dyn Wake>>,
    pub(crate) telephony: Arc<dyn Telephony>,
    pub(crate) reconciler: Option<reconcile::Reconciler>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) seeds: Seeds,
    pub(crate) feed: Feed,
    pub(crate) floor: NodeFloor,
    /// Whether the node is about to stop.
    pub(crate) draining: AtomicBool,
    /// What was claimed and is not done.
    pub(crate) held: Mutex<BTreeMap<TaskId, Task>>,
    pub(crate) waits: NodeWaits,
    pub(crate) recent: recent::Recent,
}

/// A call centre. A handle: cloning shares it.
///
/// It remembers nothing between calls of its methods but hints: any number of them may run over one store, and each may be
/// dropped at any `await`.
#[derive(Clone)]
pub struct Switchboard(pub(crate) Arc<Inner>);

impl fmt::Debug for Switchboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Switchboard").field("rules", &self.0.rules.version).finish_non_exhaustive()
    }
}

impl Switchboard {
    /// Begins a call centre.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The configuration in force.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.0.rules
    }

    /// What happened lately on this node.
    #[must_use]
    pub fn feed(&self) -> &Feed {
        &self.0.feed
    }

    /// The URL to give the provider for calls to our numbers ("A call comes in").
    #[must_use]
    pub fn voice_url(&self) -> String {
        self.0.urls.url(&Route::Voice)
    }

    /// The URL to give the provider for the end of calls to our numbers ("Call status changes").
    #[must_use]
    pub fn status_url(&self) -> String {
        self.0.urls.url(&Route::Status)
    }

    pub(crate) fn held(&self) -> MutexGuard<'_, BTreeMap<TaskId, Task>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}
