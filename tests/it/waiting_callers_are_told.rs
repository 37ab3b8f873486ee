//! What waiting callers hear: their place, the wait, some comfort. They stay in the room, so that nothing they are told
//! stands between them and an agent.

use std::time::Duration;

use proptest::prelude::*;
use switchboard::model::{EndReason, EventKind, Hours, Notice};
use switchboard::setup::{Announcements, Callback, callback, forward, hang_up, queue, refuse};
use switchboard::sim::Sim;
use switchboard::sim::carrier::{Hearing, RestFault};
use switchboard::time::Timestamp;
use switchboard::{Agent, Flow, Queue, Switchboard};

use crate::acme::{CALLER, NUMBER, ana_and_ben, only_ana, secs};

fn told() -> Announcements {
    Announcements::after(secs(20), secs(30)).position().wait().per_place(secs(90)).comfort("Thank you for waiting.")
}

fn sales() -> Queue {
    Queue::new("sales").wait_max(secs(3600)).announcements(told())
}

/// What was said to a leg, each with its time.
fn said(sim: &Sim, sid: &str) -> Vec<(Timestamp, String)> {
    let heard = sim.world().carrier(|carrier| carrier.heard(sid));
    let said = heard.into_iter().filter_map(|heard| match heard.what {
        Hearing::Say(words) => Some((heard.from, words)),
        _ => None,
    });
    said.collect()
}

fn notices(sim: &Sim) -> Vec<Notice> {
    let notices = sim.last_call().events.into_iter().filter_map(|event| match event.kind {
        EventKind::Announced { notice, .. } => Some(notice),
        _ => None,
    });
    notices.collect()
}

/// C32, C33: the right place and wait at the set times, with music in between, and a comfort when there is nothing new.
#[test]
fn their_place_and_the_wait() {
    let sim = Sim::start(&only_ana(sales()));
    sim.agent("ana").busy();
    let first = sim.caller("+14155550121").dials(NUMBER);
    sim.waits(secs(1));
    let second = sim.caller(CALLER).dials(NUMBER);
    let began = sim.world().now();
    second.hears_music();
    sim.waits(secs(24));
    second.hears_music();
    sim.waits(secs(30));
    first.hangs_up();
    sim.waits(secs(30));
    let said = said(&sim, second.sid());
    let words: Vec<&str> = said.iter().map(|(_, words)| words.as_str()).collect();
    assert_eq!(
        words,
        [
            "Welcome.",
            "You are number 2 in line. The wait is about 3 minutes.",
            "Thank you for waiting.",
            "You are next in line. The wait is about 2 minutes."
        ]
    );
    let times: Vec<u64> = said.iter().skip(1).map(|(at, _)| at.since(began).as_secs()).collect();
    assert_eq!(times, [20, 50, 80]);
    second.hears_music();
    second.hangs_up();
    sim.rests();
}

/// While an announcement is heard an agent accepts: both hear each other at once, not after the words.
#[test]
fn nothing_while_an_agent_accepts() {
    let long = "We are very sorry that you have to wait, and we thank you for your patience. ".repeat(8);
    let sim = Sim::start(&only_ana(
        Queue::new("sales")
            .wait_max(secs(3600))
            .announcements(Announcements::after(secs(20), secs(60)).comfort(&*long)),
    ));
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("We are very sorry");
    sim.agent("ana").is_ready();
    let ana = sim.agent("ana").rings_within(Duration::from_millis(500));
    ana.answers();
    sim.waits(Duration::from_millis(500));
    assert!(caller.is_joined_with("ana"), "joined only after the words: {}", sim.story());
    caller.talks_for(secs(120));
    let said = said(&sim, caller.sid());
    assert_eq!(said.iter().filter(|(_, words)| words.contains("very sorry")).count(), 1, "told while talking");
    caller.hangs_up();
    sim.rests();
}

