use super::*;
use switchboard::sim::carrier::{Faults, WebhookKind};
use switchboard::webhook::{Method, Verifier, WebhookRequest};

fn header<'a>(hook: &'a Webhook, name: &str) -> &'a str {
    hook.headers.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v.as_str())
}

#[test]
fn a_document_request_carries_the_standard_parameters_and_a_good_signature() {
    let mut world = World::new();
    world.page("/voice", "<Say>Hi</Say>");
    let sid = world.dials();
    let hook = world.log.first().cloned().expect("a request");
    let expected: Vec<(&str, String)> = vec![
        ("CallSid", sid),
        ("AccountSid", CarrierConfig::default().account_sid),
        ("ApiVersion", "2010-04-01".to_owned()),
        ("CallStatus", "ringing".to_owned()),
        ("Direction", "inbound".to_owned()),
        ("From", ANN.to_owned()),
        ("Caller", ANN.to_owned()),
        ("To", LINE.to_owned()),
        ("Called", LINE.to_owned()),
        ("CalledZip", String::new()),
        ("FromCity", String::new()),
    ];
    for (name, value) in expected {
        assert_eq!(field(&hook, name), Some(value), "{name}");
    }
    assert_eq!((hook.kind, hook.timeout), (WebhookKind::Document, secs(15)));
    assert_eq!(header(&hook, "Content-Type"), "application/x-www-form-urlencoded; charset=UTF-8");
    assert_eq!(header(&hook, "X-Twilio-Signature"), sign("12345", &hook.url, &hook.body));
}

/// A body that is no form is signed by its hash, and the library's own verifier accepts it; another body it refuses.
#[test]
fn a_json_body_is_signed_by_its_hash() {
    let mut world = World::new();
    world.carrier.sends_json("https://app.test/events?hop=1", &serde_json::json!({"type": "call.ended", "n": [1, 2]}));
    let hook = world.carrier.take_webhooks().pop().expect("a request");
    assert_eq!(header(&hook, "Content-Type"), "application/json");
    let config = CarrierConfig::default();
    let verifier = Verifier::builder().public_base("https://app.test").account(config.account_sid);
    let verifier = verifier.auth_token(config.auth_token).build().expect("a verifier");
    let headers: Vec<(&str, &str)> = hook.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    let judged = |body: &str| {
        let target = hook.url.strip_prefix("https://app.test").expect("its own host");
        let request =
            WebhookRequest { method: Method::Post, target, headers: &headers, body: body.as_bytes(), websocket: false };
        verifier.verify(&request).map(drop)
    };
    assert!(judged(&hook.body).is_ok());
    assert!(judged(&hook.body.replace('2', "3")).is_err());
}

fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    let mut parts = spaced.split('%');
    let first = parts.next().unwrap_or_default().as_bytes().to_vec();
    let bytes = parts.fold(first, |mut bytes, part| {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
        bytes.extend_from_slice(&part.as_bytes()[2..]);
        bytes
    });
    String::from_utf8(bytes).expect("UTF-8")
}

