//! A call meets an agent: offer, accept, refuse, take back. Every step names the offer's number, so that a late answer or
//! timer of an earlier offer changes nothing.

use std::time::Duration;

use crate::core::draft::Draft;
use crate::core::{Stop, Timer, agent as agents, call as calls, callback, command, overflow, queue};
use crate::id::{AgentId, CallId, LegId};
use crate::model::{
    Agent, Call, CallState, DETAILED_OFFERS_MAX, Decision, EndReason, EventKind, Intent, LegProgress, LegRole, LegVerb,
    Offer, OfferState, Work, WorkState,
};
use crate::script::{Prompt, Script, Step};
use crate::store::Rearm;
use crate::telephony::EndCause;

/// How long an agent who must confirm may take to press the key, prompt included.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(15);

/// What an agent hears who comes too late.
const TAKEN: &str = "This call has already been taken.";

/// Offers the call to the agent: reserves the agent, plans the leg, sets the deadline.
pub(crate) fn make(
    draft: &mut Draft<'_>,
    call: &mut Call,
    ring_timeout: Duration,
    mut agent: Agent,
    mut decision: Decision,
) -> Result<(), Stop> {
    let number = call.offer_seq;
    call.offer_seq += 1;
    let mut leg = calls::new_leg(call, LegRole::Agent, agent.spec.endpoint.to_string(), draft.now);
    leg.offer = Some(number);
    leg.ring_timeout = ring_timeout;
    let id = leg.id;
    call.add_leg(leg);
    let until = draft.now + ring_timeout;
    let name = agent.spec.id.clone();
    let place = call.queue.as_ref().and_then(|queue| agent.spec.queues.get(queue)).filter(|place| place.enabled);
    let tier = place.map_or(0, |place| place.tier);
    if number >= DETAILED_OFFERS_MAX {
        decision.considered.retain(|one| one.agent == name);
    }
    call.offers.push(Offer {
        number,
        agent: name.clone(),
        leg: id,
        state: OfferState::Offered,
        until,
        made_at: draft.now,
        tier,
    });
    call.note(draft.now, EventKind::Offered { offer: number, agent: name, decision });
    agent.work = Some(Work { call: call.id, offer: number, state: WorkState::Offered, queue: call.queue.clone() });
    agent.last_offered = Some(draft.now);
    agent.last_queue = call.queue.clone().or(agent.last_queue);
    let policy = call.queue.as_ref().and_then(|queue| draft.rules.roster.queues.get_key_value(queue));
    if let Some((queue, _)) = policy.filter(|(_, policy)| policy.strategy.remembers_the_last()) {
        agent.offered_in.insert(queue.clone(), draft.now);
    }
    draft.put_agent(agent)?;
    draft.arm(&Timer::Ring(call.id, number), until, Rearm::Replace);
    if call.is_placeholder() {
        // It had no leg that could have gone quiet.
        draft.arm(&Timer::Upkeep(call.id), draft.now + draft.rules.quiet_max, Rearm::Earliest);
    }
    command::give(draft, call, id, LegVerb::Dial);
    Ok(())
}

/// An agent's leg asks what to do: it was answered, a key was pressed, or it was taken out of the conference.
pub(crate) fn agent_asked(draft: &mut Draft<'_>, call: &mut Call, leg: LegId, digits: &str) -> Result<Script, Stop> {
    let Some(offer) = call.offers.iter().find(|offer| offer.leg == leg).cloned() else {
        return Ok(Script::goodbye(TAKEN));
    };
    if offer.state != OfferState::Offered {
        return Ok(queue::enter_room(draft, call, leg));
    }
    let confirm = draft.agent(&offer.agent)?.is_some_and(|agent| agent.spec.confirm);
    if confirm && digits != "1" {
        let first = call.leg(leg).is_some_and(|leg| leg.said.is_empty());
        if !first {
            end_offer(draft, call, offer.number, "declined")?;
            return Ok(Script(vec![Step::HangUp]));
        }
        draft.arm(&Timer::Ring(call.id, offer.number), draft.now + CONFIRM_TIMEOUT, Rearm::Replace);
        let queue = call.queue.as_ref().map_or_else(String::new, |queue| format!(" for {queue}"));
        let what = if call.is_placeholder() { "callback" } else { "call" };
        let prompts = vec![Prompt::Say(format!("A {what}{queue}. Press 1 to accept."))];
        return Ok(Script(vec![Step::Menu { prompts, timeout: Duration::from_secs(8) }, Step::AskAgain]));
    }
    accept(draft, call, offer.number)
}

