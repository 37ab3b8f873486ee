//! Short histories, with figures worked out by hand.

use std::collections::BTreeMap;

use switchboard::model::EndReason;
use switchboard::report::{
    AbandonRate, Attribution, DEFINITIONS, Durations, QueueFigures, Ratio, ServiceLevel, Unmergeable,
};

use super::{Log, at, hours, outcomes, queue};

const T: i64 = 20_000;

fn ratio(numerator: i64, denominator: i64) -> Ratio {
    Ratio { numerator, denominator }
}

/// Answered after 5 s, 20 s and 20.001 s; abandoned after 4 s, 20 s and 30 s; timed out after 60 s; ended by the
/// application after 10 s; and one who entered 25 s ago.
fn a_busy_line() -> Log {
    let mut log = Log::default();
    log.answered_after(1, 5_000).answered_after(2, T).answered_after(3, T + 1);
    log.abandons_after(4, 4_000).abandons_after(5, T).abandons_after(6, 30_000);
    log.enters(7, 0, "sales").overflows(7, 60_000, "sales", "timed_out").ends(7, 61_000, EndReason::Policy);
    log.enters(8, 0, "sales").ends(8, 10_000, EndReason::Requested);
    log.enters(9, 600_000, "sales");
    log
}

#[test]
fn each_definition_of_the_service_level_gives_its_own_share() {
    let figures = a_busy_line().sales(Attribution::ByEntry, 625_000);
    let expected = [
        (ServiceLevel::A, ratio(2, 3)),
        (ServiceLevel::B, ratio(2, 6)),
        (ServiceLevel::C, ratio(2, 4)),
        (ServiceLevel::D, ratio(4, 6)),
        (ServiceLevel::E, ratio(5, 9)),
        (ServiceLevel::F, ratio(2, 7)),
        (ServiceLevel::Live, ratio(2, 7)),
    ];
    for (level, expected) in expected {
        assert_eq!(figures.service_level(level, T), expected, "{level}");
        assert_eq!(level.name().parse(), Ok(level));
    }
    // The one who waits is no miss before the threshold, nor at it.
    let early = a_busy_line().sales(Attribution::ByEntry, 620_000);
    assert_eq!(early.service_level(ServiceLevel::Live, T), ratio(2, 6));
    assert!("SL_X".parse::<ServiceLevel>().is_err());
}

#[test]
fn an_abandon_at_the_limit_is_not_short() {
    let mut log = a_busy_line();
    log.abandons_after(10, 5_000).abandons_after(11, 4_999);
    let figures = log.sales(Attribution::ByEntry, 625_000);
    assert_eq!(figures.short_abandons(5_000), 2);
    assert_eq!(figures.abandon_rate(AbandonRate::Ar1, 5_000), ratio(5, 8));
    assert_eq!(figures.abandon_rate(AbandonRate::Ar2, 5_000), ratio(5, 11));
    assert_eq!(figures.abandon_rate(AbandonRate::Ar1s, 5_000), ratio(3, 6));
    assert_eq!(figures.abandon_rate(AbandonRate::Ar2s, 5_000), ratio(3, 9));
}

#[test]
fn every_stay_has_one_end() {
    let figures = a_busy_line().sales(Attribution::ByEntry, 625_000);
    assert_eq!((figures.offered, outcomes(&figures)), (9, 9));
    assert_eq!((figures.answered, figures.abandoned, figures.requested, figures.open), (3, 3, 1, 1));
    assert_eq!(figures.overflowed, BTreeMap::from([("timed_out".to_owned(), 1)]));
    assert_eq!(figures.longest_waiting_ms, Some(25_000));
    assert_eq!(figures.definitions, DEFINITIONS);
}

#[test]
fn nothing_has_no_share() {
    let figures = Log::default().sales(Attribution::ByEntry, 0);
    assert_eq!(figures, QueueFigures::new(Attribution::ByEntry));
    for level in ServiceLevel::ALL {
        assert_eq!(figures.service_level(level, T).value(), None);
    }
    for rate in AbandonRate::ALL {
        assert_eq!(figures.abandon_rate(rate, 5_000).value(), None);
    }
    assert_eq!((figures.asa().value(), figures.theta().value(), figures.handling.aht().value()), (None, None, None));
    assert_eq!((figures.patience().percentile_ms(50), figures.load_erlangs()), (None, None));
    assert_eq!(figures.answered_after.percentile_ms(95), None);
    assert_eq!(figures.offers.accept_rate().value(), None);
}

