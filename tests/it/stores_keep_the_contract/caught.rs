//! Each sabotaged store is caught, by the case that is about its fault; the honest one is not.

use std::panic::{AssertUnwindSafe, catch_unwind};

use switchboard::conformance::block_on;
use switchboard::conformance::store::{Case, cases};

use super::sabotage::{Sabotaged, Wrong};

fn passes(case: &Case, wrong: Wrong) -> bool {
    let store = Sabotaged::new(wrong);
    catch_unwind(AssertUnwindSafe(|| block_on((case.run)(&store)))).is_ok()
}

/// Names of the cases that a store with this fault does not pass.
fn catching(wrong: Wrong) -> Vec<&'static str> {
    cases().iter().filter(|case| !passes(case, wrong)).map(|case| case.name).collect()
}

#[test]
fn the_honest_store_passes_every_case() {
    assert_eq!(catching(Wrong::Honest), Vec::<&str>::new());
}

/// A case that no fault can fail proves nothing.
#[test]
fn every_case_catches_a_fault() {
    let idle: Vec<_> = cases().into_iter().filter(|case| FAULTS.iter().all(|fault| passes(case, *fault))).collect();
    assert!(idle.is_empty(), "these cases catch no fault: {idle:?}");
}

/// For each fault, the cases that must catch it, and a test per fault.
macro_rules! each_is_caught {
    ($($test:ident: $wrong:ident by $($case:ident),+;)*) => {
        pub(super) const FAULTS: &[Wrong] = &[$(Wrong::$wrong),*];

        $(
            #[test]
            fn $test() {
                for name in [$(stringify!($case)),+] {
                    let all = cases();
                    let case = all.iter().find(|case| case.name == name);
                    let case = case.unwrap_or_else(|| panic!("the suite has no case {name}"));
                    if passes(case, Wrong::$wrong) {
                        panic!("{name} did not catch {:?}, but {:?} did", Wrong::$wrong, catching(Wrong::$wrong));
                    }
                }
            }
        )*
    };
}

