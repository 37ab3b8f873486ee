//! Entering a conference, and what is done to somebody in it.

use super::Carrier;
use super::callback::pair;
use super::conference::{Person, Stage};
use super::state::{Call, Conferencing, Doing, Entry, Frame, Role, Subscription, Target};
use super::types::{CallStatus, EndCause, Hearing};
use super::xml::Element;

impl Carrier {
    /// `<Dial><Conference>`.
    pub(super) fn enter_by_verb(&mut self, sid: &str, verb: &Element, noun: &Element) {
        let url = self.document_url(sid);
        let name = noun.text.trim().to_owned();
        if name.is_empty() || name.chars().count() > 128 {
            self.fails(sid, 13_237, "a conference needs a name of 1 to 128 characters", &url);
            return;
        }
        let action = self.action_of(sid, verb);
        let entry = Entry {
            name,
            conference: None,
            label: noun.attr("participantLabel").map(str::to_owned),
            muted: noun.flag("muted", false),
            coach: noun.attr("coach").map(str::to_owned),
            starts: noun.flag("startConferenceOnEnter", true),
            ends: noun.flag("endConferenceOnExit", false),
            wait: self.wait_target(sid, noun, "waitMethod"),
            max: noun.number("maxParticipants", 250).clamp(2, 250),
            callback: self.conference_callback(sid, noun),
            record: self.conference_record(sid, noun),
        };
        self.answered(sid);
        self.enter(sid, &entry, action);
    }

    fn conference_callback(&mut self, sid: &str, noun: &Element) -> Option<Subscription> {
        let to = self.target_of(sid, noun, "statusCallback", "statusCallbackMethod")?;
        let default = if self.config.rules.twiml_conference_defaults_to_start_end { "start end" } else { "" };
        let events = noun.attr("statusCallbackEvent").unwrap_or(default);
        Some(Subscription { to, events: events.split_whitespace().map(str::to_owned).collect() })
    }

    /// A participant that REST dialled answered.
    pub(super) fn enter_by_api(&mut self, sid: &str, entry: &Entry) {
        let now = self.now;
        let Some(call) = self.live_mut(sid) else { return };
        call.frames.push(Frame {
            role: Role::Main,
            verbs: Vec::new(),
            next: 0,
            url: None,
            doing: Doing::Idle,
            began: now,
        });
        self.enter(sid, entry, None);
    }

    fn enter(&mut self, sid: &str, entry: &Entry, action: Option<Target>) {
        let named = entry.conference.as_deref();
        if named.is_some_and(|sid| self.running(sid).is_none()) {
            self.notify(16_022, Some(sid), "the conference is over", "");
            self.end(sid, CallStatus::Completed, EndCause::Failed);
            return;
        }
        let at = named.and_then(|sid| self.running(sid)).unwrap_or_else(|| self.open_room(entry));
        let Some(room) = self.conferences.get(at) else { return };
        let conference = room.sid.clone();
        self.set_doing(sid, Doing::Conferencing(Conferencing { conference, action }));
        if let Some((code, message)) = self.barred(at, sid, entry) {
            let url = self.document_url(sid);
            self.notify(code, Some(sid), message, &url);
            self.after_conference(sid);
            return;
        }
        let person = Person::of(sid, entry, self.now);
        if let Some(room) = self.conferences.get_mut(at)
            && !room.people.iter().any(|p| p.call == sid)
        {
            room.people.push(person);
        }
        self.joins(at, sid);
    }

    /// Why somebody cannot enter (Twilio docs, errors 16020, 16025, 13240).
    pub(super) fn barred(&self, at: usize, sid: &str, entry: &Entry) -> Option<(u32, &'static str)> {
        let room = self.conferences.get(at)?;
        let others = || room.people.iter().filter(|p| p.call != sid);
        let present = u64::try_from(others().filter(|p| p.joined).count()).unwrap_or(u64::MAX);
        if present >= entry.max {
            return Some((16_020, "the conference is full"));
        }
        if entry.label.is_some() && others().any(|p| p.label == entry.label) {
            return Some((16_025, "the label is taken"));
        }
        let absent = entry.coach.as_ref().is_some_and(|coached| !others().any(|p| p.joined && p.call == *coached));
        absent.then_some((13_240, "whom to coach is not in the conference"))
    }

