//! Conferences: who is in, when they start and end, and who is told (Twilio docs, TwiML Conference).

use std::collections::BTreeSet;

use super::Carrier;
use super::callback::{pair, rfc2822};
use super::form::Pairs;
use super::state::{Call, Entry, Sid, Subscription, Target};
use super::types::{CallStatus, EndCause, Hearing};
use super::webhook::Purpose;
use crate::time::Timestamp;

/// State of a conference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Init,
    InProgress,
    Completed,
}

impl Stage {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Conference {
    pub(super) sid: Sid,
    pub(super) name: String,
    pub(super) stage: Stage,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) people: Vec<Person>,
    pub(super) callback: Option<Subscription>,
    pub(super) events: u64,
    pub(super) reason: Option<&'static str>,
    pub(super) ended_by: Option<Sid>,
    pub(super) record: Option<super::recording::RecordPlan>,
}

/// A participant; one that REST added is there before it answers.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) call: Sid,
    pub(super) label: Option<String>,
    pub(super) muted: bool,
    pub(super) hold: bool,
    pub(super) coach: Option<Sid>,
    pub(super) starts: bool,
    pub(super) ends: bool,
    pub(super) wait: Option<Target>,
    pub(super) joined: bool,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

impl Person {
    pub(super) fn of(call: &str, entry: &Entry, now: Timestamp) -> Self {
        Self {
            call: call.to_owned(),
            label: entry.label.clone(),
            muted: entry.muted,
            hold: false,
            coach: entry.coach.clone(),
            starts: entry.starts,
            ends: entry.ends,
            wait: entry.wait.clone(),
            joined: false,
            created: now,
            updated: now,
        }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.call == name || self.label.as_deref() == Some(name)
    }

    /// Whether `other` can hear this one.
    fn reaches(&self, other: &Self) -> bool {
        !self.muted && self.coach.as_ref().is_none_or(|coached| *coached == other.call)
    }
}

/// What somebody who waits is to hear.
pub(super) enum Waiting {
    Music(String),
    Silence,
    Document(Target),
}

impl Waiting {
    pub(super) fn of(wait: Option<&Target>) -> Self {
        match wait {
            None => Self::Music("default".to_owned()),
            Some(target) if target.url.trim().is_empty() => Self::Silence,
            Some(target) if is_known_music(&target.url) => Self::Music(target.url.clone()),
            Some(target) => Self::Document(target.clone()),
        }
    }
}

/// Playlists that Twilio hosts itself: no webhook is needed to know what they are.
fn is_known_music(url: &str) -> bool {
    url.contains("com.twilio.sounds.music")
        || url.contains("com.twilio.music")
        || url.contains("twimlets.com/holdmusic")
}

impl Carrier {
    /// The running conference of this name or sid.
    pub(super) fn running(&self, name: &str) -> Option<usize> {
        self.rooms.iter().copied().find(|at| self.conferences.get(*at).is_some_and(|c| c.sid == name || c.name == name))
    }

    pub(super) fn room_of(&self, call: &str) -> Option<usize> {
        let within = |at: &usize| self.conferences.get(*at).is_some_and(|c| c.people.iter().any(|p| p.call == call));
        self.rooms.iter().copied().find(within)
    }

    /// The running conference, or a new one. Only the first participant's callback counts.
    pub(super) fn open_room(&mut self, entry: &Entry) -> usize {
        if let Some(at) = self.running(&entry.name) {
            return at;
        }
        let sid = self.sid("CF");
        self.conferences.push(Conference {
            sid,
            name: entry.name.clone(),
            stage: Stage::Init,
            created: self.now,
            updated: self.now,
            people: Vec::new(),
            callback: entry.callback.clone(),
            events: 0,
            reason: None,
            ended_by: None,
            record: entry.record.clone(),
        });
        let at = self.conferences.len() - 1;
        self.rooms.push(at);
        at
    }

