//! The kinds of faults, and the dice that decide when one happens: a stream of chance for each kind, so that one fault more or
//! less shifts no other.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::sim::fnv::fnv1a;
use crate::sim::plan::{Plan, Strength};
use crate::sim::rng::SplitMix64;
use crate::time::Timestamp;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $word:literal, $rare:literal, $heavy:literal, $unit:ident;)*) => {
        /// A kind of fault of the world.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum FaultKind { $($(#[$doc])* $kind,)* }

        impl FaultKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// Its name in a plan.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$kind => $word,)* }
            }

            fn rate(self, strength: Strength) -> (u64, Unit) {
                match (self, strength) {
                    (_, Strength::Off) => (0, Unit::Milli),
                    $((Self::$kind, Strength::Rare) => ($rare, Unit::$unit),
                    (Self::$kind, Strength::Heavy) => ($heavy, Unit::$unit),)*
                }
            }
        }
    };
}

/// What the rate of a kind counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// Of a thousand chances, in how many it happens.
    Milli,
    /// Of a million.
    Micro,
    /// Seconds from one time to the next, on average.
    Every,
    /// It holds from the beginning.
    Always,
}

kinds! {
    /// A callback never arrives, however often it is tried.
    CallbackLost = "callback-lost", 5, 40, Milli;
    /// A callback arrives twice.
    CallbackDoubled = "callback-doubled", 20, 200, Milli;
    /// A callback arrives late, by up to 8 s.
    CallbackLate = "callback-late", 10, 80, Milli;
    /// A callback is overtaken by what happens in the next second and a half.
    CallbackReordered = "callback-reordered", 20, 150, Milli;
    /// Nothing is ever told about a leg.
    MuteCall = "mute-call", 3, 20, Milli;
    /// A document is asked for twice.
    DocumentDoubled = "document-doubled", 10, 100, Milli;
    /// No connection comes about for a document, twice in a row at most: the provider tries again.
    DocumentRefused = "document-refused", 5, 40, Milli;
    /// A request to the provider is lost.
    RestLostBefore = "rest-lost-before", 5, 40, Milli;
    /// A request to the provider is carried out, and the reply is lost.
    RestLostAfter = "rest-lost-after", 5, 40, Milli;
    /// A request to the provider is carried out, and the reply takes too long.
    RestTimeout = "rest-timeout", 5, 30, Milli;
    /// The provider answers 429.
    RestBusy = "rest-429", 10, 100, Milli;
    /// The provider answers 500, without effect.
    RestFailed = "rest-500", 5, 50, Milli;
    /// The provider answers 200 with the body of an error, without effect.
    RestNoEffect = "rest-200", 3, 20, Milli;
    /// A new leg is missing from the provider's list, for 2 s or 5 s.
    ListLag = "list-lag", 1, 1, Always;
    /// A commit is aborted, as when the database finds no order for it.
    CommitAborted = "commit-aborted", 5, 100, Milli;
    /// A commit is not applied, and the store says that it failed.
    CommitRefused = "commit-refused", 3, 30, Milli;
    /// A commit is applied, and the store says that it failed.
    CommitUnknown = "commit-unknown", 3, 30, Milli;
    /// A read of the store fails.
    ReadFails = "read-fails", 3, 30, Milli;
    /// The store is out of reach of all nodes for a while.
    StoreDown = "store-down", 150, 45, Every;
    /// Every call to the store takes long for a while.
    StoreSlow = "store-slow", 120, 40, Every;
    /// Pages of indexes are as they were a while ago.
    StaleScans = "stale-scans", 90, 30, Every;
    /// The store loses the last commits it has acknowledged, and is as it was before them.
    Rewind = "rewind", 200, 70, Every;
    /// A node dies at an await, and begins anew a little later.
    NodeDies = "node-dies", 300, 2500, Micro;
    /// A node stands still for a while, and then goes on where it was.
    NodePaused = "node-paused", 120, 40, Every;
    /// A node cannot reach the store for a while.
    StoreCut = "store-cut", 150, 50, Every;
    /// A node and the provider cannot reach one another for a while.
    ProviderCut = "provider-cut", 150, 50, Every;
    /// All nodes are away for a while.
    FleetAway = "fleet-away", 250, 90, Every;
    /// The clocks of the nodes are up to a second off, or two and a half.
    ClockSkew = "clock-skew", 1, 1, Always;
    /// The clock of a node jumps, within those bounds.
    ClockJumps = "clock-jumps", 100, 25, Every;
    /// Due work is only seen when a node looks by itself.
    HintLost = "hint-lost", 50, 1000, Milli;
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FaultKind {
    /// Whether work that it hits is only done when its lease has ended, or a pause.
    pub(crate) fn costs_time(self) -> bool {
        !matches!(
            self,
            Self::CallbackDoubled
                | Self::DocumentDoubled
                | Self::ListLag
                | Self::ClockSkew
                | Self::ClockJumps
                | Self::CommitAborted
                | Self::StaleScans
        )
    }
}

/// A word that names no kind of fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no kind of fault")]
pub struct UnknownFault(pub String);

impl FromStr for FaultKind {
    type Err = UnknownFault;

    fn from_str(word: &str) -> Result<Self, UnknownFault> {
        Self::ALL.iter().find(|kind| kind.word() == word).copied().ok_or_else(|| UnknownFault(word.to_owned()))
    }
}

/// A fault that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultEvent {
    /// When.
    pub at: Timestamp,
    /// Of which kind.
    pub kind: FaultKind,
    /// The so-many-th of its kind, counted from 0.
    pub index: u32,
}

/// A time in which something is wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) event: FaultEvent,
    pub(crate) until: Timestamp,
    /// For whatever else is to be drawn about it.
    pub(crate) word: u64,
}

