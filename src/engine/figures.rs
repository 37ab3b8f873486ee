//! Figures of what is stored.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::core::{AGENT_HISTORY, AGENTS, CALLS, ENDED, LIVE, agent_key, call_key};
use crate::engine::Switchboard;
use crate::engine::read::parse;
use crate::error::Error;
use crate::id::{AgentId, CallId, QueueId};
use crate::model::{AgentEvent, AgentHistory, AgentSpec, AgentStatus, Event, EventKind, Fact};
use crate::report::{AgentFigures, Attribution, Fairness, Figures, Interval, QueueFigures};
use crate::store::{Cursor, Key, PAGE_MAX, Record, Scan};
use crate::time::Timestamp;

/// Longer than any call lasts: Twilio ends a call after 24 h (Twilio docs: `timeLimit`).
const CALL_MAX: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// What figures need of a call's record.
#[derive(Deserialize)]
struct Told {
    id: CallId,
    started_at: Timestamp,
    #[serde(default)]
    ended_at: Option<Timestamp>,
    events: Vec<Event>,
}

/// What figures need of an agent's record.
#[derive(Deserialize)]
struct Known {
    spec: Name,
    #[serde(default)]
    history: Vec<AgentEvent>,
}

#[derive(Deserialize)]
struct Name {
    id: AgentId,
}

impl Told {
    fn facts(self) -> impl Iterator<Item = Fact> {
        let (call, mut queue) = (self.id, None);
        self.events.into_iter().map(move |event| {
            if let EventKind::Queued { queue: entered, .. } = &event.kind {
                queue = Some(entered.clone());
            }
            Fact::Call { call, queue: queue.clone(), event }
        })
    }
}

/// The agents of a queue, as one and as a team.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StaffFigures {
    /// All of them together.
    pub team: AgentFigures,
    /// Each of them.
    pub agents: BTreeMap<AgentId, AgentFigures>,
    /// How evenly offers were shared out between them.
    pub fairness: Fairness,
}

fn serves(agent: &AgentSpec, queue: &QueueId) -> bool {
    agent.queues.contains_key(queue)
}

impl Switchboard {
    /// What is stored of the interval: all calls that had not ended before it and began before its end, and what every
    /// agent did in it. Follow it live: take [`Feed::since`](crate::engine::Feed::since) before, and apply what comes
    /// then; what is told twice counts once.
    ///
    /// Its cost grows with the calls of the interval, not with those stored. An interval that is over costs in addition the
    /// calls that ended in the day after it, for one of them may have begun before it.
    pub async fn figures(&self, interval: &Interval) -> Result<Figures, Error> {
        let mut figures = Figures::new();
        self.calls_of(interval, &mut figures).await?;
        let mut finished_up = Vec::new();
        for record in self.all(AGENTS, self.0.rules.tenant.to_string()).await? {
            finished_up.extend(self.history(&record, interval, &mut figures).await?);
        }
        self.calls_named(&finished_up, &mut figures).await?;
        Ok(figures)
    }

    /// The figures of a queue in the interval, as of now.
    ///
    /// # Errors
    /// `NotFound` when the configuration has no such queue; the store's.
    pub async fn queue_figures(
        &self,
        queue: &QueueId,
        interval: &Interval,
        by: Attribution,
    ) -> Result<QueueFigures, Error> {
        self.queue_of_rules(queue)?;
        Ok(self.figures(interval).await?.queue(queue, interval, by, self.now()))
    }

    /// The figures of the agents who serve a queue, in the interval, as of now. They are those of all that the agents did:
    /// an agent of two queues is idle for both.
    ///
    /// # Errors
    /// `NotFound` when the configuration has no such queue; the store's.
    pub async fn staff_figures(&self, queue: &QueueId, interval: &Interval) -> Result<StaffFigures, Error> {
        self.queue_of_rules(queue)?;
        Ok(self.staff_of(&self.figures(interval).await?, queue, interval, self.now()))
    }

    /// The figures of an agent in the interval, as of now.
    ///
    /// # Errors
    /// `NotFound` when neither the configuration nor the store has such an agent; the store's.
    pub async fn agent_figures(&self, agent: &AgentId, interval: &Interval) -> Result<AgentFigures, Error> {
        Ok(self.figures_with(agent, interval).await?.agent(agent, interval, self.now()))
    }

    /// What is stored of the calls of the interval and of this agent.
    pub(crate) async fn figures_with(&self, agent: &AgentId, interval: &Interval) -> Result<Figures, Error> {
        let record = self.0.reports.load(&[agent_key(&self.0.rules.tenant, agent)]).await?.into_iter().next().flatten();
        if record.is_none() && !self.0.rules.agents.contains_key(agent) {
            return Err(not_found("agent", agent));
        }
        let mut figures = Figures::new();
        self.calls_of(interval, &mut figures).await?;
        if let Some(record) = record {
            let finished_up = self.history(&record, interval, &mut figures).await?;
            self.calls_named(finished_up.as_slice(), &mut figures).await?;
        }
        Ok(figures)
    }

