//! What must be true of the books at every commit, and of books and truth together at rest.
//!
//! The invariants bear the numbers of the project's reliability notes; `docs/failures.md` lists them in words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

use crate::engine::Switchboard;
use crate::id::{AgentId, CallId};
use crate::model::{Agent, Call, CallState, EventKind, LegProgress, LegRole, OfferState, WorkState};
use crate::sim::carrier::{Carrier, Direction};
use crate::sim::nodes::Sent;
use crate::store::Record;
use crate::time::Timestamp;

/// How long a call may wait beside a free agent: a crash, its lease, and a little.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(12);

/// Something that must never be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Number of the invariant.
    pub rule: String,
    /// What was found.
    pub what: String,
}

impl Violation {
    /// `what` breaks `rule`.
    #[must_use]
    pub fn new(rule: impl Into<String>, what: impl Into<String>) -> Self {
        Self { rule: rule.into(), what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.what)
    }
}

/// The books as they are.
#[derive(Debug, Default)]
struct Books {
    calls: BTreeMap<CallId, Call>,
    agents: BTreeMap<AgentId, Agent>,
}

impl Books {
    fn read(records: &[Record], found: &mut Vec<Violation>) -> Self {
        let mut books = Self::default();
        for record in records {
            let (key, body) = (record.key.as_str(), &*record.body.0);
            let read = if key.starts_with("call/") {
                Call::deserialize(body).map(|call| drop(books.calls.insert(call.id, call)))
            } else if key.starts_with("agent/") {
                Agent::deserialize(body).map(|agent| drop(books.agents.insert(agent.spec.id.clone(), agent)))
            } else {
                Ok(())
            };
            if let Err(error) = read {
                found.push(Violation::new("books", format!("{key}: {error}")));
            }
        }
        books
    }
}

/// Remembers what was seen before, to judge what is seen next.
#[derive(Debug, Default)]
pub struct Audit {
    board: Option<Switchboard>,
    offers: BTreeMap<(CallId, u32), Option<OfferState>>,
    intents: BTreeMap<AgentId, (u64, String)>,
    legs: BTreeMap<(CallId, u32), LegProgress>,
    queued_at: BTreeMap<CallId, Timestamp>,
    servable: BTreeMap<CallId, Timestamp>,
    ended: BTreeSet<CallId>,
}

fn rank(state: OfferState) -> u8 {
    match state {
        OfferState::Offered => 0,
        OfferState::Accepted => 1,
        OfferState::Bridged => 2,
    }
}

/// I-4: offers whose ring-no-answer came before their own time, so that it was another offer's.
fn early_no_answers(call: &Call) -> Vec<u32> {
    let offered_at = |number: u32| {
        let offered = call
            .events
            .iter()
            .find(|event| matches!(&event.kind, EventKind::Offered { offer, .. } if *offer == number));
        offered.map(|event| event.at)
    };
    let ended = call.events.iter().filter_map(|event| match &event.kind {
        EventKind::OfferEnded { offer, why, .. } if why == "ring_no_answer" => Some((*offer, event.at)),
        _ => None,
    });
    let early = ended.filter(|(number, at)| {
        let leg = call.legs.iter().find(|leg| leg.offer == Some(*number));
        let (Some(leg), Some(offered_at)) = (leg, offered_at(*number)) else { return false };
        at.since(offered_at) < leg.ring_timeout
    });
    early.map(|(number, _)| number).collect()
}

impl Audit {
    /// An audit by this configuration.
    #[must_use]
    pub fn by(board: Switchboard) -> Self {
        Self { board: Some(board), ..Self::default() }
    }

    /// Looks at everything stored, after a commit. Returns what is broken.
    pub fn look(&mut self, records: &[Record], tasks: &[String], now: Timestamp) -> Vec<Violation> {
        let mut found = Vec::new();
        let books = Books::read(records, &mut found);
        let tasks: BTreeSet<&str> = tasks.iter().map(String::as_str).collect();
        for call in books.calls.values() {
            self.call(call, &books, &tasks, now, &mut found);
        }
        for agent in books.agents.values() {
            self.agent(agent, &books, &tasks, &mut found);
        }
        self.nobody_waits_beside_a_free_agent(&books, now, &mut found);
        found
    }

