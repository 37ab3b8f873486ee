//! A call begins, its legs ask and change, it ends.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::draft::Draft;
use crate::core::{Refusal, RefusalKind, Reply, Stop, Timer, callback, command, offer, queue};
use crate::id::{CallId, LegId};
use crate::model::{
    Call, CallState, Direction, EndReason, EventKind, Flow, Leg, LegProgress, LegRole, LegVerb, SAID_BYTES_MAX,
    SAID_MAX, SCHEMA, Said, Target, Told,
};
use crate::routing::Needs;
use crate::script::{Prompt, Script, Step};
use crate::store::Rearm;
use crate::telephony::{EndCause, LegState};
use crate::time::Timestamp;

/// How long the one-time URLs of a call are good: longer than Twilio lets any call last.
pub(crate) const URLS_GOOD_FOR: std::time::Duration = std::time::Duration::from_secs(48 * 3600);

/// What a leg asks with.
pub(crate) struct Asking<'a> {
    pub(crate) call: CallId,
    pub(crate) leg: LegId,
    pub(crate) hop: u32,
    pub(crate) sid: &'a str,
    pub(crate) digits: &'a str,
    pub(crate) over: bool,
}

pub(crate) fn new_call(
    draft: &Draft<'_>,
    id: CallId,
    direction: Direction,
    customer: &str,
    number: &str,
    seed: u128,
) -> Call {
    Call {
        schema: SCHEMA,
        id,
        tenant: draft.rules.tenant.clone(),
        direction,
        customer: customer.to_owned(),
        number: number.to_owned(),
        state: CallState::Placing,
        room: format!("sb-{id}-{seed:032x}"),
        room_number: 0,
        queue: None,
        visited: BTreeSet::new(),
        priority: 0,
        needs: Needs::new(),
        held_for: None,
        only: None,
        target: None,
        menu_heard: 0,
        started_at: draft.now,
        queued_at: None,
        entered_at: None,
        connected_at: None,
        ended_at: None,
        reason: None,
        agent: None,
        legs: Vec::new(),
        offers: Vec::new(),
        offer_seq: 0,
        offers_elsewhere: 0,
        excluded: BTreeMap::new(),
        declined: Vec::new(),
        room_sid: None,
        callback: None,
        told: Told::default(),
        resumed_by: None,
        events: Vec::new(),
        event_seq: 0,
    }
}

pub(crate) fn new_leg(call: &Call, role: LegRole, endpoint: String, now: Timestamp) -> Leg {
    Leg {
        id: LegId(call.legs.last().map_or(0, |last| last.id.0.saturating_add(1))),
        role,
        endpoint,
        offer: None,
        sid: None,
        progress: LegProgress::Planned,
        in_room: false,
        room_seq: None,
        sent_to_room: None,
        hop: 0,
        said: Vec::new(),
        then: None,
        ring_timeout: std::time::Duration::ZERO,
        commands: Vec::new(),
        command_seq: 0,
        heard_at: now,
    }
}

/// A customer calls. Repeated, it gets the answer it got before.
pub(crate) fn arrived(draft: &mut Draft<'_>, sid: &str, from: &str, to: &str, seed: u128) -> Result<Reply, Stop> {
    let id = CallId::of_leg(&draft.rules.tenant, &draft.rules.account, sid);
    if let Some(call) = draft.call(id)? {
        let again = call.leg(LegId(0)).filter(|leg| leg.is_live()).map(|leg| leg.hop);
        // Too late to be answered as it was, and yet alive: on to where the call has come.
        let again = again.map(|hop| document(&call, LegId(0), Script(vec![Step::AskAgain]), hop));
        return Ok(said(&call, LegId(0), 0).or(again).unwrap_or_else(inert));
    }
    let Some(flow) = draft.rules.numbers.get(to) else {
        return Ok(Reply::Unbound(Script(vec![Step::Reject])));
    };
    let mut call = new_call(draft, id, Direction::Inbound, from, to, seed);
    let mut leg = new_leg(&call, LegRole::Customer, from.to_owned(), draft.now);
    leg.sid = Some(sid.to_owned());
    leg.progress = LegProgress::Answered;
    call.legs.push(leg);
    call.note(draft.now, EventKind::Arrived);
    draft.arm(&Timer::Upkeep(id), draft.now + draft.rules.quiet_max, Rearm::Replace);
    let script = begin_flow(draft, &mut call, flow)?;
    answer(draft, call, LegId(0), 0, script)
}

