//! P1, of the real rules over a store: whatever agents, callers, telephones and timers do, in whatever order, repeated, late, and
//! decided by two nodes at once, a call is accepted by one agent at most at any time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use serde_json::Value;
use switchboard::core::{CommandResult, Input, Outcome, Picked, Request, Stop, Timer, View, decide};
use switchboard::engine::Switchboard;
use switchboard::id::{AgentId, CallId};
use switchboard::model::{Agent as AgentRecord, Call, EventKind, Leg, OfferState, WorkState};
use switchboard::routing::Floor;
use switchboard::setup::queue;
use switchboard::sim::Sim;
use switchboard::store::{Body, Commit, CommitError, Expect, MemoryStore, Put, Store};
use switchboard::telephony::{EndCause, Failure, LegReport, LegState};
use switchboard::time::Timestamp;
use switchboard::{Agent, Flow, Queue};

use super::laws::Verdict;
use super::world::{Dice, secs};

const NUMBER: &str = "+14155550100";
const AGENTS: u64 = 4;

/// What is wrong with a call centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Writes over what another node has written since it read.
    WritesOver,
    /// Forgets that a call which has been accepted waits no more, and that the other offers are over.
    ForgetsTheFence,
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

/// Four agents, one of whom must press a key; three are rung at once.
fn board() -> &'static Switchboard {
    static BOARD: OnceLock<Switchboard> = OnceLock::new();
    BOARD.get_or_init(|| {
        let sales = Queue::new("sales").ring_at_once(3).wrap_up(secs(3)).wait_max(secs(120));
        let app = Switchboard::builder()
            .queue(sales)
            .missed_max(1000)
            .number(NUMBER, Flow::say("Welcome.").then(queue("sales")));
        let named = |nth: u64| {
            let agent = Agent::new(name(nth).as_str()).serves(["sales"]);
            if nth == 3 { agent.confirm(true) } else { agent }
        };
        Sim::start(&(0..AGENTS).fold(app, |app, nth| app.agent(named(nth)))).world().switchboard()
    })
}

fn name(nth: u64) -> String {
    format!("agent-{nth}")
}

/// The call centre, and what was seen of it.
struct Desk {
    store: MemoryStore,
    now: Timestamp,
    fault: Option<Fault>,
    callers: u64,
    told: u64,
    /// What is in the store.
    calls: BTreeMap<CallId, Call>,
    agents: BTreeMap<AgentId, AgentRecord>,
    /// Offers that were accepted, of each call: seen in its record after some commit.
    accepted: BTreeMap<CallId, BTreeSet<u32>>,
}

impl Desk {
    fn decide(&self, input: &Input) -> Option<Outcome> {
        let mut view = View::default();
        loop {
            match decide(input, &view, board().rules(), self.now, 7) {
                Ok(outcome) => return Some(outcome),
                Err(Stop::Missing(missing)) => {
                    let records = block_on(self.store.load(&missing.keys)).expect("records");
                    for (key, record) in missing.keys.into_iter().zip(records) {
                        view.add_record(key, record);
                    }
                    for scan in missing.scans {
                        let page = block_on(self.store.scan(&scan)).expect("a page");
                        view.add_page(scan, page);
                    }
                }
                Err(Stop::Refused(_)) => return None,
                Err(Stop::Unreadable(key)) => panic!("unreadable: {key:?}"),
            }
        }
    }

    /// Writes what was decided; `false`: somebody else was faster.
    fn commit(&mut self, outcome: &mut Outcome) -> bool {
        self.spoil(&mut outcome.commit);
        if outcome.commit.operations() == 0 {
            return true;
        }
        match block_on(self.store.commit(&outcome.commit)) {
            Ok(()) => {
                outcome.commit.puts.iter().for_each(|put| self.read(put));
                true
            }
            Err(CommitError::Conflict(_)) => false,
            Err(other) => panic!("{other}"),
        }
    }

