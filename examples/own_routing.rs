//! A strategy of one's own: whoever speaks the caller's language best, among those who have talked least today.
//!
//! `cargo run --example own_routing --no-default-features`

use std::collections::BTreeMap;
use std::sync::Arc;

use switchboard::id::{AgentId, CallId, QueueId, TenantId};
use switchboard::routing::{
    Floor, Levels, Member, Membership, Needs, Policy, ReadyAgent, Roster, RoutingStrategy, Standing, Strategy, Waiting,
    WaitingCall,
};
use switchboard::time::Timestamp;

/// Hours talked, rounded down, then the levels of the skills needed, then the name.
#[derive(Debug)]
pub(crate) struct FreshVoices;

impl RoutingStrategy for FreshVoices {
    fn name(&self) -> &str {
        "fresh_voices"
    }

    fn rank(&self, call: WaitingCall<'_>, agents: &[ReadyAgent<'_>]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..agents.len()).collect();
        order.sort_by_cached_key(|&at| {
            let ReadyAgent { id, member, standing } = agents[at];
            let levels = call.needs.keys().filter_map(|skill| member.skills.get(skill)).map(|level| u32::from(*level));
            (standing.talk_ms / 3_600_000, std::cmp::Reverse(levels.sum::<u32>()), id)
        });
        order
    }
}

/// Who gets a French call: `(agent, level of French, minutes talked)`.
pub(crate) fn first_for_french(agents: &[(&str, u8, i64)]) -> Option<AgentId> {
    let support = QueueId::new("support").ok()?;
    let queues = BTreeMap::from([(support.clone(), Membership::default())]);
    let mut roster = Roster::default();
    let policy = Policy { strategy: Strategy::Own(Arc::new(FreshVoices)), ..Policy::default() };
    roster.queues.insert(support.clone(), policy);
    for (name, level, _) in agents {
        let skills = BTreeMap::from([("french".to_owned(), *level)]);
        let member = Member { skills, queues: queues.clone(), capacity: 1, ..Member::default() };
        roster.agents.insert(AgentId::new(*name).ok()?, member);
    }

    let now = Timestamp::from_secs(0);
    let mut floor = Floor::new(Arc::new(roster));
    for (name, _, minutes) in agents {
        let standing = Standing { staffed: true, free: 1, talk_ms: minutes * 60_000, ..Standing::default() };
        floor.set_agent(&AgentId::new(*name).ok()?, standing, now);
    }
    let waiting = Waiting {
        queue: support,
        needs: Needs::from([("french".to_owned(), Levels::ANY)]),
        points: 0,
        since: now,
        entered: now,
        wanted: 1,
        wanted_more_at: None,
        weight: 1,
        excluded: BTreeMap::new(),
        held_for: None,
        only: None,
        offers: 0,
        rung_tier: None,
    };
    floor.set_call(CallId::of_request(&TenantId::default(), "a call"), waiting, now);
    let pick = floor.next(now)?;
    floor.agents(&pick).next().cloned()
}

fn main() {
    let agents = [("ana", 5, 130), ("ben", 3, 20), ("cleo", 4, 40)];
    match first_for_french(&agents) {
        Some(agent) => println!("{agent} is offered the call"),
        None => println!("nobody is offered the call"),
    }
}
