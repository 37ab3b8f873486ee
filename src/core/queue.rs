//! The waiting line: entering, overflow, and the match pass.

use std::collections::BTreeSet;

use crate::core::draft::Draft;
use crate::core::{Stop, Timer, announce, call as calls, callback, command, offer};
use crate::id::{CallId, LegId, QueueId};
use crate::model::{
    Agent, Call, CallState, CallbackState, Considered, Decision, EndReason, EventKind, LegVerb, Queue, Target, Verdict,
};
use crate::routing::{ReadyAgent, WaitingCall};
use crate::script::{Prompt, Script, Step};
use crate::store::{Cursor, Rearm};
use crate::time::Timestamp;

/// Agents kept in a decision record.
const CONSIDERED_MAX: usize = 20;

/// The customer joins the waiting line of a queue, or goes where its overflow leads.
pub(crate) fn enter(
    draft: &mut Draft<'_>,
    call: &mut Call,
    id: &QueueId,
    priority: i32,
    skills: &BTreeSet<String>,
) -> Result<Script, Stop> {
    let Some(queue) = draft.rules.queues.get(id) else {
        return Ok(no_such_queue(call));
    };
    call.visited.insert(id.clone());
    if draft.queue_state(id)?.closed {
        return overflow(draft, call, queue, "closed");
    }
    // Whoever has a place already has it although others find the queue full.
    let resumed = callback::resume(draft, call, queue)?;
    let (ahead, kept) = count_waiting(draft, id, queue.waiting_max)?;
    if resumed.is_none() && ahead >= queue.waiting_max {
        return overflow(draft, call, queue, "full");
    }
    let is_too_long = |most| announce::estimate(queue, ahead + kept).is_some_and(|wait| wait > most);
    if resumed.is_none() && queue.expected_wait_max.is_some_and(is_too_long) {
        return overflow(draft, call, queue, "too_long");
    }
    wait_in(draft, call, queue, priority, skills, ahead);
    let room = room_script(draft, call);
    let Some(priority) = resumed else { return Ok(room) };
    call.priority = call.priority.max(priority);
    let mut steps = vec![Step::Prompt(Prompt::Say("Welcome back. Your place in the line was kept.".to_owned()))];
    steps.extend(room.0);
    Ok(Script(steps))
}

/// The queue was taken out of the configuration while calls still led there, or waited there.
fn no_such_queue(call: &mut Call) -> Script {
    call.state = CallState::Closing;
    call.reason = Some(EndReason::Policy);
    Script(calls::apology())
}

fn wait_in(
    draft: &mut Draft<'_>,
    call: &mut Call,
    queue: &Queue,
    priority: i32,
    skills: &BTreeSet<String>,
    ahead: u32,
) {
    call.state = CallState::Waiting;
    stand_in(call, queue, priority, skills, draft.now);
    call.note(draft.now, EventKind::Queued { queue: queue.id.clone(), ahead });
    draft.arm_match(&queue.id, draft.now);
    draft.arm(&Timer::Wait(call.id), draft.now + queue.wait_max, Rearm::Replace);
    announce::begin(draft, call, queue);
}

/// The place of a call in the line of a queue.
pub(crate) fn stand_in(call: &mut Call, queue: &Queue, priority: i32, skills: &BTreeSet<String>, since: Timestamp) {
    call.queue = Some(queue.id.clone());
    call.visited.insert(queue.id.clone());
    call.priority = queue.priority.saturating_add(priority);
    call.skills = queue.skills.union(skills).cloned().collect();
    // The first moment counts: a place is kept through overflow and through lost agents.
    call.queued_at.get_or_insert(since);
}

/// Customers who wait on the line, and places that are kept for callbacks, which take no room in it.
pub(crate) fn count_waiting(draft: &Draft<'_>, queue: &QueueId, enough: u32) -> Result<(u32, u32), Stop> {
    let (mut live, mut kept, mut after): (u32, u32, Option<Cursor>) = (0, 0, None);
    loop {
        let page = draft.waiting(queue, after.clone())?;
        for record in &page.records {
            let count = if callback::is_held(record) { &mut kept } else { &mut live };
            *count += 1;
        }
        after.clone_from(&page.next);
        if live >= enough || after.is_none() {
            return Ok((live, kept));
        }
    }
}

/// The customer goes where the queue's overflow leads; a second visit to a queue ends in an apology.
fn overflow(draft: &mut Draft<'_>, call: &mut Call, queue: &Queue, why: &str) -> Result<Script, Stop> {
    call.note(draft.now, EventKind::Overflowed { queue: queue.id.clone(), why: why.to_owned() });
    match &queue.overflow {
        Target::Queue { queue: next, .. } if call.visited.contains(next) => {
            call.state = CallState::Closing;
            call.reason = Some(EndReason::Policy);
            Ok(Script(calls::apology()))
        }
        target => calls::enter(draft, call, target),
    }
}