    fn read(&mut self, put: &Put) {
        if put.key.as_str().starts_with("call/") {
            let call = put.body.read::<Call>().expect("a call");
            self.calls.insert(call.id, call);
        } else if put.key.as_str().starts_with("agent/") {
            let agent = put.body.read::<AgentRecord>().expect("an agent");
            self.agents.insert(agent.spec.id.clone(), agent);
        }
    }

    fn spoil(&self, commit: &mut Commit) {
        match self.fault {
            None => {}
            Some(Fault::WritesOver) => {
                commit.checks.clear();
                for put in &mut commit.puts {
                    let now = self.store.record(&put.key);
                    put.expect = now.map_or(Expect::Absent, |record| Expect::Version(record.version));
                }
            }
            Some(Fault::ForgetsTheFence) => {
                for put in commit.puts.iter_mut().filter(|put| put.key.as_str().starts_with("call/")) {
                    let mut body = put.body.value();
                    let before = self.store.record(&put.key);
                    if body["state"] == "connecting" {
                        keeps_offers(&mut body, before.as_ref().map(|record| record.body.value()).as_ref());
                        put.body = Body::new(body);
                    }
                }
            }
        }
    }

    /// Two things happen. Sometimes two nodes decide about them at once: then the slower one decides again.
    fn happens(&mut self, inputs: &[Input], at_once: bool) -> Verdict {
        let mut early: Vec<Option<Outcome>> = Vec::new();
        if at_once {
            early = inputs.iter().map(|input| self.decide(input)).collect();
        }
        early.resize_with(inputs.len(), || None);
        for (input, mut early) in inputs.iter().zip(early) {
            let done = early.as_mut().is_some_and(|outcome| self.commit(outcome));
            if !done && let Some(mut outcome) = self.decide(input) {
                assert!(self.commit(&mut outcome), "nobody else writes");
            }
            self.judge().map_err(|what| format!("{what}\nafter {input:?}, of {inputs:?}, at once: {at_once}"))?;
        }
        Ok(())
    }

