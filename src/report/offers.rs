use serde::{Deserialize, Serialize};

use crate::report::Ratio;
use crate::report::interval::count;

/// What became of the offers (reservations) that were made in an interval. Whatever the end, each has exactly one:
/// `made = connected + rejected + no_answer + rescinded + canceled + failed + open`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Offers {
    /// Offers made: an agent was chosen and is to be rung.
    pub made: u64,
    /// Offers that the agent accepted, whatever became of them then.
    pub accepted: u64,
    /// Offers that led to a conversation.
    pub connected: u64,
    /// Declined by the agent, busy, or hung up instead of confirmed.
    pub rejected: u64,
    /// Rang their full time without an answer. A customer who leaves while an agent is rung is none of these.
    pub no_answer: u64,
    /// Taken back: another agent was faster, or the agent went away.
    pub rescinded: u64,
    /// The customer left, or the wait was over, while the agent was rung; or was to be called back, and not had.
    pub canceled: u64,
    /// The agent could not be rung, or was lost before the audio arrived.
    pub failed: u64,
    /// Still being rung, or accepted and not joined yet.
    pub open: u64,
}

impl Offers {
    /// Accepted ÷ (accepted + rejected + no answer).
    #[must_use]
    pub fn accept_rate(&self) -> Ratio {
        Ratio::of(count(self.accepted), count(self.accepted + self.rejected + self.no_answer))
    }

    /// Adds those of another agent, queue or interval.
    pub fn merge(&mut self, other: &Self) {
        self.made += other.made;
        self.accepted += other.accepted;
        self.connected += other.connected;
        self.rejected += other.rejected;
        self.no_answer += other.no_answer;
        self.rescinded += other.rescinded;
        self.canceled += other.canceled;
        self.failed += other.failed;
        self.open += other.open;
    }
}

/// Work with customers. A conversation is handled when it and its wrap-up are over, and belongs to the interval in which
/// that is so, with its whole time. One that another conversation interrupted would count in full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Handling {
    /// Conversations handled.
    pub handled: u64,
    /// Talk time of those handled, in ms: from being joined to the end.
    pub talk_ms: i64,
    /// Wrap-up time of those handled, in ms.
    pub wrap_up_ms: i64,
    /// Conversations under way, or in wrap-up.
    pub open: u64,
    /// Their talk time so far, in ms.
    pub open_talk_ms: i64,
    /// Their wrap-up time so far, in ms.
    pub open_wrap_up_ms: i64,
}

impl Handling {
    /// Average handle time in ms, `AHT`: (talk + wrap-up) ÷ handled.
    #[must_use]
    pub fn aht(&self) -> Ratio {
        Ratio::of(self.talk_ms + self.wrap_up_ms, count(self.handled))
    }

    /// `AHT_live`: (talk + wrap-up, of those handled and of those under way) ÷ (handled + under way). Sees a long
    /// conversation before it ends.
    #[must_use]
    pub fn aht_live(&self) -> Ratio {
        let open_ms = self.open_talk_ms + self.open_wrap_up_ms;
        Ratio::of(self.talk_ms + self.wrap_up_ms + open_ms, count(self.handled + self.open))
    }

    /// Adds that of another agent, queue or interval.
    pub fn merge(&mut self, other: &Self) {
        self.handled += other.handled;
        self.talk_ms += other.talk_ms;
        self.wrap_up_ms += other.wrap_up_ms;
        self.open += other.open;
        self.open_talk_ms += other.open_talk_ms;
        self.open_wrap_up_ms += other.open_wrap_up_ms;
    }
}
