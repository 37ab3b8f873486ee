//! What the histories of a shift's calls say about who went before whom.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use switchboard::core::Rules;
use switchboard::id::{AgentId, QueueId};
use switchboard::model::{Call, CallState, EventKind};
use switchboard::routing::order::place;
use switchboard::sim::World;
use switchboard::time::Timestamp;

/// How long a call must have stood in line before another's going first counts: a node hears of it when it next looks.
const NOTICE: Duration = Duration::from_secs(1);

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) offers: usize,
    ends: BTreeMap<String, usize>,
    pub(super) commands_failed: usize,
    /// Names of strategies, with the decisions of each.
    pub(super) strategies: BTreeMap<String, usize>,
    pub(super) longest: Duration,
    /// Pairs of an offer and a call in line that the agent could have had instead.
    pub(super) compared: usize,
    /// Most that one call came later than another it was offered before, in queues that age.
    pub(super) ahead: Duration,
    /// Offers that were another call's turn.
    pub(super) overtaken: Vec<String>,
    /// Offers before a call that had been passed by for as long as the bound allows, in queues that age.
    pub(super) beyond: Vec<String>,
}

impl Seen {
    pub(super) fn ended(&self, why: &str) -> usize {
        self.ends.get(why).copied().unwrap_or(0)
    }
}

/// A call in the last queue that it was in.
struct Stay {
    call: Call,
    entered: Timestamp,
    since: Timestamp,
    /// When it stood in line and was offered to nobody.
    spans: Vec<(Timestamp, Timestamp)>,
    offers: Vec<(Timestamp, AgentId)>,
    /// Agents it was not to be offered to, from when until when; `None`: for good.
    excluded: Vec<(AgentId, Timestamp, Option<Timestamp>)>,
}

impl Stay {
    fn of(call: Call, rest: Duration) -> Option<Self> {
        let (entered, since) = (call.entered_at?, call.queued_at?);
        let joined = call.events.iter().rposition(|event| matches!(event.kind, EventKind::Queued { .. }))?;
        let (mut stay, mut live) = (
            Self { call, entered, since, spans: Vec::new(), offers: Vec::new(), excluded: Vec::new() },
            BTreeSet::new(),
        );
        let mut open = Some(entered);
        for event in &stay.call.events[joined + 1..] {
            match &event.kind {
                EventKind::Offered { offer, agent, .. } => {
                    stay.spans.extend(open.take().map(|from| (from, event.at)));
                    live.insert(*offer);
                    stay.offers.push((event.at, agent.clone()));
                }
                EventKind::OfferEnded { offer, agent, why } => {
                    live.remove(offer);
                    let until = match why.as_str() {
                        "declined" => Some(None),
                        "ring_no_answer" | "failed" | "audio_lost" => Some(Some(event.at + rest)),
                        _ => None,
                    };
                    stay.excluded.extend(until.map(|until| (agent.clone(), event.at, until)));
                    if live.is_empty() {
                        open = open.or(Some(event.at));
                    }
                }
                EventKind::Overflowed { .. } | EventKind::Ended { .. } => {
                    stay.spans.extend(open.take().map(|from| (from, event.at)));
                    break;
                }
                _ => {}
            }
        }
        Some(stay)
    }

    /// Whether it stood in line just then, long enough to be known of, and the agent could have had it.
    fn could_have_had(&self, agent: &AgentId, at: Timestamp) -> bool {
        let in_line = self.spans.iter().any(|(from, to)| *from + NOTICE <= at && at < *to);
        let excluded = self
            .excluded
            .iter()
            .any(|(who, from, until)| who == agent && *from <= at && until.is_none_or(|until| at < until));
        let kept = self.call.held_for.as_ref().is_some_and(|(who, until)| who != agent && at < *until);
        in_line && !excluded && !kept && self.call.only.is_none()
    }
}

