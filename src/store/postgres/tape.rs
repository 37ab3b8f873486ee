//! A commit as a tape of numbers and one of texts, as the database's function `commit` reads it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::store::{Arm, Commit, Expect, Key, Lease, Put, Rearm, StoreError, StoreErrorKind};

const CHECK: i64 = 1;
const CREATE: i64 = 2;
const WRITE: i64 = 3;
const DELETE: i64 = 4;
const SETTLE: i64 = 5;
const DISARM: i64 = 6;
const ARM: i64 = 7;
const ARM_EARLIEST: i64 = 8;

/// A commit as three arguments of one statement.
#[derive(Debug, Default)]
pub(super) struct Tape {
    /// The tenants of all names, as in `/acme/`.
    pub(super) scope: String,
    pub(super) texts: Vec<String>,
    pub(super) numbers: Vec<i64>,
}

/// The tenant of a record or a task: the second part of its name, empty where there is none.
pub(super) fn tenant_of(name: &str) -> &str {
    name.split('/').nth(1).unwrap_or_default()
}

/// The tenant of a partition: its first part.
pub(super) fn tenant_of_partition(partition: &str) -> &str {
    partition.split('/').next().unwrap_or_default()
}

/// The tenants that a statement may see.
#[derive(Debug)]
pub(super) struct Scope(String);

impl Scope {
    fn new() -> Self {
        Self("/".to_owned())
    }

    fn add(&mut self, tenant: &str) {
        let is_known = self.0.get(1..).unwrap_or_default().split_terminator('/').any(|known| known == tenant);
        if !is_known {
            self.0.push_str(tenant);
            self.0.push('/');
        }
    }

    pub(super) fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
        let mut scope = Self::new();
        names.into_iter().for_each(|name| scope.add(tenant_of(name)));
        scope.0
    }
}

/// One name for an index and a partition of it: `waiting:acme/sales`.
///
/// # Errors
/// When a name holds a NUL, which PostgreSQL keeps in no text, or is too long for an index of it.
pub(super) fn place(index: &str, partition: &str) -> Result<String, StoreError> {
    if index.len() + partition.len() > PLACE_BYTES_MAX || index.contains('\0') || partition.contains('\0') {
        let why = format!("an index and partition of more than {PLACE_BYTES_MAX} bytes, or with a NUL in the name");
        return Err(StoreError::new(StoreErrorKind::Limit, why));
    }
    // Only the first colon divides.
    Ok(if index.contains([':', '%']) {
        format!("{}:{partition}", index.replace('%', "%25").replace(':', "%3A"))
    } else {
        format!("{index}:{partition}")
    })
}

/// An entry of an index takes at most a third of a page (PostgreSQL docs: B-tree indexes), less tenant, key and numbers.
const PLACE_BYTES_MAX: usize = 1024;

/// A version, fence or count as a column; one that none can have becomes one that none has.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(-1)
}

/// What a commit does with one record.
struct Deed<'c> {
    what: i64,
    /// Where the first expectation about it stands in the commit.
    order: i64,
    version: i64,
    put: Option<&'c Put>,
}

/// What a commit does with one task, in this order.
#[derive(Default)]
struct Errand<'c> {
    settle: Vec<(i64, &'c Lease)>,
    disarm: bool,
    arm: Vec<&'c Arm>,
}

impl Tape {
    /// The tape of a commit that keeps the limits of the trait.
    ///
    /// # Errors
    /// A place that no index can hold.
    pub(super) fn of(commit: &Commit) -> Result<Self, StoreError> {
        let mut tape = Self::default();
        let mut scope = Scope::new();
        tape.records(commit, &mut scope)?;
        tape.tasks(commit, &mut scope);
        tape.scope = scope.0;
        Ok(tape)
    }

