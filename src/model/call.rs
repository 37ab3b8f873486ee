use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, CallId, LegId, QueueId, TenantId};
use crate::model::{Callback, CallbackFirst, CallbackState, Event, EventKind, Notice, Target, Told};
use crate::routing::{Needs, Waiting};
use crate::script::Script;
use crate::telephony::EndCause;
use crate::time::Timestamp;

/// Who began a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The customer.
    Inbound,
    /// The application.
    Outbound,
}

/// How far a call has come. Exactly one at a time: it names the call's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// The customer is being rung.
    Placing,
    /// The customer hears the menu.
    Menu,
    /// The customer waits for an agent; agents may be ringing.
    Waiting,
    /// An agent has accepted; audio is on its way.
    Connecting,
    /// Customer and agent hear each other.
    Talking,
    /// The customer hears the last words, or is joined with an outside number.
    Closing,
    /// Over.
    Ended,
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The customer hung up before talking to an agent.
    Abandoned,
    /// The customer hung up after talking.
    CustomerHungUp,
    /// The agent hung up.
    AgentHungUp,
    /// The application asked for it.
    Requested,
    /// The customer was led to the last words by the flow or the queue's overflow.
    Policy,
    /// The customer was led to an outside number.
    Forwarded,
    /// The customer did not answer.
    NoAnswer,
    /// The customer was busy.
    Busy,
    /// The customer could not be reached.
    Failed,
    /// The agent did not answer a call that was to begin with the agent.
    AgentUnreachable,
    /// A callback was not possible for so long that it is not due any more.
    Expired,
    /// A callback was cancelled by the customer or the application.
    Cancelled,
    /// The customer called again, and that call has the place of this one.
    Resumed,
}

/// Whose leg it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegRole {
    /// The customer's.
    Customer,
    /// An agent's.
    Agent,
}

/// How far a leg has come: a lattice, so that facts may arrive in any order. The end absorbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegProgress {
    /// Not placed yet.
    Planned,
    /// Rings.
    Ringing,
    /// Answered.
    Answered,
    /// Over.
    Ended(EndCause),
}

/// What is to be done to a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LegVerb {
    /// Ring it.
    Dial,
    /// Make it ask at its current hop.
    Redirect,
    /// End it unless it has been answered.
    Cancel,
    /// End it.
    HangUp,
    /// Ask the provider how it is.
    Probe,
    /// Tell it something while it waits in the room.
    Announce(Notice),
}

/// How far a command has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommandState {
    /// Not sent.
    Queued,
    /// Sent at this time by some node, result not noted.
    Sending(Timestamp),
    /// Sent at this time, may have been done: the provider is asked.
    Unsure(Timestamp),
}

/// A command that waits for its turn, or is under way. A leg's commands are carried out one at a time, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegCommand {
    /// Counts up within the leg.
    pub seq: u32,
    /// What is to be done.
    pub verb: LegVerb,
    /// How far it has come.
    pub state: CommandState,
    /// Attempts that are known not to have been done.
    pub attempts: u32,
}

/// The answer to one hop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Which hop.
    pub hop: u32,
    /// The hop that its URLs carry.
    pub next: u32,
    /// What the leg was told.
    pub script: Script,
}

/// One connection of a call with one party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// Its number within the call.
    pub id: LegId,
    /// Whose it is.
    pub role: LegRole,
    /// The address of the party, as text.
    pub endpoint: String,
    /// The offer it belongs to, for an agent's leg.
    pub offer: Option<u32>,
    /// The provider's id, once known.
    pub sid: Option<String>,
    /// How far it has come.
    pub progress: LegProgress,
    /// Whether it is in the room in use.
    pub in_room: bool,
    /// Sequence number of the last word about the conference that was believed.
    pub room_seq: Option<u64>,
    /// Which of the call's rooms it was last told to enter.
    pub sent_to_room: Option<u32>,
    /// The next hop that has not been answered.
    pub hop: u32,
    /// How each hop was answered: a repeated request gets the same answer.
    pub said: Vec<Said>,
    /// What it hears at its next hop, when that was decided beforehand.
    pub then: Option<Script>,
    /// How long it may ring.
    pub ring_timeout: Duration,
    /// What is to be done to it.
    pub commands: Vec<LegCommand>,
    /// Commands given so far.
    pub command_seq: u32,
    /// When something was last heard about it.
    pub heard_at: Timestamp,
}

impl Leg {
    /// Whether it is placed and not over.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !matches!(self.progress, LegProgress::Ended(_))
    }
}

/// How far an offer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferState {
    /// The agent is rung.
    Offered,
    /// The agent accepted; audio is on its way.
    Accepted,
    /// Agent and customer were joined.
    Bridged,
}

