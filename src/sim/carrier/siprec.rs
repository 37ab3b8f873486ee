//! `<Siprec>`: the audio of a leg is forked to a recorder (Twilio docs, TwiML Siprec). Only its beginning and end are
//! modelled: there is no recorder behind a connector here.

use super::Carrier;
use super::callback::pair;
use super::rest_background::Background;
use super::state::{Sid, Target};
use super::webhook::Purpose;
use super::xml::Element;

/// A fork to a recorder.
#[derive(Clone, Debug)]
pub(super) struct Siprec {
    pub(super) background: Background,
    told: Option<Target>,
}

impl Carrier {
    /// Forks the audio of a leg; gives the SR sid.
    pub(super) fn start_siprec(&mut self, call: &str, name: Option<&str>, told: Option<Target>) -> Sid {
        let sid = self.sid("SR");
        let background = Background::new(sid.clone(), call, name.map(str::to_owned), self.now);
        self.shelf.forking.push(self.shelf.siprecs.len());
        self.shelf.siprecs.push(Siprec { background, told });
        self.tell_siprec(&sid, "siprec-started");
        sid
    }

    /// `<Start><Siprec>`.
    pub(super) fn start_siprec_noun(&mut self, sid: &str, noun: &Element) {
        let callback = self.background_callback(sid, noun, "statusCallback", "");
        self.start_siprec(sid, noun.attr("name"), callback.map(|c| c.to));
    }

    /// Ends the fork of that name or sid, or all of a leg. `false`: there was none.
    pub(super) fn stop_siprecs(&mut self, call: &str, name: Option<&str>) -> bool {
        let now = self.now;
        let fits = |b: &Background| b.call == call && b.is(name);
        let places: Vec<(usize, Sid)> = self
            .shelf
            .forking
            .iter()
            .filter_map(|at| Some((*at, &self.shelf.siprecs.get(*at)?.background)))
            .filter(|(_, background)| fits(background))
            .map(|(at, background)| (at, background.sid.clone()))
            .collect();
        for (at, sid) in &places {
            self.tell_siprec(sid, "siprec-stopped");
            self.shelf.forking.retain(|other| other != at);
            if let Some(siprec) = self.shelf.siprecs.get_mut(*at) {
                siprec.background.stops(now);
            }
        }
        !places.is_empty()
    }

    /// Unverified: the names of the fields, which follow those of the stream callback.
    fn tell_siprec(&mut self, sid: &str, event: &str) {
        let Some(siprec) = self.shelf.siprecs.iter().rfind(|s| s.background.sid == sid).cloned() else { return };
        let Some(to) = siprec.told else { return };
        let pairs = vec![
            pair("AccountSid", &self.config.account_sid),
            pair("CallSid", &siprec.background.call),
            pair("SiprecSid", sid),
            pair("SiprecName", siprec.background.name.unwrap_or_default()),
            pair("SiprecEvent", event),
            pair("Timestamp", self.now.to_string()),
        ];
        self.send(&to, &pairs, Some(&siprec.background.call), Purpose::Callback(15_003));
    }
}
