//! Callers leave a line for what a rule says: nobody there, too far behind, too long a line, too many offers.

use std::sync::Arc;

use switchboard::engine::Builder;
use switchboard::model::{AgentStatus, EndReason, EventKind};
use switchboard::setup::{Announcements, Callback, Goto, Overflow, callback, forward, hang_up, queue, refuse};
use switchboard::sim::Sim;
use switchboard::telephony::FakeTelephony;
use switchboard::{Agent, Flow, Queue, Switchboard};

use crate::acme::{CALLER, NUMBER, ana_and_ben, only_ana, secs};

fn sales() -> Queue {
    Queue::new("sales").overflow(hang_up("Sorry for the wait."))
}

fn away(words: &str) -> Goto {
    hang_up(words)
}

/// Why callers left queues, oldest first.
fn overflows(sim: &Sim) -> Vec<String> {
    let events = sim.calls().into_iter().flat_map(|call| call.events);
    let why = events.filter_map(|event| match event.kind {
        EventKind::Overflowed { why, .. } => Some(why),
        _ => None,
    });
    why.collect()
}

/// Ana takes sales, Ben takes what nobody else does.
fn with_a_backup(sales: Queue) -> Builder {
    Switchboard::builder()
        .queue(sales)
        .queue(Queue::new("backup"))
        .agent(Agent::new("ana").serves(["sales"]))
        .agent(Agent::new("ben").serves(["backup"]))
        .number(NUMBER, Flow::say("Welcome.").then(queue("sales")))
}

/// The last agent leaves: whoever waits is joined elsewhere once nobody has been there for as long as the rule says, not before.
#[test]
fn when_the_last_agent_signs_out() {
    let rule = Overflow::nobody_signed_in(secs(30)).to(queue("backup"));
    let sim = Sim::start(&with_a_backup(sales().overflow_when(rule)));
    let first = sim.caller("+14155550121").dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).answers();
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears_music();
    sim.agent("ana").signs_out();
    first.talks_for(secs(40));
    assert!(overflows(&sim).is_empty(), "she still talks");
    first.hangs_up();
    sim.agent("ben").does_not_ring_for(secs(38));
    sim.agent("ben").rings_within(secs(5)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ben"));
    assert_eq!(overflows(&sim), ["unstaffed"]);
    caller.hangs_up();
    assert_eq!(sim.last_call().reason, Some(EndReason::CustomerHungUp));
    sim.rests();
}

/// Somebody comes back in time: everybody stays, and the time counts anew the next time.
#[test]
fn not_when_an_agent_comes_back_in_time() {
    let sim = Sim::start(&only_ana(sales().overflow_when(Overflow::nobody_signed_in(secs(30)).to(away("Gone.")))));
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).declines();
    for _ in 0..3 {
        sim.agent("ana").takes_break("lunch");
        sim.waits(secs(25));
        sim.agent("ana").is_ready();
        sim.waits(secs(1));
    }
    assert!(caller.is_on_the_line(), "{}", sim.story());
    sim.agent("ana").signs_out();
    sim.waits(secs(28));
    assert!(caller.is_on_the_line());
    caller.hears("Gone.");
    assert_eq!(overflows(&sim), ["unstaffed"]);
    assert_eq!(sim.last_call().reason, Some(EndReason::Policy), "an exit of its own, not an abandonment");
    sim.rests();
}

/// Nobody has been there for long: whoever comes is not let in, and is refused before the call is answered.
#[test]
fn before_joining_when_nobody_has_been_there() {
    let rule = Overflow::nobody_signed_in(secs(60)).to(refuse("Nobody is here."));
    let sim = Sim::start(&only_ana(sales().overflow_when(rule)));
    sim.agent("ana").signs_out();
    sim.waits(secs(59));
    let early = sim.caller("+14155550121").dials(NUMBER);
    sim.waits(secs(10));
    assert!(!early.is_on_the_line(), "led away when the time came");
    let late = sim.caller(CALLER).dials(NUMBER);
    sim.waits(secs(2));
    assert!(!late.is_on_the_line());
    assert!(sim.last_call().queued_at.is_none(), "{}", sim.story());
    assert_eq!(overflows(&sim), ["unstaffed", "unstaffed"]);
    sim.rests();
}

