//! The laws, each a function from a made-up history and a fault to what broke.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use switchboard::id::{AgentId, CallId};
use switchboard::routing::{Member, Membership, Order, Policy, Roster, Standing, Waiting, order};
use switchboard::time::Timestamp;

use super::oracle;
use super::suspect::{Fault, Suspect};
use super::world::{Books, Chance, Dice, agent, call, queue, roster, secs, strategy};

pub(super) type Verdict = Result<(), String>;

/// One offer: what was written before it, the call, the agents.
type Check = fn(&Books, &Suspect, CallId, &[AgentId]) -> Verdict;
/// Nothing more is to be done.
type Rest = fn(&Books, &mut Suspect) -> Verdict;

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// Plays `steps` steps; after each, makes every offer that is to be made.
fn play(seed: u64, steps: u32, chance: Chance, fault: Option<Fault>, check: Check, rest: Rest) -> Verdict {
    let mut dice = Dice(seed);
    let mut books = Books::new(roster(&mut dice, chance));
    let mut floor = Suspect::new(Arc::clone(&books.roster), fault);
    for _ in 0..steps {
        // Sometimes several things happen before anybody looks.
        for _ in 0..=dice.roll(3) {
            books.step(&mut dice, &mut floor);
        }
        for _ in 0..1000 {
            let Some((call, agents)) = floor.next(books.now) else { break };
            check(&books, &floor, call, &agents)?;
            floor.take(books.now);
            books.offered(call, &agents);
        }
        rest(&books, &mut floor)?;
    }
    Ok(())
}

fn any(_: &Books, _: &Suspect, _: CallId, _: &[AgentId]) -> Verdict {
    Ok(())
}

fn peace(_: &Books, _: &mut Suspect) -> Verdict {
    Ok(())
}

/// P2: what an agent holds is never more than the agent's capacity.
pub(super) fn capacity(seed: u64, steps: u32, fault: Option<Fault>) -> Verdict {
    play(
        seed,
        steps,
        Chance::Any,
        fault,
        |books, _, call, agents| {
            let weight = books.calls[&call].weight;
            agents.iter().try_for_each(|id| {
                let held: u16 = books.held.iter().filter(|(held, _)| held == id).map(|(_, weight)| *weight).sum();
                let capacity = books.roster.agents[id].capacity;
                ensure(held + weight <= capacity, || format!("{id} holds {held} of {capacity}, and gets {weight} more"))
            })
        },
        peace,
    )
}

/// Whoever is offered a call may have it, nobody twice, no more than are wanted and no fewer than there are.
pub(super) fn only_the_eligible(seed: u64, steps: u32, fault: Option<Fault>) -> Verdict {
    play(
        seed,
        steps,
        Chance::Any,
        fault,
        |books, _, call, agents| {
            let waiting = &books.calls[&call];
            ensure(oracle::wants(waiting, books.now), || format!("{call} wants nobody"))?;
            let may: BTreeSet<AgentId> = oracle::ranked(books, call).into_iter().collect();
            let distinct: BTreeSet<AgentId> = agents.iter().cloned().collect();
            ensure(distinct.len() == agents.len(), || format!("{agents:?} has somebody twice"))?;
            ensure(distinct.is_subset(&may), || {
                format!("{agents:?} are not all of {may:?}, who may have {waiting:?}")
            })?;
            // Nobody of a later tier is rung together with the first.
            let tier_of = |id: &AgentId| oracle::grade(books, &waiting.queue, id).0;
            let tier = may.iter().map(tier_of).min();
            let there = may.iter().filter(|id| Some(tier_of(id)) == tier).count();
            let wanted = usize::from(waiting.wanted.max(1)).min(there);
            ensure(agents.len() == wanted, || format!("{} of {wanted} are offered", agents.len()))?;
            // Whatever chance says, the best tier and ring go first.
            let grade = |id: &AgentId| oracle::grade(books, &waiting.queue, id);
            let best = may.iter().map(grade).map(|(tier, ring, _)| (tier, ring)).min();
            let first = agents.first().map(grade).map(|(tier, ring, _)| (tier, ring));
            let is_alone = waiting.only.is_some() || may.len() == 1;
            ensure(is_alone || first == best, || format!("{first:?} goes before {best:?}"))
        },
        peace,
    )
}

/// P3: when there is nothing more to be done, no call and agent who may have each other are left.
pub(super) fn work_conservation(seed: u64, steps: u32, fault: Option<Fault>) -> Verdict {
    play(seed, steps, Chance::Any, fault, any, |books, _| {
        let left = oracle::pairs(books);
        ensure(left.is_empty(), || format!("left alone: {left:?}"))
    })
}