/// Into the call's room in use, with the music of its queue.
pub(crate) fn room_script(draft: &Draft<'_>, call: &Call) -> Script {
    let queue = call.queue.as_ref().and_then(|id| draft.rules.queues.get(id));
    let music_url = queue.and_then(|queue| queue.music_url.clone());
    Script(vec![Step::Room { room: call.room_number, music_url }])
}

/// The script that leads a leg into the room. A leg that comes out of the room in use finds it ended, or would find it
/// silent: then a new one is taken, and whoever is left in the old one follows.
pub(crate) fn enter_room(draft: &mut Draft<'_>, call: &mut Call, id: LegId) -> Script {
    let was = call.leg(id).and_then(|leg| leg.sent_to_room);
    if was == Some(call.room_number) {
        new_room(call);
        let others: Vec<LegId> = call
            .legs
            .iter()
            .filter(|leg| leg.id != id && leg.is_live() && leg.sent_to_room == was)
            .map(|leg| leg.id)
            .collect();
        for other in others {
            let script = room_script(draft, call);
            redirect(draft, call, other, script);
        }
    }
    room_script(draft, call)
}

/// A new room for the call: the one in use has been left, or is about to be.
pub(crate) fn new_room(call: &mut Call) {
    call.room_number += 1;
    call.room_sid = None;
    for leg in &mut call.legs {
        leg.in_room = false;
        leg.room_seq = None;
    }
}

/// The customer has waited as long as the queue allows. Ringing offers are taken back.
pub(crate) fn wait_timed_out(draft: &mut Draft<'_>, call: CallId) -> Result<(), Stop> {
    let Some(mut call) = draft.call(call)? else { return Ok(()) };
    let queue = call.queue.as_ref().and_then(|id| draft.rules.queues.get(id));
    if call.state != CallState::Waiting {
        return Ok(());
    }
    if call.is_placeholder() {
        callback::due(draft, &mut call)?;
        return draft.put_call(call);
    }
    // Whoever was being asked about a callback is led elsewhere.
    call.callback = call.callback.filter(|callback| callback.state != CallbackState::Asking);
    offer::release_all(draft, &mut call)?;
    let music = room_script(draft, &call);
    let mut script = match queue {
        Some(queue) => overflow(draft, &mut call, queue, "timed_out")?,
        None => no_such_queue(&mut call),
    };
    if call.state == CallState::Waiting && script != music {
        // Another queue, with music of its own.
        new_room(&mut call);
        script = room_script(draft, &call);
    }
    if script != music {
        let leg = call.customer_leg().map(|leg| leg.id);
        leg.into_iter().for_each(|leg| redirect(draft, &mut call, leg, script.clone()));
    }
    draft.put_call(call)
}

/// Takes a leg out of what it does, to hear `script`. The hop moves on, so that the interrupted document's own request is
/// superseded.
pub(crate) fn redirect(draft: &mut Draft<'_>, call: &mut Call, id: LegId, script: Script) {
    let Some(leg) = call.leg_mut(id) else { return };
    leg.then = Some(script);
    leg.hop = leg.hop.saturating_add(1);
    command::give(draft, call, id, LegVerb::Redirect);
}

/// The customer goes back into the waiting line, at the old place.
pub(crate) fn wait_again(draft: &mut Draft<'_>, call: &mut Call) {
    call.state = CallState::Waiting;
    let mut due = draft.now;
    if let Some(queue) = call.queue.as_ref().and_then(|id| draft.rules.queues.get(id)) {
        draft.arm_match(&queue.id, draft.now);
        // Somebody who was called back has waited for that, not on the line.
        let since = call.queued_at.filter(|_| call.callback.is_none()).unwrap_or(draft.now);
        announce::begin(draft, call, queue);
        // Whoever was as good as served gets one more ring before the limit applies.
        due = (since + queue.wait_max).max(draft.now + queue.ring_timeout);
    }
    draft.arm(&Timer::Wait(call.id), due, Rearm::Replace);
}

/// The same for a customer who is in a room that an agent may have been in: it would be silent now.
pub(crate) fn wait_again_with_music(draft: &mut Draft<'_>, call: &mut Call) {
    wait_again(draft, call);
    let Some(customer) = call.customer_leg().filter(|leg| leg.sent_to_room.is_some()).map(|leg| leg.id) else { return };
    new_room(call);
    let script = room_script(draft, call);
    redirect(draft, call, customer, script);
}

/// Looks at the waiting line: the first call that somebody can take is offered. One offer a pass; the next pass follows.
pub(crate) fn matched(draft: &mut Draft<'_>, id: &QueueId) -> Result<(), Stop> {
    let Some(queue) = draft.rules.queues.get(id) else { return Ok(()) };
    if callback::turn_is_near(draft, queue)? {
        draft.arm_match(id, draft.now);
        return Ok(());
    }
    let mut after = None;
    loop {
        let page = draft.waiting(id, after.clone())?;
        for record in &page.records {
            // One damaged record must not stop the line; whoever touches that call is told.
            let Ok(waiting) = Draft::parse::<Call>(record) else { continue };
            if !waiting.is_offerable() {
                continue;
            }
            let wanted = queue.ring_at_once.saturating_sub(u32::try_from(waiting.offers.len()).unwrap_or(u32::MAX));
            if wanted == 0 {
                continue;
            }
            let (ready, nobody_at_all) = eligible(draft, queue, &waiting)?;
            if nobody_at_all {
                return Ok(());
            }
            if ready.is_empty() {
                continue;
            }
            if offer_to(draft, queue, waiting, &ready, wanted)? {
                draft.arm_match(id, draft.now);
                return Ok(());
            }
        }
        after.clone_from(&page.next);
        if after.is_none() {
            return Ok(());
        }
    }
}

