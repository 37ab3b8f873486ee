//! The Conference and Participant resources (Twilio docs, Conference and Participant resources).

use super::Carrier;
use super::conference::Person;
use super::form::{get, is_web_url, split_fragment};
use super::render::within;
use super::rest::{Answer, Request, not_allowed, not_found, page, refuse};
use super::rest_calls::{number, subscription};
use super::state::{Entry, Target};

impl Carrier {
    pub(super) fn conferences_resource(&mut self, request: &Request<'_>) -> Answer {
        if request.method != "GET" {
            return not_allowed();
        }
        within(request, "DateCreated", None)?;
        within(request, "DateUpdated", None)?;
        let mut items = Vec::new();
        for room in self.conferences.iter().rev() {
            let json = self.conference_json(room);
            let equal = [("FriendlyName", "friendly_name"), ("Status", "status")]
                .iter()
                .all(|(filter, field)| get(&request.query, filter).is_none_or(|v| json[*field].as_str() == Some(v)));
            let dates = within(request, "DateCreated", Some(room.created))?
                && within(request, "DateUpdated", Some(room.updated))?;
            if equal && dates {
                items.push((room.sid.clone(), json));
            }
        }
        page(request, "conferences", items)
    }

    pub(super) fn conference_resource(&mut self, request: &Request<'_>, sid: &str) -> Answer {
        let Some(at) = self.conferences.iter().position(|room| room.sid == sid) else {
            return not_found(request.path);
        };
        match request.method {
            "GET" => {}
            "POST" => self.update_conference(request, at)?,
            _ => return not_allowed(),
        }
        match self.conferences.get(at) {
            Some(room) => Ok((200, Some(self.conference_json(room)))),
            None => not_found(request.path),
        }
    }

    fn update_conference(&mut self, request: &Request<'_>, at: usize) -> Result<(), super::rest::Refusal> {
        let announce = announcement(request)?;
        match request.given("Status") {
            None => {}
            Some("completed") => self.end_conference(at, "conference-ended-via-api", None),
            Some(other) => return refuse(20_001, format!("Invalid Status {other:?}")),
        }
        if let Some(target) = announce {
            let people = self.conferences.get(at).map(|room| room.people.clone()).unwrap_or_default();
            for person in people.into_iter().filter(|p| p.joined) {
                self.announce(&person.call, target.clone());
            }
        }
        Ok(())
    }

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
        let wanted =
            |name: &str, is: bool| get(&request.query, name).is_none_or(|v| v == if is { "true" } else { "false" });
        // Twilio docs: only participants who are present.
        let present = room.people.iter().rev().filter(|p| p.joined);
        let items = present
            .filter(|p| wanted("Muted", p.muted) && wanted("Hold", p.hold) && wanted("Coaching", p.coach.is_some()))
            .map(|p| (p.call.clone(), self.person_json(room, p)))
            .collect();
        page(request, "participants", items)
    }

    fn add_person(&mut self, request: &Request<'_>, room: &str) -> Answer {
        let by_sid = room.len() == 34 && room.starts_with("CF");
        if by_sid && self.running(room).is_none() {
            return if self.conferences.iter().any(|c| c.sid == room) {
                refuse(16_022, "The conference has completed")
            } else {
                not_found(request.path)
            };
        }
        let mut call = self.new_leg(request)?;
        if request.form.iter().any(|(name, _)| name.starts_with("AsyncAmd")) {
            // Twilio docs, error 21263: for POST Calls only.
            self.notify(21_263, Some(&call.sid), "AsyncAmd means nothing to a participant", "");
        }
        let mut entry = entry_of(request, room);
        if entry.label.as_ref().is_some_and(|l| l.chars().count() > 128 || l.contains('/') || l.starts_with("CA")) {
            return refuse(16_023, "Label must be at most 128 characters, without `/`, and no call sid");
        }
        if let Some((code, message)) = self.running(room).and_then(|at| self.barred(at, &call.sid, &entry)) {
            return refuse(code, message);
        }
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

    fn update_person(&mut self, request: &Request<'_>, at: usize, person: &Person) -> Result<(), super::rest::Refusal> {
        let announce = announcement(request)?;
        let sid = person.call.clone();
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
        }
        if modified {
            self.modified(at, &sid);
        }
        if let Some(target) = announce {
            self.announce(&sid, target);
        }
        Ok(())
    }

    fn update_coaching(&mut self, request: &Request<'_>, at: usize, sid: &str) -> Result<bool, super::rest::Refusal> {
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

fn entry_of(request: &Request<'_>, room: &str) -> Entry {
    let wait = request.field("WaitUrl").map(|url| Target::new(url, request.field("WaitMethod")));
    Entry {
        name: room.to_owned(),
        conference: None,
        label: request.given("Label").map(str::to_owned),
        muted: request.flag("Muted").unwrap_or(false),
        coach: request.given("CallSidToCoach").map(str::to_owned),
        starts: request.flag("StartConferenceOnEnter").unwrap_or(true),
        ends: request.flag("EndConferenceOnExit").unwrap_or(false),
        wait,
        max: number(request, "MaxParticipants", 250).unwrap_or(250).clamp(2, 250),
        callback: subscription(request, "ConferenceStatusCallback", "start end"),
        record: super::recording_sources::plan_of_conference(request),
    }
}

fn announcement(request: &Request<'_>) -> Result<Option<Target>, super::rest::Refusal> {
    let Some(url) = request.given("AnnounceUrl") else { return Ok(None) };
    if !is_web_url(split_fragment(url).0) {
        return refuse(21_205, format!("AnnounceUrl is not a valid URL: {url}"));
    }
    Ok(Some(Target::new(url, request.field("AnnounceMethod"))))
}
