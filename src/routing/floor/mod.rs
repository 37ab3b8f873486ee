//! Who waits, who is free, and which call is to be offered to whom next.
//!
//! Calls of one queue with the same needs and weight, equally far relaxed, are of one *class*: whoever may have one of them may
//! have all, but for those that a call excludes. Each class keeps its calls in order, and the first of its ready agents; how many
//! more there are, it only counts. An agent who becomes busy or ready again mostly stands behind those first ones, so that a
//! class costs one comparison. When the first ones are used up, the class looks through its agents for the next first ones.
//!
//! A class with calls and agents is *hot* until it was looked at: if no pair was found, all its pairs are kept apart by
//! exclusions, and it is looked at again only when a call or an agent joins it.
//!
//! Costs: an agent who becomes ready or busy, one comparison for each class of the agent's queues; a call, the logarithm of those
//! that wait; a pair that is kept apart, one look for each change of its class. Nobody eligible is one look at a count. Once in
//! 64 choices or more, a class looks at each of its agents: about the square root of their number for each choice.
//! A class is dropped when its upkeep since a call last needed it has cost more than making it anew would.

mod caller;
mod class;
mod people;
mod pick;
mod ready;
mod settle;
mod show;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub use pick::Pick;
pub use show::NotHere;

use super::{Between, Policy, Roster, Standing, Strategy};
use crate::id::{AgentId, CallId, QueueId};
use crate::time::Timestamp;
use caller::Caller;
use class::{Class, Gauge, Interned};
use table::{Table, folded, hash};

/// Most agents that a strategy of one's own is shown.
const FIRST_SHOWN: usize = 64;
/// Each answer counts for one of so many of a service level.
const ANSWERS_COUNTED: u32 = 20;
/// No class, no line, no agent.
const NONE: u32 = u32::MAX;

/// What a floor keeps in order to be quick. Whatever it is, the picks are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Most kinds of calls of a queue, by needs, weight and how far relaxed, that are kept apart; 1,024 unless set. A call of one
    /// more is matched with each agent of its queue one by one.
    pub classes: usize,
    /// How many of the first agents of a kind of call are known at least; 64 unless set.
    pub first: usize,
    /// How many changes of its agents an unused kind of call outlives, besides four for each of them; 1,024 unless set.
    pub patience: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { classes: 1024, first: 64, patience: 1024 }
    }
}

/// Where an agent stands in a class; the smallest is asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// Place of the agent's tier, ring and penalty among those of the queue.
    grade: u32,
    key: [i64; 2],
    agent: u32,
}

impl Rank {
    const LAST: Self = Self { grade: u32::MAX, key: [i64::MAX; 2], agent: u32::MAX };
}

/// Where a call stands in a class; the smallest goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    key: [i64; 2],
    id: CallId,
    slot: u32,
}

/// The first waiting call of a class that has any.
#[derive(Clone, Copy, Debug)]
struct Head {
    place: Place,
    /// Whether every agent of the class may have it.
    is_for_all: bool,
}

/// What an agent is in a queue.
#[derive(Debug)]
struct Post {
    line: u32,
    tier: u16,
    ring: u16,
    penalty: u32,
    grade: u32,
    position: u32,
    /// Place by the attributes that the queue orders by.
    by_attributes: u32,
    priority: u8,
    delay: Duration,
    serves: bool,
    /// The first stage at which the agent may be asked.
    from_stage: u32,
    rank: Rank,
    classes: Vec<u32>,
}

