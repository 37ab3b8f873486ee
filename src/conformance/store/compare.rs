//! Two stores and one random sequence of requests: every answer must be the same.

mod draw;
mod orders;
mod requests;
mod values;

use std::collections::BTreeSet;
use std::fmt;

pub use orders::compare_at_once;
use requests::Requests;

use crate::store::{
    Body, Claim, Commit, CommitError, Cursor, Key, Lease, PAGE_MAX, Page, Record, Scan, Store, StoreErrorKind, TaskId,
};
use crate::time::Timestamp;

/// After so many steps everything that is stored is read and compared.
const SWEEP_EVERY: u32 = 64;
/// How much of a request or an answer is shown.
const SHOWN_CHARS_MAX: usize = 4000;

/// Where two stores answered differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What the requests were drawn from.
    pub seed: u64,
    /// The step at which it was seen, counted from 0.
    pub step: u32,
    /// What was asked.
    pub asked: String,
    /// What the left store answered.
    pub left: String,
    /// What the right store answered.
    pub right: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, step, asked, left, right } = self;
        let again = step.saturating_add(1);
        write!(f, "seed {seed}, step {step} (again: `compare(left, right, {seed}, {again})`)\nasked: {asked}\n")?;
        write!(f, "left:  {left}\nright: {right}")
    }
}

impl std::error::Error for Difference {}

/// What two stores agreed about: shows that a comparison was about something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Agreed {
    /// Commits that were applied.
    pub applied: u32,
    /// Commits that were refused because of a record.
    pub conflicts: u32,
    /// Commits that were refused because of a lease.
    pub lost_leases: u32,
    /// Requests that broke a limit.
    pub limits: u32,
    /// Records that were read, by key or in a page.
    pub records: u32,
    /// Pages that had a next one.
    pub pages: u32,
    /// Tasks that were claimed.
    pub tasks: u32,
}

/// An answer without what may differ between stores that are both right: the numbers of leases, and the words of a fault.
#[derive(Clone, Debug, PartialEq)]
enum Answer {
    Records(Vec<Option<Record>>),
    Page(Page),
    Tasks(Vec<Claimed>),
    Done,
    Conflict(Key),
    LeaseLost(TaskId),
    Fault(StoreErrorKind),
}

/// A claimed task: its id, when it was due, and what is to be done.
type Claimed = (TaskId, Timestamp, Body);

/// A claim as both stores gave it.
#[derive(Clone, Debug)]
struct Held {
    left: Lease,
    right: Lease,
}

/// What is asked of both stores.
#[derive(Clone, Debug)]
enum Asked {
    Load(Vec<Key>),
    Scan(Scan),
    /// The leases to settle are given beside it, for each store has its own.
    Commit(Commit, Vec<Held>),
    Claim(Claim),
}

/// Applies the same requests, drawn from `seed`, to both stores, `steps` of them, and compares every answer: what is
/// applied and what is refused, because of which record, task or limit; records, versions, bodies; order and ends of pages;
/// which tasks are due, and with what. Requests are valid, stale, made up, on both sides of each limit, and carry odd names,
/// texts and numbers; no text holds NUL, which a store may refuse.
///
/// Both stores must be empty. With the same seed the same happens again.
///
/// # Errors
/// The first difference, or a fence that one store gave out twice.
pub async fn compare(left: &dyn Store, right: &dyn Store, seed: u64, steps: u32) -> Result<Agreed, Box<Difference>> {
    let mut comparing = Comparing {
        left,
        right,
        seed,
        step: 0,
        fences: Default::default(),
        requests: Requests::new(seed),
        agreed: Agreed::default(),
    };
    for step in 0..steps {
        comparing.step = step;
        let asked = comparing.requests.next();
        comparing.ask(asked).await?;
        if step % SWEEP_EVERY == SWEEP_EVERY - 1 {
            comparing.sweep().await?;
        }
    }
    comparing.sweep().await?;
    comparing.claim_the_rest().await?;
    Ok(comparing.agreed)
}

struct Comparing<'a> {
    left: &'a dyn Store,
    right: &'a dyn Store,
    seed: u64,
    step: u32,
    /// What each has given out.
    fences: [BTreeSet<u64>; 2],
    requests: Requests,
    agreed: Agreed,
}