/// Nothing that opens by itself is slept through: until `due` says so, nobody may have a call who could not before.
pub(super) fn alarms(seed: u64, steps: u32, fault: Option<Fault>) -> Verdict {
    play(seed, steps, Chance::Any, fault, any, |books, floor| {
        let end = floor.due().unwrap_or_else(|| books.now + secs(120)).min(books.now + secs(120));
        let mut later = books.clone();
        for part in 1..=4_u32 {
            later.now = books.now + end.since(books.now + Duration::from_micros(1)) * part / 4;
            let left = oracle::pairs(&later);
            ensure(left.is_empty(), || format!("{left:?} may at {}, and due is {:?}", later.now, floor.due()))?;
        }
        Ok(())
    })
}

/// P4: a call that nobody free may have delays nobody behind it.
pub(super) fn no_head_of_line_blocking(seed: u64, _: u32, fault: Option<Fault>) -> Verdict {
    let mut dice = Dice(seed);
    let places = BTreeMap::from([(queue(0), Membership::default())]);
    let member = Member { queues: places, capacity: 1, ..Member::default() };
    let count = 2 + dice.roll(20);
    let roster = Roster {
        queues: BTreeMap::from([(
            queue(0),
            Policy { strategy: strategy(&mut dice, Chance::Any), ..Policy::default() },
        )]),
        agents: BTreeMap::from([(agent(0), member)]),
        ..Roster::default()
    };
    let mut floor = Suspect::new(Arc::new(roster), fault);
    let now = Timestamp::from_secs(1000);
    let standing = Standing { staffed: true, free: 1, idle_since: now, ..Standing::default() };
    let last = call(count);
    let mut told: Vec<u64> = (0..=count).collect();
    if dice.once_in(2) {
        told.reverse();
    }
    if dice.once_in(2) {
        floor.set_agent(&agent(0), standing.clone(), now);
    }
    for nth in told {
        let mut waiting = waiting(Timestamp::from_secs(nth as i64));
        if nth < count {
            match dice.roll(3) {
                0 => _ = waiting.needs.insert("nobody-has-it".to_owned(), switchboard::routing::Levels::ANY),
                1 => _ = waiting.excluded.insert(agent(0), None),
                _ => waiting.weight = 2,
            }
        }
        floor.set_call(call(nth), waiting, now);
    }
    floor.set_agent(&agent(0), standing, now);
    let pick = floor.next(now).map(|(call, _)| call);
    ensure(pick == Some(last), || format!("of {count} calls ahead, {pick:?} goes first, not {last}"))
}

fn waiting(since: Timestamp) -> Waiting {
    Waiting {
        queue: queue(0),
        needs: BTreeMap::new(),
        points: 0,
        since,
        entered: since,
        wanted: 1,
        wanted_more_at: None,
        weight: 1,
        excluded: BTreeMap::new(),
        held_for: None,
        only: None,
        offers: 0,
        rung_tier: None,
    }
}

/// P5: nobody who came later than the bound says goes before a call that the same agent may have.
pub(super) fn starvation_bound(seed: u64, steps: u32, fault: Option<Fault>) -> Verdict {
    let mut dice = Dice(seed);
    let mut roster = roster(&mut dice, Chance::Any);
    let rate = Order::Aged { points_per_minute: dice.of(&[7, 30, 61]) };
    for policy in roster.queues.values_mut() {
        (policy.order, policy.rings) = (rate, Vec::new());
    }
    let mut books = Books::new(roster);
    let mut floor = Suspect::new(Arc::clone(&books.roster), fault);
    for _ in 0..steps * 2 {
        books.step(&mut dice, &mut floor);
        while let Some((id, agents)) = floor.next(books.now) {
            floor.take(books.now);
            let picked = &books.calls[&id];
            let others = books.calls.iter().filter(|(other_id, other)| {
                let is_other = **other_id != id && other.queue == picked.queue && other.only.is_none();
                is_other && oracle::wants(other, books.now) && oracle::eligible(&books, **other_id, &agents[0])
            });
            for (other_id, other) in others.filter(|_| picked.only.is_none()) {
                // Two points are the most that a call of these histories has.
                let bound = order::overtaken_by_at_most(rate, other.points, 2).unwrap_or_default();
                let by = picked.since.since(other.since);
                ensure(by <= bound, || format!("{id} came {by:?} later than {other_id}, the bound is {bound:?}"))?;
            }
            books.offered(id, &agents);
        }
    }
    Ok(())
}

