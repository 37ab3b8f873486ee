//! Twilio TaskRouter: workers, task queues, and a workflow's filters with their targets.
//!
//! Facts from its documentation: "Task lifecycle", "Workflow configuration", "Task queue", "Queue ordering: last in, first out",
//! "Ordering workers", "Known agent routing". Each filter becomes one queue of ours, by its friendly name: that is where a
//! [`Flow`](crate::setup::Flow) sends callers, in place of the filter's expression. Its targets follow one another on one clock:
//! when a target's time is over, the workers of the next take the place of its own.
//!
//! Tasks go by priority ([`Goto::with_priority`](crate::setup::Goto::with_priority), or the target's), which waiting never
//! outweighs, then by age; with [`TaskOrder::Lifo`] the last goes first and priorities of targets go unheeded.
//!
//! Differs on purpose: a reservation that timed out does not make a worker unavailable at once (see
//! [`missed_max`](crate::engine::Builder::missed_max)), nor moves the task to the next target; a task is not canceled after many
//! rejections; idleness begins anew after a break.
//!
//! Cannot be expressed, and told: different orders of workers, orders of tasks, or `skip_if` among the targets of one filter, and
//! more than ten reserved workers. Expressions are values ([`Expression`]), not text: a misspelt attribute is told. `skip_if` is
//! `workers.available == 0` or nothing, and the last target is never skipped. A worker's capacity is one task. `IgnoreCapacity`
//! and virtual start times have no counterpart.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{MANY, Preset, RING_ALL, seconds};
use crate::routing::{Between, Levels, Needs, Order, OrderBy, Ring};
use crate::setup;

/// A task's time to live: what is left when the last target has no timeout.
const TTL: Duration = Duration::from_secs(86_400);

/// A worker's attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// Several texts.
    List(BTreeSet<String>),
}

/// Which workers: what `target_workers` and a target's `expression` say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Expression {
    /// `1 == 1`.
    #[default]
    Everybody,
    /// `name == value`.
    Is(String, Value),
    /// `name HAS 'text'`.
    Has(String, String),
    /// `name >= number`.
    AtLeast(String, i64),
    /// `name <= number`.
    AtMost(String, i64),
    /// `AND`.
    All(Vec<Self>),
    /// `OR`.
    Any(Vec<Self>),
    /// `NOT`.
    Not(Box<Self>),
}

impl Expression {
    fn holds(&self, worker: &Worker) -> bool {
        let number = |name: &String| match worker.attributes.get(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        };
        match self {
            Self::Everybody => true,
            Self::Is(name, value) => worker.attributes.get(name) == Some(value),
            Self::Has(name, text) => {
                matches!(worker.attributes.get(name), Some(Value::List(list)) if list.contains(text))
            }
            Self::AtLeast(name, least) => number(name).is_some_and(|number| number >= *least),
            Self::AtMost(name, most) => number(name).is_some_and(|number| number <= *most),
            Self::All(all) => all.iter().all(|one| one.holds(worker)),
            Self::Any(any) => any.iter().any(|one| one.holds(worker)),
            Self::Not(one) => !one.holds(worker),
        }
    }

    fn names<'a>(&'a self, found: &mut Vec<&'a str>) {
        match self {
            Self::Everybody => {}
            Self::Is(name, _) | Self::Has(name, _) | Self::AtLeast(name, _) | Self::AtMost(name, _) => found.push(name),
            Self::All(all) | Self::Any(all) => all.iter().for_each(|one| one.names(found)),
            Self::Not(one) => one.names(found),
        }
    }
}

/// A worker: an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Worker {
    /// Friendly name.
    pub friendly_name: String,
    /// Attributes.
    pub attributes: BTreeMap<String, Value>,
}

impl Worker {
    fn in_our_words(&self) -> setup::Agent {
        self.attributes.iter().fold(setup::Agent::new(&*self.friendly_name), |agent, (name, value)| match value {
            Value::Number(number) => agent.attribute(&**name, *number),
            Value::Text(_) | Value::List(_) => agent,
        })
    }
}

/// `task_order` of a task queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TaskOrder {
    /// By priority, then the oldest.
    #[default]
    Fifo,
    /// The last; priority goes unheeded.
    Lifo,
}