    fn call(&mut self, call: &Call, books: &Books, tasks: &BTreeSet<&str>, now: Timestamp, found: &mut Vec<Violation>) {
        let mut broken =
            |rule: &str, what: String| found.push(Violation::new(rule, format!("call {}: {what}", call.id)));
        for offer in &call.offers {
            let works = books.agents.get(&offer.agent).and_then(|agent| agent.work.as_ref());
            if !works.is_some_and(|work| work.call == call.id && work.offer == offer.number) {
                broken("I-1", format!("offer {} is live, but {} does not work on it", offer.number, offer.agent));
            }
            let timer = match offer.state {
                OfferState::Offered => format!("ring/{}/{}/{}", call.tenant, call.id, offer.number),
                OfferState::Accepted => format!("claim/{}/{}/{}", call.tenant, call.id, offer.number),
                OfferState::Bridged => format!("upkeep/{}/{}", call.tenant, call.id),
            };
            if !tasks.contains(timer.as_str()) {
                broken("I-3", format!("offer {} is {:?} without a deadline {timer}", offer.number, offer.state));
            }
            if offer.state != OfferState::Bridged && now.since(offer.until) > std::time::Duration::from_secs(60) {
                broken("I-3", format!("offer {} is a minute past its deadline", offer.number));
            }
        }
        self.offers_move_forward(call, found);
        self.legs_move_forward(call, found);
        self.one_end(call, found);
        let mut broken =
            |rule: &str, what: String| found.push(Violation::new(rule, format!("call {}: {what}", call.id)));
        let bridged = call.offers.iter().filter(|offer| offer.state == OfferState::Bridged).count();
        if bridged > 1 || (call.state == CallState::Talking && bridged != 1) {
            broken("C02", format!("{bridged} agents are joined while it is {:?}", call.state));
        }
        if call.state == CallState::Ended && !call.offers.is_empty() {
            broken("I-14", "it has ended and still holds agents".to_owned());
        }
        if call.state == CallState::Waiting && !tasks.contains(format!("wait/{}/{}", call.tenant, call.id).as_str()) {
            broken("I-32", "it waits without a limit".to_owned());
        }
        let owed = call.legs.iter().filter(|leg| !leg.commands.is_empty());
        for leg in owed {
            if !tasks.contains(format!("do/{}/{}/{}", call.tenant, call.id, leg.id).as_str()) {
                broken("I-21", format!("leg {} has commands that nobody will carry out", leg.id));
            }
        }
        if let Some(queued_at) = call.queued_at
            && *self.queued_at.entry(call.id).or_insert(queued_at) != queued_at
        {
            broken("I-36", "its place in the line was lost".to_owned());
        }
    }

    /// I-34: no call waits unoffered while an agent who could take it is free, all the time.
    fn nobody_waits_beside_a_free_agent(&mut self, books: &Books, now: Timestamp, found: &mut Vec<Violation>) {
        for call in books.calls.values() {
            let could =
                |agent: &&Agent| self.board.as_ref().is_some_and(|board| board.rules().could_offer(call, agent, now));
            let waits = call.is_offerable() && call.offers.is_empty();
            if !waits || !books.agents.values().any(|agent| could(&agent)) {
                self.servable.remove(&call.id);
                continue;
            }
            let since = *self.servable.entry(call.id).or_insert(now);
            if now.since(since) > PATIENCE {
                self.servable.insert(call.id, now);
                let what = format!("call {} has waited since {since} while somebody free could take it", call.id);
                found.push(Violation::new("I-34", what));
            }
        }
    }

    /// I-7, and I-4 as far as it shows: an offer goes forward, and never comes back once it has ended.
    fn offers_move_forward(&mut self, call: &Call, found: &mut Vec<Violation>) {
        let mut broken = |what: String| found.push(Violation::new("I-7", format!("call {}: {what}", call.id)));
        let live: BTreeMap<u32, OfferState> = call.offers.iter().map(|offer| (offer.number, offer.state)).collect();
        for (number, state) in &live {
            match self.offers.insert((call.id, *number), Some(*state)) {
                Some(None) => broken(format!("offer {number} had ended and is back")),
                Some(Some(before)) if rank(before) > rank(*state) => {
                    broken(format!("offer {number} went from {before:?} to {state:?}"));
                }
                _ => {}
            }
        }
        for ((_, number), state) in self.offers.range_mut((call.id, 0)..=(call.id, u32::MAX)) {
            if !live.contains_key(number) {
                *state = None;
            }
        }
        let mut ends: BTreeMap<u32, u32> = BTreeMap::new();
        for event in &call.events {
            if let EventKind::OfferEnded { offer, .. } = &event.kind {
                *ends.entry(*offer).or_default() += 1;
            }
        }
        if let Some((number, count)) = ends.iter().find(|(_, count)| **count > 1) {
            broken(format!("offer {number} ended {count} times"));
        }
        for offer in early_no_answers(call) {
            let what = format!("call {}: offer {offer} was given up before it had rung long enough", call.id);
            found.push(Violation::new("I-4", what));
        }
        let declined = call.events.iter().filter_map(|event| match &event.kind {
            EventKind::OfferEnded { agent, why, .. } if why == "declined" => Some((event.seq, agent)),
            _ => None,
        });
        for (seq, agent) in declined {
            let again = call.events.iter().find(|event| {
                event.seq > seq && matches!(&event.kind, EventKind::Offered { agent: other, .. } if other == agent)
            });
            if again.is_some() {
                found.push(Violation::new(
                    "C15",
                    format!("call {}: {agent} declined and was offered it again", call.id),
                ));
            }
        }
    }