    fn records(&mut self, commit: &Commit, scope: &mut Scope) -> Result<(), StoreError> {
        let deeds = deeds(commit);
        self.numbers.push(whole(deeds.len()));
        for ((tenant, key), deed) in deeds {
            scope.add(tenant);
            self.numbers.extend([deed.what, deed.order, deed.version]);
            self.texts.push(key.to_owned());
            let Some(put) = deed.put else {
                self.numbers.push(0);
                continue;
            };
            self.texts.push(put.body.as_json().to_owned());
            let mut places = Vec::with_capacity(put.index.len());
            for entry in &put.index {
                scope.add(tenant_of_partition(&entry.partition));
                places.push((place(&entry.index, &entry.partition)?, entry.sort));
            }
            places.sort_unstable();
            places.dedup();
            self.numbers.push(whole(places.len()));
            self.numbers.extend(places.iter().flat_map(|(_, sort)| *sort));
            self.texts.extend(places.into_iter().map(|(place, _)| place));
        }
        Ok(())
    }

    fn tasks(&mut self, commit: &Commit, scope: &mut Scope) {
        let mut errands: BTreeMap<(&str, &str), Errand<'_>> = BTreeMap::new();
        let mut count = 0;
        for (order, lease) in commit.settle.iter().enumerate() {
            let settle = &mut errands.entry(place_of(lease.id.as_str())).or_default().settle;
            // The second of two equal ones finds its work done.
            if !settle.iter().any(|(_, other)| other.fence == lease.fence) {
                settle.push((whole(order), lease));
                count += 1;
            }
        }
        for id in &commit.disarm {
            let errand = errands.entry(place_of(id.as_str())).or_default();
            count += usize::from(!errand.disarm);
            errand.disarm = true;
        }
        for arm in &commit.arm {
            errands.entry(place_of(arm.id.as_str())).or_default().arm.push(arm);
            count += 1;
        }
        self.numbers.push(whole(count));
        for ((tenant, id), errand) in errands {
            scope.add(tenant);
            for (order, lease) in errand.settle {
                self.numbers.extend([SETTLE, order, number(lease.fence), number(lease.rev)]);
                self.texts.push(id.to_owned());
            }
            if errand.disarm {
                self.numbers.extend([DISARM, 0, 0]);
                self.texts.push(id.to_owned());
            }
            for arm in errand.arm {
                let what = if arm.rearm == Rearm::Earliest { ARM_EARLIEST } else { ARM };
                self.numbers.extend([what, 0, arm.due.as_micros()]);
                self.texts.extend([id.to_owned(), arm.work.as_json().to_owned()]);
            }
        }
    }
}

/// Where a name stands among all: ascending by tenant, then by name.
fn place_of(name: &str) -> (&str, &str) {
    (tenant_of(name), name)
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// One deed for each record, ascending: a record that is checked and written is locked once, to be written.
fn deeds(commit: &Commit) -> BTreeMap<(&str, &str), Deed<'_>> {
    let mut deeds: BTreeMap<(&str, &str), Deed<'_>> = BTreeMap::new();
    let mut order = 0;
    let mut add = |key, what, version, put| {
        order += 1;
        let deed = Deed { what, order, version, put };
        match deeds.entry(place_of(Key::as_str(key))) {
            Entry::Vacant(vacant) => {
                vacant.insert(deed);
            }
            Entry::Occupied(mut occupied) => {
                let first = occupied.get_mut();
                let agree = first.version == version && what != CREATE;
                // Two expectations that cannot both be met: no record has this version.
                let version = if agree { version } else { -1 };
                let what = if what == CREATE { WRITE } else { what };
                *first = Deed { what, order: first.order, version, put };
            }
        }
    };
    for (key, version) in &commit.checks {
        add(key, CHECK, number(version.0), None);
    }
    for put in &commit.puts {
        let (what, version) = match put.expect {
            Expect::Absent => (CREATE, 0),
            Expect::Version(version) => (WRITE, number(version.0)),
        };
        add(&put.key, what, version, Some(put));
    }
    for (key, version) in &commit.deletes {
        add(key, DELETE, number(version.0), None);
    }
    deeds
}
