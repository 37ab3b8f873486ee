//! Callers leave a line before their wait is over, by the rules of its queue. What the rules go by is looked at when it changes and
//! when a time that they name has passed: there is no polling.

use std::collections::BTreeMap;

use crate::core::draft::Draft;
use crate::core::{Stop, Timer, announce, callback, queue};
use crate::id::{AgentId, CallId, QueueId};
use crate::model::{AgentStatus, Call, CallState, OverflowRule, OverflowWhen, Queue, QueueState};
use crate::store::{Cursor, Rearm};
use crate::time::Timestamp;

/// Callers led away in one step: a commit has a greatest size.
const LED_AWAY_MAX: usize = 8;
/// Callers ahead that are counted for one caller.
pub(crate) const AHEAD_MAX: u32 = 250;

/// How a line is for somebody who is about to join it.
pub(crate) struct Line {
    /// Customers who wait on the line.
    pub(crate) waiting: u32,
    /// Those of them, and the places kept for callbacks, that would be before the caller.
    pub(crate) before: u32,
    /// Whether the caller comes back to a place that was kept.
    pub(crate) is_resumed: bool,
}

/// Whether what a rule asks for is so, for somebody with so many ahead.
fn holds(draft: &Draft<'_>, queue: &Queue, state: &QueueState, when: &OverflowWhen, ahead: u32) -> bool {
    match when {
        OverflowWhen::Waited => true,
        OverflowWhen::AllIn { lasting, .. } => {
            // Of another configuration, other agents may serve the queue.
            let since = when.name().and_then(|name| state.since.get(&name));
            state.configuration == draft.rules.version && since.is_some_and(|since| *since + *lasting <= draft.now)
        }
        OverflowWhen::ExpectedWait(wait) => announce::estimate(queue, ahead).is_some_and(|expected| expected >= *wait),
        OverflowWhen::Position(position) => ahead.saturating_add(1) >= *position,
        OverflowWhen::Line { .. } => false,
    }
}

/// How many waiting customers make a difference to whoever joins; `u32::MAX`: their number does not.
pub(crate) fn counted(queue: &Queue) -> u32 {
    let from = queue.overflows.iter().filter_map(|rule| match rule.when {
        OverflowWhen::Line { from, .. } => Some(from),
        _ => None,
    });
    if queue.waiting_max < u32::MAX { queue.waiting_max } else { from.max().unwrap_or(u32::MAX) }
}

/// The first rule that applies to a caller who is about to join the line. Whoever comes back to a place finds the line as long as
/// it was.
pub(crate) fn on_joining<'a>(
    draft: &mut Draft<'a>,
    queue: &'a Queue,
    line: &Line,
) -> Result<Option<&'a OverflowRule>, Stop> {
    if queue.overflows.is_empty() {
        return Ok(None);
    }
    let mut state = draft.queue_state(&queue.id)?;
    let before = state.clone();
    let mut found = None;
    for rule in queue.overflows.iter().filter(|rule| rule.joining) {
        let is_of_agents = matches!(rule.when, OverflowWhen::AllIn { .. });
        if line.is_resumed && !is_of_agents {
            continue;
        }
        let applies = match &rule.when {
            OverflowWhen::Line { from, until } => {
                is_long(&mut state, &rule.when, line.waiting, *from, *until, draft.now)
            }
            when => holds(draft, queue, &state, when, line.before),
        };
        if applies {
            found = Some(rule);
            break;
        }
    }
    if state != before {
        draft.put_queue_state(&queue.id, state)?;
    }
    Ok(found)
}

/// Whether a line is long: from one length on, until it has come down to another.
fn is_long(state: &mut QueueState, when: &OverflowWhen, waiting: u32, from: u32, until: u32, now: Timestamp) -> bool {
    let Some(name) = when.name() else { return false };
    let was_long = state.since.contains_key(&name);
    let is_long = waiting >= from || was_long && waiting > until;
    match (was_long, is_long) {
        (false, true) => drop(state.since.insert(name, now)),
        (true, false) => drop(state.since.remove(&name)),
        _ => {}
    }
    is_long
}

