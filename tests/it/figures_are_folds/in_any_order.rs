//! Whatever the history, in whatever order and pieces it is told: the same figures, and nobody is counted twice or lost.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use switchboard::model::{AgentStatus, EndReason, EventKind};
use switchboard::report::{AgentFigures, Attribution, Figures, Interval, Offers, QueueFigures, ServiceLevel};

use super::callbacks_by_hand::ends;
use super::{Log, agent, at, folded, hours, outcomes, queue};

const QUEUES: [&str; 2] = ["sales", "support"];
const AGENTS: [&str; 3] = ["ana", "ben", "cleo"];
const WHYS: [&str; 7] = ["declined", "ring_no_answer", "taken", "withdrawn", "canceled", "failed", "audio_lost"];
const REASONS: [EndReason; 8] = [
    EndReason::Abandoned,
    EndReason::CustomerHungUp,
    EndReason::Requested,
    EndReason::Policy,
    EndReason::Failed,
    EndReason::Expired,
    EndReason::Cancelled,
    EndReason::Resumed,
];
const STATUSES: [AgentStatus; 6] = [
    AgentStatus::Offline,
    AgentStatus::Break,
    AgentStatus::Ready,
    AgentStatus::Offered,
    AgentStatus::Talking,
    AgentStatus::WrapUp,
];

/// What is drawn for one fact: which kind, of which call, and numbers to choose its fields by.
type Drawn = (u8, u8, u8, u8, i64);

/// A history without sense: any fact after any other, and clocks that go back.
fn nonsense() -> impl Strategy<Value = Log> {
    history(-2_000)
}

/// The same, with at least so many ms between two facts.
fn history(gap_ms: i64) -> impl Strategy<Value = Log> {
    let fact = (0..13_u8, 0..5_u8, any::<u8>(), any::<u8>(), gap_ms..60_000_i64);
    prop::collection::vec(fact, 0..80).prop_map(|drawn| {
        let (mut log, mut ms) = (Log::default(), 0);
        for one in &drawn {
            ms += one.4;
            scribble(&mut log, ms, one);
        }
        log
    })
}

fn scribble(log: &mut Log, ms: i64, (kind, call, a, b, _): &Drawn) {
    let pick = |n: u8, of: usize| usize::from(n) % of;
    let (call, offer) = (u128::from(*call), u32::from(b % 4));
    let (queue, agent) = (QUEUES[pick(*a, 2)], AGENTS[pick(*a, 3)]);
    match kind {
        0 | 1 => log.enters(call, ms, queue),
        2 => log.overflows(call, ms, queue, if b % 2 == 0 { "timed_out" } else { "full" }),
        3 => log.offers(call, ms, offer, agent),
        4 => log.accepts(call, ms, offer, agent),
        5 => log.connects(call, ms, offer, agent),
        6 => log.offer_ends(call, ms, offer, agent, WHYS[pick(*b, 7)]),
        7 => log.ends(call, ms, REASONS[pick(*b, 8)]),
        8 => log.note(call, ms, EventKind::CallbackPromised { queue: self::queue(queue) }),
        9 => log.note(call, ms, EventKind::CallbackDialled { attempt: 1 }),
        10 => {
            let why = if b % 2 == 0 { "withdrawn" } else { "busy" }.to_owned();
            log.note(call, ms, EventKind::CallbackMissed { attempt: 1, why })
        }
        11 => log.note(call, ms, EventKind::LeftByKey { queue: self::queue(queue), key: '3' }),
        _ => {
            let status = STATUSES[pick(*b, 6)];
            let reason = (status == AgentStatus::Break).then_some(if b % 4 == 0 { "tea" } else { "lunch" });
            let works = matches!(status, AgentStatus::Offered | AgentStatus::Talking | AgentStatus::WrapUp);
            log.is_with(agent, ms, status, reason, works.then_some(call))
        }
    };
}

fn all_ends(offers: &Offers) -> u64 {
    offers.connected
        + offers.rejected
        + offers.no_answer
        + offers.rescinded
        + offers.canceled
        + offers.failed
        + offers.open
}

fn attribution() -> impl Strategy<Value = Attribution> {
    prop_oneof![Just(Attribution::ByEntry), Just(Attribution::ByOutcome)]
}

