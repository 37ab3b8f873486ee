//! Live events as Server-Sent Events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};

use super::fault::Fault;
use super::{Centre, agents, calls};
use crate::engine::FeedEntry;
use crate::id::QueueId;
use crate::model::Fact;

/// A comment is sent when nothing else was for so long, so that proxies keep the connection.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events of so long are sent together: a busy floor commits hundreds of times a second.
const GATHER: Duration = Duration::from_millis(100);

struct Reader {
    centre: Centre,
    next: u64,
    seen: u64,
    ready: VecDeque<Event>,
}

/// The feed from now on, or after `Last-Event-ID`. Events: `event` of a call and `agent` of an agent, with the entry's
/// number as id; `changed`, when something changed that has no event; `reset`, when entries were missed and what is shown
/// must be read anew.
pub(super) async fn events(
    State(centre): State<Centre>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Fault> {
    let last = match headers.get("last-event-id") {
        None => None,
        Some(id) => Some(
            id.to_str()
                .ok()
                .and_then(|id| id.parse::<u64>().ok())
                .ok_or_else(|| Fault::bad("Last-Event-ID is not the number of an event"))?,
        ),
    };
    let feed = centre.switchboard.feed();
    let seen = feed.changes();
    let (_, end) = feed.since(u64::MAX);
    let mut ready = VecDeque::new();
    // Numbers of another run of this node are higher than any there is.
    let next = match last.and_then(|last| last.checked_add(1)) {
        Some(next) if next <= end => next,
        None if last.is_none() => end,
        _ => {
            ready.push_back(reset());
            end
        }
    };
    let mut reader = Reader { centre: Arc::clone(&centre), next, seen, ready };
    reader.gather();
    let stream = stream::unfold(reader, |mut reader| async move {
        while reader.ready.is_empty() {
            reader.wait().await;
        }
        reader.ready.pop_front().map(|event| (Ok(event), reader))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

fn reset() -> Event {
    Event::default().event("reset").data("{}")
}

fn written(entry: &FeedEntry) -> Event {
    let (name, mut data) = match &entry.fact {
        Fact::Call { call, queue, event } => {
            let mut data = calls::event_json(event);
            if let Some(fields) = data.as_object_mut() {
                fields.insert("call".to_owned(), call.to_string().into());
                fields.entry("queue").or_insert_with(|| queue.as_ref().map(QueueId::as_str).into());
            }
            ("event", data)
        }
        Fact::Agent { agent, event } => ("agent", agents::event_json(agent, event)),
    };
    if let Some(fields) = data.as_object_mut() {
        fields.insert("number".to_owned(), entry.number.into());
    }
    Event::default().event(name).id(entry.number.to_string()).data(data.to_string())
}

impl Reader {
    async fn wait(&mut self) {
        self.centre.switchboard.feed().changed(self.seen).await;
        tokio::time::sleep(GATHER).await;
        self.seen = self.centre.switchboard.feed().changes();
        self.gather();
        if self.ready.is_empty() {
            self.ready.push_back(Event::default().event("changed").data("{}"));
        }
    }

    fn gather(&mut self) {
        let (entries, end) = self.centre.switchboard.feed().since(self.next);
        if entries.first().map_or(end, |entry| entry.number) > self.next {
            self.ready.push_back(reset());
        }
        self.ready.extend(entries.iter().map(written));
        self.next = end;
    }
}
