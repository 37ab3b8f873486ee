//! What every [`RoutingStrategy`] must do, one case at a time.
//!
//! In your tests, with an expression that makes your strategy:
//!
//! ```
//! use switchboard::routing::{ReadyAgent, RoutingStrategy, WaitingCall};
//!
//! #[derive(Debug)]
//! struct LongestIdle;
//!
//! impl RoutingStrategy for LongestIdle {
//!     fn name(&self) -> &str {
//!         "our_longest_idle"
//!     }
//!
//!     fn rank(&self, _: WaitingCall<'_>, agents: &[ReadyAgent<'_>]) -> Vec<usize> {
//!         let mut order: Vec<usize> = (0..agents.len()).collect();
//!         order.sort_by_key(|&at| (agents[at].standing.idle_since, agents[at].id));
//!         order
//!     }
//! }
//!
//! switchboard::routing_conformance!(LongestIdle);
//! ```
//!
//! Each case looks at [`SNAPSHOTS`] made-up moments, the same ones each time. A panic says what broke. No case says which agent
//! is the right one: that is your strategy's own affair.

use std::collections::BTreeMap;
use std::fmt;

use crate::id::{AgentId, CallId, QueueId, TenantId};
use crate::routing::{Levels, Member, Membership, Needs, ReadyAgent, RoutingStrategy, Standing, Strategy, WaitingCall};
use crate::time::Timestamp;

/// How many moments each case looks at.
pub const SNAPSHOTS: u32 = 1000;
/// Most agents that a strategy is shown.
const SHOWN_MAX: u64 = 64;
const SKILLS: [&str; 5] = ["billing", "french", "gold", "sales", "spanish"];

/// One case of the suite.
#[derive(Clone, Copy)]
pub struct Case {
    /// Its name, as in `nobody_is_named_twice`.
    pub name: &'static str,
    /// Runs it; panics with what broke.
    pub run: fn(&dyn RoutingStrategy),
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Every case, in the order of the list.
#[must_use]
pub fn cases() -> Vec<Case> {
    crate::for_each_routing_case!([crate::__routing_case_values] [])
}

/// Calls the macro at the path `$then` with `[$args]` and the name of every case: the one list of this suite.
#[macro_export]
macro_rules! for_each_routing_case {
    ([$($then:tt)+] [$($args:tt)*]) => {
        $($then)+ ! { [$($args)*]
            its_name_is_its_own
            nobody_there_nobody_chosen
            only_those_shown_are_chosen
            nobody_is_named_twice
            the_same_question_has_the_same_answer
            it_remembers_nothing
            the_order_shown_does_not_matter
            extremes_do_no_harm
        }
    };
}

/// Declares one test per case of the routing suite, each with the strategy that the expression makes.
#[macro_export]
macro_rules! routing_conformance {
    ($strategy:expr $(,)?) => {
        $crate::for_each_routing_case! { [$crate::__routing_case_tests] [$strategy] }
    };
}

/// The tests that `routing_conformance!` declares.
#[doc(hidden)]
#[macro_export]
macro_rules! __routing_case_tests {
    ([$strategy:expr] $($case:ident)*) => {
        $(
            #[test]
            fn $case() {
                $crate::conformance::routing::$case(&$strategy);
            }
        )*
    };
}

/// The values that `cases` returns.
#[doc(hidden)]
#[macro_export]
macro_rules! __routing_case_values {
    ([] $($case:ident)*) => {
        ::std::vec![$($crate::conformance::routing::Case {
            name: ::std::stringify!($case),
            run: $crate::conformance::routing::$case,
        }),*]
    };
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }

    fn moment(&mut self) -> Timestamp {
        Timestamp::from_secs(self.roll(20).cast_signed())
    }
}

/// A call and the agents who may have it, at one moment.
struct Snapshot {
    call: CallId,
    needs: Needs,
    priority: i32,
    queued_at: Timestamp,
    agents: Vec<(AgentId, Member, Standing)>,
}

