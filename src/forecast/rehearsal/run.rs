//! Playing it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use super::{Rehearsal, Ringing};
use crate::forecast::Fact;
use crate::forecast::draw::Draws;
use crate::id::{AgentId, CallId, QueueId};
use crate::routing::{Floor, Pick, Standing, Waiting};
use crate::time::Timestamp;

/// How long a caller is not offered to an agent who missed the call.
const NOT_AGAIN: Duration = Duration::from_secs(60);
/// Names of the streams of a customer.
const WORK: u64 = 1;
const RING: u64 = 2;

/// How a call ended its wait.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// By being joined with this agent.
    Answered(AgentId),
    /// The customer hung up.
    Abandoned,
    /// It had waited as long as it may.
    TimedOut,
    /// It did not: nobody came to serve it.
    Open,
}

/// What became of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// Which call.
    pub call: CallId,
    /// In which queue.
    pub queue: QueueId,
    /// When it came.
    pub entered: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it waited.
    pub wait: Duration,
    /// How long it would have waited, had the customer stayed. `None`: not followed, or not known.
    pub offered_wait: Option<Duration>,
}

/// Figures of a rehearsal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Calls that entered.
    pub offered: u64,
    /// Those answered.
    pub answered: u64,
    /// Those answered in time.
    pub in_time: u64,
    /// Those that hung up.
    pub abandoned: u64,
    /// Waits of those answered, in all, s.
    pub waited_s: f64,
    /// Agents' time with calls, wrap-up included, s.
    pub busy_s: f64,
    /// Agents' time in which they could have been offered a call, s. Ringing counts for neither.
    pub idle_s: f64,
}

fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

#[expect(clippy::cast_precision_loss, reason = "no day has 2^53 calls")]
impl Figures {
    /// Answered in time ÷ (answered + abandoned). `None`: 0 ÷ 0.
    #[must_use]
    pub fn service_level(&self) -> Option<f64> {
        ratio(self.in_time as f64, (self.answered + self.abandoned) as f64)
    }

    /// Abandoned ÷ (answered + abandoned).
    #[must_use]
    pub fn abandon_rate(&self) -> Option<f64> {
        ratio(self.abandoned as f64, (self.answered + self.abandoned) as f64)
    }

    /// Busy ÷ (busy + idle).
    #[must_use]
    pub fn occupancy(&self) -> Option<f64> {
        ratio(self.busy_s, self.busy_s + self.idle_s)
    }

    /// Mean wait of those answered, s.
    #[must_use]
    pub fn answer_speed_s(&self) -> Option<f64> {
        ratio(self.waited_s, self.answered as f64)
    }
}

/// How a rehearsal went.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// Each customer who came, in the order given.
    pub fates: Vec<Fate>,
    /// All queues together.
    pub all: Figures,
    /// By queue; agents' time is in `all` alone.
    pub queues: BTreeMap<QueueId, Figures>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Begins(usize),
    Ends(usize),
    Finishes(usize),
    Enters(usize),
    Answers(usize, u32),
    Misses(usize, u32),
    HangsUp(usize),
    TimesOut(usize),
    Due,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Coming,
    Waiting,
    /// Hung up, and followed.
    Followed,
    Over,
}

struct Contact {
    stage: Stage,
    waiting: Waiting,
    /// Offers under way: number, and agent.
    offers: Vec<(u32, usize)>,
    fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Idle,
    Ringing,
    Busy,
}

struct Agent {
    id: AgentId,
    standing: Standing,
    present: u32,
    doing: Doing,
    since: Timestamp,
    capacity: u16,
}

struct Run<'a> {
    play: &'a Rehearsal,
    floor: Floor,
    events: BinaryHeap<Reverse<(Timestamp, u64, Event)>>,
    serial: u64,
    now: Timestamp,
    contacts: Vec<Contact>,
    contact_of: BTreeMap<CallId, usize>,
    agents: Vec<Agent>,
    agent_of: BTreeMap<AgentId, usize>,
    figures: Figures,
    watch: &'a mut dyn FnMut(&Fact, Timestamp),
}

fn seconds(s: f64) -> Duration {
    Duration::from_secs_f64(s.clamp(0.0, 1e9))
}

impl Rehearsal {
    /// Plays it to the end.
    #[must_use]
    pub fn run(&self) -> Played {
        self.run_watched(&mut |_, _| {})
    }

    /// Plays it to the end, and tells each fact as it happens.
    #[must_use]
    pub fn run_watched(&self, watch: &mut dyn FnMut(&Fact, Timestamp)) -> Played {
        let mut run = Run::new(self, watch);
        run.begin();
        while run.step() {}
        run.end()
    }
}

