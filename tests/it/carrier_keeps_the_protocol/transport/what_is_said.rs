//! What requests about a call say of both its ends.

use super::*;
use switchboard::sim::carrier::Profile;
use switchboard::webhook::params::{CallStatusEvent, Callback, NumberStatusEvent, VoiceRequest};

fn ann() -> Profile {
    Profile {
        name: Some("ANN SMITH".to_owned()),
        city: "SAN FRANCISCO".to_owned(),
        state: "CA".to_owned(),
        zip: "94105".to_owned(),
        country: "US".to_owned(),
        stir_verstat: Some("TN-Validation-Passed-A".to_owned()),
        stir_passport: Some("ey.J".to_owned()),
        add_ons: Some("{\"status\":\"successful\"}".to_owned()),
        ..Profile::default()
    }
}

fn read<T: Callback>(hook: &Webhook) -> T {
    let form = if hook.method == "GET" { hook.url.split_once('?').map_or("", |(_, query)| query) } else { &hook.body };
    T::read(switchboard::webhook::form::decode(form.as_bytes(), 100).expect("few pairs")).expect("a callback")
}

fn line(lookup: bool) -> NumberConfig {
    NumberConfig {
        number: LINE.to_owned(),
        voice_url: "https://app.test/voice".to_owned(),
        status_callback: Some("https://app.test/line-status".to_owned()),
        caller_id_lookup: lookup,
        ..NumberConfig::default()
    }
}

#[test]
fn a_caller_who_is_known_is_described() {
    for lookup in [false, true] {
        let mut world = World::new();
        world.carrier.number(line(lookup));
        world.carrier.describe(ANN, ann());
        world.carrier.describe(LINE, Profile { country: "DE".to_owned(), ..Profile::default() });
        world.page("/voice", "<Say>Hello</Say>");
        let sid = world.carrier.caller_dials_forwarded(ANN, "+15550008000", LINE);
        world.pump();
        let request: VoiceRequest = read(world.requests("/voice")[0]);
        let call = &request.call;
        assert_eq!(call.caller_name.as_deref(), lookup.then_some("ANN SMITH"));
        assert_eq!(call.forwarded_from.as_ref().map(ToString::to_string).as_deref(), Some("+15550008000"));
        let from = &call.places.from;
        assert_eq!((from.city.as_deref(), from.state.as_deref()), (Some("SAN FRANCISCO"), Some("CA")));
        assert_eq!((from.zip.as_deref(), from.country.as_deref()), (Some("94105"), Some("US")));
        assert_eq!((call.places.to.city.as_deref(), call.places.to.country.as_deref()), (None, Some("DE")));
        assert!(call.stir.verstat.is_some() && call.stir.passport_token.as_deref() == Some("ey.J"));
        assert!(request.add_ons.is_some());
        let token: Value = serde_json::from_str(call.token.as_deref().expect("a token")).expect("JSON");
        assert!(token["parentCallInfoToken"].is_string());
        assert!(request.extra.is_empty(), "{:?}", request.extra);
        let (_, shown) = world.rest("GET", &format!("Calls/{sid}.json"), "");
        assert_eq!(shown["forwarded_from"], "+15550008000");
        let second = world.dials();
        let (_, shown) = world.rest("GET", &format!("Calls/{second}.json"), "");
        assert!(shown["forwarded_from"].is_null(), "the next call is not forwarded");
    }
}

#[test]
fn a_caller_of_whom_nothing_is_known_is_blank_or_not_there() {
    let first = |blank: bool, twins: bool| {
        let mut config = CarrierConfig::default();
        config.rules.wire.blank_places = blank;
        config.rules.wire.caller_and_called = twins;
        let mut world = World::with(config);
        world.page("/voice", "<Say>Hello</Say>");
        world.dials();
        world.requests("/voice")[0].clone()
    };
    for (blank, twins) in [(true, true), (true, false), (false, true), (false, false)] {
        let hook = first(blank, twins);
        assert_eq!(field(&hook, "FromCity"), blank.then(String::new));
        assert_eq!(field(&hook, "ToZip"), blank.then(String::new));
        assert_eq!(field(&hook, "Caller").is_some(), twins);
        assert_eq!(field(&hook, "Called").is_some(), twins);
        assert_eq!(field(&hook, "CalledCountry").is_some(), blank && twins);
        assert_eq!((field(&hook, "CallerName"), field(&hook, "StirVerstat")), (None, None));
        assert_eq!(field(&hook, "From").as_deref(), Some(ANN));
    }
}

