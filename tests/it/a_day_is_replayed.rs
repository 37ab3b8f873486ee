//! A day played again: as it was, under another policy, with other people; and the next hour, before it comes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use switchboard::forecast::{
    Conduct, Customer, Day, Doing, Draws, Ending, Interval, Now, Outcome, Played, Presence, Rehearsal, Ringing,
    Scenario, Spread, Survival, Visit, outlook, what_if,
};
use switchboard::id::{AgentId, CallId, QueueId};
use switchboard::model::Call;
use switchboard::routing::{Levels, Member, Membership, Policy, Roster, Waiting};
use switchboard::setup::queue as to_queue;
use switchboard::sim::Sim;
use switchboard::time::Timestamp;
use switchboard::{Agent, Flow, Queue, Switchboard};

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

fn sales() -> QueueId {
    QueueId::new("sales").expect("a name")
}

fn agent(number: usize) -> AgentId {
    AgentId::new(format!("a{number:02}")).expect("a name")
}

fn roster(agents: usize) -> Arc<Roster> {
    let mut roster = Roster::default();
    roster.queues.insert(sales(), Policy::default());
    for number in 0..agents {
        let queues = BTreeMap::from([(sales(), Membership::default())]);
        roster.agents.insert(agent(number), Member { queues, capacity: 1, ..Member::default() });
    }
    Arc::new(roster)
}

fn presences(agents: usize, from: Timestamp, until: Timestamp) -> Vec<Presence> {
    (0..agents).map(|number| Presence { agent: agent(number), from, until }).collect()
}

fn waiting(entered: Timestamp) -> Waiting {
    Waiting {
        queue: sales(),
        needs: BTreeMap::new(),
        points: 0,
        since: entered,
        entered,
        wanted: 1,
        wanted_more_at: None,
        weight: 1,
        excluded: BTreeMap::new(),
        held_for: None,
        only: None,
        offers: 0,
        rung_tier: None,
    }
}

fn call(number: u64) -> CallId {
    CallId(uuid::Uuid::from_u64_pair(2, number))
}

/// Poisson arrivals, exponential handle times of 180 s.
fn markovian(agents: usize, per_hour: f64, patience_s: Option<f64>, customers: usize, seed: u64) -> Played {
    let mut draws = Draws::of(seed, &[1]);
    let mut at_s = 0.0;
    let people = (0..customers as u64).map(|key| {
        at_s += draws.exponential(3600.0 / per_hour);
        let patience = patience_s.map(|mean| Duration::from_secs_f64(draws.exponential(mean)));
        Customer { call: call(key), waiting: waiting(at(0) + Duration::from_secs_f64(at_s)), patience, key }
    });
    let customers: Vec<Customer> = people.collect();
    let until = customers.last().expect("customers").waiting.entered;
    let rehearsal = Rehearsal {
        roster: roster(agents),
        from: at(0),
        until,
        customers,
        presences: presences(agents, at(0), until + s(7200)),
        busy: BTreeMap::new(),
        ringing: BTreeMap::new(),
        conduct: Conduct::new(Spread::Exponential { mean_s: 180.0 }),
        seed,
        follow_abandoned: false,
    };
    rehearsal.run()
}

fn means(agents: usize, per_hour: f64, patience_s: Option<f64>) -> [Interval; 4] {
    let runs: Vec<Played> = (0..6).map(|seed| markovian(agents, per_hour, patience_s, 4000, seed)).collect();
    let of = |figure: fn(&Played) -> f64| Interval::of(runs.iter().map(figure));
    [
        of(|one| one.all.answer_speed_s().expect("answered calls")),
        of(|one| one.all.in_time as f64 / one.all.offered as f64),
        of(|one| one.all.abandoned as f64 / one.all.offered as f64),
        of(|one| one.all.occupancy().expect("agents")),
    ]
}

#[test]
fn where_the_formulas_hold_it_agrees_with_erlang() {
    // Erlang C: 200 calls an hour, 180 s, 14 agents: ASA 7.836 s, 88.835 % within 20 s, occupancy 10/14.
    let [wait_s, in_time, abandoned, occupancy] = means(14, 200.0, None);
    assert!(wait_s.contains(7.836), "{wait_s:?}");
    assert!(in_time.contains(0.888_35) && in_time.high - in_time.low < 0.05, "{in_time:?}");
    assert!(occupancy.contains(10.0 / 14.0), "{occupancy:?}");
    assert_eq!(abandoned.mean, 0.0);
    // Erlang A: 10 agents, patience 120 s: 13.7464 % hang up, 64.0 % are answered within 20 s.
    let [_, in_time, abandoned, _] = means(10, 200.0, Some(120.0));
    assert!(abandoned.contains(0.137_464) && abandoned.high - abandoned.low < 0.03, "{abandoned:?}");
    assert!(in_time.contains(0.640), "{in_time:?}");
}

