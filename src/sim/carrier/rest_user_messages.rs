//! Messages between an application and the browser at the other end of a call (Twilio docs, UserDefinedMessage and
//! UserDefinedMessageSubscription resources).

use serde_json::{Value, json};

use super::Carrier;
use super::account::Dates;
use super::callback::{pair, rfc2822};
use super::rest::{Answer, Request, not_allowed, not_found, refuse};
use super::state::{Sid, Target};
use super::webhook::Purpose;

/// Twilio docs: the longest content, in characters.
const CONTENT_MAX: usize = 10_000;

/// Who is told what a call's browser sends.
#[derive(Clone, Debug)]
pub(super) struct Listener {
    sid: Sid,
    call: Sid,
    to: Target,
    dates: Dates,
}

impl Carrier {
    /// The browser at the other end of this call sends `content`, JSON text, to whoever subscribed to it. Nothing
    /// happens on a call that is over. The parameters of that request are unverified.
    pub fn browser_sends(&mut self, call: &str, content: &str) {
        let Some(leg) = self.live(call) else { return };
        let mut pairs =
            vec![pair("AccountSid", &self.config.account_sid), pair("CallSid", &leg.sid), pair("Content", content)];
        let listeners: Vec<Target> =
            self.account.listeners.iter().filter(|it| it.call == call).map(|it| it.to.clone()).collect();
        pairs.push(pair("Sid", self.sid("KX")));
        for to in listeners {
            self.send(&to, &pairs, Some(call), Purpose::Callback(15_003));
        }
    }

    pub(super) fn user_messages_resource(&mut self, request: &Request<'_>, call: &str) -> Answer {
        if request.method != "POST" {
            return not_allowed();
        }
        let content = request.given("Content").unwrap_or_default();
        if serde_json::from_str::<Value>(content).is_err() || content.chars().count() > CONTENT_MAX {
            return refuse(20_001, format!("Content must be JSON of at most {CONTENT_MAX} characters"));
        }
        if self.live(call).is_none() {
            return refuse(21_220, "Call is not in-progress");
        }
        let sid = self.sid("KX");
        let account = &self.config.account_sid;
        let json = json!({"sid": sid, "account_sid": account, "call_sid": call, "date_created": rfc2822(self.now)});
        Ok((201, Some(json)))
    }

    pub(super) fn listeners_resource(&mut self, request: &Request<'_>, call: &str) -> Answer {
        if request.method != "POST" {
            return not_allowed();
        }
        let Some(to) = request.target("Callback", "Method")? else { return refuse(20_001, "Callback is required") };
        let listener = Listener { sid: self.sid("ZY"), call: call.to_owned(), to, dates: Dates::new(self.now) };
        let base = self.account_uri();
        let json = json!({
            "sid": listener.sid,
            "account_sid": self.config.account_sid,
            "call_sid": call,
            "date_created": rfc2822(listener.dates.created),
            "uri": format!("{base}/Calls/{call}/UserDefinedMessageSubscriptions/{}.json", listener.sid),
        });
        self.account.listeners.push(listener);
        Ok((201, Some(json)))
    }

    pub(super) fn listener_resource(&mut self, request: &Request<'_>, call: &str, sid: &str) -> Answer {
        let Some(at) = self.account.listeners.iter().position(|it| it.call == call && it.sid == sid) else {
            return not_found(request.path);
        };
        if request.method != "DELETE" {
            return not_allowed();
        }
        self.account.listeners.remove(at);
        Ok((204, None))
    }
}
