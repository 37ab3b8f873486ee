//! What a floor shows: places, counts, and why.

use super::class::{Class, fits, level};
use super::{Caller, Floor, NONE, Spot, index};
use crate::id::{AgentId, CallId, QueueId};
use crate::routing::{Considered, Order, Pick, Precedence, Rule, Verdict, order, why};
use crate::time::Timestamp;

/// Agents kept in the record of a choice.
const CONSIDERED_MAX: usize = 20;

impl Floor {
    /// Who was looked at for a pick that has not been taken yet: those chosen first, then who comes next, then agents of the
    /// queue who are free and may not have the call, with the first rule that keeps it from them; at most 20.
    #[must_use]
    pub fn considered(&self, pick: &Pick, now: Timestamp) -> Vec<Considered> {
        let Some(caller) = self.caller(pick.slot).filter(|caller| caller.id == pick.call) else { return Vec::new() };
        let class = &self.classes[caller.class as usize];
        let line = &self.lines[caller.line as usize];
        let mut seen: Vec<u32> = Vec::with_capacity(CONSIDERED_MAX);
        let mut all: Vec<Considered> = Vec::with_capacity(CONSIDERED_MAX);
        for &agent in &pick.agents {
            seen.push(agent);
            all.push(self.considered_one(caller, agent, Verdict::Chosen));
        }
        for rank in class.first.iter().take(CONSIDERED_MAX) {
            if all.len() < CONSIDERED_MAX && !seen.contains(&rank.agent) {
                seen.push(rank.agent);
                let rule = match class.key.is_mixed() {
                    true => self.refusal(caller, rank.agent, now),
                    false => caller.excludes(&self.seats[rank.agent as usize].id, now),
                };
                let verdict = rule.map_or(Verdict::Outranked, Verdict::Refused);
                all.push(self.considered_one(caller, rank.agent, verdict));
            }
        }
        // Not everybody: the first few of the queue.
        for &(agent, _) in line.agents.iter().take(CONSIDERED_MAX) {
            if all.len() < CONSIDERED_MAX && !seen.contains(&agent) && self.seats[agent as usize].at != Spot::Away {
                let rule = self.refusal(caller, agent, now);
                let verdict = rule.map_or(Verdict::Outranked, Verdict::Refused);
                all.push(self.considered_one(caller, agent, verdict));
            }
        }
        all
    }

    fn considered_one(&self, caller: &Caller, agent: u32, verdict: Verdict) -> Considered {
        let seat = &self.seats[agent as usize];
        let post = seat.posts.binary_search_by_key(&caller.line, |post| post.line).map_or(NONE, index);
        let rank = self.rank_in(caller.class, agent, post);
        let grades = &self.lines[caller.line as usize].grades;
        let (tier, ring, penalty) = grades.get(rank.grade as usize).copied().unwrap_or_default();
        let [first, second] = rank.key;
        let compared = [i64::from(tier), i64::from(ring), i64::from(penalty), first, second];
        Considered { agent: seat.id.clone(), idle_since: seat.standing.idle_since, compared, verdict }
    }

    /// As [`why::refusal`], from what is known in numbers, and whether the call is kept for another.
    fn refusal(&self, caller: &Caller, agent: u32, now: Timestamp) -> Option<Rule> {
        let seat = &self.seats[agent as usize];
        if !seat.standing.staffed {
            return Some(Rule::NotReady);
        }
        if let Some(until) = seat.standing.not_before.filter(|until| *until > now) {
            return Some(Rule::RestsUntil(until));
        }
        if seat.standing.free < caller.weight() {
            return Some(Rule::Busy);
        }
        if let Some(only) = caller.only() {
            let for_another = (*only != seat.id).then(|| Rule::ForAnother(only.clone()));
            return for_another.or_else(|| caller.excludes(&seat.id, now));
        }
        let tier = self.tier_of(agent, caller.line);
        let later = || self.is_of_later_tier(caller, agent).then_some(Rule::LaterTier(tier));
        if let Some(rule) = self.shut_out(caller, agent).or_else(later).or_else(|| caller.excludes(&seat.id, now)) {
            return Some(rule);
        }
        // Whether it is still kept depends on how the agent stands for whom it is.
        match (caller.held_for(), self.classes[caller.class as usize].key.only) {
            (Some((other, until)), Some((only, _))) if only != agent => Some(Rule::HeldFor(other.clone(), *until)),
            _ => None,
        }
    }

