//! Choosing who talks to whom. Choosing is pure and takes nothing: the engine does the taking, in one commit.

use std::collections::BTreeSet;
use std::fmt;

use crate::id::AgentId;
use crate::time::Timestamp;

/// A call that waits, as a strategy sees it.
#[derive(Clone, Copy, Debug)]
pub struct WaitingCall<'a> {
    /// Skills it needs.
    pub skills: &'a BTreeSet<String>,
    /// Its priority.
    pub priority: i32,
    /// Since when it waits.
    pub queued_at: Timestamp,
}

/// An agent who may be offered the call, as a strategy sees it.
#[derive(Clone, Copy, Debug)]
pub struct ReadyAgent<'a> {
    /// Who.
    pub id: &'a AgentId,
    /// Skills held.
    pub skills: &'a BTreeSet<String>,
    /// Free since when.
    pub idle_since: Timestamp,
    /// Calls talked to so far.
    pub answered: u64,
}

/// Ranks the agents who may have a call.
///
/// Same input, same answer: no clock, no I/O, no randomness.
pub trait RoutingStrategy: fmt::Debug + Send + Sync + 'static {
    /// Name, as in configuration and decision records.
    fn name(&self) -> &str;

    /// Indices into `agents`, best first. Agents left out are not offered the call; indices out of range and
    /// repetitions are ignored.
    fn rank(&self, call: WaitingCall<'_>, agents: &[ReadyAgent<'_>]) -> Vec<usize>;
}

/// The agent who has been free longest comes first; equal ones by name.
#[derive(Clone, Copy, Debug, Default)]
pub struct LongestIdle;

impl RoutingStrategy for LongestIdle {
    fn name(&self) -> &str {
        "longest_idle"
    }

    fn rank(&self, _call: WaitingCall<'_>, agents: &[ReadyAgent<'_>]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..agents.len()).collect();
        order.sort_by_key(|&at| (agents[at].idle_since, agents[at].id));
        order
    }
}
