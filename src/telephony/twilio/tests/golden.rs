//! Actions, and how they are written for Twilio.

use std::time::Duration;

use crate::phone::{Endpoint, PhoneNumber};
use crate::telephony::{
    Action, AddParticipant, Beeps, ConferenceRef, Detection, Dial, PauseGap, Recorded, RecordingSettings, SendMessage,
    SiprecSettings, StreamSettings, Track, TranscriptionSettings,
};

const RECORDING: &str = "RE00000000000000000000000000000123";
const QUEUE: &str = "QU00000000000000000000000000000456";

fn endpoint(text: &str) -> Endpoint {
    text.parse().expect("an endpoint")
}

fn number(text: &str) -> PhoneNumber {
    text.parse().expect("a number")
}

fn dial(to: &str) -> Dial {
    Dial::new(endpoint(to), endpoint("+14155550100"), "https://c.example/d", "https://c.example/s")
}

fn addition(conference: ConferenceRef) -> AddParticipant {
    AddParticipant::new(conference, endpoint("client:ana"), endpoint("+14155550100"), "https://c.example/s")
}

const STATUS: &str = "StatusCallback=https%3A%2F%2Fc.example%2Fs&StatusCallbackMethod=POST\
    &StatusCallbackEvent=initiated&StatusCallbackEvent=ringing&StatusCallbackEvent=answered\
    &StatusCallbackEvent=completed&Timeout=30&TimeLimit=14400";
const RECORDED: &str = "RecordingChannels=dual&RecordingTrack=both&Trim=do-not-trim\
    &RecordingStatusCallback=https%3A%2F%2Fc.example%2Fr&RecordingStatusCallbackMethod=POST\
    &RecordingStatusCallbackEvent=in-progress&RecordingStatusCallbackEvent=completed\
    &RecordingStatusCallbackEvent=absent";

fn recorded() -> RecordingSettings {
    RecordingSettings::new().dual().status_url("https://c.example/r")
}

/// Actions that are not written elsewhere, each with method, path below the account and body.
pub(super) fn all(leg: &str, conference: &str) -> Vec<(Action, String)> {
    let mut all = placing(conference, leg);
    all.extend(in_conference(leg, conference));
    all.extend(recordings(leg, conference));
    all.extend(others(leg));
    all.extend(queues_and_messages(leg));
    all
}

