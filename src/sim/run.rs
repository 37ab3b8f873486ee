//! A plan is carried out: chaos, then healing, then rest; and judged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::{Builder, Switchboard};
use crate::model::Call;
use crate::setup::{Agent, Flow, Queue, queue};
use crate::sim::audit::Violation;
use crate::sim::carrier::{CarrierConfig, Direction, Faults, Loss, LostCall};
use crate::sim::fault::{Dice, FaultEvent, FaultKind, counts};
use crate::sim::fnv::fnv1a;
use crate::sim::node::Sabotage;
use crate::sim::people::People;
use crate::sim::plan::{Plan, Strength};
use crate::sim::store::Tamper;
use crate::sim::world::{Chaos, World};
use crate::time::Timestamp;

/// How long the last callers are served before the faults stop.
const AFTER_THE_LAST: Duration = Duration::from_secs(45);
/// How long everybody goes on after the faults have stopped.
const HEALING: Duration = Duration::from_secs(60);
/// How long the world has to come to rest once everybody has left.
const RESTING: Duration = Duration::from_secs(180);
/// How long a call may wait beside a free agent: a crash, its lease, and a little.
const PATIENCE: Duration = Duration::from_secs(12);
/// The same while most of what is tried fails: some leases one after another.
const PATIENCE_IN_CHAOS: Duration = Duration::from_secs(60);
/// How long before and after trouble a caller may be in silence because of it.
const AROUND: Duration = Duration::from_secs(12);

/// How long work is held by whoever has died with it.
const LEASE: Duration = Duration::from_secs(4);
/// A caller may be met with so much silence.
const SILENCE: Duration = Duration::from_secs(5);

/// How a plan went.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PlanReport {
    /// Calls: of callers who dialled, and those that the application was asked for.
    pub calls: usize,
    /// Callers who heard an agent, by the carrier's truth.
    pub joined: usize,
    /// Callers lost by I-29.
    pub lost: Vec<LostCall>,
    /// Callers who were in silence because nothing could be done: the store or all nodes were away, or the provider never said
    /// that the agent had left.
    pub silenced: usize,
    /// Invariants broken.
    pub violations: Vec<Violation>,
    /// Every fault, in order.
    pub faults: Vec<FaultEvent>,
    /// Situations that were reached, and how often.
    pub reached: BTreeMap<&'static str, u64>,
    /// Steps taken.
    pub steps: u64,
    /// Virtual time that went by.
    pub took: Duration,
    /// Where the books stood at the end: one word for all of it, equal for equal runs.
    pub fingerprint: u64,
    /// What happened to the calls of those who were lost or of whom something is wrong, in words.
    pub story: String,
}

impl PlanReport {
    /// Whether nobody was lost and nothing is broken.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.lost.is_empty() && self.violations.is_empty()
    }

    /// The first rule that was broken: `I-29` for a lost caller.
    #[must_use]
    pub fn broken(&self) -> Option<&str> {
        let lost = (!self.lost.is_empty()).then_some("I-29");
        self.violations.first().map(|violation| violation.rule.as_str()).or(lost)
    }

    /// How often each kind of fault happened.
    #[must_use]
    pub fn faults_by_kind(&self) -> BTreeMap<FaultKind, u64> {
        counts(&self.faults)
    }
}

/// A plan, on a call centre, with or without a bug that is planted.
#[derive(Clone)]
pub struct Planned {
    /// What is to happen.
    pub plan: Plan,
    /// A bug to be planted on the way to the store.
    pub tamper: Option<Tamper>,
    /// A bug to be planted at the seams of the nodes.
    pub sabotage: Option<Sabotage>,
}

impl std::fmt::Debug for Planned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Planned").field("plan", &self.plan).finish_non_exhaustive()
    }
}

impl From<Plan> for Planned {
    fn from(plan: Plan) -> Self {
        Self { plan, tamper: None, sabotage: None }
    }
}

impl Plan {
    /// The call centre of a plan: two queues, one of which rings two at once, waits of at most a minute, and as many agents as
    /// the plan has, of whom every other one serves both.
    pub fn centre(&self) -> Builder {
        let app = Switchboard::builder()
            .queue(Queue::new("sales").wrap_up(Duration::from_secs(5)).wait_max(Duration::from_secs(60)))
            .queue(
                Queue::new("support")
                    .needs("tech")
                    .ring_at_once(2)
                    .wrap_up(Duration::from_secs(3))
                    .waiting_max(4)
                    .overflow(queue("sales")),
            )
            .caller_id("+14155550100")
            .number(
                "+14155550100",
                Flow::say("Acme. Press 1 or 2.")
                    .key('1', queue("sales"))
                    .key('2', queue("support"))
                    .otherwise(queue("sales")),
            )
            .number("+14155550101", Flow::say("Gold.").then(queue("sales").with_priority(3)));
        (0..self.agents).fold(app, |app, at| {
            let agent = Agent::new(format!("agent{at:02}")).serves(["sales"]);
            app.agent(if at % 2 == 0 { agent.serves(["support"]).skill("tech") } else { agent })
        })
    }

    /// Carries it out on [`Plan::centre`].
    #[must_use]
    pub fn run(&self) -> PlanReport {
        Planned::from(self.clone()).run()
    }
}

