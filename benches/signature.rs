//! Webhook signatures: what checking costs, that it takes no memory from the heap, and that a wrong signature takes as
//! long to refuse however wrong it is (S15).
//!
//! Each line is one JSON object. Times are nanoseconds of CPU time of one check, measured in turns; `ratio` is the median
//! of the rounds' ratios. `floor` is [`floor::Floor`], which says what it does; for `forged` it is the floor's time for a
//! right signature. For `timing` the floor is a random signature and ours one that is right but for its last byte; `t` is
//! Welch's, and above 4.5 it would be a leak (Gilbert Goodwill et al., 2011). For `allocations …` both are counts.
//!
//! Exits with 1 if a check takes memory from the heap. `cargo test` looks at that alone.

#[path = "signature/floor.rs"]
mod floor;
#[path = "signature/measure.rs"]
mod measure;

use std::cell::RefCell;
use std::hint::black_box;
use std::process::ExitCode;

use floor::Floor;
use measure::{allocations, cpu_nanos};
use switchboard::webhook::{Algorithm, Method, Verifier, WebhookRequest, form, sign};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const URL: &str = "https://calls.example.com/hooks/twilio/voice";
const TARGET: &str = "/hooks/twilio/voice";
const ROUNDS: usize = 500;
const BATCH: u32 = 400;

/// An incoming call in the order in which Twilio writes it, which is no order: 25 parameters, 440 bytes signed.
const PARAMS: &[(&str, &str)] = &[
    ("Called", "+14155550100"),
    ("ToState", "CA"),
    ("CallerCountry", "US"),
    ("Direction", "inbound"),
    ("CallerState", "NY"),
    ("ToZip", ""),
    ("CallSid", "CA0123456789abcdef0123456789abcdef"),
    ("To", "+14155550100"),
    ("CallerZip", "10001"),
    ("ToCountry", "US"),
    ("ApiVersion", "2010-04-01"),
    ("CalledZip", ""),
    ("CalledCity", ""),
    ("CallStatus", "ringing"),
    ("From", "+12125550123"),
    ("AccountSid", ACCOUNT),
    ("CalledCountry", "US"),
    ("CallerCity", "NEW YORK"),
    ("ToCity", "SF"),
    ("FromCountry", "US"),
    ("Caller", "+12125550123"),
    ("FromCity", "NEW YORK"),
    ("CalledState", "CA"),
    ("FromZip", "10001"),
    ("FromState", "NY"),
];

struct Webhook {
    verifier: Verifier,
    body: String,
    good: String,
    near: String,
    far: String,
}

impl Webhook {
    fn new() -> Self {
        let verifier = Verifier::builder().public_base("https://calls.example.com").account(ACCOUNT).auth_token(TOKEN);
        let good = sign(URL, PARAMS, TOKEN, Algorithm::HmacSha1);
        let text: String = PARAMS.iter().flat_map(|(name, value)| [*name, *value]).collect();
        assert_eq!((PARAMS.len(), URL.len() + text.len()), (25, 440));
        Self {
            verifier: verifier.build().expect("a configuration without mistakes"),
            body: form::encode(PARAMS.iter().copied()),
            near: spoil_last(&good),
            far: sign("https://elsewhere.example.com/", PARAMS, "another", Algorithm::HmacSha1),
            good,
        }
    }

    fn with<T>(&self, target: &str, signature: &str, check: impl FnOnce(&Verifier, &WebhookRequest<'_>) -> T) -> T {
        let headers = [
            ("Host", "calls.example.com"),
            ("User-Agent", "TwilioProxy/1.1"),
            ("Content-Length", "459"),
            ("Accept", "*/*"),
            ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),
            ("I-Twilio-Idempotency-Token", "0d0d2c1a-9a3f-4d5e-8a64-5a3c9a3f4d5e"),
            ("X-Home-Region", "us1"),
            ("X-Twilio-Signature", signature),
        ];
        let body = self.body.as_bytes();
        let request = WebhookRequest { method: Method::Post, target, headers: &headers, body, websocket: false };
        check(&self.verifier, black_box(&request))
    }

