//! The REST API's frame: who may ask, where a request goes, and errors (Twilio docs, REST API responses).
//!
//! JSON only: a path without `.json`, for which Twilio answers XML, is not found here.

use serde_json::{Value, json};

use super::Carrier;
use super::basic::basic;
use super::form;
pub(super) use super::rest_fields::Request;
pub(super) use super::rest_page::{page, page_of};
use super::types::{NextRest, RestFault, RestReply};
use crate::sim::fnv::fnv1a;

/// A refusal: HTTP status, Twilio's code, and what is wrong.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) u16, pub(super) u32, pub(super) String);

pub(super) type Answer = Result<(u16, Option<Value>), Refusal>;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// The account's token, or a Main API key.
    Main,
    /// A Standard API key.
    Standard,
}

pub(super) fn refuse<T>(code: u32, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(400, code, message.into()))
}

pub(super) fn not_found<T>(path: &str) -> Result<T, Refusal> {
    Err(Refusal(404, 20_404, format!("The requested resource {path} was not found")))
}

pub(super) fn not_allowed<T>() -> Result<T, Refusal> {
    Err(Refusal(405, 20_004, "Method not allowed".to_owned()))
}

fn unknown<T>() -> Result<T, Refusal> {
    Err(Refusal(401, 20_003, "Authenticate".to_owned()))
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
        let (status, body) = match answer {
            Ok((status, body)) => (status, body.map(|b| b.to_string()).unwrap_or_default()),
            Err(Refusal(status, code, message)) => {
                let more_info = format!("https://www.twilio.com/docs/errors/{code}");
                let body = json!({"code": code, "message": message, "more_info": more_info, "status": status});
                (status, body.to_string())
            }
        };
        let mut headers = vec![
            ("Twilio-Request-Id".to_owned(), self.sid("RQ")),
            ("Twilio-Concurrent-Requests".to_owned(), "1".to_owned()),
            ("Twilio-Request-Duration".to_owned(), "0.000".to_owned()),
            ("X-Home-Region".to_owned(), "us1".to_owned()),
            ("X-API-Domain".to_owned(), "api.twilio.com".to_owned()),
        ];
        if !body.is_empty() {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
            headers.push(("ETag".to_owned(), format!("\"{:016x}\"", fnv1a(&body))));
        }
        if status == 429 && self.config.rules.wire.retry_after {
            headers.push(("Retry-After".to_owned(), "1".to_owned()));
        }
        if status == 401 {
            headers.push(("WWW-Authenticate".to_owned(), "Basic realm=\"Twilio API\"".to_owned()));
        }
        RestReply { status, body, headers, fault, ..RestReply::default() }
    }

    /// Twilio docs, API keys: a key stands in for the account, whose sid stays in the path.
    pub(super) fn asker(&self, authorization: Option<&str>) -> Option<Asker> {
        let (user, secret) = authorization.and_then(basic)?;
        if user == self.config.account_sid {
            return (secret == self.config.auth_token).then_some(Asker::Main);
        }
        let key = self.account.keys.iter().find(|key| key.sid == user && key.secret == secret)?;
        Some(if key.main { Asker::Main } else { Asker::Standard })
    }

    /// Whether somebody of the account asks.
    pub(super) fn is_known(&self, authorization: Option<&str>) -> bool {
        self.asker(authorization).is_some()
    }

    fn route(&mut self, method: &str, target: &str, authorization: Option<&str>, body: &[u8]) -> Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let form = form::decode_pairs(body);
        let request = Request { method, path, query: form::decode_pairs(query.as_bytes()), form };
        let segments: Vec<String> = path.split('/').skip(1).map(form::decode_part).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["2010-04-01", within @ .., last] = segments.as_slice() else { return not_found(path) };
        if !matches!(within, [] | ["Accounts", ..]) {
            return not_found(path);
        }
        let Some(asker) = self.asker(authorization) else { return unknown() };
        let named = match within {
            ["Accounts"] => last.strip_suffix(".json").is_none_or(|account| account == self.config.account_sid),
            ["Accounts", account, ..] => *account == self.config.account_sid,
            _ => true,
        };
        if !named {
            return unknown();
        }
        let Some(last) = last.strip_suffix(".json") else { return not_found(path) };
        request.is_typed()?;
        match within {
            [] | ["Accounts"] => self.accounts_route(&request, within, last, asker),
            ["Accounts", _, rest @ ..] => {
                self.may_use(method, rest, last, asker)?;
                match self.recording_resources(&request, rest, last) {
                    Some(answer) => answer,
                    None => self.account_route(&request, rest, last),
                }
            }
            _ => not_found(path),
        }
    }

    /// Twilio docs, API keys: a Standard key manages neither keys nor accounts. Twilio docs, test credentials: 403 for
    /// everything but placing calls, sending messages and buying numbers.
    fn may_use(&self, method: &str, rest: &[&str], last: &str, asker: Asker) -> Result<(), Refusal> {
        let kind = rest.first().copied().unwrap_or(last);
        if asker == Asker::Standard && matches!(kind, "Keys" | "SigningKeys") {
            return unknown();
        }
        let open = method == "POST" && rest.is_empty() && matches!(last, "Calls" | "Messages" | "IncomingPhoneNumbers");
        let bought =
            method == "POST" && kind == "IncomingPhoneNumbers" && matches!(last, "Local" | "Mobile" | "TollFree");
        if self.config.account.test_credentials && !open && !bought {
            return Err(Refusal(403, 20_008, "Resource not accessible with Test Account Credentials".to_owned()));
        }
        Ok(())
    }

    fn accounts_route(&mut self, request: &Request<'_>, within: &[&str], last: &str, asker: Asker) -> Answer {
        if self.config.account.test_credentials {
            self.may_use(request.method, within, last, asker)?;
        }
        let reads = request.method == "GET" && self.config.account.standard_keys_read_the_account;
        if asker == Asker::Standard && !reads {
            return unknown();
        }
        match (within, last) {
            ([], "Accounts") => self.accounts_resource(request),
            (["Accounts"], _) => self.account_resource(request),
            _ => not_found(request.path),
        }
    }

    fn account_route(&mut self, request: &Request<'_>, rest: &[&str], last: &str) -> Answer {
        match (rest, last) {
            ([], "Calls") => self.calls_resource(request),
            (["Calls"], sid) => self.call_resource(request, sid),
            (["Calls", call, ..], _) => self.call_part_route(request, call, rest.get(2..).unwrap_or(&[]), last),
            ([], "Conferences") => self.conferences_resource(request),
            (["Conferences"], sid) => self.conference_resource(request, sid),
            (["Conferences", room], "Participants") => self.participants_resource(request, room),
            (["Conferences", room, "Participants"], name) => self.participant_resource(request, room, name),
            ([], "Queues") => self.queues_resource(request),
            (["Queues"], sid) => self.queue_resource(request, sid),
            (["Queues", queue], "Members") => self.members_resource(request, queue),
            (["Queues", queue, "Members"], call) => self.member_resource(request, queue, call),
            ([], "IncomingPhoneNumbers") => self.numbers_resource(request, None),
            (["IncomingPhoneNumbers"], "Local" | "Mobile" | "TollFree") => self.numbers_resource(request, Some(last)),
            (["IncomingPhoneNumbers"], sid) => self.number_resource(request, sid),
            ([], "AvailablePhoneNumbers") => self.countries_resource(request),
            (["AvailablePhoneNumbers"], country) => self.country_resource(request, country),
            (["AvailablePhoneNumbers", country], kind) => self.available_resource(request, country, kind),
            ([], "Applications") => self.applications_resource(request),
            (["Applications"], sid) => self.application_resource(request, sid),
            ([], "OutgoingCallerIds") => self.caller_ids_resource(request),
            (["OutgoingCallerIds"], sid) => self.caller_id_resource(request, sid),
            ([], "Messages") => self.messages_resource(request),
            (["Messages"], sid) => self.message_resource(request, sid),
            (["Messages", sid], part) => self.message_part_resource(request, sid, part),
            (["Messages", sid, "Media"], media) => self.medium_resource(request, sid, media),
            ([], "Keys" | "SigningKeys") => self.keys_resource(request, last),
            (["Keys" | "SigningKeys"], sid) => self.key_resource(request, sid),
            ([], "Balance") => self.balance_resource(request),
            ([], "Tokens") => self.tokens_resource(request),
            (["Usage"], "Records") => self.usage_resource(request, ""),
            (["Usage", "Records"], period) => self.usage_resource(request, period),
            ([], "Notifications") => self.notifications_resource(request, None),
            (["Notifications"], sid) => self.notification_resource(request, None, sid),
            ([], "Transcriptions") => self.transcriptions_resource(request, None),
            (["Transcriptions"], sid) => self.transcription_resource(request, None, sid),
            (["Recordings", recording], "Transcriptions") => self.transcriptions_resource(request, Some(recording)),
            (["Recordings", recording, "Transcriptions"], sid) => {
                self.transcription_resource(request, Some(recording), sid)
            }
            _ => not_found(request.path),
        }
    }

    /// What hangs on a call.
    fn call_part_route(&mut self, request: &Request<'_>, call: &str, rest: &[&str], last: &str) -> Answer {
        if self.calls.get(call).is_none_or(|call| call.deleted) {
            return not_found(request.path);
        }
        match (rest, last) {
            ([], "Events") => self.events_resource(request, call),
            ([], "Notifications") => self.notifications_resource(request, Some(call)),
            (["Notifications"], sid) => self.notification_resource(request, Some(call), sid),
            ([], "Streams") => self.streams_resource(request, call),
            (["Streams"], name) => self.stream_resource(request, call, name),
            ([], "Siprec" | "Transcriptions") => self.background_resource(request, call, last),
            ([kind @ ("Siprec" | "Transcriptions")], name) => self.stop_resource(request, call, kind, name),
            ([], "UserDefinedMessages") => self.user_messages_resource(request, call),
            ([], "UserDefinedMessageSubscriptions") => self.listeners_resource(request, call),
            (["UserDefinedMessageSubscriptions"], sid) => self.listener_resource(request, call, sid),
            _ => not_found(request.path),
        }
    }
}
