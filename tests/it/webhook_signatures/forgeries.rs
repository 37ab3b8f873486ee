//! S02, S05 and S15 at large: whatever is sent, only what was signed is read, and nothing panics.

use proptest::prelude::*;
use switchboard::webhook::{Algorithm, Method, Refusal, form, sign};

use super::carrier::{BASE, FORM, PARAMS, Parts, SHARED_KEY, TOKEN, VOICE, configured, target_of, verifier};

fn flipped(text: &str, at: usize, bit: u8) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let at = at % bytes.len();
    bytes[at] ^= 1 << bit;
    bytes
}

fn any_pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((".{0,8}", ".{0,12}"), 0..12)
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[test]
fn s02_every_flipped_bit_of_a_signature_is_refused() {
    let signature = sign(VOICE, PARAMS, TOKEN, Algorithm::HmacSha1);
    let unsigned = Parts::post(VOICE, PARAMS).without("X-Twilio-Signature");
    for at in 0..signature.len() {
        for bit in 0..8 {
            let forged = String::from_utf8_lossy(&flipped(&signature, at, bit)).into_owned();
            let outcome = unsigned.clone().header("X-Twilio-Signature", &forged).outcome(&verifier());
            assert_eq!(outcome.map_err(Refusal::status), Err(403), "{forged}");
        }
    }
}

#[test]
fn s02_every_flipped_bit_of_a_target_is_refused() {
    let good = Parts::post(VOICE, PARAMS);
    for at in 0..good.target.len() {
        for bit in 0..8 {
            let target = String::from_utf8_lossy(&flipped(&good.target, at, bit)).into_owned();
            let outcome = good.clone().at(&target).outcome(&verifier());
            assert!(matches!(outcome.map_err(Refusal::status), Err(400 | 403)), "{target}");
        }
    }
}

#[test]
fn s02_every_flipped_bit_of_a_body_is_refused_unless_it_still_says_the_same() {
    let good = Parts::post(VOICE, PARAMS);
    let text = String::from_utf8(good.body.clone()).unwrap();
    let said = |body: &[u8]| {
        let mut pairs = form::decode(body, 100).unwrap().into_iter().map(|(n, v)| (n.into_owned(), v.into_owned()));
        let mut pairs: Vec<_> = pairs.by_ref().collect();
        pairs.sort();
        pairs
    };
    for at in 0..text.len() {
        for bit in 0..8 {
            let body = flipped(&text, at, bit);
            let same = said(&body) == said(text.as_bytes());
            let outcome = good.clone().body(&body).outcome(&verifier());
            assert_eq!(outcome.is_ok(), same, "{}", String::from_utf8_lossy(&body));
        }
    }
}

#[test]
fn s15_a_signature_that_is_nearly_right_is_refused_like_one_that_is_all_wrong() {
    let right = sign(VOICE, PARAMS, TOKEN, Algorithm::HmacSha1);
    let unsigned = Parts::post(VOICE, PARAMS).without("X-Twilio-Signature");
    let nearly = format!("{}AAA=", &right[..24]);
    let cut = &right[..24];
    for (forged, refusal) in [
        (nearly.as_str(), Refusal::SignatureMismatch),
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAA=", Refusal::SignatureMismatch),
        (cut, Refusal::SignatureMalformed),
        (right.trim_end_matches('='), Refusal::SignatureMalformed),
    ] {
        assert_eq!(
            unsigned.clone().header("X-Twilio-Signature", forged).outcome(&verifier()),
            Err(refusal),
            "{forged}"
        );
    }
}

#[test]
fn s11_checking_keeps_nothing_so_a_repeated_webhook_is_read_the_same_way() {
    let good = Parts::post(VOICE, PARAMS);
    let verifier = verifier();
    let first = good.tried(&verifier, |webhook| webhook.param("CallSid").map(str::to_owned));
    let replayed = good
        .header("I-Twilio-Idempotency-Token", "another")
        .tried(&verifier, |webhook| webhook.param("CallSid").map(str::to_owned));
    assert_eq!(first, replayed);
    assert_eq!(first, Ok(Some("CA1".to_owned())));
}