#[test]
fn waits_of_those_answered_are_told_exactly() {
    let mut log = Log::default();
    for call in 1..=20 {
        log.answered_after(call, i64::try_from(call).expect("small") * 1_000);
    }
    let figures = log.sales(Attribution::ByEntry, 600_000);
    assert_eq!(figures.asa(), ratio(210_000, 20));
    let percentiles = [50, 90, 95, 100].map(|percent| figures.answered_after.percentile_ms(percent));
    assert_eq!(percentiles, [Some(10_000), Some(18_000), Some(19_000), Some(20_000)]);
    assert_eq!(figures.answered_after.max_ms(), Some(20_000));
    let mut one = Durations::default();
    one.add(7);
    assert_eq!([0, 1, 50, 100, 400].map(|percent| one.percentile_ms(percent)), [Some(7); 5]);
}

#[test]
fn an_overflow_is_another_stay_of_the_same_call() {
    let mut log = Log::default();
    log.enters(1, 0, "sales").overflows(1, 30_000, "sales", "timed_out").enters(1, 30_000, "support");
    log.offers(1, 35_000, 0, "ben").accepts(1, 38_000, 0, "ben").connects(1, 40_000, 0, "ben");
    log.ends(1, 100_000, EndReason::CustomerHungUp);
    // Not let in by the second queue either: it is blocked there, and no stay.
    log.enters(2, 0, "sales").overflows(2, 30_000, "sales", "timed_out").overflows(2, 30_000, "support", "full");
    log.ends(2, 31_000, EndReason::Policy);
    let both = log.figures().queues(&hours(0, 1), Attribution::ByEntry, at(600_000));
    let (sales, support) = (&both[&queue("sales")], &both[&queue("support")]);
    assert_eq!((sales.offered, outcomes(sales), sales.answered), (2, 2, 0));
    assert_eq!(sales.overflowed, BTreeMap::from([("timed_out".to_owned(), 2)]));
    assert_eq!((support.offered, support.answered), (1, 1));
    assert_eq!(support.blocked, BTreeMap::from([("full".to_owned(), 1)]));
    assert_eq!(support.answered_after.max_ms(), Some(10_000));
    assert_eq!(support.answered_after_arrival.max_ms(), Some(40_000));
    assert_eq!(support.connect_delay.max_ms(), Some(2_000));
}

#[test]
fn a_transfer_is_another_stay_of_the_same_call() {
    let mut log = Log::default();
    log.answered_after(1, 5_000);
    log.facts.pop();
    log.calls.get_mut(&1).expect("the call").0 -= 1;
    log.enters(1, 50_000, "support").ends(1, 58_000, EndReason::Abandoned);
    let both = log.figures().queues(&hours(0, 1), Attribution::ByEntry, at(600_000));
    assert_eq!((both[&queue("sales")].answered, both[&queue("sales")].abandoned), (1, 0));
    assert_eq!((both[&queue("support")].answered, both[&queue("support")].abandoned), (0, 1));
    assert_eq!(both[&queue("support")].abandoned_after.max_ms(), Some(8_000));
}

#[test]
fn a_lost_conversation_is_followed_by_another_stay() {
    let mut log = Log::default();
    log.enters(1, 0, "sales").offers(1, 1_000, 0, "ana").accepts(1, 2_000, 0, "ana").connects(1, 3_000, 0, "ana");
    log.offer_ends(1, 63_000, 0, "ana", "audio_lost").offers(1, 63_000, 1, "ben").accepts(1, 65_000, 1, "ben");
    log.connects(1, 66_000, 1, "ben").ends(1, 76_000, EndReason::AgentHungUp);
    let figures = log.sales(Attribution::ByEntry, 600_000);
    assert_eq!((figures.offered, figures.returned, figures.answered, outcomes(&figures)), (2, 1, 2, 2));
    assert_eq!(figures.answered_after.iter().collect::<Vec<_>>(), [(3_000, 2)]);
    assert_eq!((figures.handling.handled, figures.handling.talk_ms), (2, 70_000));
    assert_eq!((figures.offers.made, figures.offers.connected, figures.offers.failed), (2, 2, 0));
}

