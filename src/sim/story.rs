//! Stories: an application's call centre on the carrier, told step by step.

use std::cell::{Ref, RefCell, RefMut};
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::Duration;

use crate::core::Request;
use crate::engine::Builder;
use crate::id::AgentId;
use crate::model::{AgentStatus, Call, CallState};
use crate::phone::Endpoint;
use crate::sim::carrier::{CarrierConfig, EndpointScript, Hearing};
use crate::sim::world::World;

/// How long a caller is patient with the program when a story says that something is heard.
const SOON: Duration = Duration::from_secs(60);

/// An application's call centre on the simulated carrier, in virtual time. All its agents are signed in.
///
/// ```
/// use std::time::Duration;
/// use switchboard::setup::queue;
/// use switchboard::sim::Sim;
/// use switchboard::{Agent, Flow, Queue, Switchboard};
///
/// let app = Switchboard::builder()
///     .queue(Queue::new("sales"))
///     .agent(Agent::new("ana").serves(["sales"]))
///     .number("+14155550100", Flow::say("Thanks for calling Acme.").then(queue("sales")));
///
/// let sim = Sim::start(&app);
/// let caller = sim.caller("+14155550123").dials("+14155550100");
/// caller.hears("Thanks for calling Acme");
/// sim.agent("ana").rings_within(Duration::from_secs(2)).answers();
/// caller.talks_for(Duration::from_secs(180)).hangs_up();
/// assert_eq!(sim.last_call().agent(), Some("ana"));
/// ```
#[derive(Clone, Debug)]
pub struct Sim(Rc<RefCell<World>>);

impl Sim {
    /// Starts the application that `builder` describes, with seed 1 and two nodes.
    ///
    /// # Panics
    /// If the configuration has mistakes: with all of them.
    #[must_use]
    pub fn start(builder: &Builder) -> Self {
        Self::start_with(builder, CarrierConfig { seed: 1, ..CarrierConfig::default() }, 2)
    }

    /// Starts it on a carrier of one's own making, on so many nodes.
    ///
    /// # Panics
    /// If the configuration has mistakes: with all of them.
    #[must_use]
    pub fn start_with(builder: &Builder, config: CarrierConfig, nodes: usize) -> Self {
        let world = World::new(builder, config, nodes).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let sim = Self(Rc::new(RefCell::new(world)));
        let names: Vec<String> = sim.world().switchboard().rules().agents.keys().map(ToString::to_string).collect();
        for name in names {
            sim.agent(&name).is_ready();
        }
        sim
    }

