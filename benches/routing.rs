//! Choosing: what a decision costs, next to bare indexes that make the same choice and do nothing else.
//!
//! Each line is one JSON object. `ours` and `floor` are nanoseconds of CPU time of this thread for one cycle, each the least of
//! rounds that take turns; `growth` lines hold the exponent of the cost between the sizes 10 and 100,000.
//!
//! The floor keeps an ordered set of free agents and one of waiting calls for each kind of call: an agent is in all of those that
//! the agent may have. As any index must that is fed from outside, it finds an agent by name and a call by id, and owns what it
//! is told of a call; for that it has hash maps and a hasher as quick as ours. It has no policies, no times, no exclusions, and
//! is told the kind of a call by number. Both make the same choices, which is checked.
//!
//! `cargo bench --bench routing -- freed` measures the cases that have `freed` in their name.
//!
//! - `pick/agents/N`: a call arrives, its agent is picked and taken, and comes back.
//! - `explained/agents/N`: the same, with the record of who was considered.
//! - `freed/waiting/N`: an agent is freed and takes the best of N calls that wait, and a new call arrives; 1,000 agents.
//! - `nobody/agents/N`: a call arrives that nobody free may have, and leaves.
//! - `idle`: nothing happens; the floor looks at a clock's first entry.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::hash::{BuildHasherDefault, Hasher};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use switchboard::id::{AgentId, CallId, QueueId};
use switchboard::routing::{Floor, Levels, Member, Membership, Needs, Policy, Roster, Standing, Waiting};
use switchboard::time::Timestamp;
use uuid::Uuid;

const ROUNDS: usize = 9;
const SIZES: [u32; 5] = [10, 100, 1_000, 10_000, 100_000];
const SKILLS: u64 = 50;
const QUEUES: u64 = 40;
/// Skills that a queue's calls need, one or two of them at a time.
const SKILLS_OF_QUEUE: u64 = 5;
const WAITING: usize = 1_000;
/// The first kind of call that nobody may have; each queue has one, after all others.
const HOPELESS: u32 = (QUEUES * SKILLS_OF_QUEUE * (SKILLS_OF_QUEUE + 1) / 2) as u32;

fn main() {
    let (mut pick, mut nobody, mut freed) = (Vec::new(), Vec::new(), Vec::new());
    for size in SIZES {
        let mut arena = Arena::new(size);
        pick.push(case(&format!("pick/agents/{size}"), &mut arena, Arena::our_pick, Arena::bare_pick));
        case(&format!("explained/agents/{size}"), &mut arena, Arena::our_explained, Arena::bare_pick);
        nobody.push(case(&format!("nobody/agents/{size}"), &mut arena, Arena::our_nobody, Arena::bare_nobody));
    }
    for size in [1, 10, 100, 1_000, 10_000, 100_000] {
        let mut arena = Arena::new(1_000);
        arena.everybody_is_busy();
        arena.let_wait(size);
        let cost = case(&format!("freed/waiting/{size}"), &mut arena, Arena::our_freed, Arena::bare_freed);
        if size >= 10 {
            freed.push(cost);
        }
        if size == WAITING as u32 {
            case("idle", &mut arena, Arena::our_idle, Arena::bare_idle);
        }
    }
    growth("pick", &pick);
    growth("freed", &freed);
    growth("nobody", &nobody);
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }
}

/// A kind of call: queue and skills.
struct Kind {
    queue: u64,
    skills: Vec<u64>,
    waiting: Waiting,
}

/// Multiplies and folds, eight bytes at a time.
#[derive(Default)]
struct Folding(u64);

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(byte.into());
    }

    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.0 ^ 0xA076_1D64_78BD_642F) * u128::from(word ^ 0xE703_7ED1_A0B4_28DB);
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

type Found<K, V> = HashMap<K, V, BuildHasherDefault<Folding>>;

/// What the floor owns of a call.
struct Known {
    kind: u32,
    waiting: Waiting,
}

/// Nothing but the sets, and what finds things.
#[derive(Default)]
struct Bare {
    agents: Found<AgentId, u32>,
    calls: Found<CallId, Known>,
    /// Free agents of each kind of call, free longest first.
    free: Vec<BTreeSet<(i64, u32)>>,
    waiting: Vec<BTreeSet<(i64, u64)>>,
    /// Kinds of calls that an agent may have.
    kinds: Vec<Vec<u32>>,
    since: Vec<i64>,
}

impl Bare {
    fn take(&mut self, agent: u32) {
        for kind in &self.kinds[agent as usize] {
            self.free[*kind as usize].remove(&(self.since[agent as usize], agent));
        }
    }