each_is_caught! {
    ignoring_checks: IgnoresChecks by
        a_check_of_an_old_version_conflicts, a_check_of_a_missing_record_conflicts,
        write_skew_is_refused;
    passing_checks_of_missing_records: MissingRecordsPassChecks by a_check_of_a_missing_record_conflicts;
    ignoring_put_versions: IgnoresPutVersions by
        writing_an_old_version_conflicts, writing_a_future_version_conflicts,
        concurrent_writers_have_one_winner;
    ignoring_absent: IgnoresAbsent by creating_twice_conflicts, concurrent_creators_have_one_winner;
    ignoring_delete_versions: IgnoresDeleteVersions by deleting_an_old_version_conflicts;
    deleting_missing_records: DeletesMissingRecords by deleting_a_missing_record_conflicts;
    creating_on_write: CreatesOnWrite by writing_a_missing_record_conflicts;
    putting_one_by_one: PutsOneByOne by a_refused_commit_puts_nothing, crossing_commits_are_whole;
    deleting_nothing: DeletesNothing by deleting_removes_the_record;
    checks_that_count_as_writes: ChecksCountAsWrites by a_check_passes_and_writes_nothing;
    refusing_empty_commits: RefusesEmptyCommits by an_empty_commit_succeeds;
    dropping_operations: DropsOperations by the_largest_commit_is_applied;
    versions_that_start_at_zero: VersionsStartAtZero by a_created_record_has_version_one;
    missing_records_as_null: MissingIsNull by a_missing_record_loads_as_none;
    loading_something_for_nothing: LoadsSomethingForNothing by loading_nothing_gives_nothing;
    merging_bodies: MergesBodies by a_write_replaces_the_whole_body;
    dropping_nulls: DropsNulls by every_kind_of_json_comes_back;
    emptying_large_bodies: EmptiesLargeBodies by the_largest_body_is_kept;
    listing_the_unlisted: ListsTheUnlisted by a_record_without_entries_is_not_listed;
    empty_pages_that_go_on: EmptyPagesGoOn by scanning_nothing_gives_an_empty_page;
    inventing_tasks: InventsTasks by claiming_nothing_gives_nothing;
    settling_that_keeps_tasks_armed_twice: SettlingKeepsTasksArmedTwice by
        arming_before_the_claim_does_not_keep_a_task;
    earliest_that_arms_nothing_new: EarliestArmsNothingNew by earliest_arms_a_new_task;
    naming_the_first_key: NamesTheFirstKey by a_conflict_names_the_record;
    naming_the_first_task: NamesTheFirstTask by a_lost_lease_names_the_task;
    putting_despite_a_conflict: PutsDespiteConflict by
        a_refused_commit_puts_nothing, a_refused_commit_leaves_the_index;
    deleting_despite_a_conflict: DeletesDespiteConflict by a_refused_commit_deletes_nothing;
    arming_despite_a_conflict: ArmsDespiteConflict by a_refused_commit_arms_nothing;
    disarming_despite_a_conflict: DisarmsDespiteConflict by a_refused_commit_disarms_nothing;
    settling_despite_a_conflict: SettlesDespiteConflict by a_refused_commit_settles_nothing;
    applying_despite_a_lost_lease: AppliesDespiteLostLease by a_lost_lease_refuses_the_whole_commit;
    a_version_that_stays_one: VersionStaysOne by each_write_adds_one_to_the_version;
    loading_in_key_order: LoadsInKeyOrder by load_answers_in_the_order_asked;
    leaving_out_missing_records: LeavesOutMissing by load_answers_in_the_order_asked;
    numbers_as_floats: NumbersAreFloats by integers_come_back_exactly;
    trimmed_text: TextIsTrimmed by text_comes_back_exactly, the_deepest_body_is_kept;
    keys_that_ignore_case: KeysIgnoreCase by keys_are_compared_bytewise;
    keeping_old_places: KeepsOldPlaces by writing_moves_a_record, writing_without_entries_unlists;
    listing_what_was_deleted: DeletedStaysListed by deleting_unlists;
    listing_descending: ListsDescending by an_index_is_ascending;
    listing_by_key: ListsByKey by an_index_is_ascending;
    listing_unsigned: ListsUnsigned by negative_numbers_sort_first;
    ignoring_the_second_number: IgnoresSecondNumber by the_second_number_breaks_ties;
    listing_without_case: ListsIgnoringCase by keys_break_ties_bytewise;
    repeating_pages: PagesRepeat by pages_neither_repeat_nor_skip;
    skipping_pages: PagesSkip by pages_neither_repeat_nor_skip;
    ending_pages_early: PagesEndEarly by pages_neither_repeat_nor_skip, a_page_holds_at_most_its_limit;
    ignoring_the_cursor: IgnoresCursor by pages_neither_repeat_nor_skip, a_cursor_outlives_its_record;
    one_partition: OnePartition by parts_are_kept_apart;
    one_index: OneIndex by parts_are_kept_apart;
    keeping_few_places: KeepsFewPlaces by a_record_has_many_places;
    pages_beyond_their_limit: PagesTooLarge by a_page_holds_at_most_its_limit;
    claiming_early: ClaimsEarly by a_task_is_claimed_when_due;
    ending_holds_early: HoldsTooShort by a_claim_returns_after_the_hold;
    claiming_late: ClaimsLate by a_task_is_claimed_when_due;
    ignoring_the_hold: IgnoresHold by a_claim_returns_after_the_hold;
    holding_too_long: HoldsTooLong by a_claim_returns_after_the_hold, each_claim_has_its_own_hold;
    ignoring_the_claim_limit: IgnoresClaimLimit by a_claim_takes_at_most_its_limit;
    claiming_the_newest_first: ClaimsNewestFirst by the_oldest_task_comes_first;
    claiming_by_id: ClaimsById by the_oldest_task_comes_first;
    losing_microseconds: ClaimsLoseMicroseconds by a_claim_carries_the_task;
    ignoring_fences: IgnoresFences by a_lease_taken_over_is_lost;
    fences_per_task: FencesPerTask by fences_never_repeat;
    fences_per_life: FencesPerLife by a_lease_of_a_former_life_is_refused, fences_never_repeat;
    ignoring_lost_leases: IgnoresLostLeases by
        settling_twice_loses_the_lease, concurrent_settlers_have_one_winner;
    ignoring_settling: IgnoresSettling by a_settled_task_is_gone;
    settling_that_drops_a_rearmed_task: SettlingDropsRearmed by
        rearm_while_held_is_not_lost, arming_during_settling_is_not_lost;
    settling_that_keeps_the_hold: SettlingKeepsTheHold by
        rearm_while_held_is_not_lost, settling_a_rearmed_task_ends_its_lease;
    earliest_that_moves_later: EarliestMovesLater by earliest_never_moves_later;
    earliest_that_never_moves: EarliestNeverMoves by earliest_moves_earlier;
    earliest_that_takes_later_work: EarliestTakesLaterWork by earliest_never_moves_later;
    earliest_that_keeps_equal_work: EarliestKeepsEqualWork by earliest_moves_earlier;
    replacing_that_never_moves_later: ReplaceNeverMovesLater by replacing_moves_a_task;
    arming_that_ends_the_hold: ArmingEndsTheHold by arming_does_not_end_a_hold;
    arming_before_settling: ArmsBeforeSettling by settling_comes_before_arming;
    arming_before_disarming: ArmsBeforeDisarming by disarming_comes_before_arming;
    ignoring_disarming: IgnoresDisarming by disarming_removes_a_task;
    disarming_that_spares_held_tasks: DisarmingSparesHeld by disarming_a_held_task_loses_the_lease;
    disarming_that_fails_on_unknown_tasks: DisarmingUnknownFails by disarming_an_unknown_task_is_ignored;
    refusing_silently: RefusesSilently by
        too_long_a_name_is_refused, a_name_beyond_ascii_is_refused, too_large_a_body_is_refused,
        too_deep_a_body_is_refused, too_many_index_entries_are_refused, too_many_operations_are_refused;
    splitting_large_commits: SplitsLargeCommits by too_many_operations_are_refused;
    clamping_limits: ClampsLimits by a_scan_keeps_its_limits, a_claim_keeps_its_limits;
    cutting_names: CutsNames by the_longest_name_is_kept;
    writing_after_checking: ChecksThenWrites by
        concurrent_writers_have_one_winner, concurrent_creators_have_one_winner,
        concurrent_steps_are_not_lost;
    checking_ahead_of_writing: SkewsChecks by write_skew_is_refused;
    claiming_what_others_take: ClaimsWhatOthersTake by concurrent_claims_share_nothing;
}
