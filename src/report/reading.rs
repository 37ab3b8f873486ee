//! Figures of one interval, read from the ways of calls and the histories of agents.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::id::{AgentId, CallId, QueueId};
use crate::model::{AgentEvent, AgentStatus};
use crate::report::interval::{ms, span};
use crate::report::journey::{Conversation, Journey, OfferEnd, Outcome, PromiseEnd, Reservation, Visit};
use crate::report::{AgentFigures, Attribution, Callbacks, Handling, Interval, Offers, QueueFigures, QueueLength};

/// Everything that is known, as of `now`, with the interval that is asked about.
pub(crate) struct Reading<'a> {
    pub(crate) interval: Interval,
    pub(crate) now: i64,
    pub(crate) journeys: BTreeMap<CallId, Journey>,
    pub(crate) agents: &'a Histories,
    /// When an agent began to finish up a call, and was done.
    wrap_ups: BTreeMap<(AgentId, CallId), (i64, Option<i64>)>,
}

/// What each agent did, by the number of the entry.
pub(crate) type Histories = BTreeMap<AgentId, BTreeMap<u64, AgentEvent>>;

impl<'a> Reading<'a> {
    pub(crate) fn new(
        interval: Interval,
        now: i64,
        journeys: BTreeMap<CallId, Journey>,
        agents: &'a Histories,
    ) -> Self {
        let mut wrap_ups = BTreeMap::new();
        for (agent, entries) in agents {
            let mut entries = entries.values().filter(|entry| ms(entry.at) <= now).peekable();
            while let Some(entry) = entries.next() {
                if let (AgentStatus::WrapUp, Some(call)) = (entry.status, entry.call) {
                    let done = entries.peek().map(|next| ms(next.at));
                    wrap_ups.insert((agent.clone(), call), (ms(entry.at), done));
                }
            }
        }
        Self { interval, now, journeys, agents, wrap_ups }
    }

    pub(crate) fn queues(&self) -> impl Iterator<Item = &QueueId> {
        self.journeys.values().flat_map(|journey| {
            let visited = journey.visits.iter().map(|visit| &visit.queue);
            let known = visited.chain(journey.blocked.iter().map(|blocked| &blocked.queue));
            let promised = journey.promises.iter().map(|promise| &promise.queue);
            known.chain(promised).chain(journey.questions.iter().map(|question| &question.queue))
        })
    }

    /// Whether the interval is not over: what is true now belongs to it.
    fn is_live(&self) -> bool {
        self.interval.has(self.now)
    }

    pub(crate) fn queue(&self, queue: &QueueId, by: Attribution) -> QueueFigures {
        let mut figures = QueueFigures::new(by);
        let mut stays: Vec<(&Journey, &Visit)> = Vec::new();
        for (call, journey) in &self.journeys {
            let here = |visit: &&Visit| visit.queue == *queue;
            let mut counted = false;
            for visit in journey.visits.iter().filter(here) {
                stays.push((journey, visit));
                let counts = match (by, &visit.left) {
                    (Attribution::ByEntry, _) => self.interval.has(visit.entered),
                    (Attribution::ByOutcome, Some((left, _))) => self.interval.has(*left),
                    (Attribution::ByOutcome, None) => self.is_live(),
                };
                if counts {
                    counted = true;
                    self.stay(&mut figures, journey, visit);
                }
            }
            for blocked in journey.blocked.iter().filter(|one| one.queue == *queue && self.interval.has(one.at)) {
                *figures.blocked.entry(blocked.why.clone()).or_default() += 1;
            }
            self.callbacks(&mut figures.callbacks, queue, journey, &mut figures.skew);
            let offers = journey.offers.iter().filter(|offer| offer.queue.as_ref() == Some(queue));
            self.offers(&mut figures.offers, offers);
            let talks = journey.talks.iter().filter(|talk| talk.queue.as_ref() == Some(queue));
            for talk in talks {
                self.handling(&mut figures.handling, *call, journey, talk, &mut figures.skew);
            }
            if counted {
                figures.unrecorded += journey.unrecorded;
            }
        }
        figures.length = self.length(&stays);
        let waiting = || stays.iter().filter(|(_, visit)| self.is_live() && visit.left.is_none());
        figures.longest_waiting_ms = waiting().map(|(_, visit)| (self.now - visit.entered).max(0)).max();
        figures.longest_waiting_since_arrival_ms =
            waiting().map(|(_, visit)| (self.now - visit.first_entered).max(0)).max();
        self.overtakes(&mut figures, &stays);
        figures
    }

