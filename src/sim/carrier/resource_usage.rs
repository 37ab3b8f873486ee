//! The Usage Record resource: sums of what happened (Twilio docs, Usage Record resource).
//!
//! Days are of UTC. Calls count on the day they began, messages on the day they were made.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, Utc};
use serde_json::{Map, Value, json};

use super::Carrier;
use super::resource_messages::Message;
use super::rest::{Answer, Refusal, Request, not_allowed, not_found, page, page_of, refuse};
use super::state::Call;
use super::texts::segments;
use super::types::Direction;
use crate::time::Timestamp;

/// Categories: name, description, what is counted and what is used.
const CATEGORIES: [(&str, &str, &str, &str); 12] = [
    ("calls", "Voice Minutes", "calls", "minutes"),
    ("calls-inbound", "Inbound Voice Minutes", "calls", "minutes"),
    ("calls-outbound", "Outbound Voice Minutes", "calls", "minutes"),
    ("calls-client", "Client Minutes", "calls", "minutes"),
    ("calls-sip", "SIP Minutes", "calls", "minutes"),
    ("sms", "SMS", "messages", "segments"),
    ("sms-inbound", "Inbound SMS", "messages", "segments"),
    ("sms-outbound", "Outbound SMS", "messages", "segments"),
    ("recordings", "Recordings", "recordings", "minutes"),
    ("transcriptions", "Transcriptions", "transcriptions", "minutes"),
    ("phonenumbers", "Phone Numbers", "numbers", "numbers"),
    ("totalprice", "Total Price", "", "usd"),
];

/// Periods by the last part of the path.
const PERIODS: [(&str, &str); 8] = [
    ("all_time", "AllTime"),
    ("daily", "Daily"),
    ("last_month", "LastMonth"),
    ("monthly", "Monthly"),
    ("this_month", "ThisMonth"),
    ("today", "Today"),
    ("yearly", "Yearly"),
    ("yesterday", "Yesterday"),
];

/// First and last day.
type Span = (NaiveDate, NaiveDate);

/// A sum: how many, how much of the unit, and its price.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: u64,
    usage: u64,
    micros: u64,
}

fn day_of(at: Timestamp) -> NaiveDate {
    let at: DateTime<Utc> = at.into();
    at.date_naive()
}

impl Carrier {
    /// `period`: the last part of the path, such as `Today`; empty for the plain list.
    pub(super) fn usage_resource(&self, request: &Request<'_>, period: &str) -> Answer {
        if !period.is_empty() && !PERIODS.iter().any(|(_, name)| *name == period) {
            return not_found(request.path);
        }
        if request.method != "GET" {
            return not_allowed();
        }
        let category = request.filter("Category");
        if category.is_some_and(|wanted| !CATEGORIES.iter().any(|(name, ..)| *name == wanted)) {
            // Twilio knows hundreds more; nothing of theirs happens here.
            return page(request, "usage_records", Vec::new());
        }
        let first = day_of(self.config.start);
        let today = day_of(self.now);
        let from = bound(request, "StartDate", today)?.unwrap_or(first);
        let to = bound(request, "EndDate", today)?.unwrap_or(today);
        let spans: Vec<Span> = spans(period, (from, to), (first, today));
        let mut items = Vec::new();
        for span in spans {
            for (name, ..) in CATEGORIES.iter().filter(|(name, ..)| category.is_none_or(|wanted| wanted == *name)) {
                items.push((format!("{name}{}", span.0), (*name, span)));
            }
        }
        // Each record is a sum over all calls: only those that are shown are worked out.
        page_of(request, "usage_records", &items, |(name, span)| self.usage_json(request.path, name, *span))
    }

    /// What the account has spent so far, in millionths of a dollar.
    pub(super) fn spent_micros(&self) -> u64 {
        self.sum("totalprice", (day_of(self.config.start), day_of(self.now))).micros
    }

    fn sum(&self, category: &str, (from, to): Span) -> Sum {
        let within = |at: Timestamp| (from..=to).contains(&day_of(at));
        let mut sum = Sum::default();
        for call in self.calls.values().filter(|call| call.ended.is_some() && within(call.created)) {
            if counts_call(category, call) {
                let minutes = call.seconds().div_ceil(60);
                sum.count += 1;
                sum.usage += minutes;
                sum.micros += minutes.saturating_mul(self.config.account.price_per_minute_micros);
            }
        }
        for message in self.account.messages.iter().filter(|it| it.sent.is_some() && within(it.dates.created)) {
            if counts_message(category, message) {
                sum.count += 1;
                sum.usage += segments(&message.body);
                let price = self.config.account.price_per_segment_micros;
                sum.micros += segments(&message.body).saturating_mul(price);
            }
        }
        let recorded = self.shelf.recordings.iter().map(|it| (it.started, it.seconds()));
        let written = self.account.transcriptions.iter().map(|it| (it.dates.created, it.seconds));
        let made: Vec<(Timestamp, u64)> = match category {
            "recordings" => recorded.collect(),
            "transcriptions" => written.collect(),
            _ => Vec::new(),
        };
        for (_, seconds) in made.into_iter().filter(|(at, _)| within(*at)) {
            sum.count += 1;
            sum.usage += seconds.div_ceil(60);
        }
        if category == "phonenumbers" {
            let owned = self.numbers.values().filter(|line| day_of(line.dates.created) <= to).count();
            sum.count = u64::try_from(owned).unwrap_or(u64::MAX);
            sum.usage = sum.count;
        }
        sum
    }

