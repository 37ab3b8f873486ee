//! What the carrier remembers of a call, and what a call is doing.

use std::collections::BTreeSet;
use std::time::Duration;

use super::account::{Later, Terms};
use super::queue::QUEUE_SIZE;
use super::record_verb::RecordVerb;
use super::recording::RecordPlan;
use super::socket::SocketDue;
use super::socket_connect::Connecting;
use super::speech::Speech;
use super::types::{CallStatus, Direction, EndCause, Heard};
use super::verbs_pay::Paying;
use super::verbs_refer::Referring;
use super::voice::{Voice, VoiceDue};
use super::xml::Element;
use crate::time::Timestamp;

pub(super) type Sid = String;

/// A URL and its method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) url: String,
    pub(super) method: String,
}

impl Target {
    pub(super) fn post(url: impl Into<String>) -> Self {
        Self { url: url.into(), method: "POST".to_owned() }
    }

    pub(super) fn new(url: impl Into<String>, method: Option<&str>) -> Self {
        let get = method.is_some_and(|m| m.eq_ignore_ascii_case("GET"));
        Self { url: url.into(), method: if get { "GET" } else { "POST" }.to_owned() }
    }
}

/// Who is told which events.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub(super) to: Target,
    pub(super) events: BTreeSet<String>,
}

/// How a leg takes part in a conference.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    /// The running conference it must be, where REST named it by sid.
    pub(super) conference: Option<Sid>,
    pub(super) label: Option<String>,
    pub(super) muted: bool,
    pub(super) coach: Option<Sid>,
    pub(super) starts: bool,
    pub(super) ends: bool,
    /// `None`: the default playlist; empty: silence.
    pub(super) wait: Option<Target>,
    pub(super) max: u64,
    pub(super) callback: Option<Subscription>,
    /// Record the conference from its start.
    pub(super) record: Option<RecordPlan>,
}

/// A leg, from the first moment to the last.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) sid: Sid,
    pub(super) parent: Option<Sid>,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) direction: Direction,
    pub(super) status: CallStatus,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) placed: Option<Timestamp>,
    pub(super) answered: Option<Timestamp>,
    pub(super) ended: Option<Timestamp>,
    pub(super) cause: Option<EndCause>,
    pub(super) sip_code: u16,
    /// The document of a leg that REST placed: a URL, or the text itself.
    pub(super) target: Option<Target>,
    pub(super) twiml: Option<String>,
    pub(super) fallback: Option<Target>,
    pub(super) callback: Option<Subscription>,
    pub(super) screen: Option<Target>,
    pub(super) entry: Option<Entry>,
    pub(super) timeout: Duration,
    pub(super) limit: Duration,
    pub(super) frames: Vec<Frame>,
    pub(super) epoch: u64,
    pub(super) events: u64,
    pub(super) heard: Vec<Heard>,
    pub(super) bridge: Option<Sid>,
    /// The other half of a call to a number of ours.
    pub(super) twin: Option<Sid>,
    pub(super) deleted: bool,
    /// How many calls to numbers of ours led to this one.
    pub(super) depth: u32,
    /// Whether it is being told of an application error.
    pub(super) failing: bool,
    /// Whether its verbs are being executed right now.
    pub(super) running: bool,
    /// Documents asked for at this instant.
    pub(super) hops: (Timestamp, u32),
    /// What it says, and what becomes of it.
    pub(super) voice: Voice,
    /// What REST said about it besides.
    pub(super) terms: Terms,
}

impl Call {
    pub(super) fn new(sid: Sid, direction: Direction, from: &str, to: &str, now: Timestamp) -> Self {
        Self {
            sid,
            parent: None,
            from: from.to_owned(),
            to: to.to_owned(),
            direction,
            status: CallStatus::Queued,
            created: now,
            updated: now,
            placed: None,
            answered: None,
            ended: None,
            cause: None,
            sip_code: 200,
            target: None,
            twiml: None,
            fallback: None,
            callback: None,
            screen: None,
            entry: None,
            timeout: Duration::from_secs(60),
            limit: Duration::from_secs(14_400),
            frames: Vec::new(),
            epoch: 0,
            events: 0,
            heard: Vec::new(),
            bridge: None,
            twin: None,
            deleted: false,
            depth: 0,
            failing: false,
            running: false,
            hops: (now, 0),
            voice: Voice::default(),
            terms: Terms::default(),
        }
    }

    pub(super) fn top(&self) -> Option<&Frame> {
        self.frames.last()
    }

    pub(super) fn main(&self) -> Option<&Frame> {
        self.frames.iter().find(|f| f.role == Role::Main)
    }

    pub(super) fn dialling(&self) -> Option<&Dialling> {
        match self.main().map(|f| &f.doing) {
            Some(Doing::Dialling(dial)) => Some(dial),
            _ => None,
        }
    }

