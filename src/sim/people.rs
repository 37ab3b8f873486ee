//! The people of a plan: callers and agents, each with a stream of chance of their own, so that one caller less changes
//! nobody else's mind.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::core::Request;
use crate::id::{AgentId, QueueId};
use crate::model::Target;
use crate::routing::Needs;
use crate::sim::carrier::{Direction, EndpointScript, Ring};
use crate::sim::fnv::fnv1a;
use crate::sim::plan::Plan;
use crate::sim::rng::SplitMix64;
use crate::sim::shift::Habits;
use crate::sim::world::World;
use crate::time::Timestamp;

/// How often people look whether a telephone rings.
const TICK: Duration = Duration::from_millis(500);

enum Act {
    /// Somebody begins: dials, or has the application call.
    Begins(u32),
    Presses(String, char),
    HangsUp(String),
    Decides(String, Decision),
    /// An agent takes a break, signs out, or is ready.
    Leaves(usize),
    /// Whoever looks after the floor does something about a call.
    Supervises(usize),
}

#[derive(Clone, Copy)]
enum Decision {
    Answers { talks: Duration },
    Declines,
}

struct Person {
    id: AgentId,
    random: SplitMix64,
}

/// Everybody.
pub(super) struct People {
    plan: Plan,
    habits: Habits,
    acts: BTreeMap<(Timestamp, u64), Act>,
    serial: u64,
    agents: Vec<Person>,
    /// Which agent an address is.
    places: BTreeMap<String, usize>,
    numbers: Vec<String>,
    queues: Vec<QueueId>,
    seen_ringing: BTreeSet<String>,
    /// Calls that the application was asked for.
    pub(super) asked_for: usize,
}

fn stream(seed: u64, name: &str) -> SplitMix64 {
    SplitMix64::new(seed ^ fnv1a(name))
}

fn below(random: &mut SplitMix64, below: u64) -> u64 {
    random.next() % below.max(1)
}

fn between(random: &mut SplitMix64, (least, most): (Duration, Duration)) -> Duration {
    let span = u64::try_from(most.saturating_sub(least).as_millis()).unwrap_or(u64::MAX);
    least + Duration::from_millis(below(random, span))
}

impl People {
    /// Everybody, of whom all agents are ready; and the time at which the last caller begins.
    pub(super) fn new(plan: &Plan, world: &mut World) -> (Self, Timestamp) {
        let board = world.switchboard();
        let rules = board.rules();
        let agents = rules.agents.keys().map(|id| Person { id: id.clone(), random: stream(plan.seed, id.as_str()) });
        let mut people = Self {
            plan: plan.clone(),
            habits: Habits::default(),
            acts: BTreeMap::new(),
            serial: 0,
            agents: agents.collect(),
            places: rules.agents.values().enumerate().map(|(at, spec)| (spec.endpoint.to_string(), at)).collect(),
            numbers: rules.numbers.keys().cloned().collect(),
            queues: rules.queues.keys().cloned().collect(),
            seen_ringing: BTreeSet::new(),
            asked_for: 0,
        };
        let gap = 2 * u64::try_from(plan.gap.as_millis()).unwrap_or(1);
        let mut at = world.now();
        for caller in 0..plan.callers {
            at = at + Duration::from_millis(below(&mut stream(plan.seed, &format!("gap {caller}")), gap));
            if !plan.absent.contains(&caller) {
                people.at(at, Act::Begins(caller));
            }
        }
        for agent in 0..people.agents.len() {
            let first = world.now() + between(&mut people.agents[agent].random, (TICK * 40, TICK * 160));
            people.at(first, Act::Leaves(agent));
            world.request(Request::Ready(people.agents[agent].id.clone()));
        }
        people.at(world.now() + TICK * 30, Act::Supervises(0));
        (people, at)
    }

    fn at(&mut self, at: Timestamp, act: Act) {
        self.serial += 1;
        self.acts.insert((at, self.serial), act);
    }

    /// Lets everybody act until then.
    pub(super) fn act_until(&mut self, world: &mut World, until: Timestamp) {
        while world.now() < until {
            let tick = world.now() + TICK;
            let next = self.acts.keys().next().map_or(tick, |(at, _)| (*at).min(tick)).min(until);
            world.run_until(next, |_| false);
            self.notice_ringing(world);
            self.act(world);
        }
    }

    /// Nobody begins anything new, and whoever calls in hangs up.
    pub(super) fn everybody_leaves(&mut self, world: &mut World) {
        self.acts.retain(|_, act| matches!(act, Act::HangsUp(_) | Act::Decides(..)));
        let callers: Vec<String> = world.carrier(|carrier| {
            carrier.living().filter(|leg| leg.direction == Direction::Inbound).map(|leg| leg.sid).collect()
        });
        for caller in callers {
            world.carrier(|carrier| carrier.hangs_up(&caller));
        }
    }

    fn notice_ringing(&mut self, world: &World) {
        let mut new: Vec<(usize, String)> = world.carrier(|carrier| {
            let unseen = carrier.ringing().filter(|(_, sid, _)| !self.seen_ringing.contains(*sid));
            unseen.filter_map(|(at, sid, _)| Some((*self.places.get(at)?, sid.to_owned()))).collect()
        });
        new.sort();
        for (agent, sid) in new {
            self.seen_ringing.insert(sid.clone());
            let random = &mut self.agents[agent].random;
            let (draw, after) = (below(random, 10), between(random, self.habits.answers_after));
            let talks = between(random, self.habits.talks);
            let declines = u64::from(self.habits.declines_of_10);
            let decision = if draw < declines {
                Decision::Declines
            } else if draw < declines + u64::from(self.habits.ignores_of_10) {
                continue;
            } else {
                Decision::Answers { talks }
            };
            self.at(world.now() + after, Act::Decides(sid, decision));
        }
    }

