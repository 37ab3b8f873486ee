//! API keys, the account itself, its balance, and tokens for media servers (Twilio docs, API Keys, Account, Balance and
//! Token resources).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Carrier;
use super::account::Dates;
use super::callback::rfc2822;
use super::rest::{Answer, Request, not_allowed, not_found, page, refuse};
use super::rest_fields::{is_sid, number};
use super::state::Sid;

/// A key that opens the API in place of the account's token.
#[derive(Clone, Debug)]
pub(super) struct ApiKey {
    pub(super) sid: Sid,
    pub(super) secret: String,
    name: String,
    /// Whether it also manages keys and the account.
    pub(super) main: bool,
    dates: Dates,
}

impl Carrier {
    /// Lets `sid` (`SK` and 32 hex digits) open the REST API with `secret`, until REST deletes the key. A Main key may
    /// do what the account's token may; a Standard key, as REST makes them, manages neither keys nor the account.
    /// Nothing changes when `sid` has another shape.
    pub fn api_key(&mut self, sid: &str, secret: &str, main: bool) {
        if is_sid(sid, "SK") {
            self.account.keys.retain(|key| key.sid != sid);
            self.account.keys.push(ApiKey {
                sid: sid.to_owned(),
                secret: secret.to_owned(),
                name: String::new(),
                main,
                dates: Dates::new(self.now),
            });
        }
    }

    /// `kind`: `Keys` or `SigningKeys`, two names for the same keys.
    pub(super) fn keys_resource(&mut self, request: &Request<'_>, kind: &str) -> Answer {
        match request.method {
            "GET" => {
                let list = if kind == "Keys" { "keys" } else { "signing_keys" };
                page(
                    request,
                    list,
                    self.account.keys.iter().rev().map(|key| (key.sid.clone(), key_json(key))).collect(),
                )
            }
            "POST" => {
                let name = key_name(request)?.unwrap_or_default();
                let sid = self.sid("SK");
                let key = ApiKey { sid, secret: self.rng.hex32(), name, main: false, dates: Dates::new(self.now) };
                let mut json = key_json(&key);
                if let Value::Object(members) = &mut json {
                    // Twilio docs: shown here, and never again.
                    members.insert("secret".to_owned(), json!(key.secret));
                }
                self.account.keys.push(key);
                Ok((201, Some(json)))
            }
            _ => not_allowed(),
        }
    }

    pub(super) fn key_resource(&mut self, request: &Request<'_>, sid: &str) -> Answer {
        let now = self.now;
        let Some(at) = self.account.keys.iter().position(|key| key.sid == sid) else { return not_found(request.path) };
        let Some(key) = self.account.keys.get_mut(at) else { return not_found(request.path) };
        match request.method {
            "GET" => {}
            "POST" => {
                if let Some(name) = key_name(request)? {
                    key.name = name;
                }
                key.dates.updated = now;
            }
            "DELETE" => {
                self.account.keys.remove(at);
                return Ok((204, None));
            }
            _ => return not_allowed(),
        }
        Ok((200, Some(key_json(key))))
    }

    /// The account alone: there are no subaccounts, and none can be made.
    pub(super) fn accounts_resource(&mut self, request: &Request<'_>) -> Answer {
        if request.method != "GET" {
            return not_allowed();
        }
        let json = self.account_json();
        let wanted = |filter: &str, field: &str| request.filter(filter).is_none_or(|v| json[field].as_str() == Some(v));
        let shown = wanted("FriendlyName", "friendly_name") && wanted("Status", "status");
        let sid = self.config.account_sid.clone();
        page(request, "accounts", if shown { vec![(sid, json.clone())] } else { Vec::new() })
    }

    pub(super) fn account_resource(&mut self, request: &Request<'_>) -> Answer {
        match request.method {
            "GET" => {}
            "POST" => {
                if request.given("Status").is_some_and(|status| status != "active") {
                    return refuse(20_001, "The main account can be neither suspended nor closed here");
                }
                if let Some(name) = key_name(request)? {
                    self.account.friendly_name = Some(name);
                }
            }
            _ => return not_allowed(),
        }
        Ok((200, Some(self.account_json())))
    }

