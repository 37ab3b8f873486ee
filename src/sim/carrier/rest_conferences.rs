//! The Conference resource (Twilio docs, Conference resource).

use super::Carrier;
use super::render::within;
use super::rest::{Answer, Refusal, Request, not_allowed, not_found, page_of, refuse};
use super::state::Target;

impl Carrier {
    pub(super) fn conferences_resource(&mut self, request: &Request<'_>) -> Answer {
        if request.method != "GET" {
            return not_allowed();
        }
        within(request, "DateCreated", None)?;
        within(request, "DateUpdated", None)?;
        if request.filter("Status").is_some_and(|status| !matches!(status, "init" | "in-progress" | "completed")) {
            return refuse(20_001, "Status must be init, in-progress or completed");
        }
        let mut items = Vec::new();
        for room in self.conferences.iter().rev() {
            let equal = request.filter("FriendlyName").is_none_or(|name| room.name == name)
                && request.filter("Status").is_none_or(|status| room.stage.as_str() == status);
            let dates = within(request, "DateCreated", Some(room.created))?
                && within(request, "DateUpdated", Some(room.updated))?;
            if equal && dates {
                items.push((room.sid.clone(), room));
            }
        }
        page_of(request, "conferences", &items, |room| self.conference_json(room))
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

    fn update_conference(&mut self, request: &Request<'_>, at: usize) -> Result<(), Refusal> {
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
}

/// What is to be announced, to one or to all.
pub(super) fn announcement(request: &Request<'_>) -> Result<Option<Target>, Refusal> {
    request.target("AnnounceUrl", "AnnounceMethod")
}