/// Every figure of the interval.
fn all(figures: &Figures, interval: &Interval, by: Attribution, now: i64) -> (Vec<QueueFigures>, Vec<AgentFigures>) {
    let queues = QUEUES.map(|name| figures.queue(&queue(name), interval, by, at(now)));
    let agents = AGENTS.map(|name| figures.agent(&agent(name), interval, at(now)));
    (queues.to_vec(), agents.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_counted_twice_or_lost(log in nonsense(), by in attribution(), now in 0..4_000_000_i64) {
        let (queues, agents) = all(&log.figures(), &hours(0, 1), by, now);
        for figures in queues {
            prop_assert_eq!(outcomes(&figures), figures.offered);
            prop_assert_eq!(ends(&figures.callbacks), figures.callbacks.promised);
            prop_assert_eq!(figures.callbacks.kept_after.count(), figures.callbacks.kept);
            prop_assert_eq!(all_ends(&figures.offers), figures.offers.made);
            prop_assert_eq!(figures.answered_after.count(), figures.answered);
            prop_assert_eq!(figures.abandoned_after.count(), figures.abandoned);
            for level in ServiceLevel::ALL {
                let share = figures.service_level(level, 20_000);
                prop_assert!(0 <= share.numerator && share.numerator <= share.denominator, "{level}: {share:?}");
            }
        }
        for figures in agents {
            prop_assert_eq!(all_ends(&figures.offers), figures.offers.made);
            let states = figures.ready_ms + figures.alerting_ms + figures.talking_ms + figures.wrap_up_ms
                + figures.breaks_ms.values().sum::<i64>();
            prop_assert_eq!(states, figures.logged_in_ms());
            let span = now.min(3_600_000);
            prop_assert_eq!(figures.logged_in_ms() + figures.offline_ms + figures.unknown_ms, span);
        }
    }

    /// Told in pieces, in another order, and in part twice: once is once.
    #[test]
    fn the_order_and_the_pieces_do_not_matter(
        log in nonsense(),
        keys in prop::collection::vec(any::<u16>(), 80),
        cut in 0..80_usize,
        again in 0..80_usize,
        by in attribution(),
    ) {
        let mut facts: Vec<_> = log.facts.iter().zip(&keys).collect();
        facts.sort_by_key(|(_, key)| **key);
        let facts: Vec<_> = facts.into_iter().map(|(fact, _)| fact.clone()).collect();
        let (one, other) = facts.split_at(cut.min(facts.len()));
        let mut pieces = folded(other);
        pieces.merge(&folded(one));
        facts.iter().take(again).for_each(|fact| pieces.apply(fact));
        let whole = log.figures();
        prop_assert_eq!(&pieces, &whole);
        let now = 4_000_000;
        prop_assert_eq!(all(&pieces, &hours(0, 1), by, now), all(&whole, &hours(0, 1), by, now));
    }

    /// The figures of an interval are the sum of those of its parts.
    #[test]
    fn the_parts_add_up_to_the_whole(
        log in nonsense(),
        width in 60_000..2_000_000_u64,
        by in attribution(),
        now in 0..4_000_000_i64,
    ) {
        let figures = log.figures();
        let (mut queues, mut agents) = all(&figures, &hours(0, 0), by, now);
        for part in hours(0, 1).parts(Duration::from_millis(width)) {
            let (of_queues, of_agents) = all(&figures, &part, by, now);
            for (sum, part) in queues.iter_mut().zip(&of_queues) {
                prop_assert_eq!(sum.merge(part), Ok(()));
            }
            for (sum, part) in agents.iter_mut().zip(&of_agents) {
                prop_assert_eq!(sum.merge(part), Ok(()));
            }
        }
        prop_assert_eq!((queues, agents), all(&figures, &hours(0, 1), by, now));
    }

    /// What is over does not change any more; what is forgotten was not needed.
    #[test]
    fn the_past_stays_as_it_was(log in history(0), now in 3_600_000..4_000_000_i64, later in 0..9_000_000_i64) {
        let whole = log.figures();
        let of = |figures: &Figures, now| {
            let (mut queues, agents) = all(figures, &hours(0, 1), Attribution::ByOutcome, now);
            // The ends of offers that were made in it are told when they come.
            queues.iter_mut().for_each(|figures| figures.offers = Offers::default());
            let times = |a: AgentFigures| (a.ready_ms, a.talking_ms, a.breaks_ms, a.handling, a.answered);
            (queues, agents.into_iter().map(times).collect::<Vec<_>>())
        };
        prop_assert_eq!(of(&whole, now), of(&whole, now + later));
        let mut lately = whole.clone();
        lately.forget(at(1_800_000));
        let second_half = Interval::new(at(1_800_000), at(3_600_000)).expect("an interval");
        let end = 20_000_000;
        let by = Attribution::ByEntry;
        prop_assert_eq!(all(&lately, &second_half, by, end), all(&whole, &second_half, by, end));
    }
}

/// One caller of a history that makes sense, as drawn: entry, wait, what becomes of it, talk, wrap-up; in seconds.
type Caller = (i64, i64, u8, i64, i64);

fn told(callers: &[Caller]) -> Log {
    let mut log = Log::default();
    for (call, (entry, wait, end, talk, wrap)) in (0..).zip(callers) {
        let name = format!("agent-{call}");
        let (entry, left) = (entry * 1_000, (entry + wait) * 1_000);
        log.enters(call, entry, "sales");
        match end {
            0 => {
                log.ends(call, left, EndReason::Abandoned);
            }
            1 => {
                log.overflows(call, left, "sales", "timed_out").ends(call, left + 500, EndReason::Policy);
            }
            _ => {
                let over = left + talk * 1_000;
                log.offers(call, entry, 0, &name).accepts(call, left, 0, &name).connects(call, left, 0, &name);
                log.is_with(&name, left, AgentStatus::Talking, None, Some(call));
                log.ends(call, over, EndReason::CustomerHungUp);
                log.is_with(&name, over, AgentStatus::WrapUp, None, Some(call));
                log.is(&name, over + wrap * 1_000, AgentStatus::Ready);
            }
        }
    }
    log
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Compared with a plain recount, second by second.
    #[test]
    fn a_recount_comes_to_the_same(
        callers in prop::collection::vec((0..600_i64, 0..90_i64, 0..5_u8, 1..300_i64, 0..60_i64), 0..40),
        threshold in 0..90_i64,
    ) {
        let log = told(&callers);
        let interval = Interval::new(at(100_000), at(400_000)).expect("an interval");
        let figures = log.figures().queue(&queue("sales"), &interval, Attribution::ByEntry, at(10_000_000));
        let inside: Vec<&Caller> = callers.iter().filter(|caller| (100..400).contains(&caller.0)).collect();
        let count = |what: &dyn Fn(&Caller) -> bool| {
            i64::try_from(inside.iter().filter(|caller| what(caller)).count()).expect("few")
        };
        let level = figures.service_level(ServiceLevel::B, threshold * 1_000);
        prop_assert_eq!(level.numerator, count(&|caller| caller.2 > 1 && caller.1 <= threshold));
        prop_assert_eq!(level.denominator, count(&|caller| caller.2 != 1));
        let waits: i64 = inside.iter().filter(|caller| caller.2 > 1).map(|caller| caller.1 * 1_000).sum();
        prop_assert_eq!(figures.answered_after.sum_ms(), waits);
        // The line, looked at in every second.
        let (mut area, mut longest) = (0, 0);
        for second in 100..400 {
            let waiting = callers.iter().filter(|(entry, wait, ..)| (*entry..entry + wait).contains(&second)).count();
            area += i64::try_from(waiting).expect("few") * 1_000;
            longest = longest.max(waiting as u64);
        }
        prop_assert_eq!((figures.length.waiting_ms, figures.length.max), (area, longest));
        // Work counts when it is finished.
        let done: Vec<&Caller> = callers
            .iter()
            .filter(|(entry, wait, end, talk, wrap)| *end > 1 && (100..400).contains(&(entry + wait + talk + wrap)))
            .collect();
        let talked: i64 = done.iter().map(|caller| caller.3 * 1_000).sum();
        let wrapped: i64 = done.iter().map(|caller| caller.4 * 1_000).sum();
        prop_assert_eq!(figures.handling.handled, done.len() as u64);
        prop_assert_eq!((figures.handling.talk_ms, figures.handling.wrap_up_ms), (talked, wrapped));
        // Nobody is passed over by one who came later, or each is counted: the offer is made on entry here.
        let passed = inside.iter().filter(|caller| caller.2 > 1).filter(|caller| {
            callers.iter().any(|(entry, wait, end, ..)| {
                // Whoever is answered in the end is rung from the entry on: only the others wait unoffered.
                *entry < caller.0 && entry + wait > caller.0 && *end <= 1
            })
        });
        prop_assert_eq!(figures.overtakes, match passed.count() as u64 {
            0 => BTreeMap::new(),
            passed => BTreeMap::from([("skill".to_owned(), passed)]),
        });
    }
}

#[test]
fn what_does_not_matter_to_figures_is_no_gap() {
    let mut log = Log::default();
    log.note(1, 0, EventKind::Arrived).note(1, 100, EventKind::Chose { key: "1".to_owned() });
    log.enters(1, 200, "sales").ends(1, 5_000, EndReason::Abandoned);
    let figures = log.sales(Attribution::ByEntry, 10_000);
    assert_eq!((figures.unrecorded, figures.abandoned), (0, 1));
}
