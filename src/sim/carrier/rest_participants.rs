//! The Participant resource (Twilio docs, Participant resource).

use super::Carrier;
use super::conference::{Person, Stage};
use super::rest::{Answer, Refusal, Request, not_allowed, not_found, page, refuse};
use super::rest_calls::{number, subscription};
use super::rest_conferences::announcement;
use super::rest_fields::is_sid;
use super::state::{Entry, Target};

/// Twilio docs: the longest label, and the shortest and longest Timeout.
const LABEL_MAX: usize = 128;
const TIMEOUT: std::ops::RangeInclusive<u64> = 5..=600;
/// Twilio docs: where a conference is mixed.
const REGIONS: [&str; 12] = ["us1", "us2", "ie1", "de1", "sg1", "br1", "au1", "jp1", "in1", "us-east-1", "ie", "gll"];
/// Twilio docs: the longest name of a conference.
const NAME_MAX: usize = 128;

impl Carrier {
    pub(super) fn participants_resource(&mut self, request: &Request<'_>, room: &str) -> Answer {
        match request.method {
            "GET" => self.list_people(request, room),
            "POST" => self.add_person(request, room),
            _ => not_allowed(),
        }
    }

    fn list_people(&self, request: &Request<'_>, room: &str) -> Answer {
        let found = self.running(room).or_else(|| self.conferences.iter().position(|c| c.sid == room));
        let Some(room) = found.and_then(|at| self.conferences.get(at)) else { return not_found(request.path) };
        let wanted = |name: &str, is: bool| request.filter(name).is_none_or(|v| v == if is { "true" } else { "false" });
        // Twilio docs: only participants who are present.
        let present = room.people.iter().rev().filter(|p| p.joined);
        let items = present
            .filter(|p| wanted("Muted", p.muted) && wanted("Hold", p.hold) && wanted("Coaching", p.coach.is_some()))
            .map(|p| (p.call.clone(), self.person_json(room, p)))
            .collect();
        page(request, "participants", items)
    }

    fn add_person(&mut self, request: &Request<'_>, room: &str) -> Answer {
        if is_sid(room, "CF") && self.running(room).is_none() {
            return refuse(16_022, "The conference is missing or has completed");
        }
        if room.is_empty() || room.chars().count() > NAME_MAX {
            return refuse(20_001, format!("A conference needs a name of 1 to {NAME_MAX} characters"));
        }
        if request.given("Region").is_some_and(|region| !REGIONS.contains(&region)) {
            return refuse(20_001, format!("Region must be one of {}", REGIONS.join(", ")));
        }
        let mut call = self.new_leg(request)?;
        if number(request, "Timeout", 60).is_some_and(|timeout| !TIMEOUT.contains(&timeout)) {
            return refuse(21_208, "Timeout must be from 5 to 600");
        }
        if request.form.iter().any(|(name, _)| name.starts_with("AsyncAmd")) {
            // Twilio docs, error 21263: for POST Calls only.
            self.notify(21_263, Some(&call.sid), "AsyncAmd means nothing to a participant", "");
        }
        let mut entry = entry_of(request, room);
        request.target("WaitUrl", "WaitMethod")?;
        judge_label(entry.label.as_deref())?;
        self.judge_coach(room, &entry, request.flag("Coaching") == Some(true))?;
        if let Some((code, message)) = self.running(room).and_then(|at| self.barred(at, &call.sid, &entry)) {
            return refuse(code, message);
        }
        self.judge_line()?;
        let at = self.open_room(&entry);
        let Some(conference) = self.conferences.get_mut(at) else { return not_found(request.path) };
        entry.name.clone_from(&conference.name);
        entry.conference = Some(conference.sid.clone());
        conference.people.push(Person::of(&call.sid, &entry, self.now));
        call.entry = Some(entry);
        let sid = self.add_call(call);
        self.queue_call(&sid);
        self.show_person(request, at, &sid, 201)
    }

    /// Twilio docs, errors 16027 and 16028: whom to coach is there, and not on hold.
    fn judge_coach(&self, room: &str, entry: &Entry, coaching: bool) -> Result<(), Refusal> {
        let Some(coached) = &entry.coach else {
            return if coaching { refuse(16_028, "Coaching needs CallSidToCoach") } else { Ok(()) };
        };
        let room = self.running(room).and_then(|at| self.conferences.get(at));
        match room.and_then(|room| room.people.iter().find(|p| p.joined && p.call == *coached)) {
            Some(person) if person.hold => refuse(16_027, "The participant to coach is on hold"),
            Some(_) => Ok(()),
            None => refuse(16_028, "The participant to coach is not in the conference"),
        }
    }

    fn show_person(&self, request: &Request<'_>, at: usize, name: &str, status: u16) -> Answer {
        let room = self.conferences.get(at);
        match room.and_then(|room| room.people.iter().find(|p| p.is(name)).map(|p| (room, p))) {
            Some((room, person)) => Ok((status, Some(self.person_json(room, person)))),
            None => not_found(request.path),
        }
    }

