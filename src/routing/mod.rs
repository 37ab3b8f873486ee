//! Choosing who talks to whom. Choosing is pure and takes nothing: the engine does the taking, in one commit.
//!
//! A [`Floor`] knows who waits and who is free, and says which call is to be offered to whom next. What it goes by is a
//! [`Roster`]: the order of calls ([`Order`]), the agent who gets one ([`Strategy`]), what is relaxed while a call waits
//! ([`Ring`]), and which queue goes first at an agent of several ([`Between`]). A strategy of your own is a
//! [`RoutingStrategy`].

mod floor;
mod mixed;
pub mod order;
mod policy;
pub mod skills;
mod strategy;
mod why;

use std::fmt;

pub use floor::{Floor, Limits, NotHere, Pick};
pub(crate) use mixed::{GOLDEN, mixed};
pub use policy::{Between, Member, Membership, Order, Policy, Ring, Roster};
pub use skills::{Levels, Needs, Skills};
pub use strategy::{OrderBy, Strategy};
pub(crate) use why::refusal;
pub use why::{Considered, Precedence, Rule, Verdict};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{AgentId, CallId, QueueId};
use crate::time::Timestamp;

/// A call that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Which queue it waits in.
    pub queue: QueueId,
    /// Skills needed, the queue's own included.
    pub needs: Needs,
    /// Priority points.
    pub points: i32,
    /// Since when it counts as waiting: kept through offers, transfers, overflow and callbacks.
    pub since: Timestamp,
    /// When it joined this queue: tiers, rings and delays count from here.
    pub entered: Timestamp,
    /// How many more agents it may be offered to now.
    pub wanted: u16,
    /// From when it may be offered to one more, for ringing that widens.
    pub wanted_more_at: Option<Timestamp>,
    /// How much of an agent's capacity it takes.
    pub weight: u16,
    /// Agents it is not offered to: for good, or until a time.
    pub excluded: BTreeMap<AgentId, Option<Timestamp>>,
    /// The agent it is kept for, and until when. Not kept for an agent who is signed out.
    pub held_for: Option<(AgentId, Timestamp)>,
    /// The only agent it may be offered to.
    pub only: Option<AgentId>,
    /// Offers made so far: what chance is drawn by.
    pub offers: u32,
    /// The tier of those who are being rung for it together: nobody of a later one is rung with them.
    pub rung_tier: Option<u16>,
}

impl Waiting {
    /// Until when the call is kept for another agent than this one, and for whom.
    pub(crate) fn kept_from(&self, agent: &AgentId, now: Timestamp) -> Option<Rule> {
        let (kept, until) = self.held_for.as_ref().filter(|(kept, until)| *until > now && kept != agent)?;
        Some(Rule::HeldFor(kept.clone(), *until))
    }
}

/// How an agent stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Signed in and not on a break.
    pub staffed: bool,
    /// Capacity that is free now; 0 while the agent is offered a call, talks or wraps up.
    pub free: u16,
    /// Not offered anything before then.
    pub not_before: Option<Timestamp>,
    /// Free since when; signing in and coming back from a break begin anew.
    pub idle_since: Timestamp,
    /// When the last conversation ended.
    pub last_ended: Option<Timestamp>,
    /// When the last offer was made.
    pub last_offered: Option<Timestamp>,
    /// Of which queue the last offer was.
    pub last_queue: Option<QueueId>,
    /// When the last offer of each queue was made that goes round: each goes on from its own.
    pub offered_in: BTreeMap<QueueId, Timestamp>,
    /// Conversations so far.
    pub contacts: u64,
    /// Time talked so far, ms.
    pub talk_ms: i64,
    /// Time with calls so far, wrap-up included, ms.
    pub busy_ms: i64,
    /// Time signed in so far, breaks excluded, ms.
    pub staffed_ms: i64,
}

/// A call that waits, as a strategy of your own sees it.
#[derive(Clone, Copy, Debug)]
pub struct WaitingCall<'a> {
    /// Which call.
    pub id: CallId,
    /// What it needs now, after what has been relaxed.
    pub needs: &'a Needs,
    /// Its priority points.
    pub priority: i32,
    /// Since when it waits.
    pub queued_at: Timestamp,
}

/// An agent who may be offered the call, as a strategy of your own sees it.
#[derive(Clone, Copy, Debug)]
pub struct ReadyAgent<'a> {
    /// Who.
    pub id: &'a AgentId,
    /// Skills held, attributes, queues.
    pub member: &'a Member,
    /// How the agent stands.
    pub standing: &'a Standing,
}

/// Ranks the agents who may have a call: a strategy of your own.
///
/// Same input, same answer: no clock, no I/O, no randomness. It is shown at most 64 agents of the best tier and ring, the ones
/// free longest; prove it with `routing_conformance!` (feature `conformance`).
pub trait RoutingStrategy: fmt::Debug + Send + Sync + 'static {
    /// Name, as in configuration and decision records.
    fn name(&self) -> &str;

    /// Indices into `agents`, best first. Agents left out are not offered the call; indices out of range and
    /// repetitions are ignored.
    fn rank(&self, call: WaitingCall<'_>, agents: &[ReadyAgent<'_>]) -> Vec<usize>;
}
