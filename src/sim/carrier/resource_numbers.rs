//! The IncomingPhoneNumber resource (Twilio docs, IncomingPhoneNumber resource).

use serde_json::{Value, json};

use super::Carrier;
use super::account::Dates;
use super::callback::rfc2822;
use super::lines::Line;
use super::render::formatted;
use super::rest::{Answer, Refusal, Request, not_allowed, not_found, page, refuse};
use super::rest_fields::{is_phone, matches_number};
use super::settings::{Kind, Setting, Settings, members};

const SETTINGS: [Setting; 22] = [
    ("FriendlyName", "friendly_name", Kind::Text(64)),
    ("VoiceUrl", "voice_url", Kind::Url),
    ("VoiceMethod", "voice_method", Kind::Method),
    ("VoiceFallbackUrl", "voice_fallback_url", Kind::Url),
    ("VoiceFallbackMethod", "voice_fallback_method", Kind::Method),
    ("VoiceApplicationSid", "voice_application_sid", Kind::Sid),
    ("VoiceCallerIdLookup", "voice_caller_id_lookup", Kind::Flag),
    ("VoiceReceiveMode", "voice_receive_mode", Kind::Word("voice")),
    ("StatusCallback", "status_callback", Kind::Url),
    ("StatusCallbackMethod", "status_callback_method", Kind::Method),
    ("SmsUrl", "sms_url", Kind::Url),
    ("SmsMethod", "sms_method", Kind::Method),
    ("SmsFallbackUrl", "sms_fallback_url", Kind::Url),
    ("SmsFallbackMethod", "sms_fallback_method", Kind::Method),
    ("SmsApplicationSid", "sms_application_sid", Kind::Sid),
    ("TrunkSid", "trunk_sid", Kind::Sid),
    ("AddressSid", "address_sid", Kind::Sid),
    ("IdentitySid", "identity_sid", Kind::Sid),
    ("BundleSid", "bundle_sid", Kind::Sid),
    ("EmergencyAddressSid", "emergency_address_sid", Kind::Sid),
    ("EmergencyStatus", "emergency_status", Kind::Word("Inactive")),
    ("ApiVersion", "api_version", Kind::Word("2010-04-01")),
];

/// What kind of number it is, by its first digits. Only North America and Great Britain are told apart.
pub(super) fn kind_of(number: &str) -> &'static str {
    const FREE: [&str; 8] = ["+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888", "+44800"];
    match number {
        _ if FREE.iter().any(|free| number.starts_with(free)) => "toll-free",
        _ if number.starts_with("+447") => "mobile",
        _ => "local",
    }
}

impl Carrier {
    pub(super) fn numbers_resource(&mut self, request: &Request<'_>, kind: Option<&str>) -> Answer {
        match request.method {
            "GET" => self.list_numbers(request, kind),
            "POST" => self.buy_number(request, kind),
            _ => not_allowed(),
        }
    }

    fn list_numbers(&self, request: &Request<'_>, kind: Option<&str>) -> Answer {
        let of_kind =
            |line: &&Line| kind.is_none_or(|kind| kind_of(&line.number).replace('-', "") == kind.to_ascii_lowercase());
        let wanted = |line: &&Line| {
            request.filter("PhoneNumber").is_none_or(|pattern| matches_number(pattern, &line.number))
                && request.filter("FriendlyName").is_none_or(|name| name_of(line) == name)
                && request.filter("Origin").is_none_or(|origin| origin == "twilio")
                && request.filter("Beta").is_none_or(|beta| !beta.eq_ignore_ascii_case("true"))
        };
        let mut lines: Vec<&Line> = self.numbers.values().filter(of_kind).filter(wanted).collect();
        lines.sort_by(|a, b| b.dates.created.cmp(&a.dates.created).then_with(|| a.number.cmp(&b.number)));
        let items = lines.into_iter().map(|line| (line.sid.clone(), self.line_json(line, kind.is_none()))).collect();
        page(request, "incoming_phone_numbers", items)
    }

