//! Signatures as sources disagree on them, and as hostile URLs and parameters make them hard.

use super::*;
use switchboard::sim::carrier::{Profile, SharedKey, SocketEvent};
use switchboard::webhook::{Algorithm, sign};

fn signed_as(hook: &Webhook, url: &str) -> bool {
    let pairs = switchboard::webhook::form::decode(hook.body.as_bytes(), 100).expect("few pairs");
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
    header(hook, "X-Twilio-Signature") == Some(&sign(url, &pairs, "12345", Algorithm::HmacSha1))
}

fn first_request(voice_url: &str, change: impl FnOnce(&mut CarrierConfig)) -> Webhook {
    let mut world = with_rules(voice_url, change);
    world.page("/voice", "<Say>Hello</Say>");
    world.dials();
    assert!(world.codes().is_empty());
    world.requests("/voice")[0].clone()
}

#[test]
fn a_port_in_an_https_url_is_dropped_or_signed_and_that_of_http_always_signed() {
    let url = "https://app.test:8443/voice?q=1";
    let dropped = first_request(url, |_| {});
    assert!(signed_as(&dropped, "https://app.test/voice?q=1"));
    assert_eq!(dropped.url, url);
    let kept = first_request(url, |c| c.rules.wire.https_port_signed = true);
    assert!(signed_as(&kept, url));
    for (hook, base) in [(dropped, "https://app.test:8443"), (kept, "https://app.test:8443")] {
        assert_eq!(judged(base, "12345", &hook), Ok(()), "whichever it is, it is accepted");
    }
    for rule in [false, true] {
        let plain = first_request("http://app.test:8080/voice", |c| c.rules.wire.https_port_signed = rule);
        assert!(signed_as(&plain, "http://app.test:8080/voice"));
        assert_eq!(judged("http://app.test:8080", "12345", &plain), Ok(()));
    }
    let address = first_request("https://[::1]:8443/voice", |_| {});
    assert!(signed_as(&address, "https://[::1]/voice"));
}

#[test]
fn a_user_in_the_url_is_dropped_or_signed_and_sent_as_authorization() {
    let url = "https://user%40x:p%3Aw@app.test:444/voice";
    let dropped = first_request(url, |_| {});
    assert!(signed_as(&dropped, "https://app.test/voice"));
    let kept = first_request(url, |c| c.rules.wire.userinfo_signed = true);
    assert!(signed_as(&kept, "https://user%40x:p%3Aw@app.test/voice"));
    let both = first_request(url, |c| {
        c.rules.wire.userinfo_signed = true;
        c.rules.wire.https_port_signed = true;
    });
    assert!(signed_as(&both, url));
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode("user@x:p:w"));
    for hook in [dropped, kept, both] {
        assert_eq!(hook.url, "https://app.test:444/voice");
        assert_eq!(header(&hook, "Authorization"), Some(basic.as_str()));
        assert_eq!(judged("https://user%40x:p%3Aw@app.test:444", "12345", &hook), Ok(()));
    }
    assert_eq!(header(&first_request("https://app.test/voice", |_| {}), "Authorization"), None);
}

#[test]
fn a_shared_key_signs_in_place_of_the_auth_token() {
    for algorithm in [Algorithm::HmacSha1, Algorithm::HmacSha256] {
        let id = "webhooks_sharedkey_1".to_owned();
        let key = SharedKey { id: id.clone(), secret: "s3cret".to_owned(), algorithm };
        assert!(!format!("{key:?}").contains("s3cret"));
        let hook = first_request("https://app.test/voice", |c| c.rules.wire.shared_key = Some(key));
        let named = if algorithm == Algorithm::HmacSha1 { "HMAC_SHA1" } else { "HMAC_SHA256" };
        let settings = format!("key={id},algorithm={named}");
        assert_eq!(header(&hook, "X-Twilio-Webhooks-Signature-Settings"), Some(settings.as_str()));
        let account = CarrierConfig::default().account_sid;
        let verifier = Verifier::builder().public_base("https://app.test").account(account).auth_token("12345");
        let knows = verifier.shared_key(id, "s3cret").build().expect("a verifier");
        assert_eq!(verified(&knows, &hook), Ok(()));
        assert!(judged("https://app.test", "12345", &hook).is_err());
    }
    assert_eq!(header(&first_request("https://app.test/voice", |_| {}), "X-Twilio-Webhooks-Signature-Settings"), None);
}

#[test]
fn names_that_repeat_blank_values_and_other_scripts_are_signed_as_they_are() {
    let odd =
        [("dup", "2"), ("dup", "1"), ("dup", "2"), ("blank", ""), ("name", "José Ñandú 日本 🦀"), ("a b", " x + y% ")];
    for method in ["GET", "POST"] {
        let mut world = World::new();
        let parameters = odd.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        world.carrier.describe("client:ann", Profile { parameters, ..Profile::default() });
        world.carrier.number(NumberConfig {
            number: LINE.to_owned(),
            voice_url: "https://app.test/voice?it=it's%27+%20".to_owned(),
            voice_method: Some(method.to_owned()),
            ..NumberConfig::default()
        });
        world.page("/voice", "<Say>Hello</Say>");
        world.carrier.caller_dials("client:ann", LINE);
        world.pump();
        let hook = world.requests("/voice")[0].clone();
        assert_eq!(hook.method, method);
        assert_eq!(judged("https://app.test", "12345", &hook), Ok(()), "{}", hook.url);
        assert!(judged("https://app.test", "54321", &hook).is_err());
    }
}

#[test]
fn a_shared_key_signs_the_handshake_of_a_socket_too() {
    let key = SharedKey { id: "k1".to_owned(), secret: "s3cret".to_owned(), algorithm: Algorithm::HmacSha256 };
    let mut world = with_rules("https://app.test/voice", |c| c.rules.wire.shared_key = Some(key));
    world.page("/voice", "<Connect><Stream url=\"wss://app.test/audio\"/></Connect>");
    world.dials();
    let sockets = world.carrier.take_sockets();
    let Some(SocketEvent::Open { headers, .. }) = sockets.first() else { panic!("nothing was opened: {sockets:?}") };
    let signature = sign("wss://app.test/audio", &[], "s3cret", Algorithm::HmacSha256);
    let settings = "key=k1,algorithm=HMAC_SHA256".to_owned();
    let expected = [("x-twilio-signature", signature), ("x-twilio-webhooks-signature-settings", settings)];
    assert_eq!(headers, &expected.map(|(name, value)| (name.to_owned(), value)));
}
