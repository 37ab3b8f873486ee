//! The Message resource (Twilio docs, Message resource). Where a message goes once it is accepted is in `texts`.

use serde_json::{Value, json};

use super::Carrier;
use super::account::Dates;
use super::callback::rfc2822;
use super::form::is_web_url;
use super::render::{instant, within};
use super::rest::{Answer, Refusal, Request, not_allowed, not_found, page, page_of, refuse};
use super::rest_fields::is_phone;
use super::state::{Sid, Target};
use super::texts::{Standing, segments};
use crate::time::Timestamp;

/// Twilio docs: the longest body in characters, and the most media.
const BODY_MAX: usize = 1600;
const MEDIA_MAX: usize = 10;

/// A text to or from one of our numbers.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) sid: Sid,
    /// `None` until a messaging service has chosen one.
    pub(super) from: Option<String>,
    pub(super) to: String,
    pub(super) body: String,
    pub(super) media: Vec<Medium>,
    pub(super) standing: Standing,
    /// `inbound`, `outbound-api`, `outbound-call` or `outbound-reply`.
    pub(super) direction: &'static str,
    pub(super) service: Option<Sid>,
    pub(super) dates: Dates,
    pub(super) sent: Option<Timestamp>,
    pub(super) error: Option<(u32, &'static str)>,
    pub(super) callback: Option<Target>,
    /// Documents that one of these led to one another.
    pub(super) hops: u32,
}

/// A picture or a sound of a message.
#[derive(Clone, Debug)]
pub(super) struct Medium {
    sid: Sid,
    dates: Dates,
}

impl Carrier {
    /// Place of a message. Things happen to the last ones.
    pub(super) fn message_at(&self, sid: &str) -> Option<usize> {
        self.account.messages.iter().rposition(|it| it.sid == sid)
    }

    pub(super) fn message_of(&self, sid: &str) -> Option<&Message> {
        self.account.messages.get(self.message_at(sid)?)
    }

    pub(super) fn messages_resource(&mut self, request: &Request<'_>) -> Answer {
        match request.method {
            "GET" => self.list_messages(request),
            "POST" => self.create_message(request),
            _ => not_allowed(),
        }
    }

    fn list_messages(&self, request: &Request<'_>) -> Answer {
        within(request, "DateSent", None)?;
        let mut items = Vec::new();
        for it in self.account.messages.iter().rev() {
            let wanted = request.filter("To").is_none_or(|to| it.to == to)
                && request.filter("From").is_none_or(|from| it.from.as_deref() == Some(from));
            if wanted && within(request, "DateSent", it.sent)? {
                items.push((it.sid.clone(), it));
            }
        }
        page_of(request, "messages", &items, |it| self.message_json(it))
    }

    fn create_message(&mut self, request: &Request<'_>) -> Answer {
        let Some(to) = request.given("To") else { return refuse(21_604, "A 'To' phone number is required.") };
        let service = request.given("MessagingServiceSid").map(str::to_owned);
        let from = request.given("From").map(str::to_owned);
        if from.is_none() && service.is_none() {
            return refuse(21_603, "A 'From' phone number is required.");
        }
        let media = request.form.iter().filter(|(name, value)| name == "MediaUrl" && !value.is_empty());
        let media: Vec<&String> = media.map(|(_, url)| url).collect();
        let body = request.given("Body").unwrap_or_default();
        if body.is_empty() && media.is_empty() && request.given("ContentSid").is_none() {
            return refuse(21_602, "Message body is required.");
        }
        if body.chars().count() > BODY_MAX {
            return refuse(21_617, "The concatenated message body exceeds the 1600 character limit");
        }
        if media.len() > MEDIA_MAX || media.iter().any(|url| !is_web_url(url)) {
            return refuse(21_623, "MediaUrl must be at most 10 valid URLs");
        }
        self.may_text(from.as_deref(), to)?;
        let callback = self.message_callback(request)?;
        let at = self.send_at(request, service.is_some())?;
        let sid = self.sid(if media.is_empty() { "SM" } else { "MM" });
        let media = media.iter().map(|_| Medium { sid: self.sid("ME"), dates: Dates::new(self.now) }).collect();
        let standing = match (at, &service) {
            (Some(_), _) => Standing::Scheduled,
            (None, Some(_)) => Standing::Accepted,
            (None, None) => Standing::Queued,
        };
        let message = Message {
            sid,
            from,
            to: to.to_owned(),
            body: body.to_owned(),
            media,
            standing,
            direction: "outbound-api",
            service,
            dates: Dates::new(self.now),
            sent: None,
            error: None,
            callback,
            hops: 0,
        };
        let json = self.message_json(&message);
        if !self.config.account.test_credentials {
            self.post_message(message, at);
        }
        Ok((201, Some(json)))
    }