/// The agent takes the call. The first to accept wins; the others are taken back and stop ringing.
fn accept(draft: &mut Draft<'_>, call: &mut Call, number: u32) -> Result<Script, Stop> {
    let agent_first = call.state == CallState::Placing && call.queue.is_none() && call.target.is_none();
    if call.state != CallState::Waiting && !agent_first {
        return Ok(Script::goodbye(TAKEN));
    }
    let others: Vec<u32> = call.offers.iter().map(|offer| offer.number).filter(|other| *other != number).collect();
    for other in others {
        end_offer(draft, call, other, "taken")?;
    }
    let (now, until) = (draft.now, draft.now + draft.rules.claim_timeout);
    let Some(offer) = call.offers.iter_mut().find(|offer| offer.number == number) else {
        return Ok(Script(vec![Step::HangUp]));
    };
    offer.state = OfferState::Accepted;
    offer.until = until;
    let name = offer.agent.clone();
    if let Some(mut agent) = draft.agent(&name)? {
        agent.missed = 0;
        agent.work = Some(Work { call: call.id, offer: number, state: WorkState::Accepted, queue: call.queue.clone() });
        draft.put_agent(agent)?;
    }
    call.state = CallState::Connecting;
    call.note(now, EventKind::Accepted { offer: number, agent: name });
    draft.disarm(&Timer::Ring(call.id, number));
    draft.disarm(&Timer::Wait(call.id));
    draft.disarm(&Timer::Announce(call.id));
    draft.disarm(&Timer::Overflow(call.id));
    draft.arm(&Timer::Claim(call.id, number), until, Rearm::Replace);
    callback::line_moved(draft, call);
    if agent_first {
        dial_customer(draft, call);
    }
    callback::accepted(draft, call, number)
}

/// Rings the customer.
pub(crate) fn dial_customer(draft: &mut Draft<'_>, call: &mut Call) {
    let timeout = draft.rules.customer_ring_timeout;
    let Some(leg) = call.legs.iter_mut().find(|leg| leg.role == LegRole::Customer) else { return };
    leg.ring_timeout = timeout;
    let leg = leg.id;
    command::give(draft, call, leg, LegVerb::Dial);
    // The provider adds some seconds to its own limit; ours speaks only when that one is lost.
    draft.arm(&Timer::CustomerRing(call.id), draft.now + timeout + Duration::from_secs(10), Rearm::Replace);
}

/// Somebody came into the room: if both are there, they talk.
pub(crate) fn joined(draft: &mut Draft<'_>, call: &mut Call) -> Result<(), Stop> {
    if call.state != CallState::Connecting {
        return Ok(());
    }
    let agent_in =
        |offer: &Offer| offer.state == OfferState::Accepted && call.leg(offer.leg).is_some_and(|leg| leg.in_room);
    let customer_in = call
        .customer_leg()
        .is_some_and(|leg| leg.is_live() && (leg.in_room || leg.sent_to_room == Some(call.room_number)));
    let both_in = call.offers.iter().position(|offer| customer_in && agent_in(offer));
    let Some(offer) = both_in.and_then(|at| call.offers.get_mut(at)) else { return Ok(()) };
    offer.state = OfferState::Bridged;
    let (number, name) = (offer.number, offer.agent.clone());
    call.state = CallState::Talking;
    call.connected_at.get_or_insert(draft.now);
    call.agent = Some(name.clone());
    call.note(draft.now, EventKind::Connected { offer: number, agent: name.clone() });
    draft.disarm(&Timer::Claim(call.id, number));
    if let Some(mut agent) = draft.agent(&name)? {
        agent.answered += 1;
        agent.work = Some(Work { call: call.id, offer: number, state: WorkState::Talking, queue: call.queue.clone() });
        draft.put_agent(agent)?;
    }
    Ok(())
}

/// The customer came out of the room though nobody hung up: back in, or back to the front of the line.
pub(crate) fn audio_lost(draft: &mut Draft<'_>, call: &mut Call, customer: LegId) -> Result<Script, Stop> {
    let bridged = call.offers.iter().find(|offer| offer.state == OfferState::Bridged).cloned();
    let agent_live = bridged.as_ref().and_then(|offer| call.leg(offer.leg)).is_some_and(crate::model::Leg::is_live);
    if !agent_live && call.queue.is_some() {
        if let Some(offer) = bridged {
            end_offer(draft, call, offer.number, "audio_lost")?;
        }
        queue::wait_again(draft, call);
    }
    Ok(queue::enter_room(draft, call, customer))
}

