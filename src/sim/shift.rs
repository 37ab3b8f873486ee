//! A shift: many callers and agents who behave as people do, drawn from a seed, with faults; then quiet, and the audit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use crate::core::Request;
use crate::engine::Builder;
use crate::id::AgentId;
use crate::model::Call;
use crate::sim::audit::Violation;
use crate::sim::carrier::{CarrierConfig, Direction, Faults, LostCall};
use crate::sim::fnv::fnv1a;
use crate::sim::store::{StoreFault, Tamper};
use crate::sim::world::{Chaos, World};
use crate::time::Timestamp;

/// How the people of a shift behave. Of two times, each is drawn evenly from the first up to the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Habits {
    /// Keys of which callers press three, one by one; a key that is there twice is pressed twice as often.
    pub keys: Vec<char>,
    /// How long callers stay on the line at most, from dialling.
    pub patience: (Duration, Duration),
    /// How many people share the calls between them; 0: each call is somebody else's, as good as.
    pub regulars: u32,
    /// How long a telephone rings until the agent answers or declines.
    pub answers_after: (Duration, Duration),
    /// Of ten calls, how many an agent declines.
    pub declines_of_10: u8,
    /// Of ten calls, how many an agent lets ring.
    pub ignores_of_10: u8,
    /// How long agents talk.
    pub talks: (Duration, Duration),
    /// After which time an agent takes a break, signs out, or says again to be ready; `None`: all stay ready.
    pub leaves_after: Option<(Duration, Duration)>,
    /// How long an agent is away.
    pub away: (Duration, Duration),
}

impl Default for Habits {
    /// Callers who press 1, 2 or 9 and wait 4 s to 114 s; agents who answer within 6.5 s, talk up to 65 s, and come and go.
    fn default() -> Self {
        let away = (Duration::from_secs(10), Duration::from_secs(50));
        Self {
            keys: vec!['1', '2', '1', '2', '9'],
            patience: (Duration::from_secs(4), Duration::from_secs(114)),
            regulars: 0,
            answers_after: (Duration::from_millis(500), Duration::from_millis(6_500)),
            declines_of_10: 1,
            ignores_of_10: 1,
            talks: (Duration::from_secs(5), Duration::from_secs(65)),
            leaves_after: Some(away),
            away,
        }
    }
}

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
    /// How people behave.
    pub habits: Habits,
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
            habits: Habits::default(),
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
            chaos: Chaos { die_per_mille: 1, shuffle: true, ..Chaos::default() },
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
    HangsUp(String),
    AgentDecides(String),
    AgentLeaves(usize),
}

