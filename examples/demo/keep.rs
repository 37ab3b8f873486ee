//! What the demo keeps from one run to the next: the call centre's records, how often it ran, and how late it was.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use switchboard::store::{Body, Commit, CommitError, Expect, Key, Put, Record, SqliteStore, Store, Version};
use switchboard::time::{Clock, SystemClock, Timestamp};

use super::run::Failure;

/// The demo's own record, beside those of the call centre.
const KEY: &str = "demo/default/runs";
/// How often the time is noted, really.
const NOTED_EVERY: Duration = Duration::from_secs(1);
/// Who has noted it so lately may still be there.
const LATELY: Duration = Duration::from_secs(5);
/// More than goes by in the simulator between two notes, at its greatest speed, when one of them was late.
const UNNOTED: Duration = Duration::from_secs(180);

/// A file that is gone on from.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    store: SqliteStore,
    run: u64,
    /// When the simulator's time goes on: later than anything in the file.
    pub(crate) start: Timestamp,
}

async fn load(store: &SqliteStore) -> Result<Option<Record>, Failure> {
    Ok(store.load(&[Key::new(KEY)]).await?.into_iter().next().flatten())
}

fn number(record: &Record, field: &str) -> i64 {
    record.body.value().get(field).and_then(serde_json::Value::as_i64).unwrap_or_default()
}

fn note(before: Option<Version>, run: u64, now: Timestamp) -> Commit {
    let (virtually, really) = (now.as_micros(), SystemClock.now().as_micros());
    let body = Body::new(json!({ "runs": run, "simulated": virtually, "noted": really }));
    let expect = before.map_or(Expect::Absent, Expect::Version);
    let put = Put { key: Key::new(KEY), expect, body, index: Vec::new() };
    Commit { puts: vec![put], ..Commit::default() }
}

impl Kept {
    /// Opens the file and counts this run.
    ///
    /// # Errors
    /// If the file cannot be opened, or another demo that uses it is running: each would take the other's callers, who are
    /// not on its network, for lost.
    pub(crate) async fn open(path: &Path) -> Result<Self, Failure> {
        let store = SqliteStore::open(path).await?;
        let mut last = load(&store).await?;
        let noted = last.as_ref().map(|last| Timestamp::from_micros(number(last, "noted")));
        if noted.is_some_and(|at| SystemClock.now().since(at) < LATELY) {
            tokio::time::sleep(NOTED_EVERY * 3).await;
            let again = load(&store).await?;
            if again != last {
                return Err(format!("another demo keeps its calls in {}", path.display()).into());
            }
            last = again;
        }
        let run = last.as_ref().map_or(0, |last| number(last, "runs")).unsigned_abs() + 1;
        let until = last.as_ref().map(|last| Timestamp::from_micros(number(last, "simulated")) + UNNOTED);
        let start = until.map_or_else(|| SystemClock.now(), |until| until.max(SystemClock.now()));
        match store.commit(&note(last.map(|last| last.version), run, start)).await {
            Ok(()) => Ok(Self { store, run, start }),
            Err(CommitError::Conflict(_)) => Err(format!("another demo opens {}", path.display()).into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Where the call centre keeps its state.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }

    /// What this run is drawn from. A network that began alike would give the same ids to other calls.
    pub(crate) fn seed(&self, seed: u64) -> u64 {
        seed.wrapping_add((self.run - 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Notes how late it is, so that the next run begins later.
    pub(crate) async fn note_time(self, clock: Arc<impl Clock>) {
        loop {
            tokio::time::sleep(NOTED_EVERY).await;
            // One note that cannot be made is made up for by the next.
            if let Ok(Some(last)) = load(&self.store).await {
                let _ = self.store.commit(&note(Some(last.version), self.run, clock.now())).await;
            }
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, run {}", self.store.path().display(), self.run)
    }
}
