//! Sending the carrier's webhooks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use super::{Shared, trace};
use crate::sim::carrier::{HttpFault, HttpReply, Webhook};

/// Most bytes of a reply that are read; Twilio takes documents of 64 KiB.
const REPLY_BYTES_MAX: usize = 256 * 1024;

/// What is known of webhooks on their way and of those that were answered.
#[derive(Debug, Default)]
pub(super) struct Post {
    waiting: BTreeMap<u64, tokio::time::Instant>,
    trips_ms: Vec<u64>,
    refused: usize,
}

impl Post {
    pub(super) fn sent(&mut self, id: u64) {
        self.waiting.insert(id, tokio::time::Instant::now());
    }

    /// Whether the oldest one has waited for more than a second of accelerated time.
    pub(super) fn is_behind(&self, speed: u32) -> bool {
        let oldest = self.waiting.values().min();
        oldest.is_some_and(|since| since.elapsed() * speed > Duration::from_secs(1))
    }

    fn arrived(&mut self, id: u64, result: &Result<HttpReply, HttpFault>) -> Duration {
        let took = self.waiting.remove(&id).map(|since| since.elapsed()).unwrap_or_default();
        if let Ok(reply) = result {
            self.trips_ms.push(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
            self.refused += usize::from(reply.status == 403);
        }
        took
    }

    pub(super) fn answered(&self) -> usize {
        self.trips_ms.len()
    }

    pub(super) fn refused(&self) -> usize {
        self.refused
    }

    pub(super) fn p99_ms(&self) -> u64 {
        let mut sorted = self.trips_ms.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * 99).div_ceil(100);
        rank.checked_sub(1).and_then(|at| sorted.get(at)).copied().unwrap_or_default()
    }
}

/// A client that sends each request once, follows nothing, and uses no proxy.
pub(super) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent("TwilioProxy/1.1")
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .http1_only()
        .no_proxy()
        .build()
}

/// Whether it is on this machine: nothing else is reached.
pub(super) fn is_here(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Sends one, and gives the reply to the carrier.
pub(super) async fn send(shared: Arc<Shared>, webhook: Webhook) {
    let result = exchange(&shared.http, &webhook).await;
    {
        let mut world = shared.world();
        let world = &mut *world;
        let now = shared.clock.reading();
        world.carrier.advance(now);
        let took = world.post.arrived(webhook.id, &result);
        world.traces.webhook(now, &webhook, &result, took);
        world.carrier.webhook_result(webhook.id, result);
    }
    shared.wake.notify_one();
}

async fn exchange(http: &reqwest::Client, webhook: &Webhook) -> Result<HttpReply, HttpFault> {
    let url = Url::parse(&webhook.url).ok().filter(is_here).ok_or(HttpFault::ConnectFailed)?;
    let method = if webhook.method == "GET" { reqwest::Method::GET } else { reqwest::Method::POST };
    let mut request = http.request(method, url).timeout(webhook.timeout).body(webhook.body.clone());
    for (name, value) in &webhook.headers {
        request = request.header(name, value);
    }
    let mut response = request.send().await.map_err(|error| fault(&error))?;
    let status = response.status().as_u16();
    let content_type = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let content_type = content_type.to_owned();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > REPLY_BYTES_MAX {
            return Err(HttpFault::Broken);
        }
    }
    Ok(HttpReply { status, content_type, body })
}

fn fault(error: &reqwest::Error) -> HttpFault {
    match () {
        () if error.is_connect() => HttpFault::ConnectFailed,
        () if error.is_timeout() => HttpFault::ReadTimeout,
        () => HttpFault::Broken,
    }
}

/// The text of a reply, for people.
pub(super) fn told(result: &Result<HttpReply, HttpFault>) -> (u16, String) {
    match result {
        Ok(reply) => (reply.status, trace::shortened(&String::from_utf8_lossy(&reply.body))),
        Err(HttpFault::ConnectFailed) => (0, "no connection".to_owned()),
        Err(HttpFault::ReadTimeout) => (0, "no reply in time".to_owned()),
        Err(HttpFault::Broken) => (0, "the reply broke off".to_owned()),
    }
}