type Looked = (Agent, Option<Verdict>);

/// Agents who are ready, each with what keeps them from this call; and whether nobody is ready at all.
fn eligible(draft: &mut Draft<'_>, queue: &Queue, call: &Call) -> Result<(Vec<Looked>, bool), Stop> {
    let (mut looked, mut fits, mut seen): (Vec<Looked>, bool, bool) = (Vec::new(), false, false);
    let mut after = None;
    loop {
        let page = draft.ready(&queue.id, after.clone())?;
        for record in &page.records {
            let Ok(mut agent) = Draft::parse::<Agent>(record) else { continue };
            // The configuration may have changed since the agent signed in.
            let spec = draft.rules.agents.get(&agent.spec.id).filter(|spec| spec.queues.contains(&queue.id));
            let Some(spec) = spec else { continue };
            agent.spec = spec.clone();
            seen = true;
            let verdict = refusal(call, &agent, draft.now);
            if let Some(until) = call.excluded.get(&agent.spec.id).copied().flatten().filter(|until| *until > draft.now)
            {
                draft.arm_match(&queue.id, until);
            }
            fits |= verdict.is_none();
            looked.push((agent, verdict));
        }
        after.clone_from(&page.next);
        // One page with somebody in it is enough to choose from: pages are ordered by idleness.
        if after.is_none() || fits {
            break;
        }
    }
    if !fits {
        looked.clear();
    }
    Ok((looked, !seen))
}

fn refusal(call: &Call, agent: &Agent, now: Timestamp) -> Option<Verdict> {
    if let Some(skill) = call.skills.iter().find(|skill| !agent.spec.skills.contains(*skill)) {
        return Some(Verdict::LacksSkill(skill.clone()));
    }
    match call.excluded.get(&agent.spec.id) {
        Some(None) => Some(Verdict::Excluded),
        Some(Some(until)) if *until > now => Some(Verdict::Excluded),
        _ => None,
    }
}

fn offer_to(draft: &mut Draft<'_>, queue: &Queue, call: Call, looked: &[Looked], wanted: u32) -> Result<bool, Stop> {
    let Some(strategy) = draft.rules.strategies.get(&queue.strategy) else { return Ok(false) };
    let fitting: Vec<&Agent> = looked.iter().filter(|(_, verdict)| verdict.is_none()).map(|(agent, _)| agent).collect();
    let candidates: Vec<ReadyAgent<'_>> = fitting
        .iter()
        .map(|agent| ReadyAgent {
            id: &agent.spec.id,
            skills: &agent.spec.skills,
            idle_since: agent.idle_since,
            answered: agent.answered,
        })
        .collect();
    let waiting = WaitingCall {
        skills: &call.skills,
        priority: call.priority,
        queued_at: call.line_time().unwrap_or(call.started_at),
    };
    let mut chosen: Vec<Agent> = Vec::new();
    for at in strategy.rank(waiting, &candidates) {
        let Some(agent) = fitting.get(at) else { continue };
        if chosen.len() < wanted as usize && !chosen.iter().any(|other| other.spec.id == agent.spec.id) {
            chosen.push((*agent).clone());
        }
    }
    if chosen.is_empty() {
        return Ok(false);
    }
    let decision = decision(draft, strategy.name(), looked, &chosen);
    let mut call = call;
    // Read through the draft, so that the event count before this decision is known.
    if let Some(fresh) = draft.call(call.id)? {
        call = fresh;
    }
    for agent in chosen {
        offer::make(draft, &mut call, queue.ring_timeout, agent, decision.clone())?;
    }
    draft.put_call(call)?;
    Ok(true)
}

fn decision(draft: &Draft<'_>, strategy: &str, looked: &[Looked], chosen: &[Agent]) -> Decision {
    let mut considered: Vec<Considered> = looked
        .iter()
        .map(|(agent, verdict)| {
            let is_chosen = chosen.iter().any(|other| other.spec.id == agent.spec.id);
            let fallback = if is_chosen { Verdict::Chosen } else { Verdict::Outranked };
            Considered {
                agent: agent.spec.id.clone(),
                idle_since: agent.idle_since,
                verdict: verdict.clone().unwrap_or(fallback),
            }
        })
        .collect();
    considered.sort_by_key(|one| one.verdict != Verdict::Chosen);
    considered.truncate(CONSIDERED_MAX.max(chosen.len()));
    Decision { strategy: strategy.to_owned(), configuration: draft.rules.version, considered }
}