#[derive(Debug)]
struct Rolls {
    /// By the place of the kind.
    kinds: Vec<Kind>,
    is_on: bool,
    now: Timestamp,
    happened: Vec<FaultEvent>,
}

#[derive(Debug)]
struct Kind {
    stream: SplitMix64,
    seen: u32,
}

/// Decides when faults happen.
#[derive(Debug)]
pub(crate) struct Dice {
    plan: Plan,
    rolls: Mutex<Rolls>,
}

impl Dice {
    pub(crate) fn new(plan: &Plan, now: Timestamp) -> Self {
        let kinds = FaultKind::ALL
            .iter()
            .map(|kind| Kind { stream: SplitMix64::new(plan.seed ^ fnv1a(kind.word())), seen: 0 })
            .collect();
        Self { plan: plan.clone(), rolls: Mutex::new(Rolls { kinds, is_on: true, now, happened: Vec::new() }) }
    }

    fn rolls(&self) -> std::sync::MutexGuard<'_, Rolls> {
        self.rolls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on nothing happens any more.
    pub(crate) fn stop(&self) {
        self.rolls().is_on = false;
    }

    pub(crate) fn set_now(&self, now: Timestamp) {
        self.rolls().now = now;
    }

    /// Whether a fault of this kind happens at this chance; if so, a number for whatever else is to be drawn about it.
    pub(crate) fn happens(&self, kind: FaultKind) -> Option<u64> {
        let (rate, unit) = kind.rate(self.plan.strength(kind));
        if rate == 0 {
            return None;
        }
        let mut rolls = self.rolls();
        if !rolls.is_on {
            return None;
        }
        let now = rolls.now;
        let of = rolls.kinds.get_mut(kind as usize)?;
        let below = if unit == Unit::Micro { 1_000_000 } else { 1000 };
        if unit != Unit::Always && of.stream.next() % below >= rate {
            return None;
        }
        let (word, index) = (of.stream.next(), of.seen);
        of.seen += 1;
        if self.plan.spared.contains(&(kind, index)) {
            return None;
        }
        rolls.happened.push(FaultEvent { at: now, kind, index });
        Some(word)
    }

    /// A number from the stream of this kind, for what goes on while it lasts.
    pub(crate) fn word(&self, kind: FaultKind) -> u64 {
        self.rolls().kinds.get_mut(kind as usize).map_or(0, |of| of.stream.next())
    }

    /// The whole of what is drawn, as the plan shortens it.
    pub(crate) fn lasting(&self, time: Duration) -> Duration {
        time * u32::from(self.plan.delays_percent) / 100
    }

    /// A time below `most`, from a number that was drawn.
    pub(crate) fn up_to(&self, most: Duration, word: u64) -> Duration {
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        self.lasting(Duration::from_millis(word % most.max(1)))
    }

    /// How much stronger what holds all the time is when it is heavy.
    pub(crate) fn strength(&self, kind: FaultKind) -> Strength {
        self.plan.strength(kind)
    }

    /// The times from `from` to `to` in which something is wrong, of kinds that come by the clock.
    pub(crate) fn windows(&self, from: Timestamp, to: Timestamp) -> Vec<Window> {
        let mut windows = Vec::new();
        for kind in FaultKind::ALL {
            let strength = self.plan.strength(*kind);
            let (every, unit) = kind.rate(strength);
            if every == 0 || unit != Unit::Every {
                continue;
            }
            let mut rolls = self.rolls();
            let Some(of) = rolls.kinds.get_mut(*kind as usize) else { continue };
            let mut at = from;
            loop {
                at = at + Duration::from_millis(of.stream.next() % (2_000 * every));
                let (length, word, index) = (of.stream.next(), of.stream.next(), of.seen);
                if at >= to {
                    break;
                }
                of.seen += 1;
                let (least, most) = lasts(*kind, strength);
                let length = Duration::from_millis(least + length % (most - least));
                let until = at + self.lasting(length);
                if !self.plan.spared.contains(&(*kind, index)) {
                    windows.push(Window { event: FaultEvent { at, kind: *kind, index }, until, word });
                }
                at = at + length;
            }
        }
        windows.sort_by_key(|window| (window.event.at, window.event.kind));
        windows
    }

    /// Notes that a window has begun.
    pub(crate) fn begun(&self, event: FaultEvent) {
        self.rolls().happened.push(event);
    }

    /// What has happened so far.
    pub(crate) fn happened(&self) -> Vec<FaultEvent> {
        self.rolls().happened.clone()
    }
}

/// How often each kind happened.
pub(crate) fn counts(events: &[FaultEvent]) -> BTreeMap<FaultKind, u64> {
    events.iter().fold(BTreeMap::new(), |mut counts, event| {
        *counts.entry(event.kind).or_default() += 1;
        counts
    })
}

/// Least and longest time of a window, in milliseconds.
fn lasts(kind: FaultKind, strength: Strength) -> (u64, u64) {
    let is_heavy = strength == Strength::Heavy;
    match kind {
        FaultKind::StoreDown if is_heavy => (500, 20_000),
        FaultKind::StoreDown => (200, 4_000),
        FaultKind::StoreSlow => (2_000, 15_000),
        FaultKind::StaleScans => (500, 2_500),
        FaultKind::NodePaused if is_heavy => (500, 20_000),
        FaultKind::NodePaused => (500, 6_000),
        FaultKind::FleetAway if is_heavy => (1_000, 30_000),
        FaultKind::FleetAway => (500, 5_000),
        // How long before it the commits began that are lost.
        FaultKind::Rewind if is_heavy => (100, 6_000),
        FaultKind::Rewind => (50, 1_000),
        _ => (1_000, 15_000),
    }
}
