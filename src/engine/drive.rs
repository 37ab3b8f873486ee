//! The loop around `decide`: guess or read what is missing, commit, and on a conflict start again.

use std::collections::BTreeSet;

use crate::core::{Input, Missing, Outcome, Reply, Stop, View, call_key, decide};
use crate::engine::Switchboard;
use crate::engine::recent::Guessed;
use crate::error::Error;
use crate::id::CallId;
use crate::store::{Commit, CommitError, Key, Lease, Store, StoreError};

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
        for attempt in 0..CONFLICTS_MAX {
            let (mut outcome, guessed) = self.decide(store, input, seed, attempt == 0).await?;
            outcome.commit.settle.extend(lease.cloned());
            if outcome.commit.operations() == 0 {
                self.0.waits.learn(&outcome.changes, &[], self.now());
                self.0.floor.learn(outcome.changes, self.now());
                return Ok(outcome.reply);
            }
            match store.commit(&outcome.commit).await {
                Ok(()) => {
                    self.0.recent.written(&outcome.commit, &guessed, self.now());
                    self.0.waits.learn(&outcome.changes, &outcome.facts, self.now());
                    self.0.floor.learn(outcome.changes, self.now());
                    self.0.feed.committed(outcome.facts);
                    return Ok(outcome.reply);
                }
                Err(error) => {
                    self.0.recent.forget(&outcome.commit, &guessed);
                    match error {
                        CommitError::Conflict(_) => {}
                        CommitError::LeaseLost(_) => return Ok(Reply::None),
                        CommitError::Store(error) => return Err(error.into()),
                    }
                }
            }
        }
        Err(Error::Contended)
    }

    /// What `input` comes to; and what it was decided by that was guessed, all of which its commit checks.
    async fn decide(
        &self,
        store: &dyn Store,
        input: &Input,
        seed: u128,
        may_guess: bool,
    ) -> Result<(Outcome, Guessed), Error> {
        if may_guess {
            let (mut view, mut guessed) = (View::default(), Guessed::new());
            let decided = self.decide_by(store, input, seed, &mut view, Some(&mut guessed)).await?;
            if guessed.is_empty() {
                return Ok((decided.map_err(refused)?, guessed));
            }
            if let Ok(mut outcome) = decided
                && is_checked(&mut outcome.commit, &guessed)
            {
                return Ok((outcome, guessed));
            }
        }
        let outcome = self.decide_by(store, input, seed, &mut View::default(), None).await?;
        Ok((outcome.map_err(refused)?, Guessed::new()))
    }

    async fn decide_by(
        &self,
        store: &dyn Store,
        input: &Input,
        seed: u128,
        view: &mut View,
        mut guessed: Option<&mut Guessed>,
    ) -> Result<Result<Outcome, Stop>, Error> {
        let newcomer = match input {
            Input::Arrived { sid, .. } => {
                let rules = &self.0.rules;
                Some(call_key(&rules.tenant, CallId::of_leg(&rules.tenant, &rules.account, sid)))
            }
            _ => None,
        };
        for _ in 0..READS_MAX {
            match decide(input, view, &self.0.rules, self.now(), seed) {
                Err(Stop::Missing(mut missing)) => {
                    if let Some(guessed) = guessed.as_deref_mut() {
                        let recent = &self.0.recent;
                        recent.guess(&mut missing.keys, newcomer.as_ref(), self.now(), view, guessed);
                    }
                    self.read_missing(store, view, missing).await?;
                }
                decided => return Ok(decided),
            }
        }
        Err(Error::Contended)
    }

    async fn read_missing(&self, store: &dyn Store, view: &mut View, missing: Missing) -> Result<(), StoreError> {
        if !missing.keys.is_empty() {
            let records = store.load(&missing.keys).await?;
            for (key, record) in missing.keys.into_iter().zip(records) {
                if let Some(record) = &record {
                    self.0.recent.read(record, self.now());
                }
                view.add_record(key, record);
            }
        }
        for scan in missing.scans {
            let page = store.scan(&scan).await?;
            view.add_page(scan, page);
        }
        Ok(())
    }
}

/// Has the commit check all that was guessed; `false`: it cannot, as it changes nothing, or as no commit can check that a record is
/// not there.
fn is_checked(commit: &mut Commit, guessed: &Guessed) -> bool {
    if commit.operations() == 0 {
        return false;
    }
    let written: BTreeSet<&Key> =
        commit.puts.iter().map(|put| &put.key).chain(commit.deletes.iter().map(|(key, _)| key)).collect();
    let unwritten: Vec<_> = guessed.iter().filter(|(key, _)| !written.contains(key)).collect();
    if unwritten.iter().any(|(_, version)| version.is_none()) {
        return false;
    }
    let checks = unwritten.into_iter().filter_map(|(key, version)| Some((key.clone(), (*version)?)));
    commit.checks.extend(checks.collect::<Vec<_>>());
    true
}

fn refused(stop: Stop) -> Error {
    match stop {
        Stop::Refused(refusal) => refusal.into(),
        Stop::Unreadable(key) => Error::Unreadable(key),
        Stop::Missing(_) => Error::Contended,
    }
}