/// Reads the histories of all calls, and judges them by these rules.
pub(super) fn look(world: &World, rules: &Rules) -> Seen {
    let mut seen = Seen::default();
    let mut queues: BTreeMap<QueueId, Vec<Stay>> = BTreeMap::new();
    for record in world.store().records().iter().filter(|record| record.key.as_str().starts_with("call/")) {
        let call = record.body.read::<Call>().expect("what is stored can be read");
        assert_eq!(call.state, CallState::Ended, "call {} is not over", call.id);
        seen.note(&call);
        if let Some(queue) = call.queue.clone() {
            queues.entry(queue).or_default().extend(Stay::of(call, rules.missed_rest));
        }
    }
    for (queue, stays) in &queues {
        seen.compare(queue, stays, rules);
    }
    seen
}

impl Seen {
    fn note(&mut self, call: &Call) {
        self.longest = self.longest.max(call.waited());
        for event in &call.events {
            match &event.kind {
                EventKind::Offered { decision, .. } => {
                    self.offers += 1;
                    *self.strategies.entry(decision.strategy.clone()).or_default() += 1;
                }
                EventKind::OfferEnded { why, .. } => *self.ends.entry(why.clone()).or_default() += 1,
                EventKind::CommandFailed { .. } => self.commands_failed += 1,
                _ => {}
            }
        }
    }

    /// Of two calls with the same needs, the one whose place is first is offered first to whoever could have either; and in a
    /// queue that ages, no call is passed by one that came later than the bound allows.
    fn compare(&mut self, queue: &QueueId, stays: &[Stay], rules: &Rules) {
        let order = rules.roster.queues[queue].order;
        let bound = rules.overtaken_by_at_most(queue);
        let place = |stay: &Stay| place(order, stay.call.priority, stay.since);
        for taken in stays {
            for (at, agent) in &taken.offers {
                for other in stays.iter().filter(|other| other.call.id != taken.call.id) {
                    let alike = other.call.needs == taken.call.needs && other.entered <= taken.entered;
                    if !alike || !other.could_have_had(agent, *at) {
                        continue;
                    }
                    self.compared += 1;
                    let later = taken.since.since(other.since);
                    if bound.is_some() {
                        self.ahead = self.ahead.max(later);
                    }
                    let (ours, theirs) = (taken.call.id, other.call.id);
                    let told = || format!("{queue}: {ours} was offered to {agent} at {at} before {theirs}");
                    if place(other) < place(taken) {
                        self.overtaken.push(told());
                    }
                    if bound.is_some_and(|bound| later > bound) {
                        self.beyond.push(format!("{}, which came {later:?} earlier", told()));
                    }
                }
            }
        }
    }
}

/// What befell the agents of a shift in which each handles every call: an offer, or being free again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Befell {
    Freed,
    Offered,
}

/// The same in order; who is freed when somebody is offered a call may have been the one. Wrap-up takes this long.
pub(super) fn days(world: &World, wrap_up: Duration) -> Vec<(Timestamp, Befell, AgentId)> {
    let mut days: Vec<(Timestamp, Befell, AgentId)> =
        offers(world).into_iter().map(|(at, agent)| (at, Befell::Offered, agent)).collect();
    for record in world.store().records().iter().filter(|record| record.key.as_str().starts_with("call/")) {
        let call = record.body.read::<Call>().expect("what is stored can be read");
        let freed = call.agent.zip(call.ended_at).map(|(agent, at)| (at + wrap_up, Befell::Freed, agent));
        days.extend(freed);
    }
    days.sort();
    days
}

/// All offers, in the order in which they were made.
pub(super) fn offers(world: &World) -> Vec<(Timestamp, AgentId)> {
    let mut offers = Vec::new();
    for record in world.store().records().iter().filter(|record| record.key.as_str().starts_with("call/")) {
        let call = record.body.read::<Call>().expect("what is stored can be read");
        offers.extend(call.events.into_iter().filter_map(|event| match event.kind {
            EventKind::Offered { agent, .. } => Some((event.at, agent)),
            _ => None,
        }));
    }
    offers.sort();
    offers
}