    /// Twilio docs, Message resource: the application's callback counts where it is named.
    fn message_callback(&self, request: &Request<'_>) -> Result<Option<Target>, Refusal> {
        if let Some(sid) = request.given("ApplicationSid") {
            let Some(application) = self.application(sid) else { return refuse(21_218, "Invalid ApplicationSid") };
            let settings = &application.settings;
            return Ok(settings
                .target("message_status_callback", "")
                .or_else(|| settings.target("sms_status_callback", "")));
        }
        match request.given("StatusCallback") {
            Some(url) if !is_web_url(url) => {
                refuse(21_609, format!("The 'StatusCallback' URL {url} is not a valid URL."))
            }
            url => Ok(url.map(Target::post)),
        }
    }

    /// When a scheduled message is due. Unverified codes.
    fn send_at(&self, request: &Request<'_>, service: bool) -> Result<Option<Timestamp>, Refusal> {
        match (request.given("ScheduleType"), request.given("SendAt")) {
            (None, None) => Ok(None),
            (Some("fixed"), None) => refuse(35_111, "SendAt is required for a scheduled message"),
            (Some("fixed"), Some(_)) if !service => refuse(35_118, "A scheduled message needs a MessagingServiceSid"),
            (Some("fixed"), Some(text)) => match instant(text).filter(|at| *at > self.now) {
                Some(at) => Ok(Some(at)),
                None => refuse(35_114, format!("SendAt is no time to come: {text:?}")),
            },
            (Some(other), _) => refuse(20_001, format!("Invalid ScheduleType {other:?}")),
            (None, Some(_)) => refuse(35_117, "SendAt needs ScheduleType"),
        }
    }

    /// Twilio docs, errors of the Message resource, and the magic numbers of test credentials.
    fn may_text(&self, from: Option<&str>, to: &str) -> Result<(), Refusal> {
        let test = self.config.account.test_credentials;
        match from {
            Some("+15005550001") if test => return refuse(21_212, "'From' phone number is not valid"),
            Some("+15005550008") if test => return refuse(21_611, "The 'From' number's queue is full"),
            Some("+15005550006") if test => {}
            Some(from) if !is_phone(from) => return refuse(21_212, format!("'From' phone number {from} is not valid")),
            Some(from) if test || self.is_foreign(from) => {
                return refuse(21_606, format!("The 'From' phone number {from} is not a number of this account"));
            }
            _ => {}
        }
        let magic = match to {
            "+15005550001" => Some((21_211, "is not a valid phone number")),
            "+15005550002" => Some((21_612, "cannot be reached from this 'From' number")),
            "+15005550003" => Some((21_408, "is in a region that is not permitted")),
            "+15005550004" => Some((21_610, "has opted out")),
            "+15005550009" => Some((21_614, "is not a mobile number")),
            _ => None,
        };
        if let Some((code, why)) = magic.filter(|_| test) {
            return refuse(code, format!("The 'To' number {to} {why}"));
        }
        if !is_phone(to) {
            return refuse(21_211, format!("The 'To' number {to} is not a valid phone number."));
        }
        if from == Some(to) {
            return refuse(21_266, "'To' and 'From' number cannot be the same");
        }
        if from.is_some_and(|from| self.opted_out(from, to)) {
            return refuse(21_610, format!("The 'To' number {to} has opted out of messages from this number"));
        }
        let allowed = self.config.account.geo_permissions.as_ref();
        if allowed.is_some_and(|starts| !starts.iter().any(|start| to.starts_with(start.as_str()))) {
            return refuse(21_408, format!("The 'To' number {to} is in a region that is not permitted"));
        }
        if self.config.account.trial && !self.is_verified(to) {
            return refuse(
                21_608,
                format!("The number {to} is unverified. Trial accounts text verified numbers only."),
            );
        }
        Ok(())
    }

    /// Whether texts may not come from this number.
    fn is_foreign(&self, from: &str) -> bool {
        let own = self.numbers.is_empty() || self.numbers.contains_key(from);
        !own && !self.config.account.any_caller_id
    }

    pub(super) fn message_resource(&mut self, request: &Request<'_>, sid: &str) -> Answer {
        let Some(at) = self.message_at(sid) else { return not_found(request.path) };
        let over = self.account.messages.get(at).is_some_and(|it| it.standing.is_over());
        match request.method {
            "GET" => {}
            "POST" => self.update_message(request, at)?,
            // Unverified code: one that is on its way is not deleted.
            "DELETE" if !over => return refuse(20_009, "Cannot delete a message that is on its way"),
            "DELETE" => {
                self.account.messages.remove(at);
                return Ok((204, None));
            }
            _ => return not_allowed(),
        }
        match self.account.messages.get(at) {
            Some(message) => Ok((200, Some(self.message_json(message)))),
            None => not_found(request.path),
        }
    }

