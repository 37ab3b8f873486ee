//! A comparison with the store in memory sees each fault that the suite sees, without knowing what to look for.

use switchboard::conformance::block_on;
use switchboard::conformance::store::{compare, compare_at_once};
use switchboard::store::MemoryStore;

use super::caught::FAULTS;
use super::sabotage::{Sabotaged, Wrong};

/// Seeds that are tried, and how much is asked with each.
const SEEDS: u64 = 4;
const STEPS: u32 = 3000;
const ROUNDS: u32 = 60;

/// Faults that show only between requests at once.
const RACES: [Wrong; 3] = [Wrong::ChecksThenWrites, Wrong::SkewsChecks, Wrong::ClaimsWhatOthersTake];

fn is_seen(wrong: Wrong) -> bool {
    (0..SEEDS).any(|seed| block_on(compare(&MemoryStore::new(), &Sabotaged::new(wrong), seed, STEPS)).is_err())
}

#[test]
fn each_fault_is_seen() {
    let faults = FAULTS.iter().filter(|fault| !RACES.contains(fault));
    let unseen: Vec<_> = faults.filter(|fault| !is_seen(**fault)).collect();
    assert!(unseen.is_empty(), "a comparison overlooks {unseen:?}");
}

#[test]
fn each_race_is_seen() {
    // One that gives out what another claim takes is left to the suite: claims are not raced here.
    for wrong in [Wrong::ChecksThenWrites, Wrong::SkewsChecks] {
        let seen = block_on(compare_at_once(&Sabotaged::new(wrong), 1, ROUNDS));
        assert!(seen.is_err(), "{wrong:?} passed: {seen:?}");
    }
}

#[test]
fn the_honest_store_is_not_blamed() {
    let honest = Sabotaged::new(Wrong::Honest);
    assert!(block_on(compare(&MemoryStore::new(), &honest, 1, STEPS)).is_ok());
    let at_once = block_on(compare_at_once(&Sabotaged::new(Wrong::Honest), 1, ROUNDS)).map(|agreed| agreed.applied);
    assert!(at_once.as_ref().is_ok_and(|applied| *applied > 0), "{at_once:?}");
}
