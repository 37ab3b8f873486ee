//! Which call is offered to whom next.

use std::sync::Arc;

use super::{Between, Caller, Floor, Place, Rank, Strategy, index};
use crate::id::{AgentId, CallId, QueueId};
use crate::routing::{ReadyAgent, WaitingCall, order, why};
use crate::time::Timestamp;

/// Most agents that are looked at together.
const LOOKED_AT_MAX: usize = 64;
/// A call that has waited this many times as long as its queue wants to answer within goes first, whatever the service levels.
const LATE_TIMES: u32 = 10;

/// A call, and whom it is to be offered to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Which call.
    pub call: CallId,
    pub(super) slot: u32,
    pub(super) class: u32,
    pub(super) agents: Vec<u32>,
}

/// What calls of different queues are compared by; the smallest goes first.
type Claim = (i64, i64, i64, i64, CallId);

/// The first call of a class: the agent's order of its queue, the queue, the call.
type Head = (u8, u32, Place);

impl Floor {
    /// The call that is to be offered next, and to whom; `None`: no call that waits may be offered to anybody who is free.
    /// Nothing changes but what is due: see [`take`](Self::take).
    pub fn next(&mut self, now: Timestamp) -> Option<Pick> {
        self.advance(now);
        if let ([agent], true) = (self.fresh.as_slice(), self.hot.is_empty()) {
            let agent = *agent;
            match self.best_call(agent, now, false) {
                Some(slot) if self.caller(slot)?.waiting.wanted <= 1 => return self.pick(slot, vec![agent]),
                _ => {}
            }
        }
        for agent in std::mem::take(&mut self.fresh) {
            self.stand_ready(agent);
        }
        let slot = self.best_of_all(now)?;
        let agent = *self.candidates(slot, 1, now).first()?;
        // The agent's own order of queues may put another call first.
        let slot = self.best_call(agent, now, true).unwrap_or(slot);
        let wanted = usize::from(self.caller(slot)?.waiting.wanted.max(1));
        let agents = self.candidates(slot, wanted, now);
        if agents.is_empty() { None } else { self.pick(slot, agents) }
    }

    /// Does as if the offers had been made: the agents are busy, the call wants so many fewer.
    pub fn take(&mut self, pick: &Pick, now: Timestamp) {
        let Some(caller) = self.callers.get_mut(pick.slot as usize).and_then(Option::as_mut) else { return };
        let made = u16::try_from(pick.agents.len()).unwrap_or(u16::MAX);
        let weight = caller.waiting.weight.max(1);
        let left = caller.waiting.wanted.saturating_sub(made);
        caller.waiting.offers += u32::from(made);
        caller.waiting.wanted_more_at = caller.waiting.wanted_more_at.filter(|at| *at > now);
        let queue = caller.waiting.queue.clone();
        if left == 0 {
            self.step_out(pick.slot);
        }
        if let Some(caller) = self.callers.get_mut(pick.slot as usize).and_then(Option::as_mut) {
            caller.waiting.wanted = left;
        }
        let line = self.classes[pick.class as usize].queue;
        for &agent in &pick.agents {
            self.leave(agent);
            let standing = &mut self.seats[agent as usize].standing;
            standing.free = standing.free.saturating_sub(weight);
            standing.last_offered = Some(now);
            standing.last_queue = Some(queue.clone());
            self.offered_last(line, now, agent);
            self.enter(agent, now);
        }
    }

    /// Names of the agents of a pick, best first.
    pub fn agents<'a>(&'a self, pick: &'a Pick) -> impl Iterator<Item = &'a AgentId> {
        pick.agents.iter().map(|agent| &self.seats[*agent as usize].id)
    }

    /// Queue of the call of a pick.
    #[must_use]
    pub fn queue(&self, pick: &Pick) -> &QueueId {
        &self.lines[self.classes[pick.class as usize].queue as usize].id
    }

    pub(super) fn caller(&self, slot: u32) -> Option<&Caller> {
        self.callers.get(slot as usize).and_then(Option::as_ref)
    }

    fn pick(&self, slot: u32, agents: Vec<u32>) -> Option<Pick> {
        let caller = self.caller(slot)?;
        Some(Pick { call: caller.id, slot, class: caller.class, agents })
    }

    fn may(&self, caller: &Caller, agent: u32, now: Timestamp) -> bool {
        let seat = &self.seats[agent as usize];
        seat.standing.free >= caller.waiting.weight.max(1)
            && (caller.waiting.excluded.is_empty() || why::excluded(&caller.waiting, &seat.id, now).is_none())
    }

