//! Who waits, who is free, and which call is to be offered to whom next.
//!
//! Calls of one queue with the same needs, equally far relaxed, are of one *class*: whoever may have one of them may have all,
//! but for what lies between one call and one agent. Each class keeps its calls and its ready agents in order, so that a choice
//! looks at the first of each, however many there are. A class with both is *hot*; when nothing is to be done, none is, save for
//! pairs that are kept apart.
//!
//! Costs: an agent who becomes ready or busy, the number of classes of the agent's queues; a call, the logarithm of those that
//! wait; a pair that is kept apart, one look. Nobody eligible is one look at an empty class. A class that is new costs one look
//! at each agent of its queue.

mod pick;
mod show;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub use pick::Pick;
pub use show::NotHere;

use super::why::Reached;
use super::{Between, Membership, Needs, Roster, Standing, Strategy, Waiting, order};
use crate::id::{AgentId, CallId, QueueId};
use crate::time::Timestamp;

/// Where an agent stands in a class; the smallest is asked first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    tier: u16,
    ring: u16,
    penalty: u32,
    key: [i64; 2],
    agent: u32,
}

/// Where a call stands in a class; the smallest goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    key: [i64; 2],
    id: CallId,
    slot: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ClassKey {
    queue: u32,
    stage: u16,
    only: Option<u32>,
    needs: u32,
}

#[derive(Debug)]
struct Class {
    queue: u32,
    stage: u16,
    only: Option<u32>,
    /// Needed after what has been relaxed.
    needs: Needs,
    ready: BTreeSet<Rank>,
    waiting: BTreeSet<Place>,
    /// Agents signed in who may have its calls.
    staffed: u32,
}

/// An agent's share in a class.
#[derive(Clone, Copy, Debug)]
struct Share {
    class: u32,
    priority: u8,
    rank: Rank,
}

#[derive(Debug)]
struct Seat {
    id: AgentId,
    standing: Standing,
    /// By ascending class.
    shares: Vec<Share>,
    at: Spot,
    alarm: Option<Timestamp>,
}

/// Where an agent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spot {
    Away,
    /// Ready, and calls wait: looked at before joining the others.
    Fresh,
    Ready,
}

#[derive(Debug)]
struct Line {
    id: QueueId,
    /// Times in the queue at which something is relaxed; the first is zero.
    stages: Vec<Duration>,
    /// Agents who may ever have its calls.
    agents: Vec<u32>,
    classes: Vec<u32>,
    waiting: u32,
    ready: u32,
    /// Where round robin stopped.
    last: Option<(Timestamp, u32)>,
    /// Of a thousand calls, how many were answered in time lately.
    in_time_per_mille: u32,
}

