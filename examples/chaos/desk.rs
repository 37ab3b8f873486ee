//! People at their screens, over the API: agents come and go, calls are placed, waiting callers are put first. What the call
//! centre has said yes to is written down, and read back later.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::sim::carrier::EndpointScript;
use switchboard::simulator::Simulator;
use tokio::sync::watch;

use crate::Failure;
use crate::balancer::Journal;
use crate::chance::Chance;

const STEP: Duration = Duration::from_millis(400);
/// Most agents who are on a break at the same time, of 100.
const AWAY_PERCENT: usize = 10;
/// How long a customer whom we call stays on the line.
const CUSTOMER_STAYS: Duration = Duration::from_secs(25);
/// How often a fact is asked for before it counts as unreadable.
const READS_MAX: u32 = 20;

/// What an agent asked for, and what was said to it.
#[derive(Clone, Debug, Default)]
struct Wish {
    /// `None`: ready.
    reason: Option<String>,
    /// Version of the wish when it was acknowledged; `None`: it is not known whether it was heard.
    acknowledged: Option<u64>,
}

#[derive(Debug, Default)]
struct Facts {
    wishes: BTreeMap<String, Wish>,
    /// By idempotency key: the number, and the call when it was acknowledged.
    placed: BTreeMap<String, (String, Option<String>)>,
    /// By call: the points that were acknowledged, and those that were asked for since, which may hold too.
    priorities: BTreeMap<String, (Option<i64>, BTreeSet<i64>)>,
    acknowledged: usize,
    lost: BTreeSet<String>,
}

/// The screens.
#[derive(Debug)]
pub(crate) struct Desk {
    http: reqwest::Client,
    base: String,
    token: String,
    facts: Mutex<Facts>,
}

