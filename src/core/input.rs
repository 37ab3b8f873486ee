//! Everything that can happen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::core::Picked;
use crate::forecast::{Reason, Silence};
use crate::id::{AgentId, CallId, LegId, QueueId};
use crate::model::{AgentStatus, Foretold, Notice, Pass, Target};
use crate::phone::PhoneNumber;
use crate::script::Script;
use crate::telephony::{EndCause, Failure, LegReport, LegState, LiveLeg};
use crate::time::Timestamp;

/// One thing that happened, or is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input {
    /// A customer calls one of our numbers.
    Arrived {
        /// The provider's id of the customer's leg.
        sid: String,
        /// Who calls.
        from: String,
        /// Which of our numbers.
        to: String,
    },
    /// A leg asks what to do next.
    Asked {
        /// Which call.
        call: CallId,
        /// Which leg.
        leg: LegId,
        /// At which of its one-time URLs.
        hop: u32,
        /// The provider's id of the leg.
        sid: String,
        /// Keys pressed; empty: none.
        digits: String,
        /// Whether the leg is over: nobody hears the answer.
        over: bool,
    },
    /// The provider says how a leg is.
    LegChanged {
        /// Which call.
        call: CallId,
        /// Which leg.
        leg: LegId,
        /// The provider's id of the leg.
        sid: String,
        /// How it is.
        state: LegState,
    },
    /// The leg that began an inbound call is over.
    LineEnded {
        /// The provider's id of the leg.
        sid: String,
        /// Why.
        cause: EndCause,
    },
    /// The provider says who came into a call's conference, or left it.
    RoomChanged {
        /// Which call.
        call: CallId,
        /// Which of its rooms.
        room: u32,
        /// The provider's id of the conference.
        conference: Option<String>,
        /// The provider's id of the leg.
        sid: String,
        /// Whether it came or left.
        joined: bool,
        /// Whether it left by hanging up.
        hung_up: bool,
        /// Place in the order of such facts about this conference.
        seq: u64,
    },
    /// A waiting caller is about to hear an announcement.
    Announcing {
        /// Of which queue.
        queue: QueueId,
        /// What it tells.
        notice: Notice,
    },
    /// A waiting caller is to be told something, of which a node knows this much.
    Telling {
        /// Which call.
        call: CallId,
        /// What the node knows.
        expected: Expected,
    },
    /// Customers of this queue who are rung first may be near their turn.
    Nearing {
        /// Which queue.
        queue: QueueId,
        /// Those who wait no longer than the lead time, as a node has foretold; `None`: nothing has been learned, and the queue's
        /// time for each place counts.
        near: Option<Vec<CallId>>,
    },
    /// The application asks for something.
    Requested(Request),
    /// A timer is due.
    Due(Timer),
    /// A floor has found that everybody signed in who could have a waiting call has declined it. The reply says whether the
    /// earliest of these may have it again.
    DeclinedByAll {
        /// Which call.
        call: CallId,
        /// Who.
        agents: Vec<AgentId>,
    },
    /// A floor has found nothing to offer, and changes by itself at `until`, if ever.
    NothingToOffer {
        /// When to look again.
        until: Option<Timestamp>,
    },
    /// A floor has counted the agents who may ever have calls of a queue: something about them, or about the line, has changed.
    QueueSeen {
        /// Which queue.
        queue: QueueId,
        /// How many are in each state.
        agents: BTreeMap<AgentStatus, u32>,
    },
    /// A floor has picked a call and agents for it. The reply says whether an offer was made.
    Picked(Picked),
    /// A command is about to be sent. The reply says whether it still should be.
    Sending {
        /// Which call.
        call: CallId,
        /// Which leg.
        leg: LegId,
        /// Which command.
        seq: u32,
    },
    /// A command was tried.
    Performed {
        /// Which call.
        call: CallId,
        /// Which leg.
        leg: LegId,
        /// Which command.
        seq: u32,
        /// With which result.
        result: CommandResult,
    },
    /// The provider was asked about a leg.
    Probed {
        /// Which call.
        call: CallId,
        /// Which leg.
        leg: LegId,
        /// Which command led to the question.
        seq: u32,
        /// What it said; `None`: no answer.
        report: Option<LegReport>,
    },
    /// A leg of ours lives at the provider and is in no call. The reply says whether that shows a loss of history.
    Unowned {
        /// The leg.
        leg: LiveLeg,
        /// The leg of a call that it seems to be.
        dialled: Option<(CallId, LegId)>,
    },
    /// What these legs were told last may have been lost: they are led anew.
    Unheard {
        /// Which call.
        call: CallId,
        /// Which of its legs.
        legs: Vec<LegId>,
    },
    /// The provider does not list these legs, which should live.
    Unlisted {
        /// Which call.
        call: CallId,
        /// Which of its legs.
        legs: Vec<LegId>,
    },
    /// A page of the legs that live was compared with the books.
    Compared {
        /// The comparison that it is part of.
        pass: Pass,
        /// What came of it.
        compared: Compared,
    },
}

/// What came of asking for a page of the legs that live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// The provider did not list.
    Failed {
        /// Whether it never will, asked so.
        is_rejected: bool,
    },
    /// The page was compared.
    Page {
        /// What to ask the next page with.
        next: Option<String>,
        /// Whether more is to be done about this page first.
        again: bool,
        /// Requests to the provider that it took, those of the commands given included.
        requests: u32,
        /// Whether there were legs too young to be judged.
        are_young: bool,
    },
}

