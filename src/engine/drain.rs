//! A node that is about to stop.

use std::sync::atomic::Ordering;

use futures_util::future::join_all;

use crate::engine::Switchboard;
use crate::store::{Arm, Commit, Rearm, Task};

impl Switchboard {
    /// This node is about to stop: from now on [`turn`](Self::turn) claims nothing, and health says `draining`, so that a
    /// load balancer sends its requests elsewhere. Requests and webhooks that come all the same are answered.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::SeqCst);
    }

    /// Takes work again.
    pub fn resume(&self) {
        self.0.draining.store(false, Ordering::SeqCst);
    }

    /// Whether the node is about to stop.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::SeqCst)
    }

    /// Gives back what was claimed and is not done, so that other nodes have it at once instead of when its lease ends.
    /// Returns how many tasks were given back. To be called when no turn is under way any more: what one was about to do
    /// is done again elsewhere, which is as safe as a crash.
    pub async fn hand_back(&self) -> usize {
        let held: Vec<Task> = std::mem::take(&mut *self.held()).into_values().collect();
        let given = held.iter().map(|task| async {
            let (id, work) = (task.lease.id.clone(), task.work.clone());
            let again = Arm { id, due: task.due, rearm: Rearm::Earliest, work };
            let commit = Commit { settle: vec![task.lease.clone()], arm: vec![again], ..Commit::default() };
            // One that is lost already is another's, and one that fails is free when its lease ends.
            self.0.work.commit(&commit).await.is_ok()
        });
        join_all(given).await.into_iter().filter(|is_given| *is_given).count()
    }
}
