//! What every [`Store`] must do, one case at a time.
//!
//! In your tests, with a store that is empty whenever `fresh` returns one, and a guard that cleans up when dropped:
//!
//! ```
//! # use switchboard::store::MemoryStore;
//! async fn fresh() -> (MemoryStore, ()) {
//!     (MemoryStore::new(), ())
//! }
//!
//! // With a runtime, name the attribute of its tests instead: `store_conformance!(tokio::test, fresh);`
//! switchboard::store_conformance!(block_on = switchboard::conformance::block_on, fresh);
//! ```
//!
//! No case sleeps, for time is an argument of every claim; every loop is bounded; every race is run [`ROUNDS`] times,
//! because once proves nothing. A panic says what broke. A store whose index lags behind its records must wait in
//! `scan`, under test, until the index has caught up.

mod bodies;
mod compare;
mod given;
mod indexes;
mod leases;
mod limits;
mod races;
mod records;
mod tasks;
mod whole;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

pub use bodies::*;
pub use compare::{Agreed, Difference, compare, compare_at_once};
pub use indexes::*;
pub use leases::*;
pub use limits::*;
pub use races::*;
pub use records::*;
pub use tasks::*;
pub use whole::*;

use crate::store::Store;

/// How often each race is run.
pub const ROUNDS: u32 = 60;

/// A running case: it ends when the case has passed, and panics with what broke.
pub type Running<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// One case of the suite.
#[derive(Clone, Copy)]
pub struct Case {
    /// Its name, as in `creating_twice_conflicts`.
    pub name: &'static str,
    /// Runs it against a store that is empty.
    pub run: for<'a> fn(&'a dyn Store) -> Running<'a>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Every case, in the order of the list.
#[must_use]
pub fn cases() -> Vec<Case> {
    crate::for_each_store_case!([crate::__store_case_values] [])
}