#[test]
fn survival_is_that_of_the_book() {
    // Four hang up at 2, 4, 4, 9 s; two are answered at 3 and 6 s.
    let waits = [(9.0, true), (4.0, true), (2.0, true), (3.0, false), (4.0, true), (6.0, false), (-1.0, true)];
    let survival = Survival::of(waits);
    let near = |ours: f64, book: f64| assert!((ours - book).abs() < 1e-12, "{ours} is not {book}");
    near(survival.after(1.9), 1.0);
    near(survival.after(2.0), 5.0 / 6.0);
    near(survival.after(4.0), 5.0 / 6.0 * 3.0 / 4.0 * 2.0 / 3.0);
    near(survival.after(8.9), 5.0 / 12.0);
    near(survival.after(9.0), 0.0);
    near(survival.rate(), 4.0 / 28.0);
    near(survival.beyond(0.0, 0.9), 2.0);
    near(survival.beyond(3.0, 0.6), 4.0);
    near(survival.beyond(5.0, 0.5), 9.0);
    assert!(Survival::of([(5.0, false)]).beyond(1.0, 0.5).is_infinite(), "nobody ever hung up");
    // Beyond the last hang-up the rate is even.
    let open = Survival::of([(10.0, true), (30.0, false)]);
    near(open.beyond(20.0, 0.5), 20.0 + std::f64::consts::LN_2 * 40.0);
}

/// A day of two hours at Poisson arrivals, written down as a log.
fn logged(agents: usize, seed: u64) -> Day {
    let people = 300;
    let mut draws = Draws::of(seed, &[9]);
    let mut at_s = 0.0;
    let patience = |draws: &mut Draws| Some(Duration::from_secs_f64(draws.exponential(150.0)));
    let customers: Vec<Customer> = (0..people)
        .map(|key| {
            at_s += draws.exponential(24.0);
            let patience = patience(&mut draws);
            Customer { call: call(key), waiting: waiting(at(0) + Duration::from_secs_f64(at_s)), patience, key }
        })
        .collect();
    let until = customers.last().expect("customers").waiting.entered;
    let presences = presences(agents, at(0), until + s(600));
    let rehearsal = Rehearsal {
        roster: roster(agents),
        from: at(0),
        until,
        customers,
        presences: presences.clone(),
        busy: BTreeMap::new(),
        ringing: BTreeMap::new(),
        conduct: Conduct::new(Spread::LogNormal { mean_s: 160.0, cv: 1.0 }),
        seed,
        follow_abandoned: false,
    };
    let played = rehearsal.run();
    let visits = played.fates.iter().enumerate().map(|(key, fate)| {
        let ending = match &fate.outcome {
            Outcome::Answered(agent) => {
                // As drawn for the customer in the run itself.
                let handle = Duration::from_secs_f64(Draws::of(seed, &[key as u64, 77]).lognormal(160.0, 1.0));
                Ending::Answered { agent: agent.clone(), handle }
            }
            Outcome::Abandoned => Ending::Abandoned,
            _ => Ending::Left,
        };
        let (call, queue, entered, wait) = (fate.call, fate.queue.clone(), fate.entered, fate.wait);
        Visit { call, queue, needs: BTreeMap::new(), points: 0, entered, wait, ending }
    });
    Day { visits: visits.collect(), presences, ..Day::default() }
}

fn scenario(agents: usize, day: &Day) -> Scenario {
    let (from, until) = day.span();
    Scenario { roster: roster(agents), ringing: BTreeMap::new(), presences: presences(agents, from, until) }
}

#[test]
fn the_same_policy_changes_nothing() {
    let day = logged(7, 5);
    let same = scenario(7, &day);
    let paired = what_if(&day, &same, &same, 8, 1);
    let nothing = Interval { n: 8, ..Interval::default() };
    assert_eq!((paired.change.service_level, paired.change.occupancy), (nothing, nothing));
    // Nor do other draws, within their interval.
    let figures = |seed: u64| (0..24).map(move |n| seed * 1000 + n);
    let level = |seed: u64| day.rehearsal(&same, seed).run().all.service_level().expect("calls");
    let change = Interval::of(figures(1).zip(figures(2)).map(|(one, other)| level(one) - level(other)));
    assert!(change.contains(0.0) && change.high - change.low < 0.1, "{change:?}");
}

