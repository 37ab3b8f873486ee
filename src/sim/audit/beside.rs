//! I-34: nobody waits beside a free agent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::core::Rules;
use crate::id::{AgentId, CallId};
use crate::model::Call;
use crate::routing::Waiting;
use crate::sim::audit::Violation;
use crate::sim::audit::books::{Books, Touched};
use crate::time::Timestamp;

/// How long a call may wait beside a free agent: a crash, its lease, and a little.
pub(super) const PATIENCE: Duration = Duration::from_secs(12);
/// How often all are looked at anew: what may be offered to whom changes with time too.
const SWEEP: Duration = Duration::from_secs(1);

/// A call that waits and is offered to nobody.
#[derive(Debug)]
struct Waiter {
    waiting: Waiting,
    /// Somebody free who could take it.
    beside: Option<AgentId>,
    /// Since when there has always been somebody.
    since: Option<Timestamp>,
}

impl Waiter {
    fn stands_beside(&mut self, agent: Option<AgentId>, now: Timestamp) {
        self.since = if agent.is_some() { self.since.or(Some(now)) } else { None };
        self.beside = agent;
    }
}

/// Calls that wait and are offered to nobody, and agents who are free.
#[derive(Debug, Default)]
pub(super) struct Beside {
    waiters: BTreeMap<CallId, Waiter>,
    free: BTreeSet<AgentId>,
    swept: Option<Timestamp>,
    /// Nothing could be offered before.
    calm_since: Option<Timestamp>,
}

impl Beside {
    /// Takes in what has changed. Returns a violation for each call that has waited too long while an agent who could take it
    /// was free all the time.
    pub(super) fn look(
        &mut self,
        books: &Books,
        touched: &Touched,
        rules: &Rules,
        now: Timestamp,
        patience: Duration,
    ) -> Vec<Violation> {
        self.take_in(books, touched, rules, now);
        if self.swept.is_none_or(|at| now.since(at) >= SWEEP) {
            self.swept = Some(now);
            for waiter in self.waiters.values_mut() {
                let found = beside(waiter, &self.free, books, rules, now);
                waiter.stands_beside(found, now);
            }
        }
        let (mut found, calm_since) = (Vec::new(), self.calm_since);
        for (id, waiter) in &mut self.waiters {
            let Some(since) =
                waiter.since.filter(|since| now.since(calm_since.map_or(*since, |calm| calm.max(*since))) > patience)
            else {
                continue;
            };
            waiter.since = Some(now);
            let what = format!("call {id} has waited since {since} while somebody free could take it");
            found.push(Violation::new("I-34", what));
        }
        found
    }

    /// Until now nothing could be offered.
    pub(super) fn excuse(&mut self, now: Timestamp) {
        self.calm_since = Some(now);
    }

    fn take_in(&mut self, books: &Books, touched: &Touched, rules: &Rules, now: Timestamp) {
        for id in &touched.agents {
            let standing = books.agents.get(id).map(crate::model::Agent::standing);
            if standing.is_some_and(|standing| standing.staffed && standing.free > 0) {
                self.free.insert(id.clone());
            } else {
                self.free.remove(id);
            }
        }
        for id in &touched.calls {
            let Some(waiting) = books.calls.get(id).and_then(|call| waiting(call, rules, now)) else {
                self.waiters.remove(id);
                continue;
            };
            let before = self.waiters.remove(id);
            let since = before.as_ref().and_then(|waiter| waiter.since);
            let mut waiter = Waiter { waiting, beside: before.and_then(|waiter| waiter.beside), since };
            let found = beside(&waiter, &self.free, books, rules, now);
            waiter.stands_beside(found, now);
            self.waiters.insert(*id, waiter);
        }
        if touched.agents.is_empty() {
            return;
        }
        for waiter in self.waiters.values_mut() {
            let found = match &waiter.beside {
                Some(agent) if touched.agents.contains(agent) => beside(waiter, &self.free, books, rules, now),
                Some(_) => continue,
                None => touched.agents.iter().find(|agent| could(waiter, agent, books, rules, now)).cloned(),
            };
            waiter.stands_beside(found, now);
        }
    }
}

fn waiting(call: &Call, rules: &Rules, now: Timestamp) -> Option<Waiting> {
    if !call.is_offerable() || !call.offers.is_empty() {
        return None;
    }
    call.waiting(rules.queues.get(call.queue.as_ref()?)?, now)
}

fn could(waiter: &Waiter, agent: &AgentId, books: &Books, rules: &Rules, now: Timestamp) -> bool {
    books.agents.get(agent).is_some_and(|agent| rules.could_take(&waiter.waiting, agent, now))
}

/// Somebody free who could take the call now; who could before, if that still holds.
fn beside(waiter: &Waiter, free: &BTreeSet<AgentId>, books: &Books, rules: &Rules, now: Timestamp) -> Option<AgentId> {
    let same = waiter.beside.as_ref().filter(|agent| could(waiter, agent, books, rules, now));
    same.or_else(|| free.iter().find(|agent| could(waiter, agent, books, rules, now))).cloned()
}
