//! Numbers of ours, and what a call or a text to one of them leads to.

use super::Carrier;
use super::account::Dates;
use super::form::{Pairs, decode_pairs};
use super::settings::Settings;
use super::state::{Sid, Target};
use super::types::NumberConfig;

/// A number of ours.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) sid: Sid,
    pub(super) number: String,
    pub(super) settings: Settings,
    pub(super) dates: Dates,
}

/// What drives a call that comes in.
#[derive(Clone, Debug, Default)]
pub(super) struct Inbound {
    pub(super) voice: Option<Target>,
    pub(super) fallback: Option<Target>,
    pub(super) status: Option<Target>,
    pub(super) application: Option<Sid>,
    /// Custom parameters of an `app:` address.
    pub(super) parameters: Pairs,
}

impl Carrier {
    /// Adds a number of ours, or changes how it is set up. What REST set besides stays.
    pub fn number(&mut self, number: NumberConfig) {
        let line = self.numbers.entry(number.number.clone()).or_insert_with(|| Line {
            // Made up from the digits, so that an account's numbers cost no chance.
            sid: format!("PN{:0>32}", number.number.trim_start_matches('+')),
            number: number.number.clone(),
            settings: Settings::default(),
            dates: Dates::new(self.now),
        });
        line.settings.set("voice_url", &number.voice_url);
        let given = [
            ("voice_method", Some(number.voice_method.as_deref().unwrap_or("POST"))),
            ("voice_fallback_url", number.voice_fallback_url.as_deref()),
            ("voice_fallback_method", number.voice_fallback_method.as_deref()),
            ("status_callback", number.status_callback.as_deref()),
            ("status_callback_method", number.status_callback_method.as_deref()),
            ("voice_caller_id_lookup", number.caller_id_lookup.then_some("true")),
        ];
        for (name, value) in given {
            line.settings.set(name, value.unwrap_or_default());
        }
    }

    /// Whether this number may be shown as the caller.
    pub(super) fn may_show(&self, number: &str) -> bool {
        self.config.account.any_caller_id || self.is_verified(number)
    }

    /// Whether it is a number of ours, or a verified caller id.
    pub(super) fn is_verified(&self, number: &str) -> bool {
        self.numbers.contains_key(number) || self.account.caller_ids.iter().any(|id| id.number == number)
    }

    /// Whether a leg to this address comes back to the account: a number of ours, or an application.
    pub(super) fn leads_home(&self, to: &str) -> bool {
        self.numbers.contains_key(to) || to.starts_with("app:")
    }

    /// What a call to `to` leads to; `None` where it leads to nothing of ours. Twilio docs, IncomingPhoneNumber: with a
    /// TrunkSid the voice URLs are ignored, and, as there are no trunks here, the call fails; with a VoiceApplicationSid the application's hold.
    pub(super) fn inbound(&self, to: &str) -> Option<Inbound> {
        if let Some(rest) = to.strip_prefix("app:") {
            let (sid, query) = rest.split_once('?').unwrap_or((rest, ""));
            return self.application_inbound(sid, decode_pairs(query.as_bytes()));
        }
        let line = self.numbers.get(to)?;
        if line.settings.get("trunk_sid").is_some() {
            return Some(Inbound::default());
        }
        if let Some(sid) = line.settings.get("voice_application_sid") {
            return Some(self.application_inbound(sid, Pairs::new()).unwrap_or_default());
        }
        Some(Inbound { application: None, ..Inbound::of(&line.settings) })
    }

    fn application_inbound(&self, sid: &str, parameters: Pairs) -> Option<Inbound> {
        let application = self.application(sid)?;
        Some(Inbound { application: Some(sid.to_owned()), parameters, ..Inbound::of(&application.settings) })
    }

    /// URL and fallback of a text to `to`, and the application that they are of.
    pub(super) fn texts_of(&self, to: &str) -> (Option<Target>, Option<Target>) {
        let Some(line) = self.numbers.get(to) else { return (None, None) };
        let named = line.settings.get("sms_application_sid");
        let settings = match named {
            Some(sid) => self.application(sid).map(|application| &application.settings),
            None => Some(&line.settings),
        };
        settings.map_or((None, None), |s| {
            (s.target("sms_url", "sms_method"), s.target("sms_fallback_url", "sms_fallback_method"))
        })
    }
}

impl Inbound {
    fn of(settings: &Settings) -> Self {
        Self {
            voice: settings.target("voice_url", "voice_method"),
            fallback: settings.target("voice_fallback_url", "voice_fallback_method"),
            status: settings.target("status_callback", "status_callback_method"),
            ..Self::default()
        }
    }
}
