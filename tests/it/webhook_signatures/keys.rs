//! Accounts, secrets, methods and configuration: who may sign, and for what.

use switchboard::webhook::{Algorithm, ConfigError, Method, Refusal, Verifier, sign};

use super::carrier::{ACCOUNT, BASE, PARAMS, Parts, SHARED_KEY, TOKEN, VOICE, configured, verifier};

const OTHER_ACCOUNT: &str = "AC00000000000000000000000000000002";
const SETTINGS: &str = "X-Twilio-Webhooks-Signature-Settings";

#[test]
fn s07_a_webhook_of_another_account_is_refused_though_its_signature_is_valid() {
    for params in [
        &[("AccountSid", OTHER_ACCOUNT), ("CallSid", "CA1")][..],
        &[("AccountSid", ACCOUNT), ("AccountSid", OTHER_ACCOUNT)],
        &[("AccountSid", "")],
    ] {
        assert_eq!(Parts::post(VOICE, params).outcome(&verifier()), Err(Refusal::OtherAccount), "{params:?}");
    }
    let url = format!("{BASE}/voice?AccountSid={OTHER_ACCOUNT}");
    let get = configured(BASE).accept_get().build().unwrap();
    assert_eq!(Parts::get(&url).outcome(&get), Err(Refusal::OtherAccount));
    assert_eq!(Parts::post(&url, PARAMS).outcome(&verifier()), Err(Refusal::OtherAccount));
    let hidden = Parts::post(VOICE, &[("Account\0Sid", OTHER_ACCOUNT)]);
    assert_eq!(hidden.outcome(&verifier()), Err(Refusal::OtherAccount), "as it would be read");
    assert_eq!(Refusal::OtherAccount.status(), 403);
    let account = Parts::post(VOICE, PARAMS).tried(&verifier(), |webhook| webhook.account_sid().to_owned());
    assert_eq!(account.as_deref(), Ok(ACCOUNT));
}

#[test]
fn s07_a_signature_of_another_accounts_token_is_refused() {
    let other = Verifier::builder().public_base(BASE).account(OTHER_ACCOUNT).auth_token("67890").build().unwrap();
    assert_eq!(Parts::post(VOICE, PARAMS).outcome(&other), Err(Refusal::SignatureMismatch));
}

#[test]
fn s09_every_mistake_of_a_configuration_is_reported_at_once() {
    let nothing = Verifier::builder().build().unwrap_err();
    assert_eq!(nothing, [ConfigError::BaseMissing, ConfigError::AccountMissing, ConfigError::SecretMissing]);
    let all = Verifier::builder()
        .public_base("ftp://calls.example.com")
        .account(" ")
        .auth_token("")
        .auth_token("12345\n")
        .shared_key(SHARED_KEY, "")
        .shared_key("twice", "a")
        .shared_key("twice", "b")
        .trust_forwarded("Forwarded")
        .body_bytes_max(0)
        .params_max(0)
        .build()
        .unwrap_err();
    assert_eq!(
        all,
        [
            ConfigError::BaseInvalid("its scheme is neither https nor http"),
            ConfigError::AccountMissing,
            ConfigError::TokenEmpty(1),
            ConfigError::TokenPadded(2),
            ConfigError::SharedKeyEmpty(SHARED_KEY.into()),
            ConfigError::SharedKeyRepeated("twice".into()),
            ConfigError::ForwardedUnknown("Forwarded".into()),
            ConfigError::LimitZero("body_bytes_max"),
            ConfigError::LimitZero("params_max"),
        ]
    );
    for token in ["", " ", "\n"] {
        let empty = Verifier::builder().public_base(BASE).account(ACCOUNT).auth_token(token).build();
        assert_eq!(empty.unwrap_err(), [ConfigError::TokenEmpty(1)], "{token:?}");
    }
}

#[test]
fn a_public_base_that_no_url_can_be_built_on_is_refused_without_being_repeated() {
    for base in [
        "",
        "calls.example.com",
        "https://",
        "https:///voice",
        "https://user:hunter2@",
        "https://h.example:",
        "https://h.example:0",
        "https://h.example:65536",
        "https://h.example:+80",
        "https://h.example:80:80",
        "https://[::1",
        "https://[zz]",
        "https://h.example?tenant=1",
        "https://h.example/#ct=2000",
        "https://h .example",
        "https://h.exam\u{e9}ple",
    ] {
        let errors = Verifier::builder().public_base(base).account(ACCOUNT).auth_token(TOKEN).build().unwrap_err();
        assert!(matches!(errors.as_slice(), [ConfigError::BaseInvalid(_)]), "{base}: {errors:?}");
        assert!(!format!("{errors:?}").contains("hunter2"));
    }
}

