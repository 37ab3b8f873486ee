//! What must be true of the books at every commit, and of books and truth together at rest.
//!
//! The invariants bear the numbers of the project's reliability notes; `docs/failures.md` lists them in words.

mod beside;
mod books;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use crate::engine::Switchboard;
use crate::id::{AgentId, CallId};
use crate::model::{Agent, Call, CallState, EventKind, Leg, LegProgress, LegRole, LegVerb, OfferState, WorkState};
use crate::sim::carrier::{CallView, Carrier, Direction};
use crate::sim::nodes::Sent;
use crate::sim::store::{Changed, SimStore};
use crate::store::Key;
use crate::time::Timestamp;

use beside::Beside;
use books::{Books, Touched};

/// How long an offer may outlive its own deadline.
const OVERDUE: Duration = Duration::from_secs(60);

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

/// Remembers what was seen before, to judge what is seen next. Each commit costs what it has changed.
#[derive(Debug, Default)]
pub struct Audit {
    board: Option<Switchboard>,
    books: Books,
    beside: Beside,
    offers: BTreeMap<(CallId, u32), Option<OfferState>>,
    intents: BTreeMap<AgentId, (u64, String)>,
    legs: BTreeMap<(CallId, u32), LegProgress>,
    queued_at: BTreeMap<CallId, Timestamp>,
    ended: BTreeSet<CallId>,
    /// How many legs came of the dials of a leg, and its latest command.
    commands: BTreeMap<String, (usize, u32)>,
    /// How long a call may wait beside a free agent, where it is not as usual.
    patience: Option<Duration>,
    /// Whether everything is to be read, as nothing is known.
    is_new: bool,
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

    /// Forgets what was seen before, but not the configuration: the store is as it was earlier, and all is read anew.
    pub(crate) fn forget(&mut self) {
        let (board, patience) = (self.board.take(), self.patience);
        *self = Self { board, patience, ..Self::default() };
        self.is_new = true;
    }

    /// How long a call may wait beside a free agent from now on.
    pub(crate) fn set_patience(&mut self, patience: Duration) {
        self.patience = Some(patience);
    }

    /// Calls that are not over, by what was seen last.
    pub(crate) fn live_calls(&self) -> Vec<CallId> {
        self.books.calls.values().filter(|call| call.state != CallState::Ended).map(|call| call.id).collect()
    }

    /// Until now calls could not be offered, whatever was done.
    pub(crate) fn excuse(&mut self, now: Timestamp) {
        self.beside.excuse(now);
    }

    /// Looks at what has changed since the last look, after a commit: `sent` has reached the carrier since. Returns what is
    /// broken: in the books, and beside the truth, where nobody is believed gone who is on the line (I-13), nothing is dialled
    /// twice (I-20), nothing overtakes (I-24).
    pub(crate) fn look(
        &mut self,
        store: &SimStore,
        carrier: &Carrier,
        sent: &[Sent],
        now: Timestamp,
    ) -> Vec<Violation> {
        let mut found = Vec::new();
        let Changed { mut keys, gone } = store.take_changed();
        if std::mem::take(&mut self.is_new) {
            keys.extend(store.records().into_iter().map(|record| record.key));
        }
        let mut touched = self.read(&keys, store, &mut found);
        for task in &gone {
            let mut parts = task.as_str().split('/');
            let (kind, name) = (parts.next(), parts.nth(1).unwrap_or_default());
            if kind == Some("wrap") {
                touched.agents.extend(name.parse::<AgentId>());
            } else {
                touched.calls.extend(name.parse::<CallId>());
            }
        }
        self.judge(&touched, store, now, &mut found);
        for call in touched.calls.iter().filter_map(|id| self.books.calls.get(id)) {
            let gone = call.legs.iter().filter(|leg| leg.role == LegRole::Customer && !leg.is_live());
            let truths = gone.filter_map(|leg| carrier.call(leg.sid.as_deref()?));
            if truths.into_iter().any(|truth| !truth.status.is_over()) {
                found.push(Violation::new("I-13", format!("call {}: the customer is believed gone", call.id)));
            }
        }
        self.books.let_go(&touched.calls);
        self.commands(sent, &mut found);
        found
    }

