//! Asking Twilio what became of a leg, page by page. Pure: nothing here sends.

use std::time::Duration;

use chrono::DateTime;
use serde::Deserialize;
use serde_json::Value;

use super::error::{self, Reply};
use super::request::{AccountSid, ApiRequest, Method, checked, is_sid};
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
/// that waits in Twilio's own queue would be missed, and dialled twice.
#[derive(Clone, Debug)]
pub struct Probe {
    wanted: Wanted,
    request: ApiRequest,
    pages_read: u32,
}

#[derive(Clone, Debug)]
enum Wanted {
    Leg,
    Dialled { list: String, sent_at: Timestamp, found: Option<Found> },
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
    /// The question. An id that is not Twilio's is [`Failure::Rejected`].
    pub fn new(account: &AccountSid, leg: &LegRef) -> Result<Self, TelephonyError> {
        let (wanted, path_and_query) = match leg {
            LegRef::Id(sid) => (Wanted::Leg, account.path(&format!("Calls/{}.json", checked("CA", "leg", sid)?))),
            LegRef::Dialled { to, from, sent_at } => {
                let list = format!("{}?", account.path("Calls.json"));
                let query = form::encode([
                    ("To", to.to_string().as_str()),
                    ("From", from.to_string().as_str()),
                    ("PageSize", PAGE_SIZE),
                ]);
                let path = format!("{list}{query}");
                (Wanted::Dialled { list, sent_at: *sent_at, found: None }, path)
            }
        };
        Ok(Self { wanted, request: ApiRequest { method: Method::Get, path_and_query, body: None }, pages_read: 0 })
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
        if !(200..300).contains(&status) {
            let reply = Reply::read(status, body, retry_after);
            return match (&self.wanted, reply.code) {
                (Wanted::Leg, Some(20404)) => Ok(Some(absent())),
                _ => Err(error::classify("question", true, &reply)),
            };
        }
        let unreadable = || error::unreadable("question", true, status);
        match &mut self.wanted {
            Wanted::Leg => {
                let call: Value = serde_json::from_slice(body).map_err(|_| unreadable())?;
                report(&call).map(Some).ok_or_else(unreadable)
            }
            Wanted::Dialled { list, sent_at, found } => {
                let page: Page = serde_json::from_slice(body).map_err(|_| unreadable())?;
                self.pages_read += 1;
                let is_last = scan(&page.calls, *sent_at, found).ok_or_else(unreadable)?;
                let next = page.next_page_uri.filter(|uri| !uri.is_empty());
                let Some(next) = next.filter(|_| !is_last) else {
                    return Ok(Some(found.take().map_or_else(absent, |found| found.report)));
                };
                if self.pages_read >= PAGES_MAX {
                    return Err(unavailable("too many calls between these two since then to find the leg"));
                }
                // The credentials go wherever this leads, so it may lead nowhere but on in the same list.
                if !next.starts_with(list.as_str()) || !next.bytes().all(|b| b.is_ascii_graphic()) {
                    return Err(unavailable("the next page is not of the same list; check the base URL"));
                }
                self.request.path_and_query = next;
                Ok(None)
            }
        }
    }
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

fn report(call: &Value) -> Option<LegReport> {
    let sid = text(call, "sid").filter(|sid| is_sid("CA", sid))?;
    Some(LegReport { id: Some(sid.to_owned()), state: leg_state(text(call, "status")?)? })
}

/// Keeps the call of a page that fits best. `Some(true)`: the page reaches back before `sent_at`. `None`: unreadable.
fn scan(calls: &[Value], sent_at: Timestamp, found: &mut Option<Found>) -> Option<bool> {
    for call in calls {
        // A child of a Dial verb may join the same two ends.
        if text(call, "direction").is_some_and(|direction| direction != "outbound-api") {
            continue;
        }
        // A call that was just made may not have a date yet.
        let created_at = match text(call, "date_created") {
            Some(date) => Some(Timestamp::from(DateTime::parse_from_rfc2822(date).ok()?.to_utc())),
            None => None,
        };
        // Dates have whole seconds.
        if created_at.is_some_and(|at| at.as_secs() < (sent_at - SKEW).as_secs()) {
            return Some(true);
        }
        let candidate = Found { created_at, report: report(call)? };
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