impl Planned {
    /// Carries it out.
    ///
    /// # Panics
    /// If the configuration of [`Plan::centre`] has mistakes.
    #[must_use]
    pub fn run(&self) -> PlanReport {
        let plan = &self.plan;
        let list_lag = match plan.strength(FaultKind::ListLag) {
            Strength::Off => Duration::ZERO,
            Strength::Rare => Duration::from_secs(2),
            Strength::Heavy => Duration::from_secs(5),
        };
        let faults = Faults { list_lag, ..Faults::default() };
        let config = CarrierConfig { seed: plan.seed, faults, ..CarrierConfig::default() };
        let begin = config.start;
        let world = World::new(&plan.centre(), config, usize::from(plan.nodes));
        let mut world = world.unwrap_or_else(|mistakes| panic!("{mistakes}"));
        if let Some(tamper) = &self.tamper {
            world.store().plant(Arc::clone(tamper));
        }
        if let Some(sabotage) = self.sabotage {
            world.sabotage(sabotage);
        }
        world.set_chaos(Chaos { shuffle: true, ..Chaos::default() });
        let dice = Arc::new(Dice::new(plan, begin));
        // Holds from the beginning, and is counted once.
        dice.happens(FaultKind::ListLag);
        let (mut people, last) = People::new(plan, &mut world);
        let chaos_ends = last + AFTER_THE_LAST;
        world.set_dice(&dice, chaos_ends);
        world.set_patience(PATIENCE_IN_CHAOS);
        people.act_until(&mut world, chaos_ends);
        world.heals();
        // What fails last is taken up again when its lease ends.
        people.act_until(&mut world, chaos_ends + PATIENCE);
        world.set_patience(PATIENCE);
        people.act_until(&mut world, chaos_ends + HEALING);
        people.everybody_leaves(&mut world);
        let rests = world.now() + RESTING;
        people.act_until(&mut world, rests);
        world.audit_at_rest();
        report(&world, &people, &dice, begin)
    }
}

fn report(world: &World, people: &People, dice: &Dice, begin: Timestamp) -> PlanReport {
    let (legs, joined) = world.carrier(|carrier| (carrier.calls(), carrier.joined()));
    let callers: Vec<&str> =
        legs.iter().filter(|leg| leg.direction == Direction::Inbound).map(|leg| leg.sid.as_str()).collect();
    let heard: BTreeSet<&str> = joined.iter().flat_map(|joined| [joined.a.as_str(), joined.b.as_str()]).collect();
    let fingerprint = world.store().records().iter().fold(world.steps(), |hash, record| {
        fnv1a(&format!("{hash:x} {} {:?} {}", record.key, record.version, record.body.value()))
    });
    let (silenced, lost): (Vec<_>, Vec<_>) =
        world.carrier(|carrier| carrier.lost()).into_iter().partition(|lost| is_excused(world, dice, lost));
    let mut report = PlanReport {
        calls: callers.len() + people.asked_for,
        joined: callers.iter().filter(|sid| heard.contains(*sid)).count(),
        lost,
        silenced: silenced.len(),
        violations: world.violations().to_vec(),
        faults: dice.happened(),
        reached: world.reached(),
        steps: world.steps(),
        took: world.now().since(begin),
        fingerprint,
        story: String::new(),
    };
    if !report.is_good() {
        report.story = story(world, &report);
    }
    report
}

/// Whether nothing could have been done about it: nobody could be reached; the provider never said, or late, that the agent had
/// left; or what was done about one fault was hit by another.
fn is_excused(world: &World, dice: &Dice, lost: &LostCall) -> bool {
    let near = |from: Timestamp, to: Timestamp| from <= lost.at + AROUND && lost.at <= to + AROUND;
    if world.troubles().iter().any(|(from, to)| near(*from, *to)) {
        return true;
    }
    if lost.loss != Loss::Silence {
        return false;
    }
    let during = |event: &&FaultEvent| event.at + LEASE >= lost.at && event.at <= lost.at + SILENCE;
    if dice.happened().iter().filter(during).filter(|event| event.kind.costs_time()).count() > 1 {
        return true;
    }
    let unheard = world.unheard();
    world.carrier(|carrier| {
        let partners = carrier.joined().into_iter().filter(|joined| joined.to == Some(lost.at)).filter_map(|joined| {
            match (joined.a == lost.call, joined.b == lost.call) {
                (true, _) => Some(joined.b),
                (_, true) => Some(joined.a),
                _ => None,
            }
        });
        partners.into_iter().any(|partner| unheard.contains(&partner))
    })
}

/// The calls that something is said about, as they are in the books and as they were heard.
fn story(world: &World, report: &PlanReport) -> String {
    let mut story = String::new();
    let calls = world.store().records().into_iter().filter(|record| record.key.as_str().starts_with("call/"));
    let calls: Vec<Call> = calls.filter_map(|record| record.body.read::<Call>().ok()).collect();
    let is_lost = |call: &&Call| {
        let legs = call.legs.iter().filter_map(|leg| leg.sid.as_ref());
        let mut sids = legs.filter(|sid| report.lost.iter().any(|lost| lost.call == **sid));
        let id = call.id.to_string();
        sids.next().is_some() || report.violations.iter().any(|violation| violation.what.contains(&id))
    };
    for call in calls.iter().filter(is_lost).take(4) {
        let _ = writeln!(story, "call {} ({:?})", call.id, call.state);
        for event in &call.events {
            let _ = writeln!(story, "  {} {:?}", event.at, event.kind);
        }
        for leg in &call.legs {
            let sid = leg.sid.clone().unwrap_or_default();
            let truth = world.carrier(|carrier| carrier.call(&sid));
            let truth = truth.map(|leg| (leg.status, leg.end_cause, leg.ended_at.map(|at| at.to_string())));
            let _ = writeln!(story, "  leg {} {:?} {sid} {:?} in truth {truth:?}", leg.id, leg.role, leg.progress);
        }
        for heard in call
            .customer_leg()
            .and_then(|leg| leg.sid.as_ref())
            .into_iter()
            .flat_map(|sid| world.carrier(|carrier| carrier.heard(sid)))
        {
            let _ = writeln!(story, "  {} hears {:?}", heard.from, heard.what);
        }
    }
    story
}