impl Comparing<'_> {
    /// Asks both, and returns what they agree on.
    async fn ask(&mut self, asked: Asked) -> Result<Answer, Box<Difference>> {
        let (left, left_leases) = answer(self.left, &asked, |held| &held.left).await;
        let (right, right_leases) = answer(self.right, &asked, |held| &held.right).await;
        if left != right {
            return Err(self.difference(&asked, format!("{left:?}"), format!("{right:?}")));
        }
        for (at, leases) in [&left_leases, &right_leases].into_iter().enumerate() {
            for lease in leases {
                if !self.fences[at].insert(lease.fence) {
                    let what = format!("fence {} for {}, which it gave out before", lease.fence, lease.id);
                    let fine = "nothing wrong".to_owned();
                    let (left, right) = if at == 0 { (what, fine) } else { (fine, what) };
                    return Err(self.difference(&asked, left, right));
                }
            }
        }
        let held = left_leases.into_iter().zip(right_leases).map(|(left, right)| Held { left, right });
        self.requests.learn(&asked, &left, held.collect());
        self.count(&left);
        Ok(left)
    }

    fn difference(&self, asked: &Asked, left: String, right: String) -> Box<Difference> {
        let asked = shortened(format!("{asked:?}"));
        Box::new(Difference { seed: self.seed, step: self.step, asked, left: shortened(left), right: shortened(right) })
    }

    fn count(&mut self, answer: &Answer) {
        let many = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let agreed = &mut self.agreed;
        match answer {
            Answer::Records(records) => agreed.records += many(records.iter().flatten().count()),
            Answer::Page(page) => {
                agreed.records += many(page.records.len());
                agreed.pages += u32::from(page.next.is_some());
            }
            Answer::Tasks(tasks) => agreed.tasks += many(tasks.len()),
            Answer::Done => agreed.applied += 1,
            Answer::Conflict(_) => agreed.conflicts += 1,
            Answer::LeaseLost(_) => agreed.lost_leases += 1,
            Answer::Fault(_) => agreed.limits += 1,
        }
    }

    /// Compares every record and every page of every index.
    async fn sweep(&mut self) -> Result<(), Box<Difference>> {
        self.ask(Asked::Load(values::keys())).await?;
        for &(index, partition) in values::parts() {
            let limit = self.requests.page_size();
            let mut after: Option<Cursor> = None;
            loop {
                let scan = Scan { index: index.to_owned(), partition: partition.to_owned(), after, limit };
                let Answer::Page(page) = self.ask(Asked::Scan(scan)).await? else { break };
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Claims every task there is, those that are held too: what neither gave out so far is compared at last.
    async fn claim_the_rest(&mut self) -> Result<(), Box<Difference>> {
        let now = Timestamp::from_micros(i64::MAX - 1);
        let hold = std::time::Duration::from_micros(1);
        // There are fewer tasks than that; a store that gives out the same for ever must come to an end.
        for _ in 0..8 {
            let claim = Asked::Claim(Claim { now, limit: PAGE_MAX, hold });
            match self.ask(claim).await? {
                Answer::Tasks(tasks) if !tasks.is_empty() => {}
                _ => break,
            }
        }
        Ok(())
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((at, _)) => format!("{}… ({} bytes in all)", &text[..at], text.len()),
        None => text,
    }
}

/// Asks one store; besides the answer, the leases that came with it.
async fn answer(store: &dyn Store, asked: &Asked, whose: fn(&Held) -> &Lease) -> (Answer, Vec<Lease>) {
    let answer = match asked {
        Asked::Load(keys) => match store.load(keys).await {
            Ok(records) => Answer::Records(records),
            Err(error) => Answer::Fault(error.kind()),
        },
        Asked::Scan(scan) => match store.scan(scan).await {
            Ok(page) => Answer::Page(page),
            Err(error) => Answer::Fault(error.kind()),
        },
        Asked::Commit(commit, held) => {
            let settle = held.iter().map(|held| whose(held).clone()).collect();
            outcome(store.commit(&Commit { settle, ..commit.clone() }).await)
        }
        Asked::Claim(claim) => match store.claim(claim).await {
            Ok(tasks) => {
                let leases = tasks.iter().map(|task| task.lease.clone()).collect();
                let claimed = tasks.into_iter().map(|task| (task.lease.id, task.due, task.work));
                return (Answer::Tasks(claimed.collect()), leases);
            }
            Err(error) => Answer::Fault(error.kind()),
        },
    };
    (answer, Vec::new())
}

fn outcome(result: Result<(), CommitError>) -> Answer {
    match result {
        Ok(()) => Answer::Done,
        Err(CommitError::Conflict(key)) => Answer::Conflict(key),
        Err(CommitError::LeaseLost(id)) => Answer::LeaseLost(id),
        Err(CommitError::Store(error)) => Answer::Fault(error.kind()),
    }
}
