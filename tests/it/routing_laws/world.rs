//! Made-up call centres and what happens in them, drawn from one number.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use switchboard::id::{AgentId, CallId, QueueId, TenantId};
use switchboard::routing::{
    Between, Levels, Member, Membership, Needs, Order, OrderBy, Policy, Ring, Roster, Standing, Strategy, Waiting,
};
use switchboard::time::Timestamp;

use super::suspect::Suspect;

pub(super) const SKILLS: [&str; 4] = ["billing", "french", "gold", "sales"];

/// SplitMix64.
#[derive(Clone, Debug)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }

    pub(super) fn once_in(&mut self, times: u64) -> bool {
        self.roll(times) == 0
    }

    pub(super) fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.roll(all.len() as u64) as usize].clone()
    }
}

pub(super) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(super) fn agent(nth: u64) -> AgentId {
    AgentId::new(format!("agent-{nth}")).unwrap()
}

pub(super) fn queue(nth: u64) -> QueueId {
    QueueId::new(format!("queue-{nth}")).unwrap()
}

pub(super) fn call(nth: u64) -> CallId {
    CallId::of_request(&TenantId::default(), &nth.to_string())
}

fn needs(dice: &mut Dice) -> Needs {
    let count = dice.of(&[0, 0, 1, 1, 2]);
    let need = |dice: &mut Dice| {
        let levels = match dice.roll(4) {
            0 => Levels::at_least(3),
            1 => Levels { least: 1, most: 3 },
            _ => Levels::ANY,
        };
        (dice.of(&SKILLS).to_owned(), levels)
    };
    (0..count).map(|_| need(dice)).collect()
}

/// Which strategies may be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chance {
    Any,
    /// Only those whose choice follows from what is known.
    None,
}

pub(super) fn strategy(dice: &mut Dice, chance: Chance) -> Strategy {
    if dice.once_in(15) {
        let by = |attribute: &str, descending| OrderBy { attribute: attribute.to_owned(), descending };
        return Strategy::OrderBy(vec![by("a", true), by("b", false), by("c", true)]);
    }
    let name = dice.of(&Strategy::NAMES);
    match Strategy::named(name).unwrap() {
        Strategy::Random | Strategy::WeightedRandom if chance == Chance::None => Strategy::LongestIdle,
        strategy => strategy,
    }
}

fn ring(dice: &mut Dice, agents: u64) -> Ring {
    let skill = |dice: &mut Dice| dice.of(&SKILLS).to_owned();
    let mut ring = Ring { after: secs(dice.roll(4) * 10), ..Ring::default() };
    if dice.once_in(2) {
        ring.drop.insert(skill(dice));
    }
    if dice.once_in(2) {
        ring.lower.insert(skill(dice), 2);
    }
    if dice.once_in(4) {
        ring.need.insert(skill(dice), Levels::at_least(1 + dice.roll(3) as u8));
    }
    if dice.once_in(2) {
        ring.add.insert(agent(dice.roll(agents)));
    }
    if dice.once_in(4) {
        ring.penalties = Some((0, dice.roll(3) as u32));
    }
    if dice.once_in(3) {
        ring.points = dice.roll(5) as i32;
    }
    ring
}

fn policy(dice: &mut Dice, agents: u64, chance: Chance) -> Policy {
    let mut rings: Vec<Ring> = (0..dice.of(&[0, 0, 1, 2])).map(|_| ring(dice, agents)).collect();
    rings.sort_by_key(|ring| ring.after);
    let tiers = if dice.once_in(2) { BTreeMap::from([(1, secs(10)), (2, secs(20))]) } else { BTreeMap::new() };
    Policy {
        order: dice.of(&[
            Order::Aged { points_per_minute: 1 },
            Order::Aged { points_per_minute: 4 },
            Order::Strict,
            Order::LastFirst,
        ]),
        strategy: strategy(dice, chance),
        needs: Needs::new(),
        tiers,
        rings,
        skip_unstaffed: dice.once_in(2),
        inner_first: dice.once_in(2),
        weight: dice.roll(3) as u32,
        answer_within: secs(10),
        target_per_mille: 800,
    }
}

