//! Every telephony of this crate passes the suite that others are offered.
#![cfg(feature = "conformance")]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use switchboard::conformance::telephony::{Answer, Case, DELAY, ScriptedProvider, Thing, cases};
use switchboard::telephony::{
    Action, Command, Failure, FakeTelephony, LegRef, LegReport, LegState, Performed, Telephony, TelephonyError,
};
use switchboard::time::Timestamp;

/// A fake never waits: its first poll is its last.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a fake waits for nothing"),
    }
}

struct Fake(FakeTelephony);

async fn fake() -> (Fake, ()) {
    (Fake(FakeTelephony::new()), ())
}

impl ScriptedProvider for Fake {
    fn telephony(&self) -> &dyn Telephony {
        &self.0
    }

    fn answer_next(&self, answer: Answer) {
        // A fake does not know what it will be asked: what a lost reply means depends on the command.
        let error = |failure| TelephonyError::new(failure, "as told");
        self.0.answer_next_with(move |action| {
            let lost =
                if action.is_idempotent() { Failure::Unavailable { retry_after: None } } else { Failure::Unknown };
            if answer == Answer::Gone && action.is_ending() {
                return Ok(Performed::default());
            }
            Err(error(match answer {
                Answer::Refused | Answer::Gone => Failure::Rejected,
                Answer::TooMany | Answer::Unavailable => Failure::Unavailable { retry_after: Some(DELAY) },
                Answer::Unauthorized => Failure::Unavailable { retry_after: None },
                _ => lost,
            }))
        });
        if matches!(answer, Answer::BrokenAfterDoing | Answer::SilentAfterDoing) {
            self.0.set_leg("CA-lost", LegState::Ringing);
            self.0.answer_next_probe(Ok(LegReport { id: Some("CA-lost".to_owned()), state: LegState::Ringing }));
        }
    }

    fn id(&self, of: Thing, number: u8) -> String {
        format!("{of:?}-{number}")
    }

    fn can(&self, _action: &Action) -> bool {
        true
    }

    fn commands_received(&self) -> usize {
        self.0.commands().len()
    }

    fn legs_placed(&self) -> usize {
        self.0.legs().len()
    }

    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
}

mod the_fake {
    switchboard::telephony_conformance!(block_on = super::at_once, super::fake);
}

#[cfg(feature = "twilio")]
mod the_twilio_client {
    use crate::twilio_client_over_a_socket::server::{Scripted, scripted};
    use crate::twilio_client_over_a_socket::spec::TWILIO;

    async fn fresh() -> (Scripted, ()) {
        (scripted(TWILIO), ())
    }

    switchboard::telephony_conformance!(tokio::test, fresh);
}

/// One way to get it wrong.
#[derive(Clone, Copy, Debug)]
enum Sabotage {
    None,
    SendsAgain,
    CallsUnknownUnavailable,
    ForgetsCommandIds,
    ForgetsTheDelay,
    GivesUpWhenUnauthorized,
    LosesTheLeg,
    ProbesByDialling,
    NeverFindsALeg,
    TriesARefusedCommandForEver,
    ForgetsWhatItBegan,
    MissesWhatIsGone,
    SendsMessagesAgain,
}

#[derive(Debug)]
struct Sabotaged(FakeTelephony, Sabotage);

#[async_trait::async_trait]
impl Telephony for Sabotaged {
    async fn perform(&self, command: &Command) -> Result<Performed, TelephonyError> {
        let mut command = command.clone();
        if matches!(self.1, Sabotage::ForgetsCommandIds) {
            command.id = format!("{}-{}", command.id, self.0.commands().len());
        }
        let outcome = self.0.perform(&command).await;
        let failure = outcome.as_ref().err().map(TelephonyError::failure);
        let wrong = |failure| Err(TelephonyError::new(failure, "sabotaged"));
        let later = Failure::Unavailable { retry_after: None };
        match (self.1, failure) {
            (Sabotage::SendsAgain, Some(Failure::Unknown)) => self.0.perform(&command).await,
            (Sabotage::CallsUnknownUnavailable, Some(Failure::Unknown)) => wrong(later),
            (Sabotage::ForgetsTheDelay, Some(Failure::Unavailable { .. })) => wrong(later),
            (Sabotage::GivesUpWhenUnauthorized, Some(failure)) if failure == later => wrong(Failure::Rejected),
            (Sabotage::TriesARefusedCommandForEver, Some(Failure::Rejected)) => wrong(later),
            (Sabotage::LosesTheLeg, None) => Ok(Performed::default()),
            (Sabotage::ForgetsWhatItBegan, None) => outcome.map(|mut done| {
                done.recording = None;
                done
            }),
            (Sabotage::MissesWhatIsGone, None) if command.action.is_ending() => wrong(Failure::Rejected),
            (Sabotage::SendsMessagesAgain, Some(Failure::Unknown)) if !command.action.places_leg() => wrong(later),
            _ => outcome,
        }
    }

    async fn probe(&self, leg: &LegRef) -> Result<LegReport, TelephonyError> {
        if let (Sabotage::ProbesByDialling, Some(last)) = (self.1, self.0.commands().pop()) {
            let again = Command { id: format!("{}-probe", last.id), ..last };
            self.0.perform(&again).await?;
        }
        let report = self.0.probe(leg).await?;
        let absent = LegReport { id: None, state: LegState::Absent };
        Ok(if matches!(self.1, Sabotage::NeverFindsALeg) { absent } else { report })
    }
}

