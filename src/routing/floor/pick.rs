//! Which call is offered to whom next.

use super::class::{fits, key_of};
use super::{Between, Caller, FIRST_SHOWN, Floor, NONE, Place, Rank, Strategy};
use crate::id::{AgentId, CallId, QueueId};
use crate::routing::{GOLDEN, ReadyAgent, WaitingCall, mixed, order, why};
use crate::time::Timestamp;

/// A call that has waited this many times as long as its queue wants to answer within goes first, whatever the service levels.
const LATE_TIMES: u32 = 10;
/// How often it is asked whether the agent would rather take another call, and that call rather another agent.
const RATHER_MAX: usize = 16;

/// A call, and whom it is to be offered to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Which call.
    pub call: CallId,
    pub(super) slot: u32,
    pub(super) line: u32,
    pub(super) agents: Vec<u32>,
}

/// What the first calls of different queues are compared by; the smallest goes first.
type Claim = (i64, i64, i64, i64, CallId);

impl Floor {
    /// The call that is to be offered next, and to whom; `None`: no call that waits may be offered to anybody who is free.
    /// Nothing changes but what is due: see [`take`](Self::take).
    ///
    /// Of the calls that somebody free may have, it is the first one; if the agent who is to get it would rather take another,
    /// by the agent's own order of queues, that one; and so on, until the two would have each other.
    pub fn next(&mut self, now: Timestamp) -> Option<Pick> {
        self.advance(now);
        if let Some(agent) = self.fresh {
            if self.hot.is_empty() {
                match self.best_call(agent, now) {
                    Some(slot) if self.caller(slot).is_some_and(|caller| caller.wanted <= 1) => {
                        return self.pick(slot, vec![agent]);
                    }
                    _ => {}
                }
            }
            self.fresh = None;
            self.stand_ready(agent);
        }
        let mut slot = self.best_of_all(now)?;
        let mut seen: Vec<u32> = Vec::new();
        loop {
            let agent = *self.candidates(slot, 1, now).first()?;
            match self.best_call(agent, now) {
                Some(rather) if rather == slot => break,
                Some(rather) if seen.len() < RATHER_MAX && !seen.contains(&rather) => {
                    seen.push(slot);
                    slot = rather;
                }
                _ => {
                    slot = self.first_of_its_line(slot, now);
                    break;
                }
            }
        }
        let wanted = usize::from(self.caller(slot)?.wanted.max(1));
        let agents = self.candidates(slot, wanted, now);
        self.pick(slot, self.of_one_tier(self.caller(slot)?.line, agents))
    }

    /// Agents' orders of queues may lead round in a circle. Then at least nobody is passed over within a queue: from this call, to
    /// the first call of the queue that its agent may have, and so on, each further ahead.
    fn first_of_its_line(&self, mut slot: u32, now: Timestamp) -> u32 {
        loop {
            let agent = self.candidates(slot, 1, now).first().copied();
            let Some((agent, caller)) = agent.zip(self.caller(slot)) else { return slot };
            let ahead = self.first_in(agent, caller.line, now).filter(|place| *place < caller.place());
            let Some(place) = ahead else { return slot };
            slot = place.slot;
        }
    }

    /// The first call of a queue that the agent may have, those for one agent alone left out.
    fn first_in(&self, agent: u32, line: u32, now: Timestamp) -> Option<Place> {
        let seat = &self.seats[agent as usize];
        let held = seat.alone.iter().filter(|(at, _, direct)| *at == line && !*direct).map(|(_, class, _)| class);
        let post = seat.posts.iter().filter(|post| post.line == line).flat_map(|post| &post.classes);
        post.chain(held).filter_map(|class| self.first_for(*class, agent, now)).min()
    }