/// An agent's leg is over.
pub(crate) fn agent_leg_ended(draft: &mut Draft<'_>, call: &mut Call, leg: LegId, cause: EndCause) -> Result<(), Stop> {
    let Some(offer) = call.offers.iter().find(|offer| offer.leg == leg).cloned() else { return Ok(()) };
    match offer.state {
        OfferState::Bridged => return calls::end(draft, call, EndReason::AgentHungUp),
        OfferState::Accepted => end_offer(draft, call, offer.number, "audio_lost")?,
        OfferState::Offered => {
            let why = match cause {
                EndCause::NoAnswer => "ring_no_answer",
                EndCause::Busy | EndCause::Completed => "declined",
                EndCause::Failed | EndCause::Canceled => "failed",
            };
            end_offer(draft, call, offer.number, why)?;
        }
    }
    if call.state == CallState::Connecting && !callback::agent_lost(draft, call)? {
        queue::wait_again_with_music(draft, call);
    }
    Ok(())
}

/// Reason of the break of an agent who missed too many offers.
const RING_NO_ANSWER: &str = "ring-no-answer";
/// When more than this part of a hundred of those signed in have been put on a break, no more are: it may be the telephones, not
/// the people, and the rest would follow one by one (TaskRouter moves a worker away at each timeout).
const PUT_ON_BREAK_PERCENT_MAX: usize = 20;

fn too_many_put_on_a_break(draft: &Draft<'_>) -> Result<bool, Stop> {
    let (mut away, mut all, mut after) = (0_usize, 0_usize, None);
    loop {
        let page = draft.floor(after.clone())?;
        for record in page.records.iter().filter(|record| record.key.as_str().starts_with("agent/")) {
            let Ok(agent) = Draft::parse::<Agent>(record) else { continue };
            match &agent.intent {
                Intent::Break(why) if why == RING_NO_ANSWER => (away, all) = (away + 1, all + 1),
                Intent::Break(_) | Intent::Offline => {}
                Intent::Ready => all += 1,
            }
        }
        after.clone_from(&page.next);
        if after.is_none() {
            return Ok(away * 100 > all * PUT_ON_BREAK_PERCENT_MAX);
        }
    }
}

/// Ends an offer that did not lead to a conversation: the agent is let go, the leg stops ringing, the caller's place is kept.
pub(crate) fn end_offer(draft: &mut Draft<'_>, call: &mut Call, number: u32, why: &str) -> Result<(), Stop> {
    let Some(at) = call.offers.iter().position(|offer| offer.number == number) else { return Ok(()) };
    let offer = call.offers.remove(at);
    draft.disarm(&Timer::Ring(call.id, number));
    draft.disarm(&Timer::Claim(call.id, number));
    call.note(draft.now, EventKind::OfferEnded { offer: number, agent: offer.agent.clone(), why: why.to_owned() });
    let (now, rest) = (draft.now, draft.now + draft.rules.missed_rest);
    call.excluded.retain(|_, until| until.is_none_or(|until| until > now));
    match why {
        "declined" => {
            call.excluded.insert(offer.agent.clone(), None);
            call.declined.retain(|(agent, _)| *agent != offer.agent);
            call.declined.push((offer.agent.clone(), now));
        }
        "ring_no_answer" | "failed" | "audio_lost" => drop(call.excluded.insert(offer.agent.clone(), Some(rest))),
        _ => {}
    }
    if let Some(mut agent) = draft.agent(&offer.agent)?
        && agent.works_on(call.id, number)
    {
        agent.work = None;
        if why == "ring_no_answer" {
            agent.missed += 1;
            let is_absent = agent.missed >= draft.rules.missed_max && agent.intent == Intent::Ready;
            if is_absent && !too_many_put_on_a_break(draft)? {
                agent.intent = Intent::Break(RING_NO_ANSWER.to_owned());
                agent.intent_version += 1;
            }
        }
        if why == "customer_missed" {
            // Hears what became of it first: a telephone that is busy yet would count as declining the next call.
            agents::finish(draft, agent, callback::MISSED_PAUSE)?;
        } else {
            // The place among the idle is kept: an offer that led to nothing is no work.
            agents::freed(draft, agent, false)?;
        }
    }
    let answered = call.leg(offer.leg).is_some_and(|leg| leg.progress == LegProgress::Answered);
    match why {
        // Whoever has answered is told; whoever is just answering is not cut off by a cancel, and is told on asking.
        "taken" if answered => queue::redirect(draft, call, offer.leg, Script::goodbye(TAKEN)),
        "taken" => command::give(draft, call, offer.leg, LegVerb::Cancel),
        "customer_missed" if answered => {
            queue::redirect(draft, call, offer.leg, Script::goodbye(callback::MISSED));
        }
        _ => command::give(draft, call, offer.leg, LegVerb::HangUp),
    }
    match call.queue {
        Some(_) => {
            draft.arm_match();
            overflow::line_moved(draft, call);
        }
        // A call that was to begin with this agent, and nobody else can take it.
        None => calls::end(draft, call, EndReason::AgentUnreachable)?,
    }
    Ok(())
}

