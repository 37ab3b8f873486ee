//! The books are compared with the provider: what lives there and is in no call is adopted or ended, what has not been
//! heard of is asked about. After a loss of history everybody who is known is led anew to where the books have them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::core::draft::Draft;
use crate::core::{Compared, Reply, Rules, Stop, Timer, call as calls, command, queue};
use crate::id::{CallId, LegId};
use crate::model::{
    Call, CallState, CommandState, Direction, EndReason, EventKind, Leg, LegProgress, LegRole, LegVerb, Pass,
};
use crate::script::{Prompt, Script, Step};
use crate::store::Rearm;
use crate::telephony::{LegOrigin, LegState, LiveLeg};
use crate::time::Timestamp;

/// How old a leg must be to be missed in the books: younger ones are on their way into them, or are told to hold.
pub(crate) const GRACE: Duration = Duration::from_secs(10);
/// How far the provider's list may be behind.
const LIST_LAG: Duration = Duration::from_secs(15);
/// How long after its end in the books a leg may yet be listed as alive before the list is believed.
const ENDED_LAG: Duration = Duration::from_secs(60);
/// How long a comparison may keep calls from being offered.
pub(crate) const RECONCILED_WITHIN: Duration = Duration::from_secs(30);
/// Longest wait after the provider did not list.
const BACKOFF_MAX: Duration = Duration::from_secs(8);
/// Hops and rooms that a loss of history may have taken from a call: more than any call uses in the time that is lost.
const NUMBERS_LOST: u32 = 1_000;
/// What a caller hears whose call was lost in the books.
const SORRY: &str = "We are sorry for the interruption.";

/// A leg of ours that is in no call.
#[derive(Clone, Debug)]
pub(crate) struct Unowned {
    /// The leg.
    pub(crate) leg: LiveLeg,
    /// The leg of a call that it seems to be: one that is to be dialled, where that may have been done already.
    pub(crate) dialled: Option<(CallId, LegId)>,
}

/// What a page of live legs shows beside the books.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    /// Legs of ours in no call, callers first, those first who have been on the line longest.
    pub(crate) unowned: Vec<Unowned>,
    /// Whether there are some that may be too young to be in the books.
    pub(crate) are_young: bool,
}

/// Whether a leg is this call centre's: it came to one of its numbers, or was placed from one. Another application's legs
/// on the same account are nobody's business here, and a child ends with its parent.
fn is_ours(rules: &Rules, leg: &LiveLeg) -> bool {
    match leg.origin {
        LegOrigin::Inbound => rules.numbers.contains_key(&leg.to),
        LegOrigin::Placed => {
            let is_caller_id = rules.caller_id.as_ref().is_some_and(|number| number.as_str() == leg.from);
            is_caller_id || rules.numbers.contains_key(&leg.from)
        }
        LegOrigin::Child => false,
    }
}

/// Compares a page with the calls that have not ended, read after the page was listed.
///
/// `is_whole`: every one of those calls could be read. If not, no leg that we placed counts as nobody's: it may be in one
/// that a newer version wrote.
pub(crate) fn beside(
    rules: &Rules,
    listed: &[LiveLeg],
    (books, is_whole): (&[Call], bool),
    pass: &Pass,
    now: Timestamp,
) -> Beside {
    let legs = || books.iter().flat_map(|call| call.legs.iter().map(move |leg| (call, leg)));
    let owned: BTreeSet<&str> = legs().filter_map(|(_, leg)| leg.sid.as_deref()).collect();
    let mut dialled: BTreeMap<(&str, &str), Vec<(CallId, &Leg)>> = BTreeMap::new();
    for (call, leg) in legs().filter(|(_, leg)| leg.sid.is_none() && leg.is_live()) {
        dialled.entry((&leg.endpoint, &call.number)).or_default().push((call.id, leg));
    }
    let mut beside = Beside::default();
    for leg in listed.iter().filter(|leg| is_ours(rules, leg) && !owned.contains(leg.id.as_str())) {
        if leg.started_at.is_none_or(|at| now.since(at) < GRACE) {
            beside.are_young = true;
            continue;
        }
        if leg.origin == LegOrigin::Inbound && leg.state != LegState::Answered {
            // It waits for its first document, and nothing can be done to it before.
            continue;
        }
        let same = dialled.get(&(leg.to.as_str(), leg.from.as_str()));
        let same = same.into_iter().flatten().find(|(_, own)| pass.lost_history || is_sent(own));
        let is_in_doubt = same.is_some() && !pass.lost_history || leg.origin != LegOrigin::Inbound && !is_whole;
        if !is_in_doubt {
            beside.unowned.push(Unowned { leg: leg.clone(), dialled: same.map(|(call, leg)| (*call, leg.id)) });
        }
    }
    beside.unowned.sort_by_key(|one| (one.leg.origin, one.leg.started_at, one.leg.id.clone()));
    beside
}

