//! A shift: many callers and agents who behave as people do, drawn from a seed, with faults; then quiet, and the audit.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::core::Request;
use crate::engine::Builder;
use crate::sim::audit::Violation;
use crate::sim::carrier::{CarrierConfig, Direction, Faults, LostCall};
use crate::sim::fnv::fnv1a;
use crate::sim::store::{StoreFault, Tamper};
use crate::sim::world::{Chaos, World};
use crate::time::Timestamp;

/// What happens in a shift.
#[derive(Clone)]
pub struct Shift {
    /// Everything is drawn from it.
    pub seed: u64,
    /// Callers.
    pub callers: u32,
    /// Mean time between them.
    pub gap: Duration,
    /// Nodes.
    pub nodes: usize,
    /// The carrier's faults while callers arrive.
    pub faults: Faults,
    /// The nodes' faults while callers arrive.
    pub chaos: Chaos,
    /// Of a thousand moments, in how many a commit fails, half of them though applied.
    pub commit_fails_per_mille: u16,
    /// A bug to be planted.
    pub tamper: Option<Tamper>,
}

impl std::fmt::Debug for Shift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shift").field("seed", &self.seed).field("callers", &self.callers).finish_non_exhaustive()
    }
}

impl Shift {
    /// Twenty callers, one about every 8 s, on two nodes, without faults.
    #[must_use]
    pub fn quiet(seed: u64) -> Self {
        Self {
            seed,
            callers: 20,
            gap: Duration::from_secs(8),
            nodes: 2,
            faults: Faults::default(),
            chaos: Chaos { shuffle: true, ..Chaos::default() },
            commit_fails_per_mille: 0,
            tamper: None,
        }
    }

    /// The same with every kind of fault.
    #[must_use]
    pub fn rough(seed: u64) -> Self {
        Self {
            faults: Faults {
                callback_lost: 20,
                callback_doubled: 60,
                callback_late: 40,
                late_by: Duration::from_secs(8),
                callback_reordered: 40,
                document_doubled: 30,
                rest_lost_before: 15,
                rest_lost_after: 15,
                rest_timeout: 10,
                rest_429: 20,
                rest_500: 10,
                list_lag: Duration::from_secs(4),
            },
            chaos: Chaos { die_per_mille: 1, shuffle: true, die_at: None },
            commit_fails_per_mille: 5,
            ..Self::quiet(seed)
        }
    }
}

/// How a shift went.
#[derive(Clone, Debug, Default)]
pub struct ShiftReport {
    /// Callers who dialled.
    pub arrived: usize,
    /// Callers who heard an agent, by the carrier's truth.
    pub joined: usize,
    /// Callers lost by I-29.
    pub lost: Vec<LostCall>,
    /// Invariants broken.
    pub violations: Vec<Violation>,
    /// Steps taken.
    pub steps: u64,
    /// What the carrier complained about.
    pub complaints: Vec<String>,
    /// What happened to the calls of those who were lost, in words.
    pub story: String,
    /// Where the books stood at the end: one word for all of it, equal for equal runs.
    pub fingerprint: u64,
}

enum Act {
    Dials,
    Presses(String),
    CallerHangsUp(String),
    AgentDecides(String),
    AgentHangsUp(String),
    AgentIdles(usize),
}

struct People {
    acts: BTreeMap<(Timestamp, u64), Act>,
    serial: u64,
    agents: Vec<(crate::id::AgentId, String)>,
    numbers: Vec<String>,
    seen_ringing: std::collections::BTreeSet<String>,
}

