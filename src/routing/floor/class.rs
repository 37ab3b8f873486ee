//! Classes: made when a call first needs one, dropped when they are not worth their upkeep.

use std::collections::{BTreeMap, BTreeSet};

use super::table::{folded, hash};
use super::{Floor, Head, Line, NONE, Place, Post, Rank, Seat, Spot, index, pick};
use crate::id::CallId;
use crate::routing::strategy::{Compared, Key};
use crate::routing::why::Reached;
use crate::routing::{Levels, Needs, Strategy};
use uuid::Uuid;

/// Stands for the needs of calls that are matched one by one.
const MIXED: u32 = u32::MAX;
/// Stands for the needs of calls for one agent alone: they do not matter.
const ANY: u32 = u32::MAX - 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ClassKey {
    pub(super) line: u32,
    pub(super) stage: u32,
    /// The only agent, and whether the calls are nobody else's ever.
    pub(super) only: Option<(u32, bool)>,
    pub(super) needs: u32,
    pub(super) weight: u16,
}

impl ClassKey {
    pub(super) fn is_mixed(self) -> bool {
        self.needs == MIXED && self.only.is_none()
    }

    fn hash(self) -> u64 {
        let (agent, direct) = self.only.unwrap_or_default();
        let one = u64::from(self.line) << 32 | u64::from(self.needs);
        let other = u64::from(self.stage) << 32 | u64::from(agent);
        folded(folded(one, other), u64::from(self.weight) << 1 | u64::from(direct))
    }

    pub(super) fn alone(self, agent: u32, direct: bool) -> Self {
        Self { only: Some((agent, direct)), needs: ANY, ..self }
    }
}

#[derive(Debug)]
pub(super) struct Class {
    pub(super) key: ClassKey,
    /// Needed after what has been relaxed: skills and levels.
    pub(super) bits: Vec<(u32, Levels)>,
    /// Agents who may have its calls when they are ready, each with the agent's post.
    pub(super) members: Vec<(u32, u32)>,
    /// The first of those who are ready: all of them whose rank is at most the gauge's bound.
    pub(super) first: BTreeSet<Rank>,
    /// How many first ones are looked for.
    pub(super) wanted: usize,
    /// Ready agents of each grade, where chance goes by it.
    pub(super) tally: BTreeMap<u32, u32>,
    pub(super) waiting: BTreeSet<Place>,
    /// Members who are signed in.
    pub(super) staffed: u32,
    /// Calls that are of this class, those that are being offered included.
    callers: u32,
    /// Count of the queue's uses when a call last needed it.
    used: u64,
}

/// What is asked of a class each time one of its agents becomes ready or busy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gauge {
    pub(super) bound: Rank,
    pub(super) ready: u32,
    pub(super) waiting: u32,
    /// Changes among its agents since a call last needed it.
    pub(super) upkeep: u32,
    pub(super) patience: u32,
    pub(super) weight: u16,
    pub(super) is_plain: bool,
}

/// Needs that some call has.
#[derive(Debug)]
pub(super) struct Interned {
    pub(super) needs: Needs,
    users: u32,
}

fn hash_of_needs(needs: &Needs) -> u64 {
    let one = |(skill, levels): (&String, &Levels)| {
        folded(hash(skill), u64::from(levels.least) << 8 | u64::from(levels.most))
    };
    needs.iter().fold(needs.len() as u64, |all, need| folded(all, one(need)))
}

/// Whether an agent's skills meet what is needed.
pub(super) fn fits(seat: &Seat, bits: &[(u32, Levels)]) -> bool {
    bits.iter().all(|(skill, levels)| level(seat, *skill).is_some_and(|level| levels.contains(level)))
}

pub(super) fn level(seat: &Seat, skill: u32) -> Option<u8> {
    let at = seat.skills.binary_search_by_key(&skill, |(known, _)| *known).ok()?;
    seat.skills.get(at).map(|(_, level)| *level)
}

/// What the queue's strategy compares the agent by.
pub(super) fn key_of(line: &Line, seat: &Seat, post: &Post, bits: &[(u32, Levels)], agent: u32, seed: u64) -> Key {
    let strategy = &line.policy.strategy;
    if matches!(strategy, Strategy::Random | Strategy::WeightedRandom) {
        return [pick::drawn(seed, u64::from(agent), seat.standing.last_offered), 0];
    }
    let mean_level = if matches!(strategy, Strategy::BestFit) { mean_level(seat, bits) } else { 0 };
    strategy.key(
        &seat.standing,
        &Compared {
            position: post.position,
            by_attributes: post.by_attributes,
            rank: seat.rank,
            queues: seat.queues,
            mean_level,
        },
    )
}

/// In thousandths.
fn mean_level(seat: &Seat, bits: &[(u32, Levels)]) -> i64 {
    let levels = bits.iter().filter_map(|(skill, _)| level(seat, *skill));
    let (sum, count) = levels.fold((0, 0), |(sum, count), level| (sum + i64::from(level), count + 1));
    if count == 0 { 0 } else { sum * 1000 / count }
}

