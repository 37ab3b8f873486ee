//! Requests for the account's telephone numbers, and what their replies mean. Pure: nothing here sends.
//!
//! Twilio docs, IncomingPhoneNumbers and AvailablePhoneNumbers resources.

use serde_json::Value;

use super::outcome::Spoken;
use super::probe::next_page;
use super::profile::{Account, Feature, Form, Resource};
use super::request::{ApiRequest, Method, checked, refused, segment};
use crate::phone::PhoneNumber;
use crate::telephony::{AvailableNumber, NumberBinding, NumberPage, NumberSearch, OwnedNumber, TelephonyError};
use crate::webhook::form;

const LIST: &str = "IncomingPhoneNumbers";

fn spoken<'a>(account: &'a Account, what: &'static str, is_idempotent: bool) -> Spoken<'a> {
    Spoken { account, what, is_idempotent }
}

fn get(path_and_query: String) -> ApiRequest {
    ApiRequest { method: Method::Get, path_and_query, body: None }
}

/// The request for a page of the account's numbers; `after` is what the page before named as its next.
pub fn list(account: &Account, after: Option<&str>) -> Result<ApiRequest, TelephonyError> {
    account.can(Feature::Numbers)?;
    let Some(after) = after else {
        return Ok(get(format!("{}?PageSize=100", account.path(Resource::Numbers, LIST))));
    };
    // It may have been kept, or come from a screen: it is looked at again.
    next_page(account, Resource::Numbers, LIST, after.to_owned()).map(get).map_err(|_| refused("that is no page"))
}

/// Reads the reply to [`list`].
pub fn read_list(
    account: &Account,
    status: u16,
    body: &[u8],
    retry_after: Option<&str>,
) -> Result<NumberPage, TelephonyError> {
    let spoken = spoken(account, "list of numbers", true);
    let body = success(&spoken, status, body, retry_after)?;
    let numbers = body.get("incoming_phone_numbers").and_then(Value::as_array);
    let numbers = numbers.and_then(|all| all.iter().map(|number| owned(account, number)).collect::<Option<Vec<_>>>());
    let numbers = numbers.ok_or_else(|| spoken.unreadable(status))?;
    let next = body.get("next_page_uri").and_then(Value::as_str).filter(|next| !next.is_empty()).map(str::to_owned);
    let next = next.map(|next| next_page(account, Resource::Numbers, LIST, next)).transpose()?;
    Ok(NumberPage { numbers, next })
}

/// The request for numbers that could be bought.
pub fn search(account: &Account, wanted: &NumberSearch) -> Result<ApiRequest, TelephonyError> {
    account.can(Feature::Numbers)?;
    if wanted.country.len() != 2 || !wanted.country.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(refused("a country is two capitals, as in US"));
    }
    if !(1..=100).contains(&wanted.count_max) {
        return Err(refused("1 to 100 numbers can be asked for at once"));
    }
    let kind = if wanted.toll_free { "TollFree" } else { "Local" };
    let path = account.path(Resource::AvailableNumbers, &format!("AvailablePhoneNumbers/{}/{kind}", wanted.country));
    let (area_code, count) = (wanted.area_code.map(|code| code.to_string()), wanted.count_max.to_string());
    let mut pairs = vec![("VoiceEnabled", "true"), ("PageSize", count.as_str())];
    pairs.extend(area_code.as_deref().map(|code| ("AreaCode", code)));
    pairs.extend(wanted.contains.as_deref().map(|digits| ("Contains", digits)));
    Ok(get(format!("{path}?{}", form::encode(pairs))))
}

/// Reads the reply to [`search`]. A number that is not E.164 is left out: it could not be bought by us.
pub fn read_search(
    account: &Account,
    status: u16,
    body: &[u8],
    retry_after: Option<&str>,
) -> Result<Vec<AvailableNumber>, TelephonyError> {
    let spoken = spoken(account, "search for numbers", true);
    let body = success(&spoken, status, body, retry_after)?;
    let found = body.get("available_phone_numbers").and_then(Value::as_array);
    let found = found.ok_or_else(|| spoken.unreadable(status))?;
    let read = |number: &Value| {
        let field = |name: &str| number.get(name).and_then(Value::as_str).map(str::to_owned);
        let mut available = AvailableNumber::new(field("phone_number")?.parse().ok()?);
        (available.locality, available.region) = (field("locality"), field("region"));
        Some(available)
    };
    Ok(found.iter().filter_map(read).collect())
}