    /// The law.
    fn judge(&mut self) -> Verdict {
        let ensure = |holds: bool, what: String| if holds { Ok(()) } else { Err(what) };
        for call in self.calls.values() {
            let won: Vec<u32> =
                call.offers.iter().filter(|o| o.state != OfferState::Offered).map(|offer| offer.number).collect();
            ensure(won.len() <= 1, format!("offers {won:?} of call {} are accepted at once", call.id))?;
            let working = self.agents.values().filter(|agent| {
                agent.work.as_ref().is_some_and(|work| work.call == call.id && work.state != WorkState::Offered)
            });
            let working: Vec<&AgentId> = working.map(|agent| &agent.spec.id).collect();
            ensure(working.len() <= 1, format!("{working:?} have call {} at once", call.id))?;
            let seen = self.accepted.entry(call.id).or_default();
            seen.extend(won);
            let mut winner = None;
            for event in &call.events {
                match &event.kind {
                    EventKind::Accepted { offer, .. } => {
                        let both = format!("call {}: {offer} was accepted after {winner:?}", call.id);
                        ensure(winner.replace(*offer).is_none(), both)?;
                    }
                    EventKind::OfferEnded { offer, why, .. } => {
                        let taken = why == "taken" && seen.contains(offer);
                        ensure(
                            !taken,
                            format!("call {}: {offer} had been accepted and was taken by another", call.id),
                        )?;
                        winner = winner.filter(|winner| winner != offer);
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn pick(&self) -> Option<Input> {
        let rules = board().rules();
        let mut floor = Floor::new(Arc::clone(&rules.roster));
        for agent in self.agents.values() {
            floor.set_agent(&agent.spec.id, agent.standing(), self.now);
        }
        for call in self.calls.values() {
            if let Some(queue) = call.queue.as_ref().and_then(|id| rules.queues.get(id))
                && let Some(waiting) = call.waiting(queue, self.now)
            {
                floor.set_call(call.id, waiting, self.now);
            }
        }
        let pick = floor.next(self.now)?;
        let agents: Vec<AgentId> = floor.agents(&pick).cloned().collect();
        let (queue, reached) = (floor.queue(&pick).clone(), floor.reached(pick.call).expect("it waits"));
        let considered = floor.considered(&pick, self.now);
        Some(Input::Picked(Picked { call: pick.call, queue, agents, reached, considered }))
    }

    /// Something that may happen now, or might have happened earlier and is told only now.
    fn anything(&mut self, dice: &mut Dice) -> Input {
        let who = AgentId::new(name(dice.roll(AGENTS))).expect("a name");
        if self.calls.is_empty() || self.calls.len() < 3 && dice.once_in(12) {
            self.callers += 1;
            let from = format!("+1415555{:04}", self.callers);
            return Input::Arrived { sid: format!("CA{}", self.callers), from, to: NUMBER.to_owned() };
        }
        let call = &self.any_call(dice);
        match dice.roll(16) {
            0..=3 => self.pick().unwrap_or(Input::Due(Timer::Match)),
            4..=8 => asks(dice, call),
            9 => tells(dice, call),
            10 => self.room(dice, call),
            11 => performed(dice, call),
            12..=13 => due(dice, call, &self.agents),
            14 => Input::Requested(match dice.roll(4) {
                0 => Request::Decline(who),
                1 => Request::SignOut(who),
                2 => Request::Break(who, "tea".to_owned()),
                _ => Request::Ready(who),
            }),
            _ if dice.once_in(4) => {
                let sid = call.legs.first().and_then(|leg| leg.sid.clone()).unwrap_or_default();
                Input::LineEnded { sid, cause: EndCause::Completed }
            }
            _ => Input::Requested(Request::Ready(who)),
        }
    }

    fn any_call(&self, dice: &mut Dice) -> Call {
        let nth = dice.roll(self.calls.len() as u64) as usize;
        self.calls.values().nth(nth).expect("there are so many").clone()
    }

    fn room(&mut self, dice: &mut Dice, call: &Call) -> Input {
        // Sometimes an old word again.
        self.told += dice.of(&[0, 1, 1, 1]);
        let (leg, joined) = (leg(dice, call), !dice.once_in(4));
        Input::RoomChanged {
            call: call.id,
            room: call.room_number.saturating_sub(dice.of(&[0, 0, 0, 1])),
            conference: Some("CF1".to_owned()),
            sid: sid(call, leg),
            joined,
            hung_up: !joined && dice.once_in(2),
            seq: self.told,
        }
    }
}

/// Whoever was offered the call before it was accepted still has the offer, and the call still waits.
fn keeps_offers(body: &mut Value, before: Option<&Value>) {
    let Some(before) = before.and_then(|before| before["offers"].as_array()) else { return };
    let Some(offers) = body["offers"].as_array_mut() else { return };
    for old in before {
        if !offers.iter().any(|offer| offer["number"] == old["number"]) {
            offers.push(old.clone());
        }
    }
    body["state"] = "waiting".into();
}

fn leg<'a>(dice: &mut Dice, call: &'a Call) -> &'a Leg {
    // The newest legs are talked about most.
    let nth = dice.roll(call.legs.len().min(4) as u64) as usize;
    &call.legs[call.legs.len() - 1 - nth]
}

fn sid(call: &Call, leg: &Leg) -> String {
    leg.sid.clone().unwrap_or_else(|| format!("{}-{}", call.id, leg.id))
}

/// A leg asks: what is next, what it has asked before, or from where it should not be.
fn asks(dice: &mut Dice, call: &Call) -> Input {
    let leg = leg(dice, call);
    let hop = match dice.roll(4) {
        0 => dice.roll(u64::from(leg.hop) + 2) as u32,
        _ => leg.hop,
    };
    let digits = if dice.once_in(2) { "1".to_owned() } else { String::new() };
    Input::Asked { call: call.id, leg: leg.id, hop, sid: sid(call, leg), digits, over: dice.once_in(12) }
}

fn tells(dice: &mut Dice, call: &Call) -> Input {
    let leg = leg(dice, call);
    let cause =
        dice.of(&[EndCause::Completed, EndCause::Busy, EndCause::NoAnswer, EndCause::Failed, EndCause::Canceled]);
    let state = dice.of(&[LegState::Ringing, LegState::Answered, LegState::Ended(cause)]);
    Input::LegChanged { call: call.id, leg: leg.id, sid: sid(call, leg), state }
}

/// What became of the command that a leg waits for, or of one that it waited for.
fn performed(dice: &mut Dice, call: &Call) -> Input {
    let leg = leg(dice, call);
    let (id, known) = (leg.id, sid(call, leg));
    let seq = leg.commands.first().map_or_else(|| dice.roll(3) as u32, |command| command.seq);
    let failed = |failure| CommandResult::Failed { failure, code: Some(21_220), message: "no".to_owned() };
    match dice.roll(6) {
        0 => Input::Sending { call: call.id, leg: id, seq },
        1 => {
            let state = dice.of(&[LegState::Ringing, LegState::Answered, LegState::Ended(EndCause::Completed)]);
            Input::Probed { call: call.id, leg: id, seq, report: Some(LegReport { id: Some(known), state }) }
        }
        2 => Input::Performed { call: call.id, leg: id, seq, result: failed(Failure::Rejected) },
        3 => Input::Performed { call: call.id, leg: id, seq, result: failed(Failure::Unknown) },
        _ => Input::Performed { call: call.id, leg: id, seq, result: CommandResult::Done(Some(known)) },
    }
}

/// A timer: one that may be due, or one of something that is over.
fn due(dice: &mut Dice, call: &Call, agents: &BTreeMap<AgentId, AgentRecord>) -> Input {
    let number = dice.roll(u64::from(call.offer_seq) + 1) as u32;
    Input::Due(match dice.roll(6) {
        0 | 1 => Timer::Ring(call.id, number),
        2 => Timer::Claim(call.id, number),
        3 if dice.once_in(4) => Timer::Wait(call.id),
        4 => Timer::Upkeep(call.id),
        _ if agents.is_empty() => Timer::Match,
        _ => {
            let nth = dice.roll(agents.len() as u64) as usize;
            let agent = agents.values().nth(nth).expect("there are so many");
            Timer::WrapUp(agent.spec.id.clone(), agent.wrap_epoch)
        }
    })
}

/// A call centre whose agents are ready lives through a history; or what broke the law.
fn lives(seed: u64, steps: u32, fault: Option<Fault>) -> Result<Desk, String> {
    let mut dice = Dice(seed);
    let now = Timestamp::from_secs(1_700_000_000);
    let mut desk = Desk {
        store: MemoryStore::new(),
        now,
        fault,
        callers: 0,
        told: 0,
        calls: BTreeMap::new(),
        agents: BTreeMap::new(),
        accepted: BTreeMap::new(),
    };
    for nth in 0..AGENTS {
        let agent = AgentId::new(name(nth)).expect("a name");
        desk.happens(&[Input::Requested(Request::Ready(agent))], false)?;
    }
    for _ in 0..steps * 2 {
        let first = desk.anything(&mut dice);
        let second = match desk.calls.is_empty() || dice.once_in(2) {
            true => desk.anything(&mut dice),
            // Two answer at once.
            false => {
                let call = desk.any_call(&mut dice);
                asks(&mut dice, &call)
            }
        };
        let at_once = dice.once_in(2);
        desk.happens(&[first, second], at_once)?;
        desk.now = desk.now + Duration::from_millis(dice.of(&[0, 1, 200, 200, 3_000, 20_000]));
    }
    Ok(desk)
}

/// P1: a call is accepted by one agent at most at any time.
pub(super) fn one_winner(seed: u64, steps: u32, fault: Option<Fault>) -> Verdict {
    lives(seed, 1 + steps % 14, fault).map(drop)
}

/// How many offers were accepted in the history, and how many calls there were.
pub(super) fn accepted(seed: u64, steps: u32) -> (usize, usize) {
    let desk = lives(seed, steps, None).unwrap_or_else(|what| panic!("{what}"));
    (desk.accepted.values().map(BTreeSet::len).sum(), desk.accepted.len())
}