/// Nobody has ever been there since the call centre was put up.
#[test]
fn when_nobody_has_ever_been_there() {
    let app = only_ana(sales().overflow_when(Overflow::nobody_signed_in(secs(0)).to(queue("empty"))))
        .queue(Queue::new("empty").overflow_when(Overflow::nobody_signed_in(secs(20)).to(away("Nobody at all."))));
    let sim = Sim::start(&app);
    sim.agent("ana").signs_out();
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.waits(secs(15));
    assert!(caller.is_on_the_line());
    caller.hears("Nobody at all.");
    assert_eq!(overflows(&sim), ["unstaffed", "unstaffed"]);
    sim.rests();
}

/// Whoever joins is given a time: agents may be about to come back.
#[test]
fn only_after_the_time_that_everybody_is_given() {
    let rule = || Overflow::nobody_signed_in(secs(0)).after(secs(20)).to(away("Nobody is here."));
    let sim = Sim::start(&only_ana(sales().overflow_when(rule())));
    sim.agent("ana").takes_break("lunch");
    sim.waits(secs(300));
    let caller = sim.caller(CALLER).dials(NUMBER);
    caller.hears_music();
    sim.waits(secs(17));
    assert!(caller.is_on_the_line());
    caller.hears("Nobody is here.");
    sim.waits(secs(5));
    let second = sim.caller(CALLER).dials(NUMBER);
    sim.waits(secs(10));
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(5)).answers();
    second.talks_for(secs(20));
    second.hangs_up();
    assert_eq!(overflows(&sim), ["unstaffed"]);
    sim.rests();
}

/// `app_queue`'s `joinempty = paused,inuse,wrapup`: nobody is let in while all talk; whoever waits already stays.
#[test]
fn before_joining_while_all_are_busy() {
    let states = [AgentStatus::Offline, AgentStatus::Break, AgentStatus::Talking, AgentStatus::WrapUp];
    let rule = Overflow::all_in(states).when_joining().to(away("All are busy."));
    let sim = Sim::start(&ana_and_ben(sales().overflow_when(rule)));
    let first = sim.caller("+14155550121").dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).answers();
    first.talks_for(secs(5));
    let second = sim.caller("+14155550122").dials(NUMBER);
    let ben = sim.agent("ben").rings_within(secs(5));
    let third = sim.caller("+14155550124").dials(NUMBER);
    third.hears_music();
    ben.answers();
    second.talks_for(secs(5));
    let fourth = sim.caller("+14155550125").dials(NUMBER);
    fourth.hears("All are busy.");
    assert!(third.is_on_the_line(), "she waits already");
    assert_eq!(overflows(&sim), ["unavailable"]);
    first.hangs_up();
    sim.agent("ana").rings_within(secs(20)).answers();
    third.talks_for(secs(5));
    second.hangs_up();
    third.hangs_up();
    sim.rests();
}

/// A caller whom an agent is being rung for stays; when nobody answers, the rule applies.
#[test]
fn not_while_an_agent_is_rung_for_the_caller() {
    let states = [AgentStatus::Offline, AgentStatus::Break, AgentStatus::Offered, AgentStatus::Talking];
    let rule = Overflow::all_in(states).while_waiting().to(away("Nobody is free."));
    let sim = Sim::start(&only_ana(sales().overflow_when(rule)).missed_max(1));
    let first = sim.caller("+14155550121").dials(NUMBER);
    let ana = sim.agent("ana").rings_within(secs(5));
    let second = sim.caller("+14155550122").dials(NUMBER);
    second.hears("Nobody is free.");
    ana.is_let_ring_for(secs(15));
    assert!(first.is_on_the_line());
    first.hears("Nobody is free.");
    assert_eq!(overflows(&sim), ["unavailable", "unavailable"]);
    sim.rests();
}

