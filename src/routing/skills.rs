//! What agents can do, and what calls need.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Highest level of a skill; the lowest is 1.
pub const LEVEL_MAX: u8 = 100;

/// Skills of an agent, each with its level: 1 to [`LEVEL_MAX`].
pub type Skills = BTreeMap<String, u8>;

/// Skills that a call needs, each with the levels that will do.
pub type Needs = BTreeMap<String, Levels>;

/// Levels of a skill that will do, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Levels {
    /// The lowest that will do.
    pub least: u8,
    /// The highest that will do: keeps the best people free for what needs them.
    pub most: u8,
}

impl Levels {
    /// Any level.
    pub const ANY: Self = Self { least: 1, most: LEVEL_MAX };

    /// This level and above.
    #[must_use]
    pub const fn at_least(least: u8) -> Self {
        Self { least, most: LEVEL_MAX }
    }

    /// Whether `level` will do.
    #[must_use]
    pub const fn contains(self, level: u8) -> bool {
        self.least <= level && level <= self.most
    }

    /// What both allow; empty ranges allow nobody.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { least: self.least.max(other.least), most: self.most.min(other.most) }
    }
}

impl Default for Levels {
    fn default() -> Self {
        Self::ANY
    }
}

/// What is needed when both `one` and `other` are.
#[must_use]
pub fn both(one: &Needs, other: &Needs) -> Needs {
    let mut all = one.clone();
    for (skill, levels) in other {
        all.entry(skill.clone()).and_modify(|known| *known = known.and(*levels)).or_insert(*levels);
    }
    all
}

/// The first need, by name, that `skills` do not meet; `None`: all are met.
#[must_use]
pub fn unmet<'a>(needs: &'a Needs, skills: &Skills) -> Option<(&'a str, Levels)> {
    needs
        .iter()
        .find(|(skill, levels)| !skills.get(*skill).is_some_and(|level| levels.contains(*level)))
        .map(|(skill, levels)| (skill.as_str(), *levels))
}