/// P6: a call that was offered and comes back stands where it stood.
pub(super) fn the_place_is_kept(seed: u64, _: u32, fault: Option<Fault>) -> Verdict {
    let mut dice = Dice(seed);
    let policy = Policy { order: Order::Aged { points_per_minute: 1 + dice.roll(5) as u32 }, ..Policy::default() };
    let places = BTreeMap::from([(queue(0), Membership::default())]);
    let agents = (0..3).map(|nth| (agent(nth), Member { queues: places.clone(), capacity: 1, ..Member::default() }));
    let roster = Roster { queues: BTreeMap::from([(queue(0), policy)]), agents: agents.collect(), ..Roster::default() };
    let mut books = Books::new(roster);
    let mut floor = Suspect::new(Arc::clone(&books.roster), fault);
    for nth in 0..10 {
        let mut call_waits = waiting(Timestamp::from_secs(dice.roll(500) as i64));
        call_waits.points = dice.roll(9) as i32;
        books.set_call(call(nth), call_waits, &mut floor);
    }
    let before = floor.floor.line(&queue(0), 20);
    for nth in 0..3 {
        let standing = Standing { staffed: true, free: 1, ..Standing::default() };
        books.agents.insert(agent(nth), standing.clone());
        floor.set_agent(&agent(nth), standing, books.now);
    }
    let mut offered: Vec<CallId> = Vec::new();
    while let Some((call, agents)) = floor.next(books.now) {
        floor.take(books.now);
        books.offered(call, &agents);
        offered.push(call);
    }
    ensure(offered == before[..3], || format!("{offered:?} are the first of {before:?}"))?;
    books.now = books.now + secs(20);
    while !offered.is_empty() {
        let id = offered.swap_remove(dice.roll(offered.len() as u64) as usize);
        let mut back = books.calls[&id].clone();
        back.wanted = 1;
        back.excluded = (0..3).map(|nth| (agent(nth), Some(books.now + secs(5)))).collect();
        books.set_call(id, back, &mut floor);
    }
    let after = floor.floor.line(&queue(0), 20);
    ensure(after == before, || format!("was {before:?}, is {after:?}"))?;
    let ahead: Vec<Option<usize>> = after.iter().map(|call| floor.floor.ahead(*call)).collect();
    ensure(ahead == (0..10).map(Some).collect::<Vec<_>>(), || format!("ahead of each: {ahead:?}"))
}

/// All offers that a floor makes now.
fn offers(books: &Books, floor: &mut Suspect) -> Vec<(CallId, Vec<AgentId>)> {
    let mut all = Vec::new();
    while let Some(offer) = floor.next(books.now).filter(|_| all.len() < 1000) {
        floor.take(books.now);
        all.push(offer);
    }
    all
}

/// P7: whatever order the facts come in, the offers are the same.
pub(super) fn the_order_of_telling(seed: u64, steps: u32, fault: Option<Fault>) -> Verdict {
    let mut dice = Dice(seed);
    let mut books = Books::new(roster(&mut dice, Chance::Any));
    let mut nobody = Suspect::honest(Arc::clone(&books.roster));
    for _ in 0..steps {
        books.step(&mut dice, &mut nobody);
    }
    let tell = |dice: &mut Dice| {
        let mut floor = Suspect::new(Arc::clone(&books.roster), fault);
        let mut facts: Vec<(Option<CallId>, Option<&AgentId>)> = books
            .calls
            .keys()
            .map(|id| (Some(*id), None))
            .chain(books.agents.keys().map(|id| (None, Some(id))))
            .collect();
        books.levels.iter().for_each(|(queue, level)| floor.set_service_level(queue, *level));
        while !facts.is_empty() {
            let (call, agent) = facts.swap_remove(dice.roll(facts.len() as u64) as usize);
            // Told at distinct times, the last of them at most now.
            let at = books.now - Duration::from_micros(facts.len() as u64);
            call.into_iter().for_each(|id| floor.set_call(id, books.calls[&id].clone(), at));
            agent.into_iter().for_each(|id| floor.set_agent(id, books.agents[id].clone(), at));
        }
        offers(&books, &mut floor)
    };
    let (one, other) = (tell(&mut dice), tell(&mut dice));
    ensure(one == other, || format!("in one order {one:?}, in another {other:?}"))
}

