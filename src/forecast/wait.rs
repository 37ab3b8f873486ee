//! Waits, foretold from facts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::Fact;
use super::accuracy::{Account, Accuracy, Foretold};
use super::announce::Reason;
use super::learn::{Fading, Patience, Works};
use super::line::Reach;
use super::reach::Probe;
use super::shadows::{History, Predictor};
use crate::id::{AgentId, CallId, QueueId};
use crate::routing::{Needs, Roster, Waiting, order};
use crate::time::Timestamp;

/// Half-life of what is learned of handle times.
pub(super) const WORK_HALF_LIFE: Duration = Duration::from_secs(1800);
/// Half-life of what is learned of patience.
const PATIENCE_HALF_LIFE: Duration = Duration::from_secs(7200);

/// A wait as foretold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Estimate {
    /// Mean, from now until customer and agent hear each other.
    pub mean: Duration,
    /// As likely longer as shorter.
    pub p50: Duration,
    /// Longer in one case of five.
    pub p80: Duration,
    /// Whose estimate it is.
    pub by: Predictor,
}

#[derive(Debug)]
pub(super) struct Busy {
    pub(super) queue: usize,
    pub(super) call: CallId,
    pub(super) since: Timestamp,
    joined: bool,
}

#[derive(Debug)]
pub(super) struct Desk {
    pub(super) staffed: bool,
    pub(super) busy: Option<Busy>,
    pub(super) rests_until: Option<Timestamp>,
    /// Recent handling time by queue, s.
    pub(super) spent: Vec<Fading>,
}

/// Calls with the same queue, points and needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Stream {
    queue: usize,
    points: i32,
    needs: Needs,
    only: Option<AgentId>,
}

#[derive(Debug)]
pub(super) struct Waited {
    pub(super) queue: usize,
    pub(super) points: i32,
    pub(super) reach: Reach,
    /// By place.
    pub(super) line: BTreeSet<([i64; 2], CallId)>,
    pub(super) arrivals: Fading,
    pub(super) first_at: Timestamp,
}

#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) stream: usize,
    pub(super) place: [i64; 2],
    pub(super) since: Timestamp,
    pub(super) entered: Timestamp,
    /// Offers under way.
    pub(super) offered: u32,
    offered_at: Timestamp,
    /// `None`: an agent was free.
    pub(super) foretold: Option<Foretold>,
    staffed: usize,
    ahead: usize,
    handle_s: f64,
}

/// What is learned of a queue.
#[derive(Debug)]
pub(super) struct Learned {
    pub(super) works: Works,
    pub(super) patience: Patience,
    pub(super) offers: Fading,
    pub(super) missed: Fading,
    pub(super) missed_s: Fading,
    pub(super) rung_s: Fading,
    pub(super) joined: Fading,
    pub(super) joined_s: Fading,
    pub(super) history: History,
    pub(super) account: Account,
}

/// Foretells waits, and keeps account of how well.
///
/// It is told the facts of a floor ([`note`](Self::note)), in the order of their times, and learns from them: handle times by queue
/// (half-life 30 min), patience (2 h), missed offers, and which of the agents' time goes to which queue. All of
/// [`Predictor::ALL`] run for every call that has to wait; what is told is by the one whose mean error over the last 200 calls
/// of the queue is lowest, once it is lower by 10 %.
#[derive(Debug)]
pub struct Waits {
    pub(super) roster: Arc<Roster>,
    probe: Probe,
    pub(super) seed: u64,
    pub(super) plays: usize,
    pub(super) asked: u64,
    pub(super) queues: Vec<QueueId>,
    pub(super) queue_of: BTreeMap<QueueId, usize>,
    pub(super) agents: Vec<AgentId>,
    pub(super) agent_of: BTreeMap<AgentId, usize>,
    pub(super) desks: Vec<Desk>,
    stream_of: BTreeMap<Stream, usize>,
    pub(super) streams: Vec<Waited>,
    pub(super) callers: BTreeMap<CallId, Caller>,
    pub(super) learned: Vec<Learned>,
    /// How long a call is assumed to keep an agent.
    pub(super) assumed_s: f64,
    /// Whether nothing is foretold of who comes.
    pub(super) is_unmeasured: bool,
}