struct SabotagedProvider(Fake, Sabotaged);

impl ScriptedProvider for SabotagedProvider {
    fn telephony(&self) -> &dyn Telephony {
        &self.1
    }
    fn answer_next(&self, answer: Answer) {
        self.0.answer_next(answer);
    }
    fn id(&self, of: Thing, number: u8) -> String {
        self.0.id(of, number)
    }
    fn can(&self, action: &Action) -> bool {
        self.0.can(action)
    }
    fn commands_received(&self) -> usize {
        self.0.commands_received()
    }
    fn legs_placed(&self) -> usize {
        self.0.legs_placed()
    }
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

/// Names of the cases that fail.
fn caught_by(sabotage: Sabotage) -> Vec<&'static str> {
    let fails = |case: &Case| {
        let run = case.run;
        std::panic::catch_unwind(move || {
            let fake = FakeTelephony::new();
            let provider = SabotagedProvider(Fake(fake.clone()), Sabotaged(fake, sabotage));
            at_once(run(&provider));
        })
        .is_err()
    };
    cases().iter().filter(|case| fails(case)).map(|case| case.name).collect()
}

#[test]
fn the_suite_catches_whoever_gets_it_wrong() {
    assert_eq!(caught_by(Sabotage::None), [""; 0], "an honest telephony passes");
    for (sabotage, case) in [
        (Sabotage::SendsAgain, "a_broken_connection_leaves_a_dial_unknown_and_sends_nothing_again"),
        (Sabotage::CallsUnknownUnavailable, "silence_leaves_a_dial_unknown_and_ends_at_the_deadline"),
        (Sabotage::ForgetsCommandIds, "the_same_dial_twice_dials_once"),
        (Sabotage::ForgetsTheDelay, "too_many_requests_wait_as_long_as_asked"),
        (Sabotage::GivesUpWhenUnauthorized, "refused_credentials_lose_no_command"),
        (Sabotage::LosesTheLeg, "a_dial_tells_its_leg"),
        (Sabotage::ProbesByDialling, "asking_changes_nothing"),
        (Sabotage::NeverFindsALeg, "a_leg_of_unknown_outcome_is_found"),
        (Sabotage::TriesARefusedCommandForEver, "what_is_refused_is_rejected"),
        (Sabotage::ForgetsWhatItBegan, "what_begins_something_tells_its_id"),
        (Sabotage::MissesWhatIsGone, "what_was_to_be_ended_and_is_gone_is_done"),
        (Sabotage::SendsMessagesAgain, "what_must_not_be_repeated_is_unknown_after_a_lost_reply"),
    ] {
        let caught = caught_by(sabotage);
        assert!(caught.contains(&case), "{sabotage:?} was caught only by {caught:?}");
    }
}

fn hang_up(id: &str, leg: &str) -> Command {
    Command {
        id: id.to_owned(),
        deadline: std::time::Duration::from_secs(1),
        action: Action::HangUp { leg: leg.to_owned() },
    }
}

#[test]
fn a_fake_gives_its_answers_in_order_and_then_does_what_it_is_told() {
    let fake = FakeTelephony::new();
    fake.answer_next(Err(TelephonyError::new(Failure::Rejected, "no")));
    fake.answer_next(Ok(Performed::leg("CA-mine")));
    let answers: Vec<_> = (0..3).map(|n| at_once(fake.perform(&hang_up(&format!("{n}"), "CA1")))).collect();
    assert_eq!(answers[0].as_ref().map_err(TelephonyError::failure), Err(Failure::Rejected));
    assert_eq!(answers[1].as_ref().ok(), Some(&Performed::leg("CA-mine")));
    assert_eq!(answers[2].as_ref().ok(), Some(&Performed::default()));
    let ids: Vec<_> = fake.take_commands().into_iter().map(|command| command.id).collect();
    assert_eq!(ids, ["0", "1", "2"]);
    assert!(fake.commands().is_empty(), "they were taken");
}

#[test]
fn a_command_that_failed_is_carried_out_when_it_comes_again() {
    let fake = FakeTelephony::new();
    fake.answer_next(Err(TelephonyError::new(Failure::Unavailable { retry_after: None }, "later")));
    assert!(at_once(fake.perform(&hang_up("same", "CA1"))).is_err());
    assert!(at_once(fake.perform(&hang_up("same", "CA1"))).is_ok());
    assert!(at_once(fake.perform(&hang_up("same", "CA1"))).is_ok());
    assert_eq!(fake.commands().len(), 2, "the third was done already");
}

#[test]
fn a_leg_that_is_hung_up_in_a_fake_has_ended() {
    use switchboard::telephony::EndCause;
    let fake = FakeTelephony::new();
    for (leg, state, cause) in
        [("CA1", LegState::Ringing, EndCause::Canceled), ("CA2", LegState::Answered, EndCause::Completed)]
    {
        fake.set_leg(leg, state);
        at_once(fake.perform(&hang_up(leg, leg))).expect("done");
        let report = at_once(fake.probe(&LegRef::Id(leg.to_owned()))).expect("answered");
        assert_eq!(report.state, LegState::Ended(cause));
    }
}
