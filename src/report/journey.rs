//! One call's way through queues, offers and conversations, as its facts tell it.

use std::collections::BTreeMap;

use crate::id::{AgentId, QueueId};
use crate::model::{EndReason, Event, EventKind};
use crate::report::interval::ms;

/// What figures need of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Queued { queue: QueueId, priority: i32 },
    Overflowed { queue: QueueId, why: String },
    Offered { offer: u32, agent: AgentId },
    Accepted { offer: u32 },
    OfferEnded { offer: u32, why: String },
    Connected { offer: u32, agent: AgentId },
    Ended { reason: EndReason },
    LeftByKey { queue: QueueId },
    Asked { queue: QueueId },
    Declined { queue: QueueId },
    Promised { queue: QueueId },
    Dialled,
    Withdrawn,
}

impl Step {
    fn of(kind: &EventKind) -> Option<Self> {
        Some(match kind {
            EventKind::Queued { queue, priority, .. } => Self::Queued { queue: queue.clone(), priority: *priority },
            EventKind::Overflowed { queue, why } => Self::Overflowed { queue: queue.clone(), why: why.clone() },
            EventKind::Offered { offer, agent, .. } => Self::Offered { offer: *offer, agent: agent.clone() },
            EventKind::Accepted { offer, .. } => Self::Accepted { offer: *offer },
            EventKind::OfferEnded { offer, why, .. } => Self::OfferEnded { offer: *offer, why: why.clone() },
            EventKind::Connected { offer, agent } => Self::Connected { offer: *offer, agent: agent.clone() },
            EventKind::Ended { reason } => Self::Ended { reason: *reason },
            EventKind::LeftByKey { queue, .. } => Self::LeftByKey { queue: queue.clone() },
            EventKind::CallbackOffered { queue } => Self::Asked { queue: queue.clone() },
            EventKind::CallbackDeclined { queue } => Self::Declined { queue: queue.clone() },
            EventKind::CallbackPromised { queue } => Self::Promised { queue: queue.clone() },
            EventKind::CallbackDialled { .. } => Self::Dialled,
            EventKind::CallbackMissed { why, .. } if why == "withdrawn" => Self::Withdrawn,
            _ => return None,
        })
    }
}

/// The facts of a call, each once, in the call's own order however they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Track {
    steps: BTreeMap<u32, (i64, Step)>,
    /// Which events were seen, as bits.
    seen: Vec<u64>,
}

impl Track {
    pub(crate) fn add(&mut self, event: &Event) {
        let (word, bit) = (event.seq as usize / 64, event.seq % 64);
        if self.seen.len() <= word {
            self.seen.resize(word + 1, 0);
        }
        if let Some(word) = self.seen.get_mut(word) {
            *word |= 1 << bit;
        }
        if let Some(step) = Step::of(&event.kind) {
            self.steps.entry(event.seq).or_insert_with(|| (ms(event.at), step));
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if self.seen.len() < other.seen.len() {
            self.seen.resize(other.seen.len(), 0);
        }
        for (word, more) in self.seen.iter_mut().zip(&other.seen) {
            *word |= more;
        }
        for (seq, step) in &other.steps {
            self.steps.entry(*seq).or_insert_with(|| step.clone());
        }
    }

    /// When the call ended, if it has.
    pub(crate) fn ended(&self) -> Option<i64> {
        self.steps.values().find(|(_, step)| matches!(step, Step::Ended { .. })).map(|(at, _)| *at)
    }

    /// Events of the call that are not among the facts: a record has a greatest size.
    fn unrecorded(&self) -> u64 {
        let known: u64 = self.seen.iter().map(|word| u64::from(word.count_ones())).sum();
        let last = self.seen.iter().rposition(|word| *word != 0).map_or(0, |at| {
            let word = self.seen.get(at).copied().unwrap_or(0);
            at as u64 * 64 + 64 - u64::from(word.leading_zeros())
        });
        last - known
    }
}

/// How a visit of a queue ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answered,
    Abandoned,
    Overflowed(String),
    Requested,
    Failed,
}

/// One stay in one queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Visit {
    pub(crate) queue: QueueId,
    pub(crate) priority: i32,
    pub(crate) entered: i64,
    /// When the call entered its first queue.
    pub(crate) first_entered: i64,
    /// The conversation before it was lost, and the customer waits again.
    pub(crate) returned: bool,
    pub(crate) left: Option<(i64, Outcome)>,
    /// The offer that won, once there is one.
    pub(crate) offer: Option<u32>,
}

/// How an offer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfferEnd {
    Connected,
    Rejected,
    NoAnswer,
    Rescinded,
    Canceled,
    Failed,
}

