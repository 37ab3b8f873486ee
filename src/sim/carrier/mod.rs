//! The carrier in a box: a model of Twilio Voice that executes TwiML, in virtual time and without I/O.
//!
//! Nothing here reads a clock, opens a socket or waits. The owner moves time with [`Carrier::advance`], carries the
//! requests of [`Carrier::take_webhooks`] to the application and its replies back by [`Carrier::webhook_result`], and
//! hands REST requests to [`Carrier::rest`]. The same seed and the same calls give the same world.

mod account;
mod basic;
mod cache;
mod call;
mod callback;
mod conference;
mod cookies;
mod detection;
mod dial;
mod dial_end;
mod dial_nouns;
mod document;
mod exchanges;
mod form;
mod gather;
mod judgement;
mod lines;
mod overrides;
mod participant;
mod pay_card;
mod people;
mod profile;
mod queue;
mod record_verb;
mod recording;
mod recording_audio;
mod recording_rest;
mod recording_sources;
mod relay;
mod render;
mod request;
mod resource_applications;
mod resource_available;
mod resource_caller_ids;
mod resource_keys;
mod resource_messages;
mod resource_notifications;
mod resource_numbers;
mod resource_queues;
mod resource_transcriptions;
mod resource_usage;
mod rest;
mod rest_background;
mod rest_calls;
mod rest_conferences;
mod rest_fields;
mod rest_page;
mod rest_participants;
mod rest_terms;
mod rest_user_messages;
mod rules;
mod run;
mod settings;
mod siprec;
mod socket;
mod socket_audio;
mod socket_connect;
mod socket_speech;
mod speech;
mod state;
mod stream;
mod stream_rest;
mod texts;
mod transcription;
mod truth;
mod types;
mod verbs_background;
mod verbs_pay;
mod verbs_refer;
mod verbs_sms;
mod voice;
mod voice_types;
mod webhook;
mod wire_types;
mod xml;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use account::{Account, Later};
pub use account::{AccountConfig, Display};
use conference::Conference;
use lines::Line;
pub use rules::*;
pub use socket::{SocketEvent, SocketFault};
use state::{Call, Due, Sid, WaitQueue};
pub use types::*;
pub use voice_types::*;
pub use wire_types::*;

use crate::sim::rng::SplitMix64;
use crate::time::Timestamp;

/// A telephone network with one account of ours in it.
#[derive(Debug)]
pub struct Carrier {
    config: CarrierConfig,
    now: Timestamp,
    rng: SplitMix64,
    calls: BTreeMap<Sid, Call>,
    /// In the order in which they came about.
    order: Vec<Sid>,
    /// Of those, the ones that are not over.
    living: Vec<Sid>,
    conferences: Vec<Conference>,
    /// Places of the conferences that are not over.
    rooms: Vec<usize>,
    queues: BTreeMap<String, WaitQueue>,
    numbers: BTreeMap<String, Line>,
    scripts: BTreeMap<String, EndpointScript>,
    timers: BTreeMap<(Timestamp, u64), Due>,
    serial: u64,
    /// When the next call of REST may be placed.
    next_slot: Timestamp,
    out: Vec<Webhook>,
    pending: BTreeMap<u64, webhook::Pending>,
    held: BTreeMap<u64, Webhook>,
    notifications: Vec<Notification>,
    joined: Vec<Joined>,
    /// Places of those that a leg was one of.
    joins: BTreeMap<Sid, Vec<usize>>,
    talking: BTreeMap<(String, Sid, Sid), usize>,
    losses: BTreeMap<Sid, Vec<LostCall>>,
    next_rest: VecDeque<NextRest>,
    doubles: Doubles,
    overtaken: bool,
    /// Cookies, documents that are kept, and what is known of callers.
    wire: profile::Wire,
    /// Recordings, transcripts and whatever else voices leave behind.
    shelf: voice::Shelf,
    sockets: socket::Sockets,
    account: Account,
}

