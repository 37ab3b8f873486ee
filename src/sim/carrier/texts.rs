//! What becomes of texts: ours are sent and delivered, those that come in are answered by a document (Twilio docs,
//! Messaging webhooks and TwiML for messages).

use std::time::Duration;

use super::Carrier;
use super::account::{Dates, Later};
use super::callback::pair;
use super::form::{self, Pairs};
use super::resource_messages::Message;
use super::state::{Due, Target};
use super::types::{HttpFault, HttpReply, Ring};
use super::webhook::{Purpose, why};
use super::xml::{self, Element};
use crate::time::Timestamp;

/// Documents that one text leads to, after which the carrier gives up.
const HOP_CAP: u32 = 10;

/// State of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    Scheduled,
    Accepted,
    Queued,
    Sending,
    Sent,
    Delivered,
    Undelivered,
    Received,
    Canceled,
}

impl Standing {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Accepted => "accepted",
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Received => "received",
            Self::Canceled => "canceled",
        }
    }

    pub(super) fn is_over(self) -> bool {
        self >= Self::Delivered
    }

    /// How long a message stays so.
    fn lasts(self) -> Duration {
        Duration::from_millis(if self == Self::Sent { 1_500 } else { 200 })
    }
}

/// How many parts a text is sent in. 3GPP TS 23.038 and 23.040: 160 characters of the GSM alphabet, 153 of each of
/// several; 70 and 67 when one is not in it. The alphabet is judged as printable ASCII and a few more.
pub(super) fn segments(body: &str) -> u64 {
    const MORE: &str = "\n\r£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
    let plain = |c: char| (c.is_ascii_graphic() || c == ' ') && c != '`' || MORE.contains(c);
    let gsm = body.chars().all(plain) || body.chars().all(|c| plain(c) || c == '€');
    let units = if gsm {
        body.chars().map(|c| if "^{}\\[~]|€".contains(c) { 2 } else { 1 }).sum::<u64>()
    } else {
        body.encode_utf16().map(|_| 1).sum()
    };
    match (units, gsm) {
        (0..=160, true) | (0..=70, false) => 1,
        (_, true) => units.div_ceil(153),
        (_, false) => units.div_ceil(67),
    }
}

impl Carrier {
    /// Somebody at `from` texts `to`: the message is there, and the number's SmsUrl is asked what to answer. Gives the SM
    /// sid; `None`, and nothing happens, when `to` is no number of ours. STOP and START opt out and in again.
    pub fn text(&mut self, from: &str, to: &str, body: &str) -> Option<String> {
        self.numbers.get(to)?;
        let message = Message { standing: Standing::Received, ..self.message(from, to, body, "inbound") };
        let sid = message.sid.clone();
        self.account.messages.push(Message { sent: Some(self.now), ..message });
        self.opts(from, to, body);
        let (url, _) = self.texts_of(to);
        if let Some(url) = url {
            self.ask_about(&sid, &url, Vec::new(), false);
        }
        Some(sid)
    }

    /// A text of ours by a document: `outbound-reply` or `outbound-call`. Gives its sid.
    pub(super) fn send_text(
        &mut self,
        from: &str,
        to: &str,
        body: &str,
        direction: &'static str,
        callback: Option<Target>,
    ) -> String {
        let message = Message { callback, ..self.message(from, to, body, direction) };
        let sid = message.sid.clone();
        self.post_message(message, None);
        sid
    }

    fn message(&mut self, from: &str, to: &str, body: &str, direction: &'static str) -> Message {
        Message {
            sid: self.sid("SM"),
            from: Some(from.to_owned()),
            to: to.to_owned(),
            body: body.to_owned(),
            media: Vec::new(),
            standing: Standing::Queued,
            direction,
            service: None,
            dates: Dates::new(self.now),
            sent: None,
            error: None,
            callback: None,
            hops: 0,
        }
    }

    /// Whether whoever is at `to` said STOP to this number of ours, and not START since.
    pub(super) fn opted_out(&self, from: &str, to: &str) -> bool {
        self.account.opted_out.contains(&(to.to_owned(), from.to_owned()))
    }

    /// Deleting or redacting the text changes nothing about it.
    fn opts(&mut self, from: &str, to: &str, body: &str) {
        let pair = (from.to_owned(), to.to_owned());
        match body.trim().to_ascii_uppercase().as_str() {
            "STOP" | "STOPALL" | "UNSUBSCRIBE" | "CANCEL" | "END" | "QUIT" => drop(self.account.opted_out.insert(pair)),
            "START" | "UNSTOP" | "YES" => drop(self.account.opted_out.remove(&pair)),
            _ => {}
        }
    }

    /// Sets a message of ours on its way, now or at a time to come.
    pub(super) fn post_message(&mut self, message: Message, at: Option<Timestamp>) {
        let sid = message.sid.clone();
        let wait = at.map_or_else(|| message.standing.lasts(), |at| at.since(self.now));
        self.account.messages.push(message);
        self.after(wait, Due::Account(Later::Message(sid)));
    }

    pub(super) fn message_goes_on(&self, sid: &str) -> bool {
        self.message_of(sid).is_some_and(|it| !it.standing.is_over())
    }

