//! `<ConversationRelay>`: words of a leg over a socket (Twilio docs, TwiML ConversationRelay; ConversationRelay,
//! WebSocket messages).

use std::collections::BTreeMap;
use std::time::Duration;

use super::Carrier;
use super::callback::pair;
use super::form::Pairs;
use super::socket_speech::{Saying, Speech};
use super::state::Sid;
use super::stream::parameters;
use super::types::{CallStatus, EndCause, Hearing, Loss};
use super::xml::Element;
use crate::media::relay::{Command, Event, Fault, Interruptible, Language, Setup};

/// Twilio docs, ConversationRelay: after so many messages in a row that are wrong, the connection is closed.
const BAD_MESSAGES_MAX: u32 = 10;

/// How a session is over.
#[derive(Clone, Debug)]
pub(super) enum Ending {
    /// The server sent `end`, with this for the action.
    Ended(Option<String>),
    /// Under this code, for this reason.
    Failed(u32, String),
    /// The leg ended, or went elsewhere.
    Completed,
}

/// A session, from the first moment to the last.
#[derive(Debug)]
pub(super) struct Relay {
    sid: Sid,
    /// How the leg was when its document came to this verb.
    status: CallStatus,
    parameters: BTreeMap<String, String>,
    pub(super) language: String,
    pub(super) greeting: Option<(String, Interruptible)>,
    pub(super) interruptible: Interruptible,
    pub(super) report: Interruptible,
    pub(super) preemptible: bool,
    pub(super) keys: bool,
    pub(super) partial: bool,
    partial_on_hang_up: bool,
    pub(super) pause: Option<Duration>,
    pub(super) tells_speakers: bool,
    pub(super) tells_tokens: bool,
    bad: u32,
    pub(super) speech: Speech,
    pub(super) saying: Option<Saying>,
    /// `end` has come; what was to be said before it is still spoken.
    pub(super) ending: Option<Ending>,
}

/// An attribute: Twilio's two official libraries spell some of them in camel case and in lower case.
fn attr<'a>(noun: &'a Element, name: &str) -> Option<&'a str> {
    noun.attr(name).or_else(|| noun.attr(&name.to_ascii_lowercase())).map(str::trim).filter(|value| !value.is_empty())
}

/// What is wrong with the attributes, by the words that Twilio's documentation gives for each.
fn wrong_attribute(noun: &Element) -> Option<String> {
    let any = "any none dtmf speech true false";
    let flag = "true false";
    let words = [
        ("welcomeGreetingInterruptible", any),
        ("interruptible", any),
        ("reportInputDuringAgentSpeech", any),
        ("ttsProvider", "ElevenLabs Google Amazon"),
        ("transcriptionProvider", "Deepgram Google"),
        ("interruptSensitivity", "high medium low"),
        ("dtmfDetection", flag),
        ("preemptible", flag),
        ("partialPrompts", flag),
        ("profanityFilter", flag),
        ("partialPromptOnHangup", flag),
        ("ttsTextNormalization", "auto on off"),
        ("elevenlabsTextNormalization", "auto on off"),
    ];
    let wrong = words.iter().find_map(|(name, allowed)| {
        let value = attr(noun, name)?;
        (!allowed.split(' ').any(|word| word == value)).then(|| format!("{name}={value:?} is none of: {allowed}"))
    });
    let language = || {
        let languages = noun.children.iter().filter(|child| child.name == "Language");
        languages.map(|child| attr(child, "code")).find(Option::is_none).map(|_| "a Language without code".to_owned())
    };
    wrong.or_else(language)
}

