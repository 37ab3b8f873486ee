//! A call centre taken over from each of six systems, on the carrier: caller and agent are joined as that system would have it.

use std::collections::{BTreeMap, BTreeSet};

use switchboard::setup::preset::{Preset, asterisk, connect, freeswitch, genesys, taskrouter, vicidial};
use switchboard::setup::queue;
use switchboard::sim::Sim;
use switchboard::{Flow, Switchboard};

use crate::acme::{CALLER, NUMBER, secs};

const SECOND: &str = "+14155550101";

/// Callers of the first number go to one queue, those of the second to another.
fn starts(preset: impl Into<Preset>, first: &str, second: &str) -> Sim {
    let app = Switchboard::builder()
        .preset(preset)
        .number(NUMBER, Flow::say("Hello.").then(queue(first)))
        .number(SECOND, Flow::say("Hello.").then(queue(second)));
    Sim::start(&app)
}

/// The first target's only worker is away; the second target's is asked when the first one's time is over.
#[test]
fn taskrouter_goes_on_to_the_next_target() {
    let has = |skill: &str| taskrouter::Expression::Has("skills".to_owned(), skill.to_owned());
    let worker = |name: &str, skill: &str| taskrouter::Worker {
        friendly_name: name.to_owned(),
        attributes: BTreeMap::from([(
            "skills".to_owned(),
            taskrouter::Value::List(BTreeSet::from([skill.to_owned()])),
        )]),
    };
    let pool = |name: &str| taskrouter::TaskQueue {
        friendly_name: name.to_owned(),
        target_workers: has(name),
        ..taskrouter::TaskQueue::default()
    };
    let targets = vec![
        taskrouter::Target { queue: "sales".to_owned(), timeout: Some(20), ..taskrouter::Target::default() },
        taskrouter::Target { queue: "support".to_owned(), ..taskrouter::Target::default() },
    ];
    let filters = vec![taskrouter::Filter { friendly_name: "calls".to_owned(), targets }];
    let space = taskrouter::Workspace {
        workers: vec![worker("ana", "sales"), worker("ben", "support")],
        task_queues: vec![pool("sales"), pool("support")],
        workflow: taskrouter::Workflow { filters, ..taskrouter::Workflow::default() },
    };
    let sim = starts(space, "calls", "calls");
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears_music();
    sim.agent("ben").does_not_ring_for(secs(15));
    sim.agent("ben").rings_within(secs(10)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ben"));
    caller.hangs_up();
    sim.rests();
}

/// Who called first waits in the queue that the agent's profile serves second.
#[test]
fn connect_serves_the_first_queue_of_the_profile() {
    let named = |name: &str| connect::Queue { name: name.to_owned(), ..connect::Queue::default() };
    let served = |queue: &str, priority| connect::RoutingProfileQueue {
        queue: queue.to_owned(),
        priority,
        ..connect::RoutingProfileQueue::default()
    };
    let profile = connect::RoutingProfile {
        name: "sales first".to_owned(),
        queues: vec![served("sales", 1), served("support", 2)],
    };
    let user =
        connect::User { name: "ana".to_owned(), routing_profile: "sales first".to_owned(), ..connect::User::default() };
    let instance = connect::Instance {
        queues: vec![named("sales"), named("support")],
        routing_profiles: vec![profile],
        users: vec![user],
    };
    let preset = ["sales", "support"]
        .into_iter()
        .fold(Preset::from(instance), |preset, name| preset.with_queue(name, |queue| queue.wrap_up(secs(0))));
    let sim = starts(preset, "sales", "support");
    sim.agent("ana").busy();
    let support = sim.caller("+14155550121").dials(SECOND);
    support.hears_music();
    sim.waits(secs(60));
    let sales = sim.caller("+14155550122").dials(NUMBER);
    sales.hears_music();
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(5)).answers();
    sales.talks_for(secs(5));
    assert!(sales.is_joined_with("ana") && !support.is_joined_with("ana"));
    sales.hangs_up();
    sim.agent("ana").rings_within(secs(5)).answers();
    support.talks_for(secs(5));
    assert!(support.is_joined_with("ana"));
    support.hangs_up();
    sim.rests();
}

