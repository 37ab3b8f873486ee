//! Floors with 200 agents.

use std::time::Duration;

use switchboard::engine::Builder;
use switchboard::routing::{Levels, Membership, Order};
use switchboard::setup::queue;
use switchboard::{Agent, Flow, Queue, Switchboard};

use crate::acme::secs;

pub(super) const AGENTS: usize = 200;
const QUEUES: usize = 20;
const SKILLS: usize = 50;

fn skill(at: usize) -> String {
    format!("skill-{:02}", at % SKILLS)
}

pub(super) fn queue_name(at: usize) -> String {
    format!("queue-{:02}", at % QUEUES)
}

/// Of three queues, one is aged, at 1 to 4 points a minute, one is strict, one takes the last first.
fn order(at: usize) -> Order {
    match at % 3 {
        0 => Order::Aged { points_per_minute: 1 + u32::try_from(at % 4).unwrap_or(0) },
        1 => Order::Strict,
        _ => Order::LastFirst,
    }
}

/// One agent in ten serves all queues and has every other skill at level 60; the others serve one to five, and have eight
/// skills at levels of their own.
fn agent(at: usize, place: &impl Fn(usize) -> Membership) -> Agent {
    let helps_everywhere = at.is_multiple_of(10);
    let (queues, skills): (Vec<usize>, Vec<usize>) = if helps_everywhere {
        ((0..QUEUES).collect(), (0..SKILLS).filter(|skill| (skill + at / 10).is_multiple_of(2)).collect())
    } else {
        ((0..=at % 5).map(|more| at + 3 * more).collect(), (0..8).map(|more| at * 7 + more * 3).collect())
    };
    let rank = i32::try_from(at % 7).unwrap_or(0);
    let agent = Agent::new(format!("agent-{at:03}")).rank(rank);
    let agent = queues.iter().fold(agent, |agent, queue| agent.serves_as(queue_name(*queue), place(at)));
    skills.iter().fold(agent, |agent, held| {
        let level = if helps_everywhere { 60 } else { u8::try_from(1 + (at * 31 + held * 17) % 100).unwrap_or(1) };
        agent.skill_at(skill(*held), level)
    })
}

/// Where an agent stands in each queue, unless a floor says otherwise: positions and penalties differ.
pub(super) fn usual_place(at: usize) -> Membership {
    let position = u32::try_from((at * 37) % AGENTS).unwrap_or(0);
    Membership { position, penalty: u32::try_from(at % 4).unwrap_or(0), ..Membership::default() }
}

/// The floor, with queues as `change` makes them and agents in these places. Between them, the numbers lead to all queues, with
/// and without points, and need all skills.
pub(super) fn floor_of(change: impl Fn(Queue) -> Queue, place: impl Fn(usize) -> Membership) -> Builder {
    let mut app = Switchboard::builder();
    for at in 0..QUEUES {
        let queue = Queue::new(queue_name(at)).order(order(at)).wrap_up(secs(5)).waiting_max(500);
        app = app.queue(change(queue));
    }
    for at in 0..AGENTS {
        app = app.agent(agent(at, &place));
    }
    for at in 0..QUEUES {
        let flow = Flow::say("Acme.")
            .key('1', queue(queue_name(at)))
            .key('2', queue(queue_name(at + 7)).needing_at(skill(at), Levels::at_least(30)).with_priority(2))
            .key('3', queue(queue_name(at + 13)).needing(skill(at + 20)).with_priority(4))
            .otherwise(queue(queue_name(at)).needing_at(skill(at + 30), Levels { least: 20, most: 80 }));
        app = app.number(format!("+141555501{at:02}"), flow);
    }
    app
}

/// The same, with agents in their usual places.
pub(super) fn floor(change: impl Fn(Queue) -> Queue) -> Builder {
    floor_of(change, usual_place)
}

/// One queue whose callers have no points, two or six, and agents who are all alike.
pub(super) fn with_points(agents: usize, order: Order) -> Builder {
    let sales = Queue::new("sales").order(order).wrap_up(secs(5)).waiting_max(5_000).wait_max(secs(3_600));
    let app = [0, 0, 2, 6].into_iter().zip(0..).fold(Switchboard::builder().queue(sales), |app, (points, nth)| {
        app.number(format!("+1415555010{nth}"), Flow::say("Acme.").then(queue("sales").with_priority(points)))
    });
    (0..agents).fold(app, |app, at| app.agent(Agent::new(format!("agent-{at:03}")).serves(["sales"])))
}

/// One queue, and agents who are all alike.
pub(super) fn equals(agents: usize) -> Builder {
    let app = Switchboard::builder()
        .queue(Queue::new("sales").wrap_up(secs(5)).waiting_max(1_000).wait_max(Duration::from_secs(3_600)))
        .number("+14155550100", Flow::say("Acme.").then(queue("sales")));
    (0..agents).fold(app, |app, at| app.agent(Agent::new(format!("agent-{at:03}")).serves(["sales"])))
}
