//! `<Sms>` in a voice document (Twilio docs, TwiML Sms for voice; legacy).

use super::Carrier;
use super::callback::pair;
use super::state::Doing;
use super::types::Direction;
use super::xml::Element;

/// Twilio docs, Message resource.
const LONGEST: usize = 1600;

impl Carrier {
    pub(super) fn sms(&mut self, sid: &str, verb: &Element) {
        let url = self.document_url(sid);
        let Some(call) = self.live(sid).cloned() else { return };
        let (person, ours) =
            if call.direction == Direction::Inbound { (&call.from, &call.to) } else { (&call.to, &call.from) };
        let to = verb.attr("to").unwrap_or(person).to_owned();
        let from = verb.attr("from").unwrap_or(ours).to_owned();
        let body = verb.words();
        let is_number =
            |text: &str| text.strip_prefix('+').is_some_and(|d| d.len() >= 3 && d.bytes().all(|b| b.is_ascii_digit()));
        let fault = match () {
            () if !is_number(&to) => Some((14_101, "to is no telephone number")),
            () if !self.numbers.contains_key(&from) => Some((14_102, "from is no number of ours")),
            () if body.is_empty() || body.chars().count() > LONGEST => Some((14_103, "nothing to send, or too much")),
            () => None,
        };
        let action = self.action_of(sid, verb);
        let mut facts = Vec::new();
        match fault {
            Some((code, why)) => {
                self.notify(code, Some(sid), why, &url);
                facts.push(pair("SmsStatus", "invalid"));
            }
            None => {
                let callback = self.target_of(sid, verb, "statusCallback", "statusCallbackMethod");
                facts.push(pair("SmsSid", self.send_text(&from, &to, &body, "outbound-call", callback)));
                facts.push(pair("SmsStatus", "sent"));
            }
        }
        self.set_doing(sid, Doing::Ready);
        if let Some(action) = action {
            self.fetch_main(sid, action, facts);
        }
    }
}
