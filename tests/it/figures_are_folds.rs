//! Every figure is a fold of the log, and means what its definition says.

mod agents_by_hand;
mod callbacks_by_hand;
mod in_any_order;
mod on_the_carrier;
mod queues_by_hand;
mod staffing_by_the_tables;
mod stored;

use std::collections::BTreeMap;

use switchboard::id::{AgentId, CallId, QueueId};
use switchboard::model::{AgentEvent, AgentStatus, Decision, EndReason, Event, EventKind, Fact};
use switchboard::report::{Attribution, Figures, Interval, QueueFigures};
use switchboard::time::Timestamp;

/// Noon of some day.
const NOON_SECS: i64 = 1_700_049_600;

/// So many ms after noon.
fn at(ms: i64) -> Timestamp {
    Timestamp::from_micros((NOON_SECS * 1_000 + ms) * 1_000)
}

fn hours(from: i64, to: i64) -> Interval {
    Interval::new(at(from * 3_600_000), at(to * 3_600_000)).expect("an interval")
}

fn queue(name: &str) -> QueueId {
    QueueId::new(name).expect("a name")
}

fn agent(name: &str) -> AgentId {
    AgentId::new(name).expect("a name")
}

fn call_id(number: u128) -> CallId {
    CallId(uuid::Uuid::from_u128(number))
}

/// A log as it is written: each call and each agent counts its own entries.
#[derive(Clone, Debug, Default)]
struct Log {
    facts: Vec<Fact>,
    calls: BTreeMap<u128, (u32, Option<QueueId>)>,
    agents: BTreeMap<String, u64>,
}

impl Log {
    fn note(&mut self, call: u128, ms: i64, kind: EventKind) -> &mut Self {
        let (seq, queue) = self.calls.entry(call).or_default();
        if let EventKind::Queued { queue: entered, .. } = &kind {
            *queue = Some(entered.clone());
        }
        let event = Event { seq: *seq, at: at(ms), kind };
        *seq += 1;
        self.facts.push(Fact::Call { call: call_id(call), queue: queue.clone(), event });
        self
    }

    fn enters(&mut self, call: u128, ms: i64, name: &str) -> &mut Self {
        self.note(call, ms, EventKind::Queued { queue: queue(name), ahead: 0, priority: 0 })
    }

    fn overflows(&mut self, call: u128, ms: i64, name: &str, why: &str) -> &mut Self {
        self.note(call, ms, EventKind::Overflowed { queue: queue(name), why: why.to_owned() })
    }

    fn offers(&mut self, call: u128, ms: i64, offer: u32, name: &str) -> &mut Self {
        let decision = Decision {
            strategy: "longest_idle".to_owned(),
            configuration: 1,
            reached: std::time::Duration::ZERO,
            considered: Vec::new(),
        };
        self.note(call, ms, EventKind::Offered { offer, agent: agent(name), decision })
    }

    fn accepts(&mut self, call: u128, ms: i64, offer: u32, name: &str) -> &mut Self {
        self.note(call, ms, EventKind::Accepted { offer, agent: agent(name) })
    }

    fn connects(&mut self, call: u128, ms: i64, offer: u32, name: &str) -> &mut Self {
        self.note(call, ms, EventKind::Connected { offer, agent: agent(name) })
    }

    fn offer_ends(&mut self, call: u128, ms: i64, offer: u32, name: &str, why: &str) -> &mut Self {
        self.note(call, ms, EventKind::OfferEnded { offer, agent: agent(name), why: why.to_owned() })
    }

    fn ends(&mut self, call: u128, ms: i64, reason: EndReason) -> &mut Self {
        self.note(call, ms, EventKind::Ended { reason })
    }

    /// Enters at 0, is offered to Ana and answered after so many ms, talks a minute.
    fn answered_after(&mut self, call: u128, wait_ms: i64) -> &mut Self {
        self.enters(call, 0, "sales").offers(call, wait_ms, 0, "ana").accepts(call, wait_ms, 0, "ana");
        self.connects(call, wait_ms, 0, "ana").ends(call, wait_ms + 60_000, EndReason::CustomerHungUp)
    }

    fn abandons_after(&mut self, call: u128, wait_ms: i64) -> &mut Self {
        self.enters(call, 0, "sales").ends(call, wait_ms, EndReason::Abandoned)
    }

    fn is(&mut self, name: &str, ms: i64, status: AgentStatus) -> &mut Self {
        self.is_with(name, ms, status, None, None)
    }

    fn is_with(
        &mut self,
        name: &str,
        ms: i64,
        status: AgentStatus,
        reason: Option<&str>,
        call: Option<u128>,
    ) -> &mut Self {
        let seq = self.agents.entry(name.to_owned()).or_default();
        let event = AgentEvent {
            seq: *seq,
            at: at(ms),
            status,
            reason: reason.map(str::to_owned),
            call: call.map(call_id),
            queue: call.map(|_| queue("sales")),
        };
        *seq += 1;
        self.facts.push(Fact::Agent { agent: agent(name), event });
        self
    }

    fn figures(&self) -> Figures {
        folded(&self.facts)
    }

    /// The figures of sales within an hour from noon, as of `now` ms after noon.
    fn sales(&self, by: Attribution, now: i64) -> QueueFigures {
        self.figures().queue(&queue("sales"), &hours(0, 1), by, at(now))
    }
}

fn folded(facts: &[Fact]) -> Figures {
    let mut figures = Figures::new();
    facts.iter().for_each(|fact| figures.apply(fact));
    figures
}

/// Whatever became of them, each stay has one end.
fn outcomes(figures: &QueueFigures) -> u64 {
    let elsewhere: u64 = figures.overflowed.values().sum();
    figures.answered + figures.abandoned + elsewhere + figures.requested + figures.failed + figures.open
}
