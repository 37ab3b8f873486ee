//! Providers that speak Twilio's language and sign in their own way.

use switchboard::webhook::{Algorithm, ConfigError, Refusal, Scheme, Verifier, sign};

use super::carrier::{ACCOUNT, BASE, PARAMS, Parts, SHARED_KEY, TOKEN, VOICE, configured};

fn signalwire() -> Verifier {
    configured(BASE).scheme(Scheme::SignalWire).build().unwrap()
}

fn under(name: &str, signature: &str) -> Parts {
    Parts::post(VOICE, PARAMS).without("X-Twilio-Signature").header(name, signature)
}

/// The signature of a form as SignalWire's SDK computes it: names sorted, their values as they were sent.
fn signed_in_order(url: &str, pairs: &[(&str, &str)]) -> String {
    let mut pairs = pairs.to_vec();
    pairs.sort_by_key(|(name, _)| *name);
    let text = pairs.iter().fold(url.to_owned(), |text, (name, value)| text + name + value);
    sign(&text, &[], TOKEN, Algorithm::HmacSha1)
}

#[test]
fn signalwire_signs_in_its_own_header_or_else_in_twilios() {
    let good = sign(VOICE, PARAMS, TOKEN, Algorithm::HmacSha1);
    let other = sign(VOICE, PARAMS, "67890", Algorithm::HmacSha1);
    for (parts, expected) in [
        (under("X-SignalWire-Signature", &good), Ok(())),
        (under("x-twilio-signature", &good), Ok(())),
        (under("X-SignalWire-Signature", &good).header("X-Twilio-Signature", &other), Ok(())),
        (under("X-SignalWire-Signature", &other).header("X-Twilio-Signature", &good), Err(Refusal::SignatureMismatch)),
        (under("X-SignalWire-Signature", "").header("X-Twilio-Signature", &good), Err(Refusal::SignatureMissing)),
        (
            under("X-SignalWire-Signature", &good).header("x-signalwire-signature", &good),
            Err(Refusal::SignatureRepeated),
        ),
        (under("X-Signature", &good), Err(Refusal::SignatureMissing)),
    ] {
        assert_eq!(parts.outcome(&signalwire()), expected, "{:?}", parts.headers);
    }
    let twilio = configured(BASE).build().unwrap();
    assert_eq!(under("X-SignalWire-Signature", &good).outcome(&twilio), Err(Refusal::SignatureMissing));
}

#[test]
fn signalwire_may_sign_repeated_values_as_they_were_sent() {
    let pairs = [("Digits", "5678"), ("CallSid", "CA1"), ("Digits", "1234"), ("Digits", "1234")];
    let parts = Parts::post(VOICE, &pairs).without("X-Twilio-Signature");
    let as_sent = parts.clone().header("X-SignalWire-Signature", &signed_in_order(VOICE, &pairs));
    assert_eq!(
        as_sent.tried(&signalwire(), |webhook| webhook.params().map(|(_, value)| value.to_owned()).collect::<Vec<_>>()),
        Ok(vec!["CA1".to_owned(), "1234".to_owned(), "5678".to_owned()]),
        "it is read as ever"
    );
    let as_twilio = parts.clone().header("X-SignalWire-Signature", &sign(VOICE, &pairs, TOKEN, Algorithm::HmacSha1));
    assert_eq!(as_twilio.outcome(&signalwire()), Ok(()));
    let [first, second, third, fourth] = pairs;
    let otherwise = signed_in_order(VOICE, &[third, second, first, fourth]);
    let reordered = parts.clone().header("X-SignalWire-Signature", &otherwise);
    assert_eq!(reordered.outcome(&signalwire()), Err(Refusal::SignatureMismatch));
    let under_twilio = parts.header("X-Twilio-Signature", &signed_in_order(VOICE, &pairs));
    assert_eq!(under_twilio.outcome(&configured(BASE).build().unwrap()), Err(Refusal::SignatureMismatch));
}

#[test]
fn signalwire_signs_the_url_with_and_without_its_port() {
    let verifier = configured("https://h.example:8443").scheme(Scheme::SignalWire).build().unwrap();
    for (origin, expected) in [
        ("https://h.example", Ok(())),
        ("https://h.example:8443", Ok(())),
        ("https://h.example:8444", Err(Refusal::SignatureMismatch)),
    ] {
        let url = format!("{origin}/voice");
        let signature = signed_in_order(&url, &[("a", "2"), ("a", "1")]);
        let parts = Parts::post(&url, &[("a", "2"), ("a", "1")]).without("X-Twilio-Signature");
        assert_eq!(parts.header("X-SignalWire-Signature", &signature).outcome(&verifier), expected, "{origin}");
    }
}