#[test]
fn no_secret_is_shown_by_debug() {
    let builder = configured("https://user:hunter2@calls.example.com").auth_token("s3cret").shared_key("k1", "s4cret");
    let shown = format!("{builder:?} {:?}", builder.clone().build().unwrap());
    for secret in ["hunter2", "s3cret", "s4cret", TOKEN] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let parts = Parts::post("https://calls.example.com/voice?secret=q1", &[("From", "+14155550199")]);
    let shown = parts.tried(&verifier(), |webhook| format!("{webhook:?}")).unwrap();
    assert!(!shown.contains("4155550199") && !shown.contains("q1"), "{shown}");
}

#[test]
fn s14_while_tokens_rotate_the_old_and_the_new_are_accepted_and_no_third() {
    let rotating = configured(BASE).auth_token("67890").build().unwrap();
    let good = Parts::post(VOICE, PARAMS).without("X-Twilio-Signature");
    for (token, expected) in [
        (TOKEN, Ok(())),
        ("67890", Ok(())),
        ("secondary", Err(Refusal::SignatureMismatch)),
        ("", Err(Refusal::SignatureMismatch)),
    ] {
        let signature = sign(VOICE, PARAMS, token, Algorithm::HmacSha1);
        assert_eq!(good.clone().header("X-Twilio-Signature", &signature).outcome(&rotating), expected, "{token}");
    }
    let afterwards = Verifier::builder().public_base(BASE).account(ACCOUNT).auth_token("67890").build().unwrap();
    assert_eq!(Parts::post(VOICE, PARAMS).outcome(&afterwards), Err(Refusal::SignatureMismatch));
}

#[test]
fn s16_only_the_declared_method_is_accepted_and_an_override_header_changes_nothing() {
    let get = Parts::get("https://calls.example.com/voice?CallSid=CA1&From=%2B1415");
    assert_eq!(get.outcome(&verifier()), Err(Refusal::Method));
    assert_eq!(Refusal::Method.status(), 405);
    let accepting = configured(BASE).accept_get().build().unwrap();
    get.tried(&accepting, |webhook| {
        assert_eq!((webhook.param("CallSid"), webhook.param("From")), (Some("CA1"), Some("+1415")));
        assert_eq!((webhook.method(), webhook.path()), (Method::Get, "/voice"));
        assert_eq!(webhook.params().collect::<Vec<_>>(), [("CallSid", "CA1"), ("From", "+1415")]);
    })
    .unwrap();
    assert_eq!(get.clone().body(b"CallSid=CA2").outcome(&accepting), Err(Refusal::BodyOnGet));
    let overridden = get.header("X-HTTP-Method-Override", "POST");
    assert_eq!(overridden.outcome(&verifier()), Err(Refusal::Method));
    let post = Parts::post(VOICE, PARAMS).header("X-HTTP-Method-Override", "GET");
    assert_eq!(post.tried(&verifier(), |webhook| webhook.query("CallSid").is_none()), Ok(true));
    assert_eq!(post.tried(&accepting, |webhook| webhook.param("hop").is_none()), Ok(true), "the query is not the form");
}

#[test]
fn a_websocket_handshake_is_signed_as_wss_with_or_without_a_slash_at_the_end() {
    let wss = |signed: &str, target: &str| Parts::websocket(signed, target).outcome(&verifier());
    for (signed, target) in [
        ("wss://calls.example.com/media", "/media"),
        ("wss://calls.example.com/media/", "/media"),
        ("wss://calls.example.com/media", "/media/"),
        ("wss://calls.example.com:443/media/?leg=1", "/media?leg=1"),
        ("wss://calls.example.com/", ""),
    ] {
        assert_eq!(wss(signed, target), Ok(()), "{signed} received as {target}");
    }
    for (signed, target) in [
        ("https://calls.example.com/media", "/media"),
        ("ws://calls.example.com/media", "/media"),
        ("wss://calls.example.com/media//", "/media"),
        ("wss://calls.example.com/other", "/media"),
    ] {
        assert_eq!(wss(signed, target), Err(Refusal::SignatureMismatch), "{signed} received as {target}");
    }
    let good = Parts::websocket("wss://calls.example.com/media", "/media");
    assert_eq!(good.tried(&verifier(), |webhook| webhook.is_websocket()), Ok(true));
    assert_eq!(Parts { websocket: false, ..good.clone() }.outcome(&verifier()), Err(Refusal::Method));
    assert_eq!(Parts { method: Method::Post, ..good }.outcome(&verifier()), Err(Refusal::Method));
    let http = Parts::post("https://calls.example.com/voice/", PARAMS).at("/voice");
    assert_eq!(http.outcome(&verifier()), Err(Refusal::SignatureMismatch), "the slash is for WebSockets alone");
}

