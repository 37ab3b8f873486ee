//! What goes wrong with the file, in the words of a store.

use std::path::{Path, PathBuf};

use sqlx::error::DatabaseError;

use crate::store::{StoreError, StoreErrorKind};

/// Primary result codes (SQLite docs: result and error codes): the lower eight bits of an extended code.
const PERM: u32 = 3;
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const NOMEM: u32 = 7;
const READONLY: u32 = 8;
const INTERRUPT: u32 = 9;
const IOERR: u32 = 10;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANTOPEN: u32 = 14;
const PROTOCOL: u32 = 15;
const NOTADB: u32 = 26;

/// A fault of the file, with what was being done.
#[derive(Debug, thiserror::Error)]
#[error("{doing} {}: {why}", .path.display())]
struct Fault {
    doing: &'static str,
    path: PathBuf,
    why: &'static str,
    source: sqlx::Error,
}

fn code(error: &dyn DatabaseError) -> u32 {
    error.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or_default() & 0xff
}

/// The kind of a fault, and what it means to whoever runs the application.
fn judge(error: &sqlx::Error) -> (StoreErrorKind, &'static str) {
    use StoreErrorKind::{Corrupt, Other, Unavailable};
    match error {
        sqlx::Error::Database(error) => match code(&**error) {
            FULL => (Unavailable, "the disk, or the size that the file may have, is full"),
            BUSY | LOCKED | PROTOCOL => (Unavailable, "another process kept it locked for too long"),
            READONLY | PERM => (Unavailable, "it may not be written"),
            CANTOPEN => {
                (Unavailable, "it can neither be opened nor created; is the folder there, and may it be written?")
            }
            IOERR => (Unavailable, "the disk refused to read or write"),
            NOMEM | INTERRUPT => (Unavailable, "there is no memory for it"),
            CORRUPT => (Corrupt, "it is damaged: restore a copy"),
            NOTADB => (Corrupt, "it is no SQLite database"),
            _ => (Other, "SQLite refused"),
        },
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => (Corrupt, "a row cannot be read"),
        sqlx::Error::PoolClosed => (Unavailable, "it was closed"),
        sqlx::Error::WorkerCrashed => (Unavailable, "the connection broke"),
        _ => (Other, "SQLite cannot be used"),
    }
}

/// A fault met while `doing` something with the file at `path`.
pub(super) fn fault(path: &Path, doing: &'static str, error: sqlx::Error) -> StoreError {
    let (kind, why) = judge(&error);
    let fault = Fault { doing, path: path.to_owned(), why, source: error };
    StoreError::new(kind, fault)
}

/// A fault that no statement met.
pub(super) fn trouble(kind: StoreErrorKind, path: &Path, what: impl std::fmt::Display) -> StoreError {
    StoreError::new(kind, format!("{}: {what}", path.display()))
}
