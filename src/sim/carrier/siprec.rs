//! `<Siprec>`: the audio of a leg is forked to a recorder (Twilio docs, TwiML Siprec). Only its beginning and end are
//! modelled: there is no recorder behind a connector here.

use super::Carrier;
use super::callback::pair;
use super::state::{Sid, Target};
use super::webhook::Purpose;
use super::xml::Element;

/// A fork to a recorder.
#[derive(Clone, Debug)]
pub(super) struct Siprec {
    sid: Sid,
    call: Sid,
    name: Option<String>,
    told: Option<Target>,
    running: bool,
}

impl Carrier {
    /// Forks the audio of a leg; gives the SR sid.
    pub(super) fn start_siprec(&mut self, call: &str, name: Option<&str>, told: Option<Target>) -> Sid {
        let sid = self.sid("SR");
        let name = name.map(str::to_owned);
        self.shelf.siprecs.push(Siprec { sid: sid.clone(), call: call.to_owned(), name, told, running: true });
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
        let named = |s: &Siprec| name.is_none_or(|name| s.sid == name || s.name.as_deref() == Some(name));
        let fits = |s: &&Siprec| s.running && s.call == call && named(s);
        let sids: Vec<Sid> = self.shelf.siprecs.iter().filter(fits).map(|s| s.sid.clone()).collect();
        for sid in &sids {
            self.tell_siprec(sid, "siprec-stopped");
            if let Some(siprec) = self.shelf.siprecs.iter_mut().find(|s| s.sid == *sid) {
                siprec.running = false;
            }
        }
        !sids.is_empty()
    }

    /// Unverified: the names of the fields, which follow those of the stream callback.
    fn tell_siprec(&mut self, sid: &str, event: &str) {
        let Some(siprec) = self.shelf.siprecs.iter().find(|s| s.sid == sid).cloned() else { return };
        let Some(to) = siprec.told else { return };
        let pairs = vec![
            pair("AccountSid", &self.config.account_sid),
            pair("CallSid", &siprec.call),
            pair("SiprecSid", sid),
            pair("SiprecName", siprec.name.unwrap_or_default()),
            pair("SiprecEvent", event),
            pair("Timestamp", self.now.to_string()),
        ];
        self.send(&to, &pairs, Some(&siprec.call), Purpose::Callback(15_003));
    }
}
