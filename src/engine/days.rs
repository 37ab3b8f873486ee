//! What is stored of a day, to be played again; and the floor as it is now, to be played on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::core::{AGENTS, CALLS, FLOOR, Refusal, RefusalKind};
use crate::engine::Switchboard;
use crate::engine::figures::just_before;
use crate::engine::read::parse;
use crate::error::Error;
use crate::forecast::{Day, Doing, Now, Presence, Ringing, Scenario};
use crate::id::{AgentId, CallId, QueueId};
use crate::model::{Agent, AgentEvent, AgentStatus, Call};
use crate::report::{Interval, SERVICE_LEVEL_MS};
use crate::store::{PAGE_MAX, Scan};
use crate::time::Timestamp;

/// Most calls of one day that is played.
pub const DAY_CALLS_MAX: usize = 20_000;
/// How far back an outlook looks for how patient callers are and how agents work.
const PAST: Duration = Duration::from_secs(24 * 3600);
/// How many calls of it are enough.
const PAST_CALLS: usize = 4000;

impl Switchboard {
    /// The day that an interval was: its calls, those that began in it, and who was signed in when. What lies in the future is not
    /// part of it.
    ///
    /// # Errors
    /// The interval has more than [`DAY_CALLS_MAX`] calls; or the store's.
    pub async fn day(&self, interval: &Interval) -> Result<Day, Error> {
        let until = interval.to().min(self.now());
        let calls = self.calls_began(interval.from(), until, DAY_CALLS_MAX + 1).await?;
        if calls.len() > DAY_CALLS_MAX {
            let message = format!("the interval has more than {DAY_CALLS_MAX} calls: ask for a shorter one");
            return Err(Refusal { kind: RefusalKind::Invalid, message }.into());
        }
        let mut presences = Vec::new();
        for record in self.all(AGENTS, self.0.rules.tenant.to_string()).await? {
            let (agent, mut entries) = self.entries(&record, interval).await?;
            entries.sort_by_key(|entry| entry.seq);
            entries.dedup_by_key(|entry| entry.seq);
            presences.extend(spans(&agent, &entries, interval.from(), until));
        }
        Ok(Day::from_calls(&calls, presences, &self.wrap_ups()))
    }

    /// The scenario of the configuration in force, with these people.
    #[must_use]
    pub fn scenario(&self, presences: Vec<Presence>) -> Scenario {
        let rules = &self.0.rules;
        let usual = Duration::from_millis(u64::try_from(SERVICE_LEVEL_MS).unwrap_or(0));
        let ringing = rules.queues.iter().map(|(id, queue)| {
            let within = rules.roster.queues.get(id).map(|policy| policy.answer_within).filter(|time| !time.is_zero());
            let ringing = Ringing {
                answer_within: within.unwrap_or(usual),
                at_once: u16::try_from(queue.ring_at_once).unwrap_or(u16::MAX),
                timeout: queue.ring_timeout,
                rest: rules.missed_rest,
                wait_max: Some(queue.wait_max),
            };
            (id.clone(), ringing)
        });
        Scenario { roster: Arc::clone(&rules.roster), ringing: ringing.collect(), presences }
    }

    /// The floor as it is: who waits, who is signed in, and as many calls to come as in the hour before; with what is known of the
    /// last day, of which the latest 4,000 calls are enough.
    ///
    /// # Errors
    /// The store's.
    pub async fn now_and_past(&self) -> Result<(Now, Day), Error> {
        let at = self.now();
        let calls = self.calls_began(at - PAST, at, PAST_CALLS).await?;
        let past = Day::from_calls(&calls, Vec::new(), &self.wrap_ups());
        let mut now = Now { at, ..Now::default() };
        // A call that is not over has come, too, though it is no visit of a day yet.
        let mut open = Vec::new();
        for record in self.all(FLOOR, self.0.rules.tenant.to_string()).await? {
            if record.key.as_str().starts_with("agent/") {
                let agent: Agent = parse(&record)?;
                now.agents.extend(doing(&agent).map(|doing| (agent.spec.id.clone(), doing)));
                continue;
            }
            let call: Call = parse(&record)?;
            if call.started_at > at - Duration::from_secs(3600) && call.is_in_line() {
                open.extend(call.queue.clone().map(|queue| (queue, call.needs.clone())));
            }
            let queue = call.queue.as_ref().and_then(|id| self.0.rules.queues.get(id));
            // Whoever is rung for is with the agent who is rung.
            let waiting = queue.and_then(|queue| call.waiting(queue, at)).filter(|_| call.offers.is_empty());
            now.waiting.extend(waiting.map(|waiting| (call.id, waiting)));
        }
        let mut expected = now.expecting_as_before(&past);
        for (queue, needs) in open {
            match expected.arrivals.iter_mut().find(|one| one.0 == queue && one.1 == needs) {
                Some(one) => one.2 += 1.0,
                None => expected.arrivals.push((queue, needs, 1.0)),
            }
        }
        Ok((expected, past))
    }

    fn wrap_ups(&self) -> BTreeMap<QueueId, Duration> {
        self.0.rules.queues.iter().map(|(id, queue)| (id.clone(), queue.wrap_up)).collect()
    }

    /// The calls that began from `from` on and before `to`, the newest first, at most so many.
    async fn calls_began(&self, from: Timestamp, to: Timestamp, most: usize) -> Result<Vec<Call>, Error> {
        let tenant = self.0.rules.tenant.to_string();
        let (mut calls, mut seen) = (Vec::new(), std::collections::BTreeSet::<CallId>::new());
        let mut after = Some(just_before(to.as_micros().saturating_neg().saturating_add(1)));
        while let Some(cursor) = after {
            let scan =
                Scan { index: CALLS.to_owned(), partition: tenant.clone(), after: Some(cursor), limit: PAGE_MAX };
            let page = self.0.reports.scan(&scan).await?;
            after = page.next;
            for record in &page.records {
                let call: Call = parse(record)?;
                if call.started_at < from || calls.len() >= most {
                    return Ok(calls);
                }
                if seen.insert(call.id) {
                    calls.push(call);
                }
            }
        }
        Ok(calls)
    }
}

/// What a signed-in agent does for queues; `None`: nothing.
fn doing(agent: &Agent) -> Option<Doing> {
    let last = agent.history.last();
    match agent.status() {
        AgentStatus::Ready => Some(Doing::Free),
        AgentStatus::Offered | AgentStatus::Talking | AgentStatus::WrapUp => {
            let queue = agent.work.as_ref().and_then(|work| work.queue.clone());
            let queue = queue.or_else(|| last.and_then(|last| last.queue.clone()))?;
            // From when the conversation began.
            let call = last.and_then(|last| last.call);
            let began = agent.history.iter().find(|entry| entry.status == AgentStatus::Talking && entry.call == call);
            Some(Doing::Busy { queue, since: began.or(last).map_or(agent.since, |entry| entry.at) })
        }
        AgentStatus::Offline | AgentStatus::Break => None,
    }
}

/// The spans in which an agent wanted calls or had one.
fn spans(agent: &AgentId, entries: &[AgentEvent], from: Timestamp, until: Timestamp) -> Vec<Presence> {
    let mut spans: Vec<Presence> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let ends = entries.get(at + 1).map_or(until, |next| next.at).min(until);
        let begins = entry.at.max(from);
        if matches!(entry.status, AgentStatus::Offline | AgentStatus::Break) || begins >= ends {
            continue;
        }
        match spans.last_mut().filter(|last| last.until >= begins) {
            Some(last) => last.until = ends,
            None => spans.push(Presence { agent: agent.clone(), from: begins, until: ends }),
        }
    }
    spans
}