fn member(dice: &mut Dice, queues: u64) -> Member {
    let mut member = Member { rank: dice.roll(3) as i32, capacity: 1 + dice.roll(3) as u16, ..Member::default() };
    for skill in SKILLS {
        if dice.once_in(2) {
            member.skills.insert(skill.to_owned(), 1 + dice.roll(5) as u8);
        }
    }
    for name in ["a", "b", "c"] {
        if dice.once_in(2) {
            member.attributes.insert(name.to_owned(), dice.roll(3) as i64 - 1);
        }
    }
    for nth in 0..queues {
        if dice.once_in(3) {
            continue;
        }
        let place = Membership {
            tier: dice.of(&[0, 0, 1, 2]),
            position: dice.roll(3) as u32,
            priority: dice.of(&[5, 5, 1, 9]),
            delay: secs(dice.of(&[0, 0, 0, 15])),
            penalty: dice.of(&[0, 0, 1, 2]),
            enabled: !dice.once_in(8),
        };
        member.queues.insert(queue(nth), place);
    }
    member
}

pub(super) fn roster(dice: &mut Dice, chance: Chance) -> Roster {
    let (queues, agents) = (1 + dice.roll(3), 1 + dice.roll(6));
    Roster {
        version: 1,
        seed: dice.roll(1000),
        queues: (0..queues).map(|nth| (queue(nth), policy(dice, agents, chance))).collect(),
        agents: (0..agents).map(|nth| (agent(nth), member(dice, queues))).collect(),
        between: dice.of(&[Between::Score, Between::Oldest, Between::Weight, Between::ServiceLevel]),
    }
}

/// What is written down: the records that a floor is made from.
#[derive(Clone, Debug)]
pub(super) struct Books {
    pub(super) roster: Arc<Roster>,
    pub(super) calls: BTreeMap<CallId, Waiting>,
    pub(super) agents: BTreeMap<AgentId, Standing>,
    pub(super) levels: BTreeMap<QueueId, u32>,
    /// Offers that take up capacity.
    pub(super) held: Vec<(AgentId, u16)>,
    pub(super) now: Timestamp,
    calls_made: u64,
}

impl Books {
    pub(super) fn new(roster: Roster) -> Self {
        Self {
            roster: Arc::new(roster),
            calls: BTreeMap::new(),
            agents: BTreeMap::new(),
            levels: BTreeMap::new(),
            held: Vec::new(),
            now: Timestamp::from_secs(10_000),
            calls_made: 0,
        }
    }

    /// Writes down that the offers were made, as [`Floor::take`](switchboard::routing::Floor::take) says.
    pub(super) fn offered(&mut self, call: CallId, agents: &[AgentId]) {
        let now = self.now;
        let Some(waiting) = self.calls.get_mut(&call) else { return };
        waiting.wanted = waiting.wanted.saturating_sub(agents.len() as u16);
        waiting.offers += agents.len() as u32;
        waiting.wanted_more_at = waiting.wanted_more_at.filter(|at| *at > now);
        let (weight, queue) = (waiting.weight, waiting.queue.clone());
        if waiting.wanted > 0 && waiting.only.is_none() {
            let places = agents.first().map(|agent| &self.roster.agents[agent].queues);
            let place = places.and_then(|queues| queues.get(&queue)).filter(|place| place.enabled);
            waiting.rung_tier = Some(place.map_or(0, |place| place.tier));
        }
        let goes_on = waiting.wanted > 0 || waiting.wanted_more_at.is_some();
        for id in agents {
            if goes_on {
                waiting.excluded.insert(id.clone(), None);
            }
            let standing = self.agents.entry(id.clone()).or_default();
            standing.free = standing.free.saturating_sub(weight);
            standing.last_offered = Some(now);
            standing.last_queue = Some(queue.clone());
            standing.offered_in.insert(queue.clone(), now);
            self.held.push((id.clone(), weight));
        }
    }

    fn new_call(&mut self, dice: &mut Dice) -> (CallId, Waiting) {
        self.calls_made += 1;
        let id = call(self.calls_made);
        let anybody = |dice: &mut Dice, books: &Self| agent(dice.roll(books.roster.agents.len() as u64 + 1));
        let since = self.now - secs(dice.roll(60));
        let mut excluded = BTreeMap::new();
        if dice.once_in(4) {
            let until = (!dice.once_in(3)).then(|| self.now + secs(dice.roll(20)));
            excluded.insert(anybody(dice, self), until);
        }
        let waiting = Waiting {
            queue: queue(dice.roll(self.roster.queues.len() as u64)),
            needs: needs(dice),
            points: dice.roll(5) as i32 - 2,
            since,
            entered: self.now - secs(dice.roll(3) * 5).min(self.now.since(since)),
            wanted: dice.of(&[1, 1, 1, 2, 3]),
            wanted_more_at: dice.once_in(6).then(|| self.now + secs(dice.roll(10))),
            weight: dice.of(&[1, 1, 1, 2]),
            excluded,
            held_for: dice.once_in(6).then(|| (anybody(dice, self), self.now + secs(dice.roll(30)))),
            only: dice.once_in(10).then(|| anybody(dice, self)),
            offers: 0,
            rung_tier: None,
        };
        (id, waiting)
    }

