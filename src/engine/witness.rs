//! From what is stored of calls and agents to the facts that forecasts go by. Each thing may be seen more than once, by a commit of
//! one's own and in what is stored, and late.

use std::collections::{BTreeMap, BTreeSet};

use crate::forecast::{Fact, Waits};
use crate::id::{AgentId, CallId, QueueId};
use crate::model::{AgentEvent, AgentStatus, EndReason, Event, EventKind};
use crate::routing::{Needs, Waiting};
use crate::time::Timestamp;

/// Of what is worked off at once, calls for which a wait is foretold to be measured later: each costs a millisecond or so.
const MEASURED_MAX: usize = 64;

/// Calls that are remembered as seen, of which half are forgotten when there are more.
const DONE_MAX: usize = 16_384;

/// Something seen, of a call or an agent.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    /// The call waits so.
    Waits(CallId, Waiting),
    /// The customer hung up while waiting, or after.
    HungUp(CallId),
    /// The call left its line otherwise, if it was in one.
    Left(CallId),
    /// The call is not among those that wait any more; an agent may have it.
    Gone(CallId),
    /// The agent is not among those who are signed in any more.
    Away(AgentId),
    /// The agent did not take the call.
    Missed(CallId, AgentId),
    /// Customer and agent hear each other.
    Joined(CallId, AgentId),
    /// What an agent has done lately.
    Agent(AgentId, Vec<AgentEvent>),
}

impl Seen {
    /// What an event of a call says; `None`: nothing about waiting.
    pub(crate) fn of_event(call: CallId, event: &Event) -> Option<Self> {
        match &event.kind {
            EventKind::Connected { agent, .. } => Some(Self::Joined(call, agent.clone())),
            EventKind::OfferEnded { agent, why, .. } => {
                matches!(why.as_str(), "declined" | "ring_no_answer" | "failed")
                    .then(|| Self::Missed(call, agent.clone()))
            }
            EventKind::Ended { reason: EndReason::Abandoned } => Some(Self::HungUp(call)),
            EventKind::Ended { .. }
            | EventKind::Overflowed { .. }
            | EventKind::LeftByKey { .. }
            | EventKind::CallbackPromised { .. }
            | EventKind::CallbackPostponed { .. } => Some(Self::Left(call)),
            _ => None,
        }
    }
}

/// Whether so little is known of the call's queue that what would be foretold says nothing of how good it will be.
fn is_early(waits: &Waits, fact: &Fact) -> bool {
    matches!(fact, Fact::Entered(_, waiting) if !waits.has_learned(&waiting.queue))
}

/// What a call's place in a line depends on.
type Place = (QueueId, i32, Timestamp, Needs, Option<AgentId>);

#[derive(Debug, Default)]
struct Desk {
    /// Entries of the history that were seen.
    seen: u64,
    is_staffed: bool,
    /// The call the agent is rung for or talks in, and whether it is the latter.
    busy: Option<(CallId, bool)>,
}

/// What has been told to the forecasts so far.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    line: BTreeMap<CallId, Place>,
    desks: BTreeMap<AgentId, Desk>,
    /// Calls from which has been learned what there is to learn, by when they left their lines.
    done: BTreeMap<CallId, u64>,
    counted: u64,
}

impl Witness {
    /// Whether what there is to learn from the call has been learned.
    pub(crate) fn has_seen(&self, call: CallId) -> bool {
        self.done.contains_key(&call)
    }

    /// Everything is to be learned anew from calls that have ended.
    pub(crate) fn forget_seen(&mut self) {
        self.done.clear();
    }

    /// Nothing more is to be learned from the call.
    pub(crate) fn has_ended(&mut self, call: CallId) {
        self.counted += 1;
        self.done.insert(call, self.counted);
        if self.done.len() > DONE_MAX {
            let before = self.counted - (DONE_MAX / 2) as u64;
            self.done.retain(|_, at| *at > before);
        }
    }