/// A reservation: one call held for one agent. Only live ones are kept; their ends are events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Its number within the call: the fence against stale answers and timers.
    pub number: u32,
    /// Who.
    pub agent: AgentId,
    /// The agent's leg.
    pub leg: LegId,
    /// How far it has come.
    pub state: OfferState,
    /// Its own deadline while it is not bridged.
    pub until: Timestamp,
    /// When it was made.
    pub made_at: Timestamp,
    /// The agent's tier in the queue.
    #[serde(default)]
    pub tier: u16,
}

/// A call's record: one customer's contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Schema number of this body.
    pub schema: u32,
    /// Its id.
    pub id: CallId,
    /// Whose call centre.
    pub tenant: TenantId,
    /// Who began it.
    pub direction: Direction,
    /// Number or address of the customer; a withheld one is a word such as `anonymous`.
    pub customer: String,
    /// Our number.
    pub number: String,
    /// How far it has come.
    pub state: CallState,
    /// Name of its conferences, unguessable; the number of the room is added to it.
    pub room: String,
    /// The room in use. A conference that has been left is silent for whoever stays, so that a new one is taken.
    pub room_number: u32,
    /// The queue it waits in or waited in last.
    pub queue: Option<QueueId>,
    /// Queues it has been in: a loop of overflows ends here.
    pub visited: BTreeSet<QueueId>,
    /// Priority; the higher is served first.
    pub priority: i32,
    /// Skills an agent needs.
    pub needs: Needs,
    /// The agent it is kept for, and until when.
    pub held_for: Option<(AgentId, Timestamp)>,
    /// The only agent who may have it.
    pub only: Option<AgentId>,
    /// Where the customer goes once answered, for an outbound call.
    pub target: Option<Target>,
    /// Times the menu was heard.
    pub menu_heard: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// When it first joined a waiting line; kept when it comes back to one.
    pub queued_at: Option<Timestamp>,
    /// When it joined the queue it waits in.
    pub entered_at: Option<Timestamp>,
    /// When customer and agent were first joined.
    pub connected_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    pub reason: Option<EndReason>,
    /// Who talked with the customer last.
    pub agent: Option<AgentId>,
    /// Its legs; the customer's first.
    pub legs: Vec<Leg>,
    /// Live offers.
    pub offers: Vec<Offer>,
    /// Offers made so far.
    pub offer_seq: u32,
    /// Of these, offers made before it joined the queue it waits in.
    #[serde(default)]
    pub offers_elsewhere: u32,
    /// Agents who are not offered it: for good, or until a time.
    pub excluded: BTreeMap<AgentId, Option<Timestamp>>,
    /// Of these, those who declined it, the earliest first, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declined: Vec<(AgentId, Timestamp)>,
    /// The provider's id of the conference of the room in use, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_sid: Option<String>,
    /// The callback that the customer is asked about, was promised or got.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<Callback>,
    /// What the customer was told while waiting.
    #[serde(default)]
    pub told: Told,
    /// The later call of the same customer that got the place of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_by: Option<CallId>,
    /// Its history.
    pub events: Vec<Event>,
    /// Events so far.
    pub event_seq: u32,
}

/// Answers kept for each leg, the latest: a request is repeated within seconds (Twilio docs: retries end after 15 s).
pub(crate) const SAID_MAX: usize = 8;
/// Bytes that the answers kept for a leg may take, save for the latest.
pub(crate) const SAID_BYTES_MAX: usize = 16 * 1024;
/// Legs kept in a call's record: those that are over go first.
const LEGS_MAX: usize = 24;
/// Offers whose decision is kept with everybody who was looked at; later ones keep the agent alone.
pub(crate) const DETAILED_OFFERS_MAX: u32 = 5;
/// Events kept in a call's record; more are counted, not kept.
pub(crate) const EVENTS_MAX: usize = 150;

