//! Foretelling for those who run a floor: what was learned before, who would come next, and what has been told.

use std::time::Duration;

use super::Fact;
use super::day::{Day, Ending, Visit};
use super::learn::Works;
use super::shadows::Predictor;
use super::wait::{Estimate, WORK_HALF_LIFE, Waits};
use crate::id::{CallId, QueueId};
use crate::routing::Waiting;
use crate::time::Timestamp;

/// From so many calls of a queue on, what was assumed beforehand counts for nothing any more.
const LEARNED_FROM: usize = 30;

impl Waits {
    /// Takes a fact into account as [`note`](Self::note) does, but foretells nothing of who comes: cheap, and the call is not among
    /// those by which errors are measured.
    pub fn note_unmeasured(&mut self, fact: &Fact, now: Timestamp) {
        self.is_unmeasured = true;
        self.note(fact, now);
        self.is_unmeasured = false;
    }

    /// Learns from waits that are over how long calls keep agents and how patient callers are. Who waits and who is busy now stays as
    /// it is, and so does the account of errors: what would have been foretold is not known.
    pub fn recall(&mut self, day: &Day) {
        let rung_s: f64 = day.rings.iter().map(Duration::as_secs_f64).sum();
        // From the offer on a call keeps its agent.
        let rung_s = rung_s / f64::from(u32::try_from(day.rings.len().max(1)).unwrap_or(u32::MAX));
        let mut visits: Vec<&Visit> = day.visits.iter().collect();
        visits.sort_by_key(|visit| visit.entered + visit.wait);
        for visit in visits {
            let Some(&queue) = self.queue_of.get(&visit.queue) else { continue };
            let learned = &mut self.learned[queue];
            let (until, wait_s) = (visit.entered + visit.wait, visit.wait.as_secs_f64());
            learned.patience.add(wait_s, visit.ending == Ending::Abandoned, until);
            match &visit.ending {
                Ending::Answered { agent, handle } => {
                    let (handle_s, over) = (handle.as_secs_f64() + rung_s, until + *handle);
                    learned.works.add(handle_s, over);
                    learned.history.resolved(wait_s, true);
                    if let Some(&at) = self.agent_of.get(agent) {
                        self.desks[at].spent[queue].add(handle_s, over);
                    }
                }
                Ending::Abandoned => learned.history.resolved(wait_s, false),
                Ending::Left => {}
            }
        }
    }

    /// Forgets how long calls took; who waits, who is busy and the account of errors stay.
    pub fn forget_works(&mut self) {
        for learned in &mut self.learned {
            learned.works = Works::assumed(self.assumed_s, WORK_HALF_LIFE);
        }
    }

    /// Whether enough calls of the queue have been seen from beginning to end for nothing of what was assumed beforehand to be
    /// left: thirty.
    #[must_use]
    pub fn has_learned(&self, queue: &QueueId) -> bool {
        self.queue_of.get(queue).is_some_and(|at| self.learned[*at].works.seen() >= LEARNED_FROM)
    }

    /// Whether the call waits, as far as is known here.
    #[must_use]
    pub fn knows(&self, call: CallId) -> bool {
        self.callers.contains_key(&call)
    }

    /// Kinds of calls that are kept apart, by queue, points and needs, and calls that wait.
    #[must_use]
    pub fn kinds(&self) -> (usize, usize) {
        (self.streams.len(), self.callers.len())
    }

    /// What a call that joined now, waiting like this, would have to wait; it is not counted as having come. `None`: nobody signed in
    /// could serve it, or there is no such queue. Zero if somebody who could is free.
    pub fn estimate_next(&mut self, waiting: &Waiting, now: Timestamp) -> Option<Estimate> {
        let queue = *self.queue_of.get(&waiting.queue)?;
        let call = CallId(uuid::Uuid::max());
        let stream = self.stream(queue, waiting, now);
        self.stand(call, stream, waiting, now);
        let estimate = self.estimate(call, now);
        self.remove(call);
        estimate
    }

    /// The call has been told its wait: [`reason`](Self::reason) compares with how it is now.
    pub fn announced(&mut self, call: CallId, now: Timestamp) {
        self.compare_from(call, now);
    }
}

impl Estimate {
    /// Nothing: an agent is free.
    pub(super) const fn none(by: Predictor) -> Self {
        Self { mean: Duration::ZERO, p50: Duration::ZERO, p80: Duration::ZERO, by }
    }
}