pub(crate) fn begin_flow(draft: &mut Draft<'_>, call: &mut Call, flow: &Flow) -> Result<Script, Stop> {
    if flow.menu.is_some() {
        call.state = CallState::Menu;
        return Ok(menu_script(call, flow));
    }
    let script = enter(draft, call, &flow.then)?;
    if script.0.first() == Some(&Step::Reject) {
        // Refused before it is answered: what comes first would answer it.
        return Ok(script);
    }
    let mut steps: Vec<Step> = flow.greeting.iter().cloned().map(Step::Prompt).collect();
    steps.extend(script.0);
    Ok(Script(steps))
}

fn menu_script(call: &mut Call, flow: &Flow) -> Script {
    call.menu_heard += 1;
    let timeout = flow.menu.as_ref().map_or(std::time::Duration::from_secs(5), |menu| menu.timeout);
    Script(vec![Step::Menu { prompts: flow.greeting.clone(), timeout }, Step::AskAgain])
}

fn chosen(draft: &mut Draft<'_>, call: &mut Call, digits: &str) -> Result<Script, Stop> {
    let flow = draft.rules.numbers.get(&call.number);
    let Some((flow, menu)) = flow.and_then(|flow| Some((flow, flow.menu.as_ref()?))) else {
        // The menu was taken out of the configuration while the customer heard it.
        return enter(draft, call, &Target::HangUp("Sorry, this menu has changed. Please call again.".to_owned()));
    };
    let key: String = digits.chars().take(1).collect();
    call.note(draft.now, EventKind::Chose { key: key.clone() });
    let target = key.chars().next().and_then(|key| menu.keys.get(&key));
    match target {
        Some(target) => enter(draft, call, &target.clone()),
        None if call.menu_heard < menu.tries => Ok(menu_script(call, flow)),
        None => enter(draft, call, &menu.otherwise.clone()),
    }
}

/// Leads the customer to a target; the script is for the customer's leg.
pub(crate) fn enter(draft: &mut Draft<'_>, call: &mut Call, target: &Target) -> Result<Script, Stop> {
    match target {
        Target::Queue { queue, priority, needs, prefer } => {
            let asked = queue::Asked { priority: *priority, needs, prefer: prefer.as_ref() };
            queue::enter(draft, call, queue, &asked)
        }
        Target::HangUp(text) => {
            call.state = CallState::Closing;
            call.reason = Some(EndReason::Policy);
            Ok(Script::goodbye(text))
        }
        Target::Forward(number) => {
            call.state = CallState::Closing;
            call.reason = Some(EndReason::Forwarded);
            Ok(Script(vec![Step::Forward(number.clone()), Step::HangUp]))
        }
        Target::Callback { .. } => callback::begin(draft, call, target),
        Target::Refuse(text) => {
            call.state = CallState::Closing;
            call.reason = Some(EndReason::Policy);
            let is_answered =
                call.direction == Direction::Outbound || call.customer_leg().is_none_or(|leg| !leg.said.is_empty());
            Ok(if is_answered { Script::goodbye(text) } else { Script(vec![Step::Reject]) })
        }
    }
}

/// What the leg was told at `hop`, if it has asked there before.
fn said(call: &Call, leg: LegId, hop: u32) -> Option<Reply> {
    let leg = call.leg(leg)?;
    let said = leg.said.iter().find(|said| said.hop == hop)?;
    Some(document(call, leg.id, said.script.clone(), said.next))
}

fn document(call: &Call, leg: LegId, script: Script, hop: u32) -> Reply {
    let good_until = call.urls_from() + URLS_GOOD_FOR;
    Reply::Document { script, call: call.id, leg, hop, room: call.room.clone(), good_until }
}