    /// Of the calls of the classes that have both, the one that goes first and may be offered to somebody.
    fn best_of_all(&self, now: Timestamp) -> Option<u32> {
        let mut heads: Vec<Head> = Vec::new();
        for class in &self.hot {
            let class = &self.classes[*class as usize];
            let first = class.waiting.iter().find(|place| {
                let caller = self.caller(place.slot);
                caller.is_some_and(|caller| class.ready.iter().any(|rank| self.may(caller, rank.agent, now)))
            });
            heads.extend(first.map(|place| (0, class.queue, *place)));
        }
        self.first_of(heads, now)
    }

    /// The call that an agent takes next.
    fn best_call(&self, agent: u32, now: Timestamp, hot_only: bool) -> Option<u32> {
        let mut heads: Vec<Head> = Vec::new();
        for share in &self.seats[agent as usize].shares {
            let class = &self.classes[share.class as usize];
            if class.waiting.is_empty() || (hot_only && class.ready.is_empty()) {
                continue;
            }
            if heads.last().is_some_and(|(priority, ..)| *priority < share.priority) {
                continue;
            }
            let may = |place: &&Place| self.caller(place.slot).is_some_and(|caller| self.may(caller, agent, now));
            let Some(first) = class.waiting.iter().find(may) else { continue };
            if heads.last().is_some_and(|(priority, ..)| *priority > share.priority) {
                heads.clear();
            }
            heads.push((share.priority, class.queue, *first));
        }
        self.first_of(heads, now)
    }

    /// Calls of one queue go by the queue's own order, whichever class they are of; those that are left, one of each queue, are
    /// compared with each other.
    fn first_of(&self, mut heads: Vec<Head>, now: Timestamp) -> Option<u32> {
        heads.sort_unstable();
        heads.dedup_by_key(|(priority, queue, _)| (*priority, *queue));
        let claims = heads.into_iter().filter_map(|(priority, _, place)| {
            let caller = self.caller(place.slot)?;
            Some((priority, self.claim(caller, now), place.slot))
        });
        claims.min().map(|(_, _, slot)| slot)
    }

    fn claim(&self, caller: &Caller, now: Timestamp) -> Claim {
        let waiting = &caller.waiting;
        let since = waiting.since.as_micros();
        let line = &self.lines[self.classes[caller.class as usize].queue as usize];
        let Some(policy) = self.roster.queues.get(&line.id) else { return (i64::MAX, 0, 0, since, caller.id) };
        let score = || order::score(policy.order, caller.points, waiting.since, now).saturating_neg();
        match self.roster.between {
            Between::Score => (0, score(), 0, since, caller.id),
            Between::Oldest => (0, since, 0, since, caller.id),
            Between::Weight if line.waiting >= line.ready => (0, -i64::from(policy.weight), score(), since, caller.id),
            Between::Weight => (1, score(), 0, since, caller.id),
            Between::ServiceLevel => {
                if now.since(waiting.since) > policy.answer_within * LATE_TIMES {
                    return (0, since, 0, since, caller.id);
                }
                if now.since(waiting.entered) > policy.answer_within {
                    return (2, score(), 0, since, caller.id);
                }
                let short = policy.target_per_mille.saturating_sub(line.in_time_per_mille);
                (1, -i64::from(short) * i64::from(policy.weight.max(1)), score(), since, caller.id)
            }
        }
    }

    /// The first agents, at most `most`, who may have the call.
    pub(super) fn candidates(&self, slot: u32, most: usize, now: Timestamp) -> Vec<u32> {
        let Some(caller) = self.caller(slot) else { return Vec::new() };
        let class = &self.classes[caller.class as usize];
        let Some(policy) = self.roster.queues.get(&caller.waiting.queue) else { return Vec::new() };
        let may = |rank: &&Rank| self.may(caller, rank.agent, now);
        if policy.strategy.looks_at_many() {
            return self.looked_at_together(caller, &policy.strategy, most, now);
        }
        if !policy.strategy.is_cyclic() {
            return class.ready.iter().filter(may).take(most).map(|rank| rank.agent).collect();
        }
        let mut agents = Vec::new();
        let mut from = Rank::default();
        // Within those of equal tier, ring and penalty, round from where it stopped.
        while let Some(first) = class.ready.range(from..).next().copied() {
            let group = Rank { key: [i64::MIN, i64::MIN], agent: 0, ..first };
            let end = Rank { key: [i64::MAX, i64::MAX], agent: u32::MAX, ..first };
            let start = self.starts_after(caller, &policy.strategy, group);
            let after = class.ready.range((std::ops::Bound::Excluded(start), std::ops::Bound::Included(end)));
            let before = class.ready.range(group..=start);
            agents.extend(after.chain(before).filter(may).take(most - agents.len()).map(|rank| rank.agent));
            if agents.len() >= most || end.penalty == u32::MAX {
                break;
            }
            from = Rank { penalty: end.penalty + 1, key: [i64::MIN, i64::MIN], agent: 0, ..end };
        }
        agents
    }