    /// Redacts a message that is over, or cancels one that is scheduled.
    fn update_message(&mut self, request: &Request<'_>, at: usize) -> Result<(), Refusal> {
        let now = self.now;
        let Some(message) = self.account.messages.get_mut(at) else { return Ok(()) };
        match request.given("Status") {
            None => {}
            Some("canceled") if message.standing == Standing::Scheduled => message.standing = Standing::Canceled,
            Some("canceled") => return refuse(30_409, "Only a scheduled message can be canceled"),
            Some(other) => return refuse(20_001, format!("Invalid Status {other:?}")),
        }
        match request.field("Body") {
            None => {}
            Some("") if message.standing.is_over() => message.body.clear(),
            Some("") => return refuse(20_009, "Cannot redact a message that is on its way"),
            Some(_) => return refuse(20_001, "Body can only be made empty"),
        }
        message.dates.updated = now;
        Ok(())
    }

    pub(super) fn message_part_resource(&self, request: &Request<'_>, sid: &str, part: &str) -> Answer {
        let Some(message) = self.message_of(sid) else { return not_found(request.path) };
        match (part, request.method) {
            ("Media", "GET") => {
                within(request, "DateCreated", None)?;
                let media = message.media.iter().map(|it| (it.sid.clone(), self.medium_json(message, it)));
                page(request, "media_list", media.collect())
            }
            ("Feedback", "POST") => {
                let outcome = request.given("Outcome").unwrap_or("confirmed");
                if !matches!(outcome, "confirmed" | "unconfirmed") {
                    return refuse(20_001, format!("Invalid Outcome {outcome:?}"));
                }
                let json = json!({
                    "account_sid": self.config.account_sid,
                    "message_sid": sid,
                    "outcome": outcome,
                    "date_created": rfc2822(self.now),
                    "date_updated": rfc2822(self.now),
                    "uri": format!("{}/Messages/{sid}/Feedback.json", self.account_uri()),
                });
                Ok((200, Some(json)))
            }
            ("Media" | "Feedback", _) => not_allowed(),
            _ => not_found(request.path),
        }
    }

    pub(super) fn medium_resource(&mut self, request: &Request<'_>, sid: &str, medium: &str) -> Answer {
        let Some(message) = self.message_at(sid).and_then(|at| self.account.messages.get_mut(at)) else {
            return not_found(request.path);
        };
        let Some(at) = message.media.iter().position(|it| it.sid == medium) else { return not_found(request.path) };
        if request.method == "DELETE" {
            message.media.remove(at);
            return Ok((204, None));
        }
        if request.method != "GET" {
            return not_allowed();
        }
        let (message, it) = (message.clone(), message.media.get(at).cloned());
        match it {
            Some(it) => Ok((200, Some(self.medium_json(&message, &it)))),
            None => not_found(request.path),
        }
    }

    /// Nothing is fetched from a MediaUrl, so that its type is not known.
    fn medium_json(&self, message: &Message, it: &Medium) -> Value {
        json!({
            "sid": it.sid,
            "account_sid": self.config.account_sid,
            "parent_sid": message.sid,
            "content_type": "application/octet-stream",
            "date_created": rfc2822(it.dates.created),
            "date_updated": rfc2822(it.dates.updated),
            "uri": format!("{}/Messages/{}/Media/{}.json", self.account_uri(), message.sid, it.sid),
        })
    }

    fn message_json(&self, it: &Message) -> Value {
        let base = format!("{}/Messages/{}", self.account_uri(), it.sid);
        let rated = self.config.account.price_per_segment_micros > 0 && it.sent.is_some();
        let micros = self.config.account.price_per_segment_micros.saturating_mul(segments(&it.body));
        json!({
            "sid": it.sid,
            "account_sid": self.config.account_sid,
            "messaging_service_sid": it.service,
            "from": it.from,
            "to": it.to,
            "body": it.body,
            "num_segments": segments(&it.body).to_string(),
            "num_media": it.media.len().to_string(),
            "direction": it.direction,
            "status": it.standing.as_str(),
            "error_code": it.error.map(|(code, _)| code),
            "error_message": it.error.map(|(_, message)| message),
            "price": rated.then(|| super::render::price(micros)),
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "date_created": rfc2822(it.dates.created),
            "date_updated": rfc2822(it.dates.updated),
            "date_sent": it.sent.map(rfc2822),
            "uri": format!("{base}.json"),
            "subresource_uris": {"media": format!("{base}/Media.json")},
        })
    }
}
