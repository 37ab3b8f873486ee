//! The parts of a configuration, looked at one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::core::Rules;
use crate::engine::Builder;
use crate::engine::mistakes::{Names, goto, keep, needs, sayable, seconds, unknown};
use crate::engine::{overflows, waiting};
use crate::id::{AgentId, QueueId, TenantId};
use crate::model;
use crate::phone::{Endpoint, PhoneNumber};
use crate::routing::skills::{LEVEL_MAX, both};
use crate::routing::{Needs, Policy, Roster, Strategy};
use crate::script::Prompt;
use crate::setup::{Agent, Flow, Queue};

/// Most queues one agent can serve: each takes room in the agent's record.
const AGENT_QUEUES_MAX: usize = 100;

/// The parts of a configuration that have been checked so far.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) queues: BTreeMap<QueueId, model::Queue>,
    pub(super) agents: BTreeMap<AgentId, model::AgentSpec>,
    pub(super) numbers: BTreeMap<String, model::Flow>,
    caller_id: Option<PhoneNumber>,
    pub(super) policies: BTreeMap<QueueId, Policy>,
}

impl Checked {
    pub(super) fn new(builder: &Builder, mistakes: &mut Vec<String>) -> Self {
        let queues: Vec<String> = builder.queues.iter().map(|queue| queue.name.clone()).collect();
        let agents: Vec<String> = builder.agents.iter().map(|agent| agent.name.clone()).collect();
        let names = Names { queues: &queues, agents: &agents };
        let mut checked = Self::default();
        for queue in &builder.queues {
            checked.queue(builder, queue, names, mistakes);
        }
        for agent in &builder.agents {
            checked.agent(agent, names, mistakes);
        }
        for (number, flow) in &builder.numbers {
            checked.number(number, flow, names, mistakes);
        }
        let caller_id = builder.caller_id.clone().or_else(|| builder.numbers.first().map(|(number, _)| number.clone()));
        checked.caller_id = caller_id.and_then(|number| keep(number.parse(), "caller id", mistakes));
        seconds("customer ring timeout", builder.customer_ring_timeout, 5..=600, mistakes);
        seconds("reconcile_every", builder.reconcile_every, 1..=3600, mistakes);
        if builder.api_requests_per_second == 0 {
            mistakes.push("api_requests_per_second is 0: it must be at least 1".to_owned());
        }
        if builder.missed_max == 0 {
            mistakes.push("missed_max is 0: it must be at least 1".to_owned());
        }
        checked.open_lowest_tiers(builder);
        overflows::loops(&checked.queues, mistakes);
        waiting::callbacks(&checked.queues, &checked.numbers, mistakes);
        checked.reach(builder, mistakes);
        checked.never(builder, mistakes);
        checked
    }

    fn queue(&mut self, builder: &Builder, queue: &Queue, names: Names<'_>, mistakes: &mut Vec<String>) {
        let place = format!("queue {:?}", queue.name);
        seconds(&format!("{place}: ring timeout"), queue.ring_timeout, 5..=600, mistakes);
        if queue.waiting_max == 0 || queue.wait_max.is_zero() {
            mistakes.push(format!("{place}: nobody could wait; `waiting_max` and `wait_max` must be above 0"));
        }
        if !(1..=10).contains(&queue.ring_at_once) {
            mistakes.push(format!("{place}: `ring_at_once` is {}, it must be 1 to 10", queue.ring_at_once));
        }
        if queue.ring_more_after.is_some_and(|every| every < Duration::from_secs(1)) {
            mistakes
                .push(format!("{place}: one more agent every {:?}; it must be 1 s at least", queue.ring_more_after));
        }
        let own = builder.strategies.iter().find(|one| one.name() == queue.strategy).cloned().map(Strategy::Own);
        let by_attributes = (queue.policy.strategy.name() == queue.strategy).then(|| queue.policy.strategy.clone());
        let strategy = own.or_else(|| Strategy::named(&queue.strategy)).or(by_attributes).unwrap_or_else(|| {
            let own = builder.strategies.iter().map(|one| one.name().to_owned());
            let known: Vec<String> = Strategy::NAMES.iter().map(|&name| name.to_owned()).chain(own).collect();
            mistakes.push(unknown(&place, "strategy", &queue.strategy, &known));
            Strategy::default()
        });
        if let Some(url) = &queue.music_url {
            sayable(&place, &[Prompt::Play(url.clone())], mistakes);
        }
        let overflow = goto(&queue.overflow, &format!("{place}: overflow"), names, mistakes);
        let (Some(id), Some(overflow)) = (keep(QueueId::new(queue.name.clone()), "queue", mistakes), overflow) else {
            return;
        };
        let checked = model::Queue {
            id: id.clone(),
            priority: queue.priority,
            needs: needs(&queue.needs, &place, mistakes),
            waiting_max: queue.waiting_max,
            wait_max: queue.wait_max,
            ring_timeout: queue.ring_timeout,
            ring_at_once: queue.ring_at_once,
            ring_more_after: queue.ring_more_after,
            last_agent: queue.last_agent,
            wrap_up: queue.wrap_up,
            overflows: overflows::rules(&place, queue, &overflow, names, mistakes),
            offers_max: queue.offers_max,
            overflow,
            music_url: queue.music_url.clone(),
            strategy: queue.strategy.clone(),
            expected_wait_max: queue.expected_wait_max,
            resume_window: queue.resume_window,
            callback: waiting::callback(&place, queue.callback.as_ref(), builder.customer_ring_timeout, mistakes),
            announcements: waiting::announcements(&place, queue, names, mistakes),
        };
        let mut policy = Policy { strategy, needs: checked.needs.clone(), ..queue.policy.clone() };
        policy.rings.sort_by_key(|ring| ring.after);
        self.policies.insert(id.clone(), policy);
        if self.queues.insert(id, checked).is_some() {
            mistakes.push(format!("{place} is given twice"));
        }
    }

