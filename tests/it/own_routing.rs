//! A strategy of one's own chooses, the suite passes one that is right, and catches those that are wrong.
#![cfg(feature = "conformance")]

#[path = "../../examples/own_routing.rs"]
#[expect(dead_code, reason = "an example's own main")]
mod example;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use switchboard::conformance::routing::cases;
use switchboard::routing::{ReadyAgent, RoutingStrategy, WaitingCall};

mod of_the_example {
    switchboard::routing_conformance!(super::example::FreshVoices);
}

#[test]
fn the_example_offers_the_call_to_who_has_talked_little_and_speaks_well() {
    let chosen = |agents: &[(&str, u8, i64)]| example::first_for_french(agents).map(|agent| agent.to_string());
    assert_eq!(chosen(&[("ana", 5, 130), ("ben", 3, 20), ("cleo", 4, 40)]).as_deref(), Some("cleo"));
    assert_eq!(chosen(&[("ana", 5, 50), ("ben", 3, 20), ("cleo", 4, 40)]).as_deref(), Some("ana"));
    assert_eq!(chosen(&[]), None);
}

/// What is wrong with a strategy.
#[derive(Clone, Copy, Debug)]
enum Fault {
    TakesAnothersName,
    ChoosesSomebodyAnyway,
    PointsBeyondTheEnd,
    NamesSomebodyTwice,
    CountsItsQuestions,
    KeepsARota,
    GoesByTheOrderShown,
    Overflows,
}

#[derive(Debug)]
struct Wrong {
    fault: Fault,
    asked: AtomicUsize,
}

impl RoutingStrategy for Wrong {
    fn name(&self) -> &str {
        if matches!(self.fault, Fault::TakesAnothersName) { "longest_idle" } else { "wrong" }
    }

    fn rank(&self, _: WaitingCall<'_>, agents: &[ReadyAgent<'_>]) -> Vec<usize> {
        let asked = self.asked.fetch_add(1, Relaxed);
        let mut order: Vec<usize> = (0..agents.len()).collect();
        order.sort_by_key(|&at| (agents[at].standing.idle_since, agents[at].id));
        match self.fault {
            Fault::TakesAnothersName => {}
            Fault::ChoosesSomebodyAnyway if order.is_empty() => order.push(0),
            Fault::ChoosesSomebodyAnyway => {}
            Fault::PointsBeyondTheEnd => order.iter_mut().for_each(|at| *at += 1),
            Fault::NamesSomebodyTwice => order.extend(order.first().copied()),
            Fault::CountsItsQuestions => order.rotate_left(asked % agents.len().max(1)),
            // The same twice in a row, another later on.
            Fault::KeepsARota => order.rotate_left(asked / 2 % agents.len().max(1)),
            Fault::GoesByTheOrderShown => order.sort_by_key(|&at| agents[at].standing.contacts),
            Fault::Overflows => {
                let minutes = |at: &usize| agents[*at].standing.talk_ms.checked_mul(60).expect("few minutes");
                order.sort_by_key(|at| (minutes(at), agents[*at].id));
            }
        }
        order
    }
}

fn caught(fault: Fault) -> Vec<&'static str> {
    let fails = |case: &switchboard::conformance::routing::Case| {
        let wrong = Wrong { fault, asked: AtomicUsize::new(0) };
        catch_unwind(AssertUnwindSafe(|| (case.run)(&wrong))).is_err()
    };
    cases().iter().filter(|case| fails(case)).map(|case| case.name).collect()
}

#[test]
fn each_fault_is_caught_by_the_case_that_is_meant_for_it() {
    let meant = [
        (Fault::TakesAnothersName, "its_name_is_its_own"),
        (Fault::ChoosesSomebodyAnyway, "nobody_there_nobody_chosen"),
        (Fault::PointsBeyondTheEnd, "only_those_shown_are_chosen"),
        (Fault::NamesSomebodyTwice, "nobody_is_named_twice"),
        (Fault::CountsItsQuestions, "the_same_question_has_the_same_answer"),
        (Fault::KeepsARota, "it_remembers_nothing"),
        (Fault::GoesByTheOrderShown, "the_order_shown_does_not_matter"),
        (Fault::Overflows, "extremes_do_no_harm"),
    ];
    assert_eq!(meant.len(), cases().len(), "each case has a fault that it is meant for");
    for (fault, case) in meant {
        let caught = caught(fault);
        assert!(caught.contains(&case), "{fault:?} is caught by {caught:?}, not by {case}");
    }
}
