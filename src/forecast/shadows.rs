//! The other ways to foretell a wait: they run beside for every call, so that it is known which is best here.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A way to foretell a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Predictor {
    /// The line as it stands, played to its end: each agent's remaining time given how long the call lasts already, each caller
    /// ahead and their patience, who may serve whom, and whose turn it is.
    Played,
    /// Σ 1/(S + kθ) over those ahead, S being the rate at which the agents serve this queue: an agent of several queues counts by
    /// the part of recent handling time that was spent on this one (Genesys Engage's EP).
    Shares,
    /// Σ 1/(s/AHT + kθ) over those ahead in this queue, with s agents signed in for it and the handle time of late (half-life
    /// 30 min; Ibrahim and Whitt 2009: QL with abandonment).
    QueueLength,
    /// How long the head of the line has waited (Ibrahim and Whitt 2009: HOL).
    HeadOfLine,
    /// How long whoever was served last had waited (Ibrahim and Whitt 2009: LES).
    LastServed,
    /// A fading mean of the waits of answered calls, each new one weighing a quarter (Asterisk app_queue).
    Answered,
    /// Mean wait of the last five calls, averaged with the waits under way that are longer; at least 10 s (VICIdial).
    LastFive,
    /// Position × AHT ÷ agents (Genesys Cloud without its abandonment factor).
    Position,
}

impl Predictor {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Played,
        Self::Shares,
        Self::QueueLength,
        Self::HeadOfLine,
        Self::LastServed,
        Self::Answered,
        Self::LastFive,
        Self::Position,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Played => "played",
            Self::Shares => "shares",
            Self::QueueLength => "queue_length",
            Self::HeadOfLine => "head_of_line",
            Self::LastServed => "last_served",
            Self::Answered => "answered",
            Self::LastFive => "last_five",
            Self::Position => "position",
        }
    }
}

impl fmt::Display for Predictor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What history says about the waits of a queue.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    last_served_s: Option<f64>,
    answered_s: Option<f64>,
    last_five_s: Vec<f64>,
}

impl History {
    pub(super) fn resolved(&mut self, waited_s: f64, answered: bool) {
        if answered {
            self.last_served_s = Some(waited_s);
            let known = self.answered_s.unwrap_or(waited_s);
            self.answered_s = Some(0.75 * known + 0.25 * waited_s);
        }
        self.last_five_s.push(waited_s);
        if self.last_five_s.len() > 5 {
            self.last_five_s.remove(0);
        }
    }

    pub(super) fn last_served(&self) -> Option<f64> {
        self.last_served_s
    }

    pub(super) fn answered(&self) -> Option<f64> {
        self.answered_s
    }

    /// `waiting`: how long those who wait now have waited, s.
    pub(super) fn last_five(&self, waiting: impl Iterator<Item = f64>) -> Option<f64> {
        let mean = mean(self.last_five_s.iter().copied())? + 1.0;
        let longer = self::mean(waiting.filter(|waited| *waited > mean));
        Some(longer.map_or(mean, |longer| f64::midpoint(mean, longer)).max(10.0))
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    (n > 0.0).then(|| sum / n)
}

/// Mean and variance of the time until those `ahead` and then one more have left a line that is served at `rate`, each of those
/// ahead giving up at rate `theta`: Σ 1/(S + kθ) and Σ 1/(S + kθ)², k from 0 to `ahead`. `None` if nobody serves.
pub(super) fn queue_length(ahead: usize, rate: f64, theta: f64) -> Option<(f64, f64)> {
    if rate <= 0.0 {
        return None;
    }
    let mut leaves = rate;
    let (mut mean, mut variance) = (0.0, 0.0);
    for _ in 0..=ahead {
        mean += 1.0 / leaves;
        variance += 1.0 / (leaves * leaves);
        leaves += theta;
    }
    Some((mean, variance))
}
