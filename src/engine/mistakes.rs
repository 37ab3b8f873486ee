//! Telling mistakes in a configuration.

use std::fmt;
use std::time::Duration;

use crate::engine::waiting;
use crate::id::{AgentId, QueueId};
use crate::model;
use crate::routing::skills::{LEVEL_MAX, both};
use crate::routing::{Levels, Needs};
use crate::script::Prompt;
use crate::setup::{Goto, Place};
use crate::twiml::{Play, Response, Say};

pub(super) fn keep<T, E: fmt::Display>(result: Result<T, E>, place: &str, mistakes: &mut Vec<String>) -> Option<T> {
    result.map_err(|error| mistakes.push(format!("{place}: {error}"))).ok()
}

pub(super) fn seconds(what: &str, given: Duration, allowed: std::ops::RangeInclusive<u64>, mistakes: &mut Vec<String>) {
    if given.subsec_nanos() != 0 || !allowed.contains(&given.as_secs()) {
        let (least, most) = (allowed.start(), allowed.end());
        mistakes.push(format!("{what} is {given:?}; it must be {least} to {most} whole seconds"));
    }
}

/// The names that a configuration gives to things.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    pub(super) queues: &'a [String],
    pub(super) agents: &'a [String],
}

pub(super) fn goto(to: &Goto, place: &str, names: Names<'_>, mistakes: &mut Vec<String>) -> Option<model::Target> {
    match &to.0 {
        Place::Queue { queue, priority, needs: wanted, prefer } => {
            if !names.queues.contains(queue) {
                mistakes.push(unknown(place, "queue", queue, names.queues));
                return None;
            }
            let prefer = match prefer {
                Some((agent, _)) if !names.agents.contains(agent) => {
                    mistakes.push(unknown(place, "agent", agent, names.agents));
                    return None;
                }
                Some((agent, hold_for)) => {
                    Some(model::Prefer { agent: AgentId::new(agent.clone()).ok()?, hold_for: *hold_for })
                }
                None => None,
            };
            let queue = QueueId::new(queue.clone()).ok()?;
            Some(model::Target::Queue { queue, priority: *priority, needs: needs(wanted, place, mistakes), prefer })
        }
        Place::HangUp(words) => {
            sayable(place, &[Prompt::Say(words.clone())], mistakes);
            Some(model::Target::HangUp(words.clone()))
        }
        Place::Forward(number) => keep(number.parse(), place, mistakes).map(model::Target::Forward),
        Place::Refuse(words) => {
            sayable(place, &[Prompt::Say(words.clone())], mistakes);
            Some(model::Target::Refuse(words.clone()))
        }
        Place::Callback { .. } => waiting::to_callback(&to.0, place, names, mistakes),
    }
}

/// What is needed, one skill at a time.
pub(super) fn needs(wanted: &[(String, Levels)], place: &str, mistakes: &mut Vec<String>) -> Needs {
    let mut all = Needs::new();
    for (skill, levels) in wanted {
        if levels.least == 0 || levels.most > LEVEL_MAX || levels.least > levels.most {
            let (least, most) = (levels.least, levels.most);
            mistakes
                .push(format!("{place}: skill {skill:?} is needed at levels {least} to {most}, which nobody can have"));
        }
        all = both(&all, &Needs::from([(skill.clone(), *levels)]));
    }
    all
}

/// What will be said or played is tried on the document builder now, not on a caller.
pub(super) fn sayable(place: &str, prompts: &[Prompt], mistakes: &mut Vec<String>) {
    for prompt in prompts {
        let response = match prompt {
            Prompt::Say(text) => Response::new().say(Say::new(text.as_str())),
            Prompt::Play(url) => Response::new().play(Play::new(url.as_str())),
        };
        mistakes.extend(response.check().iter().map(|refused| format!("{place}: {refused}")));
    }
}

pub(super) fn unknown(place: &str, what: &str, name: &str, known: &[String]) -> String {
    let nearest = known.iter().min_by_key(|other| distance(name, other)).filter(|other| distance(name, other) <= 2);
    let hint = nearest.map_or_else(String::new, |other| format!(" Did you mean {other:?}?"));
    let list = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("{place}: there is no {what} {name:?}.{hint} There are: {list}")
}

/// Edits between two names (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut before = i;
        let mut next = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let swap = before + usize::from(from != *to);
            before = row.get(j + 1).copied().unwrap_or(swap);
            let least = swap.min(before + 1).min(next.last().copied().unwrap_or(swap) + 1);
            next.push(least);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
