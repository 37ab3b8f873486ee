//! What every [`Telephony`] must do, one case at a time, against a provider that answers as the case tells it.
//!
//! In your tests, with a provider of its own for each case and a guard that cleans up when dropped:
//!
//! ```text
//! async fn fresh() -> (MyProvider, ()) {
//!     (MyProvider::start().await, ())
//! }
//!
//! switchboard::telephony_conformance!(tokio::test, fresh);
//! ```
//!
//! No case sleeps; those in which the provider is silent wait for [`DEADLINE_SHORT`]. A panic says what broke.

mod samples;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::telephony::{Action, Command, Failure, LegRef, LegState, Performed, Telephony, TelephonyError};
use crate::time::Timestamp;

pub use samples::samples;
use samples::{addition, dial, from, to};

/// How long a command may take that is answered.
pub const DEADLINE: Duration = Duration::from_secs(10);
/// How long a command may take that is never answered.
pub const DEADLINE_SHORT: Duration = Duration::from_millis(500);
/// The delay that [`Answer::TooMany`] and [`Answer::Unavailable`] ask for.
pub const DELAY: Duration = Duration::from_secs(7);

/// How the provider answers a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Refuses it for good, as one with a bad number.
    Refused,
    /// Says that what it is about does not exist, or has ended.
    Gone,
    /// Refuses it because there are too many, and asks to wait for [`DELAY`].
    TooMany,
    /// Is not available, and asks to wait for [`DELAY`].
    Unavailable,
    /// Refuses the credentials.
    Unauthorized,
    /// Fails inside, without doing it.
    Failed,
    /// Does it, and never answers.
    SilentAfterDoing,
    /// Never answers and does nothing.
    Silent,
    /// Does it, and breaks the connection before answering.
    BrokenAfterDoing,
    /// Breaks the connection before answering, without doing it.
    Broken,
    /// Reports success in words that nobody understands.
    Garbled,
    /// Reports success in more words than anybody wants to read.
    Endless,
    /// Begins to report success, so slowly that the deadline passes.
    Slow,
}

/// What an id may be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Thing {
    /// A leg.
    Leg,
    /// A conference.
    Conference,
    /// A recording.
    Recording,
    /// A live transcription.
    Transcription,
    /// A stream.
    Stream,
    /// A SIPREC session.
    Siprec,
    /// A queue.
    Queue,
}

/// A provider that answers as it is told, and the telephony under test, which speaks to it.
pub trait ScriptedProvider: Send + Sync {
    /// The telephony under test. It must let a few dials a millisecond apart through.
    fn telephony(&self) -> &dyn Telephony;
    /// Answers the next command like this. Commands without such an answer are done and reported as done.
    fn answer_next(&self, answer: Answer);
    /// An id as the provider writes it; the same for the same number. Nothing has an id with a number from 99 on, but
    /// commands that name one are done.
    fn id(&self, of: Thing, number: u8) -> String;
    /// Whether this can be done at the provider. What cannot is to be refused, and not sent.
    fn can(&self, action: &Action) -> bool;
    /// How many commands have arrived. Questions do not count.
    fn commands_received(&self) -> usize;
    /// How many legs have been placed.
    fn legs_placed(&self) -> usize;
    /// The provider's time; legs are placed at it.
    fn now(&self) -> Timestamp;
}

/// A running case: it ends when the case has passed, and panics with what broke.
pub type Running<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// One case of the suite.
#[derive(Clone, Copy)]
pub struct Case {
    /// Its name, as in `the_same_dial_twice_dials_once`.
    pub name: &'static str,
    /// Runs it against a fresh provider.
    pub run: for<'a> fn(&'a dyn ScriptedProvider) -> Running<'a>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Every case, in the order of the list.
#[must_use]
pub fn cases() -> Vec<Case> {
    crate::for_each_telephony_case!(__telephony_case_values [])
}