/// Whether its dial has been sent, so that its own probe finds out what became of it.
fn is_sent(leg: &Leg) -> bool {
    let dial = leg.commands.first().filter(|command| command.verb == LegVerb::Dial);
    dial.is_some_and(|dial| dial.state != CommandState::Queued)
}

/// Legs of a call that are to be led anew: they live at the provider, and nothing was heard of them since `since`.
pub(crate) fn to_rehear(call: &Call, answered: &BTreeSet<&str>, since: Timestamp) -> Vec<LegId> {
    if !matches!(
        call.state,
        CallState::Placing | CallState::Menu | CallState::Waiting | CallState::Connecting | CallState::Talking
    ) {
        // Who hears the last words, or talks with an outside number, is left alone.
        return Vec::new();
    }
    let is_wanted = |leg: &&Leg| leg.role == LegRole::Customer || call.offers.iter().any(|offer| offer.leg == leg.id);
    let is_known = |leg: &&Leg| leg.sid.as_deref().is_some_and(|sid| answered.contains(sid));
    let legs = call.legs.iter().filter(|leg| leg.is_live() && leg.heard_at < since);
    legs.filter(is_wanted).filter(is_known).map(|leg| leg.id).collect()
}

/// Legs of a call that should live and were not listed. The list alone ends nothing: they are asked about.
pub(crate) fn unlisted(call: &Call, listed: &BTreeSet<String>, now: Timestamp) -> Vec<LegId> {
    let is_missing = |leg: &&Leg| leg.sid.as_ref().is_some_and(|sid| !listed.contains(sid));
    let quiet = call.legs.iter().filter(|leg| leg.is_live() && now.since(leg.heard_at) >= LIST_LAG);
    quiet.filter(is_missing).filter(|leg| leg.commands.is_empty()).map(|leg| leg.id).collect()
}

/// A leg of ours lives and is in no call. The reply says whether it shows that history was lost: it talks with somebody.
pub(crate) fn unowned(
    draft: &mut Draft<'_>,
    leg: &LiveLeg,
    dialled: Option<(CallId, LegId)>,
    seed: u128,
) -> Result<Reply, Stop> {
    if let Some((call, own)) = dialled {
        return bind_dialled(draft, leg, call, own).map(Reply::Proceed);
    }
    let id = CallId::of_leg(&draft.rules.tenant, &draft.rules.account, &leg.id);
    if let Some(call) = draft.call(id)? {
        still_alive(draft, call, leg)?;
        return Ok(Reply::Proceed(false));
    }
    match leg.origin {
        LegOrigin::Inbound => adopt(draft, id, leg, seed)?,
        _ if draft.rules.ends_unowned => {
            end_unowned(draft, id, leg, seed)?;
            let is_agents = draft.rules.agents.values().any(|agent| agent.endpoint.to_string() == leg.to);
            return Ok(Reply::Proceed(is_agents && leg.state == LegState::Answered));
        }
        _ => {}
    }
    Ok(Reply::Proceed(false))
}

/// The books have it as over, and it lives: it is ended once more.
fn still_alive(draft: &mut Draft<'_>, mut call: Call, leg: &LiveLeg) -> Result<(), Stop> {
    let now = draft.now;
    let own = call.legs.iter().find(|own| own.sid.as_deref() == Some(leg.id.as_str()));
    let Some(own) = own.filter(|own| !own.is_live() && now.since(own.heard_at) >= ENDED_LAG) else { return Ok(()) };
    let own = own.id;
    command::hang_up_zombie(draft, &mut call, own);
    draft.put_call(call)
}

/// A dial whose result was lost with the history: it is not done again.
fn bind_dialled(draft: &mut Draft<'_>, leg: &LiveLeg, call: CallId, own: LegId) -> Result<bool, Stop> {
    let Some(mut call) = draft.call(call)? else { return Ok(false) };
    let now = draft.now;
    let Some(found) = call.leg_mut(own).filter(|own| own.sid.is_none() && own.is_live()) else { return Ok(false) };
    found.sid = Some(leg.id.clone());
    found.heard_at = now;
    let answered = leg.state == LegState::Answered;
    found.progress = found.progress.max(if answered { LegProgress::Answered } else { LegProgress::Ringing });
    if found.commands.first().is_some_and(|first| first.verb == LegVerb::Dial) {
        command::pop(draft, &mut call, own);
    }
    if answered {
        lead_anew(draft, &mut call, own);
    }
    draft.put_call(call)?;
    Ok(false)
}