    /// The world underneath, to read.
    #[must_use]
    pub fn world(&self) -> Ref<'_, World> {
        self.0.borrow()
    }

    /// The world underneath, to change.
    #[must_use]
    pub fn world_mut(&self) -> RefMut<'_, World> {
        self.0.borrow_mut()
    }

    /// Somebody with this number.
    #[must_use]
    pub fn caller(&self, number: &str) -> Caller {
        Caller { sim: self.clone(), number: number.to_owned(), sid: String::new() }
    }

    /// An agent of the configuration.
    #[must_use]
    pub fn agent(&self, name: &str) -> Agent {
        Agent { sim: self.clone(), name: name.to_owned() }
    }

    /// How a telephone outside behaves when it is rung. Without a script it rings 2 s and is answered.
    pub fn phone(&self, number: &str, script: EndpointScript) {
        self.world().carrier(|carrier| carrier.script(number, script));
    }

    /// Asks the application's call centre for something.
    ///
    /// # Panics
    /// If it is refused.
    pub fn request(&self, request: Request) {
        for _ in 0..2 {
            // What an application does when the store fails: asking twice is asking once.
            match self.try_request(request.clone()) {
                Err(error) if error.is_retryable() => {}
                result => {
                    return result.unwrap_or_else(|error| self.fail(&format!("the request was refused: {error}")));
                }
            }
        }
        self.try_request(request).unwrap_or_else(|error| self.fail(&format!("the request failed: {error}")));
    }

    /// Asks for something that may be refused.
    ///
    /// # Errors
    /// The refusal.
    pub fn try_request(&self, request: Request) -> Result<(), crate::error::Error> {
        let (result, mut world) = {
            let world = self.world_mut();
            let board = world.switchboard();
            let asked = world.block_on(board.request(request));
            (asked, world)
        };
        world.settle();
        result
    }

    /// Lets time go by.
    pub fn waits(&self, time: Duration) {
        self.world_mut().run_for(time);
        self.check();
    }

    /// All calls, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        let world = self.world();
        let page = world.block_on(world.switchboard().calls(None, 256));
        let mut calls = page.map(|page| page.calls).unwrap_or_default();
        calls.reverse();
        calls
    }

    /// The call that began last.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn last_call(&self) -> Call {
        self.calls().pop().unwrap_or_else(|| self.fail("there is no call"))
    }

    /// Lets everything come to rest, and compares books with truth.
    ///
    /// # Panics
    /// If an invariant is broken, a caller was lost, or the carrier complained about our documents.
    pub fn rests(&self) {
        self.world_mut().run_for(Duration::from_secs(120));
        self.world_mut().audit_at_rest();
        self.check();
        let (lost, complaints) = self.world().carrier(|carrier| (carrier.lost(), carrier.notifications()));
        if !lost.is_empty() {
            self.fail(&format!("callers were lost: {lost:?}"));
        }
        if !complaints.is_empty() {
            self.fail(&format!("the carrier complained: {complaints:?}"));
        }
    }

    fn check(&self) {
        let violations: Vec<String> = self.world().violations().iter().map(ToString::to_string).collect();
        if !violations.is_empty() {
            self.fail(&format!("invariants are broken:\n  {}", violations.join("\n  ")));
        }
    }

    /// What happened so far, call by call, in words.
    #[must_use]
    pub fn story(&self) -> String {
        let mut story = String::new();
        for call in self.calls() {
            let _ = writeln!(story, "call {} ({:?}), agent {:?}", call.id, call.state, call.agent());
            for event in &call.events {
                let _ = writeln!(story, "  {} {:?}", event.at, event.kind);
            }
        }
        let world = self.world();
        for leg in world.carrier(|carrier| carrier.calls()) {
            let _ = writeln!(story, "leg {} {} -> {}: {:?}", leg.sid, leg.from, leg.to, leg.status);
            for heard in world.carrier(|carrier| carrier.heard(&leg.sid)) {
                let _ = writeln!(story, "  {} {:?}", heard.from, heard.what);
            }
        }
        let _ = writeln!(story, "it is {}", world.now());
        story
    }

    fn fail(&self, what: &str) -> ! {
        panic!("{what}\n\nwhat happened:\n{}", self.story())
    }

    fn until(&self, within: Duration, done: impl Fn(&World) -> bool) -> bool {
        let deadline = self.world().now() + within;
        let done = self.world_mut().run_until(deadline, done);
        self.check();
        done
    }
}

/// Somebody outside who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    sim: Sim,
    number: String,
    sid: String,
}

impl Caller {
    /// Dials one of our numbers.
    #[must_use]
    pub fn dials(mut self, to: &str) -> Self {
        self.sid = self.sim.world().carrier(|carrier| carrier.caller_dials(&self.number, to));
        self.sim.world_mut().settle();
        self
    }

    /// The carrier's id of the caller's leg.
    #[must_use]
    pub fn sid(&self) -> &str {
        &self.sid
    }

    /// Waits, at most a minute, until these words are heard.
    ///
    /// # Panics
    /// If they are not.
    pub fn hears(&self, words: &str) -> &Self {
        let sid = self.sid.clone();
        let heard = self.sim.until(SOON, |world| {
            let heard = world.carrier(|carrier| carrier.heard(&sid));
            heard.iter().any(|heard| matches!(&heard.what, Hearing::Say(said) if said.contains(words)))
        });
        if !heard {
            self.sim.fail(&format!("{} did not hear {words:?}", self.number));
        }
        self
    }

    /// Waits, at most a minute, until music is heard.
    ///
    /// # Panics
    /// If none is.
    pub fn hears_music(&self) -> &Self {
        let sid = self.sid.clone();
        let heard = self.sim.until(SOON, |world| {
            let now = world.carrier(|carrier| carrier.heard(&sid).pop());
            now.is_some_and(|heard| matches!(heard.what, Hearing::Music(_)))
        });
        if !heard {
            self.sim.fail(&format!("{} hears no music", self.number));
        }
        self
    }