    /// Not inlined, so that near and far signatures are timed by the same code: another copy of it lies elsewhere.
    #[inline(never)]
    fn is_accepted(&self, signature: &str) -> bool {
        self.with(TARGET, signature, |verifier, request| verifier.verify(request).is_ok())
    }

    /// Whether the floor accepts it.
    #[inline(never)]
    fn is_above(&self, floor: &mut Floor, signature: &str) -> bool {
        self.with(TARGET, signature, |_, request| floor.verify(request))
    }

    /// What an application does with it: five parameters.
    fn read(&self) -> usize {
        self.with(TARGET, &self.good, |verifier, request| {
            let webhook = verifier.verify(request).expect("it is signed");
            READ.iter().filter_map(|name| webhook.param(name)).map(str::len).sum()
        })
    }
}

const READ: [&str; 5] = ["CallSid", "From", "To", "CallStatus", "Digits"];

fn main() -> ExitCode {
    // What a test runner asks for; there is one test, and it has no name of its own.
    if std::env::args().any(|argument| argument == "--list") {
        println!("a_check_takes_no_memory_from_the_heap: test");
        return ExitCode::SUCCESS;
    }
    let webhook = Webhook::new();
    let mut floor = Floor::new(URL, TARGET, ACCOUNT, TOKEN);
    assert!(webhook.is_accepted(&webhook.good) && webhook.is_above(&mut floor, &webhook.good));
    assert!(!webhook.is_accepted(&webhook.near) && !webhook.is_above(&mut floor, &webhook.near));
    assert!(!webhook.is_accepted(&webhook.far) && !webhook.is_above(&mut floor, &webhook.far));
    if std::env::args().any(|argument| argument == "--bench") {
        times(&webhook, &mut floor);
    }
    heap(&webhook)
}

fn times(webhook: &Webhook, floor: &mut Floor) {
    let good = &webhook.good;
    line("verify", &race(|| webhook.is_accepted(good), || webhook.is_above(floor, good)));
    line("forged", &race(|| webhook.is_accepted(&webhook.far), || webhook.is_above(floor, good)));
    let bare = |floor: &mut Floor| {
        webhook.is_above(floor, good);
        READ.iter().filter_map(|name| floor.param(name)).map(str::len).sum::<usize>()
    };
    line("verify and read five", &race(|| webhook.read(), || bare(floor)));
    let sent = RefCell::new(String::with_capacity(good.len()));
    let near = || nanos_of(webhook, &mut sent.borrow_mut(), &webhook.near);
    let far = || nanos_of(webhook, &mut sent.borrow_mut(), &webhook.far);
    line("timing", &rounds(near, far));
}

/// Nanoseconds of one check of `signature`, always from the same place in memory and by the same code: where they lie
/// matters more than what is asked here.
#[inline(never)]
fn nanos_of(webhook: &Webhook, sent: &mut String, signature: &str) -> f64 {
    sent.clear();
    sent.push_str(signature);
    each(|| webhook.is_accepted(black_box(sent)))
}

fn heap(webhook: &Webhook) -> ExitCode {
    let with_query = format!("{TARGET}?hop=1&sort=a+b");
    let signed = sign(&format!("{URL}?hop=1&sort=a+b"), PARAMS, TOKEN, Algorithm::HmacSha1);
    // As many parameters and bytes as are promised to fit.
    let added: Vec<String> = (10..49).map(|header| format!("SipHeader_X-Trunk-{header}")).collect();
    let many = with_more(added.iter().map(|name| (name.as_str(), "0123456789abcdef01")));
    // Twilio docs: a CallToken is JSON with what the call was signed with; it comes percent-encoded.
    let token =
        format!("{{\"parentCallInfoToken\":\"{}\",\"identityHeaderTokens\":[]}}", "eyJhbGciOiJFUzI1NiJ9".repeat(70));
    let long = with_more([("CallToken", token.as_str())]);
    let cases: [(&str, &dyn Fn()); 6] = [
        ("verify", &|| assert!(webhook.is_accepted(&webhook.good))),
        ("forged", &|| assert!(!webhook.is_accepted(&webhook.far))),
        ("verify and read five", &|| assert!(webhook.read() > 0)),
        ("verify the largest of the ordinary", &|| assert!(many.is_accepted(&many.good))),
        ("verify with a call token", &|| assert!(long.is_accepted(&long.good))),
        ("verify with a query", &|| {
            let query = webhook.with(&with_query, &signed, |verifier, request| {
                verifier.verify(request).is_ok_and(|webhook| webhook.query("sort") == Some("a b"))
            });
            assert!(query);
        }),
    ];
    let mut any = false;
    for (case, check) in cases {
        let count = allocations(check);
        println!(
            "{{\"case\":\"allocations {case}\",\"ours\":{count},\"floor\":0,\"ratio\":{count},\"unit\":\"count\"}}"
        );
        any |= count > 0;
    }
    if any {
        eprintln!("a check takes memory from the heap: see src/webhook/reading.rs");
    }
    ExitCode::from(u8::from(any))
}

