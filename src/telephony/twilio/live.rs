//! The question which legs live, and what the replies to it mean. Pure: nothing here sends.
//!
//! Twilio docs, Calls resource: a list can be narrowed to one status, so that there is a list for each of the three that
//! a live leg may have, one after the other.

use serde_json::Value;

use super::outcome::Spoken;
use super::probe::next_page;
use super::profile::{Account, Resource};
use super::request::{ApiRequest, Method, refused};
use crate::telephony::{LegOrigin, LegState, LiveLeg, LivePage, TelephonyError};

const LIST: &str = "Calls";
/// Calls of a page: some 2 kB each.
const PAGE_SIZE: &str = "250";
/// What a live leg may be, those first to whom somebody listens.
const STATUSES: [&str; 3] = ["in-progress", "ringing", "queued"];

fn list(account: &Account, status: &str) -> String {
    format!("{}?Status={status}&PageSize={PAGE_SIZE}", account.path(Resource::Calls, LIST))
}

/// The request for a page; `after` is what the page before named as its next.
pub fn request(account: &Account, after: Option<&str>) -> Result<ApiRequest, TelephonyError> {
    let path_and_query = match after {
        None => list(account, STATUSES[0]),
        // It was kept: it is looked at again.
        Some(after) => {
            let path = next_page(account, Resource::Calls, LIST, after.to_owned());
            path.map_err(|_| refused("that is no page of the list of calls"))?
        }
    };
    Ok(ApiRequest { method: Method::Get, path_and_query, body: None })
}

/// The list that follows the one that `asked` is a page of.
fn list_after(account: &Account, asked: &ApiRequest) -> Option<String> {
    let query = asked.path_and_query.split_once('?').map_or("", |(_, query)| query);
    let status = query.split('&').find_map(|pair| pair.strip_prefix("Status="))?;
    let at = STATUSES.iter().position(|other| *other == status)?;
    STATUSES.get(at + 1).map(|status| list(account, status))
}

/// Reads the reply to `asked`.
///
/// A call that has ended meanwhile is left out, and so is one that cannot be read: nothing is done about a leg of which
/// nothing is known.
pub fn read(
    account: &Account,
    asked: &ApiRequest,
    status: u16,
    body: &[u8],
    retry_after: Option<&str>,
) -> Result<LivePage, TelephonyError> {
    let spoken = Spoken { account, what: "list of live calls", is_idempotent: true };
    if !(200..300).contains(&status) {
        return Err(spoken.failed(&account.profile().reply(status, body, retry_after)));
    }
    let body: Value = serde_json::from_slice(body).map_err(|_| spoken.unreadable(status))?;
    let calls = body.get("calls").and_then(Value::as_array).ok_or_else(|| spoken.unreadable(status))?;
    let legs = calls.iter().filter_map(|call| leg(account, call)).collect();
    let next = body.get("next_page_uri").and_then(Value::as_str).filter(|next| !next.is_empty()).map(str::to_owned);
    let next = next.map(|next| next_page(account, Resource::Calls, LIST, next)).transpose()?;
    Ok(LivePage { legs, next: next.or_else(|| list_after(account, asked)) })
}

fn leg(account: &Account, call: &Value) -> Option<LiveLeg> {
    let profile = account.profile();
    let text = |field: &str| call.get(field).and_then(Value::as_str);
    let id = text("sid").filter(|id| profile.ids.leg.fits(id))?;
    let state = profile.leg_state(text("status")?)?;
    if !matches!(state, LegState::Ringing | LegState::Answered) {
        return None;
    }
    // Twilio docs, Calls resource: `direction`.
    let origin = match text("direction")? {
        "inbound" => LegOrigin::Inbound,
        direction if profile.directions.contains(&direction) => LegOrigin::Placed,
        _ => LegOrigin::Child,
    };
    // A call that does not ring yet has no start, and a live reply no date of its making.
    let date = |field: &str| text(field).and_then(|date| profile.dates.read(date));
    let began = date("start_time").or_else(|| date("date_created"));
    if began.is_none() && state == LegState::Answered {
        return None;
    }
    let leg = LiveLeg::new(id, origin, text("from")?, text("to")?, state);
    Some(match began {
        Some(at) => leg.started_at(at),
        None => leg,
    })
}