    /// Presses keys.
    pub fn presses(&self, keys: &str) -> &Self {
        self.sim.world().carrier(|carrier| carrier.presses(&self.sid, keys));
        self.sim.world_mut().settle();
        self
    }

    /// Waits on the line.
    pub fn waits(&self, time: Duration) -> &Self {
        self.sim.waits(time);
        self
    }

    /// Hangs up.
    pub fn hangs_up(&self) -> &Self {
        self.sim.world().carrier(|carrier| carrier.hangs_up(&self.sid));
        self.sim.world_mut().settle();
        self.sim.check();
        self
    }

    /// Numbers and addresses of those who hear the caller now, by the carrier's truth.
    #[must_use]
    pub fn hears_people(&self) -> Vec<String> {
        others(&self.sim.world(), &self.sid)
    }

    /// Whether the caller and this agent hear each other now, by the carrier's truth.
    #[must_use]
    pub fn is_joined_with(&self, agent: &str) -> bool {
        let endpoint = self.sim.agent(agent).endpoint();
        self.hears_people().contains(&endpoint)
    }

    /// Talks with whoever is joined, for so long.
    ///
    /// # Panics
    /// If nobody is joined within 5 s, or the connection does not last.
    pub fn talks_for(&self, time: Duration) -> &Self {
        let sid = self.sid.clone();
        if !self.sim.until(Duration::from_secs(5), |world| !others(world, &sid).is_empty()) {
            self.sim.fail(&format!("{} talks to nobody", self.number));
        }
        self.sim.waits(time);
        if self.hears_people().is_empty() {
            self.sim.fail(&format!("{} was cut off", self.number));
        }
        self
    }

    /// Whether the caller is still on the line.
    #[must_use]
    pub fn is_on_the_line(&self) -> bool {
        self.sim.world().carrier(|carrier| carrier.call(&self.sid)).is_some_and(|leg| !leg.status.is_over())
    }
}

fn others(world: &World, sid: &str) -> Vec<String> {
    world.carrier(|carrier| {
        let joined = carrier.joined();
        let now = joined.iter().filter(|joined| joined.to.is_none());
        let others = now.filter_map(|joined| match (joined.a == sid, joined.b == sid) {
            (true, _) => Some(&joined.b),
            (_, true) => Some(&joined.a),
            _ => None,
        });
        others
            .filter_map(|other| carrier.call(other))
            .map(|leg| if leg.direction == crate::sim::carrier::Direction::Inbound { leg.from } else { leg.to })
            .collect()
    })
}

/// An agent.
#[derive(Clone, Debug)]
pub struct Agent {
    sim: Sim,
    name: String,
}

impl Agent {
    fn id(&self) -> AgentId {
        AgentId::new(self.name.clone()).unwrap_or_else(|error| self.sim.fail(&error.to_string()))
    }

    fn endpoint(&self) -> String {
        let rules = self.sim.world().switchboard();
        let spec = rules.rules().agents.get(&self.id());
        spec.map_or_else(|| format!("client:{}", self.name), |spec| spec.endpoint.to_string())
    }

    /// Wants calls.
    pub fn is_ready(&self) -> &Self {
        self.sim.request(Request::Ready(self.id()));
        self
    }

    /// Takes a break, after the call under way.
    pub fn takes_break(&self, reason: &str) -> &Self {
        self.sim.request(Request::Break(self.id(), reason.to_owned()));
        self
    }

    /// Is busy with something else.
    pub fn busy(&self) -> &Self {
        self.takes_break("busy")
    }

    /// Signs out, after the call under way.
    pub fn signs_out(&self) -> &Self {
        self.sim.request(Request::SignOut(self.id()));
        self
    }

    /// Finishes the wrap-up early.
    pub fn finishes_wrap_up(&self) -> &Self {
        self.sim.request(Request::FinishWrapUp(self.id()));
        self
    }

    /// What the agent is doing, by the books.
    #[must_use]
    pub fn status(&self) -> AgentStatus {
        let world = self.sim.world();
        let agent = world.block_on(world.switchboard().agent(&self.id()));
        agent.ok().flatten().map_or(AgentStatus::Offline, |agent| agent.status())
    }

