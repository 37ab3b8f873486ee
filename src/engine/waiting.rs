//! What waiting callers are told, and how they are called back: checked.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::engine::mistakes::{Names, goto, needs, sayable, seconds, unknown};
use crate::id::QueueId;
use crate::model;
use crate::script::Prompt;
use crate::setup::{Announcements, Callback, Place, Queue};

/// The longest promise: the one-time URLs of a call are good for 48 hours.
const EXPIRY_SECS_MAX: u64 = 40 * 3600;
/// Minutes that local time can be ahead of UTC, or behind.
const OFFSET_MINS: std::ops::RangeInclusive<i16> = -14 * 60..=14 * 60;

/// The callback policy of a queue, where it has one.
pub(super) fn callback(
    place: &str,
    callback: Option<&Callback>,
    ring_timeout: Duration,
    mistakes: &mut Vec<String>,
) -> Option<model::CallbackPolicy> {
    let given = callback?;
    if !(1..=10).contains(&given.attempts_max) {
        mistakes.push(format!("{place}: callback attempts are {}, they must be 1 to 10", given.attempts_max));
    }
    if given.open_max == 0 {
        mistakes.push(format!("{place}: callback `open_max` is 0: nothing could be promised"));
    }
    seconds(&format!("{place}: time between callback attempts"), given.gap, 60..=12 * 3600, mistakes);
    seconds(&format!("{place}: callback expiry"), given.expiry, 60..=EXPIRY_SECS_MAX, mistakes);
    if let Some(hours) = given.hours {
        if hours.from_mins >= 24 * 60 || hours.to_mins > 24 * 60 || !OFFSET_MINS.contains(&hours.utc_offset_mins) {
            mistakes.push(format!(
                "{place}: callback hours are minutes after midnight, below 1440, and an offset of at most 840 minutes"
            ));
        }
        if Duration::from_secs(60 * u64::from(hours.length_mins())) <= ring_timeout {
            mistakes.push(format!("{place}: a customer who is rung for {ring_timeout:?} fits into no callback hours"));
        }
    }
    for prefix in &given.prefixes {
        let digits = prefix.strip_prefix('+').unwrap_or_default();
        if !(1..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            mistakes.push(format!("{place}: {prefix:?} begins no number; write + and digits, as in +1415"));
        }
    }
    sayable(&format!("{place}: callback greeting"), &given.greeting, mistakes);
    Some(model::CallbackPolicy {
        first: given.first,
        attempts_max: given.attempts_max,
        gap: given.gap,
        grace: given.grace,
        penalty: given.penalty,
        expiry: given.expiry,
        lead: given.lead,
        hours: given.hours,
        prefixes: given.prefixes.clone(),
        open_max: given.open_max,
        greeting: given.greeting.clone(),
    })
}

/// The announcements of a queue, where it has any.
pub(super) fn announcements(
    place: &str,
    queue: &Queue,
    names: Names<'_>,
    mistakes: &mut Vec<String>,
) -> Option<model::Announcements> {
    let given: &Announcements = queue.announcements.as_ref()?;
    seconds(&format!("{place}: time between announcements"), given.every, 15..=3600, mistakes);
    sayable(&format!("{place}: comfort"), &given.comfort, mistakes);
    let mut keys = BTreeMap::new();
    for (key, words, to) in &given.keys {
        let is_taken = queue.callback.is_some() && matches!(key, '1' | '2');
        if is_taken || !key.is_ascii_digit() && !"*#".contains(*key) {
            mistakes
                .push(format!("{place}: {key:?} is no free key; use 0-9, * or #, and not 1 or 2 beside a callback"));
        }
        let at = format!("{place}: key {key:?}");
        sayable(&at, &[Prompt::Say(words.clone())], mistakes);
        if let Some(to) = goto(to, &at, names, mistakes)
            && keys.insert(*key, model::WayOut { words: words.clone(), to }).is_some()
        {
            mistakes.push(format!("{at} leads to two places"));
        }
    }
    let has_choice = queue.callback.is_some() || !keys.is_empty();
    match given.keys_after {
        Some(_) if !has_choice || given.keys_times == 0 => {
            mistakes.push(format!("{place}: `offers_after` has nothing to offer; add `.callback(...)` or a key"));
        }
        None if !keys.is_empty() => {
            mistakes.push(format!("{place}: nobody would hear of the keys; add `.offers_after(...)`"));
        }
        _ => {}
    }
    Some(model::Announcements {
        first_after: given.first_after,
        every: given.every,
        position: given.position,
        wait: given.wait,
        per_place: given.per_place,
        comfort: given.comfort.clone(),
        keys_after: given.keys_after,
        keys_times: given.keys_times,
        keys,
    })
}

/// The queue that a target leads to without anybody's choice.
pub(super) fn next_queue(target: &model::Target) -> Option<&QueueId> {
    match target {
        model::Target::Queue { queue, .. } => Some(queue),
        model::Target::Callback { otherwise, .. } => next_queue(otherwise),
        _ => None,
    }
}

/// The target that a place with a callback stands for.
pub(super) fn to_callback(
    place: &Place,
    at: &str,
    names: Names<'_>,
    mistakes: &mut Vec<String>,
) -> Option<model::Target> {
    let Place::Callback { queue, priority, needs: wanted, otherwise } = place else { return None };
    let otherwise = Box::new(goto(otherwise, at, names, mistakes)?);
    if !names.queues.contains(queue) {
        mistakes.push(unknown(at, "queue", queue, names.queues));
        return None;
    }
    let queue = QueueId::new(queue.clone()).ok()?;
    Some(model::Target::Callback { queue, priority: *priority, needs: needs(wanted, at, mistakes), otherwise })
}

/// A callback leads to a queue that calls back.
pub(super) fn callbacks(
    queues: &BTreeMap<QueueId, model::Queue>,
    numbers: &BTreeMap<String, model::Flow>,
    mistakes: &mut Vec<String>,
) {
    for queue in queues.values() {
        let place = format!("queue {:?}", queue.id.as_str());
        let ways = queue.announcements.iter().flat_map(|given| given.keys.values().map(|way| &way.to));
        for target in ways.chain([&queue.overflow]).chain(queue.overflows.iter().map(|rule| &rule.to)) {
            leads_to_callback(&place, target, queues, mistakes);
        }
    }
    for (number, flow) in numbers {
        let keys = flow.menu.iter().flat_map(|menu| menu.keys.values());
        for target in keys.chain([&flow.then]) {
            leads_to_callback(&format!("number {number:?}"), target, queues, mistakes);
        }
    }
}

fn leads_to_callback(
    place: &str,
    target: &model::Target,
    queues: &BTreeMap<QueueId, model::Queue>,
    mistakes: &mut Vec<String>,
) {
    if let model::Target::Callback { queue, otherwise, .. } = target {
        if queues.get(queue).is_some_and(|queue| queue.callback.is_none()) {
            mistakes.push(format!("{place}: queue {:?} calls nobody back; give it `.callback(...)`", queue.as_str()));
        }
        leads_to_callback(place, otherwise, queues, mistakes);
    }
}