    /// One stay that counts.
    fn stay(&self, figures: &mut QueueFigures, journey: &Journey, visit: &Visit) {
        figures.offered += 1;
        figures.returned += u64::from(visit.returned);
        let until = visit.left.as_ref().map_or(self.now, |(left, _)| *left);
        let wait = span(visit.entered, until, &mut figures.skew);
        let Some((left, outcome)) = &visit.left else {
            figures.open += 1;
            figures.open_for.add(wait);
            return;
        };
        match outcome {
            Outcome::Answered => {
                figures.answered += 1;
                figures.answered_after.add(wait);
                figures.answered_after_arrival.add(span(visit.first_entered, *left, &mut figures.skew));
                let won = journey.offers.iter().find(|offer| Some(offer.number) == visit.offer);
                if let Some(accepted) = won.and_then(|offer| offer.accepted) {
                    figures.connect_delay.add(span(accepted, *left, &mut figures.skew));
                }
            }
            Outcome::Abandoned => {
                figures.abandoned += 1;
                figures.abandoned_after.add(wait);
            }
            Outcome::Overflowed(why) => {
                *figures.overflowed.entry(why.clone()).or_default() += 1;
                figures.overflowed_after.add(wait);
            }
            Outcome::Requested => {
                figures.requested += 1;
                figures.ended_after.add(wait);
            }
            Outcome::Failed => {
                figures.failed += 1;
                figures.ended_after.add(wait);
            }
        }
    }

    fn callbacks(&self, counts: &mut Callbacks, queue: &QueueId, journey: &Journey, skew: &mut u64) {
        for question in journey.questions.iter().filter(|one| one.queue == *queue && self.interval.has(one.at)) {
            let count = if question.declined { &mut counts.declined } else { &mut counts.offered };
            *count += 1;
        }
        for promise in journey.promises.iter().filter(|promise| promise.queue == *queue) {
            let rung = promise.attempts.iter().filter(|at| self.interval.has(**at)).count();
            counts.attempts += u64::try_from(rung).unwrap_or(u64::MAX);
            if !self.interval.has(promise.made) {
                continue;
            }
            counts.promised += 1;
            let end = match promise.end.map(|(_, end)| end) {
                None => &mut counts.open,
                Some(PromiseEnd::Kept) => &mut counts.kept,
                Some(PromiseEnd::Abandoned) => &mut counts.abandoned,
                Some(PromiseEnd::Unreached) => &mut counts.unreached,
                Some(PromiseEnd::Expired) => &mut counts.expired,
                Some(PromiseEnd::Cancelled) => &mut counts.cancelled,
                Some(PromiseEnd::Resumed) => &mut counts.resumed,
                Some(PromiseEnd::Elsewhere) => &mut counts.elsewhere,
            };
            *end += 1;
            if let Some((joined, PromiseEnd::Kept)) = promise.end {
                counts.kept_after.add(span(promise.made, joined, skew));
            }
        }
    }

