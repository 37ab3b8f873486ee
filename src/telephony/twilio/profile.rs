//! How providers that speak Twilio's language differ from it, as data.
//!
//! One adapter speaks to all of them: what a [`Profile`] says decides, nothing asks who the provider is. For a provider
//! that is not here, begin with the one that is closest, and change its fields.

mod builtin;
mod rules;
mod shape;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::DateTime;
use serde_json::Value;

use super::error::Reply;
use super::probe;
use crate::phone::Endpoint;
use crate::telephony::{AudioFormat, Failure, LegState, TelephonyError};
use crate::time::Timestamp;
use crate::webhook::Scheme;

pub(super) use rules::Form;
pub use rules::{Change, ExtraField, Feature, Lists, Resource, Rule};
pub use shape::{IdShape, Ids};

/// What a provider's dialect of Twilio's REST API and webhooks is like. Made by [`Profile::twilio`],
/// [`Profile::signalwire`] and [`Profile::telnyx`]; every field may be changed.
///
/// ```
/// use switchboard::telephony::twilio::profile::{Auth, Profile};
///
/// let mut mine = Profile::twilio();
/// mine.name = "Example";
/// mine.base_url = "https://api.example.com".to_owned();
/// mine.auth = Auth::Bearer;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// What the provider is called in messages.
    pub name: &'static str,
    /// Scheme and host; `{space}` and the like stand for [`Profile::settings`].
    pub base_url: String,
    /// What every path begins with; `{account}` stands for the account's id.
    pub path: &'static str,
    /// What has to be known beside account and credentials, by name.
    pub settings: BTreeMap<&'static str, String>,
    /// What an account's id looks like.
    pub account: IdShape,
    /// What the other ids look like.
    pub ids: Ids,
    /// Resources whose path ends in `.json`.
    pub json_suffix: &'static [Resource],
    /// How a request is authorised.
    pub auth: Auth,
    /// The field that carries a document instead of its address.
    pub inline_document: &'static str,
    /// Fields that must go along.
    pub extra_fields: &'static [ExtraField],
    /// Fields and values that have another name, unit or no counterpart.
    pub rules: &'static [Rule],
    /// How a field with several values is written.
    pub lists: Lists,
    /// What stands for the only recording that runs; `None`: an id has to be given.
    pub current_recording: Option<&'static str>,
    /// Directions of a leg that was placed by request, in lists of calls. Another word than these and Twilio's leaves it
    /// open whether a leg of unknown outcome is there.
    pub directions: &'static [&'static str],
    /// How long a leg may ring, seconds.
    pub ring_secs: RangeInclusive<u64>,
    /// How long a leg may be allowed to last, seconds.
    pub limit_secs: RangeInclusive<u64>,
    /// How its webhooks are signed.
    pub signature: Scheme,
    /// How it writes dates.
    pub dates: Dates,
    /// Its words for the state of a leg that are not Twilio's.
    pub statuses: &'static [(&'static str, LegState)],
    /// What agents in browsers and apps are called in documents.
    pub client: ClientNoun,
    /// How such an agent is addressed; `{identity}` stands for who it is, the rest for [`Profile::settings`].
    pub client_address: String,
    /// What it cannot do, each with what to do instead.
    pub unsupported: &'static [(Feature, &'static str)],
    /// Verbs and nouns of documents that it does not know.
    pub unsupported_verbs: &'static [&'static str],
    /// With what the verdict on machines comes that is waited for.
    pub verdict: Verdict,
    /// Where the sound of a recording is.
    pub media: Media,
    /// Where the code of an error may stand in its body, as JSON pointers.
    pub error_pointers: &'static [&'static str],
    /// Its codes that mean the same as one of Twilio's: its own, then Twilio's.
    pub error_codes: &'static [(u32, u32)],
}

/// How a request is authorised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Auth {
    /// HTTP Basic with account and token, or with a key of this shape and its secret, where there are keys.
    Basic {
        /// What the id of a key looks like; `None`: there are no keys.
        key: Option<IdShape>,
    },
    /// The token as `Authorization: Bearer`.
    Bearer,
}

/// How dates are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dates {
    /// RFC 2822, as in `Tue, 24 Nov 2026 06:00:00 +0000`.
    Rfc2822,
    /// ISO 8601 as RFC 3339 writes it, as in `2026-11-24T06:00:00.000Z`.
    Iso8601,
    /// Either: sources disagree, or it depends on the resource.
    Either,
}

impl Dates {
    /// The point in time that `text` names; `None` if it is not written so.
    #[must_use]
    pub fn read(self, text: &str) -> Option<Timestamp> {
        let rfc2822 = || DateTime::parse_from_rfc2822(text).ok();
        let iso8601 = || DateTime::parse_from_rfc3339(text).ok();
        let date = match self {
            Self::Rfc2822 => rfc2822(),
            Self::Iso8601 => iso8601(),
            Self::Either => rfc2822().or_else(iso8601),
        };
        date.map(|date| Timestamp::from(date.to_utc()))
    }
}

/// What an agent in a browser or app is called in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ClientNoun {
    /// `<Client>`.
    Client,
    /// `<Verto>`.
    Verto,
    /// `<Sip>`: such agents are SIP devices like others.
    Sip,
}

/// With what the verdict on machines comes that a leg waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// With the request for the document, which is held back until then.
    WithDocument,
    /// With a status callback; its reply is the document.
    WithStatus,
}

