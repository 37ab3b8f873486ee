use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::forecast::Predictor;
use crate::model::Target;
use crate::phone::PhoneNumber;
use crate::script::Prompt;
use crate::time::Timestamp;

/// Minutes of a day.
const DAY_MINS: i64 = 24 * 60;
/// Microseconds of a minute.
const MIN_MICROS: i64 = 60 * 1_000_000;

/// Who is rung first for a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackFirst {
    /// The agent, when the place in the line has come up; then the customer. Nobody who is called back has to wait.
    Agent,
    /// The customer, when the turn is near; then they wait like anybody else. No agent waits for a telephone to be answered.
    Customer,
}

/// The hours in which customers may be rung: a window of local time, the same every day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// Begin, in minutes after midnight, below 1440.
    pub from_mins: u16,
    /// End, in minutes after midnight, at most 1440; before `from_mins`: on the next day.
    pub to_mins: u16,
    /// How far local time is ahead of UTC, in minutes.
    pub utc_offset_mins: i16,
}

impl Hours {
    /// How long the window lasts, in minutes.
    #[must_use]
    pub fn length_mins(&self) -> u16 {
        let length = (i64::from(self.to_mins) - i64::from(self.from_mins)).rem_euclid(DAY_MINS);
        // From a time to the same time: all day.
        u16::try_from(if length == 0 { DAY_MINS } else { length }).unwrap_or(0)
    }

    /// Microseconds from the last begin of the window to `at`.
    fn since_begin(&self, at: Timestamp) -> i64 {
        let begin = (i64::from(self.from_mins) - i64::from(self.utc_offset_mins)) * MIN_MICROS;
        (at.as_micros() - begin).rem_euclid(DAY_MINS * MIN_MICROS)
    }

    /// When the window that is open at `at` closes; `None` if none is open. A window of all day never closes.
    #[must_use]
    pub fn closes_at(&self, at: Timestamp) -> Option<Timestamp> {
        let (gone, length) = (self.since_begin(at), i64::from(self.length_mins()) * MIN_MICROS);
        if length == DAY_MINS * MIN_MICROS {
            return Some(Timestamp::from_micros(i64::MAX));
        }
        (gone < length).then(|| Timestamp::from_micros(at.as_micros() + length - gone))
    }

    /// The first moment not before `at` from which `needed` fits into an open window.
    #[must_use]
    pub fn next(&self, at: Timestamp, needed: Duration) -> Timestamp {
        if self.closes_at(at).is_some_and(|closes| at + needed <= closes) {
            return at;
        }
        Timestamp::from_micros(at.as_micros() + DAY_MINS * MIN_MICROS - self.since_begin(at))
    }
}

/// How the callers of a queue are called back: configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackPolicy {
    /// Who is rung first.
    pub first: CallbackFirst,
    /// How often the customer is rung in all.
    pub attempts_max: u32,
    /// Time from one attempt to the next.
    pub gap: Duration,
    /// How long after the first attempt another one still has the old place.
    pub grace: Duration,
    /// How far the place moves back for each attempt after that.
    pub penalty: Duration,
    /// How long a promise holds, counted from when it was made, or from the time that was agreed on.
    pub expiry: Duration,
    /// How long before the turn a customer is rung who is rung first.
    pub lead: Duration,
    /// When customers may be rung; `None`: always.
    pub hours: Option<Hours>,
    /// What numbers that are called back begin with. Empty: whatever number the caller has, and no other.
    pub prefixes: Vec<String>,
    /// Most promises that are open at once.
    pub open_max: u32,
    /// What a customer hears first who is called back: it should say who calls.
    pub greeting: Vec<Prompt>,
}

impl CallbackPolicy {
    /// Whether this number may be called back: one that a caller keyed in costs whoever pays for the call.
    #[must_use]
    pub fn allows(&self, number: &PhoneNumber, keyed: bool) -> bool {
        let listed = self.prefixes.iter().any(|prefix| number.as_str().starts_with(prefix.as_str()));
        listed || self.prefixes.is_empty() && !keyed
    }
}