    /// Does as if the offers had been made: the agents are busy, the call wants so many fewer and is not offered to them again
    /// until it is set anew. A pick whose call was removed since changes nothing.
    pub fn take(&mut self, pick: &Pick, now: Timestamp) {
        let tier = pick.agents.first().map_or(0, |agent| self.tier_of(*agent, pick.line));
        let caller = self.callers.get_mut(pick.slot as usize).and_then(Option::as_mut);
        let Some(caller) = caller.filter(|caller| caller.id == pick.call) else { return };
        let made = u16::try_from(pick.agents.len()).unwrap_or(u16::MAX);
        let weight = caller.weight();
        caller.note_offers(made, now);
        if caller.wanted > 0 && caller.only().is_none() {
            caller.set_rung_tier(tier);
        }
        if caller.wanted == 0 && caller.wanted_more_at().is_none() {
            self.step_out(pick.slot);
        } else {
            for &agent in &pick.agents {
                caller.exclude(self.seats[agent as usize].id.clone());
            }
            self.settle(pick.slot, now);
        }
        for &agent in &pick.agents {
            self.leave(agent);
            let line = &self.lines[pick.line as usize];
            let mut standing = self.seats[agent as usize].standing.clone();
            standing.free = standing.free.saturating_sub(weight);
            standing.last_offered = Some(now);
            if line.policy.strategy.remembers_the_last() {
                standing.offered_in.insert(line.id.clone(), now);
            }
            if standing.last_queue.as_ref() != Some(&line.id) {
                standing.last_queue = Some(line.id.clone());
            }
            self.stand(agent, standing);
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
        &self.lines[pick.line as usize].id
    }

    fn pick(&self, slot: u32, agents: Vec<u32>) -> Option<Pick> {
        let caller = self.caller(slot)?;
        (!agents.is_empty()).then_some(Pick { call: caller.id, slot, line: caller.line, agents })
    }

    /// Whether an agent of the call's class may have the call.
    fn may(&self, caller: &Caller, agent: u32, now: Timestamp) -> bool {
        let seat = &self.seats[agent as usize];
        caller.excludes(&seat.id, now).is_none() && fits(seat, caller.bits()) && !self.is_of_later_tier(caller, agent)
    }

    /// Whether agents of an earlier tier than this agent's are being rung together. Whoever a call is kept for has it whatever the
    /// tier.
    pub(super) fn is_of_later_tier(&self, caller: &Caller, agent: u32) -> bool {
        let is_alone = || self.classes[caller.class as usize].key.only.is_some();
        caller.rung_tier().is_some_and(|rung| !is_alone() && self.tier_of(agent, caller.line) > rung)
    }

    /// The agent's tier in a queue; the first for who is added by a ring.
    pub(super) fn tier_of(&self, agent: u32, line: u32) -> u16 {
        let posts = &self.seats[agent as usize].posts;
        posts.binary_search_by_key(&line, |post| post.line).map_or(0, |at| posts[at].tier)
    }

    /// Of agents in order, those of the first one's tier: no others are rung together.
    fn of_one_tier(&self, line: u32, mut agents: Vec<u32>) -> Vec<u32> {
        if let Some(tier) = agents.first().map(|agent| self.tier_of(*agent, line)) {
            agents.retain(|agent| self.tier_of(*agent, line) == tier);
        }
        agents
    }

    /// Of the calls that somebody may have, the one that goes first.
    fn best_of_all(&mut self, now: Timestamp) -> Option<u32> {
        let mut firsts: Vec<(u32, Place)> = Vec::new();
        let mut cold: Vec<u32> = Vec::new();
        let hot = std::mem::take(&mut self.hot);
        for &at in &hot {
            self.replenish(at);
            let class = &self.classes[at as usize];
            let first = class.waiting.iter().find(|place| self.has_candidate(place.slot, now));
            match first {
                Some(place) => keep_first(&mut firsts, class.key.line, *place),
                None => cold.push(at),
            }
        }
        self.hot = hot;
        cold.iter().for_each(|at| {
            self.hot.remove(at);
        });
        let claims =
            firsts.iter().filter_map(|(_, place)| Some((self.claim(self.caller(place.slot)?, now), place.slot)));
        claims.min().map(|(_, slot)| slot)
    }

    fn has_candidate(&self, slot: u32, now: Timestamp) -> bool {
        let Some(caller) = self.caller(slot) else { return false };
        (caller.is_for_all() && !self.has_own) || !self.candidates(slot, 1, now).is_empty()
    }

    /// The call that an agent who is ready takes next.
    fn best_call(&self, agent: u32, now: Timestamp) -> Option<u32> {
        let seat = &self.seats[agent as usize];
        let mut best: Option<((Option<u8>, Claim), u32)> = None;
        let mut consider = |priority: Option<u8>, place: Option<Place>| {
            let Some((place, caller)) = place.and_then(|place| Some((place, self.caller(place.slot)?))) else { return };
            let claim = (priority, self.claim(caller, now));
            if best.as_ref().is_none_or(|(known, _)| claim < *known) {
                best = Some((claim, place.slot));
            }
        };
        let mut firsts: Vec<(u32, Place)> = Vec::new();
        for &(line, class, _) in seat.alone.iter().filter(|(_, _, direct)| *direct) {
            if let Some(place) = self.first_for(class, agent, now) {
                keep_first(&mut firsts, line, place);
            }
        }
        firsts.iter().for_each(|(_, place)| consider(None, Some(*place)));
        for post in &seat.posts {
            consider(Some(post.priority), self.first_in(agent, post.line, now));
        }
        best.map(|(_, slot)| slot)
    }

    /// The first call of a class that an agent of the class may have.
    fn first_for(&self, class: u32, agent: u32, now: Timestamp) -> Option<Place> {
        let gauge = &self.gauges[class as usize];
        if gauge.waiting == 0 || self.seats[agent as usize].standing.free < gauge.weight {
            return None;
        }
        let head = self.heads[class as usize];
        if head.is_for_all && !self.has_own {
            return Some(head.place);
        }
        let class = &self.classes[class as usize];
        let is_own = matches!(self.lines[class.key.line as usize].policy.strategy, Strategy::Own(_));
        let may = |place: &&Place| {
            self.caller(place.slot).is_some_and(|caller| self.may(caller, agent, now))
                && (!is_own || self.candidates(place.slot, FIRST_SHOWN, now).contains(&agent))
        };
        class.waiting.iter().find(may).copied()
    }

    fn claim(&self, caller: &Caller, now: Timestamp) -> Claim {
        let since = caller.since.as_micros();
        let line = &self.lines[caller.line as usize];
        let policy = &line.policy;
        let score = || order::score(policy.order, caller.points, caller.since, now).saturating_neg();
        match self.roster.between {
            Between::Score => (0, score(), 0, since, caller.id),
            Between::Oldest => (0, since, 0, since, caller.id),
            Between::Weight if line.waiting >= line.ready => (0, -i64::from(policy.weight), score(), since, caller.id),
            Between::Weight => (1, score(), 0, since, caller.id),
            Between::ServiceLevel => {
                if now.since(caller.since) > policy.answer_within.saturating_mul(LATE_TIMES) {
                    return (0, since, 0, since, caller.id);
                }
                if now.since(caller.entered) > policy.answer_within {
                    return (2, score(), 0, since, caller.id);
                }
                let short = policy.target_per_mille.saturating_sub(line.in_time_per_million / 1000);
                (1, -i64::from(short).saturating_mul(i64::from(policy.weight.max(1))), score(), since, caller.id)
            }
        }
    }

    /// The first ready agents, at most `most`, who may have the call.
    fn candidates(&self, slot: u32, most: usize, now: Timestamp) -> Vec<u32> {
        let Some(caller) = self.caller(slot) else { return Vec::new() };
        let class = &self.classes[caller.class as usize];
        let line = &self.lines[caller.line as usize];
        let may = |rank: &&Rank| self.may(caller, rank.agent, now);
        match &line.policy.strategy {
            Strategy::Own(_) => self.ranked(caller, &self.ready(caller, FIRST_SHOWN, now), most),
            Strategy::WeightedRandom => self.drawn_by_weight(caller, most, now),
            strategy if strategy.goes_round() => {
                let mut agents = Vec::new();
                let mut from = class.first.first().map(|rank| rank.grade);
                while let Some(grade) = from.filter(|_| agents.len() < most) {
                    let start = self.starts_after(caller, strategy, grade);
                    agents.extend(self.round(caller, start, now).take(most - agents.len()));
                    let beyond = Rank { grade, ..Rank::LAST };
                    from = class.first.range(beyond..).next().map(|rank| rank.grade);
                }
                agents
            }
            _ => {
                let ready = self.gauges[caller.class as usize].ready as usize;
                let must_sort = class.key.is_mixed() && matches!(line.policy.strategy, Strategy::BestFit);
                if !must_sort {
                    let agents: Vec<u32> = class.first.iter().filter(may).take(most).map(|rank| rank.agent).collect();
                    if agents.len() >= most || class.first.len() >= ready {
                        return agents;
                    }
                }
                self.ready(caller, most, now).iter().map(|rank| rank.agent).collect()
            }
        }
    }

    /// The first ready agents who may have the call, whatever it costs.
    fn ready(&self, caller: &Caller, most: usize, now: Timestamp) -> Vec<Rank> {
        let class = &self.classes[caller.class as usize];
        let is_whole = class.first.len() >= self.gauges[caller.class as usize].ready as usize;
        let mut ranks: Vec<Rank> = match is_whole || class.first.len() >= FIRST_SHOWN.max(most) {
            true => class.first.iter().copied().collect(),
            false => self.ranks(caller.class),
        };
        let line = &self.lines[caller.line as usize];
        if class.key.is_mixed() && matches!(line.policy.strategy, Strategy::BestFit) {
            for rank in &mut ranks {
                let seat = &self.seats[rank.agent as usize];
                let at = seat.posts.binary_search_by_key(&caller.line, |post| post.line).ok();
                if let Some(post) = at.and_then(|at| seat.posts.get(at)) {
                    rank.key = key_of(line, seat, post, caller.bits(), rank.agent, self.roster.seed);
                }
            }
        }
        ranks.retain(|rank| self.may(caller, rank.agent, now));
        ranks.sort_unstable();
        ranks.truncate(most);
        ranks
    }

    /// The ready agents of a grade who may have the call, round from `start`.
    fn round(&self, caller: &Caller, start: Rank, now: Timestamp) -> impl Iterator<Item = u32> {
        let class = &self.classes[caller.class as usize];
        let first = Rank { key: [i64::MIN; 2], agent: 0, ..start };
        let last = Rank { grade: start.grade, ..Rank::LAST };
        let after = class.first.range((std::ops::Bound::Excluded(start), std::ops::Bound::Included(last)));
        let before = class.first.range(first..=start);
        after.chain(before).map(|rank| rank.agent).filter(move |agent| self.may(caller, *agent, now))
    }

    fn starts_after(&self, caller: &Caller, strategy: &Strategy, grade: u32) -> Rank {
        let line = &self.lines[caller.line as usize];
        if matches!(strategy, Strategy::Random) {
            return Rank { grade, key: [self.drawn_for(caller, 0), 0], agent: 0 };
        }
        let agent = line.last();
        let position = match (strategy, self.seats.get(agent as usize)) {
            // Nobody yet: from the top.
            (_, None) => return Rank { grade, key: [i64::MIN; 2], agent: 0 },
            (Strategy::RoundRobinOrdered, Some(seat)) => {
                let post = seat.posts.iter().find(|post| post.line == caller.line);
                post.map_or(0, |post| i64::from(post.position))
            }
            _ => 0,
        };
        Rank { grade, key: [position, 0], agent }
    }

    fn drawn_for(&self, caller: &Caller, nth: u32) -> i64 {
        let salt = u64::from(caller.offers.wrapping_add(nth)).rotate_left(32);
        let (high, low) = caller.id.0.as_u64_pair();
        drawn(self.roster.seed ^ salt, high ^ low, None)
    }

    /// A grade is drawn by the weight of its ready agents, then one of them; as often as agents are wanted.
    fn drawn_by_weight(&self, caller: &Caller, most: usize, now: Timestamp) -> Vec<u32> {
        const UNIT: u64 = 1 << 20;
        let class = &self.classes[caller.class as usize];
        let line = &self.lines[caller.line as usize];
        let grade_of = |grade: u32| line.grades.get(grade as usize).copied().unwrap_or_default();
        let mut left: Vec<(u32, u32)> = class.tally.iter().map(|(grade, count)| (*grade, *count)).collect();
        let mut chosen: Vec<u32> = Vec::new();
        while let Some(&(first, _)) = left.first().filter(|_| chosen.len() < most) {
            let (tier, ring, _) = grade_of(first);
            let weights = left.iter().take_while(|(grade, _)| {
                let (its_tier, its_ring, _) = grade_of(*grade);
                (its_tier, its_ring) == (tier, ring)
            });
            let weights: Vec<u64> =
                weights.map(|(grade, n)| u64::from(*n) * (UNIT / (1 + u64::from(grade_of(*grade).2))).max(1)).collect();
            let salt = super::index(chosen.len() + left.len());
            let mut drawn = self.drawn_for(caller, salt).unsigned_abs() % weights.iter().sum::<u64>().max(1);
            let nth = weights.iter().position(|weight| {
                let is_here = drawn < *weight;
                drawn = drawn.saturating_sub(*weight);
                is_here
            });
            let nth = nth.unwrap_or(0);
            let grade = left[nth].0;
            let start = Rank { grade, key: [self.drawn_for(caller, salt.wrapping_mul(31)), 0], agent: NONE };
            let agent = self.round(caller, start, now).find(|agent| !chosen.contains(agent));
            chosen.extend(agent);
            left[nth].1 = left[nth].1.saturating_sub(1);
            if agent.is_none() || left[nth].1 == 0 {
                left.remove(nth);
            }
        }
        chosen
    }

    /// What a strategy of one's own makes of the first ones of the best tier and ring.
    fn ranked(&self, caller: &Caller, ready: &[Rank], most: usize) -> Vec<u32> {
        let line = &self.lines[caller.line as usize];
        let Strategy::Own(own) = &line.policy.strategy else { return Vec::new() };
        let grade_of = |rank: &Rank| line.grades.get(rank.grade as usize).map(|(tier, ring, _)| (*tier, *ring));
        let best = ready.first().map(grade_of);
        let agents: Vec<u32> =
            ready.iter().take_while(|rank| Some(grade_of(rank)) == best).map(|rank| rank.agent).collect();
        let shown: Vec<ReadyAgent<'_>> = agents
            .iter()
            .filter_map(|agent| {
                let seat = &self.seats[*agent as usize];
                let member = self.roster.agents.get(&seat.id)?;
                Some(ReadyAgent { id: &seat.id, member, standing: &seat.standing })
            })
            .collect();
        let reached = why::Reached(self.reached_by(caller));
        let call = WaitingCall {
            id: caller.id,
            needs: &line.policy.needs_at(self.needs_of(caller), reached),
            priority: caller.points,
            queued_at: caller.since,
        };
        let mut chosen: Vec<u32> = Vec::new();
        for at in own.rank(call, &shown) {
            let Some(agent) = agents.get(at) else { continue };
            if chosen.len() < most && !chosen.contains(agent) {
                chosen.push(*agent);
            }
        }
        chosen
    }
}

/// Of the calls of each queue, the first.
fn keep_first(firsts: &mut Vec<(u32, Place)>, line: u32, place: Place) {
    match firsts.iter_mut().find(|(known, _)| *known == line) {
        Some((_, known)) => *known = place.min(*known),
        None => firsts.push((line, place)),
    }
}

/// A number drawn from what is given: the same for the same.
pub(super) fn drawn(seed: u64, one: u64, at: Option<Timestamp>) -> i64 {
    let salt = at.map_or(0, |at| at.as_micros().cast_unsigned());
    let named = seed.wrapping_add(one.wrapping_mul(GOLDEN)).wrapping_add(salt.rotate_left(17));
    (mixed(mixed(named.wrapping_add(GOLDEN)).wrapping_add(GOLDEN)) >> 1).cast_signed()
}