struct People {
    acts: BTreeMap<(Timestamp, u64), Act>,
    serial: u64,
    agents: Vec<AgentId>,
    /// Which agent an address is.
    places: BTreeMap<String, usize>,
    numbers: Vec<String>,
    seen_ringing: BTreeSet<String>,
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
        self.play(builder).0
    }

    /// Runs it, and gives the world as it is afterwards too: for what is to be read from its books.
    ///
    /// # Panics
    /// If the configuration has mistakes.
    #[must_use]
    pub fn play(&self, builder: &Builder) -> (ShiftReport, World) {
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
            agents: rules.agents.keys().cloned().collect(),
            places: rules.agents.values().enumerate().map(|(at, spec)| (spec.endpoint.to_string(), at)).collect(),
            numbers: rules.numbers.keys().cloned().collect(),
            seen_ringing: BTreeSet::new(),
        };
        for agent in people.agents.clone() {
            let _ = world.block_on(board.request(Request::Ready(agent)));
        }
        let mut at = world.now();
        for _ in 0..self.callers {
            at = at + ms(world.random(2 * u64::try_from(self.gap.as_millis()).unwrap_or(1)));
            people.at(at, Act::Dials);
        }
        let leaving = if self.habits.leaves_after.is_some() { people.agents.len() } else { 0 };
        for agent in 0..leaving {
            let first = world.now() + ms(20_000 + world.random(60_000));
            people.at(first, Act::AgentLeaves(agent));
        }
        world.set_chaos(self.chaos.clone());
        self.work(&mut world, &mut people, at + Duration::from_secs(120));
        self.heal(&mut world, &mut people);
        (report(&world), world)
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
            self.notice_ringing(world, people);
            self.act(world, people);
        }
    }

    /// The faults stop; whoever is on the line goes on for a while, then everybody hangs up and the world comes to rest.
    fn heal(&self, world: &mut World, people: &mut People) {
        world.set_chaos(Chaos::default());
        world.carrier(|carrier| carrier.set_faults(Faults::default()));
        let until = world.now() + Duration::from_secs(90);
        while world.now() < until {
            let next = (world.now() + ms(500)).min(until);
            world.run_until(next, |_| false);
            self.notice_ringing(world, people);
            self.act(world, people);
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

fn drawn(world: &mut World, (least, most): (Duration, Duration)) -> Duration {
    let span = u64::try_from(most.saturating_sub(least).as_millis()).unwrap_or(u64::MAX);
    least + ms(world.random(span))
}

impl Shift {
    /// An agent whose telephone begins to ring makes up their mind.
    fn notice_ringing(&self, world: &mut World, people: &mut People) {
        let mut new: Vec<(usize, String, Timestamp)> = world.carrier(|carrier| {
            let unseen = carrier.ringing().filter(|(_, sid, _)| !people.seen_ringing.contains(*sid));
            unseen.filter_map(|(at, sid, since)| Some((*people.places.get(at)?, sid.to_owned(), since))).collect()
        });
        new.sort_by_key(|(agent, ..)| *agent);
        for (_, sid, since) in new {
            people.seen_ringing.insert(sid.clone());
            // Time goes in steps here, but nobody is slower because of where a step ended.
            let at = (since + drawn(world, self.habits.answers_after)).max(world.now());
            people.at(at, Act::AgentDecides(sid));
        }
    }

    fn act(&self, world: &mut World, people: &mut People) {
        let now = world.now();
        while let Some(entry) = people.acts.first_entry() {
            if entry.key().0 > now {
                return;
            }
            let what = entry.remove();
            match what {
                Act::Dials => self.dials(world, people),
                Act::Presses(sid) => {
                    let at = world.random(self.habits.keys.len() as u64);
                    let key = self.habits.keys.get(usize::try_from(at).unwrap_or(0)).map(ToString::to_string);
                    world.carrier(|carrier| carrier.presses(&sid, &key.unwrap_or_default()));
                }
                Act::AgentDecides(sid) => self.decides(world, people, &sid),
                Act::HangsUp(sid) => world.carrier(|carrier| carrier.hangs_up(&sid)),
                Act::AgentLeaves(agent) => self.leaves(world, people, agent),
            }
            world.settle();
        }
    }

    fn decides(&self, world: &mut World, people: &mut People, sid: &str) {
        let draw = world.random(10);
        let declines = u64::from(self.habits.declines_of_10);
        if draw < declines {
            world.carrier(|carrier| carrier.declines(sid));
        } else if draw >= declines + u64::from(self.habits.ignores_of_10) {
            world.carrier(|carrier| carrier.answers(sid));
            let over = world.now() + drawn(world, self.habits.talks);
            people.at(over, Act::HangsUp(sid.to_owned()));
        }
    }

    fn dials(&self, world: &mut World, people: &mut People) {
        let now = world.now();
        let from = match self.habits.regulars {
            0 => format!("+1415556{:04}", people.serial % 10_000),
            regulars => format!("+1415557{:04}", world.random(u64::from(regulars))),
        };
        let which = usize::try_from(world.random(people.numbers.len() as u64)).unwrap_or(0);
        let Some(to) = people.numbers.get(which).cloned() else { return };
        let sid = world.carrier(|carrier| carrier.caller_dials(&from, &to));
        for wait in [2_000, 9_000, 16_000] {
            let at = now + ms(wait + world.random(3_000));
            people.at(at, Act::Presses(sid.clone()));
        }
        let patience = now + drawn(world, self.habits.patience);
        people.at(patience, Act::HangsUp(sid));
    }

    /// An agent takes a break, comes back, or signs out and in.
    fn leaves(&self, world: &mut World, people: &mut People, at: usize) {
        let Some(agent) = people.agents.get(at).cloned() else { return };
        let Some(stays) = self.habits.leaves_after else { return };
        let board = world.switchboard();
        let (request, again) = match world.random(4) {
            0 => (Request::Break(agent, "tea".to_owned()), self.habits.away),
            1 => (Request::SignOut(agent), self.habits.away),
            _ => (Request::Ready(agent), stays),
        };
        // The store may refuse just now; the agent tries again later.
        let _ = world.block_on(board.request(request));
        let again = world.now() + drawn(world, again);
        people.at(again, Act::AgentLeaves(at));
    }
}

fn report(world: &World) -> ShiftReport {
    let (legs, joined) = world.carrier(|carrier| (carrier.calls(), carrier.joined()));
    let callers: Vec<&str> =
        legs.iter().filter(|leg| leg.direction == Direction::Inbound).map(|leg| leg.sid.as_str()).collect();
    let heard: BTreeSet<&str> = joined.iter().flat_map(|joined| [joined.a.as_str(), joined.b.as_str()]).collect();
    let complaints = world.carrier(|carrier| carrier.notifications());
    let fingerprint = world.store().records().iter().fold(0, |hash, record| {
        fnv1a(&format!("{hash:x} {} {:?} {}", record.key, record.version, record.body.as_json()))
    });
    ShiftReport {
        arrived: callers.len(),
        joined: callers.iter().filter(|sid| heard.contains(*sid)).count(),
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
        let calls = world.store().records().into_iter().filter(|record| record.key.as_str().starts_with("call/"));
        let calls = calls.filter_map(|record| record.body.read::<Call>().ok());
        for call in calls.filter(|call| call.legs.iter().any(|leg| leg.sid.as_ref() == Some(&lost.call))) {
            for event in &call.events {
                let _ = writeln!(story, "  {} {:?}", event.at, event.kind);
            }
        }
    }
    story
}
