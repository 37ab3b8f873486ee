//! What the fake can do beside commands: numbers and sound.

use async_trait::async_trait;

use super::FakeTelephony;
use crate::phone::PhoneNumber;
use crate::telephony::{
    Action, Audio, AudioRequest, AvailableNumber, Failure, LegOrigin, LegState, LiveLeg, LiveLegs, LivePage,
    NumberBinding, NumberPage, NumberSearch, Numbers, OwnedNumber, RecordingMedia, TelephonyError,
};

impl FakeTelephony {
    /// From now on this number is owned.
    pub fn own_number(&self, number: OwnedNumber) {
        self.state().numbers.insert(number.id.clone(), number);
    }

    /// From now on this leg lives, as far as the list of live legs says, until its state is [set](Self::set_leg) to another.
    pub fn list_leg(&self, leg: LiveLeg) {
        let mut state = self.state();
        state.legs.insert(leg.id.clone(), leg.state);
        state.listed.push(leg);
    }

    /// From now on the recording of this id sounds like this.
    pub fn set_audio(&self, recording: impl Into<String>, audio: Audio) {
        self.state().audio.insert(recording.into(), audio);
    }
}

fn rejected(message: String) -> TelephonyError {
    TelephonyError::new(Failure::Rejected, message)
}

#[async_trait]
impl Numbers for FakeTelephony {
    /// Every owned number, on one page.
    async fn list(&self, _after: Option<&str>) -> Result<NumberPage, TelephonyError> {
        Ok(NumberPage { numbers: self.state().numbers.values().cloned().collect(), next: None })
    }

    /// Three numbers that nobody has, `+1555…` whatever the country.
    async fn search(&self, wanted: &NumberSearch) -> Result<Vec<AvailableNumber>, TelephonyError> {
        let state = self.state();
        let area_code = wanted.area_code.unwrap_or(555);
        let free = (0..).filter_map(|number| format!("+1{area_code:03}55501{number:02}").parse::<PhoneNumber>().ok());
        let free = free.filter(|number| state.numbers.values().all(|owned| owned.number != *number));
        Ok(free.take(3.min(wanted.count_max as usize)).map(AvailableNumber::new).collect())
    }

    async fn buy(&self, number: &PhoneNumber, binding: &NumberBinding) -> Result<OwnedNumber, TelephonyError> {
        let mut state = self.state();
        if state.numbers.values().any(|owned| owned.number == *number) {
            return Err(rejected("the number is owned already".to_owned()));
        }
        let owned = OwnedNumber::new(state.id("PN"), number.clone(), binding.clone());
        state.numbers.insert(owned.id.clone(), owned.clone());
        Ok(owned)
    }

    async fn bind(&self, id: &str, binding: &NumberBinding) -> Result<OwnedNumber, TelephonyError> {
        let mut state = self.state();
        let owned = state.numbers.get_mut(id).ok_or_else(|| rejected(format!("there is no number {id}")))?;
        owned.binding = binding.clone();
        Ok(owned.clone())
    }

    async fn release(&self, id: &str) -> Result<(), TelephonyError> {
        self.state().numbers.remove(id);
        Ok(())
    }
}

#[async_trait]
impl RecordingMedia for FakeTelephony {
    /// The sound that was given, in whatever format that was.
    async fn fetch(&self, wanted: &AudioRequest) -> Result<Audio, TelephonyError> {
        let state = self.state();
        let audio = state.audio.get(&wanted.recording).ok_or_else(|| {
            TelephonyError::new(Failure::Unavailable { retry_after: None }, "there is no sound of this recording")
        })?;
        if audio.bytes.len() > wanted.bytes_max {
            return Err(rejected(format!("it has more than {} bytes", wanted.bytes_max)));
        }
        Ok(audio.clone())
    }
}

#[async_trait]
impl LiveLegs for FakeTelephony {
    /// Every leg that lives, of those that were rung and those that were [listed](FakeTelephony::list_leg), on one page.
    async fn live(&self, _after: Option<&str>) -> Result<LivePage, TelephonyError> {
        let state = self.state();
        let rung = state.dialled.iter().filter_map(|(action, leg)| {
            let (to, from) = match action {
                Action::Dial(dial) => (&dial.to, &dial.from),
                Action::AddParticipant(added) => (&added.to, &added.from),
                _ => return None,
            };
            Some(LiveLeg::new(leg, LegOrigin::Placed, from.to_string(), to.to_string(), LegState::Ringing))
        });
        let mut legs: Vec<LiveLeg> = state.listed.iter().cloned().chain(rung).collect();
        for leg in &mut legs {
            leg.state = state.legs.get(&leg.id).copied().unwrap_or(LegState::Absent);
        }
        legs.retain(|leg| matches!(leg.state, LegState::Ringing | LegState::Answered));
        legs.sort_by_key(|leg| leg.state != LegState::Answered);
        Ok(LivePage { legs, next: None })
    }
}
