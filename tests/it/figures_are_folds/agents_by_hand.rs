//! What agents did, worked out by hand.

use std::collections::BTreeMap;

use switchboard::model::{AgentStatus, EndReason};
use switchboard::report::{AgentFigures, Attribution, Fairness, Interval, Ratio};

use super::{Log, agent, at, hours};

/// In seconds after noon: ready 0, rung 100, talks 110, finishes up 170, ready 200, lunch 300, tea 400, ready 450,
/// leaves 500.
fn a_morning() -> Log {
    let mut log = Log::default();
    log.is("ana", 0, AgentStatus::Ready);
    log.enters(1, 99_000, "sales").offers(1, 100_000, 0, "ana");
    log.is_with("ana", 100_000, AgentStatus::Offered, None, Some(1));
    log.accepts(1, 107_000, 0, "ana").connects(1, 110_000, 0, "ana");
    log.is_with("ana", 110_000, AgentStatus::Talking, None, Some(1));
    log.ends(1, 170_000, EndReason::CustomerHungUp);
    log.is_with("ana", 170_000, AgentStatus::WrapUp, None, Some(1)).is("ana", 200_000, AgentStatus::Ready);
    log.is_with("ana", 300_000, AgentStatus::Break, Some("lunch"), None);
    log.is_with("ana", 400_000, AgentStatus::Break, Some("tea"), None);
    log.is("ana", 450_000, AgentStatus::Ready).is("ana", 500_000, AgentStatus::Offline);
    log
}

fn ana(log: &Log, interval: Interval, now: i64) -> AgentFigures {
    log.figures().agent(&agent("ana"), &interval, at(now))
}

#[test]
fn every_moment_belongs_to_one_status() {
    let figures = ana(&a_morning(), hours(0, 1), 600_000);
    assert_eq!(figures.ready_ms, 100_000 + 100_000 + 50_000);
    assert_eq!((figures.alerting_ms, figures.talking_ms, figures.wrap_up_ms), (10_000, 60_000, 30_000));
    assert_eq!(figures.breaks_ms, BTreeMap::from([("lunch".to_owned(), 100_000), ("tea".to_owned(), 50_000)]));
    assert_eq!((figures.offline_ms, figures.unknown_ms), (100_000, 0));
    assert_eq!((figures.staffed_ms(), figures.not_ready_ms(), figures.logged_in_ms()), (350_000, 150_000, 500_000));
    assert_eq!(figures.occupancy(), Ratio { numerator: 90_000, denominator: 340_000 });
    assert_eq!(figures.now, BTreeMap::from([(AgentStatus::Offline, 1)]));
}

#[test]
fn an_interval_cuts_what_lasts_across_its_ends() {
    let interval = Interval::new(at(150_000), at(190_000)).expect("an interval");
    let figures = ana(&a_morning(), interval, 600_000);
    assert_eq!((figures.talking_ms, figures.wrap_up_ms, figures.logged_in_ms()), (20_000, 20_000, 40_000));
    // The work was finished later, and counts there, whole.
    assert_eq!((figures.handling.handled, figures.answered, figures.now.len()), (0, 0, 0));
    let later = ana(&a_morning(), Interval::new(at(190_000), at(210_000)).expect("an interval"), 600_000);
    assert_eq!((later.handling.handled, later.handling.talk_ms, later.handling.wrap_up_ms), (1, 60_000, 30_000));
    assert_eq!(later.handling.aht(), Ratio { numerator: 90_000, denominator: 1 });
    // Before the first sign-in she was away; and what has not come yet is not counted.
    let early = ana(&a_morning(), hours(-1, 1), 50_000);
    assert_eq!((early.offline_ms, early.ready_ms), (3_600_000, 50_000));
}