    /// Somebody is in. Twilio docs: starts with two participants of whom one has startConferenceOnEnter.
    pub(super) fn joins(&mut self, at: usize, call: &str) {
        let now = self.now;
        let Some(room) = self.conferences.get_mut(at) else { return };
        let Some(person) = room.people.iter_mut().find(|p| p.call == call) else { return };
        person.joined = true;
        person.updated = now;
        let person = person.clone();
        let (stage, present) = (room.stage, room.people.iter().filter(|p| p.joined).count());
        let starts = stage == Stage::Init && present >= 2 && room.people.iter().any(|p| p.joined && p.starts);
        self.tell(at, "participant-join", "join", Some(&person), Vec::new());
        if starts {
            self.starts(at);
        } else if stage == Stage::Init {
            self.entertain(call, person.wait.as_ref());
        } else {
            self.drop_upper(call);
            self.refresh(at);
        }
    }

    fn starts(&mut self, at: usize) {
        let now = self.now;
        let Some(room) = self.conferences.get_mut(at) else { return };
        room.stage = Stage::InProgress;
        room.updated = now;
        let people: Vec<Person> = room.people.iter().filter(|p| p.joined && !p.hold).cloned().collect();
        self.tell(at, "conference-start", "start", None, Vec::new());
        self.records_conference(at);
        for person in people {
            self.drop_upper(&person.call);
        }
        self.refresh(at);
    }

    /// Works out again who hears whom.
    pub(super) fn refresh(&mut self, at: usize) {
        let Some(room) = self.conferences.get(at) else { return };
        let scope = room.sid.clone();
        if room.stage != Stage::InProgress {
            self.talk(&scope, &BTreeSet::new());
            return;
        }
        let people: Vec<Person> = room.people.iter().filter(|p| p.joined && !p.hold).cloned().collect();
        let mut pairs = BTreeSet::new();
        for a in &people {
            for b in people.iter().filter(|b| a.call < b.call && a.reaches(b) && b.reaches(a)) {
                pairs.insert((a.call.clone(), b.call.clone()));
            }
        }
        self.talk(&scope, &pairs);
        self.conference_heard(&scope, &people);
        for person in &people {
            let announced = self.live(&person.call).is_some_and(|c| c.frames.len() > 1);
            // One who is muted is still company: nobody is left alone by a muted agent.
            let company = |p: &&Person| p.call != person.call && p.coach.as_ref().is_none_or(|c| *c == person.call);
            let alone = people.iter().find(company).is_none();
            if !announced {
                self.hear(&person.call, if alone { Hearing::Silence } else { Hearing::Party });
            }
        }
    }

    /// Takes a leg out of its conference, if it is in one.
    pub(super) fn leave_conference(&mut self, call: &str, reason: &str) {
        let Some(at) = self.room_of(call) else { return };
        let now = self.now;
        let Some(room) = self.conferences.get_mut(at) else { return };
        let Some(place) = room.people.iter().position(|p| p.call == call) else { return };
        let person = room.people.remove(place);
        room.updated = now;
        let left = room.people.iter().any(|p| p.joined);
        let pending = !room.people.is_empty();
        let reason = if person.joined { reason } else { "participant_add_failed" };
        self.tell_leave(at, &person, reason);
        let kicked = reason == "participant_kicked";
        if person.joined && person.ends {
            let kick = "participant-with-end-conference-on-exit-kicked";
            let why = if kicked { kick } else { "participant-with-end-conference-on-exit-left" };
            self.end_conference(at, why, Some(call));
        } else if (person.joined && !left) || !pending {
            self.end_conference(
                at,
                if kicked { "last-participant-kicked" } else { "last-participant-left" },
                Some(call),
            );
        } else {
            self.refresh(at);
        }
    }

    fn tell_leave(&mut self, at: usize, person: &Person, reason: &str) {
        let status = self.calls.get(&person.call).map_or(CallStatus::Completed, |c| c.status);
        // Twilio docs, conference callback: a kick is `participant_updated_via_api` among the documented reasons.
        let reason = if reason == "participant_kicked" { "participant_updated_via_api" } else { reason };
        let extra = vec![pair("ParticipantCallStatus", status.as_str()), pair("ReasonParticipantLeft", reason)];
        self.tell(at, "participant-leave", "leave", Some(person), extra);
    }