    pub(super) fn participant_resource(&mut self, request: &Request<'_>, room: &str, name: &str) -> Answer {
        let Some(at) = self.running(room) else { return not_found(request.path) };
        let Some(person) = self.person_mut(at, name).cloned() else { return not_found(request.path) };
        match request.method {
            "GET" => {}
            "POST" => self.update_person(request, at, &person)?,
            "DELETE" => {
                self.kick(&person.call);
                return Ok((204, None));
            }
            _ => return not_allowed(),
        }
        self.show_person(request, at, &person.call, 200)
    }

    fn update_person(&mut self, request: &Request<'_>, at: usize, person: &Person) -> Result<(), Refusal> {
        let announce = announcement(request)?;
        let sid = person.call.clone();
        request.target("HoldUrl", "HoldMethod")?;
        request.target("WaitUrl", "WaitMethod")?;
        let music = request.given("HoldUrl").map(|url| {
            // Twilio docs, Participant resource: HoldMethod is GET by default.
            Target::new(url, Some(request.given("HoldMethod").unwrap_or("GET")))
        });
        // The only part that may still be refused goes first.
        let mut modified = self.update_coaching(request, at, &sid)?;
        if let Some(muted) = request.flag("Muted") {
            self.set_muted(at, &sid, muted);
        }
        if let Some(hold) = request.flag("Hold") {
            self.set_hold(at, &sid, hold, music);
        }
        modified |= request.field("BeepOnExit").is_some();
        if let (Some(ends), Some(person)) = (request.flag("EndConferenceOnExit"), self.person_mut(at, &sid)) {
            person.ends = ends;
            modified = true;
        }
        if let (Some(url), Some(person)) = (request.field("WaitUrl"), self.person_mut(at, &sid)) {
            person.wait = Some(Target::new(url, request.field("WaitMethod")));
            modified = true;
            self.wait_changed(at, &sid);
        }
        if modified {
            self.modified(at, &sid);
        }
        if let Some(target) = announce {
            self.announce(&sid, target);
        }
        Ok(())
    }

    /// Somebody who waits for the conference hears the new music at once.
    fn wait_changed(&mut self, at: usize, sid: &str) {
        let waits = self.conferences.get(at).is_some_and(|room| room.stage == Stage::Init);
        let person = self.person_mut(at, sid).filter(|person| waits && person.joined && !person.hold).cloned();
        if let Some(person) = person {
            self.drop_upper(sid);
            self.entertain(sid, person.wait.as_ref());
        }
    }

    fn update_coaching(&mut self, request: &Request<'_>, at: usize, sid: &str) -> Result<bool, Refusal> {
        let coached = request.given("CallSidToCoach").map(str::to_owned);
        let coaching = request.flag("Coaching");
        if coaching.is_none() && coached.is_none() {
            return Ok(false);
        }
        let there = coached.as_ref().and_then(|c| self.person_mut(at, c)).map(|p| (p.joined, p.hold));
        let Some(person) = self.person_mut(at, sid) else { return Ok(false) };
        if coaching == Some(false) {
            person.coach = None;
            return Ok(true);
        }
        match (coached.or_else(|| person.coach.clone()), there) {
            (Some(_), Some((_, true))) => refuse(16_027, "The participant to coach is on hold"),
            (Some(coached), Some((true, false))) => {
                person.coach = Some(coached);
                Ok(true)
            }
            (Some(coached), None) if person.coach.as_ref() == Some(&coached) => Ok(true),
            _ => refuse(16_028, "The participant to coach is not in the conference"),
        }
    }
}

/// Twilio docs, errors 16023 and 16024. Which of the two stands for which fault is unverified.
fn judge_label(label: Option<&str>) -> Result<(), Refusal> {
    match label {
        Some(label) if label.chars().count() > LABEL_MAX => {
            refuse(16_023, format!("Label must not be longer than {LABEL_MAX} characters"))
        }
        Some(label) if label.contains('/') || label.starts_with("CA") => {
            refuse(16_024, "Label must be without `/`, and no call sid")
        }
        _ => Ok(()),
    }
}

fn entry_of(request: &Request<'_>, room: &str) -> Entry {
    let wait = request.field("WaitUrl").map(|url| Target::new(url, request.field("WaitMethod")));
    Entry {
        name: room.to_owned(),
        conference: None,
        label: request.given("Label").map(str::to_owned),
        muted: request.flag("Muted").unwrap_or(false),
        // Twilio docs: who names whom to coach is coaching, unless Coaching says otherwise.
        coach: request.given("CallSidToCoach").filter(|_| request.flag("Coaching") != Some(false)).map(str::to_owned),
        starts: request.flag("StartConferenceOnEnter").unwrap_or(true),
        ends: request.flag("EndConferenceOnExit").unwrap_or(false),
        wait,
        max: number(request, "MaxParticipants", 250).unwrap_or(250).clamp(2, 250),
        callback: subscription(request, "ConferenceStatusCallback", "start end"),
        record: super::recording_sources::plan_of_conference(request),
    }
}
