//! What is to happen in a run of the world: a value that a seed draws, that is printed, and from which the same run comes again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::sim::fault::FaultKind;
use crate::sim::rng::SplitMix64;

/// How often a kind of fault happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// Never.
    #[default]
    Off,
    /// Now and then.
    Rare,
    /// All the time.
    Heavy,
}

impl Strength {
    fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Rare => "rare",
            Self::Heavy => "heavy",
        }
    }
}

/// Which kinds of faults a plan may draw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// None.
    Quiet,
    /// Every kind but the loss of what had been acknowledged.
    #[default]
    Rough,
    /// Every kind, and in each run acknowledged commits are lost.
    Rewinds,
}

/// A run of the world: its sizes and its faults. Equal plans give equal runs.
///
/// It is printed as one line, and read back from it:
///
/// ```
/// use switchboard::sim::{Plan, Profile};
///
/// let plan = Plan::drawn(7, Profile::Rough);
/// assert_eq!(plan.to_string().parse(), Ok(plan));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// Everything is drawn from it.
    pub seed: u64,
    /// Callers.
    pub callers: u32,
    /// Agents, 1 to 24.
    pub agents: u8,
    /// Nodes.
    pub nodes: u8,
    /// Mean time between callers.
    pub gap: Duration,
    /// How long delays, outages and pauses last, in per cent of what is drawn.
    pub delays_percent: u8,
    /// How often each kind of fault happens; those that never do are missing.
    pub faults: BTreeMap<FaultKind, Strength>,
    /// Callers who do not call after all, counted from 0.
    pub absent: BTreeSet<u32>,
    /// Single faults that do not happen after all: each is the so-many-th of its kind, counted from 0.
    pub spared: BTreeSet<(FaultKind, u32)>,
}

impl Plan {
    /// A plan without faults: 20 callers, one about every 8 s, six agents, two nodes.
    #[must_use]
    pub fn quiet(seed: u64) -> Self {
        Self {
            seed,
            callers: 20,
            agents: 6,
            nodes: 2,
            gap: Duration::from_secs(8),
            delays_percent: 100,
            faults: BTreeMap::new(),
            absent: BTreeSet::new(),
            spared: BTreeSet::new(),
        }
    }

    /// The plan that `seed` draws: the sizes of its world, and for each kind of fault whether it is off, rare or heavy. One in
    /// four is of few kinds only, so that no kind hides another.
    #[must_use]
    pub fn drawn(seed: u64, profile: Profile) -> Self {
        let mut random = SplitMix64::new(seed ^ 0x706c_616e);
        let mut below = |below: u64| random.next() % below.max(1);
        let agents = u8::try_from(2 + below(9)).unwrap_or(2);
        let callers = u32::try_from(30 + below(90)).unwrap_or(30);
        let nodes = u8::try_from(1 + below(5)).unwrap_or(1);
        // From half empty to overrun: a conversation with all around it takes an agent about 45 s.
        let gap = Duration::from_millis(45_000 / u64::from(agents) * (60 + below(120)) / 100);
        let few = below(4) == 0;
        let mut faults = BTreeMap::new();
        for kind in FaultKind::ALL.iter().copied() {
            let draw = below(if few { 12 } else { 4 });
            let strength = match draw {
                0 | 1 => Strength::Rare,
                2 => Strength::Heavy,
                _ => Strength::Off,
            };
            let is_rewind = kind == FaultKind::Rewind;
            let strength = match profile {
                Profile::Quiet => Strength::Off,
                Profile::Rough if is_rewind => Strength::Off,
                Profile::Rewinds if is_rewind => strength.max(Strength::Rare),
                Profile::Rough | Profile::Rewinds => strength,
            };
            if strength != Strength::Off {
                faults.insert(kind, strength);
            }
        }
        Self { callers, agents, nodes, gap, faults, ..Self::quiet(seed) }
    }

    /// How often this kind of fault happens.
    #[must_use]
    pub fn strength(&self, kind: FaultKind) -> Strength {
        self.faults.get(&kind).copied().unwrap_or_default()
    }
}

fn list<T>(items: impl IntoIterator<Item = T>, word: impl Fn(T) -> String) -> String {
    items.into_iter().map(word).collect::<Vec<_>>().join(",")
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, callers, agents, nodes, gap, delays_percent, faults, absent, spared } = self;
        let gap = gap.as_millis();
        write!(f, "seed={seed} callers={callers} agents={agents} nodes={nodes} gap={gap} delays={delays_percent}")?;
        for (kind, strength) in faults {
            write!(f, " {kind}={}", strength.word())?;
        }
        if !absent.is_empty() {
            write!(f, " absent={}", list(absent, ToString::to_string))?;
        }
        if !spared.is_empty() {
            write!(f, " spared={}", list(spared, |(kind, at)| format!("{kind}.{at}")))?;
        }
        Ok(())
    }
}

/// Why a text is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no part of a plan; write it as it was printed, as in \"seed=7 callers=20 callback-lost=rare\"")]
pub struct PlanError(pub String);

impl FromStr for Plan {
    type Err = PlanError;

    /// Reads a plan as it is printed. What is not given is as in [`Plan::quiet`].
    fn from_str(text: &str) -> Result<Self, PlanError> {
        let mut plan = Self::quiet(0);
        for part in text.split_whitespace() {
            plan.take_part(part).ok_or_else(|| PlanError(part.to_owned()))?;
        }
        Ok(plan)
    }
}

impl Plan {
    fn take_part(&mut self, part: &str) -> Option<()> {
        let (name, value) = part.split_once('=')?;
        match name {
            "seed" => self.seed = value.parse().ok()?,
            "callers" => self.callers = value.parse().ok()?,
            "agents" => self.agents = value.parse().ok().filter(|agents| (1..=24).contains(agents))?,
            "nodes" => self.nodes = value.parse().ok().filter(|nodes| *nodes > 0)?,
            "gap" => self.gap = Duration::from_millis(value.parse().ok()?),
            "delays" => self.delays_percent = value.parse().ok()?,
            "absent" => self.absent = value.split(',').map(|at| at.parse().ok()).collect::<Option<_>>()?,
            "spared" => {
                let one = |word: &str| {
                    let (kind, at) = word.split_once('.')?;
                    Some((kind.parse::<FaultKind>().ok()?, at.parse::<u32>().ok()?))
                };
                self.spared = value.split(',').map(one).collect::<Option<_>>()?;
            }
            kind => {
                let strength = [Strength::Off, Strength::Rare, Strength::Heavy];
                let strength = strength.into_iter().find(|strength| strength.word() == value)?;
                let kind = kind.parse::<FaultKind>().ok()?;
                if strength == Strength::Off {
                    self.faults.remove(&kind);
                } else {
                    self.faults.insert(kind, strength);
                }
            }
        }
        Some(())
    }
}
