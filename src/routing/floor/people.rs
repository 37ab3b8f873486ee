//! What a roster says of agents and queues, as numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Line, NONE, Post, Rank, Seat, Spot, index};
use crate::id::{AgentId, QueueId};
use crate::routing::{Member, Membership, Policy, Roster, Standing, Strategy};
use crate::time::Timestamp;

pub(super) struct People {
    pub(super) lines: Vec<Line>,
    pub(super) seats: Vec<Seat>,
    seat_of: BTreeMap<AgentId, u32>,
    pub(super) skill_of: BTreeMap<String, u32>,
    pub(super) holders: Vec<Vec<u32>>,
}

impl People {
    pub(super) fn of(roster: &Roster) -> Self {
        let seat_of: BTreeMap<AgentId, u32> =
            roster.agents.keys().enumerate().map(|(at, id)| (id.clone(), index(at))).collect();
        let names: BTreeSet<&String> = roster.agents.values().flat_map(|member| member.skills.keys()).collect();
        let skill_of: BTreeMap<String, u32> =
            names.into_iter().enumerate().map(|(at, name)| (name.clone(), index(at))).collect();
        let mut holders = vec![Vec::new(); skill_of.len()];
        let mut seats: Vec<Seat> = Vec::with_capacity(seat_of.len());
        for (id, member) in &roster.agents {
            let skills: Vec<(u32, u8)> = member.skills.iter().map(|(name, level)| (skill_of[name], *level)).collect();
            for (skill, _) in &skills {
                holders[*skill as usize].push(index(seats.len()));
            }
            seats.push(seat(id, member, skills, roster));
        }
        let lines: Vec<Line> = roster.queues.iter().map(|(id, policy)| line(id, policy)).collect();
        let mut people = Self { lines, seats, seat_of, skill_of, holders };
        for at in 0..people.lines.len() {
            people.man(at, roster);
        }
        people
    }

    /// Gives a queue its agents.
    fn man(&mut self, at: usize, roster: &Roster) {
        let line = &mut self.lines[at];
        let rings = line.policy.rings.iter().flat_map(|ring| ring.add.iter().map(move |agent| (agent, ring.after)));
        let mut added: BTreeMap<u32, Duration> = BTreeMap::new();
        for (agent, after) in rings {
            if let Some(&seat) = self.seat_of.get(agent) {
                added.entry(seat).and_modify(|known| *known = after.min(*known)).or_insert(after);
            }
        }
        let mut from: Vec<(u32, u32, Duration)> = Vec::new();
        for (agent, member) in roster.agents.values().enumerate() {
            let place = member.queues.get(&line.id).filter(|place| place.enabled);
            let agent = index(agent);
            let after = match place {
                Some(place) => place.delay.max(line.policy.tiers.get(&place.tier).copied().unwrap_or_default()),
                None => match added.get(&agent) {
                    Some(after) => *after,
                    None => continue,
                },
            };
            let seat = &mut self.seats[agent as usize];
            let ring = line.policy.ring_of(&seat.id, place.is_some()).filter(|_| line.policy.inner_first).unwrap_or(0);
            from.push((agent, index(seat.posts.len()), after));
            seat.posts.push(post(index(at), place, ring));
        }
        let mut stages: BTreeSet<Duration> = line.policy.rings.iter().map(|ring| ring.after).collect();
        stages.extend(line.policy.tiers.values().copied());
        stages.extend(from.iter().map(|(_, _, after)| *after));
        stages.insert(Duration::ZERO);
        line.stages = stages.into_iter().collect();
        line.agents = from.iter().map(|(agent, post, _)| (*agent, *post)).collect();
        for (agent, post, after) in from {
            let post = &mut self.seats[agent as usize].posts[post as usize];
            post.from_stage = index(line.stages.partition_point(|at| *at < after));
        }
        self.grade(at, roster);
    }

