//! Time, tries and edges, by default and as a URL's fragment says.

use super::*;

/// When each try at `/voice` began, in milliseconds, and how long it may take, where nobody answers.
fn unanswered(fragment: &str) -> (Vec<(u128, u128)>, Vec<u32>, u128) {
    let mut world = asked_at(&format!("https://app.test/voice{fragment}"));
    world.carrier.caller_dials(ANN, LINE);
    let start = world.carrier.now();
    let mut tries = Vec::new();
    loop {
        let at = world.carrier.now().since(start).as_millis();
        for hook in world.carrier.take_webhooks() {
            if path_of(&hook) == "/voice" {
                tries.push((at, hook.timeout.as_millis()));
            }
        }
        if !world.codes().is_empty() {
            return (tries, world.codes(), at);
        }
        let due = world.carrier.next_due().expect("a deadline");
        world.carrier.advance(due);
    }
}

#[test]
fn a_try_and_all_tries_together_have_their_time() {
    assert_eq!(unanswered(""), (vec![(0, 15_000)], vec![11_203], 15_000));
    assert_eq!(unanswered("#rt=100"), (vec![(0, 100)], vec![11_203], 100));
    let shared = vec![(0, 4000), (4000, 4000), (8000, 2000)];
    assert_eq!(unanswered("#rc=5&rp=rt&rt=4000&tt=10000"), (shared, vec![11_203], 10_000));
    let capped = vec![(0, 7000), (7000, 7000), (14_000, 1000)];
    assert_eq!(unanswered("#rc=5&rp=all&rt=7000"), (capped, vec![11_203], 15_000));
    assert_eq!(unanswered("#tt=3000"), (vec![(0, 3000)], vec![11_203], 3000));
}

#[test]
fn each_override_holds_within_its_range_and_not_outside() {
    let asked = |fragment: &str| {
        let mut world = asked_at(&format!("https://app.test/voice{fragment}"));
        world.page("/voice", "<Say>Hello</Say>");
        let sid = world.dials();
        assert_eq!(world.hears(&sid), say("Hello"), "{fragment}");
        let hook = world.requests("/voice")[0].clone();
        (hook, world.codes())
    };
    let ms = |duration: Duration| duration.as_millis();
    let (plain, codes) = asked("");
    assert_eq!((ms(plain.timeout), ms(plain.connect_timeout)), (15_000, 5000));
    assert_eq!((plain.sni, plain.edge.as_str(), codes), (true, "ashburn", vec![]));
    for (fragment, connect, read) in [
        ("#ct=100", 100, 15_000),
        ("#ct=10000", 10_000, 15_000),
        ("#rt=100&ct=200", 100, 100),
        ("#rt=15000", 5000, 15_000),
        ("#tt=100", 100, 100),
        ("#tt=15000&unknown=1", 5000, 15_000),
    ] {
        let (hook, codes) = asked(fragment);
        // A connection has no more time than the whole request.
        let connect = connect.min(read);
        let connect_seen = ms(hook.connect_timeout).min(ms(hook.timeout));
        assert_eq!((connect_seen, ms(hook.timeout), codes), (connect, read, vec![]), "{fragment}");
        assert_eq!(hook.url, "https://app.test/voice");
    }
    assert!(!asked("#sni=n").0.sni);
    assert!(asked("#sni=y").0.sni);
    for fragment in
        ["#ct=99", "#ct=10001", "#rt=99", "#rt=15001", "#tt=99", "#tt=15001", "#rc=6", "#rc=-1", "#sni=no", "#ct=x"]
    {
        let (hook, codes) = asked(fragment);
        assert_eq!((ms(hook.timeout), ms(hook.connect_timeout)), (15_000, 5000), "{fragment}");
        assert_eq!(codes, [11_243], "{fragment}");
    }
}

#[test]
fn edges_take_turns_at_each_try() {
    let mut world = asked_at("https://app.test/voice#rc=5&e=tokyo,dublin,umatilla");
    world.reply("/voice", Err(HttpFault::ConnectFailed));
    world.dials();
    let edges: Vec<&str> = world.requests("/voice").iter().map(|hook| hook.edge.as_str()).collect();
    assert_eq!(edges, ["tokyo", "dublin", "umatilla", "tokyo", "dublin", "umatilla"]);
}

