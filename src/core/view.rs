//! What has been read so far, and what is missing.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::core::Refusal;
use crate::store::{Key, Page, Record, Scan};

/// What a decision may look at: records and pages that the shell has read.
#[derive(Debug, Default)]
pub struct View {
    pub(crate) records: BTreeMap<Key, Option<Record>>,
    pub(crate) pages: BTreeMap<Scan, Page>,
    /// What bodies say, once it has been asked: a decision is made anew after each `Missing`.
    values: RefCell<BTreeMap<Key, Box<dyn Any + Send>>>,
}

/// What a decision needs to see before it can be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Records.
    pub keys: Vec<Key>,
    /// Pages.
    pub scans: Vec<Scan>,
}

impl View {
    /// What the body of a record says, where it has been read as a `T` before.
    pub(crate) fn value<T: Clone + 'static>(&self, key: &Key) -> Option<T> {
        self.values.borrow().get(key)?.downcast_ref().cloned()
    }

    /// Keeps what a body says.
    pub(crate) fn keep(&self, key: &Key, value: impl Any + Send) {
        self.values.borrow_mut().insert(key.clone(), Box::new(value));
    }

    /// Adds a record that was read; `None`: there is none.
    pub fn add_record(&mut self, key: Key, record: Option<Record>) {
        self.values.get_mut().remove(&key);
        self.records.insert(key, record);
    }

    /// Adds a page that was read. Its records are a hint of what is there now; their versions are checked by the commit.
    pub fn add_page(&mut self, scan: Scan, page: Page) {
        for record in &page.records {
            self.records.entry(record.key.clone()).or_insert_with(|| Some(record.clone()));
        }
        self.pages.insert(scan, page);
    }
}

/// Why a decision was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Read this, then ask again.
    Missing(Missing),
    /// It is refused.
    Refused(Refusal),
    /// A stored body cannot be understood: it is damaged, or a newer version wrote it.
    Unreadable(Key),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
