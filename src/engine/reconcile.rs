//! Comparing the books with what lives at the provider. One task of the call centre, so that one node does it, and any can
//! go on with it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::core::{
    Compared, Input, LIVE, RECONCILED_WITHIN, Reply, Timer, beside, is_newer, reconciliation_key, task_id, to_rehear,
    unlisted,
};
use crate::engine::Switchboard;
use crate::error::Error;
use crate::id::{CallId, LegId};
use crate::model::{Call, Pass, Reconciliation};
use crate::store::{Arm, Body, Commit, CommitError, Epoch, Lease, PAGE_MAX, Rearm, Scan, StoreError};
use crate::telephony::{Failure, LegRef, LegState, LiveLegs, LivePage};
use crate::time::Timestamp;

/// How often a node looks whether the store has another history.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often a node makes sure that there is a comparison to come: a store that was lost has lost that, too.
const ARM_EVERY: Duration = Duration::from_secs(10);
/// Most things done about one page before others get their turn: each takes a request or two.
const ACTS_MAX: u32 = 8;

/// Who lists, and what this node remembers.
pub(crate) struct Reconciler {
    live: Arc<dyn LiveLegs>,
    epoch: Option<Arc<dyn Epoch>>,
    known: Mutex<Known>,
}

/// Hints: a node that knows nothing finds everything in the store.
#[derive(Default)]
struct Known {
    looked_at: Option<Timestamp>,
    /// The history that the record was read in, and when.
    read: Option<(String, Timestamp)>,
    /// Comparisons completed when it was: fewer would be those of another history.
    passes: u64,
    /// Whether the books of this history have been compared with the provider.
    is_compared: bool,
    /// Since when they have not.
    open_since: Option<Timestamp>,
    /// Legs listed in the comparison of this number, if this node has seen all of its pages.
    listed: Option<(u64, BTreeSet<String>)>,
}

impl fmt::Debug for Reconciler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconciler").field("live", &self.live).finish_non_exhaustive()
    }
}