    /// The figures of the agents who serve a queue, from facts that were read before, as of `now`.
    #[must_use]
    pub fn staff_of(&self, figures: &Figures, queue: &QueueId, interval: &Interval, now: Timestamp) -> StaffFigures {
        let mut agents = figures.agents(interval, now);
        agents.retain(|agent, _| self.0.rules.agents.get(agent).is_some_and(|spec| serves(spec, queue)));
        let mut team = AgentFigures::default();
        for agent in agents.values() {
            // All were computed just now, by the same definitions.
            let _ = team.merge(agent);
        }
        StaffFigures { team, fairness: Fairness::between(agents.values()), agents }
    }

    fn queue_of_rules(&self, queue: &QueueId) -> Result<(), Error> {
        if self.0.rules.queues.contains_key(queue) { Ok(()) } else { Err(not_found("queue", queue)) }
    }

    async fn calls_of(&self, interval: &Interval, figures: &mut Figures) -> Result<(), Error> {
        let tenant = self.0.rules.tenant.to_string();
        let (from, to) = (interval.from(), interval.to());
        let mut take = |call: Told| call.facts().for_each(|fact| figures.apply(&fact));
        // Live ones first: a call that ends meanwhile is found again among those that have ended.
        for record in self.all(LIVE, tenant.clone()).await? {
            let call: Told = parse(&record)?;
            if call.started_at < to {
                take(call);
            }
        }
        let mut after = Some(just_before(from.as_micros()));
        while let Some(cursor) = after {
            let page = self.page(ENDED, tenant.clone(), cursor, PAGE_MAX).await?;
            after = page.next;
            for record in &page.records {
                let call: Told = parse(record)?;
                let ended_at = call.ended_at.unwrap_or(from);
                if ended_at >= to + CALL_MAX {
                    after = None;
                }
                if call.started_at < to && (call.started_at < from || ended_at < to) {
                    take(call);
                }
            }
        }
        // Newest first: those that began in the interval and ended after it.
        let mut after = Some(just_before(to.as_micros().saturating_neg().saturating_add(1)));
        while let Some(cursor) = after {
            let page = self.page(CALLS, tenant.clone(), cursor, PAGE_MAX).await?;
            after = page.next;
            for record in &page.records {
                let call: Told = parse(record)?;
                if call.started_at < from {
                    after = None;
                    break;
                }
                take(call);
            }
        }
        Ok(())
    }

    async fn calls_named(&self, calls: &[CallId], figures: &mut Figures) -> Result<(), Error> {
        let keys: Vec<Key> = calls.iter().map(|call| call_key(&self.0.rules.tenant, *call)).collect();
        for keys in keys.chunks(usize::from(PAGE_MAX)) {
            for record in self.0.reports.load(keys).await?.iter().flatten() {
                parse::<Told>(record)?.facts().for_each(|fact| figures.apply(&fact));
            }
        }
        Ok(())
    }

    /// What the agent of this record did in the interval, and was doing when it began. Returns the call that was being
    /// finished up then: it had ended before.
    async fn history(
        &self,
        record: &Record,
        interval: &Interval,
        figures: &mut Figures,
    ) -> Result<Option<CallId>, Error> {
        let known: Known = parse(record)?;
        let agent = known.spec.id;
        let mut entries = known.history;
        let partition = format!("{}/{agent}", self.0.rules.tenant);
        let mut after = Some(just_before(interval.from().as_micros()));
        while let Some(cursor) = after {
            let page = self.page(AGENT_HISTORY, partition.clone(), cursor, PAGE_MAX).await?;
            after = page.next;
            for record in &page.records {
                let older: AgentHistory = parse(record)?;
                if older.entries.first().is_some_and(|first| first.at >= interval.to()) {
                    after = None;
                }
                entries.extend(older.entries);
            }
        }
        let in_force = entries.iter().filter(|entry| entry.at < interval.from()).max_by_key(|entry| entry.seq);
        let finished_up = in_force.filter(|entry| entry.status == AgentStatus::WrapUp).and_then(|entry| entry.call);
        for event in entries {
            figures.apply(&Fact::Agent { agent: agent.clone(), event });
        }
        Ok(finished_up)
    }

    async fn page(
        &self,
        index: &str,
        partition: String,
        after: Cursor,
        limit: u16,
    ) -> Result<crate::store::Page, Error> {
        let scan = Scan { index: index.to_owned(), partition, after: Some(after), limit };
        Ok(self.0.reports.scan(&scan).await?)
    }
}

/// The place after which everything from `major` on comes.
fn just_before(major: i64) -> Cursor {
    Cursor { sort: [major.saturating_sub(1), i64::MAX], key: Key::new("") }
}

fn not_found(what: &str, name: impl std::fmt::Display) -> Error {
    crate::core::Refusal { kind: crate::core::RefusalKind::NotFound, message: format!("there is no {what} {name}") }
        .into()
}
