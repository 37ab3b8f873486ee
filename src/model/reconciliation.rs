use serde::{Deserialize, Serialize};

use crate::model::SCHEMA;
use crate::time::Timestamp;

/// How the books of a call centre were compared with the provider: one record of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// Schema number of this body.
    pub schema: u32,
    /// The history of the store in which the last comparison was completed; `None`: none was.
    pub history: Option<String>,
    /// When that was.
    pub done_at: Option<Timestamp>,
    /// Comparisons completed.
    pub passes: u64,
    /// The comparison under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<Pass>,
}

/// One comparison of everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// Comparisons completed before it.
    pub number: u64,
    /// The history of the store in which it was begun.
    pub history: String,
    /// When it was begun.
    pub began_at: Timestamp,
    /// Whether what was acknowledged may have been lost since the last one.
    pub lost_history: bool,
    /// The page to ask for; `None`: the first.
    pub cursor: Option<String>,
    /// Times in a row that the provider did not list.
    pub failures: u32,
}

impl Default for Reconciliation {
    fn default() -> Self {
        Self { schema: SCHEMA, history: None, done_at: None, passes: 0, pass: None }
    }
}

impl Reconciliation {
    /// The comparison to go on with in this history of the store: the one under way, or a new one.
    #[must_use]
    pub fn pass(&self, history: &str, now: Timestamp) -> Pass {
        let under_way = self.pass.clone().filter(|pass| pass.history == history);
        under_way.unwrap_or_else(|| Pass {
            number: self.passes,
            history: history.to_owned(),
            began_at: now,
            lost_history: self.history.as_ref().is_some_and(|known| known != history),
            cursor: None,
            failures: 0,
        })
    }
}
