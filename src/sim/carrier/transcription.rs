//! What was said, as text: of recordings, and while people speak (Twilio docs, TwiML Record `transcribe`; TwiML
//! Transcription and its callback).

use serde_json::json;

use super::Carrier;
use super::callback::pair;
use super::form::{Pairs, is_web_url};
use super::recording::{Recording, Stage};
use super::rest_background::Background;
use super::state::{Due, Sid, Target};
use super::voice::{Utterance, VoiceDue};
use super::webhook::Purpose;
use super::xml::Element;

/// Twilio docs, TwiML Record: what is shorter or longer, in seconds, is not transcribed.
const TRANSCRIBED_S: std::ops::RangeInclusive<u64> = 2..=120;

/// How speech is to be written down while it lasts.
#[derive(Clone, Debug)]
pub(super) struct TranscriptionPlan {
    name: Option<String>,
    told: Option<Target>,
    inbound: bool,
    outbound: bool,
    partial: bool,
    /// What `transcription-started` repeats, by the names of the callback.
    repeated: Pairs,
}

impl TranscriptionPlan {
    /// `value` gives a setting by its name in TwiML, such as `statusCallbackUrl`.
    pub(super) fn of(value: impl Fn(&str) -> Option<String>) -> Self {
        let or = |name: &str, default: &str| value(name).unwrap_or_else(|| default.to_owned());
        let track = or("track", "both_tracks");
        let engine = or("transcriptionEngine", "google");
        let configuration = json!({
            "profanityFilter": or("profanityFilter", "true"),
            "speechModel": or("speechModel", "telephony"),
            "enableAutomaticPunctuation": or("enableAutomaticPunctuation", "true"),
            "hints": or("hints", ""),
        });
        Self {
            name: value("name").filter(|name| !name.is_empty()),
            told: value("statusCallbackUrl").map(|url| Target::new(url, value("statusCallbackMethod").as_deref())),
            inbound: track != "outbound_track",
            outbound: track != "inbound_track",
            partial: or("partialResults", "false") == "true",
            repeated: vec![
                pair("LanguageCode", or("languageCode", "en-US")),
                pair("Track", track),
                pair("TranscriptionEngine", engine),
                pair("ProviderConfiguration", configuration.to_string()),
                pair("InboundTrackLabel", or("inboundTrackLabel", "")),
                pair("OutboundTrackLabel", or("outboundTrackLabel", "")),
                pair("PartialResults", or("partialResults", "false")),
            ],
        }
    }
}

/// Speech that is written down while it lasts.
#[derive(Clone, Debug)]
pub(super) struct Transcription {
    pub(super) background: Background,
    plan: TranscriptionPlan,
    sequence: u64,
}

impl Transcription {
    pub(super) fn wants_partial(&self) -> bool {
        self.plan.partial
    }
}

impl Carrier {
    /// Begins to write down what is said on a leg; gives the GT sid.
    pub(super) fn start_transcription(&mut self, call: &str, mut plan: TranscriptionPlan) -> Sid {
        let bad = plan.told.take_if(|to| !is_web_url(&to.url));
        if let Some(to) = bad {
            // Measured by a third party: a callback that is not absolute gives 11200 and is never told.
            self.notify(11_200, Some(call), "statusCallbackUrl is no absolute URL; never told", &to.url);
        }
        let sid = self.sid("GT");
        let mut started = plan.repeated.clone();
        started.push(pair("Name", plan.name.clone().unwrap_or_default()));
        let background = Background::new(sid.clone(), call, plan.name.clone(), self.now);
        self.shelf.writing.push(self.shelf.transcriptions.len());
        self.shelf.transcriptions.push(Transcription { background, plan, sequence: 0 });
        self.tell_transcription(&sid, "transcription-started", started);
        sid
    }

    /// Ends what writes down a leg: the one of that name or sid, or all. `false`: there was none.
    pub(super) fn stop_transcriptions(&mut self, call: &str, name: Option<&str>) -> bool {
        let now = self.now;
        let fits = |b: &Background| b.call == call && b.is(name);
        let places: Vec<(usize, Sid)> = self
            .shelf
            .writing
            .iter()
            .filter_map(|at| Some((*at, &self.shelf.transcriptions.get(*at)?.background)))
            .filter(|(_, background)| fits(background))
            .map(|(at, background)| (at, background.sid.clone()))
            .collect();
        for (at, sid) in &places {
            self.tell_transcription(sid, "transcription-stopped", Vec::new());
            self.shelf.writing.retain(|other| other != at);
            if let Some(transcription) = self.shelf.transcriptions.get_mut(*at) {
                transcription.background.stops(now);
            }
        }
        !places.is_empty()
    }

    /// What runs, oldest first.
    pub(super) fn writing(&self) -> impl Iterator<Item = &Transcription> {
        self.shelf.writing.iter().filter_map(|at| self.shelf.transcriptions.get(*at))
    }

    /// Order holds for each track: what is said first is told first.
    fn tell_transcription(&mut self, sid: &str, event: &str, extra: Pairs) {
        let place = self.shelf.transcriptions.iter().rposition(|t| t.background.sid == sid);
        let Some(transcription) = place.and_then(|at| self.shelf.transcriptions.get_mut(at)) else { return };
        transcription.sequence += 1;
        let (sequence, call) = (transcription.sequence, transcription.background.call.clone());
        let Some(to) = transcription.plan.told.clone() else { return };
        let mut pairs = vec![
            pair("AccountSid", &self.config.account_sid),
            pair("CallSid", &call),
            pair("TranscriptionSid", sid),
            pair("TranscriptionEvent", event),
            pair("SequenceId", sequence.to_string()),
            pair("Timestamp", self.now.to_string()),
        ];
        pairs.extend(extra);
        self.send(&to, &pairs, Some(&call), Purpose::Callback(15_003));
    }