/// Too far behind: who comes third goes elsewhere; who waits and is pushed back by others goes when that happens.
#[test]
fn when_the_place_is_too_far_behind() {
    let app = only_ana(sales().overflow_when(Overflow::position(3).to(away("Too many are ahead of you."))))
        .number("+14155550101", Flow::say("Welcome.").then(queue("sales").with_priority(50)));
    let sim = Sim::start(&app);
    sim.agent("ana").busy();
    let first = sim.caller("+14155550121").dials(NUMBER);
    let second = sim.caller("+14155550122").dials(NUMBER);
    sim.waits(secs(5));
    sim.caller("+14155550124").dials(NUMBER).hears("Too many are ahead of you.");
    assert!(first.is_on_the_line() && second.is_on_the_line());
    // Who goes first is not behind them, and pushes them back.
    first.hangs_up();
    sim.waits(secs(2));
    let one = sim.caller("+14155550125").dials("+14155550101");
    sim.waits(secs(5));
    assert!(second.is_on_the_line(), "second of two");
    let two = sim.caller("+14155550126").dials("+14155550101");
    second.hears("Too many are ahead of you.");
    assert!(one.is_on_the_line() && two.is_on_the_line(), "{}", sim.story());
    assert_eq!(overflows(&sim).len(), 2);
    assert!(overflows(&sim).iter().all(|why| why == "position"));
    one.hangs_up();
    two.hangs_up();
    sim.rests();
}

/// Too long a wait is to be expected: while it is so, callers are offered a callback, and keep the place in the line.
#[test]
fn when_the_wait_will_be_too_long() {
    let rule = Overflow::expected_wait(secs(120)).to(callback("sales"));
    let announcements = Announcements::after(secs(600), secs(600)).wait().per_place(secs(60));
    let app = only_ana(sales().callback(Callback::new()).announcements(announcements).overflow_when(rule));
    let sim = Sim::start(&app);
    sim.agent("ana").busy();
    let first = sim.caller("+14155550121").dials(NUMBER);
    first.hears_music();
    let second = sim.caller("+14155550122").dials(NUMBER);
    second.hears("To be called back").presses("1");
    sim.waits(secs(30));
    assert!(!second.is_on_the_line() && first.is_on_the_line());
    assert_eq!(overflows(&sim), ["expected_wait"]);
    first.hangs_up();
    sim.agent("ana").is_ready();
    sim.agent("ana").rings_within(secs(5)).answers();
    sim.waits(secs(60));
    let promised = sim.last_call();
    assert!(promised.events.iter().any(|event| matches!(event.kind, EventKind::CallbackDialled { .. })));
}

/// A line that was too long takes nobody until it has come down.
#[test]
fn from_a_long_line_until_it_is_short_again() {
    let sim = Sim::start(&only_ana(sales().overflow_when(Overflow::line(3, 1).to(away("The line is long.")))));
    sim.agent("ana").busy();
    let numbers = ["+14155550121", "+14155550122", "+14155550124"];
    let waiting: Vec<_> = numbers.iter().map(|number| sim.caller(number).dials(NUMBER)).collect();
    sim.waits(secs(5));
    sim.caller(CALLER).dials(NUMBER).hears("The line is long.");
    waiting[0].hangs_up();
    sim.waits(secs(2));
    sim.caller(CALLER).dials(NUMBER).hears("The line is long.");
    waiting[1].hangs_up();
    sim.waits(secs(2));
    let joins = sim.caller(CALLER).dials(NUMBER);
    joins.hears_music();
    let again = sim.caller("+14155550121").dials(NUMBER);
    again.hears_music();
    assert_eq!(overflows(&sim), ["line", "line"]);
    assert!(waiting[2].is_on_the_line() && joins.is_on_the_line());
    waiting[2].hangs_up();
    joins.hangs_up();
    again.hangs_up();
    sim.rests();
}