    pub(super) fn person_mut(&mut self, at: usize, name: &str) -> Option<&mut Person> {
        self.conferences.get_mut(at)?.people.iter_mut().find(|p| p.is(name))
    }

    pub(super) fn set_muted(&mut self, at: usize, name: &str, muted: bool) {
        let now = self.now;
        let Some(person) = self.person_mut(at, name).filter(|p| p.muted != muted) else { return };
        person.muted = muted;
        person.updated = now;
        let person = person.clone();
        let event = if muted { "participant-mute" } else { "participant-unmute" };
        self.tell(at, event, "mute", Some(&person), Vec::new());
        self.refresh(at);
    }

    /// Somebody on hold hears music and nothing of the room.
    pub(super) fn set_hold(&mut self, at: usize, name: &str, hold: bool, music: Option<Target>) {
        let now = self.now;
        let Some(person) = self.person_mut(at, name) else { return };
        let changed = person.hold != hold;
        person.hold = hold;
        person.updated = now;
        let person = person.clone();
        let new_music = hold && music.is_some();
        if !changed && !new_music {
            return;
        }
        if changed {
            let event = if hold { "participant-hold" } else { "participant-unhold" };
            self.tell(at, event, "hold", Some(&person), Vec::new());
        }
        self.drop_upper(&person.call);
        let waits = self.conferences.get(at).is_some_and(|room| room.stage == Stage::Init);
        if hold {
            self.entertain(&person.call, music.as_ref());
        } else if waits {
            self.entertain(&person.call, person.wait.as_ref());
        }
        self.refresh(at);
    }

    pub(super) fn modified(&mut self, at: usize, name: &str) {
        let now = self.now;
        let Some(person) = self.person_mut(at, name) else { return };
        person.updated = now;
        let person = person.clone();
        self.tell(at, "participant-modify", "modify", Some(&person), Vec::new());
        self.refresh(at);
    }

    /// Twilio docs, Participant resource: the call goes on with the verb after its Dial.
    pub(super) fn kick(&mut self, call: &str) {
        self.leave_conference(call, "participant_kicked");
        let dialled = self.live(call).is_some_and(|c| c.entry.is_some());
        if dialled {
            self.end(call, CallStatus::Canceled, EndCause::Rest);
        } else {
            self.after_conference(call);
        }
    }

    pub(super) fn announce(&mut self, call: &str, target: Target) {
        if self.live(call).and_then(Call::conferencing).is_some() {
            self.fetch(call, Role::Announce, target, Vec::new());
        }
    }

    /// An announcement is over: back to what there was before.
    pub(super) fn announced(&mut self, sid: &str, played: bool) {
        let Some(url) = self.live(sid).and_then(Call::top).and_then(|f| f.url.clone()) else { return };
        let Some(call) = self.live_mut(sid) else { return };
        call.frames.pop();
        call.epoch += 1;
        let Some(at) = self.room_of(sid) else { return };
        let person = self.person_mut(at, sid).cloned();
        let event = if played { "announcement-end" } else { "announcement-fail" };
        self.tell(at, event, "announcement", person.as_ref(), vec![pair("AnnounceUrl", url)]);
        self.drop_upper(sid);
        let waits = self.conferences.get(at).is_some_and(|room| room.stage == Stage::Init);
        match person {
            Some(person) if person.hold => self.hear(sid, Hearing::Music("default".to_owned())),
            Some(person) if waits => self.entertain(sid, person.wait.as_ref()),
            _ => self.refresh(at),
        }
    }
}