proptest! {
    #[test]
    fn what_the_carrier_signs_is_accepted_and_read_back(pairs in any_pairs(), order in any::<u64>()) {
        let mut shuffled = pairs.clone();
        shuffled.sort_by_key(|(name, value)| (order ^ name.len() as u64).wrapping_mul(31 + value.len() as u64));
        let pairs: Vec<_> = pairs.into_iter().filter(|(name, _)| name != "AccountSid").collect();
        let good = Parts::post(VOICE, &borrowed(&pairs));
        let mut expected: Vec<_> = pairs
            .iter()
            .map(|(name, value)| (name.replace('\0', ""), value.replace('\0', "")))
            .collect();
        expected.sort();
        expected.dedup();
        let read = good.tried(&verifier(), |webhook| {
            let mut read: Vec<_> = webhook.params().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            read.sort();
            read.dedup();
            read
        });
        prop_assert_eq!(read, Ok(expected));
        let reordered = good.body(form::encode(borrowed(&shuffled)).as_bytes());
        prop_assert_eq!(reordered.outcome(&verifier()), Ok(()));
    }

    #[test]
    fn s02_another_value_of_any_parameter_is_refused(pairs in any_pairs(), at in any::<usize>(), value in ".{0,12}") {
        prop_assume!(!pairs.is_empty());
        let good = Parts::post(VOICE, &borrowed(&pairs));
        let mut altered = pairs.clone();
        let at = at % altered.len();
        altered[at].1 = value;
        // Names and values are joined without a separator, so only a different joined text is a different message.
        let joined = |pairs: &[(String, String)]| {
            let mut pairs = pairs.to_vec();
            pairs.sort();
            pairs.dedup();
            pairs.into_iter().map(|(name, value)| name + &value).collect::<String>()
        };
        prop_assume!(joined(&pairs) != joined(&altered));
        let altered = good.body(form::encode(borrowed(&altered)).as_bytes());
        prop_assert_eq!(altered.outcome(&verifier()), Err(Refusal::SignatureMismatch));
    }

    #[test]
    fn arbitrary_requests_never_panic_and_are_never_accepted(
        get in any::<bool>(),
        websocket in any::<bool>(),
        target in "(/?[ -~]{0,60}|.{0,60})",
        names in prop::collection::vec(0..6_usize, 0..6),
        values in prop::collection::vec("(.{0,50}|[A-Za-z0-9+/]{27}=|[A-Za-z0-9+/]{43}=|key=webhooks_sharedkey_01,algorithm=HMAC_SHA256)", 6),
        body in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let known = ["X-Twilio-Signature", "x-twilio-webhooks-signature-settings", "Content-Type", "X-Forwarded-Host", "X-Forwarded-Proto", "Host"];
        let verifier = configured("https://u:p@calls.example.com:8443/phone")
            .shared_key(SHARED_KEY, "shared")
            .trust_forwarded("X-Forwarded-Host")
            .trust_forwarded("X-Forwarded-Proto")
            .accept_get()
            .params_max(20)
            .build()
            .unwrap();
        let headers = names.iter().zip(&values).map(|(name, value)| (known[*name].to_owned(), value.clone())).collect();
        let method = if get { Method::Get } else { Method::Post };
        let parts = Parts { method, target, headers, body, websocket };
        let status = parts.outcome(&verifier).map_err(Refusal::status);
        prop_assert!(matches!(status, Err(400 | 403 | 405 | 413)), "{:?}", status);
        let unforged = parts.without("X-Twilio-Signature").header("X-Twilio-Signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        prop_assert!(unforged.outcome(&verifier).is_err());
    }

    #[test]
    fn arbitrary_bytes_are_a_form_that_reads_the_same_after_being_written_again(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let pairs = form::decode(&bytes, 1000).unwrap();
        let written = form::encode(pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
        prop_assert!(pairs.iter().all(|(name, value)| !name.contains('\0') && !value.contains('\0')));
        prop_assert_eq!(form::decode(written.as_bytes(), 1000).unwrap(), pairs);
    }

    #[test]
    fn arbitrary_signed_queries_are_accepted_as_received(query in "[!$-~]{0,80}") {
        prop_assume!(!query.contains("AccountSid"));
        let url = format!("{BASE}/voice?{query}");
        let outcome = Parts::get(&url).outcome(&configured(BASE).accept_get().build().unwrap());
        prop_assert_eq!(outcome, Ok(()));
    }
}

#[test]
fn a_form_is_read_as_the_url_standard_says() {
    let pairs: &[(&str, &[(&str, &str)])] = &[
        ("", &[]),
        ("&&a=1&", &[("a", "1")]),
        ("a", &[("a", "")]),
        ("=v", &[("", "v")]),
        ("a=b=c", &[("a", "b=c")]),
        ("a+b=%20c%2B", &[("a b", " c+")]),
        ("a=%", &[("a", "%")]),
        ("a=%4", &[("a", "%4")]),
        ("a=%zz%41", &[("a", "%zzA")]),
        ("a=%E2%82%AC", &[("a", "€")]),
        ("a=%FF", &[("a", "\u{fffd}")]),
        ("a=x%00y", &[("a", "xy")]),
    ];
    for (text, expected) in pairs {
        let read = form::decode(text.as_bytes(), 10).unwrap();
        let read: Vec<_> = read.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
        assert_eq!(read, *expected, "{text}");
    }
    assert_eq!(form::encode([("a b", "ü*-._~'"), ("", "+&=")]), "a+b=%C3%BC*-._%7E%27&=%2B%26%3D");
    assert!(form::decode(b"a&b&c", 2).is_err());
    assert_eq!(form::decode(b"a&b&", 2).unwrap().len(), 2);
}

#[test]
fn s05_a_nul_is_left_out_of_what_is_read_whether_it_is_escaped_or_not() {
    for nul in ["\0", "%00"] {
        let signature = sign(VOICE, &[("Odd", "x\0y"), ("Di\0gits", "1")], TOKEN, Algorithm::HmacSha1);
        let body = "Odd=x\0y&Di\0gits=1".replace('\0', nul);
        let parts = Parts::post(VOICE, &[]).without("X-Twilio-Signature").header("X-Twilio-Signature", &signature);
        let read = parts.body(body.as_bytes()).tried(&verifier(), |webhook| {
            assert_eq!((webhook.param("Odd"), webhook.param("Digits")), (Some("xy"), Some("1")), "{nul:?}");
        });
        assert_eq!(read, Ok(()), "{nul:?}");
        let other = [("Account\0Sid", "AC00000000000000000000000000000002")];
        let signature = sign(VOICE, &other, TOKEN, Algorithm::HmacSha1);
        let body = format!("Account{nul}Sid={}", other[0].1);
        let parts = Parts::post(VOICE, &[]).without("X-Twilio-Signature").header("X-Twilio-Signature", &signature);
        assert_eq!(parts.body(body.as_bytes()).outcome(&verifier()), Err(Refusal::OtherAccount), "{nul:?}");
    }
}

#[test]
fn a_content_type_is_compared_without_its_parameters_or_case() {
    for content_type in ["APPLICATION/x-www-form-urlencoded", "application/x-www-form-urlencoded ;charset=utf-8", FORM]
    {
        let parts = Parts::post(VOICE, PARAMS).without("Content-Type").header("Content-Type", content_type);
        assert_eq!(parts.outcome(&verifier()), Ok(()), "{content_type}");
    }
    let multipart = Parts::post(VOICE, PARAMS).without("Content-Type").header("Content-Type", "multipart/form-data");
    assert_eq!(multipart.outcome(&verifier()), Err(Refusal::BodyHash));
    let nothing = Parts::post(VOICE, &[]).without("Content-Type").at(&target_of(VOICE));
    assert_eq!(nothing.outcome(&verifier()), Ok(()), "a POST without a body needs no content type");
}
