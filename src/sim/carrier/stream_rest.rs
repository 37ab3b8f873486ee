//! The Stream resource of a call (Twilio docs, Stream resource).

use serde_json::{Value, json};

use super::Carrier;
use super::callback::rfc2822;
use super::form::is_web_url;
use super::rest::{Answer, Request, not_allowed, not_found, refuse};
use super::state::{Sid, Target};
use super::stream::{Asked, StreamEnd};
use super::types::CallStatus;
use crate::time::Timestamp;

/// Twilio docs, Stream resource: parameters are numbered up to this.
const PARAMETERS_MAX: usize = 99;

/// What is known of a stream, also when it is over.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) sid: Sid,
    call: Sid,
    name: String,
    is_stopped: bool,
    updated: Timestamp,
}

impl Record {
    pub(super) fn new(sid: &str, call: &str, name: &str, now: Timestamp) -> Self {
        Self { sid: sid.to_owned(), call: call.to_owned(), name: name.to_owned(), is_stopped: false, updated: now }
    }

    pub(super) fn stops(&mut self, now: Timestamp) {
        self.is_stopped = true;
        self.updated = now;
    }
}

impl Carrier {
    pub(super) fn streams_resource(&mut self, request: &Request<'_>, call: &str) -> Answer {
        match request.method {
            "POST" => self.start_stream(request, call),
            _ => not_allowed(),
        }
    }

    pub(super) fn stream_resource(&mut self, request: &Request<'_>, call: &str, name: &str) -> Answer {
        match request.method {
            "POST" => self.stop_stream(request, call, name),
            _ => not_allowed(),
        }
    }

    /// `POST Calls/{CA}/Streams`: a fork of a call that is in progress.
    pub(super) fn start_stream(&mut self, request: &Request<'_>, call: &str) -> Answer {
        match self.calls.get(call).map(|call| call.status) {
            None => return not_found(request.path),
            Some(CallStatus::InProgress) => {}
            Some(_) => return refuse(21_220, "Call is not in-progress. Cannot start a stream."),
        }
        let Some(url) = request.given("Url") else { return refuse(21_205, "Url parameter is required.") };
        let callback = request
            .given("StatusCallback")
            .map(|callback| Target::new(callback, request.field("StatusCallbackMethod")));
        if callback.as_ref().is_some_and(|target| !is_web_url(&target.url)) {
            return refuse(21_609, "StatusCallback is not a valid URL");
        }
        let parameters = (1..=PARAMETERS_MAX).filter_map(|n| {
            let name = request.given(&format!("Parameter{n}.Name"))?;
            Some((name.to_owned(), request.field(&format!("Parameter{n}.Value")).unwrap_or("").to_owned()))
        });
        let asked = Asked {
            url: url.to_owned(),
            name: request.given("Name").map(str::to_owned),
            track: request.given("Track").map(str::to_owned),
            callback,
            parameters: parameters.collect(),
            two_way: false,
        };
        match self.begin_stream(call, asked) {
            Ok((_, sid)) => self.show_stream(request, &sid, 200),
            Err((11_100, message)) => refuse(21_205, message),
            Err((_, message)) => refuse(20_001, message),
        }
    }

    /// `POST Calls/{CA}/Streams/{MZ or name}` with `Status=stopped`.
    pub(super) fn stop_stream(&mut self, request: &Request<'_>, call: &str, name: &str) -> Answer {
        let mut known = self.sockets.records.iter().rev().filter(|record| record.call == call);
        let Some(record) = known.find(|record| record.sid == name || record.name == name) else {
            return not_found(request.path);
        };
        let sid = record.sid.clone();
        if request.given("Status") != Some("stopped") {
            return refuse(20_001, "Status must be stopped");
        }
        let socket = self.streams_of(call).find(|(_, stream)| stream.sid == sid).map(|(id, _)| id);
        if let Some(socket) = socket {
            self.stream_over(socket, StreamEnd::Stopped);
        }
        self.show_stream(request, &sid, 200)
    }

    fn show_stream(&self, request: &Request<'_>, sid: &str, status: u16) -> Answer {
        match self.sockets.records.iter().rfind(|record| record.sid == sid) {
            Some(record) => Ok((status, Some(self.stream_json(record)))),
            None => not_found(request.path),
        }
    }

    fn stream_json(&self, record: &Record) -> Value {
        let account = &self.config.account_sid;
        json!({
            "sid": record.sid,
            "account_sid": account,
            "call_sid": record.call,
            "name": record.name,
            "status": if record.is_stopped { "stopped" } else { "in-progress" },
            "date_updated": rfc2822(record.updated),
            "uri": format!("/2010-04-01/Accounts/{account}/Calls/{}/Streams/{}.json", record.call, record.sid),
        })
    }
}