/// Where the sound of a recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Media {
    /// At the recording's own address with the format as extension; a redirection to storage is followed without
    /// credentials.
    ByExtension,
    /// At an address that this field of the recording names, which is asked without credentials.
    Linked(&'static str),
}

impl Profile {
    /// What to do instead, where the provider cannot do this.
    #[must_use]
    pub fn lacks(&self, feature: Feature) -> Option<&'static str> {
        self.unsupported.iter().find(|(lacking, _)| *lacking == feature).map(|(_, sentence)| *sentence)
    }

    /// The first verb or noun in `document` that the provider does not know.
    #[must_use]
    pub fn unsupported_verb(&self, document: &str) -> Option<&'static str> {
        document.split('<').skip(1).find_map(|rest| {
            let name = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default();
            self.unsupported_verbs.iter().copied().find(|verb| *verb == name)
        })
    }

    /// What the provider's word for the state of a leg means; `None` if it is not known.
    #[must_use]
    pub fn leg_state(&self, status: &str) -> Option<LegState> {
        let own = self.statuses.iter().find(|(word, _)| *word == status).map(|(_, state)| *state);
        own.or_else(|| probe::leg_state(status))
    }

    /// `endpoint` as the provider writes it.
    #[must_use]
    pub fn address(&self, endpoint: &Endpoint) -> String {
        match endpoint {
            Endpoint::Client(identity) => self.filled(&self.client_address).replace("{identity}", identity),
            other => other.to_string(),
        }
    }

    /// `template` with the settings in it.
    pub(super) fn filled(&self, template: &str) -> String {
        let fill = |text: String, (name, value): (&&str, &String)| text.replace(&format!("{{{name}}}"), value);
        self.settings.iter().fold(template.to_owned(), fill)
    }

    /// Reads a reply that is not a success, with the provider's code as Twilio's where it means the same.
    pub(super) fn reply(&self, status: u16, body: &[u8], retry_after: Option<&str>) -> Reply {
        let mut reply = Reply::read(status, body, retry_after);
        reply.code = self.own_code(body).map(|own| {
            let known = self.error_codes.iter().find(|(code, _)| *code == own);
            known.map_or(own, |(_, code)| *code)
        });
        reply
    }

    fn own_code(&self, body: &[u8]) -> Option<u32> {
        let body: Value = serde_json::from_slice(body).ok()?;
        self.error_pointers.iter().find_map(|pointer| {
            let code = body.pointer(pointer)?;
            let number = code.as_u64().and_then(|code| u32::try_from(code).ok());
            number.or_else(|| code.as_str()?.parse().ok())
        })
    }

    /// `error`, naming this provider and its own code instead of Twilio's.
    pub(super) fn named(&self, error: TelephonyError) -> TelephonyError {
        let Some(code) = error.code() else {
            return TelephonyError::new(error.failure(), error.to_string().replace("Twilio", self.name));
        };
        let own = self.error_codes.iter().find(|(_, twilio)| *twilio == code).map_or(code, |(own, _)| *own);
        let text = error.to_string().replace(&format!("Twilio {code}"), &format!("{} {own}", self.name));
        TelephonyError::new(error.failure(), text.replace("Twilio", self.name)).with_code(own)
    }
}

/// An account at a provider: whose it is, and what that provider's dialect is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    id: String,
    profile: Profile,
}

/// An id that cannot be one of an account at this provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an account of {provider}: its id is {shape}")]
pub struct AccountIdError {
    provider: &'static str,
    shape: IdShape,
}

impl Account {
    /// The account of this id; an error if the id does not have the shape that [`Profile::account`] asks for.
    pub fn new(profile: Profile, id: impl Into<String>) -> Result<Self, AccountIdError> {
        let id = id.into();
        if profile.account.fits(&id) {
            return Ok(Self { id, profile });
        }
        Err(AccountIdError { provider: profile.name, shape: profile.account })
    }

    /// The account's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How its provider is spoken to.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Where `resource` of this account is; `rest` holds ids that were checked, or text that was escaped.
    pub(super) fn path(&self, resource: Resource, rest: &str) -> String {
        let suffix = if self.profile.json_suffix.contains(&resource) { ".json" } else { "" };
        format!("{}/{rest}{suffix}", self.profile.path.replace("{account}", &self.id))
    }

    /// Where the sound of a recording is, or where that is said.
    pub(super) fn media_path(&self, recording: &str, format: AudioFormat, channels: Option<u8>) -> String {
        match self.profile.media {
            Media::Linked(_) => self.path(Resource::Recording, &format!("Recordings/{recording}")),
            Media::ByExtension => {
                let query = channels.map_or_else(String::new, |channels| format!("?RequestedChannels={channels}"));
                let base = self.profile.path.replace("{account}", &self.id);
                format!("{base}/Recordings/{recording}.{}{query}", format.extension())
            }
        }
    }

    /// `Ok` where the provider can do this, otherwise an error that is [`Failure::Rejected`].
    pub(super) fn can(&self, feature: Feature) -> Result<(), TelephonyError> {
        let Some(instead) = self.profile.lacks(feature) else { return Ok(()) };
        let name = self.profile.name;
        Err(TelephonyError::new(
            Failure::Rejected,
            format!("nothing was sent: with {name}, {feature} not offered; {instead}"),
        ))
    }
}

impl From<super::request::AccountSid> for Account {
    fn from(sid: super::request::AccountSid) -> Self {
        Self { id: sid.as_str().to_owned(), profile: Profile::twilio() }
    }
}