/// Calls the macro at the path `$then` with `[$args]` and the name of every case: the one list of this suite.
#[macro_export]
macro_rules! for_each_store_case {
    ([$($then:tt)+] [$($args:tt)*]) => {
        $($then)+ ! { [$($args)*]
            a_missing_record_loads_as_none
            loading_nothing_gives_nothing
            a_created_record_has_version_one
            creating_twice_conflicts
            each_write_adds_one_to_the_version
            writing_an_old_version_conflicts
            writing_a_future_version_conflicts
            writing_a_missing_record_conflicts
            load_answers_in_the_order_asked
            keys_are_compared_bytewise
            deleting_removes_the_record
            deleting_an_old_version_conflicts
            deleting_a_missing_record_conflicts
            a_deleted_record_can_be_created_again
            an_empty_commit_succeeds
            a_check_passes_and_writes_nothing
            a_check_of_an_old_version_conflicts
            a_check_of_a_missing_record_conflicts
            a_conflict_names_the_record
            every_kind_of_json_comes_back
            integers_come_back_exactly
            text_comes_back_exactly
            a_write_replaces_the_whole_body
            a_refused_commit_puts_nothing
            a_refused_commit_deletes_nothing
            a_refused_commit_leaves_the_index
            a_refused_commit_arms_nothing
            a_refused_commit_disarms_nothing
            a_refused_commit_settles_nothing
            a_lost_lease_refuses_the_whole_commit
            a_lost_lease_keeps_the_others
            a_commit_applies_every_list
            scanning_nothing_gives_an_empty_page
            a_record_without_entries_is_not_listed
            a_page_carries_whole_records
            an_index_is_ascending
            the_second_number_breaks_ties
            negative_numbers_sort_first
            keys_break_ties_bytewise
            parts_are_kept_apart
            a_record_has_many_places
            writing_moves_a_record
            writing_without_entries_unlists
            deleting_unlists
            pages_neither_repeat_nor_skip
            a_page_holds_at_most_its_limit
            a_cursor_outlives_its_record
            claiming_nothing_gives_nothing
            a_task_is_claimed_when_due
            a_claim_carries_the_task
            the_oldest_task_comes_first
            a_claim_takes_at_most_its_limit
            a_claim_returns_after_the_hold
            each_claim_has_its_own_hold
            returned_tasks_keep_their_place
            replacing_moves_a_task
            earliest_arms_a_new_task
            earliest_never_moves_later
            earliest_moves_earlier
            disarming_removes_a_task
            disarming_an_unknown_task_is_ignored
            a_disarmed_task_can_be_armed_again
            disarming_comes_before_arming
            arming_keeps_its_order
            a_settled_task_is_gone
            an_ended_hold_still_settles_when_unclaimed
            settling_twice_loses_the_lease
            a_made_up_lease_is_refused
            a_lease_taken_over_is_lost
            a_lease_of_a_former_life_is_refused
            fences_never_repeat
            a_lost_lease_names_the_task
            rearm_while_held_is_not_lost
            a_rearmed_task_waits_for_its_due_time
            earliest_while_held_is_not_lost
            arming_does_not_end_a_hold
            an_ended_hold_does_not_hasten_a_task
            arming_before_the_claim_does_not_keep_a_task
            settling_a_rearmed_task_ends_its_lease
            disarming_a_held_task_loses_the_lease
            settling_comes_before_arming
            settling_comes_before_disarming
            concurrent_creators_have_one_winner
            concurrent_writers_have_one_winner
            a_writer_and_a_deleter_have_one_winner
            write_skew_is_refused
            crossing_commits_are_whole
            concurrent_steps_are_not_lost
            concurrent_claims_share_nothing
            concurrent_settlers_have_one_winner
            arming_during_settling_is_not_lost
            the_longest_name_is_kept
            too_long_a_name_is_refused
            a_name_beyond_ascii_is_refused
            the_largest_body_is_kept
            too_large_a_body_is_refused
            the_deepest_body_is_kept
            too_deep_a_body_is_refused
            too_many_index_entries_are_refused
            the_largest_commit_is_applied
            too_many_operations_are_refused
            a_scan_keeps_its_limits
            a_claim_keeps_its_limits
        }
    };
}

/// Declares one test per case of the store suite, each with a fresh store.
///
/// `store_conformance!(tokio::test, fresh)` puts the attribute on asynchronous tests.
/// `store_conformance!(block_on = path::to::block_on, fresh)` makes plain tests that drive their future with that
/// function. `fresh` is an `async fn() -> (S, Guard)` with `S: Store` empty; the guard is dropped after the case.
#[macro_export]
macro_rules! store_conformance {
    (block_on = $block_on:path, $fresh:path $(,)?) => {
        $crate::for_each_store_case! { [$crate::__store_case_tests] [block_on $block_on, $fresh] }
    };
    ($test:meta, $fresh:path $(,)?) => {
        $crate::for_each_store_case! { [$crate::__store_case_tests] [test $test, $fresh] }
    };
}

/// The tests that `store_conformance!` declares.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_case_tests {
    ([block_on $block_on:path, $fresh:path] $($case:ident)*) => {
        $(
            #[test]
            fn $case() {
                $block_on(async {
                    let (store, _guard) = $fresh().await;
                    $crate::conformance::store::$case(&store).await;
                });
            }
        )*
    };
    ([test $test:meta, $fresh:path] $($case:ident)*) => {
        $(
            #[$test]
            async fn $case() {
                let (store, _guard) = $fresh().await;
                $crate::conformance::store::$case(&store).await;
            }
        )*
    };
}

/// The values that `cases` returns.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_case_values {
    ([] $($case:ident)*) => {
        ::std::vec![$($crate::conformance::store::Case {
            name: ::std::stringify!($case),
            run: |store| ::std::boxed::Box::pin($crate::conformance::store::$case(store)),
        }),*]
    };
}