    fn agent(&mut self, agent: &Agent, names: Names<'_>, mistakes: &mut Vec<String>) {
        let place = format!("agent {:?}", agent.name);
        for (queue, membership) in &agent.queues {
            if !names.queues.contains(queue) {
                mistakes.push(unknown(&place, "queue", queue, names.queues));
            }
            if !(1..=99).contains(&membership.priority) {
                let priority = membership.priority;
                mistakes.push(format!("{place}: its priority for queue {queue:?} is {priority}, it must be 1 to 99"));
            }
        }
        for (skill, level) in agent.skills.iter().filter(|(_, level)| !(1..=LEVEL_MAX).contains(level)) {
            mistakes.push(format!("{place}: skill {skill:?} is at level {level}, it must be 1 to {LEVEL_MAX}"));
        }
        if agent.queues.len() > AGENT_QUEUES_MAX {
            mistakes.push(format!("{place} serves {} queues, at most {AGENT_QUEUES_MAX}", agent.queues.len()));
        }
        let endpoint = agent.endpoint.clone().unwrap_or_else(|| format!("client:{}", agent.name));
        let endpoint = keep(endpoint.parse::<Endpoint>(), &place, mistakes);
        let (Some(id), Some(endpoint)) = (keep(AgentId::new(agent.name.clone()), "agent", mistakes), endpoint) else {
            return;
        };
        let confirm = agent.confirm.unwrap_or(matches!(endpoint, Endpoint::Phone(_)));
        let queues = agent.queues.iter().filter_map(|(name, place)| Some((QueueId::new(name.clone()).ok()?, *place)));
        let spec = model::AgentSpec {
            id: id.clone(),
            endpoint,
            queues: queues.collect(),
            skills: agent.skills.iter().cloned().collect(),
            rank: agent.rank,
            attributes: agent.attributes.clone(),
            confirm,
        };
        if self.agents.insert(id, spec).is_some() {
            mistakes.push(format!("{place} is given twice"));
        }
    }

    fn number(&mut self, number: &str, flow: &Flow, names: Names<'_>, mistakes: &mut Vec<String>) {
        let place = format!("number {number:?}");
        let number = keep(number.parse::<PhoneNumber>(), &place, mistakes);
        sayable(&place, &flow.greeting, mistakes);
        let Some(otherwise) = &flow.otherwise else {
            mistakes.push(format!("{place}: no place for callers who press no key; add `.otherwise(...)`"));
            return;
        };
        let otherwise = goto(otherwise, &format!("{place}: otherwise"), names, mistakes);
        let mut keys = BTreeMap::new();
        for (key, to) in &flow.keys {
            if !key.is_ascii_digit() && !"*#".contains(*key) {
                mistakes.push(format!("{place}: {key:?} is no key of a telephone; use 0-9, * or #"));
            }
            if let Some(target) = goto(to, &format!("{place}: key {key:?}"), names, mistakes)
                && keys.insert(*key, target).is_some()
            {
                mistakes.push(format!("{place}: key {key:?} leads to two places"));
            }
        }
        if !flow.keys.is_empty() {
            seconds(&format!("{place}: timeout"), flow.timeout, 1..=60, mistakes);
        }
        let (Some(number), Some(otherwise)) = (number, otherwise) else { return };
        let menu = model::Menu { keys, timeout: flow.timeout, tries: flow.tries.max(1), otherwise: otherwise.clone() };
        let menu = (!flow.keys.is_empty()).then_some(menu);
        let checked = model::Flow { greeting: flow.greeting.clone(), menu, then: otherwise };
        if self.numbers.insert(number.to_string(), checked).is_some() {
            mistakes.push(format!("{place} is given twice"));
        }
    }

    /// Numbers of tiers are free: the lowest that somebody is of is open at once.
    fn open_lowest_tiers(&mut self, builder: &Builder) {
        for queue in builder.queues.iter().filter(|queue| !queue.lowest_tier_waits) {
            let Ok(id) = QueueId::new(queue.name.clone()) else { continue };
            let places = self.agents.values().filter_map(|agent| agent.queues.get(&id));
            let lowest = places.filter(|place| place.enabled).map(|place| place.tier).min();
            if let Some((policy, lowest)) = self.policies.get_mut(&id).zip(lowest) {
                policy.tiers.remove(&lowest);
            }
        }
    }