    /// I-12: a leg's state only rises; the end absorbs.
    fn legs_move_forward(&mut self, call: &Call, found: &mut Vec<Violation>) {
        for leg in &call.legs {
            let before = self.legs.insert((call.id, leg.id.0), leg.progress);
            if before.is_some_and(|before| before > leg.progress) {
                let what = format!("call {}: leg {} went from {before:?} to {:?}", call.id, leg.id, leg.progress);
                found.push(Violation::new("I-12", what));
            }
        }
    }

    /// I-8: a call ends once, with a reason, and stays ended.
    fn one_end(&mut self, call: &Call, found: &mut Vec<Violation>) {
        let mut broken = |what: String| found.push(Violation::new("I-8", format!("call {}: {what}", call.id)));
        let ends = call.events.iter().filter(|event| matches!(event.kind, EventKind::Ended { .. })).count();
        let is_ended = call.state == CallState::Ended;
        if ends != usize::from(is_ended) || call.reason.is_none() && is_ended {
            broken(format!("it is {:?} with {ends} ends", call.state));
        }
        if is_ended {
            self.ended.insert(call.id);
        } else if self.ended.contains(&call.id) {
            broken("it had ended and is back".to_owned());
        }
    }

    fn agent(&mut self, agent: &Agent, books: &Books, tasks: &BTreeSet<&str>, found: &mut Vec<Violation>) {
        let name = &agent.spec.id;
        let mut broken = |rule: &str, what: String| found.push(Violation::new(rule, format!("agent {name}: {what}")));
        let offers: Vec<_> = books
            .calls
            .values()
            .flat_map(|call| call.offers.iter().map(move |offer| (call, offer)))
            .filter(|(_, offer)| offer.agent == *name)
            .collect();
        if offers.len() > 1 {
            broken("I-1", format!("holds {} offers at once", offers.len()));
        }
        if let Some(work) = &agent.work {
            let fits = offers.iter().any(|(call, offer)| {
                let state = match work.state {
                    WorkState::Offered => OfferState::Offered,
                    WorkState::Accepted => OfferState::Accepted,
                    WorkState::Talking => OfferState::Bridged,
                };
                call.id == work.call && offer.number == work.offer && offer.state == state
            });
            if !fits {
                broken("I-2", format!("works on offer {} of call {}, which is not so", work.offer, work.call));
            }
        }
        if agent.wrap_until.is_some()
            && !tasks.iter().any(|task| task.starts_with("wrap/") && task.ends_with(&format!("/{name}")))
        {
            broken("I-32", "is in wrap-up without an end".to_owned());
        }
        let intent = format!("{:?}", agent.intent);
        let before = self.intents.insert(name.clone(), (agent.intent_version, intent.clone()));
        if let Some((version, was)) = before
            && (version > agent.intent_version || version == agent.intent_version && was != intent)
        {
            broken("I-6", format!("what the agent wants went from {was} to {intent} by itself"));
        }
        let answered = books
            .calls
            .values()
            .flat_map(|call| &call.events)
            .filter(|event| matches!(&event.kind, EventKind::Connected { agent, .. } if agent == name));
        let counted = answered.count() as u64;
        if counted != agent.answered {
            broken("I-11", format!("counts {} calls, the history says {counted}", agent.answered));
        }
    }