    /// The first rule that keeps such a call from the agent, however the two stand.
    fn shut_out(&self, caller: &Caller, agent: u32) -> Option<Rule> {
        let (seat, line) = (&self.seats[agent as usize], &self.lines[caller.line as usize]);
        let class = &self.classes[caller.class as usize];
        let (stage, reached) = (class.key.stage, self.reached_by(caller));
        let post = seat.posts.binary_search_by_key(&caller.line, |post| post.line).ok();
        let Some(post) = post.and_then(|at| seat.posts.get(at)).filter(|post| post.serves || post.from_stage <= stage)
        else {
            return Some(Rule::DoesNotServe);
        };
        if post.serves && post.delay > reached {
            return Some(Rule::DelayedUntil(caller.entered + post.delay));
        }
        if post.from_stage > stage {
            let opens = line.policy.tiers.get(&post.tier).copied().unwrap_or_default();
            return Some(Rule::TierOpensAt(caller.entered + opens));
        }
        if !post.is_open(stage, line.penalties(stage)) {
            return Some(Rule::Penalty(post.penalty));
        }
        let computed;
        let bits = match class.key.only {
            None if !class.key.is_mixed() => &class.bits,
            _ => {
                computed = self.bits(caller.line, stage, caller.needs);
                &computed
            }
        };
        let unmet = bits.iter().position(|bit| !fits(seat, std::slice::from_ref(bit)))?;
        let relaxed;
        let needs = match line.policy.rings.is_empty() {
            true => self.needs_of(caller),
            false => {
                relaxed = line.policy.needs_at(self.needs_of(caller), why::Reached(reached));
                &relaxed
            }
        };
        let (skill, levels) = needs.iter().nth(unmet)?;
        Some(match bits.get(unmet).and_then(|(number, _)| level(seat, *number)) {
            None => Rule::LacksSkill(skill.clone()),
            Some(has) => Rule::Level { skill: skill.clone(), has, least: levels.least, most: levels.most },
        })
    }

    pub(super) fn reached_by(&self, caller: &Caller) -> std::time::Duration {
        self.lines[caller.line as usize].reached(self.classes[caller.class as usize].key.stage)
    }

    /// How far the relaxing of a waiting call has come: the time in the queue that counts as reached, which is more than the time
    /// waited where nobody signed in could have served it. `None`: it does not wait.
    #[must_use]
    pub fn reached(&self, call: CallId) -> Option<std::time::Duration> {
        Some(self.reached_by(self.caller_of(call)?))
    }

    /// Why the agent is not offered the call. `Ok(None)`: the agent may have it. `Err`: there is no such agent, or the call does
    /// not wait.
    pub fn why_not(&self, call: CallId, agent: &AgentId, now: Timestamp) -> Result<Option<Rule>, NotHere> {
        let caller = self.caller_of(call).ok_or(NotHere::Call(call))?;
        let at = self.seat_at(agent).ok_or_else(|| NotHere::Agent(agent.clone()))?;
        Ok(self.refusal(caller, at, now))
    }

    /// The agents signed in who could have the call now if they had not declined it, in the order of their names, if there are no
    /// others who could have it when they are free; otherwise nobody.
    #[must_use]
    pub fn declined_by_all(&self, call: CallId) -> Vec<AgentId> {
        let Some(caller) = self.caller_of(call) else { return Vec::new() };
        let (Some(excluded), Some(class)) = (caller.excluded(), self.classes.get(caller.class as usize)) else {
            return Vec::new();
        };
        let declined = |seat: &super::Seat| excluded.get(&seat.id).is_some_and(Option::is_none);
        let could = |(agent, _): &&(u32, u32)| {
            let seat = &self.seats[*agent as usize];
            seat.standing.staffed && fits(seat, caller.bits())
        };
        if class.key.only.is_none() && !class.key.is_mixed() && class.staffed as usize > excluded.len() {
            return Vec::new();
        }
        let mut agents = Vec::new();
        for (agent, _) in class.members.iter().filter(could) {
            let seat = &self.seats[*agent as usize];
            if !declined(seat) {
                return Vec::new();
            }
            agents.push(seat.id.clone());
        }
        agents
    }