    fn give_back(&mut self, agent: u32, now: i64) {
        self.since[agent as usize] = now;
        for kind in &self.kinds[agent as usize] {
            self.free[*kind as usize].insert((now, agent));
        }
    }

    fn arrives(&mut self, call: u64, kind: u32, waiting: Waiting) {
        self.waiting[kind as usize].insert((waiting.since.as_micros(), call));
        self.calls.insert(id(call), Known { kind, waiting });
    }

    fn leaves(&mut self, call: CallId) {
        if let Some(known) = self.calls.remove(&call) {
            self.waiting[known.kind as usize].remove(&(known.waiting.since.as_micros(), call.0.as_u64_pair().0));
        }
    }
}

/// Both, with the same agents and calls.
struct Arena {
    floor: Floor,
    bare: Bare,
    names: Vec<AgentId>,
    kinds: Vec<Kind>,
    /// Kinds of calls that somebody may have.
    served: Vec<u32>,
    now: [i64; 2],
    calls: [u64; 2],
    dice: [Dice; 2],
    /// Sums of what was picked.
    picked: [u64; 2],
}

const OURS: usize = 0;
const BARE: usize = 1;

fn queue(nth: u64) -> QueueId {
    QueueId::new(format!("queue-{nth:02}")).expect("a name")
}

fn skill(nth: u64) -> String {
    format!("skill-{nth:02}")
}

fn kinds() -> Vec<Kind> {
    let mut all = Vec::new();
    for nth in 0..QUEUES {
        let its = |at: u64| (nth * 3 + at * 7) % SKILLS;
        for one in 0..SKILLS_OF_QUEUE {
            for other in one..SKILLS_OF_QUEUE {
                let skills: BTreeSet<u64> = [its(one), its(other)].into();
                let needs: Needs = skills.iter().map(|skill_| (skill(*skill_), Levels::ANY)).collect();
                let waiting = waiting(queue(nth), needs);
                all.push(Kind { queue: nth, skills: skills.into_iter().collect(), waiting });
            }
        }
    }
    all
}

