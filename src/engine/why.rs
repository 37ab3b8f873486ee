//! Why a call waits, why an agent is not offered it, and why one call goes before another.

use serde::Serialize;

use crate::core::{Refusal, RefusalKind};
use crate::engine::Switchboard;
use crate::error::Error;
use crate::id::{AgentId, CallId, QueueId};
use crate::model::{Call, CallState, EventKind};
use crate::routing::{Floor, NotHere, Precedence, Rule, Verdict};
use crate::time::Timestamp;

/// Agents told of in one answer.
const AGENTS_MAX: usize = 200;

/// Why an agent is not offered a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WhyNot {
    /// Who.
    pub agent: AgentId,
    /// The first rule that keeps the call from the agent; `None`: the agent may have it, or had it.
    pub rule: Option<Rule>,
    /// When it was so: now, or when the call was last offered.
    pub at: Timestamp,
    /// Version of the configuration that was gone by.
    pub configuration: u64,
    /// The same in words.
    pub words: String,
}

/// Why a call waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// Which call.
    pub call: CallId,
    /// Where it waits.
    pub queue: QueueId,
    /// Calls that go before it.
    pub ahead: usize,
    /// Its priority points.
    pub points: i32,
    /// Since when it counts as waiting.
    pub since: Timestamp,
    /// How far its needs have been relaxed: the time in the queue that counts as reached, ms.
    pub reached_ms: u64,
    /// The agents of the queue, by name, each with the first rule that keeps the call from them; at most 200.
    pub agents: Vec<WhyNot>,
}

fn refused(kind: RefusalKind, message: String) -> Error {
    Refusal { kind, message }.into()
}

fn not_here(reason: NotHere) -> Error {
    let kind = if matches!(reason, NotHere::Agent(_)) { RefusalKind::NotFound } else { RefusalKind::Conflict };
    refused(kind, reason.to_string())
}

impl Switchboard {
    async fn found(&self, id: CallId) -> Result<Call, Error> {
        self.call(id).await?.ok_or_else(|| refused(RefusalKind::NotFound, format!("there is no call {id}")))
    }

    /// Why the agent is not offered the call now, or was not when it was last offered.
    ///
    /// # Errors
    /// There is no such agent or call, or the call was never offered to anybody; or the store's.
    pub async fn why_not(&self, call: CallId, agent: &AgentId) -> Result<WhyNot, Error> {
        let call = self.found(call).await?;
        if !self.0.rules.agents.contains_key(agent) {
            return Err(refused(RefusalKind::NotFound, format!("there is no agent {agent}")));
        }
        if call.state != CallState::Waiting {
            return self.why_not_then(&call, agent);
        }
        self.read_floor().await?;
        let now = self.now();
        let rule = self.0.floor.ask(|floor| floor.why_not(call.id, agent, now)).map_err(not_here)?;
        Ok(self.told(agent, rule, now))
    }

    fn told(&self, agent: &AgentId, rule: Option<Rule>, at: Timestamp) -> WhyNot {
        let words = match &rule {
            Some(rule) => format!("{agent} {rule}"),
            None => format!("{agent} may have the call: it is offered when its turn comes"),
        };
        WhyNot { agent: agent.clone(), rule, at, configuration: self.0.rules.version, words }
    }

    /// As it was when the call was last offered to somebody.
    fn why_not_then(&self, call: &Call, agent: &AgentId) -> Result<WhyNot, Error> {
        let offered = call.events.iter().rev().find_map(|event| match &event.kind {
            EventKind::Offered { decision, .. } => Some((event.at, decision)),
            _ => None,
        });
        let Some((at, decision)) = offered else {
            return Err(refused(RefusalKind::Conflict, format!("call {} was never offered to anybody", call.id)));
        };
        let (rule, words) = match decision.considered.iter().find(|one| one.agent == *agent).map(|one| &one.verdict) {
            Some(Verdict::Chosen) => (None, format!("{agent} was offered the call")),
            Some(Verdict::Outranked) => {
                (None, format!("{agent} might have had the call, but others came first by {}", decision.strategy))
            }
            Some(Verdict::Refused(rule)) => (Some(rule.clone()), format!("{agent} {rule}, it was found then")),
            None => (None, format!("{agent} was not free then, or not among the first who were looked at")),
        };
        Ok(WhyNot { agent: agent.clone(), rule, at, configuration: decision.configuration, words })
    }

    /// Why a call waits: its place, how far its needs have been relaxed, and what keeps it from each agent of its queue.
    ///
    /// # Errors
    /// There is no such call, or it does not wait; or the store's.
    pub async fn why(&self, call: CallId) -> Result<Why, Error> {
        let call = self.found(call).await?;
        let (CallState::Waiting, Some(queue)) = (call.state, call.queue.clone()) else {
            let message = format!("call {} does not wait in a queue: it is {:?}", call.id, call.state);
            return Err(refused(RefusalKind::Conflict, message));
        };
        self.read_floor().await?;
        let now = self.now();
        let agents = self.0.rules.agents.values().filter(|agent| agent.queues.contains_key(&queue)).take(AGENTS_MAX);
        let ask = |floor: &Floor| -> Result<Vec<_>, NotHere> {
            agents.map(|spec| Ok((spec.id.clone(), floor.why_not(call.id, &spec.id, now)?))).collect()
        };
        let rules = self.0.floor.ask(ask).map_err(not_here)?;
        let (ahead, reached) = self.0.floor.ask(|floor| (floor.ahead(call.id), floor.reached(call.id)));
        Ok(Why {
            call: call.id,
            queue,
            ahead: ahead.unwrap_or(0),
            points: call.priority,
            since: call.queued_at.unwrap_or(call.started_at),
            reached_ms: u64::try_from(reached.unwrap_or_default().as_millis()).unwrap_or(u64::MAX),
            agents: rules.into_iter().map(|(agent, rule)| self.told(&agent, rule, now)).collect(),
        })
    }

    /// Which of two calls that wait in one queue goes first, and why.
    ///
    /// # Errors
    /// One of them does not wait, or they wait in different queues; or the store's.
    pub async fn why_first(&self, one: CallId, other: CallId) -> Result<Precedence, Error> {
        self.read_floor().await?;
        self.0.floor.ask(|floor| floor.why_first(one, other)).map_err(not_here)
    }

    /// The calls that wait in a queue, the one that goes first at the head, at most `most`; those that ring are not among them.
    ///
    /// # Errors
    /// The store's.
    pub async fn line(&self, queue: &QueueId, most: usize) -> Result<Vec<CallId>, Error> {
        self.read_floor().await?;
        Ok(self.0.floor.ask(|floor| floor.line(queue, most)))
    }
}