/// Rules one after the other, as the caller waits; the place in time is kept, and an agent who rings meanwhile is let go.
#[test]
fn one_after_the_other() {
    let rules = sales()
        .wait_max(secs(100))
        .overflow_when(Overflow::nobody_signed_in(secs(5)).after(secs(10)).to(away("Nobody is here.")))
        .overflow_when(Overflow::waited(secs(40)).to(queue("backup")));
    let sim = Sim::start(&with_a_backup(rules));
    sim.agent("ben").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).declines();
    sim.waits(secs(30));
    assert!(overflows(&sim).is_empty(), "she is there: the first rule does not apply");
    sim.waits(secs(12));
    assert_eq!(overflows(&sim), ["waited"]);
    sim.agent("ben").is_ready();
    sim.agent("ben").rings_within(secs(5)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ben"));
    assert!(sim.last_call().waited() >= secs(40));
    caller.hangs_up();
    sim.rests();
}

/// To an outside number, as soon as the last agent goes, and not before: the parties are joined.
#[test]
fn to_an_outside_number() {
    let rule = Overflow::nobody_signed_in(secs(0)).to(forward("+14155550188"));
    let sim = Sim::start(&only_ana(sales().overflow_when(rule)));
    let caller = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).declines();
    sim.waits(secs(2));
    sim.agent("ana").signs_out();
    sim.waits(secs(10));
    caller.talks_for(secs(10));
    assert_eq!(caller.hears_people(), ["+14155550188"]);
    caller.hangs_up();
    assert_eq!(sim.last_call().reason, Some(EndReason::Forwarded));
    sim.rests();
}

/// Thirty wait when the last agent goes: all are led away, though not in one step.
#[test]
fn all_of_a_long_line() {
    let sim = Sim::start(&only_ana(sales().overflow_when(Overflow::nobody_signed_in(secs(5)).to(away("We close.")))));
    let talks = sim.caller(CALLER).dials(NUMBER);
    sim.agent("ana").rings_within(secs(5)).answers();
    let callers: Vec<_> = (0..30).map(|nth| sim.caller(&format!("+141555502{nth:02}")).dials(NUMBER)).collect();
    sim.waits(secs(5));
    assert!(callers.iter().all(switchboard::sim::Caller::is_on_the_line));
    sim.agent("ana").signs_out();
    talks.hangs_up();
    sim.waits(secs(30));
    assert!(callers.iter().all(|caller| !caller.is_on_the_line()), "{}", sim.story());
    assert_eq!(overflows(&sim).len(), 30);
    sim.rests();
}

/// Offers that come to nothing are bounded, in each queue by itself.
#[test]
fn when_too_many_offers_came_to_nothing() {
    let sim = Sim::start(&with_a_backup(sales().wait_max(secs(3000)).offers_max(2).overflow(queue("backup"))));
    sim.agent("ben").busy();
    let caller = sim.caller(CALLER).dials(NUMBER);
    for _ in 0..2 {
        sim.agent("ana").rings_within(secs(60)).is_let_ring_for(secs(22));
    }
    sim.waits(secs(40));
    assert_eq!(overflows(&sim), ["offers"]);
    sim.agent("ana").does_not_ring_for(secs(40));
    sim.agent("ben").is_ready();
    sim.agent("ben").rings_within(secs(5)).answers();
    caller.talks_for(secs(5));
    assert!(caller.is_joined_with("ben"));
    caller.hangs_up();
    sim.rests();
}

/// While nothing changes, nothing is done: a minute of a waiting line costs no more than one without rules.
#[test]
fn without_polling() {
    let reads = |sales: Queue| {
        let sim = Sim::start(&only_ana(sales.wait_max(secs(3000))));
        sim.agent("ana").busy();
        let _caller = sim.caller(CALLER).dials(NUMBER);
        sim.waits(secs(60));
        let before = sim.world().store().records().len();
        let steps = sim.world().store().commits();
        sim.waits(secs(600));
        assert_eq!(sim.world().store().records().len(), before);
        sim.world().store().commits() - steps
    };
    let rules = sales()
        .overflow_when(Overflow::nobody_signed_in(secs(2000)))
        .overflow_when(Overflow::position(5))
        .overflow_when(Overflow::line(50, 20));
    assert!(reads(rules) <= reads(sales()));
}