    /// Whether the call waits, as far as forecasts have been told.
    pub(crate) fn is_waiting(&self, call: CallId) -> bool {
        self.line.contains_key(&call)
    }

    /// Calls for which agents are being rung.
    pub(crate) fn rung(&self) -> Vec<CallId> {
        let busy = self.desks.values().filter_map(|desk| desk.busy);
        let calls: BTreeSet<CallId> = busy.filter(|(_, is_joined)| !is_joined).map(|(call, _)| call).collect();
        calls.into_iter().filter(|call| self.is_waiting(*call)).collect()
    }

    /// Tells the forecasts. When there is much to tell, waits are measured of the latest callers alone.
    pub(crate) fn tell(&mut self, waits: &mut Waits, all: Vec<(Seen, Timestamp)>) {
        let comes = |(seen, _): &(Seen, Timestamp)| matches!(seen, Seen::Waits(..));
        let mut to_come = all.iter().filter(|one| comes(one)).count();
        for (seen, at) in all {
            let is_measured = to_come <= MEASURED_MAX;
            to_come -= usize::from(comes(&(seen.clone(), at)));
            for fact in self.facts(seen) {
                let at = fact.1.unwrap_or(at);
                let is_measured = is_measured && !is_early(waits, &fact.0);
                if is_measured { waits.note(&fact.0, at) } else { waits.note_unmeasured(&fact.0, at) }
            }
        }
    }

    /// The facts that are new in what was seen, each with its own time where it has one.
    fn facts(&mut self, seen: Seen) -> Vec<(Fact, Option<Timestamp>)> {
        let one = |fact| vec![(fact, None)];
        match seen {
            Seen::Waits(call, waiting) => {
                let Waiting { queue, points, since, needs, only, .. } = &waiting;
                let place = (queue.clone(), *points, *since, needs.clone(), only.clone());
                if self.line.get(&call) == Some(&place) {
                    return Vec::new();
                }
                self.line.insert(call, place);
                one(Fact::Entered(call, waiting))
            }
            Seen::HungUp(call) if self.leaves(call) => one(Fact::Abandoned(call)),
            Seen::Left(call) if self.leaves(call) => one(Fact::Left(call)),
            // Whoever is rung, or talks already, is not gone.
            Seen::Gone(call) if !self.is_with_agent(call) && self.leaves(call) => one(Fact::Left(call)),
            Seen::HungUp(_) | Seen::Left(_) | Seen::Gone(_) => Vec::new(),
            Seen::Missed(call, agent) => match self.desks.get_mut(&agent) {
                Some(desk) if desk.busy == Some((call, false)) => {
                    desk.busy = None;
                    // Another call may be offered to the agent at once.
                    vec![(Fact::Missed(call, agent, Timestamp::from_micros(i64::MIN)), None)]
                }
                _ => Vec::new(),
            },
            Seen::Joined(call, agent) => {
                if let Some((busy, is_joined)) = self.desks.get_mut(&agent).and_then(|desk| desk.busy.as_mut())
                    && *busy == call
                {
                    *is_joined = true;
                }
                // How long it takes is learned when the agent is done.
                if self.line.remove(&call).is_some() { one(Fact::Joined(call, agent)) } else { Vec::new() }
            }
            Seen::Away(agent) => self.away(agent),
            Seen::Agent(agent, events) => self.history(&agent, &events),
        }
    }

    fn leaves(&mut self, call: CallId) -> bool {
        let waited = self.line.remove(&call).is_some();
        if waited {
            self.has_ended(call);
        }
        waited
    }

    /// Whether an agent is rung for the call, talks in it or finishes it up, as far as is known here.
    pub(crate) fn is_with_agent(&self, call: CallId) -> bool {
        self.desks.values().any(|desk| desk.busy.is_some_and(|(busy, _)| busy == call))
    }