#[test]
fn a_stay_across_midnight_belongs_to_one_day_at_a_time() {
    let midnight = 12 * 3_600_000;
    let mut log = Log::default();
    log.enters(1, midnight - 10_000, "sales").offers(1, midnight, 0, "ana").accepts(1, midnight, 0, "ana");
    log.connects(1, midnight + 5_000, 0, "ana").ends(1, midnight + 65_000, EndReason::AgentHungUp);
    let figures = log.figures();
    let of = |interval, by| figures.queue(&queue("sales"), &interval, by, at(midnight + 3_600_000));
    let (before, after) = (hours(-12, 12), hours(12, 36));
    assert_eq!(of(before, Attribution::ByEntry).service_level(ServiceLevel::B, T), ratio(1, 1));
    assert_eq!(of(after, Attribution::ByEntry).offered, 0);
    assert_eq!(of(before, Attribution::ByOutcome).offered, 0);
    assert_eq!(of(after, Attribution::ByOutcome).answered, 1);
    assert_eq!(of(before, Attribution::ByEntry).length.waiting_ms, 10_000);
    assert_eq!(of(after, Attribution::ByEntry).length.waiting_ms, 5_000);
    // A moment before it was answered.
    let then = |by| figures.queue(&queue("sales"), &before, by, at(midnight + 4_000));
    assert_eq!((then(Attribution::ByEntry).offered, then(Attribution::ByEntry).open), (1, 1));
    assert_eq!((then(Attribution::ByOutcome).offered, then(Attribution::ByOutcome).length.now), (0, 0));
}

#[test]
fn the_line_is_measured_at_every_moment() {
    let mut log = Log::default();
    // One waits from 0 to 30 s, two from 10 s to 20 s, one who leaves as another comes.
    log.abandons_after(1, 30_000);
    log.enters(2, 10_000, "sales").ends(2, 20_000, EndReason::Abandoned);
    log.enters(3, 10_000, "sales").ends(3, 20_000, EndReason::Abandoned);
    log.enters(4, 20_000, "sales");
    let figures = log.sales(Attribution::ByEntry, 40_000);
    assert_eq!(figures.length.mean(), ratio(30_000 + 10_000 + 10_000 + 20_000, 40_000));
    assert_eq!((figures.length.max, figures.length.now), (3, 1));
    // Those who waited already when the interval began are there from its first moment.
    let later = switchboard::report::Interval::new(at(15_000), at(25_000)).expect("an interval");
    let part = log.figures().queue(&queue("sales"), &later, Attribution::ByEntry, at(40_000)).length;
    assert_eq!((part.waiting_ms, part.span_ms, part.max), (10_000 + 5_000 + 5_000 + 5_000, 10_000, 3));
}

