//! Callers who are called back, with figures worked out by hand; and by the carrier's truth.

use std::collections::BTreeMap;

use switchboard::model::{EndReason, EventKind};
use switchboard::report::{Attribution, Callbacks, Interval, QueueFigures, ServiceLevel};
use switchboard::setup::{Callback, callback, queue as to_queue};
use switchboard::sim::Sim;
use switchboard::sim::carrier::{EndpointScript, Ring};
use switchboard::{Agent, Flow, Queue, Switchboard};

use super::{Log, outcomes, queue};
use crate::acme::{CALLER, NUMBER, secs};

impl Log {
    fn asks(&mut self, call: u128, ms: i64) -> &mut Self {
        self.note(call, ms, EventKind::CallbackOffered { queue: queue("sales") })
    }

    fn is_promised(&mut self, call: u128, ms: i64) -> &mut Self {
        self.note(call, ms, EventKind::CallbackPromised { queue: queue("sales") })
    }

    fn is_rung(&mut self, call: u128, ms: i64, attempt: u32) -> &mut Self {
        self.note(call, ms, EventKind::CallbackDialled { attempt })
    }

    fn is_missed(&mut self, call: u128, ms: i64, attempt: u32, why: &str) -> &mut Self {
        self.note(call, ms, EventKind::CallbackMissed { attempt, why: why.to_owned() })
    }
}

pub(super) fn ends(callbacks: &Callbacks) -> u64 {
    let over = callbacks.kept + callbacks.abandoned + callbacks.unreached + callbacks.expired + callbacks.cancelled;
    over + callbacks.resumed + callbacks.elsewhere + callbacks.open
}

/// One waits 30 s, is promised a callback, and is had in the second attempt, one that was taken back not counted; one asks by
/// the menu and is never had; one does not want it and waits 10 s; the application promises one, which expires, and one more.
#[test]
fn each_promise_has_one_end() {
    let mut log = Log::default();
    log.enters(1, 0, "sales").asks(1, 20_000).is_promised(1, 30_000);
    log.offers(1, 100_000, 0, "ana").accepts(1, 105_000, 0, "ana").is_rung(1, 105_000, 1);
    log.is_missed(1, 106_000, 1, "withdrawn").offer_ends(1, 106_000, 0, "ana", "audio_lost");
    log.offers(1, 110_000, 1, "ana").accepts(1, 112_000, 1, "ana").is_rung(1, 112_000, 1);
    log.is_missed(1, 142_000, 1, "no_answer").offer_ends(1, 142_000, 1, "ana", "customer_missed");
    log.offers(1, 800_000, 2, "ana").accepts(1, 802_000, 2, "ana").is_rung(1, 802_000, 2);
    log.note(1, 810_000, EventKind::CallbackConfirmed { attempt: 2 }).connects(1, 812_000, 2, "ana");
    log.ends(1, 872_000, EndReason::CustomerHungUp);
    log.asks(2, 0).enters(2, 8_000, "sales").is_promised(2, 8_000);
    log.offers(2, 900_000, 0, "ana").accepts(2, 901_000, 0, "ana").is_rung(2, 901_000, 1);
    log.is_missed(2, 931_000, 1, "busy").offer_ends(2, 931_000, 0, "ana", "customer_missed");
    log.ends(2, 931_000, EndReason::Busy);
    log.asks(3, 0).note(3, 9_000, EventKind::CallbackDeclined { queue: queue("sales") });
    log.enters(3, 9_000, "sales").ends(3, 19_000, EndReason::Abandoned);
    log.is_promised(4, 0).ends(4, 1_000_000, EndReason::Expired);
    log.is_promised(5, 0);

    let figures = log.sales(Attribution::ByEntry, 1_100_000);
    let callbacks = &figures.callbacks;
    assert_eq!((callbacks.offered, callbacks.declined), (3, 1));
    assert_eq!((callbacks.promised, ends(callbacks)), (4, 4));
    assert_eq!((callbacks.kept, callbacks.unreached, callbacks.expired, callbacks.open), (1, 1, 1, 1));
    assert_eq!(callbacks.attempts, 3, "the one that was taken back is none");
    assert_eq!((callbacks.kept_after.count(), callbacks.kept_after.sum_ms()), (1, 782_000));
    // On the line they waited 30 s, 0 s and 10 s; a kept promise is no answer within any threshold.
    assert_eq!((figures.offered, outcomes(&figures), figures.answered, figures.abandoned), (3, 3, 0, 1));
    assert_eq!(figures.overflowed, BTreeMap::from([("callback".to_owned(), 2)]));
    assert_eq!(figures.overflowed_after.sum_ms(), 30_000);
    assert_eq!(figures.service_level(ServiceLevel::B, 20_000).denominator, 1);
    // Work that comes of a callback is work of its queue.
    assert_eq!((figures.handling.handled, figures.handling.talk_ms), (1, 60_000));
    assert_eq!((figures.offers.made, figures.offers.connected), (4, 1));
    assert_eq!(
        (figures.offers.canceled, figures.offers.failed),
        (2, 1),
        "a customer who is not had is no fault of Ana's"
    );
    assert!(figures.blocked.is_empty());
}

