//! What callers hear while they wait: their place, the wait, some comfort. They stay in their room meanwhile, so that an
//! announcement never stands between a caller and an agent.

use std::time::Duration;

use crate::core::draft::Draft;
use crate::core::{Expected, ExpectedWait, Reply, Stop, Timer, callback, command};
use crate::forecast::{self, Announced, Announcement, Reason};
use crate::id::{CallId, LegId, QueueId};
use crate::model::{Announcements, Call, CallState, CallbackState, EventKind, LegVerb, Notice, Queue, Setback, Told};
use crate::script::{Prompt, Script, Step};
use crate::store::Rearm;
use crate::time::Timestamp;

/// Least time from one announcement to the next: callers hang up on a line that talks all the time.
pub(crate) const GAP_MIN: Duration = Duration::from_secs(15);
/// Callers ahead that are counted; whoever stands further behind is told no place.
const AHEAD_MAX: u32 = 250;
/// Announcements that are noted in the history of a call.
const NOTED_MAX: u32 = 20;

/// How long a caller with so many ahead may expect to wait; `None`: nobody can tell.
pub(crate) fn estimate(queue: &Queue, ahead: u32) -> Option<Duration> {
    let per_place = queue.announcements.as_ref()?.per_place?;
    Some(per_place.saturating_mul(ahead.saturating_add(1)))
}

/// Whole minutes, rounded up, and at least one: a wait that is told too short is a promise broken.
fn minutes(wait: Duration) -> u32 {
    u32::try_from(wait.as_secs().div_ceil(60)).unwrap_or(u32::MAX).max(1)
}

/// The wait that may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// So much for each place in the line.
    ByPlace(Option<Duration>),
    /// Foretold: longer in one case of five. With the reason why it is longer than what was told, if there is one.
    Foretold(Duration, Option<Reason>),
}

/// The wait to be told in minutes, and why it is longer than what was told. By place, a longer wait needs no more of a reason than
/// that; foretold, it is not told without one.
fn wait_told(wait: Wait, told: &Told, now: Timestamp) -> (Option<u32>, Option<Setback>) {
    let (wait, reason) = match wait {
        Wait::ByPlace(wait) => {
            let mins = wait.map(minutes);
            let is_longer = mins.zip(told.wait_mins).is_some_and(|(now, before)| now > before);
            return (mins, is_longer.then_some(Setback::LongerCalls));
        }
        Wait::Foretold(wait, reason) => (wait, reason),
    };
    let before = told
        .wait_mins
        .zip(told.wait_at)
        .map(|(mins, at)| Announced { at, wait: Duration::from_secs(60 * u64::from(mins)) });
    match forecast::told_now(wait, before, reason, now) {
        Announcement::Wait(wait) => (Some(minutes(wait)), None),
        Announcement::Longer(wait, Reason::FewerAgents) => (Some(minutes(wait)), Some(Setback::FewerAgents)),
        Announcement::Longer(wait, Reason::MoreAhead) => (Some(minutes(wait)), Some(Setback::OthersFirst)),
        Announcement::Longer(wait, Reason::LongerCalls) => (Some(minutes(wait)), Some(Setback::LongerCalls)),
        Announcement::Nothing(_) => (None, None),
    }
}

/// What is told next, and what has been told then. `None`: nothing. A place further behind or a longer wait than was told
/// before is told with the reason alone.
pub(crate) fn next(
    policy: &Announcements,
    told: &Told,
    ahead: Option<u32>,
    wait: Wait,
    now: Timestamp,
) -> Option<(Notice, Told)> {
    let position = ahead.filter(|_| policy.position).map(|ahead| ahead.saturating_add(1));
    let (wait_mins, longer) = if policy.wait { wait_told(wait, told, now) } else { (None, None) };
    let later = position.zip(told.position).is_some_and(|(now, before)| now > before);
    let setback = if later { Some(Setback::OthersFirst) } else { longer };
    let is_news = position.is_some() && position != told.position || wait_mins.is_some() && wait_mins != told.wait_mins;
    let is_told = position.is_some() || wait_mins.is_some();
    let mut after = Told { count: told.count.saturating_add(1), at: Some(now), ..told.clone() };
    let comforts = u32::try_from(policy.comfort.len()).unwrap_or(u32::MAX);
    if let Some(comfort) = told.comforts.checked_rem(comforts).filter(|_| !is_told || !is_news) {
        after.comforts = told.comforts.wrapping_add(1);
        return Some((Notice { comfort: Some(comfort), ..Notice::default() }, after));
    }
    after.position = position.or(told.position);
    if wait_mins.is_some() {
        (after.wait_mins, after.wait_at) = (wait_mins, Some(now));
    }
    is_told.then_some((Notice { position, wait_mins, setback, comfort: None }, after))
}