impl Snapshot {
    fn nth(nth: u32) -> Self {
        let mut dice = Dice(u64::from(nth));
        let needed = (0..dice.roll(3)).map(|_| (SKILLS[dice.roll(5) as usize].to_owned(), Levels::ANY));
        let needs: Needs = needed.collect();
        let most = if nth.is_multiple_of(10) { SHOWN_MAX } else { 8 };
        let agents = (0..dice.roll(most + 1)).map(|at| {
            let name = AgentId::new(format!("agent-{at}")).unwrap();
            (name, member(&mut dice, &needs), standing(&mut dice))
        });
        let agents = agents.collect();
        let call = CallId::of_request(&TenantId::default(), &nth.to_string());
        Self { call, priority: dice.roll(10) as i32 - 5, queued_at: dice.moment(), needs, agents }
    }

    fn all() -> impl Iterator<Item = Self> {
        (0..SNAPSHOTS).map(Self::nth)
    }

    /// The strategy's own answer.
    fn answer(&self, strategy: &dyn RoutingStrategy) -> Vec<usize> {
        let agents: Vec<ReadyAgent<'_>> =
            self.agents.iter().map(|(id, member, standing)| ReadyAgent { id, member, standing }).collect();
        let (id, needs, priority, queued_at) = (self.call, &self.needs, self.priority, self.queued_at);
        strategy.rank(WaitingCall { id, needs, priority, queued_at }, &agents)
    }

    /// Names of those whom the strategy chooses, best first.
    fn chosen(&self, strategy: &dyn RoutingStrategy) -> Vec<&AgentId> {
        self.answer(strategy).into_iter().filter_map(|at| self.agents.get(at)).map(|(id, _, _)| id).collect()
    }
}

fn member(dice: &mut Dice, needs: &Needs) -> Member {
    let mut member = Member { rank: dice.roll(3) as i32, capacity: 1 + dice.roll(3) as u16, ..Member::default() };
    for skill in SKILLS {
        if needs.contains_key(skill) || dice.roll(2) == 0 {
            member.skills.insert(skill.to_owned(), 1 + dice.roll(5) as u8);
        }
    }
    let place = Membership { penalty: dice.roll(2) as u32, position: dice.roll(4) as u32, ..Membership::default() };
    member.queues.insert(QueueId::new("support").unwrap(), place);
    member.attributes.insert("grade".to_owned(), dice.roll(4).cast_signed());
    member
}

/// Few different values, so that many agents are alike.
fn standing(dice: &mut Dice) -> Standing {
    let some = dice.roll(2) == 0;
    Standing {
        staffed: true,
        free: 1,
        idle_since: dice.moment(),
        last_ended: some.then(|| dice.moment()),
        last_offered: some.then(|| dice.moment()),
        contacts: dice.roll(3),
        talk_ms: dice.roll(3).cast_signed() * 1000,
        busy_ms: dice.roll(3).cast_signed() * 1000,
        staffed_ms: dice.roll(3).cast_signed() * 5000,
        ..Standing::default()
    }
}

/// It has a name that no strategy of this crate has, and that stays.
pub fn its_name_is_its_own(strategy: &dyn RoutingStrategy) {
    let name = strategy.name().to_owned();
    assert!(!name.trim().is_empty(), "the name is empty: decision records would not say who chose");
    assert!(Strategy::named(&name).is_none(), "{name:?} is the name of a strategy of this crate: choose another");
    Snapshot::all().take(10).for_each(|snapshot| _ = snapshot.answer(strategy));
    assert_eq!(strategy.name(), name, "the name has changed");
}

/// Where no agent is shown, none is chosen.
pub fn nobody_there_nobody_chosen(strategy: &dyn RoutingStrategy) {
    for mut snapshot in Snapshot::all() {
        snapshot.agents.clear();
        let answer = snapshot.answer(strategy);
        assert!(answer.is_empty(), "nobody was shown, and {answer:?} were chosen");
    }
}

