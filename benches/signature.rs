//! Webhook signatures: what checking costs, and that a wrong signature takes as long to refuse however wrong it is (S15).
//!
//! Each line is one JSON object. `ours` and `floor` are nanoseconds of one check. For `timing` the floor is a random
//! signature and ours one that is right but for its last byte; `t` is Welch's, and above 4.5 it would be a leak (Gilbert
//! Goodwill et al., 2011).

use std::hint::black_box;
use std::time::Instant;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use switchboard::webhook::{Algorithm, Method, Verifier, WebhookRequest, sign};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const URL: &str = "https://calls.example.com/hooks/voice";
const BATCHES: usize = 2_000;
const BATCH: u32 = 50;

fn main() {
    let pairs: Vec<(String, String)> = [("AccountSid", ACCOUNT), ("CallSid", "CA0123456789abcdef0123456789abcdef")]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .chain((0..28).map(|at| (format!("Parameter{at}"), format!("value {at}"))))
        .collect();
    let params: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let body = switchboard::webhook::form::encode(params.iter().copied());
    let verifier = Verifier::builder().public_base("https://calls.example.com").account(ACCOUNT).auth_token(TOKEN);
    let verifier = verifier.build().expect("a configuration without mistakes");
    let good = sign(URL, &params, TOKEN, Algorithm::HmacSha1);
    let near = spoil_last(&good);
    let far = sign("https://elsewhere.example.com/", &params, "another", Algorithm::HmacSha1);

    let text: String = {
        let mut sorted = params.clone();
        sorted.sort_unstable();
        sorted.iter().fold(URL.to_owned(), |text, (name, value)| text + name + value)
    };
    let (accepted, floor) = race(|| check(&verifier, &body, &good), || bare(&text));
    line("verify", &accepted, &floor, None);
    let (refused, floor) = race(|| check(&verifier, &body, &far), || bare(&text));
    line("forged", &refused, &floor, None);
    let (near, far) = race(|| check(&verifier, &body, &near), || check(&verifier, &body, &far));
    line("timing", &near, &far, Some(welch(&near, &far)));
}

fn check(verifier: &Verifier, body: &str, signature: &str) -> bool {
    let headers = [("X-Twilio-Signature", signature), ("Content-Type", "application/x-www-form-urlencoded")];
    let request = WebhookRequest {
        method: Method::Post,
        target: "/hooks/voice",
        headers: &headers,
        body: body.as_bytes(),
        websocket: false,
    };
    verifier.verify(black_box(&request)).is_ok()
}

/// One HMAC over the text as it stands: what no check can do without.
fn bare(text: &str) -> bool {
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(TOKEN.as_bytes()).expect("any key length fits");
    mac.update(black_box(text.as_bytes()));
    mac.finalize().into_bytes()[0] == 0
}

fn spoil_last(signature: &str) -> String {
    // The last character before the padding: another one of the canonical ones.
    let mut bytes = signature.as_bytes().to_vec();
    let at = bytes.len() - 2;
    bytes[at] = if bytes[at] == b'A' { b'E' } else { b'A' };
    String::from_utf8(bytes).expect("base64 is ASCII")
}

/// Times both, batch by batch in turns, so that noise meets both alike.
fn race(mut ours: impl FnMut() -> bool, mut floor: impl FnMut() -> bool) -> (Vec<f64>, Vec<f64>) {
    let (mut a, mut b) = (Vec::with_capacity(BATCHES), Vec::with_capacity(BATCHES));
    for round in 0..BATCHES * 2 {
        let started = Instant::now();
        for _ in 0..BATCH {
            black_box(if round % 2 == 0 { ours() } else { floor() });
        }
        let each = started.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH);
        if round % 2 == 0 { a.push(each) } else { b.push(each) }
    }
    (trimmed(a), trimmed(b))
}

/// Without the slowest tenth, which is other people's work.
fn trimmed(mut times: Vec<f64>) -> Vec<f64> {
    times.sort_by(f64::total_cmp);
    times.truncate(times.len() * 9 / 10);
    times
}

fn mean(times: &[f64]) -> f64 {
    times.iter().sum::<f64>() / times.len() as f64
}

fn variance(times: &[f64]) -> f64 {
    let mean = mean(times);
    times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (times.len() - 1) as f64
}

fn welch(a: &[f64], b: &[f64]) -> f64 {
    let error = variance(a) / a.len() as f64 + variance(b) / b.len() as f64;
    (mean(a) - mean(b)).abs() / error.sqrt()
}

fn line(case: &str, ours: &[f64], floor: &[f64], t: Option<f64>) {
    let (ours, floor) = (mean(ours), mean(floor));
    let t = t.map_or_else(String::new, |t| format!(",\"t\":{t:.2}"));
    let ratio = ours / floor;
    println!("{{\"case\":\"{case}\",\"ours\":{ours:.0},\"floor\":{floor:.0},\"ratio\":{ratio:.3},\"unit\":\"ns\"{t}}}");
}