impl Call {
    /// The leg with this number.
    #[must_use]
    pub fn leg(&self, id: LegId) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.id == id)
    }

    pub(crate) fn leg_mut(&mut self, id: LegId) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.id == id)
    }

    /// The customer's leg; of several, after a callback, the last.
    #[must_use]
    pub fn customer_leg(&self) -> Option<&Leg> {
        self.legs.iter().rev().find(|leg| leg.role == LegRole::Customer)
    }

    /// Whether it keeps a place in a waiting line for a customer who is not on the line.
    #[must_use]
    pub fn is_placeholder(&self) -> bool {
        self.state != CallState::Ended && self.callback.as_ref().is_some_and(Callback::is_open)
    }

    /// Whether it stands in a waiting line, with a customer on the line or without.
    #[must_use]
    pub fn is_in_line(&self) -> bool {
        let stands = self.callback.as_ref().is_none_or(|callback| {
            matches!(callback.state, CallbackState::Asking | CallbackState::Holding | CallbackState::Confirmed)
        });
        self.state == CallState::Waiting && stands
    }

    /// Whether it stands in a waiting line and can be offered to an agent: a customer who is to be rung first cannot.
    #[must_use]
    pub fn is_offerable(&self) -> bool {
        let rung_first = self.callback.as_ref().is_some_and(|callback| {
            callback.state == CallbackState::Holding && callback.first == CallbackFirst::Customer
        });
        self.is_in_line() && !rung_first
    }

    /// The moment that counts for its place in a waiting line: when it joined, and later by what late attempts of a
    /// callback cost. `None` if it never joined.
    #[must_use]
    pub fn line_time(&self) -> Option<Timestamp> {
        let penalty = self.callback.as_ref().map_or(Duration::ZERO, |callback| callback.penalty);
        self.queued_at.map(|at| at + penalty)
    }

    /// What its one-time URLs count from: a function of the record, so that a repeated answer is the same.
    pub(crate) fn urls_from(&self) -> Timestamp {
        self.callback.as_ref().map_or(self.started_at, |callback| callback.active_at.max(self.started_at))
    }

    /// The live offer with this number.
    #[must_use]
    pub fn offer(&self, number: u32) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.number == number)
    }

    /// Who talked with the customer last.
    #[must_use]
    pub fn agent(&self) -> Option<&str> {
        self.agent.as_ref().map(AgentId::as_str)
    }

    /// Time from joining the waiting line to being joined with an agent, or to the end; zero if it never waited.
    #[must_use]
    pub fn waited(&self) -> Duration {
        let Some(queued_at) = self.queued_at else { return Duration::ZERO };
        self.connected_at.or(self.ended_at).map_or(Duration::ZERO, |until| until.since(queued_at))
    }

    /// Who talked with the customer last, and when customer and agent were first joined. `None`: they never were.
    pub(crate) fn joined(&self) -> Option<(AgentId, Timestamp)> {
        self.agent.clone().zip(self.connected_at)
    }

    /// Adds a leg. A record has a greatest size, and a long wait has hundreds of offers: the oldest legs of agents that are
    /// over make room.
    pub(crate) fn add_leg(&mut self, leg: Leg) {
        while self.legs.len() >= LEGS_MAX {
            let Some(at) = self.legs.iter().position(|leg| leg.role == LegRole::Agent && !leg.is_live()) else { break };
            self.legs.remove(at);
        }
        self.legs.push(leg);
    }

    /// How the call waits, for choosing; `None`: it does not. `ring`: how its queue rings.
    #[must_use]
    pub fn waiting(&self, queue: &super::Queue, now: Timestamp) -> Option<Waiting> {
        if !self.is_in_line() || self.queue.as_ref() != Some(&queue.id) {
            return None;
        }
        let since = self.line_time()?;
        let live = u32::try_from(self.offers.len()).unwrap_or(u32::MAX);
        let (mut wanted, mut wanted_more_at) =
            queue.wanted(live, self.offers.iter().map(|offer| offer.made_at).min(), now);
        let later = self.callback.as_ref().filter(|_| !self.is_offerable()).and_then(|callback| callback.look_again_at);
        if let Some(later) = later.filter(|at| *at > now) {
            (wanted, wanted_more_at) = (0, Some(later));
        }
        // One more each time may be of any tier; who is rung together is of one.
        let rung = self.offers.iter().map(|offer| offer.tier).max();
        let rung_tier = rung.filter(|_| wanted > 0 && queue.ring_more_after.is_none());
        Some(Waiting {
            queue: queue.id.clone(),
            needs: self.needs.clone(),
            points: self.priority,
            since,
            entered: self.entered_at.unwrap_or(since),
            wanted,
            wanted_more_at,
            weight: 1,
            excluded: self.excluded.clone(),
            held_for: self.held_for.clone(),
            only: self.only.clone(),
            offers: self.offer_seq,
            rung_tier,
        })
    }

    /// From when the earliest decline may lapse, if everybody else who could have the call has declined it too. `None`: nobody
    /// has declined it.
    pub(crate) fn decline_lapses_at(&self, rest: Duration) -> Option<Timestamp> {
        self.declined.first().map(|(_, at)| *at + rest)
    }

    pub(crate) fn note(&mut self, now: Timestamp, kind: EventKind) {
        let seq = self.event_seq;
        self.event_seq += 1;
        // The way through the queues, conversations and the end are always kept: reports read them.
        let kept = matches!(
            kind,
            EventKind::Queued { .. }
                | EventKind::Overflowed { .. }
                | EventKind::LeftByKey { .. }
                | EventKind::CallbackPromised { .. }
                | EventKind::CallbackConfirmed { .. }
                | EventKind::Connected { .. }
                | EventKind::Ended { .. }
        );
        if self.events.len() < EVENTS_MAX || kept {
            self.events.push(Event { seq, at: now, kind });
        }
    }
}
