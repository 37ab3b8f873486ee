//! What runs beside a call's document: SIPREC and real-time transcriptions, begun and stopped by REST (Twilio docs,
//! Siprec and Transcription resources of a call).

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
    pub(super) sid: Sid,
    pub(super) call: Sid,
    pub(super) name: Option<String>,
    began: Timestamp,
    stopped: Option<Timestamp>,
}

impl Background {
    pub(super) fn new(sid: Sid, call: &str, name: Option<String>, now: Timestamp) -> Self {
        Self { sid, call: call.to_owned(), name: name.filter(|name| !name.is_empty()), began: now, stopped: None }
    }

    pub(super) fn runs(&self) -> bool {
        self.stopped.is_none()
    }

    /// Whether it is the one of this sid or name; without one, any is.
    pub(super) fn is(&self, name: Option<&str>) -> bool {
        name.is_none_or(|name| self.sid == name || self.name.as_deref() == Some(name))
    }

    pub(super) fn stops(&mut self, now: Timestamp) {
        self.stopped.get_or_insert(now);
    }
}

impl Carrier {
    pub(super) fn background_resource(&mut self, request: &Request<'_>, call: &str, kind: &str) -> Answer {
        if request.method != "POST" {
            return not_allowed();
        }
        if self.live(call).is_none_or(|call| call.status != CallStatus::InProgress) {
            return refuse(21_220, "Call is not in-progress");
        }
        let name = request.given("Name");
        if name.is_some() && self.beside(call, kind).iter().any(|it| it.runs() && it.name.as_deref() == name) {
            return refuse(20_001, "Name is taken by another one of this call");
        }
        let tracks = ["inbound_track", "outbound_track", "both_tracks"];
        if request.given("Track").is_some_and(|track| !tracks.contains(&track)) {
            return refuse(20_001, format!("Track must be one of {}", tracks.join(", ")));
        }
        let told = request.target("StatusCallback", "StatusCallbackMethod")?;
        request.target("StatusCallbackUrl", "StatusCallbackMethod")?;
        custom_parameters(request)?;
        let sid = if kind == "Siprec" {
            self.start_siprec(call, name, told)
        } else {
            // The fields are those of TwiML with a capital.
            let field = |name: &str| {
                let (first, rest) = name.split_at_checked(1)?;
                request.given(&format!("{}{rest}", first.to_ascii_uppercase())).map(str::to_owned)
            };
            self.start_transcription(call, TranscriptionPlan::of(field))
        };
        self.show_background(request, call, kind, &sid)
    }

    /// By sid, or by name; also what a document began.
    pub(super) fn stop_resource(&mut self, request: &Request<'_>, call: &str, kind: &str, name: &str) -> Answer {
        let Some(sid) = self.beside(call, kind).iter().rev().find(|it| it.is(Some(name))).map(|it| it.sid.clone())
        else {
            return not_found(request.path);
        };
        if request.method != "POST" {
            return not_allowed();
        }
        if request.given("Status") != Some("stopped") {
            return refuse(20_001, "Status must be stopped");
        }
        if kind == "Siprec" {
            self.stop_siprecs(call, Some(&sid));
        } else {
            self.stop_transcriptions(call, Some(&sid));
        }
        self.show_background(request, call, kind, &sid)
    }

    /// What runs or ran beside a call, oldest first.
    fn beside(&self, call: &str, kind: &str) -> Vec<&Background> {
        let all: Vec<&Background> = if kind == "Siprec" {
            self.shelf.siprecs.iter().map(|it| &it.background).collect()
        } else {
            self.shelf.transcriptions.iter().map(|it| &it.background).collect()
        };
        all.into_iter().filter(|it| it.call == call).collect()
    }

    fn show_background(&self, request: &Request<'_>, call: &str, kind: &str, sid: &str) -> Answer {
        match self.beside(call, kind).into_iter().find(|it| it.sid == sid) {
            Some(it) => Ok((200, Some(self.background_json(it, kind)))),
            None => not_found(request.path),
        }
    }

    fn background_json(&self, it: &Background, kind: &str) -> Value {
        json!({
            "sid": it.sid,
            "account_sid": self.config.account_sid,
            "call_sid": it.call,
            "name": it.name,
            "status": if it.stopped.is_some() { "stopped" } else { "in-progress" },
            "date_updated": rfc2822(it.stopped.unwrap_or(it.began)),
            "uri": format!("{}/Calls/{}/{}/{}.json", self.account_uri(), it.call, kind, it.sid),
        })
    }
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
