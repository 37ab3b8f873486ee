//! The Application resource (Twilio docs, Application resource).

use serde_json::{Value, json};

use super::Carrier;
use super::account::Dates;
use super::callback::rfc2822;
use super::rest::{Answer, Request, not_allowed, not_found, page};
use super::settings::{Kind, Setting, Settings, members};
use super::state::Sid;

const SETTINGS: [Setting; 15] = [
    ("FriendlyName", "friendly_name", Kind::Text(64)),
    ("VoiceUrl", "voice_url", Kind::Url),
    ("VoiceMethod", "voice_method", Kind::Method),
    ("VoiceFallbackUrl", "voice_fallback_url", Kind::Url),
    ("VoiceFallbackMethod", "voice_fallback_method", Kind::Method),
    ("StatusCallback", "status_callback", Kind::Url),
    ("StatusCallbackMethod", "status_callback_method", Kind::Method),
    ("VoiceCallerIdLookup", "voice_caller_id_lookup", Kind::Flag),
    ("SmsUrl", "sms_url", Kind::Url),
    ("SmsMethod", "sms_method", Kind::Method),
    ("SmsFallbackUrl", "sms_fallback_url", Kind::Url),
    ("SmsFallbackMethod", "sms_fallback_method", Kind::Method),
    ("SmsStatusCallback", "sms_status_callback", Kind::Url),
    ("MessageStatusCallback", "message_status_callback", Kind::Url),
    ("PublicApplicationConnectEnabled", "public_application_connect_enabled", Kind::Flag),
];

/// A TwiML application: the URLs that drive the calls which name it.
#[derive(Clone, Debug)]
pub(super) struct Application {
    pub(super) sid: Sid,
    pub(super) settings: Settings,
    dates: Dates,
}

impl Carrier {
    pub(super) fn application(&self, sid: &str) -> Option<&Application> {
        self.account.applications.iter().find(|application| application.sid == sid)
    }

    pub(super) fn applications_resource(&mut self, request: &Request<'_>) -> Answer {
        match request.method {
            "GET" => {
                let named = |it: &&Application| {
                    request.filter("FriendlyName").is_none_or(|name| it.settings.get("friendly_name") == Some(name))
                };
                let shown = self.account.applications.iter().rev().filter(named);
                page(request, "applications", shown.map(|it| (it.sid.clone(), self.application_json(it))).collect())
            }
            "POST" => {
                let mut settings = Settings::default();
                settings.change(request, &SETTINGS)?;
                let application = Application { sid: self.sid("AP"), settings, dates: Dates::new(self.now) };
                let json = self.application_json(&application);
                self.account.applications.push(application);
                Ok((201, Some(json)))
            }
            _ => not_allowed(),
        }
    }

    pub(super) fn application_resource(&mut self, request: &Request<'_>, sid: &str) -> Answer {
        let now = self.now;
        let Some(at) = self.account.applications.iter().position(|it| it.sid == sid) else {
            return not_found(request.path);
        };
        let Some(application) = self.account.applications.get_mut(at) else { return not_found(request.path) };
        match request.method {
            "GET" => {}
            "POST" => {
                application.settings.change(request, &SETTINGS)?;
                application.dates.updated = now;
            }
            "DELETE" => {
                self.account.applications.remove(at);
                return Ok((204, None));
            }
            _ => return not_allowed(),
        }
        let application = application.clone();
        Ok((200, Some(self.application_json(&application))))
    }

    fn application_json(&self, it: &Application) -> Value {
        let mut json = members(json!({
            "sid": it.sid,
            "account_sid": self.config.account_sid,
            "api_version": "2010-04-01",
            "date_created": rfc2822(it.dates.created),
            "date_updated": rfc2822(it.dates.updated),
            "uri": format!("{}/Applications/{}.json", self.account_uri(), it.sid),
        }));
        it.settings.show(&SETTINGS, &mut json);
        Value::Object(json)
    }
}