#[derive(Debug)]
struct Seat {
    id: AgentId,
    standing: Standing,
    /// By ascending line.
    posts: Vec<Post>,
    /// By ascending skill.
    skills: Vec<(u32, u8)>,
    rank: i32,
    queues: u32,
    /// Classes of calls for this agent alone: queue, class, and whether the calls are nobody else's ever.
    alone: Vec<(u32, u32, bool)>,
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
    policy: Policy,
    /// Times in the queue at which something is relaxed; the first is zero.
    stages: Vec<Duration>,
    /// The tiers, rings and penalties of its agents, in order.
    grades: Vec<(u16, u16, u32)>,
    /// Agents who may ever have its calls, each with the agent's post.
    agents: Vec<(u32, u32)>,
    classes: Vec<u32>,
    /// Classes for one agent alone.
    alone: BTreeSet<u32>,
    /// Calls known, those that are being offered included.
    callers: u32,
    waiting: u32,
    ready: u32,
    /// How often a call was put in a class.
    uses: u64,
    /// When each agent was last offered a call of this queue, for round robin.
    offered: BTreeSet<(Timestamp, u32)>,
    /// Of a thousand calls, how many were answered in time lately.
    in_time_per_million: u32,
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
    limits: Limits,
    lines: Vec<Line>,
    line_of: Table,
    seats: Vec<Seat>,
    seat_of: Table,
    skill_of: BTreeMap<String, u32>,
    /// Who holds a skill.
    holders: Vec<Vec<u32>>,
    classes: Vec<Class>,
    gauges: Vec<Gauge>,
    heads: Vec<Head>,
    class_of: Table,
    classes_vacant: Vec<u32>,
    needs: Vec<Interned>,
    number_of_needs: Table,
    needs_vacant: Vec<u32>,
    callers: Vec<Option<Caller>>,
    vacant: Vec<u32>,
    slot_of: Table,
    /// Calls kept for an agent.
    kept: BTreeMap<u32, BTreeSet<u32>>,
    hot: BTreeSet<u32>,
    fresh: Option<u32>,
    /// Classes whose upkeep was not worth it.
    worn: Vec<u32>,
    alarms: BTreeSet<(Timestamp, Alarm)>,
    /// Some queue's own strategy leaves agents out.
    has_own: bool,
    /// Some queue goes by who was offered a call last.
    goes_round: bool,
}