/// A provider that is slow to announce, or refuses to, is not waited for.
#[test]
fn nothing_when_the_provider_cannot() {
    for fault in [RestFault::LostBefore, RestFault::LostAfter, RestFault::Timeout] {
        let sim = Sim::start(&only_ana(sales()));
        sim.agent("ana").busy();
        let caller = sim.caller(CALLER).dials(NUMBER);
        sim.waits(secs(10));
        sim.world().carrier(|carrier| carrier.fault_next_rest(fault));
        sim.waits(secs(11));
        sim.agent("ana").is_ready();
        sim.agent("ana").rings_within(secs(1)).answers();
        sim.waits(secs(1));
        assert!(caller.is_joined_with("ana"), "{fault:?}: {}", sim.story());
        caller.hangs_up();
        sim.rests();
    }
}

/// A place further behind, and a longer wait, are told with the reason alone.
#[test]
fn the_reason_when_others_come_first() {
    let app = Switchboard::builder()
        .queue(sales())
        .agent(Agent::new("ana").serves(["sales"]))
        .number(NUMBER, Flow::say("Welcome.").then(queue("sales")))
        .number("+14155550101", Flow::say("Welcome.").then(queue("sales").with_priority(5)));
    let sim = Sim::start(&app);
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("You are next in line. The wait is about 2 minutes.");
    let urgent = sim.caller("+14155550122").dials("+14155550101");
    caller.hears("Some callers have to be served before you. You are number 2 in line. The wait is about 3 minutes.");
    urgent.hangs_up();
    caller.hears("You are next in line. The wait is about 2 minutes.").hangs_up();
    sim.rests();
}

/// No announcement is closer to the one before than 15 s, whatever comes in between, and whoever was lost by an agent is told
/// where they stand again.
#[test]
fn again_after_an_agent_was_lost() {
    let sim = Sim::start(&ana_and_ben(sales()));
    sim.agent("ana").busy();
    sim.agent("ben").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("You are next in line");
    sim.agent("ana").is_ready();
    let ana = sim.agent("ana").rings_within(secs(1));
    sim.world().carrier(|carrier| {
        carrier.answers(ana.sid());
        carrier.hangs_up(ana.sid());
    });
    sim.waits(secs(120));
    let said = said(&sim, caller.sid());
    assert!(said.len() > 3, "{said:?}");
    let close = said.windows(2).skip(1).find(|pair| pair[1].0.since(pair[0].0) < secs(15));
    assert!(close.is_none(), "{close:?}");
    caller.hangs_up();
    sim.rests();
}

/// Nothing is told to whoever has left, or has been led elsewhere.
#[test]
fn nothing_after_they_have_left() {
    let sim = Sim::start(&only_ana(sales().wait_max(secs(40)).overflow(forward("+14155550188"))));
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.waits(secs(30));
    let before = notices(&sim).len();
    assert_eq!(before, 1);
    sim.waits(secs(100));
    assert_eq!(caller.hears_people(), ["+14155550188"]);
    assert_eq!(notices(&sim).len(), before);
    caller.hangs_up();
    sim.rests();
}

/// A callback in the line counts as somebody ahead; the wait is told with it.
#[test]
fn of_places_that_are_kept_too() {
    let app = Switchboard::builder()
        .queue(sales().callback(Callback::new()))
        .agent(Agent::new("ana").serves(["sales"]))
        .number(NUMBER, Flow::say("Welcome.").key('2', callback("sales")).otherwise(queue("sales")).tries(1));
    let sim = Sim::start(&app);
    sim.agent("ana").busy();
    sim.caller("+14155550121").dials(NUMBER).presses("2").hears("press 1").presses("1");
    sim.waits(secs(20));
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("You are number 2 in line. The wait is about 3 minutes.").hangs_up();
    sim.waits(secs(5));
    let call = sim.calls().remove(0).id;
    sim.request(switchboard::core::Request::CancelCallback(call));
    sim.rests();
}

/// 3.10: a queue that is full refuses before the call is answered, and where the wait would be too long as well.
#[test]
fn busy_before_the_call_is_answered() {
    for full in [sales().waiting_max(1), sales().expected_wait_max(secs(100))] {
        let sim = Sim::start(&only_ana(full.overflow(refuse("All lines are busy."))));
        sim.agent("ana").busy();
        let first = sim.caller("+14155550121").dials(NUMBER);
        first.hears_music();
        sim.waits(secs(1));
        let second = sim.caller(CALLER).dials(NUMBER);
        sim.waits(secs(2));
        assert!(!second.is_on_the_line());
        let leg = sim.world().carrier(|carrier| carrier.call(second.sid())).expect("a leg");
        assert!(leg.answered_at.is_none(), "answered first: {}", sim.story());
        assert_eq!(sim.last_call().reason, Some(EndReason::Policy));
        first.hangs_up();
        sim.rests();
    }
}

