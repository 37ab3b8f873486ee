//! The REST API's frame: who may ask, where a request goes, errors and pages (Twilio docs, REST API responses).

use serde_json::{Value, json};

use super::Carrier;
use super::basic::basic;
use super::form::{self, Pairs};
use super::types::{NextRest, RestFault, RestReply};

/// A refusal: HTTP status, Twilio's code, and what is wrong.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) u16, pub(super) u32, pub(super) String);

pub(super) type Answer = Result<(u16, Option<Value>), Refusal>;

pub(super) fn refuse<T>(code: u32, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(400, code, message.into()))
}

pub(super) fn not_found<T>(path: &str) -> Result<T, Refusal> {
    Err(Refusal(404, 20_404, format!("The requested resource {path} was not found")))
}

/// A request after the frame has looked at it.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    /// Path without query.
    pub(super) path: &'a str,
    pub(super) query: Pairs,
    pub(super) form: Pairs,
}

/// Fields that name how a URL is asked.
const METHODS: [&str; 8] = [
    "Method",
    "FallbackMethod",
    "StatusCallbackMethod",
    "ConferenceStatusCallbackMethod",
    "AnnounceMethod",
    "HoldMethod",
    "WaitMethod",
    "RecordingStatusCallbackMethod",
];

/// Fields that are true or false.
const FLAGS: [&str; 7] =
    ["Muted", "Hold", "Coaching", "StartConferenceOnEnter", "EndConferenceOnExit", "BeepOnExit", "EarlyMedia"];

impl Request<'_> {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        form::get(&self.form, name)
    }

    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.field(name).filter(|v| !v.is_empty())
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.given(name).map(|v| v.eq_ignore_ascii_case("true"))
    }

    /// Whether every field that has a type has a value of it. Checked before anything is done, so that a request with
    /// one wrong value changes nothing.
    fn is_typed(&self) -> Result<(), Refusal> {
        for name in METHODS {
            if self.given(name).is_some_and(|method| !matches!(method, "GET" | "POST")) {
                return refuse(21_209, format!("{name} must be GET or POST"));
            }
        }
        for name in FLAGS {
            let is_flag = |v: &str| v.eq_ignore_ascii_case("true") || v.eq_ignore_ascii_case("false");
            if self.given(name).is_some_and(|flag| !is_flag(flag)) {
                return refuse(20_001, format!("{name} must be true or false"));
            }
        }
        // Twilio docs, Participant resource: a conference holds 2 to 250.
        for (name, least, most) in [("TimeLimit", 1, u64::from(u32::MAX)), ("MaxParticipants", 2, 250)] {
            let fits = |text: &str| text.trim().parse().is_ok_and(|n| (least..=most).contains(&n));
            if self.given(name).is_some_and(|number| !fits(number)) {
                return refuse(20_001, format!("{name} must be a whole number from {least} to {most}"));
            }
        }
        Ok(())
    }

    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.form.iter().filter(|(k, _)| k == name).flat_map(|(_, v)| v.split_whitespace()).collect()
    }
}

impl Carrier {
    /// Carries out one REST request. `path_and_query` begins with `/2010-04-01/`; `authorization` is the raw header
    /// value; `body` is a form. `fault` in the reply tells the transport to lose it; where the request itself was
    /// lost, `status` is 0.
    pub fn rest(&mut self, method: &str, path_and_query: &str, authorization: Option<&str>, body: &[u8]) -> RestReply {
        let fault = match self.next_rest.pop_front().or_else(|| self.draw_rest_fault()) {
            Some(NextRest::Fault(RestFault::LostBefore)) => {
                let fault = Some(RestFault::LostBefore);
                return RestReply { fault, ..RestReply::default() };
            }
            Some(NextRest::Status(429)) => {
                return self.reply(Err(Refusal(429, 20_429, "Too Many Requests".to_owned())), None);
            }
            Some(NextRest::Status(status)) => {
                let code = if status == 503 { 20_503 } else { 20_500 };
                return self
                    .reply(Err(Refusal(status, code, "An internal server error has occurred".to_owned())), None);
            }
            Some(NextRest::Fault(fault)) => Some(fault),
            Some(NextRest::Fine) | None => None,
        };
        if let Some(media) = self.recording_media(method, path_and_query, authorization) {
            return match media {
                Ok(reply) => RestReply { fault, ..reply },
                Err(refusal) => self.reply(Err(refusal), fault),
            };
        }
        let answer = self.route(method, path_and_query, authorization, body);
        self.reply(answer, fault)
    }

    fn draw_rest_fault(&mut self) -> Option<NextRest> {
        let faults = self.config.faults.clone();
        let chances = [
            (faults.rest_lost_before, NextRest::Fault(RestFault::LostBefore)),
            (faults.rest_lost_after, NextRest::Fault(RestFault::LostAfter)),
            (faults.rest_timeout, NextRest::Fault(RestFault::Timeout)),
            (faults.rest_429, NextRest::Status(429)),
            (faults.rest_500, NextRest::Status(500)),
        ];
        chances.into_iter().find(|(per_mille, _)| self.rng.happens(*per_mille)).map(|(_, fault)| fault)
    }

