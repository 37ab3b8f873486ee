//! What runs beside a call's document: streams, SIPREC and real-time transcriptions, begun and stopped by REST (Twilio
//! docs, Stream, Siprec and Transcription resources of a call).

use serde_json::{Value, json};

use super::Carrier;
use super::callback::rfc2822;
use super::rest::{Answer, Refusal, Request, not_allowed, not_found, refuse};
use super::state::Sid;
use super::transcription::TranscriptionPlan;
use super::types::CallStatus;
use crate::time::Timestamp;

/// Twilio docs: `Parameter1` to `Parameter99`.
const PARAMETERS_MAX: usize = 99;

/// Something that runs beside a call's document.
#[derive(Clone, Debug)]
pub(super) struct Background {
    sid: Sid,
    /// `Streams`, `Siprec` or `Transcriptions`, as in its path.
    kind: &'static str,
    call: Sid,
    name: Option<String>,
    stopped: Option<Timestamp>,
    began: Timestamp,
}

impl Carrier {
    pub(super) fn background_resource(&mut self, request: &Request<'_>, call: &str, kind: &str) -> Answer {
        if request.method != "POST" {
            return not_allowed();
        }
        if self.live(call).is_none_or(|call| call.status != CallStatus::InProgress) {
            return refuse(21_220, "Call is not in-progress");
        }
        let name = request.given("Name").map(str::to_owned);
        let known = |it: &&Background| it.call == call && it.kind == kind && it.stopped.is_none();
        if name.is_some() && self.account.background.iter().filter(known).any(|it| it.name == name) {
            return refuse(20_001, "Name is taken by another one of this call");
        }
        let tracks = ["inbound_track", "outbound_track", "both_tracks"];
        if request.given("Track").is_some_and(|track| !tracks.contains(&track)) {
            return refuse(20_001, format!("Track must be one of {}", tracks.join(", ")));
        }
        request.target("StatusCallback", "StatusCallbackMethod")?;
        request.target("StatusCallbackUrl", "StatusCallbackMethod")?;
        custom_parameters(request)?;
        let (kind, sid) = match kind {
            "Siprec" => {
                let told = request.target("StatusCallback", "StatusCallbackMethod")?;
                ("Siprec", self.start_siprec(call, name.as_deref(), told))
            }
            _ => ("Transcriptions", self.start_transcription(call, plan_of(request))),
        };
        let background = Background { sid, kind, call: call.to_owned(), name, stopped: None, began: self.now };
        let json = self.background_json(&background);
        self.account.background.push(background);
        Ok((200, Some(json)))
    }

    /// By sid, or by name.
    pub(super) fn stop_resource(&mut self, request: &Request<'_>, call: &str, kind: &str, name: &str) -> Answer {
        let now = self.now;
        let named = |it: &&mut Background| {
            it.call == call && it.kind == kind && (it.sid == name || it.name.as_deref() == Some(name))
        };
        let Some(background) = self.account.background.iter_mut().rev().find(named) else {
            return not_found(request.path);
        };
        if request.method != "POST" {
            return not_allowed();
        }
        if request.given("Status") != Some("stopped") {
            return refuse(20_001, "Status must be stopped");
        }
        background.stopped.get_or_insert(now);
        let background = background.clone();
        match background.kind {
            "Siprec" => self.stop_siprecs(call, Some(&background.sid)),
            _ => self.stop_transcriptions(call, Some(&background.sid)),
        };
        Ok((200, Some(self.background_json(&background))))
    }

    /// What ran beside a call ends with it.
    pub(super) fn background_over(&mut self, call: &str) {
        let now = self.now;
        for background in self.account.background.iter_mut().filter(|it| it.call == call) {
            background.stopped.get_or_insert(now);
        }
    }

    fn background_json(&self, it: &Background) -> Value {
        json!({
            "sid": it.sid,
            "account_sid": self.config.account_sid,
            "call_sid": it.call,
            "name": it.name,
            "status": if it.stopped.is_some() { "stopped" } else { "in-progress" },
            "date_updated": rfc2822(it.stopped.unwrap_or(it.began)),
            "uri": format!("{}/Calls/{}/{}/{}.json", self.account_uri(), it.call, it.kind, it.sid),
        })
    }
}

/// The same settings as in TwiML, in REST's spelling.
fn plan_of(request: &Request<'_>) -> TranscriptionPlan {
    TranscriptionPlan::of(|name| {
        let mut letters = name.chars();
        let first = letters.next()?.to_ascii_uppercase();
        request.given(&format!("{first}{}", letters.as_str())).map(str::to_owned)
    })
}

/// `Parameter1.Name` with `Parameter1.Value`, and so on.
fn custom_parameters(request: &Request<'_>) -> Result<(), Refusal> {
    for (field, _) in &request.form {
        let Some(rest) = field.strip_prefix("Parameter") else { continue };
        let place = rest.split_once('.').filter(|(_, part)| matches!(*part, "Name" | "Value"));
        let number = place.and_then(|(number, _)| number.parse::<usize>().ok());
        if !number.is_some_and(|number| (1..=PARAMETERS_MAX).contains(&number)) {
            return refuse(20_001, format!("{field} is no parameter from Parameter1 to Parameter{PARAMETERS_MAX}"));
        }
    }
    Ok(())
}