/// Each index is one of the slice.
pub fn only_those_shown_are_chosen(strategy: &dyn RoutingStrategy) {
    for snapshot in Snapshot::all() {
        let (answer, shown) = (snapshot.answer(strategy), snapshot.agents.len());
        assert!(answer.iter().all(|at| *at < shown), "{shown} agents were shown, and {answer:?} were chosen");
    }
}

/// No index comes twice.
pub fn nobody_is_named_twice(strategy: &dyn RoutingStrategy) {
    for snapshot in Snapshot::all() {
        let answer = snapshot.answer(strategy);
        let mut distinct = answer.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), answer.len(), "somebody is twice in {answer:?}");
    }
}

/// Asked twice in a row, it says the same.
pub fn the_same_question_has_the_same_answer(strategy: &dyn RoutingStrategy) {
    for snapshot in Snapshot::all() {
        let (one, other) = (snapshot.answer(strategy), snapshot.answer(strategy));
        assert_eq!(one, other, "the same agents were shown twice: does it draw by chance, or look at a clock?");
    }
}

/// What it was asked in between does not matter.
pub fn it_remembers_nothing(strategy: &dyn RoutingStrategy) {
    let first: Vec<Vec<usize>> = Snapshot::all().map(|snapshot| snapshot.answer(strategy)).collect();
    for nth in (0..SNAPSHOTS).rev() {
        let answer = Snapshot::nth(nth).answer(strategy);
        assert_eq!(
            first[nth as usize], answer,
            "asked again after other questions: what must be remembered belongs in how an agent stands"
        );
    }
}

/// Whoever is shown first is not chosen first for that: equal agents are told apart by their names.
pub fn the_order_shown_does_not_matter(strategy: &dyn RoutingStrategy) {
    for (nth, mut snapshot) in Snapshot::all().enumerate() {
        let before: Vec<AgentId> = snapshot.chosen(strategy).into_iter().cloned().collect();
        let mut dice = Dice(nth as u64);
        for at in (1..snapshot.agents.len()).rev() {
            snapshot.agents.swap(at, dice.roll(at as u64 + 1) as usize);
        }
        let after: Vec<AgentId> = snapshot.chosen(strategy).into_iter().cloned().collect();
        assert_eq!(before, after, "the same agents were shown in another order: let the name decide between equals");
    }
}

/// The greatest and least of everything: no overflow, no division by zero.
pub fn extremes_do_no_harm(strategy: &dyn RoutingStrategy) {
    for mut snapshot in Snapshot::all() {
        let ends = [Timestamp::from_micros(i64::MIN), Timestamp::from_micros(i64::MAX), Timestamp::default()];
        snapshot.queued_at = ends[snapshot.agents.len() % 3];
        snapshot.priority = [i32::MIN, i32::MAX, 0][snapshot.agents.len() % 3];
        for (nth, (_, member, standing)) in snapshot.agents.iter_mut().enumerate() {
            let number = [i64::MIN, i64::MAX, 0][nth % 3];
            standing.idle_since = ends[nth % 3];
            standing.last_ended = (nth % 2 == 0).then_some(ends[nth % 3]);
            standing.last_offered = standing.last_ended;
            standing.contacts = [u64::MAX, 0, 1][nth % 3];
            (standing.talk_ms, standing.busy_ms, standing.staffed_ms) = (number, number, number);
            (member.skills, member.attributes) = (BTreeMap::new(), BTreeMap::new());
            member.attributes.insert("grade".to_owned(), number);
            member.rank = [i32::MIN, i32::MAX, 0][nth % 3];
            member.queues.clear();
        }
        let (answer, shown) = (snapshot.answer(strategy), snapshot.agents.len());
        assert!(answer.iter().all(|at| *at < shown), "{shown} agents were shown, and {answer:?} were chosen");
    }
}