impl OfferEnd {
    fn of(why: &str) -> Self {
        match why {
            "declined" => Self::Rejected,
            "ring_no_answer" => Self::NoAnswer,
            "taken" | "withdrawn" => Self::Rescinded,
            "canceled" | "customer_missed" => Self::Canceled,
            _ => Self::Failed,
        }
    }
}

/// One offer of the call to an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reservation {
    pub(crate) number: u32,
    pub(crate) agent: AgentId,
    pub(crate) queue: Option<QueueId>,
    pub(crate) made: i64,
    pub(crate) accepted: Option<i64>,
    pub(crate) end: Option<(i64, OfferEnd)>,
}

impl Reservation {
    /// Whether the agent was rung or being joined at that time.
    pub(crate) fn lasts_at(&self, at: i64) -> bool {
        self.made <= at && self.end.is_none_or(|(end, _)| end > at)
    }
}

/// One conversation of the customer with an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conversation {
    pub(crate) agent: AgentId,
    pub(crate) queue: Option<QueueId>,
    pub(crate) offer: u32,
    pub(crate) from: i64,
    pub(crate) to: Option<i64>,
}

/// A queue that did not let the customer in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blocked {
    pub(crate) queue: QueueId,
    pub(crate) why: String,
    pub(crate) at: i64,
}

/// How a promise of a callback ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PromiseEnd {
    Kept,
    Abandoned,
    Unreached,
    Expired,
    Cancelled,
    Resumed,
    Elsewhere,
}

impl PromiseEnd {
    fn of(reason: EndReason) -> Self {
        match reason {
            EndReason::Abandoned | EndReason::CustomerHungUp => Self::Abandoned,
            EndReason::Expired => Self::Expired,
            EndReason::Cancelled | EndReason::Requested => Self::Cancelled,
            EndReason::Resumed => Self::Resumed,
            EndReason::Policy | EndReason::Forwarded => Self::Elsewhere,
            EndReason::NoAnswer
            | EndReason::Busy
            | EndReason::Failed
            | EndReason::AgentHungUp
            | EndReason::AgentUnreachable => Self::Unreached,
        }
    }
}

/// One promise of a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Promise {
    pub(crate) queue: QueueId,
    pub(crate) made: i64,
    /// When the customer was rung.
    pub(crate) attempts: Vec<i64>,
    pub(crate) end: Option<(i64, PromiseEnd)>,
}

/// A caller was asked whether to be called back, or does not want it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) queue: QueueId,
    pub(crate) at: i64,
    pub(crate) declined: bool,
}

/// All of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Journey {
    pub(crate) visits: Vec<Visit>,
    pub(crate) offers: Vec<Reservation>,
    pub(crate) talks: Vec<Conversation>,
    pub(crate) blocked: Vec<Blocked>,
    pub(crate) promises: Vec<Promise>,
    pub(crate) questions: Vec<Question>,
    pub(crate) unrecorded: u64,
}

impl Journey {
    /// The way as far as it had come at `now`.
    pub(crate) fn of(track: &Track, now: i64) -> Self {
        let mut journey = Self { unrecorded: track.unrecorded(), ..Self::default() };
        for (at, step) in track.steps.values().filter(|(at, _)| *at <= now) {
            journey.take(*at, step);
            // The end absorbs.
            if matches!(step, Step::Ended { .. }) {
                break;
            }
        }
        journey
    }

    fn take(&mut self, at: i64, step: &Step) {
        match step {
            Step::Queued { queue, priority } => {
                // A move without a word of where to: a stay ends where the next begins.
                self.leave(at, Outcome::Overflowed("moved".to_owned()));
                self.enter(at, queue.clone(), *priority, false);
            }
            Step::Overflowed { queue, why } => {
                let waits = self.open_visit().is_some_and(|visit| visit.queue == *queue);
                if waits {
                    self.leave(at, Outcome::Overflowed(why.clone()));
                } else if self.open_promise().is_some_and(|promise| promise.queue == *queue) {
                    // Whoever was called back waited on the line again, and was let in long ago.
                    self.end_promise(at, PromiseEnd::Elsewhere);
                } else {
                    self.blocked.push(Blocked { queue: queue.clone(), why: why.clone(), at });
                }
            }
            Step::Offered { offer, agent } => {
                let (number, agent, queue) = (*offer, agent.clone(), self.queue_now());
                self.offers.push(Reservation { number, agent, queue, made: at, accepted: None, end: None });
            }
            Step::Accepted { offer } => {
                if let Some(offer) = self.offer_mut(*offer) {
                    offer.accepted = Some(at);
                }
            }
            Step::Connected { offer, agent } => self.connect(at, *offer, agent),
            Step::OfferEnded { offer, why } => self.end_offer(at, *offer, why),
            Step::Ended { reason } => self.end(at, *reason),
            Step::LeftByKey { queue } => {
                if self.open_visit().is_some_and(|visit| visit.queue == *queue) {
                    self.leave(at, Outcome::Overflowed("key".to_owned()));
                }
            }
            Step::Asked { queue } => self.questions.push(Question { queue: queue.clone(), at, declined: false }),
            Step::Declined { queue } => self.questions.push(Question { queue: queue.clone(), at, declined: true }),
            Step::Promised { queue } => {
                self.leave(at, Outcome::Overflowed("callback".to_owned()));
                self.end_promise(at, PromiseEnd::Elsewhere);
                self.promises.push(Promise { queue: queue.clone(), made: at, attempts: Vec::new(), end: None });
            }
            Step::Dialled => self.open_promise().into_iter().for_each(|promise| promise.attempts.push(at)),
            Step::Withdrawn => {
                if let Some(promise) = self.open_promise() {
                    promise.attempts.pop();
                }
            }
        }
    }

