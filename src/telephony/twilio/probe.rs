//! Asking the provider what became of a leg, page by page. Pure: nothing here sends.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::outcome::Spoken;
use super::profile::{Account, Profile, Resource};
use super::request::{ApiRequest, Method, checked};
use crate::phone::Endpoint;
use crate::telephony::{EndCause, Failure, LegRef, LegReport, LegState, TelephonyError};
use crate::time::Timestamp;
use crate::webhook::form;

/// How far Twilio's clock may be behind ours.
const SKEW: Duration = Duration::from_secs(2);
/// Calls of a page.
const PAGE_SIZE: &str = "100";
/// Most pages that are read for one question.
const PAGES_MAX: u32 = 10;

/// A question about a leg that may need several requests.
///
/// A leg of unknown outcome is looked for in the list of calls with its `To` and `From`, newest first. Twilio docs,
/// Calls resource: a call that does not ring yet has no start time, so the list is not narrowed by `StartTime`: a call
/// that waits in Twilio's own queue would be missed, and dialled twice. Nor is it narrowed by a client's name: whether a
/// call to `client:ana?task=7` is found by `client:ana` is not said, so those calls are told apart here.
#[derive(Clone, Debug)]
pub struct Probe {
    account: Account,
    wanted: Wanted,
    request: ApiRequest,
    pages_read: u32,
}

#[derive(Clone, Debug)]
enum Wanted {
    Leg,
    Dialled { search: Search, found: Option<Found> },
}

#[derive(Clone, Debug)]
struct Search {
    sent_at: Timestamp,
    /// The client that was rung, as the provider writes it, where the list is not narrowed to who was rung.
    client: Option<String>,
}

#[derive(Clone, Debug)]
struct Found {
    created_at: Option<Timestamp>,
    report: LegReport,
}

#[derive(Deserialize)]
struct Page {
    calls: Vec<Value>,
    #[serde(default)]
    next_page_uri: Option<String>,
}

impl Probe {
    /// The question. An id that is not the provider's is [`Failure::Rejected`].
    pub fn new(account: &Account, leg: &LegRef) -> Result<Self, TelephonyError> {
        let profile = account.profile();
        let (wanted, path_and_query) = match leg {
            LegRef::Id(id) => {
                let id = checked(profile.ids.leg, "leg", id)?;
                (Wanted::Leg, account.path(Resource::Call, &format!("Calls/{id}")))
            }
            LegRef::Dialled { to, from, sent_at } => {
                let (address, caller) = (profile.address(to), profile.address(from));
                let pairs = [("To", address.as_str()), ("From", caller.as_str()), ("PageSize", PAGE_SIZE)];
                let is_client = matches!(to, Endpoint::Client(_));
                let query = form::encode(pairs.into_iter().skip(usize::from(is_client)));
                let path = format!("{}?{query}", account.path(Resource::Calls, "Calls"));
                let search = Search { sent_at: *sent_at, client: is_client.then_some(address) };
                (Wanted::Dialled { search, found: None }, path)
            }
        };
        let request = ApiRequest { method: Method::Get, path_and_query, body: None };
        Ok(Self { account: account.clone(), wanted, request, pages_read: 0 })
    }

    /// What is to be sent next.
    #[must_use]
    pub fn request(&self) -> &ApiRequest {
        &self.request
    }

    /// Reads the reply to [`Probe::request`].
    ///
    /// # On return
    /// `Ok(Some)`: the answer. `Ok(None)`: there is another page to be asked for. `Err`: it is not known; never
    /// [`Failure::Unknown`], as asking again does no harm.
    pub fn read(
        &mut self,
        status: u16,
        body: &[u8],
        retry_after: Option<&str>,
    ) -> Result<Option<LegReport>, TelephonyError> {
        let (account, profile) = (&self.account, self.account.profile());
        let spoken = Spoken { account, what: "question", is_idempotent: true };
        if !(200..300).contains(&status) {
            let reply = profile.reply(status, body, retry_after);
            return match (&self.wanted, reply.code) {
                (Wanted::Leg, Some(20404)) => Ok(Some(absent())),
                _ => Err(spoken.failed(&reply)),
            };
        }
        let unreadable = || spoken.unreadable(status);
        match &mut self.wanted {
            Wanted::Leg => {
                let call: Value = serde_json::from_slice(body).map_err(|_| unreadable())?;
                report(profile, &call).map(Some).ok_or_else(unreadable)
            }
            Wanted::Dialled { search, found } => {
                let page: Page = serde_json::from_slice(body).map_err(|_| unreadable())?;
                self.pages_read += 1;
                let is_last = scan(profile, &page.calls, search, found).ok_or_else(unreadable)?;
                let next = page.next_page_uri.filter(|uri| !uri.is_empty());
                let Some(next) = next.filter(|_| !is_last) else {
                    return Ok(Some(found.take().map_or_else(absent, |found| found.report)));
                };
                if self.pages_read >= PAGES_MAX {
                    return Err(unavailable("too many calls between these two since then to find the leg"));
                }
                self.request.path_and_query = next_page(account, Resource::Calls, "Calls", next)?;
                Ok(None)
            }
        }
    }
}