impl Waits {
    /// Nothing is known yet but that a call keeps an agent for about `handle`. `seed`: what chance is drawn from.
    #[must_use]
    pub fn new(roster: Arc<Roster>, handle: Duration, seed: u64) -> Self {
        let queues: Vec<QueueId> = roster.queues.keys().cloned().collect();
        let agents: Vec<AgentId> = roster.agents.keys().cloned().collect();
        let work = Fading::new(WORK_HALF_LIFE);
        let assumed_s = handle.as_secs_f64().max(1.0);
        let learned = |_: &QueueId| Learned {
            works: Works::assumed(assumed_s, WORK_HALF_LIFE),
            patience: Patience::new(PATIENCE_HALF_LIFE),
            offers: Fading::new(PATIENCE_HALF_LIFE),
            missed: Fading::new(PATIENCE_HALF_LIFE),
            missed_s: Fading::new(PATIENCE_HALF_LIFE),
            rung_s: Fading::new(PATIENCE_HALF_LIFE),
            joined: Fading::new(PATIENCE_HALF_LIFE),
            joined_s: Fading::new(PATIENCE_HALF_LIFE),
            history: History::default(),
            account: Account::new(),
        };
        let desk =
            |_: &AgentId| Desk { staffed: false, busy: None, rests_until: None, spent: vec![work; queues.len()] };
        Self {
            probe: Probe::new(&roster),
            seed,
            plays: 128,
            asked: 0,
            queue_of: queues.iter().enumerate().map(|(at, id)| (id.clone(), at)).collect(),
            agent_of: agents.iter().enumerate().map(|(at, id)| (id.clone(), at)).collect(),
            desks: agents.iter().map(desk).collect(),
            stream_of: BTreeMap::new(),
            streams: Vec::new(),
            callers: BTreeMap::new(),
            learned: queues.iter().map(learned).collect(),
            queues,
            agents,
            roster,
            assumed_s,
            is_unmeasured: false,
        }
    }

    /// How often the line is played to its end for one estimate: a power of two from 8 to 65,536, a number between is rounded down.
    /// 128 unless set.
    #[must_use]
    pub fn with_plays(mut self, plays: usize) -> Self {
        self.plays = plays.clamp(8, 1 << 16);
        self
    }

    /// Takes a fact into account. What names a queue or an agent that is not in the roster, or a call that does not wait, is passed
    /// over.
    pub fn note(&mut self, fact: &Fact, now: Timestamp) {
        match fact {
            Fact::SignedIn(agent) => self.sign(agent, true),
            Fact::SignedOut(agent) => self.sign(agent, false),
            Fact::Entered(call, waiting) => self.enter(*call, waiting, now),
            Fact::Offered(call, agent) => self.offer(*call, agent, now),
            Fact::Missed(call, agent, until) => self.miss(*call, agent, *until, now),
            Fact::Withdrawn(call, agent) => self.take_back(*call, agent),
            Fact::Busy(agent, call, queue) => self.work(agent, *call, queue, now),
            Fact::Joined(call, agent) => self.join(*call, agent, now),
            Fact::Abandoned(call) => self.leave(*call, true, now),
            Fact::Left(call) => self.leave(*call, false, now),
            Fact::Finished(agent) => self.finish(agent, now),
        }
    }

    fn sign(&mut self, agent: &AgentId, staffed: bool) {
        if let Some(&at) = self.agent_of.get(agent) {
            self.desks[at].staffed = staffed;
        }
    }

    fn enter(&mut self, call: CallId, waiting: &Waiting, now: Timestamp) {
        let Some(&queue) = self.queue_of.get(&waiting.queue) else { return };
        if self.callers.contains_key(&call) {
            self.leave(call, false, now);
        }
        let stream = self.stream(queue, waiting, now);
        self.streams[stream].arrivals.add(1.0, now);
        self.stand(call, stream, waiting, now);
        self.compare_from(call, now);
        if self.is_unmeasured {
            return;
        }
        let foretold = self.foretell(call, now);
        if let Some(caller) = self.callers.get_mut(&call) {
            caller.foretold = foretold;
        }
    }

    /// The calls that wait like this one.
    pub(super) fn stream(&mut self, queue: usize, waiting: &Waiting, now: Timestamp) -> usize {
        let key = Stream { queue, points: waiting.points, needs: waiting.needs.clone(), only: waiting.only.clone() };
        if let Some(&known) = self.stream_of.get(&key) {
            return known;
        }
        let reach = self.probe.reach(waiting);
        self.streams.push(Waited {
            queue,
            points: waiting.points,
            reach,
            line: BTreeSet::new(),
            arrivals: Fading::new(WORK_HALF_LIFE),
            first_at: now,
        });
        self.stream_of.insert(key, self.streams.len() - 1);
        self.streams.len() - 1
    }

