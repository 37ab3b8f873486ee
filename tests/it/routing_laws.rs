//! The laws of choosing hold for every history that can be made up, and each of them catches a floor that breaks it.

use std::fmt::Debug;

mod laws;
mod one_winner;
mod oracle;
mod suspect;
mod world;

use proptest::prelude::{ProptestConfig, any};
use proptest::test_runner::{TestError, TestRunner};

use laws::Verdict;
use suspect::Fault;

/// Histories tried for each law.
const CASES: u32 = 2000;
/// Histories within which each fault must be caught.
const CASES_TO_CATCH: u32 = 500;

type Law<F> = fn(u64, u32, Option<F>) -> Verdict;

fn run<F: Copy>(law: Law<F>, fault: Option<F>, cases: u32) -> Result<(), TestError<(u64, u32)>> {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: if fault.is_some() { 0 } else { 2000 },
        ..ProptestConfig::default()
    };
    TestRunner::new(config).run(&(any::<u64>(), 1..24_u32), |(seed, steps)| {
        law(seed, steps, fault).map_err(proptest::test_runner::TestCaseError::fail)
    })
}

/// The law holds, and a floor with the fault breaks it.
fn law<F: Copy + Debug>(law: Law<F>, fault: F) {
    if let Err(error) = run(law, None, CASES) {
        panic!("{error}");
    }
    let caught = run(law, Some(fault), CASES_TO_CATCH);
    assert!(caught.is_err(), "nobody notices a floor that is spoilt: {fault:?}");
}

#[test]
fn a_call_is_accepted_by_one_agent_at_most() {
    law(one_winner::one_winner, one_winner::Fault::WritesOver);
}

#[test]
fn a_call_that_was_accepted_waits_no_more() {
    let caught = run(one_winner::one_winner, Some(one_winner::Fault::ForgetsTheFence), CASES_TO_CATCH);
    assert!(caught.is_err(), "nobody notices that offers outlive the acceptance of another");
    let histories = (0..100).map(|seed| one_winner::accepted(seed, 20));
    let (accepted, calls) = histories.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    println!("{accepted} accepted of {calls} calls");
    assert!(
        accepted * 2 > calls && accepted > 100,
        "{accepted} accepted of {calls} calls: these histories are about nothing"
    );
}

#[test]
fn nobody_has_more_than_they_can_do() {
    law(laws::capacity, Fault::Overloads);
}

#[test]
fn whoever_is_offered_a_call_may_have_it() {
    law(laws::only_the_eligible, Fault::Overloads);
}

#[test]
fn no_call_and_agent_who_may_have_each_other_are_left() {
    law(laws::work_conservation, Fault::Dozes);
}

#[test]
fn what_opens_by_itself_is_not_slept_through() {
    law(laws::alarms, Fault::Oversleeps);
}

#[test]
fn a_call_that_nobody_may_have_delays_nobody_behind_it() {
    law(laws::no_head_of_line_blocking, Fault::HeadOnly);
}

#[test]
fn nobody_is_overtaken_for_longer_than_the_bound() {
    law(laws::starvation_bound, Fault::Overtakes);
}

/// A history in which agents' own orders of queues led round in a circle, and a caller was passed over within a queue.
#[test]
fn nobody_is_passed_over_where_wishes_lead_round_in_a_circle() {
    if let Err(told) = laws::starvation_bound(17_032_058_165_282_759_639, 20, None) {
        panic!("{told}");
    }
}

#[test]
fn a_call_that_comes_back_stands_where_it_stood() {
    law(laws::the_place_is_kept, Fault::LosesThePlace);
}

#[test]
fn facts_may_come_in_any_order() {
    law(laws::the_order_of_telling, Fault::HeedsTheOrder);
}

#[test]
fn what_is_told_twice_counts_once() {
    law(laws::told_twice, Fault::CountsTwice);
}

#[test]
fn a_floor_made_anew_makes_the_same_offers() {
    law(laws::made_anew, Fault::Remembers);
}

#[test]
fn those_who_are_alike_get_as_many_calls() {
    law(laws::longest_idle_is_fair, Fault::HasAFavourite);
}

#[test]
fn every_choice_is_that_of_a_sort_of_everything() {
    law(laws::as_a_sort_would, Fault::TurnsRound);
}

/// A history in which wishes led round in a circle, and a sort that did not know what follows from it.
#[test]
fn the_sort_knows_what_follows_where_wishes_lead_round_in_a_circle() {
    if let Err(told) = laws::as_a_sort_would(5_250_346_970_400_544_323, 15, None) {
        panic!("{told}");
    }
}

#[test]
fn who_is_told_that_nothing_is_in_the_way_could_have_the_call() {
    law(laws::answers_are_true, Fault::Flatters);
}
