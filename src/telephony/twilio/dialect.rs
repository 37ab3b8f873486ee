//! Twilio's words: verified webhooks become inputs, scripts become TwiML.

use std::time::Duration;

use crate::core::{Input, Reply};
use crate::id::{CallId, LegId, QueueId};
use crate::model::Notice;
use crate::script::{Prompt, Script, Step};
use crate::telephony::LegState;
use crate::telephony::twilio::hop::{Route, Urls};
use crate::telephony::twilio::probe::leg_state;
use crate::time::Timestamp;
use crate::twiml::{
    Beep, Conference, ConferenceEvent, Dial, FinishOnKey, Gather, GatherTimeout, Hangup, Method, Number, Pause, Play,
    Redirect, Reject, Response, Say,
};
use crate::webhook::Verified;
use crate::webhook::params::{self, ConferenceEventKind, LeaveReason};

/// Longest name or number of a caller that is kept, in characters.
const ADDRESS_CHARS_MAX: usize = 120;
/// Wait of the document that asks again, while the store is silent.
const HOLD: Duration = Duration::from_secs(2);

/// What a webhook asks for.
#[derive(Debug)]
pub enum Asked {
    /// An answer: the leg waits for a document.
    Document(Input),
    /// Nothing: it tells us something.
    Told(Input),
    /// It tells us something that has no bearing.
    Nothing,
}

/// Why a verified webhook was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It came for a URL that we never issued, or one that is no longer good.
    UnknownUrl,
    /// A parameter that every such webhook has is missing.
    Incomplete,
    /// It came for a URL of a newer version: its nodes can answer. Until one does, a leg that asks is put on hold.
    Newer {
        /// Whether a leg asks what to do; otherwise it tells us something.
        asks: bool,
    },
}

/// Reads a verified webhook.
///
/// Unknown parameters are ignored, unknown events have no bearing: Twilio adds both without notice.
pub fn read(urls: &Urls, webhook: &Verified<'_>, now: Timestamp) -> Result<Asked, Unread> {
    let route = urls.read(webhook.path(), now).ok_or(Unread::UnknownUrl)?;
    let sid = webhook.param("CallSid").filter(|sid| is_id(sid)).map(str::to_owned);
    let asked = match route {
        Route::Voice => {
            let sid = sid.ok_or(Unread::Incomplete)?;
            let to = webhook.param("To").ok_or(Unread::Incomplete)?;
            Asked::Document(Input::Arrived { sid, from: address(webhook.param("From")), to: address(Some(to)) })
        }
        Route::Status => {
            let sid = sid.ok_or(Unread::Incomplete)?;
            match webhook.param("CallStatus").and_then(leg_state) {
                Some(LegState::Ended(cause)) => Asked::Told(Input::LineEnded { sid, cause }),
                _ => Asked::Nothing,
            }
        }
        Route::Hop { call, leg, hop, .. } => {
            let sid = sid.ok_or(Unread::Incomplete)?;
            // A key that was pressed before the store fell silent travels in the URL of the document that asks again.
            let digits = webhook.param("Digits").or_else(|| webhook.query("digits")).unwrap_or_default();
            let digits = digits.chars().filter(|key| key.is_ascii_digit() || "*#".contains(*key)).take(32).collect();
            let over = matches!(webhook.param("CallStatus").and_then(leg_state), Some(LegState::Ended(_)));
            Asked::Document(Input::Asked { call, leg, hop, sid, digits, over })
        }
        Route::Leg { call, leg } => {
            let sid = sid.ok_or(Unread::Incomplete)?;
            match webhook.param("CallStatus").and_then(leg_state) {
                Some(state) => Asked::Told(Input::LegChanged { call, leg, sid, state }),
                None => Asked::Nothing,
            }
        }
        Route::Room { call, room } => in_room(webhook, call, room, sid)?,
        Route::Newer { .. } => {
            // Twilio docs, status callbacks and conference events: what only those have.
            let tells = ["CallbackSource", "StatusCallbackEvent", "SequenceNumber"];
            let asks = tells.iter().all(|name| webhook.param(name).is_none());
            return Err(Unread::Newer { asks });
        }
        Route::Announcement { queue, notice, .. } => Asked::Document(Input::Announcing { queue, notice }),
    };
    Ok(asked)
}

