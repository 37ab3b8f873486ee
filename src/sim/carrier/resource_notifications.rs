//! The Notification and Call Event resources: what went wrong, and what was said (Twilio docs, Notification and Call
//! Event resources).

use serde_json::{Value, json};

use super::Carrier;
use super::callback::rfc2822;
use super::form::encode_pairs;
use super::render::within;
use super::rest::{Answer, Request, not_allowed, not_found, page, page_of, refuse};
use super::types::Notification;
use crate::sim::rng::SplitMix64;

/// Codes that are warnings; all others are errors.
const WARNINGS: [u32; 12] =
    [11_240, 11_770, 12_200, 13_521, 15_000, 15_002, 15_003, 15_009, 16_011, 21_626, 32_015, 32_019];

/// A made-up sid of the notification at this place; costs no chance.
fn sid_of(at: usize) -> String {
    format!("NO{}", SplitMix64::new(u64::try_from(at).unwrap_or(u64::MAX)).hex32())
}

impl Carrier {
    pub(super) fn notifications_resource(&self, request: &Request<'_>, call: Option<&str>) -> Answer {
        if request.method != "GET" {
            return not_allowed();
        }
        within(request, "MessageDate", None)?;
        let log = request.filter("Log");
        if log.is_some_and(|log| !matches!(log, "0" | "1")) {
            return refuse(20_001, "Log must be 0 (error) or 1 (warning)");
        }
        let mut items = Vec::new();
        for (at, it) in self.notifications.iter().enumerate().rev() {
            let about = call.is_none_or(|call| it.call_sid.as_deref() == Some(call));
            let level = log.is_none_or(|log| (log == "1") == is_warning(it.code));
            if about && level && within(request, "MessageDate", Some(it.at))? {
                items.push((sid_of(at), (at, it)));
            }
        }
        page_of(request, "notifications", &items, |(at, it)| self.notification_json(&sid_of(*at), it, call))
    }

    pub(super) fn notification_resource(&self, request: &Request<'_>, call: Option<&str>, sid: &str) -> Answer {
        let found = self.notifications.iter().enumerate().find(|(at, _)| sid_of(*at) == sid).map(|(_, it)| it);
        let found = found.filter(|it| call.is_none_or(|call| it.call_sid.as_deref() == Some(call)));
        let Some(it) = found else { return not_found(request.path) };
        if request.method != "GET" {
            return not_allowed();
        }
        let exchange = self.account.exchanges.about(it.call_sid.as_deref(), &it.url, it.at);
        let mut json = self.notification_json(sid, it, call);
        if let Value::Object(members) = &mut json {
            let text = |text: Option<String>| json!(text.unwrap_or_default());
            members.insert("request_variables".to_owned(), text(exchange.map(|it| it.parameters.clone())));
            members.insert("response_headers".to_owned(), text(exchange.and_then(|it| it.headers())));
            members.insert("response_body".to_owned(), text(exchange.and_then(|it| it.body())));
        }
        Ok((200, Some(json)))
    }

    fn notification_json(&self, sid: &str, it: &Notification, call: Option<&str>) -> Value {
        let exchange = self.account.exchanges.about(it.call_sid.as_deref(), &it.url, it.at);
        let warning = is_warning(it.code);
        let mut text = vec![
            ("LogLevel".to_owned(), if warning { "WARN" } else { "ERROR" }.to_owned()),
            ("ErrorCode".to_owned(), it.code.to_string()),
            ("Msg".to_owned(), it.message.clone()),
        ];
        text.extend(exchange.and_then(|e| e.status()).map(|status| ("httpResponse".to_owned(), status.to_string())));
        if !it.url.is_empty() {
            text.push(("url".to_owned(), it.url.clone()));
        }
        let base = self.account_uri();
        let base = call.map_or_else(|| base.clone(), |call| format!("{base}/Calls/{call}"));
        json!({
            "sid": sid,
            "account_sid": self.config.account_sid,
            "call_sid": it.call_sid,
            "api_version": "2010-04-01",
            "error_code": it.code.to_string(),
            "log": if warning { "1" } else { "0" },
            "message_date": rfc2822(it.at),
            "message_text": encode_pairs(&text),
            "more_info": format!("https://www.twilio.com/docs/errors/{}", it.code),
            "request_method": exchange.map(|e| e.method.clone()),
            "request_url": Some(&it.url).filter(|url| !url.is_empty()),
            "date_created": rfc2822(it.at),
            "date_updated": rfc2822(it.at),
            "uri": format!("{base}/Notifications/{sid}.json"),
        })
    }

    /// Requests to the application and its replies, oldest first; none until a while after the call's end.
    pub(super) fn events_resource(&self, request: &Request<'_>, call: &str) -> Answer {
        if request.method != "GET" {
            return not_allowed();
        }
        let ended = self.calls.get(call).and_then(|call| call.ended);
        let ready = ended.is_some_and(|ended| ended + self.config.account.events_after <= self.now);
        let shown = self.account.exchanges.of(call).filter(|_| ready);
        page(request, "events", shown.map(|exchange| (exchange.id(), exchange.json())).collect())
    }
}

fn is_warning(code: u32) -> bool {
    WARNINGS.contains(&code)
}