#[test]
fn one_more_agent_answers_more_in_time() {
    let day = logged(7, 5);
    let more = what_if(&day, &scenario(7, &day), &scenario(8, &day), 12, 1);
    assert!(more.change.service_level.low > 0.0, "{:?}", more.change);
    assert!(more.change.abandon_rate.high < 0.0 && more.change.answer_speed_s.high < 0.0, "{:?}", more.change);
    assert!(more.change.occupancy.high < 0.0, "{:?}", more.change);
    let by_queue = &more.queues[&sales()];
    assert_eq!(by_queue.2.service_level, more.change.service_level);
    // Drawn apart, the difference is the same and less is known of it.
    let level = |agents: usize, seed: u64| day.rehearsal(&scenario(agents, &day), seed).run().all.service_level();
    let apart = (0..12).filter_map(|n| Some(level(8, 500 + n)? - level(7, 900 + n)?));
    let apart = Interval::of(apart);
    let width = |interval: &Interval| interval.high - interval.low;
    assert!(width(&more.change.service_level) < width(&apart), "{:?} {apart:?}", more.change.service_level);
}

#[test]
fn skills_that_nobody_has_are_not_served() {
    let day = logged(7, 5);
    let base = scenario(7, &day);
    let mut strict = (*roster(7)).clone();
    strict.queues.get_mut(&sales()).expect("a queue").needs.insert("latin".to_owned(), Levels::ANY);
    let other = Scenario { roster: Arc::new(strict), ..base.clone() };
    let change = what_if(&day, &base, &other, 3, 1);
    assert_eq!(change.other.service_level.mean, 0.0);
    assert_eq!(change.other.occupancy.mean, 0.0);
}

#[test]
fn three_at_lunch_are_missed() {
    let day = logged(7, 5);
    let scenario = scenario(7, &day);
    let now = at(3600);
    let busy = |number: i64| Doing::Busy { queue: sales(), since: now - s(20 * number.unsigned_abs()) };
    let agents = (0..7).map(|number| (agent(number), if number < 5 { busy(number as i64) } else { Doing::Free }));
    let state = Now { at: now, agents: agents.collect(), ..Now::default() }.expecting_as_before(&day);
    let expected: f64 = state.arrivals.iter().map(|(_, _, n)| n).sum();
    assert!((100.0..200.0).contains(&expected), "{expected}");
    let lunch: Vec<Presence> =
        (0..3).map(|number| Presence { agent: agent(number), from: now, until: now + s(3600) }).collect();
    let play = |away: &[Presence]| outlook(&state, &day, (&scenario, &scenario), away, (s(3600), 12, 4));
    let without = play(&lunch);
    assert!(without.change.service_level.high < -0.1, "{:?}", without.change);
    assert!(without.base.service_level.day_low <= without.base.service_level.low);
    let nobody = [Presence { agent: agent(50), from: now, until: now + s(3600) }];
    assert_eq!(play(&nobody).change.service_level.mean, 0.0);
    let after = [Presence { agent: agent(0), from: now + s(3600) + s(7200), until: now + s(20_000) }];
    assert_eq!(play(&after).change.service_level.mean, 0.0);
}

#[test]
fn who_waits_now_is_served_first() {
    let day = logged(7, 5);
    let scenario = scenario(1, &day);
    let now = at(3600);
    let waits = (call(900), waiting(now - s(15)));
    let state = Now { at: now, waiting: vec![waits], ..Now::default() };
    let state = Now { agents: BTreeMap::from([(agent(0), Doing::Free)]), ..state };
    let play = outlook(&state, &day, (&scenario, &scenario), &[], (s(600), 3, 4));
    assert_eq!((play.base.service_level.mean, play.base.answer_speed_s.mean), (1.0, 15.0));
}

/// Whoever calls, answers and hangs up on the simulated carrier.
struct People {
    sim: Sim,
    draws: Draws,
    endpoints: Vec<String>,
    /// Who hangs up when.
    hang_ups: BTreeMap<(Timestamp, String), bool>,
    rung: std::collections::BTreeSet<String>,
}

impl People {
    fn live(&mut self, callers: u32) {
        let mut next = self.sim.world().now();
        let mut left = callers;
        let quiet = |people: &Self| people.sim.live_calls() == 0;
        while left > 0 || !quiet(self) {
            let now = self.sim.world().now();
            if left > 0 && now >= next {
                left -= 1;
                let caller = self.sim.caller(&format!("+1415556{left:04}")).dials("+14155550100");
                let patience = Duration::from_secs_f64(5.0 + self.draws.exponential(25.0));
                self.hang_ups.insert((now + patience, caller.sid().to_owned()), true);
                next = now + Duration::from_secs_f64(self.draws.exponential(9.0));
            }
            self.answer(now);
            while let Some((key, is_waiting)) = self.hang_ups.first_key_value().map(|(key, is)| (key.clone(), *is)) {
                if key.0 > now {
                    break;
                }
                self.hang_ups.remove(&key);
                let joined = self.sim.world().carrier(|carrier| carrier.joined());
                let talks = joined.iter().any(|one| one.to.is_none() && (one.a == key.1 || one.b == key.1));
                if !(is_waiting && talks) {
                    self.sim.world().carrier(|carrier| carrier.hangs_up(&key.1));
                    self.sim.world_mut().settle();
                }
            }
            self.sim.world_mut().run_for(Duration::from_millis(500));
        }
    }

