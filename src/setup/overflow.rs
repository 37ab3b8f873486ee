//! When callers go elsewhere before their wait is over.

use std::time::Duration;

use super::{Goto, Queue};
use crate::model::{AgentStatus, OverflowWhen};

/// A rule by which callers of a queue go elsewhere, in the making. It applies to those who are about to join the line and to those
/// who wait, unless said.
#[derive(Clone, Debug)]
#[must_use]
pub struct Overflow {
    pub(crate) when: OverflowWhen,
    pub(crate) after: Duration,
    pub(crate) joining: bool,
    pub(crate) waiting: bool,
    pub(crate) to: Option<Goto>,
}

impl Overflow {
    fn new(when: OverflowWhen) -> Self {
        Self { when, after: Duration::ZERO, joining: true, waiting: true, to: None }
    }

    /// Those who have waited so long; of several rules the caller meets one after the other.
    pub fn waited(wait: Duration) -> Self {
        Self { after: wait, joining: false, ..Self::new(OverflowWhen::Waited) }
    }

    /// All, once nobody who serves the queue, or is added by one of its rings, has been signed in and not on a break for so long.
    pub fn nobody_signed_in(lasting: Duration) -> Self {
        Self::all_in([AgentStatus::Offline, AgentStatus::Break]).lasting(lasting)
    }

    /// All, while every agent who serves the queue, or is added by one of its rings, is in one of these states (`app_queue`:
    /// `joinempty`, `leavewhenempty`). Those who have never signed in count as [`AgentStatus::Offline`]. A caller whom an agent
    /// is being rung for stays.
    pub fn all_in(states: impl IntoIterator<Item = AgentStatus>) -> Self {
        let states = states.into_iter().collect();
        Self::new(OverflowWhen::AllIn { states, lasting: Duration::ZERO })
    }

    /// Those whose wait is expected to be so long from now on, or longer, where it can be estimated. With the time within which the
    /// queue wants to answer: those who would be answered too late.
    pub fn expected_wait(wait: Duration) -> Self {
        Self::new(OverflowWhen::ExpectedWait(wait))
    }

    /// Those who stand at this place in the line, counted from 1, or further behind.
    pub fn position(position: u32) -> Self {
        Self::new(OverflowWhen::Position(position))
    }

    /// Those who are about to join, from `from` waiting callers on, until no more than `until` are left.
    pub fn line(from: u32, until: u32) -> Self {
        Self { waiting: false, ..Self::new(OverflowWhen::Line { from, until }) }
    }

    /// Only once it has been so for this time; for [`all_in`](Self::all_in), nothing for others.
    pub fn lasting(mut self, time: Duration) -> Self {
        if let OverflowWhen::AllIn { lasting, .. } = &mut self.when {
            *lasting = time;
        }
        self
    }

    /// Only those who have been in the queue for so long: whoever joins is given this time.
    pub fn after(mut self, wait: Duration) -> Self {
        self.after = wait;
        self.joining = wait.is_zero() && self.joining;
        self
    }

    /// Only those who are about to join; who waits already stays.
    pub fn when_joining(mut self) -> Self {
        self.waiting = false;
        self
    }

    /// Only those who wait; whoever comes may join.
    pub fn while_waiting(mut self) -> Self {
        self.joining = false;
        self
    }

    /// Where they go; the queue's own overflow unless said.
    pub fn to(mut self, to: Goto) -> Self {
        self.to = Some(to);
        self
    }
}

impl Queue {
    /// Callers go elsewhere before their wait is over; of several rules the first that applies is followed. See [`Overflow`].
    pub fn overflow_when(mut self, rule: Overflow) -> Self {
        self.overflows.push(rule);
        self
    }

    /// Offers of one call after which its caller goes to the overflow, 50 unless said, at least 1.
    pub fn offers_max(mut self, offers: u32) -> Self {
        self.offers_max = offers;
        self
    }
}