/// The words of a notice.
fn words(policy: &Announcements, notice: &Notice) -> Vec<Prompt> {
    let mut text = Vec::new();
    match notice.setback {
        Some(Setback::OthersFirst) => text.push("Some callers have to be served before you.".to_owned()),
        Some(Setback::FewerAgents) => text.push("We are sorry: fewer agents are here than before.".to_owned()),
        Some(Setback::LongerCalls) => text.push("We are sorry: calls take longer than before.".to_owned()),
        None => {}
    }
    match notice.position {
        Some(1) => text.push("You are next in line.".to_owned()),
        Some(position) => text.push(format!("You are number {position} in line.")),
        None => {}
    }
    match notice.wait_mins {
        Some(1) => text.push("The wait is about one minute.".to_owned()),
        Some(minutes) => text.push(format!("The wait is about {minutes} minutes.")),
        None => {}
    }
    let mut prompts = if text.is_empty() { Vec::new() } else { vec![Prompt::Say(text.join(" "))] };
    let comfort = notice.comfort.and_then(|at| policy.comfort.get(usize::try_from(at).unwrap_or(usize::MAX)));
    prompts.extend(comfort.cloned());
    prompts
}

/// A caller is about to hear an announcement: everything about it is in the request.
pub(crate) fn heard(draft: &Draft<'_>, queue: &QueueId, notice: &Notice) -> Reply {
    let policy = draft.rules.queues.get(queue).and_then(|queue| queue.announcements.as_ref());
    let prompts = policy.map(|policy| words(policy, notice)).unwrap_or_default();
    Reply::Unbound(Script(prompts.into_iter().map(Step::Prompt).collect()))
}

/// A caller has joined the line: the first announcement is set.
pub(crate) fn begin(draft: &mut Draft<'_>, call: &Call, queue: &Queue) {
    if let Some(policy) = &queue.announcements {
        let mut due = draft.now + policy.first_after;
        if let Some(keys_after) = policy.keys_after {
            due = due.min(draft.now + keys_after);
        }
        draft.arm(&Timer::Announce(call.id), due, Rearm::Replace);
    }
}

/// Callers ahead of this one in its line; `None`: too many to count, or it is not there.
pub(crate) fn ahead(draft: &Draft<'_>, queue: &QueueId, call: CallId) -> Result<Option<u32>, Stop> {
    let (mut count, mut after) = (0, None);
    loop {
        let page = draft.waiting(queue, after.clone())?;
        for record in &page.records {
            if record.key == crate::core::call_key(&draft.rules.tenant, call) {
                return Ok(Some(count));
            }
            count += 1;
        }
        after.clone_from(&page.next);
        if after.is_none() || count >= AHEAD_MAX {
            return Ok(None);
        }
    }
}

/// It is time to tell a waiting customer something. Returns whether a wait was told.
pub(crate) fn due(draft: &mut Draft<'_>, id: CallId, expected: &Expected) -> Result<bool, Stop> {
    let Some(mut call) = draft.call(id)? else { return Ok(false) };
    let queue = call.queue.as_ref().and_then(|id| draft.rules.queues.get(id));
    let Some((queue, policy)) = queue.and_then(|queue| Some((queue, queue.announcements.as_ref()?))) else {
        return Ok(false);
    };
    if call.state != CallState::Waiting || call.is_placeholder() {
        return Ok(false);
    }
    let now = draft.now;
    let before = call.told.wait_at;
    let asked = call.callback.as_ref().is_some_and(|callback| callback.state == CallbackState::Asking);
    let again = if asked { now + GAP_MIN } else { tell(draft, &mut call, (queue, policy), expected)? };
    draft.arm(&Timer::Announce(id), again, Rearm::Replace);
    let is_told = call.told.wait_at != before;
    draft.put_call(call)?;
    Ok(is_told)
}

