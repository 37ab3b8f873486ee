//! What is right, said again without any order kept: every call and every agent is looked at each time.

use std::collections::BTreeMap;
use std::time::Duration;

use switchboard::id::{AgentId, CallId, QueueId};
use switchboard::routing::{Between, Levels, Member, Needs, Order, Policy, Ring, Strategy, Waiting};
use switchboard::time::Timestamp;

use super::world::Books;

/// Whether the call is waiting for somebody.
pub(super) fn wants(waiting: &Waiting, now: Timestamp) -> bool {
    waiting.wanted > 0 || waiting.wanted_more_at.is_some_and(|at| at <= now)
}

fn level_of(member: &Member, skill: &str) -> u8 {
    member.skills.get(skill).copied().unwrap_or(0)
}

/// Membership, tier, ring, penalty and skills, when `reached` has been waited.
fn admitted(books: &Books, waiting: &Waiting, agent: &AgentId, reached: Duration) -> bool {
    let policy = &books.roster.queues[&waiting.queue];
    let Some(member) = books.roster.agents.get(agent) else { return false };
    let open: Vec<_> = policy.rings.iter().filter(|ring| ring.after <= reached).collect();
    let place = member.queues.get(&waiting.queue).filter(|place| place.enabled);
    let penalty = match place {
        Some(place) => {
            let tier_opens = policy.tiers.get(&place.tier).copied().unwrap_or(Duration::ZERO);
            if reached < place.delay || reached < tier_opens {
                return false;
            }
            place.penalty
        }
        None if open.iter().any(|ring| ring.add.contains(agent)) => 0,
        None => return false,
    };
    let mut window = (0, u32::MAX);
    for ring in &open {
        window = ring.penalties.unwrap_or(window);
    }
    if penalty < window.0 || penalty > window.1 {
        return false;
    }
    needed(&waiting.needs, &open).iter().all(|(skill, levels)| {
        let level = level_of(member, skill);
        level > 0 && levels.contains(level)
    })
}