/// Calls the macro `$then` with `[$args]` and the name of every case: the one list of this suite.
#[macro_export]
macro_rules! for_each_telephony_case {
    ($then:ident [$($args:tt)*]) => {
        $crate::$then! { [$($args)*]
            every_action_is_done_by_one_command
            what_the_provider_cannot_do_is_rejected_and_not_sent
            a_dial_tells_its_leg
            what_begins_something_tells_its_id
            the_same_dial_twice_dials_once
            the_same_addition_twice_rings_once
            what_is_refused_is_rejected
            what_was_to_be_ended_and_is_gone_is_done
            too_many_requests_wait_as_long_as_asked
            an_unavailable_provider_is_tried_again_when_it_asks
            refused_credentials_lose_no_command
            a_failure_inside_leaves_unknown_what_must_not_be_repeated
            silence_leaves_a_dial_unknown_and_ends_at_the_deadline
            a_broken_connection_leaves_a_dial_unknown_and_sends_nothing_again
            what_must_not_be_repeated_is_unknown_after_a_lost_reply
            what_may_be_repeated_is_unavailable_after_a_lost_reply
            a_garbled_success_leaves_a_dial_unknown
            an_endless_success_leaves_a_dial_unknown
            a_slow_success_ends_at_the_deadline
            a_leg_of_unknown_outcome_is_found
            a_participant_of_unknown_outcome_is_found
            a_leg_that_was_never_placed_is_absent
            asking_changes_nothing
        }
    };
}

/// Declares one test per case of the telephony suite, each with a fresh provider.
///
/// `telephony_conformance!(tokio::test, fresh)` puts the attribute on asynchronous tests.
/// `telephony_conformance!(block_on = path::to::block_on, fresh)` makes plain tests that drive their future with that
/// function. `fresh` is an `async fn() -> (P, Guard)` with `P: ScriptedProvider`; the guard is dropped after the case.
#[macro_export]
macro_rules! telephony_conformance {
    (block_on = $block_on:path, $fresh:path $(,)?) => {
        $crate::for_each_telephony_case! { __telephony_case_tests [block_on $block_on, $fresh] }
    };
    ($test:meta, $fresh:path $(,)?) => {
        $crate::for_each_telephony_case! { __telephony_case_tests [test $test, $fresh] }
    };
}

/// The tests that `telephony_conformance!` declares.
#[doc(hidden)]
#[macro_export]
macro_rules! __telephony_case_tests {
    ([block_on $block_on:path, $fresh:path] $($case:ident)*) => {
        $(
            #[test]
            fn $case() {
                $block_on(async {
                    let (provider, _guard) = $fresh().await;
                    $crate::conformance::telephony::$case(&provider).await;
                });
            }
        )*
    };
    ([test $test:meta, $fresh:path] $($case:ident)*) => {
        $(
            #[$test]
            async fn $case() {
                let (provider, _guard) = $fresh().await;
                $crate::conformance::telephony::$case(&provider).await;
            }
        )*
    };
}

/// The values that `cases` returns.
#[doc(hidden)]
#[macro_export]
macro_rules! __telephony_case_values {
    ([] $($case:ident)*) => {
        ::std::vec![$($crate::conformance::telephony::Case {
            name: ::std::stringify!($case),
            run: |provider| ::std::boxed::Box::pin($crate::conformance::telephony::$case(provider)),
        }),*]
    };
}

fn command(id: &str, deadline: Duration, action: Action) -> Command {
    Command { id: id.to_owned(), deadline, action }
}

type Outcome = Result<Performed, TelephonyError>;

/// Performs one action of each kind that the provider can do, each answered with `answer`, and checks that each was sent
/// once.
async fn each(provider: &dyn ScriptedProvider, answer: Option<Answer>, check: impl Fn(&Action, &Outcome)) {
    each_of(provider, samples(provider), answer, check).await;
}

async fn each_of(
    provider: &dyn ScriptedProvider,
    actions: Vec<Action>,
    answer: Option<Answer>,
    check: impl Fn(&Action, &Outcome),
) {
    let possible = actions.into_iter().filter(|action| provider.can(action));
    for (number, action) in possible.enumerate() {
        let before = provider.commands_received();
        if let Some(answer) = answer {
            provider.answer_next(answer);
        }
        let sent = command(&format!("each-{number}"), DEADLINE, action);
        let outcome = provider.telephony().perform(&sent).await;
        check(&sent.action, &outcome);
        let times = provider.commands_received() - before;
        assert_eq!(times, 1, "{answer:?}: the provider was sent {:?} {times} times instead of once", sent.action);
    }
}

fn failure(outcome: &Outcome) -> Option<Failure> {
    outcome.as_ref().err().map(TelephonyError::failure)
}

/// Dials with `answer`; the outcome must be unknown after one request.
async fn unknown_dial(provider: &dyn ScriptedProvider, answer: Answer, deadline: Duration) {
    provider.answer_next(answer);
    let outcome = provider.telephony().perform(&command("dial", deadline, dial())).await;
    assert_eq!(failure(&outcome), Some(Failure::Unknown), "{answer:?}: the dial may have been done: {outcome:?}");
    assert_eq!(provider.commands_received(), 1, "{answer:?}: a dial that may have been done was sent again");
}