    pub(super) fn rules(self, builder: Builder, tenant: TenantId, account: String, version: u64) -> Rules {
        let agents = self.agents.values().map(|spec| (spec.id.clone(), spec.member())).collect();
        let between = builder.between;
        let roster = Roster { version, seed: version, queues: self.policies, agents, between };
        Rules {
            tenant,
            schema: model::SCHEMA,
            version,
            account,
            queues: self.queues,
            agents: self.agents,
            numbers: self.numbers,
            caller_id: self.caller_id,
            roster: Arc::new(roster),
            customer_ring_timeout: builder.customer_ring_timeout,
            missed_max: builder.missed_max,
            missed_rest: Duration::from_secs(30),
            claim_timeout: Duration::from_secs(10),
            quiet_max: Duration::from_secs(25),
            absent_for: Duration::from_secs(10),
            leg_time_limit: Duration::from_secs(4 * 3600),
            reconcile_every: builder.reconcile_every,
            // A fifth of what the account may be asked.
            reconcile_pace: Duration::from_secs(5) / builder.api_requests_per_second.max(1),
            ends_unowned: builder.ends_unowned,
        }
    }

    /// Everything by which calls could wait for nobody, or names of nothing, in what relaxes a queue.
    fn reach(&self, builder: &Builder, mistakes: &mut Vec<String>) {
        let mut wanted: Vec<(&QueueId, Needs, String)> = Vec::new();
        for queue in self.queues.values() {
            wanted.push((&queue.id, queue.needs.clone(), format!("queue {:?}", queue.id.as_str())));
        }
        let menus = self.numbers.iter().flat_map(|(number, flow)| {
            let keys = flow.menu.iter().flat_map(|menu| menu.keys.values());
            keys.chain([&flow.then]).map(move |target| (number, target))
        });
        for (number, target) in menus {
            if let model::Target::Queue { queue, needs, .. } | model::Target::Callback { queue, needs, .. } = target
                && let Some(found) = self.queues.get(queue)
                && !needs.is_empty()
            {
                let place = format!("number {number:?} leading to queue {:?}", queue.as_str());
                wanted.push((queue, both(&found.needs, needs), place));
            }
        }
        let mut known: BTreeMap<&QueueId, BTreeSet<&String>> = BTreeMap::new();
        for (queue, needs, place) in &wanted {
            known.entry(queue).or_default().extend(needs.keys());
            let Some(policy) = self.policies.get(*queue) else { continue };
            known.entry(queue).or_default().extend(policy.rings.iter().flat_map(|ring| ring.need.keys()));
            let added = policy.rings.iter().flat_map(|ring| &ring.add);
            let serving: Vec<&AgentId> = self
                .agents
                .values()
                .filter(|agent| agent.queues.contains_key(*queue))
                .map(|agent| &agent.id)
                .chain(added)
                .collect();
            let may = |agent: &&AgentId| {
                self.agents.get(*agent).is_some_and(|spec| policy.could_have(queue, needs, agent, &spec.member()))
            };
            if !serving.is_empty() && !serving.iter().any(may) {
                let skills: Vec<&str> = needs.keys().map(String::as_str).collect();
                mistakes.push(format!("{place}: no agent who serves it has the skills {}", skills.join(", ")));
            }
        }
        for (queue, policy) in &self.policies {
            self.relaxing(builder, queue, policy, known.get(queue), mistakes);
        }
    }

    fn relaxing(
        &self,
        builder: &Builder,
        queue: &QueueId,
        policy: &Policy,
        needed: Option<&BTreeSet<&String>>,
        mistakes: &mut Vec<String>,
    ) {
        let place = format!("queue {:?}", queue.as_str());
        let agents: Vec<String> = builder.agents.iter().map(|agent| agent.name.clone()).collect();
        for ring in &policy.rings {
            for agent in ring.add.iter().filter(|agent| !self.agents.contains_key(*agent)) {
                mistakes.push(unknown(&format!("{place}: ring"), "agent", agent.as_str(), &agents));
            }
            for skill in ring.drop.iter().chain(ring.lower.keys()) {
                if !needed.is_some_and(|needed| needed.contains(skill)) {
                    mistakes
                        .push(format!("{place}: a ring relaxes the skill {skill:?}, which none of its calls needs"));
                }
            }
        }
        let members = || self.agents.values().filter_map(|agent| agent.queues.get(queue));
        for tier in policy.tiers.keys().filter(|tier| !members().any(|place| place.tier == **tier)) {
            mistakes.push(format!("{place}: tier {tier} opens after a time, and no agent is of that tier"));
        }
        if let crate::routing::Order::Aged { points_per_minute: 0 } = policy.order {
            mistakes
                .push(format!("{place}: 0 points a minute; say `Order::Strict` if waiting is to count for nothing"));
        }
    }
}