    /// Compares the books with what must be true of them at any moment: nobody is believed gone who is on the line (I-13),
    /// nothing is dialled twice (I-20), nothing overtakes (I-24).
    pub(crate) fn beside_the_truth(&self, records: &[Record], carrier: &Carrier, sent: &[Sent]) -> Vec<Violation> {
        let mut found = Vec::new();
        let books = Books::read(records, &mut Vec::new());
        let customers = books.calls.values().flat_map(|call| call.legs.iter().map(move |leg| (call, leg)));
        for (call, leg) in customers.filter(|(_, leg)| leg.role == LegRole::Customer && !leg.is_live()) {
            let truth = leg.sid.as_deref().and_then(|sid| carrier.call(sid));
            if truth.is_some_and(|truth| !truth.status.is_over()) {
                found.push(Violation::new("I-13", format!("call {}: the customer is believed gone", call.id)));
            }
        }
        Self::commands(sent, &mut found);
        found
    }

    fn commands(sent: &[Sent], found: &mut Vec<Violation>) {
        let (mut created, mut last): (BTreeMap<&str, usize>, BTreeMap<&str, u32>) = (BTreeMap::new(), BTreeMap::new());
        for command in sent {
            let Some((leg, seq)) = command.id.rsplit_once('/') else { continue };
            let seq: u32 = seq.parse().unwrap_or(0);
            if command.what == "dial" {
                *created.entry(leg).or_default() += command.created.len();
            }
            if last.insert(leg, seq).is_some_and(|before| before > seq) {
                found.push(Violation::new("I-24", format!("a later command on leg {leg} overtook command {seq}")));
            }
        }
        for (leg, count) in created.into_iter().filter(|(_, count)| *count > 1) {
            found.push(Violation::new("I-20", format!("leg {leg} was dialled {count} times")));
        }
    }

    /// Compares the books with the truth, at rest.
    pub(crate) fn at_rest(&self, records: &[Record], tasks: &[String], carrier: &Carrier) -> Vec<Violation> {
        let mut found = Vec::new();
        let books = Books::read(records, &mut found);
        let truth = carrier.calls();
        let live: BTreeSet<&str> =
            truth.iter().filter(|leg| !leg.status.is_over()).map(|leg| leg.sid.as_str()).collect();
        let known: BTreeMap<&str, (&Call, &crate::model::Leg)> = books
            .calls
            .values()
            .flat_map(|call| call.legs.iter().filter_map(move |leg| Some((leg.sid.as_deref()?, (call, leg)))))
            .collect();
        for leg in &truth {
            let owner = known.get(leg.sid.as_str());
            let is_dialled = leg.direction == Direction::OutboundDial;
            if live.contains(leg.sid.as_str()) && !is_dialled && owner.is_none_or(|(_, leg)| !leg.is_live()) {
                found.push(Violation::new("I-27", format!("leg {} to {} is live and nobody owns it", leg.sid, leg.to)));
            }
            if leg.direction == Direction::Inbound && owner.is_none() && leg.ended_at.is_none() {
                found.push(Violation::new("I-9", format!("caller {} is in no call", leg.from)));
            }
        }
        for (sid, (call, leg)) in &known {
            if leg.is_live() && !live.contains(sid) {
                found.push(Violation::new("I-28", format!("call {}: leg {} is long over", call.id, leg.id)));
            }
            if leg.role == LegRole::Customer && !leg.is_live() && live.contains(sid) {
                found.push(Violation::new("I-13", format!("call {}: the customer is believed gone", call.id)));
            }
        }
        Self::commands_at_rest(&books, tasks, &mut found);
        found
    }

    fn commands_at_rest(books: &Books, tasks: &[String], found: &mut Vec<Violation>) {
        for call in books.calls.values() {
            let idle = call.legs.iter().all(|leg| leg.commands.is_empty());
            if call.state == CallState::Ended && !idle {
                found.push(Violation::new("I-21", format!("call {}: commands are left over", call.id)));
            }
            if call.state == CallState::Ended && call.legs.iter().any(crate::model::Leg::is_live) {
                found.push(Violation::new("I-23", format!("call {} has ended and a leg of it lives on", call.id)));
            }
            let any_live = call.legs.iter().any(crate::model::Leg::is_live);
            if call.state == CallState::Ended && !any_live {
                let id = call.id.to_string();
                if let Some(task) = tasks.iter().find(|task| task.contains(&id) && !task.starts_with("upkeep/")) {
                    found.push(Violation::new("I-21", format!("call {id} is over and {task} is left over")));
                }
            }
        }
    }
}
