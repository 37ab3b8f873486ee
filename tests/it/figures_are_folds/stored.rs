//! Figures of what is stored, and of what is told meanwhile.

use switchboard::Queue;
use switchboard::core::RefusalKind;
use switchboard::error::Error;
use switchboard::model::{AgentStatus, Fact};
use switchboard::report::{Attribution, Figures, Interval};
use switchboard::sim::Sim;
use switchboard::sim::carrier::CarrierConfig;
use switchboard::time::Timestamp;

use super::{agent, queue};
use crate::acme::{CALLER, NUMBER, only_ana, secs};

/// One node, so that its feed tells everything.
fn one_node() -> Sim {
    Sim::start_with(&only_ana(Queue::new("sales").wrap_up(secs(5))), CarrierConfig::default(), 1)
}

fn a_call(sim: &Sim, talk: u64) {
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).answers();
    caller.talks_for(secs(talk));
    caller.hangs_up();
    sim.waits(secs(10));
}

fn read(sim: &Sim, interval: &Interval) -> Figures {
    let world = sim.world();
    let board = world.switchboard();
    world.block_on(board.figures(interval)).expect("figures")
}

fn from(at: Timestamp, to: Timestamp) -> Interval {
    Interval::new(at, to).expect("an interval")
}

#[test]
fn what_is_told_live_comes_to_what_is_stored() {
    let sim = one_node();
    let began = sim.world().now();
    (0..5).for_each(|_| a_call(&sim, 20));
    let half_way = read(&sim, &Interval::since(began));
    (0..5).for_each(|_| a_call(&sim, 30));
    let board = sim.world().switchboard();
    let (told, _) = board.feed().since(0);
    let mut live = Figures::new();
    told.iter().for_each(|entry| live.apply(&entry.fact));
    let stored = read(&sim, &Interval::since(began));
    assert_eq!(live, stored);
    // Half of it read, and then all that was told, some of it for the second time.
    let mut followed = half_way;
    told.iter().skip(20).for_each(|entry| followed.apply(&entry.fact));
    assert_eq!(followed, stored);
    assert_eq!(
        stored.queue(&queue("sales"), &Interval::since(began), Attribution::ByEntry, sim.world().now()).answered,
        10
    );
}

#[test]
fn an_agent_s_record_stays_small_and_nothing_is_lost() {
    let sim = one_node();
    let began = sim.world().now();
    (0..12).for_each(|_| a_call(&sim, 20));
    let board = sim.world().switchboard();
    let ana = sim.world().block_on(board.agent(&agent("ana"))).expect("the store").expect("ana");
    assert!(ana.history.len() <= 8 && ana.history_seq >= 12 * 4, "{} of {}", ana.history.len(), ana.history_seq);
    let figures = read(&sim, &Interval::since(began)).agent(&agent("ana"), &Interval::since(began), sim.world().now());
    assert_eq!((figures.answered, figures.handling.handled, figures.unknown_ms), (12, 12, 0));
    let spent = i64::try_from(sim.world().now().since(began).as_millis()).expect("a short time");
    assert_eq!(figures.logged_in_ms() + figures.offline_ms, spent);
}

#[test]
fn the_same_status_is_noted_once_and_another_reason_anew() {
    let sim = one_node();
    sim.agent("ana").is_ready().is_ready().takes_break("tea").takes_break("tea").takes_break("lunch").signs_out();
    sim.agent("ana").signs_out();
    let board = sim.world().switchboard();
    let (told, _) = board.feed().since(0);
    let told: Vec<_> = told
        .into_iter()
        .filter_map(|entry| match entry.fact {
            Fact::Agent { event, .. } => Some((event.seq, event.status, event.reason)),
            _ => None,
        })
        .collect();
    let expected = [
        (0, AgentStatus::Ready, None),
        (1, AgentStatus::Break, Some("tea".to_owned())),
        (2, AgentStatus::Break, Some("lunch".to_owned())),
        (3, AgentStatus::Offline, None),
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_an_agent_works_on_is_noted_with_its_queue() {
    let sim = one_node();
    a_call(&sim, 20);
    let call = sim.last_call().id;
    let board = sim.world().switchboard();
    let ana = sim.world().block_on(board.agent(&agent("ana"))).expect("the store").expect("ana");
    let noted: Vec<_> =
        ana.history.iter().map(|event| (event.status, event.call, event.queue.clone())).skip(1).collect();
    let work = |status| (status, Some(call), Some(queue("sales")));
    let free = (AgentStatus::Ready, None, None);
    assert_eq!(noted, [work(AgentStatus::Offered), work(AgentStatus::Talking), work(AgentStatus::WrapUp), free]);
}

/// Each interval, however short or long ago, comes to what the whole log says about it.
#[test]
fn every_interval_is_read_whole() {
    let sim = one_node();
    let began = sim.world().now();
    (0..6).for_each(|_| a_call(&sim, 40));
    let long = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).answers();
    long.talks_for(secs(400));
    let now = sim.world().now();
    let everything = read(&sim, &Interval::since(Timestamp::from_micros(0)));
    let (sales, ana) = (queue("sales"), agent("ana"));
    let mut at = began;
    while at < now {
        for width in [7, 55, 230] {
            let interval = from(at, at + secs(width));
            let part = read(&sim, &interval);
            for by in [Attribution::ByEntry, Attribution::ByOutcome] {
                assert_eq!(
                    part.queue(&sales, &interval, by, now),
                    everything.queue(&sales, &interval, by, now),
                    "{interval:?}"
                );
            }
            assert_eq!(part.agent(&ana, &interval, now), everything.agent(&ana, &interval, now), "{interval:?}");
        }
        at = at + secs(23);
    }
    long.hangs_up();
    sim.rests();
}

#[test]
fn the_cost_follows_the_interval() {
    let sim = one_node();
    (0..20).for_each(|_| a_call(&sim, 20));
    let lately = Interval::since(sim.world().now() - secs(60));
    let all = Interval::since(Timestamp::from_micros(0));
    assert_eq!(read(&sim, &all).calls(), 20);
    let few = read(&sim, &lately).calls();
    assert!((1..=3).contains(&few), "{few} calls were read for one minute");
}

#[test]
fn those_who_are_not_there_have_no_figures() {
    let sim = one_node();
    let board = sim.world().switchboard();
    let interval = Interval::since(sim.world().now());
    let refused = |error: Error| error.refusal() == Some(RefusalKind::NotFound);
    let of_queue = sim.world().block_on(board.queue_figures(&queue("nobody"), &interval, Attribution::ByEntry));
    assert!(refused(of_queue.expect_err("there is no such queue")));
    let of_staff = sim.world().block_on(board.staff_figures(&queue("nobody"), &interval));
    assert!(refused(of_staff.expect_err("there is no such queue")));
    let of_agent = sim.world().block_on(board.agent_figures(&agent("nobody"), &interval));
    assert!(refused(of_agent.expect_err("there is no such agent")));
    let staff = sim.world().block_on(board.staff_figures(&queue("sales"), &interval)).expect("figures");
    assert_eq!(staff.team.now.get(&AgentStatus::Ready), Some(&1));
    assert_eq!((staff.agents.len(), staff.fairness.agents), (1, 0));
}