#[test]
fn a_customer_who_confirmed_waits_again() {
    let mut log = Log::default();
    let confirmed = |log: &mut Log, call| {
        log.enters(call, 0, "sales").is_promised(call, 0).is_rung(call, 50_000, 1);
        log.note(call, 60_000, EventKind::CallbackConfirmed { attempt: 1 });
    };
    (1..=4).for_each(|call| confirmed(&mut log, call));
    log.ends(1, 70_000, EndReason::Abandoned);
    log.overflows(2, 80_000, "sales", "timed_out").ends(2, 81_000, EndReason::Policy);
    log.ends(3, 70_000, EndReason::Resumed);
    log.ends(4, 70_000, EndReason::Requested);
    let callbacks = log.sales(Attribution::ByOutcome, 600_000).callbacks;
    assert_eq!((callbacks.abandoned, callbacks.elsewhere, callbacks.resumed, callbacks.cancelled), (1, 1, 1, 1));
    assert_eq!(log.sales(Attribution::ByOutcome, 600_000).blocked, BTreeMap::new(), "was let in long ago");
    let mut both = QueueFigures::new(Attribution::ByOutcome);
    for _ in 0..2 {
        both.merge(&log.sales(Attribution::ByOutcome, 600_000)).expect("the same definitions");
    }
    assert_eq!((both.callbacks.promised, ends(&both.callbacks), both.callbacks.attempts), (8, 8, 8));
}

/// Asks by the menu, is not there, is there ten minutes later: the figures tell what the carrier saw.
#[test]
fn on_the_carrier() {
    let sales = Queue::new("sales").wait_max(secs(3600)).wrap_up(secs(0)).callback(Callback::new());
    let app = Switchboard::builder()
        .queue(sales)
        .agent(Agent::new("ana").serves(["sales"]))
        .number(NUMBER, Flow::say("Welcome.").key('2', callback("sales")).otherwise(to_queue("sales")));
    let sim = Sim::start(&app);
    let began = sim.world().now();
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("Welcome").presses("2");
    caller.hears("press 1").presses("1").hears("Your place in the line is kept");
    sim.waits(secs(10));
    sim.phone(CALLER, EndpointScript { on_ring: Ring::Busy, ..EndpointScript::default() });
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(2)).answers();
    sim.waits(secs(60));
    let presses = vec![(secs(3), "1".to_owned())];
    sim.phone(
        CALLER,
        EndpointScript { on_ring: Ring::Answers { after: secs(4) }, presses, ..EndpointScript::default() },
    );
    sim.agent("ana").rings_within(secs(700)).answers();
    sim.waits(secs(30));
    let world = sim.world();
    let (rung, joined) = world.carrier(|carrier| {
        let rung = carrier.calls().iter().filter(|leg| leg.to == CALLER).count() as u64;
        (rung, carrier.joined())
    });
    assert_eq!(joined.len(), 1, "{}", sim.story());
    let board = world.switchboard();
    let (sales, since) = (queue("sales"), Interval::since(began));
    let figures = world.block_on(board.queue_figures(&sales, &since, Attribution::ByEntry)).expect("figures");
    let callbacks = &figures.callbacks;
    assert_eq!((callbacks.attempts, rung), (2, 2));
    assert_eq!((callbacks.offered, callbacks.promised, callbacks.kept, callbacks.open), (1, 1, 1, 0));
    let told = callbacks.kept_after.sum_ms();
    let promised = joined[0].from.since(began).as_millis();
    assert!(told > 600_000 && u128::from(told.unsigned_abs()) <= promised, "{told} ms of {promised} ms");
    assert_eq!((figures.answered, figures.handling.open), (0, 1));
}