impl Relay {
    fn of(sid: Sid, noun: &Element, status: CallStatus) -> Self {
        let flag = |name: &str| attr(noun, name) == Some("true");
        let word = |name: &str, default| attr(noun, name).and_then(Interruptible::named).unwrap_or(default);
        let told = format!("{} {}", attr(noun, "debug").unwrap_or(""), attr(noun, "events").unwrap_or(""));
        let tells = |what: &str| told.split([' ', ',']).any(|word| word == what);
        let language = attr(noun, "transcriptionLanguage").or_else(|| attr(noun, "language")).unwrap_or("en-US");
        let greeting_by = word("welcomeGreetingInterruptible", Interruptible::Any);
        Self {
            sid,
            status,
            parameters: parameters(noun).into_iter().collect(),
            language: language.to_owned(),
            greeting: attr(noun, "welcomeGreeting").map(|greeting| (greeting.to_owned(), greeting_by)),
            interruptible: word("interruptible", Interruptible::Any),
            report: word("reportInputDuringAgentSpeech", Interruptible::None),
            preemptible: flag("preemptible"),
            keys: flag("dtmfDetection"),
            partial: flag("partialPrompts"),
            partial_on_hang_up: flag("partialPromptOnHangup"),
            pause: attr(noun, "speechTimeout").and_then(|ms| ms.parse().ok()).map(Duration::from_millis),
            tells_speakers: tells("speaker-events"),
            tells_tokens: tells("tokens-played"),
            bad: 0,
            speech: Speech::default(),
            saying: None,
            ending: None,
        }
    }
}

impl Carrier {
    /// `<Connect><ConversationRelay>`: its socket, for which the document waits; or what the action is told instead.
    pub(super) fn connect_relay(
        &mut self,
        sid: &str,
        noun: &Element,
        status: CallStatus,
        url: &str,
    ) -> Result<u64, Pairs> {
        let session = self.sid("VX");
        let target = self.socket_url(noun.attr("url").unwrap_or_default()).map_err(|why| (64_102, why));
        // Twilio docs, errors 64101 and 64102: parameters it does not take, and a URL it cannot connect to.
        let wrong = wrong_attribute(noun).map(|why| (64_101, why));
        match wrong.map_or(target, Err) {
            Ok(target) => Ok(self.open_relay(sid, &target, Relay::of(session, noun, status))),
            Err((code, why)) => {
                self.notify(code, Some(sid), why.clone(), url);
                Err(facts(&session, &Ending::Failed(code, why), 0))
            }
        }
    }

    pub(super) fn relay_opened(&mut self, id: u64) {
        let Some(call) = self.socket_call(id).and_then(|sid| self.calls.get(&sid)).cloned() else { return };
        let account_sid = self.config.account_sid.clone();
        let Some(relay) = self.relay_at(id) else { return };
        let kind = match &call.from {
            from if from.starts_with("client:") => "CLIENT",
            from if from.starts_with("sip:") => "SIP",
            _ => "PSTN",
        };
        let setup = Setup {
            session_id: relay.sid.clone(),
            account_sid,
            parent_call_sid: call.parent.unwrap_or_default(),
            call_sid: call.sid.clone(),
            from: call.from,
            to: call.to,
            call_type: kind.to_owned(),
            direction: call.direction.as_str().to_owned(),
            call_status: relay.status.as_str().to_ascii_uppercase(),
            custom_parameters: relay.parameters.clone(),
            ..Setup::default()
        };
        let greeting = relay.greeting.take();
        self.socket_says(id, Event::Setup(Box::new(setup)).write());
        self.hear(&call.sid, Hearing::Pause);
        if let Some((greeting, interruptible)) = greeting {
            self.relay_greets(id, &greeting, interruptible);
        }
    }

    pub(super) fn relay_text(&mut self, id: u64, text: &str) {
        let command = match Command::read(text) {
            Ok(Command::Unknown(fields)) => {
                let kind = fields.get("type").and_then(|kind| kind.as_str()).unwrap_or_default();
                return self.relay_refuses(id, &format!("there is no message of type {kind:?}"));
            }
            Ok(Command::SendDigits(keys)) if !keys.is_sendable() => {
                return self.relay_refuses(id, &format!("{:?} cannot be sent as keys", keys.digits));
            }
            Ok(command) => command,
            Err(error) => return self.relay_refuses(id, &error.to_string()),
        };
        let Some(relay) = self.relay_at(id) else { return };
        relay.bad = 0;
        if relay.ending.is_some() {
            return;
        }
        match command {
            Command::Text(text) => self.relay_token(id, &text),
            Command::Play(play) => self.relay_plays(id, &play),
            Command::SendDigits(keys) => self.relay_sends_keys(id, &keys.digits),
            Command::Language(language) => self.relay_changes_language(id, language),
            Command::End(end) => self.relay_ends(id, end.handoff_data),
            Command::Unknown(_) => {}
        }
    }

