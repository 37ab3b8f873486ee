//! What a request about a call says of both its ends (Twilio docs, TwiML voice request).

use std::collections::BTreeMap;

use super::Carrier;
use super::cache::Cache;
use super::callback::pair;
use super::cookies::Jar;
use super::form::Pairs;
use super::rest_terms::call_token;
use super::state::{Call, Sid};
use super::types::{CallStatus, Direction};
use super::wire_types::Profile;
use crate::sim::fnv::fnv1a;

/// What the transport remembers.
#[derive(Debug, Default)]
pub(super) struct Wire {
    profiles: BTreeMap<String, Profile>,
    /// The number that was dialled first, of calls that were forwarded.
    forwarded: BTreeMap<Sid, String>,
    /// The same of a call that is coming in.
    forwarding: Option<String>,
    pub(super) jars: BTreeMap<Sid, Jar>,
    pub(super) cache: Cache,
}

impl Carrier {
    /// What is known of `endpoint` (`+1…`, `client:ana`, `sip:…`) from now on, in requests about its calls.
    pub fn describe(&mut self, endpoint: &str, profile: Profile) {
        self.wire.profiles.insert(endpoint.to_owned(), profile);
    }

    /// As [`caller_dials`](Self::caller_dials), but they dialled `forwarded_from`, which forwards its calls to `to`.
    pub fn caller_dials_forwarded(&mut self, from: &str, forwarded_from: &str, to: &str) -> String {
        self.wire.forwarding = Some(forwarded_from.to_owned());
        let sid = self.caller_dials(from, to);
        self.wire.forwarding = None;
        sid
    }

    /// A call comes in: whether it was forwarded.
    pub(super) fn note_forwarding(&mut self, sid: &str) {
        if let Some(number) = self.wire.forwarding.take() {
            self.wire.forwarded.insert(sid.to_owned(), number);
        }
    }

    pub(super) fn forwarded_from(&self, sid: &str) -> Option<&str> {
        self.wire.forwarded.get(sid).map(String::as_str)
    }

    fn profile(&self, endpoint: &str) -> Option<&Profile> {
        self.wire.profiles.get(endpoint.split('?').next().unwrap_or(endpoint))
    }

    /// Parameters of every request about a call: `Caller` and `Called` twins and blank places as in real payloads.
    pub(super) fn standard(&self, call: &Call, status: CallStatus) -> Pairs {
        let mut pairs = vec![
            pair("CallSid", &call.sid),
            pair("AccountSid", &self.config.account_sid),
            pair("ApiVersion", "2010-04-01"),
            pair("CallStatus", status.as_str()),
            pair("Direction", call.direction.as_str()),
        ];
        for (names, value) in [(["From", "Caller"], &call.from), (["To", "Called"], &call.to)] {
            let count = if self.config.rules.wire.caller_and_called { 2 } else { 1 };
            for name in names.into_iter().take(count) {
                pairs.push(pair(name, value));
                pairs.extend(self.whereabouts(name, value));
            }
        }
        if let Some(parent) = &call.parent {
            pairs.push(pair("ParentCallSid", parent));
        }
        pairs.extend(self.forwarded_from(&call.sid).map(|number| pair("ForwardedFrom", number)));
        if call.direction == Direction::Inbound {
            pairs.extend(self.of_inbound(call));
        }
        pairs.extend(call_token(call));
        pairs.extend(call.terms.application.as_ref().map(|sid| pair("ApplicationSid", sid)));
        pairs
    }

    fn whereabouts(&self, name: &str, endpoint: &str) -> Pairs {
        let known = self.profile(endpoint).cloned().unwrap_or_default();
        [("City", known.city), ("State", known.state), ("Zip", known.zip), ("Country", known.country)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty() || self.config.rules.wire.blank_places)
            .map(|(part, value)| (format!("{name}{part}"), value))
            .collect()
    }

    fn of_inbound(&self, call: &Call) -> Pairs {
        let mut pairs = Vec::new();
        if let Some(caller) = self.profile(&call.from) {
            let settings = match &call.terms.application {
                Some(sid) => self.application(sid).map(|application| &application.settings),
                None => self.numbers.get(&call.to).map(|line| &line.settings),
            };
            let looked_up = settings.is_some_and(|settings| settings.is_on("voice_caller_id_lookup"));
            let facts = [
                ("CallerName", caller.name.as_ref().filter(|_| looked_up)),
                ("StirVerstat", caller.stir_verstat.as_ref()),
                ("StirPassportToken", caller.stir_passport.as_ref()),
                ("AddOns", caller.add_ons.as_ref()),
            ];
            pairs.extend(facts.into_iter().filter_map(|(name, value)| Some(pair(name, value?))));
        }
        if call.from.starts_with("sip:") {
            let domain = call.to.strip_prefix("sip:").and_then(|to| to.split('@').nth(1)).unwrap_or("sip.twilio.com");
            pairs.push(pair("SipCallId", format!("{}@192.0.2.10", call.sid.to_lowercase())));
            pairs.push(pair("SipDomain", domain));
            pairs.push(pair("SipDomainSid", format!("SD{:032x}", fnv1a(domain))));
            // RFC 5737: an address for documentation.
            pairs.push(pair("SipSourceIp", "192.0.2.10"));
        }
        pairs
    }

    /// What only the first request about an inbound call says.
    pub(super) fn first_facts(&self, from: &str) -> Pairs {
        let Some(caller) = self.profile(from) else { return Vec::new() };
        let headers = caller.sip_headers.iter().map(|(name, value)| (format!("SipHeader_{name}"), value.clone()));
        headers.chain(caller.parameters.iter().cloned()).collect()
    }

    /// How an outbound call was attested.
    pub(super) fn attested(&self, call: &Call) -> Option<(String, String)> {
        let status = self.profile(&call.from).and_then(|caller| caller.stir_status.as_ref())?;
        (call.direction != Direction::Inbound).then(|| pair("StirStatus", status))
    }
}
