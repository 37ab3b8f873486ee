//! What if: an afternoon is replayed with one agent more, and with a second team that helps out after 30 s; then the next hour is
//! looked at with three agents at lunch. `cargo run --example what_if`
//!
//! In an application the day comes from `Day::from_calls`, with the calls that the store keeps. Here it is drawn.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use switchboard::forecast::{
    Comparison, Day, Doing, Draws, Ending, Interval, Measures, Now, Presence, Ringing, Scenario, Visit, outlook,
    what_if,
};
use switchboard::id::{AgentId, CallId, NameError, QueueId};
use switchboard::routing::{Member, Membership, Policy, Ring, Roster};
use switchboard::time::Timestamp;

fn roster(agents: usize, helped_after: Option<Duration>) -> Result<Roster, NameError> {
    let (sales, support) = (QueueId::new("sales")?, QueueId::new("support")?);
    let mut roster = Roster::default();
    let mut team = BTreeSet::new();
    for number in 0..agents + 3 {
        let serves = if number < agents { &sales } else { &support };
        let queues = BTreeMap::from([(serves.clone(), Membership::default())]);
        let id = AgentId::new(format!("agent-{number}"))?;
        if number >= agents {
            team.insert(id.clone());
        }
        roster.agents.insert(id, Member { queues, capacity: 1, ..Member::default() });
    }
    let mut policy = Policy { inner_first: true, ..Policy::default() };
    if let Some(after) = helped_after {
        policy.rings.push(Ring { after, add: team, ..Ring::default() });
    }
    roster.queues.insert(sales, policy);
    roster.queues.insert(support, Policy::default());
    Ok(roster)
}

/// Four hours: a call to sales every 36 s or so, and some to support.
fn afternoon(began: Timestamp) -> Result<Day, NameError> {
    let mut draws = Draws::of(7, &[]);
    let mut visits = Vec::new();
    let mut at = began;
    for number in 0..480 {
        at = at + Duration::from_secs_f64(draws.exponential(30.0));
        let queue = QueueId::new(if draws.unit() < 0.8 { "sales" } else { "support" })?;
        let wait_s = draws.exponential(25.0);
        let ending = if wait_s > 20.0 && draws.unit() < 0.4 {
            Ending::Abandoned
        } else {
            let number = if queue.as_str() == "sales" { draws.below(6) } else { 6 + draws.below(3) };
            let handle = Duration::from_secs_f64(draws.lognormal(190.0, 0.8));
            Ending::Answered { agent: AgentId::new(format!("agent-{number}"))?, handle }
        };
        let call = CallId(uuid(number));
        let wait = Duration::from_secs_f64(wait_s);
        visits.push(Visit { call, queue, needs: BTreeMap::new(), points: 0, entered: at, wait, ending });
    }
    Ok(Day { visits, ..Day::default() })
}

fn uuid(number: u64) -> uuid::Uuid {
    uuid::Uuid::from_u64_pair(1, number)
}

fn scenario(roster: Roster, (from, until): (Timestamp, Timestamp)) -> Scenario {
    let there = |agent: &AgentId| Presence { agent: agent.clone(), from, until };
    let presences = roster.agents.keys().map(there).collect();
    let ringing = roster.queues.keys().map(|queue| (queue.clone(), Ringing::default())).collect();
    Scenario { presences, ringing, roster: Arc::new(roster) }
}

fn percent(of: &Interval) -> String {
    format!("{:6.1} % [{:6.1}, {:6.1}]", of.mean * 100.0, of.low * 100.0, of.high * 100.0)
}

fn tell(what: &str, comparison: &Comparison) {
    println!("{what}");
    let row = |name: &str, pick: fn(&Measures) -> Interval| {
        let (base, other, change) = (pick(&comparison.base), pick(&comparison.other), pick(&comparison.change));
        println!(
            "  {name:<15} {:6.1} % -> {:6.1} %   change {}",
            base.mean * 100.0,
            other.mean * 100.0,
            percent(&change)
        );
    };
    row("service level", |of| of.service_level);
    row("abandoned", |of| of.abandon_rate);
    row("occupancy", |of| of.occupancy);
}

fn main() -> Result<(), NameError> {
    let began = Timestamp::from_secs(1_767_268_800);
    let day = afternoon(began)?;
    let span = day.span();
    let as_it_was = scenario(roster(6, None)?, span);
    println!("each change with its 95 % confidence interval, over 30 paired replications");
    let mut more = roster(6, None)?;
    let queues = BTreeMap::from([(QueueId::new("sales")?, Membership::default())]);
    more.agents.insert(AgentId::new("new")?, Member { queues, capacity: 1, ..Member::default() });
    let one_more = scenario(more, span);
    tell("one more agent:", &what_if(&day, &as_it_was, &one_more, 30, 1));
    let helped = scenario(roster(6, Some(Duration::from_secs(30)))?, span);
    tell("support helps out after 30 s:", &what_if(&day, &as_it_was, &helped, 30, 1));

    let at = began + Duration::from_secs(2 * 3600);
    let agents = as_it_was.roster.agents.keys().map(|agent| (agent.clone(), Doing::Free)).collect();
    let now = Now { at, agents, ..Now::default() }.expecting_as_before(&day);
    let lunch = |agent: AgentId| Presence { agent, from: at, until: at + Duration::from_secs(3600) };
    let away: Vec<Presence> = as_it_was.roster.agents.keys().take(3).cloned().map(lunch).collect();
    let hour = Duration::from_secs(3600);
    tell("three go to lunch now:", &outlook(&now, &day, (&as_it_was, &as_it_was), &away, (hour, 30, 1)));
    Ok(())
}