/// Stores what the leg is told at `hop` and says it.
fn answer(draft: &mut Draft<'_>, mut call: Call, leg: LegId, hop: u32, script: Script) -> Result<Reply, Stop> {
    let mut next = hop.saturating_add(1);
    if let Some(leg) = call.leg_mut(leg) {
        leg.hop = leg.hop.max(next);
        next = leg.hop;
        let mut bytes = script_bytes(&script) + leg.said.iter().map(|said| script_bytes(&said.script)).sum::<usize>();
        while !leg.said.is_empty() && (leg.said.len() >= SAID_MAX || bytes > SAID_BYTES_MAX) {
            bytes -= script_bytes(&leg.said.remove(0).script);
        }
        leg.said.push(Said { hop, next, script: script.clone() });
        let room = script.0.iter().find_map(|step| if let Step::Room { room, .. } = step { Some(*room) } else { None });
        leg.sent_to_room = room.or(leg.sent_to_room);
    }
    let reply = document(&call, leg, script, next);
    draft.put_call(call)?;
    Ok(reply)
}

/// What a script takes of a record.
fn script_bytes(script: &Script) -> usize {
    serde_json::to_vec(script).map_or(0, |json| json.len())
}

/// The answer to somebody who has no place in any call.
fn inert() -> Reply {
    Reply::Unbound(Script(vec![Step::HangUp]))
}

/// The id of a leg is learnt from the first word about it; another id later is somebody else's.
pub(crate) fn bind(leg: &mut Leg, sid: &str) -> Result<(), Stop> {
    match &leg.sid {
        Some(known) if known != sid => Err(Refusal {
            kind: RefusalKind::Foreign,
            message: "this fact names another leg than the one it was asked about".to_owned(),
        }
        .into()),
        Some(_) => Ok(()),
        None => {
            leg.sid = Some(sid.to_owned());
            Ok(())
        }
    }
}

/// A leg asks what to do.
pub(crate) fn asked(draft: &mut Draft<'_>, ask: &Asking<'_>) -> Result<Reply, Stop> {
    let Some(mut call) = draft.call(ask.call)? else { return Ok(inert()) };
    let now = draft.now;
    let Some(leg) = call.leg_mut(ask.leg) else { return Ok(inert()) };
    bind(leg, ask.sid)?;
    if ask.over {
        return leg_ended(draft, call, ask.leg, EndCause::Completed).map(|()| inert());
    }
    if let Some(reply) = said(&call, ask.leg, ask.hop) {
        return Ok(reply);
    }
    let Some(leg) = call.leg_mut(ask.leg) else { return Ok(inert()) };
    if !leg.is_live() {
        return Ok(inert());
    }
    if ask.hop < leg.hop {
        // Superseded by a redirect of ours: whoever listens is sent on to where that leads. Nothing else changes.
        return answer(draft, call, ask.leg, ask.hop, Script(vec![Step::AskAgain]));
    }
    leg.heard_at = now;
    leg.in_room = false;
    if leg.progress < LegProgress::Answered {
        leg.progress = LegProgress::Answered;
        let leg = leg.id;
        call.note(now, EventKind::Leg { leg, state: "answered".to_owned() });
    }
    let Some(leg) = call.leg_mut(ask.leg) else { return Ok(inert()) };
    let (role, then) = (leg.role, leg.then.take());
    let script = match (then, role) {
        (Some(script), _) => script,
        (None, LegRole::Customer) => customer_asked(draft, &mut call, ask)?,
        (None, LegRole::Agent) => offer::agent_asked(draft, &mut call, ask.leg, ask.digits)?,
    };
    answer(draft, call, ask.leg, ask.hop, script)
}

fn customer_asked(draft: &mut Draft<'_>, call: &mut Call, ask: &Asking<'_>) -> Result<Script, Stop> {
    if let Some(script) = callback::customer_asked(draft, call, ask.leg, ask.digits)? {
        return Ok(script);
    }
    match call.state {
        CallState::Menu => chosen(draft, call, ask.digits),
        CallState::Placing => match call.target.clone() {
            Some(target) => {
                draft.disarm(&Timer::CustomerRing(call.id));
                enter(draft, call, &target)
            }
            None => Ok(Script(vec![Step::HangUp])),
        },
        // Click-to-call: the customer has answered and joins the agent. Or somebody else ended the conference: the
        // customer is still on the line, so they are not cut off.
        CallState::Waiting | CallState::Connecting => Ok(queue::enter_room(draft, call, ask.leg)),
        CallState::Talking => offer::audio_lost(draft, call, ask.leg),
        CallState::Closing | CallState::Ended => Ok(Script(vec![Step::HangUp])),
    }
}