#[test]
fn signalwire_knows_no_shared_keys() {
    let settings = format!("key={SHARED_KEY},algorithm=HMAC_SHA256");
    let parts = Parts::post(VOICE, PARAMS).header("X-Twilio-Webhooks-Signature-Settings", &settings);
    assert_eq!(parts.outcome(&signalwire()), Ok(()), "the header is Twilio's and means nothing here");
    let errors = configured(BASE).scheme(Scheme::SignalWire).shared_key(SHARED_KEY, "s").public_key("k").build();
    let scheme = Scheme::SignalWire;
    assert_eq!(
        errors.unwrap_err(),
        [
            ConfigError::NotOfScheme { scheme, secret: "a shared key" },
            ConfigError::NotOfScheme { scheme, secret: "a public key" }
        ]
    );
}

#[test]
fn a_scheme_without_its_secret_is_refused() {
    let builder = || Verifier::builder().public_base(BASE).account(ACCOUNT);
    assert_eq!(builder().scheme(Scheme::SignalWire).build().unwrap_err(), [ConfigError::SecretMissing]);
    let errors = builder().scheme(Scheme::Telnyx).auth_token(TOKEN).build().unwrap_err();
    let unused = ConfigError::NotOfScheme { scheme: Scheme::Telnyx, secret: "an auth token" };
    let missing = if cfg!(feature = "telnyx") {
        ConfigError::PublicKeyMissing
    } else {
        ConfigError::SchemeNotCompiled(Scheme::Telnyx)
    };
    assert_eq!(errors, [unused, missing]);
}

#[cfg(feature = "telnyx")]
mod telnyx {
    use std::sync::Arc;
    use std::time::Duration;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
    use switchboard::conformance::block_on;
    use switchboard::setup::queue;
    use switchboard::telephony::FakeTelephony;
    use switchboard::time::{ManualClock, Timestamp};
    use switchboard::webhook::{ConfigError, Method, Refusal, Scheme, Verifier, VerifierBuilder, WebhookRequest, form};
    use switchboard::{Agent, Flow, Queue, Switchboard};

    use super::super::carrier::{ACCOUNT, BASE, FORM, PARAMS, Parts};

    const SIGNED_AT: i64 = 1_800_000_000;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn public(key: &SigningKey) -> String {
        STANDARD.encode(key.verifying_key().as_bytes())
    }

    fn builder() -> VerifierBuilder {
        let builder = Verifier::builder().public_base(BASE).account(ACCOUNT);
        builder.scheme(Scheme::Telnyx).public_key(public(&key()))
    }

    fn signature(key: &SigningKey, timestamp: &str, body: &[u8]) -> String {
        STANDARD.encode(key.sign(&[timestamp.as_bytes(), b"|", body].concat()).to_bytes())
    }

    fn signed(key: &SigningKey, timestamp: &str, body: &[u8]) -> Parts {
        let parts = Parts::post("https://calls.example.com/texml/voice?tenant=1", &[]).without("X-Twilio-Signature");
        let parts = parts.body(body).header("Telnyx-Timestamp", timestamp);
        parts.header("telnyx-signature-ed25519", &signature(key, timestamp, body))
    }

    fn form_body() -> Vec<u8> {
        form::encode(PARAMS.iter().copied()).into_bytes()
    }

    fn good() -> Parts {
        signed(&key(), &SIGNED_AT.to_string(), &form_body())
    }

    fn outcome_at(parts: &Parts, verifier: &Verifier, secs: i64) -> Result<(), Refusal> {
        let headers: Vec<_> = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (method, websocket) = (parts.method, parts.websocket);
        let request = WebhookRequest { method, target: &parts.target, headers: &headers, body: &parts.body, websocket };
        verifier.verify_at(&request, Timestamp::from_secs(secs)).map(|_| ())
    }

    fn outcome(parts: &Parts) -> Result<(), Refusal> {
        outcome_at(parts, &builder().build().unwrap(), SIGNED_AT)
    }

    #[test]
    fn a_form_is_read_and_the_url_is_said_not_to_be_signed() {
        let (parts, verifier) = (good(), builder().build().unwrap());
        let headers: Vec<_> = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = WebhookRequest {
            method: Method::Post,
            target: &parts.target,
            headers: &headers,
            body: &parts.body,
            websocket: false,
        };
        let webhook = verifier.verify_at(&request, Timestamp::from_secs(SIGNED_AT)).unwrap();
        assert_eq!((webhook.param("CallSid"), webhook.param("ToCity")), (Some("CA1"), Some("")));
        assert_eq!((webhook.path(), webhook.url_is_signed()), ("/texml/voice", false));
        assert_eq!(webhook.query("tenant"), None, "nobody has signed it");
        assert!(Scheme::Twilio.signs_url() && Scheme::SignalWire.signs_url() && !Scheme::Telnyx.signs_url());
    }