/// A command that may be sent again is said to be so, after one request.
async fn unavailable_hang_up(provider: &dyn ScriptedProvider, answer: Answer, deadline: Duration) {
    let before = provider.commands_received();
    provider.answer_next(answer);
    let hang_up = Action::HangUp { leg: provider.id(Thing::Leg, 200) };
    let outcome = provider.telephony().perform(&command("hang-up", deadline, hang_up)).await;
    let is_later = matches!(failure(&outcome), Some(Failure::Unavailable { .. }));
    assert!(is_later, "{answer:?}: a hang-up without a reply is to be sent again: {outcome:?}");
    assert_eq!(provider.commands_received() - before, 1, "{answer:?}: only the engine may send it again");
}

/// Every action of [`samples`] succeeds, by one command each.
pub async fn every_action_is_done_by_one_command(provider: &dyn ScriptedProvider) {
    each(provider, None, |action, outcome| assert!(outcome.is_ok(), "{action:?} was not done: {outcome:?}")).await;
}

/// What the provider cannot do is [`Failure::Rejected`] before anything is sent.
pub async fn what_the_provider_cannot_do_is_rejected_and_not_sent(provider: &dyn ScriptedProvider) {
    let impossible = samples(provider).into_iter().filter(|action| !provider.can(action));
    for (number, action) in impossible.enumerate() {
        let sent = command(&format!("impossible-{number}"), DEADLINE, action);
        let outcome = provider.telephony().perform(&sent).await;
        let action = &sent.action;
        assert_eq!(failure(&outcome), Some(Failure::Rejected), "{action:?} cannot be done: {outcome:?}");
        assert_eq!(provider.commands_received(), 0, "{action:?} cannot be done, and was sent");
    }
}

/// What places, makes, begins or sends something tells the id of that, and of nothing else.
pub async fn what_begins_something_tells_its_id(provider: &dyn ScriptedProvider) {
    each(provider, None, |action, outcome| {
        let done = outcome.as_ref().expect("it is done");
        let told = [
            ("leg", done.leg.is_some()),
            ("recording", done.recording.is_some()),
            ("transcription", done.transcription.is_some()),
            ("stream", done.stream.is_some()),
            ("siprec", done.siprec.is_some()),
            ("queue", done.queue.is_some()),
            ("message", done.message.is_some()),
        ];
        let told: Vec<_> = told.into_iter().filter(|(_, is_told)| *is_told).map(|(what, _)| what).collect();
        let begun = match action {
            Action::Dial(_) | Action::AddParticipant(_) => Some("leg"),
            Action::StartRecording { .. } => Some("recording"),
            Action::StartTranscription { .. } => Some("transcription"),
            Action::StartStream { .. } => Some("stream"),
            Action::StartSiprec { .. } => Some("siprec"),
            Action::CreateQueue { .. } => Some("queue"),
            Action::SendMessage(_) => Some("message"),
            // Not every provider says who had waited longest.
            Action::Dequeue { .. } => return,
            _ => None,
        };
        assert_eq!(told, begun.into_iter().collect::<Vec<_>>(), "{action:?} told {done:?}");
    })
    .await;
}

/// The id of a new leg is reported, and a probe of it finds it.
pub async fn a_dial_tells_its_leg(provider: &dyn ScriptedProvider) {
    let outcome = provider.telephony().perform(&command("dial", DEADLINE, dial())).await;
    let leg = outcome.expect("the dial is done").leg.expect("a dial that was done tells its leg");
    assert_eq!(provider.legs_placed(), 1, "one dial places one leg");
    let report = provider.telephony().probe(&LegRef::Id(leg.clone())).await.expect("the provider answers");
    assert_eq!(report.id, Some(leg), "the leg that was reported is found");
    assert_eq!(report.state, LegState::Ringing, "a leg that was just placed rings");
}

/// A dial that was done is not done again under the same id, and tells the same leg.
pub async fn the_same_dial_twice_dials_once(provider: &dyn ScriptedProvider) {
    let sent = command("dial", DEADLINE, dial());
    let first = provider.telephony().perform(&sent).await.expect("the dial is done");
    let again = provider.telephony().perform(&sent).await.expect("the same dial is done already");
    assert_eq!(first, again, "the second time tells the same leg");
    assert_eq!(provider.legs_placed(), 1, "the same command id dialled twice");
}

/// Somebody who was rung for a conference is not rung again under the same id.
pub async fn the_same_addition_twice_rings_once(provider: &dyn ScriptedProvider) {
    let sent = command("addition", DEADLINE, addition(provider));
    if !provider.can(&sent.action) {
        return;
    }
    let first = provider.telephony().perform(&sent).await.expect("the addition is done");
    let again = provider.telephony().perform(&sent).await.expect("the same addition is done already");
    assert_eq!(first, again, "the second time tells the same leg");
    assert_eq!(provider.legs_placed(), 1, "the same command id rang twice");
}