impl Desk {
    pub(crate) fn new(base: &str, token: &str, agents: &[String]) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).no_proxy().build()?;
        let wishes = agents.iter().map(|agent| (agent.clone(), Wish::default())).collect();
        let facts = Mutex::new(Facts { wishes, ..Facts::default() });
        Ok(Self { http, base: format!("{base}/api/v1"), token: token.to_owned(), facts })
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Agents who are at their desks for all we know: their wish to be so was acknowledged.
    pub(crate) fn at_desk(&self) -> BTreeSet<String> {
        let facts = self.facts();
        let ready = facts.wishes.iter().filter(|(_, wish)| wish.reason.is_none() && wish.acknowledged.is_some());
        ready.map(|(agent, _)| agent.clone()).collect()
    }

    /// `None`: it is not known whether it was done.
    async fn ask(&self, method: Method, path: &str, body: Option<Value>, key: Option<&str>) -> Option<(u16, Value)> {
        let mut request = self.http.request(method, format!("{}/{path}", self.base)).bearer_auth(&self.token);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body.to_string());
        }
        let reply = request.send().await.ok()?;
        let status = reply.status().as_u16();
        if status >= 500 {
            return None;
        }
        let text = reply.text().await.ok()?;
        Some((status, serde_json::from_str(&text).unwrap_or_default()))
    }

    /// Signs all agents in; on return each is.
    pub(crate) async fn open(&self, until: Instant) -> Result<(), Failure> {
        loop {
            let away: Vec<String> = {
                let facts = self.facts();
                facts
                    .wishes
                    .iter()
                    .filter(|(_, wish)| wish.acknowledged.is_none())
                    .map(|(name, _)| name.clone())
                    .collect()
            };
            if away.is_empty() {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(format!("{} agents could not sign in", away.len()).into());
            }
            for agent in away {
                self.wish(&agent, None).await;
            }
        }
    }

    /// An agent asks to be ready, or for a break.
    async fn wish(&self, agent: &str, reason: Option<String>) {
        let body = match &reason {
            None => json!({"action": "ready"}),
            Some(reason) => json!({"action": "break", "reason": reason}),
        };
        self.facts().wishes.insert(agent.to_owned(), Wish { reason: reason.clone(), acknowledged: None });
        let Some((200, shown)) = self.ask(Method::POST, &format!("agents/{agent}"), Some(body), None).await else {
            return;
        };
        let mut facts = self.facts();
        facts.acknowledged += 1;
        let acknowledged = shown.get("intent_version").and_then(Value::as_u64);
        facts.wishes.insert(agent.to_owned(), Wish { reason, acknowledged });
    }

    /// Works until `working` is over.
    pub(crate) async fn work(&self, simulator: &Simulator, seed: u64, every: Duration, working: watch::Receiver<bool>) {
        let mut chance = Chance::new(seed ^ 0x6465_736B);
        let mut next_call = Instant::now() + every;
        let mut round = 0_u32;
        while *working.borrow() {
            round += 1;
            self.somebody_comes_or_goes(&mut chance, round).await;
            self.look().await;
            if next_call <= Instant::now() {
                next_call += every;
                self.place(simulator, round).await;
            }
            if round.is_multiple_of(4) {
                self.put_first(i64::from(round)).await;
            }
            tokio::time::sleep(STEP).await;
        }
    }

    async fn somebody_comes_or_goes(&self, chance: &mut Chance, round: u32) {
        let (agent, wish, away, count) = {
            let facts = self.facts();
            let unsure = facts.wishes.iter().find(|(_, wish)| wish.acknowledged.is_none());
            let count = facts.wishes.len();
            let any = facts.wishes.iter().nth(chance.below(count));
            let Some((agent, wish)) = unsure.or(any) else { return };
            let away = facts.wishes.values().filter(|wish| wish.reason.is_some()).count();
            (agent.clone(), wish.clone(), away, count)
        };
        let leaves = wish.acknowledged.is_some() && wish.reason.is_none() && away * 100 < count * AWAY_PERCENT;
        let reason = if wish.acknowledged.is_none() { wish.reason } else { leaves.then(|| format!("break {round}")) };
        self.wish(&agent, reason).await;
    }

    /// Looks at everybody: nobody's acknowledged wish has been forgotten.
    async fn look(&self) {
        let before = self.facts().wishes.clone();
        let Some((200, shown)) = self.ask(Method::GET, "agents", None, None).await else { return };
        for agent in shown.get("agents").and_then(Value::as_array).into_iter().flatten() {
            let name = agent.get("id").and_then(Value::as_str).unwrap_or_default();
            let wrong = before.get(name).and_then(|wish| wish.is_forgotten(agent));
            self.facts().lost.extend(wrong.map(|wrong| format!("agent {name}: {wrong}")));
        }
    }

    /// Places a call, again and again under the same key until it is acknowledged.
    async fn place(&self, simulator: &Simulator, round: u32) {
        let key = format!("order {round}");
        let to = format!("+1{}55501{:02}", 900 + round / 100 % 90, round % 100);
        simulator.with(|carrier| {
            carrier.script(&to, EndpointScript { then: Some(CUSTOMER_STAYS), ..EndpointScript::default() });
        });
        self.facts().placed.insert(key.clone(), (to.clone(), None));
        for _ in 0..READS_MAX {
            let body = json!({"to": to, "queue": "sales"});
            let Some((202, reply)) = self.ask(Method::POST, "calls", Some(body), Some(&key)).await else {
                tokio::time::sleep(STEP).await;
                continue;
            };
            let id = reply.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            let mut facts = self.facts();
            facts.acknowledged += 1;
            facts.placed.insert(key, (to, Some(id)));
            return;
        }
    }

    /// Gives a waiting call points.
    async fn put_first(&self, points: i64) {
        let Some((200, page)) = self.ask(Method::GET, "calls?limit=30", None, None).await else { return };
        let calls = page.get("calls").and_then(Value::as_array).cloned().unwrap_or_default();
        let Some(call) = calls.iter().find(|call| call.get("state").and_then(Value::as_str) == Some("waiting")) else {
            return;
        };
        let id = call.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.facts().priorities.entry(id.clone()).or_default().1.insert(points);
        let asked = self.ask(Method::POST, &format!("calls/{id}/place"), Some(json!({"priority": points})), None).await;
        let mut facts = self.facts();
        match asked {
            Some((200, _)) => {
                facts.acknowledged += 1;
                facts.priorities.insert(id, (Some(points), BTreeSet::new()));
            }
            // Refused: it waits no more.
            Some(_) => drop(facts.priorities.entry(id).or_default().1.remove(&points)),
            None => {}
        }
    }

    async fn read(&self, path: &str) -> Option<(u16, Value)> {
        for _ in 0..READS_MAX {
            if let Some(read) = self.ask(Method::GET, path, None, None).await {
                return Some(read);
            }
            tokio::time::sleep(STEP).await;
        }
        None
    }

    /// All calls, each whole, by id.
    pub(crate) async fn calls(&self) -> Result<BTreeMap<String, Value>, Failure> {
        let (mut ids, mut after) = (Vec::new(), String::new());
        loop {
            let (_, page) = self.read(&format!("calls?limit=256{after}")).await.ok_or("calls cannot be listed")?;
            let calls = page.get("calls").and_then(Value::as_array).into_iter().flatten();
            ids.extend(calls.filter_map(|call| call.get("id")?.as_str().map(str::to_owned)));
            match page.get("next").and_then(Value::as_str) {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let mut calls = BTreeMap::new();
        for id in ids {
            let (_, call) = self.read(&format!("calls/{id}")).await.ok_or("a call cannot be read")?;
            calls.insert(id, call);
        }
        Ok(calls)
    }

    /// Everything that was acknowledged and is not so, and how much was acknowledged.
    pub(crate) async fn read_back(&self, calls: &BTreeMap<String, Value>, journal: &Journal) -> (Vec<String>, usize) {
        self.look().await;
        let facts = self.facts();
        let mut lost: Vec<String> = facts.lost.iter().cloned().collect();
        for (key, (to, id)) in &facts.placed {
            if id.as_ref().is_some_and(|id| !calls.contains_key(id)) {
                lost.push(format!("call to {to}, placed as {key:?}, is unknown"));
            }
        }
        for (id, (acknowledged, since)) in &facts.priorities {
            let now = calls.get(id).and_then(|call| call.get("priority")?.as_i64());
            if acknowledged.is_some() && *acknowledged != now && !now.is_some_and(|now| since.contains(&now)) {
                lost.push(format!("call {id} was given {acknowledged:?} points and has {now:?}"));
            }
        }
        let legs = |call: &Value| call.get("legs").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut by_leg = BTreeMap::new();
        for call in calls.values() {
            for leg in legs(call) {
                by_leg.extend(leg.get("sid").and_then(Value::as_str).map(|sid| (sid.to_owned(), call)));
            }
        }
        for sid in &journal.admitted {
            match by_leg.get(sid) {
                None => lost.push(format!("caller {sid} was answered and belongs to no call")),
                Some(call) if journal.ended.contains(sid) && call.get("ended_at").is_none_or(Value::is_null) => {
                    lost.push(format!("the end of caller {sid} was noted, and the call goes on"));
                }
                Some(_) => {}
            }
        }
        lost.extend(journal.changed.iter().map(|what| format!("a question was answered in two ways: {what}")));
        (lost, facts.acknowledged + journal.admitted.len() + journal.ended.len())
    }
}

impl Wish {
    /// What is wrong about an agent of this wish.
    fn is_forgotten(&self, agent: &Value) -> Option<String> {
        let acknowledged = self.acknowledged?;
        let version = agent.get("intent_version").and_then(Value::as_u64)?;
        let reason = agent.get("break_reason").and_then(Value::as_str);
        if version < acknowledged {
            return Some(format!("is at wish {version}, and {acknowledged} was acknowledged"));
        }
        let is_as_wished = version > acknowledged || reason == self.reason.as_deref();
        (!is_as_wished).then(|| format!("wish {version} was {:?} and is {reason:?}", self.reason))
    }
}