#[test]
fn a_long_conversation_is_seen_before_it_ends() {
    let log = a_morning();
    let at_150 = ana(&log, hours(0, 1), 150_000).handling;
    assert_eq!((at_150.handled, at_150.open, at_150.aht().value()), (0, 1, None));
    assert_eq!(at_150.aht_live(), Ratio { numerator: 40_000, denominator: 1 });
    let at_180 = ana(&log, hours(0, 1), 180_000).handling;
    assert_eq!((at_180.open_talk_ms, at_180.open_wrap_up_ms), (60_000, 10_000));
    let of_sales = log.sales(Attribution::ByEntry, 600_000);
    assert_eq!(of_sales.handling, ana(&log, hours(0, 1), 600_000).handling);
    // One call an hour long would be one erlang: 90 s within 600 s are 0.15.
    assert!((of_sales.load_erlangs().expect("a load") - 0.15).abs() < 1e-12);
}

#[test]
fn the_same_history_without_its_beginning_says_so() {
    let mut log = a_morning();
    log.facts.retain(|fact| !matches!(fact, switchboard::model::Fact::Agent { event, .. } if event.seq < 2));
    let figures = ana(&log, hours(0, 1), 600_000);
    assert_eq!((figures.unknown_ms, figures.talking_ms), (110_000, 60_000));
    assert_eq!(figures.logged_in_ms() + figures.offline_ms + figures.unknown_ms, 600_000);
}

#[test]
fn each_offer_has_one_end_and_a_lost_customer_is_no_missed_call() {
    let mut log = Log::default();
    let ends = ["declined", "ring_no_answer", "taken", "withdrawn", "canceled", "failed"];
    for (call, why) in (1..).zip(ends) {
        log.enters(call, 0, "sales").offers(call, 1_000, 0, "ana").offer_ends(call, 9_000, 0, "ana", why);
    }
    log.enters(10, 0, "sales").offers(10, 1_000, 0, "ana").accepts(10, 2_000, 0, "ana");
    log.offer_ends(10, 6_000, 0, "ana", "audio_lost").offers(10, 7_000, 1, "ana");
    log.answered_after(11, 3_000);
    let offers = ana(&log, hours(0, 1), 600_000).offers;
    assert_eq!(offers.made, 9);
    assert_eq!((offers.rejected, offers.no_answer, offers.rescinded, offers.canceled), (1, 1, 2, 1));
    assert_eq!((offers.failed, offers.connected, offers.open, offers.accepted), (2, 1, 1, 2));
    assert_eq!(offers.accept_rate(), Ratio { numerator: 2, denominator: 4 });
    assert_eq!(log.sales(Attribution::ByEntry, 600_000).offers, offers);
}

#[test]
fn a_clock_that_is_behind_takes_no_time_twice() {
    let mut log = Log::default();
    log.is("ana", 0, AgentStatus::Ready).is_with("ana", 100_000, AgentStatus::Offered, None, Some(1));
    log.is("ana", 90_000, AgentStatus::Ready).is("ana", 120_000, AgentStatus::Offline);
    let figures = ana(&log, hours(0, 1), 200_000);
    assert_eq!((figures.ready_ms, figures.alerting_ms, figures.offline_ms), (120_000, 0, 80_000));
    assert_eq!(figures.skew, 1);
}

/// An agent who was ready for an hour, and was offered so many calls.
fn offered(times: u64) -> AgentFigures {
    let mut figures = AgentFigures::default();
    figures.ready_ms = 3_600_000;
    figures.offers.made = times;
    figures
}

#[test]
fn unfair_shares_are_measured() {
    let even = Fairness::between(&[offered(4), offered(4), offered(4)]);
    assert_eq!((even.agents, even.gini, even.spread), (3, Some(0.0), Some(0.0)));
    // |1 − 3| twice, over 2·2²·2.
    let uneven = Fairness::between(&[offered(3), offered(1), AgentFigures::default()]);
    assert_eq!((uneven.agents, uneven.gini, uneven.spread), (2, Some(0.25), Some(2.0)));
    let one_takes_all = Fairness::between(&[offered(0), offered(0), offered(0), offered(8)]);
    assert_eq!(one_takes_all.gini, Some(0.75));
    assert_eq!(Fairness::between(&[]).gini, None);
    assert_eq!(Fairness::between(&[offered(0)]).gini, None);
    let mut waits = switchboard::report::Durations::default();
    assert_eq!(waits.jain(), None);
    [0, 0, 0, 9_000].into_iter().for_each(|ms| waits.add(ms));
    assert_eq!(waits.jain(), Some(0.25));
}