/// The first rule that applies to a caller who waits. Whoever is about to be joined with an agent is led away by time alone.
fn on_waiting<'a>(
    draft: &Draft<'_>,
    queue: &'a Queue,
    state: &QueueState,
    call: &Call,
    ahead: u32,
) -> Option<&'a OverflowRule> {
    let waited = call.entered_at.map(|at| draft.now.since(at))?;
    let is_rung_for = !call.offers.is_empty();
    queue.overflows.iter().filter(|rule| rule.waiting && rule.after <= waited).find(|rule| {
        (!is_rung_for || rule.when == OverflowWhen::Waited) && holds(draft, queue, state, &rule.when, ahead)
    })
}

/// Whether some rule for those who wait goes by more than the time waited.
fn heeds_changes(queue: &Queue) -> bool {
    queue.overflows.iter().any(|rule| rule.waiting && rule.when != OverflowWhen::Waited)
}

/// A caller has joined the line: the rules are looked at when the first of them may apply.
pub(crate) fn begin(draft: &mut Draft<'_>, call: &Call, queue: &Queue) {
    let knows_agents = |rule: &OverflowRule| matches!(rule.when, OverflowWhen::AllIn { .. });
    if heeds_changes(queue) || queue.overflows.iter().any(knows_agents) {
        draft.arm(&Timer::Line(queue.id.clone()), draft.now, Rearm::Earliest);
    }
    arm_next(draft, call, queue);
}

fn arm_next(draft: &mut Draft<'_>, call: &Call, queue: &Queue) {
    let entered = call.entered_at.unwrap_or(draft.now);
    let times = queue.overflows.iter().filter(|rule| rule.waiting).map(|rule| entered + rule.after);
    if let Some(due) = times.filter(|at| *at > draft.now).min() {
        draft.arm(&Timer::Overflow(call.id), due, Rearm::Replace);
    }
}

/// What an agent does has changed: of all queues whose rules may tell the difference.
pub(crate) fn agent_changed(draft: &mut Draft<'_>, agent: &AgentId, was: AgentStatus, is: AgentStatus) {
    let rules = draft.rules;
    let minds = |rule: &OverflowRule| match &rule.when {
        OverflowWhen::AllIn { states, .. } => states.contains(&was) != states.contains(&is),
        _ => false,
    };
    for queue in rules.queues.values().filter(|queue| queue.overflows.iter().any(minds)) {
        let place = rules.roster.agents.get(agent).and_then(|member| member.queues.get(&queue.id));
        let rings = rules.roster.queues.get(&queue.id).map(|policy| &policy.rings);
        if place.is_some() || rings.is_some_and(|rings| rings.iter().any(|ring| ring.add.contains(agent))) {
            draft.arm(&Timer::Line(queue.id.clone()), draft.now, Rearm::Earliest);
        }
    }
}

/// Offers of a call have ended: rules that did not apply meanwhile may apply now.
pub(crate) fn line_moved(draft: &mut Draft<'_>, call: &Call) {
    let queue = call.queue.as_ref().and_then(|id| draft.rules.queues.get(id));
    if let Some(queue) = queue.filter(|queue| call.state == CallState::Waiting && heeds_changes(queue)) {
        draft.arm(&Timer::Line(queue.id.clone()), draft.now, Rearm::Earliest);
    }
}

fn can_leave(call: &Call) -> bool {
    call.state == CallState::Waiting && !call.is_placeholder()
}

fn lead_away(draft: &mut Draft<'_>, mut call: Call, from: &Queue, rule: &OverflowRule) -> Result<(), Stop> {
    queue::lead_away(draft, &mut call, |draft, call| queue::lead_to(draft, call, from, rule.when.cause(), &rule.to))?;
    draft.put_call(call)
}

/// A caller has waited for as long as some rule says.
pub(crate) fn due(draft: &mut Draft<'_>, call: CallId) -> Result<(), Stop> {
    let Some(call) = draft.call(call)?.filter(can_leave) else { return Ok(()) };
    let Some(queue) = call.queue.as_ref().and_then(|id| draft.rules.queues.get(id)) else { return Ok(()) };
    let state = draft.queue_state(&queue.id)?;
    let ahead = match queue.overflows.iter().any(|rule| goes_by_place(&rule.when)) {
        true => announce::ahead(draft, &queue.id, call.id)?.unwrap_or(AHEAD_MAX),
        false => 0,
    };
    if let Some(rule) = on_waiting(draft, queue, &state, &call, ahead) {
        return lead_away(draft, call, queue, rule);
    }
    arm_next(draft, &call, queue);
    Ok(())
}

