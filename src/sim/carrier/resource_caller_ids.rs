//! The OutgoingCallerId resource: numbers that are shown as ours once somebody at them proved it (Twilio docs,
//! OutgoingCallerId resource).
//!
//! The call that asks for the code is a real leg of the carrier: whoever answers presses the code, which the request's
//! reply told. Extensions are accepted and not dialled.

use std::time::Duration;

use serde_json::{Value, json};

use super::Carrier;
use super::account::Dates;
use super::callback::pair;
use super::callback::rfc2822;
use super::render::formatted;
use super::rest::{Answer, Request, not_allowed, not_found, page, refuse};
use super::rest_fields::{self, is_phone};
use super::state::{Call, Due, Sid, Target};
use super::types::{CallStatus, Direction, EndCause};
use super::webhook::Purpose;

/// Where validation calls come from. Seen in the field.
const VALIDATOR: &str = "+14157234000";
/// What the person hears; it lasts as long as the code is waited for.
const PROMPT: &str = "<Response><Say>Please enter your validation code.</Say><Pause length=\"60\"/></Response>";

/// A number that is verified.
#[derive(Clone, Debug)]
pub(super) struct CallerId {
    sid: Sid,
    pub(super) number: String,
    name: String,
    dates: Dates,
}

/// A validation under way.
#[derive(Clone, Debug)]
pub(super) struct Validation {
    number: String,
    name: String,
    code: String,
    pressed: String,
    callback: Option<Target>,
}

impl Carrier {
    pub(super) fn caller_ids_resource(&mut self, request: &Request<'_>) -> Answer {
        match request.method {
            "GET" => {
                let wanted = |id: &&CallerId| {
                    request.filter("PhoneNumber").is_none_or(|number| id.number == number)
                        && request.filter("FriendlyName").is_none_or(|name| id.name == name)
                };
                let shown = self.account.caller_ids.iter().rev().filter(wanted);
                page(
                    request,
                    "outgoing_caller_ids",
                    shown.map(|id| (id.sid.clone(), self.caller_id_json(id))).collect(),
                )
            }
            "POST" => self.validate(request),
            _ => not_allowed(),
        }
    }

    fn validate(&mut self, request: &Request<'_>) -> Answer {
        let Some(number) = request.given("PhoneNumber") else { return refuse(21_401, "PhoneNumber is required") };
        if !is_phone(number) {
            return refuse(21_401, format!("{number} is not a valid phone number"));
        }
        if self.account.caller_ids.iter().any(|id| id.number == number) {
            return refuse(21_450, format!("{number} is verified already"));
        }
        let name = request.given("FriendlyName").map_or_else(|| formatted(number), str::to_owned);
        if name.chars().count() > 64 {
            return refuse(20_001, "FriendlyName must not be longer than 64 characters");
        }
        let callback = request.target("StatusCallback", "StatusCallbackMethod")?;
        let delay = rest_fields::number(request, "CallDelay", 0).unwrap_or(0);
        let code = format!("{:06}", self.rng.next() % 1_000_000);
        let mut call = Call::new(self.sid("CA"), Direction::OutboundApi, VALIDATOR, number, self.now);
        call.twiml = Some(PROMPT.to_owned());
        let sid = self.add_call(call);
        let json = json!({
            "account_sid": self.config.account_sid,
            "call_sid": sid,
            "friendly_name": name,
            "phone_number": number,
            "validation_code": code,
        });
        let validation = Validation { number: number.to_owned(), name, code, pressed: String::new(), callback };
        self.account.validations.insert(sid.clone(), validation);
        self.after(Duration::from_secs(delay), Due::Place(sid));
        Ok((200, Some(json)))
    }

    /// A key pressed on a call that asks for a code. Whether it was meant for that.
    pub(super) fn validation_key(&mut self, call: &str, key: char) -> bool {
        let Some(validation) = self.account.validations.get_mut(call) else { return false };
        validation.pressed.push(key);
        if validation.pressed.ends_with(&validation.code) {
            self.end(call, CallStatus::Completed, EndCause::Document);
        }
        true
    }

    /// A call is over; where it asked for a code, it is known now whether the number is verified.
    pub(super) fn validation_over(&mut self, call: &str) {
        let Some(validation) = self.account.validations.remove(call) else { return };
        let verified = validation.pressed.ends_with(&validation.code);
        let mut extra = vec![pair("VerificationStatus", if verified { "success" } else { "failed" })];
        if verified {
            let id = CallerId {
                sid: self.sid("PN"),
                number: validation.number.clone(),
                name: validation.name.clone(),
                dates: Dates::new(self.now),
            };
            extra.push(pair("OutgoingCallerIdSid", &id.sid));
            self.account.caller_ids.push(id);
        }
        if let (Some(to), Some(call)) = (validation.callback, self.calls.get(call)) {
            let mut pairs = self.standard(call, call.status);
            pairs.extend(extra);
            let sid = call.sid.clone();
            self.send(&to, &pairs, Some(&sid), Purpose::Callback(15_003));
        }
    }

    pub(super) fn caller_id_resource(&mut self, request: &Request<'_>, sid: &str) -> Answer {
        let now = self.now;
        let Some(at) = self.account.caller_ids.iter().position(|id| id.sid == sid) else {
            return not_found(request.path);
        };
        let Some(id) = self.account.caller_ids.get_mut(at) else { return not_found(request.path) };
        match request.method {
            "GET" => {}
            "POST" => {
                if let Some(name) = request.given("FriendlyName") {
                    if name.chars().count() > 64 {
                        return refuse(20_001, "FriendlyName must not be longer than 64 characters");
                    }
                    name.clone_into(&mut id.name);
                }
                id.dates.updated = now;
            }
            "DELETE" => {
                self.account.caller_ids.remove(at);
                return Ok((204, None));
            }
            _ => return not_allowed(),
        }
        let id = id.clone();
        Ok((200, Some(self.caller_id_json(&id))))
    }

    fn caller_id_json(&self, id: &CallerId) -> Value {
        json!({
            "sid": id.sid,
            "account_sid": self.config.account_sid,
            "friendly_name": id.name,
            "phone_number": id.number,
            "date_created": rfc2822(id.dates.created),
            "date_updated": rfc2822(id.dates.updated),
            "uri": format!("{}/OutgoingCallerIds/{}.json", self.account_uri(), id.sid),
        })
    }
}