#[test]
fn patience_is_not_judged_by_those_who_left_alone() {
    let mut log = Log::default();
    log.abandons_after(1, 10_000).answered_after(2, 20_000).abandons_after(3, 30_000).answered_after(4, 40_000);
    let figures = log.sales(Attribution::ByEntry, 600_000);
    let patience = figures.patience();
    // 1 of 4 leaves at 10 s, 1 of the 2 still in sight at 30 s.
    assert_eq!(patience.steps(), [(10_000, 0.75), (30_000, 0.375)]);
    assert_eq!([9_999, 10_000, 29_999, 90_000].map(|ms| patience.at(ms)), [1.0, 0.75, 0.75, 0.375]);
    assert_eq!((patience.percentile_ms(25), patience.percentile_ms(50)), (Some(10_000), Some(30_000)));
    assert_eq!(patience.percentile_ms(90), None);
    assert_eq!(figures.theta(), ratio(2, 100_000));
    // The wait that was offered: 1 of the 3 in sight at 20 s, the last one at 40 s.
    let steps: Vec<i64> = figures.offered_wait().steps().iter().map(|(ms, _)| *ms).collect();
    assert_eq!(steps, [20_000, 40_000]);
    assert!((figures.offered_wait().at(20_000) - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!(figures.offered_wait().percentile_ms(100), Some(40_000));
}

#[test]
fn whoever_is_passed_over_is_counted_with_the_reason() {
    let mut log = Log::default();
    // 1 waits; 2 came later and is answered: the rules of the queue kept Ana from 1.
    log.enters(1, 0, "sales").enters(2, 1_000, "sales").offers(2, 2_000, 0, "ana").accepts(2, 3_000, 0, "ana");
    log.connects(2, 4_000, 0, "ana");
    assert_eq!(log.sales(Attribution::ByEntry, 10_000).overtakes, BTreeMap::from([("skill".to_owned(), 1)]));
    // Had Ana declined 1 before, that is the reason.
    let mut log = Log::default();
    log.enters(1, 0, "sales").offers(1, 500, 0, "ana").offer_ends(1, 1_500, 0, "ana", "declined");
    log.enters(2, 1_000, "sales").offers(2, 2_000, 0, "ana").accepts(2, 3_000, 0, "ana").connects(2, 4_000, 0, "ana");
    assert_eq!(log.sales(Attribution::ByEntry, 10_000).overtakes, BTreeMap::from([("refused".to_owned(), 1)]));
    // While 1 rings somewhere else nobody passes it; nor does a higher priority pass.
    let mut log = Log::default();
    log.enters(1, 0, "sales").offers(1, 500, 0, "ben");
    log.enters(2, 1_000, "sales").offers(2, 2_000, 0, "ana").accepts(2, 3_000, 0, "ana").connects(2, 4_000, 0, "ana");
    let gold = switchboard::model::EventKind::Queued { queue: queue("sales"), ahead: 1, priority: 3 };
    log.note(3, 5_000, gold).offers(3, 6_000, 0, "cleo").accepts(3, 7_000, 0, "cleo").connects(3, 8_000, 0, "cleo");
    assert_eq!(log.sales(Attribution::ByEntry, 10_000).overtakes, BTreeMap::new());
}

#[test]
fn a_clock_that_is_behind_makes_nothing_negative() {
    let mut log = Log::default();
    log.enters(1, 5_000, "sales").offers(1, 4_000, 0, "ana").accepts(1, 4_500, 0, "ana").connects(1, 4_600, 0, "ana");
    log.ends(1, 4_000, EndReason::AgentHungUp);
    let figures = log.sales(Attribution::ByEntry, 600_000);
    assert_eq!(figures.answered_after.iter().collect::<Vec<_>>(), [(0, 1)]);
    assert_eq!((figures.handling.talk_ms, figures.length.waiting_ms), (0, 0));
    // The wait, the wait since arrival, and the conversation.
    assert_eq!(figures.skew, 3);
}

#[test]
fn figures_that_mean_something_else_are_not_added_up() {
    let mut ours = a_busy_line().sales(Attribution::ByEntry, 625_000);
    let before = ours.clone();
    let mut theirs = ours.clone();
    theirs.definitions += 1;
    let (ours_version, theirs_version) = (ours.definitions, theirs.definitions);
    let expected = Unmergeable::Definitions { ours: ours_version, theirs: theirs_version };
    assert_eq!(ours.merge(&theirs), Err(expected));
    let theirs = a_busy_line().sales(Attribution::ByOutcome, 625_000);
    assert_eq!(ours.merge(&theirs), Err(Unmergeable::Attribution));
    assert_eq!(ours, before);
}

#[test]
fn stored_figures_keep_everything() {
    let figures = a_busy_line().sales(Attribution::ByEntry, 625_000);
    let text = serde_json::to_string(&figures).expect("JSON");
    assert_eq!(serde_json::from_str::<QueueFigures>(&text).expect("figures"), figures);
}

#[test]
fn events_that_a_record_could_not_keep_are_counted() {
    let mut log = Log::default();
    log.enters(1, 0, "sales").offers(1, 1_000, 0, "ana").offer_ends(1, 21_000, 0, "ana", "ring_no_answer");
    log.calls.get_mut(&1).expect("the call").0 += 70;
    log.ends(1, 300_000, EndReason::Abandoned);
    assert_eq!(log.sales(Attribution::ByEntry, 600_000).unrecorded, 70);
}