    /// Which of two calls of one queue goes first, and why.
    pub fn why_first(&self, one: CallId, other: CallId) -> Result<Precedence, NotHere> {
        let find = |call: CallId| self.caller_of(call).ok_or(NotHere::Call(call));
        let (a, b) = (find(one)?, find(other)?);
        if a.line != b.line {
            return Err(NotHere::SameQueue);
        }
        let (first, then) = if a.place() < b.place() { (a, b) } else { (b, a) };
        let order = self.lines[first.line as usize].policy.order;
        Ok(Precedence { first: first.id, then: then.id, why: precedence(order, first, then) })
    }

    /// Calls that go before this one in its queue. `None`: it does not wait. Costs as many steps as there are.
    #[must_use]
    pub fn ahead(&self, call: CallId) -> Option<usize> {
        let caller = self.caller_of(call)?;
        let ahead = self.classes_of(caller.line).map(|class| class.waiting.range(..caller.place()).count());
        Some(ahead.sum())
    }

    /// The calls of a queue that wait, in order, at most `most`.
    #[must_use]
    pub fn line(&self, queue: &QueueId, most: usize) -> Vec<CallId> {
        let Some(line) = self.line_at(queue) else { return Vec::new() };
        let mut places: Vec<super::Place> =
            self.classes_of(line).flat_map(|class| class.waiting.iter().take(most).copied()).collect();
        places.sort_unstable();
        places.into_iter().take(most).map(|place| place.id).collect()
    }

    /// Classes of a queue, those for one agent alone included.
    fn classes_of(&self, line: u32) -> impl Iterator<Item = &Class> {
        let line = &self.lines[line as usize];
        line.classes.iter().chain(&line.alone).map(|class| &self.classes[*class as usize])
    }

    /// Calls that are matched one by one, because their queue has calls of more than 1,024 kinds: each costs a look at every agent
    /// of the queue.
    #[must_use]
    pub fn matched_one_by_one(&self) -> usize {
        self.callers.iter().flatten().filter(|caller| self.classes[caller.class as usize].key.is_mixed()).count()
    }

    /// Calls that wait and could be offered, over all queues.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.lines.iter().map(|line| line.waiting as usize).sum()
    }

    /// The calls known, those that are being offered included.
    pub fn calls(&self) -> impl Iterator<Item = CallId> {
        let ids: std::collections::BTreeSet<CallId> = self.callers.iter().flatten().map(|caller| caller.id).collect();
        ids.into_iter()
    }
}

/// Why a question about a floor has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotHere {
    /// The call does not wait.
    #[error("call {0} does not wait in a queue")]
    Call(CallId),
    /// There is no such agent.
    #[error("there is no agent {0}")]
    Agent(AgentId),
    /// The two calls wait in different queues, where each agent's own order decides.
    #[error("the calls wait in different queues: which goes first depends on the agent")]
    SameQueue,
}

fn precedence(order: Order, first: &Caller, then: &Caller) -> String {
    let (a, b) = (first.points, then.points);
    let (since_a, since_b) = (first.since, then.since);
    let older = if since_a < since_b { "has waited longer" } else { "came later" };
    match order {
        Order::Strict | Order::LastFirst if a != b => format!("it has {a} priority points, the other has {b}"),
        Order::LastFirst => {
            "both have the same priority, and in this queue the one who came last goes first".to_owned()
        }
        _ if a == b && since_a == since_b => "they came at the same moment, so that the ids decide".to_owned(),
        _ if a == b => format!("both have {a} priority points, and it {older}"),
        Order::Strict => format!("it {older}"),
        Order::Aged { points_per_minute } => {
            let ahead = order::overtaken_by_at_most(order, b.min(a), b.max(a)).unwrap_or_default();
            format!(
                "it {older} with {a} priority points, the other has {b}; at {points_per_minute} points a minute that is worth \
                 {} s",
                ahead.as_secs()
            )
        }
    }
}