    fn usage_json(&self, path: &str, category: &str, span: Span) -> Value {
        let sum = self.sum(category, span);
        let about = CATEGORIES.iter().find(|(name, ..)| *name == category);
        let (_, description, count_unit, usage_unit) = about.copied().unwrap_or_default();
        let dollars = format!("{}.{:06}", sum.micros / 1_000_000, sum.micros % 1_000_000);
        let (count, usage) = match category {
            "totalprice" => (String::new(), dollars.clone()),
            _ => (sum.count.to_string(), sum.usage.to_string()),
        };
        let base = format!("{}/Usage/Records", self.account_uri());
        let parts: Map<String, Value> = PERIODS
            .iter()
            .map(|(field, name)| ((*field).to_owned(), json!(format!("{base}/{name}.json?Category={category}"))))
            .collect();
        let now: DateTime<Utc> = self.now.into();
        json!({
            "account_sid": self.config.account_sid,
            "api_version": "2010-04-01",
            "as_of": now.format("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
            "category": category,
            "description": description,
            "count": count,
            "count_unit": count_unit,
            "usage": usage,
            "usage_unit": usage_unit,
            "price": dollars.parse::<f64>().unwrap_or(0.0),
            "price_unit": "usd",
            "start_date": span.0.to_string(),
            "end_date": span.1.to_string(),
            "subresource_uris": parts,
            "uri": format!("{path}?Category={category}&StartDate={}&EndDate={}", span.0, span.1),
        })
    }
}

fn counts_call(category: &str, call: &Call) -> bool {
    let is = |prefix: &str| call.to.starts_with(prefix) || call.from.starts_with(prefix);
    match category {
        "calls" | "totalprice" => true,
        "calls-inbound" => call.direction == Direction::Inbound,
        "calls-outbound" => call.direction != Direction::Inbound && call.to.starts_with('+'),
        "calls-client" => is("client:"),
        "calls-sip" => is("sip:"),
        _ => false,
    }
}

fn counts_message(category: &str, message: &Message) -> bool {
    match category {
        "sms" | "totalprice" => true,
        "sms-inbound" => message.direction == "inbound",
        "sms-outbound" => message.direction != "inbound",
        _ => false,
    }
}

/// The spans of a list, newest first. Twilio docs: Daily, Monthly and Yearly give one record for each.
fn spans(period: &str, (from, to): Span, (first, today): Span) -> Vec<Span> {
    let month = today.with_day(1).unwrap_or(today);
    let before = month.pred_opt().unwrap_or(month);
    match period {
        "Today" => vec![(today, today)],
        "Yesterday" => today.pred_opt().map(|day| (day, day)).into_iter().collect(),
        "ThisMonth" => vec![(month, today)],
        "LastMonth" => vec![(before.with_day(1).unwrap_or(before), before)],
        "AllTime" => vec![(first, today)],
        "Daily" => pieces((from, to), |day| day.checked_add_days(Days::new(1))),
        "Monthly" => pieces((from, to), |day| day.with_day(1)?.checked_add_months(Months::new(1))),
        "Yearly" => pieces((from, to), |day| NaiveDate::from_ymd_opt(day.year() + 1, 1, 1)),
        _ => vec![(from, to)],
    }
}

/// Cuts a span where `next` says that the next piece begins; at most as many pieces as a page ever needs.
fn pieces((from, to): Span, next: fn(NaiveDate) -> Option<NaiveDate>) -> Vec<Span> {
    const PIECES_MAX: usize = 1000;
    let mut pieces = Vec::new();
    let mut day = from;
    while day <= to && pieces.len() < PIECES_MAX {
        let Some(after) = next(day) else { break };
        pieces.push((day, to.min(after.pred_opt().unwrap_or(day))));
        day = after;
    }
    pieces.reverse();
    pieces
}

/// A day as `YYYY-MM-DD`, or counted from today, as in `-30days`.
fn bound(request: &Request<'_>, name: &str, today: NaiveDate) -> Result<Option<NaiveDate>, Refusal> {
    let Some(text) = request.filter(name) else { return Ok(None) };
    let back = text.strip_prefix('-').and_then(|rest| rest.strip_suffix("days").or_else(|| rest.strip_suffix("day")));
    let day = match back {
        Some(days) => days.parse().ok().and_then(|days| today.checked_sub_days(Days::new(days))),
        None => text.parse().ok(),
    };
    match day {
        Some(day) => Ok(Some(day)),
        None => refuse(20_001, format!("{name} is no date: {text:?}")),
    }
}