    /// Puts a call into the line.
    pub(super) fn stand(&mut self, call: CallId, stream: usize, waiting: &Waiting, now: Timestamp) {
        let order = self.roster.queues.get(&waiting.queue).map(|policy| policy.order).unwrap_or_default();
        let place = order::place(order, waiting.points, waiting.since);
        self.streams[stream].line.insert((place, call));
        let caller = Caller {
            stream,
            place,
            since: waiting.since,
            entered: waiting.entered,
            offered: 0,
            offered_at: now,
            foretold: None,
            staffed: 0,
            ahead: 0,
            handle_s: 0.0,
        };
        self.callers.insert(call, caller);
    }

    /// A later wait is longer for a reason that has come since now.
    pub(super) fn compare_from(&mut self, call: CallId, now: Timestamp) {
        let Some(stream) = self.callers.get(&call).map(|caller| caller.stream) else { return };
        let (staffed, ahead) = (self.staffed_for(stream), self.ahead(call));
        let handle_s = self.learned[self.streams[stream].queue].works.mean(now);
        if let Some(caller) = self.callers.get_mut(&call) {
            (caller.staffed, caller.ahead, caller.handle_s) = (staffed, ahead, handle_s);
        }
    }

    fn offer(&mut self, call: CallId, agent: &AgentId, now: Timestamp) {
        let Some(&at) = self.agent_of.get(agent) else { return };
        let Some(caller) = self.callers.get_mut(&call) else { return };
        caller.offered += 1;
        caller.offered_at = now;
        let (stream, place) = (caller.stream, caller.place);
        let waited = &mut self.streams[stream];
        waited.line.remove(&(place, call));
        self.learned[waited.queue].offers.add(1.0, now);
        self.desks[at].busy = Some(Busy { queue: waited.queue, call, since: now, joined: false });
    }

    fn miss(&mut self, call: CallId, agent: &AgentId, until: Timestamp, now: Timestamp) {
        let Some(&at) = self.agent_of.get(agent) else { return };
        self.desks[at].rests_until = Some(until);
        if let Some(busy) = self.desks[at].busy.take_if(|busy| busy.call == call) {
            let learned = &mut self.learned[busy.queue];
            learned.missed.add(1.0, now);
            learned.rung_s.add(now.since(busy.since).as_secs_f64(), now);
            learned.missed_s.add(until.max(now).since(busy.since).as_secs_f64(), now);
        }
        self.stand_again(call);
    }

    /// A call that fewer agents are rung for is in the line again when there are none.
    fn stand_again(&mut self, call: CallId) {
        if let Some(caller) = self.callers.get_mut(&call) {
            caller.offered = caller.offered.saturating_sub(1);
            if caller.offered == 0 {
                self.streams[caller.stream].line.insert((caller.place, call));
            }
        }
    }

    fn take_back(&mut self, call: CallId, agent: &AgentId) {
        let Some(&at) = self.agent_of.get(agent) else { return };
        if self.desks[at].busy.take_if(|busy| busy.call == call).is_some() {
            self.stand_again(call);
        }
    }

    fn work(&mut self, agent: &AgentId, call: CallId, queue: &QueueId, now: Timestamp) {
        if let (Some(&at), Some(&queue)) = (self.agent_of.get(agent), self.queue_of.get(queue)) {
            self.desks[at].busy = Some(Busy { queue, call, since: now, joined: true });
        }
    }

    fn join(&mut self, call: CallId, agent: &AgentId, now: Timestamp) {
        if let Some(&at) = self.agent_of.get(agent)
            && let Some(busy) = self.desks[at].busy.as_mut().filter(|busy| busy.call == call)
        {
            busy.joined = true;
        }
        let Some(caller) = self.remove(call) else { return };
        let learned = &mut self.learned[self.streams[caller.stream].queue];
        if caller.offered > 0 {
            learned.joined.add(1.0, now);
            learned.joined_s.add(now.since(caller.offered_at).as_secs_f64(), now);
        }
        let waited_s = now.since(caller.entered).as_secs_f64();
        learned.patience.add(waited_s, false, now);
        learned.history.resolved(waited_s, true);
        if let Some(foretold) = caller.foretold {
            let stays = learned.patience.hazard(now).stays(waited_s);
            let handle_s = learned.works.mean(now);
            learned.account.answered(foretold, (now, waited_s), stays, handle_s);
        }
        self.withdraw(call);
    }

    fn leave(&mut self, call: CallId, hung_up: bool, now: Timestamp) {
        let Some(caller) = self.remove(call) else { return };
        let learned = &mut self.learned[self.streams[caller.stream].queue];
        let waited_s = now.since(caller.entered).as_secs_f64();
        learned.patience.add(waited_s, hung_up, now);
        if hung_up {
            learned.history.resolved(waited_s, false);
        }
        if let Some(foretold) = caller.foretold {
            learned.account.hung_up(foretold, (now, waited_s));
        }
        self.withdraw(call);
    }