impl<'a> Run<'a> {
    fn new(play: &'a Rehearsal, watch: &'a mut dyn FnMut(&Fact, Timestamp)) -> Self {
        let contacts: Vec<Contact> = play.customers.iter().map(contact).collect();
        let agent = |(id, member): (&AgentId, &crate::routing::Member)| Agent {
            id: id.clone(),
            standing: Standing::default(),
            present: 0,
            doing: Doing::Idle,
            since: play.from,
            capacity: member.capacity.max(1),
        };
        let agents: Vec<Agent> = play.roster.agents.iter().map(agent).collect();
        Self {
            floor: Floor::new(Arc::clone(&play.roster)),
            events: BinaryHeap::new(),
            serial: 0,
            now: play.from,
            contact_of: contacts.iter().enumerate().map(|(at, one)| (one.fate.call, at)).collect(),
            contacts,
            agent_of: agents.iter().enumerate().map(|(at, one)| (one.id.clone(), at)).collect(),
            agents,
            figures: Figures::default(),
            play,
            watch,
        }
    }

    fn at(&mut self, at: Timestamp, event: Event) {
        self.serial += 1;
        self.events.push(Reverse((at.max(self.now), self.serial, event)));
    }

    fn tell(&mut self, fact: &Fact) {
        (self.watch)(fact, self.now);
    }

    fn ringing(&self, queue: &QueueId) -> Ringing {
        self.play.ringing.get(queue).copied().unwrap_or_default()
    }

    fn begin(&mut self) {
        let play = self.play;
        for presence in &play.presences {
            if let Some(&agent) = self.agent_of.get(&presence.agent)
                && presence.until > play.from
                && presence.until > presence.from
            {
                self.at(presence.from, Event::Begins(agent));
                self.at(presence.until, Event::Ends(agent));
            }
        }
        for (id, (queue, age)) in &play.busy {
            let Some(&agent) = self.agent_of.get(id) else { continue };
            let name = u64::try_from(agent).unwrap_or(0);
            let mut draws = Draws::of(play.seed, &[u64::MAX, name]);
            let rest = play.conduct.handle(id, queue).draw_rest(age.as_secs_f64(), &mut draws);
            self.agents[agent].doing = Doing::Busy;
            self.at(play.from + seconds(rest), Event::Finishes(agent));
        }
        for contact in 0..self.contacts.len() {
            self.at(self.contacts[contact].fate.entered, Event::Enters(contact));
        }
    }

    /// Does what happens next; false when nothing does.
    fn step(&mut self) -> bool {
        let due = self.floor.due();
        let next = self.events.peek().map(|Reverse((at, ..))| *at);
        let event = match (due, next) {
            (Some(due), None) => (due, Event::Due),
            (Some(due), Some(next)) if due < next => (due, Event::Due),
            (_, Some(_)) => self.events.pop().map_or((self.now, Event::Due), |Reverse((at, _, event))| (at, event)),
            (None, None) => return false,
        };
        self.now = self.now.max(event.0);
        match event.1 {
            Event::Due => {}
            Event::Begins(agent) => self.presence(agent, 1),
            Event::Ends(agent) => self.presence(agent, -1),
            Event::Finishes(agent) => self.finishes(agent),
            Event::Enters(contact) => self.enters(contact),
            Event::Answers(contact, offer) => self.answers(contact, offer),
            Event::Misses(contact, offer) => self.misses(contact, offer),
            Event::HangsUp(contact) => self.leaves(contact, Outcome::Abandoned),
            Event::TimesOut(contact) => self.leaves(contact, Outcome::TimedOut),
        }
        while let Some(pick) = self.floor.next(self.now) {
            self.offers(&pick);
        }
        true
    }

    fn presence(&mut self, agent: usize, by: i32) {
        let one = &mut self.agents[agent];
        let before = one.present;
        one.present = one.present.saturating_add_signed(by);
        let now_there = one.present > 0;
        if (before > 0) == now_there {
            return;
        }
        let id = one.id.clone();
        self.count_idle(agent);
        let one = &mut self.agents[agent];
        one.standing.staffed = now_there;
        if now_there && one.doing == Doing::Idle {
            one.standing.idle_since = self.now;
        }
        self.stand(agent);
        self.tell(&if now_there { Fact::SignedIn(id) } else { Fact::SignedOut(id) });
    }

    /// Time since the last change goes to the figures.
    fn count_idle(&mut self, agent: usize) {
        let play = self.play;
        let one = &mut self.agents[agent];
        let span = self.now.min(play.until).since(one.since.max(play.from)).as_secs_f64();
        match one.doing {
            Doing::Busy => self.figures.busy_s += span,
            Doing::Idle if one.standing.staffed => self.figures.idle_s += span,
            Doing::Idle | Doing::Ringing => {}
        }
        one.since = self.now;
    }

