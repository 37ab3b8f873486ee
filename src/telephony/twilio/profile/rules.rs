//! How a form in Twilio's words becomes one in another provider's.

use std::fmt;

use super::Profile;
use crate::webhook::form;

/// A kind of thing that has a path. Lists and their items are told apart: what is said of a new call is not said of one
/// that is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Resource {
    /// Calls: placed here, listed here.
    Calls,
    /// One call.
    Call,
    /// One conference.
    Conference,
    /// Participants of a conference: added here.
    Participants,
    /// One participant.
    Participant,
    /// Recordings of a call: begun here.
    CallRecordings,
    /// One recording of a call.
    CallRecording,
    /// One recording of a conference.
    ConferenceRecording,
    /// One recording, by its id alone.
    Recording,
    /// Live transcriptions of a call: begun here.
    Transcriptions,
    /// One live transcription.
    Transcription,
    /// Streams of a call: begun here.
    Streams,
    /// One stream.
    Stream,
    /// SIPREC sessions of a call: begun here.
    SiprecSessions,
    /// One SIPREC session.
    SiprecSession,
    /// Queues: made here.
    Queues,
    /// One queue.
    Queue,
    /// One leg in a queue.
    Member,
    /// Messages: sent here.
    Messages,
    /// Numbers of the account: bought here, listed here.
    Numbers,
    /// One number.
    Number,
    /// Numbers that could be bought.
    AvailableNumbers,
}

impl Resource {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Calls,
        Self::Call,
        Self::Conference,
        Self::Participants,
        Self::Participant,
        Self::CallRecordings,
        Self::CallRecording,
        Self::ConferenceRecording,
        Self::Recording,
        Self::Transcriptions,
        Self::Transcription,
        Self::Streams,
        Self::Stream,
        Self::SiprecSessions,
        Self::SiprecSession,
        Self::Queues,
        Self::Queue,
        Self::Member,
        Self::Messages,
        Self::Numbers,
        Self::Number,
        Self::AvailableNumbers,
    ];
}

/// Something that not every provider can do. As text it goes with "is not offered", and says the plural or singular of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// A document that goes with the request.
    InlineDocument,
    /// Changing how long a live leg may last.
    TimeLimitChange,
    /// Adding somebody to a conference by ringing.
    AddParticipant,
    /// Adding somebody to a conference by its name.
    ConferenceByName,
    /// A caller id other than `from`.
    CallerId,
    /// A name shown to who is rung by a dial.
    DialCallerName,
    /// A name shown to who is added to a conference.
    ParticipantCallerName,
    /// A reason that is shown.
    CallReason,
    /// Parameters for clients and SIP devices.
    Parameters,
    /// Keys pressed after the answer.
    Digits,
    /// A supervisor whom one participant hears.
    Coaching,
    /// Announcements in conferences.
    Announcements,
    /// Changing whether a conference ends with a participant.
    EndOnExit,
    /// Changing whether a participant's leaving beeps.
    BeepOnExit,
    /// Changing what is heard before a conference starts.
    WaitMusic,
    /// Choosing what a paused recording holds.
    PauseGap,
    /// Pausing recordings of conferences.
    ConferenceRecordingPause,
    /// Stopping recordings of conferences.
    ConferenceRecordingStop,
    /// The only recording that runs, without its id.
    CurrentRecording,
    /// Live transcriptions.
    Transcriptions,
    /// Streams to web sockets.
    Streams,
    /// SIPREC sessions.
    Siprec,
    /// Making and deleting queues.
    Queues,
    /// Taking a given leg, or the first one, out of a queue.
    Dequeue,
    /// Text messages.
    Messages,
    /// Listing, buying, binding and releasing numbers.
    Numbers,
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InlineDocument => "a document inside a request is",
            Self::TimeLimitChange => "changing how long a live leg may last is",
            Self::AddParticipant => "adding a participant by ringing is",
            Self::ConferenceByName => "adding a participant to a conference by its name is",
            Self::CallerId => "a caller id beside the calling number is",
            Self::DialCallerName => "a caller's name for a dial is",
            Self::ParticipantCallerName => "a caller's name for a participant is",
            Self::CallReason => "a reason for the call is",
            Self::Parameters => "parameters for a client or SIP device are",
            Self::Digits => "keys pressed after the answer are",
            Self::Coaching => "coaching is",
            Self::Announcements => "announcements in conferences are",
            Self::EndOnExit => "changing whether a conference ends with a participant is",
            Self::BeepOnExit => "changing the beep of a participant who leaves is",
            Self::WaitMusic => "changing what is heard before a conference is",
            Self::PauseGap => "choosing what a paused recording holds is",
            Self::ConferenceRecordingPause => "pausing the recording of a conference is",
            Self::ConferenceRecordingStop => "stopping the recording of a conference is",
            Self::CurrentRecording => "naming a recording otherwise than by its id is",
            Self::Transcriptions => "live transcription by request is",
            Self::Streams => "streams by request are",
            Self::Siprec => "SIPREC by request is",
            Self::Queues => "making and deleting queues is",
            Self::Dequeue => "taking legs out of a queue by request is",
            Self::Messages => "text messages are",
            Self::Numbers => "managing numbers is",
        })
    }
}