fn placing(conference: &str, leg: &str) -> Vec<(Action, String)> {
    let mut detected = Detection::after_greeting().status_url("https://c.example/m").timeout(Duration::from_secs(20));
    detected.speech_max = Some(Duration::from_millis(2500));
    detected.speech_end = Some(Duration::from_millis(1500));
    detected.silence_max = Some(Duration::from_secs(4));
    let mut full = dial("client:ana").parameter("case", "a b&c").parameter("vip", "1").reason("Your order");
    full = full.recording(recorded()).detection(detected);
    full.extras.caller_id = Some(endpoint("client:sales"));
    full.extras.digits = Some("ww12#".to_owned());
    let mut inline = dial("+14155550123").detection(Detection::at_once());
    inline.document = Some("<Response><Say>Hi</Say></Response>".to_owned());
    let mut added = addition(ConferenceRef::Name("room 7/é".to_owned())).caller_name("Acme").recording(recorded());
    added = added.detection(Detection::at_once().status_url("https://c.example/m"));
    (added.beep, added.participants_max, added.early_media) = (Beeps::OnEnter, Some(9), false);
    (added.starts_on_enter, added.ends_on_exit) = (false, true);
    added.wait_url = Some("https://c.example/w".to_owned());
    added.conference_status_url = Some("https://c.example/c".to_owned());
    added.conference_recording = Some(recorded());
    let whisper = addition(ConferenceRef::Id(conference.to_owned())).label("boss").muted().coaching(leg);
    let (ends, plain) =
        ("To=client%3Aana&From=%2B14155550100", "StartConferenceOnEnter=true&EndConferenceOnExit=false");
    vec![
        (
            full.into(),
            format!(
                "POST Calls.json To=client%3Aana%3Fcase%3Da%2520b%2526c%26vip%3D1&From=%2B14155550100\
                 &Url=https%3A%2F%2Fc.example%2Fd&Method=POST&{STATUS}&CallerId=client%3Asales&CallReason=Your+order\
                 &Record=true&{RECORDED}&SendDigits=ww12%23&MachineDetection=DetectMessageEnd\
                 &MachineDetectionTimeout=20&MachineDetectionSpeechThreshold=2500\
                 &MachineDetectionSpeechEndThreshold=1500&MachineDetectionSilenceTimeout=4000&AsyncAmd=true\
                 &AsyncAmdStatusCallback=https%3A%2F%2Fc.example%2Fm&AsyncAmdStatusCallbackMethod=POST"
            ),
        ),
        (
            inline.into(),
            format!(
                "POST Calls.json To=%2B14155550123&From=%2B14155550100\
                 &Twiml=%3CResponse%3E%3CSay%3EHi%3C%2FSay%3E%3C%2FResponse%3E&{STATUS}&MachineDetection=Enable"
            ),
        ),
        (
            added.into(),
            format!(
                "POST Conferences/room%207%2F%C3%A9/Participants.json {ends}&{STATUS}&CallerDisplayName=Acme\
                 &Record=true&{RECORDED}&MachineDetection=Enable&AmdStatusCallback=https%3A%2F%2Fc.example%2Fm\
                 &AmdStatusCallbackMethod=POST&Muted=false&Beep=onEnter&StartConferenceOnEnter=false\
                 &EndConferenceOnExit=true&EarlyMedia=false&MaxParticipants=9&WaitUrl=https%3A%2F%2Fc.example%2Fw\
                 &WaitMethod=POST&ConferenceStatusCallback=https%3A%2F%2Fc.example%2Fc\
                 &ConferenceStatusCallbackMethod=POST&ConferenceStatusCallbackEvent=start\
                 &ConferenceStatusCallbackEvent=end&ConferenceStatusCallbackEvent=join\
                 &ConferenceStatusCallbackEvent=leave&ConferenceRecord=record-from-start&ConferenceTrim=do-not-trim\
                 &ConferenceRecordingStatusCallback=https%3A%2F%2Fc.example%2Fr\
                 &ConferenceRecordingStatusCallbackMethod=POST&ConferenceRecordingStatusCallbackEvent=in-progress\
                 &ConferenceRecordingStatusCallbackEvent=completed&ConferenceRecordingStatusCallbackEvent=absent"
            ),
        ),
        (
            whisper.into(),
            format!(
                "POST Conferences/{conference}/Participants.json {ends}&{STATUS}&Label=boss&Muted=true&Coaching=true\
                 &CallSidToCoach={leg}&Beep=false&{plain}&EarlyMedia=true"
            ),
        ),
    ]
}

fn in_conference(leg: &str, room: &str) -> Vec<(Action, String)> {
    let (conference, leg_id) = (|| room.to_owned(), || leg.to_owned());
    let (at_room, at_leg) = (format!("Conferences/{room}.json"), format!("Conferences/{room}/Participants/{leg}.json"));
    let url = || "https://c.example/a".to_owned();
    let announce = "AnnounceUrl=https%3A%2F%2Fc.example%2Fa&AnnounceMethod=POST";
    vec![
        (
            Action::Coach { conference: conference(), leg: leg_id(), coached: Some(leg_id()) },
            format!("POST {at_leg} Coaching=true&CallSidToCoach={leg}"),
        ),
        (
            Action::Coach { conference: conference(), leg: leg_id(), coached: None },
            format!("POST {at_leg} Coaching=false"),
        ),
        (
            Action::Announce { conference: conference(), leg: None, document_url: url() },
            format!("POST {at_room} {announce}"),
        ),
        (
            Action::Announce { conference: conference(), leg: Some(leg_id()), document_url: url() },
            format!("POST {at_leg} {announce}"),
        ),
        (
            Action::SetEndOnExit { conference: conference(), leg: leg_id(), ends: true },
            format!("POST {at_leg} EndConferenceOnExit=true"),
        ),
        (
            Action::SetBeepOnExit { conference: conference(), leg: leg_id(), beeps: false },
            format!("POST {at_leg} BeepOnExit=false"),
        ),
        (
            Action::SetWaitMusic { conference: conference(), leg: leg_id(), music_url: url() },
            format!("POST {at_leg} WaitUrl=https%3A%2F%2Fc.example%2Fa&WaitMethod=POST"),
        ),
    ]
}