fn goes_by_place(when: &OverflowWhen) -> bool {
    matches!(when, OverflowWhen::ExpectedWait(_) | OverflowWhen::Position(_))
}

/// Something has changed about the agents of a queue, or about its line.
pub(crate) fn seen(draft: &mut Draft<'_>, id: &QueueId, agents: &BTreeMap<AgentStatus, u32>) -> Result<(), Stop> {
    let Some(queue) = draft.rules.queues.get(id) else { return Ok(()) };
    let before = draft.queue_state(id)?;
    let mut state = note_agents(draft, queue, before.clone(), agents);
    state.configuration = draft.rules.version;
    if state != before {
        draft.put_queue_state(id, state.clone())?;
    }
    let lasting = |rule: &OverflowRule| match &rule.when {
        OverflowWhen::AllIn { lasting, .. } => Some(*state.since.get(&rule.when.name()?)? + *lasting),
        _ => None,
    };
    if let Some(due) = queue.overflows.iter().filter_map(lasting).filter(|at| *at > draft.now).min() {
        draft.arm(&Timer::Line(id.clone()), due, Rearm::Earliest);
    }
    let may_apply =
        |rule: &OverflowRule| rule.waiting && (goes_by_place(&rule.when) || holds(draft, queue, &state, &rule.when, 0));
    if queue.overflows.iter().any(|rule| rule.when != OverflowWhen::Waited && may_apply(rule)) {
        walk(draft, queue, &state)?;
    }
    Ok(())
}

/// Since when all agents of the queue have been in the states that its rules name.
fn note_agents(
    draft: &Draft<'_>,
    queue: &Queue,
    mut state: QueueState,
    agents: &BTreeMap<AgentStatus, u32>,
) -> QueueState {
    let names: Vec<String> = queue.overflows.iter().filter_map(|rule| rule.when.name()).collect();
    state.since.retain(|name, _| names.contains(name));
    for rule in &queue.overflows {
        let (OverflowWhen::AllIn { states, .. }, Some(name)) = (&rule.when, rule.when.name()) else { continue };
        if agents.iter().all(|(status, count)| *count == 0 || states.contains(status)) {
            state.since.entry(name).or_insert(draft.now);
        } else {
            state.since.remove(&name);
        }
    }
    state
}

/// Leads those away to whom some rule applies, a few at a time.
fn walk(draft: &mut Draft<'_>, queue: &Queue, state: &QueueState) -> Result<(), Stop> {
    let (mut ahead, mut after): (u32, Option<Cursor>) = (0, None);
    let mut leaving: Vec<(CallId, &OverflowRule)> = Vec::new();
    while leaving.len() < LED_AWAY_MAX {
        let page = draft.waiting(&queue.id, after.take())?;
        for record in &page.records {
            // One damaged record must not stop the line; whoever touches that call is told.
            let call = Some(record).filter(|record| !callback::is_held(record));
            let call = call.and_then(|record| Draft::parse::<Call>(record).ok()).filter(can_leave);
            let rule = call.and_then(|call| Some((call.id, on_waiting(draft, queue, state, &call, ahead)?)));
            leaving.extend(rule.filter(|_| leaving.len() < LED_AWAY_MAX));
            ahead = ahead.saturating_add(1);
        }
        after.clone_from(&page.next);
        if after.is_none() {
            break;
        }
    }
    if leaving.len() >= LED_AWAY_MAX {
        draft.arm(&Timer::Line(queue.id.clone()), draft.now, Rearm::Earliest);
    }
    for (id, rule) in leaving {
        // The page is a hint: it may have been led elsewhere meanwhile.
        let Some(call) = draft.call(id)?.filter(can_leave) else { continue };
        if call.queue.as_ref() == Some(&queue.id) && (call.offers.is_empty() || rule.when == OverflowWhen::Waited) {
            lead_away(draft, call, queue, rule)?;
        }
    }
    Ok(())
}
