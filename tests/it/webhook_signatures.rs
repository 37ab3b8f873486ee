//! A webhook is read only if its carrier signed it. Numbers such as S01 are the cases of the reliability catalogue.

mod carrier;
mod forgeries;
mod forms;
mod keys;
mod reference;
mod schemes;

use serde_json::Value;
use switchboard::webhook::{Algorithm, Refusal, Verifier, form, sign};

use carrier::{
    ACCOUNT, BASE, FORM, PARAMS, Parts, SHARED_KEY, TOKEN, VOICE, configured, origin_of, target_of, verifier,
};

fn vectors() -> Vec<Value> {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/twilio_signature_vectors.json"));
    serde_json::from_str(&text.unwrap()).unwrap()
}

fn params_of(vector: &Value) -> Vec<(&str, &str)> {
    let pairs = vector["params"].as_array().unwrap();
    pairs.iter().map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap())).collect()
}

/// The vector as the application would receive it, and the verifier that the application would have.
fn received(vector: &Value) -> (Verifier, Parts) {
    let text = |name: &str| vector[name].as_str().unwrap();
    let (url, params) = (text("request_url"), params_of(vector));
    let mut parts = match vector["body"].as_str() {
        Some(body) => Parts::json(url, body.as_bytes()).at(&target_of(url)),
        None if params.is_empty() => Parts::get(url),
        None => Parts::post(url, &params),
    };
    parts.websocket = url.starts_with("wss");
    parts = parts.without("X-Twilio-Signature").header("x-twilio-signature", text("signature"));
    let mut builder = configured(&origin_of(url)).accept_get();
    if text("algorithm") == "HMAC_SHA256" {
        let settings = format!("key={SHARED_KEY},algorithm=HMAC_SHA256");
        parts = parts.header("X-Twilio-Webhooks-Signature-Settings", &settings);
        builder = builder.shared_key(SHARED_KEY, text("auth_token"));
    }
    (builder.build().unwrap(), parts)
}

#[test]
fn every_published_vector_is_accepted() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 26);
    for vector in &vectors {
        let (verifier, parts) = received(vector);
        assert_eq!(parts.outcome(&verifier), Ok(()), "{}", vector["name"]);
    }
}

#[test]
fn signing_as_the_carrier_reproduces_every_published_vector() {
    for vector in &vectors() {
        let algorithm = if vector["algorithm"] == "HMAC_SHA1" { Algorithm::HmacSha1 } else { Algorithm::HmacSha256 };
        let url = format!("{}#rc=3&ct=2000", vector["signed_url"].as_str().unwrap());
        assert_eq!(sign(&url, &params_of(vector), TOKEN, algorithm), vector["signature"], "{}", vector["name"]);
    }
}

#[test]
fn every_published_vector_is_refused_once_altered() {
    for vector in &vectors() {
        let (verifier, parts) = received(vector);
        let another_token = Verifier::builder().public_base(origin_of(vector["request_url"].as_str().unwrap()));
        let another_token = another_token.account(ACCOUNT).auth_token("12346").shared_key(SHARED_KEY, "12346");
        let altered = [
            parts.outcome(&another_token.accept_get().build().unwrap()),
            parts.clone().at(&format!("{}x", parts.target)).outcome(&verifier),
            parts.clone().at(&format!("/x{}", parts.target)).outcome(&verifier),
            parts.clone().without("X-Twilio-Signature").outcome(&verifier),
        ];
        for outcome in altered {
            let status = outcome.map_err(Refusal::status);
            assert!(matches!(status, Err(400 | 403)), "{}: {outcome:?}", vector["name"]);
        }
    }
}

#[test]
fn s01_no_empty_or_two_signature_headers_are_refused_alike() {
    let good = Parts::post(VOICE, PARAMS);
    let signature = sign(VOICE, PARAMS, TOKEN, Algorithm::HmacSha1);
    let none = good.clone().without("X-Twilio-Signature");
    let wrong = none.clone().header("X-Twilio-Signature", "not base64");
    let cases = [
        (none.clone(), Refusal::SignatureMissing),
        (none.header("X-Twilio-Signature", ""), Refusal::SignatureMissing),
        (good.header("x-twilio-signature", &signature), Refusal::SignatureRepeated),
        (wrong, Refusal::SignatureMalformed),
    ];
    for (parts, refusal) in cases {
        assert_eq!(parts.outcome(&verifier()), Err(refusal));
        assert_eq!(refusal.status(), 403);
    }
}