/// A field that must go along with requests to some resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtraField {
    /// Which resources.
    pub at: &'static [Resource],
    /// The field.
    pub name: &'static str,
    /// Its value; `{application}` and the like stand for [`Profile::settings`].
    pub value: &'static str,
}

/// How one field differs from Twilio's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// At which resources.
    pub at: &'static [Resource],
    /// Twilio's name of the field.
    pub field: &'static str,
    /// How it differs.
    pub change: Change,
}

/// A difference of one field. What is named first is Twilio's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// It has this name.
    Name(&'static str),
    /// This value is that one.
    Value(&'static str, &'static str),
    /// It counts milliseconds, not seconds.
    Millis,
    /// There is no such field, and it is left out.
    Absent,
}

/// How a field with several values is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lists {
    /// The field again for each.
    Repeated,
    /// One field, with spaces between the values.
    Spaced,
}

/// A form in Twilio's words.
#[derive(Debug, Default)]
pub(in crate::telephony::twilio) struct Form(Vec<(String, String)>);

impl Form {
    pub(in crate::telephony::twilio) fn new() -> Self {
        Self::default()
    }

    pub(in crate::telephony::twilio) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.put(name, value);
        self
    }

    pub(in crate::telephony::twilio) fn put(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    pub(in crate::telephony::twilio) fn put_some(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    /// The form in the words of `profile`, encoded.
    pub(in crate::telephony::twilio) fn encode(self, profile: &Profile, resource: Resource) -> String {
        let mut fields: Vec<(String, String)> = Vec::new();
        let extra = profile.extra_fields.iter().filter(|extra| extra.at.contains(&resource));
        fields.extend(extra.map(|extra| (extra.name.to_owned(), profile.filled(extra.value))));
        for field in self.0 {
            let Some((name, value)) = changed(profile, resource, field) else { continue };
            match fields.last_mut().filter(|(last, _)| *last == name && profile.lists == Lists::Spaced) {
                Some((_, values)) => {
                    values.push(' ');
                    values.push_str(&value);
                }
                None => fields.push((name, value)),
            }
        }
        form::encode(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }
}

fn changed(profile: &Profile, resource: Resource, field: (String, String)) -> Option<(String, String)> {
    let (mut name, mut value) = field;
    let twilio_name = name.clone();
    let rules = profile.rules.iter().filter(|rule| rule.at.contains(&resource) && rule.field == twilio_name);
    for rule in rules {
        match rule.change {
            Change::Name(own) => own.clone_into(&mut name),
            Change::Value(from, to) if value == from => to.clone_into(&mut value),
            Change::Value(..) => {}
            Change::Millis => value.push_str("000"),
            Change::Absent => return None,
        }
    }
    Some((name, value))
}
