//! The Queue and Member resources (Twilio docs, Queue and Member resources).

use serde_json::{Value, json};

use super::Carrier;
use super::callback::{pair, rfc2822};
use super::queue::QUEUE_SIZE;
use super::rest::{Answer, Refusal, Request, not_allowed, not_found, page, refuse};
use super::state::{Call, Doing, WaitQueue};

/// Twilio docs, Queue resource: the most that MaxSize may be.
const SIZE_MAX: u64 = 5000;

impl Carrier {
    /// Name of the queue of this sid.
    fn queue_named(&self, sid: &str) -> Option<String> {
        self.queues.iter().find(|(_, queue)| queue.sid == sid).map(|(name, _)| name.clone())
    }

    pub(super) fn queues_resource(&mut self, request: &Request<'_>) -> Answer {
        match request.method {
            "GET" => {
                let mut queues: Vec<(&String, &WaitQueue)> = self.queues.iter().collect();
                queues.sort_by(|a, b| b.1.created.cmp(&a.1.created).then_with(|| a.0.cmp(b.0)));
                let items = queues.into_iter().map(|(name, queue)| (queue.sid.clone(), self.queue_json(name, queue)));
                page(request, "queues", items.collect())
            }
            "POST" => {
                let Some(name) = self.queue_name(request, None)? else {
                    return refuse(20_001, "FriendlyName is required");
                };
                let max = queue_size(request)?.unwrap_or(QUEUE_SIZE);
                let queue = WaitQueue { max, ..WaitQueue::new(self.sid("QU"), self.now) };
                let json = self.queue_json(&name, &queue);
                self.queues.insert(name, queue);
                Ok((201, Some(json)))
            }
            _ => not_allowed(),
        }
    }

    /// The new name, where one is given that is free. 22003 for a name that is taken: the HTTP status is certain, the
    /// code is unverified.
    fn queue_name(&self, request: &Request<'_>, own: Option<&str>) -> Result<Option<String>, Refusal> {
        let Some(name) = request.given("FriendlyName") else { return Ok(None) };
        if name.chars().count() > 64 {
            return refuse(20_001, "FriendlyName must not be longer than 64 characters");
        }
        if own != Some(name) && self.queues.contains_key(name) {
            return refuse(22_003, format!("A queue named {name:?} exists already"));
        }
        Ok(Some(name.to_owned()))
    }

    pub(super) fn queue_resource(&mut self, request: &Request<'_>, sid: &str) -> Answer {
        let Some(mut name) = self.queue_named(sid) else { return not_found(request.path) };
        match request.method {
            "GET" => {}
            "POST" => {
                let new = self.queue_name(request, Some(&name))?;
                let size = queue_size(request)?;
                let now = self.now;
                if let Some(queue) = self.queues.get_mut(&name) {
                    queue.max = size.unwrap_or(queue.max);
                    queue.updated = now;
                }
                if let Some(new) = new.filter(|new| *new != name) {
                    self.rename_queue(&name, &new);
                    name = new;
                }
            }
            "DELETE" => {
                let waits = self.queues.get(&name).is_some_and(|queue| !queue.members.is_empty());
                if waits {
                    // Unverified code; Twilio docs: a queue that is not empty cannot be deleted.
                    return refuse(20_409, "The queue is not empty");
                }
                self.queues.remove(&name);
                return Ok((204, None));
            }
            _ => return not_allowed(),
        }
        match self.queues.get(&name) {
            Some(queue) => Ok((200, Some(self.queue_json(&name, queue)))),
            None => not_found(request.path),
        }
    }

    /// Those who wait in it, and those who wait for it, go on doing so under the new name.
    fn rename_queue(&mut self, old: &str, new: &str) {
        if let Some(queue) = self.queues.remove(old) {
            self.queues.insert(new.to_owned(), queue);
        }
        for sid in self.living.clone() {
            let frames = self.live_mut(&sid).map(|call| call.frames.as_mut_slice()).unwrap_or_default();
            for frame in frames {
                match &mut frame.doing {
                    Doing::Queueing(queueing) if queueing.queue == old => new.clone_into(&mut queueing.queue),
                    Doing::Dialling(dial) => {
                        if let Some(queue) = dial.queue.as_mut().filter(|queue| queue.name == old) {
                            new.clone_into(&mut queue.name);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// Twilio docs, Queue resource: the average is that of those who wait now.
    fn queue_json(&self, name: &str, queue: &WaitQueue) -> Value {
        let waits: Vec<u64> = queue.members.iter().map(|call| self.queue_time(call)).collect();
        let count = u64::try_from(waits.len()).unwrap_or(u64::MAX);
        json!({
            "sid": queue.sid,
            "account_sid": self.config.account_sid,
            "friendly_name": name,
            "current_size": waits.len(),
            "max_size": queue.max,
            "average_wait_time": waits.iter().sum::<u64>().checked_div(count).unwrap_or(0),
            "date_created": rfc2822(queue.created),
            "date_updated": rfc2822(queue.updated),
            "uri": format!("{}/Queues/{}.json", self.account_uri(), queue.sid),
        })
    }

    pub(super) fn members_resource(&mut self, request: &Request<'_>, queue: &str) -> Answer {
        let Some(name) = self.queue_named(queue) else { return not_found(request.path) };
        if request.method != "GET" {
            return not_allowed();
        }
        let members = self.queues.get(&name).map(|queue| queue.members.clone()).unwrap_or_default();
        let items = members.iter().filter_map(|call| Some((call.clone(), self.member_json(&name, call)?)));
        page(request, "queue_members", items.collect())
    }

    /// One who waits; `Front` is the one who waits longest.
    pub(super) fn member_resource(&mut self, request: &Request<'_>, queue: &str, call: &str) -> Answer {
        let Some(name) = self.queue_named(queue) else { return not_found(request.path) };
        let members = self.queues.get(&name).map(|queue| queue.members.as_slice()).unwrap_or_default();
        let member = if call == "Front" { members.first() } else { members.iter().find(|member| *member == call) };
        let Some(member) = member.cloned() else { return not_found(request.path) };
        let Some(json) = self.member_json(&name, &member) else { return not_found(request.path) };
        match request.method {
            "GET" => {}
            "POST" => {
                let Some(target) = request.target("Url", "Method")? else {
                    return refuse(21_205, "Url parameter is required.");
                };
                let extra = vec![pair("QueueSid", queue), pair("QueueTime", self.queue_time(&member).to_string())];
                self.take_over(&member);
                self.fetch_main(&member, target, extra);
            }
            _ => return not_allowed(),
        }
        Ok((200, Some(json)))
    }

    fn member_json(&self, name: &str, call: &str) -> Option<Value> {
        let queue = self.queues.get(name)?;
        let since = self.live(call).and_then(Call::queueing).map(|queueing| queueing.since)?;
        let position = queue.members.iter().position(|member| member == call)? + 1;
        Some(json!({
            "call_sid": call,
            "queue_sid": queue.sid,
            "date_enqueued": rfc2822(since),
            "position": position,
            "wait_time": self.queue_time(call),
            "uri": format!("{}/Queues/{}/Members/{call}.json", self.account_uri(), queue.sid),
        }))
    }
}

fn queue_size(request: &Request<'_>) -> Result<Option<usize>, Refusal> {
    let Some(text) = request.given("MaxSize") else { return Ok(None) };
    match text.trim().parse::<u64>() {
        Ok(size @ 1..=SIZE_MAX) => Ok(usize::try_from(size).ok()),
        _ => refuse(20_001, format!("MaxSize must be a whole number from 1 to {SIZE_MAX}")),
    }
}
