//! What happened lately on this node, for live screens: a hint. What is stored is the truth.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use serde::Serialize;

use crate::model::Fact;

/// Entries kept; a reader who falls further behind misses the oldest.
const KEPT_MAX: usize = 4096;

/// One entry of the history of a call or an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FeedEntry {
    /// Place on this node, counting up from 0.
    pub number: u64,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

#[derive(Debug, Default)]
struct State {
    entries: VecDeque<FeedEntry>,
    next: u64,
    /// Counts commits, with or without events.
    changes: u64,
    wakers: Vec<Waker>,
}

/// The facts of this node's commits, in order.
#[derive(Debug, Default)]
pub struct Feed(Mutex<State>);

impl Feed {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn committed(&self, facts: Vec<Fact>) {
        let wakers = {
            let mut state = self.state();
            state.changes += 1;
            for fact in facts {
                let number = state.next;
                state.next += 1;
                state.entries.push_back(FeedEntry { number, fact });
            }
            while state.entries.len() > KEPT_MAX {
                state.entries.pop_front();
            }
            std::mem::take(&mut state.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// The kept entries numbered `from` and above, and the number to go on with.
    #[must_use]
    pub fn since(&self, from: u64) -> (Vec<FeedEntry>, u64) {
        let state = self.state();
        let kept = state.entries.iter().filter(|entry| entry.number >= from).cloned().collect();
        (kept, state.next)
    }

    /// How many commits there have been on this node.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.state().changes
    }

    /// Waits until there have been more than `changes` commits on this node; returns how many.
    pub fn changed(&self, changes: u64) -> impl Future<Output = u64> + '_ {
        Changed { feed: self, changes }
    }
}

struct Changed<'a> {
    feed: &'a Feed,
    changes: u64,
}

impl Future for Changed<'_> {
    type Output = u64;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u64> {
        let mut state = self.feed.state();
        if state.changes > self.changes {
            return Poll::Ready(state.changes);
        }
        if !state.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            state.wakers.push(context.waker().clone());
        }
        Poll::Pending
    }
}