#[test]
fn s02_a_parameter_more_less_or_altered_is_refused() {
    let good = Parts::post(VOICE, PARAMS);
    assert_eq!(good.outcome(&verifier()), Ok(()));
    for body in [
        "AccountSid=AC00000000000000000000000000000001&CallSid=CA1&From=%2B14155550100",
        "AccountSid=AC00000000000000000000000000000001&CallSid=CA2&From=%2B14155550100&ToCity=",
        "AccountSid=AC00000000000000000000000000000001&CallSid=CA1&From=%2B14155550100&ToCity=&X=1",
        "",
    ] {
        assert_eq!(good.clone().body(body.as_bytes()).outcome(&verifier()), Err(Refusal::SignatureMismatch), "{body}");
    }
}

#[test]
fn s03_another_path_query_host_or_scheme_is_refused_and_forged_headers_change_nothing() {
    for url in [
        "https://calls.example.com/other?hop=1&sort=a",
        "https://calls.example.com/voice?hop=2&sort=a",
        "https://calls.example.com/voice?sort=a&hop=1",
        "https://calls.example.com/voice/?hop=1&sort=a",
        "https://evil.example.com/voice?hop=1&sort=a",
        "http://calls.example.com/voice?hop=1&sort=a",
    ] {
        let mut parts = Parts::post(url, PARAMS).at("/voice?hop=1&sort=a");
        for (name, value) in [
            ("Host", "evil.example.com"),
            ("X-Forwarded-Host", "evil.example.com"),
            ("X-Original-Host", "evil.example.com"),
            ("X-Forwarded-Proto", "http"),
            ("X-Forwarded-Port", "80"),
            ("X-Original-URL", &target_of(url)),
            ("Forwarded", "host=evil.example.com;proto=http"),
        ] {
            parts = parts.header(name, value);
        }
        assert_eq!(parts.outcome(&verifier()), Err(Refusal::SignatureMismatch), "{url}");
    }
}

#[test]
fn s03_a_forwarded_header_counts_only_when_named_and_only_when_well_formed() {
    let proto = configured("http://calls.example.com").trust_forwarded("x-forwarded-proto").build().unwrap();
    let host = configured("https://internal:8080").trust_forwarded("X-Forwarded-Host").build().unwrap();
    let forwarded =
        Parts::post(VOICE, PARAMS).header("X-Forwarded-Proto", "https").header("X-Forwarded-Host", "calls.example.com");
    assert_eq!(forwarded.outcome(&proto), Ok(()));
    assert_eq!(forwarded.outcome(&host), Ok(()));
    assert_eq!(
        forwarded.outcome(&configured("http://internal:8080").build().unwrap()),
        Err(Refusal::SignatureMismatch)
    );
    for (verifier, name, value) in [
        (&proto, "X-Forwarded-Proto", "https, http"),
        (&proto, "X-Forwarded-Proto", "javascript"),
        (&host, "X-Forwarded-Host", "user@calls.example.com"),
        (&host, "X-Forwarded-Host", "calls.example.com/voice"),
        (&host, "X-Forwarded-Host", ""),
    ] {
        let bent = forwarded.clone().without(name).header(name, value);
        assert_eq!(bent.outcome(verifier), Err(Refusal::ForwardedHeader), "{value}");
    }
    let twice = forwarded.header("X-Forwarded-Proto", "http");
    assert_eq!(twice.outcome(&proto), Err(Refusal::ForwardedHeader));
}

#[test]
fn s04_ports_and_userinfo_are_accepted_as_twilio_signs_them_and_nothing_more() {
    let (rest, target) = ("/voice?hop=1&sort=a", "/voice?hop=1&sort=a");
    let cases: &[(&str, &[&str], &[&str])] = &[
        (
            "https://h.example",
            &["https://h.example", "https://h.example:443"],
            &["https://h.example:80", "https://h.example:8443"],
        ),
        ("https://h.example:8443", &["https://h.example", "https://h.example:8443"], &["https://h.example:8444"]),
        (
            "http://h.example",
            &["http://h.example", "http://h.example:80"],
            &["http://h.example:443", "https://h.example"],
        ),
        (
            "https://u:p@h.example:1234",
            &["https://u:p@h.example", "https://h.example", "https://u:p@h.example:1234", "https://h.example:443"],
            &["https://u@h.example", "https://p@h.example", "https://u:p@h.example:1"],
        ),
        ("https://[2001:db8::1]", &["https://[2001:db8::1]", "https://[2001:db8::1]:443"], &["https://[2001:db8::2]"]),
    ];
    for (base, accepted, refused) in cases {
        let verifier = configured(base).build().unwrap();
        for origin in *accepted {
            let parts = Parts::post(&format!("{origin}{rest}"), PARAMS).at(target);
            assert_eq!(parts.outcome(&verifier), Ok(()), "{base} signed as {origin}");
        }
        for origin in *refused {
            let parts = Parts::post(&format!("{origin}{rest}"), PARAMS).at(target);
            assert_eq!(parts.outcome(&verifier), Err(Refusal::SignatureMismatch), "{base} signed as {origin}");
        }
    }
}