impl Class {
    fn of(key: ClassKey, bits: Vec<(u32, Levels)>) -> Self {
        Self {
            key,
            bits,
            members: Vec::new(),
            first: BTreeSet::new(),
            wanted: usize::MAX,
            tally: BTreeMap::new(),
            waiting: BTreeSet::new(),
            staffed: 0,
            callers: 0,
            used: 0,
        }
    }

    /// Keeps the first ones few.
    pub(super) fn trim(&mut self, gauge: &mut Gauge) {
        if self.first.len() < self.wanted.saturating_mul(2) {
            return;
        }
        if let Some(&beyond) = self.first.iter().nth(self.wanted) {
            self.first.split_off(&beyond);
            gauge.bound = self.first.last().copied().unwrap_or(Rank::LAST);
        }
    }
}

impl Floor {
    /// A number for these needs, until as many [`forget`](Self::forget) it.
    pub(super) fn intern(&mut self, needs: &Needs) -> u32 {
        let hash = hash_of_needs(needs);
        let known = &self.needs;
        let is = |at: u32| known.get(at as usize).is_some_and(|interned| interned.needs == *needs);
        if let Some(at) = self.number_of_needs.get(hash, is) {
            self.needs[at as usize].users += 1;
            return at;
        }
        let interned = Interned { needs: needs.clone(), users: 1 };
        let at = match self.needs_vacant.pop() {
            Some(at) => {
                self.needs[at as usize] = interned;
                at
            }
            None => {
                self.needs.push(interned);
                index(self.needs.len() - 1)
            }
        };
        self.number_of_needs.insert(hash, at);
        at
    }

    pub(super) fn forget(&mut self, needs: u32) {
        let Some(interned) = self.needs.get_mut(needs as usize) else { return };
        interned.users = interned.users.saturating_sub(1);
        if interned.users == 0 {
            let hash = hash_of_needs(&std::mem::take(&mut interned.needs));
            self.number_of_needs.remove(hash, |at| at == needs);
            self.needs_vacant.push(needs);
        }
    }

    /// What an agent must be able to do for these needs at a stage. A skill that nobody has stands for itself.
    pub(super) fn bits(&self, line: u32, stage: u32, needs: u32) -> Vec<(u32, Levels)> {
        let line = &self.lines[line as usize];
        let Some(interned) = self.needs.get(needs as usize) else { return Vec::new() };
        let needs = line.policy.needs_at(&interned.needs, Reached(line.reached(stage)));
        needs.iter().map(|(skill, levels)| (self.skill_of.get(skill).copied().unwrap_or(NONE), *levels)).collect()
    }

    /// The class with this key, or, where the queue has too many, the one whose calls are matched one by one.
    pub(super) fn class(&mut self, key: ClassKey) -> u32 {
        let classes = &self.classes;
        let is = |at: u32| classes.get(at as usize).is_some_and(|class| class.key == key);
        if let Some(known) = self.class_of.get(key.hash(), is) {
            return known;
        }
        let line = &self.lines[key.line as usize];
        if key.only.is_none()
            && !key.is_mixed()
            && line.classes.len() >= self.limits.classes
            && !self.drop_oldest(key.line)
        {
            return self.class(ClassKey { needs: MIXED, ..key });
        }
        self.make(key)
    }

    fn make(&mut self, key: ClassKey) -> u32 {
        let bits = if key.is_mixed() { Vec::new() } else { self.bits(key.line, key.stage, key.needs) };
        let mut class = Class::of(key, bits);
        class.members = self.members(&class);
        let strategy = &self.lines[key.line as usize].policy.strategy;
        let size = index(class.members.len());
        let is_whole = key.only.is_some() || strategy.goes_round() || strategy.goes_by_grade();
        if !is_whole {
            // So that looking at all its agents costs about the square root of their number for each that is used up.
            let first = self.limits.first.max(1);
            class.wanted = (2 * first).max(first * size.isqrt() as usize / 16);
        }
        let gauge = Gauge {
            bound: Rank::LAST,
            ready: 0,
            waiting: 0,
            upkeep: 0,
            patience: size.saturating_mul(4).saturating_add(self.limits.patience),
            weight: key.weight,
            is_plain: !strategy.goes_by_grade() && !matches!(strategy, Strategy::BestFit | Strategy::Own(_)),
        };
        let at = match self.classes_vacant.pop() {
            Some(at) => {
                (self.classes[at as usize], self.gauges[at as usize]) = (class, gauge);
                at
            }
            None => {
                self.classes.push(class);
                self.gauges.push(gauge);
                let place = Place { key: [0, 0], id: CallId(Uuid::nil()), slot: NONE };
                self.heads.push(Head { place, is_for_all: false });
                index(self.classes.len() - 1)
            }
        };
        self.class_of.insert(key.hash(), at);
        if let Some(interned) = self.needs.get_mut(key.needs as usize) {
            interned.users += 1;
        }
        let line = &mut self.lines[key.line as usize];
        match key.only {
            None => line.classes.push(at),
            Some(_) => {
                line.alone.insert(at);
            }
        }
        for (agent, post) in self.classes[at as usize].members.clone() {
            let seat = &mut self.seats[agent as usize];
            match (seat.posts.get_mut(post as usize), key.only) {
                (Some(post), None) => post.classes.push(at),
                (_, only) => seat.alone.push((key.line, at, only.is_some_and(|(_, direct)| direct))),
            }
            self.classes[at as usize].staffed += u32::from(seat.standing.staffed);
            if seat.at == Spot::Ready {
                self.join(at, agent, post);
            }
        }
        at
    }

