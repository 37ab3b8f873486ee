//! `<Refer>`, and `<Dial referUrl>`: SIP legs that are transferred, by us or by the other side (Twilio docs, TwiML Refer
//! and Dial).

use std::time::Duration;

use super::Carrier;
use super::callback::pair;
use super::state::{Call, Doing, Target};
use super::types::{CallStatus, Direction, EndCause, Hearing};
use super::xml::Element;

/// How long the other side takes to answer a REFER.
const ANSWER: Duration = Duration::from_secs(1);

/// A Refer that has been sent.
#[derive(Clone, Debug)]
pub(super) struct Referring {
    action: Option<Target>,
    to: String,
    /// The status with which it was declined.
    declined: Option<u16>,
}

impl Call {
    /// The address of the person on this leg.
    fn person(&self) -> &str {
        if self.direction == Direction::Inbound { &self.from } else { &self.to }
    }
}

impl Carrier {
    pub(super) fn refer(&mut self, sid: &str, verb: &Element) {
        let url = self.document_url(sid);
        let Some(person) = self.live(sid).map(|c| c.person().to_owned()) else { return };
        let to = verb.children.iter().find(|c| c.name == "Sip").map(|c| c.text.trim().to_owned()).unwrap_or_default();
        let action = self.action_of(sid, verb);
        let fault = match (person.starts_with("sip:"), is_sip(&to)) {
            (false, _) => Some((13_801, "only a SIP leg can be referred")),
            (true, false) => Some((13_243, "Refer needs a SIP URI")),
            (true, true) => None,
        };
        if let Some((code, why)) = fault {
            self.notify(code, Some(sid), why, &url);
            return self.after_refer(sid, Referring { action, to, declined: Some(0) });
        }
        let declined = self.script_of(&person).declines_refer;
        self.set_doing(sid, Doing::Referring(Box::new(Referring { action, to, declined })));
        self.hear(sid, Hearing::Pause);
        self.wake(sid, ANSWER);
    }

    /// The other side has answered. Verbs after a Refer are not reached.
    pub(super) fn after_refer(&mut self, sid: &str, referring: Referring) {
        let failed = referring.declined.is_some();
        let mut facts = vec![pair("ReferCallStatus", if failed { "failed" } else { "completed" })];
        match referring.declined {
            Some(0) => {}
            Some(code) => facts.push(pair("ReferSipResponseCode", code.to_string())),
            None => {
                facts.push(pair("ReferSipResponseCode", "202"));
                facts.push(pair("NotifySipResponseCode", "200"));
                if let Some(call) = self.live_mut(sid) {
                    call.voice.transferred = Some(referring.to);
                }
            }
        }
        self.hear(sid, Hearing::Silence);
        match referring.action {
            Some(action) => self.fetch_main(sid, action, facts),
            None => self.end(sid, CallStatus::Completed, EndCause::Document),
        }
    }

    /// The SIP URI to which a `<Refer>` transferred the other end of this leg.
    #[must_use]
    pub fn transferred_to(&self, call: &str) -> Option<String> {
        self.calls.get(call)?.voice.transferred.clone()
    }

    /// The device on a dialled leg asks by SIP REFER that the caller be transferred to `uri`: the `referUrl` of the Dial
    /// is asked for a document, which drives the caller, and the dialled leg ends. Without a `referUrl` nothing happens
    /// but notification 13802.
    pub fn refers(&mut self, call: &str, uri: &str) {
        let Some(parent) = self.live(call).and_then(|c| c.parent.clone()) else { return };
        let dial = self.live(&parent).and_then(Call::dialling).filter(|d| d.bridged.as_deref() == Some(call));
        let Some(verb) = dial.map(|d| d.verb.clone()) else { return };
        let Some(target) = self.target_of(&parent, &verb, "referUrl", "referMethod") else {
            let url = self.document_url(&parent);
            self.notify(13_802, Some(&parent), "a REFER, and no referUrl", &url);
            return;
        };
        self.fetch_main(&parent, target, vec![pair("ReferTransferTarget", uri)]);
    }
}

pub(super) fn is_sip(uri: &str) -> bool {
    let rest = uri.strip_prefix("sips:").or_else(|| uri.strip_prefix("sip:"));
    rest.is_some_and(|rest| rest.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()))
        && uri.len() < 255
        && !uri.contains(char::is_whitespace)
}
