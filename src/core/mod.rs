//! The rules. `decide` is a pure function of what was read, what happened, the time and a seed: the same bytes run in
//! production, in the simulator and in replay. It is safe to run twice, so a lost race is answered by running it again.

mod agent;
mod announce;
mod call;
mod callback;
mod command;
mod draft;
mod input;
mod matching;
mod offer;
mod overflow;
mod queue;
mod reconcile;
mod request;
mod rules;
mod upkeep;
mod view;

pub use input::{CommandResult, Compared, Expected, ExpectedWait, Input, Refusal, RefusalKind, Reply, Request, Timer};
pub use matching::Picked;
pub use rules::Rules;
pub(crate) use rules::overtaken;
pub use view::{Missing, Stop, View};

pub(crate) use call::URLS_GOOD_FOR;
pub(crate) use draft::{
    AGENT_CALLS, AGENT_HISTORY, AGENTS, CALLBACKS, CALLS, ENDED, FLOOR, LIVE, agent_key, call_key, is_newer, of_agent,
    queue_key, reconciliation_key, task_id,
};
pub(crate) use overflow::AHEAD_MAX;
pub(crate) use reconcile::{RECONCILED_WITHIN, beside, to_rehear, unlisted};

use draft::Draft;

use crate::id::{AgentId, CallId, QueueId};
use crate::model::{AgentEvent, AgentStatus, Fact};
use crate::routing::{Standing, Waiting};
use crate::store::{Commit, Rearm, Version};
use crate::time::Timestamp;

/// What a decision comes to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The change; empty when nothing changes.
    pub commit: Commit,
    /// The answer.
    pub reply: Reply,
    /// What happened, for people and reports; also part of the change.
    pub facts: Vec<Fact>,
    /// How calls and agents that were read or written wait and stand after it: what a floor learns.
    pub changes: Vec<Change>,
}

/// How a call or an agent is, as of a version of its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A call.
    Call {
        /// Which.
        id: CallId,
        /// Of its record.
        version: Version,
        /// How it waits; `None`: it does not.
        waiting: Option<Waiting>,
        /// From when the earliest decline of it may lapse; `None`: nobody has declined it.
        lapses_at: Option<Timestamp>,
        /// Who talks or talked with the customer last, and when the two were first joined.
        joined: Option<(AgentId, Timestamp)>,
    },
    /// A call was taken by an agent, or abandoned after the time within which its queue wants to answer.
    Answered {
        /// Which queue.
        queue: QueueId,
        /// Whether it was taken within that time.
        in_time: bool,
    },
    /// An agent.
    Agent {
        /// Who.
        id: AgentId,
        /// Of the record.
        version: Version,
        /// What the agent does.
        status: AgentStatus,
        /// How the agent stands.
        standing: Standing,
        /// What the agent has done lately, the latest last.
        history: Vec<AgentEvent>,
    },
}

/// Decides what `input` comes to, given what has been read.
///
/// `seed` is used for names that must not be guessed, nothing else. `Err(Stop::Missing)`: read it, ask again.
pub fn decide(input: &Input, view: &View, rules: &Rules, now: Timestamp, seed: u128) -> Result<Outcome, Stop> {
    let mut draft = Draft::new(view, rules, now);
    let reply = match input {
        Input::Arrived { sid, from, to } => call::arrived(&mut draft, sid, from, to, seed)?,
        Input::Asked { call, leg, hop, sid, digits, over } => {
            call::asked(&mut draft, &call::Asking { call: *call, leg: *leg, hop: *hop, sid, digits, over: *over })?
        }
        Input::LegChanged { call, leg, sid, state } => call::leg_changed(&mut draft, *call, *leg, sid, *state)?,
        Input::LineEnded { sid, cause } => call::line_ended(&mut draft, sid, *cause)?,
        Input::RoomChanged { call, room, conference, sid, joined, hung_up, seq } => {
            let conference = conference.as_deref();
            let fact = call::RoomFact { room: *room, conference, sid, joined: *joined, hung_up: *hung_up, seq: *seq };
            call::room_changed(&mut draft, *call, &fact)?
        }
        Input::Announcing { queue, notice } => announce::heard(&draft, queue, notice),
        Input::Requested(request) => request::requested(&mut draft, request, seed)?,
        Input::Due(timer) => due(&mut draft, timer)?,
        Input::Telling { call, expected } => Reply::Proceed(announce::due(&mut draft, *call, expected)?),
        Input::Nearing { queue, near } => Reply::Proceed(callback::turn_is_near(&mut draft, queue, near.as_deref())?),
        Input::DeclinedByAll { call, agents } => Reply::Proceed(offer::let_decline_lapse(&mut draft, *call, agents)?),
        Input::NothingToOffer { until } => {
            if let Some(due) = until {
                draft.arm(&Timer::Match, *due, Rearm::Earliest);
            }
            Reply::None
        }
        Input::QueueSeen { queue, agents } => {
            overflow::seen(&mut draft, queue, agents)?;
            Reply::None
        }
        Input::Picked(picked) => Reply::Proceed(matching::picked(&mut draft, picked)?),
        Input::Sending { call, leg, seq } => command::sending(&mut draft, *call, *leg, *seq)?,
        Input::Performed { call, leg, seq, result } => command::performed(&mut draft, *call, *leg, *seq, result)?,
        Input::Unowned { leg, dialled } => reconcile::unowned(&mut draft, leg, *dialled, seed)?,
        Input::Unheard { call, legs } => reconcile::rehear(&mut draft, *call, legs)?,
        Input::Unlisted { call, legs } => reconcile::ask_about(&mut draft, *call, legs)?,
        Input::Compared { pass, compared } => reconcile::compared(&mut draft, pass, compared)?,
        Input::Probed { call, leg, seq, report } => upkeep::probed(&mut draft, *call, *leg, *seq, report.as_ref())?,
    };
    let (commit, facts, changes) = draft.finish();
    Ok(Outcome { commit, reply, facts, changes })
}

fn due(draft: &mut Draft<'_>, timer: &Timer) -> Result<Reply, Stop> {
    match timer {
        Timer::Ring(call, offer) => offer::ring_timed_out(draft, *call, *offer)?,
        Timer::Claim(call, offer) => offer::claim_timed_out(draft, *call, *offer)?,
        Timer::Wait(call) => queue::wait_timed_out(draft, *call)?,
        Timer::CustomerRing(call) => call::customer_ring_timed_out(draft, *call)?,
        Timer::WrapUp(agent, epoch) => agent::wrap_up_over(draft, agent, *epoch)?,
        Timer::Upkeep(call) => upkeep::due(draft, *call)?,
        Timer::Announce(call) => announce::due(draft, *call, &Expected::default()).map(drop)?,
        Timer::Overflow(call) => overflow::due(draft, *call)?,
        // Carried out by the engine; reaching it here changes nothing.
        Timer::Command(..) | Timer::Match | Timer::Line(_) | Timer::Reconcile => {}
    }
    Ok(Reply::None)
}
