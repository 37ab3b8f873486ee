//! How webhooks are sent: time, tries, redirects, cookies, caching, signatures, and what is said of a call.

mod cookies_and_caching;
mod in_time;
#[cfg(feature = "simulator")]
mod over_sockets;
mod redirects;
mod signatures;
mod what_is_said;

use super::*;
use switchboard::webhook::{Method, Refusal, Verifier, WebhookRequest};

/// A world whose line is asked at this URL.
fn asked_at(voice_url: &str) -> World {
    with_rules(voice_url, |_| {})
}

/// The same under other rules.
fn with_rules(voice_url: &str, change: impl FnOnce(&mut CarrierConfig)) -> World {
    let mut config = CarrierConfig::default();
    change(&mut config);
    let mut world = World::with(config);
    world.carrier.number(NumberConfig {
        number: LINE.to_owned(),
        voice_url: voice_url.to_owned(),
        voice_fallback_url: Some("https://app.test/fallback".to_owned()),
        ..NumberConfig::default()
    });
    world.page("/fallback", "<Say>Fallback</Say>");
    world
}

impl World {
    /// Requests to this path so far.
    fn requests(&self, path: &str) -> Vec<&Webhook> {
        self.log.iter().filter(|hook| path_of(hook) == path).collect()
    }

    /// Places a call whose status callbacks go to this URL, and lets it end.
    fn calls_back(&mut self, url: &str, more: &str) -> String {
        self.page("/out", "<Pause/>");
        let url =
            url.replace(':', "%3A").replace('/', "%2F").replace('#', "%23").replace('=', "%3D").replace('&', "%26");
        let sid = self.places(BOB, &format!("&StatusCallback={url}{more}"));
        self.run(secs(10));
        sid
    }
}

fn header<'a>(hook: &'a Webhook, name: &str) -> Option<&'a str> {
    hook.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// What a verifier at this base says of a request.
fn judged(base: &str, token: &str, hook: &Webhook) -> Result<(), Refusal> {
    let builder = Verifier::builder().public_base(base).account(CarrierConfig::default().account_sid).accept_get();
    verified(&builder.auth_token(token).build().expect("a verifier"), hook)
}

fn verified(verifier: &Verifier, hook: &Webhook) -> Result<(), Refusal> {
    let headers: Vec<(&str, &str)> = hook.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let rest = hook.url.split_once("://").map_or("", |(_, rest)| rest);
    let target = rest.find('/').map_or("/", |at| &rest[at..]);
    let method = if hook.method == "GET" { Method::Get } else { Method::Post };
    let request = WebhookRequest { method, target, headers: &headers, body: hook.body.as_bytes(), websocket: false };
    verifier.verify(&request).map(drop)
}