    /// Whether the agent's telephone rings now.
    #[must_use]
    pub fn rings(&self) -> bool {
        let endpoint = self.endpoint();
        !self.sim.world().carrier(|carrier| carrier.ringing_at(&endpoint)).is_empty()
    }

    /// Waits until the agent's telephone rings.
    ///
    /// # Panics
    /// If it does not ring within this time.
    #[must_use]
    pub fn rings_within(&self, time: Duration) -> Ringing {
        let endpoint = self.endpoint();
        let rings = self.sim.until(time, |world| !world.carrier(|carrier| carrier.ringing_at(&endpoint)).is_empty());
        let sid = self.sim.world().carrier(|carrier| carrier.ringing_at(&endpoint)).into_iter().next();
        match sid.filter(|_| rings) {
            Some(sid) => Ringing { sim: self.sim.clone(), sid },
            None => self.sim.fail(&format!("{} does not ring within {time:?}", self.name)),
        }
    }

    /// Lets time go by in which the agent's telephone must not ring.
    ///
    /// # Panics
    /// If it does.
    pub fn does_not_ring_for(&self, time: Duration) -> &Self {
        let endpoint = self.endpoint();
        if self.sim.until(time, |world| !world.carrier(|carrier| carrier.ringing_at(&endpoint)).is_empty()) {
            self.sim.fail(&format!("{} rings", self.name));
        }
        self
    }
}

/// A telephone that rings, or has been answered.
#[derive(Clone, Debug)]
pub struct Ringing {
    sim: Sim,
    sid: String,
}

impl Ringing {
    /// The carrier's id of the leg.
    #[must_use]
    pub fn sid(&self) -> &str {
        &self.sid
    }

    /// Is answered.
    pub fn answers(&self) -> &Self {
        self.sim.world().carrier(|carrier| carrier.answers(&self.sid));
        self.sim.world_mut().settle();
        self.sim.check();
        self
    }

    /// Is declined.
    pub fn declines(&self) -> &Self {
        self.sim.world().carrier(|carrier| carrier.declines(&self.sid));
        self.sim.world_mut().settle();
        self.sim.check();
        self
    }

    /// Is not answered for so long.
    pub fn is_let_ring_for(&self, time: Duration) -> &Self {
        self.sim.waits(time);
        self
    }

    /// Presses keys.
    pub fn presses(&self, keys: &str) -> &Self {
        self.sim.world().carrier(|carrier| carrier.presses(&self.sid, keys));
        self.sim.world_mut().settle();
        self
    }

    /// Hangs up.
    pub fn hangs_up(&self) -> &Self {
        self.sim.world().carrier(|carrier| carrier.hangs_up(&self.sid));
        self.sim.world_mut().settle();
        self.sim.check();
        self
    }

    /// Whether it still rings.
    #[must_use]
    pub fn still_rings(&self) -> bool {
        let leg = self.sim.world().carrier(|carrier| carrier.call(&self.sid));
        leg.is_some_and(|leg| leg.status == crate::sim::carrier::CallStatus::Ringing)
    }

    /// Whether the leg is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.sim.world().carrier(|carrier| carrier.call(&self.sid)).is_none_or(|leg| leg.status.is_over())
    }

    /// Waits, at most a minute, until these words are heard.
    ///
    /// # Panics
    /// If they are not.
    pub fn hears(&self, words: &str) -> &Self {
        let caller = Caller { sim: self.sim.clone(), number: "the agent".to_owned(), sid: self.sid.clone() };
        caller.hears(words);
        self
    }
}

impl Sim {
    /// Calls that have not ended.
    #[must_use]
    pub fn live_calls(&self) -> usize {
        self.calls().iter().filter(|call| call.state != CallState::Ended).count()
    }

    /// Whether this address is rung or talks now.
    #[must_use]
    pub fn is_engaged(&self, endpoint: &Endpoint) -> bool {
        let legs = self.world().carrier(|carrier| carrier.calls());
        legs.iter().any(|leg| leg.to == endpoint.to_string() && !leg.status.is_over())
    }
}