#[test]
fn a_bad_edge_or_retry_policy_fails_the_request_under_its_code() {
    let cases = [
        ("#e=Tokyo!", 11_240),
        ("#e=", 11_240),
        ("#e=tokyo,paris", 11_241),
        ("#e=ashburn-ix", 11_242),
        ("#rp=3xx", 11_243),
        ("#rp=ct,never", 11_243),
    ];
    for (fragment, code) in cases {
        let mut world = asked_at(&format!("https://app.test/voice{fragment}"));
        let sid = world.dials();
        assert_eq!(world.codes(), [code], "{fragment}");
        assert!(world.requests("/voice").is_empty(), "{fragment}");
        assert_eq!(world.told("/fallback", "ErrorCode"), [code.to_string()]);
        assert_eq!(world.hears(&sid), say("Fallback"));

        let mut lenient =
            with_rules(&format!("https://app.test/voice{fragment}"), |c| c.rules.wire.bad_overrides_fail = false);
        lenient.page("/voice", "<Say>Hello</Say>");
        let sid = lenient.dials();
        assert_eq!((lenient.codes(), lenient.hears(&sid)), (vec![code], say("Hello")), "{fragment}");
        assert_eq!(lenient.requests("/voice")[0].edge, "ashburn");
    }
    let mut private = with_rules("https://app.test/voice#e=ashburn-ix", |c| c.rules.wire.interconnect = true);
    private.page("/voice", "<Say>Hello</Say>");
    private.dials();
    assert_eq!((private.codes(), private.requests("/voice")[0].edge.as_str()), (vec![], "ashburn-ix"));

    let mut world = World::new();
    world.calls_back("https://app.test/status#e=paris", "");
    assert_eq!((world.codes(), world.requests("/status").len()), (vec![11_241], 0));
}

#[test]
fn each_fault_has_its_code_and_only_a_failed_connect_is_tried_again() {
    let faults = [
        (HttpFault::ConnectFailed, 11_205, 2),
        (HttpFault::ConnectTimeout, 11_201, 2),
        (HttpFault::Refused, 11_202, 2),
        (HttpFault::ReadTimeout, 11_203, 1),
        (HttpFault::Broken, 11_206, 1),
        (HttpFault::UnknownHost, 11_210, 1),
        (HttpFault::TooManyRedirects, 11_215, 1),
        (HttpFault::BadRedirect, 11_216, 1),
        (HttpFault::Tls, 11_220, 1),
        (HttpFault::CertificateName, 11_235, 1),
        (HttpFault::CertificateExpired, 11_236, 1),
        (HttpFault::CertificateUntrusted, 11_237, 1),
    ];
    for (fault, code, tries) in faults {
        let mut world = asked_at("https://app.test/voice");
        world.reply("/voice", Err(fault));
        world.dials();
        assert_eq!((world.codes(), world.requests("/voice").len()), (vec![code], tries), "{fault}");
        assert_eq!(world.told("/fallback", "ErrorCode"), [code.to_string()]);
        assert_eq!(fault.code(), code);
    }
}

#[test]
fn an_error_status_is_told_under_either_code() {
    for (is_11217, code) in [(false, 11_200), (true, 11_217)] {
        for status in [404, 500, 503] {
            let mut world = with_rules("https://app.test/voice", |c| c.rules.wire.status_error_is_11217 = is_11217);
            world.reply("/voice", Ok(HttpReply { status, ..HttpReply::default() }));
            world.dials();
            assert_eq!(world.codes(), [code], "{status}");
        }
    }
}

