//! The loop around `decide`: read what is missing, commit, and on a conflict start again.

use crate::core::{Input, Missing, Outcome, Reply, Stop, View, decide};
use crate::engine::Switchboard;
use crate::error::Error;
use crate::store::{CommitError, Lease, Store, StoreError};

/// Times a decision is made again because somebody else wrote first.
const CONFLICTS_MAX: u32 = 16;
/// Times a decision may ask to see more.
const READS_MAX: u32 = 2048;

impl Switchboard {
    /// Decides what `input` comes to and makes it so. `lease`: the task it settles; a lost lease changes nothing, for
    /// somebody else does the work.
    pub(crate) async fn drive(&self, input: &Input, lease: Option<&Lease>) -> Result<Reply, Error> {
        let seed = (self.0.seeds)();
        // What is done because it is due must not keep those waiting who wait for an answer.
        let is_work =
            lease.is_some() || matches!(input, Input::Sending { .. } | Input::Nearing { .. } | Input::Telling { .. });
        let store: &dyn Store = if is_work { &*self.0.work } else { &*self.0.store };
        for _ in 0..CONFLICTS_MAX {
            let mut outcome = self.decide(store, input, seed).await?;
            outcome.commit.settle.extend(lease.cloned());
            if outcome.commit.operations() == 0 {
                self.0.waits.learn(&outcome.changes, &[], self.now());
                self.0.floor.learn(outcome.changes, self.now());
                return Ok(outcome.reply);
            }
            match store.commit(&outcome.commit).await {
                Ok(()) => {
                    self.0.waits.learn(&outcome.changes, &outcome.facts, self.now());
                    self.0.floor.learn(outcome.changes, self.now());
                    self.0.feed.committed(outcome.facts);
                    return Ok(outcome.reply);
                }
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::LeaseLost(_)) => return Ok(Reply::None),
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }

    async fn decide(&self, store: &dyn Store, input: &Input, seed: u128) -> Result<Outcome, Error> {
        let mut view = View::default();
        for _ in 0..READS_MAX {
            match decide(input, &view, &self.0.rules, self.now(), seed) {
                Ok(outcome) => return Ok(outcome),
                Err(Stop::Missing(missing)) => read(store, &mut view, missing).await?,
                Err(Stop::Refused(refusal)) => return Err(refusal.into()),
                Err(Stop::Unreadable(key)) => return Err(Error::Unreadable(key)),
            }
        }
        Err(Error::Contended)
    }
}

async fn read(store: &dyn Store, view: &mut View, missing: Missing) -> Result<(), StoreError> {
    if !missing.keys.is_empty() {
        let records = store.load(&missing.keys).await?;
        for (key, record) in missing.keys.into_iter().zip(records) {
            view.add_record(key, record);
        }
    }
    for scan in missing.scans {
        let page = store.scan(&scan).await?;
        view.add_page(scan, page);
    }
    Ok(())
}