/// What is doubled or reordered until further notice.
#[derive(Clone, Copy, Debug, Default)]
struct Doubles {
    callbacks: bool,
    documents: bool,
    reorder: bool,
}

impl Carrier {
    /// A network without numbers or calls, at `config.start`.
    #[must_use]
    pub fn new(config: CarrierConfig) -> Self {
        Self {
            now: config.start,
            next_slot: config.start,
            rng: SplitMix64::new(config.seed),
            config,
            calls: BTreeMap::new(),
            order: Vec::new(),
            living: Vec::new(),
            conferences: Vec::new(),
            rooms: Vec::new(),
            queues: BTreeMap::new(),
            numbers: BTreeMap::new(),
            scripts: BTreeMap::new(),
            timers: BTreeMap::new(),
            serial: 0,
            out: Vec::new(),
            pending: BTreeMap::new(),
            held: BTreeMap::new(),
            notifications: Vec::new(),
            joined: Vec::new(),
            joins: BTreeMap::new(),
            talking: BTreeMap::new(),
            losses: BTreeMap::new(),
            next_rest: VecDeque::new(),
            doubles: Doubles::default(),
            overtaken: false,
            wire: profile::Wire::default(),
            shelf: voice::Shelf::default(),
            sockets: socket::Sockets::default(),
            account: Account::default(),
        }
    }

    /// Virtual time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The next REST request goes wrong so: a [`RestFault`], or an HTTP status. More calls queue up.
    pub fn fault_next_rest(&mut self, fault: impl Into<NextRest>) {
        self.next_rest.push_back(fault.into());
    }