    fn agent_step(&mut self, dice: &mut Dice) -> (AgentId, Standing) {
        let id = agent(dice.roll(self.roster.agents.len() as u64));
        let capacity = self.roster.agents[&id].capacity;
        let mut standing = self.agents.get(&id).cloned().unwrap_or_default();
        match dice.roll(4) {
            0 => {
                standing.staffed = !standing.staffed;
                standing.idle_since = self.now;
            }
            1 => standing.not_before = Some(self.now + secs(dice.roll(15))),
            _ => {
                standing.staffed = true;
                if let Some(at) = self.held.iter().position(|(held, _)| *held == id) {
                    self.held.remove(at);
                    standing.contacts += 1;
                    standing.talk_ms += dice.roll(3) as i64 * 1000;
                    standing.busy_ms += dice.roll(3) as i64 * 1000;
                    standing.last_ended = Some(self.now);
                }
                standing.staffed_ms += 60_000;
                standing.idle_since = self.now - secs(dice.roll(30));
            }
        }
        let busy: u16 = self.held.iter().filter(|(held, _)| *held == id).map(|(_, weight)| *weight).sum();
        standing.free = capacity.saturating_sub(busy);
        (id, standing)
    }

    /// Something happens, and the floor is told.
    pub(super) fn step(&mut self, dice: &mut Dice, floor: &mut Suspect) {
        let ids: Vec<CallId> = self.calls.keys().copied().collect();
        match dice.roll(12) {
            0..5 => {
                let (id, waiting) = self.new_call(dice);
                self.set_call(id, waiting, floor);
            }
            5 if !ids.is_empty() => {
                let id = dice.of(&ids);
                self.calls.remove(&id);
                floor.remove_call(id);
            }
            6 if !ids.is_empty() => {
                // Comes back: nobody took it, or more is wanted.
                let id = dice.of(&ids);
                let mut waiting = self.calls[&id].clone();
                waiting.wanted = 1;
                waiting.excluded.values_mut().for_each(|until| *until = Some(self.now + secs(5)));
                self.set_call(id, waiting, floor);
            }
            7 => self.now = self.now + Duration::from_millis(dice.roll(12_000)),
            8 => {
                let (queue, level) = (queue(dice.roll(self.roster.queues.len() as u64)), dice.roll(1000) as u32);
                floor.set_service_level(&queue, level);
                self.levels.insert(queue, level);
            }
            _ => {
                let (id, standing) = self.agent_step(dice);
                self.agents.insert(id.clone(), standing.clone());
                floor.set_agent(&id, standing, self.now);
            }
        }
    }

    pub(super) fn set_call(&mut self, id: CallId, waiting: Waiting, floor: &mut Suspect) {
        self.calls.insert(id, waiting.clone());
        floor.set_call(id, waiting, self.now);
    }

    /// A floor made anew from the books, in another order: `backwards`.
    pub(super) fn rebuilt(&self, backwards: bool) -> Suspect {
        let mut floor = Suspect::honest(Arc::clone(&self.roster));
        let mut facts: Vec<(Option<CallId>, Option<AgentId>)> = self.calls.keys().map(|id| (Some(*id), None)).collect();
        facts.extend(self.agents.keys().map(|id| (None, Some(id.clone()))));
        if backwards {
            facts.reverse();
        }
        for (call, agent) in facts {
            if let Some(call) = call {
                floor.set_call(call, self.calls[&call].clone(), self.now);
            }
            if let Some(agent) = agent {
                floor.set_agent(&agent, self.agents[&agent].clone(), self.now);
            }
        }
        self.levels.iter().for_each(|(queue, level)| floor.set_service_level(queue, *level));
        floor
    }

    /// Times at which something may be relaxed in a queue.
    pub(super) fn times(&self, id: &QueueId) -> BTreeSet<Duration> {
        let policy = &self.roster.queues[id];
        let mut times: BTreeSet<Duration> = policy.rings.iter().map(|ring| ring.after).collect();
        times.extend(policy.tiers.values());
        let places = self.roster.agents.values().filter_map(|member| member.queues.get(id));
        times.extend(places.filter(|place| place.enabled).map(|place| place.delay));
        times.insert(Duration::ZERO);
        times
    }
}
