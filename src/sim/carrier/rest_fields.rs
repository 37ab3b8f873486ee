//! What a REST request says: its fields, and whether each has a value of its type.

use super::form::{self, Pairs, is_web_url};
use super::rest::{Refusal, refuse};
use super::state::{Subscription, Target};

/// A request after the frame has looked at it.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    /// Path without query.
    pub(super) path: &'a str,
    pub(super) query: Pairs,
    pub(super) form: Pairs,
}

/// Fields that are true or false, wherever they stand.
const FLAGS: [&str; 24] = [
    "Muted",
    "Hold",
    "Coaching",
    "StartConferenceOnEnter",
    "EndConferenceOnExit",
    "BeepOnExit",
    "EarlyMedia",
    "Record",
    "AsyncAmd",
    "VoiceCallerIdLookup",
    "PublicApplicationConnectEnabled",
    "ProvideFeedback",
    "ForceDelivery",
    "SmartEncoded",
    "ShortenUrls",
    "SendAsMms",
    "Beta",
    "VoiceEnabled",
    "SmsEnabled",
    "MmsEnabled",
    "FaxEnabled",
    "IncludeSubaccounts",
    "PartialResults",
    "EnableAutomaticPunctuation",
];

/// Fields that have one of a few words (Twilio docs, Call, Participant and recording parameters).
const WORDS: [(&str, &str); 9] = [
    ("RecordingChannels", "mono dual 1 2"),
    ("RecordingTrack", "inbound outbound both"),
    ("Trim", "trim-silence do-not-trim"),
    ("ConferenceTrim", "trim-silence do-not-trim"),
    ("Beep", "true false onEnter onExit"),
    ("JitterBufferSize", "off small medium large"),
    ("ConferenceRecord", "true false record-from-start do-not-record"),
    ("EmergencyStatus", "Active Inactive"),
    ("VoiceReceiveMode", "voice fax"),
];

/// Fields that are whole numbers within bounds. Twilio docs, Participant resource: a conference holds 2 to 250.
const NUMBERS: [(&str, u64, u64); 3] =
    [("TimeLimit", 1, u32::MAX as u64), ("MaxParticipants", 2, 250), ("CallDelay", 0, 60)];

/// Fields that name another resource by its sid.
const SIDS: [(&str, &str); 10] = [
    ("Byoc", "BY"),
    ("TrunkSid", "TK"),
    ("AddressSid", "AD"),
    ("EmergencyAddressSid", "AD"),
    ("IdentitySid", "RI"),
    ("BundleSid", "BU"),
    ("ContentSid", "HX"),
    ("MessagingServiceSid", "MG"),
    ("VoiceApplicationSid", "AP"),
    ("SmsApplicationSid", "AP"),
];

/// Whether it is this prefix and 32 hex digits.
pub(super) fn is_sid(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_flag(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

impl Request<'_> {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        form::get(&self.form, name)
    }

    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.field(name).filter(|v| !v.is_empty())
    }

    /// A filter of a list.
    pub(super) fn filter(&self, name: &str) -> Option<&str> {
        form::get(&self.query, name)
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.given(name).map(|v| v.eq_ignore_ascii_case("true"))
    }

    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.form.iter().filter(|(k, _)| k == name).flat_map(|(_, v)| v.split_whitespace()).collect()
    }

    /// A URL that is asked later, with the method of `{name}`, POST unless it is given. 21205 when it is none.
    pub(super) fn target(&self, name: &str, method: &str) -> Result<Option<Target>, Refusal> {
        let Some(url) = self.given(name) else { return Ok(None) };
        if !is_web_url(url) {
            return refuse(21_205, format!("{name} is not a valid URL: {url}"));
        }
        Ok(Some(Target::new(url, self.field(method))))
    }

    /// Whether every field that has a type has a value of it. Checked before anything is done, so that a request with
    /// one wrong value changes nothing.
    pub(super) fn is_typed(&self) -> Result<(), Refusal> {
        for (name, value) in self.form.iter().filter(|(_, value)| !value.is_empty()) {
            if name.ends_with("Method") && name != "PaymentMethod" && !matches!(value.as_str(), "GET" | "POST") {
                return refuse(21_209, format!("{name} must be GET or POST"));
            }
        }
        for name in FLAGS {
            if self.given(name).or_else(|| self.filter(name)).is_some_and(|flag| !is_flag(flag)) {
                return refuse(20_001, format!("{name} must be true or false"));
            }
        }
        for (name, words) in WORDS {
            if self.given(name).is_some_and(|value| !words.split(' ').any(|word| word == value)) {
                return refuse(20_001, format!("{name} must be one of {}", words.replace(' ', ", ")));
            }
        }
        for (name, least, most) in NUMBERS {
            let fits = |text: &str| text.trim().parse().is_ok_and(|n| (least..=most).contains(&n));
            if self.given(name).is_some_and(|number| !fits(number)) {
                return refuse(20_001, format!("{name} must be a whole number from {least} to {most}"));
            }
        }
        for (name, prefix) in SIDS {
            if self.given(name).is_some_and(|sid| !is_sid(sid, prefix)) {
                return refuse(20_001, format!("{name} must be {prefix} and 32 hex digits"));
            }
        }
        Ok(())
    }
}

/// Whether `text` is E.164: `+`, then 8 to 15 digits, the first not zero.
pub(super) fn is_phone(text: &str) -> bool {
    text.parse::<crate::phone::PhoneNumber>().is_ok()
}

/// A number filter: digits and `*`, which stands for any digits (Twilio docs, IncomingPhoneNumber list).
pub(super) fn matches_number(pattern: &str, number: &str) -> bool {
    // A part of the number is enough, as in `510` or `510****`: each `*` is one digit, or none at the end.
    let wanted: Vec<char> = pattern.chars().filter(|c| *c != '+').collect();
    let digits: Vec<char> = number.chars().filter(|c| *c != '+').collect();
    let fits = |from: usize| {
        wanted.iter().enumerate().all(|(at, sign)| match digits.get(from + at) {
            Some(digit) => sign == digit || *sign == '*',
            None => *sign == '*',
        })
    };
    if pattern.starts_with('+') { fits(0) } else { (0..digits.len()).any(fits) }
}

/// A number field: the default when absent, `None` when it is no number.
pub(super) fn number(request: &Request<'_>, name: &str, default: u64) -> Option<u64> {
    request.given(name).map_or(Some(default), |text| text.trim().parse().ok())
}

/// The callback of this prefix with its method and events.
pub(super) fn subscription(request: &Request<'_>, prefix: &str, default: &str) -> Option<Subscription> {
    let url = request.given(prefix)?;
    let to = Target::new(url, request.field(&format!("{prefix}Method")));
    let named = request.all(&format!("{prefix}Event"));
    let events = if named.is_empty() { default.split(' ').collect() } else { named };
    Some(Subscription { to, events: events.into_iter().map(str::to_owned).collect() })
}
