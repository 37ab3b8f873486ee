//! What REST says about a leg that it places: whom it may call, what the other end sees, and what is pressed for it
//! (Twilio docs, Call and Participant resources).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Carrier;
use super::account::{Display, Later, Terms};
use super::callback::pair;
use super::form::decode_pairs;
use super::rest::{Refusal, Request, refuse};
use super::rest_fields::{is_phone, is_sid};
use super::run::tones_ms;
use super::state::{Call, Due};
use super::types::{Direction, Hearing};
use crate::phone::Endpoint;

/// Twilio docs: the longest CallReason.
const REASON_MAX: usize = 50;

/// E.164, `client:` or `sip:`; custom parameters may follow a `?`.
pub(super) fn is_address(text: &str) -> bool {
    text.split('?').next().is_some_and(|bare| bare.parse::<Endpoint>().is_ok())
}

/// `CallToken` of an inbound call from a telephone or a browser: hand it back to keep the caller's number (Twilio docs,
/// TwiML voice request). What is in it is this carrier's own.
pub(super) fn call_token(call: &Call) -> Option<(String, String)> {
    let carries = call.direction == Direction::Inbound && (is_phone(&call.from) || call.from.starts_with("client:"));
    carries.then(|| {
        let token = json!({"parentCallInfoToken": STANDARD.encode(&call.sid), "identityHeaderTokens": []});
        pair("CallToken", token.to_string())
    })
}

impl Carrier {
    /// What the other end of this leg shows while it rings; `None` for an unknown sid.
    #[must_use]
    pub fn display(&self, call: &str) -> Option<Display> {
        let call = self.calls.get(call)?;
        let query = call.to.split_once('?').map_or("", |(_, query)| query);
        Some(Display {
            caller: call.terms.caller_id.clone().unwrap_or_else(|| call.from.clone()),
            name: call.terms.caller_name.clone(),
            reason: call.terms.reason.clone(),
            parameters: [decode_pairs(query.as_bytes()), call.voice.parameters.clone()].concat(),
        })
    }

    /// Whether a leg may be placed from and to these addresses, in the order of Twilio's checks.
    pub(super) fn may_place(&self, request: &Request<'_>, to: &str, from: &str) -> Result<(), Refusal> {
        if self.config.account.test_credentials {
            return magic_call(to, from);
        }
        let known = self.numbers.is_empty() || !from.starts_with('+') || self.may_show(from);
        if !known && self.caller_of_token(request)?.as_deref() != Some(from) {
            return refuse(21_210, format!("'From' phone number {from} is not verified for your account"));
        }
        if !to.starts_with('+') {
            return Ok(());
        }
        let account = &self.config.account;
        if account.blocked.contains(to) {
            return refuse(21_216, format!("The number {to} may not be called"));
        }
        if account.geo_permissions.as_ref().is_some_and(|starts| !starts.iter().any(|s| to.starts_with(s.as_str()))) {
            return refuse(21_215, format!("Geographic permissions do not allow a call to {to}"));
        }
        if account.trial && !self.is_verified(to) {
            return refuse(
                21_219,
                format!("The number {to} is unverified. Trial accounts call verified numbers only."),
            );
        }
        Ok(())
    }

    /// Who made the inbound call that the request's CallToken is of. Unverified code.
    fn caller_of_token(&self, request: &Request<'_>) -> Result<Option<String>, Refusal> {
        let Some(token) = request.given("CallToken") else { return Ok(None) };
        let json = serde_json::from_str::<Value>(token).unwrap_or_default();
        let sid = json["parentCallInfoToken"].as_str().and_then(|text| STANDARD.decode(text).ok());
        let sid = sid.and_then(|bytes| String::from_utf8(bytes).ok());
        match sid.and_then(|sid| self.calls.get(&sid)).filter(|call| call.direction == Direction::Inbound) {
            Some(call) => Ok(Some(call.from.clone())),
            None => refuse(20_001, "CallToken is of no call of this account"),
        }
    }

    /// The terms of a leg.
    pub(super) fn terms_of(&self, request: &Request<'_>) -> Result<Terms, Refusal> {
        let digits = request.given("SendDigits").map(str::to_owned);
        let fits = |keys: &str| keys.len() <= 32 && keys.chars().all(|c| c.is_ascii_digit() || "ABCD#*wW".contains(c));
        if digits.as_ref().is_some_and(|keys| !fits(keys)) {
            return refuse(21_206, "Invalid SendDigits");
        }
        let caller_id = request.given("CallerId").map(str::to_owned);
        match caller_id.as_deref() {
            Some(id) if !is_address(id) => return refuse(21_212, format!("'CallerId' {id} is not valid")),
            Some(id) if is_phone(id) && !self.numbers.is_empty() && !self.may_show(id) => {
                return refuse(21_210, format!("'CallerId' {id} is not verified for your account"));
            }
            _ => {}
        }
        let reason = request.given("CallReason").map(str::to_owned);
        if reason.as_ref().is_some_and(|reason| reason.chars().count() > REASON_MAX) {
            return refuse(20_001, format!("CallReason must not be longer than {REASON_MAX} characters"));
        }
        let caller_name = request.given("CallerDisplayName").map(str::to_owned);
        if caller_name.as_ref().is_some_and(|name| !(2..=255).contains(&name.chars().count())) {
            return refuse(20_001, "CallerDisplayName must have 2 to 255 characters");
        }
        Ok(Terms { caller_id, caller_name, reason, digits, application: None })
    }

    /// Presses the digits that an answered leg of REST is to send. Whether there are any: what the leg does first comes
    /// after them.
    pub(super) fn sends_digits(&mut self, sid: &str) -> bool {
        let Some(call) = self.live_mut(sid) else { return false };
        let Some(digits) = call.terms.digits.take() else { return false };
        let twin = call.twin.clone();
        let mut at = Duration::ZERO;
        for key in digits.chars() {
            if let Some(twin) = twin.clone().filter(|_| !matches!(key, 'w' | 'W')) {
                self.after(at, Due::Presses(twin, key.to_string()));
            }
            at += Duration::from_millis(tones_ms(&key.to_string()));
        }
        self.hear(sid, Hearing::Play(format!("digits:{digits}")));
        self.after(at, Due::Account(Later::DigitsSent(sid.to_owned())));
        true
    }

    /// Whether `app:AP…` names an application of the account; its custom parameters may follow a `?`.
    pub(super) fn is_application_address(&self, to: &str) -> bool {
        let bare = to.strip_prefix("app:").map(|rest| rest.split('?').next().unwrap_or(rest));
        bare.is_some_and(|sid| is_sid(sid, "AP") && self.application(sid).is_some())
    }
}

/// Twilio docs, test credentials: magic numbers of a call.
fn magic_call(to: &str, from: &str) -> Result<(), Refusal> {
    match from {
        "+15005550006" => {}
        "+15005550001" => return refuse(21_212, format!("'From' phone number {from} is not valid")),
        _ => return refuse(21_210, format!("'From' phone number {from} is not verified for your account")),
    }
    match to {
        "+15005550001" => refuse(21_217, format!("The number {to} is not valid")),
        "+15005550002" => refuse(21_214, format!("The number {to} cannot be reached")),
        "+15005550003" => refuse(21_215, format!("Geographic permissions do not allow a call to {to}")),
        "+15005550004" => refuse(21_216, format!("The number {to} may not be called")),
        _ => Ok(()),
    }
}