#[test]
fn a_quote_in_the_query_is_accepted_in_the_three_spellings_of_the_libraries() {
    let base = "https://mycompany.com";
    let pairs = [("CallSid", "CA1")];
    let received = "/myapp.php?foo=1&Body=It's+amazing";
    for signed in ["It's+amazing", "It%27s+amazing", "It's%20amazing"] {
        let parts = Parts::post(&format!("{base}/myapp.php?foo=1&Body={signed}"), &pairs).at(received);
        assert_eq!(parts.outcome(&configured(base).build().unwrap()), Ok(()), "{signed}");
    }
    for signed in ["It%27s%20amazing", "Its+amazing", "It%2527s+amazing"] {
        let parts = Parts::post(&format!("{base}/myapp.php?foo=1&Body={signed}"), &pairs).at(received);
        assert_eq!(parts.outcome(&configured(base).build().unwrap()), Err(Refusal::SignatureMismatch), "{signed}");
    }
}

#[test]
fn a_base_with_a_path_serves_proxies_that_keep_it_and_proxies_that_strip_it() {
    let verifier = configured("https://calls.example.com/phone/").build().unwrap();
    let signed = Parts::post("https://calls.example.com/phone/voice?hop=1", PARAMS);
    for target in ["/phone/voice?hop=1", "/voice?hop=1"] {
        let path = signed.clone().at(target).tried(&verifier, |webhook| webhook.path().to_owned());
        assert_eq!(path.as_deref(), Ok("/voice"), "{target}");
    }
    let beside = Parts::post("https://calls.example.com/phonebook", PARAMS);
    assert_eq!(beside.outcome(&verifier), Err(Refusal::SignatureMismatch));
    let root = Parts::post("https://calls.example.com/phone", PARAMS);
    assert_eq!(root.tried(&verifier, |webhook| webhook.path().to_owned()).as_deref(), Ok("/"));
}

#[test]
fn a_target_that_is_not_a_path_and_a_query_is_refused() {
    for target in
        ["https://calls.example.com/voice", "*", "voice", "/voice#ct=2000", "/voice x", "/voice\r\nX: y", "//\0"]
    {
        let parts = Parts::post(VOICE, PARAMS).at(target);
        assert_eq!(parts.outcome(&verifier()), Err(Refusal::TargetMalformed), "{target:?}");
    }
}

#[test]
fn s05_repeated_names_are_signed_once_each_and_sorted_and_no_order_decides_what_is_read() {
    let pairs = [("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234"), ("CallSid", "CA1"), ("CallSid", "CA1")];
    let reversed: Vec<_> = pairs.iter().rev().copied().collect();
    let good = Parts::post(VOICE, &pairs);
    for parts in [good.clone(), good.body(form::encode(reversed).as_bytes())] {
        parts
            .tried(&verifier(), |webhook| {
                let params: Vec<_> = webhook.params().collect();
                assert_eq!(params, [("CallSid", "CA1"), ("Digits", "1234"), ("Digits", "5678")]);
                assert_eq!((webhook.param("CallSid"), webhook.param("Digits")), (Some("CA1"), None));
            })
            .unwrap();
    }
}

#[test]
fn s05_blank_values_spaces_unicode_and_nul_are_signed_as_sent() {
    let pairs = [("CallerName", "José 日本 😀"), ("Empty", ""), ("SpeechResult", " a +b "), ("Odd", "x\0y")];
    let good = Parts::post(VOICE, &pairs);
    good.tried(&verifier(), |webhook| {
        assert_eq!(webhook.param("CallerName"), Some("José 日本 😀"));
        assert_eq!(webhook.param("Empty"), Some(""));
        assert_eq!(webhook.param("SpeechResult"), Some(" a +b "));
        assert_eq!(webhook.param("Odd"), Some("xy"), "no NUL is read");
        assert_eq!(webhook.param("Missing"), None);
    })
    .unwrap();
    let without_nul = String::from_utf8(good.body.clone()).unwrap().replace("%00", "");
    assert_eq!(good.clone().body(without_nul.as_bytes()).outcome(&verifier()), Err(Refusal::SignatureMismatch));
    let other_spelling = String::from_utf8(good.body.clone()).unwrap().replace('+', "%20");
    assert_eq!(good.body(other_spelling.as_bytes()).outcome(&verifier()), Ok(()), "+ and %20 are one text in a body");
}

#[test]
fn s05_bytes_that_are_not_utf8_do_not_collapse_into_each_other() {
    let good = Parts::post(VOICE, &[("Name", "\u{fffd}")]);
    assert_eq!(good.outcome(&verifier()), Ok(()));
    for body in ["Name=%FF", "Name=%FE", "Name=%C3", "Name=%ED%A0%80"] {
        assert_eq!(good.clone().body(body.as_bytes()).outcome(&verifier()), Err(Refusal::SignatureMismatch), "{body}");
    }
}