    fn away(&mut self, agent: AgentId) -> Vec<(Fact, Option<Timestamp>)> {
        let Some(desk) = self.desks.get_mut(&agent) else { return Vec::new() };
        let over = desk.busy.take().map(|(call, _)| Fact::Withdrawn(call, agent.clone()));
        let left = std::mem::take(&mut desk.is_staffed).then_some(Fact::SignedOut(agent));
        over.into_iter().chain(left).map(|fact| (fact, None)).collect()
    }

    /// Of an agent who is seen for the first time, what lies before the work under way is no news: it was learned from calls.
    fn history(&mut self, agent: &AgentId, events: &[AgentEvent]) -> Vec<(Fact, Option<Timestamp>)> {
        let is_new = !self.desks.contains_key(agent);
        let begins = |event: &AgentEvent| event.status == AgentStatus::Offered;
        let works = |event: &AgentEvent| matches!(event.status, AgentStatus::Talking | AgentStatus::WrapUp);
        let last = events.len().saturating_sub(1);
        let from = match events.last() {
            Some(now) if is_new && works(now) => events.iter().rposition(begins).unwrap_or(last),
            _ if is_new => last,
            _ => 0,
        };
        events.iter().skip(from).flat_map(|event| self.agent(agent, event)).collect()
    }

    fn agent(&mut self, agent: &AgentId, event: &AgentEvent) -> Vec<(Fact, Option<Timestamp>)> {
        let is_waiting = event.call.filter(|call| self.line.contains_key(call));
        let desk = self.desks.entry(agent.clone()).or_default();
        if event.seq < desk.seen {
            return Vec::new();
        }
        let (is_gap, mut finished) = (event.seq > desk.seen, None);
        desk.seen = event.seq + 1;
        let mut facts = Vec::new();
        // When that ended was not seen: it is learned from the call, once that has ended.
        if let Some((call, _)) = desk.busy.take_if(|_| is_gap) {
            self.done.remove(&call);
            facts.push(Fact::Withdrawn(call, agent.clone()));
        }
        let works = matches!(event.status, AgentStatus::Offered | AgentStatus::Talking | AgentStatus::WrapUp);
        // What the agent did before is over.
        if let Some((call, is_joined)) = desk.busy.filter(|(call, _)| !works || event.call != Some(*call)) {
            desk.busy = None;
            let is_new = is_joined && !self.done.contains_key(&call);
            finished = is_new.then_some(call);
            facts.push(if is_new { Fact::Finished(agent.clone()) } else { Fact::Withdrawn(call, agent.clone()) });
        }
        // A call that came by no queue keeps the agent from all of them.
        let is_staffed = match event.status {
            AgentStatus::Offline | AgentStatus::Break => false,
            AgentStatus::Ready => true,
            _ => event.queue.is_some() || desk.busy.is_some(),
        };
        if is_staffed != desk.is_staffed {
            desk.is_staffed = is_staffed;
            let id = agent.clone();
            facts.push(if is_staffed { Fact::SignedIn(id) } else { Fact::SignedOut(id) });
        }
        let mut joins = None;
        match (event.status, event.call, &event.queue, desk.busy) {
            (AgentStatus::Offered, Some(call), Some(_), None) if is_waiting.is_some() => {
                desk.busy = Some((call, false));
                facts.push(Fact::Offered(call, agent.clone()));
            }
            (AgentStatus::Talking, Some(call), Some(_), Some((busy, _))) if busy == call => {
                desk.busy = Some((call, true));
                joins = is_waiting;
            }
            (AgentStatus::Talking | AgentStatus::WrapUp, Some(call), Some(queue), None) => {
                desk.busy = Some((call, true));
                facts.push(Fact::Busy(agent.clone(), call, queue.clone()));
                joins = is_waiting.filter(|_| event.status == AgentStatus::Talking);
            }
            _ => {}
        }
        finished.into_iter().for_each(|call| self.has_ended(call));
        if let Some(call) = joins {
            self.line.remove(&call);
            facts.push(Fact::Joined(call, agent.clone()));
        }
        facts.into_iter().map(|fact| (fact, Some(event.at))).collect()
    }
}