    /// What goes wrong at random from now on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.config.faults = faults;
    }

    /// Whether every callback is delivered twice.
    pub fn double_every_callback(&mut self, on: bool) {
        self.doubles.callbacks = on;
    }

    /// Whether every document is asked for twice; the second reply is ignored.
    pub fn double_every_document(&mut self, on: bool) {
        self.doubles.documents = on;
    }

    /// Whether every other callback is overtaken by what happens in the second after it.
    pub fn reorder_callbacks(&mut self, on: bool) {
        self.doubles.reorder = on;
    }

    /// When something happens next by itself; `None`: nothing until somebody does something.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.timers.iter().find(|(_, due)| self.matters(due)).map(|((at, _), _)| (*at).max(self.now))
    }

    /// Moves virtual time to `to`, and lets happen what is due until then, in order. Time never goes back.
    pub fn advance(&mut self, to: Timestamp) {
        while let Some(entry) = self.timers.first_entry() {
            let (at, _) = *entry.key();
            if at > to {
                break;
            }
            let due = entry.remove();
            self.now = self.now.max(at);
            if self.matters(&due) {
                self.happens(due);
            }
        }
        self.now = self.now.max(to);
    }

    /// The HTTP requests to be sent now. Each is handed out once.
    pub fn take_webhooks(&mut self) -> Vec<Webhook> {
        std::mem::take(&mut self.out)
    }

    fn after(&mut self, wait: std::time::Duration, due: Due) {
        self.serial += 1;
        self.timers.insert((self.now + wait, self.serial), due);
    }

    fn sid(&mut self, prefix: &str) -> Sid {
        format!("{prefix}{}", self.rng.hex32())
    }

    /// Whether what is due would still change anything.
    fn matters(&self, due: &Due) -> bool {
        let is = |sid: &Sid, states: &[CallStatus]| self.calls.get(sid).is_some_and(|c| states.contains(&c.status));
        match due {
            Due::Place(sid) => is(sid, &[CallStatus::Queued]),
            Due::Rings(sid) => is(sid, &[CallStatus::Initiated]),
            Due::Answers(sid) | Due::Declines(sid) | Due::RingsOut(sid) => {
                is(sid, &[CallStatus::Initiated, CallStatus::Ringing])
            }
            Due::Step(sid, epoch) => self.calls.get(sid).is_some_and(|c| !c.status.is_over() && c.epoch == *epoch),
            Due::Presses(sid, _) | Due::HangsUp(sid) => is(sid, &[CallStatus::Ringing, CallStatus::InProgress]),
            Due::TimeLimit(sid) => is(sid, &[CallStatus::InProgress]),
            Due::DialLimit(caller, callee) => self.calls.get(caller).is_some_and(|c| c.bridge.as_ref() == Some(callee)),
            Due::Deadline(id) => self.pending.contains_key(id),
            Due::Emit(id) => self.held.contains_key(id),
            Due::Account(Later::DigitsSent(sid)) => is(sid, &[CallStatus::InProgress]),
            Due::Account(Later::Message(sid)) => self.message_goes_on(sid),
            Due::Account(Later::Slot) => true,
            Due::Voice(due) => self.voice_matters(due),
            Due::Socket(id, due) => self.socket_waits_for(*id, due),
        }
    }

    fn happens(&mut self, due: Due) {
        match due {
            Due::Place(sid) => self.place(&sid),
            Due::Rings(sid) => self.rings(&sid),
            Due::Answers(sid) => self.picked_up(&sid),
            Due::Declines(sid) => self.end(&sid, CallStatus::Busy, EndCause::Declined),
            Due::RingsOut(sid) => self.end(&sid, CallStatus::NoAnswer, EndCause::NoAnswer),
            Due::Step(sid, _) => self.step(&sid),
            Due::Presses(sid, digits) => self.presses(&sid, &digits),
            Due::HangsUp(sid) => self.hangs_up(&sid),
            Due::TimeLimit(sid) => {
                self.notify(32_015, Some(&sid), "the call lasted as long as allowed", "");
                self.end(&sid, CallStatus::Completed, EndCause::TimeLimit);
            }
            Due::DialLimit(_, callee) => self.end(&callee, CallStatus::Completed, EndCause::TimeLimit),
            Due::Deadline(id) => self.webhook_result(id, Err(HttpFault::ReadTimeout)),
            Due::Emit(id) => self.out.extend(self.held.remove(&id)),
            Due::Account(Later::DigitsSent(sid)) => self.begin(&sid),
            Due::Account(Later::Message(sid)) => self.message_step(&sid),
            Due::Account(Later::Slot) => self.slot(),
            Due::Voice(due) => self.voice_happens(due),
            Due::Socket(id, due) => self.socket_due(id, due),
        }
    }

    fn notify(&mut self, code: u32, call: Option<&str>, message: impl Into<String>, url: &str) {
        self.notifications.push(Notification {
            code,
            call_sid: call.map(str::to_owned),
            message: message.into(),
            url: url.to_owned(),
            at: self.now,
        });
    }

    /// Makes these pairs, and no others, the ones that hear each other within `scope`.
    fn talk(&mut self, scope: &str, pairs: &BTreeSet<(Sid, Sid)>) {
        let first = (scope.to_owned(), Sid::new(), Sid::new());
        let over: Vec<(String, Sid, Sid)> = self
            .talking
            .range(first..)
            .map(|(key, _)| key)
            .take_while(|(s, ..)| s == scope)
            .filter(|(_, a, b)| !pairs.contains(&(a.clone(), b.clone())))
            .cloned()
            .collect();
        for key in over {
            if let Some(joined) = self.talking.remove(&key).and_then(|at| self.joined.get_mut(at)) {
                joined.to = Some(self.now);
            }
        }
        for (a, b) in pairs {
            let key = (scope.to_owned(), a.clone(), b.clone());
            if !self.talking.contains_key(&key) {
                for leg in [a, b] {
                    self.joins.entry(leg.clone()).or_default().push(self.joined.len());
                }
                self.talking.insert(key, self.joined.len());
                self.joined.push(Joined { a: a.clone(), b: b.clone(), from: self.now, to: None });
            }
        }
    }
}
