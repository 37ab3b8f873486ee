//! What if, and what next: days and hours played on the production floor.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::Fault;
use super::figures::{interval, time};
use super::{Centre, json as body, queues};
use crate::forecast::{self, Comparison, Measures, Presence, Scenario};
use crate::id::{AgentId, QueueId};
use crate::routing::{Between, Member, Membership, Order, Strategy};
use crate::time::Timestamp;

/// Longest interval that is played: a day may have 25 hours.
const DAY_MAX: Duration = Duration::from_secs(25 * 3600);
/// Longest outlook, s.
const HORIZON_MAX_S: u64 = 8 * 3600;
/// Replications unless said, fewer where a day has many calls.
const REPLICATIONS: usize = 20;
/// Most replications.
const REPLICATIONS_MAX: usize = 200;
/// Most calls played for one question, over all replications of both sides: some seconds of one core.
const PLAYED_MAX: usize = 200_000;
/// Most agents that a question adds.
const ADDED_MAX: u32 = 500;
/// Most calls an hour that an outlook is made of.
const CALLS_PER_HOUR_MAX: f64 = 20_000.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    from: Option<String>,
    to: Option<String>,
    replications: Option<usize>,
    #[serde(default)]
    seed: u64,
    between: Option<Between>,
    #[serde(default)]
    queues: BTreeMap<String, OfQueue>,
    #[serde(default)]
    serves: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    away: Vec<Away>,
    #[serde(default)]
    add: Vec<Added>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfQueue {
    strategy: Option<String>,
    order: Option<Order>,
    answer_within_ms: Option<u64>,
    ring_timeout_ms: Option<u64>,
    ring_at_once: Option<u16>,
    wait_max_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Away {
    agent: String,
    from: Option<String>,
    to: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    count: u32,
    serves: Vec<String>,
    #[serde(default)]
    skills: BTreeMap<String, u8>,
    from: Option<String>,
    to: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ahead {
    horizon_s: Option<u64>,
    replications: Option<usize>,
    #[serde(default)]
    seed: u64,
    /// Names of agents who will be away, with commas between.
    #[serde(default)]
    away: String,
}

/// Times from one to another, those of the day where nothing is said.
fn span(
    from: Option<&String>,
    to: Option<&String>,
    day: (Timestamp, Timestamp),
) -> Result<(Timestamp, Timestamp), Fault> {
    let from = from.map_or(Ok(day.0), |from| time("from", from))?;
    let to = to.map_or(Ok(day.1), |to| time("to", to))?;
    if from < to {
        Ok((from, to))
    } else {
        Err(Fault::bad(format!("a span cannot end before it begins: {from} to {to}")))
    }
}

fn agent_named(name: &str, scenario: &Scenario) -> Result<AgentId, Fault> {
    let id = AgentId::new(name).ok().filter(|id| scenario.roster.agents.contains_key(id));
    id.ok_or_else(|| Fault::bad(format!("there is no agent {name:?}")))
}

fn queue_named(name: &str, scenario: &Scenario) -> Result<QueueId, Fault> {
    let id = QueueId::new(name).ok().filter(|id| scenario.roster.queues.contains_key(id));
    id.ok_or_else(|| Fault::bad(format!("there is no queue {name:?}")))
}

fn members(names: &[String], scenario: &Scenario) -> Result<BTreeMap<QueueId, Membership>, Fault> {
    names.iter().map(|name| Ok((queue_named(name, scenario)?, Membership::default()))).collect()
}

/// A presence without a span taken out of it.
fn without(one: Presence, away: &(AgentId, Timestamp, Timestamp)) -> Vec<Presence> {
    let (agent, from, until) = away;
    if one.agent != *agent || one.until <= *from || one.from >= *until {
        return vec![one];
    }
    let before = Presence { until: *from, ..one.clone() };
    let after = Presence { from: *until, ..one };
    [before, after].into_iter().filter(|span| span.from < span.until).collect()
}

impl Question {
    /// The day under the policy and staffing asked for.
    fn other(&self, base: &Scenario, day: (Timestamp, Timestamp)) -> Result<Scenario, Fault> {
        let mut other = base.clone();
        let mut roster = (*base.roster).clone();
        if let Some(between) = self.between {
            roster.between = between;
        }
        for (name, change) in &self.queues {
            let id = queue_named(name, base)?;
            let ringing = other.ringing.entry(id.clone()).or_default();
            let Some(policy) = roster.queues.get_mut(&id) else { continue };
            change.apply(name, policy, ringing)?;
        }
        for (name, serves) in &self.serves {
            let queues = members(serves, base)?;
            let Some(member) = roster.agents.get_mut(&agent_named(name, base)?) else { continue };
            let known = std::mem::take(&mut member.queues);
            member.queues =
                queues.into_iter().map(|(id, place)| (id.clone(), known.get(&id).copied().unwrap_or(place))).collect();
        }
        for away in &self.away {
            let (from, to) = span(away.from.as_ref(), away.to.as_ref(), day)?;
            let away = (agent_named(&away.agent, base)?, from, to);
            other.presences = other.presences.into_iter().flat_map(|one| without(one, &away)).collect();
        }
        if self.add.iter().fold(0, |sum: u32, one| sum.saturating_add(one.count)) > ADDED_MAX {
            return Err(Fault::bad(format!("at most {ADDED_MAX} agents can be added")));
        }
        for added in &self.add {
            let (from, until) = span(added.from.as_ref(), added.to.as_ref(), day)?;
            let queues = members(&added.serves, base)?;
            for _ in 0..added.count {
                let number = roster.agents.len();
                let name = (number..).map(|number| AgentId::new(format!("added-{number}")));
                let agent = name.flatten().find(|id| !roster.agents.contains_key(id));
                let Some(agent) = agent else { continue };
                let member =
                    Member { skills: added.skills.clone(), queues: queues.clone(), capacity: 1, ..Member::default() };
                roster.agents.insert(agent.clone(), member);
                other.presences.push(Presence { agent, from, until });
            }
        }
        other.roster = Arc::new(roster);
        Ok(other)
    }
}

impl OfQueue {
    fn apply(
        &self,
        name: &str,
        policy: &mut crate::routing::Policy,
        ringing: &mut forecast::Ringing,
    ) -> Result<(), Fault> {
        if let Some(strategy) = &self.strategy {
            let known =
                || format!("queue {name:?} knows no strategy {strategy:?}; there are {}", Strategy::NAMES.join(", "));
            policy.strategy = Strategy::named(strategy).ok_or_else(|| Fault::bad(known()))?;
        }
        policy.order = self.order.unwrap_or(policy.order);
        let ms = |field: &str, ms: Option<u64>, otherwise: Duration| match ms {
            Some(ms) if !(1_000..=24 * 3_600_000).contains(&ms) => {
                Err(Fault::bad(format!("queue {name:?}: `{field}` is a time in ms, 1,000 to 86,400,000")))
            }
            ms => Ok(ms.map_or(otherwise, Duration::from_millis)),
        };
        ringing.answer_within = ms("answer_within_ms", self.answer_within_ms, ringing.answer_within)?;
        ringing.timeout = ms("ring_timeout_ms", self.ring_timeout_ms, ringing.timeout)?;
        if let Some(at_once) = self.ring_at_once {
            if !(1..=10).contains(&at_once) {
                return Err(Fault::bad(format!("queue {name:?}: `ring_at_once` is 1 to 10")));
            }
            ringing.at_once = at_once;
        }
        if self.wait_max_ms.is_some() {
            ringing.wait_max = Some(ms("wait_max_ms", self.wait_max_ms, Duration::ZERO)?);
        }
        Ok(())
    }
}

fn replications(asked: Option<usize>, calls: usize) -> Result<usize, Fault> {
    let most = (PLAYED_MAX / (2 * calls.max(1))).clamp(2, REPLICATIONS_MAX);
    match asked {
        None => Ok(REPLICATIONS.min(most)),
        Some(n) if (2..=most).contains(&n) => Ok(n),
        Some(_) => Err(Fault::bad(format!("`replications` is 2 to {most} where {calls} calls are played"))),
    }
}

fn measures(of: &Measures) -> Value {
    let one = |of: &forecast::Interval| json!({"mean": of.mean, "low": of.low, "high": of.high, "day_low": of.day_low, "day_high": of.day_high, "n": of.n});
    json!({
        "service_level": one(&of.service_level),
        "abandon_rate": one(&of.abandon_rate),
        "occupancy": one(&of.occupancy),
        "answer_speed_s": one(&of.answer_speed_s),
    })
}

fn sides(base: &Measures, other: &Measures, change: &Measures) -> Value {
    json!({"base": measures(base), "other": measures(other), "change": measures(change)})
}

/// Plays on a thread of its own, one question at a time: what is asked must not keep calls waiting.
async fn played(centre: &Centre, play: impl FnOnce() -> Comparison + Send + 'static) -> Result<Comparison, Fault> {
    let busy = "another forecast is being played: ask again in a moment";
    let turn = Arc::clone(&centre.plays).try_acquire_owned();
    let turn = turn.map_err(|_| Fault::new(StatusCode::SERVICE_UNAVAILABLE, "busy", busy))?;
    let played = tokio::task::spawn_blocking(move || {
        let compared = play();
        drop(turn);
        compared
    });
    played.await.map_err(|_| Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", "the day could not be played"))
}

pub(super) async fn what_if(State(centre): State<Centre>, request: Request) -> Result<Response, Fault> {
    let asked: Question = body::read(request).await?;
    let board = &centre.switchboard;
    let now = board.now();
    let interval = interval(asked.from.as_deref(), asked.to.as_deref(), now)?;
    let until = interval.to().min(now);
    if until.since(interval.from()) > DAY_MAX {
        return Err(Fault::bad("a day has at most 25 hours: ask for several, one by one"));
    }
    let span = (interval.from(), until);
    let base = board.scenario(Vec::new());
    asked.other(&base, span)?;
    let day = board.day(&interval).await?;
    let base = Scenario { presences: day.presences.clone(), ..base };
    let other = asked.other(&base, span)?;
    let replications = replications(asked.replications, day.visits.len())?;
    let was = day.service_level(&base.ringing);
    let (calls, seed) = (day.visits.len(), asked.seed);
    let compared = played(&centre, move || forecast::what_if(&day, &base, &other, replications, seed)).await?;
    let queues: serde_json::Map<String, Value> = compared
        .queues
        .iter()
        .map(|(id, (base, other, change))| (id.to_string(), sides(base, other, change)))
        .collect();
    let mut answer = sides(&compared.base, &compared.other, &compared.change);
    if let Value::Object(fields) = &mut answer {
        fields.insert("from".to_owned(), span.0.to_string().into());
        fields.insert("to".to_owned(), span.1.to_string().into());
        fields.insert("calls".to_owned(), calls.into());
        fields.insert("replications".to_owned(), replications.into());
        fields.insert("service_level_was".to_owned(), was.into());
        fields.insert("queues".to_owned(), queues.into());
    }
    Ok(body::reply(StatusCode::OK, &answer))
}

pub(super) async fn outlook(
    State(centre): State<Centre>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<Ahead>, QueryRejection>,
) -> Result<Response, Fault> {
    let id = queues::named(path)?;
    let Query(asked) = query.map_err(|error| Fault::bad(error.body_text()))?;
    let board = &centre.switchboard;
    if !board.rules().queues.contains_key(&id) {
        return Err(Fault::not_found(format!("there is no queue {id}")));
    }
    let horizon_s = asked.horizon_s.unwrap_or(3600);
    if !(60..=HORIZON_MAX_S).contains(&horizon_s) {
        return Err(Fault::bad(format!("`horizon_s` is 60 to {HORIZON_MAX_S}")));
    }
    let scenario = board.scenario(Vec::new());
    let names = asked.away.split(',').map(str::trim).filter(|name| !name.is_empty());
    let away: BTreeSet<AgentId> = names.map(|name| agent_named(name, &scenario)).collect::<Result<_, _>>()?;
    let (now, past) = board.now_and_past().await?;
    let per_hour: f64 = now.arrivals.iter().map(|one| one.2).sum();
    if per_hour > CALLS_PER_HOUR_MAX {
        return Err(Fault::bad("there are too many calls an hour to be played"));
    }
    let horizon = Duration::from_secs(horizon_s);
    let expected = now.waiting.len() + expected_calls(per_hour, horizon_s);
    let replications = replications(asked.replications, expected)?;
    let (waiting, agents) = (now.waiting.iter().filter(|one| one.1.queue == id).count(), now.agents.len());
    let of_queue: f64 = now.arrivals.iter().filter(|one| one.0 == id).map(|one| one.2).sum();
    let at = now.at;
    let spans: Vec<Presence> =
        away.iter().map(|agent| Presence { agent: agent.clone(), from: at, until: at + horizon }).collect();
    let seed = asked.seed;
    let compared = played(&centre, move || {
        forecast::outlook(&now, &past, (&scenario, &scenario), &spans, (horizon, replications, seed))
    })
    .await?;
    let (base, other, change) = compared.queues.get(&id).cloned().unwrap_or_default();
    // Agents' time is that of all queues.
    let occupied = |of: &Measures, all: &Measures| Measures { occupancy: all.occupancy, ..*of };
    let base = occupied(&base, &compared.base);
    let mut answer = json!({
        "queue": id.as_str(),
        "as_of": at.to_string(),
        "horizon_s": horizon_s,
        "replications": replications,
        "waiting": waiting,
        "agents": agents,
        "expected_per_hour": of_queue,
        "base": measures(&base),
    });
    if let (Value::Object(fields), false) = (&mut answer, away.is_empty()) {
        fields.insert("away".to_owned(), away.iter().map(|agent| Value::from(agent.as_str())).collect());
        fields.insert("other".to_owned(), measures(&occupied(&other, &compared.other)));
        fields.insert("change".to_owned(), measures(&occupied(&change, &compared.change)));
    }
    Ok(body::reply(StatusCode::OK, &answer))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 20,000 an hour for 8 hours")]
fn expected_calls(per_hour: f64, horizon_s: u64) -> usize {
    let hours = Duration::from_secs(horizon_s).as_secs_f64() / 3600.0;
    (per_hour * hours).max(0.0) as usize
}