    fn members(&self, class: &Class) -> Vec<(u32, u32)> {
        let line = &self.lines[class.key.line as usize];
        if let Some((agent, _)) = class.key.only {
            let post = line.agents.binary_search_by_key(&agent, |(known, _)| *known).ok();
            let post = post.and_then(|at| line.agents.get(at)).map_or(NONE, |(_, post)| *post);
            return if (agent as usize) < self.seats.len() { vec![(agent, post)] } else { Vec::new() };
        }
        let penalties = line.penalties(class.key.stage);
        let may = |(agent, post): &(u32, u32)| {
            let seat = &self.seats[*agent as usize];
            seat.posts[*post as usize].is_open(class.key.stage, penalties) && fits(seat, &class.bits)
        };
        // Whoever has the rarest skill, where that is quicker than looking at everybody.
        let holders = class.bits.iter().map(|(skill, _)| self.holders.get(*skill as usize).map_or(&[][..], |all| all));
        match holders.min_by_key(|holders| holders.len()) {
            Some(few) if few.len() < line.agents.len() / 8 => {
                let posts = few.iter().filter_map(|agent| {
                    let at = line.agents.binary_search_by_key(agent, |(known, _)| *known).ok()?;
                    line.agents.get(at).copied()
                });
                posts.filter(may).collect()
            }
            _ => line.agents.iter().copied().filter(may).collect(),
        }
    }

    /// One call more is of this class.
    pub(super) fn hold(&mut self, at: u32) {
        let class = &mut self.classes[at as usize];
        let line = &mut self.lines[class.key.line as usize];
        line.uses += 1;
        class.used = line.uses;
        class.callers += 1;
        self.gauges[at as usize].upkeep = 0;
    }

    /// One call fewer is of this class.
    pub(super) fn release(&mut self, at: u32) {
        let Some(class) = self.classes.get_mut(at as usize) else { return };
        class.callers = class.callers.saturating_sub(1);
        if class.callers == 0 && class.key.only.is_some() {
            self.drop_class(at);
        }
    }

    /// Whether calls would not miss it. Where empty classes tell which stages nobody signed in could serve, all are needed as
    /// long as there are calls.
    fn is_idle(&self, at: u32) -> bool {
        let class = &self.classes[at as usize];
        let line = &self.lines[class.key.line as usize];
        class.callers == 0 && !(line.policy.skip_unstaffed && line.callers > 0)
    }

    fn drop_oldest(&mut self, line: u32) -> bool {
        let idle = self.lines[line as usize].classes.iter().copied().filter(|class| self.is_idle(*class));
        let oldest = idle.min_by_key(|class| (self.classes[*class as usize].used, *class));
        oldest.map(|class| self.drop_class(class)).is_some()
    }

    /// Drops the classes whose upkeep was not worth it.
    pub(super) fn drop_worn(&mut self) {
        for at in std::mem::take(&mut self.worn) {
            let gauge = &mut self.gauges[at as usize];
            let is_worn = gauge.upkeep > gauge.patience;
            gauge.upkeep = 0;
            if is_worn && self.is_idle(at) {
                self.drop_class(at);
            }
        }
    }

    fn drop_class(&mut self, at: u32) {
        let key = self.classes[at as usize].key;
        let class = std::mem::replace(&mut self.classes[at as usize], Class::of(key, Vec::new()));
        self.class_of.remove(key.hash(), |known| known == at);
        self.hot.remove(&at);
        self.worn.retain(|worn| *worn != at);
        let line = &mut self.lines[key.line as usize];
        if !line.alone.remove(&at) {
            line.classes.retain(|known| *known != at);
        }
        for (agent, post) in class.members {
            let seat = &mut self.seats[agent as usize];
            match (seat.posts.get_mut(post as usize), key.only) {
                (Some(post), None) => {
                    if let Some(nth) = post.classes.iter().position(|known| *known == at) {
                        post.classes.swap_remove(nth);
                    }
                }
                _ => seat.alone.retain(|(_, known, _)| *known != at),
            }
        }
        self.forget(key.needs);
        self.classes_vacant.push(at);
    }
}
