//! Whatever could never work is told when the call centre is built, by name, and what works is let through.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use switchboard::engine::Builder;
use switchboard::id::{AgentId, QueueId};
use switchboard::routing::{Levels, Membership, Needs, Order, OrderBy, Ring};
use switchboard::setup::{hang_up, queue};
use switchboard::telephony::FakeTelephony;
use switchboard::{Agent, Flow, Queue, Switchboard};

use crate::acme::{NUMBER, ana_and_ben, only_ana, secs};

/// What is wrong with it; nothing else is missing.
fn mistakes(app: Builder) -> Vec<String> {
    let app = app
        .public_base("https://calls.example.com")
        .account("AC0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef")
        .telephony(Arc::new(FakeTelephony::new()));
    app.build().map_or_else(|errors| errors.0, |_| Vec::new())
}

#[track_caller]
fn tells(app: Builder, words: &[&str]) {
    let told = mistakes(app);
    let is_there = |told: &&String| words.iter().all(|words| told.contains(words));
    assert_eq!(told.iter().filter(is_there).count(), 1, "{words:?} in {told:#?}");
    assert_eq!(told.len(), 1, "one mistake was made: {told:#?}");
}

#[track_caller]
fn is_well(app: Builder) {
    assert_eq!(mistakes(app), Vec::<String>::new());
}

fn sales() -> Queue {
    Queue::new("sales")
}

fn after(after: u64) -> Ring {
    Ring { after: secs(after), ..Ring::default() }
}

fn widens(seconds: u64) -> Ring {
    Ring { points: 1, ..after(seconds) }
}

#[test]
fn a_call_needs_what_nobody_has() {
    tells(only_ana(sales().needs("tech")), &["queue \"sales\"", "no agent who serves it", "tech"]);
    let skilled = |level| {
        only_ana(sales().needs_at("tech", Levels::at_least(50)))
            .agent(Agent::new("ben").serves(["sales"]).skill_at("tech", level))
    };
    tells(skilled(49), &["no agent who serves it", "tech"]);
    is_well(skilled(50));
    let number =
        |skill: &str| only_ana(sales()).number("+14155550101", Flow::say("Hello.").then(queue("sales").needing(skill)));
    tells(number("french"), &["number \"+14155550101\" leading to queue \"sales\"", "french"]);
    let told = mistakes(only_ana(sales().needs_at("tech", Levels { least: 9, most: 3 })));
    assert!(told.iter().any(|told| told.contains("levels 9 to 3, which nobody can have")), "{told:#?}");
}

/// Each step alone would let somebody in by skill, but never while the penalty allows it too.
#[test]
fn the_penalty_shuts_out_whoever_has_the_skill() {
    let app = |most| {
        Switchboard::builder()
            .queue(sales().needs("tech").ring(Ring { penalties: Some((0, most)), ..Ring::default() }))
            .agent(
                Agent::new("ana").serves_as("sales", Membership { penalty: 5, ..Membership::default() }).skill("tech"),
            )
            .agent(Agent::new("ben").serves(["sales"]))
            .number(NUMBER, Flow::say("Hello.").then(queue("sales")))
    };
    tells(app(4), &["no agent who serves it", "tech"]);
    is_well(app(5));
}

#[test]
fn a_name_leads_to_nothing() {
    let agent = |agent: Agent| only_ana(sales()).agent(agent);
    tells(agent(Agent::new("ben").serves(["salse"])), &["agent \"ben\"", "no queue \"salse\"", "mean \"sales\""]);
    tells(only_ana(sales().overflow(queue("support"))), &["overflow", "no queue \"support\""]);
    tells(only_ana(sales().strategy("longest_idel")), &["no strategy \"longest_idel\"", "mean \"longest_idle\""]);
    let kept = |name: &str| {
        only_ana(sales()).number("+14155550101", Flow::say("Hello.").then(queue("sales").kept_for(name, secs(20))))
    };
    tells(kept("anna"), &["no agent \"anna\"", "mean \"ana\""]);
    is_well(kept("ana"));
    let adds = |name: &str| {
        let add = BTreeSet::from([AgentId::new(name).expect("a name")]);
        only_ana(sales().ring(Ring { add, ..after(20) })).agent(Agent::new("ben"))
    };
    tells(adds("benn"), &["ring", "no agent \"benn\"", "mean \"ben\""]);
    is_well(adds("ben"));
}

#[test]
fn a_ring_speaks_of_a_skill_that_is_nobodys() {
    let drops = |skill: &str| {
        let drop = BTreeSet::from([skill.to_owned()]);
        only_ana(sales().needs("tech").ring(Ring { drop, ..after(20) }))
            .agent(Agent::new("ben").serves(["sales"]).skill("tech"))
    };
    tells(drops("tehc"), &["relaxes the skill \"tehc\""]);
    is_well(drops("tech"));
    let needs = |skill: &str, levels| {
        let need = Needs::from([(skill.to_owned(), levels)]);
        only_ana(sales().ring(Ring { need, ..after(20) })).agent(Agent::new("ben").serves(["sales"]).skill("tech"))
    };
    tells(needs("tehc", Levels::ANY), &["skill \"tehc\"", "mean \"tech\""]);
    tells(needs("tech", Levels { least: 3, most: 2 }), &["a ring needs skill \"tech\" at levels 3 to 2"]);
    is_well(needs("tech", Levels::ANY));
}

