//! Sending the carrier's webhooks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Url;

use super::{Shared, trace};
use crate::sim::carrier::{HttpFault, HttpReply, Webhook};

/// Most bytes of a reply that are read, and a chunk; Twilio takes documents of 64 KiB.
const REPLY_BYTES_MAX: usize = 128 * 1024;
/// Most clients that are kept.
const CLIENTS_MAX: usize = 32;

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

/// Clients that send each request once, follow nothing, and use no proxy: one for each way to connect.
#[derive(Debug, Default)]
pub(super) struct Clients(Mutex<BTreeMap<(Duration, bool), reqwest::Client>>);

impl Clients {
    /// Clients, of which the ordinary one has been made.
    pub(super) fn new() -> reqwest::Result<Self> {
        let ordinary = (Duration::from_secs(5), true);
        Ok(Self(Mutex::new(BTreeMap::from([(ordinary, client(ordinary)?)]))))
    }

    fn of(&self, webhook: &Webhook) -> Result<reqwest::Client, HttpFault> {
        let way = (webhook.connect_timeout, webhook.sni);
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = clients.get(&way) {
            return Ok(known.clone());
        }
        let new = client(way).map_err(|_| HttpFault::ConnectFailed)?;
        if clients.len() < CLIENTS_MAX {
            clients.insert(way, new.clone());
        }
        Ok(new)
    }
}

fn client((connect_timeout, sni): (Duration, bool)) -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .connect_timeout(connect_timeout)
        .tls_sni(sni)
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

async fn exchange(clients: &Clients, webhook: &Webhook) -> Result<HttpReply, HttpFault> {
    let url = Url::parse(&webhook.url).ok().filter(is_here).ok_or(HttpFault::ConnectFailed)?;
    let http = clients.of(webhook)?;
    let method = if webhook.method == "GET" { reqwest::Method::GET } else { reqwest::Method::POST };
    let mut request = http.request(method, url).timeout(webhook.timeout).body(webhook.body.clone());
    for (name, value) in &webhook.headers {
        request = request.header(name, value);
    }
    let mut response = request.send().await.map_err(|error| fault(&error))?;
    let status = response.status().as_u16();
    let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let content_type = response.headers().get("content-type").map(text).unwrap_or_default();
    let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let mut body = Vec::new();
    // The carrier refuses what is too long, of which it need not see the end.
    while body.len() <= REPLY_BYTES_MAX
        && let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))?
    {
        body.extend_from_slice(&chunk);
    }
    Ok(HttpReply { status, content_type, body, headers })
}

/// Why there was no reply, from what the HTTP client and the layers below it say.
fn fault(error: &reqwest::Error) -> HttpFault {
    let causes = || std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |cause| cause.source());
    let said = causes().map(|cause| cause.to_string().to_ascii_lowercase()).collect::<Vec<_>>().join(": ");
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    match () {
        () if causes().any(is_refusal) => HttpFault::Refused,
        () if error.is_timeout() && error.is_connect() => HttpFault::ConnectTimeout,
        () if error.is_timeout() => HttpFault::ReadTimeout,
        () if has(&["dns error", "failed to lookup"]) => HttpFault::UnknownHost,
        () if has(&["not valid for name", "notvalidforname"]) => HttpFault::CertificateName,
        () if has(&["certificate expired", "expired"]) => HttpFault::CertificateExpired,
        () if has(&["invalid peer certificate", "unknownissuer"]) => HttpFault::CertificateUntrusted,
        // Over TLS whatever ends the handshake is a matter of TLS.
        () if error.is_connect() && error.url().is_some_and(|url| url.scheme() == "https") => HttpFault::Tls,
        () if error.is_connect() => HttpFault::ConnectFailed,
        () => HttpFault::Broken,
    }
}

fn is_refusal(cause: &(dyn std::error::Error + 'static)) -> bool {
    let io = cause.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
}

/// The status and text of a reply, for people.
pub(super) fn told(result: &Result<HttpReply, HttpFault>) -> (u16, String) {
    match result {
        Ok(reply) => (reply.status, trace::shortened(&String::from_utf8_lossy(&reply.body))),
        Err(fault) => (0, fault.to_string()),
    }
}