    /// It is over for all; each leg goes on with what follows its Dial.
    pub(super) fn end_conference(&mut self, at: usize, reason: &'static str, by: Option<&str>) {
        let now = self.now;
        let Some(room) = self.conferences.get_mut(at).filter(|room| room.stage != Stage::Completed) else { return };
        room.stage = Stage::Completed;
        room.updated = now;
        room.reason = Some(reason);
        room.ended_by = by.map(str::to_owned);
        let (people, sid) = (std::mem::take(&mut room.people), room.sid.clone());
        self.conference_recorded(&sid);
        self.rooms.retain(|open| *open != at);
        let api = reason == "conference-ended-via-api";
        self.refresh(at);
        for person in &people {
            self.tell_leave(at, person, if api { "conference_ended_via_api" } else { "moderator_ended_conference" });
        }
        let mut extra = vec![pair("ReasonConferenceEnded", reason), pair("Reason", reason.replace('-', " "))];
        extra.extend(by.map(|call| pair("CallSidEndingConference", call)));
        self.tell(at, "conference-end", "end", None, extra);
        for person in people {
            if person.joined {
                self.after_conference(&person.call);
            } else {
                self.end(&person.call, CallStatus::Canceled, EndCause::Rest);
            }
        }
    }

    /// The leg is out of its conference, and goes on with the Dial's action or the next verb.
    pub(super) fn after_conference(&mut self, call: &str) {
        let Some(conferencing) = self.live(call).and_then(Call::conferencing).cloned() else { return };
        self.drop_upper(call);
        self.set_doing(call, super::state::Doing::Ready);
        self.hear(call, Hearing::Silence);
        match conferencing.action {
            // Twilio docs, Dial action: `answered` for a conference.
            Some(action) => self.fetch_main(call, action, vec![pair("DialCallStatus", "answered")]),
            None => self.run(call),
        }
    }

    /// An event of a conference: counted, and told to who subscribed to it.
    pub(super) fn tell(&mut self, at: usize, event: &str, kind: &str, person: Option<&Person>, extra: Pairs) {
        let now = self.now;
        let count_all = self.config.rules.unsubscribed_events_count;
        let Some(room) = self.conferences.get_mut(at) else { return };
        let subscribed = room.callback.as_ref().is_some_and(|s| s.events.contains(kind));
        if subscribed || count_all {
            room.events += 1;
        }
        let Some(to) = room.callback.as_ref().filter(|_| subscribed).map(|s| s.to.clone()) else { return };
        let mut pairs = vec![
            pair("AccountSid", &self.config.account_sid),
            pair("ConferenceSid", &room.sid),
            pair("FriendlyName", &room.name),
            pair("StatusCallbackEvent", event),
            pair("SequenceNumber", room.events.to_string()),
            pair("Timestamp", rfc2822(now)),
        ];
        if let Some(person) = person {
            pairs.extend(block(person));
        }
        pairs.extend(extra);
        let call = person.map(|p| p.call.clone());
        self.send(&to, &pairs, call.as_deref(), Purpose::Callback(16_011));
    }
}

/// The participant block of conference callbacks.
fn block(person: &Person) -> Pairs {
    let text = |on: bool| if on { "true" } else { "false" };
    let mut pairs = vec![
        pair("CallSid", &person.call),
        pair("Muted", text(person.muted)),
        pair("Hold", text(person.hold)),
        pair("Coaching", text(person.coach.is_some())),
        pair("EndConferenceOnExit", text(person.ends)),
        pair("StartConferenceOnEnter", text(person.starts)),
    ];
    pairs.extend(person.label.as_ref().map(|label| pair("ParticipantLabel", label)));
    pairs.extend(person.coach.as_ref().map(|coached| pair("CallSidToCoach", coached)));
    pairs
}