#[test]
fn the_attribute_is_misspelt() {
    let by = |name: &str| {
        let by = [OrderBy { attribute: name.to_owned(), descending: true }];
        only_ana(sales().order_by(by)).agent(Agent::new("ben").serves(["sales"]).attribute("skill", 3))
    };
    tells(by("skil"), &["no agent with the attribute \"skil\"", "mean \"skill\""]);
    is_well(by("skill"));
    tells(only_ana(sales().order_by([])), &["by no attribute"]);
}

#[test]
fn an_overflow_leads_back() {
    let app = |support: Queue| {
        ana_and_ben(sales().overflow(queue("support"))).queue(support).agent(Agent::new("cleo").serves(["support"]))
    };
    let told = mistakes(app(Queue::new("support").overflow(queue("sales"))));
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told.iter().all(|told| told.contains("leads back to itself")), "{told:#?}");
    tells(only_ana(sales().overflow(queue("sales"))), &["queue \"sales\"", "leads back to itself"]);
    is_well(app(Queue::new("support").overflow(hang_up("Sorry."))));
}

/// Nobody waits longer than `wait_max`, so that whatever comes at that time or after it never does.
#[test]
fn a_tier_a_ring_or_a_delay_comes_too_late() {
    let second_tier = |opens| {
        let place = Membership { tier: 1, ..Membership::default() };
        only_ana(sales().wait_max(secs(60)).tier_opens_after(1, secs(opens)))
            .agent(Agent::new("ben").serves_as("sales", place))
    };
    tells(second_tier(60), &["queue \"sales\"", "tier 1 opens after 60s", "longer than 60s"]);
    is_well(second_tier(59));
    tells(only_ana(sales().wait_max(secs(60)).ring(widens(60))), &["a ring applies after 60s"]);
    is_well(only_ana(sales().wait_max(secs(60)).ring(widens(59))));
    is_well(only_ana(sales().wait_max(secs(60)).ring(widens(90)).skip_unstaffed()));
    let late = |delay| {
        let place = Membership { delay: secs(delay), ..Membership::default() };
        only_ana(sales().wait_max(secs(60))).agent(Agent::new("ben").serves_as("sales", place))
    };
    tells(late(60), &["agent \"ben\"", "after 60s", "longer than 60s"]);
    is_well(late(59));
    tells(only_ana(sales().tier_opens_after(3, secs(10))), &["tier 3", "no agent is of that tier"]);
}

#[test]
fn a_ring_changes_nothing_or_allows_nobody() {
    tells(only_ana(sales().ring(after(20))), &["the ring after 20s changes nothing"]);
    let window = |least, most| only_ana(sales().ring(Ring { penalties: Some((least, most)), ..after(20) }));
    tells(window(1, 9), &["penalties 1 to 9", "no agent has one"]);
    is_well(window(0, 9));
    tells(only_ana(sales().ring_one_more_every(secs(10))), &["ring_one_more_every", "ring_at_once"]);
    is_well(only_ana(sales().ring_one_more_every(secs(10)).ring_at_once(3)));
    tells(only_ana(sales().service_level(1001, secs(20))), &["1001 of a thousand"]);
}

/// Computed by hand: 10 points between the callers of two numbers, 2 points a minute: five minutes.
#[test]
fn a_bound_is_asked_for_and_broken() {
    let app = |order, bound| {
        only_ana(sales().order(order).overtaken_by_at_most(bound))
            .number("+14155550101", Flow::say("Gold.").then(queue("sales").with_priority(10)))
    };
    let aged = Order::Aged { points_per_minute: 2 };
    tells(app(aged, secs(299)), &["queue \"sales\"", "300s later", "299s asked for"]);
    is_well(app(aged, secs(300)));
    tells(app(Order::Strict, Duration::MAX), &["overtaken for ever"]);
    is_well(only_ana(sales().order(Order::Strict).overtaken_by_at_most(Duration::ZERO)));
    tells(only_ana(sales().order(Order::LastFirst).overtaken_by_at_most(secs(3600))), &["overtaken for ever"]);
    tells(only_ana(sales().overtaken_by_at_most(secs(59)).ring(widens(30))), &["60s later"]);
}

/// What leads to the queue by overflow counts too: 4 points, one a minute.
#[test]
fn overflow_brings_points_into_the_bound() {
    let app = |bound| {
        ana_and_ben(sales().overtaken_by_at_most(bound))
            .queue(Queue::new("gold").overflow(queue("sales").with_priority(4)))
            .agent(Agent::new("cleo").serves(["gold"]))
    };
    tells(app(secs(239)), &["240s later"]);
    is_well(app(secs(240)));
}

