//! `Enqueue`: a caller goes into a queue of the account, or becomes a TaskRouter task.

use std::time::Duration;

use super::check::{Report, Why, within};
use super::element::{Content, Part, element};
use super::parse::ParseError;
use super::place::Place;
use super::reading::Reading;
use super::text::{Json, QueueName, Sid, Url, kind};
use super::tree::Element;
use super::values::{WaitUrl, read_text};
use super::words::Method;
use super::write::Writer;

element! {
    /// Puts the caller into a queue (Twilio docs: TwiML `<Enqueue>`); the queue is made on first use.
    Enqueue (
        /// Where to.
        target: EnqueueTarget
    ) {
        /// Who is asked when the caller leaves the queue; without it the next verb runs.
        action: Url = "action";
        /// How `action` is requested; `POST` by default.
        method: Method = "method";
        /// What the caller hears while waiting, again and again; Twilio's classical music by default. Such a document is
        /// a `QueueResponse`.
        wait_url: WaitUrl = "waitUrl";
        /// How `wait_url` is requested; `POST` by default, and `GET` for the default music.
        wait_url_method: Method = "waitUrlMethod";
        /// The TaskRouter workflow; only with a task.
        workflow_sid: Sid = "workflowSid" if kind("WW");
        /// How many callers the queue takes, 1 to 5000, as Twilio's libraries write it; 1000 by default.
        max_queue_size: u32 = "maxQueueSize" if within(1, 5000);
    } check whole_enqueue
}

impl Enqueue {
    /// Puts the caller into the queue of this name.
    #[must_use]
    pub fn new(queue: impl Into<QueueName>) -> Self {
        Self::bare(EnqueueTarget::Queue(queue.into()))
    }

    /// Makes a task of this workflow for the caller.
    #[must_use]
    pub fn workflow(workflow_sid: impl Into<Sid>, task: Task) -> Self {
        Self::bare(EnqueueTarget::Task(task)).workflow_sid(workflow_sid)
    }
}

fn whole_enqueue(enqueue: &Enqueue, place: &Place<'_>, report: &mut Report) {
    let task = matches!(enqueue.target, EnqueueTarget::Task(_));
    if task != enqueue.workflow_sid.is_some() {
        let why = "a task needs a workflow, and a workflow takes no queue name";
        let what = if task { "a task without workflowSid" } else { "a queue with workflowSid" };
        report.refuse(place, Why::new(what, why, "use Enqueue::new or Enqueue::workflow").coded(14_220));
    }
}

/// Where an `Enqueue` leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnqueueTarget {
    /// A queue of the account.
    Queue(QueueName),
    /// A TaskRouter task.
    Task(Task),
}

impl Content for EnqueueTarget {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::Queue(name) => Content::write(name, out),
            Self::Task(task) => Part::write(task, out),
        }
    }

    fn read(element: &mut Element, place: &Place<'_>, reading: &mut Reading) -> Result<Option<Self>, ParseError> {
        if !element.has_child(Task::NAME) {
            return Ok(read_text(element, place, reading)?.map(Self::Queue));
        }
        let (children, text) = element.take_children();
        if !text.is_empty() {
            reading.no_text(place, &text)?;
        }
        let mut task = None;
        for (i, child) in children.into_iter().enumerate() {
            let name = child.name.clone();
            let place = place.child(&name, i);
            if name == Task::NAME && task.is_none() {
                task = Task::read(child, &place, reading)?;
            } else {
                reading.stranger(&place)?;
            }
        }
        Ok(task.map(Self::Task))
    }

    fn check(&self, place: &Place<'_>, report: &mut Report) {
        match self {
            Self::Queue(name) => report.text(name, place),
            Self::Task(task) => Part::check(task, &place.child(Task::NAME, 0), report),
        }
    }
}

element! {
    /// A TaskRouter task (Twilio docs: TwiML `<Task>`).
    Task (
        /// The task's attributes as JSON.
        attributes: Json
    ) {
        /// The higher the sooner; 0 by default.
        priority: u32 = "priority";
        /// After how many whole seconds the task is given up.
        timeout: Duration = "timeout" if within(1, u64::MAX);
    }
}

impl Task {
    /// A task with these attributes, as JSON; space at the ends is left out.
    #[must_use]
    pub fn new(attributes: impl Into<String>) -> Self {
        Self::bare(attributes.into().trim().into())
    }
}