/// A task queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskQueue {
    /// Friendly name.
    pub friendly_name: String,
    /// `target_workers`.
    pub target_workers: Expression,
    /// `task_order`.
    pub task_order: TaskOrder,
    /// `max_reserved_workers`, 1 to 10.
    pub max_reserved_workers: u32,
}

impl Default for TaskQueue {
    fn default() -> Self {
        Self {
            friendly_name: String::new(),
            target_workers: Expression::default(),
            task_order: TaskOrder::default(),
            max_reserved_workers: 1,
        }
    }
}

/// A target of a filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Target {
    /// Which task queue.
    pub queue: String,
    /// `expression`: which of the queue's workers.
    pub expression: Expression,
    /// `known_worker_friendly_name`: only this worker.
    pub known_worker: Option<String>,
    /// `priority` in place of the task's, which is then not to be given.
    pub priority: Option<i32>,
    /// `timeout`, whole seconds; `None`: until the task's time to live is over.
    pub timeout: Option<u64>,
    /// `order_by`, as in `level DESC, seniority ASC`; empty: the worker longest without a task.
    pub order_by: String,
    /// `skip_if: workers.available == 0`.
    pub skip_if_none_available: bool,
}

/// A filter of the workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// `filter_friendly_name`: the name of our queue.
    pub friendly_name: String,
    /// Targets in turn.
    pub targets: Vec<Target>,
}

/// A workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Workflow {
    /// Filters; the default filter is one of them.
    pub filters: Vec<Filter>,
    /// `task_reservation_timeout`, whole seconds, 5 to 600.
    #[serde(with = "seconds")]
    pub task_reservation_timeout: Duration,
}

impl Default for Workflow {
    fn default() -> Self {
        Self { filters: Vec::new(), task_reservation_timeout: Duration::from_secs(120) }
    }
}

/// A workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Workspace {
    /// Workers.
    pub workers: Vec<Worker>,
    /// Task queues.
    pub task_queues: Vec<TaskQueue>,
    /// The workflow of voice calls.
    pub workflow: Workflow,
}

impl From<Workspace> for Preset {
    fn from(space: Workspace) -> Self {
        let mut preset = Self { between: Between::Score, ..Self::default() };
        preset.agents = space.workers.iter().map(Worker::in_our_words).collect();
        for queue in &space.task_queues {
            space.names_are_known(&format!("task queue {:?}", queue.friendly_name), &queue.target_workers, &mut preset);
        }
        for filter in &space.workflow.filters {
            space.add(filter, &mut preset);
        }
        preset
    }
}

impl Workspace {
    /// A misspelt name silently matches nobody there.
    fn names_are_known(&self, place: &str, expression: &Expression, preset: &mut Preset) {
        let mut names = Vec::new();
        expression.names(&mut names);
        for name in names {
            if !self.workers.iter().any(|worker| worker.attributes.contains_key(name)) {
                preset.mistakes.push(format!("{place}: no worker has the attribute {name:?}"));
            }
        }
    }

    fn pool(&self, queue: &TaskQueue, target: &Target) -> Vec<&str> {
        let is_known = |worker: &&Worker| target.known_worker.as_ref().is_none_or(|name| worker.friendly_name == *name);
        let may = |worker: &&Worker| queue.target_workers.holds(worker) && target.expression.holds(worker);
        self.workers.iter().filter(is_known).filter(may).map(|worker| &*worker.friendly_name).collect()
    }