fn recordings(leg: &str, conference: &str) -> Vec<(Action, String)> {
    let (on_leg, in_room) = (|| Recorded::Leg(leg.to_owned()), || Recorded::Conference(conference.to_owned()));
    let recording = || Some(RECORDING.to_owned());
    let (by_leg, by_room) = (format!("Calls/{leg}/Recordings"), format!("Conferences/{conference}/Recordings"));
    vec![
        (
            Action::StartRecording { leg: leg.to_owned(), settings: recorded() },
            format!("POST {by_leg}.json {RECORDED}"),
        ),
        (
            Action::StartRecording { leg: leg.to_owned(), settings: RecordingSettings::new() },
            format!("POST {by_leg}.json RecordingChannels=mono&RecordingTrack=both&Trim=do-not-trim"),
        ),
        (
            Action::PauseRecording { of: on_leg(), recording: None, gap: Some(PauseGap::Skip) },
            format!("POST {by_leg}/Twilio.CURRENT.json Status=paused&PauseBehavior=skip"),
        ),
        (
            Action::PauseRecording { of: in_room(), recording: recording(), gap: Some(PauseGap::Silence) },
            format!("POST {by_room}/{RECORDING}.json Status=paused&PauseBehavior=silence"),
        ),
        (
            Action::ResumeRecording { of: on_leg(), recording: recording() },
            format!("POST {by_leg}/{RECORDING}.json Status=in-progress"),
        ),
        (
            Action::StopRecording { of: on_leg(), recording: recording() },
            format!("POST {by_leg}/{RECORDING}.json Status=stopped"),
        ),
        (Action::DeleteRecording { recording: RECORDING.to_owned() }, format!("DELETE Recordings/{RECORDING}.json -")),
    ]
}

fn others(leg: &str) -> Vec<(Action, String)> {
    let id = || leg.to_owned();
    let mut words = TranscriptionSettings::new("https://c.example/w");
    (words.name, words.track) = (Some("words".to_owned()), Track::Inbound);
    (words.language, words.engine) = (Some("en-GB".to_owned()), Some("google".to_owned()));
    (words.model, words.partial_results) = (Some("telephony".to_owned()), true);
    words.hints = vec!["order".to_owned(), "refund".to_owned()];
    let mut ear = StreamSettings::new("wss://c.example/ear").name("ear").parameter("a", "1").parameter("b", "2");
    ear.status_url = Some("https://c.example/s".to_owned());
    let status = "StatusCallback=https%3A%2F%2Fc.example%2Fs";
    vec![
        (
            Action::Instruct { leg: id(), document: "<Response/>".to_owned() },
            format!("POST Calls/{leg}.json Twiml=%3CResponse%2F%3E"),
        ),
        (
            Action::LimitTime { leg: id(), time_limit: Duration::from_millis(59_001) },
            format!("POST Calls/{leg}.json TimeLimit=60"),
        ),
        (Action::Cancel { leg: id() }, format!("POST Calls/{leg}.json Status=canceled")),
        (
            Action::StartTranscription { leg: id(), settings: Box::new(words) },
            format!(
                "POST Calls/{leg}/Transcriptions.json Name=words&Track=inbound_track\
                 &StatusCallbackUrl=https%3A%2F%2Fc.example%2Fw&StatusCallbackMethod=POST&LanguageCode=en-GB\
                 &TranscriptionEngine=google&SpeechModel=telephony&PartialResults=true&Hints=order%2Crefund"
            ),
        ),
        (
            Action::StopTranscription { leg: id(), transcription: "my words".to_owned() },
            format!("POST Calls/{leg}/Transcriptions/my%20words.json Status=stopped"),
        ),
        (
            Action::StartStream { leg: id(), settings: Box::new(ear) },
            format!(
                "POST Calls/{leg}/Streams.json Url=wss%3A%2F%2Fc.example%2Fear&Name=ear&Track=both_tracks&{status}\
                 &StatusCallbackMethod=POST&Parameter1.Name=a&Parameter1.Value=1&Parameter2.Name=b&Parameter2.Value=2"
            ),
        ),
        (
            Action::StopStream { leg: id(), stream: "../x".to_owned() },
            format!("POST Calls/{leg}/Streams/..%2Fx.json Status=stopped"),
        ),
        (
            Action::StartSiprec { leg: id(), settings: Box::new(SiprecSettings::new("recorder")) },
            format!("POST Calls/{leg}/Siprec.json ConnectorName=recorder&Track=both_tracks"),
        ),
        (
            Action::StopSiprec { leg: id(), siprec: "SR1".to_owned() },
            format!("POST Calls/{leg}/Siprec/SR1.json Status=stopped"),
        ),
    ]
}