#[derive(Debug)]
struct Caller {
    id: CallId,
    waiting: Waiting,
    class: u32,
    place: Place,
    points: i32,
    /// Among those that wait; not while as many agents as wanted are being rung.
    in_line: bool,
    alarm: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Alarm {
    Agent(u32),
    Call(u32),
}

/// Who waits and who is free.
#[derive(Debug)]
pub struct Floor {
    roster: Arc<Roster>,
    lines: Vec<Line>,
    line_of: BTreeMap<QueueId, u32>,
    seats: Vec<Seat>,
    seat_of: BTreeMap<AgentId, u32>,
    classes: Vec<Class>,
    class_of: BTreeMap<ClassKey, u32>,
    needs_of: BTreeMap<Needs, u32>,
    callers: Vec<Option<Caller>>,
    vacant: Vec<u32>,
    slot_of: BTreeMap<CallId, u32>,
    hot: BTreeSet<u32>,
    fresh: Vec<u32>,
    alarms: BTreeSet<(Timestamp, Alarm)>,
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Floor {
    /// An empty floor: nobody is signed in, nobody waits.
    #[must_use]
    pub fn new(roster: Arc<Roster>) -> Self {
        let seat_of: BTreeMap<AgentId, u32> =
            roster.agents.keys().enumerate().map(|(at, id)| (id.clone(), index(at))).collect();
        let line_of = roster.queues.keys().enumerate().map(|(at, id)| (id.clone(), index(at))).collect();
        let seats = roster.agents.keys().map(|id| Seat {
            id: id.clone(),
            standing: Standing::default(),
            shares: Vec::new(),
            at: Spot::Away,
            alarm: None,
        });
        let seats = seats.collect();
        let lines = roster.queues.iter().map(|(id, policy)| {
            let mut stages: BTreeSet<Duration> = policy.rings.iter().map(|ring| ring.after).collect();
            stages.extend(policy.tiers.values().copied());
            stages.insert(Duration::ZERO);
            let added: BTreeSet<&AgentId> = policy.rings.iter().flat_map(|ring| &ring.add).collect();
            let mut agents = Vec::new();
            for (at, (agent, member)) in roster.agents.iter().enumerate() {
                let place = member.queues.get(id).filter(|place| place.enabled);
                stages.extend(place.map(|place| place.delay));
                if place.is_some() || added.contains(agent) {
                    agents.push(index(at));
                }
            }
            Line {
                id: id.clone(),
                stages: stages.into_iter().collect(),
                agents,
                classes: Vec::new(),
                waiting: 0,
                ready: 0,
                last: None,
                in_time_per_mille: 1000,
            }
        });
        let lines = lines.collect();
        Self {
            lines,
            line_of,
            seats,
            seat_of,
            classes: Vec::new(),
            class_of: BTreeMap::new(),
            needs_of: BTreeMap::new(),
            callers: Vec::new(),
            vacant: Vec::new(),
            slot_of: BTreeMap::new(),
            hot: BTreeSet::new(),
            fresh: Vec::new(),
            alarms: BTreeSet::new(),
            roster,
        }
    }

    /// What is gone by.
    #[must_use]
    pub fn roster(&self) -> &Arc<Roster> {
        &self.roster
    }

    /// From now on the agent stands like this. An agent who is not in the roster is not offered anything.
    pub fn set_agent(&mut self, id: &AgentId, standing: Standing, now: Timestamp) {
        let Some(&at) = self.seat_of.get(id) else { return };
        let seat = &self.seats[at as usize];
        if seat.standing == standing {
            return;
        }
        let was_staffed = seat.standing.staffed;
        self.leave(at);
        if let (Some(when), Some(&line)) =
            (standing.last_offered, standing.last_queue.as_ref().and_then(|queue| self.line_of.get(queue)))
        {
            self.offered_last(line, when, at);
        }
        let staffed = standing.staffed;
        self.seats[at as usize].standing = standing;
        if staffed != was_staffed {
            self.staff(at, staffed, now);
        }
        self.enter(at, now);
    }

    fn offered_last(&mut self, line: u32, when: Timestamp, agent: u32) {
        let last = &mut self.lines[line as usize].last;
        if last.is_none_or(|known| known < (when, agent)) {
            *last = Some((when, agent));
        }
    }

    /// Somebody signed in or out.
    fn staff(&mut self, at: u32, staffed: bool, now: Timestamp) {
        let shares: Vec<u32> = self.seats[at as usize].shares.iter().map(|share| share.class).collect();
        for class in shares {
            let class = &mut self.classes[class as usize];
            class.staffed = if staffed { class.staffed + 1 } else { class.staffed.saturating_sub(1) };
            let skips = class.only.is_some() || self.roster.queues[&self.lines[class.queue as usize].id].skip_unstaffed;
            if class.staffed == 0 && skips {
                let waiting: Vec<u32> = class.waiting.iter().map(|place| place.slot).collect();
                waiting.into_iter().for_each(|slot| self.settle(slot, now));
            }
        }
    }

    fn leave(&mut self, at: u32) {
        let seat = &mut self.seats[at as usize];
        if let Some(alarm) = seat.alarm.take() {
            self.alarms.remove(&(alarm, Alarm::Agent(at)));
        }
        match std::mem::replace(&mut seat.at, Spot::Away) {
            Spot::Away => return,
            Spot::Fresh => self.fresh.retain(|other| *other != at),
            Spot::Ready => {
                for share in &seat.shares {
                    let class = &mut self.classes[share.class as usize];
                    class.ready.remove(&share.rank);
                    if class.ready.is_empty() && !class.waiting.is_empty() {
                        self.hot.remove(&share.class);
                    }
                }
            }
        }
        self.count_ready(at, false);
    }

    fn count_ready(&mut self, at: u32, more: bool) {
        if self.roster.between != Between::Weight {
            return;
        }
        let roster = Arc::clone(&self.roster);
        let Some(member) = roster.agents.get(&self.seats[at as usize].id) else { return };
        for queue in member.queues.keys() {
            if let Some(&line) = self.line_of.get(queue) {
                let ready = &mut self.lines[line as usize].ready;
                *ready = if more { *ready + 1 } else { ready.saturating_sub(1) };
            }
        }
    }

    fn enter(&mut self, at: u32, now: Timestamp) {
        let seat = &mut self.seats[at as usize];
        if !seat.standing.staffed || seat.standing.free == 0 {
            return;
        }
        if let Some(until) = seat.standing.not_before.filter(|until| *until > now) {
            seat.alarm = Some(until);
            self.alarms.insert((until, Alarm::Agent(at)));
            return;
        }
        let wanted = seat.shares.iter().any(|share| !self.classes[share.class as usize].waiting.is_empty());
        if wanted {
            seat.at = Spot::Fresh;
            self.fresh.push(at);
        } else {
            self.stand_ready(at);
        }
        self.count_ready(at, true);
    }

    fn stand_ready(&mut self, at: u32) {
        self.seats[at as usize].at = Spot::Ready;
        for share in 0..self.seats[at as usize].shares.len() {
            self.join(at, share);
        }
    }

    /// A ready agent joins the others of a class.
    fn join(&mut self, at: u32, share_at: usize) {
        let Some(share) = self.seats[at as usize].shares.get(share_at) else { return };
        let at_class = share.class;
        let Some(key) = self.key_of(at_class, at) else { return };
        let Some(share) = self.seats[at as usize].shares.get_mut(share_at) else { return };
        share.rank.key = key;
        let class = &mut self.classes[at_class as usize];
        class.ready.insert(share.rank);
        if !class.waiting.is_empty() {
            self.hot.insert(at_class);
        }
    }

    /// What the strategy of a class compares an agent by.
    fn key_of(&self, class: u32, at: u32) -> Option<[i64; 2]> {
        let class = self.classes.get(class as usize)?;
        let seat = self.seats.get(at as usize)?;
        let line = &self.lines[class.queue as usize];
        let policy = self.roster.queues.get(&line.id)?;
        let member = self.roster.agents.get(&seat.id)?;
        let place = member.queues.get(&line.id).copied().unwrap_or_default();
        Some(match policy.strategy {
            Strategy::Random | Strategy::WeightedRandom => {
                [pick::drawn(self.roster.seed, u64::from(at), seat.standing.last_offered), 0]
            }
            _ => policy.strategy.key(member, &place, &seat.standing, &class.needs),
        })
    }

    /// From now on the call waits like this; one that does not wait any more is to be removed. A queue that is not in the roster
    /// has nobody.
    pub fn set_call(&mut self, id: CallId, waiting: Waiting, now: Timestamp) {
        let slot = match self.slot_of.get(&id) {
            Some(&slot) => {
                if self.callers[slot as usize].as_ref().is_some_and(|caller| caller.waiting == waiting) {
                    return;
                }
                self.step_out(slot);
                slot
            }
            None => {
                let slot = self.vacant.pop().unwrap_or_else(|| {
                    self.callers.push(None);
                    index(self.callers.len() - 1)
                });
                self.slot_of.insert(id, slot);
                slot
            }
        };
        if !self.line_of.contains_key(&waiting.queue) {
            self.drop_call(id, slot);
            return;
        }
        let place = Place { key: [0, 0], id, slot };
        let points = waiting.points;
        self.callers[slot as usize] =
            Some(Caller { id, waiting, class: u32::MAX, place, points, in_line: false, alarm: None });
        self.settle(slot, now);
    }

    /// The call does not wait any more.
    pub fn remove_call(&mut self, id: CallId) {
        if let Some(&slot) = self.slot_of.get(&id) {
            self.step_out(slot);
            self.drop_call(id, slot);
        }
    }

    fn drop_call(&mut self, id: CallId, slot: u32) {
        self.slot_of.remove(&id);
        self.callers[slot as usize] = None;
        self.vacant.push(slot);
    }

    fn step_out(&mut self, slot: u32) {
        let Some(caller) = self.callers[slot as usize].as_mut() else { return };
        if let Some(alarm) = caller.alarm.take() {
            self.alarms.remove(&(alarm, Alarm::Call(slot)));
        }
        if !std::mem::replace(&mut caller.in_line, false) {
            return;
        }
        let class = &mut self.classes[caller.class as usize];
        class.waiting.remove(&caller.place);
        if class.waiting.is_empty() && !class.ready.is_empty() {
            self.hot.remove(&caller.class);
        }
        let line = &mut self.lines[class.queue as usize];
        line.waiting = line.waiting.saturating_sub(1);
    }

    /// Puts a call where it belongs now: after a change, or when something is relaxed.
    fn settle(&mut self, slot: u32, now: Timestamp) {
        self.step_out(slot);
        let roster = Arc::clone(&self.roster);
        let Some(caller) = self.callers[slot as usize].as_ref() else { return };
        let Some(&line) = self.line_of.get(&caller.waiting.queue) else { return };
        let Some(policy) = roster.queues.get(&caller.waiting.queue) else { return };
        let needs = self.intern(slot);
        let stages = &self.lines[line as usize].stages;
        let waited = self.callers[slot as usize].as_ref().map_or(Duration::ZERO, |c| now.since(c.waiting.entered));
        let mut stage = stages.iter().rposition(|at| *at <= waited).unwrap_or(0);
        let last = stages.len() - 1;
        let only = self.kept_for(slot, now);
        let key = |stage: usize| ClassKey { queue: line, stage: u16::try_from(stage).unwrap_or(u16::MAX), only, needs };
        let mut class = self.class(key(if only.is_some() { last } else { stage }), slot);
        while only.is_none() && policy.skip_unstaffed && stage < last && self.classes[class as usize].staffed == 0 {
            stage += 1;
            class = self.class(key(stage), slot);
        }
        let reached = self.lines[line as usize].stages[stage];
        let rings = policy.rings.iter().filter(|ring| ring.after <= reached).map(|ring| ring.points);
        let Some(caller) = self.callers[slot as usize].as_mut() else { return };
        caller.points = rings.fold(caller.waiting.points, i32::saturating_add);
        caller.class = class;
        caller.place.key = order::place(policy.order, caller.points, caller.waiting.since);
        let more = caller.waiting.wanted_more_at.filter(|at| *at <= now).is_some();
        if caller.waiting.wanted > 0 || more {
            caller.in_line = true;
            let class = &mut self.classes[class as usize];
            class.waiting.insert(caller.place);
            if !class.ready.is_empty() {
                self.hot.insert(caller.class);
            }
            self.lines[line as usize].waiting += 1;
        }
        let next_stage = self.lines[line as usize].stages.get(stage + 1).map(|at| caller.waiting.entered + *at);
        let times = next_stage
            .into_iter()
            .chain(caller.waiting.wanted_more_at)
            .chain(caller.waiting.held_for.as_ref().map(|(_, until)| *until))
            .chain(caller.waiting.excluded.values().copied().flatten());
        if let Some(alarm) = times.filter(|at| *at > now).min() {
            caller.alarm = Some(alarm);
            self.alarms.insert((alarm, Alarm::Call(slot)));
        }
    }

    fn intern(&mut self, slot: u32) -> u32 {
        let Some(caller) = self.callers[slot as usize].as_ref() else { return 0 };
        if let Some(&known) = self.needs_of.get(&caller.waiting.needs) {
            return known;
        }
        let new = index(self.needs_of.len());
        self.needs_of.insert(caller.waiting.needs.clone(), new);
        new
    }

    /// The only agent whom the call may be offered to now.
    fn kept_for(&self, slot: u32, now: Timestamp) -> Option<u32> {
        let waiting = &self.callers[slot as usize].as_ref()?.waiting;
        if let Some(only) = &waiting.only {
            // Nobody at all, if there is no such agent.
            return Some(self.seat_of.get(only).copied().unwrap_or(u32::MAX));
        }
        let (agent, _) = waiting.held_for.as_ref().filter(|(_, until)| *until > now)?;
        let &at = self.seat_of.get(agent)?;
        let seat = &self.seats[at as usize];
        let policy = self.roster.queues.get(&waiting.queue)?;
        let may = policy.admits(agent, self.roster.agents.get(agent)?, waiting, Reached(Duration::MAX)).is_ok();
        (seat.standing.staffed && may).then_some(at)
    }

    /// The class with this key; one that is new finds its agents.
    fn class(&mut self, key: ClassKey, slot: u32) -> u32 {
        if let Some(&known) = self.class_of.get(&key) {
            return known;
        }
        let at = index(self.classes.len());
        let roster = Arc::clone(&self.roster);
        let line = &mut self.lines[key.queue as usize];
        line.classes.push(at);
        let reached = Reached(line.stages[usize::from(key.stage)]);
        let agents = key.only.map_or_else(|| line.agents.clone(), |only| vec![only]);
        let queue = line.id.clone();
        let mut class = Class {
            queue: key.queue,
            stage: key.stage,
            only: key.only,
            needs: Needs::new(),
            ready: BTreeSet::new(),
            waiting: BTreeSet::new(),
            staffed: 0,
        };
        let (Some(policy), Some(caller)) = (roster.queues.get(&queue), self.callers[slot as usize].as_ref()) else {
            return at;
        };
        class.needs = policy.needs_at(&caller.waiting.needs, reached);
        let waiting = caller.waiting.clone();
        self.class_of.insert(key.clone(), at);
        self.classes.push(class);
        for agent in agents {
            let Some(seat) = self.seats.get_mut(agent as usize) else { continue };
            let Some(member) = roster.agents.get(&seat.id) else { continue };
            let place: Option<&Membership> = member.queues.get(&queue).filter(|place| place.enabled);
            if key.only.is_none() && policy.admits(&seat.id, member, &waiting, reached).is_err() {
                continue;
            }
            let ring = policy.ring_of(&seat.id, place.is_some()).filter(|_| policy.inner_first).unwrap_or(0);
            let place = place.copied().unwrap_or_default();
            let rank = Rank { tier: place.tier, ring, penalty: place.penalty, key: [0, 0], agent };
            let priority = if key.only.is_some() && waiting.only.is_some() { 0 } else { place.priority };
            seat.shares.push(Share { class: at, priority, rank });
            self.classes[at as usize].staffed += u32::from(seat.standing.staffed);
            if seat.at == Spot::Ready {
                let share = seat.shares.len() - 1;
                self.join(agent, share);
            }
        }
        at
    }

    /// Does what is due by `now`. [`next`](Self::next) does so too.
    pub fn advance(&mut self, now: Timestamp) {
        while let Some((at, alarm)) = self.alarms.first().copied().filter(|(at, _)| *at <= now) {
            self.alarms.remove(&(at, alarm));
            match alarm {
                Alarm::Agent(agent) => {
                    self.seats[agent as usize].alarm = None;
                    self.enter(agent, now);
                }
                Alarm::Call(slot) => {
                    if let Some(caller) = self.callers[slot as usize].as_mut() {
                        caller.alarm = None;
                    }
                    self.settle(slot, now);
                }
            }
        }
    }

    /// When something changes by itself: a tier or ring opens, a rest ends. `None`: nothing does.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        self.alarms.first().map(|(at, _)| *at)
    }

    /// For [`Between::ServiceLevel`]: of a thousand calls of the queue, how many were answered in time lately.
    pub fn set_service_level(&mut self, queue: &QueueId, in_time_per_mille: u32) {
        if let Some(&line) = self.line_of.get(queue) {
            self.lines[line as usize].in_time_per_mille = in_time_per_mille;
        }
    }
}