    pub(super) fn dialling_mut(&mut self) -> Option<&mut Dialling> {
        match self.frames.iter_mut().find(|f| f.role == Role::Main).map(|f| &mut f.doing) {
            Some(Doing::Dialling(dial)) => Some(dial),
            _ => None,
        }
    }

    pub(super) fn queueing(&self) -> Option<&Queueing> {
        match self.main().map(|f| &f.doing) {
            Some(Doing::Queueing(queueing)) => Some(queueing),
            _ => None,
        }
    }

    pub(super) fn conferencing(&self) -> Option<&Conferencing> {
        match self.main().map(|f| &f.doing) {
            Some(Doing::Conferencing(conferencing)) => Some(conferencing),
            _ => None,
        }
    }

    /// Seconds of talk, or 0.
    pub(super) fn seconds(&self) -> u64 {
        match (self.answered, self.ended) {
            (Some(from), Some(to)) => to.since(from).as_secs(),
            _ => 0,
        }
    }
}

/// What a document was fetched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Drives the leg.
    Main,
    /// Asks a dialled leg before it is bridged.
    Screen,
    /// Told to a queued caller before it is bridged with this leg.
    QueueScreen(Sid),
    /// Entertains a queued caller.
    Wait,
    /// Entertains somebody in a conference: waiting or on hold.
    Music,
    /// Announced to somebody in a conference.
    Announce,
}

/// A document on its way through a leg.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) role: Role,
    pub(super) verbs: Vec<Element>,
    pub(super) next: usize,
    /// Where it came from; `None`: from REST.
    pub(super) url: Option<String>,
    pub(super) doing: Doing,
    pub(super) began: Timestamp,
}

#[derive(Clone, Debug)]
pub(super) enum Doing {
    Ready,
    Fetching {
        webhook: u64,
        fallback: bool,
    },
    Sounding,
    Gathering(Box<Gathering>),
    Recording(Box<RecordVerb>),
    Dialling(Box<Dialling>),
    Conferencing(Conferencing),
    Queueing(Queueing),
    Paying(Box<Paying>),
    Referring(Box<Referring>),
    /// Until it hangs up.
    Echoing,
    Connecting(Connecting),
    Idle,
}

#[derive(Clone, Debug)]
pub(super) struct Gathering {
    pub(super) verb: Element,
    /// Prompts that are still to come.
    pub(super) prompts: Vec<Element>,
    pub(super) digits: String,
    /// Whether the prompts are over and the timeout runs.
    pub(super) listening: bool,
    pub(super) speech: Option<Speech>,
}

#[derive(Clone, Debug)]
pub(super) struct Dialling {
    pub(super) verb: Element,
    /// Nouns that are still to be dialled, one after another.
    pub(super) rest: Vec<Element>,
    pub(super) children: Vec<Sid>,
    pub(super) bridged: Option<Sid>,
    pub(super) bridged_at: Option<Timestamp>,
    pub(super) last: CallStatus,
    /// The queue it waits for, in `<Dial><Queue>`.
    pub(super) queue: Option<QueueDial>,
}

#[derive(Clone, Debug)]
pub(super) struct QueueDial {
    pub(super) name: String,
    pub(super) screen: Option<Target>,
    /// Who was taken out, while being told so or bridged.
    pub(super) taken: Option<Sid>,
    pub(super) queue_time: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Conferencing {
    pub(super) conference: Sid,
    pub(super) action: Option<Target>,
}

#[derive(Clone, Debug)]
pub(super) struct Queueing {
    pub(super) queue: String,
    pub(super) since: Timestamp,
    pub(super) action: Option<Target>,
    pub(super) wait: Option<Target>,
    /// Whom it was given to.
    pub(super) agent: Option<Sid>,
}

/// What is due at some time.
#[derive(Clone, Debug)]
pub(super) enum Due {
    Place(Sid),
    Rings(Sid),
    Answers(Sid),
    Declines(Sid),
    RingsOut(Sid),
    Step(Sid, u64),
    Presses(Sid, String),
    HangsUp(Sid),
    TimeLimit(Sid),
    /// The bridge of this Dial has lasted as long as allowed: caller and callee.
    DialLimit(Sid, Sid),
    Deadline(u64),
    Emit(u64),
    Voice(VoiceDue),
    Socket(u64, SocketDue),
    Account(Later),
}

#[derive(Clone, Debug)]
pub(super) struct WaitQueue {
    pub(super) sid: Sid,
    pub(super) members: Vec<Sid>,
    /// How many have left it, and how many seconds they waited together.
    pub(super) waited: (u64, u64),
    pub(super) max: usize,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

impl WaitQueue {
    pub(super) fn new(sid: Sid, now: Timestamp) -> Self {
        Self { sid, members: Vec::new(), waited: (0, 0), max: QUEUE_SIZE, created: now, updated: now }
    }
}