    fn account_json(&self) -> Value {
        let base = self.account_uri();
        let parts = [
            ("addresses", "Addresses"),
            ("applications", "Applications"),
            ("authorized_connect_apps", "AuthorizedConnectApps"),
            ("available_phone_numbers", "AvailablePhoneNumbers"),
            ("balance", "Balance"),
            ("calls", "Calls"),
            ("conferences", "Conferences"),
            ("connect_apps", "ConnectApps"),
            ("incoming_phone_numbers", "IncomingPhoneNumbers"),
            ("keys", "Keys"),
            ("messages", "Messages"),
            ("notifications", "Notifications"),
            ("outgoing_caller_ids", "OutgoingCallerIds"),
            ("queues", "Queues"),
            ("recordings", "Recordings"),
            ("short_codes", "SMS/ShortCodes"),
            ("signing_keys", "SigningKeys"),
            ("sip", "SIP"),
            ("transcriptions", "Transcriptions"),
            ("usage", "Usage"),
        ];
        let parts: Map<String, Value> =
            parts.iter().map(|(name, path)| ((*name).to_owned(), json!(format!("{base}/{path}.json")))).collect();
        json!({
            "sid": self.config.account_sid,
            "owner_account_sid": self.config.account_sid,
            "auth_token": self.config.auth_token,
            "friendly_name": self.account.friendly_name.as_ref().unwrap_or(&self.config.account.friendly_name),
            "status": "active",
            "type": if self.config.account.trial { "Trial" } else { "Full" },
            "date_created": rfc2822(self.config.start),
            "date_updated": rfc2822(self.config.start),
            "subresource_uris": parts,
            "uri": format!("{base}.json"),
        })
    }

    pub(super) fn balance_resource(&self, request: &Request<'_>) -> Answer {
        if request.method != "GET" {
            return not_allowed();
        }
        let (paid, used) = (self.config.account.balance_micros, self.spent_micros());
        let sign = if used > paid { "-" } else { "" };
        let left = paid.abs_diff(used);
        let balance = format!("{sign}{}.{:05}", left / 1_000_000, left % 1_000_000 / 10);
        let account = &self.config.account_sid;
        Ok((200, Some(json!({"account_sid": account, "balance": balance, "currency": "USD"}))))
    }

    /// Twilio docs, Token resource: names of media servers. Nothing listens there for this carrier.
    pub(super) fn tokens_resource(&mut self, request: &Request<'_>) -> Answer {
        if request.method != "POST" {
            return not_allowed();
        }
        let Some(ttl) = number(request, "Ttl", 86_400).filter(|ttl| (1..=86_400).contains(ttl)) else {
            return refuse(20_001, "Ttl must be a whole number of seconds from 1 to 86400");
        };
        let username = format!("{}{}", self.rng.hex32(), self.rng.hex32());
        let password = STANDARD.encode(self.rng.hex32());
        let turn = |place: &str| {
            let url = format!("turn:global.turn.twilio.com:{place}");
            json!({"url": url, "urls": url, "username": username, "credential": password})
        };
        let stun = "stun:global.stun.twilio.com:3478";
        Ok((
            201,
            Some(json!({
                "account_sid": self.config.account_sid,
                "username": username,
                "password": password,
                "ttl": ttl.to_string(),
                "ice_servers": [
                    {"url": stun, "urls": stun},
                    turn("3478?transport=udp"),
                    turn("3478?transport=tcp"),
                    turn("443?transport=tcp"),
                ],
                "date_created": rfc2822(self.now),
                "date_updated": rfc2822(self.now),
            })),
        ))
    }
}

fn key_name(request: &Request<'_>) -> Result<Option<String>, super::rest::Refusal> {
    match request.field("FriendlyName") {
        Some(name) if name.chars().count() > 64 => refuse(20_001, "FriendlyName must not be longer than 64 characters"),
        name => Ok(name.map(str::to_owned)),
    }
}

fn key_json(key: &ApiKey) -> Value {
    json!({
        "sid": key.sid,
        "friendly_name": key.name,
        "date_created": rfc2822(key.dates.created),
        "date_updated": rfc2822(key.dates.updated),
    })
}
