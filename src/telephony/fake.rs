//! A telephony for tests: it records what it is told, and answers as told.

mod abilities;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{
    Action, Audio, Command, ConferenceRef, EndCause, LegRef, LegReport, LegState, LiveLeg, OwnedNumber, Performed,
    Telephony, TelephonyError,
};

/// Records commands in order and answers each at once. Clones share one state.
///
/// Unless told otherwise by [`FakeTelephony::answer_next`], what rings somebody makes a ringing leg, what makes or begins
/// something tells an id of it, and everything else is done. Nothing is checked: any text is a leg.
///
/// It owns the numbers that were bought or [given](FakeTelephony::own_number), and holds the sound that was
/// [given](FakeTelephony::set_audio).
#[derive(Clone, Debug, Default)]
pub struct FakeTelephony(Arc<Mutex<State>>);

type Answer = Box<dyn FnOnce(&Action) -> Result<Performed, TelephonyError> + Send>;

#[derive(Default)]
struct State {
    commands: Vec<Command>,
    done: BTreeMap<String, Performed>,
    answers: VecDeque<Answer>,
    probe_answers: VecDeque<Result<LegReport, TelephonyError>>,
    legs: BTreeMap<String, LegState>,
    /// Which command rang which leg, in order.
    dialled: Vec<(Action, String)>,
    ids_made: u64,
    numbers: BTreeMap<String, OwnedNumber>,
    audio: BTreeMap<String, Audio>,
    /// What is listed besides what was rung.
    listed: Vec<LiveLeg>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("commands", &self.commands).field("legs", &self.legs).finish_non_exhaustive()
    }
}

impl FakeTelephony {
    /// One that has been told nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers the next command that has no answer yet with this; further ones queue up behind it.
    ///
    /// An `Ok` with a leg makes that leg ring, where the command rings somebody.
    pub fn answer_next(&self, answer: Result<Performed, TelephonyError>) {
        self.answer_next_with(|_| answer);
    }

    /// The same, with an answer that depends on the command.
    pub fn answer_next_with(&self, answer: impl FnOnce(&Action) -> Result<Performed, TelephonyError> + Send + 'static) {
        self.state().answers.push_back(Box::new(answer));
    }

    /// Answers the next probe with this; further ones queue up behind it.
    pub fn answer_next_probe(&self, answer: Result<LegReport, TelephonyError>) {
        self.state().probe_answers.push_back(answer);
    }

    /// From now on, `leg` is believed to be in `state`.
    pub fn set_leg(&self, leg: impl Into<String>, state: LegState) {
        self.state().legs.insert(leg.into(), state);
    }

    /// Every leg there has been, with its state.
    #[must_use]
    pub fn legs(&self) -> BTreeMap<String, LegState> {
        self.state().legs.clone()
    }

    /// Every command carried out or attempted so far, in order. One that was answered from memory, because its id had
    /// been carried out before, is not among them.
    #[must_use]
    pub fn commands(&self) -> Vec<Command> {
        self.state().commands.clone()
    }

    /// The same, and forgets them: the next call returns what came since.
    #[must_use]
    pub fn take_commands(&self) -> Vec<Command> {
        std::mem::take(&mut self.state().commands)
    }
}

impl State {
    /// A fresh id, as Twilio writes them.
    fn id(&mut self, prefix: &str) -> String {
        self.ids_made += 1;
        format!("{prefix}{:032x}", self.ids_made)
    }

    fn carry_out(&mut self, action: &Action) -> Performed {
        let mut done = Performed::default();
        match action {
            Action::Dial(_) => done.leg = Some(self.id("CA")),
            Action::AddParticipant(added) => {
                done.leg = Some(self.id("CA"));
                done.conference = Some(match &added.conference {
                    ConferenceRef::Id(id) => id.clone(),
                    ConferenceRef::Name(_) => self.id("CF"),
                });
            }
            Action::Dequeue { leg, .. } => done.leg.clone_from(leg),
            Action::StartRecording { .. } => done.recording = Some(self.id("RE")),
            Action::StartTranscription { .. } => done.transcription = Some(self.id("GT")),
            Action::StartStream { .. } => done.stream = Some(self.id("MZ")),
            Action::StartSiprec { .. } => done.siprec = Some(self.id("SR")),
            Action::CreateQueue { .. } => done.queue = Some(self.id("QU")),
            Action::SendMessage(_) => done.message = Some(self.id("SM")),
            _ => {}
        }
        done
    }

    /// What a command that was done changes.
    fn note(&mut self, command: &Command, performed: &Performed) {
        self.done.insert(command.id.clone(), performed.clone());
        match (&command.action, &performed.leg) {
            (Action::Dial(_) | Action::AddParticipant(_), Some(leg)) => {
                self.legs.insert(leg.clone(), LegState::Ringing);
                self.dialled.push((command.action.clone(), leg.clone()));
            }
            (Action::DeleteRecording { recording }, _) => {
                self.audio.remove(recording);
            }
            (Action::Cancel { leg }, _) => {
                if let Some(state) = self.legs.get_mut(leg).filter(|state| **state == LegState::Ringing) {
                    *state = LegState::Ended(EndCause::Canceled);
                }
            }
            (Action::HangUp { leg }, _) => {
                if let Some(state) = self.legs.get_mut(leg) {
                    *state = match *state {
                        LegState::Ringing => LegState::Ended(EndCause::Canceled),
                        LegState::Answered => LegState::Ended(EndCause::Completed),
                        over => over,
                    };
                }
            }
            _ => {}
        }
    }

    fn report(&self, leg: &str) -> LegReport {
        match self.legs.get(leg) {
            None | Some(LegState::Absent) => LegReport { id: None, state: LegState::Absent },
            Some(state) => LegReport { id: Some(leg.to_owned()), state: *state },
        }
    }
}

#[async_trait]
impl Telephony for FakeTelephony {
    async fn perform(&self, command: &Command) -> Result<Performed, TelephonyError> {
        let mut state = self.state();
        if let Some(performed) = state.done.get(&command.id) {
            return Ok(performed.clone());
        }
        state.commands.push(command.clone());
        let performed = match state.answers.pop_front() {
            Some(answer) => answer(&command.action)?,
            None => state.carry_out(&command.action),
        };
        state.note(command, &performed);
        Ok(performed)
    }

    /// The answer that was set; else the state of that leg; else, for a dial, the last leg rung between these two
    /// (when it was sent is not looked at: a fake has no clock).
    async fn probe(&self, leg: &LegRef) -> Result<LegReport, TelephonyError> {
        let mut state = self.state();
        if let Some(answer) = state.probe_answers.pop_front() {
            return answer;
        }
        Ok(match leg {
            LegRef::Id(sid) => state.report(sid),
            LegRef::Dialled { to, from, .. } => {
                let is_meant = |action: &Action| match action {
                    Action::Dial(dial) => (&dial.to, &dial.from) == (to, from),
                    Action::AddParticipant(added) => (&added.to, &added.from) == (to, from),
                    _ => false,
                };
                let found = state.dialled.iter().rfind(|(action, _)| is_meant(action));
                found.map_or(LegReport { id: None, state: LegState::Absent }, |(_, leg)| state.report(leg))
            }
        })
    }
}