fn queues_and_messages(leg: &str) -> Vec<(Action, String)> {
    let id = || leg.to_owned();
    let mut message = SendMessage::new(number("+14155550123"), number("+14155550100"), "Hi & bye");
    message = message.status_url("https://c.example/s");
    message.media_urls = vec!["https://c.example/1".to_owned(), "https://c.example/2".to_owned()];
    let status = "StatusCallback=https%3A%2F%2Fc.example%2Fs";
    let document_url = || "https://c.example/d".to_owned();
    let next = "Url=https%3A%2F%2Fc.example%2Fd&Method=POST";
    vec![
        (
            Action::CreateQueue { name: "sales".to_owned(), size_max: Some(5) },
            "POST Queues.json FriendlyName=sales&MaxSize=5".to_owned(),
        ),
        (Action::DeleteQueue { queue: QUEUE.to_owned() }, format!("DELETE Queues/{QUEUE}.json -")),
        (
            Action::Dequeue { queue: QUEUE.to_owned(), leg: None, document_url: document_url() },
            format!("POST Queues/{QUEUE}/Members/Front.json {next}"),
        ),
        (
            Action::Dequeue { queue: QUEUE.to_owned(), leg: Some(id()), document_url: document_url() },
            format!("POST Queues/{QUEUE}/Members/{leg}.json {next}"),
        ),
        (
            message.into(),
            format!(
                "POST Messages.json To=%2B14155550123&From=%2B14155550100&Body=Hi+%26+bye\
                 &MediaUrl=https%3A%2F%2Fc.example%2F1&MediaUrl=https%3A%2F%2Fc.example%2F2&{status}"
            ),
        ),
    ]
}

/// Actions that Twilio would refuse, each with a word of what is said.
pub(super) fn refused(leg: &str, conference: &str) -> Vec<(Action, &'static str)> {
    let room = || ConferenceRef::Id(conference.to_owned());
    let detected = |timeout_secs| Detection::at_once().timeout(Duration::from_secs(timeout_secs));
    let mut keys = dial("+14155550123");
    keys.extras.digits = Some("12x".to_owned());
    let mut hasty = Detection::at_once();
    hasty.speech_max = Some(Duration::from_millis(999));
    let mut crowd = addition(room());
    crowd.participants_max = Some(251);
    let mut long = dial("+14155550123");
    long.document = Some("x".repeat(4001));
    let message = |body: &str| SendMessage::new(number("+14155550123"), number("+14155550100"), body);
    let stream = |url: &str| Action::StartStream { leg: leg.to_owned(), settings: Box::new(StreamSettings::new(url)) };
    let many = (0..100).fold(StreamSettings::new("wss://c.example"), |all, at| all.parameter(format!("p{at}"), "v"));
    let in_room = || Recorded::Conference(conference.to_owned());
    vec![
        (dial("+14155550123").parameter("a", "b").into(), "takes no parameters"),
        (dial("client:ana").parameter("a&b", "c").into(), "letters, digits"),
        (dial("+14155550123").caller_name("Acme").into(), "not offered; add a participant"),
        (dial("+14155550123").reason("x".repeat(51)).into(), "1 to 50"),
        (dial("+14155550123").detection(detected(2)).into(), "3 to 59"),
        (dial("+14155550123").detection(detected(60)).into(), "3 to 59"),
        (dial("+14155550123").detection(hasty).into(), "1000 to 6000"),
        (keys.into(), "1 to 32"),
        (long.into(), "4001 characters"),
        (addition(room()).detection(detected(9)).into(), "needs a status_url"),
        (addition(room()).label("a/b").into(), "no `/`"),
        (addition(room()).label(leg).into(), "not the id of a leg"),
        (addition(room()).coaching("boss").into(), "the id of the coached leg"),
        (addition(ConferenceRef::Id("room".to_owned())).into(), "the id of the conference"),
        (addition(ConferenceRef::Name(conference.to_owned())).into(), "name"),
        (addition(ConferenceRef::Name("..".to_owned())).into(), "name"),
        (crowd.into(), "2 to 250"),
        (message("").into(), "empty"),
        (message(&"x".repeat(1601)).into(), "1601 characters"),
        (stream("https://c.example/ear"), "wss://"),
        (stream("wss://c.example/ear?a=1"), "without a query"),
        (Action::StartStream { leg: leg.to_owned(), settings: Box::new(many) }, "100 parameters"),
        (Action::StopStream { leg: leg.to_owned(), stream: "..".to_owned() }, "name"),
        (Action::CreateQueue { name: String::new(), size_max: None }, "1 to 64"),
        (Action::LimitTime { leg: leg.to_owned(), time_limit: Duration::ZERO }, "limited to 0 s"),
        (Action::StopRecording { of: in_room(), recording: None }, "not offered; pause it"),
        (Action::DeleteRecording { recording: "Twilio.CURRENT".to_owned() }, "the id of the recording"),
        (Action::DeleteRecording { recording: "RE%2e%2e".to_owned() }, "the id of the recording"),
    ]
}
