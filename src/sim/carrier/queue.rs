//! Enqueue, Leave and Dial Queue (Twilio docs, TwiML Enqueue and Queue).

use std::time::Duration;

use super::Carrier;
use super::callback::pair;
use super::conference::Waiting;
use super::form::{Pairs, resolve};
use super::state::{Call, Dialling, Doing, Frame, QueueDial, Queueing, Role, Target, WaitQueue};
use super::types::{CallStatus, Hearing};
use super::xml::Element;

/// Twilio docs: a queue holds 1000 unless the API raises it.
pub(super) const QUEUE_SIZE: usize = 1000;

impl Carrier {
    pub(super) fn enqueue(&mut self, sid: &str, verb: &Element) {
        let url = self.document_url(sid);
        let name = verb.text.trim().to_owned();
        if name.is_empty() || name.chars().count() > 64 {
            self.fails(sid, 14_204, "a queue needs a name of 1 to 64 characters", &url);
            return;
        }
        let action = self.target_of(sid, verb, "action", "method");
        let wait = self.wait_target(sid, verb, "waitUrlMethod");
        if !self.queues.contains_key(&name) {
            let queue = WaitQueue::new(self.sid("QU"), self.now);
            self.queues.insert(name.clone(), queue);
        }
        let queueing = Queueing { queue: name.clone(), since: self.now, action, wait: wait.clone(), agent: None };
        let full = self.queues.get(&name).is_some_and(|q| q.members.len() >= q.max);
        self.set_doing(sid, Doing::Queueing(queueing));
        if full {
            self.notify(14_207, Some(sid), "the queue is full", &url);
            self.queue_over(sid, "queue-full");
            return;
        }
        if let Some(queue) = self.queues.get_mut(&name) {
            queue.members.push(sid.to_owned());
        }
        self.entertain(sid, wait.as_ref());
        self.serve(&name);
    }

    /// What the leg hears while it waits: the default playlist, silence, or a document.
    pub(super) fn entertain(&mut self, sid: &str, wait: Option<&Target>) {
        match Waiting::of(wait) {
            Waiting::Music(url) => self.hear(sid, Hearing::Music(url)),
            Waiting::Silence => self.hear(sid, Hearing::Silence),
            Waiting::Document(target) => {
                self.hear(sid, Hearing::Silence);
                let queue = self.live(sid).and_then(Call::queueing).map(|q| q.queue.clone());
                match queue {
                    Some(queue) => {
                        let facts = self.queue_facts(sid, &queue);
                        self.fetch(sid, Role::Wait, target, facts);
                    }
                    None => self.fetch(sid, Role::Music, target, Vec::new()),
                }
            }
        }
    }

    pub(super) fn wait_again(&mut self, sid: &str) {
        self.drop_upper(sid);
        let wait = self.live(sid).and_then(Call::queueing).and_then(|q| q.wait.clone());
        self.entertain(sid, wait.as_ref());
    }

    pub(super) fn queue_facts(&self, sid: &str, name: &str) -> Pairs {
        let Some(queue) = self.queues.get(name) else { return Vec::new() };
        let position = queue.members.iter().position(|m| m == sid).map_or(0, |at| at + 1);
        let (times, seconds) = queue.waited;
        let average = seconds / times.max(1);
        vec![
            pair("QueuePosition", position.to_string()),
            pair("QueueSid", &queue.sid),
            pair("QueueTime", self.queue_time(sid).to_string()),
            pair("AvgQueueTime", average.to_string()),
            pair("CurrentQueueSize", queue.members.len().to_string()),
            pair("MaxQueueSize", queue.max.to_string()),
        ]
    }

    pub(super) fn queue_time(&self, sid: &str) -> u64 {
        self.live(sid).and_then(Call::queueing).map_or(0, |q| self.now.since(q.since).as_secs())
    }

    /// The leg is no longer in the queue: its action, or the next verb.
    fn queue_over(&mut self, sid: &str, result: &str) {
        let Some(queueing) = self.live(sid).and_then(Call::queueing).cloned() else { return };
        self.remove_member(sid, &queueing);
        self.drop_upper(sid);
        let extra = self.queue_result(&queueing, result);
        self.set_doing(sid, Doing::Ready);
        self.hear(sid, Hearing::Silence);
        match queueing.action {
            Some(action) => self.fetch_main(sid, action, extra),
            None => self.run(sid),
        }
    }

    fn queue_result(&self, queueing: &Queueing, result: &str) -> Pairs {
        let sid = self.queues.get(&queueing.queue).map(|q| q.sid.clone()).unwrap_or_default();
        let time = self.now.since(queueing.since).as_secs();
        vec![pair("QueueResult", result), pair("QueueSid", sid), pair("QueueTime", time.to_string())]
    }

    fn remove_member(&mut self, sid: &str, queueing: &Queueing) {
        let waited = self.now.since(queueing.since).as_secs();
        if let Some(queue) = self.queues.get_mut(&queueing.queue)
            && queue.members.iter().any(|m| m == sid)
        {
            queue.members.retain(|m| m != sid);
            queue.waited = (queue.waited.0 + 1, queue.waited.1 + waited);
        }
    }

    /// Twilio docs, TwiML Leave: on with the verb after Enqueue, or its action.
    pub(super) fn leave_queue(&mut self, sid: &str) {
        self.queue_over(sid, "leave");
    }