    fn open_promise(&mut self) -> Option<&mut Promise> {
        self.promises.last_mut().filter(|promise| promise.end.is_none())
    }

    fn end_promise(&mut self, at: i64, end: PromiseEnd) {
        self.open_promise().into_iter().for_each(|promise| promise.end = Some((at, end)));
    }

    /// The queue in which the customer waits, on the line or for a callback.
    fn queue_now(&mut self) -> Option<QueueId> {
        let on_the_line = self.open_visit().map(|visit| visit.queue.clone());
        on_the_line.or_else(|| self.open_promise().map(|promise| promise.queue.clone()))
    }

    fn open_visit(&mut self) -> Option<&mut Visit> {
        self.visits.last_mut().filter(|visit| visit.left.is_none())
    }

    fn offer_mut(&mut self, number: u32) -> Option<&mut Reservation> {
        self.offers.iter_mut().find(|offer| offer.number == number)
    }

    fn enter(&mut self, at: i64, queue: QueueId, priority: i32, returned: bool) {
        let first_entered = self.visits.first().map_or(at, |first| first.entered);
        let visit = Visit { queue, priority, entered: at, first_entered, returned, left: None, offer: None };
        self.visits.push(visit);
    }

    fn leave(&mut self, at: i64, outcome: Outcome) {
        if let Some(visit) = self.open_visit() {
            visit.left = Some((at, outcome));
        }
    }

    fn connect(&mut self, at: i64, number: u32, agent: &AgentId) {
        let queue = self.queue_now();
        if let Some(visit) = self.open_visit() {
            visit.left = Some((at, Outcome::Answered));
            visit.offer = Some(number);
        }
        self.end_promise(at, PromiseEnd::Kept);
        if let Some(offer) = self.offer_mut(number) {
            offer.end = Some((at, OfferEnd::Connected));
        }
        self.talks.push(Conversation { agent: agent.clone(), queue, offer: number, from: at, to: None });
    }

    fn end_offer(&mut self, at: i64, number: u32, why: &str) {
        if let Some(offer) = self.offer_mut(number).filter(|offer| offer.end.is_none()) {
            offer.end = Some((at, OfferEnd::of(why)));
            return;
        }
        let Some(talk) = self.talks.iter_mut().find(|talk| talk.offer == number && talk.to.is_none()) else { return };
        talk.to = Some(at);
        // Customer and agent had been joined, and lost each other: the customer waits again, at the old place.
        let last = self.visits.last().filter(|visit| why == "audio_lost" && visit.left.is_some());
        let again = last.map(|last| (last.queue.clone(), last.priority));
        if let Some((queue, priority)) = again {
            self.enter(at, queue, priority, true);
        }
    }

    fn end(&mut self, at: i64, reason: EndReason) {
        self.end_promise(at, PromiseEnd::of(reason));
        self.leave(
            at,
            match reason {
                EndReason::Abandoned | EndReason::CustomerHungUp => Outcome::Abandoned,
                EndReason::Requested => Outcome::Requested,
                EndReason::Policy | EndReason::Forwarded => Outcome::Overflowed("policy".to_owned()),
                EndReason::Resumed => Outcome::Overflowed("resumed".to_owned()),
                EndReason::Expired
                | EndReason::Cancelled
                | EndReason::NoAnswer
                | EndReason::Busy
                | EndReason::Failed
                | EndReason::AgentHungUp
                | EndReason::AgentUnreachable => Outcome::Failed,
            },
        );
        for offer in self.offers.iter_mut().filter(|offer| offer.end.is_none()) {
            offer.end = Some((at, OfferEnd::Canceled));
        }
        for talk in self.talks.iter_mut().filter(|talk| talk.to.is_none()) {
            talk.to = Some(at);
        }
    }
}
