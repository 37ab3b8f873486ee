//! What each provider demands of a request and how it answers, written down apart from the profiles that are tested.

use serde_json::{Value, json};
use switchboard::telephony::twilio::{Profile, TwilioClient};

use super::server::{ACCOUNT, PLACED_AT, TOKEN, leg_sid};

/// A provider.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    pub(crate) account: &'static str,
    /// What every path begins with.
    pub(crate) prefix: &'static str,
    pub(crate) authorization: &'static str,
    /// Whether a path of these segments ends in `.json`.
    pub(crate) has_suffix: fn(&[&str]) -> bool,
    pub(crate) leg: fn(usize) -> String,
    /// An id of anything else; Twilio's have this prefix.
    pub(crate) other: fn(&str, usize) -> String,
    /// The name of a new leg's id in the reply to a dial.
    pub(crate) leg_field: &'static str,
    pub(crate) direction: &'static str,
    pub(crate) date: &'static str,
    /// Fields that a new call must have.
    pub(crate) demanded: &'static [&'static str],
    /// Fields that it does not know.
    pub(crate) unknown: &'static [&'static str],
    /// An error in its form, named by Twilio's code.
    pub(crate) problem: fn(u32, u16) -> String,
    pub(crate) profile: fn() -> Profile,
}

pub(crate) const TWILIO: Spec = Spec {
    name: "Twilio",
    account: ACCOUNT,
    prefix: "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/",
    // printf 'AC0123456789abcdef0123456789abcdef:token-that-nobody-may-see' | base64
    authorization: "Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjp0b2tlbi10aGF0LW5vYm9keS1tYXktc2Vl",
    has_suffix: |_| true,
    leg: leg_sid,
    other: |prefix, number| format!("{prefix}{number:032x}"),
    leg_field: "sid",
    direction: "outbound-api",
    date: PLACED_AT,
    demanded: &["To", "From"],
    unknown: &["UrlMethod", "Texml"],
    problem: super::server::problem,
    profile: Profile::twilio,
};

pub(crate) const PROJECT: &str = "b3877c40-da60-4998-90ad-b792e98472af";

fn uuid(group: u8, number: usize) -> String {
    format!("{group:08x}-0000-4000-8000-{number:012x}")
}

pub(crate) const SIGNALWIRE: Spec = Spec {
    name: "SignalWire",
    account: PROJECT,
    prefix: "/api/laml/2010-04-01/Accounts/b3877c40-da60-4998-90ad-b792e98472af/",
    // printf 'b3877c40-da60-4998-90ad-b792e98472af:token-that-nobody-may-see' | base64
    authorization: "Basic YjM4NzdjNDAtZGE2MC00OTk4LTkwYWQtYjc5MmU5ODQ3MmFmOnRva2VuLXRoYXQtbm9ib2R5LW1heS1zZWU=",
    has_suffix: |_| true,
    leg: |number| uuid(1, number),
    other: |_, number| uuid(2, number),
    leg_field: "sid",
    direction: "outbound",
    date: PLACED_AT,
    demanded: &["To", "From", "Method"],
    unknown: &["ApplicationSid", "UrlMethod", "Texml", "TimeLimit", "CallReason"],
    // Its specification has both forms.
    problem: |code, status| match status {
        400 => json!({"errors": [{"code": code.to_string(), "message": "no: +14155550199"}]}).to_string(),
        _ => super::server::problem(code, status),
    },
    profile: || Profile::signalwire("acme"),
};

pub(crate) const ORGANISATION: &str = "61bf923e-5e4d-4595-a110-56190ea18a1b";
pub(crate) const APPLICATION: &str = "1773070540731319841";

pub(crate) const TELNYX: Spec = Spec {
    name: "Telnyx",
    account: ORGANISATION,
    prefix: "/v2/texml/Accounts/61bf923e-5e4d-4595-a110-56190ea18a1b/",
    authorization: "Bearer token-that-nobody-may-see",
    has_suffix: |segments| !matches!(segments, ["Calls"] | ["Calls", _] | ["Conferences" | "Queues", ..]),
    leg: |number| format!("v3:5tYgKbK4i-QEbd7y_leg{number}"),
    other: |_, number| uuid(3, number),
    leg_field: "call_sid",
    direction: "outbound",
    date: "2026-11-24T06:00:00.000Z",
    demanded: &["To", "From", "UrlMethod", "ApplicationSid", "TimeLimit"],
    unknown: &["Method", "Twiml", "WaitMethod", "CallReason", "SendDigits"],
    problem: |code, _| {
        let own = match code {
            20404 => "10005",
            21211 => "10002",
            20429 => "10011",
            20003 => "10009",
            20500 => "10007",
            _ => "10026",
        };
        json!({"errors": [{"code": own, "title": "no", "detail": "no: +14155550199"}]}).to_string()
    },
    profile: || Profile::telnyx(APPLICATION),
};

impl Spec {
    /// A client for this provider that speaks to `url`.
    pub(crate) fn client(&self, url: &str) -> TwilioClient {
        TwilioClient::builder()
            .profile((self.profile)())
            .account_sid(self.account)
            .auth_token(TOKEN)
            .base_url(url)
            .calls_per_second(1_000_000)
            .build()
            .expect("the settings are right")
    }

    /// A call as it is listed.
    pub(crate) fn call(&self, number: usize, to: &str) -> Value {
        let (sid, direction, date) = ((self.leg)(number), self.direction, self.date);
        json!({"sid": sid, "to": to, "status": "ringing", "direction": direction, "date_created": date})
    }

    /// The segments of `path` below the account, without suffix; or why the provider would not know it.
    pub(crate) fn segments(&self, path: &str) -> Result<Vec<String>, String> {
        let path = path.split('?').next().unwrap_or_default();
        // A key of Twilio's may be for another account.
        let of_any = || path.strip_prefix("/2010-04-01/Accounts/AC").and_then(|rest| rest.split_once('/'));
        let rest = path.strip_prefix(self.prefix).or_else(|| of_any().map(|(_, rest)| rest));
        let Some(rest) = rest else { return Err(format!("no path of ours: {path}")) };
        let (bare, has_suffix) = match rest.strip_suffix(".json") {
            Some(bare) => (bare, true),
            None => (rest, false),
        };
        let segments: Vec<&str> = bare.split('/').collect();
        if has_suffix != (self.has_suffix)(&segments) {
            return Err(format!("the suffix is wrong: {path}"));
        }
        for pair in segments.windows(2) {
            let fits = match pair[0] {
                "Calls" => self.is_leg(pair[1]),
                "Members" => pair[1] == "Front" || self.is_leg(pair[1]),
                "Participants" => self.is_leg(pair[1]),
                "Recordings" if pair[1] == "Twilio.CURRENT" => self.name == "Twilio",
                "Conferences" => self.is_other("CF", pair[1]),
                "Recordings" => self.is_other("RE", pair[1]),
                "Queues" => self.is_other("QU", pair[1]),
                _ => true,
            };
            if !fits {
                return Err(format!("no id of ours: {path}"));
            }
        }
        Ok(segments.into_iter().map(str::to_owned).collect())
    }

    fn is_leg(&self, id: &str) -> bool {
        (0..300).any(|number| (self.leg)(number) == id)
    }

    fn is_other(&self, prefix: &str, id: &str) -> bool {
        (0..300).any(|number| (self.other)(prefix, number) == id)
    }
}
