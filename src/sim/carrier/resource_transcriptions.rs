//! The Transcription resource: what recordings say (Twilio docs, Recording Transcription resource).

use serde_json::{Value, json};

use super::Carrier;
use super::account::Dates;
use super::callback::rfc2822;
use super::rest::{Answer, Request, not_allowed, not_found, page};
use super::state::Sid;

/// The text of a recording.
#[derive(Clone, Debug)]
pub(super) struct Transcription {
    pub(super) sid: Sid,
    pub(super) recording: Sid,
    pub(super) text: String,
    pub(super) seconds: u64,
    pub(super) dates: Dates,
}

impl Carrier {
    /// The text of a recording of so many seconds is there from now on, and REST shows it. Gives its TR sid.
    pub fn transcribes(&mut self, recording: &str, text: &str, seconds: u64) -> String {
        let transcription = Transcription {
            sid: self.sid("TR"),
            recording: recording.to_owned(),
            text: text.to_owned(),
            seconds,
            dates: Dates::new(self.now),
        };
        let sid = transcription.sid.clone();
        self.account.transcriptions.push(transcription);
        sid
    }

    pub(super) fn transcriptions_resource(&self, request: &Request<'_>, recording: Option<&str>) -> Answer {
        if request.method != "GET" {
            return not_allowed();
        }
        let of = |it: &&Transcription| recording.is_none_or(|recording| it.recording == recording);
        let shown = self.account.transcriptions.iter().rev().filter(of);
        let json = |it: &Transcription| self.transcription_json(it, recording);
        page(request, "transcriptions", shown.map(|it| (it.sid.clone(), json(it))).collect())
    }

    pub(super) fn transcription_resource(
        &mut self,
        request: &Request<'_>,
        recording: Option<&str>,
        sid: &str,
    ) -> Answer {
        let named = |it: &Transcription| it.sid == sid && recording.is_none_or(|recording| it.recording == recording);
        let Some(at) = self.account.transcriptions.iter().position(named) else { return not_found(request.path) };
        match request.method {
            "GET" => match self.account.transcriptions.get(at) {
                Some(it) => Ok((200, Some(self.transcription_json(it, recording)))),
                None => not_found(request.path),
            },
            "DELETE" => {
                self.account.transcriptions.remove(at);
                Ok((204, None))
            }
            _ => not_allowed(),
        }
    }

    fn transcription_json(&self, it: &Transcription, recording: Option<&str>) -> Value {
        let base = self.account_uri();
        let base = recording.map_or_else(|| base.clone(), |recording| format!("{base}/Recordings/{recording}"));
        json!({
            "sid": it.sid,
            "account_sid": self.config.account_sid,
            "api_version": "2010-04-01",
            "recording_sid": it.recording,
            "status": "completed",
            "transcription_text": it.text,
            "type": "fast",
            "duration": it.seconds.to_string(),
            "price": null,
            "price_unit": "USD",
            "date_created": rfc2822(it.dates.created),
            "date_updated": rfc2822(it.dates.updated),
            "uri": format!("{base}/Transcriptions/{}.json", it.sid),
        })
    }
}