fn in_room(webhook: &Verified<'_>, call: CallId, room: u32, sid: Option<String>) -> Result<Asked, Unread> {
    let event: params::ConferenceEvent = webhook.read().map_err(|_| Unread::Incomplete)?;
    let joined = match event.kind {
        ConferenceEventKind::Join => true,
        ConferenceEventKind::Leave => false,
        _ => return Ok(Asked::Nothing),
    };
    let sid = sid.ok_or(Unread::Incomplete)?;
    let seq = event.sequence_number.unwrap_or(0);
    let hung_up = event.leave_reason == Some(LeaveReason::HungUp);
    let conference = webhook.param("ConferenceSid").filter(|sid| is_id(sid)).map(str::to_owned);
    Ok(Asked::Told(Input::RoomChanged { call, room, conference, sid, joined, hung_up, seq }))
}

/// Whether it can be the id of a leg: `CA` and 32 hexadecimal digits with Twilio, a UUID or `v3:…` with others like it. It
/// becomes part of requests and records, so nothing else is taken.
fn is_id(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte))
}

fn address(text: Option<&str>) -> String {
    let text = text.unwrap_or("unknown");
    text.chars().filter(|c| !c.is_control()).take(ADDRESS_CHARS_MAX).collect()
}

/// Writes a reply as TwiML. A script that Twilio would refuse, through a text that is too long for example, becomes an
/// apology: a caller is on the line.
#[must_use]
pub fn write(urls: &Urls, reply: &Reply) -> String {
    let response = match reply {
        Reply::Document { script, call, leg, hop, room, good_until } => {
            let place = Place { urls, call: *call, leg: *leg, hop: *hop, room, good_until: *good_until };
            place.script(script)
        }
        Reply::Unbound(script) => unbound(script),
        Reply::None | Reply::Call(_) | Reply::Proceed(_) => Response::new().hangup(Hangup::new()),
    };
    match response.build() {
        Ok(twiml) => twiml.into_string(),
        Err(_) => "<Response><Say>We are sorry, this cannot be said.</Say><Hangup/></Response>".to_owned(),
    }
}

/// The document that needs no store: a short wait, then the same question again. It names the URL that was asked and the
/// key that was pressed.
#[must_use]
pub fn hold(urls: &Urls, webhook: &Verified<'_>, now: Timestamp) -> Option<String> {
    let route = urls.read(webhook.path(), now)?;
    let (url, overrides) = split(urls.url(&route));
    let digits = webhook.param("Digits").or_else(|| webhook.query("digits")).unwrap_or_default();
    let keys: String = digits.chars().filter(|key| key.is_ascii_digit() || "*#".contains(*key)).take(32).collect();
    let query = if keys.is_empty() { String::new() } else { format!("?digits={}", keys.replace('#', "%23")) };
    let again = Redirect::new(format!("{url}{query}{overrides}"));
    let twiml = Response::new().pause(Pause::new(HOLD)).redirect(again).build().ok()?;
    Some(twiml.into_string())
}

fn split(url: String) -> (String, String) {
    match url.split_once('#') {
        Some((url, fragment)) => (url.to_owned(), format!("#{fragment}")),
        None => (url, String::new()),
    }
}

fn unbound(script: &Script) -> Response {
    script.0.iter().fold(Response::new(), |response, step| match step {
        Step::Prompt(Prompt::Say(text)) => response.say(Say::new(text.as_str())),
        Step::Prompt(Prompt::Play(url)) => response.play(Play::new(url.as_str())),
        Step::Reject => response.reject(Reject::new()),
        _ => response.hangup(Hangup::new()),
    })
}