/// What a node knows of a waiting call that is to be told something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Calls that go before it in its queue, those among them that ring; `None`: not known here, and counted from what is stored.
    pub ahead: Option<u32>,
    /// How long it will wait.
    pub wait: ExpectedWait,
}

/// How long a waiting call will wait, as far as a node can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExpectedWait {
    /// Nothing has been learned yet: the queue's time for each place counts.
    #[default]
    Unknown,
    /// It is better not told.
    Silent(Silence),
    /// So long; and why that is longer than what was told before, if it is.
    Foretold(Foretold, Option<Reason>),
}

/// How a command went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandResult {
    /// Done; a dialled leg has this id.
    Done(Option<String>),
    /// Not done, or not known.
    Failed {
        /// How much is known.
        failure: Failure,
        /// The provider's error code.
        code: Option<u32>,
        /// What happened.
        message: String,
    },
}

/// What an application may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// The agent wants calls. Signs in, ends a break.
    Ready(AgentId),
    /// The agent wants no calls for now; after the current one if there is one.
    Break(AgentId, String),
    /// The agent leaves; after the current call if there is one. A ringing offer is taken back.
    SignOut(AgentId),
    /// The agent does not want the call that rings.
    Decline(AgentId),
    /// The agent has finished the wrap-up early.
    FinishWrapUp(AgentId),
    /// Ends a call: all its legs. Harmless when it has ended.
    HangUp(CallId),
    /// Calls a customer; asking twice under one `id` is asking once.
    PlaceCall {
        /// The application's own name for the request.
        id: String,
        /// Who is called.
        to: PhoneNumber,
        /// Who seems to call; `None`: the configured caller id.
        from: Option<PhoneNumber>,
        /// Where the customer goes once answered.
        target: Target,
    },
    /// Rings an agent, then the customer, and joins them; asking twice under one `id` is asking once.
    ClickToCall {
        /// The application's own name for the request.
        id: String,
        /// The agent.
        agent: AgentId,
        /// The customer.
        to: PhoneNumber,
        /// Who seems to call; `None`: the configured caller id.
        from: Option<PhoneNumber>,
    },
    /// Promises a customer a callback. Asking twice under one `id`, or for one number in one queue, is asking once.
    Callback {
        /// The application's own name for the request.
        id: String,
        /// Whose agents call back; its callers must be called back at all.
        queue: QueueId,
        /// Who is called.
        to: PhoneNumber,
        /// Not before this time, which is also the customer's place in the line; `None`: as soon as possible.
        at: Option<Timestamp>,
        /// How far the customer's local time is ahead of UTC, in minutes; `None`: as the hours of the queue say.
        utc_offset_mins: Option<i16>,
    },
    /// Takes a callback back. Harmless when it is over; refused once the customer has confirmed.
    CancelCallback(CallId),
    /// The same, only if what the agent wants has not changed since it was read: a screen that is behind changes nothing.
    IfUnchanged {
        /// The agent.
        agent: AgentId,
        /// The `intent_version` that was read.
        intent_version: u64,
        /// What is asked for.
        request: Box<Self>,
    },
    /// Opens or closes a queue for new callers.
    SetQueueOpen(QueueId, bool),
    /// Gives a waiting call so many priority points, those of its queue included. Its place changes at once.
    SetPriority(CallId, i32),
    /// Lets a waiting call count as having waited so many seconds more; fewer, if below zero, but never as coming later than
    /// now. Its place changes at once.
    AdjustWait(CallId, i64),
    /// Leads a waiting call elsewhere. It keeps its place where it goes to another queue; ringing offers are taken back.
    MoveCall(CallId, Target),
}

/// The closed list of timers. Each is a task of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Timer {
    /// Callers wait and agents may be free.
    Match,
    /// A leg's next command.
    Command(CallId, LegId),
    /// An agent has been rung long enough.
    Ring(CallId, u32),
    /// A winner's audio should have arrived.
    Claim(CallId, u32),
    /// A customer has waited long enough.
    Wait(CallId),
    /// A customer has been rung long enough.
    CustomerRing(CallId),
    /// An agent's wrap-up is over.
    WrapUp(AgentId, u64),
    /// Legs may have gone quiet.
    Upkeep(CallId),
    /// A waiting customer is told something.
    Announce(CallId),
    /// The books are compared with what lives at the provider.
    Reconcile,
    /// A rule of the overflow may apply to a waiting customer from now on.
    Overflow(CallId),
    /// Something has changed that rules of this queue's overflow go by.
    Line(QueueId),
}

/// What comes of an input besides the change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reply {
    /// Nothing.
    #[default]
    None,
    /// The leg is told this; its next one-time URL carries `hop`.
    Document {
        /// What it is told.
        script: Script,
        /// Which call.
        call: CallId,
        /// Which leg.
        leg: LegId,
        /// The next hop.
        hop: u32,
        /// Name of the call's conferences.
        room: String,
        /// Until when its one-time URLs are good: a function of the call, so that a repeated answer is the same.
        good_until: Timestamp,
    },
    /// Said to a leg that has no call.
    Unbound(Script),
    /// The call that was asked for, new or found.
    Call(CallId),
    /// Whether the command is to be sent.
    Proceed(bool),
}

/// A request that is refused; nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// What kind of refusal.
    pub kind: RefusalKind,
    /// What happened, why, and what to do.
    pub message: String,
}

/// What kind of refusal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// There is no such thing.
    NotFound,
    /// A value of it is not allowed.
    Invalid,
    /// It does not fit the state things are in.
    Conflict,
    /// The fact names a leg of another call.
    Foreign,
    /// Something must be configured first.
    NotConfigured,
}
