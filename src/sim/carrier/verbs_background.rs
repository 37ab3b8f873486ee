//! `<Start>` and `<Stop>`: what goes on in the background across documents (Twilio docs, TwiML Start and Stop).

use super::Carrier;
use super::state::{Subscription, Target};
use super::xml::Element;

impl Carrier {
    pub(super) fn start_verb(&mut self, sid: &str, verb: &Element) {
        let url = self.document_url(sid);
        for noun in &verb.children {
            match noun.name.as_str() {
                "Recording" => {
                    self.start_recording_noun(sid, noun);
                }
                "Transcription" => self.start_transcription_noun(sid, noun),
                "Siprec" => self.start_siprec_noun(sid, noun),
                "Stream" => self.start_fork(sid, noun, &url),
                _ => {}
            }
        }
    }

    pub(super) fn stop_verb(&mut self, sid: &str, verb: &Element) {
        let url = self.document_url(sid);
        for noun in &verb.children {
            let name = noun.attr("name");
            let stopped = match noun.name.as_str() {
                "Recording" => self.stop_recording_noun(sid, name),
                "Transcription" => self.stop_transcriptions(sid, name),
                "Siprec" => self.stop_siprecs(sid, name),
                "Stream" => self.stop_fork(sid, name),
                _ => false,
            };
            if !stopped {
                self.notify(12_200, Some(sid), format!("there is no <{}> to stop", noun.name), &url);
            }
        }
    }

    /// Who is told about something in the background. Measured by a third party: a callback that is not absolute
    /// gives 11200 and is never told.
    pub(super) fn background_callback(
        &mut self,
        sid: &str,
        noun: &Element,
        url: &str,
        events: &str,
    ) -> Option<Subscription> {
        let reference = noun.attr(url).filter(|v| !v.trim().is_empty())?;
        let to = Target::new(reference.trim(), noun.attr(&format!("{url}Method")));
        let events = noun.attr(events).unwrap_or("completed").split_whitespace().map(str::to_owned).collect();
        self.absolute(sid, Some(Subscription { to, events }))
    }
}