/// The documented algorithm, written down a second time.
fn sign(token: &str, url: &str, body: &str) -> String {
    use hmac::{KeyInit, Mac};
    let mut pairs: Vec<(&str, String)> =
        body.split('&').filter_map(|p| p.split_once('=')).map(|(k, v)| (k, decoded(v))).collect();
    pairs.sort();
    let data: String = pairs.iter().fold(url.to_owned(), |data, (k, v)| data + k + v);
    let mut mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(token.as_bytes()).expect("any key fits");
    mac.update(data.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

fn tries(fragment: &str, reply: Result<HttpReply, HttpFault>) -> Vec<Webhook> {
    let mut world = World::new();
    world.carrier.number(NumberConfig {
        number: LINE.to_owned(),
        voice_url: format!("https://app.test/voice{fragment}"),
        ..NumberConfig::default()
    });
    world.reply("/voice", reply);
    world.dials();
    world.log.into_iter().filter(|h| path_of(h) == "/voice").collect()
}

#[test]
fn only_a_failed_connect_is_tried_again_unless_the_fragment_says_otherwise() {
    let status = |status| Ok(HttpReply { status, ..HttpReply::default() });
    assert_eq!(tries("", Err(HttpFault::ConnectFailed)).len(), 2);
    assert_eq!(tries("", Err(HttpFault::ReadTimeout)).len(), 1);
    assert_eq!(tries("", status(503)).len(), 1);
    assert_eq!(tries("#rc=3&rp=5xx,rt", status(503)).len(), 4);
    assert_eq!(tries("#rc=3&rp=5xx,rt", status(404)).len(), 1);
    assert_eq!(tries("#rc=2&rp=all", status(404)).len(), 3);
    assert_eq!(tries("#rc=2&rp=all", Err(HttpFault::Broken)).len(), 1);
    let hooks = tries("#rc=1&rp=ct&rt=2000", Err(HttpFault::ConnectFailed));
    assert!(hooks.iter().all(|h| h.url == "https://app.test/voice" && h.timeout == secs(2)));
    let tokens: Vec<&str> = hooks.iter().map(|h| header(h, "I-Twilio-Idempotency-Token")).collect();
    assert_eq!(tokens[0], tokens[1]);
    assert_ne!(hooks[0].id, hooks[1].id);
}

#[test]
fn a_request_that_nobody_answers_times_out_by_itself() {
    let mut world = World::new();
    world.carrier.caller_dials(ANN, LINE);
    let hook = world.carrier.take_webhooks().remove(0);
    world.carrier.advance(world.carrier.now() + secs(14));
    assert!(world.codes().is_empty());
    world.carrier.advance(world.carrier.now() + secs(1));
    assert_eq!(world.codes(), [11_203]);
    world.carrier.webhook_result(hook.id, Ok(HttpReply::twiml("<Response><Say>Late</Say></Response>")));
    world.page("/fallback", "<Say>Fallback</Say>");
    world.pump();
    assert_eq!(world.hears(&world.leg_to(LINE)), say("Fallback"));
}

#[test]
fn callbacks_that_fail_are_a_warning_and_nothing_else() {
    let mut world = World::new();
    world.page("/out", "<Pause/>");
    world.reply("/status", Ok(HttpReply { status: 500, ..HttpReply::default() }));
    let sid = world.places(BOB, "&StatusCallback=https%3A%2F%2Fapp.test%2Fstatus");
    world.run(secs(10));
    assert_eq!((world.status(&sid), world.codes()), ("completed", vec![15_003]));
}

#[test]
fn doubled_callbacks_and_documents_carry_the_same_token_and_the_second_document_is_ignored() {
    let mut world = World::new();
    world.carrier.double_every_callback(true);
    world.carrier.double_every_document(true);
    world.page("/out", "<Say>Hello</Say>");
    world.places(BOB, "&StatusCallback=https%3A%2F%2Fapp.test%2Fstatus");
    world.run(secs(10));
    for path in ["/status", "/out"] {
        let hooks: Vec<&Webhook> = world.log.iter().filter(|h| path_of(h) == path).collect();
        assert_eq!(hooks.len(), 2, "{path}");
        let token = |hook: &Webhook| header(hook, "I-Twilio-Idempotency-Token").to_owned();
        assert_eq!((token(hooks[0]), &hooks[0].body), (token(hooks[1]), &hooks[1].body));
    }
    assert_eq!(world.told("/status", "CallStatus"), ["completed", "completed"]);
}

#[test]
fn reordered_callbacks_are_overtaken_and_lost_ones_never_come() {
    let mut world = World::new();
    world.page("/out", "<Pause length=\"3\"/>");
    world.carrier.reorder_callbacks(true);
    let events =
        "&StatusCallback=https%3A%2F%2Fapp.test%2Fstatus&StatusCallbackEvent=initiated+ringing+answered+completed";
    world.places(BOB, events);
    world.run(secs(10));
    assert_eq!(world.told("/status", "SequenceNumber"), ["1", "0", "2", "3"]);

    let faults = Faults { callback_lost: 1000, ..Faults::default() };
    let mut world = World::with(CarrierConfig { faults, ..CarrierConfig::default() });
    world.places(BOB, events);
    world.run(secs(10));
    assert!(!world.asked().contains(&"/status"));
}

#[test]
fn late_callbacks_come_late() {
    let faults = Faults { callback_late: 1000, late_by: secs(30), ..Faults::default() };
    let mut world = World::with(CarrierConfig { faults, ..CarrierConfig::default() });
    world.page("/out", "<Pause/>");
    world.places(BOB, "&StatusCallback=https%3A%2F%2Fapp.test%2Fstatus");
    world.run(secs(20));
    assert!(!world.asked().contains(&"/status"));
    world.run(secs(20));
    assert_eq!(world.told("/status", "CallStatus"), ["completed"]);
}

#[test]
fn a_retry_has_a_fresh_token_where_the_rule_says_so() {
    let mut config = CarrierConfig::default();
    config.rules.retries_keep_the_token = false;
    let mut world = World::with(config);
    world.reply("/voice", Err(HttpFault::ConnectFailed));
    world.dials();
    let hooks: Vec<&Webhook> = world.log.iter().filter(|h| path_of(h) == "/voice").collect();
    assert_eq!(hooks.len(), 2);
    let token = |hook: &Webhook| header(hook, "I-Twilio-Idempotency-Token").to_owned();
    assert_ne!(token(hooks[0]), token(hooks[1]));
    assert_eq!(header(hooks[0], "X-Twilio-Signature"), header(hooks[1], "X-Twilio-Signature"));
}