    /// Twilio docs, ConversationRelay: a wrong message is answered with `error` and 64107; the session goes on, up to
    /// ten in a row.
    pub(super) fn relay_refuses(&mut self, id: u64, why: &str) {
        let call = self.socket_call(id);
        let Some(relay) = self.relay_at(id) else { return };
        relay.bad += 1;
        let is_enough = relay.bad >= BAD_MESSAGES_MAX;
        let description = format!("Invalid message received: {why}");
        self.notify(64_107, call.as_deref(), description.clone(), "");
        self.socket_says(id, Event::Error(Fault { description }).write());
        if is_enough {
            let why = format!("{BAD_MESSAGES_MAX} invalid messages in a row");
            self.relay_over(id, Ending::Failed(64_105, why), Some(1007));
        }
    }

    fn relay_changes_language(&mut self, id: u64, language: Language) {
        let Some(relay) = self.relay_at(id) else { return };
        // What is spoken is the same text in each language here.
        if let Some(understood) = language.transcription_language {
            relay.language = understood;
        }
    }

    fn relay_ends(&mut self, id: u64, handoff: Option<String>) {
        self.relay_flushes(id);
        let cuts = self.config.rules.sockets.relay_end_cuts_speech;
        let Some(relay) = self.relay_at(id) else { return };
        if relay.speech.is_silent() || cuts {
            self.relay_over(id, Ending::Ended(handoff), Some(1000));
        } else {
            relay.ending = Some(Ending::Ended(handoff));
        }
    }

    /// The session is over; a document that waited for it goes on. Gives what its action is told; `None` when it was over
    /// already.
    pub(super) fn relay_over(&mut self, id: u64, ending: Ending, code: Option<u16>) -> Option<Pairs> {
        let now = self.now;
        let relay = self.relay_at(id)?;
        if let (Ending::Completed, true, Some(saying)) = (&ending, relay.partial_on_hang_up, relay.saying.take()) {
            let words = saying.so_far(now);
            self.relay_prompts(id, words, true);
        }
        let (call, opened, relay) = self.drop_relay(id, code)?;
        if let Ending::Failed(code, why) = &ending {
            self.notify(*code, Some(&call), why.clone(), "");
        }
        let seconds = opened.map_or(0, |opened| now.since(opened).as_secs());
        let facts = facts(&relay.sid, &ending, seconds);
        let has_action = self.connecting(&call, id).map(|connecting| connecting.action.is_some());
        match (ending, has_action) {
            (Ending::Failed(..), Some(false)) => self.relay_ends_call(&call),
            _ => self.connect_over(&call, id, facts.clone()),
        }
        Some(facts)
    }

    /// Twilio docs, ConversationRelay: a session that failed ends the call when there is no action.
    pub(super) fn relay_ends_call(&mut self, call: &str) {
        self.lose(call, Loss::ApplicationError);
        self.end(call, CallStatus::Completed, EndCause::ApplicationError);
    }
}

/// What the action is told (Twilio docs, TwiML ConversationRelay, action parameters).
fn facts(session: &str, ending: &Ending, seconds: u64) -> Pairs {
    let status = match ending {
        Ending::Ended(_) => "ended",
        Ending::Failed(..) => "failed",
        Ending::Completed => "completed",
    };
    let mut pairs =
        vec![pair("SessionId", session), pair("SessionStatus", status), pair("SessionDuration", seconds.to_string())];
    match ending {
        Ending::Ended(Some(handoff)) => pairs.push(pair("HandoffData", handoff)),
        Ending::Failed(code, why) => {
            pairs.push(pair("ErrorCode", code.to_string()));
            pairs.push(pair("ErrorMessage", why));
        }
        Ending::Ended(None) | Ending::Completed => {}
    }
    pairs
}