#[test]
fn s05_limits_hold_before_anything_is_parsed_and_are_413() {
    let many: Vec<_> = (0..100_000).map(|_| ("a", "1")).collect();
    let long = "v".repeat(1 << 20);
    let (many, long) = (Parts::post(VOICE, &many), Parts::post(VOICE, &[("Value", &long)]));
    assert_eq!(many.outcome(&verifier()), Err(Refusal::BodyTooLarge));
    assert_eq!(long.outcome(&verifier()), Err(Refusal::BodyTooLarge));
    assert_eq!(
        long.without("X-Twilio-Signature").outcome(&verifier()),
        Err(Refusal::BodyTooLarge),
        "before the header"
    );
    let wide = configured(BASE).body_bytes_max(2 << 20);
    assert_eq!(many.outcome(&wide.clone().build().unwrap()), Err(Refusal::TooManyParams));
    assert_eq!(many.outcome(&wide.params_max(100_000).build().unwrap()), Ok(()));
    let query = format!("/voice?{}", "a&".repeat(1001));
    assert_eq!(Parts::post(VOICE, PARAMS).at(&query).outcome(&verifier()), Err(Refusal::TooManyParams));
    let target = format!("/{}", "v".repeat(16 * 1024));
    assert_eq!(Parts::post(VOICE, PARAMS).at(&target).outcome(&verifier()), Err(Refusal::TargetTooLong));
    assert_eq!((Refusal::BodyTooLarge.status(), Refusal::TooManyParams.status()), (413, 413));
    let (exact, over) = (configured(BASE).params_max(4).build(), configured(BASE).params_max(3).build());
    assert_eq!(Parts::post(VOICE, PARAMS).outcome(&exact.unwrap()), Ok(()));
    assert_eq!(Parts::post(VOICE, PARAMS).outcome(&over.unwrap()), Err(Refusal::TooManyParams));
}

#[test]
fn s06_a_json_body_needs_its_exact_hash_in_the_query() {
    let body = br#"{"property": "value", "boolean": true}"#;
    let good = Parts::json(VOICE, body);
    good.tried(&verifier(), |webhook| {
        assert_eq!(webhook.json(), Some(&body[..]));
        assert_eq!((webhook.params().count(), webhook.query("hop")), (0, Some("1")));
    })
    .unwrap();
    let (before, hash) = good.target.split_once("bodySHA256=").unwrap();
    let signed = |target: &str| {
        let signature = sign(&format!("{BASE}{target}"), &[], TOKEN, Algorithm::HmacSha1);
        good.clone().without("X-Twilio-Signature").header("X-Twilio-Signature", &signature).at(target)
    };
    assert_eq!(signed(&good.target).outcome(&verifier()), Ok(()));
    for parts in [
        good.clone().body(b"{}"),
        signed(before),
        signed(&format!("{before}bodySHA256={}", hash.to_ascii_uppercase())),
        signed(&format!("{before}bodysha256={hash}")),
        signed(&format!("{before}bodySHA256={hash}&bodySHA256={hash}")),
    ] {
        assert_eq!(parts.outcome(&verifier()), Err(Refusal::BodyHash), "{}", parts.target);
    }
    let as_form = good.clone().without("Content-Type").header("Content-Type", FORM);
    assert_eq!(as_form.outcome(&verifier()), Err(Refusal::SignatureMismatch), "JSON said to be a form");
    let as_json = Parts::post(VOICE, PARAMS).without("Content-Type").header("Content-Type", "application/json");
    assert_eq!(as_json.outcome(&verifier()), Err(Refusal::BodyHash), "a form said to be JSON");
    let twice = good.header("content-type", FORM);
    assert_eq!(twice.outcome(&verifier()), Err(Refusal::ContentTypeRepeated));
    assert_eq!(Refusal::BodyHash.status(), 403);
}

#[test]
fn a_form_whose_url_happens_to_hold_a_body_hash_is_still_a_form() {
    let parts = Parts::post("https://calls.example.com/voice?bodySHA256=00", PARAMS);
    assert_eq!(parts.tried(&verifier(), |webhook| webhook.param("CallSid").map(str::to_owned)), Ok(Some("CA1".into())));
}

/// A value cannot become another parameter: what is sent to Twilio is written by the same encoder that its forms are read by.
#[test]
fn nothing_in_a_value_can_become_another_parameter() {
    let text = form::encode([("To", "sip:a b@x.example&Twiml=<Hangup/>"), ("N", "é+*-._%")]);
    assert_eq!(text, "To=sip%3Aa+b%40x.example%26Twiml%3D%3CHangup%2F%3E&N=%C3%A9%2B*-._%25");
}
