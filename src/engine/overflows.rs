//! The rules of overflow of a queue: checked. A rule that could never be followed, or leads round in a circle, is a mistake.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::AHEAD_MAX;
use crate::engine::mistakes::{Names, goto};
use crate::engine::waiting;
use crate::id::QueueId;
use crate::model::{self, AgentStatus, OverflowRule, OverflowWhen};
use crate::setup::Queue;

/// Most rules of one queue: all are looked at for each caller.
const RULES_MAX: usize = 20;

/// The rules of a queue, each with where it leads.
pub(super) fn rules(
    place: &str,
    queue: &Queue,
    overflow: &model::Target,
    names: Names<'_>,
    mistakes: &mut Vec<String>,
) -> Vec<OverflowRule> {
    if queue.offers_max == 0 {
        mistakes.push(format!("{place}: `offers_max` is 0: no call would be offered to anybody"));
    }
    if queue.overflows.len() > RULES_MAX {
        mistakes.push(format!("{place}: {} rules of overflow, at most {RULES_MAX}", queue.overflows.len()));
    }
    let mut rules: Vec<OverflowRule> = Vec::new();
    for (at, given) in queue.overflows.iter().enumerate() {
        let place = format!("{place}: overflow rule {}", at + 1);
        let to = match &given.to {
            Some(to) => goto(to, &place, names, mistakes),
            None => Some(overflow.clone()),
        };
        let Some(to) = to else { continue };
        let rule = OverflowRule {
            when: given.when.clone(),
            after: given.after,
            joining: given.joining,
            waiting: given.waiting,
            to,
        };
        if let Some(why) = never(queue, &rule) {
            mistakes.push(format!("{place} never applies: {why}"));
        } else if let Some(earlier) = rules.iter().position(|earlier| covers(earlier, &rule)) {
            mistakes.push(format!("{place} never applies: rule {} comes first and always applies too", earlier + 1));
        } else if let Some(why) = wrong(&rule) {
            mistakes.push(format!("{place}: {why}"));
        }
        rules.push(rule);
    }
    rules
}

/// Why a rule can never apply.
fn never(queue: &Queue, rule: &OverflowRule) -> Option<String> {
    if !rule.joining && !rule.waiting {
        return Some("neither to those who join nor to those who wait".to_owned());
    }
    let wait_max = queue.wait_max;
    if rule.waiting && !rule.joining && rule.after >= wait_max {
        return Some(format!("it asks for {:?} in the queue, but nobody waits longer than {wait_max:?}", rule.after));
    }
    let most = queue.waiting_max;
    match &rule.when {
        OverflowWhen::AllIn { states, .. } if states.is_empty() => Some("it names no state of agents".to_owned()),
        OverflowWhen::Line { from, .. } if *from >= most => {
            Some(format!("it asks for {from} waiting callers, and with {most} the queue is full"))
        }
        OverflowWhen::Position(position) if *position > most => {
            Some(format!("it asks for place {position}, and with {most} waiting callers the queue is full"))
        }
        _ => None,
    }
}

/// What is wrong with a rule that does apply.
fn wrong(rule: &OverflowRule) -> Option<String> {
    match &rule.when {
        OverflowWhen::Line { from: 0, .. } => Some("0 callers always wait; nobody could join".to_owned()),
        OverflowWhen::Line { from, until } if until >= from => Some(format!(
            "the line is long from {from} callers on until {until} are left: the second number must be smaller"
        )),
        OverflowWhen::Position(position) if !(2..=AHEAD_MAX).contains(position) => {
            Some(format!("place {position}; it must be 2 to {AHEAD_MAX}"))
        }
        OverflowWhen::ExpectedWait(wait) if wait.is_zero() => Some("everybody is expected to wait so long".to_owned()),
        OverflowWhen::AllIn { states, .. } if states.contains(&AgentStatus::Ready) => {
            Some("agents who are ready for calls are no reason to go elsewhere".to_owned())
        }
        _ => None,
    }
}

/// Whether the earlier rule applies whenever the later one does.
fn covers(earlier: &OverflowRule, later: &OverflowRule) -> bool {
    let is_as_early = earlier.after <= later.after;
    let is_as_wide = (earlier.joining || !later.joining) && (earlier.waiting || !later.waiting);
    is_as_early
        && is_as_wide
        && match (&earlier.when, &later.when) {
            // By time alone, those who are being rung for too.
            (OverflowWhen::Waited, _) => true,
            (
                OverflowWhen::AllIn { states, lasting },
                OverflowWhen::AllIn { states: later_states, lasting: later_lasting },
            ) => states.is_superset(later_states) && lasting <= later_lasting,
            (OverflowWhen::ExpectedWait(wait), OverflowWhen::ExpectedWait(later)) => wait <= later,
            (OverflowWhen::Position(place), OverflowWhen::Position(later)) => place <= later,
            (OverflowWhen::Line { from, until }, OverflowWhen::Line { from: later_from, until: later_until }) => {
                from <= later_from && until <= later_until
            }
            _ => false,
        }
}

/// Queues whose overflows lead back to them without anybody's choice.
pub(super) fn loops(queues: &BTreeMap<QueueId, model::Queue>, mistakes: &mut Vec<String>) {
    let next = |queue: &model::Queue| -> Vec<QueueId> {
        let rules = queue.overflows.iter().map(|rule| &rule.to);
        rules.chain([&queue.overflow]).filter_map(waiting::next_queue).cloned().collect()
    };
    for start in queues.values() {
        let (mut seen, mut open) = (BTreeSet::new(), next(start));
        while let Some(id) = open.pop() {
            if let Some(queue) = queues.get(&id).filter(|_| seen.insert(id.clone())) {
                open.extend(next(queue));
            }
        }
        if seen.contains(&start.id) {
            mistakes.push(format!("queue {:?}: its overflow leads back to itself", start.id.as_str()));
        }
    }
}