/// Tells the customer what there is to tell. Returns when to look again.
fn tell(
    draft: &mut Draft<'_>,
    call: &mut Call,
    (queue, policy): (&Queue, &Announcements),
    expected: &Expected,
) -> Result<Timestamp, Stop> {
    let now = draft.now;
    let Some(leg) = idle_in_room(call) else { return Ok(now + GAP_MIN) };
    let keys_at = policy
        .keys_after
        .filter(|_| call.told.offered < policy.keys_times && callback::can_offer(call, queue))
        .map(|after| call.queued_at.unwrap_or(now) + after);
    // Whoever is about to be joined is not led away.
    if keys_at.is_some_and(|at| at <= now) && call.offers.is_empty() {
        call.told.offered += 1;
        call.told.at = Some(now);
        callback::offer(draft, call, queue, leg)?;
        return Ok(now + policy.every.max(GAP_MIN));
    }
    let ahead = match expected.ahead {
        Some(ahead) => Some(ahead),
        None => ahead(draft, &queue.id, call.id)?,
    };
    let (wait, foretold) = match expected.wait {
        ExpectedWait::Unknown => (Wait::ByPlace(ahead.and_then(|ahead| estimate(queue, ahead))), None),
        ExpectedWait::Silent(_) => (Wait::ByPlace(None), None),
        ExpectedWait::Foretold(foretold, reason) => {
            (Wait::Foretold(Duration::from_millis(foretold.p80_ms), reason), Some(foretold))
        }
    };
    if let Some((notice, told)) = next(policy, &call.told, ahead, wait, now) {
        call.told = told;
        if call.told.count <= NOTED_MAX {
            let foretold = foretold.filter(|_| notice.wait_mins.is_some());
            call.note(now, EventKind::Announced { notice, foretold });
        }
        command::give(draft, call, leg, LegVerb::Announce(notice));
    }
    let again = now + policy.every.max(GAP_MIN);
    Ok(keys_at.map_or(again, |at| again.min(at.max(now + GAP_MIN))))
}

/// The customer's leg, when it is in the room and nothing is being done to it.
fn idle_in_room(call: &Call) -> Option<LegId> {
    let leg = call.customer_leg().filter(|leg| leg.is_live() && leg.in_room)?;
    let is_idle = leg.commands.iter().all(|command| command.verb == LegVerb::Probe);
    (is_idle && leg.then.is_none() && call.room_sid.is_some()).then_some(leg.id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy(position: bool, wait: bool, comforts: usize) -> Announcements {
        Announcements {
            first_after: Duration::ZERO,
            every: GAP_MIN,
            position,
            wait,
            per_place: None,
            comfort: vec![Prompt::Say("Thank you.".to_owned()); comforts],
            keys_after: None,
            keys_times: 0,
            keys: std::collections::BTreeMap::new(),
        }
    }

    proptest! {
        /// Whatever the line does: what is told is true, a worse number comes with a reason and no other one does, and with
        /// nothing new a caller is comforted in turn.
        #[test]
        fn nothing_worse_is_told_without_the_reason(
            position: bool,
            wait: bool,
            comforts in 0usize..3,
            line in proptest::collection::vec((proptest::option::of(0u32..6), proptest::option::of(0u64..400)), 1..12),
        ) {
            let policy = policy(position, wait, comforts);
            let (mut told, mut last, mut heard) = (Told::default(), (None, None), Vec::new());
            for (ahead, secs) in line {
                let wait = Wait::ByPlace(secs.map(Duration::from_secs));
                let Some((notice, after)) = next(&policy, &told, ahead, wait, Timestamp::from_secs(0)) else {
                    prop_assert!(comforts == 0);
                    continue;
                };
                told = after;
                if let Some(comfort) = notice.comfort {
                    prop_assert_eq!((notice.position, notice.wait_mins, notice.setback), (None, None, None));
                    heard.push(comfort);
                    continue;
                }
                prop_assert!(notice.position.is_none() || position && notice.position == ahead.map(|ahead| ahead + 1));
                let exact = notice.wait_mins.zip(secs).is_none_or(|(mins, secs)| {
                    u64::from(mins) * 60 >= secs && (mins == 1 || u64::from(mins - 1) * 60 < secs)
                });
                prop_assert!(exact, "{notice:?} for {secs:?}");
                let later = notice.position.zip(last.0).is_some_and(|(now, before)| now > before);
                let longer = notice.wait_mins.zip(last.1).is_some_and(|(now, before)| now > before);
                prop_assert_eq!(notice.setback.is_some(), later || longer);
                last = (notice.position.or(last.0), notice.wait_mins.or(last.1));
            }
            let turns = (0..).map(|at: u32| at % u32::try_from(comforts.max(1)).unwrap_or(1));
            prop_assert!(heard.iter().copied().eq(turns.take(heard.len())));
        }
    }
}
