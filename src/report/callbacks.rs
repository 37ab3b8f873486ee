use serde::{Deserialize, Serialize};

use crate::report::Durations;

/// What became of callbacks. A promise belongs to the interval in which it was made, whatever the attribution of stays, and
/// has one end: `promised = kept + abandoned + unreached + expired + cancelled + resumed + elsewhere + open`.
///
/// A promise to somebody who waits ends their stay in the queue, as overflowed by `callback`: a wait at home is none on the
/// line, and service levels tell nothing of it. Offers to agents and conversations that come of it are those of the queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Callbacks {
    /// Times that callers were asked whether to be called back, in the interval.
    pub offered: u64,
    /// Of those asked, in the interval, who did not want it or could not have it.
    pub declined: u64,
    /// Promises made, to callers or for the application.
    pub promised: u64,
    /// Customer and agent were joined.
    pub kept: u64,
    /// The customer had confirmed, and hung up while waiting for the agent.
    pub abandoned: u64,
    /// The customer was not had in any attempt, or the line failed.
    pub unreached: u64,
    /// The time of the promise was over.
    pub expired: u64,
    /// The customer or the application took it back.
    pub cancelled: u64,
    /// The customer called again, and took the place.
    pub resumed: u64,
    /// The customer had confirmed, and the rules of the queue led elsewhere.
    pub elsewhere: u64,
    /// Not ended yet.
    pub open: u64,
    /// Times that customers were rung, in the interval; those that were taken back are left out.
    pub attempts: u64,
    /// From the promise to being joined, of those kept.
    pub kept_after: Durations,
}

impl Callbacks {
    /// Adds those of another queue or interval.
    pub fn merge(&mut self, other: &Self) {
        self.offered += other.offered;
        self.declined += other.declined;
        self.promised += other.promised;
        self.kept += other.kept;
        self.abandoned += other.abandoned;
        self.unreached += other.unreached;
        self.expired += other.expired;
        self.cancelled += other.cancelled;
        self.resumed += other.resumed;
        self.elsewhere += other.elsewhere;
        self.open += other.open;
        self.attempts += other.attempts;
        self.kept_after.merge(&other.kept_after);
    }
}