    /// Words on a leg, by its own person or by what it hears, are told to whoever writes them down.
    fn write_down(&mut self, call: &str, own: bool, words: &str, done: bool) {
        let wanted = |t: &&Transcription| {
            let track = if own { t.plan.inbound } else { t.plan.outbound };
            t.background.call == call && track && (done || t.plan.partial)
        };
        let found: Vec<(Sid, String)> = self
            .writing()
            .filter(wanted)
            .map(|t| {
                (t.background.sid.clone(), t.plan.repeated.first().map(|(_, code)| code.clone()).unwrap_or_default())
            })
            .collect();
        for (sid, language) in found {
            let mut pairs = vec![
                pair("LanguageCode", language),
                pair("Track", if own { "inbound_track" } else { "outbound_track" }),
                pair("TranscriptionData", json!({"transcript": words, "confidence": 0.9}).to_string()),
                pair("Final", if done { "true" } else { "false" }),
            ];
            if !done {
                pairs.push(pair("Stability", "0.8"));
            }
            self.tell_transcription(&sid, "transcription-content", pairs);
        }
    }

    /// Somebody has said something, or half of it: written down on their own leg, and on the legs that hear them.
    pub(super) fn uttered(&mut self, sid: &str, at: usize, done: bool) {
        let Some(said) = self.live(sid).and_then(|c| c.voice.said.get(at)).cloned() else { return };
        let words = if done { said.words } else { first_half(&said.words) };
        self.write_down(sid, true, &words, done);
        for listener in self.listeners(sid) {
            self.write_down(&listener, false, &words, done);
        }
    }

    fn listeners(&self, sid: &str) -> Vec<Sid> {
        let pairs = self.talking.keys().filter(|(_, a, b)| a == sid || b == sid);
        pairs.map(|(_, a, b)| if a == sid { b.clone() } else { a.clone() }).collect()
    }

    /// A leg is read a text to: it is written down at its end, unless something cuts it.
    pub(super) fn is_read_to(&mut self, sid: &str, words: &str, length: std::time::Duration) {
        let listened = self.writing().any(|t| t.background.call == sid && t.plan.outbound);
        if let Some(epoch) = self.live(sid).map(|c| c.epoch).filter(|_| listened && !words.is_empty()) {
            self.after(length, Due::Voice(VoiceDue::Read(sid.to_owned(), epoch, words.to_owned())));
        }
    }

    pub(super) fn was_read(&mut self, sid: &str, words: &str) {
        self.write_down(sid, false, words, true);
    }

    /// A recording is completed: its text follows, where that was asked for.
    pub(super) fn recording_to_text(&mut self, recording: &Recording) {
        if recording.transcribe.is_some() && recording.stage == Stage::Completed {
            let delay = self.config.rules.voice.transcription_delay;
            self.after(delay, Due::Voice(VoiceDue::Transcribed(recording.sid.clone())));
        }
    }

    /// The text of a recording is there. Twilio docs, TwiML Record: English only, of 2 to 120 seconds.
    pub(super) fn transcribed(&mut self, sid: &str) {
        let Some(recording) = self.recording(sid).filter(|r| r.deleted.is_none()).cloned() else { return };
        let Some(call) = recording.call().and_then(|call| self.calls.get(call)).cloned() else { return };
        let fits = TRANSCRIBED_S.contains(&recording.seconds());
        let heard = |said: &&Utterance| {
            recording
                .spans
                .iter()
                .any(|span| !span.silent && said.from < span.to.unwrap_or(span.from) && said.to > span.from)
        };
        let words: Vec<&str> = call.voice.said.iter().filter(heard).map(|said| said.words.as_str()).collect();
        let text = if fits { words.join(" ").trim().to_owned() } else { String::new() };
        if !fits {
            self.notify(13_617, Some(&call.sid), "only 2 to 120 seconds are transcribed", "");
        }
        let transcription = if fits { self.transcribes(sid, &text, recording.seconds()) } else { self.sid("TR") };
        let Some(to) = recording.transcribe.clone().flatten() else { return };
        let url = self.recording_url(sid);
        let mut pairs = self.standard(&call, call.status);
        pairs.extend([
            pair("TranscriptionSid", &transcription),
            pair("TranscriptionText", text),
            pair("TranscriptionStatus", if fits { "completed" } else { "failed" }),
            pair("TranscriptionUrl", format!("{url}/Transcriptions/{transcription}")),
            pair("TranscriptionType", "fast"),
            pair("RecordingSid", sid),
            pair("RecordingUrl", url),
        ]);
        self.send(&to, &pairs, Some(&call.sid), Purpose::Callback(15_003));
    }

    /// `<Start><Transcription>`.
    pub(super) fn start_transcription_noun(&mut self, sid: &str, noun: &Element) {
        self.start_transcription(sid, TranscriptionPlan::of(|name| noun.attr(name).map(str::to_owned)));
    }
}

fn first_half(words: &str) -> String {
    let all: Vec<&str> = words.split_whitespace().collect();
    all.iter().take(all.len().div_ceil(2)).copied().collect::<Vec<_>>().join(" ")
}