#[test]
fn a_callback_that_failed_is_tried_again_only_where_the_rule_says_so() {
    for (retried, tries) in [(false, 1), (true, 2)] {
        for status in [400, 500] {
            let mut config = CarrierConfig::default();
            config.rules.wire.failed_callbacks_retried = retried;
            let mut world = World::with(config);
            world.reply("/status", Ok(HttpReply { status, ..HttpReply::default() }));
            world.calls_back("https://app.test/status", "");
            let hooks = world.requests("/status");
            assert_eq!((hooks.len(), world.codes()), (tries, vec![15_003]), "{status}");
            let tokens: Vec<_> = hooks.iter().map(|hook| header(hook, "I-Twilio-Idempotency-Token")).collect();
            assert!(tokens.windows(2).all(|pair| pair[0] == pair[1]));
        }
    }
    let mut config = CarrierConfig::default();
    config.rules.wire.failed_callbacks_retried = true;
    let mut world = World::with(config);
    world.reply("/out", Ok(HttpReply { status: 500, ..HttpReply::default() }));
    world.places(BOB, "");
    world.run(secs(10));
    assert_eq!(world.requests("/out").len(), 1, "the rule is not for documents");
}

#[test]
fn a_url_that_is_none_is_never_asked() {
    for url in
        ["https://my_host.test/voice", "ftp://app.test/voice", "https://:443/voice", "https://app.test:99999/voice"]
    {
        let mut world = asked_at(url);
        let sid = world.dials();
        assert_eq!((world.codes(), world.hears(&sid)), (vec![11_100], say("Fallback")), "{url}");
        assert_eq!(world.told("/fallback", "ErrorUrl"), [url]);
    }
    let mut world = asked_at("https://my_user:my_pass@app.test/voice");
    world.page("/voice", "<Say>Hello</Say>");
    world.dials();
    assert!(world.codes().is_empty(), "only a host has no `_`");
}

#[test]
fn a_body_that_is_empty_is_a_warning_unless_the_status_says_so() {
    for (status, codes) in [(200, vec![11_770]), (204, vec![])] {
        let mut world = asked_at("https://app.test/voice");
        world.reply("/voice", Ok(HttpReply { status, content_type: "text/xml".to_owned(), ..HttpReply::default() }));
        let sid = world.dials();
        assert_eq!((world.codes(), world.status(&sid)), (codes, "completed"));
    }
}

#[test]
fn each_content_type_is_taken_for_what_it_is() {
    let reply = |kind: &str, body: &str| {
        Ok(HttpReply {
            status: 200,
            content_type: kind.to_owned(),
            body: body.as_bytes().to_vec(),
            ..HttpReply::default()
        })
    };
    let twiml = "<Response><Say>Hello</Say></Response>";
    for kind in ["text/xml", "application/xml", "text/html; charset=UTF-8", "TEXT/XML", "text/plain"] {
        let mut world = asked_at("https://app.test/voice");
        world.reply("/voice", reply(kind, twiml));
        let sid = world.dials();
        assert_eq!((world.hears(&sid), world.codes()), (say("Hello"), vec![]), "{kind}");
    }
    let mut spoken = asked_at("https://app.test/voice");
    spoken.reply("/voice", reply("text/plain", "Good day"));
    let sid = spoken.dials();
    assert_eq!(spoken.hears(&sid), say("Good day"));
    spoken.run(secs(5));
    assert_eq!(spoken.status(&sid), "completed");
    for kind in ["audio/mpeg", "audio/wav", "audio/x-aiff"] {
        let mut world = asked_at("https://app.test/voice");
        world.reply("/voice", reply(kind, "…"));
        let sid = world.dials();
        assert_eq!(world.hears(&sid), Hearing::Play("https://app.test/voice".to_owned()), "{kind}");
    }
    for kind in ["", "application/json", "image/png", "text/css"] {
        let mut world = asked_at("https://app.test/voice");
        world.reply("/voice", reply(kind, twiml));
        world.dials();
        assert_eq!((world.codes(), world.told("/fallback", "ErrorCode")), (vec![12_300], vec!["12300".to_owned()]));
    }
    for (length, codes) in [(65_536, vec![]), (65_537, vec![11_750])] {
        let mut world = asked_at("https://app.test/voice");
        let filler = "x".repeat(length - "<Response><!----></Response>".len());
        world.reply("/voice", reply("text/xml", &format!("<Response><!--{filler}--></Response>")));
        world.dials();
        assert_eq!(world.codes(), codes, "{length}");
    }
}