/// What the waiting callers of a queue are told: configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcements {
    /// Time from joining the line to the first one.
    pub first_after: Duration,
    /// Time from one to the next, at least 15 s.
    pub every: Duration,
    /// Whether the place in the line is told.
    pub position: bool,
    /// Whether the wait is told, where it can be estimated.
    pub wait: bool,
    /// What one place in the line costs, for an estimate of the wait; `None`: the wait is not estimated from it.
    pub per_place: Option<Duration>,
    /// Heard in turn, when there is nothing else to tell.
    pub comfort: Vec<Prompt>,
    /// After how long a wait a callback is offered, and the keys are; `None`: never.
    pub keys_after: Option<Duration>,
    /// How often the keys are offered.
    pub keys_times: u32,
    /// Where a caller goes who presses this key then. With callbacks 1 and 2 are taken.
    pub keys: BTreeMap<char, WayOut>,
}

/// A way out of a waiting line, by a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayOut {
    /// Words that name the key and what it does.
    pub words: String,
    /// Where it leads.
    pub to: Target,
}

/// How far a callback has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackState {
    /// The caller is on the line and is asked.
    Asking,
    /// Promised; the caller's leg is being released.
    Promised,
    /// Not in the line: a gap between attempts, a closed window, or a time that was agreed on.
    Later,
    /// In the line without a leg: the place is kept.
    Holding,
    /// The customer is rung, or has answered and not yet confirmed.
    Dialling,
    /// The customer has confirmed and is a caller like any other.
    Confirmed,
}

/// What a caller is being asked about a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskStep {
    /// Whether to be called back at the number of the call.
    Own,
    /// For a number.
    Number,
    /// Whether the number was keyed in rightly.
    Check,
    /// What to do about the callback that there is already.
    Again,
}

/// A conversation with a caller about a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// What is being asked.
    pub step: AskStep,
    /// How often that has been heard.
    pub heard: u32,
    /// The target that led here; `None`: asked while waiting.
    pub target: Option<Target>,
}

/// The callback of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// How far it has come.
    pub state: CallbackState,
    /// What the caller is being asked, while that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    /// Whom to call; `None`: not known yet.
    pub number: Option<PhoneNumber>,
    /// Who is rung first.
    pub first: CallbackFirst,
    /// Attempts begun.
    pub attempts: u32,
    /// When the first attempt began.
    pub first_attempt_at: Option<Timestamp>,
    /// Not rung before.
    pub not_before: Timestamp,
    /// When the promise ends.
    pub expires_at: Timestamp,
    /// How far the place has been moved back.
    pub penalty: Duration,
    /// When it last joined the line or was last dialled: its one-time URLs count from here.
    pub active_at: Timestamp,
    /// How far the customer's local time is ahead of UTC, in minutes, where that is known.
    pub utc_offset_mins: Option<i16>,
    /// Not rung before, though an agent is free: enough others are being rung already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_again_at: Option<Timestamp>,
}

impl Callback {
    /// Whether the promise is open: it keeps a place for somebody who is not on the line.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(
            self.state,
            CallbackState::Promised | CallbackState::Later | CallbackState::Holding | CallbackState::Dialling
        )
    }
}

/// Why a wait has become longer, for the caller to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setback {
    /// Others have to be served first.
    OthersFirst,
    /// Fewer agents are there to serve the call.
    FewerAgents,
    /// Calls take longer than they did.
    LongerCalls,
}

/// One announcement to a waiting caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Place in the line, from 1.
    pub position: Option<u32>,
    /// Estimated wait in minutes, rounded up.
    pub wait_mins: Option<u32>,
    /// Why that is worse than what was told before.
    pub setback: Option<Setback>,
    /// Which of the comforting messages is heard.
    pub comfort: Option<u32>,
}

/// What a node foretold when a wait was told: of which the decision was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foretold {
    /// Mean of the wait from then on, ms.
    pub mean_ms: u64,
    /// Longer in one case of five, ms: what is told, rounded up to minutes.
    pub p80_ms: u64,
    /// Whose estimate it is.
    pub by: Predictor,
}

/// What a waiting caller has been told so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// How many announcements.
    pub count: u32,
    /// When the last one was.
    pub at: Option<Timestamp>,
    /// The place told last.
    pub position: Option<u32>,
    /// The wait told last, in minutes.
    pub wait_mins: Option<u32>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_at: Option<Timestamp>,
    /// Comforting messages heard.
    pub comforts: u32,
    /// How often the keys were offered.
    pub offered: u32,
}