    #[test]
    fn a_json_body_is_signed_itself_and_needs_no_hash() {
        let body = br#"{"data":{"event_type":"call.initiated"}}"#;
        let parts = signed(&key(), &SIGNED_AT.to_string(), body).without("Content-Type");
        let parts = parts.header("Content-Type", "application/json");
        assert_eq!(outcome(&parts), Ok(()));
        assert_eq!(
            outcome(&parts.body(br#"{"data":{"event_type":"call.answered"}}"#)),
            Err(Refusal::SignatureMismatch)
        );
    }

    #[test]
    fn a_time_of_signing_is_good_for_five_minutes_either_way() {
        let verifier = builder().build().unwrap();
        for (secs, expected) in [
            (0, Ok(())),
            (300, Ok(())),
            (-300, Ok(())),
            (301, Err(Refusal::TimestampTooFar)),
            (-301, Err(Refusal::TimestampTooFar)),
            (31_536_000, Err(Refusal::TimestampTooFar)),
        ] {
            assert_eq!(outcome_at(&good(), &verifier, SIGNED_AT + secs), expected, "{secs}");
        }
        let patient = builder().tolerance(Duration::from_secs(600)).build().unwrap();
        assert_eq!(outcome_at(&good(), &patient, SIGNED_AT + 600), Ok(()));
        // The system's clock is years away from either end of what is signed here.
        for timestamp in ["1000000000", "99999999999"] {
            let parts = signed(&key(), timestamp, &form_body());
            assert_eq!(parts.outcome(&verifier), Err(Refusal::TimestampTooFar), "verify looks at the clock");
        }
        assert_eq!(builder().tolerance(Duration::ZERO).build().unwrap_err(), [ConfigError::LimitZero("tolerance")]);
    }

    /// On a clock of its own an application that is replayed or simulated accepts what was signed in its time.
    #[test]
    fn the_engine_judges_a_time_of_signing_by_its_own_clock() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(SIGNED_AT)));
        let app = Switchboard::builder()
            .queue(Queue::new("sales"))
            .agent(Agent::new("ana").serves(["sales"]))
            .number("+14155550100", Flow::say("Welcome.").then(queue("sales")))
            .public_base(BASE)
            .account(ACCOUNT, "an API key, which signs nothing")
            .webhook_scheme(Scheme::Telnyx)
            .webhook_public_key(public(&key()))
            .telephony(Arc::new(FakeTelephony::new()))
            .clock(Arc::<ManualClock>::clone(&clock))
            .build()
            .unwrap();
        let parts = good();
        let headers: Vec<_> = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = WebhookRequest {
            method: Method::Post,
            target: &parts.target,
            headers: &headers,
            body: &parts.body,
            websocket: false,
        };
        let refused = || [block_on(app.answer(&request)).refused, app.hold(&request).refused];
        // The signature is right, and the path is none of ours.
        assert_eq!(refused(), [Some("unknown_url"); 2]);
        clock.advance(Duration::from_secs(300));
        assert_eq!(refused(), [Some("unknown_url"); 2]);
        clock.advance(Duration::from_secs(1));
        assert_eq!(refused(), [Some("timestamp_too_far"); 2]);
    }

    #[test]
    fn a_time_of_signing_that_is_no_number_is_refused() {
        for timestamp in
            ["", "+1800000000", "-1800000000", " 1800000000", "1800000000.0", "1.8e9", "99999999999999999999"]
        {
            let parts = signed(&key(), timestamp, &form_body());
            assert_eq!(outcome(&parts), Err(Refusal::TimestampMalformed), "{timestamp:?}");
        }
        assert_eq!(outcome(&good().without("telnyx-timestamp")), Err(Refusal::TimestampMalformed));
        let twice = good().header("telnyx-timestamp", &SIGNED_AT.to_string());
        assert_eq!(outcome(&twice), Err(Refusal::TimestampMalformed));
        assert_eq!((Refusal::TimestampMalformed.status(), Refusal::TimestampTooFar.status()), (403, 403));
        // A fresh time under an old signature.
        let moved = good().without("telnyx-timestamp").header("telnyx-timestamp", &(SIGNED_AT + 1).to_string());
        assert_eq!(outcome(&moved), Err(Refusal::SignatureMismatch));
    }

    #[test]
    fn every_flipped_bit_of_a_signature_and_every_altered_byte_of_a_body_is_refused() {
        let good = good();
        let bytes = key().sign(&[SIGNED_AT.to_string().as_bytes(), b"|", &good.body].concat()).to_bytes();
        let unsigned = good.clone().without("telnyx-signature-ed25519");
        for bit in 0..bytes.len() * 8 {
            let mut forged = bytes;
            forged[bit / 8] ^= 1 << (bit % 8);
            let parts = unsigned.clone().header("telnyx-signature-ed25519", &STANDARD.encode(forged));
            assert_eq!(outcome(&parts), Err(Refusal::SignatureMismatch), "bit {bit}");
        }
        for at in 0..good.body.len() {
            let mut body = good.body.clone();
            body[at] ^= 1;
            assert_eq!(outcome(&good.clone().body(&body)), Err(Refusal::SignatureMismatch), "byte {at}");
        }
    }

    #[test]
    fn a_signature_that_is_missing_repeated_or_malformed_is_refused() {
        let unsigned = good().without("telnyx-signature-ed25519");
        assert_eq!(outcome(&unsigned), Err(Refusal::SignatureMissing));
        let right = signature(&key(), &SIGNED_AT.to_string(), &form_body());
        for forged in [&right[..87], &right[..84], "AAAA", "not base64", &format!("{right}AAAA")] {
            let parts = unsigned.clone().header("telnyx-signature-ed25519", forged);
            assert_eq!(outcome(&parts), Err(Refusal::SignatureMalformed), "{forged}");
        }
        let twice = good().header("Telnyx-Signature-Ed25519", &right);
        assert_eq!(outcome(&twice), Err(Refusal::SignatureRepeated));
        let as_twilio = unsigned.header("X-Twilio-Signature", &right);
        assert_eq!(outcome(&as_twilio), Err(Refusal::SignatureMissing));
    }

    #[test]
    fn another_key_is_refused_and_both_are_accepted_while_keys_are_rotated() {
        let other = SigningKey::from_bytes(&[8; 32]);
        let parts = signed(&other, &SIGNED_AT.to_string(), &form_body());
        assert_eq!(outcome(&parts), Err(Refusal::SignatureMismatch));
        let rotating = builder().public_key(public(&other)).build().unwrap();
        assert_eq!(outcome_at(&parts, &rotating, SIGNED_AT), Ok(()));
        assert_eq!(outcome_at(&good(), &rotating, SIGNED_AT), Ok(()));
    }

    #[test]
    fn nothing_but_a_post_is_accepted_because_nothing_but_a_body_is_signed() {
        let verifier = builder().accept_get().build().unwrap();
        let mut get = signed(&key(), &SIGNED_AT.to_string(), b"");
        get.method = Method::Get;
        assert_eq!(outcome_at(&get, &verifier, SIGNED_AT), Err(Refusal::Method));
        get.websocket = true;
        assert_eq!(outcome_at(&get, &verifier, SIGNED_AT), Err(Refusal::Method));
    }

    #[test]
    fn an_account_in_the_body_counts_and_one_in_the_query_does_not() {
        let body = b"AccountSid=AC00000000000000000000000000000002";
        assert_eq!(outcome(&signed(&key(), &SIGNED_AT.to_string(), body)), Err(Refusal::OtherAccount));
        let queried = good().at("/texml/voice?AccountSid=AC00000000000000000000000000000002");
        assert_eq!(outcome(&queried), Ok(()));
        let odd_type = good().without("Content-Type").header("Content-Type", FORM).header("content-type", FORM);
        assert_eq!(outcome(&odd_type), Err(Refusal::ContentTypeRepeated));
    }

    #[test]
    fn a_public_key_that_verifies_anything_or_nothing_is_refused() {
        let text = public(&key());
        let identity = STANDARD.encode([1, 0, 0, 0].iter().chain(&[0; 28]).copied().collect::<Vec<u8>>());
        for bad in ["", "key", &text[..43], &STANDARD.encode([0; 31]), &STANDARD.encode([0; 33]), &identity] {
            let builder = Verifier::builder().public_base(BASE).account(ACCOUNT).scheme(Scheme::Telnyx);
            let errors = builder.public_key(&text).public_key(bad).build().unwrap_err();
            assert_eq!(errors, [ConfigError::PublicKeyInvalid(2)], "{bad:?}");
        }
    }

    /// RFC 8032 §7.1, TEST 1 to 3: secret, public key, message, signature.
    #[test]
    fn the_vectors_of_the_standard_are_verified_as_it_says() {
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
        };
        for (secret, public, message, expected) in [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                "72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            ),
            (
                "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
            ),
        ] {
            let key = SigningKey::from_bytes(&bytes(secret).try_into().unwrap());
            assert_eq!(key.verifying_key().as_bytes()[..], bytes(public));
            let signature: [u8; 64] = bytes(expected).try_into().unwrap();
            assert_eq!(key.sign(&bytes(message)).to_bytes(), signature);
            let verifying = VerifyingKey::from_bytes(&bytes(public).try_into().unwrap()).unwrap();
            let signature = Signature::from_bytes(&signature);
            assert!(verifying.verify_strict(&bytes(message), &signature).is_ok());
            assert!(verifying.verify_strict(b"another message", &signature).is_err());
        }
    }
}