impl Reconciler {
    pub(crate) fn new(live: Arc<dyn LiveLegs>, epoch: Option<Arc<dyn Epoch>>) -> Self {
        Self { live, epoch, known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn history(&self) -> Result<String, StoreError> {
        match &self.epoch {
            Some(epoch) => epoch.epoch().await,
            None => Ok(String::new()),
        }
    }
}

/// What was done about a page.
#[derive(Default)]
struct Acts {
    requests: u32,
    again: bool,
    /// A leg of an agent's talked with somebody, and nobody knows with whom.
    shows_loss: bool,
}

impl Acts {
    /// Whether there is room for one more; if not, the page is looked at again.
    fn have_room(&mut self) -> bool {
        let room = self.requests < ACTS_MAX;
        self.again |= !room;
        room
    }
}

impl Switchboard {
    /// Whether anybody may be rung. Not after a change of the store's history before the books were compared with the
    /// provider; but no longer than [`RECONCILED_WITHIN`], for a provider that does not list would end all service.
    pub(super) fn may_dispatch(&self) -> bool {
        let Some(reconciler) = &self.0.reconciler else { return true };
        let known = reconciler.known();
        known.is_compared || known.open_since.is_some_and(|since| self.now().since(since) >= RECONCILED_WITHIN)
    }

    /// Notices another history of the store, and sees to it that the books are compared with the provider.
    pub(super) async fn look_at_history(&self) -> Result<(), StoreError> {
        let Some(reconciler) = &self.0.reconciler else { return Ok(()) };
        let now = self.now();
        {
            let known = reconciler.known();
            if known.is_compared && known.looked_at.is_some_and(|at| now.since(at) < LOOK_EVERY && now >= at) {
                return Ok(());
            }
        }
        let history = reconciler.history().await?;
        {
            let mut known = reconciler.known();
            let is_same =
                known.read.as_ref().is_some_and(|(known, at)| *known == history && now.since(*at) < ARM_EVERY);
            if is_same && known.is_compared {
                known.looked_at = Some(now);
                return Ok(());
            }
        }
        let Some(record) = self.reconciliation().await? else {
            // A newer node compares.
            let mut known = reconciler.known();
            (known.looked_at, known.is_compared, known.read) = (Some(now), true, Some((history, now)));
            return Ok(());
        };
        let is_compared = record.history.as_ref() == Some(&history);
        let is_armed = {
            let mut known = reconciler.known();
            let is_other = known.read.as_ref().is_some_and(|(known, _)| *known != history);
            if is_other || record.passes < known.passes {
                // What this node remembers is of a history that is lost.
                self.0.floor.forget_everything(Arc::clone(&self.0.rules.roster));
                self.0.recent.clear();
            }
            known.looked_at = Some(now);
            known.passes = record.passes;
            known.is_compared = is_compared;
            known.open_since = (!is_compared).then(|| known.open_since.unwrap_or(now));
            let armed = known.read.as_ref().is_some_and(|(known, at)| *known == history && now.since(*at) < ARM_EVERY);
            if !armed {
                known.read = Some((history, now));
            }
            armed
        };
        if is_armed {
            return Ok(());
        }
        let every = self.0.rules.reconcile_every;
        let due = record.done_at.filter(|_| is_compared).map_or(now, |done_at| (done_at + every).max(now));
        let work = Body::new(serde_json::to_value(Timer::Reconcile).unwrap_or_default());
        let arm = Arm { id: task_id(&self.0.rules.tenant, &Timer::Reconcile), due, rearm: Rearm::Earliest, work };
        match self.0.work.commit(&Commit { arm: vec![arm], ..Commit::default() }).await {
            Err(CommitError::Store(error)) => {
                reconciler.known().read = None;
                Err(error)
            }
            _ => Ok(()),
        }
    }

    /// `None`: a newer version wrote it.
    async fn reconciliation(&self) -> Result<Option<Reconciliation>, StoreError> {
        let key = reconciliation_key(&self.0.rules.tenant);
        let Some(record) = self.0.work.load(&[key]).await?.into_iter().next().flatten() else {
            return Ok(Some(Reconciliation::default()));
        };
        if is_newer(&record.body, &self.0.rules) {
            return Ok(None);
        }
        Ok(record.body.read::<Reconciliation>().ok())
    }

    /// Compares one page, and sets the time for the next.
    pub(super) async fn reconcile(&self, lease: &Lease) -> Result<(), Error> {
        let Some(reconciler) = &self.0.reconciler else { return self.settle(lease).await };
        let history = reconciler.history().await?;
        let Some(record) = self.reconciliation().await? else {
            return Err(Error::Unreadable(reconciliation_key(&self.0.rules.tenant)));
        };
        let mut pass = record.pass(&history, self.now());
        let (mut spent, mut were_young) = (0, false);
        let compared = loop {
            let page = match reconciler.live.live(pass.cursor.as_deref()).await {
                Ok(page) => page,
                Err(error) => break Compared::Failed { is_rejected: error.failure() == Failure::Rejected },
            };
            match self.compare(reconciler, &pass, page).await? {
                // Short pages are compared in one go, and paid for afterwards.
                Compared::Page { next: Some(next), again: false, requests, are_young }
                    if spent + requests < ACTS_MAX =>
                {
                    (spent, were_young) = (spent + requests, were_young || are_young);
                    pass.cursor = Some(next);
                }
                Compared::Page { next, again, requests, are_young } => {
                    let (requests, are_young) = (spent + requests, were_young || are_young);
                    break Compared::Page { next, again, requests, are_young };
                }
                failed @ Compared::Failed { .. } => break failed,
            }
        };
        self.drive(&Input::Compared { pass, compared }, Some(lease)).await?;
        // What is dispatched from now on need not wait for the next look.
        reconciler.known().looked_at = None;
        self.look_at_history().await.map_err(Into::into)
    }

    async fn compare(&self, reconciler: &Reconciler, pass: &Pass, page: LivePage) -> Result<Compared, Error> {
        // The books are read after the list: whoever is listed and was placed by then is in them.
        let (books, is_whole) = self.live_calls().await?;
        let mut acts = Acts { requests: 1, ..Acts::default() };
        let beside = beside(&self.0.rules, &page.legs, (&books, is_whole), pass, self.now());
        for one in beside.unowned {
            if !acts.have_room() {
                break;
            }
            acts.requests += 2;
            // The list may be behind: what has just ended is no riddle.
            let leg = LegRef::Id(one.leg.id.clone());
            let Ok(report) = self.0.telephony.probe(&leg).await else { continue };
            if !matches!(report.state, LegState::Ringing | LegState::Answered) {
                continue;
            }
            let input = Input::Unowned { leg: one.leg, dialled: one.dialled };
            acts.shows_loss |= matches!(self.tell(&input).await?, Some(Reply::Proceed(true)));
        }
        if pass.lost_history || acts.shows_loss {
            self.lead_anew(pass, &page, &books, &mut acts).await?;
        }
        let listed = Self::note_listed(reconciler, pass, &page);
        if let Some(listed) = listed.filter(|_| page.next.is_none() && !acts.again) {
            for (call, legs) in self.missing(&books, &listed) {
                if !acts.have_room() {
                    acts.again = false;
                    break;
                }
                acts.requests += 1;
                self.tell(&Input::Unlisted { call, legs }).await?;
            }
        }
        let Acts { requests, again, .. } = acts;
        Ok(Compared::Page { next: page.next, again, requests, are_young: beside.are_young })
    }

    fn missing(&self, books: &[Call], listed: &BTreeSet<String>) -> Vec<(CallId, Vec<LegId>)> {
        let now = self.now();
        let missing = books.iter().map(|call| (call.id, unlisted(call, listed, now)));
        missing.filter(|(_, legs)| !legs.is_empty()).collect()
    }

    async fn lead_anew(&self, pass: &Pass, page: &LivePage, books: &[Call], acts: &mut Acts) -> Result<(), Error> {
        let answered = page.legs.iter().filter(|leg| leg.state == LegState::Answered);
        let answered: BTreeSet<&str> = answered.map(|leg| leg.id.as_str()).collect();
        for call in books {
            let legs = to_rehear(call, &answered, pass.began_at);
            if legs.is_empty() {
                continue;
            }
            if !acts.have_room() {
                break;
            }
            acts.requests += u32::try_from(legs.len()).unwrap_or(u32::MAX);
            self.tell(&Input::Unheard { call: call.id, legs }).await?;
        }
        Ok(())
    }

    /// All legs listed in this comparison so far; `None`: another node has seen some of them.
    fn note_listed(reconciler: &Reconciler, pass: &Pass, page: &LivePage) -> Option<BTreeSet<String>> {
        let mut known = reconciler.known();
        if pass.cursor.is_none() {
            known.listed = Some((pass.number, BTreeSet::new()));
        }
        let (number, listed) = known.listed.as_mut()?;
        if *number != pass.number {
            return None;
        }
        listed.extend(page.legs.iter().map(|leg| leg.id.clone()));
        page.next.is_none().then(|| listed.clone())
    }

    /// One damaged record must not keep the others from being compared.
    async fn tell(&self, input: &Input) -> Result<Option<Reply>, Error> {
        match self.drive(input, None).await {
            Ok(reply) => Ok(Some(reply)),
            Err(Error::Store(error)) => Err(error.into()),
            Err(_) => Ok(None),
        }
    }

    /// All calls that have not ended, and whether all of them could be read: one that could not is left to a newer node, or
    /// to people.
    async fn live_calls(&self) -> Result<(Vec<Call>, bool), StoreError> {
        let (mut calls, mut is_whole, mut after) = (Vec::new(), true, None);
        loop {
            let partition = self.0.rules.tenant.to_string();
            let scan = Scan { index: LIVE.to_owned(), partition, after, limit: PAGE_MAX };
            let page = self.0.work.scan(&scan).await?;
            for record in &page.records {
                match record.body.read::<Call>() {
                    Ok(call) => calls.push(call),
                    Err(_) => is_whole = false,
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok((calls, is_whole));
            }
        }
    }
}