    fn starts_after(&self, caller: &Caller, strategy: &Strategy, group: Rank) -> Rank {
        if matches!(strategy, Strategy::Random) {
            return Rank { key: [self.drawn_for(caller, 0), 0], ..group };
        }
        let line = &self.lines[self.classes[caller.class as usize].queue as usize];
        let Some((_, agent)) = line.last else { return group };
        let position = match strategy {
            Strategy::RoundRobinOrdered => {
                let member = self.roster.agents.get(&self.seats[agent as usize].id);
                member.and_then(|member| member.queues.get(&line.id)).map_or(0, |place| i64::from(place.position))
            }
            _ => 0,
        };
        Rank { key: [position, 0], agent, ..group }
    }

    fn drawn_for(&self, caller: &Caller, nth: u32) -> i64 {
        let salt = u64::from(caller.waiting.offers.wrapping_add(nth)).rotate_left(32);
        drawn(self.roster.seed ^ salt, caller.id.0.as_u64_pair().0 ^ caller.id.0.as_u64_pair().1, None)
    }

    /// The strategies that compare agents with each other rather than each by itself.
    fn looked_at_together(&self, caller: &Caller, strategy: &Strategy, most: usize, now: Timestamp) -> Vec<u32> {
        let class = &self.classes[caller.class as usize];
        let mut agents: Vec<Rank> = Vec::new();
        for rank in class.ready.iter().filter(|rank| self.may(caller, rank.agent, now)) {
            let is_worse = agents.first().is_some_and(|first| (first.tier, first.ring) != (rank.tier, rank.ring));
            if is_worse || agents.len() == LOOKED_AT_MAX {
                break;
            }
            agents.push(*rank);
        }
        let Strategy::Own(own) = strategy else { return self.drawn_by_weight(caller, agents, most) };
        let roster = Arc::clone(&self.roster);
        let shown: Vec<ReadyAgent<'_>> = agents
            .iter()
            .filter_map(|rank| {
                let seat = &self.seats[rank.agent as usize];
                let member = roster.agents.get(&seat.id)?;
                Some(ReadyAgent { id: &seat.id, member, standing: &seat.standing })
            })
            .collect();
        let call = WaitingCall {
            id: caller.id,
            needs: &class.needs,
            priority: caller.points,
            queued_at: caller.waiting.since,
        };
        let mut chosen: Vec<u32> = Vec::new();
        for at in own.rank(call, &shown) {
            let Some(rank) = agents.get(at) else { continue };
            if chosen.len() < most && !chosen.contains(&rank.agent) {
                chosen.push(rank.agent);
            }
        }
        chosen
    }

    fn drawn_by_weight(&self, caller: &Caller, mut agents: Vec<Rank>, most: usize) -> Vec<u32> {
        const UNIT: u64 = 1 << 20;
        let weight = |rank: &Rank| UNIT / (1 + u64::from(rank.penalty)).min(UNIT);
        let mut chosen = Vec::new();
        while chosen.len() < most && !agents.is_empty() {
            let all: u64 = agents.iter().map(weight).sum();
            let mut left = self.drawn_for(caller, index(chosen.len())).unsigned_abs() % all.max(1);
            let at = agents.iter().position(|rank| {
                let weight = weight(rank);
                let here = left < weight;
                left = left.saturating_sub(weight);
                here
            });
            chosen.push(agents.remove(at.unwrap_or(0)).agent);
        }
        chosen
    }
}

/// A number drawn from what is given: the same for the same (SplitMix64, Steele, Lea and Flood 2014).
pub(super) fn drawn(seed: u64, one: u64, at: Option<Timestamp>) -> i64 {
    let salt = at.map_or(0, |at| at.as_micros().cast_unsigned());
    let mut z = seed.wrapping_add(one.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(salt.rotate_left(17));
    for _ in 0..2 {
        z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
    }
    (z >> 1).cast_signed()
}