    fn reply(&mut self, answer: Answer, fault: Option<RestFault>) -> RestReply {
        let mut headers = vec![("Twilio-Request-Id".to_owned(), self.sid("RQ"))];
        let (status, body) = match answer {
            Ok((status, body)) => (status, body.map(|b| b.to_string()).unwrap_or_default()),
            Err(Refusal(status, code, message)) => {
                let more_info = format!("https://www.twilio.com/docs/errors/{code}");
                let body = json!({"code": code, "message": message, "more_info": more_info, "status": status});
                (status, body.to_string())
            }
        };
        if !body.is_empty() {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        if status == 401 {
            headers.push(("WWW-Authenticate".to_owned(), "Basic realm=\"Twilio API\"".to_owned()));
        }
        RestReply { status, body, headers, fault, ..RestReply::default() }
    }

    fn route(&mut self, method: &str, target: &str, authorization: Option<&str>, body: &[u8]) -> Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let form = form::decode_pairs(body);
        let request = Request { method, path, query: form::decode_pairs(query.as_bytes()), form };
        let segments: Vec<String> = path.split('/').skip(1).map(form::decode_part).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["2010-04-01", "Accounts", account, rest @ .., last] = segments.as_slice() else {
            return not_found(path);
        };
        let known = authorization
            .and_then(basic)
            .is_some_and(|(user, secret)| user == self.config.account_sid && secret == self.config.auth_token);
        if !known || *account != self.config.account_sid {
            return Err(Refusal(401, 20_003, "Authenticate".to_owned()));
        }
        let Some(last) = last.strip_suffix(".json") else { return not_found(path) };
        request.is_typed()?;
        match (rest, last) {
            ([], "Calls") => self.calls_resource(&request),
            (["Calls"], sid) => self.call_resource(&request, sid),
            (["Calls", call], "Streams") => self.streams_resource(&request, call),
            (["Calls", call, "Streams"], name) => self.stream_resource(&request, call, name),
            ([], "Conferences") => self.conferences_resource(&request),
            (["Conferences"], sid) => self.conference_resource(&request, sid),
            (["Conferences", room], "Participants") => self.participants_resource(&request, room),
            (["Conferences", room, "Participants"], name) => self.participant_resource(&request, room, name),
            _ => self.recording_resources(&request, rest, last).unwrap_or_else(|| not_found(path)),
        }
    }
}

pub(super) fn not_allowed<T>() -> Result<T, Refusal> {
    Err(Refusal(405, 20_004, "Method not allowed".to_owned()))
}

/// One page of `items`, newest first, each with the sid that page tokens name.
pub(super) fn page(request: &Request<'_>, key: &str, items: Vec<(String, Value)>) -> Answer {
    let number = |name: &str, default: usize| match form::get(&request.query, name) {
        None => Ok(default),
        Some(text) => text.parse().or_else(|_| refuse(20_001, format!("{name} is not a number"))),
    };
    let (size, page) = (number("PageSize", 50)?, number("Page", 0)?);
    if size > 1000 {
        return refuse(20_007, "Page size must not be greater than 1000");
    }
    if size == 0 {
        return refuse(20_001, "PageSize must be at least 1");
    }
    let position = |sid: &str| items.iter().position(|(s, _)| s == sid);
    let from = match form::get(&request.query, "PageToken") {
        Some(token) if token.starts_with("PA") => position(token.trim_start_matches("PA")).map(|at| at + 1),
        Some(token) if token.starts_with("PB") => {
            position(token.trim_start_matches("PB")).map(|at| at.saturating_sub(size))
        }
        Some(_) => None,
        None => Some(page.saturating_mul(size)),
    };
    let Some(from) = from else { return refuse(20_001, "PageToken names nothing on this list") };
    let shown: Vec<&(String, Value)> = items.iter().skip(from).take(size).collect();
    let filters: Pairs = request
        .query
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "PageSize" | "Page" | "PageToken"))
        .cloned()
        .collect();
    let filters = if filters.is_empty() { String::new() } else { format!("{}&", form::encode_pairs(&filters)) };
    let uri = |page: usize, token: String| format!("{}?{filters}PageSize={size}&Page={page}{token}", request.path);
    let more = items.len() > from.saturating_add(shown.len());
    let next = shown.last().filter(|_| more).map(|(sid, _)| uri(page.saturating_add(1), format!("&PageToken=PA{sid}")));
    let before = shown.first().filter(|_| page > 0 && from > 0);
    let previous = before.map(|(sid, _)| uri(page - 1, format!("&PageToken=PB{sid}")));
    let own = form::get(&request.query, "PageToken").map_or_else(String::new, |t| format!("&PageToken={t}"));
    let start = page.saturating_mul(size);
    Ok((
        200,
        Some(json!({
            key: shown.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>(),
            "first_page_uri": uri(0, String::new()),
            "next_page_uri": next,
            "previous_page_uri": previous,
            "uri": uri(page, own),
            "page": page,
            "page_size": size,
            "start": start,
            "end": start.saturating_add(shown.len()).saturating_sub(1),
        })),
    ))
}