fn hash_of(call: CallId) -> u64 {
    let (high, low) = call.0.as_u64_pair();
    folded(high, low)
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Floor {
    /// An empty floor: nobody is signed in, nobody waits.
    #[must_use]
    pub fn new(roster: Arc<Roster>) -> Self {
        Self::with_limits(roster, Limits::default())
    }

    /// As [`new`](Self::new), with other limits.
    #[must_use]
    pub fn with_limits(roster: Arc<Roster>, limits: Limits) -> Self {
        let people = people::People::of(&roster);
        let (mut line_of, mut seat_of) = (Table::default(), Table::default());
        for (at, line) in people.lines.iter().enumerate() {
            line_of.insert(hash(line.id.as_str()), index(at));
        }
        for (at, seat) in people.seats.iter().enumerate() {
            seat_of.insert(hash(seat.id.as_str()), index(at));
        }
        let has_own = roster.queues.values().any(|policy| matches!(policy.strategy, Strategy::Own(_)));
        let goes_round = roster.queues.values().any(|policy| policy.strategy.remembers_the_last());
        Self {
            lines: people.lines,
            line_of,
            seats: people.seats,
            seat_of,
            skill_of: people.skill_of,
            holders: people.holders,
            classes: Vec::new(),
            gauges: Vec::new(),
            heads: Vec::new(),
            class_of: Table::default(),
            classes_vacant: Vec::new(),
            needs: Vec::new(),
            number_of_needs: Table::default(),
            needs_vacant: Vec::new(),
            callers: Vec::new(),
            vacant: Vec::new(),
            slot_of: Table::default(),
            kept: BTreeMap::new(),
            hot: BTreeSet::new(),
            fresh: None,
            worn: Vec::new(),
            alarms: BTreeSet::new(),
            has_own,
            goes_round,
            limits,
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
        let Some(at) = self.seat_at(id) else { return };
        let seat = &self.seats[at as usize];
        if seat.standing == standing {
            return;
        }
        let was_staffed = seat.standing.staffed;
        self.leave(at);
        let staffed = standing.staffed;
        self.stand(at, standing);
        if staffed != was_staffed {
            self.staff(at, staffed, now);
        }
        self.enter(at, now);
    }

    /// From now on the agent, who is in no class, stands like this.
    fn stand(&mut self, at: u32, standing: Standing) {
        let then = std::mem::replace(&mut self.seats[at as usize].standing, standing);
        if !self.goes_round {
            return;
        }
        let now = self.seats[at as usize].standing.clone();
        let offers = |of: &Standing| (of.last_offered, of.last_queue.clone(), of.offered_in.clone());
        if offers(&then) != offers(&now) {
            self.note_offers(at, &then, false);
            self.note_offers(at, &now, true);
        }
    }

    /// Keeps who was offered a call of each queue last: a function of how agents stand, not of how they came to.
    fn note_offers(&mut self, at: u32, standing: &Standing, is_new: bool) {
        let last = standing.last_queue.as_ref().zip(standing.last_offered);
        for (queue, when) in last.into_iter().chain(standing.offered_in.iter().map(|(queue, when)| (queue, *when))) {
            let line = self.line_at(queue).and_then(|line| self.lines.get_mut(line as usize));
            let Some(line) = line.filter(|line| line.policy.strategy.remembers_the_last()) else { continue };
            if is_new {
                line.offered.insert((when, at))
            } else {
                line.offered.remove(&(when, at))
            };
        }
    }

    /// Somebody signed in or out.
    fn staff(&mut self, at: u32, staffed: bool, now: Timestamp) {
        let mut unsettled: BTreeSet<u32> = self.kept.get(&at).cloned().unwrap_or_default();
        for post in &self.seats[at as usize].posts {
            let line = &self.lines[post.line as usize];
            let mut turned: BTreeSet<(u32, u16)> = BTreeSet::new();
            for &class in &post.classes {
                let class = &mut self.classes[class as usize];
                class.staffed = if staffed { class.staffed + 1 } else { class.staffed.saturating_sub(1) };
                if class.staffed == u32::from(staffed) {
                    turned.insert((class.key.needs, class.key.weight));
                }
            }
            if !line.policy.skip_unstaffed {
                continue;
            }
            // Who could serve calls that are matched one by one is not counted.
            let classes = || line.classes.iter().map(|class| &self.classes[*class as usize]);
            let is_mixed = classes().any(|class| class.key.is_mixed());
            for class in classes().filter(|class| is_mixed || turned.contains(&(class.key.needs, class.key.weight))) {
                unsettled.extend(class.waiting.iter().map(|place| place.slot));
            }
        }
        for slot in unsettled {
            self.settle(slot, now);
        }
    }

    fn leave(&mut self, at: u32) {
        let seat = &mut self.seats[at as usize];
        if let Some(alarm) = seat.alarm.take() {
            self.alarms.remove(&(alarm, Alarm::Agent(at)));
        }
        match std::mem::replace(&mut seat.at, Spot::Away) {
            Spot::Away => return,
            Spot::Fresh => self.fresh = None,
            Spot::Ready => self.quit(at),
        }
        self.count_ready(at, false);
    }

    fn count_ready(&mut self, at: u32, more: bool) {
        if self.roster.between != Between::Weight {
            return;
        }
        for post in self.seats[at as usize].posts.iter().filter(|post| post.serves) {
            let ready = &mut self.lines[post.line as usize].ready;
            *ready = if more { *ready + 1 } else { ready.saturating_sub(1) };
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
        let waits = |class: &u32| self.gauges[*class as usize].waiting > 0;
        let wanted = seat.posts.iter().any(|post| post.classes.iter().any(waits))
            || seat.alone.iter().any(|(_, class, _)| waits(class));
        match self.fresh.take() {
            None if wanted && !self.has_own => {
                seat.at = Spot::Fresh;
                self.fresh = Some(at);
            }
            other => {
                other.into_iter().for_each(|other| self.stand_ready(other));
                self.stand_ready(at);
            }
        }
        self.count_ready(at, true);
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
        if let Some(line) = self.line_at(queue) {
            self.lines[line as usize].in_time_per_million = in_time_per_mille.saturating_mul(1000);
        }
    }

    /// For [`Between::ServiceLevel`]: a call of the queue was answered in time, or was not. The latest twenty or so count.
    pub fn note_answered(&mut self, queue: &QueueId, in_time: bool) {
        if let Some(line) = self.line_at(queue) {
            let level = &mut self.lines[line as usize].in_time_per_million;
            *level = (*level * (ANSWERS_COUNTED - 1) + u32::from(in_time) * 1_000_000) / ANSWERS_COUNTED;
        }
    }

    fn line_at(&self, queue: &QueueId) -> Option<u32> {
        let is = |line: u32| self.lines.get(line as usize).is_some_and(|line| line.id == *queue);
        self.line_of.get(hash(queue.as_str()), is)
    }

    fn seat_at(&self, agent: &AgentId) -> Option<u32> {
        let is = |seat: u32| self.seats.get(seat as usize).is_some_and(|seat| seat.id == *agent);
        self.seat_of.get(hash(agent.as_str()), is)
    }
}