/// What ends something that is gone is done; what changes such a thing is [`Failure::Rejected`].
pub async fn what_was_to_be_ended_and_is_gone_is_done(provider: &dyn ScriptedProvider) {
    each(provider, Some(Answer::Gone), |action, outcome| {
        if action.is_ending() {
            assert!(outcome.is_ok(), "{action:?} has nothing left to do: {outcome:?}");
        } else {
            assert_eq!(failure(outcome), Some(Failure::Rejected), "{action:?} cannot be done any more: {outcome:?}");
        }
    })
    .await;
    assert_eq!(provider.legs_placed(), 0);
}

/// A refusal for good is [`Failure::Rejected`].
pub async fn what_is_refused_is_rejected(provider: &dyn ScriptedProvider) {
    each(provider, Some(Answer::Refused), |action, outcome| {
        assert_eq!(failure(outcome), Some(Failure::Rejected), "{action:?} was refused for good: {outcome:?}");
    })
    .await;
    assert_eq!(provider.legs_placed(), 0);
}

/// Too many requests are [`Failure::Unavailable`] with the delay asked for, and hold back no hang-up.
pub async fn too_many_requests_wait_as_long_as_asked(provider: &dyn ScriptedProvider) {
    // Nobody else may be rung after the first refusal, so one is enough.
    let mut actions = samples(provider);
    actions.retain(|action| !matches!(action, Action::AddParticipant(_)));
    each_of(provider, actions, Some(Answer::TooMany), |action, outcome| {
        let asked = Some(Failure::Unavailable { retry_after: Some(DELAY) });
        assert_eq!(failure(outcome), asked, "{action:?} is to wait: {outcome:?}");
    })
    .await;
}

/// A provider that is not available is [`Failure::Unavailable`] with the delay asked for.
pub async fn an_unavailable_provider_is_tried_again_when_it_asks(provider: &dyn ScriptedProvider) {
    each(provider, Some(Answer::Unavailable), |action, outcome| {
        let asked = Some(Failure::Unavailable { retry_after: Some(DELAY) });
        assert_eq!(failure(outcome), asked, "{action:?} is to wait: {outcome:?}");
    })
    .await;
}

/// Refused credentials are [`Failure::Unavailable`]: they may be in rotation, and the command is still meant.
pub async fn refused_credentials_lose_no_command(provider: &dyn ScriptedProvider) {
    each(provider, Some(Answer::Unauthorized), |action, outcome| {
        let is_later = matches!(failure(outcome), Some(Failure::Unavailable { .. }));
        assert!(is_later, "{action:?} is to be kept: {outcome:?}");
    })
    .await;
}

/// Unknown or unavailable, as the action may be repeated or not.
fn is_lost(action: &Action, outcome: &Outcome) {
    match (action.is_idempotent(), failure(outcome)) {
        (false, failure) => assert_eq!(failure, Some(Failure::Unknown), "{action:?} may have been done: {outcome:?}"),
        (true, Some(Failure::Unavailable { .. })) => {}
        (true, _) => panic!("{action:?} is to be sent again: {outcome:?}"),
    }
}

/// A failure inside the provider leaves [`Failure::Unknown`] what must not be repeated; the rest may be sent again.
pub async fn a_failure_inside_leaves_unknown_what_must_not_be_repeated(provider: &dyn ScriptedProvider) {
    each(provider, Some(Answer::Failed), is_lost).await;
}

/// Commands that must not be repeated are [`Failure::Unknown`] when their reply is lost, whether they were done or not.
pub async fn what_must_not_be_repeated_is_unknown_after_a_lost_reply(provider: &dyn ScriptedProvider) {
    each(provider, Some(Answer::BrokenAfterDoing), is_lost).await;
}

/// Commands whose success cannot be read: unknown, or to be sent again.
pub async fn what_may_be_repeated_is_unavailable_after_a_lost_reply(provider: &dyn ScriptedProvider) {
    let is_deletion = |action: &Action| {
        matches!(action, Action::Remove { .. } | Action::DeleteRecording { .. } | Action::DeleteQueue { .. })
    };
    each(provider, Some(Answer::Garbled), |action, outcome| {
        // Nothing has to be read to know that something was deleted.
        if !(is_deletion(action) && outcome.is_ok()) {
            is_lost(action, outcome);
        }
    })
    .await;
}

