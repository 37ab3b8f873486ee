//! The call centre's records against each other and against the carrier's truth.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Simulator;
use crate::engine::Switchboard;
use crate::error::Error;
use crate::id::CallId;
use crate::model::{Agent, Call, CallState};
use crate::sim::carrier::{CallStatus, Direction};
use crate::store::PAGE_MAX;

/// A disagreement counts when it was seen so often in a row: records are read one after another while work goes on.
const LOOKS: u32 = 4;
/// Between two looks, in real time: longer than a command under way takes.
const BETWEEN: Duration = Duration::from_millis(250);

/// Everything that is wrong, in words; empty when nothing is:
///
/// - an agent is busy with a call that has no such offer, or an offer's agent is not busy with it;
/// - two live offers name the same agent;
/// - a call that has ended has a live offer, or a live leg at the carrier;
/// - a call that goes on has no live customer at the carrier;
/// - a live leg at the carrier, of a caller or placed by the application, belongs to no call.
///
/// # Errors
/// If the records cannot be read.
pub async fn audit(simulator: &Simulator, switchboard: &Switchboard) -> Result<Vec<String>, Error> {
    let mut standing = look(simulator, switchboard).await?;
    for _ in 1..LOOKS {
        if standing.is_empty() {
            break;
        }
        tokio::time::sleep(BETWEEN).await;
        let again = look(simulator, switchboard).await?;
        standing.retain(|wrong| again.contains(wrong));
    }
    Ok(standing.into_iter().collect())
}

async fn all_calls(switchboard: &Switchboard) -> Result<BTreeMap<CallId, Call>, Error> {
    let (mut calls, mut after) = (BTreeMap::new(), None);
    loop {
        let page = switchboard.calls(after, PAGE_MAX).await?;
        calls.extend(page.calls.into_iter().map(|call| (call.id, call)));
        after = page.next;
        if after.is_none() {
            return Ok(calls);
        }
    }
}

async fn look(simulator: &Simulator, switchboard: &Switchboard) -> Result<BTreeSet<String>, Error> {
    let agents = switchboard.agents().await?;
    let calls = all_calls(switchboard).await?;
    let live: BTreeMap<String, Direction> = simulator.with(|carrier| {
        // A caller's call exists for the application once its first webhook was answered: from then on it is answered.
        let known = |call: &crate::sim::carrier::CallView| match call.direction {
            Direction::Inbound => call.status == CallStatus::InProgress,
            Direction::OutboundApi => !call.status.is_over(),
            Direction::OutboundDial => false,
        };
        carrier.calls().into_iter().filter(known).map(|call| (call.sid, call.direction)).collect()
    });
    let mut wrong = BTreeSet::new();
    offers(&agents, &calls, &mut wrong);
    legs(&calls, &live, &mut wrong);
    Ok(wrong)
}

fn offers(agents: &[Agent], calls: &BTreeMap<CallId, Call>, wrong: &mut BTreeSet<String>) {
    for agent in agents {
        let Some(work) = &agent.work else { continue };
        let name = &agent.spec.id;
        let offer = calls.get(&work.call).and_then(|call| call.offer(work.offer));
        if offer.is_none_or(|offer| offer.agent != *name) {
            wrong
                .insert(format!("agent {name} is busy with offer {} of call {}, which is none", work.offer, work.call));
        }
    }
    let mut holders = BTreeMap::new();
    for (call, offer) in calls.values().flat_map(|call| call.offers.iter().map(move |offer| (call, offer))) {
        let agent = agents.iter().find(|agent| agent.spec.id == offer.agent);
        if !agent.is_some_and(|agent| agent.works_on(call.id, offer.number)) {
            wrong.insert(format!("offer {} of call {} is not what agent {} does", offer.number, call.id, offer.agent));
        }
        if let Some(other) = holders.insert(&offer.agent, call.id) {
            wrong.insert(format!("agent {} holds offers of the calls {other} and {}", offer.agent, call.id));
        }
        if call.state == CallState::Ended {
            wrong.insert(format!("call {} has ended and has a live offer", call.id));
        }
    }
}

fn legs(calls: &BTreeMap<CallId, Call>, live: &BTreeMap<String, Direction>, wrong: &mut BTreeSet<String>) {
    let mut owned = BTreeSet::new();
    for call in calls.values() {
        for sid in call.legs.iter().filter_map(|leg| leg.sid.as_deref()) {
            owned.insert(sid);
            if call.state == CallState::Ended && live.contains_key(sid) {
                wrong.insert(format!("call {} has ended and its leg {sid} lives", call.id));
            }
        }
        let customer = call.customer_leg().and_then(|leg| leg.sid.as_deref());
        let is_underway = !matches!(call.state, CallState::Ended | CallState::Placing) && !call.is_placeholder();
        if is_underway && customer.is_some_and(|sid| !live.contains_key(sid)) {
            wrong.insert(format!("call {} goes on without its customer", call.id));
        }
    }
    for sid in live.keys().filter(|sid| !owned.contains(sid.as_str())) {
        wrong.insert(format!("leg {sid} lives and belongs to no call"));
    }
}