    fn read<'a>(
        &mut self,
        keys: impl IntoIterator<Item = &'a Key>,
        store: &SimStore,
        found: &mut Vec<Violation>,
    ) -> Touched {
        let mut touched = Touched::default();
        for key in keys {
            found.extend(self.books.read(key.as_str(), store.record(key).as_ref(), &mut touched).err());
        }
        touched
    }

    fn judge(&mut self, touched: &Touched, store: &SimStore, now: Timestamp, found: &mut Vec<Violation>) {
        let mut books = std::mem::take(&mut self.books);
        for call in touched.calls.iter().filter_map(|id| books.calls.get(id)) {
            self.call(call, &books, store, found);
        }
        for agent in touched.agents.iter().filter_map(|id| books.agents.get(id)) {
            self.agent(agent, &books, store, found);
        }
        for (call, offer) in books.overdue(now - OVERDUE) {
            found.push(Violation::new("I-3", format!("call {call}: offer {offer} is a minute past its deadline")));
        }
        if let Some(board) = &self.board {
            let patience = self.patience.unwrap_or(beside::PATIENCE);
            found.extend(self.beside.look(&books, touched, board.rules(), now, patience));
        }
        self.books = books;
    }

    fn call(&mut self, call: &Call, books: &Books, store: &SimStore, found: &mut Vec<Violation>) {
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
            if !store.has_task(&timer) {
                broken("I-3", format!("offer {} is {:?} without a deadline {timer}", offer.number, offer.state));
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
        if call.state == CallState::Waiting && !store.has_task(&format!("wait/{}/{}", call.tenant, call.id)) {
            broken("I-32", "it waits without a limit".to_owned());
        }
        let owed = call.legs.iter().filter(|leg| !leg.commands.is_empty());
        for leg in owed {
            if !store.has_task(&format!("do/{}/{}/{}", call.tenant, call.id, leg.id)) {
                broken("I-21", format!("leg {} has commands that nobody will carry out", leg.id));
            }
        }
        if let Some(queued_at) = call.queued_at
            && *self.queued_at.entry(call.id).or_insert(queued_at) != queued_at
        {
            broken("I-36", "its place in the line was lost".to_owned());
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
            let next = call.events.iter().find(|event| {
                let about = match &event.kind {
                    EventKind::Offered { agent, .. } | EventKind::DeclineLapsed { agent } => Some(agent),
                    _ => None,
                };
                event.seq > seq && about == Some(agent)
            });
            // Nobody else could have had it, for as long as the rest lasts.
            if next.is_some_and(|event| matches!(event.kind, EventKind::Offered { .. })) {
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
        if !is_ended && self.ended.contains(&call.id) {
            broken("it had ended and is back".to_owned());
        }
        if is_ended && self.ended.insert(call.id) {
            // In the very commit that ends a call it is said who is to be hung up.
            let left = call.legs.iter().find(|leg| leg.is_live() && !is_to_end(leg));
            let told = left.map(|leg| format!("call {} has ended and nobody is to hang up leg {}", call.id, leg.id));
            found.extend(told.map(|what| Violation::new("I-23", what)));
        }
    }

    fn agent(&mut self, agent: &Agent, books: &Books, store: &SimStore, found: &mut Vec<Violation>) {
        let name = &agent.spec.id;
        let mut broken = |rule: &str, what: String| found.push(Violation::new(rule, format!("agent {name}: {what}")));
        let count = books.offers_of(name).count();
        if count > 1 {
            broken("I-1", format!("holds {count} offers at once"));
        }
        if let Some(work) = &agent.work {
            let state = match work.state {
                WorkState::Offered => OfferState::Offered,
                WorkState::Accepted => OfferState::Accepted,
                WorkState::Talking => OfferState::Bridged,
            };
            if !books.offers_of(name).any(|offer| offer == (work.call, work.offer, state)) {
                broken("I-2", format!("works on offer {} of call {}, which is not so", work.offer, work.call));
            }
        }
        let tenant = self.board.as_ref().map(|board| board.rules().tenant.to_string()).unwrap_or_default();
        if agent.wrap_until.is_some() && !store.has_task(&format!("wrap/{tenant}/{name}")) {
            broken("I-32", "is in wrap-up without an end".to_owned());
        }
        let intent = format!("{:?}", agent.intent);
        let before = self.intents.insert(name.clone(), (agent.intent_version, intent.clone()));
        if let Some((version, was)) = before
            && (version > agent.intent_version || version == agent.intent_version && was != intent)
        {
            broken("I-6", format!("what the agent wants went from {was} to {intent} by itself"));
        }
        let counted = books.talks_of(name);
        if counted != agent.answered {
            broken("I-11", format!("counts {} calls, the history says {counted}", agent.answered));
        }
    }

    fn commands(&mut self, sent: &[Sent], found: &mut Vec<Violation>) {
        for command in sent {
            let Some((leg, seq)) = command.id.rsplit_once('/') else { continue };
            let seq: u32 = seq.parse().unwrap_or(0);
            let (created, last) = self.commands.entry(leg.to_owned()).or_insert((0, seq));
            if *last > seq {
                found.push(Violation::new("I-24", format!("a later command on leg {leg} overtook command {seq}")));
            }
            *last = seq;
            if command.what == "dial" && !command.created.is_empty() {
                *created += command.created.len();
                if *created > 1 {
                    found.push(Violation::new("I-20", format!("leg {leg} was dialled {created} times")));
                }
            }
        }
    }

    /// Judges everything that is stored, and compares it with the truth, at rest.
    pub(crate) fn at_rest(&mut self, store: &SimStore, carrier: &Carrier, now: Timestamp) -> Vec<Violation> {
        let mut found = Vec::new();
        let records = store.records();
        let touched = self.read(records.iter().map(|record| &record.key), store, &mut found);
        self.judge(&touched, store, now, &mut found);
        let truth = carrier.calls();
        legs_at_rest(&self.books, &truth, &mut found);
        commands_at_rest(&self.books, &store.tasks(), &mut found);
        self.books.let_go(&touched.calls);
        found
    }
}

fn is_to_end(leg: &Leg) -> bool {
    leg.commands.iter().any(|command| matches!(command.verb, LegVerb::Cancel | LegVerb::HangUp))
}

/// Every leg that lives belongs to a call, and every leg that a call believes in lives.
fn legs_at_rest(books: &Books, truth: &[CallView], found: &mut Vec<Violation>) {
    let live: BTreeSet<&str> = truth.iter().filter(|leg| !leg.status.is_over()).map(|leg| leg.sid.as_str()).collect();
    let known: BTreeMap<&str, (&Call, &Leg)> = books
        .calls
        .values()
        .flat_map(|call| call.legs.iter().filter_map(move |leg| Some((leg.sid.as_deref()?, (call, leg)))))
        .collect();
    for leg in truth {
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
}

/// Nothing is left to be done for a call that is over.
fn commands_at_rest(books: &Books, tasks: &[String], found: &mut Vec<Violation>) {
    let mut left: BTreeMap<&str, &str> = BTreeMap::new();
    for task in tasks.iter().filter(|task| !task.starts_with("upkeep/")).rev() {
        left.extend(task.split('/').nth(2).map(|name| (name, task.as_str())));
    }
    for call in books.calls.values().filter(|call| call.state == CallState::Ended) {
        if call.legs.iter().any(|leg| !leg.commands.is_empty()) {
            found.push(Violation::new("I-21", format!("call {}: commands are left over", call.id)));
        }
        if call.legs.iter().any(Leg::is_live) {
            found.push(Violation::new("I-23", format!("call {} has ended and a leg of it lives on", call.id)));
        } else if let Some(task) = left.get(call.id.to_string().as_str()) {
            found.push(Violation::new("I-21", format!("call {} is over and {task} is left over", call.id)));
        }
    }
}