impl People {
    fn at(&mut self, at: Timestamp, act: Act) {
        self.serial += 1;
        self.acts.insert((at, self.serial), act);
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

impl Shift {
    /// Runs it on the call centre of `builder`.
    ///
    /// # Panics
    /// If the configuration has mistakes.
    #[must_use]
    pub fn run(&self, builder: &Builder) -> ShiftReport {
        let config = CarrierConfig { seed: self.seed, faults: self.faults.clone(), ..CarrierConfig::default() };
        let mut world = World::new(builder, config, self.nodes).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        if let Some(tamper) = &self.tamper {
            world.store().plant(std::sync::Arc::clone(tamper));
        }
        let board = world.switchboard();
        let rules = board.rules();
        let mut people = People {
            acts: BTreeMap::new(),
            serial: 0,
            agents: rules.agents.values().map(|spec| (spec.id.clone(), spec.endpoint.to_string())).collect(),
            numbers: rules.numbers.keys().cloned().collect(),
            seen_ringing: std::collections::BTreeSet::new(),
        };
        for (agent, _) in people.agents.clone() {
            let _ = world.block_on(board.request(Request::Ready(agent)));
        }
        let mut at = world.now();
        for _ in 0..self.callers {
            at = at + ms(world.random(2 * u64::try_from(self.gap.as_millis()).unwrap_or(1)));
            people.at(at, Act::Dials);
        }
        for agent in 0..people.agents.len() {
            let first = world.now() + ms(20_000 + world.random(60_000));
            people.at(first, Act::AgentIdles(agent));
        }
        world.set_chaos(self.chaos.clone());
        self.work(&mut world, &mut people, at + Duration::from_secs(120));
        Self::heal(&mut world, &mut people);
        report(&mut world)
    }

    fn work(&self, world: &mut World, people: &mut People, until: Timestamp) {
        while world.now() < until {
            let tick = world.now() + ms(500);
            let next = people.acts.keys().next().map_or(tick, |(at, _)| (*at).min(tick)).min(until);
            if u16::try_from(world.random(1000)).is_ok_and(|draw| draw < self.commit_fails_per_mille) {
                let applied = world.random(2) == 0;
                let fault = if applied { StoreFault::AppliedButFailed } else { StoreFault::Refused };
                world.store().fault_next_commit(fault);
            }
            world.run_until(next, |_| false);
            notice_ringing(world, people);
            act(world, people);
        }
    }

    /// The faults stop; whoever is on the line goes on for a while, then everybody hangs up and the world comes to rest.
    fn heal(world: &mut World, people: &mut People) {
        world.set_chaos(Chaos::default());
        world.carrier(|carrier| carrier.set_faults(Faults::default()));
        let until = world.now() + Duration::from_secs(90);
        while world.now() < until {
            let next = (world.now() + ms(500)).min(until);
            world.run_until(next, |_| false);
            notice_ringing(world, people);
            act(world, people);
        }
        let callers: Vec<String> = world
            .carrier(|carrier| carrier.calls())
            .into_iter()
            .filter(|leg| leg.direction == Direction::Inbound && !leg.status.is_over())
            .map(|leg| leg.sid)
            .collect();
        for caller in callers {
            world.carrier(|carrier| carrier.hangs_up(&caller));
        }
        world.run_for(Duration::from_secs(180));
        world.audit_at_rest();
    }
}

/// An agent whose telephone begins to ring makes up their mind.
fn notice_ringing(world: &mut World, people: &mut People) {
    for (_, endpoint) in people.agents.clone() {
        for sid in world.carrier(|carrier| carrier.ringing_at(&endpoint)) {
            if people.seen_ringing.insert(sid.clone()) {
                let at = world.now() + ms(500 + world.random(6_000));
                people.at(at, Act::AgentDecides(sid));
            }
        }
    }
}

fn act(world: &mut World, people: &mut People) {
    let now = world.now();
    while let Some(entry) = people.acts.first_entry() {
        if entry.key().0 > now {
            return;
        }
        let what = entry.remove();
        match what {
            Act::Dials => dials(world, people),
            Act::Presses(sid) => {
                let keys = ["1", "2", "1", "2", "9"];
                let key = keys[usize::try_from(world.random(5)).unwrap_or(0)];
                world.carrier(|carrier| carrier.presses(&sid, key));
            }
            Act::CallerHangsUp(sid) => world.carrier(|carrier| carrier.hangs_up(&sid)),
            Act::AgentDecides(sid) => match world.random(10) {
                0 => world.carrier(|carrier| carrier.declines(&sid)),
                1 => {}
                _ => {
                    world.carrier(|carrier| carrier.answers(&sid));
                    let talk = now + ms(5_000 + world.random(60_000));
                    people.at(talk, Act::AgentHangsUp(sid));
                }
            },
            Act::AgentHangsUp(sid) => world.carrier(|carrier| carrier.hangs_up(&sid)),
            Act::AgentIdles(agent) => idles(world, people, agent),
        }
        world.settle();
    }
}

fn dials(world: &mut World, people: &mut People) {
    let now = world.now();
    let from = format!("+1415556{:04}", people.serial % 10_000);
    let which = usize::try_from(world.random(people.numbers.len() as u64)).unwrap_or(0);
    let Some(to) = people.numbers.get(which).cloned() else { return };
    let sid = world.carrier(|carrier| carrier.caller_dials(&from, &to));
    for wait in [2_000, 9_000, 16_000] {
        let at = now + ms(wait + world.random(3_000));
        people.at(at, Act::Presses(sid.clone()));
    }
    let patience = now + ms(4_000 + world.random(110_000));
    people.at(patience, Act::CallerHangsUp(sid));
}

/// An agent takes a break, comes back, or signs out and in.
fn idles(world: &mut World, people: &mut People, at: usize) {
    let Some((agent, _)) = people.agents.get(at).cloned() else { return };
    let board = world.switchboard();
    let request = match world.random(4) {
        0 => Request::Break(agent, "tea".to_owned()),
        1 => Request::SignOut(agent),
        _ => Request::Ready(agent),
    };
    // The store may refuse just now; the agent tries again later.
    let _ = world.block_on(board.request(request));
    let again = world.now() + ms(10_000 + world.random(40_000));
    people.at(again, Act::AgentIdles(at));
}

fn report(world: &mut World) -> ShiftReport {
    let (legs, joined) = world.carrier(|carrier| (carrier.calls(), carrier.joined()));
    let callers: Vec<&str> =
        legs.iter().filter(|leg| leg.direction == Direction::Inbound).map(|leg| leg.sid.as_str()).collect();
    let heard = |sid: &str| joined.iter().any(|joined| joined.a == sid || joined.b == sid);
    let complaints = world.carrier(|carrier| carrier.notifications());
    let books = format!("{:?}", world.store().records());
    let fingerprint = fnv1a(&books);
    ShiftReport {
        arrived: callers.len(),
        joined: callers.iter().filter(|sid| heard(sid)).count(),
        lost: world.carrier(|carrier| carrier.lost()),
        violations: world.violations().to_vec(),
        steps: world.steps(),
        complaints: complaints.iter().map(|one| format!("{} {} {}", one.code, one.message, one.url)).collect(),
        fingerprint,
        story: lost_stories(world),
    }
}

fn lost_stories(world: &World) -> String {
    let mut story = String::new();
    for lost in world.carrier(|carrier| carrier.lost()) {
        for heard in world.carrier(|carrier| carrier.heard(&lost.call)) {
            let _ = writeln!(story, "{} {} {:?}", lost.call, heard.from, heard.what);
        }
        let page = world.block_on(world.switchboard().calls(None, 256));
        let calls = page.map(|page| page.calls).unwrap_or_default();
        for call in calls.iter().filter(|call| call.legs.iter().any(|leg| leg.sid.as_ref() == Some(&lost.call))) {
            for event in &call.events {
                let _ = writeln!(story, "  {} {:?}", event.at, event.kind);
            }
        }
    }
    story
}
