//! `load` and `scan`, each one statement: what it sees is one moment of the file.

use std::collections::BTreeMap;
use std::path::Path;

use sqlx::SqliteConnection;

use super::fault::{fault, trouble};
use crate::store::{Body, Cursor, Key, Page, Record, Scan, StoreError, StoreErrorKind, Version};

const LOAD: &str = "SELECT key, version, body FROM records WHERE key IN (SELECT value FROM json_each(?1))";

// A cross join is carried out in the order written (SQLite docs: the query planner): the places lead to the records.
const FIRST_PAGE: &str = "\
    SELECT p.major, p.minor, r.key, r.version, r.body FROM places AS p CROSS JOIN records AS r ON r.key = p.key \
    WHERE p.index_name = ?1 AND p.part = ?2 ORDER BY p.major, p.minor, p.key LIMIT ?3";
const NEXT_PAGE: &str = "\
    SELECT p.major, p.minor, r.key, r.version, r.body FROM places AS p CROSS JOIN records AS r ON r.key = p.key \
    WHERE p.index_name = ?1 AND p.part = ?2 AND (p.major, p.minor, p.key) > (?4, ?5, ?6) \
    ORDER BY p.major, p.minor, p.key LIMIT ?3";

/// Names as one parameter.
pub(super) fn list<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<serde_json::Value> = names.into_iter().map(Into::into).collect();
    serde_json::Value::Array(names).to_string()
}

/// What a column of JSON holds.
pub(super) fn body(path: &Path, of: &str, text: &str) -> Result<Body, StoreError> {
    let checked = serde_json::from_str::<serde::de::IgnoredAny>(text);
    checked
        .map(|_| Body::from_json(text))
        .map_err(|error| trouble(StoreErrorKind::Corrupt, path, format!("the body of {of}: {error}")))
}

/// What a column of numbers that count holds.
pub(super) fn count(path: &Path, of: &str, number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| trouble(StoreErrorKind::Corrupt, path, format!("{of} has the number {number}")))
}

fn record(path: &Path, (key, version, text): (String, i64, String)) -> Result<Record, StoreError> {
    let (version, body) = (Version(count(path, &key, version)?), body(path, &key, &text)?);
    Ok(Record { key: Key::new(key), version, body })
}

pub(super) async fn load(
    connection: &mut SqliteConnection,
    path: &Path,
    keys: &[Key],
) -> Result<Vec<Option<Record>>, StoreError> {
    let rows = sqlx::query_as::<_, (String, i64, String)>(LOAD)
        .bind(list(keys.iter().map(Key::as_str)))
        .fetch_all(connection)
        .await
        .map_err(|error| fault(path, "reading", error))?;
    let mut found = BTreeMap::new();
    for row in rows {
        let record = record(path, row)?;
        found.insert(record.key.clone(), record);
    }
    Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
}

pub(super) async fn scan(connection: &mut SqliteConnection, path: &Path, scan: &Scan) -> Result<Page, StoreError> {
    let limit = usize::from(scan.limit);
    let statement = if scan.after.is_some() { NEXT_PAGE } else { FIRST_PAGE };
    // One more than is wanted tells whether there is a next page.
    let mut query = sqlx::query_as::<_, (i64, i64, String, i64, String)>(statement)
        .bind(&scan.index)
        .bind(&scan.partition)
        .bind(i64::from(scan.limit) + 1);
    if let Some(Cursor { sort: [major, minor], key }) = &scan.after {
        query = query.bind(major).bind(minor).bind(key.as_str());
    }
    let rows = query.fetch_all(connection).await.map_err(|error| fault(path, "reading", error))?;
    let more = rows.len() > limit;
    let mut page = Page { records: Vec::with_capacity(rows.len().min(limit)), next: None };
    for (major, minor, key, version, text) in rows.into_iter().take(limit) {
        let record = record(path, (key, version, text))?;
        page.next = more.then(|| Cursor { sort: [major, minor], key: record.key.clone() });
        page.records.push(record);
    }
    Ok(page)
}