/// A caller of whom the books know nothing: greeted and led on as if just called, with the place of who called then.
fn adopt(draft: &mut Draft<'_>, id: CallId, leg: &LiveLeg, seed: u128) -> Result<(), Stop> {
    let now = draft.now;
    let Some(flow) = draft.rules.numbers.get(&leg.to) else { return Ok(()) };
    let began_at = leg.started_at.unwrap_or(now).min(now);
    let mut call = calls::new_call(draft, id, Direction::Inbound, &leg.from, &leg.to, seed);
    call.started_at = began_at;
    call.queued_at = Some(began_at);
    let mut own = calls::new_leg(&call, LegRole::Customer, leg.from.clone(), now);
    own.sid = Some(leg.id.clone());
    own.progress = LegProgress::Answered;
    // The provider may yet ask at URLs of the call's former life.
    own.hop = NUMBERS_LOST;
    call.legs.push(own);
    call.note(began_at, EventKind::Arrived);
    call.note(now, EventKind::Adopted { began_at });
    draft.arm(&Timer::Upkeep(id), now + draft.rules.quiet_max, Rearm::Replace);
    let mut script = calls::begin_flow(draft, &mut call, flow)?;
    if script.0.contains(&Step::Reject) {
        // Too late: it has been answered.
        script = Script(calls::apology());
    }
    script.0.insert(0, Step::Prompt(Prompt::Say(SORRY.to_owned())));
    queue::redirect(draft, &mut call, LegId(0), script);
    draft.put_call(call)
}

/// A leg that we placed and nobody knows what for: it is ended, and that is kept.
fn end_unowned(draft: &mut Draft<'_>, id: CallId, leg: &LiveLeg, seed: u128) -> Result<(), Stop> {
    let now = draft.now;
    let mut call = calls::new_call(draft, id, Direction::Outbound, &leg.to, &leg.from, seed);
    call.started_at = leg.started_at.unwrap_or(now).min(now);
    let mut own = calls::new_leg(&call, LegRole::Customer, leg.to.clone(), now);
    own.sid = Some(leg.id.clone());
    own.progress = if leg.state == LegState::Answered { LegProgress::Answered } else { LegProgress::Ringing };
    call.legs.push(own);
    call.note(now, EventKind::Unowned);
    calls::end(draft, &mut call, EndReason::Policy)?;
    draft.arm(&Timer::Upkeep(id), now + GRACE, Rearm::Earliest);
    draft.put_call(call)
}

/// The books may be behind what these legs were told: they ask anew, in a room that nobody is in.
pub(crate) fn rehear(draft: &mut Draft<'_>, call: CallId, legs: &[LegId]) -> Result<Reply, Stop> {
    let Some(mut call) = draft.call(call)? else { return Ok(Reply::None) };
    if call.state == CallState::Ended {
        return Ok(Reply::None);
    }
    call.room_number = call.room_number.saturating_add(NUMBERS_LOST);
    queue::new_room(&mut call);
    for leg in legs {
        lead_anew(draft, &mut call, *leg);
    }
    draft.put_call(call)?;
    Ok(Reply::None)
}

fn lead_anew(draft: &mut Draft<'_>, call: &mut Call, leg: LegId) {
    let now = draft.now;
    let Some(found) = call.leg_mut(leg).filter(|leg| leg.is_live()) else { return };
    found.hop = found.hop.saturating_add(NUMBERS_LOST);
    found.heard_at = now;
    found.then = None;
    found.progress = found.progress.max(LegProgress::Answered);
    command::give(draft, call, leg, LegVerb::Redirect);
}

/// Legs that should live were not listed: they are asked about.
pub(crate) fn ask_about(draft: &mut Draft<'_>, call: CallId, legs: &[LegId]) -> Result<Reply, Stop> {
    let Some(mut call) = draft.call(call)? else { return Ok(Reply::None) };
    for leg in legs {
        if call.leg(*leg).is_some_and(|leg| leg.commands.is_empty()) {
            command::give(draft, &mut call, *leg, LegVerb::Probe);
        }
    }
    draft.put_call(call)?;
    Ok(Reply::None)
}

/// A page was compared, or could not be had. The next question is put off by what this one cost, so that comparing takes a
/// fixed part of the account's requests.
pub(crate) fn compared(draft: &mut Draft<'_>, pass: &Pass, compared: &Compared) -> Result<Reply, Stop> {
    let mut record = draft.reconciliation()?;
    if record.passes != pass.number {
        // Another node was faster; its own timer is armed.
        return Ok(Reply::None);
    }
    let (now, every, each) = (draft.now, draft.rules.reconcile_every, draft.rules.reconcile_pace);
    let mut pass = pass.clone();
    let wait = match compared {
        Compared::Failed { is_rejected } => {
            pass.failures = pass.failures.saturating_add(1);
            if *is_rejected {
                // A page that is no page any more: from the start.
                pass.cursor = None;
            }
            record.pass = Some(pass.clone());
            command::backoff(pass.failures).min(BACKOFF_MAX).max(each)
        }
        Compared::Page { next, again, requests, are_young } => {
            pass.failures = 0;
            let cost = each.saturating_mul(*requests);
            if *again || next.is_some() {
                pass.cursor = if *again { pass.cursor } else { next.clone() };
                record.pass = Some(pass);
                cost
            } else {
                record.history = Some(pass.history);
                record.done_at = Some(now);
                record.passes += 1;
                record.pass = None;
                let soon = if *are_young { GRACE } else { every };
                soon.min(every).max(cost)
            }
        }
    };
    draft.arm(&Timer::Reconcile, now + wait, Rearm::Replace);
    draft.put_reconciliation(record)?;
    Ok(Reply::None)
}