    /// The next state of a message on its way.
    pub(super) fn message_step(&mut self, sid: &str) {
        let now = self.now;
        let own = self.numbers.keys().next().cloned();
        let Some(at) = self.message_at(sid) else { return };
        let Some(message) = self.account.messages.get(at) else { return };
        let script = self.scripts.get(&message.to).map(|script| script.on_ring);
        let reachable = !matches!(script, Some(Ring::Fails));
        let Some(message) = self.account.messages.get_mut(at) else { return };
        message.standing = match message.standing {
            Standing::Scheduled | Standing::Accepted => Standing::Queued,
            Standing::Queued => Standing::Sending,
            Standing::Sending => Standing::Sent,
            Standing::Sent if reachable => Standing::Delivered,
            Standing::Sent => Standing::Undelivered,
            over => over,
        };
        // A messaging service sends from a number of the account.
        message.from = message.from.take().or(own);
        message.dates.updated = now;
        if message.standing == Standing::Sent {
            message.sent = Some(now);
        }
        if message.standing == Standing::Undelivered {
            message.error = Some((30_003, "Unreachable destination handset"));
        }
        let message = message.clone();
        self.tell_message(&message);
        if !message.standing.is_over() {
            self.after(message.standing.lasts(), Due::Account(Later::Message(sid.to_owned())));
        } else if message.standing == Standing::Delivered {
            let from = message.from.unwrap_or_default();
            self.text(&from, &message.to, &message.body);
        }
    }

    /// Twilio docs, message status callbacks: nobody is told that it is being sent.
    fn tell_message(&mut self, it: &Message) {
        let Some(to) = it.callback.clone().filter(|_| it.standing != Standing::Sending) else { return };
        let status = it.standing.as_str();
        let mut pairs = vec![
            pair("MessageSid", &it.sid),
            pair("SmsSid", &it.sid),
            pair("MessageStatus", status),
            pair("SmsStatus", status),
            pair("AccountSid", &self.config.account_sid),
            pair("ApiVersion", "2010-04-01"),
            pair("From", it.from.clone().unwrap_or_default()),
            pair("To", &it.to),
        ];
        pairs.extend(it.service.as_ref().map(|service| pair("MessagingServiceSid", service)));
        pairs.extend(it.error.map(|(code, _)| pair("ErrorCode", code.to_string())));
        self.send(&to, &pairs, None, Purpose::Callback(11_200));
    }

    /// Asks for the document that answers a text.
    fn ask_about(&mut self, sid: &str, target: &Target, extra: Pairs, fallback: bool) {
        let Some(it) = self.message_at(sid).and_then(|at| self.account.messages.get_mut(at)) else { return };
        it.hops += 1;
        if it.hops > HOP_CAP {
            self.notify(12_400, None, "documents lead to one another without end", &target.url);
            return;
        }
        let it = it.clone();
        let mut pairs = vec![
            pair("MessageSid", sid),
            pair("SmsSid", sid),
            pair("SmsMessageSid", sid),
            pair("SmsStatus", "received"),
            pair("AccountSid", &self.config.account_sid),
            pair("ApiVersion", "2010-04-01"),
            pair("Body", &it.body),
            pair("NumMedia", it.media.len().to_string()),
            pair("NumSegments", segments(&it.body).to_string()),
        ];
        for (name, value) in [("From", it.from.unwrap_or_default()), ("To", it.to)] {
            pairs.push(pair(name, value));
            for place in ["City", "State", "Zip", "Country"] {
                pairs.push((format!("{name}{place}"), String::new()));
            }
        }
        pairs.extend(extra);
        self.send(target, &pairs, None, Purpose::Text { message: sid.to_owned(), fallback });
    }

    /// The reply to a text that came in: messages to send back, or another document.
    pub(super) fn text_answered(&mut self, sid: &str, fallback: bool, url: &str, result: Result<HttpReply, HttpFault>) {
        let verbs = match result {
            Ok(reply) if (200..300).contains(&reply.status) => verbs(&reply),
            bad => Err((self.fetch_error(&bad), format!("fetching failed: {}", why(&bad)))),
        };
        let Some(it) = self.message_of(sid).cloned() else { return };
        match verbs {
            Ok(verbs) => {
                for verb in verbs {
                    self.text_verb(&it, url, &verb);
                }
            }
            Err((code, message)) => {
                self.notify(code, None, message, url);
                if let (Some(target), false) = (self.texts_of(&it.to).1, fallback) {
                    let extra = vec![pair("ErrorCode", code.to_string()), pair("ErrorUrl", url)];
                    self.ask_about(sid, &target, extra, true);
                }
            }
        }
    }

    fn text_verb(&mut self, it: &Message, url: &str, verb: &Element) {
        let target = |name: &str, method: &str| {
            let reference = verb.attr(name).filter(|reference| !reference.trim().is_empty())?;
            Some(Target::new(form::resolve(Some(url), reference)?, verb.attr(method)))
        };
        match verb.name.as_str() {
            "Message" | "Sms" => {
                let part = verb.children.iter().find(|child| child.name == "Body");
                let body = part.map_or_else(|| verb.text.trim().to_owned(), Element::words);
                let to = verb.attr("to").map_or_else(|| it.from.clone().unwrap_or_default(), str::to_owned);
                let from = verb.attr("from").unwrap_or(&it.to).to_owned();
                let callback = target("statusCallback", "").or_else(|| target("action", "method"));
                self.send_text(&from, &to, &body, "outbound-reply", callback);
            }
            "Redirect" => {
                if let Some(next) = form::resolve(Some(url), &verb.words()) {
                    self.ask_about(&it.sid, &Target::new(next, verb.attr("method")), Vec::new(), false);
                }
            }
            other => self.notify(12_200, None, format!("<{other}> is not a verb for messages; skipped"), url),
        }
    }
}

/// What a reply says: TwiML, or plain text that is sent back as it is.
fn verbs(reply: &HttpReply) -> Result<Vec<Element>, (u32, String)> {
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    if reply.content_type.starts_with("text/plain") {
        return Ok(vec![Element { name: "Message".to_owned(), text, ..Element::default() }]);
    }
    Ok(xml::parse(&text)?.children)
}