#[test]
fn the_bound_can_be_read() {
    let sim = switchboard::sim::Sim::start(
        &only_ana(sales()).number("+14155550101", Flow::say("Gold.").then(queue("sales").with_priority(3))),
    );
    let world = sim.world();
    let bound = |name: &str| world.switchboard().rules().overtaken_by_at_most(&QueueId::new(name).expect("a name"));
    assert_eq!(BTreeMap::from([("sales", bound("sales"))]), BTreeMap::from([("sales", Some(secs(180)))]));
    assert_eq!(bound("support"), None);
}

/// What a preset cannot express is told, and never passed over.
mod in_a_preset {
    use switchboard::setup::preset::{Preset, asterisk, connect, genesys, taskrouter, vicidial};

    use super::*;

    fn with(preset: impl Into<Preset>) -> Builder {
        Switchboard::builder().preset(preset)
    }

    fn asterisk(queue: asterisk::Queue) -> Builder {
        let members = vec![asterisk::Member { name: "ana".to_owned(), penalty: 0 }];
        let queue = asterisk::Queue { name: "sales".to_owned(), members, ..queue };
        with(asterisk::Queues { queues: vec![queue], ..asterisk::Queues::default() })
    }

    #[test]
    fn asterisk_is_serial_or_raises_penalties() {
        tells(asterisk(asterisk::Queue { autofill: false, ..asterisk::Queue::default() }), &["autofill = no", "sales"]);
        let raise = Some(asterisk::Penalty::To(3));
        let rule = vec![asterisk::PenaltyChange { time: secs(30), raise, ..asterisk::PenaltyChange::default() }];
        tells(asterisk(asterisk::Queue { rule, ..asterisk::Queue::default() }), &["raised penalty", "sales"]);
        is_well(asterisk(asterisk::Queue::default()));
    }

    fn taskrouter(change: impl FnOnce(&mut taskrouter::Workspace)) -> Builder {
        let target = |timeout| taskrouter::Target {
            queue: "everybody".to_owned(),
            timeout,
            order_by: "level DESC".to_owned(),
            ..taskrouter::Target::default()
        };
        let mut space = taskrouter::Workspace {
            workers: vec![taskrouter::Worker {
                friendly_name: "ana".to_owned(),
                attributes: BTreeMap::from([("level".to_owned(), taskrouter::Value::Number(3))]),
            }],
            task_queues: vec![taskrouter::TaskQueue {
                friendly_name: "everybody".to_owned(),
                ..taskrouter::TaskQueue::default()
            }],
            workflow: taskrouter::Workflow {
                filters: vec![taskrouter::Filter {
                    friendly_name: "sales".to_owned(),
                    targets: vec![target(Some(20)), target(None)],
                }],
                ..taskrouter::Workflow::default()
            },
        };
        change(&mut space);
        with(space)
    }

    #[test]
    fn taskrouter_orders_one_filter_in_two_ways() {
        is_well(taskrouter(|_| {}));
        tells(taskrouter(|space| space.workflow.filters[0].targets[1].order_by.clear()), &["`order_by` that differs"]);
        tells(taskrouter(|space| space.task_queues[0].max_reserved_workers = 11), &["above 10"]);
    }

    /// There, a misspelt attribute or an empty pool is silence.
    #[test]
    fn taskrouter_matches_nobody() {
        let at_least = |name: &str| taskrouter::Expression::AtLeast(name.to_owned(), 3);
        is_well(taskrouter(|space| space.task_queues[0].target_workers = at_least("level")));
        let told = mistakes(taskrouter(|space| space.task_queues[0].target_workers = at_least("levle")));
        assert!(told.iter().any(|told| told.contains("no worker has the attribute \"levle\"")), "{told:#?}");
        let order = |by: &str| {
            let by = by.to_owned();
            taskrouter(move |space| {
                space.workflow.filters[0].targets.iter_mut().for_each(|one| one.order_by.clone_from(&by))
            })
        };
        tells(order("levle ASC"), &["mean \"level\"", "no agent with the attribute \"levle\""]);
        tells(order("level DOWN"), &["\"level DOWN\" is not a name with ASC or DESC"]);
        tells(taskrouter(|space| space.workflow.filters[0].targets[1].queue.clear()), &["no task queue \"\""]);
    }

    #[test]
    fn names_and_numbers_that_are_none() {
        let user =
            connect::User { name: "ana".to_owned(), routing_profile: "none".to_owned(), ..connect::User::default() };
        let instance = connect::Instance { users: vec![user], ..connect::Instance::default() };
        tells(with(instance), &["user \"ana\"", "no routing profile \"none\""]);
        let queue = genesys::Queue {
            name: "sales".to_owned(),
            members: vec![genesys::Member { user: "ana".to_owned(), ring: 1 }],
            ..genesys::Queue::default()
        };
        tells(with(genesys::Organization { queues: vec![queue], users: Vec::new() }), &["no user \"ana\""]);
        let group =
            vicidial::InGroup { group_id: "sales".to_owned(), queue_priority: 100, ..vicidial::InGroup::default() };
        let inbound = vicidial::Inbound { in_groups: vec![group], users: Vec::new() };
        tells(with(inbound), &["queue priority is 100", "-99 to 99"]);
        tells(with(Preset::default().with_queue("salse", |queue| queue)), &["no queue \"salse\""]);
    }
}