/// After the greeting it is too late for that: words, and the call is hung up.
#[test]
fn busy_after_the_call_was_answered() {
    let sim = Sim::start(&only_ana(sales().wait_max(secs(10)).overflow(refuse("All lines are busy."))));
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears("All lines are busy.");
    sim.waits(secs(5));
    assert!(!caller.is_on_the_line());
    sim.rests();
}

/// Mistakes of configuration are told by name.
#[test]
fn what_is_wrong_with_the_configuration() {
    let bad = Switchboard::builder()
        .queue(
            Queue::new("a")
                .callback(Callback::new().attempts(0, secs(1)).numbers_beginning("415").hours(1440, 0, 900))
                .announcements(Announcements::after(secs(1), secs(5)).offers_after(secs(5), 1).key(
                    '1',
                    "x",
                    hang_up("y"),
                )),
        )
        .queue(Queue::new("b").overflow(callback("b").or_else(queue("b"))))
        .queue(Queue::new("c").announcements(told().offers_after(secs(5), 1)))
        .queue(Queue::new("d").announcements(told().key('5', "x", hang_up("y"))));
    let mistakes = bad.build().expect_err("mistakes").to_string();
    for part in [
        "callback attempts are 0",
        "time between callback attempts",
        "\"415\" begins no number",
        "callback hours",
        "time between announcements",
        "'1' is no free key",
        "queue \"b\" calls nobody back",
        "queue \"b\": its overflow leads back to itself",
        "`offers_after` has nothing to offer",
        "nobody would hear of the keys",
    ] {
        assert!(mistakes.contains(part), "{part}\n{mistakes}");
    }
}

fn hours() -> impl Strategy<Value = Hours> {
    (0u16..1440, 0u16..=1440, -840i16..=840).prop_map(|(from_mins, to_mins, utc_offset_mins)| Hours {
        from_mins,
        to_mins,
        utc_offset_mins,
    })
}

/// Whether a minute is within the hours, the slow way.
fn is_open(hours: Hours, at: Timestamp) -> bool {
    let minute = at.as_micros().div_euclid(60_000_000) + i64::from(hours.utc_offset_mins);
    let (minute, from, to) = (minute.rem_euclid(1440), i64::from(hours.from_mins), i64::from(hours.to_mins));
    if from == to % 1440 {
        return true;
    }
    if from < to { (from..to).contains(&minute) } else { minute >= from || minute < to }
}

proptest! {
    /// The first moment that fits is the first one: it is open, stays so for as long as is needed, and no earlier minute does.
    #[test]
    fn hours_are_kept(hours in hours(), at in 0i64..4_000_000_000, needed in 1u64..600) {
        let (at, needed) = (Timestamp::from_secs(at), secs(needed));
        prop_assume!(secs(60 * u64::from(hours.length_mins())) >= needed);
        let next = hours.next(at, needed);
        let fits = |from: Timestamp| {
            (0..needed.as_secs()).chain([needed.as_secs() - 1]).all(|more| is_open(hours, from + secs(more)))
        };
        prop_assert!(next >= at && next.since(at) <= secs(48 * 3600));
        prop_assert!(fits(next));
        if next > at {
            prop_assert!(!fits(next - secs(1)));
            let earlier = (0..next.since(at).as_secs() / 60).map(|minute| at + secs(60 * minute));
            for early in earlier {
                prop_assert!(!fits(early), "{early} fits");
            }
        }
    }
}

/// A setback is told exactly when the number told before was better.
#[test]
fn no_setback_without_a_reason() {
    let sim = Sim::start(&only_ana(sales()));
    sim.agent("ana").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.waits(secs(120));
    assert!(notices(&sim).iter().all(|notice| notice.setback.is_none()), "{:?}", notices(&sim));
    caller.hangs_up();
    sim.rests();
}