    pub(super) fn remove(&mut self, call: CallId) -> Option<Caller> {
        let caller = self.callers.remove(&call)?;
        self.streams[caller.stream].line.remove(&(caller.place, call));
        Some(caller)
    }

    /// The others who were rung for it are free again.
    fn withdraw(&mut self, call: CallId) {
        for desk in &mut self.desks {
            desk.busy.take_if(|busy| busy.call == call && !busy.joined);
        }
    }

    fn finish(&mut self, agent: &AgentId, now: Timestamp) {
        let Some(&at) = self.agent_of.get(agent) else { return };
        let Some(busy) = self.desks[at].busy.take() else { return };
        let seconds = now.since(busy.since).as_secs_f64();
        self.learned[busy.queue].works.add(seconds, now);
        self.desks[at].spent[busy.queue].add(seconds, now);
    }

    /// The wait of a call from now on; `None`: nobody signed in can serve it, or it does not wait. Zero if somebody who can is free.
    pub fn estimate(&mut self, call: CallId, now: Timestamp) -> Option<Estimate> {
        let stream = self.callers.get(&call)?.stream;
        if self.is_anybody_free(stream, call, now) {
            let by = self.learned[self.streams[stream].queue].account.in_use;
            return Some(Estimate::none(by));
        }
        self.estimated(call, now).map(|(estimate, _)| estimate)
    }

    /// What each of [`Predictor::ALL`] foretold when the call came, s; `None`: somebody was free, or the call does not wait. A
    /// predictor that knows nothing yet has nothing to say.
    #[must_use]
    pub fn foretold(&self, call: CallId) -> Option<[Option<f64>; Predictor::ALL.len()]> {
        Some(self.callers.get(&call)?.foretold?.by)
    }

    /// What was told when the call came: the mean, and the 80 % quantile. `None`: somebody was free, nobody could serve it, or it
    /// does not wait.
    #[must_use]
    pub fn told(&self, call: CallId) -> Option<(Duration, Duration)> {
        let foretold = self.callers.get(&call)?.foretold?;
        let span = |s: f64| Duration::from_secs_f64(s.clamp(0.0, 1e9));
        Some((span(foretold.told_s), span(foretold.p80_s)))
    }

    /// How well the waits of a queue were foretold by what was told. `None`: there is no such queue.
    #[must_use]
    pub fn accuracy(&self, queue: &QueueId) -> Option<Accuracy> {
        Some(self.learned[*self.queue_of.get(queue)?].account.accuracy(None))
    }

    /// How well a predictor did or would have done. `None`: there is no such queue.
    #[must_use]
    pub fn accuracy_of(&self, queue: &QueueId, predictor: Predictor) -> Option<Accuracy> {
        Some(self.learned[*self.queue_of.get(queue)?].account.accuracy(Some(predictor)))
    }

    /// Whose estimates are told. `None`: there is no such queue.
    #[must_use]
    pub fn in_use(&self, queue: &QueueId) -> Option<Predictor> {
        Some(self.learned[*self.queue_of.get(queue)?].account.in_use)
    }

    /// Why the call may have to wait longer than was foretold when it came, or last told ([`announced`](Self::announced)), if there is a reason that can be told.
    #[must_use]
    pub fn reason(&self, call: CallId, now: Timestamp) -> Option<Reason> {
        let caller = self.callers.get(&call)?;
        if self.staffed_for(caller.stream) < caller.staffed {
            return Some(Reason::FewerAgents);
        }
        if self.ahead(call) > caller.ahead {
            return Some(Reason::MoreAhead);
        }
        let handle_s = self.learned[self.streams[caller.stream].queue].works.mean(now);
        (handle_s > caller.handle_s * 1.1).then_some(Reason::LongerCalls)
    }

    /// Mean time that a call of the queue keeps an agent, from the offer until the agent is free again. `None`: there is no such
    /// queue.
    #[must_use]
    pub fn handle_time(&self, queue: &QueueId, now: Timestamp) -> Option<Duration> {
        let mean_s = self.learned[*self.queue_of.get(queue)?].works.mean(now);
        Some(Duration::from_secs_f64(mean_s.clamp(0.0, 1e9)))
    }

    /// The rate at which waiting callers of the queue hang up, per second: abandonments ÷ time waited. `None`: there is no such
    /// queue.
    #[must_use]
    pub fn hang_up_rate(&self, queue: &QueueId, now: Timestamp) -> Option<f64> {
        Some(self.learned[*self.queue_of.get(queue)?].patience.rate(now))
    }
}
