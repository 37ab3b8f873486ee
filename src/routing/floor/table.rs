//! Finding a thing's number by its name without comparing many names: a hash table that is asked and never walked, so that its
//! order shows nowhere. Robin Hood hashing's backward shift keeps it free of tombstones.

use super::NONE;

/// Numbers by hash; what a number stands for, the caller knows.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Hash and number; [`NONE`]: vacant.
    cells: Vec<(u32, u32)>,
    used: usize,
}

/// Eight bytes at a time by multiplying and folding the product (wyhash's way, Wang Yi), the length included: the same on every
/// machine.
pub(super) fn hash(text: &str) -> u64 {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let hash = words.iter().fold(text.len() as u64, |hash, word| folded(hash, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    folded(hash, u64::from_le_bytes(last))
}

/// A hash of what `hash` stands for, and then of a word.
pub(super) fn folded(hash: u64, word: u64) -> u64 {
    let product = u128::from(hash ^ 0xA076_1D64_78BD_642F) * u128::from(word ^ 0xE703_7ED1_A0B4_28DB);
    (product >> 64) as u64 ^ product as u64
}

impl Table {
    fn home(&self, tag: u32) -> usize {
        tag as usize & (self.cells.len() - 1)
    }

    fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<usize> {
        if self.cells.is_empty() {
            return None;
        }
        let tag = tag(hash);
        let mut at = self.home(tag);
        loop {
            match self.cells[at] {
                (_, NONE) => return None,
                (known, number) if known == tag && is(number) => return Some(at),
                _ => at = (at + 1) & (self.cells.len() - 1),
            }
        }
    }

    /// The number with this hash of which `is` is true.
    pub(super) fn get(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        self.find(hash, is).map(|at| self.cells[at].1)
    }

    /// Keeps a number that is not there yet.
    pub(super) fn insert(&mut self, hash: u64, number: u32) {
        // At most three quarters full.
        if (self.used + 1) * 4 > self.cells.len() * 3 {
            let size = (self.cells.len() * 2).max(16);
            let cells = std::mem::replace(&mut self.cells, vec![(0, NONE); size]);
            cells.into_iter().filter(|(_, number)| *number != NONE).for_each(|(tag, number)| self.place(tag, number));
        }
        self.used += 1;
        self.place(tag(hash), number);
    }

    fn place(&mut self, tag: u32, number: u32) {
        let mut at = self.home(tag);
        while self.cells[at].1 != NONE {
            at = (at + 1) & (self.cells.len() - 1);
        }
        self.cells[at] = (tag, number);
    }

    /// Drops the number with this hash of which `is` is true, and returns it.
    pub(super) fn remove(&mut self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let mut hole = self.find(hash, is)?;
        let number = self.cells[hole].1;
        let mask = self.cells.len() - 1;
        let mut at = (hole + 1) & mask;
        while self.cells[at].1 != NONE {
            // Moves back whatever would not be found across the hole.
            let from_home = at.wrapping_sub(self.home(self.cells[at].0)) & mask;
            if from_home >= (at.wrapping_sub(hole) & mask) {
                self.cells[hole] = self.cells[at];
                hole = at;
            }
            at = (at + 1) & mask;
        }
        self.cells[hole] = (0, NONE);
        self.used -= 1;
        Some(number)
    }
}

fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Table, folded};

    #[test]
    fn a_table_finds_what_a_map_finds_while_things_come_and_go() {
        let (mut table, mut map) = (Table::default(), BTreeMap::new());
        for step in 0..20_000_u64 {
            // Few hashes, so that many are alike.
            let key = folded(step, 0) % 500;
            let hash = folded(key % 61, 0) << 32;
            let is = |number: u32| u64::from(number) == key;
            assert_eq!(table.get(hash, is), map.get(&key).copied());
            match map.remove(&key) {
                Some(number) => assert_eq!(table.remove(hash, is), Some(number)),
                None => {
                    table.insert(hash, key as u32);
                    map.insert(key, key as u32);
                }
            }
        }
        assert_eq!(table.used, map.len());
    }
}