/// The provider says how a leg is. Facts are joined on a lattice: late and repeated ones change nothing.
pub(crate) fn leg_changed(
    draft: &mut Draft<'_>,
    call: CallId,
    leg: LegId,
    sid: &str,
    state: LegState,
) -> Result<Reply, Stop> {
    let Some(mut call) = draft.call(call)? else { return Ok(Reply::None) };
    let now = draft.now;
    let Some(found) = call.leg_mut(leg) else { return Ok(Reply::None) };
    let was_bound = found.sid.is_some();
    bind(found, sid)?;
    let progress = match state {
        LegState::Ended(cause) => return leg_ended(draft, call, leg, cause).map(|()| Reply::None),
        LegState::Answered => LegProgress::Answered,
        LegState::Ringing => LegProgress::Ringing,
        LegState::Absent => return Ok(Reply::None),
    };
    if !found.is_live() {
        if !was_bound {
            // Given up as never placed, and yet it rings: nobody wants it any more.
            command::hang_up_zombie(draft, &mut call, leg);
            draft.put_call(call)?;
        }
        return Ok(Reply::None);
    }
    if found.progress >= progress && was_bound {
        return Ok(Reply::None);
    }
    found.heard_at = now;
    if found.progress < progress {
        found.progress = progress;
        let state = if progress == LegProgress::Answered { "answered" } else { "ringing" };
        call.note(now, EventKind::Leg { leg, state: state.to_owned() });
    }
    let dialled = call.leg(leg).is_some_and(|leg| !leg.commands.is_empty());
    if dialled {
        // A command of unknown outcome is answered by this fact.
        command::learnt(draft, &mut call, leg);
    }
    draft.put_call(call)?;
    Ok(Reply::None)
}

/// The leg that began a call is over; the call may be unknown.
pub(crate) fn line_ended(draft: &mut Draft<'_>, sid: &str, cause: EndCause) -> Result<Reply, Stop> {
    let id = CallId::of_leg(&draft.rules.tenant, &draft.rules.account, sid);
    match draft.call(id)? {
        Some(call) => leg_ended(draft, call, LegId(0), cause)?,
        None => remember_end(draft, id, sid, cause)?,
    }
    Ok(Reply::None)
}

/// The goodbye overtook the hello: a hello that comes yet finds the call over. No number: it is no part of the history.
fn remember_end(draft: &mut Draft<'_>, id: CallId, sid: &str, cause: EndCause) -> Result<(), Stop> {
    let mut call = new_call(draft, id, Direction::Inbound, "", "", 0);
    let mut leg = new_leg(&call, LegRole::Customer, String::new(), draft.now);
    leg.sid = Some(sid.to_owned());
    leg.progress = LegProgress::Ended(cause);
    call.legs.push(leg);
    end(draft, &mut call, EndReason::Abandoned)?;
    draft.put_call(call)
}

/// A leg is over: whoever talks to it is told what that means.
pub(crate) fn leg_ended(draft: &mut Draft<'_>, mut call: Call, leg: LegId, cause: EndCause) -> Result<(), Stop> {
    let now = draft.now;
    let Some(found) = call.leg_mut(leg) else { return Ok(()) };
    if !found.is_live() {
        return Ok(());
    }
    found.progress = LegProgress::Ended(cause);
    found.in_room = false;
    found.heard_at = now;
    found.commands.clear();
    let role = found.role;
    draft.disarm(&Timer::Command(call.id, leg));
    let state = format!("{cause:?}").to_lowercase();
    call.note(now, EventKind::Leg { leg, state });
    match role {
        LegRole::Customer if callback::leg_ended(draft, &mut call, leg, cause)? => {}
        LegRole::Customer => {
            let reason = customer_end_reason(&call, cause);
            end(draft, &mut call, reason)?;
        }
        LegRole::Agent => offer::agent_leg_ended(draft, &mut call, leg, cause)?,
    }
    draft.put_call(call)
}