    /// Twilio docs, errors 21421, 21422 and 21452. Any number that could be one can be bought, so that a test need not
    /// search first; only those of this account are taken.
    fn buy_number(&mut self, request: &Request<'_>, kind: Option<&str>) -> Answer {
        let number = match (request.given("PhoneNumber"), request.given("AreaCode").filter(|_| kind.is_none())) {
            (Some(number), _) => number.to_owned(),
            (None, Some(area)) => self.number_of_area(area)?,
            (None, None) => return refuse(21_421, "PhoneNumber or AreaCode is required"),
        };
        if self.config.account.test_credentials {
            magic_purchase(&number, request.given("AreaCode"))?;
        }
        if !is_phone(&number) {
            return refuse(21_421, format!("{number} is not a valid phone number"));
        }
        if self.numbers.contains_key(&number) {
            return refuse(21_422, format!("{number} is not available"));
        }
        if kind.is_some_and(|kind| kind_of(&number).replace('-', "") != kind.to_ascii_lowercase()) {
            return refuse(21_421, format!("{number} is no number of this kind"));
        }
        let mut settings = Settings::default();
        self.change_line(request, &mut settings)?;
        let line = Line { sid: self.sid("PN"), number: number.clone(), settings, dates: Dates::new(self.now) };
        let json = self.line_json(&line, kind.is_none());
        if !self.config.account.test_credentials {
            self.numbers.insert(number, line);
        }
        Ok((201, Some(json)))
    }

    fn change_line(&self, request: &Request<'_>, settings: &mut Settings) -> Result<(), Refusal> {
        for name in ["VoiceApplicationSid", "SmsApplicationSid"] {
            if request.given(name).is_some_and(|sid| self.application(sid).is_none()) {
                return refuse(21_218, format!("{name} names no application of this account"));
            }
        }
        settings.change(request, &SETTINGS)
    }

    fn number_of_area(&self, area: &str) -> Result<String, Refusal> {
        if self.config.account.test_credentials {
            return Ok("+15005550006".to_owned());
        }
        let whole = area.len() == 3 && area.bytes().all(|b| b.is_ascii_digit()) && !area.starts_with(['0', '1']);
        let free = (100..200).map(|last| format!("+1{area}5550{last}")).find(|n| !self.numbers.contains_key(n));
        match free.filter(|_| whole) {
            Some(number) => Ok(number),
            None => refuse(21_452, format!("No phone numbers found in area code {area}")),
        }
    }

    pub(super) fn number_resource(&mut self, request: &Request<'_>, sid: &str) -> Answer {
        let Some(mut line) = self.numbers.values().find(|line| line.sid == sid).cloned() else {
            return not_found(request.path);
        };
        match request.method {
            "GET" => {}
            "POST" => {
                self.change_line(request, &mut line.settings)?;
                line.dates.updated = self.now;
                self.numbers.insert(line.number.clone(), line.clone());
            }
            "DELETE" => {
                self.numbers.remove(&line.number);
                return Ok((204, None));
            }
            _ => return not_allowed(),
        }
        Ok((200, Some(self.line_json(&line, true))))
    }

    /// `with_type`: the lists by kind show no `type`.
    fn line_json(&self, line: &Line, with_type: bool) -> Value {
        let mut json = members(json!({
            "sid": line.sid,
            "account_sid": self.config.account_sid,
            "phone_number": line.number,
            "address_requirements": "none",
            "beta": false,
            "capabilities": {"voice": true, "sms": true, "mms": true, "fax": false},
            "origin": "twilio",
            "status": "in-use",
            "emergency_address_status": "unregistered",
            "date_created": rfc2822(line.dates.created),
            "date_updated": rfc2822(line.dates.updated),
            "uri": format!("{}/IncomingPhoneNumbers/{}.json", self.account_uri(), line.sid),
        }));
        line.settings.show(&SETTINGS, &mut json);
        json.insert("friendly_name".to_owned(), json!(name_of(line)));
        if with_type {
            json.insert("type".to_owned(), json!(kind_of(&line.number)));
        }
        Value::Object(json)
    }
}

/// Twilio docs: the number itself, as it is written, unless named.
fn name_of(line: &Line) -> String {
    line.settings.get("friendly_name").map_or_else(|| formatted(&line.number), str::to_owned)
}

/// Twilio docs, test credentials: magic numbers and area codes of a purchase.
fn magic_purchase(number: &str, area: Option<&str>) -> Result<(), Refusal> {
    match (number, area) {
        (_, Some("500")) | ("+15005550006", None) => Ok(()),
        (_, Some(area)) => refuse(21_452, format!("No phone numbers found in area code {area}")),
        ("+15005550000", _) => refuse(21_422, format!("{number} is not available")),
        _ => refuse(21_421, format!("{number} is not a valid phone number")),
    }
}
