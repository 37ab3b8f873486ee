//! One action of each kind, with ids as the provider writes them.

use std::time::Duration;

use super::{ScriptedProvider, Thing};
use crate::phone::{Endpoint, PhoneNumber};
use crate::telephony::{
    Action, AddParticipant, ConferenceRef, Dial, PauseGap, Recorded, RecordingSettings, SendMessage, SiprecSettings,
    StreamSettings, TranscriptionSettings,
};

fn phone(text: &str) -> PhoneNumber {
    text.parse().expect("a number as E.164 has it")
}

/// Who is rung in the cases: an agent in a browser.
pub(super) fn to() -> Endpoint {
    Endpoint::Client("ana".to_owned())
}

/// Who seems to call in the cases.
pub(super) fn from() -> Endpoint {
    phone("+14155550100").into()
}

pub(super) fn dial() -> Action {
    Dial::new(to(), from(), "https://centre.example/document?a=1&b=2", "https://centre.example/status")
        .ring_timeout(Duration::from_secs(20))
        .time_limit(Duration::from_secs(3600))
        .into()
}

/// Somebody is rung for a conference that runs.
pub(super) fn addition(provider: &dyn ScriptedProvider) -> Action {
    let conference = ConferenceRef::Id(provider.id(Thing::Conference, 201));
    AddParticipant::new(conference, to(), from(), "https://centre.example/status")
        .ring_timeout(Duration::from_secs(20))
        .time_limit(Duration::from_secs(3600))
        .label("supervisor")
        .coaching(provider.id(Thing::Leg, 200))
        .into()
}

/// One action of each kind. Their ids have numbers from 200 on.
#[must_use]
pub fn samples(provider: &dyn ScriptedProvider) -> Vec<Action> {
    let leg = || provider.id(Thing::Leg, 200);
    let mut actions = vec![
        dial(),
        addition(provider),
        Action::Redirect { leg: leg(), document_url: "https://centre.example/next".to_owned() },
        Action::Instruct { leg: leg(), document: "<Response><Hangup/></Response>".to_owned() },
        Action::LimitTime { leg: leg(), time_limit: Duration::from_secs(60) },
        Action::Cancel { leg: leg() },
        Action::HangUp { leg: leg() },
    ];
    actions.extend(in_conference(provider));
    actions.extend(recordings(provider));
    actions.extend(beside(provider));
    let queue = || provider.id(Thing::Queue, 203);
    let document_url = || "https://centre.example/next".to_owned();
    actions.extend([
        Action::CreateQueue { name: "sales".to_owned(), size_max: Some(10) },
        Action::DeleteQueue { queue: queue() },
        Action::Dequeue { queue: queue(), leg: None, document_url: document_url() },
        Action::Dequeue { queue: queue(), leg: Some(leg()), document_url: document_url() },
        SendMessage::new(phone("+14155550123"), phone("+14155550100"), "We call you back.").into(),
    ]);
    actions
}

fn in_conference(provider: &dyn ScriptedProvider) -> Vec<Action> {
    let (leg, conference) = (|| provider.id(Thing::Leg, 200), || provider.id(Thing::Conference, 201));
    let url = || "https://centre.example/sound".to_owned();
    vec![
        Action::Mute { conference: conference(), leg: leg(), muted: true },
        Action::Hold { conference: conference(), leg: leg(), held: true, music_url: Some(url()) },
        Action::Coach { conference: conference(), leg: leg(), coached: Some(provider.id(Thing::Leg, 204)) },
        Action::Coach { conference: conference(), leg: leg(), coached: None },
        Action::Announce { conference: conference(), leg: None, document_url: url() },
        Action::Announce { conference: conference(), leg: Some(leg()), document_url: url() },
        Action::SetEndOnExit { conference: conference(), leg: leg(), ends: true },
        Action::SetBeepOnExit { conference: conference(), leg: leg(), beeps: false },
        Action::SetWaitMusic { conference: conference(), leg: leg(), music_url: url() },
        Action::Remove { conference: conference(), leg: leg() },
        Action::EndConference { conference: conference() },
    ]
}

fn recordings(provider: &dyn ScriptedProvider) -> Vec<Action> {
    let on_leg = || Recorded::Leg(provider.id(Thing::Leg, 200));
    let in_conference = || Recorded::Conference(provider.id(Thing::Conference, 201));
    let recording = || Some(provider.id(Thing::Recording, 202));
    let settings = RecordingSettings::new().dual().status_url("https://centre.example/recording");
    vec![
        Action::StartRecording { leg: provider.id(Thing::Leg, 200), settings },
        Action::PauseRecording { of: on_leg(), recording: recording(), gap: None },
        Action::PauseRecording { of: on_leg(), recording: recording(), gap: Some(PauseGap::Silence) },
        Action::PauseRecording { of: in_conference(), recording: recording(), gap: Some(PauseGap::Skip) },
        Action::ResumeRecording { of: on_leg(), recording: None },
        Action::ResumeRecording { of: in_conference(), recording: recording() },
        Action::StopRecording { of: on_leg(), recording: recording() },
        Action::StopRecording { of: in_conference(), recording: recording() },
        Action::DeleteRecording { recording: provider.id(Thing::Recording, 202) },
    ]
}

fn beside(provider: &dyn ScriptedProvider) -> Vec<Action> {
    let leg = || provider.id(Thing::Leg, 200);
    let transcription = TranscriptionSettings::new("https://centre.example/words");
    let stream = StreamSettings::new("wss://centre.example/sound").name("ear").parameter("call", "7");
    vec![
        Action::StartTranscription { leg: leg(), settings: Box::new(transcription) },
        Action::StopTranscription { leg: leg(), transcription: provider.id(Thing::Transcription, 205) },
        Action::StartStream { leg: leg(), settings: Box::new(stream) },
        Action::StopStream { leg: leg(), stream: provider.id(Thing::Stream, 206) },
        Action::StartSiprec { leg: leg(), settings: Box::new(SiprecSettings::new("recorder")) },
        Action::StopSiprec { leg: leg(), siprec: provider.id(Thing::Siprec, 207) },
    ]
}
