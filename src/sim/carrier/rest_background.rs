//! What runs beside a call's document: SIPREC and real-time transcriptions, begun and stopped by REST (Twilio docs, Siprec
//! and Transcription resources of a call). What a document began can be stopped here too.

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
/// Twilio docs: whose voice.
const TRACKS: [&str; 3] = ["inbound_track", "outbound_track", "both_tracks"];

/// Something that runs beside a call's document, or did.
#[derive(Debug)]
struct Background {
    sid: Sid,
    name: Option<String>,
    running: bool,
    updated: Timestamp,
}

impl Carrier {
    /// Those of a call, oldest first. `kind` is the word of the path: `Siprec` or `Transcriptions`.
    fn backgrounds(&self, call: &str, kind: &str) -> Vec<Background> {
        if kind == "Siprec" {
            let siprecs = self.shelf.siprecs.iter().filter(|it| it.call == call);
            return siprecs
                .map(|it| Background {
                    sid: it.sid.clone(),
                    name: it.name.clone(),
                    running: it.running,
                    updated: it.updated,
                })
                .collect();
        }
        let transcriptions = self.shelf.transcriptions.iter().filter(|it| it.call == call);
        transcriptions
            .map(|it| Background {
                sid: it.sid.clone(),
                name: it.name().map(str::to_owned),
                running: it.running,
                updated: it.updated,
            })
            .collect()
    }

    pub(super) fn background_resource(&mut self, request: &Request<'_>, call: &str, kind: &str) -> Answer {
        if request.method != "POST" {
            return not_allowed();
        }
        if self.live(call).is_none_or(|call| call.status != CallStatus::InProgress) {
            return refuse(21_220, "Call is not in-progress");
        }
        let name = request.given("Name");
        if name.is_some() && self.backgrounds(call, kind).iter().any(|it| it.running && it.name.as_deref() == name) {
            return refuse(20_001, "Name is taken by another one of this call");
        }
        if request.given("Track").is_some_and(|track| !TRACKS.contains(&track)) {
            return refuse(20_001, format!("Track must be one of {}", TRACKS.join(", ")));
        }
        let told = request.target("StatusCallback", "StatusCallbackMethod")?;
        request.target("StatusCallbackUrl", "StatusCallbackMethod")?;
        custom_parameters(request)?;
        let sid = if kind == "Siprec" {
            self.start_siprec(call, name, told)
        } else {
            let plan = TranscriptionPlan::of(|name| request.given(&in_pascal_case(name)).map(str::to_owned));
            self.start_transcription(call, plan)
        };
        self.show_background(request, call, kind, &sid)
    }

    /// By sid, or by name.
    pub(super) fn stop_resource(&mut self, request: &Request<'_>, call: &str, kind: &str, name: &str) -> Answer {
        let known = self.backgrounds(call, kind);
        let named = |it: &&Background| it.sid == name || it.name.as_deref() == Some(name);
        let Some(sid) = known.iter().rev().find(named).map(|it| it.sid.clone()) else {
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

    fn show_background(&self, request: &Request<'_>, call: &str, kind: &str, sid: &str) -> Answer {
        match self.backgrounds(call, kind).iter().find(|it| it.sid == sid) {
            Some(it) => Ok((200, Some(self.background_json(call, kind, it)))),
            None => not_found(request.path),
        }
    }

    fn background_json(&self, call: &str, kind: &str, it: &Background) -> Value {
        json!({
            "sid": it.sid,
            "account_sid": self.config.account_sid,
            "call_sid": call,
            "name": it.name,
            "status": if it.running { "in-progress" } else { "stopped" },
            "date_updated": rfc2822(it.updated),
            "uri": format!("{}/Calls/{call}/{kind}/{}.json", self.account_uri(), it.sid),
        })
    }
}

/// The parameter of REST for an attribute of TwiML.
fn in_pascal_case(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
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