/// A webhook with more parameters than an ordinary one, and as long as is promised to fit.
fn with_more<'p>(added: impl IntoIterator<Item = (&'p str, &'p str)>) -> Webhook {
    let params: Vec<(&str, &str)> = PARAMS.iter().copied().chain(added).collect();
    let body = form::encode(params.iter().copied());
    assert!(params.len() <= 64 && (1900..=2048).contains(&body.len()), "{} {}", params.len(), body.len());
    Webhook { body, good: sign(URL, &params, TOKEN, Algorithm::HmacSha1), ..Webhook::new() }
}

fn spoil_last(signature: &str) -> String {
    // The last character before the padding: another one of the canonical ones.
    let mut bytes = signature.as_bytes().to_vec();
    let at = bytes.len() - 2;
    bytes[at] = if bytes[at] == b'A' { b'E' } else { b'A' };
    String::from_utf8(bytes).expect("base64 is ASCII")
}

/// Nanoseconds of one check in each round.
struct Rounds {
    ours: Vec<f64>,
    floor: Vec<f64>,
}

fn race<A, B>(mut ours: impl FnMut() -> A, mut floor: impl FnMut() -> B) -> Rounds {
    rounds(|| each(&mut ours), || each(&mut floor))
}

/// Times both, round by round in turns, each of them first every other time, so that whatever slows one down meets the
/// other too.
fn rounds(mut ours: impl FnMut() -> f64, mut floor: impl FnMut() -> f64) -> Rounds {
    let mut rounds = Rounds { ours: Vec::with_capacity(ROUNDS), floor: Vec::with_capacity(ROUNDS) };
    for round in 0..ROUNDS {
        if round % 2 == 0 {
            rounds.ours.push(ours());
        }
        rounds.floor.push(floor());
        if round % 2 == 1 {
            rounds.ours.push(ours());
        }
    }
    rounds
}

fn each<T>(mut work: impl FnMut() -> T) -> f64 {
    let before = cpu_nanos();
    for _ in 0..BATCH {
        black_box(work());
    }
    (cpu_nanos() - before) as f64 / f64::from(BATCH)
}

fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Without the slowest tenth, which is interrupts.
fn trimmed(times: &[f64]) -> Vec<f64> {
    let mut times = times.to_vec();
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
    let (a, b) = (trimmed(a), trimmed(b));
    let error = variance(&a) / a.len() as f64 + variance(&b) / b.len() as f64;
    (mean(&a) - mean(&b)).abs() / error.sqrt()
}

fn line(case: &str, rounds: &Rounds) {
    let ratio = median(rounds.ours.iter().zip(&rounds.floor).map(|(ours, floor)| ours / floor));
    let (ours, floor) = (median(rounds.ours.iter().copied()), median(rounds.floor.iter().copied()));
    let t = match case {
        "timing" => format!(",\"t\":{:.2}", welch(&rounds.ours, &rounds.floor)),
        _ => String::new(),
    };
    println!("{{\"case\":\"{case}\",\"ours\":{ours:.0},\"floor\":{floor:.0},\"ratio\":{ratio:.3},\"unit\":\"ns\"{t}}}");
}