    fn answer(&mut self, now: Timestamp) {
        for endpoint in self.endpoints.clone() {
            let ringing = self.sim.world().carrier(|carrier| carrier.ringing_at(&endpoint));
            for sid in ringing {
                if self.rung.insert(sid.clone()) && self.draws.unit() > 0.05 {
                    self.sim.world().carrier(|carrier| carrier.answers(&sid));
                    self.sim.world_mut().settle();
                    let talk = Duration::from_secs_f64(5.0 + self.draws.exponential(35.0));
                    self.hang_ups.insert((now + talk, sid), false);
                }
            }
        }
    }
}

fn on_the_carrier(agents: usize, callers: u32) -> (Vec<Call>, Timestamp, Timestamp) {
    let mut builder = Switchboard::builder()
        .queue(Queue::new("sales").wrap_up(s(5)).wait_max(s(600)))
        .number("+14155550100", Flow::say("Hello.").then(to_queue("sales")));
    for number in 0..agents {
        builder = builder.agent(Agent::new(format!("a{number:02}")).serves(["sales"]));
    }
    let sim = Sim::start(&builder);
    let from = sim.world().now();
    let endpoints = (0..agents).map(|number| format!("client:a{number:02}")).collect();
    let mut people = People {
        sim: sim.clone(),
        draws: Draws::of(8, &[]),
        endpoints,
        hang_ups: BTreeMap::new(),
        rung: std::collections::BTreeSet::new(),
    };
    people.live(callers);
    let until = sim.world().now();
    sim.rests();
    (sim.calls(), from, until)
}

#[test]
fn a_day_on_the_carrier_is_played_again_as_it_was() {
    let (calls, from, until) = on_the_carrier(4, 90);
    let day = Day::from_calls(&calls, presences(4, from, until), &BTreeMap::from([(sales(), s(5))]));
    let answered = |visit: &&Visit| matches!(visit.ending, Ending::Answered { .. });
    let count = day.visits.iter().filter(answered).count();
    // The log is that of the calls.
    let connected: Vec<&Call> = calls.iter().filter(|call| call.connected_at.is_some()).collect();
    assert_eq!(count, connected.len());
    assert!(count > 40 && day.visits.len() > count + 5, "{count} of {} were answered", day.visits.len());
    for call in connected {
        let visit = day.visits.iter().find(|visit| visit.call == call.id).expect("the visit of the call");
        assert_eq!(Some(visit.entered), call.queued_at);
        assert_eq!(visit.wait, call.waited());
        let talked = call.ended_at.expect("its end").since(call.connected_at.expect("its beginning"));
        let Ending::Answered { agent, handle } = &visit.ending else { panic!("{visit:?}") };
        assert_eq!((Some(agent.as_str()), *handle), (call.agent(), talked + s(5)));
    }
    let within = Ringing { answer_within: s(20), ..Ringing::default() };
    let ringing = BTreeMap::from([(sales(), within)]);
    let scenario = |agents: usize| Scenario {
        roster: roster(agents),
        ringing: ringing.clone(),
        presences: presences(agents, from, until),
    };
    let was = day.service_level(&ringing).expect("calls");
    let again = what_if(&day, &scenario(4), &scenario(6), 40, 2);
    println!("was {was:.3}, again {:?}, with two more {:?}", again.base, again.change.service_level);
    assert!(again.base.service_level.is_usual(was), "it was {was}: {:?}", again.base.service_level);
    let hung_up = day.visits.iter().filter(|visit| visit.ending == Ending::Abandoned).count();
    let rate = hung_up as f64 / (hung_up + count) as f64;
    assert!(again.base.abandon_rate.is_usual(rate), "it was {rate}: {:?}", again.base.abandon_rate);
    let spread = again.base.service_level;
    assert!(spread.day_high - spread.day_low < 0.4, "{spread:?}");
    assert!(again.change.service_level.low > 0.0, "{:?}", again.change);
}

#[test]
fn an_empty_day_has_no_figures() {
    let day = Day::default();
    let scenario = scenario(2, &day);
    let change = what_if(&day, &scenario, &scenario, 3, 1);
    assert_eq!(change.base.service_level.n, 0);
    assert_eq!(Day::from_calls(&[], Vec::new(), &BTreeMap::new()), day);
    assert_eq!(day.service_level(&BTreeMap::new()), None);
}