#[test]
fn a_caller_over_sip_brings_headers_and_a_browser_parameters() {
    let mut world = World::new();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let sip = Profile { sip_headers: vec![pair("X-Account", "42")], ..Profile::default() };
    world.carrier.describe("sip:ann@pbx.test", sip);
    world.page("/voice", "<Say>Hello</Say><Redirect>/more</Redirect>");
    world.page("/more", "<Pause/>");
    world.carrier.caller_dials("sip:ann@pbx.test", LINE);
    world.run(secs(2));
    let request: VoiceRequest = read(world.requests("/voice")[0]);
    let sip = &request.call.sip;
    assert_eq!(sip.headers.get("X-Account"), Some("42"));
    assert!(sip.call_id.is_some() && sip.domain.is_some() && sip.source_ip.is_some());
    assert_eq!(sip.domain_sid.as_ref().map(String::len), Some(34));
    assert_eq!(request.call.token, None);
    let more: VoiceRequest = read(world.requests("/more")[0]);
    assert!(more.call.sip.headers.is_empty() && more.call.sip.call_id.is_some(), "headers are said once");

    let browser = Profile { parameters: vec![pair("customer", "77")], ..Profile::default() };
    world.carrier.describe("client:ben", browser);
    world.carrier.caller_dials("client:ben", LINE);
    world.pump();
    let request: VoiceRequest = read(world.requests("/voice")[1]);
    assert_eq!(request.extra.get("customer"), Some("77"));
}

#[test]
fn an_outbound_call_says_how_it_was_attested() {
    let mut world = World::new();
    world.carrier.describe(LINE, Profile { stir_status: Some("A".to_owned()), ..Profile::default() });
    world.calls_back("https://app.test/status", "");
    let event: CallStatusEvent = read(world.requests("/status")[0]);
    assert!(event.call.stir.status.is_some());
    assert_eq!(event.call.stir.verstat, None);
}

#[test]
fn a_number_is_asked_and_told_by_the_methods_it_has() {
    for method in [None, Some("POST"), Some("GET")] {
        let seen = method.unwrap_or("POST");
        let method = method.map(str::to_owned);
        let mut world = World::new();
        world.carrier.number(NumberConfig {
            voice_method: method.clone(),
            voice_fallback_url: Some("https://app.test/fallback".to_owned()),
            voice_fallback_method: method.clone(),
            status_callback_method: method,
            ..line(false)
        });
        world.reply("/voice", Err(HttpFault::Tls));
        world.page("/fallback", "<Say>Fallback</Say>");
        world.dials();
        world.run(secs(5));
        for path in ["/voice", "/fallback", "/line-status"] {
            let hooks = world.requests(path);
            assert_eq!(hooks.iter().map(|hook| hook.method.as_str()).collect::<Vec<_>>(), [seen], "{path}");
            assert_eq!(hooks[0].body.is_empty(), seen == "GET");
            assert_eq!(judged("https://app.test", "12345", hooks[0]), Ok(()), "{path}");
        }
        assert_eq!(world.told("/fallback", "ErrorCode"), ["11220"]);
    }
}

#[test]
fn a_call_that_rest_placed_has_its_own_fallback() {
    let mut world = World::new();
    world.reply("/out", Err(HttpFault::UnknownHost));
    world.page("/rescue", "<Say>Rescue</Say>");
    let sid = world.places(BOB, "&FallbackUrl=https%3A%2F%2Fapp.test%2Frescue&FallbackMethod=GET");
    world.run(secs(3));
    assert!(world.has_heard(&sid, "Rescue"));
    let hook = world.requests("/rescue")[0];
    assert_eq!((hook.method.as_str(), field(hook, "ErrorCode").as_deref()), ("GET", Some("11210")));
    assert_eq!(field(hook, "ErrorUrl").as_deref(), Some("https://app.test/out"));
}

#[test]
fn a_numbers_own_callback_says_when_or_not() {
    for rule in [true, false] {
        let mut config = CarrierConfig::default();
        config.rules.wire.number_status_has_progress = rule;
        let mut world = World::with(config);
        world.page("/voice", "<Pause/>");
        world.dials();
        world.run(secs(3));
        let event: NumberStatusEvent = read(world.requests("/line-status")[0]);
        assert!(event.duration.is_some());
        assert_eq!(event.at.is_some(), rule);
        assert_eq!((event.sequence_number.is_some(), event.callback_source.is_some()), (rule, rule));
    }
}

#[test]
fn the_sender_and_the_apology_have_the_words_of_the_rules() {
    let mut config = CarrierConfig::default();
    assert!(config.rules.wire.apology.contains("application error"));
    config.rules.wire.user_agent = "Probe/1".to_owned();
    config.rules.wire.apology = "Call again.".to_owned();
    let mut world = World::with(config);
    world.reply("/voice", Err(HttpFault::Broken));
    world.reply("/fallback", Err(HttpFault::Broken));
    let sid = world.dials();
    assert_eq!(world.hears(&sid), say("Call again."));
    assert!(world.log.iter().all(|hook| header(hook, "User-Agent") == Some("Probe/1")));
}