/// What is left of what a call needs, and what came instead.
fn needed<'a>(needs: &'a Needs, open: &[&'a Ring]) -> BTreeMap<&'a str, Levels> {
    let mut left: BTreeMap<&str, Levels> = needs.iter().map(|(skill, levels)| (skill.as_str(), *levels)).collect();
    for ring in open {
        left.retain(|skill, _| !ring.drop.contains(*skill));
        for (skill, levels) in &mut left {
            levels.least = levels.least.saturating_sub(ring.lower.get(*skill).copied().unwrap_or(0)).max(1);
        }
        for (skill, more) in &ring.need {
            let known = left.entry(skill).or_insert(*more);
            *known = Levels { least: known.least.max(more.least), most: known.most.min(more.most) };
        }
    }
    left
}

fn is_staffed(books: &Books, agent: &AgentId) -> bool {
    books.agents.get(agent).is_some_and(|standing| standing.staffed)
}

/// How far the relaxing of a call has come.
pub(super) fn reached(books: &Books, waiting: &Waiting) -> Duration {
    let times = books.times(&waiting.queue);
    let waited = books.now.since(waiting.entered);
    let now = times.range(..=waited).next_back().copied().unwrap_or(Duration::ZERO);
    if !books.roster.queues[&waiting.queue].skip_unstaffed {
        return now;
    }
    let somebody = |at: &Duration| {
        books.agents.keys().any(|agent| is_staffed(books, agent) && admitted(books, waiting, agent, *at))
    };
    let last = times.last().copied().unwrap_or(Duration::ZERO);
    times.range(now..).find(|at| somebody(at)).copied().unwrap_or(last)
}

fn is_excluded(waiting: &Waiting, agent: &AgentId, now: Timestamp) -> bool {
    waiting.excluded.get(agent).is_some_and(|until| until.is_none_or(|until| until > now))
}

/// Whether the agent may be offered the call now.
pub(super) fn eligible(books: &Books, call: CallId, agent: &AgentId) -> bool {
    let (now, waiting) = (books.now, &books.calls[&call]);
    let Some(standing) = books.agents.get(agent) else { return false };
    let is_free = standing.staffed
        && standing.free >= waiting.weight.max(1)
        && standing.not_before.is_none_or(|until| until <= now);
    if !is_free || is_excluded(waiting, agent, now) {
        return false;
    }
    if let Some(only) = &waiting.only {
        return only == agent;
    }
    if let Some((held_for, until)) = &waiting.held_for {
        let is_kept = *until > now
            && is_staffed(books, held_for)
            && !is_excluded(waiting, held_for, now)
            && admitted(books, waiting, held_for, Duration::MAX);
        if is_kept {
            return held_for == agent;
        }
    }
    let tier = grade(books, &waiting.queue, agent).0;
    waiting.rung_tier.is_none_or(|rung| u64::from(rung) >= u64::from(tier))
        && admitted(books, waiting, agent, reached(books, waiting))
}

fn points(books: &Books, waiting: &Waiting) -> i64 {
    let policy = &books.roster.queues[&waiting.queue];
    let is_kept_or_only = kept(books, waiting);
    let reached = if is_kept_or_only { Duration::MAX } else { reached(books, waiting) };
    let rings: i32 = policy.rings.iter().filter(|ring| ring.after <= reached).map(|ring| ring.points).sum();
    i64::from(waiting.points + rings)
}

fn kept(books: &Books, waiting: &Waiting) -> bool {
    waiting.only.is_some()
        || waiting.held_for.as_ref().is_some_and(|(held_for, until)| {
            *until > books.now
                && is_staffed(books, held_for)
                && !is_excluded(waiting, held_for, books.now)
                && admitted(books, waiting, held_for, Duration::MAX)
        })
}

/// Place of a call in its queue, in millionths of a point: the smallest goes first.
pub(super) fn place(books: &Books, call: CallId) -> (i128, i128, CallId) {
    let waiting = &books.calls[&call];
    let (points, since) = (i128::from(points(books, waiting)), i128::from(waiting.since.as_micros()));
    match books.roster.queues[&waiting.queue].order {
        Order::Aged { points_per_minute } => (since * i128::from(points_per_minute) - points * 60_000_000, since, call),
        Order::Strict => (-points, since, call),
        Order::LastFirst => (-points, -since, call),
    }
}

type Claim = (i128, i128, i128, i64, CallId);

/// What the first calls of different queues are compared by.
fn claim(books: &Books, call: CallId) -> Claim {
    let waiting = &books.calls[&call];
    let policy = &books.roster.queues[&waiting.queue];
    let since = waiting.since.as_micros();
    let mut score = i128::from(points(books, waiting)) * 1_000_000;
    if let Order::Aged { points_per_minute } = policy.order {
        score += i128::from(books.now.as_micros() - since) * i128::from(points_per_minute) / 60;
    }
    let (first, second, third) = match books.roster.between {
        Between::Score => (0, -score, 0),
        Between::Oldest => (0, i128::from(since), 0),
        Between::Weight => {
            let waits = |other: &&Waiting| other.queue == waiting.queue && wants(other, books.now);
            let waiting_now = books.calls.values().filter(waits).count();
            let ready = books.agents.iter().filter(|(id, standing)| {
                let serves = |member: &Member| member.queues.get(&waiting.queue).is_some_and(|place| place.enabled);
                let is_ready = standing.staffed && standing.free > 0;
                let rests = standing.not_before.is_some_and(|until| until > books.now);
                is_ready && !rests && books.roster.agents.get(*id).is_some_and(serves)
            });
            if waiting_now >= ready.count() { (0, -i128::from(policy.weight), -score) } else { (1, -score, 0) }
        }
        Between::ServiceLevel => {
            let level = books.levels.get(&waiting.queue).copied().unwrap_or(1000);
            let short = i128::from(policy.target_per_mille.saturating_sub(level));
            if books.now.since(waiting.since) > policy.answer_within * 10 {
                (0, i128::from(since), 0)
            } else if books.now.since(waiting.entered) > policy.answer_within {
                (2, -score, 0)
            } else {
                (1, -short * i128::from(policy.weight.max(1)), -score)
            }
        }
    };
    (first, second, third, since, call)
}

fn compared(books: &Books, policy: &Policy, waiting: &Waiting, agent: &AgentId) -> Vec<i128> {
    let (member, standing) = (&books.roster.agents[agent], &books.agents[agent]);
    let place = member.queues.get(&waiting.queue).filter(|place| place.enabled).copied().unwrap_or_default();
    let when = |at: Option<Timestamp>| at.map_or(i128::MIN, |at| i128::from(at.as_micros()));
    let idle = i128::from(standing.idle_since.as_micros());
    match &policy.strategy {
        Strategy::LongestIdle => vec![idle],
        Strategy::LeastRecent => vec![when(standing.last_ended), idle],
        Strategy::OldestOffer => vec![when(standing.last_offered), idle],
        Strategy::FewestContacts => vec![i128::from(standing.contacts), idle],
        Strategy::LeastTalkTime => vec![i128::from(standing.talk_ms), idle],
        Strategy::LeastOccupied => {
            let staffed = i128::from(standing.staffed_ms);
            vec![if staffed == 0 { 0 } else { i128::from(standing.busy_ms) * 1_000_000 / staffed }, idle]
        }
        Strategy::Linear | Strategy::RoundRobinOrdered => vec![i128::from(place.position)],
        Strategy::LeastFlexible => {
            vec![member.queues.values().filter(|place| place.enabled).count() as i128, idle]
        }
        Strategy::Rank => vec![-i128::from(member.rank), idle],
        Strategy::BestFit => {
            let alone = kept(books, waiting);
            let reached = if alone { Duration::MAX } else { reached(books, waiting) };
            let open: Vec<_> = policy.rings.iter().filter(|ring| ring.after <= reached).collect();
            let needed = needed(&waiting.needs, &open);
            let sum: i128 = needed.keys().map(|skill| i128::from(level_of(member, skill))).sum();
            vec![if needed.is_empty() { 0 } else { -(sum * 1000 / needed.len() as i128) }, idle]
        }
        Strategy::OrderBy(all) => {
            let value = |name: &str| i128::from(member.attributes.get(name).copied().unwrap_or(0));
            let mut key: Vec<i128> = all
                .iter()
                .map(|one| if one.descending { -value(&one.attribute) } else { value(&one.attribute) })
                .collect();
            key.push(idle);
            key
        }
        _ => Vec::new(),
    }
}

/// Tier, ring and penalty of an agent in a queue.
pub(super) fn grade(books: &Books, queue: &QueueId, agent: &AgentId) -> (u16, usize, u32) {
    let policy = &books.roster.queues[queue];
    let place = books.roster.agents[agent].queues.get(queue).filter(|place| place.enabled);
    let ring = match place {
        Some(_) => 0,
        None => policy.rings.iter().position(|ring| ring.add.contains(agent)).map_or(0, |at| at + 1),
    };
    let place = place.copied().unwrap_or_default();
    (place.tier, if policy.inner_first { ring } else { 0 }, place.penalty)
}

/// Every agent who may be offered the call now, in the order that the queue's strategy asks for.
pub(super) fn ranked(books: &Books, call: CallId) -> Vec<AgentId> {
    let waiting = &books.calls[&call];
    let policy = &books.roster.queues[&waiting.queue];
    let last =
        books.agents.iter().filter_map(|(id, standing)| Some((*standing.offered_in.get(&waiting.queue)?, id))).max();
    let after_last = |agent: &AgentId| -> bool {
        let Some((_, last)) = last else { return true };
        match policy.strategy {
            Strategy::RoundRobin => agent > last,
            Strategy::RoundRobinOrdered => {
                (compared(books, policy, waiting, agent), agent) > (compared(books, policy, waiting, last), last)
            }
            _ => true,
        }
    };
    let mut agents: Vec<&AgentId> = books.agents.keys().filter(|agent| eligible(books, call, agent)).collect();
    agents.sort_by_cached_key(|agent| {
        let grade = grade(books, &waiting.queue, agent);
        (grade, !after_last(agent), compared(books, policy, waiting, agent), (*agent).clone())
    });
    agents.into_iter().cloned().collect()
}

/// The calls that somebody may be offered now, each with the agents in order.
pub(super) fn pairs(books: &Books) -> Vec<(CallId, Vec<AgentId>)> {
    let waits = books.calls.iter().filter(|(_, waiting)| wants(waiting, books.now));
    waits.map(|(id, _)| (*id, ranked(books, *id))).filter(|(_, agents)| !agents.is_empty()).collect()
}

/// The first by the queue's own order for each queue, then the first of those.
fn first_of(books: &Books, calls: &[CallId]) -> Option<CallId> {
    let firsts = books.roster.queues.keys().filter_map(|queue| {
        calls.iter().copied().filter(|call| books.calls[call].queue == *queue).min_by_key(|call| place(books, *call))
    });
    firsts.min_by_key(|call| claim(books, *call))
}

/// The call that an agent would take, of those that the agent may have.
pub(super) fn rather(books: &Books, agent: &AgentId, pairs: &[(CallId, Vec<AgentId>)]) -> Option<CallId> {
    let mine: Vec<CallId> = pairs.iter().filter(|(_, agents)| agents.contains(agent)).map(|(call, _)| *call).collect();
    let direct: Vec<CallId> = mine.iter().copied().filter(|call| books.calls[call].only.is_some()).collect();
    if !direct.is_empty() {
        return first_of(books, &direct);
    }
    let member = &books.roster.agents[agent];
    let priority = |call: &CallId| {
        let place = member.queues.get(&books.calls[call].queue).filter(|place| place.enabled);
        place.copied().unwrap_or_default().priority
    };
    let best = mine.iter().map(priority).min()?;
    let mine: Vec<CallId> = mine.into_iter().filter(|call| priority(call) == best).collect();
    first_of(books, &mine)
}

/// Where wishes lead round in a circle, nobody is passed over within a queue: from a call to the first call of the queue that its
/// agent may have, and so on.
fn first_of_its_queue(books: &Books, mut call: CallId, pairs: &[(CallId, Vec<AgentId>)]) -> CallId {
    while let Some((_, agents)) = pairs.iter().find(|(id, _)| *id == call) {
        let queue = &books.calls[&call].queue;
        let theirs = pairs.iter().filter(|(id, may)| {
            let waiting = &books.calls[id];
            waiting.queue == *queue && waiting.only.is_none() && may.contains(&agents[0])
        });
        let ahead = theirs.map(|(id, _)| *id).min_by_key(|id| place(books, *id));
        match ahead.filter(|ahead| place(books, *ahead) < place(books, call)) {
            Some(ahead) => call = ahead,
            None => break,
        }
    }
    call
}

/// What is to be offered next, and to whom.
pub(super) fn expected(books: &Books) -> Option<(CallId, Vec<AgentId>)> {
    let pairs = pairs(books);
    let agents_of = |call: CallId| pairs.iter().find(|(id, _)| *id == call).map(|(_, agents)| agents.clone());
    let all: Vec<CallId> = pairs.iter().map(|(call, _)| *call).collect();
    let mut call = first_of(books, &all)?;
    let mut seen = Vec::new();
    while let Some(other) = rather(books, &agents_of(call)?[0], &pairs) {
        if other == call {
            break;
        }
        if seen.contains(&other) {
            call = first_of_its_queue(books, call, &pairs);
            break;
        }
        seen.push(call);
        call = other;
    }
    let mut agents = agents_of(call)?;
    agents.truncate(usize::from(books.calls[&call].wanted.max(1)));
    let tier_of = |agent: &AgentId| grade(books, &books.calls[&call].queue, agent).0;
    let tier = agents.first().map(tier_of);
    agents.retain(|agent| Some(tier_of(agent)) == tier);
    Some((call, agents))
}