    fn offers<'o>(&self, counts: &mut Offers, offers: impl Iterator<Item = &'o Reservation>) {
        for offer in offers.filter(|offer| self.interval.has(offer.made)) {
            counts.made += 1;
            counts.accepted += u64::from(offer.accepted.is_some());
            let end = match offer.end.map(|(_, end)| end) {
                None => &mut counts.open,
                Some(OfferEnd::Connected) => &mut counts.connected,
                Some(OfferEnd::Rejected) => &mut counts.rejected,
                Some(OfferEnd::NoAnswer) => &mut counts.no_answer,
                Some(OfferEnd::Rescinded) => &mut counts.rescinded,
                Some(OfferEnd::Canceled) => &mut counts.canceled,
                Some(OfferEnd::Failed) => &mut counts.failed,
            };
            *end += 1;
        }
    }

    /// The wrap-up that belongs to a conversation, and its end: it follows the last one of the agent in this call.
    fn wrap_up(&self, call: CallId, journey: &Journey, talk: &Conversation) -> Option<(i64, Option<i64>)> {
        let last = journey.talks.iter().rfind(|other| other.agent == talk.agent)?;
        let found = self.wrap_ups.get(&(talk.agent.clone(), call)).copied();
        found.filter(|_| last.offer == talk.offer)
    }

    fn handling(&self, handling: &mut Handling, call: CallId, journey: &Journey, talk: &Conversation, skew: &mut u64) {
        let Some(over) = talk.to else {
            if self.is_live() {
                handling.open += 1;
                handling.open_talk_ms += span(talk.from, self.now, skew);
            }
            return;
        };
        let wrap_up = self.wrap_up(call, journey, talk).filter(|(began, _)| *began >= over);
        let (began, finished) = wrap_up.unwrap_or((over, Some(over)));
        match finished {
            Some(finished) if self.interval.has(finished) => {
                handling.handled += 1;
                handling.talk_ms += span(talk.from, over, skew);
                handling.wrap_up_ms += span(began, finished, skew);
            }
            None if self.is_live() => {
                handling.open += 1;
                handling.open_talk_ms += span(talk.from, over, skew);
                handling.open_wrap_up_ms += span(began, self.now, skew);
            }
            _ => {}
        }
    }

    /// How many waited at each moment: exact, by going through all entries and ends.
    fn length(&self, stays: &[(&Journey, &Visit)]) -> QueueLength {
        let (from, to) = (ms(self.interval.from()), ms(self.interval.to()).min(self.now));
        let mut length = QueueLength { span_ms: to.saturating_sub(from).max(0), ..QueueLength::default() };
        let mut changes: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
        for (_, visit) in stays {
            let left = visit.left.as_ref().map_or(i64::MAX, |(left, _)| *left);
            length.waiting_ms += self.interval.overlap(visit.entered, left.min(self.now));
            length.now += u64::from(self.is_live() && visit.left.is_none());
            if left > from.max(visit.entered) && visit.entered < to {
                changes.entry(visit.entered.max(from)).or_default().0 += 1;
                changes.entry(left).or_default().1 += 1;
            }
        }
        let mut waiting = 0_u64;
        for (came, left) in changes.values() {
            waiting = waiting.saturating_sub(*left).saturating_add(*came);
            length.max = length.max.max(waiting);
        }
        length
    }

    /// Goes through entries, ends and winning offers in the order of time, with those who wait in the order of their places.
    fn overtakes(&self, figures: &mut QueueFigures, stays: &[(&Journey, &Visit)]) {
        const END: u8 = 0;
        const ENTRY: u8 = 1;
        const WON: u8 = 2;
        let counts = |visit: &Visit, left: i64| match figures.attribution {
            Attribution::ByEntry => self.interval.has(visit.entered),
            Attribution::ByOutcome => self.interval.has(left),
        };
        let mut moments: Vec<(i64, u8, usize)> = Vec::new();
        for (at, (journey, visit)) in stays.iter().enumerate() {
            moments.push((visit.entered, ENTRY, at));
            let Some((left, outcome)) = &visit.left else { continue };
            moments.push(((*left).max(visit.entered), END, at));
            let won = journey.offers.iter().find(|offer| Some(offer.number) == visit.offer);
            if *outcome == Outcome::Answered && counts(visit, *left) {
                moments.extend(won.filter(|offer| offer.made >= visit.entered).map(|offer| (offer.made, WON, at)));
            }
        }
        moments.sort_unstable();
        let mut waiting: BTreeSet<(Reverse<i32>, i64, usize)> = BTreeSet::new();
        for (made, what, at) in moments {
            let Some((journey, visit)) = stays.get(at) else { continue };
            let place = (Reverse(visit.priority), visit.first_entered, at);
            match what {
                END => drop(waiting.remove(&place)),
                ENTRY if visit.left.as_ref().is_none_or(|(left, _)| *left > visit.entered) => {
                    waiting.insert(place);
                }
                WON => {
                    let won = journey.offers.iter().find(|offer| Some(offer.number) == visit.offer);
                    let Some(won) = won else { continue };
                    let first = (place.0, place.1, 0);
                    let passed = waiting.range(..first).filter_map(|(_, _, other)| stays.get(*other));
                    let mut unoffered = passed
                        .map(|(other, _)| *other)
                        .filter(|other| !other.offers.iter().any(|offer| offer.lasts_at(made)))
                        .peekable();
                    if unoffered.peek().is_some() {
                        let reason = if unoffered.all(|other| refused(other, won)) { "refused" } else { "skill" };
                        *figures.overtakes.entry(reason.to_owned()).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
    }

    /// The figures of this agent, or of all.
    pub(crate) fn agents(&self, only: Option<&AgentId>) -> BTreeMap<AgentId, AgentFigures> {
        let wanted = |agent: &AgentId| only.is_none_or(|only| only == agent);
        let mut all: BTreeMap<AgentId, AgentFigures> = BTreeMap::new();
        let known: BTreeSet<&AgentId> = self.agents.keys().chain(only).collect();
        for agent in known.into_iter().filter(|agent| wanted(agent)) {
            self.times(all.entry(agent.clone()).or_default(), agent);
        }
        for (call, journey) in &self.journeys {
            let offers = journey.offers.iter().filter(|offer| wanted(&offer.agent));
            for offer in offers {
                let figures = all.entry(offer.agent.clone()).or_default();
                self.offers(&mut figures.offers, std::iter::once(offer));
                let first = journey.offers.iter().find(|other| other.agent == offer.agent);
                if first == Some(offer) && self.interval.has(offer.made) {
                    figures.unrecorded += journey.unrecorded;
                }
            }
            for talk in journey.talks.iter().filter(|talk| wanted(&talk.agent)) {
                let figures = all.entry(talk.agent.clone()).or_default();
                self.handling(&mut figures.handling, *call, journey, talk, &mut figures.skew);
                if self.interval.has(talk.from) {
                    figures.answered += 1;
                    let won = journey.offers.iter().find(|offer| offer.number == talk.offer);
                    if let Some(accepted) = won.and_then(|offer| offer.accepted) {
                        figures.connect_delay.add(span(accepted, talk.from, &mut figures.skew));
                    }
                }
            }
        }
        all
    }

    /// Time in each status. An agent whose first entry is known was signed out before it.
    fn times(&self, figures: &mut AgentFigures, agent: &AgentId) {
        let (from, to) = (ms(self.interval.from()), ms(self.interval.to()).min(self.now));
        let known = self.agents.get(agent);
        let entries: Vec<&AgentEvent> =
            known.into_iter().flat_map(|known| known.values()).filter(|entry| ms(entry.at) <= self.now).collect();
        // A clock that was behind does not take time away twice: each status lasts until the next that is later.
        let mut at = from;
        let mut doing = match entries.first() {
            Some(first) if first.seq > 0 => None,
            _ => Some((AgentStatus::Offline, None)),
        };
        let mut spend = |doing: &Option<(AgentStatus, Option<&str>)>, until: i64| {
            let until = until.clamp(at, to.max(at));
            match doing {
                Some((status, reason)) => figures.add_time(*status, *reason, until - at),
                None => figures.unknown_ms += until - at,
            }
            at = until;
        };
        let (mut last, mut skew) = (i64::MIN, 0);
        for entry in &entries {
            let began = ms(entry.at);
            skew += u64::from(began < last && self.interval.has(last));
            last = last.max(began);
            spend(&doing, began);
            doing = Some((entry.status, entry.reason.as_deref()));
        }
        spend(&doing, to);
        figures.skew += skew;
        if let (true, Some((status, _))) = (self.is_live(), doing) {
            figures.now.insert(status, 1);
        }
    }
}

/// Whether this call's customer could not be given to the agent of `won`: they had refused or missed that call before.
fn refused(journey: &Journey, won: &Reservation) -> bool {
    let ended = |offer: &Reservation| offer.end.is_some_and(|(end, _)| end <= won.made);
    journey.offers.iter().any(|offer| offer.agent == won.agent && ended(offer))
}