/// P8: what is told twice counts once.
pub(super) fn told_twice(seed: u64, steps: u32, fault: Option<Fault>) -> Verdict {
    let mut dice = Dice(seed);
    let mut books = Books::new(roster(&mut dice, Chance::Any));
    let mut once = Suspect::honest(Arc::clone(&books.roster));
    let mut twice = Suspect::new(Arc::clone(&books.roster), fault);
    for _ in 0..steps {
        books.step(&mut dice, &mut once);
        for _ in 0..2 {
            books.calls.iter().for_each(|(id, waiting)| twice.set_call(*id, waiting.clone(), books.now));
            books.agents.iter().for_each(|(id, standing)| twice.set_agent(id, standing.clone(), books.now));
        }
        let gone: Vec<CallId> = twice.floor.calls().filter(|id| !books.calls.contains_key(id)).collect();
        gone.into_iter().for_each(|id| twice.remove_call(id));
        books.levels.iter().for_each(|(queue, level)| twice.set_service_level(queue, *level));
        ensure(once.due() == twice.due(), || format!("due {:?}, told twice {:?}", once.due(), twice.due()))?;
        let (one, other) = (offers(&books, &mut once), offers(&books, &mut twice));
        ensure(one == other, || format!("told once {one:?}, told twice {other:?}"))?;
        one.iter().for_each(|(call, agents)| books.offered(*call, agents));
    }
    Ok(())
}

/// P9, P10: a floor made anew from what is written down makes the same offers, at every point.
pub(super) fn made_anew(seed: u64, steps: u32, fault: Option<Fault>) -> Verdict {
    let mut dice = Dice(seed);
    let mut books = Books::new(roster(&mut dice, Chance::Any));
    let mut floor = Suspect::new(Arc::clone(&books.roster), fault);
    for step in 0..steps {
        books.step(&mut dice, &mut floor);
        let mut anew = books.rebuilt(step.is_multiple_of(2));
        let (one, other) = (offers(&books, &mut floor), offers(&books, &mut anew));
        ensure(one == other, || format!("this one {one:?}, made anew {other:?}"))?;
        one.iter().for_each(|(call, agents)| books.offered(*call, agents));
    }
    Ok(())
}

/// P11: who are alike and stay get as many calls as each other, give or take one.
pub(super) fn longest_idle_is_fair(seed: u64, _: u32, fault: Option<Fault>) -> Verdict {
    let mut dice = Dice(seed);
    let places = BTreeMap::from([(queue(0), Membership::default())]);
    let count = 2 + dice.roll(8);
    let member = Member { queues: places, capacity: 1, ..Member::default() };
    let roster = Roster {
        queues: BTreeMap::from([(queue(0), Policy::default())]),
        agents: (0..count).map(|nth| (agent(nth), member.clone())).collect(),
        ..Roster::default()
    };
    let mut floor = Suspect::new(Arc::new(roster), fault);
    let mut now = Timestamp::from_secs(1000);
    let mut free = Standing { staffed: true, free: 1, idle_since: now, ..Standing::default() };
    (0..count).for_each(|nth| floor.set_agent(&agent(nth), free.clone(), now));
    let mut made: BTreeMap<AgentId, u64> = (0..count).map(|nth| (agent(nth), 0)).collect();
    let talk = dice.roll(5) as usize;
    let mut talking: Vec<AgentId> = Vec::new();
    for nth in 0..60 {
        now = now + secs(1);
        floor.set_call(call(nth), waiting(now), now);
        while let Some((id, agents)) = floor.next(now) {
            floor.take(now);
            floor.remove_call(id);
            *made.entry(agents[0].clone()).or_default() += 1;
            talking.push(agents[0].clone());
        }
        // All talk for equally long.
        while talking.len() > talk.min(count as usize - 1) {
            free.idle_since = now;
            floor.set_agent(&talking.remove(0), free.clone(), now);
        }
    }
    let (most, least) = (made.values().max().copied(), made.values().min().copied());
    ensure(most <= least.map(|least| least + 1), || format!("calls of each: {made:?}"))
}

/// Every choice is that of a sort of everything.
pub(super) fn as_a_sort_would(seed: u64, steps: u32, fault: Option<Fault>) -> Verdict {
    play(
        seed,
        steps,
        Chance::None,
        fault,
        |books, _, call, agents| {
            let expected = oracle::expected(books);
            let made = Some((call, agents.to_vec()));
            ensure(made == expected, || format!("{made:?}, and a sort says {expected:?}"))
        },
        |books, _| {
            let expected = oracle::expected(books);
            ensure(expected.is_none(), || format!("nothing, and a sort says {expected:?}"))
        },
    )
}

/// Who is told that nothing stands in the way could have the call, and nobody else is.
pub(super) fn answers_are_true(seed: u64, steps: u32, fault: Option<Fault>) -> Verdict {
    play(seed, steps, Chance::Any, fault, any, |books, floor| {
        for (id, waiting) in &books.calls {
            for agent in books.roster.agents.keys().filter(|_| oracle::wants(waiting, books.now)) {
                let why = floor.why_not(*id, agent, books.now).map_err(|error| error.to_string())?;
                let may = oracle::eligible(books, *id, agent);
                ensure(why.is_none() == may, || format!("{agent} may have {id}: {may}; why not: {why:?}"))?;
            }
        }
        Ok(())
    })
}