/// The request that buys a number and binds it.
pub fn buy(account: &Account, number: &PhoneNumber, binding: &NumberBinding) -> Result<ApiRequest, TelephonyError> {
    account.can(Feature::Numbers)?;
    let form = bound(Form::new().with("PhoneNumber", number.as_str()), binding);
    Ok(posted(account, Resource::Numbers, LIST, form))
}

/// The request that binds the number of this id.
pub fn bind(account: &Account, id: &str, binding: &NumberBinding) -> Result<ApiRequest, TelephonyError> {
    account.can(Feature::Numbers)?;
    let id = checked(account.profile().ids.number, "number", id)?;
    Ok(posted(account, Resource::Number, &format!("{LIST}/{}", segment(id)), bound(Form::new(), binding)))
}

/// The request that gives the number of this id up.
pub fn release(account: &Account, id: &str) -> Result<ApiRequest, TelephonyError> {
    account.can(Feature::Numbers)?;
    let id = checked(account.profile().ids.number, "number", id)?;
    let path_and_query = account.path(Resource::Number, &format!("{LIST}/{id}"));
    Ok(ApiRequest { method: Method::Delete, path_and_query, body: None })
}

fn posted(account: &Account, resource: Resource, path: &str, form: Form) -> ApiRequest {
    let body = Some(form.encode(account.profile(), resource));
    ApiRequest { method: Method::Post, path_and_query: account.path(resource, path), body }
}

/// Twilio docs, IncomingPhoneNumbers resource: a trunk wins over an application, and that over the URLs; a blank value takes
/// a setting away.
fn bound(form: Form, binding: &NumberBinding) -> Form {
    let url = |url: &Option<String>| url.clone().unwrap_or_default();
    form.with("TrunkSid", "")
        .with("VoiceApplicationSid", "")
        .with("VoiceUrl", url(&binding.voice_url))
        .with("VoiceMethod", "POST")
        .with("VoiceFallbackUrl", url(&binding.fallback_url))
        .with("VoiceFallbackMethod", "POST")
        .with("StatusCallback", url(&binding.status_url))
        .with("StatusCallbackMethod", "POST")
        .with("SmsApplicationSid", "")
        .with("SmsUrl", url(&binding.message_url))
        .with("SmsMethod", "POST")
}

/// Reads the reply to [`buy`] (`is_idempotent` false) or [`bind`] (true).
pub fn read_owned(
    account: &Account,
    is_idempotent: bool,
    status: u16,
    body: &[u8],
    retry_after: Option<&str>,
) -> Result<OwnedNumber, TelephonyError> {
    let what = if is_idempotent { "binding of the number" } else { "purchase of the number" };
    let spoken = spoken(account, what, is_idempotent);
    let body = success(&spoken, status, body, retry_after)?;
    owned(account, &body).ok_or_else(|| spoken.unreadable(status))
}

/// Reads the reply to [`release`]: a number that is not there is given up.
pub fn read_release(
    account: &Account,
    status: u16,
    body: &[u8],
    retry_after: Option<&str>,
) -> Result<(), TelephonyError> {
    if (200..300).contains(&status) {
        return Ok(());
    }
    let reply = account.profile().reply(status, body, retry_after);
    if reply.code == Some(20404) {
        return Ok(());
    }
    Err(spoken(account, "release of the number", true).failed(&reply))
}

fn success(spoken: &Spoken<'_>, status: u16, body: &[u8], retry_after: Option<&str>) -> Result<Value, TelephonyError> {
    if !(200..300).contains(&status) {
        return Err(spoken.failed(&spoken.account.profile().reply(status, body, retry_after)));
    }
    let body = serde_json::from_slice::<Value>(body).ok().filter(Value::is_object);
    body.ok_or_else(|| spoken.unreadable(status))
}

fn owned(account: &Account, number: &Value) -> Option<OwnedNumber> {
    let field = |name: &str| number.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let url = |name: &str| field(name).map(str::to_owned);
    let can = |what: &str| number.get("capabilities").and_then(|all| all.get(what)).and_then(Value::as_bool);
    let id = field("sid").filter(|id| account.profile().ids.number.fits(id))?;
    let binding = NumberBinding {
        voice_url: url("voice_url"),
        fallback_url: url("voice_fallback_url"),
        status_url: url("status_callback"),
        message_url: url("sms_url"),
    };
    let mut owned = OwnedNumber::new(id, field("phone_number")?.parse().ok()?, binding);
    if let Some(name) = field("friendly_name") {
        name.clone_into(&mut owned.name);
    }
    (owned.takes_calls, owned.takes_messages) = (can("voice").unwrap_or(true), can("sms").unwrap_or(true));
    Some(owned)
}
