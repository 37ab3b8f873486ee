//! What goes wrong with PostgreSQL, in the words of a store.

use sqlx::postgres::{PgDatabaseError, PgSeverity};

use super::pool::NoConnection;
use crate::store::{CommitError, Key, StoreError, StoreErrorKind, TaskId};

/// SQLSTATE of a conflict, and of a lost lease, when something had been changed already: our own.
const CONFLICT: &str = "SB001";
const LEASE_LOST: &str = "SB002";

/// A fault of one request.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// It was never sent.
    #[error("nothing was asked of PostgreSQL: {0}")]
    NotSent(#[from] NoConnection),
    /// PostgreSQL answered that it did nothing.
    #[error("PostgreSQL did nothing, for {why} ({source})")]
    Refused { why: &'static str, kind: StoreErrorKind, is_worth_retrying: bool, source: sqlx::Error },
    /// The connection broke, or nothing was heard in time.
    #[error("the outcome is unknown: the connection broke after the request was sent ({0})")]
    Broken(#[source] sqlx::Error),
    #[error("the outcome is unknown: nothing was heard of the request in {0:?}")]
    Silent(std::time::Duration),
}

impl Fault {
    pub(super) fn is_retryable(&self) -> bool {
        matches!(self, Self::Refused { is_worth_retrying: true, .. })
    }

    /// Whether the request may have been carried out.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Self::Broken(_) | Self::Silent(_))
    }

    /// The record or task that PostgreSQL named, if that is why.
    pub(super) fn named(&self) -> Option<CommitError> {
        let Self::Refused { source: sqlx::Error::Database(error), .. } = self else { return None };
        let error = error.try_downcast_ref::<PgDatabaseError>()?;
        let name = error.detail()?;
        match error.code() {
            CONFLICT => Some(CommitError::Conflict(Key::new(name))),
            LEASE_LOST => Some(CommitError::LeaseLost(TaskId::new(name))),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) => {
                let inner = inner.try_downcast_ref::<PgDatabaseError>();
                let code = inner.map(PgDatabaseError::code).unwrap_or_default();
                // The session ended: what it was doing was undone, unless the end came just after the commit.
                if inner.is_some_and(|inner| matches!(inner.severity(), PgSeverity::Fatal | PgSeverity::Panic)) {
                    return Self::Broken(error);
                }
                let (kind, why, is_worth_retrying) = judge(code);
                Self::Refused { why, kind, is_worth_retrying, source: error }
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                Self::Refused {
                    why: "a row cannot be read",
                    kind: StoreErrorKind::Corrupt,
                    is_worth_retrying: false,
                    source: error,
                }
            }
            _ => Self::Broken(error),
        }
    }
}

/// What an SQLSTATE means (PostgreSQL docs: appendix A, error codes), and whether the same request may succeed at once.
fn judge(code: &str) -> (StoreErrorKind, &'static str, bool) {
    use StoreErrorKind::{Corrupt, Limit, Other, Unavailable};
    match code {
        "40001" => (Unavailable, "others changed the same at the same time", true),
        "40P01" => (Unavailable, "it waited for somebody who waited for it", true),
        "40003" => (Unavailable, "it cannot say whether it did", false),
        "55P03" => (Unavailable, "a lock was not free in time", false),
        "57014" => (Unavailable, "it took longer than it may", false),
        "25006" => (Unavailable, "it is read-only: a standby, or set so", false),
        "53100" => (Unavailable, "its disk is full", false),
        "53200" => (Unavailable, "it has no memory left", false),
        "53300" => (Unavailable, "it has too many connections", false),
        "57P01" | "57P02" | "57P03" | "57P05" => (Unavailable, "it is shutting down or starting", false),
        "54000" => (Limit, "a name is too long for an index", false),
        "XX001" | "XX002" => (Corrupt, "its data is damaged", false),
        "42501" => (Other, "the role may not do this: was it made a node with `grant_node`?", false),
        "3F000" | "42P01" | "42883" => (Other, "the schema is not there: has it been migrated?", false),
        _ => match code.get(..2) {
            Some("08" | "53" | "57" | "58" | "40") => (Unavailable, "it is in trouble", false),
            _ => (Other, "it refused", false),
        },
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        let kind = match &fault {
            Fault::NotSent(_) | Fault::Broken(_) | Fault::Silent(_) => StoreErrorKind::Unavailable,
            Fault::Refused { kind, .. } => *kind,
        };
        Self::new(kind, fault)
    }
}