fn prompted(gather: Gather, prompts: &[Prompt]) -> Gather {
    prompts.iter().fold(gather, |gather, prompt| match prompt {
        Prompt::Say(text) => gather.say(Say::new(text.as_str())),
        Prompt::Play(url) => gather.play(Play::new(url.as_str())),
    })
}

struct Place<'a> {
    urls: &'a Urls,
    call: CallId,
    leg: LegId,
    hop: u32,
    room: &'a str,
    good_until: Timestamp,
}

impl Place<'_> {
    fn next(&self) -> String {
        let (call, leg, hop, good_until) = (self.call, self.leg, self.hop, self.good_until);
        self.urls.url(&Route::Hop { call, leg, hop, good_until })
    }

    fn script(&self, script: &Script) -> Response {
        script.0.iter().fold(Response::new(), |response, step| match step {
            Step::Prompt(Prompt::Say(text)) => response.say(Say::new(text.as_str())),
            Step::Prompt(Prompt::Play(url)) => response.play(Play::new(url.as_str())),
            Step::Menu { prompts, timeout } => response.gather(self.menu(prompts, *timeout)),
            Step::Digits { prompts, timeout } => {
                let gather = Gather::new()
                    .action(self.next())
                    .finish_on_key(FinishOnKey::from("#"))
                    .timeout(GatherTimeout::After(*timeout));
                response.gather(prompted(gather, prompts))
            }
            Step::Room { room, music_url, ends_on_exit } => {
                response.dial(self.enter(*room, music_url.as_deref(), *ends_on_exit))
            }
            Step::Forward(number) => {
                let number = Number::new(number.as_str());
                response.dial(Dial::new().action(self.next()).answer_on_bridge(true).number(number))
            }
            Step::AskAgain => response.redirect(Redirect::new(self.next())),
            Step::HangUp => response.hangup(Hangup::new()),
            Step::Reject => response.reject(Reject::new()),
        })
    }

    fn menu(&self, prompts: &[Prompt], timeout: Duration) -> Gather {
        let gather = Gather::new()
            .action(self.next())
            .num_digits(1u32)
            // Every key is a choice, `#` too.
            .finish_on_key(FinishOnKey::from(""))
            .timeout(GatherTimeout::After(timeout));
        prompted(gather, prompts)
    }

    /// The end of the conference ends no leg: each asks at the action of its Dial. Beeps would be heard by waiting callers.
    fn enter(&self, room: u32, music_url: Option<&str>, ends_on_exit: bool) -> Dial {
        let events = [ConferenceEvent::Start, ConferenceEvent::End, ConferenceEvent::Join, ConferenceEvent::Leave];
        let conference = Conference::new(format!("{}-{room}", self.room))
            .beep(Beep::False)
            .start_on_enter(true)
            .end_on_exit(ends_on_exit)
            .label(format!("leg-{}", self.leg))
            .status_callback(self.urls.url(&Route::Room { call: self.call, room }), events);
        let conference = match music_url {
            // Static hosts answer GET alone.
            Some(url) => conference.wait_url(url).wait_method(Method::Get),
            None => conference,
        };
        Dial::new().action(self.next()).conference(conference)
    }
}

/// The URL at which a leg asks at `hop`.
#[must_use]
pub fn hop_url(urls: &Urls, call: CallId, leg: LegId, hop: u32, good_until: Timestamp) -> String {
    urls.url(&Route::Hop { call, leg, hop, good_until })
}

/// The URL at which we are told how a leg is.
#[must_use]
pub fn leg_url(urls: &Urls, call: CallId, leg: LegId) -> String {
    urls.url(&Route::Leg { call, leg })
}

/// The URL of what is announced to a waiting caller of a queue.
#[must_use]
pub fn announcement_url(urls: &Urls, call: CallId, queue: QueueId, notice: Notice, good_until: Timestamp) -> String {
    urls.url(&Route::Announcement { call, queue, notice, good_until })
}
