//! The tables for people show what the call centre itself says.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use switchboard::Switchboard;
use switchboard::model::{Call, EventKind, LegRole};
use switchboard::time::Timestamp;

/// A word as it is stored.
fn word(value: impl Serialize) -> Option<String> {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned))
}

fn text(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

fn millis(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<i64> {
    Some(i64::try_from(to?.since(from?).as_millis()).unwrap())
}

type CallRow = (String, String, Option<String>, String, String, String, String, String);
type CallTimes = (String, Option<String>, Option<String>, Option<String>, Option<i64>, Option<i64>);
type CallEnd = (Option<String>, Option<String>, Option<String>, i64, Option<String>);

async fn rows<T>(connection: &mut SqliteConnection, what: &'static str) -> Vec<T>
where
    T: for<'r> sqlx::FromRow<'r, SqliteRow> + Send + Unpin,
{
    sqlx::query_as(what).fetch_all(connection).await.unwrap_or_else(|error| panic!("{what}: {error}"))
}

fn call_row(call: &Call) -> CallRow {
    let initiated_by = if word(call.direction).as_deref() == Some("inbound") { "customer" } else { "application" };
    (
        call.tenant.to_string(),
        call.id.to_string(),
        call.customer_leg().and_then(|leg| leg.sid.clone()),
        word(call.direction).unwrap(),
        initiated_by.to_owned(),
        call.customer.clone(),
        call.number.clone(),
        word(call.state).unwrap(),
    )
}

fn call_times(call: &Call) -> CallTimes {
    let waited = millis(call.queued_at, call.connected_at.or(call.ended_at));
    (
        call.started_at.to_string(),
        text(call.queued_at),
        text(call.connected_at),
        text(call.ended_at),
        waited,
        millis(call.connected_at, call.ended_at),
    )
}

fn call_end(call: &Call) -> CallEnd {
    let failure = call.events.iter().rev().find_map(|event| match &event.kind {
        EventKind::CommandFailed { message, .. } => Some(message.clone()),
        _ => None,
    });
    let queue = call.queue.as_ref().map(ToString::to_string);
    (call.reason.and_then(word), queue, call.agent().map(str::to_owned), i64::from(call.priority), failure)
}

/// Compares every table of the file at `path` with what `board` says. Nobody may write meanwhile.
pub(crate) async fn show_what_the_centre_knows(path: &Path, board: &Switchboard) {
    let mut file = SqliteConnectOptions::new().filename(path).read_only(true).connect().await.unwrap();
    let (mut calls, mut after) = (Vec::new(), None);
    loop {
        let page = board.calls(after, 256).await.unwrap();
        calls.extend(page.calls);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    calls.sort_by_key(|call| call.id.to_string());
    // A call that is known by its end alone, without a number, is in no list of ours.
    let found: Vec<CallRow> = rows(
        &mut file,
        "SELECT tenant, id, carrier_id, direction, initiated_by, customer, number, state \
         FROM calls WHERE number <> '' ORDER BY id",
    )
    .await;
    assert_eq!(found, calls.iter().map(call_row).collect::<Vec<_>>());
    let found: Vec<CallTimes> = rows(
        &mut file,
        "SELECT started_at, queued_at, connected_at, ended_at, waited_ms, connected_ms \
         FROM calls WHERE number <> '' ORDER BY id",
    )
    .await;
    assert_eq!(found, calls.iter().map(call_times).collect::<Vec<_>>());
    let found: Vec<CallEnd> = rows(
        &mut file,
        "SELECT disposition, queue, answered_by, priority, error_message FROM calls WHERE number <> '' ORDER BY id",
    )
    .await;
    assert_eq!(found, calls.iter().map(call_end).collect::<Vec<_>>());
    assert!(!calls.is_empty(), "there is nothing to show");
    parts_of_calls(&mut file, &calls).await;
    agents(&mut file, board).await;
    queues(&mut file, board).await;
}

async fn parts_of_calls(file: &mut SqliteConnection, calls: &[Call]) {
    let found: Vec<(String, i64, String, String, Option<String>, String)> = rows(
        file,
        "SELECT call_events.call, seq, at, event, call_events.queue, calls.id FROM call_events JOIN calls \
         ON calls.id = call_events.call WHERE calls.number <> '' ORDER BY call_events.call, seq",
    )
    .await;
    let expected = calls.iter().flat_map(|call| call.events.iter().map(move |event| (call, event)));
    let expected = expected.map(|(call, event)| {
        let value = serde_json::to_value(event).unwrap();
        let field = |name: &str| value.get(name).and_then(|value| value.as_str()).map(str::to_owned);
        let (id, seq) = (call.id.to_string(), i64::from(event.seq));
        (id.clone(), seq, event.at.to_string(), field("event").unwrap(), field("queue"), id)
    });
    assert_eq!(found, expected.collect::<Vec<_>>());
    let found: Vec<(String, i64, String, String, Option<String>, bool)> = rows(
        file,
        "SELECT call, leg, role, endpoint, call_legs.carrier_id, call_legs.state = 'ended' FROM call_legs JOIN calls \
         ON calls.id = call WHERE calls.number <> '' ORDER BY call, leg",
    )
    .await;
    let mut expected: Vec<_> = calls.iter().flat_map(|call| call.legs.iter().map(move |leg| (call, leg))).collect();
    expected.sort_by_key(|(call, leg)| (call.id.to_string(), leg.id));
    let expected = expected.into_iter().map(|(call, leg)| {
        let role = if leg.role == LegRole::Agent { "agent" } else { "customer" };
        let leg_number: i64 = leg.id.to_string().parse().unwrap();
        (call.id.to_string(), leg_number, role.to_owned(), leg.endpoint.clone(), leg.sid.clone(), !leg.is_live())
    });
    assert_eq!(found, expected.collect::<Vec<_>>());
}

async fn agents(file: &mut SqliteConnection, board: &Switchboard) {
    type Row = (String, String, String, String, Option<String>, i64, i64, i64);
    let known = board.agents().await.unwrap();
    let found: Vec<Row> = rows(
        file,
        "SELECT id, endpoint, status, status_since, call, answered, missed_in_a_row, talk_ms FROM agents ORDER BY id",
    )
    .await;
    // Who never signed in is not stored.
    let stored = known.iter().filter(|agent| agent.history_seq > 0);
    let expected = stored.clone().map(|agent| {
        (
            agent.spec.id.to_string(),
            agent.spec.endpoint.to_string(),
            word(agent.status()).unwrap(),
            agent.since.to_string(),
            agent.work.as_ref().map(|work| work.call.to_string()),
            i64::try_from(agent.answered).unwrap(),
            i64::from(agent.missed),
            agent.talk_ms,
        )
    });
    assert_eq!(found, expected.collect::<Vec<_>>());
    let found: Vec<(String, i64, i64)> =
        rows(file, "SELECT agent, count(*), max(seq) FROM agent_events GROUP BY agent ORDER BY agent").await;
    let expected = stored.clone().map(|agent| {
        let entries = i64::try_from(agent.history_seq).unwrap();
        (agent.spec.id.to_string(), entries, entries - 1)
    });
    assert_eq!(found, expected.collect::<Vec<_>>(), "each entry of a history is there once");
    let found: Vec<(String, String, bool)> =
        rows(file, "SELECT agent, queue, enabled FROM agent_queues ORDER BY agent, queue").await;
    let expected = stored.flat_map(|agent| {
        let serves = agent.spec.queues.iter();
        serves.map(|(queue, place)| (agent.spec.id.to_string(), queue.to_string(), place.enabled))
    });
    assert_eq!(found, expected.collect::<Vec<_>>());
}

async fn queues(file: &mut SqliteConnection, board: &Switchboard) {
    type Row = (bool, i64, i64, i64, Option<String>);
    let found: Vec<(String, bool, i64, i64, i64, Option<String>)> =
        rows(file, "SELECT id, open, waiting, callbacks, ready, longest_since FROM queues ORDER BY id").await;
    let found: BTreeMap<String, Row> = found.into_iter().map(|(id, a, b, c, d, e)| (id, (a, b, c, d, e))).collect();
    let number = |count: usize| i64::try_from(count).unwrap();
    let expected = board.queues().await.unwrap().into_iter().map(|view| {
        let row =
            (view.open, number(view.waiting), number(view.callbacks), number(view.ready), text(view.longest_since));
        (view.queue.to_string(), row)
    });
    assert_eq!(found, expected.collect());
}