    fn stand(&mut self, agent: usize) {
        let one = &mut self.agents[agent];
        one.standing.free = if one.doing == Doing::Idle { one.capacity } else { 0 };
        self.floor.set_agent(&one.id, one.standing.clone(), self.now);
    }

    fn does(&mut self, agent: usize, doing: Doing) {
        self.count_idle(agent);
        self.agents[agent].doing = doing;
    }

    fn enters(&mut self, contact: usize) {
        let play = self.play;
        let one = &mut self.contacts[contact];
        one.stage = Stage::Waiting;
        let (call, waiting) = (one.fate.call, one.waiting.clone());
        let ringing = self.ringing(&waiting.queue);
        self.contacts[contact].waiting.wanted = ringing.at_once.max(1);
        let waiting = self.contacts[contact].waiting.clone();
        self.tell(&Fact::Entered(call, waiting.clone()));
        if let Some(patience) = play.customers[contact].patience {
            self.at(waiting.entered + patience, Event::HangsUp(contact));
        }
        if let Some(wait_max) = ringing.wait_max {
            self.at(waiting.entered + wait_max, Event::TimesOut(contact));
        }
        self.floor.set_call(call, waiting, self.now);
    }

    fn offers(&mut self, pick: &Pick) {
        let Some(&contact) = self.contact_of.get(&pick.call) else {
            self.floor.remove_call(pick.call);
            return;
        };
        let agents: Vec<usize> = self.floor.agents(pick).filter_map(|id| self.agent_of.get(id).copied()).collect();
        if self.contacts[contact].stage == Stage::Followed {
            // It is nobody's turn any more, but it would have been.
            let agent = agents.first().copied().unwrap_or(0);
            let (takes, ring_s) = self.rings(contact, agent);
            if takes {
                self.follow_ends(contact, self.now + seconds(ring_s));
            } else {
                let again = self.now + seconds(ring_s) + NOT_AGAIN;
                let one = &mut self.contacts[contact];
                one.waiting.offers += 1;
                one.waiting.excluded.insert(self.agents[agent].id.clone(), Some(again));
                self.floor.set_call(pick.call, self.contacts[contact].waiting.clone(), self.now);
            }
            return;
        }
        self.floor.take(pick, self.now);
        for agent in agents {
            let (takes, ring_s) = self.rings(contact, agent);
            self.does(agent, Doing::Ringing);
            let one = &mut self.contacts[contact];
            let number = one.waiting.offers;
            one.waiting.offers += 1;
            one.waiting.wanted = one.waiting.wanted.saturating_sub(1);
            one.offers.push((number, agent));
            let queue = one.waiting.queue.clone();
            let standing = &mut self.agents[agent].standing;
            standing.last_offered = Some(self.now);
            standing.last_queue = Some(queue);
            self.stand(agent);
            self.tell(&Fact::Offered(pick.call, self.agents[agent].id.clone()));
            let event = if takes { Event::Answers(contact, number) } else { Event::Misses(contact, number) };
            self.at(self.now + seconds(ring_s), event);
        }
    }

    /// Whether the agent takes the next offer of this call, and after which time, s.
    fn rings(&self, contact: usize, agent: usize) -> (bool, f64) {
        let one = &self.contacts[contact];
        let conduct = &self.play.conduct;
        let key = self.play.customers[contact].key;
        let mut draws = Draws::of(self.play.seed, &[key, RING, u64::from(one.waiting.offers)]);
        let missed = conduct.missed_by.get(&self.agents[agent].id).copied().unwrap_or(conduct.missed);
        let timeout = self.ringing(&one.waiting.queue).timeout.as_secs_f64();
        let (misses, ring_s) = (draws.unit() < missed, conduct.ring.draw(&mut draws));
        if misses || (timeout > 0.0 && ring_s > timeout) { (false, timeout) } else { (true, ring_s) }
    }

    fn answers(&mut self, contact: usize, offer: u32) {
        let one = &mut self.contacts[contact];
        let Some(&(_, agent)) = one.offers.iter().find(|(number, _)| *number == offer) else { return };
        if one.stage == Stage::Followed {
            one.offers.clear();
            self.follow_ends(contact, self.now);
            return;
        }
        one.stage = Stage::Over;
        let (call, queue) = (one.fate.call, one.waiting.queue.clone());
        one.fate.wait = self.now.since(one.waiting.entered);
        one.fate.offered_wait = Some(one.fate.wait);
        one.fate.outcome = Outcome::Answered(self.agents[agent].id.clone());
        let others = std::mem::take(&mut one.offers);
        self.floor.remove_call(call);
        let id = self.agents[agent].id.clone();
        self.tell(&Fact::Joined(call, id.clone()));
        self.does(agent, Doing::Busy);
        for (_, other) in others.into_iter().filter(|(_, other)| *other != agent) {
            self.does(other, Doing::Idle);
            self.stand(other);
        }
        let mut draws = Draws::of(self.play.seed, &[self.play.customers[contact].key, WORK]);
        let work = self.play.conduct.handle(&id, &queue).draw(&mut draws);
        self.at(self.now + seconds(work), Event::Finishes(agent));
    }