fn waiting(queue: QueueId, needs: Needs) -> Waiting {
    Waiting {
        queue,
        needs,
        points: 0,
        since: Timestamp::default(),
        entered: Timestamp::default(),
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

fn id(nth: u64) -> CallId {
    CallId(Uuid::from_u64_pair(nth, 0))
}

impl Arena {
    fn new(agents: u32) -> Self {
        let mut dice = Dice(u64::from(agents));
        let (mut skills, mut queues): (Vec<BTreeSet<u64>>, Vec<BTreeSet<u64>>) = (Vec::new(), Vec::new());
        for _ in 0..agents {
            skills.push((0..5).map(|_| dice.roll(SKILLS)).collect());
            let count = 1 + dice.roll(20);
            queues.push((0..count).map(|_| dice.roll(QUEUES)).collect());
        }
        let mut kinds = kinds();
        for nth in 0..QUEUES {
            // Somebody has the skill, at a level that will not do.
            let needs = Needs::from([("rare".to_owned(), Levels::at_least(2))]);
            kinds.push(Kind { queue: nth, skills: vec![SKILLS], waiting: waiting(queue(nth), needs) });
        }
        let names: Vec<AgentId> =
            (0..agents).map(|nth| AgentId::new(format!("agent-{nth:06}")).expect("a name")).collect();
        let member = |at: usize| Member {
            skills: skills[at].iter().map(|nth| (skill(*nth), 50)).collect(),
            queues: queues[at].iter().map(|nth| (queue(*nth), Membership::default())).collect(),
            capacity: 1,
            ..Member::default()
        };
        let mut roster = Roster {
            queues: (0..QUEUES).map(|nth| (queue(nth), Policy::default())).collect(),
            agents: names.iter().enumerate().map(|(at, name)| (name.clone(), member(at))).collect(),
            ..Roster::default()
        };
        roster.agents.values_mut().next().expect("an agent").skills.insert("rare".to_owned(), 1);
        let may = |agent: usize, kind: &Kind| {
            queues[agent].contains(&kind.queue) && kind.skills.iter().all(|skill| skills[agent].contains(skill))
        };
        let of_agent = |agent: usize| -> Vec<u32> {
            (0..kinds.len()).filter(|kind| may(agent, &kinds[*kind])).map(|kind| kind as u32).collect()
        };
        let mut bare = Bare { kinds: (0..agents as usize).map(of_agent).collect(), ..Bare::default() };
        bare.agents = names.iter().cloned().zip(0..).collect();
        bare.since = vec![0; agents as usize];
        let mut members: Vec<Vec<(i64, u32)>> = vec![Vec::new(); kinds.len()];
        for (agent, its) in bare.kinds.iter().enumerate() {
            its.iter().for_each(|kind| members[*kind as usize].push((0, agent as u32)));
        }
        let served = (0..kinds.len()).filter(|kind| !members[*kind].is_empty()).map(|kind| kind as u32).collect();
        bare.free = members.into_iter().map(|all| all.into_iter().collect()).collect();
        bare.waiting = vec![BTreeSet::new(); kinds.len()];
        let mut floor = Floor::new(Arc::new(roster));
        for name in &names {
            let standing = Standing { staffed: true, free: 1, ..Standing::default() };
            floor.set_agent(name, standing, Timestamp::default());
        }
        let dice = [Dice(7), Dice(7)];
        let mut arena = Self { floor, bare, names, kinds, served, now: [0; 2], calls: [0; 2], dice, picked: [0; 2] };
        // Every kind of call has come once.
        for at in 0..arena.kinds.len() {
            arena.floor.set_call(id(u64::MAX), arena.kinds[at].waiting.clone(), Timestamp::default());
            arena.floor.remove_call(id(u64::MAX));
        }
        arena
    }

    fn step(&mut self, side: usize) -> (i64, u64, u32) {
        self.now[side] += 1_000;
        self.calls[side] += 1;
        let kind = self.served[self.dice[side].roll(self.served.len() as u64) as usize];
        (self.now[side], self.calls[side], kind)
    }

    /// Such a call as it comes from outside: both sides pay for it.
    fn waiting(&self, kind: u32, now: i64) -> Waiting {
        let now = Timestamp::from_micros(now);
        Waiting { since: now, entered: now, ..self.kinds[kind as usize].waiting.clone() }
    }

    fn arrives(&mut self, call: u64, kind: u32, now: i64) {
        self.floor.set_call(id(call), self.waiting(kind, now), Timestamp::from_micros(now));
    }

    fn arrives_bare(&mut self, call: u64, kind: u32, now: i64) {
        let waiting = self.waiting(kind, now);
        self.bare.arrives(call, kind, waiting);
    }

    fn frees(&mut self, agent: u32, now: i64) {
        let now = Timestamp::from_micros(now);
        let standing = Standing { staffed: true, free: 1, idle_since: now, ..Standing::default() };
        self.floor.set_agent(&self.names[agent as usize], standing, now);
    }

    fn everybody_is_busy(&mut self) {
        for agent in 0..self.names.len() as u32 {
            self.bare.take(agent);
            let busy = Standing { staffed: true, ..Standing::default() };
            self.floor.set_agent(&self.names[agent as usize], busy, Timestamp::default());
        }
    }

    fn let_wait(&mut self, calls: u32) {
        for _ in 0..calls {
            let (now, call, kind) = self.step(BARE);
            self.arrives_bare(call, kind, now);
            let (now, call, kind) = self.step(OURS);
            self.arrives(call, kind, now);
        }
    }

    fn our_cycle(&mut self, explained: bool) {
        let (now, call, kind) = self.step(OURS);
        self.arrives(call, kind, now);
        let at = Timestamp::from_micros(now);
        let pick = self.floor.next(at).expect("everybody is free");
        if explained {
            black_box(self.floor.considered(&pick, at));
        }
        let name = self.floor.agents(&pick).next().expect("one agent");
        let agent = name.as_str()[6..].parse().expect("a number");
        self.floor.take(&pick, at);
        self.floor.remove_call(id(call));
        self.picked[OURS] = self.picked[OURS].wrapping_mul(31).wrapping_add(u64::from(agent));
        self.frees(agent, now);
    }

    fn our_pick(&mut self) {
        self.our_cycle(false);
    }

    fn our_explained(&mut self) {
        self.our_cycle(true);
    }

    fn bare_pick(&mut self) {
        let (now, call, kind) = self.step(BARE);
        self.arrives_bare(call, kind, now);
        let &(_, agent) = self.bare.free[kind as usize].first().expect("everybody is free");
        self.bare.take(agent);
        self.bare.leaves(id(call));
        self.picked[BARE] = self.picked[BARE].wrapping_mul(31).wrapping_add(u64::from(agent));
        let agent = self.bare.agents[&self.names[agent as usize]];
        self.bare.give_back(agent, now);
    }

    fn our_nobody(&mut self) {
        let (now, call, _) = self.step(OURS);
        let queue = call % QUEUES;
        self.arrives(call, HOPELESS + queue as u32, now);
        assert!(self.floor.next(Timestamp::from_micros(now)).is_none());
        self.floor.remove_call(id(call));
    }

    fn bare_nobody(&mut self) {
        let (now, call, _) = self.step(BARE);
        let kind = HOPELESS + (call % QUEUES) as u32;
        self.arrives_bare(call, kind, now);
        assert!(black_box(self.bare.free[kind as usize].first()).is_none());
        self.bare.leaves(id(call));
    }

    fn our_freed(&mut self) {
        let (now, call, kind) = self.step(OURS);
        let agent = (call * 7 % self.names.len() as u64) as u32;
        self.frees(agent, now);
        let at = Timestamp::from_micros(now);
        match self.floor.next(at) {
            Some(pick) => {
                self.floor.take(&pick, at);
                self.floor.remove_call(pick.call);
                self.picked[OURS] = self.picked[OURS].wrapping_mul(31).wrapping_add(pick.call.0.as_u64_pair().0);
                self.arrives(call, kind, now);
            }
            None => {
                let busy = Standing { staffed: true, ..Standing::default() };
                self.floor.set_agent(&self.names[agent as usize], busy, at);
            }
        }
    }

    fn bare_freed(&mut self) {
        let (now, call, kind) = self.step(BARE);
        let agent = self.bare.agents[&self.names[(call * 7 % self.names.len() as u64) as usize]];
        let kinds = self.bare.kinds[agent as usize].iter();
        let firsts = kinds.filter_map(|kind| self.bare.waiting[*kind as usize].first().copied());
        match firsts.min() {
            Some(best) => {
                self.bare.leaves(id(best.1));
                self.picked[BARE] = self.picked[BARE].wrapping_mul(31).wrapping_add(best.1);
                self.arrives_bare(call, kind, now);
            }
            None => {
                self.bare.give_back(agent, now);
                self.bare.take(agent);
            }
        }
    }

    fn our_idle(&mut self) {
        self.now[OURS] += 1;
        self.floor.advance(black_box(Timestamp::from_micros(self.now[OURS])));
        black_box(self.floor.due());
    }

    fn bare_idle(&mut self) {
        self.now[BARE] += 1;
        black_box(self.bare.waiting[0].first().is_some_and(|(at, _)| *at <= black_box(self.now[BARE])));
    }
}

/// Measures both, says so, and returns what each costs.
fn case(name: &str, arena: &mut Arena, ours: fn(&mut Arena), bare: fn(&mut Arena)) -> Option<(f64, f64)> {
    if std::env::args().skip(1).any(|only| !only.starts_with('-') && !name.contains(&only)) {
        return None;
    }
    // Both have done the same, however often each was run before.
    let run = |arena: &mut Arena, times: u32| -> (f64, f64) {
        let first = timed(arena, ours, times);
        (first, timed(arena, bare, times))
    };
    run(arena, 200);
    let once = run(arena, 200);
    let times = ((1e7 / once.0.max(once.1).max(1.0)) as u32).clamp(200, 1_000_000);
    let mut least = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let (one, other) = run(arena, times);
        least = (least.0.min(one), least.1.min(other));
    }
    assert_eq!(arena.picked[OURS], arena.picked[BARE], "{name}: both choose the same");
    print(name, least.0, least.1, "ns");
    Some(least)
}

fn growth(name: &str, costs: &[Option<(f64, f64)>]) {
    let (Some(Some(first)), Some(Some(last))) = (costs.first(), costs.last()) else { return };
    let exponent = |first: f64, last: f64| (last / first).log10() / 4.0;
    print(&format!("growth/{name}"), exponent(first.0, last.0), exponent(first.1, last.1), "exponent");
}

fn print(name: &str, ours: f64, floor: f64, unit: &str) {
    let digits = if unit == "ns" { 1 } else { 3 };
    println!(
        "{{\"case\":\"{name}\",\"ours\":{ours:.digits$},\"floor\":{floor:.digits$},\"ratio\":{:.3},\"unit\":\"{unit}\"}}",
        ours / floor
    );
}

/// Nanoseconds of CPU time of one cycle.
fn timed(arena: &mut Arena, run: fn(&mut Arena), times: u32) -> f64 {
    let started = Clock::now();
    for _ in 0..times {
        run(arena);
    }
    started.elapsed_ns() / f64::from(times)
}

/// This thread's CPU time where the system tells it, and the time of day elsewhere.
enum Clock {
    Cpu(u64),
    Wall(Instant),
}

impl Clock {
    fn now() -> Self {
        cpu_ns().map_or_else(|| Self::Wall(Instant::now()), Self::Cpu)
    }

    fn elapsed_ns(&self) -> f64 {
        match self {
            Self::Cpu(then) => (cpu_ns().expect("it was told before") - then) as f64,
            Self::Wall(then) => Duration::as_secs_f64(&then.elapsed()) * 1e9,
        }
    }
}

fn cpu_ns() -> Option<u64> {
    // Linux counts up when the thread is rescheduled, and at a tick otherwise.
    std::thread::yield_now();
    let line = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    line.split_whitespace().next()?.parse().ok()
}