/// A provider that never answers: a dial is [`Failure::Unknown`] when its deadline passes.
pub async fn silence_leaves_a_dial_unknown_and_ends_at_the_deadline(provider: &dyn ScriptedProvider) {
    unknown_dial(provider, Answer::Silent, DEADLINE_SHORT).await;
    unavailable_hang_up(provider, Answer::Silent, DEADLINE_SHORT).await;
}

/// A connection that breaks after sending: a dial is [`Failure::Unknown`], and nobody sends it again.
pub async fn a_broken_connection_leaves_a_dial_unknown_and_sends_nothing_again(provider: &dyn ScriptedProvider) {
    unknown_dial(provider, Answer::Broken, DEADLINE).await;
    unavailable_hang_up(provider, Answer::Broken, DEADLINE).await;
}

/// A success that cannot be read.
pub async fn a_garbled_success_leaves_a_dial_unknown(provider: &dyn ScriptedProvider) {
    unknown_dial(provider, Answer::Garbled, DEADLINE).await;
    unavailable_hang_up(provider, Answer::Garbled, DEADLINE).await;
}

/// A success that is too large to be read.
pub async fn an_endless_success_leaves_a_dial_unknown(provider: &dyn ScriptedProvider) {
    unknown_dial(provider, Answer::Endless, DEADLINE).await;
    unavailable_hang_up(provider, Answer::Endless, DEADLINE).await;
}

/// A success that trickles in is given up at the deadline.
pub async fn a_slow_success_ends_at_the_deadline(provider: &dyn ScriptedProvider) {
    unknown_dial(provider, Answer::Slow, DEADLINE_SHORT).await;
    unavailable_hang_up(provider, Answer::Slow, DEADLINE_SHORT).await;
}

async fn probed(provider: &dyn ScriptedProvider, sent_at: Timestamp) -> (Option<String>, LegState) {
    let asked = LegRef::Dialled { to: to(), from: from(), sent_at };
    let report = provider.telephony().probe(&asked).await.expect("the provider answers");
    (report.id, report.state)
}

/// A dial whose reply was lost is found by who called whom.
pub async fn a_leg_of_unknown_outcome_is_found(provider: &dyn ScriptedProvider) {
    let sent_at = provider.now();
    unknown_dial(provider, Answer::BrokenAfterDoing, DEADLINE).await;
    let (id, state) = probed(provider, sent_at).await;
    assert!(id.is_some(), "the leg was placed, and is found: {state:?}");
    assert_eq!(state, LegState::Ringing);
    assert_eq!(provider.legs_placed(), 1);
}

/// A participant who was rung, and the reply to it lost, is found in the same way.
pub async fn a_participant_of_unknown_outcome_is_found(provider: &dyn ScriptedProvider) {
    let (sent_at, addition) = (provider.now(), addition(provider));
    if !provider.can(&addition) {
        return;
    }
    provider.answer_next(Answer::BrokenAfterDoing);
    let outcome = provider.telephony().perform(&command("addition", DEADLINE, addition)).await;
    assert_eq!(failure(&outcome), Some(Failure::Unknown), "somebody may have been rung: {outcome:?}");
    let (id, state) = probed(provider, sent_at).await;
    assert!(id.is_some(), "the leg was placed, and is found: {state:?}");
    assert_eq!(provider.legs_placed(), 1);
}

/// A dial that was lost on its way there is absent, so that it may be dialled anew.
pub async fn a_leg_that_was_never_placed_is_absent(provider: &dyn ScriptedProvider) {
    let sent_at = provider.now();
    unknown_dial(provider, Answer::Broken, DEADLINE).await;
    assert_eq!(probed(provider, sent_at).await, (None, LegState::Absent), "no leg was placed");
    let unheard_of =
        provider.telephony().probe(&LegRef::Id(provider.id(Thing::Leg, 99))).await.expect("the provider answers");
    assert_eq!(unheard_of.state, LegState::Absent, "nobody has heard of that leg");
}

/// A probe sends no command, and asking twice tells the same.
pub async fn asking_changes_nothing(provider: &dyn ScriptedProvider) {
    let sent_at = provider.now();
    let performed = provider.telephony().perform(&command("dial", DEADLINE, dial())).await.expect("the dial is done");
    let first = probed(provider, sent_at).await;
    assert_eq!(first.0, performed.leg, "it is found by who called whom");
    for _ in 0..3 {
        assert_eq!(probed(provider, sent_at).await, first, "asking changed the answer");
    }
    assert_eq!((provider.commands_received(), provider.legs_placed()), (1, 1), "asking was not reading only");
}