    fn misses(&mut self, contact: usize, offer: u32) {
        let one = &mut self.contacts[contact];
        let Some(at) = one.offers.iter().position(|(number, _)| *number == offer) else { return };
        let (_, agent) = one.offers.remove(at);
        if one.stage == Stage::Followed {
            return;
        }
        let queue = one.waiting.queue.clone();
        let until = self.now + self.ringing(&queue).rest;
        let id = self.agents[agent].id.clone();
        let one = &mut self.contacts[contact];
        one.waiting.excluded.insert(id.clone(), Some(self.now + NOT_AGAIN));
        one.waiting.wanted += 1;
        let (call, waiting) = (one.fate.call, one.waiting.clone());
        self.does(agent, Doing::Idle);
        self.agents[agent].standing.not_before = Some(until);
        self.tell(&Fact::Missed(call, id, until));
        self.stand(agent);
        self.floor.set_call(call, waiting, self.now);
    }

    fn leaves(&mut self, contact: usize, outcome: Outcome) {
        let follow = self.play.follow_abandoned && outcome == Outcome::Abandoned;
        let one = &mut self.contacts[contact];
        if one.stage != Stage::Waiting {
            return;
        }
        let call = one.fate.call;
        one.stage = if follow { Stage::Followed } else { Stage::Over };
        one.fate.wait = self.now.since(one.waiting.entered);
        let hung_up = outcome == Outcome::Abandoned;
        one.fate.outcome = outcome;
        let rung: Vec<usize> = one.offers.iter().map(|(_, agent)| *agent).collect();
        self.tell(&if hung_up { Fact::Abandoned(call) } else { Fact::Left(call) });
        let is_rung = !rung.is_empty();
        for agent in rung {
            self.does(agent, Doing::Idle);
            self.stand(agent);
        }
        if follow && !is_rung {
            return;
        }
        // Whoever hung up while agents were rung would have been answered when they do; if none does, it is not known.
        self.floor.remove_call(call);
    }

    fn follow_ends(&mut self, contact: usize, at: Timestamp) {
        let one = &mut self.contacts[contact];
        one.stage = Stage::Over;
        one.fate.offered_wait = Some(at.since(one.waiting.entered));
        let call = one.fate.call;
        self.floor.remove_call(call);
    }

    fn finishes(&mut self, agent: usize) {
        let since = self.agents[agent].since;
        self.does(agent, Doing::Idle);
        let one = &mut self.agents[agent];
        let busy_ms = i64::try_from(self.now.since(since).as_millis()).unwrap_or(i64::MAX);
        one.standing.idle_since = self.now;
        one.standing.last_ended = Some(self.now);
        one.standing.contacts += 1;
        one.standing.talk_ms = one.standing.talk_ms.saturating_add(busy_ms);
        one.standing.busy_ms = one.standing.busy_ms.saturating_add(busy_ms);
        let id = one.id.clone();
        self.tell(&Fact::Finished(id));
        self.stand(agent);
    }

    fn end(mut self) -> Played {
        for agent in 0..self.agents.len() {
            self.count_idle(agent);
        }
        let mut played = Played { all: self.figures, ..Played::default() };
        for contact in self.contacts {
            let fate = contact.fate;
            let answer_within = self.play.ringing.get(&fate.queue).copied().unwrap_or_default().answer_within;
            for figures in [&mut played.all, played.queues.entry(fate.queue.clone()).or_default()] {
                figures.offered += 1;
                match fate.outcome {
                    Outcome::Answered(_) => {
                        figures.answered += 1;
                        figures.in_time += u64::from(fate.wait <= answer_within);
                        figures.waited_s += fate.wait.as_secs_f64();
                    }
                    Outcome::Abandoned => figures.abandoned += 1,
                    Outcome::TimedOut | Outcome::Open => {}
                }
            }
            played.fates.push(fate);
        }
        played
    }
}

fn contact(customer: &super::Customer) -> Contact {
    Contact {
        stage: Stage::Coming,
        waiting: customer.waiting.clone(),
        offers: Vec::new(),
        fate: Fate {
            call: customer.call,
            queue: customer.waiting.queue.clone(),
            entered: customer.waiting.entered,
            outcome: Outcome::Open,
            wait: Duration::ZERO,
            offered_wait: None,
        },
    }
}
