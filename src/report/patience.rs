use std::collections::BTreeMap;

use crate::forecast::Survival;
use crate::report::Durations;

impl Survival {
    /// The curve of those to whom it happened after `events`, and of those who were out of sight after `censored`.
    #[must_use]
    pub fn estimate(events: &Durations, censored: &[&Durations]) -> Self {
        let mut at: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
        for (ms, times) in events.iter() {
            at.entry(ms).or_default().0 += times;
        }
        for (ms, times) in censored.iter().flat_map(|durations| durations.iter()) {
            at.entry(ms).or_default().1 += times;
        }
        Self::counted(&at)
    }
}
