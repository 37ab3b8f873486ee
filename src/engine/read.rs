//! Pages of calls, agents and queues.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::core::{AGENT_CALLS, AGENTS, CALLBACKS, CALLS, FLOOR, agent_key, call_key, queue_key};
use crate::engine::Switchboard;
use crate::error::Error;
use crate::id::{AgentId, CallId, QueueId};
use crate::model::{Agent, AgentStatus, Call, QueueState};
use crate::store::{Cursor, PAGE_MAX, Record, Scan};
use crate::time::Timestamp;

/// One page of calls, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallPage {
    /// The calls.
    pub calls: Vec<Call>,
    /// Where the next page starts; `None`: this was the last.
    pub next: Option<Cursor>,
}

/// A queue as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueView {
    /// Its name.
    pub queue: QueueId,
    /// Whether new callers are admitted.
    pub open: bool,
    /// Callers waiting, those among them whose place is kept for a callback.
    pub waiting: usize,
    /// Callbacks that are promised, in the line or not.
    pub callbacks: usize,
    /// When the one who has waited longest joined.
    pub longest_since: Option<Timestamp>,
    /// Agents who are ready for it.
    pub ready: usize,
}

pub(super) fn parse<T: DeserializeOwned>(record: &Record) -> Result<T, Error> {
    T::deserialize(&*record.body.0).map_err(|_| Error::Unreadable(record.key.clone()))
}

impl Switchboard {
    /// A call, with its legs and its history; `None` if there is none.
    pub async fn call(&self, id: CallId) -> Result<Option<Call>, Error> {
        let records = self.0.store.load(&[call_key(&self.0.rules.tenant, id)]).await?;
        records.into_iter().next().flatten().as_ref().map(parse).transpose()
    }

    /// An agent, as last stored; one who never signed in is read from the configuration. `None` if there is none.
    pub async fn agent(&self, id: &AgentId) -> Result<Option<Agent>, Error> {
        let records = self.0.store.load(&[agent_key(&self.0.rules.tenant, id)]).await?;
        if let Some(record) = records.into_iter().next().flatten() {
            return parse(&record).map(Some);
        }
        Ok(self.0.rules.agents.get(id).cloned().map(|spec| Agent::new(spec, self.now())))
    }

    /// A page of calls, newest first; `limit` is 1 to 256.
    pub async fn calls(&self, after: Option<Cursor>, limit: u16) -> Result<CallPage, Error> {
        self.call_page(CALLS, self.0.rules.tenant.to_string(), after, limit).await
    }

    /// A page of the calls that an agent talked in, newest first; `limit` is 1 to 256.
    pub async fn agent_calls(&self, agent: &AgentId, after: Option<Cursor>, limit: u16) -> Result<CallPage, Error> {
        self.call_page(AGENT_CALLS, format!("{}/{agent}", self.0.rules.tenant), after, limit).await
    }

    async fn call_page(
        &self,
        index: &str,
        partition: String,
        after: Option<Cursor>,
        limit: u16,
    ) -> Result<CallPage, Error> {
        let limit = limit.clamp(1, PAGE_MAX);
        let page = self.0.reports.scan(&Scan { index: index.to_owned(), partition, after, limit }).await?;
        let calls = page.records.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(CallPage { calls, next: page.next })
    }

    /// All agents, those of the configuration and those stored, by name.
    pub async fn agents(&self) -> Result<Vec<Agent>, Error> {
        let now = self.now();
        let configured = self.0.rules.agents.values();
        let mut agents: std::collections::BTreeMap<AgentId, Agent> =
            configured.map(|spec| (spec.id.clone(), Agent::new(spec.clone(), now))).collect();
        for record in self.all(AGENTS, self.0.rules.tenant.to_string()).await? {
            let agent: Agent = parse(&record)?;
            agents.insert(agent.spec.id.clone(), agent);
        }
        Ok(agents.into_values().collect())
    }

    /// All queues as they are now, by name.
    pub async fn queues(&self) -> Result<Vec<QueueView>, Error> {
        let tenant = &self.0.rules.tenant;
        let floor = self.all(FLOOR, tenant.to_string()).await?;
        let agents = floor.iter().filter(|record| record.key.as_str().starts_with("agent/")).map(parse::<Agent>);
        let ready: Vec<Agent> = agents
            .filter(|agent| agent.as_ref().map_or(true, |one| one.status() == AgentStatus::Ready))
            .collect::<Result<_, _>>()?;
        let mut views = Vec::new();
        for id in self.0.rules.queues.keys() {
            let state = self.0.reports.load(&[queue_key(tenant, id)]).await?.into_iter().next().flatten();
            let state: QueueState = state.as_ref().map(parse).transpose()?.unwrap_or_default();
            let waiting = self.all("waiting", format!("{tenant}/{id}")).await?;
            let calls = waiting.iter().map(parse::<Call>).collect::<Result<Vec<_>, _>>()?;
            let serves = |agent: &&Agent| agent.spec.queues.get(id).is_some_and(|place| place.enabled);
            let ready = ready.iter().filter(serves).count();
            views.push(QueueView {
                queue: id.clone(),
                open: !state.closed,
                waiting: calls.len(),
                callbacks: self.all(CALLBACKS, format!("{tenant}/{id}")).await?.len(),
                longest_since: calls.iter().filter_map(|call| call.queued_at).min(),
                ready,
            });
        }
        Ok(views)
    }

    /// All callbacks that are promised, queue by queue, those first that are due first.
    pub async fn callbacks(&self) -> Result<Vec<Call>, Error> {
        let mut calls = Vec::new();
        for id in self.0.rules.queues.keys() {
            let records = self.all(CALLBACKS, format!("{}/{id}", self.0.rules.tenant)).await?;
            calls.extend(records.iter().map(parse::<Call>).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(calls)
    }

    pub(super) async fn all(&self, index: &str, partition: String) -> Result<Vec<Record>, Error> {
        let (mut records, mut after) = (Vec::new(), None);
        loop {
            let scan = Scan { index: index.to_owned(), partition: partition.clone(), after, limit: PAGE_MAX };
            let page = self.0.reports.scan(&scan).await?;
            records.extend(page.records);
            after = page.next;
            if after.is_none() {
                return Ok(records);
            }
        }
    }
}