fn mistakes(app: Builder) -> Vec<String> {
    let app = app
        .public_base("https://calls.example.com")
        .account("AC0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef")
        .telephony(Arc::new(FakeTelephony::new()));
    app.build().map_or_else(|errors| errors.0, |_| Vec::new())
}

#[track_caller]
fn tells(queue: Queue, words: &[&str]) {
    let told = mistakes(only_ana(queue));
    assert!(told.len() == 1 && words.iter().all(|words| told[0].contains(words)), "{words:?} in {told:#?}");
}

#[test]
fn mistakes_in_rules_are_told() {
    let on = |rule: Overflow| sales().overflow_when(rule);
    tells(on(Overflow::line(10, 10)), &["rule 1", "the second number must be smaller"]);
    tells(on(Overflow::line(10, 12)), &["rule 1", "the second number must be smaller"]);
    tells(on(Overflow::line(100, 1)), &["never applies", "100", "full"]);
    tells(on(Overflow::line(0, 0)), &["nobody could join"]);
    tells(on(Overflow::position(1)), &["it must be 2 to"]);
    tells(on(Overflow::position(101)), &["never applies", "full"]);
    tells(on(Overflow::waited(secs(300))), &["never applies", "nobody waits longer"]);
    tells(on(Overflow::waited(secs(10)).when_joining()), &["never applies"]);
    tells(on(Overflow::all_in([])), &["names no state"]);
    tells(on(Overflow::all_in([AgentStatus::Ready])), &["ready for calls"]);
    tells(on(Overflow::expected_wait(secs(0))), &["expected to wait"]);
    tells(on(Overflow::position(5).to(queue("salez"))), &["rule 1", "no queue \"salez\"", "Did you mean"]);
    tells(on(Overflow::position(5).to(callback("sales"))), &["calls nobody back"]);
    tells(on(Overflow::position(5).to(queue("sales"))), &["leads back to itself"]);
    tells(sales().offers_max(0), &["`offers_max` is 0"]);
    assert_eq!(mistakes(only_ana(on(Overflow::line(10, 9)).overflow_when(Overflow::position(100)))), [""; 0]);
}

#[test]
fn a_rule_behind_a_wider_one_is_told() {
    let both = |one: Overflow, other: Overflow| sales().overflow_when(one).overflow_when(other);
    let later = &["rule 2 never applies", "rule 1"];
    tells(both(Overflow::position(5), Overflow::position(6)), later);
    tells(both(Overflow::expected_wait(secs(60)), Overflow::expected_wait(secs(61)).after(secs(5))), later);
    tells(both(Overflow::nobody_signed_in(secs(5)), Overflow::all_in([AgentStatus::Offline]).lasting(secs(5))), later);
    tells(both(Overflow::waited(secs(20)), Overflow::position(5).after(secs(30))), later);
    tells(both(Overflow::line(5, 2), Overflow::line(7, 2)), later);
    let well = [
        both(Overflow::position(6), Overflow::position(5)),
        both(Overflow::position(5).when_joining(), Overflow::position(6)),
        both(Overflow::position(5).after(secs(5)), Overflow::position(6)),
        both(Overflow::all_in([AgentStatus::Offline]), Overflow::nobody_signed_in(secs(0))),
        both(Overflow::line(5, 4), Overflow::line(7, 2)),
    ];
    for (nth, queue) in well.into_iter().enumerate() {
        assert_eq!(mistakes(only_ana(queue)), [""; 0], "{nth}");
    }
}

/// Two queues that lead to each other, each by a rule, for different reasons.
#[test]
fn rules_that_lead_round_in_a_circle_are_told() {
    let app = with_a_backup(sales().overflow_when(Overflow::position(5).to(queue("round"))))
        .queue(Queue::new("round").overflow_when(Overflow::nobody_signed_in(secs(5)).to(queue("sales"))));
    let told = mistakes(app);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told.iter().all(|told| told.contains("leads back to itself")));
}