fn customer_end_reason(call: &Call, cause: EndCause) -> EndReason {
    match (call.state, cause) {
        (CallState::Talking, _) => EndReason::CustomerHungUp,
        (CallState::Closing, _) => call.reason.unwrap_or(EndReason::Policy),
        (CallState::Placing | CallState::Connecting, EndCause::Busy) => EndReason::Busy,
        (CallState::Placing | CallState::Connecting, EndCause::NoAnswer) => EndReason::NoAnswer,
        (CallState::Placing | CallState::Connecting, EndCause::Failed) => EndReason::Failed,
        _ => EndReason::Abandoned,
    }
}

/// Ends the call: every live leg is hung up, every agent let go. Harmless when it has ended.
pub(crate) fn end(draft: &mut Draft<'_>, call: &mut Call, reason: EndReason) -> Result<(), Stop> {
    if call.state == CallState::Ended {
        return Ok(());
    }
    call.state = CallState::Ended;
    call.reason = Some(reason);
    call.ended_at = Some(draft.now);
    draft.disarm(&Timer::Wait(call.id));
    draft.disarm(&Timer::CustomerRing(call.id));
    draft.disarm(&Timer::Announce(call.id));
    draft.disarm(&Timer::Overflow(call.id));
    callback::keep_no_promise(draft, call)?;
    callback::line_moved(draft, call);
    offer::release_all(draft, call)?;
    let live: Vec<LegId> = call.legs.iter().filter(|leg| leg.is_live()).map(|leg| leg.id).collect();
    for leg in live {
        command::give(draft, call, leg, LegVerb::HangUp);
    }
    call.note(draft.now, EventKind::Ended { reason });
    Ok(())
}

/// What is said about a room.
pub(crate) struct RoomFact<'a> {
    pub(crate) room: u32,
    pub(crate) conference: Option<&'a str>,
    pub(crate) sid: &'a str,
    pub(crate) joined: bool,
    pub(crate) hung_up: bool,
    pub(crate) seq: u64,
}

/// Who came into the conference, or left it. What is said of a room that is not in use any more is late.
pub(crate) fn room_changed(draft: &mut Draft<'_>, call: CallId, fact: &RoomFact<'_>) -> Result<Reply, Stop> {
    let Some(mut call) = draft.call(call)? else { return Ok(Reply::None) };
    let (now, in_use) = (draft.now, call.room_number == fact.room);
    let Some(leg) = call.legs.iter_mut().find(|leg| leg.sid.as_deref() == Some(fact.sid)) else {
        return Ok(Reply::None);
    };
    if !leg.is_live() {
        return Ok(Reply::None);
    }
    let id = leg.id;
    if fact.hung_up && !fact.joined && !in_use {
        // Whichever room it was: a leg that has hung up is over.
        leg_ended(draft, call, id, EndCause::Completed)?;
        return Ok(Reply::None);
    }
    if !in_use || leg.room_seq.is_some_and(|last| last >= fact.seq) {
        return Ok(Reply::None);
    }
    leg.room_seq = Some(fact.seq);
    leg.heard_at = now;
    leg.in_room = fact.joined;
    // Whoever came or left was there: nobody is in a room without having answered.
    leg.progress = leg.progress.max(LegProgress::Answered);
    if !fact.joined && fact.hung_up {
        leg_ended(draft, call, id, EndCause::Completed)?;
        return Ok(Reply::None);
    }
    if fact.joined {
        call.room_sid = fact.conference.map(str::to_owned).or(call.room_sid);
        offer::joined(draft, &mut call)?;
    }
    draft.put_call(call)?;
    Ok(Reply::None)
}

/// The customer has been rung long enough. The provider's own limit should have spoken before.
pub(crate) fn customer_ring_timed_out(draft: &mut Draft<'_>, call: CallId) -> Result<(), Stop> {
    let Some(mut call) = draft.call(call)? else { return Ok(()) };
    let answered = call.customer_leg().is_some_and(|leg| leg.progress >= LegProgress::Answered);
    if answered || call.state == CallState::Ended {
        return Ok(());
    }
    if callback::ring_timed_out(draft, &mut call)? {
        return draft.put_call(call);
    }
    end(draft, &mut call, EndReason::NoAnswer)?;
    draft.put_call(call)
}

/// Words for a customer who cannot be served at all.
pub(crate) fn apology() -> Vec<Step> {
    let text = "We cannot take your call at the moment. Please call again later.";
    vec![Step::Prompt(Prompt::Say(text.to_owned())), Step::HangUp]
}