/// The inner ring does not take it; after its time the skill is no longer needed, and the outer ring is asked.
#[test]
fn genesys_opens_the_second_ring() {
    let user = |name: &str, skills: &[&str]| genesys::User {
        name: name.to_owned(),
        skills: skills.iter().map(|skill| ((*skill).to_owned(), 3)).collect(),
    };
    let ring = |wait, skills: &[&str]| genesys::BullseyeRing {
        wait: secs(wait),
        skills_to_remove: skills.iter().map(|skill| (*skill).to_owned()).collect(),
    };
    let member = |user: &str, ring| genesys::Member { user: user.to_owned(), ring };
    let sales = genesys::Queue {
        name: "sales".to_owned(),
        skills: BTreeSet::from(["french".to_owned()]),
        bullseye_rings: vec![ring(30, &["french"]), ring(30, &[])],
        members: vec![member("ana", 1), member("ben", 2)],
        ..genesys::Queue::default()
    };
    let org = genesys::Organization { queues: vec![sales], users: vec![user("ana", &["french"]), user("ben", &[])] };
    let sim = starts(org, "sales", "sales");
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(5));
    ana.is_let_ring_for(secs(12));
    assert!(ana.is_over(), "rings longer than 8 s");
    sim.agent("ben").does_not_ring_for(secs(5));
    sim.agent("ben").rings_within(secs(20)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ben"));
    caller.hangs_up();
    sim.rests();
}

/// A base score of two minutes lets the second caller overtake, and the level-2 agent is not asked before the time.
#[test]
fn freeswitch_goes_by_score_and_level() {
    let sales = freeswitch::Queue {
        name: "sales".to_owned(),
        tier_rules_apply: true,
        tier_rule_wait_second: secs(20),
        tier_rule_wait_multiply_level: true,
        tier_rule_no_agent_no_wait: false,
        ..freeswitch::Queue::default()
    };
    let tier = |agent: &str, level| freeswitch::Tier {
        agent: agent.to_owned(),
        queue: "sales".to_owned(),
        level,
        ..freeswitch::Tier::default()
    };
    let conf = freeswitch::Callcenter { queues: vec![sales], tiers: vec![tier("ana", 0), tier("ben", 2)] };
    let app = Switchboard::builder()
        .preset(conf)
        .number(NUMBER, Flow::say("Hello.").then(queue("sales")))
        .number(SECOND, Flow::say("Hello.").then(queue("sales").with_priority(120)));
    let sim = Sim::start(&app);
    sim.agent("ana").busy();
    let first = sim.caller("+14155550121").dials(NUMBER);
    first.hears_music();
    sim.waits(secs(5));
    let second = sim.caller("+14155550122").dials(SECOND);
    second.hears_music();
    sim.agent("ben").does_not_ring_for(secs(10));
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(5)).answers();
    second.talks_for(secs(1));
    assert!(second.is_joined_with("ana") && !first.is_joined_with("ana"));
    sim.agent("ben").rings_within(secs(40)).answers();
    first.talks_for(secs(5));
    assert!(first.is_joined_with("ben"));
    first.hangs_up();
    second.hangs_up();
    sim.rests();
}

/// The shared member goes to the heavier queue, though the caller of the lighter one has waited longer.
#[test]
fn asterisk_gives_the_shared_member_to_the_heavier_queue() {
    let named = |name: &str, weight| asterisk::Queue {
        name: name.to_owned(),
        weight,
        members: vec![asterisk::Member { name: "ana".to_owned(), ..asterisk::Member::default() }],
        ..asterisk::Queue::default()
    };
    let conf = asterisk::Queues { queues: vec![named("gold", 5), named("standard", 1)], ..asterisk::Queues::default() };
    let sim = starts(conf, "standard", "gold");
    sim.agent("ana").busy();
    let standard = sim.caller("+14155550121").dials(NUMBER);
    standard.hears_music();
    sim.waits(secs(100));
    let gold = sim.caller("+14155550122").dials(SECOND);
    gold.hears_music();
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(5)).answers();
    gold.talks_for(secs(5));
    assert!(gold.is_joined_with("ana") && !standard.is_joined_with("ana"));
    gold.hangs_up();
    sim.agent("ana").rings_within(secs(5)).answers();
    standard.talks_for(secs(5));
    assert!(standard.is_joined_with("ana"));
    standard.hangs_up();
    sim.rests();
}

/// The highest rank is asked first, and the next one when that does not answer.
#[test]
fn vicidial_asks_by_rank_in_the_in_group() {
    let user = |name: &str, rank| vicidial::User {
        user: name.to_owned(),
        in_groups: vec![vicidial::InGroupUser { group_id: "sales".to_owned(), rank, grade: 1 }],
        ..vicidial::User::default()
    };
    let sales = vicidial::InGroup {
        group_id: "sales".to_owned(),
        next_agent_call: vicidial::NextAgentCall::InboundGroupRank,
        ..vicidial::InGroup::default()
    };
    let inbound =
        vicidial::Inbound { in_groups: vec![sales], users: vec![user("ana", -3), user("ben", 7), user("cleo", 0)] };
    let sim = starts(inbound, "sales", "sales");
    let caller = sim.caller(CALLER).dials(NUMBER);
    let ben = sim.agent("ben").rings_within(secs(5));
    assert!(!sim.agent("ana").rings() && !sim.agent("cleo").rings());
    ben.is_let_ring_for(secs(22));
    sim.agent("cleo").rings_within(secs(5)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("cleo"));
    caller.hangs_up();
    sim.rests();
}