    fn act(&mut self, world: &mut World) {
        let now = world.now();
        while let Some(entry) = self.acts.first_entry() {
            if entry.key().0 > now {
                return;
            }
            match entry.remove() {
                Act::Begins(caller) => self.begins(world, caller),
                Act::Presses(sid, key) => world.carrier(|carrier| carrier.presses(&sid, &key.to_string())),
                Act::Decides(sid, Decision::Declines) => world.carrier(|carrier| carrier.declines(&sid)),
                Act::Decides(sid, Decision::Answers { talks }) => {
                    world.carrier(|carrier| carrier.answers(&sid));
                    self.at(now + talks, Act::HangsUp(sid));
                }
                Act::HangsUp(sid) => world.carrier(|carrier| carrier.hangs_up(&sid)),
                Act::Leaves(agent) => self.leaves(world, agent),
                Act::Supervises(time) => self.supervises(world, time),
            }
            world.settle();
        }
    }

    /// Most dial; some are called, because the application or an agent asks for it.
    fn begins(&mut self, world: &mut World, caller: u32) {
        let mut random = stream(self.plan.seed, &format!("caller {caller}"));
        let from = format!("+1415556{:04}", caller % 10_000);
        match below(&mut random, 16) {
            0 => return self.is_called(world, caller, &from, &mut random),
            1 => return self.agent_calls(world, caller, &from, &mut random),
            _ => {}
        }
        let which = usize::try_from(below(&mut random, self.numbers.len() as u64)).unwrap_or(0);
        let Some(to) = self.numbers.get(which).cloned() else { return };
        let sid = world.carrier(|carrier| carrier.caller_dials(&from, &to));
        let now = world.now();
        for wait in [2_000, 9_000, 16_000] {
            let key = self.habits.keys[usize::try_from(below(&mut random, self.habits.keys.len() as u64)).unwrap_or(0)];
            let wait = Duration::from_millis(wait + below(&mut random, 3_000));
            self.at(now + wait, Act::Presses(sid.clone(), key));
        }
        let patience = between(&mut random, self.habits.patience);
        self.at(now + patience, Act::HangsUp(sid));
    }

    fn telephone(world: &World, number: &str, random: &mut SplitMix64) {
        let talks = Some(Duration::from_millis(5_000 + below(random, 60_000)));
        let after = Duration::from_millis(1_000 + below(random, 20_000));
        let on_ring = match below(random, 6) {
            0 => Ring::Busy,
            1 => Ring::RingsOut,
            _ => Ring::Answers { after },
        };
        world.carrier(|carrier| carrier.script(number, EndpointScript { on_ring, then: talks, ..Default::default() }));
    }

    fn is_called(&mut self, world: &mut World, caller: u32, number: &str, random: &mut SplitMix64) {
        Self::telephone(world, number, random);
        let queue = usize::try_from(below(random, self.queues.len() as u64)).unwrap_or(0);
        let (Some(queue), Ok(to)) = (self.queues.get(queue).cloned(), number.parse()) else { return };
        let target = Target::Queue { queue, priority: 0, needs: Needs::new(), prefer: None };
        self.asked_for += 1;
        world.request(Request::PlaceCall { id: format!("wish {caller}"), to, from: None, target });
    }

    fn agent_calls(&mut self, world: &mut World, caller: u32, number: &str, random: &mut SplitMix64) {
        Self::telephone(world, number, random);
        let agent = usize::try_from(below(random, self.agents.len() as u64)).unwrap_or(0);
        let (Some(agent), Ok(to)) = (self.agents.get(agent).map(|agent| agent.id.clone()), number.parse()) else {
            return;
        };
        self.asked_for += 1;
        world.request(Request::ClickToCall { id: format!("click {caller}"), agent, to, from: None });
    }

    /// An agent takes a break, comes back, or signs out and in.
    fn leaves(&mut self, world: &mut World, at: usize) {
        let Some(agent) = self.agents.get_mut(at) else { return };
        let Some(stays) = self.habits.leaves_after else { return };
        let id = agent.id.clone();
        let (request, again) = match below(&mut agent.random, 5) {
            0 => (Request::Break(id, "tea".to_owned()), self.habits.away),
            1 => (Request::SignOut(id), self.habits.away),
            2 => (Request::FinishWrapUp(id), stays),
            _ => (Request::Ready(id), stays),
        };
        let again = between(&mut agent.random, again);
        world.request(request);
        self.at(world.now() + again, Act::Leaves(at));
    }

    /// Calls are hung up, moved and put first by somebody who looks on.
    fn supervises(&mut self, world: &mut World, time: usize) {
        let mut random = stream(self.plan.seed, &format!("supervisor {time}"));
        self.at(world.now() + between(&mut random, (TICK * 20, TICK * 120)), Act::Supervises(time + 1));
        let calls = world.live_calls();
        let at = usize::try_from(below(&mut random, calls.len() as u64)).unwrap_or(0);
        let Some(call) = calls.get(at).copied() else { return };
        let queue = usize::try_from(below(&mut random, self.queues.len() as u64)).unwrap_or(0);
        let Some(queue) = self.queues.get(queue).cloned() else { return };
        world.request(match below(&mut random, 6) {
            0 => Request::HangUp(call),
            1 => Request::SetPriority(call, 2),
            _ => Request::MoveCall(call, Target::Queue { queue, priority: 1, needs: Needs::new(), prefer: None }),
        });
    }
}