/// Everybody signed in who could have the call has declined it: the earliest of them may have it again once a rest is over, for
/// nobody else ever would. Returns whether that is so now.
pub(crate) fn let_decline_lapse(draft: &mut Draft<'_>, call: CallId, agents: &[AgentId]) -> Result<bool, Stop> {
    let Some(mut call) = draft.call(call)? else { return Ok(false) };
    draft.learn_call(&call);
    let earliest = call.declined.iter().position(|(agent, _)| agents.contains(agent));
    let Some(at) = earliest.filter(|_| call.is_in_line()) else { return Ok(false) };
    let (agent, since) = call.declined[at].clone();
    let due = since + draft.rules.missed_rest;
    if due > draft.now {
        draft.arm(&Timer::Match, due, Rearm::Earliest);
        return Ok(false);
    }
    call.declined.remove(at);
    call.excluded.remove(&agent);
    call.note(draft.now, EventKind::DeclineLapsed { agent });
    draft.arm_match();
    draft.put_call(call)?;
    Ok(true)
}

/// Lets every agent of the call go: those who talked finish up, the others are as they were.
pub(crate) fn release_all(draft: &mut Draft<'_>, call: &mut Call) -> Result<(), Stop> {
    let offers: Vec<Offer> = call.offers.clone();
    let wrap_up = call.queue.as_ref().and_then(|id| draft.rules.queues.get(id)).map_or(Duration::ZERO, |q| q.wrap_up);
    for offer in offers {
        if offer.state != OfferState::Bridged {
            end_offer(draft, call, offer.number, "canceled")?;
            continue;
        }
        call.offers.retain(|other| other.number != offer.number);
        if let Some(mut agent) = draft.agent(&offer.agent)?
            && agent.works_on(call.id, offer.number)
        {
            agent.work = None;
            agents::finish(draft, agent, wrap_up)?;
        }
    }
    Ok(())
}

/// The agent has been rung long enough.
pub(crate) fn ring_timed_out(draft: &mut Draft<'_>, call: CallId, number: u32) -> Result<(), Stop> {
    let Some(mut call) = draft.call(call)? else { return Ok(()) };
    let Some(offer) = call.offer(number).cloned() else { return Ok(()) };
    if offer.state != OfferState::Offered {
        return Ok(());
    }
    let leg = call.leg(offer.leg);
    let why = match leg.map(|leg| (leg.progress, leg.said.is_empty())) {
        // Was asked for a key, and pressed none.
        Some((LegProgress::Answered, false)) => "declined",
        // Answered at the last moment, and has not asked yet.
        Some((LegProgress::Answered, true)) => "failed",
        _ => "ring_no_answer",
    };
    end_offer(draft, &mut call, number, why)?;
    draft.put_call(call)
}

/// A winner's audio should have arrived. The word about it may be lost, so the provider is asked before the claim is.
pub(crate) fn claim_timed_out(draft: &mut Draft<'_>, call: CallId, number: u32) -> Result<(), Stop> {
    let Some(mut call) = draft.call(call)? else { return Ok(()) };
    let Some(offer) = call.offer(number).cloned() else { return Ok(()) };
    if offer.state != OfferState::Accepted {
        return Ok(());
    }
    let in_room = call.leg(offer.leg).is_some_and(|leg| leg.in_room);
    if !in_room {
        command::give(draft, &mut call, offer.leg, LegVerb::Probe);
    }
    let again = draft.now + draft.rules.claim_timeout;
    if let Some(offer) = call.offers.iter_mut().find(|offer| offer.number == number) {
        offer.until = again;
    }
    draft.arm(&Timer::Claim(call.id, number), again, Rearm::Replace);
    draft.put_call(call)
}