    pub(super) fn dial_queue(&mut self, sid: &str, verb: &Element, noun: &Element) {
        let name = noun.text.trim().to_owned();
        let screen = self.target_of(sid, noun, "url", "method");
        let known = self.queues.contains_key(&name);
        let timeout = verb.number("timeout", 30);
        let queue = Some(QueueDial { name: name.clone(), screen, taken: None, queue_time: 0 });
        let dial = Dialling {
            verb: verb.clone(),
            rest: Vec::new(),
            children: Vec::new(),
            bridged: None,
            bridged_at: None,
            last: if known { CallStatus::NoAnswer } else { CallStatus::Failed },
            queue,
        };
        self.set_doing(sid, Doing::Dialling(Box::new(dial)));
        if !known {
            self.dial_over(sid);
            return;
        }
        self.hear(sid, Hearing::Ringback);
        self.wake(sid, Duration::from_secs(timeout));
        self.serve(&name);
    }

    /// Gives the oldest callers of a queue to the legs that wait for one.
    fn serve(&mut self, name: &str) {
        loop {
            let agent = self.living.iter().find(|sid| {
                let queue = self.live(sid).and_then(Call::dialling).and_then(|d| d.queue.as_ref());
                queue.is_some_and(|q| q.name == name && q.taken.is_none())
            });
            let member = self.queues.get(name).and_then(|q| q.members.first());
            let (Some(agent), Some(member)) = (agent.cloned(), member.cloned()) else { return };
            self.give(&member, &agent);
        }
    }

    fn give(&mut self, member: &str, agent: &str) {
        let time = self.queue_time(member);
        let Some(queueing) = self.live(member).and_then(Call::queueing).cloned() else { return };
        self.remove_member(member, &queueing);
        if let Some(Doing::Queueing(queueing)) =
            self.live_mut(member).and_then(|c| c.frames.first_mut()).map(|f| &mut f.doing)
        {
            queueing.agent = Some(agent.to_owned());
        }
        let Some(queue) = self.live_mut(agent).and_then(Call::dialling_mut).and_then(|d| d.queue.as_mut()) else {
            return;
        };
        queue.taken = Some(member.to_owned());
        queue.queue_time = time;
        let screen = queue.screen.clone();
        if let Some(call) = self.live_mut(agent) {
            // The wait for a caller is over.
            call.epoch += 1;
        }
        match screen {
            Some(screen) => {
                let mut facts = self.queue_result(&queueing, "");
                facts.retain(|(name, _)| name != "QueueResult");
                // Twilio docs: written with one `u`.
                facts.push(pair("DequeingCallSid", agent));
                self.drop_upper(member);
                self.hear(member, Hearing::Silence);
                self.fetch(member, Role::QueueScreen(agent.to_owned()), screen, facts);
            }
            None => self.bridge_queued(member, agent),
        }
    }

    /// The queued caller has been told what there was to tell: it is bridged, or waits on when the agent is gone.
    pub(super) fn bridge_queued(&mut self, member: &str, agent: &str) {
        self.drop_upper(member);
        let now = self.now;
        let dial = self.live_mut(agent).and_then(Call::dialling_mut);
        let ready = dial.filter(|d| d.queue.as_ref().is_some_and(|q| q.taken.as_deref() == Some(member)));
        if let Some(dial) = ready {
            dial.bridged = Some(member.to_owned());
            dial.bridged_at = Some(now);
            self.bridge(agent, member);
            return;
        }
        let Some(name) = self.live(member).and_then(Call::queueing).map(|q| q.queue.clone()) else { return };
        if let Some(queue) = self.queues.get_mut(&name) {
            queue.members.insert(0, member.to_owned());
        }
        self.wait_again(member);
        self.serve(&name);
    }

    /// The agent who had taken this caller is gone.
    pub(super) fn queued_freed(&mut self, sid: &str) {
        self.queue_over(sid, "bridged");
    }

    /// The caller whom this leg had taken is gone.
    pub(super) fn queue_dial_over(&mut self, sid: &str) {
        self.dial_over(sid);
    }

    pub(super) fn queue_dial_timeout(&mut self, sid: &str) {
        self.dial_over(sid);
    }

    /// A queued caller hung up: the action is requested although nobody is there.
    pub(super) fn queue_abandoned(&mut self, sid: &str, _frame: &Frame, queueing: &Queueing) {
        self.let_go(sid, queueing, if queueing.agent.is_some() { "bridged" } else { "hangup" });
    }

    /// REST took a queued caller away.
    pub(super) fn queue_redirected(&mut self, sid: &str, _frame: &Frame, queueing: &Queueing) {
        self.let_go(sid, queueing, if queueing.agent.is_some() { "redirected-from-bridged" } else { "redirected" });
    }

    fn let_go(&mut self, sid: &str, queueing: &Queueing, result: &str) {
        self.remove_member(sid, queueing);
        let extra = self.queue_result(queueing, result);
        if let Some(action) = &queueing.action {
            self.farewell(&sid.to_owned(), action, extra);
        }
        let Some(agent) = &queueing.agent else { return };
        // An agent whose caller left while being told about it waits for the next one.
        let waits = self.live_mut(agent).and_then(Call::dialling_mut).filter(|d| d.bridged.is_none());
        let timeout = waits.as_ref().map_or(0, |dial| dial.verb.number("timeout", 30));
        if let Some(queue) = waits.and_then(|d| d.queue.as_mut()) {
            queue.taken = None;
            let name = queue.name.clone();
            self.wake(agent, Duration::from_secs(timeout));
            self.serve(&name);
        }
    }

    /// `waitUrl`: `None` is the default playlist; an empty URL is silence.
    pub(super) fn wait_target(&mut self, sid: &str, verb: &Element, method: &str) -> Option<Target> {
        let reference = verb.attr("waitUrl")?.to_owned();
        if reference.trim().is_empty() {
            return Some(Target::post(""));
        }
        let base = self.document_url(sid);
        let url = resolve(Some(&base), &reference)?;
        Some(Target::new(url, verb.attr(method)))
    }
}