/// The path of the next page, where it is one of the same list. The credentials go wherever it leads, so it may lead
/// nowhere else.
pub(super) fn next_page(
    account: &Account,
    resource: Resource,
    list: &str,
    next: String,
) -> Result<String, TelephonyError> {
    let path = account.path(resource, list);
    // Telnyx lists at `Calls`, and names the next page `Calls.json?…`.
    let rest = next.strip_prefix(path.trim_end_matches(".json")).map(|rest| rest.trim_start_matches(".json"));
    if rest.is_some_and(|rest| rest.starts_with('?')) && next.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(next);
    }
    Err(unavailable("the next page is not of the same list; check the base URL"))
}

fn unavailable(message: &str) -> TelephonyError {
    TelephonyError::new(Failure::Unavailable { retry_after: None }, message)
}

fn absent() -> LegReport {
    LegReport { id: None, state: LegState::Absent }
}

/// What a call's status says of its leg; `None` if it is not known. Twilio docs, Calls resource: the values of `status`; the
/// callbacks say `initiated` too.
pub(crate) fn leg_state(status: &str) -> Option<LegState> {
    Some(match status {
        "queued" | "initiated" | "ringing" => LegState::Ringing,
        "in-progress" => LegState::Answered,
        "completed" => LegState::Ended(EndCause::Completed),
        "busy" => LegState::Ended(EndCause::Busy),
        "no-answer" => LegState::Ended(EndCause::NoAnswer),
        "canceled" => LegState::Ended(EndCause::Canceled),
        "failed" => LegState::Ended(EndCause::Failed),
        _ => return None,
    })
}

fn text<'a>(call: &'a Value, field: &str) -> Option<&'a str> {
    call.get(field).and_then(Value::as_str)
}

fn report(profile: &Profile, call: &Value) -> Option<LegReport> {
    let id = text(call, "sid").filter(|id| profile.ids.leg.fits(id))?;
    Some(LegReport { id: Some(id.to_owned()), state: profile.leg_state(text(call, "status")?)? })
}

/// Whether a call rang this client, with or without parameters. Where providers write the scheme is not looked at.
fn rang(call: &Value, client: &str) -> bool {
    let bare = |text: &str| text.split_once(':').map_or(text, |(_, rest)| rest).to_owned();
    let Some(to) = text(call, "to").map(bare) else { return true };
    to.strip_prefix(&bare(client)).is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', ';']))
}

/// Whether a leg of this direction was not placed by a request (Twilio docs, Calls resource: `direction`).
fn was_not_requested(direction: &str) -> bool {
    matches!(direction, "inbound" | "outbound-dial") || direction.starts_with("trunking")
}

/// Keeps the call of a page that fits best. `Some(true)`: the page reaches back before it was sent. `None`: unreadable.
fn scan(profile: &Profile, calls: &[Value], search: &Search, found: &mut Option<Found>) -> Option<bool> {
    let sent_at = search.sent_at;
    for call in calls {
        let strange = text(call, "direction").filter(|direction| !profile.directions.contains(direction));
        // A child of a Dial verb may join the same two ends.
        if strange.is_some_and(was_not_requested) {
            continue;
        }
        // A call that was just made may not have a date yet.
        let created_at = match text(call, "date_created") {
            Some(date) => Some(profile.dates.read(date)?),
            None => None,
        };
        // Dates have whole seconds.
        if created_at.is_some_and(|at| at.as_secs() < (sent_at - SKEW).as_secs()) {
            return Some(true);
        }
        if search.client.as_deref().is_some_and(|client| !rang(call, client)) {
            continue;
        }
        // It may be the one: to take it for none would have it dialled twice.
        if strange.is_some() {
            return None;
        }
        let candidate = Found { created_at, report: report(profile, call)? };
        if found.as_ref().is_none_or(|best| rank(candidate.created_at, sent_at) < rank(best.created_at, sent_at)) {
            *found = Some(candidate);
        }
    }
    Some(false)
}

/// Low is good: the first call made in or after the second of `sent_at`; then one made just before, as clocks differ.
fn rank(created_at: Option<Timestamp>, sent_at: Timestamp) -> (bool, u64) {
    let Some(created) = created_at.map(Timestamp::as_secs) else { return (false, u64::MAX) };
    (created < sent_at.as_secs(), created.abs_diff(sent_at.as_secs()))
}