    /// Orders the tiers, rings and penalties of a queue, and its agents by their attributes.
    fn grade(&mut self, at: usize, roster: &Roster) {
        let line = &mut self.lines[at];
        let seats = &self.seats;
        let posts = || line.agents.iter().map(|(agent, post)| &seats[*agent as usize].posts[*post as usize]);
        let grades: BTreeSet<(u16, u16, u32)> = posts().map(|post| (post.tier, post.ring, post.penalty)).collect();
        line.grades = grades.into_iter().collect();
        let values: Vec<Vec<i128>> = match &line.policy.strategy {
            Strategy::OrderBy(all) => line
                .agents
                .iter()
                .filter_map(|(agent, _)| roster.agents.get(&seats[*agent as usize].id))
                .map(|member| all.iter().map(|one| one.value(member)).collect())
                .collect(),
            _ => Vec::new(),
        };
        let ordered: BTreeSet<&Vec<i128>> = values.iter().collect();
        let ordered: BTreeMap<&Vec<i128>, u32> =
            ordered.into_iter().enumerate().map(|(at, value)| (value, index(at))).collect();
        for (nth, (agent, post)) in line.agents.iter().enumerate() {
            let post = &mut self.seats[*agent as usize].posts[*post as usize];
            let grade = (post.tier, post.ring, post.penalty);
            post.grade = index(line.grades.partition_point(|known| *known < grade));
            post.by_attributes = values.get(nth).and_then(|value| ordered.get(value)).copied().unwrap_or(0);
        }
    }
}

fn post(line: u32, place: Option<&Membership>, ring: u16) -> Post {
    let serves = place.is_some();
    let place = place.copied().unwrap_or_default();
    Post {
        line,
        tier: place.tier,
        ring,
        penalty: place.penalty,
        grade: 0,
        position: place.position,
        by_attributes: 0,
        priority: place.priority,
        delay: place.delay,
        serves,
        from_stage: 0,
        rank: Rank::LAST,
        classes: Vec::new(),
    }
}

fn seat(id: &AgentId, member: &Member, skills: Vec<(u32, u8)>, roster: &Roster) -> Seat {
    let served = member.queues.iter().filter(|(queue, place)| place.enabled && roster.queues.contains_key(*queue));
    Seat {
        id: id.clone(),
        standing: Standing::default(),
        posts: Vec::new(),
        skills,
        rank: member.rank,
        queues: index(served.count()),
        alone: Vec::new(),
        at: Spot::Away,
        alarm: None,
    }
}

fn line(id: &QueueId, policy: &Policy) -> Line {
    Line {
        id: id.clone(),
        policy: policy.clone(),
        stages: Vec::new(),
        grades: Vec::new(),
        agents: Vec::new(),
        classes: Vec::new(),
        alone: BTreeSet::new(),
        callers: 0,
        waiting: 0,
        ready: 0,
        uses: 0,
        offered: BTreeSet::new(),
        in_time_per_million: 1_000_000,
    }
}

impl Line {
    /// The stage of a call that joined the queue then.
    pub(super) fn stage_at(&self, now: Timestamp, entered: Timestamp) -> u32 {
        if self.stages.len() <= 1 {
            return 0;
        }
        let waited = now.since(entered);
        index(self.stages.partition_point(|at| *at <= waited)).saturating_sub(1)
    }

    /// How far the relaxing has come at a stage.
    pub(super) fn reached(&self, stage: u32) -> Duration {
        self.stages.get(stage as usize).copied().unwrap_or_default()
    }

    pub(super) fn last_stage(&self) -> u32 {
        index(self.stages.len().saturating_sub(1))
    }

    /// The penalties, least and most, that are allowed at a stage.
    pub(super) fn penalties(&self, stage: u32) -> Option<(u32, u32)> {
        let reached = self.reached(stage);
        self.policy.rings.iter().filter(|ring| ring.after <= reached).filter_map(|ring| ring.penalties).next_back()
    }

    /// Who was offered a call of the queue last.
    pub(super) fn last(&self) -> u32 {
        self.offered.last().map_or(NONE, |(_, agent)| *agent)
    }
}

impl Post {
    /// Whether the agent may be asked at a stage with these penalties, needs aside.
    pub(super) fn is_open(&self, stage: u32, penalties: Option<(u32, u32)>) -> bool {
        self.from_stage <= stage && penalties.is_none_or(|(least, most)| least <= self.penalty && self.penalty <= most)
    }
}