    fn add(&self, filter: &Filter, preset: &mut Preset) {
        let place = format!("filter {:?}", filter.friendly_name);
        let mut targets: Vec<Staged<'_>> = Vec::new();
        for target in &filter.targets {
            self.names_are_known(&place, &target.expression, preset);
            match self.task_queues.iter().find(|queue| queue.friendly_name == target.queue) {
                Some(queue) => targets.push((target, queue)),
                None => preset.mistakes.push(format!("{place}: there is no task queue {:?}", target.queue)),
            }
        }
        let Some((first, task_queue)) = targets.first().copied() else {
            preset.mistakes.push(format!("{place}: it has no target"));
            return;
        };
        one_of_each(&place, &targets, preset);
        let is_lifo = task_queue.task_order == TaskOrder::Lifo;
        let points = |target: &Target| if is_lifo { 0 } else { target.priority.unwrap_or(0) };
        let mut queue = setup::Queue::new(&*filter.friendly_name)
            .order(if is_lifo { Order::LastFirst } else { Order::Strict })
            .priority(points(first))
            .ring_timeout(self.workflow.task_reservation_timeout)
            .ring_at_once(task_queue.max_reserved_workers.min(RING_ALL))
            .waiting_max(MANY);
        queue = ordered(filter, &first.order_by, queue, preset);
        if first.skip_if_none_available {
            queue = queue.skip_unstaffed();
        }
        let (mut after, mut until, mut before) = (Duration::ZERO, None, None);
        let mut serving: BTreeSet<&str> = BTreeSet::new();
        for (at, (target, task_queue)) in (1..).zip(&targets) {
            let skill = format!("{} target {at}", filter.friendly_name);
            let pool = self.pool(task_queue, target);
            if pool.is_empty() {
                preset.mistakes.push(format!("{place}: no worker is matched by target {at}"));
                continue;
            }
            for name in &pool {
                preset.agent(name, |agent| agent.skill(&*skill));
            }
            serving.extend(pool);
            match before.replace((skill.clone(), points(target))) {
                None => queue = queue.needs(skill),
                Some((old, points_before)) => {
                    let need = Needs::from([(skill, Levels::ANY)]);
                    let points = points(target).saturating_sub(points_before);
                    queue = queue.ring(Ring { after, drop: BTreeSet::from([old]), need, points, ..Ring::default() });
                }
            }
            after += target.timeout.map_or(TTL, Duration::from_secs);
            until = Some(after.min(TTL));
            if target.timeout.is_none() {
                break;
            }
        }
        preset.queues.push(queue.wait_max(until.unwrap_or(TTL)));
        for name in serving {
            preset.agent(name, |agent| agent.serves([&*filter.friendly_name]));
        }
    }
}

/// A target with its task queue.
type Staged<'a> = (&'a Target, &'a TaskQueue);

/// What a queue of ours has once, and targets of a filter could have each.
fn one_of_each(place: &str, targets: &[Staged<'_>], preset: &mut Preset) {
    let differ = |is_same: fn(&Staged<'_>, &Staged<'_>) -> bool| {
        targets.windows(2).any(|pair| matches!(pair, [a, b] if !is_same(a, b)))
    };
    let all = "its targets are stages of one queue";
    if differ(|a, b| a.0.order_by == b.0.order_by) {
        preset.cannot(place, "`order_by` that differs among the targets", all);
    }
    if differ(|a, b| a.1.task_order == b.1.task_order) {
        preset.cannot(place, "`task_order` that differs among the targets", all);
    }
    if differ(|a, b| a.1.max_reserved_workers == b.1.max_reserved_workers) {
        preset.cannot(place, "`max_reserved_workers` that differs among the targets", all);
    }
    let skips = targets.split_last().map_or([].as_slice(), |(_, before)| before);
    if skips.windows(2).any(|pair| matches!(pair, [a, b] if a.0.skip_if_none_available != b.0.skip_if_none_available)) {
        preset.cannot(place, "`skip_if` that differs among the targets", all);
    }
    if targets.iter().any(|(_, queue)| queue.max_reserved_workers > RING_ALL) {
        preset.cannot(place, "`max_reserved_workers` above 10", "at most ten agents are rung at once");
    }
}

/// By any number of attributes; equal ones are told apart by who is free longest.
fn ordered(filter: &Filter, order_by: &str, queue: setup::Queue, preset: &mut Preset) -> setup::Queue {
    if order_by.trim().is_empty() {
        return queue.strategy("longest_idle");
    }
    let place = format!("filter {:?}: order_by", filter.friendly_name);
    let mut by: Vec<OrderBy> = Vec::new();
    for one in order_by.split(',') {
        let words: Vec<&str> = one.split_whitespace().collect();
        let (name, descending) = match words.as_slice() {
            [name] | [name, "ASC"] => (*name, false),
            [name, "DESC"] => (*name, true),
            other => {
                preset.mistakes.push(format!("{place}: {one:?} is not a name with ASC or DESC"));
                (other.first().copied().unwrap_or_default(), false)
            }
        };
        let name = name.strip_prefix("worker.").unwrap_or(name);
        by.push(OrderBy { attribute: name.to_owned(), descending });
    }
    queue.order_by(by)
}
