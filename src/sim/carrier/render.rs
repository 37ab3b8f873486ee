//! JSON objects of the REST API, with all their fields, and date filters.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use super::Carrier;
use super::callback::rfc2822;
use super::conference::{Conference, Person};
use super::rest::{Refusal, Request, refuse};
use super::state::Call;
use super::types::{CallStatus, Direction};
use crate::time::Timestamp;

impl Carrier {
    pub(super) fn account_uri(&self) -> String {
        format!("/2010-04-01/Accounts/{}", self.config.account_sid)
    }

    pub(super) fn call_json(&self, call: &Call) -> Value {
        let base = format!("{}/Calls/{}", self.account_uri(), call.sid);
        let waited = call.placed.unwrap_or(self.now).since(call.created).as_millis();
        // Seen in live responses: a fresh call has no dates yet.
        let created = call.placed.map(|_| rfc2822(call.created));
        let parts = [
            "notifications",
            "recordings",
            "payments",
            "events",
            "siprec",
            "streams",
            "transcriptions",
            "user_defined_message_subscriptions",
            "user_defined_messages",
        ];
        let subresources: serde_json::Map<String, Value> =
            parts.iter().map(|part| ((*part).to_owned(), json!(format!("{base}/{}.json", camel(part))))).collect();
        json!({
            "sid": call.sid,
            "account_sid": self.config.account_sid,
            "parent_call_sid": call.parent,
            "status": rest_status(call).as_str(),
            "direction": call.direction.as_str(),
            "to": call.to,
            "to_formatted": formatted(&call.to),
            "from": call.from,
            "from_formatted": formatted(&call.from),
            "phone_number_sid": self.number_sid(call),
            "start_time": call.placed.map(rfc2822),
            "end_time": call.ended.map(rfc2822),
            "duration": call.ended.map(|_| call.seconds().to_string()),
            "price": self.call_price(call),
            "price_unit": "USD",
            "answered_by": call.answered_by(),
            "api_version": "2010-04-01",
            "forwarded_from": self.forwarded_from(&call.sid),
            "group_sid": null,
            "caller_name": null,
            "queue_time": waited.to_string(),
            "trunk_sid": null,
            "date_created": created,
            "date_updated": call.placed.map(|_| rfc2822(call.updated)),
            "uri": format!("{base}.json"),
            "subresource_uris": subresources,
        })
    }

    fn number_sid(&self, call: &Call) -> Option<String> {
        let number = if call.direction == Direction::Inbound { &call.to } else { &call.from };
        self.numbers.get(number).map(|line| line.sid.clone())
    }

    /// Price of an ended call, where minutes have one.
    fn call_price(&self, call: &Call) -> Option<String> {
        let minute = self.config.account.price_per_minute_micros;
        call.ended.filter(|_| minute > 0).map(|_| price(call.seconds().div_ceil(60).saturating_mul(minute)))
    }

    pub(super) fn conference_json(&self, room: &Conference) -> Value {
        let base = format!("{}/Conferences/{}", self.account_uri(), room.sid);
        json!({
            "sid": room.sid,
            "account_sid": self.config.account_sid,
            "friendly_name": room.name,
            "status": room.stage.as_str(),
            "region": "us1",
            "api_version": "2010-04-01",
            "reason_conference_ended": room.reason,
            "call_sid_ending_conference": room.ended_by,
            "date_created": rfc2822(room.created),
            "date_updated": rfc2822(room.updated),
            "uri": format!("{base}.json"),
            "subresource_uris": {
                "participants": format!("{base}/Participants.json"),
                "recordings": format!("{base}/Recordings.json"),
            },
        })
    }

    pub(super) fn person_json(&self, room: &Conference, person: &Person) -> Value {
        let call = self.calls.get(&person.call);
        let status = match call.map_or(CallStatus::Failed, |c| c.status) {
            CallStatus::Queued => "queued",
            CallStatus::Initiated => "connecting",
            CallStatus::Ringing => "ringing",
            CallStatus::InProgress => "connected",
            CallStatus::Completed => "complete",
            _ => "failed",
        };
        let waited = call.map_or(0, |c| c.placed.unwrap_or(self.now).since(c.created).as_millis());
        let uri = format!("{}/Conferences/{}/Participants/{}.json", self.account_uri(), room.sid, person.call);
        json!({
            "call_sid": person.call,
            "label": person.label,
            "conference_sid": room.sid,
            "account_sid": self.config.account_sid,
            "muted": person.muted,
            "hold": person.hold,
            "coaching": person.coach.is_some(),
            "call_sid_to_coach": person.coach,
            "start_conference_on_enter": person.starts,
            "end_conference_on_exit": person.ends,
            "status": status,
            "queue_time": waited.to_string(),
            "date_created": rfc2822(person.created),
            "date_updated": rfc2822(person.updated),
            "uri": uri,
        })
    }
}

/// State of a call in REST: webhooks alone know `initiated`.
pub(super) fn rest_status(call: &Call) -> CallStatus {
    if call.status == CallStatus::Initiated { CallStatus::Queued } else { call.status }
}

/// As it is written at home: `(415) 555-0100` for North American numbers, everything else as it is.
pub(super) fn formatted(address: &str) -> String {
    let digits = address.strip_prefix("+1").filter(|rest| rest.len() == 10 && rest.bytes().all(|b| b.is_ascii_digit()));
    match digits {
        Some(digits) => format!("({}) {}-{}", &digits[..3], &digits[3..6], &digits[6..]),
        None => address.to_owned(),
    }
}

/// What something cost, as Twilio writes it: `-0.01400`.
pub(super) fn price(micros: u64) -> String {
    format!("-{}.{:05}", micros / 1_000_000, micros % 1_000_000 / 10)
}

/// A point of time in ISO 8601.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc).into())
}

fn camel(name: &str) -> String {
    name.split('_')
        .map(|part| {
            let mut letters = part.chars();
            letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
        })
        .collect()
}

/// First and last instant that a filter value means: a day, or one point of time.
fn span(text: &str) -> Option<(Timestamp, Timestamp)> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        let from: Timestamp = day.and_hms_opt(0, 0, 0)?.and_utc().into();
        return Some((from, from + std::time::Duration::from_micros(86_400_000_000 - 1)));
    }
    let at = instant(text)?;
    // Dates are kept in whole seconds.
    Some((at, at + std::time::Duration::from_micros(999_999)))
}

/// Whether `at` passes the filters `name`, `name<` and `name>` (each inclusive; Twilio docs, Call list).
pub(super) fn within(request: &Request<'_>, name: &str, at: Option<Timestamp>) -> Result<bool, Refusal> {
    let mut is_within = true;
    for (key, value) in &request.query {
        let Some(operator) = key.strip_prefix(name).filter(|o| matches!(*o, "" | "<" | ">")) else { continue };
        let Some((from, to)) = span(value) else { return refuse(20_001, format!("{key} is no date: {value:?}")) };
        is_within &= at.is_some_and(|at| match operator {
            "<" => at <= to,
            ">" => at >= from,
            _ => from <= at && at <= to,
        });
    }
    Ok(is_within)
}