#[test]
fn a_shared_key_signs_only_under_its_own_name_and_a_known_algorithm() {
    let verifier = configured(BASE).shared_key(SHARED_KEY, "shared").shared_key("other", "67890").build().unwrap();
    let signed = |key: &str, algorithm, settings: &str| {
        let signature = sign(VOICE, PARAMS, key, algorithm);
        let parts = Parts::post(VOICE, PARAMS).without("X-Twilio-Signature").header("X-Twilio-Signature", &signature);
        parts.header(SETTINGS, settings).outcome(&verifier)
    };
    let (sha1, sha256) = (Algorithm::HmacSha1, Algorithm::HmacSha256);
    let named = |settings: &str| settings.replace("KEY", SHARED_KEY);
    for (key, algorithm, settings, expected) in [
        ("shared", sha256, "key=KEY,algorithm=HMAC_SHA256", Ok(())),
        ("shared", sha1, "key=KEY,algorithm=HMAC_SHA1", Ok(())),
        ("shared", sha256, " algorithm = hmac_sha256 , key = KEY , version=2", Ok(())),
        (TOKEN, sha1, "", Ok(())),
        (TOKEN, sha1, "key=KEY", Ok(())),
        ("shared", sha1, "key=KEY", Err(Refusal::SignatureMismatch)),
        (TOKEN, sha256, "", Err(Refusal::SignatureMismatch)),
        (TOKEN, sha256, "key=KEY,algorithm=HMAC_SHA256", Err(Refusal::SignatureMismatch)),
        ("shared", sha1, "key=KEY,algorithm=HMAC_SHA256", Err(Refusal::SignatureMismatch)),
        ("shared", sha256, "key=KEY,algorithm=HMAC_SHA1", Err(Refusal::SignatureMismatch)),
        ("shared", sha256, "key=other,algorithm=HMAC_SHA256", Err(Refusal::SignatureMismatch)),
        ("shared", sha256, "key=unknown,algorithm=HMAC_SHA256", Err(Refusal::SignatureSettings)),
        ("shared", sha256, "algorithm=HMAC_SHA256", Err(Refusal::SignatureSettings)),
        ("shared", sha256, "key=KEY,algorithm=HMAC_MD5", Err(Refusal::SignatureSettings)),
        ("shared", sha256, "key=KEY,algorithm=", Err(Refusal::SignatureSettings)),
        ("shared", sha256, "key=KEY,key=other,algorithm=HMAC_SHA256", Err(Refusal::SignatureSettings)),
        ("shared", sha256, "key=KEY,algorithm=none,algorithm=HMAC_SHA256", Err(Refusal::SignatureSettings)),
    ] {
        assert_eq!(signed(key, algorithm, &named(settings)), expected, "{settings} signed with {key}");
    }
    let settings = named("key=KEY,algorithm=HMAC_SHA256");
    let twice = Parts::post(VOICE, PARAMS).header(SETTINGS, &settings).header(SETTINGS, &settings);
    assert_eq!(twice.outcome(&verifier), Err(Refusal::SignatureSettings));
    assert_eq!(Refusal::SignatureSettings.status(), 403);
}

#[test]
fn a_centre_with_shared_keys_alone_refuses_the_classic_signature() {
    let verifier =
        Verifier::builder().public_base(BASE).account(ACCOUNT).shared_key(SHARED_KEY, TOKEN).build().unwrap();
    assert_eq!(Parts::post(VOICE, PARAMS).outcome(&verifier), Err(Refusal::SignatureMismatch));
}

#[test]
fn a_secret_longer_than_a_block_of_the_hash_is_hashed_first() {
    // RFC 2104 §2. The expected value was computed with hmac of Python's standard library.
    let signature = sign("Test Using Larger Than Block-Size Key", &[], &"k".repeat(80), Algorithm::HmacSha1);
    assert_eq!(signature, "pcpe8SarCoYDyx3FMPmpP7ouIHM=");
}
